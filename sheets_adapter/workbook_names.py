"""What the portal remembers inside the workbook: hidden defined names.

`_portal_id` says whose workbook it is, `_portal_gen` which generation it holds, and one name per column which column
is which, whatever people do to headers and order: spreadsheet programs move names along with their columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sheets_adapter.columns import KEY_PART, SheetMap
from sheets_adapter.xlsx.addresses import column_letters
from sheets_adapter.xlsx.names import column_of_name, quoted_sheet

ID_NAME = "_portal_id"
GENERATION_NAME = "_portal_gen"
_COLUMN_PREFIX = "_portal."


class NamedWorkbook(Protocol):
    """The part of a workbook this module needs."""

    @property
    def names(self) -> Mapping[str, str]: ...

    def set_names(self, names: Mapping[str, str], *, hidden: bool = True) -> None: ...


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose workbook it is and the generation it holds; ("", 0) for one the portal has not written yet."""

    portal_id: str
    generation: int


def read_marker(workbook: NamedWorkbook) -> Marker:
    """The workbook's marker, as far as it has one."""
    portal_id = _constant(workbook.names.get(ID_NAME, ""))
    generation = _constant(workbook.names.get(GENERATION_NAME, ""))
    return Marker(portal_id, int(generation) if generation.isdecimal() else 0)


def write_marker(workbook: NamedWorkbook, marker: Marker) -> None:
    """Sets the marker."""
    workbook.set_names({ID_NAME: f'"{marker.portal_id}"', GENERATION_NAME: str(marker.generation)})


def _constant(refers_to: str) -> str:
    return refers_to.strip().lstrip("=").strip('"')


def column_name(table: str, column: str) -> str:
    """The defined name of a column. Its parts stand at fixed places, so no two columns share one."""
    template, dot, line = table.partition(".")
    owner = f"{template}.l.{line}" if dot else template
    kind, key = ("k", column.removesuffix(KEY_PART)) if column.endswith(KEY_PART) else ("c", column)
    return f"{_COLUMN_PREFIX}{owner}.{kind}.{key}"


def read_columns(names: Mapping[str, str], table: str, columns: Mapping[str, object]) -> dict[str, tuple[str, int]]:
    """column → (sheet, position) as the names of a table's columns say now; deleted columns are absent."""
    found: dict[str, tuple[str, int]] = {}
    for column in columns:
        place = column_of_name(names.get(column_name(table, column), ""))
        if place is not None:
            found[column] = place
    return found


def write_columns(workbook: NamedWorkbook, maps: Mapping[str, SheetMap]) -> None:
    """Names the columns of tables (table → where its columns are now); names already right are left alone."""
    names = workbook.names
    wanted: dict[str, str] = {}
    for table, sheet_map in maps.items():
        known = read_columns(names, table, sheet_map.columns)
        title = quoted_sheet(sheet_map.sheet)
        for column, at in sheet_map.columns.items():
            if known.get(column) != (sheet_map.sheet, at):
                letters = column_letters(at)
                wanted[column_name(table, column)] = f"{title}!${letters}:${letters}"
    if wanted:
        workbook.set_names(wanted)
