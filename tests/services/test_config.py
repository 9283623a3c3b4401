"""Settings: who wins, what a bad value does, and where a demo lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.finding import Severity
from services.config import Config, is_community_cloud

BASE = Path("/srv/portal")


def read(environ=None, portal=None, settings=None) -> Config:
    return Config.read(environ or {}, {"portal": portal or {}}, settings or {}, base=BASE)


def test_with_nothing_configured_everything_has_a_default() -> None:
    config = read()
    assert config.workbook == BASE / "data/portal.xlsx"
    assert config.state_dir == BASE / "data/state"
    assert config.company_dir == BASE / "data/company"
    assert (config.mode, config.timezone, config.language) == ("durable", "Asia/Shanghai", "zh")
    assert (config.session_hours, config.idle_minutes, config.keep_days) == (8, 30, 7)
    assert config.findings == ()


@pytest.mark.parametrize(
    ("environ", "portal", "settings", "expected"),
    [
        ({"PORTAL_LANGUAGE": "en"}, {"language": "zh"}, {"language": "zh"}, "en"),
        ({}, {"language": "en"}, {"language": "zh"}, "en"),
        ({}, {}, {"language": "en"}, "en"),
        ({"PORTAL_LANGUAGE": "  "}, {}, {"language": "en"}, "en"),
        ({}, {}, {}, "zh"),
    ],
    ids=["environment wins", "then secrets", "then the settings table", "blank is not an answer", "then the default"],
)
def test_the_first_source_that_names_a_setting_decides(environ, portal, settings, expected) -> None:
    assert read(environ, portal, settings).language == expected


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("mode", "safe", "C002"),
        ("language", "fr", "C002"),
        ("session_hours", "0", "C003"),
        ("session_hours", "8.5", "C003"),
        ("idle_minutes", "1441", "C003"),
        ("timezone", "Shanghai", "C004"),
        ("timezone", "../etc/passwd", "C004"),
        ("workbook", "portal.xls", "C005"),
    ],
)
def test_a_value_that_cannot_be_used_names_setting_value_and_source(name, value, code) -> None:
    (finding,) = read(environ={f"PORTAL_{name.upper()}": value}).findings
    assert finding.code == code
    assert finding.params["setting"] == name
    assert finding.params["value"] == value
    assert finding.params["source"] == f"PORTAL_{name.upper()}"


def test_a_bad_value_in_secrets_says_so() -> None:
    (finding,) = read(portal={"timezone": "Mars/Base"}).findings
    assert finding.params["source"] == "[portal] timezone"


def test_an_unknown_setting_is_only_a_warning_and_suggests_the_nearest() -> None:
    (finding,) = read(portal={"workbok": "x.xlsx"}).findings
    assert (finding.code, finding.severity) == ("C001", Severity.WARNING)
    assert finding.params["near"] == "workbook"


def test_the_state_folder_cannot_come_from_the_settings_table_that_lies_in_it() -> None:
    assert read(settings={"state_dir": "/elsewhere"}).state_dir == BASE / "data/state"


def test_absolute_paths_stay_as_they_are() -> None:
    assert read(environ={"PORTAL_WORKBOOK": "/mnt/share/客户.xlsx"}).workbook == Path("/mnt/share/客户.xlsx")


def test_a_demo_lives_in_a_folder_of_its_own_unless_told_otherwise() -> None:
    demo = read(environ={"PORTAL_MODE": "demo"})
    assert BASE not in demo.workbook.parents
    assert demo.workbook.parent == demo.state_dir.parent
    assert read(environ={"PORTAL_MODE": "demo"}).workbook == demo.workbook
    told = read(environ={"PORTAL_MODE": "demo", "PORTAL_STATE_DIR": "/srv/demo-state"})
    assert told.state_dir == Path("/srv/demo-state")


@pytest.mark.parametrize(
    ("home", "mounted", "expected"),
    [("/home/appuser", True, True), ("/home/appuser", False, False), ("/home/li", True, False)],
    ids=["both signs", "no /mount/src", "another user"],
)
def test_community_cloud_is_told_by_its_user_and_its_mount(home, mounted, expected) -> None:
    assert is_community_cloud({"HOME": home}, exists=lambda path: mounted) is expected


def test_a_demo_administrator_needs_a_login_and_a_secret() -> None:
    whole = read(portal={"admin_login": "admin", "admin_password": "correct horse"})
    assert whole.demo_admin is not None
    assert whole.demo_admin.login == "admin"
    half = read(portal={"admin_login": "admin"})
    assert half.demo_admin is None
    assert [finding.code for finding in half.findings] == ["C006"]


def test_secrets_do_not_show_when_the_configuration_is_printed() -> None:
    config = read(portal={"admin_login": "admin", "admin_password": "correct horse"})
    assert "correct horse" not in repr(config)


def test_a_secrets_file_whose_portal_is_not_a_section_is_as_good_as_none() -> None:
    assert Config.read({}, {"portal": "demo"}, {}, base=BASE).mode == "durable"
