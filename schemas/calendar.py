"""The working calendar: which days are worked, which hours, and counting with them.

A day's answer comes from the company's overrides, else the official schedule (`chinesecalendar`), else a projection of
the statutory holidays without swapped weekends, which is flagged provisional. Moments are wall-clock times of the
company's zone: a time zone on them is kept and plays no part in the counting.
Counting follows Civil Code Arts. 201-203: periods in hours run from their trigger, periods in days leave it out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Literal

import chinese_calendar

from schemas.contradiction import Contradiction
from schemas.festivals import statutory_holidays

Roll = Literal["none", "next_workday", "prev_workday"]
OnMissingYear = Literal["statutory_projection", "weekend_only", "error"]

OFFICE_HOURS = ((time(9), time(12)), (time(13, 30), time(18)))
LONGEST_BREAK = 366
"""Days searched for a working day before the calendar is taken to have none."""


@cache
def _is_published(year: int) -> bool:
    known = chinese_calendar.constants.holidays
    return bool(min(known).year <= year <= max(known).year)


class ScheduleMissing(Exception):
    """The official schedule of the year is not installed and the calendar is set to `on_missing_year: error`."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no official schedule of working days for {year} is installed")
        self.year = year


class NoWorkday(Exception):
    """No working day within a year of the day asked about: the overrides close the company."""


@dataclass(frozen=True)
class WorkingCalendar:
    """Working days and hours.

    segments: working hours of a working day, ascending and apart. overrides: day → whether it is worked.
    official: whether the official schedule of China is followed; without it the days off are weekends and overrides.
    """

    segments: Sequence[tuple[time, time]] = OFFICE_HOURS
    overrides: Mapping[date, bool] = field(default_factory=dict)
    on_missing_year: OnMissingYear = "statutory_projection"
    official: bool = True
    weekend: frozenset[int] = frozenset({5, 6})

    def __post_init__(self) -> None:
        edges = [edge for segment in self.segments for edge in segment]
        if not edges or any(later <= earlier for earlier, later in itertools.pairwise(edges)):
            hours = tuple(f"{start:%H:%M}–{end:%H:%M}" for start, end in self.segments)
            raise Contradiction("segments", segments=hours or ("–",))

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked. Raises ScheduleMissing only when so configured."""
        if day in self.overrides:
            return self.overrides[day]
        weekday = day.weekday() not in self.weekend
        if not self.official:
            return weekday
        if _is_published(day.year):
            return bool(chinese_calendar.is_workday(day))
        if self.on_missing_year == "error":
            raise ScheduleMissing(day.year)
        if self.on_missing_year == "weekend_only":
            return weekday
        return weekday and day not in statutory_holidays(day.year)

    def is_provisional(self, day: date) -> bool:
        """Whether the day's answer is a guess because its year's official schedule is not published."""
        return self.official and day not in self.overrides and not _is_published(day.year)

    def workdays(self, first: date, step: int = 1) -> Iterator[date]:
        """Working days from `first` on, itself included, forwards (step 1) or backwards (step -1).

        Raises NoWorkday when there is none within a year.
        """
        idle = 0
        for ahead in itertools.count():
            day = first + timedelta(days=step * ahead)
            if self.is_workday(day):
                idle = 0
                yield day
            elif (idle := idle + 1) > LONGEST_BREAK:
                raise NoWorkday(f"no working day within a year of {first.isoformat()}")

    def roll(self, day: date, roll: Roll) -> date:
        """The day itself when it is worked or `roll` is none, else the working day after or before it."""
        if roll == "none":
            return day
        return next(self.workdays(day, 1 if roll == "next_workday" else -1))

    def add_workdays(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, or before it when negative; `day` itself never counts."""
        if count == 0:
            return day
        step = 1 if count > 0 else -1
        return next(itertools.islice(self.workdays(day + timedelta(days=step), step), abs(count) - 1, None))

    def count_workdays(self, after: date, until: date) -> int:
        """Working days later than `after`, up to and with `until`; 0 when the range is reversed."""
        days = (after + timedelta(days=ahead) for ahead in range(1, (until - after).days + 1))
        return sum(map(self.is_workday, days))

    def last_workday(self, first: date, last: date) -> date | None:
        """The last working day from `first` to `last`; None when the range has none."""
        days = (last - timedelta(days=back) for back in range((last - first).days + 1))
        return next(filter(self.is_workday, days), None)

    @property
    def opening(self) -> time:
        """When a working day begins."""
        return self.segments[0][0]

    @property
    def closing(self) -> time:
        """When a working day ends (业务时间)."""
        return self.segments[-1][1]

    def add_business(self, moment: datetime, amount: timedelta) -> datetime:
        """The moment when `amount` of working time has passed since `moment`.

        Time used up exactly at a segment's end is due at that end. Zero leaves the moment as it is.
        """
        if amount <= timedelta(0):
            return moment
        for day in self.workdays(moment.date()):
            for start, end in self._segments_of(day, moment):
                begin = max(start, moment)
                if begin >= end:
                    continue
                if begin + amount <= end:
                    return begin + amount
                amount -= end - begin
        raise AssertionError("working days never end")

    def business_time(self, since: datetime, until: datetime) -> timedelta:
        """Working time between two moments; zero when the range is reversed."""
        total = timedelta(0)
        days = (since.date() + timedelta(days=ahead) for ahead in range((until.date() - since.date()).days + 1))
        for day in filter(self.is_workday, days):
            for start, end in self._segments_of(day, since):
                total += max(min(end, until) - max(start, since), timedelta(0))
        return total

    def _segments_of(self, day: date, like: datetime) -> Iterator[tuple[datetime, datetime]]:
        for start, end in self.segments:
            yield datetime.combine(day, start, like.tzinfo), datetime.combine(day, end, like.tzinfo)
