"""One month of everybody: which plan applies to whom, what counts, what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from reports.commissions.arithmetic import WHOLE, Deductions, MonthCommission, Sale, month_commission
from reports.commissions.expenses import ExpenseBook, expenses_of
from reports.commissions.ladder import Ladder
from reports.commissions.ledger import NOTHING_CLOSED, Closed, Inputs, Ledger, ledger_of
from reports.commissions.nets import month_nets, shortfalls
from reports.commissions.people import (
    LEFT,
    SELLING_ROLES,
    Person,
    Quota,
    StateLine,
    month_first,
    month_last,
    month_of_day,
    people_of,
    quotas_of,
    state_factor,
)
from reports.frames import Frames
from reports.statement import Source, input_finding
from schemas.commission_rules import NOTHING, CommissionPlan, CommissionRules, ProductFilter
from schemas.finding import Finding, Param, Severity

FULL_TIME, PART_TIME, MANAGER = "full_time", "part_time", "manager"


@dataclass(frozen=True)
class Terms:
    """The rules in force: the answers, and the plans by employment kind (None: no such plan).

    findings: what is wrong with tier tables (E338); nobody is paid by those.
    """

    rules: CommissionRules
    full_time: CommissionPlan | None
    part_time: CommissionPlan | None
    findings: tuple[Finding, ...] = ()

    @property
    def products(self) -> ProductFilter:
        """Which products earn where the product does not say."""
        plan = self.full_time or self.part_time
        return plan.product_filter if plan else ProductFilter()

    def of_kind(self, kind: str) -> CommissionPlan | None:
        """The plan of a kind of employment."""
        return {FULL_TIME: self.full_time, PART_TIME: self.part_time}[kind]

    def plan_of(self, person: Person) -> CommissionPlan | None:
        """The plan that names the person's employment."""
        for plan in (self.full_time, self.part_time):
            if plan is not None and person.employment in plan.applies:
                return plan
        return None


@dataclass(frozen=True)
class Referred:
    """A referrer's part of one deal's commission (fen); None while the seller's month is withheld."""

    row: int
    seller: str
    share: Fraction
    fen: int | None


@dataclass
class PersonMonth:
    """One person's month.

    own: the commission on what the person sold. referral: on deals referred by a full-time employee, under the
    referrers' plan. referred: parts of other sellers' commissions. withheld: codes of why there is no figure.
    """

    person: Person
    month: int
    kind: str
    plan: CommissionPlan | None
    own: MonthCommission
    referral: MonthCommission | None = None
    own_rows: tuple[int, ...] = ()
    referral_rows: tuple[int, ...] = ()
    referred: list[Referred] = field(default_factory=list)
    quota: Quota | None = None
    quota_net: Fraction = Fraction(0)
    withheld: list[str] = field(default_factory=list)

    @property
    def results(self) -> tuple[MonthCommission, ...]:
        """The person's calculations."""
        return (self.own,) if self.referral is None else (self.own, self.referral)

    @property
    def commission(self) -> int | None:
        """All commission of the month in fen; None when withheld."""
        if self.withheld:
            return None
        return sum(result.fen for result in self.results) + sum(part.fen or 0 for part in self.referred)

    @property
    def gold_g(self) -> Fraction:
        """Grams of gold."""
        return sum((result.gold_g for result in self.results), Fraction(0))

    @property
    def net(self) -> Fraction:
        """销售额 on which the person's commission stands, in fen."""
        return sum((result.net for result in self.results), Fraction(0))


@dataclass(frozen=True)
class MonthBook:
    """A month of everybody, and what it was computed from; nothing after `until` is known."""

    month: int
    until: date
    terms: Terms
    people: Mapping[str, Person]
    ledger: Ledger
    expenses: ExpenseBook
    of: Mapping[str, PersonMonth]
    findings: tuple[Finding, ...]
    make: Callable[[str], PersonMonth]

    def person(self, staff_id: str) -> PersonMonth:
        """One person's month, also of somebody who has nothing in it."""
        return self.of.get(staff_id) or self.make(staff_id)


