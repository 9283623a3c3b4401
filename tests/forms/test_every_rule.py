"""Every rule of every form's fields, broken once: what is required, too long, out of bounds, no choice, not unique.

Which answer breaks a rule follows from the template; which finding it must give is written down here by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest

from schemas.finding import FieldRef, Finding
from schemas.record import Typed, TypedLine
from schemas.template import Field, LineTable, Template
from tests.forms.answers import answers_to, lines_of
from tests.forms.conftest import Desk, every_template

UNREADABLE: Mapping[str, tuple[str, str]] = {
    "integer": ("不详", "V010"), "decimal": ("不详", "V010"), "money": ("不详", "V010"), "percent": ("不详", "V010"),
    "date": ("不详", "V020"), "datetime": ("不详", "V028"), "month": ("不详", "V029"), "year": ("不详", "V030"),
    "bool": ("不详", "V035"), "choice": ("没有这一项", "V036"), "multi_choice": (["没有这一项"], "V036"),
    "reference": ("查无此项", "V040"), "user": ("查无此人", "V040"), "phone": ("不详", "V055"),
    "email": ("不详", "V060"), "id_number": ("不详", "V062"), "decision": ("不详", "V036"), "url": ("不 详", "V065"),
    "attachment": ("附件.pdf", "V066"),
}  # fmt: skip
"""Type → an answer it cannot understand, and the finding's code."""


OWN_RULES = frozenset({"V080", "V086"})


@dataclass(frozen=True)
class Break:
    """One answer that breaks one rule: field, answer, the codes it may give."""

    field: str
    answer: Typed
    codes: frozenset[str]


def one_of(*codes: str) -> frozenset[str]:
    return frozenset(codes)


UNNAMED = one_of("V001", "V009")
"""Missing, and its template names no example: the type may know one."""


def required(fields: Sequence[Field], values: Mapping[str, Typed]) -> Iterator[Break]:
    for field in fields:
        if field.required:
            chosen = field.type in ("choice", "multi_choice", "bool", "reference", "user", "decision")
            yield Break(field.key, "", one_of("V001") if field.example else one_of("V091") if chosen else UNNAMED)


def unreadable(fields: Sequence[Field], values: Mapping[str, Typed]) -> Iterator[Break]:
    for field in fields:
        if field.type in UNREADABLE:
            answer, code = UNREADABLE[field.type]
            yield Break(field.key, answer, one_of(code))
        if field.pattern:
            yield Break(field.key, "？", one_of("V005"))
        if field.max_length and not field.pattern:
            yield Break(field.key, "长" * (field.max_length + 1), one_of("V004"))


ALONE = {True: {-1: "V014", 1: "V015"}, False: {-1: "V024", 1: "V025"}}
BOTH = {True: "V019", False: "V026"}
NEXT_TO = {True: {-1: "V038", 1: "V039"}, False: {-1: "V032", 1: "V033"}}
"""Codes by whether the field is a number, and below (-1) or above (1): one bound, both, another field's answer."""


def out_of_bounds(fields: Sequence[Field], values: Mapping[str, Typed]) -> Iterator[Break]:
    """One below the least and one above the most; where both are given, the message names both."""
    for field in fields:
        numeric = field.type in ("integer", "decimal", "money", "percent")
        for bound, step in ((field.min, -1), (field.max, 1)):
            beyond = _beyond(field, bound, step, values) if bound else None
            if beyond is None:
                continue
            if bound in values:
                yield Break(field.key, beyond, one_of(NEXT_TO[numeric][step]))
            else:
                both = field.min and field.max and not {field.min, field.max} & set(values)
                yield Break(field.key, beyond, one_of(BOTH[numeric] if both else ALONE[numeric][step]))


