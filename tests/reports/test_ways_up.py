"""The way up that is proposed reaches the grade it names, and no cheaper one reaches a better grade.

Worked out by trying every other way, independently of how the way was found.
"""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from reports.grades.ways_up import Change, WayUp, way_up_g1, way_up_g3, way_up_g4, way_up_pareto
from tests.reports.books import Book, deal, pack
from tests.reports.test_grade_rules import ANSWERS
from tests.reports.test_grade_vectors import CRITERIA, customer, grade, graded

RULES = pack().rules.grades
assert RULES is not None
G1, G2, G3, G4 = RULES.g1, RULES.g2, RULES.g3, RULES.g4
NAMES = ("match", "budget", "decision", "potential")
RANKS = {"A": 0, "B": 1, "C": 2, "D": 3}


def matrix(scores: tuple[int, ...], gates: bool) -> str:
    """§3.1 by hand, the value in tenths."""
    match, budget, decision, potential = scores
    value = 4 * budget + 3 * decision + 3 * potential
    levels = ("H" if match >= 4 else "M" if match == 3 else "L") + ("H" if value >= 40 else "M" if value >= 25 else "L")
    if levels == "HH":
        return "A" if gates else "B"
    return "C" if levels in ("ML", "LM", "LL") else "B"


@pytest.mark.parametrize("scores", list(itertools.product((1, 3, 5), (1, 2, 4), (1, 3, 5), (2, 4))))
def test_the_way_up_of_match_and_value_is_the_cheapest(scores: tuple[int, ...]) -> None:
    now = matrix(scores, gates=False)
    way = way_up_g1(dict(zip(NAMES, scores, strict=True)), {"chain_clear": False}, now, G1)
    assert way is not None
    to = dict(zip(NAMES, scores, strict=True)) | {c.factor: int(c.to) for c in way.changes if c.factor in NAMES}
    opens = Change("chain_clear", "否", "是") in way.changes
    assert matrix(tuple(to.values()), opens) == way.grade
    assert RANKS[way.grade] < RANKS[now]
    spent = sum(to.values()) - sum(scores)
    for other in itertools.product(*(range(score, 6) for score in scores)):
        if sum(other) - sum(scores) < spent:
            assert RANKS[matrix(other, gates=True)] >= RANKS[now]


def verdict(points: dict[str, int]) -> str:
    """§3.4 by hand."""
    weights = dict(zip(CRITERIA, (20, 10, 10, 20, 10, 15, 10, 5), strict=True))
    fifths = sum(weights[name] * points[name] for name in CRITERIA)
    if 0 in (points["cap_fund"], points["cap_will"]):
        return "放弃"
    return next((name for name, cut in (("优先开发", 80), ("可开发", 60), ("培育", 40)) if fifths >= cut * 5), "放弃")


@pytest.mark.parametrize(
    ("points", "reached"),
    [
        ((5, 3, 3, 4, 3, 4, 4, 3), "优先开发"), ((2, 2, 3, 3, 2, 2, 3, 3), "可开发"),
        ((1, 2, 1, 2, 1, 2, 3, 2), "培育"), ((5, 5, 5, 5, 5, 5, 0, 5), "优先开发"),
        ((0, 5, 5, 5, 5, 5, 0, 5), "可开发"), ((0, 0, 0, 0, 0, 0, 0, 0), "培育"),
    ],
)  # fmt: skip
def test_the_way_up_of_capability_reaches_the_verdict_it_names(points: tuple[int, ...], reached: str) -> None:
    now = dict(zip(CRITERIA, points, strict=True))
    way = way_up_g3(now, verdict(now), G3)
    assert way is not None
    to = now | {change.factor: int(change.to) for change in way.changes}
    assert (way.grade, verdict(to)) == (reached, reached)
    spent = sum(to.values()) - sum(now.values())
    for fewer in itertools.combinations_with_replacement(CRITERIA, min(spent - 1, 4)):
        other = {name: min(5, now[name] + fewer.count(name)) for name in CRITERIA}
        assert verdict(other) == verdict(now)


def credit(answers: dict[str, str]) -> str:
    """§3.5 by hand."""
    if answers["biz_status"] == "危险" or answers["conclusion"] == "有问题":
        return "D"
    score = sum(weight * points[answers[name]] for name, (weight, points) in ANSWERS.items())
    return next((name for name, cut in (("A", 8500), ("B", 7000), ("C", 5500)) if score >= cut), "D")


