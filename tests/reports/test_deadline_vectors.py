"""The vectors SL-01 to SL-32 and the portable pause vectors, on the official schedules of 2024 and 2026."""

from __future__ import annotations

from datetime import time

import pytest

from schemas.calendar import ScheduleMissing, WorkingCalendar
from tests.reports.rule_samples import CALENDAR, Row, due_texts, evaluated


def contract(signed_on: str, **more: str) -> dict[str, list[Row]]:
    return {"contract": [{"contract_no": "HT1", "customer_id": "C0001", "signed_on": signed_on, **more}]}


@pytest.mark.parametrize(
    ("signed_on", "due"),
    [
        pytest.param("2026-09-29", "2026-10-09", id="SL-01 across National Day"),
        pytest.param("2026-09-30", "2026-10-10", id="SL-02 on a make-up Saturday"),
        pytest.param("2026-02-13", "2026-02-25", id="SL-04 across Spring Festival"),
    ],
)
def test_d05_counts_working_days(signed_on: str, due: str) -> None:
    rows = evaluated("D05", "2026-01-01", contract(signed_on))
    assert due_texts(rows) == [due]
    assert list(rows["provisional"]) == [False]


def test_sl_05_d09_counts_the_make_up_sunday() -> None:
    rows = evaluated("D09", "2024-04-03", {"acceptance": [{"kind": "产品验收", "received_at": "2024-04-03 15:00:00"}]})
    assert due_texts(rows) == ["2024-04-09"]


@pytest.mark.parametrize(
    ("missing_year", "due"), [("statutory_projection", "2027-01-04"), ("weekend_only", "2027-01-01")]
)
def test_sl_07_an_unpublished_year_is_provisional(missing_year: str, due: str) -> None:
    calendar = WorkingCalendar(on_missing_year=missing_year)  # type: ignore[arg-type]
    rows = evaluated("D05", "2026-12-30", contract("2026-12-29"), calendar)
    assert due_texts(rows) == [due]
    assert list(rows["provisional"]) == [True]


def test_sl_07_an_unpublished_year_raises_only_when_so_configured() -> None:
    with pytest.raises(ScheduleMissing):
        evaluated("D05", "2026-12-30", contract("2026-12-29"), WorkingCalendar(on_missing_year="error"))
    due = due_texts(evaluated("D05", "2026-09-30", contract("2026-09-29"), WorkingCalendar(on_missing_year="error")))
    assert due == ["2026-10-09"]


def test_sl_08_d01_runs_through_the_holiday() -> None:
    rows = evaluated("D01", "2026-04-03", {"first_contact": [{"customer_id": "C1", "ended_at": "2026-04-03 17:00:00"}]})
    assert due_texts(rows) == ["2026-04-04 17:00"]


def test_sl_09_d03_runs_48_hours() -> None:
    rows = evaluated(
        "D03", "2026-09-30", {"solution_feedback": [{"need_revision": "是", "feedback_at": "2026-09-30 20:10:00"}]}
    )
    assert due_texts(rows) == ["2026-10-02 20:10"]


@pytest.mark.parametrize(
    ("issue_type", "reported_at", "due"),
    [
        pytest.param("故障", "2026-10-01 23:50:00", "2026-10-02 00:05", id="SL-10 failures around the clock"),
        pytest.param("咨询", "2026-09-30 17:45:00", "2026-09-30 18:00", id="SL-12 exactly at closing"),
        pytest.param("咨询", "2026-09-30 12:10:00", "2026-09-30 13:45", id="SL-13 in the lunch break"),
        pytest.param("咨询", "2026-09-30 11:50:00", "2026-09-30 13:35", id="SL-13 across the lunch break"),
        pytest.param("咨询", "2026-10-01 23:50:00", "2026-10-08 09:15", id="SL-14 National Day"),
        pytest.param("咨询", "2026-02-14 18:00:00", "2026-02-24 09:15", id="SL-14 Spring Festival"),
    ],
)
def test_d13_first_response(issue_type: str, reported_at: str, due: str) -> None:
    rows = evaluated("D13", "2026-01-01", {"after_sales": [{"issue_type": issue_type, "reported_at": reported_at}]})
    assert due_texts(rows) == [due]


