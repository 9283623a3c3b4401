"""The figures behind computed indicators.

Each answers with what was reached, its own target where it has one, and the records it counted. Without data it
answers with the reason, never with zero.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from fractions import Fraction

from reports.commissions.people import LEFT, Person
from reports.deadlines import Listed
from reports.facts import columns_of
from reports.kpi.facts import KpiFacts
from reports.kpi.scoring import Measure
from reports.statement import Source
from schemas.periods import Period, add_months, period_of
from schemas.record import LIVE, SYSTEM_COLUMNS

Measured = Callable[[KpiFacts, Person, Period], Measure]
FAULTS = ("人员过失", "企业过失")
CSAT_POINTS = 20
"""A mark of 1 to 5 as points of 100."""


def sales_plan(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """What the person sold against the person's quotas."""
    return _plan(facts, {person.staff_id}, period)


def department_sales_plan(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """What the department sold against its quotas."""
    return _plan(facts, facts.colleagues_of(person, period.last), period)


def _plan(facts: KpiFacts, people: Collection[str], period: Period) -> Measure:
    plan = facts.plan(period, people)
    if plan <= 0:
        return Measure(None, reason="no_plan")
    if facts.unknown_sales(period, people):
        return Measure(None, reason="sales_unknown")
    sold = sum(amount for person, amount in facts.sales(period).items() if person in people)
    return Measure(Fraction(sold, 100), plan / 100, sources=facts.records_of_plan(period, people))


def lost_customers(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """How many of the person's customers were lost in the period."""
    if "deal" not in facts.frames:
        return Measure(None, reason="no_data")
    lost = facts.losses(period, facts.customers_of(person.staff_id))
    return Measure(Fraction(len(lost)), sources=_customer_sources(facts, [customer for customer, _ in lost]))


def churn_rate(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Customers lost in the period as a share of those active when it began."""
    active = facts.active_at(period.first)
    if not active:
        return Measure(None, reason="no_base")
    lost = {customer for customer, _ in facts.losses(period)}
    return Measure(Fraction(len(lost & active), len(active)), sources=_customer_sources(facts, sorted(lost & active)))


def development_plan(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Rows of the person's development plan that are done, of those planned for the period's months."""
    plans = facts.frames.get("development_plan")
    lines = facts.frames.get("development_plan.lines")
    if plans is None or lines is None:
        return Measure(None, reason="no_data")
    own = plans[(plans["rep_id"] == person.staff_id) & (plans["year"] == period.first.year)]
    months = range(period.first.month, period.last.month + 1)
    planned = lines[lines["record_id"].isin(list(own["record_id"])) & lines["month"].isin(list(months))]
    if not len(planned):
        return Measure(None, reason="no_plan")
    done = planned["result"].fillna("").astype("str").ne("").sum()
    sources = tuple(Source("development_plan", record) for record in own["record_id"])
    return Measure(Fraction(int(done)), Fraction(len(planned)), sources=sources)


def complaints(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Justified complaints of the person's customers: somebody's or the company's fault."""
    return _complaints(facts, period, facts.customers_of(person.staff_id))


def department_complaints(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """All justified complaints."""
    return _complaints(facts, period, None)


def _complaints(facts: KpiFacts, period: Period, customers: Collection[str] | None) -> Measure:
    rows = facts.within("after_sales", "reported_at", period, ("customer_id", "issue_type", "fault"))
    if rows is None:
        return Measure(None, reason="no_data")
    hit = (rows["issue_type"] == "投诉") & rows["fault"].isin(FAULTS)
    if customers is not None:
        hit &= rows["customer_id"].isin(list(customers))
    return Measure(
        Fraction(int(hit.sum())), sources=tuple(Source("after_sales", record) for record in rows.loc[hit, "record_id"])
    )


def feedback(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """First responses and follow-ups to the person's customers that were in time, of all triggered and decided."""
    customer_of = facts.customer_of_record("after_sales")
    own = facts.customers_of(person.staff_id)
    due = [each for each in facts.verdicts(("D13", "D16"), period) if customer_of.get(each.record_id) in own]
    if not due:
        return Measure(None, reason="no_data")
    in_time = sum(each.status == "met" for each in due)
    return Measure(Fraction(in_time), Fraction(len(due)), sources=_records("after_sales", due))


def analyses(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """The person's analyses that were both in time and right, of all assigned in the period and decided."""
    tasks = columns_of(facts.frames, "analysis_task", ("record_id", "assignee_id", "accurate"))
    own = tasks[tasks["assignee_id"] == person.staff_id].set_index("record_id")["accurate"].to_dict()
    due = [each for each in facts.verdicts(("D33", "D34"), period) if each.record_id in own]
    if not due:
        return Measure(None, reason="no_data")
    good = sum(each.status == "met" and own[each.record_id] == "准确" for each in due)
    return Measure(Fraction(good), Fraction(len(due)), sources=_records("analysis_task", due))


def dossiers(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """How complete the dossiers of the person's customers are."""
    return _dossiers(facts, facts.customers_of(person.staff_id))


def department_dossiers(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """How complete all dossiers are."""
    return _dossiers(facts, None)


def _dossiers(facts: KpiFacts, customers: Collection[str] | None) -> Measure:
    frame = facts.frames.get("customer_dossier")
    if frame is None:
        return Measure(None, reason="no_data")
    own = frame if customers is None else frame[frame["customer_id"].isin(list(customers))]
    asked = [column for column in own.columns if column not in SYSTEM_COLUMNS and not column.endswith(("_by", "_at"))]
    if not len(own):
        return Measure(None, reason="no_data")
    filled = sum(int((own[column].notna() & own[column].astype("str").ne("")).sum()) for column in asked)
    sources = tuple(Source("customer_dossier", record) for record in own["record_id"])
    return Measure(Fraction(filled), Fraction(len(own) * len(asked)), sources=sources)


def satisfaction(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Mean mark of the person's customers, as points of 100."""
    return _satisfaction(facts, period, facts.customers_of(person.staff_id))


def department_satisfaction(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Mean mark of all customers, as points of 100."""
    return _satisfaction(facts, period, None)


def _satisfaction(facts: KpiFacts, period: Period, customers: Collection[str] | None) -> Measure:
    marks: list[int] = []
    sources: list[Source] = []
    for table, when, mark in (
        ("after_sales", "served_on", "csat"),
        ("satisfaction_survey", "surveyed_on", "q_overall"),
    ):
        rows = facts.within(table, when, period, ("customer_id", mark))
        if rows is None:
            continue
        own = rows[rows[mark].notna()]
        own = own if customers is None else own[own["customer_id"].isin(list(customers))]
        marks += [int(value) for value in own[mark]]
        sources += [Source(table, record) for record in own["record_id"]]
    if not marks:
        return Measure(None, reason="no_data")
    return Measure(Fraction(sum(marks) * CSAT_POINTS, len(marks)), sources=tuple(sources))


def gross_margin(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """(Sales − cost) ÷ sales of the period; a product's cost counts as often as its list price goes into the deal's."""
    sales = facts.paid_sales
    sold = sales[(sales["on"] >= period.first) & (sales["on"] <= period.last)]
    products = columns_of(facts.frames, "product", ("sku", "cost", "list_price")).drop_duplicates("sku")
    known = sold.merge(products, on="sku", how="left")
    if not len(known):
        return Measure(None, reason="no_data")
    if known[["cost", "list_price", "list_amount"]].isna().any().any() or (known["list_price"] == 0).any():
        return Measure(None, reason="cost_unknown")
    amount = int(known["amount"].sum())
    cost = sum(
        (
            Fraction(int(cost) * int(listed), int(price))
            for cost, listed, price in zip(known["cost"], known["list_amount"], known["list_price"], strict=True)
        ),
        Fraction(0),
    )
    return Measure((amount - cost) / amount, sources=tuple(Source("deal", record) for record in known["record_id"]))


def expense_saving(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """(Budget − expenses) ÷ budget of the period, of the whole department; the rules state the monthly budget."""
    monthly = facts.request.pack.rules.kpi.expense_budget_month
    if monthly is None:
        return Measure(None, reason="no_budget")
    if "expense_claim" not in facts.frames:
        return Measure(None, reason="no_data")
    claims = columns_of(facts.frames, "expense_claim", ("record_id", "claimant_id", "month", "amount", "status"))
    of_department = claims["claimant_id"].isin(list(facts.colleagues_of(person, period.last)))
    in_period = claims["month"].between(f"{period.first:%Y-%m}", f"{period.last:%Y-%m}")
    own = claims[of_department & (in_period | claims["month"].eq(""))]
    if own["amount"].isna().any() or own["month"].eq("").any() or not own["status"].isin([LIVE, ""]).all():
        return Measure(None, reason="expenses_unknown")
    budget = Fraction(monthly) * 100 * (period.last.month - period.first.month + 1)
    sources = tuple(Source("expense_claim", record) for record in own["record_id"])
    return Measure((budget - int(own["amount"].sum())) / budget, sources=sources)


def sales_growth(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Growth of all sales over the same period a year before."""
    before = period_of(add_months(period.first, -12), period.kind)
    base = sum(facts.sales(before).values())
    if base <= 0:
        return Measure(None, reason="no_base")
    return Measure(
        Fraction(sum(facts.sales(period).values()) - base, base),
        sources=(*facts.records_of_sales(before), *facts.records_of_sales(period)),
    )


def new_key_accounts(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Key accounts whose first paid sale, or first after a year without one, lies in the period."""
    master = columns_of(facts.frames, "customer_info", ("customer_id", "ka_class"))
    tagged = {
        customer for customer, tags in zip(master["customer_id"], master["ka_class"], strict=True)
        if isinstance(tags, tuple) and tags
    }  # fmt: skip
    months = facts.request.pack.rules.reports.new_customer_months
    won = []
    for customer, days in facts.paid_sales.groupby("customer_id")["on"]:
        inside = sorted(day for day in days if period.first <= day <= period.last)
        if customer in tagged and inside:
            since = add_months(inside[0], -months)
            if not any(since < day < inside[0] for day in days):
                won.append(str(customer))
    return Measure(Fraction(len(won)), sources=_customer_sources(facts, won))


def staff_retention(facts: KpiFacts, person: Person, period: Period) -> Measure:
    """Regular colleagues of the department at the period's start who are still there at its end."""
    start = period.first - timedelta(days=1)
    regulars = [
        each
        for staff_id in sorted(facts.colleagues_of(person, start))
        if (line := (each := facts.people[staff_id]).at(start)) is not None and line.state == "正式"
    ]
    if not regulars:
        return Measure(None, reason="no_base")
    kept = [each for each in regulars if (line := each.at(period.last)) is not None and line.state not in LEFT]
    return Measure(
        Fraction(len(kept), len(regulars)), sources=tuple(Source("staff", each.record_id) for each in regulars)
    )


def _customer_sources(facts: KpiFacts, customers: Collection[str]) -> tuple[Source, ...]:
    records = facts.record_of_customer
    return tuple(Source("customer_info", records[customer]) for customer in customers if customer in records)


def _records(table: str, listed: Collection[Listed]) -> tuple[Source, ...]:
    return tuple(Source(table, record) for record in sorted({each.record_id for each in listed}))


MEASURES: Mapping[str, Measured] = {
    measure.__name__: measure
    for measure in (
        sales_plan, department_sales_plan, lost_customers, churn_rate, development_plan, complaints,
        department_complaints, feedback, analyses, dossiers, department_dossiers, satisfaction, department_satisfaction,
        gross_margin, expense_saving, sales_growth, new_key_accounts, staff_retention,
    )
}  # fmt: skip
