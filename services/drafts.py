"""Drafts: what was typed into an opened form, with its one-time key, kept until the record is in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.finding import Finding
from schemas.record import Actor, Record, Typed, TypedLine


@dataclass(frozen=True, slots=True)
class Draft:
    """One opened form. `key` is the one-time key every submit of this form uses; record_id "" creates a record."""

    draft_id: str
    key: str
    template: str
    record_id: str
    values: Mapping[str, Typed]
    saved_at: datetime
    lines: Mapping[str, tuple[TypedLine, ...]] = field(default_factory=dict)
    etags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlreadySaved:
    """The draft's form was submitted: this is the record it became. The draft is gone."""

    template: str
    record_id: str


class Drafts:
    def new(self, template: str, actor: Actor, record: Record | None = None) -> Draft:
        """Opens a form: a draft with a new one-time key. Not listed by `mine` until something is saved into it."""
        raise NotImplementedError

    def get(self, draft_id: str, actor: Actor) -> Draft | AlreadySaved | None:
        """His draft. None: unknown or another's."""
        raise NotImplementedError

    def save(
        self,
        draft: Draft,
        actor: Actor,
        *,
        values: Mapping[str, Typed],
        lines: Mapping[str, Sequence[TypedLine]] | None = None,
        etags: Mapping[str, str] | None = None,
    ) -> Draft | Finding:
        """Keeps what is typed now; writes only when something changed. A finding when it is too large (A030)."""
        raise NotImplementedError

    def discard(self, draft_id: str, actor: Actor) -> None:
        raise NotImplementedError

    def mine(self, actor: Actor) -> tuple[Draft, ...]:
        """His drafts with something typed, newest first."""
        raise NotImplementedError
