"""Records only the portal writes: nobody enters, changes, withdraws or restores one, in the portal or the workbook."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from schemas.record import LIVE, SYSTEM_ACTOR, VOID, Actor, Rejected, Saved, Submission, TypedLine, on_behalf_of
from tests.sheets_adapter.workbook_samples import (
    CUSTOMERS,
    STAFF,
    Office,
    add_row,
    changed_template,
    column_of,
    set_cell,
)

ADMIN = Actor("a1", "S001", "张三", frozenset({"admin"}))
CLOSED = {"customer_id": "JS-1", "name": "九月结算", "credit": "100"}
LINES = {"contacts": [TypedLine("", {"person": "王五"}), TypedLine("", {"person": "赵六"})]}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, (STAFF, changed_template(CUSTOMERS, written_by="portal")))
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.checkpoint()
    yield office
    office.close()


@pytest.fixture
def closed(office: Office) -> str:
    """One record of the portal's with two lines, in the workbook too."""
    saved = office.repository.submit(Submission("customers", "k1", CLOSED, LINES), on_behalf_of(ADMIN))
    assert isinstance(saved, Saved), saved
    office.checkpoint()
    return saved.record_id


def state(office: Office) -> dict[str, object]:
    """All the journal holds of the records and their lines."""
    return {table: {k: (v.values, v.raw) for k, v in office.rows(table).items()} for table in TABLES}


TABLES = ("customers", "customers.contacts")


def told(office: Office) -> list[str]:
    return [finding.code for finding in office.state.findings()]


def codes(outcome: Saved | Rejected) -> list[str]:
    assert isinstance(outcome, Rejected)
    return [finding.code for finding in outcome.findings]


# --- in the portal


def test_the_portal_writes_one_at_a_persons_request_and_the_log_names_him(office: Office, closed: str) -> None:
    [created] = office.journal.changes(table="customers", row_id=closed)
    assert (created.verb, created.actor) == ("create", "S001 张三")


def test_nobody_enters_one_not_even_an_administrator(office: Office) -> None:
    assert codes(office.repository.submit(Submission("customers", "k2", CLOSED), ADMIN)) == ["P001"]


@pytest.mark.parametrize(("who", "code"), [(ADMIN, "P001"), (SYSTEM_ACTOR, "R019")], ids=["administrator", "portal"])
def test_nobody_changes_withdraws_or_restores_one(office: Office, closed: str, who: Actor, code: str) -> None:
    before, repository = state(office), office.repository
    record = repository.get("customers", closed, ADMIN)
    assert record is not None
    edit = Submission("customers", "k3", {**CLOSED, "credit": "999"}, {}, closed, {closed: record.etag})
    assert codes(repository.submit(edit, who)) == [code]
    withdrawn = repository.withdraw("customers", closed, reason="误", etag=record.etag, key="k4", actor=who)
    restored = repository.restore("customers", closed, etag=record.etag, key="k5", actor=who)
    assert (codes(withdrawn), codes(restored)) == ([code], [code])
    assert state(office) == before


# --- in the workbook


def in_line(header: str, value: object) -> Callable[[Worksheet], None]:
    """An edit of the first line's cell."""

    def change(sheet: Worksheet) -> None:
        sheet.cell(2, column_of(sheet, header)).value = value  # type: ignore[assignment]

    return change


@pytest.mark.parametrize(
    ("sheet", "header", "value", "kept"),
    [
        ("客户信息", "授信额度", 999, 100),
        ("客户信息", "客户名称", None, "九月结算"),
        ("客户信息", "状态", VOID, LIVE),
        ("客户信息", "作废原因", "算错了", None),
        ("客户信息", "授信额度", "乱写", 100),
        ("客户信息明细", "姓名", "我", "王五"),
        ("客户信息明细", "姓名", None, "王五"),
        ("客户信息明细", "状态", VOID, LIVE),
        ("客户信息明细", "行号", 7, 1),
    ],
    ids=str,
)
def test_what_is_typed_over_a_cell_is_put_back_and_told(
    office: Office, closed: str, sheet: str, header: str, value: object, kept: object
) -> None:
    before = state(office)
    office.edit(in_line(header, value), sheet)
    office.checkpoint()
    assert state(office) == before
    assert office.sheet(sheet)[0][header] == kept
    assert "S066" in told(office)


