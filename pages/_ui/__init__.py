"""What the screens share: the gate, the guard, session state, widgets, the form, tables and the page's frame."""
