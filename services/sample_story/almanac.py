"""Days and moments of the sample story, counted back from the moment of set-up along the working calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from schemas.calendar import WorkingCalendar
from schemas.periods import PeriodKind, add_months, period_of


@dataclass(frozen=True)
class Almanac:
    """The story's clock: `now` is the moment of set-up, in the company's zone. Nothing happens after it."""

    now: datetime
    calendar: WorkingCalendar

    @property
    def today(self) -> date:
        """The day of set-up."""
        return self.now.date()

    def ago(self, days: int) -> date:
        """The day so many days before set-up; after it when negative."""
        return self.today - timedelta(days=days)

    def workday(self, day: date) -> date:
        """The day itself when it is worked, else the last working day before it."""
        return self.calendar.roll(day, "prev_workday")

    def next_workday(self, day: date) -> date:
        """The day itself when it is worked, else the next working day."""
        return self.calendar.roll(day, "next_workday")

    def workday_from(self, day: date, earliest: date) -> date:
        """The last working day up to `day`, or the first from `earliest` on when that would be before it."""
        found = self.workday(day)
        return found if found >= earliest else self.next_workday(earliest)

    def after(self, day: date, workdays: int) -> date:
        """So many working days later; the day itself does not count."""
        return self.calendar.add_workdays(day, workdays)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A moment of that day."""
        return datetime.combine(day, time(hour, minute), self.now.tzinfo)

    def is_past(self, when: date | datetime) -> bool:
        """Whether it has happened by set-up; a day counts from its beginning."""
        return when <= self.now if isinstance(when, datetime) else when <= self.today

    def month(self, back: int) -> date:
        """First day of the month so many months before the month of set-up."""
        return add_months(self.today.replace(day=1), -back)

    def month_end(self, first: date) -> date:
        """The last working day of the month that begins on that day; every month has one."""
        return self.workday(add_months(first, 1) - timedelta(days=1))

    def periods(self, kind: PeriodKind, finished: int) -> list[tuple[str, date, date]]:
        """Name, first and last day of the running period and of so many before it, oldest first."""
        found = []
        day = self.today
        for _ in range(finished + 1):
            period = period_of(day, kind)
            found.append((period.name, period.first, period.last))
            day = period.first - timedelta(days=1)
        return found[::-1]

    def workdays_in(self, first: date, last: date) -> list[date]:
        """Working days of a period that are past or today."""
        last = min(last, self.today)
        days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
        return [day for day in days if self.calendar.is_workday(day)]


def text_of(when: date | datetime) -> str:
    """A day or moment as people type it."""
    return f"{when:%Y-%m-%d %H:%M}" if isinstance(when, datetime) else when.isoformat()
