"""A workbook as bytes in, bytes out: read its sheets, write records, add sheets and names; nothing else changes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, cast

from sheets_adapter.xlsx import names
from sheets_adapter.xlsx.addresses import Range
from sheets_adapter.xlsx.errors import CannotEdit, UnreadableWorkbook
from sheets_adapter.xlsx.markup import (
    Element,
    MalformedXml,
    append_child,
    apply_splices,
    escape_attribute,
    escape_text,
    parse,
)
from sheets_adapter.xlsx.new_columns import ColumnAdder
from sheets_adapter.xlsx.new_sheet import SheetDesign, is_long, sheet_xml
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.reader import Scanner, SheetRows, read_sheet
from sheets_adapter.xlsx.sheet_edit import EditResult, SheetEdit, SheetEditor
from sheets_adapter.xlsx.sheet_xml import SheetXml
from sheets_adapter.xlsx.styles import NEW_STYLES, Styles
from sheets_adapter.xlsx.tables import Table

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

    from schemas.field_types.base import CellValue

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_STRICT = "http://purl.oclc.org/ooxml/"
_LIST_NAME, _LIST_TITLE = "_portal_lists", "选项列表"
_TITLE_UNITS = 31
_MAY_NAME_COLUMNS = re.compile(r"xl/(workbook\.xml|worksheets/|tables/|charts/|pivotCache/pivotCacheDefinition)", re.I)
_BAD_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_formulas_seen: dict[tuple[int, int], bool] = {}
"""(CRC-32, size) of a sheet part → whether it holds a formula. Sheets people leave alone are looked at once."""

SheetState = Literal["visible", "hidden", "veryHidden"]


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """One sheet: its title, its part, whether people see it, and what it is (worksheet, chartsheet, …)."""

    name: str
    part: str
    state: SheetState
    kind: str


class Workbook:
    """An .xlsx or .xlsm package. Changes are kept in memory until `to_bytes`."""

    def __init__(self, package: Package, data: bytes) -> None:
        self._package, self._data = package, data
        self._parsed: dict[str, tuple[bytes, Element]] = {}
        self._tell_recalculation = False
        self._workbook_part = self._find_workbook_part()

    @classmethod
    def open(cls, data: bytes) -> Workbook:
        """Raises UnreadableWorkbook S020–S027."""
        return cls(Package.read(data), data)

    def _find_workbook_part(self) -> str:
        for kind, target, _ in self._relations(""):
            if kind.startswith(_STRICT):
                raise UnreadableWorkbook("S023")
            if kind == f"{RELATIONSHIPS}/officeDocument":
                self._require_spreadsheet(target)
                return target
        raise UnreadableWorkbook("S025", part="xl/workbook.xml")

    def _require_spreadsheet(self, part: str) -> None:
        if part.endswith(".bin"):
            raise UnreadableWorkbook("S026", kind="xlsb")
        root = self._parse(part)
        if any(uri.startswith(_STRICT) for uri in root.attributes.values()):
            raise UnreadableWorkbook("S023")
        if root.local != "workbook":
            raise UnreadableWorkbook("S026", kind=root.local)

    # Parts and their relations

    def _parse(self, part: str) -> Element:
        data = self._package.part(part)
        known = self._parsed.get(part)
        if known is None or known[0] is not data:
            try:
                known = self._parsed[part] = (data, parse(data))
            except MalformedXml as error:
                raise UnreadableWorkbook("S027", part=part, detail=str(error)) from error
        return known[1]

    def _relations(self, part: str) -> list[tuple[str, str, str]]:
        """(type, target part, id) of a part's internal relations; of the package itself for ""."""
        source = PurePosixPath(part)
        rels = str(source.parent / "_rels" / f"{source.name}.rels") if part else "_rels/.rels"
        if not self._package.has(rels):
            return []
        found = []
        for one in self._parse(rels).children:
            if one.attributes.get("TargetMode") != "External":
                target = resolve_target(part, one.attributes.get("Target", ""))
                found.append((one.attributes.get("Type", ""), target, one.attributes.get("Id", "")))
        return found

    @property
    def _root(self) -> Element:
        return self._parse(self._workbook_part)

    @property
    def sheets(self) -> tuple[SheetInfo, ...]:
        """All sheets in the order of their tabs."""
        targets = {number: (kind, target) for kind, target, number in self._relations(self._workbook_part)}
        found = []
        holder = self._root.child("sheets")
        for one in holder.children if holder else ():
            kind, target = targets.get(one.attribute("id") or "", ("", ""))
            state = one.attributes.get("state", "visible")
            found.append(
                SheetInfo(
                    one.attributes.get("name", ""),
                    target,
                    "hidden" if state == "hidden" else "veryHidden" if state == "veryHidden" else "visible",
                    kind.rpartition("/")[2],
                )
            )
        return tuple(found)

    def _worksheet(self, sheet: str) -> SheetInfo:
        """Raises CannotEdit S033 when there is no worksheet of that title."""
        for info in self.sheets:
            if info.name == sheet and info.kind == "worksheet":
                return info
        raise CannotEdit("S033", sheet=sheet)

    def _sheet_xml(self, sheet: str) -> SheetXml:
        return SheetXml(sheet, self._package.part(self._worksheet(sheet).part))

    @property
    def date1904(self) -> bool:
        """Whether dates count from 1904 (old Macintosh workbooks)."""
        properties = self._root.child("workbookPr")
        return properties is not None and properties.attributes.get("date1904") in ("1", "true")

    @cached_property
    def _styles_part(self) -> str:
        return self._single_part("styles")

    def _single_part(self, kind: str) -> str:
        """The workbook's part of that kind; "" when it has none."""
        wanted = f"{RELATIONSHIPS}/{kind}"
        return next((target for one, target, _ in self._relations(self._workbook_part) if one == wanted), "")

    def _styles(self) -> Styles:
        if not self._styles_part:
            self._add_styles_part()
        return Styles(self._package.part(self._styles_part))

    def _add_styles_part(self) -> None:
        part = resolve_target(self._workbook_part, "styles.xml")
        self._package.add(part, NEW_STYLES, f"{_MAIN_TYPE}styles+xml")
        self._relate(self._workbook_part, f"{RELATIONSHIPS}/styles", "styles.xml")
        self.__dict__.pop("_styles_part", None)

    def _relate(self, part: str, kind: str, target: str) -> str:
        """Adds a relation to a part that has some; answers its id."""
        source = PurePosixPath(part)
        rels = str(source.parent / "_rels" / f"{source.name}.rels")
        root = self._parse(rels)
        taken = {one.attributes.get("Id", "") for one in root.children}
        number = next(f"rId{n}" for n in range(len(taken) + 1, 2 * len(taken) + 3) if f"rId{n}" not in taken)
        child = f'<{root.prefix}Relationship Id="{number}" Type="{kind}" Target="{escape_attribute(target)}"/>'
        data = self._package.part(rels)
        self._package.replace(rels, apply_splices(data, append_child(data, root, child.encode())))
        return number

    # Names

    @property
    def names(self) -> Mapping[str, str]:
        """Workbook-level defined names → what they refer to."""
        return names.workbook_names(self._root)

    def set_name(self, name: str, refers_to: str, *, hidden: bool = True) -> None:
        """Adds or changes a workbook-level name. Raises ValueError for a name Excel would not take."""
        data = self._package.part(self._workbook_part)
        self._package.replace(self._workbook_part, names.with_name(data, name, refers_to, hidden=hidden))

    def drop_name(self, name: str) -> None:
        """Removes a workbook-level name; nothing happens when there is none."""
        data = self._package.part(self._workbook_part)
        self._package.replace(self._workbook_part, names.without_name(data, name))

    # Reading

    def sheet_crc(self, sheet: str) -> int:
        """A fingerprint that changes when the sheet, the shared strings or the styles do. Costs microseconds."""
        parts = (self._worksheet(sheet).part, self._single_part("sharedStrings"), self._styles_part)
        fingerprint = 0
        for part in parts:
            fingerprint = (fingerprint * 0x9E3779B1 + (self._package.crc(part) if part else 0)) & 0xFFFFFFFFFFFFFFFF
        return fingerprint >> 1

    def read(self, sheet: str) -> SheetRows:
        """All values of a worksheet. Raises CannotEdit S033 when there is none of that title."""
        return read_sheet(self._sheet_xml(sheet), self._scanner(), self._grid)

    def read_rows(self, sheet: str, rows: Iterable[int]) -> dict[int, dict[int, CellValue]]:
        """row → column → value of single rows, from their own XML: to check what was written, in milliseconds."""
        xml, scanner = self._sheet_xml(sheet), self._scanner()
        return {row: scanner.row(xml, row) for row in rows}

    def read_column(self, sheet: str, column: int) -> dict[int, CellValue]:
        """row → value of one column, empty cells left out: a tenth of the time of reading the sheet."""
        xml, scanner = self._sheet_xml(sheet), self._scanner()
        cells = ((row, scanner.value(xml.dialect, cell)) for row, cell in xml.column_cells(column))
        return {row: value for row, value in cells if value != ""}

    def _scanner(self) -> Scanner:
        shared = self._single_part("sharedStrings")
        strings = self._package.part(shared) if shared and self._package.has(shared) else b""
        styles = Styles(self._package.part(self._styles_part)) if self._styles_part else Styles(NEW_STYLES)
        return Scanner(styles, strings, date1904=self.date1904)

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

    # Writing

    def edit(self, sheet: str, edit: SheetEdit) -> EditResult:
        """Writes records into a worksheet.

        Header cells of tables ("format as table") are renamed in the table too. Raises CannotEdit S030–S043; then
        nothing was changed.
        """
        info, before = self._worksheet(sheet), self._package.copy()
        try:
            added = self._add_columns(info, edit) if edit.new_columns else ()
            result = self._write(info, edit)
        except CannotEdit:
            self._package = before
            raise
        self._tell_recalculation = True
        return replace(result, new_columns=added)

    def _write(self, info: SheetInfo, edit: SheetEdit) -> EditResult:
        xml, styles, tables = self._sheet_xml(info.name), self._styles(), self._tables(info.part)
        self._rename_headers(info, tables, edit)
        pivots = self._pivot_areas(info.part)
        editor = SheetEditor(xml, styles, tables, edit, date1904=self.date1904, pivots=pivots)
        result = editor.apply()
        self._put_back(info, xml, styles, tables, editor.filter_area)
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
                part = self._part_naming(old)
                if part:
                    raise CannotEdit("S042", sheet=info.name, header=old, new=new, part=part)
                table.rename(column, new)

    def _part_naming(self, header: str) -> str:
        """A part whose formulas or pivot fields use the table column's name; "" when none does."""
        text = re.sub(r"(['#\[\]])", r"'\1", header)
        needles = [escape_text(one).encode() for one in (f"[{text}]", f",{text}]")]
        field_name = f'name="{escape_attribute(header)}"'.encode()
        for name in self._package.names:
            data = self._package.part(name) if _MAY_NAME_COLUMNS.search(name) else b""
            if "pivotCacheDefinition" in name and field_name in data:
                return name
            if any(needle in data for needle in needles):
                return name
        return ""

    def _pivot_areas(self, part: str) -> list[Range]:
        """Where pivot tables stand on the sheet."""
        found = []
        for kind, target, _ in self._relations(part):
            location = self._parse(target).child("location") if kind == f"{RELATIONSHIPS}/pivotTable" else None
            if location is not None:
                found.append(Range.parse(location.attributes.get("ref", "A1")))
        return found

    def _add_columns(self, info: SheetInfo, edit: SheetEdit) -> tuple[int, ...]:
        # Long lists first: they may add a sheet and styles of their own.
        lists = {
            one.header: self._list_source(one.header, one.choices) for one in edit.new_columns if is_long(one.choices)
        }
        xml, styles, tables = self._sheet_xml(info.name), self._styles(), self._tables(info.part)
        adder = ColumnAdder(xml, styles, tables, edit.header_row)
        added = adder.add(edit.new_columns, lambda header, _: lists[header])
        self._put_back(info, xml, styles, tables, adder.filter_area)
        return added

    def _put_back(
        self, info: SheetInfo, xml: SheetXml, styles: Styles, tables: Sequence[Table], filter_area: Range | None
    ) -> None:
        self._replace(info.part, xml.to_bytes())
        self._replace(self._styles_part, styles.data)
        for table in tables:
            self._replace(table.part, table.data)
        if filter_area is not None:
            self._move_filter_name(info.name, filter_area.absolute())

    def add_sheet(self, design: SheetDesign, at: int | None = None) -> None:
        """Adds a worksheet (last, or before the sheet at that place).

        Raises CannotEdit S040 when the workbook's structure is locked, S041 when the title is taken or not allowed.
        """
        self._require_title(design.title)
        styles = self._styles()
        xml = sheet_xml(design, styles, self._list_source)
        folder = PurePosixPath(self._workbook_part).parent
        number = next(n for n in range(1, 100_000) if not self._package.has(f"{folder}/worksheets/sheet{n}.xml"))
        self._package.add(f"{folder}/worksheets/sheet{number}.xml", xml, f"{_MAIN_TYPE}worksheet+xml")
        self._replace(self._styles_part, styles.data)
        relation = self._relate(self._workbook_part, f"{RELATIONSHIPS}/worksheet", f"worksheets/sheet{number}.xml")
        data = self._package.part(self._workbook_part)
        data = names.with_sheet(data, design.title, relation, state=design.state, at=at)
        if design.columns:
            data = _with_sheet_names(data, design, len(self.sheets) if at is None else min(at, len(self.sheets)))
        self._replace(self._workbook_part, data)

    def _require_title(self, title: str) -> None:
        protection = self._root.child("workbookProtection")
        if protection is not None and protection.attributes.get("lockStructure") in ("1", "true"):
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
            held = [rows.value(row, column) for row in range(1, len(wanted) + 2)]
            if held == [*wanted, ""]:
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

    def _replace(self, part: str, data: bytes) -> None:
        self._package.replace(part, data)
        self.__dict__.pop("_calamine", None)

    def _tables(self, part: str) -> list[Table]:
        return [
            Table(target, self._package.part(target))
            for kind, target, _ in self._relations(part)
            if kind == f"{RELATIONSHIPS}/table"
        ]

    def _move_filter_name(self, sheet: str, area: str) -> None:
        index = [info.name for info in self.sheets].index(sheet)
        data = self._package.part(self._workbook_part)
        moved = names.with_filter_area(data, index, f"{names.quoted_sheet(sheet)}!{area}")
        self._package.replace(self._workbook_part, moved)

    def _has_formulas(self) -> bool:
        if self._single_part("calcChain"):
            return True
        return any(self._sheet_has_formula(info.part) for info in self.sheets if info.kind == "worksheet")

    def _sheet_has_formula(self, part: str) -> bool:
        key = (self._package.crc(part), self._package.size(part))
        if key not in _formulas_seen:
            data = self._package.part(part)
            _formulas_seen[key] = re.search(rb"<(?:[\w.-]+:)?f[\s>/]", data) is not None
        return _formulas_seen[key]

    @property
    def changed_parts(self) -> frozenset[str]:
        """Parts whose bytes differ from what was opened, and added ones: what a publication has to lint."""
        return self._package.changed

    @property
    def changed_parts(self) -> frozenset[str]:
        """Parts that `to_bytes` writes anew: what a linter has to look into."""
        return self._package.changed

    def to_bytes(self) -> bytes:
        """The workbook as it is now; the very bytes it was opened from when nothing changed."""
        if self._tell_recalculation and not names.recalculates_on_load(self._root) and self._has_formulas():
            data = self._package.part(self._workbook_part)
            self._package.replace(self._workbook_part, names.with_recalculation(data))
        return self._package.to_bytes() if self._package.changed else self._data


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


def resolve_target(part: str, target: str) -> str:
    """A relation's target as a part name: relative to the part's folder, or from the root when it begins with /."""
    if target.startswith("/"):
        return target[1:]
    folders = list(PurePosixPath(part).parent.parts) if part else []
    for step in target.split("/"):
        if step == "..":
            folders = folders[:-1]
        elif step not in ("", "."):
            folders.append(step)
    return "/".join(folders)
