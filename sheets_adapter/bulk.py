"""Many records in one go: each by the rules of a single one, written together, and undone together.

One bad record does not stop the others. Records go to the store in batches of BATCH, one commit each, so that others
who write meanwhile wait milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from schemas.finding import Finding
from schemas.record import Actor, Rejected, Submission, Typed
from schemas.template import Template
from sheets_adapter.contract import Duplicate, Put, Refused, Row, Stale, WriteBatch
from sheets_adapter.desk import Desk, Stored, changed_meanwhile
from sheets_adapter.record_tables import display_of, number_of, record_of
from sheets_adapter.submitting import Attempt
from sheets_adapter.withdrawing import Withdrawal

BATCH = 500
_ATTEMPTS = 20
_TOUCHED = frozenset({"updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Target:
    """One record to change, with its ETag as it was seen ("": as it is now)."""

    record_id: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record left as it is, and why. name: what people call it, as far as the actor may see."""

    record_id: str
    name: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What an edit would do to one record: canonical texts of the fields asked for, as the actor may see them."""

    record_id: str
    name: str
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What an edit would do; nothing is written. ready: with the ETags the plan was made for."""

    ready: tuple[Target, ...]
    unchanged: int
    refused: tuple[RefusedRecord, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What was written. keys: the one-time keys of its batches, by which it can be undone."""

    done: int
    unchanged: int = 0
    refused: tuple[RefusedRecord, ...] = ()
    keys: tuple[str, ...] = ()


def joined(results: Sequence[BulkResult]) -> BulkResult:
    """Several results as one."""
    return BulkResult(
        sum(one.done for one in results),
        sum(one.unchanged for one in results),
        tuple(refused for one in results for refused in one.refused),
        tuple(key for one in results for key in one.keys),
    )


Prepare = Callable[[Desk, Target], tuple[Put, ...] | Rejected]
"""What to write for one record, nothing when it would not change, or why not."""
Explain = Callable[[Sequence[Duplicate]], Rejected]


@dataclass(frozen=True, slots=True)
class _Prefetched(Desk):
    """A desk that knows some records already: read together, they cost a query a table instead of one each."""

    known: Mapping[str, Stored] = field(default_factory=dict)

    def stored(self, template: Template, record_id: str) -> Stored | None:
        """The record as it was read."""
        return self.known.get(record_id)


def _prefetched(desk: Desk, template: Template, targets: Sequence[Target]) -> Desk:
    own = {item.name: getattr(desk, item.name) for item in fields(Desk)}
    return _Prefetched(**own, known=desk.stored_many(template, [target.record_id for target in targets]))


def batches(targets: Sequence[Target]) -> Iterator[Sequence[Target]]:
    """The targets, each record once, in groups that are written together."""
    once = list({target.record_id: target for target in targets}.values())
    for start in range(0, len(once), BATCH):
        yield once[start : start + BATCH]


class BulkWork:
    """Changes many records of one template. explain: turns what the store found taken into findings."""

    def __init__(self, desk: Desk, template: Template, actor: Actor, explain: Explain) -> None:
        self._desk = desk
        self._template = template
        self._actor = actor
        self._explain = explain

    # what to write for one record

    def edit(self, values: Mapping[str, Typed]) -> Prepare:
        """Gives the fields these values; others stay as they are."""

        def prepare(desk: Desk, target: Target) -> tuple[Put, ...] | Rejected:
            etags = {target.record_id: target.etag} if target.etag else {}
            submission = Submission(self._template.key, "", values, record_id=target.record_id, etags=etags)
            ready = Attempt(desk, self._template, submission, self._actor).prepare()
            if isinstance(ready, Rejected):
                return ready
            stored = desk.stored(self._template, target.record_id)
            return ready.batch.puts if stored and _differs(ready.batch.puts, stored.row) else ()

        return prepare

    def withdraw(self, reason: str) -> Prepare:
        """Withdraws the record."""

        def prepare(desk: Desk, target: Target) -> tuple[Put, ...] | Rejected:
            work = Withdrawal(desk, self._template, self._actor)
            return _puts(work.withdraw(target.record_id, reason, target.etag, ""))

        return prepare

    def restore(self) -> Prepare:
        """Restores the record."""

        def prepare(desk: Desk, target: Target) -> tuple[Put, ...] | Rejected:
            work = Withdrawal(desk, self._template, self._actor)
            return _puts(work.restore(target.record_id, target.etag, ""))

        return prepare

    # doing it, or only looking

    def plan(self, targets: Sequence[Target], values: Mapping[str, Typed], samples: int) -> BulkPlan:
        """What `edit` would do."""
        ready: list[Target] = []
        refused: list[RefusedRecord] = []
        shown: list[Sample] = []
        count = 0
        for some in batches(targets):
            desk = _prefetched(self._desk, self._template, some)
            prepared, bad = self._prepared(desk, some, self.edit(values))
            taken = self._taken(prepared)
            refused += [*bad, *taken]
            for lost in taken:
                del prepared[lost.record_id]
            count += sum(not puts for puts in prepared.values())
            for record_id, puts in prepared.items():
                row = self._row(desk, record_id)
                if puts and row:
                    ready.append(Target(record_id, row.etag))
                    shown += [self._sample(row, puts[0], values)] if len(shown) < samples else []
        return BulkPlan(tuple(ready), count, tuple(refused), tuple(shown))

    def run(self, targets: Sequence[Target], prepare: Prepare, key: str) -> BulkResult:
        """Writes; the same key again answers what it wrote before."""
        done = unchanged = 0
        refused: list[RefusedRecord] = []
        keys: list[str] = []
        for number, some in enumerate(batches(targets), 1):
            batch_key = f"{key}.{number}"
            replayed = self._desk.store.changes_under(batch_key)
            if replayed:
                done += sum(change.table == self._template.key for change in replayed)
                keys.append(batch_key)
                continue
            written, same, bad = self._write(some, prepare, batch_key)
            done, unchanged = done + written, unchanged + same
            refused += bad
            keys += [batch_key] if written else []
        return BulkResult(done, unchanged, tuple(refused), tuple(keys))

    def _write(self, targets: Sequence[Target], prepare: Prepare, key: str) -> tuple[int, int, list[RefusedRecord]]:
        """How many were written, how many would not change, which were refused."""
        waiting, prepared = list(targets), dict[str, tuple[Put, ...]]()
        refused: list[RefusedRecord] = []
        for _ in range(_ATTEMPTS):
            desk = _prefetched(self._desk, self._template, waiting)
            anew, bad = self._prepared(desk, waiting, prepare)
            prepared.update(anew)
            refused += bad
            puts = [put for some in prepared.values() for put in some]
            batch = WriteBatch(tuple(puts), self._actor.signature, self._desk.clock(), "portal", key)
            outcome = self._desk.store.write(batch) if puts else None
            if not isinstance(outcome, Refused):
                unchanged = sum(not some for some in prepared.values())
                return len(prepared) - unchanged, unchanged, refused
            stale, lost = self._sorted_out(outcome, prepared)
            refused += lost
            for record_id in {*stale, *(one.record_id for one in lost)}:
                del prepared[record_id]
            waiting = [target for target in targets if target.record_id in stale]
        refused += [self._refused_as_changed(record_id) for record_id in prepared]
        return 0, 0, refused

    def _prepared(
        self, desk: Desk, targets: Sequence[Target], prepare: Prepare
    ) -> tuple[dict[str, tuple[Put, ...]], list[RefusedRecord]]:
        prepared: dict[str, tuple[Put, ...]] = {}
        refused: list[RefusedRecord] = []
        for target in targets:
            found = prepare(desk, target)
            if isinstance(found, Rejected):
                refused.append(self._refused(self._row(desk, target.record_id), target.record_id, found))
            else:
                prepared[target.record_id] = found
        return prepared, refused

    # what stands in the way

    def _sorted_out(
        self, outcome: Refused, prepared: Mapping[str, tuple[Put, ...]]
    ) -> tuple[set[str], list[RefusedRecord]]:
        """Records others were quicker with, to be tried again; and records that want what another one holds."""
        record_of_row = {(put.table, put.row_id): record_id for record_id, puts in prepared.items() for put in puts}
        stale, duplicates = set[str](), dict[str, list[Duplicate]]()
        for problem in outcome.problems:
            record_id = record_of_row[problem.put.table, problem.put.row_id]
            if isinstance(problem, Stale):
                stale.add(record_id)
            else:
                duplicates.setdefault(record_id, []).append(problem)
        lost = [self._refused_as_taken(record_id, found) for record_id, found in duplicates.items()]
        return stale - duplicates.keys(), lost

    def _taken(self, prepared: Mapping[str, tuple[Put, ...]]) -> list[RefusedRecord]:
        """Records that would be refused because another one, of the store or of the plan, holds what they ask for."""
        wanted: dict[str, dict[str, list[Put]]] = {}
        for put in (put for puts in prepared.values() for put in puts if put.table == self._template.key):
            for name, folded in put.uniques:
                wanted.setdefault(name, {}).setdefault(folded, []).append(put)
        duplicates: dict[str, list[Duplicate]] = {}
        for name, texts in wanted.items():
            held = self._desk.store.holders(self._template.key, name, list(texts))
            for folded, puts in texts.items():
                outside = next((holder for holder in held.get(folded, ()) if holder not in prepared), "")
                for put in puts if outside else puts[1:]:
                    problem = Duplicate(put, name, folded, outside or puts[0].row_id)
                    duplicates.setdefault(put.row_id, []).append(problem)
        return [self._refused_as_taken(record_id, found) for record_id, found in duplicates.items()]

    def _refused_as_taken(self, record_id: str, problems: Sequence[Duplicate]) -> RefusedRecord:
        return self._refused(self._row(self._desk, record_id), record_id, self._explain(problems))

    def _refused_as_changed(self, record_id: str) -> RefusedRecord:
        finding = changed_meanwhile("R017", self._desk.store, self._template, record_id)
        return self._refused(self._row(self._desk, record_id), record_id, Rejected((finding,)))

    def _refused(self, row: Row | None, record_id: str, why: Rejected) -> RefusedRecord:
        sees = row is not None and self._desk.access.sees(self._template, row.values, self._actor)
        name = self._name(row) if sees and row else record_id
        return RefusedRecord(record_id, name, why.findings)

    # what people see

    def _row(self, desk: Desk, record_id: str) -> Row | None:
        stored = desk.stored(self._template, record_id)
        return stored.row if stored else None

    def _name(self, row: Row) -> str:
        """Number and display, as he may see them."""
        shown = self._desk.access.shown(self._template, record_of(self._template, row, {}), self._actor)
        number = number_of(self._template, row)
        display = display_of(self._template, shown.values, row.row_id)
        return display if display == number else f"{display} · {number}"

    def _sample(self, row: Row, put: Put, values: Mapping[str, Typed]) -> Sample:
        before = self._desk.access.shown(self._template, record_of(self._template, row, {}), self._actor).values
        after = {key: put.values.get(key, "") for key in values}
        return Sample(row.row_id, self._name(row), {key: before.get(key, "") for key in values}, after)


def _puts(found: WriteBatch | Rejected) -> tuple[Put, ...] | Rejected:
    return found if isinstance(found, Rejected) else found.puts


def _differs(puts: Sequence[Put], row: Row) -> bool:
    """Whether writing would change anything but who wrote last."""
    header, *lines = puts
    names = (header.values.keys() | row.values.keys()) - _TOUCHED
    changed = any(header.values.get(name, "") != row.values.get(name, "") for name in names)
    return bool(lines) or changed or dict(header.raw) != dict(row.raw)
