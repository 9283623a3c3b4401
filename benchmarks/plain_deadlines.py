"""Three deadline rules as anybody would first write them: a loop over the rows. The yardstick, and a second opinion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import chinese_calendar

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]
END = time(23, 59, 59)


def status(due: datetime, done: date | None, now: datetime, warn: timedelta) -> str:
    """The status of one obligation; what was done after `now` is not known yet."""
    if done is not None and datetime.combine(done, time()) <= now:
        return "met" if datetime.combine(done, time()) <= due else "met_late"
    if now > due:
        return "overdue"
    return "due_soon" if now >= due - warn else "pending"


def day_of(text: str) -> date | None:
    """An ISO date; None for ""."""
    return date.fromisoformat(text) if text else None


def plain_filing(tables: Tables, now: datetime) -> dict[str, str]:
    """D05, a contract filed three working days after signing: record → status."""
    found = {}
    for row in tables["contract"]:
        day, left = date.fromisoformat(row["signed_on"]), 3
        while left:
            day += timedelta(days=1)
            left -= chinese_calendar.is_workday(day)
        done = day_of(row.get("archived_on", ""))
        found[row["record_id"]] = status(datetime.combine(day, END), done, now, timedelta(days=1))
    return found


def plain_delivery(tables: Tables, now: datetime) -> dict[str, str]:
    """D25, an order delivered on its day: record → status."""
    return {
        row["record_id"]: status(
            datetime.combine(date.fromisoformat(row["delivery_on"]), END),
            day_of(row.get("delivered_on", "")),
            now,
            timedelta(days=3),
        )
        for row in tables["sales_order"]
    }


def plain_lost(tables: Tables, now: datetime) -> dict[tuple[str, str], str]:
    """D35, a customer who bought again within three months: (customer, day of the sale) → status."""
    days: dict[str, set[date]] = {}
    for row in tables["deal"]:
        if float(row["amount"]) > 0:
            days.setdefault(row["customer_id"], set()).add(date.fromisoformat(row["paid_on"]))
    found = {}
    for customer, paid in days.items():
        ordered = sorted(paid)
        for at, day in enumerate(ordered):
            again = ordered[at + 1] if at + 1 < len(ordered) else None
            due = datetime.combine(three_months_later(day), END)
            found[customer, day.isoformat()] = status(due, again, now, timedelta(days=14))
    return found


def three_months_later(day: date) -> date:
    """The corresponding day, or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + 3, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th day")
