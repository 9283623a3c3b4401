"""Computed fields: in what order they are worked out, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from graphlib import TopologicalSorter

from schemas import expressions
from schemas.expressions import CannotCompute, Expression
from schemas.field_types import ParseContext
from schemas.field_types.base import DIGITS, plain, significant_digits
from schemas.field_types.choices import NO, YES
from schemas.field_types.dates import date_text
from schemas.finding import FieldRef, Finding, Severity
from schemas.operands import Operand, operand_value, result_type
from schemas.remember import remembered
from schemas.template import Field, InForce, Template

Node = tuple[str, str]
"""(line key, field key); the line key is "" for the header."""
Texts = Mapping[str, str]
LineTexts = Mapping[str, Sequence[Texts]]


@dataclass(frozen=True, slots=True)
class Step:
    """One computed field: worked out by an expression, or taken from the line in force."""

    node: Node
    field: Field
    how: Expression | InForce


@dataclass(frozen=True, slots=True)
class Plan:
    """A template's computed fields in an order in which each finds its inputs ready."""

    steps: tuple[Step, ...]
    fields: Mapping[Node, Field]

    @property
    def computed(self) -> frozenset[Node]:
        return frozenset(step.node for step in self.steps)


@dataclass(frozen=True, slots=True)
class Computed:
    """Canonical texts with every computed field worked out; what could not be is empty, with a finding."""

    values: dict[str, str]
    lines: dict[str, list[dict[str, str]]]
    findings: tuple[Finding, ...]
    in_force: frozenset[str]
    """Header fields whose value a line in force decides now."""


@remembered
def plan_of(template: Template) -> Plan:
    """The plan of a template that the loader found sound. Raises ValueError on one it would refuse."""
    fields = dict(_fields_of(template))
    steps = {step.node: step for step in _steps_of(fields)}
    graph = {node: [other for other in inputs_of(step, fields) if other in steps] for node, step in steps.items()}
    return Plan(tuple(steps[node] for node in TopologicalSorter(graph).static_order()), fields)


def computed_fields(template: Template) -> frozenset[str]:
    """Header fields whose value never comes from people: those with an expression."""
    return frozenset(key for line, key in plan_of(template).computed if not line and is_computed(template.by_key[key]))


def is_computed(field: Field) -> bool:
    """Whether an expression makes the field's value."""
    return field.type == "computed"


def inputs_of(step: Step, fields: Mapping[Node, Field]) -> Iterator[Node]:
    """The nodes a computed field depends on."""
    line, key = step.node
    if isinstance(step.how, InForce):
        yield step.how.line, step.how.from_
        yield step.how.line, step.how.field or key
        return
    for name in step.how.names:
        yield (line, name) if line and (line, name) in fields else ("", name)
    for other_line, name in step.how.line_names:
        if name:
            yield other_line, name


def work_out(template: Template, values: Texts, lines: LineTexts, context: ParseContext) -> Computed:
    """Works out every computed field from the others' canonical texts."""
    plan = plan_of(template)
    work = Computed(dict(values), {key: [dict(row) for row in rows] for key, rows in lines.items()}, (), frozenset())
    if not plan.steps:
        return work
    findings: list[Finding] = []
    in_force: set[str] = set()
    for step in plan.steps:
        line, key = step.node
        if isinstance(step.how, InForce):
            taken = line_in_force(work.lines.get(step.how.line, ()), step.how.from_, context.today)
            if taken is not None:
                in_force.add(key)
                _put(work.values, key, taken.get(step.how.field or key, ""))
        elif line:
            for line_no, row in enumerate(work.lines.get(line, ()), 1):
                findings += _compute_into(row, step, plan, work, line_no)
        else:
            findings += _compute_into(work.values, step, plan, work, 0)
    return replace(work, findings=tuple(findings), in_force=frozenset(in_force))


