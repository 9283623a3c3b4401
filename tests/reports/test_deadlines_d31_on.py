"""Rules D31 to D78 beyond their plain case: who owes them, what counts as done, and every option of the catalogue.

Dates are counted by hand on the official calendar of 2026: 1-7 October are holidays, Saturday 10 October is worked,
2 November is a Monday.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from reports.deadline_report import deadlines, rules_of
from reports.deadlines import evaluate
from reports.registry import Request
from reports.statement import step_text
from schemas.labels import Labels
from services.report_files import ReportTexts
from tests.reports.books import catalogue, pack
from tests.reports.rule_samples import CALENDAR, ROOT, Row, due_texts, everything, frames, moment, rules

Book = Mapping[str, Sequence[Row]]
Owed = tuple[str, str, str]
"""Occurrence (else record), due moment, status."""


def owed(rule: str, as_of: str, book: Book, **options: str) -> list[Owed]:
    """The obligations of one rule; `mode="wday"` stands for the option deadlines.<rule>.mode."""
    chosen = {f"deadlines.{rule}.{name.replace('__', '.')}": value for name, value in options.items()}
    rows = everything(evaluate({rule: rules("base", **chosen)[rule]}, frames(book), moment(as_of), CALENDAR))
    names = [row.occurrence or row.record_id for row in rows.itertuples()]
    dues = ["" if row.due_at is None else due_texts(rows.loc[[row.Index]])[0] for row in rows.itertuples()]
    return sorted(zip(names, dues, rows["status"], strict=True))


def owners(rule: str, as_of: str, book: Book) -> dict[str, str]:
    rows = everything(evaluate({rule: rules()[rule]}, frames(book), moment(as_of), CALENDAR))
    return dict(zip(rows["occurrence"], rows["owner_id"], strict=True))


def person(staff_id: str = "S1", role: str = "销售顾问", **more: str) -> dict[str, str]:
    return {
        "record_id": staff_id, "staff_id": staff_id, "role": role, "employment": "全职", "staff_state": "正式",
        "joined_on": "2025-01-01", **more,
    }  # fmt: skip


def state(staff_id: str, from_on: str, staff_state: str, role: str = "销售顾问") -> dict[str, str]:
    return {
        "record_id": staff_id,
        "line_no": from_on[-2:],
        "from_on": from_on,
        "staff_state": staff_state,
        "role": role,
    }


PERIODIC = pytest.mark.parametrize("rule", ["D31", "D32", "D45", "D64", "D76"])


@PERIODIC
@pytest.mark.parametrize("employment", ["兼职", "人脉"])
def test_part_timers_and_referrers_owe_no_reports_plans_or_scorecards(rule: str, employment: str) -> None:
    assert owed(rule, "2026-11-20", {"staff": [person()]}) != []
    assert owed(rule, "2026-11-20", {"staff": [person(employment=employment)]}) == []


@pytest.mark.parametrize("rule", ["D31", "D32", "D64"])
def test_who_is_on_leave_owes_nothing_and_who_came_back_nothing_of_the_time_away(rule: str) -> None:
    assert owed(rule, "2026-11-20", {"staff": [person(staff_state="请假")]}) == []
    lines = [state("S1", "2025-01-01", "正式"), state("S1", "2026-09-14", "请假"), state("S1", "2026-11-03", "正式")]
    names = {name for name, _, _ in owed(rule, "2026-11-20", {"staff": [person()], "staff.states": lines})}
    assert names == ({"2026-W45", "2026-W46", "2026-W47"} if rule == "D32" else {"2026-11"})


def test_who_changed_to_a_post_without_reports_owes_those_of_the_months_before() -> None:
    lines = [state("S1", "2025-01-01", "正式"), state("S1", "2026-11-01", "正式", "内勤")]
    book = {"staff": [person(role="内勤")], "staff.states": lines}
    assert owed("D31", "2026-11-20", book) == [
        ("2026-09", "2026-09-30", "overdue"), ("2026-10", "2026-10-30", "overdue"),
    ]  # fmt: skip


def test_supervisors_receive_daily_reports_and_monthly_plans_and_owe_none() -> None:
    visit = {"customer_id": "C1", "created_by": "S1 张三", "mode": "当面", "visited_at": "2026-11-06 15:00:00"}
    book = {"staff": [person(role="销售主管")], "visit_record": [visit]}
    assert owed("D54", "2026-11-20", book) == owed("D64", "2026-11-20", book) == []


def weekly(kind: str, contacted_at: str, submitted_at: str, **more: str) -> dict[str, str]:
    return {
        "customer_id": "C1", "kind": kind, "contacted_at": contacted_at, "submitted_at": submitted_at,
        "created_by": "S1 张三", **more,
    }  # fmt: skip


SUMMARY = weekly("本周总结", "2026-11-12 10:00:00", "2026-11-13 17:00:00")
MISSED = [("2026-W44", "2026-10-30", "overdue"), ("2026-W45", "2026-11-06", "overdue")]


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        pytest.param(("2026-11-18 10:00:00", "2026-11-13 17:00:00"), "met", id="planned on Friday"),
        pytest.param(("2026-11-18 10:00:00", "2026-11-16 09:00:00"), "met_late", id="planned on Monday"),
        pytest.param(("2026-11-13 17:00:00", "2026-11-13 17:00:00"), "met", id="contact left at the moment of writing"),
        pytest.param(("2026-11-25 10:00:00", "2026-11-13 17:00:00"), "overdue", id="a plan for the week after next"),
        pytest.param(("2026-11-18 10:00:00", ""), "not_measurable", id="when it was planned is not recorded"),
    ],
)
def test_d32_a_plan_belongs_to_the_week_before_the_contact_and_may_be_late(plan: tuple[str, str], status: str) -> None:
    book = {"staff": [person()], "contact_log": [SUMMARY, weekly("下周计划", *plan)]}
    found = owed("D32", "2026-11-17", book)
    assert found == [*MISSED, ("2026-W46", "2026-11-13", status), ("2026-W47", "2026-11-20", "pending")]


def test_d32_contacts_without_a_writer_are_of_who_looks_after_the_customer() -> None:
    rows = [
        weekly("本周总结", "2026-11-12 10:00:00", "2026-11-13 17:00:00", created_by=""),
        weekly("下周计划", "2026-11-18 10:00:00", "2026-11-13 17:00:00", created_by=""),
    ]
    book = {"staff": [person()], "contact_log": rows, "customer_info": [{"customer_id": "C1", "owner_id": "S1"}]}
    assert ("2026-W46", "2026-11-13", "met") in owed("D32", "2026-11-17", book)


PART_TIMER = person("S9", employment="兼职")
CONTRACT = {"deal_no": "1", "seller_id": "S9", "sold_on": "2026-01-20", "amount": "1.00", "kind": "销售"}
LEAVE = {"staff_id": "S9", "from_month": "2026-03", "months": "2"}


@pytest.mark.parametrize(
    ("approved", "mode", "due"),
    [
        pytest.param("通过 · S010 经理 · 2026-02-11 10:00", "natural_months", "2026-06-30", id="approved leave"),
        pytest.param("退回 · S010 经理 · 2026-02-11 10:00", "natural_months", "2026-04-30", id="refused leave"),
        pytest.param("通过 · S010 经理 · 2026-02-11 10:00", "anniversary", "2026-04-20", id="by anniversary"),
    ],
)
def test_d36_only_leave_that_was_not_refused_puts_the_end_off(approved: str, mode: str, due: str) -> None:
    book = {"staff": [PART_TIMER], "deal": [CONTRACT], "part_time_leave": [LEAVE | {"approved": approved}]}
    assert owed("D36", "2026-02-15", book, mode=mode) == [("S9", due, "pending")]


def test_d36_a_contract_starts_the_months_anew_and_only_part_timers_are_let_go() -> None:
    again = CONTRACT | {"deal_no": "2", "sold_on": "2026-04-30"}
    book = {"staff": [PART_TIMER, person("S8")], "deal": [CONTRACT, again]}
    assert owed("D36", "2026-05-01", book) == [("S9", "2026-07-31", "pending")]
    ended = {"staff": [PART_TIMER | {"staff_state": "解除合作"}], "deal": [CONTRACT]}
    assert owed("D36", "2026-05-01", ended) == []


HANDOVER = {
    "staff_id": "S1", "sim_returned": "是", "told_plan": "是", "nda_ack": "是", "progress_report": "总结.docx",
    "customer_list": "名册.xlsx", "receiver_id": "S2", "submitted_at": "2026-11-10 09:00:00",
}  # fmt: skip


@pytest.mark.parametrize("gap", [{}, {"sim_returned": "否"}, {"told_plan": "否"}, {"nda_ack": "否"},
                                 {"progress_report": ""}, {"customer_list": ""}, {"receiver_id": ""}],
                         ids=["complete", "sim", "plan", "confidentiality", "report", "list", "receiver"])  # fmt: skip
def test_d46_a_handover_counts_when_every_item_is_there(gap: dict[str, str]) -> None:
    book = {"staff": [person(left_on="2026-11-10")], "handover": [HANDOVER | gap]}
    assert owed("D46", "2026-11-11", book) == [("S1", "2026-11-10", "overdue" if gap else "met")]


SUGGESTION = {"dropped_on": "2026-06-20", "opened_on": "2026-06-22", "decision": "采用"}


def test_d48_what_is_dropped_on_the_20th_is_opened_that_month() -> None:
    for dropped_on, due in (("2026-07-20", "2026-07-20"), ("2026-07-21", "2026-08-20"), ("2026-06-20", "2026-06-22")):
        book = {"suggestion": [{"dropped_on": dropped_on}]}
        assert owed("D48", dropped_on, book)[0][1] == due


def test_d49_a_decision_nobody_was_told_of_is_not_announced() -> None:
    told = SUGGESTION | {"notified_on": "2026-06-30"}
    assert owed("D49", "2026-07-01", {"suggestion": [SUGGESTION]}) == [("r1", "2026-06-30", "overdue")]
    assert owed("D49", "2026-07-01", {"suggestion": [told]}) == [("r1", "2026-06-30", "met")]
    assert owed("D49", "2026-07-01", {"suggestion": [told | {"decision": ""}]}) == [("r1", "2026-06-30", "overdue")]


@pytest.mark.parametrize(
    ("known", "due"),
    [
        pytest.param({}, "2026-07-10", id="the opening's month"),
        pytest.param({"notified_on": "2026-07-02"}, "2026-08-10", id="announced in July"),
        pytest.param({"notified_on": "2026-07-02", "chair": "通过 · S1 总监 · 2026-06-29 10:00"}, "2026-07-10",
                     id="signed in June"),
        pytest.param({"chair": "通过 · S1 总监 · 2026-09-02 10:00"}, "2026-10-10", id="worked Saturday"),
        pytest.param({"chair": "通过 · S1 总监 · 2026-12-02 10:00"}, "2027-01-11", id="Sunday, so on Monday"),
    ],
)  # fmt: skip
def test_d51_commendation_is_on_the_10th_after_the_month_of_the_decision(known: dict[str, str], due: str) -> None:
    assert owed("D51", "2026-06-23", {"suggestion": [SUGGESTION | known]})[0][1] == due


def test_d52_orders_may_count_from_the_suggestion_as_the_document_says() -> None:
    late = SUGGESTION | {"dropped_on": "2026-06-21", "opened_on": "2026-07-20"}
    assert owed("D52", "2026-06-22", {"suggestion": [late]}) == [("r1", "2026-08-17", "pending")]
    assert owed("D52", "2026-06-22", {"suggestion": [late]}, mode="dropped") == [("r1", "2026-07-15", "pending")]


@pytest.mark.parametrize(
    ("rule", "role", "day", "owes"),
    [
        ("D54", "销售专员", "2026-11-07", False), ("D54", "销售专员", "2026-10-10", True),
        ("D54", "销售专员", "2026-10-05", False), ("D55", "客服专员", "2026-11-07", False),
        ("D55", "客服专员", "2026-10-10", True),
    ],
    ids=["Saturday", "worked Saturday", "holiday", "round on a Saturday", "round on a worked Saturday"],
)  # fmt: skip
def test_d54_d55_daily_reports_are_owed_for_working_days(rule: str, role: str, day: str, owes: bool) -> None:
    visit = {"customer_id": "C1", "created_by": "S1 张三", "mode": "当面", "visited_at": f"{day} 15:00:00"}
    book = {"staff": [person(role=role)], "visit_record": [visit]}
    assert owed(rule, "2026-11-20", book) == ([(day, day, "overdue")] if owes else [])


WEEKLY_LIST = {"branch": "成都", "kind": "周", "sent_at": "2026-10-30 17:00:00"}
MONTHLY_LIST = {"branch": "成都", "kind": "月", "sent_at": "2026-10-30 18:00:00"}


def test_d59_lists_may_be_owed_monthly_by_closing_time_of_the_last_working_day() -> None:
    book = {"demand_intent": [MONTHLY_LIST]}
    assert owed("D59", "2026-11-02", book, mode="month") == [
        ("2026-10", "2026-10-30 18:00", "met"), ("2026-11", "2026-11-30 18:00", "pending"),
    ]  # fmt: skip
    late = {"demand_intent": [MONTHLY_LIST | {"sent_at": "2026-10-30 18:00:01"}]}
    assert owed("D59", "2026-11-02", late, mode="month")[0][2] == "met_late"
    before = {"demand_intent": [MONTHLY_LIST | {"sent_at": "2026-09-30 17:00:00"}]}
    assert owed("D59", "2026-11-02", before, mode="month")[0] == ("2026-10", "2026-10-30 18:00", "overdue")


@pytest.mark.parametrize(("mode", "wrong"), [("month", WEEKLY_LIST), ("week", MONTHLY_LIST)])
def test_d59_a_list_of_the_other_kind_does_not_count(mode: str, wrong: Row) -> None:
    found = {name: status for name, _, status in owed("D59", "2026-11-02", {"demand_intent": [wrong]}, mode=mode)}
    assert found["2026-10" if mode == "month" else "2026-W44"] == "overdue"


LOW = {"branch": "成都", "sku": "G1", "stock": "5", "reorder_point": "5", "submitted_at": "2026-10-13 10:00:00"}


@pytest.mark.parametrize(
    ("orders", "status"),
    [
        pytest.param({"order_register": [{"sku": "G1", "received_on": "2026-10-13"}]}, "met", id="registered"),
        pytest.param({"order_register": [{"sku": "G2", "received_on": "2026-10-13"}]}, "overdue", id="another product"),
        pytest.param({"order_register": [{"sku": "G1", "received_on": "2026-10-12"}]}, "overdue", id="the day before"),
        pytest.param({"purchase_order": [{"goods": "毛纱", "submitted_at": "2026-10-13 15:00:00"}]}, "met",
                     id="ordered by name"),
        pytest.param({"purchase_order": [{"goods": "G1", "submitted_at": "2026-10-14 15:00:00"}]}, "met_late",
                     id="ordered by number, late"),
        pytest.param({"purchase_order": [{"goods": "毛纱", "submitted_at": "2026-10-12 15:00:00"}]}, "overdue",
                     id="by name, the day before"),
        pytest.param({"purchase_order": [{"goods": "G1", "submitted_at": "2026-10-12 15:00:00"}]}, "overdue",
                     id="by number, the day before"),
        pytest.param({"purchase_order": [{"goods": "毛纱"}]}, "not_measurable", id="ordered, nobody knows when"),
    ],
)  # fmt: skip
def test_d60_an_order_in_either_form_meets_it(orders: Book, status: str) -> None:
    book = {"branch_stock_policy": [LOW], "product": [{"sku": "G1", "product_name": "毛纱"}], **orders}
    assert owed("D60", "2026-10-15", book) == [("r1", "2026-10-13", status)]


TERM = {"customer_code": "C1", "pay_term_days": "30"}
ORDER = {"order_no": "PO1", "customer_id": "C1", "owner_id": "S1", "confirmed_on": "2026-09-20"}
ACCEPTED = {"order_no": "PO1", "result": "通过", "accepted_on": "2026-10-10"}
PAID = {"deal_no": "PO1", "customer_id": "C1", "sold_on": "2026-09-20", "paid_on": "2026-11-09"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, [("r1", "2026-11-09", "overdue")], id="thirty days from the acceptance"),
        pytest.param({"deal": [PAID]}, [("r1", "2026-11-09", "met")], id="paid on the last day"),
        pytest.param({"deal": [PAID | {"paid_on": "2026-11-10"}]}, [("r1", "2026-11-09", "met_late")], id="a day late"),
        pytest.param({"acceptance": [ACCEPTED | {"result": "不通过"}]}, [], id="not accepted"),
        pytest.param({"acceptance": [], "deal": [PAID | {"paid_on": ""}]}, [], id="sold, neither shipped nor accepted"),
        pytest.param({"new_customer_recognition": [TERM | {"pay_term_days": "0"}]}, [("r1", "2026-10-10", "overdue")],
                     id="payment on delivery"),
        pytest.param({"new_customer_recognition": []}, [], id="no term agreed"),
        pytest.param({"order_register": [{"record_id": "o1", "mfg_no": "PO1", "customer_id": "C1",
                                          "shipped_on": "2026-10-05"}]},
                     [("o1", "2026-11-04", "overdue")], id="registered too: once, from its shipping"),
        pytest.param({"rule_ack": [{"rule_id": "D62", "template": "acceptance", "subject": "r1", "action": "完成",
                                    "acked_at": "2026-11-08 10:00:00"}]},
                     [("r1", "2026-11-09", "met")], id="marked as paid"),
    ],
)  # fmt: skip
def test_d62_payment_is_due_the_agreed_days_after_delivery(more: Book, expected: list[Owed]) -> None:
    book = {"new_customer_recognition": [TERM], "sales_order": [ORDER], "acceptance": [ACCEPTED], **more}
    assert owed("D62", "2026-11-11", book) == expected


VISIT = {"customer_id": "C1", "created_by": "S1 张三", "mode": "当面"}
FRIDAY = VISIT | {"visited_at": "2026-11-06 15:00:00", "ended_at": "2026-11-06 16:00:00"}


def test_d66_an_application_is_in_time_three_working_days_ahead_of_the_visit() -> None:
    """A visit on Monday 12 October: the worked Saturday, Friday and Thursday are the three days."""
    for handed_in, status in (("2026-10-08 23:59:59", "met"), ("2026-10-09 00:00:00", "met_late"), ("", "overdue")):
        asked = {"visit_at": "2026-10-12 10:00:00", "submitted_at": handed_in}
        found = owed("D66", "2026-10-12", {"visit_application": [asked]})
        assert found == [("r1", "2026-10-08", status if handed_in else "not_measurable")]


def test_d67_a_visit_without_an_end_is_not_measured() -> None:
    written = FRIDAY | {"submitted_at": "2026-11-09 10:00:00"}
    assert owed("D67", "2026-11-20", {"visit_record": [written]}) == [("r1", "2026-11-07 16:00", "met_late")]
    assert owed("D67", "2026-11-20", {"visit_record": [written | {"ended_at": ""}]}) == [("r1", "", "not_measurable")]


@pytest.mark.parametrize(
    ("options", "due"),
    [
        pytest.param({}, "2026-11-09", id="calendar days, Sunday moves to Monday"),
        pytest.param({"mode": "wday"}, "2026-11-10", id="working days"),
        pytest.param({"mode": "merged"}, "2026-11-07 16:00", id="one paper with the record: 24 hours"),
        pytest.param({"due__roll": "none"}, "2026-11-08", id="calendar days as they fall"),
    ],
)
def test_d68_reports_count_days_as_the_pack_says(options: dict[str, str], due: str) -> None:
    assert owed("D68", "2026-11-06 17:00", {"visit_record": [FRIDAY]}, **options)[0][1] == due


CUSTOMER = {
    "record_id": "c1", "customer_id": "C1", "owner_id": "S1", "region": "本市", "customer_level": "重要客户",
    "first_contact_on": "2026-01-05",
}  # fmt: skip
TEAM = [
    person("S1", manager_id="S2"), person("S2", "销售主管", manager_id="S3"),
    person("S3", "大客户经理", manager_id="S4"), person("S4", "管理层"),
]  # fmt: skip
PLAN = {"record_id": "f1", "staff_id": "S1", "valid_from": "2026-11"}
COUNTS = {"record_id": "f1", "line_no": "1", "customer_level": "重要客户", "n_handler": "2", "n_supervisor": "1",
          "n_manager": "1", "n_gm": "1"}  # fmt: skip
PLANNED: dict[str, Sequence[Row]] = {
    "customer_info": [CUSTOMER], "staff": TEAM, "visit_frequency": [PLAN], "visit_frequency.lines": [COUNTS],
    "visit_record": [],
}  # fmt: skip


def test_d69_to_d71_leave_a_customer_to_the_stricter_d72_from_the_month_his_plan_begins() -> None:
    assert owed("D69", "2026-11-20", PLANNED) == [("2026-10", "2026-10-31", "overdue")]
    assert {name for name, _, _ in owed("D72", "2026-11-20", PLANNED)} == {
        "2026-11 handler", "2026-11 supervisor", "2026-11 manager", "2026-11 gm",
    }  # fmt: skip
    for rule, region, period in (("D70", "本省", "2026-Q3"), ("D71", "其它地区", "2026-H1")):
        elsewhere = PLANNED | {"customer_info": [CUSTOMER | {"region": region}]}
        assert [name for name, _, _ in owed(rule, "2026-11-20", elsewhere)] == [period]
    other = PLANNED | {"customer_info": [CUSTOMER | {"customer_level": "一般客户"}]}
    assert [name for name, _, _ in owed("D69", "2026-11-20", other)] == ["2026-10", "2026-11"]
    assert owed("D72", "2026-11-20", other) == []


def test_d72_each_rank_owes_its_own_visits() -> None:
    assert owners("D72", "2026-11-20", PLANNED) == {
        "2026-11 handler": "S1", "2026-11 supervisor": "S2", "2026-11 manager": "S3", "2026-11 gm": "S4",
    }  # fmt: skip


def test_d72_a_new_plan_replaces_the_one_before_from_its_month_on() -> None:
    fewer = {"record_id": "f0", "line_no": "1", "customer_level": "重要客户", "n_handler": "1"}
    book = PLANNED | {
        "visit_frequency": [PLAN, {"record_id": "f0", "staff_id": "S1", "valid_from": "2026-01"}],
        "visit_frequency.lines": [COUNTS | {"n_supervisor": "", "n_manager": "", "n_gm": ""}, fewer],
        "visit_record": [VISIT | {"visited_at": "2026-10-12 10:00:00"}, VISIT | {"visited_at": "2026-11-12 10:00:00"}],
    }
    assert owed("D72", "2026-12-01", book) == [
        ("2026-11 handler", "2026-11-30", "overdue"), ("2026-12 handler", "2026-12-31", "pending"),
    ]  # fmt: skip
    assert owed("D72", "2026-11-20", book)[0] == ("2026-10 handler", "2026-10-31", "met")


@pytest.mark.parametrize(
    ("rule", "region", "bucket", "rolling"),
    [
        ("D69", "本市", ("2026-10", "2026-10-31"), "2026-11-16"),
        ("D70", "本省", ("2026-Q3", "2026-09-30"), "2027-01-16"),
        ("D71", "其它地区", ("2026-H1", "2026-06-30"), "2027-04-16"),
    ],
)
def test_d69_to_d71_by_calendar_periods_or_on_from_the_last_visit(
    rule: str, region: str, bucket: tuple[str, str], rolling: str
) -> None:
    """Visited on 16 October: in time for no earlier period, and owed again one, three or six months later."""
    book = {
        "customer_info": [CUSTOMER | {"region": region}],
        "visit_record": [VISIT | {"visited_at": "2026-10-16 10:00:00"}],
    }
    assert owed(rule, "2026-11-16", book)[0] == (*bucket, "met" if rule == "D69" else "overdue")
    [(_, due, status)] = owed(rule, "2026-11-16", book, mode="rolling")
    assert (due, status) == (rolling, "due_soon" if rule == "D69" else "pending")


@pytest.mark.parametrize(("rule", "due"), [("D65", "2026-10-30"), ("D74", "2026-11-07 16:00"), ("D75", "2026-11-13")])
def test_rules_that_are_off_are_switched_on_by_an_option(rule: str, due: str) -> None:
    book = {
        "visit_record": [FRIDAY],
        "visit_plan": [{"record_id": "r1"}],
        "visit_plan.lines": [{"record_id": "r1", "line_no": "1", "planned_at": "2026-11-06 15:00:00"}],
    }
    assert owed(rule, "2026-11-20", book) == []
    assert [moment for _, moment, _ in owed(rule, "2026-11-20", book, enabled="true")] == [due]


SCORES = [
    {"ratee_id": "S1", "card": "销售顾问", "period": "2026-Q3", "indicator": indicator, "rater_role": group,
     "rater_id": rater, "score": "80", "submitted_at": f"2026-10-{day} 10:00:00"}
    for indicator, group, rater, day in (
        ("服务规范执行情况", "上级领导", "S2", "12"), ("服务规范执行情况", "部门同事", "S5", "13"),
        ("解答客户问题的及时性", "上级领导", "S2", "14"), ("解答客户问题的及时性", "部门同事", "S5", "20"),
    )
]  # fmt: skip


def rated(scores: Sequence[Row], **options: str) -> tuple[str, object]:
    """Status and day of the third quarter's rating as reported on 22 November; due on 20 October."""
    book = {"staff": [person()], "kpi_rating": [{"record_id": f"k{at}", **row} for at, row in enumerate(scores)]}
    statement = deadlines(Request(frames(book), pack(**options), date(2026, 11, 22), CALENDAR))
    [line] = [one for one in statement.lines if (one.values["rule"], one.values["occurrence"]) == ("D45", "2026-Q3")]
    return str(line.values["status"]), line.values["met_at"] and str(line.values["met_at"])[:10]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param(SCORES, ("met", "2026-10-20"), id="all rated, the last on the last day"),
        pytest.param([*SCORES[:3], SCORES[3] | {"submitted_at": "2026-10-21 10:00:00"}], ("met_late", "2026-10-21"),
                     id="the last a day late"),
        pytest.param(SCORES[:3], ("overdue", None), id="colleagues missing for one indicator"),
        pytest.param([*SCORES[:3], SCORES[3] | {"rater_id": "S1"}], ("overdue", None), id="rated by himself"),
        pytest.param([*SCORES[:3], SCORES[3] | {"score": "101"}], ("overdue", None), id="more than a hundred"),
        pytest.param([*SCORES[:3], SCORES[3] | {"period": "2026-Q2"}], ("overdue", None), id="of another quarter"),
        pytest.param([*SCORES[:3], SCORES[3] | {"submitted_at": ""}], ("not_measurable", None), id="nobody knows when"),
    ],
)  # fmt: skip
def test_d45_takes_every_group_of_raters_for_every_indicator_they_rate(
    scores: Sequence[Row], expected: tuple[str, object]
) -> None:
    assert rated(scores) == expected


