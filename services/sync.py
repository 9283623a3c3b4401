"""What pages see and ask of the checkpointer, and the portal's health in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.finding import Finding

if TYPE_CHECKING:
    from sheets_adapter.sync_state import SyncStatus


@dataclass(frozen=True, slots=True)
class Health:
    """What the status page shows: the workbook's state and everything that wants a person's eye."""

    sync: SyncStatus
    sync_findings: tuple[Finding, ...]
    template_findings: tuple[Finding, ...]
    config_findings: tuple[Finding, ...]
    revision: int


class Sync:
    def status(self) -> SyncStatus:
        """How far the workbook is behind the journal, and why."""
        raise NotImplementedError

    def poke(self) -> None:
        """Something was written: the checkpointer may wake up."""
        raise NotImplementedError

    def fold_now(self) -> SyncStatus:
        """Brings the workbook up to date now, taking hand edits in first. Raises StoreUnavailable with the reason."""
        raise NotImplementedError
