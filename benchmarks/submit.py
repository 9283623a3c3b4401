"""What a submit costs: the repository's durable submit beside a bare fsynced SQLite insert, in one run.

python -m benchmarks.submit [--quick]

Prints medians, the difference, whether the cost stays flat as the table grows, commits per submit, and how many
records a second 50 people get through at once.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import benchmark_rows
from benchmarks.records import ACTOR, KEYS, filled_repository, submissions, texts_of
from schemas.record import Saved, Submission
from sheets_adapter.contract import Query
from sheets_adapter.repository import Repository
from sheets_adapter.sqlite_files import ConnectionPool, open_sqlite

SIZES = (1_000, 10_000, 100_000)
PEOPLE = 50
MOST_ADDED_MS = 1.2
MOST_GROWTH = 1.3
LEAST_PER_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds at one table size."""

    rows: int
    bare: Sequence[float]
    ours: Sequence[float]
    commits: int

    @property
    def added(self) -> float:
        """What the repository's median adds to the bare insert's."""
        return statistics.median(self.ours) - statistics.median(self.bare)


class CommitCounter:
    """Counts COMMIT statements of all connections opened while it is active."""

    def __init__(self) -> None:
        self.count = 0
        self._open = ConnectionPool.open

    def __enter__(self) -> CommitCounter:
        def traced(pool: ConnectionPool) -> sqlite3.Connection:
            db = self._open(pool)
            db.set_trace_callback(self._note)
            return db

        ConnectionPool.open = traced  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        ConnectionPool.open = self._open  # type: ignore[method-assign]

    def _note(self, statement: str) -> None:
        self.count += statement == "COMMIT"


class BareTable:
    """The least a durable insert can be: one table, one unique index, one commit."""

    def __init__(self, path: Path, rows: int) -> None:
        self._db = open_sqlite(path, format_version=0)
        self._db.execute(f"CREATE TABLE expenses({', '.join(KEYS)})")
        self._db.execute("CREATE UNIQUE INDEX expenses_no ON expenses(no)")
        self._insert_sql = f"INSERT INTO expenses VALUES({', '.join('?' * len(KEYS))})"
        self._db.execute("BEGIN")
        self._db.executemany(self._insert_sql, (tuple(texts_of(row).values()) for row in benchmark_rows(rows)))
        self._db.execute("COMMIT")

    def insert(self, texts: Sequence[str]) -> None:
        """One row, on the disk when it returns."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(self._insert_sql, texts)
        self._db.execute("COMMIT")


def timed(work: Callable[[], object]) -> float:
    """Milliseconds the work took."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def submitted(repository: Repository, submission: Submission) -> None:
    """Submits and insists that it was saved."""
    outcome = repository.submit(submission, ACTOR)
    if not isinstance(outcome, Saved):
        raise SystemExit(f"refused: {outcome}")


def measure(folder: Path, rows: int, rounds: int) -> Costs:
    """Bare and own inserts in turn, so that both meet the same moments of the machine."""
    with CommitCounter() as counter:
        repository = filled_repository(folder, rows)
        bare = BareTable(folder / f"{rows}.bare", rows)
        for submission in submissions(20, seed=90):
            submitted(repository, submission)
        before = counter.count
        bare_ms, ours_ms = [], []
        for submission in submissions(rounds, seed=91):
            texts = tuple(str(text) for text in submission.values.values())
            bare_ms.append(timed(lambda texts=texts: bare.insert(texts)))  # type: ignore[misc]
            ours_ms.append(timed(lambda one=submission: submitted(repository, one)))  # type: ignore[misc]
        commits = counter.count - before
    repository.store.close()
    return Costs(rows, bare_ms, ours_ms, commits)


def people_at_once(folder: Path, rows: int, each: int) -> float:
    """Records per second of 50 threads submitting as fast as they can; every one of them must be stored."""
    repository = filled_repository(folder, rows)
    before = repository.store.query(Query("expenses", limit=1)).total
    work = [list(submissions(each, seed=100 + person)) for person in range(PEOPLE)]
    ready = threading.Barrier(PEOPLE + 1)

    def person(mine: Sequence[Submission]) -> None:
        ready.wait()
        for submission in mine:
            submitted(repository, submission)

    threads = [threading.Thread(target=person, args=(mine,)) for mine in work]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    stored = repository.store.query(Query("expenses", limit=1)).total - before
    repository.store.close()
    if stored != PEOPLE * each:
        raise SystemExit(f"stored {stored} of {PEOPLE * each}")
    return PEOPLE * each / seconds


def percentile(times: Sequence[float], share: float) -> float:
    """The time that this share of all stays under."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, 1,000 and 10,000 rows only")
    quick = parser.parse_args().quick
    sizes, rounds, each = (SIZES[:2], 150, 10) if quick else (SIZES, 500, 40)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = [measure(folder, rows, rounds) for rows in sizes]
        rate = people_at_once(folder, sizes[-1] + 1, each)
    report(costs, rounds, rate)


def report(costs: Sequence[Costs], rounds: int, rate: float) -> None:
    """Prints the table, one line per size, and the targets."""
    print(f"{'rows':>8} {'bare p50':>9} {'ours p50':>9} {'ours p99':>9} {'added ms':>9} {'commits each':>13}")
    for one in costs:
        bare, ours = statistics.median(one.bare), statistics.median(one.ours)
        print(
            f"{one.rows:>8} {bare:>9.3f} {ours:>9.3f} {percentile(one.ours, 0.99):>9.2f} {one.added:>9.3f} "
            f"{one.commits / rounds:>13.2f}"
        )
    growth = statistics.median(costs[-1].ours) / statistics.median(costs[0].ours)
    print(f"added at most {max(one.added for one in costs):.2f} ms (target {MOST_ADDED_MS})")
    print(f"largest / smallest table {growth:.2f} (target {MOST_GROWTH})")
    print(f"{PEOPLE} people at once: {rate:.0f} records/s, none lost (target {LEAST_PER_SECOND})")


if __name__ == "__main__":
    main()
