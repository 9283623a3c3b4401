"""Rows the sheet does not have yet, written straight as bytes: a first publication may bring 100,000."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheets_adapter.xlsx.addresses import Range, cell_name, column_letters
from sheets_adapter.xlsx.sheet_xml import cell_end
from sheets_adapter.xlsx.values import cell_content

if TYPE_CHECKING:
    from schemas.field_types.base import CellValue

_ANY_ROW = 1_048_577
"""Stands for the row's number in the start tag; no row has it."""
_VALUES_REMEMBERED = 5_000
"""Different values of a column that are remembered: a column with more of them hardly repeats itself."""


@dataclass
class NewRows:
    """Makes rows one after the other.

    columns: those a row may have a cell in, ascending. style_of: (column, value) → the style of its cell. tag_of: row
    number → start tag. A value that repeats in a column is spelled once.
    """

    sheet: str
    prefix: str
    row_close: bytes
    columns: Sequence[int]
    style_of: Callable[[int, CellValue], int]
    tag_of: Callable[[int], bytes]
    date1904: bool
    rows: dict[int, bytes] = field(default_factory=dict)
    """Row number → its bytes."""
    area: Range | None = None
    """The cells written so far."""
    _tag: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        before, _, after = self.tag_of(_ANY_ROW).decode().partition(str(_ANY_ROW))
        self._tag = before, after
        spelled: list[dict[tuple[type, CellValue], str]] = [{} for _ in self.columns]
        starts = [f'<{self.prefix}c r="{column_letters(column)}' for column in self.columns]
        self._columns = list(zip(self.columns, starts, spelled, strict=True))

    def add(self, number: int, values: Mapping[int, CellValue]) -> None:
        """Adds a row; one without any cell is left out."""
        cells = []
        for column, start, known in self._columns:
            value = values.get(column)
            key = (value.__class__, value)
            rest = known.get(key)
            if rest is None:
                rest = self._rest(number, column, value)
                if len(known) < _VALUES_REMEMBERED:
                    known[key] = rest
            if rest:
                cells.append(f"{start}{number}{rest}")
        if cells:
            before, after = self._tag
            self.rows[number] = f"{before}{number}{after}{''.join(cells)}".encode() + self.row_close
            top = self.area.first_row if self.area else number
            self.area = Range(min(top, number), self.columns[0], number, self.columns[-1])

    def _rest(self, number: int, column: int, value: CellValue) -> str:
        """What follows the row's number in a cell's address; "" for no cell."""
        attributes, inner = cell_content(value, f"{self.sheet}!{cell_name(number, column)}", self.date1904)
        style = self.style_of(column, value if inner else None)
        return cell_end(self.prefix, style, attributes, inner) if inner or style else ""
