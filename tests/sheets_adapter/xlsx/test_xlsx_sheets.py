"""New workbooks, new sheets, new columns: accepted by every reader and dressed as designed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from sheets_adapter.xlsx import (
    CannotEdit,
    ColumnDesign,
    NewColumn,
    SheetDesign,
    SheetEdit,
    Workbook,
    new_workbook,
)
from sheets_adapter.xlsx.lint import find_package_problems
from tests.sheets_adapter.xlsx.samples import (
    MAIN,
    NASTY,
    by_calamine,
    by_openpyxl,
    changed_parts,
    parts_of,
    raw_workbook,
    text_row,
    worksheet,
    zipped,
)

CITIES = tuple(f"城市{number:03d}" for number in range(200))
CUSTOMERS = SheetDesign(
    "客户信息",
    (
        ColumnDesign("客户编号", "text", 12),
        ColumnDesign("登记日期", "date", 12, note="合同签订的日期"),
        ColumnDesign("等级", "general", 8, choices=("甲", '乙"级"')),
        ColumnDesign("城市", "general", 12, choices=CITIES),
        ColumnDesign("金额", "money", 14),
        ColumnDesign("占比", "percent", 10),
        ColumnDesign("状态", "general", 10, choices=("有效", "已作废")),
        ColumnDesign("城市·编号", "text", 10, hidden=True),
    ),
    status_column=6,
)


@pytest.fixture(scope="module")
def fresh() -> bytes:
    workbook = Workbook.open(new_workbook(["客户管理", "=1+1 在这里只是文字"]))
    workbook.add_sheet(CUSTOMERS)
    return workbook.to_bytes()


@pytest.fixture(scope="module")
def in_nasty() -> bytes:
    workbook = Workbook.open(NASTY)
    workbook.add_sheet(CUSTOMERS)
    return workbook.to_bytes()


class TestFreshWorkbook:
    def test_the_explanation_is_text_in_a_font_for_chinese(self, fresh: bytes) -> None:
        sheet = by_openpyxl(fresh)["说明"]
        assert [sheet["A1"].value, sheet["A2"].value] == ["客户管理", "=1+1 在这里只是文字"]
        assert sheet["A2"].data_type == "s"
        assert {sheet["A1"].font.name, sheet["A2"].font.name} == {"微软雅黑"}

    def test_the_header_is_bold_filled_underlined_and_wraps(self, fresh: bytes) -> None:
        header = by_openpyxl(fresh)["客户信息"]["A1"]
        assert header.value == "客户编号"
        assert header.font.b
        assert header.font.name == "微软雅黑"
        assert header.fill.fgColor.rgb == "FFEEF3F8"
        assert header.border.bottom.style == "thin"
        assert header.alignment.wrap_text

    def test_the_header_is_frozen_filtered_and_repeated_in_print(self, fresh: bytes) -> None:
        sheet = by_openpyxl(fresh)["客户信息"]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == "A1:H1"
        assert sheet.print_title_rows == "$1:$1"

    def test_columns_have_widths_and_hidden_ones_are_hidden(self, fresh: bytes) -> None:
        columns = by_openpyxl(fresh)["客户信息"].column_dimensions
        assert [columns[letter].width for letter in "ABE"] == [12, 12, 14]
        assert columns["H"].hidden
        assert not columns["A"].hidden

    def test_cells_people_type_by_hand_get_the_columns_format(self, fresh: bytes) -> None:
        book = by_openpyxl(fresh)
        columns = book["客户信息"].column_dimensions
        shown = {letter: columns[letter].number_format for letter in "ABCEFH"}
        assert shown == {"A": "@", "B": "yyyy-mm-dd", "C": "General", "E": '"¥"#,##0.00;[Red]\\-"¥"#,##0.00',
                         "F": "0.00%", "H": "@"}  # fmt: skip

    def test_choices_are_dropdowns_inline_or_from_the_hidden_list_sheet(self, fresh: bytes) -> None:
        book = by_openpyxl(fresh)
        rules = {str(rule.sqref): rule.formula1 for rule in book["客户信息"].data_validations.dataValidation}
        assert rules["C2:C1048576"] == '"甲,乙""级"""'
        assert rules["G2:G1048576"] == '"有效,已作废"'
        assert rules["D2:D1048576"] == "选项列表!$A$2:$A$201"
        assert book["选项列表"].sheet_state == "hidden"
        assert [cell.value for cell in book["选项列表"]["A"]] == ["城市", *CITIES]

    def test_a_note_is_shown_when_the_header_is_selected(self, fresh: bytes) -> None:
        rules = by_openpyxl(fresh)["客户信息"].data_validations.dataValidation
        assert [(str(rule.sqref), rule.prompt) for rule in rules if rule.prompt] == [("B1", "合同签订的日期")]

    def test_a_withdrawn_row_is_grey_and_struck_through(self, fresh: bytes) -> None:
        formats = by_openpyxl(fresh)["客户信息"].conditional_formatting
        (area,) = formats
        (rule,) = area.rules
        assert str(area.sqref) == "A2:H1048576"
        assert rule.formula == ['$G2="已作废"']
        assert rule.dxf.font.strike
        assert rule.dxf.font.color.rgb == "FF9AA0A6"

    def test_records_take_the_designed_formats(self, fresh: bytes) -> None:
        workbook = Workbook.open(fresh)
        workbook.edit("客户信息", SheetEdit(1, appends=[{0: "00012", 1: date(2026, 7, 9), 4: Decimal("12.50")}]))
        sheet = by_openpyxl(workbook.to_bytes())["客户信息"]
        assert [sheet[f"{letter}2"].number_format for letter in "ABE"] == [
            "@",
            "yyyy-mm-dd",
            '"¥"#,##0.00;[Red]\\-"¥"#,##0.00',
        ]
        assert sheet.auto_filter.ref == "A1:H2"

    def test_the_linter_finds_nothing(self, fresh: bytes) -> None:
        assert find_package_problems(fresh) == []


