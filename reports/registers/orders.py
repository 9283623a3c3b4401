"""R01 yearly orders, R02 order statistics, R05 key customers, R06 regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from reports.facts import columns_of, wall_time
from reports.frames import Frames
from reports.money import round_decimal, yuan
from reports.registers.common import Row, asked_for, month_asked, names, register, sources_of, within, year_asked
from reports.registers.sales import (
    booked_sales,
    find_left_out,
    find_unknown_amounts,
    known_sum,
    known_total,
    known_yuan,
    pieces,
    registered_orders,
    rows_by,
)
from reports.registry import Request
from reports.statement import Citation, Source, Statement, Value, input_finding
from schemas.finding import Finding, Severity
from schemas.periods import Period, add_months

YEARLY = Citation(
    "客户管理", "三三.3 年度订货统计表", "按月按产品统计每个客户的订货", "Each customer's orders by month and product"
)
STATISTICS = Citation(
    "订货管理规定", "第3条", "统计订货数量与金额", "Quantity and amount ordered, and what is undelivered"
)
KEY = Citation(
    "客户管理", "三一.2 重点客户管理表", "按销售额、增长率、利润率排名", "Customers ranked by sales, growth and margin"
)
REGIONS = Citation("客户管理", "三二 客户区域分析表", "按区域分析客户与销售", "Customers and sales by region")
HALVES = ("first_half", "second_half")


def yearly_orders(request: Request) -> Statement:
    """One line a customer, month and product: year, month, half, customer_id, customer_name, owner_id, contact, phone,
    address, sku, product, spec, quantity, unit_price (amount over quantity), delivery_on (all), amount.

    Orders received by the day; the month is that of `received_on` or `due_on`, as the pack says. Totals: first_half,
    second_half, year, by_customer (the same of each), withheld (lines without a known amount; no total has them)."""
    year, dated = year_asked(request), request.pack.rules.reports.order_month
    orders, findings = _orders(request, dated, year)
    orders = orders.assign(month=orders[dated].dt.month)
    heads, products = _customer_heads(request.frames), _products(request.frames)
    rows = asked_for(
        request,
        (
            _yearly_row(
                customer, (year.name, int(month)), sku, group, heads.get(customer, NOBODY), products.get(sku, ("", ""))
            )
            for (customer, month, sku), group in rows_by(orders, "customer_id", "month", "sku").items()
        ),
    )
    return register(request, "yearly_orders", YEARLY, rows, _halves(rows), findings, year=year.name)


def _orders(request: Request, dated: str, period: Period) -> tuple[pd.DataFrame, list[Finding]]:
    """Orders of the period received by the day, and what keeps orders or their amounts out."""
    orders = registered_orders(request.frames)
    orders = orders.assign(**{each: wall_time(orders[each]) for each in ("received_on", "due_on", "shipped_on")})
    orders = orders[~(orders["received_on"] >= pd.Timestamp(request.day) + pd.Timedelta(days=1))]
    orders, findings = find_left_out(orders, "order_register", (dated, "customer_id"))
    orders = orders[within(orders[dated], period.first, period.last)]
    return orders, findings + find_unknown_amounts(orders)


def _customer_heads(frames: Frames) -> dict[str, dict[str, Value]]:
    """What heads a customer's page: name, owner, contact, and the address of his dossier or profile."""
    addresses = {
        **names(frames, "customer_profile", "customer_id", "address"),
        **names(frames, "customer_dossier", "customer_id", "address"),
    }
    columns = ("customer_id", "customer_name", "owner_id", "contact_name", "contact_phone")
    return {
        customer: {
            "customer_name": name, "owner_id": owner, "contact": contact, "phone": phone,
            "address": addresses.get(customer, ""),
        }
        for customer, name, owner, contact, phone in columns_of(frames, "customer_info", columns)
        .fillna("")
        .itertuples(index=False)
    }  # fmt: skip


Product = tuple[str, str]
"""A product's name and specification."""
NOBODY: Mapping[str, Value] = dict.fromkeys(("customer_name", "owner_id", "contact", "phone", "address"), "")


