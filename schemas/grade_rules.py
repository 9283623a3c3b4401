"""The scales of the six customer classifications (the `grades` section of a rule pack).

The documents name criteria and no numbers, so every number here is ours and may be changed by a company.
Source: seeds 001 §二(一)3, 002, 003 Arts. 4-5 and 10-13, 000 §5.3; domain.md §3.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from pydantic import Field as Option
from pydantic import model_validator

from schemas.contradiction import Contradiction
from schemas.exact import Exact
from schemas.template import Meta


def _require_whole(weights: Iterable[Decimal], whole: int, of: str) -> None:
    total = sum(weights, Decimal(0))
    if total != whole:
        raise Contradiction("weights_sum", of=of, total=total, whole=whole)


class Step(Meta):
    """From `above` (inclusive) upward a factor is worth `points`."""

    above: Exact
    points: Exact


def _require_falling(steps: tuple[Step, ...], of: str) -> None:
    if not steps or any(lower.above >= upper.above for upper, lower in itertools.pairwise(steps)):
        raise Contradiction("steps_fall", of=of)


class Cuts(Meta):
    """The lowest score of each grade but the last."""

    grades: tuple[str, ...] = Option(min_length=2)
    from_scores: tuple[Exact, ...] = Option(min_length=1)

    @model_validator(mode="after")
    def _fall_to_the_last(self) -> Cuts:
        if len(self.from_scores) != len(self.grades) - 1:
            raise Contradiction("cuts_count")
        if any(lower >= upper for upper, lower in itertools.pairwise(self.from_scores)):
            raise Contradiction("cuts_fall")
        return self


class MatchValue(Meta):
    """G1: A/B/C by match × value. `matrix` is read as match then value, H, M or L."""

    auto: Literal["suggest", "apply"] = "suggest"
    weights: dict[Literal["budget", "decision", "potential"], Exact]
    high: Exact
    medium: Exact
    matrix: dict[str, Literal["A", "B", "C"]]
    demote_months: int = Option(default=3, ge=1)
    """A without progress for so many months may drop to B."""
    demote_b_months: int | None = Option(default=None, ge=1)

    @model_validator(mode="after")
    def _is_complete(self) -> MatchValue:
        _require_whole(self.weights.values(), 1, "grades.g1")
        if self.medium >= self.high:
            raise Contradiction("medium_high")
        cells = {match + value for match in "HML" for value in "HML"}
        if missing := sorted(cells - self.matrix.keys()):
            raise Contradiction("lacking", of="grades.g1.matrix", missing=tuple(missing))
        if unknown := sorted(self.matrix.keys() - cells):
            raise Contradiction("beyond", of="grades.g1.matrix", unknown=tuple(unknown))
        return self


class FourClasses(Meta):
    """G2: A/B/C/D by nature, size, sales and trend, or by the share of sales (pareto)."""

    method: Literal["score", "pareto"] = "score"
    weights: dict[Literal["nature", "size", "sales", "trend"], Exact]
    nature: dict[str, Exact]
    nature_of_industry: dict[str, str | None]
    """The form asks the industry; this is the nature it stands for. None: customers of it are not graded."""
    nature_of_officials: str
    size: dict[Literal["大", "中", "小"], Exact]
    large_staff: int
    medium_staff: int
    large_revenue: Exact
    medium_revenue: Exact
    sales: tuple[Step, ...]
    trend: tuple[Step, ...]
    no_base: Exact
    cuts: Cuts
    pareto: tuple[Exact, Exact, Exact]

    @model_validator(mode="after")
    def _is_complete(self) -> FourClasses:
        _require_whole(self.weights.values(), 1, "grades.g2")
        if missing := sorted({"大", "中", "小"} - self.size.keys()):
            raise Contradiction("lacking", of="grades.g2.size", missing=tuple(missing))
        _require_falling(self.sales, "grades.g2.sales")
        _require_falling(self.trend, "grades.g2.trend")
        if unknown := sorted(self._natures() - self.nature.keys()):
            raise Contradiction("lacking", of="grades.g2.nature", missing=tuple(unknown))
        return self

    def _natures(self) -> set[str]:
        return {nature for nature in self.nature_of_industry.values() if nature} | {self.nature_of_officials}


CRITERIA = (
    "cap_fund", "cap_storage", "cap_delivery", "cap_distribution", "cap_staff", "cap_business", "cap_will", "cap_idea",
)  # fmt: skip


class Capability(Meta):
    """G3: eight criteria of 0 to 5 points, weights out of 100. A zero in a veto criterion decides alone."""

    weights: dict[str, Exact]
    veto: tuple[str, ...]
    cuts: Cuts

    @model_validator(mode="after")
    def _is_complete(self) -> Capability:
        if self.weights.keys() != set(CRITERIA):
            raise Contradiction(
                "criteria", of="grades.g3.weights", missing=tuple(sorted(set(CRITERIA) ^ self.weights.keys()))
            )
        _require_whole(self.weights.values(), 100, "grades.g3")
        return self


class Credit(Meta):
    """G4: the credit survey. `veto`: factor → answers that mean the last grade whatever the score."""

    weights: dict[str, Exact]
    points: dict[str, dict[str, Exact]]
    veto: dict[str, tuple[str, ...]]
    cuts: Cuts
    limit_factor: dict[str, Exact]
    term_days: int | None = Option(default=None, ge=0)
    """Payment term for customers whose own is not recorded; none: the limit is left open."""

    @model_validator(mode="after")
    def _is_complete(self) -> Credit:
        _require_whole(self.weights.values(), 100, "grades.g4")
        if missing := sorted(self.weights.keys() - self.points.keys()):
            raise Contradiction("lacking", of="grades.g4.points", missing=tuple(missing))
        if missing := sorted(set(self.cuts.grades) - self.limit_factor.keys()):
            raise Contradiction("lacking", of="grades.g4.limit_factor", missing=tuple(missing))
        return self


class KeyAccounts(Meta):
    """The five key-account classes, as tags."""

    high_value_sales: Exact
    high_influence: int
    strategic_ranks: tuple[str, ...]
    potential_grades: tuple[str, ...]


class VisitLevels(Meta):
    """重要/一般/潜在 by G1 grade; `no_sale` is the level of a customer never sold to."""

    by_grade: dict[str, str]
    no_sale: str


class GradeRules(Meta):
    """All six classifications. primary: the one lists and summaries show first (open question 7)."""

    primary: Literal["g1", "g2", "customer_level", "ka_class"] = "g1"
    g1: MatchValue
    g2: FourClasses
    g3: Capability
    g4: Credit
    ka_class: KeyAccounts
    visit_level: VisitLevels
