"""Rows copied out of a spreadsheet: cells by tabs, and which column goes to which field of a line table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from schemas.folding import fold
from schemas.record import TypedLine
from schemas.template import Field

NO_NAMES: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pasted:
    """A pasted table. rows: all of equal length, titles included; has_titles: whether the first row names columns.

    fields: per column the key of the field it goes to, "" for none.
    """

    rows: tuple[tuple[str, ...], ...]
    has_titles: bool
    fields: tuple[str, ...]

    @property
    def body(self) -> tuple[tuple[str, ...], ...]:
        """The rows without titles."""
        return self.rows[1:] if self.has_titles else self.rows


def read_table(text: str) -> tuple[tuple[str, ...], ...]:
    """The cells of a copied table, rows filled up to equal length, empty rows and columns at the end left out."""
    found = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.strip("\r\n")), delimiter="\t")]
    rows = [row for row in found if any(row)]
    width = max((len(_without_tail(row)) for row in rows), default=0)
    return tuple(tuple([*row, *[""] * width][:width]) for row in rows)


def matched(
    rows: Sequence[Sequence[str]], shown: Sequence[Field], also: Mapping[str, Sequence[str]] = NO_NAMES
) -> Pasted:
    """Where each column goes: by its title when the first row names fields, else in the order of the form.

    shown: the line table's fields as they stand on the screen, computed ones included: a table copied from the
        screen has them too. A table without titles that has no column for them skips them.
    also: further names by field key; a field's own names go before them.
    """
    width = len(rows[0]) if rows else 0
    further = {fold(name): key for key, names in also.items() for name in names}
    by_name = {**further, **{fold(name): one.key for one in reversed(shown) for name in _names(one)}}
    titles = [by_name.get(_bare(cell), "") for cell in rows[0]] if rows else []
    named = sum(1 for key in titles if key)
    answered = [one.key for one in shown if one.type != "computed"]
    if named and named * 2 >= sum(1 for cell in rows[0] if cell):
        return Pasted(tuple(map(tuple, rows)), True, tuple(_once(titles, answered)))
    order = [one.key for one in shown] if width >= len(shown) else answered
    keys = [*order, *[""] * width][:width]
    return Pasted(tuple(map(tuple, rows)), False, tuple(_once(keys, answered)))


def as_rows(body: Sequence[Sequence[str]], fields: Sequence[str]) -> list[TypedLine]:
    """The rows as new line items, as if they had been typed; rows without any answer are left out."""
    rows = [{key: cell for key, cell in zip(fields, row, strict=True) if key and cell} for row in body]
    return [TypedLine("", row) for row in rows if row]


def _once(keys: Sequence[str], answered: Sequence[str]) -> list[str]:
    """Each field at most once, and only fields people answer."""
    return [key if key in answered and key not in keys[:place] else "" for place, key in enumerate(keys)]


def _names(field: Field) -> list[str]:
    units = [field.unit.zh, field.unit.en] if field.unit else []
    labels = [field.label.zh, field.label.en, *field.was, *field.aliases]
    return [field.key, *labels, *(f"{label}({unit})" for label in labels for unit in units)]


def _bare(title: str) -> str:
    """A column's title as it is compared: the form's mark for required answers does not count."""
    return fold(title).strip("*＊")


def _without_tail(row: Sequence[str]) -> Sequence[str]:
    last = max((place for place, cell in enumerate(row, 1) if cell), default=0)
    return row[:last]
