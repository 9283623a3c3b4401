"""How long wrong passwords lock a login out: five are free, then 15 minutes, doubling with each further one."""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_FAILURES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
FORGIVEN_AFTER = timedelta(hours=48)
"""A login left alone so long starts afresh; longer than the longest lock, so that a lock never shortens itself."""


def locked_until(failures: int, last_failure: datetime) -> datetime | None:
    """When the lock after that many failures ends; None: there is none."""
    if failures < FREE_FAILURES:
        return None
    lock: timedelta = FIRST_LOCK * (1 << min(failures - FREE_FAILURES, 10))
    return last_failure + min(lock, LONGEST_LOCK)


def failures_that_count(failures: int, last_failure: datetime | None, now: datetime) -> int:
    """The failures not yet forgiven."""
    if last_failure is None or now - last_failure >= FORGIVEN_AFTER:
        return 0
    return failures
