"""Commissions of one month for 200 people and all grades of 20,000 customers, over 100,000 deals.

    python -m benchmarks.commissions [--deals 100000] [--customers 20000] [--rounds 7]

Prints medians, and beside each a naive loop over the rows that follows the same rule. The goals are 300 ms and 500 ms.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from reports.frames import frames_of
from reports.registry import REPORTS, Request
from schemas.calendar import WorkingCalendar
from schemas.loader import load_catalogue
from schemas.rule_packs import Pack, load_pack

ROOT = Path(__file__).resolve().parents[1]
Rows = dict[str, list[dict[str, str]]]
STEPS = (
    (0, "0.05"), (1_000_000, "0.055"), (2_000_000, "0.06"), (5_000_000, "0.065"), (10_000_000, "0.07"),
    (20_000_000, "0.08"), (50_000_000, "0.09"),
)  # fmt: skip
"""The full-time table for the naive loop: from (fen), rate."""


def records(deals: int, customers: int, people: int, seed: int = 1) -> Rows:
    """A year of deals with discounts, refunds, services and unpaid sales, and every customer graded once a quarter."""
    rng = random.Random(seed)
    staff = [f"S{at:03}" for at in range(people)]
    rows: Rows = {
        "staff": [
            {
                "record_id": f"st{at}", "staff_id": name, "staff_name": name, "dept": "大客户部", "role": "销售顾问",
                "employment": "全职", "staff_state": "正式", "joined_on": "2024-01-01",
            }
            for at, name in enumerate(staff)
        ],
        "product": [
            {"record_id": "p1", "sku": "J", "product_name": "金", "category": "珠宝"},
            {"record_id": "p2", "sku": "V", "product_name": "洗", "category": "服务"},
        ],
        "quota": [
            {"record_id": f"q{name}{month}", "staff_id": name, "month": f"2026-{month:02}", "full_quota": "400000"}
            for name in staff
            for month in range(1, 13)
        ],
        "customer_info": [_customer(at, staff, rng) for at in range(customers)],
        "customer_grading": [_grading(at, quarter, rng) for at in range(customers) for quarter in (3, 6, 9)],
        "deal": [],
    }  # fmt: skip
    for at in range(deals):
        rows["deal"].append(_deal(at, rows["deal"], staff, customers, rng))
    return rows


def _customer(at: int, staff: Sequence[str], rng: random.Random) -> dict[str, str]:
    return {
        "record_id": f"c{at}", "customer_id": f"C{at:05}", "customer_name": f"客户{at}", "owner_id": rng.choice(staff),
        "industry": rng.choice(["制造业", "贸易", "零售", "珠宝"]), "staff_count": str(rng.randrange(5, 900)),
        "grade": rng.choice("ABC"), "first_contact_on": "2025-03-01",
    }  # fmt: skip


def _grading(at: int, month: int, rng: random.Random) -> dict[str, str]:
    scores = {name: str(rng.randrange(1, 6)) for name in _SCORES}
    gates = {name: rng.choice("是否") for name in ("chain_clear", "budget_ok", "need_clear")}
    return {
        "record_id": f"g{at}-{month}", "customer_id": f"C{at:05}", "review_month": f"2026-{month:02}",
        "grade": rng.choice("ABC"), **scores, **gates,
    }  # fmt: skip


def _deal(
    at: int, before: Sequence[Mapping[str, str]], staff: Sequence[str], customers: int, rng: random.Random
) -> dict[str, str]:
    day = (date(2026, 1, 1) + timedelta(days=rng.randrange(365))).isoformat()
    amount = rng.randrange(100, 6000) * 10
    row = {
        "record_id": f"d{at:06}", "deal_no": f"D{at:06}", "kind": "销售", "sold_on": day, "paid_on": day,
        "customer_id": f"C{rng.randrange(customers):05}", "seller_id": rng.choice(staff),
        "sku": "J" if rng.random() < 0.95 else "V", "amount": str(amount), "status": "有效",
        "list_amount": str(int(amount / rng.uniform(0.7, 1.05))),
    }  # fmt: skip
    if at > 20 and rng.random() < 0.03:
        original = rng.choice(before)
        if original["kind"] == "销售":
            copied = {name: original[name] for name in ("customer_id", "seller_id", "sku", "list_amount")}
            row |= copied | {"kind": "退款", "orig_deal": original["deal_no"], "amount": f"-{original['amount']}"}
    return row


_SCORES = ("match_score", "budget_score", "decision_score", "potential_score")


def naive_commissions(rows: Rows, month: str, until: date) -> dict[str, int]:
    """The month's commission of each full-timer in fen, deal by deal: paid jewellery, refunds off their sale."""
    jewels = {row["sku"] for row in rows["product"] if row["category"] == "珠宝"}
    sales = {row["deal_no"]: dict(row) for row in rows["deal"] if row["kind"] == "销售" and row["sku"] in jewels}
    net = {number: int(Decimal(row["amount"]) * 100) for number, row in sales.items()}
    for row in rows["deal"]:
        if row["kind"] != "销售" and row["orig_deal"] in net and row["paid_on"] <= until.isoformat():
            net[row["orig_deal"]] += int(Decimal(row["amount"]) * 100)
    due: dict[str, int] = {}
    for person in (row["staff_id"] for row in rows["staff"]):
        own = [
            (net[number], int(Decimal(row["amount"]) * 100), int(Decimal(row["list_amount"]) * 100))
            for number, row in sales.items()
            if row["seller_id"] == person and row["paid_on"].startswith(month) and row["paid_on"] <= until.isoformat()
        ]
        total = sum(amount for amount, _, _ in own)
        rate = max(((start, rate) for start, rate in STEPS if total >= start), default=(0, "0"))[1]
        exact = sum(
            amount * Fraction(rate) * min(Fraction(1), Fraction(sold, listed) / Fraction("0.9"))
            for amount, sold, listed in own
        )
        yuan = Decimal(Fraction(exact).numerator) / Decimal(Fraction(exact).denominator)
        due[person] = int(yuan.quantize(Decimal(1), ROUND_HALF_UP)) if total > 0 else 0
    return due


