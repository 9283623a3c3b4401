"""Why a customer should have a grade, factor by factor, and what would raise it (texts: `step.grade_*`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from reports.grades.customers import Customers
from reports.grades.g1 import GATES
from reports.grades.scales import UNRATED
from reports.grades.ways_up import WayUp, way_up_g1, way_up_g2, way_up_g3, way_up_g4, way_up_pareto
from reports.statement import StatementLine, Step, Value
from schemas.grade_rules import CRITERIA, Credit, FourClasses, GradeRules, MatchValue

WORDS = frozenset({
    UNRATED, "优先开发", "可开发", "培育", "放弃", "重要客户", "一般客户", "潜在客户", "高价值客户", "团购客户",
    "战略客户", "潜在大客户", "新客户", "老客户", "经销商", "机关/集团", "零售商", "加工厂", "消费者", "大", "中", "小",
    "领导力", "具影响力", "一流", "二流", "三流",
})  # fmt: skip
"""Grades and kinds with a text of their own (`word.grade.*`)."""


def explain_grade(line: StatementLine, rules: GradeRules, customers: Customers) -> tuple[Step, ...]:
    """The steps of one line of the grades report."""
    values, factors = line.values, line.values["factors"]
    if not isinstance(factors, Mapping):
        raise TypeError("a grade line holds its factors as a mapping")
    return (*_factors(values, factors, rules), *_reasons(values), *_ways_up(values, factors, rules, customers))


def _reasons(values: Mapping[str, Value]) -> Iterator[Step]:
    """What follows from the factors. Tags are told one by one."""
    if values["reason"] != "tags":
        grades = {**_grade("current", values["current"] or UNRATED), **_grade("suggested", values["suggested"])}
        yield Step(f"grade.because_{values['reason']}", {**grades, "score": values["score"]})
        return
    has, should = (str(values[name]).split("、") if values[name] else [] for name in ("current", "suggested"))
    for tag in dict.fromkeys((*should, *has)):
        kind = "keep" if tag in has and tag in should else "add" if tag in should else "drop"
        yield Step(f"grade.tag_{kind}", _grade("tag", tag))


def _factors(values: Mapping[str, Value], factors: Mapping[str, Value], rules: GradeRules) -> Iterator[Step]:
    scheme = str(values["scheme"])
    if scheme == "g1":
        yield from _g1_factors(values, factors, rules.g1)
    elif scheme == "g2":
        yield from _g2_factors(factors, rules.g2)
    elif scheme == "g3":
        for name in CRITERIA:
            shown = {**_word(name), "value": factors[name], "weight": rules.g3.weights[name]}
            yield Step("grade.no_answer" if factors[name] is None else "grade.criterion", shown)
    elif scheme == "g4":
        yield from _g4_factors(values, factors, rules.g4)
    else:
        for name, value in factors.items():
            if value not in (None, "", 0):
                yield Step(f"grade.fact_{name}{_truth(value)}", {"value": value, **_grade("value", value)})


def _g1_factors(values: Mapping[str, Value], factors: Mapping[str, Value], rules: MatchValue) -> Iterator[Step]:
    if factors["match"] is not None:
        yield Step("grade.g1_match", {"value": factors["match"], "month": factors["rated_in"]})
        for name, weight in rules.weights.items():
            yield Step("grade.g1_score", {**_word(name), "value": factors[name], "weight": _percent(weight)})
    if factors["value"] is not None:
        yield Step("grade.g1_value", {"value": factors["value"], "cell": factors["cell"]})
    if factors["idle_since"] is not None:
        code = "grade.g1_no_progress" if factors["last_progress"] is None else "grade.g1_progress"
        days = {"day": factors["last_progress"] or factors["graded_on"], "idle_after": factors["idle_since"]}
        yield Step(code, {**days, **_grade("current", values["current"])})


def _g2_factors(factors: Mapping[str, Value], rules: FourClasses) -> Iterator[Step]:
    if rules.method == "pareto":
        yield Step("grade.g2_share", {"value": factors["sales"], "share": factors["share"]})
        return
    for name in ("nature", "size", "sales", "trend"):
        value, known = factors[name], factors[name] not in (None, "")
        shown = {"value": value, **_grade("value", value)}
        if name == "trend" and known:
            shown["value"] = f"{_decimal(value) * 100:.2f}%"
        told = {**shown, "points": factors[f"{name}_points"], "weight": _percent(rules.weights[name])}
        yield Step(f"grade.g2_{name}" if known else f"grade.g2_no_{name}", told)


def _g4_factors(values: Mapping[str, Value], factors: Mapping[str, Value], rules: Credit) -> Iterator[Step]:
    for name, weight in rules.weights.items():
        answer = factors[name]
        points = rules.points[name].get(str(answer))
        shown = {**_word(name), **_answer("value", str(answer)), "points": points, "weight": weight}
        yield Step("grade.answer" if answer else "grade.no_answer", shown)
    if factors["conclusion"]:
        yield Step("grade.conclusion", _answer("value", str(factors["conclusion"])))
    grade, limit = str(values["suggested"]), factors["limit"]
    if factors["conclusion"] in rules.veto.get("conclusion", ()):
        yield Step("grade.credit_problem", {})
    if grade == rules.cuts.grades[-1]:
        yield Step("grade.no_limit", _grade("grade", grade))
    elif limit is not None:
        shown = {"limit": limit, "sales": factors["avg_month_sales"], "days": factors["term_days"]}
        yield Step("grade.limit", {**shown, "factor": rules.limit_factor[grade], **_grade("grade", grade)})


def _ways_up(
    values: Mapping[str, Value], factors: Mapping[str, Value], rules: GradeRules, customers: Customers
) -> Iterator[Step]:
    if values["reason"] == "idle":
        yield Step("grade.way_up_progress", _grade("grade", values["current"]))
        return
    way = _way_up(values, factors, rules, customers)
    if way is None:
        return
    reached = _grade("grade", way.grade)
    if way.collect is not None:
        yield Step("grade.way_up_collect", {**reached, "amount": way.collect})
    if len(way.changes) > 1:
        yield Step("grade.way_up_together", {**reached, "count": len(way.changes)})
    for change in way.changes:
        shown = {**_word(change.factor), **_answer("now", change.now), **_answer("to", change.to)}
        yield Step("grade.way_up_also" if len(way.changes) > 1 else "grade.way_up_change", {**reached, **shown})


def _way_up(
    values: Mapping[str, Value], factors: Mapping[str, Value], rules: GradeRules, customers: Customers
) -> WayUp | None:
    grade, scheme = str(values["suggested"]), values["scheme"]
    if grade == UNRATED:
        return None
    if scheme == "g1" and factors["cell"]:
        scores = {name: _int(factors[name]) for name in ("match", *rules.g1.weights)}
        return way_up_g1(scores, {gate: factors[gate] is True for gate in GATES}, grade, rules.g1)
    if scheme == "g2":
        return _money_up(values, factors, rules.g2, customers)
    if scheme == "g3" and all(factors[name] is not None for name in CRITERIA):
        return way_up_g3({name: _int(factors[name]) for name in CRITERIA}, grade, rules.g3)
    if scheme == "g4" and all(factors[name] in rules.g4.points[name] for name in rules.g4.weights):
        answers = {name: str(factors[name] or "") for name in (*rules.g4.weights, "conclusion")}
        return way_up_g4(answers, grade, rules.g4)
    return None


def _money_up(
    values: Mapping[str, Value], factors: Mapping[str, Value], rules: FourClasses, customers: Customers
) -> WayUp | None:
    at, grade = customers.frame.index.get_loc(values["customer_id"]), str(values["suggested"])
    if rules.method == "pareto":
        return way_up_pareto(np.maximum(customers.sales, 0), at, grade, rules)
    fixed = sum(
        (Fraction(_decimal(factors[f"{name}_points"])) * Fraction(rules.weights[name]) for name in ("nature", "size")),
        Fraction(0),
    )
    return way_up_g2(int(customers.sales[at]), int(customers.before[at]), fixed, grade, rules)


def _truth(value: Value) -> str:
    """The ending of a text about something that is so or is not."""
    return f"_{value}".lower() if isinstance(value, bool) else ""


def _word(factor: str) -> dict[str, Value]:
    """A factor, to be shown by its name in the reader's language."""
    return {"factor_word": f"word.factor.{factor}"}


def _grade(name: str, grade: Value) -> dict[str, Value]:
    """A grade, tag or kind: a letter or a company's own word as it is, ours in the reader's language."""
    return {f"{name}_word": f"word.grade.{grade}" if grade in WORDS else str(grade)}


def _answer(name: str, answer: str) -> dict[str, Value]:
    """An answer: a number as it is, a choice in the reader's language."""
    return {f"{name}_word": answer if answer.isdecimal() else f"word.answer.{answer}"}


def _int(value: Any) -> int:
    return int(value)


def _decimal(value: Any) -> Decimal:
    return Decimal(value)


def _percent(weight: Decimal) -> str:
    return f"{(weight * 100).normalize():f}%"
