"""Records that refer to one record: a customer's needs, orders and gifts, as far as a person may see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.catalogue import Referrer
from schemas.record import VOID, Actor, Record
from schemas.rights import may_read_field, scope
from schemas.template import Template
from sheets_adapter.contract import Query, Row, Test
from sheets_adapter.desk import Desk
from sheets_adapter.listing import NEWEST_FIRST
from sheets_adapter.record_tables import number_of, record_of

_LINES_READ = 300
"""Newest line items looked through for the records they stand in."""


@dataclass(frozen=True, slots=True)
class Related:
    """Records whose field refers to one record: the first few in their list's order. Lines are not read along.

    total: how many the actor sees; -1 when there are more than were looked through (line items only).
    """

    referrer: Referrer
    records: tuple[Record, ...]
    total: int


def read_related(desk: Desk, template: Template, row: Row, actor: Actor, limit: int) -> Iterator[Related]:
    """What refers to the record, one entry a field; fields nobody refers from are left out."""
    key = number_of(template, row)
    for referrer in desk.catalogue.referring_to(template.key):
        form = referrer.template
        if scope(actor, form) == "none" or not may_read_field(actor, form, referrer.field):
            continue
        read = _through_lines if referrer.line else _directly
        found = read(desk, referrer, template, row, key, actor, limit)
        if found.records:
            yield found


def _directly(
    desk: Desk, referrer: Referrer, template: Template, row: Row, key: str, actor: Actor, limit: int
) -> Related:
    form = referrer.template
    if form.owner_via == referrer.field.key:
        group = desk.access.group_under(form, actor, template, row.values)
    else:
        group = desk.access.group(form, actor)
    if group == ():
        return Related(referrer, (), 0)
    where = (Test(referrer.field.key, "eq", key), Test("status", "ne", VOID))
    query = Query(form.key, where, any_of=(group,) if group else (), sort=_order(form), limit=limit)
    page = desk.store.query(query)
    return Related(referrer, tuple(_shown(desk, form, one, actor) for one in page.rows), page.total)


def _through_lines(
    desk: Desk, referrer: Referrer, template: Template, row: Row, key: str, actor: Actor, limit: int
) -> Related:
    """Records with a line that refers there, newest line first."""
    form = referrer.template
    where = (Test(referrer.field.key, "eq", key), Test("status", "ne", VOID))
    table = f"{form.key}.{referrer.line}"
    page = desk.store.query(Query(table, where, sort=(("record_id", True),), limit=_LINES_READ))
    ids = list(dict.fromkeys(line.values.get("record_id", "") for line in page.rows))
    parents = desk.store.get_many(form.key, ids)
    seen = [
        parents[one]
        for one in ids
        if one in parents
        and parents[one].values.get("status") != VOID
        and desk.access.sees(form, parents[one].values, actor)
    ]
    shown = tuple(_shown(desk, form, one, actor) for one in seen[:limit])
    return Related(referrer, shown, len(seen) if not page.next else -1)


def _shown(desk: Desk, form: Template, row: Row, actor: Actor) -> Record:
    return desk.access.shown(form, record_of(form, row, {}), actor)


def _order(form: Template) -> tuple[tuple[str, bool], ...]:
    given = tuple((key.removeprefix("-"), key.startswith("-")) for key in form.list_view.sort)
    return given or NEWEST_FIRST
