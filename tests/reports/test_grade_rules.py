"""What decides a grade besides the vectors: steps, vetoes, tags, every band and every point. Source: domain.md §3."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from reports.statement import StatementLine, step_text
from schemas.labels import Labels
from tests.reports.books import ROOT, Book, Row, deal
from tests.reports.test_grade_vectors import CRITERIA, customer, grade, graded, scores, survey

TODAY = date(2026, 9, 10)
LABELS = Labels.load(ROOT / "forms" / "locales")


def history(value: str, since: str, former: str = "") -> Row:
    return {
        "record_id": f"h{since}", "customer_id": "C0001", "scheme": "匹配度×价值度", "grade": value, "former": former,
        "from_on": since,
    }  # fmt: skip


ALL_FIVE, MIDDLING, WEAK = "5,5,5,5", "4,3,3,2", "2,2,2,2"  # A, B and C by the matrix


@pytest.mark.parametrize(
    ("held", "given", "month", "suggested", "reason"),
    [
        pytest.param([("B", "2026-09-03", "C")], ALL_FIVE, "2026-09", "B", "one_step_a_month", id="raised this month"),
        pytest.param([("C", "2026-05-01", ""), ("B", "2026-09-03", "")], ALL_FIVE, "2026-09", "B", "one_step_a_month",
                     id="raised this month, the history tells from what"),
        pytest.param([("B", "2026-08-31", "C")], ALL_FIVE, "2026-09", "A", "scores", id="raised last month"),
        pytest.param([("C", "2026-09-03", "B")], ALL_FIVE, "2026-10", "C", "not_scored", id="scored in a later month"),
        pytest.param([("C", "2026-05-01", "")], ALL_FIVE, "2026-09", "A", "scores", id="C to A in one step"),
        pytest.param([("C", "2026-05-01", "")], MIDDLING, "2026-09", "B", "scores", id="C to B"),
        pytest.param([("C", "2026-09-03", "")], MIDDLING, "2026-09", "B", "scores", id="a first grade is no step"),
        pytest.param([("B", "2026-08-20", "A")], ALL_FIVE, "2026-08", "B", "demoted_since", id="lowered since scored"),
        pytest.param([("B", "2026-08-20", "A")], ALL_FIVE, "2026-09", "A", "scores", id="scored anew"),
        pytest.param([("B", "2026-09-03", "C")], WEAK, "2026-09", "C", "scores", id="down at any time"),
    ],
)  # fmt: skip
def test_a_grade_rises_one_step_a_month_and_by_scores_it_was_not_lowered_in_spite_of(
    held: list[tuple[str, str, str]], given: str, month: str, suggested: str, reason: str
) -> None:
    of: Book = {
        "customer_info": [customer(grade=held[-1][0])],
        "grade_history": [history(*entry) for entry in held],
        "customer_grading": [scores(given, review_month=month)],
    }
    values = grade(of, "g1", TODAY).values
    assert (values["suggested"], values["reason"]) == (suggested, reason)


def test_without_a_history_the_confirmed_gradings_tell_when_a_grade_was_raised() -> None:
    """August C, September confirmed as B though the scores reach A: A is for October."""
    august = scores(WEAK, record_id="g0", review_month="2026-08", grade="C")
    september = scores(ALL_FIVE, review_month="2026-09", grade="B")
    of: Book = {"customer_info": [customer()], "customer_grading": [august, september]}
    assert grade(of, "g1", TODAY).values["reason"] == "one_step_a_month"
    assert grade(of, "g1", date(2026, 10, 1)).values["suggested"] == "A"


def test_c_to_a_needs_all_gates() -> None:
    of: Book = {
        "customer_info": [customer(grade="C")],
        "customer_grading": [scores(ALL_FIVE, "是是否", review_month="2026-09")],
    }
    assert grade(of, "g1", TODAY).values["suggested"] == "B"


@pytest.mark.parametrize(
    ("day", "months", "suggested"),
    [(date(2026, 7, 15), "6", "B"), (date(2026, 7, 16), "6", "C"), (date(2027, 1, 1), "", "B")],
    ids=["six months to the day", "a day more", "off by default"],
)
def test_an_idle_b_drops_only_where_the_rules_say_so(day: date, months: str, suggested: str) -> None:
    of: Book = {"customer_info": [customer(grade="B")], "grade_history": [history("B", "2026-01-15")]}
    options = {"grades__g1__demote_b_months": months} if months else {}
    assert grade(of, "g1", day, **options).values["suggested"] == suggested


@pytest.mark.parametrize(
    ("event", "is_progress"),
    [
        ({"contract": [{"record_id": "k", "customer_id": "C0001", "signed_on": "2026-08-30"}]}, True),
        ({"deal": [deal("D", "100", on="2026-08-30")]}, True),
        ({"order_register": [{"record_id": "o", "customer_id": "C0001", "received_on": "2026-08-30"}]}, True),
        ({"customer_grading": [scores("5,3,4,4", record_id="a", review_month="2026-07"),
                               scores("5,5,5,5", record_id="b", review_month="2026-08")]}, True),
        ({"contact_log": [{"record_id": "t", "customer_id": "C0001", "contacted_at": "2026-08-30 09:00:00",
                           "purpose": "回访"}]}, False),
        ({"visit_record": [{"record_id": "v", "customer_id": "C0001", "visited_at": "2026-08-30 09:00:00",
                            "stage": "滞留"}]}, False),
    ],
    ids=["contract", "deal", "order", "budget changed", "a call", "a visit without a stage forward"],
)  # fmt: skip
def test_progress_is_a_stage_need_solution_contract_order_or_a_changed_budget(event: Book, is_progress: bool) -> None:
    of: Book = {"customer_info": [customer(grade="A")], "grade_history": [history("A", "2026-01-15")]}
    assert grade(of | event, "g1", TODAY).values["suggested"] == ("A" if is_progress else "B")


@pytest.mark.parametrize("cell", ["HH", "HM", "HL", "MH", "MM", "ML", "LH", "LM", "LL"])
def test_each_cell_of_the_matrix_has_its_grade(cell: str) -> None:
    level = {"H": "4", "M": "3", "L": "2"}
    value = level[cell[1]]
    of: Book = {
        "customer_info": [customer()],
        "customer_grading": [scores(f"{level[cell[0]]},{value},{value},{value}")],
    }
    line = grade(of, "g1")
    assert (line.values["factors"]["cell"], line.values["suggested"]) == (
        cell, {"HH": "A", "ML": "C", "LM": "C", "LL": "C"}.get(cell, "B")
    )  # fmt: skip


def test_a_value_of_two_and_a_half_is_middling() -> None:
    """0.4 × 1 + 0.3 × 4 + 0.3 × 3 = 2.5; one point of potential less makes it low."""
    of: Book = {"customer_info": [customer()], "customer_grading": [scores("4,1,4,3")]}
    assert grade(of, "g1").values["factors"]["cell"] == "HM"
    of["customer_grading"] = [scores("4,1,4,2")]
    assert grade(of, "g1").values["factors"]["cell"] == "HL"


def g2(more: Row, *deals: Row, **options: str) -> StatementLine:
    of: Book = {"customer_info": [customer(**({"industry": "贸易", "staff_count": "50"} | more))], "deal": list(deals)}
    return grade(of, "g2", **options)


@pytest.mark.parametrize(
    ("more", "points"),
    [
        ({"industry": "贸易"}, 80), ({"industry": "机关"}, 100), ({"industry": "零售"}, 60), ({"industry": "珠宝"}, 60),
        ({"industry": "制造业"}, 60), ({"industry": "服务", "is_public_official": "是"}, 100),
    ],
    ids=["trade", "public body", "retail", "jewellery", "manufacturing", "official"],
)  # fmt: skip
def test_the_nature_follows_the_industry(more: Row, points: int) -> None:
    assert g2(more).values["factors"]["nature_points"] == points


def test_an_industry_without_a_nature_is_not_guessed_and_may_be_given_one() -> None:
    assert (g2({"industry": "互联网"}).values["suggested"], g2({"industry": "互联网"}).values["reason"]) == (
        "未评级", "no_nature"
    )  # fmt: skip
    named = g2({"industry": "互联网"}, grades__g2__nature_of_industry__互联网="消费者")
    assert named.values["factors"]["nature_points"] == 40
    assert g2({"industry": ""}).values["reason"] == "no_industry"


@pytest.mark.parametrize(
    ("more", "points"),
    [
        ({"staff_count": "300"}, 100), ({"staff_count": "299"}, 60), ({"staff_count": "50"}, 60),
        ({"staff_count": "49"}, 30), ({"staff_count": "", "annual_revenue": "100000000"}, 100),
        ({"staff_count": "", "annual_revenue": "99999999.99"}, 60),
        ({"staff_count": "", "annual_revenue": "10000000"}, 60),
        ({"staff_count": "", "annual_revenue": "9999999.99"}, 30),
    ],
)  # fmt: skip
def test_the_size_follows_the_staff_else_the_revenue(more: Row, points: int) -> None:
    assert g2(more).values["factors"]["size_points"] == points


@pytest.mark.parametrize(
    ("sold", "points"),
    [
        ("1000000", 100), ("999999.99", 80), ("500000", 80), ("499999.99", 60), ("100000", 60), ("99999.99", 40),
        ("10000", 40), ("9999.99", 20), ("0.01", 20),
    ],
)  # fmt: skip
def test_sales_of_twelve_months_fall_into_bands(sold: str, points: int) -> None:
    factors = g2({}, deal("D", sold, on="2026-06-01")).values["factors"]
    assert (factors["sales_points"], factors["trend_points"]) == (points, 60)
    assert g2({}).values["factors"]["sales_points"] == 0


@pytest.mark.parametrize(
    ("now", "points"),
    [
        ("120000", 100), ("119999.99", 75), ("105000", 75), ("104999.99", 50), ("95000", 50), ("94999.99", 25),
        ("80000", 25), ("79999.99", 0),
    ],
)  # fmt: skip
def test_the_trend_compares_with_the_twelve_months_before(now: str, points: int) -> None:
    deals = deal("NOW", now, on="2025-09-02"), deal("BEFORE", "100000", on="2025-09-01")
    assert g2({}, *deals).values["factors"]["trend_points"] == points


def test_by_shares_the_customer_crossing_a_share_belongs_to_the_class_above_and_no_sales_mean_the_last() -> None:
    """Of 100,000: 60, 30 (from 60 to 90 %: A ends at 70), 7 (to 97: crosses neither 98), 2 (to 99), 1 (beyond), 0."""
    sold = {"C1": "60000", "C2": "30000", "C3": "7000", "C4": "2000", "C5": "1000"}
    of: Book = {
        "customer_info": [customer(record_id=c, customer_id=c) for c in (*sold, "C6")],
        "deal": [deal(f"D{c}", amount, on="2026-06-01", customer_id=c) for c, amount in sold.items()],
    }
    lines = [line for line in graded(of, grades__g2__method="pareto").lines if line.values["scheme"] == "g2"]
    assert {line.values["customer_id"]: line.values["suggested"] for line in lines} == {
        "C1": "A", "C2": "A", "C3": "C", "C4": "C", "C5": "D", "C6": "D"
    }  # fmt: skip
    assert [str(line.values["factors"]["share"]) for line in lines[:2]] == ["60.00", "30.00"]


@pytest.mark.parametrize(("name", "weight"), list(zip(CRITERIA, (20, 10, 10, 20, 10, 15, 10, 5), strict=True)))
def test_each_criterion_of_capability_has_its_weight(name: str, weight: int) -> None:
    row = {"record_id": "e1", "prospect_id": "QZ-1", "evaluated_on": "2026-08-01"} | dict.fromkeys(CRITERIA, "0")
    of: Book = {"customer_info": [customer()], "capability_scorecard": [row | {name: "5"}]}
    assert grade(of, "g3").values["score"] == weight


@pytest.mark.parametrize(
    ("points", "verdict"),
    [("4,4,4,4,4,4,4,4", "优先开发"), ("4,4,4,4,4,4,4,3", "可开发"), ("3,3,3,3,3,3,3,3", "可开发"),
     ("3,3,3,3,3,3,3,2", "培育"), ("2,2,2,2,2,2,2,2", "培育"), ("2,2,2,2,2,2,2,1", "放弃")],
)  # fmt: skip
def test_eighty_sixty_and_forty_divide_the_verdicts(points: str, verdict: str) -> None:
    row = {"record_id": "e1", "prospect_id": "QZ-1", "evaluated_on": "2026-08-01"}
    of: Book = {
        "customer_info": [customer()],
        "capability_scorecard": [row | dict(zip(CRITERIA, points.split(","), strict=True))],
    }
    assert grade(of, "g3").values["suggested"] == verdict


@pytest.mark.parametrize(("name", "vetoes"), [("cap_fund", True), ("cap_will", True), ("cap_idea", False)])
def test_no_capital_or_no_will_decides_alone_whatever_is_missing(name: str, vetoes: bool) -> None:
    row = {"record_id": "e1", "prospect_id": "QZ-1", "evaluated_on": "2026-08-01", name: "0"}
    of: Book = {"customer_info": [customer()], "capability_scorecard": [row]}
    values = grade(of, "g3").values
    assert (values["suggested"], values["score"]) == ("放弃" if vetoes else "未评级", None)


ANSWERS = {
    "pay_attitude": (25, {"及时": 100, "一般": 60, "拖延": 20, "拒付": 0}),
    "cash_record": (20, {"良好": 100, "偶有退票": 40, "经常退票": 0}),
    "fund_status": (20, {"充足": 100, "一般": 60, "紧张": 20}),
    "biz_status": (15, {"兴隆": 100, "渐盛": 80, "常态": 60, "衰退": 30, "危险": 0}),
    "finance_mgmt": (10, {"佳": 100, "普通": 70, "劣": 20, "无": 0}),
    "return_habit": (5, {"无": 100, "合理": 80, "正常": 80, "不正常": 20}),
    "policy": (5, {"积极": 80, "保守": 70, "坚实": 100, "平常": 60, "零乱": 20, "投机": 0}),
}
BEST = "及时,良好,充足,兴隆,佳,无,坚实"


@pytest.mark.parametrize(
    ("factor", "answer", "score"),
    [
        pytest.param(factor, answer, 100 - Decimal(weight * (100 - points)) / 100, id=f"{factor} {answer}")
        for factor, (weight, answers) in ANSWERS.items()
        for answer, points in answers.items()
    ],
)
def test_each_answer_of_the_credit_survey_has_its_points(factor: str, answer: str, score: Decimal) -> None:
    of: Book = {"customer_info": [customer()], "credit_survey": [survey(BEST, **{factor: answer})]}
    assert grade(of, "g4").values["score"] == score


@pytest.mark.parametrize(
    ("answers", "score", "expected", "limit"),
    [
        ("及时,良好,充足,渐盛,普通,合理,零乱", "89.0", "A", "120000.00"),
        ("及时,良好,充足,衰退,佳,无,平常", "87.5", "A", "120000.00"),
        ("及时,良好,一般,渐盛,普通,合理,坚实", "85.0", "A", "120000.00"),
        ("及时,良好,一般,渐盛,普通,合理,积极", "84.0", "B", "96000.00"),
        ("一般,偶有退票,充足,渐盛,佳,无,坚实", "75.0", "B", "96000.00"),
        ("一般,偶有退票,充足,常态,佳,合理,平常", "69.0", "C", "72000.00"),
        ("一般,偶有退票,充足,常态,佳,合理,积极", "70.0", "B", "96000.00"),
        ("一般,偶有退票,一般,衰退,佳,合理,坚实", "58.5", "C", "72000.00"),
        ("一般,偶有退票,一般,常态,劣,无,坚实", "56.0", "C", "72000.00"),
        ("一般,偶有退票,一般,常态,劣,无,积极", "55.0", "C", "72000.00"),
        ("一般,偶有退票,一般,常态,劣,合理,积极", "54.0", "D", "0.00"),
    ],
)
def test_the_credit_grade_and_its_limit(answers: str, score: str, expected: str, limit: str) -> None:
    """Average sales 80,000 a month at 45 days: 120,000 × the grade's factor."""
    of: Book = {
        "customer_info": [customer(), customer(record_id="c2", customer_id="C0002")],
        "credit_survey": [survey(answers), survey(answers, record_id="k2", customer_id="C0002")],
        "customer_profile": [
            {"record_id": "f1", "customer_id": "C0001", "avg_month_sales": "80000", "filled_on": "2026-08-01"}
        ],
        "new_customer_recognition": [{"record_id": "n1", "customer_code": "C0001", "pay_term_days": "45"}],
    }
    first, second = [line.values for line in graded(of).lines if line.values["scheme"] == "g4"]
    assert (first["score"], first["suggested"]) == (Decimal(score), expected)
    assert first["factors"]["limit"] == Decimal(limit)
    assert second["factors"]["limit"] == (Decimal("0.00") if expected == "D" else None)


