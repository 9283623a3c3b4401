"""A workbook as bytes in, bytes out: read its sheets, write records, add sheets and names; nothing else changes."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from sheets_adapter.contract import StoreError
from sheets_adapter.xlsx import names
from sheets_adapter.xlsx.addresses import Range
from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.formulas import lacks_result
from sheets_adapter.xlsx.new_columns import ColumnAdder
from sheets_adapter.xlsx.new_sheet import SheetDesign, is_long, sheet_xml
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.parts import SheetInfo, WorkbookParts
from sheets_adapter.xlsx.reader import Scanner, SheetRows, read_sheet
from sheets_adapter.xlsx.sheet_edit import EditResult, SheetEdit, SheetEditor
from sheets_adapter.xlsx.sheet_xml import SheetXml
from sheets_adapter.xlsx.styles import Styles
from sheets_adapter.xlsx.tables import Table
from sheets_adapter.xlsx.totals import ends_in_totals, is_named

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

    from schemas.field_types.base import CellValue

_LIST_NAME, _LIST_TITLE = "_portal_lists", "选项列表"
_TITLE_UNITS = 31
_OF_BLANK_SHEETS = frozenset(
    ("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "phoneticPr", "pageMargins",
     "pageSetup", "headerFooter")
)  # fmt: skip
"""What office programs write into a worksheet nobody did anything in."""
_BAD_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


class Workbook:
    """An .xlsx or .xlsm package. Changes are kept in memory until `to_bytes`."""

    def __init__(self, package: Package, data: bytes | None = None) -> None:
        """data: the bytes the package was read from, to be given back as they are when nothing changes."""
        self._parts = WorkbookParts(package)
        self._data = data
        self._tell_recalculation = False

    @classmethod
    def open(cls, data: bytes) -> Workbook:
        """Raises UnreadableWorkbook S020–S027."""
        return cls(Package.read(data), data)

    @property
    def sheets(self) -> tuple[SheetInfo, ...]:
        """All sheets in the order of their tabs."""
        return self._parts.sheets

    @property
    def date1904(self) -> bool:
        """Whether dates count from 1904 (old Macintosh workbooks)."""
        return self._parts.date1904

    # Names

    @property
    def names(self) -> Mapping[str, str]:
        """Workbook-level defined names → what they refer to."""
        return names.workbook_names(self._parts.root)

    def set_name(self, name: str, refers_to: str, *, hidden: bool = True) -> None:
        """Adds or changes a workbook-level name. Raises ValueError for a name Excel would not take."""
        self.set_names({name: refers_to}, hidden=hidden)

    def set_names(self, wanted: Mapping[str, str], *, hidden: bool = True) -> None:
        """The same for many names (name → what it refers to) in one pass."""
        self._replace_workbook(names.with_names(self._parts.workbook_xml, wanted, hidden=hidden))

    def drop_name(self, name: str) -> None:
        """Removes a workbook-level name; nothing happens when there is none."""
        self._replace_workbook(names.without_name(self._parts.workbook_xml, name))

    def _replace_workbook(self, data: bytes) -> None:
        self._replace(self._parts.workbook_part, data)

    # Reading

    def sheet_crc(self, sheet: str) -> int:
        """A fingerprint that changes when the sheet, the shared strings or the styles do. Costs microseconds."""
        shared = [self._parts.shared_part(kind) for kind in ("sharedStrings", "styles")]
        fingerprint = 0
        for part in (self._parts.worksheet(sheet).part, *shared):
            fingerprint = (fingerprint * 0x9E3779B1 + self._parts.package.crc(part)) & 0xFFFFFFFFFFFFFFFF
        # SQLite keeps signed 64-bit integers.
        return fingerprint >> 1

    def totals_rows(self, sheet: str, header_row: int, columns: Collection[int]) -> frozenset[int]:
        """Rows that hold the totals of the records' own table ("format as table")."""
        tables = self._parts.tables(self._parts.worksheet(sheet))
        return frozenset(table.area.last_row for table in tables if ends_in_totals(table, header_row, columns))

    def read(self, sheet: str) -> SheetRows:
        """All values of a worksheet. Raises CannotEdit S033 when there is none of that title."""
        return read_sheet(self._sheet_xml(sheet), self._scanner(), self._grid)

    def read_rows(self, sheet: str, rows: Iterable[int]) -> dict[int, dict[int, CellValue]]:
        """row → column → value of single rows, from their own XML: to check what was written, in milliseconds."""
        xml, scanner = self._sheet_xml(sheet), self._scanner()
        return {row: scanner.row(xml, xml.take_apart(row, raw)) for row, raw in xml.raw_rows(rows)}

    def read_column(self, sheet: str, column: int) -> dict[int, CellValue]:
        """row → value of one column, empty cells left out: a fraction of the time of reading the sheet."""
        xml, scanner = self._sheet_xml(sheet), self._scanner()
        cells = ((row, scanner.value(xml.dialect, cell)) for row, cell in xml.column_cells(column))
        return {row: value for row, value in cells if value != ""}

    def rows_without_result(self, sheet: str, column: int, rows: Collection[int]) -> list[int]:
        """Of rows whose formula there shows nothing, those saved without a result; an empty text is one."""
        xml = self._sheet_xml(sheet)
        cells = ((row, xml.take_apart(row, raw).cells.get(column)) for row, raw in xml.raw_rows(sorted(rows)))
        return [row for row, cell in cells if cell is not None and lacks_result(xml.dialect, cell)]

    def _sheet_xml(self, sheet: str) -> SheetXml:
        return self._parts.sheet_xml(self._parts.worksheet(sheet))

    def _scanner(self) -> Scanner:
        shared = self._parts.shared_part("sharedStrings")
        strings = self._parts.package.part(shared) if shared else b""
        return Scanner(self._parts.styles(), strings, date1904=self.date1904)

    @cached_property
    def _calamine(self) -> CalamineWorkbook | None:
        from python_calamine import CalamineError, CalamineWorkbook

        try:
            return CalamineWorkbook.from_filelike(io.BytesIO(self.to_bytes()))
        except CalamineError:
            return None

    def _grid(self, sheet: str) -> list[list[CellValue]] | None:
        from python_calamine import CalamineError

        if self._calamine is None:
            return None
        try:
            # From A1 on, so that positions in the lists are positions in the sheet.
            rows = self._calamine.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except CalamineError:
            return None
        return cast("list[list[CellValue]]", rows)

    # Writing records

    def edit(self, sheet: str, edit: SheetEdit) -> EditResult:
        """Writes records into a worksheet.

        Header cells of tables ("format as table") are renamed in the table too. Raises CannotEdit S030–S043; then
        nothing was changed.
        """
        info, before = self._parts.worksheet(sheet), self._parts.package.copy()
        try:
            added = self._add_columns(info, edit) if edit.new_columns else ()
            result = self._write(info, edit)
        except StoreError:
            self._parts.package = before
            raise
        except (ValueError, KeyError) as error:
            # An address or a number in people's markup that is none: nothing to build on.
            self._parts.package = before
            raise CannotEdit("S031", sheet=sheet, detail=str(error)) from error
        self._tell_recalculation = True
        return replace(result, new_columns=added)

    def _write(self, info: SheetInfo, edit: SheetEdit) -> EditResult:
        xml, styles, tables = self._parts.sheet_xml(info), self._parts.styles(), self._parts.tables(info)
        self._rename_headers(info, tables, edit)
        pivots = self._parts.pivot_areas(info)
        editor = SheetEditor(
            xml, styles, tables, edit, date1904=self.date1904, pivots=pivots,
            is_named=lambda table: is_named(self._parts, info, table),
        )  # fmt: skip
        result = editor.apply()
        self._put_back(info, xml, styles, tables, editor.filter_area)
        if editor.moved_totals is not None:
            self._parts.move_in_calculation_chain(info, editor.moved_totals)
        return result

    def _rename_headers(self, info: SheetInfo, tables: Sequence[Table], edit: SheetEdit) -> None:
        for table in tables:
            if not table.has_header or table.area.first_row != edit.header_row:
                continue
            for column, value in edit.updates.get(edit.header_row, {}).items():
                old, new = table.column_name(column), str(value or "")
                if old is None or old == new:
                    continue
                others = [name.lower() for name in table.column_names if name != old]
                if not new or new.lower() in others:
                    raise CannotEdit("S043", sheet=info.name, table=table.name, header=new)
                part = self._parts.part_naming(old)
                if part:
                    raise CannotEdit("S042", sheet=info.name, header=old, new=new, part=part)
                table.rename(column, new)

    def _add_columns(self, info: SheetInfo, edit: SheetEdit) -> tuple[int, ...]:
        # Long lists first: they may add a sheet and styles of their own.
        lists = {
            one.header: self._list_source(one.header, one.choices) for one in edit.new_columns if is_long(one.choices)
        }
        xml, styles, tables = self._parts.sheet_xml(info), self._parts.styles(), self._parts.tables(info)
        adder = ColumnAdder(xml, styles, tables, edit.header_row)
        added = adder.add(edit.new_columns, lambda header, _: lists[header])
        self._put_back(info, xml, styles, tables, adder.filter_area)
        return added

    def _put_back(
        self, info: SheetInfo, xml: SheetXml, styles: Styles, tables: Sequence[Table], filter_area: Range | None
    ) -> None:
        self._parts.replace_sheet(info, xml)
        self._parts.replace_styles(styles)
        for table in tables:
            self._replace(table.part, table.data)
        self.__dict__.pop("_calamine", None)
        if filter_area is not None:
            index = [one.name for one in self.sheets].index(info.name)
            area = f"{names.quoted_sheet(info.name)}!{filter_area.absolute()}"
            self._replace_workbook(names.with_filter_area(self._parts.workbook_xml, index, area))

    def _replace(self, part: str, data: bytes) -> None:
        self._parts.package.replace(part, data)
        self.__dict__.pop("_calamine", None)

    # New sheets

    def add_sheet(self, design: SheetDesign, at: int | None = None) -> None:
        """Adds a worksheet (last, or before the sheet at that place).

        Raises CannotEdit S040 when the workbook's structure is locked, S041 when the title is taken or not allowed.
        """
        self._require_title(design.title)
        styles = self._parts.styles()
        xml = sheet_xml(design, styles, self._list_source)
        relation = self._parts.add_worksheet(xml)
        self._parts.replace_styles(styles)
        place = len(self.sheets) if at is None else min(at, len(self.sheets))
        data = names.with_sheet(self._parts.workbook_xml, design.title, relation, state=design.state, at=at)
        self._replace_workbook(_with_sheet_names(data, design, place) if design.columns else data)

    def fill_blank_sheet(self, sheet: str, design: SheetDesign) -> bool:
        """Makes a worksheet somebody added and left as it was one of the design; False when it is not quite blank."""
        info = self._parts.worksheet(sheet)
        xml = self._parts.sheet_xml(info)
        left = {one.local for one in xml.outline()[1].children} <= _OF_BLANK_SHEETS
        if not left or any(True for _ in xml.all_rows()) or self._parts.relations(info.part):
            return False
        styles = self._parts.styles()
        self._parts.package.replace(info.part, sheet_xml(design, styles, self._list_source))
        self._parts.replace_styles(styles)
        place = [one.name for one in self.sheets].index(sheet)
        self._replace_workbook(_with_sheet_names(self._parts.workbook_xml, replace(design, title=sheet), place))
        return True

    def _require_title(self, title: str) -> None:
        if self._parts.has_locked_structure:
            raise CannotEdit("S040", sheet=title)
        units = len(title.encode("utf-16-le", "surrogatepass")) // 2
        bad = not 0 < units <= _TITLE_UNITS or _BAD_TITLE.search(title) or "'" in (title[0], title[-1])
        if bad or title.lower() in {info.name.lower() for info in self.sheets}:
            raise CannotEdit("S041", sheet=title)

    def _list_source(self, header: str, choices: Sequence[str]) -> str:
        """A range of the hidden list sheet that holds the choices under their header; reused when it is there."""
        sheet = self._list_sheet()
        rows = self.read(sheet)
        width = max((len(row) for row in rows.rows), default=0)
        wanted = [header, *choices]
        for column in range(width):
            if [rows.value(row, column) for row in range(1, len(wanted) + 2)] == [*wanted, ""]:
                return _list_range(sheet, column, len(wanted))
        updates = {row: {width: text} for row, text in enumerate(wanted, 1)}
        self.edit(sheet, SheetEdit(header_row=1, updates=updates))
        return _list_range(sheet, width, len(wanted))

    def _list_sheet(self) -> str:
        """The title of the hidden sheet of long lists, made at first use; a hidden name tells it from people's."""
        titles = {info.name for info in self.sheets}
        marked = names.column_of_name(self.names.get(_LIST_NAME, ""))
        if marked and marked[0] in titles:
            return marked[0]
        title = next(one for one in (_LIST_TITLE, *(f"{_LIST_TITLE}{n}" for n in range(2, 1000))) if one not in titles)
        self.add_sheet(SheetDesign(title, freeze=False, autofilter=False, state="hidden"))
        self.set_name(_LIST_NAME, f"{names.quoted_sheet(title)}!$A$1")
        return title

    # The result

    @property
    def changed_parts(self) -> frozenset[str]:
        """Parts that `to_bytes` writes anew: what a linter has to look into."""
        return self._parts.package.changed

    def to_bytes(self) -> bytes:
        """The workbook as it is now; the very bytes it was opened from when nothing changed."""
        package = self._parts.package
        recalculate = self._tell_recalculation and package.changed and self._parts.has_formulas()
        if recalculate and not names.recalculates_on_load(self._parts.root):
            package.replace(self._parts.workbook_part, names.with_recalculation(self._parts.workbook_xml))
        return package.to_bytes() if package.changed or self._data is None else self._data

    def package_as_read(self) -> Package:
        """The package before all changes, to compare with."""
        return self._parts.package.as_read()


def _list_range(sheet: str, column: int, rows: int) -> str:
    return f"{names.quoted_sheet(sheet)}!{Range(2, column, rows, column).absolute()}"


def _with_sheet_names(data: bytes, design: SheetDesign, index: int) -> bytes:
    """workbook.xml with the names Excel keeps beside a filtered sheet with a header: its filter, its print titles."""
    sheet = names.quoted_sheet(design.title)
    if design.autofilter:
        area = Range(1, 0, 1, len(design.columns) - 1).absolute()
        data = names.with_name(data, names.FILTER_NAME, f"{sheet}!{area}", hidden=True, local=index)
    if design.freeze:
        data = names.with_name(data, "_xlnm.Print_Titles", f"{sheet}!$1:$1", hidden=False, local=index)
    return data
