"""One attempt at a submission: from what was typed to the rows to write, or the reasons why not.

An attempt is made against the record as it is now. Between it and the write somebody else may be quicker; then the
store refuses the write and the repository makes another attempt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.field_types.choices import typed_texts
from schemas.finding import FieldRef, Finding, Severity, has_errors
from schemas.pending import standing
from schemas.record import LIVE, VOID, Actor, FieldClash, Rejected, Submission, Typed, TypedLine
from schemas.rights import Action, is_masked, mask, may, may_read_field
from schemas.template import Field, LineTable, Template
from schemas.validation import Validated, ValidatedLine, validate
from sheets_adapter.contract import ABSENT, Put, Row, Verb, WriteBatch
from sheets_adapter.desk import Desk, Stored, changed_meanwhile, written_by_portal
from sheets_adapter.edit_merge import LineClash, LineSides, changed_fields, find_clashes, plan_lines
from sheets_adapter.record_tables import (
    line_no,
    line_table,
    line_values,
    moment_text,
    search_text,
    serial_requests,
    similar_pairs,
    unique_pairs,
)
from sheets_adapter.renumbering import with_followers
from sheets_adapter.row_history import version_shown
from sheets_adapter.similar import find_similar


@dataclass(frozen=True, slots=True)
class Ready:
    """What is to be written, and the warnings to show once it is."""

    batch: WriteBatch
    warnings: tuple[Finding, ...]


class Attempt:
    """One attempt at a submission."""

    def __init__(self, desk: Desk, template: Template, submission: Submission, actor: Actor) -> None:
        self._desk = desk
        self._template = template
        self._submission = submission
        self._actor = actor
        self._context = desk.context(actor)

    def prepare(self) -> Ready | Rejected:
        """The rows to write, or why nothing is written."""
        refusal = self._find_refusal()
        if refusal:
            return Rejected((refusal,))
        if not self._submission.record_id:
            return self._creation()
        stored = self._desk.stored(self._template, self._submission.record_id)
        refusal = self._find_edit_refusal(stored)
        if refusal or stored is None:
            return Rejected(tuple(filter(None, (refusal,))))
        return self._edit(stored)

    # may he?

    def _find_refusal(self) -> Finding | None:
        action: Action = "edit" if self._submission.record_id else "create"
        if not may(self._actor, self._template, action):
            return Finding("P001", params={"template": self._template.key, "action_word": f"right.{action}"})
        hidden = next(self._hidden_answers(), None)
        return Finding("P003", hidden, {"field": hidden.field}) if hidden else None

    def _hidden_answers(self) -> Iterator[FieldRef]:
        """Answers to fields he cannot even read: no form of ours sends one."""
        given = [("", 0, self._template.by_key, self._submission.values)]
        for line in self._template.lines:
            fields = {item.key: item for item in line.fields}
            rows = self._submission.lines.get(line.key, ())
            given += [(line.key, number, fields, row.values) for number, row in enumerate(rows, 1)]
        for line_key, number, known, typed in given:
            for key, answer in typed.items():
                item = known.get(key)
                if item and answer and item.read_roles and not may_read_field(self._actor, self._template, item):
                    yield FieldRef(key, line_key, number)

    def _find_edit_refusal(self, stored: Stored | None) -> Finding | None:
        if stored is None:
            return Finding("R012", params={"template": self._template.key})
        row = stored.row
        if self._template.written_by == "portal":
            return written_by_portal(self._template, row)
        if not self._desk.access.sees(self._template, row.values, self._actor):
            return Finding("P002", params={"template": self._template.key})
        if row.values.get("status") == VOID:
            return self._changed("R011", row.row_id, reason=row.values.get("void_reason", ""))
        return None

    # a new record

    def _creation(self) -> Ready | Rejected:
        submission = self._submission
        validated = validate(
            self._template, submission.values, submission.lines, self._context, completes=submission.completes
        )
        blocking = self._blocking(validated.findings, validated)
        if blocking:
            return Rejected(blocking)
        record_id, now = self._desk.new_id(), self._context.now
        at, by = moment_text(now), self._actor.signature
        system = {"created_at": at, "created_by": by, "updated_at": at, "updated_by": by}
        values = standing(self._template, {**validated.values, **system}, at)
        header = self._header_put(record_id, values, validated, "create", ABSENT)
        header = replace(header, serials=serial_requests(self._template, values, now.date()))
        lines = self._line_puts(validated, record_id, {})
        return self._ready((header, *lines), validated, self._similar(validated.values, {}))

    # an edit

    def _edit(self, stored: Stored) -> Ready | Rejected:
        typed = self._own_answers(stored)
        lines = self._typed_lines(stored)
        opened = self._opened(stored.row, self._template.key)
        if opened is not stored.row:
            merged = self._merge_header(typed, stored.row, opened)
            if isinstance(merged, Rejected):
                return merged
            typed = merged
        planned = {line.key: self._merge_lines(line, lines[line.key], stored) for line in self._template.lines}
        clashes = [finding for found in planned.values() if isinstance(found, list) for finding in found]
        if clashes:
            return Rejected(tuple(clashes))
        kept = {key: rows for key, rows in planned.items() if isinstance(rows, tuple)}
        return self._finished_edit(stored, typed, kept)

    def _finished_edit(
        self, stored: Stored, typed: Mapping[str, Typed], lines: Mapping[str, Sequence[TypedLine]]
    ) -> Ready | Rejected:
        row = stored.row
        before = self._own_values(row)
        validated = validate(
            self._template, typed, lines, self._context, stored=before, stored_lines=stored.line_texts(),
            completes=self._submission.completes,
        )  # fmt: skip
        left_alone = self._left_alone(stored, typed, lines)
        blocking = self._blocking([one for one in validated.findings if one.at not in left_alone], validated)
        if blocking:
            return Rejected(blocking)
        others = {key: text for key, text in row.values.items() if key not in self._template.by_key}
        touched = {"updated_at": moment_text(self._context.now), "updated_by": self._actor.signature}
        values = {**others, **validated.values, **touched}
        if self._template.pending:
            values = standing(self._template, values, touched["updated_at"])
        header = self._header_put(row.row_id, values, validated, "edit", row.etag)
        # What the row held before stays its own: a number typed twice in the workbook must not stop other edits.
        held = unique_pairs(self._template, before)
        header = replace(
            header,
            uniques=tuple(pair for pair in header.uniques if pair not in held),
            lookups=(*header.lookups, *(pair for pair in header.uniques if pair in held)),
            raw={key: text for key, text in row.raw.items() if key not in validated.values},
            extra=row.extra,
            serials=serial_requests(self._template, values, self._context.now.date()),
        )
        puts = (header, *self._line_puts(validated, row.row_id, stored.lines))
        puts = with_followers(self._desk, self._template, row, puts)
        return self._ready(puts, validated, self._similar(validated.values, before, row.row_id))

    def _own_values(self, row: Row) -> dict[str, str]:
        return {key: text for key, text in row.values.items() if key in self._template.by_key}

    def _own_answers(self, stored: Stored) -> dict[str, Typed]:
        """The header's answers without those that only repeat what the form could not show as it is stored."""
        row = stored.row
        own = self._desk.access.is_own(self._template, row.values, self._actor)
        return self._answers(self._template.fields, self._submission.values, row, own)

    def _answers(self, fields: Sequence[Field], typed: Mapping[str, Typed], row: Row, own: bool) -> dict[str, Typed]:
        by_key = {item.key: item for item in fields}
        return {
            key: answer
            for key, answer in typed.items()
            if key not in by_key or not self._only_repeats(by_key[key], answer, row, own)
        }

    def _only_repeats(self, item: Field, answer: Typed, row: Row, own: bool) -> bool:
        """A masked value sent back, or a cell nobody could read that was left as it is: the stored one stays."""
        if item.key in row.raw:
            return not answer or answer == row.raw[item.key]
        stored = row.values.get(item.key, "")
        if not stored or not is_masked(self._actor, self._template, item, own):
            return False
        return answer == mask(stored, item)

    def _left_alone(
        self, stored: Stored, typed: Mapping[str, Typed], lines: Mapping[str, Sequence[TypedLine]]
    ) -> set[FieldRef]:
        """Cells nobody can read and he did not touch: he need not repair them before he may change others."""
        found = {FieldRef(key) for key in stored.row.raw if key not in typed}
        for line_key, rows in lines.items():
            raw = {row.row_id: row.raw for row in stored.lines[line_key]}
            filled = [row for row in rows if row.line_id or _is_filled(row)]
            for number, row in enumerate(filled, 1):
                keys = raw.get(row.line_id, {}).keys() - row.values.keys()
                found |= {FieldRef(key, line_key, number) for key in keys}
        return found

    # merging with what others saved

    def _opened(self, row: Row, table: str) -> Row | None:
        """The row as the form showed it: the very row when it did not change since; None when nobody knows."""
        etag = self._submission.etags.get(row.row_id)
        if etag is None or etag == row.etag:
            return row
        return version_shown(self._desk.store, table, row, etag)

    def _merge_header(self, typed: Mapping[str, Typed], row: Row, opened: Row | None) -> dict[str, Typed] | Rejected:
        """My answers to the fields I changed; a rejection when others changed one of them differently."""
        fields = [item.key for item in self._template.fields if item.type != "computed"]
        before, now = self._own_values(opened or row), self._own_values(row)
        read = validate(self._template, typed, {}, self._context, stored=before)
        unread = [one for one in read.findings if _is_about_an_answer(one, typed, read.values)]
        if unread:
            return Rejected(tuple(unread))
        mine = read.values
        if opened is None:  # nobody knows what the form showed: every difference is for the person to decide
            differing = sorted(changed_fields(now, mine, fields), key=fields.index)
            clashes = tuple(FieldClash(key, "", now.get(key, ""), mine.get(key, "")) for key in differing)
        else:
            clashes = find_clashes(before, now, mine, fields)
        if clashes:
            return Rejected((self._changed("R010", row.row_id),), clashes)
        touched = changed_fields(before, mine, fields) if opened else frozenset[str]()
        return {key: answer for key, answer in typed.items() if key in touched}

    def _changed(self, code: str, record_id: str, **params: str) -> Finding:
        return changed_meanwhile(code, self._desk.store, self._template, record_id, **params)

    def _typed_lines(self, stored: Stored) -> dict[str, tuple[TypedLine, ...]]:
        """The lines as typed; a line table the form did not show stays as it is."""
        own = self._desk.access.is_own(self._template, stored.row.values, self._actor)
        lines: dict[str, tuple[TypedLine, ...]] = {}
        for line in self._template.lines:
            now = {row.row_id: row for row in stored.lines[line.key]}
            given = self._submission.lines.get(line.key)
            if given is None:
                lines[line.key] = tuple(TypedLine(row_id, {}) for row_id in now)
                continue
            lines[line.key] = tuple(
                replace(one, values=self._answers(line.fields, one.values, now[one.line_id], own))
                if one.line_id in now
                else one
                for one in given
            )
        return lines

    def _merge_lines(
        self, line: LineTable, typed: Sequence[TypedLine], stored: Stored
    ) -> tuple[TypedLine, ...] | list[Finding]:
        """The rows to save, or findings about rows others changed too."""
        table = line_table(self._template, line)
        shown = [row_id for row_id in self._submission.etags if row_id != stored.row.row_id]
        asked = {one.line_id for one in typed if one.line_id} | set(shown)
        rows = self._desk.store.get_many(table, sorted(asked))
        stale = {row_id: self._opened(row, table) for row_id, row in rows.items()}
        opened = {
            row_id: line_values(before) if before else {}
            for row_id, before in stale.items()
            if before is not rows[row_id]
        }
        own = [TypedLine(one.line_id, one.values) for one in typed if one.line_id in opened]
        base = {line.key: opened}
        read = validate(self._template, {}, {line.key: own}, self._context, stored_lines=base).lines[line.key]
        sides = LineSides(opened, set(shown), {one.line_id: one.values for one in read}, stored.lines[line.key])
        plan = plan_lines(typed, sides, [item.key for item in line.fields if item.type != "computed"])
        if not plan.clashes:
            return plan.lines
        return [self._line_clash(line, stored.row.row_id, clash) for clash in plan.clashes]

    def _line_clash(self, line: LineTable, record_id: str, clash: LineClash) -> Finding:
        if not clash.number:
            return replace(self._changed("R018", record_id, line=line.key), at=FieldRef(line.key))
        changed = self._changed("R013", record_id, line=line.key)
        place = FieldRef(clash.field, line.key, clash.number)
        return replace(changed, at=place, params={**changed.params, "field": clash.field, "row": clash.number})

    # what is wrong, what is similar

    def _blocking(self, findings: Sequence[Finding], validated: Validated) -> tuple[Finding, ...]:
        """All findings, if any stops the submission: an error, or a gate's warning he did not confirm."""
        if has_errors(list(findings)):
            return tuple(findings)
        gated = [finding for gate in self._desk.gates for finding in gate(self._template, validated, self._actor)]
        confirmed = self._submission.confirmed_warnings
        asks = [one for one in gated if one.severity is Severity.WARNING and one.code not in confirmed]
        return (*findings, *gated) if has_errors(gated) or asks else ()

    def _similar(
        self, values: Mapping[str, str], before: Mapping[str, str], record_id: str = ""
    ) -> tuple[Finding, ...]:
        """Warnings about live records that are much like this one, of fields that were changed."""
        known = similar_pairs(self._template, before)
        pairs = [pair for pair in similar_pairs(self._template, values) if pair not in known]
        return tuple(
            Finding(
                "R020",
                FieldRef(one.field),
                {"field": one.field, "display": one.display, "owner": one.owner, "on": one.on},
                Severity.WARNING,
            )
            for one in find_similar(self._desk, self._template, pairs, record_id)
        )

    # rows

    def _header_put(
        self, record_id: str, values: Mapping[str, str], validated: Validated, verb: Verb, if_match: str
    ) -> Put:
        lines = [(key, line.values) for key, rows in validated.lines.items() for line in rows]
        return Put(
            self._template.key,
            record_id,
            values,
            verb,
            if_match,
            uniques=unique_pairs(self._template, values),
            lookups=similar_pairs(self._template, values),
            search=search_text(self._template, values, lines, self._desk.references),
        )

    def _line_puts(self, validated: Validated, record_id: str, now: Mapping[str, Sequence[Row]]) -> tuple[Put, ...]:
        """Rows that are new, differ, or are no longer there."""
        puts: list[Put] = []
        for line in self._template.lines:
            rows = {row.row_id: row for row in now.get(line.key, ())}
            table = line_table(self._template, line)
            for number, one in enumerate(validated.lines.get(line.key, ()), 1):
                put = self._line_put(table, one, number, record_id, rows.pop(one.line_id, None))
                puts += [put] if put else []
            puts += [_removed(table, row) for row in rows.values()]
        return tuple(puts)

    def _line_put(self, table: str, line: ValidatedLine, number: int, record_id: str, row: Row | None) -> Put | None:
        values = {**line.values, "record_id": record_id, "line_no": str(number), "status": LIVE}
        if row is None:
            return Put(table, self._desk.new_id(), values, "create", ABSENT)
        raw = {key: text for key, text in row.raw.items() if key not in line.values}
        if line_values(row) == dict(line.values) and line_no(row) == number and raw == row.raw:
            return None
        return Put(table, row.row_id, values, "edit", row.etag, raw, row.extra)

    def _ready(self, puts: tuple[Put, ...], validated: Validated, similar: tuple[Finding, ...]) -> Ready:
        batch = WriteBatch(puts, self._actor.signature, self._context.now, "portal", self._submission.key)
        return Ready(batch, (*validated.findings, *similar))


def _is_filled(line: TypedLine) -> bool:
    return any(text.strip() for typed in line.values.values() for text in typed_texts(typed))


def _is_about_an_answer(finding: Finding, typed: Mapping[str, Typed], values: Mapping[str, str]) -> bool:
    """Whether the finding says that a typed answer could not be understood."""
    at = finding.at
    if finding.severity is not Severity.ERROR or not isinstance(at, FieldRef) or at.line:
        return False
    return bool(typed.get(at.field)) and at.field not in values


def _removed(table: str, row: Row) -> Put:
    return Put(table, row.row_id, {**row.values, "status": VOID}, "withdraw", row.etag, row.raw, row.extra)
