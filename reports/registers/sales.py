"""Sales and orders as the registers add them up: in yuan, and never with a figure that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from reports.commissions.deal_checks import REFUNDS
from reports.facts import columns_of, sales_fact
from reports.frames import Frames
from reports.money import YUAN_NAMES, round_fen, yuan
from reports.registry import Request
from reports.statement import Source, input_finding
from schemas.commission_rules import CommissionRules
from schemas.finding import Finding

ORDER_COLUMNS = (
    "record_id", "customer_id", "sku", "qty", "unit_price", "amount", "received_on", "due_on", "shipped_on",
)  # fmt: skip
RETURN, REFUND = REFUNDS


def booked_sales(request: Request) -> pd.DataFrame:
    """`sales_fact` with amounts as booked in yuan; an amount that cannot be known is missing."""
    return _booked(
        sales_fact(request.frames, request.pack.rules.reports.sales_authority), request.pack.rules.commission
    )


def booked_deals(request: Request) -> pd.DataFrame:
    """Deals, returns and refunds with what moved when: record_id, customer_id, kind, at, amount fen as booked.

    at: the day of payment, of a return or refund without one the day it was agreed.
    """
    columns = ("record_id", "customer_id", "kind", "paid_on", "sold_on", "amount", "currency")
    deals = columns_of(request.frames, "deal", columns)
    given_back = deals["kind"].isin([RETURN, REFUND])
    at = deals["paid_on"].where(deals["paid_on"].notna() | ~given_back, deals["sold_on"])
    deals = deals.assign(at=pd.to_datetime(at).astype("datetime64[s]"), source="deal")
    return _booked(deals.assign(amount=deals["amount"].astype("Int64")), request.pack.rules.commission)


def registered_orders(frames: Frames) -> pd.DataFrame:
    """The rows of the order register, amounts as Int64 fen."""
    orders = columns_of(frames, "order_register", ORDER_COLUMNS)
    return orders.assign(amount=orders["amount"].astype("Int64"), source="order_register", currency="")


def _booked(rows: pd.DataFrame, rules: CommissionRules) -> pd.DataFrame:
    """Foreign amounts become the fen they are booked at, the way commissions book them; without a rate, missing."""
    currency = rows["currency"].fillna("")
    foreign = ~currency.isin(list(YUAN_NAMES))
    if not foreign.any():
        return rows
    rates = {
        name: Fraction(rate) for name, rate in rules.fx.items() if rate is not None and rules.currency == "convert"
    }
    booked = [
        round_fen(int(amount) * rates[name]) if name in rates and pd.notna(amount) else pd.NA
        for name, amount in zip(currency[foreign], rows.loc[foreign, "amount"], strict=True)
    ]
    amounts = rows["amount"].copy()
    amounts[foreign] = pd.array(booked, dtype="Int64")
    return rows.assign(amount=amounts)


def find_unknown_amounts(rows: pd.DataFrame) -> list[Finding]:
    """A finding for every row whose amount cannot be known: E224 no number, E225 another currency.

    rows: record_id, source (the table), amount, currency.
    """
    unknown = rows[rows["amount"].isna()]
    findings = []
    for table, record, currency in unknown[["source", "record_id", "currency"]].fillna("").itertuples(index=False):
        place = Source(str(table), str(record))
        if currency in YUAN_NAMES:
            findings.append(input_finding("E224", place, "amount"))
        else:
            findings.append(input_finding("E225", place, "currency", value=str(currency)))
    return findings


def find_left_out(rows: pd.DataFrame, table: str, needed: Sequence[str]) -> tuple[pd.DataFrame, list[Finding]]:
    """The rows that say everything needed (a date, a customer), and a finding E226 for each that does not."""
    missing = {column: rows[column].isna() | rows[column].astype("object").eq("") for column in needed}
    findings = [
        input_finding("E226", Source(table, str(record)), column)
        for column, lacks in missing.items()
        for record in rows.loc[lacks, "record_id"]
    ]
    return rows[~pd.DataFrame(missing).any(axis=1)], findings


def known_sum(amounts: Iterable[Any]) -> int | None:
    """The sum of Int64 amounts; None when one of them is not known."""
    total = 0
    for amount in amounts:
        if pd.isna(amount):
            return None
        total += int(amount)
    return total


def known_yuan(amounts: Iterable[Any]) -> Decimal | None:
    """The sum of fen as yuan; None when one of them is not known."""
    fen = known_sum(amounts)
    return None if fen is None else yuan(fen)


def rows_by(frame: pd.DataFrame, *columns: str) -> dict[tuple[Any, ...], list[Any]]:
    """The frame's rows by what stands in some columns, sorted. Many times faster than a frame a group."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in frame.itertuples(index=False):
        found.setdefault(tuple(getattr(row, column) for column in columns), []).append(row)
    return dict(sorted(found.items()))


def known_total(quantities: Iterable[object]) -> Decimal | None:
    """The sum of quantities; None when one of them is not known."""
    total = Decimal(0)
    for quantity in quantities:
        if not isinstance(quantity, Decimal):
            return None
        total += quantity
    return total


def pieces(sales: pd.DataFrame, frames: Frames) -> list[Decimal | None]:
    """How many pieces each sale moved: an order its quantity (None: not known); a deal without one its list amount over
    the list price where that is a whole number, else one. Goods that came back count against, a refund alone moves
    nothing."""
    products = columns_of(frames, "product", ("sku", "list_price")).drop_duplicates("sku", keep="last")
    prices = {sku: int(price) for sku, price in products.itertuples(index=False) if pd.notna(price) and price > 0}
    columns = ["source", "kind", "sku", "qty", "list_amount"]
    found: list[Decimal | None] = []
    for source, kind, sku, quantity, listed in sales[columns].itertuples(index=False):
        if isinstance(quantity, Decimal):
            found.append(quantity)
        elif source == "deal":
            found.append(_pieces_of_deal(kind, 0 if pd.isna(listed) else int(listed), prices.get(sku, 0)))
        else:
            found.append(None)
    return found


def _pieces_of_deal(kind: str, listed: int, list_price: int) -> Decimal:
    if kind == REFUND:
        return Decimal(0)
    whole = list_price > 0 and listed > 0 and listed % list_price == 0
    count = Decimal(listed // list_price if whole else 1)
    return -count if kind == RETURN else count