def _beyond(field: Field, bound: str, step: int, values: Mapping[str, Typed]) -> str | None:
    """An answer just beyond a bound: a literal, today or now, or what another field is answered with."""
    limit = str(values.get(bound) or "") if bound in values else bound
    if field.type in ("integer", "decimal", "money"):
        return str(Decimal(limit.replace("万", "0000")) + step)
    if field.type == "percent":
        return f"{Decimal(limit.rstrip('%')) + step}%"
    if field.type in ("month", "year"):
        return {"year": "2027" if step > 0 else "2025", "month": "2026-12" if step > 0 else "2026-10"}[field.type]
    day = date.fromisoformat("2026-11-21" if bound in ("today", "now") else limit[:10]) + timedelta(days=step)
    return f"{day}" if field.type == "date" else f"{day} 09:00"


KINDS = {"required": required, "unreadable": unreadable, "out of bounds": out_of_bounds}


@pytest.mark.parametrize("kind", KINDS)
@every_template
def test_an_answer_that_breaks_a_rule_is_refused_at_its_field(desk: Desk, template: Template, kind: str) -> None:
    values, lines = answers_to(template, desk.key_of), lines_of(template, desk.key_of)
    asked = [f for f in template.fields if f.visible_if is None and f.in_force is None]
    wrong = []
    for broken in KINDS[kind](asked, values):
        found = desk.findings(template, {**values, broken.field: broken.answer}, lines)
        wrong += _unexpected(broken, found)
    for line in template.lines:
        for broken in KINDS[kind](line.fields, lines[line.key][0].values):
            found = desk.findings(template, values, {**lines, line.key: [_with(lines[line.key][0], broken)]})
            wrong += _unexpected(broken, found, line)
    assert wrong == []


def _with(row: TypedLine, broken: Break) -> TypedLine:
    return TypedLine("", {**row.values, broken.field: broken.answer})


def _unexpected(broken: Break, found: Sequence[Finding], line: LineTable | None = None) -> list[str]:
    """What is wrong with the findings: none at the place, or one of another code there but the form's own rules."""
    place = FieldRef(broken.field, line.key, 1) if line else FieldRef(broken.field)
    codes = {one.code for one in found if one.at == place} - OWN_RULES
    return [] if codes and codes <= broken.codes else [f"{place} {broken.answer!r}: {sorted(codes)}"]


@every_template
def test_a_line_table_that_needs_rows_refuses_none(desk: Desk, template: Template) -> None:
    values, lines = answers_to(template, desk.key_of), lines_of(template, desk.key_of)
    for line in template.lines:
        if line.min_rows:
            found = desk.findings(template, values, {**lines, line.key: []})
            assert [one.code for one in found if one.at == FieldRef(line.key)] == ["V081"]


@every_template
def test_what_must_be_unique_is_refused_the_second_time(desk: Desk, template: Template) -> None:
    values, lines = answers_to(template, desk.key_of), lines_of(template, desk.key_of)
    alone = {f.key for f in template.fields if f.unique} | {keys[0] for keys in template.unique if len(keys) == 1}
    together = {keys[0] for keys in template.unique if len(keys) > 1}
    if not alone | together:
        return
    found = {(one.code, str(one.at)) for one in desk.findings(template, values, lines)}
    assert found == {("R001", key) for key in alone} | {("R003", key) for key in together}


@every_template
def test_a_condition_that_asks_for_an_answer_misses_it(desk: Desk, template: Template) -> None:
    """Conditions on one answer; those on several stand in test_form_rules. Without lines that decide an answer."""
    values = answers_to(template, desk.key_of)
    lines = {} if any(f.in_force for f in template.fields) else lines_of(template, desk.key_of)
    for field in template.fields:
        asked = field.required_if
        if asked is None or asked.field is None:
            continue
        answer = asked.equals or (asked.in_ or ("",))[0] or values.get(asked.field, "")
        found = desk.findings(template, {**values, asked.field: answer, field.key: ""}, lines)
        assert [one.code for one in found if one.at == FieldRef(field.key)] in (["V001"], ["V009"], ["V091"]), field.key
