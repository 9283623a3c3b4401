"""Slips of the hand in the workbook: what was not meant to change a record changes none, and is told."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn
from openpyxl.worksheet.worksheet import Worksheet

from schemas.record import LIVE, VOID, Actor, Submission
from schemas.template import Template
from sheets_adapter.listing import ListQuery
from tests.sheets_adapter.workbook_samples import (
    CUSTOMERS,
    STAFF,
    Office,
    add_row,
    changed_template,
    column_of,
    delete_row,
    set_cell,
)

ADMIN = Actor("a1", "S001", "张三", frozenset({"admin"}))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    numbered = [
        {**field, "type": "serial", "serial": "C{seq:4}"} if field["key"] == "customer_id" else field
        for field in CUSTOMERS.model_dump(by_alias=True)["fields"]
    ]
    office = Office(tmp_path, (STAFF, changed_template(CUSTOMERS, fields=numbered)))
    office.save("s1", {"staff_id": "S001", "staff_name": "张三"}, "staff")
    office.save("s2", {"staff_id": "S002", "staff_name": "李四"}, "staff")
    for number, name in enumerate(("金凤祥", "老庙", "周大生"), 1):
        answers = {"customer_id": f"C000{number}", "name": name, "phone": f"1380000000{number}", "keeper": "S001"}
        office.save(f"r{number}", {**answers, "credit": "1000.00"})
    office.save("l1", {"record_id": "r1", "line_no": "1", "person": "王五"}, "customers.contacts")
    office.save("l2", {"record_id": "r1", "line_no": "2", "person": "赵六"}, "customers.contacts")
    office.checkpoint()
    yield office
    office.close()


def told(office: Office) -> list[tuple[str, str]]:
    return [(finding.code, str(finding.at)) for finding in office.state.findings()]


def set_line(line_id: str, header: str, value: object) -> Callable[[Worksheet], None]:
    """An edit of one cell of a line."""

    def change(sheet: Worksheet) -> None:
        at = column_of(sheet, "行编号")
        row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, at).value == line_id)
        sheet.cell(row, column_of(sheet, header)).value = value  # type: ignore[assignment]

    return change


def calculate(office: Office, formula: str, result: float) -> None:
    """Puts in a formula's result, as a spreadsheet program does when it saves; openpyxl leaves it out."""
    with zipfile.ZipFile(office.workbook) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(office.workbook, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            for empty in (b"<v></v>", b"<v/>", b"<v />"):
                data = data.replace(f"<f>{formula}</f>".encode() + empty, f"<f>{formula}</f><v>{result}</v>".encode())
            package.writestr(name, data)


# --- which row is which record


def test_without_the_columns_of_both_numbers_rows_are_known_by_what_else_they_hold(office: Office) -> None:
    def take_out(sheet: Worksheet) -> None:
        sheet.delete_cols(column_of(sheet, "记录编号"))
        sheet.delete_cols(column_of(sheet, "客户编号"))
        sheet.cell(2, column_of(sheet, "联系电话")).value = "13900000000"

    before = office.rows().keys()
    office.edit(take_out)
    office.checkpoint()
    assert office.rows().keys() == before
    assert [office.values(row_id)["status"] for row_id in ("r1", "r2", "r3")] == [LIVE, LIVE, LIVE]
    assert office.by_id()["r1"]["客户编号"] == "C0001"
    assert office.values("r1")["phone"] == "13900000000"


def test_a_line_whose_id_was_erased_is_known_by_its_record_and_number(office: Office) -> None:
    def erase(sheet: Worksheet) -> None:
        sheet.cell(2, column_of(sheet, "行编号")).value = None
        sheet.cell(2, column_of(sheet, "姓名")).value = "王五妹"

    office.edit(erase, "客户信息明细")
    office.checkpoint()
    assert set(office.rows("customers.contacts")) == {"l1", "l2"}
    assert office.values("l1", "customers.contacts")["person"] == "王五妹"


def test_a_line_keeps_its_record_when_the_number_of_none_is_typed_over(office: Office) -> None:
    office.edit(set_line("l1", "记录编号", "乱写"), "客户信息明细")
    office.checkpoint()
    assert office.values("l1", "customers.contacts")["record_id"] == "r1"
    assert office.by_id("客户信息明细", "行编号")["l1"]["记录编号"] == "r1"
    assert told(office) == [("S066", "客户信息明细!C2")]


def test_a_line_given_another_record_s_number_goes_there(office: Office) -> None:
    office.edit(set_line("l1", "记录编号", "r2"), "客户信息明细")
    office.checkpoint()
    assert office.values("l1", "customers.contacts")["record_id"] == "r2"
    found = office.repository.page("customers", ADMIN, ListQuery(search="王五"))
    assert [row.record_id for row in found.records] == ["r2"]


def test_restoring_a_record_brings_back_the_lines_deleted_along_with_it(office: Office) -> None:
    office.edit(delete_row("r1"))
    office.edit(lambda sheet: sheet.delete_rows(2, 2), "客户信息明细")
    office.checkpoint()
    assert {office.values(one, "customers.contacts")["status"] for one in ("l1", "l2")} == {VOID}
    row = office.rows()["r1"]
    office.repository.restore("customers", "r1", etag=row.etag, key="k1", actor=ADMIN)
    office.checkpoint()
    assert [row["姓名"] for row in office.sheet("客户信息明细")] == ["王五", "赵六"]
    assert {office.values(one, "customers.contacts")["status"] for one in ("l1", "l2")} == {LIVE}


def copy_first_row(sheet: Worksheet) -> None:
    sheet.append([cell.value for cell in sheet[2]])


def test_a_copied_row_is_a_record_of_its_own_with_its_own_number_and_date(office: Office) -> None:
    first = office.values("r1")
    office.edit(copy_first_row)
    office.checkpoint()
    copy = next(row for row_id, row in office.rows().items() if row_id not in ("r1", "r2", "r3"))
    assert (copy.values["customer_id"], copy.values["name"]) == ("C0004", "金凤祥")
    assert copy.values["created_at"] > first["created_at"]
    assert office.by_id()[copy.row_id]["客户编号"] == "C0004"
    assert office.values("r1") == first


def test_a_copied_line_comes_after_the_record_s_others(office: Office) -> None:
    office.edit(copy_first_row, "客户信息明细")
    office.checkpoint()
    numbers = {row["行编号"]: row["行号"] for row in office.sheet("客户信息明细")}
    assert sorted(numbers.values()) == [1, 2, 3]
    assert (numbers["l1"], numbers["l2"]) == (1, 2)


# --- numbers and references


def test_a_number_the_portal_gave_is_put_back_when_it_is_emptied(office: Office) -> None:
    office.edit(set_cell("r2", "客户编号", None))
    office.checkpoint()
    assert office.by_id()["r2"]["客户编号"] == "C0002"
    assert office.values("r2")["customer_id"] == "C0002"
    assert told(office) == [("S066", "客户信息!A3")]


def test_a_key_nobody_has_is_told_and_the_name_beside_it_stands(office: Office) -> None:
    office.edit(set_cell("r2", "负责人·编号", "S999"))
    office.checkpoint()
    assert office.values("r2")["keeper"] == "S001"
    assert (office.by_id()["r2"]["负责人"], office.by_id()["r2"]["负责人·编号"]) == ("张三", "S001")
    assert told(office) == [("V040", "客户信息!G3")]


# --- numbers others refer to


def orders() -> Template:
    """A form that refers to customers, in its header and in its lines."""
    return Template.model_validate(
        {
            "key": "orders",
            "version": 1,
            "label": {"zh": "订单", "en": "Orders"},
            "fields": [
                {"key": "customer", "type": "reference", "to": "customers", "label": {"zh": "客户", "en": "Customer"}}
            ],
            "lines": [
                {
                    "key": "shares",
                    "label": {"zh": "分摊", "en": "Shares"},
                    "fields": [
                        {"key": "payer", "type": "reference", "to": "customers", "label": {"zh": "付款", "en": "Payer"}}
                    ],
                }
            ],
            "list_view": {"columns": ["customer"]},
        }
    )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Office]:
    shop = Office(tmp_path, (STAFF, CUSTOMERS, orders()))
    for number, name in ((1, "金凤祥"), (2, "老庙")):
        shop.save(f"r{number}", {"customer_id": f"C000{number}", "name": name})
    for number, customer in ((1, "C0001"), (2, "C0001"), (3, "C0002")):
        shop.save(f"o{number}", {"customer": customer}, "orders")
    shop.save("m1", {"record_id": "o3", "line_no": "1", "payer": "C0001"}, "orders.shares")
    shop.checkpoint()
    yield shop
    shop.close()


