"""Forgetting rows and a workbook as if they had never been. Only sample data is ever forgotten: nobody entered it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from sheets_adapter.journal_layout import Layout
from sheets_adapter.journal_write import chunks, holes

FORGOTTEN = "forgotten"
"""The journal's note of the revision at which rows were last forgotten: who keeps rows in memory reads them anew."""
_OF_THE_WORKBOOK = ("sync_base", "sync_row", "sync_sheet", "sync_conflict", "sync_finding")
_LASTING = ("marker", "path", "poke", "heartbeat", "runner", "day", "wanted_sheets")
"""Facts about the workbook's keeping that outlast the workbook."""


def forget_rows(
    db: sqlite3.Connection,
    layouts: Mapping[str, Layout],
    rows: Mapping[str, Sequence[str]],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Deletes the rows (table → ids) with their search texts, pairs and changes; their tables' numbers start anew.

    To be called in a write transaction. One change that names no row stays: the revision goes on growing, and the
    trail says who had rows forgotten and when.
    """
    rows = {table: row_ids for table, row_ids in rows.items() if row_ids}
    if not rows:
        return
    seq, revision = db.execute("SELECT seq, revision FROM changes ORDER BY seq DESC LIMIT 1").fetchone() or (0, 0)
    for table, row_ids in rows.items():
        layout = layouts[table]
        for some in chunks(row_ids):
            ids = f"({holes(len(some))})"
            texts = f"_row IN (SELECT _row FROM {layout.rows} WHERE _id IN {ids})"
            db.execute(f"DELETE FROM {layout.texts} WHERE {texts}", some)
            db.execute(f"DELETE FROM {layout.rows} WHERE _id IN {ids}", some)
            for kept in ("lookups", "changes"):
                db.execute(f"DELETE FROM {kept} WHERE tbl = ? AND row_id IN {ids}", (layout.number, *some))
        db.execute("DELETE FROM serials WHERE tbl = ?", (layout.number,))
    number = min(layouts[table].number for table in rows)
    told = (seq + 1, revision + 1, number, "", "withdraw", actor, at.isoformat(), "portal", "{}", "{}")
    db.execute("INSERT INTO changes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", told)
    db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (FORGOTTEN, str(revision + 1)))


def forget_workbook(db: sqlite3.Connection) -> None:
    """Empties the sync tables but for the generations, which go on counting."""
    for table in _OF_THE_WORKBOOK:
        db.execute(f"DELETE FROM {table}")
    db.execute(f"DELETE FROM sync_meta WHERE key NOT IN ({holes(len(_LASTING))})", _LASTING)
