"""What is paid for a month: commission, prizes, what earlier closed months still owe or are owed, and what is carried.

A closed month is read from its settlement. An open one bears the adjustments of closed months.
Source: domain.md §4.3 (6-10), §4.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property

import pandas as pd

from reports.awards import Award, Awards, awards_of
from reports.commissions.deal_checks import REFUNDS
from reports.commissions.false_sales import FalseSale, FalseSales, false_sales_of, schedule
from reports.commissions.ledger import NOTHING_CLOSED
from reports.commissions.month import MonthBook, PersonMonth, Terms, month_book
from reports.commissions.people import month_first, month_of_day, month_text
from reports.frames import Frames
from reports.money import apportion, round_fen
from reports.settlement import (
    CLAWBACK,
    DIFFERENCE,
    Adjustment,
    Settlement,
    Settlements,
    changed_since,
    find_reversals,
    settlements_of,
)
from reports.statement import Source, input_finding
from schemas.calendar import WorkingCalendar
from schemas.finding import Finding, Severity
from schemas.periods import add_months

COMPUTED, CLOSED, WITHHELD, PENDING = "computed", "closed", "withheld", "pending"


@dataclass(frozen=True)
class Payslip:
    """One person's month as it is paid; fen. commission and payable are None when withheld.

    brought_forward: what the month before leaves below zero; None while that month is withheld. carried: what is below
    zero and goes into the next month. settle_on: the day it is paid.
    """

    made: PersonMonth
    awards: tuple[Award, ...]
    adjustments: tuple[Adjustment, ...]
    brought_forward: int | None
    settle_on: date
    negative_total: str
    settlement: Settlement | None = None

    @property
    def status(self) -> str:
        """computed, closed, pending (a rate is not decided yet) or withheld (the inputs do not allow a figure)."""
        if self.settlement is not None:
            return CLOSED
        if not self.withheld:
            return COMPUTED
        return PENDING if set(self.withheld) == {"E331"} else WITHHELD

    @property
    def withheld(self) -> tuple[str, ...]:
        """Codes of why there is no figure to pay."""
        return (*self.made.withheld, *(("E349",) if self.brought_forward is None else ()))

    @cached_property
    def award_fen(self) -> int:
        """The month's prizes."""
        return sum(award.amount for award in self.awards)

    @cached_property
    def adjustment_fen(self) -> int:
        """What earlier months add or take back."""
        return round_fen(sum((adjustment.exact for adjustment in self.adjustments), 0))

    def adjustment_lines(self) -> tuple[int, ...]:
        """Each adjustment as shown; they sum to `adjustment_fen`."""
        return apportion([adjustment.exact for adjustment in self.adjustments], self.adjustment_fen)

    @cached_property
    def total(self) -> int | None:
        """Everything together before it is decided what a negative total means."""
        commission = self.made.commission
        if commission is None or self.brought_forward is None:
            return None
        return commission + self.award_fen + self.adjustment_fen + self.brought_forward

    @property
    def payable(self) -> int | None:
        """What is paid."""
        if self.settlement is not None:
            return self.settlement.money("payable")
        if self.total is None:
            return None
        return self.total if self.total > 0 or self.negative_total == "invoice" else 0

    @property
    def carried(self) -> int:
        """What goes into the next month: zero, or below zero."""
        if self.settlement is not None:
            return self.settlement.money("carried")
        if self.total is None or self.negative_total != "carry_forward":
            return 0
        return min(self.total, 0)


