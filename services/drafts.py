"""Drafts: what was typed into an opened form, with its one-time key, kept until the record is in the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from schemas.finding import Finding
from schemas.record import Actor, Record, Typed, TypedLine
from services.ports import Clock, NewId
from sheets_adapter.contract import Written
from sheets_adapter.private import DraftRow, PrivateStore

MAX_BYTES = 512 * 1024
KEPT = timedelta(days=90)
KEPT_UNTOUCHED = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Draft:
    """One opened form. `key` is the one-time key every submit of this form uses; record_id "" creates a record.

    etags: for an edit, row id → ETag as the form was opened with. saved_at: aware.
    """

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
    """Keeps drafts in the private store. `written_under`: what the journal knows about a one-time key."""

    def __init__(
        self,
        private: PrivateStore,
        *,
        clock: Clock,
        new_id: NewId,
        written_under: Callable[[str], Written | None],
    ) -> None:
        self._private = private
        self._clock = clock
        self._new_id = new_id
        self._written_under = written_under

    def new(self, template: str, actor: Actor, record: Record | None = None) -> Draft:
        """Opens a form: a draft with a new one-time key. Not listed by `mine` until something is saved into it.

        record: the record to edit, as it is shown; its ETags and those of its lines are kept with the draft.
        """
        now = self._clock()
        self._private.delete_drafts_before(now - KEPT, started=True)
        self._private.delete_drafts_before(now - KEPT_UNTOUCHED, started=False)
        draft = Draft(self._new_id(), self._new_id(), template, "", {}, now)
        if record is not None:
            draft = replace(
                draft, record_id=record.record_id, values=record.values, lines=_lines(record), etags=_etags(record)
            )
        self._private.put_draft(_row(draft, actor, _content(draft), is_started=False))
        return draft

    def get(self, draft_id: str, actor: Actor) -> Draft | AlreadySaved | None:
        """His draft. None: unknown or another's."""
        row = self._private.draft(draft_id)
        if row is None or row.account_id != actor.account_id:
            return None
        return self._unless_saved(row)

    def save(
        self,
        draft: Draft,
        actor: Actor,
        *,
        values: Mapping[str, Typed],
        lines: Mapping[str, Sequence[TypedLine]] | None = None,
        etags: Mapping[str, str] | None = None,
    ) -> Draft | Finding:
        """Keeps what is typed now; writes only when something changed.

        A030 when it is larger than 512 KB: then the draft stays as it was. A draft that was discarded meanwhile
        (its form was submitted in another tab) is not brought back.
        """
        typed = {key: tuple(rows) for key, rows in lines.items()} if lines is not None else draft.lines
        changed = replace(draft, values=values, lines=typed, etags=draft.etags if etags is None else etags)
        content = _content(changed)
        if content == _content(draft):
            return draft
        size = len(content.encode("utf-8", errors="surrogatepass"))
        if size > MAX_BYTES:
            return Finding("A030", params={"kilobytes": size // 1024, "max": MAX_BYTES // 1024})
        changed = replace(changed, saved_at=self._clock())
        with self._private.transaction():
            kept = self._private.draft(draft.draft_id)
            if kept is not None and kept.account_id == actor.account_id:
                self._private.put_draft(_row(changed, actor, content, is_started=True))
        return changed

    def discard(self, draft_id: str, actor: Actor) -> None:
        """Throws his draft away."""
        row = self._private.draft(draft_id)
        if row is not None and row.account_id == actor.account_id:
            self._private.delete_draft(draft_id)

    def mine(self, actor: Actor) -> tuple[Draft, ...]:
        """His drafts with something typed, newest first."""
        started = (row for row in self._private.drafts_of(actor.account_id) if row.is_started)
        found = [self._unless_saved(row) for row in started]
        return tuple(draft for draft in found if isinstance(draft, Draft))

    def _unless_saved(self, row: DraftRow) -> Draft | AlreadySaved:
        written = self._written_under(row.key)
        if written is None:
            return _draft(row)
        self._private.delete_draft(row.draft_id)
        return AlreadySaved(row.template, written.rows[0].row_id if written.rows else row.record_id)


def _lines(record: Record) -> dict[str, tuple[TypedLine, ...]]:
    return {key: tuple(TypedLine(line.line_id, line.values) for line in lines) for key, lines in record.lines.items()}


def _etags(record: Record) -> dict[str, str]:
    lines = {line.line_id: line.etag for lines in record.lines.values() for line in lines}
    return {record.record_id: record.etag, **lines}


def _content(draft: Draft) -> str:
    """What is typed, as JSON with sorted keys: equal texts are equal drafts."""
    lines = {
        key: [[row.line_id, _plain(row.values)] for row in rows] for key, rows in draft.lines.items()
    }  # fmt: skip
    content = {"values": _plain(draft.values), "lines": lines, "etags": dict(draft.etags)}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(values: Mapping[str, Typed]) -> dict[str, str | list[str] | None]:
    return {key: typed if typed is None or isinstance(typed, str) else list(typed) for key, typed in values.items()}


def _row(draft: Draft, actor: Actor, content: str, *, is_started: bool) -> DraftRow:
    return DraftRow(
        draft.draft_id,
        actor.account_id,
        draft.key,
        draft.template,
        draft.record_id,
        content,
        is_started,
        draft.saved_at,
    )


def _draft(row: DraftRow) -> Draft:
    content: dict[str, Any] = json.loads(row.content)
    lines = {
        key: tuple(TypedLine(line_id, _typed(values)) for line_id, values in rows)
        for key, rows in content["lines"].items()
    }
    values = _typed(content["values"])
    return Draft(
        row.draft_id, row.key, row.template, row.record_id, values, row.saved_at, lines, content["etags"]
    )  # fmt: skip


def _typed(values: Mapping[str, Any]) -> dict[str, Typed]:
    return {key: tuple(typed) if isinstance(typed, list) else typed for key, typed in values.items()}
