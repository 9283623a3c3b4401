"""R11: the scorecards of a period, one line an indicator, and whether each card can be closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from reports.commissions.people import LEFT, Person
from reports.commissions.report import citation_of, month_asked, parameters_of
from reports.facts import columns_of
from reports.kpi.facts import KpiFacts
from reports.kpi.measures import MEASURES
from reports.kpi.scoring import NO_DATA, Rating, Scored, ScoredCard, score_card
from reports.money import round_decimal
from reports.registry import Request
from reports.statement import Source, Statement, StatementLine, Step, Value, input_finding
from schemas.finding import Finding, Severity
from schemas.kpi_rules import Card
from schemas.periods import Period, period_of


@dataclass(frozen=True)
class PersonCard:
    """One person's card of a period."""

    person: Person
    key: str
    card: Card
    period: Period
    result: ScoredCard
    is_over: bool

    @property
    def is_closable(self) -> bool:
        """Whether the period is over and nothing is missing."""
        return self.is_over and self.result.is_closable


def kpi(request: Request) -> Statement:
    """The cards of the quarter or half-year the month lies in. `total` is None while an indicator has no score."""
    cards, findings = cards_of(request)
    lines: dict[str, tuple[PersonCard, Scored]] = {}
    for each in cards:
        for scored in each.result.lines:
            key = f"{each.person.staff_id}:{each.key}:{each.period.name}:{scored.indicator.key}"
            lines[key] = (each, scored)
    made = tuple(
        StatementLine(
            key,
            _values(card, scored),
            _sources(card, scored),
            citation_of(request.pack, f"kpi_{card.key}"),
        )
        for key, (card, scored) in lines.items()
    )

    def explain(line: StatementLine) -> tuple[Step, ...]:
        return tuple(_steps(*lines[line.key]))

    totals: dict[str, Value] = {
        f"{card.person.staff_id}:{card.key}:{card.period.name}": card.result.total for card in cards
    }
    return Statement(
        "kpi", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), made, totals,
        tuple(findings), explain,
    )  # fmt: skip


def cards_of(request: Request) -> tuple[list[PersonCard], list[Finding]]:
    """Everybody's card by the role at the period's end, and what keeps cards from being closed. Part-timers and
    referrers have none: they are paid by what they sell."""
    facts, rules = KpiFacts(request), request.pack.rules.kpi
    first = pd.Period(month_asked(request), "M").start_time.date()
    cards: list[PersonCard] = []
    findings: list[Finding] = [] if rules.cards else [Finding("E410", None, {"pack": request.pack.id})]
    for key, card in rules.cards.items():
        period = period_of(first, card.period)
        if card.enabled_from is not None and period.first < card.enabled_from:
            findings.append(Finding("E411", None, {"card": card.label.zh, "since": card.enabled_from}, Severity.INFO))
            continue
        ratings = _ratings(facts, card, period)
        for staff_id in sorted(facts.people):
            person = facts.people[staff_id]
            line = person.at(min(period.last, request.day))
            if request.person not in ("", staff_id) or person.is_part_timer or line is None or line.state in LEFT:
                continue
            if line.role not in card.roles:
                continue
            measures = {
                indicator.key: MEASURES[indicator.measure](facts, person, period)
                for indicator in card.indicators
                if indicator.measure is not None
            }
            result = score_card(card, rules, measures, ratings.get(staff_id, {}))
            made = PersonCard(person, key, card, period, result, period.last <= request.day)
            cards.append(made)
            findings += _problems(made)
    return cards, [*findings, *_rating_problems(facts)]


def _ratings(facts: KpiFacts, card: Card, period: Period) -> dict[str, dict[str, list[Rating]]]:
    """By person and indicator, what raters gave; nobody rates himself, and only 0 to 100 counts."""
    columns = ("record_id", "ratee_id", "rater_id", "period", "card", "indicator", "rater_role", "score")
    rows = columns_of(facts.frames, "kpi_rating", columns)
    keys = {indicator.label.zh: indicator.key for indicator in card.indicators}
    own = rows[(rows["card"] == card.label.zh) & (rows["period"] == period.name)].sort_values("record_id")
    found: dict[str, dict[str, list[Rating]]] = {}
    for row in own.to_dict("records"):
        usable = row["score"] is not None and 0 <= row["score"] <= 100 and row["rater_id"] != row["ratee_id"]
        if row["indicator"] in keys and usable:
            rating = Rating(row["rater_role"], Fraction(row["score"]), Source("kpi_rating", row["record_id"]))
            found.setdefault(row["ratee_id"], {}).setdefault(keys[row["indicator"]], []).append(rating)
    return found


