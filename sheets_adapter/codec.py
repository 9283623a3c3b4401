"""A template's rows as sheet cells and back.

The field's type decides what a cell means, never the cell. A cell that does not fit is kept as *raw* text with a
finding at its address; nothing raises, nothing is dropped. Between the file, the journal and the merge a row is a
mapping of cell texts: column → canonical text, `extra:<header>` → text of a column the template does not know. A raw
text is marked by a leading NUL, which no typed text can hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.field_types import CellValue, FieldType, ParseContext, References, type_of
from schemas.field_types.base import cell_text
from schemas.finding import CellRef, Finding, Param, Severity
from schemas.folding import fold
from schemas.record import LIVE, VOID
from schemas.template import Field
from sheets_adapter.columns import EXTRA, KEY_PART, SheetMap, TablePlan
from sheets_adapter.contract import Row
from sheets_adapter.xlsx.addresses import column_letters

if TYPE_CHECKING:
    from sheets_adapter.xlsx.reader import SheetRows

Cells = Mapping[str, str]

RAW = "\x00"
STATUS = "status"
_STATUSES = frozenset({LIVE, VOID, "待确认"})
LIST_MARK = "、"
_SPLIT = re.compile(r"[、,，;；\n]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOTALS = frozenset({"合计", "总计", "小计", "合计:", "总计:", "小计:", "total", "sum"})
_NOTES = ("备注:", "注:", "说明:", "制表:", "制表人", "审核:", "note:")


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


@dataclass(frozen=True, slots=True)
class DecodedRow:
    """One row of a sheet. row: counts from 1. row_id: the text in the identity column, "" for none."""

    row: int
    row_id: str
    seen: Seen


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


# --- rows of the store ------------------------------------------------------------------------------------------------


def cells_of(row: Row) -> dict[str, str]:
    """A stored row as the merge compares it."""
    cells = {key: text for key, text in row.values.items() if text}
    cells.update((key, RAW + text) for key, text in row.raw.items() if text)
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
    parts = RowParts({}, {}, {})
    for column, text in cells.items():
        if column.startswith(EXTRA):
            parts.extra[column.removeprefix(EXTRA)] = text
        elif text.startswith(RAW):
            parts.raw[column] = text.removeprefix(RAW)
        else:
            parts.values[column] = text
    return parts


# --- from the sheet ---------------------------------------------------------------------------------------------------


class RowReader:
    """Reads the rows of one sheet.

    `seen` is what the file held before, by row id: it tells which half of a reference somebody changed.
    findings: what did not fit in the rows read so far. unresolved: a reference named nobody there is yet.
    """

    def __init__(self, plan: TablePlan, sheet_map: SheetMap, seen: Mapping[str, Seen], context: ParseContext) -> None:
        self._plan = plan
        self._map = sheet_map
        self._seen = seen
        self._context = context
        self._plain = [
            (planned.column, sheet_map.columns[planned.column], _CellReader(planned.field, context))
            for planned in plan.columns
            if planned.column in sheet_map.columns
            and planned.part != "key"
            and planned.column not in plan.paired
            and planned.column not in plan.targets
            and planned.column not in (plan.id_column, STATUS)
        ]
        self._references = sorted(key for key in plan.targets if self._has(key))
        self._files = sorted(key for key, one in plan.fields.items() if one.type == "attachment" and self._has(key))
        self.findings: list[Finding] = []
        self.unresolved = False
        self._formula_cells: list[tuple[str, frozenset[int]]] = []
        self._candidates: dict[tuple[str, str], tuple[str, ...]] = {}

    def _has(self, key: str) -> bool:
        return key in self._map.columns or f"{key}{KEY_PART}" in self._map.columns

    def read(self, sheet: SheetRows) -> Iterator[DecodedRow]:
        """All records of the sheet in their order; the header and what is above it are skipped."""
        columns = {at: column for column, at in self._map.columns.items()}
        columns |= {at: EXTRA + header for header, at in self._map.extras.items()}
        self._formula_cells = [(columns[at], rows) for at, rows in sheet.formula_cells.items() if at in columns]
        for number, row in enumerate(sheet.rows, sheet.first_row):
            if number > self._map.header_row and any(cell is not None and cell != "" for cell in row):
                record = self._read_row(row, number)
                if record is not None:
                    yield record

    def _read_row(self, row: Sequence[CellValue], number: int) -> DecodedRow | None:
        row_id = text_of(self._cell(row, self._plan.id_column))
        if not row_id and self._is_beneath_the_records(row, number):
            return None
        cells: dict[str, str] = {}
        for column, at, reader in self._plain:
            cell = row[at] if at < len(row) else None
            if cell is not None and cell != "":
                self._keep(cells, column, at, number, *reader.read(cell))
        shown = {self._plan.id_column: row_id} if row_id else {}
        before = self._seen.get(row_id)
        for key in self._references:
            self._read_reference(key, row, number, before, cells, shown)
        for key in self._files:
            self._read_files(key, row, number, before, cells, shown)
        if not row_id and not any(column in self._plan.fields for column in cells):
            return None
        self._read_status(row, number, before, cells, shown)
        self._read_extras(row, cells, shown)
        formulas = frozenset(column for column, rows in self._formula_cells if number in rows)
        return DecodedRow(number, row_id, Seen(cells, shown, formulas))

    def _cell(self, row: Sequence[CellValue], column: str) -> CellValue:
        at = self._map.columns.get(column, -1)
        return row[at] if 0 <= at < len(row) else None

    def _keep(
        self, cells: dict[str, str], column: str, at: int, number: int, text: str, findings: tuple[Finding, ...]
    ) -> None:
        if text:
            cells[column] = text
        place = CellRef(self._map.sheet, number, column_letters(at)) if findings else None
        self.findings += [replace(finding, at=place) for finding in findings]

    def _read_status(
        self, row: Sequence[CellValue], number: int, before: Seen | None, cells: dict[str, str], shown: dict[str, str]
    ) -> None:
        """A row without a status is live. A status that is none stays as it was and is written back."""
        text = text_of(self._cell(row, STATUS))
        if text in _STATUSES:
            cells[STATUS] = text
            return
        cells[STATUS] = (before.cells.get(STATUS) if before else None) or LIVE
        shown[STATUS] = text
        if text:
            at = self._map.columns[STATUS]
            found = Finding(
                "S065", CellRef(self._map.sheet, number, column_letters(at)), {"value": text}, Severity.WARNING
            )
            self.findings.append(found)

    def _is_beneath_the_records(self, row: Sequence[CellValue], number: int) -> bool:
        """Totals and notes under the records are not records. They are told by their first cell."""
        at, first = next((at, cell) for at, cell in enumerate(row) if cell is not None and cell != "")
        if not isinstance(first, str):
            return False
        text = fold(first)
        alone = sum(cell is not None and cell != "" for cell in row) == 1
        if text not in _TOTALS and not (alone and text.startswith(_NOTES)):
            return False
        place = CellRef(self._map.sheet, number, column_letters(at))
        self.findings.append(Finding("S060", place, {"text": first}, Severity.INFO))
        return True

    def _read_extras(self, row: Sequence[CellValue], cells: dict[str, str], shown: dict[str, str]) -> None:
        for header, at in self._map.extras.items():
            cell = row[at] if at < len(row) else None
            text = text_of(cell)
            if text:
                cells[EXTRA + header] = text
                if kind := extra_kind(cell):
                    shown[EXTRA + header] = kind

    # references: the labelled column is for people, the key column decides unless only the former was changed

    def _read_reference(
        self, key: str, row: Sequence[CellValue], number: int, before: Seen | None,
        cells: dict[str, str], shown: dict[str, str],
    ) -> None:  # fmt: skip
        display = self._half(row, key, before, shown)
        target_key = self._half(row, f"{key}{KEY_PART}", before, shown)
        if not display and not target_key:
            return
        only_display = False
        if before is not None and key in self._plan.paired:
            known = before.cells.get(key, "")
            same_key = before.shown.get(f"{key}{KEY_PART}", "") == target_key
            only_display = same_key and before.shown.get(key, "") != display
            if same_key and not only_display and known and not known.startswith(RAW):
                cells[key] = known
                return
            if only_display and not display:
                return
            # A name nobody had so far still stands beside the old key: it is the name that was typed last.
            only_display = only_display or (same_key and known == RAW + display)
        wanted = display if only_display or not target_key else target_key
        at = self._map.columns.get(key, self._map.columns.get(f"{key}{KEY_PART}", 0))
        self._keep(cells, key, at, number, *self._resolve(key, wanted, display, by_key=wanted == target_key))

    def _half(self, row: Sequence[CellValue], column: str, before: Seen | None, shown: dict[str, str]) -> str:
        """One half of a pair. A half whose column somebody deleted counts as unchanged."""
        if column not in self._map.columns:
            return before.shown.get(column, "") if before else ""
        text = text_of(self._cell(row, column))
        if column.removesuffix(KEY_PART) in self._plan.paired:
            _show(shown, column, text)
        return text

    def _resolve(self, key: str, wanted: str, display: str, *, by_key: bool) -> tuple[str, tuple[Finding, ...]]:
        references = self._context.references
        if (key, wanted) not in self._candidates:
            found = references.resolve(self._plan.targets[key], wanted) if references else ()
            self._candidates[key, wanted] = tuple(found)
        candidates = self._candidates[key, wanted]
        if by_key and wanted in candidates:
            return wanted, ()
        if len(candidates) == 1:
            return candidates[0], ()
        self.unresolved = True
        target = self._plan.targets[key]
        params: dict[str, Param] = {"field": key, "value": wanted, "template": target}
        if not candidates:
            return RAW + (display or wanted), (Finding("V040", params=params, severity=Severity.WARNING),)
        assert references is not None
        params["candidates"] = tuple(
            f"{one} {references.display(target, one) or ''}".strip() for one in candidates[:10]
        )
        return RAW + (display or wanted), (Finding("V041", params=params, severity=Severity.WARNING),)

    # attachments: file names for people, hashes in the key column; the sheet can rename a file, not replace it

    def _read_files(
        self, key: str, row: Sequence[CellValue], number: int, before: Seen | None,
        cells: dict[str, str], shown: dict[str, str],
    ) -> None:  # fmt: skip
        names = self._half(row, key, before, shown)
        hashes = self._half(row, f"{key}{KEY_PART}", before, shown)
        if not names and not hashes:
            return
        if before is not None and before.shown.get(f"{key}{KEY_PART}", "") == hashes and key in before.cells:
            cells[key] = before.cells[key]  # names changed by hand are put back: files are changed in the portal
            return
        name_list, hash_list = _listed(names), _listed(hashes)
        if hash_list and len(name_list) == len(hash_list) and all(map(_SHA256.fullmatch, hash_list)):
            cells[key] = "\n".join(f"{sha} {name}" for sha, name in zip(hash_list, name_list, strict=True))
            return
        at = self._map.columns.get(key, self._map.columns.get(f"{key}{KEY_PART}", 0))
        found = Finding("S063", params={"field": key, "value": names or hashes}, severity=Severity.WARNING)
        self._keep(cells, key, at, number, RAW + (names or hashes), (found,))


class _CellReader:
    """Reads the cells of one column; equal cells are read once, for columns repeat their values."""

    def __init__(self, one: Field, context: ParseContext) -> None:
        self._field = one
        self._type: FieldType = type_of(one)
        self._context = context
        self._known: dict[tuple[type, CellValue], tuple[str, tuple[Finding, ...]]] = {}

    def read(self, cell: CellValue) -> tuple[str, tuple[Finding, ...]]:
        key = (type(cell), cell)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(cell)
        return known

    def _read(self, cell: CellValue) -> tuple[str, tuple[Finding, ...]]:
        parsed = self._type.read_cell(cell, self._field, self._context)
        if not parsed.fits:
            softer = tuple(replace(finding, severity=Severity.WARNING) for finding in parsed.findings)
            return RAW + text_of(cell), softer
        return parsed.text, parsed.findings


def _listed(text: str) -> list[str]:
    return [part.strip() for part in _SPLIT.split(text) if part.strip()]


def _show(shown: dict[str, str], column: str, text: str) -> None:
    if text:
        shown[column] = text


# --- to the sheet -----------------------------------------------------------------------------------------------------


class RowWriter:
    """Writes rows of one table: what each cell should show, and the cells themselves."""

    def __init__(self, plan: TablePlan, references: References | None) -> None:
        self._plan = plan
        self._references = references
        self._displays: dict[tuple[str, str], str] = {}

    def shown(self, row_id: str, cells: Cells) -> dict[str, str]:
        """Column → the text it should carry: canonical, or raw with its mark; empty ones are absent."""
        cells = self._kept_in_sheet(cells)
        wanted = {column: text for column, text in cells.items() if column not in self._plan.paired}
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
        planned = self._plan.by_column[column]
        if planned.part == "key" or column in self._plan.paired or column in self._plan.targets:
            return text
        return type_of(planned.field).write_cell(text, planned.field)

    def seen_after(self, row_id: str, cells: Cells, before: Seen | None) -> Seen:
        """What the file holds once all of `cells` are written."""
        wanted = self.shown(row_id, cells)
        paired = {*self._plan.paired, *(f"{key}{KEY_PART}" for key in self._plan.paired), self._plan.id_column}
        shown = {column: text for column, text in wanted.items() if column in paired}
        kinds = {column: kind for column, kind in (before.shown if before else {}).items() if column.startswith(EXTRA)}
        shown |= {column: kind for column, kind in kinds.items() if column in cells}
        return Seen(self._kept_in_sheet(cells), shown, before.formulas if before else frozenset())

    def differences(self, row_id: str, cells: Cells, seen: Seen, extras: Collection[str]) -> dict[str, str]:
        """Column → text the file still needs. Cells with formulas are people's; so is a column they took out."""
        wanted, held = self.shown(row_id, cells), self.held(seen)
        return {
            column: wanted.get(column, "")
            for column in wanted.keys() | held.keys()
            if wanted.get(column, "") != held.get(column, "")
            and column not in seen.formulas
            and (not column.startswith(EXTRA) or column.removeprefix(EXTRA) in extras)
        }
