"""Which cards have all their ratings, and since when: what rule D45 waits for."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from reports.facts import columns_of
from reports.registry import Request
from schemas.kpi_rules import Card, KpiRules

CARD = ["ratee_id", "period", "card"]
ANY = ""
"""The group of raters where anybody's rating will do."""


def kpi_rated(request: Request) -> pd.DataFrame:
    """One row a person and period whose card is rated in full: ratee_id, period, submitted_at.

    submitted_at: when the last rating it took came, missing where one of them has no moment. Ratings of oneself or
    outside 0 to 100 count for nothing. Without cards in the pack one rating is enough.
    """
    given = _usable(request)
    rules = request.pack.rules.kpi
    needed = [
        (card.label.zh, indicator, group) for card in rules.cards.values() for indicator, group in _needed(card, rules)
    ]
    if not needed:
        return given.groupby(["ratee_id", "period"], as_index=False)["submitted_at"].min()
    needs = pd.DataFrame(needed, columns=["card", "indicator", "rater_role"])
    anybody = given.assign(rater_role=ANY)
    ratings = pd.concat([given, anybody]).merge(needs, on=["card", "indicator", "rater_role"])
    firsts = ratings.groupby([*CARD, "indicator", "rater_role"], as_index=False)["submitted_at"].min()
    cards = firsts.assign(undated=firsts["submitted_at"].isna()).groupby(CARD, as_index=False)
    found = cards.agg(rated=("indicator", "size"), submitted_at=("submitted_at", "max"), undated=("undated", "any"))
    complete = found[found["rated"] == found["card"].map(needs["card"].value_counts())]
    moments = complete["submitted_at"].where(~complete["undated"])
    return complete.assign(submitted_at=moments)[["ratee_id", "period", "submitted_at"]].reset_index(drop=True)


def _usable(request: Request) -> pd.DataFrame:
    names = ("ratee_id", "rater_id", "period", "card", "indicator", "rater_role", "score", "submitted_at")
    given = columns_of(request.frames, "kpi_rating", names)
    usable = [
        score is not None and 0 <= score <= 100 and rater != ratee
        for score, rater, ratee in zip(given["score"], given["rater_id"], given["ratee_id"], strict=True)
    ]
    given = given[pd.Series(usable, index=given.index, dtype=bool)]
    texts = {name: given[name].astype("str") for name in ("ratee_id", "period", "card", "indicator", "rater_role")}
    return given.assign(**texts, submitted_at=pd.to_datetime(given["submitted_at"]))


def _needed(card: Card, rules: KpiRules) -> Iterator[tuple[str, str]]:
    """Indicator and group of raters of each rating the card takes."""
    for indicator in card.indicators:
        if indicator.curve == "entered":
            yield indicator.label.zh, ANY
        elif indicator.curve == "rating" or rules.blend_scope == "whole":
            yield from ((indicator.label.zh, group) for group in card.raters)
