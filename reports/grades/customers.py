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
    last_sale, last_deal: day of the last paid sale, and of the last deal paid or not; NaT without one.
    """

    frame: pd.DataFrame
    sales: np.ndarray
    before: np.ndarray
    ever: np.ndarray
    last_sale: np.ndarray
    last_deal: np.ndarray
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
    customer, on, amount = _paid(frames, authority)
    place = master.index.get_indexer(customer)
    known = (place >= 0) & ~np.isnat(on) & (on <= np.datetime64(day))
    begin, earlier = np.datetime64(add_months(day, -months)), np.datetime64(add_months(day, -2 * months))
    sales, before = (np.zeros(len(master), dtype=np.int64) for _ in range(2))
    for total, inside in ((sales, known & (on > begin)), (before, known & (on > earlier) & (on <= begin))):
        np.add.at(total, place[inside], amount[inside])
    bought = known & (amount > 0)
    last = _latest_days(place[bought], on[bought], len(master))
    return Customers(master, sales, before, ~np.isnat(last), last, _last_deals(frames, master, day), day)


def _latest_days(place: np.ndarray, day: np.ndarray, count: int) -> np.ndarray:
    """The latest day at each place; NaT where there is none."""
    never = np.iinfo(np.int64).min
    last = np.full(count, never)
    np.maximum.at(last, place, day.astype("datetime64[D]").astype(np.int64))
    return last.astype("datetime64[D]")


def _last_deals(frames: Frames, master: pd.DataFrame, day: date) -> np.ndarray:
    """The day of each customer's last deal by `day`, paid or not."""
    deal = columns_of(frames, "deal", ("customer_id", "sold_on"))
    sold = deal["sold_on"].to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
    place = master.index.get_indexer(deal["customer_id"])
    known = (place >= 0) & ~np.isnat(sold) & (sold <= np.datetime64(day))
    return _latest_days(place[known], sold[known], len(master))


def _paid(frames: Frames, authority: str) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Customer, day and fen of confirmed deals on their day of payment, and of registered orders on theirs."""
    deal = columns_of(frames, "deal", ("customer_id", "paid_on", "amount", "status"))
    orders = frames.get("order_register")
    if orders is not None and len(orders):
        confirmed = {**frames, "deal": frames["deal"][deal["status"].isin([LIVE, ""])]} if len(deal) else frames
        facts = sales_fact(confirmed, authority)
        on = facts["paid_on"].where(facts["source"] == "deal", facts["date"])
        return facts["customer_id"], _days(on), facts["amount"].fillna(0).to_numpy(dtype=np.int64)
    on = _days(deal["paid_on"])
    on[~deal["status"].isin([LIVE, ""]).to_numpy(dtype=bool)] = np.datetime64("NaT")
    return deal["customer_id"], on, deal["amount"].fillna(0).to_numpy(dtype=np.int64)


def _days(column: pd.Series) -> np.ndarray:
    return np.array(column.to_numpy(dtype="datetime64[s]").astype("datetime64[D]"))


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
