"""What makes a deal unusable: while it stands so, no figure is given for its seller's month."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.commissions.products import ProductStates
from reports.money import YUAN_NAMES, yuan
from schemas.commission_rules import CommissionRules
from schemas.finding import Severity

SALE = "销售"
REFUNDS = ("退货", "退款")
DATE_COLUMN = {"paid": "paid_on", "signed": "sold_on", "delivered": "delivered_on"}
"""The day a deal counts, by `commission.recognition`."""
_COLUMN_OF_FIELD = {"seller_id": "seller", "referrer_id": "referrer", "amount": "sold", "false_case": "false_case"}
_WARNINGS = frozenset({"E324"})


@dataclass(frozen=True, slots=True)
class DealProblem:
    """A kind of problem: its finding's code, which deals have it, the field it is seen in."""

    code: str
    hit: npt.NDArray[np.bool_]
    field: str


def find_problems(
    rows: pd.DataFrame, rules: CommissionRules, people: Collection[str], state: ProductStates, rates: Collection[str]
) -> tuple[DealProblem, ...]:
    """Problems of deals (rows of a ledger), the gravest first. rates: currencies that are converted."""
    kind = rows["kind"].to_numpy(dtype=object)
    sold, original = rows["sold"].to_numpy(), rows["original"].to_numpy()
    refund = np.isin(kind, REFUNDS)
    of_sale = (original >= 0) & (kind[original] == SALE) if len(rows) else refund
    no_product = state.missing & (rules.missing_product == "withhold")
    return (
        DealProblem("E310", ~_flag(rows["seller"].isin(list(people))), "seller_id"),
        DealProblem("E321", _flag(rows["unconfirmed"]), "status"),
        DealProblem("E325", _flag(rows["undated"]), DATE_COLUMN[rules.recognition]),
        DealProblem("E326", _flag(rows["repeated"]), "deal_no"),
        DealProblem("E311", _flag(rows["no_amount"]), "amount"),
        DealProblem("E312", ~_flag(rows["currency"].isin([*YUAN_NAMES, *rates])), "currency"),
        DealProblem("E313", state.unknown, "sku"),
        DealProblem("E348", no_product, "sku"),
        DealProblem("E314", (sold != 0) & ((sold < 0) != refund), "amount"),
        DealProblem("E315", refund & ~of_sale, "orig_deal"),
        DealProblem("E316", ~refund & (kind != SALE), "kind"),
    )


def severity_of(code: str) -> Severity:
    """A warning leaves the figure; an error withholds it."""
    return Severity.WARNING if code in _WARNINGS else Severity.ERROR


def value_shown(row: pd.Series, field: str) -> str:
    """What stands in the deal's cell, as people read it."""
    value = row.get(_COLUMN_OF_FIELD.get(field, field), "")
    if field == "amount":
        return f"{yuan(int(value)):,.2f}"
    return f"{Fraction(value)}" if isinstance(value, Fraction) else str(value)


def _flag(marks: pd.Series) -> npt.NDArray[np.bool_]:
    return np.asarray(marks.to_numpy(dtype=bool))
