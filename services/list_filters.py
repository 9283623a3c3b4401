"""Filters of a list, one per field: what they ask of a record, and how a URL or a saved view writes them down.

Written down, a filter is one short text: `@week`, `2026-01-01..2026-01-31`, `100..`, `公司|个人`, or words to look for.
A preset keeps its word and not the days it means today, so that "this week" stays true next week.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from schemas.field_types import ParseContext, type_of
from schemas.field_types.choices import NO, YES
from schemas.template import Field, Label
from sheets_adapter.contract import Test

Kind = Literal["choice", "several", "bool", "target", "days", "moments", "months", "numbers", "text", "presence"]
Tests = tuple[Test, ...]

EMPTY, FILLED = "empty", "filled"
PERIODS = ("today", "week", "month", "last_month")
PRESENCE = (FILLED, EMPTY)
KINDS: Mapping[str, Kind] = {
    "choice": "choice", "multi_choice": "several", "bool": "bool", "reference": "target", "user": "target",
    "date": "days", "datetime": "moments", "month": "months", "year": "numbers", "integer": "numbers",
    "decimal": "numbers", "money": "numbers", "percent": "numbers", "attachment": "presence",
}  # fmt: skip
RANGED = frozenset({"days", "moments", "months", "numbers"})
CHOSEN = frozenset({"choice", "several", "bool", "target"})
_PART = re.compile(r"(?:\\.|[^\\|])+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filter:
    """What one field must be: a preset, any of some values, from `low` to `high` inclusive, or holding a text.

    values, low and high are canonical texts; an open end is "".
    """

    preset: str = ""
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.preset or self.values or self.low or self.high or self.text)


def kind_of(asked: Field, *, masked: bool = False) -> Kind:
    """How the field is filtered; what one sees masked only by whether there is anything."""
    if masked:
        return "presence"
    return KINDS.get((asked.result or "decimal") if asked.type == "computed" else asked.type, "text")


def presets_of(kind: Kind) -> tuple[str, ...]:
    """The quick answers offered for a kind."""
    return (*PERIODS, *PRESENCE) if kind in ("days", "moments") else PRESENCE


def choices_of(asked: Field) -> tuple[str, ...]:
    """The values a filter by choice offers."""
    return (YES, NO) if kind_of(asked) == "bool" else tuple(choice.value for choice in asked.choices)


# --- written down --------------------------------------------------------------------------------------------------


def written(asked: Filter) -> str:
    """The filter as one text; `read` of it gives the filter back."""
    if asked.preset:
        return f"@{asked.preset}"
    if asked.values:
        joined = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in asked.values)
        return f"@{joined}" if joined.startswith("@") else joined
    if asked.low or asked.high:
        return f"{asked.low}..{asked.high}"
    return f"@{asked.text}" if asked.text.startswith("@") else asked.text


def read(field: Field, text: str, now: datetime, *, masked: bool = False) -> Filter:
    """The filter a text means for the field; an empty one when it means none."""
    kind = kind_of(field, masked=masked)
    if text.startswith("@") and not text.startswith("@@"):
        preset = text[1:]
        return Filter(preset=preset) if preset in presets_of(kind) else Filter()
    text = text.removeprefix("@")
    if kind in CHOSEN:
        return Filter(values=_values(field, kind, text))
    if kind in RANGED:
        low, _, high = text.partition("..")
        return between(field, low, high, now)
    return Filter(text=text.strip()) if kind == "text" else Filter()


def _values(field: Field, kind: Kind, text: str) -> tuple[str, ...]:
    parts = (_ESCAPED.sub(r"\1", part) for part in _PART.findall(text))
    known = None if kind == "target" else choices_of(field)
    return tuple(dict.fromkeys(part for part in parts if part and (known is None or part in known)))


def between(field: Field, low: str, high: str, now: datetime) -> Filter:
    """From–to as typed; an end that cannot be understood is open."""
    return Filter(low=understood(field, low, now), high=understood(field, high, now))


def understood(field: Field, typed: str, now: datetime) -> str:
    """One end of a range as canonical text, "" when it is empty or no such value. Moments are asked for by days."""
    edge = _edge(field)
    parsed = type_of(edge).parse(typed, edge, ParseContext(now=now))
    return parsed.text if parsed.fits else ""


def _edge(field: Field) -> Field:
    """The field without its own limits; a moment as a day."""
    kind = kind_of(field)
    name = {"days": "date", "moments": "date"}.get(kind) or (
        (field.result or "decimal") if field.type == "computed" else field.type
    )
    return Field(key=field.key, type=name, label=Label(zh=field.label.zh, en=field.label.en))  # type: ignore[arg-type]


# --- what it asks --------------------------------------------------------------------------------------------------


def store_tests(field: Field, asked: Filter, today: date) -> tuple[Tests, tuple[Tests, ...]]:
    """Tests that must all hold, and groups of which one each must hold."""
    key, kind = field.key, kind_of(field)
    if asked.preset in PRESENCE:
        return (Test(key, "empty" if asked.preset == EMPTY else "not_empty"),), ()
    if asked.values:
        if kind == "several":
            return (), (tuple(Test(key, "has", value) for value in asked.values),)
        return (Test(key, "in", values=asked.values),), ()
    if asked.text:
        return (Test(key, "contains", asked.text),), ()
    low, high = asked.low, asked.high
    if asked.preset in PERIODS:
        low, high = (day.isoformat() for day in days_of(asked.preset, today))
    return _range_tests(key, kind, low, high), ()


def _range_tests(key: str, kind: Kind, low: str, high: str) -> Tests:
    tests = [Test(key, "ge", low)] if low else []
    if high and kind == "moments":
        tests.append(Test(key, "lt", (date.fromisoformat(high) + timedelta(days=1)).isoformat()))
    elif high:
        tests.append(Test(key, "le", high))
    return tuple(tests)


def days_of(period: str, today: date) -> tuple[date, date]:
    """First and last day of a period as of today; weeks begin on Monday."""
    if period == "today":
        return today, today
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=6)
    first = today.replace(day=1)
    if period == "last_month":
        last = first - timedelta(days=1)
        return last.replace(day=1), last
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
