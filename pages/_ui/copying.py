"""A record as the beginning of another: what a copy takes along and what it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pages._ui.open_form import NEW_ROW
from schemas.field_types import type_of
from schemas.record import Record, TypedLine
from schemas.template import Field, Template


def copied(template: Template, record: Record) -> dict[str, str]:
    """A record's answers as the beginning of another.

    Left out: numbers and what no two records share, answers with a default of their own (dates, who fills in), files
    and verdicts, answers that come later, and personal data shown only masked.
    """
    alone = {combination[-1] for combination in template.unique} | set(template.pending)
    return {
        key: type_of(template.by_key[key]).edit_text(text, template.by_key[key])
        for key, text in record.values.items()
        if key in template.by_key and key not in alone and _may_copy(template.by_key[key], text)
    }


def _may_copy(field: Field, text: str) -> bool:
    if field.unique or field.default in ("today", "now", "current_user"):
        return False
    if field.type in ("serial", "computed", "attachment", "decision"):
        return False
    return not (field.pii and "*" in text)


def copied_lines(template: Template, record: Record) -> dict[str, tuple[TypedLine, ...]]:
    """A record's line items as new rows."""
    return {
        line.key: tuple(
            TypedLine(f"{NEW_ROW}{number}", _cells(line.fields, row.values))
            for number, row in enumerate(record.lines.get(line.key, ()), 1)
        )
        for line in template.lines
    }


def _cells(fields: Sequence[Field], values: Mapping[str, str]) -> dict[str, str]:
    by_key = {one.key: one for one in fields}
    return {
        key: type_of(by_key[key]).edit_text(text, by_key[key])
        for key, text in values.items()
        if key in by_key and _may_copy(by_key[key], text)
    }
