"""A clumsy hour in the workbook: sorting half a table and worse. Nobody's record becomes another's, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from schemas.record import LIVE, VOID
from sheets_adapter.xlsx.lint import find_package_problems
from tests.sheets_adapter.workbook_samples import Office, column_of, delete_row, set_cell

NAMES = ("金凤祥", "老庙", "周大生", "六福", "周生生", "潮宏基")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    for number, name in enumerate(NAMES, 1):
        answers = {"customer_id": f"C{number:04}", "name": name, "phone": f"1380000000{number}", "keeper": "S001"}
        office.save(f"r{number}", {**answers, "credit": f"{number}000.00", "note": f"备注{number}"})
        line = {"record_id": f"r{number}", "line_no": "1", "person": name[::-1], "mobile": f"1390000000{number}"}
        office.save(f"l{number}", line, "customers.contacts")
    office.save("r6", {"status": VOID, "void_reason": "重复"})
    office.checkpoint()
    yield office
    office.close()


def content(office: Office) -> dict[str, dict[str, str]]:
    moving = {"updated_at", "updated_by"}
    return {
        row_id: {key: text for key, text in row.values.items() if key not in moving}
        for row_id, row in office.rows().items()
    }


def reverse(columns: slice) -> Callable[[Worksheet], None]:
    """Sorts the records the other way round, in some columns only."""

    def sort(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row[columns]] for row in sheet.iter_rows(min_row=2)]
        for row, texts in zip(sheet.iter_rows(min_row=2), reversed(rows), strict=True):
            for cell, text in zip(row[columns], texts, strict=True):
                cell.value = text

    return sort


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(slice(0, 3), id="the first three columns"),
        pytest.param(slice(0, 6), id="half of the answers"),
        pytest.param(slice(0, 10), id="all answers without the system columns"),
    ],
)
def test_rows_sorted_without_their_record_numbers_are_known_by_what_they_hold(office: Office, columns: slice) -> None:
    before = content(office)
    office.edit(reverse(columns))
    office.checkpoint()
    assert content(office) == before
    assert [(one.code, one.params["rows"]) for one in office.state.findings() if one.code == "S079"] == [("S079", "6")]
    shown = office.by_id()
    assert (shown["r1"]["客户编号"], shown["r1"]["客户名称"], shown["r1"]["备注"]) == ("C0001", "金凤祥", "备注1")
    assert (shown["r6"]["状态"], shown["r6"]["客户编号"]) == (VOID, "C0006")
    assert shown["r1"]["状态"] == LIVE


def test_lines_sorted_without_their_record_numbers_stay_with_their_records(office: Office) -> None:
    before = {row_id: dict(row.values) for row_id, row in office.rows("customers.contacts").items()}
    office.edit(reverse(slice(0, 2)), "客户信息明细")
    office.checkpoint()
    assert {row_id: dict(row.values) for row_id, row in office.rows("customers.contacts").items()} == before


def test_a_half_sorted_table_edited_at_once_leaves_references_with_the_names_they_mean(office: Office) -> None:
    for number in (2, 3):
        office.save(f"s{number}", {"staff_id": f"S00{number}", "staff_name": f"员工{number}"}, "staff")
    office.checkpoint()

    def sort_and_edit(sheet: Worksheet) -> None:
        reverse(slice(0, 2))(sheet)
        sheet.cell(3, 3).value = "S001"

    office.edit(sort_and_edit, "人员")
    office.checkpoint()
    assert {row["负责人"] for row in office.sheet()} == {"张三"}
    assert {row["负责人·编号"] for row in office.sheet()} == {"S001"}


def test_sorting_whole_rows_while_others_are_edited_keeps_both(office: Office) -> None:
    def sort_and_edit(sheet: Worksheet) -> None:
        reverse(slice(0, None))(sheet)
        set_cell("r2", "备注", "改过")(sheet)

    office.edit(sort_and_edit)
    office.checkpoint()
    assert office.values("r2")["note"] == "改过"
    assert office.values("r1")["name"] == "金凤祥"


def test_two_records_that_trade_their_names_were_edited(office: Office) -> None:
    def trade(sheet: Worksheet) -> None:
        at = column_of(sheet, "客户名称")
        for row, name, phone in ((2, "老庙", "13800000002"), (3, "金凤祥", "13800000001")):
            sheet.cell(row, at).value, sheet.cell(row, at + 1).value = name, phone

    office.edit(trade)
    office.checkpoint()
    assert [office.values(row_id)["name"] for row_id in ("r1", "r2")] == ["老庙", "金凤祥"]


def merge(sheet: Worksheet) -> None:
    sheet.merge_cells("B3:B5")


def hide(sheet: Worksheet) -> None:
    for row in (3, 4):
        sheet.row_dimensions[row].hidden = True
    sheet.auto_filter.add_filter_column(1, ["金凤祥"])


def protect(sheet: Worksheet) -> None:
    sheet.protection.sheet = True
    sheet.protection.password = "geheim"


def comment(sheet: Worksheet) -> None:
    sheet["B2"].comment = Comment("核对过", "会计")


def insert_left(sheet: Worksheet) -> None:
    sheet.insert_cols(1, 2)
    sheet["A1"] = "序号"


def title_above(sheet: Worksheet) -> None:
    sheet.insert_rows(1, 3)
    sheet["A1"] = "2026 年客户台账"


def erase_numbers(sheet: Worksheet) -> None:
    for row in range(2, 8):
        sheet.cell(row, column_of(sheet, "记录编号")).value = None


def fill_numbers_down(sheet: Worksheet) -> None:
    for row in range(2, 8):
        sheet.cell(row, column_of(sheet, "记录编号")).value = "r1"


def drop_system_columns(sheet: Worksheet) -> None:
    first = column_of(sheet, "记录编号")
    sheet.delete_cols(first, sheet.max_column - first + 1)


def break_header(sheet: Worksheet) -> None:
    sheet.cell(1, column_of(sheet, "客户名称")).value = "客户\n名称"


def blank_rows(sheet: Worksheet) -> None:
    sheet.insert_rows(4, 5)


@pytest.mark.parametrize(
    "slip",
    [hide, protect, comment, insert_left, title_above, erase_numbers, fill_numbers_down, drop_system_columns,
     break_header, blank_rows],
    ids=lambda slip: slip.__name__.replace("_", " "),
)  # fmt: skip
def test_a_slip_that_changes_no_answer_changes_no_record_and_work_goes_on(
    office: Office, slip: Callable[[Worksheet], None]
) -> None:
    before = content(office)
    office.edit(slip)
    office.checkpoint()
    assert {row_id: values for row_id, values in content(office).items() if row_id in before} == before
    assert office.rows().keys() == before.keys()
    office.save("r1", {"note": "系统里改的"})
    office.save("r9", {"customer_id": "C0009", "name": "新来的"})
    office.checkpoint()
    assert find_package_problems(office.workbook.read_bytes()) == []
    assert texts_of(office) >= {"系统里改的", "新来的"}


def texts_of(office: Office) -> set[Any]:
    sheet = openpyxl.load_workbook(office.workbook)["客户信息"]
    return {cell.value for row in sheet.iter_rows() for cell in row}


def test_merged_cells_keep_the_first_value_and_the_others_count_as_emptied(office: Office) -> None:
    office.edit(merge)
    office.checkpoint()
    assert [office.values(f"r{number}").get("name", "") for number in (1, 2, 3, 4, 5)] == [
        "金凤祥", "老庙", "", "", "周生生"
    ]  # fmt: skip


def test_values_of_the_wrong_kind_are_kept_as_typed_beside_all_others(office: Office) -> None:
    def paste(sheet: Worksheet) -> None:
        set_cell("r1", "合作日期", "去年春天")(sheet)
        set_cell("r2", "授信额度", "一千块")(sheet)
        set_cell("r3", "客户级别", "特级")(sheet)

    office.edit(paste)
    office.checkpoint()
    raw = [dict(office.rows()[row_id].raw) for row_id in ("r1", "r2", "r3")]
    assert raw == [{"since": "去年春天"}, {"credit": "一千块"}, {"level": "特级"}]
    assert {one.code for one in office.state.findings()} == {"V020", "V010", "V037"}


def test_deleted_and_duplicated_rows_in_one_save(office: Office) -> None:
    def slip(sheet: Worksheet) -> None:
        for column in range(1, sheet.max_column + 1):
            sheet.cell(9, column).value = sheet.cell(2, column).value
        delete_row("r2")(sheet)

    office.edit(slip)
    office.checkpoint()
    assert office.values("r2")["status"] == VOID
    assert office.values("r1")["status"] == LIVE
    copies = office.rows().keys() - {f"r{number}" for number in range(1, 7)}
    assert [office.values(row_id)["name"] for row_id in copies] == ["金凤祥"]
