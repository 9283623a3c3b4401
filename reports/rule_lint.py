"""Deadline rules against the forms: columns that are named but do not exist would never fall due or never be met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from reports.frames import frames_of
from reports.lookups import columns_named
from reports.views import GIVEN, Tables
from schemas.deadline_rules import Rule
from schemas.finding import Finding, Severity
from schemas.option_findings import close_word
from schemas.template import Template

ColumnsOf = Callable[[str], frozenset[str] | None]
"""A table's or view's columns; None where it does not exist."""
OF_GIVEN = {"attainment_streak": frozenset({"record_id", "staff_id", "month_end", "advice"})}
assert OF_GIVEN.keys() == GIVEN.keys()


def find_rule_problems(rules: Mapping[str, Rule], templates: Iterable[Template], day: date) -> tuple[Finding, ...]:
    """E107 for each column a rule names that its form does not have. A form that does not exist yet is no problem."""
    columns_of = columns_by_table(templates, day)
    found: list[Finding] = []
    for rule_id, rule in rules.items():
        for watch in rule.watch:
            for table, column in dict.fromkeys(columns_named(watch)):
                known = columns_of(table)
                own = known | {lookup.name for lookup in watch.lookups} if known and table == watch.table else known
                if own is not None and column not in own:
                    params = {
                        "rule": rule_id,
                        "table": table,
                        "column": column,
                        "did_you_mean": close_word(column, own),
                    }
                    found.append(Finding("E107", params=params, severity=Severity.WARNING))
    return tuple(found)


def columns_by_table(templates: Iterable[Template], day: date) -> ColumnsOf:
    """The columns of every form's tables, and of views over one blank record of each."""
    forms = list(templates)
    blank = {table: [{"record_id": "r"}] for form in forms for table in form.table_names()}
    tables = Tables(frames_of(forms, blank)[0], day)

    def columns_of(table: str) -> frozenset[str] | None:
        if table in OF_GIVEN:
            return OF_GIVEN[table]
        frame = tables.get(table)
        return None if frame is None else frozenset(map(str, frame.columns))

    return columns_of
