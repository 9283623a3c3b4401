"""All records of a workbook as canonical texts, read and nothing else: no journal, no adoption, no change.

Any workbook will do whose sheets carry the templates' Chinese labels. Rows without a record number are called by
their place ("成交登记表!7"), which is stable as long as the sheet is not sorted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from schemas.catalogue import Catalogue
from schemas.field_types import ParseContext
from schemas.finding import CellRef, Finding, Param, Severity
from schemas.folding import fold
from schemas.record import UNREAD, VOID
from schemas.template import Template
from schemas.validation import compute, compute_lines
from sheets_adapter.codec import STATUS, parts_of
from sheets_adapter.columns import TablePlan, plan_catalogue
from sheets_adapter.contract import StoreError
from sheets_adapter.foreign_sheets import (
    cells_without_result,
    find_formulas_without_result,
    find_misnamed_sheets,
    find_repeated_headers,
    forgiving,
    sheet_of,
)
from sheets_adapter.row_reading import DecodedRow, RowReader
from sheets_adapter.sheet_reading import OpenedSheet, is_blank_sheet, open_sheet
from sheets_adapter.workbook_rows import has_computed
from sheets_adapter.xlsx.addresses import column_letters
from sheets_adapter.xlsx.workbook import Workbook

Values = dict[str, str]


class SheetUnreadable(StoreError):
    """A sheet of the portal's has no header that can be told (S068), or the workbook has no such sheet at all (E202).

    `sheet` is the sheet's title, "" for the workbook.
    """

    def __init__(self, code: str, sheet: str, **params: str) -> None:
        self.sheet = sheet
        super().__init__(code, **params)


@dataclass(frozen=True)
class WorkbookRecords:
    """What the workbook holds.

    rows: by table, canonical texts with the system columns; a line's `record_id` is its record's. found: tables that
    have a sheet. findings: cells that do not fit, at their addresses.
    """

    rows: Mapping[str, tuple[Values, ...]]
    found: frozenset[str]
    findings: tuple[Finding, ...]
    _places: Mapping[tuple[str, str, int], CellRef]
    _columns: Mapping[str, Mapping[str, int]]

    def place(self, table: str, record_id: str, line_no: int = 0, field_key: str = "") -> CellRef | None:
        """The cell of a record's field, or its row."""
        row = self._places.get((table, record_id, line_no))
        if row is None or field_key not in self._columns.get(table, {}):
            return row
        return replace(row, column=column_letters(self._columns[table][field_key]))


def read_records(workbook: Workbook, catalogue: Catalogue, context: ParseContext) -> WorkbookRecords:
    """Reads every sheet of the templates. Raises SheetUnreadable."""
    reading = _Reading(workbook, catalogue, context)
    plans = tuple(map(forgiving, plan_catalogue(catalogue)))
    for plan in plans:
        reading.read(plan)
    absent = [plan.sheet for plan in plans if plan.table not in reading.rows]
    reading.findings += find_misnamed_sheets(workbook, absent, reading.titles)
    if not reading.rows:
        raise SheetUnreadable("E202", "", sheets="、".join(info.name for info in workbook.sheets))
    for plan in plans:
        reading.resolve(plan)
    reading.compute(plans)
    rows = {table: tuple(found) for table, found in reading.rows.items()}
    return WorkbookRecords(rows, frozenset(rows), tuple(reading.findings), reading.places, reading.columns)


