"""Line items on the form: what the browser's table is given to draw, and what it sends back.

Cells hold what was typed. Whether it is right, how it was understood and what it adds up to comes from the preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._ui import chrome, components, state, values
from pages._ui.gate import Visit
from pages._ui.open_form import OpenForm, numbered
from schemas import validation
from schemas.field_types import show, target_of
from schemas.field_types.choices import NO, YES
from schemas.finding import FieldRef, Finding
from schemas.line_totals import line_totals
from schemas.record import TypedLine
from schemas.rights import may
from schemas.template import Field, LineTable, Template
from schemas.validation import Validated
from services.filling import Filling

HITS = 20
KINDS: Mapping[str, str] = {
    "integer": "number", "decimal": "number", "money": "number", "percent": "number", "phone": "phone",
    "long_text": "long", "reference": "reference", "user": "reference", "computed": "figure", "attachment": "figure",
    "decision": "figure", "serial": "figure",
}  # fmt: skip
"""How the browser asks a field; texts, dates and all others as one line of text."""
PICKERS: Mapping[str, str] = {"date": "date", "datetime": "datetime-local", "month": "month"}
LEAST: Mapping[str, int] = {"long": 190, "reference": 190, "number": 96, "figure": 96, "phone": 130}
"""Pixels below which a column is no longer pleasant to fill in; other kinds ask for OTHER_LEAST."""
OTHER_LEAST = 120


@dataclass(frozen=True, slots=True)
class LineView:
    """One line table as it stands. numbers: row id → the row's number in findings."""

    form: OpenForm
    line: LineTable
    look: Validated
    rows: tuple[TypedLine, ...]
    numbers: Mapping[str, int]
    problems: Mapping[str, list[Finding]]

    @property
    def visit(self) -> Visit:
        """Who looks, in which language."""
        return self.form.visit


def draw(
    form: OpenForm, line: LineTable, look: Validated, problems: Mapping[str, list[Finding]]
) -> tuple[TypedLine, ...]:
    """Draws a line table with its totals; answers the rows that stand in it."""
    rows = form.rows(line)
    view = LineView(form, line, look, rows, numbered(rows), problems)
    with st.container(border=True, key=f"card__{form.template.key}__line_{line.key}"):
        st.subheader(view.visit.label(line.label), anchor=False)
        for finding in problems.get(line.key, []):
            chrome.remark("red", "error", view.visit.finding(finding, form.template))
        components.line_table(
            form.key(line.key),
            _data(view),
            on_asked=lambda asked: state.keep_form_value(form.draft.draft_id, f"asked.{line.key}", asked),
            on_created=lambda asked: open_dialog(form, {"kind": "create", "line": line.key, **asked}),
            on_imported=lambda text: open_dialog(form, {"kind": "import", "line": line.key, "text": text}),
        )
    return form.rows(line)


def open_dialog(form: OpenForm, asked: dict[str, Any]) -> None:
    """Opens a dialog of the form at the next drawing; it stays open until it is done or closed."""
    asked = {**asked, "once": form.visit.app.new_id()}
    state.keep_form_value(form.draft.draft_id, "dialog", asked)


def _data(view: LineView) -> dict[str, Any]:
    """Everything the browser's table draws; texts only, keyed by row id and field."""
    form, line, visit = view.form, view.line, view.visit
    put = state.form_value(form.draft.draft_id, f"put.{line.key}")
    return {
        "label": line.label.text(visit.language),
        "columns": [_column(visit, asked) for asked in line.fields if form.may_read(asked)],
        "rows": [[row.line_id, row.values] for row in view.rows],
        "put": put["token"] if put else "",
        "most": line.max_rows,
        "figures": _figures(view),
        "totals": _totals(view),
        "named": _named(view),
        "fills": _fills(view),
        "problems": _problems(view),
        "understood": _understood(view),
        "locked": _locked(view),
        "hits": _hits(view),
        "words": _words(visit),
    }


