"""Sessions: opaque tokens that can be revoked. Only a token's SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from schemas.record import Actor
from services.accounts import Account
from services.config import Config
from services.ports import Clock, NewId
from sheets_adapter.private import AccountRow, PrivateStore, SessionRow

TOUCH_EVERY = timedelta(minutes=1)
LONGEST_KEPT = timedelta(days=30)
"""However often "keep me signed in" is used, after this the password is asked again."""
MAX_DEVICE = 120


@dataclass(frozen=True, slots=True)
class Person:
    """What a session needs of a staff record."""

    name: str
    department: str
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a person's sessions, as the profile page lists them. `session_id` is not the token."""

    session_id: str
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    keep: bool
    device: str
    is_this_one: bool


class Sessions:
    """Opens, checks and ends sessions.

    person: looks up a staff ID; None when there is no such record. Who has left is nobody any more.
    number_now: the staff ID of the person who had that one before, "" when nobody had: his account goes along.
    """

    def __init__(
        self,
        private: PrivateStore,
        config: Config,
        *,
        clock: Clock,
        new_id: NewId,
        person: Callable[[str], Person | None],
        number_now: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._private = private
        self._number_now = number_now
        self._clock = clock
        self._new_id = new_id
        self._person = person
        self._longest = timedelta(hours=config.session_hours)
        self._idle = timedelta(minutes=config.idle_minutes)
        self._kept_idle = timedelta(days=config.keep_days)

    def open(self, account: Account, *, keep: bool = False, device: str = "") -> str:
        """Opens a session and answers its token, for the cookie. `keep`: "keep me signed in" on this device."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        ends = now + (LONGEST_KEPT if keep else self._longest)
        self._private.delete_sessions_expired(now)
        self._private.put_session(
            SessionRow(
                _hashed(token),
                self._new_id(),
                account.account_id,
                account.epoch,
                now,
                now,
                ends,
                keep,
                device[:MAX_DEVICE],
            )
        )
        return token

    def actor(self, token: str) -> Actor | None:
        """Who the token stands for, or None: unknown, expired, idle too long, revoked, or the person left.

        Asked on every click: two indexed reads, and a write at most once a minute.
        """
        session = self._private.session(_hashed(token)) if token else None
        if session is None:
            return None
        account = self._private.account(session.account_id)
        now = self._clock()
        if account is None or not self._holds(session, account, now):
            self._private.delete_session(session.token_hash)
            return None
        person = self._person(account.staff_id)
        if person is None:
            account = self._renumbered(account)
            person = self._person(account.staff_id)
        if person is not None and person.has_left:
            self._private.delete_session(session.token_hash)
            return None
        if now - session.seen_at >= TOUCH_EVERY:
            self._private.touch_session(session.token_hash, now)
        return _actor(account, person)

    def _renumbered(self, account: AccountRow) -> AccountRow:
        """The account of the staff ID its person was given since; as it is where another account has that one."""
        number = self._number_now(account.staff_id)
        moved = replace(account, staff_id=number)
        return moved if number and not self._private.put_account(moved) else account

    def close(self, token: str) -> None:
        """Signs this device out."""
        self._private.delete_session(_hashed(token))

    def close_all(self, account_id: str, *, but: str = "") -> int:
        """Signs every device out, all but the one of token `but` when given; how many."""
        return self._private.delete_sessions(account_id, but=_hashed(but) if but else "")

    def close_one(self, actor: Actor, session_id: str) -> None:
        """Signs one of his own devices out."""
        for session in self._private.sessions_of(actor.account_id):
            if session.session_id == session_id:
                self._private.delete_session(session.token_hash)

    def list_mine(self, actor: Actor, token: str = "") -> tuple[OpenSession, ...]:
        """His open sessions, last used first."""
        account = self._private.account(actor.account_id)
        now = self._clock()
        return tuple(
            OpenSession(
                row.session_id,
                row.opened_at,
                row.seen_at,
                row.expires_at,
                row.keep,
                row.device,
                row.token_hash == _hashed(token),
            )
            for row in self._private.sessions_of(actor.account_id)
            if account and self._holds(row, account, now)
        )

    def _holds(self, session: SessionRow, account: AccountRow, now: datetime) -> bool:
        idle = self._kept_idle if session.keep else self._idle
        return (
            not account.disabled
            and session.epoch == account.epoch
            and now < session.expires_at
            and now - session.seen_at < idle
        )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).hexdigest()


def _actor(account: AccountRow, person: Person | None) -> Actor:
    return Actor(
        account.account_id,
        account.staff_id,
        person.name if person else account.login,
        account.roles,
        person.department if person else "",
        account.language,
    )
