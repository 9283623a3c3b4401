"""The store contract: holds rows of named tables and knows nothing of templates.

A row's values are canonical texts (see `schemas.field_types`); a column's kind only tells the store how to sort and
compare them. System columns (`schemas.record.SYSTEM_COLUMNS` without record_id) are columns like any other.
Every backend passes tests/sheets_adapter/conformance.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from schemas.record import etag_of

Kind = Literal["text", "integer", "decimal", "money", "date", "datetime", "bool"]
Source = Literal["portal", "workbook", "import", "system"]
WORKBOOK = "工作簿"
"""The actor of a change found in the workbook: spreadsheet programs do not say which person typed."""
Verb = Literal["create", "edit", "withdraw", "restore", "adopt", "merge", "recompute"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `indexed` columns are looked up or sorted often."""

    key: str
    kind: Kind = "text"
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: `name` is a template key or `<template>.<line>`; a line table has a column `record_id` (its parent)."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as stored. `version` counts its writes from 1; `revision` is the store's counter at its last write."""

    row_id: str
    values: Mapping[str, str]
    raw: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    revision: int = 0

    @property
    def etag(self) -> str:
        """Hash of the row's own text; system columns other than status do not count."""
        own = {key: text for key, text in self.values.items() if key not in _NOT_IN_ETAG}
        return etag_of(own, self.raw, self.values.get("status", ""))


_NOT_IN_ETAG = frozenset(
    {"status", "created_at", "created_by", "submitted_at", "approved_at", "void_reason", "updated_at", "updated_by"}
)
ABSENT = "absent"
"""If-Match value: the row must not exist yet."""


