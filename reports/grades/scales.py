"""Weights, steps and cuts over whole columns, in exact integers: points and weights are counted in 1/10,000."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from schemas.grade_rules import Cuts, Step

UNIT = 10_000
UNRATED = "未评级"
Ints = np.ndarray


@dataclass(frozen=True)
class Graded:
    """One classification of many subjects.

    frame: subject, record_id, current, suggested, score (Decimal or None), reason, and the columns named in `factors`;
    with a `basis`, also basis_id: the record of that table the grade was taken from ("" without one).
    """

    scheme: str
    frame: pd.DataFrame
    factors: tuple[str, ...]
    basis: str = ""


def whole(number: Decimal) -> int:
    """A weight, point or threshold in 1/10,000. Raises ValueError for more than four decimal places."""
    scaled = number * UNIT
    if scaled != int(scaled):
        raise ValueError(f"{number} has more than four decimal places")
    return int(scaled)


def weighted(points: Mapping[str, Ints], weights: Mapping[str, Decimal], total: int) -> Ints:
    """Σ weight × points ÷ total, where points are in 1/10,000; exact because weights come out even."""
    return np.asarray(sum(points[name] * whole(weight) for name, weight in weights.items()) // (UNIT * total))


def cut(scores: Ints, cuts: Cuts) -> np.ndarray:
    """The grade of each score in 1/10,000; each cut belongs to the grade above it."""
    grades = np.array(cuts.grades, dtype=object)
    falling = [whole(score) for score in cuts.from_scores]
    below = sum((scores < score).astype(int) for score in falling)
    return np.asarray(grades[below])


def step_points(amounts: Ints, steps: Sequence[Step], unit: int) -> Ints:
    """Points in 1/10,000 of amounts counted in 1/unit; below the lowest step nothing."""
    points = np.zeros(len(amounts), dtype=np.int64)
    for step in reversed(steps):
        points[amounts >= int(step.above * unit)] = whole(step.points)
    return points


def decimals(scores: Ints, known: np.ndarray, places: int = 2) -> np.ndarray:
    """Scores in 1/10,000 as Decimals of `places` places, halves up; None where not known. Equal scores share one."""
    result = np.full(len(scores), None, dtype=object)
    values, at = np.unique(scores[known], return_inverse=True)
    shift = 10 ** (4 - places)
    shown = np.array([Decimal((int(v) + shift // 2) // shift).scaleb(-places) for v in values], dtype=object)
    if len(values):
        result[known] = shown[at]
    return result


def latest(frame: pd.DataFrame, subject: str, when: str) -> pd.DataFrame:
    """The last row of each subject by `when`, then by record."""
    ordered = frame.sort_values([when, "record_id"], kind="stable")
    return ordered.drop_duplicates(subject, keep="last")
