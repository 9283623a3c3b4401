"""The one evaluator of deadline rules: what is owed, since when, until when, and whether it was done.

A pure function of rules, frames, the moment and the calendar. `Memo` only saves work: what did not change since the
last evaluation (the same frame objects, the same day) is not computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from reports.clocks import DAY, MISSING, Clocks, Flags, Ints, day_number, day_of
from reports.columns import UNMET, Columns
from reports.frames import Frames
from reports.lookups import looked_up, lookups_computed_with
from reports.obligations import Obligations, obligations
from reports.views import VIEWS, Tables, template_of
from schemas.calendar import ScheduleMissing, WorkingCalendar
from schemas.deadline_rules import Due, Rule, Watch
from schemas.template import Label

Status = Literal[
    "overdue", "due_soon", "paused", "pending", "not_measurable", "met_late", "met", "waived", "not_triggered"
]
STATUSES: tuple[Status, ...] = (
    "overdue", "due_soon", "paused", "pending", "not_measurable", "met_late", "met", "waived", "not_triggered",
)  # fmt: skip
UNMET_STATUSES: tuple[Status, ...] = STATUSES[:5]
CODE: Mapping[Status, int] = {status: code for code, status in enumerate(STATUSES)}
WAIVED, DONE = "豁免", "完成"
"""Actions of an acknowledgement (table rule_ack)."""


def wall_seconds(moment: date | datetime) -> int:
    """A moment as wall-clock seconds; a date means its first second."""
    if isinstance(moment, datetime):
        return int((moment.replace(tzinfo=None, microsecond=0) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
    return day_number(moment) * DAY


@dataclass(frozen=True)
class Part:
    """The obligations of one watch of one rule, with what acknowledgements say. Arrays are parallel."""

    rule_id: str
    rule: Rule
    owed: Obligations
    waived_at: Ints

    @property
    def template(self) -> str:
        """The template whose records owe."""
        return template_of(self.owed.watch.table)


@dataclass
class Memo:
    """What the last evaluation computed. Give the same memo to each evaluation of the same rules and calendar."""

    tables: Tables | None = None
    clocks: Clocks | None = None
    parts: dict[tuple[str, int], tuple[tuple[object, ...], Part | None]] = field(default_factory=dict)
    streaks: tuple[tuple[object, ...], pd.DataFrame] | None = None
    """What `reports.deadline_report` recommended last, with the tables and the month it came from."""
    rated: tuple[object, pd.DataFrame] | None = None
    """The cards `reports.kpi.rated` found rated in full, with the ratings they came from."""


@dataclass(frozen=True)
class Evaluation:
    """Every obligation with its status at `as_of`. Arrays run over all parts, in the order of the parts."""

    parts: tuple[Part, ...]
    as_of: datetime | date
    tables: Tables
    clocks: Clocks
    status: Ints
    late_from: Ints
    """Due moment with its grace, after which an obligation counts as late; MISSING without one."""
    met_at: Ints
    """UNMET where not met until `as_of`; MISSING where met at a moment nobody asks for."""
    is_open: Flags
    """Something is left to do: the obligation itself, or what closes the matter after it was met."""

    @cached_property
    def offsets(self) -> Ints:
        """Where each part begins, and the end."""
        return np.cumsum([0, *(len(part.owed) for part in self.parts)])

    def counts(self) -> dict[str, dict[Status, int]]:
        """How many obligations each rule has, by status."""
        found: dict[str, dict[Status, int]] = {}
        for at, part in enumerate(self.parts):
            tally = np.bincount(self.status[self.offsets[at] : self.offsets[at + 1]], minlength=len(STATUSES))
            mine = found.setdefault(part.rule_id, dict.fromkeys(STATUSES, 0))
            for status in STATUSES:
                mine[status] += int(tally[CODE[status]])
        return found


def evaluate(
    rules: Mapping[str, Rule],
    frames: Frames,
    as_of: date | datetime,
    calendar: WorkingCalendar,
    memo: Memo | None = None,
) -> Evaluation:
    """Evaluates all enabled rules. A rule whose tables do not exist has nothing to evaluate.

    as_of: wall-clock time of the company's zone; a date means its 00:00. Raises ScheduleMissing only when the
    calendar says so and a due moment rests on an unpublished year.
    """
    memo = memo or Memo()
    day = as_of.date() if isinstance(as_of, datetime) else as_of
    binds = "D79" in rules and rules["D79"].enabled
    before = memo.tables
    if before is not None:
        before.before = None  # keep one generation only
    tables = Tables(frames, day, before, contracts_bind=binds)
    book = _ClockBook(calendar, day, memo)
    parts = [
        part
        for rule_id, rule in rules.items()
        if rule.enabled
        for at, watch in enumerate(rule.watch)
        if (part := _part(rule_id, rule, at, watch, tables, book, memo)) is not None
    ]
    memo.tables = tables
    guessed = [part.owed.due[part.owed.counted.provisional] for part in parts]
    if calendar.on_missing_year == "error" and any(map(len, guessed)):
        raise ScheduleMissing(day_of(int(np.concatenate(guessed).min()) // DAY).year)
    return _with_statuses(tuple(parts), as_of, tables, book.clocks)


@dataclass
class _ClockBook:
    """The calendar laid out as far as any rule has needed."""

    calendar: WorkingCalendar
    day: date
    memo: Memo

    @property
    def clocks(self) -> Clocks:
        return self.around(np.array([day_number(self.day) * DAY], dtype=np.int64))

    def around(self, moments: Ints) -> Clocks:
        known = moments[moments != MISSING]
        today = day_number(self.day)
        low = min(int(known.min()) // DAY, today) if known.size else today
        high = max(int(known.max()) // DAY, today) if known.size else today
        first, last = day_of(low).year - 1, day_of(high).year + 3
        clocks = self.memo.clocks
        if (
            clocks is None
            or clocks.calendar is not self.calendar
            or clocks.first.year > first
            or clocks.last.year < last
        ):
            kept = clocks if clocks is not None and clocks.calendar is self.calendar else None
            first, last = (min(first, kept.first.year), max(last, kept.last.year)) if kept else (first, last)
            self.memo.clocks = Clocks(self.calendar, date(first, 1, 1), date(last, 12, 31))
        assert self.memo.clocks is not None
        return self.memo.clocks


def tables_of(watch: Watch) -> tuple[str, ...]:
    """Every table and view a watch reads."""
    named = [
        watch.table,
        *(piece.table for piece in watch.evidence),
        *(at.table for at in lookups_computed_with(watch)),
    ]
    if watch.active is not None:
        named.append(watch.active.table)
    if watch.promise is not None:
        named.append("contract")
    return tuple(dict.fromkeys(name for name in named if name))


def _part(rule_id: str, rule: Rule, at: int, watch: Watch, tables: Tables, book: _ClockBook, memo: Memo) -> Part | None:
    reads = tables_of(watch)
    by_day = watch.every is not None or any(name in VIEWS and VIEWS[name].daily for name in reads)
    day = tables.day if by_day else None
    found = (rule, day, book.calendar, tables.contracts_bind, tables.get("rule_ack"), *map(tables.get, reads))
    known = memo.parts.get((rule_id, at))
    if known is not None and all(
        old is new or (isinstance(old, date) and old == new) for old, new in zip(known[0], found, strict=True)
    ):
        return known[1]
    owed = obligations(rule, watch, tables, book.around)
    part = None if owed is None else _acknowledged(rule_id, rule, owed, tables)
    memo.parts[rule_id, at] = (found, part)
    return part


def _acknowledged(rule_id: str, rule: Rule, owed: Obligations, tables: Tables) -> Part:
    """Takes up acknowledgements: a waiver with its reason ends an obligation; 完成 meets one whose evidence is in no
    form."""
    waived = np.full(len(owed), UNMET, dtype=np.int64)
    part = Part(rule_id, rule, owed, waived)
    acks = tables.columns("rule_ack")
    if acks is None:
        return part
    mine = np.flatnonzero(acks.texts("rule_id") == rule_id)
    mine = mine[np.isin(acks.texts("template")[mine], ["", part.template])]
    if not mine.size:
        return part
    reasons = acks.filled(("reason",))
    positions = _positions(owed, set(acks.texts("subject")[mine]))
    for row in mine:
        moment = acks.seconds("acked_at")[row]
        key = (acks.texts("subject")[row], acks.texts("occurrence")[row])
        for at in positions.get(key, ()):
            if acks.texts("action")[row] == WAIVED and reasons[row]:
                waived[at] = min(waived[at], moment)
            elif acks.texts("action")[row] == DONE and rule.by_ack:
                owed.met_at[at] = min(owed.met_at[at], moment)
    return part


def _positions(owed: Obligations, subjects: set[str]) -> dict[tuple[str, str], list[int]]:
    """(record, occurrence) → obligations, for these records. A line's record is `<record>#<line>`."""
    found: dict[tuple[str, str], list[int]] = {}
    records = owed.columns.texts("record_id")[owed.rows]
    numbers = owed.columns.numbers("line_no", 0)[owed.rows]
    for at in np.flatnonzero(np.isin(records, [subject.split("#")[0] for subject in subjects])):
        subject = f"{records[at]}#{numbers[at]}" if numbers[at] else str(records[at])
        found.setdefault((subject, owed.occurrence(int(at))), []).append(int(at))
    return found


