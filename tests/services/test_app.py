"""Opening a portal: twice is harmless, a bad configuration says what to fix, and the workbook gets what was saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from schemas.record import SYSTEM_ACTOR, Saved, Submission
from services.app import App, ConfigError, load_config, open_app, system_clock, system_id
from services.config import Config
from services.records import ListQuery, StoreUnavailable
from services.setup import SetupAnswers

ANSWERS = SetupAnswers("明达科技", "孙丽", "admin", "春江花月夜八个字")

ZHOU = {
    "customer_name": "华光科技有限公司",
    "staff_count": "３00",
    "annual_revenue": "1.2亿",
    "contact_name": "周先生",
    "contact_phone": "138 0000 0101",
    "first_contact_on": "2026.11.3",
    "need_tags": ["降本", "合规"],
    "owner_id": "孙丽",
    "region": "本市",
    "is_public_official": "否",
}


@pytest.fixture
def app(customer_forms, open_portal) -> App:
    portal: App = open_portal()
    return portal


def test_from_set_up_to_the_workbook(portal, admin) -> None:
    """The whole way of one customer: typed, saved, found, edited, withdrawn, restored, and in Excel as it should be."""
    saved = portal.repository.submit(Submission("customer_info", portal.new_id(), ZHOU), admin)
    assert isinstance(saved, Saved)
    assert saved.number == "C0001"
    (listed,) = portal.repository.page("customer_info", admin, ListQuery(search="华光")).records
    edited = {**listed.values, "grade": "A"}
    changed = portal.repository.submit(
        Submission("customer_info", portal.new_id(), edited, {}, saved.record_id, {saved.record_id: listed.etag}), admin
    )
    assert isinstance(changed, Saved)
    record = portal.repository.get("customer_info", saved.record_id, admin)
    withdrawn = portal.repository.withdraw(
        "customer_info", saved.record_id, reason="重复", etag=record.etag, key=portal.new_id(), actor=admin
    )
    assert isinstance(withdrawn, Saved)
    record = portal.repository.get("customer_info", saved.record_id, admin)
    restored = portal.repository.restore(
        "customer_info", saved.record_id, etag=record.etag, key=portal.new_id(), actor=admin
    )
    assert isinstance(restored, Saved)
    verbs = [change.verb for change in portal.repository.history("customer_info", saved.record_id, admin)]
    assert verbs == ["create", "edit", "withdraw", "restore"]

    assert portal.sync.status().pending == 2
    assert portal.sync.fold_now().pending == 0
    assert portal.sync.row_of("customer_info", saved.record_id) == ("客户信息管理表", 2)
    sheet = openpyxl.load_workbook(portal.config.workbook)["客户信息管理表"]
    row = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    assert row["员工人数"].value == 300
    assert row["年营收"].value == 120_000_000
    assert (row["联系方式"].value, row["联系方式"].number_format) == ("13800000101", "@")
    assert f"{row['首次接触时间'].value:%Y-%m-%d}" == "2026-11-03"
    assert (row["负责人"].value, row["客户等级"].value, row["状态"].value) == ("孙丽", "A", "有效")
    assert sheet.freeze_panes is not None
    assert sheet.auto_filter.ref or sheet.tables


def test_two_portals_in_one_process_see_each_others_writes_at_once(portal, admin, open_portal) -> None:
    other = open_portal()
    saved = portal.repository.submit(Submission("customer_info", "key-1", ZHOU), admin)
    assert other.repository.get("customer_info", saved.record_id, admin) is not None
    again = other.repository.submit(Submission("customer_info", "key-1", ZHOU), admin)
    assert (again.record_id, again.replayed) == (saved.record_id, True)
    other.close()
    assert portal.repository.get("customer_info", saved.record_id, admin) is not None


def test_a_lost_state_folder_loses_history_but_no_record(portal, admin, open_portal, tmp_path) -> None:
    saved = portal.repository.submit(Submission("customer_info", "key-1", ZHOU), admin)
    portal.sync.fold_now()
    before = portal.repository.get("customer_info", saved.record_id, admin)
    portal.close()
    fresh = open_portal(replace(portal.config, state_dir=tmp_path / "other-state"))
    assert fresh.setup.needed()
    answers = replace(ANSWERS, adopt_workbook=True)
    assert fresh.setup.run(answers, fresh.setup.code()) == ()
    after = fresh.repository.get("customer_info", saved.record_id, SYSTEM_ACTOR)
    assert after.values == before.values
    assert after.system["created_by"] == "S001 孙丽"


def test_a_configuration_that_cannot_be_used_says_which_setting(tmp_path) -> None:
    bad = Config.read({"PORTAL_TIMEZONE": "Mars"}, {}, {}, base=tmp_path)
    with pytest.raises(ConfigError) as refused:
        open_app(bad)
    assert [finding.code for finding in refused.value.findings] == ["C004"]
    assert not (tmp_path / "data").exists()


def test_a_state_folder_that_is_a_file_says_so(config) -> None:
    config.state_dir.write_text("not a folder")
    with pytest.raises(ConfigError) as refused:
        open_app(config)
    assert [finding.code for finding in refused.value.findings] == ["C011"]


def test_settings_of_the_portal_count_unless_the_environment_decides(portal) -> None:
    base = portal.config.state_dir.parent
    environ = {"PORTAL_STATE_DIR": str(portal.config.state_dir)}
    assert load_config(environ, {}, base=base).language == "zh"
    assert portal.language == "zh"
    portal.close()
    fixed = load_config({**environ, "PORTAL_LANGUAGE": "en"}, {}, base=base)
    assert (fixed.language, fixed.fixed) == ("en", {"state_dir", "language"})


def test_nothing_is_made_by_merely_reading_the_configuration(tmp_path) -> None:
    load_config({}, {}, base=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_clock_is_the_companys_whatever_the_servers_zone(config) -> None:
    now = system_clock(replace(config, timezone="Asia/Shanghai"))()
    assert now.utcoffset() == timedelta(hours=8)


def test_identities_are_sortable_and_differ() -> None:
    made = [system_id() for _ in range(100)]
    assert len(set(made)) == 100
    assert {len(one) for one in made} == {26}


def test_health_names_why_the_workbook_waits(portal, admin) -> None:
    portal.sync.fold_now()
    portal.repository.submit(Submission("customer_info", "key-1", ZHOU), admin)
    portal.config.workbook.unlink()
    with pytest.raises(StoreUnavailable) as refused:
        portal.sync.fold_now()
    assert refused.value.code == "S080"
    health = portal.health()
    assert (health.sync.pending, health.sync.reason) == (1, "S080")
    assert "S080" in {finding.code for finding in health.findings}
    text = portal.labels.finding(health.findings[0], "zh")
    assert str(portal.config.workbook) in text


def test_closing_twice_is_harmless(app) -> None:
    app.close()
    app.close()


def test_the_checkpointer_process_writes_the_workbook_and_ends_with_the_portal(
    customer_forms, config: Config, clock, new_id, hashing
) -> None:
    app = open_app(config, clock=clock, new_id=new_id, hashing=hashing)
    assert app.setup.run(ANSWERS, app.setup.code()) == ()
    app.close()
    assert _shows(app.config.workbook, "人员档案", "孙丽")


def _shows(path: Path, sheet: str, text: str) -> bool:
    rows = openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)
    return any(text in row for row in rows)
