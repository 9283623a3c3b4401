"""The journal keeps the store contract, and its own promises: files, processes, disks."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sheets_adapter.contract import Store
from sheets_adapter.journal import Journal
from tests.sheets_adapter.conformance import StoreConformance
from tests.sheets_adapter.conformance_queries import filled as filled
from tests.sheets_adapter.store_samples import StandingClock


class TestJournalConformance(StoreConformance):
    money_cell = 123450

    def open_store(self, place: Path, clock: StandingClock) -> Store:
        return Journal(place / "portal.journal", clock=clock)

    def raw_cells(self, store: Store, place: Path, row_id: str) -> Mapping[str, object]:
        db = sqlite3.connect(place / "portal.journal")
        db.row_factory = sqlite3.Row
        cells = dict(db.execute('SELECT * FROM "row:orders" WHERE _id = ?', (row_id,)).fetchone())
        db.close()
        return cells
