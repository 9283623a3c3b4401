"""Filters, validations and conditional formats that end with the records grow with them; others stay."""

from __future__ import annotations

import pytest

from sheets_adapter.xlsx import SheetEdit, Workbook
from sheets_adapter.xlsx.addresses import Range, column_index, column_letters, parse_cell
from sheets_adapter.xlsx.growth import Growth
from tests.sheets_adapter.xlsx.samples import parts_of, raw_workbook, text_row, worksheet

SHEET = "xl/worksheets/sheet1.xml"
X14 = 'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
XM = 'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
RECORDS = text_row(1, ["编号", "状态"]) + "".join(text_row(n, ["x", "y"]) for n in (2, 3, 4))
TWO_MORE = SheetEdit(1, appends=[{0: "n", 1: "m"}, {0: "o", 1: "p"}])


def appended(sheet: str, **options: str) -> dict[str, str]:
    workbook = Workbook.open(raw_workbook(sheet, **options))
    workbook.edit("登记", TWO_MORE)
    return {name: content.decode() for name, content in parts_of(workbook.to_bytes()).items()}


@pytest.mark.parametrize(
    ("area", "grown"),
    [
        pytest.param("A2:A4", "A2:A6", id="all records"),
        pytest.param("A1:B4", "A1:B6", id="with the header"),
        pytest.param("A3:B5", "A3:B6", id="ends between the old and the new last row"),
        pytest.param("A2:A6", "A2:A6", id="long enough already"),
        pytest.param("A2:A1048576", "A2:A1048576", id="the whole column"),
        pytest.param("A2:A3", "A2:A3", id="ends above the last record"),
        pytest.param("A4", "A4", id="the last record alone"),
        pytest.param("A9:A9", "A9:A9", id="below the new rows"),
        pytest.param("F2:F4", "F2:F4", id="columns that are not ours"),
    ],
)
def test_a_range_grows_when_it_ends_with_the_records(area: str, grown: str) -> None:
    rule = (
        f'<conditionalFormatting sqref="{area} H1:H2"><cfRule type="expression" priority="1"><formula>A2=1</formula>'
        "</cfRule></conditionalFormatting>"
    )
    assert f'sqref="{grown} H1:H2"' in appended(worksheet(RECORDS, after=rule))[SHEET]


def test_validations_formats_and_ignored_errors_grow_in_old_and_new_spelling() -> None:
    after = (
        '<conditionalFormatting sqref="B2:B4"><cfRule type="expression" priority="1"><formula>B2=1</formula></cfRule>'
        '</conditionalFormatting><dataValidations count="1"><dataValidation type="list" sqref="B2:B4">'
        '<formula1>"a,b"</formula1></dataValidation></dataValidations>'
        '<ignoredErrors><ignoredError sqref="A2:A4" numberStoredAsText="1"/></ignoredErrors>'
        f'<extLst><ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" {X14}><x14:dataValidations count="1" {XM}>'
        '<x14:dataValidation type="list"><x14:formula1><xm:f>字典!$A$1:$A$4</xm:f></x14:formula1>'
        "<xm:sqref>A2:A4</xm:sqref></x14:dataValidation></x14:dataValidations></ext>"
        f'<ext uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}" {X14}><x14:sparklineGroups {XM}><x14:sparklineGroup>'
        "<x14:sparklines><x14:sparkline><xm:f>登记!A2:B4</xm:f><xm:sqref>B4</xm:sqref></x14:sparkline>"
        "</x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst>"
    )
    part = appended(worksheet(RECORDS, after=after))[SHEET]
    tail = part.partition("</sheetData>")[2]
    expected = after.replace('sqref="B2:B4"', 'sqref="B2:B6"').replace('sqref="A2:A4"', 'sqref="A2:A6"')
    expected = expected.replace("<xm:sqref>A2:A4<", "<xm:sqref>A2:A6<")
    assert tail == f"{expected}</worksheet>"


def test_the_filter_and_its_hidden_name_grow() -> None:
    names = (
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">登记!$A$1:$B$4'
        '</definedName><definedName name="区域">登记!$A$1:$B$4</definedName></definedNames>'
    )
    parts = appended(worksheet(RECORDS, after='<autoFilter ref="A1:B4"/>'), names=names)
    assert '<autoFilter ref="A1:B6"/>' in parts[SHEET]
    assert 'hidden="1">登记!$A$1:$B$6</definedName><definedName name="区域">登记!$A$1:$B$4<' in parts["xl/workbook.xml"]


def test_a_filter_on_a_sheet_without_records_takes_the_first_ones_in() -> None:
    sheet = worksheet(text_row(1, ["a", "b"]), after='<autoFilter ref="A1:B1"/>')
    assert '<autoFilter ref="A1:B3"/>' in appended(sheet)[SHEET]


def test_a_rule_on_the_header_of_an_empty_sheet_stays_on_the_header() -> None:
    rule = '<conditionalFormatting sqref="A1:B1"><cfRule type="expression" priority="1"/></conditionalFormatting>'
    assert rule in appended(worksheet(text_row(1, ["a", "b"]), after=rule))[SHEET]


def test_a_filter_that_belongs_to_another_header_stays() -> None:
    growing = Growth(header_row=5, old_last=9, new_last=10, columns=(0,))
    assert not growing.takes_filter(Range.parse("A1:B9"))
    assert growing.takes_filter(Range.parse("A5:B9"))


@pytest.mark.parametrize(
    ("letters", "index"),
    [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("ZZ", 701), ("AAA", 702), ("XFD", 16383)],
)
def test_columns_have_letters(letters: str, index: int) -> None:
    assert column_letters(index) == letters
    assert column_index(letters) == index


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("B3", Range(3, 1, 3, 1)), ("$A$1:$C$5", Range(1, 0, 5, 2)), ("A:C", Range(1, 0, 1_048_576, 2)),
        ("2:4", Range(2, 0, 4, 16_383)),
    ],
)  # fmt: skip
def test_ranges_are_read_in_every_spelling(text: str, area: Range) -> None:
    assert Range.parse(text) == area


@pytest.mark.parametrize("text", ["", "A0", "1A", "#REF!", "A1:", "Sheet!A1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a cell address"):
        parse_cell(text)
