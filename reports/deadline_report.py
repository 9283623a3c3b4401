"""R08: the list of obligations, overdue first, each with the rule behind it and how its due moment was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from reports.clocks import DAY, MISSING, Flags, day_number
from reports.columns import UNMET
from reports.deadlines import CODE, STATUSES, WAIVED, Evaluation, Listed, Memo, Status, evaluate, listing
from reports.frames import with_frame
from reports.kpi.rated import kpi_rated
from reports.recommendations import recommendations
from reports.registry import COMMISSION_TABLES, Request
from reports.statement import Citation, LinesOnDemand, Source, Statement, StatementLine, Step, Value, input_finding
from reports.views import VIEWS
from schemas.deadline_rules import Due, Rule
from schemas.finding import Finding, Severity
from schemas.periods import add_months
from schemas.rights import ROLES
from schemas.rule_packs import Pack

Counts = Mapping[str, Mapping[Status, int]]
"""How many obligations each rule has, by status."""
SEVERITIES = "CHMLG"
EXPLAINED = frozenset({"term_days", "idle_days"})
"""Columns of days whose meaning a step can tell."""


def rules_of(pack: Pack) -> Mapping[str, Rule]:
    """The pack's deadline rules; payday (D42) is the one the commission options say."""
    rules, commission = dict(pack.rules.deadlines), pack.rules.commission
    payday = rules.get("D42")
    if payday is not None and payday.due is not None and payday.due.clock == "period":
        settled = {"offset": commission.settle_offset, "day": commission.settle_day, "roll": commission.settle_roll}
        rules["D42"] = payday.model_copy(update={"due": payday.due.model_copy(update=settled)})
    return rules


def deadlines(request: Request) -> Statement:
    """One line an obligation, overdue first: rule, label, template, record_id, line_no, occurrence (which repetition),
    trigger_at, due_at, met_at, status, late_calendar, late_working, late_unit (day | second), severity, owner_id,
    escalated_to (a staff id, or a role), informed (everybody it was escalated to), who (roles), provisional (the year's
    days off are not published), unfinished (something is left to do: also after the promise was kept, until what the
    rule names has come).

    Status: not_triggered, pending, due_soon, overdue, met, met_late, waived, paused, not_measurable. Without a month
    everything is listed, what has not begun last. With a month only what is open and what was met in that month;
    older ones are counted in the totals. person: what he owes, or what was escalated to him; the totals are his.
    """
    rules = rules_of(request.pack)
    memo = request.kept.setdefault(f"deadlines {request.pack.hash}", Memo())
    frames = with_frame(request.frames, "attainment_streak", attainment_streak(request, memo))
    frames = with_frame(frames, "kpi_rated", _rated(request, memo))
    evaluation = evaluate(rules, frames, request.as_of, request.calendar, memo)
    rows, counts = _rows(evaluation, request)
    zone = ZoneInfo(request.pack.rules.pack.timezone)
    shown = {line_key(row): row for row in sorted(rows, key=_order)}
    ordered = tuple(shown.items())

    def line_at(at: int) -> StatementLine:
        key, row = ordered[at]
        return _line(key, row, rules[row.rule], zone)

    lines = LinesOnDemand(((len(ordered), line_at),))

    def explain(line: StatementLine) -> tuple[Step, ...]:
        row = shown[line.key]
        return explained(row, rules[row.rule], request.as_of)

    parameters: dict[str, Value] = {"month": request.month or None, "person": request.person or None}
    return Statement(
        "deadlines", request.as_of, request.pack.id, request.pack.hash, parameters, lines,
        _totals(counts, len(lines)), _findings(evaluation, counts, list(shown.values())), explain,
    )  # fmt: skip


def _rows(evaluation: Evaluation, request: Request) -> tuple[list[Listed], Counts]:
    """What is listed, and how many obligations each rule has by status: everybody's, or one person's."""
    wanted = _wanted(evaluation, request.month)
    if not request.person:
        return listing(evaluation, wanted), evaluation.counts()
    everything = np.ones(len(wanted), dtype=np.bool_)
    found = [
        (row, kept)
        for row, kept in zip(listing(evaluation, everything), wanted, strict=True)
        if request.person in (row.owner_id, *row.reached)
    ]
    counts = {rule_id: dict.fromkeys(STATUSES, 0) for rule_id in evaluation.counts()}
    for row, _ in found:
        counts[row.rule][row.status] += 1
    return [row for row, kept in found if kept], counts


