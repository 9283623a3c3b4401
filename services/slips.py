"""A record as a paper form: heading, answers in a grid, line items with totals, signature blocks. Pure.

What the writers (Excel, PDF) need and nothing of how they draw it. All texts are as the reader may see them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from schemas.field_types import CellFormat, CellValue, ParseContext, show, type_of
from schemas.field_types.base import display_width
from schemas.labels import Labels
from schemas.line_totals import is_number, line_totals, result_type
from schemas.record import Actor, Line, Record
from schemas.rights import may_read_field
from schemas.template import Field, LineTable, Signature, Template
from schemas.visibility import is_visible

LONG_TYPES = frozenset({"long_text", "attachment", "decision"})
_TYPED_CELLS = frozenset({"integer", "decimal", "money", "percent", "date", "datetime", "month"})
HALF_COLUMNS = 52
"""Columns of text (a Chinese character takes two) that fit beside a label in half the width, on two lines."""
PIECE_COLUMNS = 1600
"""Columns of text in one row at most: longer answers go on in further rows, as no row may be taller than a page."""
PIECE_LINES = 24
MOST_SIGNED_COLUMNS = 4
_WIDEST_COLUMN = 28
_USUAL_SIGNATURES = ("print.filled_by", "print.checked_by", "print.approved_by")


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer. `value` is the cell for spreadsheets, in the look of `format`."""

    label: str
    text: str
    value: CellValue
    format: CellFormat
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A section: rows of one wide or up to two narrow answers."""

    title: str
    rows: tuple[tuple[Answer, ...], ...]


@dataclass(frozen=True, slots=True)
class ItemColumn:
    """A column of line items; `weight` is its share of the width, in columns of text."""

    label: str
    weight: int
    right: bool


@dataclass(frozen=True, slots=True)
class Items:
    """Line items; each row, and the total, has an answer a column (their labels are not drawn)."""

    title: str
    columns: tuple[ItemColumn, ...]
    rows: tuple[tuple[Answer, ...], ...]
    total: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """Where somebody signs: what as, and his name where the form knows it."""

    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Slip:
    """A printed form. `number` and `filled_on` stand under the title, `stamp` marks what is not in force."""

    company: str
    title: str
    number: str
    filled_on: str
    stamp: str
    parts: tuple[Grid | Items, ...]
    blocks: tuple[SignatureBlock, ...]
    signed_on: str
    printed: str
    page: str
    """The page's number of all, with {page} and {pages} in it."""


