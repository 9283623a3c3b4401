"""Draws a template as a form: cards of fields, line tables, and beside each field what is wrong with it.

Nothing here decides anything: what is visible, required or wrong comes from `schemas.validation` by way of the
repository's preview.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import streamlit as st

from pages._ui import chrome, state, values, widgets
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas import validation
from schemas.field_types import ParseContext, show, type_of
from schemas.field_types.choices import typed_texts
from schemas.finding import FieldRef, Finding
from schemas.record import Record, Typed, TypedLine
from schemas.rights import may_read_field
from schemas.template import Field, LineTable, Section, Template
from schemas.validation import Validated
from services.drafts import Draft

WIDE = frozenset({"long_text", "attachment", "decision"})
FORGIVING = frozenset({"date", "datetime", "month", "year", "money", "percent", "decimal", "integer", "phone"})
"""Types read from many spellings: they redraw on leaving the field, to show how they were understood."""
NEW_ROW = "new:"


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form being filled in. initial: what stood in it when it was opened, by field; record: the one it edits."""

    visit: Visit
    template: Template
    draft: Draft
    initial: Mapping[str, Typed]
    record: Record | None = None
    context: ParseContext = field(default_factory=lambda: ParseContext(now=None))  # type: ignore[arg-type]

    def key(self, name: str, line: str = "", row: str = "") -> str:
        """Key of a field's widget: the draft is its generation, so another form never inherits what was typed."""
        return ".".join(part for part in ("f", self.draft.draft_id, line, row, name) if part)

    def rows(self, line: LineTable) -> list[str]:
        """Ids of a line table's rows, in their order; rows not saved yet are "new:<n>"."""
        drafted = [row.line_id for row in self.draft.lines.get(line.key, ())]
        first = [f"{NEW_ROW}{number}" for number in range(1, line.min_rows + 1)]
        kept = state.form_value(self.draft.draft_id, f"rows.{line.key}")
        return kept if kept is not None else drafted or first

    def drafted_row(self, line: LineTable, row: str) -> Mapping[str, Typed]:
        """What the draft holds of a row."""
        return next((typed.values for typed in self.draft.lines.get(line.key, ()) if typed.line_id == row), {})


@dataclass(frozen=True, slots=True)
class Answers:
    """What stands in the form: values by field, and per line table its rows (line_id as in `OpenForm.rows`)."""

    values: Mapping[str, Typed]
    lines: Mapping[str, tuple[TypedLine, ...]]


def typed_now(form: OpenForm) -> Answers:
    """What stands in the widgets before they are drawn; the draft where they have not been drawn yet.

    Fields this person may not read are not asked and not sent; computed ones are nobody's answer.
    """
    asked = [f for f in form.template.fields if f.type != "computed" and _may_read(form, f)]
    values = {f.key: _typed(f, form.key(f.key), form.initial.get(f.key)) for f in asked}
    lines = {line.key: tuple(_typed_row(form, line, row) for row in form.rows(line)) for line in form.template.lines}
    return Answers(values, lines)


def _may_read(form: OpenForm, asked: Field) -> bool:
    return may_read_field(form.visit.actor, form.template, asked)


def _typed_row(form: OpenForm, line: LineTable, row: str) -> TypedLine:
    drafted = form.drafted_row(line, row)
    asked = [f for f in line.fields if f.type != "computed" and _may_read(form, f)]
    return TypedLine(row, {f.key: _typed(f, form.key(f.key, line.key, row), drafted.get(f.key)) for f in asked})


def _typed(asked: Field, key: str, otherwise: Typed) -> Typed:
    if asked.type == "attachment":
        given = otherwise.split("\n") if isinstance(otherwise, str) else otherwise or ()
        return state.files(key, given)
    if asked.type == "decision" and state.typed(key, None):
        return [str(state.typed(key, "")), str(state.typed(f"{key}.comment", "") or "")]
    typed: Typed = state.typed(key, otherwise)
    return typed


def widget_keys(form: OpenForm) -> Iterator[str]:
    """The keys of all widgets of the form."""
    yield from (form.key(f.key) for f in form.template.fields)
    for line in form.template.lines:
        for row in form.rows(line):
            yield from (form.key(f.key, line.key, row) for f in line.fields)


