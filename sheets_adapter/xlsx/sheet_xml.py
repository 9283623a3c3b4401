"""A worksheet part as head, rows and tail; rows and cells are found by position and replaced by splices."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import lt

from sheets_adapter.xlsx.addresses import MAX_COLUMNS, MAX_ROWS, cell_name, column_index, column_letters
from sheets_adapter.xlsx.errors import CannotEdit, UnreadableWorkbook
from sheets_adapter.xlsx.markup import (
    Element,
    MalformedXml,
    Splice,
    apply_splices,
    parse,
    prefixed,
    require_utf8,
    with_attribute,
    without_attribute,
)

SHEET_DATA = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData(\s[^>]*?)?(/?)>")
_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
_TYPE = re.compile(rb"\st\s*=\s*[\"'](\w+)[\"']")
_SPANS = re.compile(rb"\sspans\s*=\s*[\"'](\d+):(\d+)[\"']")
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})(\d+)[\"']")


class Dialect:
    """The patterns of one namespace prefix ("" or "x:"). Cells hold no raw `<` or `>` in attributes (their types)."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        p = re.escape(prefix.encode())
        number = rb"""\sr\s*=\s*["'](\d+)["']"""
        self.row = re.compile(rb"<" + p + rb"row(?=[\s/>])(?:[^>]*?" + number + rb")?[^>]*>")
        self.cell = re.compile(rb"<" + p + rb"c(?=[\s/>])([^>]*?)(?:/>|>(.*?)</" + p + rb"c\s*>)", re.DOTALL)
        self.content = re.compile(rb"<" + p + rb"(?:v|f|is)(?=[\s/>])")
        self.value = re.compile(rb"<" + p + rb"v(?:\s[^>]*)?>([^<]*)</")
        self.formula = re.compile(rb"<" + p + rb"f(?=[\s/>])([^>]*?)(?:/>|>(.*?)</" + p + rb"f\s*>)", re.DOTALL)
        self.text = re.compile(rb"<" + p + rb"t(?:\s[^>]*)?>([^<]*)</")
        self.phonetic = re.compile(rb"<" + p + rb"rPh\b.*?</" + p + rb"rPh\s*>", re.DOTALL)
        self.row_close = f"</{prefix}row>".encode()
        self.formula_open = f"<{prefix}f".encode()


@lru_cache(maxsize=16)
def dialect_of(prefix: str) -> Dialect:
    """The dialect of a prefix, compiled once."""
    return Dialect(prefix)


@dataclass(slots=True)
class CellXml:
    """One cell: its attributes and inner XML as bytes; `raw` is the whole tag."""

    column: int
    raw: bytes
    attributes: bytes
    inner: bytes

    @property
    def style(self) -> int:
        """Index into cellXfs; 0 when it names none."""
        match = _STYLE.search(self.attributes)
        return int(match[1]) if match else 0

    @property
    def type(self) -> str:
        """n, s, str, inlineStr, b, e or d."""
        match = _TYPE.search(self.attributes)
        return match[1].decode() if match else "n"


@dataclass(slots=True)
class RowXml:
    """One row, taken apart: start tag, cells in the order of the file, and what stands around them."""

    number: int
    tag: bytes
    cells: dict[int, CellXml]
    gaps: dict[int, bytes]
    """White space before a cell, by column."""
    rest: bytes
    """What follows the last cell, with the end tag."""
    prefix: str
    is_touched: bool = False

    def to_bytes(self) -> bytes:
        """The row with its cells in column order; cells nobody changed keep their bytes."""
        pieces = [self.tag]
        for column in sorted(self.cells):
            pieces += (self.gaps.get(column, b""), self.cells[column].raw)
        pieces.append(self.rest)
        return b"".join(pieces)

    def put(self, column: int, style: int, attributes: str, inner: str) -> None:
        """Replaces or adds one cell; `attributes` and `inner` come from `values.cell_content`. Widens spans."""
        self.is_touched = True
        reference = cell_name(self.number, column)
        raw = cell_bytes(self.prefix, reference, style, attributes, inner)
        self.cells[column] = CellXml(column, raw, raw, inner.encode())
        spans = _SPANS.search(self.tag)
        if spans and not int(spans[1]) <= column + 1 <= int(spans[2]):
            low, high = min(int(spans[1]), column + 1), max(int(spans[2]), column + 1)
            self.tag = with_attribute(self.tag, "spans", f"{low}:{high}")


def cell_bytes(prefix: str, reference: str, style: int, attributes: str, inner: str) -> bytes:
    """One `<c>` in the sheet's dialect."""
    return f'<{prefix}c r="{reference}{cell_end(prefix, style, attributes, inner)}'.encode()


def cell_end(prefix: str, style: int, attributes: str, inner: str) -> str:
    """What follows the address in a `<c>`."""
    styled = f' s="{style}"' if style else ""
    if not inner:
        return f'"{styled}/>'
    return f'"{styled}{attributes}>{prefixed(inner, prefix)}</{prefix}c>'


