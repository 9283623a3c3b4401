"""The grade vectors of the domain specification (§3), expectations copied from the document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from reports.frames import frames_of
from reports.grades.g3 import CRITERIA
from reports.grades.report import grades
from reports.grades.ways_up import Change, WayUp, way_up_g1, way_up_g2, way_up_g3, way_up_g4
from reports.registry import Request
from reports.statement import Statement, StatementLine
from schemas.calendar import WorkingCalendar
from tests.reports.books import Book, Row, catalogue, deal, pack

RULES = pack().rules.grades
assert RULES is not None


def graded(of: Book, as_of: date = date(2026, 9, 1), **options: str) -> Statement:
    """The report over the tables of the book alone: making empty ones of all others would take most of the time."""
    tables = {name.split(".")[0] for name in of}
    read, _ = frames_of([template for template in catalogue().templates if template.key in tables], of)
    return grades(Request(read, pack(**options), as_of, WorkingCalendar()))


def grade(of: Book, scheme: str, as_of: date = date(2026, 9, 1), **options: str) -> StatementLine:
    [found] = [line for line in graded(of, as_of, **options).lines if line.values["scheme"] == scheme]
    return found


def customer(**more: str) -> Row:
    row = {"record_id": "c1", "customer_id": "C0001", "customer_name": "科技有限公司", "first_contact_on": "2025-05-01"}
    return row | more


def scores(text: str, gates: str = "是是是", **more: str) -> Row:
    """Match, budget, decision and potential as the document lists them; "—" is a score not given."""
    names = ("match_score", "budget_score", "decision_score", "potential_score")
    given = {name: value for name, value in zip(names, text.split(","), strict=True) if value != "—"}
    row = {"record_id": "g1", "customer_id": "C0001", "review_month": "2026-08"}
    return row | given | dict(zip(("chain_clear", "budget_ok", "need_clear"), gates, strict=True)) | more


@pytest.mark.parametrize(
    ("given", "gates", "value", "cell", "expected"),
    [
        pytest.param("5,5,4,4", "是是是", "4.40", "HH", "A", id="GR-01"),
        pytest.param("5,5,4,4", "是否是", "4.40", "HH", "B", id="GR-02"),
        pytest.param("4,4,4,4", "是是是", "4.00", "HH", "A", id="GR-03"),
        pytest.param("3,4,4,4", "是是是", "4.00", "MH", "B", id="GR-04"),
        pytest.param("5,1,2,2", "是是是", "1.60", "HL", "B", id="GR-06"),
        pytest.param("2,5,4,4", "是是是", "4.40", "LH", "B", id="GR-07"),
        pytest.param("4,3,3,2", "是是是", "2.70", "HM", "B", id="GR-08"),
        pytest.param("3,2,3,2", "是是是", "2.30", "ML", "C", id="GR-09"),
        pytest.param("2,2,2,2", "是是是", "2.00", "LL", "C", id="GR-11"),
    ],
)
def test_match_and_value_decide_the_grade_and_a_needs_all_gates(
    given: str, gates: str, value: str, cell: str, expected: str
) -> None:
    line = grade({"customer_info": [customer()], "customer_grading": [scores(given, gates)]}, "g1")
    assert line.values["score"] == Decimal(value)
    assert line.values["factors"]["cell"] == cell
    assert line.values["suggested"] == expected


def test_gr_12_a_missing_score_leaves_the_customer_unrated() -> None:
    line = grade({"customer_info": [customer()], "customer_grading": [scores("5,—,4,4")]}, "g1")
    assert (line.values["suggested"], line.values["score"]) == ("未评级", None)


def need(confirmed: str) -> Row:
    return {
        "record_id": "n1", "customer_id": "C0001", "need_no": "DEMO001", "need_type": "刚性", "description": "降低能耗",
        "confirmed_on": confirmed, "talked_on": confirmed,
    }  # fmt: skip


def a_since(day: str) -> Row:
    return {"record_id": "h1", "customer_id": "C0001", "scheme": "匹配度×价值度", "grade": "A", "from_on": day}


def visit(day: str, stage: str) -> Row:
    return {
        "record_id": f"v{day}", "customer_id": "C0001", "visited_at": f"{day} 10:00:00", "ended_at": f"{day} 11:00:00",
        "stage": stage, "mode": "当面",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [pytest.param(date(2026, 8, 31), "A", id="GR-13 stay"), pytest.param(date(2026, 9, 1), "B", id="GR-13 suggest B")],
)
def test_an_a_customer_without_progress_for_three_months_may_drop(as_of: date, expected: str) -> None:
    of = {
        "customer_info": [customer(grade="A")],
        "grade_history": [a_since("2026-01-10")],
        "visit_record": [visit("2026-05-31", "产品说明")],
    }
    assert grade(of, "g1", as_of).values["suggested"] == expected


def test_gr_14_greetings_alone_are_no_progress() -> None:
    greeting = {
        "record_id": "t1", "customer_id": "C0001", "contacted_at": "2026-02-16 09:00:00", "purpose": "节日祝福",
        "channel": "电话", "is_decision_maker": "是",
    }  # fmt: skip
    of = {
        "customer_info": [customer(grade="A")],
        "grade_history": [a_since("2026-01-15")],
        "contact_log": [greeting],
    }
    assert grade(of, "g1", date(2026, 4, 15)).values["suggested"] == "A"
    assert grade(of, "g1", date(2026, 4, 16)).values["suggested"] == "B"


def test_gr_15_progress_moves_the_day_an_a_customer_would_drop() -> None:
    """GR-15: the same customer as GR-13, a need confirmed on 2026-08-30; or a stage forward that day."""
    of = {
        "customer_info": [customer(grade="A")],
        "grade_history": [a_since("2026-01-10")],
        "visit_record": [visit("2026-05-31", "产品说明")],
    }
    assert grade(of | {"need_confirmation": [need("2026-08-30")]}, "g1", date(2026, 9, 1)).values["suggested"] == "A"
    of["visit_record"].append(visit("2026-08-30", "建议书"))
    assert grade(of, "g1", date(2026, 9, 1)).values["suggested"] == "A"


def sold(amount: str, before: str) -> list[Row]:
    return [deal("NOW", amount, on="2026-06-01"), deal("BEFORE", before, on="2025-06-01")]


@pytest.mark.parametrize(
    ("industry", "staff", "sales", "before", "points", "score", "expected"),
    [
        pytest.param("贸易", "300", "1100000", "1000000", (80, 100, 100, 75), "90.75", "A", id="GR-21"),
        pytest.param("机关", "300", "550000", "500000", (100, 100, 80, 75), "85.75", "A", id="GR-23"),
        pytest.param("贸易", "60", "100000", "100000", (80, 60, 60, 50), "60.50", "B", id="GR-24"),
        pytest.param("零售", "60", "100000", "100000", (60, 60, 60, 50), "57.50", "C", id="GR-25"),
        pytest.param("其他", "10", "9000", "10000", (40, 30, 20, 25), "26.25", "D", id="GR-27"),
    ],
)
def test_nature_size_sales_and_trend_make_the_four_classes(
    industry: str, staff: str, sales: str, before: str, points: tuple[int, ...], score: str, expected: str
) -> None:
    of = {"customer_info": [customer(industry=industry, staff_count=staff)], "deal": sold(sales, before)}
    line = grade(of, "g2", grades__g2__nature_of_industry__其他="消费者")
    found = tuple(int(line.values["factors"][f"{name}_points"]) for name in ("nature", "size", "sales", "trend"))
    assert found == points
    assert (line.values["score"], line.values["suggested"]) == (Decimal(score), expected)


def evaluation(points: tuple[int, ...]) -> Book:
    row = {"record_id": "e1", "prospect_id": "QZ-1", "evaluated_on": "2026-08-01"}
    named = dict(zip(CRITERIA, map(str, points), strict=True))
    return {"customer_info": [customer()], "capability_scorecard": [row | named]}


@pytest.mark.parametrize(
    ("points", "score", "verdict"),
    [
        pytest.param((4,) * 8, "80.00", "优先开发", id="GR-31"),
        pytest.param((5, 3, 3, 4, 3, 4, 4, 3), "77.00", "可开发", id="GR-32"),
        pytest.param((2, 2, 3, 3, 2, 2, 3, 3), "49.00", "培育", id="GR-34"),
        pytest.param((1, 2, 1, 2, 1, 2, 3, 2), "34.00", "放弃", id="GR-35"),
        pytest.param((5, 5, 5, 5, 5, 5, 0, 5), "90.00", "放弃", id="GR-37"),
    ],
)
def test_eight_criteria_decide_who_is_able(points: tuple[int, ...], score: str, verdict: str) -> None:
    values = grade(evaluation(points), "g3").values
    assert (values["score"], values["suggested"]) == (Decimal(score), verdict)


FACTORS = ("pay_attitude", "cash_record", "fund_status", "biz_status", "finance_mgmt", "return_habit", "policy")


def survey(text: str, **more: str) -> Row:
    row = {"record_id": "k1", "customer_id": "C0001", "surveyed_on": "2026-08-01", "conclusion": "正常"}
    return row | dict(zip(FACTORS, text.split(","), strict=True)) | more


@pytest.mark.parametrize(
    ("answers", "score", "expected"),
    [
        pytest.param("及时,良好,充足,常态,普通,合理,坚实", "90.0", "A", id="GR-41"),
        pytest.param("及时,良好,一般,常态,普通,合理,坚实", "82.0", "B", id="GR-42"),
        pytest.param("一般,偶有退票,一般,常态,普通,合理,平常", "58.0", "C", id="GR-44"),
        pytest.param("拖延,经常退票,紧张,衰退,劣,不正常,投机", "16.5", "D", id="GR-45"),
    ],
)
def test_the_survey_decides_the_credit_grade(answers: str, score: str, expected: str) -> None:
    values = grade({"customer_info": [customer()], "credit_survey": [survey(answers)]}, "g4").values
    assert (values["score"], values["suggested"]) == (Decimal(score), expected)


def test_gr_47_the_credit_limit_follows_sales_term_and_grade() -> None:
    of = {
        "customer_info": [customer()],
        "credit_survey": [survey("及时,良好,一般,常态,普通,合理,坚实")],
        "customer_profile": [
            {"record_id": "f1", "customer_id": "C0001", "avg_month_sales": "80000", "filled_on": "2026-08-01"}
        ],
    }
    line = grade(of, "g4", grades__g4__term_days="45")
    assert line.values["factors"]["limit"] == Decimal("96000.00")


@pytest.mark.parametrize(
    ("more", "expected", "reason"),
    [
        ({"biz_status": "危险"}, "D", "veto"),
        ({"conclusion": "有问题"}, "D", "veto"),
        ({"need_special": "是"}, "未评级", "second_survey"),
    ],
    ids=["business in danger", "credit problem", "second survey asked for"],
)
def test_a_veto_or_a_second_survey_overrides_the_score(more: dict[str, str], expected: str, reason: str) -> None:
    of = {"customer_info": [customer()], "credit_survey": [survey("及时,良好,充足,兴隆,佳,无,坚实", **more)]}
    values = grade(of, "g4").values
    assert (values["suggested"], values["reason"]) == (expected, reason)


def test_a_customer_lost_for_three_months_is_not_new_again() -> None:
    """§3.6."""
    of = {"customer_info": [customer()], "deal": [deal("A", "5000", on="2025-09-02")]}
    assert grade(of, "new_customer", date(2026, 9, 1)).values["suggested"] == "老客户"
    assert grade(of, "new_customer", date(2026, 9, 2)).values["suggested"] == "新客户"


def test_a_potential_key_account_has_never_bought() -> None:
    """§3.3: 潜在大客户 is exclusive with any paid sale."""
    of: Book = {"customer_info": [customer(is_public_official="是")], "customer_grading": [scores("5,5,4,4")]}
    assert grade(of, "ka_class").values["suggested"] == "重要客户、潜在大客户"
    of["deal"] = [deal("A", "200000", on="2026-06-01")]
    assert grade(of, "ka_class").values["suggested"] == "重要客户、高价值客户"


@pytest.mark.parametrize(
    ("grade_now", "bought", "level"),
    [("A", True, "重要客户"), ("B", True, "一般客户"), ("C", True, "潜在客户"), ("A", False, "潜在客户")],
    ids=["A", "B", "C", "A never sold to"],
)
def test_the_visit_level_follows_the_grade(grade_now: str, bought: bool, level: str) -> None:
    of: Book = {
        "customer_info": [customer(grade=grade_now)],
        "grade_history": [a_since("2026-08-01") | {"grade": grade_now}],
    }
    of["deal"] = [deal("A", "5000", on="2026-08-20")] if bought else []
    assert grade(of, "visit_level").values["suggested"] == level


def test_the_cheapest_way_up_is_the_fewest_points_and_gates() -> None:
    assert RULES is not None
    b_to_a = way_up_g1(
        {"match": 5, "budget": 5, "decision": 4, "potential": 4},
        {"chain_clear": True, "budget_ok": False, "need_clear": True},
        "B",
        RULES.g1,
    )
    assert b_to_a == WayUp("A", (Change("budget_ok", "否", "是"),))
    c_to_b = way_up_g1({"match": 3, "budget": 2, "decision": 3, "potential": 2}, {}, "C", RULES.g1)
    assert c_to_b == WayUp("B", (Change("budget", "2", "3"),))


def test_the_cheapest_way_up_in_money_counts_sales_and_trend_together() -> None:
    """88,000 sold after 88,000: 12,000 more reach 10万 (60 points, +8.00) and +13.6 % (75 points, +6.25)."""
    assert RULES is not None
    other = Decimal("80") * Decimal("0.15") + Decimal("60") * Decimal("0.20")
    assert other + Decimal("40") * Decimal("0.40") + Decimal("50") * Decimal("0.25") == Decimal("52.50")
    way = way_up_g2(8_800_000, 8_800_000, Fraction(other), "C", RULES.g2)
    assert way == WayUp("B", (), Decimal("12000.00"))


def test_the_way_up_of_capability_takes_the_heaviest_criteria_and_of_credit_the_smallest_step() -> None:
    """82.0 lacks 3 points of A: 业务状况 one step up brings just 15 × 20 ÷ 100 = 3; 资金 to 充足 would bring 8."""
    assert RULES is not None
    way = way_up_g3(dict(zip(CRITERIA, (5, 3, 3, 4, 3, 4, 4, 3), strict=True)), "可开发", RULES.g3)
    assert way == WayUp("优先开发", (Change("cap_distribution", "4", "5"),))
    answers = dict(zip(FACTORS, ["及时", "良好", "一般", "常态", "普通", "合理", "坚实"], strict=True)) | {
        "conclusion": "正常"
    }
    assert way_up_g4(answers, "B", RULES.g4) == WayUp("A", (Change("biz_status", "常态", "渐盛"),))
