"""A row's past: undoing changes, and finding the version somebody was shown."""

from __future__ import annotations

from sheets_adapter.contract import Change, Row, Store

LONGEST = 1_000_000
"""Changes of one row read at most."""


def undo(row: Row, change: Change) -> Row:
    """The row before that change, which must be its last."""
    parts: dict[str, dict[str, str]] = {"values": dict(row.values), "raw": dict(row.raw), "extra": dict(row.extra)}
    for name in change.after.keys() - change.before.keys():
        part, key = _part_of(name)
        parts[part].pop(key, None)
    for name, text in change.before.items():
        part, key = _part_of(name)
        parts[part][key] = text
    return Row(row.row_id, parts["values"], parts["raw"], parts["extra"], row.version - 1)


def _part_of(name: str) -> tuple[str, str]:
    """Which part of a row a change's name means: "raw:<key>", "extra:<header>" or a column's key."""
    part, separator, key = name.partition(":")
    return (part, key) if separator and part in ("raw", "extra") else ("values", name)


def version_shown(store: Store, table: str, row: Row, etag: str) -> Row | None:
    """The latest version of the row that had this ETag; None when it never had, as far as the journal knows."""
    for change in reversed(store.changes(table=table, row_id=row.row_id, limit=LONGEST)):
        if row.etag == etag:
            return row
        row = undo(row, change)
    return None


def last_change(store: Store, table: str, row_id: str) -> Change | None:
    """Who wrote the row last."""
    changes = store.changes(table=table, row_id=row_id, limit=LONGEST)
    return changes[-1] if changes else None
