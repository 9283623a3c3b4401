"""Taking the sample data away: in one click, without touching what people entered, changed or build upon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.field_types import target_of
from schemas.finding import Finding
from schemas.record import VOID, Actor
from services.ports import Clock
from services.sample_story.book import SAMPLE_PREFIX
from services.samples import LOADED, row_is_untouched
from sheets_adapter.private import PrivateStore

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.template import Field, Template
    from services.sync import Sync
    from sheets_adapter.contract import Row, Store
    from sheets_adapter.journal import Journal

ADMIN = "admin"
STAFF = "staff"
ATTEMPTS = 20
"""Plans made anew because somebody saved a record meanwhile."""


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """What would go and what stays.

    rows: table → ids of the rows to forget. samples: how many records that are. edited: samples people changed.
    needed: untouched samples that what stays refers to, such as the customer of somebody's own order.
    """

    rows: Mapping[str, tuple[str, ...]]
    samples: int
    edited: int
    needed: int


@dataclass(frozen=True, slots=True)
class Removed:
    """The samples are gone. copy: the name the former workbook is kept under, "" when there was none."""

    plan: RemovalPlan
    copy: str


class SampleRemoval:
    """Removes the sample records from portal and workbook."""

    def __init__(
        self,
        private: PrivateStore,
        journal: Journal,
        sync: Sync,
        *,
        clock: Clock,
        catalogue: Callable[[], Catalogue],
        forgotten: Callable[[], None],
    ) -> None:
        """forgotten: called when rows are gone: what was kept of them in memory must go too."""
        self._private = private
        self._journal = journal
        self._sync = sync
        self._clock = clock
        self._catalogue = catalogue
        self._forgotten = forgotten

    def plan(self) -> RemovalPlan:
        """What would happen now."""
        kept = self._private.setting(LOADED)
        loaded_at = datetime.fromisoformat(kept) if kept else None
        accounts = {account.staff_id for account in self._private.accounts()}
        return plan_removal(self._catalogue(), self._journal, loaded_at, accounts)

    def remove(self, actor: Actor) -> Removed | Finding:
        """Takes the samples away; A053 for who is no administrator.

        Rows are never taken out of a workbook people work in: a new one is made of what stays, the former one is kept
        beside it. Raises StoreError where that cannot be done now; nothing has happened then.
        """
        if ADMIN not in actor.roles:
            return Finding("A053")
        done: list[RemovalPlan] = []
        try:
            copy = self._sync.start_afresh(lambda: done.append(self._forget(actor)))
        finally:
            self._forgotten()
        self._private.delete_setting(LOADED)
        self._private.log_access(self._clock(), actor.signature, "remove_samples", detail=str(done[0].samples))
        self._sync.poke()
        return Removed(done[0], copy)

    def _forget(self, actor: Actor) -> RemovalPlan:
        for _ in range(ATTEMPTS):
            revision = self._journal.revision()
            plan = self.plan()
            if self._journal.forget(plan.rows, if_revision=revision, actor=actor.signature, at=self._clock()):
                return plan
        raise RuntimeError(f"the journal changed {ATTEMPTS} times while the samples were to be forgotten")


def plan_removal(catalogue: Catalogue, store: Store, loaded_at: datetime | None, accounts: set[str]) -> RemovalPlan:
    """Which sample rows may go. accounts: staff ids of people who sign in; their staff records stay."""
    known = store.tables()
    heads = {form.key: _rows(store, known, form.key) for form in catalogue.templates}
    lines = {name: _rows(store, known, name) for form in catalogue.templates for name in form.table_names()[1:]}
    touched = _touched_lines(lines)
    going: dict[tuple[str, str], Row] = {}
    edited = 0
    for form, rows in heads.items():
        for row in rows:
            if not row.row_id.startswith(SAMPLE_PREFIX):
                continue
            if row.values.get("status") == VOID or (row_is_untouched(row, loaded_at) and row.row_id not in touched):
                going[form, row.row_id] = row
            else:
                edited += 1
    before = len(going)
    _keep_what_is_needed(catalogue, heads, lines, going, accounts)
    return RemovalPlan(_rows_of(going, lines), len(going), edited, before - len(going))


def _rows(store: Store, known: Mapping[str, object], table: str) -> Sequence[Row]:
    return store.changed_rows(table, 0) if table in known else ()


def _touched_lines(lines: Mapping[str, Sequence[Row]]) -> set[str]:
    """Records with a line that was added, changed or withdrawn since the samples were told."""
    return {
        row.values.get("record_id", "")
        for rows in lines.values()
        for row in rows
        if row.version > 1 or not row.row_id.startswith(SAMPLE_PREFIX)
    }


def _keep_what_is_needed(
    catalogue: Catalogue,
    heads: Mapping[str, Sequence[Row]],
    lines: Mapping[str, Sequence[Row]],
    going: dict[tuple[str, str], Row],
    accounts: set[str],
) -> None:
    """Takes out of `going` what rows that stay refer to, and what those refer to in turn."""
    by_key = {(form, _key(catalogue[form], row)): (form, row_id) for (form, row_id), row in going.items()}
    lines_of = _lines_by_record(lines)
    asked = [(STAFF, staff_id) for staff_id in accounts]
    for form, rows in heads.items():
        for row in rows:
            if (form, row.row_id) not in going:
                asked += _references(catalogue[form], row, lines_of)
    while asked:
        place = by_key.get(asked.pop())
        if place in going:
            asked += _references(catalogue[place[0]], going.pop(place), lines_of)


def _key(template: Template, row: Row) -> str:
    return row.values.get(template.record_key, "") if template.record_key else row.row_id


def _lines_by_record(lines: Mapping[str, Sequence[Row]]) -> Mapping[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for table, rows in lines.items():
        for row in rows:
            found[table, row.values.get("record_id", "")].append(row)
    return found


def _references(
    template: Template, row: Row, lines_of: Mapping[tuple[str, str], list[Row]]
) -> Iterator[tuple[str, str]]:
    """(template, key) of everything the record refers to."""
    yield from _named(template.fields, row)
    for line, table in zip(template.lines, template.table_names()[1:], strict=True):
        for one in lines_of.get((table, row.row_id), ()):
            yield from _named(line.fields, one)


def _named(fields: Sequence[Field], row: Row) -> Iterator[tuple[str, str]]:
    for field in fields:
        target, key = target_of(field), row.values.get(field.key, "")
        if target and key:
            yield target, key


def _rows_of(going: Mapping[tuple[str, str], Row], lines: Mapping[str, Sequence[Row]]) -> dict[str, tuple[str, ...]]:
    """table → ids, the lines of the records among them."""
    found: dict[str, list[str]] = defaultdict(list)
    for form, row_id in going:
        found[form].append(row_id)
    for table, rows in lines.items():
        form = table.partition(".")[0]
        found[table] += [row.row_id for row in rows if (form, row.values.get("record_id", "")) in going]
    return {table: tuple(ids) for table, ids in found.items() if ids}
