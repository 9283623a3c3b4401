"""Taking back what one batch wrote: every row gets exactly the texts it had before, unless it was written since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.finding import Finding, Severity
from schemas.record import VOID, Actor, Rejected, TypedLine
from schemas.rights import Action, may
from schemas.template import Template
from schemas.validation import validate
from sheets_adapter.bulk import Target
from sheets_adapter.contract import Change, Put, Row, Verb
from sheets_adapter.desk import Desk, Stored, changed_meanwhile
from sheets_adapter.record_tables import line_values, moment_text, search_text, similar_pairs, unique_pairs
from sheets_adapter.row_history import undo

_REVERSED: Mapping[Verb, Verb] = {"withdraw": "restore", "restore": "withdraw"}


class Undoing:
    """Prepares the undoing of one batch; `changes` are all it wrote."""

    def __init__(self, desk: Desk, template: Template, actor: Actor, changes: Sequence[Change]) -> None:
        self._desk = desk
        self._template = template
        self._actor = actor
        self._headers = {change.row_id: change for change in changes if change.table == template.key}
        self._lines = self._lines_by_record(changes)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The records the batch wrote."""
        return tuple(Target(record_id) for record_id in self._headers)

    def _lines_by_record(self, changes: Sequence[Change]) -> dict[str, list[tuple[Change, Row]]]:
        """Changes of lines with their rows as they are now, by record."""
        found: dict[str, list[tuple[Change, Row]]] = {}
        for name in self._template.table_names()[1:]:
            of_table = {change.row_id: change for change in changes if change.table == name}
            for row_id, row in self._desk.store.get_many(name, list(of_table)).items():
                found.setdefault(row.values.get("record_id", ""), []).append((of_table[row_id], row))
        return found

    def prepare(self, desk: Desk, target: Target) -> tuple[Put, ...] | Rejected:
        """The rows as they were before the batch, or why they stay."""
        change, stored = self._headers[target.record_id], desk.stored(self._template, target.record_id)
        refusal = self._find_refusal(change, stored)
        if refusal or stored is None:
            return Rejected(tuple(filter(None, (refusal,))))
        row, former = stored.row, undo(stored.row, change)
        lines = self._lines.get(row.row_id, [])
        if any(one.revision != line_change.revision for line_change, one in lines):
            return Rejected((self._changed(row),))
        problems = self._find_gate_problems(change, former, stored)
        if problems:
            return Rejected(problems)
        header = self._header(change, row, former, stored)
        return (header, *(_line_put(line_change, one) for line_change, one in lines))

    def _find_refusal(self, change: Change, stored: Stored | None) -> Finding | None:
        action: Action = "edit" if change.verb == "edit" else "withdraw"
        if not may(self._actor, self._template, action):
            return Finding("P001", params={"template": self._template.key, "action_word": f"right.{action}"})
        if stored is None:
            return Finding("R012", params={"template": self._template.key})
        if not self._desk.access.sees(self._template, stored.row.values, self._actor):
            return Finding("P002", params={"template": self._template.key})
        return self._changed(stored.row) if stored.row.revision != change.revision else None

    def _changed(self, row: Row) -> Finding:
        return changed_meanwhile("R017", self._desk.store, self._template, row.row_id)

    def _find_gate_problems(self, change: Change, former: Row, stored: Stored) -> tuple[Finding, ...]:
        """What a rule pack says against the record as it was: a closed settlement stays closed."""
        if change.verb != "edit" or not self._desk.gates:
            return ()
        context = self._desk.context(self._actor)
        lines = {key: [TypedLine(row.row_id, {}) for row in rows] for key, rows in stored.lines.items()}
        validated = validate(self._template, {}, lines, context, stored=former.values, stored_lines=stored.line_texts())
        found = [finding for gate in self._desk.gates for finding in gate(self._template, validated, self._actor)]
        return tuple(found) if any(one.severity is Severity.ERROR for one in found) else ()

    def _header(self, change: Change, row: Row, former: Row, stored: Stored) -> Put:
        touched = {"updated_at": moment_text(self._desk.clock()), "updated_by": self._actor.signature}
        values = {**former.values, **touched}
        held = unique_pairs(self._template, row.values) if row.values.get("status") != VOID else ()
        pairs = unique_pairs(self._template, values)
        return Put(
            self._template.key,
            row.row_id,
            values,
            _REVERSED.get(change.verb, "edit"),
            row.etag,
            former.raw,
            former.extra,
            uniques=tuple(pair for pair in pairs if pair not in held),
            lookups=(*similar_pairs(self._template, values), *(pair for pair in pairs if pair in held)),
            search=search_text(self._template, values, self._former_lines(stored), self._desk.references),
        )

    def _former_lines(self, stored: Stored) -> list[tuple[str, dict[str, str]]]:
        """(line key, values) of the lines that live once the batch is undone."""
        former = {one.row_id: (key, one) for key, rows in stored.lines.items() for one in rows}
        for change, row in self._lines.get(stored.row.row_id, []):
            former[row.row_id] = (change.table.partition(".")[2], undo(row, change))
        return [(key, line_values(one)) for key, one in former.values() if one.values.get("status") != VOID]


def _line_put(change: Change, row: Row) -> Put:
    former = undo(row, change)
    verb = _REVERSED.get(change.verb, "edit")
    return Put(change.table, row.row_id, former.values, verb, row.etag, former.raw, former.extra)
