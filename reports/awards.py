"""Prizes for sellers: champions of the week and the month, and daily peaks announced beforehand.

Source: seed 002 §四.4; domain.md §4.8. A week belongs to the month of its Thursday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from reports.commissions.month import MANAGER, MonthBook, PersonMonth
from reports.commissions.people import PART_TIMERS, month_first, month_of_period
from reports.frames import Frames
from reports.money import fen_of
from reports.statement import Source, input_finding
from schemas.finding import Finding, Severity
from schemas.periods import Period, period_of

WEEKLY, MONTHLY, DAILY, OTHER = "weekly_champion", "monthly_champion", "daily_peak", "other"
KIND_OF_NOTICE = {"周销售冠军": WEEKLY, "月销售冠军": MONTHLY, "日业绩高峰": DAILY, "其他": OTHER}
REFUSED = ("退回", "不通过")


@dataclass(frozen=True, slots=True)
class Standing:
    """One person's place in a period: what was sold, what had to be exceeded (None: nothing), and what it earns (fen).

    reason: why a seller is not eligible: "below_threshold", "no_quota" or "nothing_sold"; "" when eligible.
    """

    staff_id: str
    kind: str
    period: str
    measure: Fraction
    threshold: Fraction | None
    reason: str
    rank: int = 0
    prize: int = 0


@dataclass(frozen=True, slots=True)
class Award:
    """A prize of one person in fen; `source` is the notice it was entered in, where there is one. sources: that
    notice, or the sales it was won with."""

    staff_id: str
    kind: str
    period: str
    amount: int
    source: Source | None = None
    won_with: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The records behind the prize."""
        return (self.source,) if self.source else self.won_with


@dataclass(frozen=True)
class Awards:
    """A month's prizes and rankings, and the periods whose ranking cannot be known."""

    awards: tuple[Award, ...]
    standings: tuple[Standing, ...]
    findings: tuple[Finding, ...]

    def of(self, staff_id: str) -> tuple[Award, ...]:
        """One person's prizes."""
        return tuple(award for award in self.awards if award.staff_id == staff_id)


def awards_of(frames: Frames, book: MonthBook) -> Awards:
    """The prizes of the book's month. Weeks not over by the book's last known day have no champion yet."""
    unsure = _unsure_periods(book)
    standings = [*_weekly(book), *_monthly(book)]
    known = [standing for standing in standings if standing.period not in unsure]
    ranked = [standing for group in _by_period(known).values() for standing in _rank(group, book)]
    computed = [
        Award(s.staff_id, s.kind, s.period, s.prize, won_with=_sales_of(book, s.staff_id, s.period))
        for s in ranked
        if s.prize
    ]
    noticed, findings = _noticed(frames, book, computed)
    return Awards((*computed, *noticed), tuple(ranked), (*unsure.values(), *findings))


def _sales_of(book: MonthBook, staff_id: str, period: str) -> tuple[Source, ...]:
    """The deals and refunds whose money moved in a week or month, of one seller; the seller and his quota before."""
    made, ledger = book.of[staff_id], book.ledger
    quota = (Source("quota", made.quota.record_id),) if made.quota else ()
    takings = ledger.takings[ledger.takings["person"] == staff_id]
    records = [
        ledger.record_ids[row]
        for row, day in zip(takings["row"], takings["day"], strict=True)
        if not pd.isna(day) and period in (period_of(pd.Timestamp(day).date(), kind).name for kind in ("week", "month"))
    ]
    deals = tuple(Source("deal", record) for record in dict.fromkeys(records))
    return (Source("staff", made.person.record_id), *quota, *deals)


def _weekly(book: MonthBook) -> Iterable[Standing]:
    """Each seller's takings of each week: money in less money back, on the day it moved."""
    takings = book.ledger.takings
    if not len(takings):
        return
    day = takings["day"].to_numpy().astype("datetime64[D]")
    monday = day - ((day.astype(np.int64) + 3) % 7)
    of_month = (monday + 3).astype("datetime64[M]").astype(np.int64) == book.month
    sums = takings.assign(week=monday)[of_month & ~np.isnat(day)].groupby(["week", "person"], sort=True)["amount"].sum()
    quarter = Fraction(book.terms.rules.champions.quota_share_of_week)
    for (week, staff_id), amount in sums.items():
        period = period_of(pd.Timestamp(week).date(), "week")
        if period.last <= book.until and (made := _contender(book, staff_id)):
            yield _standing(made, WEEKLY, period, Fraction(int(amount)), quarter)


def _monthly(book: MonthBook) -> Iterable[Standing]:
    """Each seller's 销售额 of the month."""
    period = period_of(month_first(book.month), "month")
    if period.last > book.until:
        return
    for staff_id in book.of:
        if made := _contender(book, staff_id):
            yield _standing(made, MONTHLY, period, made.net, Fraction(1))


