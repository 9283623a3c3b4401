"""Validation: from what people typed to a record that may be stored, or findings that say what to fix.

Parsing comes first, then visibility and computed fields, then what is required, then each field's constraints (the
record model), bounds that depend on today or other fields, and the template's own rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from schemas.computing import is_computed, work_out
from schemas.conditions import holds
from schemas.field_types import ParseContext, Parsed, type_of
from schemas.field_types.choices import typed_texts
from schemas.finding import FieldRef, Finding, Severity
from schemas.operands import (
    CALENDAR_TYPES,
    DAY_WORDS,
    DEFAULT_WORDS,
    compare,
    literal_text,
    now_text,
    operand_text,
    operand_value,
)
from schemas.record import Typed, TypedLine
from schemas.record_model import beyond_field, bounds_finding, find_broken_constraints, literal_bound
from schemas.template import Field, LineTable, Rule, Template
from schemas.visibility import Settled, drivers, fields_for, is_read_only, is_required, is_visible, settle

__all__ = [
    "Validated", "ValidatedLine", "compute", "compute_lines", "defaults", "drivers", "find_broken_rules",
    "is_read_only", "is_required", "is_visible", "line_defaults", "validate",
]  # fmt: skip

Texts = Mapping[str, str]
CHOSEN = frozenset({"choice", "multi_choice", "bool", "reference", "user", "decision"})
"""Types whose answer is picked: an example of their own would look like advice."""
NOTHING: Mapping[str, str] = MappingProxyType({})
NO_LINES: Mapping[str, Mapping[str, Texts]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ValidatedLine:
    """One row of a line table; canonical texts by field key, empty fields absent. `line_id` is "" for a new row."""

    line_id: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Validated:
    """What a submission was understood as. It may be stored when no finding is an error.

    values: canonical texts by field key, without empty, hidden and not understood ones.
    understood: how values written another way were read, as people read them ("" for read as empty).
    """

    values: Mapping[str, str]
    lines: Mapping[str, tuple[ValidatedLine, ...]]
    findings: tuple[Finding, ...]
    understood: Mapping[FieldRef, str]


@dataclass(slots=True)
class _Read:
    """The header or one row after parsing: what each field was read as, and what was stored before."""

    owner: Template | LineTable
    line_no: int
    line_id: str
    parsed: dict[str, Parsed]
    stored: Texts
    unknown: dict[str, str] = field(default_factory=dict)
    kept: list[Finding] = field(default_factory=list)

    @property
    def texts(self) -> dict[str, str]:
        return {key: parsed.text for key, parsed in self.parsed.items() if parsed.text and parsed.fits}

    def ref(self, key: str) -> FieldRef:
        return FieldRef(key, self.owner.key, self.line_no) if self.line_no else FieldRef(key)


def validate(
    template: Template,
    values: Mapping[str, Typed],
    lines: Mapping[str, Sequence[TypedLine]],
    context: ParseContext,
    *,
    stored: Texts = NOTHING,
    stored_lines: Mapping[str, Mapping[str, Texts]] = NO_LINES,
    completes: bool = False,
) -> Validated:
    """Understands and checks a submission.

    stored: the record as it is, for an edit. A key absent from `values` keeps its stored value, and so does a
        read-only field; a value left as it was is not parsed again.
    stored_lines: line key → line id → stored values of that row, for the same reason.
    completes: whether the answers that may come later are required now.
    """
    header = _read(template, values, stored, context)
    rows = {
        line.key: _read_rows(line, lines.get(line.key, ()), stored_lines.get(line.key, {}), context)
        for line in template.lines
    }
    settled = _settle(template, header, rows, context)
    if _keep_read_only(template, header, rows, settled, context):
        settled = _settle(template, header, rows, context)
    check = _Check(template, header, rows, settled, context, completes)
    findings = (*check.findings(), *(_unknown_line(key) for key in lines if key not in template.lines_by_key))
    work = settled.computed
    return Validated(
        work.values,
        {key: tuple(map(ValidatedLine, (row.line_id for row in rows[key]), work.lines[key])) for key in rows},
        findings,
        dict(check.understood()),
    )


def find_broken_rules(template: Template, stored: Texts, context: ParseContext) -> tuple[Finding, ...]:
    """What is wrong with a header as it is stored, its line tables left aside: as `validate` finds it when nothing is
    typed. For many records at a time.

    stored: canonical texts of the template's own fields.
    """
    settled = settle(template, stored, {}, context)
    return tuple(_Check(template, _Read(template, 0, "", {}, stored), {}, settled, context).findings())


def compute(
    template: Template, values: Texts, lines: Mapping[str, Sequence[Texts]], context: ParseContext
) -> Mapping[str, str]:
    """Canonical texts of the header's computed fields, "" where there is no value; and of fields a line decides."""
    work = work_out(template, values, lines, context)
    keys = [item.key for item in template.fields if is_computed(item) or item.key in work.in_force]
    return {key: work.values.get(key, "") for key in keys}


