"""Lists of records as a person sees them: tabs, search, filters, order, pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from schemas.field_types import target_of
from schemas.folding import fold
from schemas.record import VOID, Actor, Record
from schemas.rights import is_masked, may_read_field, scope
from schemas.template import Template
from sheets_adapter.access import Tab
from sheets_adapter.bulk import Target
from sheets_adapter.contract import Page, Query, Shown, Test
from sheets_adapter.desk import Desk
from sheets_adapter.record_tables import HEADER_SYSTEM, record_of

Which = Literal["live", "void", "any"]
NEWEST_FIRST = (("created_at", True),)
_TABS: tuple[Tab, ...] = ("all", "own", "department")
_TELLING = frozenset({"lt", "le", "gt", "ge", "contains", "starts", "has"})
"""Tests that narrow a text down bit by bit; the others only confirm what one knows."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows. search: words as typed. filters: tests of columns, all of which must hold. any_of: groups of
    tests of which one each must hold. sort: (column, descending), default the template's; references sort by what they
    show. after: the `next` of the page before. void: live records, withdrawn ones (the bin), or both."""

    tab: Tab = "all"
    search: str = ""
    filters: tuple[Test, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = 50
    after: str = ""
    void: Which = "live"
    any_of: tuple[tuple[Test, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page; `total` counts all records of the query, `next` is "" on the last page. Lines are not read along."""

    records: tuple[Record, ...]
    total: int
    next: str = ""


def read_page(desk: Desk, template: Template, actor: Actor, asked: ListQuery) -> RecordPage:
    """The page as the actor may see it. A cursor that fits the order no longer starts from the first page."""
    query = query_of(desk, template, actor, asked)
    if query is None:
        return RecordPage((), 0)
    page = _read(desk, query)
    records = (record_of(template, row, {}) for row in page.rows)
    return RecordPage(tuple(desk.access.shown(template, record, actor) for record in records), page.total, page.next)


def read_targets(desk: Desk, template: Template, actor: Actor, asked: ListQuery, limit: int) -> tuple[Target, ...]:
    """The records of the list with their ETags, in its order, at most `limit`."""
    query = query_of(desk, template, actor, replace(asked, limit=limit, after=""))
    rows = desk.store.query(replace(query, count=False)).rows if query else ()
    return tuple(Target(row.row_id, row.etag) for row in rows)


def count_tabs(desk: Desk, template: Template, actor: Actor) -> Mapping[str, int]:
    """Live records per tab the actor has, widest first, and withdrawn ones under "void"."""
    width = {"none": (), "own": ("own",), "department": ("own", "department"), "all": _TABS}[scope(actor, template)]
    asked = {tab: ListQuery(tab=tab, limit=1) for tab in _TABS if tab in width}
    asked["void"] = ListQuery(limit=1, void="void")  # type: ignore[index]
    queries = {name: query_of(desk, template, actor, one) for name, one in asked.items()}
    return {name: desk.store.query(query).total if query else 0 for name, query in queries.items()}


def _read(desk: Desk, query: Query) -> Page:
    try:
        return desk.store.query(query)
    except ValueError:
        if not query.after:
            raise
        return desk.store.query(replace(query, after=""))


def query_of(desk: Desk, template: Template, actor: Actor, asked: ListQuery) -> Query | None:
    """The store's query; None when the actor sees nothing. Raises LookupError for a column he may not read."""
    _require_readable(template, actor, asked)
    sort = asked.sort or _default_sort(template)
    group = desk.access.group(template, actor, asked.tab)
    if group == ():
        return None
    own = {"live": (Test("status", "ne", VOID),), "void": (Test("status", "eq", VOID),), "any": ()}[asked.void]
    return Query(
        template.key,
        where=(*own, *asked.filters),
        any_of=(*((group,) if group else ()), *asked.any_of),
        search=tuple(filter(None, map(fold, asked.search.split()))),
        sort=sort,
        shown=_shown(desk, template, sort),
        limit=asked.limit,
        after=asked.after,
    )


def can_be_ordered(template: Template, actor: Actor, key: str, tab: Tab = "all") -> bool:
    """Whether he may order by the column, or ask what it contains: not by what he sees masked or not at all."""
    item = template.by_key.get(key)
    if item is None:
        return key in HEADER_SYSTEM
    own = "own" in (scope(actor, template), tab)
    return may_read_field(actor, template, item) and not is_masked(actor, template, item, own)


def _require_readable(template: Template, actor: Actor, asked: ListQuery) -> None:
    """A filter or an order by a hidden column would tell what it holds, digit by digit by a masked one."""
    tests = [*asked.filters, *(test for group in asked.any_of for test in group)]
    for test in tests:
        item = template.by_key.get(test.column)
        readable = item is None or may_read_field(actor, template, item)
        if not readable or (test.op in _TELLING and not can_be_ordered(template, actor, test.column, asked.tab)):
            raise LookupError(f"{template.key} has no column {test.column!r} for {actor.signature}")
    for key, _ in asked.sort:
        if key in template.by_key and not can_be_ordered(template, actor, key, asked.tab):
            raise LookupError(f"{template.key} has no column {key!r} for {actor.signature}")


def _shown(desk: Desk, template: Template, sort: tuple[tuple[str, bool], ...]) -> dict[str, Shown]:
    """What columns that refer to other records show, for those of the order."""
    found = {}
    for key, _ in sort:
        item = template.by_key.get(key)
        target = desk.catalogue.get(target_of(item)) if item and target_of(item) else None
        if target is not None:
            found[key] = Shown(target.key, target.record_key or "", target.display or target.record_key or "")
    return found


def _default_sort(template: Template) -> tuple[tuple[str, bool], ...]:
    given = tuple((key.removeprefix("-"), key.startswith("-")) for key in template.list_view.sort)
    return given or NEWEST_FIRST