@pytest.mark.parametrize(("roll", "due"), [("none", "2026-10-02"), ("next_workday", "2026-10-08")])
def test_sl_16_d16_rolls_only_where_the_pack_says_so(roll: str, due: str) -> None:
    rows = evaluated("D16", "2026-09-30", {"after_sales": [{"resolved_at": "2026-09-29 10:00:00"}]}, roll=roll)
    assert due_texts(rows) == [due]


@pytest.mark.parametrize(
    ("submitted_at", "status", "late"),
    [("2026-05-09 16:00:00", "met", None), ("2026-05-09 16:00:01", "met_late", 1)],
)
def test_sl_18_d67_is_met_to_the_second(submitted_at: str, status: str, late: int | None) -> None:
    visit = {"customer_id": "C1", "ended_at": "2026-05-08 16:00:00", "submitted_at": submitted_at}
    rows = evaluated("D67", "2026-05-11", {"visit_record": [visit]})
    assert due_texts(rows) == ["2026-05-09 16:00"]
    assert list(rows["status"]) == [status]
    assert (rows["late_calendar"][0] if late else None) == late
    assert list(rows["late_unit"]) == ["second"]


@pytest.mark.parametrize(
    ("accepted_on", "dues"),
    [
        ("2026-01-31", ["2026-02-28", "2026-04-30", "2026-07-31"]),
        ("2026-08-31", ["2026-09-30", "2026-11-30", "2027-02-28"]),
    ],
)
def test_sl_19_surveys_are_counted_from_the_original_day(accepted_on: str, dues: list[str]) -> None:
    tables = {"acceptance": [{"result": "通过", "accepted_on": accepted_on}]}
    assert [due_texts(evaluated(rule, "2026-01-31", tables))[0] for rule in ("D17", "D18", "D19")] == dues


@pytest.mark.parametrize(
    ("paid_on", "last_good", "lost_from"),
    [("2026-05-20", "2026-08-20", "2026-08-21"), ("2025-11-30", "2026-02-28", "2026-03-01")],
)
def test_sl_21_d35_a_customer_is_lost_the_day_after_three_months(paid_on: str, last_good: str, lost_from: str) -> None:
    tables = {"deal": [{"deal_no": "1", "customer_id": "C1", "paid_on": paid_on, "amount": "100.00", "kind": "销售"}]}
    assert list(evaluated("D35", last_good, tables)["status"]) == ["due_soon"]
    assert list(evaluated("D35", lost_from, tables)["status"]) == ["overdue"]


@pytest.mark.parametrize(
    ("leave", "let_go_on"),
    [([], "2026-05-01"), ([{"staff_id": "S9", "from_month": "2026-03", "months": "2"}], "2026-07-01")],
)
def test_sl_22_d36_three_idle_natural_months(leave: list[Row], let_go_on: str) -> None:
    tables: dict[str, list[Row]] = {
        "staff": [{"staff_id": "S9", "employment": "兼职", "staff_state": "正式", "joined_on": "2025-01-01"}],
        "deal": [{"deal_no": "1", "seller_id": "S9", "sold_on": "2026-01-20", "amount": "1.00", "kind": "销售"}],
        "part_time_leave": leave,
    }
    rows = evaluated("D36", let_go_on, tables)
    assert list(rows["status"]) == ["overdue"]
    assert list(rows["late_calendar"]) == [1]


def test_sl_22_d36_by_anniversary() -> None:
    tables: dict[str, list[Row]] = {
        "staff": [{"staff_id": "S9", "employment": "兼职", "staff_state": "正式", "joined_on": "2025-01-01"}],
        "deal": [{"deal_no": "1", "seller_id": "S9", "sold_on": "2026-01-20", "amount": "1.00", "kind": "销售"}],
    }
    rows = evaluated("D36", "2026-04-21", tables, clock="month", unit="month", amount=3, amount_from=None)
    assert list(rows["status"]) == ["overdue"]


