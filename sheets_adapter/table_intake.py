"""Merging one sheet: row by row, in batches, each handed to the journal before it is remembered as seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from schemas.finding import CellRef, Finding, Severity
from schemas.record import LIVE, VOID
from sheets_adapter.codec import STATUS, RowWriter, cells_of, has_cell, parts_of, seen_text
from sheets_adapter.columns import EXTRA, KEY_PART, SheetMap
from sheets_adapter.contract import ABSENT, WORKBOOK, Query, Row, Test, Verb
from sheets_adapter.finding_review import found_in_rows
from sheets_adapter.identity import Identified, IdScheme, identify
from sheets_adapter.intake import Intake, SheetRow, TakenIn, base_contents
from sheets_adapter.merge import Cells, Clash, MergeRules, RowMerge, Verdict, merge_missing_row, merge_row
from sheets_adapter.missorted import find_missorted
from sheets_adapter.record_tables import number_of
from sheets_adapter.row_reading import DecodedRow, RowReader
from sheets_adapter.seen_texts import ExpectedRows, SeenTexts
from sheets_adapter.sheet_reading import OpenedSheet
from sheets_adapter.sync_state import Conflict, RowFinding, RowPlace, SheetState
from sheets_adapter.xlsx.addresses import column_letters

BATCH = 500
"""Rows per journal write: submits wait behind one batch, not behind a whole sheet."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row to merge: the record's id and its row in the sheet, None where it has none."""

    row_id: str
    theirs: DecodedRow | None


