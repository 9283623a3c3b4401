"""What one batch does inside the journal's write transaction: checks, serial numbers, rows, pairs, changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.folding import fold
from schemas.record import VOID
from sheets_adapter.contract import (
    ABSENT,
    Duplicate,
    Put,
    Refused,
    Row,
    SerialRequest,
    Stale,
    WriteBatch,
    Written,
)
from sheets_adapter.journal_layout import Layout, Pairs, StoredRow, dumps
from sheets_adapter.journal_serials import SerialCounter

CHUNK = 500
"""Ids per SELECT: well under SQLite's limit of bound parameters."""


def chunks(items: Iterable[str]) -> Iterable[list[str]]:
    """The items in lists of at most CHUNK."""
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


def holes(count: int) -> str:
    """Placeholders for an IN list."""
    return ", ".join("?" * count)


def stored_rows(db: sqlite3.Connection, layout: Layout, row_ids: Sequence[str]) -> dict[str, StoredRow]:
    """The rows that exist, by id."""
    return {cells[1]: layout.stored_row(cells) for cells in _selected(db, layout, row_ids)}


def rows_of(db: sqlite3.Connection, layout: Layout, row_ids: Sequence[str]) -> dict[str, Row]:
    """As `stored_rows`, without what only the journal knows."""
    return {cells[1]: layout.row(cells) for cells in _selected(db, layout, row_ids)}


def _selected(db: sqlite3.Connection, layout: Layout, row_ids: Sequence[str]) -> Iterator[Sequence[Any]]:
    for some in chunks(row_ids):
        yield from db.execute(f"{layout.select} WHERE r._id IN ({holes(len(some))})", some)


@dataclass(frozen=True, slots=True)
class _Planned:
    put: Put
    layout: Layout
    former: StoredRow | None
    next: StoredRow


