"""The memory store keeps the store contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sheets_adapter.contract import Store
from sheets_adapter.memory import MemoryStore
from tests.sheets_adapter.conformance import StoreConformance
from tests.sheets_adapter.conformance_queries import filled as filled
from tests.sheets_adapter.store_samples import StandingClock


class TestMemoryStore(StoreConformance):
    money_cell = "1234.50"

    def open_store(self, place: Path, clock: StandingClock) -> Store:
        return MemoryStore(clock=clock)

    def raw_cells(self, store: Store, place: Path, row_id: str) -> Mapping[str, object]:
        assert isinstance(store, MemoryStore)
        return store._tables["orders"].rows[row_id].values
