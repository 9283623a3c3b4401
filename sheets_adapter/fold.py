"""Folding journalled changes into the workbook: which cells of which rows it still needs, and writing just those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from schemas.field_types import CellValue, ParseContext
from schemas.finding import CellRef, Finding, Severity
from schemas.record import VOID
from sheets_adapter.codec import RAW, STATUS, RowWriter, Seen, cells_of, seen_from, seen_text
from sheets_adapter.columns import EXTRA, PlannedColumn, SheetMap, TablePlan, missing_columns
from sheets_adapter.contract import Query, Row, Store, StoreError, Test
from sheets_adapter.row_reading import RowReader
from sheets_adapter.sheet_reading import find_sheet, is_blank_sheet
from sheets_adapter.sync_state import RowFinding, RowPlace, SheetState, SyncState
from sheets_adapter.workbook_names import write_columns
from sheets_adapter.xlsx.addresses import column_letters
from sheets_adapter.xlsx.errors import CannotEdit, PublishFailed
from sheets_adapter.xlsx.new_sheet import ColumnDesign, SheetDesign
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.reader import SheetRows
from sheets_adapter.xlsx.sheet_edit import NewColumn, SheetEdit
from sheets_adapter.xlsx.workbook import Workbook

_NOTHING = Seen({}, {})
_PAGE = 1000
CHUNK = 20_000
READ_WHOLE = 2000
"""Rows written with one edit of the sheet: what they need is held in memory, the whole table never is. From so many
rows on, the whole sheet is read to check them."""


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A row the file does not show as the journal has it. place: its sheet row, 0 to append it.

    cells: the row as the merge compares it. needs: column → text to write. seen: what the file holds now.
    """

    row: Row
    cells: Mapping[str, str]
    place: int
    seen: Seen
    needs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FoldedTable:
    """What one table's sheet holds after the fold, to be remembered once the file is published."""

    plan: TablePlan
    sheet: SheetState
    written: Sequence[str]
    """Ids of the rows that were written."""
    places: dict[str, RowPlace]
    covered: Sequence[RowFinding] = ()
    """Cells the portal changed that stay somebody's formula (S067)."""


@dataclass
class FoldResult:
    """All folded tables, complete up to the store's `revision`. refused: why a sheet had to be left out."""

    revision: int
    tables: list[FoldedTable] = field(default_factory=list)
    refused: StoreError | None = None


Keep = Callable[[str, Mapping[str, str]], None]
"""Takes, by row id, what the sheet of a table will hold of rows just written."""


