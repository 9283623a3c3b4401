"""What the classifications know of every customer: master data, sales of two years, and the grade in force on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from reports.facts import columns_of, latest_days, places_of, sales_fact
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
    master = _one_a_customer(master)
    deals = places_of(master.index, columns_of(frames, "deal", ("customer_id",))["customer_id"])
    place, on, amount = _paid(frames, authority, master.index, deals)
    known = (place >= 0) & ~np.isnat(on) & (on <= np.datetime64(day))
    begin, earlier = np.datetime64(add_months(day, -months)), np.datetime64(add_months(day, -2 * months))
    sales, before = (np.zeros(len(master), dtype=np.int64) for _ in range(2))
    for total, inside in ((sales, known & (on > begin)), (before, known & (on > earlier) & (on <= begin))):
        np.add.at(total, place[inside], amount[inside])
    bought = known & (amount > 0)
    last = latest_days(place[bought], on[bought], len(master))
    return Customers(master, sales, before, ~np.isnat(last), last, _last_deals(frames, deals, len(master), day), day)


def _one_a_customer(master: pd.DataFrame) -> pd.DataFrame:
    """The master records by customer id, in the order of the ids; of several records the first by number."""
    master = master[master["customer_id"] != ""]
    ids = master["customer_id"].to_numpy(dtype=object)
    if not (ids[1:] > ids[:-1]).all():
        master = master.sort_values(["customer_id", "record_id"]).drop_duplicates("customer_id")
        ids = master["customer_id"].to_numpy(dtype=object)
    return master.drop(columns="customer_id").set_axis(pd.Index(ids, dtype=object, name="customer_id"), axis=0)


def _last_deals(frames: Frames, place: np.ndarray, count: int, day: date) -> np.ndarray:
    """The day of each customer's last deal by `day`, paid or not. place: the customer of each row."""
    sold = _days(columns_of(frames, "deal", ("sold_on",))["sold_on"])
    known = (place >= 0) & ~np.isnat(sold) & (sold <= np.datetime64(day))
    return latest_days(place[known], sold[known], count)


def _paid(
    frames: Frames, authority: str, customers: pd.Index, deals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customer's place, day and fen of confirmed deals on their day of payment, and of registered orders on theirs."""
    deal = columns_of(frames, "deal", ("paid_on", "amount", "status"))
    confirmed = deal["status"].isin([LIVE, ""]).to_numpy(dtype=bool)
    orders = frames.get("order_register")
    if orders is not None and len(orders):
        kept = {**frames, "deal": frames["deal"][confirmed]} if len(deal) else frames
        facts = sales_fact(kept, authority)
        on = facts["paid_on"].where(facts["source"] == "deal", facts["date"])
        place = places_of(customers, facts["customer_id"])
        return place, _days(on), facts["amount"].fillna(0).to_numpy(dtype=np.int64)
    on = _days(deal["paid_on"])
    on[~confirmed] = np.datetime64("NaT")
    return deals, on, deal["amount"].fillna(0).to_numpy(dtype=np.int64)


def _days(column: pd.Series) -> np.ndarray:
    return np.array(column.to_numpy(dtype="datetime64[s]").astype("datetime64[D]"))


def grades_in_force(frames: Frames, scheme: str, day: date) -> pd.DataFrame:
    """Each customer's last entry of the history by `day`: grade, from_on and the grade before (`former`, "" for none),
    indexed by customer id."""
    columns = ("customer_id", "scheme", "grade", "former", "from_on", "record_id")
    history = columns_of(frames, "grade_history", columns)
    own = history[(history["scheme"] == SCHEME_NAMES[scheme]) & history["from_on"].notna()]
    own = own[own["from_on"] <= np.datetime64(day)].sort_values(["from_on", "record_id"])
    own["customer_id"] = own["customer_id"].astype(object)
    stated = own["former"].fillna("").astype(object)
    own["former"] = stated.where(stated != "", own.groupby("customer_id")["grade"].shift().fillna("").astype(object))
    last = own.drop_duplicates("customer_id", keep="last")
    return last.set_index("customer_id")[["grade", "from_on", "former"]]


def current_grades(frames: Frames, scheme: str, customers: Customers, column: str) -> pd.Series:
    """The grade in force: the history's, else the master record's own field."""
    recorded = customers.frame[column].astype(object).where(customers.frame[column].notna(), "")
    held = grades_in_force(frames, scheme, customers.day)["grade"]
    if not len(held):
        return recorded
    held = held.reindex(customers.frame.index)
    return held.astype(object).where(held.notna(), recorded)
