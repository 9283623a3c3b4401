"""How rows of a store table lie in the journal's SQL tables, and how canonical texts become SQL values and back.

A store table `customers` is two SQL tables: `row:customers` with a column per field, and the narrow `find:customers`
that the search box scans. SQL columns have no affinity, so a value keeps exactly the type we give it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sheets_adapter import json_texts
from sheets_adapter.contract import Block, Column, Kind, Row, TableSpec

SqlValue = int | str | None
Pairs = tuple[tuple[str, str], ...]

FORMAT_VERSION = 1
JOURNAL_SQL = """
CREATE TABLE IF NOT EXISTS tables(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes(
    seq INTEGER PRIMARY KEY, revision INTEGER NOT NULL, tbl INTEGER NOT NULL, row_id TEXT NOT NULL,
    verb TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, source TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS changes_of_row ON changes(tbl, row_id);
CREATE TABLE IF NOT EXISTS keys(
    key TEXT PRIMARY KEY, first_seq INTEGER NOT NULL, count INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookups(
    tbl INTEGER NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, row_id TEXT NOT NULL,
    PRIMARY KEY(tbl, name, folded, row_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS serials(
    tbl INTEGER NOT NULL, name TEXT NOT NULL, prefix TEXT NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY(tbl, name, prefix)) WITHOUT ROWID;
"""

_MONEY = re.compile(r"-?[0-9]{1,16}\.[0-9]{2}", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def _fen(text: str) -> SqlValue:
    if not _MONEY.fullmatch(text):
        return text
    fen = int(text[:-3] + text[-2:])
    return fen if _money_text(fen) == text else text


def _money_text(stored: SqlValue) -> str:
    if not isinstance(stored, int):
        return stored or ""
    yuan, fen = divmod(abs(stored), 100)
    return f"{'-' if stored < 0 else ''}{yuan}.{fen:02d}"


def _whole(text: str) -> SqlValue:
    if not _INTEGER.fullmatch(text):
        return text
    number = int(text)
    return number if str(number) == text else text


def _plain(text: str) -> SqlValue:
    return text


_TEXTS: Mapping[Kind, Callable[[SqlValue], str]] = {"money": _money_text, "integer": str}
"""Kinds whose SQL values are not their canonical texts."""


ENCODERS: Mapping[Kind, Callable[[str], SqlValue]] = {
    "text": _plain,
    "integer": _whole,
    "decimal": _plain,
    "money": _fen,
    "date": _plain,
    "datetime": _plain,
    "bool": _plain,
}
"""Canonical text → SQL value: money as INTEGER fen, integers as INTEGER; a text that is not canonical stays text."""


def encode(kind: Kind, text: str) -> SqlValue:
    """The SQL value of a canonical text; "" is NULL."""
    return ENCODERS[kind](text) if text else None


def decode(kind: Kind, stored: SqlValue) -> str:
    """The canonical text `encode` was given."""
    return "" if stored is None else (_money_text(stored) if kind == "money" else str(stored))


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def dumps(texts: Mapping[str, str]) -> str | None:
    """A mapping of texts as JSON; an empty one is NULL."""
    return json_texts.dumps(dict(texts)) if texts else None


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row with what only the journal knows: its SQL rowid and the pairs it holds."""

    rowid: int
    row: Row
    pairs: Pairs


@dataclass(frozen=True)
class Layout:
    """One store table in SQL: its number in the journal, its columns, and the statements that read and write it."""

    number: int
    spec: TableSpec

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns by key."""
        return {column.key: column for column in self.spec.columns}

    @cached_property
    def rows(self) -> str:
        """The SQL table holding the rows, quoted."""
        return quoted(f"row:{self.spec.name}")

    @cached_property
    def texts(self) -> str:
        """The SQL table holding the search texts, quoted."""
        return quoted(f"find:{self.spec.name}")

    @property
    def _own(self) -> str:
        return "r._row, r._id, r._version, r._revision, r._raw, r._extra, r._pairs"

    def narrowed(self, keys: Sequence[str]) -> Layout:
        """The same table with only these columns, and without raw, extra and pairs, for reading."""
        known = self.columns
        columns = tuple(known[key] for key in keys if key in known)
        return _NarrowLayout(self.number, TableSpec(self.spec.name, columns))

    @cached_property
    def select(self) -> str:
        """SELECT … FROM of whole rows (alias r), to which a WHERE is added; read with `stored_row`."""
        fields = "".join(f", r.{quoted(key)}" for key in self.columns)
        return f"SELECT {self._own}{fields} FROM {self.rows} AS r"

    @cached_property
    def upsert(self) -> str:
        """Writes one row by its rowid; parameters from `sql_row`."""
        names = ["_row", "_id", "_version", "_revision", "_raw", "_extra", "_pairs", *map(quoted, self.columns)]
        updates = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
        holes = ", ".join("?" * len(names))
        return f"INSERT INTO {self.rows}({', '.join(names)}) VALUES({holes}) ON CONFLICT(_row) DO UPDATE SET {updates}"

    @cached_property
    def upsert_text(self) -> str:
        """Writes one row's search text: parameters rowid, text."""
        return (
            f"INSERT INTO {self.texts}(_row, text) VALUES(?, ?) ON CONFLICT(_row) DO UPDATE "
            "SET text = excluded.text WHERE text IS NOT excluded.text"
        )

    @cached_property
    def _encoders(self) -> tuple[tuple[str, Callable[[str], SqlValue]], ...]:
        return tuple((column.key, ENCODERS[column.kind]) for column in self.spec.columns)

    @cached_property
    def _decoders(self) -> tuple[tuple[str, Callable[[SqlValue], str]], ...]:
        """Columns whose SQL values are not their canonical texts."""
        return tuple((c.key, _TEXTS[c.kind]) for c in self.spec.columns if c.kind in _TEXTS)

    def _values(self, cells: Sequence[Any]) -> dict[str, str]:
        """The values among the results of `select`."""
        values = {key: cell for key, cell in zip(self.columns, cells[7:], strict=True) if cell is not None}
        for key, decoder in self._decoders:
            if key in values:
                values[key] = decoder(values[key])
        return values

    def sql_row(self, stored: StoredRow) -> list[SqlValue]:
        """Parameters of `upsert`."""
        row = stored.row
        pairs = json_texts.dumps(stored.pairs) if stored.pairs else None
        own: list[SqlValue] = [
            stored.rowid,
            row.row_id,
            row.version,
            row.revision,
            dumps(row.raw),
            dumps(row.extra),
            pairs,
        ]
        values = row.values
        return own + [encoder(values[key]) if key in values else None for key, encoder in self._encoders]

    def stored_row(self, cells: Sequence[SqlValue]) -> StoredRow:
        """The row behind one result of `select`."""
        rowid, pairs = cells[0], cells[6]
        held = tuple((name, folded) for name, folded in json_texts.loads(str(pairs))) if pairs else ()
        return StoredRow(int(rowid or 0), self.row(cells), held)

    def block(self, keys: Sequence[str], results: Sequence[Sequence[Any]]) -> Block:
        """Some results of `PagePlan.scan` for those columns, turned into columns. There is at least one."""
        row_ids, raws, *cells = zip(*results, strict=True)
        decoded = [
            _DECODED.get(self.columns[key].kind, _as_stored)(column) for key, column in zip(keys, cells, strict=True)
        ]
        raw = {at: _loads(text) for at, text in enumerate(raws) if text} if any(raws) else {}
        return Block(row_ids, decoded, raw)

    def row(self, cells: Sequence[Any]) -> Row:
        """The row behind one result of `select`, without what only the journal knows."""
        return Row(cells[1], self._values(cells), _loads(cells[4]), _loads(cells[5]), cells[2], cells[3])


class _NarrowLayout(Layout):
    @property
    def _own(self) -> str:
        return "r._row, r._id, r._version, r._revision, NULL, NULL, NULL"

    def row(self, cells: Sequence[Any]) -> Row:
        return Row(cells[1], self._values(cells), {}, {}, cells[2], cells[3])


def _as_stored(cells: Sequence[Any]) -> Sequence[str | None]:
    return cells


def _whole_texts(cells: Sequence[SqlValue]) -> Sequence[str | None]:
    return [None if cell is None else str(cell) for cell in cells]


def _money_texts(cells: Sequence[SqlValue]) -> Sequence[str | None]:
    return [
        None
        if cell is None
        else f"{cell // 100}.{cell % 100:02}"
        if isinstance(cell, int) and cell >= 0
        else _money_text(cell)
        for cell in cells
    ]


_DECODED: Mapping[Kind, Callable[[Sequence[Any]], Sequence[str | None]]] = {
    "integer": _whole_texts,
    "money": _money_texts,
}
"""Kinds whose SQL values are not their canonical texts."""


def _loads(text: SqlValue) -> dict[str, str]:
    return json_texts.loads(str(text)) if text else {}


def comparable(column: Column) -> str:
    """The SQL expression by which a column sorts and compares (alias r); decimals to 15 significant digits."""
    name = f"r.{quoted(column.key)}"
    return f"CAST({name} AS REAL)" if column.kind == "decimal" else name


def spec_text(spec: TableSpec) -> str:
    """A table's spec as the journal keeps it."""
    return json.dumps([[column.key, column.kind, column.indexed] for column in spec.columns])


def spec_from(name: str, text: str) -> TableSpec:
    """The spec `spec_text` was given."""
    return TableSpec(name, tuple(Column(key, kind, indexed) for key, kind, indexed in json.loads(text)))
