"""Rules name columns that exist."""

from __future__ import annotations

from datetime import date

import pytest

from reports.rule_lint import find_rule_problems
from schemas.deadline_rules import Rule
from tests.reports.rule_samples import rules, templates

TODAY = date(2026, 11, 21)
GOOD = {
    "label": {"zh": "甲", "en": "A"}, "cite": {"document": "d", "clause": "c", "zh": "z", "en": "e"}, "severity": "M",
    "who": ["sales_rep"], "due": {"clock": "wday", "unit": "day", "amount": 1},
}  # fmt: skip


def watched(
    table: str = "contract", start: str = "signed_on", at: str = "archived_on", match: object = None
) -> dict[str, object]:
    """A watch of one table; with `match` its evidence is a deal."""
    evidence = {"table": "deal", "match": match} if match else {"at": [at]}
    return {"table": table, "start": [start], "met": [evidence]}


def test_the_shipped_rules_name_columns_that_exist() -> None:
    assert find_rule_problems(rules(), templates(), TODAY) == ()


@pytest.mark.parametrize(
    ("watch", "table", "column", "near"),
    [
        (watched(start="signed_in"), "contract", "signed_in", "signed_on"),
        (watched(at="archived"), "contract", "archived", "archived_on"),
        (watched(match={"customer": "customer_id"}), "deal", "customer", "customer_id"),
        (watched(table="sale_day", start="paid", at="paid_on"), "sale_day", "paid", "paid_on"),
    ],
    ids=["start", "evidence", "another form", "view"],
)
def test_a_column_that_does_not_exist_is_named_with_the_nearest(
    watch: dict[str, object], table: str, column: str, near: str
) -> None:
    (finding,) = find_rule_problems({"D90": Rule.model_validate({**GOOD, "watch": [watch]})}, templates(), TODAY)
    assert finding.code == "E107"
    assert (finding.params["table"], finding.params["column"], finding.params["did_you_mean"]) == (table, column, near)


def test_a_rule_of_a_form_that_is_not_there_yet_is_no_problem() -> None:
    watch = {"table": "form_to_come", "start": ["any_day"], "met": [{"at": ["done_on"]}]}
    assert find_rule_problems({"D90": Rule.model_validate({**GOOD, "watch": [watch]})}, templates(), TODAY) == ()
