"""Conditions on whole columns: the same `Condition` data that templates use, for every row of a frame at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas.template import Condition

Flags = npt.NDArray[np.bool_]


def holds(condition: Condition | None, frame: pd.DataFrame, today: date) -> Flags:
    """For each row whether the condition holds. A column the frame lacks is empty; so every test of it fails."""
    if condition is None:
        return np.ones(len(frame), dtype=np.bool_)
    if condition.all is not None:
        return np.asarray(np.logical_and.reduce([holds(part, frame, today) for part in condition.all]))
    if condition.any is not None:
        return np.asarray(np.logical_or.reduce([holds(part, frame, today) for part in condition.any]))
    if condition.not_ is not None:
        return ~holds(condition.not_, frame, today)
    return _tests(condition, frame, today)


def fields_of(condition: Condition | None) -> set[str]:
    """The columns a condition reads."""
    if condition is None:
        return set()
    parts = [*(condition.all or ()), *(condition.any or ()), *([condition.not_] if condition.not_ else [])]
    bounds = (condition.before, condition.after, condition.less, condition.greater, condition.same_as)
    named = {name for name in (condition.field, *bounds) if name and name[0].isalpha()}
    return named.union(*(fields_of(part) for part in parts))


def filled(column: pd.Series) -> Flags:
    """Which cells of a column hold something: neither missing, "" nor an empty tuple."""
    if column.dtype == object:
        return np.fromiter(
            (value is not None and value != () and value != "" for value in column), np.bool_, len(column)
        )
    if isinstance(column.dtype, pd.StringDtype):
        return np.asarray(column.fillna("").ne(""), dtype=np.bool_)
    return np.asarray(column.notna(), dtype=np.bool_)


def _tests(condition: Condition, frame: pd.DataFrame, today: date) -> Flags:
    name = condition.field or ""
    if name not in frame.columns:
        return np.full(len(frame), condition.empty is True)
    column = frame[name]
    result = np.ones(len(frame), dtype=np.bool_)
    if condition.same_as is not None:
        result &= _same(column, frame, condition.same_as)
    if condition.empty is not None:
        result &= filled(column) != condition.empty
    if condition.equals is not None:
        result &= _among(column, (condition.equals,))
    if condition.in_ is not None:
        result &= _among(column, condition.in_)
    for bound, compare in ((condition.before, np.less), (condition.after, np.greater)):
        if bound is not None:
            result &= _dates(column, bound, frame, today, compare)
    for bound, compare in ((condition.less, np.less), (condition.greater, np.greater)):
        if bound is not None:
            result &= _numbers(column, bound, frame, compare)
    return result


def _same(column: pd.Series, frame: pd.DataFrame, other: str) -> Flags:
    if other not in frame.columns:
        return np.zeros(len(column), dtype=np.bool_)
    both = filled(column) & filled(frame[other])
    return both & np.asarray(column.astype("object") == frame[other].astype("object"), dtype=np.bool_)


def _among(column: pd.Series, texts: tuple[str, ...]) -> Flags:
    """Equal to one of the texts, by the column's type; a multi-choice equals each of its answers."""
    if isinstance(column.dtype, pd.StringDtype):
        return np.asarray(column.isin(texts), dtype=np.bool_)
    if column.dtype == "boolean":
        wanted = [text in {"是", "true"} for text in texts]
        return np.asarray(column.isin(wanted), dtype=np.bool_)
    if column.dtype == object and any(isinstance(value, tuple) for value in column):
        return np.fromiter((bool(set(value) & set(texts)) for value in column), np.bool_, len(column))
    if column.isna().all():  # perhaps a column of a table that does not exist, whose type nobody knows
        return np.zeros(len(column), dtype=np.bool_)
    wanted_numbers = {Decimal(text) for text in texts}
    return np.fromiter(
        (pd.notna(value) and Decimal(value) in wanted_numbers for value in column), np.bool_, len(column)
    )


def _dates(column: pd.Series, bound: str, frame: pd.DataFrame, today: date, compare: Callable[..., Flags]) -> Flags:
    own = _naive(column)
    if bound in frame.columns:
        other = _naive(frame[bound])
    elif bound == "today" or bound[:1].isdigit():
        other = np.asarray(np.datetime64(today.isoformat() if bound == "today" else bound, "s"))
    else:
        return np.zeros(len(column), dtype=np.bool_)  # a column this frame lacks
    return np.asarray(compare(own, other) & ~np.isnat(own), dtype=np.bool_)


def _naive(column: pd.Series) -> npt.NDArray[np.datetime64]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)
    return np.asarray(column.to_numpy(dtype="datetime64[s]"))


def _numbers(column: pd.Series, bound: str, frame: pd.DataFrame, compare: Callable[..., Flags]) -> Flags:
    """Compares exactly, integers and Decimals; money is compared in fen."""
    if column.dtype == "Int64" and bound.lstrip("-").isdecimal():
        return np.asarray(compare(column.fillna(0).to_numpy(dtype=np.int64), int(bound)) & column.notna().to_numpy())
    if bound not in frame.columns and not bound.lstrip("-")[:1].isdigit():
        return np.zeros(len(column), dtype=np.bool_)  # a column this frame lacks
    others = frame[bound] if bound in frame.columns else [Decimal(bound)] * len(column)
    pairs = zip(column, others, strict=True)
    return np.fromiter(
        (pd.notna(own) and pd.notna(other) and bool(compare(own, other)) for own, other in pairs), np.bool_, len(column)
    )
