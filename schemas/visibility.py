"""Which fields a form asks for the values at hand: visible, required, read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.computing import Computed, is_computed, plan_of, work_out
from schemas.conditions import fields_of, holds
from schemas.field_types import ParseContext
from schemas.pending import is_begun
from schemas.remember import FieldOwner, remembered
from schemas.template import Field, InForce, LineTable, Template

_ROUNDS = 12
"""Hiding one field may hide or show another; the loader refuses circles, so a chain this long settles any form."""


def is_visible(field: Field, values: Mapping[str, str], template: Template, context: ParseContext) -> bool:
    """Whether the form asks the field. For a line's field, `values` holds the header's and the row's."""
    return field.visible_if is None or holds(field.visible_if, values, fields_for(field, template), context)


def is_required(field: Field, values: Mapping[str, str], template: Template, context: ParseContext) -> bool:
    """Whether the field must have an answer. Of the answers that may come later, one needs all the others."""
    if field.required or (field.key in template.pending and is_begun(template, values)):
        return True
    return field.required_if is not None and holds(field.required_if, values, fields_for(field, template), context)


def is_read_only(field: Field, values: Mapping[str, str], template: Template, context: ParseContext) -> bool:
    """Whether people cannot change the field: computed, numbered by the store, or read-only by its condition."""
    if is_computed(field) or field.type == "serial":
        return True
    return field.read_only_if is not None and holds(field.read_only_if, values, fields_for(field, template), context)


def fields_for(field: Field, template: Template) -> Mapping[str, Field]:
    """The fields a field's conditions may name: the header's, and for a line's field its own row's."""
    return _scopes(template).get(id(field), template.by_key)


@remembered
def _scopes(template: Template) -> Mapping[int, Mapping[str, Field]]:
    return {
        id(field): {**template.by_key, **{other.key: other for other in line.fields}}
        for line in template.lines
        for field in line.fields
    }


@dataclass(frozen=True, slots=True)
class Settled:
    """Values after hidden fields were emptied and computed ones worked out, each seeing the other's result."""

    computed: Computed
    hidden: frozenset[str]
    hidden_in_rows: Mapping[str, tuple[frozenset[str], ...]]


def settle(
    template: Template,
    values: Mapping[str, str],
    lines: Mapping[str, Sequence[Mapping[str, str]]],
    context: ParseContext,
) -> Settled:
    """Empties what is hidden and works out what is computed, until neither changes the other."""
    hidden: frozenset[str] = frozenset()
    in_rows: dict[str, tuple[frozenset[str], ...]] = {key: (frozenset(),) * len(rows) for key, rows in lines.items()}
    for _ in range(_ROUNDS):
        shown_lines = {
            key: [_without(row, gone) for row, gone in zip(rows, in_rows[key], strict=True)]
            for key, rows in lines.items()
        }
        computed = work_out(template, _without(values, hidden), shown_lines, context)
        now_hidden = _hidden(template, computed.values, template, context)
        now_in_rows = {
            line.key: tuple(
                _hidden(line, {**computed.values, **row}, template, context) for row in computed.lines.get(line.key, ())
            )
            for line in template.lines
            if line.key in lines
        }
        if now_hidden == hidden and now_in_rows == in_rows:
            break
        hidden, in_rows = now_hidden, now_in_rows
    if hidden or any(map(any, in_rows.values())):
        computed = _emptied(computed, hidden, in_rows)
    return Settled(computed, hidden, in_rows)


def _without(values: Mapping[str, str], keys: frozenset[str]) -> dict[str, str]:
    return {key: text for key, text in values.items() if key not in keys} if keys else dict(values)


@remembered
def _hideable(owner: FieldOwner) -> tuple[Field, ...]:
    return tuple(field for field in owner.fields if field.visible_if)


def _hidden(owner: FieldOwner, values: Mapping[str, str], template: Template, context: ParseContext) -> frozenset[str]:
    fields = _hideable(owner)
    return frozenset(field.key for field in fields if not is_visible(field, values, template, context))


def _emptied(computed: Computed, hidden: frozenset[str], in_rows: Mapping[str, tuple[frozenset[str], ...]]) -> Computed:
    """Without the computed fields that are hidden; what people typed there is out already."""
    lines = {
        key: [_without(row, gone) for row, gone in zip(rows, in_rows[key], strict=True)]
        for key, rows in computed.lines.items()
    }
    return Computed(_without(computed.values, hidden), lines, computed.findings, computed.in_force)


@remembered
def drivers(template: Template) -> frozenset[str]:
    """Fields whose change must redraw the form: header keys, and `line.field` for line tables.

    They are inputs of conditions and computed fields, pickers that fill others, and fields warned about when similar.
    """
    found = {field.key for field in template.fields if field.fill or field.similar}
    found |= {*template.pending}
    for field in template.fields:
        found |= _condition_fields(field) & set(template.by_key)
        if field.in_force:
            rule = field.in_force
            found |= {f"{rule.line}.{rule.from_}", f"{rule.line}.{rule.field or field.key}"}
    for line in template.lines:
        found |= _line_drivers(line, template)
    for step in plan_of(template).steps:
        if isinstance(step.how, InForce):
            continue
        own, names = step.node[0], step.how.fields
        line_keys = {field.key for line in template.lines if line.key == own for field in line.fields}
        found |= {f"{own}.{name}" if name in line_keys else name for name in names}
    return frozenset(found)


def _line_drivers(line: LineTable, template: Template) -> set[str]:
    own = {field.key for field in line.fields}
    named = {key for field in line.fields for key in _condition_fields(field)}
    filling = {field.key for field in line.fields if field.fill}
    return {f"{line.key}.{key}" for key in (named & own) | filling} | ((named - own) & set(template.by_key))


def _condition_fields(field: Field) -> set[str]:
    conditions = (field.visible_if, field.required_if, field.read_only_if)
    return {key for condition in conditions if condition for key in fields_of(condition)}
