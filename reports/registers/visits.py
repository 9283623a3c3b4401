"""R03 customer development, R04 visits planned and paid, R12 monthly rounds, R17 figures of the customer analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pandas as pd

from reports.facts import columns_of, sale, visit, wall_time
from reports.frames import Frames
from reports.money import round_decimal, yuan
from reports.registers.common import Row, count_of, month_asked, names, register, sources_of, within, year_asked
from reports.registers.customers import last_paid, lost_after
from reports.registry import Request
from reports.statement import Citation, Source, Statement, Value, input_finding
from schemas.finding import Finding, Severity
from schemas.periods import add_months

DEVELOPMENT = Citation("客户管理", "三一.3 客户开发统计表", "按拜访者统计开发结果", "Results of development by visitor")
COMPLETION = Citation("客户管理", "三二.2 访问计划完成表", "按计划与实际统计访问", "Visits planned and paid")
ROUNDS = Citation("客户服务管理办法", "第10条", "每月报告巡访情况", "A monthly report on the rounds")
ANALYSIS = Citation("大客户部管理制度", "第9条", "每月分析客户情况", "A monthly analysis of one's customers")
VISIT_COLUMNS = ("record_id", "customer_id", "visitor_id", "visited_at", "overview", "person", "customer_level")


def development(request: Request) -> Statement:
    """One line a visitor and customer visited in the month: visitor_id, department, customer_id, customer_name,
    phone, customer_level, visits, last_visit_on, result (of the latest visit), won.

    Totals by visitor: planned (prospects of his plan), visited, won, conversion = won/visited (None without visits).
    Won: the customer's first paid sale came on or after the first of these visits.
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
        rows.append(Row(f"{visitor}:{customer}", values, sources_of("visit_record", group["record_id"])))
    by_visitor = _development_totals(rows, _planned_prospects(frames, month.first))
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
    return dict(wall_time(sales["paid_on"]).groupby(sales["customer_id"]).min().dropna().items())


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
    """One line a visitor, customer and month of the year: month, visitor_id, customer_id, customer_name, person,
    phone, planned, paid. Totals by visitor and altogether: planned, paid, completion = sum of min(paid, planned) over
    planned; a visit too many at one customer never makes up for one too few at another."""
    frames, year = request.frames, year_asked(request)
    planned = _planned_visits(frames)
    planned = planned[within(planned["at"], year.first, year.last)]
    visits = _visits(frames, request.day)
    visits = visits[within(visits["at"], year.first, year.last) & visits["visitor_id"].ne("")]
    plan_counts, paid_counts = _by_month(planned), _by_month(visits)
    heads = columns_of(frames, "customer_info", ("customer_id", "customer_name", "contact_name", "contact_phone"))
    known = {row.customer_id: row for row in heads.itertuples(index=False)}
    records = visits.assign(month=visits["at"].dt.strftime("%Y-%m")).groupby(["visitor_id", "customer_id", "month"])
    sources = {key: sources_of("visit_record", group["record_id"]) for key, group in records}
    rows = []
    for key in sorted({*plan_counts, *paid_counts}):
        visitor, customer, month = key
        head = known.get(customer)
        values: dict[str, Value] = {
            "month": month, "visitor_id": visitor, "customer_id": customer,
            "customer_name": getattr(head, "customer_name", ""), "person": getattr(head, "contact_name", ""),
            "phone": getattr(head, "contact_phone", ""), "planned": plan_counts[key], "paid": paid_counts[key],
        }  # fmt: skip
        rows.append(Row(":".join(key), values, sources.get(key, ())))
    totals = {
        visitor: _completion(rows, visitor) for visitor in sorted({str(row.values["visitor_id"]) for row in rows})
    }
    return register(
        request, "visit_completion", COMPLETION, rows, {**_completion(rows, ""), "by_visitor": totals}, year=year.name
    )


def _planned_visits(frames: Frames) -> pd.DataFrame:
    lines = columns_of(frames, "visit_plan.lines", ("record_id", "customer_id", "planned_at"))
    heads = columns_of(frames, "visit_plan", ("record_id", "visitor_id"))
    planned = lines.merge(heads, on="record_id")
    return planned.assign(at=wall_time(planned["planned_at"]))


def _by_month(visits: pd.DataFrame) -> Counter[tuple[str, str, str]]:
    months = visits["at"].dt.strftime("%Y-%m")
    return Counter(zip(visits["visitor_id"], visits["customer_id"], months, strict=True))


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


