"""The dialogs of a form: a record that is missing, rows out of a spreadsheet. One at a time, open until done or closed.

Which one is open is remembered with the form, so that a run of the whole page does not close it.
"""

from __future__ import annotations

import streamlit as st

from pages._ui import line_import, quick_add, state
from pages._ui.open_form import OpenForm
from pages._ui.text import plain


def draw(form: OpenForm) -> None:
    """Draws the dialog that is open, if one is."""
    asked = state.form_value(form.draft.draft_id, "dialog")
    if not isinstance(asked, dict):
        return
    if asked["kind"] == "create":
        title, ask = quick_add.title(form, asked), quick_add.ask
    else:
        title, ask = form.visit.text("lines.paste"), line_import.ask
    st.dialog(plain(title), width="large", on_dismiss=lambda: _close(form))(ask)(form, asked)


def _close(form: OpenForm) -> None:
    state.forget_form_value(form.draft.draft_id, "dialog")
