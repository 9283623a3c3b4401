"""Bulk actions remember what was done last, for a day, so that it can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.finding import Finding
from schemas.record import Actor, Saved, Submission
from schemas.template import Template
from services.app import App
from services.bulk import MOST, BulkResult, Target, editable_fields
from services.records import ListQuery


@pytest.fixture
def people(portal: App, admin: Actor) -> list[Target]:
    """Three more staff records, and the administrator's own."""
    for number in (2, 3, 4):
        values = {"staff_id": f"S00{number}", "staff_name": f"员工{number}", "dept": "销售部"}
        saved = portal.repository.submit(Submission("staff", portal.new_id(), values), admin)
        assert isinstance(saved, Saved)
    return list(portal.bulk.matching(admin, "staff", ListQuery(search="员工")))


def depts(portal: App, admin: Actor) -> set[str]:
    page = portal.repository.page("staff", admin, ListQuery(search="员工"))
    return {record.values.get("dept", "") for record in page.records}


def undone(portal: App, admin: Actor, key: str) -> BulkResult:
    outcome = portal.bulk.undo(admin, "staff", key)
    assert isinstance(outcome, BulkResult), outcome
    return outcome


def test_what_was_done_is_told_and_taken_back_once(portal: App, admin: Actor, people: list[Target]) -> None:
    assert portal.bulk.edit(admin, "staff", people, {"dept": "客服部"}, "k1").done == 3
    last = portal.bulk.last(admin, "staff")
    assert last is not None
    assert (last.key, last.verb, last.done) == ("k1", "edit", 3)
    assert undone(portal, admin, "k1").done == 3
    assert depts(portal, admin) == {"销售部"}
    assert portal.bulk.last(admin, "staff") is None
    again = portal.bulk.undo(admin, "staff", "k1")
    assert isinstance(again, Finding)
    assert again.code == "A066"


def test_only_the_last_action_of_a_person_on_a_form_is_taken_back(
    portal: App, admin: Actor, people: list[Target]
) -> None:
    portal.bulk.edit(admin, "staff", people, {"dept": "客服部"}, "k1")
    portal.bulk.withdraw(admin, "staff", [Target(one.record_id) for one in people], "离开", "k2")
    assert isinstance(portal.bulk.undo(admin, "staff", "k1"), Finding)
    assert undone(portal, admin, "k2").done == 3
    assert depts(portal, admin) == {"客服部"}


def test_somebody_elses_action_is_not_his_to_take_back(portal: App, admin: Actor, people: list[Target]) -> None:
    portal.bulk.edit(admin, "staff", people, {"dept": "客服部"}, "k1")
    other = Actor("other", "S002", "员工2", frozenset({"admin"}))
    assert portal.bulk.last(other, "staff") is None
    assert isinstance(portal.bulk.undo(other, "staff", "k1"), Finding)


def test_after_a_day_it_stays_done(portal: App, admin: Actor, people: list[Target], clock) -> None:
    portal.bulk.edit(admin, "staff", people, {"dept": "客服部"}, "k1")
    clock.now += timedelta(hours=24)
    assert portal.bulk.last(admin, "staff") is not None
    clock.now += timedelta(seconds=1)
    assert portal.bulk.last(admin, "staff") is None
    assert isinstance(portal.bulk.undo(admin, "staff", "k1"), Finding)


def test_an_action_that_changed_nothing_leaves_the_one_before(portal: App, admin: Actor, people: list[Target]) -> None:
    portal.bulk.edit(admin, "staff", people, {"dept": "客服部"}, "k1")
    assert portal.bulk.edit(admin, "staff", [], {"dept": "x"}, "k2").done == 0
    last = portal.bulk.last(admin, "staff")
    assert last is not None
    assert last.key == "k1"
    portal.bulk.forget(admin, "staff")
    assert portal.bulk.last(admin, "staff") is None


def test_restoring_from_the_bin_is_taken_back_too(portal: App, admin: Actor, people: list[Target]) -> None:
    portal.bulk.withdraw(admin, "staff", people, "离开", "k1")
    gone = portal.bulk.matching(admin, "staff", ListQuery(void="void"))
    assert portal.bulk.restore(admin, "staff", gone, "k2").done == 3
    assert undone(portal, admin, "k2").done == 3
    assert len(portal.bulk.matching(admin, "staff", ListQuery(void="void"))) == 3


def test_no_more_records_than_fit_are_changed_at_once(portal: App, admin: Actor, people: list[Target]) -> None:
    plan = portal.bulk.plan(admin, "staff", [*people, *(Target(f"x{n}") for n in range(MOST))], {"dept": "客服部"})
    assert len(plan.ready) + len(plan.refused) == MOST


def test_fields_that_cannot_be_alike_are_not_offered() -> None:
    def field(key: str, kind: str, **options: object) -> dict[str, object]:
        return {"key": key, "type": kind, "label": {"zh": key, "en": key}, **options}

    form = Template.model_validate(
        {
            "key": "deals",
            "version": 1,
            "label": {"zh": "成交", "en": "Deals"},
            "fields": [
                field("no", "serial", serial="D{seq:3}"),
                field("code", "text", unique=True),
                field("state", "choice", choices=[{"value": "新", "en": "New"}]),
                field("phone", "phone", pii=True),
                field("cost", "money", read_roles=["finance"]),
                field("double", "computed", compute="1"),
                field("scan", "attachment"),
            ],
            "record_key": "no",
            "list_view": {"columns": ["no"]},
            "permissions": {"read": {"service_rep": "all", "finance": "all"}, "edit": ["finance", "service_rep"]},
        }
    )
    service = Actor("a", "S1", "甲", frozenset({"legal", "service_rep"}))
    admin = Actor("b", "S2", "乙", frozenset({"admin"}))
    assert [one.key for one in editable_fields(form, admin)] == ["state", "phone", "cost"]
    assert [one.key for one in editable_fields(form, service)] == ["state", "phone"]
