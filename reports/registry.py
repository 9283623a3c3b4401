"""The register of reports: every report by its name, what it is asked and what it answers.

A report is a pure function of a `Request`. Adding one is a line in `REPORTS` and its texts `report.<name>` in
forms/locales/<lang>/reports.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from reports.frames import Frames
from reports.statement import Statement
from schemas.calendar import WorkingCalendar
from schemas.rule_packs import Pack

if TYPE_CHECKING:
    from reports.deadlines import Memo


@dataclass(frozen=True)
class Request:
    """What a report is asked. as_of: wall-clock time of the company's zone; a date means its 00:00.

    month: "2026-10", "" for none. person: a staff id, "" for everybody. kept: what reports keep from one request to
    the next over the same rules, to save work; never needed for the answer.
    """

    frames: Frames
    pack: Pack
    as_of: date | datetime
    calendar: WorkingCalendar
    month: str = ""
    person: str = ""
    kept: dict[str, Memo] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The day asked about."""
        return self.as_of.date() if isinstance(self.as_of, datetime) else self.as_of


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One report. number: its number in the specification. build: "module:function" of Request → Statement.

    month: whether it speaks of one month, and which when none is given ("" none needed). reads: the tables whose
    problems concern it; empty for all.
    """

    number: str
    build: str
    month: Literal["", "this", "optional"] = ""
    reads: tuple[str, ...] = ()

    def function(self) -> Callable[[Request], Statement]:
        """The report's function, imported when first asked for."""
        module, name = self.build.split(":")
        found: Callable[[Request], Statement] = getattr(import_module(module), name)
        return found


COMMISSION_TABLES = (
    "deal", "product", "staff", "quota", "expense_claim", "award_notice", "false_sale_case", "settlement",
)  # fmt: skip

ORDERS = ("order_register", "customer_info", "product", "deal")
VISITS = ("visit_record", "visit_plan", "visit_frequency", "customer_info", "staff", "deal", "development_plan")

REPORTS: Mapping[str, ReportKind] = {
    "yearly_orders": ReportKind("R01", "reports.registers.orders:yearly_orders", "optional", ORDERS),
    "order_statistics": ReportKind("R02", "reports.registers.orders:order_statistics", "optional", ORDERS),
    "development": ReportKind("R03", "reports.registers.visits:development", "this", VISITS),
    "visit_completion": ReportKind("R04", "reports.registers.visits:visit_completion", "optional", VISITS),
    "key_customers": ReportKind("R05", "reports.registers.orders:key_customers", "", ORDERS),
    "regions": ReportKind("R06", "reports.registers.orders:regions", "", ORDERS),
    "monthly_rounds": ReportKind(
        "R12", "reports.registers.visits:monthly_rounds", "this", ("service_daily", "urgent_report", "staff")
    ),
    "lost_customers": ReportKind("R13", "reports.registers.customers:lost_customers", "", ("deal", "customer_info")),
    "suggestion_awards": ReportKind("R14", "reports.registers.people:suggestion_awards", "", ("suggestion", "staff")),
    "satisfaction": ReportKind(
        "R15",
        "reports.registers.customers:satisfaction",
        "",
        ("satisfaction_survey", "after_sales", "customer_info", "staff"),
    ),
    "part_timers": ReportKind("R16", "reports.registers.people:part_timers", "", ("staff", "deal", "part_time_leave")),
    "customer_figures": ReportKind("R17", "reports.registers.visits:customer_figures", "this", VISITS),
    "claims_held": ReportKind(
        "R18", "reports.registers.people:claims_held", "optional", ("expense_claim", "visit_record", "reception_report")
    ),
    "deadlines": ReportKind("R08", "reports.deadline_report:deadlines", "optional"),
    "grades": ReportKind("R07", "reports.grades.report:grades"),
    "commissions": ReportKind("R09", "reports.commissions.report:commissions", "this", COMMISSION_TABLES),
    "commission_lines": ReportKind("R09", "reports.commissions.report:commission_lines", "this", COMMISSION_TABLES),
    "settlements": ReportKind("R09", "reports.commissions.other_reports:settlements", "this", COMMISSION_TABLES),
    "false_sales": ReportKind("R09", "reports.commissions.other_reports:false_sales", "this", COMMISSION_TABLES),
    "champions": ReportKind("R10", "reports.award_reports:champions", "this", COMMISSION_TABLES),
    "awards": ReportKind("R10", "reports.award_reports:awards", "this", COMMISSION_TABLES),
    "kpi": ReportKind("R11", "reports.kpi.report:kpi", "this"),
    "recommendations": ReportKind("R19", "reports.recommendations:recommendations", "this", COMMISSION_TABLES),
}
