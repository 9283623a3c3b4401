"""A publication from its first written row to the replaced file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from sheets_adapter.sync_state import SyncState


class Intent:
    """A publication that is begun: under its number is kept what the file will hold."""

    def __init__(self, state: SyncState, at: datetime) -> None:
        self._state = state
        self.at = at

    @cached_property
    def generation(self) -> int:
        """Its number, given out when it is first asked for."""
        return self._state.next_generation("intent", self.at)

    def keep(self, table: str, contents: Mapping[str, str]) -> None:
        """Keeps what the file will hold of rows, by id: on the disk before the file can be replaced."""
        self._state.put_contents(table, self.generation, contents)

    def kept(self, table: str, row_ids: Sequence[str]) -> dict[str, str]:
        """What was kept."""
        return self._state.contents_at(table, self.generation, row_ids)

    def drop(self) -> None:
        """Nothing was published."""
        if "generation" in self.__dict__:
            self._state.drop_generation(self.generation)