def line_in_force(rows: Sequence[Texts], from_field: str, day: date) -> Texts | None:
    """The row with the latest start not after the day; of rows starting the same day, the last one."""
    started = [row for row in rows if row.get(from_field) and row[from_field] <= date_text(day)]
    return max(reversed(started), key=lambda row: row[from_field], default=None)


def _fields_of(template: Template) -> Iterator[tuple[Node, Field]]:
    for field in template.fields:
        yield ("", field.key), field
    for line in template.lines:
        for field in line.fields:
            yield (line.key, field.key), field


def _steps_of(fields: Mapping[Node, Field]) -> Iterator[Step]:
    for node, field in fields.items():
        if field.in_force is not None:
            yield Step(node, field, field.in_force)
        elif is_computed(field):
            parsed = expressions.parse(field.compute or "")
            if isinstance(parsed, Finding):
                raise ValueError(f"field {field.key}: expression {field.compute!r} cannot be read")
            yield Step(node, field, parsed)


def _compute_into(target: dict[str, str], step: Step, plan: Plan, work: Computed, line_no: int) -> Iterator[Finding]:
    """Evaluates one expression and puts its text into `target`, the header's values or a row's."""
    line, key = step.node
    assert isinstance(step.how, Expression)
    try:
        result = step.how.evaluate(_operands(step, plan, target, work.values), _rows(step.how, plan, work))
        _put(target, key, result_text(result, step.field))
    except CannotCompute as reason:
        target.pop(key, None)
        at = FieldRef(key, line, line_no)
        yield Finding(reason.code, at, {"field": key, "expression": step.how.text}, Severity.WARNING)


def _put(values: dict[str, str], key: str, text: str) -> None:
    if text:
        values[key] = text
    else:
        values.pop(key, None)


def _operands(step: Step, plan: Plan, own: Texts, header: Texts) -> dict[str, Operand]:
    line = step.node[0]
    assert isinstance(step.how, Expression)
    found: dict[str, Operand] = {}
    for name in step.how.names:
        node, texts = ((line, name), own) if line and (line, name) in plan.fields else (("", name), header)
        found[name] = operand_value(texts.get(name, ""), plan.fields[node])
    return found


def _rows(expression: Expression, plan: Plan, work: Computed) -> dict[str, list[dict[str, Operand]]]:
    wanted: dict[str, list[str]] = {}
    for line, key in expression.line_names:
        wanted.setdefault(line, []).extend([key] if key else [])
    return {
        line: [
            {key: operand_value(row.get(key, ""), plan.fields[line, key]) for key in keys}
            for row in work.lines.get(line, ())
        ]
        for line, keys in wanted.items()
    }


def result_text(result: Operand, field: Field) -> str:
    """Canonical text of a result, rounded half up to what the field keeps. Raises CannotCompute if it does not fit."""
    if result is None:
        return ""
    kind = result_type(field)
    if isinstance(result, bool):
        return _fitting(YES if result else NO, kind == "bool")
    if isinstance(result, date):
        return _fitting(date_text(result), kind == "date")
    if isinstance(result, str):
        return _fitting(result, kind == "text")
    return _number_text(result, field, kind)


def _number_text(result: Decimal, field: Field, kind: str) -> str:
    places = {"integer": 0, "money": 2, "percent": (2 if field.places is None else field.places) + 2}
    kept = places.get(kind, field.places)
    if kept is None:
        # A quotient such as 1/3 has no end; keep what a cell can hold.
        kept = max(0, DIGITS - max(result.adjusted() + 1, 1))
    if not result.is_finite() or result.adjusted() >= DIGITS:
        raise CannotCompute("V071")
    rounded = result.quantize(Decimal(1).scaleb(-kept), ROUND_HALF_UP)
    if significant_digits(rounded) > DIGITS or kind not in ("integer", "decimal", "money", "percent"):
        raise CannotCompute("V071")
    return f"{rounded + 0:.2f}" if kind == "money" else plain(rounded)


def _fitting(text: str, fits: bool) -> str:
    if not fits:
        raise CannotCompute("V071")
    return text
