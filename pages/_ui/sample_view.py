"""The sample data on screen: that it is one, and taking it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import guard, routes, state
from pages._ui.gate import Visit
from schemas.finding import Finding

if TYPE_CHECKING:
    from services.sample_removal import RemovalPlan


def banner(visit: Visit) -> None:
    """One quiet line on every screen while there are samples, with the way to take them away for who may."""
    if visit.app.samples.loaded_at() is None:
        return
    with st.container(key="samples_banner", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[:blue[:material/science: {visit.md('samples.banner')}]]")
        if "admin" in visit.actor.roles and st.button(visit.md("samples.remove"), key="samples", type="tertiary"):
            st.dialog(visit.md("samples.title"), width="medium")(_confirm)(visit)


def _confirm(visit: Visit) -> None:
    """What goes, what stays, what becomes of the workbook; the button repeats the verb."""
    plan = visit.app.sample_removal.plan()
    st.write(visit.md("samples.goes", count=plan.samples))
    st.markdown("\n".join(f"- {line}" for line in _stays(visit, plan)))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(visit.md("form.cancel"), key="samples_keep"):
            st.rerun()
        if st.button(visit.md("samples.do", count=plan.samples), key="samples_remove", type="primary"):
            _remove(visit)


def _stays(visit: Visit, plan: RemovalPlan) -> list[str]:
    lines = [visit.md("samples.own_stays")]
    if plan.edited:
        lines.append(visit.md("samples.edited_stays", count=plan.edited))
    if plan.needed:
        lines.append(visit.md("samples.needed_stays", count=plan.needed))
    return [*lines, visit.md("samples.workbook", file=visit.app.config.workbook.name), visit.md("samples.numbers")]


def _remove(visit: Visit) -> None:
    with guard.guard(lambda: visit.app.labels, visit.language):
        outcome = visit.app.sample_removal.remove(visit.actor)
        if isinstance(outcome, Finding):
            st.error(visit.finding(outcome))
            return
        key = "samples.removed_copy" if outcome.copy else "samples.removed"
        state.leave_note(key, count=str(outcome.plan.samples), file=outcome.copy)
        routes.go(routes.HOME)
