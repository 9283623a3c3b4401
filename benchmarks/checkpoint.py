"""What bringing a workbook up to date costs: our verified rewrite of one sheet beside openpyxl's load and save.

python -m benchmarks.checkpoint [--rows 10000 100000] [--rounds 5] [--many] [--quick]

Ours is everything a checkpoint does to the file: read, edit, write and fsync a temporary file, lint it, read the
written rows back, replace the workbook. openpyxl only loads, appends and saves in place. Medians of rounds taken in
turn, in one process; the ratio is openpyxl's median by ours.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import HEADERS, NUMBER_FORMATS, BenchmarkRow, benchmark_rows
from schemas.field_types.base import CellValue
from sheets_adapter.xlsx import SheetEdit, Workbook, is_same_value
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.publish import publish, signature

SHEET = "登记"
PENDING = 100
LEAST_RATIO = 15
MANY_SHEETS, LEAST_RATIO_OF_MANY = 25, 200
LARGE = 50_000
"""From here on openpyxl has one round: it takes half a minute at 100,000 rows."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds a round at one size: `rows` in each of `sheets`, one of which changes."""

    rows: int
    sheets: int
    megabytes: float
    ours: Sequence[float]
    openpyxl: Sequence[float]

    @property
    def ratio(self) -> float:
        """How many times faster ours is, by medians."""
        return statistics.median(self.openpyxl) / statistics.median(self.ours)

    @property
    def is_kept(self) -> bool:
        """Whether the promise for this size is kept."""
        return self.ratio >= (LEAST_RATIO if self.sheets == 1 else LEAST_RATIO_OF_MANY)


def write_workbook(path: Path, rows: int, sheets: int = 1) -> None:
    """The table as openpyxl writes it, with formats and a filter, in each of `sheets`."""
    from openpyxl import Workbook as Book
    from openpyxl.cell import WriteOnlyCell

    book = Book(write_only=True)
    for number in range(sheets):
        sheet = book.create_sheet(SHEET if number == 0 else f"{SHEET}{number}")
        sheet.append(HEADERS)
        for row in benchmark_rows(rows, seed=number):
            cells = [WriteOnlyCell(sheet, value) for value in row]
            for cell, code in zip(cells, NUMBER_FORMATS, strict=True):
                cell.number_format = code or "General"
            sheet.append(cells)
        sheet.auto_filter.ref = f"A1:L{rows + 1}"
    book.save(path)


def checkpoint(path: Path, new: Sequence[BenchmarkRow], last: int) -> None:
    """One checkpoint: half of `new` is appended, half replaces rows spread over the sheet down to `last`."""
    expected = signature(path)
    workbook = Workbook.open(path.read_bytes())
    half = len(new) // 2
    changed: dict[int, Mapping[int, CellValue]] = {}
    for at, row in enumerate(new[:half]):
        changed[2 + at * (last - 2) // half] = dict(enumerate(row))
    edit = SheetEdit(1, updates=changed, appends=[dict(enumerate(row)) for row in new[half:]])
    first = workbook.edit(SHEET, edit).first_appended_row
    written = changed | {first + at: record for at, record in enumerate(edit.appends)}

    def verify(package: Package) -> None:
        read = Workbook(package).read_rows(SHEET, written)
        for row, record in written.items():
            if not all(is_same_value(value, read[row].get(column, "")) for column, value in record.items()):
                raise ValueError(f"row {row} reads back differently")

    data, before = workbook.to_bytes(), workbook.package_as_read()
    publish(path, data, expected=expected, verify=verify, changed=workbook.changed_parts, before=before)


def openpyxl_save(path: Path, new: Sequence[BenchmarkRow], _last: int) -> None:
    """What is usually done: load, append, save in place."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    sheet = book[SHEET]
    for row in new:
        sheet.append(row)
    book.save(path)


def measure(folder: Path, rows: int, rounds: int, sheets: int = 1) -> Times:
    """Rounds taken in turn, each way on its own copy."""
    ours, theirs = folder / f"ours-{rows}-{sheets}.xlsx", folder / f"openpyxl-{rows}-{sheets}.xlsx"
    write_workbook(ours, rows, sheets)
    theirs.write_bytes(ours.read_bytes())
    megabytes = ours.stat().st_size / 1e6
    checkpoint(ours, list(benchmark_rows(PENDING, seed=1, start=rows + 1)), rows)  # imports and caches
    our_times, their_times = [], []
    for number in range(rounds):
        our_times.append(_timed(checkpoint, ours, rows, number))
        if number == 0 or rows * sheets < LARGE:
            their_times.append(_timed(openpyxl_save, theirs, rows, number))
    return Times(rows, sheets, megabytes, our_times, their_times)


def _timed(action: Callable[[Path, Sequence[BenchmarkRow], int], None], path: Path, rows: int, number: int) -> float:
    new = list(benchmark_rows(PENDING, seed=number + 2, start=rows + 1 + PENDING * (number + 1)))
    begin = time.perf_counter()
    action(path, new, rows)
    return time.perf_counter() - begin


def main() -> int:
    """Prints the table; 1 when a ratio is below the promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", action="store_true", help=f"also one of {MANY_SHEETS} sheets of 10,000 rows each")
    parser.add_argument("--quick", action="store_true", help="10,000 rows, one round")
    asked = parser.parse_args()
    rows, rounds = ([10_000], 1) if asked.quick else (asked.rows, asked.rounds)
    sizes = [(one, 1) for one in rows] + ([(10_000, MANY_SHEETS)] if asked.many else [])
    print(f"{PENDING} changed rows of one sheet, {len(HEADERS)} columns; medians in seconds")
    print(f"{'sheets x rows':>13} {'MB':>6} {'ours':>8} {'worst':>8} {'openpyxl':>9} {'ratio':>7}")
    all_kept = True
    with tempfile.TemporaryDirectory() as folder:
        for size, sheets in sizes:
            times = measure(Path(folder), size, rounds, sheets)
            all_kept = all_kept and times.is_kept
            print(
                f"{f'{sheets} x {size:,}':>13} {times.megabytes:>6.1f} {statistics.median(times.ours):>8.3f} "
                f"{max(times.ours):>8.3f} {statistics.median(times.openpyxl):>9.2f} {times.ratio:>6.1f}x"
            )
    return int(not all_kept)


if __name__ == "__main__":
    raise SystemExit(main())
