"""The first day: set-up by the one-time link, the first customer, and what Excel shows of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import (
    DESKTOP,
    LOGIN,
    PASSWORD,
    PHONE,
    Portal,
    give_name_and_password,
    login_box,
    open_page,
    settled,
)
from tests.e2e.steps import eventually, fill_customer, header_of, open_form, records_in, save, saved, sheet_of

SCREENS = [
    "",
    "home",
    "form?t=customer_info",
    "records?t=customer_info",
    "record?t=customer_info&id=x",
    "sync",
    "templates",
]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A deployment nobody has set up yet."""
    made = Portal(tmp_path_factory.mktemp("fresh")).start()
    yield made
    made.stop()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    page = open_page(browser, DESKTOP)
    yield page
    page.context.close()


def test_without_the_link_of_the_console_nobody_can_set_the_portal_up(fresh: Portal, visitor: Page) -> None:
    visitor.goto(f"{fresh.url}/?setup=guessed")
    expect(visitor.get_by_text("这个设置链接已经失效")).to_be_visible()
    assert visitor.locator(".st-key-setup").count() == 0


def test_set_up_says_beside_each_question_what_is_missing_and_keeps_the_rest(fresh: Portal, visitor: Page) -> None:
    visitor.goto(fresh.url)
    visitor.goto(fresh.setup_link())
    visitor.locator(".st-key-field__company input").fill("晨光珠宝有限公司")
    visitor.locator(".st-key-field__password input").fill("short")
    visitor.locator(".st-key-setup button").click()
    expect(visitor.locator(".st-key-field__admin_name")).to_contain_text("管理员")
    expect(visitor.locator(".st-key-field__password")).to_contain_text("8")
    assert visitor.locator(".st-key-field__company input").input_value() == "晨光珠宝有限公司"
    assert not fresh.workbook.exists()


def test_set_up_makes_the_workbook_and_signs_the_administrator_in_and_the_link_works_once(
    fresh: Portal, visitor: Page, browser: Browser
) -> None:
    visitor.goto(fresh.url)
    link = fresh.setup_link()
    visitor.goto(link)
    for question, answer in {
        "company": "晨光珠宝有限公司", "admin_name": "张三", "login": LOGIN, "password": PASSWORD, "repeated": PASSWORD,
    }.items():  # fmt: skip
        visitor.locator(f".st-key-field__{question} input").fill(answer)
    visitor.locator(".st-key-setup button").dblclick()
    visitor.wait_for_selector(".st-key-sign_out", timeout=60_000)
    expect(visitor.get_by_text("晨光珠宝有限公司").first).to_be_visible()
    eventually(fresh.workbook.exists, "no workbook after set-up")
    second = open_page(browser, DESKTOP)
    second.goto(link)
    expect(second.get_by_role("button", name="登录")).to_be_visible()
    second.context.close()


def test_the_first_customer_stands_in_the_workbook_as_a_good_company_workbook_would_hold_it(
    fresh: Portal, visitor: Page
) -> None:
    visitor.goto(fresh.url)
    give_name_and_password(visitor)
    visitor.wait_for_selector(".st-key-sign_out")
    open_form(visitor, fresh.url)
    fill_customer(visitor, "明远科技有限公司")
    visitor.locator(".st-key-field__annual_revenue input").fill("1.2亿")
    save(visitor)
    saved(visitor)
    expect(visitor.locator(".st-key-card__receipt")).to_contain_text("C0001")
    eventually(lambda: records_in(fresh.workbook), "the customer did not reach the workbook")
    sheet = sheet_of(fresh.workbook)
    headers = header_of(sheet)
    assert headers[:2] == ["客户编号", "客户名称"]
    assert headers[-9:] == [
        "记录编号", "状态", "创建时间", "创建人", "提交时间", "审批时间", "作废原因", "更新时间", "更新人",
    ]  # fmt: skip
    cell = {header: sheet.cell(2, place) for place, header in enumerate(headers, 1)}
    assert cell["首次接触时间"].value == dt.datetime(2026, 3, 15)  # noqa: DTZ001 - a cell has no zone
    assert cell["首次接触时间"].is_date
    assert cell["年营收"].value == 120_000_000
    assert "0.00" in cell["年营收"].number_format
    assert (cell["联系方式"].value, cell["联系方式"].number_format) == ("13912345678", "@")
    assert (cell["负责人"].value, cell["负责人·编号"].value) == ("张三", "S001")
    assert cell["创建人"].value == "S001 张三"
    assert sheet.freeze_panes
    assert sheet.auto_filter.ref
    assert any("本市" in str(one.formula1) for one in sheet.data_validations.dataValidation)
    assert sheet.column_dimensions["B"].width > 12


