"""Attachments: files beside records, kept under their SHA-256 and typed by content."""

from __future__ import annotations

import hashlib
import os
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.finding import FieldRef, Finding
from schemas.record import Actor
from services.ports import NewId

if TYPE_CHECKING:
    from sheets_adapter.repository import Repository

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 120

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
    "csv": "text/csv",
    "txt": "text/plain",
}
_OFFICE_PARTS = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx", "ppt/presentation.xml": "pptx"}
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<script", "<svg", "<?xml", "<iframe", "<?php", "#!", "mz\x90")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A kept file. `text` is what the field's value holds for it."""

    sha256: str
    name: str
    size: int
    media_type: str

    @property
    def text(self) -> str:
        """`<sha256> <file name>`, one line of an attachment field's canonical text."""
        return f"{self.sha256} {self.name}"


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand to a browser."""

    name: str
    media_type: str
    data: bytes


class Attachments:
    """Keeps and hands out files under `folder`; a file's name is never part of a path.

    repository: called when a file is read, because a file may be read by those who may read its record.
    """

    def __init__(self, folder: Path, repository: Callable[[], Repository], *, new_id: NewId, enabled: bool) -> None:
        self._folder = folder
        self._repository = repository
        self._new_id = new_id
        self.enabled = enabled
        """False in demo mode, where files would be lost."""

    def keep(self, name: str, data: bytes) -> Attachment | Finding:
        """Keeps one uploaded file, durably.

        F001 empty, F002 larger than 10 MB, F003 a kind of file that is not taken, F004 off in demo mode.
        """
        shown = safe_name(name)
        if not self.enabled:
            return Finding("F004", params={"name": shown})
        if not data:
            return Finding("F001", params={"name": shown})
        if len(data) > MAX_BYTES:
            return Finding("F002", params={"name": shown, "megabytes": MAX_BYTES // 1024 // 1024})
        kind = kind_of(data)
        if kind is None:
            return Finding("F003", params={"name": shown, "kinds": tuple(MEDIA_TYPES)})
        named = _with_ending(shown, kind)
        digest = hashlib.sha256(data).hexdigest()
        self._write_once(digest, data)
        return Attachment(digest, named, len(data), MEDIA_TYPES[kind])

    def read(self, template: str, record_id: str, field: str, sha256: str, actor: Actor) -> File | Finding:
        """A file of a record the actor may read. F005: not there, or not his to read (the two look alike)."""
        name = self._name_in_record(template, record_id, field, sha256, actor)
        missing = Finding("F005", at=FieldRef(field))
        if name is None:
            return missing
        path = self._folder / sha256
        if not path.is_file():
            return Finding("F006", at=FieldRef(field), params={"name": name})
        data = path.read_bytes()
        kind = kind_of(data)
        return missing if kind is None else File(safe_name(name), MEDIA_TYPES[kind], data)

    def _name_in_record(self, template: str, record_id: str, field: str, sha256: str, actor: Actor) -> str | None:
        record = self._repository().get(template, record_id, actor)
        if record is None:
            return None
        texts = [record.values.get(field, "")]
        texts += [line.values.get(field, "") for lines in record.lines.values() for line in lines]
        for entry in "\n".join(texts).splitlines():
            digest, _, name = entry.partition(" ")
            if digest == sha256:
                return name
        return None

    def _write_once(self, digest: str, data: bytes) -> None:
        """The name is the content's hash, so a file that is there is this file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / digest
        if path.is_file() and path.stat().st_size == len(data):
            return
        temporary = self._folder / f".{self._new_id()}.tmp"
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def safe_name(name: str) -> str:
    """The file's name as people gave it, without folders, control or direction characters; at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*'
    )
    stem, dot, ending = kept.strip(" .").rpartition(".")
    if not dot or len(ending) > 8:
        return kept.strip(" .")[:MAX_NAME] or "file"
    return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"


def kind_of(data: bytes) -> str | None:
    """The kind of a file by its content, a key of MEDIA_TYPES; None for everything not taken (HTML, SVG, programs…)."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    return _text_kind(data)


def _zip_kind(data: bytes) -> str | None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in names), "zip")


def _text_kind(data: bytes) -> str | None:
    """Plain text in UTF-8, UTF-16 with a mark, or GB18030; nothing a browser could run."""
    text = _decoded(data)
    if text is None or any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in text[:4096]):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(_MARKUP) or "<script" in start:
        return None
    first = text.split("\n", 1)[0]
    return "csv" if "," in first or "\t" in first else "txt"


def _decoded(data: bytes) -> str | None:
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _with_ending(name: str, kind: str) -> str:
    """The name with an ending that says what the content is, so that a system opens it as what it is."""
    endings = {"jpg": ("jpg", "jpeg"), "txt": ("txt", "csv", "log", "md"), "csv": ("csv", "txt", "tsv")}.get(
        kind, (kind,)
    )
    return name if name.rsplit(".", 1)[-1].lower() in endings and "." in name else f"{name}.{kind}"
