"""The words pages need of records and their store, so that pages know no storage module."""

from __future__ import annotations

from sheets_adapter.contract import Change, StoreError, StoreUnavailable, Test
from sheets_adapter.repository import ListQuery, Option, RecordPage, Related, SimilarRecord
from sheets_adapter.sync_state import Conflict, SyncStatus

__all__ = [
    "Change",
    "Conflict",
    "ListQuery",
    "Option",
    "RecordPage",
    "Related",
    "SimilarRecord",
    "StoreError",
    "StoreUnavailable",
    "SyncStatus",
    "Test",
]
