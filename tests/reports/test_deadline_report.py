"""The list of deadlines (R08): who sees what, what a month lists, and what the totals and findings say."""

from __future__ import annotations

from datetime import date

import pytest

from reports.deadline_report import deadlines
from reports.registry import Request
from reports.statement import Statement, StatementLine
from tests.reports.books import pack
from tests.reports.rule_samples import CALENDAR, Row, frames

STAFF = [
    {"record_id": "p1", "staff_id": "S1", "manager_id": "S2"},
    {"record_id": "p2", "staff_id": "S2", "manager_id": "S3"},
    {"record_id": "p3", "staff_id": "S3"},
]
CUSTOMERS = [{"record_id": "c1", "customer_id": "C1", "owner_id": "S1"}]
SIGNED = {"record_id": "h1", "contract_no": "HT1", "customer_id": "C1", "signed_on": "2026-11-02"}
"""Due on Thursday 5 November."""
FILED = SIGNED | {"record_id": "h2", "contract_no": "HT2", "signed_on": "2026-10-12", "archived_on": "2026-10-15"}
FAILED = [
    {"record_id": "a1", "line_no": "1", "failed_at": "2026-10-09 10:00:00", "fix_started_at": "2026-10-09 11:00:00"}
]


def listed(as_of: date, month: str = "", person: str = "", **more: list[Row]) -> Statement:
    book = {"staff": STAFF, "customer_info": CUSTOMERS, "contract": [SIGNED, FILED], **more}
    return deadlines(Request(frames(book), pack("base"), as_of, CALENDAR, month, person))


def of_rule(statement: Statement, rule: str) -> list[StatementLine]:
    return [line for line in statement.lines if line.values["rule"] == rule]


def records(statement: Statement, rule: str) -> list[str]:
    return [str(line.values["record_id"]) for line in of_rule(statement, rule)]


@pytest.mark.parametrize(
    ("person", "friday", "saturday"),
    [("S1", ["h1", "h2"], ["h1", "h2"]), ("S2", ["h1"], ["h1"]), ("S3", [], ["h1"]), ("S9", [], [])],
    ids=["who owes", "his superior", "his superior's superior from a working day later", "a stranger"],
)
def test_a_person_sees_what_he_owes_and_whatever_reached_him(
    person: str, friday: list[str], saturday: list[str]
) -> None:
    assert records(listed(date(2026, 11, 6), person=person), "D05") == friday
    assert records(listed(date(2026, 11, 7), person=person), "D05") == saturday


def test_the_line_names_the_highest_and_everybody_it_reached() -> None:
    (line, _) = of_rule(listed(date(2026, 11, 7)), "D05")
    assert (line.values["escalated_to"], line.values["informed"]) == ("S3", ["S2", "S3"])


def test_the_totals_of_a_person_are_his_own() -> None:
    for person, counted in (("S1", {"overdue": 1, "met": 1}), ("S2", {"overdue": 1, "met": 0})):
        tally = listed(date(2026, 11, 6), person=person).totals["by_rule"]["D05"]
        assert {status: tally[status] for status in counted} == counted


def test_a_month_lists_what_is_open_even_when_its_promise_was_kept_earlier() -> None:
    """Rectification begun in October stays on November's list until the acceptance passes."""
    head = {"record_id": "a1", "order_no": "PO1"}
    november = listed(date(2026, 11, 20), "2026-11", acceptance=[head], **{"acceptance.lines": FAILED})
    (line,) = of_rule(november, "D11")
    assert (line.values["status"], line.values["unfinished"]) == ("met", True)
    assert [str(step.params["text"].en) for step in november.explain(line) if step.code == "deadline.until"] == [
        "the acceptance passes"
    ]
    assert records(november, "D05") == ["h1"]  # h2 was filed in October
    passed = head | {"result": "通过", "accepted_on": "2026-11-10"}
    assert (
        of_rule(listed(date(2026, 11, 20), "2026-11", acceptance=[passed], **{"acceptance.lines": FAILED}), "D11") == []
    )


def test_seen_from_before_it_was_signed_a_contract_has_not_begun_to_count() -> None:
    statement = listed(date(2026, 11, 1))
    line = next(line for line in of_rule(statement, "D05") if line.values["record_id"] == "h1")
    assert (line.values["status"], line.values["unfinished"]) == ("not_triggered", False)
    assert [step.code for step in statement.explain(line)] == ["deadline.rule", "deadline.not_begun"]


def test_what_is_left_to_do_stands_before_what_is_done() -> None:
    head = {"record_id": "a1", "order_no": "PO1"}
    statement = listed(date(2026, 11, 20), acceptance=[head], **{"acceptance.lines": FAILED})
    opened = [line.values["unfinished"] for line in statement.lines]
    assert opened == sorted(opened, reverse=True)


def test_a_waiver_without_a_reason_is_a_finding_and_does_not_count() -> None:
    ack = {"record_id": "k1", "rule_id": "D05", "template": "contract", "subject": "h1", "action": "豁免",
           "acked_at": "2026-11-06 09:00:00"}  # fmt: skip
    statement = listed(date(2026, 11, 7), rule_ack=[ack])
    (finding,) = [finding for finding in statement.findings if finding.code == "E212"]
    assert {name: finding.params[name] for name in ("template", "record_id", "field", "rule", "subject")} == {
        "template": "rule_ack", "record_id": "k1", "field": "reason", "rule": "D05", "subject": "h1",
    }  # fmt: skip
    assert of_rule(statement, "D05")[0].values["status"] == "overdue"
    waived = listed(date(2026, 11, 7), rule_ack=[ack | {"reason": "原件在途"}])
    assert {line.values["record_id"]: line.values["status"] for line in of_rule(waived, "D05")}["h1"] == "waived"
    assert "E212" not in {finding.code for finding in waived.findings}