def _with_statuses(parts: tuple[Part, ...], as_of: date | datetime, tables: Tables, clocks: Clocks) -> Evaluation:
    now = wall_seconds(as_of)
    results = [_statuses(part, now) for part in parts]
    nothing = np.array([], dtype=np.int64)
    status, late_from, met_at = (np.concatenate([nothing, *(result[at] for result in results)]) for at in range(3))
    closed_at = np.concatenate([nothing, *(part.owed.closed_at for part in parts)])
    is_open = np.isin(status, [CODE[one] for one in UNMET_STATUSES])
    is_open |= np.isin(status, [CODE["met"], CODE["met_late"]]) & (closed_at > now)
    return Evaluation(parts, as_of, tables, clocks, status, late_from, met_at, is_open)


def _statuses(part: Part, now: int) -> tuple[Ints, Ints, Ints]:
    """Status, the moment after which it is late, and when it was met, of each obligation."""
    owed = part.owed
    grace = part.rule.grace.seconds if part.rule.grace else 0
    known = owed.due != MISSING
    late_from = np.where(known, owed.due + grace, MISSING)
    met_at = np.where(owed.met_at > now, UNMET, owed.met_at)
    met = met_at != UNMET
    status = np.full(len(owed), CODE["pending"], dtype=np.int64)
    status[known & (now >= owed.due - owed.counted.warn)] = CODE["due_soon"]
    status[known & (now > late_from)] = CODE["overdue"]
    status[_is_paused(owed, now)] = CODE["paused"]
    status[owed.undated] = CODE["not_measurable"]
    status[met] = CODE["met"]
    status[met & known & (met_at > late_from)] = CODE["met_late"]
    status[~known & owed.measurable] = CODE["not_triggered"]
    status[~known & ~owed.measurable] = CODE["not_measurable"]
    status[owed.counts_on & (owed.start > now) & ~met] = CODE["not_triggered"]
    dropped = (owed.dropped_at != MISSING) & (owed.dropped_at <= now) & ~met
    status[dropped] = CODE["not_triggered"]
    status[(part.waived_at <= now) & ~met] = CODE["waived"]
    return status, late_from, met_at


