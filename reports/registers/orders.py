"""R01 yearly orders, R02 order statistics, R05 key customers, R06 regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from reports.facts import columns_of, sales_fact, wall_time
from reports.frames import Frames
from reports.money import round_decimal, yuan
from reports.registers.common import Row, month_asked, names, register, sources_of, within, year_asked
from reports.registry import Request
from reports.statement import Citation, Source, Statement, Value, input_finding
from schemas.finding import Finding, Severity
from schemas.periods import add_months

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
ORDER_COLUMNS = (
    "record_id",
    "customer_id",
    "sku",
    "qty",
    "unit_price",
    "amount",
    "received_on",
    "due_on",
    "shipped_on",
)


def yearly_orders(request: Request) -> Statement:
    """One line a customer, month and product: year, month, half, customer_id, customer_name, owner_id, contact,
    sku, quantity, unit_price (amount over quantity), delivery_on (all), amount. The month is that of `received_on` or
    `due_on`, as the pack says. Totals: first_half, second_half, year, and the same by customer."""
    frames, year = request.frames, year_asked(request)
    orders = _orders(frames)
    dated = wall_time(orders[request.pack.rules.reports.order_month])
    orders = orders.assign(month=dated.dt.month)[within(dated, year.first, year.last)]
    customers = columns_of(frames, "customer_info", ("customer_id", "customer_name", "owner_id", "contact_name"))
    known = {row.customer_id: row for row in customers.itertuples(index=False)}
    rows = [_yearly_row(key, group, known, year.name) for key, group in orders.groupby(["customer_id", "month", "sku"])]
    return register(request, "yearly_orders", YEARLY, rows, _halves(rows), year=year.name)


def _orders(frames: Frames) -> pd.DataFrame:
    orders = columns_of(frames, "order_register", ORDER_COLUMNS)
    return orders.assign(amount=orders["amount"].astype("Int64"))


def _yearly_row(key: tuple[str, float, str], group: pd.DataFrame, known: dict[str, object], year: str) -> Row:
    customer, month, sku = key[0], int(key[1]), key[2]
    quantity, fen = _total(group["qty"]), int(group["amount"].fillna(0).sum())
    head = known.get(customer)
    delivery = sorted({moment.date() for moment in group["due_on"].dropna()})
    values: dict[str, Value] = {
        "year": year, "month": month, "half": 1 if month <= 6 else 2, "customer_id": customer,
        "customer_name": getattr(head, "customer_name", ""), "owner_id": getattr(head, "owner_id", ""),
        "contact": getattr(head, "contact_name", ""), "sku": sku, "quantity": quantity,
        "unit_price": round_decimal(Fraction(fen, 100) / Fraction(quantity), 2) if quantity else None,
        "delivery_on": delivery, "amount": yuan(fen),
    }  # fmt: skip
    return Row(f"{customer}:{month:02}:{sku}", values, sources_of("order_register", group["record_id"]))


def _total(quantities: pd.Series) -> Decimal:
    return sum((Decimal(each) for each in quantities if pd.notna(each)), Decimal(0))


def _halves(rows: list[Row]) -> dict[str, Value]:
    by_customer: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        amount, half = row.values["amount"], "first_half" if row.values["half"] == 1 else "second_half"
        assert isinstance(amount, Decimal)
        own = by_customer.setdefault(
            str(row.values["customer_id"]), dict.fromkeys(("first_half", "second_half", "year"), Decimal("0.00"))
        )
        own[half] += amount
        own["year"] += amount
    parts = ("first_half", "second_half", "year")
    whole: dict[str, Value] = {
        part: sum((own[part] for own in by_customer.values()), Decimal("0.00")) for part in parts
    }
    return {**whole, "by_customer": {customer: dict(own) for customer, own in by_customer.items()}}


def order_statistics(request: Request) -> Statement:
    """One line a month, customer and product: month, customer_id, customer_name, sku, quantity, amount, orders,
    undelivered (quantity not shipped). One month when asked for one, else the year's."""
    period = month_asked(request) if request.month else year_asked(request)
    orders = _orders(request.frames)
    received = wall_time(orders["received_on"])
    orders = orders.assign(month=received.dt.strftime("%Y-%m"))[within(received, period.first, period.last)]
    customer_names = names(request.frames, "customer_info", "customer_id", "customer_name")
    rows = []
    for (month, customer, sku), group in orders.groupby(["month", "customer_id", "sku"]):
        open_orders = group[group["shipped_on"].isna()]
        values: dict[str, Value] = {
            "month": month, "customer_id": customer, "customer_name": customer_names.get(customer, ""), "sku": sku,
            "quantity": _total(group["qty"]), "amount": yuan(int(group["amount"].fillna(0).sum())),
            "orders": len(group), "undelivered": _total(open_orders["qty"]),
        }  # fmt: skip
        rows.append(Row(f"{month}:{customer}:{sku}", values, sources_of("order_register", group["record_id"])))
    totals: dict[str, Value] = {"amount": yuan(int(orders["amount"].fillna(0).sum())), "orders": len(orders)}
    return register(request, "order_statistics", STATISTICS, rows, totals, period=period.name)


