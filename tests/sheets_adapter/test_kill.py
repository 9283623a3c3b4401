"""kill -9 at random moments: every acknowledged record is there exactly once, in the journal and in the workbook."""

from __future__ import annotations

import io
import multiprocessing
import random
import shutil
import threading
import zipfile
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import openpyxl
import pytest

from sheets_adapter.xlsx.lint import find_package_problems
from sheets_adapter.xlsx.sheet_edit import SheetEdit
from sheets_adapter.xlsx.workbook import Workbook
from tests.sheets_adapter.kill_processes import checkpoint, open_backend, open_journal, submit

ROUNDS = 30
ROOT = Path(__file__).resolve().parents[2]
NASTY = ROOT / "tests" / "data" / "nasty.xlsx"
OURS = {
    "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "docProps/app.xml",
}  # fmt: skip
# A fork of a process that has everything imported begins at once; where there is no fork, each imports anew.
PROCESSES = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else None
)
PROCESSES.set_forkserver_preload(["tests.sheets_adapter.kill_processes", "python_calamine", "isal.isal_zlib"])


@dataclass
class Acknowledged:
    """What the submitters printed before they were killed, and what the person typed into the workbook."""

    created: set[str] = field(default_factory=set)
    edited: set[str] = field(default_factory=set)
    typed: dict[str, str] = field(default_factory=dict)
    """Customer name → note, of rows typed by hand into the workbook."""

    def read(self, stream: Connection, began: threading.Semaphore) -> None:
        """Listens until the process is dead; what it was just saying then was not said."""
        while True:
            try:
                text = str(stream.recv())
            except (EOFError, OSError):
                return
            if text.startswith("+"):
                self.created.add(text[1:])
            elif text.startswith("!"):
                self.edited.add(text[1:])
            began.release()


def run_and_kill(folder: Path, number: int, told: Acknowledged, chance: random.Random) -> None:
    """Two submitters and a checkpointer, all killed at a random moment after they began to work."""
    work = [(submit, (folder, f"K{number}a")), (submit, (folder, f"K{number}b")), (checkpoint, (folder,))]
    processes, readers, began = [], [], []
    for target, arguments in work:
        hears, tells = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=target, args=(tells, *arguments))
        process.start()
        tells.close()
        began.append(threading.Semaphore(0))
        readers.append(threading.Thread(target=told.read, args=(hears, began[-1])))
        readers[-1].start()
        processes.append(process)
    for one in began:
        assert one.acquire(timeout=60), "a process did not begin to work"
    threading.Event().wait(chance.uniform(0.0, 0.5))
    for process in processes:
        process.kill()
    for process, reader in zip(processes, readers, strict=True):
        process.join()
        reader.join(30)


def type_into(folder: Path, number: int, told: Acknowledged) -> None:
    """A person adds a row to the workbook with another program, and writes a note into it the next time."""
    path = folder / "portal.xlsx"
    data = path.read_bytes()
    workbook = Workbook.open(data)
    rows = workbook.read("客户信息")
    header = [str(cell) for cell in rows.rows[0]]
    name = f"手工 {number}"
    updates = {}
    for at, row in enumerate(rows.rows[1:], 2):
        if row[header.index("客户名称")] == f"手工 {number - 5}":
            updates[at] = {header.index("备注"): f"补记 {number}"}
            told.typed[f"手工 {number - 5}"] = f"补记 {number}"
    workbook.edit(
        "客户信息", SheetEdit(1, updates, [{header.index("客户名称"): name}], columns=frozenset(range(len(header))))
    )
    temporary = folder / "saved-by-a-person.xlsx"
    temporary.write_bytes(workbook.to_bytes())
    temporary.replace(path)
    told.typed.setdefault(name, "")


def put_old_copy_back(folder: Path, copy: Path) -> None:
    if copy.exists():
        shutil.copyfile(copy, folder / "portal.xlsx")


def bring_up_to_date(folder: Path) -> None:
    backend = open_backend(folder)
    status = backend.checkpoint()
    assert (status.state, status.reason) == ("ok", ""), status
    backend.close()


def foreign_parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def check(folder: Path, told: Acknowledged, foreign: dict[str, bytes], known_problems: set[object]) -> None:
    """Journal and workbook hold every acknowledged record exactly once, and people's parts are untouched."""
    journal, _ = open_journal(folder)
    rows = journal.changed_rows("customers", 0)
    journal.close()
    numbers = [row.values["customer_id"] for row in rows if "customer_id" in row.values]
    assert len(numbers) == len(set(numbers))
    assert told.created <= set(numbers)
    data = (folder / "portal.xlsx").read_bytes()
    assert not set(find_package_problems(data)) - known_problems
    now = foreign_parts(data)
    assert {name for name, content in foreign.items() if now.get(name) != content} <= OURS
    sheet = Workbook.open(data).read("客户信息").rows
    header = [str(cell) for cell in sheet[0]]
    shown = [dict(zip(header, row, strict=False)) for row in sheet[1:]]
    ids = [row["记录编号"] for row in shown if row.get("记录编号")]
    assert len(ids) == len(set(ids)) == len(rows)
    by_number = {row["客户编号"]: row for row in shown if row.get("客户编号")}
    assert told.created <= by_number.keys()
    assert all(by_number[number]["备注"] == "改过" for number in told.edited)
    typed = [row for row in shown if str(row["客户名称"]).startswith("手工")]
    assert sorted(str(row["客户名称"]) for row in typed) == sorted(told.typed)
    assert {str(row["客户名称"]): row["备注"] for row in typed} == told.typed
    assert all(row["状态"] == "有效" for row in shown)


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_thirty_rounds_of_kills_hand_edits_and_old_copies_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    shutil.copy(NASTY, tmp_path / "portal.xlsx")
    foreign, known_problems = foreign_parts(NASTY.read_bytes()), set(find_package_problems(NASTY.read_bytes()))
    backend = open_backend(tmp_path)
    assert backend.adopt().state == "ok"
    backend.close()
    chance, told, copy = random.Random(20261121), Acknowledged(), tmp_path / "copy.xlsx"
    for number in range(1, ROUNDS + 1):
        run_and_kill(tmp_path, number, told, chance)
        if number % 5 == 2:
            type_into(tmp_path, number, told)
        if number % 10 == 4:
            shutil.copyfile(tmp_path / "portal.xlsx", copy)
        if number % 10 == 9:
            put_old_copy_back(tmp_path, copy)
        if number % 6 == 0:
            bring_up_to_date(tmp_path)
            check(tmp_path, told, foreign, known_problems)
    bring_up_to_date(tmp_path)
    check(tmp_path, told, foreign, known_problems)
    assert len(told.created) > 10 * ROUNDS
    assert openpyxl.load_workbook(tmp_path / "portal.xlsx")["客户信息"].max_row > 10 * ROUNDS
    assert not list(tmp_path.glob(".portal-*"))
