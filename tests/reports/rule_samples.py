"""Shipped templates and rules for tests of reports: frames from literal rows, one obligation picked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.deadlines import Evaluation, Listed, evaluate, listing
from reports.frames import frames_of
from schemas.calendar import WorkingCalendar
from schemas.deadline_rules import Rule
from schemas.loader import load_catalogue
from schemas.rule_packs import load_pack
from schemas.template import Template

ROOT = Path(__file__).resolve().parents[2]
CALENDAR = WorkingCalendar()
Row = Mapping[str, str]


@cache
def templates() -> tuple[Template, ...]:
    """The shipped templates."""
    return tuple(load_catalogue([ROOT / "forms" / "templates"])[0].templates)


@cache
def rules(pack: str = "base", **overrides: str) -> Mapping[str, Rule]:
    """The deadline rules of a shipped pack."""
    return load_rules(pack, overrides)


def load_rules(pack: str, overrides: Mapping[str, str]) -> Mapping[str, Rule]:
    """The deadline rules of a shipped pack with options overridden."""
    loaded, findings = load_pack(pack, (ROOT / "reports" / "rules",), date(2026, 11, 21), overrides)
    assert loaded is not None, findings
    return loaded.rules.deadlines


def frames(tables: Mapping[str, Sequence[Row]]) -> dict[str, pd.DataFrame]:
    """Typed frames of the shipped templates named; rows without a record number are numbered r1, r2, …"""
    rows = {
        table: [{"record_id": f"r{at}", "status": "有效", **row} for at, row in enumerate(given, 1)]
        for table, given in tables.items()
    }
    named = {table.split(".")[0] for table in rows}
    typed, findings = frames_of([template for template in templates() if template.key in named], rows)
    assert findings == ()
    return typed


def evaluated(
    rule_id: str, as_of: str, tables: Mapping[str, Sequence[Row]], calendar: WorkingCalendar = CALENDAR, **due: Any
) -> pd.DataFrame:
    """One rule's obligations as listed; `due` replaces parts of its due."""
    rule = rules()[rule_id].model_copy(update={"enabled": True})
    if due:
        assert rule.due is not None
        rule = rule.model_copy(update={"due": rule.due.model_copy(update=due)})
    chosen = {rule_id: rule} | ({"D79": rules()["D79"]} if rule_id in {"D13", "D14", "D15"} else {})
    evaluation = evaluate(chosen, frames(tables), moment(as_of), calendar)
    return everything(evaluation)


def everything(evaluation: Evaluation) -> pd.DataFrame:
    """All obligations as listed, a row each."""
    listed = listing(evaluation, np.ones(len(evaluation.status), dtype=np.bool_))
    columns = [*(field.name for field in fields(Listed)), "escalated_to"]
    return pd.DataFrame({name: pd.Series([getattr(row, name) for row in listed], dtype="object") for name in columns})


def moment(text: str) -> date | datetime:
    """A date, or a date and time."""
    return date.fromisoformat(text) if len(text) == len("2026-01-01") else datetime.fromisoformat(text)


def due_texts(rows: pd.DataFrame) -> list[str]:
    """Due moments as text, without 23:59:59."""
    return [f"{due:%Y-%m-%d %H:%M:%S}".removesuffix(" 23:59:59").removesuffix(":00") for due in rows["due_at"]]
