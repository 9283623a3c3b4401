"""The workbook as a file: old copies put back, files deleted, damaged, locked, adopted, moved; journals lost."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from schemas.record import LIVE, VOID
from sheets_adapter.xlsx.lint import find_package_problems
from sheets_adapter.xlsx.publish import signature
from tests.sheets_adapter.workbook_samples import CUSTOMERS, STAFF, Office, add_row, delete_row, set_cell

# openpyxl, with which these tests look at workbooks, tells what it would lose if it saved them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

NASTY = Path(__file__).parent.parent / "data" / "nasty.xlsx"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    for number in range(1, 31):
        office.save(f"r{number:02}", {"customer_id": f"C{number:04}", "name": f"客户{number}", "credit": "10.00"})
    office.checkpoint()
    yield office
    office.close()


# --- old copies and generations


def test_an_old_copy_saved_over_the_workbook_loses_nothing(office: Office) -> None:
    old = office.folder / "old.xlsx"
    shutil.copy2(office.workbook, old)
    office.save("r90", {"customer_id": "C0090", "name": "之后新增"})
    office.save("r01", {"note": "之后修改"})
    office.checkpoint()
    office.edit(set_cell("r02", "备注", "之后手改"))
    office.checkpoint()
    shutil.copy2(old, office.workbook)
    office.edit(set_cell("r03", "备注", "旧文件里改的"))
    office.checkpoint()
    rows = office.by_id()
    assert rows["r90"]["客户名称"] == "之后新增"
    assert [rows[row_id]["备注"] for row_id in ("r01", "r02", "r03")] == ["之后修改", "之后手改", "旧文件里改的"]
    assert [office.values(row_id)["note"] for row_id in ("r01", "r02", "r03")] == [
        "之后修改", "之后手改", "旧文件里改的",
    ]  # fmt: skip
    assert all(row.values["status"] == LIVE for row in office.rows().values())
    assert office.state.conflicts() == ()


def test_an_old_copy_brings_no_deleted_row_back_to_life(office: Office) -> None:
    old = office.workbook.read_bytes()
    office.edit(delete_row("r05"))
    office.checkpoint()
    office.save("r01", {"note": "新一代"})
    office.checkpoint()
    office.workbook.write_bytes(old)
    office.checkpoint()
    assert office.values("r05")["status"] == VOID
    assert office.by_id()["r05"]["状态"] == VOID


def test_an_older_copy_without_any_publication_between_is_known_by_its_time(office: Office) -> None:
    old = office.folder / "old.xlsx"
    shutil.copy2(office.workbook, old)
    os.utime(old, ns=(0, office.workbook.stat().st_mtime_ns - 10**9))
    office.edit(set_cell("r02", "备注", "手改"))
    office.backend.sync_in()
    shutil.copy2(old, office.workbook)
    office.checkpoint()
    assert office.by_id()["r02"]["备注"] == "手改"


def test_taking_back_one_s_own_edit_before_the_portal_published_is_an_edit(office: Office) -> None:
    office.edit(set_cell("r02", "备注", "写错了"))
    office.backend.sync_in()
    office.edit(set_cell("r02", "备注", None))
    office.checkpoint()
    assert "note" not in office.values("r02")


def test_the_names_may_be_dropped_by_another_program(office: Office) -> None:
    book = openpyxl.load_workbook(office.workbook)
    for name in list(book.defined_names):
        del book.defined_names[name]
    set_cell("r01", "备注", "没有标记了")(book["客户信息"])
    book.save(office.workbook)
    office.checkpoint()
    assert office.values("r01")["note"] == "没有标记了"
    assert "_portal_gen" in openpyxl.load_workbook(office.workbook).defined_names


def without_names(office: Office) -> openpyxl.Workbook:
    """The workbook as a program saves it that drops defined names."""
    book = openpyxl.load_workbook(office.workbook)
    for name in list(book.defined_names):
        del book.defined_names[name]
    return book


def test_a_sheet_renamed_where_the_names_were_dropped_is_known_by_its_records(office: Office) -> None:
    book = without_names(office)
    set_cell("r01", "备注", "改了名")(book["客户信息"])
    book["客户信息"].title = "客户一览"
    book.save(office.workbook)
    office.save("r02", {"note": "系统里改的"})
    office.checkpoint()
    assert "客户信息" not in openpyxl.load_workbook(office.workbook).sheetnames
    shown = office.by_id("客户一览")
    assert (shown["r01"]["备注"], shown["r02"]["备注"]) == ("改了名", "系统里改的")
    assert office.values("r01")["note"] == "改了名"
    assert {row.values["status"] for row in office.rows().values()} == {LIVE}


def test_a_copy_left_in_place_of_the_deleted_sheet_goes_on_as_that_sheet(office: Office) -> None:
    book = openpyxl.load_workbook(office.workbook)
    copy = book.copy_worksheet(book["客户信息"])
    copy.title = "客户信息 (2)"
    set_cell("r01", "备注", "在副本里改的")(copy)
    del book["客户信息"]
    book.save(office.workbook)
    office.checkpoint()
    assert "客户信息" not in openpyxl.load_workbook(office.workbook).sheetnames
    assert office.values("r01")["note"] == "在副本里改的"


def test_a_copy_of_the_sheet_beside_it_is_people_s_own(office: Office) -> None:
    book = openpyxl.load_workbook(office.workbook)
    copy = book.copy_worksheet(book["客户信息"])
    set_cell("r01", "备注", "只在副本里")(copy)
    book.save(office.workbook)
    office.checkpoint()
    assert "note" not in office.values("r01")
    assert office.by_id(copy.title)["r01"]["备注"] == "只在副本里"
    assert len(office.rows()) == len(office.by_id())


def test_a_sync_that_would_remove_many_rows_stops_until_somebody_confirms_it(office: Office) -> None:
    office.edit(lambda sheet: sheet.delete_rows(2, 25))
    status = office.backend.checkpoint()
    assert (status.state, status.reason) == ("stopped", "S084")
    assert status.params["removed"] == "25"
    assert all(row.values["status"] == LIVE for row in office.rows().values())
    office.save("r99", {"name": "照常录入"})
    assert office.backend.checkpoint().state == "stopped"
    assert office.backend.confirm_removal().state == "ok"
    assert sum(row.values["status"] == VOID for row in office.rows().values()) == 25
    assert set(office.by_id()) == {"r26", "r27", "r28", "r29", "r30", "r99"}


def test_an_edit_saved_between_taking_in_and_writing_is_taken_in_first(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.save("r01", {"note": "系统里改的"})
    original = type(office.backend)._require_free
    edits = [set_cell("r02", "备注", "正好这时存的")]

    def saved_just_now(backend: object) -> None:
        if edits:
            office.edit(edits.pop())
        original(backend)  # type: ignore[arg-type]

    monkeypatch.setattr(type(office.backend), "_require_free", saved_just_now)
    office.checkpoint()
    assert office.values("r02")["note"] == "正好这时存的"
    assert [office.by_id()[row_id]["备注"] for row_id in ("r01", "r02")] == ["系统里改的", "正好这时存的"]


def test_an_unmarked_workbook_without_our_records_needs_the_administrator_s_word(office: Office) -> None:
    book = openpyxl.Workbook()
    book.save(office.workbook)
    status = office.backend.checkpoint()
    assert (status.state, status.reason) == ("stopped", "S087")
    assert office.backend.adopt().state == "ok"
    assert len(office.by_id()) == 30
    assert all(row.values["status"] == LIVE for row in office.rows().values())


# --- the journal


def lost_journal(office: Office) -> None:
    office.close()
    for path in office.state_dir.iterdir():
        if path.is_file():
            path.unlink()
    office.open()


def test_after_a_clean_checkpoint_the_workbook_alone_holds_every_record(office: Office) -> None:
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.save("r01", {"keeper": "S001", "phone": "13800000001", "since": "2026-07-09", "level": "B级"})
    office.save("r02", {"status": VOID, "void_reason": "重复"})
    office.save("l1", {"record_id": "r01", "line_no": "1", "person": "王五"}, "customers.contacts")
    office.checkpoint()
    tables = ("staff", "customers", "customers.contacts")
    before = {table: {row_id: row.values for row_id, row in office.rows(table).items()} for table in tables}
    lost_journal(office)
    office.checkpoint()
    assert before == {table: {row_id: row.values for row_id, row in office.rows(table).items()} for table in tables}


def test_a_journal_older_than_the_workbook_takes_it_in_and_withdraws_nothing(office: Office) -> None:
    office.close()
    backup = office.state_dir / "backup"
    shutil.copy2(office.state_dir / "P1.journal", backup)
    office.open()
    office.save("r90", {"name": "备份之后新增"})
    office.save("r01", {"note": "备份之后修改"})
    office.checkpoint()
    office.edit(delete_row("r07"))
    office.checkpoint()
    office.close()
    for path in office.state_dir.glob("P1.journal*"):
        path.unlink()
    shutil.copy2(backup, office.state_dir / "P1.journal")
    office.open()
    office.checkpoint()
    assert office.values("r90")["name"] == "备份之后新增"
    assert office.values("r01")["note"] == "备份之后修改"
    assert office.values("r07")["status"] == LIVE
    assert "r07" in office.by_id()


@pytest.mark.parametrize("step", ["put_contents", "put_places", "mark_generation"])
def test_a_crash_between_replacing_the_file_and_noting_it_doubles_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    office.save("r90", {"name": "新增"})
    office.edit(add_row(客户名称="手工新增"))
    original = getattr(type(office.state), step)
    calls = []

    class Killed(BaseException):
        pass

    def die(self: object, *args: object, **named: object) -> None:
        calls.append(step)
        if len(calls) > 1:
            raise Killed
        original(self, *args, **named)

    with monkeypatch.context() as patched:
        patched.setattr(type(office.state), step, die)
        try:
            office.backend.checkpoint()
        except Killed:
            pass
    office.restart()
    office.checkpoint()
    names = [row["客户名称"] for row in office.sheet()]
    assert sorted(names) == sorted([f"客户{number}" for number in range(1, 31)] + ["新增", "手工新增"])
    assert len(office.rows()) == 32


# --- what can be wrong with the file


def test_a_missing_workbook_is_waited_for_and_not_made_again(office: Office) -> None:
    away = office.folder / "away.xlsx"
    office.workbook.rename(away)
    office.save("r90", {"name": "照常录入"})
    status = office.backend.checkpoint()
    assert (status.state, status.reason, status.pending) == ("waiting", "S080", 1)
    assert not office.workbook.exists()
    away.rename(office.workbook)
    office.checkpoint()
    assert "r90" in office.by_id()


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "S022"), (b"not a workbook", "S022"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "S020")],
    ids=["empty", "garbage", "encrypted"],
)
def test_a_file_that_is_no_workbook_is_left_alone(office: Office, content: bytes, code: str) -> None:
    good = office.workbook.read_bytes()
    office.workbook.write_bytes(content)
    office.save("r90", {"name": "照常录入"})
    status = office.backend.checkpoint()
    assert status.state == "waiting"
    assert status.reason.startswith("S02")
    assert office.workbook.read_bytes() == content
    office.workbook.write_bytes(good)
    office.checkpoint()
    assert "r90" in office.by_id()


def test_a_folder_in_the_workbook_s_place_is_reported(office: Office) -> None:
    good = office.workbook.read_bytes()
    office.workbook.unlink()
    office.workbook.mkdir()
    status = office.backend.checkpoint()
    assert status.state == "waiting"
    assert status.params["path"] == str(office.workbook)
    office.workbook.rmdir()
    office.workbook.write_bytes(good)
    office.checkpoint()


def test_on_a_full_disk_changes_wait_and_the_workbook_stays_whole(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.workbook.read_bytes()
    office.save("r90", {"name": "照常录入"})
    with monkeypatch.context() as patched:

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        patched.setattr("sheets_adapter.xlsx.publish.os.fsync", full)
        for _ in range(3):
            status = office.backend.checkpoint()
        assert (status.state, status.reason, status.pending) == ("waiting", "S050", 1)
    assert office.workbook.read_bytes() == before
    assert not list(office.folder.glob(".portal-*"))
    office.checkpoint()
    assert "r90" in office.by_id()


def test_in_a_read_only_folder_changes_wait_with_the_reason(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.save("r90", {"name": "照常录入"})
    with monkeypatch.context() as patched:

        def refuse(*args: object, **named: object) -> None:
            raise PermissionError(13, "Permission denied")

        patched.setattr("sheets_adapter.xlsx.publish._write", refuse)
        status = office.backend.checkpoint()
    assert (status.state, status.reason) == ("waiting", "S051")
    office.checkpoint()


# --- people who have it open


def test_while_somebody_has_the_workbook_open_changes_wait_and_say_for_whom(office: Office) -> None:
    lock = office.folder / f".~lock.{office.workbook.name}#"
    lock.write_text("李四,lisi,PC-7,21.11.2026 09:00,file:///x;", encoding="utf-8")
    office.save("r90", {"name": "照常录入"})
    status = office.backend.checkpoint()
    assert (status.state, status.reason, status.pending) == ("busy", "S085", 1)
    assert (status.params["program"], status.params["user"]) == ("LibreOffice", "李四")
    lock.unlink()
    office.checkpoint()
    assert "r90" in office.by_id()


def test_edits_saved_while_the_workbook_is_open_are_taken_at_once(office: Office) -> None:
    (office.folder / f"~${office.workbook.name}").write_bytes(b"")
    office.edit(set_cell("r02", "备注", "开着改的"))
    assert office.backend.checkpoint().state == "busy"
    assert office.values("r02")["note"] == "开着改的"


def test_an_owner_file_left_behind_eight_hours_ago_stops_nobody(office: Office) -> None:
    left = office.folder / f"~${office.workbook.name}"
    left.write_bytes(b"")
    old = (office.now - timedelta(hours=9)).timestamp()
    os.utime(left, (old, old))
    office.save("r90", {"name": "照常录入"})
    office.checkpoint()


def test_after_half_an_hour_of_waiting_a_read_only_copy_shows_the_newest_state(office: Office) -> None:
    lock = office.folder / f"~${office.workbook.name}"
    lock.write_bytes(b"")
    beside = office.folder / "portal（最新）.xlsx"
    office.save("r90", {"name": "照常录入"})
    office.backend.checkpoint()
    assert not beside.exists()
    office.now += timedelta(minutes=31)
    office.backend.checkpoint()
    names = [row[1] for row in openpyxl.load_workbook(beside)["客户信息"].iter_rows(values_only=True)]
    assert "照常录入" in names
    assert not beside.stat().st_mode & 0o222
    lock.unlink()
    office.checkpoint()
    assert not beside.exists()


def test_the_day_s_first_replacement_keeps_a_copy_of_the_day_before(office: Office) -> None:
    before = office.workbook.read_bytes()
    office.save("r90", {"name": "今天"})
    office.checkpoint()
    (copy,) = (office.state_dir / "backups").iterdir()
    assert copy.name == "portal 2026-11-21.xlsx"
    assert copy.read_bytes() == before


# --- workbooks the portal did not make


def test_a_workbook_without_our_mark_is_adopted_only_when_told(tmp_path: Path) -> None:
    shutil.copy(NASTY, tmp_path / "portal.xlsx")
    before = (tmp_path / "portal.xlsx").read_bytes()
    office = Office(tmp_path)
    status = office.backend.checkpoint()
    assert (status.state, status.reason) == ("stopped", "S082")
    assert (tmp_path / "portal.xlsx").read_bytes() == before
    assert office.backend.adopt().state == "ok"
    office.close()


def test_adopting_a_workbook_full_of_people_s_work_leaves_their_parts_byte_for_byte(tmp_path: Path) -> None:
    shutil.copy(NASTY, tmp_path / "portal.xlsx")
    office = Office(tmp_path)
    office.backend.adopt()
    office.save("r1", {"customer_id": "C0001", "name": "金凤祥"})
    office.checkpoint()
    with zipfile.ZipFile(NASTY) as old, zipfile.ZipFile(office.workbook) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
    assert changed <= {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "docProps/app.xml",
    }  # fmt: skip
    known = set(find_package_problems(NASTY.read_bytes()))
    assert not set(find_package_problems(office.workbook.read_bytes())) - known
    assert office.by_id()["r1"]["客户名称"] == "金凤祥"
    office.close()


def test_a_company_s_own_sheet_is_adopted_with_title_aliases_and_its_own_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "客户信息"
    sheet.append(["某某珠宝公司客户表"])
    sheet.merge_cells("A1:E1")
    sheet.append(["序号", "公司名称", "联系电话", "授信额度", "负责人"])
    sheet.append([1, "金凤祥", "138 0000 0001", 1200, "张三"])
    sheet.append([2, "老庙", 13800000002, None, None])
    people = book.create_sheet("人员")
    people.append(["工号", "姓名"])
    people.append(["S001", "张三"])
    book.save(tmp_path / "portal.xlsx")
    office = Office(tmp_path)
    assert office.backend.adopt().state == "ok"
    first, second = sorted(office.rows().values(), key=lambda row: row.row_id)
    assert (first.values["name"], first.values["phone"], first.values["credit"]) == ("金凤祥", "13800000001", "1200.00")
    assert (first.values["keeper"], first.values["created_by"]) == ("S001", "S001 张三")
    assert (second.values["phone"], second.values["created_by"]) == ("13800000002", "工作簿")
    assert first.extra == {"序号": "1"}
    sheet = openpyxl.load_workbook(office.workbook)["客户信息"]
    assert sheet["A1"].value == "某某珠宝公司客户表"
    headers = [cell.value for cell in sheet[2]]
    assert headers[:5] == ["序号", "公司名称", "联系电话", "授信额度", "负责人"]
    assert "记录编号" in headers
    assert sheet.cell(3, headers.index("记录编号") + 1).value == first.row_id
    office.close()


def test_a_workbook_of_another_portal_is_not_touched(office: Office, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "portal.xlsx").write_bytes(office.workbook.read_bytes())
    stranger = Office(other, portal_id="P2")
    before = signature(stranger.workbook)
    status = stranger.backend.checkpoint()
    assert (status.state, status.reason) == ("stopped", "S087")
    assert signature(stranger.workbook) == before
    stranger.close()


def test_a_workbook_known_at_another_path_asks_whether_it_was_moved_or_copied(office: Office) -> None:
    office.close()
    first = office.workbook
    office.workbook = office.folder / "copy.xlsx"
    office.workbook.write_bytes(first.read_bytes())
    office.open()
    office.edit(set_cell("r01", "备注", "在这里改的"))
    status = office.backend.checkpoint()
    assert (status.state, status.reason) == ("stopped", "S083")
    assert status.params["elsewhere"] == str(first)
    assert office.backend.accept_move().state == "ok"
    assert office.values("r01")["note"] == "在这里改的"


def test_a_workbook_that_was_moved_is_followed_without_a_question(office: Office) -> None:
    office.close()
    office.workbook = office.workbook.rename(office.folder / "moved.xlsx")
    office.open()
    office.save("r90", {"name": "搬家之后"})
    office.checkpoint()
    assert "r90" in office.by_id()


def test_a_sheet_whose_header_is_gone_is_left_alone_while_others_go_on(tmp_path: Path) -> None:
    office = Office(tmp_path, templates=(STAFF, CUSTOMERS))
    office.save("r1", {"name": "金凤祥"})
    office.checkpoint()

    def blank(sheet: object) -> None:
        for cell in sheet[1]:  # type: ignore[index]
            cell.value = None

    office.edit(blank)
    office.save("r1", {"note": "等着"})
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.backend.checkpoint()
    assert "S068" in {finding.code for finding in office.state.findings()}
    assert office.values("r1")["status"] == LIVE
    assert openpyxl.load_workbook(office.workbook)["人员"]["A2"].value == "S001"
    office.close()
