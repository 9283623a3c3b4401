"""Conditions as data: whether one holds for the values at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.field_types import ParseContext
from schemas.field_types.choices import chosen_values
from schemas.operands import compare, literal_text, operand_text, operand_value
from schemas.template import Condition, Field

_VALUE_TESTS = ("equals", "in_", "before", "after", "less", "greater", "same_as")
TESTS = (*_VALUE_TESTS, "empty")


def holds(
    condition: Condition, values: Mapping[str, str], template_fields: Mapping[str, Field], context: ParseContext
) -> bool:
    """Whether every part of the condition holds.

    values: canonical texts by field key; absent means empty. For a line, the header's values and fields go in too.
    """
    if condition.all is not None and not all(holds(part, values, template_fields, context) for part in condition.all):
        return False
    if condition.any is not None and not any(holds(part, values, template_fields, context) for part in condition.any):
        return False
    if condition.not_ is not None and holds(condition.not_, values, template_fields, context):
        return False
    return condition.field is None or _field_holds(condition, values, template_fields, context)


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The condition and every condition inside it."""
    yield condition
    for part in (*(condition.all or ()), *(condition.any or ()), *filter(None, (condition.not_,))):
        yield from parts_of(part)


def fields_of(condition: Condition) -> set[str]:
    """Keys the condition tests, and words it compares with that may be field keys."""
    keys: set[str] = set()
    for part in parts_of(condition):
        named = (part.field, part.same_as, part.before, part.after, part.less, part.greater)
        keys.update(key for key in named if key is not None)
    return keys


def _field_holds(
    condition: Condition, values: Mapping[str, str], fields: Mapping[str, Field], context: ParseContext
) -> bool:
    field = fields[condition.field or ""]
    text = values.get(field.key, "")
    if condition.empty is not None and condition.empty != (not text):
        return False
    if not text:
        return condition.empty is not None and not any(getattr(condition, test) is not None for test in _VALUE_TESTS)
    if not all(_is_among(text, literals, field, context) for literals in _literals(condition)):
        return False
    if condition.same_as is not None and text != values.get(condition.same_as, ""):
        return False
    return all(
        compare(
            operand_value(text, field),
            operand_value(operand_text(operand, field, values, fields, context), fields.get(operand, field)),
        )
        == sign
        for operand, sign in _bounds(condition)
    )


def _literals(condition: Condition) -> Iterator[tuple[str, ...]]:
    """Sets of literals; the value must be among each."""
    if condition.equals is not None:
        yield (condition.equals,)
    if condition.in_ is not None:
        yield condition.in_


def _is_among(text: str, literals: tuple[str, ...], field: Field, context: ParseContext) -> bool:
    answers = chosen_values(text) if field.type == "multi_choice" else (verdict_of(text, field),)
    return any(_canonical(literal, field, context) in answers for literal in literals)


def verdict_of(text: str, field: Field) -> str:
    """What a text compares as: of a decision only the verdict, of anything else the whole text."""
    return text.partition(" · ")[0] if field.type == "decision" else text


def _bounds(condition: Condition) -> Iterator[tuple[str, int]]:
    """What the value is compared with, and how it must compare: -1 less, 1 greater."""
    for operand, sign in (
        (condition.before, -1),
        (condition.less, -1),
        (condition.after, 1),
        (condition.greater, 1),
    ):
        if operand is not None:
            yield operand, sign


def _canonical(literal: str, field: Field, context: ParseContext) -> str:
    if field.type in ("multi_choice", "decision"):
        return literal
    text = literal_text(literal, field, context)
    return literal if text is None else text
