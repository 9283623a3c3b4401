"""销售额 by person and month over a span of months, and what negative months leave to the next."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from reports.commissions.expenses import expenses_of
from reports.commissions.ledger import Inputs, Ledger

NONE = Fraction(0)


def month_nets(inputs: Inputs, ledger: Ledger, *, for_quota: bool) -> dict[tuple[str, int], Fraction]:
    """Sales less refunds and deductible expenses, in fen. for_quota: with deals only a referrer earns on."""
    rules = inputs.rules
    tax = 1 / (1 + Fraction(rules.tax_rate)) if rules.tax == "excl" else Fraction(1)
    nets: dict[tuple[str, int], Fraction] = {}
    for part in (ledger.credits, ledger.quota_only) if for_quota else (ledger.credits,):
        if len(part):
            for (person, month), amount in part.groupby(["person", "month"])["amount"].sum().items():
                nets[person, int(month)] = nets.get((person, int(month)), NONE) + int(amount) * tax
    for key, expenses in expenses_of(inputs.frames, inputs.first, inputs.last).of.items():
        person = inputs.people.get(key[0])
        if person is not None and person.is_part_timer and rules.pt_net == "minus_refunds":
            continue
        nets[key] = nets.get(key, NONE) - expenses.total
    return nets


def shortfalls(nets: Mapping[tuple[str, int], Fraction], first: int, month: int) -> dict[str, Fraction]:
    """By person, what the months from `first` leave below zero at the start of `month` (above zero here)."""
    owed: dict[str, Fraction] = {}
    for at in range(first, month):
        for person in {person for person, _ in nets}:
            owed[person] = max(NONE, owed.get(person, NONE) - nets.get((person, at), NONE))
    return {person: amount for person, amount in owed.items() if amount}
