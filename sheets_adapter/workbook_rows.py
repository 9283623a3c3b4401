"""Rows found in the workbook, on their way into the journal: written whatever rules they break.

People edit the workbook without the form's checks. What they typed stands; a broken rule is a finding, never a
refusal. Numbers that are missing are given out, computed fields are worked out again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.computing import is_computed
from schemas.finding import CellRef, Finding, Param, Severity
from schemas.pending import standing
from schemas.record import SYSTEM_ACTOR, VOID
from schemas.remember import remembered
from schemas.template import LineTable, Template
from schemas.validation import compute, compute_lines, find_broken_rules
from sheets_adapter.contract import WORKBOOK, Put, Refused, Row, WriteBatch, Written
from sheets_adapter.desk import Desk, Stored
from sheets_adapter.record_tables import (
    line_table,
    line_values,
    moment_text,
    number_of,
    search_text,
    serial_requests,
    similar_pairs,
    unique_fields,
    unique_pairs,
)
from sheets_adapter.renumbering import Renumbered, count_references, find_renumbered, followers

if TYPE_CHECKING:
    from sheets_adapter.intake import SheetRow

_ATTEMPTS = 5


class Taker:
    """Writes rows of one table of the workbook."""

    def __init__(self, desk: Desk, template: Template, line: LineTable | None, sheet: str) -> None:
        self._desk = desk
        self._template = template
        self._line = line
        self._sheet = sheet
        self._table = line_table(template, line) if line else template.key
        self._now = desk.clock()

    def take(self, rows: Sequence[SheetRow]) -> tuple[tuple[Row, ...], tuple[str, ...], tuple[Finding, ...]]:
        """The rows as the journal holds them now, ids of rows somebody changed meanwhile, findings."""
        findings = self.find_problems(rows)
        former = self._former_records(rows)
        lines = {} if self._line else self._desk.live_lines_of(self._template, [row.row_id for row in rows])
        puts = {row.row_id: self._put(row, lines.get(row.row_id, {})) for row in rows}
        renumbered = self._renumbered(puts)
        findings += self._told_renumbered(rows, renumbered)
        written: tuple[Row, ...] = ()
        stale: list[str] = []
        while puts and not written:
            asked = [one for one in renumbered if one.row_id in puts]
            own, others = followers(self._desk, self._template, asked, tuple(puts.values()))
            outcome = self._desk.store.write(self._batch((*own, *others)))
            if isinstance(outcome, Written):
                written = outcome.rows[: len(puts)]
                continue
            late = {problem.put.row_id for problem in outcome.problems} & puts.keys()
            stale += sorted(late)
            puts = {row_id: put for row_id, put in puts.items() if row_id not in late}
        if self._recompute(puts.values(), former):
            found = self._desk.store.get_many(self._table, list(puts))
            written = tuple(found[row_id] for row_id in puts)
        return written, tuple(stale), findings

    # records whose key was changed

    def _renumbered(self, puts: Mapping[str, Put]) -> tuple[Renumbered, ...]:
        if self._line:
            return ()
        known = (put for put in puts.values() if put.verb != "adopt")
        return find_renumbered(self._desk.store, self._template, known)

    def _told_renumbered(self, rows: Sequence[SheetRow], renumbered: Sequence[Renumbered]) -> tuple[Finding, ...]:
        """What became of references to the old keys; nothing is told of a key nobody referred to."""
        places = {row.row_id: self._place(row) for row in rows}
        found = []
        for one in (one for one in renumbered if one.orphaned):
            count = count_references(self._desk, self._template, one.old)
            if count:
                code = "S075" if one.followed else "S076" if one.new else "S077"
                severity = Severity.INFO if one.followed else Severity.WARNING
                params: dict[str, Param] = {"old": one.old, "new": one.new, "count": count}
                params["field"] = str(self._template.record_key)
                found.append(Finding(code, places[one.row_id], params, severity))
        return tuple(found)

    def _put(self, row: SheetRow, lines: Mapping[str, Sequence[Row]]) -> Put:
        if self._line:
            return Put(self._table, row.row_id, row.values, row.verb, row.if_match, row.raw, row.extra)
        return Put(
            self._table, row.row_id, row.values, row.verb, row.if_match, row.raw, row.extra,
            # Held as lookups: a number typed twice must not keep the rest of the sheet out.
            lookups=(*unique_pairs(self._template, row.values), *similar_pairs(self._template, row.values)),
            serials=serial_requests(self._template, {**row.raw, **row.values}, self._now.date()),
            search=self._search(row.values, lines),
        )  # fmt: skip

    def _search(self, values: Mapping[str, str], lines: Mapping[str, Sequence[Row]]) -> str:
        texts = [(key, line_values(row)) for key, rows in lines.items() for row in rows]
        return search_text(self._template, values, texts, self._desk.references)

    def _batch(self, puts: tuple[Put, ...]) -> WriteBatch:
        return WriteBatch(puts, WORKBOOK, self._now, "workbook")

    # what is wrong

    def find_problems(self, rows: Sequence[SheetRow]) -> tuple[Finding, ...]:
        """Rules the rows break; withdrawn ones and lines have none of their own."""
        if self._line:
            return ()
        findings = self._find_duplicates(rows)
        context = self._desk.context(None)
        for row in rows:
            if row.values.get("status") == VOID:
                continue
            values = {key: text for key, text in row.values.items() if key in self._template.by_key}
            for found in find_broken_rules(self._template, values, context):
                field = str(found.params.get("field", ""))
                if found.severity is Severity.ERROR and field not in row.raw:
                    findings.append(replace(found, at=self._place(row), severity=Severity.WARNING))
        return tuple(findings)

    def _find_duplicates(self, rows: Sequence[SheetRow]) -> list[Finding]:
        """Rows whose unique answers another live record has, in the journal or among these rows as they are now."""
        here = {row.row_id for row in rows}
        rows = [row for row in rows if row.values.get("status") != VOID]
        pairs = {row.row_id: unique_pairs(self._template, row.values) for row in rows}
        held: dict[str, dict[str, set[str]]] = {}
        every = [pair for row in rows for pair in pairs[row.row_id]]
        for name in {name for name, _ in every}:
            asked = [folded for one, folded in every if one == name]
            found = self._desk.store.holders(self._template.key, name, asked)
            held[name] = {folded: set(row_ids) - here for folded, row_ids in found.items()}
        findings = []
        for row in rows:
            for name, folded in pairs[row.row_id]:
                others = held[name].setdefault(folded, set()) - {row.row_id}
                held[name][folded].add(row.row_id)
                if others:
                    findings.append(self._duplicate(row, name, min(others)))
        return findings

    def _duplicate(self, row: SheetRow, name: str, holder_id: str) -> Finding:
        holder = self._desk.store.get(self._template.key, holder_id)
        field = name if name in unique_fields(self._template) else name.partition("+")[0]
        number = number_of(self._template, holder) if holder else holder_id
        params = {"field": field, "value": row.values.get(field, ""), "number": number}
        return Finding("R030", self._place(row), params, Severity.WARNING)

    def _place(self, row: SheetRow) -> CellRef | None:
        return CellRef(self._sheet, row.row) if row.row else None

    # computed fields

    def _former_records(self, rows: Sequence[SheetRow]) -> set[str]:
        """Records lines stood under until now: one may be given another record's number."""
        if not self._line:
            return set()
        known = self._desk.store.get_many(self._table, [row.row_id for row in rows])
        return {row.values.get("record_id", "") for row in known.values()}

    def _recompute(self, puts: Iterable[Put], former: Collection[str]) -> bool:
        """Works the computed fields of the records out again, and the search text where lines changed; whether any
        row was written."""
        if not self._line and not has_computed(self._template):
            return False
        wrote = False
        records = {put.values.get("record_id", "") if self._line else put.row_id for put in puts}
        for record_id in sorted({*records, *former} - {""}):
            for _ in range(_ATTEMPTS):
                written = self._recompute_record(record_id)
                wrote |= isinstance(written, Written)
                if not isinstance(written, Refused):
                    break
        return wrote

    def _recompute_record(self, record_id: str) -> Written | Refused | None:
        stored = self._desk.stored(self._template, record_id)
        if stored is None or stored.row.values.get("status") == VOID:
            return None
        puts = recomputed(self._desk, self._template, stored, lines_changed=self._line is not None)
        if not puts:
            return None
        return self._desk.store.write(WriteBatch(puts, SYSTEM_ACTOR.signature, self._now, "system"))


