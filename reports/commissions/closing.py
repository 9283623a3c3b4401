"""Closing a month: what is written down for each person, and what must be settled first.

Source: domain.md §4.3 (10), §6 AF18. A closed month is never computed again; see `reports.settlement`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from reports.commissions.payroll import COMPUTED, Payroll, Payroller, Payslip
from reports.commissions.people import month_last, month_number, month_text
from reports.commissions.pieces import LINE_OF_KIND, Piece, pieces_of
from reports.commissions.report import month_asked, payroller_of, payslip_values
from reports.money import round_decimal, yuan
from reports.registry import Request
from reports.settlement import PLAN_NAME, deal_counts, settlement_number, terms_text
from reports.statement import Source, input_finding
from schemas.finding import Finding, Severity

UNDECIDED = frozenset({"E340"})
"""Findings that leave a prize out of a month that can be closed: once put right, the next open month pays it."""
BLOCKING = frozenset({"E322", "E324"})
"""Findings about a deal that let its figure be shown but not paid: no signed agreement, a false-sale case open."""
COPIED = (
    "gross", "expenses", "net", "quota", "tier", "rate", "commission", "gold_grams", "awards", "adjustments",
    "brought_forward", "carried", "payable", "settle_on",
)  # fmt: skip


@dataclass(frozen=True)
class SettlementDraft:
    """One settlement ready to be written: canonical texts of the header and of its lines."""

    staff_id: str
    values: Mapping[str, str]
    lines: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Closing:
    """What may be closed, and why the rest may not."""

    drafts: tuple[SettlementDraft, ...]
    findings: tuple[Finding, ...]


def closing_of(request: Request, closed_by: str, closed_at: datetime) -> Closing:
    """The settlements of a finished month for everybody not yet closed. `closed_by` is a staff id.

    closed_at: wall-clock time of the company's zone, of before the records were read: what is written later is seen
    as a later change.
    """
    month = month_asked(request)
    payroller = payroller_of(request)
    payroll = payroller.payroll(month_number(month))
    if month_last(payroll.month) > request.day:
        return Closing((), (Finding("E353", None, {"month": month, "as_of": request.day}),))
    blocked = _blocked_records(payroll)
    counts = deal_counts(request.frames, payroller.terms.rules.recognition)
    common = {
        "month": month, "closed_at": closed_at.strftime("%Y-%m-%d %H:%M:%S"), "closed_by": closed_by,
        "pack": request.pack.id, "pack_hash": request.pack.hash, "rules": terms_text(payroller.terms),
        "deal_count": str(counts.get(payroll.month, 0)),
    }  # fmt: skip
    drafts: list[SettlementDraft] = []
    findings = [finding for finding in payroll.findings if finding.code in UNDECIDED]
    for staff_id, slip in payroll.slips.items():
        if slip.settlement is not None or (request.person and staff_id != request.person):
            continue
        problem = _out_of_order(slip, payroller) or _find_problem(slip, payroll, blocked)
        if problem is not None:
            findings.append(problem)
            continue
        head = {"settlement_no": settlement_number(staff_id, payroll.month), "staff_id": staff_id, **common}
        drafts.append(_draft(head, slip, payroll))
    return Closing(tuple(drafts), tuple(findings))


def _out_of_order(slip: Payslip, payroller: Payroller) -> Finding | None:
    """Months are closed one after the other: what one leaves to be carried or adjusted goes into the next."""
    staff_id, month = slip.made.person.staff_id, slip.made.month
    last = payroller.settlements.last_closed.get(staff_id)
    if last is None:
        return None
    if last > month:
        return _refusal("E357", slip, last=month_text(last))
    open_months = (each for each in range(last + 1, month) if staff_id in payroller.book(each).of)
    first = next(open_months, None)
    return None if first is None else _refusal("E356", slip, first=month_text(first))


def _find_problem(slip: Payslip, payroll: Payroll, blocked: Mapping[str, str]) -> Finding | None:
    """Why there is no figure to pay yet."""
    problem = _problem(slip, payroll, blocked)
    return _refusal("E354", slip, reason_word=f"word.withheld.{problem}") if problem else None


def _refusal(code: str, slip: Payslip, **params: str) -> Finding:
    person = slip.made.person
    named = {"staff_id": person.staff_id, "name": person.name, "month": month_text(slip.made.month), **params}
    return input_finding(code, Source("staff", person.record_id), "", Severity.ERROR, **named)


def _blocked_records(payroll: Payroll) -> dict[str, str]:
    """Records a blocking finding speaks of, with its code."""
    return {str(each.params["record_id"]): each.code for each in payroll.findings if each.code in BLOCKING}


def _problem(slip: Payslip, payroll: Payroll, blocked: Mapping[str, str]) -> str:
    """The code of what keeps a payslip from being closed; "" when nothing does."""
    if slip.status != COMPUTED:
        return slip.withheld[0]
    if not blocked:
        return ""
    records = payroll.book.ledger.record_ids
    own = (records[row] for row in (*slip.made.own_rows, *slip.made.referral_rows))
    return next((blocked[record] for record in own if record in blocked), "")


def _draft(head: Mapping[str, str], slip: Payslip, payroll: Payroll) -> SettlementDraft:
    values = payslip_values(slip, head["month"])
    copied = {name: _text(values[name]) for name in COPIED}
    header = {
        **head,
        **copied,
        "plan_kind": PLAN_NAME[slip.made.kind],
        "state_factor": _share_text(slip.made.own.base.scale),
    }
    lines = tuple(_line(piece, slip) for piece in pieces_of(slip, payroll))
    return SettlementDraft(
        slip.made.person.staff_id,
        {key: text for key, text in header.items() if text},
        tuple({key: text for key, text in line.items() if text} for line in lines),
    )


def _line(piece: Piece, slip: Payslip) -> dict[str, str]:
    """A piece as a line of the settlement."""
    source = piece.sources[0] if piece.sources else Source("", "")
    data = piece.values()
    of_month = piece.of_month if piece.of_month is not None else slip.made.month
    line = {
        "kind": LINE_OF_KIND[piece.kind], "source_table": source.table, "source_id": source.record_id,
        "text": _text(data["reason"]) or piece.name, "of_month": month_text(of_month), "amount": _text(data["amount"]),
        "tier": _text(data["tier"]), "rate": _text(data["rate"]), "factor": _text(data["factor"]),
        "commission": "" if piece.fen is None else _text(yuan(piece.fen)),
    }  # fmt: skip
    if piece.sale is not None:
        sale = piece.sale
        line |= {
            "plan_kind": PLAN_NAME[piece.plan], "sold": _text(yuan(sale.sold)), "listed": _text(yuan(sale.listed)),
            "kept": _share_text(sale.kept), "share": _share_text(sale.share),
        }  # fmt: skip
    if piece.kept is not None:
        line["kept"] = _share_text(piece.kept)
    return line


def _share_text(share: Fraction) -> str:
    return _text(round_decimal(share, 12).normalize())


def _text(value: object) -> str:
    """A figure as canonical text."""
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
