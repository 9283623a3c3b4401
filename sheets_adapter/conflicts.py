"""Settling a conflict: one cell two people changed, one in the portal and one in the workbook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from schemas.record import VOID, Actor
from sheets_adapter.codec import STATUS, cells_of, parts_of
from sheets_adapter.contract import Store, StoreError, Verb
from sheets_adapter.sync_state import Conflict, SyncState
from sheets_adapter.take_in import RecordTaker, SheetRow

ATTEMPTS = 5


class ConflictGone(StoreError):
    """The conflict was settled by somebody else, or its record changed over and over (S072)."""


def settle_conflict(
    state: SyncState,
    store: Store,
    taker: RecordTaker,
    number: int,
    take: Literal["ours", "theirs"],
    actor: Actor,
    clock: Callable[[], datetime],
) -> Conflict:
    """Keeps the portal's text ("ours"), which stands everywhere already, or puts the workbook's in ("theirs").

    The rights of the actor are the caller's to check. Raises ConflictGone.
    """
    conflict = state.conflict(number)
    if conflict is None or conflict.state != "open":
        raise ConflictGone("S072")
    if take == "theirs":
        _put_theirs(store, taker, conflict, actor)
    state.resolve_conflict(number, take, actor.signature, clock())
    return conflict


def _put_theirs(store: Store, taker: RecordTaker, conflict: Conflict, actor: Actor) -> None:
    for _ in range(ATTEMPTS):
        row = store.get(conflict.table, conflict.row_id)
        if row is None:
            break
        cells = cells_of(row)
        cells.pop(conflict.column, None)
        if conflict.theirs:
            cells[conflict.column] = conflict.theirs
        parts = parts_of(cells)
        withdraws = conflict.column == STATUS and conflict.theirs == VOID
        verb: Verb = "withdraw" if withdraws else "merge"
        values = {**parts.values, **({"updated_by": actor.signature} if "updated_by" in parts.values else {})}
        written = taker.take_in(
            conflict.table, "", [SheetRow(row.row_id, values, parts.raw, parts.extra, verb, row.etag, 0)]
        )
        if not written.stale:
            return
    raise ConflictGone("S072")
