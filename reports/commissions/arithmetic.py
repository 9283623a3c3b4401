"""The commission of one person's month from the deals that count for it: exact fractions, rounded once.

Amounts are fen. Nothing here knows tables, dates or people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from reports.commissions.ladder import Ladder, Match, Rational
from reports.money import RoundingMode, apportion, round_fen
from schemas.commission_rules import CommissionRules, Floor

WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Sale:
    """A deal as it counts for one person.

    amount: what of it counts in the month's base, same-month refunds taken off. sold, listed: the deal as it was made,
    for its discount (listed 0: no list price). kept: the part of its commission that is the person's own; the rest goes
    to the referrer. customer: for expenses that belong to one customer.
    """

    deal: str
    amount: int
    sold: int
    listed: int
    customer: str = ""
    kept: Fraction = WHOLE


@dataclass(frozen=True, slots=True)
class Deductions:
    """What is taken off the month's sales before the rate: expenses (of a customer's deals, and others) and refunds of
    other months' deals where the rules net them."""

    expenses: int = 0
    of_customer: Mapping[str, int] = field(default_factory=dict)
    other_refunds: int = 0

    @property
    def total(self) -> int:
        """All of it. `of_customer` is a breakdown of `expenses`, not an addition."""
        return self.expenses + self.other_refunds


@dataclass(frozen=True, slots=True)
class SaleCommission:
    """One deal's part: its share of the month's net, the row and rate, the discount factor, its exact commission."""

    sale: Sale
    net: Fraction
    match: Match | None
    rate: Fraction
    factor: Fraction
    exact: Fraction


@dataclass(frozen=True)
class MonthCommission:
    """The month's result.

    match: the row of the month's net (monthly basis). withheld: codes of why no figure may be given. gold_g: grams.
    flags: codes worth showing beside the figure. basis: which of the two amount columns the figure follows.
    """

    gross: Fraction
    deductions: Deductions
    net: Fraction
    basis: str
    match: Match | None
    parts: tuple[SaleCommission, ...]
    gold_g: Fraction = Fraction(0)
    flags: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    scale: Fraction = WHOLE
    rounding: RoundingMode = "HALF_UP"
    by_line: bool = False

    @cached_property
    def exact(self) -> Fraction:
        """The whole commission on the month's deals before rounding, referrers' parts included."""
        return sum((part.exact for part in self.parts), Fraction(0))

    @cached_property
    def shared_out(self) -> int:
        """Fen that go to referrers: each rounded down, the seller keeps the rest."""
        return sum(self.referrer_fen(part) for part in self.parts if part.sale.kept != 1)

    @cached_property
    def fen(self) -> int:
        """The person's commission."""
        if self.by_line:
            return sum(round_fen(part.exact, self.rounding) for part in self.parts) - self.shared_out
        return round_fen(self.exact, self.rounding) - self.shared_out

    def line_fen(self) -> tuple[int, ...]:
        """Each part's commission as shown, in the order of `parts`; they sum to `fen`."""
        if self.by_line:
            rounded = tuple(round_fen(part.exact, self.rounding) for part in self.parts)
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
    gross = sum(sale.amount for sale in sales) * tax
    net = gross - deductions.total
    month = _Month(tuple(sales), deductions, gross, net, tax, ladder, rules, quota, scale)
    if net <= 0:
        return month.result("none", None, ())
    if any(sale.amount and _factor(sale, rules.floor) is None for sale in sales):
        return month.result("none", None, (), withheld=("missing_list_price",))
    if rules.tier_key == "attainment" and not quota:
        return month.result("none", None, (), withheld=("no_quota",))
    if part_time:
        return month.per_deal() if rules.pt_basis == "per_deal" else month.monthly()
    if rules.basis == "better_of":
        return max(month.monthly(), month.per_deal(), key=lambda result: result.exact)
    return month.per_deal() if rules.basis == "per_deal" else month.monthly()


def _factor(sale: Sale, floor: Floor) -> Fraction | None:
    """What the deal's discount does to its rate: 1 at the floor and above; None when the list price is unknown."""
    if sale.listed <= 0:
        return WHOLE if floor.missing_list == "factor_1" else None
    discount, base = Fraction(sale.sold, sale.listed), Fraction(floor.base)
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