class Fold:
    """Writes what is pending into an opened workbook whose content is what `state` last saw."""

    def __init__(self, workbook: Workbook, state: SyncState, store: Store, context: ParseContext, keep: Keep) -> None:
        self._workbook = workbook
        self._keep = keep
        self._state = state
        self._store = store
        self._context = context
        self._revision = store.revision()
        self._renamed = _RenamedTargets(store, state, {})
        self._covered: list[RowFinding] = []
        self._wanted = state.wanted_sheets()
        self.result = FoldResult(self._revision)

    def run(self, plans: Sequence[TablePlan]) -> FoldResult:
        """Folds every table; a sheet that cannot be edited safely is left out, its rows wait."""
        keys = {plan.table: plan.template.record_key for plan in plans if plan.line is None}
        self._renamed = _RenamedTargets(self._store, self._state, keys)
        for plan in plans:
            try:
                self._fold(plan)
            except CannotEdit as error:
                self.result.refused = error
        write_columns(self._workbook, {table.plan.table: table.sheet.map for table in self.result.tables})
        return self.result

    def remember_displays(self) -> None:
        """Renamed records are shown under their new names everywhere: to be called when that is published."""
        self._renamed.remember(self._revision)

    def _fold(self, plan: TablePlan) -> None:
        known = self._state.sheet(plan.table)
        if known is not None and not known.is_understood:
            return
        candidates = self._candidates(plan, known.folded if known else 0)
        if known is None:
            known = self._new_sheet(plan, is_needed=bool(candidates))
        if known is None:
            return
        sheet_map = self._renamed_headers(plan, self._with_columns(plan, known.map))
        written: list[str] = []
        places: dict[str, RowPlace] = {}
        self._covered = []
        for start in range(0, len(candidates), CHUNK):
            pending, quiet = self._pending(plan, sheet_map, candidates[start : start + CHUNK])
            places.update(quiet)
            if pending:
                at = self._write(plan, sheet_map, pending)
                written += at
                places.update(at)
        sheet = SheetState(sheet_map, known.crc, self._revision)
        self.result.tables.append(FoldedTable(plan, sheet, written, places, self._covered))

    # the sheet itself

    def _new_sheet(self, plan: TablePlan, *, is_needed: bool) -> SheetState | None:
        """A sheet for the table's first rows or because somebody asked for one; None when there is to be none yet.

        A blank sheet of the table's title is somebody's wish for it, and is filled in.
        """
        title = find_sheet(self._workbook, plan)
        if title is not None:
            return self._filled_sheet(plan, title)
        if not is_needed and plan.table not in self._wanted:
            return None
        self._workbook.add_sheet(design_of(plan))
        return _new_state(plan, plan.sheet)

    def _filled_sheet(self, plan: TablePlan, title: str) -> SheetState | None:
        """A sheet whose header is not understood is left alone, unless there is nothing in it at all."""
        if not is_blank_sheet(self._workbook, title):
            return None
        if self._workbook.fill_blank_sheet(title, design_of(plan)):
            return _new_state(plan, title)
        return SheetState(SheetMap(title, 1, {}, {}, {}), 0, 0)

    def _with_columns(self, plan: TablePlan, sheet_map: SheetMap) -> SheetMap:
        missing = missing_columns(plan, sheet_map.columns)
        if not missing:
            return sheet_map
        edit = SheetEdit(sheet_map.header_row, new_columns=[_new_column(one) for one in missing])
        added = self._workbook.edit(sheet_map.sheet, edit).new_columns
        places = {one.column: at for one, at in zip(missing, added, strict=True)}
        headers = {one.column: one.header for one in missing}
        return replace(sheet_map, columns={**sheet_map.columns, **places}, headers={**sheet_map.headers, **headers})

    def _renamed_headers(self, plan: TablePlan, sheet_map: SheetMap) -> SheetMap:
        """A header that still carries a former label gets the new one; any other is people's."""
        renamed = {
            one.column: one.header for one in plan.columns if sheet_map.headers.get(one.column) in one.former_headers
        }
        if not renamed:
            return sheet_map
        cells: dict[int, CellValue] = {sheet_map.columns[column]: header for column, header in renamed.items()}
        self._workbook.edit(sheet_map.sheet, SheetEdit(sheet_map.header_row, {sheet_map.header_row: cells}))
        return replace(sheet_map, headers={**sheet_map.headers, **renamed})

    # the rows

    def _pending(
        self, plan: TablePlan, sheet_map: SheetMap, row_ids: Sequence[str]
    ) -> tuple[list[PendingRow], dict[str, RowPlace]]:
        """Rows to write, and the new places of rows that were looked at and need nothing."""
        rows = self._store.get_many(plan.table, row_ids)
        contents = self._state.contents_of(plan.table, row_ids)
        known = self._state.places_of(plan.table, row_ids)
        writer = RowWriter(plan, self._context.references)
        pending: list[PendingRow] = []
        quiet: dict[str, RowPlace] = {}
        for row_id in row_ids:
            row, text = rows[row_id], contents.get(row_id, "")
            place = known.get(row_id, RowPlace(0, 0))
            cells = cells_of(row)
            deleted = text is None and row.values.get(STATUS) == VOID
            seen = seen_from(text) if text and place.place else _NOTHING
            if not place.place and row.extra:
                seen = Seen({}, self._state.kinds_of(plan.table, row_id))
            needs = {} if deleted else writer.differences(row_id, cells, seen, sheet_map.extras)
            for column, text in writer.covered(cells, seen).items():
                self._covered.append(_covered_cell(plan, sheet_map, row_id, place.place, column, text, seen))
            if needs:
                pending.append(PendingRow(row, cells, place.place, seen, needs))
            else:
                quiet[row_id] = replace(place, revision=row.revision, dirty=False)
        return pending, quiet

    def _candidates(self, plan: TablePlan, folded: int) -> list[str]:
        """Ids of rows that may need writing: those in the file, then the new ones in the order they were made.

        folded: the revision up to which the sheet is complete.
        """
        order = ("record_id", "line_no") if plan.line else ()
        rows = {row.row_id: row for row in self._store.changed_rows(plan.table, folded, columns=order)}
        few = len(rows) <= CHUNK
        places = self._state.places_of(plan.table, list(rows)) if few else self._state.places(plan.table)
        for row_id in [row_id for row_id, row in rows.items() if _is_shown(row, places.get(row_id))]:
            del rows[row_id]
        others = {*self._state.dirty(plan.table), *self._renamed.rows_showing(plan)} - rows.keys()
        rows.update(self._store.get_many(plan.table, list(others)))
        places.update(self._state.places_of(plan.table, list(others)))
        there = {row_id for row_id in rows if row_id in places and places[row_id].place}
        new = sorted(rows.keys() - there, key=lambda row_id: _order(plan, rows[row_id]))
        return [*sorted(there), *new]

    def _write(self, plan: TablePlan, sheet_map: SheetMap, pending: Sequence[PendingRow]) -> dict[str, RowPlace]:
        """Where the rows are now; what the file will hold of them is kept."""
        updates = [one for one in pending if one.place]
        appends = [one for one in pending if not one.place]
        writer = RowWriter(plan, self._context.references)
        columns = {**sheet_map.columns, **{EXTRA + header: at for header, at in sheet_map.extras.items()}}
        edit = SheetEdit(
            header_row=sheet_map.header_row,
            updates={one.place: _cells(writer, columns, one) for one in updates},
            appends=[_cells(writer, columns, one) for one in appends],
            formats={sheet_map.columns[one.column]: one.format for one in plan.columns},
            columns=frozenset(sheet_map.columns.values()),
        )
        result = self._workbook.edit(sheet_map.sheet, edit)
        skipped: dict[int, set[int]] = {}
        for row, column in result.skipped_formulas:
            skipped.setdefault(row, set()).add(column)
        contents: dict[str, str] = {}
        places: dict[str, RowPlace] = {}
        at = [one.place for one in updates] + [result.first_appended_row + n for n in range(len(appends))]
        for one, row in zip((*updates, *appends), at, strict=True):
            seen = _after(writer, sheet_map, one, skipped.get(row, set()))
            contents[one.row.row_id] = seen_text(seen)
            places[one.row.row_id] = RowPlace(row, one.row.revision)
        self._keep(plan.table, contents)
        return places