def customers_of(shop: Office) -> list[str]:
    rows = shop.rows("orders")
    return [rows[row_id].values["customer"] for row_id in ("o1", "o2", "o3")]


def test_references_follow_a_number_changed_by_hand(shop: Office) -> None:
    shop.edit(set_cell("r1", "客户编号", "C0100"))
    shop.checkpoint()
    assert customers_of(shop) == ["C0100", "C0100", "C0002"]
    assert shop.values("m1", "orders.shares")["payer"] == "C0100"
    assert shop.by_id("订单")["o1"]["客户·编号"] == "C0100"
    assert shop.by_id("订单")["o1"]["客户"] == "金凤祥"
    (finding,) = shop.state.findings()
    assert (finding.code, str(finding.at)) == ("S075", "客户信息!A2")
    assert dict(finding.params) == {"old": "C0001", "new": "C0100", "count": "3", "field": "客户编号"}
    assert [row.record_id for row in shop.repository.page("orders", ADMIN, ListQuery(search="c0100")).records] != []


def test_two_records_that_trade_their_numbers_keep_what_refers_to_them(shop: Office) -> None:
    def trade(sheet: Worksheet) -> None:
        sheet["A2"], sheet["A3"] = "C0002", "C0001"

    shop.edit(trade)
    shop.checkpoint()
    assert customers_of(shop) == ["C0002", "C0002", "C0001"]
    assert [shop.by_id("订单")[order]["客户"] for order in ("o1", "o3")] == ["金凤祥", "老庙"]


