"""Opening SQLite files the way a durable store needs, lending connections to threads, and naming what went wrong.

Used by the journal and the private store. Every answer SQLite cannot give becomes `StoreUnavailable`:
S001 disk full, S002 locked, S003 damaged, S004 read-only, S005 gone or unreadable, S006 made by a newer version.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sheets_adapter.contract import StoreError, StoreUnavailable

BUSY_SECONDS = 10.0
_CODES = {
    sqlite3.SQLITE_FULL: "S001",
    sqlite3.SQLITE_BUSY: "S002",
    sqlite3.SQLITE_LOCKED: "S002",
    sqlite3.SQLITE_CORRUPT: "S003",
    sqlite3.SQLITE_NOTADB: "S003",
    sqlite3.SQLITE_READONLY: "S004",
    sqlite3.SQLITE_PERM: "S004",
    sqlite3.SQLITE_CANTOPEN: "S005",
    sqlite3.SQLITE_IOERR: "S005",
}
_DISK_CODES = {errno.ENOSPC: "S001", errno.EACCES: "S004", errno.EPERM: "S004", errno.EROFS: "S004"}


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite or the disk refuses into `StoreUnavailable`; faults of our own SQL pass through."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = _CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if code is None:
            raise
        raise StoreUnavailable(code, path=str(path), reason=str(error)) from error
    except StoreError:
        raise
    except OSError as error:
        code = _DISK_CODES.get(error.errno or 0, "S005")
        raise StoreUnavailable(code, path=str(path), reason=error.strerror or "") from error


def open_sqlite(
    path: Path, *, format_version: int, busy_seconds: float = BUSY_SECONDS, durable: bool = True
) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return; makes the file (readable by its owner only).

    durable=False: commits reach the disk with the next durable one of any connection; for work that can be repeated.
    It may be used by any thread, one at a time. Raises StoreUnavailable.
    """
    with named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        try:
            _use_write_ahead_log(db, busy_seconds)
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("PRAGMA fullfsync = 1")  # macOS: a plain fsync leaves the data in the drive's cache
            db.execute("PRAGMA temp_store = MEMORY")
            db.execute("PRAGMA cache_size = -8000")
            _require_known_format(db, path, format_version)
        except BaseException:
            db.close()
            raise
        return db


def _use_write_ahead_log(db: sqlite3.Connection, busy_seconds: float) -> None:
    # Two processes making the file at once: the switch to WAL ignores the busy timeout, so we wait here.
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not locked or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _require_known_format(db: sqlite3.Connection, path: Path, known: int) -> None:
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    if found > known:
        raise StoreUnavailable("S006", path=str(path), reason=f"{found} > {known}")


class ConnectionPool:
    """Lends connections of one file to threads: a web server makes threads far faster than connections open."""

    def __init__(self, path: Path, *, format_version: int, durable: bool = True) -> None:
        self._path = path
        self._format_version = format_version
        self._durable = durable
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._idle.append(self.open())
        self._identity = self._file_identity()

    def open(self) -> sqlite3.Connection:
        """A further connection, which the caller closes."""
        return open_sqlite(self._path, format_version=self._format_version, durable=self._durable)

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """A connection for one piece of work. What SQLite cannot do raises StoreUnavailable."""
        self.require_same_file()
        try:
            db = self._idle.pop()
        except IndexError:
            db = self.open()
        try:
            with named_errors(self._path):
                yield db
        finally:
            if db.in_transaction:
                db.rollback()
            self._take_back(db)

    def _take_back(self, db: sqlite3.Connection) -> None:
        if self._closed:
            db.close()
        else:
            self._idle.append(db)

    def require_same_file(self) -> None:
        """Raises StoreUnavailable S005 when the file was deleted or replaced: SQLite would go on with the old one."""
        if self._closed:
            raise StoreUnavailable("S005", path=str(self._path), reason="closed")
        if self._file_identity() != self._identity:
            raise StoreUnavailable("S005", path=str(self._path), reason="replaced")

    def _file_identity(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise StoreUnavailable("S005", path=str(self._path), reason=error.strerror or "") from error
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Closes what is idle; connections still lent are closed when they come back. May be called twice."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
