"""A table's totals row stays below the records: it moves down with them, or the records wait."""

from __future__ import annotations

import re

import pytest

from schemas.field_types.base import CellValue
from sheets_adapter.xlsx import CannotEdit, SheetEdit, Workbook
from sheets_adapter.xlsx.lint import find_package_problems
from tests.sheets_adapter.xlsx.samples import (
    HEADER,
    MAIN,
    RELATIONS,
    by_calamine,
    parts_of,
    raw_workbook,
    text_row,
    worksheet,
    zipped,
)

SHEET, TABLE, CHAIN = "xl/worksheets/sheet1.xml", "xl/tables/table1.xml", "xl/calcChain.xml"
TABLE_XML = (
    f'<table xmlns="{MAIN}" id="1" name="表1" displayName="表1" ref="A1:C4" totalsRowCount="1">'
    '<autoFilter ref="A1:C3"/><tableColumns count="3"><tableColumn id="1" name="编号" totalsRowLabel="合计"/>'
    '<tableColumn id="2" name="客户"/><tableColumn id="3" name="金额" totalsRowFunction="sum"/></tableColumns></table>'
)
PARTS = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
SUM = '<c r="C4" s="3"><f>SUBTOTAL(109,表1[金额])</f><v>30</v></c>'
LABEL = '<c r="A4" t="inlineStr"><is><t>合计</t></is></c>'


def number_row(number: int, texts: list[str], amount: int) -> str:
    return text_row(number, texts).replace("</row>", f'<c r="C{number}" s="3"><v>{amount}</v></c></row>')


RECORDS = text_row(1, ["编号", "客户", "金额"]) + number_row(2, ["D1", "甲"], 10) + number_row(3, ["D2", "乙"], 20)


def workbook(
    totals: str = LABEL + SUM, *, below: str = "", beside: str = "", before: str = "", after: str = "", names: str = ""
) -> bytes:
    rows = f'{RECORDS}<row r="4">{totals}{beside}</row>{below}'
    return raw_workbook(worksheet(rows, before=before, after=after + PARTS), tables=[TABLE_XML], names=names)


def with_chain(data: bytes) -> bytes:
    parts = parts_of(data)
    types = parts["[Content_Types].xml"].decode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    override = f'<Override PartName="/{CHAIN}" ContentType="{kind}"/></Types>'
    parts["[Content_Types].xml"] = types.replace("</Types>", override).encode()
    rels = parts["xl/_rels/workbook.xml.rels"].decode()
    entry = f'<Relationship Id="rId90" Type="{RELATIONS}/calcChain" Target="calcChain.xml"/></Relationships>'
    parts["xl/_rels/workbook.xml.rels"] = rels.replace("</Relationships>", entry).encode()
    parts[CHAIN] = f'{HEADER}<calcChain xmlns="{MAIN}"><c r="C4" i="1"/><c r="E9"/></calcChain>'.encode()
    return zipped(parts)


def appended(data: bytes, count: int = 1) -> Workbook:
    opened = Workbook.open(data)
    appends: list[dict[int, CellValue]] = [{0: f"N{number}", 1: "新", 2: number} for number in range(1, count + 1)]
    opened.edit("登记", SheetEdit(1, appends=appends, columns=frozenset({0, 1, 2})))
    return opened


@pytest.mark.parametrize("count", [pytest.param(1, id="one record"), pytest.param(3, id="three records")])
def test_new_records_stand_above_the_totals_row_and_the_table_holds_both(count: int) -> None:
    data = appended(workbook(), count).to_bytes()
    column = [row[0] for row in by_calamine(data, "登记")]
    assert column == ["编号", "D1", "D2", *(f"N{number}" for number in range(1, count + 1)), "合计"]
    table = parts_of(data)[TABLE].decode()
    assert f'ref="A1:C{4 + count}" totalsRowCount="1"' in table
    assert f'<autoFilter ref="A1:C{3 + count}"/>' in table
    assert find_package_problems(data) == []


