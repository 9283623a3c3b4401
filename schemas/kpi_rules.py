"""Scorecards as data (the `kpi` section of a rule pack): indicators, weights, curves, raters.

Source: seed 002 §五, weights reconstructed in domain.md §5.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field as Option
from pydantic import model_validator

from schemas.contradiction import Contradiction
from schemas.exact import Day, Exact
from schemas.template import Key, Label, Meta

MeasureName = Literal[
    "sales_plan", "department_sales_plan", "lost_customers", "churn_rate", "development_plan", "complaints",
    "department_complaints", "feedback", "analyses", "dossiers", "department_dossiers", "satisfaction",
    "department_satisfaction", "gross_margin", "expense_saving", "sales_growth", "new_key_accounts", "staff_retention",
]  # fmt: skip
"""The figures `reports.kpi.measures` knows how to find."""
Curve = Literal["higher", "rate_lower", "count_lower", "rating", "entered"]


class Indicator(Meta):
    """One line of a card.

    curve: higher (100 at the target), rate_lower (100 up to the target, 0 at `zero_at`), count_lower (20 points for
    each one above `allowed`), rating (what raters give, blended), entered (the mean of what is entered for it).
    measure: the name of the figure it is computed from; rating and entered have none.
    """

    key: Key
    label: Label
    weight: Exact = Option(gt=0)
    curve: Curve
    measure: MeasureName | None = None
    target: Exact | None = Option(default=None, gt=0)
    zero_at: Exact | None = None
    """Default: twice the target."""
    allowed: int = Option(default=0, ge=0)

    @model_validator(mode="after")
    def _knows_its_figure(self) -> Indicator:
        computed = self.curve not in ("rating", "entered")
        if computed != (self.measure is not None):
            raise Contradiction("indicator_measure", indicator=self.key)
        if self.zero_at is not None and self.target is not None and self.zero_at <= self.target:
            raise Contradiction("indicator_zero", indicator=self.key)
        return self


class Card(Meta):
    """A scorecard for some roles and a kind of period. raters: share of each rater group in a rating, in percent."""

    label: Label
    roles: tuple[str, ...] = Option(min_length=1)
    period: Literal["quarter", "half"]
    raters: dict[str, Exact]
    enabled_from: Day | None = None
    indicators: tuple[Indicator, ...] = Option(min_length=1)

    @model_validator(mode="after")
    def _weights_make_the_whole(self) -> Card:
        total = sum(indicator.weight for indicator in self.indicators)
        if total != 100:
            raise Contradiction("weights_sum", of=self.label.zh, total=total, whole=100)
        if (shares := sum(self.raters.values())) != 100:
            raise Contradiction("raters_sum", card=self.label.zh, total=shares)
        keys = [indicator.key for indicator in self.indicators]
        if len(set(keys)) != len(keys):
            raise Contradiction("indicator_twice", card=self.label.zh)
        return self


class KpiRules(Meta):
    """All cards. weights: as stated, or all equal. blend_scope: raters blend only what they rate, or the whole card."""

    cap: Exact = Option(default=Decimal(1), ge=1)
    points_for_each: Exact = Option(default=Decimal(20), gt=0)
    weights: Literal["stated", "equal"] = "stated"
    blend_scope: Literal["qualitative", "whole"] = "qualitative"
    expense_budget_month: Exact | None = Option(default=None, gt=0)
    """The department's budget of expenses a month in yuan; none: what was saved cannot be scored."""
    cards: dict[Key, Card] = Option(default_factory=dict)