def naive_grades(rows: Rows, day: date) -> dict[str, tuple[str, str]]:
    """Each customer's A/B/C by its last scores, and A to D by its sales, customer by customer."""
    last: dict[str, Mapping[str, str]] = {}
    for row in rows["customer_grading"]:
        if row["review_month"] <= day.strftime("%Y-%m") and row["review_month"] >= last.get(row["customer_id"], {}).get(
            "review_month", ""
        ):
            last[row["customer_id"]] = row
    begin = day.replace(year=day.year - 1).isoformat()
    sales: dict[str, Decimal] = {}
    for row in rows["deal"]:
        if begin < row["paid_on"] <= day.isoformat():
            sales[row["customer_id"]] = sales.get(row["customer_id"], Decimal(0)) + Decimal(row["amount"])
    return {
        row["customer_id"]: (
            _naive_abc(last.get(row["customer_id"])),
            _naive_class(row, sales.get(row["customer_id"], Decimal(0))),
        )
        for row in rows["customer_info"]
    }


def _naive_abc(row: Mapping[str, str] | None) -> str:
    if row is None:
        return "未评级"
    match, budget, decision, potential = (int(row[name]) for name in _SCORES)
    value = (4 * budget + 3 * decision + 3 * potential) / Decimal(10)
    levels = "".join("H" if each >= 4 else "M" if each >= Decimal("2.5") else "L" for each in (Decimal(match), value))
    grade = {"HH": "A", "ML": "C", "LM": "C", "LL": "C"}.get(levels, "B")
    gates = all(row[name] == "是" for name in ("chain_clear", "budget_ok", "need_clear"))
    return "B" if grade == "A" and not gates else grade


def _naive_class(row: Mapping[str, str], sales: Decimal) -> str:
    nature = {"制造业": 60, "贸易": 80, "零售": 60, "珠宝": 60}[row["industry"]]
    staff = int(row["staff_count"])
    size = 100 if staff >= 300 else 60 if staff >= 50 else 30
    worth = next((points for start, points in _SALES if sales >= start), 0)
    score = Decimal(nature * 15 + size * 20 + worth * 40 + 60 * 25) / 100
    return "A" if score >= 80 else "B" if score >= 60 else "C" if score >= 40 else "D"


_SALES = ((1_000_000, 100), (500_000, 80), (100_000, 60), (10_000, 40), (Decimal("0.01"), 20))


def request_of(rows: Rows, pack: Pack, as_of: date, month: str = "") -> Request:
    """A report's request over these records."""
    catalogue, _ = load_catalogue([ROOT / "forms" / "templates"])
    frames, _ = frames_of(catalogue.templates, rows)
    return Request(frames, pack, as_of, WorkingCalendar(), month)


def shipped_pack() -> Pack:
    """The default pack. Raises SystemExit when it does not load."""
    pack, findings = load_pack("key_account_jewellery", [ROOT / "reports" / "rules"], date(2026, 12, 31))
    if pack is None:
        raise SystemExit(f"the shipped pack has errors: {findings}")
    return pack


def median_ms(run: Callable[[], Any], rounds: int) -> float:
    """The median of some runs in milliseconds."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("deals", 100_000), ("customers", 20_000), ("people", 200), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    rows, pack = records(asked.deals, asked.customers, asked.people), shipped_pack()
    as_of, month = date(2026, 11, 10), "2026-10"
    request = request_of(rows, pack, as_of, month)
    print(f"{asked.deals:,} deals, {asked.customers:,} customers, {asked.people} people, pandas {pd.__version__}")
    for name, goal, naive in (
        ("commissions", 300, lambda: naive_commissions(rows, month, as_of)),
        ("grades", 500, lambda: naive_grades(rows, as_of)),
    ):
        ours = median_ms(lambda name=name: REPORTS[name].function()(request), asked.rounds)
        loop = median_ms(naive, 1)
        print(f"{name:12} {ours:8.0f} ms (goal {goal})   naive loop {loop:8.0f} ms   {loop / ours:5.1f}×")


if __name__ == "__main__":
    main()