def _products(frames: Frames) -> dict[str, Product]:
    """Product number → name and specification."""
    products = columns_of(frames, "product", ("sku", "product_name", "spec")).fillna("")
    return {sku: (name, spec) for sku, name, spec in products.itertuples(index=False)}


def _yearly_row(
    customer: str, at: tuple[str, int], sku: str, group: Sequence[Any], head: Mapping[str, Value], product: Product
) -> Row:
    """at: year and month."""
    year, month = at
    quantity, fen = known_total(row.qty for row in group), known_sum(row.amount for row in group)
    price = round_decimal(Fraction(fen, 100) / Fraction(quantity), 2) if quantity and fen is not None else None
    values: dict[str, Value] = {
        "year": year, "month": month, "half": 1 if month <= 6 else 2, "customer_id": customer,
        **head, "sku": sku, "product": product[0], "spec": product[1], "quantity": quantity,
        "unit_price": price, "delivery_on": sorted({row.due_on.date() for row in group if pd.notna(row.due_on)}),
        "amount": None if fen is None else yuan(fen),
    }  # fmt: skip
    key = f"{customer}:{month:02}:{sku}"
    return Row(key, values, sources_of("order_register", (row.record_id for row in group)), str(values["owner_id"]))


def _halves(rows: Sequence[Row]) -> dict[str, Value]:
    whole, by_customer = _no_halves(), dict[str, dict[str, Decimal]]()
    for row in rows:
        own = by_customer.setdefault(str(row.values["customer_id"]), _no_halves())
        amount, half = row.values["amount"], HALVES[0] if row.values["half"] == 1 else HALVES[1]
        if isinstance(amount, Decimal):
            for sums in (whole, own):
                sums[half] += amount
                sums["year"] += amount
    return {**whole, "by_customer": by_customer, "withheld": withheld(rows, "amount")}


def _no_halves() -> dict[str, Decimal]:
    return dict.fromkeys((*HALVES, "year"), Decimal("0.00"))


def withheld(rows: Sequence[Row], column: str) -> int:
    """How many lines have no known figure there."""
    return sum(row.values[column] is None for row in rows)


def order_statistics(request: Request) -> Statement:
    """One line a month, customer and product: month, customer_id, customer_name, sku, quantity, amount, orders,
    undelivered (quantity not shipped by the day). Orders received by the day; one month when asked for one, else the
    year's. Totals: amount, orders, withheld (lines without a known amount; the total leaves them out)."""
    period = month_asked(request) if request.month else year_asked(request)
    orders, findings = _orders(request, "received_on", period)
    orders = orders.assign(month=orders["received_on"].dt.strftime("%Y-%m"))
    heads = _customer_heads(request.frames)
    made = (
        _statistics_row(month, customer, sku, group, heads.get(customer, NOBODY), request.day)
        for (month, customer, sku), group in rows_by(orders, "month", "customer_id", "sku").items()
    )
    rows = asked_for(request, made)
    amounts = [amount for row in rows if isinstance(amount := row.values["amount"], Decimal)]
    totals: dict[str, Value] = {
        "amount": sum(amounts, Decimal("0.00")), "orders": sum(int(str(row.values["orders"])) for row in rows),
        "withheld": withheld(rows, "amount"),
    }  # fmt: skip
    return register(request, "order_statistics", STATISTICS, rows, totals, findings, period=period.name)


def _statistics_row(
    month: str, customer: str, sku: str, group: Sequence[Any], head: Mapping[str, Value], day: date
) -> Row:
    midnight = pd.Timestamp(day) + pd.Timedelta(days=1)
    values: dict[str, Value] = {
        "month": month, "customer_id": customer, "customer_name": head["customer_name"], "sku": sku,
        "quantity": known_total(row.qty for row in group), "amount": known_yuan(row.amount for row in group),
        "orders": len(group),
        "undelivered": known_total(row.qty for row in group if not row.shipped_on < midnight),
    }  # fmt: skip
    sources = sources_of("order_register", (row.record_id for row in group))
    return Row(f"{month}:{customer}:{sku}", values, sources, str(head["owner_id"]))


