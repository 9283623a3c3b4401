"""A payslip taken apart: each deal, exclusion, expense, prize and adjustment as a line of its own.

The fen of a payslip's pieces sum to its total. An excluded deal and an expense carry no fen: they act on the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from reports.commissions.arithmetic import MonthCommission, Sale, SaleCommission
from reports.commissions.payroll import Payroll, Payslip
from reports.commissions.people import month_number, month_text
from reports.money import round_decimal, yuan
from reports.settlement import CLAWBACK, DIFFERENCE, REVERSAL, Settlement
from reports.statement import Source, Value

KIND_OF_LINE: Mapping[str, str] = {
    "成交": "sale", "退货抵减": "netted_refund", "不计": "excluded", "费用": "expense", "周冠军": "weekly_champion",
    "月冠军": "monthly_champion", "日高峰": "daily_peak", "其他奖励": "other", "人脉提成": "referral_share",
    REVERSAL: "reversal", DIFFERENCE: "difference", CLAWBACK: "clawback", "上期结转": "brought_forward",
}  # fmt: skip
LINE_OF_KIND: Mapping[str, str] = {kind: line for line, kind in KIND_OF_LINE.items()}
COLUMNS = (
    "kind", "name", "day", "amount", "list_amount", "discount", "cumulative_before", "cumulative_after", "net_share",
    "tier", "rate", "factor", "commission", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One line of a payslip. name: what tells it from others of its kind. fen: what it adds to the total.

    sale, plan: the deal as it counted and under which plan. kept: a referrer's share of a deal's commission.
    """

    kind: str
    name: str
    fen: int | None
    sources: tuple[Source, ...]
    data: Mapping[str, Value]
    of_month: int | None = None
    part: SaleCommission | None = None
    sale: Sale | None = None
    plan: str = ""
    kept: Fraction | None = None

    def values(self) -> dict[str, Value]:
        """The line's columns; those that do not concern it are None."""
        own = {"kind": self.kind, "name": self.name, "commission": None if self.fen is None else yuan(self.fen)}
        return {column: {**self.data, **own}.get(column) for column in COLUMNS}


def pieces_of(slip: Payslip, payroll: Payroll) -> tuple[Piece, ...]:
    """All pieces of a payslip, in the order they are worked out."""
    if slip.settlement is not None:
        return tuple(_closed_pieces(slip.settlement))
    return (
        *_sales(slip, payroll),
        *_netted(slip, payroll),
        *_excluded(slip, payroll),
        *_expenses(slip, payroll),
        *_referred(slip, payroll),
        *_awards(slip),
        *_adjustments(slip),
        *_brought(slip),
    )


def _sales(slip: Payslip, payroll: Payroll) -> Iterator[Piece]:
    made = slip.made
    plans = (made.kind, payroll.book.terms.rules.referral.plan)
    for result, rows, plan in zip(made.results, (made.own_rows, made.referral_rows), plans, strict=False):
        parts = result.parts if not made.withheld else ()
        shown = result.line_fen() if parts else (None if made.withheld else 0,) * len(rows)
        before = 0
        for at, (sale, row, fen) in enumerate(zip(result.base.sales, rows, shown, strict=True)):
            record = payroll.book.ledger.rows.iloc[row]
            data: dict[str, Value] = {
                "day": pd.Timestamp(record["day"]).date(),
                "amount": yuan(sale.amount),
                "list_amount": yuan(sale.listed) if sale.listed > 0 else None,
                "discount": round_decimal(Fraction(sale.sold, sale.listed), 4) if sale.listed > 0 else None,
                "cumulative_before": yuan(before),
                "cumulative_after": yuan(before + sale.amount),
            }
            before += sale.amount
            part = parts[at] if parts else None
            data |= _paid(result, part)
            sources = (Source("deal", str(record["record_id"])),)
            yield Piece("sale", sale.deal, fen, sources, data, part=part, sale=sale, plan=plan)


def _paid(result: MonthCommission, part: SaleCommission | None) -> dict[str, Value]:
    """How a deal was paid: share of the net, row, rate, factor."""
    if part is None:
        return {"tier": result.match.tier.id if result.match else None}
    return {
        "net_share": round_decimal(part.net / 100, 2),
        "tier": part.match.tier.id if part.match else None,
        "rate": round_decimal(part.rate, 6).normalize(),
        "factor": round_decimal(part.factor, 6).normalize(),
    }


