"""What taking in hand edits works with and hands over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.field_types import ParseContext
from schemas.finding import Finding
from sheets_adapter.contract import Row, Store, StoreError, Verb
from sheets_adapter.sync_state import SyncState
from sheets_adapter.xlsx.workbook import Workbook


class RemovalNeedsConfirming(StoreError):
    """The file lacks so many rows that somebody must say whether they were deleted on purpose (S084)."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row taken from the workbook, as the journal is to hold it. `if_match`: its ETag before, or ABSENT."""

    row_id: str
    values: Mapping[str, str]
    raw: Mapping[str, str]
    extra: Mapping[str, str]
    verb: Verb
    if_match: str
    row: int
    """Where it stands in the sheet, for findings; 0 when it does not."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What the journal holds now. stale: ids of rows somebody changed meanwhile; nothing was written for them."""

    rows: tuple[Row, ...]
    stale: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class RecordTaker(Protocol):
    """The repository as this module needs it: writes what the workbook says, whatever rules it breaks."""

    def take_in(self, table: str, sheet: str, rows: Sequence[SheetRow]) -> TakenIn: ...

    def judge(self, table: str, sheet: str, rows: Sequence[SheetRow]) -> tuple[Finding, ...]: ...


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a file is compared with. at: the generation it carries, for an older one than last seen; None compares with
    the content last seen. blind: nothing is known of its generation. removes: a row it lacks was deleted in it."""

    at: int | None = None
    blind: bool = False
    removes: bool = True


@dataclass(frozen=True)
class Intake:
    """What taking in works with. at: the moment, which merged rows carry."""

    workbook: Workbook
    state: SyncState
    store: Store
    taker: RecordTaker
    context: ParseContext
    new_id: Callable[[], str]
    at: datetime
    lineage: Lineage
    removal_confirmed: bool = False


def base_contents(state: SyncState, table: str, lineage: Lineage) -> dict[str, str | None]:
    if lineage.blind:
        return {}
    return state.current(table) if lineage.at is None else state.base_at(table, lineage.at)
