"""R03 customer development, R04 visits planned and paid, R12 monthly rounds, R17 figures of the customer analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from fractions import Fraction

import pandas as pd

from reports.facts import columns_of, person_id, sale, visit, wall_time
from reports.frames import Frames
from reports.money import round_decimal
from reports.registers.common import (
    Row,
    asked_for,
    count_of,
    month_asked,
    names,
    register,
    sources_of,
    within,
    year_asked,
)
from reports.registers.customers import losses, paid_days
from reports.registers.sales import booked_deals, find_unknown_amounts, known_yuan
from reports.registry import Request
from reports.staff_duties import targets_on
from reports.statement import Citation, Source, Statement, Value, input_finding
from schemas.finding import Finding, Severity
from schemas.periods import Period, add_months

DEVELOPMENT = Citation("客户管理", "三一.3 客户开发统计表", "按拜访者统计开发结果", "Results of development by visitor")
COMPLETION = Citation("客户管理", "三二.2 访问计划完成表", "按计划与实际统计访问", "Visits planned and paid")
ROUNDS = Citation("客户服务管理办法", "第10条", "每月报告巡访情况", "A monthly report on the rounds")
ANALYSIS = Citation("大客户部管理制度", "第9条", "每月分析客户情况", "A monthly analysis of one's customers")
Planned = tuple[str, str, str]
"""Visitor, customer and month of visits that are counted."""
VISIT_COLUMNS = ("record_id", "customer_id", "visitor_id", "visited_at", "overview", "person", "customer_level")


def development(request: Request) -> Statement:
    """One line a visitor and customer visited in the month: visitor_id, department, customer_id, customer_name,
    phone, customer_level, visits, last_visit_on, result (of the latest visit), won.

    Totals by visitor: planned (prospects of his plan), visited, won, conversion = won/visited (None without visits).
    Won: the customer's first paid sale came on or after the first of these visits, by the day.
    """
    frames, month = request.frames, month_asked(request)
    visits = _visits(frames, request.day)
    visits = visits[within(visits["at"], month.first, month.last) & visits["visitor_id"].ne("")]
    first_sales = _first_sales(frames, request.day)
    heads = columns_of(frames, "customer_info", ("customer_id", "customer_name", "contact_phone", "customer_level"))
    known = {row.customer_id: row for row in heads.itertuples(index=False)}
    departments = names(frames, "staff", "staff_id", "dept")
    rows = []
    for (visitor, customer), group in visits.groupby(["visitor_id", "customer_id"]):
        head, latest = known.get(customer), group.sort_values("at").iloc[-1]
        sold = first_sales.get(customer)
        values: dict[str, Value] = {
            "visitor_id": visitor, "department": departments.get(visitor, ""), "customer_id": customer,
            "customer_name": getattr(head, "customer_name", ""), "phone": getattr(head, "contact_phone", ""),
            "customer_level": getattr(head, "customer_level", ""), "visits": len(group),
            "last_visit_on": latest["at"].date(), "result": str(latest["overview"]),
            "won": sold is not None and sold >= group["at"].min().normalize(),
        }  # fmt: skip
        rows.append(Row(f"{visitor}:{customer}", values, sources_of("visit_record", group["record_id"]), str(visitor)))
    rows = asked_for(request, rows)
    planned = _planned_prospects(frames, month.first)
    if request.person:
        planned = Counter({request.person: planned[request.person]})
    by_visitor = _development_totals(rows, planned)
    return register(request, "development", DEVELOPMENT, rows, {"by_visitor": by_visitor}, month=month.name)


def _visits(frames: Frames, day: date) -> pd.DataFrame:
    """Visits up to the day with visitor and moment `at`."""
    found = visit(frames, day)
    visits = pd.DataFrame(columns=list(VISIT_COLUMNS)) if found is None else found.reindex(columns=list(VISIT_COLUMNS))
    visits = visits.assign(at=wall_time(visits["visited_at"]), overview=visits["overview"].fillna(""))
    return visits[visits["at"] < pd.Timestamp(day) + pd.Timedelta(days=1)]


def _first_sales(frames: Frames, day: date) -> dict[str, pd.Timestamp]:
    sales = sale(frames, day)
    if sales is None:
        return {}
    first = wall_time(sales["paid_on"]).groupby(sales["customer_id"]).min()
    return dict(first[first < pd.Timestamp(day) + pd.Timedelta(days=1)].items())


def _planned_prospects(frames: Frames, first: date) -> Counter[str]:
    """Prospects each rep planned for the month (T39)."""
    heads = columns_of(frames, "development_plan", ("record_id", "rep_id", "year"))
    lines = columns_of(frames, "development_plan.lines", ("record_id", "month", "prospect_id"))
    lines = lines[lines["month"].eq(first.month)].merge(heads[heads["year"].eq(first.year)], on="record_id")
    return Counter(rep for rep, _ in set(zip(lines["rep_id"], lines["prospect_id"], strict=True)))


def _development_totals(rows: list[Row], planned: Counter[str]) -> dict[str, Value]:
    visited = Counter(str(row.values["visitor_id"]) for row in rows)
    won = Counter(str(row.values["visitor_id"]) for row in rows if row.values["won"])
    return {
        visitor: {
            "planned": planned[visitor], "visited": visited[visitor], "won": won[visitor],
            "conversion": round_decimal(Fraction(won[visitor], visited[visitor]), 4) if visited[visitor] else None,
        }
        for visitor in sorted({*visited, *planned})
    }  # fmt: skip


def visit_completion(request: Request) -> Statement:
    """One line a visitor, customer and month: month, visitor_id, customer_id, customer_name, person, phone, planned,
    paid. One month when asked for one, else the months of the year up to the day's. Planned are the visits of the
    visitor's plan (T28); in a month without a plan of his, the visits his frequency plan (T32) asks of the handler.

    Totals by visitor and altogether: planned, paid, completion = sum of min(paid, planned) over planned; a visit too
    many at one customer never makes up for one too few at another."""
    frames = request.frames
    period = month_asked(request) if request.month else year_asked(request)
    visits = _visits(frames, request.day)
    visits = visits[within(visits["at"], period.first, period.last) & visits["visitor_id"].ne("")]
    paid = _by_month(visits)
    planned = _planned_visits(frames, months_within(period, request.day))
    plans = _plan_sources(frames)
    columns = ("record_id", "customer_id", "customer_name", "contact_name", "contact_phone")
    heads = columns_of(frames, "customer_info", columns)
    known = {row.customer_id: row for row in heads.itertuples(index=False)}
    records = visits.assign(month=visits["at"].dt.strftime("%Y-%m")).groupby(["visitor_id", "customer_id", "month"])
    sources = {key: sources_of("visit_record", group["record_id"]) for key, group in records}
    rows = []
    for key in sorted({*planned, *paid}):
        visitor, customer, month = key
        head = known.get(customer)
        values: dict[str, Value] = {
            "month": month, "visitor_id": visitor, "customer_id": customer,
            "customer_name": getattr(head, "customer_name", ""), "person": getattr(head, "contact_name", ""),
            "phone": getattr(head, "contact_phone", ""), "planned": planned[key], "paid": paid[key],
        }  # fmt: skip
        customer_record = sources_of("customer_info", [head.record_id] if head else ())
        rows.append(
            Row(":".join(key), values, (*sources.get(key, ()), *plans.get(key, ())) or customer_record, visitor)
        )
    rows = asked_for(request, rows)
    totals = {visitor: _completion(rows, visitor) for visitor in sorted({row.person for row in rows})}
    whole: dict[str, Value] = {**_completion(rows, ""), "by_visitor": totals}
    return register(request, "visit_completion", COMPLETION, rows, whole, period=period.name)


def months_within(period: Period, day: date) -> list[str]:
    """The months of a period that have begun by the day ("2026-10"); of a month asked for, that month."""
    last = min(period.last, day) if period.last >= day >= period.first else period.last
    months = (last.year - period.first.year) * 12 + last.month - period.first.month
    return [f"{add_months(period.first, at):%Y-%m}" for at in range(months + 1)]


def _plan_lines(frames: Frames) -> pd.DataFrame:
    """The lines of all visit plans, with their visitor and moment."""
    lines = columns_of(frames, "visit_plan.lines", ("record_id", "line_no", "customer_id", "planned_at"))
    planned = lines.merge(columns_of(frames, "visit_plan", ("record_id", "visitor_id")), on="record_id")
    return planned.assign(at=wall_time(planned["planned_at"]))


def _plan_sources(frames: Frames) -> dict[Planned, tuple[Source, ...]]:
    """The plan lines behind the visits planned of a visitor, customer and month."""
    lines = _plan_lines(frames)
    dated = lines[lines["at"].notna()]
    found = dated.assign(month=dated["at"].dt.strftime("%Y-%m")).groupby(["visitor_id", "customer_id", "month"])
    return {
        key: tuple(
            Source("visit_plan.lines", str(record), int(number))
            for record, number in zip(group["record_id"], group["line_no"], strict=True)
        )
        for key, group in found
    }


def _planned_visits(frames: Frames, months: Collection[str]) -> Counter[Planned]:
    """Visits planned in those months: by plan, and by frequency where the visitor has no plan for the month."""
    counts = Counter({key: count for key, count in _by_month(_plan_lines(frames)).items() if key[2] in months})
    with_plan = {(visitor, month) for visitor, _, month in counts}
    for month in months:
        owed = targets_on(frames, date.fromisoformat(f"{month}-01"))
        for customer, owner, rank, need in _targets(owed):
            if rank == "handler" and (owner, month) not in with_plan:
                counts[owner, customer, month] += need
    return counts


def _targets(owed: pd.DataFrame | None) -> Iterator[tuple[str, str, str, int]]:
    if owed is None:
        return
    for customer, owner, rank, need in owed[["customer_id", "owner_id", "rank", "need"]].itertuples(index=False):
        yield str(customer), str(owner), str(rank), int(need)


def _by_month(visits: pd.DataFrame) -> Counter[Planned]:
    dated = visits[visits["at"].notna()]
    return Counter(zip(dated["visitor_id"], dated["customer_id"], dated["at"].dt.strftime("%Y-%m"), strict=True))


def _completion(rows: list[Row], visitor: str) -> dict[str, Value]:
    pairs = [
        (int(str(row.values["planned"])), int(str(row.values["paid"])))
        for row in rows
        if visitor in ("", row.values["visitor_id"])
    ]
    planned = sum(plan for plan, _ in pairs)
    kept = sum(min(plan, paid) for plan, paid in pairs)
    completion = round_decimal(Fraction(kept, planned), 4) if planned else None
    return {"planned": planned, "paid": sum(paid for _, paid in pairs), "completion": completion}


ROUNDS_COUNTED = ("days", "visits", "customers", "opinions", "market", "handled", "open", "urgent")


def monthly_rounds(request: Request) -> Statement:
    """One line a reporter for the month: month, unit (his department), author_id, days (with a report), visits,
    customers, opinions, market (items told), handled, open (asked for escalation), urgent (reports). Totals: visits,
    urgent, and everything but days and customers by unit. An urgent report belongs to the author of its daily report,
    else to who entered it; the supervisor adds his text in his own report."""
    frames, month = request.frames, month_asked(request)
    last = min(month.last, request.day)
    heads = columns_of(frames, "service_daily", ("record_id", "author_id", "report_on"))
    heads = heads[within(wall_time(heads["report_on"]), month.first, last)]
    lines = columns_of(
        frames, "service_daily.lines", ("record_id", "customer_id", "opinions", "market", "handled", "escalate")
    ).merge(heads[["record_id", "author_id"]], on="record_id")
    urgent, units = _urgent(frames, month.first, last), names(frames, "staff", "staff_id", "dept")
    rows = []
    for author in sorted({*heads["author_id"], *urgent} - {""}):
        own, days = lines[lines["author_id"].eq(author)], heads[heads["author_id"].eq(author)]
        values: dict[str, Value] = {
            "month": month.name, "unit": units.get(author, ""), "author_id": author,
            "days": int(days["report_on"].nunique()), "visits": len(own),
            "customers": int(own["customer_id"].nunique()), "opinions": count_of(own["opinions"]),
            "market": count_of(own["market"]), "handled": count_of(own["handled"]),
            "open": int(own["escalate"].fillna(False).astype(bool).sum()), "urgent": len(urgent.get(author, ())),
        }  # fmt: skip
        sources = sources_of("service_daily", days["record_id"])
        sources += sources_of("urgent_report", urgent.get(author, ()))
        rows.append(Row(f"{month.name}:{author}", values, sources, author))
    rows = asked_for(request, rows)
    findings = [] if "service_daily" in frames else [_missing("service_daily")]
    return register(request, "monthly_rounds", ROUNDS, rows, _rounds_totals(rows), findings, month=month.name)


def _rounds_totals(rows: Sequence[Row]) -> dict[str, Value]:
    by_unit: dict[str, Counter[str]] = {}
    for row in rows:
        counted = {key: int(str(row.values[key])) for key in ROUNDS_COUNTED if key not in ("days", "customers")}
        by_unit.setdefault(str(row.values["unit"]), Counter()).update(counted)
    whole = {key: sum(int(str(row.values[key])) for row in rows) for key in ("visits", "urgent")}
    return {**whole, "by_unit": {unit: dict(counts) for unit, counts in sorted(by_unit.items())}}


def _urgent(frames: Frames, first: date, last: date) -> dict[str, list[str]]:
    """Urgent reports found in those days, by the author of the daily report they come from, else who entered them."""
    reports = columns_of(frames, "urgent_report", ("record_id", "daily_id", "found_at", "created_by"))
    reports = reports[within(wall_time(reports["found_at"]), first, last)]
    authors = names(frames, "service_daily", "record_id", "author_id")
    found: dict[str, list[str]] = {}
    for record, daily, writer in zip(
        reports["record_id"], reports["daily_id"].fillna(""), person_id(reports["created_by"]), strict=True
    ):
        found.setdefault(authors.get(str(daily), "") or str(writer), []).append(str(record))
    return found


def _missing(table: str) -> Finding:
    return Finding("E222", params={"template": table}, severity=Severity.WARNING)


def customer_figures(request: Request) -> Statement:
    """One line a person who looks after customers, for the month to the day: staff_id, month, customers, sales (paid,
    less returns and refunds), deals, visits, new_customers (first sale after twelve months without one),
    lost_customers (losses that began, also of customers who bought again since), open_promises."""
    frames, month = request.frames, month_asked(request)
    deals = booked_deals(request)
    deals = deals[within(deals["at"], month.first, min(month.last, request.day))]
    rows = asked_for(request, _figures(request, deals))
    findings = [
        input_finding("E223", Source("customer_info", record), "owner_id")
        for record, owner in columns_of(frames, "customer_info", ("record_id", "owner_id")).itertuples(index=False)
        if not owner
    ]
    totals: dict[str, Value] = {"people": len(rows), "withheld": sum(row.values["sales"] is None for row in rows)}
    findings = find_unknown_amounts(deals) + findings
    return register(request, "customer_figures", ANALYSIS, rows, totals, findings, month=month.name)


def _figures(request: Request, deals: pd.DataFrame) -> Iterator[Row]:
    month, until = month_asked(request), request.day
    owners = names(request.frames, "customer_info", "customer_id", "owner_id")
    records = names(request.frames, "customer_info", "customer_id", "record_id")
    visits = _visits(request.frames, until)
    visits = visits[within(visits["at"], month.first, month.last)]
    visited = Counter(owners.get(customer, "") for customer in visits["customer_id"])
    customers: dict[str, list[str]] = {}
    for customer, owner in owners.items():
        customers.setdefault(owner, []).append(customer)
    places = deals.groupby(deals["customer_id"].map(owners).fillna("")).indices
    paid, promises = paid_days(request.frames, until), _open_promises(request.frames, until)
    months_without = request.pack.rules.reports.new_customer_months
    for person in sorted(customers.keys() - {""}):
        bought = deals.iloc[places.get(person, [])]
        days_of = [paid[each] for each in customers[person] if each in paid]
        values: dict[str, Value] = {
            "staff_id": person, "month": month.name, "customers": len(customers[person]),
            "sales": known_yuan(bought["amount"]), "deals": int(bought["kind"].isin(["", "销售"]).sum()),
            "visits": visited[person],
            "new_customers": sum(is_new(days, month, months_without) for days in days_of),
            "lost_customers": sum(len(losses(request.pack, days, month, until)) for days in days_of),
            "open_promises": sum(promises[each] for each in customers[person]),
        }  # fmt: skip
        sources = sources_of("customer_info", (records[each] for each in customers[person]))
        yield Row(f"{person}:{month.name}", values, (*sources, *sources_of("deal", bought["record_id"])), person)


def is_new(days: Sequence[date], month: Period, months: int) -> bool:
    """Whether the first sale of the month follows so many months without one. days: of paid sales, ascending."""
    first = next((day for day in days if month.first <= day <= month.last), None)
    return first is not None and not any(add_months(first, -months) <= day < first for day in days)


def _open_promises(frames: Frames, day: date) -> Counter[str]:
    """Promises noted in visits up to the day and not acknowledged as done (rule D73), by customer."""
    visits = columns_of(frames, "visit_record", ("record_id", "customer_id", "promises", "visited_at"))
    acks = columns_of(frames, "rule_ack", ("rule_id", "subject", "action"))
    done = set(acks.loc[acks["rule_id"].eq("D73") & acks["action"].isin(["完成", "豁免"]), "subject"])
    made = visits[
        visits["promises"].fillna("").ne("")
        & (wall_time(visits["visited_at"]) < pd.Timestamp(day) + pd.Timedelta(days=1))
    ]
    return Counter(
        customer
        for record, customer in made[["record_id", "customer_id"]].itertuples(index=False)
        if record not in done
    )
