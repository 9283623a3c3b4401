"""Cell addresses and ranges. Rows count from 1 as people see them, columns from 0 (A is 0)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_COLUMNS_ONLY = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS_ONLY = re.compile(r"\$?([1-9][0-9]{0,6}):\$?([1-9][0-9]{0,6})")


@lru_cache(maxsize=MAX_COLUMNS)
def column_letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=MAX_COLUMNS)
def column_index(letters: str) -> int:
    """A → 0, AA → 26; either case."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def cell_name(row: int, column: int) -> str:
    """(5, 2) → C5."""
    return f"{column_letters(column)}{row}"


def parse_cell(text: str) -> tuple[int, int]:
    """C5 or $C$5 → (row, column). Raises ValueError for anything else."""
    match = _CELL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a cell address")
    return int(match[2]), column_index(match[1])


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells; both ends belong to it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    @classmethod
    def parse(cls, text: str) -> Range:
        """A1:C5, C5, $A$1:$C$5, A:C or 1:5. Raises ValueError for anything else."""
        if columns := _COLUMNS_ONLY.fullmatch(text):
            return cls(1, column_index(columns[1]), MAX_ROWS, column_index(columns[2]))
        if rows := _ROWS_ONLY.fullmatch(text):
            return cls(int(rows[1]), 0, int(rows[2]), MAX_COLUMNS - 1)
        start, _, end = text.partition(":")
        (row, column), (last_row, last_column) = parse_cell(start), parse_cell(end or start)
        return cls(row, column, last_row, last_column)

    def __str__(self) -> str:
        first, last = cell_name(self.first_row, self.first_column), cell_name(self.last_row, self.last_column)
        return first if first == last else f"{first}:{last}"

    def absolute(self) -> str:
        """$A$1:$C$5, as defined names write it."""
        return (
            f"${column_letters(self.first_column)}${self.first_row}:${column_letters(self.last_column)}${self.last_row}"
        )

    def down_to(self, row: int) -> Range:
        """The same columns, ending on `row`."""
        return replace(self, last_row=row)

    def meets(self, other: Range) -> bool:
        """Whether the two share a cell."""
        return (
            self.first_row <= other.last_row
            and other.first_row <= self.last_row
            and self.first_column <= other.last_column
            and other.first_column <= self.last_column
        )

    def has_column(self, columns: Iterable[int]) -> bool:
        """Whether any of `columns` lies between its left and right end."""
        return any(self.first_column <= column <= self.last_column for column in columns)

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell belongs to it."""
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column
