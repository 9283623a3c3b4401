"""Attachments: files beside records, kept under their SHA-256 and typed by content."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.finding import Finding
from schemas.record import Actor


@dataclass(frozen=True, slots=True)
class Attachment:
    """A kept file. `text` is what the field's value holds for it."""

    sha256: str
    name: str
    size: int
    media_type: str

    @property
    def text(self) -> str:
        return f"{self.sha256} {self.name}"


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand to a browser."""

    name: str
    media_type: str
    data: bytes


class Attachments:
    @property
    def enabled(self) -> bool:
        """False in demo mode, where files would be lost."""
        raise NotImplementedError

    def keep(self, name: str, data: bytes, actor: Actor) -> Attachment | Finding:
        raise NotImplementedError

    def read(self, template: str, record_id: str, field: str, sha256: str, actor: Actor) -> File | Finding:
        """A file of a record the actor may read."""
        raise NotImplementedError
