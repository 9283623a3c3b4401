"""A new day: values taken from the line in force today are worked out again, before anybody writes to the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schemas.record import SYSTEM_ACTOR, VOID
from schemas.template import InForce, Template
from sheets_adapter.contract import Put, Query, Test, WriteBatch, Written
from sheets_adapter.desk import Desk
from sheets_adapter.paging import all_rows
from sheets_adapter.workbook_rows import recomputed

BATCH = 500
_ATTEMPTS = 5


def begin_day(desk: Desk, since: date | None) -> int:
    """Works out again the records a line of which came into force after `since` (None: ever); how many changed."""
    changed = 0
    for template in desk.catalogue.templates:
        record_ids = sorted(_records_with_new_lines(desk, template, since))
        for start in range(0, len(record_ids), BATCH):
            changed += _recompute(desk, template, record_ids[start : start + BATCH])
    return changed


def _records_with_new_lines(desk: Desk, template: Template, since: date | None) -> set[str]:
    today = desk.clock().date().isoformat()
    found: set[str] = set()
    for line, starts in {(rule.line, rule.from_) for rule in _rules(template)}:
        where = [Test("status", "ne", VOID), Test(starts, "le", today)]
        if since is not None:
            where.append(Test(starts, "gt", since.isoformat()))
        rows = all_rows(desk.store, Query(f"{template.key}.{line}", tuple(where), count=False))
        found |= {row.values.get("record_id", "") for row in rows}
    return found - {""}


def _rules(template: Template) -> Iterator[InForce]:
    return (item.in_force for item in template.fields if item.in_force is not None)


def _recompute(desk: Desk, template: Template, record_ids: list[str]) -> int:
    """Somebody may save one of the records at the same moment: then all are looked at again."""
    for _ in range(_ATTEMPTS):
        puts = [put for record_id in record_ids for put in _puts(desk, template, record_id)]
        if not puts:
            return 0
        written = desk.store.write(WriteBatch(tuple(puts), SYSTEM_ACTOR.signature, desk.clock(), "system"))
        if isinstance(written, Written):
            return len(puts)
    return 0


def _puts(desk: Desk, template: Template, record_id: str) -> tuple[Put, ...]:
    stored = desk.stored(template, record_id)
    if stored is None or stored.row.values.get("status") == VOID:
        return ()
    return recomputed(desk, template, stored, lines_changed=False)
