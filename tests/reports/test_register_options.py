"""What the pack's options on reports change, and which figures they leave alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from reports.registry import REPORTS, Request
from reports.statement import Statement
from schemas.rule_packs import load_pack
from tests.reports.rule_samples import CALENDAR, ROOT, Row, frames
from tests.reports.test_registers import deal, order, picked

DAY = date(2026, 11, 21)


def report(name: str, tables: Mapping[str, Sequence[Row]], month: str = "", **options: str) -> Statement:
    """A register under the pack `base` with options of its section `reports` or, by dotted name, another."""
    chosen = {name if "." in name else f"reports.{name}": value for name, value in options.items()}
    pack, findings = load_pack("base", (ROOT / "reports" / "rules",), DAY, chosen)
    assert pack is not None, findings
    return REPORTS[name].function()(Request(frames(tables), pack, DAY, CALENDAR, month))


ORDERS = [
    order("C1", "2025-12-31", "1", "3.00", due_on="2026-01-31"),
    order("C1", "2026-06-30", "1", "5.00", due_on="2026-07-01"),
]


@pytest.mark.parametrize(
    ("month", "keys", "halves"),
    [("received_on", ["C1:06:G1"], ("5.00", "0.00")), ("due_on", ["C1:01:G1", "C1:07:G1"], ("3.00", "5.00"))],
)
def test_an_order_belongs_to_the_month_the_pack_says(month: str, keys: list[str], halves: tuple[str, str]) -> None:
    statement = report("yearly_orders", {"order_register": ORDERS}, order_month=month)
    assert [line.key for line in statement.lines] == keys
    assert tuple(str(statement.totals[half]) for half in ("first_half", "second_half")) == halves


@pytest.mark.parametrize(
    ("authority", "sales", "quantity"), [("deal", "95.00", 10), ("order_register", "100.00", 10)], ids=str
)
def test_a_sale_told_twice_is_that_of_the_authoritative_record(authority: str, sales: str, quantity: int) -> None:
    tables = {
        "deal": [deal("C1", "2026-03-01", "95.00", deal_no="M1")],
        "order_register": [order("C1", "2026-02-27", "10", "10.00", reg_no="M1")],
        "customer_info": [{"customer_id": "C1", "region": "本市", "area_name": "浦东"}],
    }
    statement = report("regions", tables, sales_authority=authority)
    assert picked(statement, "sales", "quantity") == [(Decimal(sales), Decimal(quantity))]


def test_a_ranking_is_as_long_as_the_pack_says_ten_by_default() -> None:
    deals = [deal(f"C{at:02}", "2026-03-01", f"{at}.00") for at in range(1, 13)]
    counts = [
        len(
            [row for row in picked(report("key_customers", {"deal": deals}, **options), "ranking") if row == ("sales",)]
        )
        for options in ({}, {"ranking_size": "3"})
    ]
    assert counts == [10, 3]


@pytest.mark.parametrize(
    ("earlier", "months", "new"),
    [
        ("2025-11-03", "12", 0),  # twelve months to the day still count as trading
        ("2025-11-02", "12", 1),
        ("2026-05-02", "6", 1),
        ("2026-05-03", "6", 0),
    ],
)
def test_a_customer_is_new_after_so_many_months_without_a_sale(earlier: str, months: str, new: int) -> None:
    tables = {
        "customer_info": [{"customer_id": "C1", "owner_id": "S1"}],
        "deal": [deal("C1", "2026-11-03", "10.00"), deal("C1", earlier, "10.00")],
    }
    statement = report("customer_figures", tables, "2026-11", new_customer_months=months)
    assert picked(statement, "new_customers") == [(new,)]


def test_a_foreign_sale_is_booked_at_the_rate_of_the_pack() -> None:
    tables = {
        "deal": [deal("C1", "2026-03-01", "100.05", currency="USD")],
        "customer_info": [{"customer_id": "C1", "region": "本市", "area_name": "浦东"}],
    }
    options = {"commission.currency": "convert", "commission.fx.USD": "7.10"}
    statement = report("regions", tables, **options)
    assert picked(statement, "sales") == [(Decimal("710.36"),)]  # 100.05 × 7.10 = 710.355
    assert statement.findings == ()


def test_a_customer_is_lost_after_as_many_months_as_rule_d35_says() -> None:
    tables = {"deal": [deal("C1", "2026-08-15", "10.00")]}
    assert picked(report("lost_customers", tables), "lost_from") == [(date(2026, 11, 16),)]
    longer = report("lost_customers", tables, **{"deadlines.D35.due.amount": "4"})
    assert longer.lines == ()
