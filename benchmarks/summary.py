"""Every report of an opened portal with 100,000 orders and deals: at first, and again after one more deal was saved.

    .venv/bin/python -m benchmarks.summary [--rows 50000] [--rounds 3]

`rows` orders and as many deals lie in a real journal; one more deal is written each time, then each report is asked
as a page asks for it; taking the deal up counts too. Target after one more record: 0.3 s.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.reports import AS_OF, MORE, Row, company
from services.app import App, load_config, open_app
from services.reports import Question, report_names
from sheets_adapter.contract import Put, WriteBatch

AT_ONCE = 5_000
MONTH = "2026-10"


def fill(app: App, rows: Mapping[str, Sequence[Row]]) -> None:
    """Puts the records into the journal."""
    assert app.repository
    for table, records in rows.items():
        for start in range(0, len(records), AT_ONCE):
            write(app, table, records[start : start + AT_ONCE])


def write(app: App, table: str, records: Sequence[Row]) -> None:
    """Some records in one commit."""
    own = "record_id"
    puts = tuple(Put(table, row[own], {k: v for k, v in row.items() if k != own}, "edit") for row in records)
    app.repository.store.write(WriteBatch(puts, "S001", app.clock()))


def seconds(app: App, report: str) -> tuple[float, float]:
    """Wall and CPU time of one report, of the lines a page shows first too."""
    start, began = time.perf_counter(), time.process_time()
    statement = app.report(Question(report, AS_OF, MONTH))
    _ = statement.lines[:50]
    return time.perf_counter() - start, time.process_time() - began


def main() -> None:
    """Prints the medians."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=50_000)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = load_config({"PORTAL_STATE_DIR": f"{folder}/state", "PORTAL_WORKBOOK": f"{folder}/p.xlsx"}, {})
        Path(f"{folder}/state").mkdir()
        app = open_app(config, start_checkpointer=False)
        fill(app, company(asked.rows))
        first = {name: seconds(app, name) for name in report_names()}
        again: dict[str, list[tuple[float, float]]] = {name: [] for name in first}
        for at in range(asked.rounds):
            for name in first:
                write(app, "deal", [{"record_id": f"more{name}{at}", "status": "有效", **MORE["deal"]}])
                again[name].append(seconds(app, name))
        for name, taken in again.items():
            wall, cpu = (statistics.median(one[which] for one in taken) for which in (0, 1))
            print(f"{name:20} first {first[name][0]:7.3f} s   after one more deal {wall:7.3f} s   CPU {cpu:7.3f} s")
        app.close()


if __name__ == "__main__":
    main()