def compute_lines(
    template: Template, values: Texts, lines: Mapping[str, Sequence[Texts]], context: ParseContext
) -> Mapping[str, tuple[Mapping[str, str], ...]]:
    """Canonical texts of the computed fields of each row of each line table, "" where there is no value."""
    work = work_out(template, values, lines, context)
    keys = {line.key: [item.key for item in line.fields if is_computed(item)] for line in template.lines}
    return {
        line: tuple({key: row.get(key, "") for key in keys[line]} for row in rows) for line, rows in work.lines.items()
    }


def defaults(template: Template, context: ParseContext, last: Texts = NOTHING) -> Mapping[str, str]:
    """Canonical texts a new form starts with. `last`: the values this person entered last, for `last_value`."""
    return _defaults(template.fields, context, last)


def line_defaults(line: LineTable, context: ParseContext) -> Mapping[str, str]:
    """Canonical texts a new row starts with."""
    return _defaults(line.fields, context, NOTHING)


def _defaults(fields: Sequence[Field], context: ParseContext, last: Texts) -> dict[str, str]:
    found = {item.key: _default(item, context, last) for item in fields if item.default is not None}
    return {key: text for key, text in found.items() if text}


def _default(item: Field, context: ParseContext, last: Texts) -> str:
    word = item.default or ""
    if word == "last_value":
        return last.get(item.key, "")
    if word == "current_user":
        return _current_user(item, context)
    if word in DEFAULT_WORDS:
        # A moment starts at midnight where the template says today.
        text = now_text(word, item, context) if item.type in CALENDAR_TYPES else ""
        return f"{text} 00:00:00" if item.type == "datetime" and word == "today" else text
    return literal_text(word, item, context) or ""


def _current_user(item: Field, context: ParseContext) -> str:
    if context.actor is None:
        return ""
    return context.actor.staff_id if item.type in ("user", "reference") else context.actor.signature


def _read(
    owner: Template | LineTable, values: Mapping[str, Typed], stored: Texts, context: ParseContext, line_no: int = 0
) -> _Read:
    read = _Read(owner, line_no, "", {}, stored)
    for item in owner.fields:
        if is_computed(item):
            continue
        before = stored.get(item.key, "")
        typed = values.get(item.key)
        if item.key not in values or (typed == before and before):
            read.parsed[item.key] = Parsed(before)
        else:
            read.parsed[item.key] = _parse_anew(item, typed, before, context)
    known = {item.key for item in owner.fields}
    read.unknown = {key: "、".join(typed_texts(typed)) for key, typed in values.items() if key not in known and typed}
    return read


def _parse_anew(item: Field, typed: Typed, before: str, context: ParseContext) -> Parsed:
    """Parses a changed answer; one that only writes the stored value another way is the stored value."""
    parsed = type_of(item).parse(typed, item, context)
    return Parsed(before) if before and parsed.text == before else parsed


def _read_rows(
    line: LineTable, rows: Sequence[TypedLine], stored: Mapping[str, Texts], context: ParseContext
) -> list[_Read]:
    """Parses the rows that hold anything; an empty row at the end of a table is not a row."""
    read: list[_Read] = []
    for row in rows:
        if not row.line_id and not any(text.strip() for typed in row.values.values() for text in typed_texts(typed)):
            continue
        parsed = _read(line, row.values, stored.get(row.line_id, NOTHING), context, len(read) + 1)
        read.append(replace(parsed, line_id=row.line_id))
    return read


