"""Facts drawn from several tables, as frames that rules and registers read like tables.

Each is a pure function of the frames and the day, None when a table it cannot do without does not exist; tables it
merely adds from may be absent. Moments are naive wall-clock times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.frames import Frames, Grown

STAGES = ("滞留", "开发", "建立关系", "产品说明", "产品展示", "建议书")
"""Business stages of a visit in funnel order."""


_PLACE_BITS = 32
"""A table has fewer than 2**32 rows."""


def by_origin(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames made row by row of one table each, under each other. The index says which table, by its place among them,
    and which of its rows."""
    return pd.concat([part.set_axis(part.index + (at << _PLACE_BITS)) for at, part in enumerate(parts)])


def moved(index: npt.NDArray[np.int64], table: int, grown: Grown) -> npt.NDArray[np.int64]:
    """An index of `by_origin` after one of its tables has grown; -1 where the row is no longer there."""
    place = np.full(len(grown.before) + 1, -1, dtype=np.int64)
    place[grown.kept] = np.arange(len(grown.kept)) + (table << _PLACE_BITS)
    own = index >> _PLACE_BITS == table
    return np.where(own, place[np.where(own, index & ((1 << _PLACE_BITS) - 1), -1)], index)


def columns_of(frames: Frames, table: str, columns: Sequence[str]) -> pd.DataFrame:
    """The table's columns; an absent column is missing throughout, an absent table has no rows."""
    frame = frames.get(table)
    if frame is None:
        frame = pd.DataFrame()
    absent = {name: pd.Series(None, index=frame.index, dtype="object") for name in columns if name not in frame.columns}
    return frame.assign(**absent)[list(columns)]


