"""The durable journal: current rows and the ordered log of changes in one SQLite file (WAL, synchronous=FULL).

An acknowledged write is on the disk. Several processes may open the same file; the threads of one process share
commits (see `commit_queue`). The journal must lie on a local disk: SQLite's WAL does not work over a network share.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sheets_adapter.commit_queue import CommitQueue, Outcome
from sheets_adapter.contract import (
    Block,
    Capabilities,
    Change,
    Page,
    Query,
    Refused,
    Row,
    TableSpec,
    WriteBatch,
    Written,
)
from sheets_adapter.forgetting import forget_rows
from sheets_adapter.journal_layout import FORMAT_VERSION, JOURNAL_SQL, Layout, spec_from
from sheets_adapter.journal_log import changes_under, read_changes, written_under
from sheets_adapter.journal_query import PagePlan
from sheets_adapter.journal_tables import ensure_table
from sheets_adapter.journal_write import BatchWriter, chunks, holes, rows_of
from sheets_adapter.sqlite_files import ConnectionPool

KEYS_KEPT = timedelta(days=90)
_PRUNE_EVERY = timedelta(days=1)
_COUNTS_KEPT = 64
_ROWS_IN_BLOCK = 4096
_FAULTY_BATCH = (LookupError, ValueError, TypeError, sqlite3.ProgrammingError, sqlite3.DataError)
"""What a batch that breaks the contract raises: its neighbours in the same commit are not harmed."""


class Journal:
    """`Store` on SQLite (contract.py). Every method raises StoreUnavailable when the file cannot serve it.

    durable=False: what is written through this object is on the disk with the next write of a durable one; for loads
    that are begun again when they are cut off.
    """

    capabilities = Capabilities(durable=True, shared=True)

    def __init__(self, path: Path, *, clock: Callable[[], datetime], durable: bool = True) -> None:
        self.path = path
        self._clock = clock
        self._pool = ConnectionPool(path, format_version=FORMAT_VERSION, durable=durable)
        self._queue = CommitQueue(self._commit)
        self._cached_layouts: tuple[int, dict[str, Layout]] = (-1, {})
        self._counts: dict[object, int] = {}
        self._counts_at = -1
        self._counts_guard = threading.Lock()
        self._pruned_at: datetime | None = None
        with self._pool.lend() as db:
            if db.execute("PRAGMA user_version").fetchone()[0] != FORMAT_VERSION:
                db.executescript(f"BEGIN IMMEDIATE; {JOURNAL_SQL} PRAGMA user_version = {FORMAT_VERSION}; COMMIT;")

    def connect(self) -> sqlite3.Connection:
        """A further connection to the same file, for tables kept beside the journal's; the caller closes it."""
        self._pool.require_same_file()
        return self._pool.open()

    def meta_get(self, key: str) -> str | None:
        """A text kept under `key` with the journal, or None."""
        with self._pool.lend() as db:
            found = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            return found[0] if found else None

    def meta_set(self, key: str, value: str) -> None:
        """Keeps a text under `key`, durably."""
        with self._pool.lend() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))

    def tables(self) -> Mapping[str, TableSpec]:
        """Every table, made by whichever process."""
        with self._pool.lend() as db:
            return {name: layout.spec for name, layout in self._layouts(db).items()}

    def ensure_table(self, spec: TableSpec) -> None:
        """Makes the table, or adds the columns it lacks; a changed kind converts what the column holds."""
        with self._pool.lend() as db:
            ensure_table(db, spec, self._layouts)

    def get(self, table: str, row_id: str) -> Row | None:
        """One row."""
        return self.get_many(table, [row_id]).get(row_id)

    def get_many(self, table: str, row_ids: Sequence[str]) -> dict[str, Row]:
        """The rows that exist, by id."""
        with self._reading(table) as (db, layout):
            return rows_of(db, layout, row_ids)

    def query(self, query: Query) -> Page:
        """A page of rows (keyset paging: rows written meanwhile neither repeat nor hide others)."""
        with self._reading(query.table) as (db, layout):
            plan = PagePlan(layout, query, self._layouts(db))
            if query.count and query.search:
                sql, bound = plan.page_and_total()
                found = db.execute(sql, bound).fetchall()
                rows = [layout.row(cells[:-1]) for cells in found]
                total = found[0][-1] if found else db.execute(*plan.total()).fetchone()[0]
            else:
                rows = [layout.row(cells) for cells in db.execute(*plan.page())]
                total = self._total(db, query, plan) if query.count else -1
            more = len(rows) > query.limit
            page = rows[: query.limit]
            after = plan.cursor(page[-1], lambda *asked: db.execute(*asked).fetchone()[0]) if more and page else ""
        return Page(tuple(page), total, after)

    def scan(self, query: Query, columns: Sequence[str]) -> Iterator[Block]:
        """All rows of the query, as of the moment the first block is read."""
        with self._reading(query.table) as (db, layout):
            results = db.execute(*PagePlan(layout, query, self._layouts(db)).scan(columns))
            while some := results.fetchmany(_ROWS_IN_BLOCK):
                yield layout.block(columns, some)

    def holders(self, table: str, name: str, folded: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """folded text → ids of live rows holding the pair."""
        held: dict[str, list[str]] = {}
        with self._reading(table) as (db, layout):
            for some in chunks(dict.fromkeys(folded)):
                rows = db.execute(
                    f"SELECT folded, row_id FROM lookups WHERE tbl = ? AND name = ? AND folded IN ({holes(len(some))}) "
                    "ORDER BY row_id",
                    (layout.number, name, *some),
                )
                for text, row_id in rows:
                    held.setdefault(text, []).append(row_id)
        return {text: tuple(row_ids) for text, row_ids in held.items()}

    def written_under(self, key: str) -> Written | None:
        """The result of the batch with this one-time key, if it was written within 90 days."""
        with self._pool.lend() as db:
            return self._written_under(db, key)

    def changes_under(self, key: str) -> Sequence[Change]:
        """What the batch with this one-time key changed."""
        with self._pool.lend() as db:
            return changes_under(db, key, not_before=self._clock() - KEYS_KEPT)

    def write(self, batch: WriteBatch) -> Written | Refused:
        """All or nothing; durable before it returns."""
        return self._queue.write(batch)

    def forget(self, rows: Mapping[str, Sequence[str]], *, if_revision: int, actor: str, at: datetime) -> bool:
        """Deletes rows (table → ids) as if they had never been, see `forgetting`; False, and nothing done, when
        anything was written since that revision."""
        with self._pool.lend() as db:
            db.execute("BEGIN IMMEDIATE")
            if _revision(db) != if_revision:
                return False
            forget_rows(db, self._layouts(db), rows, actor=actor, at=at)
            db.execute("COMMIT")
            return True

    def changed_rows(self, table: str, after_revision: int, *, columns: Sequence[str] | None = None) -> Sequence[Row]:
        """Rows last written after that revision, in revision order; only these columns, if given."""
        with self._reading(table) as (db, layout):
            layout = layout if columns is None else layout.narrowed(columns)
            sql = f"{layout.select} WHERE r._revision > ? ORDER BY r._revision, r._row"
            return [layout.row(cells) for cells in db.execute(sql, (after_revision,))]

    def changes(self, *, table: str = "", row_id: str = "", after: int = 0, limit: int = 200) -> Sequence[Change]:
        """The audit trail, oldest first."""
        with self._pool.lend() as db:
            return read_changes(db, table=table, row_id=row_id, after=after, limit=limit)

    def revision(self) -> int:
        """Counter of committed batches."""
        with self._pool.lend() as db:
            return _revision(db)

    def close(self) -> None:
        """Closes the file; later calls raise StoreUnavailable."""
        self._pool.close()

    @contextmanager
    def _reading(self, table: str) -> Iterator[tuple[sqlite3.Connection, Layout]]:
        with self._pool.lend() as db:
            layout = self._layouts(db).get(table)
            if layout is None:
                raise LookupError(f"the store has no table {table!r}")
            yield db, layout

    def _layouts(self, db: sqlite3.Connection) -> dict[str, Layout]:
        """The tables as this connection sees them: another process may have made or widened some."""
        schema: int = db.execute("PRAGMA schema_version").fetchone()[0]
        known, layouts = self._cached_layouts
        if schema != known:
            rows = db.execute("SELECT number, name, spec FROM tables").fetchall()
            layouts = {name: Layout(number, spec_from(name, spec)) for number, name, spec in rows}
            self._cached_layouts = (schema, layouts)
        return layouts

    def _total(self, db: sqlite3.Connection, query: Query, plan: PagePlan) -> int:
        revision = _revision(db)
        asked = (query.table, query.where, query.any_of)
        with self._counts_guard:
            if revision != self._counts_at or len(self._counts) > _COUNTS_KEPT:
                self._counts, self._counts_at = {}, revision
            known = self._counts.get(asked)
        if known is None:
            known = int(db.execute(*plan.total()).fetchone()[0])
            with self._counts_guard:
                if self._counts_at == revision:
                    self._counts[asked] = known
        return known

    def _written_under(self, db: sqlite3.Connection, key: str) -> Written | None:
        return written_under(db, self._layouts(db), key, not_before=self._clock() - KEYS_KEPT)

    def _commit(self, batches: Sequence[WriteBatch]) -> Sequence[Outcome | Exception]:
        with self._pool.lend() as db:
            db.execute("BEGIN IMMEDIATE")
            answers = [self._apply(db, batch) for batch in batches]
            if any(isinstance(answer, Written) and not answer.replayed for answer in answers):
                self._prune_keys(db)
                db.execute("COMMIT")
            return answers

    def _apply(self, db: sqlite3.Connection, batch: WriteBatch) -> Outcome | Exception:
        before = self._written_under(db, batch.key) if batch.key else None
        if before is not None:
            return before
        if not batch.puts:
            return Written(_revision(db), ())
        answer: Outcome | Exception
        db.execute("SAVEPOINT batch")
        try:
            answer = BatchWriter(db, self._layouts(db), batch).apply()
        except _FAULTY_BATCH as error:
            answer = error
        if not isinstance(answer, Written):
            db.execute("ROLLBACK TO batch")
        db.execute("RELEASE batch")
        return answer

    def _prune_keys(self, db: sqlite3.Connection) -> None:
        now = self._clock()
        if self._pruned_at is None or now - self._pruned_at > _PRUNE_EVERY:
            db.execute("DELETE FROM keys WHERE at < ?", ((now - KEYS_KEPT).timestamp(),))
            self._pruned_at = now


def _revision(db: sqlite3.Connection) -> int:
    found = db.execute("SELECT revision FROM changes ORDER BY seq DESC LIMIT 1").fetchone()
    return found[0] if found else 0
