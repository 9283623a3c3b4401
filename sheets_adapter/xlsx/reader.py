"""Reading a sheet: python-calamine where its dense grid is safe, our own scanner elsewhere and for single rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING

from sheets_adapter.xlsx.addresses import column_index
from sheets_adapter.xlsx.errors import UnreadableWorkbook
from sheets_adapter.xlsx.formulas import formula_cells
from sheets_adapter.xlsx.markup import Element, MalformedXml, parse
from sheets_adapter.xlsx.sheet_xml import CellXml, Dialect, RowXml, SheetXml
from sheets_adapter.xlsx.styles import Styles
from sheets_adapter.xlsx.values import date_of, unescape_text

if TYPE_CHECKING:
    from schemas.field_types.base import CellValue

GRID_COLUMNS = 500
GRID_CELLS = 20_000_000
_WIDE_REFERENCE = re.compile(rb' r="([A-Z]{2,3})[0-9]')
_ODD_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{2,3})[0-9]")
_ODD_SPELLINGS = (b"='", b" =", b"= ", b"\tr=", b"\nr=")
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})(\d+)[\"']")
_DATE_CLASSES = frozenset(("date", "time", "duration"))


@dataclass(frozen=True)
class SheetRows:
    """A sheet's values. rows[i] is sheet row `first_row + i`, its first value column A; rows may differ in length.

    Values are typed as `sheets_adapter.xlsx.values` says: numbers are float (whole ones too), "" is an empty cell.
    formula_cells: column → rows of cells with formulas of people's (or part of an array formula).
    """

    rows: Sequence[Sequence[CellValue]]
    first_row: int
    formula_cells: Mapping[int, frozenset[int]]

    @property
    def last_row(self) -> int:
        """The last sheet row with a value; `first_row - 1` for an empty sheet."""
        return self.first_row + len(self.rows) - 1

    @property
    def formula_columns(self) -> frozenset[int]:
        """Columns in which at least one cell holds a formula."""
        return frozenset(self.formula_cells)

    def without(self, numbers: Collection[int]) -> SheetRows:
        """The same with some rows empty."""
        if not numbers:
            return self
        rows = [() if at in numbers else row for at, row in enumerate(self.rows, self.first_row)]
        return replace(self, rows=rows)

    def row(self, number: int) -> Sequence[CellValue]:
        """One sheet row's values; none outside the used range."""
        at = number - self.first_row
        return self.rows[at] if 0 <= at < len(self.rows) else ()

    def value(self, row: int, column: int) -> CellValue:
        """One cell's value; "" outside the used range."""
        at = row - self.first_row
        if not 0 <= at < len(self.rows) or column >= len(self.rows[at]):
            return ""
        return self.rows[at][column]


class Scanner:
    """Values straight from the XML of single cells, as calamine would read them."""

    def __init__(self, styles: Styles, shared_strings: bytes, *, date1904: bool) -> None:
        self._styles, self._shared_xml, self._date1904 = styles, shared_strings, date1904

    @cached_property
    def _shared(self) -> list[str]:
        if not self._shared_xml:
            return []
        try:
            root = parse(self._shared_xml)
        except MalformedXml as error:
            raise UnreadableWorkbook("S027", part="sharedStrings", detail=str(error)) from error
        return [_rich_text(item) for item in root.children if item.local == "si"]

    def value(self, dialect: Dialect, cell: CellXml) -> CellValue:
        """The cell's value; "" when it has none."""
        kind = cell.type
        if kind == "inlineStr":
            return _inline_text(dialect, cell.inner)
        found = dialect.value.search(cell.inner)
        if found is None:
            return ""
        text = unescape(found[1].decode())
        if kind == "s":
            return self._shared[int(text)] if text.strip().isdigit() and int(text) < len(self._shared) else ""
        if kind in ("str", "e", "d"):
            return unescape_text(text)
        if kind == "b":
            return text.strip() in ("1", "true")
        return self._number(text, cell.style)

    def _number(self, text: str, style: int) -> CellValue:
        try:
            number = float(text)
        except ValueError:
            return text
        shown = self._styles.format_class(style)
        if shown not in _DATE_CLASSES:
            return number
        return date_of(number, duration=shown == "duration", date1904=self._date1904)

    def row(self, sheet: SheetXml, row: RowXml) -> dict[int, CellValue]:
        """Values of one row by column; cells without a value are absent."""
        values = {column: self.value(sheet.dialect, cell) for column, cell in row.cells.items()}
        return {column: value for column, value in values.items() if value != ""}


