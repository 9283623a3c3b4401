"""Looking an amount up in a tier table: half-open rows, printed gaps, the end of the table, slices."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from schemas.commission_rules import BOUNDARY_ROW, CommissionRules, Tier

Rational = int | Fraction
FEN = 100
TEN_YUAN = 1000
"""0.001万 in fen, the precision in which the printed table names its upper ends."""


@dataclass(frozen=True, slots=True)
class Match:
    """The row an amount falls in. in_gap: between two printed rows. above_table: beyond the last printed end."""

    tier: Tier
    in_gap: bool = False
    above_table: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of an amount that lies in one row, in fen."""

    tier: Tier
    amount: Rational


@dataclass(frozen=True, slots=True)
class Ladder:
    """A tier table ready for look-up. starts and printed ends are in the unit the amounts come in (fen, or a ratio)."""

    tiers: tuple[Tier, ...]
    starts: tuple[Fraction, ...]
    inclusive: tuple[bool, ...]
    printed: tuple[Fraction | None, ...]
    gap: Literal["lower", "upper", "round3"]

    @classmethod
    def of(cls, tiers: Sequence[Tier], rules: CommissionRules, unit: int = FEN) -> Ladder:
        """The look-up table for `tiers` given in yuan, amounts in fen (`unit` 1: both are plain ratios)."""
        return cls(
            tuple(tiers),
            tuple(Fraction(tier.from_) * unit for tier in tiers),
            tuple(_holds_its_start(tier, rules) for tier in tiers),
            tuple(None if tier.printed_to is None else Fraction(tier.printed_to) * unit for tier in tiers),
            rules.gap,
        )

    @classmethod
    def flat(cls, rate: Decimal, rules: CommissionRules) -> Ladder:
        """One rate for every amount, as a manager's rate is."""
        return cls.of((Tier.model_validate({"id": "flat", "from": 0, "from_inclusive": False, "rate": rate}),), rules)

    @property
    def end(self) -> Fraction | None:
        """The upper end the paper prints for the last row."""
        return self.printed[-1]

    def find(self, amount: Rational) -> Match | None:
        """The row holding `amount`; None for zero and less, which no row holds."""
        if amount <= 0:
            return None
        at = self._index(amount)
        printed = self.printed[at]
        if printed is None or amount <= printed:
            return Match(self.tiers[at])
        if at == len(self.tiers) - 1:
            return Match(self.tiers[at], above_table=True)
        if self.gap == "upper":
            at += 1
        elif self.gap == "round3":
            at = self._index((Fraction(amount) + TEN_YUAN // 2) // TEN_YUAN * TEN_YUAN)
        return Match(self.tiers[at], in_gap=True)

    def slices(self, amount: Rational) -> tuple[Slice, ...]:
        """`amount` cut at the rows' starts; the parts sum to it."""
        ends = (*self.starts[1:], None)
        parts = []
        for tier, start, end in zip(self.tiers, self.starts, ends, strict=True):
            top = amount if end is None else min(amount, end)
            if top > start:
                parts.append(Slice(tier, top - start))
        return tuple(parts)

    def marginal(self, amount: Rational) -> Fraction:
        """The sum of each slice at its own row's rate; rows that pay gold add nothing."""
        return sum((part.amount * Fraction(part.tier.rate or 0) for part in self.slices(amount)), Fraction(0))

    def _index(self, amount: Rational) -> int:
        at = bisect.bisect_right(self.starts, amount) - 1
        return at - 1 if at > 0 and amount == self.starts[at] and not self.inclusive[at] else at


def _holds_its_start(tier: Tier, rules: CommissionRules) -> bool:
    """Whether the row's first amount belongs to it; exactly 10,000 is the one the printed table leaves open."""
    if tier.from_ == BOUNDARY_ROW:
        return rules.exact_10000 == "upper"
    return tier.from_inclusive
