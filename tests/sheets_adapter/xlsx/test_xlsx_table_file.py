"""Downloads as workbooks: what is read back is what was written, in Excel's terms and without a single formula."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from hypothesis import example, given
from hypothesis import strategies as st

from sheets_adapter.xlsx import CannotEdit, ColumnDesign, SheetDesign, Workbook
from sheets_adapter.xlsx.column_cells import is_number
from sheets_adapter.xlsx.lint import find_package_problems
from sheets_adapter.xlsx.table_file import Table, sheet_title, write_tables
from tests.sheets_adapter.xlsx.samples import wall

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n"), min_size=1, max_size=40)
ODD = [
    "=1+1",
    "+86",
    "-1",
    "@SUM(A1)",
    "_x000D_",
    "_x0041_",
    "😀👨‍👩‍👧",
    "a&b<c>\"d'",
    " 前后 ",
    "\n",
    "]]>",
    "00123",
    "1e5",
    "#N/A",
    "true",
]


def made(*columns: tuple[ColumnDesign, Sequence[str | None]], **design: object) -> bytes:
    """A workbook of one sheet, all rows in one block."""
    sheet = SheetDesign("表", tuple(one for one, _ in columns), **design)  # type: ignore[arg-type]
    return write_tables([Table(sheet, [[texts for _, texts in columns]])])


def cells(data: bytes, sheet: str = "表") -> list[list[object]]:
    """Rows below the header, as python-calamine reads them."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)[1:]


@pytest.mark.parametrize(
    ("cell_format", "text", "value", "code"),
    [
        ("text", "00123", "00123", "@"),
        ("general", "备注", "备注", "General"),
        ("integer", "-12", -12, "0"),
        ("decimal", "0.125", 0.125, "General"),
        ("money", "-1234.50", -1234.5, '"¥"#,##0.00;[Red]\\-"¥"#,##0.00'),
        ("percent", "0.253", 0.253, "0.00%"),
        ("date", "2026-11-21", wall(2026, 11, 21), "yyyy-mm-dd"),
        ("datetime", "2026-11-21 10:20:07", wall(2026, 11, 21, 10, 20, 7), "yyyy-mm-dd hh:mm"),
        ("datetime", "2026-11-21 00:00:00", wall(2026, 11, 21), "yyyy-mm-dd hh:mm"),
        ("month", "2026-07", wall(2026, 7, 1), "yyyy-mm"),
    ],
)
def test_a_canonical_text_becomes_a_cell_of_its_type(cell_format, text, value, code) -> None:
    cell = openpyxl.load_workbook(io.BytesIO(made((ColumnDesign("列", cell_format), [text]))))["表"]["A2"]
    assert (cell.value, cell.number_format) == (value, code)


@pytest.mark.parametrize(
    ("cell_format", "text"),
    [
        ("money", "12.345.6"),
        ("money", "****"),
        ("integer", "007"),
        ("integer", "1234567890123456"),
        ("decimal", "1e5"),
        ("decimal", "NaN"),
        ("decimal", "-"),
        ("date", "2026-02-30"),
        ("date", "2026-11-21 10:00:00"),
        ("date", "明天"),
        ("date", "1899-12-31"),
        ("datetime", "2026-11-21 25:00"),
        ("datetime", "2026-11-21T10"),
        ("month", "2026-13"),
        ("month", "2026-07-01"),
    ],
)
def test_what_a_columns_format_cannot_hold_stays_text(cell_format, text) -> None:
    assert cells(made((ColumnDesign("列", cell_format), [text]))) == [[text]]


@pytest.mark.parametrize("text", ["0", "-0.5", "123456789012345", "1234567890123.45", "0.00000000000001234", "-12"])
def test_numbers_of_fifteen_significant_digits_are_numbers(text) -> None:
    assert is_number(text)


@pytest.mark.parametrize(
    "text", ["1234567890123456", "12345678901234.56", "01", "1.", ".5", "--1", "+1", "1_000", "１", ""]
)
def test_other_texts_are_no_numbers(text) -> None:
    assert not is_number(text)


@given(st.lists(TEXTS | st.sampled_from(ODD), min_size=1, max_size=8))
@example(ODD)
@example(["x" * 32_767])
@example(["😀" * 16_383 + "x"])
def test_every_text_is_read_back_as_it_was_written(texts) -> None:
    data = made((ColumnDesign("编号", "text"), texts), (ColumnDesign("备注"), [None, *texts[1:]]))
    rows = Workbook.open(data).read("表")
    assert [rows.value(row, 0) for row in range(2, len(texts) + 2)] == texts
    assert [rows.value(row, 1) for row in range(2, len(texts) + 2)] == ["", *texts[1:]]
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


@given(st.datetimes(min_value=wall(1900, 3, 1), max_value=wall(9999, 12, 31)).map(lambda at: at.replace(microsecond=0)))
def test_every_second_is_read_back(moment: datetime) -> None:
    (row,) = cells(made((ColumnDesign("时间", "datetime"), [moment.isoformat(" ")])))
    assert row[0] == (moment if moment.time().isoformat() != "00:00:00" else moment.date())


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
def test_every_decimal_is_read_back(number) -> None:
    assert cells(made((ColumnDesign("数", "decimal"), [format(number, "f")]))) == [[float(number)]]


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "a\rb"])
def test_control_characters_are_kept_in_excels_own_form(text) -> None:
    data = made((ColumnDesign("列"), [text, "其他"]))
    assert find_package_problems(data) == []
    assert Workbook.open(data).read("表").value(2, 0) == text.replace("\r", "\n")


