"""Whether the folders the configuration names can be used: checked once, when the portal opens."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from schemas.finding import Finding
from services.config import Config

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "davfs", "drvfs",
     "fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.s3fs", "fuse.gcsfuse", "fuse.glusterfs"}
)  # fmt: skip
"""SQLite's locks and write-ahead log do not hold on these; "drvfs" is a Windows drive seen from WSL."""


def find_place_problems(config: Config, *, mounts: str | None = None) -> tuple[Finding, ...]:
    """What is wrong with the folders; makes the state folder and the workbook's folder when they are absent.

    C010 state folder on a network drive, C011 a folder cannot be made or written to.
    A workbook that already exists may lie in a read-only folder: changes then wait in the journal.
    """
    if is_on_network(config.state_dir, mounts=mounts):
        return (Finding("C010", params={"setting": "state_dir", "value": str(config.state_dir)}),)
    problems = [_writable(config.state_dir, "state_dir")]
    if not config.workbook.exists():
        problems.append(_writable(config.workbook.parent, "workbook"))
    return tuple(problem for problem in problems if problem)


def is_on_network(path: Path, *, mounts: str | None = None) -> bool:
    """Best effort: a UNC path on Windows, a network file system in /proc/mounts on Linux, else False."""
    if str(path).startswith(("\\\\", "//")):
        return True
    if mounts is None:
        if not sys.platform.startswith("linux"):
            return False
        mounts = _read_mounts()
    return _file_system(path, mounts.splitlines()) in NETWORK_FILE_SYSTEMS


def _read_mounts() -> str:
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _file_system(path: Path, lines: Iterable[str]) -> str:
    """The type of the innermost mount holding `path`; of two on one mount point the later hides the earlier."""
    wanted = path.absolute()
    best, kind = -1, ""
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = Path(parts[1].replace("\\040", " "))
        depth = len(point.parts)
        if depth >= best and (wanted == point or point in wanted.parents):
            best, kind = depth, parts[2]
    return kind


def _writable(folder: Path, setting: str) -> Finding | None:
    probe = folder / ".portal-probe.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Finding("C011", params={"setting": setting, "value": str(folder), "reason": reason})
    return None
