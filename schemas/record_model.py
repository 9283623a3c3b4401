"""The pydantic model of a record, and what its errors mean to people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic import Field as Option

from schemas.field_types import ParseContext, type_of
from schemas.field_types.base import COMPANY_ZONE, problem
from schemas.finding import FieldRef, Finding, Param, Severity
from schemas.operands import literal_text
from schemas.remember import FieldOwner, remembered
from schemas.template import Field

PYDANTIC_CODES: Mapping[str, str] = {
    "greater_than_equal": "V014",
    "less_than_equal": "V015",
    "string_too_long": "V004",
    "string_pattern_mismatch": "V005",
    "literal_error": "V036",
    "extra_forbidden": "V084",
    "finite_number": "V018",
    # A canonical text has its type's own Python value, so the wrong kind of value means a damaged store.
    **dict.fromkeys(
        ("int_type", "decimal_type", "date_type", "datetime_type", "bool_type", "string_type", "tuple_type"), "V090"
    ),
    **dict.fromkeys(("int_parsing_size", "decimal_parsing", "string_unicode"), "V090"),
    **dict.fromkeys(("is_instance_of", "model_type", "model_attributes_type", "invalid_key"), "V090"),
}  # fmt: skip
"""Pydantic error type → our code. Anything else is V099, which a test shows our models cannot raise."""

_PYTHON_TYPES: Mapping[str, type] = {
    "integer": int, "decimal": Decimal, "money": Decimal, "percent": Decimal, "date": date, "datetime": datetime,
    "bool": bool, "year": int,
}  # fmt: skip


@remembered
def model_of(source: FieldOwner) -> type[BaseModel]:
    """The record model of a template's header, or of one row of a line table. Every field may be absent."""
    definitions: Any = {field.key: (_annotation(field), None) for field in source.fields}
    config = ConfigDict(strict=True, extra="forbid", regex_engine="python-re", protected_namespaces=())
    return create_model(source.key, __config__=config, **definitions)


@remembered
def _fields(source: FieldOwner) -> Mapping[str, Field]:
    return {field.key: field for field in source.fields}


@remembered
def _with_own_values(source: FieldOwner) -> tuple[Field, ...]:
    """Fields that the model does not hold as their canonical text."""
    return tuple(field for field in source.fields if field.type in _PYTHON_TYPES or field.type == "multi_choice")


BoundTexts = Callable[[Field], tuple[str, str]]
"""A field's lower and upper bound as people read them, "" for none."""


def find_broken_constraints(
    source: FieldOwner, texts: Mapping[str, str], unknown: Mapping[str, str], bounds: BoundTexts
) -> list[Finding]:
    """Checks canonical texts against the constraints a template states for each field alone.

    unknown: typed values of keys the form does not have.
    """
    fields, values = _fields(source), dict[str, object](texts)
    for one in _with_own_values(source):
        if one.key in values:
            values[one.key] = type_of(one).value(texts[one.key], one)
    try:
        model_of(source).model_validate({**values, **unknown})
    except ValidationError as error:
        found: dict[str, Finding] = {}
        for detail in error.errors(include_url=False):
            key = str(detail["loc"][0]) if detail["loc"] else ""
            field = fields.get(key)
            found.setdefault(
                key,
                Finding("V084", FieldRef(key), {"name": key, "value": unknown.get(key, "")}, Severity.WARNING)
                if field is None
                else finding_of(detail["type"], field, texts[key], bounds),
            )
        return list(found.values())
    return []


def finding_of(error_type: str, field: Field, text: str, bounds: BoundTexts) -> Finding:
    """Our finding for one pydantic error."""
    code = PYDANTIC_CODES.get(error_type, "V099")
    if code in ("V014", "V015"):
        return bounds_finding(field, text, *bounds(field), is_low=code == "V014")
    params: dict[str, Param] = {"example": type_of(field).example(field)}
    if field.max_length is not None:
        params |= {"limit": field.max_length, "length": len(text)}
    if field.pattern is not None:
        hint = field.pattern.hint
        params |= {"hint_zh": hint.zh.rstrip("。"), "hint_en": hint.en.rstrip(".")}
    if field.choices:
        params["choices"] = tuple(choice.value for choice in field.choices)
    return problem(code, field, text, **params)


def bounds_finding(field: Field, text: str, low: str, high: str, *, is_low: bool) -> Finding:
    """Below or above a bound; when the field has both, the message says both."""
    calendar = field.type in ("date", "datetime", "month", "year")
    shown, nearest = type_of(field).show(text, field, "zh"), low if is_low else high
    if low and high:
        return problem("V026" if calendar else "V019", field, shown, min=low, max=high, example=nearest)
    codes = ("V024", "V025") if calendar else ("V014", "V015")
    bound = {"min": low} if low else {"max": high}
    return problem(codes[0 if is_low else 1], field, shown, example=nearest, **bound)


def beyond_field(field: Field, text: str, other: str, limit: str, *, is_low: bool) -> Finding:
    """Below or above what another field is answered with; `limit` is that answer as people read it."""
    calendar = field.type in ("date", "datetime", "month", "year")
    codes = ("V032", "V033") if calendar else ("V038", "V039")
    shown = type_of(field).show(text, field, "zh")
    return problem(codes[0 if is_low else 1], field, shown, other_field=other, limit=limit)


def _annotation(field: Field) -> Any:
    if field.type in _PYTHON_TYPES:
        bounds = {"ge": literal_bound(field.min, field), "le": literal_bound(field.max, field)}
        limits = {name: bound for name, bound in bounds.items() if bound is not None}
        return Annotated[_PYTHON_TYPES[field.type], Option(**limits)] | None
    if field.type == "choice" and field.choices:
        return Literal[tuple(choice.value for choice in field.choices)] | None
    if field.type == "multi_choice" and field.choices:
        answer: Any = Literal[tuple(choice.value for choice in field.choices)]
        return tuple[answer, ...] | None
    pattern = rf"\A(?:{field.pattern.regex})\Z" if field.pattern else None
    return Annotated[str, Option(max_length=field.max_length, pattern=pattern)] | None


def literal_bound(literal: str | None, field: Field) -> Any:
    """A literal bound as the model's Python value.

    None where the model cannot hold it: today, now, another field's key, or a month, which is text. Those are left to
    `schemas.validation`.
    """
    if literal is None or field.type not in _PYTHON_TYPES or re.fullmatch(r"[a-z][a-z0-9_]*", literal):
        return None
    text = literal_text(literal, field, ParseContext(datetime(2000, 1, 1, tzinfo=COMPANY_ZONE)))
    return type_of(field).value(text, field) if text else None
