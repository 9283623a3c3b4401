"""A slip as a workbook that prints on A4: merged cells on a fine grid, borders, page setup. No cell is a formula."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from schemas.field_types import CellFormat, CellValue
from schemas.field_types.base import display_width
from services.slips import MOST_SIGNED_COLUMNS, Answer, Grid, Items, SignatureBlock, Slip

UNITS = 24
"""Columns of the grid: labels take 4, answers 8 or 20, line items as much as they need."""
LABEL, HALF, WIDE = 4, 8, 20
UNIT_WIDTH = 3.2
"""Width of one grid column in characters; 24 of them are as wide as A4 between its margins."""
UNIT_COLUMNS = 3.9
"""Columns of 10-point text in one grid column; a Chinese character takes two."""
LINE_HEIGHT, PADDING = 15.0, 6.0
A4 = 9
_CODES: dict[CellFormat, str] = {
    "general": "General", "text": "@", "integer": "#,##0", "decimal": "#,##0.######", "money": "¥#,##0.00",
    "percent": "0.0%", "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "month": "yyyy-mm",
}  # fmt: skip


def write_slip_xlsx(slip: Slip) -> bytes:
    """The workbook."""
    import xlsxwriter  # type: ignore[import-untyped,unused-ignore]

    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    sheet = book.add_worksheet("".join(" " if c in "[]:*?/\\" else c for c in slip.title)[:31].strip("'"))
    page = _Page(book, sheet, {})
    page.head(slip)
    for part in slip.parts:
        if isinstance(part, Grid):
            page.grid(part)
        else:
            page.items(part)
    page.signatures(slip.blocks, slip.signed_on)
    _set_up(sheet, slip, page.row)
    book.close()
    return buffer.getvalue()


def _set_up(sheet: Any, slip: Slip, rows: int) -> None:
    """A4 upright, one page wide, the heading on every page, page numbers at the foot."""
    sheet.set_paper(A4)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.6, right=0.6, top=0.6, bottom=0.7)
    sheet.center_horizontally()
    sheet.set_column(0, UNITS - 1, UNIT_WIDTH)
    sheet.repeat_rows(0, 2)
    widest = max([UNITS, *(len(part.columns) for part in slip.parts if isinstance(part, Items))])
    sheet.print_area(0, 0, max(rows - 1, 0), widest - 1)
    sheet.hide_gridlines(2)
    foot = slip.page.replace("{pages}", "\0").replace("{page}", "\1").replace("&", "&&")
    foot = foot.replace("\0", "&N").replace("\1", "&P")
    sheet.set_footer(f"&L&8{slip.printed.replace('&', '&&')}&R&8{foot}"[:255])


@dataclass(slots=True)
class _Page:
    """Writes downwards; `row` is the next free row."""

    book: Any
    sheet: Any
    formats: dict[tuple[tuple[str, Any], ...], Any]
    row: int = 0

    def head(self, slip: Slip) -> None:
        """Company, title, number and date: the rows repeated on every page."""
        self._text(0, UNITS, slip.company, {"align": "center", "font_size": 12})
        self._next(20)
        title = f"{slip.title}（{slip.stamp}）" if slip.stamp else slip.title
        self._text(0, UNITS, title, {"align": "center", "font_size": 18, "bold": True})
        self._next(30)
        self._text(0, UNITS // 2, slip.number, {"font_size": 10})
        self._text(UNITS // 2, UNITS // 2, slip.filled_on, {"align": "right", "font_size": 10})
        self._next(20)

    def grid(self, part: Grid) -> None:
        """A section: its title across, then labels and answers."""
        self._title(part.title)
        for answers in part.rows:
            lines = 1
            at = 0
            for answer in answers:
                alone = len(answers) == 1
                units = WIDE if alone else HALF
                self._text(at, LABEL, answer.label, _LABELS)
                self._answer(at + LABEL, units, answer, {**_BOXED, "align": "left"})
                at += LABEL + units
                lines = max(lines, _lines(answer.text, units), _lines(answer.label, LABEL))
            self._next(lines * LINE_HEIGHT + PADDING)

    def items(self, part: Items) -> None:
        """Line items under their headings, with the total."""
        self._title(part.title)
        units = shares([column.weight for column in part.columns], UNITS)
        aligned = ["right" if column.right else "left" for column in part.columns]
        self._row([Answer("", c.label, c.label, "text") for c in part.columns], units, aligned, _LABELS)
        for row in part.rows or ((),):
            self._row(row or [_EMPTY] * len(units), units, aligned, _BOXED)
        if part.total:
            self._row(part.total, units, aligned, {**_BOXED, "bold": True})

    def _row(
        self, answers: Sequence[Answer], units: Sequence[int], aligned: Sequence[str], look: dict[str, Any]
    ) -> None:
        at, lines = 0, 1
        for answer, width, side in zip(answers, units, aligned, strict=True):
            self._answer(at, width, answer, {**look, "align": side})
            at += width
            lines = max(lines, _lines(answer.text, width))
        self._next(min(lines, 24) * LINE_HEIGHT + PADDING)

    def signatures(self, blocks: Sequence[SignatureBlock], signed_on: str) -> None:
        """Blocks beside each other: who signs, room for the signature, the date."""
        for first in range(0, len(blocks), MOST_SIGNED_COLUMNS):
            group = blocks[first : first + MOST_SIGNED_COLUMNS]
            units = shares([1] * len(group), UNITS)
            self._next(8)
            for height, look, texts in (
                (20.0, {"top": 1, "left": 1, "right": 1, "bold": True}, [block.label for block in group]),
                (38.0, {"left": 1, "right": 1, "align": "center"}, [block.name for block in group]),
                (20.0, {"bottom": 1, "left": 1, "right": 1}, [signed_on] * len(group)),
            ):
                at = 0
                for text, width in zip(texts, units, strict=True):
                    self._text(at, width, text, look)
                    at += width
                self._next(height)

    def _title(self, title: str) -> None:
        if title:
            self._text(0, UNITS, title, {**_BOXED, "bold": True, "bg_color": "#E4E9F0"})
            self._next(20)

    def _text(self, at: int, units: int, text: str, look: dict[str, Any]) -> None:
        self._answer(at, units, Answer("", text, text, "text"), look)

    def _answer(self, at: int, units: int, answer: Answer, look: dict[str, Any]) -> None:
        """One cell over several grid columns; numbers and dates stay numbers and dates."""
        shown = self._format({"valign": "vcenter", "text_wrap": True, "num_format": _CODES[answer.format], **look})
        last = at + units - 1
        if units > 1:
            self.sheet.merge_range(self.row, at, self.row, last, "", shown)
        _write(self.sheet, self.row, at, answer.value, shown)

    def _format(self, look: dict[str, Any]) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": "Microsoft YaHei", "font_size": 10, **look})
        return self.formats[key]

    def _next(self, height: float) -> None:
        self.sheet.set_row(self.row, min(height, 400))
        self.row += 1


_BOXED: dict[str, Any] = {"border": 1}
_LABELS: dict[str, Any] = {"border": 1, "bg_color": "#F4F6F9"}
_EMPTY = Answer("", "", None, "text")


def _write(sheet: Any, row: int, column: int, value: CellValue, shown: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, shown)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), shown)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, shown)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, column, value, shown)
    else:
        sheet.write_string(row, column, str(value), shown)


def _lines(text: str, units: int) -> int:
    """Lines the text takes in a cell of so many grid columns."""
    columns = units * UNIT_COLUMNS
    return sum(max(math.ceil(display_width(line) / columns), 1) for line in text.split("\n"))


def shares(weights: Sequence[int], units: int) -> list[int]:
    """Whole units by weight, each at least one, that add up to `units` (or to their number, if there are more)."""
    units = max(units, len(weights))
    spare = units - len(weights)
    whole = sum(weights)
    exact = [weight * spare / whole for weight in weights]
    given = [1 + math.floor(part) for part in exact]
    by_rest = sorted(range(len(weights)), key=lambda at: exact[at] - math.floor(exact[at]), reverse=True)
    for at in by_rest[: units - sum(given)]:
        given[at] += 1
    return given
