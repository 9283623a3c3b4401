"""The shipped scorecards number by number, and where each figure comes from. Source: domain.md §5."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from reports.kpi.report import kpi
from reports.registry import Request
from reports.statement import Statement
from schemas.calendar import WorkingCalendar
from tests.reports.books import Book, book, claim, codes, deal, frames, pack, person, quota

RULES = pack().rules.kpi
CARDS = {
    "manager": (
        ("大客户经理",), "half", {"上级领导": 70, "人力部门": 30},
        {"销售毛利率": 5, "销售费用节省率": 5, "销售计划完成率": 40, "大客户流失率": 10, "销售增长率": 10,
         "大客户新开发": 5, "客户满意度": 5, "投诉次数": 5, "员工满意度": 5, "核心员工保留率": 5, "培训计划完成率": 5},
    ),
    "back_office": (
        ("内勤",), "half", {"上级领导": 70, "部门同事": 30},
        {"大客户信息档案完整性": 20, "数据分析报告及时准确": 30, "后勤服务完善及时程度": 30, "完成领导安排的工作": 20},
    ),
    "consultant": (
        ("销售顾问", "销售专员", "销售主管"), "quarter", {"上级领导": 70, "部门同事": 30},
        {"销售计划完成率": 50, "大客户流失数": 10, "开发计划完成率": 10, "有效投诉次数": 5, "意见反馈及时率": 5,
         "档案完整性": 5, "服务规范执行情况": 5, "大客户满意程度": 5, "解答客户问题的及时性": 5},
    ),
}  # fmt: skip
HUNDRED_PERCENT = {
    "manager": {"销售毛利率": 1, "销售费用节省率": 1, "销售计划完成率": 1, "销售增长率": 1, "客户满意度": 100,
                "核心员工保留率": 1},
    "back_office": {"大客户信息档案完整性": 1, "数据分析报告及时准确": 1},
    "consultant": {"销售计划完成率": 1, "开发计划完成率": 1, "意见反馈及时率": 1, "档案完整性": 1,
                   "大客户满意程度": 100},
}  # fmt: skip


@pytest.mark.parametrize("key", list(CARDS))
def test_the_shipped_cards_are_those_of_the_document(key: str) -> None:
    card, (roles, period, raters, weights) = RULES.cards[key], CARDS[key]
    assert (card.roles, card.period, card.raters) == (roles, period, raters)
    assert {indicator.label.zh: indicator.weight for indicator in card.indicators} == weights
    targets = {each.label.zh: each.target for each in card.indicators if each.target is not None}
    assert targets == HUNDRED_PERCENT[key]


def asked(of: Book, month: str, as_of: date, person_id: str = "S001", **options: str) -> Statement:
    return kpi(Request(frames(of), pack(**options), as_of, WorkingCalendar(), month, person_id))


def score(statement: Statement, indicator: str) -> tuple[object, object, object]:
    [line] = [each for each in statement.lines if each.values["indicator"] == indicator]
    return line.values["actual"], line.values["score"], line.values["reason"]


def owned(of: Book) -> Book:
    of["customer_info"] = [
        {"record_id": "c1", "customer_id": "C0001", "customer_name": "甲", "owner_id": "S001", "ka_class": "战略客户"}
    ]
    return of


def service(number: int, reported: str, responded: str, **more: str) -> dict[str, str]:
    return {
        "record_id": f"s{number}", "customer_id": "C0001", "issue_type": "咨询", "reported_at": reported,
        "responded_at": responded, "served_on": reported[:10],
    } | more  # fmt: skip


def test_feedback_counts_promises_made_in_the_quarter_whenever_they_fell_due() -> None:
    """Solved on 31 December, followed up in time on 3 January: one of the fourth quarter's two promises was kept."""
    late = service(1, "2026-12-31 10:00:00", "2026-12-31 10:16:00", resolved_at="2026-12-31 11:00:00",
                   followed_up_at="2027-01-03 10:00:00", csat="5")  # fmt: skip
    statement = asked(owned(book(after_sales=[late])), "2026-12", date(2027, 1, 31))
    assert score(statement, "意见反馈及时率") == (Decimal("1.00"), Decimal("50.00"), "")


@pytest.mark.parametrize(
    ("kind", "fault", "points"),
    [("投诉", "人员过失", "80.00"), ("投诉", "企业过失", "80.00"), ("投诉", "客户原因", "100.00"),
     ("投诉", "无责", "100.00"), ("故障", "人员过失", "100.00")],
)  # fmt: skip
def test_only_complaints_by_somebodys_or_the_companys_fault_count(kind: str, fault: str, points: str) -> None:
    row = service(1, "2026-11-10 10:00:00", "2026-11-10 10:05:00", issue_type=kind, fault=fault)
    found = score(asked(owned(book(after_sales=[row])), "2026-12", date(2027, 1, 31)), "有效投诉次数")
    assert found[1] == Decimal(points)


def manager(*deals: dict[str, str], **tables: list[dict[str, str]]) -> Book:
    people = [person(), person("S003", role="大客户经理"), person("P001", employment="兼职")]
    products = [{"record_id": "p1", "sku": "J01", "category": "珠宝", "list_price": "10000", "cost": "6000"}]
    return owned(book(*deals, people=people, **tables) | {"product": products})


