"""Gates stop what a rule forbids, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from reports.gates import GATES, Asked, Values, find_gate_problems
from tests.reports.rule_samples import CALENDAR, rules


@dataclass
class Records:
    """Records by template, as literal rows; the key column is `key`."""

    rows: Mapping[str, list[dict[str, str]]] = field(default_factory=dict)

    def record(self, template: str, key: str) -> Values | None:
        return next((row for row in self.rows.get(template, ()) if row["key"] == key), None)

    def find(self, template: str, name: str, value: str) -> tuple[Values, ...]:
        return tuple(row for row in self.rows.get(template, ()) if row.get(name) == value)


def codes(template: str, values: dict[str, str], rows: Mapping[str, list[dict[str, str]]] | None = None) -> list[str]:
    now = datetime.fromisoformat("2026-10-12 10:00:00")
    found = find_gate_problems(rules(), lambda rule: Asked(template, values, now, Records(rows or {}), CALENDAR, rule))
    return [finding.code for finding in found]


SIGNED = "通过 · S1 张三 · 2026-10-10 10:00"


@pytest.mark.parametrize(
    ("verdicts", "stopped"),
    [((SIGNED, SIGNED, SIGNED), []), ((SIGNED, SIGNED, ""), ["E230"]), ((SIGNED, "退回 · S2", SIGNED), ["E230"])],
)
def test_d04_a_solution_is_presented_after_three_approvals(verdicts: tuple[str, str, str], stopped: list[str]) -> None:
    review = {"key": "F1", **dict(zip(("legal_ok", "commerce_ok", "tech_ok"), verdicts, strict=True))}
    presented = {"solution_no": "F1", "presented_at": "2026-10-12 09:00:00"}
    assert codes("solution_feedback", presented, {"solution_review": [review]}) == stopped


@pytest.mark.parametrize(
    ("claim", "stopped"),
    [
        ({"link_kind": "拜访", "visit_id": "v1"}, []),
        ({"link_kind": "拜访", "visit_id": "v2"}, ["E231"]),
        ({"link_kind": "拜访", "visit_id": "v9"}, ["E231"]),
        ({"link_kind": "接待", "reception_id": "q1"}, []),
        ({"link_kind": "接待", "reception_id": "q2"}, ["E232"]),
        ({"link_kind": "差旅"}, []),
    ],
)
def test_d29_d30_claims_need_their_summary_or_report(claim: dict[str, str], stopped: list[str]) -> None:
    rows = {
        "visit_record": [{"key": "v1", "summary": "谈成"}, {"key": "v2", "summary": " "}],
        "reception_report": [{"key": "p1", "request_id": "q1", "status": "有效"}],
    }
    assert codes("expense_claim", claim, rows) == stopped


@pytest.mark.parametrize(("from_month", "stopped"), [("2026-11", []), ("2026-10", ["E233"]), ("2026-09", ["E233"])])
def test_d37_leave_begins_in_a_later_month(from_month: str, stopped: list[str]) -> None:
    assert codes("part_time_leave", {"applied_on": "2026-10-12", "from_month": from_month}) == stopped


@pytest.mark.parametrize(("amount", "stopped"), [("400.00", []), ("400.01", ["E234"])])
def test_d61_at_the_limit_is_allowed(amount: str, stopped: list[str]) -> None:
    policies = [
        {"key": "1", "sku": "G1", "month": "2026-09", "fund_limit": "1.00", "occupied": "0.00"},
        {"key": "2", "sku": "G1", "month": "2026-10", "fund_limit": "1000.00", "occupied": "600.00"},
    ]
    assert codes("order_register", {"sku": "G1", "amount": amount}, {"branch_stock_policy": policies}) == stopped


def test_d61_next_months_limit_does_not_count_yet_and_without_a_limit_nothing_is_stopped() -> None:
    next_month = {"key": "3", "sku": "G1", "month": "2026-11", "fund_limit": "1.00", "occupied": "0.00"}
    order = {"sku": "G1", "amount": "400.00"}
    assert codes("order_register", order, {"branch_stock_policy": [next_month]}) == []
    present = next_month | {"key": "2", "month": "2026-10"}
    assert codes("order_register", order, {"branch_stock_policy": [present, next_month]}) == ["E234"]
    assert codes("order_register", order | {"sku": "G2"}, {"branch_stock_policy": [present]}) == []


@pytest.mark.parametrize(
    ("visit_at", "reason", "stopped"),
    [
        ("2026-10-15 09:00:00", "", []),
        ("2026-10-14 09:00:00", "", ["E235"]),
        ("2026-10-14 09:00:00", "客户临时来访", []),
    ],
)
def test_d66_three_working_days_ahead_or_a_reason(visit_at: str, reason: str, stopped: list[str]) -> None:
    assert codes("visit_application", {"visit_at": visit_at, "urgent_reason": reason}) == stopped


@pytest.mark.parametrize(
    ("submitted_at", "stopped"), [("2026-10-10 23:59:59", []), ("2026-10-11 00:00:00", ["E235"]), ("", ["E235"])]
)
def test_d66_an_application_of_saturday_10_october_stays_in_time_for_wednesday(
    submitted_at: str, stopped: list[str]
) -> None:
    """Three working days before Wednesday 14 October: Tuesday, Monday, and Saturday the 10th, which is worked."""
    visit = {"applicant_id": "S1", "customer_id": "C1", "visit_at": "2026-10-14 09:00:00"}
    known = {"visit_application": [visit | {"key": "1", "submitted_at": submitted_at}]}
    assert codes("visit_application", visit, known) == stopped
    assert codes("visit_application", visit | {"customer_id": "C2"}, known) == ["E235"]


def test_every_gate_a_rule_names_exists_and_stops_only_its_own_forms() -> None:
    assert {rule.gate for rule in rules().values() if rule.gate} == set(GATES)
    assert codes("contract", {"amount": "1.00"}) == []
