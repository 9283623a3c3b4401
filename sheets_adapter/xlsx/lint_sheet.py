"""Lint of one worksheet part and its tables: order, addresses, indexes into styles and strings, ranges."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sheets_adapter.xlsx.addresses import MAX_COLUMNS, MAX_ROWS, Range, column_index
from sheets_adapter.xlsx.errors import CannotEdit, UnreadableWorkbook
from sheets_adapter.xlsx.markup import Element, MalformedXml, parse
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.reader import Scanner
from sheets_adapter.xlsx.sheet_xml import SHEET_DATA, Dialect, RowXml, SheetXml
from sheets_adapter.xlsx.styles import Styles
from sheets_adapter.xlsx.tables import Table
from sheets_adapter.xlsx.worksheet_order import WORKSHEET_ORDER

_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})(\d+)[\"']")
_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
_CELL_TYPE = re.compile(rb"\st\s*=\s*[\"'](\w+)[\"']")
_TYPES = frozenset((b"n", b"s", b"str", b"inlineStr", b"b", b"e", b"d"))
_COUNTED = frozenset(("mergeCells", "dataValidations", "tableParts"))
_COLLAPSE = re.compile(r"\s+")

Found = Iterator[tuple[str, str]]
"""(rule, detail)"""


@dataclass
class Bounds:
    """How many styles, differential styles and shared strings there are."""

    styles: int
    dxfs: int
    scanner: Scanner
    shared: bytes

    @classmethod
    def of(cls, package: Package, styles_part: str, shared_part: str) -> Bounds:
        """Counted from the package's parts; missing parts count as empty."""
        styles = Styles(package.part(styles_part) if package.has(styles_part) else b"<styleSheet/>")
        shared = package.part(shared_part) if package.has(shared_part) else b""
        return cls(max(styles.count, 1), styles.dxf_count, Scanner(styles, shared, date1904=False), shared)

    @cached_property
    def strings(self) -> int:
        """Number of shared strings."""
        return len(re.findall(rb"<(?:[\w.-]+:)?si[\s>/]", self.shared))


def without_known_rows(data: bytes, before: bytes) -> bytes:
    """A worksheet part without the rows `before` holds byte for byte; as it is where rows cannot be told apart."""
    opening = SHEET_DATA.search(data)
    if opening is None or b"<!" in data or b"<!" in before:
        return data  # inside a comment or a character section, a row would be text
    close = b"</" + opening[1] + b"row>"
    # Splitting takes a fraction of the time of looking at each row, and a row's bytes name its place.
    known = set(before.split(close))
    first, *rows = data.split(close)
    return close.join((first, *(row for row in rows[:-1] if row not in known), *rows[-1:]))


def find_sheet_problems(data: bytes, relation_ids: Collection[str], bounds: Bounds) -> Found:
    """Problems of one worksheet part."""
    try:
        sheet = SheetXml("", data)
        outline, root = sheet.outline()
        yield from _row_problems(sheet, bounds)
        yield from _string_problems(sheet, bounds)
    except (CannotEdit, UnreadableWorkbook) as error:
        yield "worksheet", str(error)
        return
    yield from _order_problems(root)
    yield from _range_problems(root)
    yield from _column_problems(root)
    for rule in root.all("cfRule"):
        if int(rule.attributes.get("dxfId", "-1")) >= bounds.dxfs:
            yield "differential style", rule.attributes["dxfId"]
    for name in sorted(_relation_references(root, outline) - set(relation_ids)):
        yield "unknown relation", name


def _row_problems(sheet: SheetXml, bounds: Bounds) -> Found:
    """Rows and cells ascend, and their indexes exist."""
    if sheet.numbers and sheet.numbers[-1] > MAX_ROWS:
        yield "row number", str(sheet.numbers[-1])
    opening = f"<{sheet.dialect.prefix}c".encode()
    usual = re.compile(re.escape(opening) + rb' r="([A-Z]{1,3})(\d+)"([^>]*)>')
    tags = sheet.rows.count(opening)
    for cells_of in (usual.findall, lambda raw: _cells(sheet.dialect, raw)):
        total = 0
        seen: set[tuple[tuple[bytes, ...], ...]] = set()
        for number, raw in sheet.all_rows():
            found = cells_of(raw)
            if not found:
                continue
            total += len(found)
            letters, rows, attributes = zip(*found, strict=True)
            if rows.count(b"%d" % number) != len(rows):
                yield "cell address", f"row {number}"
            # Most rows are alike: each pattern is looked into once.
            if (letters, attributes) not in seen:
                seen.add((letters, attributes))
                yield from _pattern_problems(letters, attributes, bounds)
        # Fewer than tags that begin so: there are cells spelled otherwise, or only coloured text (`<color`).
        if total == tags:
            return