def test_expenses_saved_are_measured_against_the_budget_the_company_states() -> None:
    """Six months at 5,000 are 30,000; claimed 6,000 in the half-year and 900 before it: 24,000 ÷ 30,000."""
    of = manager(claims=[claim("4000", month="2026-07"), claim("2000", month="2026-12", person="S003"),
                         claim("900", month="2026-06")])  # fmt: skip
    without = asked(of, "2026-12", date(2027, 1, 31), "S003")
    assert score(without, "销售费用节省率") == (None, None, "no_budget")
    stated = asked(of, "2026-12", date(2027, 1, 31), "S003", kpi__expense_budget_month="5000")
    assert score(stated, "销售费用节省率") == (Decimal("0.80"), Decimal("80.00"), "")


@pytest.mark.parametrize("unsure", [{"month": ""}, {"status": "待确认"}, {"amount": "五百"}])
def test_expenses_saved_are_not_scored_while_a_claim_may_belong_to_the_period(unsure: dict[str, str]) -> None:
    of = manager(claims=[claim("4000", month="2026-07"), claim("2000", month="2026-12") | unsure])
    stated = asked(of, "2026-12", date(2027, 1, 31), "S003", kpi__expense_budget_month="5000")
    assert score(stated, "销售费用节省率") == (None, None, "expenses_unknown")


def test_a_card_counts_losses_by_the_months_of_rule_d35() -> None:
    """Last sale 2026-05-20: lost from 2026-08-21 after three months, from 2026-07-21 after two."""
    of = owned(book(deal("A", "5000", on="2026-05-20")))
    assert score(asked(of, "2026-09", date(2026, 8, 1)), "大客户流失数")[0] == 0
    assert score(asked(of, "2026-09", date(2026, 8, 1), deadlines__D35__due__amount="2"), "大客户流失数")[0] == 1


def test_margin_growth_retention_and_new_key_accounts_of_a_half_year() -> None:
    """Sold 8,000 and 12,000 at a list price of 10,000 and 15,000: cost 6,000 + 9,000; the year before 16,000."""
    of = manager(
        deal("OLD", "16000", on="2025-07-05", customer_id="C0009"),
        deal("A", "8000", on="2026-08-10", listed="10000"),
        deal("B", "12000", on="2026-09-10", listed="15000"),
    )
    statement = asked(of, "2026-12", date(2027, 1, 31), "S003")
    assert score(statement, "销售毛利率") == (Decimal("0.25"), Decimal("25.00"), "")
    assert score(statement, "销售增长率") == (Decimal("0.25"), Decimal("25.00"), "")
    assert score(statement, "核心员工保留率") == (Decimal("1.00"), Decimal("100.00"), "")
    assert score(statement, "大客户新开发") == (Decimal("1.00"), None, "no_target")


def test_a_quarter_of_the_active_customers_lost_is_the_churn_rate_which_needs_a_target() -> None:
    deals = [deal(f"D{at}", "5000", on="2026-06-01", customer_id=f"C000{at}") for at in range(1, 5)]
    kept = [deal(f"K{at}", "5000", on="2026-08-15", customer_id=f"C000{at}") for at in range(2, 5)]
    more = [deal(f"L{at}", "5000", on="2026-11-10", customer_id=f"C000{at}") for at in range(2, 5)]
    statement = asked(manager(*deals, *kept, *more), "2026-12", date(2027, 1, 31), "S003")
    assert score(statement, "大客户流失率") == (Decimal("0.25"), None, "no_target")


def test_part_timers_have_no_scorecard() -> None:
    statement = asked(manager(quotas=[quota("4000", person="P001")]), "2026-12", date(2027, 1, 31), "P001")
    assert (statement.lines, codes(statement) & {"E415"}) == ((), set())


def test_equal_weights_share_the_hundred() -> None:
    statement = asked(owned(book()), "2026-12", date(2027, 1, 31), kpi__weights="equal")
    assert {line.values["weight"] for line in statement.lines} == {Decimal("11.1111")}


def test_a_card_starts_with_the_first_period_that_begins_once_it_is_enabled() -> None:
    option = {"kpi__cards__consultant__enabled_from": "2026-10-01"}
    of = owned(book())
    before = asked(of, "2026-09", date(2027, 1, 31), **option)
    assert (before.lines, "E411" in codes(before)) == ((), True)
    assert asked(of, "2026-10", date(2027, 1, 31), **option).lines


def test_raters_may_be_asked_to_blend_the_whole_card() -> None:
    given = [
        {"record_id": f"r{at}", "ratee_id": "S001", "rater_id": "S900", "period": "2026-Q4", "card": "销售顾问",
         "indicator": "销售计划完成率", "rater_role": role, "score": mark}
        for at, (role, mark) in enumerate([("上级领导", "90"), ("部门同事", "80")])
    ]  # fmt: skip
    of = owned(book(kpi_rating=given))
    statement = asked(of, "2026-12", date(2027, 1, 31), kpi__blend_scope="whole")
    assert score(statement, "销售计划完成率")[1:] == (Decimal("87.00"), "")
    assert score(asked(of, "2026-12", date(2027, 1, 31)), "销售计划完成率")[1:] == (None, "no_plan")