def _is_paused(owed: Obligations, now: int) -> Flags:
    """Waiting for the customer now, since before it fell due."""
    since, until = owed.paused
    begun = (since != MISSING) & (since <= now) & (owed.due != MISSING) & (since <= owed.due)
    return np.asarray(begun & ((until == MISSING) | (until > now)))


def owners(part: Part, rows: Ints, tables: Tables) -> list[str]:
    """Staff id of who owes each of the rows: the watch's own columns, else who looks after the customer, else who
    wrote the record."""
    columns = looked_up(tables, part.owed.watch.table, part.owed.watch.lookups) or part.owed.columns
    customers = _mapping(tables.columns("customer_info"), "customer_id", "owner_id")
    found: list[str] = []
    for row in rows:
        named = next((str(text) for name in part.owed.watch.owner if (text := columns.texts(name)[row])), "")
        named = named or customers.get(str(columns.texts("customer_id")[row]), "")
        found.append(named or str(columns.texts("created_by")[row]).split(" ")[0])
    return found


def _mapping(columns: Columns | None, key: str, value: str) -> dict[str, str]:
    if columns is None:
        return {}
    pairs = zip(columns.texts(key), columns.texts(value), strict=True)
    return {str(left): str(right) for left, right in pairs if left}


@dataclass(frozen=True, slots=True)
class Listed:
    """One obligation as people see it. Moments are naive wall-clock times.

    record_id, line_no: whose; line_no 0 for a whole record. occurrence: which repetition, "" for none. late_calendar,
    late_working: in days or seconds as `late_unit` says, None unless overdue or met late. reached: staff ids, or a role
    where nobody is named, it was escalated to, the highest last. way: how the due moment was counted; promised: the
    customer's contract names it. is_open: something is left to do; until: what ends the matter where it goes on after
    the promise was kept.
    """

    rule: str
    template: str
    record_id: str
    line_no: int
    occurrence: str
    trigger_at: datetime | None
    due_at: datetime | None
    met_at: datetime | None
    status: Status
    late_calendar: int | None
    late_working: int | None
    late_unit: Literal["day", "second"]
    severity: str
    owner_id: str
    reached: tuple[str, ...]
    provisional: bool
    way: Due
    promised: bool
    is_open: bool
    until: Label | None

    @property
    def subject(self) -> str:
        """The record, and the line where it is one: what acknowledgements name."""
        return f"{self.record_id}#{self.line_no}" if self.line_no else self.record_id

    def is_to_come(self, as_of: date | datetime) -> bool:
        """Whether what sets it off lies ahead."""
        ahead = self.trigger_at is not None and wall_seconds(self.trigger_at) > wall_seconds(as_of)
        return ahead and self.status == "not_triggered"

    @property
    def escalated_to(self) -> str:
        """The highest it was escalated to; "" unless overdue."""
        return self.reached[-1] if self.reached else ""


