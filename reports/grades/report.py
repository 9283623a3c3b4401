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
from reports.statement import Source, Statement, StatementLine, Step, Value
from schemas.finding import Finding
from schemas.grade_rules import GradeRules

TABLE = {"g1": "customer_info", "g2": "customer_info", "g3": "capability_scorecard", "g4": "credit_survey"}
MONEY = frozenset({"sales", "avg_month_sales"})
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
    lines = tuple(line for scheme in graded.schemes.values() for line in _lines(scheme, request, wanted))
    changes = sum(line.values["suggested"] not in (line.values["current"], UNRATED) for line in lines)
    totals: dict[str, Value] = {"lines": len(lines), "changes": changes, "by_grade": _counts(graded)}

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
    lines: tuple[StatementLine, ...],
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


def _lines(graded: Graded, request: Request, wanted: frozenset[str] | None) -> Sequence[StatementLine]:
    scheme, frame = graded.scheme, graded.frame
    if wanted is not None:
        frame = frame[frame["subject"].isin(list(wanted))]
    if not len(frame):
        return ()
    cited, table = citation_of(request.pack, scheme), TABLE.get(scheme, "customer_info")
    columns = [_shown(frame[name], name) for name in graded.factors]
    heads = [frame[name].tolist() for name in ("subject", "record_id", "current", "suggested", "score", "reason")]
    names = graded.factors
    return [
        StatementLine(
            f"{scheme}:{subject}",
            {
                "customer_id": subject, "scheme": scheme, "current": current, "suggested": suggested, "score": score,
                "reason": reason, "factors": dict(zip(names, factors, strict=True)),
            },
            (Source(table, record),),
            cited,
        )
        for subject, record, current, suggested, score, reason, factors in zip(
            *heads, zip(*columns, strict=True), strict=True
        )
    ]  # fmt: skip


def _shown(column: pd.Series, name: str) -> list[Value]:
    """A factor's values as a statement holds them; equal ones are shared."""
    if name in DAYS:
        values = column.to_numpy(dtype="datetime64[D]")
        shown: list[Any] = values.astype(object).tolist()
        return [day if isinstance(day, date) else None for day in shown]
    if name in MONEY:
        amounts = column.fillna(-1).to_numpy(dtype=np.int64)
        table = {int(amount): yuan(int(amount)) for amount in np.unique(amounts)} | {-1: None}
        return [table[amount] for amount in amounts.tolist()]
    if isinstance(column.dtype, pd.BooleanDtype) or str(column.dtype) in ("Int64", "int64", "bool"):
        return [None if value is pd.NA else value for value in column.tolist()]
    return [value if isinstance(value, (str, Decimal, int)) and value == value else None for value in column.tolist()]


def _counts(graded: Grades) -> dict[str, Value]:
    """How many subjects should have which grade."""
    return {
        name: {str(grade): int(count) for grade, count in scheme.frame["suggested"].value_counts().items()}
        for name, scheme in graded.schemes.items()
    }
