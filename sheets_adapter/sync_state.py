"""What is known about the workbook, kept in tables beside the journal's: which generation held what, where rows are,
conflicts, findings, and how the last checkpoint went. Pages read it; only the elected checkpointer writes the rest.

Generations count everything that becomes known about the file's content: a publication (its number is written into
the workbook) or hand edits seen in it. `base_at(table, marker)` is the content of the file that carries that number.
A publication is first an *intent*: if the process dies before the file is replaced it is *abandoned*, and its content
only counts for a file that turns out to carry its number after all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from schemas.finding import Finding
from sheets_adapter.codec import RAW, seen_from
from sheets_adapter.columns import EXTRA, SheetMap
from sheets_adapter.finding_rows import finding_from, finding_row, with_header
from sheets_adapter.forgetting import forget_workbook
from sheets_adapter.journal_layout import quoted
from sheets_adapter.journal_write import chunks, holes
from sheets_adapter.sqlite_files import named_errors

GenerationKind = Literal["seen", "intent", "published", "abandoned"]
State = Literal["ok", "waiting", "busy", "stopped"]

SYNC_SQL = """
CREATE TABLE IF NOT EXISTS sync_meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sync_generation(gen INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sync_base(
    tbl TEXT NOT NULL, row_id TEXT NOT NULL, gen INTEGER NOT NULL, content TEXT,
    PRIMARY KEY(tbl, row_id, gen)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sync_row(
    tbl TEXT NOT NULL, row_id TEXT NOT NULL, place INTEGER NOT NULL, revision INTEGER NOT NULL,
    dirty INTEGER NOT NULL, mark TEXT NOT NULL, PRIMARY KEY(tbl, row_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sync_row_dirty ON sync_row(tbl, row_id) WHERE dirty;
CREATE TABLE IF NOT EXISTS sync_sheet(
    tbl TEXT PRIMARY KEY, map TEXT NOT NULL, crc INTEGER NOT NULL, folded INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sync_conflict(
    id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, row_id TEXT NOT NULL, col TEXT NOT NULL, base TEXT NOT NULL,
    ours TEXT NOT NULL, theirs TEXT NOT NULL, ours_by TEXT NOT NULL, ours_at TEXT NOT NULL, found_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', resolved_by TEXT NOT NULL DEFAULT '', resolved_at TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS sync_conflict_open ON sync_conflict(tbl, row_id) WHERE state = 'open';
CREATE TABLE IF NOT EXISTS sync_finding(
    tbl TEXT NOT NULL, number INTEGER NOT NULL, code TEXT NOT NULL, sheet TEXT NOT NULL, row INTEGER NOT NULL,
    col TEXT NOT NULL, params TEXT NOT NULL, severity TEXT NOT NULL, row_id TEXT NOT NULL,
    PRIMARY KEY(tbl, number)) WITHOUT ROWID;
"""
FINDINGS_KEPT = 1000
"""Findings kept per table; beyond, one more of the same kind helps nobody."""


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How the workbook stands against the journal, as pages show it.

    pending: rows changed in the portal that the workbook does not show yet. reason: code of why it waits, with params.
    state: ok; waiting (disk, missing file …; tried again by itself); busy (somebody has the workbook open); stopped
    (a person must decide). alive: the checkpointer's last heartbeat, aware. runner: "process"; "thread" after the
    process died too often; "" before the first.
    """

    pending: int
    last_published_at: datetime | None
    state: State
    reason: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    generation: int = 0
    conflicts: int = 0
    findings: int = 0
    alive: datetime | None = None
    runner: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One cell changed in the portal and in the workbook. The portal's text stands in both until it is resolved."""

    number: int
    table: str
    row_id: str
    column: str
    base: str
    ours: str
    theirs: str
    ours_by: str
    ours_at: str
    found_at: str
    state: Literal["open", "ours", "theirs", "superseded"]

    def shown(self, side: Literal["base", "ours", "theirs"]) -> str:
        """One side's text for people; a cell that does not fit its field shows what it holds."""
        text: str = getattr(self, side)
        return text.removeprefix(RAW)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where the file has a row (sheet row from 1, 0 for nowhere) and the revision it shows.

    dirty: it must be compared again at the next checkpoint whatever its revision. mark: fingerprint of its cells as
    they were last read, "" since they were last written.
    """

    place: int
    revision: int
    dirty: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class SheetState:
    """One table's sheet as last seen. crc: its fingerprint. folded: the store revision up to which it is complete."""

    map: SheetMap
    crc: int
    folded: int

    @property
    def is_understood(self) -> bool:
        """Whether its header row was found when it was last read."""
        return self.crc >= 0

    def with_crc(self, crc: int) -> SheetState:
        """The same sheet with another fingerprint."""
        return SheetState(self.map, crc, self.folded)


@dataclass(frozen=True, slots=True)
class RowFinding:
    """A finding about one row of a sheet."""

    row_id: str
    finding: Finding


class SyncState:
    """Reads and writes the sync tables over one connection, from any thread.

    Writes belong inside `transaction()`; a single write outside one is its own transaction.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, tables: Sequence[str] | None = None) -> None:
        """tables: those kept in the workbook; None for all of the journal."""
        self._tables = tables
        self._db = connection
        self._path = path
        self._lock = threading.RLock()
        with self.transaction():
            for statement in SYNC_SQL.strip().split(";\n"):
                self._db.execute(statement)

    @contextmanager
    def transaction(self, *, lasts: bool = True) -> Iterator[None]:
        """All writes inside are durable together or not at all. May be nested. Raises StoreUnavailable.

        lasts=False: they are on the disk with the next durable commit to the file, this or another connection's: for
        what only serves that commit, or is found out again.
        """
        with self._lock, named_errors(self._path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute(f"PRAGMA synchronous = {'FULL' if lasts else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk rolls back by itself
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Closes the connection."""
        with self._lock:
            self._db.close()

    def _read(self, sql: str, *bound: object) -> list[tuple[object, ...]]:
        with self._lock, named_errors(self._path):
            return self._db.execute(sql, bound).fetchall()

    def _write(self, sql: str, *bound: object) -> None:
        with self.transaction():
            self._db.execute(sql, bound)

    def _write_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self.transaction():
            self._db.executemany(sql, rows)

    # --- single facts

    def get(self, key: str) -> str:
        """A fact, "" when it is not known."""
        rows = self._read("SELECT value FROM sync_meta WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    def set(self, **facts: str) -> None:
        """Keeps facts."""
        self._write_many("INSERT OR REPLACE INTO sync_meta VALUES(?, ?)", facts.items())

    def number(self, key: str) -> int:
        """A fact that is a number, 0 when it is not known."""
        return int(self.get(key) or 0)

    def wanted_sheets(self) -> frozenset[str]:
        """Tables that are to have a sheet though they have no rows yet."""
        return frozenset(self.get("wanted_sheets").split("\n")) - {""}

    def want_sheets(self, tables: Collection[str]) -> None:
        """The next checkpoint gives these tables a sheet, rows or none."""
        with self.transaction():
            self.set(wanted_sheets="\n".join(sorted(self.wanted_sheets().union(tables))), complete="")

    def forget_wanted_sheet(self, table: str) -> None:
        """Its sheet was made and somebody deleted it: it comes again with its first row."""
        with self.transaction():
            self.set(wanted_sheets="\n".join(sorted(self.wanted_sheets() - {table})))

    # --- generations

    def next_generation(self, kind: GenerationKind, at: datetime) -> int:
        """A number above every other, never given out again."""
        with self.transaction():
            (last,) = self._db.execute("SELECT coalesce(max(gen), 0) FROM sync_generation").fetchone()
            gen = max(int(last), self.number("marker")) + 1
            self._db.execute("INSERT INTO sync_generation VALUES(?, ?, ?)", (gen, kind, at.isoformat()))
        return gen

    def mark_generation(self, gen: int, kind: GenerationKind) -> None:
        """Says what became of a generation."""
        self._write("UPDATE sync_generation SET kind = ? WHERE gen = ?", kind, gen)

    def drop_generation(self, gen: int) -> None:
        """Forgets a publication that certainly never reached the file."""
        with self.transaction():
            self._db.execute("DELETE FROM sync_base WHERE gen = ?", (gen,))
            self._db.execute("DELETE FROM sync_generation WHERE gen = ?", (gen,))

    def knows_generation(self, gen: int) -> bool:
        """Whether this journal made the generation."""
        return bool(self._read("SELECT 1 FROM sync_generation WHERE gen = ?", gen))

    def intents(self) -> list[int]:
        """Publications begun of which the end is not known."""
        return [int(str(gen)) for (gen,) in self._read("SELECT gen FROM sync_generation WHERE kind = 'intent'")]

    def base_at(self, table: str, gen: int) -> dict[str, str | None]:
        """row id → content of the file at that generation; None for a row deleted by then."""
        return self._contents("gen <= ? AND (gen = ? OR gen NOT IN ", table, gen, gen)

    def current(self, table: str) -> dict[str, str | None]:
        """row id → content of the file as last seen or published; None for a row deleted in it."""
        return self._contents("(gen NOT IN ", table)

    def _contents(self, condition: str, table: str, *bound: int | str) -> dict[str, str | None]:
        doubtful = "(SELECT gen FROM sync_generation WHERE kind IN ('intent', 'abandoned')))"
        sql = f"SELECT row_id, content, max(gen) FROM sync_base WHERE tbl = ? AND {condition}{doubtful} GROUP BY row_id"
        return {str(row_id): None if text is None else str(text) for row_id, text, _ in self._read(sql, table, *bound)}

    def contents_of(self, table: str, row_ids: Sequence[str]) -> dict[str, str | None]:
        """As `current`, for some rows; rows the file never had are absent."""
        found: dict[str, str | None] = {}
        for some in chunks(row_ids):
            found |= self._contents(f"row_id IN ({holes(len(some))}) AND (gen NOT IN ", table, *some)
        return found

    def contents_at(self, table: str, gen: int, row_ids: Sequence[str]) -> dict[str, str]:
        """What was kept of some rows at just that generation, whatever became of it."""
        sql = "SELECT row_id, content FROM sync_base WHERE tbl = ? AND gen = ? AND row_id IN "
        rows = (row for some in chunks(row_ids) for row in self._read(f"{sql}({holes(len(some))})", table, gen, *some))
        return {str(row_id): str(text) for row_id, text in rows}

    def kinds_of(self, table: str, row_id: str) -> Mapping[str, str]:
        """Kinds of the cells of people's own columns when the file last had the row."""
        sql = "SELECT content FROM sync_base WHERE tbl = ? AND row_id = ? AND content <> '' ORDER BY gen DESC LIMIT 1"
        rows = self._read(sql, table, row_id)
        shown = seen_from(str(rows[0][0])).shown if rows else {}
        return {column: kind for column, kind in shown.items() if column.startswith(EXTRA)}

    def put_contents(self, table: str, gen: int, contents: Mapping[str, str | None]) -> None:
        """Keeps what the file holds at a generation, for the rows in which that differs from the one before."""
        self._write_many(
            "INSERT OR REPLACE INTO sync_base VALUES(?, ?, ?, ?)",
            ((table, row_id, gen, text) for row_id, text in contents.items()),
        )

    def forget_before(self, at: datetime) -> None:
        """Drops contents superseded before that time. A file older than that merges as one of unknown generation."""
        with self.transaction():
            row = self._db.execute("SELECT max(gen) FROM sync_generation WHERE at < ?", (at.isoformat(),)).fetchone()
            if row[0] is None:
                return
            self._db.execute(
                "DELETE FROM sync_base AS old WHERE gen < ?1 AND EXISTS (SELECT 1 FROM sync_base AS newer WHERE "
                "newer.tbl = old.tbl AND newer.row_id = old.row_id AND newer.gen > old.gen AND newer.gen <= ?1 AND "
                "newer.gen NOT IN (SELECT gen FROM sync_generation WHERE kind IN ('intent', 'abandoned')))",
                (row[0],),
            )
            self._db.execute("DELETE FROM sync_generation WHERE gen < ?", (row[0],))

    def forget_workbook(self) -> None:
        """As if no workbook had been seen; generations go on counting, so that an old copy is known as one."""
        with self.transaction():
            forget_workbook(self._db)

    # --- rows and sheets

    def places(self, table: str) -> dict[str, RowPlace]:
        """row id → where the file has it."""
        rows = self._read("SELECT row_id, place, revision, dirty, mark FROM sync_row WHERE tbl = ?", table)
        return {str(row_id): _row_place(*facts) for row_id, *facts in rows}

    def places_of(self, table: str, row_ids: Sequence[str]) -> dict[str, RowPlace]:
        """As `places`, for some rows."""
        sql = "SELECT row_id, place, revision, dirty, mark FROM sync_row WHERE tbl = ? AND row_id IN "
        rows = (row for some in chunks(row_ids) for row in self._read(f"{sql}({holes(len(some))})", table, *some))
        return {str(row_id): _row_place(*facts) for row_id, *facts in rows}

    def put_places(self, table: str, places: Mapping[str, RowPlace]) -> None:
        """Keeps where rows are."""
        self._write_many(
            "INSERT OR REPLACE INTO sync_row VALUES(?, ?, ?, ?, ?, ?)",
            ((table, row_id, one.place, one.revision, int(one.dirty), one.mark) for row_id, one in places.items()),
        )

    def dirty(self, table: str) -> list[str]:
        """Rows to be compared with the file at the next checkpoint whatever their revision."""
        return [str(row_id) for (row_id,) in self._read("SELECT row_id FROM sync_row WHERE tbl = ? AND dirty", table)]

    def sheet(self, table: str) -> SheetState | None:
        """The table's sheet as last seen; None when the workbook has none yet."""
        rows = self._read("SELECT map, crc, folded FROM sync_sheet WHERE tbl = ?", table)
        if not rows:
            return None
        text, crc, folded = rows[0]
        return SheetState(SheetMap(*json.loads(str(text))), int(str(crc)), int(str(folded)))

    def put_sheet(self, table: str, sheet: SheetState) -> None:
        """Keeps how a sheet was last seen."""
        one = sheet.map
        parts = [one.sheet, one.header_row, dict(one.columns), dict(one.extras), dict(one.headers)]
        text = json.dumps(parts, ensure_ascii=False)
        self._write("INSERT OR REPLACE INTO sync_sheet VALUES(?, ?, ?, ?)", table, text, sheet.crc, sheet.folded)

    def drop_sheet(self, table: str) -> None:
        """The workbook has no sheet for the table any more."""
        self._write("DELETE FROM sync_sheet WHERE tbl = ?", table)

    def suspend(self, table: str) -> None:
        """The table's sheet cannot be understood: nothing is written to it until it was read again."""
        self._write("UPDATE sync_sheet SET crc = -1 WHERE tbl = ?", table)

    # --- what people should know

    def put_findings(self, table: str, findings: Sequence[Finding], of_rows: Sequence[RowFinding] = ()) -> None:
        """Replaces the table's findings. `of_rows` are told again as long as their row is not looked at anew."""
        every = [*of_rows, *(RowFinding("", one) for one in findings)][:FINDINGS_KEPT]
        with self.transaction():
            self._db.execute("DELETE FROM sync_finding WHERE tbl = ?", (table,))
            self._db.executemany(
                "INSERT INTO sync_finding VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (*finding_row(table, number, one.finding), one.row_id)
                    for number, one in enumerate(every[:FINDINGS_KEPT])
                ),
            )

    def row_findings(self, table: str) -> tuple[RowFinding, ...]:
        """The table's findings with the row each belongs to, "" for none."""
        sql = "SELECT row_id, code, sheet, row, col, params, severity FROM sync_finding WHERE tbl = ? ORDER BY number"
        rows = self._read(sql, table)
        return tuple(RowFinding(str(row_id), finding_from(*rest)) for row_id, *rest in rows)

    def findings(self, table: str = "") -> tuple[Finding, ...]:
        """What does not fit in the workbook's cells, by sheet and row; of one table when it is given.

        Fields are named by the headers people see in the workbook.
        """
        rows = self._read(
            "SELECT tbl, code, sheet, row, col, params, severity FROM sync_finding WHERE ?1 = '' OR tbl = ?1 "
            "ORDER BY tbl, row, number",
            table,
        )
        sheets = {name: self.sheet(str(name)) for name in {name for name, *_ in rows}}
        maps = {name: sheet.map if sheet else None for name, sheet in sheets.items()}
        return tuple(with_header(finding_from(*rest), maps[name]) for name, *rest in rows)

    def add_conflict(self, conflict: Conflict) -> None:
        """Keeps a conflict; an open one of the same cell is superseded, not forgotten."""
        with self.transaction():
            same = self._db.execute(
                "SELECT id, base, ours, theirs FROM sync_conflict WHERE tbl = ? AND row_id = ? AND col = ? AND "
                "state = 'open'",
                (conflict.table, conflict.row_id, conflict.column),
            ).fetchall()
            for number, base, ours, theirs in same:
                if (base, ours, theirs) == (conflict.base, conflict.ours, conflict.theirs):
                    return
                self._db.execute("UPDATE sync_conflict SET state = 'superseded' WHERE id = ?", (number,))
            self._db.execute(
                "INSERT INTO sync_conflict(tbl, row_id, col, base, ours, theirs, ours_by, ours_at, found_at) "
                "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (conflict.table, conflict.row_id, conflict.column, conflict.base, conflict.ours, conflict.theirs,
                 conflict.ours_by, conflict.ours_at, conflict.found_at),
            )  # fmt: skip

    def conflicts(self, *, table: str = "", row_id: str = "", only_open: bool = True) -> tuple[Conflict, ...]:
        """Conflicts, newest first; of one table or row when given."""
        rows = self._read(
            "SELECT id, tbl, row_id, col, base, ours, theirs, ours_by, ours_at, found_at, state FROM sync_conflict "
            "WHERE (?1 = '' OR tbl = ?1) AND (?2 = '' OR row_id = ?2) AND (NOT ?3 OR state = 'open') ORDER BY id DESC",
            table, row_id, only_open,
        )  # fmt: skip
        return tuple(Conflict(*row) for row in rows)  # type: ignore[arg-type]

    def conflict(self, number: int) -> Conflict | None:
        """One conflict by its number."""
        return next((one for one in self.conflicts(only_open=False) if one.number == number), None)

    def resolve_conflict(self, number: int, taken: Literal["ours", "theirs"], by: str, at: datetime) -> None:
        """Says how a conflict was resolved; the values are written elsewhere."""
        self._write(
            "UPDATE sync_conflict SET state = ?, resolved_by = ?, resolved_at = ? WHERE id = ? AND state = 'open'",
            taken, by, at.isoformat(), number,
        )  # fmt: skip

    def pending(self) -> int:
        """Rows of the journal that the file does not show as they are."""
        names = [str(name) for (name,) in self._read("SELECT name FROM tables")]
        return sum(self._pending_of(name) for name in names if self._tables is None or name in self._tables)

    def _pending_of(self, table: str) -> int:
        rows = quoted(f"row:{table}")
        newer = (
            f"SELECT r._id FROM {rows} AS r LEFT JOIN sync_row AS s ON s.tbl = ?1 AND s.row_id = r._id WHERE "
            "r._revision > coalesce((SELECT folded FROM sync_sheet WHERE tbl = ?1), 0) AND "
            "r._revision > coalesce(s.revision, 0)"
        )
        # Left to itself, SQLite reads all rows of the table by their key: 3 ms for 20,000, on every screen.
        dirty = "SELECT row_id FROM sync_row INDEXED BY sync_row_dirty WHERE tbl = ?1 AND dirty"
        return int(str(self._read(f"SELECT count(*) FROM ({newer} UNION {dirty})", table)[0][0]))

    def row_of(self, table: str, row_id: str) -> tuple[str, int] | None:
        """Sheet and row where the workbook shows the row exactly as the journal has it; None while it does not."""
        if not self._read("SELECT 1 FROM tables WHERE name = ?", table):
            return None
        found = self._read(
            f"SELECT s.place FROM sync_row AS s JOIN {quoted(f'row:{table}')} AS r ON r._id = s.row_id WHERE s.tbl = ? "
            "AND s.row_id = ? AND s.place > 0 AND NOT s.dirty AND s.revision >= r._revision",
            table, row_id,
        )  # fmt: skip
        sheet = self.sheet(table)
        return (sheet.map.sheet, int(str(found[0][0]))) if found and sheet else None

    def status(self) -> SyncStatus:
        """The state as the checkpointer last left it; `pending` is counted from the journal's rows."""
        published, alive = self.get("published_at"), self.get("heartbeat")
        (conflicts,) = self._read("SELECT count(*) FROM sync_conflict WHERE state = 'open'")[0]
        (findings,) = self._read("SELECT count(*) FROM sync_finding WHERE severity <> 'info'")[0]
        state = self.get("state") or "ok"
        assert state in ("ok", "waiting", "busy", "stopped")
        return SyncStatus(
            pending=self.pending(),
            last_published_at=datetime.fromisoformat(published) if published else None,
            state=state,  # type: ignore[arg-type]
            reason=self.get("reason"),
            params=json.loads(self.get("reason_params") or "{}"),
            generation=self.number("marker"),
            conflicts=int(str(conflicts)),
            findings=int(str(findings)),
            alive=datetime.fromisoformat(alive) if alive else None,
            runner=self.get("runner"),
        )

    def put_state(self, state: State, reason: str = "", params: Mapping[str, str] | None = None) -> None:
        """Says how the last attempt went."""
        self.set(state=state, reason=reason, reason_params=json.dumps(dict(params or {}), ensure_ascii=False))


def _row_place(place: object, revision: object, dirty: object, mark: object) -> RowPlace:
    assert isinstance(place, int)
    assert isinstance(revision, int)
    return RowPlace(place, revision, bool(dirty), str(mark))
