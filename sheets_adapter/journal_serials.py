"""Serial numbers of the journal, given out under its write lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Container

from schemas.folding import fold
from sheets_adapter.contract import SerialRequest
from sheets_adapter.journal_layout import Layout, encode, quoted


class SerialCounter:
    """Numbers one column under the write lock: goes on from its counter, past every number already in the table."""

    def __init__(self, db: sqlite3.Connection, layout: Layout, request: SerialRequest) -> None:
        self._db = db
        self._layout = layout
        self._request = request
        self._id = (layout.number, request.column, request.prefix)
        if request.column not in layout.columns:
            raise LookupError(f"table {layout.spec.name!r} has no column {request.column!r}")

    def next(self, held_in_batch: Container[str]) -> str:
        """The next free number as text; `held_in_batch` are folded texts of this column in the same batch."""
        found = self._db.execute("SELECT last FROM serials WHERE tbl = ? AND name = ? AND prefix = ?", self._id)
        counter = found.fetchone()
        number = counter[0] if counter else self._highest()
        while True:
            number += 1
            if self._is_in_table(number):
                number = max(number, self._highest())
            elif fold(self._text(number)) not in held_in_batch:
                break
        self._db.execute("INSERT OR REPLACE INTO serials VALUES(?, ?, ?, ?)", (*self._id, number))
        return self._text(number)

    def _text(self, number: int) -> str:
        return f"{self._request.prefix}{number:0{self._request.width}d}{self._request.suffix}"

    @property
    def _column(self) -> str:
        return f"r.{quoted(self._request.column)}"

    def _is_in_table(self, number: int) -> bool:
        text = self._text(number)
        kind = self._layout.columns[self._request.column].kind
        row = self._db.execute(
            f"SELECT 1 FROM {self._layout.rows} AS r WHERE {self._column} = ? LIMIT 1", (encode(kind, text),)
        )
        if row.fetchone():
            return True
        held = self._db.execute(
            "SELECT 1 FROM lookups WHERE tbl = ? AND name = ? AND folded = ? LIMIT 1",
            (self._layout.number, self._request.column, fold(text)),
        )
        return held.fetchone() is not None

    def _highest(self) -> int:
        """The highest number of this pattern in the table, withdrawn rows included; up to 15 digits."""
        prefix, suffix = self._request.prefix, self._request.suffix
        digits = f"substr({self._column}, ?, length({self._column}) - ?)"
        sql = (
            f"SELECT max(CAST({digits} AS INTEGER)) FROM {self._layout.rows} AS r "
            f"WHERE {self._column} >= ? AND {self._column} < ? AND substr({self._column}, ?) = ? "
            f"AND {digits} NOT GLOB '*[^0-9]*' AND length({digits}) BETWEEN 1 AND 15"
        )
        cut = (len(prefix) + 1, len(prefix) + len(suffix))
        tail = (-len(suffix) if suffix else 2**31, suffix)
        bounds = (prefix, prefix + "\U0010ffff")
        found: int | None = self._db.execute(sql, (*cut, *bounds, *tail, *cut, *cut)).fetchone()[0]
        return found or 0