def monthly_rounds(request: Request) -> Statement:
    """One line a reporter for the month: author_id, days (with a report), visits, customers, opinions, market
    (items told), handled, open (asked for escalation), urgent (reports)."""
    frames, month = request.frames, month_asked(request)
    heads = columns_of(frames, "service_daily", ("record_id", "author_id", "report_on"))
    heads = heads[within(wall_time(heads["report_on"]), month.first, month.last)]
    lines = columns_of(
        frames, "service_daily.lines", ("record_id", "customer_id", "opinions", "market", "handled", "escalate")
    ).merge(heads[["record_id", "author_id"]], on="record_id")
    urgent = _urgent(frames, month.first, month.last)
    rows = []
    for author, group in heads.groupby("author_id"):
        own = lines[lines["author_id"].eq(author)]
        values: dict[str, Value] = {
            "month": month.name, "author_id": author, "days": int(group["report_on"].nunique()), "visits": len(own),
            "customers": int(own["customer_id"].nunique()), "opinions": count_of(own["opinions"]),
            "market": count_of(own["market"]), "handled": count_of(own["handled"]),
            "open": int(own["escalate"].fillna(False).astype(bool).sum()), "urgent": urgent[author],
        }  # fmt: skip
        rows.append(Row(f"{month.name}:{author}", values, sources_of("service_daily", group["record_id"])))
    findings = [] if "service_daily" in frames else [_missing("service_daily")]
    return register(request, "monthly_rounds", ROUNDS, rows, {"visits": len(lines)}, findings, month=month.name)


def _urgent(frames: Frames, first: date, last: date) -> Counter[str]:
    """Urgent reports of the month by the author of the daily report they come from."""
    reports = columns_of(frames, "urgent_report", ("daily_id", "found_at"))
    reports = reports[within(wall_time(reports["found_at"]), first, last)]
    authors = names(frames, "service_daily", "record_id", "author_id")
    return Counter(authors.get(str(daily), "") for daily in reports["daily_id"])


def _missing(table: str) -> Finding:
    return Finding("E222", params={"template": table}, severity=Severity.WARNING)


def customer_figures(request: Request) -> Statement:
    """One line a person who looks after customers, for the month: staff_id, month, customers, sales, deals,
    visits, new_customers (first sale after twelve months without one), lost_customers, open_promises."""
    frames, month = request.frames, month_asked(request)
    people = _owners(frames)
    sales = sale(frames, request.day)
    sales = pd.DataFrame(columns=["record_id", "customer_id", "paid_on", "amount"]) if sales is None else sales
    sales = sales.assign(at=wall_time(sales["paid_on"]))[lambda found: found["at"].notna()]
    sales = sales[sales["at"] < pd.Timestamp(request.day) + pd.Timedelta(days=1)]
    visits = _visits(frames, request.day)
    rows = list(_figures(request, people, sales, visits, _open_promises(frames, request.day)))
    findings = [
        input_finding("E223", Source("customer_info", record), "owner_id")
        for record, owner in columns_of(frames, "customer_info", ("record_id", "owner_id")).itertuples(index=False)
        if not owner
    ]
    return register(request, "customer_figures", ANALYSIS, rows, {"people": len(rows)}, findings, month=month.name)


def _owners(frames: Frames) -> dict[str, set[str]]:
    """Staff id → his customers."""
    people: dict[str, set[str]] = {}
    for customer, owner in columns_of(frames, "customer_info", ("customer_id", "owner_id")).itertuples(index=False):
        if owner:
            people.setdefault(str(owner), set()).add(str(customer))
    return people


def _figures(
    request: Request, people: dict[str, set[str]], sales: pd.DataFrame, visits: pd.DataFrame, promises: Counter[str]
) -> Iterator[Row]:
    month = month_asked(request)
    own_sales = sales[within(sales["at"], month.first, month.last)]
    own_visits = visits[within(visits["at"], month.first, month.last)]
    months_without = request.pack.rules.reports.new_customer_months
    last = last_paid(sales)
    for person, customers in sorted(people.items()):
        if request.person and person != request.person:
            continue
        bought = own_sales[own_sales["customer_id"].isin(list(customers))]
        lost = [
            each
            for each in customers
            if each in last and within_month(lost_after(request.pack, last[each]), month.name)
        ]
        values: dict[str, Value] = {
            "staff_id": person, "month": month.name, "customers": len(customers),
            "sales": yuan(int(bought["amount"].fillna(0).sum())), "deals": len(bought),
            "visits": int(own_visits["customer_id"].isin(list(customers)).sum()),
            "new_customers": sum(_is_new(sales, each, bought, months_without) for each in set(bought["customer_id"])),
            "lost_customers": len(lost), "open_promises": sum(promises[each] for each in customers),
        }  # fmt: skip
        yield Row(f"{person}:{month.name}", values, sources_of("deal", bought["record_id"]))


def within_month(day: date, month: str) -> bool:
    """Whether the day lies in the month ("2026-10")."""
    return day.strftime("%Y-%m") == month


def _is_new(sales: pd.DataFrame, customer: str, bought: pd.DataFrame, months: int) -> bool:
    """Whether the customer's first sale of the month follows so many months without one."""
    first = bought.loc[bought["customer_id"].eq(customer), "at"].min()
    since = pd.Timestamp(add_months(first.date(), -months))
    earlier = sales[sales["customer_id"].eq(customer) & (sales["at"] < first) & (sales["at"] >= since)]
    return bool(earlier.empty)


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
