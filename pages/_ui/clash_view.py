"""Two people changed the same field: as it was, as it is now, as I typed it, and whose is to stand."""

from __future__ import annotations

import streamlit as st

from pages._ui import form_flow, state, values, widgets
from pages._ui.open_form import OpenForm


def draw(form: OpenForm) -> None:
    """One choice per field; the choices go into the form, which is then saved as usual."""
    visit, clashes = form.visit, state.form_value(form.draft.draft_id, "clashes", [])
    record = visit.app.repository.get(form.template.key, form.draft.record_id, visit.actor)
    if record is None:
        return
    with st.container(border=True, key="card__clashes"):
        who = record.system.get("updated_by", "")
        at = values.moment(visit, record.system.get("updated_at", ""))
        st.markdown(f":orange[:material/warning:] {visit.md('clash.title', who=who, at=at)}")
        theirs = frozenset(clash["field"] for clash in clashes if _take_theirs(form, clash))
        if st.button(visit.md("clash.apply"), key="clash_apply", icon=":material/check:"):
            form_flow.resolve_clashes(form, theirs)
            st.rerun()


def _take_theirs(form: OpenForm, clash: dict[str, str]) -> bool:
    visit, asked = form.visit, form.template.by_key[clash["field"]]
    empty = visit.text("history.empty")

    def shown(text: str) -> str:
        return values.shown(visit, asked, text) or empty

    words = {
        "mine": visit.md("clash.mine", value=shown(clash["mine"])),
        "theirs": visit.md("clash.theirs", value=shown(clash["now"])),
    }
    with st.container(key=f"clash__{asked.key}", gap="xxsmall"):
        chosen = widgets.one_of(f"clash.{form.draft.draft_id}.{asked.key}", visit.label(asked.label), words)
        st.caption(visit.md("clash.opened", value=shown(clash["opened"])))
    return chosen == "theirs"
