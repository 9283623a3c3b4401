"""How a payslip and its pieces came about, step by step (texts: `step.<code>`)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from reports.commissions.arithmetic import MonthCommission, SaleCommission
from reports.commissions.month import FULL_TIME, MANAGER
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
    if piece.kind == "expense" and slip.made.own.base.rules.expense_allocation == "direct_first":
        return (Step("commission.piece_expense_direct", shown),)
    return (Step(f"commission.piece_{piece.kind}", shown),)


def _base(slip: Payslip) -> Iterator[Step]:
    made = slip.made
    for result in made.results:
        base = result.base
        if base.tax != 1:
            collected = yuan(sum(sale.amount for sale in base.sales))
            rate = _percent(Fraction(base.rules.tax_rate))
            yield Step("commission.tax", {"collected": collected, "rate": rate, "gross": _yuan(result.gross)})
        yield Step("commission.gross", {"gross": _yuan(result.gross), "count": len(base.sales)})
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
        yield from _result(result, made.kind)
    for part in made.referred:
        yield Step("commission.referred", {"seller": part.seller, "amount": yuan(part.fen or 0)})


def _row(result: MonthCommission, kind: str) -> Iterator[Step]:
    """How the rate was found."""
    rules = result.base.rules
    if kind == MANAGER:
        yield Step("commission.flat", {"rate": _percent(result.rate)})
        return
    if rules.basis == "better_of" and kind == FULL_TIME:
        yield Step("commission.better_of", {"basis_word": f"option.commission.basis.{result.basis}"})
    elif result.basis == "per_deal":
        yield Step("commission.per_deal")
    if result.match is None:
        return
    tier = result.match.tier
    shown: dict[str, Value] = {"net": _yuan(result.net), "tier": tier.id, "from": tier.from_}
    if tier.gold_g is not None:
        yield Step("commission.tier_gold", {**shown, "grams": tier.gold_g})
    elif rules.tier_key == "attainment":
        yield Step(
            "commission.attainment", {**shown, "from": _percent(Fraction(tier.from_)), "rate": _percent(result.rate)}
        )
    elif rules.method == "marginal":
        yield Step("commission.marginal", {**shown, "rate": _percent(result.rate)})
    else:
        yield Step("commission.tier", {**shown, "rate": _percent(result.rate)})


def _result(result: MonthCommission, kind: str) -> Iterator[Step]:
    if result.net <= 0:
        yield Step("commission.nothing", {"net": _yuan(result.net)})
        return
    yield from _row(result, kind)
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
    sale, base = part.sale, result.base
    discount: Value = round_decimal(Fraction(sale.sold, sale.listed), 4) if sale.listed > 0 else None
    own_costs = base.rules.expense_allocation == "direct_first" and base.deductions.of_customer
    return Step(
        "commission.deal_own_costs" if own_costs else "commission.deal",
        {
            "deal_no": sale.deal, "amount": _yuan(sale.amount * base.tax), "gross": _yuan(result.gross),
            "net": _yuan(result.net), "share": _yuan(part.net), "rate": _percent(part.rate), "discount": discount,
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
    if slip.brought_forward is None:
        yield Step("commission.withheld", {"reason_word": "word.withheld.E349", "name": slip.made.person.name})
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