def _covered_cell(
    plan: TablePlan, sheet_map: SheetMap, row_id: str, row: int, column: str, text: str, seen: Seen
) -> RowFinding:
    at = CellRef(sheet_map.sheet, row, column_letters(sheet_map.columns[column]))
    header, shown = plan.by_column[column].header, seen.cells.get(column, "").removeprefix(RAW)
    params = {"column": header, "value": shown, "computed": text.removeprefix(RAW)}
    return RowFinding(row_id, Finding("S067", at, params, Severity.WARNING))


Kept = Callable[[str, Sequence[str]], Mapping[str, str]]
"""(table, row ids) → what was kept of them (`Keep`)."""


def verify(written: Package, folded: Sequence[FoldedTable], context: ParseContext, kept: Kept) -> None:
    """Raises PublishFailed S086 unless every folded row reads back from the file as it was meant.

    Marks the rows' places with what they read like, so that the next sync need not read them again.
    """
    workbook = Workbook(written)
    for table in folded:
        row_ids = table.written
        sheet = workbook.read(table.sheet.map.sheet) if len(row_ids) > READ_WHOLE else None
        for start in range(0, len(row_ids), CHUNK):
            some = row_ids[start : start + CHUNK]
            _verify_rows(workbook, table, kept(table.plan.table, some), context, sheet)


def _verify_rows(
    workbook: Workbook,
    table: FoldedTable,
    contents: Mapping[str, str],
    context: ParseContext,
    sheet: SheetRows | None,
) -> None:
    """sheet: the whole sheet's values, where so many rows were written that reading all of it is faster."""
    wanted = {row_id: seen_from(text) for row_id, text in contents.items()}
    numbers = {row_id: table.places[row_id].place for row_id in contents}
    reader = RowReader(table.plan, table.sheet.map, wanted, context)
    rows = {} if sheet else workbook.read_rows(table.sheet.map.sheet, numbers.values())
    for row_id, number in numbers.items():
        cells = sheet.row(number) if sheet else _listed(rows[number])
        found = reader.decode(number, cells) if cells else None
        _require_same(table, number, wanted[row_id], found.seen if found else _NOTHING)
        table.places[row_id] = replace(table.places[row_id], mark=found.mark if found else "")


def _listed(values: Mapping[int, CellValue]) -> list[CellValue]:
    return [values.get(at, "") for at in range(max(values, default=-1) + 1)]