@pytest.mark.parametrize(
    ("dropped_on", "opened_due", "decided_due"),
    [("2026-06-18", "2026-06-22", "2026-06-30"), ("2026-06-21", "2026-07-20", "2026-07-31")],
)
def test_sl_23_suggestions_are_opened_on_the_20th_and_decided_by_month_end(
    dropped_on: str, opened_due: str, decided_due: str
) -> None:
    suggestion = {"dropped_on": dropped_on, "opened_on": opened_due}
    assert due_texts(evaluated("D48", "2026-06-18", {"suggestion": [suggestion]})) == [opened_due]
    assert due_texts(evaluated("D49", "2026-06-18", {"suggestion": [suggestion]})) == [decided_due]


@pytest.mark.parametrize(
    ("friday", "week", "due"),
    [
        ("2026-10-02", "2026-W40", ["2026-09-30 18:00"]),
        ("2026-02-20", "2026-W08", []),
        ("2026-06-19", "2026-W25", ["2026-06-18 18:00"]),
        ("2026-05-01", "2026-W18", ["2026-04-30 18:00"]),
    ],
)
def test_sl_25_d59_falls_on_the_weeks_last_workday(friday: str, week: str, due: list[str]) -> None:
    tables = {"demand_intent": [{"branch": "上海", "kind": "周", "sent_at": "2025-01-02 10:00:00"}]}
    rows = evaluated("D59", friday, tables)
    assert due_texts(rows[rows["occurrence"] == week]) == due


@pytest.mark.parametrize(
    ("as_of", "due"), [("2026-10-05", "2026-10-30"), ("2026-05-05", "2026-05-29"), ("2026-02-05", "2026-02-28")]
)
def test_sl_27_d64_falls_on_the_months_last_workday(as_of: str, due: str) -> None:
    tables = {"staff": [{"staff_id": "S1", "role": "销售顾问", "staff_state": "正式", "joined_on": "2020-01-01"}]}
    assert due_texts(evaluated("D64", as_of, tables))[-1] == due


@pytest.mark.parametrize(("month", "due"), [("2026-01", "2026-02-14"), ("2026-10", "2026-11-13")])
def test_sl_28_d42_is_paid_before_a_rest_day(month: str, due: str) -> None:
    sale = {"deal_no": "1", "customer_id": "C1", "paid_on": f"{month}-05", "amount": "100.00", "kind": "销售"}
    rows = evaluated("D42", f"{month}-20", {"deal": [sale]})
    assert due_texts(rows[rows["occurrence"] == month]) == [due]


@pytest.mark.parametrize(
    ("delivered_on", "as_of", "status", "late"),
    [("", "2024-04-11", "overdue", 1), ("2024-04-12", "2024-04-15", "met_late", 2)],
)
def test_sl_29_d25_keeps_the_contracts_date(delivered_on: str, as_of: str, status: str, late: int) -> None:
    order = {"order_no": "PO20240315001", "delivery_on": "2024-04-10", "delivered_on": delivered_on}
    progress = {"order_no": "PO20240315001", "delivery_on": "2024-04-10", "eta_on": "2024-04-12"}
    rows = evaluated("D25", as_of, {"sales_order": [order], "order_progress": [progress]})
    assert list(rows["status"]) == [status]
    assert list(rows["late_calendar"]) == [late]
    assert list(rows["late_unit"]) == ["day"]


def test_sl_31_d28_a_message_is_no_follow_up() -> None:
    tables = {
        "visit_record": [
            {
                "customer_id": "C1",
                "mode": "当面",
                "visited_at": "2026-11-20 09:00:00",
                "ended_at": "2026-11-20 10:00:00",
            }
        ],
        "contact_log": [{"customer_id": "C1", "channel": "微信", "contacted_at": "2026-11-25 10:00:00"}],
    }
    assert due_texts(evaluated("D28", "2026-11-27", tables)) == ["2026-11-27"]
    assert list(evaluated("D28", "2026-11-27", tables)["status"]) == ["due_soon"]
    assert list(evaluated("D28", "2026-11-28", tables)["status"]) == ["overdue"]
    called = {"customer_id": "C1", "channel": "电话", "contacted_at": "2026-11-26 10:00:00"}
    tables["contact_log"].append(called)
    assert list(evaluated("D28", "2026-11-28", tables)["status"]) == ["met"]


