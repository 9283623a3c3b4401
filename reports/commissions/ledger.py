"""The deals of some months as they count for people: credited, excluded with a reason, or withheld with a finding.

Everything is done column-wise; only deals shared with a referrer are looked at one by one. Months are numbers counted
from January 1970 (`people.month_number`), amounts fen. A row is a place in `Ledger.rows`, not a record number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from reports.commissions.arithmetic import WHOLE, Split
from reports.commissions.deal_checks import (
    DATE_COLUMN,
    REFUNDS,
    SALE,
    find_problems,
    severity_of,
    value_shown,
)
from reports.commissions.people import Person, month_first, month_last
from reports.commissions.products import product_states
from reports.frames import Frames, is_unread
from reports.money import round_fen
from reports.statement import Source, input_finding
from schemas.commission_rules import CommissionRules, ProductFilter
from schemas.finding import Finding, Severity
from schemas.record import LIVE

CREDIT_COLUMNS = ("person", "referral", "month", "row", "amount", "kept", "share")
PROVEN, OPEN = "成立", "待查"
TO_REFERRER, BY_SHARE = "人脉", "按比例"
NO_MONTH = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Closed:
    """What earlier settlements hold: whose months are closed, and the records they have taken in."""

    months: frozenset[tuple[str, int]] = frozenset()
    records: frozenset[str] = frozenset()


NOTHING_CLOSED = Closed()


@dataclass(frozen=True)
class Ledger:
    """The deals of a span of months.

    rows: deals and refunds concerned: record_id, deal_no, customer, seller, month, day, amount, sold, listed, kind.
    credits: person, referral (counts under the referrer's plan), month, row, amount, kept and share (None: all).
    quota_only: person, month, amount: what counts for a seller's quota though a referrer earns on it.
    refunds: row, original (row), seller, month, amount, late (the sale's month is closed without it).
    takings: person, day, amount, row: sales and refunds on the day the money moved, for rankings by week.
    excluded: person, month, row, reason.  withheld: (person, month) → codes.  unsure: rows that may or may not count.
    """

    rows: pd.DataFrame
    credits: pd.DataFrame
    quota_only: pd.DataFrame
    refunds: pd.DataFrame
    takings: pd.DataFrame
    excluded: pd.DataFrame
    unsure: tuple[int, ...]
    withheld: Mapping[tuple[str, int], tuple[str, ...]]
    findings: tuple[Finding, ...]

    @cached_property
    def record_ids(self) -> list[str]:
        """The record of each row."""
        return self.rows["record_id"].tolist() if len(self.rows) else []


@dataclass(frozen=True)
class Inputs:
    """What a ledger is made from. first, last: the months asked for; nothing after `until` is known yet.

    Rows of the days that complete the months' weeks are read too, for `takings`. false_sales_kept: records of
    proven false sales that count as if they were true, as they did in a closed month; None: all of them.
    """

    frames: Frames
    rules: CommissionRules
    people: Mapping[str, Person]
    products: ProductFilter
    first: int
    last: int
    until: date
    closed: Closed = NOTHING_CLOSED
    false_sales_kept: frozenset[str] | None = frozenset()


def ledger_of(inputs: Inputs) -> Ledger:
    """The ledger of the months `first` to `last`; empty when there is no table of deals."""
    builder = _Builder(inputs)
    if "deal" in inputs.frames:
        builder.read()
    return builder.ledger()


class _Builder:
    """One ledger being made; the steps run in the order of `read`."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.rules = inputs.rules
        self.findings: list[Finding] = []
        self.withheld: dict[tuple[str, int], list[str]] = {}
        self.excluded: list[tuple[np.ndarray, str]] = []
        self.shared: list[tuple[str, bool, int, int, int, Fraction, Fraction]] = []
        self.parts: dict[int, tuple[tuple[str, Fraction], ...]] = {}
        self.unsure: list[int] = []
        self.quota_only: list[tuple[str, int, int]] = []
        self.rows = pd.DataFrame()
        self.whole = np.array([], dtype=np.int64)
        self.net = np.array([], dtype=np.int64)
        self.refunds = pd.DataFrame({"row": [], "original": [], "seller": [], "month": [], "amount": [], "late": []})

    def read(self) -> None:
        self._choose_rows()
        live = self._set_aside_unusable()
        self._net_refunds(live)
        self._credit(live)

    def _choose_rows(self) -> None:
        """The sales of the months asked for, their refunds of any month, refunds in these months and their sales."""
        deal = self.inputs.frames["deal"]
        unread = is_unread(deal, "kind")
        kind = np.where(deal["kind"].eq("") & ~unread, SALE, deal["kind"].to_numpy(dtype=object))
        refund = (kind == REFUNDS[0]) | (kind == REFUNDS[1])
        day = _days(deal, DATE_COLUMN[self.rules.recognition])
        sold_day = _days(deal, "sold_on")
        day = np.where(refund & np.isnat(day), sold_day, day)
        noted = np.where(np.isnat(day), sold_day, day)
        first, last = _whole_weeks(self.inputs.first, self.inputs.last)
        asked = (noted >= first) & (noted <= last)
        undated = is_unread(deal, DATE_COLUMN[self.rules.recognition])
        asked |= undated & ~(sold_day > last)
        original = np.full(len(deal), -1)
        if refund.any():
            original[refund] = _places(deal["deal_no"].tolist(), deal["orig_deal"].to_numpy(dtype=object)[refund])
            asked[refund] |= (original[refund] >= 0) & asked[original[refund]]
            asked[original[refund & asked & (original >= 0)]] = True
        chosen = np.flatnonzero(asked)
        place = np.full(len(deal), -1)
        place[chosen] = np.arange(len(chosen))
        old = original[chosen]
        times = (day[chosen], noted[chosen])
        self._fill_rows(deal.iloc[chosen], kind[chosen], *times, np.where(old >= 0, place[old], -1))
        number = deal["deal_no"]
        self.rows["repeated"] = (number.duplicated(keep=False) & (number != "")).to_numpy()[chosen]
        self.rows["undated"] = undated[chosen]

    def _fill_rows(
        self, part: pd.DataFrame, kind: np.ndarray, day: np.ndarray, noted: np.ndarray, original: np.ndarray
    ) -> None:
        text = {name: part[name].to_numpy(dtype=object) for name in _TEXT_COLUMNS}
        self.rows = pd.DataFrame(
            {
                "record_id": text["record_id"], "deal_no": text["deal_no"], "customer": text["customer_id"],
                "seller": text["seller_id"], "referrer": text["referrer_id"], "kind": kind,
                "attribution": text["attribution"], "share": part["referrer_share"].to_numpy(dtype=object),
                "currency": text["currency"], "sku": text["sku"], "status": text["status"],
                "false_case": text["false_case"], "agreement": text["agreement"],
                "month": _months(day), "noted": _months(noted), "day": day, "original": original,
                "sold": part["amount"].fillna(0).to_numpy(dtype=np.int64),
                "listed": part["list_amount"].fillna(0).to_numpy(dtype=np.int64),
                "no_amount": part["amount"].isna().to_numpy(),
                "unconfirmed": ~part["status"].isin([LIVE, ""]).to_numpy() | is_unread(part, "status"),
            }
        )  # fmt: skip

    def _set_aside_unusable(self) -> np.ndarray:
        """Which rows may count. The others are excluded with a reason, or withhold their seller's month."""
        rows, live = self.rows, np.ones(len(self.rows), dtype=bool)
        day = rows["day"].to_numpy()
        state = product_states(self.inputs.frames, self.inputs.products, rows["sku"])
        self._warn_of_missing_products(state)
        self._warn_of_open_cases()
        self._convert_currencies()
        uncounted = (rows["month"].to_numpy() == NO_MONTH) & ~rows["undated"].to_numpy()
        for reason, hit in (
            ("not_yet", ~np.isnat(day) & (day > np.datetime64(self.inputs.until))),
            ("false_sale", self._false_sales(PROVEN)),
            ("not_commissionable", state.excluded | (state.missing & (self.rules.missing_product == "exclude"))),
            (f"not_{self.rules.recognition}", uncounted),
        ):
            live = self._exclude(live, hit, reason)
        for problem in find_problems(rows, self.rules, self.inputs.people, state, self._rates()):
            live = self._withhold(live, problem.hit, problem.code, problem.field)
        return live

    def _rates(self) -> Mapping[str, Fraction]:
        rates = {currency: Fraction(rate) for currency, rate in self.rules.fx.items() if rate is not None}
        return rates if self.rules.currency == "convert" else {}

    def _convert_currencies(self) -> None:
        """Foreign amounts become the fen they are booked at; both amounts alike, so the discount stays as it was."""
        for currency, rate in self._rates().items():
            at = np.flatnonzero(self.rows["currency"].to_numpy(dtype=object) == currency)
            for column in ("sold", "listed"):
                amounts = self.rows[column].to_numpy(copy=True)
                amounts[at] = [round_fen(int(amount) * rate) for amount in amounts[at]]
                self.rows[column] = amounts

    def _warn_of_missing_products(self, state: Any) -> None:
        if self.rules.missing_product == "count" and state.missing.any():
            first = self.rows.iloc[int(np.flatnonzero(state.missing)[0])]
            self.findings.append(
                input_finding(
                    "E320", Source("deal", str(first["record_id"])), "sku", Severity.INFO,
                    count=int(state.missing.sum()), deal_no=str(first["deal_no"]),
                )
            )  # fmt: skip

    def _warn_of_open_cases(self) -> None:
        """Deals under review count until the verdict; their month cannot be closed."""
        self.findings += [
            self._finding("E324", int(at), "false_case") for at in np.flatnonzero(self._false_sales(OPEN))
        ]

    def _false_sales(self, verdict: str) -> np.ndarray:
        cases = self.inputs.frames.get("false_sale_case")
        kept = self.inputs.false_sales_kept
        if kept is None or cases is None or not len(cases):
            return np.zeros(len(self.rows), dtype=bool)
        of_verdict = cases[cases["finding"] == verdict]
        named = {number for numbers in of_verdict["deal_nos"] for number in deal_numbers(numbers)}
        by_case = self.rows["false_case"].isin(set(of_verdict["case_no"]) - {""})
        false = by_case | self.rows["deal_no"].isin(named)
        return np.asarray((false & ~self.rows["record_id"].isin(kept)).to_numpy())

    def _exclude(self, live: np.ndarray, hit: np.ndarray, reason: str) -> np.ndarray:
        hit = hit & live
        if hit.any():
            self.excluded.append((np.flatnonzero(hit), reason))
        return np.asarray(live & ~hit)

    def _withhold(self, live: np.ndarray, hit: np.ndarray, code: str, field: str) -> np.ndarray:
        hit = hit & live
        for at in np.flatnonzero(hit):
            self._withhold_row(int(at), code, field)
            if code != "E310":
                self.unsure.append(int(at))
        return np.asarray(live & ~hit)

    def _withhold_row(self, at: int, code: str, field: str, *people: str) -> None:
        """No figure for the seller (and `people`) in the row's months, nor in those of the sale it refunds."""
        row = self.rows.iloc[at]
        self.findings.append(self._finding(code, at, field))
        months = set(self._months_of(row))
        if row["original"] >= 0:
            months.update(self._months_of(self.rows.iloc[row["original"]]))
        for person in (row["seller"], *people):
            for month in months:
                self.withheld.setdefault((person, month), []).append(code)

    def _months_of(self, row: pd.Series) -> Iterable[int]:
        """The month a row counts in; where its day cannot be read, every month asked for since it was sold."""
        noted = int(row["noted"])
        return range(max(noted, self.inputs.first), self.inputs.last + 1) if row["undated"] else (noted,)

    def _finding(self, code: str, at: int, field: str) -> Finding:
        row = self.rows.iloc[at]
        return input_finding(
            code, Source("deal", str(row["record_id"])), field, severity_of(code),
            deal_no=str(row["deal_no"] or row["record_id"]), value=value_shown(row, field),
        )  # fmt: skip

    def _net_refunds(self, live: np.ndarray) -> None:
        """Refunds of open months come off their sale; the others are kept for the month that must bear them."""
        rows = self.rows
        self.net = rows["sold"].to_numpy().copy()
        original = rows["original"].to_numpy()
        at = np.flatnonzero(live & (original >= 0))
        sale = original[at]
        at, sale = at[live[sale]], sale[live[sale]]
        if not len(at):
            return
        owner = rows["seller"].to_numpy(dtype=object)[sale]
        months = rows["month"].to_numpy()[sale]
        closed = np.array([key in self.inputs.closed.months for key in zip(owner, months, strict=True)], dtype=bool)
        taken = np.array([key in self.inputs.closed.records for key in rows["record_id"].iloc[at]], dtype=bool)
        netted = ~closed | taken
        self._withhold_excess(at, sale)
        np.add.at(self.net, sale[netted], rows["sold"].to_numpy()[at[netted]])
        self.refunds = pd.DataFrame(
            {
                "row": at, "original": sale, "seller": owner, "month": rows["month"].to_numpy()[at],
                "amount": rows["sold"].to_numpy()[at], "late": ~netted,
            }
        )  # fmt: skip

    def _withhold_excess(self, refunds: np.ndarray, sales: np.ndarray) -> None:
        """Nobody is refunded more than was paid: one of the amounts is wrong."""
        left = self.rows["sold"].to_numpy().copy()
        np.add.at(left, sales, self.rows["sold"].to_numpy()[refunds])
        for at in refunds[left[sales] < 0]:
            self._withhold_row(int(at), "E327", "amount")
            self.unsure.append(int(at))

    def _credit(self, live: np.ndarray) -> None:
        """Sales that count go to their seller whole, or as the rules for referred deals say."""
        rows = self.rows
        sale = live & (rows["original"].to_numpy() < 0) & (rows["kind"].to_numpy(dtype=object) == SALE)
        referred = sale & (rows["referrer"].to_numpy(dtype=object) != "")
        for at in np.flatnonzero(referred):
            if not self._credit_referred(int(at)):
                referred[at] = False
        self.whole = np.flatnonzero(sale & ~referred)

    def _credit_referred(self, at: int) -> bool:
        """Credit one referred deal; False when it is the seller's alone."""
        row = self.rows.iloc[at]
        mode, share = self._mode_of(row)
        if mode == "single_seller":
            return False
        referrer, seller, month, net = row["referrer"], row["seller"], int(row["month"]), int(self.net[at])
        if referrer not in self.inputs.people:
            self._withhold_row(at, "E317", "referrer_id")
            return True
        if mode == "not_allowed":
            self._withhold_row(at, "E318", "attribution", referrer)
            return True
        if mode == "single_referrer":
            self._share(at, (referrer, True, WHOLE, WHOLE))
            if self.rules.referral.quota_credit == "seller":
                self.quota_only.append((seller, month, net))
            return True
        if share is None:
            self._withhold_row(at, "E319", "referrer_share", referrer)
            return True
        if not row["agreement"]:
            source = Source("deal", row["record_id"])
            self.findings.append(input_finding("E322", source, "agreement", Severity.WARNING, deal_no=row["deal_no"]))
        if mode == "ratio_on_commission":
            self._share(at, (seller, False, WHOLE, share.seller))
        else:
            self._share(at, (seller, False, share.seller, WHOLE), (referrer, True, share.referrer, WHOLE))
        return True

    def _share(self, at: int, *parts: tuple[str, bool, Fraction, Fraction]) -> None:
        """Credit a deal to (person, whether under the referrers' plan, share of the sale, share of its commission).

        Fen a share does not divide evenly stay with the first.
        """
        month, net = int(self.rows["month"].iat[at]), int(self.net[at])
        amounts = [int(net * share // 1) for _, _, share, _ in parts]
        amounts[0] += net - sum(amounts)
        for (person, referral, share, kept), amount in zip(parts, amounts, strict=True):
            self.shared.append((person, referral, month, at, amount, kept, share))
        self.parts[at] = tuple((person, share) for person, _, share, _ in parts)

    def _mode_of(self, row: Any) -> tuple[str, Split | None]:
        """How a referred deal is shared. 销售人员 is the form's default and means "as the rules say"."""
        mode: str = self.rules.referral.mode
        given = row["share"]
        share = Split.giving(Fraction(given)) if given is not None and 0 <= given <= 1 else None
        if row["attribution"] == TO_REFERRER:
            return "single_referrer", None
        if row["attribution"] == BY_SHARE:
            return (mode, share) if mode.startswith("ratio") else ("not_allowed", None)
        if mode.startswith("ratio") and given is None:
            return "single_seller", None
        return mode, share

    def ledger(self) -> Ledger:
        """What was found, as frames."""
        rows = self.rows
        shared = pd.DataFrame(self.shared, columns=list(CREDIT_COLUMNS))
        credited = pd.DataFrame(
            {
                "person": rows["seller"].to_numpy(dtype=object)[self.whole] if len(rows) else [],
                "referral": False,
                "month": rows["month"].to_numpy()[self.whole] if len(rows) else [],
                "row": self.whole,
                "amount": self.net[self.whole],
                "kept": None,
                "share": None,
            }
        )
        if len(shared):
            credited = pd.concat([credited, shared], ignore_index=True)
        return Ledger(
            rows,
            credited,
            pd.DataFrame(self.quota_only, columns=["person", "month", "amount"]),
            self.refunds,
            self._takings(),
            self._excluded_frame(),
            tuple(self.unsure),
            {key: tuple(dict.fromkeys(codes)) for key, codes in self.withheld.items()},
            tuple(self.findings),
        )

    def _takings(self) -> pd.DataFrame:
        """Whole sales, their refunds, then the shares of shared ones."""
        if not len(self.rows):
            return pd.DataFrame({"person": [], "day": [], "amount": [], "row": []})
        seller, day, sold = (self.rows[name].to_numpy() for name in ("seller", "day", "sold"))
        refunds, originals = (self.refunds[name].to_numpy(dtype=int) for name in ("row", "original"))
        alone = np.array([original not in self.parts for original in originals], dtype=bool)
        rows = np.concatenate([self.whole, refunds[alone]])
        people = np.concatenate([seller[self.whole], seller[originals[alone]]])
        moved = [(at, parts) for at, parts in self.parts.items()]
        moved += [(at, self.parts[of]) for at, of in zip(refunds[~alone], originals[~alone], strict=True)]
        shares = [(person, day[at], int(sold[at] * share), at) for at, parts in moved for person, share in parts]
        of_shared = pd.DataFrame(shares, columns=["person", "day", "amount", "row"])
        whole = pd.DataFrame({"person": people, "day": day[rows], "amount": sold[rows], "row": rows})
        return pd.concat([whole, of_shared], ignore_index=True) if shares else whole

    def _excluded_frame(self) -> pd.DataFrame:
        parts = [
            pd.DataFrame(
                {
                    "person": self.rows["seller"].to_numpy(dtype=object)[at],
                    "month": self.rows["noted"].to_numpy()[at],
                    "row": at,
                    "reason": reason,
                }
            )
            for at, reason in self.excluded
        ]
        empty = pd.DataFrame({"person": [], "month": [], "row": [], "reason": []})
        return pd.concat(parts, ignore_index=True) if parts else empty


_TEXT_COLUMNS = (
    "record_id", "deal_no", "customer_id", "seller_id", "referrer_id", "attribution", "currency", "sku", "status",
    "false_case", "agreement",
)  # fmt: skip


def deal_numbers(text: str) -> tuple[str, ...]:
    """The deal numbers of a list as people write it."""
    return tuple(number for number in re.split(r"[、，,;；\s]+", text) if number)


def _places(numbers: list[str], wanted: np.ndarray) -> np.ndarray:
    """Where each wanted deal number stands; -1 for one that is missing, empty or stands twice."""
    last = dict(zip(numbers, range(len(numbers)), strict=True))
    first = last if len(last) == len(numbers) else dict(zip(numbers[::-1], range(len(numbers))[::-1], strict=True))
    return np.array(
        [last[number] if number and last.get(number, -1) == first.get(number, -2) else -1 for number in wanted],
        dtype=np.int64,
    )


def _days(frame: pd.DataFrame, column: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), np.datetime64("NaT", "D"))
    return np.asarray(frame[column].to_numpy(dtype="datetime64[s]").astype("datetime64[D]"))


def _whole_weeks(first: int, last: int) -> tuple[np.datetime64, np.datetime64]:
    """The first and last day of the months `first` to `last` and of the ISO weeks whose Thursday lies in them."""
    begin, end = month_first(first), month_last(last)
    thursday, last_thursday = (
        begin + timedelta(days=(3 - begin.weekday()) % 7),
        end - timedelta(days=(end.weekday() - 3) % 7),
    )
    return np.datetime64(min(begin, thursday - timedelta(days=3))), np.datetime64(
        max(end, last_thursday + timedelta(days=3))
    )


def _months(days: np.ndarray) -> np.ndarray:
    """Month numbers; NO_MONTH where there is no day."""
    return np.asarray(days.astype("datetime64[M]").astype(np.int64))
