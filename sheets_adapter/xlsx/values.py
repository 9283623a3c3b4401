"""Cell values and their XML: what a value becomes in a cell, and what a cell's XML means.

Values read: text str, numbers float (whole ones too, as calamine gives them), bool, date (a date-time at midnight),
datetime, time (a serial below 1), timedelta ([h]:mm formats), errors as their text ("#N/A"), and "" for an empty cell.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.markup import escape_text

if TYPE_CHECKING:
    from schemas.field_types.base import CellValue

MAX_TEXT_UNITS = 32_767
MAX_DIGITS = 15
_EPOCH_1900 = datetime.combine(date(1899, 12, 30), time.min)
_EPOCH_1904 = datetime.combine(date(1904, 1, 1), time.min)
# Serials below 61 are off by one in Excel, which believes in 29 February 1900.
_FIRST_DAY_1900 = date(1900, 3, 1)
_FIRST_DAY_1904 = date(1904, 1, 2)
_SECONDS_A_DAY = 86_400

_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def text_xml(text: str, cell: str) -> str:
    """Text as the content of `<t>`: line ends as \\n, `_x0041_` and control characters in Excel's `_xHHHH_` form.

    Raises CannotEdit S034 (over 32,767 UTF-16 units) or S036 (half of a surrogate pair), naming the cell.
    """
    if _SURROGATE.search(text):
        raise CannotEdit("S036", cell=cell)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    units = len(text.encode("utf-16-le")) // 2
    if units > MAX_TEXT_UNITS:
        raise CannotEdit("S034", cell=cell, length=str(units), limit=str(MAX_TEXT_UNITS))
    text = _LOOKS_ESCAPED.sub("_x005F_", text)
    text = _NOT_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return escape_text(text)


def unescape_text(text: str) -> str:
    """What Excel shows for the content of `<t>`: `_xHHHH_` becomes the character, `_x005F_` an underscore."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def number_text(value: int | float | Decimal, cell: str) -> str:
    """A number as a cell holds it. Raises CannotEdit S035 for NaN, infinity or more than 15 significant digits."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CannotEdit("S035", cell=cell, value=str(value))
        return repr(int(value)) if value.is_integer() and abs(value) < 10**MAX_DIGITS else repr(value)
    number = Decimal(value)
    if not number.is_finite():
        raise CannotEdit("S035", cell=cell, value=str(value))
    number = number.normalize() if number else Decimal(0)
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise CannotEdit("S035", cell=cell, value=str(value))
    return format(number, "f") if -20 < number.adjusted() < 20 else str(number)


def serial_of(value: date | time | timedelta, date1904: bool) -> str | None:
    """A date, time or duration as a serial number, rounded to whole seconds; None if the calendar starts later."""
    if isinstance(value, timedelta):
        return _days_text(0, round(value.total_seconds()))
    if isinstance(value, time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1_000_000
        return _days_text(0, min(round(seconds), _SECONDS_A_DAY - 1))
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    if moment.date() < (_FIRST_DAY_1904 if date1904 else _FIRST_DAY_1900):
        return None
    # The wall time is what people read; a zone has no place in a cell.
    since = moment.replace(tzinfo=None) - (_EPOCH_1904 if date1904 else _EPOCH_1900)
    return _days_text(since.days, round(since.seconds + since.microseconds / 1_000_000))


def _days_text(days: int, seconds: int) -> str:
    days, seconds = days + seconds // _SECONDS_A_DAY, seconds % _SECONDS_A_DAY
    return repr(days + seconds / _SECONDS_A_DAY) if seconds else str(days)


def date_of(serial: float, *, duration: bool, date1904: bool) -> CellValue:
    """What a date-formatted number means, as calamine reads it: timedelta, time (below 1), date or datetime.

    Serials outside the calendar stay numbers.
    """
    if duration:
        return timedelta(seconds=round(serial * _SECONDS_A_DAY))
    seconds = round(serial * _SECONDS_A_DAY)
    if not date1904 and serial < 60:
        # Excel's calendar has one day too many before March 1900.
        seconds += _SECONDS_A_DAY
    if 0 <= serial < 1:
        return (_EPOCH_1904 + timedelta(seconds=seconds % _SECONDS_A_DAY)).time()
    try:
        moment = (_EPOCH_1904 if date1904 else _EPOCH_1900) + timedelta(seconds=seconds)
    except OverflowError:
        return serial
    return moment if seconds % _SECONDS_A_DAY else moment.date()


def cell_content(value: CellValue, cell: str, date1904: bool) -> tuple[str, str]:
    """(attributes, inner XML) of a cell holding the value; ("", "") for None and "".

    A date before the calendar starts becomes ISO text. Raises CannotEdit S034, S035, S036.
    """
    if value is None or value == "":
        return "", ""
    if isinstance(value, bool):
        return ' t="b"', f"<v>{int(value)}</v>"
    if isinstance(value, int | float | Decimal):
        return "", f"<v>{number_text(value, cell)}</v>"
    if isinstance(value, date | time | timedelta):
        serial = serial_of(value, date1904)
        if serial is not None:
            return "", f"<v>{serial}</v>"
        value = _iso_text(value)
    return ' t="inlineStr"', f'<is><t xml:space="preserve">{text_xml(value, cell)}</t></is>'


def is_same_value(written: CellValue, read: CellValue) -> bool:
    """Whether a value read back is the one written, allowing for what a cell cannot tell apart.

    None equals ""; 2, 2.0 and Decimal("2.00") are one number; a date equals its midnight; seconds are whole.
    """
    if written is None or written == "":
        return read is None or read == ""
    if isinstance(written, bool) or isinstance(read, bool):
        return written is read
    if isinstance(written, int | float | Decimal):
        return isinstance(read, int | float) and float(number_text(written, "")) == float(read)
    if isinstance(written, str):
        return isinstance(read, str) and _one_line_end(written) == read
    if isinstance(read, str):
        return _iso_text(written) == read
    if not isinstance(read, date | time | timedelta):
        return False
    return serial_of(written, date1904=False) == serial_of(read, date1904=False)


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _iso_text(value: date | time | timedelta) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)
