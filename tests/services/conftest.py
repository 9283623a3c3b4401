"""A clock that stands still until it is told, counted ids, and real stores in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.record import Actor
from services.app import App, open_app
from services.config import Config
from services.hashing import Hashing
from services.setup import SetupAnswers
from sheets_adapter.private import PrivateStore


class FakeClock:
    """Saturday noon in Shanghai until moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_id():
    numbers = count(1)
    return lambda: f"{next(numbers):026d}"


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateStore]:
    store = PrivateStore(tmp_path / "portal.private")
    yield store
    store.close()


@pytest.fixture
def hashing() -> Hashing:
    return Hashing(cost=4)


PASSWORD = "春江花月夜八个字"
ANSWERS = SetupAnswers(company="明达科技", admin_name="孙丽", login="admin", password=PASSWORD)
"""What the set-up form is answered in these tests."""

STAFF_FORM = """
key: staff
version: 1
label: {zh: 人员档案, en: Staff}
record_key: staff_id
display: staff_name
fields:
  - {key: staff_id, type: text, label: {zh: 工号, en: Staff no.}, required: true, unique: true}
  - {key: staff_name, type: text, label: {zh: 姓名, en: Name}, required: true, pii: true}
  - {key: dept, type: text, label: {zh: 部门, en: Department}}
  - {key: role, type: text, label: {zh: 岗位, en: Role}}
  - {key: employment, type: text, label: {zh: 用工类型, en: Employment}}
  - {key: staff_state, type: text, label: {zh: 人员状态, en: Status}}
  - {key: joined_on, type: date, label: {zh: 入职日期, en: Joined}}
list_view: {columns: [staff_name, staff_id]}
permissions: {read: {sales_rep: all}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A portal in a temporary folder, with the forms that are shipped."""
    return Config(tmp_path / "portal.xlsx", tmp_path / "state", tmp_path / "company")


@pytest.fixture
def few_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only a small staff form is shipped, so that tests about other things make a small workbook."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "staff.yaml").write_text(STAFF_FORM, encoding="utf-8")
    monkeypatch.setattr("services.templates.SHIPPED_TEMPLATES", folder)
    return folder


SHIPPED = Path(__file__).resolve().parents[2] / "forms" / "templates"


@pytest.fixture
def customer_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the shipped forms only customers and staff, as they are: a whole workbook takes seconds to make."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in ("people/staff.yaml", "customers/customer_info.yaml"):
        (folder / Path(name).name).write_text((SHIPPED / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr("services.templates.SHIPPED_TEMPLATES", folder)
    return folder


@pytest.fixture
def open_portal(config: Config, clock: FakeClock, new_id, hashing: Hashing):
    """Opens the portal as often as a test likes, and closes what it opened."""
    opened: list[App] = []

    def open_one(given: Config = config) -> App:
        app = open_app(given, clock=clock, new_id=new_id, hashing=hashing, start_checkpointer=False)
        opened.append(app)
        return app

    yield open_one
    for app in opened:
        app.close()


@pytest.fixture
def app(few_forms: Path, open_portal) -> App:
    """A fresh portal."""
    portal: App = open_portal()
    return portal


@pytest.fixture
def portal(app: App) -> App:
    """A portal that is set up."""
    assert app.setup.run(ANSWERS, app.setup.code()) == ()
    return app


@pytest.fixture
def admin(portal: App) -> Actor:
    """The administrator of `portal`, signed in."""
    account = portal.accounts.by_login("admin")
    assert account is not None
    actor = portal.sessions.actor(portal.sessions.open(account))
    assert actor is not None
    return actor


@pytest.fixture
def private_settings():
    """Reads the settings table of a portal as another process would."""

    def settings(app: App) -> dict[str, str]:
        store = PrivateStore(app.config.state_dir / "portal.private")
        try:
            return store.settings()
        finally:
            store.close()

    return settings


@pytest.fixture
def access_log():
    """Reads a portal's access log, newest line first."""

    def log(app: App):
        store = PrivateStore(app.config.state_dir / "portal.private")
        try:
            return store.access_log()
        finally:
            store.close()

    return log
