"""A finding about the workbook as a row of the sync tables, and back."""

from __future__ import annotations

import json
from dataclasses import replace

from schemas.finding import CellRef, Finding, Severity
from sheets_adapter.columns import SheetMap


def finding_row(table: str, number: int, one: Finding) -> tuple[object, ...]:
    """The columns of `sync_finding` up to the severity."""
    at = one.at if isinstance(one.at, CellRef) else CellRef("", 0)
    params = {key: list(value) if isinstance(value, tuple) else str(value) for key, value in one.params.items()}
    text = json.dumps(params, ensure_ascii=False)
    return (table, number, one.code, at.sheet, at.row, at.column, text, one.severity.value)


def finding_from(code: object, sheet: object, row: object, col: object, params: object, severity: object) -> Finding:
    """The finding `finding_row` was given."""
    read = json.loads(str(params))
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in read.items()}
    at = CellRef(str(sheet), int(str(row)), str(col)) if sheet else None
    return Finding(str(code), at, given, Severity(str(severity)))


def with_header(finding: Finding, sheet: SheetMap | None) -> Finding:
    """The finding with its field named by the header people see."""
    header = sheet.headers.get(str(finding.params.get("field", ""))) if sheet else None
    return replace(finding, params={**finding.params, "field": header}) if header else finding