class SheetXml:
    """A worksheet part. `head` ends with the sheetData start tag, `tail` begins with its end tag."""

    def __init__(self, sheet: str, data: bytes) -> None:
        """Raises UnreadableWorkbook S027 when there is no sheetData, CannotEdit S031 when it is not UTF-8."""
        self.sheet = sheet
        try:
            require_utf8(data)
        except MalformedXml as error:
            raise CannotEdit("S031", sheet=sheet, detail=str(error)) from error
        opening = SHEET_DATA.search(data)
        if opening is None:
            raise UnreadableWorkbook("S027", part=sheet, detail="no sheetData")
        self.dialect = dialect_of(opening[1].decode())
        self.head, self.rows, self.tail = self._cut(data, opening)

    def _cut(self, data: bytes, opening: re.Match[bytes]) -> tuple[bytes, bytes, bytes]:
        close = b"</" + opening[1] + b"sheetData>"
        if opening[3]:
            tag = opening[0][:-2].rstrip() + b">"
            return data[: opening.start()] + tag, b"", close + data[opening.end() :]
        end = data.rfind(close)
        if end < 0:
            raise UnreadableWorkbook("S027", part=self.sheet, detail="sheetData does not end")
        return data[: opening.end()], data[opening.end() : end], data[end:]

    @cached_property
    def _index(self) -> tuple[list[int], list[int]]:
        """(row numbers, start positions). Raises CannotEdit S031 unless every row has r= and they ascend."""
        if b"<!" in self.rows:
            # Inside a comment or a character section, `<row` would be text.
            raise CannotEdit("S031", sheet=self.sheet, detail="<!")
        numbers, starts = self._usual_index() or self._unusual_index()
        if not all(map(lt, [0, *numbers], numbers)):
            wrong = next(after for before, after in pairwise([0, *numbers]) if before >= after)
            raise CannotEdit("S031", sheet=self.sheet, detail=f"row r={wrong or '?'}")
        return numbers, [*starts, len(self.rows)]

    def _usual_index(self) -> tuple[list[int], list[int]] | None:
        """Where every row begins `<row r="`, as almost all programs write it: found several times faster."""
        opening = f"<{self.dialect.prefix}row".encode()
        usual = re.compile(re.escape(opening) + rb' r="(\d+)"')
        found = [(int(match[1]), match.start()) for match in usual.finditer(self.rows)]
        if len(found) != self.rows.count(opening):
            return None
        return [number for number, _ in found], [start for _, start in found]

    def _unusual_index(self) -> tuple[list[int], list[int]]:
        matches = list(self.dialect.row.finditer(self.rows))
        return [int(match[1] or 0) for match in matches], [match.start() for match in matches]

    @cached_property
    def has_formulas(self) -> bool:
        """Whether any cell holds a formula."""
        opening = self.dialect.formula_open
        return opening in self.rows and self.dialect.formula.search(self.rows) is not None

    @property
    def numbers(self) -> list[int]:
        """Row numbers present, ascending."""
        return self._index[0]

    def raw_row(self, number: int) -> bytes:
        """The row's bytes with the white space after it; b"" when the row is absent."""
        numbers, starts = self._index
        at = bisect_left(numbers, number)
        if at == len(numbers) or numbers[at] != number:
            return b""
        return self.rows[starts[at] : starts[at + 1]]

    def all_rows(self) -> Iterator[tuple[int, bytes]]:
        """Every row's number and bytes, downwards."""
        numbers, starts = self._index
        for number, (start, end) in zip(numbers, pairwise(starts), strict=True):
            yield number, self.rows[start:end]

    def raw_rows(self, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Some rows' bytes in ascending order, found in one pass without an index where rows are spelled as usual."""
        at, opening = 0, f"<{self.dialect.prefix}row "
        for number in sorted(numbers):
            found = self.rows.find(f'{opening}r="{number}"'.encode(), at)
            if found < 0:
                yield number, self.raw_row(number)
                continue
            at = found
            end = self.rows.find(opening.encode(), at + 1)
            yield number, self.rows[at : len(self.rows) if end < 0 else end]

    def row(self, number: int) -> RowXml:
        """The row taken apart; an empty one when it is absent. Raises CannotEdit S031 for cells without r=."""
        return self.take_apart(number, self.raw_row(number))

    def take_apart(self, number: int, raw: bytes) -> RowXml:
        """A row from its bytes; an empty one from b"". Raises CannotEdit S031 for cells without r= or out of order."""
        prefix = self.dialect.prefix
        if not raw:
            tag = f'<{prefix}row r="{number}">'.encode()
            return RowXml(number, tag, {}, {}, self.dialect.row_close, prefix)
        tag = raw[: raw.index(b">") + 1]
        if tag.endswith(b"/>"):
            rest = self.dialect.row_close + raw[len(tag) :]
            return RowXml(number, tag[:-2].rstrip() + b">", {}, {}, rest, prefix)
        cells: dict[int, CellXml] = {}
        gaps: dict[int, bytes] = {}
        position = len(tag)
        for match in self.dialect.cell.finditer(raw, position):
            cell = self._cell(match, number)
            if cells and cell.column <= next(reversed(cells)):
                raise CannotEdit("S031", sheet=self.sheet, detail=f"cell order in row {number}")
            cells[cell.column] = cell
            gaps[cell.column] = raw[position : match.start()]
            position = match.end()
        return RowXml(number, tag, cells, gaps, raw[position:], prefix)

    def _cell(self, match: re.Match[bytes], number: int) -> CellXml:
        reference = _REFERENCE.search(match[1])
        if reference is None or int(reference[2]) != number:
            raise CannotEdit("S031", sheet=self.sheet, detail=f"cell r= in row {number}")
        column = column_index(reference[1].decode())
        if column >= MAX_COLUMNS:
            raise CannotEdit("S031", sheet=self.sheet, detail=f"cell r= in row {number}")
        return CellXml(column, match[0], match[1], match[2] or b"")

    def has_content(self, cell: CellXml) -> bool:
        """Whether the cell holds a value, a text or a formula (not only a style)."""
        return self.dialect.content.search(cell.inner) is not None

    def rows_with_content(self, columns: Collection[int], *, above: int = MAX_ROWS + 1) -> Iterator[RowXml]:
        """From the last row up, those that hold a value in one of `columns` (in any column when it is empty).

        Formulas do not count: people fill them down far below their records.
        """
        numbers = self.numbers
        for at in range(bisect_left(numbers, above) - 1, -1, -1):
            # Sheets styled far below their records have many blank rows: look before taking one apart.
            if self.dialect.content.search(self.raw_row(numbers[at])) is None:
                continue
            row = self.row(numbers[at])
            cells = (cell for cell in row.cells.values() if not columns or cell.column in columns)
            if any(self.has_content(cell) and self.dialect.formula_open not in cell.inner for cell in cells):
                yield row

    def column_cells(self, column: int) -> Iterator[tuple[int, CellXml]]:
        """(row, cell) of every cell of one column."""
        tag = f"<{self.dialect.prefix}c ".encode()
        opening = re.escape(tag)
        if self.rows.count(tag + b'r="') != self.rows.count(tag):
            # Some program writes r= elsewhere in the tag; the pattern that allows for it is six times slower.
            opening += rb"(?:[^>]*?\s)?"
        address = rb"r=[\"']" + column_letters(column).encode() + rb"(\d+)[\"']"
        close = f"</{self.dialect.prefix}c".encode()
        pattern = re.compile(opening + address + rb"([^>]*?)(?:/>|>(.*?)" + close + rb"\s*>)", re.DOTALL)
        for match in pattern.finditer(self.rows):
            attributes = match[0][: match[0].index(b">")]
            yield int(match[1]), CellXml(column, match[0], attributes, match[3] or b"")

    def replace_rows(self, changed: Mapping[int, bytes]) -> None:
        """Puts whole rows in place, replacing or inserting by number, in one pass and one join."""
        numbers, starts = self._index
        pieces: list[bytes] = []
        position = 0
        for number in sorted(changed):
            at = bisect_left(numbers, number)
            pieces += (self.rows[position : starts[at]], changed[number])
            position = starts[at + 1] if at < len(numbers) and numbers[at] == number else starts[at]
        pieces.append(self.rows[position:])
        self.rows = b"".join(pieces)
        self.__dict__.pop("_index", None)
        if not self.__dict__.get("has_formulas", True):
            # Formulas are never taken away, so only a sheet without any has to look again, and only at new rows.
            self.__dict__["has_formulas"] = any(self.dialect.formula_open in row for row in changed.values())

    def outline(self) -> tuple[bytes, Element]:
        """The part without its rows, and its parsed root; splices on it go to `splice_outline`."""
        data = self.head + self.tail
        try:
            return data, parse(data)
        except MalformedXml as error:
            raise UnreadableWorkbook("S027", part=self.sheet, detail=str(error)) from error

    def splice_outline(self, splices: list[Splice]) -> None:
        """Applies splices made on `outline()`; none may cross the rows."""
        border = len(self.head)
        before = [splice for splice in splices if splice.end <= border and splice.start < border]
        after = [
            Splice(splice.start - border, splice.end - border, splice.new)
            for splice in splices
            if splice.start >= border
        ]
        if len(before) + len(after) != len(splices):
            raise ValueError("a splice crosses the rows")
        self.head, self.tail = apply_splices(self.head, before), apply_splices(self.tail, after)

    def to_bytes(self) -> bytes:
        """The whole part."""
        return self.head + self.rows + self.tail


def new_row_tag(model: RowXml, number: int, columns: range) -> bytes:
    """A start tag for a row appended below `model`: its height and row style, not its hiding or grouping."""
    tag = model.tag
    for name in ("hidden", "outlineLevel", "collapsed", "thickTop", "thickBot"):
        tag = without_attribute(tag, name)
    tag = with_attribute(tag, "r", str(number))
    if _SPANS.search(tag):
        tag = with_attribute(tag, "spans", f"{columns.start + 1}:{columns.stop}")
    return tag


def row_style(tag: bytes) -> int:
    """The style of a row's empty cells; 0 for none."""
    match = _STYLE.search(tag)
    return int(match[1]) if match and b"customFormat" in tag else 0