class BatchWriter:
    """Applies one batch in an open write transaction: checks first, then writes. A refusal writes nothing but serial
    counters, which the caller rolls back."""

    def __init__(self, db: sqlite3.Connection, layouts: Mapping[str, Layout], batch: WriteBatch) -> None:
        self._db = db
        self._batch = batch
        self._at = batch.at.isoformat()
        self._layouts = layouts
        self._revision, self._seq = self._last_change()
        self._former = self._former_rows()
        self._taken: dict[tuple[str, str], dict[str, str]] = {}
        self._next_rowid: dict[str, int] = {}

    def apply(self) -> Written | Refused:
        """Written, or every problem of every put. Raises LookupError for tables or columns that do not exist."""
        planned: list[_Planned] = []
        problems: list[Stale | Duplicate] = []
        for put in self._batch.puts:
            found = self._problem_of(put)
            if isinstance(found, _Planned):
                planned.append(found)
            else:
                problems.extend(found)
        if problems:
            return Refused(tuple(problems))
        self._write(planned)
        return Written(self._revision + 1, tuple(plan.next.row for plan in planned))

    def _last_change(self) -> tuple[int, int]:
        last = self._db.execute("SELECT revision, seq FROM changes ORDER BY seq DESC LIMIT 1").fetchone()
        return last or (0, 0)

    def _layout(self, table: str) -> Layout:
        found = self._layouts.get(table)
        if found is None:
            raise LookupError(f"the store has no table {table!r}")
        return found

    def _former_rows(self) -> dict[str, dict[str, StoredRow]]:
        wanted: dict[str, list[str]] = {}
        for put in self._batch.puts:
            wanted.setdefault(put.table, []).append(put.row_id)
        for table, row_ids in wanted.items():
            if len(set(row_ids)) < len(row_ids):
                raise ValueError(f"the batch writes a row of {table!r} twice")
        return {table: stored_rows(self._db, self._layout(table), row_ids) for table, row_ids in wanted.items()}

    def _problem_of(self, put: Put) -> _Planned | Sequence[Stale | Duplicate]:
        former = self._former[put.table].get(put.row_id)
        if not _matches(put, former):
            return [Stale(put, former.row if former else None)]
        layout = self._layout(put.table)
        values = {key: text for key, text in put.values.items() if text}
        uniques = list(put.uniques)
        for request in put.serials:
            number = self._serial(put.table, layout, request)
            values[request.column] = number
            uniques.append((request.column, fold(number)))
            put = replace(put, search=f"{put.search} {fold(number)}".lstrip())
        live = values.get("status") != VOID
        duplicates = self._duplicates(put, layout, uniques) if live else []
        if duplicates:
            return duplicates
        pairs: Pairs = tuple(dict.fromkeys([*uniques, *put.lookups])) if live else ()
        for name, folded in pairs:
            self._taken.setdefault((put.table, name), {}).setdefault(folded, put.row_id)
        self._require_columns(layout, values)
        return _Planned(put, layout, former, self._next_row(put, layout, former, values, pairs))

    def _serial(self, table: str, layout: Layout, request: SerialRequest) -> str:
        held = self._taken.get((table, request.column), {})
        return SerialCounter(self._db, layout, request).next(held)

    def _duplicates(self, put: Put, layout: Layout, uniques: Sequence[tuple[str, str]]) -> list[Duplicate]:
        found = []
        for name, folded in uniques:
            inside = self._taken.get((put.table, name), {}).get(folded)
            holder = inside or self._holder(put.table, layout, name, folded)
            if holder:
                found.append(Duplicate(put, name, folded, holder))
        return found

    def _holder(self, table: str, layout: Layout, name: str, folded: str) -> str:
        """The first row outside this batch that holds the pair: rows of the batch give up their former pairs."""
        rows = self._db.execute(
            "SELECT row_id FROM lookups WHERE tbl = ? AND name = ? AND folded = ? ORDER BY row_id",
            (layout.number, name, folded),
        )
        inside = self._former[table]
        return next((row_id for (row_id,) in rows if row_id not in inside), "")

    def _require_columns(self, layout: Layout, values: Mapping[str, str]) -> None:
        if not values.keys() <= layout.columns.keys():
            unknown = min(values.keys() - layout.columns.keys())
            raise LookupError(f"table {layout.spec.name!r} has no column {unknown!r}")

    def _next_row(
        self, put: Put, layout: Layout, former: StoredRow | None, values: Mapping[str, str], pairs: Pairs
    ) -> StoredRow:
        version = former.row.version + 1 if former else 1
        row = Row(put.row_id, values, _kept(put.raw), _kept(put.extra), version, self._revision + 1)
        return StoredRow(former.rowid if former else self._new_rowid(layout), row, pairs)

    def _new_rowid(self, layout: Layout) -> int:
        name = layout.spec.name
        if name not in self._next_rowid:
            self._next_rowid[name] = self._db.execute(f"SELECT max(_row) FROM {layout.rows}").fetchone()[0] or 0
        self._next_rowid[name] += 1
        return self._next_rowid[name]

    def _write(self, planned: Sequence[_Planned]) -> None:
        by_table: dict[str, list[_Planned]] = {}
        for plan in planned:
            by_table.setdefault(plan.put.table, []).append(plan)
        for plans in by_table.values():
            self._write_rows(plans[0].layout, plans)
        changes = [self._change(number, plan) for number, plan in enumerate(planned, self._seq + 1)]
        self._db.executemany("INSERT INTO changes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", changes)
        if self._batch.key:
            self._db.execute(
                "INSERT OR REPLACE INTO keys VALUES(?, ?, ?, ?)",
                (self._batch.key, self._seq + 1, len(planned), self._batch.at.timestamp()),
            )

    def _write_rows(self, layout: Layout, plans: Sequence[_Planned]) -> None:
        self._db.executemany(layout.upsert, [layout.sql_row(plan.next) for plan in plans])
        self._db.executemany(layout.upsert_text, [(plan.next.rowid, plan.put.search) for plan in plans])
        gone, new = [], []
        for plan in plans:
            former = plan.former.pairs if plan.former else ()
            row_id = plan.put.row_id
            gone += [(layout.number, *pair, row_id) for pair in former if pair not in plan.next.pairs]
            new += [(layout.number, *pair, row_id) for pair in plan.next.pairs if pair not in former]
        self._db.executemany("DELETE FROM lookups WHERE tbl = ? AND name = ? AND folded = ? AND row_id = ?", gone)
        self._db.executemany("INSERT OR IGNORE INTO lookups VALUES(?, ?, ?, ?)", new)

    def _change(self, seq: int, plan: _Planned) -> tuple[int | str, ...]:
        before = _texts(plan.former.row) if plan.former else {}
        after = _texts(plan.next.row)
        gone = {key: text for key, text in before.items() if after.get(key) != text}
        new = {key: text for key, text in after.items() if before.get(key) != text} if before else after
        where = (seq, self._revision + 1, plan.layout.number, plan.put.row_id)
        who = (plan.put.verb, self._batch.actor, self._at, self._batch.source)
        return (*where, *who, dumps(gone) or "{}", dumps(new) or "{}")


def _matches(put: Put, former: StoredRow | None) -> bool:
    if put.if_match is None:
        return True
    if put.if_match == ABSENT:
        return former is None
    return former is not None and former.row.etag == put.if_match


def _kept(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if text} if texts else {}


def _texts(row: Row) -> dict[str, str]:
    """A row as one mapping, as changes name its parts."""
    if not row.raw and not row.extra:
        return dict(row.values)
    raw = {f"raw:{key}": text for key, text in row.raw.items()}
    return {**row.values, **raw, **{f"extra:{header}": text for header, text in row.extra.items()}}
