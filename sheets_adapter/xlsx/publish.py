"""Putting a new workbook in the place of the old one: complete and checked, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sheets_adapter.xlsx.errors import PublishFailed, SignatureChanged, UnreadableWorkbook
from sheets_adapter.xlsx.lint import Problem, find_package_problems
from sheets_adapter.xlsx.package import Package

RETRY_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Pauses between attempts while another program holds the file: virus scanners let go in milliseconds."""
_SHARE_ERRORS = frozenset((5, 32, 33))
_CAUSES = {
    errno.ENOSPC: "S050", errno.EDQUOT: "S050",
    errno.EROFS: "S051", errno.EACCES: "S051", errno.EPERM: "S051",
    errno.ENOENT: "S053", errno.ENOTDIR: "S053", errno.EISDIR: "S053",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """What changes whenever somebody saves the file."""

    inode: int
    size: int
    mtime_ns: int

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.mtime_ns}"

    @classmethod
    def parse(cls, text: str) -> Signature:
        """The inverse of `str()`. Raises ValueError."""
        inode, size, mtime_ns = text.split(":")
        return cls(int(inode), int(size), int(mtime_ns))


def signature(path: Path) -> Signature | None:
    """The file's signature; None when there is none (Excel saves by deleting and renaming: look again later)."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Signature(found.st_ino, found.st_size, found.st_mtime_ns)


def publish(
    path: Path,
    data: bytes,
    *,
    expected: Signature | None,
    verify: Callable[[Package], None],
    changed: Collection[str] | None = None,
    before: Package | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Signature:
    """Replaces the workbook by `data` in one step; call it under the workbook's lock. Answers the new signature.

    expected: the signature the file must still have; None: there must be no file.
    verify: is handed the package read back from the disk and raises what it finds wrong.
    changed: parts to lint; None lints all. before: the present file, if the caller has read it already.
    Raises SignatureChanged, or PublishFailed S050 disk full, S051 no right to write, S052 held by another program,
    S053 folder missing or a folder in the way, S054 the result would not open cleanly, S056 anything else of the disk.
    Whatever is raised, the old file is as it was and no temporary file is left.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise PublishFailed("S053", path=str(path), detail="folder")
    temporary = target.with_name(f".portal-{target.name}-{secrets.token_hex(4)}.tmp")
    try:
        remove_leftovers(target)
        _write(temporary, data)
        _require_sound(temporary, target, changed, verify, before)
        _keep_owner(temporary, target)
        new = signature(temporary)
        assert new is not None
        _replace(temporary, target, expected, sleep)
        _flush_folder(target.parent)
    except OSError as error:
        if isinstance(error, PublishFailed):
            raise
        raise _failure(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)
    return new


def remove_leftovers(path: Path) -> None:
    """Deletes temporary files an interrupted `publish` left beside the workbook; call it under the lock."""
    prefix = f".portal-{path.name}-"
    for one in path.parent.iterdir():
        if one.name.startswith(prefix) and one.name.endswith(".tmp"):
            one.unlink(missing_ok=True)


def backup_daily(path: Path, folder: Path, today: date, keep: int = 14) -> Path | None:
    """Copies the workbook into `folder` once a day, before the day's first replacement, and keeps the last copies.

    Answers the copy, or None when today has one or there is no workbook. A copy and not a hard link: programs that
    save in place would change a linked backup too. Raises PublishFailed.
    """
    copy = folder / f"{path.stem} {today.isoformat()}{path.suffix}"
    if copy.exists() or not path.exists():
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = copy.with_name(f".{copy.name}.tmp")
        shutil.copy2(path, unfinished)
        unfinished.replace(copy)
        for old in _backups(path, folder)[:-keep]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise _failure(error, folder) from error
    return copy


def _backups(path: Path, folder: Path) -> list[Path]:
    """Copies of this workbook, oldest first."""
    length = len(path.stem) + len(" 2026-01-31")
    found = [
        one
        for one in folder.iterdir()
        if one.suffix == path.suffix and one.stem.startswith(f"{path.stem} ") and len(one.stem) == length
    ]
    return sorted(found, key=lambda one: one.name)


def _write(temporary: Path, data: bytes) -> None:
    with temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _require_sound(
    temporary: Path,
    target: Path,
    changed: Collection[str] | None,
    verify: Callable[[Package], None],
    before: Package | None,
) -> None:
    written = _read_back(temporary, target)
    problems = _new_problems(written, target, changed, before)
    if problems:
        first = problems[0]
        raise PublishFailed("S054", path=str(target), part=first.part, rule=first.rule, detail=first.detail)
    verify(written)


def _read_back(temporary: Path, target: Path) -> Package:
    try:
        return Package.read(temporary.read_bytes())
    except UnreadableWorkbook as error:
        part = error.params.get("part", "")
        raise PublishFailed("S054", path=str(target), part=part, rule="unreadable", detail=str(error)) from error


def _new_problems(
    written: Package, target: Path, changed: Collection[str] | None, before: Package | None
) -> Sequence[Problem]:
    """Problems the present file does not have already: what people's programs left is not ours to refuse."""
    old: Package | bytes | None = before
    if old is None and target.exists():
        old = target.read_bytes()
    problems = find_package_problems(written, changed, before=old)
    if not problems or old is None:
        return problems
    known = set(find_package_problems(old, changed))
    return [problem for problem in problems if problem not in known]


def _keep_owner(temporary: Path, target: Path) -> None:
    """Gives the new file the old one's mode and, where allowed, its owner."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    if hasattr(os, "chown"):
        try:
            os.chown(temporary, old.st_uid, old.st_gid)
        except PermissionError:
            # Only the owner himself or root may hand a file over; the mode below still fits.
            pass
    temporary.chmod(old.st_mode & 0o7777)


def _replace(temporary: Path, target: Path, expected: Signature | None, sleep: Callable[[float], None]) -> None:
    for pause in (*RETRY_SECONDS, None):
        if signature(target) != expected:
            raise SignatureChanged(str(target))
        try:
            temporary.replace(target)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _SHARE_ERRORS or pause is None:
                raise
            sleep(pause)
        else:
            return


def _flush_folder(folder: Path) -> None:
    """Makes the rename itself durable; Windows has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failure(error: OSError, path: Path) -> PublishFailed:
    if getattr(error, "winerror", None) in _SHARE_ERRORS:
        return PublishFailed("S052", path=str(path))
    return PublishFailed(_CAUSES.get(error.errno or 0, "S056"), path=str(path), detail=error.strerror or str(error))