def _rich_text(item: Element) -> str:
    """A shared string's text: its own `t` or those of its runs, never its phonetic guide."""
    parts = []
    for child in item.children:
        if child.local == "t":
            parts.append(child.text)
        elif child.local == "r":
            parts += [run.text for run in child.children if run.local == "t"]
    return unescape_text("".join(parts))


def _inline_text(dialect: Dialect, inner: bytes) -> str:
    if b"rPh" in inner:
        inner = dialect.phonetic.sub(b"", inner)
    return unescape_text(unescape(b"".join(dialect.text.findall(inner)).decode()))


def used_size(sheet: SheetXml) -> tuple[int, int]:
    """(rows, columns) that a grid from A1 would need for the cells the XML names, with or without a value."""
    numbers = [int(one or 0) for one in sheet.dialect.row.findall(sheet.rows)]
    letters = set(_WIDE_REFERENCE.findall(sheet.rows))
    if any(spelling in sheet.rows for spelling in _ODD_SPELLINGS):
        letters.update(_ODD_REFERENCE.findall(sheet.rows))
    columns = max((column_index(one.decode()) + 1 for one in letters), default=26)
    return max(max(numbers, default=0), len(numbers)), columns


def read_sheet(sheet: SheetXml, scanner: Scanner, grid: Callable[[str], list[list[CellValue]] | None]) -> SheetRows:
    """All values of one worksheet. `grid` gives them by calamine as a dense grid from A1, None where it cannot."""
    formulas = {column: frozenset(rows) for column, rows in formula_cells(sheet).items()}
    last_row, columns = used_size(sheet)
    dense = None if columns > GRID_COLUMNS or last_row * columns > GRID_CELLS else grid(sheet.sheet)
    if dense is None:
        return SheetRows(list(_scanned_rows(sheet, scanner)), 1, formulas)
    return SheetRows(_with_errors(dense, sheet, scanner), 1, formulas)


def _scanned_rows(sheet: SheetXml, scanner: Scanner) -> Iterator[Sequence[CellValue]]:
    """Rows of a sheet whose cells lie far apart: an absent row costs one shared empty tuple."""
    at = 0
    for number, raw in sheet.all_rows():
        values = scanner.row(sheet, sheet.take_apart(number, raw))
        if not values:
            continue
        for _ in range(number - at - 1):
            yield ()
        at = number
        yield [values.get(column, "") for column in range(max(values) + 1)]


def _with_errors(rows: list[list[CellValue]], sheet: SheetXml, scanner: Scanner) -> list[list[CellValue]]:
    """calamine leaves error cells empty; people see #N/A, so their text is put in."""
    for marker in (b't="e"', b"t='e'"):
        at = sheet.rows.find(marker)
        while at >= 0:
            match = sheet.dialect.cell.match(sheet.rows, sheet.rows.rfind(b"<", 0, at))
            reference = _REFERENCE.search(match[1]) if match else None
            if match and reference:
                column = column_index(reference[1].decode())
                cell = CellXml(column, match[0], match[1], match[2] or b"")
                _put(rows, int(reference[2]), column, scanner.value(sheet.dialect, cell))
            at = sheet.rows.find(marker, at + 1)
    return rows


def _put(rows: list[list[CellValue]], number: int, column: int, value: CellValue) -> None:
    rows.extend([] for _ in range(number - len(rows)))
    row = rows[number - 1]
    row.extend("" for _ in range(column + 1 - len(row)))
    row[column] = value