def test_the_totals_formula_moves_along_and_is_computed_anew() -> None:
    parts = parts_of(appended(workbook()).to_bytes())
    assert '<c r="C5" s="3"><f>SUBTOTAL(109,表1[金额])</f><v>30</v></c>' in parts[SHEET].decode()
    assert 'fullCalcOnLoad="1"' in parts["xl/workbook.xml"].decode()


def test_the_calculation_chain_knows_the_new_place() -> None:
    parts = parts_of(appended(with_chain(workbook())).to_bytes())
    assert re.findall(r'<c r="\w+"[^>]*>', parts[CHAIN].decode()) == ['<c r="C5" i="1"/>', '<c r="E9"/>']


def test_what_stands_beside_the_totals_row_stays_where_it_is() -> None:
    data = appended(workbook(beside='<c r="F4" t="inlineStr"><is><t>旁注</t></is></c>')).to_bytes()
    rows = by_calamine(data, "登记")
    assert (rows[3][0], rows[3][5]) == ("N1", "旁注")
    assert rows[4][0] == "合计"


def test_free_rows_above_the_totals_row_are_filled_first() -> None:
    rows = RECORDS + '<row r="5">' + (LABEL + SUM).replace("4", "5") + "</row>"
    table = TABLE_XML.replace('ref="A1:C4"', 'ref="A1:C5"').replace("A1:C3", "A1:C4")
    data = appended(raw_workbook(worksheet(rows, after=PARTS), tables=[table])).to_bytes()
    assert [row[0] for row in by_calamine(data, "登记")] == ["编号", "D1", "D2", "N1", "合计"]
    assert 'ref="A1:C5" totalsRowCount="1"' in parts_of(data)[TABLE].decode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(workbook(LABEL + SUM.replace("表1[金额]", "C2:C3")), "S030", id="totals by address"),
        pytest.param(workbook(LABEL + SUM.replace("<f>", '<f t="shared" si="0">')), "S030", id="a shared formula"),
        pytest.param(workbook(beside='<c r="F4"><f>C4*2</f><v>60</v></c>'), "S030", id="a formula naming it"),
        pytest.param(
            workbook(names="<definedNames><definedName name='总额'>登记!$C$4</definedName></definedNames>"),
            "S030",
            id="a name for it",
        ),
        pytest.param(
            workbook(after='<mergeCells count="1"><mergeCell ref="A4:B4"/></mergeCells>'), "S030", id="merged cells"
        ),
        pytest.param(
            workbook(after='<hyperlinks><hyperlink ref="A4" location="登记!A1"/></hyperlinks>'), "S030", id="a link"
        ),
        pytest.param(workbook(below='<row r="5"><c r="C5"><f>C2</f><v>9</v></c></row>'), "S037", id="something below"),
    ],
)
def test_a_totals_row_something_is_tied_to_stays_and_the_records_wait(data: bytes, code: str) -> None:
    opened = Workbook.open(data)
    with pytest.raises(CannotEdit) as caught:
        opened.edit("登记", SheetEdit(1, appends=[{0: "n"}], columns=frozenset({0, 1, 2})))
    assert caught.value.code == code
    assert opened.to_bytes() == data


def test_records_typed_below_a_totals_row_are_gone_on_from() -> None:
    data = appended(workbook(below=text_row(5, ["D3", "丙"]))).to_bytes()
    assert [row[0] for row in by_calamine(data, "登记")] == ["编号", "D1", "D2", "合计", "D3", "N1"]


def test_a_side_table_s_totals_are_none_of_the_records() -> None:
    assert Workbook.open(workbook()).totals_rows("登记", 1, {0}) == {4}
    assert Workbook.open(workbook()).totals_rows("登记", 1, {7}) == frozenset()
    assert Workbook.open(workbook()).totals_rows("登记", 2, {0}) == frozenset()
