"""R14 suggestion awards, R16 part-timers, R18 claims held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from reports.facts import columns_of, wall_time
from reports.frames import Frames
from reports.gates import Values, claim_problem
from reports.money import round_decimal, yuan
from reports.occasions import idle_part_timer, leave_months
from reports.registers.common import Row, asked_for, month_asked, names, register, sources_of, within, year_asked
from reports.registry import Request
from reports.statement import Citation, Source, Statement, Value
from schemas.periods import add_months

SUGGESTIONS = Citation(
    "新客户开发管理制度", "第23条", "按采用比例评团体奖", "Group awards by the share of adopted suggestions"
)
PART_TIMERS = Citation(
    "大客户部运营思路及方案", "兼职条款", "超过3个自然月无成单自动解除", "Let go after three idle natural months"
)
CLAIMS = Citation(
    "大客户部运营思路及方案", "四.7、五.2", "无拜访总结、接待报告不予报销", "No summary or report, no reimbursement"
)
LEFT = ("离职", "解除合作")
RANKED = 3
"""So many departments win a group award."""


def suggestion_awards(request: Request) -> Statement:
    """One line a department for the year to the day: department, headcount, suggestions, adopted, per_head
    (adopted over headcount), rank (1 to 3, None beyond or without adoptions; equal shares share a rank), awards (sum).

    Suggestions count on the day they were opened. The headcount is of employees on the day: who joined by then and has
    not left, referrers not among them. person: his department's line."""
    frames, year = request.frames, year_asked(request)
    columns = ("record_id", "author_id", "opened_on", "decision", "award", "supplement")
    found = columns_of(frames, "suggestion", columns)
    found = found[within(wall_time(found["opened_on"]), year.first, min(year.last, request.day))]
    departments = names(frames, "staff", "staff_id", "dept")
    found = found.assign(department=[departments.get(str(author), "") for author in found["author_id"]])
    heads, adopted = _headcount(frames, request.day), Counter(found.loc[found["decision"].eq("采用"), "department"])
    share = {each: Fraction(adopted[each], count) for each, count in heads.items()}
    rows = []
    for department in sorted({*share, *found["department"]} - {""}):
        own = found[found["department"].eq(department)]
        fen = sum(int(own[column].astype("Int64").fillna(0).sum()) for column in ("award", "supplement"))
        rank = 1 + sum(other > share[department] for other in share.values()) if share.get(department) else 0
        values: dict[str, Value] = {
            "department": department, "headcount": heads[department], "suggestions": len(own),
            "adopted": adopted[department],
            "per_head": round_decimal(share[department], 4) if department in share else None,
            "rank": rank if 0 < rank <= RANKED else None, "awards": yuan(fen),
        }  # fmt: skip
        if not request.person or department == departments.get(request.person):
            sources = (*sources_of("suggestion", own["record_id"]), *_staff_of(frames, department))
            rows.append(Row(department, values, sources))
    totals: dict[str, Value] = {"suggestions": len(found), "adopted": sum(adopted.values())}
    return register(request, "suggestion_awards", SUGGESTIONS, rows, totals, year=year.name)


def _staff_of(frames: Frames, department: str) -> tuple[Source, ...]:
    staff = columns_of(frames, "staff", ("record_id", "dept"))
    return sources_of("staff", staff.loc[staff["dept"].eq(department), "record_id"])


def _headcount(frames: Frames, day: date) -> Counter[str]:
    """Employees of each department on a day."""
    columns = ("dept", "employment", "staff_state", "joined_on", "left_on")
    staff = columns_of(frames, "staff", columns)
    joined, left = wall_time(staff["joined_on"]), wall_time(staff["left_on"])
    gone = (left <= pd.Timestamp(day)) | (left.isna() & staff["staff_state"].isin(LEFT))
    there = ~(joined > pd.Timestamp(day)) & ~gone & staff["employment"].ne("人脉") & staff["dept"].ne("")
    return Counter(staff.loc[there, "dept"])


