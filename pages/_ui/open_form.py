"""A form being filled in, and what stands in it: in its widgets, in the browser's tables, or still in the draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pages._ui import state
from pages._ui.gate import Visit
from schemas.field_types import ParseContext, type_of
from schemas.field_types.choices import typed_texts
from schemas.record import Line, Record, Typed, TypedLine
from schemas.rights import may_read_field
from schemas.template import Field, LineTable, Template
from services.drafts import Draft

NEW_ROW = "new:"
MOST_ROWS = 1000
"""Rows taken from a browser's table; the template's own limit is said in words on saving."""


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form being filled in. initial: what stood in it when it was opened, by field; record: the one it edits.

    begun: line items a new form begins with (those of a record it copies). place: what the names of its fields'
    containers begin with; a form within a form has its own.
    """

    visit: Visit
    template: Template
    draft: Draft
    initial: Mapping[str, Typed]
    record: Record | None = None
    context: ParseContext = field(default_factory=lambda: ParseContext(now=None))  # type: ignore[arg-type]
    begun: Mapping[str, tuple[TypedLine, ...]] = field(default_factory=dict)
    place: str = "field"

    @property
    def is_within_another(self) -> bool:
        """Whether the form stands in a dialog of another."""
        return self.place != "field"

    def key(self, name: str) -> str:
        """Key of a field's widget: the draft is its generation, so another form never inherits what was typed."""
        return f"f.{self.draft.draft_id}.{name}"

    def asked_in(self, line: LineTable) -> list[Field]:
        """The line's fields this person answers."""
        return [one for one in line.fields if one.type != "computed" and self.may_read(one)]

    def may_read(self, asked: Field) -> bool:
        """Whether this person may see the field."""
        return may_read_field(self.visit.actor, self.template, asked)

    def first_rows(self, line: LineTable) -> tuple[TypedLine, ...]:
        """The rows the form opens with: the draft's, else empty ones to begin with ("new:<n>")."""
        drafted = self.draft.lines.get(line.key, ()) or self.begun.get(line.key, ())
        if not drafted and self.record is None:
            return tuple(TypedLine(f"{NEW_ROW}{number}", {}) for number in range(1, max(line.min_rows, 1) + 1))
        stored = {row.line_id: row for row in self.record.lines.get(line.key, ())} if self.record else {}
        return tuple(_as_written(row, stored.get(row.line_id), line) for row in drafted)

    def rows(self, line: LineTable) -> tuple[TypedLine, ...]:
        """The rows as they stand: in the browser's table, unless the portal has put others there it has not taken."""
        put = state.form_value(self.draft.draft_id, f"put.{line.key}")
        held = state.component_value(self.key(line.key), "table")
        if isinstance(held, dict) and (not put or held.get("taken") == put["token"]):
            return tuple(_rows_of(held.get("rows"), self.asked_in(line)))
        if put:
            return tuple(TypedLine(row_id, cells) for row_id, cells in put["rows"])
        return self.first_rows(line)


@dataclass(frozen=True, slots=True)
class Answers:
    """What stands in the form: values by field, and per line table its rows (line_id as in `OpenForm.rows`)."""

    values: Mapping[str, Typed]
    lines: Mapping[str, tuple[TypedLine, ...]]


def typed_now(form: OpenForm) -> Answers:
    """What stands in the widgets before they are drawn; the draft where they have not been drawn yet.

    Fields this person may not read are not asked and not sent; computed ones are nobody's answer.
    """
    asked = [f for f in form.template.fields if f.type != "computed" and form.may_read(f)]
    values = {f.key: _typed(f, form.key(f.key), form.initial.get(f.key)) for f in asked}
    return Answers(values, {line.key: form.rows(line) for line in form.template.lines})


def widget_keys(form: OpenForm) -> Iterator[str]:
    """The keys of the widgets of the form's own fields."""
    yield from (form.key(f.key) for f in form.template.fields)


def is_new(row: TypedLine) -> bool:
    """Whether the row is not saved yet."""
    return row.line_id.startswith(NEW_ROW)


def is_filled(row: TypedLine) -> bool:
    """Whether anything was typed into the row."""
    return any("".join(typed_texts(typed)).strip() for typed in row.values.values())


def numbered(rows: Sequence[TypedLine]) -> dict[str, int]:
    """Row id → its number as findings count it: from 1, without new rows nothing was typed into yet."""
    counted = [row.line_id for row in rows if not is_new(row) or is_filled(row)]
    return {row_id: number for number, row_id in enumerate(counted, 1)}


def as_sent(rows: Sequence[TypedLine]) -> list[TypedLine]:
    """Rows as a submission has them: those not saved yet have no id."""
    return [TypedLine("" if is_new(row) else row.line_id, row.values) for row in rows]


def put_rows(form: OpenForm, line: LineTable, rows: Sequence[TypedLine]) -> None:
    """Puts rows into a line table: the browser's table takes them at the next drawing."""
    taken = [row.line_id for row in rows if is_new(row)]
    number = max([0, *(int(one.removeprefix(NEW_ROW)) for one in taken if one.removeprefix(NEW_ROW).isdecimal())])
    named = []
    for row in rows:
        number += 1 if not row.line_id else 0
        named.append([row.line_id or f"{NEW_ROW}{number}", {key: _text(typed) for key, typed in row.values.items()}])
    put = {"token": form.visit.app.new_id(), "rows": named}
    state.keep_form_value(form.draft.draft_id, f"put.{line.key}", put)


def _typed(asked: Field, key: str, otherwise: Typed) -> Typed:
    if asked.type == "attachment":
        given = otherwise.split("\n") if isinstance(otherwise, str) else otherwise or ()
        return state.files(key, given)
    if asked.type == "decision" and state.typed(key, None):
        return [str(state.typed(key, "")), str(state.typed(f"{key}.comment", "") or "")]
    typed: Typed = state.typed(key, otherwise)
    return typed


def _as_written(row: TypedLine, stored: Line | None, line: LineTable) -> TypedLine:
    """A drafted row as it stands in input boxes: stored values as people write them (0.253 as 25.3%)."""
    before = stored.values if stored else {}
    fields = {asked.key: asked for asked in line.fields}
    cells = {
        key: type_of(fields[key]).edit_text(before[key], fields[key])
        if key in fields and typed and typed == before.get(key)
        else _text(typed)
        for key, typed in row.values.items()
        if key in fields
    }
    return TypedLine(row.line_id, cells)


def _rows_of(given: Any, asked: Sequence[Field]) -> Iterator[TypedLine]:
    """The rows a browser sent; what is no row, and cells of no field asked there, are left out."""
    keys = {one.key for one in asked}
    for row in given[:MOST_ROWS] if isinstance(given, list) else ():
        match row:
            case [str(row_id), dict(cells)] if row_id:
                kept = {key: text for key, text in cells.items() if key in keys and isinstance(text, str)}
                yield TypedLine(row_id, kept)


def _text(typed: Typed) -> str:
    return "、".join(typed_texts(typed))
