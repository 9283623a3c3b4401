"""What writing and reading records works with: the store, the templates, references, rights, clock and identities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.field_types import ParseContext
from schemas.finding import Finding
from schemas.record import VOID, Actor
from schemas.template import LineTable, Template
from schemas.validation import Validated
from sheets_adapter.access import Access
from sheets_adapter.contract import Change, Query, Row, Store, Test
from sheets_adapter.record_tables import line_table, line_values, number_of
from sheets_adapter.references import ReferenceIndex
from sheets_adapter.row_history import last_change

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue

Gate = Callable[[Template, Validated, Actor], Sequence[Finding]]
"""A check of its own kind before a record is saved; a warning of a gate has to be confirmed by the person."""
_MOST_LINES = 100_000
_AT = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is now: its row and its live lines by line key, in their order."""

    row: Row
    lines: Mapping[str, tuple[Row, ...]]

    def line_texts(self) -> dict[str, dict[str, dict[str, str]]]:
        """line key → row id → the line's values."""
        return {key: {one.row_id: line_values(one) for one in rows} for key, rows in self.lines.items()}


@dataclass(frozen=True, slots=True)
class Desk:
    """What an attempt works with."""

    store: Store
    catalogue: Catalogue
    references: ReferenceIndex
    access: Access
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    gates: tuple[Gate, ...] = ()

    def context(self, actor: Actor | None) -> ParseContext:
        """For understanding what the actor types."""
        language = actor.language if actor else "zh"
        return ParseContext(now=self.clock(), actor=actor, references=self.references, language=language)

    def stored(self, template: Template, record_id: str) -> Stored | None:
        """The record as it is now, withdrawn or not."""
        row = self.store.get(template.key, record_id)
        if row is None:
            return None
        return Stored(row, {line.key: self.live_lines(template, line, record_id) for line in template.lines})

    def stored_many(self, template: Template, record_ids: Sequence[str]) -> dict[str, Stored]:
        """The records that exist, by id, in one query a table."""
        rows = self.store.get_many(template.key, record_ids)
        lines = self.live_lines_of(template, tuple(rows))
        return {
            record_id: Stored(row, {key: tuple(found) for key, found in lines[record_id].items()})
            for record_id, row in rows.items()
        }

    def live_lines_of(self, template: Template, record_ids: Sequence[str]) -> dict[str, dict[str, list[Row]]]:
        """record id → line key → the record's lines that were not removed, in their order; in one query a table."""
        lines: dict[str, dict[str, list[Row]]] = {
            record_id: {line.key: [] for line in template.lines} for record_id in record_ids
        }
        for line in template.lines:
            where = (Test("record_id", "in", values=tuple(record_ids)), Test("status", "ne", VOID))
            query = Query(line_table(template, line), where, sort=(("line_no", False),), limit=_MOST_LINES, count=False)
            for row in self.store.query(query).rows:
                lines[row.values["record_id"]][line.key].append(row)
        return lines

    def live_lines(self, template: Template, line: LineTable, record_id: str) -> tuple[Row, ...]:
        """The record's lines that were not removed, in their order."""
        where = (Test("record_id", "eq", record_id), Test("status", "ne", VOID))
        query = Query(line_table(template, line), where, sort=(("line_no", False),), limit=_MOST_LINES, count=False)
        return self.store.query(query).rows


def written_by_portal(template: Template, row: Row) -> Finding:
    """Why nobody changes the record: the portal wrote it for good."""
    return Finding("R019", params={"template": template.key, "number": number_of(template, row)})


def changed_meanwhile(code: str, store: Store, template: Template, record_id: str, **params: str) -> Finding:
    """A finding that names who wrote the record last, and when."""
    change: Change | None = last_change(store, template.key, record_id)
    who = {"who": change.actor, "at": change.at.strftime(_AT)} if change else {"who": "", "at": ""}
    return Finding(code, params={**params, **who})