# R05


def key_customers(request: Request) -> Statement:
    """Three rankings: ranking (sales | growth | margin | new), rank, customer_id, customer_name, sales,
    previous_sales, growth, margin; and what people fill in: target, reason, measures, advice.

    The year to the day against the same stretch a year before. Growth needs sales in that stretch (customers without
    are listed apart as new), margin needs sales and every product's cost; ties by customer number. A deal without a
    quantity moved list amount over list price pieces where that is whole, else one; returns count against.
    Totals: sales, customers, withheld (customers with an amount that is not known: they are not ranked)."""
    sales = booked_sales(request)
    sales = sales[sales["customer_id"].isin(list(_customers_asked(request, sales)))]
    now, before = _stretch(sales, request.day), _stretch(sales, add_months(request.day, -12))
    unknown = find_unknown_amounts(now)
    costs, findings = _costs(request.frames, now)
    current, previous = _sums(now), _sums(before)
    measures = _measures(current, previous, costs)
    customer_names = names(request.frames, "customer_info", "customer_id", "customer_name")
    sales_of = rows_by(now[["customer_id", "source", "record_id"]], "customer_id")
    rows = []
    for ranking, measure in measures.items():
        best = sorted(measure, key=lambda each: (-measure[each], each))[: request.pack.rules.reports.ranking_size]
        for rank, customer in enumerate(best, 1):
            fen, before_fen = current[customer], previous.get(customer, 0)
            values: dict[str, Value] = {
                "ranking": ranking, "rank": rank, "customer_id": customer,
                "customer_name": customer_names.get(customer, ""), "sales": None if fen is None else yuan(fen),
                "previous_sales": None if before_fen is None else yuan(before_fen),
                "growth": _ratio(measures["growth"].get(customer)), "margin": _ratio(measures["margin"].get(customer)),
                "target": None, "reason": None, "measures": None, "advice": None,
            }  # fmt: skip
            sources = tuple(Source(row.source, row.record_id) for row in sales_of[(customer,)])
            rows.append(Row(f"{ranking}:{rank}", values, sources))
    known = [fen for fen in current.values() if fen is not None]
    totals: dict[str, Value] = {
        "sales": yuan(sum(known)), "customers": len(current), "withheld": len(current) - len(known),
    }  # fmt: skip
    return register(request, "key_customers", KEY, rows, totals, unknown + findings, until=request.day)


def _customers_asked(request: Request, sales: pd.DataFrame) -> set[str]:
    """Customers with sales; those of one person when asked about him."""
    customers = set(sales["customer_id"]) - {""}
    if not request.person:
        return customers
    owners = names(request.frames, "customer_info", "customer_id", "owner_id")
    return {customer for customer in customers if owners.get(customer) == request.person}


def _sums(sales: pd.DataFrame) -> dict[str, int | None]:
    """Fen by customer, None where an amount is not known."""
    by_customer = rows_by(sales[["customer_id", "amount"]], "customer_id")
    return {customer: known_sum(row.amount for row in own) for (customer,), own in by_customer.items()}


def _measures(
    current: Mapping[str, int | None], previous: Mapping[str, int | None], costs: Mapping[str, int]
) -> dict[str, dict[str, Fraction]]:
    """What each ranking ranks by, by customer: sales in fen; growth and margin as fractions; new customers' sales."""
    sales = {customer: fen for customer, fen in current.items() if fen is not None}
    before = {each: fen for each in sales if (fen := previous.get(each, 0)) is not None}
    return {
        "sales": {customer: Fraction(fen) for customer, fen in sales.items()},
        "growth": {each: Fraction(sales[each] - fen, fen) for each, fen in before.items() if fen > 0},
        "margin": {each: Fraction(fen - costs[each], fen) for each, fen in sales.items() if fen > 0 and each in costs},
        "new": {each: Fraction(sales[each]) for each, fen in before.items() if fen <= 0},
    }


def _stretch(sales: pd.DataFrame, until: date) -> pd.DataFrame:
    """Sales of the year up to a day."""
    return sales[within(sales["date"], date(until.year, 1, 1), until) & sales["customer_id"].ne("")]


