"""Sample records: files of forms/samples, submitted like anybody's input and remembered so they can be taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from schemas.record import Typed

SAMPLES_DIR = Path(__file__).resolve().parent.parent / "forms" / "samples"
ORDER = ("staff", "customer_info")
"""Templates in the order their records must exist: people before the customers they own."""

_DAY = re.compile(r"\{today([+-]\d+)?\}")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """The sample records of one template, as people would type them."""

    template: str
    records: tuple[Mapping[str, Typed], ...]


def load_samples(today: date, folder: Path = SAMPLES_DIR) -> Iterator[SampleFile]:
    """The shipped samples with their dates counted from `today`, in an order that resolves references."""
    for name in ORDER:
        content = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        records = tuple({key: _dated(value, today) for key, value in record.items()} for record in content["records"])
        yield SampleFile(content["template"], records)


def _dated(value: str | Sequence[str], today: date) -> Typed:
    if not isinstance(value, str):
        return tuple(value)
    whole = _DAY.fullmatch(value)
    if whole:
        return _day(whole, today).isoformat()
    return _DAY.sub(lambda match: _month_and_day(_day(match, today)), value)


def _day(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=int(match[1] or 0))


def _month_and_day(day: date) -> str:
    return f"{day.month}月{day.day}日"
