"""What the classifications know of every customer: master data, sales of two years, and the grade in force on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from reports.facts import columns_of, sales_fact
from reports.frames import Frames
from schemas.periods import add_months
from schemas.record import LIVE

SCHEME_NAMES = {
    "g1": "匹配度×价值度", "g2": "四级分类", "g3": "能力评估", "g4": "信用等级", "ka_class": "大客户分类",
    "visit_level": "客户类别",
}  # fmt: skip
CUSTOMER_COLUMNS = (
    "customer_id", "record_id", "customer_name", "industry", "staff_count", "annual_revenue", "grade", "customer_level",
    "ka_class", "grade_abcd", "credit_grade", "is_public_official", "first_contact_on", "created_at", "owner_id",
)  # fmt: skip


@dataclass(frozen=True)
class Customers:
    """Customers with their sales. frame is indexed by customer id; amounts are fen.

    sales, before: paid sales of the last twelve months and of the twelve before. ever: whether anything was ever paid.
    last_sale: day of the last paid sale, NaT without one.
    """

    frame: pd.DataFrame
    sales: np.ndarray
    before: np.ndarray
    ever: np.ndarray
    last_sale: pd.Series
    day: date

    @property
    def ids(self) -> np.ndarray:
        """Customer ids in order."""
        return np.asarray(self.frame.index.to_numpy(dtype=object))


def customers_of(frames: Frames, day: date, authority: str, months: int = 12) -> Customers | None:
    """All customers in the order of their ids; None without the table. Sales run to the end of `day`."""
    if "customer_info" not in frames:
        return None
    master = columns_of(frames, "customer_info", CUSTOMER_COLUMNS)
    master = master[master["customer_id"] != ""].sort_values(["customer_id", "record_id"])
    master = master.drop_duplicates("customer_id").set_index("customer_id")
    facts = _paid(frames, authority)
    facts = facts[facts["on"] <= np.datetime64(day)]
    begin, earlier = np.datetime64(add_months(day, -months)), np.datetime64(add_months(day, -2 * months))
    on, amount = facts["on"].to_numpy(), facts["amount"].to_numpy(dtype=np.int64)
    customer = facts["customer_id"]
    place = master.index.get_indexer(customer)
    sums = [np.zeros(len(master), dtype=np.int64) for _ in range(2)]
    for total, inside in zip(sums, (on > begin, (on > earlier) & (on <= begin)), strict=True):
        hit = inside & (place >= 0)
        np.add.at(total, place[hit], amount[hit])
    bought = (place >= 0) & (amount > 0)
    ever = np.zeros(len(master), dtype=bool)
    ever[place[bought]] = True
    last = pd.Series(on[bought], index=customer.to_numpy(dtype=object)[bought]).groupby(level=0).max()
    return Customers(master, sums[0], sums[1], ever, last.reindex(master.index), day)


def _paid(frames: Frames, authority: str) -> pd.DataFrame:
    """Paid deals on their day of payment, and registered orders on theirs: customer_id, on, amount."""
    facts = sales_fact(_confirmed(frames), authority)
    on = facts["paid_on"].where(facts["source"] == "deal", facts["date"])
    known = on.notna() & facts["amount"].notna()
    return facts.assign(on=on)[known]


def _confirmed(frames: Frames) -> Frames:
    """The tables without deals that are not confirmed yet."""
    deal = frames.get("deal")
    if deal is None or "status" not in deal:
        return frames
    return {**frames, "deal": deal[deal["status"].isin([LIVE, ""])]}


def grades_in_force(frames: Frames, scheme: str, day: date) -> pd.DataFrame:
    """Each customer's last entry of the history by `day`: grade, from_on, indexed by customer id."""
    history = columns_of(frames, "grade_history", ("customer_id", "scheme", "grade", "from_on", "record_id"))
    own = history[(history["scheme"] == SCHEME_NAMES[scheme]) & history["from_on"].notna()]
    own = own[own["from_on"] <= np.datetime64(day)].sort_values(["from_on", "record_id"])
    return own.drop_duplicates("customer_id", keep="last").set_index("customer_id")[["grade", "from_on"]]


def current_grades(frames: Frames, scheme: str, customers: Customers, column: str) -> pd.Series:
    """The grade in force: the history's, else the master record's own field."""
    recorded = customers.frame[column].astype(object).where(customers.frame[column].notna(), "")
    held = grades_in_force(frames, scheme, customers.day)["grade"].reindex(customers.frame.index)
    return held.astype(object).where(held.notna(), recorded)
