"""A clock that stands still until it is told, counted ids, and real stores in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.hashing import Hashing
from sheets_adapter.private import PrivateStore


class FakeClock:
    """Saturday noon in Shanghai until moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_id():
    numbers = count(1)
    return lambda: f"{next(numbers):026d}"


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateStore]:
    store = PrivateStore(tmp_path / "portal.private")
    yield store
    store.close()


@pytest.fixture
def hashing() -> Hashing:
    return Hashing(cost=4)
