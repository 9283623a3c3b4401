"""A Streamlit server as a process, and a bare WebSocket client that stands in for the browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

STARTS_OVER = (ForwardMsg.FINISHED_EARLY_FOR_RERUN,)
ROOT = Path(__file__).resolve().parent.parent


class Server:
    """`streamlit run <script>` on a free port; `started` is the clock at the moment of the start."""

    def __init__(self, script: Path, environment: Mapping[str, str] | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(self.port),
             "--server.headless", "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"],
            cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def wait_until_healthy(self) -> None:
        """Returns when the server answers; raises TimeoutError after 60 s."""
        for _ in range(3000):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=2).close()
                return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the server did not answer within 60 s")

    def cpu_seconds(self) -> float:
        """CPU time of the server process so far (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


class Client:
    """One browser tab: connects, asks for runs of the script, and waits for each to finish."""

    def __init__(self, server: Server, *, query: str = "", cookie: str = "", page: str = "") -> None:
        self.query = query
        self.page = page
        headers = {"Cookie": cookie} if cookie else {}
        self.socket: ClientConnection = connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream", subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=headers, max_size=None, origin=f"http://127.0.0.1:{server.port}",  # type: ignore[arg-type]
        )  # fmt: skip

    def run(self) -> list[ForwardMsg]:
        """One run of the script from its request to its end; the messages it sent.

        A run the script itself breaks off to start over is not the end. What the script writes into the URL is sent
        with the next run, as a browser does.
        """
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        self.socket.send(message.SerializeToString())
        received: list[ForwardMsg] = []
        while True:
            forward = ForwardMsg()
            forward.ParseFromString(self.socket.recv(timeout=60))  # type: ignore[arg-type]
            received.append(forward)
            if forward.WhichOneof("type") == "page_info_changed":
                self.query = forward.page_info_changed.query_string
            if forward.WhichOneof("type") == "script_finished" and forward.script_finished not in STARTS_OVER:
                return received

    def close(self) -> None:
        self.socket.close()
