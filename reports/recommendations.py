"""R19: each seller's months against quota, and what the rules recommend. A recommendation never decides anything.

Source: seed 002 §四.5; domain.md §4.7. PRC law asks for documented incompetence and training or transfer before a
dismissal, so every recommendation says that HR and legal decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reports.commissions.ledger import Inputs, Ledger, ledger_of
from reports.commissions.month import Terms
from reports.commissions.nets import month_nets
from reports.commissions.people import (
    LEFT,
    ON_LEAVE,
    Person,
    Quota,
    month_last,
    month_number,
    month_of_day,
    month_text,
    people_of,
    quotas_of,
)
from reports.commissions.report import citation_of, month_asked, parameters_of, terms_of
from reports.money import fen_of, round_fen, yuan
from reports.registry import Request
from reports.settlement import settlements_of
from reports.statement import Source, Statement, StatementLine, Step, Value, input_finding
from schemas.finding import Finding, Severity
from schemas.periods import add_months

REGULAR, PROBATION, DEMOTED = "正式", "试用", "降级试用"
LOOKBACK = 36
"""Months looked back for a run of missed months; neutral ones among them do not end it."""


@dataclass(frozen=True, slots=True)
class Result:
    """One month: sales in fen against the quota. neutral: why it neither counts nor ends a run ("" when it counts)."""

    month: int
    net: Fraction
    quota: Quota | None
    state: str
    neutral: str

    @property
    def reached(self) -> bool:
        """完成: at least the effective quota."""
        return self.quota is not None and self.net >= self.quota.effective

    @property
    def exceeded(self) -> bool:
        """超额: strictly more than the effective quota."""
        return self.quota is not None and self.net > self.quota.effective


@dataclass(frozen=True, slots=True)
class Advice:
    """A person's month and what is recommended: dismiss, transfer_or_demote, review or "" for nothing."""

    person: Person
    result: Result
    misses: int
    recommendation: str
    reason: str


def recommendations(request: Request) -> Statement:
    """One line a full-time seller with a quota in the month."""
    month = month_number(month_asked(request))
    advised, findings = _advise(request, month)
    lines = {
        f"{advice.person.staff_id}:{month_text(month)}": advice
        for advice in advised
        if not request.person or advice.person.staff_id == request.person
    }
    made = tuple(
        StatementLine(key, _values(advice), _sources(advice), citation_of(request.pack, "recommendation"))
        for key, advice in lines.items()
    )

    def explain(line: StatementLine) -> tuple[Step, ...]:
        return _steps(lines[line.key])

    totals: dict[str, Value] = {
        "people": len(made), "recommended": sum(bool(line.values["recommendation"]) for line in made),
    }  # fmt: skip
    return Statement(
        "recommendations", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), made, totals,
        tuple(findings), explain,
    )  # fmt: skip


def _advise(request: Request, month: int) -> tuple[list[Advice], list[Finding]]:
    terms = terms_of(request.pack)
    people = people_of(request.frames)
    first = month - LOOKBACK + 1
    quotas = quotas_of(request.frames, people, terms.rules, first, month)
    closed = settlements_of(request.frames).closed
    inputs = Inputs(request.frames, terms.rules, people, terms.products, first, month, request.day, closed)
    ledger = ledger_of(inputs)
    nets = month_nets(inputs, ledger, for_quota=True)
    advised: list[Advice] = []
    findings: list[Finding] = []
    for staff_id in sorted(people):
        person = people[staff_id]
        line = person.at(month_last(month))
        if person.is_part_timer or line is None or line.state in LEFT:
            continue
        own = [
            _result(person, each, nets, quotas, ledger, month_last(each) <= request.day)
            for each in range(first, month + 1)
        ]
        if own[-1].quota is not None:
            advised.append(_advice(person, own, terms))
        elif nets.get((staff_id, month)):
            source = Source("staff", person.record_id)
            findings.append(
                input_finding("E346", source, "", Severity.WARNING, staff_id=staff_id, month=month_text(month))
            )
    return advised, findings


