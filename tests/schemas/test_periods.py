"""Periods tile a year; months are added to the corresponding day."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.periods import PeriodKind, add_months, period_of, periods_between

KINDS: list[PeriodKind] = ["week", "month", "quarter", "half", "year"]


@pytest.mark.parametrize("kind", KINDS)
@given(year=st.integers(1990, 2090))
def test_periods_tile_a_year_without_gap_or_overlap(kind: PeriodKind, year: int) -> None:
    periods = list(periods_between(date(year, 1, 1), date(year, 12, 31), kind))
    days = [
        period.first + timedelta(days=ahead)
        for period in periods
        for ahead in range((period.last - period.first).days + 1)
    ]
    assert all(later - earlier == timedelta(days=1) for earlier, later in itertools.pairwise(days))
    assert {date(year, 1, 1), date(year, 12, 31)} <= set(days)
    assert len({period.name for period in periods}) == len(periods)


@pytest.mark.parametrize("kind", KINDS)
@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_lies_in_its_own_period(kind: PeriodKind, day: date) -> None:
    period = period_of(day, kind)
    assert period.first <= day <= period.last
    assert period_of(period.first, kind) == period_of(period.last, kind) == period


def test_periods_are_named_as_people_write_them() -> None:
    day = date(2026, 12, 31)
    assert [period_of(day, kind).name for kind in KINDS] == ["2026-W53", "2026-12", "2026-Q4", "2026-H2", "2026"]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        pytest.param(date(2026, 1, 31), 1, date(2026, 2, 28), id="SL-19 month end"),
        pytest.param(date(2026, 1, 31), 3, date(2026, 4, 30), id="SL-19 three months"),
        pytest.param(date(2026, 1, 31), 6, date(2026, 7, 31), id="SL-19 from the original day"),
        pytest.param(date(2026, 8, 31), 6, date(2027, 2, 28), id="SL-19 across the year"),
        pytest.param(date(2024, 2, 29), 12, date(2025, 2, 28), id="leap day"),
        pytest.param(date(2026, 1, 15), -1, date(2025, 12, 15), id="backwards"),
    ],
)
def test_months_end_on_the_corresponding_day_or_the_months_last(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end
