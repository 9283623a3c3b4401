"""Screens as people meet them: run by AppTest through portal.py, on a real portal in a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from schemas.record import Actor, Record, Rejected, Saved, Submission
from services.accounts import Account
from services.app import App, open_app
from services.config import Config
from services.hashing import Hashing
from services.records import ListQuery
from services.setup import SetupAnswers

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "forms" / "templates"
PASSWORD = "春江花月夜八个字"
ORDERS = """
key: orders
version: 1
label: {zh: 订单, en: Orders}
group: sales
record_key: order_no
help: {zh: 客户订了什么。, en: What the customer ordered.}
fields:
  - {key: order_no, type: serial, serial: "PO{seq:3}", label: {zh: 订单号, en: Order no.}}
  - {key: customer, type: text, label: {zh: 客户, en: Customer}, required: true, prefill: true, max_length: 40}
  - {key: kind, type: choice, label: {zh: 类型, en: Kind},
     choices: [{value: 个人, en: Person}, {value: 公司, en: Company}]}
  - {key: tax_no, type: text, label: {zh: 税号, en: Tax no.}, required: true,
     visible_if: {field: kind, equals: 公司}}
  - {key: due_on, type: date, label: {zh: 交期, en: Due}}
  - {key: is_gift, type: bool, label: {zh: 赠品, en: Gift}}
  - {key: colours, type: multi_choice, label: {zh: 颜色, en: Colours},
     choices: [{value: 红, en: Red}, {value: 金, en: Gold}]}
  - {key: seller, type: user, label: {zh: 经办人, en: Seller}, default: current_user}
  - {key: code, type: text, label: {zh: 合同号, en: Contract no.}, unique: true}
  - {key: remark, type: long_text, label: {zh: 备注, en: Remark}}
  - {key: total, type: computed, result: money, compute: sum(items.amount), label: {zh: 总额, en: Total}}
sections:
  - {label: {zh: 基本信息, en: Basics}, fields: [order_no, customer, kind, tax_no, due_on, is_gift, colours]}
  - {label: {zh: 其他, en: Other}, fields: [seller, code, remark, total]}
lines:
  - key: items
    label: {zh: 明细, en: Items}
    fields:
      - {key: what, type: text, label: {zh: 品名, en: Item}, required: true}
      - {key: pieces, type: integer, label: {zh: 数量, en: Pieces}, required: true}
      - {key: price, type: money, label: {zh: 单价, en: Price}, required: true}
      - {key: amount, type: computed, result: money, compute: pieces * price, label: {zh: 金额, en: Amount}}
list_view: {columns: [customer, order_no, kind, due_on, total], sort: ["-order_no"], filters: [kind, seller]}
permissions:
  create: [sales_rep]
  read: {sales_rep: own, finance: all}
  edit: [sales_rep]
  export: [finance]
"""
PAPERS = """
key: papers
version: 1
label: {zh: 单据, en: Papers}
group: sales
fields:
  - {key: title, type: text, label: {zh: 标题, en: Title}, required: true}
  - {key: order, type: reference, to: orders, label: {zh: 订单, en: Order}, fill: {title: customer}}
  - {key: month, type: month, label: {zh: 月份, en: Month}}
  - {key: share, type: percent, label: {zh: 比例, en: Share}}
  - {key: scan, type: attachment, label: {zh: 扫描件, en: Scan}}
  - {key: verdict, type: decision, label: {zh: 审核, en: Verdict}}
  - {key: at, type: datetime, label: {zh: 时间, en: Time}}
  - key: town
    type: choice
    label: {zh: 城市, en: Town}
    choices: [{value: 上海, en: Shanghai}, {value: 苏州, en: Suzhou}, {value: 杭州, en: Hangzhou},
              {value: 南京, en: Nanjing}, {value: 宁波, en: Ningbo}, {value: 无锡, en: Wuxi},
              {value: 常州, en: Changzhou}]
