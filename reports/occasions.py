"""Views of dates that come of themselves or follow from a history: birthdays, festivals, idle months, grades, targets.

Built like those of `reports.facts`.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from reports.facts import by_origin, columns_of, looked_up, places_of, wall_time
from reports.frames import Frames
from schemas.festivals import festivals
from schemas.periods import add_months

REMEMBERED = {"birth_date": "生日", "wedding_day": "结婚纪念日"}
IDLE_MONTHS = 3
"""A part-timer without a contract for more than so many natural months is let go (D36)."""


def anniversary(frames: Frames, day: date) -> pd.DataFrame | None:
    """Birthdays and wedding days from 60 days ago to 60 days ahead: customer_id, record_id, on_day, occurrence."""
    if "customer_dossier" not in frames:
        return None
    parts = []
    for column, name in REMEMBERED.items():
        dossiers = columns_of(frames, "customer_dossier", ("record_id", "customer_id", column))
        for at in dossiers.index[dossiers[column].notna()]:
            born = dossiers.at[at, column].date()
            for year in {(day - timedelta(days=60)).year, (day + timedelta(days=60)).year}:
                on = add_months(born, 12 * (year - born.year))
                if abs((on - day).days) <= 60:
                    parts.append((dossiers.at[at, "record_id"], dossiers.at[at, "customer_id"], on, f"{name} {year}"))
    return _dated(parts, ("record_id", "customer_id", "on_day", "occurrence"))


def festival_day(frames: Frames, day: date) -> pd.DataFrame | None:
    """Customers times the festivals from 60 days ago to 30 days ahead, as `anniversary`, and festival (its name).

    A festival up to the day of the first contact concerns nobody.
    """
    if "customer_info" not in frames:
        return None
    customers = columns_of(frames, "customer_info", ("record_id", "customer_id", "first_contact_on"))
    known_since = wall_time(customers.pop("first_contact_on"))
    near = [
        (name, on)
        for year in (day.year - 1, day.year, day.year + 1)
        for name, on in festivals(year).items()
        if -60 <= (on - day).days <= 30
    ]
    parts = [
        customers[~(known_since >= pd.Timestamp(on))].assign(
            on_day=pd.Timestamp(on), festival=name, occurrence=f"{name} {on.year}"
        )
        for name, on in near
    ]
    if not parts:
        return _dated([], ("record_id", "customer_id", "on_day", "occurrence")).assign(festival="")
    found = pd.concat(parts, ignore_index=True)
    return found.assign(on_day=wall_time(found["on_day"]))


def _dated(rows: list[tuple[str, str, date, str]], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.assign(on_day=wall_time(pd.to_datetime(frame["on_day"])))


def grade_a(frames: Frames, day: date) -> pd.DataFrame | None:
    """Customers graded A with the moment the grade counts from: the last progress, else the month it became A.

    Columns: record_id, customer_id, owner_id, anchor.
    """
    if "customer_info" not in frames:
        return None
    customers = columns_of(frames, "customer_info", ("record_id", "customer_id", "owner_id", "grade"))
    graded = columns_of(frames, "customer_grading", ("customer_id", "review_month", "grade"))
    graded = graded[graded["review_month"].fillna("").le(day.strftime("%Y-%m"))].sort_values("review_month")
    latest = graded.drop_duplicates("customer_id", keep="last").set_index("customer_id")["grade"]
    grade = looked_up(customers["customer_id"], latest).astype("object").fillna("")
    grade = grade.where(grade.ne(""), customers["grade"].astype("object"))
    customers = customers[grade.eq("A")]
    progress = _last_progress(frames, customers["customer_id"], day)
    since = looked_up(customers["customer_id"], pd.Series(_a_since(graded), dtype="datetime64[s]"))
    anchor = progress.fillna(wall_time(since))
    return customers.assign(anchor=anchor).reset_index(drop=True)


def _last_progress(frames: Frames, customers: pd.Series, day: date) -> pd.Series:
    """The moment of each customer's last progress by the end of the day."""
    events = frames.get("progress_event")
    if events is None:
        return pd.Series(pd.NaT, index=customers.index, dtype="datetime64[s]")
    index = pd.Index(customers.to_numpy(dtype=object), dtype=object)
    distinct = index if index.is_unique else index.unique()
    place, at = places_of(distinct, events["customer_id"]), events["at"].to_numpy(dtype="datetime64[s]")
    known = (place >= 0) & (at < np.datetime64(day) + np.timedelta64(1, "D"))
    last = np.full(len(distinct), np.iinfo(np.int64).min)  # which is NaT
    np.maximum.at(last, place[known], at[known].astype(np.int64))
    moments = pd.Series(last.astype("datetime64[s]"))
    return moments.take(distinct.get_indexer(index)).set_axis(customers.index)