@pytest.mark.parametrize(
    ("text", "changes", "reached"),
    [
        ("及时,良好,一般,常态,普通,合理,坚实,正常", 1, "A"),
        ("一般,偶有退票,一般,常态,普通,合理,平常,正常", 1, "B"),
        ("及时,良好,充足,危险,佳,无,坚实,正常", 1, "A"),
        ("拖延,经常退票,紧张,危险,劣,不正常,投机,正常", 3, "C"),
        ("拒付,经常退票,紧张,衰退,无,不正常,投机,正常", 3, "C"),
    ],
)
def test_the_way_up_of_credit_changes_the_fewest_answers(text: str, changes: int, reached: str) -> None:
    now = dict(zip((*ANSWERS, "conclusion"), text.split(","), strict=True))
    way = way_up_g4(now, credit(now), G4)
    assert way is not None
    to = now | {change.factor: change.to for change in way.changes}
    assert (len(way.changes), way.grade, credit(to)) == (changes, reached, reached)
    choices = {name: tuple(points) for name, (_, points) in ANSWERS.items()} | {"conclusion": ("正常", "需关注")}
    for names in itertools.combinations(choices, changes - 1):
        for given in itertools.product(*(choices[name] for name in names)):
            assert RANKS[credit(now | dict(zip(names, given, strict=True)))] >= RANKS[credit(now)]


def test_a_credit_problem_leaves_no_way_up() -> None:
    """Art. 12: report, stop the survey and the talks."""
    text = "及时,良好,充足,兴隆,佳,无,坚实,有问题"
    assert way_up_g4(dict(zip((*ANSWERS, "conclusion"), text.split(","), strict=True)), "D", G4) is None


def test_a_business_in_danger_need_only_leave_it_when_the_rest_suffices() -> None:
    """85 without the business; 衰退 brings 4.5, 兴隆 15: the smaller step is enough."""
    text = "及时,良好,充足,危险,佳,无,坚实,正常"
    way = way_up_g4(dict(zip((*ANSWERS, "conclusion"), text.split(","), strict=True)), "D", G4)
    assert way == WayUp("A", (Change("biz_status", "危险", "衰退"),))


@pytest.mark.parametrize(("at", "grade_now"), [(1, "B"), (2, "C"), (3, "D"), (4, "D")])
def test_the_way_up_by_shares_is_the_least_money_to_the_fen(at: int, grade_now: str) -> None:
    sold = [80_000, 12_000, 7_000, 1_000, 0]

    def class_of(extra: Decimal) -> str:
        of: Book = {
            "customer_info": [customer(record_id=f"c{n}", customer_id=f"C{n}") for n in range(5)],
            "deal": [
                deal(f"D{n}", str(amount + (extra if n == at else 0)), on="2026-06-01", customer_id=f"C{n}")
                for n, amount in enumerate(sold) if amount + (extra if n == at else 0)
            ],
        }  # fmt: skip
        lines = graded(of, grades__g2__method="pareto").lines
        [found] = [each for each in lines if each.values["scheme"] == "g2" and each.values["customer_id"] == f"C{at}"]
        return str(found.values["suggested"])

    assert class_of(Decimal(0)) == grade_now
    way = way_up_pareto([amount * 100 for amount in sold], at, grade_now, G2)
    assert way is not None
    assert way.collect is not None
    assert class_of(way.collect) == way.grade
    assert RANKS[way.grade] < RANKS[grade_now]
    assert class_of(way.collect - Decimal("0.01")) == grade_now


def test_the_way_up_in_money_is_the_least_to_the_fen() -> None:
    """A retailer of 60 people, 100,000 after 100,000: 5,000 more make the trend 5 % and 57.50 into 63.75."""
    of: Book = {
        "customer_info": [customer(industry="零售", staff_count="60")],
        "deal": [deal("NOW", "105000", on="2026-06-01"), deal("BEFORE", "100000", on="2025-06-01")],
    }
    assert grade(of, "g2").values["suggested"] == "B"
    of["deal"][0]["amount"] = "104999.99"
    assert grade(of, "g2").values["suggested"] == "C"