def month_book(
    frames: Frames,
    terms: Terms,
    month: int,
    until: date,
    closed: Closed = NOTHING_CLOSED,
    *,
    false_sales_kept: frozenset[str] | None = frozenset(),
) -> MonthBook:
    """Everybody's month, as if none were settled; `closed` only says where refunds belong."""
    people = people_of(frames)
    inputs = Inputs(frames, terms.rules, people, terms.products, month, month, until, closed, false_sales_kept)
    ledger = ledger_of(inputs)
    expenses = expenses_of(frames, month, month)
    quotas = quotas_of(frames, people, terms.rules, month, month)
    maker = _Maker(month, terms, people, ledger, expenses, quotas, _shortfalls(inputs, terms))
    of = maker.everybody()
    return MonthBook(
        month,
        until,
        terms,
        people,
        ledger,
        expenses,
        of,
        (*ledger.findings, *expenses.findings, *maker.findings),
        maker.person_month,
    )


def _shortfalls(inputs: Inputs, terms: Terms) -> Mapping[str, Fraction]:
    """What earlier months of the plan left below zero, where the rules carry it (`zero_negative_net`)."""
    plans = [plan.effective_from for plan in (terms.full_time, terms.part_time) if plan is not None]
    if terms.rules.zero_negative_net == "zero" or not plans:
        return {}
    first = month_of_day(min(plans))
    if first >= inputs.first:
        return {}
    before = replace(inputs, first=first, last=inputs.first - 1)
    return shortfalls(month_nets(before, ledger_of(before), for_quota=False), first, inputs.first)