def test_a_number_another_record_has_is_not_followed_and_told(shop: Office) -> None:
    shop.edit(set_cell("r1", "客户编号", "C0002"))
    shop.checkpoint()
    assert customers_of(shop) == ["C0001", "C0001", "C0002"]
    assert "S076" in {finding.code for finding in shop.state.findings()}
    shop.edit(set_cell("r1", "客户编号", "C0001"))
    shop.checkpoint()
    assert shop.state.findings() == ()
    assert customers_of(shop) == ["C0001", "C0001", "C0002"]


def test_an_emptied_number_others_refer_to_is_told(shop: Office) -> None:
    shop.edit(set_cell("r1", "客户编号", None))
    shop.checkpoint()
    assert customers_of(shop) == ["C0001", "C0001", "C0002"]
    told_of = {finding.code: finding.params.get("count") for finding in shop.state.findings()}
    assert told_of["S077"] == "3"


def test_a_number_changed_together_with_what_refers_to_it_is_one_change(shop: Office) -> None:
    def replace_everywhere(sheet: Worksheet) -> None:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if cell.value == "C0001":
                    cell.value = "C0100"

    book = openpyxl.load_workbook(shop.workbook)
    for title in ("客户信息", "订单", "订单明细"):
        replace_everywhere(book[title])
    book.save(shop.workbook)
    shop.checkpoint()
    assert customers_of(shop) == ["C0100", "C0100", "C0002"]
    assert shop.state.conflicts() == ()


def test_a_person_who_leads_himself_is_followed_within_one_record(office: Office) -> None:
    office.save("s1", {"manager": "S001"}, "staff")
    office.checkpoint()
    office.edit(set_cell("s1", "工号", "S100"), "人员")
    office.checkpoint()
    assert office.values("s1", "staff")["manager"] == "S100"
    assert [office.values(row_id)["keeper"] for row_id in ("r1", "r2", "r3")] == ["S100"] * 3


# --- totals


@pytest.mark.parametrize("word", ["合计", "汇总", "平均值：", "Total"])
def test_a_row_of_totals_is_no_record(office: Office, word: str) -> None:
    office.edit(add_row(客户编号=word, 授信额度=3000))
    office.checkpoint()
    assert len(office.rows()) == 3
    assert told(office) == [("S060", "客户信息!A5")]


