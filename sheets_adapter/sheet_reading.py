"""Finding a table's sheet in a workbook, its header row and its columns."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sheets_adapter.codec import text_of
from sheets_adapter.columns import SheetMap, TablePlan, find_header_row, map_columns
from sheets_adapter.workbook_names import read_columns
from sheets_adapter.xlsx.reader import SheetRows
from sheets_adapter.xlsx.workbook import Workbook


@dataclass(frozen=True, slots=True)
class OpenedSheet:
    """A table's sheet with all its values and the place of every column."""

    plan: TablePlan
    map: SheetMap
    rows: SheetRows
    crc: int

    def shown_ids(self) -> list[str]:
        """What the identity column shows, for each row below the header that holds anything; "" for no id."""
        at = self.map.columns.get(self.plan.id_column, -1)
        below = self.rows.rows[max(0, self.map.header_row + 1 - self.rows.first_row) :]
        return [
            text_of(row[at]) if 0 <= at < len(row) else ""
            for row in below
            if any(cell not in (None, "") for cell in row)
        ]


def find_sheet(workbook: Workbook, plan: TablePlan) -> str | None:
    """Title of the table's sheet: the one its columns' names point into, else the one titled as the template says."""
    titles = [info.name for info in workbook.sheets if info.kind == "worksheet"]
    places = read_columns(workbook.names, plan.table, plan.by_column).values()
    named = Counter(sheet for sheet, _ in places if sheet in titles).most_common(1)
    if named:
        return named[0][0]
    return plan.sheet if plan.sheet in titles else None


def find_renamed_sheet(
    workbook: Workbook, plan: TablePlan, row_ids: Collection[str], taken: Collection[str]
) -> str | None:
    """Title of the sheet that holds the table's records, told by its header and their ids alone.

    For workbooks saved by a program that dropped our names, after somebody gave the sheet another title. row_ids: the
    records the file held. taken: titles of other tables' sheets.
    """
    hits: dict[str, int] = {}
    for info in workbook.sheets:
        if info.kind == "worksheet" and info.name not in taken:
            opened = open_sheet(workbook, plan, info.name)
            shown = [row_id for row_id in opened.shown_ids() if row_id] if opened else []
            known = sum(1 for row_id in shown if row_id in row_ids)
            if 2 * known > len(shown):
                hits[info.name] = known
    return max(hits, key=lambda title: hits[title], default=None)


def fingerprint(workbook: Workbook, plan: TablePlan, title: str) -> int:
    """Changes when the sheet changes, or what the template makes of it."""
    return workbook.sheet_crc(title) ^ zlib.crc32(repr((title, plan.meaning)).encode())


def open_sheet(workbook: Workbook, plan: TablePlan, title: str) -> OpenedSheet | None:
    """Reads the sheet; None when no row at its top looks like the table's header."""
    rows = workbook.read(title)
    header_at = find_header_row(plan, rows.rows)
    if header_at is None:
        return None
    places = read_columns(workbook.names, plan.table, plan.by_column)
    identities = {column: at for column, (sheet, at) in places.items() if sheet == title}
    header_row = rows.first_row + header_at
    found = map_columns(plan, title, header_row, rows.rows[header_at], identities)
    totals = workbook.totals_rows(title, header_row, found.columns.values())
    return OpenedSheet(plan, found, rows.without(totals), fingerprint(workbook, plan, title))


def is_blank_sheet(workbook: Workbook, title: str) -> bool:
    """Whether no cell of the sheet holds anything."""
    return is_empty(workbook.read(title).rows)


def is_empty(rows: Sequence[Sequence[object]]) -> bool:
    """Whether no cell holds anything."""
    return not any(cell not in (None, "") for row in rows for cell in row)
