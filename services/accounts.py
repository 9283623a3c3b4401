"""Accounts: who signs in, with which rights, and what keeps guessers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.finding import Finding


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
    """Nothing was changed; the findings say what to fix (FieldRef names login, password, staff_id, roles)."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Not signed in. A001: login or password wrong; A002: locked until `until`; A003: account disabled."""

    finding: Finding


class Accounts:
    def all(self) -> tuple[Account, ...]:
        raise NotImplementedError

    def get(self, account_id: str) -> Account | None:
        raise NotImplementedError

    def by_login(self, login: str) -> Account | None:
        raise NotImplementedError

    def create(
        self, login: str, password: str, *, staff_id: str, roles: Iterable[str], language: str = "zh"
    ) -> Account | AccountRefused:
        raise NotImplementedError

    def check_password(self, login: str, password: str, *, address: str = "") -> Account | SignInRefused:
        raise NotImplementedError

    def set_password(self, account_id: str, password: str) -> Account | AccountRefused:
        raise NotImplementedError

    def change_own_password(self, account_id: str, current: str, password: str) -> Account | AccountRefused:
        raise NotImplementedError

    def set_roles(self, account_id: str, roles: Iterable[str]) -> Account | AccountRefused:
        raise NotImplementedError

    def set_language(self, account_id: str, language: str) -> Account | AccountRefused:
        raise NotImplementedError

    def disable(self, account_id: str) -> Account | AccountRefused:
        raise NotImplementedError

    def enable(self, account_id: str) -> Account | AccountRefused:
        raise NotImplementedError

    def unlock(self, login: str) -> int:
        """Lifts every lock on that login; how many there were."""
        raise NotImplementedError

    def credentials_for_form(self) -> Mapping[str, Any]:
        """The accounts that may sign in, as streamlit-authenticator's form reads them."""
        raise NotImplementedError
