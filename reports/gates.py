"""Gates: checks that stop an action until a rule is kept (D04, D29, D30, D37, D61, D66). No clock, no store.

A gate is asked about the values about to be saved, as canonical texts, and may read other records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Protocol

from schemas.calendar import WorkingCalendar
from schemas.deadline_rules import Rule
from schemas.finding import FieldRef, Finding, Param

APPROVED = "通过"
Values = Mapping[str, str]


class Reader(Protocol):
    """Other live records."""

    def record(self, template: str, key: str) -> Values | None:
        """The record others refer to by this key; None when there is none."""
        ...

    def find(self, template: str, field: str, value: str) -> tuple[Values, ...]:
        """The records whose field holds the value, with their `status` and `submitted_at`."""
        ...


@dataclass(frozen=True)
class Asked:
    """What is about to be saved, when, and what a gate may look at. `now` is wall-clock time of the company's zone."""

    template: str
    values: Values
    now: datetime
    read: Reader
    calendar: WorkingCalendar
    rule: Rule


Check = Callable[[Asked], tuple[Finding, ...]]


def three_reviews_before_presenting(asked: Asked) -> tuple[Finding, ...]:
    """D04: a solution is presented only after legal, commerce and engineering approved it."""
    if asked.template != "solution_feedback" or not asked.values.get("presented_at"):
        return ()
    review = asked.read.record("solution_review", asked.values.get("solution_no", "")) or {}
    lacking = [each for each in ("legal_ok", "commerce_ok", "tech_ok") if not review.get(each, "").startswith(APPROVED)]
    if not lacking:
        return ()
    return (_stop("E230", "presented_at", solution=asked.values.get("solution_no", "")),)


def visit_summary_before_claim(asked: Asked) -> tuple[Finding, ...]:
    """D29: the expenses of a visit without a closing summary are not claimed."""
    if asked.template != "expense_claim" or claim_problem(asked.values, asked.read) not in ("no_visit", "no_summary"):
        return ()
    return (_stop("E231", "visit_id", visit=asked.values.get("visit_id", "")),)


def reception_report_before_claim(asked: Asked) -> tuple[Finding, ...]:
    """D30: the expenses of a reception without an approved report are not claimed."""
    if asked.template != "expense_claim" or claim_problem(asked.values, asked.read) not in (
        "no_reception",
        "no_report",
    ):
        return ()
    return (_stop("E232", "reception_id", reception=asked.values.get("reception_id", "")),)


def claim_problem(claim: Values, read: Reader) -> str:
    """Why a claim may not be reimbursed: no_visit, no_summary, no_reception or no_report; "" when it may."""
    if claim.get("link_kind") == "拜访":
        visit = read.record("visit_record", claim.get("visit_id", ""))
        if visit is None:
            return "no_visit"
        return "" if visit.get("summary", "").strip() else "no_summary"
    if claim.get("link_kind") == "接待":
        request = claim.get("reception_id", "")
        if not request:
            return "no_reception"
        reports = read.find("reception_report", "request_id", request)
        return "" if any(report.get("status", "有效") == "有效" for report in reports) else "no_report"
    return ""


def leave_applied_beforehand(asked: Asked) -> tuple[Finding, ...]:
    """D37: a part-timer's leave begins in a later month than it is applied for."""
    if asked.template != "part_time_leave":
        return ()
    applied = asked.values.get("applied_on", "") or asked.now.date().isoformat()
    if asked.values.get("from_month", "") > applied[:7]:
        return ()
    return (_stop("E233", "from_month", month=asked.values.get("from_month", "")),)


def fund_limit(asked: Asked) -> tuple[Finding, ...]:
    """D61: an order that takes the funds of its product beyond their limit needs approval; at the limit is allowed.

    The limit is the latest month's up to the present one.
    """
    if asked.template != "order_register" or not asked.values.get("amount"):
        return ()
    known = asked.read.find("branch_stock_policy", "sku", asked.values.get("sku", ""))
    policies = sorted((each for each in known if _month(each) <= f"{asked.now:%Y-%m}"), key=_month)
    if not policies or not policies[-1].get("fund_limit"):
        return ()
    needed = Decimal(policies[-1].get("occupied") or "0") + Decimal(asked.values["amount"])
    limit = Decimal(policies[-1]["fund_limit"])
    return (_stop("E234", "amount", needed=needed, limit=limit),) if needed > limit else ()


def _month(policy: Values) -> str:
    return policy.get("month", "")


def visit_applied_in_time(asked: Asked) -> tuple[Finding, ...]:
    """D66: a visit is applied for working days ahead; a late application names the urgency. One that was handed in in
    time stays so when it is changed later, unless the visit moves."""
    visit_at = asked.values.get("visit_at", "")
    if asked.template != "visit_application" or not visit_at or asked.rule.due is None:
        return ()
    last = asked.calendar.add_workdays(datetime.fromisoformat(visit_at).date(), asked.rule.due.amount)
    limit = datetime.combine(last, time(23, 59, 59))
    if asked.now.replace(tzinfo=None) <= limit or asked.values.get("urgent_reason", "").strip():
        return ()
    return () if _was_applied_for(asked, limit) else (_stop("E235", "urgent_reason", last=last),)


def _was_applied_for(asked: Asked, limit: datetime) -> bool:
    """Whether this visit was applied for by then."""
    same = ("applicant_id", "customer_id", "visit_at")
    return any(
        all(known.get(name) == asked.values.get(name) for name in same)
        and "" < known.get("submitted_at", "") <= f"{limit:%Y-%m-%d %H:%M:%S}"
        for known in asked.read.find("visit_application", "visit_at", asked.values["visit_at"])
    )


GATES: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        three_reviews_before_presenting,
        visit_summary_before_claim,
        reception_report_before_claim,
        leave_applied_beforehand,
        fund_limit,
        visit_applied_in_time,
    )
}


def find_gate_problems(rules: Mapping[str, Rule], asked: Callable[[Rule], Asked]) -> tuple[Finding, ...]:
    """What every enabled gate of the rules has against the action."""
    gates = ((GATES[rule.gate], rule) for rule in rules.values() if rule.enabled and rule.gate)
    return tuple(finding for check, rule in gates for finding in check(asked(rule)))


def _stop(code: str, field: str, **params: Param) -> Finding:
    return Finding(code, FieldRef(field), {"field": field, **params})
