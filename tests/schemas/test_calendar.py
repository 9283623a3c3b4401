"""The working calendar: official schedules, projections, segments, and counting in days and working time.

Vectors carry the ids of the specification; 2021-06-28, 2019-03-04 and 2013-10-21 are Mondays.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.calendar import NoWorkday, ScheduleMissing, WorkingCalendar

OFFICIAL = WorkingCalendar()


def plain_week(opening: int, closing: int, *holidays: date) -> WorkingCalendar:
    """Monday to Friday, one segment, no official schedule."""
    return WorkingCalendar(((time(opening), time(closing)),), dict.fromkeys(holidays, False), official=False)


HELPDESK = plain_week(10, 18)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        pytest.param(date(2018, 2, 11), True, id="PT-11 make-up Sunday"),
        pytest.param(date(2018, 2, 15), False, id="PT-11 eve of Spring Festival"),
        pytest.param(date(2024, 4, 7), True, id="make-up Sunday after Qingming"),
        pytest.param(date(2026, 10, 10), True, id="make-up Saturday"),
        pytest.param(date(2026, 10, 7), False, id="last day of National Day"),
    ],
)
def test_official_schedules_are_followed(day: date, works: bool) -> None:
    assert OFFICIAL.is_workday(day) is works
    assert not OFFICIAL.is_provisional(day)


def test_pt_11_january_2018_has_23_workdays() -> None:
    assert OFFICIAL.count_workdays(date(2017, 12, 31), date(2018, 2, 1)) == 23


def test_an_unpublished_year_is_projected_and_flagged_never_refused() -> None:
    new_year, spring_festival_monday = date(2027, 1, 1), date(2027, 2, 8)
    assert not OFFICIAL.is_workday(new_year)
    assert not OFFICIAL.is_workday(spring_festival_monday)
    assert OFFICIAL.is_workday(date(2027, 2, 9))
    assert OFFICIAL.is_provisional(new_year)


def test_unpublished_years_follow_the_setting() -> None:
    assert WorkingCalendar(on_missing_year="weekend_only").is_workday(date(2027, 1, 1))
    with pytest.raises(ScheduleMissing, match="2027"):
        WorkingCalendar(on_missing_year="error").is_workday(date(2027, 1, 1))


def test_the_companys_overrides_come_first_and_are_certain() -> None:
    calendar = WorkingCalendar(overrides={date(2026, 11, 23): False, date(2027, 1, 1): True})
    assert not calendar.is_workday(date(2026, 11, 23))
    assert calendar.is_workday(date(2027, 1, 1))
    assert not calendar.is_provisional(date(2027, 1, 1))


def test_a_company_that_never_works_is_told_so() -> None:
    with pytest.raises(NoWorkday, match="2026-01-05"):
        WorkingCalendar(weekend=frozenset(range(7)), official=False).add_workdays(date(2026, 1, 4), 1)


@pytest.mark.parametrize("segments", [(), ((time(9), time(9)),), ((time(9), time(12)), (time(11), time(18)))])
def test_segments_that_overlap_or_are_empty_are_refused(segments: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="segments"):
        WorkingCalendar(segments)


@pytest.mark.parametrize(
    ("calendar", "start", "minutes", "due"),
    [
        pytest.param(HELPDESK, "2021-06-28 11:00", 60, "2021-06-28 12:00", id="PT-01 Mon 11:00 High response"),
        pytest.param(HELPDESK, "2021-06-28 11:00", 240, "2021-06-28 15:00", id="PT-01 Mon 11:00 High resolution"),
        pytest.param(HELPDESK, "2021-06-28 08:00", 60, "2021-06-28 11:00", id="PT-01 Mon 08:00 High response"),
        pytest.param(HELPDESK, "2021-06-28 08:00", 240, "2021-06-28 14:00", id="PT-01 Mon 08:00 High resolution"),
        pytest.param(HELPDESK, "2021-06-28 20:00", 30, "2021-06-29 10:30", id="PT-01 Mon 20:00 Urgent response"),
        pytest.param(HELPDESK, "2021-06-28 20:00", 120, "2021-06-29 12:00", id="PT-01 Mon 20:00 Urgent resolution"),
        pytest.param(HELPDESK, "2021-07-02 17:00", 30, "2021-07-02 17:30", id="PT-01 Fri 17:00 Urgent response"),
        pytest.param(HELPDESK, "2021-07-02 17:00", 120, "2021-07-05 11:00", id="PT-01 Fri 17:00 Urgent resolution"),
        pytest.param(HELPDESK, "2021-07-02 19:00", 60, "2021-07-05 11:00", id="PT-01 Fri 19:00 High response"),
        pytest.param(HELPDESK, "2021-07-02 19:00", 240, "2021-07-05 14:00", id="PT-01 Fri 19:00 High resolution"),
        pytest.param(HELPDESK, "2021-07-03 15:00", 24 * 60, "2021-07-07 18:00", id="PT-01 Sat 15:00 Low response"),
        pytest.param(HELPDESK, "2021-07-03 15:00", 72 * 60, "2021-07-15 18:00", id="PT-01 Sat 15:00 Low resolution"),
        pytest.param(
            plain_week(10, 18, date(2021, 7, 1), date(2021, 7, 2)), "2021-07-01 15:00", 30, "2021-07-05 10:30",
            id="PT-01 Thu and Fri off, Urgent response",
        ),
        pytest.param(
            plain_week(10, 18, date(2021, 7, 1), date(2021, 7, 2)), "2021-07-01 15:00", 120, "2021-07-05 12:00",
            id="PT-01 Thu and Fri off, Urgent resolution",
        ),
        pytest.param(HELPDESK, "2021-06-28 17:55", 30, "2021-06-29 10:25", id="PT-03 reply at 18:05 is in time"),
        pytest.param(HELPDESK, "2019-03-04 12:00", 240, "2019-03-04 16:00", id="PT-05 12:00 +4h"),
        pytest.param(HELPDESK, "2019-03-04 12:00", 360, "2019-03-04 18:00", id="PT-05 12:00 +6h"),
        pytest.param(HELPDESK, "2019-03-04 07:00", 240, "2019-03-04 14:00", id="PT-05 07:00 +4h"),
        pytest.param(HELPDESK, "2019-03-04 07:00", 360, "2019-03-04 16:00", id="PT-05 07:00 +6h"),
        pytest.param(
            plain_week(10, 18, date(2019, 3, 5)), "2019-03-04 20:00", 240, "2019-03-06 14:00", id="PT-05 20:00 +4h"
        ),
        pytest.param(
            plain_week(10, 18, date(2019, 3, 5)), "2019-03-04 20:00", 360, "2019-03-06 16:00", id="PT-05 20:00 +6h"
        ),
        pytest.param(HELPDESK, "2019-03-04 14:00", 240, "2019-03-04 18:00", id="PT-05 14:00 +4h"),
        pytest.param(
            plain_week(10, 18, date(2019, 3, 5)), "2019-03-04 14:00", 360, "2019-03-06 12:00", id="PT-05 14:00 +6h"
        ),
        pytest.param(
            plain_week(8, 17, date(2015, 9, 22)), "2015-09-21 16:30", 120, "2015-09-23 09:30", id="PT-06 holiday"
        ),
        pytest.param(plain_week(8, 17), "2013-10-21 07:30", 120, "2013-10-21 10:00", id="PT-06 before opening"),
        pytest.param(OFFICIAL, "2026-09-30 17:45", 15, "2026-09-30 18:00", id="SL-12 exactly at closing"),
        pytest.param(OFFICIAL, "2026-09-30 12:10", 15, "2026-09-30 13:45", id="SL-13 in the lunch break"),
        pytest.param(OFFICIAL, "2026-09-30 11:50", 15, "2026-09-30 13:35", id="SL-13 across the lunch break"),
        pytest.param(OFFICIAL, "2026-10-01 23:50", 15, "2026-10-08 09:15", id="SL-14 National Day"),
        pytest.param(OFFICIAL, "2026-02-14 18:00", 15, "2026-02-24 09:15", id="SL-14 Spring Festival"),
    ],
)  # fmt: skip
def test_working_time_is_added(calendar: WorkingCalendar, start: str, minutes: int, due: str) -> None:
    assert calendar.add_business(datetime.fromisoformat(start), minutes * MINUTE) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("since", "until", "seconds"),
    [
        pytest.param("2021-06-28 11:00", "2021-06-28 12:00", 3_600, id="11-12"),
        pytest.param("2021-06-28 12:00", "2021-06-28 20:00", 21_600, id="12-20"),
        pytest.param("2021-06-28 06:00", "2021-06-28 12:00", 7_200, id="06-12"),
        pytest.param("2021-06-28 06:00", "2021-06-29 06:00", 28_800, id="06-Tue06"),
        pytest.param("2021-06-28 06:00", "2021-06-29 11:00", 32_400, id="06-Tue11"),
        pytest.param("2021-06-28 12:00", "2021-06-29 20:00", 50_400, id="12-Tue20"),
        pytest.param("2021-06-28 20:00", "2021-06-29 11:00", 3_600, id="20-Tue11"),
        pytest.param("2021-06-28 06:00", "2021-07-01 20:00", 115_200, id="06-Thu20"),
        pytest.param("2021-07-02 12:00", "2021-07-03 11:00", 21_600, id="Fri12-Sat11"),
        pytest.param("2021-06-28 19:00", "2021-06-28 20:00", 0, id="after closing"),
        pytest.param("2021-07-04 10:00", "2021-07-04 15:00", 0, id="Sunday"),
        pytest.param("2021-07-02 20:00", "2021-07-04 15:00", 0, id="Fri20-Sun"),
    ],
)
def test_pt_04_working_time_between_two_moments(since: str, until: str, seconds: int) -> None:
    passed = HELPDESK.business_time(datetime.fromisoformat(since), datetime.fromisoformat(until))
    assert passed == timedelta(seconds=seconds)


def test_pt_07_working_days_forwards_backwards_and_active_time() -> None:
    calendar = plain_week(8, 20)
    assert calendar.add_workdays(date(2018, 11, 19), 7) == date(2018, 11, 28)
    assert calendar.add_workdays(date(2018, 11, 19), -7) == date(2018, 11, 8)
    assert calendar.closing == time(20)
    since, until = datetime.fromisoformat("2019-01-01"), datetime.fromisoformat("2019-01-08")
    assert calendar.business_time(since, until) == timedelta(hours=60)
    assert calendar.business_time(until, since) == timedelta(0)


@pytest.mark.parametrize(
    ("signed", "due"),
    [
        pytest.param(date(2026, 9, 29), date(2026, 10, 9), id="SL-01"),
        pytest.param(date(2026, 9, 30), date(2026, 10, 10), id="SL-02"),
        pytest.param(date(2026, 2, 13), date(2026, 2, 25), id="SL-04"),
        pytest.param(date(2024, 4, 3), date(2024, 4, 9), id="SL-05"),
        pytest.param(date(2026, 12, 29), date(2027, 1, 4), id="SL-07"),
    ],
)
def test_three_working_days_later(signed: date, due: date) -> None:
    assert OFFICIAL.add_workdays(signed, 3) == due


def test_a_week_without_workdays_has_no_last_one() -> None:
    assert OFFICIAL.last_workday(date(2026, 2, 16), date(2026, 2, 20)) is None
    assert OFFICIAL.last_workday(date(2026, 9, 28), date(2026, 10, 2)) == date(2026, 9, 30)


DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))
MOMENTS = st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2027-06-30")).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(DAYS, st.sampled_from(["none", "next_workday", "prev_workday"]))
def test_rolling_twice_is_rolling_once(day: date, roll: str) -> None:
    once = OFFICIAL.roll(day, roll)  # type: ignore[arg-type]
    assert OFFICIAL.roll(once, roll) == once  # type: ignore[arg-type]


@given(DAYS, st.integers(1, 40))
def test_counting_back_what_was_counted_forward_meets_the_start(day: date, count: int) -> None:
    later = OFFICIAL.add_workdays(day, count)
    assert OFFICIAL.is_workday(later)
    assert OFFICIAL.count_workdays(day, later) == count


@given(MOMENTS, MOMENTS, MOMENTS)
def test_working_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    whole = OFFICIAL.business_time(first, last)
    assert OFFICIAL.business_time(first, middle) + OFFICIAL.business_time(middle, last) == whole


@given(MOMENTS, st.integers(1, 200_000))
def test_the_due_moment_is_the_first_at_which_the_working_time_has_passed(moment: datetime, seconds: int) -> None:
    due = OFFICIAL.add_business(moment, timedelta(seconds=seconds))
    assert OFFICIAL.business_time(moment, due) == timedelta(seconds=seconds)
    assert OFFICIAL.business_time(moment, due - timedelta(seconds=1)) < timedelta(seconds=seconds)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_pt_02_time_on_hold_is_working_time_across_a_holiday() -> None:
    calendar = plain_week(10, 18, date(2021, 7, 2))
    assert calendar.business_time(at("2021-07-01 17:50"), at("2021-07-05 12:30")) == timedelta(seconds=9_600)


@pytest.mark.parametrize(
    ("created", "closed", "minutes", "left"),
    [
        pytest.param("2013-10-21 09:00", "2013-10-21 11:00", 180, 60, id="closed an hour early"),
        pytest.param("2013-10-21 09:00", "2013-10-21 12:30", 180, -30, id="half an hour late"),
    ],
)
def test_pt_06_what_is_left_of_a_promise(created: str, closed: str, minutes: int, left: int) -> None:
    used = plain_week(8, 17).business_time(at(created), at(closed))
    assert minutes * MINUTE - used == left * MINUTE


def test_pt_06_pending_time_is_not_used() -> None:
    calendar = plain_week(8, 17)
    whole = calendar.business_time(at("2013-10-21 09:00"), at("2013-10-21 12:00"))
    pending = [("2013-10-21 09:00", "2013-10-21 10:30"), ("2013-10-21 11:00", "2013-10-21 11:30")]
    assert whole - sum((calendar.business_time(at(a), at(b)) for a, b in pending), timedelta(0)) == 60 * MINUTE
