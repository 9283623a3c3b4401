"""R10, the ranking of sellers by week and month, and the prizes of a month."""

from __future__ import annotations

from reports.awards import Award, Standing
from reports.commissions.report import citation_of, findings_of, month_asked, parameters_of, payroll_of
from reports.money import round_fen, yuan
from reports.registry import Request
from reports.statement import Source, Statement, StatementLine, Step, Value


def awards(request: Request) -> Statement:
    """One line a prize."""
    payroll = payroll_of(request)
    prizes = {
        f"{award.staff_id}:{award.kind}:{award.period}:{at}": award
        for at, award in enumerate(sorted(payroll.awards.awards, key=_order))
        if not request.person or award.staff_id == request.person
    }
    lines = tuple(
        StatementLine(
            key,
            {
                "staff_id": award.staff_id, "kind": award.kind, "period": award.period, "month": month_asked(request),
                "amount": yuan(award.amount),
            },
            award.sources,
            citation_of(request.pack, "daily_peak" if award.source else award.kind),
        )
        for key, award in prizes.items()
    )  # fmt: skip
    standings = {(each.staff_id, each.kind, each.period): each for each in payroll.awards.standings}

    def explain(line: StatementLine) -> tuple[Step, ...]:
        award = prizes[line.key]
        standing = standings.get((award.staff_id, award.kind, award.period))
        if standing is None:
            return (Step("award.by_notice", {"period": award.period, "amount": yuan(award.amount)}),)
        return _steps(standing)

    totals: dict[str, Value] = {"amount": sum((yuan(award.amount) for award in prizes.values()), yuan(0))}
    return Statement(
        "awards", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), lines, totals,
        findings_of(payroll, request.person), explain,
    )  # fmt: skip


def champions(request: Request) -> Statement:
    """One line a seller and period, best first, with what had to be exceeded and why somebody is not eligible."""
    payroll = payroll_of(request)
    standings = {
        f"{each.kind}:{each.period}:{each.staff_id}": each
        for each in payroll.awards.standings
        if not request.person or each.staff_id == request.person
    }
    lines = tuple(
        StatementLine(
            key,
            {
                "kind": each.kind, "period": each.period, "rank": each.rank, "staff_id": each.staff_id,
                "name": payroll.book.people[each.staff_id].name, "sales": yuan(round_fen(each.measure)),
                "threshold": None if each.threshold is None else yuan(round_fen(each.threshold)),
                "eligible": not each.reason, "reason": each.reason, "amount": yuan(each.prize),
            },
            (Source("staff", payroll.book.people[each.staff_id].record_id),),
            citation_of(request.pack, each.kind),
        )
        for key, each in standings.items()
    )  # fmt: skip

    def explain(line: StatementLine) -> tuple[Step, ...]:
        return _steps(standings[line.key])

    totals: dict[str, Value] = {"amount": sum((yuan(each.prize) for each in standings.values()), yuan(0))}
    return Statement(
        "champions", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), lines, totals,
        findings_of(payroll, request.person), explain,
    )  # fmt: skip


def _order(award: Award) -> tuple[str, str, str, str]:
    return award.kind, award.period, award.staff_id, award.source.record_id if award.source else ""


def _steps(standing: Standing) -> tuple[Step, ...]:
    threshold = None if standing.threshold is None else yuan(round_fen(standing.threshold))
    shown: dict[str, Value] = {
        "period": standing.period, "sales": yuan(round_fen(standing.measure)), "threshold": threshold,
        "rank": standing.rank, "amount": yuan(standing.prize),
    }  # fmt: skip
    measured = Step("award.sales", shown)
    met = Step("award.no_threshold" if threshold is None else "award.threshold", shown)
    if standing.reason:
        return (measured, Step(f"award.{standing.reason}", shown))
    return (measured, met, Step("award.won" if standing.prize else "award.behind", shown))
