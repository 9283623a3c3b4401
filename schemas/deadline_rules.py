"""What a deadline rule may say (the `deadlines` section of a rule pack).

A rule watches rows of tables, or one occurrence a period; counts from a start with a clock to a due moment; and is met
by evidence: filled columns of the row itself or rows of other tables. A rule whose tables do not exist has nothing to
evaluate. Tables may also be views (`reports.facts`), such as `sale` or `progress_event`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Option
from pydantic import model_validator

from schemas.calendar import Roll
from schemas.contradiction import Contradiction
from schemas.periods import PeriodKind
from schemas.template import Cite, Condition, Label, Meta

Clock = Literal["cal", "biz", "wday", "cday", "month", "period"]
Unit = Literal["minute", "hour", "day", "week", "month", "quarter", "half", "year"]
Column = Annotated[str, Option(pattern=r"^@?[a-z][a-z0-9_]*$")]
TableName = Annotated[str, Option(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
Columns = tuple[Column, ...]

UNITS_OF_CLOCK: dict[Clock, frozenset[str]] = {
    "cal": frozenset({"minute", "hour"}),
    "biz": frozenset({"minute", "hour"}),
    "wday": frozenset({"day"}),
    "cday": frozenset({"day"}),
    "month": frozenset({"month", "year"}),
    "period": frozenset({"week", "month", "quarter", "half", "year"}),
}
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Due(Meta):
    """How to count from the start to the due moment.

    cal, biz: minutes or hours from the moment itself. wday, cday: days after the start's day (negative: before it).
    month: corresponding day. period: the end of the period the start lies in, `offset` periods later; `day` picks the
    N-th day of its first month, `workday` the N-th working day, `weekday` the day of a week (1 Monday).
    Day and longer clocks end at 23:59:59, at `time`, or at closing time. `roll` moves a last day that is not worked.
    """

    clock: Clock
    unit: Unit
    amount: int = 0
    amount_from: Column | None = None
    roll: Roll = "none"
    day_end: Literal["midnight", "close_of_business"] = "midnight"
    time: str | None = Option(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    offset: int = 0
    day: int | None = Option(default=None, ge=1, le=31)
    workday: int | None = Option(default=None, ge=1, le=23)
    weekday: int | None = Option(default=None, ge=1, le=7)
    not_before_start: bool = False
    """`day` only: a start after that day counts to the next period's."""

    @model_validator(mode="after")
    def _units_fit(self) -> Due:
        if self.unit not in UNITS_OF_CLOCK[self.clock]:
            allowed = ", ".join(sorted(UNITS_OF_CLOCK[self.clock]))
            raise Contradiction("clock_unit", clock=self.clock, allowed=allowed, unit=self.unit)
        picks = [name for name in ("day", "workday", "weekday") if getattr(self, name) is not None]
        if picks and self.clock != "period":
            raise Contradiction("period_only", name=picks[0])
        return self

    @property
    def counts_days(self) -> bool:
        """Whether lateness is counted in days; otherwise in seconds."""
        return self.clock not in {"cal", "biz"}


class DueIf(Meta):
    """Another due moment for the rows where `when` holds."""

    when: Condition
    due: Due


class Span(Meta):
    """A length of time before or after a moment."""

    amount: int = Option(ge=0)
    unit: Literal["minute", "hour", "day"]

    @property
    def seconds(self) -> int:
        """The length in seconds."""
        return self.amount * SECONDS[self.unit]


class Evidence(Meta):
    """What meets a rule.

    table: None is the watched row itself; otherwise rows of that table with `match` (column there → column here, or
        @period, @next_period). filled: columns that must not be empty. at: the moment, the latest of these columns;
        without it the evidence counts as in time. after: only moments later than this column here; since: not before
        it; in_period: within the occurrence's period; near_due: not earlier than so long before the due moment;
        late_by: not later than so long after it.
    count: how many such rows it takes, a number or a column here. undated_if: rows of the evidence that
        show it was done; where their moment is missing all the same, nobody can tell whether it was in time.
    """

    table: TableName | None = None
    match: dict[Column, Column] = Option(default_factory=dict)
    where: Condition | None = None
    filled: Columns = ()
    at: Columns = ()
    after: Column | None = None
    since: Column | None = None
    in_period: bool = False
    near_due: Span | None = None
    late_by: Span | None = None
    count: int | Column = 1
    undated_if: Condition | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> Evidence:
        if self.table is None and not (self.filled or self.at):
            raise Contradiction("evidence_here")
        if self.table is not None and not self.match:
            raise Contradiction("evidence_there")
        return self


