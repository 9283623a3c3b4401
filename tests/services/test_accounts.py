"""Accounts: who may sign in, and what keeps guessers out."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from services.accounts import Account, AccountRefused, Accounts, SignInRefused
from services.hashing import Hashing

PASSWORD = "春江花月夜八个字"
STAFF = {"S001", "S002", "S003"}


@pytest.fixture
def accounts(private, clock, new_id, hashing) -> Accounts:
    return Accounts(private, clock=clock, new_id=new_id, is_staff=STAFF.__contains__, hashing=hashing)


@pytest.fixture
def zhang(accounts: Accounts) -> Account:
    made = accounts.create("张敏", PASSWORD, staff_id="S002", roles=["sales_rep"])
    assert isinstance(made, Account)
    return made


@pytest.fixture
def admin(accounts: Accounts) -> Account:
    made = accounts.create("admin", PASSWORD, staff_id="S001", roles=["admin"])
    assert isinstance(made, Account)
    return made


def codes(outcome: AccountRefused) -> list[str]:
    assert isinstance(outcome, AccountRefused)
    return [finding.code for finding in outcome.findings]


def wrong(accounts: Accounts, login: str, times: int, address: str = "") -> list[str]:
    outcomes = [accounts.check_password(login, "not the password", address=address) for _ in range(times)]
    assert all(isinstance(outcome, SignInRefused) for outcome in outcomes)
    return [outcome.finding.code for outcome in outcomes if isinstance(outcome, SignInRefused)]


def test_a_chinese_login_signs_in(accounts, zhang) -> None:
    assert accounts.check_password("张敏", PASSWORD) == zhang


@pytest.mark.parametrize("typed", ["ＡＤＭＩＮ", " Admin ", "admin"])
def test_case_width_and_spaces_around_a_login_do_not_count(accounts, admin, typed) -> None:
    assert accounts.check_password(typed, PASSWORD) == admin


def test_the_hash_is_bcrypt_and_the_password_is_nowhere_in_the_file(accounts, zhang, private) -> None:
    assert private.account(zhang.account_id).password_hash.startswith("$2b$04$")
    stored = b"".join(path.read_bytes() for path in Path(private.path).parent.glob("portal.private*"))
    assert PASSWORD.encode() not in stored


@pytest.mark.parametrize(
    ("login", "password", "staff_id", "roles", "expected"),
    [
        ("", PASSWORD, "S003", ["hr"], ["A005"]),
        ("王\n强", PASSWORD, "S003", ["hr"], ["A006"]),
        ("王 强", PASSWORD, "S003", ["hr"], ["A006"]),
        ("x" * 41, PASSWORD, "S003", ["hr"], ["A006"]),
        ("王强", "short", "S003", ["hr"], ["A010"]),
        ("王强", PASSWORD, "S003", ["boss"], ["A007"]),
        ("王强", PASSWORD, "S003", [], ["A007"]),
        ("王强", PASSWORD, "S404", ["hr"], ["A015"]),
        ("王强", PASSWORD, "S002", ["hr"], ["A008"]),
        ("张 敏".replace(" ", ""), PASSWORD, "S003", ["hr"], ["A004"]),
        ("", "", "S404", [], ["A005", "A010", "A007", "A015"]),
    ],
    ids=[
        "no login", "line break", "space", "too long", "short password", "unknown role", "no role", "unknown person",
        "person has one", "login taken", "everything at once",
    ],
)  # fmt: skip
def test_an_account_that_cannot_be_made_says_everything_that_is_wrong(
    accounts, zhang, login, password, staff_id, roles, expected
) -> None:
    assert codes(accounts.create(login, password, staff_id=staff_id, roles=roles)) == expected
    assert len(accounts.all()) == 1


def test_a_wrong_password_and_an_unknown_login_look_alike(accounts, zhang) -> None:
    assert accounts.check_password("张敏", "wrong") == accounts.check_password("nobody", "wrong")


def test_an_unknown_login_takes_as_long_as_a_known_one(private, clock, new_id) -> None:
    slow = Accounts(private, clock=clock, new_id=new_id, is_staff=STAFF.__contains__, hashing=Hashing(cost=9))
    assert isinstance(slow.create("张敏", PASSWORD, staff_id="S002", roles=["hr"]), Account)

    def seconds(login: str) -> float:
        times = []
        for attempt in range(3):
            start = time.perf_counter()
            slow.check_password(login, "wrong password", address=str(attempt))
            times.append(time.perf_counter() - start)
        return min(times)

    seconds("warm up")
    assert seconds("nobody") > seconds("张敏") / 3


def test_the_sixth_attempt_after_five_wrong_ones_is_refused_even_with_the_right_password(
    accounts, zhang, clock
) -> None:
    assert wrong(accounts, "张敏", 5) == ["A001"] * 5
    refused = accounts.check_password("张敏", PASSWORD)
    assert isinstance(refused, SignInRefused)
    assert refused.finding.code == "A002"
    assert refused.finding.params["until"] == clock.now + timedelta(minutes=15)


def test_a_lock_ends_and_the_next_wrong_password_doubles_it(accounts, zhang, clock) -> None:
    wrong(accounts, "张敏", 5)
    clock.forward(minutes=15)
    assert wrong(accounts, "张敏", 2) == ["A001", "A002"]
    clock.forward(minutes=29)
    assert wrong(accounts, "张敏", 1) == ["A002"]
    clock.forward(minutes=1)
    assert accounts.check_password("张敏", PASSWORD) == zhang
    assert wrong(accounts, "张敏", 5) == ["A001"] * 5


def test_trying_while_locked_does_not_lengthen_the_lock(accounts, zhang, clock) -> None:
    wrong(accounts, "张敏", 40)
    clock.forward(minutes=15)
    assert accounts.check_password("张敏", PASSWORD) == zhang


def test_a_lock_holds_for_the_address_it_came_from_only(accounts, zhang) -> None:
    wrong(accounts, "张敏", 5, address="203.0.113.7")
    assert accounts.check_password("张敏", PASSWORD, address="198.51.100.9") == zhang


def test_an_unknown_login_is_locked_like_a_known_one(accounts) -> None:
    assert wrong(accounts, "nobody", 6) == ["A001"] * 5 + ["A002"]


def test_many_guesses_at_once_get_no_more_tries_than_one_after_the_other(accounts, zhang) -> None:
    with ThreadPoolExecutor(12) as pool:
        outcomes = [future.result() for future in [pool.submit(wrong, accounts, "张敏", 1) for _ in range(24)]]
    assert sorted(code for found in outcomes for code in found) == ["A001"] * 5 + ["A002"] * 19


def test_an_administrator_unlocks_every_address(accounts, zhang) -> None:
    wrong(accounts, "张敏", 5, address="203.0.113.7")
    wrong(accounts, "张敏", 5)
    assert accounts.unlock("张敏") == 2
    assert accounts.check_password("张敏", PASSWORD, address="203.0.113.7") == zhang
    assert accounts.unlock("张敏") == 0


def test_logins_tried_and_left_alone_do_not_fill_the_store(accounts, private, clock) -> None:
    wrong(accounts, "nobody", 2)
    clock.forward(hours=49)
    wrong(accounts, "somebody", 1)
    assert private.lockout("nobody", "") is None


def test_an_impossible_login_or_password_is_just_wrong(accounts, zhang) -> None:
    assert wrong(accounts, "x" * 10_000, 1) == ["A001"]
    assert wrong(accounts, "half a \ud83d character", 1) == ["A001"]
    refused = accounts.check_password("张敏", "x" * 10_000)
    assert isinstance(refused, SignInRefused)
    assert refused.finding.code == "A001"


def test_a_disabled_account_is_told_so_only_with_the_right_password(accounts, zhang, admin) -> None:
    accounts.disable(zhang.account_id)
    assert wrong(accounts, "张敏", 1) == ["A001"]
    refused = accounts.check_password("张敏", PASSWORD)
    assert isinstance(refused, SignInRefused)
    assert refused.finding.code == "A003"
    accounts.enable(zhang.account_id)
    assert isinstance(accounts.check_password("张敏", PASSWORD), Account)


@pytest.mark.parametrize("change", ["set_password", "disable"])
def test_a_new_password_or_disabling_ends_every_session(accounts, zhang, admin, change) -> None:
    arguments = ["another good password"] if change == "set_password" else []
    changed = getattr(accounts, change)(zhang.account_id, *arguments)
    assert changed.epoch == zhang.epoch + 1


def test_his_own_new_password_needs_the_current_one(accounts, zhang) -> None:
    assert codes(accounts.change_own_password(zhang.account_id, "wrong", "another good password")) == ["A014"]
    assert codes(accounts.change_own_password(zhang.account_id, PASSWORD, "short")) == ["A010"]
    assert isinstance(accounts.change_own_password(zhang.account_id, PASSWORD, "another good password"), Account)
    assert isinstance(accounts.check_password("张敏", "another good password"), Account)


def test_the_last_administrator_can_neither_be_disabled_nor_lose_the_role(accounts, admin, zhang) -> None:
    assert codes(accounts.disable(admin.account_id)) == ["A009"]
    assert codes(accounts.set_roles(admin.account_id, ["gm"])) == ["A009"]
    accounts.set_roles(zhang.account_id, ["admin", "gm"])
    assert isinstance(accounts.disable(admin.account_id), Account)
    assert codes(accounts.disable(zhang.account_id)) == ["A009"]


def test_an_account_that_is_gone_is_a_finding_not_a_crash(accounts) -> None:
    assert codes(accounts.set_password("nobody", "another good password")) == ["A016"]
    assert codes(accounts.enable("nobody")) == ["A016"]


def test_the_sign_in_form_is_given_only_those_who_may_sign_in(accounts, admin, zhang) -> None:
    accounts.disable(zhang.account_id)
    users = accounts.credentials_for_form()["usernames"]
    assert list(users) == ["admin"]
    assert users["admin"]["password"].startswith("$2b$")


def test_the_librarys_own_hashes_are_ours() -> None:
    hashing = Hashing()
    hashed = hashing.make("a good password")
    assert hashed.startswith("$2b$12$")
    assert hashing.matches("a good password", hashed)
    assert not hashing.matches("another", hashed)
    assert not hashing.matches("a good password", "not a hash")
