"""References to records of other templates, and people."""

from __future__ import annotations

from typing import ClassVar

from schemas.field_types.base import FieldType, ParseContext, Parsed, problem
from schemas.record import Typed
from schemas.template import Field

STAFF = "staff"
"""The template a `user` field refers to."""
_OPTIONS = frozenset({"default", "fill", "unique", "owner"})


def target_of(field: Field) -> str:
    """Key of the template a reference or user field refers to; "" for other fields."""
    if field.type == "user":
        return STAFF
    return field.to or "" if field.type == "reference" else ""


class Reference(FieldType):
    """The key of a record of another template; people may type its display text instead."""

    name: ClassVar[str] = "reference"
    widget = "reference"
    options = _OPTIONS | {"to"}
    width: ClassVar[float] = 18

    def parse(self, typed: Typed, field: Field, context: ParseContext) -> Parsed:
        """As every type; besides, a record that was withdrawn cannot be referred to anew."""
        parsed = super().parse(typed, field, context)
        target = target_of(field)
        if not parsed.text or not parsed.fits or not context.references:
            return parsed
        if not context.references.is_live(target, parsed.text):
            shown = context.references.display(target, parsed.text) or parsed.text
            return Parsed(parsed.text, (problem("V042", field, shown, template=target),))
        return parsed

    def from_text_cell(self, cell: str, field: Field, context: ParseContext) -> Parsed:
        """Rows already in the workbook may refer to records withdrawn since."""
        return super().parse(cell, field, context)

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if context.references is None:
            return Parsed(text)
        target = target_of(field)
        keys = context.references.resolve(target, text)
        if len(keys) == 1:
            return Parsed(keys[0], understood=keys[0] != text)
        if not keys:
            return Parsed(text, (problem("V040", field, text, template=target),))
        candidates = tuple(f"{key} {context.references.display(target, key) or ''}".strip() for key in keys[:10])
        return Parsed(text, (problem("V041", field, text, template=target, candidates=candidates),))


class User(Reference):
    """A person: a reference to the staff register."""

    name: ClassVar[str] = "user"
    options = _OPTIONS
    sample: ClassVar[str] = "S001"
    width: ClassVar[float] = 12