@dataclass(frozen=True, slots=True)
class SerialRequest:
    """Asks the store to number a column: `prefix` + counter of `width` digits; a counter per table, column, prefix."""

    column: str
    prefix: str
    width: int
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """Writes one whole row. `if_match`: the ETag it must have now, ABSENT, or None for whatever is there.

    values: empty texts are left out, here and in raw and extra.
    uniques: (name, folded text) pairs no other row of the table whose status is not 已作废 may hold (as unique or as
        lookup). They replace the row's former pairs and answer `Store.holders`. Pairs in `lookups` are kept the same
        way but never refuse. A withdrawn row holds none. Rows of one batch give up their former pairs first.
    serials: columns the store numbers under the write lock, past every number of that pattern in the table; their
        values are added to `values`, and folded to `uniques` (name = column) and `search`.
    search: folded text for the list's search box.
    """

    table: str
    row_id: str
    values: Mapping[str, str]
    verb: Verb
    if_match: str | None = None
    raw: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    uniques: tuple[tuple[str, str], ...] = ()
    lookups: tuple[tuple[str, str], ...] = ()
    serials: tuple[SerialRequest, ...] = ()
    search: str = ""


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """Rows written together or not at all, with one durable commit. `key` is the one-time key ("" for none).

    A row stands in a batch once (ValueError). An unknown table or column is a LookupError.
    """

    puts: tuple[Put, ...]
    actor: str
    at: datetime
    source: Source = "portal"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Committed and durable. `rows` are in the order of the puts; `replayed`: the key had been written before."""

    revision: int
    rows: tuple[Row, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """If-Match failed: the row is now `current` (None: it does not exist)."""

    put: Put
    current: Row | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another live row holds the unique pair."""

    put: Put
    name: str
    folded: str
    holder: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written."""

    problems: tuple[Stale | Duplicate, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of one column. `value` is canonical text; for "in" texts joined in `values`.

    An absent value equals "" and fails every comparison but eq, ne, in and empty. "starts" and "contains" take the
    canonical text literally; "has" asks for one of several answers joined by 、.
    """

    column: str
    op: Literal["eq", "ne", "in", "lt", "le", "gt", "ge", "contains", "starts", "has", "empty", "not_empty"]
    value: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a column shows in place of the key it holds: the `display` of the row of `table` whose `key` column has it.

    key, display: "" for the row's id; both hold text. Of several rows with that key any one is shown.
    """

    table: str
    key: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A page of rows: all of `where`, each of `any_of` groups at least once, every word of `search` (folded).

    sort: (column, descending) pairs; empty values come last in both directions. The row id always breaks ties, in
        the direction of the last pair. Decimals sort and compare to 15 significant digits.
    shown: columns that sort by what they show, as text; by their own text where there is nothing to show.
    after: the `next` of the page before; ValueError when it belongs to another order.
    """

    table: str
    where: tuple[Test, ...] = ()
    any_of: tuple[tuple[Test, ...], ...] = ()
    search: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = 50
    after: str = ""
    count: bool = True
    shown: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """`total` counts all matching rows (-1 when not asked for); `next` is "" on the last page."""

    rows: tuple[Row, ...]
    total: int
    next: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows, column by column. `columns`: those asked for, in that order, as canonical texts, None where empty.

    raw: place of a row in the block → its cells that were not understood, by column.
    """

    row_ids: Sequence[str]
    columns: Sequence[Sequence[str | None]]
    raw: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what to which row: the audit trail, in order of `seq`. `before`/`after` hold only what differs.

    Their keys are column keys; a raw (not understood) cell is `raw:<key>`, an unknown column `extra:<header>`.
    """

    seq: int
    revision: int
    table: str
    row_id: str
    verb: Verb
    actor: str
    at: datetime
    source: Source
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do. `durable`: an acknowledged write survives the process and the machine."""

    durable: bool
    shared: bool
    """Whether several processes may open it at once."""


class Store(Protocol):
    """Holds rows. Safe to use from several threads. Raises `StoreUnavailable` when it cannot answer at all."""

    @property
    def capabilities(self) -> Capabilities: ...

    def tables(self) -> Mapping[str, TableSpec]: ...

    def ensure_table(self, spec: TableSpec) -> None:
        """Makes the table, or adds the columns it lacks. Columns are never removed."""
        ...

    def get(self, table: str, row_id: str) -> Row | None: ...

    def get_many(self, table: str, row_ids: Sequence[str]) -> dict[str, Row]: ...

    def query(self, query: Query) -> Page: ...

    def scan(self, query: Query, columns: Sequence[str]) -> Iterator[Block]:
        """All rows of the query in its order, as of one moment, in blocks: for whole tables that are read once.

        The query's limit, after and count do not matter.
        """
        ...

    def holders(self, table: str, name: str, folded: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """folded text → ids of live rows holding the pair (uniques and lookups alike)."""
        ...

    def written_under(self, key: str) -> Written | None:
        """The result of the batch with this one-time key, if it was written within 90 days."""
        ...

    def changes_under(self, key: str) -> Sequence[Change]:
        """What the batch with this one-time key changed, in the order of its puts; () like `written_under` is None."""
        ...

    def write(self, batch: WriteBatch) -> Written | Refused:
        """All or nothing, durable before it returns, exactly one commit."""
        ...

    def changed_rows(self, table: str, after_revision: int, *, columns: Sequence[str] | None = None) -> Sequence[Row]:
        """Rows last written after that revision, in revision order: the delta for frames and checkpoints.

        columns: only these values of each row, without raw and extra; all when not given.
        """
        ...

    def changes(self, *, table: str = "", row_id: str = "", after: int = 0, limit: int = 200) -> Sequence[Change]:
        """The audit trail, oldest first; of one row when `row_id` is given."""
        ...

    def revision(self) -> int:
        """Counter of committed batches; equal revisions mean equal content."""
        ...

    def close(self) -> None: ...


class StoreError(Exception):
    """Base of what a store raises. Carries a finding code and parameters for the page that shows it."""

    def __init__(self, code: str, **params: str) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code} {params}")


class StoreUnavailable(StoreError, OSError):
    """The store cannot answer: disk full or gone, file locked or damaged. Nothing was written."""
