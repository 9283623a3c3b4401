"""Trying the portal out: set up with samples, look around, take them away in one click, begin in earnest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import DESKTOP, LOGIN, PASSWORD, Portal, open_page, settled
from tests.e2e.steps import eventually, fill_customer, names_in, open_form, save, saved


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A deployment nobody has set up yet."""
    made = Portal(tmp_path_factory.mktemp("samples")).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def admin(browser: Browser, fresh: Portal) -> Iterator[Page]:
    """The administrator's page, from set-up with samples on."""
    page = open_page(browser, DESKTOP)
    page.goto(fresh.url)
    page.goto(fresh.setup_link())
    for question, answer in {
        "company": "晨光珠宝有限公司", "admin_name": "张三", "login": LOGIN, "password": PASSWORD, "repeated": PASSWORD,
    }.items():  # fmt: skip
        page.locator(f".st-key-field__{question} input").fill(answer)
    page.locator(".st-key-field__sample_data").get_by_text("示例").first.click()
    page.locator(".st-key-setup button").click()
    page.wait_for_selector(".st-key-sign_out", timeout=60_000)
    settled(page)
    yield page
    page.context.close()


def test_the_desk_tells_what_is_late_and_leads_to_it(fresh: Portal, admin: Page) -> None:
    duties = admin.locator(".st-key-card__duties")
    expect(duties.locator("table")).to_be_visible()
    expect(duties).to_contain_text("交付逾期")
    duties.get_by_role("link", name="交付逾期").click()
    expect(admin.locator(".st-key-page_title")).to_contain_text("PO")


def test_lists_are_full_and_say_that_these_are_samples(fresh: Portal, admin: Page) -> None:
    admin.goto(f"{fresh.url}/records?t=customer_info")
    expect(admin.locator("table tbody tr").first).to_be_visible()
    assert admin.locator("table tbody tr").count() == 50
    expect(admin.locator(".st-key-samples_banner")).to_contain_text("示例数据")
    eventually(lambda: fresh.workbook.exists() and len(names_in(fresh.workbook)) == 60, "no samples in the workbook")


def test_one_click_and_its_confirmation_take_them_away_and_numbers_begin_at_one(fresh: Portal, admin: Page) -> None:
    admin.locator(".st-key-samples button").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog).to_contain_text("不能撤销")
    expect(dialog).to_contain_text("portal.xlsx")
    dialog.locator(".st-key-samples_remove button").click()
    expect(admin.locator(".st-key-card__duties")).to_be_visible()
    expect(admin.locator(".st-key-samples_banner")).to_have_count(0)
    settled(admin)
    assert names_in(fresh.workbook) == []
    assert (fresh.folder / "portal（含示例）.xlsx").is_file()
    open_form(admin, fresh.url)
    fill_customer(admin, "明远首饰有限公司")
    save(admin)
    saved(admin)
    expect(admin.locator(".st-key-page_title")).to_contain_text("C0001")
    eventually(
        lambda: names_in(fresh.workbook) == ["明远首饰有限公司"], "the first customer did not reach the workbook"
    )
