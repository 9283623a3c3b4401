"""The private store: accounts, sessions, lockouts, drafts, settings and the access log in one SQLite file.

None of this ever stands in the workbook that colleagues open. The file is readable by its owner only. The rules (who
may sign in, when a session ends) belong to services; here are rows and small methods that read and write them.
Times are aware datetimes. Every method raises StoreUnavailable when the file cannot serve it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from sheets_adapter.sqlite_files import ConnectionPool

T = TypeVar("T")

FORMAT_VERSION = 2
PRIVATE_SQL = """
CREATE TABLE IF NOT EXISTS accounts(
    account_id TEXT PRIMARY KEY, login TEXT NOT NULL, folded_login TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
    staff_id TEXT NOT NULL UNIQUE, roles TEXT NOT NULL, language TEXT NOT NULL, epoch INTEGER NOT NULL,
    disabled INTEGER NOT NULL, created_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions(
    token_hash TEXT PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL, epoch INTEGER NOT NULL,
    opened_at TEXT NOT NULL, seen_at TEXT NOT NULL, expires_at TEXT NOT NULL, keep INTEGER NOT NULL,
    device TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_of_account ON sessions(account_id);
CREATE TABLE IF NOT EXISTS lockouts(
    login TEXT NOT NULL, address TEXT NOT NULL, failures INTEGER NOT NULL, last_failure TEXT NOT NULL,
    PRIMARY KEY(login, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drafts(
    draft_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, key TEXT NOT NULL, template TEXT NOT NULL,
    record_id TEXT NOT NULL, content TEXT NOT NULL, is_started INTEGER NOT NULL, saved_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS drafts_of_account ON drafts(account_id, saved_at);
CREATE TABLE IF NOT EXISTS settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS access_log(
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, template TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS views(
    view_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, template TEXT NOT NULL, name TEXT NOT NULL,
    query TEXT NOT NULL, shared INTEGER NOT NULL, saved_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS views_of_template ON views(template);
CREATE TABLE IF NOT EXISTS list_choices(
    account_id TEXT NOT NULL, template TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY(account_id, template, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bulk_actions(
    account_id TEXT NOT NULL, template TEXT NOT NULL, key TEXT NOT NULL, verb TEXT NOT NULL, parts TEXT NOT NULL,
    done INTEGER NOT NULL, done_at TEXT NOT NULL, PRIMARY KEY(account_id, template)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Who signs in. `folded_login` and `staff_id` belong to one account each."""

    account_id: str
    login: str
    folded_login: str
    password_hash: str
    staff_id: str
    roles: frozenset[str]
    language: str
    epoch: int
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One open session. The token itself is nowhere stored, only its SHA-256."""

    token_hash: str
    session_id: str
    account_id: str
    epoch: int
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    keep: bool
    device: str


@dataclass(frozen=True, slots=True)
class LockoutRow:
    """Wrong passwords for one login from one address."""

    login: str
    address: str
    failures: int
    last_failure: datetime


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One opened form. `content` is the services' JSON; `is_started`: something was typed into it."""

    draft_id: str
    account_id: str
    key: str
    template: str
    record_id: str
    content: str
    is_started: bool
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Somebody looked at or took something: action such as unmask, export, download. `seq` counts from 1."""

    seq: int
    at: datetime
    actor: str
    action: str
    template: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class ViewRow:
    """One saved view of a list. `query` is the services' JSON; a shared one is everybody's to see."""

    view_id: str
    account_id: str
    template: str
    name: str
    query: str
    shared: bool
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class BulkRow:
    """The last thing an account did to many records of a form. `parts`: the one-time keys of its batches, spaced."""

    account_id: str
    template: str
    key: str
    verb: str
    parts: str
    done: int
    done_at: datetime


class PrivateStore:
    """The private tables in the file `path`. Several processes may open it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pool = ConnectionPool(path, format_version=FORMAT_VERSION)
        self._own = threading.local()
        with self._pool.lend() as db:
            if db.execute("PRAGMA user_version").fetchone()[0] != FORMAT_VERSION:
                db.executescript(f"BEGIN IMMEDIATE; {PRIVATE_SQL} PRAGMA user_version = {FORMAT_VERSION}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything this thread reads and writes inside is one step: nobody else writes in between; an exception
        undoes it. May be nested: the outermost one commits."""
        if getattr(self._own, "db", None) is not None:
            yield
            return
        with self._pool.lend() as db:
            db.execute("BEGIN IMMEDIATE")
            self._own.db = db
            try:
                yield
                db.execute("COMMIT")
            finally:
                self._own.db = None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        own: sqlite3.Connection | None = getattr(self._own, "db", None)
        if own is not None:
            yield own
            return
        with self._pool.lend() as db:
            yield db

    def close(self) -> None:
        """Closes the file."""
        self._pool.close()

    # accounts

    def accounts(self) -> tuple[AccountRow, ...]:
        """All accounts, oldest first."""
        return tuple(map(_account, self._rows("SELECT * FROM accounts ORDER BY created_at, account_id")))

    def account(self, account_id: str) -> AccountRow | None:
        """The account of that identity."""
        return self._one(_account, "SELECT * FROM accounts WHERE account_id = ?", account_id)

    def account_by_login(self, folded_login: str) -> AccountRow | None:
        """The account that signs in so."""
        return self._one(_account, "SELECT * FROM accounts WHERE folded_login = ?", folded_login)

    def account_of_staff(self, staff_id: str) -> AccountRow | None:
        """The account of that person."""
        return self._one(_account, "SELECT * FROM accounts WHERE staff_id = ?", staff_id)

    def put_account(self, row: AccountRow) -> Literal["", "login", "staff_id"]:
        """Writes the account, new or changed. Answers what another account already has ("": written)."""
        with self.transaction():
            by_login, by_staff = self.account_by_login(row.folded_login), self.account_of_staff(row.staff_id)
            if by_login and by_login.account_id != row.account_id:
                return "login"
            if by_staff and by_staff.account_id != row.account_id:
                return "staff_id"
            self._put("accounts", row)
            return ""

    # sessions

    def put_session(self, row: SessionRow) -> None:
        """Writes the session, new or changed."""
        self._put("sessions", row)

    def session(self, token_hash: str) -> SessionRow | None:
        """The session of that token."""
        return self._one(_session, "SELECT * FROM sessions WHERE token_hash = ?", token_hash)

    def sessions_of(self, account_id: str) -> tuple[SessionRow, ...]:
        """The account's sessions, last seen first."""
        sql = "SELECT * FROM sessions WHERE account_id = ? ORDER BY seen_at DESC, token_hash"
        return tuple(map(_session, self._rows(sql, account_id)))

    def touch_session(self, token_hash: str, seen_at: datetime) -> None:
        """Notes that the session was used."""
        self._write("UPDATE sessions SET seen_at = ? WHERE token_hash = ?", _moment(seen_at), token_hash)

    def delete_session(self, token_hash: str) -> None:
        """Ends one session."""
        self._write("DELETE FROM sessions WHERE token_hash = ?", token_hash)

    def delete_sessions(self, account_id: str, *, but: str = "") -> int:
        """Ends the account's sessions, all but the one of token hash `but`; how many."""
        return self._write("DELETE FROM sessions WHERE account_id = ? AND token_hash <> ?", account_id, but)

    def delete_sessions_expired(self, now: datetime) -> int:
        """Removes sessions past their end; how many."""
        return self._write("DELETE FROM sessions WHERE expires_at <= ?", _moment(now))

    # lockouts

    def lockout(self, login: str, address: str) -> LockoutRow | None:
        """Wrong passwords so far."""
        return self._one(_lockout, "SELECT * FROM lockouts WHERE login = ? AND address = ?", login, address)

    def put_lockout(self, row: LockoutRow) -> None:
        """Writes the count, new or changed."""
        self._put("lockouts", row)

    def delete_lockouts(self, login: str, *, address: str | None = None) -> int:
        """Forgets wrong passwords of a login, from one address or all; how many rows."""
        if address is None:
            return self._write("DELETE FROM lockouts WHERE login = ?", login)
        return self._write("DELETE FROM lockouts WHERE login = ? AND address = ?", login, address)

    def delete_lockouts_before(self, last_failure: datetime) -> int:
        """Forgets logins left alone since before that moment; how many rows."""
        return self._write("DELETE FROM lockouts WHERE last_failure < ?", _moment(last_failure))

    # drafts

    def put_draft(self, row: DraftRow) -> None:
        """Writes the draft, new or changed."""
        self._put("drafts", row)

    def draft(self, draft_id: str) -> DraftRow | None:
        """The draft of that identity."""
        return self._one(_draft, "SELECT * FROM drafts WHERE draft_id = ?", draft_id)

    def drafts_of(self, account_id: str) -> tuple[DraftRow, ...]:
        """The account's drafts, saved last first."""
        sql = "SELECT * FROM drafts WHERE account_id = ? ORDER BY saved_at DESC, draft_id DESC"
        return tuple(map(_draft, self._rows(sql, account_id)))

    def delete_draft(self, draft_id: str) -> None:
        """Removes one draft."""
        self._write("DELETE FROM drafts WHERE draft_id = ?", draft_id)

    def delete_drafts_before(self, saved_at: datetime, *, started: bool) -> int:
        """Removes drafts saved before that moment, those with something typed or those without; how many."""
        sql = "DELETE FROM drafts WHERE saved_at < ? AND is_started = ?"
        return self._write(sql, _moment(saved_at), started)

    # settings

    def setting(self, key: str) -> str | None:
        """One setting."""
        found = self._rows("SELECT value FROM settings WHERE key = ?", key)
        return found[0][0] if found else None

    def settings(self) -> dict[str, str]:
        """All settings."""
        return dict(self._rows("SELECT key, value FROM settings ORDER BY key"))

    def put_setting(self, key: str, value: str) -> None:
        """Writes one setting."""
        self._write("INSERT OR REPLACE INTO settings VALUES(?, ?)", key, value)

    def claim_setting(self, key: str, value: str) -> bool:
        """Writes the setting if there is none of that key; whether it was written. Of two at once, one gets it."""
        return self._write("INSERT OR IGNORE INTO settings VALUES(?, ?)", key, value) == 1

    def delete_setting(self, key: str) -> None:
        """Removes one setting."""
        self._write("DELETE FROM settings WHERE key = ?", key)

    # lists

    def views(self, template: str, account_id: str) -> tuple[ViewRow, ...]:
        """The account's views of the template's list, and everybody's shared ones."""
        sql = "SELECT * FROM views WHERE template = ? AND (account_id = ? OR shared) ORDER BY view_id"
        return tuple(map(_view, self._rows(sql, template, account_id)))

    def put_view(self, row: ViewRow) -> None:
        """Writes the view, new or changed."""
        self._put("views", row)

    def delete_view(self, view_id: str) -> None:
        """Removes one view."""
        self._write("DELETE FROM views WHERE view_id = ?", view_id)

    def list_choice(self, account_id: str, template: str, name: str) -> str:
        """What the account prefers for that list, "" for nothing."""
        sql = "SELECT value FROM list_choices WHERE account_id = ? AND template = ? AND name = ?"
        found = self._rows(sql, account_id, template, name)
        return found[0][0] if found else ""

    def put_list_choice(self, account_id: str, template: str, name: str, value: str) -> None:
        """Writes one preference."""
        self._write("INSERT OR REPLACE INTO list_choices VALUES(?, ?, ?, ?)", account_id, template, name, value)

    def last_bulk(self, account_id: str, template: str) -> BulkRow | None:
        """What the account did last to many records of the form."""
        sql = "SELECT * FROM bulk_actions WHERE account_id = ? AND template = ?"
        return self._one(_bulk, sql, account_id, template)

    def put_bulk(self, row: BulkRow) -> None:
        """Writes it in place of the one before."""
        self._put("bulk_actions", row)

    def delete_bulk(self, account_id: str, template: str) -> None:
        """Forgets it."""
        self._write("DELETE FROM bulk_actions WHERE account_id = ? AND template = ?", account_id, template)

    # access log

    def log_access(
        self, at: datetime, actor: str, action: str, *, template: str = "", subject: str = "", detail: str = ""
    ) -> None:
        """Adds one line."""
        sql = "INSERT INTO access_log(at, actor, action, template, subject, detail) VALUES(?, ?, ?, ?, ?, ?)"
        self._write(sql, _moment(at), actor, action, template, subject, detail)

    def access_log(self, *, limit: int = 200, before: int = 0) -> tuple[AccessRow, ...]:
        """The newest lines first, those with seq < `before` when given."""
        sql = "SELECT * FROM access_log WHERE ? = 0 OR seq < ? ORDER BY seq DESC LIMIT ?"
        return tuple(AccessRow(row[0], _time(row[1]), *row[2:]) for row in self._rows(sql, before, before, limit))

    # SQL

    def _rows(self, sql: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
        with self._connection() as db:
            return db.execute(sql, parameters).fetchall()

    def _one(self, made: Callable[[Sequence[Any]], T], sql: str, *parameters: object) -> T | None:
        rows = self._rows(sql, *parameters)
        return made(rows[0]) if rows else None

    def _write(self, sql: str, *parameters: object) -> int:
        with self._connection() as db:
            return db.execute(sql, parameters).rowcount

    def _put(self, table: str, row: Any) -> None:
        cells = [_cell(value) for value in astuple(row)]
        self._write(f"INSERT OR REPLACE INTO {table} VALUES({', '.join('?' * len(cells))})", *cells)


def _moment(moment: datetime) -> str:
    """In UTC, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _cell(value: object) -> str | int:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    return int(value) if isinstance(value, bool | int) else str(value)


def _account(cells: Sequence[Any]) -> AccountRow:
    account_id, login, folded_login, password_hash, staff_id, roles, language, epoch, disabled, created_at = cells
    own = (account_id, login, folded_login, password_hash, staff_id)
    return AccountRow(*own, frozenset(roles.split()), language, epoch, bool(disabled), _time(created_at))


def _session(cells: Sequence[Any]) -> SessionRow:
    token_hash, session_id, account_id, epoch, opened_at, seen_at, expires_at, keep, device = cells
    times = (_time(opened_at), _time(seen_at), _time(expires_at))
    return SessionRow(token_hash, session_id, account_id, epoch, *times, bool(keep), device)


def _lockout(cells: Sequence[Any]) -> LockoutRow:
    login, address, failures, last_failure = cells
    return LockoutRow(login, address, failures, _time(last_failure))


def _draft(cells: Sequence[Any]) -> DraftRow:
    draft_id, account_id, key, template, record_id, content, is_started, saved_at = cells
    return DraftRow(draft_id, account_id, key, template, record_id, content, bool(is_started), _time(saved_at))


def _view(cells: Sequence[Any]) -> ViewRow:
    view_id, account_id, template, name, query, shared, saved_at = cells
    return ViewRow(view_id, account_id, template, name, query, bool(shared), _time(saved_at))


def _bulk(cells: Sequence[Any]) -> BulkRow:
    account_id, template, key, verb, parts, done, done_at = cells
    return BulkRow(account_id, template, key, verb, parts, done, _time(done_at))
