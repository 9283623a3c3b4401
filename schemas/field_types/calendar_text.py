"""Dates and times as people write them: 2026.7.9 · 2026年7月9日 · 20260709 · 7月9日 · 明天 · 14:30 · 下午2点."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta, tzinfo

EARLIEST = date(1900, 3, 1)
"""Spreadsheets count a 29 February 1900 that never was; earlier days shift when another program opens the file."""

_DAY_WORDS = {
    "今天": 0, "今日": 0, "today": 0, "昨天": -1, "昨日": -1, "yesterday": -1, "明天": 1, "明日": 1, "tomorrow": 1,
    "前天": -2, "后天": 2,
}  # fmt: skip
_MONTH_WORDS = {
    "本月": 0,
    "这个月": 0,
    "thismonth": 0,
    "上月": -1,
    "上个月": -1,
    "lastmonth": -1,
    "下月": 1,
    "下个月": 1,
}
_YEAR_WORDS = {"今年": 0, "本年": 0, "去年": -1, "明年": 1}
_NOW_WORDS = frozenset({"现在", "此刻", "now"})
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_FULL = re.compile(r"(\d{4})\s*([-/.年])\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?:\s*[日号])?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_THIS_YEAR = re.compile(r"(\d{1,2})\s*[月/-]\s*(\d{1,2})(?:\s*[日号])?", re.ASCII)
_DAY_NAME_MONTH = re.compile(r"(\d{1,2})\s+([a-z]{3,9})\.?,?\s+(\d{4})", re.ASCII)
_MONTH_NAME_DAY = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})", re.ASCII)
_AMBIGUOUS = re.compile(r"\d{1,2}[-/.年]\d{1,2}[-/.月]\d{1,4}日?", re.ASCII)
_MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?(?:份)?", re.ASCII)
_TIME = re.compile(
    r"(上午|早上|凌晨|中午|下午|晚上|am|pm)?\s*(\d{1,2})\s*(?:[:点时]\s*(?:(\d{1,2})\s*分?)?)?(?::?\s*(\d{1,2})(?:\.0*)?\s*秒?)?\s*(am|pm)?"
)


def fold_calendar(text: str) -> str:
    """Full width to half width, lower case, single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def read_date(text: str, today: date) -> date | str:
    """Reads a day, or answers the code of the finding that says why not. A time of midnight may follow."""
    body = re.sub(r"[t ]0{1,2}:00(?::00(?:\.0+)?)?$", "", fold_calendar(text))
    if body.replace(" ", "") in _DAY_WORDS:
        return today + timedelta(days=_DAY_WORDS[body.replace(" ", "")])
    parts = _date_parts(body, today)
    if parts is not None:
        return _day(*parts)
    if _AMBIGUOUS.fullmatch(body):
        return "V021"
    moment = _date_and_time(body, today)
    return "V027" if moment and moment[1] is not None else "V020"


def read_datetime(text: str, now: datetime) -> datetime | str:
    """Reads a moment as naive wall time of `now`'s zone; a day alone means its midnight, a time alone means today."""
    body = fold_calendar(text)
    if body in _NOW_WORDS:
        return now.replace(tzinfo=None, microsecond=0)
    zoned = _zoned(text.strip(), now.tzinfo)
    if zoned is not None:
        return zoned
    alone = _time(body)
    if alone is not None and re.search("[:点时]", body):
        return datetime.combine(now.date(), alone)
    split = _date_and_time(body, now.date())
    if split is None:
        day = read_date(text, now.date())
        return "V028" if day == "V020" else day if isinstance(day, str) else datetime.combine(day, time())
    parts, clock = split
    day = _day(*parts) if isinstance(parts, tuple) else parts
    if isinstance(day, str):
        return day
    return datetime.combine(day, clock) if clock is not None else "V028"


def read_month(text: str, today: date) -> str | None:
    """Reads a month as "2026-07"; None when it is none."""
    body = fold_calendar(text).replace(" ", "")
    if body in _MONTH_WORDS:
        index = today.year * 12 + today.month - 1 + _MONTH_WORDS[body]
        return f"{index // 12:04}-{index % 12 + 1:02}"
    found = _MONTH.fullmatch(body)
    if not found or not 1 <= int(found.group(2)) <= 12 or not int(found.group(1)) >= 1900:
        return None
    return f"{found.group(1)}-{int(found.group(2)):02}"


def read_year(text: str, today: date) -> str | None:
    """Reads a year as "2026"; None when it is none."""
    body = fold_calendar(text).replace(" ", "")
    if body in _YEAR_WORDS:
        return str(today.year + _YEAR_WORDS[body])
    found = re.fullmatch(r"([0-9]{4})年?", body)
    return found.group(1) if found and int(found.group(1)) >= 1900 else None


def _date_parts(body: str, today: date) -> tuple[int, int, int] | None:
    if found := _FULL.fullmatch(body) or _COMPACT.fullmatch(body):
        numbers = [int(part) for part in found.groups() if part.isdigit()]
        return numbers[0], numbers[1], numbers[2]
    if found := _THIS_YEAR.fullmatch(body):
        return today.year, int(found.group(1)), int(found.group(2))
    if found := _DAY_NAME_MONTH.fullmatch(body):
        return _named(found.group(3), found.group(2), found.group(1))
    if found := _MONTH_NAME_DAY.fullmatch(body):
        return _named(found.group(3), found.group(1), found.group(2))
    return None


def _named(year: str, month: str, day: str) -> tuple[int, int, int] | None:
    return (int(year), _ENGLISH.index(month[:3]) + 1, int(day)) if month[:3] in _ENGLISH else None


def _day(year: int, month: int, day: int) -> date | str:
    try:
        found = date(year, month, day)
    except ValueError:
        return "V022"
    return found if found >= EARLIEST else "V023"


def _date_and_time(body: str, today: date) -> tuple[tuple[int, int, int] | date, time | None] | None:
    """A day followed by more text, and that text as a time (None when it is no time)."""
    for word, days in _DAY_WORDS.items():
        if body.startswith(word) and body != word:
            return today + timedelta(days=days), _time(body[len(word) :].strip())
    for pattern in (_FULL, _COMPACT, _THIS_YEAR):
        found = pattern.match(body)
        rest = body[found.end() :] if found else ""
        if found and (rest[:1] in (" ", "t") or re.search("[日号]$", found.group(0))) and rest:
            parts = _date_parts(found.group(0), today)
            return (parts, _time(rest.lstrip(" t"))) if parts else None
    return None


def _time(body: str) -> time | None:
    found = _TIME.fullmatch(body)
    if not found or not (found.group(3) or re.search("[点时]|am|pm", body)):
        return None
    before, hour_text, minute, second, after = found.groups()
    hour, half = int(hour_text), before or after or ""
    if half in ("下午", "晚上", "pm") and hour < 12:
        hour += 12
    if half in ("上午", "凌晨", "am") and hour == 12:
        hour = 0
    try:
        return time(hour, int(minute or 0), int(second or 0))
    except ValueError:
        return None


def _zoned(text: str, zone: tzinfo | None) -> datetime | None:
    """A machine-written moment with its own offset, moved to the company's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or zone is None:
        return None
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
