"""How a payslip and its pieces came about, step by step (texts: `step.<code>`)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from reports.commissions.arithmetic import MonthCommission, SaleCommission
from reports.commissions.payroll import CLOSED, Payroll, Payslip
from reports.commissions.people import month_text
from reports.commissions.pieces import KIND_OF_LINE, Piece
from reports.money import round_decimal, round_fen, yuan
from reports.statement import Step, Value


def explain_payslip(slip: Payslip, payroll: Payroll) -> tuple[Step, ...]:
    """From the month's amount to what is paid, and when."""
    if slip.settlement is not None:
        return tuple(_closed(slip))
    return (*_base(slip), *_commission(slip), *_beside(slip), *_total(slip))


def explain_piece(slip: Payslip, piece: Piece) -> tuple[Step, ...]:
    """How one line came about."""
    if slip.status == CLOSED:
        return tuple(_closed(slip))
    if piece.part is not None:
        return (_deal(slip.made.own, piece.part, piece.fen or 0),)
    shown = {name: piece.values()[name] for name in ("name", "amount", "reason", "commission")}
    if piece.kind == "excluded":
        shown["reason_word"] = f"word.excluded.{shown['reason']}"
    return (Step(f"commission.piece_{piece.kind}", shown),)


def _base(slip: Payslip) -> Iterator[Step]:
    made = slip.made
    for result in made.results:
        yield Step("commission.gross", {"gross": _yuan(result.gross), "count": len(result.base.sales)})
        deductions = result.base.deductions
        if deductions.expenses:
            yield Step("commission.expenses", {"expenses": yuan(deductions.expenses)})
        if deductions.other_refunds:
            yield Step("commission.other_refunds", {"amount": yuan(deductions.other_refunds)})
        if deductions.shortfall:
            yield Step("commission.shortfall", {"amount": _yuan(deductions.shortfall)})
        yield Step("commission.net", {"net": _yuan(result.net)})


def _commission(slip: Payslip) -> Iterator[Step]:
    made = slip.made
    for code in dict.fromkeys(made.withheld):
        yield Step("commission.withheld", {"reason_word": f"word.withheld.{code}", "name": made.person.name})
    if made.withheld:
        return
    for result in made.results:
        yield from _result(result)
    for part in made.referred:
        yield Step("commission.referred", {"seller": part.seller, "amount": yuan(part.fen or 0)})


def _result(result: MonthCommission) -> Iterator[Step]:
    if result.net <= 0:
        yield Step("commission.nothing", {"net": _yuan(result.net)})
        return
    if result.match is not None:
        tier = result.match.tier
        yield Step(
            "commission.tier",
            {"net": _yuan(result.net), "tier": tier.id, "from": tier.from_, "rate": _percent(result.rate)},
        )
    for flag in result.flags:
        yield Step(f"commission.{flag}")
    if result.gold_g:
        yield Step("commission.gold", {"grams": round_decimal(result.gold_g, 2)})
    if not result.parts:
        return
    for part, fen in zip(result.parts, result.line_fen(), strict=True):
        yield _deal(result, part, fen)
    without = sum((part.net * part.rate for part in result.parts), Fraction(0)) * result.base.scale
    if without != result.exact:
        yield Step("commission.floor", {"without": _yuan(without), "effect": _yuan(result.exact - without)})
    yield Step("commission.rounded", {"exact": round_decimal(result.exact / 100, 6), "commission": yuan(result.fen)})
    if result.shared_out:
        yield Step("commission.shared_out", {"amount": yuan(result.shared_out)})


def _deal(result: MonthCommission, part: SaleCommission, fen: int) -> Step:
    sale = part.sale
    discount: Value = round_decimal(Fraction(sale.sold, sale.listed), 4) if sale.listed > 0 else None
    return Step(
        "commission.deal",
        {
            "deal_no": sale.deal, "amount": yuan(sale.amount), "gross": _yuan(result.gross), "net": _yuan(result.net),
            "share": _yuan(part.net), "rate": _percent(part.rate), "discount": discount,
            "factor": round_decimal(part.factor, 6).normalize(), "commission": yuan(fen),
        },
    )  # fmt: skip


def _beside(slip: Payslip) -> Iterator[Step]:
    for award in slip.awards:
        yield Step(f"commission.piece_{award.kind}", {"name": award.period, "commission": yuan(award.amount)})
    for adjustment, fen in zip(slip.adjustments, slip.adjustment_lines(), strict=True):
        source = adjustment.source.record_id if adjustment.source else ""
        yield Step(
            "commission.adjustment",
            {
                "kind_word": f"word.piece.{KIND_OF_LINE[adjustment.kind]}",
                "month": month_text(adjustment.of_month),
                "record": source,
                "amount": yuan(fen),
            },
        )
    if slip.brought_forward:
        yield Step("commission.piece_brought_forward", {"commission": yuan(slip.brought_forward)})


def _total(slip: Payslip) -> Iterator[Step]:
    if slip.payable is None:
        return
    yield Step("commission.payable", {"payable": yuan(slip.payable), "settle_on": slip.settle_on})
    if slip.carried:
        yield Step("commission.carried", {"carried": yuan(slip.carried)})


def _closed(slip: Payslip) -> Iterator[Step]:
    settlement = slip.settlement
    if settlement is None:
        return
    values = settlement.values
    yield Step(
        "commission.closed",
        {
            "closed_by": str(values["closed_by"]), "closed_at": values["closed_at"].to_pydatetime(),
            "pack": str(values["pack"]), "hash": str(values["pack_hash"])[:12],
            "payable": yuan(settlement.money("payable")),
        },
    )  # fmt: skip


def _yuan(fen: Fraction) -> Value:
    return yuan(round_fen(fen))


def _percent(rate: Fraction | None) -> Value:
    """A rate as people write it: 0.055 is 5.5%."""
    return None if rate is None else f"{round_decimal(rate * 100, 4).normalize():f}%"
