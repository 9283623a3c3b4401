"""Commission rules as data: the tier tables (plans) and the questions a company answers about them.

Every option's question, alternatives and effect are texts of forms/locales/<lang>/reports.yaml under
`option.commission.<name>` and `option.commission.<name>.<alternative>`. Source: seed 002 §四; domain.md §4.
"""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import ConfigDict, model_validator
from pydantic import Field as Option

from schemas.calendar import Roll
from schemas.contradiction import Contradiction
from schemas.exact import Exact
from schemas.finding import Param
from schemas.template import Label, Meta

Money = Exact
Share = Exact

NOTHING = Decimal(0)
BOUNDARY_ROW = Decimal(10_000)
"""The amount two rows of the printed table claim, see `CommissionRules.exact_10000`."""


class Tier(Meta):
    """One row of a tier table, from `from` (yuan, inclusive unless `from_inclusive` is false) to the next row's `from`.

    A row pays a `rate` of the amount or `gold_g` grams of gold. `printed_to` is the upper end the paper shows; what
    lies between it and the next row is the gap `CommissionRules.gap` speaks of. `to`, where given, must be the next
    row's `from`: by a table that leaves amounts without a row nobody is paid (`find_flaw`).
    """

    id: str = Option(min_length=1)
    from_: Exact = Option(alias="from", ge=0)
    from_inclusive: bool = True
    to: Exact | None = None
    rate: Exact | None = Option(default=None, ge=0, le=1)
    gold_g: Exact | None = Option(default=None, gt=0)
    printed_to: Exact | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _pays_one_way(self) -> Tier:
        if (self.rate is None) == (self.gold_g is None):
            raise Contradiction("tier_pays", tier=self.id)
        for name, end in (("to", self.to), ("printed_to", self.printed_to)):
            if end is not None and end <= self.from_:
                raise Contradiction("tier_end", tier=self.id, name=name, end=end, start=self.from_)
        return self


def find_flaw(tiers: tuple[Tier, ...]) -> Contradiction | None:
    """What keeps `tiers` from covering every amount above zero exactly once; None when they do."""
    if tiers[0].from_ != 0:
        return Contradiction("tiers_begin", start=tiers[0].from_)
    for lower, upper in itertools.pairwise(tiers):
        named: dict[str, Param] = {"lower": lower.id, "upper": upper.id, "start": upper.from_}
        if upper.from_ <= lower.from_:
            return Contradiction("tiers_rise", before=lower.from_, **named)
        if lower.to is not None and lower.to < upper.from_:
            return Contradiction("tiers_gap", end=lower.to, **named)
        if lower.to is not None and lower.to > upper.from_:
            return Contradiction("tiers_overlap", end=lower.to, **named)
        if lower.printed_to is not None and lower.printed_to > upper.from_:
            return Contradiction("tiers_printed", end=lower.printed_to, **named)
    return None


class ProductFilter(Meta):
    """Which products earn commission where the product itself does not say so."""

    category: tuple[str, ...] = ()


class CommissionPlan(Meta):
    """A tier table, whom it applies to (用工类型) and from when."""

    label: Label
    applies: tuple[str, ...] = Option(min_length=1)
    effective_from: date
    currency: str = "CNY"
    product_filter: ProductFilter = ProductFilter()
    tiers: tuple[Tier, ...] = Option(min_length=1)

    @cached_property
    def flaw(self) -> Contradiction | None:
        """Why nobody can be paid by this table."""
        return find_flaw(self.tiers)


class FloorStep(Meta):
    """A row of a company's own discount table: at a discount of `from` and above the rate is multiplied by `factor`."""

    from_: Exact = Option(alias="from", ge=0)
    factor: Exact = Option(ge=0)

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Floor(Meta):
    """What happens to the rate of a deal sold below `base` of its list price."""

    base: Exact = Option(default=Decimal("0.90"), gt=0, le=1)
    method: Literal["ratio", "points", "discount_itself", "forfeit", "table"] = "ratio"
    missing_list: Literal["reject", "factor_1"] = "reject"
    table: tuple[FloorStep, ...] = ()

    @model_validator(mode="after")
    def _table_covers(self) -> Floor:
        if self.method != "table":
            return self
        starts = [step.from_ for step in self.table]
        if not starts or starts[0] != 0 or any(b <= a for a, b in itertools.pairwise(starts)):
            raise Contradiction("floor_table")
        return self


class Referral(Meta):
    """Who earns on a deal that came through a referrer (人脉)."""

    mode: Literal["single_seller", "single_referrer", "ratio_on_commission", "ratio_on_sales"] = "single_seller"
    quota_credit: Literal["seller", "none"] = "seller"
    plan: Literal["part_time", "full_time"] = "part_time"


class Rounding(Meta):
    """How the one rounding to the fen is done, and of what."""

    mode: Literal["HALF_UP", "HALF_EVEN"] = "HALF_UP"
    scope: Literal["person_month", "line"] = "person_month"