def draw(form: OpenForm, look: Validated, problems: Mapping[str, list[Finding]], notes: Mapping[str, str]) -> Answers:
    """Draws every visible field and answers what stands in it.

    look: the form as it would be saved now: visibility, computed values, how input was understood.
    problems: findings by `str(FieldRef)`. notes: a remark by field key, such as a similar record.
    """
    page = _Page(form, look, problems, notes, validation.drivers(form.template))
    answers: dict[str, Typed] = {}
    for number, section in enumerate(sections(form.template)):
        asked = [form.template.by_key[key] for key in section.fields if page.is_visible(form.template.by_key[key])]
        if asked:
            answers |= _card(page, number, section, asked)
    lines = {line.key: _line_table(page, line) for line in form.template.lines}
    known = typed_now(form).values
    return Answers({key: answers.get(key, typed) for key, typed in known.items()}, lines)


def sections(template: Template) -> list[Section]:
    """The template's cards; fields in none come last, under the form's own name when there are no others."""
    placed = {key for section in template.sections for key in section.fields}
    rest = tuple(f.key for f in template.fields if f.key not in placed)
    return [*template.sections, Section(label=template.label, fields=rest)] if rest else [*template.sections]


@dataclass(frozen=True, slots=True)
class _Page:
    """What drawing one field needs beside the field."""

    form: OpenForm
    look: Validated
    problems: Mapping[str, list[Finding]]
    notes: Mapping[str, str]
    drivers: frozenset[str]

    def is_visible(self, asked: Field) -> bool:
        return _may_read(self.form, asked) and validation.is_visible(
            asked, self.look.values, self.form.template, self.form.context
        )

    def is_required(self, asked: Field) -> bool:
        return validation.is_required(asked, self.look.values, self.form.template, self.form.context)

    def is_read_only(self, asked: Field) -> bool:
        return validation.is_read_only(asked, self.look.values, self.form.template, self.form.context)


def _card(page: _Page, number: int, section: Section, asked: list[Field]) -> dict[str, Typed]:
    visit = page.form.visit
    answers: dict[str, Typed] = {}
    with st.container(border=True, key=f"card__{page.form.template.key}__{number}"):
        st.subheader(visit.label(section.label), anchor=False)
        grid = st.grid(2, min_column_width=300, gap=("small", "medium"))
        for one in asked:
            place = grid.cell(column_span="all") if type_of(one).widget in WIDE else grid
            with place, st.container(key=f"field__{one.key}", gap="xxsmall"):
                answers[one.key] = _field(page, one)
    return answers


def _field(page: _Page, asked: Field) -> Typed:
    form, ref = page.form, FieldRef(asked.key)
    found = page.problems.get(asked.key, [])
    typed = page.look.values.get(asked.key, "") if asked.type == "computed" else form.initial.get(asked.key)
    box = widgets.Box(
        form.visit, asked, form.key(asked.key), typed,
        title(form.visit, asked, required=page.is_required(asked)),
        live=asked.key in page.drivers or asked.type in FORGIVING,
        disabled=page.is_read_only(asked),
    )  # fmt: skip
    answer = widgets.draw(box)
    _remarks(page, asked, ref, found)
    return answer


def title(visit: Visit, asked: Field, *, required: bool) -> str:
    """A field's label with its unit and, if it must be answered, a mark; ready for Markdown."""
    text = asked.label.text(visit.language)
    if asked.unit:
        text = visit.text("form.with_unit", label=text, unit=asked.unit.text(visit.language))
    return f"{plain(text)} :red[\\*]" if required else plain(text)


def _remarks(page: _Page, asked: Field, ref: FieldRef, found: list[Finding]) -> None:
    """Under a field: what is wrong, else how it was understood, a similar record, its help."""
    visit = page.form.visit
    for finding in found:
        chrome.remark("red", "error", visit.finding(finding, page.form.template))
    understood = page.look.understood.get(ref)
    if understood is not None and not found:
        text = visit.md("form.understood", value=understood) if understood else visit.md("form.read_as_empty")
        chrome.remark("blue", "subdirectory_arrow_right", text)
    if asked.key in page.notes:
        chrome.remark("orange", "content_copy", page.notes[asked.key])
    if asked.help and asked.type != "serial":
        st.caption(visit.label(asked.help))