def _settle(template: Template, header: _Read, rows: Mapping[str, list[_Read]], context: ParseContext) -> Settled:
    return settle(template, header.texts, {key: [row.texts for row in reads] for key, reads in rows.items()}, context)


def _keep_read_only(
    template: Template, header: _Read, rows: Mapping[str, list[_Read]], settled: Settled, context: ParseContext
) -> bool:
    """Puts stored values (on a new record: defaults) back into fields people cannot change; whether any differed."""
    values = settled.computed.values
    changed = _keep_in(header, values, template, context)
    for key, reads in rows.items():
        for row, texts in zip(reads, settled.computed.lines[key], strict=True):
            changed |= _keep_in(row, {**values, **texts}, template, context)
    return changed


def _keep_in(read: _Read, values: Texts, template: Template, context: ParseContext) -> bool:
    changed = False
    for item in read.owner.fields:
        parsed = read.parsed.get(item.key)
        if parsed is None or not _is_locked(item, read, values, template, context):
            continue
        kept = read.stored.get(item.key, "") or ("" if read.stored else _default(item, context, NOTHING))
        if parsed.text == kept:
            continue
        changed = True
        read.parsed[item.key] = Parsed(kept)
        if parsed.text:
            params = {"field": item.key, "value": parsed.text, "kept": kept}
            read.kept.append(Finding("V085", read.ref(item.key), params, Severity.INFO))
    return changed


def _is_locked(item: Field, read: _Read, values: Texts, template: Template, context: ParseContext) -> bool:
    """Read-only now. A number of the company's own may come with a new record, and never changes after."""
    if item.type == "serial":
        return bool(read.stored.get(item.key))
    return is_read_only(item, values, template, context)


