"""Draws a template as a form: cards of fields, line tables, and beside each field what is wrong with it.

Nothing here decides anything: what is visible, required or wrong comes from `schemas.validation` by way of the
repository's preview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages._ui import chrome, line_table, widgets
from pages._ui.gate import Visit
from pages._ui.open_form import Answers, OpenForm, typed_now
from pages._ui.text import plain
from schemas import validation
from schemas.computing import plan_of
from schemas.expressions import Expression
from schemas.field_types import target_of, type_of
from schemas.finding import FieldRef, Finding
from schemas.pending import is_complete
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


def draw_questions(
    form: OpenForm,
    asked: Sequence[Field],
    look: Validated,
    problems: Mapping[str, list[Finding]],
    notes: Mapping[str, str],
) -> dict[str, Typed]:
    """Draws some of a form's fields, without cards; answers what stands in them."""
    page = _Page(form, look, problems, notes, validation.drivers(form.template))
    for finding in problems.get("", []):
        chrome.remark("red", "error", form.visit.finding(finding, form.template))
    return _questions(page, [one for one in asked if page.asks(one)])


def by_field(found: Sequence[Finding]) -> Mapping[str, list[Finding]]:
    """Findings by the place they belong to, `str(FieldRef)`; "" for the form as a whole."""
    grouped: dict[str, list[Finding]] = {}
    for finding in found:
        grouped.setdefault(str(finding.at) if isinstance(finding.at, FieldRef) else "", []).append(finding)
    return grouped


def _card(page: _Page, number: int, section: Section, asked: list[Field]) -> dict[str, Typed]:
    with st.container(border=True, key=f"card__{page.form.template.key}__{number}"):
        st.subheader(page.form.visit.label(section.label), anchor=False)
        _say_what_may_wait(page, asked)
        return _questions(page, asked)


def _say_what_may_wait(page: _Page, asked: Sequence[Field]) -> None:
    """Above the answers that may come later: what saving without them means."""
    visit, template = page.form.visit, page.form.template
    waiting = [one.label.text(visit.language) for one in asked if one.key in template.pending]
    if waiting and not is_complete(template, page.look.values):
        st.caption(visit.md("form.pending_note", names=visit.text("list.separator").join(waiting)))


def _questions(page: _Page, asked: Sequence[Field]) -> dict[str, Typed]:
    answers: dict[str, Typed] = {}
    grid = st.grid(2, min_column_width=300, gap=("small", "medium"))
    for one in asked:
        place = grid.cell(column_span="all") if type_of(one).widget in WIDE else grid
        with place, st.container(key=f"{page.form.place}__{one.key}", gap="xxsmall"):
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
    answer = _with_missing(page, asked, box) if _may_add(page, asked) else widgets.draw(box)
    _remarks(page, asked, ref, found)
    return answer


def _may_add(page: _Page, asked: Field) -> bool:
    """Whether the person may make a record that is missing in the picker, here and now."""
    if asked.type != "reference" or page.form.is_within_another or page.is_read_only(asked):
        return False
    return line_table.may_create(page.form.visit, target_of(asked))


def _with_missing(page: _Page, asked: Field, box: widgets.Box) -> Typed:
    """A picker, and beside it a button for the record that is not there yet."""
    form = page.form
    with st.container(horizontal=True, gap="xsmall", key=f"picker__{asked.key}"):
        with st.container(gap="xxsmall"):
            answer = widgets.draw(box)
        with st.container(width="content", key=f"missing__{asked.key}"):
            st.button(
                form.visit.md("form.create_missing"), key=f"create.{box.key}", icon=":material/add:",
                help=form.visit.md("form.create_help", field=asked.label.text(form.visit.language)),
                on_click=line_table.open_dialog, args=(form, {"kind": "create", "field": asked.key}),
            )  # fmt: skip
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
