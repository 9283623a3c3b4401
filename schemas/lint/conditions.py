"""Lint of conditions: fields they name, literals they compare with, circles they run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from schemas import expressions
from schemas.conditions import TESTS, fields_of
from schemas.field_types import type_of
from schemas.field_types.choices import find_choice
from schemas.finding import Finding
from schemas.lint.flaw import LINT_CONTEXT, Flaw, OptionPath, tables_of, unknown_field
from schemas.operands import CALENDAR_TYPES, DAY_WORDS, NUMBER_TYPES, literal_text, result_type
from schemas.template import Condition, Field, Template

_OPTIONS = ("visible_if", "required_if", "read_only_if")
_WORDS = {"in_": "in", "not_": "not"}


def find_condition_flaws(template: Template) -> Iterator[Flaw]:
    """Flaws of every condition of the template."""
    for table in tables_of(template):
        scope = {**template.by_key, **{field.key: field for field in table.fields}}
        for path, field in table.each():
            for option in _OPTIONS:
                condition: Condition | None = getattr(field, option)
                if condition is None:
                    continue
                yield from _find_flaws(condition, (*path, option), scope)
                if field.key in fields_of(condition) and option == "visible_if":
                    yield Flaw("T040", (*path, option), {"key": field.key})
    for index, rule in enumerate(template.rules):
        yield from _find_flaws(rule.refuse_if, ("rules", index, "refuse_if"), template.by_key)
    yield from _find_circles(template)


def _find_flaws(condition: Condition, path: OptionPath, fields: Mapping[str, Field]) -> Iterator[Flaw]:
    tests = [test for test in TESTS if getattr(condition, test) is not None]
    groups = [group for group in ("all", "any", "not_") if getattr(condition, group) is not None]
    if (condition.field is None) == bool(tests) or not (tests or groups):
        yield Flaw("T042", path, {"tests": tuple(_WORDS.get(test, test) for test in TESTS)})
    for group in ("all", "any"):
        for index, part in enumerate(getattr(condition, group) or ()):
            yield from _find_flaws(part, (*path, group, index), fields)
    if condition.not_ is not None:
        yield from _find_flaws(condition.not_, (*path, "not"), fields)
    if condition.field is None:
        return
    if condition.field not in fields:
        yield unknown_field((*path, "field"), path_word(path), condition.field, fields)
        return
    for test in tests:
        yield from _find_test_flaws(condition, test, (*path, _WORDS.get(test, test)), fields)


def path_word(path: OptionPath) -> str:
    """The option a path leads to, for messages."""
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "")


def _find_test_flaws(condition: Condition, test: str, path: OptionPath, fields: Mapping[str, Field]) -> Iterator[Flaw]:
    field = fields[condition.field or ""]
    value = getattr(condition, test)
    if test == "same_as":
        if value not in fields:
            yield unknown_field(path, "same_as", value, fields)
    elif test in ("equals", "in_"):
        for literal in value if test == "in_" else (value,):
            yield from _find_literal_flaws(literal, field, path)
    elif test != "empty":
        yield from _find_order_flaws(test, value, field, path, fields)


def _find_order_flaws(
    test: str, operand: str, field: Field, path: OptionPath, fields: Mapping[str, Field]
) -> Iterator[Flaw]:
    """T043: before and after compare days, less and greater numbers."""
    fitting = CALENDAR_TYPES if test in ("before", "after") else NUMBER_TYPES | {"year"}
    other = fields.get(operand)
    if result_type(field) not in fitting or (other is not None and result_type(other) not in fitting):
        yield Flaw("T043", path, {"test": test, "type": field.type, "name": operand})
    elif other is None and operand not in DAY_WORDS:
        yield from _find_literal_flaws(operand, field, path)


def _find_literal_flaws(literal: str, field: Field, path: OptionPath) -> Iterator[Flaw]:
    if field.type == "multi_choice":
        understood = find_choice(field.choices, literal) is not None
    elif field.type == "decision":
        understood = True
    else:
        understood = literal_text(literal, field, LINT_CONTEXT) is not None
    if not understood:
        params = {
            "value": literal,
            "option": str(path[-1]),
            "type": field.type,
            "example": type_of(field).example(field),
        }
        yield Flaw("T026", path, params)


def _find_circles(template: Template) -> Iterator[Flaw]:
    """T041: fields whose visibility depends, through others, on themselves."""
    for table in tables_of(template):
        graph = {field.key: set(_depends_on(field)) - {field.key} for field in table.fields}
        graph = {key: names & graph.keys() for key, names in graph.items()}
        if not any(field.visible_if for field in table.fields):
            continue
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = [*dict.fromkeys(error.args[1])]
            hidden = next((path for path, field in table.each() if field.key in circle and field.visible_if), None)
            if hidden:
                yield Flaw("T041", (*hidden, "visible_if"), {"circle": tuple(circle)})


def _depends_on(field: Field) -> Iterator[str]:
    if field.visible_if:
        yield from fields_of(field.visible_if)
    parsed = expressions.parse(field.compute) if field.compute else None
    if parsed is not None and not isinstance(parsed, Finding):
        yield from parsed.names
