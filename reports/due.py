"""Due moments of whole columns of starts, by the clock of a `Due` (domain rules: Civil Code Arts. 200-203)."""

from __future__ import annotations

import numpy as np

from reports.clocks import DAY, MISSING, Clocks, Flags, Ints, add_months, period_first, period_index
from schemas.deadline_rules import SECONDS, Due, Span
from schemas.periods import PeriodKind

END_OF_DAY = DAY - 1
LONGEST_WARNING = 4 * 3600
"""Before times in hours, in seconds."""


def due_moments(due: Due, starts: Ints, amounts: Ints, clocks: Clocks) -> Ints:
    """The due moment of each start (none missing). MISSING where a week has no working day to fall due on.

    amounts: in the due's own unit, one a start.
    """
    if due.clock == "cal":
        return np.asarray(starts + amounts * SECONDS[due.unit])
    if due.clock == "biz":
        return clocks.add_business(starts, amounts * SECONDS[due.unit])
    days = _due_days(due, starts // DAY, amounts, clocks)
    skipped = days == MISSING
    days = clocks.roll(np.where(skipped, starts // DAY, days), due.roll if due.weekday is None else "none")
    return np.where(skipped, MISSING, days * DAY + _day_end(due, clocks))


def amounts_of(due: Due, rows: int) -> Ints:
    """The due's own amount for each row."""
    return np.full(rows, due.amount, dtype=np.int64)


def _due_days(due: Due, days: Ints, amounts: Ints, clocks: Clocks) -> Ints:
    match due.clock:
        case "wday":
            return clocks.add_workdays(days, amounts)
        case "cday":
            return np.asarray(days + amounts)
        case "month":
            return add_months(days, amounts * (12 if due.unit == "year" else 1))
        case _:
            return _period_days(due, days, clocks)


def _period_days(due: Due, days: Ints, clocks: Clocks) -> Ints:
    kind: PeriodKind = due.unit  # type: ignore[assignment]  # the model allows the clock only periods
    index = period_index(days, kind) + due.offset
    picked = _picked(due, index, kind, clocks)
    if due.not_before_start:
        picked = np.where(picked < days, _picked(due, index + 1, kind, clocks), picked)
    return picked


def _picked(due: Due, index: Ints, kind: PeriodKind, clocks: Clocks) -> Ints:
    first, last = period_first(index, kind), period_first(index + 1, kind) - 1
    if due.day is not None:
        month_end = period_first(period_index(first, "month") + 1, "month") - 1
        return np.asarray(np.minimum(first + due.day - 1, month_end))
    if due.workday is not None:
        return clocks.add_workdays(first - 1, due.workday)
    if due.weekday is not None:
        day = clocks.roll(first + due.weekday - 1, due.roll)
        idle = clocks.roll(last, "prev_workday") < first
        return np.where((day < first) | (day > last) | idle, MISSING, day)
    return np.asarray(last)


def _day_end(due: Due, clocks: Clocks) -> int:
    if due.time is not None:
        hours, minutes = due.time.split(":")
        return int(hours) * 3600 + int(minutes) * 60
    return clocks.closing if due.day_end == "close_of_business" else END_OF_DAY


def with_pauses(due: Due, starts: Ints, amounts: Ints, dues: Ints, pause: tuple[Ints, Ints], clocks: Clocks) -> Ints:
    """Due moments put off by a finished pause that began before the due moment; clocks in hours only.

    The pause is added to the working time left, not to the wall clock (a pause may end on another day).
    """
    since, until = np.maximum(pause[0], starts), pause[1]
    counts = (pause[0] != MISSING) & (until != MISSING) & (until > since) & (since < dues)
    if due.counts_days or not counts.any():
        return dues
    since, until = np.where(counts, since, starts), np.where(counts, until, starts)
    if due.clock == "cal":
        return np.asarray(dues + (until - since))
    return clocks.add_business(starts, amounts * SECONDS[due.unit] + clocks.business_seconds(since, until))


def warning_seconds(due: Due, warn: Span | None) -> int:
    """How long before the due moment the owner is warned: a third of a time in hours but at most four hours, a day
    for days, two days for periods, a week for months; or what the rule says."""
    if warn is not None:
        return warn.seconds
    if not due.counts_days:
        return min(due.amount * SECONDS[due.unit] // 3, LONGEST_WARNING)
    return {"period": 2, "month": 7}.get(due.clock, 1) * DAY


def is_provisional(due: Due, dues: Ints, clocks: Clocks) -> Flags:
    """Where the due moment rests on a schedule that is not published yet."""
    rests = due.clock in {"wday", "biz"} or due.roll != "none" or due.workday is not None
    days = np.where(dues == MISSING, 0, dues // DAY)
    known = dues != MISSING
    result = np.zeros(len(dues), dtype=np.bool_)
    if rests and known.any():
        result[known] = clocks.is_provisional(days[known])
    return result