def _rating_problems(facts: KpiFacts) -> Iterator[Finding]:
    """Ratings that cannot be used: of oneself, outside 0 to 100, of an indicator no card has."""
    cards = facts.request.pack.rules.kpi.cards.values()
    known = {(card.label.zh, each.label.zh) for card in cards for each in card.indicators}
    columns = ("record_id", "ratee_id", "rater_id", "card", "indicator", "score")
    for row in columns_of(facts.frames, "kpi_rating", columns).to_dict("records"):
        source = Source("kpi_rating", row["record_id"])
        if row["rater_id"] and row["rater_id"] == row["ratee_id"]:
            yield input_finding("E412", source, "rater_id", Severity.ERROR, staff_id=row["rater_id"])
        elif row["score"] is None or not 0 <= row["score"] <= 100:
            yield input_finding("E413", source, "score", Severity.ERROR, value=str(row["score"] or ""))
        elif (row["card"], row["indicator"]) not in known:
            yield input_finding("E414", source, "indicator", Severity.ERROR, value=row["indicator"], card=row["card"])


def _problems(made: PersonCard) -> Iterator[Finding]:
    source = Source("staff", made.person.record_id)
    for scored in made.result.lines:
        if scored.score is None:
            yield input_finding(
                "E415", source, "", Severity.WARNING, staff_id=made.person.staff_id, period=made.period.name,
                indicator_zh=scored.indicator.label.zh, indicator_en=scored.indicator.label.en,
                reason_word=f"word.kpi.{scored.reason}",
            )  # fmt: skip


def _sources(card: PersonCard, scored: Scored) -> tuple[Source, ...]:
    """What the figure was counted from, or the person who has none."""
    ratings = tuple(rating.source for rating in scored.ratings if rating.source)
    return (*scored.measure.sources, *ratings) or (Source("staff", card.person.record_id),)


def _values(card: PersonCard, scored: Scored) -> dict[str, Value]:
    measure, indicator = scored.measure, scored.indicator
    return {
        "staff_id": card.person.staff_id, "name": card.person.name, "period": card.period.name,
        "card": card.card.label.zh, "card_key": card.key, "indicator": indicator.label.zh,
        "indicator_key": indicator.key, "weight": _shown(scored.weight), "actual": _shown(measure.actual),
        "target": _shown(measure.target) if measure.target is not None else indicator.target,
        "score": _shown(scored.score), "weighted": _shown(scored.weighted),
        "status": "scored" if scored.score is not None else "not_scorable", "reason": scored.reason,
        "total": card.result.total, "closable": card.is_closable,
    }  # fmt: skip


def _steps(card: PersonCard, scored: Scored) -> Iterator[Step]:
    indicator, measure = scored.indicator, scored.measure
    shown: dict[str, Value] = {
        "indicator": indicator.label, "actual": _shown(measure.actual),
        "target": _shown(measure.target) if measure.target is not None else indicator.target,
        "allowed": indicator.allowed, "score": _shown(scored.score), "weight": _shown(scored.weight),
        "weighted": _shown(scored.weighted),
    }  # fmt: skip
    for rating in scored.ratings:
        share = card.card.raters.get(rating.group)
        yield Step(
            "kpi.rating", {"group_word": f"word.answer.{rating.group}", "score": _shown(rating.score), "share": share}
        )
    if scored.score is None:
        yield Step("kpi.not_scorable", {**shown, "reason_word": f"word.kpi.{scored.reason}"})
        return
    if measure is not NO_DATA:
        yield Step(f"kpi.curve_{indicator.curve}", shown)
    yield Step("kpi.weighted", shown)


def _shown(value: Fraction | None) -> Value:
    """A ratio with four places, or fewer when it needs fewer (never less than two)."""
    if value is None:
        return None
    exact = round_decimal(value, 4)
    short = round_decimal(value, 2)
    return short if exact == short else exact
