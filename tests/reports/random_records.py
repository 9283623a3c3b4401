"""Small tables of random records of the shipped forms, whose references find each other, as canonical texts."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from reports.lookups import columns_named
from reports.views import VIEWS
from schemas.deadline_rules import Rule
from schemas.field_types import target_of
from schemas.template import Field, Template
from tests.reports.books import Book, Row, catalogue

RECORDS, LINES = 4, 2
FIRST, DAYS = datetime(2026, 1, 5, 8), 320  # noqa: DTZ001 (wall-clock time of the company)
EMPTY_SHARE = 0.3


def forms_of(rule: Rule) -> list[Template]:
    """The forms a rule reads, through views too; in a fixed order."""
    tables = {watch.table for watch in rule.watch}
    tables |= {table for watch in rule.watch for table, _ in columns_named(watch)}
    read = {table for name in tables for table in (VIEWS[name].reads if name in VIEWS else (name,))}
    keys = {table.split(".", 1)[0] for table in read}
    return [form for form in catalogue() if form.key in keys]


def random_records(forms: Iterable[Template], rng: random.Random) -> Book:
    """A few records of each form. Every second field that may be empty is filled more often than not."""
    book: Book = {}
    for form in forms:
        book[form.key] = [_record(form, at, rng) for at in range(RECORDS)]
        for line in form.lines:
            book[f"{form.key}.{line.key}"] = [
                {"record_id": _key(form.key, at), "line_no": str(number), **_filled(line.fields, form, at, rng)}
                for at in range(RECORDS)
                for number in range(1, LINES + 1)
            ]
    return book


def _record(form: Template, at: int, rng: random.Random) -> Row:
    entered = _moment(rng).strftime("%Y-%m-%d %H:%M:%S")
    system = dict.fromkeys(("created_at", "submitted_at", "approved_at"), entered)
    return {**_filled(form.fields, form, at, rng), **system, "record_id": _key(form.key, at), "status": "有效"}


def _filled(fields: Iterable[Field], form: Template, at: int, rng: random.Random) -> Row:
    values = {field.key: _value(field, form, at, rng) for field in fields}
    return {key: text for key, text in values.items() if text}


def _value(field: Field, form: Template, at: int, rng: random.Random) -> str:
    if field.key == form.record_key:
        return _key(form.key, at)
    if not field.required and rng.random() < EMPTY_SHARE:
        return ""
    moment = _moment(rng)
    match field.type:
        case "choice" | "multi_choice":
            return rng.choice(field.choices).value if field.choices else ""
        case "bool":
            return rng.choice("是否")
        case "reference" | "user":
            return _key(str(target_of(field)), rng.randrange(RECORDS))
        case "date":
            return f"{moment:%Y-%m-%d}"
        case "datetime":
            return f"{moment:%Y-%m-%d %H:%M:%S}"
        case "month":
            return f"{moment:%Y-%m}"
        case "year":
            return "2026"
        case "integer":
            return str(rng.randint(1, 5))
        case "decimal" | "money" | "percent":
            return str(rng.randint(1, 200))
        case "decision":
            return ""
        case _:
            return "x"


def _key(form: str, at: int) -> str:
    return f"{form}-{at}"


def _moment(rng: random.Random) -> datetime:
    return FIRST + timedelta(days=rng.randrange(DAYS), minutes=rng.randrange(11 * 60))
