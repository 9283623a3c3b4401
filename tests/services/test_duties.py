"""What a person owes today: out of the list of deadlines, his own or everybody's, and never waited for."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from reports.statement import Citation, Statement, StatementLine
from schemas.record import Actor
from schemas.template import Label
from services.app import App
from services.duties import Duties, duties_of
from services.reports import Question
from services.setup import SetupAnswers
from sheets_adapter.contract import StoreError

ZONE = ZoneInfo("Asia/Shanghai")
SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=ZONE)


def line(rule: str, due: str, status: str, table: str = "contract", owner: str = "S006") -> StatementLine:
    values = {
        "rule": rule, "label": Label(zh="合同归档", en="Contract filed"), "template": table, "record_id": rule.lower(),
        "due_at": datetime.fromisoformat(due).replace(tzinfo=ZONE), "status": status, "severity": "H",
        "owner_id": owner, "escalated_to": "S004", "informed": ["S003", "S004"],
    }  # fmt: skip
    cited = Citation("手册", "二(四)4", "签署后3个工作日内归档", "File within three days")
    return StatementLine(rule, values, (), cited)


def duties(*lines: StatementLine):
    return duties_of(Statement("deadlines", SATURDAY, "base", "h", {}, lines, {}, (), lambda one: ()), SATURDAY)


@pytest.mark.parametrize(
    ("due", "status", "when", "days"),
    [
        ("2026-11-18T23:59:59", "overdue", "late", 3),
        ("2026-11-21T09:00:00", "overdue", "late", 0),
        ("2026-11-21T23:59:59", "due_soon", "today", 0),
        ("2026-11-22T23:59:59", "pending", "week", -1),
    ],
    ids=["late", "late since this morning", "today", "on Sunday"],
)
def test_a_duty_is_late_or_due_today_or_due_by_sunday(due, status, when, days) -> None:
    (found,) = duties(line("D05", due, status))
    assert (found.when, found.days) == (when, days)


def test_what_is_met_or_falls_due_next_week_is_no_duty_of_this_one() -> None:
    assert duties(
        line("D05", "2026-11-18T23:59:59", "met"), line("D06", "2026-11-23T23:59:59", "pending"),
        line("D07", "2026-11-18T23:59:59", "waived"),
    ) == ()  # fmt: skip


def test_the_longest_overdue_comes_first() -> None:
    found = duties(line("D05", "2026-11-19T23:59:59", "overdue"), line("D06", "2026-11-10T23:59:59", "overdue"))
    assert [one.rule for one in found] == ["D06", "D05"]


def test_a_duty_names_the_rule_and_where_it_stands() -> None:
    (found,) = duties(line("D05", "2026-11-18T23:59:59", "overdue"))
    assert (found.why.zh, found.source) == ("签署后3个工作日内归档", "手册 二(四)4")


def test_a_view_of_the_rules_leads_to_the_record_behind_it() -> None:
    (found,) = duties(line("D24", "2026-11-18T23:59:59", "overdue", table="grade_a"))
    assert (found.template, found.record_id) == ("customer_info", "d24")


def test_people_see_their_own_and_what_was_escalated_to_them_and_managers_all(customer_forms, open_portal) -> None:
    app: App = open_portal()
    answers = SetupAnswers("明达科技", "孙丽", "admin", "春江花月夜八个字", sample_data=True)
    app.setup.run(answers, app.setup.code())

    def of(staff_id: str, role: str):
        found = app.duties.of(Actor("x", staff_id, "", frozenset({role})))
        assert found is not None
        return found

    assert app.duties.of(Actor("x", "S009", "", frozenset({"sales_rep"}))) is None
    app.duties.wait()
    assert {one.rule for one in of("S001", "admin")} >= {"D26"}
    assert {one.owner_id for one in of("S009", "sales_rep")} == {"S009"}
    assert of("S020", "finance") == ()
    assert "S009" in {one.owner_id for one in of("S004", "sales_supervisor")}


def test_a_list_that_cannot_be_worked_out_is_not_shown_as_nothing_to_do() -> None:
    def no_report(_: Question) -> Statement:
        raise StoreError("S001")

    duties = Duties(no_report, revision=lambda: 1, clock=lambda: SATURDAY)
    assert duties.of(Actor("x", "S001", "", frozenset({"admin"}))) is None
    duties.wait()
    assert duties.of(Actor("x", "S001", "", frozenset({"admin"}))) is None
    assert duties.has_failed
