"""The expenses a month's sales bear, by person and month, and by customer where a claim names one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from reports.commissions.people import month_number
from reports.frames import Frames, is_unread
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
    """Expenses by person and month. withheld: months whose expenses cannot be known, with the code of why."""

    of: Mapping[tuple[str, int], Expenses]
    withheld: Mapping[tuple[str, int], str]
    findings: tuple[Finding, ...]

    def total(self, person: str, month: int) -> int:
        """What the person's sales of the month bear."""
        found = self.of.get((person, month))
        return found.total if found else 0


def expenses_of(frames: Frames, first: int, last: int) -> ExpenseBook:
    """Claims of the months `first` to `last` that are deducted from sales (计入提成扣减, empty means yes).

    A claim whose month is not known may belong to any of them.
    """
    claims = frames.get("expense_claim")
    if claims is None or not len(claims):
        return ExpenseBook({}, {}, ())
    asked = range(first, last + 1)
    customer, problems = _customers(frames, claims), _problems(frames, claims)
    book: dict[tuple[str, int], Expenses] = {}
    withheld: dict[tuple[str, int], str] = {}
    findings: list[Finding] = []
    for at, claim in enumerate(claims.to_dict("records")):
        months = [month_number(claim["month"])] if claim["month"] else asked
        if not pd.isna(claim["deduct"]) and not claim["deduct"]:
            continue
        concerned = [(claim["claimant_id"], month) for month in months if month in asked]
        if not concerned:
            continue
        if problem := problems.get(at):
            findings.append(_finding(claim, *problem))
            withheld |= dict.fromkeys(concerned, problem[0])
        else:
            _add(book.setdefault(concerned[0], Expenses()), int(claim["amount"]), customer[at], claim["record_id"])
    return ExpenseBook(book, withheld, tuple(findings))


def _problems(frames: Frames, claims: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """By place, the code of what makes a claim unusable and the field it is seen in."""
    staff = frames.get("staff")
    known = claims["claimant_id"].isin([] if staff is None else list(staff["staff_id"]))
    amount = claims["amount"]
    checks = (
        ("E323", amount.isna() | (amount < 0).fillna(value=True), "amount"),
        ("E328", claims["month"].eq(""), "month"),
        ("E328", is_unread(claims, "deduct"), "deduct"),
        ("E321", ~claims["status"].isin([LIVE, ""]) | is_unread(claims, "status"), "status"),
        ("E329", ~known, "claimant_id"),
    )
    return {int(at): (code, field) for code, hit, field in checks for at in np.flatnonzero(hit)}


def _finding(claim: Mapping[str, object], code: str, field_key: str) -> Finding:
    record = str(claim["record_id"])
    told = {"month": str(claim["month"]), "value": str(claim[field_key]), "deal_no": record}
    return input_finding(code, Source("expense_claim", record), field_key, Severity.ERROR, **told)


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
