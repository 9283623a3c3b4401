"""The store contract on plain dicts: for tests, for trying the portal out, and as the journal's oracle.

Written on its own, not on the journal's code, so that the two can be held against each other. Nothing survives the
process.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from schemas.folding import fold
from schemas.record import VOID
from sheets_adapter.contract import (
    ABSENT,
    Block,
    Capabilities,
    Change,
    Column,
    Duplicate,
    Page,
    Put,
    Query,
    Refused,
    Row,
    SerialRequest,
    Shown,
    Stale,
    StoreUnavailable,
    TableSpec,
    Test,
    WriteBatch,
    Written,
)

KEYS_KEPT = timedelta(days=90)
_ROWS_IN_BLOCK = 3
Comparable = tuple[int, Decimal | float | str]
Pair = tuple[str, str]


@dataclass
class _Table:
    spec: TableSpec
    rows: dict[str, Row] = field(default_factory=dict)
    pairs: dict[str, frozenset[Pair]] = field(default_factory=dict)
    search: dict[str, str] = field(default_factory=dict)
    counters: dict[Pair, int] = field(default_factory=dict)

    def kind(self, key: str) -> str:
        for column in self.spec.columns:
            if column.key == key:
                return column.kind
        raise LookupError(f"table {self.spec.name!r} has no column {key!r}")

    def copy(self) -> _Table:
        return _Table(self.spec, dict(self.rows), dict(self.pairs), dict(self.search), dict(self.counters))

    def holders(self, pair: Pair) -> list[str]:
        return sorted(row_id for row_id, held in self.pairs.items() if pair in held)


class MemoryStore:
    """`Store` on dicts (contract.py). A batch works on a copy of its tables, which replaces them when it succeeds."""

    capabilities = Capabilities(durable=False, shared=False)

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._tables: dict[str, _Table] = {}
        self._changes: list[Change] = []
        self._keys: dict[str, tuple[datetime, Written]] = {}
        self._revision = 0
        self._closed = False

    def tables(self) -> Mapping[str, TableSpec]:
        """Every table."""
        with self._open():
            return {name: table.spec for name, table in self._tables.items()}

    def ensure_table(self, spec: TableSpec) -> None:
        """Makes the table, or adds the columns it lacks."""
        with self._open():
            known = self._tables.get(spec.name)
            columns = {column.key: column for column in known.spec.columns} if known else {}
            for column in spec.columns:
                indexed = column.indexed or (column.key in columns and columns[column.key].indexed)
                columns[column.key] = Column(column.key, column.kind, indexed)
            joined = TableSpec(spec.name, tuple(columns.values()))
            if known:
                known.spec = joined
            else:
                self._tables[spec.name] = _Table(joined)

    def get(self, table: str, row_id: str) -> Row | None:
        """One row."""
        return self.get_many(table, [row_id]).get(row_id)

    def get_many(self, table: str, row_ids: Sequence[str]) -> dict[str, Row]:
        """The rows that exist, by id."""
        with self._open():
            rows = self._table(table).rows
            return {row_id: _copied(rows[row_id]) for row_id in row_ids if row_id in rows}

    def query(self, query: Query) -> Page:
        """A page of rows."""
        with self._open():
            table = self._table(query.table)
            order = _Order(table, query, self._tables)
            rows = order.sorted([row for row in table.rows.values() if _matches(table, query, row)])
            rest = rows
            if query.after:
                last = _unpacked(query)
                rest = [row for row in rows if order.is_after(row, last)]
            page = rest[: query.limit]
            cursor = order.packed(page[-1]) if page and len(rest) > len(page) else ""
            return Page(tuple(map(_copied, page)), len(rows) if query.count else -1, cursor)

    def scan(self, query: Query, columns: Sequence[str]) -> Iterator[Block]:
        """All rows of the query, a few at a time."""
        rows = self.query(replace(query, limit=sys.maxsize, after="", count=False)).rows
        with self._open():
            table = self._table(query.table)
        for key in columns:
            table.kind(key)
        for start in range(0, len(rows), _ROWS_IN_BLOCK):
            some = rows[start : start + _ROWS_IN_BLOCK]
            texts = [[row.values.get(key) for row in some] for key in columns]
            yield Block([row.row_id for row in some], texts, {at: row.raw for at, row in enumerate(some) if row.raw})

    def holders(self, table: str, name: str, folded: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """folded text → ids of live rows holding the pair."""
        with self._open():
            found = {text: tuple(self._table(table).holders((name, text))) for text in folded}
            return {text: row_ids for text, row_ids in found.items() if row_ids}

    def written_under(self, key: str) -> Written | None:
        """The result of the batch with this one-time key, if it was written within 90 days."""
        with self._open():
            at, written = self._keys.get(key, (None, None))
            if at is None or written is None or at < self._clock() - KEYS_KEPT:
                return None
            return replace(written, rows=tuple(map(_copied, written.rows)), replayed=True)

    def changes_under(self, key: str) -> Sequence[Change]:
        """What the batch with this one-time key changed."""
        with self._open():
            written = self.written_under(key)
            return deepcopy([change for change in self._changes if written and change.revision == written.revision])

    def write(self, batch: WriteBatch) -> Written | Refused:
        """All or nothing."""
        with self._open():
            before = self.written_under(batch.key) if batch.key else None
            if before:
                return before
            if not batch.puts:
                return Written(self._revision, ())
            names = {put.table for put in batch.puts}
            working = {name: self._table(name).copy() for name in names}
            outcome = _apply(self._tables, working, batch, self._revision + 1)
            if isinstance(outcome, Refused):
                return outcome
            self._log(working, outcome, batch)
            self._tables.update(working)
            self._revision += 1
            if batch.key:
                self._keys[batch.key] = (batch.at, outcome)
            return replace(outcome, rows=tuple(map(_copied, outcome.rows)))

    def changed_rows(self, table: str, after_revision: int, *, columns: Sequence[str] | None = None) -> Sequence[Row]:
        """Rows last written after that revision, in revision order; only these columns, if given."""
        with self._open():
            rows = [row for row in self._table(table).rows.values() if row.revision > after_revision]
            rows.sort(key=lambda row: row.revision)
            return [_copied(row) if columns is None else _narrowed(row, columns) for row in rows]

    def changes(self, *, table: str = "", row_id: str = "", after: int = 0, limit: int = 200) -> Sequence[Change]:
        """The audit trail, oldest first."""
        with self._open():
            wanted = [
                change
                for change in self._changes
                if change.seq > after and table in ("", change.table) and row_id in ("", change.row_id)
            ]
            return deepcopy(wanted[:limit])

    def revision(self) -> int:
        """Counter of committed batches."""
        with self._open():
            return self._revision

    def close(self) -> None:
        """Forgets everything; later calls raise StoreUnavailable."""
        self._closed = True

    def _open(self) -> threading.RLock:
        if self._closed:
            raise StoreUnavailable("S005", path="", reason="closed")
        return self._lock

    def _table(self, name: str) -> _Table:
        if name not in self._tables:
            raise LookupError(f"the store has no table {name!r}")
        return self._tables[name]

    def _log(self, working: Mapping[str, _Table], outcome: Written, batch: WriteBatch) -> None:
        for put, row in zip(batch.puts, outcome.rows, strict=True):
            before = _flat(self._tables[put.table].rows.get(put.row_id))
            after = _flat(row)
            change = Change(
                seq=len(self._changes) + 1,
                revision=row.revision,
                table=put.table,
                row_id=put.row_id,
                verb=put.verb,
                actor=batch.actor,
                at=batch.at,
                source=batch.source,
                before={name: text for name, text in before.items() if after.get(name) != text},
                after={name: text for name, text in after.items() if before.get(name) != text},
            )
            self._changes.append(change)


def _copied(row: Row) -> Row:
    return replace(row, values=dict(row.values), raw=dict(row.raw), extra=dict(row.extra))


def _narrowed(row: Row, columns: Sequence[str]) -> Row:
    values = {key: text for key, text in row.values.items() if key in columns}
    return Row(row.row_id, values, version=row.version, revision=row.revision)


def _flat(row: Row | None) -> dict[str, str]:
    if row is None:
        return {}
    flat = dict(row.values)
    flat.update({f"raw:{key}": text for key, text in row.raw.items()})
    flat.update({f"extra:{header}": text for header, text in row.extra.items()})
    return flat


def _apply(
    originals: Mapping[str, _Table], tables: Mapping[str, _Table], batch: WriteBatch, revision: int
) -> Written | Refused:
    """Applies the batch to the working tables, put by put."""
    if len({(put.table, put.row_id) for put in batch.puts}) < len(batch.puts):
        raise ValueError("the batch writes a row twice")
    fresh = [tables[put.table].rows.get(put.row_id) for put in batch.puts]
    for put in batch.puts:
        tables[put.table].pairs.pop(put.row_id, None)
    problems: list[Stale | Duplicate] = []
    rows: list[Row] = []
    for put, current in zip(batch.puts, fresh, strict=True):
        if put.if_match is not None and put.if_match != (ABSENT if current is None else current.etag):
            problems.append(Stale(put, _copied(current) if current else None))
            continue
        numbered = _numbered(originals[put.table], tables[put.table], put)
        found = _duplicates(tables[put.table], numbered)
        problems.extend(replace(duplicate, put=put) for duplicate in found)
        if not found:
            rows.append(_placed(tables[put.table], numbered, current, revision))
    return Refused(tuple(problems)) if problems else Written(revision, tuple(rows))


def _is_live(put: Put) -> bool:
    return put.values.get("status") != VOID


def _duplicates(table: _Table, put: Put) -> list[Duplicate]:
    if not _is_live(put):
        return []
    held = [(pair, table.holders(pair)) for pair in put.uniques]
    return [Duplicate(put, *pair, holder=row_ids[0]) for pair, row_ids in held if row_ids]


def _placed(table: _Table, put: Put, current: Row | None, revision: int) -> Row:
    values, raw, extra = (
        {key: text for key, text in texts.items() if text} for texts in (put.values, put.raw, put.extra)
    )
    for key in values:
        table.kind(key)
    row = Row(put.row_id, values, raw, extra, current.version + 1 if current else 1, revision)
    table.rows[put.row_id] = row
    table.search[put.row_id] = put.search
    if _is_live(put):
        table.pairs[put.row_id] = frozenset(put.uniques) | frozenset(put.lookups)
    return row


def _numbered(original: _Table, table: _Table, put: Put) -> Put:
    """The put with its serial numbers given out; `original` is the table as it was before the batch."""
    for request in put.serials:
        table.kind(request.column)
        text = _next_number(original, table, request)
        put = replace(
            put,
            values={**put.values, request.column: text},
            uniques=(*put.uniques, (request.column, fold(text))),
            search=f"{put.search} {fold(text)}".strip(),
        )
    return put


def _next_number(original: _Table, table: _Table, request: SerialRequest) -> str:
    texts = {row.values.get(request.column, "") for row in original.rows.values()}
    highest = max((_number_in(text, request.prefix, request.suffix) for text in texts), default=0)
    in_table = {text for held in original.pairs.values() for name, text in held if name == request.column}
    in_batch = {text for held in table.pairs.values() for name, text in held if name == request.column}
    number = table.counters.get((request.column, request.prefix), highest)
    while True:
        number += 1
        text = f"{request.prefix}{str(number).zfill(request.width)}{request.suffix}"
        if text in texts or fold(text) in in_table:
            number = max(number, highest)
        elif fold(text) not in in_batch:
            table.counters[request.column, request.prefix] = number
            return text


def _number_in(text: str, prefix: str, suffix: str) -> int:
    """The number between prefix and suffix, 0 when the text is not of that pattern."""
    digits = text[len(prefix) : len(text) - len(suffix)]
    fits = text.startswith(prefix) and text.endswith(suffix) and digits.isascii() and digits.isdigit()
    return int(digits) if fits and len(digits) <= 15 else 0


def _comparable(kind: str, text: str) -> Comparable:
    """Numbers before texts that are no numbers, both in their own order."""
    if kind in ("integer", "money", "decimal"):
        try:
            number = Decimal(text)
        except InvalidOperation:
            return 1, text
        return 0, float(text) if kind == "decimal" else number
    return 1, text


def _holds(table: _Table, test: Test, row: Row) -> bool:
    kind = table.kind(test.column)
    text = row.values.get(test.column, "")
    match test.op:
        case "eq":
            return text == test.value
        case "ne":
            return text != test.value
        case "in":
            return text in test.values
        case "empty":
            return text == ""
        case "not_empty":
            return text != ""
        case "contains":
            return text != "" and test.value in text
        case "starts":
            return text != "" and text.startswith(test.value)
        case "has":
            return test.value in text.split("、") if text else False
    if not text or not test.value:
        return False
    mine, theirs = _comparable(kind, text), _comparable(kind, test.value)
    return {"lt": mine < theirs, "le": mine <= theirs, "gt": mine > theirs, "ge": mine >= theirs}[test.op]


def _matches(table: _Table, query: Query, row: Row) -> bool:
    return (
        all(word in table.search[row.row_id] for word in query.search)
        and all(_holds(table, test, row) for test in query.where)
        and all(any(_holds(table, test, row) for test in group) for group in query.any_of)
    )


class _Order:
    """The order of a query's rows: by the last key first (sorting is stable), empty values last in both directions."""

    def __init__(self, table: _Table, query: Query, tables: Mapping[str, _Table]) -> None:
        self._query = query
        self._down = bool(query.sort) and query.sort[-1][1]
        self._kinds = {key: "text" if key in query.shown else table.kind(key) for key, _ in query.sort}
        self._displays = {key: _displays(tables, query.shown[key]) for key, _ in query.sort if key in query.shown}

    def _text(self, key: str, row: Row) -> str:
        own = row.values.get(key, "")
        return self._displays.get(key, {}).get(own) or own

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        ordered = sorted(rows, key=lambda row: row.row_id, reverse=self._down)
        for key, descending in reversed(self._query.sort):
            kind = self._kinds[key]
            filled = [row for row in ordered if self._text(key, row)]
            empty = [row for row in ordered if not self._text(key, row)]
            # reverse=True would keep ties in order too: Python's sort stays stable under it
            filled.sort(key=lambda row, key=key, kind=kind: _comparable(kind, self._text(key, row)), reverse=descending)  # type: ignore[misc]
            ordered = filled + empty
        return ordered

    def packed(self, row: Row) -> str:
        texts = [self._text(key, row) for key, _ in self._query.sort]
        return json.dumps([*texts, row.row_id], ensure_ascii=False)

    def is_after(self, row: Row, last: Sequence[str]) -> bool:
        """Whether the row comes behind the last row of the page before, which may have changed or gone since."""
        for (key, descending), before in zip(self._query.sort, last, strict=False):
            text, kind = self._text(key, row), self._kinds[key]
            if (text == "") != (before == ""):
                return text == ""
            if text and _comparable(kind, text) != _comparable(kind, before):
                return (_comparable(kind, text) < _comparable(kind, before)) == descending
        return (row.row_id < last[-1]) if self._down else (row.row_id > last[-1])


def _displays(tables: Mapping[str, _Table], shown: Shown) -> dict[str, str]:
    """Key → what a column holding it shows."""
    if shown.table not in tables:
        raise LookupError(f"the store has no table {shown.table!r}")
    target = tables[shown.table]
    for column in filter(None, (shown.key, shown.display)):
        target.kind(column)

    def text(row: Row, column: str) -> str:
        return row.values.get(column, "") if column else row.row_id

    return {text(row, shown.key): text(row, shown.display) for row in target.rows.values()}


def _unpacked(query: Query) -> list[str]:
    try:
        values = json.loads(query.after)
    except ValueError as error:
        raise ValueError(f"{query.after!r} is not the `next` of a page") from error
    if not isinstance(values, list) or len(values) != len(query.sort) + 1:
        raise ValueError(f"{query.after!r} is the `next` of a page in another order")
    return values
