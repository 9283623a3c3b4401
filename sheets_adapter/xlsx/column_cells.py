"""The cells of a new table, a column at a time: canonical texts in, `<c>` elements out.

A table of 100,000 rows has millions of cells, so each kind of column is one comprehension over a block of its texts.
A text its column's format cannot hold (a note in a date column, more than 15 digits) stays text and is never lost.
Texts are shared: Apple's Numbers and previews show no inline strings, and other readers take them for empty cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time
from functools import cache

from sheets_adapter.xlsx.addresses import column_letters
from sheets_adapter.xlsx.markup import escape_text
from sheets_adapter.xlsx.values import MAX_DIGITS, MAX_TEXT_UNITS, serial_of, text_xml

Texts = Sequence[str | None]
"""Canonical texts of some rows of one column; "" or None for an empty cell."""

NUMBERS: frozenset[str] = frozenset(("integer", "decimal", "amount", "money", "percent"))
"""Formats whose canonical texts are numbers."""
_BREAK = "\x00"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_SHORT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,5})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
# What text_xml changes besides & < >: line ends, control characters, what looks like an escape, halves of a pair.
_ODD = re.compile("[\x01-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")
_STRINGS_AT_ONCE = 10_000
_MANY_ALIKE = 4
"""Where each text stands four times or more, its end of a cell is made once for all of them."""


class SharedTexts:
    """The shared strings of a workbook in the making. `places` maps each text to its index."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def part(self) -> Iterator[bytes]:
        """xl/sharedStrings.xml in pieces. Raises CannotEdit S034 (too long) or S036 (half a character)."""
        yield (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{len(self.places)}">'
        ).encode()
        texts = list(self.places)
        for start in range(0, len(texts), _STRINGS_AT_ONCE):
            escaped = _escaped(texts[start : start + _STRINGS_AT_ONCE])
            yield "".join([f'<si><t xml:space="preserve">{text}</t></si>' for text in escaped]).encode()
        yield b"</sst>"


def _escaped(texts: Sequence[str]) -> list[str]:
    """Texts as the content of `<t>`; escaped together, because one by one takes ten times as long."""
    joined = _BREAK.join(texts)
    is_plain = joined.count(_BREAK) == len(texts) - 1 and not _ODD.search(joined)
    if is_plain and max(map(len, texts)) <= MAX_TEXT_UNITS // 2:
        return escape_text(joined).split(_BREAK)
    return [text_xml(text, f"“{text[:20]}…”") for text in texts]


class ColumnCells:
    """Makes the cells of one column of a sheet."""

    def __init__(self, column: int, cell_format: str, style: int, shared: SharedTexts) -> None:
        self._start = f'<c r="{column_letters(column)}'
        self._text = f'" s="{style}" t="s"><v>'
        self._value = f'" s="{style}"><v>'
        self._shared = shared
        self._serials = _SERIALS.get(cell_format, _Days)()
        self.cells: Callable[[Sequence[str], Texts], list[str]] = self._texts
        """(row numbers, texts) → cells, "" for an empty one."""
        if cell_format in NUMBERS:
            self.cells = self._numbers
        elif cell_format in _SERIALS:
            self.cells = self._dates

    def _texts(self, rows: Sequence[str], texts: Texts) -> list[str]:
        start, middle, places = self._start, self._text, self._shared.places
        put = places.setdefault
        different = dict.fromkeys(texts)
        if len(different) * _MANY_ALIKE > len(texts):
            return [
                f"{start}{row}{middle}{put(text, len(places))}</v></c>" if text else ""
                for row, text in zip(rows, texts, strict=True)
            ]
        ends = {text: f"{middle}{put(text, len(places))}</v></c>" for text in different if text}
        return [f"{start}{row}{ends[text]}" if text else "" for row, text in zip(rows, texts, strict=True)]

    def _numbers(self, rows: Sequence[str], texts: Texts) -> list[str]:
        start, middle, text_cell, is_short = self._start, self._value, self._text_cell, _SHORT_NUMBER.fullmatch
        return [
            ""
            if not text
            else f"{start}{row}{middle}{text}</v></c>"
            if is_short(text) or is_number(text)
            else text_cell(row, text)
            for row, text in zip(rows, texts, strict=True)
        ]

    def _dates(self, rows: Sequence[str], texts: Texts) -> list[str]:
        start, middle, text_cell, serials = self._start, self._value, self._text_cell, self._serials
        return [
            ""
            if not text
            else f"{start}{row}{middle}{serial}</v></c>"
            if (serial := serials[text])
            else text_cell(row, text)
            for row, text in zip(rows, texts, strict=True)
        ]

    def _text_cell(self, row: str, text: str) -> str:
        return self._texts((row,), (text,))[0]


def is_number(text: str) -> bool:
    """Whether a cell holds the number as it is written: plain digits, at most 15 of them significant."""
    if not _NUMBER.fullmatch(text):
        return False
    return len(text) <= MAX_DIGITS or len(text.lstrip("-0.").replace(".", "")) <= MAX_DIGITS


class _Days(dict[str, str]):
    """Day as canonical text → its serial number; "" for what is none. Days repeat, so each is worked out once."""

    def __missing__(self, text: str) -> str:
        serial = self[text] = self._serial(text)
        return serial

    def _serial(self, text: str) -> str:
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            return ""
        return (serial_of(day, date1904=False) if day else None) or ""


class _Months(_Days):
    """A month is its first day."""

    def _serial(self, text: str) -> str:
        return super()._serial(f"{text}-01")


class _Moments(_Days):
    """A moment is its day and a part of it; a day alone is its midnight."""

    def _serial(self, text: str) -> str:
        if len(text) <= len("2026-07-09"):
            return super()._serial(text)
        day, part = self[text[:10]], _part_of_day(text[10:])
        return f"{day}{part}" if day and part is not None else ""


@cache
def _part_of_day(clock: str) -> str | None:
    """10:30:00 → .4375, to a millionth of a second; nothing for midnight, None for what is no time."""
    if not _CLOCK.fullmatch(clock):
        return None
    try:
        at = time.fromisoformat(clock[1:])
    except ValueError:
        return None
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    return f"{seconds / 86_400:.11f}".lstrip("0").rstrip("0") if seconds else ""


_SERIALS: Mapping[str, type[_Days]] = {"date": _Days, "month": _Months, "datetime": _Moments}
