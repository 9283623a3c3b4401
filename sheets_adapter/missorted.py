"""Rows sorted without their right-hand columns: the answers moved, the record numbers stayed where they were.

Pure. It is told by the answers: several rows hold, cell for cell, what others of them held before. Taken as edits they
would turn every one of those records into another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sheets_adapter.row_reading import DecodedRow

Cells = Mapping[str, str]
_LEAST_ROWS = 3
_LEAST_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Missorted:
    """owners: id a row shows → id of the record it is. moved: the columns that were sorted."""

    owners: Mapping[str, str]
    moved: frozenset[str]

    def base(self, before: Cells, row: DecodedRow) -> dict[str, str]:
        """What the record's row is compared with: cells that did not move along were changed by nobody."""
        moved = {column: text for column, text in before.items() if column in self.moved}
        return moved | {column: text for column, text in row.seen.cells.items() if column not in self.moved}


def find_missorted(
    rows: Mapping[str, DecodedRow], before: Mapping[str, Cells], answers: Collection[str], key: str | None
) -> Missorted | None:
    """The mix-up among rows by the id they show; None when they were edited.

    before: what the file held, by id. answers: the columns people fill in. key: the one others refer to. Two rows that
    trade some cells were edited: people do that on purpose.
    """
    changed = {
        row_id: row
        for row_id, row in rows.items()
        if row_id in before and any(_cell(row.seen.cells, one) != _cell(before[row_id], one) for one in answers)
    }
    if len(changed) < _LEAST_ROWS:
        return None
    moved = [
        column
        for column in answers
        if any(_cell(row.seen.cells, column) != _cell(before[row_id], column) for row_id, row in changed.items())
    ]
    filled = {column for row_id in changed for column in before[row_id] if column in answers}
    if len(moved) < _LEAST_COLUMNS or (key not in moved if key else 2 * len(moved) < len(filled)):
        return None
    places = {tuple(_cell(before[row_id], column) for column in moved): row_id for row_id in changed}
    texts = {row_id: tuple(_cell(row.seen.cells, column) for column in moved) for row_id, row in changed.items()}
    if len(places) < len(changed) or set(texts.values()) != places.keys():
        return None
    return Missorted({row_id: places[text] for row_id, text in texts.items()}, frozenset(moved))


def _cell(cells: Cells, column: str) -> str:
    return cells.get(column, "")
