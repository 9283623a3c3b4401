"""Key-account classes as tags, the visit level, and who counts as a new customer. Source: domain.md §3.3, §3.6."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reports.facts import columns_of
from reports.frames import Frames
from reports.grades.customers import Customers, current_grades
from reports.grades.g1 import grades_now
from reports.grades.scales import UNRATED, Graded
from schemas.grade_rules import KeyAccounts, VisitLevels

IMPORTANT, HIGH_VALUE, GROUP, STRATEGIC, POTENTIAL = (
    "重要客户", "高价值客户", "团购客户", "战略客户", "潜在大客户",
)  # fmt: skip
NEW, KNOWN = "新客户", "老客户"


def grade_key_accounts(frames: Frames, rules: KeyAccounts, customers: Customers, g1: Graded) -> Graded:
    """The tags every customer should carry. 团购客户 is a person's judgement and stays as it is recorded."""
    master = customers.frame
    recorded = master["ka_class"].map(lambda tags: tags if isinstance(tags, tuple) else ())
    frame = pd.DataFrame({"record_id": master["record_id"]}, index=master.index)
    official = master["is_public_official"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    influence = _influence(frames, master.index)
    valued = (customers.sales >= int(rules.high_value_sales * 100)) | (influence >= rules.high_influence)
    rank = _rank(frames, master.index)
    strategic = rank.isin(rules.strategic_ranks).to_numpy()
    group = np.fromiter((GROUP in tags for tags in recorded), dtype=bool, count=len(recorded))
    potential = grades_now(g1).isin(rules.potential_grades).to_numpy() & ~customers.ever
    frame["current"] = recorded.map("、".join)
    frame["suggested"] = _tags_of({
        IMPORTANT: official, HIGH_VALUE: valued, GROUP: group, STRATEGIC: strategic, POTENTIAL: potential,
    })  # fmt: skip
    frame["score"] = None
    frame["reason"] = np.where((frame["suggested"] == "") & (frame["current"] == ""), "no_tags", "tags")
    frame["official"], frame["sales"], frame["influence"] = official, customers.sales, influence
    frame["rank"], frame["ever_paid"] = rank.to_numpy(dtype=object), customers.ever
    frame["grade"] = grades_now(g1).to_numpy(dtype=object)
    factors = ("official", "sales", "influence", "rank", "ever_paid", "grade")
    return Graded("ka_class", frame.reset_index(names="subject"), factors)


def _tags_of(hits: Mapping[str, np.ndarray]) -> np.ndarray:
    """Each customer's tags, joined; there are few combinations, so each is joined once."""
    names = list(hits)
    combination = sum(hit.astype(np.int64) << at for at, hit in enumerate(hits.values()))
    joined = [
        "、".join(name for at, name in enumerate(names) if combined >> at & 1) for combined in range(1 << len(names))
    ]
    return np.asarray(np.array(joined, dtype=object)[combination])


def grade_visit_levels(frames: Frames, rules: VisitLevels, customers: Customers, g1: Graded) -> Graded:
    """重要/一般/潜在: nothing ever sold is the lowest level, else by G1 grade in force, else by the suggested one."""
    frame = pd.DataFrame({"record_id": customers.frame["record_id"]}, index=customers.frame.index)
    grade = grades_now(g1)
    by_grade = grade.map(rules.by_grade).fillna(UNRATED).to_numpy(dtype=object)
    frame["current"] = current_grades(frames, "visit_level", customers, "customer_level")
    frame["suggested"] = np.where(customers.ever, by_grade, rules.no_sale)
    frame["score"] = None
    frame["reason"] = np.where(customers.ever, "by_grade", "no_sale")
    frame["grade"], frame["ever_paid"] = grade.to_numpy(dtype=object), customers.ever
    return Graded("visit_level", frame.reset_index(names="subject"), ("grade", "ever_paid"))


def grade_new_customers(customers: Customers, months: int) -> Graded:
    """New: no paid sale in the last months, so losing a customer for a quarter does not make it new again."""
    frame = pd.DataFrame({"record_id": customers.frame["record_id"]}, index=customers.frame.index)
    since = np.datetime64(pd.Timestamp(customers.day) - pd.DateOffset(months=months))
    recent = customers.ever & (customers.last_sale > since)
    frame["current"] = ""
    frame["suggested"] = np.where(recent, KNOWN, NEW)
    frame["score"] = None
    frame["reason"] = np.where(recent, "recent_sale", np.where(customers.ever, "former", "never"))
    frame["last_sale"] = customers.last_sale
    return Graded("new_customer", frame.reset_index(names="subject"), ("last_sale",))


def _influence(frames: Frames, index: pd.Index) -> np.ndarray:
    """The highest influence recorded of a customer's people (1–5; 0 unknown)."""
    if not len(frames.get("relationship_plan.lines", ())):
        return np.zeros(len(index), dtype=np.int64)
    plans = columns_of(frames, "relationship_plan", ("record_id", "customer_id"))
    lines = columns_of(frames, "relationship_plan.lines", ("record_id", "influence"))
    joined = lines.merge(plans, on="record_id", how="inner")
    best = joined.groupby("customer_id")["influence"].max()
    return np.asarray(index.map(best).fillna(0).to_numpy(dtype=np.int64))


def _rank(frames: Frames, index: pd.Index) -> pd.Series:
    """A customer's standing in its trade, from the last profile."""
    profile = columns_of(frames, "customer_profile", ("customer_id", "industry_rank", "filled_on", "record_id"))
    profile = profile.sort_values(["filled_on", "record_id"]).drop_duplicates("customer_id", keep="last")
    ranks = dict(zip(profile["customer_id"], profile["industry_rank"], strict=True))
    return pd.Series([ranks.get(customer, "") for customer in index], index=index)
