"""What memory a portal takes that holds many records of one form: its server, its checkpointer, its first publication.

python -m benchmarks.memory [--records 250000] [--quick]

A server answers pages of the list, searched, filtered and sorted, while another process saves records, which its
checkpointer brings into the workbook. Peak resident megabytes of each process (Linux).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.lists import PAGE, portal_with_list
from benchmarks.portal_folder import PortalFolder
from benchmarks.records import submissions
from benchmarks.streamlit_client import ROOT, Client, Server
from benchmarks.submit import submitted
from services.app import load_config, open_app

TARGET_MB = 600
PAGES = 10
MOST_SECONDS = 600
"""The checkpointer gets so long for what was saved."""


def peak_mb(pid: int) -> int:
    """The most memory the process ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def children_of(pid: int) -> list[int]:
    """Processes the process started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def first_publication_mb(portal: PortalFolder) -> int:
    """Peak of a process that writes all records into the workbook for the first time."""
    command = [sys.executable, "-m", "benchmarks.memory", "--publish"]
    done = subprocess.run(command, cwd=ROOT, env=portal.environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


def publish() -> int:
    """What the process above does: brings the workbook of the portal in the environment up to date."""
    app = open_app(load_config(os.environ, {}), start_checkpointer=False)
    app.sync.fold_now()
    status = app.sync.status()
    assert not status.pending, status
    app.close()
    return peak_mb(os.getpid())


def serving_mb(portal: PortalFolder) -> tuple[int, int]:
    """Peaks of a server and of its checkpointer."""
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    server = Server(ROOT / "portal.py", portal.environment)
    try:
        server.wait_until_healthy()
        client = Client(server, query=urlencode(PAGE), cookie=portal.cookie, page="records")
        for submission in submissions(PAGES, seed=77):
            client.run()
            submitted(app.repository, submission)
        deadline = time.monotonic() + MOST_SECONDS
        while app.sync.status().pending:
            if time.monotonic() > deadline:
                raise TimeoutError("the checkpointer did not come after")
            time.sleep(1)
        checkpointer = max((peak_mb(child) for child in children_of(server.process.pid)), default=0)
        serving = peak_mb(server.process.pid)
        client.close()
        return serving, checkpointer
    finally:
        server.stop()
        app.close()


def main() -> int:
    """Prints the table; 1 when the server takes more than promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=250_000)
    parser.add_argument("--quick", action="store_true", help="20,000 records")
    parser.add_argument("--publish", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.publish:
        print(publish())
        return 0
    records = 20_000 if asked.quick else asked.records
    with tempfile.TemporaryDirectory() as name:
        portal = portal_with_list(Path(name), records)
        first = first_publication_mb(portal)
        serving, checkpointer = serving_mb(portal)
    print(f"{records:,} records of one form; peak resident megabytes")
    print(f"{'the server, with pages of the list':<45} {serving:>6}  (target {TARGET_MB})")
    print(f"{'its checkpointer, a few records changed':<45} {checkpointer:>6}")
    print(f"{'the first publication of all of them':<45} {first:>6}")
    return int(serving > TARGET_MB)


if __name__ == "__main__":
    raise SystemExit(main())
