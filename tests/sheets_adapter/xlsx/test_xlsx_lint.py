"""The linter: each way to make Excel offer a repair is found, and sound files pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sheets_adapter.xlsx.lint import Problem, find_package_problems
from tests.sheets_adapter.xlsx.samples import (
    MAIN,
    NASTY,
    parts_of,
    raw_workbook,
    relations,
    text_row,
    worksheet,
    zipped,
)

Parts = dict[str, bytes]
SHEET, WORKBOOK, STYLES, TABLE = (
    "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/tables/table1.xml",
)  # fmt: skip


def swap(part: str, old: str, new: str) -> Callable[[Parts], None]:
    """A change that replaces one text in one part of the nasty workbook."""

    def change(parts: Parts) -> None:
        assert old.encode() in parts[part], old
        parts[part] = parts[part].replace(old.encode(), new.encode(), 1)

    return change


def drop(part: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        del parts[part]

    return change


def put(part: str, content: bytes) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[part] = content

    return change


@pytest.mark.parametrize(
    ("change", "rule", "part"),
    [
        pytest.param(swap(SHEET, "</sheetData>", "</sheetdata>"), "malformed XML", SHEET, id="malformed"),
        pytest.param(drop("xl/media/image1.png"), "dangling relation", "xl/drawings/_rels/drawing1.xml.rels",
                     id="dangling relation"),
        pytest.param(put("xl/orphan.foo", b"x"), "no content type", "xl/orphan.foo", id="no content type"),
        pytest.param(swap("[Content_Types].xml", 'PartName="/xl/comments1.xml"', 'PartName="/xl/comments9.xml"'),
                     "content type of a missing part", "[Content_Types].xml", id="content type of nothing"),
        pytest.param(swap("[Content_Types].xml", 'PartName="/xl/comments1.xml"', 'PartName="/xl/styles.xml"'),
                     "content type twice", "[Content_Types].xml", id="content type twice"),
        pytest.param(swap("xl/_rels/workbook.xml.rels", 'Id="rId2"', 'Id="rId1"'), "relation id twice",
                     "xl/_rels/workbook.xml.rels", id="relation id twice"),
        pytest.param(put("xl/worksheets/_rels/sheet99.xml.rels", relations([]).encode()), "relations of a missing part",
                     "xl/worksheets/_rels/sheet99.xml.rels", id="relations of nothing"),
        pytest.param(swap(SHEET, '<pageSetup r:id="rId91"', '<pageSetup r:id="rId77"'), "unknown relation", SHEET,
                     id="unknown relation"),
        pytest.param(swap(WORKBOOK, 'name="字典"', 'name="订单登记"'), "sheet twice", WORKBOOK, id="sheet twice"),
        pytest.param(swap(WORKBOOK, 'name="字典"', 'name="字/典"'), "sheet title", WORKBOOK, id="sheet title"),
        pytest.param(swap(WORKBOOK, 'r:id="rId2"', 'r:id="rId66"'), "sheet without part", WORKBOOK, id="sheet id"),
        pytest.param(swap(WORKBOOK, "<workbookView ", '<workbookView activeTab="9" '), "active tab", WORKBOOK,
                     id="active tab"),
        pytest.param(swap(WORKBOOK, 'name="税率"', 'name="状态列表"'), "name twice", WORKBOOK, id="name twice"),
        pytest.param(swap(WORKBOOK, 'name="税率"', 'name="A1"'), "defined name", WORKBOOK, id="name like a cell"),
        pytest.param(swap(WORKBOOK, ">0.13<", "><"), "empty defined name", WORKBOOK, id="empty name"),
        pytest.param(swap(WORKBOOK, 'localSheetId="2"', 'localSheetId="9"'), "name of a missing sheet", WORKBOOK,
                     id="name of no sheet"),
        pytest.param(swap(STYLES, '<cellXfs count="13">', '<cellXfs count="12">'), "count of styles", STYLES,
                     id="style count"),
        pytest.param(swap(STYLES, 'fontId="4"', 'fontId="44"'), "style index", STYLES, id="font index"),
        pytest.param(swap(SHEET, '<c r="A3" s="2"', '<c r="A3" s="99"'), "cell style", SHEET, id="cell style"),
        pytest.param(swap(SHEET, 'r="A3" s="2" t="s"', 'r="A3" s="2" t="zz"'), "cell type", SHEET, id="cell type"),
        pytest.param(swap(SHEET, '<c r="A3" s="2" t="s"><v>6</v>', '<c r="A3" s="2" t="s"><v>666666</v>'),
                     "shared string", SHEET, id="shared string"),
        pytest.param(swap(SHEET, '<c r="A3" ', '<c r="F3" '), "cell order", SHEET, id="cell order"),
        pytest.param(swap(SHEET, '<c r="A3" ', '<c r="A4" '), "cell address", SHEET, id="cell of another row"),
        pytest.param(swap(SHEET, '<row r="4"', '<row r="3"'), "worksheet", SHEET, id="row order"),
        pytest.param(swap(SHEET, '<cfRule type="cellIs" dxfId="1"', '<cfRule type="cellIs" dxfId="9"'),
                     "differential style", SHEET, id="differential style"),
        pytest.param(swap(SHEET, 'Validations count="4"', 'Validations count="3"'), "count", SHEET, id="count"),
        pytest.param(swap(SHEET, "<hyperlinks>", "<sheetProtection/><hyperlinks>"), "order of elements", SHEET,
                     id="element order"),
        pytest.param(swap(SHEET, 'sqref="F2:F1000"><cfRule', 'sqref="F2:F9999999"><cfRule'), "range", SHEET,
                     id="range"),
        pytest.param(swap(SHEET, '<col min="2" max="3"', '<col min="1" max="3"'), "column ranges", SHEET,
                     id="column ranges overlap"),
        pytest.param(swap(TABLE, 'ref="A1:L61"', 'ref="A1:M61"'), "table width", TABLE, id="table width"),
        pytest.param(swap(TABLE, 'name="客户名称"', 'name="客户"'), "table header", TABLE, id="table header"),
        pytest.param(swap(TABLE, 'name="客户名称"', 'name="编号"'), "table column twice", TABLE, id="column twice"),
        pytest.param(swap(TABLE, 'tableColumn id="2"', 'tableColumn id="1"'), "table column id twice", TABLE,
                     id="column id twice"),
        pytest.param(swap(TABLE, '<autoFilter ref="A1:L61"', '<autoFilter ref="A1:L62"'), "table filter", TABLE,
                     id="table filter"),
        pytest.param(drop(WORKBOOK), "no workbook part", WORKBOOK, id="no workbook"),
        pytest.param(drop("[Content_Types].xml"), "no content types", "[Content_Types].xml", id="no content types"),
    ],
)  # fmt: skip
def test_what_makes_excel_repair_a_file_is_found(change: Callable[[Parts], None], rule: str, part: str) -> None:
    parts = parts_of(NASTY)
    change(parts)
    assert (rule, part) in {(problem.rule, problem.part) for problem in find_package_problems(zipped(parts))}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(NASTY, id="nasty"),
        pytest.param(raw_workbook(worksheet("")), id="empty sheet"),
        pytest.param(
            raw_workbook(worksheet(text_row(1, ['t="zz" s="99"><v>5'.replace("<", "&lt;")]))), id="tricky text"
        ),
        pytest.param(
            raw_workbook(worksheet("<row r='1'><c s='1' r='A1' t='n'><v>1</v></c></row>")), id="single quotes"
        ),
    ],
)
def test_a_sound_file_passes(data: bytes) -> None:
    assert find_package_problems(data) == []


def test_odd_spelling_does_not_hide_a_wrong_index() -> None:
    data = raw_workbook(worksheet("<row r='1'><c s='77' r='A1'><v>1</v></c><c r='A1'/></row>"))
    assert [problem.rule for problem in find_package_problems(data)] == ["cell order", "cell style"]


def test_merged_ranges_that_overlap_are_found() -> None:
    merges = '<mergeCells count="2"><mergeCell ref="A1:B2"/><mergeCell ref="B2:C3"/></mergeCells>'
    data = raw_workbook(worksheet("", after=merges))
    assert find_package_problems(data) == [Problem("merged cells overlap", SHEET, "B2:C3")]


def test_only_the_parts_asked_for_are_looked_into() -> None:
    parts = parts_of(NASTY)
    swap(SHEET, '<c r="A3" ', '<c r="F3" ')(parts)
    data = zipped(parts)
    assert find_package_problems(data, {"xl/worksheets/sheet2.xml"}) == []
    assert [problem.rule for problem in find_package_problems(data, {SHEET})] == ["cell order"]


def test_rows_the_replaced_file_holds_already_are_not_looked_into_again() -> None:
    wrong, worse = parts_of(NASTY), parts_of(NASTY)
    swap(SHEET, '<c r="A3" ', '<c r="F3" ')(wrong)
    swap(SHEET, '<c r="A3" ', '<c r="F3" ')(worse)
    swap(SHEET, '<c r="A4" s="2"', '<c r="A4" s="99"')(worse)
    found = find_package_problems(zipped(worse), before=zipped(wrong))
    assert [(problem.rule, problem.detail) for problem in found] == [("cell style", "99")]


def test_everything_is_looked_into_when_the_replaced_file_is_no_workbook() -> None:
    parts = parts_of(NASTY)
    swap(SHEET, '<c r="A3" ', '<c r="F3" ')(parts)
    assert [problem.rule for problem in find_package_problems(zipped(parts), before=b"garbage")] == ["cell order"]


@pytest.mark.parametrize("attributes", ['s="1" t="zz"', 't="zz" s="1"', 't="zz" cm="1"'])
def test_the_order_of_attributes_hides_nothing(attributes: str) -> None:
    data = raw_workbook(worksheet(f'<row r="1"><c r="A1" {attributes}><v>1</v></c></row>'))
    assert [problem.rule for problem in find_package_problems(data)] == ["cell type"]


def test_a_table_is_checked_when_its_sheet_changes() -> None:
    parts = parts_of(NASTY)
    swap(TABLE, 'name="客户名称"', 'name="客户"')(parts)
    assert [problem.part for problem in find_package_problems(zipped(parts), {SHEET})] == [TABLE]


def test_an_attribute_that_is_no_number_is_a_problem_and_not_a_crash() -> None:
    data = raw_workbook(worksheet("", before='<cols><col min="x" max="3"/></cols>'))
    assert [problem.rule for problem in find_package_problems(data)] == ["unreadable attribute"]


def test_a_relation_that_climbs_above_the_root_stays_in_it() -> None:
    # LibreOffice writes ../customXml/item1.xml in the package's own relations.
    parts = parts_of(NASTY)
    swap("_rels/.rels", 'Target="xl/workbook.xml"', 'Target="../xl/workbook.xml"')(parts)
    assert find_package_problems(zipped(parts)) == []


def test_a_file_that_is_no_package_is_one_problem() -> None:
    assert [problem.rule for problem in find_package_problems(b"garbage")] == ["unreadable"]


def test_line_breaks_in_table_headers_are_compared_as_excel_spells_them() -> None:
    table = (
        f'<table xmlns="{MAIN}" id="1" name="表1" displayName="表1" ref="A1:A2"><tableColumns count="1">'
        '<tableColumn id="1" name="编号_x000a_(必填)"/></tableColumns></table>'
    )
    after = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    sheet = worksheet(text_row(1, ["编号\n(必填)"]) + text_row(2, ["x"]), after=after)
    assert find_package_problems(raw_workbook(sheet, tables=[table])) == []
