"""工作台: what is waiting, what one fills in most, drafts to go on with, and what became of what was sent."""

from __future__ import annotations

import streamlit as st

from pages._ui import duty_view, guard, home_view
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the person's own desk."""
    home_view.head(visit)
    sent = home_view.sent(visit)
    duty_view.draw(visit)
    main, aside = st.columns([1.6, 1], gap="medium")
    with main:
        home_view.quick_entry(visit, sent)
        home_view.recent(visit, sent)
    with aside:
        home_view.drafts(visit)
        home_view.workbook(visit)


if __name__ == "__main__":
    guard.run(render)
