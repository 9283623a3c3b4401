"""Exact numbers in rule data: a Decimal written as text or a whole number, never a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from schemas.contradiction import Contradiction


def _refuse_float(value: object) -> object:
    """YAML reads an unquoted 0.055 as a float, which is not 5.5 %: the rule file must quote it."""
    if isinstance(value, (float, bool)):
        raise Contradiction("exact", example=f'"{value}"')
    return value


Exact = Annotated[
    Decimal,
    BeforeValidator(_refuse_float),
    PlainSerializer(lambda number: format(number, "f"), return_type=str),
]
"""A number of a rule: quoted text or an integer. A float is refused because its value is not what was written."""
