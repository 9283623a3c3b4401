"""A right answer for every field of every shipped form: its own example, else one of its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.field_types import target_of
from schemas.record import Typed, TypedLine
from schemas.template import Field, Template

FILE = f"{'a1' * 32} 附件.pdf"
"""An uploaded file as a form sends it."""
OF_TYPE: Mapping[str, str] = {
    "text": "样例", "long_text": "样例说明", "integer": "3", "decimal": "2.5", "money": "100", "percent": "10%",
    "date": "2026-11-20", "datetime": "2026-11-20 09:30", "month": "2026-11", "year": "2026", "bool": "否",
    "phone": "13912345678", "email": "li@example.com", "id_number": "11010519491231002X", "url": "https://example.com",
    "attachment": FILE, "decision": "通过",
}  # fmt: skip
"""For fields without an example. The portal's clock stands at 2026-11-21 12:00."""
OWN: Mapping[str, Mapping[str, str]] = {
    "staff": {"staff_id": "S900", "staff_name": "周敏"},  # S001 is the administrator
    "gift_request": {"gift_on": "2026-12-01"},  # today or later
    "kpi_rating": {"ratee_id": "S900"},  # nobody rates himself
    "part_time_leave": {"from_month": "2026-12"},  # applied for beforehand
    "quota": {"month": "2026-12"},
}
"""Answers that neither an example nor the type can give, with the rule that asks for them."""

KeyOf = Callable[[str], str]
"""Template → key of a record there is to refer to."""


def answers_to(template: Template, key_of: KeyOf) -> dict[str, Typed]:
    """Every question of the header answered, those a condition hides as well."""
    own = OWN.get(template.key, {})
    return {field.key: own.get(field.key) or _answer(field, key_of) for field in _asked(template.fields)}


def lines_of(template: Template, key_of: KeyOf) -> dict[str, list[TypedLine]]:
    """One full row in every line table."""
    return {
        line.key: [TypedLine("", {field.key: _answer(field, key_of) for field in _asked(line.fields)})]
        for line in template.lines
    }


def _asked(fields: tuple[Field, ...]) -> list[Field]:
    return [field for field in fields if field.type not in ("computed", "serial")]


def _answer(field: Field, key_of: KeyOf) -> Typed:
    target = target_of(field)
    if target == "staff":
        return "S001"
    if target:
        return key_of(target)
    if field.example:
        return field.example
    if field.type == "multi_choice":
        return [choice.value for choice in field.choices[:2]]
    if field.type in ("choice", "decision") and field.choices:
        return field.choices[0].value
    if field.type == "bool" and field.default:
        return field.default
    return OF_TYPE[field.type]
