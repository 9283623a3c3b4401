"""The commission of one person's month from the deals that count for it: exact fractions, rounded once.

Amounts are fen. Nothing here knows tables, dates or people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from reports.commissions.floor import discount_factor, lacks_list_price, weighted_sum
from reports.commissions.ladder import Ladder, Match, Rational
from reports.money import apportion, round_fen
from schemas.commission_rules import CommissionRules

WHOLE = Fraction(1)
NONE = Fraction(0)


@dataclass(frozen=True, slots=True)
class Sale:
    """A deal as it counts for one person.

    amount: what of it counts in the month's base, same-month refunds taken off. sold, listed: the deal as it was made,
    for its discount (listed 0: no list price). share: the person's part of the sale, which `amount` is. kept: the part
    of its commission that is the person's own; the rest goes to the referrer. customer: whose expenses it bears.
    """

    deal: str
    amount: int
    sold: int
    listed: int
    customer: str = ""
    kept: Fraction = WHOLE
    share: Fraction = WHOLE


@dataclass(frozen=True, slots=True)
class Split:
    """How seller and referrer share a deal. Raises ValueError unless the shares make the whole."""

    seller: Fraction
    referrer: Fraction

    def __post_init__(self) -> None:
        if self.seller + self.referrer != 1 or min(self.seller, self.referrer) < 0:
            raise ValueError(
                f"shares {self.seller} and {self.referrer} of a deal must not be negative and sum to 100 %"
            )

    @classmethod
    def giving(cls, referrer: Fraction) -> Split:
        """The referrer's share; the seller has the rest."""
        return cls(1 - referrer, referrer)


@dataclass(frozen=True, slots=True)
class Deductions:
    """What is taken off the month's sales before the rate.

    expenses, and of_customer: the part of them that belongs to one customer's deals. other_refunds: refunds of other
    months' deals, and shortfall: what earlier months left below zero, where the rules net them.
    """

    expenses: int = 0
    of_customer: Mapping[str, int] = field(default_factory=dict)
    other_refunds: int = 0
    shortfall: Fraction = NONE

    @property
    def total(self) -> Fraction:
        """All of it."""
        return self.expenses + self.other_refunds + self.shortfall


@dataclass(frozen=True, slots=True)
class SaleCommission:
    """One deal's part: its share of the month's net, the row and rate, the discount factor, its exact commission."""

    sale: Sale
    net: Fraction
    match: Match | None
    rate: Fraction
    factor: Fraction
    exact: Fraction


Pay = Callable[[Sale], tuple[Match | None, Fraction]]
"""The row a deal is paid by and the rate on its share of the month's net."""


@dataclass(frozen=True)
class Base:
    """What a month's commission is computed from; `tax` turns an amount as collected into the one that counts."""

    sales: tuple[Sale, ...]
    deductions: Deductions
    rules: CommissionRules
    tax: Fraction = WHOLE
    scale: Fraction = WHOLE

    @cached_property
    def gross(self) -> Fraction:
        """当月金额."""
        return sum(sale.amount for sale in self.sales) * self.tax

    @cached_property
    def net(self) -> Fraction:
        """销售额: what is left after deductions."""
        return self.gross - self.deductions.total

    def net_of_each(self) -> list[Fraction]:
        """Each deal's share of the month's net; the shares sum to it."""
        amounts = [sale.amount * self.tax for sale in self.sales]
        rest = Fraction(self.deductions.total)
        if self.rules.expense_allocation == "direct_first":
            amounts, direct = _less_direct(self.sales, amounts, self.deductions.of_customer)
            rest -= direct
        whole = sum(amounts, NONE)
        kept = (whole - rest) / whole
        return [amount * kept for amount in amounts]


