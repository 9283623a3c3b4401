"""Reading a sheet's rows: what each cell means by its field's type, and what does not fit.

The field's type decides what a cell means, never the cell. A cell that does not fit is kept as raw text with a finding
at its address; nothing raises, nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from schemas.field_types import CellValue, FieldType, ParseContext, type_of
from schemas.finding import CellRef, Finding, Param, Severity
from schemas.folding import fold
from schemas.record import LIVE, VOID
from schemas.template import Field
from sheets_adapter.codec import RAW, STATUS, Seen, extra_kind, text_of
from sheets_adapter.columns import EXTRA, KEY_PART, SheetMap, TablePlan, header_text
from sheets_adapter.xlsx.addresses import column_letters

if TYPE_CHECKING:
    from sheets_adapter.xlsx.reader import SheetRows

_STATUSES = frozenset({LIVE, VOID, "待确认"})
_SPLIT = re.compile(r"[、,，;；\n]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOTAL_WORDS = ("合计", "总计", "小计", "汇总", "平均", "平均值", "total", "sum", "average")
_TOTALS = frozenset((*_TOTAL_WORDS, *(f"{word}:" for word in _TOTAL_WORDS)))
_NOTES = ("备注:", "注:", "说明:", "制表:", "制表人", "审核:", "note:")
_CANDIDATES_TOLD = 10
_BLANK_ROWS = 3
"""So many blank rows end the records: what is typed further below without an id is a note or another table."""
_CELLS_REMEMBERED = 5_000
"""Different cells of a column that are remembered: a column with more of them hardly repeats itself."""
_HEADERS_AGAIN = 3
"""So many cells that repeat their column's header make a row a header pasted once more."""

