"""The checkpointer process: started, poked, killed, restarted, drained."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import yaml

from sheets_adapter.checkpointer_handle import CheckpointerCommand, CheckpointerHandle, Fallback, thread_fallback
from tests.sheets_adapter.workbook_samples import CUSTOMERS, STAFF, Office, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "templates"
    folder.mkdir()
    for template in (STAFF, CUSTOMERS):
        data = template.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        (folder / f"{template.key}.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    office = Office(tmp_path)
    yield office
    office.close()


def command(office: Office) -> CheckpointerCommand:
    return CheckpointerCommand(
        office.workbook, office.state_dir, office.portal_id, [office.folder / "templates"], [ROOT / "forms" / "locales"]
    )


def no_fallback() -> Fallback:
    raise AssertionError("the process was not expected to die")


def start(office: Office, fallback: Callable[[], Fallback] = no_fallback) -> CheckpointerHandle:
    return CheckpointerHandle.start(command(office), log_path=office.state_dir / "checkpointer.log", fallback=fallback)


def titles(office: Office) -> list[str]:
    return openpyxl.load_workbook(office.workbook).sheetnames


def names(office: Office) -> list[str]:
    rows = openpyxl.load_workbook(office.workbook)["客户信息"].iter_rows(min_row=2, values_only=True)
    return [str(row[1]) for row in rows]


def test_the_process_writes_what_is_saved_and_drains_when_the_portal_closes(office: Office) -> None:
    office.save("r1", {"name": "金凤祥"})
    handle = start(office)
    wait_until(lambda: office.state.row_of("customers", "r1") is not None, "the first record in the workbook")
    assert office.backend.status().runner == "process"
    office.save("r2", {"name": "老庙"})
    handle.close()
    assert names(office) == ["金凤祥", "老庙"]
    assert openpyxl.load_workbook(office.workbook)["说明"]["A1"].value == "本工作簿的用法"


def test_the_process_ends_when_the_portal_is_killed(office: Office, tmp_path: Path) -> None:
    office.save("r1", {"name": "金凤祥"})
    script = tmp_path / "portal.py"
    script.write_text(
        "import subprocess, sys\n"
        f"child = subprocess.Popen({command(office).line()!r}, stdin=subprocess.PIPE, cwd={str(ROOT)!r})\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n",
        encoding="utf-8",
    )
    portal = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert portal.stdout is not None
    child = int(portal.stdout.readline())
    wait_until(lambda: office.state.row_of("customers", "r1") is not None, "the record in the workbook")
    office.save("r2", {"name": "老庙"})
    portal.kill()
    portal.wait()
    portal.stdout.close()
    wait_until(lambda: not is_running(child), "the checkpointer's end")
    assert names(office) == ["金凤祥", "老庙"]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_killed_process_is_started_again(office: Office) -> None:
    handle = start(office)
    wait_until(lambda: office.backend.status().runner == "process", "the process at work")
    first = handle.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: handle.pid not in (None, first), "another process")
    office.save("r1", {"name": "金凤祥"})
    handle.poke()
    wait_until(lambda: office.state.row_of("customers", "r1") is not None, "the record in the workbook")
    handle.close()


def test_after_three_deaths_in_a_minute_a_thread_does_the_work_and_the_status_says_so(office: Office) -> None:
    asked = threading.Event()

    def fallback() -> Fallback:
        asked.set()
        return thread_fallback(
            lambda: office.backend, office.state_dir, office.portal_id, lambda: office.clock().isoformat()
        )

    handle = CheckpointerHandle.start(
        [sys.executable, "-c", "raise SystemExit(3)"], log_path=office.state_dir / "log", fallback=fallback
    )
    assert asked.wait(30)
    office.save("r1", {"name": "金凤祥"})
    wait_until(lambda: office.state.row_of("customers", "r1") is not None, "the record in the workbook")
    assert office.backend.status().runner == "thread"
    assert handle.pid is None
    handle.close()


def test_two_handles_do_no_harm(office: Office) -> None:
    first, second = start(office), start(office)
    for number in range(5):
        office.save(f"r{number}", {"name": f"客户{number}"})
    second.poke()
    wait_until(lambda: office.backend.status().pending == 0 and office.workbook.exists(), "everything in the workbook")
    first.close()
    office.save("r9", {"name": "之后"})
    second.close()
    assert set(names(office)) == {"客户0", "客户1", "客户2", "客户3", "客户4", "之后"}
    assert len(names(office)) == 6


def test_changed_forms_are_taken_up_without_a_restart(office: Office) -> None:
    handle = start(office)
    office.save("r1", {"name": "金凤祥"})
    handle.poke()
    wait_until(lambda: office.workbook.exists() and "客户信息" in titles(office), "the customers' sheet")
    path = office.folder / "templates" / "customers.yaml"
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    form["fields"].append({"key": "region", "type": "text", "label": {"zh": "区域", "en": "Region"}})
    path.write_text(yaml.safe_dump(form, allow_unicode=True), encoding="utf-8")
    handle.reload()
    handle.poke()

    def header() -> list[object]:
        return [cell.value for cell in openpyxl.load_workbook(office.workbook)["客户信息"][1]]

    wait_until(lambda: "区域" in header(), "the new column")
    handle.close()


def test_the_process_loads_neither_streamlit_nor_pandas() -> None:
    code = (
        "import sys, sheets_adapter.checkpointer\n"
        "print([name for name in ('streamlit', 'pandas', 'numpy', 'openpyxl') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
