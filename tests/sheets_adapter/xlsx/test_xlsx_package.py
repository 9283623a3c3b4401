"""The zip package: untouched members are copied, unreadable files are refused with a code that says why."""

from __future__ import annotations

import io
import struct
import sys
import zipfile

import pytest

from sheets_adapter.xlsx.errors import UnreadableWorkbook
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.workbook import Workbook
from tests.sheets_adapter.xlsx.samples import (
    NASTY,
    PACKAGE,
    RELATIONS,
    parts_of,
    raw_workbook,
    relations,
    text_row,
    worksheet,
    zipped,
)


def raw_members(data: bytes) -> dict[str, tuple[bytes, tuple[int, ...], int]]:
    """name → (compressed bytes, date, external attributes), cut out of the file by hand."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
            start = info.header_offset + 30 + name_length + extra_length
            found[info.filename] = (data[start : start + info.compress_size], info.date_time, info.external_attr)
    return found


def test_untouched_members_keep_compressed_bytes_order_dates_and_attributes() -> None:
    package = Package.read(NASTY)
    package.replace("xl/workbook.xml", package.part("xl/workbook.xml") + b"\n")
    before, after = raw_members(NASTY), raw_members(package.to_bytes())
    assert list(after) == list(before)
    assert {name for name in before if before[name] != after[name]} == {"xl/workbook.xml"}
    assert after["xl/workbook.xml"][1:] == before["xl/workbook.xml"][1:]


def test_a_replacement_by_the_same_bytes_is_no_change() -> None:
    package = Package.read(NASTY)
    package.replace("xl/styles.xml", package.part("xl/styles.xml"))
    assert package.changed == frozenset()


def test_members_written_as_a_stream_are_copied_without_their_data_descriptor() -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts_of(NASTY).items():
            archive.writestr(name, content)
    data = stream.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].flag_bits & 8
    package = Package.read(data)
    package.replace("xl/styles.xml", b"<a/>")
    with zipfile.ZipFile(io.BytesIO(package.to_bytes())) as archive:
        assert not archive.infolist()[0].flag_bits & 8
    assert parts_of(package.to_bytes()) == parts_of(NASTY) | {"xl/styles.xml": b"<a/>"}


def test_small_members_written_with_64_bit_sizes_are_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts_of(NASTY).items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    package = Package.read(stream.getvalue())
    package.replace("xl/styles.xml", b"<a/>")
    assert parts_of(package.to_bytes()) == parts_of(NASTY) | {"xl/styles.xml": b"<a/>"}


def test_an_added_part_has_a_content_type() -> None:
    package = Package.read(NASTY)
    package.add("xl/worksheets/sheet9.xml", b"<a/>", "application/x")
    parts = parts_of(package.to_bytes())
    assert parts["xl/worksheets/sheet9.xml"] == b"<a/>"
    assert (
        b'<Override PartName="/xl/worksheets/sheet9.xml" ContentType="application/x"/></Types>'
        in parts["[Content_Types].xml"]
    )


def test_part_names_match_in_either_case() -> None:
    assert Package.read(NASTY).part("XL/Workbook.xml") == parts_of(NASTY)["xl/workbook.xml"]


def test_without_isal_the_standard_library_deflates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    package = Package.read(NASTY)
    package.replace("xl/styles.xml", b"<styles/>" * 1000)
    assert parts_of(package.to_bytes())["xl/styles.xml"] == b"<styles/>" * 1000


def test_a_changed_part_has_a_new_checksum_and_others_keep_theirs() -> None:
    package = Package.read(NASTY)
    old = package.crc("xl/styles.xml"), package.crc("xl/workbook.xml")
    package.replace("xl/styles.xml", b"<a/>")
    assert package.crc("xl/styles.xml") != old[0]
    assert package.crc("xl/workbook.xml") == old[1]
    assert package.crc("xl/none.xml") == 0


SIMPLE = raw_workbook(worksheet(text_row(1, ["编号"])))
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)


def without(name: str) -> bytes:
    return zipped({part: content for part, content in parts_of(SIMPLE).items() if part != name})


def replaced(name: str, old: bytes, new: bytes) -> bytes:
    parts = parts_of(SIMPLE)
    assert old in parts[name]
    return zipped(parts | {name: parts[name].replace(old, new)})


def damaged_member() -> bytes:
    with zipfile.ZipFile(io.BytesIO(SIMPLE)) as archive:
        info = archive.getinfo("xl/workbook.xml")
    middle = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    return SIMPLE[:middle] + bytes([SIMPLE[middle] ^ 0xFF]) + SIMPLE[middle + 1 :]


def doubled_member() -> bytes:
    stream = io.BytesIO(SIMPLE)
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", "<a/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "S020", id="empty file"),
        pytest.param("编号,姓名\n1,张三\n".encode(), "S020", id="text file"),
        pytest.param(SIMPLE[: len(SIMPLE) // 2], "S020", id="cut short"),
        pytest.param(OLE + "EncryptedPackage".encode("utf-16-le"), "S021", id="password"),
        pytest.param(OLE, "S022", id="old .xls"),
        pytest.param(replaced("_rels/.rels", RELATIONS.encode(),
                              b"http://purl.oclc.org/ooxml/officeDocument/relationships"),
                     "S023", id="strict"),
        pytest.param(zipped({"_rels/.rels": relations([])}), "S025", id="no workbook"),
        pytest.param(without("xl/workbook.xml"), "S025", id="workbook part missing"),
        pytest.param(zipped({"_rels/.rels": relations([("officeDocument", "word/document.xml")]),
                             "word/document.xml": "<document/>"}), "S026", id="a Word file"),
        pytest.param(zipped({"_rels/.rels": relations([("officeDocument", "xl/workbook.bin")]),
                             "xl/workbook.bin": "x"}), "S026", id="binary workbook"),
        pytest.param(damaged_member(), "S027", id="damaged part"),
        pytest.param(replaced("xl/workbook.xml", b"</workbook>", b""), "S027", id="malformed XML"),
        pytest.param(replaced("xl/workbook.xml", b"<workbook", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook'), "S027",
                     id="document type"),
    ],
)  # fmt: skip
def test_an_unreadable_file_is_refused_with_its_cause(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableWorkbook) as caught:
        Workbook.open(data)
    assert caught.value.code == code


def test_a_member_that_is_there_twice_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook) as caught:
        Package.read(doubled_member())
    assert caught.value.code == "S020"


def claiming(data: bytes, name: str, size: int) -> bytes:
    """The archive with another uncompressed size for one member in its directory."""
    patched = bytearray(data)
    central = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
    struct.pack_into("<L", patched, central + 24, size)
    return bytes(patched)


@pytest.mark.parametrize("size", [pytest.param(101 << 20, id="too dense"), pytest.param(1 << 31, id="over 1 GB")])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(size: int) -> None:
    with pytest.raises(UnreadableWorkbook) as caught:
        Package.read(claiming(SIMPLE, "xl/workbook.xml", size))
    assert caught.value.code == "S024"


def test_a_member_longer_than_it_says_is_damaged() -> None:
    data = claiming(SIMPLE, "xl/workbook.xml", 40)
    with pytest.raises(UnreadableWorkbook) as caught:
        Package.read(data).part("xl/workbook.xml")
    assert caught.value.code == "S027"


def test_content_types_with_a_prefix_get_a_prefixed_entry() -> None:
    types = f'<t:Types xmlns:t="{PACKAGE}/content-types"></t:Types>'
    package = Package.read(zipped({"[Content_Types].xml": types}))
    package.add("a.xml", b"<a/>", "text/x")
    assert package.part("[Content_Types].xml").endswith(
        b'<t:Override PartName="/a.xml" ContentType="text/x"/></t:Types>'
    )
