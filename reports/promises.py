"""What a contract promises about response times: D79 reads it from the free text of the contract's SLA terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from reports.clocks import Flags, Ints
from reports.columns import Columns
from reports.facts import columns_of, wall_time
from reports.frames import Frames

Promise = Literal["response", "onsite", "resolve"]
VERBS: dict[Promise, str] = {"response": "响应|回应|答复", "onsite": "上门|到场|到达现场", "resolve": "解决|修复|恢复"}
SECONDS_OF = {"分钟": 60, "小时": 3600, "天": 86400, "日": 86400}
_AMOUNT = r"(\d+(?:\.\d+)?)\s*个?(?:工作)?(分钟|小时|天|日)"


@dataclass(frozen=True, slots=True)
class Promised:
    """seconds: the promised time. working: counted in working time (工作时间, 工作小时) instead of around the clock."""

    seconds: int
    working: bool


@cache
def promise_of(terms: str, kind: Promise) -> Promised | None:
    """The promise in the text: "15分钟内响应", "响应时间:30分钟"; None when it names no time for this kind.

    "7×24小时" says when people answer, not how soon, and is no time limit.
    """
    text = re.sub(r"\d+\s*[×xX*]\s*24\s*小时?", " ", terms)
    verb = VERBS[kind]
    for clause in re.split(r"[,,;;。、\n]", text):
        found = re.search(rf"{_AMOUNT}\s*(?:之?内)?\s*(?:{verb})", clause) or re.search(
            rf"(?:{verb})[^\d]{{0,8}}{_AMOUNT}", clause
        )
        if found:
            return Promised(int(float(found.group(1)) * SECONDS_OF[found.group(2)]), "工作" in clause)
    return None


def promised(frames: Frames, kind: Promise, columns: Columns, rows: Ints) -> tuple[Ints, Flags]:
    """Seconds promised to the customer of each row by his latest contract in force, 0 for none; and whether they are
    working time. A contract is in force from its effective date, else its signing."""
    seconds, working = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.bool_)
    contracts = columns_of(frames, "contract", ("customer_id", "sla_terms", "effective_on", "signed_on"))
    since = wall_time(contracts["effective_on"]).fillna(wall_time(contracts["signed_on"]))
    contracts = contracts.assign(since=since)[since.notna() & contracts["sla_terms"].ne("")]
    latest = contracts.sort_values("since").drop_duplicates("customer_id", keep="last")
    by_customer = {
        customer: found
        for customer, terms in zip(latest["customer_id"], latest["sla_terms"], strict=True)
        if (found := promise_of(terms, kind)) is not None
    }
    if by_customer:
        for at, customer in enumerate(columns.texts("customer_id")[rows]):
            if customer in by_customer:
                seconds[at], working[at] = by_customer[customer].seconds, by_customer[customer].working
    return seconds, working
