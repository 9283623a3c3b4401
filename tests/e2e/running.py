"""A real server and a real browser, and how a person gets in."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

from services.app import load_config, open_app
from services.setup import SetupAnswers

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
STARTED_WITHIN = 60
SETUP_LINK = re.compile(r"http://\S+\?setup=\S+")
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge")


def launch_browser(playwright: Playwright) -> Browser:
    """An installed Chrome, Edge or Chromium, else Playwright's own; fails with the instruction when there is none."""
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    named = os.environ.get("PORTAL_TEST_BROWSER") or next(filter(None, map(shutil.which, INSTALLED)), None)
    if named:
        return playwright.chromium.launch(executable_path=named, args=arguments)
    for channel in ("chrome", "msedge", None):
        try:
            return playwright.chromium.launch(channel=channel, args=arguments)
        except Exception as error:  # noqa: BLE001 - any reason not to start means: try the next one
            reason = str(error).splitlines()[0]
    pytest.fail(
        "The browser tests need Chrome, Edge or Chromium. Install one, or run `playwright install chromium`, "
        f"or name one in PORTAL_TEST_BROWSER. ({reason})"
    )


class Portal:
    """`streamlit run portal.py` on a data folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.workbook = folder / "portal.xlsx"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.environment = {
            **os.environ,
            "PORTAL_WORKBOOK": str(self.workbook),
            "PORTAL_STATE_DIR": str(folder / "state"),
            "PORTAL_COMPANY_DIR": str(folder / "company"),
            "PORTAL_MODE": "durable",
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        self.output: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Portal:
        command = [sys.executable, "-m", "streamlit", "run", "portal.py", "--server.headless", "true"]
        self.process = subprocess.Popen(
            [*command, "--server.port", str(self.port), "--server.address", "localhost"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        threading.Thread(target=self._collect, args=(self.process,), daemon=True).start()
        self._wait(self._healthy, "the server did not answer")
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)

    def setup_link(self) -> str:
        """The one-time link of the console, printed when somebody first opens a page."""
        self._wait(lambda: SETUP_LINK.search("".join(self.output)), "no set-up link on the console")
        found = SETUP_LINK.search("".join(self.output))
        assert found
        return f"{self.url}/?{found.group(0).split('?', 1)[1]}"

    def _collect(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.output.extend(process.stdout)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _wait(self, condition: object, complaint: str) -> None:
        assert callable(condition)
        until = time.monotonic() + STARTED_WITHIN
        while not condition():
            assert time.monotonic() < until, f"{complaint}; console:\n{''.join(self.output)}"
            time.sleep(0.1)


def open_page(browser: Browser, size: dict[str, int], locale: str = "zh-CN") -> Page:
    """A page in a context of its own: its own cookies, size and language."""
    context: BrowserContext = browser.new_context(
        viewport=size, locale=locale, timezone_id="Asia/Shanghai", is_mobile=size is PHONE, has_touch=size is PHONE
    )
    context.set_default_timeout(40_000)
    return context.new_page()


def settled(page: Page) -> None:
    """Waits until the script behind the page has finished and the connection stands."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
    )


LOGIN, PASSWORD = "zhangsan", "chenguang-2026"


def set_up(portal: Portal) -> None:
    """Sets the portal up as the set-up screen does, before the server starts."""
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    answers = SetupAnswers(company="晨光珠宝", admin_name="张三", login=LOGIN, password=PASSWORD)
    findings = app.setup.run(answers, app.setup.code())
    app.close()
    assert not findings


def sign_in(page: Page, url: str) -> None:
    """Signs the first administrator in at that address and stays there."""
    page.goto(url)
    give_name_and_password(page)
    page.wait_for_selector(".st-key-page_title")
    settled(page)


def give_name_and_password(page: Page, password: str = PASSWORD) -> None:
    """Fills the sign-in form and sends it."""
    login_box(page).fill(LOGIN)
    page.locator("[data-testid=stForm] input[type=password]").fill(password)
    page.get_by_role("button", name="登录").click()


def login_box(page: Page) -> Locator:
    """The sign-in form's first question."""
    return page.locator("[data-testid=stForm] input").first
