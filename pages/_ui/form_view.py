"""Draws a template as a form: cards of fields, line tables, and beside each field what is wrong with it.

Nothing here decides anything: what is visible, required or wrong comes from `schemas.validation` by way of the
repository's preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages._ui import chrome, line_table, widgets
from pages._ui.gate import Visit
from pages._ui.open_form import Answers, OpenForm, typed_now
from pages._ui.text import plain
from schemas import validation
from schemas.computing import plan_of
from schemas.expressions import Expression
from schemas.field_types import type_of
from schemas.finding import FieldRef, Finding
from schemas.record import Typed, TypedLine
from schemas.template import Field, LineTable, Section, Template
from schemas.validation import Validated

WIDE = frozenset({"long_text", "attachment", "decision"})
FORGIVING = frozenset({"date", "datetime", "month", "year", "money", "percent", "decimal", "integer", "phone"})
"""Types read from many spellings: they redraw on leaving the field, to show how they were understood."""


def draw(form: OpenForm, look: Validated, problems: Mapping[str, list[Finding]], notes: Mapping[str, str]) -> Answers:
    """Draws every visible field and answers what stands in it.

    look: the form as it would be saved now: visibility, computed values, how input was understood.
    problems: findings by `str(FieldRef)`. notes: a remark by field key, such as a similar record.
    """
    page = _Page(form, look, problems, notes, validation.drivers(form.template))
    answers: dict[str, Typed] = {}
    lines: dict[str, tuple[TypedLine, ...]] = {}
    for number, block in enumerate(blocks(form.template)):
        if isinstance(block, LineTable):
            lines[block.key] = line_table.draw(form, block, look, problems)
            continue
        asked = [one for key in block.fields if page.asks(one := form.template.by_key[key])]
        if asked:
            answers |= _card(page, number, block, asked)
    known = typed_now(form).values
    return Answers({key: answers.get(key, typed) for key, typed in known.items()}, lines)


def blocks(template: Template) -> list[Section | LineTable]:
    """The form from top to bottom: its cards, and each line table before the card that adds it up, else at the end."""
    waiting = dict(template.lines_by_key)
    found: list[Section | LineTable] = []
    for section in sections(template):
        summed = _lines_summed(template, section) if found else []
        found += [waiting.pop(key) for key in summed if key in waiting]
        found.append(section)
    return [*found, *waiting.values()]


def _lines_summed(template: Template, section: Section) -> list[str]:
    """Keys of the line tables whose rows a computed field of the card takes in."""
    steps = [step for step in plan_of(template).steps if step.node[0] == "" and step.node[1] in section.fields]
    return [line for step in steps if isinstance(step.how, Expression) for line, _ in sorted(step.how.line_names)]


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

    def asks(self, asked: Field) -> bool:
        """Whether the form shows the field now; a number the portal gives on saving only stands where it is known."""
        if not self.form.may_read(asked) or (asked.type == "serial" and not self.form.initial.get(asked.key)):
            return False
        return validation.is_visible(asked, self.look.values, self.form.template, self.form.context)

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
