"""The commission reports: one line a person (`commissions`); every deal, prize and adjustment (`commission_lines`)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from reports.commissions.arithmetic import MonthCommission
from reports.commissions.explain import explain_payslip, explain_piece
from reports.commissions.ladder import Match
from reports.commissions.month import MANAGER, PART_TIME, PersonMonth, Terms
from reports.commissions.payroll import Payroll, Payroller, Payslip
from reports.commissions.people import month_number
from reports.commissions.pieces import Piece, pieces_of
from reports.money import round_decimal, round_fen, yuan
from reports.registry import Request
from reports.settlement import settlement_values
from reports.statement import Citation, Source, Statement, StatementLine, Step, Value
from schemas.commission_rules import CommissionPlan
from schemas.finding import Finding
from schemas.rule_packs import Pack

TOPIC_OF_KIND = {
    "sale": "commission", "netted_refund": "refund", "excluded": "commission", "expense": "commission",
    "referral_share": "referral", "weekly_champion": "weekly_champion", "monthly_champion": "monthly_champion",
    "daily_peak": "daily_peak", "other": "daily_peak", "reversal": "refund", "difference": "settlement",
    "clawback": "false_sale", "brought_forward": "settlement", "gold": "part_time",
}  # fmt: skip
EXPENSES_UNKNOWN = frozenset({"E321", "E323", "E328"})
SALES_UNKNOWN = frozenset({f"E3{number}" for number in (*range(11, 20), 21, 25, 26, 27, 48)})
"""Codes that leave open what a person sold or spent, and not only what is earned on it."""
SUMMED = ("gross", "expenses", "net", "commission", "awards", "adjustments", "brought_forward", "carried", "payable")


def month_asked(request: Request) -> str:
    """The month the request speaks of; without one the month of its day."""
    return request.month or request.day.strftime("%Y-%m")


def parameters_of(request: Request) -> dict[str, Value]:
    """The request as it stands in the statement."""
    return {"month": month_asked(request), "person": request.person or None}


def payroller_of(request: Request) -> Payroller:
    """What makes payrolls over the request's records."""
    return Payroller(request.frames, terms_of(request.pack), request.day, request.calendar)


def payroll_of(request: Request) -> Payroll:
    """The payslips of the month asked about."""
    return payroller_of(request).payroll(month_number(month_asked(request)))


def citation_of(pack: Pack, topic: str) -> Citation | None:
    """The rule behind a topic, where the pack names one."""
    cite = pack.rules.citations.get(topic)
    return None if cite is None else Citation(cite.document, cite.clause, cite.zh, cite.en)


def terms_of(pack: Pack) -> Terms:
    """The commission rules of a pack."""
    rules = pack.rules.commission

    def plan(name: str) -> CommissionPlan | None:
        return pack.rules.commission_plans.get(name) if name else None

    return Terms(rules, plan(rules.plan), plan(rules.part_time_plan), pack.table_findings)


def commissions(request: Request) -> Statement:
    """One line a person: from the month's amount to what is paid. Money in yuan; withheld figures are None."""
    payroll, month = payroll_of(request), month_asked(request)
    slips = {line_key(staff_id, month): slip for staff_id, slip in payroll.slips.items() if _wanted(request, staff_id)}
    lines = tuple(
        StatementLine(
            key, payslip_values(slip, month), sources_of(slip, payroll), citation_of(request.pack, _topic(slip.made))
        )
        for key, slip in slips.items()
    )

    def explain(line: StatementLine) -> tuple[Step, ...]:
        return explain_payslip(slips[line.key], payroll)

    return Statement(
        "commissions", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), lines, _totals(lines),
        findings_of(payroll, request.person), explain,
    )  # fmt: skip


def commission_lines(request: Request) -> Statement:
    """Everything a payslip is made of, line by line; the `commission` column of a person sums to the total paid."""
    payroll, month = payroll_of(request), month_asked(request)
    pieces: dict[str, tuple[Payslip, Piece]] = {}
    for staff_id, slip in payroll.slips.items():
        if _wanted(request, staff_id):
            for piece in pieces_of(slip, payroll):
                key = f"{line_key(staff_id, month)}:{piece.kind}:{piece.name}"
                pieces[key if key not in pieces else f"{key}#{len(pieces)}"] = (slip, piece)
    lines = tuple(
        StatementLine(
            key,
            {"staff_id": slip.made.person.staff_id, "month": month, **piece.values()},
            piece.sources,
            citation_of(request.pack, TOPIC_OF_KIND[piece.kind]),
        )
        for key, (slip, piece) in pieces.items()
    )

    def explain(line: StatementLine) -> tuple[Step, ...]:
        return explain_piece(*pieces[line.key])

    totals: dict[str, Value] = {"commission": yuan(sum(piece.fen or 0 for _, piece in pieces.values()))}
    return Statement(
        "commission_lines", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), lines, totals,
        findings_of(payroll, request.person), explain,
    )  # fmt: skip


