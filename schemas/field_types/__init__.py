"""Field types: one class for each type a template can name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from schemas.field_types.base import (
    CellFormat,
    CellValue,
    FieldType,
    Kind,
    ParseContext,
    Parsed,
    References,
)
from schemas.field_types.choices import Bool, MultiChoice, SingleChoice
from schemas.field_types.contact import Email, IdNumber, Phone
from schemas.field_types.dates import Date, Moment, Month, Year
from schemas.field_types.number import DecimalNumber, Integer, Money, Percent
from schemas.field_types.records import Attachment, Computed, DecisionType, Serial
from schemas.field_types.references import Reference, User, target_of
from schemas.field_types.text import LongText, Text, Url
from schemas.template import Field, TypeName

__all__ = [
    "FIELD_TYPES",
    "CellFormat",
    "CellValue",
    "FieldType",
    "Kind",
    "ParseContext",
    "Parsed",
    "References",
    "show",
    "target_of",
    "type_of",
]

_PLAIN: tuple[FieldType, ...] = (
    Text(), LongText(), Integer(), DecimalNumber(), Money(), Percent(), Date(), Moment(), Month(), Year(), Bool(),
    SingleChoice(), MultiChoice(), Reference(), User(), Phone(), Email(), IdNumber(), Url(), Attachment(),
    DecisionType(), Serial(),
)  # fmt: skip
_BY_NAME: dict[str, FieldType] = {type_.name: type_ for type_ in _PLAIN}
_COMPUTED = {
    result: Computed(_BY_NAME[result]) for result in ("text", "integer", "decimal", "money", "percent", "date", "bool")
}

FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType({**_BY_NAME, "computed": _COMPUTED["decimal"]})
"""Type name → its field type. For a field, use `type_of`: a computed field's type depends on its result."""

if set(FIELD_TYPES) != set(get_args(TypeName)):
    raise TypeError("every type name of the meta-model needs a field type")


def type_of(field: Field) -> FieldType:
    """The field's type."""
    if field.type == "computed":
        return _COMPUTED[field.result or "decimal"]
    return FIELD_TYPES[field.type]


def show(text: str, field: Field, language: str, references: References | None = None) -> str:
    """A canonical text as people read it; a reference by its target's display."""
    target = target_of(field)
    if text and target and references is not None:
        return references.display(target, text) or text
    return type_of(field).show(text, field, language)
