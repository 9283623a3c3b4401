"""Remembering what was worked out from a template, for as long as the template lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from schemas.template import LineTable, Template

FieldOwner = Template | LineTable
Source = TypeVar("Source", bound=FieldOwner)
Made = TypeVar("Made")


def remembered(make: Callable[[Source], Made]) -> Callable[[Source], Made]:
    """Calls `make` once per template object. Templates hold dictionaries, so they cannot be dictionary keys."""
    made: dict[int, tuple[weakref.ref[Source], Made]] = {}

    @wraps(make)
    def lookup(source: Source) -> Made:
        entry = made.get(id(source))
        if entry is not None and entry[0]() is source:
            return entry[1]
        result, key = make(source), id(source)
        made[key] = (weakref.ref(source, lambda _: made.pop(key, None)), result)
        return result

    return lookup
