"""Settling what was changed in the portal and in the workbook at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.record import LIVE, VOID, Actor
from sheets_adapter.conflicts import ConflictGone, settle_conflict
from tests.sheets_adapter.workbook_samples import Office, delete_row, set_cell

ACTOR = Actor("a1", "S001", "张三", frozenset({"admin"}))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.save("r1", {"customer_id": "C0001", "name": "金凤祥", "credit": "1000.00"})
    office.save("r2", {"customer_id": "C0002", "name": "老庙"})
    office.checkpoint()
    yield office
    office.close()


def settle(office: Office, take: str) -> None:
    number = office.state.conflicts()[0].number
    settle_conflict(office.state, office.journal, office.repository, number, take, ACTOR, office.clock)  # type: ignore[arg-type]


def clash(office: Office) -> None:
    office.save("r1", {"credit": "1200.00"})
    office.edit(set_cell("r1", "授信额度", 1350))
    office.checkpoint()


def test_keeping_the_portal_s_text_settles_the_conflict_and_changes_nothing(office: Office) -> None:
    clash(office)
    settle(office, "ours")
    assert office.checkpoint().conflicts == 0
    assert office.values("r1")["credit"] == "1200.00"
    assert office.by_id()["r1"]["授信额度"] == 1200


def test_taking_the_workbook_s_text_puts_it_into_both(office: Office) -> None:
    clash(office)
    settle(office, "theirs")
    assert office.checkpoint().conflicts == 0
    assert (office.values("r1")["credit"], office.values("r1")["double_credit"]) == ("1350.00", "2700.00")
    assert office.values("r1")["updated_by"] == "S001 张三"
    assert office.by_id()["r1"]["授信额度"] == 1350


def test_a_row_changed_in_the_portal_and_deleted_in_the_workbook_comes_back_as_one_conflict(office: Office) -> None:
    office.save("r1", {"credit": "1200.00", "note": "重要"})
    office.edit(delete_row("r1"))
    office.checkpoint()
    (conflict,) = office.state.conflicts()
    assert (conflict.column, conflict.ours, conflict.theirs) == ("status", LIVE, VOID)
    assert office.by_id()["r1"]["备注"] == "重要"
    settle(office, "theirs")
    office.checkpoint()
    assert office.by_id()["r1"]["状态"] == VOID


def test_a_text_that_does_not_fit_is_shown_without_its_mark(office: Office) -> None:
    office.save("r1", {"since": "2026-01-05"})
    office.edit(set_cell("r1", "合作日期", "下周"))
    office.checkpoint()
    (conflict,) = office.state.conflicts()
    assert (conflict.shown("ours"), conflict.shown("theirs")) == ("2026-01-05", "下周")


def test_the_same_cell_changed_again_supersedes_the_conflict_without_forgetting_it(office: Office) -> None:
    clash(office)
    office.save("r1", {"credit": "1250.00"})
    office.edit(set_cell("r1", "授信额度", 1400))
    office.checkpoint()
    newest, older = office.state.conflicts(only_open=False)
    assert (newest.theirs, newest.state) == ("1400.00", "open")
    assert (older.theirs, older.state) == ("1350.00", "superseded")


def test_a_conflict_is_settled_once(office: Office) -> None:
    clash(office)
    number = office.state.conflicts()[0].number
    settle(office, "ours")
    with pytest.raises(ConflictGone):
        settle_conflict(office.state, office.journal, office.repository, number, "theirs", ACTOR, office.clock)
    assert office.values("r1")["credit"] == "1200.00"
