"""Attachments: kept once under their hash, handed out only with the record they belong to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from schemas.finding import Finding
from schemas.record import Actor, Saved, Submission
from services.app import App
from services.attachments import Attachment, Attachments, File

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n..."
REP = Actor("x", "S009", "李娜", frozenset({"sales_rep"}))


@pytest.fixture
def app(customer_forms, open_portal) -> App:
    portal: App = open_portal()
    return portal


@pytest.fixture
def agreement(portal, admin) -> tuple[Attachment, str]:
    """A confidentiality agreement attached to a staff record, and the record's id."""
    kept = portal.attachments.keep("保密协议.pdf", PDF)
    assert isinstance(kept, Attachment)
    values = {
        "staff_id": "S002", "staff_name": "李娜", "dept": "大客户部", "role": "销售顾问", "employment": "全职",
        "staff_state": "正式", "joined_on": "2024-03-01", "nda_file": [kept.text],
    }  # fmt: skip
    saved = portal.repository.submit(Submission("staff", "key-1", values), admin)
    assert isinstance(saved, Saved)
    return kept, saved.record_id


def files(portal: App) -> list[Path]:
    return sorted((portal.config.state_dir / "files").iterdir())


def test_a_file_is_kept_once_under_its_hash_whatever_its_names(portal) -> None:
    first = portal.attachments.keep("a.pdf", PDF)
    second = portal.attachments.keep("../../b.pdf", PDF)
    assert isinstance(first, Attachment)
    assert isinstance(second, Attachment)
    assert (first.sha256, first.media_type, first.size) == (second.sha256, "application/pdf", len(PDF))
    assert (first.name, second.name) == ("a.pdf", "b.pdf")
    assert [path.name for path in files(portal)] == [first.sha256]


def test_a_file_is_handed_out_with_the_record_it_belongs_to(portal, admin, agreement) -> None:
    kept, record_id = agreement
    read = portal.attachments.read("staff", record_id, "nda_file", kept.sha256, admin)
    assert read == File("保密协议.pdf", "application/pdf", PDF)


@pytest.mark.parametrize("why", ["not his record", "another field", "another record", "another hash", "a path"])
def test_whatever_does_not_belong_together_looks_like_nothing(portal, admin, agreement, why) -> None:
    kept, record_id = agreement
    asked = {
        "not his record": ("staff", record_id, "nda_file", kept.sha256, REP),
        "another field": ("staff", record_id, "area_name", kept.sha256, admin),
        "another record": ("staff", "00000000", "nda_file", kept.sha256, admin),
        "another hash": ("staff", record_id, "nda_file", "0" * 64, admin),
        "a path": ("staff", record_id, "nda_file", "../portal.private", admin),
    }[why]
    refused = portal.attachments.read(*asked)
    assert isinstance(refused, Finding)
    assert refused.code == "F005"


def test_a_file_gone_from_the_folder_is_named(portal, admin, agreement) -> None:
    kept, record_id = agreement
    files(portal)[0].unlink()
    refused = portal.attachments.read("staff", record_id, "nda_file", kept.sha256, admin)
    assert isinstance(refused, Finding)
    assert (refused.code, refused.params["name"]) == ("F006", "保密协议.pdf")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.pdf", b"", "F001"),
        ("big.pdf", b"%PDF-1.7" + bytes(10 * 1024 * 1024), "F002"),
        ("page.pdf", b"<html><script>alert(1)</script>", "F003"),
        ("setup.exe", b"MZ\x90\x00" + bytes(100), "F003"),
    ],
    ids=["empty", "over 10 MB", "html called pdf", "a program"],
)
def test_what_is_not_taken_says_why_and_leaves_nothing_behind(portal, name, data, code) -> None:
    refused = portal.attachments.keep(name, data)
    assert isinstance(refused, Finding)
    assert (refused.code, refused.params["name"]) == (code, name)
    assert not (portal.config.state_dir / "files").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("photo.jpeg", "photo.jpeg"), ("photo", "photo.jpg"), ("photo.pdf", "photo.pdf.jpg"), ("PHOTO.JPG", "PHOTO.JPG")],
)
def test_a_name_ends_as_the_content_says(portal, name, expected) -> None:
    kept = portal.attachments.keep(name, b"\xff\xd8\xff\xe0 picture")
    assert isinstance(kept, Attachment)
    assert kept.name == expected


def test_a_demo_takes_no_files_because_it_would_lose_them(tmp_path, new_id) -> None:
    demo = Attachments(tmp_path / "files", lambda: pytest.fail("no record is read"), new_id=new_id, enabled=False)
    refused = demo.keep("a.pdf", PDF)
    assert isinstance(refused, Finding)
    assert refused.code == "F004"
    assert not (tmp_path / "files").exists()


def test_a_half_written_file_of_a_crash_is_written_again(portal) -> None:
    kept = portal.attachments.keep("a.pdf", PDF)
    files(portal)[0].write_bytes(PDF[:5])
    assert portal.attachments.keep("a.pdf", PDF) == kept
    assert files(portal)[0].read_bytes() == PDF


def test_the_value_of_the_field_is_hash_and_name(portal) -> None:
    kept = portal.attachments.keep("合同 终稿.pdf", PDF)
    assert isinstance(kept, Attachment)
    assert kept.text == f"{kept.sha256} 合同 终稿.pdf"
    assert replace(kept, name="x").text.endswith(" x")
