"""The only writer of records, and where they are read: rights, validation, uniqueness, numbers, log.

Every method takes the actor and enforces his rights. Every write is one `Store.write` under the form's one-time key.
Methods raise StoreUnavailable when the store cannot answer, KeyError for a template that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from schemas.field_types import type_of
from schemas.finding import FieldRef, Finding
from schemas.folding import fold
from schemas.record import VOID, Actor, Record, Rejected, Saved, Submission, Typed, TypedLine
from schemas.template import Template
from schemas.validation import Validated, validate
from sheets_adapter.access import Access
from sheets_adapter.bulk import BulkPlan, BulkResult, BulkWork, Target, joined
from sheets_adapter.contract import Change, Duplicate, Query, Store, Test, WriteBatch, Written
from sheets_adapter.desk import Desk, Gate, changed_meanwhile
from sheets_adapter.list_scan import ListScan
from sheets_adapter.listing import ListQuery, RecordPage, count_tabs, read_page, read_targets
from sheets_adapter.record_tables import SIMILAR, fold_similar, line_table, number_of, record_of, table_specs
from sheets_adapter.references import ReferenceIndex
from sheets_adapter.related import Related, read_related
from sheets_adapter.row_history import LONGEST
from sheets_adapter.similar import SimilarRecord, find_similar, similar_record
from sheets_adapter.submitting import Attempt
from sheets_adapter.undoing import Undoing
from sheets_adapter.withdrawing import Withdrawal, withdrawn_lines
from sheets_adapter.workbook_rows import Taker, moment_of

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from sheets_adapter.intake import SheetRow, TakenIn

__all__ = ["Gate", "ListQuery", "Option", "RecordPage", "Related", "Repository", "SimilarRecord", "Test"]

_ATTEMPTS = 20
"""Attempts at a record others keep changing, before the person is asked to look."""
_MOST_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Option:
    """One record a reference may point to."""

    key: str
    display: str


class Repository:
    """Records of a catalogue's templates in one store."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        gates: Sequence[Gate] = (),
    ) -> None:
        self.store = store
        self._catalogue = catalogue
        self.references = ReferenceIndex(store, catalogue)
        access = Access(store, catalogue, self.references)
        self._desk = Desk(store, catalogue, self.references, access, clock, new_id, tuple(gates))
        for template in catalogue.templates:
            for spec in table_specs(template):
                store.ensure_table(spec)

    # writing

    def submit(self, submission: Submission, actor: Actor) -> Saved | Rejected:
        """Creates or edits a record. The same one-time key again answers the first result."""
        template = self._catalogue[submission.template]
        replayed = self._replayed(template, submission.key)
        if replayed:
            return replayed
        for _ in range(_ATTEMPTS):
            ready = Attempt(self._desk, template, submission, actor).prepare()
            if isinstance(ready, Rejected):
                return ready
            saved = self._write(template, ready.batch, ready.warnings, actor)
            if saved:
                return saved
        return Rejected((changed_meanwhile("R010", self.store, template, submission.record_id),))

    def submit_together(
        self, submissions: Sequence[Submission], *, key: str, actor: Actor
    ) -> tuple[Saved, ...] | Rejected:
        """Creates several records of one template in one write, all of them or none; the same key writes them once.

        Findings do not say which of the records they are about.
        """
        template = self._catalogue[submissions[0].template]
        before = self.store.written_under(key) if key else None
        if before:
            return self._saved_together(template, before)
        prepared = [Attempt(self._desk, template, one, actor).prepare() for one in submissions]
        refused = [finding for one in prepared if isinstance(one, Rejected) for finding in one.findings]
        if refused:
            return Rejected(tuple(refused))
        puts = tuple(put for one in prepared if not isinstance(one, Rejected) for put in one.batch.puts)
        outcome = self.store.write(WriteBatch(puts, actor.signature, self._desk.clock(), "portal", key))
        if isinstance(outcome, Written):
            return self._saved_together(template, outcome)
        duplicates = [problem for problem in outcome.problems if isinstance(problem, Duplicate)]
        return self._rejected(template, duplicates, actor)

    def _saved_together(self, template: Template, written: Written) -> tuple[Saved, ...]:
        heads = (row for row in written.rows if "created_at" in row.values)
        return tuple(self._saved(template, replace(written, rows=(row,)), ()) for row in heads)

    def withdraw(
        self, template: str, record_id: str, *, reason: str, etag: str, key: str, actor: Actor
    ) -> Saved | Rejected:
        """Sets the record to 已作废 with the reason; it keeps its number and frees what it held alone."""
        form = self._catalogue[template]
        return self._settle(form, key, actor, lambda work: work.withdraw(record_id, reason, etag, key))

    def restore(self, template: str, record_id: str, *, etag: str, key: str, actor: Actor) -> Saved | Rejected:
        """Sets a withdrawn record to 有效 again, if what it must hold alone is still free."""
        form = self._catalogue[template]
        return self._settle(form, key, actor, lambda work: work.restore(record_id, etag, key))

    # writing many

    def plan_many(
        self, template: str, targets: Sequence[Target], values: Mapping[str, Typed], actor: Actor, *, samples: int = 5
    ) -> BulkPlan:
        """What giving these values to the records would do, and which would be refused; nothing is written."""
        return self._bulk(self._catalogue[template], actor).plan(targets, values, samples)

    def edit_many(
        self, template: str, targets: Sequence[Target], values: Mapping[str, Typed], *, key: str, actor: Actor
    ) -> BulkResult:
        """Gives these values to the records, each by the rules of a single edit."""
        work = self._bulk(self._catalogue[template], actor)
        return work.run(targets, work.edit(values), key)

    def withdraw_many(
        self, template: str, targets: Sequence[Target], *, reason: str, key: str, actor: Actor
    ) -> BulkResult:
        """Withdraws the records with one reason."""
        work = self._bulk(self._catalogue[template], actor)
        return work.run(targets, work.withdraw(reason), key)

    def restore_many(self, template: str, targets: Sequence[Target], *, key: str, actor: Actor) -> BulkResult:
        """Restores withdrawn records."""
        work = self._bulk(self._catalogue[template], actor)
        return work.run(targets, work.restore(), key)

    def undo_many(self, template: str, keys: Sequence[str], *, actor: Actor) -> BulkResult:
        """Takes back what was written under the keys of a `BulkResult`; records written since stay as they are."""
        form = self._catalogue[template]
        work = self._bulk(form, actor)
        results = []
        for key in keys:
            undoing = Undoing(self._desk, form, actor, self.store.changes_under(key))
            results.append(work.run(undoing.targets, undoing.prepare, f"{key}.undo"))
        return joined(results)

    def _bulk(self, template: Template, actor: Actor) -> BulkWork:
        return BulkWork(self._desk, template, actor, lambda found: self._rejected(template, found, actor))

    def _settle(
        self, template: Template, key: str, actor: Actor, prepare: Callable[[Withdrawal], WriteBatch | Rejected]
    ) -> Saved | Rejected:
        replayed = self._replayed(template, key)
        if replayed:
            return replayed
        record_id = ""
        for _ in range(_ATTEMPTS):
            batch = prepare(Withdrawal(self._desk, template, actor))
            if isinstance(batch, Rejected):
                return batch
            record_id = batch.puts[0].row_id
            saved = self._write(template, batch, (), actor)
            if saved:
                return saved
        return Rejected((changed_meanwhile("R017", self.store, template, record_id),))

    def _write(
        self, template: Template, batch: WriteBatch, warnings: tuple[Finding, ...], actor: Actor
    ) -> Saved | Rejected | None:
        """Writes the batch; None when a row changed since it was read, so that another attempt is due."""
        outcome = self.store.write(batch)
        if isinstance(outcome, Written):
            return self._saved(template, outcome, warnings)
        duplicates = [problem for problem in outcome.problems if isinstance(problem, Duplicate)]
        return self._rejected(template, duplicates, actor) if duplicates else None

    def _replayed(self, template: Template, key: str) -> Saved | None:
        before = self.store.written_under(key) if key else None
        return self._saved(template, before, ()) if before else None

    def _saved(self, template: Template, written: Written, warnings: tuple[Finding, ...]) -> Saved:
        row = written.rows[0]
        at = moment_of(row.values["updated_at"], self._desk.clock())
        return Saved(row.row_id, number_of(template, row), at, written.replayed, warnings)

    def _rejected(self, template: Template, duplicates: Sequence[Duplicate], actor: Actor) -> Rejected:
        return Rejected(tuple(self._duplicate(template, one, actor) for one in duplicates))

    def _duplicate(self, template: Template, duplicate: Duplicate, actor: Actor) -> Finding:
        """Names the record that has the value already, as far as the actor may know it."""
        first, *_, last = [*duplicate.name.split("+"), duplicate.name.split("+")[-1]]
        values = duplicate.put.values
        text = values.get(first, "")
        shown = type_of(template.by_key[first]).show(text, template.by_key[first], actor.language)
        params = {"field": first, "value": shown, "other_field": last}
        holder = self.store.get(template.key, duplicate.holder)
        if holder is None or not self._desk.access.sees(template, holder.values, actor):
            return Finding("R002" if first == last else "R004", FieldRef(first), params)
        known = similar_record(self._desk, template, holder, first)
        holder_name = known.number if known.number == known.display else f"{known.number} {known.display}"
        found = {"number": known.number, "display": known.display, "holder": holder_name, "owner": known.owner}
        return Finding("R001" if first == last else "R003", FieldRef(first), {**params, **found})

    # reading one record

    def get(self, template: str, record_id: str, actor: Actor) -> Record | None:
        """The record as the actor may see it, a withdrawn one with the lines withdrawn with it; None: unknown, or not
        his to see."""
        form = self._catalogue[template]
        stored = self._desk.stored(form, record_id)
        if stored is None or not self._desk.access.sees(form, stored.row.values, actor):
            return None
        lines = stored.lines
        if stored.row.values.get("status") == VOID:
            lines = withdrawn_lines(self._desk, form, stored.row)
        return self._desk.access.shown(form, record_of(form, stored.row, lines), actor)

    def find_by_key(self, template: str, key: str, actor: Actor) -> Record | None:
        """The record others refer to by that key, a live one first."""
        target = self.references.find(template, key)
        return self.get(template, target.row_id, actor) if target else None

    def is_own(self, template: str, record_id: str, actor: Actor) -> bool:
        """Whether the record is the actor's own; False for one that is unknown."""
        row = self.store.get(template, record_id)
        return row is not None and self._desk.access.is_own(self._catalogue[template], row.values, actor)

    def related(self, template: str, record_id: str, actor: Actor, *, limit: int = 5) -> tuple[Related, ...]:
        """Live records that refer to this one, by the field they do it with, as far as the actor may see them."""
        form = self._catalogue[template]
        row = self.store.get(template, record_id)
        if row is None or not self._desk.access.sees(form, row.values, actor):
            return ()
        return tuple(read_related(self._desk, form, row, actor, limit))

    def history(self, template: str, record_id: str, actor: Actor) -> tuple[Change, ...]:
        """Who did what to the record and its lines, oldest first, as far as the actor may see."""
        form = self._catalogue[template]
        row = self.store.get(template, record_id)
        access = self._desk.access
        if row is None or not access.sees(form, row.values, actor):
            return ()
        own = access.is_own(form, row.values, actor)
        changes = [
            access.shown_change(form, form, change, actor, own)
            for change in self.store.changes(table=template, row_id=record_id, limit=LONGEST)
        ]
        for line in form.lines:
            table = line_table(form, line)
            query = Query(table, (Test("record_id", "eq", record_id),), limit=_MOST_LINES, count=False)
            for one in self.store.query(query).rows:
                found = self.store.changes(table=table, row_id=one.row_id, limit=LONGEST)
                changes += [access.shown_change(form, line, change, actor, own) for change in found]
        return tuple(sorted(changes, key=lambda change: change.seq))

    # reading many

    def page(self, template: str, actor: Actor, query: ListQuery) -> RecordPage:
        """One page of a list."""
        return read_page(self._desk, self._catalogue[template], actor, query)

    def scan(self, template: str, actor: Actor, query: ListQuery) -> ListScan:
        """All records of a list with their lines, column by column, for reading them once."""
        return ListScan(self._desk, self._catalogue[template], actor, query)

    def targets(self, template: str, actor: Actor, query: ListQuery, *, limit: int) -> tuple[Target, ...]:
        """All records of a list, without its pages, at most `limit`."""
        return read_targets(self._desk, self._catalogue[template], actor, query, limit)

    def counts(self, template: str, actor: Actor) -> Mapping[str, int]:
        """Live records per tab the actor has, and withdrawn ones under "void"."""
        return count_tabs(self._desk, self._catalogue[template], actor)

    def options(self, template: str, *, search: str = "", limit: int = 20, actor: Actor) -> tuple[Option, ...]:
        """Live records to refer to whose key or display holds every word; everybody may refer to all of them."""
        words = filter(None, map(fold, search.split()))
        return tuple(Option(target.key, target.display) for target in self.references.search(template, words, limit))

    def option_count(self, template: str) -> int:
        """How many live records there are to refer to."""
        return self.references.count(template)

    def similar(
        self, template: str, values: Mapping[str, Typed], actor: Actor, *, except_id: str = ""
    ) -> tuple[SimilarRecord, ...]:
        """Live records much like what is being typed, whoever's they are: two people must not work on one customer."""
        form = self._catalogue[template]
        context = self._desk.context(actor)
        pairs = []
        for item in form.fields:
            typed = values.get(item.key)
            if item.similar and typed:
                folded = fold_similar(item, type_of(item).parse(typed, item, context).text)
                pairs += [(f"{SIMILAR}{item.key}", folded)] if folded else []
        return find_similar(self._desk, form, pairs, except_id)

    def last_values(self, template: str, actor: Actor) -> Mapping[str, str]:
        """What the actor answered in the record he created last, for fields whose default is last_value."""
        form = self._catalogue[template]
        where = (Test("created_by", "eq", actor.signature),)
        rows = self.store.query(Query(template, where, sort=(("created_at", True),), limit=1, count=False)).rows
        return {key: text for key, text in rows[0].values.items() if key in form.by_key} if rows else {}

    def preview(
        self,
        template: str,
        values: Mapping[str, Typed],
        lines: Mapping[str, Sequence[TypedLine]],
        actor: Actor,
        stored: Record | None = None,
        *,
        completes: bool = False,
    ) -> Validated:
        """How a form as it stands would be understood, sent as complete or not; nothing is written."""
        form = self._catalogue[template]
        known = stored.values if stored else {}
        known_lines = {
            key: {line.line_id: line.values for line in rows} for key, rows in (stored.lines if stored else {}).items()
        }
        context = self._desk.context(actor)
        return validate(form, values, lines, context, stored=known, stored_lines=known_lines, completes=completes)

    # the workbook's door

    def take_in(self, table: str, sheet: str, rows: Sequence[SheetRow]) -> TakenIn:
        """Writes rows found in the workbook, whatever rules they break; broken rules are findings with their place."""
        from sheets_adapter.intake import TakenIn  # the workbook's reader: only needed where a workbook is read

        return TakenIn(*self._taker(table, sheet).take(rows))

    def judge(self, table: str, sheet: str, rows: Sequence[SheetRow]) -> tuple[Finding, ...]:
        """Which rules rows of the workbook break as they stand; nothing is written."""
        return self._taker(table, sheet).find_problems(rows)

    def begin_day(self, since: date | None) -> int:
        """Works out again what only holds from a day after `since` on (None: ever); how many rows changed."""
        from sheets_adapter.new_day import begin_day

        return begin_day(self._desk, since)

    def _taker(self, table: str, sheet: str) -> Taker:
        key, _, line_key = table.partition(".")
        template = self._catalogue[key]
        return Taker(self._desk, template, template.lines_by_key[line_key] if line_key else None, sheet)