def part_timers(request: Request) -> Statement:
    """One line a part-timer: staff_id, name, state, last_contract_on, idle_months (whole natural months since,
    leave left out), leave (months), let_go_on (the day cooperation ends without a contract until then)."""
    frames = request.frames
    found = idle_part_timer(frames, request.day)
    people = names(frames, "staff", "staff_id", "staff_name")
    away = leave_months(frames)
    rows = []
    for person in found.sort_values("staff_id").itertuples(index=False) if found is not None else ():
        known = pd.notna(person.last_on)
        leave = away.get(person.staff_id, frozenset())
        values: dict[str, Value] = {
            "staff_id": person.staff_id, "name": people.get(person.staff_id, ""), "state": person.staff_state,
            "last_contract_on": person.last_on.date() if known else None,
            "idle_months": _idle_months(person.last_on.date(), request.day, leave) if known else None,
            "leave": sorted(leave), "let_go_on": person.let_go_on.date() if known else None,
        }  # fmt: skip
        rows.append(Row(person.staff_id, values, (Source("staff", person.record_id),), person.staff_id))
    rows = asked_for(request, rows)
    return register(request, "part_timers", PART_TIMERS, rows, {"people": len(rows)})


def _idle_months(last: date, day: date, away: frozenset[str]) -> int:
    """Whole natural months after the contract's own that ended before the day, leave left out."""
    month, idle = add_months(last.replace(day=1), 1), 0
    while add_months(month, 1) - timedelta(days=1) < day:
        idle += f"{month:%Y-%m}" not in away
        month = add_months(month, 1)
    return idle


def claims_held(request: Request) -> Statement:
    """One line a claim that may not be reimbursed yet: claim_id, claim_no, claimant_id, month, link_kind, amount,
    reason (no_visit | no_summary | no_reception | no_report), paid_on (set: paid though it should not have been).

    Of one month when asked for one. Totals: claims, amount, withheld (claims without a known amount; the total leaves
    them out)."""
    frames = request.frames
    columns = (
        "record_id", "claim_no", "claimant_id", "month", "link_kind", "visit_id", "reception_id", "amount", "paid_on",
    )  # fmt: skip
    claims = columns_of(frames, "expense_claim", columns)
    if request.month:
        claims = claims[claims["month"].eq(month_asked(request).name)]
    read, rows = _reader(frames), []
    for claim in claims.itertuples(index=False):
        record = {key: str(value) for key, value in claim._asdict().items() if isinstance(value, str)}
        if not (reason := claim_problem(record, read)):
            continue
        values: dict[str, Value] = {
            "claim_id": claim.record_id, "claim_no": claim.claim_no, "claimant_id": claim.claimant_id,
            "month": claim.month, "link_kind": claim.link_kind,
            "amount": None if pd.isna(claim.amount) else yuan(int(claim.amount)), "reason": reason,
            "paid_on": None if pd.isna(claim.paid_on) else claim.paid_on.date(),
        }  # fmt: skip
        sources = (Source("expense_claim", str(claim.record_id)),)
        rows.append(Row(str(claim.record_id), values, sources, str(claim.claimant_id)))
    rows = asked_for(request, rows)
    amounts = [amount for row in rows if isinstance(amount := row.values["amount"], Decimal)]
    totals: dict[str, Value] = {
        "claims": len(rows), "amount": sum(amounts, yuan(0)), "withheld": len(rows) - len(amounts),
    }  # fmt: skip
    return register(request, "claims_held", CLAIMS, rows, totals)


def _reader(frames: Frames) -> FrameReader:
    """Reads records of the frames the way a gate reads them from the store."""
    visits = columns_of(frames, "visit_record", ("record_id", "summary")).fillna("")
    reports = columns_of(frames, "reception_report", ("request_id", "status")).fillna("")
    by_request: dict[str, list[Values]] = {}
    for request_id, status in reports.itertuples(index=False):
        by_request.setdefault(str(request_id), []).append({"status": str(status) or "有效"})
    return FrameReader(
        {str(record): {"summary": str(summary)} for record, summary in visits.itertuples(index=False)}, by_request
    )


@dataclass(frozen=True)
class FrameReader:
    """Visits by record number and reception reports by the request they report on."""

    visits: Mapping[str, Values]
    reports: Mapping[str, Sequence[Values]]

    def record(self, template: str, key: str) -> Values | None:
        """A visit."""
        return self.visits.get(key)

    def find(self, template: str, field: str, value: str) -> tuple[Values, ...]:
        """The reports on a request."""
        return tuple(self.reports.get(value, ()))
