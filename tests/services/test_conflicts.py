"""One field changed in the portal and in the workbook at once: a person decides, and his decision is written."""

from __future__ import annotations

import openpyxl
import pytest

from schemas.record import Actor, Saved, Submission
from services.app import App

ZHOU = {
    "customer_name": "华光科技有限公司",
    "contact_name": "周先生",
    "contact_phone": "13800000101",
    "first_contact_on": "2026-11-03",
    "owner_id": "S001",
    "region": "本市",
    "is_public_official": "否",
}


@pytest.fixture
def app(customer_forms, open_portal) -> App:
    portal: App = open_portal()
    return portal


def edit(portal: App, record_id: str, actor: Actor, **values: str) -> None:
    record = portal.repository.get("customer_info", record_id, actor)
    submission = Submission(
        "customer_info", portal.new_id(), {**record.values, **values}, {}, record_id, {record_id: record.etag}
    )
    assert isinstance(portal.repository.submit(submission, actor), Saved)


def cell(portal: App, header: str, value: str | None = None) -> str:
    """The customer's cell in the workbook, overwritten by hand when a value is given."""
    book = openpyxl.load_workbook(portal.config.workbook)
    sheet = book["客户信息管理表"]
    found = sheet.cell(2, {one.value: one.column for one in sheet[1]}[header])
    if value is not None:
        found.value = value
        book.save(portal.config.workbook)
    return str(found.value)


def clash(portal: App, actor: Actor, header: str, field: str, typed: str, saved: str) -> str:
    """Somebody types into the workbook while somebody else saves the same field; answers the record id."""
    outcome = portal.repository.submit(Submission("customer_info", portal.new_id(), ZHOU), actor)
    assert isinstance(outcome, Saved)
    portal.sync.fold_now()
    cell(portal, header, typed)
    edit(portal, outcome.record_id, actor, **{field: saved})
    portal.sync.fold_now()
    return outcome.record_id


@pytest.fixture
def clashed(portal, admin) -> str:
    return clash(portal, admin, "区域", "region", "其它地区", "本省")


def test_both_values_are_kept_and_shown(portal, admin, clashed) -> None:
    (conflict,) = portal.sync.conflicts(admin)
    assert (conflict.row_id, conflict.column) == (clashed, "region")
    assert (conflict.base, conflict.ours, conflict.theirs) == ("本市", "本省", "其它地区")
    assert portal.sync.status().conflicts == 1


def test_taking_the_workbooks_value_writes_it_in_both_places(portal, admin, clashed) -> None:
    (conflict,) = portal.sync.conflicts(admin)
    assert portal.sync.resolve(conflict.number, "theirs", admin) == ()
    assert portal.repository.get("customer_info", clashed, admin).values["region"] == "其它地区"
    last = portal.repository.history("customer_info", clashed, admin)[-1]
    assert (last.verb, last.after["region"]) == ("merge", "其它地区")
    assert portal.repository.get("customer_info", clashed, admin).system["updated_by"] == "S001 孙丽"
    portal.sync.fold_now()
    assert cell(portal, "区域") == "其它地区"
    assert portal.sync.conflicts(admin) == ()


def test_keeping_the_portals_value_changes_no_record(portal, admin, clashed) -> None:
    (conflict,) = portal.sync.conflicts(admin)
    assert portal.sync.resolve(conflict.number, "ours", admin) == ()
    assert portal.repository.get("customer_info", clashed, admin).values["region"] == "本省"
    portal.sync.fold_now()
    assert cell(portal, "区域") == "本省"
    assert portal.sync.conflicts(admin) == ()


def test_a_conflict_is_settled_once(portal, admin, clashed) -> None:
    (conflict,) = portal.sync.conflicts(admin)
    portal.sync.resolve(conflict.number, "ours", admin)
    assert [finding.code for finding in portal.sync.resolve(conflict.number, "theirs", admin)] == ["S072"]
    assert portal.repository.get("customer_info", clashed, admin).values["region"] == "本省"


def test_who_may_not_see_the_record_sees_no_conflict_and_settles_none(portal, admin, clashed) -> None:
    stranger = Actor("x", "S009", "李娜", frozenset({"sales_rep"}))
    (conflict,) = portal.sync.conflicts(admin)
    assert portal.sync.conflicts(stranger) == ()
    assert [finding.code for finding in portal.sync.resolve(conflict.number, "theirs", stranger)] == ["S072"]
    assert portal.sync.conflicts(admin) == (conflict,)


def test_who_may_only_read_settles_none_and_is_told(portal, admin, clashed) -> None:
    reader = Actor("y", "S010", "赵磊", frozenset({"finance"}))
    (conflict,) = portal.sync.conflicts(reader)
    assert [finding.code for finding in portal.sync.resolve(conflict.number, "theirs", reader)] == ["A044"]
    assert portal.sync.conflicts(admin) == (conflict,)


def test_personal_data_in_a_conflict_is_masked_like_everywhere(portal, admin) -> None:
    clash(portal, admin, "联系方式", "contact_phone", "13900000202", "13700000303")
    clerk = Actor("z", "S011", "何敏", frozenset({"compliance"}))
    (conflict,) = portal.sync.conflicts(clerk)
    assert (conflict.base, conflict.ours, conflict.theirs) == ("138****0101", "137****0303", "139****0202")
