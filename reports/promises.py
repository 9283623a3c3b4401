"""What a contract promises about response times: D79 reads it from the free text of the contract's SLA terms."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from reports.clocks import Flags, Ints
from reports.columns import Texts
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


def promised(frames: Frames, kind: Promise, customers: Texts, moments: Ints) -> tuple[Ints, Flags]:
    """Seconds promised to each customer by his latest contract in force at the moment, 0 for none; and whether they are
    working time. A contract is in force from its effective date, else its signing."""
    seconds, working = np.zeros(len(customers), dtype=np.int64), np.zeros(len(customers), dtype=np.bool_)
    contracts = _contracts(frames, kind)
    if not any(found for history in contracts.values() for _, found in history):
        return seconds, working
    for at, customer in enumerate(customers):
        history = contracts.get(customer, ())
        in_force = bisect_right(history, moments[at], key=lambda contract: contract[0])
        found = history[in_force - 1][1] if in_force else None
        if found is not None:
            seconds[at], working[at] = found.seconds, found.working
    return seconds, working


def _contracts(frames: Frames, kind: Promise) -> dict[str, list[tuple[int, Promised | None]]]:
    """By customer, in the order they came into force: since when, and what each promises."""
    contracts = columns_of(frames, "contract", ("customer_id", "sla_terms", "effective_on", "signed_on"))
    since = wall_time(contracts["effective_on"]).fillna(wall_time(contracts["signed_on"]))
    contracts = contracts.assign(since=since)[since.notna() & contracts["sla_terms"].ne("")].sort_values("since")
    found: dict[str, list[tuple[int, Promised | None]]] = {}
    moments = contracts["since"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    for customer, terms, moment in zip(contracts["customer_id"], contracts["sla_terms"], moments, strict=True):
        found.setdefault(customer, []).append((int(moment), promise_of(terms, kind)))
    return found