def listing(evaluation: Evaluation, wanted: Flags) -> list[Listed]:
    """The wanted obligations, part by part."""
    found: list[Listed] = []
    for at, part in enumerate(evaluation.parts):
        begin, end = evaluation.offsets[at], evaluation.offsets[at + 1]
        chosen = np.flatnonzero(wanted[begin:end])
        if chosen.size:
            found += _listed(evaluation, part, chosen, int(begin))
    return found


def _listed(evaluation: Evaluation, part: Part, chosen: Ints, begin: int) -> Iterator[Listed]:
    owed, counted, places, closing = part.owed, part.owed.counted, begin + chosen, part.owed.watch.closed
    late, goes_on = _lateness(evaluation, part, chosen, places), _goes_on(evaluation, part, places)
    named = owners(part, owed.rows[chosen], evaluation.tables)
    superiors = _mapping(evaluation.tables.columns("staff"), "staff_id", "manager_id")
    numbers = owed.columns.numbers("line_no", 0) if "." in owed.watch.table else np.zeros(len(owed.columns), np.int64)
    records, customers = owed.columns.texts("record_id"), owed.columns.texts("customer_id")
    for n, at in enumerate(chosen):
        status, row = STATUSES[evaluation.status[places[n]]], owed.rows[at]
        is_late = status in {"overdue", "met_late"}
        yield Listed(
            part.rule_id, part.template, str(records[row] or customers[row]), int(numbers[row]),
            owed.occurrence(int(at)),
            moment_of(owed.start[at]), moment_of(owed.due[at]), moment_of(evaluation.met_at[places[n]]), status,
            late[n][0] if is_late else None, late[n][1] if is_late else None,
            "day" if counted.counts_days[at] else "second", part.rule.severity, named[n],
            _reached(part.rule.escalate, named[n], superiors, goes_on=goes_on[n]) if status == "overdue" else (),
            bool(counted.provisional[at]), counted.ways[counted.way[at]], bool(counted.promised[at]),
            bool(evaluation.is_open[places[n]]), closing.until if closing else None,
        )  # fmt: skip


def _lateness(evaluation: Evaluation, part: Part, chosen: Ints, places: Ints) -> list[tuple[int, int]]:
    """How late each is after the due moment that is shown, by the calendar and in working time: days where the rule
    counts days, else seconds."""
    now, due = wall_seconds(evaluation.as_of), part.owed.due[chosen]
    until = np.where(evaluation.met_at[places] == UNMET, now, evaluation.met_at[places])
    timed = (due != MISSING) & (until != MISSING)
    due, until = np.where(timed, due, now), np.where(timed, until, now)
    clocks = evaluation.clocks
    days = part.owed.counted.counts_days[chosen]
    calendar = np.where(days, until // DAY - due // DAY, until - due)
    working = np.where(days, clocks.count_workdays(due // DAY, until // DAY), clocks.business_seconds(due, until))
    return [(int(left), int(right)) for left, right in zip(calendar, working, strict=True)]


def _goes_on(evaluation: Evaluation, part: Part, places: Ints) -> Flags:
    """Which overdue obligations have gone past the superior: a working day later, critical rules' 15 minutes later."""
    now, limit = wall_seconds(evaluation.as_of), evaluation.late_from[places]
    if part.rule.severity == "C":
        return np.asarray(now > limit + 15 * 60)
    limit = np.where(evaluation.status[places] == CODE["overdue"], limit, now)
    return np.asarray(now > evaluation.clocks.add_workdays(limit // DAY, 1) * DAY + limit % DAY)


def _reached(roles: tuple[str, ...], owner: str, superiors: Mapping[str, str], *, goes_on: np.bool_) -> tuple[str, ...]:
    """Whom an overdue obligation has reached: the superior, then his. Staff ids, or the role where nobody is named."""
    superior = superiors.get(owner, "")
    if not goes_on:
        return (superior or roles[0],)
    if not superior:
        return roles
    return tuple(filter(None, (superior, superiors.get(superior, ""))))


def moment_of(seconds: int) -> datetime | None:
    """Wall-clock seconds as a datetime; None for MISSING and UNMET."""
    if seconds in (MISSING, UNMET):
        return None
    return datetime(1970, 1, 1) + timedelta(seconds=int(seconds))  # noqa: DTZ001
