"""What scorecards are measured from: sales by person and month, customers by owner, losses, verdicts of deadlines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from reports.commissions.ledger import Inputs, Ledger, ledger_of
from reports.commissions.people import Person, month_of_day, people_of, quotas_of
from reports.commissions.report import terms_of
from reports.deadline_report import rules_of
from reports.deadlines import Listed, evaluate, listing
from reports.facts import columns_of, wall_time
from reports.frames import Frames
from reports.registers.customers import losses, lost_after, paid_days
from reports.registry import Request
from reports.settlement import settlements_of
from reports.statement import Source
from schemas.periods import Period, add_months

T = TypeVar("T")


@dataclass(frozen=True)
class KpiFacts:
    """The records of one request, read once for everybody's cards."""

    request: Request

    @cached_property
    def _found(self) -> dict[Hashable, Any]:
        return {}

    def _once(self, key: Hashable, find: Callable[[], T]) -> T:
        """What was found under the key, or is now."""
        if key not in self._found:
            self._found[key] = find()
        found: T = self._found[key]
        return found

    @property
    def frames(self) -> Frames:
        """The tables."""
        return self.request.frames

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """Everybody in the staff register."""
        return people_of(self.frames)

    @cached_property
    def _customers(self) -> Mapping[str, frozenset[str]]:
        master = columns_of(self.frames, "customer_info", ("customer_id", "owner_id"))
        owners = dict(zip(master["customer_id"], master["owner_id"], strict=True))
        found: dict[str, set[str]] = {}
        for customer, owner in owners.items():
            found.setdefault(owner, set()).add(customer)
        return {owner: frozenset(customers) for owner, customers in found.items()}

    def customers_of(self, person: str) -> frozenset[str]:
        """The customers a person is responsible for."""
        return self._customers.get(person, frozenset())

    @cached_property
    def record_of_customer(self) -> Mapping[str, str]:
        """Customer → its record."""
        master = columns_of(self.frames, "customer_info", ("customer_id", "record_id"))
        return dict(zip(master["customer_id"], master["record_id"], strict=True))

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
        quotas = self._once(("quotas", period), lambda: self._quotas(period))
        return sum((effective for person, effective in quotas if person in people), Fraction(0))

    def _quotas(self, period: Period) -> list[tuple[str, Fraction]]:
        rules = terms_of(self.request.pack).rules
        first, last = month_of_day(period.first), month_of_day(period.last)
        quotas = quotas_of(self.frames, self.people, rules, first, last)
        return [(person, quota.effective) for (person, _), quota in quotas.items()]

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
        paid = self.within("deal", "paid_on", period, ("seller_id",))
        if paid is None:
            return ()
        own = paid if people is None else paid[paid["seller_id"].isin(list(people))]
        return tuple(Source("deal", record) for record in own["record_id"])

    def _ledger(self, period: Period) -> Ledger:
        return self._once(("ledger", period), lambda: self._ledger_of(period))

    def _ledger_of(self, period: Period) -> Ledger:
        terms = terms_of(self.request.pack)
        first, last = month_of_day(period.first), month_of_day(period.last)
        closed = settlements_of(self.frames).closed
        return ledger_of(
            Inputs(self.frames, terms.rules, self.people, terms.products, first, last, self.request.day, closed)
        )

    @cached_property
    def paid_sales(self) -> pd.DataFrame:
        """Paid sales by day: customer_id, on, amount, sku, list_amount."""
        columns = ("customer_id", "paid_on", "amount", "kind", "sku", "list_amount", "record_id", "seller_id")
        deals = columns_of(self.frames, "deal", columns)
        paid = deals[deals["paid_on"].notna() & deals["kind"].isin(["", "销售"]) & (deals["amount"].fillna(0) > 0)]
        return paid.assign(on=paid["paid_on"].dt.date)

    def losses(self, period: Period, customers: Collection[str] | None = None) -> list[tuple[str, date]]:
        """Customers lost in the period and the day each loss began, as rule D35 says."""
        lost = self._once(("losses", period), lambda: self._losses_of_everybody(period))
        return [(customer, day) for customer, day in lost if customers is None or customer in customers]

    def _losses_of_everybody(self, period: Period) -> list[tuple[str, date]]:
        pack, until = self.request.pack, self.request.day
        return [
            (customer, began)
            for customer, days in self._paid_days.items()
            for began in losses(pack, days, period, until)
        ]

    def active_at(self, day: date) -> frozenset[str]:
        """Customers with a sale before the day who do not count as lost on it."""
        pack = self.request.pack
        return frozenset(
            customer
            for customer, days in self._paid_days.items()
            if (last := max((one for one in days if one < day), default=None)) and lost_after(pack, last) > day
        )

    @cached_property
    def _paid_days(self) -> Mapping[str, list[date]]:
        return paid_days(self.frames, self.request.day)

    def verdicts(self, rule_ids: Collection[str], period: Period) -> list[Listed]:
        """Obligations of these deadline rules triggered in the period and decided: met, met late or overdue."""
        asked = frozenset(rule_ids)
        return self._once(("verdicts", asked, period), lambda: self._verdicts_of_everybody(asked, period))

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
        return self._once(("customers", table), lambda: self._customer_of_record(table))

    def _customer_of_record(self, table: str) -> Mapping[str, str]:
        frame = columns_of(self.frames, table, ("record_id", "customer_id"))
        return dict(zip(frame["record_id"], frame["customer_id"], strict=True))

    def within(self, table: str, when: str, period: Period, columns: tuple[str, ...]) -> pd.DataFrame | None:
        """The table's rows whose `when` lies in the period; None without the table."""
        if table not in self.frames:
            return None
        return self._once((table, when, period, columns), lambda: self._within(table, when, period, columns))

    def _within(self, table: str, when: str, period: Period, columns: tuple[str, ...]) -> pd.DataFrame:
        frame = columns_of(self.frames, table, ("record_id", when, *columns))
        moments = wall_time(frame[when])
        end = pd.Timestamp(period.last) + timedelta(days=1)
        return frame[(moments >= pd.Timestamp(period.first)) & (moments < end)]
