"""What scorecards are measured from: sales by person and month, customers by owner, losses, verdicts of deadlines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd

from reports.commissions.ledger import Inputs, Ledger, ledger_of
from reports.commissions.people import Person, month_of_day, people_of, quotas_of
from reports.commissions.report import terms_of
from reports.deadline_report import rules_of
from reports.deadlines import Listed, evaluate, listing
from reports.facts import columns_of, wall_time
from reports.frames import Frames
from reports.registry import Request
from reports.settlement import settlements_of
from reports.statement import Source
from schemas.periods import Period, add_months

LOST_AFTER_MONTHS = 3
"""A customer without a sale for so long is lost (D35)."""


@dataclass(frozen=True)
class KpiFacts:
    """The records of one request, read once."""

    request: Request

    @property
    def frames(self) -> Frames:
        """The tables."""
        return self.request.frames

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """Everybody in the staff register."""
        return people_of(self.frames)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """Customer → the person responsible."""
        master = columns_of(self.frames, "customer_info", ("customer_id", "owner_id"))
        return dict(zip(master["customer_id"], master["owner_id"], strict=True))

    def customers_of(self, person: str) -> frozenset[str]:
        """The customers a person is responsible for."""
        return frozenset(customer for customer, owner in self.owners.items() if owner == person)

    def colleagues_of(self, person: Person, day: date) -> frozenset[str]:
        """Everybody in the person's department on a day, the person too."""
        own = person.at(day)
        return frozenset(
            each.staff_id
            for each in self.people.values()
            if own is not None and (line := each.at(day)) is not None and line.dept == own.dept
        )

    def sales(self, period: Period) -> Mapping[str, int]:
        """Paid sales less refunds by person over the period, in fen; deals referred count for their seller."""
        ledger = self._ledger(period)
        first, last = month_of_day(period.first), month_of_day(period.last)
        totals: dict[str, int] = {}
        for part in (ledger.credits, ledger.quota_only):
            if len(part):
                inside = part[part["month"].between(first, last)]
                for person, amount in inside.groupby("person")["amount"].sum().items():
                    totals[person] = totals.get(person, 0) + int(amount)
        return totals

    def unknown_sales(self, period: Period, people: Collection[str]) -> bool:
        """Whether a deal of these people in the period has no usable amount."""
        first, last = month_of_day(period.first), month_of_day(period.last)
        return any(person in people and first <= month <= last for person, month in self._ledger(period).withheld)

    def plan(self, period: Period, people: Collection[str]) -> Fraction:
        """The effective quotas of these people over the period, in fen."""
        rules = terms_of(self.request.pack).rules
        first, last = month_of_day(period.first), month_of_day(period.last)
        quotas = quotas_of(self.frames, self.people, rules, first, last)
        return sum((quota.effective for (person, _), quota in quotas.items() if person in people), Fraction(0))

    def records_of_plan(self, period: Period, people: Collection[str]) -> tuple[Source, ...]:
        """The quotas and the deals of these people in the period."""
        quotas = columns_of(self.frames, "quota", ("record_id", "staff_id", "month"))
        count = period.last.month - period.first.month + 1
        months = [f"{add_months(period.first, at):%Y-%m}" for at in range(count)]
        own = quotas[quotas["staff_id"].isin(list(people)) & quotas["month"].isin(months)]
        sources = tuple(Source("quota", record) for record in own["record_id"])
        return (*sources, *self.records_of_sales(period, people))

    def records_of_sales(self, period: Period, people: Collection[str] | None = None) -> tuple[Source, ...]:
        """The deals paid in the period, refunds among them."""
        deals = columns_of(self.frames, "deal", ("record_id", "seller_id", "paid_on"))
        days = deals["paid_on"].dt.date
        inside = deals["paid_on"].notna() & (days >= period.first) & (days <= period.last)
        if people is not None:
            inside &= deals["seller_id"].isin(list(people))
        return tuple(Source("deal", record) for record in deals.loc[inside, "record_id"])

    def _ledger(self, period: Period) -> Ledger:
        if period.name not in self._ledgers:
            terms = terms_of(self.request.pack)
            first, last = month_of_day(period.first), month_of_day(period.last)
            closed = settlements_of(self.frames).closed
            self._ledgers[period.name] = ledger_of(
                Inputs(self.frames, terms.rules, self.people, terms.products, first, last, self.request.day, closed)
            )
        return self._ledgers[period.name]

    @cached_property
    def _ledgers(self) -> dict[str, Ledger]:
        return {}

    @cached_property
    def paid_sales(self) -> pd.DataFrame:
        """Paid sales by day: customer_id, on, amount, sku, list_amount."""
        columns = ("customer_id", "paid_on", "amount", "kind", "sku", "list_amount", "record_id", "seller_id")
        deals = columns_of(self.frames, "deal", columns)
        paid = deals[deals["paid_on"].notna() & deals["kind"].isin(["", "销售"]) & (deals["amount"].fillna(0) > 0)]
        return paid.assign(on=paid["paid_on"].dt.date)

    def losses(self, period: Period, customers: Collection[str] | None = None) -> list[tuple[str, date]]:
        """Customers lost in the period and the day each loss began: the day after three months without a sale."""
        if period not in self._losses:
            self._losses[period] = self._losses_of_everybody(period)
        return [(customer, day) for customer, day in self._losses[period] if customers is None or customer in customers]

    def _losses_of_everybody(self, period: Period) -> list[tuple[str, date]]:
        until = min(period.last, self.request.day)
        lost: list[tuple[str, date]] = []
        for customer, days in self.paid_sales.groupby("customer_id")["on"]:
            ordered = sorted(set(days))
            for day, following in zip(ordered, [*ordered[1:], None], strict=True):
                begins = add_months(day, LOST_AFTER_MONTHS) + timedelta(days=1)
                if period.first <= begins <= until and (following is None or following >= begins):
                    lost.append((str(customer), begins))
        return lost

    @cached_property
    def _losses(self) -> dict[Period, list[tuple[str, date]]]:
        return {}

    def active_at(self, day: date) -> frozenset[str]:
        """Customers with a sale in the three months up to the day before."""
        since = add_months(day, -LOST_AFTER_MONTHS)
        sales = self.paid_sales
        return frozenset(sales.loc[(sales["on"] >= since) & (sales["on"] < day), "customer_id"])

    def verdicts(self, rule_ids: Collection[str], period: Period) -> list[Listed]:
        """Obligations of these deadline rules triggered in the period and decided: met, met late or overdue."""
        asked = (frozenset(rule_ids), period)
        if asked not in self._verdicts:
            self._verdicts[asked] = self._verdicts_of_everybody(*asked)
        return self._verdicts[asked]

    @cached_property
    def _verdicts(self) -> dict[tuple[frozenset[str], Period], list[Listed]]:
        return {}

    def _verdicts_of_everybody(self, rule_ids: Collection[str], period: Period) -> list[Listed]:
        rules = {rule_id: rule for rule_id, rule in rules_of(self.request.pack).items() if rule_id in rule_ids}
        if not rules:
            return []
        evaluation = evaluate(rules, self.frames, self.request.as_of, self.request.calendar)
        listed = listing(evaluation, np.ones(len(evaluation.status), dtype=bool))
        return [
            each
            for each in listed
            if each.status in ("met", "met_late", "overdue")
            and each.trigger_at is not None
            and period.first <= each.trigger_at.date() <= period.last
        ]

    def customer_of_record(self, table: str) -> Mapping[str, str]:
        """Record → its customer."""
        frame = columns_of(self.frames, table, ("record_id", "customer_id"))
        return dict(zip(frame["record_id"], frame["customer_id"], strict=True))

    def within(self, table: str, when: str, period: Period, columns: tuple[str, ...]) -> pd.DataFrame | None:
        """The table's rows whose `when` lies in the period; None without the table."""
        if table not in self.frames:
            return None
        frame = columns_of(self.frames, table, ("record_id", when, *columns))
        days = wall_time(frame[when]).dt.date
        known = frame[when].notna()
        inside = known & days.map(lambda day: not pd.isna(day) and period.first <= day <= period.last)
        return frame[inside.astype(bool)]