Cells = Sequence[CellValue]
Understood = tuple[str, tuple[Finding, ...]]
"""A cell's text, canonical or marked raw, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class DecodedRow:
    """One row of a sheet. row: counts from 1. row_id: the text in the identity column, "" for none.

    mark: a fingerprint of the cells as they are; "" where reading them again may give something else, or where no id
    says whose mark it is.
    """

    row: int
    row_id: str
    seen: Seen
    findings: tuple[Finding, ...] = ()
    mark: str = ""


class RowReader:
    """Reads the rows of one sheet.

    seen: what the file held before, by row id; it tells which half of a reference somebody changed.
    notes: findings about rows that are no records. unresolved: a reference read so far names nobody there is yet.
    """

    def __init__(
        self,
        plan: TablePlan,
        sheet_map: SheetMap,
        seen: Mapping[str, Seen],
        context: ParseContext,
        *,
        known_rows: Collection[int] | None = None,
    ) -> None:
        """known_rows: sheet rows records stood in; of all others, those without an id that stand behind some blank rows
        are something else of people's. None: every row may be a record.
        """
        self._known_rows = known_rows if plan.id_column in sheet_map.columns else None
        self._last_row = 0
        self._is_behind_a_gap = False
        self.plan = plan
        self.map = sheet_map
        self.notes: list[Finding] = []
        self.unresolved = False
        self._seen = seen
        self._context = context
        self._formula_cells: list[tuple[str, frozenset[int]]] = []
        self._candidates: dict[tuple[str, str], tuple[str, ...]] = {}
        apart = {*plan.targets, *plan.paired, plan.id_column, STATUS}
        self._plain = [
            (one.column, sheet_map.columns[one.column], _CellReader(one.field, context))
            for one in plan.columns
            if one.column in sheet_map.columns and one.part != "key" and one.column not in apart
        ]
        self._headers = {at: sheet_map.headers[column] for column, at in sheet_map.columns.items()}
        self._references = sorted(key for key in plan.targets if self._has(key))
        self._files = sorted(key for key, one in plan.fields.items() if one.type == "attachment" and self._has(key))

    def _has(self, key: str) -> bool:
        return key in self.map.columns or f"{key}{KEY_PART}" in self.map.columns

    def rows(self, sheet: SheetRows) -> Iterator[tuple[int, Cells]]:
        """(sheet row, cells) of every row below the header that holds anything."""
        columns = {at: column for column, at in self.map.columns.items()}
        columns |= {at: EXTRA + header for header, at in self.map.extras.items()}
        self._formula_cells = [(columns[at], rows) for at, rows in sheet.formula_cells.items() if at in columns]
        for number, row in enumerate(sheet.rows, sheet.first_row):
            if number > self.map.header_row and any(cell is not None and cell != "" for cell in row):
                yield number, row

    def read(self, sheet: SheetRows) -> Iterator[DecodedRow]:
        """All records of the sheet in their order; the header and what is above it are skipped."""
        for number, row in self.rows(sheet):
            record = self.decode(number, row)
            if record is not None:
                yield record

    def seen_before(self, row_id: str) -> Seen | None:
        """What the file held of the row before; None where that is not known."""
        return self._seen.get(row_id) if row_id else None

    def id_of(self, row: Cells) -> str:
        """The text in the identity column."""
        return text_of(self.cell(row, self.plan.id_column))

    def cell(self, row: Cells, column: str) -> CellValue:
        """The cell of a column; None where the sheet has no such column."""
        at = self.map.columns.get(column, -1)
        return row[at] if 0 <= at < len(row) else None

    @cached_property
    def _meaning(self) -> bytes:
        """What, besides its cells, decides how a row reads."""
        places = sorted(self.map.columns.items()), sorted(self.map.extras.items())
        return repr((places, self.plan.meaning)).encode()

    def mark(self, number: int, row: Cells) -> str:
        """A fingerprint of the row's cells: while it stays the same the row need not be read again."""
        formulas = [column for column, rows in self._formula_cells if number in rows]
        hashed = blake2b(self._meaning, digest_size=12)
        width = len(row)
        while width and row[width - 1] in ("", None):
            width -= 1
        hashed.update(repr((row[:width], formulas)).encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()

    def decode(self, number: int, row: Cells, mark: str = "") -> DecodedRow | None:
        """The record in a row; None for a row that holds none. mark: its mark, if it was made already."""
        row_id = self.id_of(row)
        self._look_for_gap(number, row_id)
        if self._is_header_again(row) or (not row_id and self._is_beneath_the_records(number, row)):
            return None
        reading = _Reading(self, number, row, row_id)
        width, texts = len(row), reading.cells
        for column, at, reader in self._plain:
            cell = row[at] if at < width else None
            if cell is None or cell == "":
                continue
            text, findings = reader.read(cell)
            if findings:
                reading.keep(column, at, text, findings)
            elif text:
                texts[column] = text
        for key in self._references:
            self._read_reference(reading, key)
        for key in self._files:
            reading.read_files(key)
        formulas = frozenset(column for column, rows in self._formula_cells if number in rows)
        if not row_id and not any(self._is_answer(column) for column in reading.cells.keys() - formulas):
            return None
        if row_id:
            reading.shown[self.plan.id_column] = row_id
        reading.read_status()
        reading.read_extras()
        self.unresolved = self.unresolved or reading.unresolved
        # A row without an id is not looked up by it, so it is always read again.
        mark = mark or self.mark(number, row) if row_id and not reading.unresolved else ""
        return DecodedRow(number, row_id, Seen(reading.cells, reading.shown, formulas), tuple(reading.findings), mark)

    def _is_answer(self, column: str) -> bool:
        """Whether people fill that column in: computed fields alone, copied down for later, are no record."""
        return column in self.plan.fields and column not in self.plan.protected

    def note_row(self, number: int, row_id: str) -> None:
        """Says that there is a row though it need not be read."""
        self._look_for_gap(number, row_id)

    def _look_for_gap(self, number: int, row_id: str) -> None:
        far = self._last_row > 0 and number - self._last_row > _BLANK_ROWS
        known = self._known_rows is None or number in self._known_rows
        self._is_behind_a_gap = not known and not row_id and (self._is_behind_a_gap or far)
        self._last_row = number

    def _is_header_again(self, row: Cells) -> bool:
        """Whether somebody pasted the header once more between the records."""
        width = len(row)
        same = 0
        for at, header in self._headers.items():
            cell = row[at] if at < width else None
            same += isinstance(cell, str) and cell.lstrip()[:1] in header and header_text(cell) == header
        return same >= _HEADERS_AGAIN and 2 * same > sum(cell is not None and cell != "" for cell in row)

    def _is_beneath_the_records(self, number: int, row: Cells) -> bool:
        """Totals and notes under the records are not records. They are told by their first cell, or by a gap."""
        at, first = next((at, cell) for at, cell in enumerate(row) if cell is not None and cell != "")
        if self._is_behind_a_gap:
            place = CellRef(self.map.sheet, number, column_letters(at))
            params = {"text": text_of(first), "rows": str(_BLANK_ROWS)}
            self.notes.append(Finding("S078", place, params, Severity.WARNING))
            return True
        if not isinstance(first, str):
            return False
        text = fold(first)
        if text not in _TOTALS and not (text.startswith(_NOTES) and _is_alone(row)):
            return False
        place = CellRef(self.map.sheet, number, column_letters(at))
        self.notes.append(Finding("S060", place, {"text": first}, Severity.INFO))
        return True

    def _read_reference(self, reading: _Reading, key: str) -> None:
        """The labelled column is for people; the key column decides unless only the former was changed."""
        display, target_key = reading.half(key), reading.half(f"{key}{KEY_PART}")
        if not display and not target_key:
            return
        before, only_display = reading.before, False
        if before is not None and key in self.plan.paired:
            known = before.cells.get(key, "")
            same_key = before.shown.get(f"{key}{KEY_PART}", "") == target_key
            only_display = same_key and before.shown.get(key, "") != display
            if same_key and not only_display and known and not known.startswith(RAW):
                reading.cells[key] = known
                return
            if only_display and not display:
                return
            # A name nobody had so far still stands beside the old key: it is the name that was typed last.
            only_display = only_display or (same_key and known == RAW + display)
        wanted = display if only_display or not target_key else target_key
        reading.keep(key, reading.place_of(key), *self._resolve(reading, key, wanted, display))

    def _resolve(self, reading: _Reading, key: str, wanted: str, display: str) -> Understood:
        target, references = self.plan.targets[key], self._context.references
        if (key, wanted) not in self._candidates:
            self._candidates[key, wanted] = tuple(references.resolve(target, wanted)) if references else ()
        candidates = self._candidates[key, wanted]
        if len(candidates) == 1:
            return candidates[0], ()
        params: dict[str, Param] = {"field": key, "value": wanted, "template": target}
        if not candidates or references is None:
            unknown = Finding("V040", params=params, severity=Severity.WARNING)
            if display not in ("", wanted):
                # A key nobody has beside a name somebody has: the name stands, and the key is told.
                return self._resolve(reading, key, display, display)[0], (unknown,)
            reading.unresolved = True
            return RAW + (display or wanted), (unknown,)
        reading.unresolved = True
        told = candidates[:_CANDIDATES_TOLD]
        params["candidates"] = tuple(f"{one} {references.display(target, one) or ''}".strip() for one in told)
        return RAW + (display or wanted), (Finding("V041", params=params, severity=Severity.WARNING),)


@dataclass
class _Reading:
    """One row while it is read."""

    reader: RowReader
    number: int
    row: Cells
    row_id: str
    cells: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unresolved: bool = False

    @cached_property
    def before(self) -> Seen | None:
        """What the file held of the row: few rows ask."""
        return self.reader.seen_before(self.row_id)

    def keep(self, column: str, at: int, text: str, findings: tuple[Finding, ...]) -> None:
        """Takes a cell's text, and what is wrong with it at its address."""
        if text:
            self.cells[column] = text
        if findings:
            place = CellRef(self.reader.map.sheet, self.number, column_letters(at))
            self.findings += [replace(finding, at=place) for finding in findings]

    def place_of(self, key: str) -> int:
        """The column of a pair that people read, else the other."""
        columns = self.reader.map.columns
        return columns.get(key, columns.get(f"{key}{KEY_PART}", 0))

    def half(self, column: str) -> str:
        """One half of a pair. A half whose column somebody deleted counts as unchanged."""
        if column not in self.reader.map.columns:
            return self.before.shown.get(column, "") if self.before else ""
        text = text_of(self.reader.cell(self.row, column))
        if text and column.removesuffix(KEY_PART) in self.reader.plan.paired:
            self.shown[column] = text
        return text

    def read_files(self, key: str) -> None:
        """File names for people, hashes in the key column. Files are changed in the portal: names are put back."""
        names, hashes = self.half(key), self.half(f"{key}{KEY_PART}")
        if not names and not hashes:
            return
        before = self.before
        if before is not None and before.shown.get(f"{key}{KEY_PART}", "") == hashes and key in before.cells:
            self.cells[key] = before.cells[key]
            return
        name_list, hash_list = _listed(names), _listed(hashes)
        if hash_list and len(name_list) == len(hash_list) and all(map(_SHA256.fullmatch, hash_list)):
            self.cells[key] = "\n".join(f"{sha} {name}" for sha, name in zip(hash_list, name_list, strict=True))
            return
        found = Finding("S063", params={"field": key, "value": names or hashes}, severity=Severity.WARNING)
        self.keep(key, self.place_of(key), RAW + (names or hashes), (found,))

    def read_status(self) -> None:
        """A row without a status is live. A status that is none stays as it was and is written back."""
        text = text_of(self.reader.cell(self.row, STATUS))
        if text in _STATUSES:
            self.cells[STATUS] = text
            return
        self.shown[STATUS] = text
        stays = (self.before.cells.get(STATUS) if self.before else None) or LIVE
        found = Finding("S065", params={"value": text}, severity=Severity.WARNING)
        self.keep(STATUS, self.reader.map.columns.get(STATUS, 0), stays, (found,) if text else ())

    def read_extras(self) -> None:
        """Cells of columns the template does not know, and their kinds."""
        for header, at in self.reader.map.extras.items():
            cell = self.row[at] if at < len(self.row) else None
            text = text_of(cell)
            if text:
                self.cells[EXTRA + header] = text
                if kind := extra_kind(cell):
                    self.shown[EXTRA + header] = kind


class _CellReader:
    """Reads the cells of one column; equal cells are read once, for columns repeat their values."""

    def __init__(self, one: Field, context: ParseContext) -> None:
        self._field = one
        self._type: FieldType = type_of(one)
        self._context = context
        self._known: dict[tuple[type, CellValue], Understood] = {}

    def read(self, cell: CellValue) -> Understood:
        """The cell's text and what is wrong with it."""
        key = (type(cell), cell)
        known = self._known.get(key)
        if known is None:
            known = self._read(cell)
            if len(self._known) < _CELLS_REMEMBERED:
                self._known[key] = known
        return known

    def _read(self, cell: CellValue) -> Understood:
        parsed = self._type.read_cell(cell, self._field, self._context)
        if parsed.fits:
            return parsed.text, ()
        softer = tuple(replace(finding, severity=Severity.WARNING) for finding in parsed.findings)
        return RAW + text_of(cell), softer


def _is_alone(row: Cells) -> bool:
    """Whether one cell holds all there is in the row."""
    return sum(cell is not None and cell != "" for cell in row) == 1


def _listed(text: str) -> list[str]:
    return [part.strip() for part in _SPLIT.split(text) if part.strip()]