@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_visit_of_a_freshly_started_server_to_any_page_shows_sign_in(
    fresh: Portal, browser: Browser, screen: str
) -> None:
    fresh.stop()
    fresh.start()
    page = open_page(browser, DESKTOP)
    page.goto(f"{fresh.url}/{screen}")
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    assert page.locator(".st-key-page_title, .st-key-nav").count() == 0
    assert page.get_by_role("dialog").count() == 0
    page.context.close()


def test_a_deep_link_survives_signing_in(fresh: Portal, visitor: Page) -> None:
    visitor.goto(f"{fresh.url}/records?t=staff")
    give_name_and_password(visitor)
    visitor.wait_for_selector(".st-key-page_title")
    settled(visitor)
    assert "/records" in visitor.url
    assert "t=staff" in visitor.url
    expect(visitor.locator(".st-key-page_title")).to_contain_text("人员档案")


def test_a_reload_stays_signed_in_and_signing_out_ends_the_other_tab(fresh: Portal, visitor: Page) -> None:
    visitor.goto(fresh.url)
    give_name_and_password(visitor)
    visitor.wait_for_selector(".st-key-sign_out")
    settled(visitor)
    visitor.reload()
    visitor.wait_for_selector(".st-key-sign_out")
    other = visitor.context.new_page()
    other.goto(fresh.url)
    other.wait_for_selector(".st-key-sign_out")
    settled(other)
    visitor.locator(".st-key-sign_out button").click()
    expect(visitor.get_by_role("button", name="登录")).to_be_visible()
    other.goto(f"{fresh.url}/records?t=staff")
    expect(other.get_by_role("button", name="登录")).to_be_visible()


def test_a_wrong_password_is_refused_in_words_and_keeps_the_name(fresh: Portal, visitor: Page) -> None:
    visitor.goto(fresh.url)
    give_name_and_password(visitor, "not-the-password")
    expect(visitor.get_by_role("alert")).to_be_visible()
    assert login_box(visitor).input_value() == LOGIN


def test_a_customer_is_filled_in_on_a_phone(fresh: Portal, browser: Browser) -> None:
    page = open_page(browser, PHONE)
    page.goto(fresh.url)
    give_name_and_password(page)
    page.wait_for_selector(".st-key-page_title")
    settled(page)
    open_form(page, fresh.url)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    fill_customer(page, "海川贸易有限公司", phone="010-88886666")
    save(page)
    saved(page)
    eventually(lambda: len(records_in(fresh.workbook)) == 2, "the second customer did not reach the workbook")
    page.context.close()


def test_the_desk_is_also_found_by_its_name_and_an_unknown_page_says_so_in_chinese(
    fresh: Portal, visitor: Page
) -> None:
    visitor.goto(fresh.url)
    give_name_and_password(visitor)
    visitor.wait_for_selector(".st-key-sign_out")
    visitor.goto(f"{fresh.url}/home")
    expect(visitor.locator(".st-key-page_title")).to_contain_text("张三")
    assert visitor.get_by_role("dialog").count() == 0
    visitor.goto(f"{fresh.url}/nowhere")
    expect(visitor.get_by_role("dialog")).to_contain_text("没有这一页")
