"""Withdrawing a record and restoring it: the status changes, nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.finding import Finding
from schemas.pending import standing
from schemas.record import LIVE, VOID, Actor, Rejected
from schemas.rights import may
from schemas.template import Template
from sheets_adapter.contract import Change, Put, Query, Row, Test, Verb, WriteBatch
from sheets_adapter.desk import Desk, Stored, changed_meanwhile, written_by_portal
from sheets_adapter.record_tables import (
    line_table,
    line_values,
    moment_text,
    search_text,
    similar_pairs,
    unique_pairs,
)
from sheets_adapter.row_history import LONGEST

_MOST_LINES = 100_000
LONGEST_REASON = 500


class Withdrawal:
    """Withdraws or restores one record; each method answers what to write, or why not."""

    def __init__(self, desk: Desk, template: Template, actor: Actor) -> None:
        self._desk = desk
        self._template = template
        self._actor = actor
        self._now = desk.clock()

    def withdraw(self, record_id: str, reason: str, etag: str, key: str) -> WriteBatch | Rejected:
        """Sets the record and its live lines to withdrawn."""
        reason = " ".join(reason.split())
        if not reason:
            return Rejected((Finding("R015"),))
        if len(reason) > LONGEST_REASON:
            return Rejected((Finding("R016", params={"length": len(reason), "max": LONGEST_REASON}),))
        stored = self._find(record_id, etag, expected=LIVE)
        if isinstance(stored, Rejected):
            return stored
        row = stored.row
        values = {**row.values, "status": VOID, "void_reason": reason, **self._touched()}
        header = self._header(row, values, stored)
        lines = [
            self._line(line_table(self._template, line), one, VOID)
            for line in self._template.lines
            for one in stored.lines[line.key]
        ]
        return self._batch([header, *lines], key)

    def restore(self, record_id: str, etag: str, key: str) -> WriteBatch | Rejected:
        """Sets the record to live again, and the lines that were withdrawn with it."""
        stored = self._find(record_id, etag, expected=VOID)
        if isinstance(stored, Rejected):
            return stored
        lines = withdrawn_lines(self._desk, self._template, stored.row)
        whole = Stored(stored.row, {name: (*stored.lines[name], *rows) for name, rows in lines.items()})
        values = {name: text for name, text in stored.row.values.items() if name != "void_reason"}
        live = standing(self._template, {**values, **self._touched()}, moment_text(self._now))
        header = self._header(stored.row, live, whole)
        puts = [self._line(f"{self._template.key}.{name}", one, LIVE) for name, rows in lines.items() for one in rows]
        return self._batch([header, *puts], key)

    def _find(self, record_id: str, etag: str, *, expected: str) -> Stored | Rejected:
        """The record, if he may withdraw it and it is as he saw it."""
        template = self._template
        if not may(self._actor, template, "withdraw"):
            return Rejected((Finding("P001", params={"template": template.key, "action_word": "right.withdraw"}),))
        stored = self._desk.stored(template, record_id)
        if stored is None:
            return Rejected((Finding("R012", params={"template": template.key}),))
        row = stored.row
        if template.written_by == "portal":
            return Rejected((written_by_portal(template, row),))
        if not self._desk.access.sees(template, row.values, self._actor):
            return Rejected((Finding("P002", params={"template": template.key}),))
        is_void = row.values.get("status") == VOID
        if is_void != (expected == VOID):
            return self._changed("R011" if is_void else "R014", row)
        if etag and row.etag != etag:
            return self._changed("R017", row)
        return stored

    def _changed(self, code: str, row: Row) -> Rejected:
        reason = row.values.get("void_reason", "")
        return Rejected((changed_meanwhile(code, self._desk.store, self._template, row.row_id, reason=reason),))

    def _touched(self) -> dict[str, str]:
        return {"updated_at": moment_text(self._now), "updated_by": self._actor.signature}

    def _header(self, row: Row, values: dict[str, str], stored: Stored) -> Put:
        lines = [(name, line_values(one)) for name, rows in stored.lines.items() for one in rows]
        return Put(
            self._template.key,
            row.row_id,
            values,
            "withdraw" if values["status"] == VOID else "restore",
            row.etag,
            row.raw,
            row.extra,
            uniques=unique_pairs(self._template, values),
            lookups=similar_pairs(self._template, values),
            search=search_text(self._template, values, lines, self._desk.references),
        )

    def _line(self, table: str, row: Row, status: str) -> Put:
        verb: Verb = "withdraw" if status == VOID else "restore"
        return Put(table, row.row_id, {**row.values, "status": status}, verb, row.etag, row.raw, row.extra)

    def _batch(self, puts: list[Put], key: str) -> WriteBatch:
        return WriteBatch(tuple(puts), self._actor.signature, self._now, "portal", key)


def withdrawn_lines(desk: Desk, template: Template, header: Row) -> dict[str, tuple[Row, ...]]:
    """line key → lines withdrawn with their record, or deleted in the workbook once it was; lines removed before stay
    so. Nothing for a record that was never withdrawn."""
    store = desk.store
    revision = _last_withdrawal(store.changes(table=template.key, row_id=header.row_id, limit=LONGEST))
    where = (Test("record_id", "eq", header.row_id), Test("status", "eq", VOID))
    found: dict[str, tuple[Row, ...]] = {}
    for line in template.lines:
        table = line_table(template, line)
        rows = store.query(Query(table, where, sort=(("line_no", False),), limit=_MOST_LINES, count=False)).rows
        found[line.key] = tuple(
            row
            for row in rows
            if revision and _last_withdrawal(store.changes(table=table, row_id=row.row_id, limit=LONGEST)) >= revision
        )
    return found


def _last_withdrawal(changes: Sequence[Change]) -> int:
    """Revision of the last withdrawal among the changes; 0 when there is none."""
    return next((change.revision for change in reversed(changes) if change.after.get("status") == VOID), 0)
