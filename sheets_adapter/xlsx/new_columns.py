"""Columns added at the right of a people-owned sheet, dressed like their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheets_adapter.xlsx.addresses import MAX_COLUMNS, MAX_ROWS, Range, column_index
from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.markup import Element, Splice, prefixed, set_attributes, with_attribute
from sheets_adapter.xlsx.new_sheet import ListSource, column_xml, list_validation
from sheets_adapter.xlsx.sheet_edit import NewColumn
from sheets_adapter.xlsx.sheet_xml import SheetXml
from sheets_adapter.xlsx.styles import FORMAT_CODES, Styles
from sheets_adapter.xlsx.tables import Table
from sheets_adapter.xlsx.values import cell_content
from sheets_adapter.xlsx.worksheet_order import added_to, inserted

if TYPE_CHECKING:
    from collections.abc import Iterator


def last_used_column(sheet: SheetXml) -> int:
    """The rightmost column that holds something in any row; -1 for an empty sheet."""
    last = -1
    cell_opening = f"<{sheet.dialect.prefix}c ".encode()
    for number, raw in sheet.all_rows():
        at = raw.rfind(cell_opening)
        reference = raw[at:].partition(b'r="')[2][:3] if at >= 0 else b""
        letters = bytes(one for one in reference if 65 <= one <= 90).decode()
        # Most rows end where the others do: only a row that reaches further is taken apart.
        if not letters or column_index(letters) > last:
            cells = sheet.take_apart(number, raw).cells.values()
            last = max((cell.column for cell in cells if sheet.has_content(cell) and cell.column > last), default=last)
    return last


class ColumnAdder:
    """Adds columns to one sheet: header cell, width, format for hand-typed cells, drop-down, table and filter."""

    def __init__(self, sheet: SheetXml, styles: Styles, tables: Sequence[Table], header_row: int) -> None:
        self.sheet, self.styles, self.tables, self.header_row = sheet, styles, tables, header_row
        self.filter_area: Range | None = None

    def add(self, columns: Sequence[NewColumn], lists: ListSource) -> tuple[int, ...]:
        """Positions of the added columns. Raises CannotEdit S032 when the sheet is full to the right."""
        first = self._first_free()
        positions = tuple(range(first, first + len(columns)))
        if positions and positions[-1] >= MAX_COLUMNS:
            raise CannotEdit("S032", sheet=self.sheet.sheet, limit=str(MAX_COLUMNS))
        for position, column in zip(positions, columns, strict=True):
            self._add(position, column, lists)
        return positions

    def _first_free(self) -> int:
        _, root = self.sheet.outline()
        merges = root.child("mergeCells")
        taken = [table.area.last_column for table in self.tables]
        taken += [Range.parse(one.attributes["ref"]).last_column for one in (merges.children if merges else ())]
        return max(last_used_column(self.sheet), *(one for one in taken if one < MAX_COLUMNS - 1), -1) + 1

    def _add(self, position: int, column: NewColumn, lists: ListSource) -> None:
        left = self._left_styles(position)
        row = self.sheet.row(self.header_row)
        row.put(position, left[0], *cell_content(column.header, f"{self.sheet.sheet}!{self.header_row}", False))
        self.sheet.replace_rows({self.header_row: row.to_bytes()})
        for table in self.tables:
            area = table.area
            if area.last_column == position - 1 and area.first_row == self.header_row and table.has_header:
                if not table.is_query:
                    table.widen(column.header)
                break
        style = self.styles.with_format(left[1], FORMAT_CODES[column.format])
        self._widths(position, column, style)
        self._filter(position)
        if column.choices:
            area = Range(self.header_row + 1, position, MAX_ROWS, position)
            self._validate(list_validation(area, column.header, column.choices, lists))

    def _left_styles(self, position: int) -> tuple[int, int]:
        """Styles of the header cell and of the last record's cell to the left."""
        header = [cell.style for at, cell in self.sheet.row(self.header_row).cells.items() if at < position]
        for row in self.sheet.rows_with_content(()):
            cells = [cell.style for at, cell in row.cells.items() if at < position]
            if row.number > self.header_row and cells:
                return (header[-1] if header else 0), cells[-1]
        return (header[-1] if header else 0), 0

    def _splice(self, splices: list[Splice]) -> None:
        self.sheet.splice_outline(splices)

    def _widths(self, position: int, column: NewColumn, style: int) -> None:
        data, root = self.sheet.outline()
        new = prefixed(column_xml(position + 1, position + 1, column.width, style, column.hidden), root.prefix)
        holder = root.child("cols")
        if holder is None:
            name = f"{root.prefix}cols"
            self._splice([inserted(root, "cols", f"<{name}>{new}</{name}>")])
            return
        for one in holder.children:
            low, high = int(one.attributes["min"]), int(one.attributes["max"])
            if low <= position + 1 <= high:
                tag = data[one.start : one.end]
                pieces = list(_split(tag, low, high, position + 1, new.encode()))
                self._splice([Splice(one.start, one.end, b"".join(pieces))])
                return
        later = next((one.start for one in holder.children if int(one.attributes["min"]) > position + 1), None)
        at = holder.inner_end if later is None else later
        self._splice([Splice(at, at, new.encode())])

    def _filter(self, position: int) -> None:
        data, root = self.sheet.outline()
        own = root.child("autoFilter")
        splices = _dimension(data, root, position, self.header_row)
        if own is not None:
            area = Range.parse(own.attributes.get("ref", "A1"))
            if area.first_row == self.header_row and area.last_column == position - 1:
                self.filter_area = Range(area.first_row, area.first_column, area.last_row, position)
                splices.append(set_attributes(data, own, ref=str(self.filter_area)))
        self._splice(splices)

    def _validate(self, rule: str) -> None:
        data, root = self.sheet.outline()
        self._splice(added_to(data, root, "dataValidations", prefixed(rule, root.prefix)))


def _dimension(data: bytes, root: Element, column: int, row: int) -> list[Splice]:
    dimension = root.child("dimension")
    if dimension is None:
        return []
    area = Range.parse(dimension.attributes.get("ref", "A1"))
    wider = Range(min(area.first_row, row), area.first_column, max(area.last_row, row), max(area.last_column, column))
    return [set_attributes(data, dimension, ref=str(wider))]


def _split(tag: bytes, low: int, high: int, at: int, new: bytes) -> Iterator[bytes]:
    """The parts of a `<col>` range left and right of the new column, with it between them."""
    if low < at:
        yield with_attribute(with_attribute(tag, "min", str(low)), "max", str(at - 1))
    yield new
    if at < high:
        yield with_attribute(with_attribute(tag, "min", str(at + 1)), "max", str(high))
