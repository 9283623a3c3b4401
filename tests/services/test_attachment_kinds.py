"""A file is what its content is; its name is only a name."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attachments import kind_of, safe_name


def zipped(*names: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in names:
            package.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n...", "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0..", "jpg"),
        (b"GIF89a..", "gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "webp"),
        (zipped("xl/workbook.xml"), "xlsx"),
        (zipped("word/document.xml"), "docx"),
        (zipped("ppt/presentation.xml"), "pptx"),
        (zipped("notes.txt"), "zip"),
        (zipped("xl/workbook.xml", "xl/vbaProject.bin"), None),
        ("客户,电话\n甲,1".encode("gb18030"), "csv"),
        ("会议纪要\n第一条".encode(), "txt"),
        ("会议纪要".encode("utf-16"), "txt"),
        (b"<!DOCTYPE html><p>", None),
        (b"\xef\xbb\xbf  <HTML>", None),
        (b"plain start <script>alert(1)</script>", None),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', None),
        (b"MZ\x90\x00\x03", None),
        (b"\x7fELF\x02\x01", None),
        (b"#!/bin/sh\nrm -rf /", None),
        (b"PK\x03\x04 not really a zip", None),
        (bytes(range(256)), None),
    ],
    ids=[
        "pdf", "png", "jpg", "gif", "webp", "xlsx", "docx", "pptx", "zip", "macros", "gb18030 csv", "utf-8 text",
        "utf-16 text", "html", "html behind a mark", "script inside", "svg", "windows program", "linux program",
        "shell script", "broken zip", "noise",
    ],
)  # fmt: skip
def test_the_content_decides_the_kind(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("报价单.pdf", "报价单.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\合同.docx", "合同.docx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\n.txt", "ab.txt"),
        ("..", "file"),
        ("", "file"),
        ("名" * 300 + ".xlsx", "名" * 115 + ".xlsx"),
    ],
    ids=["plain", "climbing", "windows path", "direction trick", "control characters", "dots", "empty", "long"],
)
def test_a_name_keeps_what_people_wrote_and_loses_what_is_not_a_name(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@given(st.text())
def test_no_name_can_leave_its_folder_or_grow_long(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe) <= 120
    assert not set(safe) & set('/\\<>:"|?*\n\r\0')
    assert safe not in {".", ".."}
