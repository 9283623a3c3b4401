"""A whole list as an actor sees it, column by column: what downloads are made of.

Rights are the list's own (`listing`) and those of a single record (`access`), asked once a column or once a group of
alike records instead of once a cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from schemas.record import VOID, Actor
from schemas.rights import is_masked, mask, may_read_field
from schemas.template import Field, LineTable, Template
from sheets_adapter.contract import Block, Query, Test
from sheets_adapter.desk import Desk
from sheets_adapter.listing import ListQuery, query_of
from sheets_adapter.record_tables import HEADER_SYSTEM, LINE_SYSTEM, line_table

Texts = Sequence[str | None]
_LINES_IN_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """Some records or lines, column by column.

    record_ids: the record each row is or belongs to. columns: by field or system key, only those the actor may read:
    canonical texts, personal data masked, cells that were not understood as they stand; None where empty.
    """

    record_ids: Sequence[str]
    columns: Mapping[str, Texts]


class ListScan:
    """One reading of all records of a list, and then of their lines. The query's limit and place do not matter."""

    def __init__(self, desk: Desk, template: Template, actor: Actor, asked: ListQuery) -> None:
        """Raises LookupError for a column the actor may not ask about."""
        self._desk = desk
        self._template = template
        self._actor = actor
        self._query = query_of(desk, template, actor, asked)
        tables = (template.fields, *(line.fields for line in template.lines))
        self._own = _OwnRecords(desk, template, actor) if _masks_any(template, tables, actor) else None
        self._places: dict[str, int] = {}
        self._of_others: set[str] = set()

    def records(self, system: Sequence[str] = HEADER_SYSTEM) -> Iterator[SeenBlock]:
        """The records in the order of the list, with these system columns."""
        if self._query is None:
            return
        view = _View(self._template, self._template.fields, self._actor)
        shown = (*view.fields, *system)
        keys = tuple(dict.fromkeys((*shown, *(self._own.keys if self._own else ()))))
        for block in self._desk.store.scan(self._query, keys):
            columns = _with_raw(keys, block)
            if self._template.lines:
                self._places.update(zip(block.row_ids, count(len(self._places)), strict=False))
            if self._own:
                own = self._own.flags(dict(zip(keys, block.columns, strict=True)))
                self._of_others.update(row_id for row_id, his in zip(block.row_ids, own, strict=True) if not his)
            yield self._seen(view, block.row_ids, {key: columns[key] for key in shown})

    @property
    def fields(self) -> Collection[str]:
        """Fields of the records the actor may read."""
        return _View(self._template, self._template.fields, self._actor).fields.keys()

    def line_fields(self, line: LineTable) -> Collection[str]:
        """Fields of the lines the actor may read."""
        return _View(self._template, line.fields, self._actor).fields.keys()

    def lines(self, line: LineTable) -> Iterator[SeenBlock]:
        """Live lines of the records read so far, in the order of the records and their own."""
        view = _View(self._template, line.fields, self._actor)
        keys = (*LINE_SYSTEM, *view.fields)
        where = (Test("record_id", "in", values=tuple(self._places)), Test("status", "ne", VOID))
        query = Query(line_table(self._template, line), where, sort=(("line_no", False),))
        found: dict[str, list[str | None]] = {key: [] for key in keys}
        for block in self._desk.store.scan(query, keys):
            for key, texts in _with_raw(keys, block).items():
                found[key] += texts
        places = [self._places[record_id or ""] for record_id in found["record_id"]]
        order = sorted(range(len(places)), key=places.__getitem__)
        for start in range(0, len(order), _LINES_IN_BLOCK):
            some = order[start : start + _LINES_IN_BLOCK]
            columns = {key: [texts[at] for at in some] for key, texts in found.items()}
            yield self._seen(view, [record_id or "" for record_id in columns["record_id"]], columns)

    def _seen(self, view: _View, record_ids: Sequence[str], columns: Mapping[str, Texts]) -> SeenBlock:
        others = [record_id in self._of_others for record_id in record_ids] if view.masked else []
        masked = {
            item.key: [mask(text, item) if text and other else text
                       for text, other in zip(columns[item.key], others, strict=True)]
            for item in view.masked
        }  # fmt: skip
        return SeenBlock(record_ids, {**columns, **masked})


class _View:
    """What the actor sees of a table's fields."""

    def __init__(self, template: Template, fields: Sequence[Field], actor: Actor) -> None:
        self.fields = {item.key: item for item in fields if may_read_field(actor, template, item)}
        self.masked = [item for item in self.fields.values() if is_masked(actor, template, item, False)]


def _masks_any(template: Template, tables: Iterable[Sequence[Field]], actor: Actor) -> bool:
    return any(_View(template, fields, actor).masked for fields in tables)


class _OwnRecords:
    """Which records are the actor's own: asked once for all records of the same people and the same owner."""

    def __init__(self, desk: Desk, template: Template, actor: Actor) -> None:
        owners = (item.key for item in template.fields if item.owner)
        self.keys = tuple(dict.fromkeys(filter(None, ("created_by", *owners, template.owner_via))))
        self._ask = partial(desk.access.is_own, template, actor=actor)
        self._known: dict[tuple[str | None, ...], bool] = {}

    def flags(self, columns: Mapping[str, Texts]) -> list[bool]:
        """For each row of the columns, whether it is his own."""
        return [self._is_own(texts) for texts in zip(*(columns[key] for key in self.keys), strict=True)]

    def _is_own(self, texts: tuple[str | None, ...]) -> bool:
        if texts not in self._known:
            values = {key: text for key, text in zip(self.keys, texts, strict=True) if text}
            self._known[texts] = self._ask(values=values)
        return self._known[texts]


def _with_raw(keys: Sequence[str], block: Block) -> dict[str, Texts]:
    """The block's columns by key, cells that were not understood in their places."""
    columns: dict[str, Texts] = dict(zip(keys, block.columns, strict=True))
    filled: dict[str, list[str | None]] = {}
    for at, cells in block.raw.items():
        for key, text in cells.items():
            if key in columns:
                texts = filled.setdefault(key, list(columns[key]))
                texts[at] = texts[at] or text
    return {**columns, **filled}