def _require_same(table: FoldedTable, row: int, wanted: Seen, found: Seen) -> None:
    if wanted.cells == found.cells:
        return
    columns = wanted.cells.keys() | found.cells.keys()
    for column in sorted(columns - wanted.formulas):
        if wanted.cells.get(column, "") != found.cells.get(column, ""):
            at = table.sheet.map.columns.get(column, table.sheet.map.extras.get(column.removeprefix(EXTRA), 0))
            cell = f"{table.sheet.map.sheet}!{column_letters(at)}{row}"
            raise PublishFailed(
                "S086", cell=cell, wanted=wanted.cells.get(column, ""), found=found.cells.get(column, "")
            )


def design_of(plan: TablePlan) -> SheetDesign:
    """A new sheet for a table."""
    columns = tuple(
        ColumnDesign(
            one.header, one.format, one.width, one.choices, one.hidden, one.field.help.zh if one.field.help else ""
        )
        for one in plan.columns
    )
    status = next(at for at, one in enumerate(plan.columns) if one.part == "system" and one.column == STATUS)
    return SheetDesign(plan.sheet, columns, status_column=status)


def _new_state(plan: TablePlan, title: str) -> SheetState:
    places = {one.column: at for at, one in enumerate(plan.columns)}
    headers = {one.column: one.header for one in plan.columns}
    return SheetState(SheetMap(title, 1, places, {}, headers), 0, 0)


def _new_column(one: PlannedColumn) -> NewColumn:
    return NewColumn(one.header, one.format, one.width, one.hidden, one.choices)


def _cells(writer: RowWriter, columns: Mapping[str, int], one: PendingRow) -> dict[int, CellValue]:
    kinds = one.seen.shown
    return {
        columns[column]: writer.cell(column, text, kinds.get(column, ""))
        for column, text in one.needs.items()
        if column in columns
    }


def _after(writer: RowWriter, sheet_map: SheetMap, one: PendingRow, skipped: set[int]) -> Seen:
    """What the file holds of the row once it is written."""
    cells = one.cells
    if one.row.extra:
        lost = {EXTRA + header for header in one.row.extra.keys() - sheet_map.extras.keys()}
        cells = {column: text for column, text in cells.items() if column not in lost}
    seen = writer.seen_after(one.row.row_id, cells, one.seen)
    kept = seen.formulas
    if skipped:
        kept |= {column for column, at in sheet_map.columns.items() if at in skipped}
    if not kept:
        return seen
    now = {column: text for column, text in seen.cells.items() if column not in kept}
    now |= {column: text for column, text in one.seen.cells.items() if column in kept}
    return Seen(now, seen.shown, frozenset(kept))


def _is_shown(row: Row, place: RowPlace | None) -> bool:
    """Whether the file already has the row as it is."""
    return place is not None and not place.dirty and place.revision >= row.revision


def _order(plan: TablePlan, row: Row) -> tuple[str, int, str]:
    """New rows in the order they were made; the lines of a record together and in their order."""
    if plan.line is None:
        return ("", 0, row.row_id)
    number = row.values.get("line_no", "")
    return (row.values.get("record_id", ""), int(number) if number.isdecimal() else 0, row.row_id)


class _RenamedTargets:
    """Records whose key or display may read differently since the last publication, and the rows that show them."""

    def __init__(self, store: Store, state: SyncState, record_keys: Mapping[str, str | None]) -> None:
        self._store = store
        self._state = state
        self._record_keys = record_keys
        self._keys: dict[str, list[str]] = {}

    def remember(self, revision: int) -> None:
        """The file shows all names as they were at that revision."""
        self._state.set(**{f"displays:{target}": str(revision) for target in self._keys})

    def rows_showing(self, plan: TablePlan) -> Iterator[str]:
        """Ids of rows of the table that refer to such a record."""
        for column, target in plan.targets.items():
            keys = self._changed_keys(target)
            for start in range(0, len(keys), _PAGE):
                yield from self._referring(plan.table, column, tuple(keys[start : start + _PAGE]))

    def _changed_keys(self, target: str) -> list[str]:
        if target not in self._keys:
            since = self._state.number(f"displays:{target}")
            known = target in self._store.tables()
            rows = self._store.changed_rows(target, since) if known else ()
            record_key = self._record_keys.get(target)
            keys = [row.values.get(record_key, "") if record_key else row.row_id for row in rows if row.version > 1]
            self._keys[target] = [key for key in keys if key]
        return self._keys[target]

    def _referring(self, table: str, column: str, keys: tuple[str, ...]) -> Iterator[str]:
        after = ""
        while True:
            query = Query(table, (Test(column, "in", values=keys),), limit=_PAGE, after=after, count=False)
            page = self._store.query(query)
            yield from (row.row_id for row in page.rows)
            after = page.next
            if not after:
                return