def _line_table(page: _Page, line: LineTable) -> tuple[TypedLine, ...]:
    """A line table: one row of compact fields per line, totals below; rows come and go without losing the others."""
    form, visit = page.form, page.form.visit
    rows = form.rows(line)
    typed, numbers = [], _numbers(form, line)
    with st.container(border=True, key=f"card__{form.template.key}__line_{line.key}"):
        st.subheader(visit.label(line.label), anchor=False)
        for finding in page.problems.get(line.key, []):
            chrome.remark("red", "error", visit.finding(finding, form.template))
        if not rows:
            st.caption(visit.md("form.no_rows"))
        for number, row in enumerate(rows, 1):
            typed.append(_line_row(page, line, (number, numbers.get(row, 0)), row))
        with st.container(horizontal=True, vertical_alignment="center", key=f"rows__{line.key}"):
            st.button(
                visit.md("form.add_row"), key=f"add_row__{line.key}", icon=":material/add:",
                on_click=_add_row, args=(form, line), disabled=len(rows) >= line.max_rows,
            )  # fmt: skip
            _totals(page, line)
    return tuple(typed)


def _numbers(form: OpenForm, line: LineTable) -> dict[str, int]:
    """Row id → its number as findings count it: from 1, without new rows nothing was typed into yet."""
    counted = [
        row.line_id
        for row in (_typed_row(form, line, row) for row in form.rows(line))
        if not row.line_id.startswith(NEW_ROW) or any("".join(typed_texts(typed)) for typed in row.values.values())
    ]
    return {row_id: number for number, row_id in enumerate(counted, 1)}


def _line_row(page: _Page, line: LineTable, numbers: tuple[int, int], row: str) -> TypedLine:
    """One row. numbers: its place on the screen, and its number in findings (0 while nothing is typed into it)."""
    form, visit = page.form, page.form.visit
    drafted, answers = form.drafted_row(line, row), {}
    number, counted = numbers
    place = "first" if number == 1 else "next"
    with st.container(key=f"linerow__{line.key}__{number}__{place}", gap="xxsmall"):
        fields = [one for one in line.fields if _may_read(form, one)]
        columns = st.columns([*map(_share, fields), 0.35], vertical_alignment="bottom", gap="xsmall")
        for column, one in zip(columns, fields, strict=False):
            with column:
                answers[one.key] = _line_field(page, line, counted, row, one, drafted.get(one.key))
        with columns[-1]:
            st.button(
                "", key=f"remove_row__{line.key}__{row}", icon=":material/close:", type="tertiary",
                help=visit.md("form.remove_row", number=number), on_click=_remove_row, args=(form, line, row),
            )  # fmt: skip
        _row_remarks(page, line, counted)
    return TypedLine(row, {one.key: answers[one.key] for one in fields if one.type != "computed"})


def _share(asked: Field) -> float:
    """A column's share of a line row's width."""
    return max(1.0, min(2.4, type_of(asked).column_width(asked) / 12))


def _line_field(page: _Page, line: LineTable, number: int, row: str, asked: Field, drafted: Typed) -> Typed:
    form = page.form
    computed = page.look.lines.get(line.key, ())
    if asked.type == "computed" and 0 < number <= len(computed):
        drafted = computed[number - 1].values.get(asked.key, "")
    box = widgets.Box(
        form.visit, asked, form.key(asked.key, line.key, row), drafted,
        title(form.visit, asked, required=asked.required), live=f"{line.key}.{asked.key}" in page.drivers,
    )  # fmt: skip
    return widgets.draw(box)


def _row_remarks(page: _Page, line: LineTable, number: int) -> None:
    for asked in line.fields:
        for finding in page.problems.get(str(FieldRef(asked.key, line.key, number)), []):
            chrome.remark("red", "error", page.form.visit.finding(finding, page.form.template))


def _totals(page: _Page, line: LineTable) -> None:
    """The sums of a line table's money and number columns, as the rows stand now."""
    rows = [row.values for row in page.look.lines.get(line.key, ())]
    for key, total in values.totals(line, rows).items():
        asked = next(one for one in line.fields if one.key == key)
        label = page.form.visit.text("form.total", field=asked.label.text(page.form.visit.language))
        st.caption(plain(label), width="content")
        st.text(show(total, asked, page.form.visit.language))


def _add_row(form: OpenForm, line: LineTable) -> None:
    rows = form.rows(line)
    taken = [int(row.removeprefix(NEW_ROW)) for row in rows if row.startswith(NEW_ROW)]
    ever = state.form_value(form.draft.draft_id, f"last_row.{line.key}", 0)
    number = max([ever, *taken]) + 1
    state.keep_form_value(form.draft.draft_id, f"last_row.{line.key}", number)
    state.keep_form_value(form.draft.draft_id, f"rows.{line.key}", [*rows, f"{NEW_ROW}{number}"])


def _remove_row(form: OpenForm, line: LineTable, row: str) -> None:
    state.keep_form_value(form.draft.draft_id, f"rows.{line.key}", [kept for kept in form.rows(line) if kept != row])
