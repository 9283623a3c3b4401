"""Views of what customers owe under the payment term they agreed to (D62), one row a delivery.

The term stands in the customer's recognition (T38); without one nothing falls due. It runs from the shipping of a
registered order (T44) or the acceptance of a sales order (T19); a deal of the same number (T49) says when it was paid.
Each view: record_id, customer_id, owner_id, from_day, term_days, paid_on.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from reports.facts import among, columns_of, looked_up, wall_time
from reports.frames import Frames

TERMS = "new_customer_recognition"


def shipped_receivable(frames: Frames, day: date) -> pd.DataFrame | None:
    """Registered orders of customers with a payment term, shipped or not yet."""
    if TERMS not in frames or "order_register" not in frames:
        return None
    names = ("record_id", "reg_no", "mfg_no", "customer_id", "owner_id", "shipped_on")
    orders = columns_of(frames, "order_register", names)
    orders = orders[among(orders["customer_id"], set(_terms(frames)["customer_id"]))]
    paid = _paid(frames, orders["mfg_no"]).fillna(_paid(frames, orders["reg_no"]))
    return _with_terms(frames, orders.assign(paid_on=paid).rename(columns={"shipped_on": "from_day"}))


def accepted_receivable(frames: Frames, day: date) -> pd.DataFrame | None:
    """Passed acceptances of customers with a payment term; an order that is registered too counts from its shipping."""
    if TERMS not in frames or "acceptance" not in frames:
        return None
    orders = columns_of(frames, "sales_order", ("order_no", "customer_id", "owner_id"))
    with_term = orders.loc[among(orders["customer_id"], set(_terms(frames)["customer_id"])), "order_no"]
    orders = orders[among(orders["order_no"], set(with_term))].drop_duplicates("order_no")
    passed = columns_of(frames, "acceptance", ("record_id", "order_no", "result", "accepted_on"))
    passed = passed[passed["result"].eq("通过") & among(passed["order_no"], set(with_term))]
    shipped = columns_of(frames, "order_register", ("reg_no", "mfg_no"))
    registered = set(shipped["reg_no"]) | set(shipped["mfg_no"])
    passed = passed[~among(passed["order_no"], registered)]
    found = passed.merge(orders, on="order_no").rename(columns={"accepted_on": "from_day"})
    return _with_terms(frames, found.assign(paid_on=_paid(frames, found["order_no"])))


def _paid(frames: Frames, numbers: pd.Series) -> pd.Series:
    """The day on which the deal of each number was paid."""
    deals = columns_of(frames, "deal", ("deal_no", "paid_on"))
    deals = deals[among(deals["deal_no"], set(numbers) - {""})].drop_duplicates("deal_no").set_index("deal_no")
    return wall_time(looked_up(numbers, deals["paid_on"]))


def _terms(frames: Frames) -> pd.DataFrame:
    """Customers with a payment term, by the last recognition that names one: customer_id, term_days."""
    terms = columns_of(frames, TERMS, ("customer_code", "pay_term_days"))
    terms = terms[terms["customer_code"].ne("") & terms["pay_term_days"].notna()]
    terms = terms.drop_duplicates("customer_code", keep="last")
    return terms.rename(columns={"customer_code": "customer_id", "pay_term_days": "term_days"})


def _with_terms(frames: Frames, owed: pd.DataFrame) -> pd.DataFrame:
    columns = ["record_id", "customer_id", "owner_id", "from_day", "paid_on"]
    return owed.assign(from_day=wall_time(owed["from_day"]))[columns].merge(_terms(frames), on="customer_id")
