"""Making and widening the journal's tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from sheets_adapter.contract import Column, TableSpec
from sheets_adapter.journal_layout import Layout, comparable, decode, encode, quoted, spec_text

Layouts = Callable[[sqlite3.Connection], Mapping[str, Layout]]


def ensure_table(db: sqlite3.Connection, spec: TableSpec, layouts: Layouts) -> None:
    """Makes the table, or adds the columns it lacks, under the write lock; nothing when all is there."""
    known = layouts(db).get(spec.name)
    if known is not None and _joined(known.spec, spec) == known.spec:
        return
    db.execute("BEGIN IMMEDIATE")
    known = layouts(db).get(spec.name)  # another process may have been quicker
    if known is None:
        _create(db, spec)
    else:
        _widen(db, known, _joined(known.spec, spec))
    db.execute("COMMIT")


def _joined(old: TableSpec, new: TableSpec) -> TableSpec:
    """The columns of both: the new kinds win, an index once made stays."""
    columns = {column.key: column for column in old.columns}
    for column in new.columns:
        before = columns.get(column.key)
        columns[column.key] = Column(column.key, column.kind, column.indexed or bool(before and before.indexed))
    return TableSpec(new.name, tuple(columns.values()))


def _create(db: sqlite3.Connection, spec: TableSpec) -> None:
    number = db.execute("INSERT INTO tables(name, spec) VALUES(?, ?)", (spec.name, spec_text(spec))).lastrowid
    layout = Layout(int(number or 0), spec)
    fields = "".join(f", {quoted(column.key)}" for column in spec.columns)
    db.execute(
        f"CREATE TABLE {layout.rows}(_row INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE, _version INTEGER NOT NULL, "
        f"_revision INTEGER NOT NULL, _raw, _extra, _pairs{fields})"
    )
    db.execute(f"CREATE TABLE {layout.texts}(_row INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    db.execute(f"CREATE INDEX {quoted(f'of:{spec.name}:_revision')} ON {layout.rows}(_revision)")
    for column in spec.columns:
        _index(db, layout, column)


def _widen(db: sqlite3.Connection, known: Layout, spec: TableSpec) -> None:
    layout = Layout(known.number, spec)
    for column in spec.columns:
        before = known.columns.get(column.key)
        if before is None:
            db.execute(f"ALTER TABLE {layout.rows} ADD COLUMN {quoted(column.key)}")
        elif before.kind != column.kind:
            _convert(db, layout, before, column)
        _index(db, layout, column)
    db.execute("UPDATE tables SET spec = ? WHERE number = ?", (spec_text(spec), known.number))


def _index(db: sqlite3.Connection, layout: Layout, column: Column) -> None:
    if column.indexed:
        name = quoted(f"of:{layout.spec.name}:{column.key}")
        # With the row id behind it the index also gives the order of a sorted page.
        key = comparable(column).replace("r.", "", 1)
        db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {layout.rows}({key}, _id)")


def _convert(db: sqlite3.Connection, layout: Layout, before: Column, after: Column) -> None:
    """Writes a column's values anew under its changed kind."""
    name = quoted(after.key)
    stored = db.execute(f"SELECT {name}, _row FROM {layout.rows} WHERE {name} IS NOT NULL").fetchall()
    converted = [(encode(after.kind, decode(before.kind, value)), rowid) for value, rowid in stored]
    # Dropping the index also tells other connections that the schema changed, so that they read the new kinds.
    index = quoted(f"of:{layout.spec.name}:{after.key}")
    db.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {layout.rows}({name})")
    db.execute(f"DROP INDEX {index}")
    db.executemany(f"UPDATE {layout.rows} SET {name} = ? WHERE _row = ?", converted)
