"""Merging an edit with what others saved since the form was opened. Pure: texts in, texts out.

`opened` is the record as the form showed it, `now` as it is, `mine` as it was typed and understood against `opened`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

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
class LineClash:
    """A typed row others changed too: its number from 1, and the first field; number 0 for a row that was left out."""

    number: int
    field: str


@dataclass(frozen=True, slots=True)
class LinePlan:
    """The rows of one line table after a merge, and what only the person can decide."""

    lines: tuple[TypedLine, ...]
    clashes: tuple[LineClash, ...] = ()


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
    clashes: list[LineClash] = []
    for number, line in enumerate(typed, 1):
        fate = _fate_of(line, there.get(line.line_id), sides, fields)
        if isinstance(fate, TypedLine):
            kept.append(fate)
        elif fate:
            clashes.append(LineClash(number, fate))
    mine = {line.line_id for line in typed}
    for row in sides.now:
        if row.row_id in mine:
            continue
        if row.row_id not in sides.shown:
            kept.append(TypedLine(row.row_id, {}))
        elif row.row_id in sides.opened:
            clashes.append(LineClash(0, ""))
    return LinePlan(tuple(kept), tuple(clashes))


def _fate_of(line: TypedLine, row: Row | None, sides: LineSides, fields: Sequence[str]) -> TypedLine | str:
    """The row to save, with what others changed in fields I left alone; or the field both changed.

    "" for a row others removed and I had not touched.
    """
    opened = sides.opened.get(line.line_id)
    if not line.line_id or (row is not None and opened is None):
        return line
    if opened is None:  # nobody knows the row: what was typed into it must not vanish without a word
        return next((key for key in fields if line.values.get(key)), "")
    mine = sides.mine.get(line.line_id, {})
    touched = changed_fields(opened, mine, fields)
    if row is None:
        return min(touched, key=fields.index, default="")
    clashes = find_clashes(opened, line_values(row), mine, fields)
    if clashes:
        return clashes[0].field
    return TypedLine(line.line_id, {key: typed for key, typed in line.values.items() if key in touched})