class TestInPeoplesWorkbook:
    def test_only_the_lists_of_parts_and_the_styles_change(self, in_nasty: bytes) -> None:
        assert changed_parts(NASTY, in_nasty) == {
            "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
            "xl/worksheets/sheet5.xml", "xl/worksheets/sheet6.xml",
        }  # fmt: skip

    def test_the_header_follows_the_workbooks_own_font(self, in_nasty: bytes) -> None:
        assert by_openpyxl(in_nasty)["客户信息"]["A1"].font.name == "Calibri"

    def test_other_sheets_read_as_before(self, in_nasty: bytes) -> None:
        for sheet in ("订单登记", "字典", "统计", "说明"):
            assert by_calamine(in_nasty, sheet) == by_calamine(NASTY, sheet)

    def test_the_linter_finds_nothing(self, in_nasty: bytes) -> None:
        assert find_package_problems(in_nasty) == []

    def test_names_of_later_sheets_keep_their_sheet_when_one_is_put_before_them(self) -> None:
        workbook = Workbook.open(NASTY)
        workbook.add_sheet(SheetDesign("新表", (ColumnDesign("a"),)), at=0)
        data = workbook.to_bytes()
        book = by_openpyxl(data)
        assert book.sheetnames == ["新表", "订单登记", "字典", "统计", "说明", "图表页"]
        assert book["订单登记"].print_title_rows == "$1:$1"
        assert "本表合计" in book["订单登记"].defined_names
        assert book.active.title == "订单登记"
        assert find_package_problems(data) == []

    def test_long_lists_that_are_the_same_are_kept_once(self) -> None:
        workbook = Workbook.open(new_workbook(["x"]))
        for title in ("一", "二"):
            workbook.add_sheet(SheetDesign(title, (ColumnDesign("城市", choices=CITIES),)))
        workbook.add_sheet(SheetDesign("三", (ColumnDesign("城市", choices=(*CITIES, "其他")),)))
        held = Workbook.open(workbook.to_bytes()).read("选项列表")
        assert [len([row for row in held.rows if len(row) > column and row[column]]) for column in (0, 1)] == [201, 202]

    def test_a_list_sheet_of_peoples_is_not_taken_for_ours(self) -> None:
        workbook = Workbook.open(new_workbook(["x"]))
        workbook.add_sheet(SheetDesign("选项列表", (ColumnDesign("我的"),)))
        workbook.add_sheet(SheetDesign("一", (ColumnDesign("城市", choices=CITIES),)))
        assert [info.name for info in workbook.sheets] == ["说明", "选项列表", "选项列表2", "一"]
        assert workbook.read("选项列表").rows == [["我的"]]

    @pytest.mark.parametrize(
        "title", ["", "x" * 32, "😀" * 16, "a/b", "a[b]", "a:b", "what?", "'a", "说明", "A", "选项\x01"]
    )
    def test_a_title_excel_would_not_take_is_refused(self, title: str) -> None:
        workbook = Workbook.open(new_workbook(["x"]))
        workbook.add_sheet(SheetDesign("a"))
        with pytest.raises(CannotEdit) as caught:
            workbook.add_sheet(SheetDesign(title))
        assert caught.value.code == "S041"

    def test_a_workbook_with_a_locked_structure_gets_no_sheet(self) -> None:
        data = raw_workbook(worksheet(""), properties='<workbookProtection lockStructure="1"/>')
        with pytest.raises(CannotEdit) as caught:
            Workbook.open(data).add_sheet(CUSTOMERS)
        assert caught.value.code == "S040"

    def test_a_prefixed_workbook_part_gets_a_prefixed_sheet(self) -> None:
        parts = parts_of(raw_workbook(worksheet(text_row(1, ["a"]))))
        body = parts["xl/workbook.xml"].partition(b"?>")
        prefixed = re.sub(rb"<(/?)", rb"<\1x:", body[2]).replace(b"xmlns=", b"xmlns:x=")
        workbook = Workbook.open(zipped(parts | {"xl/workbook.xml": body[0] + body[1] + prefixed}))
        workbook.add_sheet(SheetDesign("二", (ColumnDesign("a"),)))
        workbook.set_name("_portal_id", '"x"')
        data = workbook.to_bytes()
        assert by_calamine(data, "二") == [["a"]]
        assert find_package_problems(data) == []