def _column(visit: Visit, asked: Field) -> dict[str, Any]:
    kind = KINDS.get(asked.type, "text")
    label = asked.label.text(visit.language)
    if asked.unit:
        label = visit.text("form.with_unit", label=label, unit=asked.unit.text(visit.language))
    return {
        "key": asked.key, "label": label, "kind": kind, "align": values.align(asked), "required": asked.required,
        "names": [asked.label.zh, asked.label.en, label, *asked.was, *asked.aliases, *target_names(visit, asked)],
        "choices": _choices(visit, asked), "picker": PICKERS.get(asked.type, ""),
        "example": visit.text("form.example", example=asked.example) if asked.example else "",
        "least": LEAST.get(kind, OTHER_LEAST), "fills": bool(asked.fill), "create": _create_words(visit, asked),
    }  # fmt: skip


def target_names(visit: Visit, asked: Field) -> list[str]:
    """What the record a field refers to calls its number and its name: a pasted column may carry these titles."""
    target = visit.app.catalogue.get(target_of(asked)) if asked.type in ("reference", "user") else None
    keys = (target.record_key, target.display) if target else ()
    labels = [target.by_key[key].label for key in keys if target and key]
    return [text for label in labels for text in (label.zh, label.en)]


def _choices(visit: Visit, asked: Field) -> list[dict[str, Any]] | None:
    """What a list offers, and by which words a pasted cell may mean it; None for what is not picked from a list."""
    if asked.type == "bool":
        words = ((YES, "form.yes", "Yes"), (NO, "form.no", "No"))
        return [{"value": value, "label": visit.text(key), "names": [value, en]} for value, key, en in words]
    if asked.type != "choice":
        return None
    return [
        {"value": one.value, "label": one.text(visit.language), "names": [one.value, one.en, *one.aliases]}
        for one in asked.choices
    ]


def _create_words(visit: Visit, asked: Field) -> str:
    """The entry that makes a missing record; "" where this person may not."""
    if asked.type != "reference" or not may_create(visit, target_of(asked)):
        return ""
    return visit.text("form.create_missing")


def may_create(visit: Visit, target: str) -> bool:
    """Whether the person may make a record of that template from within another form."""
    template = visit.app.catalogue.get(target)
    return template is not None and may(visit.actor, template, "create") and not _needs_lines(template)


def _needs_lines(template: Template) -> bool:
    return any(line.min_rows for line in template.lines)


def _figures(view: LineView) -> dict[str, dict[str, str]]:
    """What the portal works out or people cannot type here, as people read it."""
    shown = [asked for asked in view.line.fields if KINDS.get(asked.type) == "figure" and view.form.may_read(asked)]
    computed = view.look.lines.get(view.line.key, ())
    return {
        row_id: {
            asked.key: show(text, asked, view.visit.language)
            for asked in shown
            if (text := computed[number - 1].values.get(asked.key, ""))
        }
        for row_id, number in view.numbers.items()
        if number <= len(computed)
    }


def _totals(view: LineView) -> dict[str, str]:
    fields = {asked.key: asked for asked in view.line.fields if view.form.may_read(asked)}
    rows = [row.values for row in view.look.lines.get(view.line.key, ())]
    found = line_totals(view.line, rows)
    return {key: show(total, fields[key], view.visit.language) for key, total in found.items() if key in fields}


def _references(view: LineView) -> list[Field]:
    return [one for one in view.line.fields if KINDS.get(one.type) == "reference" and view.form.may_read(one)]


def _named(view: LineView) -> dict[str, dict[str, str]]:
    """By reference field: key → what people call the record."""
    index = view.visit.app.repository.references
    found: dict[str, dict[str, str]] = {}
    for asked in _references(view):
        keys = {str(row.values.get(asked.key) or "") for row in view.rows} - {""}
        names = {key: index.display(target_of(asked), key) for key in sorted(keys)}
        found[asked.key] = {key: named(key, name) for key, name in names.items() if name is not None}
    return found


