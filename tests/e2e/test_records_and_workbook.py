"""Records in the browser and the workbook in other hands at the same time."""

from __future__ import annotations

from collections.abc import Callable

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import DESKTOP, Portal, open_page, settled, sign_in
from tests.e2e.steps import (
    SHEET,
    box,
    eventually,
    fill,
    fill_customer,
    header_of,
    names_in,
    open_form,
    records_in,
    save,
    saved,
)


def new_customer(page: Page, portal: Portal, name: str, phone: str) -> str:
    """Saves a customer; its record page stays open. Answers the page's address."""
    open_form(page, portal.url)
    fill_customer(page, name, phone=phone)
    save(page)
    saved(page)
    eventually(lambda: portal.workbook.exists() and name in names_in(portal.workbook), f"{name} was not written")
    return page.url


def by_hand(portal: Portal, edit: Callable[[Worksheet], None]) -> None:
    """A colleague opens the workbook, changes something, and saves it."""
    book = openpyxl.load_workbook(portal.workbook)
    edit(book[SHEET])
    book.save(portal.workbook)


def cell_at(sheet: Worksheet, name: str, header: str) -> tuple[int, int]:
    headers = header_of(sheet)
    column = headers.index("客户名称") + 1
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value == name)
    return row, headers.index(header) + 1


def shows(page: Page, address: str, text: str) -> bool:
    """Whether the page at that address, loaded anew, shows the text."""
    page.goto(address)
    page.wait_for_selector(".st-key-page_title")
    settled(page)
    return bool(page.get_by_text(text).count())


def test_a_record_is_listed_opened_edited_withdrawn_and_restored_and_its_history_tells(
    portal: Portal, desktop: Page
) -> None:
    address = new_customer(desktop, portal, "一生有限公司", "13911110001")
    desktop.goto(f"{portal.url}/records?t=customer_info&q=一生")
    expect(desktop.get_by_text("一生有限公司").first).to_be_visible()
    desktop.goto(address)
    desktop.locator(".st-key-edit button").click()
    desktop.wait_for_selector("[class*='st-key-field__']")
    settled(desktop)
    fill(desktop, "contact_title", "总经理")
    save(desktop)
    saved(desktop)
    desktop.locator(".st-key-withdraw button").click()
    desktop.get_by_label("撤回原因").fill("重复登记")
    desktop.get_by_label("撤回原因").press("Tab")
    desktop.locator(".st-key-withdraw_confirm button").click()
    desktop.wait_for_selector(".st-key-restore")
    expect(desktop.get_by_text("已作废").first).to_be_visible()

    def status() -> object:
        return {record["客户名称"]: record["状态"] for record in records_in(portal.workbook)}["一生有限公司"]

    eventually(lambda: status() == "已作废", "the withdrawal did not reach the workbook")
    desktop.locator(".st-key-restore button").click()
    desktop.locator(".st-key-restore_confirm button").click()
    desktop.wait_for_selector(".st-key-withdraw")
    eventually(lambda: status() == "有效", "the restoration did not reach the workbook")
    history = desktop.locator(".st-key-card__history")
    for word in ("新建", "修改", "撤回", "恢复", "总经理", "重复登记"):
        expect(history.get_by_text(word).first).to_be_visible()


def test_edits_by_hand_while_the_portal_runs_are_taken_up_and_nothing_of_theirs_changes(
    portal: Portal, desktop: Page
) -> None:
    address = new_customer(desktop, portal, "手改有限公司", "13911110002")

    def edit(sheet: Worksheet) -> None:
        sheet.cell(*cell_at(sheet, "手改有限公司", "职位")).value = "采购主管"
        own = len(header_of(sheet)) + 1
        sheet.cell(1, own).value = "我的备注"
        sheet.cell(cell_at(sheet, "手改有限公司", "职位")[0], own).value = "老客户，常打电话"
        last = sheet.max_row + 1
        for header, value in {
            "客户名称": "手加有限公司", "联系人": "孙先生", "联系方式": "13911110003", "区域": "本市", "负责人": "张三",
        }.items():  # fmt: skip
            sheet.cell(last, header_of(sheet).index(header) + 1).value = value

    by_hand(portal, edit)
    eventually(lambda: shows(desktop, address, "采购主管"), "the edit was not taken up")
    expect(desktop.get_by_text("老客户，常打电话").first).to_be_visible()

    def numbered() -> bool:
        found = {record["客户名称"]: record for record in records_in(portal.workbook)}
        return bool(found["手加有限公司"]["记录编号"] and found["手加有限公司"]["客户编号"])

    eventually(numbered, "the row added by hand got no number")
    mine = {record["客户名称"]: record["我的备注"] for record in records_in(portal.workbook)}
    assert mine["手改有限公司"] == "老客户，常打电话"


