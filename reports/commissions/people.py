"""People as the commission rules see them: employment, the state in force on a day, quotas, and which plan applies."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pandas as pd

from reports.frames import Frames
from schemas.commission_rules import CommissionRules

LEFT = ("离职", "解除合作")
ON_LEAVE = "请假"
PART_TIMERS = ("兼职", "人脉")
SELLING_ROLES = ("大客户经理", "销售顾问", "销售主管", "销售专员")
STATES_TABLE = "staff.states"


@dataclass(frozen=True, slots=True)
class StateLine:
    """A person's state, role and department from a day on."""

    from_on: date
    state: str
    role: str
    dept: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in the staff register; `states` in the order of their days. is_repeated: the number stands twice."""

    staff_id: str
    name: str
    employment: str
    record_id: str
    states: tuple[StateLine, ...]
    joined_on: date | None = None
    demoted_on: date | None = None
    is_repeated: bool = False

    def at(self, day: date) -> StateLine | None:
        """The state in force on `day`; None before the first."""
        for line in reversed(self.states):
            if line.from_on <= day:
                return line
        return None

    @property
    def is_part_timer(self) -> bool:
        """Whether the person sells beside another job (兼职) or only refers customers (人脉)."""
        return self.employment in PART_TIMERS


@dataclass(frozen=True, slots=True)
class Quota:
    """What a person is to sell in a month: the full quota, and what of it the person's state asks (fen)."""

    full: int
    effective: Fraction
    record_id: str


def month_number(text: str) -> int:
    """ "2026-10" → months since January 1970, the number `datetime64[M]` counts in."""
    return (int(text[:4]) - 1970) * 12 + int(text[5:7]) - 1


def month_of_day(day: date) -> int:
    """The number of the month a day lies in."""
    return (day.year - 1970) * 12 + day.month - 1


def month_text(number: int) -> str:
    """The reverse of `month_number`."""
    return f"{number // 12 + 1970:04d}-{number % 12 + 1:02d}"


def month_of_period(text: str) -> int | None:
    """The month a period's prize belongs to: of its day, of its week's Thursday, or the month itself; None: unreadable.

    "2026-10-17", "2026-W42" and "2026-10" are read.
    """
    try:
        if "W" in text:
            year, week = text.split("-W")
            thursday = date.fromisocalendar(int(year), int(week), 1) + timedelta(days=3)
            return month_of_day(thursday)
        day = date.fromisoformat(text if len(text) > len("2026-10") else f"{text}-01")
    except ValueError:
        return None
    return month_of_day(day)


def month_first(number: int) -> date:
    """A month's first day."""
    return date(number // 12 + 1970, number % 12 + 1, 1)


def month_last(number: int) -> date:
    """A month's last day."""
    first = month_first(number)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def people_of(frames: Frames) -> dict[str, Person]:
    """Everybody in the staff register by staff id. Without lines of states the header's state holds since joining."""
    staff = frames.get("staff")
    if staff is None:
        return {}
    states = _states(frames.get(STATES_TABLE))
    people: dict[str, Person] = {}
    for row in staff.to_dict("records"):
        joined = _day(row["joined_on"])
        header = StateLine(joined or date.min, row["staff_state"], row["role"], row["dept"])
        people[row["staff_id"]] = Person(
            row["staff_id"], row["staff_name"], row["employment"], row["record_id"],
            states.get(row["record_id"], (header,)), joined, _day(row["demoted_on"]), row["staff_id"] in people,
        )  # fmt: skip
    return people


def state_factor(person: Person, month: int, rules: CommissionRules) -> Fraction | None:
    """What share of the full quota the person's state asks in the month; None when no state with a factor is in force.

    `state_at: pro_rata` weighs the states by their days; a day without a known factor counts as the month's end does.
    """
    last = month_last(month)
    end = _factor_on(person, last, rules)
    if rules.state_at == "month_end" or end is None:
        return end
    days = [_factor_on(person, month_first(month) + timedelta(days=at), rules) for at in range(last.day)]
    return sum((end if day is None else day for day in days), Fraction(0)) / last.day


def quotas_of(
    frames: Frames, people: Mapping[str, Person], rules: CommissionRules, first: int, last: int
) -> dict[tuple[str, int], Quota]:
    """Quotas of the months `first` to `last` by person and month.

    Of several rows for one month the first counts unless a later one carries an approval.

    Source: 管理制度§5 (a change needs approval, else the original counts); domain.md §4.7.
    """
    frame = frames.get("quota")
    if frame is None:
        return {}
    chosen: dict[tuple[str, int], dict[str, object]] = {}
    asked = frame[frame["month"].isin([month_text(month) for month in range(first, last + 1)])]
    for row in asked.sort_values("record_id").to_dict("records"):
        if not row["staff_id"] or pd.isna(row["full_quota"]):
            continue
        key = (row["staff_id"], month_number(row["month"]))
        if key not in chosen or str(row["change_ok"]).startswith("通过"):
            chosen[key] = row
    return {key: _quota(key, row, people, rules) for key, row in chosen.items()}


def _quota(
    key: tuple[str, int], row: Mapping[str, object], people: Mapping[str, Person], rules: CommissionRules
) -> Quota:
    person = people.get(key[0])
    factor = state_factor(person, key[1], rules) if person else None
    if factor is None:
        factor = Fraction(str(row["factor"])) if row["factor"] is not None else Fraction(1)
    full = int(str(row["full_quota"]))
    return Quota(full, full * factor, str(row["record_id"]))


def _factor_on(person: Person, day: date, rules: CommissionRules) -> Fraction | None:
    line = person.at(day)
    factor = rules.state_factors.get(line.state) if line else None
    return None if factor is None else Fraction(factor)


def _states(frame: pd.DataFrame | None) -> dict[str, tuple[StateLine, ...]]:
    """Lines of states by staff record, in the order of their days; a line without a day is left out."""
    found: dict[str, list[StateLine]] = {}
    if frame is None:
        return {}
    for row in frame.to_dict("records"):
        if (day := _day(row["from_on"])) is not None:
            line = StateLine(day, row["staff_state"], row["role"], row["dept"])
            found.setdefault(row["record_id"], []).append(line)
    return {record: tuple(sorted(lines, key=lambda line: line.from_on)) for record, lines in found.items()}


def _day(value: object) -> date | None:
    return value.date() if isinstance(value, pd.Timestamp) else None


def months_ending(last: int, count: int) -> Sequence[int]:
    """`count` months up to and including `last`, in order."""
    return range(last - count + 1, last + 1)
