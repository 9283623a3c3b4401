"""What bringing a workbook up to date costs as a whole: from the journal to a verified file, beside openpyxl.

python -m benchmarks.backend [--rows 10000 100000] [--rounds 3] [--many] [--quick]

Ours is the backend's checkpoint of 100 saved records, half of them new: what changed in the journal, the rewrite of
the sheet, lint, reading back, replacing the workbook, and noting what it holds now. openpyxl loads the same workbook,
appends 100 rows and saves it in place. CPU seconds of one process, medians; the ratio is openpyxl's by ours. The first
publication of all rows is told too.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.checkpoint import LEAST_RATIO, LEAST_RATIO_OF_MANY, MANY_SHEETS
from benchmarks.data import BenchmarkRow, benchmark_rows
from benchmarks.records import expenses, now, texts_of
from schemas.catalogue import Catalogue
from schemas.record import LIVE
from schemas.template import Template
from sheets_adapter.contract import Put, WriteBatch, Written
from sheets_adapter.excel import ExcelBackend, WorkbookPlace
from sheets_adapter.journal import Journal
from sheets_adapter.record_tables import moment_text
from sheets_adapter.repository import Repository

CHANGED = 100
_FILLED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds at one size: `rows` in each of `sheets`, one of which changes."""

    rows: int
    sheets: int
    first: float
    ours: Sequence[float]
    openpyxl: float

    @property
    def ratio(self) -> float:
        """How many times cheaper ours is."""
        return self.openpyxl / statistics.median(self.ours)

    @property
    def is_kept(self) -> bool:
        """Whether the promise for this size is kept."""
        return self.ratio >= (LEAST_RATIO if self.sheets == 1 else LEAST_RATIO_OF_MANY)


class Bench:
    """A journal full of records, and the backend that keeps its workbook."""

    def __init__(self, folder: Path, rows: int, sheets: int) -> None:
        self.workbook = folder / "portal.xlsx"
        self.rows = rows
        templates = [_numbered(expenses(), number) for number in range(sheets)]
        self.journal = Journal(folder / "P1.journal", clock=now)
        ids = itertools.count(1)
        catalogue, new_id = Catalogue(tuple(templates)), lambda: f"new{next(ids)}"
        repository = Repository(self.journal, catalogue, clock=now, new_id=new_id)
        place = WorkbookPlace(self.workbook, folder, "P1")
        self.backend = ExcelBackend(
            place, self.journal, repository, catalogue, clock=now, new_id=new_id, explanation=["说明"]
        )
        self._next = itertools.count(rows + 1, CHANGED)
        for template in templates:
            for start in range(1, rows + 1, _FILLED_AT_ONCE):
                self._write(template.key, start, min(_FILLED_AT_ONCE, rows + 1 - start), seed=start)

    def close(self) -> None:
        """Lets go of the files."""
        self.backend.close()
        self.journal.close()

    def change(self) -> None:
        """Half of the changes are new records, half are edits all over the sheet."""
        start = next(self._next)
        self._write("expenses0", start, CHANGED // 2, seed=start)
        step = max(self.rows // (CHANGED // 2), 1)
        for number in range(1, self.rows + 1, step):
            self._write("expenses0", number, 1, seed=start)

    def checkpoint(self) -> None:
        """Raises AssertionError unless everything is in the workbook."""
        status = self.backend.checkpoint()
        assert (status.state, status.pending) == ("ok", 0), status

    def openpyxl_save(self) -> None:
        """What is usually done: load, append, save in place; on a copy."""
        from openpyxl import load_workbook

        copy = self.workbook.with_name("copy.xlsx")
        copy.write_bytes(self.workbook.read_bytes())
        book = load_workbook(copy)
        for row in benchmark_rows(CHANGED, seed=3):
            book["采购登记0"].append(row)
        book.save(copy)

    def _write(self, table: str, start: int, count: int, *, seed: int) -> None:
        at = now()
        puts = tuple(_put(table, row, at) for row in benchmark_rows(count, seed=seed, start=start))
        answer = self.journal.write(WriteBatch(puts, "S001 张三", at))
        assert isinstance(answer, Written)


def _put(table: str, row: BenchmarkRow, at: datetime) -> Put:
    system = {"status": LIVE, "created_at": moment_text(at), "created_by": "S001 张三", "updated_at": moment_text(at)}
    values = {key: text for key, text in {**texts_of(row), **system}.items() if text}
    return Put(table, f"old{values['no']}", values, "edit")


def _numbered(template: Template, number: int) -> Template:
    own = {
        "key": f"expenses{number}",
        "label": {"zh": f"采购登记{number}", "en": f"Purchases {number}"},
        "sheet": f"采购登记{number}",
    }
    return Template.model_validate({**template.model_dump(by_alias=True), **own})


def _cpu(action: Callable[[], None]) -> float:
    begin = time.process_time()
    action()
    return time.process_time() - begin


def measure(folder: Path, rows: int, rounds: int, sheets: int = 1) -> Costs:
    """Our rounds, and one of openpyxl's: it takes half a minute."""
    bench = Bench(folder, rows, sheets)
    first = _cpu(bench.checkpoint)
    ours = []
    for _ in range(rounds + 1):
        bench.change()
        ours.append(_cpu(bench.checkpoint))
    openpyxl = _cpu(bench.openpyxl_save)
    bench.close()
    return Costs(rows, sheets, first, ours[1:], openpyxl)


def main() -> int:
    """Prints the table; 1 when a ratio is below the promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", action="store_true", help=f"also one of {MANY_SHEETS} sheets of 10,000 rows each")
    parser.add_argument("--quick", action="store_true", help="10,000 rows, one round")
    asked = parser.parse_args()
    rows, rounds = ([10_000], 1) if asked.quick else (asked.rows, asked.rounds)
    sizes = [(one, 1) for one in rows] + ([(10_000, MANY_SHEETS)] if asked.many else [])
    print(f"{CHANGED} records changed of one sheet; CPU seconds, medians")
    print(f"{'sheets x rows':>13} {'first':>7} {'ours':>7} {'openpyxl':>9} {'ratio':>7}")
    all_kept = True
    for size, sheets in sizes:
        with tempfile.TemporaryDirectory() as folder:
            costs = measure(Path(folder), size, rounds, sheets)
        all_kept = all_kept and costs.is_kept
        print(
            f"{f'{sheets} x {size:,}':>13} {costs.first:>7.1f} {statistics.median(costs.ours):>7.3f} "
            f"{costs.openpyxl:>9.1f} {costs.ratio:>6.1f}x",
            flush=True,
        )
    return int(not all_kept)


if __name__ == "__main__":
    raise SystemExit(main())