class Lookup(Meta):
    """A column brought in from another table: the least, greatest or last value among the matching rows."""

    name: Column
    table: TableName
    match: dict[Column, Column] = Option(min_length=1)
    column: Column
    take: Literal["min", "max", "last"] = "last"
    where: Condition | None = None


class Active(Meta):
    """Only subjects with an event in the months up to the period's end, without periods up to the start."""

    table: TableName
    match: dict[Column, Column] = Option(min_length=1)
    at: Column
    months: int = Option(ge=1)


class Closing(Meta):
    """What ends the matter after the promise was kept (or broken): until then the obligation stays open."""

    until: Label
    by: tuple[Evidence, ...] = Option(min_length=1)


class Every(Meta):
    """One occurrence a period, from the start to the end of the watched row.

    keep: how many finished periods are evaluated beside the running one; older ones no longer are.
    first: the first period counted is the one the start lies in, or the first whole one.
    """

    unit: PeriodKind
    keep: int = Option(default=3, ge=0, le=60)
    first: Literal["containing", "whole"] = "containing"
    counts_from: Literal["first", "last"] = "first"
    """Whether the due moment is counted from the period's first day or from its last."""


class Watch(Meta):
    """Rows a rule watches. start: the first filled of these columns; end: when a repeated obligation stops;
    dropped: columns that, once filled, end the obligation unmet; once_per: of the rows with the same key only the one
    that starts first counts."""

    table: TableName
    where: Condition | None = None
    lookups: tuple[Lookup, ...] = ()
    start: Columns = ()
    end: Columns = ()
    dropped: Columns = ()
    once_per: Columns = ()
    unmeasurable_if: Condition | None = None
    """With an empty start: the row happened but its moment was not recorded."""
    owner: Columns = ()
    due: Due | None = None
    due_if: tuple[DueIf, ...] = ()
    active: Active | None = None
    occurrence: Column = "occurrence"
    """The column that tells several obligations of one record apart, beside the period."""
    met: tuple[Evidence, ...] = ()
    met_all: tuple[Evidence, ...] = ()
    closed: Closing | None = None
    every: Every | None = None
    workdays: bool = False
    """Only what starts on a working day is owed."""
    pause: tuple[Column, Column] | None = None
    promise: Literal["response", "onsite", "resolve"] | None = None
    """The customer's contract may promise another time than the pack (D79)."""

    @model_validator(mode="after")
    def _begins_somewhere(self) -> Watch:
        if not self.start and self.every is None:
            raise Contradiction("watch_begins")
        return self

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Everything that meets or closes its obligations."""
        return (*self.met, *self.met_all, *(self.closed.by if self.closed else ()))


class Rule(Meta):
    """One deadline or threshold rule. `modes` are alternative definitions by name; `mode` picks one."""

    label: Label
    cite: Cite
    severity: Literal["C", "H", "M", "L", "G"]
    who: tuple[str, ...] = Option(min_length=1)
    escalate: tuple[str, ...] = ("sales_supervisor", "sales_manager")
    kind: Literal["obligation", "gate", "alert", "reminder", "override"] = "obligation"
    enabled: bool = True
    due: Due | None = None
    warn: Span | None = None
    grace: Span | None = None
    """Overdue only after this long past the due moment that is shown (the window of D17-D19)."""
    watch: tuple[Watch, ...] = ()
    by_ack: bool = False
    """Its evidence is in no form: an acknowledgement 完成 meets it."""
    lapses: bool = False
    """A reminder of a date that passes by itself: met when it has come."""
    gate: str = ""
    mode: str = ""
    modes: dict[str, dict[str, Any]] = Option(default_factory=dict)
    option: Label | None = None
    """The reading of the document that was chosen, and the alternatives."""
    note: Label | None = None

    @model_validator(mode="before")
    @classmethod
    def _take_mode(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or not raw.get("mode"):
            return raw
        modes = raw.get("modes") or {}
        if not modes:
            raise Contradiction("rule_no_modes")
        if raw["mode"] not in modes:
            raise Contradiction("rule_mode", mode=str(raw["mode"]), modes=tuple(modes))
        return raw | modes[raw["mode"]]

    @model_validator(mode="after")
    def _is_complete(self) -> Rule:
        for watch in self.watch:
            if self.due is None and watch.due is None:
                raise Contradiction("rule_due")
            if not (watch.met or watch.met_all or self.by_ack or self.lapses or self.kind == "alert"):
                raise Contradiction("rule_met")
        if self.kind == "gate" and not self.gate:
            raise Contradiction("rule_gate")
        return self
