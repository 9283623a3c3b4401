"""The expenses a month's sales bear, by person and month, and by customer where a claim names one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from reports.commissions.people import month_number
from reports.frames import Frames
from reports.statement import Source, input_finding
from schemas.finding import Finding, Severity
from schemas.record import LIVE

CUSTOMER_OF_LINK = {"visit_id": "visit_record", "reception_id": "reception_request", "gift_id": "gift_request"}


@dataclass(slots=True)
class Expenses:
    """One person's expenses of a month, in fen; `of_customer` is the part spent on one customer."""

    total: int = 0
    of_customer: dict[str, int] = field(default_factory=dict)
    records: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ExpenseBook:
    """Expenses by person and month. withheld: months whose expenses cannot be known."""

    of: Mapping[tuple[str, int], Expenses]
    withheld: frozenset[tuple[str, int]]
    findings: tuple[Finding, ...]

    def total(self, person: str, month: int) -> int:
        """What the person's sales of the month bear."""
        found = self.of.get((person, month))
        return found.total if found else 0


def expenses_of(frames: Frames, first: int, last: int) -> ExpenseBook:
    """Claims of the months `first` to `last` that are deducted from sales (计入提成扣减, empty means yes)."""
    claims = frames.get("expense_claim")
    if claims is None or not len(claims):
        return ExpenseBook({}, frozenset(), ())
    customer = _customers(frames, claims)
    book: dict[tuple[str, int], Expenses] = {}
    withheld: set[tuple[str, int]] = set()
    findings: list[Finding] = []
    for at, claim in enumerate(claims.to_dict("records")):
        if not claim["month"] or not first <= (month := month_number(claim["month"])) <= last:
            continue
        if not pd.isna(claim["deduct"]) and not claim["deduct"]:
            continue
        source, key = Source("expense_claim", claim["record_id"]), (claim["claimant_id"], month)
        if claim["status"] not in (LIVE, ""):
            findings.append(input_finding("E321", source, "status", value=claim["status"], deal_no=claim["record_id"]))
        elif pd.isna(claim["amount"]) or claim["amount"] < 0:
            findings.append(input_finding("E323", source, "amount", Severity.ERROR, month=claim["month"]))
            withheld.add(key)
        else:
            _add(book.setdefault(key, Expenses()), int(claim["amount"]), customer[at], claim["record_id"])
    return ExpenseBook(book, frozenset(withheld), tuple(findings))


def _add(expenses: Expenses, amount: int, customer: str, record_id: str) -> None:
    expenses.total += amount
    expenses.records.append(record_id)
    if customer:
        expenses.of_customer[customer] = expenses.of_customer.get(customer, 0) + amount


def _customers(frames: Frames, claims: pd.DataFrame) -> list[str]:
    """The customer each claim was spent on, through the visit, reception or gift it is linked to; "" without one."""
    found = pd.Series("", index=claims.index, dtype=object)
    for link, table in CUSTOMER_OF_LINK.items():
        target = frames.get(table)
        if target is None or link not in claims or not len(target):
            continue
        by_record = dict(zip(target["record_id"], target["customer_id"], strict=True))
        found = found.where(found != "", claims[link].map(by_record).fillna(""))
    return [str(customer) for customer in found]
