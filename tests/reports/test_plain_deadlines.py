"""The vectorised evaluator and the row-by-row loop of the benchmark agree."""

from __future__ import annotations

import pytest

from benchmarks.plain_deadlines import plain_delivery, plain_filing, plain_lost
from benchmarks.reports import AS_OF, company, frames_for
from reports.deadlines import evaluate
from tests.reports.rule_samples import CALENDAR, everything, rules

ROWS = company(300)
LISTED = everything(
    evaluate({rule: rules()[rule] for rule in ("D05", "D25", "D35")}, frames_for(ROWS), AS_OF, CALENDAR)
)


@pytest.mark.parametrize(("rule", "plain"), [("D05", plain_filing), ("D25", plain_delivery)], ids=["D05", "D25"])
def test_rules_of_one_row_agree(rule: str, plain: object) -> None:
    mine = LISTED[LISTED["rule"] == rule]
    expected = plain(ROWS, AS_OF)  # type: ignore[operator]
    assert dict(zip(mine["record_id"], mine["status"], strict=True)) == expected
    assert len(set(expected.values())) >= 3


def test_the_rule_that_looks_at_the_next_sale_agrees() -> None:
    mine = LISTED[LISTED["rule"] == "D35"]
    customers = {row["record_id"]: row["customer_id"] for row in ROWS["customer_info"]}
    found = {
        (customers[record], paid_on): status
        for record, paid_on, status in zip(mine["record_id"], mine["occurrence"], mine["status"], strict=True)
    }
    expected = plain_lost(ROWS, AS_OF)
    assert found == expected
    assert {"met", "met_late", "overdue"} <= set(expected.values())