def _a_since(graded: pd.DataFrame) -> dict[str, pd.Timestamp]:
    """First day of the month in which each customer's present run of A began; `graded` ascending by month."""
    since: dict[str, pd.Timestamp] = {}
    for customer, month, grade in graded[["customer_id", "review_month", "grade"]].itertuples(index=False):
        if grade != "A":
            since.pop(customer, None)
        elif month:
            since.setdefault(customer, pd.Timestamp(f"{month}-01"))
    return since


def idle_part_timer(frames: Frames, day: date) -> pd.DataFrame | None:
    """Part-timers with the last day of their third idle natural month.

    Columns: record_id, staff_id, last_on (last contract, else joined), idle_days (from then to the end of the third
    idle month), let_go_on (the day after).
    The contract's own month and approved leave months are not idle; leave does not start the count anew.
    """
    if "staff" not in frames:
        return None
    staff = columns_of(frames, "staff", ("record_id", "staff_id", "employment", "staff_state", "joined_on"))
    staff = staff[staff["employment"].eq("兼职") & ~staff["staff_state"].isin(["离职", "解除合作"])]
    deals = columns_of(frames, "deal", ("seller_id", "sold_on", "kind"))
    deals = deals[deals["kind"].isin(["", "销售"]) & (wall_time(deals["sold_on"]) <= pd.Timestamp(day))]
    last = wall_time(looked_up(staff["staff_id"], deals.groupby("seller_id")["sold_on"].max()))
    last_on = last.fillna(wall_time(staff["joined_on"]))
    away = leave_months(frames)
    ends = [
        third_idle_end(start.date(), away.get(person, frozenset())) if pd.notna(start) else None
        for start, person in zip(last_on, staff["staff_id"], strict=True)
    ]
    third = wall_time(pd.Series(ends, index=staff.index, dtype="object"))
    idle_days = ((third - last_on) / pd.Timedelta(days=1)).astype("Int64")
    return staff.assign(last_on=last_on, idle_days=idle_days, let_go_on=third + pd.Timedelta(days=1)).reset_index(
        drop=True
    )


def leave_months(frames: Frames) -> dict[str, frozenset[str]]:
    """Staff id → months of leave ("2026-03"). Leave that was refused or sent back is none."""
    leave = columns_of(frames, "part_time_leave", ("staff_id", "from_month", "months", "approved"))
    leave = leave[~leave["approved"].isin(["退回", "驳回"])].drop(columns="approved")
    found: dict[str, set[str]] = {}
    for person, month, count in leave.itertuples(index=False):
        if month and pd.notna(count):
            first = date.fromisoformat(f"{month}-01")
            found.setdefault(person, set()).update(f"{add_months(first, n):%Y-%m}" for n in range(int(count)))
    return {person: frozenset(months) for person, months in found.items()}


def third_idle_end(last_on: date, away: frozenset[str]) -> date:
    """The last day of the third idle natural month after `last_on`; months in `away` are skipped."""
    month, idle = last_on.replace(day=1), 0
    while idle < IDLE_MONTHS:
        month = add_months(month, 1)
        idle += f"{month:%Y-%m}" not in away
    return add_months(month, 1) - timedelta(days=1)


def annual_plan(frames: Frames, day: date) -> pd.DataFrame | None:
    """Yearly visit plans: record_id, visitor_id, year, submitted_at."""
    if "visit_plan" not in frames:
        return None
    plans = columns_of(frames, "visit_plan", ("record_id", "plan_kind", "period", "visitor_id", "submitted_at"))
    plans = plans[plans["plan_kind"].eq("年度")]
    return plans.assign(year=plans["period"].astype("str").str.slice(0, 4))


def area_deal(frames: Frames, day: date) -> pd.DataFrame:
    """Deals with the customer's area: area_name, sold_on."""
    deals = columns_of(frames, "deal", ("customer_id", "sold_on"))
    areas = columns_of(frames, "customer_info", ("customer_id", "area_name")).drop_duplicates("customer_id")
    areas = areas[areas["area_name"].fillna("").ne("")].set_index("customer_id")["area_name"]
    named = deals.assign(area_name=looked_up(deals["customer_id"], areas).astype("object").fillna("").astype("str"))
    return named.loc[named["area_name"].ne(""), ["area_name", "sold_on"]]


def talk(frames: Frames, day: date) -> pd.DataFrame | None:
    """The contact log without what is only planned for the next week."""
    return _talks(frames) if "contact_log" in frames else None


def _talks(frames: Frames) -> pd.DataFrame:
    """As `talk`, without rows where there is no contact log."""
    names = ("customer_id", "contacted_at", "is_decision_maker", "channel", "purpose", "kind")
    log = columns_of(frames, "contact_log", names)
    return log[log["kind"].ne("下周计划")]


