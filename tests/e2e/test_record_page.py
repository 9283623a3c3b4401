"""A record in the browser: what belongs to it, its paper form, and the way back to what it was."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from schemas.record import Saved, Submission
from services.app import load_config, open_app
from tests.e2e.running import DESKTOP, LOGIN, PHONE, Portal, open_page, set_up, settled, sign_in
from tests.e2e.steps import box, fill, save, saved

NEEDS = 6


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, str]]:
    """A portal with a customer that has six needs, and the address of the customer's page."""
    portal = Portal(tmp_path_factory.mktemp("record_page"))
    set_up(portal)
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    account = app.accounts.by_login(LOGIN)
    assert account
    actor = app.sessions.actor(app.sessions.open(account))
    assert actor

    def put(template: str, **values: str) -> Saved:
        outcome = app.repository.submit(Submission(template, app.new_id(), values), actor)
        assert isinstance(outcome, Saved), outcome
        return outcome

    customer = put(
        "customer_info", customer_name="明远科技有限公司", contact_name="李经理", contact_phone="13912345678",
        first_contact_on="2026-03-15", region="本省", owner_id=actor.staff_id, is_public_official="否", grade="B",
    )  # fmt: skip
    for number in range(1, NEEDS + 1):
        put("need_confirmation", customer_id=customer.number, need_no=f"DEMO{number:03}", need_type="刚性",
            description="降低生产线能耗30%", talked_on="2026-03-20")  # fmt: skip
    app.close()
    portal.start()
    yield portal, f"{portal.url}/record?t=customer_info&id={customer.record_id}"
    portal.stop()


@pytest.fixture
def customer(running: tuple[Portal, str], browser: Browser) -> Iterator[Page]:
    """The customer's page on a desktop."""
    page = open_page(browser, DESKTOP)
    sign_in(page, running[1])
    yield page
    page.context.close()


def entries(page: Page) -> Locator:
    """What happened, newest first."""
    return page.locator(".st-key-card__history ol > li")


def printed(page: Page, kind: str) -> bytes:
    """The paper form as the browser downloads it."""
    page.locator(".st-key-print button").first.click()
    with page.expect_download() as download:
        page.locator(f".st-key-print_{kind} button").click()
    page.keyboard.press("Escape")
    data = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename.endswith(f"C0001.{kind}")
    return data


def test_a_customer_s_needs_are_listed_and_lead_there_and_back_and_to_all_of_them(customer: Page) -> None:
    card = customer.locator(".st-key-card__related")
    expect(card.locator("tbody tr")).to_have_count(5)
    expect(card.get_by_text(f"全部 {NEEDS} 条")).to_be_visible()
    card.get_by_role("link", name="DEMO006").click()
    expect(customer.locator(".st-key-page_title")).to_contain_text("客户需求确认清单")
    customer.locator(".st-key-value__customer_id a").click()
    expect(customer.locator(".st-key-page_title")).to_contain_text("明远科技有限公司")
    settled(customer)
    card.get_by_text(f"全部 {NEEDS} 条").click()
    expect(customer.locator("tbody tr")).to_have_count(NEEDS)
    assert "f.customer_id=C0001" in customer.url


def test_one_more_need_is_begun_with_the_customer_filled_in(customer: Page) -> None:
    card = customer.locator(".st-key-card__related")
    card.locator("[class*='st-key-related__need_confirmation']").get_by_text("新建").click()
    customer.wait_for_selector("[class*='st-key-field__']")
    expect(box(customer, "customer_id")).to_have_value("明远科技有限公司 · C0001")


def test_the_paper_form_is_downloaded_as_pdf_and_as_excel(customer: Page) -> None:
    pages = pypdf.PdfReader(io.BytesIO(printed(customer, "pdf"))).pages
    text = "".join(page.extract_text() for page in pages)
    assert "客户信息管理表" in text
    assert "明远科技有限公司" in text
    sheet = openpyxl.load_workbook(io.BytesIO(printed(customer, "xlsx"))).worksheets[0]
    words = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"晨光珠宝", "客户信息管理表", "编号：C0001", "13912345678"} <= words


def test_an_earlier_value_and_an_earlier_version_are_brought_back(customer: Page) -> None:
    customer.locator(".st-key-edit button").click()
    customer.wait_for_selector("[class*='st-key-field__']")
    settled(customer)
    fill(customer, "contact_name", "王经理")
    fill(customer, "contact_title", "总监")
    save(customer)
    saved(customer)
    newest = entries(customer).first
    expect(newest).to_contain_text("李经理")
    expect(newest).to_contain_text("王经理")
    newest.get_by_role("button", name="改回").first.click()
    question = customer.get_by_role("dialog")
    expect(question).to_contain_text("联系人：王经理 → 李经理")
    customer.locator(".st-key-version_confirm button").click()
    expect(customer.locator(".st-key-value__contact_name")).to_contain_text("李经理")
    expect(customer.locator(".st-key-value__contact_title")).to_contain_text("总监")
    settled(customer)
    entries(customer).last.get_by_role("button", name="恢复到这一版").click()
    expect(question).to_contain_text("职位：总监")
    customer.locator(".st-key-version_confirm button").click()
    expect(customer.locator(".st-key-value__contact_title")).to_have_count(0)
    expect(entries(customer)).to_have_count(4)


def test_a_copy_is_begun_from_the_record(customer: Page) -> None:
    customer.locator(".st-key-copy button").click()
    customer.wait_for_selector("[class*='st-key-field__']")
    settled(customer)
    assert box(customer, "contact_phone").input_value() == "13912345678"


def test_on_a_phone_the_page_is_read_from_top_to_bottom_without_sideways_scrolling(
    running: tuple[Portal, str], browser: Browser
) -> None:
    page = open_page(browser, PHONE)
    sign_in(page, running[1])
    expect(page.locator(".st-key-card__related tbody tr")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    related, history = (page.locator(f".st-key-card__{name}").bounding_box() for name in ("related", "history"))
    assert related
    assert history
    assert history["y"] > related["y"] + related["height"] - 1
    page.context.close()
