"""Registers: what is not known is withheld and said, what counts by the day, by person, net of what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from reports.statement import Statement
from tests.reports.rule_samples import Row
from tests.reports.test_registers import deal, line, order, picked, report, visited

YUAN = Decimal


def codes(statement: Statement) -> list[tuple[str, object]]:
    return [(finding.code, finding.params.get("field")) for finding in statement.findings]


ORDERS = [
    order("C1", "2026-01-05", "10", "3.00"),
    {"customer_id": "C1", "received_on": "2026-01-20", "sku": "G1", "unit_price": "4.00"},
    order("C1", "2026-07-01", "2", "3.00"),
    order("C2", "2026-12-24", "1", "8.00"),
    {"customer_id": "C2", "sku": "G1", "qty": "1", "amount": "8.00"},
]


def test_r01_withholds_the_sum_of_an_order_without_quantity_and_totals_the_rest() -> None:
    statement = report("yearly_orders", {"order_register": ORDERS})
    january = line(statement, "C1:01:G1").values
    assert (january["quantity"], january["unit_price"], january["amount"]) == (None, None, None)
    assert (statement.totals["first_half"], statement.totals["year"]) == (YUAN("0.00"), YUAN("6.00"))
    assert statement.totals["withheld"] == 1
    assert codes(statement) == [("E226", "received_on"), ("E224", "amount")]


def test_r01_an_order_received_after_the_day_is_not_there_yet() -> None:
    assert [found.key for found in report("yearly_orders", {"order_register": ORDERS}).lines] == [
        "C1:01:G1",
        "C1:07:G1",
    ]
    later = report("yearly_orders", {"order_register": ORDERS}, "2026-12-24")
    assert "C2:12:G1" in [found.key for found in later.lines]


def test_r01_heads_a_page_with_the_phone_address_product_and_specification() -> None:
    tables = {
        "order_register": ORDERS,
        "customer_info": [{"customer_id": "C1", "contact_name": "刘先生", "contact_phone": "13800001111"}],
        "customer_dossier": [{"customer_id": "C1", "address": "浦东大道 1 号"}],
        "product": [{"sku": "G1", "product_name": "手链", "spec": "足金"}],
    }
    head = line(report("yearly_orders", tables), "C1:07:G1").values
    assert {head[key] for key in ("contact", "phone", "address", "product", "spec")} == {
        "刘先生", "13800001111", "浦东大道 1 号", "手链", "足金",
    }  # fmt: skip


def test_r02_is_undelivered_until_the_day_it_was_shipped() -> None:
    orders = [order("C1", "2026-01-05", "10", "3.00", shipped_on="2026-02-10")]
    undelivered = [
        picked(report("order_statistics", {"order_register": orders}, day), "undelivered")
        for day in ("2026-02-09", "2026-02-10")
    ]
    assert undelivered == [[(Decimal(10),)], [(Decimal(0),)]]


def test_r05_does_not_rank_a_customer_with_an_amount_in_a_currency_without_rate() -> None:
    deals = [
        deal("C1", "2026-01-05", "1000.00"), deal("C1", "2026-02-05", "500.00", currency="USD"),
        deal("C2", "2026-01-05", "200.00", currency="人民币"), deal("C3", "2026-01-05", "100.00", currency="RMB"),
    ]  # fmt: skip
    statement = report("key_customers", {"deal": deals})
    sales = [row for row in picked(statement, "ranking", "rank", "customer_id", "sales") if row[0] == "sales"]
    assert sales == [("sales", 1, "C2", YUAN("200.00")), ("sales", 2, "C3", YUAN("100.00"))]
    assert (statement.totals["sales"], statement.totals["withheld"]) == (YUAN("300.00"), 1)
    assert ("E225", "currency") in codes(statement)


MARGIN_PRODUCTS = [{"sku": "G1", "list_price": "100.00", "cost": "40.00"}]


@pytest.mark.parametrize(
    ("rows", "margin"),
    [
        ([deal("C1", "2026-01-05", "900.00", list_amount="1000.00")], Decimal("0.5556")),
        ([deal("C1", "2026-01-05", "90.00", list_amount="95.00")], Decimal("0.5556")),
        (
            [
                deal("C1", "2026-01-05", "900.00", list_amount="1000.00"),
                deal("C1", "2026-03-05", "-450.00", list_amount="500.00", kind="退货"),
            ],
            Decimal("0.5556"),
        ),
        (
            [
                deal("C1", "2026-01-05", "900.00", list_amount="1000.00"),
                deal("C1", "2026-03-05", "-100.00", list_amount="100.00", kind="退款"),
            ],
            Decimal("0.5000"),
        ),
    ],
    ids=[
        "ten pieces at 40: 500 of 900",
        "no whole number of pieces, so one: 50 of 90",
        "five came back: 250 of 450",
        "money back only: 400 of 800",
    ],
)
def test_r05_margin_takes_the_cost_of_the_pieces_that_stayed_sold(rows: Sequence[Row], margin: Decimal) -> None:
    statement = report("key_customers", {"deal": rows, "product": MARGIN_PRODUCTS})
    assert line(statement, "margin:1").values["margin"] == margin


def test_a_sale_told_by_deal_and_order_counts_once_with_the_orders_quantity() -> None:
    tables = {
        "deal": [deal("C1", "2026-01-05", "900.00", list_amount="999.00", deal_no="M1")],
        "order_register": [order("C1", "2026-01-04", "12", "80.00", mfg_no="M1")],
        "customer_info": [{"customer_id": "C1", "region": "本市", "area_name": "浦东"}],
    }
    statement = report("regions", tables)
    assert picked(statement, "quantity", "sales", "share") == [(Decimal(12), YUAN("900.00"), Decimal("1.0000"))]


def test_r06_withholds_an_areas_sales_and_every_share_when_an_amount_is_not_known() -> None:
    tables = {
        "deal": [deal("C1", "2026-01-05", "100.00"), deal("C2", "2026-01-05", "")],
        "customer_info": [
            {"customer_id": "C1", "region": "本市", "area_name": "浦东"},
            {"customer_id": "C2", "region": "本省", "area_name": "苏州"},
        ],
    }
    statement = report("regions", tables)
    assert picked(statement, "area_name", "sales", "share") == [
        ("浦东", YUAN("100.00"), None),
        ("苏州", None, None),
    ]


def test_r04_follows_the_frequency_plan_in_months_without_a_visit_plan() -> None:
    tables: Mapping[str, list[Row]] = {
        "customer_info": [
            {"customer_id": "C1", "owner_id": "S1", "customer_level": "重要客户"},
            {"customer_id": "C2", "owner_id": "S1", "customer_level": "一般客户"},
        ],
        "visit_frequency": [{"record_id": "f1", "staff_id": "S1", "valid_from": "2026-09"}],
        "visit_frequency.lines": [
            {"record_id": "f1", "line_no": "1", "customer_level": "重要客户", "n_handler": "4", "n_supervisor": "1"},
            {"record_id": "f1", "line_no": "2", "customer_level": "一般客户", "n_handler": "2"},
        ],
        "visit_plan": [{"record_id": "p1", "visitor_id": "S1", "plan_kind": "月度", "period": "2026-10"}],
        "visit_plan.lines": [
            {"record_id": "p1", "line_no": "1", "customer_id": "C1", "planned_at": "2026-10-08 09:00:00"}
        ],
        "visit_record": [visited("C1", "2026-10-09", "S1"), visited("C2", "2026-09-10", "S1")],
    }
    statement = report("visit_completion", tables, "2026-10-31")
    assert picked(statement, "month", "customer_id", "planned", "paid") == [
        ("2026-09", "C1", 4, 0),
        ("2026-10", "C1", 1, 1),
        ("2026-09", "C2", 2, 1),
    ]
    assert statement.totals["completion"] == Decimal("0.2857")  # min(0,4) + min(1,1) + min(1,2) = 2 of 7
    october = report("visit_completion", tables, "2026-10-31", month="2026-10")
    assert (october.totals["planned"], october.totals["completion"]) == (1, Decimal("1.0000"))


def test_r12_counts_urgent_reports_of_people_without_a_daily_report_and_sums_up_by_unit() -> None:
    tables = {
        "staff": [{"staff_id": "S5", "dept": "客服部"}, {"staff_id": "S6", "dept": "大客户部"}],
        "service_daily": [{"record_id": "d1", "author_id": "S5", "report_on": "2026-11-03"}],
        "service_daily.lines": [{"record_id": "d1", "line_no": "1", "customer_id": "C1", "opinions": "包装"}],
        "urgent_report": [{"created_by": "S6 孙八", "found_at": "2026-11-04 10:00:00"}],
    }
    statement = report("monthly_rounds", tables, month="2026-11")
    assert picked(statement, "author_id", "unit", "visits", "urgent") == [
        ("S5", "客服部", 1, 0),
        ("S6", "大客户部", 0, 1),
    ]
    assert statement.totals["by_unit"] == {
        "大客户部": {"visits": 0, "opinions": 0, "market": 0, "handled": 0, "open": 0, "urgent": 1},
        "客服部": {"visits": 1, "opinions": 1, "market": 0, "handled": 0, "open": 0, "urgent": 0},
    }


def test_r14_counts_heads_of_employees_on_the_day() -> None:
    there = {"dept": "甲", "staff_state": "正式", "employment": "全职"}
    staff = [
        there | {"staff_id": "S1"},
        there | {"staff_id": "S2", "joined_on": "2026-12-01"},
        there | {"staff_id": "S3", "staff_state": "离职", "left_on": "2026-03-31"},
        there | {"staff_id": "S4", "staff_state": "离职", "left_on": "2026-12-31"},
        there | {"staff_id": "S5", "employment": "人脉"},
    ]
    adopted = {"author_id": "S1", "opened_on": "2026-05-20", "decision": "采用", "award": "600.00"}
    statement = report("suggestion_awards", {"staff": staff, "suggestion": [adopted]})
    assert picked(statement, "headcount", "per_head", "rank") == [(2, Decimal("0.5000"), 1)]  # S1 and S4


def test_r16_leave_that_was_refused_counts_as_idle() -> None:
    tables = {
        "staff": [{"staff_id": "S9", "employment": "兼职", "staff_state": "正式", "joined_on": "2025-01-01"}],
        "deal": [deal("C1", "2026-01-20", "1.00", seller_id="S9")],
        "part_time_leave": [{"staff_id": "S9", "from_month": "2026-03", "months": "2", "approved": "驳回"}],
    }
    (values,) = [found.values for found in report("part_timers", tables, "2026-06-01").lines]
    assert (values["idle_months"], values["leave"], values["let_go_on"]) == (4, [], date(2026, 5, 1))


FIGURES: Mapping[str, list[Row]] = {
    "customer_info": [{"customer_id": each, "owner_id": "S1"} for each in ("C1", "C2")],
    "deal": [
        deal("C1", "2026-11-03", "100.00"),
        deal("C1", "2026-11-20", "-30.00", kind="退款"),
        deal("C2", "2026-08-03", "10.00"),
        deal("C2", "2026-11-18", "10.00"),
    ],
}


def test_r17_takes_refunds_off_and_keeps_a_loss_that_a_later_sale_ended() -> None:
    (values,) = [found.values for found in report("customer_figures", FIGURES, month="2026-11").lines]
    assert (values["sales"], values["deals"]) == (YUAN("80.00"), 2)  # 100 - 30 + 10
    assert values["lost_customers"] == 1  # C2 from 2026-11-04 until 2026-11-18


def test_r17_a_loss_that_begins_after_the_day_is_not_counted_yet() -> None:
    (values,) = [found.values for found in report("customer_figures", FIGURES, "2026-11-03", month="2026-11").lines]
    assert (values["sales"], values["lost_customers"]) == (YUAN("100.00"), 0)


def test_r18_names_a_held_claim_that_was_paid_all_the_same_and_withholds_what_it_cannot_add() -> None:
    claims = [
        {"record_id": "e1", "link_kind": "拜访", "amount": "20.00", "paid_on": "2026-10-30"},
        {"record_id": "e2", "link_kind": "接待"},
    ]
    statement = report("claims_held", {"expense_claim": claims})
    assert picked(statement, "reason", "amount", "paid_on") == [
        ("no_visit", YUAN("20.00"), date(2026, 10, 30)),
        ("no_reception", None, None),
    ]
    assert statement.totals == {"claims": 2, "amount": YUAN("20.00"), "withheld": 1}


PEOPLE: Mapping[str, list[Row]] = {
    "staff": [
        {"staff_id": each, "dept": dept, "employment": "兼职", "staff_state": "正式", "joined_on": "2025-01-01"}
        for each, dept in (("S1", "甲"), ("S2", "乙"))
    ],
    "customer_info": [
        {"customer_id": "C1", "owner_id": "S1", "region": "本市", "area_name": "浦东"},
        {"customer_id": "C2", "owner_id": "S2", "region": "本省", "area_name": "苏州"},
    ],
    "order_register": [order("C1", "2026-11-02", "1", "8.00"), order("C2", "2026-11-02", "1", "9.00")],
    "deal": [deal("C1", "2026-01-05", "1.00"), deal("C2", "2026-01-05", "2.00")],
    "visit_record": [visited("C1", "2026-11-02", "S1"), visited("C2", "2026-11-02", "S2")],
    "service_daily": [{"record_id": f"d{at}", "author_id": f"S{at}", "report_on": "2026-11-02"} for at in (1, 2)],
    "satisfaction_survey": [
        {"customer_id": each, "surveyed_on": "2026-05-01", "q_overall": "5"} for each in ("C1", "C2")
    ],
    "suggestion": [{"author_id": each, "opened_on": "2026-05-20", "decision": "采用"} for each in ("S1", "S2")],
    "expense_claim": [{"record_id": each, "claimant_id": each, "link_kind": "拜访"} for each in ("S1", "S2")],
}


@pytest.mark.parametrize(
    "name",
    [
        "yearly_orders", "order_statistics", "development", "visit_completion", "key_customers", "regions",
        "monthly_rounds", "lost_customers", "suggestion_awards", "satisfaction", "part_timers", "customer_figures",
        "claims_held",
    ],
)  # fmt: skip
def test_asked_about_one_person_a_register_holds_his_lines_only(name: str) -> None:
    everybody = report(name, PEOPLE)
    keys = [{found.sources for found in report(name, PEOPLE, person=person).lines} for person in ("S1", "S2")]
    assert all(keys)
    assert not keys[0] & keys[1]
    assert keys[0] | keys[1] == {found.sources for found in everybody.lines}


def test_the_steps_of_a_line_hold_its_figures() -> None:
    statement = report("yearly_orders", {"order_register": ORDERS})
    first, last = statement.explain(line(statement, "C1:07:G1"))
    assert {"quantity": Decimal(2), "amount": YUAN("6.00"), "unit_price": YUAN("3.00")}.items() <= first.params.items()
    assert last.params == {"count": 1}
