"""Why a customer should have a grade, factor by factor, and what would raise it (texts: `step.grade_*`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reports.grades.customers import Customers
from reports.grades.g1 import GATES
from reports.grades.scales import UNRATED
from reports.grades.ways_up import WayUp, way_up_g1, way_up_g2, way_up_g3, way_up_g4
from reports.statement import StatementLine, Step, Value
from schemas.grade_rules import CRITERIA, Credit, FourClasses, GradeRules, MatchValue


def explain_grade(line: StatementLine, rules: GradeRules, customers: Customers) -> tuple[Step, ...]:
    """The steps of one line of the grades report."""
    values, factors = line.values, line.values["factors"]
    if not isinstance(factors, Mapping):
        raise TypeError("a grade line holds its factors as a mapping")
    head = Step(
        f"grade.because_{values['reason']}",
        {"current": values["current"] or None, "suggested": values["suggested"], "score": values["score"]},
    )
    return (*_factors(str(values["scheme"]), factors, rules), head, *_ways_up(values, factors, rules, customers))


def _factors(scheme: str, factors: Mapping[str, Value], rules: GradeRules) -> Iterator[Step]:
    if scheme == "g1":
        yield from _g1_factors(factors, rules.g1)
    elif scheme == "g2":
        for name in ("nature", "size", "sales", "trend"):
            shown = {
                "value": factors[name],
                "points": factors[f"{name}_points"],
                "weight": _percent(rules.g2.weights[name]),
            }
            yield Step(f"grade.g2_{name}", shown)
    elif scheme == "g3":
        for name in CRITERIA:
            yield Step("grade.criterion", {**_word(name), "value": factors[name], "weight": rules.g3.weights[name]})
    elif scheme == "g4":
        yield from _g4_factors(factors, rules.g4)
    else:
        for name, value in factors.items():
            if value is not None:
                yield Step(f"grade.fact_{name}{_truth(value)}", {"value": value})


def _g1_factors(factors: Mapping[str, Value], rules: MatchValue) -> Iterator[Step]:
    if factors["match"] is not None:
        yield Step("grade.g1_match", {"value": factors["match"], "month": factors["rated_in"]})
        for name, weight in rules.weights.items():
            yield Step("grade.g1_score", {**_word(name), "value": factors[name], "weight": _percent(weight)})
    if factors["value"] is not None:
        yield Step("grade.g1_value", {"value": factors["value"], "cell": factors["cell"]})
    if factors["last_progress"] is not None:
        yield Step("grade.g1_progress", {"day": factors["last_progress"], "idle_after": factors["idle_since"]})


def _g4_factors(factors: Mapping[str, Value], rules: Credit) -> Iterator[Step]:
    for name, weight in rules.weights.items():
        answer = factors[name]
        points = rules.points[name].get(str(answer))
        shown = {**_word(name), **_answer("value", str(answer)), "points": points, "weight": weight}
        yield Step("grade.answer" if answer else "grade.no_answer", shown)
    if factors["limit"] is not None:
        yield Step(
            "grade.limit",
            {"limit": factors["limit"], "sales": factors["avg_month_sales"], "days": factors["term_days"]},
        )


def _ways_up(
    values: Mapping[str, Value], factors: Mapping[str, Value], rules: GradeRules, customers: Customers
) -> Iterator[Step]:
    if values["reason"] == "idle":
        yield Step("grade.way_up_progress", {"grade": values["current"]})
        return
    way = _way_up(values, factors, rules, customers)
    if way is None:
        return
    if way.collect is not None:
        yield Step("grade.way_up_collect", {"grade": way.grade, "amount": way.collect})
    for change in way.changes:
        shown = {**_word(change.factor), **_answer("now", change.now), **_answer("to", change.to)}
        yield Step("grade.way_up_change", {"grade": way.grade, **shown})


def _way_up(
    values: Mapping[str, Value], factors: Mapping[str, Value], rules: GradeRules, customers: Customers
) -> WayUp | None:
    grade, scheme = str(values["suggested"]), values["scheme"]
    if grade == UNRATED:
        return None
    if scheme == "g1" and factors["cell"]:
        scores = {name: _int(factors[name]) for name in ("match", *rules.g1.weights)}
        return way_up_g1(scores, {gate: factors[gate] is True for gate in GATES}, grade, rules.g1)
    if scheme == "g2" and rules.g2.method == "score":
        return _money_up(values, factors, rules.g2, customers)
    if scheme == "g3":
        return way_up_g3({name: _int(factors[name]) for name in CRITERIA}, grade, rules.g3)
    if scheme == "g4":
        answers = {name: str(factors[name]) for name in (*rules.g4.weights, "conclusion")}
        return way_up_g4(answers, grade, rules.g4)
    return None


def _money_up(
    values: Mapping[str, Value], factors: Mapping[str, Value], rules: FourClasses, customers: Customers
) -> WayUp | None:
    at = customers.frame.index.get_loc(values["customer_id"])
    fixed = sum(
        (Fraction(_decimal(factors[f"{name}_points"])) * Fraction(rules.weights[name]) for name in ("nature", "size")),
        Fraction(0),
    )
    sales, before = int(customers.sales[at]), int(customers.before[at])
    return way_up_g2(sales, before, fixed, _decimal(values["score"]), rules)


def _truth(value: Value) -> str:
    """The ending of a text about something that is so or is not."""
    return f"_{value}".lower() if isinstance(value, bool) else ""


def _word(factor: str) -> dict[str, Value]:
    """A factor, to be shown by its name in the reader's language."""
    return {"factor_word": f"word.factor.{factor}"}


def _answer(name: str, answer: str) -> dict[str, Value]:
    """An answer: a number as it is, a choice in the reader's language."""
    return {f"{name}_word": answer if answer.isdecimal() else f"word.answer.{answer}"}


def _int(value: Any) -> int:
    return int(value)


def _decimal(value: Any) -> Decimal:
    return Decimal(value)


def _percent(weight: Decimal) -> str:
    return f"{(weight * 100).normalize():f}%"
