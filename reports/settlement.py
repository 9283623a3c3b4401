"""Closed commission months: read as they were closed, never recomputed; later changes are worked out as adjustments.

A settlement keeps the rules it was closed with and the deals it took in, so that what it paid for each deal can be
found again exactly. Source: domain.md §4.3 (6, 10), §4.4 `refund_after_close`, §4.9; approval flow AF18.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import pandas as pd
from pydantic import ValidationError

from reports.commissions.arithmetic import Deductions, MonthCommission, Sale, month_commission
from reports.commissions.expenses import expenses_of
from reports.commissions.ladder import Ladder
from reports.commissions.ledger import Closed
from reports.commissions.month import FULL_TIME, MANAGER, PART_TIME, Terms
from reports.commissions.people import month_number, month_of_period, month_text
from reports.frames import Frames
from reports.money import round_decimal, round_fen, yuan
from reports.statement import Source, Value, input_finding
from schemas.commission_rules import CommissionPlan, CommissionRules
from schemas.finding import Finding, Severity

LINES = "settlement.lines"
DEAL, NETTED, REVERSAL, DIFFERENCE, CLAWBACK = "成交", "退货抵减", "退货冲回", "差额调整", "虚假追回"
REFERRED = "人脉提成"
FULL_TIME_PLAN, PART_TIME_PLAN, MANAGER_PLAN = "全职方案", "兼职方案", "管理方案"
PLAN_NAME = {FULL_TIME: FULL_TIME_PLAN, PART_TIME: PART_TIME_PLAN, MANAGER: MANAGER_PLAN}
MONEY = (
    "gross", "expenses", "net", "commission", "awards", "adjustments", "brought_forward", "carried", "payable",
)  # fmt: skip


@dataclass(frozen=True)
class Settlement:
    """One closed month of one person; money in fen. `load` gives the rows of its line table."""

    record_id: str
    staff_id: str
    month: int
    values: Mapping[str, Any]
    load: Callable[[str], tuple[Mapping[str, Any], ...]]

    @cached_property
    def lines(self) -> tuple[Mapping[str, Any], ...]:
        """Its lines, read when they are asked for."""
        return self.load(self.record_id)

    def money(self, name: str) -> int:
        """An amount of the header; an empty cell is zero."""
        value = self.values[name]
        return 0 if pd.isna(value) else int(value)

    @cached_property
    def terms(self) -> Terms | None:
        """The rules it was closed with; None when they cannot be read."""
        return terms_from_text(str(self.values["rules"]))

    def _commission(self, plan_kind: str) -> tuple[MonthCommission, tuple[Mapping[str, Any], ...]] | None:
        """The commission found again from the lines of one plan, and those lines in the same order."""
        if self.terms is None:
            return None
        lines = tuple(line for line in self.lines if line["kind"] == DEAL and line["plan_kind"] == plan_kind)
        is_main = plan_kind == self.values["plan_kind"]
        found = month_commission(
            [_sale(line) for line in lines],
            self._deductions() if is_main else Deductions(),
            _ladder(self.terms, plan_kind),
            self.terms.rules,
            part_time=plan_kind == PART_TIME_PLAN,
            quota=self.money("quota"),
            scale=_share(self.values, "state_factor"),
        )
        return found, lines

    def _deductions(self) -> Deductions:
        """What came off the sales: expenses, and the rest that lies between the amounts counted and the net."""
        rules = self.terms.rules if self.terms else CommissionRules()
        tax = 1 / (1 + Fraction(rules.tax_rate)) if rules.tax == "excl" else Fraction(1)
        counted = sum(_sale(line).amount for line in self.lines if line["kind"] == DEAL)
        other = round_fen(counted * tax) - self.money("expenses") - self.money("net")
        return Deductions(self.money("expenses"), {}, other)

    def paid_for(self, deal_record: str, refund: int) -> Fraction | None:
        """What this person was paid, exactly, for `refund` fen of a deal; None when the deal is not in it.

        Refund × (销售额 ÷ 当月金额) × rate × factor of the closed month, times the person's shares.
        """
        line = self.deal_line(deal_record)
        found = None if line is None else self._commission(str(line["plan_kind"]))
        if line is None or found is None:
            return None
        result, lines = found
        for part, each in zip(result.parts, lines, strict=True):
            if each is line and part.sale.amount:
                return refund * _share(line, "share") * part.sale.kept * part.exact / part.sale.amount
        return Fraction(0)

    def deal_line(self, deal_record: str) -> Mapping[str, Any] | None:
        """The line of a deal it took in."""
        return next((line for line in self.lines if line["kind"] == DEAL and line["source_id"] == deal_record), None)

    def whole_paid_for(self, deal_record: str, refund: int) -> Fraction | None:
        """As `paid_for`, the referrer's part included."""
        own, line = self.paid_for(deal_record, refund), self.deal_line(deal_record)
        return None if own is None or line is None or not _share(line, "kept") else own / _share(line, "kept")


