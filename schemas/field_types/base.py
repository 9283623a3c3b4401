"""What every field type can do: read what people type, read and write cells, show a value.

A field type has no state. It never looks at another field; bounds, visibility and rules belong to
`schemas.validation`.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import ClassVar, Literal, Protocol
from zoneinfo import ZoneInfo

from schemas.finding import FieldRef, Finding, Param
from schemas.record import Actor, Typed
from schemas.template import Field

CellValue = str | int | float | Decimal | bool | date | datetime | time | timedelta | None
CellFormat = Literal["general", "text", "integer", "decimal", "money", "percent", "date", "datetime", "month"]
Kind = Literal["text", "integer", "decimal", "money", "date", "datetime", "bool"]

CELL_LIMIT = 32_767
"""Characters a cell holds, counted in UTF-16 units as spreadsheet programs do."""
DIGITS = 15
"""Significant digits a spreadsheet number keeps."""
COMPANY_ZONE = ZoneInfo("Asia/Shanghai")
ERROR_CELLS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
_NONCHARACTERS = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNSTORABLE = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
COMMON_OPTIONS = frozenset(
    {"key", "type", "label", "required", "help", "example", "pii", "prefill", "read_roles", "was", "aliases"}
    | {"visible_if", "required_if", "read_only_if"}
)


class References(Protocol):
    """Looks up records of other templates."""

    def display(self, template: str, key: str) -> str | None:
        """Display text of a live or void record; None when there is none of that key."""
        ...

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        """Keys of the records `text` may mean: its exact key, else those whose folded display equals it."""
        ...

    def is_live(self, template: str, key: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class ParseContext:
    """What understanding a value may depend on. `now` is aware and in the company's zone."""

    now: datetime
    actor: Actor | None = None
    references: References | None = None
    language: str = "zh"

    @property
    def today(self) -> date:
        """The company's calendar day."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text or cell was understood as.

    text: the canonical text, "" for empty. With findings it is the text as it was given, and means nothing more.
    understood: the value was read from another way of writing it, so people should see how.
    """

    text: str
    findings: tuple[Finding, ...] = ()
    understood: bool = False

    @property
    def fits(self) -> bool:
        """Whether `text` is canonical."""
        return not self.findings


class FieldType(ABC):
    """One way of answering a question.

    name: the type's word in templates. kind: how stores sort and compare its canonical texts.
    options: the options of `Field` it knows besides COMMON_OPTIONS.
    sample: a right answer, for messages.
    """

    name: ClassVar[str]
    kind: Kind = "text"
    widget: str = "text"
    options: frozenset[str] = frozenset()
    sample: ClassVar[str] = ""
    format: ClassVar[CellFormat] = "text"
    width: ClassVar[float] = 16

    def parse(self, typed: Typed, field: Field, context: ParseContext) -> Parsed:
        """Understands what a person typed; what cannot be understood is a finding, never a guess."""
        if not isinstance(typed, str) and isinstance(typed, Sequence):
            return self.parse_many(typed, field, context)
        given = typed or ""
        if not _is_plainly_storable(given):
            unstorable = find_unstorable(given, field)
            if unstorable:
                return Parsed(given, (unstorable,))
        text = clean(given)
        return self.understand(text, field, context) if text else Parsed("")

    def parse_many(self, typed: Sequence[str], field: Field, context: ParseContext) -> Parsed:
        """Several texts for one field; types with one answer take a list of at most one."""
        answers = [text for text in typed if text.strip()]
        if len(answers) > 1:
            given = "、".join(answers)
            return Parsed(given, (problem("V008", field, given, example=self.example(field)),))
        return self.parse(answers[0] if answers else "", field, context)

    @abstractmethod
    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        """Understands a text that is not empty, has no surrounding space and can be stored."""

    def read_cell(self, cell: CellValue, field: Field, context: ParseContext) -> Parsed:
        """Reads a workbook cell by this type, whatever type the cell has. Never raises and never drops a value."""
        if cell is None:
            return Parsed("")
        if not isinstance(cell, str):
            return self.from_cell(cell, field, context)
        return self.from_text_cell(cell, field, context)

    def from_text_cell(self, cell: str, field: Field, context: ParseContext) -> Parsed:
        """Reads a text cell: as if it were typed."""
        return self.parse(cell, field, context)

    def from_cell(self, cell: CellValue, field: Field, context: ParseContext) -> Parsed:
        """Reads a number, date or truth cell: as the text people see, if no digits were lost."""
        text = cell_text(cell)
        if not isinstance(cell, bool) and isinstance(cell, (int, float, Decimal)) and not _is_exact(cell):
            return Parsed(text, (problem("V007", field, text, digits=DIGITS),))
        return self.parse(text, field, context)

    def write_cell(self, text: str, field: Field) -> CellValue:
        """The cell for a canonical text; None for an empty one."""
        return text or None

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        """The Python value of a canonical text; None for an empty one."""
        return text or None

    def show(self, text: str, field: Field, language: str) -> str:
        """The canonical text as people read it."""
        return text

    def edit_text(self, text: str, field: Field) -> str:
        """What stands in the input box for a canonical text; `parse` of it gives the canonical text back."""
        return text

    def example(self, field: Field) -> str:
        """A right answer: the template's own example, else one of the type."""
        return field.example or self.sample

    def cell_format(self, field: Field) -> CellFormat:
        """How the column's cells are formatted."""
        return self.format

    def column_width(self, field: Field) -> float:
        """Column width in characters, wide enough for the header."""
        return max(self.width, display_width(field.label.zh) + 4)