class Champions(Meta):
    """Prizes for the best sellers and the caps that go with them. Source: seed 002 §四.4."""

    weekly: Money = Decimal(200)
    monthly: Money = Decimal(300)
    daily_max: Money = Decimal(50)
    quota_share_of_week: Share = Decimal("0.25")


class Clawback(Meta):
    """What a proven false sale gives back. Wages are needed only to spread a deduction (`penalty_mode: schedule`)."""

    base: Literal["incremental", "commission_on_sale", "bonus_only", "whole_month"] = "incremental"
    penalty_factor: Exact = Option(default=Decimal(10), ge=0)
    cap_pct: Share = Option(default=Decimal("0.20"), gt=0, le=1)
    monthly_wage: Money | None = Option(default=None, gt=0)
    minimum_wage: Money | None = Option(default=None, gt=0)


class Recommendations(Meta):
    """When the statement recommends (never decides) a change of state. Source: seed 002 §四.5."""

    misses: int = Option(default=3, ge=1)
    minimum: Money = Decimal(10_000)
    review_months: int = Option(default=3, ge=1)


FULL_RATE: dict[str, Decimal] = {"正式": Decimal(1), "试用": Decimal("0.5"), "降级试用": Decimal("0.7")}


class CommissionRules(Meta):
    """The answers in force for a month. Defaults are ours where the documents are silent; see each option's text."""

    plan: str = ""
    """Plan of full-time sellers; empty: this pack pays no commission."""
    part_time_plan: str = ""

    basis: Literal["monthly", "per_deal", "better_of"] = "monthly"
    tier_key: Literal["amount", "attainment"] = "amount"
    attainment_tiers: tuple[Tier, ...] = ()
    method: Literal["slab", "marginal"] = "slab"
    exact_10000: Literal["upper", "lower"] = "upper"
    gap: Literal["lower", "upper", "round3"] = "lower"
    above_table: Literal["last_rate", "manual", "cap"] = "last_rate"
    zero_negative_net: Literal["zero", "carry_negative"] = "zero"
    pt_net: Literal["minus_refunds", "minus_refunds_expenses"] = "minus_refunds"
    pt_basis: Literal["monthly", "per_deal"] = "monthly"
    gold_guard: Literal["warn", "none", "min_amount", "cap_pct"] = "warn"
    gold_price: Money | None = Option(default=None, gt=0)
    gold_guard_pct: Share = Option(default=Decimal("0.20"), gt=0)
    gold_min_net: Money = Option(default=Decimal("0.01"), ge=0)
    floor: Floor = Floor()
    expense_allocation: Literal["pro_rata", "direct_first"] = "pro_rata"
    recognition: Literal["paid", "signed", "delivered"] = "paid"
    tax: Literal["incl", "excl"] = "incl"
    tax_rate: Share = Option(default=Decimal("0.13"), ge=0, lt=1)
    refund_before_close: Literal["net_in_sale_month"] = "net_in_sale_month"
    refund_after_close: Literal["reverse_at_original_rate", "net_in_refund_month", "recompute_original"] = (
        "reverse_at_original_rate"
    )
    negative_total: Literal["carry_forward", "floor_zero", "invoice"] = "carry_forward"
    referral: Referral = Referral()
    settle_offset: int = Option(default=1, ge=0, le=12)
    settle_day: int = Option(default=15, ge=1, le=31)
    settle_roll: Roll = "prev_workday"
    rounding: Rounding = Rounding()
    currency: Literal["cny_only", "convert"] = "cny_only"
    fx: dict[str, Exact | None] = Option(default_factory=lambda: dict.fromkeys(("HKD", "USD", "EUR")))
    """Yuan for one unit of a currency; a currency without a rate is refused."""
    state_at: Literal["month_end", "pro_rata"] = "month_end"
    state_factors: dict[str, Exact] = Option(default_factory=lambda: dict(FULL_RATE))
    probation_commission: Literal["quota_only", "pay_too"] = "quota_only"
    manager_rate: Share | None = Option(default=None, ge=0, le=1)
    manager_roles: tuple[str, ...] = ("大客户经理",)
    missing_product: Literal["count", "exclude", "withhold"] = "count"
    clawback: Clawback = Clawback()
    penalty_mode: Literal["record_only", "schedule"] = "record_only"
    champions: Champions = Champions()
    recommendations: Recommendations = Recommendations()

    @model_validator(mode="after")
    def _attainment_needs_its_table(self) -> CommissionRules:
        if self.tier_key == "attainment" and not self.attainment_tiers:
            raise Contradiction("attainment_table", ("tier_key",))
        return self

    @cached_property
    def attainment_flaw(self) -> Contradiction | None:
        """Why nobody can be paid by attainment, where the rules ask for that."""
        return find_flaw(self.attainment_tiers) if self.tier_key == "attainment" else None