list_view: {columns: [title, order, share, verdict]}
permissions: {create: [sales_rep], read: {finance: all}}
"""


class Clock:
    """Saturday noon in Shanghai until moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Portal:
    """One set-up portal with the forms staff and orders, its administrator, and short ways to things tests need."""

    def __init__(self, app: App, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        admin = app.accounts.by_login("admin")
        assert admin is not None
        self.admin = admin

    def token(self, account: Account) -> str:
        return self.app.sessions.open(account)

    def actor(self, account: Account) -> Actor:
        actor = self.app.sessions.actor(self.token(account))
        assert actor is not None
        return actor

    def account(self, login: str, name: str, *roles: str) -> Account:
        """Another person with an account."""
        staff_id = f"S9{len(self.app.accounts.all()):02d}"
        known = {"dept": "大客户部", "role": "销售顾问", "employment": "全职", "staff_state": "正式"}
        values = {"staff_id": staff_id, "staff_name": name, "joined_on": "2025-01-01", **known}
        saved = self.app.repository.submit(Submission("staff", self.app.new_id(), values), self.actor(self.admin))
        assert isinstance(saved, Saved), saved
        account = self.app.accounts.create(login, PASSWORD, staff_id=staff_id, roles=roles)
        assert isinstance(account, Account), account
        return account

    def order(self, account: Account | None = None, **values: str) -> Record:
        """A saved order."""
        actor = self.actor(account or self.admin)
        saved = self.app.repository.submit(Submission("orders", self.app.new_id(), values), actor)
        assert not isinstance(saved, Rejected), saved
        record = self.app.repository.get("orders", saved.record_id, actor)
        assert record is not None
        return record

    def orders(self) -> list[Record]:
        return self.records("orders")

    def records(self, template: str) -> list[Record]:
        page = self.app.repository.page(template, self.actor(self.admin), ListQuery(void="any", limit=500))
        return list(page.records)


@pytest.fixture(scope="session")
def _shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    staff = (SHIPPED / "people" / "staff.yaml").read_text(encoding="utf-8")
    (folder / "staff.yaml").write_text(staff, encoding="utf-8")
    (folder / "orders.yaml").write_text(ORDERS, encoding="utf-8")
    (folder / "papers.yaml").write_text(PAPERS, encoding="utf-8")
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fresh_app(tmp_path: Path, _shipped: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """A portal nobody has set up yet, and the one every screen of the test opens."""
    monkeypatch.setattr("services.templates.SHIPPED_TEMPLATES", _shipped)
    numbers = count(1)
    app = open_app(
        Config(tmp_path / "portal.xlsx", tmp_path / "state", tmp_path / "company"),
        clock=clock,
        new_id=lambda: f"{next(numbers):026d}",
        hashing=Hashing(cost=4),
        start_checkpointer=False,
    )
    monkeypatch.setattr("pages._ui.app.current", lambda: app)
    yield app
    app.close()


@pytest.fixture
def portal(fresh_app: App, clock: Clock) -> Portal:
    answers = SetupAnswers(company="明达科技", admin_name="孙丽", login="admin", password=PASSWORD)
    assert fresh_app.setup.run(answers, fresh_app.setup.code()) == ()
    return Portal(fresh_app, clock)


Visit = Callable[..., AppTest]


def know_visited_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the server one somebody has visited before: AppTest starts a new one for every run, and a click would be
    lost."""
    make = PagesManager.__init__

    def made(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", made)


@pytest.fixture
def visited_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server somebody has visited before."""
    know_visited_server(monkeypatch)


@pytest.fixture
def visit(fresh_app: App, visited_server: None) -> Visit:
    """Opens a screen through portal.py: `visit("form", token, t="orders")`; without a token as nobody."""

    def open_screen(slug: str = "", token: str = "", language: str = "zh", **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "portal.py"), default_timeout=30)
        if token:
            at.session_state["portal.token"] = token
        at.session_state["portal.language"] = language
        at._page_hash = calc_hash(slug) if slug not in ("", "home") else ""
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        at._page_hash = ""  # from here on the portal itself says which screen is on
        return at

    return open_screen


def go(at: AppTest, slug: str, **query: str) -> AppTest:
    """Follows a link in the same browser tab."""
    for name in list(at.query_params):
        del at.query_params[name]
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page(f"pages/{slug}.py").run()
    at._page_hash = ""
    return at


def field(at: AppTest, name: str):  # type: ignore[no-untyped-def]
    """The widget of a form's field."""
    return at.get_by_key(f"f.{draft_id(at)}.{name}")


def draft_id(at: AppTest) -> str:
    """The draft the form is opened with, as its URL names it."""
    found = at.query_params["d"]
    return found[0] if isinstance(found, list) else found


def press(at: AppTest, action: str) -> AppTest:
    """Presses one of the form's own buttons."""
    return at.button(key=f"{action}.{draft_id(at)}").click().run()


def components(at: AppTest, having: str) -> list[dict[str, Any]]:
    """The data of the browser parts on the screen that carry `having` (a table has columns, the menu has groups)."""
    found = [json.loads(element.proto.json or "{}") for element in at.get("bidi_component")]
    return [data for data in found if having in data]


def menu(at: AppTest) -> list[str]:
    """The labels of the menu's entries."""
    [data] = components(at, "groups")
    entries = [*data["screens"], *(item for group in data["groups"] for item in group["items"]), *data["manage"]]
    return [entry["label"] for entry in entries]


def words(at: AppTest) -> str:
    """Everything on the screen that reads Markdown or is shown as text."""
    shown = [*at.title, *at.subheader, *at.markdown, *at.caption, *at.text, *at.error, *at.warning, *at.info]
    return "\n".join(str(element.value) for element in shown)
