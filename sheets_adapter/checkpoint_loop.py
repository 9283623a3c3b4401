"""When to bring the workbook up to date: the rhythm of the checkpointer, whether it is a process or a thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from sheets_adapter.contract import StoreError
from sheets_adapter.sync_state import SyncState, SyncStatus

TICK = 0.5
"""Seconds between looks at journal and workbook; each costs a stat and some queries of microseconds."""
QUIET = 2.0
"""Seconds without a further change after which a checkpoint is due."""
LATEST = 10.0
"""Seconds after which it is due though changes go on."""
REST = 5.0
"""A checkpoint is followed by a pause of this many times its own duration: a large workbook is written less often."""
RETRY = 10.0
"""Seconds until a checkpoint that had to wait is tried again."""
HEARTBEAT = 10.0
ELECTION = 2.0
"""Seconds between attempts to become the one checkpointer."""

log = logging.getLogger(__name__)


def election_lock(state_dir: Path, portal_id: str) -> FileLock:
    """The lock whose holder is the one checkpointer of a workbook."""
    return FileLock(state_dir / f"{portal_id}.checkpointer.lock")


class Backend(Protocol):
    """What the loop drives."""

    state: SyncState

    def needs_checkpoint(self) -> bool: ...

    def fingerprint(self) -> str: ...

    def checkpoint(self) -> SyncStatus: ...


@dataclass
class Pace:
    """Decides when a checkpoint is due. Times are seconds of one monotonic clock."""

    quiet: float = QUIET
    latest: float = LATEST
    rest: float = REST
    retry: float = RETRY
    _seen: str | None = None
    _first: float | None = None
    _last: float = 0.0
    _not_before: float = field(default=0.0)

    def note(self, fingerprint: str, now: float) -> None:
        """Tells what journal and workbook look like now; any difference is a change."""
        if fingerprint != self._seen:
            self._seen = fingerprint
            self._last = now
            if self._first is None:
                self._first = now

    def is_due(self, now: float) -> bool:
        """Whether changes have come to rest, or waited long enough, and the last checkpoint's pause is over."""
        if self._first is None or now < self._not_before:
            return False
        return now - self._last >= self.quiet or now - self._first >= self.latest

    def done(self, fingerprint: str, now: float, duration: float, *, complete: bool) -> None:
        """A checkpoint ended; what it did not complete is due again after a while."""
        self._seen = fingerprint
        self._not_before = now + max(self.rest * duration, 0.0 if complete else self.retry)
        self._first = None if complete else now
        self._last = now


class CheckpointLoop:
    """Runs until told to stop, then brings the workbook up to date once more.

    Any number of loops may run, in one process or several: a file lock elects the one that works.
    """

    def __init__(
        self,
        backend: Backend,
        election: FileLock,
        *,
        heartbeat: Callable[[], str],
        runner: str,
        pace: Pace | None = None,
        tick: float = TICK,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._election = election
        self._heartbeat = heartbeat
        self._runner = runner
        self._pace = pace or Pace()
        self._tick = tick
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._poked = ""
        self._beat_at = float("-inf")

    def stop(self) -> None:
        """Asks for the end; may be called from anywhere."""
        self._stopping.set()
        self._wake.set()

    def poke(self) -> None:
        """Asks for a checkpoint now, whichever loop is the elected one."""
        self._backend.state.set(poke=self._heartbeat())
        self._wake.set()

    def use(self, backend: Backend) -> None:
        """Goes on with another backend: forms were changed."""
        self._backend = backend
        self._wake.set()

    def run(self) -> None:
        """Works until `stop`, then writes what waits, unless another loop is there to do it."""
        while True:
            last = self._stopping.is_set()
            try:
                with self._election.acquire(blocking=False):
                    self._work()
                    return
            except Timeout:
                if last:
                    return
                self._wait(ELECTION)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._turn()
            self._wait(self._tick)
        self._drain()

    def _wait(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _turn(self) -> None:
        """One look, and a checkpoint if it is due. What the disk refuses is tried again; nothing ends the loop."""
        try:
            self._beat()
            now = self._monotonic()
            poke = self._backend.state.get("poke")
            poked = poke != self._poked
            self._poked = poke
            self._pace.note(self._backend.fingerprint(), now)
            if poked or (self._pace.is_due(now) and self._backend.needs_checkpoint()):
                self._checkpoint()
        except (StoreError, OSError):
            log.exception("checkpoint could not be tried; it is tried again in %s s", self._pace.retry)
            self._stopping.wait(self._pace.retry)

    def _beat(self) -> None:
        now = self._monotonic()
        if now - self._beat_at >= HEARTBEAT:
            self._beat_at = now
            self._backend.state.set(heartbeat=self._heartbeat(), runner=self._runner)

    def _checkpoint(self) -> None:
        started = self._monotonic()
        status = self._backend.checkpoint()
        ended = self._monotonic()
        complete = status.state in ("ok", "stopped")  # where a person must decide, trying again changes nothing
        self._pace.done(self._backend.fingerprint(), ended, ended - started, complete=complete)

    def _drain(self) -> None:
        try:
            if self._backend.needs_checkpoint():
                self._backend.checkpoint()
        except (StoreError, OSError):
            log.exception("the last checkpoint could not be tried; it will be made at the next start")
