"""Downloads: a list as a formatted workbook or as CSV, exactly as the actor sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from schemas.finding import Finding
from schemas.record import Actor
from services.attachments import File

if TYPE_CHECKING:
    from sheets_adapter.repository import ListQuery


class Exports:
    def records(
        self, template: str, actor: Actor, query: ListQuery, *, format: Literal["xlsx", "csv"], language: str
    ) -> File | Finding:
        """All records of the filtered list (the query's limit does not count). P0xx without the export right."""
        raise NotImplementedError

    def workbook(self, actor: Actor) -> File | Finding:
        """The workbook itself, brought up to date: the administrator's download."""
        raise NotImplementedError
