"""T12: a need is saved after the talk and stands as 待确认 until the customer's word is entered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import count

import openpyxl
import pytest

from schemas.finding import FieldRef
from schemas.record import LIVE, PENDING, Record, Rejected, Saved, Submission
from services.records import ListQuery
from tests.forms.answers import FILE
from tests.forms.conftest import CATALOGUE, Desk

NEED = CATALOGUE["need_confirmation"]
CONFIRMED = {"confirm_via": "邮件确认", "confirmed_by": "李先生", "confirmed_on": "2026-11-21"}
_numbers = count(100)


def talked(desk: Desk) -> dict[str, str]:
    """A need as it is known after the talk."""
    return {
        "customer_id": desk.key_of("customer_info"), "need_no": f"DEMO{next(_numbers)}", "need_type": "刚性",
        "description": "降低生产线能耗30%", "talked_on": "2026-11-19",
    }  # fmt: skip


def saved(desk: Desk, values: Mapping[str, str]) -> Record:
    outcome = desk.submit(NEED, values, {})
    assert isinstance(outcome, Saved), outcome
    return read(desk, outcome.record_id)


def read(desk: Desk, record_id: str) -> Record:
    record = desk.app.repository.get(NEED.key, record_id, desk.admin)
    assert record is not None
    return record


def edited(desk: Desk, record: Record, change: Mapping[str, str], *, completes: bool = False) -> Saved | Rejected:
    submission = Submission(
        NEED.key, desk.app.new_id(), change, {}, record.record_id, {record.record_id: record.etag}, completes=completes
    )
    return desk.app.repository.submit(submission, desk.admin)


def test_a_need_without_the_customers_word_waits_and_is_not_submitted_yet(desk: Desk) -> None:
    record = saved(desk, talked(desk))
    assert (record.system["status"], record.is_pending) == (PENDING, True)
    assert {"submitted_at", "approved_at"} & set(record.system) == set()
    assert record.system["created_at"] == "2026-11-21 12:00:00"


def test_a_need_confirmed_at_once_is_in_force_at_once(desk: Desk) -> None:
    record = saved(desk, {**talked(desk), **CONFIRMED})
    assert (record.system["status"], record.system["approved_at"]) == (LIVE, "2026-11-21 12:00:00")
    assert record.values["confirm_via"] == "邮件"


@pytest.mark.parametrize("completes", [False, True], ids=["saved", "sent as complete"])
def test_the_customers_word_completes_the_need(desk: Desk, completes: bool) -> None:
    waiting = saved(desk, talked(desk))
    assert isinstance(edited(desk, waiting, CONFIRMED, completes=completes), Saved)
    record = read(desk, waiting.record_id)
    assert (record.system["status"], record.system["submitted_at"]) == (LIVE, "2026-11-21 12:00:00")


@pytest.mark.parametrize("lacking", list(CONFIRMED))
def test_sent_as_complete_it_needs_every_answer(desk: Desk, lacking: str) -> None:
    found = desk.findings(NEED, {**talked(desk), **CONFIRMED, lacking: ""}, {}, completes=True)
    assert [one.at for one in found] == [FieldRef(lacking)]


def test_sent_as_complete_without_any_word_all_three_are_asked_for(desk: Desk) -> None:
    found = desk.findings(NEED, talked(desk), {}, completes=True)
    assert [one.at for one in found] == [FieldRef(key) for key in CONFIRMED]


def test_taking_the_word_back_makes_the_need_wait_again(desk: Desk) -> None:
    record = saved(desk, {**talked(desk), **CONFIRMED})
    assert isinstance(edited(desk, record, dict.fromkeys(CONFIRMED, "")), Saved)
    again = read(desk, record.record_id)
    assert again.is_pending
    assert "submitted_at" not in again.system


def test_withdrawn_and_restored_a_need_waits_as_before(desk: Desk) -> None:
    record, repository = saved(desk, talked(desk)), desk.app.repository
    repository.withdraw(NEED.key, record.record_id, reason="重复", etag=record.etag, key="w1", actor=desk.admin)
    gone = read(desk, record.record_id)
    assert gone.is_void
    repository.restore(NEED.key, record.record_id, etag=gone.etag, key="r1", actor=desk.admin)
    assert read(desk, record.record_id).is_pending


def test_evidence_alone_confirms_nothing(desk: Desk) -> None:
    assert saved(desk, {**talked(desk), "evidence": FILE}).is_pending


def test_waiting_needs_stand_in_the_list_among_the_others(desk: Desk) -> None:
    record = saved(desk, talked(desk))
    page = desk.app.repository.page(NEED.key, desk.admin, ListQuery(search=record.values["need_no"]))
    assert [one.system["status"] for one in page.records] == [PENDING]


def test_the_word_entered_in_the_workbook_completes_the_need(desk: Desk) -> None:
    record = saved(desk, talked(desk))
    desk.app.sync.fold_now()
    path = desk.app.config.workbook
    book = openpyxl.load_workbook(path)
    sheet = book[NEED.sheet]
    columns = {cell.value: cell.column for cell in sheet[1]}
    [row] = [
        row for row in range(2, sheet.max_row + 1) if sheet.cell(row, columns["记录编号"]).value == record.record_id
    ]
    assert sheet.cell(row, columns["状态"]).value == "待确认"
    for header, value in {"确认方式": "签字", "确认人": "李先生", "确认时间": date(2026, 11, 21)}.items():
        sheet.cell(row, columns[header], value)
    book.save(path)
    desk.app.sync.fold_now()
    now = read(desk, record.record_id)
    assert (now.system["status"], now.system["submitted_at"]) == (LIVE, "2026-11-21 12:00:00")
