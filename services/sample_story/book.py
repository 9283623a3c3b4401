"""The book the sample story is written into: records with their moment, their author and their future number."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from schemas.record import Typed
from services.sample_story.almanac import Almanac, text_of

DATA = Path(__file__).resolve().parents[2] / "forms" / "samples"
SAMPLE_PREFIX = "SAMPLE-"
"""Record numbers of samples begin with it, in the workbook too."""

Answers = Mapping[str, Typed]
LINES = "lines"
"""Every line table of the story's forms has this key."""
Told = str | int | float | date | datetime | Sequence[str] | None
Row = Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One record of the story: what `by` (a staff id) typed into the form at that moment."""

    record_id: str
    template: str
    at: datetime
    by: str
    values: Answers
    lines: Mapping[str, Sequence[Answers]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleEdit:
    """What `by` added to a sample record later."""

    record_id: str
    template: str
    at: datetime
    by: str
    values: Answers


@dataclass(frozen=True, slots=True)
class Customer:
    """A sample customer, as forms/samples/customers.yaml tells it."""

    customer_name: str
    industry: str
    staff_count: str
    annual_revenue: str
    contact_name: str
    contact_title: str
    region: str
    area_name: str
    owner_id: str
    since: int
    buys: str
    orders: str
    grade: str
    ka_class: tuple[str, ...]
    lead_source: str
    need_tags: tuple[str, ...]
    follow_up: str

    @property
    def name(self) -> str:
        """What references to the customer say."""
        return self.customer_name

    @property
    def does_business(self) -> bool:
        """Whether he buys or has ordered."""
        return self.buys != "none" or bool(self.orders)


@dataclass(frozen=True, slots=True)
class Person:
    """A sample member of staff, as forms/samples/people.yaml tells it."""

    staff_id: str
    staff_name: str
    dept: str
    role: str
    employment: str
    area_name: str
    manager_id: str
    days: int


class Book:
    """Collects the story. What would happen after set-up is not written down."""

    def __init__(self, almanac: Almanac) -> None:
        self.almanac = almanac
        self.records: list[SampleRecord] = []
        self.edits: list[SampleEdit] = []
        self._templates: dict[str, str] = {}

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Everybody, superiors before their people."""
        return tuple(Person(**row) for row in _rows("people"))

    @cached_property
    def customers(self) -> tuple[Customer, ...]:
        """All customers."""
        return tuple(Customer(**row) for row in _rows("customers"))

    @cached_property
    def goods(self) -> tuple[dict[str, str], ...]:
        """All goods."""
        return tuple(_rows("products"))

    @cached_property
    def texts(self) -> Mapping[str, Any]:
        """Sentences people write into forms, by the occasion."""
        found: Mapping[str, Any] = _load("texts")
        return found

    def sellers(self, *, employment: str = "") -> list[Person]:
        """Consultants and representatives."""
        return [
            one
            for one in self.people
            if one.role in ("销售顾问", "销售专员") and (not employment or one.employment == employment)
        ]

    def customers_of(self, staff_id: str) -> list[Customer]:
        """Whose owner the person is."""
        return [one for one in self.customers if one.owner_id == staff_id]

    def person(self, staff_id: str) -> Person:
        """The person of that number."""
        return next(one for one in self.people if one.staff_id == staff_id)

    def write(self, template: str, at: datetime, by: str, lines: Sequence[Row] = (), /, **values: Told) -> str:
        """Writes a record down, with its lines, and answers its future number; "" when it lies after set-up."""
        if not self.almanac.is_past(at):
            return ""
        record_id = f"{SAMPLE_PREFIX}{len(self.records) + 1:05d}"
        rows = {LINES: [_typed(row) for row in lines]} if lines else {}
        self.records.append(SampleRecord(record_id, template, at, by, _typed(values), rows))
        self._templates[record_id] = template
        return record_id

    def add_to(self, record_id: str, at: datetime, by: str, /, **values: Told) -> None:
        """Writes down what was added to a record later, unless record or moment lie after set-up."""
        if record_id and self.almanac.is_past(at):
            self.edits.append(SampleEdit(record_id, self._templates[record_id], at, by, _typed(values)))


def dice(of: str) -> random.Random:
    """Chance that falls the same way every time, one row of throws per chapter."""
    return random.Random(f"samples {of}")


def _typed(values: Mapping[str, Told]) -> dict[str, Typed]:
    return {key: typed for key, value in values.items() if (typed := _as_typed(value)) not in (None, "", ())}


def _as_typed(value: Told) -> Typed:
    if isinstance(value, date | datetime):
        return text_of(value)
    if isinstance(value, str) or value is None:
        return value
    return str(value) if isinstance(value, int | float) else tuple(value)


def _load(name: str) -> Any:
    # libyaml's loader is ten times as fast; who has it not waits half a second longer, once
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((DATA / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)


def _rows(name: str) -> list[dict[str, Any]]:
    content = _load(name)
    rows = (dict(zip(content["columns"], row, strict=True)) for row in content["rows"])
    return [{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()} for row in rows]
