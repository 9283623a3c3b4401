"""Hand edits of the workbook: every one is taken up, and nothing people made is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from schemas.record import LIVE, VOID
from tests.sheets_adapter.workbook_samples import (
    CUSTOMERS,
    STAFF,
    Office,
    add_row,
    changed_template,
    column_of,
    delete_row,
    row_of,
    set_cell,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.save("s2", {"staff_id": "S002", "staff_name": "李四"}, "staff")
    for number, name in enumerate(("金凤祥", "老庙", "周大生"), 1):
        office.save(
            f"r{number}",
            {
                "customer_id": f"C000{number}",
                "name": name,
                "phone": f"1380000000{number}",
                "level": "A级",
                "since": "2026-07-09",
                "credit": "1000.00",
                "keeper": "S001",
            },
        )
    office.save(
        "l1", {"record_id": "r1", "line_no": "1", "person": "王五", "mobile": "13911111111"}, "customers.contacts"
    )
    office.checkpoint()
    yield office
    office.close()


def test_a_new_workbook_shows_every_record_as_people_read_it(office: Office) -> None:
    row = office.by_id()["r1"]
    assert row["客户编号"] == "C0001"
    assert row["联系电话"] == "13800000001"
    assert row["合作日期"].date() == date(2026, 7, 9)
    assert row["授信额度"] == 1000
    assert (row["负责人"], row["负责人·编号"]) == ("张三", "S001")
    assert (row["状态"], row["创建人"]) == (LIVE, "S001 张三")
    line = office.by_id("客户信息明细", "行编号")["l1"]
    assert (line["姓名"], line["记录编号"], line["行号"]) == ("王五", "r1", 1)
    assert openpyxl.load_workbook(office.workbook).sheetnames == ["说明", "人员", "客户信息", "客户信息明细"]


def test_a_checkpoint_with_nothing_to_do_leaves_the_file_alone(office: Office) -> None:
    before = office.workbook.stat()
    office.checkpoint()
    assert office.workbook.stat().st_mtime_ns == before.st_mtime_ns


def test_an_edited_cell_is_taken_with_the_workbook_as_its_author(office: Office) -> None:
    office.edit(set_cell("r2", "授信额度", 2500.5))
    office.checkpoint()
    assert office.values("r2")["credit"] == "2500.50"
    assert office.values("r2")["updated_by"] == "工作簿"
    assert office.by_id()["r2"]["更新人"] == "工作簿"
    changes = office.journal.changes(row_id="r2")
    assert [(change.source, change.actor) for change in changes] == [
        ("portal", "S001 张三"), ("workbook", "工作簿"), ("system", "系统"),
    ]  # fmt: skip
    assert office.by_id()["r2"]["两倍额度"] == 5001


def test_an_edit_made_while_the_portal_was_off_is_taken_when_it_starts(office: Office) -> None:
    office.close()
    office.edit(set_cell("r2", "客户名称", "老庙黄金"))
    office.open()
    office.checkpoint()
    assert office.values("r2")["name"] == "老庙黄金"


def test_edits_on_both_sides_of_one_record_are_joined(office: Office) -> None:
    office.save("r1", {"note": "重点客户"})
    office.edit(set_cell("r1", "客户级别", "B级"))
    office.checkpoint()
    row = office.by_id()["r1"]
    assert (row["备注"], row["客户级别"]) == ("重点客户", "B级")
    assert (office.values("r1")["note"], office.values("r1")["level"]) == ("重点客户", "B级")


def test_the_same_cell_changed_on_both_sides_is_a_conflict_that_keeps_both(office: Office) -> None:
    office.save("r1", {"credit": "1200.00"})
    office.edit(set_cell("r1", "授信额度", 1350))
    status = office.checkpoint()
    assert status.conflicts == 1
    conflict = office.state.conflicts()[0]
    assert (conflict.row_id, conflict.column) == ("r1", "credit")
    assert (conflict.base, conflict.ours, conflict.theirs) == ("1000.00", "1200.00", "1350.00")
    assert office.by_id()["r1"]["授信额度"] == 1200


def test_sorting_all_rows_changes_no_record(office: Office) -> None:
    def turn_over(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for number, values in enumerate(reversed(rows), 2):
            for column, value in enumerate(values, 1):
                sheet.cell(number, column).value = value

    before, revision = office.rows(), office.journal.revision()
    office.edit(turn_over)
    office.checkpoint()
    assert (office.rows(), office.journal.revision()) == (before, revision)
    office.save("r3", {"note": "在第一行"})
    office.checkpoint()
    assert office.sheet()[0]["备注"] == "在第一行"


def test_a_row_typed_without_an_id_becomes_a_record_of_its_owner(office: Office) -> None:
    office.edit(add_row(客户编号="C0009", 客户名称="六福", 合作日期=date(2026, 1, 5), 负责人="李四"))
    office.checkpoint()
    new = next(row for row in office.rows().values() if row.values.get("name") == "六福")
    assert new.values["since"] == "2026-01-05"
    assert new.values["keeper"] == "S002"
    assert (new.values["status"], new.values["created_by"]) == (LIVE, "S002 李四")
    row = office.by_id()[new.row_id]
    assert (row["客户名称"], row["负责人·编号"], row["状态"]) == ("六福", "S002", LIVE)


def test_a_typed_row_is_adopted_once_though_its_id_has_to_wait(office: Office) -> None:
    office.edit(add_row(客户名称="六福"))
    office.backend.sync_in()
    office.edit(set_cell("r1", "备注", "又存了一次"))
    office.backend.sync_in()
    office.restart()
    office.checkpoint()
    assert sorted(row.values["name"] for row in office.rows().values()) == ["六福", "周大生", "老庙", "金凤祥"]


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("own_id", [{}, {"记录编号": "HAND-1"}], ids=["without an id", "with an id of its own"])
def test_a_typed_row_is_adopted_once_though_the_portal_died_over_it(office: Office, monkeypatch, own_id) -> None:
    def die(*_: object) -> None:
        raise Died

    office.edit(add_row(客户名称="六福", **own_id))
    with monkeypatch.context() as patched:
        patched.setattr(office.repository, "take_in", die)
        with pytest.raises(Died):
            office.backend.sync_in()
    office.restart()
    office.checkpoint()
    assert sorted(row.values["name"] for row in office.rows().values()) == ["六福", "周大生", "老庙", "金凤祥"]


def test_typing_on_in_a_row_whose_id_is_still_on_its_way_changes_that_record(office: Office) -> None:
    office.edit(add_row(客户名称="六福"))
    office.backend.sync_in()
    office.edit(lambda sheet: sheet.cell(5, column_of(sheet, "联系电话"), "13900000000") and None)
    office.checkpoint()
    names = {row.values["name"]: row.values.get("phone") for row in office.rows().values()}
    assert names["六福"] == "13900000000"
    assert len(names) == 4


def test_a_copied_row_gets_an_id_of_its_own(office: Office) -> None:
    def copy_first(sheet: Worksheet) -> None:
        values = [cell.value for cell in sheet[row_of(sheet, "r1")]]
        sheet.append(values)
        sheet.cell(sheet.max_row, column_of(sheet, "客户名称")).value = "金凤祥分店"

    office.edit(copy_first)
    office.checkpoint()
    assert office.values("r1")["name"] == "金凤祥"
    copies = [row for row in office.rows().values() if row.values["name"] == "金凤祥分店"]
    assert len(copies) == 1
    assert office.by_id()[copies[0].row_id]["客户名称"] == "金凤祥分店"
    assert "S064" in {finding.code for finding in office.state.findings()}


def test_a_deleted_row_is_withdrawn_and_restoring_it_puts_it_back(office: Office) -> None:
    office.edit(delete_row("r2"))
    office.checkpoint()
    assert office.values("r2")["status"] == VOID
    assert set(office.by_id()) == {"r1", "r3"}
    office.save("r2", {"status": LIVE})
    office.checkpoint()
    assert office.by_id()["r2"]["客户名称"] == "老庙"


def test_a_record_withdrawn_in_the_portal_keeps_its_row(office: Office) -> None:
    office.save("r2", {"status": VOID, "void_reason": "重复"})
    office.checkpoint()
    row = office.by_id()["r2"]
    assert (row["状态"], row["作废原因"]) == (VOID, "重复")


def test_the_status_column_is_edited_like_any_other(office: Office) -> None:
    office.edit(set_cell("r2", "状态", VOID))
    office.checkpoint()
    assert office.values("r2")["status"] == VOID
    assert office.journal.changes(row_id="r2")[-1].verb == "withdraw"


def test_a_status_that_is_none_is_put_back_and_reported(office: Office) -> None:
    office.edit(set_cell("r2", "状态", "暂停"))
    office.checkpoint()
    assert office.by_id()["r2"]["状态"] == LIVE
    assert "S065" in {finding.code for finding in office.state.findings()}


def test_an_inserted_column_of_people_s_own_is_kept_and_carried_along(office: Office) -> None:
    def insert(sheet: Worksheet) -> None:
        sheet.insert_cols(3)
        sheet.cell(1, 3).value = "客户经理备注"
        sheet.cell(row_of(sheet, "r1"), 3).value = "老客户"

    office.edit(insert)
    office.save("r1", {"note": "新备注"})
    office.checkpoint()
    assert office.rows()["r1"].extra == {"客户经理备注": "老客户"}
    row = office.by_id()["r1"]
    assert (row["客户经理备注"], row["备注"], row["客户名称"]) == ("老客户", "新备注", "金凤祥")


def test_a_column_of_formulas_of_people_s_own_goes_on_in_new_rows(office: Office) -> None:
    def add_formulas(sheet: Worksheet) -> None:
        column = sheet.max_column + 1
        sheet.cell(1, column).value = "额度加一"
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, column).value = f"=F{row}+1"

    office.edit(add_formulas)
    office.checkpoint()
    office.save("r4", {"customer_id": "C0004", "name": "潮宏基", "credit": "7.00"})
    office.checkpoint()
    rows = office.by_id()
    assert rows["r1"]["额度加一"] == "=F2+1"
    assert rows["r4"]["额度加一"] == "=F5+1"


def test_a_renamed_column_is_still_known(office: Office) -> None:
    office.edit(lambda sheet: sheet.cell(1, column_of(sheet, "客户名称"), "公司") and None)
    office.checkpoint()
    office.edit(lambda sheet: sheet.cell(row_of(sheet, "r1"), column_of(sheet, "公司"), "金凤祥总店") and None)
    office.checkpoint()
    assert office.values("r1")["name"] == "金凤祥总店"
    assert "客户名称" not in office.sheet()[0]


def test_a_deleted_column_comes_back_with_its_values(office: Office) -> None:
    office.edit(lambda sheet: sheet.delete_cols(column_of(sheet, "联系电话")))
    office.checkpoint()
    assert office.values("r1")["phone"] == "13800000001"
    assert office.by_id()["r1"]["联系电话"] == "13800000001"


def test_a_deleted_id_column_makes_no_new_records(office: Office) -> None:
    office.edit(lambda sheet: sheet.delete_cols(column_of(sheet, "记录编号")))
    office.checkpoint()
    assert set(office.rows()) == {"r1", "r2", "r3"}
    assert set(office.by_id()) == {"r1", "r2", "r3"}


def test_a_deleted_sheet_is_made_again_and_withdraws_nothing(office: Office) -> None:
    book = openpyxl.load_workbook(office.workbook)
    del book["客户信息"]
    book.save(office.workbook)
    office.checkpoint()
    assert set(office.by_id()) == {"r1", "r2", "r3"}
    assert all(row.values["status"] == LIVE for row in office.rows().values())


def test_a_renamed_sheet_is_still_known(office: Office) -> None:
    def rename(sheet: Worksheet) -> None:
        sheet.cell(row_of(sheet, "r1"), column_of(sheet, "备注")).value = "改了表名"
        sheet.title = "我们的客户"
        for name in sheet.parent.defined_names.values():
            name.attr_text = name.attr_text.replace("客户信息!", "我们的客户!")

    office.edit(rename)
    office.checkpoint()
    assert office.values("r1")["note"] == "改了表名"
    assert "客户信息" not in openpyxl.load_workbook(office.workbook).sheetnames


def test_a_cell_that_does_not_fit_is_kept_as_it_is_and_reported_at_its_address(office: Office) -> None:
    office.edit(set_cell("r3", "合作日期", "下周"))
    office.checkpoint()
    row = office.rows()["r3"]
    assert "since" not in row.values
    assert row.raw == {"since": "下周"}
    finding = next(finding for finding in office.state.findings() if finding.params.get("value") == "下周")
    assert str(finding.at) == "客户信息!E4"
    office.save("r3", {"note": "别的字段"})
    office.checkpoint()
    assert office.by_id()["r3"]["合作日期"] == "下周"


def test_a_computed_cell_changed_by_hand_is_put_back_and_reported(office: Office) -> None:
    office.save("r1", {"double_credit": "2000.00"})
    office.checkpoint()
    office.edit(set_cell("r1", "两倍额度", 5))
    office.checkpoint()
    assert office.by_id()["r1"]["两倍额度"] == 2000
    assert "S066" in {finding.code for finding in office.state.findings()}


def test_a_formula_people_put_into_a_computed_column_stays(office: Office) -> None:
    office.edit(set_cell("r1", "两倍额度", "=F2*2"))
    office.save("r1", {"double_credit": "2000.00", "note": "算过"})
    office.checkpoint()
    row = office.by_id()["r1"]
    assert (row["两倍额度"], row["备注"]) == ("=F2*2", "算过")


@pytest.mark.parametrize(
    ("display", "key", "expected"),
    [("李四", "S001", "S002"), ("张三", "S002", "S002"), ("李四", "S002", "S002"), (None, "S001", None)],
    ids=["only the name changed", "only the key changed", "both changed", "the name was emptied"],
)
def test_a_reference_follows_the_half_that_was_changed(
    office: Office, display: str | None, key: str, expected: str | None
) -> None:
    def change(sheet: Worksheet) -> None:
        row = row_of(sheet, "r1")
        sheet.cell(row, column_of(sheet, "负责人")).value = display
        sheet.cell(row, column_of(sheet, "负责人·编号")).value = key

    office.edit(change)
    office.checkpoint()
    assert office.values("r1").get("keeper") == expected
    shown = office.by_id()["r1"]
    names = {"S001": "张三", "S002": "李四", None: None}
    assert (shown["负责人"], shown["负责人·编号"]) == (names[expected], expected)


def test_a_name_nobody_has_is_kept_as_typed_until_somebody_has_it(office: Office) -> None:
    office.edit(set_cell("r1", "负责人", "赵六"))
    office.checkpoint()
    assert office.rows()["r1"].raw == {"keeper": "赵六"}
    assert office.by_id()["r1"]["负责人"] == "赵六"
    office.save("s3", {"staff_id": "S003", "staff_name": "赵六"}, "staff")
    office.edit(set_cell("r2", "备注", "存一次"))
    office.checkpoint()
    assert office.values("r1")["keeper"] == "S003"
    assert office.by_id()["r1"]["负责人·编号"] == "S003"


def test_renaming_a_person_refreshes_the_name_everywhere_and_is_no_conflict(office: Office) -> None:
    office.save("s1", {"staff_name": "张三丰"}, "staff")
    revision = office.journal.revision()
    status = office.checkpoint()
    assert {row["负责人"] for row in office.sheet()} == {"张三丰"}
    assert (status.conflicts, office.journal.revision()) == (0, revision)


def test_people_and_the_customers_naming_them_are_adopted_in_one_go(office: Office) -> None:
    book = openpyxl.load_workbook(office.workbook)
    staff, customers = book["人员"], book["客户信息"]
    staff.cell(4, 1).value, staff.cell(4, 2).value, staff.cell(4, column_of(staff, "直属上级")).value = (
        "S003",
        "赵六",
        "钱七",
    )
    staff.cell(5, 1).value, staff.cell(5, 2).value = "S004", "钱七"
    customers.cell(2, column_of(customers, "负责人")).value = "赵六"
    book.save(office.workbook)
    office.checkpoint()
    assert office.values("r1")["keeper"] == "S003"
    chief = {row.values["staff_id"]: row.values.get("manager") for row in office.rows("staff").values()}
    assert chief["S003"] == "S004"


def test_a_line_typed_under_a_record_is_adopted_as_its_next_line(office: Office) -> None:
    office.edit(add_row(姓名="孙八", 记录编号="r1"), "客户信息明细")
    office.checkpoint()
    new = next(row for row in office.rows("customers.contacts").values() if row.values["person"] == "孙八")
    assert (new.values["record_id"], new.values["line_no"], new.values["status"]) == ("r1", "2", LIVE)
    assert office.by_id("客户信息明细", "行编号")[new.row_id]["行号"] == 2


def test_a_line_that_names_no_record_is_left_in_the_sheet_and_reported(office: Office) -> None:
    office.edit(add_row(姓名="孙八", 记录编号="r77"), "客户信息明细")
    office.checkpoint()
    assert len(office.rows("customers.contacts")) == 1
    finding = next(finding for finding in office.state.findings() if finding.code == "S071")
    assert str(finding.at) == "客户信息明细!C3"


def test_totals_beneath_the_records_are_no_record(office: Office) -> None:
    office.edit(add_row(客户编号="合计", 授信额度=3000))
    office.checkpoint()
    assert set(office.rows()) == {"r1", "r2", "r3"}


def test_an_added_field_becomes_a_column_and_a_renamed_one_gets_its_new_header(office: Office) -> None:
    fields = list(CUSTOMERS.model_dump(by_alias=True)["fields"])
    fields[1] |= {"label": {"zh": "客户全称", "en": "Name"}, "was": ["客户名称"]}
    fields.append({"key": "region", "type": "text", "label": {"zh": "区域", "en": "Region"}})
    office.close()
    office.templates = (STAFF, changed_template(CUSTOMERS, fields=fields))
    office.open()
    office.checkpoint()
    office.save("r1", {"region": "华东"})
    office.checkpoint()
    row = office.by_id()["r1"]
    assert (row["客户全称"], row["区域"]) == ("金凤祥", "华东")
    assert "客户名称" not in row


def test_a_header_people_renamed_is_not_renamed_again(office: Office) -> None:
    office.edit(lambda sheet: sheet.cell(1, column_of(sheet, "客户名称"), "公司") and None)
    office.checkpoint()
    fields = list(CUSTOMERS.model_dump(by_alias=True)["fields"])
    fields[1] |= {"label": {"zh": "客户全称", "en": "Name"}, "was": ["客户名称"]}
    office.close()
    office.templates = (STAFF, changed_template(CUSTOMERS, fields=fields))
    office.open()
    office.checkpoint()
    assert office.by_id()["r1"]["公司"] == "金凤祥"


def test_a_removed_field_becomes_a_column_of_people_s_own(office: Office) -> None:
    fields = [one for one in CUSTOMERS.model_dump(by_alias=True)["fields"] if one["key"] != "level"]
    office.close()
    office.templates = (STAFF, changed_template(CUSTOMERS, fields=fields))
    office.open()
    office.checkpoint()
    assert office.by_id()["r1"]["客户级别"] == "A级"
    assert office.rows()["r1"].extra == {"客户级别": "A级"}


def test_a_receipt_names_the_row_only_when_the_workbook_shows_it(office: Office) -> None:
    assert office.state.row_of("customers", "r2") == ("客户信息", 3)
    office.save("r2", {"note": "新"})
    assert office.state.row_of("customers", "r2") is None
    assert office.backend.status().pending == 1
    office.checkpoint()
    assert office.state.row_of("customers", "r2") == ("客户信息", 3)


def add_own_column(sheet: Worksheet) -> None:
    column = sheet.max_column + 1
    sheet.cell(1, column).value = "序号"
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column).value = row * 10


def test_a_change_in_a_column_of_people_s_own_does_not_make_the_record_newer(office: Office) -> None:
    before = {row_id: row.values for row_id, row in office.rows().items()}
    office.edit(add_own_column)
    office.checkpoint()
    assert office.rows()["r2"].extra == {"序号": "30"}
    assert {row_id: row.values for row_id, row in office.rows().items()} == before


def test_a_row_an_old_copy_lacks_comes_back_with_people_s_own_numbers(office: Office) -> None:
    office.edit(add_own_column)
    office.checkpoint()
    old = office.workbook.read_bytes()
    office.save("r4", {"customer_id": "C0004", "name": "潮宏基"})
    office.checkpoint()
    office.edit(set_cell("r4", "序号", 77.5))
    office.checkpoint()
    office.save("r1", {"note": "新一代"})
    office.checkpoint()
    office.workbook.write_bytes(old)
    office.checkpoint()
    row = office.by_id()["r4"]
    assert (row["客户名称"], row["序号"]) == ("潮宏基", 77.5)
    assert row_of(openpyxl.load_workbook(office.workbook)["客户信息"], "r4") == 5


def test_records_of_a_form_that_is_gone_do_not_count_as_waiting(office: Office) -> None:
    office.save("r1", {"note": "最后一次"})
    office.close()
    office.templates = (STAFF,)
    office.open()
    assert office.backend.status().pending == 0
    office.checkpoint()
    assert office.by_id()["r1"]["客户名称"] == "金凤祥"
