"""One record, as people like to read it: what it says, what happened to it, what can be done with it."""

from __future__ import annotations

import streamlit as st

from pages._ui import chrome, guard, history_view, record_body, record_view, related_view, routes
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the record the URL names (`?t=…&id=…`), if this person may see it."""
    template = chrome.template_of_page(visit)
    if template is None:
        return
    record = visit.app.repository.get(template.key, routes.asked("id"), visit.actor)
    if record is None:
        record_view.missing(visit, template)
        return
    record_view.head(visit, template, record)
    record_view.receipt(visit, template, record)
    main, aside = st.columns([2.2, 1], gap="medium")
    with main:
        record_body.draw(visit, template, record)
        related_view.draw(visit, template, record)
    with aside:
        history_view.draw(visit, template, record)


if __name__ == "__main__":
    guard.run(render)
