"""The registers, with figures worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from reports.registry import REPORTS, Request
from reports.statement import Statement, StatementLine
from schemas.rule_packs import load_pack
from tests.reports.rule_samples import CALENDAR, ROOT, Row, frames

PACK = load_pack("base", (ROOT / "reports" / "rules",), date(2026, 11, 21))[0]


def report(name: str, tables: Mapping[str, Sequence[Row]], as_of: str = "2026-11-21", **asked: str) -> Statement:
    assert PACK is not None
    request = Request(frames(tables), PACK, date.fromisoformat(as_of), CALENDAR, **asked)
    return REPORTS[name].function()(request)


def picked(statement: Statement, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(line.values[column] for column in columns) for line in statement.lines]


def line(statement: Statement, key: str) -> StatementLine:
    return next(found for found in statement.lines if found.key == key)


def order(customer: str, on: str, qty: str, price: str, sku: str = "G1", **more: str) -> Row:
    amount = f"{Decimal(qty) * Decimal(price):.2f}"
    return {
        "customer_id": customer,
        "received_on": on,
        "sku": sku,
        "qty": qty,
        "unit_price": price,
        "amount": amount,
        **more,
    }


ORDERS = [
    order("C1", "2026-01-05", "10", "3.00", due_on="2026-02-01"),
    order("C1", "2026-01-20", "5", "4.00", due_on="2026-02-10", shipped_on="2026-02-09"),
    order("C1", "2026-07-01", "2", "3.00"),
    order("C2", "2026-01-31", "1", "100.00", sku="G2"),
    order("C1", "2025-12-31", "9", "9.00"),
]


def test_r01_adds_up_a_customers_month_by_product_with_both_halves() -> None:
    statement = report(
        "yearly_orders", {"order_register": ORDERS, "customer_info": [{"customer_id": "C1", "customer_name": "科技"}]}
    )
    january = line(statement, "C1:01:G1").values
    assert (january["quantity"], january["unit_price"], january["amount"]) == (
        Decimal(15),
        Decimal("3.33"),
        Decimal("50.00"),
    )
    assert january["delivery_on"] == [date(2026, 2, 1), date(2026, 2, 10)]
    assert january["customer_name"] == "科技"
    assert statement.totals["first_half"] == Decimal("150.00")
    assert statement.totals["second_half"] == Decimal("6.00")
    assert statement.totals["by_customer"]["C1"]["year"] == Decimal("56.00")  # type: ignore[index,call-overload]


def test_r02_counts_what_is_not_shipped() -> None:
    statement = report("order_statistics", {"order_register": ORDERS}, month="2026-01")
    columns = ("customer_id", "quantity", "amount", "orders", "undelivered")
    assert picked(statement, *columns) == [
        ("C1", Decimal(15), Decimal("50.00"), 2, Decimal(10)),
        ("C2", Decimal(1), Decimal("100.00"), 1, Decimal(1)),
    ]


def deal(customer: str, on: str, amount: str, sku: str = "G1", **more: str) -> Row:
    return {"deal_no": f"{customer}{on}", "customer_id": customer, "sold_on": on, "paid_on": on, "amount": amount,
            "sku": sku, "kind": "销售", **more}  # fmt: skip


DEALS = [
    deal("C1", "2026-03-01", "1500.00"),
    deal("C1", "2025-03-01", "1000.00"),
    deal("C2", "2026-04-01", "900.00", "G2"),
    deal("C2", "2025-04-01", "1000.00", "G2"),
    deal("C3", "2026-05-01", "1500.00", "G9"),
    deal("C2", "2025-12-01", "5000.00", "G2"),
]
PRODUCTS = [{"sku": "G1", "cost": "600.00"}, {"sku": "G2", "cost": "450.00"}]


def test_r05_ranks_by_sales_growth_and_margin_and_lists_new_customers_apart() -> None:
    statement = report("key_customers", {"deal": DEALS, "product": PRODUCTS})
    ranked = picked(statement, "ranking", "rank", "customer_id")
    assert [each for each in ranked if each[0] == "sales"] == [
        ("sales", 1, "C1"),
        ("sales", 2, "C3"),
        ("sales", 3, "C2"),
    ]
    assert [each for each in ranked if each[0] == "growth"] == [("growth", 1, "C1"), ("growth", 2, "C2")]
    assert [each for each in ranked if each[0] == "new"] == [("new", 1, "C3")]
    assert line(statement, "growth:1").values["growth"] == Decimal("0.5000")
    assert line(statement, "growth:2").values["growth"] == Decimal("-0.1000")
    assert line(statement, "margin:1").values["margin"] == Decimal("0.6000")
    assert line(statement, "margin:2").values["margin"] == Decimal("0.5000")


def test_r05_withholds_the_margin_of_a_product_without_cost() -> None:
    statement = report("key_customers", {"deal": DEALS, "product": PRODUCTS})
    assert "C3" not in [
        customer for ranking, customer in picked(statement, "ranking", "customer_id") if ranking == "margin"
    ]
    assert [(finding.code, finding.params["customer"]) for finding in statement.findings] == [("E220", "C3")]


def test_r06_sums_regions_and_reports_sales_of_unknown_customers() -> None:
    customers = [
        {"customer_id": "C1", "region": "本市", "area_name": "浦东", "grade_abcd": "A", "industry": "珠宝"},
        {"customer_id": "C2", "region": "本市", "area_name": "浦东", "grade_abcd": "B", "industry": "零售"},
    ]
    statement = report("regions", {"deal": DEALS, "customer_info": customers})
    (values,) = [found.values for found in statement.lines]
    assert (values["customers"], values["grade_a"], values["sales"]) == (2, 1, Decimal("2400.00"))
    assert values["share"] == Decimal("0.6154")  # 2,400 of 3,900
    assert [finding.code for finding in statement.findings] == ["E221"]


def visited(customer: str, at: str, who: str = "S1 张三", **more: str) -> Row:
    return {"customer_id": customer, "visited_at": f"{at} 09:00:00", "mode": "当面", "created_by": who, **more}


def test_r03_counts_a_sale_after_the_visit_as_won() -> None:
    tables = {
        "visit_record": [
            visited("C1", "2026-11-02"), visited("C1", "2026-11-09", overview="谈妥"), visited("C2", "2026-11-03"),
        ],
        "deal": [deal("C1", "2026-11-10", "1.00"), deal("C2", "2026-11-01", "1.00")],
        "development_plan": [{"record_id": "p1", "rep_id": "S1", "year": "2026"}],
        "development_plan.lines": [
            {"record_id": "p1", "line_no": "1", "month": "11", "prospect_id": "X1"},
            {"record_id": "p1", "line_no": "2", "month": "10", "prospect_id": "X2"},
        ],
    }  # fmt: skip
    statement = report("development", tables, month="2026-11")
    assert picked(statement, "customer_id", "visits", "won") == [("C1", 2, True), ("C2", 1, False)]
    assert line(statement, "S1:C1").values["result"] == "谈妥"
    assert statement.totals["by_visitor"] == {
        "S1": {"planned": 1, "visited": 2, "won": 1, "conversion": Decimal("0.5000")}
    }


def test_r04_a_visit_too_many_makes_up_for_nothing() -> None:
    plan = [("C1", "2026-11-03 09:00:00"), ("C1", "2026-11-10 09:00:00"), ("C2", "2026-11-04 09:00:00")]
    tables = {
        "visit_plan": [{"record_id": "p1", "visitor_id": "S1", "plan_kind": "月度", "period": "2026-11"}],
        "visit_plan.lines": [
            {"record_id": "p1", "line_no": str(at), "customer_id": customer, "planned_at": when}
            for at, (customer, when) in enumerate(plan, 1)
        ],
        "visit_record": [visited("C2", f"2026-11-0{day}") for day in (2, 3, 4)] + [visited("C1", "2026-11-05")],
    }
    statement = report("visit_completion", tables)
    assert picked(statement, "customer_id", "planned", "paid") == [("C1", 2, 1), ("C2", 1, 3)]
    assert (statement.totals["planned"], statement.totals["paid"]) == (3, 4)
    assert statement.totals["completion"] == Decimal("0.6667")  # min(2,1) + min(1,3) = 2 of 3


def test_r12_adds_up_the_daily_reports() -> None:
    tables = {
        "service_daily": [{"record_id": "d1", "author_id": "S5", "report_on": "2026-11-03"}],
        "service_daily.lines": [
            {"record_id": "d1", "line_no": "1", "customer_id": "C1", "opinions": "包装", "escalate": "是"},
            {"record_id": "d1", "line_no": "2", "customer_id": "C1", "market": "降价", "handled": "已答复"},
        ],
        "urgent_report": [{"daily_id": "d1", "found_at": "2026-11-03 10:00:00"}],
    }
    statement = report("monthly_rounds", tables, month="2026-11")
    columns = ("author_id", "days", "visits", "customers", "opinions", "market", "handled", "open", "urgent")
    assert picked(statement, *columns) == [("S5", 1, 2, 1, 1, 1, 1, 1, 1)]


def test_r13_a_customer_is_lost_after_three_months_without_a_sale() -> None:
    deals = [deal("C1", "2026-05-20", "100.00"), deal("C1", "2025-05-20", "7.00"), deal("C2", "2026-08-21", "1.00")]
    assert report("lost_customers", {"deal": deals}, "2026-08-20").lines == ()
    statement = report("lost_customers", {"deal": deals}, "2026-08-21")
    columns = ("customer_id", "last_sale_on", "lost_from", "days", "sales")
    assert picked(statement, *columns) == [("C1", date(2026, 5, 20), date(2026, 8, 21), 1, Decimal("100.00"))]


def test_r14_departments_are_ranked_by_adopted_suggestions_a_head() -> None:
    staff = [
        {"staff_id": f"S{at}", "dept": dept, "staff_state": "正式"} for at, dept in enumerate(["甲", "甲", "乙", "丙"])
    ]
    made = {"opened_on": "2026-05-20", "decision": "采用", "award": "600.00"}
    suggestions = [
        made | {"author_id": "S0"},
        made | {"author_id": "S2"},
        made | {"author_id": "S3", "decision": "不采用", "award": ""},
    ]
    statement = report("suggestion_awards", {"staff": staff, "suggestion": suggestions})
    assert picked(statement, "department", "per_head", "rank", "awards") == [
        ("丙", Decimal("0.0000"), None, Decimal("0.00")),
        ("乙", Decimal("1.0000"), 1, Decimal("600.00")),
        ("甲", Decimal("0.5000"), 2, Decimal("600.00")),
    ]


def test_r15_mean_median_and_low_scores_without_a_plan() -> None:
    survey = {"customer_id": "C1", "surveyed_on": "2026-05-01", "q_quality": "4", "q_speed": "4"}
    tables = {
        "satisfaction_survey": [
            survey | {"q_overall": "5"},
            survey | {"q_overall": "2"},
            survey | {"q_overall": "3", "improve_plan": "补训"},
        ],
        "after_sales": [{"customer_id": "C1", "served_on": "2026-06-01", "csat": "4"}],
        "customer_info": [{"customer_id": "C1", "owner_id": "S1"}],
    }
    statement = report("satisfaction", tables)
    columns = ("by", "id", "answers", "mean", "median", "low", "low_without_plan")
    assert picked(statement, *columns) == [
        ("customer", "C1", 4, Decimal("3.50"), Decimal("3.5"), 2, 1),
        ("owner", "S1", 4, Decimal("3.50"), Decimal("3.5"), 2, 1),
    ]


def test_r16_idle_months_leave_and_the_day_cooperation_ends() -> None:
    tables = {
        "staff": [{"staff_id": "S9", "employment": "兼职", "staff_state": "正式", "joined_on": "2025-01-01"}],
        "deal": [deal("C1", "2026-01-20", "1.00", seller_id="S9")],
        "part_time_leave": [{"staff_id": "S9", "from_month": "2026-03", "months": "2"}],
    }
    statement = report("part_timers", tables, "2026-06-01")
    columns = ("last_contract_on", "idle_months", "leave", "let_go_on")
    assert picked(statement, *columns) == [(date(2026, 1, 20), 2, ["2026-03", "2026-04"], date(2026, 7, 1))]


def test_r17_figures_of_ones_own_customers() -> None:
    tables = {
        "customer_info": [{"customer_id": each, "owner_id": "S1"} for each in ("C1", "C2", "C3")],
        "deal": [
            deal("C1", "2026-11-03", "100.00"),
            deal("C1", "2026-11-04", "50.00"),
            deal("C2", "2026-11-05", "10.00"),
            deal("C2", "2026-01-05", "10.00"),
            deal("C3", "2026-08-10", "10.00"),
        ],
        "visit_record": [visited("C1", "2026-11-02", promises="寄样"), visited("C2", "2026-10-30")],
    }
    statement = report("customer_figures", tables, month="2026-11")
    columns = ("staff_id", "customers", "sales", "deals", "visits", "new_customers", "lost_customers", "open_promises")
    assert picked(statement, *columns) == [("S1", 3, Decimal("160.00"), 3, 1, 1, 1, 1)]


def test_r18_claims_without_summary_or_report_are_held() -> None:
    tables = {
        "expense_claim": [
            {"record_id": "e1", "link_kind": "拜访", "visit_id": "v1", "amount": "100.00"},
            {"record_id": "e2", "link_kind": "拜访", "visit_id": "v2", "amount": "20.00"},
            {"record_id": "e3", "link_kind": "接待", "reception_id": "q1", "amount": "3.00"},
            {"record_id": "e4", "link_kind": "接待", "reception_id": "q2", "amount": "4.00"},
            {"record_id": "e5", "link_kind": "差旅", "amount": "5.00"},
        ],
        "visit_record": [{"record_id": "v1", "summary": "成功"}, {"record_id": "v2"}],
        "reception_report": [{"request_id": "q1"}],
    }
    statement = report("claims_held", tables)
    assert picked(statement, "claim_id", "reason") == [("e2", "no_summary"), ("e4", "no_report")]
    assert statement.totals == {"claims": 2, "amount": Decimal("24.00"), "withheld": 0}


REGISTERS = [name for name, kind in REPORTS.items() if ".registers." in kind.build]


@pytest.mark.parametrize("name", REGISTERS)
def test_registers_of_empty_and_absent_tables_have_no_lines(name: str) -> None:
    tables: dict[str, list[Row]] = {table: [] for table in REPORTS[name].reads}
    assert report(name, tables).lines == report(name, {}).lines == ()


@pytest.mark.parametrize("name", REGISTERS)
def test_every_line_names_its_rule_and_explains_itself(name: str) -> None:
    everything: dict[str, list[Row]] = {
        "deal": DEALS, "order_register": ORDERS, "product": PRODUCTS, "visit_record": [visited("C1", "2026-11-02")],
        "customer_info": [{"customer_id": "C1", "owner_id": "S1", "region": "本市", "area_name": "浦东"}],
        "staff": [{"staff_id": "S1", "dept": "甲", "employment": "兼职", "staff_state": "正式"}],
        "satisfaction_survey": [{"customer_id": "C1", "surveyed_on": "2026-05-01", "q_overall": "5"}],
        "expense_claim": [{"link_kind": "拜访", "visit_id": "v9"}], "suggestion": [],
        "service_daily": [{"author_id": "S1", "report_on": "2026-11-02"}],
    }  # fmt: skip
    statement = report(name, everything)
    assert statement.lines
    for found in statement.lines:
        assert found.citation is not None
        assert [step.code for step in statement.explain(found)] == [f"register.{name}", "register.sources"]


def test_d38_d39_d40_follow_what_r19_recommends() -> None:
    months = ("2026-08", "2026-09", "2026-10")
    tables = {
        "staff": [
            {
                "staff_id": each,
                "role": "销售顾问",
                "employment": "全职",
                "staff_state": state,
                "joined_on": "2025-01-05",
            }
            for each, state in (("S1", "试用"), ("S2", "正式"), ("S3", "正式"))
        ],
        "quota": [
            {"staff_id": each, "month": month, "full_quota": quota}
            for each, quota in (("S1", "50000.00"), ("S2", "50000.00"), ("S3", "5000.00"))
            for month in months
        ],
        "deal": [deal("C1", "2026-10-05", "6000.00", seller_id="S3", list_amount="6000.00")],
        "product": [{"sku": "G1", "category": "珠宝", "commissionable": "是"}],
    }
    lines = report("deadlines", tables).lines
    alerts = {
        (found.values["rule"], found.values["owner_id"])
        for found in lines
        if found.values["rule"] in ("D38", "D39", "D40")
    }
    assert alerts == {("D38", "S1"), ("D39", "S2"), ("D40", "S3")}


@pytest.mark.parametrize(("pack", "due"), [("base", "2026-10-02"), ("dealer_manufacturing", "2026-10-08")])
def test_sl_16_packs_differ_only_where_they_say_so(pack: str, due: str) -> None:
    loaded = load_pack(pack, (ROOT / "reports" / "rules",), date(2026, 11, 21))[0]
    assert loaded is not None
    issue = {"resolved_at": "2026-09-29 10:00:00", "reported_at": "2026-09-28 10:00:00", "severity": "复杂"}
    request = Request(frames({"after_sales": [issue]}), loaded, date(2026, 10, 1), CALENDAR)
    dues = {
        found.values["rule"]: str(found.values["due_at"])[:10]
        for found in REPORTS["deadlines"].function()(request).lines
    }
    assert (dues["D14"], dues["D16"]) == ("2026-09-30", due)


def test_payday_follows_the_commission_options() -> None:
    loaded = load_pack("base", (ROOT / "reports" / "rules",), date(2026, 11, 21), {"commission.settle_offset": "2"})[0]
    assert loaded is not None
    request = Request(frames({"deal": [deal("C1", "2026-10-05", "1.00")]}), loaded, date(2026, 11, 21), CALENDAR)
    (payday,) = [found for found in REPORTS["deadlines"].function()(request).lines if found.values["rule"] == "D42"]
    assert str(payday.values["due_at"])[:10] == "2026-12-15"