def line_key(staff_id: str, month: str) -> str:
    """A person's line of a month."""
    return f"{staff_id}:{month}"


def payslip_values(slip: Payslip, month: str) -> dict[str, Value]:
    """The columns of the report `commissions`."""
    made = slip.made
    head: dict[str, Value] = {
        "staff_id": made.person.staff_id, "name": made.person.name, "month": month, "plan": made.kind,
        "status": slip.status,
    }  # fmt: skip
    if slip.settlement is not None:
        return {**head, **settlement_values(slip.settlement), "flags": [], "withheld": []}
    known = not made.withheld
    why = set(made.withheld)
    sales, costs = not why & SALES_UNKNOWN, not why & EXPENSES_UNKNOWN
    match, rate = shown_rate(made.own)
    return {
        **head,
        "gross": yuan(round_fen(sum((result.gross for result in made.results), Fraction(0)))) if sales else None,
        "expenses": yuan(made.own.base.deductions.expenses) if costs else None,
        "net": yuan(round_fen(made.net)) if sales and costs else None,
        "quota": None if made.quota is None else yuan(round_fen(made.quota.effective)),
        "attained": attained(made) if sales and costs else None,
        "tier": match.tier.id if known and match and made.kind != MANAGER else None,
        "rate": rate if known else None,
        "commission": yuan(made.commission) if made.commission is not None else None,
        "awards": yuan(slip.award_fen),
        "adjustments": yuan(slip.adjustment_fen),
        "brought_forward": None if slip.brought_forward is None else yuan(slip.brought_forward),
        "carried": None if slip.payable is None else yuan(slip.carried),
        "payable": None if slip.payable is None else yuan(slip.payable),
        "gold_grams": round_decimal(made.gold_g, 2) if known else None,
        "settle_on": slip.settle_on,
        "flags": list(dict.fromkeys(flag for result in made.results for flag in result.flags)),
        "withheld": list(dict.fromkeys(slip.withheld)),
    }


def attained(made: PersonMonth) -> Value:
    """Sales over effective quota, four places; None without a quota."""
    if made.quota is None or not made.quota.effective:
        return None
    return round_decimal(made.quota_net / made.quota.effective, 4)


def shown_rate(result: MonthCommission) -> tuple[Match | None, Value]:
    """The row and rate of a month paid at one rate."""
    rate = None if result.rate is None else round_decimal(result.rate, 6).normalize()
    return result.match, rate


def findings_of(payroll: Payroll, person: str = "") -> tuple[Finding, ...]:
    """What is wrong in the inputs, each once, in a stable order; for one person also what concerns the company."""
    unique = {(each.code, str(sorted(each.params.items()))): each for each in payroll.findings}
    found = [unique[key] for key in sorted(unique)]
    if not person:
        return tuple(found)
    others = payroll.book.people.keys() - {person}
    return tuple(each for each in found if each.params.get("staff_id") not in others)


def _wanted(request: Request, staff_id: str) -> bool:
    return not request.person or staff_id == request.person


def _topic(made: PersonMonth) -> str:
    if made.kind == MANAGER:
        return "manager"
    return "part_time" if made.kind == PART_TIME else "commission"


def sources_of(slip: Payslip, payroll: Payroll) -> tuple[Source, ...]:
    """The records behind a payslip: the person, its deals, claims, quota, notices and what it adjusts."""
    if slip.settlement is not None:
        return (Source("settlement", slip.settlement.record_id),)
    made = slip.made
    records = payroll.book.ledger.record_ids
    deals = [Source("deal", records[row]) for row in (*made.own_rows, *made.referral_rows)]
    deals += [Source("deal", records[part.row]) for part in made.referred]
    expenses = payroll.book.expenses.of.get((made.person.staff_id, made.month))
    claims = [Source("expense_claim", record) for record in (expenses.records if expenses else ())]
    quota = [Source("quota", made.quota.record_id)] if made.quota else []
    others = [award.source for award in slip.awards if award.source]
    others += [adjustment.source for adjustment in slip.adjustments if adjustment.source]
    return (Source("staff", made.person.record_id), *deals, *claims, *quota, *others)


def _totals(lines: tuple[StatementLine, ...]) -> dict[str, Value]:
    """Sums over the lines that have a figure, and how many have none."""
    totals: dict[str, Value] = {name: sum(_amounts(lines, name), yuan(0)) for name in (*SUMMED, "gold_grams")}
    return {**totals, "people": len(lines), "withheld": sum(line.values["payable"] is None for line in lines)}


def _amounts(lines: tuple[StatementLine, ...], name: str) -> Iterator[Decimal]:
    return (value for line in lines if isinstance(value := line.values[name], Decimal))