def with_totals_row(sheet: Worksheet) -> None:
    """Formats the records as a table whose totals row has words of the company's own."""
    last, wide = sheet.max_row + 1, get_column_letter(sheet.max_column)
    sheet.auto_filter.ref = None
    names = [TableColumn(id=at, name=str(cell.value)) for at, cell in enumerate(sheet[1], 1)]
    names[0].totalsRowLabel = "本季情况"
    table = Table(id=1, displayName="客户", ref=f"A1:{wide}{last}", totalsRowCount=1, tableColumns=names)
    table.autoFilter = AutoFilter(ref=f"A1:{wide}{last - 1}")
    sheet.cell(last, 1).value = "本季情况"
    sheet.cell(last, column_of(sheet, "授信额度")).value = "=SUBTOTAL(109,客户[授信额度])"
    sheet.add_table(table)


def test_a_table_s_totals_row_is_no_record_whatever_it_says_and_stays_below_them(office: Office) -> None:
    office.edit(with_totals_row)
    office.save("r4", {"customer_id": "C0004", "name": "六福", "credit": "5.00"})
    office.checkpoint()
    assert set(office.rows()) == {"r1", "r2", "r3", "r4"}
    assert [row["客户编号"] for row in office.sheet()] == ["C0001", "C0002", "C0003", "C0004", "本季情况"]
    sheet = openpyxl.load_workbook(office.workbook)["客户信息"]
    assert sheet.tables["客户"].ref.endswith("6")
    assert told(office) == []


def test_what_is_typed_far_below_the_records_is_no_record_and_told(office: Office) -> None:
    def note(sheet: Worksheet) -> None:
        sheet["A9"], sheet["B9"] = "附：联系人", "电话"
        sheet["A10"], sheet["B10"] = "张三", "138"

    office.edit(note)
    office.checkpoint()
    assert set(office.rows()) == {"r1", "r2", "r3"}
    assert told(office) == [("S078", "客户信息!A9"), ("S078", "客户信息!A10")]


def test_a_new_record_may_stand_below_a_blank_row_or_two(office: Office) -> None:
    office.edit(lambda sheet: sheet.cell(7, column_of(sheet, "客户名称")).__setattr__("value", "六福"))
    office.checkpoint()
    assert sorted(row.values["name"] for row in office.rows().values()) == ["六福", "周大生", "老庙", "金凤祥"]


def test_rows_that_wait_for_their_ids_are_known_though_blank_rows_part_them(tmp_path: Path) -> None:
    office = Office(tmp_path)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "客户信息"
    for number, name in ((1, "客户名称"), (2, "金凤祥"), (9, "老庙")):
        sheet.cell(number, 1).value = name
        sheet.cell(number, 2).value = "备注" if number == 1 else "熟客"
    book.save(office.workbook)
    office.backend.adopt()
    adopted = office.rows().keys()
    without_ids = openpyxl.load_workbook(office.workbook)
    at = column_of(without_ids["客户信息"], "记录编号")
    for number in (2, 9):
        without_ids["客户信息"].cell(number, at).value = None
    without_ids.save(office.workbook)
    office.checkpoint()
    assert {row_id: row.values["status"] for row_id, row in office.rows().items()} == dict.fromkeys(adopted, LIVE)
    office.close()


def test_a_header_pasted_once_more_is_no_record(office: Office) -> None:
    def paste(sheet: Worksheet) -> None:
        for at, cell in enumerate(list(sheet[1]), 1):
            sheet.cell(5, at).value = cell.value

    office.edit(paste)
    office.checkpoint()
    assert set(office.rows()) == {"r1", "r2", "r3"}
    assert told(office) == []


def test_formulas_alone_are_no_record(office: Office) -> None:
    office.edit(add_row(授信额度="=SUM(F2:F4)", 两倍额度="=F5*2"))
    calculate(office, "SUM(F2:F4)", 3000)
    office.checkpoint()
    assert len(office.rows()) == 3
    assert openpyxl.load_workbook(office.workbook)["客户信息"]["F5"].value == "=SUM(F2:F4)"


def test_an_answer_given_in_the_portal_over_somebody_s_formula_is_told_and_stays(office: Office) -> None:
    office.edit(set_cell("r2", "授信额度", "=50*2"))
    calculate(office, "50*2", 100)
    office.checkpoint()
    assert office.values("r2")["credit"] == "100.00"
    office.save("r2", {"credit": "7.00"})
    office.checkpoint()
    assert told(office) == [("S067", "客户信息!F3")]
    office.edit(set_cell("r2", "备注", "同一行"))
    calculate(office, "50*2", 100)
    office.checkpoint()
    assert office.values("r2")["credit"] == "7.00"
    assert ("S067", "客户信息!F3") in told(office)
    assert openpyxl.load_workbook(office.workbook)["客户信息"]["F3"].value == "=50*2"


