"""Owner files: what Excel, WPS and LibreOffice put beside a workbook while they have it open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Program = Literal["excel", "wps", "libreoffice"]
_USER_LENGTH_AT, _USER_AT = 54, 56
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class OwnerFile:
    """Who has the workbook open. `user` is "" when the file does not say; `modified` is in seconds since 1970.

    A program that crashed leaves its owner file behind: an old one is a hint, not a proof.
    """

    program: Program
    user: str
    path: Path
    modified: float


def owner_files(path: Path) -> list[OwnerFile]:
    """Owner files beside the workbook. WPS names most of its own as Excel does; those are reported as Excel's."""
    candidates: tuple[tuple[Program, str], ...] = (
        ("excel", f"~${path.name}"),
        ("libreoffice", f".~lock.{path.name}#"),
        ("wps", f".~{path.name}"),
    )
    found = []
    for program, name in candidates:
        file = path.with_name(name)
        try:
            modified = file.stat().st_mtime
        except OSError:
            continue
        found.append(OwnerFile(program, _user(program, file), file, modified))
    return found


def _user(program: Program, file: Path) -> str:
    """The user named in the file; "" when it cannot be read (Windows locks it) or says nothing."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_LONGEST)
    except OSError:
        return ""
    return _libreoffice_user(data) if program == "libreoffice" else _excel_user(data)


def _libreoffice_user(data: bytes) -> str:
    """`name,system user,host,time,profile;`: the name, else the system user."""
    fields = data.decode("utf-8", "replace").split(",")
    return _printable(fields[0]) or _printable(fields[1] if len(fields) > 1 else "")


def _excel_user(data: bytes) -> str:
    """A length byte and the name in the system's code page, padded; then the length and the name in UTF-16."""
    if len(data) > _USER_AT:
        length = data[_USER_LENGTH_AT]
        name = _printable(data[_USER_AT : _USER_AT + 2 * length].decode("utf-16-le", "replace"))
        if name:
            return name
    return _printable(data[1 : 1 + data[0]].decode("gb18030", "replace")) if data else ""


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable()).strip()