def _unknown_line(key: str) -> Finding:
    return Finding("V083", FieldRef(key), {"name": key}, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class _Check:
    """Finds what is wrong with values that have been read and settled."""

    template: Template
    header: _Read
    rows: Mapping[str, list[_Read]]
    settled: Settled
    context: ParseContext
    completes: bool = False

    def findings(self) -> Iterator[Finding]:
        """In the order of the form: the header's fields, each line table, then rules."""
        yield from self._of(self.header, self.settled.computed.values, self.settled.hidden)
        for line in self.template.lines:
            if line.key in self.rows:
                yield from self._of_line(line)
        yield from self.settled.computed.findings
        yield from self._rules()

    def understood(self) -> Iterator[tuple[FieldRef, str]]:
        for read, _, hidden in self._reads():
            for item in read.owner.fields:
                parsed = read.parsed.get(item.key)
                if parsed and parsed.understood and parsed.fits and item.key not in hidden:
                    yield read.ref(item.key), self._shown(item, parsed.text)

    def _shown(self, item: Field, text: str) -> str:
        return type_of(item).show(text, item, self.context.language)

    def _reads(self) -> Iterator[tuple[_Read, Texts, frozenset[str]]]:
        yield self.header, self.settled.computed.values, self.settled.hidden
        for key, reads in self.rows.items():
            yield from zip(reads, self.settled.computed.lines[key], self.settled.hidden_in_rows[key], strict=True)

    def _of_line(self, line: LineTable) -> Iterator[Finding]:
        reads = self.rows[line.key]
        if len(reads) < line.min_rows:
            yield Finding("V081", FieldRef(line.key), {"line": line.key, "rows": len(reads), "min": line.min_rows})
        if len(reads) > line.max_rows:
            yield Finding("V082", FieldRef(line.key), {"line": line.key, "rows": len(reads), "max": line.max_rows})
        computed = self.settled
        for read, texts, hidden in zip(
            reads, computed.computed.lines[line.key], computed.hidden_in_rows[line.key], strict=True
        ):
            yield from self._of(read, texts, hidden)

    def _of(self, read: _Read, texts: Texts, hidden: frozenset[str]) -> Iterable[Finding]:
        """Findings of the header or one row, placed there, field by field."""
        values = {**self.settled.computed.values, **texts} if read.line_no else texts
        in_force = frozenset[str]() if read.line_no else self.settled.computed.in_force
        found = [*read.kept]
        for item in read.owner.fields:
            if item.key in hidden:
                continue
            parsed = read.parsed.get(item.key)
            if item.key in in_force:
                found += self._overruled(item, parsed, texts)
            elif parsed and parsed.findings:
                found += parsed.findings
            elif not texts.get(item.key):
                found += self._missing(item, read, values)
            elif item.min is not None or item.max is not None:
                found += self._out_of_bounds(item, texts[item.key], values, read.stored.get(item.key, ""))
        found += find_broken_constraints(read.owner, texts, read.unknown, self._bound_texts)
        if not found:
            return ()
        order = {item.key: number for number, item in enumerate(read.owner.fields)}
        found.sort(key=lambda finding: order.get(getattr(finding.at, "field", ""), len(order)))
        return (replace(finding, at=read.ref(getattr(finding.at, "field", ""))) for finding in found)

    def _overruled(self, item: Field, parsed: Parsed | None, texts: Texts) -> Iterator[Finding]:
        """A line in force decides the field; what was typed there differently is not kept."""
        kept = texts.get(item.key, "")
        if parsed and parsed.text and parsed.text != kept:
            params = {"field": item.key, "value": parsed.text, "kept": kept}
            yield Finding("V085", FieldRef(item.key), params, Severity.INFO)

    def _missing(self, item: Field, read: _Read, values: Texts) -> Iterator[Finding]:
        due = self.completes and not read.line_no and item.key in self.template.pending
        if not due and not is_required(item, values, self.template, self.context):
            return
        if is_read_only(item, values, self.template, self.context):
            return
        example = type_of(item).example(item)
        params = {"field": item.key, "value": "", "example": example}
        if item.type in CHOSEN and not item.example:
            yield Finding("V091", FieldRef(item.key), params)
        else:
            yield Finding("V001" if example else "V009", FieldRef(item.key), params)

    def _out_of_bounds(self, item: Field, text: str, values: Texts, before: str) -> Iterator[Finding]:
        """Bounds the record model cannot hold: today, now, other fields, months.

        What was not before today when it was entered stays right although the days go by.
        """
        fields = fields_for(item, self.template)
        for bound, sign in ((item.min, -1), (item.max, 1)):
            if bound is None or literal_bound(bound, item) is not None:
                continue
            if sign < 0 and bound in DAY_WORDS and text == before:
                continue
            limit = operand_text(bound, item, values, fields, self.context)
            other = fields.get(bound, item)
            if compare(operand_value(text, item), operand_value(limit, other)) != sign:
                continue
            if bound in fields:
                yield beyond_field(item, text, bound, self._shown(item, limit), is_low=sign < 0)
            else:
                low, high = self._bound_texts(item)
                yield bounds_finding(item, text, low, high, is_low=sign < 0)
            return

    def _bound_texts(self, item: Field) -> tuple[str, str]:
        """The bounds as people read them; "" for another field's answer, which is told on its own."""
        fields = fields_for(item, self.template)
        low, high = (
            self._shown(item, literal_text(bound, item, self.context) or "") if bound and bound not in fields else ""
            for bound in (item.min, item.max)
        )
        return low, high

    def _rules(self) -> Iterator[Finding]:
        values = self.settled.computed.values
        for rule in self.template.rules:
            if holds(rule.refuse_if, values, self.template.by_key, self.context):
                message = {"message_zh": rule.message.zh.rstrip("。"), "message_en": rule.message.en.rstrip(".")}
                params = {"field": rule.field, "value": values.get(rule.field, ""), **message}
                yield Finding("V086" if rule.cite else "V080", FieldRef(rule.field), {**params, **_cited(rule)})


def _cited(rule: Rule) -> dict[str, str]:
    """The document, the clause and what it says."""
    cite = rule.cite
    if cite is None:
        return {}
    return {"document": cite.document, "clause": cite.clause, "says_zh": cite.zh, "says_en": cite.en}