@dataclass(frozen=True)
class Settlements:
    """All closed months by person and month; `lines` is their line table with the person and month of each line."""

    of: Mapping[tuple[str, int], Settlement] = field(default_factory=dict)
    lines: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["kind", "source_id", "staff_id"]))
    findings: tuple[Finding, ...] = ()

    @cached_property
    def closed(self) -> Closed:
        """Which months are closed and which records they took in."""
        taken = self.lines["source_id"][self.lines["kind"].isin([DEAL, NETTED, REVERSAL])]
        return Closed(frozenset(self.of), frozenset(taken))

    @cached_property
    def last_closed(self) -> Mapping[str, int]:
        """Each person's latest closed month."""
        last: dict[str, int] = {}
        for staff_id, month in self.of:
            last[staff_id] = max(month, last.get(staff_id, month))
        return last

    @cached_property
    def first_closed(self) -> Mapping[str, int]:
        """Each person's earliest closed month."""
        first: dict[str, int] = {}
        for staff_id, month in self.of:
            first[staff_id] = min(month, first.get(staff_id, month))
        return first

    def open_month_for(self, staff_id: str, month: int) -> int:
        """The month that bears something of `month`: itself when open, else the first after the last closed one."""
        last = self.last_closed.get(staff_id)
        return month if last is None else max(month, last + 1)

    @cached_property
    def _posted(self) -> Mapping[tuple[str, str, str], int]:
        """Fen posted so far by person, kind and source: the case of a clawback, the month of a difference."""
        own = self.lines[self.lines["kind"].isin([DIFFERENCE, CLAWBACK])]
        posted: dict[tuple[str, str, str], int] = {}
        for line in own.to_dict("records"):
            key = (line["staff_id"], line["kind"], line["of_month" if line["kind"] == DIFFERENCE else "source_id"])
            posted[key] = posted.get(key, 0) + (0 if pd.isna(line["commission"]) else int(line["commission"]))
        return posted

    def posted(self, staff_id: str, kind: str, source: str) -> int:
        """Fen of one kind already posted to a person for one source."""
        return self._posted.get((staff_id, kind, source), 0)

    def holding(self, deal_records: Collection[str]) -> dict[str, list[Settlement]]:
        """By deal, the settlements that paid somebody for it."""
        hit = self.lines["kind"].isin([DEAL, REFERRED]) & self.lines["source_id"].isin(list(deal_records))
        found: dict[str, list[Settlement]] = {}
        for line in self.lines[hit].to_dict("records"):
            found.setdefault(line["source_id"], []).append(self.of[line["staff_id"], line["of_closed"]])
        return found


