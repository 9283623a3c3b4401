"""A real server and a real browser for the journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.running import DESKTOP, PHONE, Portal, launch_browser, open_page, set_up, sign_in


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=40_000)
    with sync_playwright() as playwright:
        started = launch_browser(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of its own for each file of journeys: set up, empty, running."""
    made = Portal(tmp_path_factory.mktemp("portal"))
    set_up(made)
    yield made.start()
    made.stop()


@pytest.fixture
def desktop(browser: Browser, portal: Portal) -> Iterator[Page]:
    """Signed in, on a desktop, in Chinese."""
    page = open_page(browser, DESKTOP)
    sign_in(page, portal.url)
    yield page
    page.context.close()


@pytest.fixture
def phone(browser: Browser, portal: Portal) -> Iterator[Page]:
    """Signed in, on a phone, in Chinese."""
    page = open_page(browser, PHONE)
    sign_in(page, portal.url)
    yield page
    page.context.close()
