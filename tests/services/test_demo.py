"""Demo mode: a portal without a durable disk shows sample data, sets itself up, and never touches a real workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from schemas.record import SYSTEM_ACTOR
from services.accounts import Account
from services.app import App, ConfigError
from services.config import Config, DemoAdmin
from services.records import ListQuery

PASSWORD = "春江花月夜八个字"


@pytest.fixture
def demo(config: Config) -> Config:
    return replace(config, mode="demo", demo_admin=DemoAdmin("admin", PASSWORD))


def test_with_an_administrator_in_the_secrets_a_demo_is_ready_at_once(customer_forms, open_portal, demo) -> None:
    app: App = open_portal(demo)
    assert not app.setup.needed()
    assert app.is_demo
    assert app.company == "演示公司"
    assert isinstance(app.accounts.check_password("admin", PASSWORD), Account)
    assert app.repository.page("customer_info", SYSTEM_ACTOR, ListQuery()).total == 60


def test_a_hash_in_the_secrets_does_as_well_as_a_password(customer_forms, open_portal, demo, hashing) -> None:
    app = open_portal(replace(demo, demo_admin=DemoAdmin("admin", password_hash=hashing.make(PASSWORD))))
    assert isinstance(app.accounts.check_password("admin", PASSWORD), Account)


def test_a_demo_opened_twice_is_set_up_once(customer_forms, open_portal, demo) -> None:
    open_portal(demo)
    again: App = open_portal(demo)
    assert len(again.accounts.all()) == 1
    assert again.repository.page("customer_info", SYSTEM_ACTOR, ListQuery()).total == 60


def test_without_an_administrator_in_the_secrets_a_demo_asks_for_set_up_like_any_portal(
    few_forms, open_portal, demo
) -> None:
    assert open_portal(replace(demo, demo_admin=None)).setup.needed()


def test_a_demo_password_anybody_guesses_is_refused_when_the_portal_opens(few_forms, open_portal, demo) -> None:
    with pytest.raises(ConfigError) as refused:
        open_portal(replace(demo, demo_admin=DemoAdmin("admin", "12345678")))
    assert [finding.code for finding in refused.value.findings] == ["A013"]


def test_a_demo_takes_no_attachments(few_forms, open_portal, demo) -> None:
    assert not open_portal(replace(demo, demo_admin=None)).attachments.enabled


def test_the_demos_workbook_can_be_taken_away(customer_forms, open_portal, demo) -> None:
    app: App = open_portal(demo)
    account = app.accounts.by_login("admin")
    made = app.exports.workbook(app.sessions.actor(app.sessions.open(account)))
    assert made.data[:2] == b"PK"


def test_on_community_cloud_the_portal_is_a_demo_in_a_folder_of_its_own(monkeypatch) -> None:
    monkeypatch.setattr("services.config.is_community_cloud", lambda environ: True)
    config = Config.read({}, {}, {})
    assert config.mode == "demo"
    assert Path("data").resolve() not in config.workbook.parents
    assert Config.read({"PORTAL_MODE": "durable"}, {}, {}).mode == "durable"