def _ratio(value: Fraction | None) -> Decimal | None:
    return None if value is None else round_decimal(value, 4)


def _costs(frames: Frames, sales: pd.DataFrame) -> tuple[dict[str, int], list[Finding]]:
    """Cost in fen of what each customer bought; a customer with a product of unknown cost, or an order of unknown
    quantity, is left out and reported."""
    products = columns_of(frames, "product", ("sku", "cost")).drop_duplicates("sku", keep="last")
    known = {sku: int(cost) for sku, cost in products.itertuples(index=False) if pd.notna(cost)}
    total: dict[str, Decimal] = {}
    unknown: dict[str, tuple[str, str, str]] = {}
    columns = ["customer_id", "sku", "source", "record_id"]
    for (customer, sku, table, record), count in zip(
        sales[columns].itertuples(index=False), pieces(sales, frames), strict=True
    ):
        if count is None or (count and sku not in known):
            place = (str(table), str(record), "qty" if count is None else "sku")
            unknown[str(customer)] = min(place, unknown.get(str(customer), place))
        elif count:
            total[customer] = total.get(customer, Decimal(0)) + known[sku] * count
    findings = [
        input_finding("E220", Source(table, record), column, Severity.WARNING, customer=customer)
        for customer, (table, record, column) in unknown.items()
    ]
    bought = set(sales["customer_id"]) - unknown.keys()
    return {customer: round(total.get(customer, Decimal(0))) for customer in bought}, findings


# R06


def regions(request: Request) -> Statement:
    """One line a region and area: region, area_name, natures (industries), customers, grade_a to grade_d (counts
    of the four-grade scale), quantity (pieces sold), sales, share of all sales. Sales of the year to the day. Totals:
    sales, customers, withheld (areas whose sales are not known; no share is known then)."""
    sales = _stretch(booked_sales(request), request.day)
    sales = sales.assign(pieces=pieces(sales, request.frames))
    columns = ("record_id", "customer_id", "region", "area_name", "industry", "grade_abcd", "owner_id")
    customers = columns_of(request.frames, "customer_info", columns).fillna("")
    unknown = sales[~sales["customer_id"].isin(list(customers["customer_id"].unique()))]
    findings = [
        input_finding("E221", Source(str(source), str(record)), "customer_id", customer=str(customer))
        for source, record, customer in unknown[["source", "record_id", "customer_id"]].itertuples(index=False)
    ]
    if request.person:
        customers = customers[customers["owner_id"].eq(request.person)]
        sales = sales[sales["customer_id"].isin(list(customers["customer_id"]))]
    whole = known_sum(sales["amount"])
    rows = list(_region_rows(customers, rows_by(sales[["customer_id", "amount", "pieces"]], "customer_id"), whole))
    totals: dict[str, Value] = {
        "sales": yuan(int(sales["amount"].sum())), "customers": len(customers), "withheld": withheld(rows, "sales"),
    }  # fmt: skip
    findings += find_unknown_amounts(sales)
    return register(request, "regions", REGIONS, rows, totals, findings, until=request.day)


def _region_rows(customers: pd.DataFrame, sales: Mapping[tuple[str], list[Any]], whole: int | None) -> Iterator[Row]:
    for (region, area), group in customers.groupby(["region", "area_name"]):
        bought = [sale for customer in group["customer_id"] for sale in sales.get((customer,), ())]
        fen = known_sum(sale.amount for sale in bought)
        grades: dict[str, Value] = {
            f"grade_{grade.lower()}": int((group["grade_abcd"] == grade).sum()) for grade in "ABCD"
        }
        values: dict[str, Value] = {
            "region": region, "area_name": area, "natures": sorted(set(group["industry"]) - {""}),
            "customers": len(group), **grades, "quantity": known_total(sale.pieces for sale in bought),
            "sales": None if fen is None else yuan(fen),
            "share": round_decimal(Fraction(fen or 0, whole), 4) if whole else None,
        }  # fmt: skip
        yield Row(f"{region}:{area}", values, sources_of("customer_info", group["record_id"]))
