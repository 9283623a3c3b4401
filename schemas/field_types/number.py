"""Whole numbers, decimals, money and percentages."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import ClassVar

from schemas.field_types.base import (
    COMPANY_ZONE,
    DIGITS,
    CellFormat,
    CellValue,
    FieldType,
    Kind,
    ParseContext,
    Parsed,
    cell_decimal,
    cell_text,
    plain,
    problem,
)
from schemas.field_types.numerals import COUNTERS, EMPTY_WORDS, Numeral, read_numeral
from schemas.finding import Finding
from schemas.template import Field

_BOUNDED = frozenset({"default", "min", "max", "unit", "unique"})


class Number(FieldType):
    """Base of all numbers: reads numerals, keeps at most 15 significant digits, never rounds what was typed."""

    units: ClassVar[Sequence[str]] = COUNTERS
    sample: ClassVar[str] = "12"
    width: ClassVar[float] = 12

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if text.casefold() in EMPTY_WORDS:
            return Parsed("", understood=True)
        read = read_numeral(text, self.allowed_units(field))
        if isinstance(read, str):
            return Parsed(text, (problem(read, field, text, example=self.example(field)),))
        return self.checked(read, text, field)

    def allowed_units(self, field: Field) -> Sequence[str]:
        """Words that may follow the number: the field's own unit, else the usual counters."""
        return (field.unit.zh, field.unit.en, *self.own_units) if field.unit else (*self.units, *self.own_units)

    own_units: ClassVar[Sequence[str]] = ("个",)

    def checked(self, read: Numeral, given: str, field: Field) -> Parsed:
        """The canonical text of a number, if it has no more digits and decimals than the field takes.

        given: as people wrote it; "" for a number cell.
        """
        text = plain(read.number)
        given = given or text
        whole, _, decimals = text.lstrip("-").partition(".")
        if len(f"{whole}{decimals}".lstrip("0")) > DIGITS:
            return Parsed(given, (problem("V013", field, given, digits=DIGITS, example=self.example(field)),))
        places = self.max_places(field)
        if places is not None and len(decimals) > places:
            return Parsed(given, (self.too_many_places(given, field, places),))
        return Parsed(self.canonical(read.number), understood=not read.is_plain)

    def too_many_places(self, given: str, field: Field, places: int) -> Finding:
        """The finding for a number with more decimals than the field keeps."""
        return problem("V012", field, given, places=places, example=self.example(field))

    def max_places(self, field: Field) -> int | None:
        """Decimals the field keeps; None for no limit of its own."""
        return field.places

    def canonical(self, number: Decimal) -> str:
        """The number's one canonical text."""
        return plain(number)

    def from_cell(self, cell: CellValue, field: Field, context: ParseContext) -> Parsed:
        if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal)):
            text = cell_text(cell)
            return Parsed(text, (problem("V010", field, text, example=self.example(field)),))
        number = cell_decimal(cell)
        if not number.is_finite():
            return Parsed(str(cell), (problem("V018", field, str(cell)),))
        return self.checked(Numeral(number, is_plain=True), "", field)

    def write_cell(self, text: str, field: Field) -> CellValue:
        return Decimal(text) if text else None

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return Decimal(text) if text else None

    def show(self, text: str, field: Field, language: str) -> str:
        return f"{Decimal(text):,}" if text else ""


class Integer(Number):
    """A whole number."""

    name: ClassVar[str] = "integer"
    kind: Kind = "integer"
    options = _BOUNDED
    format: ClassVar[CellFormat] = "integer"

    def max_places(self, field: Field) -> int | None:
        return 0

    def too_many_places(self, given: str, field: Field, places: int) -> Finding:
        return problem("V011", field, given, example=self.example(field))

    def write_cell(self, text: str, field: Field) -> CellValue:
        return int(text) if text else None

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return int(text) if text else None


class DecimalNumber(Number):
    """A number with decimals; `places` limits them."""

    name: ClassVar[str] = "decimal"
    kind: Kind = "decimal"
    options = _BOUNDED | {"places"}
    format: ClassVar[CellFormat] = "decimal"
    sample: ClassVar[str] = "12.5"


class Money(Number):
    """An amount in yuan with two decimals; 万 and 亿 are understood."""

    name: ClassVar[str] = "money"
    kind: Kind = "money"
    options = _BOUNDED
    format: ClassVar[CellFormat] = "money"
    sample: ClassVar[str] = "1234.50"
    width: ClassVar[float] = 15
    units: ClassVar[Sequence[str]] = ()
    own_units: ClassVar[Sequence[str]] = ("元整", "元", "圆", "块", "rmb", "cny", "yuan")

    def max_places(self, field: Field) -> int | None:
        return 2

    def canonical(self, number: Decimal) -> str:
        return f"{number + 0:.2f}"

    def show(self, text: str, field: Field, language: str) -> str:
        if not text:
            return ""
        amount = Decimal(text)
        return f"{'-' if amount < 0 else ''}¥{abs(amount):,.2f}"


class Percent(Number):
    """A share, kept as a fraction: 25% is "0.25". `places` are decimals of the percentage, 2 by default.

    A bare number up to 1 is a fraction; a larger one without % could mean either and is asked about.
    """

    name: ClassVar[str] = "percent"
    kind: Kind = "decimal"
    options = _BOUNDED | {"places"}
    format: ClassVar[CellFormat] = "percent"
    sample: ClassVar[str] = "25%"

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        body = unicodedata.normalize("NFKC", text).strip()
        percent = body.endswith("%") or body.startswith("百分之")
        bare = body.removesuffix("%").removeprefix("百分之").strip()
        if bare.casefold() in EMPTY_WORDS and not percent:
            return Parsed("", understood=True)
        read = read_numeral(bare, ())
        if isinstance(read, str):
            return Parsed(text, (problem(read, field, text, example=self.example(field)),))
        if not percent and abs(read.number) > 1:
            return Parsed(text, (self._unclear(text, read.number, field),))
        if not percent:
            return self.checked(Numeral(read.number, is_plain=False), text, field)
        found = self.checked(Numeral(read.number.scaleb(-2), is_plain=True), text, field)
        return Parsed(found.text, found.findings, understood=found.fits and self.edit_text(found.text, field) != text)

    def _unclear(self, text: str, number: Decimal, field: Field) -> Finding:
        as_points, as_fraction = f"{plain(number)}%", f"{plain(number.scaleb(2))}%"
        return problem("V016", field, text, low=as_points, high=as_fraction, example=self.example(field))

    def max_places(self, field: Field) -> int | None:
        return (2 if field.places is None else field.places) + 2

    def too_many_places(self, given: str, field: Field, places: int) -> Finding:
        return problem("V012", field, given, places=places - 2, example=self.example(field))

    def show(self, text: str, field: Field, language: str) -> str:
        return f"{plain(Decimal(text).scaleb(2))}%" if text else ""

    def edit_text(self, text: str, field: Field) -> str:
        return self.show(text, field, "zh")