def test_sorting_the_rows_by_hand_changes_no_record(portal: Portal, desktop: Page) -> None:
    new_customer(desktop, portal, "甲乙有限公司", "13911110004")
    before = sorted(map(str, names_in(portal.workbook)))

    def turn_around(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for number, row in enumerate(reversed(rows), 2):
            for place, value in enumerate(row, 1):
                sheet.cell(number, place).value = value

    by_hand(portal, turn_around)
    new_customer(desktop, portal, "排序之后有限公司", "13911110005")
    assert sorted(map(str, names_in(portal.workbook))) == sorted([*before, "排序之后有限公司"])
    desktop.goto(f"{portal.url}/sync")
    settled(desktop)
    assert desktop.locator(".st-key-card__conflicts").count() == 0


def test_edits_by_hand_while_the_portal_is_stopped_are_taken_up_at_the_next_start(
    portal: Portal, browser: Browser, desktop: Page
) -> None:
    address = new_customer(desktop, portal, "停机有限公司", "13911110006")
    portal.stop()
    by_hand(portal, lambda sheet: sheet.cell(*cell_at(sheet, "停机有限公司", "职位")).__setattr__("value", "厂长"))
    portal.start()
    page = open_page(browser, DESKTOP)
    sign_in(page, portal.url)
    eventually(lambda: shows(page, address, "厂长"), "the edit was not taken up")
    page.context.close()


def test_two_people_changing_different_fields_of_one_record_both_keep_their_change(
    portal: Portal, desktop: Page, browser: Browser
) -> None:
    address = new_customer(desktop, portal, "两人有限公司", "13911110007")
    record = address.split("id=")[1].split("&")[0]
    other = open_page(browser, DESKTOP)
    sign_in(other, portal.url)
    for page in (desktop, other):
        page.goto(f"{portal.url}/form?t=customer_info&id={record}")
        page.wait_for_selector("[class*='st-key-field__']")
        settled(page)
    fill(desktop, "contact_title", "经理")
    save(desktop)
    saved(desktop)
    fill(other, "area_name", "苏州")
    save(other)
    saved(other)
    expect(other.get_by_text("经理", exact=True).first).to_be_visible()
    expect(other.get_by_text("苏州").first).to_be_visible()
    other.context.close()


def test_two_people_changing_the_same_field_see_both_values_and_choose(
    portal: Portal, desktop: Page, browser: Browser
) -> None:
    address = new_customer(desktop, portal, "争执有限公司", "13911110008")
    record = address.split("id=")[1].split("&")[0]
    other = open_page(browser, DESKTOP)
    sign_in(other, portal.url)
    for page in (desktop, other):
        page.goto(f"{portal.url}/form?t=customer_info&id={record}")
        page.wait_for_selector("[class*='st-key-field__']")
        settled(page)
    fill(desktop, "contact_title", "经理")
    save(desktop)
    saved(desktop)
    fill(other, "contact_title", "总监")
    save(other)
    clash = other.locator(".st-key-card__clashes")
    expect(clash).to_contain_text("经理")
    expect(clash).to_contain_text("总监")
    assert box(other, "contact_title").input_value() == "总监"
    other.context.close()


def test_while_the_workbook_is_open_in_excel_people_go_on_and_the_page_says_what_waits(
    portal: Portal, desktop: Page
) -> None:
    new_customer(desktop, portal, "先到有限公司", "13911110009")
    owner = portal.workbook.with_name(f"~${portal.workbook.name}")
    owner.write_bytes(b"\x04Wang".ljust(165, b" "))
    open_form(desktop, portal.url)
    fill_customer(desktop, "等待有限公司", phone="13911110010")
    save(desktop)
    saved(desktop)
    status = f"{portal.url}/sync"
    eventually(lambda: shows(desktop, status, "打开"), "the status page does not say that the workbook is open")
    assert "等待有限公司" not in names_in(portal.workbook)
    owner.unlink()
    eventually(lambda: "等待有限公司" in names_in(portal.workbook), "the record was not written after Excel closed")


def test_a_workbook_replaced_by_garbage_stops_nobody_and_loses_nothing(portal: Portal, desktop: Page) -> None:
    new_customer(desktop, portal, "之前有限公司", "13911110011")
    good = portal.workbook.read_bytes()
    portal.workbook.write_bytes(b"this is not a workbook")
    open_form(desktop, portal.url)
    fill_customer(desktop, "照常有限公司", phone="13911110012")
    save(desktop)
    saved(desktop)
    status = f"{portal.url}/sync"
    eventually(lambda: shows(desktop, status, "portal.xlsx"), "the status page does not name the damaged workbook")
    assert portal.workbook.read_bytes() == b"this is not a workbook"
    portal.workbook.write_bytes(good)
    eventually(lambda: "照常有限公司" in names_in(portal.workbook), "the record was not written after the repair")
    assert "之前有限公司" in names_in(portal.workbook)