@pytest.mark.parametrize(("text", "code"), [("x" * 32_768, "S034"), ("😀" * 16_384, "S034"), ("a\ud83d", "S036")])
def test_what_no_cell_holds_is_refused(text, code) -> None:
    with pytest.raises(CannotEdit) as refused:
        made((ColumnDesign("列"), [text]))
    assert refused.value.code == code


def test_rows_come_in_blocks_of_any_size_and_empty_cells_are_blank_in_their_columns_format() -> None:
    design = SheetDesign("表", (ColumnDesign("甲", "text"), ColumnDesign("乙", "integer")))
    blocks = [[["a", "b"], ["1", ""]], [[], []], [[None], ["3"]]]
    data = write_tables([Table(design, blocks)])
    assert cells(data) == [["a", 1], ["b", ""], ["", 3]]
    blank = openpyxl.load_workbook(io.BytesIO(data))["表"]["A4"]
    assert (blank.value, blank.number_format) == (None, "@")


def test_a_table_without_rows_is_a_sheet_with_its_header() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(made((ColumnDesign("甲"), []))))["表"]
    assert ([cell.value for cell in sheet[1]], sheet.max_row) == (["甲"], 1)


def test_the_header_stays_in_sight_with_a_filter_over_all_rows_and_widths() -> None:
    data = made((ColumnDesign("甲", width=30), ["a", "b"]), (ColumnDesign("乙"), ["c", "d"]), freeze_column=True)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["表"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("B2", "A1:B3", "$1:$1")
    assert sheet.column_dimensions["A"].width == 30
    assert (sheet["A1"].font.b, sheet["A2"].font.b) == (True, False)


def test_short_choices_are_a_drop_down_and_long_ones_are_not() -> None:
    short, long = ColumnDesign("短", choices=("是", "否")), ColumnDesign("长", choices=("很长的选项",) * 60)
    sheet = openpyxl.load_workbook(io.BytesIO(made((short, ["是"]), (long, ["x"]))))["表"]
    assert [(str(one.sqref), one.formula1) for one in sheet.data_validations.dataValidation] == [
        ("A2:A1048576", '"是,否"')
    ]


def test_several_tables_share_their_texts_and_are_asked_for_one_after_the_other() -> None:
    asked: list[str] = []

    def blocks(name: str):
        asked.append(name)
        yield [["共同", name]]

    designs = [SheetDesign(name, (ColumnDesign("甲"),)) for name in ("一", "二 B")]
    data = write_tables([Table(design, blocks(design.title)) for design in designs])
    assert asked == ["一", "二 B"]
    assert (cells(data, "一"), cells(data, "二 B")) == ([["共同"], ["一"]], [["共同"], ["二 B"]])
    assert zipfile.ZipFile(io.BytesIO(data)).read("xl/sharedStrings.xml").count("共同".encode()) == 1
    assert find_package_problems(data) == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("客户[重要]/全部", "客户 重要  全部"),
        ("'引号'", "引号"),
        ("", "Sheet"),
        ("长" * 40, "长" * 31),
        ("😀" * 20, "😀" * 15),
    ],
)
def test_any_text_makes_a_title_a_sheet_can_have(text, title) -> None:
    assert sheet_title(text) == title


def test_a_title_that_is_taken_gets_a_number() -> None:
    assert sheet_title("长" * 31, ["长" * 31]) == "长" * 29 + " 2"
    assert sheet_title("Orders", ["orders", "Orders 2"]) == "Orders 3"


def test_without_isal_the_file_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [(ColumnDesign("甲", "text"), [str(number) for number in range(5000)])]
    fast = cells(made(*columns))
    monkeypatch.setitem(sys.modules, "isal", None)
    assert cells(made(*columns)) == fast


def read_by_openpyxl(data: bytes, folder: Path) -> list[list[object]]:
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(data))["表"].iter_rows(values_only=True)]


def read_by_calamine(data: bytes, folder: Path) -> list[list[object]]:
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("表").to_python()


def read_by_libreoffice(data: bytes, folder: Path) -> list[list[object]]:
    """Opened and saved by LibreOffice, then read."""
    (folder / "out.xlsx").write_bytes(data)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to",
               "xlsx", "--outdir", str(folder / "saved"), str(folder / "out.xlsx")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return read_by_openpyxl((folder / "saved" / "out.xlsx").read_bytes(), folder)


PROGRAMS = [read_by_openpyxl, read_by_calamine, *([read_by_libreoffice] if shutil.which("soffice") else [])]


@pytest.mark.parametrize("read", PROGRAMS)
def test_other_programs_read_what_was_written(read, tmp_path: Path) -> None:
    data = made(
        (ColumnDesign("文字", "text"), [*ODD]),
        (ColumnDesign("日期", "date"), ["2026-11-21"] * len(ODD)),
        (ColumnDesign("金额", "money"), ["-1234.50"] * len(ODD)),
    )
    header, *rows = read(data, tmp_path)
    assert header == ["文字", "日期", "金额"]
    assert [row[0] for row in rows] == ODD
    assert {(str(day)[:10], amount) for _, day, amount in rows} == {("2026-11-21", -1234.5)}
