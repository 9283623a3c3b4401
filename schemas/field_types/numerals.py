"""Numbers as people write them: 1,234.5 · ￥1,234 · 1.2万 · 3亿 · ３个 · 500人 · (1,200)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

EMPTY_WORDS = frozenset({"n/a", "na", "-", "—", "——", "–", "－"})
"""What people write for "none" in number and date columns."""

_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-"})
_MULTIPLIERS = {
    "": 1, "十": 10, "百": 10**2, "千": 10**3, "k": 10**3, "万": 10**4, "w": 10**4, "十万": 10**5, "百万": 10**6,
    "千万": 10**7, "亿": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12,
}  # fmt: skip
_DIGITS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_PART = re.compile(r"(\d[\d,]*(?:\.\d*)?|\.\d+)([十百千万亿kw]*)", re.ASCII)
_CURRENCY = re.compile(r"^(?:¥|rmb|cny|人民币)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+")
COUNTERS = (*"个人名位次件台套家份张项条只箱户天年月", "小时")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number that was read. plain: written as digits only, so nobody needs to be told how it was understood."""

    number: Decimal
    is_plain: bool


def read_numeral(text: str, units: Sequence[str]) -> Numeral | str:
    """Reads a number, or answers the code of the finding that says why not.

    units: words that may follow the number. A unit that itself multiplies (万元) leaves no room for another 万.
    """
    if _DIGITS.fullmatch(text):
        return Numeral(Decimal(text), is_plain=True)
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_MINUS)
    body = re.sub(r"\s", "", folded)
    negative, body = _sign(_CURRENCY.sub("", body))
    body = _CURRENCY.sub("", body)
    bare, had_unit = _without_unit(body, units)
    parts = _PART.findall(bare)
    if not parts or "".join(digits + unit for digits, unit in parts) != bare:
        return "V010"
    number = _total(parts)
    if isinstance(number, str):
        return number
    if any(unit for _, unit in parts) and not had_unit and any(set(unit) & set("万亿千百") for unit in units):
        return "V010"
    is_plain = not had_unit and re.fullmatch(r"[+-]?[\d,]*\.?\d*", text.strip(), re.ASCII) is not None
    return Numeral(-number if negative else number, is_plain)


def _sign(body: str) -> tuple[bool, str]:
    if body.startswith("(") and body.endswith(")"):
        return True, body[1:-1]
    if body[:1] in ("+", "-"):
        return body[0] == "-", body[1:]
    return False, body


def _without_unit(body: str, units: Sequence[str]) -> tuple[str, bool]:
    for unit in sorted(units, key=len, reverse=True):
        word = unicodedata.normalize("NFKC", unit).casefold().replace(" ", "")
        if word and body.endswith(word) and len(body) > len(word):
            return body[: -len(word)], True
    return body, False


def _total(parts: Sequence[tuple[str, str]]) -> Decimal | str:
    """The sum of parts such as 1亿2000万; each part is smaller than the one before and says its own multiplier."""
    if any(unit not in _MULTIPLIERS for _, unit in parts):
        return "V010"
    scales = [_MULTIPLIERS[unit] for _, unit in parts]
    if len(parts) > 1 and (min(scales) == 1 or any(later >= earlier for earlier, later in pairwise(scales))):
        return "V010"
    total = Decimal(0)
    for (digits, _), scale in zip(parts, scales, strict=True):
        if not _GROUPED.fullmatch(digits.partition(".")[0] or "0"):
            return "V017"
        total += Decimal(digits.replace(",", "")) * scale
    return total