def _contender(book: MonthBook, staff_id: str) -> PersonMonth | None:
    """The seller's month; managers announce champions and do not compete."""
    made = book.of.get(staff_id)
    return made if made is not None and made.kind != MANAGER else None


def _standing(made: PersonMonth, kind: str, period: Period, measure: Fraction, share: Fraction) -> Standing:
    """Full-timers must exceed `share` of their effective quota; part-timers have no threshold."""
    threshold = None
    reason = "" if measure > 0 else "nothing_sold"
    if made.person.employment not in PART_TIMERS:
        threshold = made.quota.effective * share if made.quota else None
        if not threshold:
            reason = "no_quota"
        elif measure <= threshold:
            reason = "below_threshold"
    return Standing(made.person.staff_id, kind, period.name, measure, threshold, reason)


def _by_period(standings: Iterable[Standing]) -> dict[tuple[str, str], list[Standing]]:
    groups: dict[tuple[str, str], list[Standing]] = {}
    for standing in standings:
        groups.setdefault((standing.kind, standing.period), []).append(standing)
    return groups


def _rank(group: Sequence[Standing], book: MonthBook) -> list[Standing]:
    """Best first; the prize goes to everyone level with the best who is eligible."""
    champions = book.terms.rules.champions
    prize = fen_of(champions.weekly if group[0].kind == WEEKLY else champions.monthly)
    best = max((standing.measure for standing in group if not standing.reason), default=None)
    ordered = sorted(group, key=lambda standing: (-standing.measure, standing.staff_id))
    rank = {each.measure: at for at, each in reversed(list(enumerate(ordered, start=1)))}
    return [
        Standing(
            each.staff_id, each.kind, each.period, each.measure, each.threshold, each.reason,
            rank=rank[each.measure],
            prize=prize if not each.reason and each.measure == best else 0,
        )
        for each in ordered
    ]  # fmt: skip


def _unsure_periods(book: MonthBook) -> dict[str, Finding]:
    """Weeks and the month holding a deal whose amount is not known: their champion cannot be named."""
    unsure: dict[str, Finding] = {}
    for at in book.ledger.unsure:
        row = book.ledger.rows.iloc[at]
        day = row["day"]
        if pd.isna(day):
            continue
        source, when = Source("deal", str(row["record_id"])), pd.Timestamp(day).date()
        for period in (period_of(when, "week"), period_of(when, "month")):
            unsure.setdefault(
                period.name,
                input_finding("E340", source, "", Severity.WARNING, period=period.name, deal_no=str(row["deal_no"])),
            )
    return unsure


def _noticed(frames: Frames, book: MonthBook, computed: Sequence[Award]) -> tuple[list[Award], list[Finding]]:
    """Prizes entered by hand (daily peaks and others), and notices of champions that differ from the ranking."""
    notices = frames.get("award_notice")
    awards: list[Award] = []
    findings: list[Finding] = []
    if notices is None:
        return awards, findings
    winners = {(award.kind, award.period, award.staff_id) for award in computed}
    for row in notices.to_dict("records"):
        kind, source = KIND_OF_NOTICE.get(row["award_kind"], OTHER), Source("award_notice", row["record_id"])
        month = month_of_period(row["period"])
        if month is None:
            findings.append(input_finding("E341", source, "period", Severity.ERROR, value=row["period"]))
        if month != book.month or row["confirmed"] in REFUSED or not row["staff_id"]:
            continue
        problem = _notice_problem(row, kind, source, book, winners)
        if problem is not None:
            findings.append(problem)
        elif kind in (DAILY, OTHER):
            awards.append(Award(row["staff_id"], kind, row["period"], int(row["amount"]), source))
    return awards, findings


def _notice_problem(
    row: Mapping[str, object], kind: str, source: Source, book: MonthBook, winners: set[tuple[str, str, str]]
) -> Finding | None:
    if row["amount"] is pd.NA or pd.isna(row["amount"]):
        return input_finding("E342", source, "amount", Severity.ERROR)
    limit = book.terms.rules.champions.daily_max
    if kind == DAILY and int(str(row["amount"])) > fen_of(limit):
        return input_finding("E343", source, "amount", Severity.ERROR, max=limit)
    if row["staff_id"] not in book.people:
        return input_finding("E344", source, "staff_id", Severity.ERROR, value=str(row["staff_id"]))
    if kind in (WEEKLY, MONTHLY) and (kind, str(row["period"]), str(row["staff_id"])) not in winners:
        return input_finding(
            "E345", source, "staff_id", Severity.WARNING, period=str(row["period"]), staff_id=str(row["staff_id"])
        )
    return None