def test_d45_a_blended_card_takes_ratings_of_every_indicator() -> None:
    assert rated(SCORES, kpi__blend_scope="whole") == ("overdue", None)


def test_d42_the_settlement_is_due_in_the_next_month_or_the_one_after() -> None:
    sale = {"deal_no": "1", "customer_id": "C1", "paid_on": "2026-09-05", "amount": "100.00", "kind": "销售"}
    for offset, due in (("1", "2026-10-15"), ("2", "2026-11-13")):
        rule = rules_of(pack(commission__settle_offset=offset))["D42"]
        rows = everything(evaluate({"D42": rule}, frames({"deal": [sale]}), date(2026, 9, 20), CALENDAR))
        assert due_texts(rows) == [due]


PACKED: Book = {
    "staff": [PART_TIMER],
    "deal": [CONTRACT, PAID | {"amount": "100.00", "kind": "销售", "paid_on": "2026-10-12"}],
    "new_customer_recognition": [TERM],
    "order_register": [{"reg_no": "J9", "customer_id": "C1", "shipped_on": "2026-10-10"}],
    "demand_intent": [WEEKLY_LIST],
    "visit_record": [FRIDAY | {"next_visit_on": "2026-11-10"}],
}


@pytest.mark.parametrize(
    ("rule", "counted", "in_english"),
    [
        ("D36", "数满三个没有成单的自然月；成单当月和请假的月份不计。",
         "To the end of the third month without a contract"),
        ("D42", "次月 15 日。 遇休息日提前到上一个工作日。",
         "Day 15 of the next month. On a rest day, the working day before."),
        ("D43", "当天。", "The same day."),
        ("D59", "当周不晚于星期五的最后一个工作日。 到当天下班时间为止。",
         "up to Friday. Until closing time that day."),
        ("D62", "约定的支付期限 30 天，当日不计。",
         "The agreed payment term of 30 days, the day itself not counted."),
    ],
    ids=["D36", "D42", "D43", "D59", "D62"],
)  # fmt: skip
def test_the_way_a_date_was_counted_is_told_in_words(rule: str, counted: str, in_english: str) -> None:
    texts = ReportTexts(Labels.load(ROOT / "forms" / "locales"), catalogue())
    statement = deadlines(Request(frames(PACKED), pack(), date(2026, 11, 22), CALENDAR))
    steps = statement.explain(next(one for one in statement.lines if one.values["rule"] == rule))
    for language, words in (("zh", counted), ("en", in_english)):
        assert words in " ".join(step_text(step, texts, language) for step in steps)
