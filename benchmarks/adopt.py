"""Taking in a workbook people kept before, with every row validated, and writing all records out, beside openpyxl.

python -m benchmarks.adopt [--rows 10000 100000] [--rounds 3] [--quick]

Import reads a workbook openpyxl wrote, validates every row and has it in the durable journal. Its first checkpoint then
gives all rows their numbers and system columns in people's own sheet. Edited: another program changed one cell in each
row; merged is the time until the journal has them. New workbook is the first publication of as many records of the
journal. Everything written is verified, as always. openpyxl only reads all values, or loads and saves, or writes.
CPU seconds of one process, medians of rounds in folders of their own; wall seconds beside ours, with the disk's share.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.backend import Bench
from benchmarks.checkpoint import SHEET, write_workbook
from benchmarks.records import expenses, now
from schemas.catalogue import Catalogue
from schemas.template import Template
from sheets_adapter.contract import Query
from sheets_adapter.excel import ExcelBackend, WorkbookPlace
from sheets_adapter.journal import Journal
from sheets_adapter.repository import Repository
from sheets_adapter.sync_state import SyncStatus

MOST_SECONDS: Mapping[str, float] = {"import": 6.0, "merge edits": 6.0}
"""Wall seconds per 100,000 rows, as promised."""
_NOTE_COLUMN = 12


@dataclass(frozen=True, slots=True)
class Taken:
    """CPU and wall seconds of one piece of work."""

    cpu: float
    wall: float


Round = Mapping[str, Taken]


def timed(action: Callable[[], object]) -> Taken:
    """What the action takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return Taken(time.process_time() - cpu, time.perf_counter() - wall)


class Adoption:
    """A portal that is given a workbook somebody kept before."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.workbook = folder / "portal.xlsx"
        self.rows = rows
        write_workbook(self.workbook, rows)
        template = Template.model_validate({**expenses().model_dump(by_alias=True), "sheet": SHEET})
        catalogue, ids = Catalogue((template,)), itertools.count(1)
        self.journal = Journal(folder / "P1.journal", clock=now)
        repository = Repository(self.journal, catalogue, clock=now, new_id=lambda: f"new{next(ids):023}")
        self.backend = ExcelBackend(
            WorkbookPlace(self.workbook, folder, "P1"), self.journal, repository, catalogue,
            clock=now, new_id=lambda: f"new{next(ids):023}", explanation=["说明"],
        )  # fmt: skip
        self.backend.state.set(adopt="yes")

    def close(self) -> None:
        """Lets go of the files."""
        self.backend.close()
        self.journal.close()

    def take_in(self) -> None:
        """Raises AssertionError unless every row is a record afterwards."""
        self._require_well(self.backend.sync_in())
        stored = self.journal.query(Query("expenses", limit=1)).total
        assert stored == self.rows, f"{stored} of {self.rows} rows taken in"

    def checkpoint(self) -> None:
        """Raises AssertionError unless the workbook shows everything afterwards."""
        status = self.backend.checkpoint()
        self._require_well(status)
        assert not status.pending, f"{status.pending} rows wait"

    def edit_every_row(self) -> None:
        """What somebody does to the file with another program."""
        from openpyxl import load_workbook

        book = load_workbook(self.workbook)
        for row in range(2, self.rows + 2):
            book[SHEET].cell(row, _NOTE_COLUMN).value = f"已核对 {row}"
        book.save(self.workbook)

    def require_edited(self) -> None:
        """Raises AssertionError unless the journal has the last row's edit."""
        last = self.journal.query(Query("expenses", sort=(("no", True),), limit=1)).rows[0]
        assert last.values["note"] == f"已核对 {self.rows + 1}", last.values["note"]

    def _require_well(self, status: SyncStatus) -> None:
        assert (status.state, status.conflicts, status.findings) == ("ok", 0, 0), status


def openpyxl_read(path: Path) -> None:
    """Loads the workbook and looks at every value."""
    from openpyxl import load_workbook

    for row in load_workbook(path)[SHEET].iter_rows(values_only=True):
        any(row)


def openpyxl_save(path: Path) -> None:
    """Loads the workbook, changes one cell in each row and saves it in place."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    for row in book[SHEET].iter_rows(min_row=2):
        row[-1].value = "已核对"
    book.save(path)


def measure(rows: int) -> Iterator[tuple[str, Taken]]:
    """One round in folders of its own."""
    with tempfile.TemporaryDirectory() as name:
        adoption = Adoption(Path(name), rows)
        copy = Path(name) / "copy.xlsx"
        copy.write_bytes(adoption.workbook.read_bytes())
        yield "import", timed(adoption.take_in)
        yield "its checkpoint", timed(adoption.checkpoint)
        adoption.edit_every_row()
        yield "merge edits", timed(adoption.take_in)
        adoption.require_edited()
        adoption.close()
        yield "openpyxl read", timed(lambda: openpyxl_read(copy))
        yield "openpyxl load+save", timed(lambda: openpyxl_save(copy))
        yield "openpyxl write", timed(lambda: write_workbook(copy, rows))
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), rows, 1)
        yield "new workbook", timed(bench.checkpoint)
        bench.close()


BASELINES: Mapping[str, Sequence[str]] = {
    "import": ("openpyxl read",),
    "its checkpoint": ("openpyxl load+save",),
    "merge edits": ("openpyxl read",),
    "new workbook": ("openpyxl read", "openpyxl write"),
}
"""Ours → what openpyxl does at the same place: it validates, journals and verifies nothing but what it reads again."""


def report(rows: int, rounds: Sequence[Round]) -> bool:
    """Prints the lines of one size; whether the promises are kept."""
    cpu = {name: statistics.median(one[name].cpu for one in rounds) for name in rounds[0]}
    wall = {name: statistics.median(one[name].wall for one in rounds) for name in rounds[0]}
    all_kept = True
    for name, baseline in BASELINES.items():
        theirs = sum(cpu[one] for one in baseline)
        most = MOST_SECONDS.get(name, 0) * max(rows, 10_000) / 100_000
        kept = not most or wall[name] <= most
        all_kept = all_kept and kept
        target = f"{most:.1f}{'' if kept else ' missed'}" if most else ""
        print(
            f"{rows:>8,} {name:<15} {cpu[name]:>7.2f} {wall[name]:>7.2f} {target:>12}  {theirs:>8.2f} "
            f"{theirs / cpu[name]:>6.2f}x  {' + '.join(baseline)}",
            flush=True,
        )
    return all_kept


def main() -> int:
    """Prints the table; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="10,000 rows, one round")
    asked = parser.parse_args()
    sizes, rounds = ([10_000], 1) if asked.quick else (asked.rows, asked.rounds)
    print("12 columns; CPU and wall seconds, medians; the ratio is openpyxl's CPU by ours")
    print(f"{'rows':>8} {'ours':<15} {'cpu':>7} {'wall':>7} {'target wall':>12}  {'openpyxl':>8} {'ratio':>7}")
    kept = [report(rows, [dict(measure(rows)) for _ in range(rounds)]) for rows in sizes]
    return int(not all(kept))


if __name__ == "__main__":
    raise SystemExit(main())
