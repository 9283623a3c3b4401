"""The cheapest way to a better grade: what would have to change, in the fewest or smallest steps.

G1 and G3 count points to be gained, G4 answers to be improved, G2 yuan still to be collected. `grade` is the grade that
would be reached, which may be more than one above the present one (a lifted veto, a step of the sales scale).
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

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


def way_up_g2(sales: int, before: int, other_points: Fraction, grade: str, rules: FourClasses) -> WayUp | None:
    """The least money to collect for a better grade: more sales raise the sales and the trend factor together.

    sales, before: fen of the last twelve months and of those before. other_points: the other factors, weighted.
    None when the grade is the best, or no amount of sales is enough.
    """
    grades = rules.cuts.grades
    if grade == grades[0]:
        return None
    needed = rules.cuts.from_scores[grades.index(grade) - 1]
    candidates = {int(step.above * 100) for step in rules.sales}
    if before > 0:
        candidates |= {_ceil(before * (1 + Fraction(step.above))) for step in rules.trend}
    for level in sorted(candidate for candidate in candidates if candidate > sales):
        reached = other_points + _sales_points(level, before, rules)
        if reached >= needed:
            score = Decimal(reached.numerator) / Decimal(reached.denominator)
            return WayUp(_grade_of(score, rules.cuts), (), Decimal(level - sales).scaleb(-2))
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


def way_up_pareto(sales: Sequence[int], at: int, grade: str, rules: FourClasses) -> WayUp | None:
    """The least money to collect for a better class while everybody else's sales stay; None in the first class.

    sales: fen of every customer in the order of their ids, none below zero; at: whose way up it is.
    """
    grades = rules.cuts.grades
    if grade == grades[0]:
        return None
    amounts = np.asarray(sales, dtype=np.int64)
    others, earlier = np.delete(amounts, at), np.arange(len(amounts) - 1) < at

    def class_with(more: int) -> str:
        own = int(amounts[at]) + more
        before = int(others[(others > own) | ((others == own) & earlier)].sum())
        shares = zip(rules.pareto, grades, strict=False)
        total = int(others.sum()) + own
        return next((each for share, each in shares if own > 0 and before < total * share), grades[-1])

    worse = grades.index(grade)
    most = max(int(others.max(initial=0)) - int(amounts[at]), 0) + 1
    more = bisect.bisect_left(range(most + 1), True, key=lambda fen: grades.index(class_with(fen)) < worse)
    return WayUp(class_with(more), (), Decimal(more).scaleb(-2))


def way_up_g3(scores: Mapping[str, int], grade: str, rules: Capability) -> WayUp | None:
    """The fewest single points for a better verdict: vetoes first, then the criteria that weigh most."""
    grades = rules.cuts.grades
    if grade == grades[0]:
        return None
    needed = rules.cuts.from_scores[grades.index(grade) - 1]
    to = dict(scores)
    for name in rules.veto:
        to[name] = max(to[name], 1)
    while sum(rules.weights[name] * to[name] for name in CRITERIA) < needed * 5:
        name = max((each for each in CRITERIA if to[each] < 5), key=lambda each: rules.weights[each])
        to[name] += 1
    changes = [Change(name, str(scores[name]), str(to[name])) for name in CRITERIA if to[name] != scores[name]]
    reached = sum((rules.weights[name] * to[name] for name in CRITERIA), Decimal(0)) / 5
    return WayUp(_grade_of(reached, rules.cuts), tuple(changes))


def way_up_g4(answers: Mapping[str, str], grade: str, rules: Credit) -> WayUp | None:
    """The fewest answers to improve for a better grade, and of these ways the one that takes the smallest steps.

    answers: by factor, and `conclusion`. None at the top, and where the conclusion is a credit problem: talks end then.
    """
    grades = rules.cuts.grades
    if grade == grades[0] or answers["conclusion"] in rules.veto.get("conclusion", ()):
        return None
    needed = rules.cuts.from_scores[grades.index(grade) - 1] * 100
    vetoed = [name for name, banned in rules.veto.items() if answers.get(name) in banned]
    free = [name for name in rules.weights if name not in vetoed]
    now = sum((_worth(name, answers[name], rules) for name in rules.weights), Decimal(0))
    for count in range(len(free) + 1):
        ways = [
            (sum((gain for gain, _ in chosen), now), tuple(change for _, change in chosen))
            for more in itertools.combinations(free, count)
            for chosen in itertools.product(*(_improvements(name, answers[name], rules) for name in (*vetoed, *more)))
        ]
        enough = [way for way in ways if way[0] >= needed]
        if enough:
            score, changes = min(enough, key=lambda way: way[0])
            return WayUp(_grade_of(score / 100, rules.cuts), changes)
    return None


def _improvements(name: str, answer: str, rules: Credit) -> list[tuple[Decimal, Change]]:
    """The better answers to one question, with what each gains."""
    banned = rules.veto.get(name, ())
    now = _worth(name, answer, rules)
    return [
        (_worth(name, each, rules) - now, Change(name, answer, each))
        for each in rules.points[name]
        if each not in banned and each != answer and (answer in banned or _worth(name, each, rules) > now)
    ]


def _worth(name: str, answer: str, rules: Credit) -> Decimal:
    """Weighted points of an answer, in hundredths."""
    return rules.weights[name] * rules.points[name][answer]


def _grade_of(score: Decimal, cuts: Cuts) -> str:
    """The grade of a score; each cut belongs to the grade above it."""
    return next(
        (grade for grade, cut in zip(cuts.grades, cuts.from_scores, strict=False) if score >= cut), cuts.grades[-1]
    )


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