@remembered
def has_computed(template: Template) -> bool:
    """Whether anything of a record follows from the rest: fields worked out, a status that waits for answers."""
    if template.pending:
        return True
    lines = (item for line in template.lines for item in line.fields)
    return any(is_computed(item) or item.in_force for item in (*template.fields, *lines))


def recomputed(desk: Desk, template: Template, stored: Stored, *, lines_changed: bool) -> tuple[Put, ...]:
    """The rows of a record whose computed fields are not what they should be; the header also when lines changed."""
    values = {key: text for key, text in stored.row.values.items() if key in template.by_key}
    lines = {key: [line_values(row) for row in rows] for key, rows in stored.lines.items()}
    context = desk.context(None)
    puts = []
    for key, texts in compute_lines(template, values, lines, context).items():
        for row, known, new in zip(stored.lines[key], lines[key], texts, strict=True):
            if any(known.get(name, "") != text for name, text in new.items()):
                known.update(new)
                put = Put(f"{template.key}.{key}", row.row_id, {**row.values, **new}, "recompute", row.etag)
                puts.append(replace(put, raw=_without(row.raw, new), extra=row.extra))
    worked_out = compute(template, values, lines, context)
    now = _row_values(template, stored.row, worked_out, moment_text(context.now))
    if lines_changed or any(values.get(key, "") != text for key, text in worked_out.items()) or _moved(stored.row, now):
        puts.append(_header_put(desk, template, stored.row, now, worked_out, lines))
    return tuple(puts)


def _row_values(template: Template, row: Row, worked_out: Mapping[str, str], at: str) -> dict[str, str]:
    values = {**row.values, **worked_out}
    return standing(template, values, at) if template.pending else values


def _moved(row: Row, values: Mapping[str, str]) -> bool:
    """Whether the record is complete now and was not, or the other way round."""
    return row.values.get("status") != values.get("status")


def _header_put(
    desk: Desk,
    template: Template,
    row: Row,
    values: dict[str, str],
    worked_out: Mapping[str, str],
    lines: Mapping[str, Sequence[Mapping[str, str]]],
) -> Put:
    every = [(key, line) for key, rows in lines.items() for line in rows]
    return Put(
        template.key,
        row.row_id,
        values,
        "recompute",
        row.etag,
        _without(row.raw, worked_out),
        row.extra,
        lookups=(*unique_pairs(template, values), *similar_pairs(template, values)),
        search=search_text(template, values, every, desk.references),
    )


def _without(raw: Mapping[str, str], worked_out: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in raw.items() if not worked_out.get(key)}


def moment_of(text: str, zone_of: datetime) -> datetime:
    """The moment a system column holds, in the zone of `zone_of`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of.tzinfo)