@pytest.mark.parametrize(
    ("more", "suggested", "reason"),
    [
        ({"biz_status": "危险", "policy": ""}, "D", "veto"),
        ({"conclusion": "有问题", "need_special": "是"}, "D", "veto"),
        ({"biz_status": "危险", "need_special": "是"}, "未评级", "second_survey"),
        ({"policy": ""}, "未评级", "incomplete"),
        ({"conclusion": "需关注"}, "A", "score"),
    ],
    ids=["a veto needs no other answer", "a credit problem ends the survey", "a second survey first",
         "an answer missing", "to be watched is no veto"],
)  # fmt: skip
def test_vetoes_second_surveys_and_missing_answers(more: Row, suggested: str, reason: str) -> None:
    of: Book = {"customer_info": [customer()], "credit_survey": [survey(BEST, **more)]}
    values = grade(of, "g4").values
    assert (values["suggested"], values["reason"]) == (suggested, reason)


@pytest.mark.parametrize(
    ("tables", "tags"),
    [
        ({"deal": [deal("D", "200000", on="2026-06-01")]}, "高价值客户"),
        ({"deal": [deal("D", "199999.99", on="2026-06-01")]}, ""),
        ({"relationship_plan": [{"record_id": "r", "customer_id": "C0001"}],
          "relationship_plan.lines": [{"record_id": "r", "line_no": "1", "influence": "4"}]}, "高价值客户"),
        ({"relationship_plan": [{"record_id": "r", "customer_id": "C0001"}],
          "relationship_plan.lines": [{"record_id": "r", "line_no": "1", "influence": "3"}]}, ""),
        ({"customer_profile": [{"record_id": "f", "customer_id": "C0001", "industry_rank": "领导力"}]}, "战略客户"),
        ({"customer_profile": [{"record_id": "f", "customer_id": "C0001", "industry_rank": "具影响力"}]}, "战略客户"),
        ({"customer_profile": [{"record_id": "f", "customer_id": "C0001", "industry_rank": "一流"}]}, ""),
        ({"customer_grading": [scores(MIDDLING)]}, "潜在大客户"),
        ({"customer_grading": [scores(WEAK)]}, ""),
        ({"customer_grading": [scores(ALL_FIVE, grade="C")]}, ""),
        ({"customer_grading": [scores(WEAK, grade="B")]}, "潜在大客户"),
    ],
    ids=["200,000 sold", "a fen less", "influence 4", "influence 3", "leading", "influential", "first-rate", "B", "C",
         "C in force, A suggested", "B in force, C suggested"],
)  # fmt: skip
def test_tags_of_key_accounts_go_by_sales_influence_standing_and_the_grade_in_force(tables: Book, tags: str) -> None:
    assert grade({"customer_info": [customer()]} | tables, "ka_class").values["suggested"] == tags


