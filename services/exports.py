"""Downloads: a list as a formatted workbook or as CSV, exactly as the actor sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from schemas import rights
from schemas.field_types import CellFormat, CellValue, show, target_of, type_of
from schemas.finding import Finding
from schemas.record import SYSTEM_COLUMNS, Actor, Record
from schemas.template import Field, Template
from services.attachments import File
from services.ports import Clock
from sheets_adapter.contract import StoreError

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from sheets_adapter.repository import ListQuery, Repository

PAGE = 1000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SYSTEM_KEYS = ("record_id", "status", "created_at", "created_by", "updated_at", "updated_by")
_MOMENTS = frozenset({"created_at", "updated_at"})
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_FORMATS: dict[CellFormat, str] = {
    "general": "General",
    "text": "@",
    "integer": "#,##0",
    "decimal": "#,##0.######",
    "money": "¥#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "month": "yyyy-mm",
}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of a download: its header, its look, and how a record fills it."""

    header: str
    format: CellFormat
    width: float
    cell: Callable[[Record], CellValue]


class Exports:
    """Makes downloads. `log` records who took what: (actor, verb, template, detail)."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        catalogue: Callable[[], Catalogue],
        labels: Callable[[], Labels],
        *,
        clock: Clock,
        log: Callable[[Actor, str, str, str], None],
        workbook: Callable[[], bytes],
    ) -> None:
        self._repository = repository
        self._catalogue = catalogue
        self._labels = labels
        self._clock = clock
        self._log = log
        self._workbook = workbook

    def records(
        self, template: str, actor: Actor, query: ListQuery, *, kind: Literal["xlsx", "csv"], language: str
    ) -> File | Finding:
        """All records of the filtered list; the query's limit does not count.

        Rows, hidden fields and masks are the list's own. Without the export right: A040, nothing is read.
        """
        form = self._catalogue()[template]
        if not rights.may(actor, form, "export"):
            label = form.label
            return Finding("A040", params={"template_zh": label.zh, "template_en": label.en})
        columns = self._columns(form, actor, language)
        records = self._all(template, actor, query)
        title = form.label.text(language)
        data, rows = (write_xlsx if kind == "xlsx" else write_csv)(title, columns, records)
        self._log(actor, "export", template, f"{kind} {rows}")
        stamp = self._clock().strftime("%Y%m%d-%H%M")
        return File(f"{title}-{stamp}.{kind}", XLSX if kind == "xlsx" else "text/csv", data)

    def workbook(self, actor: Actor) -> File | Finding:
        """The workbook itself, brought up to date: the administrator's download. A041 for everybody else.

        While it cannot be brought up to date, the finding that says why.
        """
        if "admin" not in actor.roles:
            return Finding("A041")
        try:
            data = self._workbook()
        except StoreError as error:
            return Finding(error.code, params=error.params)
        self._log(actor, "download", "workbook", str(len(data)))
        return File(f"portal-{self._clock().strftime('%Y%m%d-%H%M')}.xlsx", XLSX, data)

    def _all(self, template: str, actor: Actor, query: ListQuery) -> Iterator[Record]:
        after = ""
        while True:
            page = self._repository().page(template, actor, replace(query, limit=PAGE, after=after))
            yield from page.records
            if not page.next:
                return
            after = page.next

    def _columns(self, form: Template, actor: Actor, language: str) -> list[ExportColumn]:
        labels = self._labels()
        columns = [
            self._field_column(field, form, actor, language)
            for field in form.fields
            if rights.may_read_field(actor, form, field)
        ]
        for key in SYSTEM_KEYS:
            header = SYSTEM_COLUMNS[key] if language == "zh" else labels.text(f"system.{key}", language)
            shape: CellFormat = "datetime" if key in _MOMENTS else "text"
            columns.append(ExportColumn(header, shape, 18, _system_cell(key, labels, language)))
        return columns

    def _field_column(self, field: Field, form: Template, actor: Actor, language: str) -> ExportColumn:
        kind = type_of(field)
        target = target_of(field)
        references = self._repository().references

        def cell(record: Record) -> CellValue:
            text = record.values.get(field.key, "")
            if not text:
                return record.raw.get(field.key) or None
            if rights.is_masked(actor, form, field, False) and "*" in text:
                return text
            if target or field.type in _SHOWN or (language == "en" and field.choices):
                return show(text, field, language, references)
            return kind.write_cell(text, field)

        shape: CellFormat = "text" if target else kind.cell_format(field)
        return ExportColumn(field.label.text(language), shape, kind.column_width(field), cell)


_SHOWN = frozenset({"attachment", "bool"})


def _system_cell(key: str, labels: Labels, language: str) -> Callable[[Record], CellValue]:
    if key == "record_id":
        return lambda record: record.record_id
    if key == "status":
        return lambda record: labels.text(_status_text(record), language)
    if key in _MOMENTS:
        return lambda record: _moment(record.system.get(key, ""))
    return lambda record: record.system.get(key) or None


def _status_text(record: Record) -> str:
    """Key of the text that says how the record stands."""
    if record.is_void:
        return "status.void"
    return "status.pending" if record.is_pending else "status.live"


def _moment(text: str) -> datetime | str | None:
    """A system column's moment; what somebody typed over it in the workbook stays text."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text or None


def write_xlsx(title: str, columns: list[ExportColumn], records: Iterable[Record]) -> tuple[bytes, int]:
    """A workbook with one formatted sheet, and how many records it holds. No cell becomes a formula or a link."""
    import xlsxwriter  # type: ignore[import-untyped,unused-ignore]

    buffer = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    sheet = book.add_worksheet(_sheet_title(title))
    formats = {name: book.add_format({"num_format": code, "valign": "top"}) for name, code in _FORMATS.items()}
    head = book.add_format({"bold": True, "bg_color": "#F2F2F2", "bottom": 1, "valign": "vcenter"})
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width, formats[column.format])
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.header, head)
    sheet.freeze_panes(1, 1)
    count = 0
    for count, record in enumerate(records, start=1):
        for at, column in enumerate(columns):
            _write_cell(sheet, count, at, column.cell(record), formats[column.format], formats["text"])
    sheet.autofilter(0, 0, count, len(columns) - 1)
    book.close()
    return buffer.getvalue(), count


def _write_cell(sheet: Any, row: int, column: int, value: CellValue, format_: Any, text_format: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, format_)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, value, format_)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), format_)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, format_)
    else:
        sheet.write_string(row, column, str(value), text_format)


def _sheet_title(title: str) -> str:
    return "".join(" " if c in "[]:*?/\\" else c for c in title)[:31].strip("'") or "Sheet"


def write_csv(title: str, columns: list[ExportColumn], records: Iterable[Record]) -> tuple[bytes, int]:
    """CSV as Excel opens it by double click: UTF-8 with BOM; text that would start a formula gets a leading '."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_csv_text(column.header) for column in columns])
    count = 0
    for record in records:
        writer.writerow([_csv_text(column.cell(record)) for column in columns])
        count += 1
    return text.getvalue().encode("utf-8-sig"), count


def _csv_text(value: CellValue) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    return str(value)
