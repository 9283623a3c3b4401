"""Columns brought into a table from another one, by key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.clocks import Ints
from reports.columns import Columns
from reports.conditions import holds
from reports.views import Tables
from schemas.deadline_rules import Lookup


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
