"""Deadlines at 100,000 orders and deals: cold, after one more record, and the same rules in a row-by-row loop.

    .venv/bin/python -m benchmarks.reports [--rows 100000] [--rounds 5]

All shipped rules are on. Prints medians of one run and the ratio to the loop; targets: cold 2 s, one more record 0.3 s.
After one more record the time to take it up into the frames counts too.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd

from benchmarks.plain_deadlines import plain_delivery, plain_filing, plain_lost
from reports.deadlines import Memo, evaluate
from reports.frame_book import FrameBook
from reports.frames import TIMEZONE, frames_of
from schemas.calendar import WorkingCalendar
from schemas.deadline_rules import Rule
from schemas.loader import load_catalogue
from schemas.rule_packs import load_pack

ROOT = Path(__file__).resolve().parent.parent
AS_OF = datetime.fromisoformat("2026-11-21 09:00:00")
PEOPLE = 200
CALENDAR = WorkingCalendar()
Row = dict[str, str]
MORE: Mapping[str, Row] = {
    "sales_order": {"order_no": "PO-new", "customer_id": "C00001", "confirmed_on": "2026-11-20"},
    "deal": {"deal_no": "new", "customer_id": "C00001", "sold_on": "2026-11-20", "paid_on": "2026-11-20",
             "amount": "1.00"},
    "contract": {"contract_no": "new", "customer_id": "C00001", "signed_on": "2026-11-20"},
    "visit_record": {"customer_id": "C00001", "mode": "当面", "visited_at": "2026-11-20 09:00:00"},
    "contact_log": {"customer_id": "C00001", "channel": "电话", "contacted_at": "2026-11-20 09:00:00"},
    "after_sales": {"customer_id": "C00001", "reported_at": "2026-11-20 09:00:00"},
    "acceptance": {"order_no": "PO00000000003", "kind": "产品验收", "accepted_on": "2026-11-20"},
    "customer_info": {"customer_id": "C-new", "owner_id": "S001", "grade": "A"},
    "staff": {"staff_id": "S-new", "role": "销售顾问", "employment": "全职", "staff_state": "正式",
              "joined_on": "2023-01-05"},
}  # fmt: skip
"""One more record of each form."""


def company(rows: int, seed: int = 7) -> dict[str, list[Row]]:
    """A made-up company: `rows` orders and as many deals over two years, a fifth as many customers, 200 people.

    A twentieth of the orders is still open; contracts, visits, contacts and service records are a tenth each.
    """
    chance = random.Random(seed)
    customers, tenth = max(rows // 5, 1), max(rows // 10, 1)

    def day(back: int = 700) -> date:
        return AS_OF.date() - timedelta(days=chance.randrange(back))

    def moment(on: date) -> str:
        return f"{on} {chance.randrange(8, 19):02}:{chance.randrange(60):02}:00"

    def customer() -> str:
        return f"C{chance.randrange(customers):05}"

    def person() -> str:
        return f"S{chance.randrange(PEOPLE):03}"

    def order(at: int) -> Row:
        on = day()
        done = {} if at % 20 == 0 else {"delivered_on": str(on + timedelta(days=chance.randrange(20, 45)))}
        return {
            "order_no": f"PO{at:011}", "customer_id": customer(), "owner_id": person(), "confirmed_on": str(on),
            "approved_at": moment(on), "delivery_on": str(on + timedelta(days=30)), **done,
        }  # fmt: skip

    def deal(at: int) -> Row:
        on, amount = str(day()), f"{chance.randrange(100, 90000)}.00"
        return {
            "deal_no": f"D{at}", "customer_id": customer(), "seller_id": person(), "sold_on": on, "paid_on": on,
            "amount": amount, "list_amount": "90000.00", "kind": "销售",
        }  # fmt: skip

    def contract(at: int) -> Row:
        on = day()
        filed = {} if at % 7 == 0 else {"archived_on": str(on + timedelta(days=chance.randrange(8)))}
        return {"contract_no": f"HT{at}", "customer_id": customer(), "signed_on": str(on), **filed}

    def visit(at: int) -> Row:
        on = day()
        return {
            "customer_id": customer(), "mode": "当面", "visited_at": f"{on} 09:00:00", "ended_at": f"{on} 10:00:00",
            "submitted_at": moment(on + timedelta(days=chance.randrange(3))), "created_by": f"{person()} 某某",
        }  # fmt: skip

    def service(at: int) -> Row:
        on = day()
        return {
            "customer_id": customer(), "owner_id": person(), "issue_type": chance.choice(["故障", "咨询"]),
            "severity": chance.choice(["紧急", "复杂", "一般"]), "reported_at": moment(on),
            "responded_at": moment(on), "resolved_at": moment(on + timedelta(days=chance.randrange(4))),
        }  # fmt: skip

    made: Mapping[str, tuple[int, Callable[[int], Row]]] = {
        "sales_order": (rows, order),
        "deal": (rows, deal),
        "contract": (tenth, contract),
        "visit_record": (tenth, visit),
        "after_sales": (tenth, service),
        "acceptance": (
            rows - rows // 20,
            lambda at: {"order_no": f"PO{at + rows // 20:011}", "kind": "产品验收", "result": "通过",
                        "received_at": moment(on := day()), "accepted_on": str(on)},
        ),
        "contact_log": (tenth, lambda at: {"customer_id": customer(), "channel": "电话", "contacted_at": moment(day()),
                                           "is_decision_maker": "是", "purpose": "回访"}),
        "customer_info": (customers, lambda at: {"customer_id": f"C{at:05}", "owner_id": person(), "grade": "A",
                                                 "region": chance.choice(["本市", "本省", "其它地区"]),
                                                 "first_contact_on": "2024-01-05"}),
        "staff": (PEOPLE, lambda at: {"staff_id": f"S{at:03}", "role": "销售顾问", "employment": "全职",
                                      "staff_state": "正式", "joined_on": "2023-01-05", "manager_id": "S000"}),
    }  # fmt: skip
    return {
        table: [{"record_id": f"{table}{at}", "status": "有效", **make(at)} for at in range(count)]
        for table, (count, make) in made.items()
    }


def frames_for(rows: Mapping[str, Sequence[Row]]) -> dict[str, pd.DataFrame]:
    """Typed frames of all shipped templates."""
    return frames_of(load_catalogue([ROOT / "forms" / "templates"])[0], rows)[0]


def shipped_rules() -> Mapping[str, Rule]:
    """The deadline rules of the default pack."""
    pack, findings = load_pack("key_account_jewellery", (ROOT / "reports" / "rules",), AS_OF.date())
    assert pack is not None, findings
    return pack.rules.deadlines


def timed(run: Callable[[], object]) -> float:
    """Seconds a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def again(book: FrameBook, written: Mapping[str, Sequence[Row]], rules: Mapping[str, Rule], memo: Memo) -> None:
    """Takes up what was written and evaluates all rules once more."""
    book.take(written)
    evaluate(rules, book.frames, AS_OF, CALENDAR, memo)


