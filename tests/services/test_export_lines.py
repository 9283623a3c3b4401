"""Downloads of forms with line items: both sheets, the keys of what they refer to, and nobody else's personal data."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from schemas.finding import Finding
from schemas.record import Actor, Saved, Submission, TypedLine
from services.app import App
from services.attachments import File
from services.records import ListQuery
from sheets_adapter.columns import map_columns, plan_tables
from sheets_adapter.contract import Put, WriteBatch

ORDER_FORM = """
key: purchase
version: 1
label: {zh: 采购单, en: Purchases}
record_key: order_no
fields:
  - {key: order_no, type: serial, serial: "PO{seq:3}", label: {zh: 单号, en: Order}}
  - {key: buyer_id, type: user, owner: true, label: {zh: 采购员, en: Buyer}}
  - {key: phone, type: phone, pii: true, label: {zh: 电话, en: Phone}}
  - {key: cost, type: money, read_roles: [finance], label: {zh: 成本, en: Cost}}
  - {key: rush, type: bool, label: {zh: 加急, en: Rush}}
  - {key: note, type: long_text, label: {zh: 备注, en: Note}}
lines:
  - key: items
    label: {zh: 货品, en: Items}
    fields:
      - {key: goods, type: text, label: {zh: 品名, en: Goods}}
      - {key: quantity, type: integer, label: {zh: 数量, en: Quantity}}
      - {key: receiver, type: text, pii: true, label: {zh: 收货人, en: Receiver}}
      - {key: price, type: money, read_roles: [finance], label: {zh: 单价, en: Price}}
