"""Exact values in rule data: numbers written as quoted text or whole numbers, days written 2026-01-31."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from schemas.contradiction import Contradiction
from schemas.yaml_nodes import PlainDecimal

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _exact(value: object) -> object:
    """Only a Decimal, a whole number or such a text: 1,000 and 5% are not guessed at, and an unquoted 0.055 is what
    other readers of the file take for a binary fraction."""
    if isinstance(value, (float, PlainDecimal)):
        raise Contradiction("exact", example=f'"{value}"')
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return value
    raise PydanticCustomError("exact_number", "not an exact number")


def _day(value: object) -> object:
    """pydantic would also take 20260131 for a moment of 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("iso_day", "not a day")


Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(lambda number: format(number, "f"), return_type=str),
]
"""A number of a rule: quoted text or an integer."""
Day = Annotated[date, BeforeValidator(_day)]
"""A day of a rule, as 2026-01-31."""
