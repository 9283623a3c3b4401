"""What selling below the floor (九折) does to a deal's commission: the rate falls in proportion. Source: 002 §四."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Protocol

from schemas.commission_rules import Floor

WHOLE = Fraction(1)


class Priced(Protocol):
    """A deal: what of it counts, and the amount and list price it was made at (fen)."""

    @property
    def amount(self) -> int: ...
    @property
    def sold(self) -> int: ...
    @property
    def listed(self) -> int: ...


def lacks_list_price(listed: int, floor: Floor) -> bool:
    """Whether the deal's discount cannot be known and the rules do not say to ignore that."""
    return listed <= 0 and floor.missing_list == "reject"


def discount_factor(sold: int, listed: int, floor: Floor) -> Fraction:
    """1 at the floor and above (no uplift); below it what the rules' method gives. No list price: 1."""
    if listed <= 0:
        return WHOLE
    discount, base = Fraction(sold, listed), Fraction(floor.base)
    if discount >= base:
        return WHOLE
    if floor.method == "ratio":
        return discount / base
    if floor.method == "points":
        return max(1 - (base - discount), Fraction(0))
    if floor.method == "discount_itself":
        return discount
    if floor.method == "forfeit":
        return Fraction(0)
    return Fraction(max((s for s in floor.table if Fraction(s.from_) <= discount), key=lambda s: s.from_).factor)


def weighted_sum(sales: Iterable[Priced], floor: Floor) -> Fraction:
    """The sum of amount × factor; the deals at the floor and above, most of them, are added as whole fen."""
    above, below = 0, Fraction(0)
    over, under = floor.base.as_integer_ratio()
    for sale in sales:
        if sale.listed <= 0 or sale.sold * under >= sale.listed * over:
            above += sale.amount
        elif floor.method == "ratio":
            below += Fraction(sale.amount * sale.sold * under, sale.listed * over)
        else:
            below += sale.amount * discount_factor(sale.sold, sale.listed, floor)
    return above + below
