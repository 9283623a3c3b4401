"""Which sheets a workbook has: those with records, those somebody asked for, and everybody else's as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from tests.sheets_adapter.workbook_samples import Office, column_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def titles(office: Office) -> list[str]:
    return openpyxl.load_workbook(office.workbook).sheetnames


def add_blank_sheet(office: Office, title: str, at: int | None = None) -> None:
    book = openpyxl.load_workbook(office.workbook)
    book.create_sheet(title, at)
    book.save(office.workbook)


def test_a_fresh_workbook_has_no_sheet_for_a_form_without_records(office: Office) -> None:
    office.checkpoint()
    assert titles(office) == ["说明"]


def test_a_form_s_first_record_brings_its_sheet_behind_the_others(office: Office) -> None:
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.checkpoint()
    assert titles(office) == ["说明", "人员"]
    office.save("r1", {"customer_id": "C0001", "name": "金凤祥"})
    office.checkpoint()
    assert titles(office) == ["说明", "人员", "客户信息"]
    assert office.by_id()["r1"]["客户名称"] == "金凤祥"


def test_a_record_s_first_line_brings_the_sheet_of_lines(office: Office) -> None:
    office.save("r1", {"customer_id": "C0001", "name": "金凤祥"})
    office.checkpoint()
    assert "客户信息明细" not in titles(office)
    office.save("l1", {"record_id": "r1", "line_no": "1", "person": "王五"}, "customers.contacts")
    office.checkpoint()
    assert titles(office) == ["说明", "客户信息", "客户信息明细"]


def test_the_order_people_gave_their_sheets_stays(office: Office) -> None:
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.checkpoint()
    book = openpyxl.load_workbook(office.workbook)
    book.move_sheet("人员", -1)
    book.create_sheet("我的统计", 0)
    book.save(office.workbook)
    office.save("r1", {"customer_id": "C0001", "name": "金凤祥"})
    office.checkpoint()
    assert titles(office) == ["我的统计", "人员", "说明", "客户信息"]


def test_a_sheet_asked_for_is_made_though_it_has_no_record(office: Office) -> None:
    office.checkpoint()
    assert not office.backend.has_sheet("customers")
    office.backend.ensure_sheet("customers")
    assert office.backend.needs_checkpoint()
    office.checkpoint()
    assert titles(office) == ["说明", "客户信息", "客户信息明细"]
    assert office.backend.has_sheet("customers")


def test_a_sheet_asked_for_and_deleted_without_a_record_is_not_made_again(office: Office) -> None:
    office.backend.ensure_sheet("customers")
    office.checkpoint()
    book = openpyxl.load_workbook(office.workbook)
    del book["客户信息"]
    book.save(office.workbook)
    office.checkpoint()
    assert titles(office) == ["说明", "客户信息明细"]


def test_a_form_nobody_knows_has_no_sheet_to_ask_for(office: Office) -> None:
    with pytest.raises(KeyError, match="nothing"):
        office.backend.ensure_sheet("nothing")


def test_a_blank_sheet_with_a_form_s_title_gets_its_columns_where_it_stands(office: Office) -> None:
    office.checkpoint()
    add_blank_sheet(office, "客户信息", 0)
    office.checkpoint()
    assert titles(office) == ["客户信息", "说明"]
    sheet = openpyxl.load_workbook(office.workbook)["客户信息"]
    assert [cell.value for cell in sheet[1]][:3] == ["客户编号", "客户名称", "联系电话"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.b
    assert office.state.findings() == ()

    def type_a_row(sheet: Worksheet) -> None:
        sheet.cell(2, column_of(sheet, "客户编号")).value = "C0009"
        sheet.cell(2, column_of(sheet, "客户名称")).value = "老庙"

    office.edit(type_a_row)
    office.checkpoint()
    assert [row.values["name"] for row in office.rows().values()] == ["老庙"]


def test_a_blank_sheet_with_rules_of_people_s_own_keeps_them(office: Office) -> None:
    office.checkpoint()
    book = openpyxl.load_workbook(office.workbook)
    sheet = book.create_sheet("客户信息")
    rule = FormulaRule(formula=["A1>1"], font=Font(b=True))  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add("A1:A9", rule)
    book.save(office.workbook)
    office.checkpoint()
    sheet = openpyxl.load_workbook(office.workbook)["客户信息"]
    assert [cell.value for cell in sheet[1]][:2] == ["客户编号", "客户名称"]
    assert [str(one.sqref) for one in sheet.conditional_formatting] == ["A1:A9"]


def test_a_sheet_begun_by_hand_with_some_headers_is_completed(office: Office) -> None:
    office.checkpoint()
    book = openpyxl.load_workbook(office.workbook)
    sheet = book.create_sheet("客户信息")
    sheet.append(["客户名称", "联系电话", "我的备忘"])
    sheet.append(["周大生", "13800000009", "熟客"])
    book.save(office.workbook)
    office.checkpoint()
    (row,) = office.rows().values()
    assert (row.values["name"], row.extra) == ("周大生", {"我的备忘": "熟客"})
    assert office.sheet()[0]["记录编号"] == row.row_id
