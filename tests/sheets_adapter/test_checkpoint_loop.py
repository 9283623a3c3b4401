"""The checkpointer's rhythm, and its loop driving a real workbook."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sheets_adapter.checkpoint_loop import CheckpointLoop, Pace, election_lock
from tests.sheets_adapter.workbook_samples import Office


def test_a_checkpoint_is_due_two_seconds_after_the_last_change() -> None:
    pace = Pace()
    pace.note("a", 100.0)
    pace.note("b", 101.0)
    assert not pace.is_due(102.9)
    assert pace.is_due(103.0)


def test_under_constant_load_a_checkpoint_is_due_after_ten_seconds() -> None:
    pace = Pace()
    for second in range(10):
        pace.note(str(second), 100.0 + second)
        assert not pace.is_due(100.0 + second)
    pace.note("last", 110.0)
    assert pace.is_due(110.0)


def test_without_a_change_nothing_is_due() -> None:
    pace = Pace()
    pace.note("a", 0.0)
    pace.done("a", 3.0, 0.1, complete=True)
    pace.note("a", 1000.0)
    assert not pace.is_due(1000.0)


def test_a_checkpoint_of_four_seconds_is_followed_by_a_rest_of_twenty() -> None:
    pace = Pace()
    pace.note("a", 0.0)
    pace.done("a", 6.0, 4.0, complete=True)
    pace.note("b", 7.0)
    assert not pace.is_due(25.9)
    assert pace.is_due(26.0)


def test_what_had_to_wait_is_tried_again_after_ten_seconds() -> None:
    pace = Pace()
    pace.note("a", 0.0)
    pace.done("a", 2.0, 0.1, complete=False)
    pace.note("a", 11.9)
    assert not pace.is_due(11.9)
    assert pace.is_due(12.0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


class Watched:
    """A backend that tells when a checkpoint ended."""

    def __init__(self, office: Office) -> None:
        self._backend = office.backend
        self.state = office.state
        self.needs_checkpoint = office.backend.needs_checkpoint
        self.fingerprint = office.backend.fingerprint
        self.ended = threading.Semaphore(0)

    def checkpoint(self):  # type: ignore[no-untyped-def]
        status = self._backend.checkpoint()
        self.ended.release()
        return status


def started(office: Office, backend: Watched) -> tuple[CheckpointLoop, threading.Thread]:
    pace = Pace(quiet=0.05, latest=0.2, retry=0.1)
    loop = CheckpointLoop(
        backend, election_lock(office.state_dir, "P1"), heartbeat=lambda: office.clock().isoformat(),
        runner="thread", pace=pace, tick=0.02,
    )  # fmt: skip
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    return loop, thread


def test_the_loop_writes_what_is_saved_and_drains_when_it_is_stopped(office: Office) -> None:
    backend = Watched(office)
    office.save("r1", {"name": "金凤祥"})
    loop, thread = started(office, backend)
    assert backend.ended.acquire(timeout=20)
    office.save("r2", {"name": "老庙"})
    loop.stop()
    thread.join(20)
    assert set(office.by_id()) == {"r1", "r2"}
    status = office.backend.status()
    assert (status.runner, status.pending) == ("thread", 0)
    assert status.alive is not None


def test_of_two_loops_one_works_and_the_other_takes_over(office: Office) -> None:
    first, second = Watched(office), Watched(office)
    loop_one, thread_one = started(office, first)
    assert first.ended.acquire(timeout=20)
    loop_two, thread_two = started(office, second)
    office.save("r1", {"name": "金凤祥"})
    assert first.ended.acquire(timeout=20)
    assert not second.ended.acquire(blocking=False)
    loop_one.stop()
    thread_one.join(20)
    office.save("r2", {"name": "老庙"})
    loop_two.poke()
    assert second.ended.acquire(timeout=20)
    loop_two.stop()
    thread_two.join(20)
    assert set(office.by_id()) == {"r1", "r2"}


def test_a_loop_outlives_a_journal_that_cannot_be_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Watched(office)
    failed = threading.Semaphore(0)
    works = backend.fingerprint

    def broken() -> str:
        failed.release()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(backend, "fingerprint", broken)
    loop, thread = started(office, backend)
    assert failed.acquire(timeout=20)
    monkeypatch.setattr(backend, "fingerprint", works)
    office.save("r1", {"name": "金凤祥"})
    assert backend.ended.acquire(timeout=20)
    loop.stop()
    thread.join(20)
    assert set(office.by_id()) == {"r1"}
