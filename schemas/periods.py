"""Calendar periods: weeks from Monday, months, quarters, halves and years, and adding months to a day."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

PeriodKind = Literal["week", "month", "quarter", "half", "year"]
MONTHS_IN: dict[PeriodKind, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first` to `last`, both included. `name` sorts by time: 2026-W40, 2026-10, 2026-Q4, 2026-H2, 2026."""

    kind: PeriodKind
    first: date
    last: date

    @property
    def name(self) -> str:
        """The period as people write it."""
        year, month = self.first.year, self.first.month
        match self.kind:
            case "week":
                iso = self.first.isocalendar()
                return f"{iso.year}-W{iso.week:02d}"
            case "month":
                return f"{year}-{month:02d}"
            case "quarter":
                return f"{year}-Q{(month + 2) // 3}"
            case "half":
                return f"{year}-H{1 if month == 1 else 2}"
            case _:
                return f"{year}"

    def next(self) -> Period:
        """The period that begins the day after."""
        return period_of(self.last + timedelta(days=1), self.kind)


def period_of(day: date, kind: PeriodKind) -> Period:
    """The period `day` lies in."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Period(kind, first, first + timedelta(days=6))
    months = MONTHS_IN[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(kind, first, add_months(first, months) - timedelta(days=1))


def periods_between(first: date, last: date, kind: PeriodKind) -> Iterator[Period]:
    """The periods that hold at least one day from `first` to `last`, in order."""
    if last < first:
        return
    period = period_of(first, kind)
    while period.first <= last:
        yield period
        period = period.next()


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later, or the month's last day where there is none (Civil Code Art. 202)."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