@dataclass(frozen=True, slots=True)
class SlipMaker:
    """Makes the slips of one template for one reader."""

    template: Template
    actor: Actor
    language: str
    labels: Labels
    context: ParseContext

    def slip(self, record: Record, company: str) -> Slip:
        """The record as `repository.get` gave it to this reader."""
        number = record.values.get(self.template.record_key or "", "") or record.record_id
        created = record.system.get("created_at", "")[:10]
        printed = {"who": self.actor.signature, "at": f"{self.context.now:%Y-%m-%d %H:%M}"}
        return Slip(
            company=one_line(company),
            title=self.template.label.text(self.language),
            number=self._text("print.number", number=number),
            filled_on=self._text("print.filled_on", date=created) if created else "",
            stamp=self._text("status.void") if record.is_void else "",
            parts=(*self._grids(record), *self._items(record)),
            blocks=tuple(self._block(block, record) for block in self._signatures()),
            signed_on=self._text("print.signed_on"),
            printed=self._text("print.printed", **printed),
            page=self._text("print.page", page="{page}", pages="{pages}"),
        )

    def _text(self, key: str, **params: str) -> str:
        return self.labels.text(key, self.language, **params)

    def _readable(self, fields: Sequence[Field]) -> list[Field]:
        return [item for item in fields if may_read_field(self.actor, self.template, item)]

    # sections

    def _grids(self, record: Record) -> Iterator[Grid]:
        placed: set[str] = set()
        for section in self.template.sections:
            placed |= set(section.fields)
            yield from self._grid(section.label.text(self.language), list(section.fields), record)
        rest = [item.key for item in self.template.fields if item.key not in placed]
        yield from self._grid(self._text("print.other") if placed else "", rest, record)

    def _grid(self, title: str, keys: Sequence[str], record: Record) -> Iterator[Grid]:
        """The section's questions, unanswered ones with an empty box as on paper; none that do not apply."""
        fields = self._readable([self.template.by_key[key] for key in keys])
        applying = [
            item
            for item in fields
            if record.values.get(item.key) or is_visible(item, record.values, self.template, self.context)
        ]
        answers = [piece for item in applying for piece in self._pieces(item, record)]
        if answers:
            yield Grid(title, tuple(_packed(answers)))

    def _pieces(self, item: Field, record: Record) -> Iterator[Answer]:
        label = item.label.text(self.language)
        if item.unit:
            label = self._text("form.with_unit", label=label, unit=item.unit.text(self.language))
        answer = self._answer(item, record.values.get(item.key, ""), record.raw.get(item.key, ""), label)
        wide = item.type in LONG_TYPES or display_width(answer.text) > HALF_COLUMNS or "\n" in answer.text
        first, *others = pieces_of(answer.text)
        yield Answer(label, first, answer.value if not others else first, answer.format, wide)
        for text in others:
            yield Answer(self._text("print.continued", label=label), text, text, "text", wide=True)

    def _answer(self, item: Field, text: str, raw: str = "", label: str = "") -> Answer:
        shown = show(text, item, self.language, self.context.references) if text else raw
        shown = printable(shown)
        if text and result_type(item) in _TYPED_CELLS and "*" not in text:
            kind = type_of(item)
            return Answer(label, shown, kind.write_cell(text, item), kind.cell_format(item))
        return Answer(label, shown, shown, "text")

    # line items

    def _items(self, record: Record) -> Iterator[Items]:
        for line in self.template.lines:
            rows = record.lines.get(line.key, ())
            fields = self._readable(line.fields)
            if fields:
                yield self._table(line, fields, rows)

    def _table(self, line: LineTable, fields: Sequence[Field], rows: Sequence[Line]) -> Items:
        answers = tuple(
            tuple(self._answer(item, row.values.get(item.key, ""), row.raw.get(item.key, "")) for item in fields)
            for row in rows
        )
        sums = line_totals(line, [row.values for row in rows])
        total = tuple(self._answer(item, sums.get(item.key, "")) for item in fields)
        if sums and not total[0].text:
            word = self._text("print.total")
            total = (Answer("", word, word, "text"), *total[1:])
        shown = [*answers, total] if sums else list(answers)
        columns = tuple(self._column(item, [row[at].text for row in shown]) for at, item in enumerate(fields))
        whole = sum(column.weight for column in columns)
        sizes = [PIECE_COLUMNS * column.weight // whole for column in columns]
        cut = tuple(part for row in answers for part in _cut_row(row, sizes))
        return Items(line.label.text(self.language), columns, cut, total if sums else ())

    def _column(self, item: Field, texts: Sequence[str]) -> ItemColumn:
        label = item.label.text(self.language)
        widest = max([display_width(label), *(min(display_width(text), _WIDEST_COLUMN) for text in texts)])
        return ItemColumn(label, max(widest, 4) + 2, is_number(item))

    # signatures

    def _signatures(self) -> tuple[Signature | str, ...]:
        """The template's own blocks, else one a decision of the form, else the usual three as keys of texts."""
        if self.template.signatures is not None:
            return self.template.signatures
        deciding = tuple(Signature(label=f.label, field=f.key) for f in self.template.fields if f.type == "decision")
        return deciding or _USUAL_SIGNATURES

    def _block(self, block: Signature | str, record: Record) -> SignatureBlock:
        if isinstance(block, str):
            name = record.system.get("created_by", "").partition(" ")[2] if block == _USUAL_SIGNATURES[0] else ""
            return SignatureBlock(self._text(block), one_line(name))
        field = self.template.by_key.get(block.field or "")
        readable = field is not None and may_read_field(self.actor, self.template, field)
        text = record.values.get(block.field or "", "") if readable else ""
        shown = self._answer(field, text).text if field and text else ""
        return SignatureBlock(block.label.text(self.language), one_line(shown))


def _packed(answers: Sequence[Answer]) -> Iterator[tuple[Answer, ...]]:
    """Two narrow answers a row; a wide one has its own."""
    waiting: list[Answer] = []
    for answer in answers:
        if answer.wide:
            if waiting:
                yield tuple(waiting)
                waiting = []
            yield (answer,)
            continue
        waiting.append(answer)
        if len(waiting) == 2:
            yield tuple(waiting)
            waiting = []
    if waiting:
        yield tuple(waiting)


def _cut_row(row: Sequence[Answer], sizes: Sequence[int]) -> Iterator[tuple[Answer, ...]]:
    """A row of line items, in several rows when one of its texts is too long for its column (`sizes`)."""
    texts = [pieces_of(answer.text, size) for answer, size in zip(row, sizes, strict=True)]
    if all(len(pieces) == 1 for pieces in texts):
        yield tuple(row)
        return
    for parts in zip_longest(*texts, fillvalue=""):
        yield tuple(
            answer if text == answer.text else Answer("", text, text, "text")
            for answer, text in zip(row, parts, strict=True)
        )


def pieces_of(text: str, size: int = PIECE_COLUMNS) -> list[str]:
    """A text in pieces that each fit a row of so many columns of text; a line's end takes the rest of its line."""
    pieces: list[str] = []
    start = used = 0
    for at, char in enumerate(text):
        used += max(size // PIECE_LINES, 1) if char == "\n" else display_width(char)
        if used > size and at > start:
            pieces.append(text[start:at].removesuffix("\n"))
            start, used = at + (char == "\n"), display_width(char)
    return [*pieces, text[start:]]


def printable(text: str) -> str:
    """Without what no printer knows: control characters and lone surrogates become a box; tabs become spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "".join(char if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs") else "□" for char in text)


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(printable(text).split())