def _netted(slip: Payslip, payroll: Payroll) -> Iterator[Piece]:
    """Refunds taken off their sale of the month."""
    refunds, rows = payroll.book.ledger.refunds, payroll.book.ledger.rows
    own = {*slip.made.own_rows, *slip.made.referral_rows}
    for at, original, late in zip(refunds["row"], refunds["original"], refunds["late"], strict=True):
        if int(original) in own and not late:
            record = rows.iloc[int(at)]
            data: dict[str, Value] = {"day": pd.Timestamp(record["day"]).date(), "amount": yuan(int(record["sold"]))}
            yield Piece("netted_refund", str(record["deal_no"]), None, (Source("deal", record["record_id"]),), data)


def _excluded(slip: Payslip, payroll: Payroll) -> Iterator[Piece]:
    excluded, rows = payroll.book.ledger.excluded, payroll.book.ledger.rows
    if not len(excluded):
        return
    own = excluded[(excluded["person"] == slip.made.person.staff_id) & (excluded["month"] == slip.made.month)]
    for at, reason in zip(own["row"], own["reason"], strict=True):
        record = rows.iloc[int(at)]
        day = pd.Timestamp(record["day"])
        data: dict[str, Value] = {
            "day": None if day is pd.NaT else day.date(), "amount": yuan(int(record["sold"])), "reason": reason,
        }  # fmt: skip
        yield Piece("excluded", str(record["deal_no"]), None, (Source("deal", record["record_id"]),), data)


def _expenses(slip: Payslip, payroll: Payroll) -> Iterator[Piece]:
    deducted = slip.made.own.base.deductions.expenses
    found = payroll.book.expenses.of.get((slip.made.person.staff_id, slip.made.month))
    if deducted and found:
        sources = tuple(Source("expense_claim", record) for record in found.records)
        yield Piece("expense", "expenses", None, sources, {"amount": yuan(-deducted)})


def _referred(slip: Payslip, payroll: Payroll) -> Iterator[Piece]:
    for part in slip.made.referred:
        record = payroll.book.ledger.rows.iloc[part.row]
        data: dict[str, Value] = {"amount": yuan(int(record["sold"])), "reason": part.seller}
        fen = None if slip.made.withheld else part.fen
        sources = (Source("deal", record["record_id"]),)
        yield Piece("referral_share", str(record["deal_no"]), fen, sources, data, kept=part.share)


def _awards(slip: Payslip) -> Iterator[Piece]:
    for at, award in enumerate(slip.awards):
        name = award.period if award.source is None else f"{award.period}#{at}"
        yield Piece(award.kind, name, award.amount, award.sources, {})


def _adjustments(slip: Payslip) -> Iterator[Piece]:
    shown = slip.adjustment_lines()
    for adjustment, fen in zip(slip.adjustments, shown, strict=True):
        sources = (adjustment.source,) if adjustment.source else ()
        kind = KIND_OF_LINE[adjustment.kind]
        name = f"{month_text(adjustment.of_month)}:{adjustment.source.record_id if adjustment.source else ''}"
        yield Piece(kind, name, fen, sources, {"reason": month_text(adjustment.of_month)}, adjustment.of_month)


def _brought(slip: Payslip) -> Iterator[Piece]:
    if slip.brought_forward:
        yield Piece("brought_forward", month_text(slip.made.month - 1), slip.brought_forward, (), {})


def _closed_pieces(settlement: Settlement) -> Iterator[Piece]:
    """The lines of a settlement as they were written."""
    for at, line in enumerate(settlement.lines):
        kind = KIND_OF_LINE.get(line["kind"], "excluded")
        paid = kind not in ("excluded", "expense", "netted_refund")
        data: dict[str, Value] = {
            "amount": _money(line["amount"]), "list_amount": _money(line["listed"]), "tier": line["tier"] or None,
            "rate": line["rate"], "factor": line["factor"], "reason": line["text"] or None,
        }  # fmt: skip
        sources = (Source(line["source_table"], line["source_id"]),) if line["source_id"] else ()
        fen = _fen(line["commission"]) if paid else None
        of_month = month_number(line["of_month"]) if line["of_month"] else None
        yield Piece(kind, f"{at + 1}", fen, sources, data, of_month)


def _fen(value: object) -> int:
    return 0 if value is pd.NA or value is None else int(np.int64(str(value)))


def _money(value: object) -> Value:
    return None if value is pd.NA or value is None else yuan(_fen(value))
