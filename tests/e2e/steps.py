"""What a person does on the screens, and what colleagues do in the workbook meanwhile."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Error, Locator, Page, expect

from services.app import PRIVATE_FILE
from tests.e2e.running import Portal, settled

SHEET = "客户信息管理表"
WRITTEN_WITHIN = 40
KEPT_WITHIN = 10


def open_form(page: Page, url: str, template: str = "customer_info") -> None:
    page.goto(f"{url}/form?t={template}")
    page.wait_for_selector("[class*='st-key-field__']")
    settled(page)


def box(page: Page, field: str) -> Locator:
    """The text box of a field."""
    return page.locator(f".st-key-field__{field}").locator("input, textarea").first


def fill(page: Page, field: str, text: str) -> None:
    """Types into a field and leaves it, as somebody who presses Tab."""
    place = box(page, field)
    place.fill(text)
    place.press("Tab")
    settled(page)


def choose(page: Page, field: str, option: str) -> None:
    """Picks an answer, whether it is a pill, a segment or an entry of a list."""
    place = page.locator(f".st-key-field__{field}")
    place.locator("button, input").first.wait_for()
    button = place.get_by_role("button", name=option, exact=True).or_(
        place.get_by_role("radio", name=option, exact=True)
    )
    if button.count():
        button.first.click()
    else:
        combobox = place.get_by_role("combobox")
        combobox.fill(option)
        page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def fill_customer(page: Page, name: str, *, phone: str = "13912345678") -> None:
    """The required fields of 客户信息管理表 that have no default."""
    fill(page, "customer_name", name)
    fill(page, "contact_name", "李经理")
    fill(page, "contact_phone", phone)
    fill(page, "first_contact_on", "2026.3.15")
    choose(page, "region", "本省")


def save(page: Page) -> None:
    page.locator(".st-key-save button").click()


def save_unless_saved(page: Page) -> None:
    """After a reload or a lost connection: the record's page when the first click did it, else one more click."""
    edit = page.locator(".st-key-edit button")
    expect(edit.or_(page.locator(".st-key-save button")).first).to_be_visible()
    settled(page)
    if not edit.count():
        with suppress(Error):  # the first click's page may come while this one is on its way
            page.locator(".st-key-save button").click(timeout=5_000)
    edit.wait_for()


def saved(page: Page) -> None:
    """Waits for the receipt on the record's page; says what the page shows instead when it does not come."""
    try:
        page.wait_for_selector(".st-key-card__receipt", timeout=60_000)
    except Error as error:
        raise AssertionError(f"not saved: {page.url}\n{page.locator('body').inner_text()}") from error
    settled(page)


def kept(portal: Portal, *texts: str) -> None:
    """Waits until one draft holds all the texts. Nothing is pressed: what is typed goes there by itself."""
    store = portal.folder / "state" / PRIVATE_FILE

    def found() -> bool:
        with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as drafts:
            contents = [str(json.loads(content)) for (content,) in drafts.execute("SELECT content FROM drafts")]
        return any(all(text in content for text in texts) for content in contents)

    eventually(found, f"no draft holds {texts}", within=KEPT_WITHIN)


def sheet_of(workbook: Path, title: str = SHEET) -> Worksheet:
    return openpyxl.load_workbook(workbook)[title]


def header_of(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for cell in sheet[1] if cell.value is not None]


def records_in(workbook: Path, title: str = SHEET) -> list[dict[str, object]]:
    """The sheet as header → cell value, empty rows left out."""
    rows = list(sheet_of(workbook, title).iter_rows(values_only=True))
    header = [str(cell) for cell in rows[0]]
    return [dict(zip(header, row, strict=True)) for row in rows[1:] if any(cell is not None for cell in row)]


def names_in(workbook: Path) -> list[object]:
    return [record["客户名称"] for record in records_in(workbook)]


def eventually(condition: Callable[[], object], complaint: str, within: float = WRITTEN_WITHIN) -> None:
    """Waits for what happens in another process, such as writing into the workbook."""
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, complaint
        time.sleep(0.25)
