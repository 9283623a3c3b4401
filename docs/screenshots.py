"""Makes the README's pictures: sets a portal up with sample data in a temporary folder and walks through it.

    python -m docs.screenshots

Needs the tools of requirements-dev.txt and Chrome, Edge or Chromium; writes docs/images/*.png.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from services.app import load_config, open_app
from services.setup import SetupAnswers
from tests.e2e.running import DESKTOP, LOGIN, PASSWORD, PHONE, Portal, launch_browser, login_box, open_page, settled

IMAGES = Path(__file__).resolve().parent / "images"
LOCALES = {"zh": "zh-CN", "en": "en-US"}
COMPANIES = {"zh": ("晨光珠宝有限公司", "孙丽"), "en": ("Morning Light Jewellery", "Lily Sun")}
MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its name, the address, what must be there before it is taken, the size and the colours."""

    name: str
    address: str
    ready: str
    size: dict[str, int]
    dark: bool = False


DESK = ".st-key-card__duties table"
SHOTS = (
    Shot("desk", "", DESK, DESKTOP),
    Shot("list", "records?t=customer_info", "table tbody tr", DESKTOP),
    Shot("record", "", ".st-key-edit", DESKTOP),
    Shot("form", "form?t=gift_request", "[class*='st-key-field__']", DESKTOP),
    Shot("desk-dark", "", DESK, DESKTOP, dark=True),
    Shot("desk-phone", "", DESK, PHONE),
    Shot("form-phone", "form?t=customer_info", "[class*='st-key-field__']", PHONE),
)
CUSTOMER = "瑞丰珠宝有限公司"


def main() -> int:
    """Makes every picture in both languages; 1 when they are larger together than a repository should carry."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        for language in LOCALES:
            with tempfile.TemporaryDirectory() as folder:
                _tour(browser, Portal(Path(folder)), language)
        browser.close()
    total = sum(path.stat().st_size for path in IMAGES.glob("*.png"))
    sys.stdout.write(f"{len(list(IMAGES.glob('*.png')))} pictures, {total / 1e6:.1f} MB, in {IMAGES}\n")
    return 0 if total <= MOST_BYTES else 1


def _tour(browser: Browser, portal: Portal, language: str) -> None:
    record_id = _set_up(portal, language)
    portal.start()
    try:
        for size, dark in dict.fromkeys((shot.size["width"], shot.dark) for shot in SHOTS):
            shots = [shot for shot in SHOTS if (shot.size["width"], shot.dark) == (size, dark)]
            _take(browser, portal, language, shots, record_id)
    finally:
        portal.stop()


def _set_up(portal: Portal, language: str) -> str:
    """Sets the portal up with samples; the record number of the customer shown."""
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    company, name = COMPANIES[language]
    answers = SetupAnswers(company, name, LOGIN, PASSWORD, language=language, sample_data=True)
    app.setup.run(answers, app.setup.code())
    key = app.repository.references.resolve("customer_info", CUSTOMER)[0]
    target = app.repository.references.find("customer_info", key)
    app.sync.fold_now()
    app.close()
    assert target is not None
    return target.row_id


def _take(browser: Browser, portal: Portal, language: str, shots: Sequence[Shot], record_id: str) -> None:
    page = open_page(browser, shots[0].size, LOCALES[language])
    page.emulate_media(color_scheme="dark" if shots[0].dark else "light")
    _sign_in(page, portal.url)
    for shot in shots:
        address = f"record?t=customer_info&id={record_id}" if shot.name == "record" else shot.address
        page.goto(f"{portal.url}/{address}")
        page.wait_for_selector(shot.ready)
        settled(page)
        page.evaluate("document.fonts.ready")
        page.mouse.move(0, 0)
        page.screenshot(path=IMAGES / f"{shot.name}.{language}.png")
    page.context.close()


def _sign_in(page: Page, url: str) -> None:
    page.goto(url)
    login_box(page).fill(LOGIN)
    page.locator("[data-testid=stForm] input[type=password]").fill(PASSWORD)
    page.locator("[data-testid=stForm] button").last.click()
    page.wait_for_selector(".st-key-page_title")
    settled(page)


if __name__ == "__main__":
    sys.exit(main())
