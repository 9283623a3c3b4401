"""The register of views, and a frame set that builds them when they are asked for.

What was built for the frames before is kept where it still holds: a view whose tables are the very same frames, a view
that came out equal, and of views made row by row everything but the rows of records written since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from reports import facts, occasions, receivables, staff_duties
from reports.columns import Columns, Vocabulary
from reports.frames import Frames, FrameSet, Grown

Build = Callable[[Frames, date], pd.DataFrame | None]


@dataclass(frozen=True)
class View:
    """A derived table. template: whose records its rows stand for. reads: the tables and views it is computed from.

    daily: whether the day plays a part, so that it is made anew each day. by_row: so many of the tables first read give
    their rows one by one, each made of that row and of the other tables alone; the view's index says of which row
    (`facts.by_origin`).
    """

    template: str
    reads: Sequence[str]
    build: Build
    daily: bool = False
    by_row: int = 0


SALES = ("deal", "order_register", "sales_order")
STEPS = ("need_confirmation", "solution_feedback", "contract", "sales_order", "deal", "order_register")
VISITS = ("visit_record", "visit_application", "customer_info", "staff")

VIEWS: dict[str, View] = {
    "sale": View("deal", ("deal",), facts.sale, by_row=1),
    "business": View("customer_info", SALES, facts.business, by_row=3),
    "progress_step": View("customer_info", (*STEPS, "solution_review"), facts.progress_step, by_row=6),
    "progress_event": View(
        "customer_info", ("progress_step", "visit_record", "customer_grading"), facts.progress_event
    ),
    "visit": View("visit_record", VISITS, facts.visit, by_row=1),
    "field_day": View("staff", ("visit", "staff"), facts.field_day),
    "company": View("company", (), facts.company),
    "branch": View("branch", ("demand_intent", "branch_stock_policy"), facts.branch),
    "anniversary": View("customer_dossier", ("customer_dossier",), occasions.anniversary, daily=True),
    "festival_day": View("customer_info", ("customer_info",), occasions.festival_day, daily=True),
    "grade_a": View(
        "customer_info", ("customer_info", "customer_grading", "progress_event"), occasions.grade_a, daily=True
    ),
    "idle_part_timer": View("staff", ("staff", "deal", "part_time_leave"), occasions.idle_part_timer, daily=True),
    "shipped_receivable": View(
        "order_register", ("order_register", "deal", receivables.TERMS), receivables.shipped_receivable
    ),
    "accepted_receivable": View(
        "acceptance",
        ("acceptance", "sales_order", "order_register", "deal", receivables.TERMS),
        receivables.accepted_receivable,
    ),
    "visit_target": View(
        "customer_info",
        ("visit_frequency", "visit_frequency.lines", "customer_info", "staff"),
        staff_duties.visit_target,
    ),
    "staff_term": View("staff", ("staff", "staff.states"), staff_duties.staff_term),
    "weekly_contact": View("contact_log", ("contact_log", "customer_info"), staff_duties.weekly_contact),
    "annual_plan": View("visit_plan", ("visit_plan",), occasions.annual_plan, by_row=1),
    "area_deal": View("deal", ("deal", "customer_info"), occasions.area_deal, by_row=1),
    "decision_maker_talk": View(
        "contact_log", ("contact_log", "visit_record"), occasions.decision_maker_talk, by_row=2
    ),
    "spoken_contact": View("contact_log", ("contact_log", "visit_record"), occasions.spoken_contact, by_row=2),
    "talk": View("contact_log", ("contact_log",), occasions.talk, by_row=1),
    "order_exception": View("order_progress", ("order_progress",), occasions.order_exception),
    "sale_day": View("customer_info", ("sale",), occasions.sale_day),
    "paid_month": View("company", ("sale",), occasions.paid_month, daily=True),
    "suggestion_made": View("company", ("suggestion",), occasions.suggestion_made),
    "area_visit": View("visit_record", ("visit",), occasions.area_visit, by_row=1),
}


@dataclass
class Tables:
    """Frames and views by name, on one day. What was made for the tables `before` is kept over where it still holds."""

    frames: Frames
    day: date
    before: Tables | None = None
    contracts_bind: bool = True
    """Whether a contract's promised times replace the pack's (rule D79)."""
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    _columns: dict[str, Columns] = field(default_factory=dict)
    _joined: dict[tuple[str, ...], tuple[Columns, Columns, Columns]] = field(default_factory=dict)
    _built: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    _grown: dict[str, Grown] = field(default_factory=dict)
    """How tables and views grew from those before."""

    def __post_init__(self) -> None:
        if self.before is not None:
            self.vocabulary = self.before.vocabulary
        if isinstance(self.frames, FrameSet):
            self._grown |= self.frames.grown

    def get(self, name: str) -> pd.DataFrame | None:
        """The table or view; None when it does not exist."""
        if name not in VIEWS:
            return self.frames.get(name)
        if name not in self._built:
            self._built[name] = self._view(name)
        return self._built[name]

    def columns(self, name: str) -> Columns | None:
        """The table's or view's columns as arrays; those of an unchanged frame are kept over."""
        frame = self.get(name)
        if frame is None:
            return None
        if name not in self._columns:
            self._columns[name] = self._columns_of(name, frame)
        return self._columns[name]

    def _columns_of(self, name: str, frame: pd.DataFrame) -> Columns:
        """The columns as they were, grown by some rows, or new."""
        known = self.before._columns.get(name) if self.before else None
        if known is not None and known.frame is frame:
            return known
        grown = self._grown.get(name)
        if known is not None and grown is not None and known.frame is grown.before:
            return known.grown(frame, grown.kept)
        return Columns(frame, self.vocabulary)

    def joined(self, name: tuple[str, ...], left: Columns, right: Columns) -> Columns | None:
        """What `join` kept under the name for these very columns, here or on the tables before."""
        for tables in filter(None, (self, self.before)):
            known = tables._joined.get(name)
            if known is not None and known[0] is left and known[1] is right:
                self._joined[name] = known
                return known[2]
        return None

    def join(self, name: tuple[str, ...], left: Columns, right: Columns, made: Columns) -> Columns:
        """Keeps columns made from two others."""
        self._joined[name] = (left, right, made)
        return made

    def _view(self, name: str) -> pd.DataFrame | None:
        view, known = VIEWS[name], self._had(name)
        read = {table: frame for table in view.reads if (frame := self.get(table)) is not None}
        changed = [table for table in view.reads if self._had(table) is not read.get(table)]
        if known is not None and not (view.daily and self.before and self.before.day != self.day):
            if not changed:
                return known
            if set(changed) <= set(view.reads[: view.by_row]) and all(map(self._has_grown, changed)):
                return self._regrown(name, known, read, changed)
        made = view.build(read, self.day)
        return known if known is not None and made is not None and made.equals(known) else made

    def _had(self, name: str) -> pd.DataFrame | None:
        """The table or view as it was before."""
        if self.before is None:
            return None
        return self.before._built.get(name) if name in VIEWS else self.before.frames.get(name)

    def _has_grown(self, table: str) -> bool:
        grown = self._grown.get(table)
        return grown is not None and grown.before is self._had(table)

    def _regrown(
        self, name: str, known: pd.DataFrame, read: dict[str, pd.DataFrame], changed: Sequence[str]
    ) -> pd.DataFrame:
        """A view made row by row: as known, without the rows of replaced records, with those of records written since.

        The very frame that was known when there is no difference.
        """
        view, origin = VIEWS[name], known.index.to_numpy(dtype=np.int64)
        since = dict(read)
        for number, table in enumerate(view.reads[: view.by_row]):
            if table in changed:
                grown = self._grown[table]
                origin = facts.moved(origin, number, grown)
                since[table] = read[table].iloc[len(grown.kept) :]
            elif table in read:
                since[table] = read[table].iloc[:0]
        kept = np.flatnonzero(origin >= 0)
        fresh = view.build(since, self.day)
        same = known if np.array_equal(origin, known.index) else known.iloc[kept].set_axis(origin[kept])
        self._grown[name] = Grown(known, kept)
        return pd.concat([same, fresh]) if fresh is not None and len(fresh) else same


GIVEN = {"attainment_streak": "staff", "kpi_rated": "kpi_rating"}
"""Frames handed in by a report, with the template whose records their rows stand for."""


def template_of(name: str) -> str:
    """The template whose records the rows of a table or view stand for."""
    if name in GIVEN:
        return GIVEN[name]
    return VIEWS[name].template if name in VIEWS else name.split(".", 1)[0]
