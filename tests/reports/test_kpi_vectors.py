"""The scorecard vectors of the domain specification (§5), expectations copied from the document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from pydantic import ValidationError

from reports.kpi.measures import MEASURES
from reports.kpi.report import kpi
from reports.kpi.scoring import Measure, Rating, ScoredCard, score_card
from reports.registry import Request
from reports.statement import Statement
from schemas.calendar import WorkingCalendar
from schemas.kpi_rules import Card, Indicator, KpiRules, MeasureName
from tests.reports.books import book, codes, deal, frames, pack, person, quota

RULES = pack().rules.kpi
CONSULTANT, BACK_OFFICE = RULES.cards["consultant"], RULES.cards["back_office"]


def of(actual: str, target: str = "1") -> Measure:
    return Measure(Fraction(actual), Fraction(target))


def count(number: int) -> Measure:
    return Measure(Fraction(number))


def raters(superior: int, colleague: int) -> list[Rating]:
    return [Rating("上级领导", Fraction(superior)), Rating("部门同事", Fraction(colleague))]


CONSULTANT_FIGURES = {
    "sales_plan": of("360000", "400000"),
    "lost_customers": count(1),
    "development_plan": of("4", "5"),
    "complaints": count(0),
    "feedback": of("18", "20"),
    "dossiers": of("95", "100"),
    "satisfaction": Measure(Fraction("4.4") * 20),
}
CONSULTANT_RATINGS = {"conduct": raters(90, 80), "answers": raters(85, 90)}


def consultant(figures: Mapping[str, Measure] = CONSULTANT_FIGURES, **options: str) -> ScoredCard:
    rules = RULES.model_copy(update={key: Decimal(value) for key, value in options.items()})
    return score_card(CONSULTANT, rules, figures, CONSULTANT_RATINGS)


def weighted(card: ScoredCard) -> dict[str, Fraction | None]:
    return {line.indicator.key: line.weighted for line in card.lines}


def test_kp_01_a_consultants_card_adds_up() -> None:
    card = consultant()
    assert weighted(card) == {
        "sales_plan": 45, "lost_customers": 8, "development_plan": 8, "complaints": 5, "feedback": Fraction("4.5"),
        "dossiers": Fraction("4.75"), "conduct": Fraction("4.35"), "satisfaction": Fraction("4.40"),
        "answers": Fraction("4.325"),
    }  # fmt: skip
    assert card.total == Decimal("88.33")


def test_kp_02_a_back_office_card_adds_up() -> None:
    card = score_card(
        BACK_OFFICE,
        RULES,
        {"dossiers": of("96", "100"), "analysis": of("9", "10")},
        {"support": raters(88, 92), "assigned_work": raters(95, 90)},
    )
    assert weighted(card) == {
        "dossiers": Fraction("19.20"), "analysis": 27, "support": Fraction("26.76"), "assigned_work": Fraction("18.70"),
    }  # fmt: skip
    assert card.total == Decimal("91.66")


def test_kp_04_a_card_with_a_plan_of_nothing_cannot_be_closed() -> None:
    card = consultant(CONSULTANT_FIGURES | {"sales_plan": of("360000", "0")})
    [line] = [each for each in card.lines if each.indicator.key == "sales_plan"]
    assert (line.score, line.reason) == (None, "no_target")
    assert card.total is None
    assert not card.is_closable
    assert sum(each.weight for each in card.lines) == 100


@pytest.mark.parametrize(
    ("cap", "expected"), [pytest.param("1", "50.00", id="KP-05"), pytest.param("1.2", "60.00", id="KP-05 cap 1.2")]
)
def test_selling_beyond_the_plan_is_capped(cap: str, expected: str) -> None:
    card = consultant(CONSULTANT_FIGURES | {"sales_plan": of("480000", "400000")}, cap=cap)
    assert weighted(card)["sales_plan"] == Fraction(expected)


def test_kp_07_without_a_colleagues_rating_there_is_no_score() -> None:
    """KP-07: never 70 % only."""
    ratings = CONSULTANT_RATINGS | {"conduct": [Rating("上级领导", Fraction(90))]}
    card = score_card(CONSULTANT, RULES, CONSULTANT_FIGURES, ratings)
    [line] = [each for each in card.lines if each.indicator.key == "conduct"]
    assert (line.score, line.reason) == (None, "rating_missing")
    assert not card.is_closable


@pytest.mark.parametrize("card", ["manager", "back_office", "consultant"])
def test_the_weights_of_each_shipped_card_make_a_hundred(card: str) -> None:
    assert sum(indicator.weight for indicator in RULES.cards[card].indicators) == 100


def test_a_card_whose_weights_miss_a_hundred_is_refused() -> None:
    short = CONSULTANT.model_dump(by_alias=True)
    short["indicators"] = short["indicators"][1:]
    with pytest.raises(ValidationError, match=r"weights_sum.*50.*100|weights_sum.*100.*50"):
        Card.model_validate(short)


def test_every_measure_a_pack_may_name_is_computed() -> None:
    assert set(get_args(MeasureName)) == set(MEASURES)


def test_a_rate_that_should_be_low_falls_to_nothing_at_twice_its_target() -> None:
    indicator = {
        "key": "churn", "label": {"zh": "流失率", "en": "Churn"}, "weight": "100", "curve": "rate_lower",
        "measure": "churn_rate", "target": "0.05",
    }  # fmt: skip
    card = CONSULTANT.model_copy(update={"indicators": (Indicator.model_validate(indicator),)})
    scores = [
        score_card(card, KpiRules(), {"churn": Measure(Fraction(actual))}, {}).lines[0].score
        for actual in ("0.04", "0.05", "0.075", "0.10", "0.20")
    ]
    assert scores == [100, 100, 50, 0, 0]


def rating(number: int, indicator: str, group: str, score: str, rater: str = "S900") -> dict[str, str]:
    return {
        "record_id": f"r{number}", "ratee_id": "S001", "rater_id": rater, "period": "2026-Q4", "card": "销售顾问",
        "indicator": indicator, "rater_role": group, "score": score,
    }  # fmt: skip


def carded(**tables: list[dict[str, str]]) -> Statement:
    of_quarter = book(
        deal("A", "100000", on="2026-10-12"),
        deal("B", "80000", on="2026-11-12", customer_id="C0002"),
        quotas=[quota("100000", month=month) for month in ("2026-10", "2026-11")],
        **tables,
    )
    owner = {"owner_id": "S001"}
    of_quarter["customer_info"] = [
        {"record_id": "c1", "customer_id": "C0001", "customer_name": "甲"} | owner,
        {"record_id": "c2", "customer_id": "C0002", "customer_name": "乙"} | owner,
    ]
    return kpi(Request(frames(of_quarter), pack(), date(2027, 1, 31), WorkingCalendar(), "2026-10", "S001"))


def test_a_quarters_plan_is_the_sum_of_its_quotas() -> None:
    [line] = [each for each in carded().lines if each.values["indicator"] == "销售计划完成率"]
    assert (line.values["period"], line.values["card"]) == ("2026-Q4", "销售顾问")
    assert (line.values["score"], line.values["weighted"]) == (Decimal("90.00"), Decimal("45.00"))


def test_missing_figures_are_named_and_never_counted_as_nothing() -> None:
    statement = carded()
    missing = {line.values["indicator_key"]: line.values["reason"] for line in statement.lines if line.values["reason"]}
    assert missing["conduct"] == "rating_missing"
    assert missing["dossiers"] == "no_data"
    assert all(line.values["total"] is None and line.values["closable"] is False for line in statement.lines)
    assert "E415" in codes(statement)


def test_nobody_rates_himself() -> None:
    ratings = [rating(1, "服务规范执行情况", "上级领导", "90"), rating(2, "服务规范执行情况", "部门同事", "99", "S001")]
    statement = carded(kpi_rating=ratings)
    [line] = [each for each in statement.lines if each.values["indicator_key"] == "conduct"]
    assert line.values["reason"] == "rating_missing"
    assert "E412" in codes(statement)


def test_a_customer_is_lost_in_the_period_the_three_months_end() -> None:
    """D35: last sale 2026-05-20, lost from 2026-08-21."""
    of_quarter = book(deal("A", "5000", on="2026-05-20"), people=[person()])
    of_quarter["customer_info"] = [
        {"record_id": "c1", "customer_id": "C0001", "customer_name": "甲", "owner_id": "S001"}
    ]
    request = Request(frames(of_quarter), pack(), date(2026, 10, 10), WorkingCalendar(), "2026-08", "S001")
    [line] = [each for each in kpi(request).lines if each.values["indicator_key"] == "lost_customers"]
    assert (line.values["actual"], line.values["score"]) == (Decimal("1.00"), Decimal("80.00"))
