"""The private store: what services keep away from the workbook."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sheets_adapter.contract import StoreUnavailable
from sheets_adapter.private import AccessRow, AccountRow, DraftRow, LockoutRow, PrivateStore, SessionRow
from tests.sheets_adapter.store_samples import NOON

ADMIN = AccountRow(
    "a1", "Admin", "admin", "$2b$hash", "S001", frozenset({"admin", "gm"}), "zh", 0, disabled=False, created_at=NOON
)
SESSION = SessionRow("hash1", "s1", "a1", 0, NOON, NOON, NOON + timedelta(hours=8), keep=False, device="Edge")
DRAFT = DraftRow("d1", "a1", "k1", "customers", "", '{"name": "华润"}', is_started=True, saved_at=NOON)


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateStore]:
    store = PrivateStore(tmp_path / "state" / "portal.private")
    yield store
    store.close()


def test_only_its_owner_can_read_the_file(private: PrivateStore) -> None:
    private.put_setting("company", "珠宝公司")
    for path in private.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_an_account_is_found_by_identity_login_and_person(private: PrivateStore) -> None:
    assert private.put_account(ADMIN) == ""
    assert private.account("a1") == private.account_by_login("admin") == private.account_of_staff("S001") == ADMIN
    assert (private.account("a2"), private.account_by_login("Admin")) == (None, None)
    assert private.accounts() == (ADMIN,)


def test_an_account_changes_in_place(private: PrivateStore) -> None:
    private.put_account(ADMIN)
    changed = replace(ADMIN, epoch=1, disabled=True, roles=frozenset())
    assert private.put_account(changed) == ""
    assert private.accounts() == (changed,)


@pytest.mark.parametrize(
    ("other", "taken"),
    [
        (replace(ADMIN, account_id="a2", staff_id="S002"), "login"),
        (replace(ADMIN, account_id="a2", folded_login="boss"), "staff_id"),
    ],
    ids=["same login", "same person"],
)
def test_a_login_and_a_person_belong_to_one_account(private: PrivateStore, other: AccountRow, taken: str) -> None:
    private.put_account(ADMIN)
    assert private.put_account(other) == taken
    assert private.accounts() == (ADMIN,)


def test_sessions_are_listed_touched_and_ended(private: PrivateStore) -> None:
    later = replace(SESSION, token_hash="hash2", session_id="s2", seen_at=NOON + timedelta(minutes=5), keep=True)
    other = replace(SESSION, token_hash="hash3", session_id="s3", account_id="a2")
    for row in (SESSION, later, other):
        private.put_session(row)
    assert private.sessions_of("a1") == (later, SESSION)
    private.touch_session("hash1", NOON + timedelta(minutes=9))
    assert private.session("hash1") == replace(SESSION, seen_at=NOON + timedelta(minutes=9))
    assert private.delete_sessions("a1", but="hash1") == 1
    private.delete_session("hash1")
    assert private.sessions_of("a1") == ()
    assert private.session("hash3") == other


def test_expired_sessions_go_and_the_others_stay(private: PrivateStore) -> None:
    private.put_session(SESSION)
    private.put_session(replace(SESSION, token_hash="hash2", session_id="s2", expires_at=NOON + timedelta(hours=9)))
    assert private.delete_sessions_expired(NOON + timedelta(hours=8)) == 1
    assert [row.token_hash for row in private.sessions_of("a1")] == ["hash2"]


def test_lockouts_count_per_login_and_address(private: PrivateStore) -> None:
    here = LockoutRow("admin", "10.0.0.7", 3, NOON)
    private.put_lockout(here)
    private.put_lockout(replace(here, address="10.0.0.8"))
    private.put_lockout(replace(here, failures=4))
    assert private.lockout("admin", "10.0.0.7") == replace(here, failures=4)
    assert private.lockout("guest", "10.0.0.7") is None
    assert private.delete_lockouts("admin", address="10.0.0.8") == 1
    assert private.delete_lockouts("admin") == 1


def test_drafts_belong_to_an_account_newest_first(private: PrivateStore) -> None:
    newer = replace(DRAFT, draft_id="d2", key="k2", saved_at=NOON + timedelta(minutes=1))
    for row in (newer, DRAFT, replace(DRAFT, draft_id="d3", account_id="a2")):
        private.put_draft(row)
    assert private.drafts_of("a1") == (newer, DRAFT)
    private.put_draft(replace(DRAFT, content="{}"))
    private.delete_draft("d2")
    assert private.drafts_of("a1") == (replace(DRAFT, content="{}"),)
    assert private.draft("d2") is None


def test_old_drafts_go_sooner_when_nothing_was_typed(private: PrivateStore) -> None:
    private.put_draft(DRAFT)
    private.put_draft(replace(DRAFT, draft_id="d2", is_started=False))
    assert private.delete_drafts_before(NOON + timedelta(days=1), started=False) == 1
    assert private.drafts_of("a1") == (DRAFT,)


def test_settings_are_read_written_and_removed(private: PrivateStore) -> None:
    private.put_setting("company", "甲")
    private.put_setting("company", "乙")
    private.put_setting("language", "zh")
    assert private.settings() == {"company": "乙", "language": "zh"}
    private.delete_setting("language")
    assert (private.setting("company"), private.setting("language")) == ("乙", None)


def test_of_two_who_claim_a_setting_at_once_one_gets_it(private: PrivateStore) -> None:
    together = threading.Barrier(2)
    won: list[bool] = []

    def claim(name: str) -> None:
        together.wait()
        won.append(private.claim_setting("set_up", name))

    threads = [threading.Thread(target=claim, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, True]


def test_the_access_log_is_read_newest_first_in_pieces(private: PrivateStore) -> None:
    for subject in ("r1", "r2", "r3"):
        private.log_access(NOON, "S001 张三", "unmask", template="customers", subject=subject, detail="phone")
    assert private.access_log(limit=1) == (AccessRow(3, NOON, "S001 张三", "unmask", "customers", "r3", "phone"),)
    assert [row.subject for row in private.access_log(before=3)] == ["r2", "r1"]


def test_a_transaction_is_undone_when_something_in_it_fails(private: PrivateStore) -> None:
    class Stop(Exception):
        pass

    def half_done() -> None:
        with private.transaction():
            private.put_setting("company", "甲")
            private.put_account(ADMIN)
            raise Stop

    with pytest.raises(Stop):
        half_done()
    assert (private.settings(), private.accounts()) == ({}, ())
    private.put_setting("company", "乙")
    assert private.setting("company") == "乙"


def test_two_processes_see_each_other_s_rows(private: PrivateStore) -> None:
    other = PrivateStore(private.path)
    other.put_account(ADMIN)
    assert private.account("a1") == ADMIN
    other.close()


def test_a_deleted_file_is_reported_and_not_written_into_the_void(private: PrivateStore) -> None:
    private.path.unlink()
    with pytest.raises(StoreUnavailable) as caught:
        private.put_setting("company", "甲")
    assert caught.value.code == "S005"
