"""References follow a record whose key was changed: the record is known by its id, so who named it still means it.

A key that another live record has as well, before or after, is not followed: it cannot be told who is meant. A key
that came to a row together with the name it had elsewhere was moved, by a sort of half the columns, not given anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.field_types import References, target_of
from schemas.record import VOID
from schemas.template import Field, LineTable, Template
from sheets_adapter.contract import Put, Query, Row, Store, Test
from sheets_adapter.desk import Desk
from sheets_adapter.paging import all_rows
from sheets_adapter.record_tables import line_table, line_values, search_text, similar_pairs, unique_pairs


@dataclass(frozen=True, slots=True)
class Renumbered:
    """One record whose key changed. `new` is "" where it was emptied.

    followed: references go along. orphaned: nobody has the old key any more.
    """

    row_id: str
    old: str
    new: str
    followed: bool
    orphaned: bool


def find_renumbered(store: Store, template: Template, puts: Iterable[Put]) -> tuple[Renumbered, ...]:
    """Records of these puts whose key others refer to is another one than the store holds."""
    key = template.record_key
    if not key:
        return ()
    puts = tuple(puts)
    wanted = {put.row_id: put.values.get(key, "") for put in puts}
    names = {put.row_id: put.values.get(template.display or key, "") for put in puts}
    stored = {row_id: row.values.get(key, "") for row_id, row in store.get_many(template.key, list(wanted)).items()}
    changed = {row_id: (old, wanted[row_id]) for row_id, old in stored.items() if old and old != wanted[row_id]}
    if not changed:
        return ()
    held = _holders(store, template, {text for pair in changed.values() for text in pair if text})
    found = []
    for row_id, (old, new) in changed.items():
        if names[row_id] != new and names[row_id] in held.get(new, {}).values():
            continue  # the key came together with its name: it still means who it meant, in another row
        orphaned = not _keeps(row_id, old, held, wanted)
        shared = not new or list(wanted.values()).count(new) > 1 or _keeps(row_id, new, held, wanted)
        found.append(Renumbered(row_id, old, new, orphaned and not shared, orphaned))
    return tuple(found)


def _holders(store: Store, template: Template, keys: set[str]) -> dict[str, dict[str, str]]:
    """Key → live records that have it in the store, with the names people read for them."""
    key = str(template.record_key)
    held: dict[str, dict[str, str]] = {}
    query = Query(template.key, (Test(key, "in", values=tuple(sorted(keys))), Test("status", "ne", VOID)), count=False)
    for row in all_rows(store, query):
        held.setdefault(row.values[key], {})[row.row_id] = row.values.get(template.display or key, "")
    return held


def _keeps(row_id: str, key: str, held: Mapping[str, Mapping[str, str]], wanted: Mapping[str, str]) -> bool:
    """Whether another record has the key and does not give it up. Of two that trade their keys none keeps one."""
    return any(wanted.get(other, key) == key for other in held.get(key, {}) if other != row_id)


def followers(
    desk: Desk, template: Template, renumbered: Sequence[Renumbered], puts: Sequence[Put]
) -> tuple[tuple[Put, ...], tuple[Put, ...]]:
    """(the puts, referring to new keys themselves; further puts for all other rows that refer to an old key)."""
    keys = {one.old: one.new for one in renumbered if one.followed}
    if not keys:
        return tuple(puts), ()
    work = _Following(desk, template.key, keys)
    own = {(put.table, put.row_id) for put in puts}
    ours = tuple(replace(put, values=work.renamed(put.table, put.values)) for put in puts)
    return ours, tuple(put for put in work.puts() if (put.table, put.row_id) not in own)


def with_followers(desk: Desk, template: Template, before: Row, puts: tuple[Put, ...]) -> tuple[Put, ...]:
    """The puts of one record (its header first) and, where its key is another one now, of all that refer to it."""
    key, header = template.record_key, puts[0]
    if not key or before.values.get(key, "") in ("", header.values.get(key, "")):
        return puts
    own, others = followers(desk, template, find_renumbered(desk.store, template, [header]), puts)
    return (*own, *others)


def count_references(desk: Desk, template: Template, key: str) -> int:
    """How many rows refer to that key."""
    tests = ((table, Test(item.key, "eq", key)) for table, item, _ in _referring_fields(desk, template.key))
    return sum(desk.store.query(Query(table, (test,), limit=1)).total for table, test in tests)


def _referring_fields(desk: Desk, target: str) -> Iterator[tuple[str, Field, tuple[Template, LineTable | None]]]:
    """(table, field, its template and line table) of every reference to the template."""
    for template in desk.catalogue.templates:
        yield from ((template.key, item, (template, None)) for item in template.fields if target_of(item) == target)
        for line in template.lines:
            table = line_table(template, line)
            yield from ((table, item, (template, line)) for item in line.fields if target_of(item) == target)


class _Following:
    def __init__(self, desk: Desk, target: str, keys: Mapping[str, str]) -> None:
        self._desk = desk
        self._keys = keys
        self._references = _AfterRenumbering(desk.references, target, keys)
        self._fields: dict[str, list[Field]] = {}
        self._owners: dict[str, tuple[Template, LineTable | None]] = {}
        for table, item, owner in _referring_fields(desk, target):
            self._fields.setdefault(table, []).append(item)
            self._owners[table] = owner

    def renamed(self, table: str, values: Mapping[str, str]) -> dict[str, str]:
        """The values with every reference to an old key pointing to the new one."""
        changed = {item.key: self._keys[old] for item in self._fields.get(table, ())
                   if (old := values.get(item.key, "")) in self._keys}  # fmt: skip
        return {**values, **changed}

    def puts(self) -> Iterator[Put]:
        for table, fields in self._fields.items():
            old = tuple(self._keys)
            any_of = (tuple(Test(item.key, "in", values=old) for item in fields),)
            for row in all_rows(self._desk.store, Query(table, any_of=any_of, count=False)):
                yield self._put(table, row)

    def _put(self, table: str, row: Row) -> Put:
        template, line = self._owners[table]
        values = self.renamed(table, row.values)
        put = Put(table, row.row_id, values, "recompute", row.etag, row.raw, row.extra)
        if line is not None:
            return put
        lines = [
            (one.key, line_values(each))
            for one in template.lines
            for each in self._desk.live_lines(template, one, row.row_id)
        ]
        return replace(
            put,
            lookups=(*unique_pairs(template, values), *similar_pairs(template, values)),
            search=search_text(template, values, lines, self._references),
        )


class _AfterRenumbering:
    """References as they will be once the records have their new keys."""

    def __init__(self, known: References, target: str, keys: Mapping[str, str]) -> None:
        self._known, self._target = known, target
        self._former = {new: old for old, new in keys.items()}

    def _before(self, template: str, key: str) -> str:
        return self._former.get(key, key) if template == self._target else key

    def display(self, template: str, key: str) -> str | None:
        return self._known.display(template, self._before(template, key))

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        return tuple(self._known.resolve(template, self._before(template, text)))

    def is_live(self, template: str, key: str) -> bool:
        return self._known.is_live(template, self._before(template, key))