# R05


def key_customers(request: Request) -> Statement:
    """Three rankings: ranking (sales | growth | margin | new), rank, customer_id, customer_name, sales,
    previous_sales, growth, margin; and what people fill in: target, reason, measures, advice.

    The year to the day against the same stretch a year before. Growth needs earlier sales (new customers are listed
    apart), margin needs sales and every product's cost; ties by customer number.
    """
    sales = sales_fact(request.frames, request.pack.rules.reports.sales_authority)
    now, before = _stretch(sales, request.day), _stretch(sales, add_months(request.day, -12))
    current, previous = now.groupby("customer_id")["amount"].sum(), before.groupby("customer_id")["amount"].sum()
    costs, findings = _costs(request.frames, now)
    size = request.pack.rules.reports.ranking_size
    measures = _measures(current, previous, costs)
    customer_names = names(request.frames, "customer_info", "customer_id", "customer_name")
    records = now.groupby("customer_id")[["source", "record_id"]]
    sources = {customer: tuple(Source(*pair) for pair in group.itertuples(index=False)) for customer, group in records}
    rows = []
    for ranking, measure in measures.items():
        for rank, customer in enumerate(sorted(measure, key=lambda each: (-measure[each], each))[:size], 1):
            values: dict[str, Value] = {
                "ranking": ranking, "rank": rank, "customer_id": customer,
                "customer_name": customer_names.get(customer, ""), "sales": yuan(int(current[customer])),
                "previous_sales": yuan(int(previous.get(customer, 0))),
                "growth": _ratio(measures["growth"].get(customer)), "margin": _ratio(measures["margin"].get(customer)),
                "target": None, "reason": None, "measures": None, "advice": None,
            }  # fmt: skip
            rows.append(Row(f"{ranking}:{rank}", values, sources.get(customer, ())))
    totals: dict[str, Value] = {"sales": yuan(int(now["amount"].sum())), "customers": len(current)}
    return register(request, "key_customers", KEY, rows, totals, findings, until=request.day)


def _measures(current: pd.Series, previous: pd.Series, costs: Mapping[str, int]) -> dict[str, dict[str, Fraction]]:
    """What each ranking ranks by, by customer: sales in fen; growth and margin as fractions; new customers' sales."""
    sales = {str(customer): int(fen) for customer, fen in current.items()}
    before = {customer: int(previous.get(customer, 0)) for customer in sales}
    return {
        "sales": {customer: Fraction(fen) for customer, fen in sales.items()},
        "growth": {each: Fraction(fen - before[each], before[each]) for each, fen in sales.items() if before[each] > 0},
        "margin": {each: Fraction(fen - costs[each], fen) for each, fen in sales.items() if fen > 0 and each in costs},
        "new": {each: Fraction(fen) for each, fen in sales.items() if before[each] <= 0},
    }


