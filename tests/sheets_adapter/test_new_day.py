"""What holds today changes overnight, without anybody saving the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.template import Template
from tests.sheets_adapter.workbook_samples import STAFF, Office, changed_template

POSTS = {
    "key": "posts",
    "label": {"zh": "任职", "en": "Posts"},
    "fields": [
        {"key": "from_day", "type": "date", "label": {"zh": "起", "en": "From"}},
        {"key": "dept", "type": "text", "label": {"zh": "部门", "en": "Department"}},
    ],
}
DEPT = {
    "key": "dept",
    "type": "text",
    "label": {"zh": "部门", "en": "Department"},
    "in_force": {"line": "posts", "from": "from_day"},
}


def people() -> Template:
    fields = STAFF.model_dump(by_alias=True)["fields"]
    return changed_template(STAFF, fields=[*fields, DEPT], lines=[POSTS])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """On 2026-11-21 张三 is in sales, and his move to service on the 23rd is entered already."""
    office = Office(tmp_path, (people(),))
    office.save("s1", {"staff_id": "S001", "staff_name": "张三", "dept": "销售部"}, "staff")
    office.save("p1", {"record_id": "s1", "line_no": "1", "from_day": "2026-01-01", "dept": "销售部"}, "staff.posts")
    office.save("p2", {"record_id": "s1", "line_no": "2", "from_day": "2026-11-23", "dept": "客服部"}, "staff.posts")
    office.checkpoint()
    yield office
    office.close()


def test_the_line_in_force_is_taken_on_its_day_and_shown_in_the_workbook(office: Office) -> None:
    office.now += timedelta(days=1)
    office.checkpoint()
    assert office.values("s1", "staff")["dept"] == "销售部"
    office.now += timedelta(days=1)
    assert office.backend.needs_checkpoint()
    office.checkpoint()
    assert office.values("s1", "staff")["dept"] == "客服部"
    assert office.by_id("人员")["s1"]["部门"] == "客服部"


def test_the_system_is_named_as_who_changed_it(office: Office) -> None:
    office.now += timedelta(days=2)
    office.checkpoint()
    last = office.journal.changes(table="staff", row_id="s1")[-1]
    assert (last.actor, last.verb, last.source, last.after) == ("系统", "recompute", "system", {"dept": "客服部"})


def test_a_portal_that_was_off_for_a_week_catches_up(office: Office) -> None:
    office.now += timedelta(days=9)
    office.restart()
    office.checkpoint()
    assert office.values("s1", "staff")["dept"] == "客服部"


def test_a_new_day_is_a_change_and_a_day_begun_is_none(office: Office) -> None:
    before = office.backend.fingerprint()
    assert (office.backend.needs_checkpoint(), office.backend.fingerprint()) == (False, before)
    office.now += timedelta(days=1)
    assert office.backend.fingerprint() != before
    office.checkpoint()
    assert not office.backend.needs_checkpoint()


def test_it_happens_though_the_workbook_is_away(office: Office) -> None:
    office.workbook.rename(office.folder / "away.xlsx")
    office.now += timedelta(days=2)
    assert office.backend.checkpoint().state == "waiting"
    assert office.values("s1", "staff")["dept"] == "客服部"


def test_on_a_day_without_a_new_line_nothing_is_written(office: Office) -> None:
    revision = office.journal.revision()
    office.now += timedelta(days=1)
    office.checkpoint()
    assert office.journal.revision() == revision
