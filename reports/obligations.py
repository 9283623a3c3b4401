"""Obligations of one watch: which rows owe something, when it falls due, and what met it.

All arrays of `Obligations` are parallel, one element an obligation. Nothing here depends on the moment of evaluation
except which periods and daily views are looked at; statuses are `reports.deadlines`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property

import numpy as np

from reports.clocks import DAY, MISSING, Clocks, Flags, Ints, add_months, day_number, day_of, period_first, period_index
from reports.columns import UNMET, Columns
from reports.conditions import holds
from reports.due import LONGEST_WARNING, amounts_of, due_moments, is_provisional, warning_seconds, with_pauses
from reports.lookups import looked_up, lookups_computed_with
from reports.promises import promised
from reports.views import Tables
from schemas.deadline_rules import Active, Due, Every, Evidence, Rule, Watch
from schemas.periods import PeriodKind, period_of
from schemas.template import Condition

EARLIEST, LATEST = day_number(date(1990, 1, 1)) * DAY, day_number(date(2100, 1, 1)) * DAY
"""Moments outside are typing errors: obligations counted from them are not measurable."""
FOREVER = UNMET - 1
ClocksFor = Callable[[Ints], Clocks]
"""The working calendar laid out far enough around these moments."""


@dataclass(frozen=True)
class Counted:
    """Due moments and how they were counted; arrays are parallel.

    way: which of `ways` counted it. counts_days: lateness is counted in days, else in seconds. warn: seconds before
    the due moment. promised: the customer's contract names the time.
    """

    due: Ints
    way: Ints
    ways: tuple[Due, ...]
    counts_days: Flags
    warn: Ints
    provisional: Flags
    promised: Flags

    def take(self, kept: Flags) -> Counted:
        """Only these obligations."""
        return Counted(
            self.due[kept], self.way[kept], self.ways, self.counts_days[kept], self.warn[kept],
            self.provisional[kept], self.promised[kept],
        )  # fmt: skip


@dataclass(frozen=True)
class Obligations:
    """What one watch of a rule asks.

    rows: positions in the watched table. period: period index, -1 for none. start, due: MISSING where unknown.
    met_at: UNMET, or the moment, MISSING for met at a moment nobody asks for. undated: happened, but when is not
    recorded. closed_at: when nothing more was left to do, UNMET while something is, MISSING at a moment nobody knows.
    measurable: whether a missing start only means that nothing is owed yet.
    """

    watch: Watch
    columns: Columns
    rows: Ints
    period: Ints
    start: Ints
    met_at: Ints
    undated: Flags
    closed_at: Ints
    measurable: Flags
    dropped_at: Ints
    paused: tuple[Ints, Ints]
    counted: Counted

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def due(self) -> Ints:
        """The due moments."""
        return self.counted.due

    @property
    def counts_on(self) -> Flags:
        """Whether time runs on from a start that has to happen first; a planned date, such as a delivery's, stands
        before it comes."""
        planned = [one.clock == "period" or (one.amount <= 0 and one.amount_from is None) for one in self.counted.ways]
        return ~np.array(planned, dtype=np.bool_)[self.counted.way] & (self.watch.every is None)

    def occurrence(self, at: int) -> str:
        """Which of its repetitions an obligation is; "" for none."""
        own = self._own_occurrence(int(self.rows[at]))
        if self.watch.every is None:
            return own
        return f"{period_name(int(self.period[at]), self.watch.every.unit)} {own}".strip()

    def _own_occurrence(self, row: int) -> str:
        name = self.watch.occurrence
        if self._occurs_on_days:
            return day_of(int(self.columns.seconds(name)[row]) // DAY).isoformat()
        return str(self.columns.texts(name)[row])

    @cached_property
    def _occurs_on_days(self) -> bool:
        name, frame = self.watch.occurrence, self.columns.frame
        return name in frame.columns and frame[name].dtype.kind == "M"


@cache
def period_name(index: int, kind: PeriodKind) -> str:
    """The name of a period by its index."""
    first = period_first(np.array([index], dtype=np.int64), kind)[0]
    return period_of(day_of(int(first)), kind).name


@dataclass(frozen=True)
class _Scope:
    """Rows of a watch on their way to obligations; arrays are parallel."""

    rule: Rule
    watch: Watch
    tables: Tables
    columns: Columns
    rows: Ints
    start: Ints
    period: Ints

    @property
    def default_due(self) -> Due:
        due = self.watch.due or self.rule.due
        assert due is not None, "the model refuses a watch without a due"
        return due

    def take(self, kept: Flags) -> _Scope:
        return replace(self, rows=self.rows[kept], start=self.start[kept], period=self.period[kept])


def obligations(rule: Rule, watch: Watch, tables: Tables, clocks_for: ClocksFor) -> Obligations | None:
    """The watch's obligations on the tables' day; None when its table does not exist."""
    columns = looked_up(tables, watch.table, lookups_computed_with(watch))
    if columns is None:
        return None
    rows = np.flatnonzero(_where(watch, columns, tables.day)).astype(np.int64)
    start = columns.first(watch.start)[rows] if watch.start else np.full(len(rows), MISSING, dtype=np.int64)
    start = np.where(_is_mistyped(start), MISSING, start)
    scope = _Scope(rule, watch, tables, columns, rows, start, np.full(len(rows), -1, dtype=np.int64))
    if watch.once_per:
        asked = (watch.once_per, watch.start, watch.where and watch.where.model_dump_json(), tables.day)
        scope = scope.take(columns.remember(asked, lambda: _is_first(scope, columns.keys(watch.once_per)[rows])))
    if watch.every is not None:
        scope = _repeated(scope, watch.every)
    if watch.active is not None:
        scope = _active(scope, watch.active)
    return _measured(scope, clocks_for)


def _is_mistyped(moments: Ints) -> Flags:
    return np.asarray((moments != MISSING) & ((moments < EARLIEST) | (moments > LATEST)))


def _where(watch: Watch, columns: Columns, today: date) -> Flags:
    return holds(watch.where, columns.frame, today)


def _is_first(scope: _Scope, keys: Ints) -> Flags:
    """Which rows start first among those with their key: of several the lowest record number; rows without a key each
    count, and a row whose start is unknown only where the key has no other."""
    starts = np.where(scope.start == MISSING, UNMET, scope.start)
    order = np.lexsort((starts, keys))
    heads = np.diff(keys[order], prepend=-2) != 0
    leads = order[heads][np.cumsum(heads) - 1]
    ties = ~heads & (starts[order] == starts[leads]) & (keys[order] >= 0)
    records = scope.columns.texts("record_id")[scope.rows]
    first = {int(keys[at]): int(at) for at in leads[ties]}
    for at in order[ties]:
        first[int(keys[at])] = min(first[int(keys[at])], int(at), key=records.__getitem__)
    found = keys == -1
    found[order[heads]] = True
    found[leads[ties]] = False
    found[list(first.values())] = True
    return np.asarray(found)


def _repeated(scope: _Scope, every: Every) -> _Scope:
    """One obligation a period: from the row's start, the last `keep` finished periods and the running one."""
    today = np.array([day_number(scope.tables.day)], dtype=np.int64)
    running = int(period_index(today, every.unit)[0])
    first = np.full(len(scope.rows), running - every.keep, dtype=np.int64)
    known = scope.start != MISSING
    begun = period_index(np.where(known, scope.start // DAY, 0), every.unit)
    if every.first == "whole":
        begun = begun + (period_first(begun, every.unit) < np.where(known, scope.start // DAY, 0))
    first = np.where(known, np.maximum(first, begun), first)
    last = np.full(len(scope.rows), running, dtype=np.int64)
    if scope.watch.end:
        ends = scope.columns.first(scope.watch.end)[scope.rows]
        ended = np.where(ends == MISSING, today[0], ends // DAY)
        last = np.minimum(last, period_index(ended, every.unit))
    if scope.watch.start:
        first = np.where(known, first, running + 1)  # an order that is not open yet owes nothing
    counts = np.maximum(last - first + 1, 0)
    at = np.repeat(np.arange(len(scope.rows)), counts)
    period = first[at] + np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    edge = period if every.counts_from == "first" else period + 1
    start = period_first(edge, every.unit) * DAY - (every.counts_from == "last")
    return replace(scope, rows=scope.rows[at], start=start, period=period)


def _active(scope: _Scope, active: Active) -> _Scope:
    """Only subjects with an event in the months up to the period's end, without periods up to the start."""
    events_of = scope.tables.columns(active.table)
    if events_of is None:
        return scope.take(np.zeros(len(scope.rows), dtype=np.bool_))
    events = events_of.events(tuple(active.match), (active.at,), None, (), scope.tables.day)
    codes = scope.columns.keys(tuple(active.match.values()))[scope.rows]
    every = scope.watch.every
    end = scope.start // DAY + 1 if every is None else period_first(scope.period + 1, every.unit)
    end = np.minimum(end, day_number(scope.tables.day) + 1)
    low = add_months(end, -active.months) * DAY
    return scope.take(events.first(codes, low, end * DAY - 1) != UNMET)


def _measured(scope: _Scope, clocks_for: ClocksFor) -> Obligations:
    """Due moments and evidence. Left out: weeks without a day to fall due on, what begins on a rest day where only
    working days count, and what ended before it fell due."""
    clocks = clocks_for(scope.start)
    counted = _dues(scope, clocks)
    known = scope.start != MISSING
    kept = (counted.due != MISSING) | ~known
    if scope.watch.workdays:
        kept[known] &= clocks.is_workday(scope.start[known] // DAY)
    if scope.watch.end:
        ends = scope.columns.first(scope.watch.end)[scope.rows]
        kept &= (ends == MISSING) | (ends > counted.due)
    scope, counted = scope.take(kept), counted.take(kept)
    met_at, undated = _evidence(scope, counted.due)
    watch, rows = scope.watch, scope.rows
    dropped = scope.columns.first(watch.dropped)[rows] if watch.dropped else np.full(len(rows), MISSING, dtype=np.int64)
    return Obligations(
        watch, scope.columns, rows, scope.period, scope.start, met_at, undated, _closed(scope, counted.due),
        _measurable(scope), dropped, _pause(scope), counted,
    )  # fmt: skip


def _measurable(scope: _Scope) -> Flags:
    """Where a missing start means that nothing is owed yet: neither lost nor mistyped nor unreadable."""
    watch = scope.watch
    lost = scope.columns.unread(watch.start)
    if watch.start:
        lost |= _is_mistyped(scope.columns.first(watch.start))
    if watch.unmeasurable_if is not None:
        lost |= holds(watch.unmeasurable_if, scope.columns.frame, scope.tables.day)
    return np.asarray(~lost[scope.rows])


def _pause(scope: _Scope) -> tuple[Ints, Ints]:
    if scope.watch.pause is None:
        none = np.full(len(scope.rows), MISSING, dtype=np.int64)
        return none, none
    since, until = scope.watch.pause
    return scope.columns.seconds(since)[scope.rows], scope.columns.seconds(until)[scope.rows]


def _dues(scope: _Scope, clocks: Clocks) -> Counted:
    """Counts each obligation by the first way whose condition holds, else by the rule's own."""
    size = len(scope.rows)
    ways = (*(case.due for case in scope.watch.due_if), scope.default_due)
    way = np.full(size, len(ways) - 1, dtype=np.int64)
    for at, case in reversed(list(enumerate(scope.watch.due_if))):
        fits = holds(case.when, scope.columns.frame, scope.tables.day)
        way[fits[scope.rows]] = at
    due = np.full(size, MISSING, dtype=np.int64)
    provisional, bound = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for at, one in enumerate(ways):
        chosen = (way == at) & (scope.start != MISSING)
        if chosen.any():
            due[chosen], bound[chosen] = _counted(scope.take(chosen), one, clocks)
            provisional[chosen] = is_provisional(one, due[chosen], clocks)
    warn = np.array([warning_seconds(one, scope.rule.warn) for one in ways], dtype=np.int64)
    warn = warn[way]
    if scope.rule.warn is None:
        warn = np.where(bound, np.minimum((due - scope.start) // 3, LONGEST_WARNING), warn)
    days = np.array([one.counts_days for one in ways], dtype=np.bool_)
    return Counted(due, way, ways, days[way], warn, provisional, bound)


def _counted(scope: _Scope, due: Due, clocks: Clocks) -> tuple[Ints, Flags]:
    """Due moments by one way of counting, put off by pauses; and where the customer's contract decided instead."""
    amounts = amounts_of(due, len(scope.rows))
    if due.amount_from is not None:
        amounts = scope.columns.numbers(due.amount_from, due.amount)[scope.rows]
    pause = _pause(scope)
    dues = with_pauses(due, scope.start, amounts, due_moments(due, scope.start, amounts, clocks), pause, clocks)
    if scope.watch.promise is None or not scope.tables.contracts_bind:
        return dues, np.zeros(len(dues), dtype=np.bool_)
    customers = scope.columns.texts("customer_id")[scope.rows]
    seconds, working = promised(scope.tables.frames, scope.watch.promise, customers, scope.start)
    for office, clock in ((False, Due(clock="cal", unit="minute")), (True, Due(clock="biz", unit="minute"))):
        bound = (seconds > 0) & (working == office)
        if bound.any():
            minutes, start = seconds[bound] // 60, scope.start[bound]
            own = due_moments(clock, start, minutes, clocks)
            dues[bound] = with_pauses(clock, start, minutes, own, (pause[0][bound], pause[1][bound]), clocks)
    return dues, seconds > 0


def _evidence(scope: _Scope, due: Ints) -> tuple[Ints, Flags]:
    """When each obligation was met, UNMET where it was not, and where evidence has no moment."""
    size = len(scope.rows)
    if scope.rule.lapses:
        return due.copy(), np.zeros(size, dtype=np.bool_)
    met_at, undated = _earliest(scope, scope.watch.met, due)
    if scope.watch.met_all:
        pieces = [_piece(scope, piece, due) for piece in scope.watch.met_all]
        together = np.maximum.reduce([moment for moment, _ in pieces])
        met_at = np.minimum(met_at, together)
        undated |= np.logical_and.reduce([(moment != UNMET) | unknown for moment, unknown in pieces])
    return met_at, undated & (met_at == UNMET)


def _earliest(scope: _Scope, pieces: Sequence[Evidence], due: Ints) -> tuple[Ints, Flags]:
    """The first of several pieces of evidence, and where one of them has no moment."""
    met_at, undated = np.full(len(scope.rows), UNMET, dtype=np.int64), np.zeros(len(scope.rows), dtype=np.bool_)
    for piece in pieces:
        moment, unknown = _piece(scope, piece, due)
        met_at, undated = np.minimum(met_at, moment), undated | unknown
    return met_at, undated


def _closed(scope: _Scope, due: Ints) -> Ints:
    if scope.watch.closed is None:
        return np.full(len(scope.rows), MISSING, dtype=np.int64)
    moment, undated = _earliest(scope, scope.watch.closed.by, due)
    return np.where(undated, MISSING, moment)


def _piece(scope: _Scope, piece: Evidence, due: Ints) -> tuple[Ints, Flags]:
    if piece.table is None:
        return _own(scope, piece)
    other = scope.tables.columns(piece.table)
    nothing = np.full(len(scope.rows), UNMET, dtype=np.int64), np.zeros(len(scope.rows), dtype=np.bool_)
    if other is None:
        return nothing
    events = other.events(tuple(piece.match), piece.at, piece.where, piece.filled, scope.tables.day)
    codes = _keys_here(scope, tuple(piece.match.values()))
    low, high = _stretch(scope, piece, due)
    count = scope.columns.numbers(piece.count, 1)[scope.rows] if isinstance(piece.count, str) else piece.count
    met_at = events.first(codes, low, high, count)
    if not piece.at:
        met_at = np.where(met_at == UNMET, UNMET, MISSING)
    undated = np.zeros(len(codes), dtype=np.bool_)
    if _is_written_by_portal(piece.at, other):
        undated = events.has_undated(codes)
    elif piece.undated_if is not None:
        shown = piece.undated_if if piece.where is None else Condition(all=(piece.where, piece.undated_if))
        undated = other.events(tuple(piece.match), piece.at, shown, piece.filled, scope.tables.day).has_undated(codes)
    return met_at, undated


def _own(scope: _Scope, piece: Evidence) -> tuple[Ints, Flags]:
    """Evidence in the watched row itself."""
    here = np.ones(len(scope.columns), dtype=np.bool_)
    if piece.filled:
        here &= scope.columns.filled(piece.filled)
    if piece.where is not None:
        here &= holds(piece.where, scope.columns.frame, scope.tables.day)
    here = here[scope.rows]
    if not piece.at:
        return np.where(here, MISSING, UNMET), np.zeros(len(here), dtype=np.bool_)
    moment = scope.columns.latest(piece.at)[scope.rows]
    known = here & (moment != MISSING)
    return np.where(known, moment, UNMET), here & ~known & _happened(scope, piece)[scope.rows]


def _happened(scope: _Scope, piece: Evidence) -> Flags:
    """Rows in which what the evidence dates was done, dated or not: all where the portal writes the moment, else those
    that show it or whose moment cannot be read."""
    if _is_written_by_portal(piece.at, scope.columns):
        return np.ones(len(scope.columns), dtype=np.bool_)
    unread = scope.columns.unread(piece.at)
    if piece.undated_if is None:
        return unread
    return unread | holds(piece.undated_if, scope.columns.frame, scope.tables.day)


def _is_written_by_portal(names: Sequence[str], columns: Columns) -> bool:
    """Whether the portal writes these moments itself (system times, decisions): missing, something was done outside."""
    decided = {f"{name}_at" for name in columns.frame.columns if f"{name}_by" in columns.frame.columns}
    return any(name in {"created_at", "submitted_at", "approved_at"} or name in decided for name in names)


def _keys_here(scope: _Scope, names: tuple[str, ...]) -> Ints:
    """The obligations' keys; @period and @next_period stand for the name of the period."""
    if not any(name.startswith("@") for name in names):
        return scope.columns.keys(names)[scope.rows]
    parts = [
        _period_keys(scope, {"@period": 0, "@next_period": 1}[name])
        if name.startswith("@")
        else scope.columns.keys((name,))[scope.rows]
        for name in names
    ]
    return scope.columns.vocabulary.of_pairs(parts)


def _period_keys(scope: _Scope, shift: int) -> Ints:
    every = scope.watch.every
    if every is None:
        raise ValueError("@period needs a rule that repeats every period")
    distinct, places = np.unique(scope.period + shift, return_inverse=True)
    codes = scope.columns.vocabulary.codes([period_name(int(index), every.unit) for index in distinct])
    return np.asarray(codes[places])


def _stretch(scope: _Scope, piece: Evidence, due: Ints) -> tuple[Ints, Ints]:
    """From when to when an event counts."""
    low = np.full(len(scope.rows), MISSING + 1, dtype=np.int64)
    high = np.full(len(scope.rows), FOREVER, dtype=np.int64)
    every = scope.watch.every
    if piece.in_period and every is not None:
        low = period_first(scope.period, every.unit) * DAY
        high = period_first(scope.period + 1, every.unit) * DAY - 1
    if piece.after is not None:
        after = scope.columns.seconds(piece.after)[scope.rows]
        low = np.where(after == MISSING, FOREVER, np.maximum(low, after + 1))
    if piece.since is not None:
        since = scope.columns.seconds(piece.since)[scope.rows]
        low = np.maximum(low, since - since % DAY)
    if piece.near_due is not None:
        low = np.where(due == MISSING, low, np.maximum(low, due - due % DAY - piece.near_due.seconds))
    if piece.late_by is not None:
        high = np.where(due == MISSING, high, np.minimum(high, due + piece.late_by.seconds))
    return low, high
