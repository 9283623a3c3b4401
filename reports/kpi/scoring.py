"""Scoring one card from its figures and ratings. Nothing here knows tables, people or dates.

An indicator without its figure, target or raters has no score; its card has no total and its weight goes nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from reports.money import round_decimal
from reports.statement import Source
from schemas.kpi_rules import Card, Indicator, KpiRules

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: what was reached, of what target where the figure brings its own. reason: why there is none."""

    actual: Fraction | None
    target: Fraction | None = None
    reason: str = ""
    sources: tuple[Source, ...] = ()


NO_DATA = Measure(None, reason="no_data")


@dataclass(frozen=True, slots=True)
class Rating:
    """One rater's score for an indicator."""

    group: str
    score: Fraction
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """One indicator of a card. score and weighted are None where it cannot be scored, with the reason why."""

    indicator: Indicator
    weight: Fraction
    measure: Measure
    ratings: tuple[Rating, ...]
    score: Fraction | None
    reason: str = ""

    @property
    def weighted(self) -> Fraction | None:
        """Its part of the card's total."""
        return None if self.score is None else self.weight * self.score / 100


@dataclass(frozen=True, slots=True)
class ScoredCard:
    """A card: its indicators and, when all are scored, its total."""

    lines: tuple[Scored, ...]

    @property
    def total(self) -> Decimal | None:
        """Σ weight × score ÷ 100, two places, halves up; None while anything is missing."""
        parts = [line.weighted for line in self.lines]
        known = [part for part in parts if part is not None]
        return round_decimal(sum(known, Fraction(0)), 2) if len(known) == len(parts) else None

    @property
    def is_closable(self) -> bool:
        """Whether nothing is missing."""
        return self.total is not None


def score_card(
    card: Card,
    rules: KpiRules,
    measures: Mapping[str, Measure],
    ratings: Mapping[str, Sequence[Rating]],
) -> ScoredCard:
    """Scores every indicator. measures and ratings are by the indicator's key."""
    equal = Fraction(100, len(card.indicators))
    lines = []
    for indicator in card.indicators:
        weight = equal if rules.weights == "equal" else Fraction(indicator.weight)
        measure, own = measures.get(indicator.key, NO_DATA), tuple(ratings.get(indicator.key, ()))
        score, reason = _score(indicator, card, rules, measure, own)
        lines.append(Scored(indicator, weight, measure, own, score, reason))
    return ScoredCard(tuple(lines))


def _score(
    indicator: Indicator, card: Card, rules: KpiRules, measure: Measure, ratings: Sequence[Rating]
) -> tuple[Fraction | None, str]:
    if indicator.curve == "entered":
        return (_mean([each.score for each in ratings]), "") if ratings else (None, "not_entered")
    if indicator.curve == "rating" or rules.blend_scope == "whole":
        return blend(card.raters, ratings)
    if measure.actual is None:
        return None, measure.reason or "no_data"
    if indicator.curve == "count_lower":
        beyond = max(Fraction(0), measure.actual - indicator.allowed)
        return max(Fraction(0), HUNDRED - Fraction(rules.points_for_each) * beyond), ""
    target = measure.target if measure.target is not None else _stated(indicator.target)
    if not target or target < 0:
        return None, "no_target"
    if indicator.curve == "higher":
        return max(Fraction(0), HUNDRED * min(measure.actual / target, Fraction(rules.cap))), ""
    return _falling(measure.actual, target, _stated(indicator.zero_at) or 2 * target), ""


def _falling(actual: Fraction, target: Fraction, zero_at: Fraction) -> Fraction:
    """100 up to the target, then straight down to 0 at `zero_at`."""
    if actual <= target:
        return HUNDRED
    return max(Fraction(0), HUNDRED * (zero_at - actual) / (zero_at - target))


def blend(shares: Mapping[str, Decimal], ratings: Sequence[Rating]) -> tuple[Fraction | None, str]:
    """The mean of each group's raters, weighted by the groups' shares; a group without a rater leaves no score."""
    score = Fraction(0)
    for group, share in shares.items():
        given = [each.score for each in ratings if each.group == group]
        if not given:
            return None, "rating_missing"
        score += _mean(given) * Fraction(share) / 100
    return score, ""


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _stated(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)