def main() -> None:
    """Prints the medians."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    rows = company(asked.rows)
    templates = load_catalogue([ROOT / "forms" / "templates"])[0].templates
    frames, rules, calendar = frames_for(rows), shipped_rules(), CALENDAR
    cold = [timed(lambda: evaluate(rules, {**frames}, AS_OF, calendar)) for _ in range(asked.rounds)]
    evaluation = evaluate(rules, frames, AS_OF, calendar)
    print(f"obligations           {len(evaluation.status):>10,}")
    print(f"cold                  {statistics.median(cold):>10.3f} s   (target 2 s)")
    book, memo = FrameBook(templates, TIMEZONE), Memo()
    again(book, rows, rules, memo)
    for table, row in MORE.items():
        existing = rows[table]
        for what, write in (
            ("added", lambda at, row=row: {"record_id": f"new{at}", "status": "有效", **row}),
            ("changed", lambda at, existing=existing: existing[at]),
            ("withdrawn", lambda at, existing=existing: {**existing[-1 - at], "status": "已作废"}),
        ):
            wall, cpu = [], []
            for at in range(asked.rounds):
                start, began = time.perf_counter(), time.process_time()
                again(book, {table: [write(at)]}, rules, memo)
                wall.append(time.perf_counter() - start)
                cpu.append(time.process_time() - began)
            print(
                f"{table:<14} {what:<9} {statistics.median(wall):>8.3f} s   CPU {statistics.median(cpu):.3f} s   "
                "(target 0.3 s)"
            )
    chosen = {rule_id: rules[rule_id] for rule_id in ("D05", "D25", "D35")}
    quick = statistics.median(timed(lambda: evaluate(chosen, {**frames}, AS_OF, calendar)) for _ in range(asked.rounds))
    loop = timed(lambda: (plain_filing(rows, AS_OF), plain_delivery(rows, AS_OF), plain_lost(rows, AS_OF)))
    print(f"D05, D25, D35         {quick:>10.3f} s")
    print(f"same, row by row      {loop:>10.3f} s   ({loop / quick:.0f} times as long)")


if __name__ == "__main__":
    main()
