"""How a row goes between journal, merge and sheet.

Between them a row is a mapping of cell texts: column → canonical text, `extra:<header>` → text of a column the template
does not know. The text of a cell that does not fit its field is *raw*: marked by a leading NUL, which no typed text can
hold. Reading sheets is `row_reading`; what the sheet should show is here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

from schemas.field_types import CellValue, References, type_of
from schemas.field_types.base import cell_text
from sheets_adapter.columns import EXTRA, KEY_PART, TablePlan
from sheets_adapter.contract import Row
from sheets_adapter.json_texts import dumps, loads

Cells = Mapping[str, str]

RAW = "\x00"
STATUS = "status"
LIST_MARK = "、"


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as a file held it.

    cells: as the merge compares them. shown: where a cell's text says more or less than that: both halves of columns
    that come in pairs (what people read, and the key), the identity column, a status that is missing or none, and
    under `extra:<header>` the kind of a cell that is no text. formulas: columns whose cell holds somebody's formula.
    """

    cells: Cells
    shown: Mapping[str, str]
    formulas: frozenset[str] = frozenset()


def text_of(cell: CellValue) -> str:
    """A cell as text without surrounding space."""
    return cell_text(cell).strip()


_KINDS: Sequence[tuple[type, str]] = (
    (bool, "bool"),
    (int, "number"),
    (float, "number"),
    (Decimal, "number"),
    (datetime, "datetime"),
    (date, "datetime"),
    (time, "time"),
    (timedelta, "text"),
)


def extra_kind(cell: CellValue) -> str:
    """What kind of cell an unknown column holds, so that `extra_cell` can write it back as it was; "" for text."""
    return next((kind for known, kind in _KINDS if isinstance(cell, known)), "")


def extra_cell(text: str, kind: str) -> CellValue:
    """The cell `text_of` and `extra_kind` were given."""
    if kind == "number":
        return Decimal(text)
    if kind == "bool":
        return text == "TRUE"
    if kind == "datetime":
        return datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)
    if kind == "time":
        return time.fromisoformat(text)
    return text


# --- what the file holds of a row, as it is kept ---------------------------------------------------------------------


def seen_text(seen: Seen) -> str:
    """A row's content as it is kept; equal texts are equal content."""
    parts = [sorted(seen.cells.items()), sorted(seen.shown.items()), sorted(seen.formulas)]
    return dumps(parts)


def seen_from(text: str) -> Seen:
    """The content `seen_text` was given."""
    cells, shown, formulas = loads(text)
    return Seen(dict(cells), dict(shown), frozenset(formulas))


def has_cell(text: str, column: str, value: str) -> bool:
    """Whether a content `seen_text` made holds that value; "" for no cell. Reading the whole text takes far longer."""
    if not value:
        return f'["{column}",' not in text.partition("]],")[0]
    return dumps([column, value]) in text


# --- rows of the store ------------------------------------------------------------------------------------------------


def cells_of(row: Row) -> dict[str, str]:
    """A stored row as the merge compares it."""
    cells = {key: text for key, text in row.values.items() if text}
    if row.raw:
        cells.update((key, RAW + text) for key, text in row.raw.items() if text)
    if row.extra:
        cells.update((EXTRA + header, text) for header, text in row.extra.items() if text)
    return cells


@dataclass(frozen=True, slots=True)
class RowParts:
    """What a stored row is made of: canonical values, raw texts and unknown columns, by field key or header."""

    values: dict[str, str]
    raw: dict[str, str]
    extra: dict[str, str]


def parts_of(cells: Cells) -> RowParts:
    """The inverse of `cells_of`."""
    if RAW not in "".join(cells.values()) and EXTRA not in "".join(cells):  # nearly every row
        return RowParts(dict(cells), {}, {})
    parts = RowParts({}, {}, {})
    for column, text in cells.items():
        if column.startswith(EXTRA):
            parts.extra[column.removeprefix(EXTRA)] = text
        elif text.startswith(RAW):
            parts.raw[column] = text.removeprefix(RAW)
        else:
            parts.values[column] = text
    return parts


# --- to the sheet -----------------------------------------------------------------------------------------------------