class TestNewColumns:
    def added(self, sheet: str, *columns: NewColumn, tables: tuple[str, ...] = (), names: str = "") -> bytes:
        workbook = Workbook.open(raw_workbook(sheet, tables=tables, names=names))
        self.positions = workbook.edit("登记", SheetEdit(1, new_columns=columns)).new_columns
        data = workbook.to_bytes()
        assert find_package_problems(data) == []
        return data

    RECORDS = text_row(1, ["编号", "姓名"], style=3) + text_row(2, ["1", "张三"], style=2)

    def test_it_stands_right_of_everything_used_and_looks_like_its_neighbour(self) -> None:
        data = self.added(worksheet(self.RECORDS), NewColumn("占比", "percent", 11), NewColumn("备注"))
        assert self.positions == (2, 3)
        sheet = by_openpyxl(data)["登记"]
        assert [cell.value for cell in sheet[1]] == ["编号", "姓名", "占比", "备注"]
        assert sheet["C1"].number_format == sheet["A1"].number_format
        assert sheet.column_dimensions["C"].width == 11
        assert sheet.column_dimensions["C"].number_format == "0.00%"
        assert sheet.column_dimensions["D"].number_format == "General"

    def test_values_further_right_in_any_row_are_kept_clear_of(self) -> None:
        note = '<row r="9"><c r="A9"/><c r="F9"><v>1</v></c><c r="H9" s="2"/></row>'
        self.added(worksheet(self.RECORDS + note), NewColumn("备注"))
        assert self.positions == (6,)

    def test_a_column_range_that_covers_it_is_split(self) -> None:
        wide = '<cols><col min="1" max="2" width="20"/><col min="3" max="16384" width="9" hidden="1"/></cols>'
        part = parts_of(self.added(worksheet(self.RECORDS, before=wide), NewColumn("备注", width=12)))
        assert (
            b'<col min="1" max="2" width="20"/><col min="3" max="3" width="12" style="4" customWidth="1"/>'
            b'<col min="4" max="16384" width="9" hidden="1"/>' in part["xl/worksheets/sheet1.xml"]
        )

    def test_the_sheets_filter_takes_it_in(self) -> None:
        names = (
            '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">登记!$A$1:$B$2'
            "</definedName></definedNames>"
        )
        data = self.added(worksheet(self.RECORDS, after='<autoFilter ref="A1:B2"/>'), NewColumn("备注"), names=names)
        assert by_openpyxl(data)["登记"].auto_filter.ref == "A1:C2"
        assert "登记!$A$1:$C$2".encode() in parts_of(data)["xl/workbook.xml"]

    def test_the_table_beside_it_takes_it_in(self) -> None:
        table = (
            f'<table xmlns="{MAIN}" id="1" name="表1" displayName="表1" ref="A1:B2"><autoFilter ref="A1:B2"/>'
            '<tableColumns count="2"><tableColumn id="1" name="编号"/><tableColumn id="7" name="姓名"/></tableColumns>'
            "</table>"
        )
        sheet = worksheet(self.RECORDS, after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>')
        data = self.added(sheet, NewColumn("备注"), tables=(table,))
        part = parts_of(data)["xl/tables/table1.xml"].decode()
        assert 'ref="A1:C2"><autoFilter ref="A1:C2"/><tableColumns count="3">' in part
        assert '<tableColumn id="8" name="备注"/></tableColumns>' in part

    def test_choices_join_the_validations_that_are_there(self) -> None:
        present = '<dataValidations count="1"><dataValidation type="whole" sqref="A2"/></dataValidations>'
        data = self.added(worksheet(self.RECORDS, after=present), NewColumn("状态", choices=("有效", "已作废")),
                          NewColumn("城市", choices=CITIES, hidden=True))  # fmt: skip
        rules = {str(one.sqref): one.formula1 for one in by_openpyxl(data)["登记"].data_validations.dataValidation}
        assert rules == {"A2": None, "C2:C1048576": '"有效,已作废"', "D2:D1048576": "选项列表!$A$2:$A$201"}
        assert by_openpyxl(data)["登记"].column_dimensions["D"].hidden

    def test_an_edit_refused_later_adds_no_column(self) -> None:
        data = raw_workbook(worksheet(self.RECORDS))
        workbook = Workbook.open(data)
        with pytest.raises(CannotEdit):
            workbook.edit("登记", SheetEdit(1, new_columns=[NewColumn("备注")], appends=[{0: float("nan")}]))
        assert workbook.to_bytes() == data
