"""Sessions: opaque tokens that can be revoked. Only a token's SHA-256 is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemas.record import Actor
from services.accounts import Account


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
    def open(self, account: Account, *, keep: bool = False, device: str = "") -> str:
        """Opens a session and answers its token, for the cookie. `keep`: "keep me signed in" on this device."""
        raise NotImplementedError

    def actor(self, token: str) -> Actor | None:
        """Who the token stands for, or None: unknown, expired, idle too long, revoked, or the person left."""
        raise NotImplementedError

    def close(self, token: str) -> None:
        raise NotImplementedError

    def close_all(self, account_id: str) -> None:
        raise NotImplementedError

    def list_mine(self, actor: Actor, token: str = "") -> tuple[OpenSession, ...]:
        raise NotImplementedError