def named(key: str, display: str) -> str:
    """A record in a picker: its name, and its number where that says more."""
    return display if display in ("", key) else f"{display} · {key}"


def _fills(view: LineView) -> dict[str, dict[str, str]]:
    """By row: what the records picked there bring along."""
    return {row.line_id: found for row in view.rows if (found := brought(view.form, view.line, row))}


def brought(form: OpenForm, line: LineTable, row: TypedLine) -> dict[str, str]:
    """What the references of a row fill into its other fields, as it stands in input boxes."""
    visit, fields = form.visit, {one.key: one for one in line.fields}
    filling = Filling(visit.app.repository, visit.app.catalogue)
    filled: dict[str, str] = {}
    for asked in line.fields:
        picked = row.values.get(asked.key)
        if asked.fill and isinstance(picked, str) and picked:
            filled |= filling.texts(asked, fields, picked, visit.actor)
    return filled


def _problems(view: LineView) -> dict[str, dict[str, list[str]]]:
    """By row and field: what is wrong, in words."""
    visit, line = view.visit, view.line
    found: dict[str, dict[str, list[str]]] = {}
    for row_id, number in view.numbers.items():
        for asked in line.fields:
            texts = [
                visit.app.labels.finding(finding, visit.language, view.form.template, visit.app.catalogue)
                for finding in view.problems.get(str(FieldRef(asked.key, line.key, number)), [])
            ]
            if texts:
                found.setdefault(row_id, {})[asked.key] = texts
    return found


def _understood(view: LineView) -> dict[str, dict[str, str]]:
    visit = view.visit
    found: dict[str, dict[str, str]] = {}
    for row_id, number in view.numbers.items():
        for asked in view.line.fields:
            text = view.look.understood.get(FieldRef(asked.key, view.line.key, number))
            if text is not None:
                words = visit.text("form.understood", value=text) if text else visit.text("form.read_as_empty")
                found.setdefault(row_id, {})[asked.key] = words
    return found


def _locked(view: LineView) -> dict[str, dict[str, str]]:
    """By row: fields not asked there now ("hidden") or not to be changed ("read")."""
    template, context = view.form.template, view.form.context
    asked = [one for one in view.line.fields if one.visible_if or one.read_only_if]
    computed = view.look.lines.get(view.line.key, ())
    found: dict[str, dict[str, str]] = {}
    for row in view.rows if asked else ():
        number = view.numbers.get(row.line_id, 0)
        own = computed[number - 1].values if 0 < number <= len(computed) else {}
        known = {**view.look.values, **own}
        for one in asked:
            if not validation.is_visible(one, known, template, context):
                found.setdefault(row.line_id, {})[one.key] = "hidden"
            elif validation.is_read_only(one, known, template, context):
                found.setdefault(row.line_id, {})[one.key] = "read"
    return found


def _hits(view: LineView) -> dict[str, Any] | None:
    """What was just searched for in a reference cell, once."""
    name = f"asked.{view.line.key}"
    asked = state.form_value(view.form.draft.draft_id, name)
    state.forget_form_value(view.form.draft.draft_id, name)
    by_key = {one.key: one for one in _references(view)}
    if not isinstance(asked, dict) or asked.get("field") not in by_key:
        return None
    target = target_of(by_key[asked["field"]])
    found = view.visit.app.repository.options(
        target, search=str(asked.get("text", "")), limit=HITS, actor=view.visit.actor
    )
    return {"asked": asked.get("asked"), "options": [[one.key, one.display] for one in found]}


def _words(visit: Visit) -> dict[str, str]:
    keys = ("add", "paste", "undo", "none", "keys", "up", "down", "remove", "total", "nothing")
    words = {key: visit.text(f"lines.{key}") for key in keys}
    blanks = {"cell": ("number", "field"), "calendar": ("field",), "moved": ("number",), "pasted": ("count",)}
    return words | {
        key: visit.text(f"lines.{key}", **{name: f"{{{name}}}" for name in names}) for key, names in blanks.items()
    }