@pytest.mark.parametrize(("sheet", "number"), [("客户信息", "JS-1"), ("客户信息明细", "JS-1 / 1")])
def test_a_deleted_row_is_put_back_and_told(office: Office, closed: str, sheet: str, number: str) -> None:
    before, rows = state(office), len(office.sheet(sheet))
    office.edit(lambda of: of.delete_rows(2), sheet)
    office.checkpoint()
    assert state(office) == before
    assert len(office.sheet(sheet)) == rows
    found = next(finding for finding in office.state.findings() if finding.code == "S074")
    assert (found.params["number"], str(found.at)) == (number, f"{sheet}!1")


def test_a_row_added_by_hand_is_left_in_the_sheet_and_not_taken_in(office: Office, closed: str) -> None:
    before = state(office)
    office.edit(add_row(客户编号="JS-2", 客户名称="自己加的", 授信额度=5))
    office.checkpoint()
    office.edit(set_cell(closed, "备注", "再存一次"))
    office.checkpoint()
    assert state(office) == before
    assert [row["客户名称"] for row in office.sheet()] == ["九月结算", "自己加的"]
    assert "S073" in told(office)


def test_a_copied_row_is_no_record(office: Office, closed: str) -> None:
    before = state(office)

    def copy(sheet: Worksheet) -> None:
        sheet.append([cell.value for cell in sheet[2]])

    office.edit(copy)
    office.checkpoint()
    assert state(office) == before
    assert "S073" in told(office)


def test_a_line_added_by_hand_does_not_join_the_record(office: Office, closed: str) -> None:
    before = state(office)
    office.edit(add_row(姓名="钱七", 记录编号=closed), "客户信息明细")
    office.checkpoint()
    assert state(office) == before
    assert "S073" in told(office)


def test_peoples_own_columns_beside_it_stay_theirs(office: Office, closed: str) -> None:
    def note(sheet: Worksheet) -> None:
        at = sheet.max_column + 1
        sheet.cell(1, at).value, sheet.cell(2, at).value = "财务备注", "已核"

    office.edit(note)
    office.checkpoint()
    row = office.journal.get("customers", closed)
    assert row is not None
    assert row.extra == {"财务备注": "已核"}


def forget(office: Office) -> None:
    """The journal and all that was known of the workbook are lost."""
    office.close()
    shutil.rmtree(office.state_dir)
    office.state_dir.mkdir()


def test_without_the_journal_the_records_come_back_from_the_workbook(office: Office, closed: str) -> None:
    before = office.by_id()[closed]
    forget(office)
    office.open()
    office.checkpoint()
    assert office.by_id()[closed] == before
    assert office.values(closed)["credit"] == "100.00"
    assert [row.values["person"] for row in office.rows("customers.contacts").values()] == ["王五", "赵六"]


def test_an_older_copy_saved_over_the_workbook_loses_no_record(office: Office, closed: str) -> None:
    old = office.workbook.read_bytes()
    second = {**CLOSED, "customer_id": "JS-2", "name": "十月结算"}
    saved = office.repository.submit(Submission("customers", "k9", second), on_behalf_of(ADMIN))
    assert isinstance(saved, Saved)
    office.checkpoint()
    before = state(office)
    office.workbook.write_bytes(old)
    office.checkpoint()
    assert state(office) == before
    assert [row["客户编号"] for row in office.sheet()] == ["JS-1", "JS-2"]


def test_records_a_workbook_brings_along_are_taken_in_when_it_is_seen_for_the_first_time(
    office: Office, closed: str
) -> None:
    """A company may have settled earlier months by hand."""
    forget(office)
    office.edit(add_row(客户编号="JS-0", 客户名称="以前的结算"))
    office.open()
    office.checkpoint()
    assert {row.values["customer_id"] for row in office.rows().values()} == {"JS-1", "JS-0"}
