"""Money in fen: exact fractions become whole fen once, and lines are made to add up to their rounded total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

RoundingMode = Literal["HALF_UP", "HALF_EVEN"]
CENT = Decimal("0.01")
YUAN_NAMES = frozenset({"", "CNY", "RMB", "人民币", "元", "¥", "￥"})
"""What stands in a currency cell where the amount is in yuan; an empty one is."""


def yuan(fen: int) -> Decimal:
    """Whole fen as yuan with two places."""
    return Decimal(fen).scaleb(-2)


def fen_of(amount: Decimal) -> int:
    """Yuan of a rule as whole fen. Raises ValueError for a fraction of a fen, which no rule may ask for."""
    fen = amount * 100
    if fen != int(fen):
        raise ValueError(f"{amount} is not a whole number of fen")
    return int(fen)


def round_fen(exact: Fraction | int, mode: RoundingMode = "HALF_UP") -> int:
    """The nearest whole fen; a half goes away from zero (HALF_UP) or to the even neighbour (HALF_EVEN)."""
    if mode == "HALF_EVEN":
        return round(exact)
    magnitude = int((2 * abs(Fraction(exact)) + 1) // 2)
    return magnitude if exact >= 0 else -magnitude


def round_decimal(exact: Fraction | int, places: int) -> Decimal:
    """A ratio as a Decimal of `places` places, halves away from zero: for showing, never for computing on."""
    return Decimal(round_fen(Fraction(exact) * 10**places)).scaleb(-places)


def apportion(exact: Sequence[Fraction], total: int) -> tuple[int, ...]:
    """Whole fen for each exact part that sum to `total`: all rounded down, what is missing to the largest remainders.

    `total` is the rounded sum of `exact`, so at most one fen a part is missing. Equal remainders: the earlier part.
    """
    floors = [part.numerator // part.denominator for part in exact]
    missing = total - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda at: (floors[at] - exact[at], at))
    for at in by_remainder[:missing]:
        floors[at] += 1
    return tuple(floors)