def attainment_streak(request: Request, memo: Memo) -> pd.DataFrame:
    """What R19 recommends for the last finished month, as rules D38 to D40 watch it: record_id, staff_id, month_end,
    advice (dismiss | transfer_or_demote | below_minimum)."""
    last = request.day.replace(day=1) - timedelta(days=1)
    seen = (*(request.frames.get(table) for table in COMMISSION_TABLES), request.pack.hash, last)
    if memo.streaks is not None and _same(memo.streaks[0], seen):
        return memo.streaks[1]
    advised = recommendations(replace(request, month=f"{last:%Y-%m}", person="")).lines if _has_quotas(request) else ()
    rows = [
        (line.sources[0].record_id, line.values["staff_id"], pd.Timestamp(last), _advice(line))
        for line in advised
        if line.values["recommendation"] in ("dismiss", "transfer_or_demote")
    ]
    frame = pd.DataFrame(rows, columns=["record_id", "staff_id", "month_end", "advice"])
    frame = frame.astype({"record_id": "str", "staff_id": "str", "month_end": "datetime64[s]", "advice": "str"})
    memo.streaks = (seen, frame)
    return frame


def _rated(request: Request, memo: Memo) -> pd.DataFrame:
    given = request.frames.get("kpi_rating")
    if memo.rated is None or memo.rated[0] is not given:
        memo.rated = (given, kpi_rated(request))
    return memo.rated[1]


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """The same frames, and equal in everything that is none."""
    pairs = zip(before, now, strict=True)
    return all(old is new or (isinstance(new, (str, date)) and old == new) for old, new in pairs)


def _has_quotas(request: Request) -> bool:
    quotas = request.frames.get("quota")
    return quotas is not None and len(quotas) > 0


def _advice(line: StatementLine) -> str:
    below = line.values["reason"] == "below_minimum"
    return "below_minimum" if below else str(line.values["recommendation"])


def _wanted(evaluation: Evaluation, month: str) -> Flags:
    if not month:
        return np.ones(len(evaluation.status), dtype=np.bool_)
    first = date.fromisoformat(f"{month}-01")
    low, high = day_number(first) * DAY, day_number(add_months(first, 1)) * DAY
    met = np.isin(evaluation.status, [CODE["met"], CODE["met_late"]])
    dated = (evaluation.met_at != MISSING) & (evaluation.met_at != UNMET)
    return np.asarray(evaluation.is_open | (met & dated & (evaluation.met_at >= low) & (evaluation.met_at < high)))


def _order(row: Listed) -> tuple[bool, int, int, str, str, str]:
    """Overdue first, critical before high, the oldest first; the same whatever order the records came in."""
    return (
        not row.is_open,
        CODE[row.status],
        SEVERITIES.index(row.severity),
        str(row.due_at or "~"),
        row.rule,
        line_key(row),
    )


def line_key(row: Listed) -> str:
    """Rule, form, record and repetition: one obligation."""
    return ":".join(filter(None, (row.rule, row.template, row.subject, row.occurrence)))


def _line(key: str, row: Listed, rule: Rule, zone: ZoneInfo) -> StatementLine:
    values: dict[str, Value] = {
        "rule": row.rule, "label": rule.label, "template": row.template, "record_id": row.record_id,
        "line_no": row.line_no, "occurrence": row.occurrence, "trigger_at": _aware(row.trigger_at, zone),
        "due_at": _aware(row.due_at, zone), "met_at": _aware(row.met_at, zone), "status": row.status,
        "late_calendar": row.late_calendar, "late_working": row.late_working, "late_unit": row.late_unit,
        "severity": row.severity, "owner_id": row.owner_id, "escalated_to": row.escalated_to,
        "informed": list(row.reached), "who": list(rule.who), "provisional": row.provisional, "unfinished": row.is_open,
    }  # fmt: skip
    sources = () if row.template in VIEWS else (Source(row.template, row.record_id, row.line_no),)
    cite = rule.cite
    return StatementLine(key, values, sources, Citation(cite.document, cite.clause, cite.zh, cite.en))


def _aware(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=zone)


def _totals(counts: Counts, listed: int) -> dict[str, Value]:
    by_status: dict[str, Value] = {status: sum(tally[status] for tally in counts.values()) for status in STATUSES}
    by_rule: dict[str, Value] = {
        rule_id: {str(name): count for name, count in tally.items()} for rule_id, tally in counts.items()
    }
    return {"listed": listed, **by_status, "by_rule": by_rule}


def _findings(evaluation: Evaluation, counts: Counts, rows: Sequence[Listed]) -> tuple[Finding, ...]:
    """What is withheld: obligations nobody can measure, waivers without a reason, and due moments on an unpublished
    schedule."""
    found = [
        Finding("E210", params={"rule": rule_id, "count": tally["not_measurable"]}, severity=Severity.WARNING)
        for rule_id, tally in counts.items()
        if tally["not_measurable"]
    ]
    found += _waivers_without_reason(evaluation)
    years = sorted({row.due_at.year for row in rows if row.provisional and row.due_at})
    found += [Finding("E211", params={"year": str(year)}, severity=Severity.INFO) for year in years]
    return tuple(found)


