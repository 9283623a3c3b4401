"""Views behind what the staff owes every week, month or year: who was who at the time, and what they handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from reports.commissions.people import people_of
from reports.facts import RANK_OF_ROLE, columns_of, looked_up, person_id, wall_time
from reports.frames import Frames
from schemas.periods import period_of

NEXT_WEEK = "下周计划"
COUNTS = {"n_handler": "handler", "n_supervisor": "supervisor", "n_manager": "manager", "n_gm": "gm"}


def staff_term(frames: Frames, day: date) -> pd.DataFrame | None:
    """Everybody's posts and states, each with the days it held: what somebody owes follows from what he was then.

    Columns: record_id, staff_id, employment, role, staff_state, since, until (the day after; missing while it holds).
    """
    if "staff" not in frames:
        return None
    left = (
        columns_of(frames, "staff", ("staff_id", "left_on"))
        .drop_duplicates("staff_id")
        .set_index("staff_id")["left_on"]
    )
    rows = []
    for person in people_of(frames).values():
        ends = [*(line.from_on for line in person.states[1:]), None]
        for line, until in zip(person.states, ends, strict=True):
            since = None if line.from_on == date.min else line.from_on
            rows.append((person.record_id, person.staff_id, person.employment, line.role, line.state, since, until))
    names = ("record_id", "staff_id", "employment", "role", "staff_state", "since", "until")
    terms = pd.DataFrame(rows, columns=list(names))
    texts = {name: terms[name].astype("str") for name in names[:5]}
    since, until = wall_time(pd.to_datetime(terms["since"])), wall_time(pd.to_datetime(terms["until"]))
    left_on = wall_time(looked_up(terms["staff_id"], left))
    return terms.assign(**texts, since=since, until=pd.concat([until, left_on], axis=1).min(axis=1))


def weekly_contact(frames: Frames, day: date) -> pd.DataFrame | None:
    """The contact log by the week it reports on: author_id, kind, week ("2026-W45"), submitted_at.

    A summary belongs to the week of the contact. A plan belongs to the week before the contact it plans; one whose
    contact was left at the moment of writing belongs to the week it was written in. Rows whose writer is not recorded
    are of who looks after the customer.
    """
    if "contact_log" not in frames:
        return None
    log = columns_of(frames, "contact_log", ("customer_id", "contacted_at", "kind", "created_by", "submitted_at"))
    at, written = wall_time(log["contacted_at"]), wall_time(log["submitted_at"])
    ahead = log["kind"].eq(NEXT_WEEK) & (written.isna() | (at > written))
    about = at.where(~ahead, at - timedelta(days=7))
    about = about.dt.floor("D")
    weeks = {each: period_of(each.date(), "week").name for each in about.dropna().unique()}
    owners = columns_of(frames, "customer_info", ("customer_id", "owner_id")).drop_duplicates("customer_id")
    owner = looked_up(log["customer_id"], owners.set_index("customer_id")["owner_id"]).astype("object").fillna("")
    author = person_id(log["created_by"])
    return log.assign(
        author_id=author.where(author.ne(""), owner).astype("str"),
        week=about.map(weeks).astype("object").fillna("").astype("str"),
    )[["author_id", "kind", "week", "submitted_at"]]


def visit_target(frames: Frames, day: date) -> pd.DataFrame | None:
    """Visits owed to a customer each month by rank, for the months a frequency plan (T32) is in force.

    Columns: record_id, customer_id, owner_id, occurrence and rank, visitor_id (the owner, or the superior of that
    rank, "" where there is none), need, since, until (the day the next plan begins; missing while there is none).
    """
    if "visit_frequency" not in frames or "customer_info" not in frames:
        return None
    heads = columns_of(frames, "visit_frequency", ("record_id", "staff_id", "valid_from"))
    heads = heads[heads["valid_from"].fillna("").ne("")].sort_values("valid_from")
    heads = heads.drop_duplicates(["staff_id", "valid_from"], keep="last").rename(columns={"record_id": "plan_id"})
    first = wall_time(pd.to_datetime(heads["valid_from"] + "-01", format="%Y-%m-%d", errors="coerce"))
    heads = heads.assign(since=first, until=first.groupby(heads["staff_id"]).shift(-1))
    lines = columns_of(frames, "visit_frequency.lines", ("record_id", "customer_level", *COUNTS))
    lines = lines.rename(columns={"record_id": "plan_id", **COUNTS})
    needs = lines.melt(["plan_id", "customer_level"], list(COUNTS.values()), var_name="rank", value_name="need")
    needs = needs[pd.to_numeric(needs["need"]).fillna(0) > 0].merge(heads, on="plan_id")
    customers = columns_of(frames, "customer_info", ("record_id", "customer_id", "owner_id", "customer_level"))
    owed = customers.merge(needs, left_on=["owner_id", "customer_level"], right_on=["staff_id", "customer_level"])
    visitors = _visitors(frames, set(zip(owed["owner_id"], owed["rank"], strict=True)))
    visitor = [visitors[each] for each in zip(owed["owner_id"], owed["rank"], strict=True)]
    rank = owed["rank"].astype("str")
    return owed.assign(rank=rank, occurrence=rank, visitor_id=pd.Series(visitor, index=owed.index, dtype="str"))


def targets_on(frames: Frames, day: date) -> pd.DataFrame | None:
    """The visits owed by the plans in force on the day, as `visit_target`."""
    owed = visit_target(frames, day)
    if owed is None:
        return None
    return owed[(owed["since"] <= pd.Timestamp(day)) & ~(owed["until"] <= pd.Timestamp(day))]


def _visitors(frames: Frames, wanted: set[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """(Owner, rank) → who visits in that rank: the owner himself, or the nearest superior in such a post."""
    staff = columns_of(frames, "staff", ("staff_id", "role", "manager_id"))
    roles = dict(zip(staff["staff_id"], staff["role"], strict=True))
    managers = dict(zip(staff["staff_id"], staff["manager_id"], strict=True))
    found: dict[tuple[str, str], str] = {}
    for owner, rank in wanted:
        person, seen = owner, {""}
        while rank != "handler" and person not in seen and RANK_OF_ROLE.get(roles.get(person, "")) != rank:
            seen.add(person)
            person = managers.get(person, "")
        found[owner, rank] = person if person in roles or rank == "handler" else ""
    return found
