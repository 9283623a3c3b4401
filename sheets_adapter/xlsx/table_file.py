"""A new workbook of whole tables, for downloads: formatted like the portal's own sheets, and made in one pass.

Rows come as blocks of columns and leave as deflated XML, so that a table never lies in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sheets_adapter.xlsx.addresses import MAX_ROWS, Range
from sheets_adapter.xlsx.column_cells import ColumnCells, SharedTexts, Texts, rows_xml
from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.markup import escape_attribute, escape_text
from sheets_adapter.xlsx.names import FILTER_NAME, quoted_sheet
from sheets_adapter.xlsx.new_sheet import (
    HEADER_HEIGHT,
    MAIN_NAMESPACE,
    XML_HEADER,
    SheetDesign,
    body_style,
    header_style,
    is_long,
    sheet_head,
    sheet_tail,
)
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.styles import Styles

Block = Sequence[Texts]
"""Some rows of a table: for each column of its design, the texts of those rows."""

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_TITLE_UNITS = 31
_BAD_IN_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_CONTENT_TYPES = (
    f'{XML_HEADER}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
).encode()
_STYLES = (
    f'{XML_HEADER}<styleSheet xmlns="{MAIN_NAMESPACE}"><fonts count="1"><font><sz val="10"/><name val="微软雅黑"/>'
    '<family val="2"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/>'
    '<diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    '</cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: its design, and its rows in blocks of canonical texts (`schemas.field_types`)."""

    design: SheetDesign
    blocks: Iterable[Block]


def write_tables(tables: Sequence[Table]) -> bytes:
    """An .xlsx of the tables, a sheet each. No cell becomes a formula or a link.

    A table's rows are asked for when those of the tables before it are written. Raises CannotEdit S032 for more rows
    than a sheet has, S034 for a text no cell holds, S036 for half a character.
    """
    writer = _FileWriter(len(tables))
    for table in tables:
        writer.add(table)
    return writer.to_bytes()


def sheet_title(text: str, taken: Iterable[str] = ()) -> str:
    """The text as a title a sheet can have: at most 31 UTF-16 units without []:*?/\\, and unlike those taken."""
    plain = text.translate(_BAD_IN_TITLE).strip("' ") or "Sheet"
    used = {one.lower() for one in taken}
    for number in range(1, MAX_ROWS):
        mark = f" {number}" if number > 1 else ""
        title = _cut(plain, _TITLE_UNITS - len(mark)).rstrip("' ") + mark
        if title.lower() not in used:
            return title
    raise ValueError(f"no title is left for {text!r}")


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


class _FileWriter:
    def __init__(self, sheets: int) -> None:
        self._package = Package.made_of(
            {
                "[Content_Types].xml": _CONTENT_TYPES,
                "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
                "xl/_rels/workbook.xml.rels": _workbook_relations(sheets),
            }
        )
        self._styles = Styles(_STYLES)
        self._shared = SharedTexts()
        self._sheets: list[tuple[SheetDesign, int]] = []
        """Designs with the last row of each."""

    def add(self, table: Table) -> None:
        columns = tuple(
            replace(one, choices=() if is_long(one.choices) else one.choices) for one in table.design.columns
        )
        design = replace(table.design, columns=columns)
        name = f"xl/worksheets/sheet{len(self._sheets) + 1}.xml"
        self._package.add_stream(name, self._sheet(design, table.blocks), f"{_TYPE}worksheet+xml")

    def _sheet(self, design: SheetDesign, blocks: Iterable[Block]) -> Iterator[bytes]:
        yield sheet_head(design, self._styles, None).encode()
        header = header_style(self._styles)
        titles = [ColumnCells(at, "text", header, self._shared) for at in range(len(design.columns))]
        cells = [one.cells((column.header,)) for one, column in zip(titles, design.columns, strict=True)]
        yield rows_xml(("1",), cells, HEADER_HEIGHT).encode()
        body = [
            ColumnCells(at, column.format, body_style(self._styles, column.format), self._shared)
            for at, column in enumerate(design.columns)
        ]
        last = 1
        for block in blocks:
            rows = [str(row) for row in range(last + 1, last + 1 + len(block[0]))]
            last += len(rows)
            if last > MAX_ROWS:
                raise CannotEdit("S032", sheet=design.title, limit=f"{MAX_ROWS:,}")
            yield rows_xml(rows, [one.cells(texts) for one, texts in zip(body, block, strict=True)]).encode()
        yield sheet_tail(design, self._styles, _no_lists, last).encode()
        self._sheets.append((design, last))

    def to_bytes(self) -> bytes:
        package = self._package
        package.add_stream("xl/sharedStrings.xml", self._shared.part(), f"{_TYPE}sharedStrings+xml")
        package.add("xl/styles.xml", self._styles.data, f"{_TYPE}styles+xml")
        package.add("xl/workbook.xml", self._workbook().encode(), f"{_TYPE}sheet.main+xml")
        return package.to_bytes()

    def _workbook(self) -> str:
        sheets = "".join(
            f'<sheet name="{escape_attribute(design.title)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, (design, _) in enumerate(self._sheets, 1)
        )
        names = "".join(_names(at, design, last) for at, (design, last) in enumerate(self._sheets))
        return (
            f'{XML_HEADER}<workbook xmlns="{MAIN_NAMESPACE}" xmlns:r="{_RELATIONSHIPS}"><bookViews><workbookView/>'
            f"</bookViews><sheets>{sheets}</sheets><definedNames>{names}</definedNames></workbook>"
        )


def _names(index: int, design: SheetDesign, last_row: int) -> str:
    """The names Excel keeps beside a sheet with a header: its filter, and the header on every printed page."""
    sheet = escape_text(quoted_sheet(design.title))
    area = Range(1, 0, last_row, len(design.columns) - 1).absolute()
    filtered = f'<definedName name="{FILTER_NAME}" localSheetId="{index}" hidden="1">{sheet}!{area}</definedName>'
    titles = f'<definedName name="_xlnm.Print_Titles" localSheetId="{index}">{sheet}!$1:$1</definedName>'
    return f"{filtered if design.autofilter else ''}{titles}"


def _relations(targets: Sequence[tuple[str, str]]) -> bytes:
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML_HEADER}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'.encode()


def _workbook_relations(sheets: int) -> bytes:
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, sheets + 1)]
    return _relations([*targets, ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")])


def _no_lists(header: str, choices: Sequence[str]) -> str:
    raise ValueError(f"{header}: long choices have no list sheet in a download")