@dataclass
class _Reading:
    workbook: Workbook
    catalogue: Catalogue
    context: ParseContext
    rows: dict[str, list[Values]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[tuple[str, str, int], CellRef] = field(default_factory=dict)
    columns: dict[str, Mapping[str, int]] = field(default_factory=dict)
    targets: dict[str, _Targets] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    titles: set[str] = field(default_factory=set)
    """Sheets that were read."""

    def read(self, plan: TablePlan) -> None:
        title = sheet_of(self.workbook, plan)
        if title is None:
            return
        self.titles.add(title)
        opened = open_sheet(self.workbook, plan, title)
        if opened is None and is_blank_sheet(self.workbook, title):
            self.rows[plan.table] = []
            return
        if opened is None:
            raise SheetUnreadable("S068", title, template=plan.template.key)
        self.columns[plan.table] = opened.map.columns
        self._find_missing_columns(opened)
        self.findings += find_repeated_headers(opened)
        uncomputed = cells_without_result(self.workbook, opened)
        self.findings += find_formulas_without_result(opened, uncomputed)
        reader = RowReader(plan, opened.map, {}, replace(self.context, references=_AsTyped()))
        for decoded in reader.read(opened.rows):
            missed = [column for column, numbers in uncomputed.items() if decoded.row in numbers]
            self._keep(plan, title, decoded, missed)
            self.findings += decoded.findings
        self.findings += reader.notes
        if plan.line is None:
            self.targets[plan.template.key] = _Targets.of(plan.template, self.rows.get(plan.table, []))
            self._find_repeats(plan, title)
        self.rows.setdefault(plan.table, [])

    def _find_repeats(self, plan: TablePlan, title: str) -> None:
        """Records in force that share what only one may have, such as a deal number: both count, and are told."""
        for key in (one.key for one in plan.template.fields if one.unique and one.key in self.columns[plan.table]):
            first: dict[str, CellRef] = {}
            for row in self.rows.get(plan.table, ()):
                text = row.get(key, "")
                place = self.places[plan.table, row["record_id"], 0]
                if not text or row.get("status") == VOID or first.setdefault(fold(text), place) is place:
                    continue
                place = replace(place, column=column_letters(self.columns[plan.table][key]))
                params: dict[str, Param] = {"field": key, "value": text, "number": f"{title}!{first[fold(text)].row}"}
                self.findings.append(Finding("R030", place, params, Severity.WARNING))

    def _find_missing_columns(self, opened: OpenedSheet) -> None:
        lacking = [
            one.header
            for one in opened.plan.columns
            if one.part == "value" and one.field.required and one.column not in opened.map.columns
        ]
        if lacking:
            place = CellRef(opened.map.sheet, opened.map.header_row)
            self.findings.append(Finding("E203", place, {"headers": tuple(lacking)}, Severity.INFO))

    def _keep(self, plan: TablePlan, title: str, decoded: DecodedRow, uncomputed: Sequence[str]) -> None:
        row, parts = decoded.row, parts_of(decoded.seen.cells)
        values: Values = {**parts.values}
        if unread := [*parts.raw, *uncomputed, *(STATUS for finding in decoded.findings if finding.code == "S065")]:
            values[UNREAD] = "、".join(unread)
        number = 0
        if plan.line is None:
            values["record_id"] = self._identity(plan, title, row, decoded.row_id)
        else:
            values["record_id"] = self._owner(plan, values)
            number = self._line_number(plan, values)
            values["line_no"] = str(number)
            if (plan.template.key, values["record_id"], 0) not in self.places:
                self.findings.append(
                    Finding("E205", CellRef(title, row), {"value": values["record_id"]}, Severity.WARNING)
                )
        self.rows.setdefault(plan.table, []).append(values)
        self.places.setdefault((plan.table, values["record_id"], number), CellRef(title, row))

    def _identity(self, plan: TablePlan, title: str, row: int, row_id: str) -> str:
        """The row's record number; its place where it has none or repeats one (a copied row is a record of its own)."""
        if row_id and (plan.table, row_id, 0) in self.places:
            self.findings.append(Finding("E204", CellRef(title, row), {"value": row_id}, Severity.WARNING))
            return f"{title}!{row}"
        return row_id or f"{title}!{row}"

    def _owner(self, plan: TablePlan, values: Values) -> str:
        """The record a line belongs to: by its number, else by the record's own key or display text."""
        named = values.get("record_id", "")
        targets = self.targets.get(plan.template.key)
        return targets.records.get(named, named) if targets else named

    def _line_number(self, plan: TablePlan, values: Values) -> int:
        given = values.get("line_no", "")
        if given.isdecimal():
            return int(given)
        self.counts[plan.table, values["record_id"]] += 1
        return self.counts[plan.table, values["record_id"]]

    def resolve(self, plan: TablePlan) -> None:
        """Turns what people typed in references into keys, now that every sheet is read.

        A reference to nobody known stays what was typed: reports say whom they do not know. A template without a
        sheet takes any text as a key.
        """
        for row in self.rows.get(plan.table, ()):
            for key, template in plan.targets.items():
                text = row.get(key, "")
                known = self.targets.get(template)
                if text and known is not None:
                    row[key] = self._resolved(plan, row, key, text, known)

    def _resolved(self, plan: TablePlan, row: Values, key: str, text: str, known: _Targets) -> str:
        candidates = known.resolve(text)
        if len(candidates) == 1:
            return candidates[0]
        params: dict[str, Param] = {"field": key, "value": text, "template": plan.targets[key]}
        if candidates:
            params["candidates"] = tuple(f"{one} {known.displays[one]}" for one in candidates[:10])
        number = int(row.get("line_no", "0")) if plan.line else 0
        place = self.places[plan.table, row["record_id"], number]
        if key in self.columns[plan.table]:
            place = replace(place, column=column_letters(self.columns[plan.table][key]))
        self.findings.append(Finding("V041" if candidates else "V040", place, params, Severity.WARNING))
        return text

    def compute(self, plans: Iterable[TablePlan]) -> None:
        """Works out computed fields whose cells are empty."""
        for plan in plans:
            if plan.line is None and plan.table in self.rows and has_computed(plan.template):
                self._compute(plan.template)

    def _compute(self, template: Template) -> None:
        lines: dict[str, dict[str, list[Values]]] = {}
        for line in template.lines:
            for row in self.rows.get(f"{template.key}.{line.key}", ()):
                if row.get("status") != VOID:
                    lines.setdefault(row["record_id"], {}).setdefault(line.key, []).append(row)
        for record in self.rows[template.key]:
            own = lines.get(record["record_id"], {})
            for key, worked_out in compute_lines(template, record, own, self.context).items():
                for row, texts in zip(own.get(key, ()), worked_out, strict=True):
                    _fill(row, texts)
            _fill(record, compute(template, record, own, self.context))


def _fill(row: Values, texts: Mapping[str, str]) -> None:
    for key, text in texts.items():
        if text and not row.get(key):
            row[key] = text


@dataclass(frozen=True)
class _Targets:
    """The records of one template others may refer to."""

    displays: Mapping[str, str]
    by_text: Mapping[str, tuple[str, ...]]
    records: Mapping[str, str]
    """Record number, key and display text → record number."""

    @classmethod
    def of(cls, template: Template, rows: Iterable[Values]) -> _Targets:
        displays: dict[str, str] = {}
        by_text: dict[str, tuple[str, ...]] = {}
        records: dict[str, str] = {}
        for row in rows:
            key = row.get(template.record_key, "") if template.record_key else row["record_id"]
            if not key:
                continue
            displays.setdefault(key, row.get(template.display or "", "") or key)
            for text in {fold(key), fold(displays[key])}:
                by_text[text] = tuple(dict.fromkeys((*by_text.get(text, ()), key)))
            for text in (row["record_id"], key, displays[key]):
                records.setdefault(text, row["record_id"])
        return cls(displays, by_text, records)

    def resolve(self, text: str) -> tuple[str, ...]:
        """Keys the text may mean: the key itself, else display texts, else the first word ("S001 张三")."""
        if text in self.displays:
            return (text,)
        return self.by_text.get(fold(text), ()) or self.by_text.get(fold(text.split(" ")[0]), ())


class _AsTyped:
    """References while the sheets are read: any text will do."""

    def display(self, template: str, key: str) -> str | None:
        return None

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        return (text,)

    def is_live(self, template: str, key: str) -> bool:
        return True
