"""Starting the checkpointer process from the portal, and keeping it running.

`subprocess.Popen`, never multiprocessing: under `streamlit run` a spawned process would execute the page script again.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sheets_adapter.checkpoint_loop import CheckpointLoop, election_lock

if TYPE_CHECKING:
    from sheets_adapter.excel import ExcelBackend

ROOT = Path(__file__).resolve().parent.parent
DEATHS, WITHIN = 3, 60.0
"""So many deaths within so many seconds, and a thread of this process does the work instead."""
DRAIN = 60.0
"""Seconds a checkpointer has to write what waits when the portal ends."""
_LOG_LIMIT = 1_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CheckpointerCommand:
    """What a checkpointer process is told."""

    workbook: Path
    state_dir: Path
    portal_id: str
    template_dirs: Sequence[Path]
    locale_dirs: Sequence[Path]
    timezone: str = "Asia/Shanghai"
    language: str = "zh"

    def line(self) -> list[str]:
        """The command line."""
        options = [
            ("--workbook", self.workbook), ("--state-dir", self.state_dir), ("--portal-id", self.portal_id),
            *(("--template-dir", folder) for folder in self.template_dirs),
            *(("--locale-dir", folder) for folder in self.locale_dirs),
            ("--timezone", self.timezone), ("--language", self.language),
        ]  # fmt: skip
        words = [word for name, value in options for word in (name, str(value))]
        return [sys.executable, "-m", "sheets_adapter.checkpointer", *words]


@dataclass(frozen=True, slots=True)
class Fallback:
    """A loop in a thread of this process, for when processes keep dying."""

    run: Callable[[], None]
    stop: Callable[[], None]
    poke: Callable[[], None]
    reload: Callable[[], None]


def thread_fallback(
    make_backend: Callable[[], ExcelBackend], state_dir: Path, portal_id: str, heartbeat: Callable[[], str]
) -> Fallback:
    """A fallback that drives backends of this process, under the same election as the processes."""
    loop = CheckpointLoop(make_backend(), election_lock(state_dir, portal_id), heartbeat=heartbeat, runner="thread")
    return Fallback(loop.run, loop.stop, loop.poke, lambda: loop.use(make_backend()))


class CheckpointerHandle:
    """One running checkpointer. Two handles in one process, or several portals, do no harm: a lock elects one."""

    def __init__(self, command: Sequence[str], log_path: Path, fallback: Callable[[], Fallback]) -> None:
        self._command = command
        self._log_path = log_path
        self._make_fallback = fallback
        self._lock = threading.Lock()
        self._closing = False
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._process: subprocess.Popen[bytes] | None = None
        self._fallback: Fallback | None = None
        self._thread: threading.Thread | None = None
        self._watcher: threading.Thread | None = None

    @classmethod
    def start(
        cls, command: CheckpointerCommand | Sequence[str], *, log_path: Path, fallback: Callable[[], Fallback]
    ) -> CheckpointerHandle:
        """Starts the process and a thread that watches it."""
        line = command.line() if isinstance(command, CheckpointerCommand) else command
        handle = cls(line, log_path, fallback)
        handle._spawn()
        handle._watcher = threading.Thread(target=handle._watch, name="checkpointer-watcher", daemon=True)
        handle._watcher.start()
        return handle

    @property
    def pid(self) -> int | None:
        """The process's id; None when a thread does the work."""
        return self._process.pid if self._process and self._fallback is None else None

    def poke(self) -> None:
        """Asks for a checkpoint now."""
        self._say("poke")

    def reload(self) -> None:
        """Tells that forms were changed."""
        self._say("reload")

    def close(self, seconds: float = DRAIN) -> None:
        """Lets it write what waits and end. May be called twice."""
        with self._lock:
            self._closing = True
            process, fallback = self._process, self._fallback
        if fallback is not None:
            fallback.stop()
        if process is not None:
            _close(process.stdin)
            self._await(process, seconds)
        for thread in (self._thread, self._watcher):
            if thread is not None:
                thread.join(seconds)

    def _await(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            # What waits is in the journal; the next start goes on with it.
            log.warning("the checkpointer did not end within %s s and is stopped", seconds)
            process.kill()
            process.wait()

    def _say(self, word: str) -> None:
        with self._lock:
            process, fallback = self._process, self._fallback
        if fallback is not None:
            (fallback.poke if word == "poke" else fallback.reload)()
            return
        if process is not None and process.stdin is not None:
            try:
                process.stdin.write(f"{word}\n".encode())
                process.stdin.flush()
            except (OSError, ValueError):
                log.info("the checkpointer is just being restarted; it looks at everything when it starts")

    def _spawn(self) -> None:
        with self._lock:
            if self._closing:
                return
            with _open_log(self._log_path) as stream:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=stream, stderr=stream, cwd=ROOT
                )

    def _watch(self) -> None:
        while self._process is not None:
            code = self._process.wait()
            _close(self._process.stdin)
            if self._closing:
                return
            log.warning("the checkpointer ended with code %s", code)
            self._deaths.append(time.monotonic())
            if len(self._deaths) == DEATHS and self._deaths[-1] - self._deaths[0] <= WITHIN:
                self._fall_back()
                return
            self._spawn()

    def _fall_back(self) -> None:
        fallback = self._make_fallback()
        with self._lock:
            if self._closing:
                return
            self._fallback = fallback
            self._thread = threading.Thread(target=fallback.run, name="checkpointer", daemon=True)
            self._thread.start()


def _open_log(path: Path) -> IO[bytes]:
    """The process's log, begun anew when it grew large."""
    too_long = path.exists() and path.stat().st_size > _LOG_LIMIT
    return path.open("wb" if too_long else "ab")


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        try:
            stream.close()
        except OSError:
            log.debug("the checkpointer was gone already")
