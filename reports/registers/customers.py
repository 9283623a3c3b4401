"""R13 lost key accounts, R15 satisfaction."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from reports.facts import columns_of, sale, wall_time
from reports.frames import Frames
from reports.money import round_decimal
from reports.registers.common import Row, names, register, sources_of, within, year_asked
from reports.registers.sales import booked_deals, find_unknown_amounts, known_yuan, rows_by
from reports.registry import Request
from reports.statement import Citation, Source, Statement, Value
from schemas.periods import Period, add_months
from schemas.rule_packs import Pack

LOST = Citation("大客户部运营思路及方案", "五.一 销售顾问考核", "3个月无成交视为流失", "No sale for three months: lost")
SATISFACTION = Citation(
    "销售业务过程管理标准化手册", "二(六)3", "汇总满意度并跟进低分项", "Satisfaction summed up, low scores followed up"
)


def paid_days(frames: Frames, until: date) -> dict[str, list[date]]:
    """Customer → the days of his paid sales up to a day, ascending."""
    sales = sale(frames, until)
    if sales is None:
        return {}
    paid = wall_time(sales["paid_on"])
    known = paid.notna() & (paid < pd.Timestamp(until) + pd.Timedelta(days=1)) & sales["customer_id"].ne("")
    days: dict[str, set[date]] = {}
    for customer, at in zip(sales.loc[known, "customer_id"], paid[known], strict=True):
        days.setdefault(str(customer), set()).add(at.date())
    return {customer: sorted(found) for customer, found in sorted(days.items())}


def lost_after(pack: Pack, last: date) -> date:
    """The day from which a customer counts as lost: the day after the months rule D35 allows."""
    rule = pack.rules.deadlines.get("D35")
    months = rule.due.amount if rule is not None and rule.due is not None and rule.due.clock == "month" else 3
    return add_months(last, months) + timedelta(days=1)


def losses(pack: Pack, days: Sequence[date], period: Period, until: date) -> list[date]:
    """The days in a period on which losses of a customer began, by `until`. A sale since ends a loss, it does not undo
    it. days: of his paid sales, ascending."""
    began = []
    for day, following in zip(days, [*days[1:], None], strict=True):
        lost = lost_after(pack, day)
        if period.first <= lost <= min(period.last, until) and (following is None or following >= lost):
            began.append(lost)
    return began


def lost_customers(request: Request) -> Statement:
    """One line a customer lost by the day: customer_id, customer_name, owner_id, last_sale_on, lost_from, days
    (lost for), sales (of the twelve months up to the last sale, less returns and refunds). Only customers with a paid
    sale can be lost."""
    frames = request.frames
    deals = booked_deals(request)
    customer_names, owners = (
        names(frames, "customer_info", "customer_id", key) for key in ("customer_name", "owner_id")
    )
    deals_of = rows_by(deals[deals["at"].notna()], "customer_id")
    rows, counted = [], list[str]()
    for customer, days in paid_days(frames, request.day).items():
        last, lost_from = days[-1], lost_after(request.pack, days[-1])
        if lost_from > request.day or request.person not in ("", owners.get(customer, "")):
            continue
        since = add_months(last, -12)
        own = [row for row in deals_of[(customer,)] if since < row.at.date() <= last]
        counted += [row.record_id for row in own]
        values: dict[str, Value] = {
            "customer_id": customer, "customer_name": customer_names.get(customer, ""),
            "owner_id": owners.get(customer, ""), "last_sale_on": last, "lost_from": lost_from,
            "days": (request.day - lost_from).days + 1, "sales": known_yuan(row.amount for row in own),
        }  # fmt: skip
        rows.append(Row(customer, values, sources_of("deal", (row.record_id for row in own))))
    findings = find_unknown_amounts(deals[deals["record_id"].isin(counted)])
    return register(request, "lost_customers", LOST, rows, {"customers": len(rows)}, findings)


def satisfaction(request: Request) -> Statement:
    """One line a customer, and one a person who looks after customers: by (customer | owner), id, name, answers,
    mean, median (of 1 to 5), low (answers with a score of three or less), low_without_plan. The year to the day;
    scores are the overall score of surveys (T21) and the satisfaction of service records (T20)."""
    frames, year = request.frames, year_asked(request)
    answers = pd.concat([_surveys(frames), _service(frames)], ignore_index=True)
    answers = answers[within(answers["on"], year.first, min(year.last, request.day)) & answers["customer_id"].ne("")]
    owners = names(frames, "customer_info", "customer_id", "owner_id")
    answers = answers.assign(owner=[owners.get(str(customer), "") for customer in answers["customer_id"]])
    rows = []
    for by, column, named in (
        ("customer", "customer_id", names(frames, "customer_info", "customer_id", "customer_name")),
        ("owner", "owner", names(frames, "staff", "staff_id", "staff_name")),
    ):
        for key, group in answers[answers[column].ne("")].groupby(column):
            if not request.person or request.person in set(group["owner"]):
                rows.append(_satisfaction_row(by, str(key), named, group))
    totals: dict[str, Value] = {"answers": len(answers), **_scores([int(score) for score in answers["score"]])}
    return register(request, "satisfaction", SATISFACTION, rows, totals, year=year.name)


def _surveys(frames: Frames) -> pd.DataFrame:
    surveys = columns_of(
        frames,
        "satisfaction_survey",
        ("record_id", "customer_id", "surveyed_on", "q_quality", "q_speed", "q_overall", "improve_plan"),
    )
    lowest = surveys[["q_quality", "q_speed", "q_overall"]].min(axis=1)
    low = (lowest <= 3).fillna(False).astype(bool)
    made = surveys.assign(
        table="satisfaction_survey", on=wall_time(surveys["surveyed_on"]), score=surveys["q_overall"], low=low,
        open=low & surveys["improve_plan"].fillna("").eq(""),
    )  # fmt: skip
    return made.loc[made["score"].notna(), ["table", "record_id", "customer_id", "on", "score", "low", "open"]]


def _service(frames: Frames) -> pd.DataFrame:
    records = columns_of(frames, "after_sales", ("record_id", "customer_id", "served_on", "csat"))
    low = (records["csat"] <= 3).fillna(False).astype(bool)
    made = records.assign(
        table="after_sales", on=wall_time(records["served_on"]), score=records["csat"], low=low, open=False
    )
    return made.loc[made["score"].notna(), ["table", "record_id", "customer_id", "on", "score", "low", "open"]]


def _satisfaction_row(by: str, key: str, named: Mapping[str, str], group: pd.DataFrame) -> Row:
    values: dict[str, Value] = {
        "by": by, "id": key, "name": named.get(key, ""), "answers": len(group),
        **_scores([int(score) for score in group["score"]]), "low": int(group["low"].sum()),
        "low_without_plan": int(group["open"].astype(bool).sum()),
    }  # fmt: skip
    sources = tuple(
        Source(str(table), str(record)) for table, record in zip(group["table"], group["record_id"], strict=True)
    )
    return Row(f"{by}:{key}", values, sources)


def _scores(scores: list[int]) -> dict[str, Value]:
    """Mean to two places and median; None without answers."""
    if not scores:
        return {"mean": None, "median": None}
    middle = statistics.median(scores)
    return {"mean": round_decimal(Fraction(sum(scores), len(scores)), 2), "median": Decimal(str(middle))}