# --- forms that change


def test_a_field_s_new_type_reads_all_its_cells_again_and_tells_which_do_not_fit(office: Office) -> None:
    office.save("r1", {"note": "12"})
    office.save("r2", {"note": "大客户"})
    office.checkpoint()
    fields = [
        {**field, "type": "integer"} if field["key"] == "note" else field
        for field in CUSTOMERS.model_dump(by_alias=True)["fields"]
    ]
    office.close()
    office.templates = (STAFF, changed_template(CUSTOMERS, fields=fields))
    office.open()
    office.checkpoint()
    assert told(office) == [("V010", "客户信息!I3")]
    assert (office.values("r1")["note"], office.rows()["r2"].raw) == ("12", {"note": "大客户"})


# --- what is told, and no longer


def retyped(office: Office) -> None:
    """Every customer is taken in from the workbook once, with the numbers that must be unique."""
    for row_id in ("r1", "r2", "r3"):
        office.edit(set_cell(row_id, "备注", "核对过"))
    office.checkpoint()


def test_a_rule_a_cell_breaks_is_told_at_that_cell(office: Office) -> None:
    retyped(office)
    office.edit(set_cell("r3", "客户编号", "C0001"))
    office.checkpoint()
    assert told(office) == [("R030", "客户信息!A4")]


def test_what_is_told_names_the_column_as_its_header_does(office: Office) -> None:
    office.edit(lambda sheet: setattr(sheet.cell(1, column_of(sheet, "授信额度")), "value", "额度"))
    office.edit(set_cell("r1", "额度", "很多"))
    office.checkpoint()
    assert [finding.params["field"] for finding in office.state.findings()] == ["额度"]


def test_a_cell_put_right_in_the_portal_is_no_longer_told(office: Office) -> None:
    office.edit(set_cell("r1", "授信额度", "很多"))
    office.edit(set_cell("r2", "授信额度", "不少"))
    office.checkpoint()
    assert told(office) == [("V010", "客户信息!F2"), ("V010", "客户信息!F3")]
    row = office.rows()["r1"]
    values = {**row.values, "credit": "5"}
    office.repository.submit(Submission("customers", "k1", values, record_id="r1", etags={"r1": row.etag}), ADMIN)
    office.checkpoint()
    assert told(office) == [("V010", "客户信息!F3")]


def test_a_cell_that_does_not_fit_is_told_on_while_other_fields_are_edited(office: Office) -> None:
    office.edit(set_cell("r1", "联系电话", "一二三"))
    office.checkpoint()
    before = told(office)
    office.save("r2", {"note": "别的记录"})
    office.edit(set_cell("r1", "备注", "同一行"))
    office.checkpoint()
    assert told(office) == before != []


def test_a_withdrawn_record_s_cells_are_no_longer_told(office: Office) -> None:
    office.edit(set_cell("r1", "授信额度", "很多"))
    office.checkpoint()
    office.save("r1", {"status": VOID})
    office.checkpoint()
    assert told(office) == []


def test_a_duplicate_is_no_longer_told_once_either_row_is_changed(office: Office) -> None:
    retyped(office)
    office.edit(set_cell("r1", "客户编号", "C0002"))
    office.checkpoint()
    assert told(office) == [("R030", "客户信息!A2")]
    office.edit(set_cell("r2", "客户编号", "C0022"))
    office.checkpoint()
    assert told(office) == []


def test_two_rows_that_trade_their_numbers_are_no_duplicates(office: Office) -> None:
    retyped(office)
    office.edit(set_cell("r1", "客户编号", "C0002"))
    office.edit(set_cell("r2", "客户编号", "C0001"))
    office.checkpoint()
    assert told(office) == []


def test_a_name_nobody_had_is_understood_once_the_portal_has_the_person(office: Office) -> None:
    office.edit(set_cell("r1", "负责人", "王五"))
    office.checkpoint()
    assert told(office) == [("V040", "客户信息!G2")]
    office.save("s5", {"staff_id": "S005", "staff_name": "王五"}, "staff")
    assert office.backend.needs_checkpoint()
    office.checkpoint()
    assert (office.values("r1")["keeper"], office.by_id()["r1"]["负责人·编号"]) == ("S005", "S005")
    assert told(office) == []
