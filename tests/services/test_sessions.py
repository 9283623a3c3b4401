"""Sessions: they end when they should, everywhere at once when they must, and the token is stored nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.record import Actor
from services.accounts import Account, Accounts
from services.config import Config
from services.sessions import Person, Sessions

PASSWORD = "春江花月夜八个字"


@pytest.fixture
def people() -> dict[str, Person]:
    return {"S001": Person("李娜", "大客户部"), "S002": Person("张敏", "大客户部")}


@pytest.fixture
def accounts(private, clock, new_id, hashing, people) -> Accounts:
    return Accounts(private, clock=clock, new_id=new_id, is_staff=people.__contains__, hashing=hashing)


@pytest.fixture
def sessions(private, clock, new_id, people) -> Sessions:
    config = Config(Path("portal.xlsx"), Path("state"), Path("company"))
    return Sessions(private, config, clock=clock, new_id=new_id, person=people.get)


@pytest.fixture
def zhang(accounts: Accounts) -> Account:
    made = accounts.create("张敏", PASSWORD, staff_id="S002", roles=["sales_rep"])
    assert isinstance(made, Account)
    return made


def test_a_token_stands_for_the_person_with_name_department_and_the_accounts_roles(sessions, zhang) -> None:
    token = sessions.open(zhang)
    assert sessions.actor(token) == Actor(
        zhang.account_id, "S002", "张敏", frozenset({"sales_rep"}), "大客户部", "zh"
    )  # fmt: skip


def test_tokens_are_long_differ_and_are_not_in_the_file(sessions, zhang, private) -> None:
    first, second = sessions.open(zhang), sessions.open(zhang)
    assert first != second
    assert len(first) >= 43
    stored = b"".join(path.read_bytes() for path in Path(private.path).parent.glob("portal.private*"))
    assert first.encode() not in stored


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "\ud800"])
def test_a_token_nobody_was_given_stands_for_nobody(sessions, zhang, token) -> None:
    sessions.open(zhang)
    assert sessions.actor(token) is None


def test_half_an_hour_without_a_click_ends_a_session(sessions, zhang, clock) -> None:
    token = sessions.open(zhang)
    clock.forward(minutes=29, seconds=59)
    assert sessions.actor(token) is not None
    clock.forward(minutes=30)
    assert sessions.actor(token) is None


def test_eight_hours_end_a_session_however_busy(sessions, zhang, clock) -> None:
    token = sessions.open(zhang)
    for _ in range(31):
        clock.forward(minutes=15)
        assert sessions.actor(token) is not None
    clock.forward(minutes=15)
    assert sessions.actor(token) is None


def test_keep_me_signed_in_lasts_seven_idle_days_and_never_more_than_thirty(sessions, zhang, clock) -> None:
    token = sessions.open(zhang, keep=True)
    for _ in range(4):
        clock.forward(days=6, hours=23)
        assert sessions.actor(token) is not None
    clock.forward(days=2, hours=4)
    assert sessions.actor(token) is None
    idle = sessions.open(zhang, keep=True)
    clock.forward(days=7)
    assert sessions.actor(idle) is None


def test_an_ended_session_does_not_come_back(sessions, zhang, clock) -> None:
    token = sessions.open(zhang)
    clock.forward(hours=9)
    assert sessions.actor(token) is None
    clock.forward(hours=-9)
    assert sessions.actor(token) is None


def test_being_seen_is_written_at_most_once_a_minute(sessions, zhang, clock, private) -> None:
    token = sessions.open(zhang)
    opened = clock.now
    clock.forward(seconds=59)
    sessions.actor(token)
    assert private.sessions_of(zhang.account_id)[0].seen_at == opened
    clock.forward(seconds=1)
    sessions.actor(token)
    assert private.sessions_of(zhang.account_id)[0].seen_at == clock.now


def test_signing_out_ends_the_other_tab_at_its_next_click(sessions, zhang) -> None:
    token = sessions.open(zhang)
    other_device = sessions.open(zhang)
    sessions.close(token)
    assert sessions.actor(token) is None
    assert sessions.actor(other_device) is not None


def test_a_new_password_ends_every_session(sessions, accounts, zhang) -> None:
    tokens = [sessions.open(zhang), sessions.open(zhang, keep=True)]
    accounts.set_password(zhang.account_id, "another good password")
    assert [sessions.actor(token) for token in tokens] == [None, None]


def test_a_session_opened_with_an_account_read_before_the_new_password_does_not_hold(sessions, accounts, zhang) -> None:
    accounts.set_password(zhang.account_id, "another good password")
    assert sessions.actor(sessions.open(zhang)) is None


def test_disabling_ends_every_session(sessions, accounts, zhang) -> None:
    accounts.create("admin", PASSWORD, staff_id="S001", roles=["admin"])
    token = sessions.open(zhang)
    accounts.disable(zhang.account_id)
    assert sessions.actor(token) is None


def test_new_roles_count_from_the_next_click(sessions, accounts, zhang) -> None:
    token = sessions.open(zhang)
    accounts.set_roles(zhang.account_id, ["sales_manager"])
    actor = sessions.actor(token)
    assert actor is not None
    assert actor.roles == {"sales_manager"}


def test_who_left_the_company_is_signed_out_at_once(sessions, zhang, people) -> None:
    token = sessions.open(zhang)
    people["S002"] = Person("张敏", "大客户部", has_left=True)
    assert sessions.actor(token) is None


def test_a_person_whose_record_is_gone_goes_by_the_login(sessions, zhang, people) -> None:
    token = sessions.open(zhang)
    del people["S002"]
    actor = sessions.actor(token)
    assert actor is not None
    assert (actor.staff_name, actor.department) == ("张敏", "")


def test_his_sessions_are_listed_and_each_can_be_ended(sessions, zhang, clock) -> None:
    phone = sessions.open(zhang, device="Android")
    clock.forward(minutes=1)
    laptop = sessions.open(zhang, keep=True, device="Windows")
    actor = sessions.actor(laptop)
    listed = sessions.list_mine(actor, laptop)
    assert [(s.device, s.keep, s.is_this_one) for s in listed] == [("Windows", True, True), ("Android", False, False)]
    sessions.close_one(actor, listed[1].session_id)
    assert sessions.actor(phone) is None
    assert sessions.close_all(zhang.account_id, but=laptop) == 0
    assert sessions.actor(laptop) is not None
