"""The cells of a new table, a column at a time: canonical texts in, `<c>` elements out.

A table of 100,000 rows has millions of cells, so each kind of column is one comprehension over a block of its texts.
A text its column's format cannot hold (a note in a date column, more than 15 digits) stays text and is never lost.
Texts are shared: Apple's Numbers and previews show no inline strings, and other readers take them for empty cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from itertools import chain

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
_STRING, _STRING_END = '<si><t xml:space="preserve">', "</t></si>"
_END = "</v></c>"
_STRINGS_AT_ONCE = 1000
_SURELY_SHORT = MAX_TEXT_UNITS // 2
_SAMPLE = 64
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
            yield f"{_STRING}{_escaped(texts[start : start + _STRINGS_AT_ONCE])}{_STRING_END}".encode()
        yield b"</sst>"


def _escaped(texts: Sequence[str]) -> str:
    """Texts as the contents of `<t>` elements; escaped together, because one by one takes ten times as long."""
    joined = _BREAK.join(texts)
    is_plain = joined.count(_BREAK) == len(texts) - 1 and not _ODD.search(joined)
    if is_plain and (len(joined) <= _SURELY_SHORT or max(map(len, texts)) <= _SURELY_SHORT):
        return escape_text(joined).replace(_BREAK, f"{_STRING_END}{_STRING}")
    return f"{_STRING_END}{_STRING}".join(text_xml(text, f"“{text[:20]}…”") for text in texts)


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of one column: `pattern` filled with a row's number and its value is the row's cell."""

    pattern: str
    values: Sequence[object]


class ColumnCells:
    """Makes the cells of one column of a sheet. Empty cells carry the column's style, as in a sheet people format."""

    def __init__(self, column: int, cell_format: str, style: int, shared: SharedTexts) -> None:
        start = f'<c r="{column_letters(column)}%s'
        self._text, self._value, self._blank = f'" s="{style}" t="s"><v>', f'" s="{style}"><v>', f'" s="{style}"/>'
        self._of_ends = f"{start}%s"
        self._of_texts, self._of_numbers = (f"{start}{middle}%s{_END}" for middle in (self._text, self._value))
        self._places = shared.places
        self._days = _Months() if cell_format == "month" else _Days()
        self.cells: Callable[[Texts], Cells] = self._texts
        """The cells of a block of texts."""
        if cell_format in NUMBERS:
            self.cells = self._numbers
        elif cell_format == "datetime":
            self.cells = self._moments
        elif cell_format in ("date", "month"):
            self.cells = self._dates

    def _texts(self, texts: Texts) -> Cells:
        places, put = self._places, self._places.setdefault
        if _are_alike(texts[:_SAMPLE]) and _are_alike(texts):
            return self._repeated(texts, self._text_end)
        if all(texts):
            return Cells(self._of_texts, [put(text, len(places)) for text in texts])  # type: ignore[arg-type]
        middle, blank = self._text, self._blank
        return Cells(self._of_ends, [f"{middle}{put(text, len(places))}{_END}" if text else blank for text in texts])

    def _numbers(self, texts: Texts) -> Cells:
        is_short = _SHORT_NUMBER.fullmatch
        if all(texts) and all(map(is_short, texts)):  # type: ignore[arg-type]
            return Cells(self._of_numbers, texts)
        middle, blank, text_end = self._value, self._blank, self._text_end
        return Cells(
            self._of_ends,
            [
                blank if not text else f"{middle}{text}{_END}" if is_short(text) or is_number(text) else text_end(text)
                for text in texts
            ],
        )

    def _dates(self, texts: Texts) -> Cells:
        return self._repeated(texts, self._day_end)

    def _moments(self, texts: Texts) -> Cells:
        middle, blank, text_end, days = self._value, self._blank, self._text_end, self._days
        return Cells(
            self._of_ends,
            [
                blank
                if not text
                else f"{middle}{day}{part}{_END}"
                if (day := days[text[:10]]) and (part := _part_of_day(text[10:])) is not None
                else text_end(text)
                for text in texts
            ],
        )

    def _repeated(self, texts: Texts, end_of: Callable[[str], str]) -> Cells:
        ends = {text: end_of(text) if text else self._blank for text in dict.fromkeys(texts)}
        return Cells(self._of_ends, [ends[text] for text in texts])

    def _text_end(self, text: str) -> str:
        return f"{self._text}{self._places.setdefault(text, len(self._places))}{_END}"

    def _day_end(self, text: str) -> str:
        day = self._days[text]
        return f"{self._value}{day}{_END}" if day else self._text_end(text)


def rows_xml(rows: Sequence[str], columns: Sequence[Cells], attributes: str = "") -> str:
    """The `<row>` elements of a block: rows are their numbers."""
    pattern = f'<row r="%s"{attributes}>{"".join(one.pattern for one in columns)}</row>'
    holes = chain.from_iterable((rows, one.values) for one in columns)
    return "".join([pattern % filled for filled in zip(rows, *holes, strict=True)])


def _are_alike(texts: Texts) -> bool:
    return len(set(texts)) * _MANY_ALIKE <= len(texts)


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