@dataclass(frozen=True)
class Payroll:
    """A month's payslips by person, and everything they were made from."""

    month: int
    book: MonthBook
    awards: Awards
    settlements: Settlements
    false_sales: FalseSales
    slips: Mapping[str, Payslip]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Payroller:
    """Makes payrolls over the same records: `terms_of` gives the rules in force for a month."""

    frames: Frames
    terms: Terms
    until: date
    calendar: WorkingCalendar
    _books: dict[int, MonthBook] = field(default_factory=dict)

    @cached_property
    def settlements(self) -> Settlements:
        """The closed months."""
        return settlements_of(self.frames)

    @cached_property
    def false_sales(self) -> FalseSales:
        """Cases of false sales and what they gained."""
        return false_sales_of(self.frames, self.terms, self.until, self.settlements.closed.records)

    def book(self, month: int) -> MonthBook:
        """Everybody's month, computed once."""
        if month not in self._books:
            self._books[month] = month_book(self.frames, self.terms, month, self.until, self.settlements.closed)
        return self._books[month]

    def payroll(self, month: int) -> Payroll:
        """The month's payslips."""
        book = self.book(month)
        awards = awards_of(self.frames, book)
        adjusted, findings = self._adjustments(month)
        people = {**book.of, **{each: book.person(each) for each in self._owed(month, adjusted) if each in book.people}}
        payday = settle_on(month, self.terms, self.calendar)
        slips = {
            staff_id: Payslip(
                made,
                awards.of(staff_id),
                tuple(adjusted.get(staff_id, ())),
                self._brought_forward(staff_id, month),
                payday,
                self.terms.rules.negative_total,
                self.settlements.of.get((staff_id, month)),
            )
            for staff_id, made in people.items()
        }
        found = (
            *self.terms.findings, *book.findings, *awards.findings, *self.settlements.findings,
            *self.false_sales.findings, *findings, *_find_waiting(slips.values()),
        )  # fmt: skip
        return Payroll(month, book, awards, self.settlements, self.false_sales, slips, found)

    def _owed(self, month: int, adjusted: Mapping[str, Sequence[Adjustment]]) -> set[str]:
        """Who has something in the month though nothing was sold: adjustments, a debt, or a settlement."""
        settled = {person for person, closed in self.settlements.of if closed == month}
        indebted = {person for person in self.settlements.last_closed if self._brought_forward(person, month) != 0}
        return settled | indebted | adjusted.keys()

    def _adjustments(self, month: int) -> tuple[dict[str, list[Adjustment]], list[Finding]]:
        """By person, what the month bears of closed ones."""
        if not self.settlements.of:
            return {}, []
        reversals, findings = self._reversals(month)
        clawbacks, missing_wage = self._clawbacks(month)
        by_person: dict[str, list[Adjustment]] = {}
        for adjustment in (*reversals, *self._differences(month), *clawbacks):
            by_person.setdefault(adjustment.staff_id, []).append(adjustment)
        return by_person, [*findings, *missing_wage]

    def _reversals(self, month: int) -> tuple[list[Adjustment], list[Finding]]:
        if self.terms.rules.refund_after_close != "reverse_at_original_rate":
            return [], []
        months = {number for _, number in self.settlements.of}
        refunds = self._late_refunds(min(months), max(*months, month))
        return find_reversals(self.settlements, refunds, month)

    def _late_refunds(self, first: int, last: int) -> list[tuple[Source, Source, int, int]]:
        """Refunds, up to the last month, of deals of closed months that no settlement has taken in."""
        deals = self.frames.get("deal")
        if deals is None:
            return []
        closed = self.settlements.closed
        record_of = dict(zip(deals["deal_no"], deals["record_id"], strict=True))
        hit = deals["kind"].isin(REFUNDS) & deals["amount"].notna() & (deals["status"].isin(["", "有效"]))
        found = []
        for row in deals[hit].to_dict("records"):
            original = record_of.get(row["orig_deal"], "")
            day = row["sold_on"] if pd.isna(row["paid_on"]) else row["paid_on"]
            if row["record_id"] in closed.records or original not in closed.records or pd.isna(day):
                continue
            refund_month = month_of_day(day.date())
            if day.date() <= self.until and first <= refund_month <= last and row["amount"] < 0:
                found.append(
                    (Source("deal", row["record_id"]), Source("deal", original), -int(row["amount"]), refund_month)
                )
        return found

    def _differences(self, month: int) -> list[Adjustment]:
        """What recomputing a closed month with its own rules gives beyond what was settled and adjusted since."""
        bears = {staff_id for staff_id, last in self.settlements.last_closed.items() if last + 1 == month}
        recognition = self.terms.rules.recognition
        found: list[Adjustment] = []
        for of_month in sorted(changed_since(self.frames, self.settlements, recognition)):
            found += self._differences_of(of_month, bears)
        return found

    def _differences_of(self, of_month: int, bears: set[str]) -> list[Adjustment]:
        settled = {person: s for (person, month), s in self.settlements.of.items() if month == of_month}
        terms = next((s.terms for s in settled.values() if s.terms is not None), None)
        if terms is None or not bears & (settled.keys() | self.settlements.first_closed.keys()):
            return []
        netting_all = terms.rules.refund_after_close == "recompute_original"
        closed = NOTHING_CLOSED if netting_all else self.settlements.closed
        kept = self.settlements.closed.records
        book = month_book(self.frames, terms, of_month, self.until, closed, false_sales_kept=kept)
        awards = awards_of(self.frames, book)
        found = []
        for person in sorted(bears & (settled.keys() | self._skipped(of_month, book))):
            difference = self._difference(person, of_month, settled.get(person), book, awards.of(person))
            if difference:
                record = settled[person].record_id if person in settled else ""
                source = Source("settlement", record) if record else Source("staff", book.people[person].record_id)
                found.append(Adjustment(person, DIFFERENCE, of_month, Fraction(difference), source))
        return found

    def _skipped(self, of_month: int, book: MonthBook) -> set[str]:
        """Who had nothing in the month when it was closed, between closed months of theirs, and may have now."""
        first = self.settlements.first_closed
        return {person for person in book.of if first.get(person, of_month) < of_month}

    def _difference(
        self, person: str, of_month: int, settled: Settlement | None, book: MonthBook, awards: Sequence[Award]
    ) -> int:
        """Fen still owed for a closed month; a month that cannot be recomputed is left as it was settled."""
        made = book.of.get(person)
        commission = 0 if made is None else made.commission
        if commission is None:
            return 0
        now = commission + sum(award.amount for award in awards)
        paid = settled.money("commission") + settled.money("awards") if settled else 0
        return now - paid - self.settlements.posted(person, DIFFERENCE, month_text(of_month))

    def _clawbacks(self, month: int) -> tuple[list[Adjustment], list[Finding]]:
        """What proven false sales of closed months give back in their seller's first open month."""
        found: list[Adjustment] = []
        findings: list[Finding] = []
        for case in self.false_sales.cases:
            last = self.settlements.last_closed.get(case.staff_id)
            if last is None or last + 1 != month or not all(self._is_closed(case, each) for each in case.months):
                continue
            left = case.owed(self.terms) + self.settlements.posted(case.staff_id, CLAWBACK, case.record_id)
            source = Source("false_sale_case", case.record_id)
            if left > 0 and self.terms.rules.penalty_mode == "schedule":
                parts = schedule(left, self.terms.rules.clawback)
                if parts is None:
                    findings.append(input_finding("E361", source, "gained", Severity.ERROR, case_no=case.case_no))
                    continue
                left = parts[0]
            if left > 0:
                found.append(Adjustment(case.staff_id, CLAWBACK, case.months[-1], Fraction(-left), source))
        return found, findings

    def _is_closed(self, case: FalseSale, month: int) -> bool:
        return (case.staff_id, month) in self.settlements.of

    def _brought_forward(self, staff_id: str, month: int) -> int | None:
        """What the month before leaves below zero. Months between the last closed one and this are computed first;
        None where one of them is withheld."""
        last = self.settlements.last_closed.get(staff_id)
        if last is None or last >= month:
            settled = self.settlements.of.get((staff_id, month))
            return settled.money("brought_forward") if settled else 0
        carried = self.settlements.of[staff_id, last].money("carried")
        for between in range(last + 1, month):
            adjusted = self._adjustments(between)[0].get(staff_id, ())
            owed = sum(adjustment.exact for adjustment in adjusted)
            if carried == 0 and owed >= 0:
                continue
            through = self._carried_through(staff_id, between, carried, tuple(adjusted))
            if through is None:
                return None
            carried = through
        return carried

    def _carried_through(self, staff_id: str, month: int, brought: int, adjusted: tuple[Adjustment, ...]) -> int | None:
        book = self.book(month)
        made = book.of.get(staff_id)
        if made is None:
            return brought + round_fen(sum((adjustment.exact for adjustment in adjusted), 0))
        awards = awards_of(self.frames, book).of(staff_id)
        day = settle_on(month, self.terms, self.calendar)
        slip = Payslip(made, awards, adjusted, brought, day, self.terms.rules.negative_total)
        return None if slip.total is None else slip.carried


def _find_waiting(slips: Iterable[Payslip]) -> Iterator[Finding]:
    """Whose pay waits for an earlier month."""
    for slip in slips:
        if slip.brought_forward is None:
            person = slip.made.person
            told = {"name": person.name, "staff_id": person.staff_id}
            yield input_finding("E349", Source("staff", person.record_id), "", Severity.ERROR, **told)


def settle_on(month: int, terms: Terms, calendar: WorkingCalendar) -> date:
    """The day the month is paid: `settle_day` of the month `settle_offset` later, rolled to a working day."""
    rules = terms.rules
    last_of_month = add_months(month_first(month), rules.settle_offset + 1)
    first = add_months(month_first(month), rules.settle_offset)
    day = min(rules.settle_day, (last_of_month - first).days)
    return calendar.roll(first.replace(day=day), rules.settle_roll)