def wall_time(column: pd.Series) -> pd.Series:
    """A date or datetime column as naive wall-clock seconds."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)
    return pd.to_datetime(column).astype("datetime64[s]")


def looked_up(keys: pd.Series, by_key: pd.Series) -> pd.Series:
    """For each key the value `by_key` has under it, missing where it has none; also when either is empty."""
    if not len(by_key) or not len(keys):
        missing = pd.array([pd.NA] * len(keys), dtype="object")
        found = pd.Series(missing, index=keys.index)
        return found.astype(by_key.dtype) if pd.api.types.is_datetime64_any_dtype(by_key) else found
    codes, texts = pd.factorize(keys)  # each distinct key is looked up once
    found = by_key.reindex(pd.Index(np.asarray(texts, dtype=object), dtype=object)).array
    return pd.Series(found.take(codes, allow_fill=True), index=keys.index)


def places_of(index: pd.Index, keys: pd.Series) -> npt.NDArray[np.int64]:
    """Where each key stands in an index of texts; -1 where it does not."""
    codes, texts = pd.factorize(keys)
    # Looked up in an index of their own kind; pandas would turn all texts into another kind first.
    found = index.get_indexer(pd.Index(np.asarray(texts, dtype=object), dtype=object))
    return np.asarray(np.append(found, -1)[codes])


def latest_days(place: np.ndarray, moment: np.ndarray, count: int) -> np.ndarray:
    """The latest day at each of `count` places; NaT where there is none."""
    last = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(last, place, moment.astype("datetime64[D]").astype(np.int64))
    return last.astype("datetime64[D]")


def person_id(column: pd.Series) -> pd.Series:
    """The staff id of a people column such as "S001 张三"."""
    codes, people = pd.factorize(column)  # few people write many records
    ids = [str(person).split(" ")[0] for person in people]
    return pd.Series(np.array([*ids, ""], dtype=object)[codes], index=column.index, dtype="str")


def sales_fact(frames: Frames, authoritative: str = "deal") -> pd.DataFrame:
    """Every sale and refund once: deals and registered orders, the order dropped where a deal tells of it.

    Columns: date, paid_on datetime64[s]; customer_id, sku, owner_id, kind, currency str; qty Decimal or None; amount,
    list_amount Int64 fen; source (deal | order_register), record_id. authoritative: which of the two is kept where
    numbers agree (the deal's number against the register or manufacturing number); a deal kept has the order's qty.
    """
    deals = columns_of(frames, "deal", ("deal_no", *_FACTS_OF_DEAL))
    deals = deals.rename(columns={"sold_on": "date", "seller_id": "owner_id"}).assign(source="deal", qty=None)
    orders = columns_of(frames, "order_register", ("reg_no", "mfg_no", *_FACTS_OF_ORDER))
    orders = orders.rename(columns={"received_on": "date"}).assign(
        source="order_register", paid_on=pd.NaT, list_amount=pd.NA, kind="销售", currency=""
    )
    numbers = set(deals["deal_no"]) - {""}
    by_register, by_making = among(orders["reg_no"], numbers), among(orders["mfg_no"], numbers)
    told_twice = by_register | by_making
    if authoritative == "order_register":
        known = set(orders["reg_no"]) | set(orders["mfg_no"])
        deals, told_twice = deals[~among(deals["deal_no"], known - {""})], told_twice & False
    elif told_twice.any():
        numbered = orders.assign(number=orders["reg_no"].where(by_register, orders["mfg_no"]))[told_twice]
        deals = deals.assign(qty=_quantities(deals, numbered))
    facts = pd.concat([deals[_FACTS], orders.loc[~told_twice, _FACTS]], ignore_index=True)
    for column in ("date", "paid_on"):
        facts[column] = wall_time(facts[column])
    for column in ("amount", "list_amount"):
        facts[column] = facts[column].astype("Int64")
    return facts


_FACTS_OF_DEAL = (
    "record_id", "sold_on", "paid_on", "customer_id", "sku", "seller_id", "amount", "list_amount", "kind", "currency",
)  # fmt: skip
_FACTS_OF_ORDER = ("record_id", "received_on", "customer_id", "sku", "owner_id", "qty", "amount")
_FACTS = [
    "date", "paid_on", "customer_id", "sku", "qty", "amount", "list_amount", "owner_id", "kind", "currency", "source",
    "record_id",
]  # fmt: skip


def _quantities(deals: pd.DataFrame, orders: pd.DataFrame) -> list[Decimal | None]:
    """For each deal the quantity of the orders with its number and product, None without one."""
    ordered: dict[tuple[str, str], Decimal] = {}
    for number, sku, quantity in orders[["number", "sku", "qty"]].itertuples(index=False):
        if quantity is not None:
            ordered[number, sku] = ordered.get((number, sku), Decimal(0)) + quantity
    return [ordered.get(pair) for pair in zip(deals["deal_no"], deals["sku"], strict=True)]


def among(column: pd.Series, texts: set[str]) -> pd.Series:
    """Which of the texts are in the set; many times faster than `Series.isin` for a large set."""
    found = [text in texts for text in column.to_numpy(dtype=object)] if texts else False
    return pd.Series(found, index=column.index, dtype=bool)


def sale(frames: Frames, day: date) -> pd.DataFrame | None:
    """Sales, paid where paid_on says so: customer_id, seller_id, paid_on, amount, deal record.

    Refunds and returns are not sales; a sale whose amount cannot be read is one.
    """
    if "deal" not in frames:
        return None
    deals = columns_of(
        frames, "deal", ("record_id", "customer_id", "seller_id", "paid_on", "sold_on", "amount", "kind")
    )
    return deals[deals["kind"].isin(["", "销售"]) & (deals["amount"].fillna(1) > 0)]


def business(frames: Frames, day: date) -> pd.DataFrame:
    """What makes a customer active: sales and orders, as customer_id, at. Refunds and cancelled orders are none."""
    deals = columns_of(frames, "deal", ("customer_id", "sold_on", "kind"))
    orders = columns_of(frames, "sales_order", ("customer_id", "confirmed_on", "cancelled_on"))
    return by_origin(
        [
            _events({"sold": deals[deals["kind"].isin(["", "销售"])]}, "sold", "customer_id", "sold_on"),
            _events(frames, "order_register", "customer_id", "received_on"),
            _events({"ordered": orders[orders["cancelled_on"].isna()]}, "ordered", "customer_id", "confirmed_on"),
        ]
    )


def _events(frames: Frames, table: str, customer: str, at: str) -> pd.DataFrame:
    if not len(frames.get(table, ())):
        return _no_events()
    frame = columns_of(frames, table, (customer, at)).rename(columns={customer: "customer_id", at: "at"})
    frame = frame.assign(at=wall_time(frame["at"]), customer_id=frame["customer_id"].astype("str"))
    return frame[frame["at"].notna() & frame["customer_id"].ne("")]


def _no_events() -> pd.DataFrame:
    return pd.DataFrame({"customer_id": pd.Series([], dtype="str"), "at": pd.Series([], dtype="datetime64[s]")})


def progress_step(frames: Frames, day: date) -> pd.DataFrame:
    """Progress that a record tells by being there (customer_id, at): a need told or confirmed, a solution presented, a
    contract signed, an order, a deal."""
    presented = columns_of(frames, "solution_feedback", ("solution_no", "presented_at"))
    solutions = columns_of(frames, "solution_review", ("solution_no", "customer_id")).drop_duplicates("solution_no")
    customers = looked_up(presented["solution_no"], solutions.set_index("solution_no")["customer_id"])
    presented = presented.assign(customer_id=customers.astype("object").fillna(""))
    needs = [_events(frames, "need_confirmation", "customer_id", column) for column in ("confirmed_on", "talked_on")]
    return by_origin(
        [
            pd.concat(needs),
            _events({"presented": presented}, "presented", "customer_id", "presented_at"),
            _events(frames, "contract", "customer_id", "signed_on"),
            _events(frames, "sales_order", "customer_id", "confirmed_on"),
            _events(frames, "deal", "customer_id", "sold_on"),
            _events(frames, "order_register", "customer_id", "received_on"),
        ]
    )


def progress_event(frames: Frames, day: date) -> pd.DataFrame:
    """Progress with a customer (customer_id, at): a step (`progress_step`), a stage forward, a changed budget or need.
    A call or a greeting is none."""
    steps = frames["progress_step"] if "progress_step" in frames else progress_step(frames, day)
    return pd.concat([steps, _stage_moves(frames), _judgement_changes(frames)], ignore_index=True)


def _stage_moves(frames: Frames) -> pd.DataFrame:
    """Visits whose stage lies further down the funnel than the visit before."""
    if not len(frames.get("visit_record", ())):
        return _no_events()
    visits = columns_of(frames, "visit_record", ("customer_id", "visited_at", "stage"))
    ranks = pd.Series(range(len(STAGES)), index=list(STAGES), dtype="float64")
    visits = visits.assign(at=wall_time(visits["visited_at"]), rank=looked_up(visits["stage"], ranks))
    visits = visits[visits["at"].notna() & visits["rank"].notna()].sort_values(["customer_id", "at", "rank"])
    before = visits.groupby("customer_id")["rank"].shift().fillna(0)
    return visits.loc[visits["rank"] > before, ["customer_id", "at"]]


def _judgement_changes(frames: Frames) -> pd.DataFrame:
    """Gradings whose budget or need differs from the customer's grading before, at the month's first day."""
    seen = columns_of(frames, "customer_grading", ("customer_id", "review_month", "budget_score", "need_clear"))
    seen = seen[seen["review_month"].astype("str").ne("")]
    if not len(seen):
        return _no_events()
    # By numbers instead of texts: sorting a hundred thousand texts takes most of the time of all grades.
    customer, month = pd.factorize(seen["customer_id"])[0], pd.factorize(seen["review_month"], sort=True)[0]
    order = np.lexsort((month, customer))
    same = customer[order][1:] == customer[order][:-1]
    changed = np.zeros(len(seen), dtype=bool)
    for column in ("budget_score", "need_clear"):
        values = seen[column].astype("Int64").fillna(-1).to_numpy(dtype=np.int64)[order]
        known = (values[1:] >= 0) & (values[:-1] >= 0)
        changed[1:] |= same & known & (values[1:] != values[:-1])
    moved = seen.iloc[order[changed]]
    at = pd.to_datetime(moved["review_month"] + "-01", format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    return pd.DataFrame({"customer_id": moved["customer_id"], "at": at})


def visit(frames: Frames, day: date) -> pd.DataFrame | None:
    """Visit records with who paid the visit: visitor_id and rank (handler, supervisor, manager, gm).

    The visitor is the applicant of the visit's application, else who wrote the record.
    """
    if "visit_record" not in frames:
        return None
    visits = frames["visit_record"]
    applicants = columns_of(frames, "visit_application", ("record_id", "applicant_id")).drop_duplicates("record_id")
    by_application = applicants.set_index("record_id")["applicant_id"]
    applied = looked_up(columns_of(frames, "visit_record", ("application_id",))["application_id"], by_application)
    applied = applied.astype("object").fillna("").astype("str")
    writer = person_id(columns_of(frames, "visit_record", ("created_by",))["created_by"])
    visitor = applied.where(applied.ne(""), writer)
    return visits.assign(visitor_id=visitor, rank=_rank(frames, visitor, visits["customer_id"]))


RANK_OF_ROLE: Mapping[str, str] = {"销售主管": "supervisor", "大客户经理": "manager", "管理层": "gm"}


def _rank(frames: Frames, visitor: pd.Series, customer: pd.Series) -> pd.Series:
    """In which capacity the customer was visited: his handler, or by the visitor's post."""
    owners = columns_of(frames, "customer_info", ("customer_id", "owner_id")).drop_duplicates("customer_id")
    roles = columns_of(frames, "staff", ("staff_id", "role")).drop_duplicates("staff_id")
    owner = looked_up(customer, owners.set_index("customer_id")["owner_id"])
    post = looked_up(visitor, roles.set_index("staff_id")["role"])
    by_post = looked_up(post, pd.Series(RANK_OF_ROLE, dtype="object")).astype("object").fillna("handler")
    return by_post.where(owner.astype("object") != visitor.astype("object"), "handler").astype("str")


def field_day(frames: Frames, day: date) -> pd.DataFrame | None:
    """Days on which a person visited customers face to face: staff_id (also record_id), worked_on, occurrence, line."""
    visits = frames.get("visit")
    if visits is None or "staff" not in frames:
        return None
    outside = visits[visits["mode"].isin(["", "当面"]) & visits["visited_at"].notna() & visits["visitor_id"].ne("")]
    worked_on = wall_time(outside["visited_at"]).dt.floor("D").astype("datetime64[s]")
    days = pd.DataFrame({"staff_id": outside["visitor_id"], "worked_on": worked_on}).drop_duplicates()
    staff = columns_of(frames, "staff", ("staff_id", "record_id", "role")).drop_duplicates("staff_id")
    days = days.merge(staff, on="staff_id", how="inner")
    return days.assign(occurrence=days["worked_on"].dt.strftime("%Y-%m-%d"))


def company(frames: Frames, day: date) -> pd.DataFrame:
    """The company itself, for obligations nobody's record carries."""
    return pd.DataFrame({"record_id": pd.Series(["company"], dtype="str")})


def branch(frames: Frames, day: date) -> pd.DataFrame | None:
    """Branches that ever sent a demand list or have a stock policy: branch (also record_id), since."""
    if "demand_intent" not in frames and "branch_stock_policy" not in frames:
        return None
    names = pd.concat(
        [columns_of(frames, table, ("branch",))["branch"] for table in ("demand_intent", "branch_stock_policy")]
    )
    distinct = names[names.astype("str").ne("")].drop_duplicates().astype("str").reset_index(drop=True)
    return pd.DataFrame({"record_id": distinct, "branch": distinct})
