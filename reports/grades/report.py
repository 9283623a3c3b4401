"""R07: the grade every customer has and should have, in all six classifications, and the newcomers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from reports.commissions.report import citation_of
from reports.grades.customers import Customers, customers_of
from reports.grades.explain import explain_grade
from reports.grades.g1 import grade_g1
from reports.grades.g2 import grade_g2
from reports.grades.g3 import grade_g3
from reports.grades.g4 import grade_g4
from reports.grades.scales import UNRATED, Graded
from reports.grades.tags import grade_key_accounts, grade_new_customers, grade_visit_levels
from reports.money import yuan
from reports.registry import Request
from reports.statement import LinesOnDemand, Source, Statement, StatementLine, Step, Value
from schemas.finding import Finding
from schemas.grade_rules import GradeRules
from schemas.rule_packs import Pack

TABLE = {"g1": "customer_info", "g2": "customer_info", "g3": "capability_scorecard", "g4": "credit_survey"}
MONEY = frozenset({"sales", "avg_month_sales"})
HEADS = ("record_id", "subject", "current", "suggested", "score", "reason")
DAYS = frozenset({"graded_on", "last_progress", "idle_since", "last_sale"})


@dataclass(frozen=True)
class Grades:
    """All classifications of a day."""

    rules: GradeRules
    customers: Customers
    schemes: Mapping[str, Graded]
    findings: tuple[Finding, ...]


def grades(request: Request) -> Statement:
    """One line a customer (G3: a prospect) and classification. `suggested` is a proposal until a person confirms it."""
    graded = grades_of(request)
    if graded is None:
        return _statement(request, (), {}, (Finding("E400", None, {"pack": request.pack.id}),), no_explanation)
    wanted = _owned_by(graded.customers, request.person)
    shown = [_only(scheme, wanted) for scheme in graded.schemes.values()]
    lines = LinesOnDemand((len(scheme.frame), _line_at(scheme, request.pack)) for scheme in shown)
    changes = sum(int(_changed(scheme.frame).sum()) for scheme in shown)
    totals: dict[str, Value] = {"lines": len(lines), "changes": changes, "by_grade": _counts(shown)}

    def explain(line: StatementLine) -> tuple[Step, ...]:
        return explain_grade(line, graded.rules, graded.customers)

    return _statement(request, lines, totals, graded.findings, explain)


def grades_of(request: Request) -> Grades | None:
    """Every classification; None when the pack has no scales or there is no table of customers."""
    rules, day = request.pack.rules.grades, request.day
    reports = request.pack.rules.reports
    customers = customers_of(request.frames, day, reports.sales_authority)
    if rules is None or customers is None:
        return None
    g1, of_g1 = grade_g1(request.frames, rules.g1, customers)
    g3, of_g3 = grade_g3(request.frames, rules.g3, day)
    schemes = (
        g1,
        grade_g2(request.frames, rules.g2, customers),
        grade_key_accounts(request.frames, rules.ka_class, customers, g1),
        g3,
        grade_g4(request.frames, rules.g4, customers),
        grade_visit_levels(request.frames, rules.visit_level, customers, g1),
        grade_new_customers(customers, reports.new_customer_months),
    )
    return Grades(rules, customers, {scheme.scheme: scheme for scheme in schemes}, (*of_g1, *of_g3))


def no_explanation(line: StatementLine) -> tuple[Step, ...]:
    """Nothing was graded, so nothing is to be explained."""
    return ()


def _statement(
    request: Request,
    lines: Sequence[StatementLine],
    totals: Mapping[str, Value],
    findings: tuple[Finding, ...],
    explain: Callable[[StatementLine], tuple[Step, ...]],
) -> Statement:
    parameters: dict[str, Value] = {"person": request.person or None}
    return Statement(
        "grades", request.as_of, request.pack.id, request.pack.hash, parameters, lines, totals, findings, explain
    )


def _owned_by(customers: Customers, person: str) -> frozenset[str] | None:
    """The customers of one person; None for all."""
    if not person:
        return None
    return frozenset(customers.frame.index[customers.frame["owner_id"] == person])


def _only(graded: Graded, wanted: frozenset[str] | None) -> Graded:
    """One scheme for the wanted customers."""
    if wanted is None:
        return graded
    kept = graded.frame[graded.frame["subject"].isin(list(wanted))].reset_index(drop=True)
    return Graded(graded.scheme, kept, graded.factors)


def _changed(frame: pd.DataFrame) -> pd.Series:
    """Where another grade than the one in force is suggested."""
    return (frame["suggested"] != frame["current"]) & (frame["suggested"] != UNRATED)


def _line_at(graded: Graded, pack: Pack) -> Callable[[int], StatementLine]:
    """How to make the line at a place of the scheme's frame."""
    scheme, frame, names = graded.scheme, graded.frame, graded.factors
    cited, table = citation_of(pack, scheme), TABLE.get(scheme, "customer_info")
    heads = [frame[name].to_numpy(dtype=object) for name in HEADS]
    columns = [frame[name].array for name in names]
    basis = frame["basis_id"].to_numpy(dtype=object) if graded.basis else None

    def line(at: int) -> StatementLine:
        record, *values = (column[at] for column in heads)
        sources = [Source(table, record)]
        if basis is not None and basis[at]:
            sources.append(Source(graded.basis, basis[at]))
        shown = {name: _shown(column[at], name) for name, column in zip(names, columns, strict=True)}
        return StatementLine(
            f"{scheme}:{values[0]}",
            {
                "customer_id": values[0],
                "scheme": scheme,
                **dict(zip(HEADS[2:], values[1:], strict=True)),
                "factors": shown,
            },
            tuple(sources),
            cited,
        )

    return line


def _shown(value: Any, name: str) -> Value:
    """A factor as a statement holds it: days as dates, fen as yuan, nothing as None."""
    if not isinstance(value, str) and pd.isna(value):
        return None
    if name in DAYS:
        day: date = pd.Timestamp(value).date()
        return day
    if name in MONEY:
        return yuan(int(value))
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (float, np.integer)):
        return int(value)
    if isinstance(value, (str, bool, int, Decimal)):
        return value
    raise TypeError(f"the factor {name} holds a {type(value).__name__}")


def _counts(shown: Sequence[Graded]) -> dict[str, Value]:
    """How many subjects should have which grade."""
    return {
        each.scheme: {str(grade): int(count) for grade, count in each.frame["suggested"].value_counts().items()}
        for each in shown
    }
