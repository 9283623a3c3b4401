"""Three-way merge of hand edits: what the file held, what the journal holds, what the file holds now.

Pure: no file, no store, no clock. A row is a mapping from column to cell text; an empty cell is absent. Cell texts are
only ever compared for equality (the codec makes them: canonical text, or marked raw text), so the merge knows nothing
of types. `base` is the file as it was when its generation was published or last seen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.record import VOID

Cells = Mapping[str, str]

STATUS = "status"
_ABOUT_REMOVAL = frozenset({STATUS, "void_reason"})
REMOVAL_SHARE = 0.05
REMOVAL_ROWS = 20


class Verdict(StrEnum):
    """What becomes of one row. Only TAKE, ADOPT and REMOVE write to the journal; READD writes the row to the file."""

    SAME = "same"
    KEEP = "keep"
    """The journal's version stands; some of its cells are still missing in the file."""
    TAKE = "take"
    """At least one cell of the file is taken into the journal."""
    ADOPT = "adopt"
    """The file holds a row the journal does not know."""
    REMOVE = "remove"
    """The row was deleted in the file and nothing else happened to it: it is withdrawn in the journal."""
    GONE = "gone"
    """Withdrawn and not in the file: it stays out of it."""
    READD = "readd"
    """The journal's row is missing in the file and goes back in."""


@dataclass(frozen=True, slots=True)
class Clash:
    """One cell changed on both sides, differently: as it was, as the journal has it, as the file has it."""

    column: str
    base: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class RowMerge:
    """The merge of one row.

    cells: what the journal holds afterwards. taken: columns whose cell came from the file. pending: columns whose cell
    in the file is not yet what the journal holds. put_back: protected columns somebody changed; the journal's cell
    goes back. clashes: both changed; the journal's cell stays in the sheet, the other one is kept as a conflict.
    differing: people's formulas that yield something else than the portal computes.
    """

    row_id: str
    verdict: Verdict
    cells: Cells
    taken: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    put_back: tuple[Clash, ...] = ()
    clashes: tuple[Clash, ...] = ()
    differing: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeRules:
    """How one table is merged.

    columns: those the file has; cells of any other column are left as the journal has them.
    protected: columns only the portal writes (computed ones, who and when).
    issued: columns of numbers the portal gives out: people may correct one, but one that was emptied is put back, for
        other records refer to it.
    absence_removes: whether a row missing in the file was deleted by somebody. False when the file's generation is
        unknown: then it cannot be told from a row the file never had, and the row goes back in.
    """

    columns: frozenset[str]
    protected: frozenset[str] = frozenset()
    issued: frozenset[str] = frozenset()
    absence_removes: bool = True


def merge_row(
    row_id: str,
    base: Cells | None,
    ours: Cells,
    theirs: Cells,
    rules: MergeRules,
    formulas: Collection[str] = (),
) -> RowMerge:
    """Merges one row both sides have.

    base: None means it is not known what the file held; then all its cells count as empty.
    formulas: columns whose cell in the file holds somebody's formula. Nothing is ever written there. What it newly
        yields is taken, even against the portal; where it stands in a protected column, or yields what it did while
        the journal's cell was changed, the difference is only told (`differing`).
    """
    was = base or {}
    cells = dict(ours)
    taken: set[str] = set()
    pending: set[str] = set()
    put_back: list[Clash] = []
    clashes: list[Clash] = []
    differing: list[Clash] = []
    for column in _differing(ours, theirs, rules.columns):
        clash = Clash(column, was.get(column, ""), ours.get(column, ""), theirs.get(column, ""))
        if column in formulas:
            if column in rules.protected or (base is not None and clash.theirs == clash.base):
                differing.append(clash)
            elif clash.theirs:
                taken.add(column)
                cells[column] = clash.theirs
        elif clash.theirs == clash.base:
            pending.add(column)
        elif column in rules.protected or (column in rules.issued and not clash.theirs):
            pending.add(column)
            put_back.append(clash)
        elif clash.ours == clash.base:
            taken.add(column)
            _set(cells, column, clash.theirs)
        else:
            pending.add(column)
            clashes.append(clash)
    verdict = Verdict.TAKE if taken else Verdict.KEEP if pending else Verdict.SAME
    return RowMerge(
        row_id, verdict, cells, frozenset(taken), frozenset(pending), tuple(put_back), tuple(clashes), tuple(differing)
    )


def merge_missing_row(row_id: str, base: Cells | None, ours: Cells, *, in_base: bool, rules: MergeRules) -> RowMerge:
    """Merges a row the file does not have.

    base: its cells in the file's generation, None if that had no such row. in_base: the generation knows of the row;
    with a base of None that means it had been deleted by then.
    """
    withdrawn = ours.get(STATUS) == VOID
    if base is None:
        verdict = Verdict.GONE if in_base and withdrawn else Verdict.READD
        return RowMerge(row_id, verdict, ours, pending=_pending_of(verdict, ours))
    if not rules.absence_removes:
        return RowMerge(row_id, Verdict.READD, ours, pending=frozenset(ours))
    changed = tuple(
        Clash(column, base.get(column, ""), ours.get(column, ""), "")
        for column in sorted(_differing(base, ours, rules.columns))
        if column not in rules.protected and not (withdrawn and column in _ABOUT_REMOVAL)
    )
    if changed:
        return RowMerge(row_id, Verdict.READD, ours, pending=frozenset(ours), clashes=changed)
    return RowMerge(row_id, Verdict.GONE if withdrawn else Verdict.REMOVE, {**ours, STATUS: VOID})


def merge_table(
    base: Mapping[str, Cells | None], ours: Mapping[str, Cells], theirs: Mapping[str, Cells], rules: MergeRules
) -> dict[str, RowMerge]:
    """Merges all rows of a table, by row id. `base` maps a row deleted by then to None and lacks rows never there."""
    merged: dict[str, RowMerge] = {}
    for row_id, their_cells in theirs.items():
        if row_id in ours:
            merged[row_id] = merge_row(row_id, base.get(row_id), ours[row_id], their_cells, rules)
        else:
            merged[row_id] = RowMerge(row_id, Verdict.ADOPT, their_cells, taken=frozenset(their_cells))
    for row_id, our_cells in ours.items():
        if row_id not in theirs:
            merged[row_id] = merge_missing_row(row_id, base.get(row_id), our_cells, in_base=row_id in base, rules=rules)
    return merged


def removes_too_many(removed: int, rows_before: int) -> bool:
    """Whether a sync would remove so many rows that somebody must confirm it: over 5 % and over 20 of the rows."""
    return removed > REMOVAL_ROWS and removed > REMOVAL_SHARE * rows_before


def _pending_of(verdict: Verdict, ours: Cells) -> frozenset[str]:
    return frozenset(ours) if verdict is Verdict.READD else frozenset()


def _differing(one: Cells, other: Cells, columns: Collection[str]) -> list[str]:
    if one == other:
        return []
    return [
        column
        for column in one.keys() | other.keys()
        if column in columns and one.get(column, "") != other.get(column, "")
    ]


def _set(cells: dict[str, str], column: str, text: str) -> None:
    if text:
        cells[column] = text
    else:
        cells.pop(column, None)