class TableIntake:
    """Merges one sheet."""

    def __init__(self, intake: Intake, sheet: OpenedSheet, generation: Callable[[], int]) -> None:
        self._intake = intake
        self._sheet = sheet
        self._plan = sheet.plan
        self._generation = generation
        self._state = intake.state
        self._current = intake.state.current(sheet.plan.table)
        stale = intake.lineage.blind or intake.lineage.at is not None
        self._base = base_contents(intake.state, sheet.plan.table, intake.lineage) if stale else self._current
        self._seen = SeenTexts(self._base)
        self._places = intake.state.places(sheet.plan.table)
        self._writer = RowWriter(sheet.plan, intake.context.references)
        self._is_portals = sheet.plan.template.written_by == "portal"
        self._rules = self._merge_rules()
        self._findings: list[Finding] = []
        self._row_findings: list[RowFinding] = []
        self._marks: dict[str, str] = {}
        self._last_line: dict[str, int] = {}
        self.judged: frozenset[str] = frozenset()
        self._copied: Mapping[str, str] = {}
        self._mixed: Mapping[str, Cells] = {}

    def _merge_rules(self) -> MergeRules:
        mapped = {self._plan.by_column[column].field.key for column in self._sheet.map.columns}
        columns = mapped & self._plan.cell_columns
        extras = set(self._sheet.map.extras)
        known = self._state.sheet(self._plan.table)
        if known and self._base is self._current:
            extras |= set(known.map.extras)  # a column of theirs that is no longer there was taken out
        columns |= {EXTRA + header for header in extras}
        issued = frozenset(key for key, one in self._plan.fields.items() if one.type == "serial")
        removes = self._intake.lineage.removes and not self._is_portals
        return MergeRules(frozenset(columns), self._plan.put_back, issued, removes)

    def run(self) -> bool:
        """Merges the sheet; whether a reference in it names nobody."""
        is_known = self._state.sheet(self._plan.table) is not None
        rows = frozenset(one.place for one in self._places.values()) if is_known else None
        reader = RowReader(self._plan, self._sheet.map, self._seen, self._intake.context, known_rows=rows)
        settled, changed = self._divide(reader)
        known = SeenTexts({**self._current, **{row_id: text for row_id, text in self._base.items() if text}})
        shown_id = self._plan.id_column if self._plan.id_column in self._sheet.map.columns else ""
        found = identify(changed, settled, ExpectedRows(known, self._places, shown_id), self._id_scheme())
        found = self._put_right(found)
        self._findings += [*reader.notes, *found.findings]
        self._row_findings = [RowFinding(row_id, one) for row_id, row in found.rows.items() for one in row.findings]
        self.judged = frozenset(found.rows)
        self._copied = {row_id: found.rows[row_id].row_id for row_id in found.new if found.rows[row_id].row_id}
        absent = [row_id for row_id in known if row_id not in settled and row_id not in found.rows]
        pairs = [_Pair(row_id, row) for row_id, row in found.rows.items()]
        # Together, so that two records that trade their numbers can be told from two that share one.
        renumbered = [pair for pair in pairs if self._is_renumbered(pair)]
        others = [pair for pair in pairs if not self._is_renumbered(pair)] if renumbered else pairs
        for batch in (renumbered, *_batches([*others, *(_Pair(row_id, None) for row_id in absent)])):
            self._merge_batch(batch)
        self._settle(settled)
        old = self._state.sheet(self._plan.table)
        kept = [
            RowFinding(one.row_id, _moved_to(one.finding, settled[one.row_id]))
            for one in self._state.row_findings(self._plan.table)
            if one.row_id in settled
        ]
        with self._state.transaction():
            self._state.put_findings(self._plan.table, self._findings, [*kept, *self._row_findings])
            self._state.put_sheet(
                self._plan.table, SheetState(self._sheet.map, self._sheet.crc, old.folded if old else 0)
            )
        return reader.unresolved

    def _id_scheme(self) -> IdScheme:
        sheet, id_column = self._sheet.map, self._plan.id_column
        key: tuple[str, ...] = ("record_id", "line_no")
        if self._plan.line is None:
            key = (self._plan.template.record_key,) if self._plan.template.record_key else ()
        known = self._state.sheet(self._plan.table)
        columns = _columns_of(sheet) & _columns_of(known.map) if known else _columns_of(sheet)
        place = sheet.columns.get(id_column)
        letters = "" if place is None else column_letters(place)
        header = self._plan.by_column[id_column].header
        return IdScheme(sheet.sheet, key, columns, (header, letters), self._intake.new_id)

    def _divide(self, reader: RowReader) -> tuple[dict[str, int], list[DecodedRow]]:
        """Rows that read exactly as last seen (id → sheet row), and all others."""
        settled: dict[str, int] = {}
        changed: list[DecodedRow] = []
        for number, cells in reader.rows(self._sheet.rows):
            row_id = reader.id_of(cells)
            known = self._current.get(row_id)
            as_seen = known and row_id not in settled and self._base.get(row_id) == known
            mark = reader.mark(number, cells) if as_seen else ""
            if as_seen and self._is_marked(row_id, mark):
                settled[row_id] = number
                reader.note_row(number, row_id)
                continue
            row = reader.decode(number, cells, mark)
            if row is None:
                continue
            if as_seen and seen_text(row.seen) == known:
                settled[row_id] = number
                self._marks[row_id] = row.mark
            else:
                changed.append(row)
        return settled, changed

    def _is_marked(self, row_id: str, mark: str) -> bool:
        place = self._places.get(row_id)
        return place is not None and place.mark == mark

    def _put_right(self, found: Identified) -> Identified:
        """Rows sorted without their record numbers go to the records they are of; the numbers are written anew."""
        plan, key = self._plan, None if self._plan.line else self._plan.template.record_key
        if self._base is not self._current:
            return found
        pairs = (_Pair(row_id, row) for row_id, row in found.rows.items() if self._base.get(row_id))
        before = {one.row_id: self._seen[one.row_id].cells for one in pairs if not key or self._is_renumbered(one)}
        answers = [one for one in plan.fields if one in self._sheet.map.columns and one not in plan.protected]
        mixed = find_missorted(found.rows, before, answers, key)
        if mixed is None:
            return found
        rows = {mixed.owners.get(row_id, row_id): row for row_id, row in found.rows.items()}
        self._mixed = {owner: mixed.base(before[owner], rows[owner]) for owner in mixed.owners.values()}
        place = CellRef(self._sheet.map.sheet, self._sheet.map.header_row)
        told = Finding("S079", place, {"rows": len(self._mixed)}, Severity.WARNING)
        return replace(found, rows=rows, findings=(*found.findings, told))

    def _is_renumbered(self, pair: _Pair) -> bool:
        """Whether the file shows another number for the record than it did, by which others refer to it."""
        key, before = self._plan.template.record_key, self._base.get(pair.row_id)
        if self._plan.line or not key or pair.theirs is None or not before:
            return False
        return not has_cell(before, key, pair.theirs.seen.cells.get(key, ""))

    def _settle(self, settled: Mapping[str, int]) -> None:
        """Remembers where unchanged rows are now; people sort."""
        moved: dict[str, RowPlace] = {}
        for row_id, row in settled.items():
            old = self._places.get(row_id)
            mark = self._marks.get(row_id, "")
            if old is None:
                moved[row_id] = RowPlace(row, 0, dirty=True, mark=mark)
            elif old.place != row or mark:
                moved[row_id] = replace(old, place=row, mark=mark or old.mark)
        if moved:
            self._state.put_places(self._plan.table, moved)

    # one batch: merge, hand to the journal, remember

    def _merge_batch(self, pairs: Sequence[_Pair]) -> None:
        waiting = list(pairs)
        while waiting:
            ours = self._intake.store.get_many(self._plan.table, [pair.row_id for pair in waiting])
            waiting = [pair for pair in waiting if self._is_ours_to_merge(pair, ours)]
            merges = [(pair, self._merge(pair, ours.get(pair.row_id))) for pair in waiting]
            self._announce([pair for pair, merge in merges if merge.verdict is Verdict.ADOPT and _is_given_an_id(pair)])
            writes = [self._write(pair, merge, ours) for pair, merge in merges if merge.verdict in _WRITING]
            written = TakenIn(())
            if writes:
                written = self._intake.taker.take_in(self._plan.table, self._sheet.map.sheet, writes)
            now = ours | {row.row_id: row for row in written.rows}
            ids = {write.row: write.row_id for write in writes}
            self._row_findings += found_in_rows(written.findings, ids, self._sheet.map)
            self._remember([one for one in merges if one[0].row_id not in written.stale], ours, now)
            waiting = [pair for pair in waiting if pair.row_id in written.stale]

    def _is_ours_to_merge(self, pair: _Pair, ours: Mapping[str, Row]) -> bool:
        """A row the journal does not know needs a row in the sheet; a line also needs its record."""
        if pair.row_id in ours:
            return True
        if pair.theirs is None:
            return False
        if self._is_portals and not self._may_be_a_former_portals(pair.theirs):
            self._tell("S073", pair.theirs, self._plan.id_column, Severity.WARNING)
            return False
        if self._plan.line is None:
            return True
        record_id = pair.theirs.seen.cells.get("record_id", "")
        if self._is_record(record_id):
            return True
        self._tell("S071", pair.theirs, "record_id", Severity.WARNING, value=record_id)
        return False

    def _may_be_a_former_portals(self, row: DecodedRow) -> bool:
        """Whether a row only the portal may write came with the workbook: it is looked at for the first time, or is
        newer than the journal and has its number."""
        first_look = self._state.sheet(self._plan.table) is None
        return first_look or (bool(row.row_id) and not self._intake.lineage.removes)

    def _merge(self, pair: _Pair, ours: Row | None) -> RowMerge:
        base = self._seen.get(pair.row_id)
        base_cells = self._mixed.get(pair.row_id, base.cells if base else None)
        if pair.theirs is None:
            assert ours is not None
            deleted = pair.row_id in self._base and self._base[pair.row_id] is None
            if self._is_portals and base_cells is not None:
                place = CellRef(self._sheet.map.sheet, self._sheet.map.header_row)
                params = {"template": self._plan.template.key, "number": self._number_of(ours)}
                self._findings.append(Finding("S074", place, params, Severity.WARNING))
            return merge_missing_row(pair.row_id, base_cells, cells_of(ours), in_base=deleted, rules=self._rules)
        seen = pair.theirs.seen
        if ours is None:
            return RowMerge(pair.row_id, Verdict.ADOPT, seen.cells, taken=frozenset(seen.cells))
        theirs = self._with_its_record(pair.theirs, ours) if self._plan.line else seen.cells
        merge = merge_row(pair.row_id, base_cells, cells_of(ours), theirs, self._rules, seen.formulas)
        for clash in merge.put_back:
            if clash.theirs or self._is_portals or clash.column in self._rules.issued:
                self._tell("S066", pair.theirs, clash.column, Severity.WARNING, value=clash.theirs, kept=clash.ours)
        for clash in merge.differing:
            self._tell("S067", pair.theirs, clash.column, Severity.WARNING, value=clash.theirs, computed=clash.ours)
        return merge

    def _with_its_record(self, theirs: DecodedRow, ours: Row) -> Cells:
        """A line stays with its record when somebody typed the number of none over it; the number is put back."""
        mine, named = ours.values.get("record_id", ""), theirs.seen.cells.get("record_id", "")
        if named == mine or self._is_record(named):
            return theirs.seen.cells
        if "record_id" in self._sheet.map.columns:
            self._tell("S066", theirs, "record_id", Severity.WARNING, value=named, kept=mine)
        return {**theirs.seen.cells, "record_id": mine}

    def _number_of(self, row: Row) -> str:
        """What people call the row: the record's number, with the line's place in it."""
        if self._plan.line is None:
            return number_of(self._plan.template, row)
        record = self._intake.store.get(self._plan.template.key, row.values.get("record_id", ""))
        head = number_of(self._plan.template, record) if record else row.values.get("record_id", "")
        return f"{head} / {row.values.get('line_no', '')}"

    def _is_record(self, record_id: str) -> bool:
        return bool(record_id) and self._intake.store.get(self._plan.template.key, record_id) is not None

    def _announce(self, adopted: Sequence[_Pair]) -> None:
        """Remembers ids the file does not show before the journal gets the rows: done twice, they are the same records.

        It lasts once the journal has the rows, in the same file. Of a row that shows its id nothing is remembered
        before: it would count as taken in.
        """
        if adopted:
            with self._state.transaction(lasts=False):
                self._keep_contents(adopted)
                places = {pair.row_id: RowPlace(pair.theirs.row, 0, dirty=True) for pair in adopted if pair.theirs}
                self._state.put_places(self._plan.table, places)

    def _keep_contents(self, pairs: Sequence[_Pair]) -> None:
        self._put_contents({pair.row_id: seen_text(pair.theirs.seen) for pair in pairs if pair.theirs})

    def _put_contents(self, contents: Mapping[str, str | None]) -> None:
        """Remembers what differs from what was remembered; `_current` stays what it was, retries compare with it."""
        known = self._current
        new = {row_id: text for row_id, text in contents.items() if row_id not in known or known[row_id] != text}
        if new:
            self._state.put_contents(self._plan.table, self._generation(), new)

    def _write(self, pair: _Pair, merge: RowMerge, ours: Mapping[str, Row]) -> SheetRow:
        before = ours.get(pair.row_id)
        parts = parts_of(merge.cells)
        verb = _verb(merge, before)
        if before is not None:
            values = self._touched(parts.values) if _is_an_answer_taken(merge) else parts.values
        else:
            own = self._own_values(pair.row_id, parts.values)
            values = self._adopted_line(own) if self._plan.line else self._adopted(own)
        return SheetRow(
            pair.row_id, values, parts.raw, parts.extra, verb, before.etag if before else ABSENT,
            pair.theirs.row if pair.theirs else 0,
        )  # fmt: skip

    def _touched(self, values: Mapping[str, str]) -> dict[str, str]:
        if self._plan.line:
            return dict(values)
        return {**values, "updated_at": self._now, "updated_by": WORKBOOK}

    def _own_values(self, row_id: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Without what a copied row has of its original alone: its numbers, and who made it when."""
        if row_id not in self._copied:
            return values
        original = self._intake.store.get(self._plan.table, self._copied[row_id])
        numbers = {"line_no"} if self._plan.line else self._rules.issued
        same = {column for column in numbers if original and values.get(column) == original.values.get(column)}
        system = {one.column for one in self._plan.columns if one.part == "system"} & self._plan.protected
        return {column: text for column, text in values.items() if column not in same | system}

    def _adopted(self, values: Mapping[str, str]) -> dict[str, str]:
        """System columns nobody filled in: created now by the person in the owner field, else by the workbook."""
        created = values.get("created_at", self._now)
        defaults = {
            "status": LIVE,
            "created_at": created,
            "created_by": self._owner(values) or WORKBOOK,
            "submitted_at": created,
            "approved_at": created,
            "updated_at": created,
        }
        return {**defaults, **values}

    def _adopted_line(self, values: Mapping[str, str]) -> dict[str, str]:
        """A line without a number comes after the record's others."""
        if values.get("line_no"):
            return {"status": LIVE, **values}
        record_id = values["record_id"]
        if record_id not in self._last_line:
            query = Query(self._plan.table, (Test("record_id", "eq", record_id),), sort=(("line_no", True),), limit=1)
            rows = self._intake.store.query(query).rows
            number = rows[0].values.get("line_no", "") if rows else ""
            self._last_line[record_id] = int(number) if number.isdecimal() else 0
        self._last_line[record_id] += 1
        return {"status": LIVE, **values, "line_no": str(self._last_line[record_id])}

    def _owner(self, values: Mapping[str, str]) -> str:
        for key, one in self._plan.fields.items():
            if one.owner and (staff := values.get(key, "")):
                references = self._intake.context.references
                display = references.display(self._plan.targets.get(key, ""), staff) if references else None
                return f"{staff} {display or ''}".strip()
        return ""

    @cached_property
    def _now(self) -> str:
        return self._intake.at.strftime("%Y-%m-%d %H:%M:%S")

    def _remember(
        self, merges: Sequence[tuple[_Pair, RowMerge]], ours: Mapping[str, Row], now: Mapping[str, Row]
    ) -> None:
        """Keeps what the file holds and where, what it still lacks, and what clashed.

        Until the whole sheet is taken in, all of it would be found out again.
        """
        gone: dict[str, str | None] = {}
        places: dict[str, RowPlace] = {}
        with self._state.transaction(lasts=False):
            for pair, merge in merges:
                row = now[pair.row_id]
                if merge.verdict is Verdict.ADOPT and _is_given_an_id(pair):
                    continue  # the file lacks its id, as was announced
                places[pair.row_id] = self._place(pair, merge, row)
                if pair.theirs is None:
                    gone[pair.row_id] = "" if merge.verdict is Verdict.READD else None
                for clash in _clashes(pair, merge):
                    self._state.add_conflict(self._conflict(clash, row))
            self._keep_contents([pair for pair, _ in merges if pair.row_id in places])
            self._put_contents(gone)
            self._state.put_places(self._plan.table, places)

    def _place(self, pair: _Pair, merge: RowMerge, row: Row) -> RowPlace:
        if pair.theirs is None:
            back = merge.verdict is Verdict.READD
            return RowPlace(0, 0 if back else row.revision, dirty=back)
        extras = self._sheet.map.extras
        if self._writer.differences(pair.row_id, cells_of(row), pair.theirs.seen, extras):
            old = self._places.get(pair.row_id)
            return RowPlace(pair.theirs.row, old.revision if old else 0, dirty=True, mark=pair.theirs.mark)
        return RowPlace(pair.theirs.row, row.revision, mark=pair.theirs.mark)

    def _conflict(self, clash: Clash, row: Row) -> Conflict:
        by = row.values.get("updated_by") or row.values.get("created_by", "")
        at = row.values.get("updated_at") or row.values.get("created_at", "")
        found_at = self._intake.at.isoformat()
        sides = (clash.base, clash.ours, clash.theirs)
        return Conflict(0, self._plan.table, row.row_id, clash.column, *sides, by, at, found_at, "open")

    def _tell(self, code: str, row: DecodedRow, column: str, severity: Severity, **params: str) -> None:
        at = self._sheet.map.columns.get(column)
        place = CellRef(self._sheet.map.sheet, row.row, "" if at is None else column_letters(at))
        header = self._plan.by_column[column].header if column in self._plan.by_column else column
        self._findings.append(Finding(code, place, {"column": header, **params}, severity))


def _is_given_an_id(pair: _Pair) -> bool:
    """Whether the file does not show the row's id yet."""
    return pair.theirs is not None and pair.theirs.row_id != pair.row_id


def _columns_of(sheet: SheetMap) -> frozenset[str]:
    """The columns of a sheet, as the cells of its rows are named."""
    mapped = {column.removesuffix(KEY_PART) for column in sheet.columns}
    return frozenset(mapped | {EXTRA + header for header in sheet.extras})


_WRITING = frozenset({Verdict.TAKE, Verdict.ADOPT, Verdict.REMOVE})


def _verb(merge: RowMerge, before: Row | None) -> Verb:
    if before is None:
        return "adopt"
    was, now = before.values.get(STATUS), merge.cells.get(STATUS)
    if was != now and now == VOID:
        return "withdraw"
    return "restore" if was != now and was == VOID else "merge"


def _is_an_answer_taken(merge: RowMerge) -> bool:
    """Whether more than people's own columns changed: those do not make a record newer."""
    return merge.verdict is Verdict.REMOVE or any(not column.startswith(EXTRA) for column in merge.taken)


def _clashes(pair: _Pair, merge: RowMerge) -> Sequence[Clash]:
    """A row changed in the portal and deleted in the file is one conflict, about its status."""
    if pair.theirs is None and merge.clashes:
        return [Clash(STATUS, LIVE, merge.cells.get(STATUS, LIVE), VOID)]
    return merge.clashes


def _moved_to(finding: Finding, row: int) -> Finding:
    return replace(finding, at=replace(finding.at, row=row)) if isinstance(finding.at, CellRef) else finding


def _batches(pairs: Sequence[_Pair]) -> Iterator[Sequence[_Pair]]:
    return (pairs[start : start + BATCH] for start in range(0, len(pairs), BATCH))