@dataclass(frozen=True)
class MonthCommission:
    """The month's result.

    basis: which of the two amount columns it follows. match: the row of the month's net (monthly basis). rate: the one
    rate of all deals, where there is one. gold_g: grams. flags: codes worth showing beside the figure. withheld: codes
    of why no figure may be given.
    """

    base: Base
    basis: str = "none"
    match: Match | None = None
    rate: Fraction | None = None
    pay: Pay | None = None
    gold_g: Fraction = NONE
    flags: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def gross(self) -> Fraction:
        """当月金额 in fen."""
        return self.base.gross

    @property
    def net(self) -> Fraction:
        """销售额 in fen."""
        return self.base.net

    @cached_property
    def parts(self) -> tuple[SaleCommission, ...]:
        """Each deal's part of the commission; () where nothing is paid by rate."""
        if self.pay is None:
            return ()
        parts = []
        for sale, net in zip(self.base.sales, self.base.net_of_each(), strict=True):
            match, rate = self.pay(sale)
            factor = discount_factor(sale.sold, sale.listed, self.base.rules.floor)
            parts.append(SaleCommission(sale, net, match, rate, factor, net * rate * factor * self.base.scale))
        return tuple(parts)

    @cached_property
    def exact(self) -> Fraction:
        """The whole commission on the month's deals before rounding, referrers' parts included."""
        base = self.base
        if self.rate is not None and base.rules.expense_allocation == "pro_rata":
            # One rate for all deals: the sum of the parts without making each of them.
            weighted = weighted_sum(base.sales, base.rules.floor) * base.tax
            return weighted * base.net / base.gross * self.rate * base.scale
        return sum((part.exact for part in self.parts), NONE)

    @cached_property
    def shared_out(self) -> int:
        """Fen that go to referrers: each rounded down, the seller keeps the rest."""
        if all(sale.kept == 1 for sale in self.base.sales):
            return 0
        return sum(self.referrer_fen(part) for part in self.parts)

    @cached_property
    def fen(self) -> int:
        """The person's commission."""
        rounding = self.base.rules.rounding
        if rounding.scope == "line":
            return sum(round_fen(part.exact, rounding.mode) for part in self.parts) - self.shared_out
        return round_fen(self.exact, rounding.mode) - self.shared_out

    def line_fen(self) -> tuple[int, ...]:
        """Each part's commission as shown, in the order of `parts`; they sum to `fen`."""
        rounding = self.base.rules.rounding
        if rounding.scope == "line":
            rounded = tuple(round_fen(part.exact, rounding.mode) for part in self.parts)
        else:
            rounded = apportion([part.exact for part in self.parts], self.fen + self.shared_out)
        return tuple(fen - self.referrer_fen(part) for fen, part in zip(rounded, self.parts, strict=True))

    @staticmethod
    def referrer_fen(part: SaleCommission) -> int:
        """The referrer's part of one deal's commission."""
        return int(part.exact * (1 - part.sale.kept) // 1)


def month_commission(
    sales: Sequence[Sale],
    deductions: Deductions,
    ladder: Ladder,
    rules: CommissionRules,
    *,
    part_time: bool = False,
    quota: int | None = None,
    scale: Fraction = WHOLE,
) -> MonthCommission:
    """The commission of a month. `quota` (effective, fen) is needed for `tier_key: attainment` only.

    scale: a factor on every amount of commission, as `probation_commission: pay_too` asks.
    """
    tax = 1 / (1 + Fraction(rules.tax_rate)) if rules.tax == "excl" else WHOLE
    base = Base(tuple(sales), deductions, rules, tax, scale)
    if base.net <= 0:
        return MonthCommission(base)
    if any(sale.amount and lacks_list_price(sale.listed, rules.floor) for sale in sales):
        return MonthCommission(base, withheld=("missing_list_price",))
    if rules.tier_key == "attainment" and not quota:
        return MonthCommission(base, withheld=("no_quota",))
    payer = _Payer(base, ladder, quota)
    if part_time:
        return payer.per_deal() if rules.pt_basis == "per_deal" else payer.monthly()
    if rules.basis == "better_of":
        return max(payer.monthly(), payer.per_deal(), key=lambda result: result.exact)
    return payer.per_deal() if rules.basis == "per_deal" else payer.monthly()


@dataclass(frozen=True, slots=True)
class _Payer:
    """Finds rows and rates for a month whose net is above zero."""

    base: Base
    ladder: Ladder
    quota: int | None

    def monthly(self) -> MonthCommission:
        """One row for the month's net, applied to every deal's share of it."""
        base, match = self.base, self._row(self.base.net)
        flags = _flags([match])
        if match.above_table and base.rules.above_table == "manual":
            return MonthCommission(base, "monthly", match, flags=flags, withheld=("above_table",))
        if match.tier.gold_g is not None:
            grams, guard = guarded_gold(Fraction(match.tier.gold_g), base.net, base.rules)
            return MonthCommission(base, "monthly", match, gold_g=grams, flags=(*flags, *guard))
        rate = self._rate(base.net, match)
        return MonthCommission(base, "monthly", match, rate, lambda _: (match, rate), flags=flags)

    def per_deal(self) -> MonthCommission:
        """Each deal's own row, by its amount before expenses, applied to its share of the month's net."""
        base = self.base
        rows = {id(sale): self._row(sale.amount * base.tax) for sale in base.sales if sale.amount > 0}
        flags = _flags(list(rows.values()))
        if base.rules.above_table == "manual" and "above_table" in flags:
            return MonthCommission(base, "per_deal", flags=flags, withheld=("above_table",))
        earned = sum((Fraction(row.tier.gold_g or 0) for row in rows.values()), NONE)
        gold, guard = guarded_gold(earned, base.net, base.rules)

        def pay(sale: Sale) -> tuple[Match | None, Fraction]:
            row = rows.get(id(sale))
            return (row, self._rate(sale.amount * base.tax, row)) if row else (None, NONE)

        return MonthCommission(base, "per_deal", pay=pay, gold_g=gold, flags=(*flags, *guard))

    def _row(self, amount: Rational) -> Match:
        """The row paid for `amount` above zero: by the amount, or by how far the month reached its quota."""
        rules = self.base.rules
        if rules.tier_key == "attainment" and self.quota:
            found = Ladder.of(rules.attainment_tiers, rules, unit=1).find(self.base.net / self.quota)
        else:
            found = self.ladder.find(amount)
        if found is None:
            raise ValueError(f"no tier for {amount}: only amounts above zero are looked up")
        return found

    def _rate(self, amount: Rational, match: Match) -> Fraction:
        """The rate on all of `amount`: its row's, or what its slices come to; less where the table caps the base."""
        counted, rules = amount, self.base.rules
        if match.above_table and rules.above_table == "cap":
            counted = min(amount, self.ladder.end or amount)
        if rules.method == "marginal" and rules.tier_key == "amount":
            return self.ladder.marginal(counted) / amount
        return Fraction(match.tier.rate or 0) * counted / amount


def guarded_gold(grams: Fraction, net: Fraction, rules: CommissionRules) -> tuple[Fraction, tuple[str, ...]]:
    """Grams after the guard against gold worth more than the sale deserves, and what to show beside them.

    The test of value needs a price of gold; without one only the smallest net that earns gold is looked at.
    """
    if not grams or rules.gold_guard == "none":
        return grams, ()
    if net < Fraction(rules.gold_min_net) * 100:
        return NONE, ("gold_below_minimum",)
    if rules.gold_price is None or rules.gold_guard == "min_amount":
        return grams, ()
    price, limit = Fraction(rules.gold_price) * 100, net * Fraction(rules.gold_guard_pct)
    if grams * price <= limit:
        return grams, ()
    if rules.gold_guard == "warn":
        return grams, ("gold_guard",)
    return Fraction(limit / price * 100 // 1, 100), ("gold_capped",)


def _flags(rows: Sequence[Match]) -> tuple[str, ...]:
    above = ("above_table",) if any(row.above_table for row in rows) else ()
    return (*above, "in_gap") if any(row.in_gap for row in rows) else above


def _less_direct(
    sales: Sequence[Sale], amounts: Sequence[Fraction], of_customer: Mapping[str, int]
) -> tuple[list[Fraction], Fraction]:
    """Each customer's own expenses taken off that customer's deals, and how much that was in all.

    A customer's expenses beyond the customer's sales stay with the general ones.
    """
    sold: dict[str, Fraction] = {}
    for sale, amount in zip(sales, amounts, strict=True):
        if amount > 0:
            sold[sale.customer] = sold.get(sale.customer, NONE) + amount
    taken = {customer: min(Fraction(of_customer.get(customer, 0)), total) for customer, total in sold.items()}
    left = [
        amount - amount * taken[sale.customer] / sold[sale.customer] if amount > 0 else amount
        for sale, amount in zip(sales, amounts, strict=True)
    ]
    return left, sum(taken.values(), NONE)
