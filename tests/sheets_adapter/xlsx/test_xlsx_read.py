"""Reading: every value with its type and place, without letting a hostile file eat the memory."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from sheets_adapter.xlsx import CannotEdit, SheetEdit, UnreadableWorkbook, Workbook
from sheets_adapter.xlsx.styles import class_of_code
from tests.sheets_adapter.xlsx.samples import (
    NASTY,
    STYLES,
    by_calamine,
    parts_of,
    raw_workbook,
    text_row,
    wall,
    worksheet,
    zipped,
)


def read(rows: str, **options: str) -> list[list[object]]:
    return [list(row) for row in Workbook.open(raw_workbook(worksheet(rows), **options)).read("登记").rows]


def test_positions_count_from_a1_even_when_the_data_begins_further_down() -> None:
    rows = Workbook.open(raw_workbook(worksheet('<row r="3"><c r="C3"><v>5</v></c></row>'))).read("登记")
    assert (rows.first_row, rows.last_row) == (1, 3)
    assert rows.value(3, 2) == 5.0
    assert rows.value(1, 0) == rows.value(3, 99) == rows.value(99, 0) == ""


def test_an_empty_sheet_has_no_rows() -> None:
    rows = Workbook.open(raw_workbook(worksheet(""))).read("登记")
    assert (list(rows.rows), rows.last_row) == ([], 0)


def test_error_cells_are_read_as_people_see_them() -> None:
    cells = '<c r="A1" t="e"><v>#N/A</v></c><c r="B1"><v>1</v></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    last = '<row r="3"><c r="F3" t="e"><v>#REF!</v></c></row>'
    rows = read(f'<row r="1">{cells}</row>{last}')
    assert rows[0][:4] == ["#N/A", 1.0, "", "#DIV/0!"]
    assert rows[2][5] == "#REF!"


def test_formula_columns_are_told_with_their_rows() -> None:
    rows = Workbook.open(NASTY).read("统计")
    assert rows.formula_columns == {0, 1, 2, 4, 6}
    assert rows.formula_cells[4] == {1, 2, 3}  # the array formula of E1 fills E1:E3
    assert rows.formula_cells[1] == {1}


@pytest.mark.parametrize("sheet", ["订单登记", "字典", "统计", "说明"])
def test_single_rows_read_as_the_whole_sheet_does(sheet: str) -> None:
    workbook = Workbook.open(NASTY)
    expected = by_calamine(NASTY, sheet)
    rows = workbook.read_rows(sheet, range(1, len(expected) + 1))
    assert rows == {
        number: {column: value for column, value in enumerate(row) if value != ""}
        for number, row in enumerate(expected, 1)
    }


def test_one_column_reads_as_the_whole_sheet_does() -> None:
    expected = {number: row[3] for number, row in enumerate(by_calamine(NASTY, "订单登记"), 1)}
    assert Workbook.open(NASTY).read_column("订单登记", 3) == expected


def test_one_column_is_found_whatever_the_order_of_attributes() -> None:
    rows = '<row r="1"><c s="3" r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="2"><c r="AA2"><v>3</v></c></row>'
    assert Workbook.open(raw_workbook(worksheet(rows))).read_column("登记", 0) == {1: 1.0}


def test_shared_rich_and_phonetic_texts_are_read_as_shown() -> None:
    strings = (
        '<si><r><t>富</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 文本</t></r></si>'
        '<si><t>東京</t><rPh sb="0" eb="2"><t>とうきょう</t></rPh></si><si><t>_x0041_&amp;_x000a_</t></si>'
    )
    cells = "".join(f'<c r="{letter}1" t="s"><v>{index}</v></c>' for index, letter in enumerate("ABC"))
    parts = parts_of(raw_workbook(worksheet(f'<row r="1">{cells}</row>'), shared=["x"]))
    sst = parts["xl/sharedStrings.xml"].replace(b"<si><t>x</t></si>", strings.encode())
    workbook = Workbook.open(zipped(parts | {"xl/sharedStrings.xml": sst}))
    assert workbook.read_rows("登记", [1]) == {1: {0: "富 文本", 1: "東京", 2: "A&\n"}}
    assert workbook.read("登记").rows == [["富 文本", "東京", "A&\n"]]


def test_rows_and_cells_without_addresses_are_read_though_they_are_not_edited() -> None:
    data = raw_workbook(worksheet("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"))
    assert [list(row) for row in Workbook.open(data).read("登记").rows] == [[1.0, 2.0], [3.0, ""]]
    with pytest.raises(CannotEdit):
        Workbook.open(data).edit("登记", SheetEdit(1, appends=[{0: 1}]))


@pytest.mark.parametrize("far", ["XFD9", "XFD1048576", "B1048576"])
def test_a_lone_cell_far_out_costs_no_memory(far: str) -> None:
    letters, row = far.rstrip("0123456789"), far.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    rows = Workbook.open(
        raw_workbook(worksheet(text_row(1, ["a", "b"]) + f'<row r="{row}"><c r="{letters}{row}"><v>1</v></c></row>'))
    ).read("登记")
    assert list(rows.rows[0]) == ["a", "b"]
    assert rows.last_row == int(row)
    assert rows.rows[-1][-1] == 1.0
    assert sum(len(one) for one in rows.rows) < 20_000


@pytest.mark.parametrize(
    ("value", "style", "expected"),
    [
        ("46024", 1, date(2026, 1, 2)), ("46024.5", 1, wall(2026, 1, 2, 12)), ("0.5", 1, time(12)),
        ("46024", 0, 46024.0), ("1.50", 3, 1.5), ("1E+20", 0, 1e20), ("61", 1, date(1900, 3, 1)),
    ],
)  # fmt: skip
def test_numbers_mean_dates_by_their_style(value: str, style: int, expected: object) -> None:
    data = raw_workbook(worksheet(f'<row r="1"><c r="A1" s="{style}"><v>{value}</v></c></row>'))
    assert Workbook.open(data).read_rows("登记", [1])[1][0] == expected
    assert by_calamine(data, "登记") == [[expected]]


def test_elapsed_hours_are_durations() -> None:
    styles = STYLES.replace("yyyy-mm-dd", "[h]:mm:ss")
    data = raw_workbook(worksheet('<row r="1"><c r="A1" s="1"><v>1.25</v></c></row>'), styles=styles)
    assert Workbook.open(data).read_rows("登记", [1])[1][0] == timedelta(hours=30)
    assert by_calamine(data, "登记") == [[timedelta(hours=30)]]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", "general"), ("@", "text"), ("0", "number"), ("#,##0.00", "number"), ("0.0%", "percent"),
        ("yyyy-mm-dd", "date"), ('yyyy"年"m"月"d"日"', "date"), ("[$-804]yyyy年m月", "date"), ("yyyy\\-mm", "date"),
        ("mm/dd", "date"), ("h:mm", "time"), ("[h]:mm:ss", "duration"), ("[mm]:ss", "duration"), ("0.00E+00", "number"),
        ('"¥"#,##0.00;[Red]\\-"¥"#,##0.00', "number"), ("[Red]0.00", "number"), ('0" days"', "number"),
        ('"第"0"号"', "number"), ("_-* #,##0.00_-", "number"), ("[DBNum1]General", "general"), ("0.00;yyyy", "number"),
        ("[>100]0;General", "number"), ("", "general"),
    ],
)  # fmt: skip
def test_number_formats_are_told_apart(code: str, kind: str) -> None:
    assert class_of_code(code) == kind


def test_the_fingerprint_of_a_sheet_changes_with_it_and_with_what_it_shares() -> None:
    workbook = Workbook.open(NASTY)
    before = {name: workbook.sheet_crc(name) for name in ("订单登记", "字典")}
    assert before["订单登记"] != before["字典"]
    workbook.edit("字典", SheetEdit(1, updates={2: {0: "新"}}))
    assert workbook.sheet_crc("订单登记") == before["订单登记"]
    assert workbook.sheet_crc("字典") != before["字典"]
    restyled = parts_of(NASTY)
    restyled["xl/styles.xml"] = restyled["xl/styles.xml"].replace(b'formatCode="0.0%"', b'formatCode="0.00%"')
    assert Workbook.open(zipped(restyled)).sheet_crc("字典") != before["字典"]


def test_reading_after_an_edit_sees_it() -> None:
    workbook = Workbook.open(NASTY)
    assert workbook.read("字典").value(2, 0) == "草稿"
    workbook.edit("字典", SheetEdit(1, updates={2: {0: "新"}}))
    assert workbook.read("字典").value(2, 0) == "新"


def test_what_calamine_cannot_open_is_read_by_our_own_scanner() -> None:
    unknown_type = '<row r="3"><c r="A3" t="zz"><v>b</v></c></row>'
    assert read(text_row(1, ["a"]) + unknown_type) == [["a"], [], ["b"]]


def test_damaged_shared_strings_are_reported_and_not_read_as_empty() -> None:
    data = raw_workbook(worksheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'), shared=["x"])
    parts = parts_of(data)
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"</sst>", b"")
    with pytest.raises(UnreadableWorkbook) as caught:
        Workbook.open(zipped(parts)).read_rows("登记", [1])
    assert caught.value.code == "S027"