def test_group_buying_stays_as_people_recorded_it() -> None:
    of: Book = {"customer_info": [customer(ka_class="团购客户、战略客户")]}
    assert grade(of, "ka_class").values["suggested"] == "团购客户"


def told(of: Book, scheme: str, language: str = "zh", **options: str) -> list[str]:
    statement = graded(of, TODAY, **options)
    [line] = [each for each in statement.lines if each.values["scheme"] == scheme]
    return [step_text(step, LABELS, language) for step in statement.explain(line)]


def test_an_idle_customer_is_told_since_when_nothing_happened() -> None:
    of: Book = {"customer_info": [customer(grade="A")], "grade_history": [history("A", "2026-01-15")]}
    assert told(of, "g1")[0] == "2026-01-15 定为 A 以来没有进展记录；2026-04-15 之后仍无进展可降级。"


def test_tags_are_told_one_by_one_in_the_readers_language() -> None:
    of: Book = {"customer_info": [customer(ka_class="团购客户、战略客户", is_public_official="是")]}
    assert told(of, "ka_class", "en")[-3:] == [
        "The tag “Important” should be added.",
        "The tag “Group buying” still applies.",
        "The tag “Strategic” no longer applies.",
    ]


def test_changes_needed_together_are_told_as_such() -> None:
    """2.70 to 4.00: budget +2 and potential +2 bring 1.4; no three points bring 1.3."""
    of: Book = {"customer_info": [customer()], "customer_grading": [scores("4,3,3,2", review_month="2026-09")]}
    assert told(of, "g1", "en")[-3:] == [
        "These 2 together reach A:", "  Budget from “3” to “5”;", "  Potential from “2” to “4”;",
    ]  # fmt: skip


def test_who_gets_no_credit_is_told_so() -> None:
    of: Book = {"customer_info": [customer()], "credit_survey": [survey(BEST, conclusion="有问题")]}
    assert "D 级不给信用额度，款到发货。" in told(of, "g4")
    assert told(of, "g4")[-1] == "一票否决，为 D（现为 未评级）。"


def test_a_line_names_the_grading_it_was_taken_from() -> None:
    of: Book = {"customer_info": [customer()], "customer_grading": [scores(ALL_FIVE)]}
    assert [(source.table, source.record_id) for source in grade(of, "g1").sources] == [
        ("customer_info", "c1"), ("customer_grading", "g1"),
    ]  # fmt: skip
