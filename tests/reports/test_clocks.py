"""Columns count exactly as single values do."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import clocks
from reports.clocks import DAY, Clocks, day_number, day_of
from schemas import periods
from schemas.calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
CLOCKS = Clocks(CALENDAR, date(2023, 1, 1), date(2029, 12, 31))
EPOCH = datetime.fromisoformat("1970-01-01")
DAYS = st.dates(date(2024, 1, 1), date(2028, 6, 30))
MOMENTS = st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2028-06-30")).map(
    lambda moment: moment.replace(microsecond=0)
)
ROLLS = ["none", "next_workday", "prev_workday"]


def seconds_of(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())


def column(*numbers: int) -> clocks.Ints:
    return np.array(numbers, dtype=np.int64)


@given(DAYS, st.integers(-40, 40))
def test_working_days_are_added_alike(day: date, count: int) -> None:
    assert day_of(CLOCKS.add_workdays(column(day_number(day)), count)[0]) == CALENDAR.add_workdays(day, count)


@pytest.mark.parametrize("roll", ROLLS)
@given(day=DAYS)
def test_days_roll_alike(roll: str, day: date) -> None:
    rolled = CLOCKS.roll(column(day_number(day)), roll)  # type: ignore[arg-type]
    assert day_of(rolled[0]) == CALENDAR.roll(day, roll)  # type: ignore[arg-type]


@given(DAYS, st.integers(0, 60))
def test_working_days_are_counted_alike(day: date, ahead: int) -> None:
    until = day + timedelta(days=ahead)
    counted = CLOCKS.count_workdays(column(day_number(day)), column(day_number(until)))
    assert counted[0] == CALENDAR.count_workdays(day, until)


@given(MOMENTS, st.integers(0, 200_000))
def test_working_time_is_added_alike(moment: datetime, seconds: int) -> None:
    due = CLOCKS.add_business(column(seconds_of(moment)), seconds)
    assert EPOCH + timedelta(seconds=int(due[0])) == CALENDAR.add_business(moment, timedelta(seconds=seconds))


@given(MOMENTS, MOMENTS)
def test_working_time_is_measured_alike(one: datetime, two: datetime) -> None:
    since, until = sorted((one, two))
    measured = CLOCKS.business_seconds(column(seconds_of(since)), column(seconds_of(until)))
    assert timedelta(seconds=int(measured[0])) == CALENDAR.business_time(since, until)


@given(DAYS, st.integers(-30, 30))
def test_months_are_added_alike(day: date, months: int) -> None:
    assert day_of(clocks.add_months(column(day_number(day)), months)[0]) == periods.add_months(day, months)


@pytest.mark.parametrize("kind", ["week", "month", "quarter", "half", "year"])
@given(day=DAYS)
def test_periods_are_the_same(kind: periods.PeriodKind, day: date) -> None:
    index = clocks.period_index(column(day_number(day)), kind)
    period = periods.period_of(day, kind)
    assert day_of(clocks.period_first(index, kind)[0]) == period.first
    assert day_of(clocks.period_first(index + 1, kind)[0] - 1) == period.last


def test_counting_beyond_the_laid_out_days_is_refused() -> None:
    short = Clocks(CALENDAR, date(2026, 1, 1), date(2026, 1, 31))
    with pytest.raises(IndexError):
        short.add_workdays(column(day_number(date(2026, 1, 30))), 10)


def test_closing_time_is_the_last_segments_end() -> None:
    assert CLOCKS.closing == 18 * 3600 < DAY
