"""The journal keeps the store contract, and its own promises: files, processes, disks."""

from __future__ import annotations

import random
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE

import pytest

from sheets_adapter.commit_queue import CommitQueue
from sheets_adapter.contract import Column, Query, Store, StoreUnavailable, TableSpec, Written
from sheets_adapter.journal import Journal
from tests.sheets_adapter.conformance import StoreConformance
from tests.sheets_adapter.conformance_queries import filled as filled
from tests.sheets_adapter.store_samples import ITEMS, ORDERS, StandingClock, batch, ids, put, serial, written

ROOT = Path(__file__).parents[2]


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


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.journal"


@pytest.fixture
def journal(path: Path, clock: StandingClock) -> Iterator[Journal]:
    journal = Journal(path, clock=clock)
    journal.ensure_table(ORDERS)
    yield journal
    journal.close()


@contextmanager
def only_connection(journal: Journal) -> Iterator[sqlite3.Connection]:
    """The one connection an idle journal keeps, to be spoiled."""
    with journal._pool.lend() as db:
        yield db


def commits_traced(journal: Journal) -> list[str]:
    """A list that grows with each COMMIT of the journal's idle connection."""
    commits: list[str] = []
    with only_connection(journal) as db:
        db.set_trace_callback(lambda statement: commits.append(statement) if statement == "COMMIT" else None)
    return commits


# several processes


def test_a_table_and_a_column_made_by_another_process_are_known_at_once(journal: Journal, path: Path) -> None:
    other = Journal(path, clock=StandingClock())
    other.ensure_table(ITEMS)
    other.ensure_table(TableSpec("orders", (Column("colour"),)))
    written(other, put("r1", customer="甲", colour="红"))
    row = journal.get("orders", "r1")
    assert row is not None
    assert row.values == {"customer": "甲", "colour": "红"}
    assert written(journal, put("r1", "edit", customer="乙", colour="红")).rows[0].version == 2
    assert journal.tables() == other.tables()
    other.close()


def test_a_kind_changed_by_another_process_is_known_at_once(journal: Journal, path: Path) -> None:
    written(journal, put("r1", customer="9.50"), put("r2", customer="10.00"))
    other = Journal(path, clock=StandingClock())
    other.ensure_table(TableSpec("orders", (Column("customer", "money"),)))
    assert ids(journal, sort=(("customer", False),)) == ["r1", "r2"]
    row = journal.get("orders", "r1")
    assert row is not None
    assert row.values == {"customer": "9.50"}
    other.close()


def test_numbers_and_keys_are_shared_between_processes(journal: Journal, path: Path) -> None:
    other = Journal(path, clock=StandingClock())
    first = written(journal, put("r1", serials=(serial(),)), key="k1")
    assert other.write(batch(put("r2", serials=(serial(),)), key="k1")) == Written(1, first.rows, replayed=True)
    assert written(other, put("r2", serials=(serial(),))).rows[0].values["no"] == "PO002"
    assert journal.revision() == 2
    other.close()


def test_two_processes_may_make_the_file_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from sheets_adapter.contract import Column, TableSpec\n"
        "from sheets_adapter.journal import Journal\n"
        "sys.stdin.readline()\n"
        "journal = Journal(Path(sys.argv[1]), clock=lambda: datetime.now(UTC))\n"
        "journal.ensure_table(TableSpec('orders', (Column('no', indexed=True),)))\n"
        "print(sorted(journal.tables()))\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    processes = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in processes] == ["['orders']\n"] * 3


# commits


def test_a_write_is_exactly_one_commit(journal: Journal) -> None:
    commits = commits_traced(journal)
    written(journal, put("r1", customer="甲", serials=(serial(),), uniques=(("customer", "甲"),)), key="k1")
    assert len(commits) == 1


def test_a_replay_and_a_refusal_commit_nothing(journal: Journal) -> None:
    written(journal, put("r1", uniques=(("no", "a"),)), key="k1")
    commits = commits_traced(journal)
    journal.write(batch(put("r2"), key="k1"))
    journal.write(batch(put("r2", uniques=(("no", "a"),))))
    assert commits == []


