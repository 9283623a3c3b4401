"""Values in cells: what is written reads back the same in every program, or is refused."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_adapter.xlsx import CannotEdit, SheetEdit, Workbook, is_same_value
from sheets_adapter.xlsx.values import number_text, serial_of, text_xml, unescape_text
from tests.sheets_adapter.xlsx.samples import (
    by_calamine,
    by_openpyxl,
    parts_of,
    raw_workbook,
    text_row,
    wall,
    worksheet,
)

BLANK = raw_workbook(worksheet(text_row(1, ["值"])))
ID_18 = "110101199003074518"


def written(value: object) -> bytes:
    workbook = Workbook.open(BLANK)
    workbook.edit("登记", SheetEdit(header_row=1, appends=[{0: value}]))
    return workbook.to_bytes()


TABLE = [
    # value, read by calamine, read by openpyxl
    pytest.param("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0", id="formula as text"),
    pytest.param("+1-2", "+1-2", "+1-2", id="plus"),
    pytest.param("@SUM(A1)", "@SUM(A1)", "@SUM(A1)", id="at"),
    pytest.param("00123", "00123", "00123", id="leading zeros"),
    pytest.param(ID_18, ID_18, ID_18, id="18-digit id"),
    pytest.param("1e5", "1e5", "1e5", id="looks like a number"),
    pytest.param("NA", "NA", "NA", id="NA"),
    pytest.param("#N/A", "#N/A", "#N/A", id="error as text"),
    pytest.param("TRUE", "TRUE", "TRUE", id="TRUE as text"),
    pytest.param("  两侧空格  ", "  两侧空格  ", "  两侧空格  ", id="blanks at the ends"),
    pytest.param("a\nb", "a\nb", "a\nb", id="line break"),
    pytest.param("a\r\nb\rc", "a\nb\nc", "a\nb\nc", id="line ends become \\n"),
    pytest.param("😀𠮷👨‍👩‍👧", "😀𠮷👨‍👩‍👧", "😀𠮷👨‍👩‍👧", id="beyond 16 bits"),
    pytest.param("<a & b> \"c\" 'd' ]]>", "<a & b> \"c\" 'd' ]]>", "<a & b> \"c\" 'd' ]]>", id="markup"),
    pytest.param("长" * 32_767, "长" * 32_767, "长" * 32_767, id="longest text"),
    pytest.param(Decimal("0.1"), 0.1, 0.1, id="decimal"),
    pytest.param(Decimal("1234567890123.45"), 1234567890123.45, 1234567890123.45, id="15 digits"),
    pytest.param(Decimal("-0.00"), 0.0, 0, id="minus nothing"),
    pytest.param(Decimal("1E+3"), 1000.0, 1000, id="exponent"),
    pytest.param(0.1 + 0.2, 0.30000000000000004, 0.30000000000000004, id="float as it is"),
    pytest.param(42, 42.0, 42, id="integer"),
    pytest.param(True, True, True, id="true"),
    pytest.param(False, False, False, id="false"),
    pytest.param(date(2026, 11, 21), date(2026, 11, 21), wall(2026, 11, 21), id="date"),
    pytest.param(date(1900, 3, 1), date(1900, 3, 1), wall(1900, 3, 1), id="first safe date"),
    pytest.param(date(1900, 2, 28), "1900-02-28", "1900-02-28", id="date before the calendar as text"),
    pytest.param(date(9999, 12, 31), date(9999, 12, 31), wall(9999, 12, 31), id="last date"),
    pytest.param(wall(2026, 11, 21, 23, 59, 59), wall(2026, 11, 21, 23, 59, 59),
                 wall(2026, 11, 21, 23, 59, 59), id="last second"),
    pytest.param(wall(2026, 11, 21, 10, 0, 0, 400_000), wall(2026, 11, 21, 10), wall(2026, 11, 21, 10),
                 id="whole seconds"),
    pytest.param(wall(2026, 11, 21, 10, 0).replace(tzinfo=timezone(timedelta(hours=8))), wall(2026, 11, 21, 10),
                 wall(2026, 11, 21, 10), id="wall time of an aware moment"),
    pytest.param(time(10, 30), time(10, 30), time(10, 30), id="time"),
    pytest.param(timedelta(hours=30), timedelta(hours=30), timedelta(hours=30), id="duration"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "calamine", "openpyxl"), TABLE)
def test_a_written_value_reads_back_the_same_everywhere(value: object, calamine: object, openpyxl: object) -> None:
    data = written(value)
    assert by_calamine(data, "登记")[1][0] == calamine
    cell = by_openpyxl(data)["登记"]["A2"]
    assert cell.value == openpyxl
    assert cell.data_type != "f"
    own = Workbook.open(data).read_rows("登记", [2])[2][0]
    assert own == calamine
    assert type(own) is type(calamine)
    assert is_same_value(value, own)


def test_escapes_of_excel_survive_as_text() -> None:
    # openpyxl does not understand the escapes in inline strings, so Excel's reading is checked through calamine.
    assert by_calamine(written("_x0041_"), "登记")[1][0] == "_x0041_"
    assert by_calamine(written("a\x01b\x0bc"), "登记")[1][0] == "a\x01b\x0bc"
    assert b"_x005F_x0041_" in parts_of(written("_x0041_"))["xl/worksheets/sheet1.xml"]


def test_text_is_marked_to_keep_its_blanks() -> None:
    assert b'<is><t xml:space="preserve"> x </t></is>' in parts_of(written(" x "))["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize(
    ("value", "code", "named"),
    [
        pytest.param("长" * 32_768, "S034", "32768", id="too long"),
        pytest.param("😀" * 16_384, "S034", "32768", id="too long in UTF-16"),
        pytest.param(float("nan"), "S035", "nan", id="nan"),
        pytest.param(float("inf"), "S035", "inf", id="infinity"),
        pytest.param(Decimal("NaN"), "S035", "NaN", id="decimal nan"),
        pytest.param(Decimal("99999999999999.999"), "S035", "99999999999999.999", id="17 digits"),
        pytest.param(1234567890123456, "S035", "1234567890123456", id="16-digit integer"),
        pytest.param("半个\ud83d", "S036", "登记!A2", id="lone surrogate"),
    ],
)
def test_a_value_no_cell_can_hold_is_refused_by_name(value: object, code: str, named: str) -> None:
    with pytest.raises(CannotEdit) as caught:
        written(value)
    assert caught.value.code == code
    assert caught.value.params["cell"] == "登记!A2"
    assert named in caught.value.params.values()


def test_a_million_cents_survive_a_cell() -> None:
    for cents in range(0, 100_000_000_00, 98_765_431):
        amount = Decimal(cents) / 100
        assert Decimal(repr(float(number_text(amount, "A1")))).quantize(Decimal("0.01")) == amount


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_text_survives_escaping(text: str) -> None:
    shown = unescape_text(text_xml(text, "A1").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert shown == text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.datetimes(wall(1904, 1, 2), wall(9999, 12, 31, 23, 59, 59)), st.booleans())
def test_moments_survive_their_serial_numbers(moment: datetime, date1904: bool) -> None:
    moment = moment.replace(microsecond=0)
    serial = serial_of(moment, date1904)
    assert serial is not None
    epoch = wall(1904, 1, 1) if date1904 else wall(1899, 12, 30)
    assert epoch + timedelta(seconds=round(float(serial) * 86_400)) == moment


@pytest.mark.parametrize(
    ("written_value", "read", "same"),
    [
        (None, "", True), ("", None, True), ("", 0.0, False), (2, 2.0, True), (Decimal("2.50"), 2.5, True),
        (Decimal("2.5"), "2.5", False), (True, True, True), (True, 1.0, False), (1, True, False),
        (date(2026, 1, 2), date(2026, 1, 2), True), (wall(2026, 1, 2), date(2026, 1, 2), True),
        (date(2026, 1, 2), 46024.0, False), (date(1899, 1, 1), "1899-01-01", True), ("a\r\nb", "a\nb", True),
        ("a", "b", False), (time(1, 2, 3), time(1, 2, 3), True),
    ],
)  # fmt: skip
def test_two_values_are_the_same_when_a_cell_cannot_tell_them_apart(
    written_value: object, read: object, same: bool
) -> None:
    assert is_same_value(written_value, read) is same


def shown_by_calamine(workbook: Path) -> list[str]:
    texts = [row[0] for row in by_calamine(workbook.read_bytes(), "登记")]
    return ["TRUE" if text is True else f"{text:g}" if isinstance(text, float) else str(text) for text in texts]


def shown_by_libreoffice(workbook: Path) -> list[str]:
    folder = workbook.parent
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to",
               "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", str(folder), str(workbook)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with workbook.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return [row[0] for row in csv.reader(file)]


PROGRAMS = [shown_by_calamine, *([shown_by_libreoffice] if shutil.which("soffice") else [])]
"""LibreOffice is asked where it is installed; it is too large to demand for running the tests."""


@pytest.mark.parametrize("shown_by", PROGRAMS)
def test_people_see_what_was_written(shown_by: Callable[[Path], list[str]], tmp_path: Path) -> None:
    workbook = Workbook.open(BLANK)
    values: list[dict[int, object]] = [
        {0: "=1+1"}, {0: ID_18}, {0: "00123"}, {0: date(2026, 11, 21)}, {0: Decimal("1234.5")}, {0: "a, \"b\"\nc"},
        {0: True}, {0: "  x"},
    ]  # fmt: skip
    workbook.edit("登记", SheetEdit(1, appends=values, formats={0: "text"}))
    file = tmp_path / "值.xlsx"
    file.write_bytes(workbook.to_bytes())
    assert shown_by(file) == ["值", "=1+1", ID_18, "00123", "2026-11-21", "1234.5", 'a, "b"\nc', "TRUE", "  x"]