def _waivers_without_reason(evaluation: Evaluation) -> list[Finding]:
    acks = evaluation.tables.columns("rule_ack")
    if acks is None:
        return []
    places = np.flatnonzero((acks.texts("action") == WAIVED) & ~acks.filled(("reason",)))
    return [
        input_finding(
            "E212", Source("rule_ack", acks.texts("record_id")[at]), "reason", Severity.WARNING,
            rule=acks.texts("rule_id")[at], subject=acks.texts("subject")[at],
        )
        for at in places
    ]  # fmt: skip


def explained(row: Listed, rule: Rule, as_of: date | datetime) -> tuple[Step, ...]:
    """How the obligation came about, how its due moment was counted, and where it stands."""
    steps = [Step("deadline.rule", {"rule": row.rule, "label": rule.label})]
    if row.trigger_at is None or row.due_at is None or row.is_to_come(as_of):
        steps.append(Step("deadline.no_moment" if row.status == "not_measurable" else "deadline.not_begun"))
        return tuple(steps)
    steps.append(Step("deadline.start", {"at": _shown(row.trigger_at, row)}))
    steps += [Step("deadline.promised")] if row.promised else _counting(row.way, row.due_at - row.trigger_at)
    steps.append(Step("deadline.due", {"at": row.due_at}))
    if row.provisional:
        steps.append(Step("deadline.provisional", {"year": str(row.due_at.year)}))
    if rule.grace is not None:
        steps.append(Step(f"deadline.grace_{rule.grace.unit}", {"amount": rule.grace.amount}))
    steps.append(_standing(row, rule, as_of))
    if row.is_open and row.until is not None and row.status in {"met", "met_late"}:
        steps.append(Step("deadline.until", {"text": row.until}))
    if row.escalated_to:
        steps.append(_escalation(row.escalated_to))
    if rule.option is not None:
        steps.append(Step("deadline.option", {"text": rule.option}))
    return tuple(steps)


def _escalation(to: str) -> Step:
    """To whom: a person, or a role nobody is named for."""
    if to in ROLES:
        return Step("deadline.escalated_role", {"role_word": f"value.who.{to}"})
    return Step("deadline.escalated", {"to": to})


def _shown(moment: datetime, row: Listed) -> date | datetime:
    """When something happened as people say it: a day without an hour where the record names none."""
    return moment.date() if row.late_unit == "day" and moment.time() == time(0) else moment


def _counting(due: Due, length: timedelta) -> list[Step]:
    """The way of counting, and what moves the day it comes to. length: from the start to the due moment."""
    if due.clock == "period":
        steps = [_picking(due)]
    elif due.amount_from is not None:
        known = due.amount_from if due.amount_from in EXPLAINED else "record"
        steps = [Step(f"deadline.amount_from_{known}", {"amount": length.days})]
    elif due.amount == 0 and due.counts_days:
        steps = [Step("deadline.same_day")]
    else:
        direction = "before" if due.amount < 0 else "after"
        steps = [Step(f"deadline.{due.clock}_{due.unit}_{direction}", {"amount": abs(due.amount)})]
    if due.roll != "none" and due.weekday is None:
        steps.append(Step(f"deadline.roll_{due.roll}"))
    if due.day_end == "close_of_business":
        steps.append(Step("deadline.closing"))
    return steps


def _picking(due: Due) -> Step:
    """Which day of the period."""
    if due.weekday is not None:
        name = "deadline.week_day" if due.roll == "none" else "deadline.period_weekday"
        return Step(name, {"day_word": f"word.weekday.{due.weekday}"})
    pick = next((name for name in ("workday", "day") if getattr(due, name)), "")
    if not pick:
        return Step(f"deadline.{due.unit}_end")
    which = "first" if due.not_before_start else {0: "this", 1: "next"}.get(due.offset, "later")
    name = f"deadline.month_{pick}_{which}" if due.unit == "month" else f"deadline.period_{pick}"
    return Step(name, {"amount": getattr(due, pick), "offset": due.offset})


def _standing(row: Listed, rule: Rule, as_of: date | datetime) -> Step:
    if rule.kind == "alert" and row.status in ("overdue", "due_soon", "pending"):
        return Step(f"deadline.alert_{row.status}", {"at": as_of, "late": row.late_calendar})
    if row.status in {"met", "met_late"} and row.met_at is None:
        return Step("deadline.met_undated")
    moment = _shown(row.met_at, row) if row.met_at and row.status in {"met", "met_late"} else as_of
    if row.late_calendar is None or row.late_working is None:
        return Step(f"deadline.{row.status}", {"at": moment})
    if row.late_unit == "day":
        return Step(
            f"deadline.{row.status}_days", {"at": moment, "late": row.late_calendar, "working": row.late_working}
        )
    late, working = _span(row.late_calendar), _span(row.late_working)
    return Step(f"deadline.{row.status}_time", {"at": moment, "late": late, "working": working})


def _span(seconds: int) -> str:
    """1:05:09 for an hour, five minutes and nine seconds; days are counted in hours."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