def test_threads_that_wait_for_the_lock_share_a_commit(journal: Journal, path: Path) -> None:
    commits = commits_traced(journal)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(20) as threads:
        outcomes = [threads.submit(written, journal, put(f"r{number}", serials=(serial(),))) for number in range(20)]
        while len(journal._queue._waiting) < 19:
            threading.Event().wait(0.001)
        holder.execute("ROLLBACK")
        numbers = sorted(outcome.result().rows[0].values["no"] for outcome in outcomes)
    holder.close()
    assert numbers == [f"PO{number:03}" for number in range(1, 21)]
    assert len(commits) == 2


def test_a_faulty_batch_does_not_harm_the_ones_it_shares_a_commit_with(journal: Journal) -> None:
    good, bad, late = batch(put("r1", customer="甲")), batch(put("r2", colour="red")), batch(put("r3", customer="乙"))
    first, fault, last = journal._commit([good, bad, late])
    assert isinstance(fault, LookupError)
    assert isinstance(first, Written)
    assert isinstance(last, Written)
    assert (first.revision, last.revision, ids(journal)) == (1, 2, ["r1", "r3"])


def test_threads_waiting_for_a_commit_that_fails_all_learn_of_it(journal: Journal, path: Path) -> None:
    def fail(batches: object) -> list[Written]:
        raise StoreUnavailable("S001", path=str(path), reason="full")

    queue = CommitQueue(fail)
    with ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(queue.write, batch(put(f"r{number}"))) for number in range(8)]
    assert {getattr(outcome.exception(), "code", None) for outcome in outcomes} == {"S001"}


# what goes wrong with files


def test_a_full_disk_is_s001_and_nothing_is_lost_or_half_written(journal: Journal) -> None:
    written(journal, put("r1", customer="甲"))
    with only_connection(journal) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    large = [put(f"r{number}", customer="长文" * 2000) for number in range(2, 100)]
    with pytest.raises(StoreUnavailable) as caught:
        list(map(partial(written, journal), large))
    assert caught.value.code == "S001"
    with only_connection(journal) as db:
        db.execute("PRAGMA max_page_count = 1000000")
    before = journal.revision()
    assert len(ids(journal, limit=200)) == before
    written(journal, put("later", customer="乙"))
    assert journal.revision() == before + 1


def test_a_lock_held_too_long_is_s002(journal: Journal, path: Path) -> None:
    with only_connection(journal) as db:
        db.execute("PRAGMA busy_timeout = 20")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as caught:
        journal.write(batch(put("r1", customer="甲")))
    holder.execute("ROLLBACK")
    holder.close()
    assert caught.value.code == "S002"
    written(journal, put("r1", customer="甲"))


def test_reading_goes_on_while_somebody_writes(journal: Journal, path: Path) -> None:
    written(journal, put("r1", customer="甲"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert ids(journal) == ["r1"]
    holder.close()


@pytest.mark.parametrize(
    "content",
    [b"not a database, but a text that is long enough to have a header" * 40, b"PK\x03\x04" + b"\0" * 4096],
    ids=["text", "zip"],
)
def test_a_file_that_is_no_journal_is_s003_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as caught:
        Journal(path, clock=StandingClock())
    assert caught.value.code == "S003"
    assert path.read_bytes() == content


def test_a_journal_that_may_only_be_read_is_s004(journal: Journal) -> None:
    with only_connection(journal) as db:
        db.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreUnavailable) as caught:
        journal.write(batch(put("r1", customer="甲")))
    assert caught.value.code == "S004"
    assert ids(journal) == []


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_journal_deleted_or_replaced_while_open_is_s005_not_written_into_the_void(
    journal: Journal, path: Path, tmp_path: Path, *, replaced: bool
) -> None:
    if replaced:
        (tmp_path / "other").write_bytes(path.read_bytes())
        (tmp_path / "other").replace(path)
    else:
        path.unlink()
    for work in (lambda: journal.write(batch(put("r1", customer="甲"))), journal.revision, journal.connect):
        with pytest.raises(StoreUnavailable) as caught:
            work()
        assert caught.value.code == "S005"


def test_a_folder_in_the_journal_s_place_is_s005(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreUnavailable) as caught:
        Journal(path, clock=StandingClock())
    assert caught.value.code == "S005"


def test_a_state_folder_that_is_a_file_is_s005(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    with pytest.raises(StoreUnavailable) as caught:
        Journal(tmp_path / "state" / "portal.journal", clock=StandingClock())
    assert caught.value.code == "S005"


def test_a_journal_of_a_newer_version_is_s006_and_left_alone(journal: Journal, path: Path) -> None:
    with only_connection(journal) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnavailable) as caught:
        Journal(path, clock=StandingClock())
    assert caught.value.code == "S006"


def test_only_its_owner_can_read_the_journal(journal: Journal, path: Path) -> None:
    written(journal, put("r1", customer="甲"))
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}


