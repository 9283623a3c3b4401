"""From starting the server to the first screen, beside a bare Streamlit app; target: at most 1.8 times as long.

A round starts both, one after the other, and waits until the first run of the script has been sent to the browser's
stand-in. The portal is set up and holds a workbook, and Python has its modules compiled, as on any morning: one start
of each goes before the rounds and is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.portal_folder import made_portal
from benchmarks.streamlit_client import ROOT, Client, Server

BARE = "import streamlit as st\nst.title('Hello')\nst.text_input('Name')\n"
TARGET = 1.8


def first_screen_s(script: Path, environment: dict[str, str]) -> float:
    """Seconds from starting the process to the end of the first run."""
    server = Server(script, environment)
    try:
        server.wait_until_healthy()
        client = Client(server)
        client.run()
        client.close()
        return time.perf_counter() - server.started
    finally:
        server.stop()


def main() -> None:
    """Prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="3 rounds instead of 9")
    rounds = 3 if arguments.parse_args().quick else 9
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        portal = made_portal(Path(folder) / "portal")
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environment = {**portal.environment, **compiled}
        for script in (bare, ROOT / "portal.py"):
            first_screen_s(script, environment)
        times: dict[str, list[float]] = {"bare": [], "portal": []}
        for _ in range(rounds):
            times["bare"].append(first_screen_s(bare, environment))
            times["portal"].append(first_screen_s(ROOT / "portal.py", environment))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, value in medians.items():
        print(f"{name:<8} start to first screen, median of {rounds}: {value:6.2f} s")
    ratio = medians["portal"] / medians["bare"]
    print(f"ratio {ratio:.2f} (target ≤ {TARGET}) {'ok' if ratio <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
