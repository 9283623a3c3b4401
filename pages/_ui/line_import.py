"""Rows out of a spreadsheet, pasted as text: shows which column goes where before they are taken."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._ui import state, widgets
from pages._ui.line_table import target_names
from pages._ui.open_form import OpenForm, is_filled, is_new, put_rows
from schemas.template import LineTable
from services.pasting import Pasted, as_rows, matched, read_table

SAMPLES = 3


def ask(form: OpenForm, asked: dict[str, Any]) -> None:
    """Asks for the copied rows, shows how their columns were understood, and puts them into the line table."""
    visit, line = form.visit, form.template.lines_by_key[asked["line"]]
    text = widgets.pasted_text(
        f"pasted.{asked['once']}", visit.md("lines.paste_here"), str(asked.get("text") or ""),
        placeholder=visit.text("lines.paste_example"),
    )  # fmt: skip
    rows = read_table(text)
    if not rows:
        st.button(visit.md("lines.paste_read"), key="paste_read")
        return
    shown = [one for one in line.fields if form.may_read(one)]
    pasted = matched(rows, shown, {one.key: target_names(visit, one) for one in shown})
    taken = f"{asked['once']}.{zlib.crc32(text.encode()):x}"
    st.caption(visit.md("lines.paste_titles" if pasted.has_titles else "lines.paste_no_titles", rows=len(pasted.body)))
    found = as_rows(pasted.body, _columns(form, line, pasted, taken))
    if st.button(
        visit.md("lines.paste_take", rows=len(found)), key="paste_take", type="primary", disabled=not found,
        width="stretch",
    ):  # fmt: skip
        kept = [row for row in form.rows(line) if is_filled(row) or not is_new(row)]
        put_rows(form, line, [*kept, *found])
        state.forget_form_value(form.draft.draft_id, "dialog")
        st.rerun()


def _columns(form: OpenForm, line: LineTable, pasted: Pasted, taken: str) -> list[str]:
    """Column by column what stands in it and where it goes; the person may send it elsewhere."""
    visit, chosen = form.visit, []
    words = {one.key: one.label.text(visit.language) for one in form.asked_in(line)}
    with st.container(key="pasted_columns", gap="small"):
        for place, key in enumerate(pasted.fields):
            label = visit.text("lines.paste_column", number=place + 1, sample=_sample(form, pasted, place))
            chosen.append(
                widgets.pick(f"column.{taken}.{place}", label, words, key, placeholder=visit.text("lines.paste_skip"))
            )
    return chosen


def _sample(form: OpenForm, pasted: Pasted, place: int) -> str:
    """What stands in a column, shortly: its title, else its first cells."""
    cells: Sequence[str] = [row[place] for row in pasted.rows[: SAMPLES + 1] if row[place]][:SAMPLES]
    return form.visit.text("list.separator").join(cell[:20] for cell in cells)
