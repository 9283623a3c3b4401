"""Columns brought into a table from another one, by key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from reports.clocks import Ints
from reports.columns import Columns
from reports.conditions import fields_of, holds
from reports.views import Tables
from schemas.deadline_rules import Evidence, Lookup, Watch
from schemas.template import Condition

_LITERALS = frozenset({"today", "now"})


def looked_up(tables: Tables, table: str, lookups: Sequence[Lookup]) -> Columns | None:
    """The table's columns with those brought in; a later lookup may use an earlier one. None without the table.

    What was brought in is kept with the tables, and over to the next ones while none of the tables changed.
    """
    columns = tables.columns(table)
    for at, lookup in enumerate(lookups):
        if columns is None:
            return None
        other = tables.columns(lookup.table)
        if other is None or lookup.column not in other.frame.columns:
            continue
        name = (table, *(one.model_dump_json() for one in lookups[: at + 1]))
        known = tables.joined(name, columns, other)
        columns = (
            known if known is not None else tables.join(name, columns, other, _joined(columns, other, lookup, tables))
        )
    return columns


def lookups_computed_with(watch: Watch) -> tuple[Lookup, ...]:
    """The watch's lookups without those that only tell whose an obligation is: they wait until somebody asks."""
    wanted = {name for table, name in _columns_computed_with(watch) if table == watch.table} | {"record_id"}
    if watch.promise is not None:
        wanted.add("customer_id")
    needed: list[Lookup] = []
    for lookup in reversed(watch.lookups):
        if lookup.name in wanted:
            needed.insert(0, lookup)
            wanted |= set(lookup.match.values())
    return tuple(needed)


def columns_named(watch: Watch) -> Iterator[tuple[str, str]]:
    """(table, column) for everything a watch names."""
    yield from ((watch.table, name) for name in watch.owner)
    for lookup in watch.lookups:
        yield from ((watch.table, name) for name in lookup.match.values())
        yield from ((lookup.table, name) for name in (*lookup.match, lookup.column, *_fields(lookup.where)))
    yield from _columns_computed_with(watch)


def _columns_computed_with(watch: Watch) -> Iterator[tuple[str, str]]:
    """What due moments and evidence are computed from: everything named but the owner and the lookups."""
    here = [*watch.start, *watch.end, *watch.dropped, *watch.once_per, *(watch.pause or ())]
    here += [*_fields(watch.where), *_fields(watch.unmeasurable_if)]
    for case in watch.due_if:
        here += [*_fields(case.when), *([case.due.amount_from] if case.due.amount_from else [])]
    if watch.active is not None:
        here += watch.active.match.values()
        yield from ((watch.active.table, name) for name in (*watch.active.match, watch.active.at))
    for piece in watch.evidence:
        yield from _of_evidence(watch, piece)
    yield from ((watch.table, name) for name in here)


def _of_evidence(watch: Watch, piece: Evidence) -> Iterator[tuple[str, str]]:
    table = piece.table or watch.table
    yield from (
        (table, name)
        for name in (*piece.match, *piece.filled, *piece.at, *_fields(piece.where), *_fields(piece.undated_if))
    )
    here = [name for name in piece.match.values() if not name.startswith("@")]
    here += [name for name in (piece.after, piece.since) if name]
    here += [piece.count] if isinstance(piece.count, str) else []
    yield from ((watch.table, name) for name in here)


def _fields(condition: Condition | None) -> set[str]:
    return fields_of(condition) - _LITERALS


def _joined(columns: Columns, other: Columns, lookup: Lookup, tables: Tables) -> Columns:
    there, here = other.keys(tuple(lookup.match)), columns.keys(tuple(lookup.match.values()))
    usable = (there >= 0) & holds(lookup.where, other.frame, tables.day) & other.filled((lookup.column,))
    rows = _last_first(np.flatnonzero(usable), other, lookup)
    place = np.full(len(columns.vocabulary), -1, dtype=np.int64)
    place[there[rows]] = rows  # of several rows with one key the last written stays
    wanted = np.where(here >= 0, place[here], -1)
    values = other.frame[lookup.column].array.take(wanted, allow_fill=True)
    return columns.with_column(lookup.name, pd.Series(values, index=columns.frame.index))


def _last_first(rows: Ints, other: Columns, lookup: Lookup) -> Ints:
    """The rows in such an order that the one to take stands last."""
    if lookup.take == "last":
        return rows
    moments = other.seconds(lookup.column)[rows]
    return np.asarray(rows[np.argsort(moments if lookup.take == "max" else -moments, kind="stable")])