def _cells(dialect: Dialect, raw: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """(column letters, row, attributes) of a row's cells, wherever their address stands; b"" where there is none."""
    found = []
    for match in dialect.cell.finditer(raw):
        reference = _REFERENCE.search(match[1])
        found.append((reference[1] if reference else b"A", reference[2] if reference else b"", match[1]))
    return found


def _pattern_problems(letters: Sequence[bytes], attributes: Sequence[bytes], bounds: Bounds) -> Found:
    columns = [column_index(one.decode()) for one in letters]
    if any(right <= left for left, right in pairwise(columns)) or columns[-1] >= MAX_COLUMNS:
        yield "cell order", b" ".join(letters).decode()
    for text in set(attributes):
        style, kind = _STYLE.search(text), _CELL_TYPE.search(text)
        if style and int(style[1]) >= bounds.styles:
            yield "cell style", style[1].decode()
        if kind and kind[1] not in _TYPES:
            yield "cell type", kind[1].decode()


def _string_problems(sheet: SheetXml, bounds: Bounds) -> Found:
    """Shared strings beyond the table. Only text can hold `"`, and text cannot hold `<`, so the pattern is exact."""
    value = f"<{sheet.dialect.prefix}v>".encode()
    strings = re.findall(rb"\"s\">" + re.escape(value) + rb"(\d+)<", sheet.rows)
    highest = max(map(int, strings), default=-1)
    if highest >= 0 and highest >= bounds.strings:
        yield "shared string", str(highest)


def _order_problems(root: Element) -> Found:
    present = [child.local for child in root.children if child.local in WORKSHEET_ORDER]
    if present != sorted(present, key=WORKSHEET_ORDER.index):
        yield "order of elements", " ".join(present)
    once = [name for name in present if name != "conditionalFormatting"]
    for name in sorted({name for name in once if once.count(name) > 1}):
        yield "element twice", name
    for child in root.children:
        if child.local in _COUNTED and child.attributes.get("count", str(len(child.children))) != str(
            len(child.children)
        ):
            yield "count", child.local


def _range_problems(root: Element) -> Found:
    merged: list[Range] = []
    for element in _all(root):
        text = element.attributes.get("sqref", element.text if element.local == "sqref" else "")
        if element.local in ("mergeCell", "autoFilter", "dimension", "sortState"):
            text = element.attributes.get("ref", "")
        for part in text.split():
            try:
                area = Range.parse(part)
            except ValueError:
                yield "range", part
                continue
            if area.last_row > MAX_ROWS or area.last_column >= MAX_COLUMNS or area.first_row > area.last_row:
                yield "range", part
            if element.local == "mergeCell":
                if any(area.meets(other) for other in merged):
                    yield "merged cells overlap", part
                merged.append(area)


def _column_problems(root: Element) -> Found:
    columns = root.child("cols")
    last = 0
    for one in columns.children if columns else ():
        low, high = int(one.attributes.get("min", "0")), int(one.attributes.get("max", "0"))
        if low <= last or high < low or high > MAX_COLUMNS:
            yield "column ranges", f"{low}-{high}"
        last = high


def _relation_references(root: Element, outline: bytes) -> set[str]:
    """Values of `r:id` and its kin anywhere outside the rows."""
    if b"/relationships" not in outline:
        return set()
    prefixes = {
        name.removeprefix("xmlns:")
        for element in (root, *_all(root))
        for name, uri in element.attributes.items()
        if name.startswith("xmlns:") and uri.endswith("/officeDocument/2006/relationships")
    }
    return {
        value
        for element in _all(root)
        for name, value in element.attributes.items()
        if name.partition(":")[0] in prefixes and ":" in name
    }


def _all(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _all(child)


def find_table_problems(data: bytes, sheet_data: bytes, bounds: Bounds) -> Found:
    """Problems of one table part: its size, its names, and whether the header cells say the same."""
    table = Table("", data)
    try:
        area, names = table.area, table.column_names
        root = parse(data)
    except (ValueError, MalformedXml) as error:
        yield "table", str(error)
        return
    if area.last_column - area.first_column + 1 != len(names):
        yield "table width", f"{area} {len(names)}"
    if area.last_row <= area.first_row and table.has_header:
        yield "table without rows", str(area)
    if len({name.lower() for name in names}) != len(names):
        yield "table column twice", table.name
    columns = root.child("tableColumns")
    ids = [one.attributes.get("id", "") for one in (columns.children if columns else ())]
    if len(set(ids)) != len(ids):
        yield "table column id twice", table.name
    own_filter = root.child("autoFilter")
    if own_filter is not None:
        filtered = Range.parse(own_filter.attributes.get("ref", str(area)))
        if filtered.first_row != area.first_row or filtered.last_row > area.last_row:
            yield "table filter", str(filtered)
    if table.has_header:
        yield from _header_problems(table, sheet_data, bounds)


def _header_problems(table: Table, sheet_data: bytes, bounds: Bounds) -> Found:
    try:
        sheet = SheetXml("", sheet_data)
        held = bounds.scanner.row(sheet, _first(sheet, table.area.first_row))
    except (CannotEdit, UnreadableWorkbook) as error:
        yield "worksheet", str(error)
        return
    for offset, name in enumerate(table.column_names):
        text = held.get(table.area.first_column + offset, "")
        if not isinstance(text, str) or _header(text) != _header(name):
            yield "table header", f"{name} / {text}"


def _first(sheet: SheetXml, number: int) -> RowXml:
    """One row, without the index a large sheet would take time to make."""
    return next(sheet.take_apart(number, raw) for number, raw in sheet.raw_rows((number,)))


def _header(text: str) -> str:
    """Header text for comparison: line breaks and their escapes as one blank."""
    return _COLLAPSE.sub(" ", text.replace("_x000a_", " ").replace("_x000A_", " ").replace("_x000d_", " ")).strip()