@pytest.mark.parametrize(("stock", "owed"), [("120", 1), ("120.01", 0), ("0", 1)])
def test_sl_32_d60_at_the_reorder_point_counts(stock: str, owed: int) -> None:
    policy = {
        "branch": "上海",
        "sku": "G1",
        "stock": stock,
        "reorder_point": "120",
        "submitted_at": "2026-10-09 10:00:00",
    }
    assert len(evaluated("D60", "2026-10-09", {"branch_stock_policy": [policy]})) == owed


URGENT = {"issue_type": "咨询", "severity": "一般"}


@pytest.mark.parametrize(
    ("reported_at", "paused", "due"),
    [
        pytest.param(
            "2021-06-24 15:00:00", ("2021-06-24 15:30:00", "2021-06-24 16:30:00"), "2021-06-24 18:00", id="3600 s"
        ),
        pytest.param(
            "2021-06-24 15:00:00", ("2021-06-24 15:30:00", "2021-06-24 16:30:01"), "2021-06-25 10:00:01", id="3601 s"
        ),
    ],
)
def test_pt_02_a_pause_is_added_to_the_working_time_left(reported_at: str, paused: tuple[str, str], due: str) -> None:
    calendar = WorkingCalendar(((time(10), time(18)),), official=False)
    issue = URGENT | {"reported_at": reported_at, "paused_from": paused[0], "paused_to": paused[1]}
    rows = evaluated("D14", "2021-06-24", {"after_sales": [issue]}, calendar, clock="biz", unit="hour", amount=2)
    assert due_texts(rows) == [due]


OFFICE = WorkingCalendar(((time(10), time(18)),), official=False)


def test_pt_02_solved_after_a_pause_the_net_time_is_an_hour() -> None:
    issue = URGENT | {
        "reported_at": "2021-06-28 12:00:00", "paused_from": "2021-06-28 12:30:00", "paused_to": "2021-06-28 13:00:00",
        "resolved_at": "2021-06-28 13:30:00",
    }  # fmt: skip
    rows = evaluated("D14", "2021-06-28 14:00:00", {"after_sales": [issue]}, OFFICE, clock="biz", unit="hour", amount=4)
    assert (due_texts(rows), list(rows["status"])) == (["2021-06-28 16:30"], ["met"])


def test_pt_03_a_late_response_stands_even_while_the_solution_has_time_left() -> None:
    issue = {"issue_type": "故障", "severity": "复杂", "reported_at": "2026-11-02 09:00:00"}
    unanswered = {"after_sales": [issue]}
    assert list(evaluated("D13", "2026-11-02 09:24:00", unanswered)["status"]) == ["overdue"]
    assert list(evaluated("D14", "2026-11-02 09:24:00", unanswered)["status"]) == ["pending"]
    late = evaluated("D13", "2026-11-03", {"after_sales": [issue | {"responded_at": "2026-11-02 09:24:00"}]})
    assert (list(late["status"]), list(late["late_calendar"])) == (["met_late"], [540])


def test_pt_03_a_reply_after_hours_is_in_time_for_the_next_morning() -> None:
    issue = {"issue_type": "咨询", "reported_at": "2021-06-28 17:55:00", "responded_at": "2021-06-28 18:05:00"}
    rows = evaluated("D13", "2021-06-30", {"after_sales": [issue]}, OFFICE, unit="minute", amount=30)
    assert (due_texts(rows), list(rows["status"])) == (["2021-06-29 10:25"], ["met"])


def test_the_calendar_of_the_vectors_is_the_official_one() -> None:
    assert CALENDAR.official
