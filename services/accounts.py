"""Accounts: who signs in, with which rights, and what keeps guessers out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from schemas.finding import FieldRef, Finding
from schemas.folding import fold
from schemas.rights import ROLES
from services.hashing import Hashing
from services.lockout import FORGIVEN_AFTER, failures_that_count, locked_until
from services.passwords import find_password_problems
from services.ports import Clock, NewId
from sheets_adapter.private import AccountRow, LockoutRow, PrivateStore

MAX_LOGIN = 40
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in. Rights come only from `roles`; a higher `epoch` ends every session opened before it."""

    account_id: str
    login: str
    staff_id: str
    roles: frozenset[str]
    language: str = "zh"
    epoch: int = 0
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class AccountRefused:
    """Nothing was changed; the findings say what to fix (FieldRef names login, password, staff_id or roles)."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Not signed in. A001: login or password wrong; A002: locked until `until`; A003: account disabled."""

    finding: Finding


class Accounts:
    """Makes, changes and checks accounts.

    is_staff: whether there is a staff record of that staff ID.
    """

    def __init__(
        self,
        private: PrivateStore,
        *,
        clock: Clock,
        new_id: NewId,
        is_staff: Callable[[str], bool],
        hashing: Hashing = Hashing(),  # noqa: B008 - a frozen value
    ) -> None:
        self._private = private
        self._clock = clock
        self._new_id = new_id
        self._is_staff = is_staff
        self._hashing = hashing

    def all(self) -> tuple[Account, ...]:
        """All accounts, oldest first."""
        return tuple(_account(row) for row in self._private.accounts())

    def get(self, account_id: str) -> Account | None:
        """The account of that identity."""
        row = self._private.account(account_id)
        return _account(row) if row else None

    def by_login(self, login: str) -> Account | None:
        """The account that signs in so; case, width and spaces do not count."""
        row = self._private.account_by_login(fold(login))
        return _account(row) if row else None

    def create(
        self, login: str, password: str, *, staff_id: str, roles: Iterable[str], language: str = "zh"
    ) -> Account | AccountRefused:
        """A new account for a person of the staff file."""
        wanted = frozenset(roles)
        problems = (
            *find_login_problems(login),
            *find_password_problems(password, login),
            *_find_role_problems(wanted),
            *_find_language_problems(language),
            *self._find_staff_problems(staff_id),
        )
        if problems:
            return AccountRefused(problems)
        return self.restore(login, self._hashing.make(password), staff_id=staff_id, roles=wanted, language=language)

    def restore(
        self, login: str, password_hash: str, *, staff_id: str, roles: Iterable[str], language: str = "zh"
    ) -> Account | AccountRefused:
        """A new account with a hash made elsewhere: the demo administrator's comes from the secrets."""
        row = AccountRow(
            self._new_id(),
            login.strip(),
            fold(login),
            password_hash,
            staff_id,
            frozenset(roles),
            language,
            0,
            False,
            self._clock(),
        )
        taken = self._private.put_account(row)
        if taken == "login":
            return _refused("A004", "login", login=login)
        if taken == "staff_id":
            holder = self._private.account_of_staff(staff_id)
            return _refused("A008", "staff_id", staff_id=staff_id, login=holder.login if holder else "")
        return _account(row)

    def check_password(self, login: str, password: str, *, address: str = "") -> Account | SignInRefused:
        """Whether this is he. Wrong passwords are counted per login and network address, known login or not."""
        if find_login_problems(login):
            return SignInRefused(Finding("A001"))
        folded = fold(login)
        until = self._begin_attempt(folded, address)
        if until is not None:
            return SignInRefused(Finding("A002", params={"until": until}))
        row = self._private.account_by_login(folded)
        right = self._hashing.matches(password, row.password_hash if row else self._hashing.decoy())
        if row is None or not right:
            return SignInRefused(Finding("A001"))
        self._private.delete_lockouts(folded, address=address)
        return SignInRefused(Finding("A003")) if row.disabled else _account(row)

    def set_password(self, account_id: str, password: str) -> Account | AccountRefused:
        """An administrator sets a new password; every session of the account ends."""
        row = self._private.account(account_id)
        if row is None:
            return _refused("A016")
        problems = find_password_problems(password, row.login)
        if problems:
            return AccountRefused(problems)
        hashed = self._hashing.make(password)
        return self._revoking(account_id, lambda row: replace(row, password_hash=hashed))

    def change_own_password(self, account_id: str, current: str, password: str) -> Account | AccountRefused:
        """He changes it himself; every session ends, the one he uses included (the page opens a new one)."""
        row = self._private.account(account_id)
        if row is None:
            return _refused("A016")
        if not self._hashing.matches(current, row.password_hash):
            return _refused("A014", "current")
        return self.set_password(account_id, password)

    def set_roles(self, account_id: str, roles: Iterable[str]) -> Account | AccountRefused:
        """Other rights, from the next click on."""
        wanted = frozenset(roles)
        problems = _find_role_problems(wanted)
        if problems:
            return AccountRefused(tuple(problems))
        with self._private.transaction():
            if "admin" not in wanted and self._is_last_admin(account_id):
                return _refused("A009", "roles")
            return self._change(account_id, lambda row: replace(row, roles=wanted))

    def set_language(self, account_id: str, language: str) -> Account | AccountRefused:
        """The language he sees first."""
        problems = _find_language_problems(language)
        if problems:
            return AccountRefused(tuple(problems))
        with self._private.transaction():
            return self._change(account_id, lambda row: replace(row, language=language))

    def disable(self, account_id: str) -> Account | AccountRefused:
        """No more signing in; every session ends. The last administrator stays."""
        with self._private.transaction():
            if self._is_last_admin(account_id):
                return _refused("A009", "roles")
            return self._revoking(account_id, lambda row: replace(row, disabled=True))

    def enable(self, account_id: str) -> Account | AccountRefused:
        """May sign in again."""
        with self._private.transaction():
            return self._change(account_id, lambda row: replace(row, disabled=False))

    def unlock(self, login: str) -> int:
        """Forgets the wrong passwords of a login, from every address; from how many there were some."""
        return self._private.delete_lockouts(fold(login))

    def credentials_for_form(self) -> Mapping[str, Any]:
        """The accounts that may sign in, as streamlit-authenticator's form reads them."""
        return {
            "usernames": {
                row.login: {"name": row.login, "email": "", "password": row.password_hash, "roles": sorted(row.roles)}
                for row in self._private.accounts()
                if not row.disabled
            }
        }

    def _begin_attempt(self, folded: str, address: str) -> datetime | None:
        """When the lock ends, or None: go on. The attempt counts as wrong until it proves right, so that many at
        once do not get more guesses than one after the other."""
        now = self._clock()
        with self._private.transaction():
            self._private.delete_lockouts_before(now - FORGIVEN_AFTER)
            row = self._private.lockout(folded, address)
            failures = failures_that_count(row.failures, row.last_failure, now) if row else 0
            until = locked_until(failures, row.last_failure) if row else None
            if until is not None and until > now:
                return until
            self._private.put_lockout(LockoutRow(folded, address, failures + 1, now))
        return None

    def _revoking(self, account_id: str, change: Callable[[AccountRow], AccountRow]) -> Account | AccountRefused:
        with self._private.transaction():
            changed = self._change(account_id, lambda row: replace(change(row), epoch=row.epoch + 1))
            self._private.delete_sessions(account_id)
            return changed

    def _change(self, account_id: str, change: Callable[[AccountRow], AccountRow]) -> Account | AccountRefused:
        row = self._private.account(account_id)
        if row is None:
            return _refused("A016")
        changed = change(row)
        self._private.put_account(changed)
        return _account(changed)

    def _is_last_admin(self, account_id: str) -> bool:
        admins = {row.account_id for row in self._private.accounts() if "admin" in row.roles and not row.disabled}
        return admins == {account_id}

    def _find_staff_problems(self, staff_id: str) -> Iterator[Finding]:
        if not self._is_staff(staff_id):
            yield Finding("A015", at=FieldRef("staff_id"), params={"staff_id": staff_id})


def find_login_problems(login: str) -> tuple[Finding, ...]:
    """Why nobody can sign in with this text: A005 empty, A006 too long, spaces or control characters."""
    at = FieldRef("login")
    text = login.strip()
    if not fold(text):
        return (Finding("A005", at=at),)
    if len(text) > MAX_LOGIN or any(unicodedata.category(char)[0] in "CZ" for char in text):
        return (Finding("A006", at=at, params={"login": text[: MAX_LOGIN * 2]}),)
    return ()


def _find_role_problems(roles: frozenset[str]) -> list[Finding]:
    unknown = sorted(roles - set(ROLES)) if roles else [""]
    return [Finding("A007", at=FieldRef("roles"), params={"role": role, "roles": ROLES}) for role in unknown]


def _find_language_problems(language: str) -> list[Finding]:
    if language in LANGUAGES:
        return []
    return [Finding("A027", at=FieldRef("language"), params={"language": language})]


def _refused(code: str, field: str = "", **params: str) -> AccountRefused:
    return AccountRefused((Finding(code, at=FieldRef(field) if field else None, params=params),))


def _account(row: AccountRow) -> Account:
    return Account(row.account_id, row.login, row.staff_id, row.roles, row.language, row.epoch, row.disabled)
