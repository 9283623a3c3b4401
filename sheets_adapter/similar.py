"""Live records that are much like one being typed: same folded company name, same phone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.field_types import target_of
from schemas.template import Template
from sheets_adapter.contract import Row
from sheets_adapter.desk import Desk
from sheets_adapter.record_tables import SIMILAR, display_of, number_of


@dataclass(frozen=True, slots=True)
class SimilarRecord:
    """A record like the one being typed: in which field, what it is called, whose it is, since when (YYYY-MM-DD)."""

    record_id: str
    field: str
    number: str
    display: str
    owner: str
    on: str


def find_similar(
    desk: Desk, template: Template, pairs: Iterable[tuple[str, str]], except_id: str
) -> tuple[SimilarRecord, ...]:
    """Live records holding one of the lookup pairs, each once, under the first field they share."""
    found: dict[str, str] = {}
    for name, folded in pairs:
        for row_id in desk.store.holders(template.key, name, [folded]).get(folded, ()):
            found.setdefault(row_id, name.removeprefix(SIMILAR))
    found.pop(except_id, None)
    rows = desk.store.get_many(template.key, list(found))
    return tuple(similar_record(desk, template, rows[row_id], key) for row_id, key in found.items() if row_id in rows)


def similar_record(desk: Desk, template: Template, row: Row, field: str) -> SimilarRecord:
    """What a message says about a record that stands in the way."""
    return SimilarRecord(
        record_id=row.row_id,
        field=field,
        number=number_of(template, row),
        display=display_of(template, row.values, row.row_id),
        owner=owner_of(desk, template, row),
        on=row.values.get("created_at", "")[:10],
    )


def owner_of(desk: Desk, template: Template, row: Row) -> str:
    """Whose record it is, as people read it: the person in its owner field, else who created it."""
    for item in template.fields:
        text = row.values.get(item.key, "") if item.owner else ""
        if text:
            target = target_of(item)
            return (desk.references.display(target, text) if target else None) or text
    return row.values.get("created_by", "")