class RowWriter:
    """Writes rows of one table: what each cell should show, and the cells themselves."""

    def __init__(self, plan: TablePlan, references: References | None) -> None:
        self._plan = plan
        self._references = references
        self._displays: dict[tuple[str, str], str] = {}
        self._paired = {*plan.paired, *(f"{key}{KEY_PART}" for key in plan.paired), plan.id_column}
        self._typed: dict[str, Callable[[str], CellValue]] = {
            one.column: partial(type_of(one.field).write_cell, field=one.field)
            for one in plan.columns
            if one.part != "key" and one.column not in {*plan.paired, *plan.targets}
        }

    def shown(self, row_id: str, cells: Cells) -> dict[str, str]:
        """Column → the text it should carry: canonical, or raw with its mark; empty ones are absent."""
        wanted = self._kept_in_sheet(cells)
        for key in self._plan.paired:
            wanted.pop(key, None)
        wanted[self._plan.id_column] = row_id
        for key in self._plan.paired & cells.keys():
            display, target_key = self._pair(key, cells[key])
            _show(wanted, key, display)
            _show(wanted, f"{key}{KEY_PART}", target_key)
        return wanted

    def _kept_in_sheet(self, cells: Cells) -> dict[str, str]:
        """Without values of fields the template no longer has: their columns are people's now."""
        columns = self._plan.cell_columns
        return {column: text for column, text in cells.items() if column in columns or column.startswith(EXTRA)}

    def _pair(self, key: str, text: str) -> tuple[str, str]:
        if text.startswith(RAW):
            return text.removeprefix(RAW), ""
        if key in self._plan.targets:
            if (key, text) not in self._displays:
                display = self._references.display(self._plan.targets[key], text) if self._references else None
                self._displays[key, text] = display or text
            return self._displays[key, text], text
        pairs = [line.partition(" ") for line in text.split("\n")]
        return LIST_MARK.join(name for _, _, name in pairs), LIST_MARK.join(sha for sha, _, _ in pairs)

    def held(self, seen: Seen) -> dict[str, str]:
        """Column → the text the file carries, comparable with `shown`."""
        paired = self._plan.paired
        texts = {column: text for column, text in seen.cells.items() if column not in paired}
        texts.update((column, text) for column, text in seen.shown.items() if not column.startswith(EXTRA))
        return {column: text for column, text in texts.items() if text}

    def cell(self, column: str, text: str, kind: str = "") -> CellValue:
        """The cell for one text of `shown`; `kind` is an unknown column's (`Seen.shown`)."""
        if not text:
            return None
        if text.startswith(RAW):
            return text.removeprefix(RAW)
        if column.startswith(EXTRA):
            return extra_cell(text, kind)
        typed = self._typed.get(column)
        return typed(text) if typed else text

    def covered(self, cells: Cells, seen: Seen) -> dict[str, str]:
        """Column → text the file will not show, because the cell holds somebody's formula that yields another."""
        if not seen.formulas:
            return {}
        asked = (seen.formulas & self._plan.cell_columns) - self._plan.protected
        return {
            column: cells.get(column, "") for column in asked if cells.get(column, "") != seen.cells.get(column, "")
        }

    def seen_after(self, row_id: str, cells: Cells, before: Seen | None) -> Seen:
        """What the file holds once all of `cells` are written."""
        wanted = self.shown(row_id, cells)
        shown = {column: wanted[column] for column in self._paired if column in wanted}
        for column, kind in before.shown.items() if before else ():
            if column.startswith(EXTRA) and column in cells:
                shown[column] = kind
        return Seen(self._kept_in_sheet(cells), shown, before.formulas if before else frozenset())

    def differences(self, row_id: str, cells: Cells, seen: Seen, extras: Collection[str]) -> dict[str, str]:
        """Column → text the file still needs. Cells with formulas are people's; so is a column they took out."""
        wanted, held = self.shown(row_id, cells), self.held(seen)
        needs = {column: text for column, text in wanted.items() if held.get(column, "") != text}
        needs.update(dict.fromkeys(held.keys() - wanted.keys(), ""))
        return {
            column: text
            for column, text in needs.items()
            if column not in seen.formulas and (not column.startswith(EXTRA) or column.removeprefix(EXTRA) in extras)
        }


def _show(shown: dict[str, str], column: str, text: str) -> None:
    if text:
        shown[column] = text
