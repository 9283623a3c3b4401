"""What conditions, bounds and expressions compare: literals, today, other fields; and their Python values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from schemas.field_types import ParseContext, target_of, type_of
from schemas.field_types.choices import YES
from schemas.field_types.dates import moment_text
from schemas.template import Field

Operand = Decimal | date | str | bool | None
"""A value in comparisons and arithmetic. A moment is a naive datetime, which is a date to the type system."""
CALENDAR_TYPES = frozenset({"date", "datetime", "month", "year"})
NUMBER_TYPES = frozenset({"integer", "decimal", "money", "percent"})
DAY_WORDS = frozenset({"today", "now"})
DEFAULT_WORDS = DAY_WORDS | {"current_user", "last_value"}


def result_type(field: Field) -> str:
    """The type name that says how the field's values compare."""
    return (field.result or "decimal") if field.type == "computed" else field.type


def now_text(word: str, field: Field, context: ParseContext) -> str:
    """Today or now as the field's type writes it: the day, the moment, the month or the year.

    Today is a day for moments too: a moment compares with it by its own day.
    """
    lengths = {"datetime": 10 if word == "today" else 19, "month": 7, "year": 4}
    return moment_text(context.now)[: lengths.get(result_type(field), 10)]


def literal_text(literal: str, field: Field, context: ParseContext) -> str | None:
    """Canonical text of a literal in a template; None when the field's type does not understand it."""
    if literal in DAY_WORDS and result_type(field) in CALENDAR_TYPES:
        return now_text(literal, field, context)
    if target_of(field):
        return literal
    parsed = type_of(field).parse(literal, field, context)
    return parsed.text if parsed.fits else None


def operand_text(
    operand: str, field: Field, values: Mapping[str, str], fields: Mapping[str, Field], context: ParseContext
) -> str:
    """Canonical text of what a field is compared with: another field's value, today or now, or a literal."""
    if operand in fields and operand not in DAY_WORDS:
        return values.get(operand, "")
    return literal_text(operand, field, context) or ""


def operand_value(text: str, field: Field) -> Operand:
    """The value to compare or calculate with; None when empty."""
    if not text:
        return None
    kind = result_type(field)
    if kind in NUMBER_TYPES or kind == "year":
        return Decimal(text)
    if kind == "bool":
        return text == YES
    if kind == "date" or (kind == "datetime" and len(text) == 10):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text) if kind == "datetime" else text


def compare(left: Operand, right: Operand) -> int | None:
    """-1, 0 or 1; None when either is empty or they are not of one kind. A day compares with a moment's day."""
    if isinstance(left, datetime) != isinstance(right, datetime):
        left = left.date() if isinstance(left, datetime) else left
        right = right.date() if isinstance(right, datetime) else right
    for kind in (Decimal, bool, date, str):
        if isinstance(left, kind) and isinstance(right, kind):
            return (left > right) - (left < right)  # type: ignore[operator]
    return None
