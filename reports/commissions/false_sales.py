"""What a proven false sale gained its seller, and what of it may be taken back when.

Source: seed 002 §四.4(4); domain.md §4.9. A deduction stays within 20 % of the month's wage and above the local minimum
wage (工资支付暂行规定 Art. 16), so the tenfold penalty is only recorded unless the rules say `penalty_mode: schedule`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pandas as pd

from reports.awards import awards_of
from reports.commissions.deal_checks import DATE_COLUMN
from reports.commissions.ledger import OPEN, PROVEN, deal_numbers
from reports.commissions.month import MonthBook, Terms, month_book
from reports.commissions.people import month_of_day
from reports.frames import Frames
from reports.money import fen_of, round_fen
from reports.statement import Source, input_finding
from schemas.commission_rules import Clawback
from schemas.finding import Finding, Severity

RECORD_ONLY, RECOVER, DEDUCT = "仅记录", "追回差额", "扣罚"


@dataclass(frozen=True, slots=True)
class FalseSale:
    """One case: what was gained (fen; None: cannot be computed), the penalty on record, how it is to be treated.

    is_settled: a settlement paid for some of its deals. Deals found out before that earn nothing, so that there is
    nothing to take back.
    """

    record_id: str
    case_no: str
    staff_id: str
    months: tuple[int, ...]
    verdict: str
    mode: str
    gained: int | None
    penalty: int | None
    is_settled: bool

    def owed(self, rules: Terms) -> int:
        """What is to be taken back: the gain when it is recovered, the penalty too where the rules schedule it."""
        if not self.is_settled or self.verdict != PROVEN or self.mode == RECORD_ONLY or self.gained is None:
            return 0
        deducted = self.mode == DEDUCT and rules.rules.penalty_mode == "schedule"
        return self.gained + (self.penalty or 0 if deducted else 0)


@dataclass(frozen=True)
class FalseSales:
    """All cases proven or under review."""

    cases: tuple[FalseSale, ...]
    findings: tuple[Finding, ...]


def false_sales_of(frames: Frames, terms: Terms, until: date, settled: frozenset[str] = frozenset()) -> FalseSales:
    """Every case with what its deals gained: each month concerned computed with and without them.

    settled: records of deals that settlements paid for.
    """
    cases = frames.get("false_sale_case")
    if cases is None or "deal" not in frames or not len(cases):
        return FalseSales((), ())
    months = _months_by_deal(frames["deal"], terms)
    books = _Books(frames, terms, until)
    paid_for = frozenset(frames["deal"].loc[frames["deal"]["record_id"].isin(settled), "deal_no"]) - {""}
    found: list[FalseSale] = []
    findings: list[Finding] = []
    for case in cases[cases["finding"].isin([PROVEN, OPEN])].to_dict("records"):
        numbers = _deals_of(case, frames["deal"])
        unknown = sorted(numbers - months.keys())
        if unknown:
            source = Source("false_sale_case", case["record_id"])
            findings.append(input_finding("E360", source, "deal_nos", Severity.ERROR, value="、".join(unknown)))
        of_case = tuple(sorted({months[number] for number in numbers & months.keys()}))
        gained = None if unknown else books.gained(case["staff_id"], of_case, numbers)
        penalty = None if gained is None else round_fen(gained * Fraction(terms.rules.clawback.penalty_factor))
        found.append(
            FalseSale(
                case["record_id"], case["case_no"], case["staff_id"], of_case, case["finding"], case["mode"], gained,
                penalty, not numbers.isdisjoint(paid_for),
            )
        )  # fmt: skip
    return FalseSales(tuple(found), tuple(findings))


def schedule(owed: int, clawback: Clawback) -> tuple[int, ...] | None:
    """`owed` fen in monthly deductions within the cap; None when the wage is not set or leaves nothing to deduct."""
    if clawback.monthly_wage is None:
        return None
    wage = fen_of(clawback.monthly_wage)
    cap = int(wage * Fraction(clawback.cap_pct) // 1)
    if clawback.minimum_wage is not None:
        cap = min(cap, wage - fen_of(clawback.minimum_wage))
    if cap <= 0:
        return None
    full, rest = divmod(owed, cap)
    return (cap,) * full + ((rest,) if rest else ())


class _Books:
    """Months computed with the false sales and without them, each once."""

    def __init__(self, frames: Frames, terms: Terms, until: date) -> None:
        self.frames, self.terms, self.until = frames, terms, until
        self._with: dict[int, MonthBook] = {}
        self._without: dict[tuple[int, frozenset[str]], MonthBook] = {}

    def gained(self, staff_id: str, months: Sequence[int], numbers: set[str]) -> int | None:
        """What the deals gained the person over the months concerned."""
        parts = [self._gained_in(staff_id, month, numbers) for month in months]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def _gained_in(self, staff_id: str, month: int, numbers: set[str]) -> int | None:
        base, book = self.terms.rules.clawback.base, self._book_with(month)
        made = book.of.get(staff_id)
        if made is None or made.commission is None:
            return None
        awards = sum(award.amount for award in awards_of(self.frames, book).of(staff_id))
        if base == "whole_month":
            return made.commission + awards
        if base == "commission_on_sale":
            deals = [part.sale.deal for part in made.own.parts]
            return sum(fen for deal, fen in zip(deals, made.own.line_fen(), strict=True) if deal in numbers)
        without = self._book_without(month, frozenset(numbers))
        left = without.of.get(staff_id)
        commission_left = 0 if left is None else left.commission
        if commission_left is None:
            return None
        awards_left = sum(award.amount for award in awards_of(self.frames, without).of(staff_id))
        gained = awards - awards_left
        return gained if base == "bonus_only" else gained + made.commission - commission_left

    def _book_with(self, month: int) -> MonthBook:
        if month not in self._with:
            self._with[month] = month_book(self.frames, self.terms, month, self.until, false_sales_kept=None)
        return self._with[month]

    def _book_without(self, month: int, numbers: frozenset[str]) -> MonthBook:
        key = (month, numbers)
        if key not in self._without:
            deals = self.frames["deal"]
            frames: Mapping[str, pd.DataFrame] = {**self.frames, "deal": deals[~deals["deal_no"].isin(list(numbers))]}
            self._without[key] = month_book(frames, self.terms, month, self.until, false_sales_kept=None)
        return self._without[key]


def _deals_of(case: Mapping[str, str], deals: pd.DataFrame) -> set[str]:
    """Numbers of the deals a case names, and of those that name the case; the record where a deal has none."""
    marked = deals[deals["false_case"] == case["case_no"]] if case["case_no"] else deals[:0]
    numbers = (number or record for number, record in zip(marked["deal_no"], marked["record_id"], strict=True))
    return {*deal_numbers(case["deal_nos"]), *numbers}


def _months_by_deal(deals: pd.DataFrame, terms: Terms) -> dict[str, int]:
    """The month each deal counts in."""
    column = DATE_COLUMN[terms.rules.recognition]
    known = deals[deals[column].notna() & deals["deal_no"].ne("")]
    return {number: month_of_day(day.date()) for number, day in zip(known["deal_no"], known[column], strict=True)}