# beside the rows


def test_texts_are_kept_under_a_name(journal: Journal, path: Path) -> None:
    assert journal.meta_get("portal_id") is None
    journal.meta_set("portal_id", "01J")
    journal.meta_set("portal_id", "01K")
    other = Journal(path, clock=StandingClock())
    assert other.meta_get("portal_id") == "01K"
    other.close()


def test_tables_of_others_live_in_the_same_file_and_do_not_count_as_revisions(journal: Journal) -> None:
    db = journal.connect()
    db.execute("CREATE TABLE sync_meta(key TEXT, value TEXT)")
    db.execute("INSERT INTO sync_meta VALUES('generation', '7')")
    db.close()
    assert journal.revision() == 0
    assert set(journal.tables()) == {"orders"}


def test_keys_older_than_90_days_are_removed(journal: Journal, path: Path, clock: StandingClock) -> None:
    written(journal, put("r1", customer="甲"), key="old")
    clock.pass_days(91)
    journal.write(batch(put("r2", customer="乙"), key="new", at=clock.now))
    db = sqlite3.connect(path)
    assert [key for (key,) in db.execute("SELECT key FROM keys")] == ["new"]
    db.close()


def test_many_threads_need_few_connections(journal: Journal) -> None:
    """A web server makes a thread for every click: connections are lent, not kept per thread."""
    for _ in range(50):
        thread = threading.Thread(target=journal.revision)
        thread.start()
        thread.join()
    assert len(journal._pool._idle) == 1


# kill -9

WRITER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from sheets_adapter.contract import Column, Put, SerialRequest, TableSpec, WriteBatch
from sheets_adapter.journal import Journal

journal = Journal(Path(sys.argv[1]), clock=lambda: datetime.now(UTC))
journal.ensure_table(TableSpec("orders", (Column("no", indexed=True), Column("customer"))))
number = 0
while True:
    number += 1
    name = f"{sys.argv[2]}-{number}"
    put = Put("orders", name, {"customer": name}, "create", "absent", serials=(SerialRequest("no", "PO", 6),))
    at = datetime.now(UTC)
    written = journal.write(WriteBatch((put,), "S001", at, key=name))
    print(name, written.rows[0].values["no"], flush=True)
"""


def test_every_acknowledged_row_is_there_exactly_once_after_kill_9(path: Path) -> None:
    chance = random.Random(11)
    acknowledged: dict[str, str] = {}
    for round_number in range(3):
        commands = [[sys.executable, "-c", WRITER, str(path), f"w{round_number}{name}"] for name in "ab"]
        writers = [subprocess.Popen(command, stdout=PIPE, text=True, cwd=ROOT) for command in commands]
        for writer in writers:
            assert writer.stdout is not None
            acknowledged.update([writer.stdout.readline().split()])  # both are at work before the first is killed
        for writer in writers:
            threading.Event().wait(chance.uniform(0.02, 0.15))
            writer.kill()
        for writer in writers:
            rest, _ = writer.communicate()
            acknowledged.update(line.split() for line in rest.splitlines() if line.count(" ") == 1)
    journal = Journal(path, clock=StandingClock())
    rows = {row.row_id: row.values["no"] for row in journal.query(Query("orders", limit=100_000)).rows}
    journal.close()
    assert len(acknowledged) > 8
    assert acknowledged.items() <= rows.items()
    assert len(set(rows.values())) == len(rows)
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
