"""The screens: one thin module each, `render(visit)`; what they share lives in `pages._ui`."""
