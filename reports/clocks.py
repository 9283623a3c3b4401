"""The working calendar on whole columns.

Days are int64 counts since 1970-01-01, moments int64 seconds of wall-clock time since then; `MISSING` stands for none.
Every function here gives what `schemas.calendar` gives for one value (a property test holds them together).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from schemas.calendar import Roll, WorkingCalendar
from schemas.periods import MONTHS_IN, PeriodKind

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MISSING = np.iinfo(np.int64).min
DAY = 86400
EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day of a day number."""
    return EPOCH + timedelta(days=int(number))


def add_months(days: Ints, months: Ints | int) -> Ints:
    """The corresponding day `months` later, or the month's last day where there is none."""
    month = days.astype("datetime64[D]").astype("datetime64[M]")
    offset = days - month.astype("datetime64[D]").astype(np.int64)
    target = month + np.asarray(months, dtype="timedelta64[M]")
    first = target.astype("datetime64[D]").astype(np.int64)
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - 1
    return np.asarray(np.minimum(first + offset, last))


def period_index(days: Ints, kind: PeriodKind) -> Ints:
    """Which period the days lie in, counted on so that the next period is one more."""
    if kind == "week":
        return (days + 3) // 7  # 1970-01-01 was a Thursday
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // MONTHS_IN[kind], dtype=np.int64)


def period_first(index: Ints, kind: PeriodKind) -> Ints:
    """The first day of the periods; `period_first(index + 1) - 1` is the last."""
    if kind == "week":
        return index * 7 - 3
    months = (index * MONTHS_IN[kind]).astype("datetime64[M]")
    return np.asarray(months.astype("datetime64[D]").astype(np.int64))


@dataclass(frozen=True)
class Clocks:
    """A working calendar laid out over the days from `first` to `last`.

    Counting further than the laid-out days raises IndexError: lay out a year more on both sides than the data has.
    """

    calendar: WorkingCalendar
    first: date
    last: date

    @cached_property
    def _start(self) -> int:
        return day_number(self.first)

    @cached_property
    def _works(self) -> Flags:
        # laying out the years around the data must not raise; whoever uses a day asks `is_provisional`
        calendar = self.calendar
        if calendar.on_missing_year == "error":
            calendar = replace(calendar, on_missing_year="statutory_projection")
        days = (self.last - self.first).days + 1
        return np.fromiter((calendar.is_workday(self.first + timedelta(days=n)) for n in range(days)), np.bool_, days)

    @cached_property
    def _workdays(self) -> Ints:
        return np.flatnonzero(self._works).astype(np.int64) + self._start

    @cached_property
    def _provisional(self) -> Flags:
        days = (self.last - self.first).days + 1
        return np.fromiter(
            (self.calendar.is_provisional(self.first + timedelta(days=n)) for n in range(days)), np.bool_, days
        )

    @cached_property
    def _edges(self) -> tuple[Ints, Ints]:
        """Start and end of the day's segments, in seconds of the day."""
        seconds = [
            [edge.hour * 3600 + edge.minute * 60 + edge.second for edge in pair] for pair in self.calendar.segments
        ]
        starts, ends = np.array(seconds, dtype=np.int64).T
        return starts, ends

    @cached_property
    def _day_length(self) -> int:
        starts, ends = self._edges
        return int((ends - starts).sum())

    @property
    def closing(self) -> int:
        """Closing time in seconds of the day."""
        return int(self._edges[1][-1])

    def is_workday(self, days: Ints) -> Flags:
        """Which days are worked."""
        return np.asarray(self._works[days - self._start])

    def is_provisional(self, days: Ints) -> Flags:
        """Which days lie in years whose official schedule is not published."""
        return np.asarray(self._provisional[days - self._start])

    def add_workdays(self, days: Ints, count: Ints | int) -> Ints:
        """The `count`-th working day after (negative: before) each day, which itself never counts."""
        counts = np.broadcast_to(np.asarray(count, dtype=np.int64), days.shape)
        after = np.searchsorted(self._workdays, days, side="right") + counts - 1
        before = np.searchsorted(self._workdays, days, side="left") + counts
        at = np.where(counts > 0, after, before)
        if at.size and (at.min() < 0 or at.max() >= len(self._workdays)):
            raise IndexError("counting leaves the laid-out days")
        return np.where(counts == 0, days, self._workdays[at])

    def roll(self, days: Ints, roll: Roll) -> Ints:
        """The days themselves, or the working day after or before where they are not worked."""
        if roll == "none":
            return days
        if roll == "next_workday":
            return self._workdays[np.searchsorted(self._workdays, days, side="left")]
        return self._workdays[np.searchsorted(self._workdays, days, side="right") - 1]

    def count_workdays(self, after: Ints, until: Ints) -> Ints:
        """Working days later than `after`, up to and with `until`."""
        upper = np.searchsorted(self._workdays, until, side="right")
        lower = np.searchsorted(self._workdays, after, side="right")
        return np.asarray(np.maximum(upper - lower, 0), dtype=np.int64)

    def worked(self, moments: Ints) -> Ints:
        """Working seconds from the first laid-out day to each moment."""
        days, seconds = moments // DAY, moments % DAY
        full = np.searchsorted(self._workdays, days, side="left").astype(np.int64) * self._day_length
        starts, ends = self._edges
        today = np.zeros_like(moments)
        for start, end in zip(starts, ends, strict=True):
            today += np.clip(seconds - start, 0, end - start)
        return np.asarray(full + np.where(self.is_workday(days), today, 0))

    def business_seconds(self, since: Ints, until: Ints) -> Ints:
        """Working seconds between moments; zero where reversed."""
        return np.asarray(np.maximum(self.worked(until) - self.worked(since), 0))

    def add_business(self, moments: Ints, seconds: Ints | int) -> Ints:
        """The moment when so many working seconds have passed; used up at a segment's end, due at that end."""
        amount = np.broadcast_to(np.asarray(seconds, dtype=np.int64), moments.shape)
        target = self.worked(moments) + amount
        at = -(-target // self._day_length) - 1  # the working day in whose course, or at whose end, it is reached
        within = target - at * self._day_length
        starts, ends = self._edges
        passed = np.concatenate(([0], np.cumsum(ends - starts)))
        segment = np.clip(np.searchsorted(passed, within, side="left") - 1, 0, len(starts) - 1)
        clock = starts[segment] + within - passed[segment]
        return np.asarray(np.where(amount <= 0, moments, self._workdays[np.maximum(at, 0)] * DAY + clock))
