"""Facts published by other engines about holds, working seconds and working days (§7.2), in our calendar's terms."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from schemas.calendar import WorkingCalendar


def plain_week(opening: int, closing: int, *days_off: date) -> WorkingCalendar:
    """Monday to Friday without the official schedule."""
    return WorkingCalendar(((time(opening), time(closing)),), dict.fromkeys(days_off, False), official=False)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


HELPDESK = plain_week(10, 18)


@pytest.mark.parametrize(
    ("since", "minutes", "held_seconds", "due"),
    [
        pytest.param("2021-07-01 15:00", 120, 0, "2021-07-01 17:00", id="PT-02 no hold"),
        pytest.param("2021-07-01 15:00", 120, 3600, "2021-07-01 18:00", id="PT-02 held an hour"),
        pytest.param("2021-07-01 15:00", 120, 3601, "2021-07-02 10:00:01", id="PT-02 held a second more"),
        pytest.param("2021-06-28 12:00", 240, 1800, "2021-06-28 16:30", id="PT-02 paused half an hour"),
    ],
)
def test_a_hold_adds_working_time_to_what_remains(since: str, minutes: int, held_seconds: int, due: str) -> None:
    allowed = timedelta(minutes=minutes, seconds=held_seconds)
    assert HELPDESK.add_business(moment(since), allowed) == moment(due)


def test_a_hold_over_days_off_counts_working_time_only() -> None:
    """PT-02: Thursday 17:50 to Monday 12:30 with Friday off is 9,600 s; solving at 13:30 took 3,600 s net."""
    week = plain_week(10, 18, date(2021, 7, 2))
    assert week.business_time(moment("2021-07-01 17:50"), moment("2021-07-05 12:30")) == timedelta(seconds=9600)
    worked = HELPDESK.business_time(moment("2021-06-28 12:00"), moment("2021-06-28 13:30"))
    held = HELPDESK.business_time(moment("2021-06-28 12:30"), moment("2021-06-28 13:00"))
    assert worked - held == timedelta(seconds=3600)


@pytest.mark.parametrize(
    ("since", "until", "seconds"),
    [
        pytest.param("2021-06-28 11:00", "2021-06-28 12:00", 3_600, id="PT-04 within the day"),
        pytest.param("2021-06-28 12:00", "2021-06-28 20:00", 21_600, id="PT-04 past closing"),
        pytest.param("2021-06-28 06:00", "2021-06-28 12:00", 7_200, id="PT-04 before opening"),
        pytest.param("2021-06-28 06:00", "2021-06-29 06:00", 28_800, id="PT-04 a whole day"),
        pytest.param("2021-06-28 06:00", "2021-06-29 11:00", 32_400, id="PT-04 into the next day"),
        pytest.param("2021-06-28 12:00", "2021-06-29 20:00", 50_400, id="PT-04 two afternoons"),
        pytest.param("2021-06-28 20:00", "2021-06-29 11:00", 3_600, id="PT-04 overnight"),
        pytest.param("2021-06-28 06:00", "2021-07-01 20:00", 115_200, id="PT-04 four days"),
        pytest.param("2021-07-02 12:00", "2021-07-03 11:00", 21_600, id="PT-04 into the weekend"),
        pytest.param("2021-06-28 19:00", "2021-06-28 20:00", 0, id="PT-04 after closing is nothing"),
        pytest.param("2021-07-04 09:00", "2021-07-04 17:00", 0, id="PT-04 a Sunday is nothing"),
        pytest.param("2021-07-02 20:00", "2021-07-04 10:00", 0, id="PT-04 Friday evening to Sunday is nothing"),
    ],
)
def test_working_seconds_between_two_moments(since: str, until: str, seconds: int) -> None:
    assert HELPDESK.business_time(moment(since), moment(until)) == timedelta(seconds=seconds)


def test_working_days_count_forwards_and_backwards() -> None:
    """PT-07."""
    week = plain_week(8, 20)
    assert week.add_workdays(date(2018, 11, 19), 7) == date(2018, 11, 28)
    assert week.add_workdays(date(2018, 11, 19), -7) == date(2018, 11, 8)
    assert week.closing == time(20)
    assert week.business_time(moment("2019-01-01 00:00"), moment("2019-01-08 00:00")) == timedelta(hours=60)
    assert week.business_time(moment("2019-01-08 00:00"), moment("2019-01-01 00:00")) == timedelta(0)
