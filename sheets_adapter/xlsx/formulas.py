"""Formulas people wrote: which cells hold one, and how a column's formula goes on in new rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from sheets_adapter.xlsx.addresses import Range, cell_name, column_index
from sheets_adapter.xlsx.markup import escape_text
from sheets_adapter.xlsx.sheet_xml import CellXml, Dialect, RowXml, SheetXml

_KIND = re.compile(rb"\st\s*=\s*[\"'](\w+)[\"']")
_SHARED_INDEX = re.compile(rb"\ssi\s*=\s*[\"'](\d+)[\"']")
_RANGE = re.compile(rb"\sref\s*=\s*[\"']([A-Z0-9:$]+)[\"']")
_FILLS_RANGE = re.compile(rb"\st\s*=\s*[\"'](?:array|dataTable)[\"']")
_CELL_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})(\d+)[\"']")
_METADATA = re.compile(rb"\scm\s*=\s*[\"'](\d+)[\"']")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Formula:
    """One cell's formula as text without "=", where it stands, and whether it is a one-cell array formula."""

    text: str
    row: int
    column: int
    is_array: bool = False
    metadata: str = ""
    """The cell's `cm` index, which makes an array formula a dynamic one."""

    def cell_xml(self, row: int) -> tuple[str, str]:
        """(attributes, inner XML) of the cell in `row` that continues the column, for Excel to compute."""
        text = escape_text(moved(self, row, self.column) or self.text)
        if not self.is_array:
            return "", f"<f>{text}</f>"
        metadata = f' cm="{self.metadata}"' if self.metadata else ""
        return metadata, f'<f t="array" ref="{cell_name(row, self.column)}">{text}</f>'


def has_formula(dialect: Dialect, cell: CellXml) -> bool:
    """Whether the cell itself holds a formula."""
    return dialect.formula_open in cell.inner and dialect.formula.search(cell.inner) is not None


def lacks_result(dialect: Dialect, cell: CellXml) -> bool:
    """Whether the cell is a formula nobody computed yet. A computed empty text is a result: its type says text."""
    value = dialect.value.search(cell.inner)
    return has_formula(dialect, cell) and cell.type != "str" and (value is None or not value[1].strip())


def array_ranges(sheet: SheetXml) -> list[Range]:
    """Ranges filled by array, spilled or what-if formulas; their cells hold values but belong to the formula."""
    found: list[Range] = []
    if not sheet.has_formulas or (b"array" not in sheet.rows and b"dataTable" not in sheet.rows):
        return found
    for match in sheet.dialect.formula.finditer(sheet.rows):
        reference = _RANGE.search(match[1]) if _FILLS_RANGE.search(match[1]) else None
        if reference:
            found.append(Range.parse(reference[1].decode()))
    return found


def formula_cells(sheet: SheetXml) -> dict[int, set[int]]:
    """Rows by column of every cell that holds a formula or belongs to an array formula."""
    cells: dict[int, set[int]] = {}
    rows, opening = sheet.rows, sheet.dialect.formula_open
    cell_opening = f"<{sheet.dialect.prefix}c ".encode()
    at = rows.find(opening)
    while at >= 0:
        if rows[at + len(opening) : at + len(opening) + 1] in (b">", b" ", b"/"):
            reference = _CELL_REFERENCE.search(rows, rows.rfind(cell_opening, 0, at))
            if reference:
                cells.setdefault(column_index(reference[1].decode()), set()).add(int(reference[2]))
        at = rows.find(opening, at + len(opening))
    for area in array_ranges(sheet):
        for column in range(area.first_column, area.last_column + 1):
            cells.setdefault(column, set()).update(range(area.first_row, area.last_row + 1))
    return cells


def formula_of(sheet: SheetXml, row: int, cell: CellXml) -> Formula | None:
    """The cell's own formula, shared ones resolved; None when it has none that can go on in another row."""
    match = sheet.dialect.formula.search(cell.inner)
    if match is None:
        return None
    kind = _KIND.search(match[1])
    text = unescape((match[2] or b"").decode())
    if kind is None or kind[1] == b"normal":
        return Formula(text, row, cell.column)
    if kind[1] == b"shared":
        return Formula(text, row, cell.column) if text else _shared(sheet, match[1], row, cell.column)
    reference = _RANGE.search(match[1])
    if kind[1] == b"array" and reference and reference[1].decode() == cell_name(row, cell.column):
        metadata = _METADATA.search(cell.attributes)
        return Formula(text, row, cell.column, True, metadata[1].decode() if metadata else "")
    return None


def _shared(sheet: SheetXml, attributes: bytes, row: int, column: int) -> Formula | None:
    """A shared formula's text, moved from its first cell to this one."""
    index = _SHARED_INDEX.search(attributes)
    if index is None:
        return None
    wanted = index[1]
    for match in sheet.dialect.formula.finditer(sheet.rows):
        found = _SHARED_INDEX.search(match[1])
        if not match[2] or found is None or found[1] != wanted:
            continue
        cell_start = sheet.rows.rfind(f"<{sheet.dialect.prefix}c ".encode(), 0, match.start())
        origin = _CELL_REFERENCE.search(sheet.rows, cell_start)
        if origin is None:
            return None
        master = Formula(unescape(match[2].decode()), int(origin[2]), column_index(origin[1].decode()))
        text = moved(master, row, column)
        return None if text is None else Formula(text, row, column)
    return None


def moved(formula: Formula, row: int, column: int) -> str | None:
    """The formula's text as Excel would fill it into another cell; None when it cannot be taken apart."""
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.formula.translate import Translator, TranslatorError

    origin, target = cell_name(formula.row, formula.column), cell_name(row, column)
    try:
        return str(Translator(f"={formula.text}", origin=origin).translate_formula(target))[1:]
    except (TokenizerError, TranslatorError):
        return None


def continued_formulas(sheet: SheetXml, records: Sequence[RowXml]) -> dict[int, Formula]:
    """By column, the formula that goes on below `records` (the last record rows, lowest first).

    A column is a formula column when the last rows (up to three) hold the same formula in relative terms. One
    formula alone in the last of several rows is somebody's sum, not a column's rule.
    """
    found: dict[int, Formula] = {}
    if not records:
        return found
    lowest = records[0]
    for column, cell in lowest.cells.items():
        formula = formula_of(sheet, lowest.number, cell) if has_formula(sheet.dialect, cell) else None
        if formula is None or moved(formula, lowest.number + 1, column) is None:
            continue
        if all(_goes_on(sheet, formula, row) for row in records[1:_EXAMPLES]):
            found[column] = formula
    return found


def _goes_on(sheet: SheetXml, formula: Formula, row: RowXml) -> bool:
    cell = row.cells.get(formula.column)
    above = formula_of(sheet, row.number, cell) if cell else None
    return above is not None and above.text == moved(formula, row.number, formula.column)