list_view: {columns: [order_no], sort: [order_no]}
permissions: {create: [sales_rep], read: {sales_rep: all, part_timer: own}, export: [sales_rep, part_timer]}
"""
LI_NA = Actor("x", "S009", "李娜", frozenset({"sales_rep"}))
MINE = {"buyer_id": "S009", "phone": "13800000101", "cost": "80", "rush": "是"}
OTHERS = {"buyer_id": "S001", "phone": "13900000202", "cost": "90", "rush": "否", "note": "=1+1"}
LINES = (("金戒指", "2", "王小明", "1200"), ("银手镯", "1", "赵磊", "300.5"))


@pytest.fixture
def app(few_forms, open_portal) -> App:
    (few_forms / "purchase.yaml").write_text(ORDER_FORM, encoding="utf-8")
    portal: App = open_portal()
    return portal


@pytest.fixture
def shop(portal: App, admin: Actor) -> App:
    """Two orders: PO001 is Li Na's with two lines, PO002 her colleague's with the same lines the other way round."""
    saved(portal, admin, "staff", {"staff_id": "S009", "staff_name": "李娜"})
    saved(portal, admin, "purchase", MINE, LINES)
    saved(portal, admin, "purchase", OTHERS, LINES[::-1])
    return portal


def saved(portal: App, actor: Actor, template: str, values: dict[str, str], lines: tuple = ()) -> Saved:
    fields = ("goods", "quantity", "receiver", "price")
    typed = {"items": [TypedLine("", dict(zip(fields, line, strict=True))) for line in lines]} if lines else {}
    outcome = portal.repository.submit(Submission(template, portal.new_id(), values, typed), actor)
    assert isinstance(outcome, Saved), outcome
    return outcome


def sheets(portal: App, actor: Actor, query: ListQuery | None = None, language: str = "zh") -> dict[str, list[tuple]]:
    """Each sheet of the download: its header and rows."""
    made = portal.exports.records("purchase", actor, query or ListQuery(), kind="xlsx", language=language)
    assert isinstance(made, File), made
    book = openpyxl.load_workbook(io.BytesIO(made.data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def column(rows: list[tuple], header: str) -> list[object]:
    at = rows[0].index(header)
    return [row[at] for row in rows[1:]]


def test_lines_stand_in_a_second_sheet_under_the_number_of_their_record(shop, admin) -> None:
    download = sheets(shop, admin, ListQuery(sort=(("order_no", True),)))
    assert list(download) == ["采购单", "采购单明细"]
    assert download["采购单明细"] == [
        ("单号", "行号", "品名", "数量", "收货人", "单价"),
        ("PO002", 1, "银手镯", 1, "赵磊", 300.5),
        ("PO002", 2, "金戒指", 2, "王小明", 1200),
        ("PO001", 1, "金戒指", 2, "王小明", 1200),
        ("PO001", 2, "银手镯", 1, "赵磊", 300.5),
    ]


def test_only_lines_of_the_filtered_records_are_taken(shop, admin) -> None:
    download = sheets(shop, admin, ListQuery(search="13800000101"))
    assert column(download["采购单"], "单号") == ["PO001"]
    assert set(column(download["采购单明细"], "单号")) == {"PO001"}


def test_withdrawn_records_and_their_lines_stay_away(shop, admin) -> None:
    record = shop.repository.find_by_key("purchase", "PO001", admin)
    shop.repository.withdraw(
        "purchase", record.record_id, reason="重复", etag=record.etag, key=shop.new_id(), actor=admin
    )
    download = sheets(shop, admin)
    assert column(download["采购单"], "单号") == ["PO002"]
    assert set(column(download["采购单明细"], "单号")) == {"PO002"}


def test_an_empty_list_is_two_sheets_with_their_headers(shop, admin) -> None:
    download = sheets(shop, admin, ListQuery(search="没有"))
    assert [len(rows) for rows in download.values()] == [1, 1]


def test_a_reference_is_read_by_name_and_joined_by_key(shop, admin) -> None:
    rows = sheets(shop, admin)["采购单"]
    assert column(rows, "采购员") == ["李娜", "孙丽"]
    assert column(rows, "采购员·编号") == ["S009", "S001"]
    assert column(sheets(shop, admin, language="en")["Purchases"], "Buyer no.") == ["S009", "S001"]


def test_an_english_reader_gets_english_sheets_and_answers(shop, admin) -> None:
    download = sheets(shop, admin, language="en")
    assert list(download) == ["Purchases", "Purchases - Items"]
    assert download["Purchases - Items"][0] == ("Order", "Line", "Goods", "Quantity", "Receiver", "Price")
    assert column(download["Purchases"], "Rush") == ["Yes", "No"]


def test_personal_data_of_others_is_masked_in_records_and_lines(shop) -> None:
    download = sheets(shop, LI_NA)
    assert column(download["采购单"], "电话") == ["13800000101", "139****0202"]
    assert column(download["采购单明细"], "收货人") == ["王小明", "赵磊", "赵*", "王**"]


def test_fields_he_may_not_read_have_no_column(shop) -> None:
    download = sheets(shop, LI_NA)
    assert "成本" not in download["采购单"][0]
    assert "单价" not in download["采购单明细"][0]


def test_rows_he_may_not_see_are_not_taken(shop) -> None:
    own_only = Actor("y", "S009", "李娜", frozenset({"part_timer"}))
    download = sheets(shop, own_only)
    assert column(download["采购单"], "单号") == ["PO001"]
    assert set(column(download["采购单明细"], "单号")) == {"PO001"}


@pytest.mark.parametrize("actor", [LI_NA, Actor("y", "S009", "李娜", frozenset({"part_timer"}))], ids=["all", "own"])
def test_a_download_holds_the_texts_of_the_list(shop, actor) -> None:
    listed = shop.repository.page("purchase", actor, ListQuery()).records
    rows = sheets(shop, actor)["采购单"]
    assert column(rows, "记录编号") == [record.record_id for record in listed]
    assert column(rows, "电话") == [record.values["phone"] for record in listed]
    assert column(rows, "备注") == [record.values.get("note") for record in listed]


def test_the_sheet_can_be_taken_in_again(shop, admin) -> None:
    plan = plan_tables(shop.catalogue["purchase"], shop.catalogue)[0]
    header = sheets(shop, admin)["采购单"][0]
    found = map_columns(plan, "采购单", 1, header, {})
    assert not found.extras
    assert {planned.column for planned in plan.columns if planned.part != "system"} <= set(found.columns)
    assert found.columns["record_id"] == header.index("记录编号")


def test_csv_holds_the_records_alone_with_no_text_that_runs(shop, admin) -> None:
    made = shop.exports.records("purchase", admin, ListQuery(), kind="csv", language="zh")
    rows = list(csv.DictReader(io.StringIO(made.data.decode("utf-8-sig"), newline="")))
    assert [(row["单号"], row["成本"], row["备注"]) for row in rows] == [
        ("PO001", "80.00", ""),
        ("PO002", "90.00", "'=1+1"),
    ]


def test_what_was_not_understood_is_taken_as_it_stands(shop, admin) -> None:
    given = Put("purchase", "R9", {"order_no": "PO9", "status": "有效"}, "adopt", raw={"cost": "约80", "rush": "也许"})
    shop.repository.store.write(WriteBatch((given,), "工作簿", shop.clock(), "workbook"))
    rows = sheets(shop, admin, ListQuery(search=""))["采购单"]
    row = dict(zip(rows[0], next(row for row in rows if row[0] == "PO9"), strict=True))
    assert (row["成本"], row["加急"]) == ("约80", "也许")


def test_a_text_no_cell_holds_is_told_instead_of_a_broken_file(shop, admin) -> None:
    given = Put("purchase", "R9", {"note": "长" * 40_000, "status": "有效"}, "adopt")
    shop.repository.store.write(WriteBatch((given,), "工作簿", shop.clock(), "workbook"))
    refused = shop.exports.records("purchase", admin, ListQuery(), kind="xlsx", language="zh")
    assert isinstance(refused, Finding)
    assert refused.code == "S034"
    assert "40000" in shop.labels.finding(refused, "zh")