@dataclass(frozen=True, slots=True)
class _Month:
    """One month being computed; `net` is above zero in `monthly` and `per_deal`."""

    sales: tuple[Sale, ...]
    deductions: Deductions
    gross: Fraction
    net: Fraction
    tax: Fraction
    ladder: Ladder
    rules: CommissionRules
    quota: int | None
    scale: Fraction

    def monthly(self) -> MonthCommission:
        """One row for the month's net, applied to every deal's share of it."""
        match = self._row(self.net)
        if match.above_table and self.rules.above_table == "manual":
            return self.result("monthly", match, (), withheld=("above_table",))
        if match.tier.gold_g is not None:
            return self.result("monthly", match, (), gold_g=Fraction(match.tier.gold_g))
        rate = self._rate(self.net, match)
        return self.result("monthly", match, self._parts(lambda _: (match, rate)))

    def per_deal(self) -> MonthCommission:
        """Each deal's own row, by its amount before expenses, applied to its share of the month's net."""
        rows = {id(sale): self._row(sale.amount * self.tax) for sale in self.sales if sale.amount > 0}
        if self.rules.above_table == "manual" and any(row.above_table for row in rows.values()):
            return self.result("per_deal", None, (), withheld=("above_table",))
        gold = sum((Fraction(row.tier.gold_g or 0) for row in rows.values()), Fraction(0))

        def pay(sale: Sale) -> tuple[Match | None, Fraction]:
            row = rows.get(id(sale))
            return (row, self._rate(sale.amount * self.tax, row)) if row else (None, Fraction(0))

        flagged = any(row.above_table for row in rows.values())
        return self.result("per_deal", None, self._parts(pay), gold_g=gold, above_table=flagged)

    def _row(self, amount: Rational) -> Match:
        """The row paid for `amount` above zero: by the amount, or by how far the month reached its quota."""
        if self.rules.tier_key == "attainment" and self.quota:
            found = Ladder.of(self.rules.attainment_tiers, self.rules, unit=1).find(self.net / self.quota)
        else:
            found = self.ladder.find(amount)
        if found is None:
            raise ValueError(f"no tier for {amount}: only amounts above zero are looked up")
        return found

    def _rate(self, amount: Rational, match: Match) -> Fraction:
        """The rate on all of `amount`: its row's, or what its slices come to; less where the table caps the base."""
        counted = amount
        if match.above_table and self.rules.above_table == "cap":
            counted = min(amount, self.ladder.end or amount)
        if self.rules.method == "marginal" and self.rules.tier_key == "amount":
            return self.ladder.marginal(counted) / amount
        return Fraction(match.tier.rate or 0) * counted / amount

    def _parts(self, pay: Callable[[Sale], tuple[Match | None, Fraction]]) -> tuple[SaleCommission, ...]:
        parts = []
        for sale, net in zip(self.sales, self._net_of_each(), strict=True):
            match, rate = pay(sale)
            factor = _factor(sale, self.rules.floor) or Fraction(0)
            parts.append(SaleCommission(sale, net, match, rate, factor, net * rate * factor * self.scale))
        return tuple(parts)

    def _net_of_each(self) -> list[Fraction]:
        """Each deal's share of the month's net; the shares sum to it."""
        amounts = [sale.amount * self.tax for sale in self.sales]
        rest = Fraction(self.deductions.total)
        if self.rules.expense_allocation == "direct_first":
            amounts, direct = _less_direct(self.sales, amounts, self.deductions.of_customer)
            rest -= direct
        whole = sum(amounts, Fraction(0))
        kept = (whole - rest) / whole
        return [amount * kept for amount in amounts]

    def result(
        self,
        basis: str,
        match: Match | None,
        parts: tuple[SaleCommission, ...],
        *,
        gold_g: Fraction = Fraction(0),
        withheld: tuple[str, ...] = (),
        above_table: bool = False,
    ) -> MonthCommission:
        above = above_table or (match is not None and match.above_table)
        flags = (("above_table",) if above else ()) + (("in_gap",) if match is not None and match.in_gap else ())
        return MonthCommission(
            Fraction(self.gross), self.deductions, Fraction(self.net), basis, match, parts, gold_g, flags, withheld,
            self.scale, self.rules.rounding.mode, self.rules.rounding.scope == "line",
        )  # fmt: skip


def _less_direct(
    sales: Sequence[Sale], amounts: Sequence[Fraction], of_customer: Mapping[str, int]
) -> tuple[list[Fraction], Fraction]:
    """Each customer's own expenses taken off that customer's deals, and how much that was in all.

    A customer's expenses beyond the customer's sales stay with the general ones.
    """
    sold: dict[str, Fraction] = {}
    for sale, amount in zip(sales, amounts, strict=True):
        if amount > 0:
            sold[sale.customer] = sold.get(sale.customer, Fraction(0)) + amount
    taken = {customer: min(Fraction(of_customer.get(customer, 0)), total) for customer, total in sold.items()}
    left = [
        amount - amount * taken[sale.customer] / sold[sale.customer] if amount > 0 else amount
        for sale, amount in zip(sales, amounts, strict=True)
    ]
    return left, sum(taken.values(), Fraction(0))
