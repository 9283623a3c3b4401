"""The journal's ordered changes: reading them, and what a one-time key once wrote (by undoing what came after)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sheets_adapter.contract import Change, Row, Written
from sheets_adapter.journal_layout import Layout
from sheets_adapter.journal_write import stored_rows
from sheets_adapter.row_history import LONGEST, undo

_COLUMNS = "c.seq, c.revision, t.name, c.row_id, c.verb, c.actor, c.at, c.source, c.before, c.after"
_FROM = "FROM changes AS c JOIN tables AS t ON t.number = c.tbl"


def read_changes(db: sqlite3.Connection, *, table: str, row_id: str, after: int, limit: int) -> Sequence[Change]:
    """Changes with seq > after, oldest first; of one table, of one row."""
    where, bound = ["c.seq > ?"], [after, *filter(None, (table, row_id)), limit]
    if table:
        where.append("t.name = ?")
    if row_id:
        where.append("c.row_id = ?")
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {' AND '.join(where)} ORDER BY c.seq LIMIT ?"
    return [_change(cells) for cells in db.execute(sql, bound)]


def _change(cells: Sequence[str | int]) -> Change:
    seq, revision, table, row_id, verb, actor, at, source, before, after = cells
    return Change(
        seq=int(seq),
        revision=int(revision),
        table=str(table),
        row_id=str(row_id),
        verb=verb,  # type: ignore[arg-type]
        actor=str(actor),
        at=datetime.fromisoformat(str(at)),
        source=source,  # type: ignore[arg-type]
        before=json.loads(str(before)),
        after=json.loads(str(after)),
    )


def written_under(
    db: sqlite3.Connection, layouts: Mapping[str, Layout], key: str, *, not_before: datetime
) -> Written | None:
    """What the batch with this one-time key wrote, as it wrote it; None when it is unknown or older than that."""
    changes = changes_under(db, key, not_before=not_before)
    if not changes:
        return None
    rows = tuple(_row_as_written(db, layouts[change.table], change) for change in changes)
    return Written(changes[0].revision, rows, replayed=True)


def changes_under(db: sqlite3.Connection, key: str, *, not_before: datetime) -> Sequence[Change]:
    """The changes of the batch with this one-time key; () when it is unknown or older than that."""
    found = db.execute(
        "SELECT first_seq, count FROM keys WHERE key = ? AND at >= ?", (key, not_before.timestamp())
    ).fetchone()
    if found is None:
        return ()
    first, count = found
    return read_changes(db, table="", row_id="", after=first - 1, limit=count)


def _row_as_written(db: sqlite3.Connection, layout: Layout, change: Change) -> Row:
    row = stored_rows(db, layout, [change.row_id])[change.row_id].row
    later = read_changes(db, table=change.table, row_id=change.row_id, after=change.seq, limit=LONGEST)
    for undone in reversed(later):
        row = undo(row, undone)
    return replace(row, revision=change.revision)
