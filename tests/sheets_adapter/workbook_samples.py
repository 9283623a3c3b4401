"""A small company for the workbook tests: people, customers with contacts, a workbook, a journal and a backend."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from schemas.catalogue import Catalogue
from schemas.record import LIVE
from schemas.template import Template
from sheets_adapter.contract import Put, Row, WriteBatch, Written
from sheets_adapter.excel import ExcelBackend, WorkbookPlace
from sheets_adapter.journal import Journal
from sheets_adapter.repository import Repository
from sheets_adapter.sync_state import SyncStatus

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 21, 9, 0, tzinfo=SHANGHAI)


def _label(zh: str) -> dict[str, str]:
    return {"zh": zh, "en": zh}


def _field(key: str, kind: str, label: str, **options: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": _label(label), **options}


LEVELS = [{"value": value, "en": value} for value in ("A级", "B级", "C级")]
STAFF = Template.model_validate(
    {
        "key": "staff",
        "version": 1,
        "label": _label("人员"),
        "fields": [
            _field("staff_id", "text", "工号", required=True, unique=True),
            _field("staff_name", "text", "姓名"),
            _field("manager", "user", "直属上级"),
        ],
        "record_key": "staff_id",
        "display": "staff_name",
        "list_view": {"columns": ["staff_id"]},
    }
)
CUSTOMERS = Template.model_validate(
    {
        "key": "customers",
        "version": 1,
        "label": _label("客户信息"),
        "fields": [
            _field("customer_id", "text", "客户编号", required=True, unique=True),
            _field("name", "text", "客户名称", aliases=["公司名称"]),
            _field("phone", "phone", "联系电话"),
            _field("level", "choice", "客户级别", choices=LEVELS),
            _field("since", "date", "合作日期"),
            _field("credit", "money", "授信额度"),
            _field("keeper", "user", "负责人", owner=True),
            _field("note", "long_text", "备注"),
            _field("double_credit", "computed", "两倍额度", compute="credit * 2", result="money"),
        ],
        "lines": [
            {
                "key": "contacts",
                "label": _label("联系人"),
                "fields": [_field("person", "text", "姓名"), _field("mobile", "phone", "手机")],
            }
        ],
        "record_key": "customer_id",
        "display": "name",
        "list_view": {"columns": ["customer_id", "name"]},
    }
)


def changed_template(template: Template, **changes: Any) -> Template:
    """The template with other parts, as a new version of its file would bring them."""
    return Template.model_validate({**template.model_dump(by_alias=True), **changes})


@dataclass
class Office:
    """One company's workbook and portal. `now` moves on by a second with every look at the clock."""

    folder: Path
    templates: tuple[Template, ...] = (STAFF, CUSTOMERS)
    portal_id: str = "P1"
    now: datetime = START
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.workbook = self.folder / "portal.xlsx"
        self.state_dir = self.folder / "state"
        self.state_dir.mkdir(exist_ok=True)
        self.open()

    def open(self) -> None:
        """Starts the portal (again)."""
        self.catalogue = Catalogue(self.templates)
        self.journal = Journal(self.state_dir / f"{self.portal_id}.journal", clock=self.clock)
        self.repository = Repository(self.journal, self.catalogue, clock=self.clock, new_id=self.new_id)
        place = WorkbookPlace(self.workbook, self.state_dir, self.portal_id)
        self.backend = ExcelBackend(
            place, self.journal, self.repository, self.catalogue,
            clock=self.clock, new_id=self.new_id, explanation=["说明", "请勿改动记录编号。"],
        )  # fmt: skip
        self.state = self.backend.state

    def close(self) -> None:
        """Stops the portal."""
        self.backend.close()
        self.journal.close()

    def restart(self) -> None:
        """As after a crash: nothing is handed over but what is on the disk."""
        self.close()
        self.open()

    def clock(self) -> datetime:
        """The company's time."""
        self.now += timedelta(seconds=1)
        return self.now

    def new_id(self) -> str:
        """Ids in the order they are made."""
        return f"N{next(self._ids):04d}"

    def save(self, row_id: str, values: Mapping[str, str], table: str = "customers") -> Row:
        """Somebody saves a record in the portal; fields not named stay as they are."""
        before = self.journal.get(table, row_id)
        at = self.clock().strftime("%Y-%m-%d %H:%M:%S")
        system = {"status": LIVE}
        if "." not in table:
            system |= dict.fromkeys(("created_at", "submitted_at", "approved_at", "updated_at"), at)
            system |= dict.fromkeys(("created_by", "updated_by"), "S001 张三")
        merged = {**system, **(before.values if before else {}), **values}
        if table == "customers" and "credit" in merged:
            merged["double_credit"] = f"{Decimal(merged['credit']) * 2}"
        put = Put(
            table, row_id, merged, "edit" if before else "create",
            raw=before.raw if before else {}, extra=before.extra if before else {},
        )  # fmt: skip
        answer = self.journal.write(WriteBatch((put,), "S001 张三", self.now))
        assert isinstance(answer, Written)
        return answer.rows[0]

    def rows(self, table: str = "customers") -> dict[str, Row]:
        """All records of the journal by id."""
        return {row.row_id: row for row in self.journal.changed_rows(table, 0)}

    def values(self, row_id: str, table: str = "customers") -> dict[str, str]:
        """The values of one record."""
        row = self.journal.get(table, row_id)
        assert row is not None
        return dict(row.values)

    def checkpoint(self) -> SyncStatus:
        """Brings the workbook up to date; it must succeed."""
        status = self.backend.checkpoint()
        assert (status.state, status.reason) == ("ok", ""), status
        assert status.pending == 0
        return status

    # --- what people see and do in the workbook

    def sheet(self, title: str = "客户信息") -> list[dict[str, Any]]:
        """The sheet's rows as a reader of the workbook sees them, by header."""
        book = openpyxl.load_workbook(self.workbook)
        header, *rows = book[title].iter_rows(values_only=True)
        return [dict(zip(map(str, header), row, strict=True)) for row in rows if any(cell is not None for cell in row)]

    def by_id(self, title: str = "客户信息", id_header: str = "记录编号") -> dict[str, dict[str, Any]]:
        """The sheet's rows by record id."""
        return {str(row[id_header]): row for row in self.sheet(title)}

    def edit(self, change: Callable[[Worksheet], None], title: str = "客户信息") -> None:
        """Somebody edits the workbook with another program and saves it."""
        book = openpyxl.load_workbook(self.workbook)
        change(book[title])
        stream = io.BytesIO()
        book.save(stream)
        self.workbook.write_bytes(stream.getvalue())


def column_of(sheet: Worksheet, header: str) -> int:
    """The column with that header, counted from 1."""
    return next(cell.column for cell in sheet[1] if cell.value == header)


def row_of(sheet: Worksheet, row_id: str, id_header: str = "记录编号") -> int:
    """The row of that record."""
    column = column_of(sheet, id_header)
    return next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value == row_id)


def set_cell(row_id: str, header: str, value: object) -> Callable[[Worksheet], None]:
    """An edit of one cell."""

    def change(sheet: Worksheet) -> None:
        sheet.cell(row_of(sheet, row_id), column_of(sheet, header)).value = value  # type: ignore[assignment]

    return change


def add_row(**cells: object) -> Callable[[Worksheet], None]:
    """A row typed below the others, by header."""

    def change(sheet: Worksheet) -> None:
        row = sheet.max_row + 1
        for header, value in cells.items():
            sheet.cell(row, column_of(sheet, header)).value = value  # type: ignore[assignment]

    return change


def delete_row(row_id: str) -> Callable[[Worksheet], None]:
    """A deleted row."""
    return lambda sheet: sheet.delete_rows(row_of(sheet, row_id))


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Waits for something another process does; names it when it does not come."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)
