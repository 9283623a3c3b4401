"""What other people's workbooks do a little differently: titles, headers, columns twice, formulas without results.

Only for reading: reports understand more than the portal would ever write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from schemas.finding import CellRef, Finding, Severity
from schemas.folding import fold
from sheets_adapter.columns import PlannedColumn, TablePlan, header_text
from sheets_adapter.sheet_reading import OpenedSheet, find_sheet
from sheets_adapter.xlsx.addresses import column_letters
from sheets_adapter.xlsx.workbook import Workbook

_ADDED_TO_HEADERS = ("*", ":", "(必填)")
_UNITS = {"money": ("(元)", "(人民币)", "(人民币元)"), "percent": ("(%)",), "date": ("(日期)",)}
"""What people write behind a label. "(万元)" is not among them: it would make the number another one."""
_ALIKE = 0.75


def forgiving(plan: TablePlan) -> TablePlan:
    """The plan knowing its columns also by their English labels, and with a mark or the unit behind the label."""
    return replace(plan, columns=tuple(map(_with_variants, plan.columns)))


def _with_variants(one: PlannedColumn) -> PlannedColumn:
    if one.part != "value":
        return one
    kind = one.field.result if one.field.type == "computed" else one.field.type
    endings = (*_ADDED_TO_HEADERS, *_UNITS.get(kind or "", ()))
    variants = [f"{name}{ending}" for name in one.known_headers for ending in endings]
    aliases = (*one.field.aliases, *variants, *(f"*{name}" for name in one.known_headers), one.field.label.en)
    return replace(one, field=one.field.model_copy(update={"aliases": aliases}))


def sheet_of(workbook: Workbook, plan: TablePlan) -> str | None:
    """Title of the table's sheet; spaces, width and case of the title do not matter."""
    exact = find_sheet(workbook, plan)
    if exact is not None:
        return exact
    titles = [info.name for info in workbook.sheets if info.kind == "worksheet"]
    alike = [title for title in titles if fold(title) == fold(plan.sheet)]
    return alike[0] if len(alike) == 1 else None


def find_misnamed_sheets(workbook: Workbook, absent: list[str], read: set[str]) -> Iterator[Finding]:
    """Sheets nobody read whose title is almost that of a form without a sheet (E241)."""
    for info in workbook.sheets:
        if info.kind == "worksheet" and info.name not in read:
            for wanted in get_close_matches(info.name, absent, n=1, cutoff=_ALIKE):
                yield Finding("E241", params={"value": info.name, "sheet": wanted}, severity=Severity.WARNING)


def find_repeated_headers(opened: OpenedSheet) -> Iterator[Finding]:
    """Columns not read because another one carries the same header (E242)."""
    used = {fold(text): column for column, text in opened.map.headers.items()}
    read = set(opened.map.columns.values())
    row = opened.map.header_row
    for at, cell in enumerate(opened.rows.row(row)):
        text = header_text(cell)
        if at not in read and fold(text) in used and text:
            letters = column_letters(at)
            params = {"header": text, "column": letters}
            yield Finding("E242", CellRef(opened.map.sheet, row, letters), params, Severity.WARNING)


def cells_without_result(workbook: Workbook, opened: OpenedSheet) -> dict[str, frozenset[int]]:
    """Column → rows of its formulas that were saved without their results."""
    found: dict[str, frozenset[int]] = {}
    for column, at in opened.map.columns.items():
        below = (row for row in opened.rows.formula_cells.get(at, ()) if row > opened.map.header_row)
        empty = [row for row in below if opened.rows.value(row, at) in ("", None)]
        if empty and (rows := workbook.rows_without_result(opened.map.sheet, at, empty)):
            found[column] = frozenset(rows)
    return found


def find_formulas_without_result(opened: OpenedSheet, cells: Mapping[str, frozenset[int]]) -> Iterator[Finding]:
    """E244 for each column of `cells_without_result`, at the first of its cells."""
    for column, rows in cells.items():
        place = CellRef(opened.map.sheet, min(rows), column_letters(opened.map.columns[column]))
        yield Finding("E244", place, {"count": len(rows)}, Severity.WARNING)
