"""The cheapest way to a better grade: what would have to change, in the fewest or smallest steps.

G1 and G3 count points to be gained, G4 answers to be improved, G2 yuan still to be collected.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from schemas.grade_rules import CRITERIA, Capability, Credit, Cuts, FourClasses, MatchValue, Step

BETTER = {"C": ("B", "A"), "B": ("A",), "A": ()}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change: the factor, as it is, as it would have to be."""

    factor: str
    now: str
    to: str


@dataclass(frozen=True, slots=True)
class WayUp:
    """What raises a subject to `grade`. collect: yuan still to be collected, where money is the way."""

    grade: str
    changes: tuple[Change, ...] = ()
    collect: Decimal | None = None


def way_up_g1(scores: Mapping[str, int], gates: Mapping[str, bool], grade: str, rules: MatchValue) -> WayUp | None:
    """The fewest score points, then the fewest gates, that make a better grade; None at the top.

    Of equally cheap ways the one that reaches the highest value.

    scores: match, budget, decision, potential of 1 to 5.
    """
    names = tuple(scores)
    best: tuple[tuple[int, int, Fraction], WayUp] | None = None
    for raised in itertools.product(*(range(scores[name], 6) for name in names)):
        to = dict(zip(names, raised, strict=True))
        reached = matrix_grade(to, rules)
        if reached not in BETTER.get(grade, ()):
            continue
        missing = [gate for gate, open_ in gates.items() if not open_] if reached == "A" else []
        points = sum(raised) - sum(scores.values())
        cost = (points, len(missing), -weighted_value(to, rules))
        if best is None or cost < best[0]:
            changes = [Change(name, str(scores[name]), str(to[name])) for name in names if to[name] != scores[name]]
            changes += [Change(gate, "否", "是") for gate in missing]
            best = (cost, WayUp(reached, tuple(changes)))
    return best[1] if best else None


def matrix_grade(scores: Mapping[str, int], rules: MatchValue) -> str:
    """The grade of the matrix before the gates."""
    return rules.matrix[_level(Fraction(scores["match"]), rules) + _level(weighted_value(scores, rules), rules)]


def weighted_value(scores: Mapping[str, int], rules: MatchValue) -> Fraction:
    """价值度."""
    return sum((scores[name] * Fraction(weight) for name, weight in rules.weights.items()), Fraction(0))


def _level(value: Fraction, rules: MatchValue) -> str:
    return "H" if value >= rules.high else "M" if value >= rules.medium else "L"


def way_up_g2(sales: int, before: int, other_points: Fraction, score: Decimal, rules: FourClasses) -> WayUp | None:
    """The least money to collect for the next better grade: more sales raise the sales and the trend factor together.

    sales, before: fen of the last twelve months and of those before. other_points: the other factors, weighted.
    None when the grade is the best, or no amount of sales is enough.
    """
    target = next_grade(score, rules.cuts)
    if target is None:
        return None
    grade, needed = target
    candidates = {int(step.above * 100) for step in rules.sales}
    if before > 0:
        candidates |= {_ceil(before * (1 + Fraction(step.above))) for step in rules.trend}
    for level in sorted(candidate for candidate in candidates if candidate > sales):
        reached = other_points + _sales_points(level, before, rules)
        if reached >= needed:
            return WayUp(grade, (), Decimal(level - sales).scaleb(-2))
    return None


def _sales_points(sales: int, before: int, rules: FourClasses) -> Fraction:
    """Weighted points of the two factors that sales move."""
    worth = _points_at(Fraction(sales, 100), rules.sales)
    trend = Fraction(rules.no_base)
    if before > 0:
        trend = _points_at(Fraction(sales - before, before), rules.trend)
    return worth * Fraction(rules.weights["sales"]) + trend * Fraction(rules.weights["trend"])


def _points_at(amount: Fraction, steps: Sequence[Step]) -> Fraction:
    return next((Fraction(step.points) for step in steps if amount >= step.above), Fraction(0))


def way_up_g3(scores: Mapping[str, int], grade: str, rules: Capability) -> WayUp | None:
    """The fewest single points for the next better verdict: vetoes first, then the criteria that weigh most."""
    grades = rules.cuts.grades
    if grade == grades[0]:
        return None
    wanted = grades[grades.index(grade) - 1]
    needed = rules.cuts.from_scores[grades.index(wanted)]
    to = dict(scores)
    for name in rules.veto:
        to[name] = max(to[name], 1)
    while sum(rules.weights[name] * to[name] for name in CRITERIA) < needed * 5:
        name = max((each for each in CRITERIA if to[each] < 5), key=lambda each: rules.weights[each])
        to[name] += 1
    changes = [Change(name, str(scores[name]), str(to[name])) for name in CRITERIA if to[name] != scores[name]]
    return WayUp(wanted, tuple(changes))


def way_up_g4(answers: Mapping[str, str], grade: str, rules: Credit) -> WayUp | None:
    """The fewest answers to improve for the next better grade: vetoed ones first, then those that gain most.

    answers: by factor, and `conclusion`.
    """
    grades = rules.cuts.grades
    if grade == grades[0]:
        return None
    wanted = grades[grades.index(grade) - 1]
    needed = rules.cuts.from_scores[grades.index(wanted)] * 100
    to = dict(answers)
    for name, vetoed in rules.veto.items():
        if to.get(name) in vetoed:
            to[name] = _best_answer(name, rules)
    while (score := sum(rules.weights[name] * rules.points[name][to[name]] for name in rules.weights)) < needed:
        name = max(rules.weights, key=lambda each: _gain(each, to[each], rules))
        to[name] = _enough(name, to[name], needed - score, rules)
    changes = [Change(name, answers[name], to[name]) for name in to if to[name] != answers[name]]
    return WayUp(wanted, tuple(changes))


def _best_answer(name: str, rules: Credit) -> str:
    scale = rules.points.get(name)
    return max(scale, key=lambda answer: scale[answer]) if scale else "正常"


def _gain(name: str, answer: str, rules: Credit) -> Decimal:
    return rules.weights[name] * (max(rules.points[name].values()) - rules.points[name][answer])


def _enough(name: str, answer: str, missing: Decimal, rules: Credit) -> str:
    """The least improvement of one answer that closes what is missing, else the best answer."""
    scale, now = rules.points[name], rules.points[name][answer]
    better = sorted((worth, each) for each, worth in scale.items() if worth > now)
    return next((each for worth, each in better if rules.weights[name] * (worth - now) >= missing), better[-1][1])


def next_grade(score: Decimal, cuts: Cuts) -> tuple[str, Fraction] | None:
    """The grade above the score's own and the score it needs; None at the top."""
    above = [(grade, cut) for grade, cut in zip(cuts.grades, cuts.from_scores, strict=False) if score < cut]
    return (above[-1][0], Fraction(above[-1][1])) if above else None


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
