"""One form of any template, for a new record or an existing one. Not inside `st.form`: fields react as one types."""

from __future__ import annotations

from pages._ui import chrome, form_page, guard
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the form the URL names (`?t=`, `?id=` to edit, `?d=` an opened one) and does what its buttons say."""
    template = chrome.template_of_page(visit)
    if template is None:
        return
    form = form_page.opened(visit, template)
    if form is None:
        return
    action = form_page.head(form)
    answers = form_page.body(form)
    form_page.act(form, answers, action)


if __name__ == "__main__":
    guard.run(render)
