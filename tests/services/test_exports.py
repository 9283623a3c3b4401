"""Downloads: what the list shows, no more and no less, as files that open clean and run nothing."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pytest

from schemas.finding import Finding
from schemas.record import Actor, Saved, Submission
from services.app import App
from services.attachments import File
from services.records import ListQuery
from services.records import Test as Where

ZHOU = {
    "customer_name": "华光科技有限公司",
    "annual_revenue": "1.2亿",
    "contact_name": "周先生",
    "contact_phone": "13800000101",
    "first_contact_on": "2026-11-03",
    "need_tags": ["降本", "合规"],
    "owner_id": "S001",
    "region": "本市",
    "is_public_official": "否",
}
DANGEROUS = ZHOU | {
    "customer_name": "恒通贸易有限公司",
    "contact_phone": "+852 2345 6789",
    "contact_title": '=HYPERLINK("http://evil.example","点我")',
    "follow_up": "@SUM(1+1)\n第二行",
    "area_name": "-1+1",
    "grade": "A",
}


@pytest.fixture
def app(customer_forms, open_portal) -> App:
    portal: App = open_portal()
    return portal


@pytest.fixture
def customers(portal, admin) -> App:
    for values in (ZHOU, DANGEROUS):
        outcome = portal.repository.submit(Submission("customer_info", portal.new_id(), values), admin)
        assert isinstance(outcome, Saved)
    return portal


def sheet_of(made: File | Finding):
    assert isinstance(made, File)
    return openpyxl.load_workbook(io.BytesIO(made.data)).active


def rows_of(made: File | Finding) -> list[dict[str, str]]:
    assert isinstance(made, File)
    return list(csv.DictReader(io.StringIO(made.data.decode("utf-8-sig"), newline="")))


def by_header(sheet, row: int) -> dict:
    return dict(zip([cell.value for cell in sheet[1]], sheet[row], strict=True))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_chosen_columns_stand_alone_and_in_their_order(customers, admin, language: str) -> None:
    columns = ["annual_revenue", "owner_id", "created_by", "nothing", "customer_name"]
    made = customers.exports.records(
        "customer_info", admin, ListQuery(search="华光"), kind="csv", language=language, columns=columns
    )
    heads = {
        "zh": ["年营收", "负责人", "创建人", "客户名称"],
        "en": ["Annual revenue", "Owner", "Created by", "Customer"],
    }
    [row] = rows_of(made)
    assert list(row) == heads[language]
    assert row[heads[language][1]] == "孙丽"


def test_a_workbook_download_has_real_types_and_formats(customers, admin) -> None:
    query = ListQuery(search="华光")
    sheet = sheet_of(customers.exports.records("customer_info", admin, query, kind="xlsx", language="zh"))
    row = by_header(sheet, 2)
    assert f"{row['首次接触时间'].value:%Y-%m-%d %H:%M}" == "2026-11-03 00:00"
    assert row["首次接触时间"].number_format == "yyyy-mm-dd"
    assert (row["年营收"].value, row["年营收"].number_format) == (120_000_000, '"¥"#,##0.00;[Red]\\-"¥"#,##0.00')
    assert (row["联系方式"].value, row["联系方式"].data_type, row["联系方式"].number_format) == (
        "13800000101",
        "s",
        "@",
    )
    assert row["需求标签"].value == "降本、合规"
    assert (row["负责人"].value, row["是否公职/党政军"].value) == ("孙丽", "否")
    assert f"{row['创建时间'].value:%Y-%m-%d %H:%M}" == "2026-11-21 12:00"
    assert row["状态"].value == "有效"


def test_a_workbook_download_has_a_frozen_header_a_filter_and_readable_widths(customers, admin) -> None:
    made = customers.exports.records("customer_info", admin, ListQuery(), kind="xlsx", language="zh")
    sheet = sheet_of(made)
    assert made.name == "客户信息管理表_20261121.xlsx"
    assert sheet.title == "客户信息管理表"
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.column_dimensions["B"].width >= 12


def test_headers_and_choices_are_in_the_readers_language(customers, admin) -> None:
    query = ListQuery(search="恒通")
    (row,) = rows_of(customers.exports.records("customer_info", admin, query, kind="csv", language="en"))
    assert (row["Region"], row["Need tags"], row["Status"]) == ("This city", "Lower cost, Compliance", "In force")


def test_no_text_becomes_a_formula_or_a_link_in_a_workbook(customers, admin) -> None:
    query = ListQuery(search="恒通")
    made = customers.exports.records("customer_info", admin, query, kind="xlsx", language="zh")
    row = by_header(sheet_of(made), 2)
    for header, text in {"职位": DANGEROUS["contact_title"], "区域名称": "-1+1", "联系方式": "+85223456789"}.items():
        assert row[header].data_type == "s"
        assert row[header].value.replace(" ", "") == text
    with zipfile.ZipFile(io.BytesIO(made.data)) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
        assert not [name for name in package.namelist() if "rels" in name and "worksheets" in name]


def test_no_text_becomes_a_formula_in_csv(customers, admin) -> None:
    query = ListQuery(search="恒通")
    (row,) = rows_of(customers.exports.records("customer_info", admin, query, kind="csv", language="zh"))
    assert row["职位"] == "'" + DANGEROUS["contact_title"]
    assert row["跟进记录"].startswith("'@SUM")
    assert row["区域名称"] == "'-1+1"
    assert row["联系方式"].startswith("'+852")


def test_csv_opens_in_excel_by_double_click(customers, admin) -> None:
    made = customers.exports.records("customer_info", admin, ListQuery(), kind="csv", language="zh")
    assert isinstance(made, File)
    assert made.data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in made.data
    assert made.media_type == "text/csv"


def test_the_filtered_list_is_what_is_taken_however_long(customers, admin, monkeypatch) -> None:
    monkeypatch.setattr("sheets_adapter.journal._ROWS_IN_BLOCK", 1)
    only = ListQuery(filters=(Where("grade", "eq", "A"),), limit=1)
    assert len(rows_of(customers.exports.records("customer_info", admin, only, kind="csv", language="zh"))) == 1
    everything = ListQuery(sort=(("customer_id", False),), limit=1)
    rows = rows_of(customers.exports.records("customer_info", admin, everything, kind="csv", language="zh"))
    assert [row["客户编号"] for row in rows] == ["C0001", "C0002"]


def test_without_the_export_right_nothing_is_taken(customers) -> None:
    rep = Actor("x", "S009", "李娜", frozenset({"sales_rep"}))
    refused = customers.exports.records("customer_info", rep, ListQuery(), kind="csv", language="zh")
    assert isinstance(refused, Finding)
    assert refused.code == "A040"
    assert "客户信息管理表" in customers.labels.finding(refused, "zh")


@pytest.fixture
def clerk_may_export(customer_forms, clock) -> Actor:
    """A role that may take the list away but not see personal data."""
    path = customer_forms / "customer_info.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  export: [", "  export: [compliance, "), encoding="utf-8")
    return Actor("y", "S010", "赵磊", frozenset({"compliance"}))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_masked_on_the_screen_is_masked_in_the_file(clerk_may_export, customers, kind) -> None:
    made = customers.exports.records(
        "customer_info", clerk_may_export, ListQuery(search="华光"), kind=kind, language="zh"
    )
    if kind == "csv":
        (row,) = rows_of(made)
        assert (row["联系人"], row["联系方式"]) == ("周**", "138****0101")
    else:
        row = by_header(sheet_of(made), 2)
        assert (row["联系人"].value, row["联系方式"].value) == ("周**", "138****0101")


def test_every_download_is_logged_with_who_what_and_how_much(customers, admin, access_log) -> None:
    customers.exports.records("customer_info", admin, ListQuery(), kind="xlsx", language="zh")
    customers.exports.workbook(admin)
    assert [(line.actor, line.action, line.template, line.detail) for line in access_log(customers)][1:] == [
        ("S001 孙丽", "export", "customer_info", "xlsx 2")
    ]
    assert access_log(customers)[0].action == "download"


def test_the_whole_workbook_is_the_administrators_and_up_to_date(customers, admin) -> None:
    made = customers.exports.workbook(admin)
    assert isinstance(made, File)
    assert made.data == customers.config.workbook.read_bytes()
    assert openpyxl.load_workbook(io.BytesIO(made.data))["客户信息管理表"]["B2"].value == "华光科技有限公司"
    rep = Actor("x", "S009", "李娜", frozenset({"gm"}))
    refused = customers.exports.workbook(rep)
    assert isinstance(refused, Finding)
    assert refused.code == "A041"


def test_a_workbook_that_cannot_be_brought_up_to_date_is_not_handed_out_as_if_it_were(customers, admin) -> None:
    customers.sync.fold_now()
    customers.config.workbook.unlink()
    refused = customers.exports.workbook(admin)
    assert isinstance(refused, Finding)
    assert refused.code == "S080"


def test_dates_in_csv_sort_as_text(customers, admin) -> None:
    (row,) = rows_of(
        customers.exports.records("customer_info", admin, ListQuery(search="华光"), kind="csv", language="zh")
    )
    assert row["首次接触时间"] == "2026-11-03"
    assert row["创建时间"] == "2026-11-21 12:00"
