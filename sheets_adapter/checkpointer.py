"""The checkpointer as a process of its own: `python -m sheets_adapter.checkpointer --workbook … --state-dir …`.

It brings the workbook up to date while the portal answers people, and ends when its standard input closes, having
written what waits; so it never outlives the portal, however that ends. Any number may run: a file lock elects one.
Lines on standard input: `poke` asks for a checkpoint now, `reload` for taking up changed forms.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ulid import ULID

from schemas.labels import Labels
from schemas.loader import load_catalogue
from sheets_adapter.checkpoint_loop import CheckpointLoop, election_lock
from sheets_adapter.excel import ExcelBackend, WorkbookPlace
from sheets_adapter.explanation import explanation
from sheets_adapter.journal import Journal
from sheets_adapter.repository import Repository

log = logging.getLogger(__name__)


class Checkpointer:
    """One checkpointer process: a loop, and the standard input it listens to."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        zone = ZoneInfo(arguments.timezone)
        self._clock: Callable[[], datetime] = lambda: datetime.now(zone)
        self._place = WorkbookPlace(arguments.workbook, arguments.state_dir, arguments.portal_id)
        self._journal = Journal(arguments.state_dir / f"{arguments.portal_id}.journal", clock=self._clock)
        self._loop = CheckpointLoop(
            self._backend(),
            election_lock(arguments.state_dir, arguments.portal_id),
            heartbeat=lambda: self._clock().isoformat(),
            runner="process",
        )

    def _backend(self) -> ExcelBackend:
        catalogue, _ = load_catalogue(self._arguments.template_dir)
        labels = Labels.load(*self._arguments.locale_dir)
        new_id: Callable[[], str] = lambda: str(ULID())  # noqa: E731  (a def here would hide that it is a value)
        repository = Repository(self._journal, catalogue, clock=self._clock, new_id=new_id)
        return ExcelBackend(
            self._place,
            self._journal,
            repository,
            catalogue,
            clock=self._clock,
            new_id=new_id,
            explanation=explanation(labels, self._arguments.language),
        )

    def run(self) -> None:
        """Works until standard input closes or the process is asked to end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to the whole group; the portal ends us
        signal.signal(signal.SIGTERM, lambda *_: self._loop.stop())
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        self._loop.run()
        self._journal.close()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == "poke":
                self._loop.poke()
            elif line.strip() == "reload":
                self._loop.use(self._backend())
        self._loop.stop()


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sheets_adapter.checkpointer", description=__doc__)
    parser.add_argument("--workbook", type=Path, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--portal-id", required=True)
    parser.add_argument("--template-dir", type=Path, action="append", required=True, help="later ones overlay")
    parser.add_argument("--locale-dir", type=Path, action="append", required=True, help="later ones overlay")
    parser.add_argument("--timezone", default="Asia/Shanghai")
    parser.add_argument("--language", default="zh", choices=("zh", "en"))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Runs a checkpointer; 0 when it was asked to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    Checkpointer(parse_arguments(arguments)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
