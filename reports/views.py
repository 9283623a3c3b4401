"""The register of views, and a frame set that builds them when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from reports import facts, occasions, receivables, staff_duties
from reports.columns import Columns, Vocabulary
from reports.frames import Frames, FrameSet

Build = Callable[[Frames, date], pd.DataFrame | None]


@dataclass(frozen=True)
class View:
    """A derived table. template: whose records its rows stand for. reads: the tables it is computed from.

    daily: whether the day plays a part, so that it is made anew each day.
    """

    template: str
    reads: Sequence[str]
    build: Build
    daily: bool = False


SALES = ("deal", "order_register", "sales_order")
PROGRESS = (
    "need_confirmation", "solution_feedback", "solution_review", "contract", "sales_order", "deal", "order_register",
    "visit_record", "customer_grading",
)  # fmt: skip
VISITS = ("visit_record", "visit_application", "customer_info", "staff")

VIEWS: dict[str, View] = {
    "sale": View("deal", ("deal",), facts.sale),
    "business": View("customer_info", SALES, facts.business),
    "progress_event": View("customer_info", PROGRESS, facts.progress_event),
    "visit": View("visit_record", VISITS, facts.visit),
    "field_day": View("staff", VISITS, facts.field_day),
    "company": View("company", (), facts.company),
    "branch": View("branch", ("demand_intent", "branch_stock_policy"), facts.branch),
    "anniversary": View("customer_dossier", ("customer_dossier",), occasions.anniversary, daily=True),
    "festival_day": View("customer_info", ("customer_info",), occasions.festival_day, daily=True),
    "grade_a": View("customer_info", ("customer_info", *PROGRESS), occasions.grade_a, daily=True),
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
    "annual_plan": View("visit_plan", ("visit_plan",), occasions.annual_plan),
    "area_deal": View("deal", ("deal", "customer_info"), occasions.area_deal),
    "decision_maker_talk": View("contact_log", ("contact_log", "visit_record"), occasions.decision_maker_talk),
    "spoken_contact": View("contact_log", ("contact_log", "visit_record"), occasions.spoken_contact),
    "talk": View("contact_log", ("contact_log",), occasions.talk),
    "order_exception": View("order_progress", ("order_progress",), occasions.order_exception),
    "sale_day": View("customer_info", ("deal",), occasions.sale_day),
    "paid_month": View("company", ("deal",), occasions.paid_month, daily=True),
    "suggestion_made": View("company", ("suggestion",), occasions.suggestion_made),
    "area_visit": View("visit_record", VISITS, occasions.area_visit),
}


@dataclass
class Tables:
    """Frames and views by name, on one day. Views are built once, and kept over from `before` when nothing they read
    has changed (the frames are the same objects)."""

    frames: Frames
    day: date
    before: Tables | None = None
    contracts_bind: bool = True
    """Whether a contract's promised times replace the pack's (rule D79)."""
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    _columns: dict[str, Columns] = field(default_factory=dict)
    _joined: dict[tuple[str, ...], tuple[Columns, Columns, Columns]] = field(default_factory=dict)
    _built: dict[str, pd.DataFrame | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.before is not None:
            self.vocabulary = self.before.vocabulary

    def get(self, name: str) -> pd.DataFrame | None:
        """The table or view; None when it does not exist."""
        if name not in VIEWS:
            return self.frames.get(name)
        if name not in self._built:
            kept = self._unchanged(name)
            self._built[name] = (
                self.before._built[name] if kept and self.before else VIEWS[name].build(self.frames, self.day)
            )
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
        grown = self.frames.grown.get(name) if isinstance(self.frames, FrameSet) else None
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

    def _unchanged(self, name: str) -> bool:
        view, before = VIEWS[name], self.before
        if before is None or name not in before._built or (view.daily and before.day != self.day):
            return False
        return all(before.frames.get(table) is self.frames.get(table) for table in view.reads)


GIVEN = {"attainment_streak": "staff", "kpi_rated": "kpi_rating"}
"""Frames handed in by a report, with the template whose records their rows stand for."""


def template_of(name: str) -> str:
    """The template whose records the rows of a table or view stand for."""
    if name in GIVEN:
        return GIVEN[name]
    return VIEWS[name].template if name in VIEWS else name.split(".", 1)[0]