class _Maker:
    """Makes the `PersonMonth` of everybody who has something in the month or sells for a living."""

    def __init__(
        self,
        month: int,
        terms: Terms,
        people: Mapping[str, Person],
        ledger: Ledger,
        expenses: ExpenseBook,
        quotas: Mapping[tuple[str, int], Quota],
        owed: Mapping[str, Fraction],
    ) -> None:
        self.month, self.terms, self.people, self.ledger = month, terms, people, ledger
        self.expenses, self.quotas, self.owed = expenses, quotas, owed
        self.findings: list[Finding] = []
        self.ladders = {
            kind: Ladder.of(plan.tiers, terms.rules)
            for kind, plan in ((FULL_TIME, terms.full_time), (PART_TIME, terms.part_time))
            if plan is not None and plan.flaw is None
        }
        self.late_refunds = self._refunds_of_closed_months()
        self.quota_only = ledger.quota_only.groupby(["person", "month"])["amount"].sum().to_dict()
        self.sales: dict[tuple[str, bool], list[Sale]] = {}
        self.rows: dict[tuple[str, bool], list[int]] = {}
        self._collect_sales()

    def _collect_sales(self) -> None:
        rows, credited = self.ledger.rows, self.ledger.credits
        # By day and number: the order of a sheet's rows decides nothing, not even where a fen goes.
        if not len(credited):
            return
        credited = credited[credited["month"] == self.month].assign(
            day=lambda part: rows["day"].to_numpy()[part["row"].to_numpy(dtype=int)],
            deal=lambda part: rows["deal_no"].to_numpy()[part["row"].to_numpy(dtype=int)],
        )
        credited = credited.sort_values(["day", "deal", "row"], kind="stable")
        at = credited["row"].to_numpy(dtype=int)
        columns = [rows[name].to_numpy()[at].tolist() for name in ("deal_no", "sold", "listed", "customer")]
        for person, referral, row, amount, kept, share, deal, sold, listed, customer in zip(
            credited["person"], credited["referral"], at.tolist(), credited["amount"].tolist(), credited["kept"],
            credited["share"],
            *columns,
            strict=True,
        ):  # fmt: skip
            key = (person, bool(referral) and not self._shares_plan(person))
            own = (kept, share) if isinstance(kept, Fraction) else (WHOLE, WHOLE)
            sale = Sale(deal, amount, sold, listed, customer, *own)
            self.sales.setdefault(key, []).append(sale)
            self.rows.setdefault(key, []).append(row)

    def _shares_plan(self, person: str) -> bool:
        """Whether deals the person referred stand in one base with the person's own sales."""
        referrers_plan = self.terms.rules.referral.plan
        return self.people[person].is_part_timer == (referrers_plan == PART_TIME)

    def everybody(self) -> dict[str, PersonMonth]:
        """By staff id."""
        of = {staff_id: self.person_month(staff_id) for staff_id in sorted(self.people) if self._listed(staff_id)}
        self._pass_on_referred(of)
        return of

    def _listed(self, staff_id: str) -> bool:
        key, person = (staff_id, self.month), self.people[staff_id]
        if (staff_id, False) in self.sales or (staff_id, True) in self.sales or key in self.ledger.withheld:
            return True
        if key in self.quotas or key in self.expenses.of or key in self.expenses.withheld:
            return True
        line = person.at(month_last(self.month))
        if line is None or line.state in LEFT:
            return False
        return person.is_part_timer or line.role in SELLING_ROLES

    def person_month(self, staff_id: str) -> PersonMonth:
        """One person's month, referrers' parts of other sellers' commissions not yet in it."""
        person = self.people[staff_id]
        kind, plan, ladder, withheld = self._plan(person)
        sales = self.sales.get((person.staff_id, False), [])
        quota = self.quotas.get((person.staff_id, self.month))
        own = month_commission(
            sales, self._deductions(person, kind), ladder, self.terms.rules,
            part_time=kind == PART_TIME, quota=int(quota.effective) if quota else None, scale=self._scale(person),
        )  # fmt: skip
        made = PersonMonth(person, self.month, kind, plan, own, quota=quota, withheld=withheld)
        made.own_rows = tuple(self.rows.get((person.staff_id, False), ()))
        self._add_referral(made)
        made.quota_net = made.net + self.quota_only.get((person.staff_id, self.month), 0)
        self._find_reasons_to_withhold(made)
        return made

    def _plan(self, person: Person) -> tuple[str, CommissionPlan | None, Ladder, list[str]]:
        """The kind of plan, the plan, its ladder, and why there is no figure."""
        rules, line = self.terms.rules, person.at(month_last(self.month))
        kind = PART_TIME if person.is_part_timer else FULL_TIME
        nothing = Ladder.flat(rules.manager_rate or NOTHING, rules)
        problem = _unknown_about(person, line)
        if line is None or problem:
            return kind, None, nothing, self._no_figure(*problem or ("E330", "staff_state"), person)
        plan = self.terms.plan_of(person)
        if line.role in rules.manager_roles and not person.is_part_timer:
            unset = rules.manager_rate is None
            return MANAGER, plan, nothing, self._no_figure("E331", "role", person) if unset else []
        if plan is None:
            return kind, None, nothing, self._no_figure("E332", "employment", person)
        kind = PART_TIME if plan is self.terms.part_time else FULL_TIME
        if plan.flaw is not None or rules.attainment_flaw is not None:
            return kind, plan, nothing, ["E338"]
        early = plan.effective_from > month_first(self.month)
        return kind, plan, self.ladders[kind], self._no_figure("E333", "", person) if early else []

    def _no_figure(self, code: str, field_key: str, person: Person) -> list[str]:
        """A finding once for the person, and the code that withholds the figure."""
        severity = Severity.WARNING if code == "E331" else Severity.ERROR
        told: dict[str, Param] = {"name": person.name, "staff_id": person.staff_id}
        if code == "E333" and (plan := self.terms.plan_of(person)) is not None:
            told["effective_from"] = plan.effective_from
        self.findings.append(input_finding(code, Source("staff", person.record_id), field_key, severity, **told))
        return [code]

    def _deductions(self, person: Person, kind: str) -> Deductions:
        rules, found = self.terms.rules, self.expenses.of.get((person.staff_id, self.month))
        refunds = self.late_refunds.get(person.staff_id, 0)
        owed = self.owed.get(person.staff_id, Fraction(0))
        if found is None or (kind == PART_TIME and rules.pt_net == "minus_refunds"):
            return Deductions(0, {}, refunds, owed)
        return Deductions(found.total, found.of_customer, refunds, owed)

    def _refunds_of_closed_months(self) -> Mapping[str, int]:
        """By seller, refunds of closed months where the rules net them in the month they are made."""
        refunds = self.ledger.refunds
        if self.terms.rules.refund_after_close != "net_in_refund_month" or not len(refunds):
            return {}
        late = refunds[refunds["late"].astype(bool) & (refunds["month"] == self.month)]
        return {seller: -int(amount) for seller, amount in late.groupby("seller")["amount"].sum().items()}

    def _scale(self, person: Person) -> Fraction:
        if self.terms.rules.probation_commission == "quota_only":
            return WHOLE
        return state_factor(person, self.month, self.terms.rules) or WHOLE

    def _add_referral(self, made: PersonMonth) -> None:
        key = (made.person.staff_id, True)
        if key not in self.sales:
            return
        kind = self.terms.rules.referral.plan
        if (plan := self.terms.of_kind(kind)) is not None and plan.flaw is not None:
            made.withheld.append("E338")
            return
        if plan is None:
            made.withheld += self._no_figure("E332", "employment", made.person)
            return
        made.referral = month_commission(
            self.sales[key], Deductions(), self.ladders[kind], self.terms.rules, part_time=kind == PART_TIME
        )
        made.referral_rows = tuple(self.rows[key])

    def _find_reasons_to_withhold(self, made: PersonMonth) -> None:
        key = (made.person.staff_id, self.month)
        made.withheld += self.ledger.withheld.get(key, ())
        if key in self.expenses.withheld:
            made.withheld.append(self.expenses.withheld[key])
        for result, rows in zip(made.results, (made.own_rows, made.referral_rows), strict=False):
            for reason in result.withheld:
                made.withheld += self._reason(reason, made, result, rows)

    def _reason(self, reason: str, made: PersonMonth, result: MonthCommission, rows: tuple[int, ...]) -> list[str]:
        """The finding behind a calculation that could not be made."""
        if reason == "missing_list_price":
            deals = self.ledger.rows.iloc[[row for row in rows if self.ledger.rows["listed"].iat[row] <= 0]]
            self.findings += [
                input_finding("E334", Source("deal", record), "list_amount", Severity.ERROR, deal_no=number)
                for record, number in zip(deals["record_id"], deals["deal_no"], strict=True)
            ]
            return ["E334"]
        return self._no_figure({"above_table": "E335", "no_quota": "E336"}[reason], "", made.person)

    def _pass_on_referred(self, of: dict[str, PersonMonth]) -> None:
        """Referrers' parts of sellers' commissions, once the sellers' months are known."""
        for made in list(of.values()):
            sales = self.sales.get((made.person.staff_id, False), [])
            for at, (sale, row) in enumerate(zip(sales, made.own_rows, strict=True)):
                if sale.kept != 1:
                    self._give(of, made, at, row)

    def _give(self, of: dict[str, PersonMonth], seller: PersonMonth, at: int, row: int) -> None:
        """The referrer's part of the seller's deal number `at`: nothing where the month pays nothing."""
        referrer = str(self.ledger.rows["referrer"].iat[row])
        if referrer not in of:
            of[referrer] = self.person_month(referrer)
        if seller.withheld:
            of[referrer].withheld.append("E337")
        parts = seller.own.parts
        fen = None if seller.withheld else seller.own.referrer_fen(parts[at]) if parts else 0
        share = 1 - seller.own.base.sales[at].kept
        of[referrer].referred.append(Referred(row, seller.person.staff_id, share, fen))


def _unknown_about(person: Person, line: StateLine | None) -> tuple[str, str] | None:
    """What of a person must be known to choose a plan and is not: code and field."""
    if person.is_repeated:
        return "E347", "staff_id"
    if line is not None and not line.state:
        return "E330", "staff_state"
    return ("E339", "role") if line is not None and not line.role and not person.is_part_timer else None
