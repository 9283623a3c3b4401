"""Working in a list in the browser: find records, change many of them, take it back; and the same list on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from schemas.record import Saved, Submission
from services.app import load_config, open_app
from tests.e2e.running import LOGIN, Portal, set_up, settled

CUSTOMERS = 60


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with sixty customers: every third in 本省, all of them 贸易."""
    made = Portal(tmp_path_factory.mktemp("lists"))
    set_up(made)
    _fill(made)
    yield made.start()
    made.stop()


def _fill(portal: Portal) -> None:
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    account = app.accounts.by_login(LOGIN)
    assert account is not None
    actor = app.sessions.actor(app.sessions.open(account))
    assert actor is not None
    for number in range(CUSTOMERS):
        values = {
            "customer_name": f"客户{number:02}号公司", "contact_name": "李经理", "contact_phone": f"139{number:08}",
            "first_contact_on": "2026-03-15", "region": "本市" if number % 3 else "本省", "industry": "贸易",
            "owner_id": "S001", "is_public_official": "否",
        }  # fmt: skip
        saved = app.repository.submit(Submission("customer_info", app.new_id(), values), actor)
        assert isinstance(saved, Saved), saved
    app.close()


def open_list(page: Page, portal: Portal, query: str = "") -> None:
    page.goto(f"{portal.url}/records?t=customer_info{query}")
    page.wait_for_selector("tbody tr")
    settled(page)


def names(page: Page) -> list[str]:
    return page.locator("tbody td a").all_inner_texts()


def tick(page: Page, number: int) -> None:
    """Ticks a row and waits until the bar counts it."""
    page.locator("tbody .tick label").nth(number).click()
    settled(page)


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()
    settled(page)


def choose_industry(page: Page, industry: str) -> None:
    """Picks 行业 as the field to change, and its new value."""
    fields = page.locator(".st-key-card__bulk").get_by_role("combobox").first
    fields.fill("行业")
    page.get_by_role("option", name="行业", exact=True).click()
    page.wait_for_selector(".st-key-field__industry")
    page.keyboard.press("Escape")
    page.locator(".st-key-field__industry").get_by_role("combobox").fill(industry)
    page.get_by_role("option", name=industry, exact=True).click()
    settled(page)


def test_bulk_edit_and_undo(desktop: Page, portal: Portal) -> None:
    page = desktop
    open_list(page, portal, f"&f.region={quote('本省')}")
    expect(page.locator(".st-key-list_pages")).to_contain_text("1–20 / 20")
    tick(page, 0)
    expect(page.locator(".st-key-bulk_bar")).to_contain_text("已选 1 条")
    press(page, "choose_all")
    expect(page.locator(".st-key-bulk_bar")).to_contain_text("已选 20 条")
    press(page, "bulk_edit")
    choose_industry(page, "珠宝")
    press(page, "bulk_preview")
    expect(page.locator(".st-key-card__bulk")).to_contain_text("将修改 20 条")
    expect(page.locator(".st-key-card__bulk")).to_contain_text("贸易 → 珠宝")
    expect(page.locator(".st-key-bulk_confirm")).to_contain_text("确认修改 20 条")
    press(page, "bulk_confirm")
    expect(page.locator(".st-key-bulk_done")).to_contain_text("已修改 20 条记录")
    open_list(page, portal, f"&f.industry={quote('珠宝')}")
    expect(page.locator(".st-key-list_pages")).to_contain_text("1–20 / 20")
    press(page, "bulk_undo")
    expect(page.locator(".st-key-bulk_done")).to_contain_text("已撤销，20 条记录回到原样")
    expect(page.locator(".st-key-card__empty")).to_contain_text("没有符合条件的记录")


def test_withdrawn_together_restored_together(desktop: Page, portal: Portal) -> None:
    page = desktop
    open_list(page, portal, "&sort=customer_name")
    first, second = names(page)[:2]
    tick(page, 0)
    expect(page.locator(".st-key-bulk_bar")).to_contain_text("已选 1 条")
    tick(page, 1)
    expect(page.locator(".st-key-bulk_bar")).to_contain_text("已选 2 条")
    press(page, "bulk_withdraw")
    page.locator(".st-key-card__bulk input").fill("重复录入")
    press(page, "bulk_confirm")
    expect(page.locator(".st-key-bulk_done")).to_contain_text("已撤回 2 条记录")
    page.get_by_role("radio", name="回收站 2").click()
    expect(page.locator("tbody")).to_contain_text("重复录入")
    page.locator("thead .tick label").click()
    expect(page.locator(".st-key-bulk_bar")).to_contain_text("已选 2 条")
    press(page, "bulk_restore")
    press(page, "bulk_confirm")
    expect(page.locator(".st-key-bulk_done")).to_contain_text("已恢复 2 条记录")
    open_list(page, portal, "&sort=customer_name")
    assert names(page)[:2] == [first, second]


def test_a_filter_stands_in_the_url_and_the_browsers_way_back_takes_it_away(desktop: Page, portal: Portal) -> None:
    page = desktop
    open_list(page, portal)
    page.get_by_role("button", name="筛选").click()
    box = page.get_by_test_id("stPopoverBody").get_by_role("combobox", name="区域")
    box.fill("本省")
    page.get_by_role("option", name="本省", exact=True).click()
    expect(page.locator(".st-key-list_pages")).to_contain_text("/ 20")
    page.wait_for_url(f"**f.region={quote('本省')}**")
    expect(page.locator(".st-key-chip__region")).to_contain_text("区域：本省")
    page.go_back()
    expect(page.locator(".st-key-list_pages")).to_contain_text("/ 60")


def test_the_list_on_a_phone(phone: Page, portal: Portal) -> None:
    """Cards instead of a table, nothing wider than the screen, every target large enough for a finger."""
    page = phone
    open_list(page, portal)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("tbody .tick label").first.tap()
    expect(page.locator(".st-key-bulk_bar")).to_contain_text("已选 1 条")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    targets = page.locator(
        ".st-key-list_controls button, .st-key-list_tools button, .st-key-bulk_bar button, tbody .tick label"
    )
    small = [
        (target.inner_text(), box)
        for target in targets.all()[:12]
        if (box := target.bounding_box()) and min(box["width"], box["height"]) < 44
    ]
    assert small == []
    page.get_by_role("button", name="筛选").tap()
    body = page.get_by_test_id("stPopoverBody")
    expect(body.get_by_text("更多筛选条件")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
