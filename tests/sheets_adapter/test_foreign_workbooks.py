"""Other people's workbooks: what is understood, and what is told at its cell instead of being guessed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from schemas.field_types import ParseContext
from sheets_adapter.workbook_records import SheetUnreadable, WorkbookRecords, read_records
from sheets_adapter.xlsx.workbook import Workbook
from tests.reports.books import catalogue

HEADERS = ("成交编号", "类型", "成交日期", "收款日期", "客户", "销售人员", "标价金额", "成交金额")
SALE = ("D1", "销售", date(2026, 10, 9), date(2026, 10, 10), "甲公司", "李四", 10000, 10000)
STAFF = [["工号", "姓名", "部门"], ["S001", "李四", "大客户部"]]
READ = {
    "deal_no": "D1", "kind": "销售", "sold_on": "2026-10-09", "paid_on": "2026-10-10", "customer_id": "甲公司",
    "seller_id": "S001", "list_amount": "10000.00", "amount": "10000.00",
}  # fmt: skip


def sale(**cells: Any) -> list[Any]:
    """The sale with other answers, by header."""
    return [cells.get(header, cell) for header, cell in zip(HEADERS, SALE, strict=True)]


def book_of(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    return book


def data_of(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes) -> WorkbookRecords:
    return read_records(
        Workbook.open(data), catalogue(), ParseContext(datetime.fromisoformat("2026-10-31T00:00+08:00"))
    )


def read_deals(*rows: Sequence[Any], title: str = "成交登记表") -> WorkbookRecords:
    return read(data_of(book_of({"人员档案": STAFF, title: rows})))


def deals(records: WorkbookRecords) -> list[dict[str, str]]:
    return [{key: row[key] for key in READ if key in row} for row in records.rows["deal"]]


def told(records: WorkbookRecords, *codes: str) -> list[tuple[str, str]]:
    return [(one.code, str(one.at)) for one in records.findings if one.code in codes]


@pytest.mark.parametrize(
    "headers",
    [
        [f" {header}\u3000" for header in HEADERS],
        [f"{header}*" for header in HEADERS],
        [f"＊{header}" for header in HEADERS],
        [f"{header}：" for header in HEADERS],
        [f"{header}（必填）" for header in HEADERS],
        [f"{header[:2]}\n{header[2:]}" for header in HEADERS],
        [*HEADERS[:6], "标价金额（元）", "成交金额(元)"],
        ["Deal no.", "Kind", "Sold on", "Paid on", "Customer", "Seller", "List amount", "Amount"],
    ],
    ids=["spaces", "mark behind", "mark before", "colons", "required", "broken lines", "units", "English"],
)
def test_headers_written_a_little_differently_are_the_same_columns(headers: Sequence[str]) -> None:
    assert deals(read_deals(headers, SALE)) == [READ]


def test_an_amount_in_ten_thousands_is_not_taken_for_yuan() -> None:
    records = read_deals([*HEADERS[:7], "成交金额（万元）"], sale(成交金额=1))
    assert "amount" not in records.rows["deal"][0]
    assert told(records, "E203") == [("E203", "人员档案!1"), ("E203", "成交登记表!1")]


def test_the_header_may_stand_below_a_title() -> None:
    assert deals(read_deals(["某公司成交登记"], [None], HEADERS, SALE)) == [READ]


@pytest.mark.parametrize("title", ["成交登记表 ", " 成交登记表", "成交 登记表"])
def test_spaces_in_a_sheets_name_do_not_matter(title: str) -> None:
    assert deals(read_deals(HEADERS, SALE, title=title)) == [READ]


def test_a_sheet_named_almost_like_a_form_is_told_as_not_read() -> None:
    records = read_deals(HEADERS, SALE, title="成交登记")
    assert "deal" not in records.found
    assert [dict(one.params) for one in records.findings if one.code == "E241"] == [
        {"value": "成交登记", "sheet": "成交登记表"}
    ]


def test_a_copy_beside_the_forms_own_sheet_is_nobodys_mistake() -> None:
    data = data_of(book_of({"成交登记表": [HEADERS, SALE], "成交登记表 (2)": [HEADERS, SALE]}))
    assert told(read(data), "E241") == []


def test_a_header_that_stands_twice_is_told_and_the_left_column_read() -> None:
    records = read_deals([*HEADERS, "成交金额"], [*SALE, 99999])
    assert deals(records) == [READ]
    assert told(records, "E242") == [("E242", "成交登记表!I1")]


CELLS = [
    ("收款日期", "2026年10月10日"), ("收款日期", "2026/10/10"), ("收款日期", "２０２６－１０－１０"),
    ("成交金额", "1万"), ("成交金额", "１００００"), ("成交金额", "¥10,000.00"), ("成交金额", "10000元"),
    ("类型", " 销售 "), ("类型", "Sale"), ("销售人员", "S001 李四"),
    ("销售人员", " 李四\u3000"), ("销售人员", "ｓ００１"),
]  # fmt: skip


def test_cells_are_understood_as_people_write_them() -> None:
    records = read_deals(
        HEADERS, *(sale(成交编号=f"D{at}", **{header: cell}) for at, (header, cell) in enumerate(CELLS))
    )
    assert [row | {"deal_no": "D1"} for row in deals(records)] == [READ] * len(CELLS)


def test_an_amount_that_cannot_be_read_is_told_at_its_cell_and_called_unread() -> None:
    cells = ("一万二", "NaN", "#REF!", True, 12000.005, "=5000+5000")
    records = read_deals(HEADERS, *(sale(成交编号=f"D{at}", 成交金额=cell) for at, cell in enumerate(cells)))
    codes = ("V010", "V010", "V006", "V010", "V012", "E244")
    assert sorted(told(records, *codes), key=lambda pair: pair[1]) == [
        (code, f"成交登记表!H{row}") for row, code in enumerate(codes, 2)
    ]
    assert [("amount" in row, row.get("unread")) for row in records.rows["deal"]] == [(False, "amount")] * len(cells)


@pytest.mark.parametrize(("kind", "findings"), [(b"", ["E244"]), (b' t="str"', [])], ids=["no result", "empty text"])
def test_a_formula_without_a_result_is_told_one_whose_result_is_empty_is_not(kind: bytes, findings: list[str]) -> None:
    data = data_of(book_of({"成交登记表": [HEADERS, sale(收款日期='=""')]}))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    at = sheet.rindex(b"<c ", 0, sheet.index(b"<f>")) + len(b"<c")
    parts["xl/worksheets/sheet1.xml"] = sheet[:at] + kind + sheet[at:]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    assert [code for code, _ in told(read(out.getvalue()), "E244")] == findings


def test_hidden_rows_columns_and_sheets_count_blank_rows_and_totals_do_not() -> None:
    total = ["合计", *[None] * 5, 11000, 11000]
    book = book_of({"成交登记表": [HEADERS, SALE, [None] * 8, sale(成交编号="D2"), total]})
    book["成交登记表"].row_dimensions[4].hidden = True
    book["成交登记表"].column_dimensions["H"].hidden = True
    book["成交登记表"].sheet_state = "hidden"
    book.create_sheet("说明")
    records = read(data_of(book))
    assert [(row["deal_no"], row["amount"]) for row in records.rows["deal"]] == [("D1", "10000.00"), ("D2", "10000.00")]


def test_yes_and_no_in_all_their_spellings() -> None:
    cells = ["是", "TRUE", True, 1, "√", "yes", "否", "n", 0, False, "×", "FALSE", "也许"]
    rows = [["商品编号", "品名", "是否计提成"], *([f"P{at}", "项链", cell] for at, cell in enumerate(cells))]
    records = read(data_of(book_of({"商品标价表": rows})))
    assert [row.get("commissionable") for row in records.rows["product"]] == ["是"] * 6 + ["否"] * 6 + [None]
    assert told(records, "V035") == [("V035", "商品标价表!C14")]


def test_two_records_in_force_of_one_number_are_told_a_withdrawn_one_is_not() -> None:
    header = [*HEADERS, "状态"]
    records = read_deals(header, [*SALE, "已作废"], [*SALE, "有效"], [*SALE, None])
    assert told(records, "R030") == [("R030", "成交登记表!A4")]
    assert [one.params["number"] for one in records.findings if one.code == "R030"] == ["成交登记表!3"]


def test_a_blank_sheet_of_a_form_is_a_form_without_records() -> None:
    records = read_deals()
    assert ("deal" in records.found, records.rows["deal"]) == (True, ())


def test_a_sheet_without_its_header_is_refused_by_name() -> None:
    with pytest.raises(SheetUnreadable) as refused:
        read_deals(["没有", "表头"], [1, 2])
    assert (refused.value.code, refused.value.sheet) == ("S068", "成交登记表")


def test_a_field_may_go_by_a_system_columns_label_where_the_sheet_is_not_the_portals() -> None:
    """T57 names its own time 提交时间, as the portal names the moment a record was handed in."""
    rows = [["任务", "提交时间"], ["区域分析", "2026-10-09 17:30"]]
    [task] = read(data_of(book_of({"数据分析任务": rows}))).rows["analysis_task"]
    assert (task["submitted_at_work"], task.get("submitted_at", "")) == ("2026-10-09 17:30:00", "")


def test_a_system_columns_label_stays_the_systems_beside_the_fields_own() -> None:
    own, systems = "2026-10-09 17:30", "2026-10-12 09:00"
    rows = [["任务", "完成提交时间", "提交时间"], ["区域分析", own, systems]]
    [task] = read(data_of(book_of({"数据分析任务": rows}))).rows["analysis_task"]
    assert task["submitted_at_work"] == "2026-10-09 17:30:00"
    assert task["submitted_at"] == "2026-10-12 09:00:00"