def _result(
    person: Person,
    month: int,
    nets: Mapping[tuple[str, int], Fraction],
    quotas: Mapping[tuple[str, int], Quota],
    ledger: Ledger,
    is_over: bool,
) -> Result:
    key = (person.staff_id, month)
    line = person.at(month_last(month))
    quota = quotas.get(key)
    neutral = ""
    if line is None or (person.joined_on and month < month_of_day(person.joined_on)):
        neutral = "before_joining"
    elif line.state == ON_LEAVE:
        neutral = "on_leave"
    elif quota is None or not quota.effective:
        neutral = "no_quota"
    elif not is_over:
        neutral = "month_open"
    elif key in ledger.withheld:
        neutral = "withheld"
    return Result(month, nets.get(key, Fraction(0)), quota, line.state if line else "", neutral)


def _advice(person: Person, results: Sequence[Result], terms: Terms) -> Advice:
    """What the rules recommend after the last of these months."""
    rules, now = terms.rules.recommendations, results[-1]
    misses = _misses_in_a_row(results)
    if now.neutral:
        return Advice(person, now, misses, "", now.neutral)
    if now.state == PROBATION and misses >= rules.misses:
        return Advice(person, now, misses, "dismiss", "missed_in_a_row")
    if now.state == REGULAR and misses >= rules.misses:
        return Advice(person, now, misses, "transfer_or_demote", "missed_in_a_row")
    if now.state == REGULAR and now.net < fen_of(rules.minimum):
        return Advice(person, now, misses, "transfer_or_demote", "below_minimum")
    if now.state == DEMOTED and _review_is_due(person, now.month, rules.review_months):
        return Advice(person, now, misses, "review", "missed" if not now.reached else "reached")
    return Advice(person, now, misses, "", "missed" if not now.reached else "reached")


def _misses_in_a_row(results: Sequence[Result]) -> int:
    """The run of missed months up to the last that counts, in its state; a neutral month neither counts nor ends it."""
    counted = [result for result in reversed(results) if not result.neutral]
    run = itertools.takewhile(lambda result: result.state == counted[0].state and not result.reached, counted)
    return sum(1 for _ in run)


def _review_is_due(person: Person, month: int, months: int) -> bool:
    line = person.at(month_last(month))
    since = person.demoted_on or (line.from_on if line else None)
    return since is not None and add_months(since, months) <= month_last(month)


def _values(advice: Advice) -> dict[str, Value]:
    result, quota = advice.result, advice.result.quota
    return {
        "staff_id": advice.person.staff_id, "name": advice.person.name, "month": month_text(result.month),
        "state": result.state, "quota": None if quota is None else yuan(quota.full),
        "effective_quota": None if quota is None else yuan(round_fen(quota.effective)),
        "net": yuan(round_fen(result.net)), "reached": result.reached if not result.neutral else None,
        "exceeded": result.exceeded if not result.neutral else None, "misses": advice.misses,
        "recommendation": advice.recommendation, "reason": advice.reason,
    }  # fmt: skip


def _sources(advice: Advice) -> tuple[Source, ...]:
    staff = Source("staff", advice.person.record_id)
    return (staff, Source("quota", advice.result.quota.record_id)) if advice.result.quota else (staff,)


def _steps(advice: Advice) -> tuple[Step, ...]:
    values = _values(advice)
    shown: dict[str, Value] = {name: values[name] for name in ("month", "net", "effective_quota", "misses")}
    steps = [Step("recommendation.month", {**shown, "state_word": f"word.answer.{advice.result.state}"})]
    steps.append(Step(f"recommendation.reason_{advice.reason}", shown))
    if advice.recommendation:
        steps.append(Step(f"recommendation.{advice.recommendation}", shown))
        steps.append(Step("recommendation.is_advice", {}))
    return tuple(steps)
