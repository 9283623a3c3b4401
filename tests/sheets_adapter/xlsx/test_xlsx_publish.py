"""Publishing: the workbook is replaced whole and checked, or it stays exactly as it was."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sheets_adapter.xlsx import PublishFailed, SheetEdit, SignatureChanged, Workbook
from sheets_adapter.xlsx.owner_files import owner_files
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.publish import Signature, backup_daily, publish, remove_leftovers, signature
from tests.sheets_adapter.xlsx.samples import NASTY, by_calamine, parts_of, raw_workbook, text_row, worksheet, zipped

OLD = raw_workbook(worksheet(text_row(1, ["编号"])))


def with_record(data: bytes, text: str = "x") -> bytes:
    workbook = Workbook.open(data)
    workbook.edit("登记", SheetEdit(1, appends=[{0: text}]))
    return workbook.to_bytes()


NEW = with_record(OLD)


def accept(_: Package) -> None:
    """A verification that finds nothing wrong."""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "登记.xlsx"
    path.write_bytes(OLD)
    return path


def require_untouched(book: Path) -> None:
    assert book.read_bytes() == OLD
    assert [one.name for one in book.parent.iterdir()] == [book.name]


def test_a_published_workbook_replaces_the_old_one_and_its_signature_is_answered(book: Path) -> None:
    answered = publish(book, NEW, expected=signature(book), verify=accept)
    assert book.read_bytes() == NEW
    assert answered == signature(book)
    assert [one.name for one in book.parent.iterdir()] == [book.name]


def test_a_first_workbook_is_published_where_none_is(tmp_path: Path) -> None:
    path = tmp_path / "新.xlsx"
    publish(path, NEW, expected=None, verify=accept)
    assert path.read_bytes() == NEW


def test_the_bytes_on_disk_are_what_is_verified(book: Path) -> None:
    seen: list[Package] = []
    publish(book, NEW, expected=signature(book), verify=seen.append)
    assert [package.to_bytes() for package in seen] == [Package.read(NEW).to_bytes()]


def test_a_signature_survives_being_written_down(book: Path) -> None:
    found = signature(book)
    assert found is not None
    assert Signature.parse(str(found)) == found
    assert signature(book.with_name("none.xlsx")) is None


class TestNothingIsReplaced:
    def test_when_somebody_saved_meanwhile(self, book: Path) -> None:
        before = signature(book)
        theirs = with_record(OLD, "他人")
        book.write_bytes(theirs)
        with pytest.raises(SignatureChanged) as caught:
            publish(book, NEW, expected=before, verify=accept)
        assert caught.value.code == "S055"
        assert book.read_bytes() == theirs
        assert len(list(book.parent.iterdir())) == 1

    def test_when_somebody_saves_while_it_is_verified(self, book: Path) -> None:
        theirs = with_record(OLD, "他人")

        def save(_: Package) -> None:
            book.write_bytes(theirs)

        with pytest.raises(SignatureChanged):
            publish(book, NEW, expected=signature(book), verify=save)
        assert book.read_bytes() == theirs

    def test_when_the_file_was_deleted(self, book: Path) -> None:
        before = signature(book)
        book.unlink()
        with pytest.raises(SignatureChanged):
            publish(book, NEW, expected=before, verify=accept)
        assert not book.exists()

    def test_when_a_file_appeared_where_none_was(self, book: Path) -> None:
        with pytest.raises(SignatureChanged):
            publish(book, NEW, expected=None, verify=accept)
        require_untouched(book)

    def test_when_verification_finds_something(self, book: Path) -> None:
        def reject(_: Package) -> None:
            raise LookupError("row 2 is missing")

        with pytest.raises(LookupError):
            publish(book, NEW, expected=signature(book), verify=reject)
        require_untouched(book)

    def test_when_excel_would_offer_a_repair(self, book: Path) -> None:
        parts = parts_of(NEW)
        parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b'r="A2"', b'r="A9"')
        with pytest.raises(PublishFailed) as caught:
            publish(book, zipped(parts), expected=signature(book), verify=accept)
        assert (caught.value.code, caught.value.params["rule"]) == ("S054", "cell address")
        require_untouched(book)

    @pytest.mark.parametrize(
        ("call", "number", "code"),
        [
            pytest.param("fsync", errno.ENOSPC, "S050", id="disk full at fsync"),
            pytest.param("fsync", errno.EDQUOT, "S050", id="over quota"),
            pytest.param("fsync", errno.EIO, "S056", id="disk error"),
        ],
    )
    def test_when_the_disk_fails(
        self, book: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, code: str
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        before = signature(book)
        monkeypatch.setattr(os, call, fail)
        with pytest.raises(PublishFailed) as caught:
            publish(book, NEW, expected=before, verify=accept)
        assert caught.value.code == code
        require_untouched(book)

    @pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
    def test_when_the_folder_is_read_only(self, book: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        def refuse(self: Path, mode: str = "r", *_: object) -> None:
            raise OSError(number, os.strerror(number), str(self))

        before = signature(book)
        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(PublishFailed) as caught:
            publish(book, NEW, expected=before, verify=accept)
        monkeypatch.undo()
        assert caught.value.code == "S051"
        require_untouched(book)

    def test_when_a_folder_stands_in_its_place(self, tmp_path: Path) -> None:
        path = tmp_path / "登记.xlsx"
        path.mkdir()
        with pytest.raises(PublishFailed) as caught:
            publish(path, NEW, expected=None, verify=accept)
        assert caught.value.code == "S053"
        assert list(tmp_path.iterdir()) == [path]

    def test_when_its_folder_is_gone(self, tmp_path: Path) -> None:
        with pytest.raises(PublishFailed) as caught:
            publish(tmp_path / "没有" / "登记.xlsx", NEW, expected=None, verify=accept)
        assert caught.value.code == "S053"


class TestWindowsSharing:
    """Windows refuses to replace an open file with these codes; virus scanners cause them for milliseconds."""

    def holding(self, times: int, winerror: int) -> Callable[[Path, Path], Path]:
        replace = Path.replace
        left = [times]

        def held(self: Path, target: Path) -> Path:
            if left[0]:
                left[0] -= 1
                error = PermissionError(errno.EACCES, "in use")
                error.winerror = winerror  # type: ignore[attr-defined]
                raise error
            return replace(self, target)

        return held

    @pytest.mark.parametrize("winerror", [5, 32, 33])
    def test_a_file_held_for_a_moment_is_tried_again(
        self, book: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(Path, "replace", self.holding(3, winerror))
        publish(book, NEW, expected=signature(book), verify=accept, sleep=pauses.append)
        assert pauses == [0.05, 0.1, 0.2]
        assert book.read_bytes() == NEW

    def test_a_file_held_on_is_given_up_after_two_and_a_half_seconds(
        self, book: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(Path, "replace", self.holding(99, 32))
        with pytest.raises(PublishFailed) as caught:
            publish(book, NEW, expected=signature(book), verify=accept, sleep=pauses.append)
        assert caught.value.code == "S052"
        assert 2 < sum(pauses) < 3
        require_untouched(book)

    def test_a_save_during_the_wait_is_noticed(self, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        theirs = with_record(OLD, "他人")

        def save(_: float) -> None:
            book.write_bytes(theirs)

        monkeypatch.setattr(Path, "replace", self.holding(99, 32))
        with pytest.raises(SignatureChanged):
            publish(book, NEW, expected=signature(book), verify=accept, sleep=save)
        assert book.read_bytes() == theirs


def test_problems_the_old_file_has_already_do_not_stop_a_publication(tmp_path: Path) -> None:
    table_less = '<tableParts count="7"><tablePart r:id="rId99"/></tableParts>'
    old = raw_workbook(worksheet(text_row(1, ["编号"]), after=table_less))
    path = tmp_path / "登记.xlsx"
    path.write_bytes(old)
    publish(path, with_record(old), expected=signature(path), verify=accept)
    assert by_calamine(path.read_bytes(), "登记") == [["编号"], ["x"]]


def test_mode_and_owner_are_kept(book: Path) -> None:
    book.chmod(0o640)
    before = book.stat()
    publish(book, NEW, expected=signature(book), verify=accept)
    after = book.stat()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_an_owner_that_may_not_be_set_is_no_reason_to_fail(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not the owner")

    monkeypatch.setattr(os, "chown", refuse)
    publish(book, NEW, expected=signature(book), verify=accept)
    assert book.read_bytes() == NEW


def test_a_link_to_the_workbook_stays_a_link(book: Path, tmp_path: Path) -> None:
    link = tmp_path / "快捷方式.xlsx"
    link.symlink_to(book)
    publish(link, NEW, expected=signature(book), verify=accept)
    assert link.is_symlink()
    assert book.read_bytes() == NEW


def test_leftovers_of_an_interrupted_publication_are_removed_and_others_stay(book: Path) -> None:
    ours, others = book.with_name(".portal-登记.xlsx-0badcafe.tmp"), book.with_name(".portal-别的.xlsx-0badcafe.tmp")
    for path in (ours, others):
        path.write_bytes(b"half")
    remove_leftovers(book)
    assert not ours.exists()
    assert others.exists()


class TestBackups:
    def test_one_copy_a_day_is_kept_and_the_oldest_go(self, book: Path, tmp_path: Path) -> None:
        folder = tmp_path / "备份"
        for day in range(1, 18):
            assert backup_daily(book, folder, date(2026, 11, day), keep=14) == folder / f"登记 2026-11-{day:02d}.xlsx"
        assert backup_daily(book, folder, date(2026, 11, 17)) is None
        kept = sorted(one.name for one in folder.iterdir())
        assert kept == [f"登记 2026-11-{day:02d}.xlsx" for day in range(4, 18)]

    def test_a_copy_stays_as_it_was_when_the_workbook_is_saved_in_place(self, book: Path, tmp_path: Path) -> None:
        copy = backup_daily(book, tmp_path / "备份", date(2026, 11, 1))
        with book.open("r+b") as file:
            file.write(b"overwritten")
        assert copy is not None
        assert copy.read_bytes() == OLD

    def test_copies_of_other_workbooks_are_left_alone(self, book: Path, tmp_path: Path) -> None:
        folder = tmp_path / "备份"
        folder.mkdir()
        for name in ("登记 说明.xlsx", "登记二 2020-01-01.xlsx", "登记 2020-01-01.txt"):
            (folder / name).write_bytes(b"x")
        backup_daily(book, folder, date(2026, 11, 1), keep=1)
        assert len(list(folder.iterdir())) == 4

    def test_without_a_workbook_there_is_nothing_to_copy(self, tmp_path: Path) -> None:
        assert backup_daily(tmp_path / "none.xlsx", tmp_path / "备份", date(2026, 11, 1)) is None


class TestOwnerFiles:
    def test_nobody_has_it_open(self, book: Path) -> None:
        assert owner_files(book) == []

    def test_excel_names_its_user(self, book: Path) -> None:
        ansi, wide = "张三".encode("gb18030"), "张三".encode("utf-16-le")
        content = bytes([len(ansi)]) + ansi.ljust(53, b" ") + bytes([2, 0]) + wide.ljust(109, b"\0")
        book.with_name("~$登记.xlsx").write_bytes(content)
        (owner,) = owner_files(book)
        assert (owner.program, owner.user, owner.path.name) == ("excel", "张三", "~$登记.xlsx")
        assert owner.modified == owner.path.stat().st_mtime

    def test_an_old_owner_file_holds_only_the_code_page_name(self, book: Path) -> None:
        book.with_name("~$登记.xlsx").write_bytes(b"\x04Anna" + b" " * 49)
        assert [one.user for one in owner_files(book)] == ["Anna"]

    def test_libreoffice_names_its_user_or_his_login(self, book: Path) -> None:
        lock = book.with_name(".~lock.登记.xlsx#")
        lock.write_text("李四,lisi,PC-7,21.11.2026 10:00,file:///home/lisi/.config;", encoding="utf-8")
        assert [(one.program, one.user) for one in owner_files(book)] == [("libreoffice", "李四")]
        lock.write_text(",lisi,PC-7,21.11.2026 10:00,file:///x;", encoding="utf-8")
        assert [one.user for one in owner_files(book)] == ["lisi"]

    def test_wps_and_an_empty_or_odd_file_are_reported_without_a_user(self, book: Path) -> None:
        book.with_name(".~登记.xlsx").write_bytes(b"")
        book.with_name("~$登记.xlsx").write_bytes(b"\x09\x00\x01")
        assert [(one.program, one.user) for one in owner_files(book)] == [("excel", ""), ("wps", "")]

    def test_owner_files_of_other_workbooks_do_not_count(self, book: Path) -> None:
        book.with_name("~$别的.xlsx").write_bytes(b"")
        assert owner_files(book) == []


def test_the_nasty_workbook_goes_through_whole(tmp_path: Path) -> None:
    path = tmp_path / "订单.xlsx"
    path.write_bytes(NASTY)
    workbook = Workbook.open(NASTY)
    result = workbook.edit("订单登记", SheetEdit(1, appends=[{0: "00099"}]))

    def verify(written: Package) -> None:
        assert Workbook(written).read_rows("订单登记", [result.first_appended_row])[62][0] == "00099"

    publish(path, workbook.to_bytes(), expected=signature(path), verify=verify, changed=workbook.changed_parts)
    assert by_calamine(path.read_bytes(), "订单登记")[61][0] == "00099"
