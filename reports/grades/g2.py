"""G2: A/B/C/D by nature, size, sales and trend, or by share of sales. Source: 003 客服办法 Art. 5; domain.md §3.2."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pandas as pd

from reports.facts import columns_of
from reports.frames import Frames
from reports.grades.customers import Customers, current_grades
from reports.grades.scales import UNIT, UNRATED, Graded, cut, decimals, step_points, weighted, whole
from schemas.grade_rules import FourClasses

FACTORS = (
    "industry", "nature", "nature_points", "size", "size_points", "sales", "sales_points", "trend", "trend_points",
    "share",
)  # fmt: skip


def grade_g2(frames: Frames, rules: FourClasses, customers: Customers) -> Graded:
    """Current and suggested A–D of every customer. Nature or size unknown: not rated."""
    frame = pd.DataFrame({"record_id": customers.frame["record_id"]}, index=customers.frame.index)
    frame["current"] = current_grades(frames, "g2", customers, "grade_abcd")
    points = _add_points(frame, frames, rules, customers)
    if rules.method == "pareto":
        grades, scores, known = _pareto(customers, rules)
        frame["reason"], frame["share"] = "pareto", _shares(customers)
    else:
        known = (frame["nature"] != "").to_numpy() & (frame["size"] != "").to_numpy()
        scores = weighted(points, {str(name): weight for name, weight in rules.weights.items()}, 1)
        grades = cut(scores, rules.cuts)
        no_nature = np.where(frame["industry"] == "", "no_industry", "no_nature")
        missing = np.where(frame["nature"] == "", no_nature, "no_size")
        frame["reason"] = np.where(known, "score", missing)
    frame["suggested"] = np.where(known, grades, UNRATED)
    frame["score"] = decimals(scores, known)
    return Graded("g2", frame.reset_index(names="subject"), FACTORS)


def _add_points(frame: pd.DataFrame, frames: Frames, rules: FourClasses, customers: Customers) -> dict[str, np.ndarray]:
    """The four factors with their points in 1/10,000."""
    master = customers.frame
    officials = master["is_public_official"].fillna(False).to_numpy(dtype=bool)
    nature = master["industry"].map(rules.nature_of_industry).fillna("").astype(object)
    frame["nature"] = nature.where(~officials, rules.nature_of_officials)
    frame["industry"] = master["industry"].fillna("").astype(object)
    frame["size"] = _sizes(frames, rules, master)
    trend_points, trend = _trend(customers, rules)
    points = {
        "nature": _points(frame["nature"], rules.nature),
        "size": _points(frame["size"], {str(size): worth for size, worth in rules.size.items()}),
        "sales": step_points(customers.sales, rules.sales, 100),
        "trend": trend_points,
    }
    frame["sales"], frame["trend"] = customers.sales, trend
    for name, worth in points.items():
        frame[f"{name}_points"] = decimals(worth, np.ones(len(worth), dtype=bool), 0)
    frame["share"] = None
    return points


def _points(values: pd.Series, worth: Mapping[str, Decimal]) -> np.ndarray:
    table = {value: whole(points) for value, points in worth.items()}
    return np.asarray(values.map(table).fillna(0).to_numpy(dtype=np.int64))


def _sizes(frames: Frames, rules: FourClasses, master: pd.DataFrame) -> np.ndarray:
    """大/中/小 by staff, else by revenue, else by the shop's area; "" when none is known."""
    staff, revenue = master["staff_count"], master["annual_revenue"]
    by_staff = _banded(staff, rules.large_staff, rules.medium_staff)
    by_revenue = _banded(revenue, int(rules.large_revenue * 100), int(rules.medium_revenue * 100))
    profile = columns_of(frames, "customer_profile", ("customer_id", "shop_area", "filled_on", "record_id"))
    profile = profile.sort_values(["filled_on", "record_id"]).drop_duplicates("customer_id", keep="last")
    areas = dict(zip(profile["customer_id"], profile["shop_area"], strict=True))
    by_shop = np.array([areas.get(customer, "") for customer in master.index], dtype=object)
    known_revenue = np.where(revenue.notna().to_numpy(), by_revenue, by_shop)
    return np.where(staff.notna().to_numpy(), by_staff, known_revenue).astype(object)


def _banded(amounts: pd.Series, large: int, medium: int) -> np.ndarray:
    known = amounts.fillna(0).to_numpy(dtype=np.int64)
    return np.where(known >= large, "大", np.where(known >= medium, "中", "小")).astype(object)


def _trend(customers: Customers, rules: FourClasses) -> tuple[np.ndarray, np.ndarray]:
    """Points of the year-on-year change and the change itself (Decimal, None without a base)."""
    base = customers.before > 0
    points = np.full(len(customers.sales), whole(rules.no_base), dtype=np.int64)
    points[base] = 0
    growth = customers.sales - customers.before
    for step in reversed(rules.trend):
        # growth ÷ base ≥ step, without dividing.
        reached = base & (growth * UNIT >= customers.before * whole(step.above))
        points[reached] = whole(step.points)
    ratio = np.zeros(len(growth), dtype=np.int64)
    ratio[base] = np.floor_divide(growth[base] * UNIT, customers.before[base])
    return points, decimals(ratio, base, 4)


def _shares(customers: Customers) -> np.ndarray:
    """Each customer's percentage of all sales (Decimal, two places)."""
    sales = np.maximum(customers.sales, 0)
    total = int(sales.sum())
    return decimals(sales * 100 * UNIT // max(total, 1), np.ones(len(sales), dtype=bool))


def _pareto(customers: Customers, rules: FourClasses) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By rank of sales; the customer that crosses a share belongs to the upper class; without sales, to the last.

    The score is the percentage of all sales made by the customers down to this one.
    """
    sales = np.maximum(customers.sales, 0)
    order = np.lexsort((customers.ids.astype(str), -sales))
    total = int(sales.sum())
    before = np.cumsum(sales[order]) - sales[order]
    grades = np.full(len(sales), rules.cuts.grades[-1], dtype=object)
    ranked = np.full(len(sales), rules.cuts.grades[-1], dtype=object)
    for share, grade in reversed(list(zip(rules.pareto, rules.cuts.grades, strict=False))):
        ranked[before * UNIT < total * whole(share)] = grade
    ranked[sales[order] <= 0] = rules.cuts.grades[-1]
    grades[order] = ranked
    shares = np.zeros(len(sales), dtype=np.int64)
    if total:
        shares[order] = np.cumsum(sales[order]) * 100 * UNIT // total
    return grades, shares, np.ones(len(sales), dtype=bool)
