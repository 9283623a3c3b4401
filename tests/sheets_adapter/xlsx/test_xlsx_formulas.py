"""Formula columns go on in appended rows as Excel would fill them down."""

from __future__ import annotations

import pytest

from sheets_adapter.xlsx import SheetEdit, Workbook
from tests.sheets_adapter.xlsx.samples import MAIN, by_openpyxl, parts_of, raw_workbook, text_row, worksheet

HEADER = text_row(1, ["数量", "单价", "金额"])


def record(row: int, formula: str) -> str:
    """A row with two numbers and a formula cell in C."""
    return f'<row r="{row}"><c r="A{row}"><v>2</v></c><c r="B{row}"><v>3</v></c><c r="C{row}">{formula}</c></row>'


def appended(rows: str, count: int = 2, *, after: str = "", tables: tuple[str, ...] = ()) -> bytes:
    workbook = Workbook.open(raw_workbook(worksheet(rows, after=after), tables=tables))
    workbook.edit("登记", SheetEdit(1, appends=[{0: 5, 1: 6}] * count))
    return workbook.to_bytes()


def test_relative_addresses_move_and_absolute_ones_stay() -> None:
    rows = HEADER + record(2, "<f>A2*B2*$E$1</f><v>6</v>") + record(3, "<f>A3*B3*$E$1</f><v>6</v>")
    sheet = by_openpyxl(appended(rows))["登记"]
    assert [sheet["C4"].value, sheet["C5"].value] == ["=A4*B4*$E$1", "=A5*B5*$E$1"]


def test_a_shared_formula_goes_on_from_its_first_cell() -> None:
    rows = (
        HEADER
        + record(2, '<f t="shared" ref="C2:C4" si="0">A2*B2&amp;"&lt;"</f><v>6</v>')
        + record(3, '<f t="shared" si="0"/><v>6</v>')
        + record(4, '<f t="shared" si="0"/><v>6</v>')
    )
    assert by_openpyxl(appended(rows))["登记"]["C5"].value == '=A5*B5&"<"'


def test_text_that_looks_like_an_address_is_left_alone() -> None:
    rows = HEADER + record(2, '<f>"A2"&amp;A2</f><v>6</v>') + record(3, '<f>"A2"&amp;A3</f><v>6</v>')
    assert by_openpyxl(appended(rows))["登记"]["C4"].value == '="A2"&A4'


def test_one_formula_alone_under_plain_values_is_not_the_rule_of_the_column() -> None:
    rows = HEADER + record(2, "<v>6</v>") + record(3, "<f>SUM(C2:C2)</f><v>6</v>")
    assert b"<f>" not in parts_of(appended(rows))["xl/worksheets/sheet1.xml"].partition(b'<row r="4"')[2]


def test_formulas_that_differ_from_row_to_row_are_not_continued() -> None:
    rows = HEADER + record(2, "<f>A2*2</f><v>4</v>") + record(3, "<f>A3*3</f><v>6</v>")
    assert by_openpyxl(appended(rows))["登记"]["C4"].value is None


def test_the_formula_of_a_single_record_is_continued() -> None:
    assert by_openpyxl(appended(HEADER + record(2, "<f>A2*B2</f><v>6</v>")))["登记"]["C3"].value == "=A3*B3"


def test_a_one_cell_array_formula_is_continued_as_one() -> None:
    rows = HEADER + record(2, '<f t="array" ref="C2">SUM(A2:B2*2)</f><v>10</v>')
    part = parts_of(appended(rows, 1))["xl/worksheets/sheet1.xml"]
    assert b'<c r="C3"><f t="array" ref="C3">SUM(A3:B3*2)</f></c>' in part


def test_a_formula_that_cannot_be_taken_apart_is_not_continued() -> None:
    rows = HEADER + record(2, "<f>A2#</f><v>6</v>")
    assert by_openpyxl(appended(rows))["登记"]["C3"].value is None


@pytest.mark.parametrize(
    ("formula", "continued"),
    [
        pytest.param("表1[[#This Row],[数量]]*表1[[#This Row],[单价]]", True, id="structured reference"),
        pytest.param("A2*B2", False, id="relative to a row the table does not name"),
    ],
)
def test_a_calculated_column_serves_where_no_record_is_yet(formula: str, continued: bool) -> None:
    table = (
        f'<table xmlns="{MAIN}" id="1" name="表1" displayName="表1" ref="A1:C2"><tableColumns count="3">'
        '<tableColumn id="1" name="数量"/><tableColumn id="2" name="单价"/><tableColumn id="3" name="金额">'
        f"<calculatedColumnFormula>{formula}</calculatedColumnFormula></tableColumn></tableColumns></table>"
    )
    data = appended(HEADER, after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>', tables=(table,))
    sheet = by_openpyxl(data)["登记"]
    assert [sheet["C2"].value, sheet["C3"].value] == ([f"={formula}"] * 2 if continued else [None, None])


def test_a_value_meant_for_a_formula_column_is_reported_and_not_written() -> None:
    rows = HEADER + record(2, "<f>A2*B2</f><v>6</v>")
    workbook = Workbook.open(raw_workbook(worksheet(rows)))
    result = workbook.edit("登记", SheetEdit(1, appends=[{0: 5, 1: 6, 2: 30}]))
    assert result.skipped_formulas == ((3, 2),)
    assert by_openpyxl(workbook.to_bytes())["登记"]["C3"].value == "=A3*B3"