def decision_maker_talk(frames: Frames, day: date) -> pd.DataFrame:
    """Talks with a customer's decision makers, by contact log or visit: customer_id, at."""
    visits = columns_of(frames, "visit_record", ("customer_id", "visited_at", "is_decision_maker"))
    parts = [
        _talks(frames).rename(columns={"contacted_at": "at"})[["customer_id", "at", "is_decision_maker"]],
        visits.rename(columns={"visited_at": "at"}),
    ]
    talks = by_origin([part.assign(at=wall_time(part["at"])) for part in parts])
    return talks[talks["is_decision_maker"].fillna(False).astype(bool)]


def spoken_contact(frames: Frames, day: date) -> pd.DataFrame:
    """Contacts by telephone or face to face, from contact log and visits: customer_id, at."""
    contacts = _talks(frames)
    contacts = contacts[contacts["channel"].isin(["电话", "当面"])].rename(columns={"contacted_at": "at"})
    visits = columns_of(frames, "visit_record", ("customer_id", "visited_at", "mode"))
    visits = visits[visits["mode"].isin(["", "当面", "电话", "来访"])].rename(columns={"visited_at": "at"})
    parts = [part.assign(at=wall_time(part["at"]))[["customer_id", "at"]] for part in (contacts, visits)]
    return by_origin(parts)


def order_exception(frames: Frames, day: date) -> pd.DataFrame | None:
    """Exceptions of orders, each once however often the progress log repeats it: record_id (where it was first told),
    order_no, owner_id, exception_at, discovered_at (else when it was first entered), told_at (the first time the
    customer was told together with a remedy), exception_type, status."""
    if "order_progress" not in frames:
        return None
    names = (
        "record_id", "order_no", "owner_id", "exception_type", "exception_at", "exception_note", "customer_notified_at",
        "discovered_at", "created_at",
    )  # fmt: skip
    log = columns_of(frames, "order_progress", names)
    none = log["exception_type"].fillna("").isin(["", "无"]) & log["exception_at"].isna()
    log = log[~none].sort_values("record_id")
    at, entered = wall_time(log["exception_at"]), wall_time(log["created_at"])
    log = log.assign(
        exception_at=at,
        discovered_at=wall_time(log["discovered_at"]).fillna(entered),
        told_at=wall_time(log["customer_notified_at"]).where(log["exception_note"].fillna("").ne("")),
    )
    log = log.assign(key=at.astype("str").where(at.notna(), log["record_id"]))
    by_exception = log.groupby(["order_no", "key"], sort=False)
    times = ["discovered_at", "told_at"]
    return log.assign(**{name: by_exception[name].transform("min") for name in times}).drop_duplicates(
        ["order_no", "key"], ignore_index=True
    )


def sale_day(frames: Frames, day: date) -> pd.DataFrame | None:
    """Days on which a customer paid for a sale: customer_id, paid_on."""
    sales = frames.get("sale")
    if sales is None:
        return None
    paid = sales["paid_on"].notna() & sales["customer_id"].ne("")
    return sales.loc[paid, ["customer_id", "paid_on"]].drop_duplicates(ignore_index=True)


def area_visit(frames: Frames, day: date) -> pd.DataFrame | None:
    """Visits face to face: customer_id, at."""
    visits = frames.get("visit")
    if visits is None:
        return None
    met = visits[visits["mode"].isin(["", "当面"])]
    return met.assign(at=wall_time(met["visited_at"]))[["record_id", "customer_id", "at"]]


def paid_month(frames: Frames, day: date) -> pd.DataFrame | None:
    """The last three finished months and the running one in which a sale was paid: what commissions settle.

    Columns: record_id "company", month_end, occurrence ("2026-10").
    """
    sales = frames.get("sale")
    if sales is None:
        return None
    paid = wall_time(sales["paid_on"]).to_numpy(dtype="datetime64[s]")
    paid = paid[(paid >= np.datetime64(add_months(day.replace(day=1), -3), "s")) & (paid <= np.datetime64(day, "s"))]
    months = np.unique(paid.astype("datetime64[M]")).astype(str).tolist()
    ends = [add_months(date.fromisoformat(f"{month}-01"), 1) - timedelta(days=1) for month in months]
    return pd.DataFrame(
        {
            "record_id": pd.Series(["company"] * len(months), dtype="str"),
            "month_end": wall_time(pd.Series(pd.to_datetime(ends))),
            "occurrence": pd.Series(months, dtype="str"),
        }
    )


def suggestion_made(frames: Frames, day: date) -> pd.DataFrame | None:
    """Suggestions as events of the company: record_id "company", at."""
    if "suggestion" not in frames:
        return None
    dropped = wall_time(columns_of(frames, "suggestion", ("dropped_on",))["dropped_on"]).dropna()
    return pd.DataFrame({"record_id": pd.Series(["company"] * len(dropped), dtype="str"), "at": dropped.to_numpy()})
