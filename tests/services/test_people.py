"""Who a staff ID stands for follows the staff records, at once."""

from __future__ import annotations

import pytest

from schemas.record import SYSTEM_ACTOR, Actor, Saved, Submission
from services.accounts import Account, AccountRefused
from services.app import App

LI = {
    "staff_id": "S002", "staff_name": "李娜", "dept": "大客户部", "role": "销售顾问", "employment": "全职",
    "staff_state": "正式", "joined_on": "2024-03-01",
}  # fmt: skip


@pytest.fixture
def li(portal: App) -> str:
    """Li Na's record id."""
    outcome = portal.repository.submit(Submission("staff", "key-li", LI), SYSTEM_ACTOR)
    assert isinstance(outcome, Saved)
    return outcome.record_id


@pytest.fixture
def account(portal: App, li: str) -> Account:
    made = portal.accounts.create("李娜", "春江花月夜八个字", staff_id="S002", roles=["sales_rep"])
    assert isinstance(made, Account)
    return made


def change(portal: App, record_id: str, **values: str) -> None:
    record = portal.repository.get("staff", record_id, SYSTEM_ACTOR)
    submission = Submission(
        "staff", portal.new_id(), {**record.values, **values}, {}, record_id, {record_id: record.etag}
    )
    assert isinstance(portal.repository.submit(submission, SYSTEM_ACTOR), Saved)


def signed_in(portal: App, account: Account) -> tuple[str, Actor]:
    token = portal.sessions.open(account)
    actor = portal.sessions.actor(token)
    assert actor is not None
    return token, actor


def test_name_and_department_come_from_the_staff_record_and_follow_it(portal, li, account) -> None:
    token, actor = signed_in(portal, account)
    assert (actor.signature, actor.department) == ("S002 李娜", "大客户部")
    change(portal, li, dept="市场部", staff_name="李娜娜")
    actor = portal.sessions.actor(token)
    assert (actor.signature, actor.department) == ("S002 李娜娜", "市场部")


def test_another_position_changes_no_right(portal, li, account) -> None:
    token, _ = signed_in(portal, account)
    change(portal, li, role="管理层")
    assert portal.sessions.actor(token).roles == {"sales_rep"}


def test_an_account_goes_along_when_its_person_gets_another_staff_number(portal, li, account) -> None:
    token, _ = signed_in(portal, account)
    change(portal, li, staff_id="S900")
    change(portal, li, staff_id="S901")
    assert portal.sessions.actor(token).signature == "S901 李娜"
    assert portal.accounts.get(account.account_id).staff_id == "S901"


def test_an_account_stays_when_the_new_number_already_has_one(portal, li, account) -> None:
    token, _ = signed_in(portal, account)
    change(portal, li, staff_id="S900")
    other = portal.accounts.create("李娜新号", "春江花月夜八个字", staff_id="S900", roles=["finance"])
    assert isinstance(other, Account)
    assert portal.sessions.actor(token).staff_id == "S002"
    assert portal.accounts.get(other.account_id).staff_id == "S900"


def test_who_takes_over_a_number_takes_over_no_account_of_somebody_renumbered_before(portal, li, account) -> None:
    token, _ = signed_in(portal, account)
    change(portal, li, staff_id="S900")
    assert portal.sessions.actor(token).staff_id == "S900"
    newcomer = Submission("staff", "key-wang", {**LI, "staff_name": "王芳"})
    assert isinstance(portal.repository.submit(newcomer, SYSTEM_ACTOR), Saved)
    assert portal.sessions.actor(token).signature == "S900 李娜"


def test_an_account_without_a_record_reads_the_history_once_a_state_of_the_journal(
    portal, li, account, monkeypatch
) -> None:
    token, _ = signed_in(portal, account)
    change(portal, li, staff_id="S900")
    portal.accounts.create("李娜新号", "春江花月夜八个字", staff_id="S900", roles=["finance"])
    assert portal.sessions.actor(token).staff_id == "S002"
    monkeypatch.setattr(portal.repository.store, "changes", lambda **_: pytest.fail("read again"))
    assert portal.sessions.actor(token).staff_id == "S002"


@pytest.mark.parametrize("state", ["离职", "解除合作"])
def test_who_leaves_is_signed_out_and_gets_no_new_account(portal, li, account, state) -> None:
    token, _ = signed_in(portal, account)
    change(portal, li, staff_state=state)
    assert portal.sessions.actor(token) is None
    refused = portal.accounts.create("李娜2", "春江花月夜八个字", staff_id="S002", roles=["sales_rep"])
    assert isinstance(refused, AccountRefused)
    assert refused.findings[0].code == "A015"


def test_an_unchanged_journal_is_not_read_again(portal, account, monkeypatch) -> None:
    token, _ = signed_in(portal, account)
    monkeypatch.setattr(portal.repository, "find_by_key", lambda *_: pytest.fail("read again"))
    assert portal.sessions.actor(token) is not None