def _stretch(sales: pd.DataFrame, until: date) -> pd.DataFrame:
    """Sales of the year up to a day."""
    kept = sales[within(sales["date"], date(until.year, 1, 1), until) & sales["customer_id"].ne("")]
    return kept.assign(amount=kept["amount"].fillna(0))


def _ratio(value: Fraction | None) -> Decimal | None:
    return None if value is None else round_decimal(value, 4)


def _costs(frames: Frames, sales: pd.DataFrame) -> tuple[dict[str, int], list[Finding]]:
    """Cost in fen of what each customer bought; a customer with a product of unknown cost is left out and reported.

    A deal without a quantity is one piece.
    """
    products = columns_of(frames, "product", ("sku", "cost")).drop_duplicates("sku", keep="last")
    known = {sku: int(cost) for sku, cost in products.itertuples(index=False) if pd.notna(cost)}
    total: dict[str, Fraction] = {}
    unknown: dict[str, Source] = {}
    for row in sales.itertuples(index=False):
        if row.sku not in known:
            unknown.setdefault(str(row.customer_id), Source(str(row.source), str(row.record_id)))
            continue
        pieces = Fraction(1) if pd.isna(row.qty) else Fraction(row.qty)
        total[row.customer_id] = total.get(row.customer_id, Fraction(0)) + known[row.sku] * pieces
    findings = [
        input_finding("E220", place, "sku", Severity.WARNING, customer=customer) for customer, place in unknown.items()
    ]
    return {customer: round(fen) for customer, fen in total.items() if customer not in unknown}, findings


# R06


def regions(request: Request) -> Statement:
    """One line a region and area: region, area_name, natures (industries), customers, grade_a to grade_d (counts
    of the four-grade scale), quantity, sales, share of all sales. Sales of the year to the day."""
    sales = _stretch(sales_fact(request.frames, request.pack.rules.reports.sales_authority), request.day)
    customers = columns_of(
        request.frames, "customer_info", ("record_id", "customer_id", "region", "area_name", "industry", "grade_abcd")
    )
    by_customer = dict(iter(sales.groupby("customer_id")))
    whole = int(sales["amount"].sum())
    rows = list(_region_rows(customers.fillna(""), by_customer, whole))
    unknown = sales[~sales["customer_id"].isin(list(customers["customer_id"].unique()))]
    findings = [
        input_finding("E221", Source(str(source), str(record)), "customer_id", customer=str(customer))
        for source, record, customer in unknown[["source", "record_id", "customer_id"]].itertuples(index=False)
    ]
    totals: dict[str, Value] = {"sales": yuan(whole), "customers": len(customers)}
    return register(request, "regions", REGIONS, rows, totals, findings, until=request.day)


def _region_rows(customers: pd.DataFrame, sales: dict[str, pd.DataFrame], whole: int) -> Iterator[Row]:
    for (region, area), group in customers.groupby(["region", "area_name"]):
        bought = [sales[customer] for customer in group["customer_id"] if customer in sales]
        fen = sum(int(each["amount"].sum()) for each in bought)
        grades: dict[str, Value] = {
            f"grade_{grade.lower()}": int((group["grade_abcd"] == grade).sum()) for grade in "ABCD"
        }
        values: dict[str, Value] = {
            "region": region, "area_name": area, "natures": sorted(set(group["industry"]) - {""}),
            "customers": len(group), **grades,
            "quantity": sum((_total(each["qty"].fillna(1)) for each in bought), Decimal(0)),
            "sales": yuan(fen), "share": round_decimal(Fraction(fen, whole), 4) if whole else None,
        }  # fmt: skip
        yield Row(f"{region}:{area}", values, sources_of("customer_info", group["record_id"]))
