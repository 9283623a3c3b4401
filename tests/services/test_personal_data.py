"""Personal data on a record's page: covered for who may look but need not, and every look is noted down."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.record import Actor, Record
from services.app import App
from tests.services.print_samples import MANAGER, READER, VALUES, add_form, gift


@pytest.fixture
def few_forms(few_forms: Path) -> Path:
    add_form(few_forms)
    return few_forms


@pytest.fixture
def writer() -> Actor:
    return Actor("a6", "S006", "孙八", frozenset({"sales_rep"}))


@pytest.fixture
def record(portal: App, admin: Actor, writer: Actor) -> Record:
    return gift(portal, writer, **{**VALUES, "applicant": "", "cost": ""})


def covered(portal: App, record: Record, actor: Actor) -> set[str]:
    seen = portal.repository.get("gifts", record.record_id, actor)
    assert seen is not None
    return set(portal.personal_data.covered(seen, actor))


def test_a_manager_finds_other_people_s_customers_covered(portal: App, record: Record) -> None:
    assert covered(portal, record, MANAGER) == {"receiver", "phone"}


def test_one_s_own_record_stands_open(portal: App, record: Record, writer: Actor) -> None:
    assert covered(portal, record, writer) == set()


def test_who_may_not_see_it_has_nothing_to_uncover(portal: App, record: Record) -> None:
    assert covered(portal, record, READER) == set()


def test_what_stands_for_the_record_elsewhere_is_never_covered(portal: App, admin: Actor) -> None:
    staff = portal.repository.find_by_key("staff", "S001", MANAGER)
    admin_view = portal.repository.find_by_key("staff", "S001", admin)
    assert staff is None
    assert admin_view is not None
    assert "staff_name" not in portal.personal_data.covered(admin_view, admin)


def test_an_empty_field_is_not_covered(portal: App, writer: Actor) -> None:
    assert covered(portal, gift(portal, writer, receiver="王女士"), MANAGER) == {"receiver"}


def test_a_look_is_noted_down(portal: App, record: Record, access_log) -> None:
    portal.personal_data.uncover(record, "phone", MANAGER)
    [line] = [line for line in access_log(portal) if line.action == "unmask"]
    assert (line.actor, line.template, line.detail) == ("S009 郑云", "gifts", f"{record.record_id} phone")
