"""Small books of records for commission, grade and scorecard tests, written as canonical texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd

from reports.commissions.closing import Closing, closing_of
from reports.frames import frames_of
from reports.registry import Request
from reports.statement import Statement, StatementLine
from schemas.calendar import WorkingCalendar
from schemas.catalogue import Catalogue
from schemas.loader import load_catalogue
from schemas.rule_packs import Pack, load_pack

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, str]
Book = dict[str, list[Row]]
JEWEL, SERVICE = "J01", "V01"


@cache
def catalogue() -> Catalogue:
    return load_catalogue([ROOT / "forms" / "templates"])[0]


@cache
def _pack(name: str, overrides: tuple[tuple[str, str], ...]) -> Pack:
    pack, findings = load_pack(name, [ROOT / "reports" / "rules"], date(2026, 12, 31), dict(overrides))
    assert pack is not None, findings
    return pack


def pack(name: str = "key_account_jewellery", /, **overrides: str) -> Pack:
    """A shipped pack; `commission__floor__base="0.8"` stands for the option commission.floor.base."""
    return _pack(name, tuple(sorted((key.replace("__", "."), value) for key, value in overrides.items())))


def frames(book: Mapping[str, Sequence[Row]]) -> dict[str, pd.DataFrame]:
    return frames_of(catalogue().templates, book)[0]


def person(staff_id: str = "S001", state: str = "正式", employment: str = "全职", role: str = "销售顾问") -> Row:
    return {
        "record_id": f"staff-{staff_id}", "staff_id": staff_id, "staff_name": f"员工{staff_id}", "dept": "大客户部",
        "role": role, "employment": employment, "staff_state": state, "joined_on": "2025-01-01",
    }  # fmt: skip


def deal(number: str, amount: str, *, on: str = "2026-10-12", listed: str | None = None, **more: str) -> Row:
    """A paid sale of jewellery by S001 at its list price, unless said otherwise."""
    row = {
        "record_id": f"deal-{number}", "deal_no": number, "kind": "销售", "sold_on": on, "paid_on": on,
        "customer_id": "C0001", "seller_id": "S001", "sku": JEWEL, "amount": amount, "list_amount": listed or amount,
        "status": "有效", "currency": "CNY",
    }  # fmt: skip
    return {key: text for key, text in (row | more).items() if text}


def refund(number: str, original: str, amount: str, on: str, **more: str) -> Row:
    return deal(number, f"-{amount}", on=on, listed=amount, kind="退款", orig_deal=original, **more)


def claim(amount: str, *, month: str = "2026-10", person: str = "S001", **more: str) -> Row:
    row = {"record_id": f"claim-{person}-{month}-{amount}", "claimant_id": person, "month": month, "amount": amount}
    return row | more


def quota(amount: str, *, month: str = "2026-10", person: str = "S001", **more: str) -> Row:
    return {"record_id": f"quota-{person}-{month}", "staff_id": person, "month": month, "full_quota": amount} | more


def book(
    *deals: Row,
    people: Sequence[Row] = (),
    claims: Sequence[Row] = (),
    quotas: Sequence[Row] = (),
    **tables: Sequence[Row],
) -> Book:
    return {
        "staff": list(people or [person()]),
        "product": [
            {"record_id": "p1", "sku": JEWEL, "product_name": "金镯", "category": "珠宝"},
            {"record_id": "p2", "sku": SERVICE, "product_name": "清洗", "category": "服务"},
        ],
        "deal": list(deals),
        "expense_claim": list(claims),
        "quota": list(quotas),
    } | {name.replace("__", "."): list(rows) for name, rows in tables.items()}


def asked(
    of: Mapping[str, Sequence[Row]], month: str = "2026-10", *, as_of: date | None = None, **options: str
) -> Request:
    """A commission question about a month, asked at the end of the month after it."""
    day = as_of or (pd.Period(month, "M") + 1).end_time.date()
    return Request(frames(of), pack(**options), day, WorkingCalendar(), month)


def line(statement: Statement, staff_id: str = "S001") -> StatementLine:
    [found] = [each for each in statement.lines if each.values["staff_id"] == staff_id]
    return found


def codes(statement: Statement) -> set[str]:
    return {finding.code for finding in statement.findings}


def close(of: Book, month: str, as_of: date | None = None, **options: str) -> Closing:
    """Closes a month and writes its settlements into the book."""
    question = asked(of, month, as_of=as_of, **options)
    closed_at = pd.Timestamp(question.day).replace(hour=10).to_pydatetime()
    closing = closing_of(question, "S900", closed_at)
    store(of, closing, month)
    return closing


def store(of: Book, closing: Closing, month: str) -> None:
    """Writes a closing's settlements into the book."""
    for draft in closing.drafts:
        record = f"settlement-{draft.staff_id}-{month}"
        of.setdefault("settlement", []).append({**draft.values, "record_id": record})
        of.setdefault("settlement.lines", []).extend(
            {**each, "record_id": record, "line_no": str(number)} for number, each in enumerate(draft.lines, 1)
        )


def money(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