def settlements_of(frames: Frames) -> Settlements:
    """The settlements in the tables; a second one for the same person and month is reported and left out."""
    headers = frames.get("settlement")
    if headers is None or not len(headers):
        return Settlements()
    lines = frames.get(LINES, pd.DataFrame(columns=["record_id", "kind", "source_id", "of_month", "commission"]))
    places = lines.groupby("record_id").indices
    of: dict[tuple[str, int], Settlement] = {}
    findings: list[Finding] = []

    def load(record_id: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(lines.iloc[places[record_id]].to_dict("records")) if record_id in places else ()

    for row in headers.to_dict("records"):
        if not row["month"] or not row["staff_id"]:
            continue
        key = (row["staff_id"], month_number(row["month"]))
        source = Source("settlement", row["record_id"])
        if key in of:
            findings.append(input_finding("E350", source, "month", Severity.ERROR, month=row["month"], staff_id=key[0]))
            continue
        of[key] = Settlement(row["record_id"], *key, row, load)
    owner = {settlement.record_id: key for key, settlement in of.items()}
    kept = lines[lines["record_id"].isin(list(owner))]
    persons = kept["record_id"].map({record: key[0] for record, key in owner.items()})
    months = kept["record_id"].map({record: key[1] for record, key in owner.items()})
    return Settlements(of, kept.assign(staff_id=persons, of_closed=months), tuple(findings))


def terms_text(terms: Terms) -> str:
    """The rules a month is closed with, as a settlement keeps them."""
    plans = {FULL_TIME: terms.full_time, PART_TIME: terms.part_time}
    dumped = {kind: plan.model_dump(mode="json", by_alias=True) for kind, plan in plans.items() if plan is not None}
    rules = terms.rules.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps({"rules": rules, "plans": dumped}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def terms_from_text(text: str) -> Terms | None:
    """The reverse of `terms_text`; None for a text it did not write."""
    try:
        read = json.loads(text)
        plans = {kind: CommissionPlan.model_validate(plan) for kind, plan in read["plans"].items()}
        return Terms(CommissionRules.model_validate(read["rules"]), plans.get(FULL_TIME), plans.get(PART_TIME))
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What an open month bears of a closed one, `of_month`. exact: fen, below zero when it takes back."""

    staff_id: str
    kind: str
    of_month: int
    exact: Fraction
    source: Source | None = None
    gold_g: Fraction = Fraction(0)


def find_reversals(
    settlements: Settlements, refunds: Sequence[tuple[Source, Source, int, int]], month: int
) -> tuple[list[Adjustment], list[Finding]]:
    """Refunds of closed deals that `month` bears, at the rate the closed month paid.

    refunds: (refund, original deal, refunded fen above zero, month of the refund), none of them yet taken in.
    """
    adjustments: list[Adjustment] = []
    findings: list[Finding] = []
    holding = settlements.holding({original.record_id for _, original, _, _ in refunds})
    for refund, original, amount, refund_month in refunds:
        for settlement in holding.get(original.record_id, ()):
            if settlements.open_month_for(settlement.staff_id, refund_month) != month:
                continue
            exact = _reversal(holding[original.record_id], settlement, original.record_id, amount)
            if exact is None:
                findings.append(
                    input_finding("E352", refund, "orig_deal", Severity.ERROR, staff_id=settlement.staff_id)
                )
            else:
                adjustments.append(Adjustment(settlement.staff_id, REVERSAL, settlement.month, -exact, refund))
    return adjustments, findings


def _reversal(holding: Sequence[Settlement], settlement: Settlement, deal: str, refund: int) -> Fraction | None:
    """What the person was paid for the refunded part: on the own deal, or as referrer of another seller's.

    None when the rules the month was closed with cannot be read.
    """
    if settlement.deal_line(deal) is not None:
        return settlement.paid_for(deal, refund)
    line = next(each for each in settlement.lines if each["kind"] == REFERRED and each["source_id"] == deal)
    for other in holding:
        whole = other.whole_paid_for(deal, refund)
        if whole is not None:
            return whole * _share(line, "kept")
    return None


def _sale(line: Mapping[str, Any]) -> Sale:
    fen = {name: 0 if pd.isna(line[name]) else int(line[name]) for name in ("amount", "sold", "listed")}
    return Sale(str(line["source_id"]), fen["amount"], fen["sold"], fen["listed"], kept=_share(line, "kept"))


def _ladder(terms: Terms, plan_kind: str) -> Ladder:
    plan = {FULL_TIME_PLAN: terms.full_time, PART_TIME_PLAN: terms.part_time}.get(plan_kind)
    if plan is None:
        return Ladder.flat(terms.rules.manager_rate or Decimal(0), terms.rules)
    return Ladder.of(plan.tiers, terms.rules)


def _share(line: Mapping[str, Any], name: str) -> Fraction:
    """A share of a line; empty means all of it."""
    value = line[name]
    return Fraction(1) if value is None else Fraction(value)


def settlement_number(staff_id: str, month: int) -> str:
    """The number a settlement carries."""
    return f"JS-{month_text(month).replace('-', '')}-{staff_id}"


def changed_since(frames: Frames, settlements: Settlements, recognition: str) -> frozenset[int]:
    """Closed months whose records were changed after closing, or whose deals or claims are not as many as they were.

    Cheap and on the safe side: a month named here is recomputed, and nothing is posted when it comes out the same.
    """
    closed_at: dict[int, pd.Timestamp] = {}
    counts: dict[int, int] = {}
    for (_, month), settlement in settlements.of.items():
        at = settlement.values["closed_at"]
        closed_at[month] = max(closed_at.get(month, at), at) if not pd.isna(at) else pd.Timestamp.min.tz_localize("UTC")
        count = settlement.values["deal_count"]
        counts[month] = -1 if pd.isna(count) else int(count)
    now = deal_counts(frames, recognition)
    recounted = {month for month in counts if counts[month] != now.get(month, 0)}
    return frozenset(_touched(frames, closed_at, recognition) | recounted | _claims_gone(frames, settlements))


def deal_counts(frames: Frames, recognition: str) -> dict[int, int]:
    """How many live rows of deals every month has, by the date the rules recognise."""
    if "deal" not in frames:
        return {}
    months = _month_of(frames["deal"], recognition)
    return {int(month): int(count) for month, count in months.value_counts().items()}


def _month_of(deal: pd.DataFrame, recognition: str) -> pd.Series:
    column = {"paid": "paid_on", "signed": "sold_on", "delivered": "delivered_on"}[recognition]
    day = deal[column] if column in deal else deal["sold_on"]
    return (day.dt.year - 1970) * 12 + day.dt.month - 1


def _touched(frames: Frames, closed_at: Mapping[int, pd.Timestamp], recognition: str) -> set[int]:
    """Months with a record written since their closing; one of unknown age counts as written since."""
    if not closed_at:
        return set()
    touched: set[int] = set()
    for table, column in (("deal", ""), ("expense_claim", "month"), ("quota", "month"), ("award_notice", "period")):
        frame = frames.get(table)
        if frame is None or not len(frame):
            continue
        months = _month_of(frame, recognition) if table == "deal" else frame[column].map(_month_named)
        written = frame["updated_at"].fillna(frame["submitted_at"]).fillna(frame["created_at"])
        limit = months.map(closed_at)
        # In the very second of the closing counts too: it may have been written after the records were read.
        hit = limit.notna() & (written.isna() | (written >= limit))
        touched |= {int(month) for month in months[hit].unique()}
    return touched


def _month_named(text: str) -> int | None:
    return month_of_period(text) if text else None


def _claims_gone(frames: Frames, settlements: Settlements) -> set[int]:
    """Months where somebody's claims no longer come to what was deducted: one was withdrawn or moved."""
    deducted = {key: each.money("expenses") for key, each in settlements.of.items() if each.money("expenses")}
    if not deducted:
        return set()
    months = [month for _, month in deducted]
    now = expenses_of(frames, min(months), max(months)).of
    return {key[1] for key, fen in deducted.items() if key not in now or now[key].total != fen}


def decimal_share(share: Fraction) -> Decimal:
    """A share as a percent field keeps it."""
    return Decimal(share.numerator) / Decimal(share.denominator)


def settlement_values(settlement: Settlement) -> dict[str, Value]:
    """The columns of the report `commissions` as they were when the month was closed."""
    values = settlement.values
    quota = settlement.money("quota")
    day = values["settle_on"]
    return {
        **{name: yuan(settlement.money(name)) for name in MONEY},
        "quota": yuan(quota) if quota else None,
        "attained": round_decimal(Fraction(settlement.money("net"), quota), 4) if quota else None,
        "tier": values["tier"] or None,
        "rate": values["rate"],
        "gold_grams": values["gold_grams"] or Decimal("0.00"),
        "settle_on": None if pd.isna(day) else day.date(),
        "closed_at": None if pd.isna(values["closed_at"]) else values["closed_at"].to_pydatetime(),
        "closed_by": str(values["closed_by"]),
        "closed_pack": str(values["pack"]),
        "closed_pack_hash": str(values["pack_hash"]),
    }
