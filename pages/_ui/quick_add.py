"""A record that is missing in a picker, made without leaving the form: its required questions in a dialog."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from pages._ui import form_flow, form_view, state
from pages._ui.line_table import brought
from pages._ui.open_form import OpenForm, put_rows, typed_now
from schemas import validation
from schemas.field_types import target_of
from schemas.record import Rejected, Typed, TypedLine
from schemas.template import Field, Template
from services.drafts import Draft


def ask(form: OpenForm, asked: dict[str, Any]) -> None:
    """Asks for the record and saves it. asked: `field` and, for a cell, `line` and `row`; `once`; `text` typed so far.

    The dialog is a form of its own under the one-time key `once`: clicked twice it is one record.
    """
    field = _asking(form, asked)
    if field is None:
        return
    small = _small_form(form, form.visit.app.catalogue[target_of(field)], asked)
    before = typed_now(small)
    look = form_flow.preview(small, before)
    found = form_flow.problems(small, before, look)
    answers = form_view.draw_questions(
        small, _questions(small), look, form_view.by_field(found), form_flow.similar(small, before)
    )
    if st.button(form.visit.md("form.save"), key=f"quick_save.{asked['once']}", type="primary", width="stretch"):
        outcome = form_flow.submit(small, replace(before, values={**before.values, **answers}))
        if isinstance(outcome, Rejected):
            form_flow.remember_refusal(small, outcome, before)
        else:
            form.visit.app.sync.poke()
            _pick(form, field, asked, outcome.number)
            state.forget_form_value(form.draft.draft_id, "dialog")
        st.rerun()


def title(form: OpenForm, asked: dict[str, Any]) -> str:
    """The dialog's title: what is being made."""
    field = _asking(form, asked)
    template = form.visit.app.catalogue[target_of(field)] if field else form.template
    return form.visit.text("form.title_new", form=template.label.text(form.visit.language))


def _asking(form: OpenForm, asked: dict[str, Any]) -> Field | None:
    """The reference that lacks its record."""
    line = form.template.lines_by_key.get(str(asked.get("line", "")))
    fields = line.fields if line else form.template.fields
    return next((one for one in fields if one.key == asked.get("field")), None)


def _small_form(form: OpenForm, template: Template, asked: dict[str, Any]) -> OpenForm:
    visit, once = form.visit, str(asked["once"])
    initial: dict[str, Typed] = dict(validation.defaults(template, form.context, {}))
    text = str(asked.get("text") or "").strip()
    if text and template.display and template.by_key[template.display].type == "text":
        initial[template.display] = text
    draft = Draft(once, once, template.key, "", {}, visit.app.clock())
    return OpenForm(visit, template, draft, initial, None, form.context, place="field__quick")


def _questions(small: OpenForm) -> list[Field]:
    """What must be answered, what the record is called, and what tells whether it is there already."""
    template = small.template
    values = form_flow.preview(small, typed_now(small)).values
    return [
        one
        for one in template.fields
        if validation.is_required(one, values, template, small.context)
        or one.similar
        or one.key in (template.display, template.record_key)
    ]


def _pick(form: OpenForm, field: Field, asked: dict[str, Any], key: str) -> None:
    """Puts the new record where it was missing."""
    line = form.template.lines_by_key.get(str(asked.get("line", "")))
    if line is None:
        state.keep_form_value(form.draft.draft_id, "picked", {"field": field.key, "key": key})
        return
    rows = []
    for row in form.rows(line):
        if row.line_id == asked.get("row"):
            row = TypedLine(row.line_id, {**row.values, field.key: key})
            filled = {name: text for name, text in brought(form, line, row).items() if not row.values.get(name)}
            row = TypedLine(row.line_id, {**row.values, **filled})
        rows.append(row)
    put_rows(form, line, rows)


def take_picked(form: OpenForm) -> None:
    """Puts the record just made into its picker, before the picker is drawn."""
    picked = state.form_value(form.draft.draft_id, "picked")
    if picked:
        state.forget_form_value(form.draft.draft_id, "picked")
        state.type_into(form.key(picked["field"]), picked["key"])
