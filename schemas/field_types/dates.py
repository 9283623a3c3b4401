"""Dates, moments, months and years."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import ClassVar

from schemas.field_types.base import (
    COMPANY_ZONE,
    CellFormat,
    CellValue,
    FieldType,
    Kind,
    ParseContext,
    Parsed,
    cell_decimal,
    cell_text,
    number_text,
    problem,
)
from schemas.field_types.calendar_text import EARLIEST, read_date, read_datetime, read_month, read_year
from schemas.field_types.numerals import EMPTY_WORDS
from schemas.template import Field

_BOUNDED = frozenset({"default", "min", "max", "unique"})
_SERIAL_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 — a spreadsheet's wall time has no zone
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_465
_YEAR_LIKE = range(1900, 2101)


def date_text(day: date) -> str:
    """A day as canonical text."""
    return day.isoformat()[:10]


def moment_text(moment: datetime) -> str:
    """A moment as canonical text, to the nearest second (cells hold fractions of a day)."""
    return (moment + timedelta(microseconds=500_000)).isoformat(" ", "seconds")[:19]


def _moment_of_serial(serial: Decimal) -> datetime | None:
    """The moment a spreadsheet's day number means; None when it is no believable one.

    Numbers from 1900 to 2100 are far more often a year than a day of 1905.
    """
    if not serial.is_finite() or not _FIRST_SERIAL <= serial < _LAST_SERIAL + 1 or int(serial) in _YEAR_LIKE:
        return None
    return _SERIAL_DAY_ZERO + timedelta(seconds=round(float(serial) * 86_400))


class CalendarType(FieldType):
    """Base of the calendar types: cells may hold dates, day numbers or text."""

    def parse_empty_word(self, text: str) -> bool:
        """Whether the text is one people write for "none"."""
        return text.casefold() in EMPTY_WORDS

    def refused(self, code: str, text: str, field: Field) -> Parsed:
        """The text with the finding that says why it is no such value."""
        return Parsed(text, (problem(code, field, text, example=self.example(field), earliest=EARLIEST),))

    def from_cell(self, cell: CellValue, field: Field, context: ParseContext) -> Parsed:
        if isinstance(cell, datetime):
            return self.from_moment(cell, field)
        if isinstance(cell, date):
            return self.from_moment(datetime.combine(cell, time()), field)
        if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal)):
            return self.refused("V031", cell_text(cell), field)
        compact = self.from_compact(number_text(cell), field, context)
        if compact is not None:
            return compact
        moment = _moment_of_serial(cell_decimal(cell))
        return self.from_moment(moment, field) if moment else self.refused("V031", number_text(cell), field)

    def from_moment(self, moment: datetime, field: Field) -> Parsed:
        """Reads a date cell."""
        raise NotImplementedError

    def from_compact(self, digits: str, field: Field, context: ParseContext) -> Parsed | None:
        """Reads a number that spells the value in digits (20260709); None when it does not."""
        return None


class Date(CalendarType):
    """A day."""

    name: ClassVar[str] = "date"
    kind: Kind = "date"
    widget = "date"
    options = _BOUNDED
    sample: ClassVar[str] = "2026-07-09"
    format: ClassVar[CellFormat] = "date"
    width: ClassVar[float] = 12

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if self.parse_empty_word(text):
            return Parsed("", understood=True)
        day = read_date(text, context.today)
        if isinstance(day, str):
            return self.refused(day, text, field)
        return Parsed(date_text(day), understood=date_text(day) != text)

    def from_moment(self, moment: datetime, field: Field) -> Parsed:
        if moment.time() != time():
            return self.refused("V027", cell_text(moment), field)
        if moment.date() < EARLIEST:
            return self.refused("V023", cell_text(moment), field)
        return Parsed(date_text(moment))

    def from_compact(self, digits: str, field: Field, context: ParseContext) -> Parsed | None:
        return self.parse(digits, field, context) if len(digits) == 8 and digits.isdigit() else None

    def write_cell(self, text: str, field: Field) -> CellValue:
        return date.fromisoformat(text) if text else None

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return date.fromisoformat(text) if text else None


class Moment(CalendarType):
    """A day and time, as wall time of the company's zone."""

    name: ClassVar[str] = "datetime"
    kind: Kind = "datetime"
    widget = "datetime"
    options = _BOUNDED
    sample: ClassVar[str] = "2026-07-09 14:30"
    format: ClassVar[CellFormat] = "datetime"
    width: ClassVar[float] = 18

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if self.parse_empty_word(text):
            return Parsed("", understood=True)
        moment = read_datetime(text, context.now)
        if isinstance(moment, str):
            return self.refused(moment, text, field)
        canonical = moment_text(moment)
        return Parsed(canonical, understood=text not in (canonical, canonical.removesuffix(":00")))

    def from_moment(self, moment: datetime, field: Field) -> Parsed:
        if moment.date() < EARLIEST:
            return self.refused("V023", cell_text(moment), field)
        return Parsed(moment_text(moment))

    def write_cell(self, text: str, field: Field) -> CellValue:
        return datetime.fromisoformat(text) if text else None

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return datetime.fromisoformat(text).replace(tzinfo=zone) if text else None

    def show(self, text: str, field: Field, language: str) -> str:
        return text.removesuffix(":00") if len(text) == 19 else text

    def edit_text(self, text: str, field: Field) -> str:
        return self.show(text, field, "zh")


class Month(CalendarType):
    """A month. Its cell is the first day of the month, shown as yyyy-mm."""

    name: ClassVar[str] = "month"
    options = _BOUNDED
    sample: ClassVar[str] = "2026-07"
    format: ClassVar[CellFormat] = "month"
    width: ClassVar[float] = 10

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if self.parse_empty_word(text):
            return Parsed("", understood=True)
        month = read_month(text, context.today)
        if month is None:
            day = read_date(text, context.today)
            if isinstance(day, str):
                return self.refused("V029", text, field)
            month = date_text(day)[:7]
        if month < date_text(EARLIEST)[:7]:
            return self.refused("V023", text, field)
        return Parsed(month, understood=month != text)

    def from_moment(self, moment: datetime, field: Field) -> Parsed:
        if moment.date() < EARLIEST:
            return self.refused("V023", cell_text(moment), field)
        # The cell shows only its month, so a later day of it is the same answer.
        return Parsed(date_text(moment)[:7], understood=moment.day != 1)

    def from_compact(self, digits: str, field: Field, context: ParseContext) -> Parsed | None:
        # 202607 is a believable day number of the year 2454, and far more likely a month.
        return self.parse(digits, field, context) if len(digits) == 6 and digits.isdigit() else None

    def write_cell(self, text: str, field: Field) -> CellValue:
        return date.fromisoformat(f"{text}-01") if text else None


class Year(CalendarType):
    """A year. Its cell is the number."""

    name: ClassVar[str] = "year"
    kind: Kind = "integer"
    options = _BOUNDED
    sample: ClassVar[str] = "2026"
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 8

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if self.parse_empty_word(text):
            return Parsed("", understood=True)
        year = read_year(text, context.today)
        if year is None:
            return self.refused("V030", text, field)
        return Parsed(year, understood=year != text)

    def from_moment(self, moment: datetime, field: Field) -> Parsed:
        return self.refused("V030", cell_text(moment), field)

    def from_compact(self, digits: str, field: Field, context: ParseContext) -> Parsed | None:
        return self.parse(digits, field, context)

    def write_cell(self, text: str, field: Field) -> CellValue:
        return int(text) if text else None

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return int(text) if text else None
