"""Which cards have all their ratings, and since when: what rule D45 waits for."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from reports.facts import columns_of
from reports.registry import Request
from schemas.kpi_rules import Card, KpiRules

Needed = tuple[str, str]
"""An indicator's label and the group of raters, "" for any."""


def kpi_rated(request: Request) -> pd.DataFrame:
    """One row a person and period whose card is rated in full: ratee_id, period, submitted_at.

    submitted_at: when the last rating it took came, missing where one of them has no moment. Ratings of oneself or
    outside 0 to 100 count for nothing. Without cards in the pack one rating is enough.
    """
    names = ("ratee_id", "rater_id", "period", "card", "indicator", "rater_role", "score", "submitted_at")
    given = columns_of(request.frames, "kpi_rating", names)
    usable = [
        score is not None and 0 <= score <= 100 and rater != ratee
        for score, rater, ratee in zip(given["score"], given["rater_id"], given["ratee_id"], strict=True)
    ]
    given = given[pd.Series(usable, index=given.index, dtype=bool)]
    rules = request.pack.rules.kpi
    needs = {card.label.zh: frozenset(_needed(card, rules)) for card in rules.cards.values()}
    rows = [
        (ratee, period, moment)
        for (ratee, period, card), own in given.groupby(["ratee_id", "period", "card"])
        if (moment := _complete_at(own, needs.get(card, frozenset()))) is not None
    ]
    found = pd.DataFrame(rows, columns=["ratee_id", "period", "submitted_at"])
    texts = {name: found[name].astype("str") for name in ("ratee_id", "period")}
    return found.assign(**texts, submitted_at=pd.to_datetime(found["submitted_at"]))


def _needed(card: Card, rules: KpiRules) -> Iterator[Needed]:
    for indicator in card.indicators:
        if indicator.curve == "entered":
            yield indicator.label.zh, ""
        elif indicator.curve == "rating" or rules.blend_scope == "whole":
            yield from ((indicator.label.zh, group) for group in card.raters)


def _complete_at(own: pd.DataFrame, needed: frozenset[Needed]) -> pd.Timestamp | None:
    """When the last of the ratings needed came first; None while one is missing, NaT where one has no moment."""
    if not needed:
        return own["submitted_at"].min()
    moments = []
    for indicator, group in needed:
        fits = own["indicator"].eq(indicator) & (own["rater_role"].eq(group) if group else True)
        if not fits.any():
            return None
        moments.append(own.loc[fits, "submitted_at"].min())
    return pd.NaT if any(pd.isna(moment) for moment in moments) else max(moments)
