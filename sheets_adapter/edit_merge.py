"""Merging an edit with what others saved since the form was opened. Pure: texts in, texts out.

`opened` is the record as the form showed it, `now` as it is, `mine` as it was typed and understood against `opened`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from schemas.record import FieldClash, TypedLine
from sheets_adapter.contract import Row
from sheets_adapter.record_tables import line_values

Texts = Mapping[str, str]


def changed_fields(before: Texts, after: Texts, fields: Collection[str]) -> frozenset[str]:
    """Those of the fields that differ; absent is empty."""
    return frozenset(key for key in fields if before.get(key, "") != after.get(key, ""))


def find_clashes(opened: Texts, now: Texts, mine: Texts, fields: Sequence[str]) -> tuple[FieldClash, ...]:
    """Fields both sides changed, differently."""
    both = changed_fields(opened, now, fields) & changed_fields(opened, mine, fields)
    return tuple(
        FieldClash(key, opened.get(key, ""), now.get(key, ""), mine.get(key, ""))
        for key in fields
        if key in both and now.get(key, "") != mine.get(key, "")
    )


@dataclass(frozen=True, slots=True)
class LinePlan:
    """The rows of one line table after a merge. clashes: numbers (from 1) of typed rows others changed too."""

    lines: tuple[TypedLine, ...]
    clashes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LineSides:
    """One line table from both sides. opened: row id → values as the form showed them, of rows that are stale now;
    shown: ids of all rows the form showed; mine: row id → values as understood; now: the live rows."""

    opened: Mapping[str, Texts]
    shown: Collection[str]
    mine: Mapping[str, Texts]
    now: Sequence[Row]


def plan_lines(typed: Sequence[TypedLine], sides: LineSides, fields: Sequence[str]) -> LinePlan:
    """Which rows to save: mine, with what others changed in other fields of them, and rows others added."""
    there = {row.row_id: row for row in sides.now}
    kept: list[TypedLine] = []
    clashes: list[int] = []
    for number, line in enumerate(typed, 1):
        fate = _fate_of(line, there.get(line.line_id), sides, fields)
        if isinstance(fate, TypedLine):
            kept.append(fate)
        elif fate is Fate.CLASHES:
            clashes.append(number)
    mine = {line.line_id for line in typed}
    for row in sides.now:
        if row.row_id in mine:
            continue
        if row.row_id not in sides.shown:
            kept.append(TypedLine(row.row_id, {}))
        elif row.row_id in sides.opened:
            clashes.append(0)  # I removed a row that somebody changed meanwhile
    return LinePlan(tuple(kept), tuple(clashes))


class Fate(Enum):
    """What becomes of a typed row that is not saved."""

    GONE = "gone"
    """Others removed it and I had not touched it."""
    CLASHES = "clashes"


def _fate_of(line: TypedLine, row: Row | None, sides: LineSides, fields: Sequence[str]) -> TypedLine | Fate:
    """The row to save, with what others changed in fields I left alone."""
    opened = sides.opened.get(line.line_id)
    if not line.line_id or (row is not None and opened is None):
        return line
    touched = changed_fields(opened or {}, sides.mine.get(line.line_id, {}), fields)
    if row is None:
        return Fate.CLASHES if touched else Fate.GONE
    if opened is None or find_clashes(opened, line_values(row), sides.mine.get(line.line_id, {}), fields):
        return Fate.CLASHES
    return TypedLine(line.line_id, {key: typed for key, typed in line.values.items() if key in touched})