def problem(code: str, field: Field, value: str, **params: Param) -> Finding:
    """A finding about one field's value; the caller that knows the row or cell moves it there."""
    return Finding(code, FieldRef(field.key), {"field": field.key, "value": shortened(value), **params})


def shortened(value: str, limit: int = 60) -> str:
    """The value as a message quotes it."""
    return value if len(value) <= limit else value[: limit - 1] + "…"


def clean(text: str) -> str:
    """Line ends as \\n, no space around."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_plainly_storable(text: str) -> bool:
    """Whether nothing in the text could be unstorable, told in a fraction of the time: nearly all texts are such."""
    return text.isprintable() and len(text) <= CELL_LIMIT // 2 and "#" not in text


def find_unstorable(text: str, field: Field) -> Finding | None:
    """What no cell can hold: control characters, lone surrogates, more than CELL_LIMIT UTF-16 units, error values."""
    unstorable = _UNSTORABLE.search(text)
    if unstorable:
        params: dict[str, Param] = {"character": f"U+{ord(unstorable[0]):04X}", "position": unstorable.start() + 1}
        return problem("V002", field, _UNSTORABLE.sub("□", text), **params)
    units = len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
    if units > CELL_LIMIT:
        return problem("V003", field, text, length=units, limit=CELL_LIMIT)
    if "#" in text and text.strip() in ERROR_CELLS:
        return problem("V006", field, text)
    return None


def cell_text(cell: CellValue) -> str:
    """A cell as people see it, with no more digits than it can be trusted for."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float, Decimal)):
        return number_text(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d") if cell.time() == time() else cell.strftime("%Y-%m-%d %H:%M:%S")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def number_text(number: float | Decimal) -> str:
    """A number in plain digits without trailing zeros; NaN and infinity as such."""
    exact = cell_decimal(number)
    if not exact.is_finite():
        return str(exact)
    return plain(exact)


def cell_decimal(number: float | Decimal) -> Decimal:
    """The number a cell holds; a binary fraction is read with the 15 digits spreadsheets keep."""
    return Decimal(format(number, f".{DIGITS}g")) if isinstance(number, float) else Decimal(number)


def plain(number: Decimal) -> str:
    """A decimal as the shortest plain digits: "1.5", "100", "0"."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def significant_digits(number: Decimal) -> int:
    """Digits needed to write the number, without leading zeros and zeros after the last decimal."""
    return len(plain(number).replace("-", "").replace(".", "").lstrip("0"))


def display_width(text: str) -> int:
    """Columns the text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _is_exact(cell: float | Decimal) -> bool:
    if isinstance(cell, float):
        return abs(cell) < float(10**DIGITS)
    return significant_digits(Decimal(cell)) <= DIGITS
