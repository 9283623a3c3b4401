"""Editing people's sheets: our cells change, and nothing else does."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from sheets_adapter.xlsx import CannotEdit, SheetEdit, Workbook
from sheets_adapter.xlsx.lint import find_package_problems
from tests.sheets_adapter.xlsx.samples import (
    MAIN,
    NASTY,
    STYLES,
    by_calamine,
    by_openpyxl,
    changed_parts,
    parts_of,
    raw_workbook,
    relations,
    text_row,
    wall,
    worksheet,
    zipped,
)

SHEET, TABLE, WORKBOOK, STYLE_PART = (
    "xl/worksheets/sheet1.xml", "xl/tables/table1.xml", "xl/workbook.xml", "xl/styles.xml",
)  # fmt: skip
ORDER = {0: "00099", 1: "新客户有限公司", 2: "110101199003074518", 3: date(2026, 7, 9),
         4: wall(2026, 7, 9, 14, 30), 5: 3, 6: Decimal("19.99"), 8: "草稿", 9: "张三",
         11: Decimal("0.25")}  # fmt: skip
FORMATS = {0: "text", 2: "text", 3: "date", 4: "datetime", 5: "integer", 6: "money", 11: "percent"}


def edited(data: bytes, edit: SheetEdit, sheet: str = "登记") -> bytes:
    workbook = Workbook.open(data)
    workbook.edit(sheet, edit)
    return workbook.to_bytes()


def cells_of(part: bytes) -> dict[bytes, bytes]:
    """Address → whole cell tag of an unprefixed sheet, cut out by a pattern of our own."""
    return {m[1]: m[0] for m in re.finditer(rb'<c r="([A-Z]+\d+)"[^>]*?(?:/>|>.*?</c>)', part, re.DOTALL)}


@pytest.fixture(scope="module")
def nasty_edited() -> bytes:
    edit = SheetEdit(1, updates={5: {1: "改名了", 8: "已完成"}, 60: {10: ""}}, appends=[ORDER, ORDER], formats=FORMATS)
    return edited(NASTY, edit, "订单登记")


class TestOnTheNastyWorkbook:
    def test_only_the_sheet_and_its_table_change(self, nasty_edited: bytes) -> None:
        assert changed_parts(NASTY, nasty_edited) == {SHEET, TABLE}

    def test_only_the_cells_written_change(self, nasty_edited: bytes) -> None:
        before, after = cells_of(parts_of(NASTY)[SHEET]), cells_of(parts_of(nasty_edited)[SHEET])
        changed = {address for address in before if before[address] != after[address]}
        assert changed == {b"B5", b"I5", b"K60"}
        assert {re.sub(rb"[A-Z]+", b"", address) for address in after.keys() - before.keys()} == {b"62", b"63"}

    def test_everything_around_the_rows_stays_but_for_the_dimension(self, nasty_edited: bytes) -> None:
        before, after = parts_of(NASTY)[SHEET], parts_of(nasty_edited)[SHEET]
        head, tail = before.partition(b"<sheetData>")[0], before.partition(b"</sheetData>")[2]
        assert after.partition(b"<sheetData>")[0] == head.replace(b'ref="A1:P61"', b'ref="A1:P63"')
        assert after.partition(b"</sheetData>")[2] == tail

    def test_the_table_and_its_filter_take_the_new_rows_in(self, nasty_edited: bytes) -> None:
        before = parts_of(NASTY)[TABLE]
        assert parts_of(nasty_edited)[TABLE] == before.replace(b'ref="A1:L61"', b'ref="A1:L63"')

    def test_new_rows_look_like_the_row_above(self, nasty_edited: bytes) -> None:
        sheet = by_openpyxl(nasty_edited)["订单登记"]
        for above, new in zip(sheet[61][:12], sheet[62][:12], strict=True):
            assert new.number_format == above.number_format
            assert new.font.name == above.font.name
            assert new.border.left.style == above.border.left.style

    def test_the_calculated_column_goes_on(self, nasty_edited: bytes) -> None:
        sheet = by_openpyxl(nasty_edited)["订单登记"]
        assert sheet["H62"].value == sheet["H63"].value == sheet["H61"].value

    def test_cached_results_of_formulas_are_kept(self, nasty_edited: bytes) -> None:
        assert by_calamine(nasty_edited, "统计") == by_calamine(NASTY, "统计")
        assert [row[7] for row in by_calamine(nasty_edited, "订单登记")[1:61]] == [0.0] * 60

    def test_calamine_and_openpyxl_read_the_new_row(self, nasty_edited: bytes) -> None:
        assert by_calamine(nasty_edited, "订单登记")[62][:12] == [
            "00099", "新客户有限公司", "110101199003074518", date(2026, 7, 9), wall(2026, 7, 9, 14, 30), 3.0, 19.99,
            "", "草稿", "张三", "", 0.25,
        ]  # fmt: skip
        assert by_openpyxl(nasty_edited)["订单登记"]["C63"].value == "110101199003074518"

    def test_the_linter_finds_nothing(self, nasty_edited: bytes) -> None:
        assert find_package_problems(nasty_edited) == []

    def test_an_emptied_cell_keeps_its_style(self, nasty_edited: bytes) -> None:
        assert cells_of(parts_of(nasty_edited)[SHEET])[b"K60"] == b'<c r="K60" s="3"/>'

    def test_an_edit_that_writes_nothing_leaves_the_file_as_it_is(self) -> None:
        assert edited(NASTY, SheetEdit(1), "订单登记") is NASTY


class TestFormulaCells:
    ROWS = (
        text_row(1, ["编号", "数量"])
        + '<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c><c r="B2"><f>1+1</f><v>2</v></c>'
        '<c r="D2"><f t="array" ref="D2:D3">TRANSPOSE({1,2})</f><v>1</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>y</t></is></c><c r="D3"><v>2</v></c></row>'
    )

    def test_formulas_and_the_cells_of_array_formulas_are_never_overwritten(self) -> None:
        workbook = Workbook.open(raw_workbook(worksheet(self.ROWS)))
        result = workbook.edit("登记", SheetEdit(1, updates={2: {0: "a", 1: 9, 3: 9}, 3: {3: 9}}))
        assert result.skipped_formulas == ((2, 1), (2, 3), (3, 3))
        cells = cells_of(parts_of(workbook.to_bytes())[SHEET])
        assert cells[b"B2"] == b'<c r="B2"><f>1+1</f><v>2</v></c>'
        assert cells[b"D3"] == b'<c r="D3"><v>2</v></c>'

    def test_programs_are_told_to_recalculate(self) -> None:
        data = edited(raw_workbook(worksheet(self.ROWS)), SheetEdit(1, updates={2: {0: "a"}}))
        assert parts_of(data)[WORKBOOK].endswith(b'</sheets><calcPr fullCalcOnLoad="1"/></workbook>')

    def test_without_any_formula_nobody_is_told_to_recalculate(self) -> None:
        data = edited(raw_workbook(worksheet(text_row(1, ["a"]))), SheetEdit(1, appends=[{0: "x"}]))
        assert b"calcPr" not in parts_of(data)[WORKBOOK]

    def test_a_formula_on_another_sheet_counts(self) -> None:
        data = edited(NASTY, SheetEdit(1, updates={2: {0: "甲"}}), "字典")
        assert changed_parts(NASTY, data) == {"xl/worksheets/sheet2.xml"}  # the flag was set already


class TestWhereRecordsEnd:
    def test_styled_blank_rows_below_are_filled_in_and_keep_their_style(self) -> None:
        blank = '<row r="3" ht="30" customHeight="1"><c r="A3" s="2"/><c r="B3" s="3"/></row>'
        rows = text_row(1, ["编号", "金额"]) + text_row(2, ["x"]) + blank
        part = parts_of(edited(raw_workbook(worksheet(rows)), SheetEdit(1, appends=[{0: "001", 1: 5}])))[SHEET]
        assert b'<row r="3" ht="30" customHeight="1"><c r="A3" s="2" t="inlineStr">' in part
        assert cells_of(part)[b"B3"] == b'<c r="B3" s="3"><v>5</v></c>'

    def test_formulas_filled_down_below_the_records_do_not_count_as_records(self) -> None:
        filled = "".join(f'<row r="{n}"><c r="B{n}"><f>A{n}*2</f><v>0</v></c></row>' for n in (3, 4, 5))
        rows = text_row(1, ["编号", "两倍"]) + (
            '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*2</f><v>2</v></c></row>' + filled
        )
        workbook = Workbook.open(raw_workbook(worksheet(rows)))
        result = workbook.edit("登记", SheetEdit(1, appends=[{0: 7, 1: 14}], columns=frozenset((0, 1))))
        assert result.first_appended_row == 3
        assert result.skipped_formulas == ((3, 1),)
        assert cells_of(parts_of(workbook.to_bytes())[SHEET])[b"B3"] == b'<c r="B3"><f>A3*2</f><v>0</v></c>'

    def test_other_peoples_columns_beside_and_below_are_no_obstacle(self) -> None:
        rows = (
            text_row(1, ["编号"])
            + text_row(2, ["x"])
            + ('<row r="3"><c r="F3" t="inlineStr"><is><t>便签</t></is></c></row>')
        )
        data = edited(raw_workbook(worksheet(rows)), SheetEdit(1, appends=[{0: "y"}]))
        assert by_calamine(data, "登记")[2] == ["y", "", "", "", "", "便签"]

    def test_an_empty_sheet_with_only_a_header_takes_its_first_record(self) -> None:
        data = edited(raw_workbook(worksheet(text_row(1, ["编号"]))), SheetEdit(1, appends=[{0: "x"}]))
        assert by_calamine(data, "登记") == [["编号"], ["x"]]

    def test_a_header_under_a_merged_title_is_no_obstacle(self) -> None:
        sheet = worksheet(
            text_row(1, ["台账"]) + text_row(2, ["编号", "姓名"]),
            after='<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>',
        )
        data = edited(raw_workbook(sheet), SheetEdit(2, appends=[{0: "x", 1: "y"}]))
        assert by_calamine(data, "登记")[2] == ["x", "y"]

    def test_an_empty_sheetdata_tag_is_opened(self) -> None:
        sheet = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
        data = edited(raw_workbook(sheet), SheetEdit(1, updates={1: {0: "编号"}}, appends=[{0: "x"}]))
        assert by_calamine(data, "登记") == [["编号"], ["x"]]

    def test_the_caller_may_say_which_row_is_the_last_record(self) -> None:
        rows = text_row(1, ["编号"]) + text_row(2, ["x"]) + text_row(4, ["合计"])
        with pytest.raises(CannotEdit) as caught:
            edited(raw_workbook(worksheet(rows)), SheetEdit(1, appends=[{0: "y"}], last_record_row=2))
        assert caught.value.code == "S037"
        assert caught.value.params["range"] == "4:4"


class TestOddButLegalFiles:
    def test_a_prefixed_sheet_gets_prefixed_cells(self) -> None:
        sheet = worksheet(text_row(1, ["编号", "日期"]) + '<row r="2"><c r="A2"><v>1</v></c></row>',
                          before='<dimension ref="A1:B2"/>', after='<autoFilter ref="A1:B2"/>')  # fmt: skip
        prefixed = re.sub("<(/?)", r"<\1x:", sheet).replace("xmlns=", "xmlns:x=")
        data = edited(raw_workbook(prefixed), SheetEdit(1, updates={2: {0: "甲"}}, appends=[{1: date(2026, 1, 2)}]))
        part = parts_of(data)[SHEET]
        assert b'<x:c r="A2" t="inlineStr"><x:is><x:t xml:space="preserve">\xe7\x94\xb2</x:t></x:is></x:c>' in part
        assert b'<x:row r="3"><x:c r="B3" s="1"><x:v>46024</x:v></x:c></x:row>' in part
        assert b'<x:autoFilter ref="A1:B3"/>' in part
        assert by_calamine(data, "登记")[2][1] == date(2026, 1, 2)
        assert find_package_problems(data) == []

    def test_dates_count_from_1904_in_such_a_workbook(self) -> None:
        data = raw_workbook(worksheet(text_row(1, ["日期"])), properties='<workbookPr date1904="1"/>')
        data = edited(data, SheetEdit(1, appends=[{0: date(2026, 1, 2)}, {0: date(1903, 1, 1)}]))
        assert [row[0] for row in by_calamine(data, "登记")] == ["日期", date(2026, 1, 2), "1903-01-01"]
        assert by_openpyxl(data)["登记"]["A2"].value == wall(2026, 1, 2)
        assert Workbook.open(data).read_rows("登记", [2]) == {2: {0: date(2026, 1, 2)}}

    def test_shared_strings_are_not_needed_and_not_touched(self) -> None:
        with_strings = raw_workbook(worksheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'), shared=["编号", "旧"])
        data = edited(with_strings, SheetEdit(1, appends=[{0: "新"}]))
        assert "xl/sharedStrings.xml" not in changed_parts(with_strings, data)
        assert by_calamine(data, "登记") == [["编号"], ["新"]]

    def test_a_workbook_without_styles_gets_them_when_a_date_needs_one(self) -> None:
        data = edited(
            raw_workbook(worksheet(text_row(1, ["a"])), styles=None), SheetEdit(1, appends=[{0: date(2026, 1, 2)}])
        )
        assert by_calamine(data, "登记")[1] == [date(2026, 1, 2)]
        assert find_package_problems(data) == []

    def test_white_space_between_rows_and_cells_is_kept(self) -> None:
        rows = '\n  <row r="1">\n    <c r="A1"><v>1</v></c>\n    <c r="C1"><v>3</v></c>\n  </row>\n'
        data = edited(raw_workbook(worksheet(rows)), SheetEdit(1, updates={1: {1: 2}}))
        assert (
            b'\n  <row r="1">\n    <c r="A1"><v>1</v></c><c r="B1"><v>2</v></c>\n    <c r="C1"><v>3</v></c>\n  </row>\n'
            in parts_of(data)[SHEET]
        )

    def test_single_quotes_and_extra_attributes_are_understood(self) -> None:
        rows = "<row spans='1:1' r='1' ht='20'><c s='3' r='A1'><v>1</v></c></row>"
        data = edited(raw_workbook(worksheet(rows)), SheetEdit(1, updates={1: {0: 5, 2: 6}}))
        part = parts_of(data)[SHEET]
        assert b'<row spans="1:3" r=\'1\' ht=\'20\'><c r="A1" s="3"><v>5</v></c><c r="C1"' in part

    def test_a_relation_target_from_the_root_is_followed(self) -> None:
        parts = parts_of(raw_workbook(worksheet(text_row(1, ["a"]))))
        rels = parts["xl/_rels/workbook.xml.rels"]
        parts["xl/_rels/workbook.xml.rels"] = rels.replace(b'"worksheets/', b'"/xl/worksheets/')
        assert by_calamine(edited(zipped(parts), SheetEdit(1, appends=[{0: "x"}])), "登记")[1] == ["x"]


class TestRowsAndStyles:
    def test_hidden_filtered_and_grouped_rows_keep_their_attributes(self) -> None:
        hidden = ' spans="1:2" ht="40.5" customHeight="1" hidden="1" outlineLevel="2" collapsed="1"'
        data = raw_workbook(worksheet(text_row(1, ["a", "b"]) + text_row(2, ["x", "y"], attributes=hidden)))
        part = parts_of(edited(data, SheetEdit(1, updates={2: {0: "z"}}, appends=[{0: "n"}])))[SHEET]
        assert f'<row r="2"{hidden}>'.encode() in part
        assert b'<row r="3" spans="1:1" ht="40.5" customHeight="1">' in part

    def test_the_style_most_of_the_last_five_rows_share_is_inherited(self) -> None:
        rows = (
            text_row(1, ["a"])
            + "".join(text_row(n, ["x"], style=2) for n in (2, 3, 4, 5))
            + text_row(6, ["x"], style=3)
        )
        data = edited(raw_workbook(worksheet(rows)), SheetEdit(1, appends=[{0: "n"}]))
        assert b'<c r="A7" s="2"' in parts_of(data)[SHEET]

    def test_a_column_style_serves_where_no_record_is(self) -> None:
        sheet = worksheet(text_row(1, ["a"]), before='<cols><col min="1" max="3" width="9" style="2"/></cols>')
        part = parts_of(edited(raw_workbook(sheet), SheetEdit(1, appends=[{0: "n", 2: "m"}])))[SHEET]
        assert b'<c r="A2" s="2"' in part
        assert b'<c r="C2" s="2"' in part

    @pytest.mark.parametrize(
        ("column_format", "value", "shown"),
        [
            ("date", date(2026, 1, 2), "yyyy-mm-dd"), ("datetime", wall(2026, 1, 2, 3), "yyyy-mm-dd hh:mm"),
            ("month", date(2026, 1, 1), "yyyy-mm"), ("text", "00123", "@"), ("percent", Decimal("0.5"), "0.00%"),
            ("general", date(2026, 1, 2), "yyyy-mm-dd"), ("general", "文字", "General"), ("integer", 5, "General"),
            ("money", Decimal("5.20"), "General"),
        ],
    )  # fmt: skip
    def test_a_general_cell_gets_the_format_its_value_needs(
        self, column_format: str, value: object, shown: str
    ) -> None:
        data = raw_workbook(worksheet(text_row(1, ["a"])))
        data = edited(data, SheetEdit(1, appends=[{0: value}], formats={0: column_format}))
        assert by_openpyxl(data)["登记"]["A2"].number_format == shown

    def test_a_number_in_a_date_column_does_not_turn_into_a_date(self) -> None:
        data = raw_workbook(worksheet(text_row(1, ["a"]) + text_row(2, ["x"], style=1)))
        data = edited(data, SheetEdit(1, appends=[{0: Decimal("12.5")}]))
        assert by_calamine(data, "登记")[2] == [12.5]

    def test_the_same_format_is_added_to_the_styles_once(self) -> None:
        data = raw_workbook(worksheet(text_row(1, ["a"])))
        edit = SheetEdit(1, appends=[{0: Decimal("0.5")}], formats={0: "percent"})
        once = edited(data, edit)
        twice = edited(once, SheetEdit(1, updates={2: {0: Decimal("0.6")}}, appends=edit.appends, formats=edit.formats))
        assert parts_of(once)[STYLE_PART] == parts_of(twice)[STYLE_PART]
        assert parts_of(once)[STYLE_PART].startswith(parts_of(data)[STYLE_PART][:400])
        assert b'<cellXfs count="5">' in parts_of(once)[STYLE_PART]

    def test_existing_styles_keep_their_bytes_and_their_index(self) -> None:
        data = raw_workbook(worksheet(text_row(1, ["a"])))
        new = parts_of(edited(data, SheetEdit(1, appends=[{0: Decimal("0.5")}], formats={0: "percent"})))[STYLE_PART]
        added = '<xf numFmtId="10" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        expected = STYLES.replace('cellXfs count="4"', 'cellXfs count="5"').replace("</cellXfs>", f"{added}</cellXfs>")
        assert new.decode().endswith(expected)


class TestRefusals:
    TABLE_XML = (
        f'<table xmlns="{MAIN}" id="1" name="表1" displayName="表1" ref="A1:A3" totalsRowCount="1">'
        '<autoFilter ref="A1:A2"/><tableColumns count="1"><tableColumn id="1" name="编号" totalsRowLabel="合计"/>'
        "</tableColumns></table>"
    )
    WITH_PARTS = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    RECORDS = text_row(1, ["编号"]) + text_row(2, ["x"])
    APPEND = SheetEdit(1, appends=[{0: "n"}])

    def refusal(self, data: bytes, edit: SheetEdit, sheet: str = "登记") -> CannotEdit:
        workbook = Workbook.open(data)
        with pytest.raises(CannotEdit) as caught:
            workbook.edit(sheet, edit)
        assert workbook.to_bytes() == data
        return caught.value

    def test_updates_are_fine_in_a_table_with_a_totals_row(self) -> None:
        sheet = worksheet(self.RECORDS + text_row(3, ["合计"]), after=self.WITH_PARTS)
        data = edited(raw_workbook(sheet, tables=[self.TABLE_XML]), SheetEdit(1, updates={2: {0: "z"}}))
        assert by_calamine(data, "登记")[1] == ["z"]

    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param("<row><c><v>1</v></c></row>", id="rows without r="),
            pytest.param('<row r="1"><c><v>1</v></c></row>', id="cells without r="),
            pytest.param('<row r="2"/><row r="1"/>', id="rows out of order"),
            pytest.param('<row r="1"><c r="B1"/><c r="A1"/></row>', id="cells out of order"),
            pytest.param('<row r="1"><c r="A2"/></row>', id="a cell of another row"),
            pytest.param('<row r="1"><!-- <row r="9"> --></row>', id="a comment"),
            pytest.param('<row r="1"><c r="A1" t="str"><v><![CDATA[<row r="7">]]></v></c></row>', id="CDATA"),
        ],
    )
    def test_markup_we_cannot_splice_safely(self, rows: str) -> None:
        assert self.refusal(raw_workbook(worksheet(rows)), SheetEdit(1, updates={1: {0: 2}})).code == "S031"

    def test_more_rows_than_a_sheet_has(self) -> None:
        rows = text_row(1, ["a"]) + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
        assert self.refusal(raw_workbook(worksheet(rows)), self.APPEND).params["limit"] == "1048576"

    def test_more_columns_than_a_sheet_has(self) -> None:
        error = self.refusal(raw_workbook(worksheet("")), SheetEdit(1, updates={1: {16_384: "x"}}))
        assert (error.code, error.params["limit"]) == ("S032", "16384")

    def test_a_sheet_that_is_not_there_or_holds_only_a_chart(self) -> None:
        assert self.refusal(NASTY, self.APPEND, "没有").code == "S033"
        assert self.refusal(NASTY, self.APPEND, "图表页").code == "S033"

    def test_another_table_below(self) -> None:
        below = self.TABLE_XML.replace("A1:A3", "A6:A9").replace("A1:A2", "A6:A8")
        sheet = worksheet(self.RECORDS, after=self.WITH_PARTS)
        edit = SheetEdit(1, appends=[{0: "n"}] * 5)
        error = self.refusal(raw_workbook(sheet, tables=[below]), edit)
        assert (error.code, error.params["range"]) == ("S037", "A6:A9")

    def test_an_array_formula_in_the_way(self) -> None:
        rows = (
            text_row(1, ["a"]) + '<row r="2"><c r="A2"><v>1</v></c><c r="C2"><f t="array" ref="C2:C9">X</f></c></row>'
        )
        error = self.refusal(raw_workbook(worksheet(rows)), SheetEdit(1, appends=[{0: 1, 2: 1}]))
        assert (error.code, error.params["range"]) == ("S038", "C2:C9")

    def test_merged_cells_in_the_way_of_new_and_of_old_rows(self) -> None:
        merged = '<mergeCells count="1"><mergeCell ref="A2:A4"/></mergeCells>'
        data = raw_workbook(worksheet(self.RECORDS, after=merged))
        assert self.refusal(data, self.APPEND).code == "S039"
        assert self.refusal(data, SheetEdit(1, updates={3: {0: "x"}})).params["range"] == "A2:A4"

    def test_an_address_in_the_markup_that_is_none(self) -> None:
        sheet = worksheet(self.RECORDS, after='<mergeCells count="1"><mergeCell ref="?"/></mergeCells>')
        assert self.refusal(raw_workbook(sheet), self.APPEND).code == "S031"

    def test_a_pivot_table_in_the_way(self) -> None:
        pivot = f'<pivotTableDefinition xmlns="{MAIN}" name="透视"><location ref="A3:C9"/></pivotTableDefinition>'

        more = {
            "xl/pivotTables/pivotTable1.xml": pivot,
            "xl/worksheets/_rels/sheet1.xml.rels": relations([("pivotTable", "../pivotTables/pivotTable1.xml")]),
        }
        error = self.refusal(raw_workbook(worksheet(self.RECORDS), more=more), self.APPEND)
        assert (error.code, error.params["range"]) == ("S037", "A3:C9")


class TestHeaderCells:
    TABLE_XML = (
        f'<table xmlns="{MAIN}" id="1" name="表1" displayName="表1" ref="A1:B2"><tableColumns count="2">'
        '<tableColumn id="1" name="编号"/><tableColumn id="2" name="数量"/></tableColumns></table>'
    )
    ROWS = text_row(1, ["编号", "数量"]) + text_row(2, ["x", "y"])

    def data(self, formula: str = "") -> bytes:
        rows = self.ROWS + (f'<row r="3"><c r="D3"><f>{formula}</f><v>0</v></c></row>' if formula else "")
        return raw_workbook(worksheet(rows, after=TestRefusals.WITH_PARTS), tables=[self.TABLE_XML])

    def test_a_renamed_header_renames_the_table_column(self) -> None:
        data = edited(self.data(), SheetEdit(1, updates={1: {1: "件数"}}))
        assert b'<tableColumn id="2" name="\xe4\xbb\xb6\xe6\x95\xb0"/>' in parts_of(data)[TABLE]
        assert find_package_problems(data) == []

    def test_a_column_name_that_formulas_use_is_not_renamed(self) -> None:
        with pytest.raises(CannotEdit) as caught:
            edited(self.data("SUM(表1[数量])"), SheetEdit(1, updates={1: {1: "件数"}}))
        assert (caught.value.code, caught.value.params["part"]) == ("S042", SHEET)

    @pytest.mark.parametrize("name", ["", "编号"])
    def test_a_table_column_needs_a_name_of_its_own(self, name: str) -> None:
        with pytest.raises(CannotEdit) as caught:
            edited(self.data(), SheetEdit(1, updates={1: {1: name}}))
        assert caught.value.code == "S043"


def test_the_first_record_of_an_empty_table_fills_its_blank_row() -> None:
    table = TestHeaderCells.TABLE_XML.replace(' ref="A1:B2"', ' ref="A1:B2" insertRow="1"')
    sheet = worksheet(text_row(1, ["编号", "数量"]), after=TestRefusals.WITH_PARTS)
    data = edited(raw_workbook(sheet, tables=[table]), SheetEdit(1, appends=[{0: "x", 1: "y"}]))
    assert b"insertRow" not in parts_of(data)[TABLE]
    assert b'ref="A1:B2"' in parts_of(data)[TABLE]


def test_columns_people_inserted_or_moved_are_written_where_they_are_now() -> None:
    data = raw_workbook(worksheet(text_row(1, ["插入", "姓名", "编号"]) + text_row(2, ["备注", "张三", "1"])))
    data = edited(data, SheetEdit(1, updates={2: {1: "李四"}}, appends=[{2: "2", 1: "王五"}]))
    assert by_calamine(data, "登记")[1:] == [["备注", "李四", "1"], ["", "王五", "2"]]
