"""How long wrong passwords lock a login out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.lockout import failures_that_count, locked_until

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, None), (4, None), (5, 15), (6, 30), (7, 60), (8, 120), (11, 960), (12, 1440), (13, 1440), (10_000, 1440)],
)
def test_five_failures_lock_for_15_minutes_and_each_further_one_doubles_up_to_a_day(failures, minutes) -> None:
    expected = None if minutes is None else NOON + timedelta(minutes=minutes)
    assert locked_until(failures, NOON) == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(0, 7), (47, 7), (48, 0), (500, 0)], ids=["now", "47 h", "48 h", "weeks"]
)
def test_failures_are_forgiven_after_two_quiet_days(hours: int, expected: int) -> None:
    assert failures_that_count(7, NOON, NOON + timedelta(hours=hours)) == expected


def test_a_login_never_tried_has_no_failures() -> None:
    assert failures_that_count(0, None, NOON) == 0
