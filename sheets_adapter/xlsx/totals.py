"""Totals rows of tables ("format as table"): they stay below the records and move down when records are added.

Only a totals row that nothing but the table knows of is moved. Where a formula, a note, a link or a merged cell names
its place, it stays, and so do the records that would need its room.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheets_adapter.xlsx.addresses import Range, cell_name
from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.markup import Splice, apply_splices, parse, set_attributes, with_attribute
from sheets_adapter.xlsx.sheet_xml import CellXml, RowXml, SheetXml
from sheets_adapter.xlsx.tables import Table

if TYPE_CHECKING:
    from sheets_adapter.xlsx.parts import SheetInfo, WorkbookParts

_TEXT_OR_COLUMN = re.compile(rb'"[^"]*"|&quot;.*?&quot;|\[[^\[\]]*\]')
_ADDRESS = re.compile(rb"\$?[A-Z]{1,3}\$?[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class TotalsMove:
    """A totals row's cells in `columns` go from one row to another."""

    row: int
    new_row: int
    columns: range


def totals_table(tables: Sequence[Table], sheet: SheetXml, header_row: int, columns: Collection[int]) -> Table | None:
    """The table of the records if it ends with a totals row and nothing of the records stands below that."""
    for table in tables:
        if ends_in_totals(table, header_row, columns):
            lowest = next(sheet.rows_with_content(columns), None)
            return table if lowest is None or lowest.number <= table.area.last_row else None
    return None


def ends_in_totals(table: Table, header_row: int, columns: Collection[int]) -> bool:
    """Whether the table is that of the records and its last row holds its totals."""
    is_theirs = table.has_header and table.area.first_row == header_row and table.area.has_column(columns)
    return is_theirs and table.has_totals


def move_below(table: Table, last_record: int) -> TotalsMove | None:
    """The move that makes room for records down to that row; None when there is room."""
    area = table.area
    if last_record < area.last_row:
        return None
    return TotalsMove(area.last_row, last_record + 1, range(area.first_column, area.last_column + 1))


def require_movable(sheet: SheetXml, table: Table, move: TotalsMove, merged: Sequence[Range]) -> None:
    """Raises CannotEdit S030 when something is tied to the totals row, S037 when its new place is taken."""
    cells = [cell for column, cell in sheet.row(move.row).cells.items() if column in move.columns]
    strip = Range(move.row, move.columns.start, move.row, move.columns.stop - 1)
    if any(_is_tied(sheet, cell) for cell in cells) or any(one.meets(strip) for one in merged):
        raise CannotEdit("S030", sheet=sheet.sheet, table=table.name)
    for number in range(move.row + 1, move.new_row + 1):
        below = sheet.row(number).cells
        if any(column in move.columns and sheet.has_content(cell) for column, cell in below.items()):
            raise CannotEdit("S037", sheet=sheet.sheet, range=f"{number}:{number}")


def _is_tied(sheet: SheetXml, cell: CellXml) -> bool:
    """Whether the cell's formula names cells by address: only the table's own column names move along by themselves."""
    formula = sheet.dialect.formula.search(cell.inner)
    if formula is None:
        return sheet.dialect.formula_open in cell.inner
    text = formula[2] or b""
    return b"t=" in formula[1] or _ADDRESS.search(_TEXT_OR_COLUMN.sub(b"", _TEXT_OR_COLUMN.sub(b"", text))) is not None


def move_cells(old: RowXml, new: RowXml, columns: range) -> None:
    """Moves the cells of some columns from one row to another, as they are."""
    for column in [column for column in old.cells if column in columns]:
        cell = old.cells.pop(column)
        old.gaps.pop(column, None)
        raw = _renumbered(cell, new.number)
        new.cells[column] = CellXml(column, raw, raw[: raw.index(b">")], cell.inner)
        old.is_touched = new.is_touched = True


def _renumbered(cell: CellXml, row: int) -> bytes:
    end = cell.raw.index(b">") + 1
    return with_attribute(cell.raw[:end], "r", cell_name(row, cell.column)) + cell.raw[end:]


def is_named(parts: WorkbookParts, info: SheetInfo, table: Table) -> bool:
    """Whether a formula, a note or a link anywhere in the workbook names a cell of the totals row."""
    row = str(table.area.last_row).encode()
    here = re.compile(rb"(?<![\w!'.$])\$?[A-Z]{1,3}\$?" + row + rb"(?![\w(.])")
    there = re.compile(rb"[!:]\$?[A-Z]{1,3}\$?" + row + rb"(?![\w(.])")
    own = parts.sheet_xml(info)
    formulas = b"\n".join(match[2] or b"" for match in own.dialect.formula.finditer(own.rows))
    tied = list(own.outline()[1].all("hyperlink"))
    for part in _note_parts(parts, info):
        tied += [*parts.parse(part).all("comment"), *parts.parse(part).all("threadedComment")]
    if any(Range.parse(one.attributes.get("ref", "A1")).first_row == table.area.last_row for one in tied):
        return True
    return here.search(formulas) is not None or any(there.search(data) for data in parts.formulas_naming(info))


def _note_parts(parts: WorkbookParts, info: SheetInfo) -> list[str]:
    return [
        target for kind, target, _ in parts.relations(info.part) if kind.endswith(("/comments", "/threadedComment"))
    ]


def with_moved_cells(chain: bytes, sheet_id: str, totals: TotalsMove) -> bytes:
    """The calculation chain with the row's cells at their new place: Excel repairs a file whose chain is wrong."""
    splices: list[Splice] = []
    moved = {cell_name(totals.row, column): cell_name(totals.new_row, column) for column in totals.columns}
    current = ""
    for one in parse(chain).children:
        current = one.attributes.get("i", current)
        reference = one.attributes.get("r", "")
        if current == sheet_id and reference in moved:
            splices.append(set_attributes(chain, one, r=moved[reference]))
    return apply_splices(chain, splices)
