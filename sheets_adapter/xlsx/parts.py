"""The parts of a workbook package and how they belong together: sheets, styles, tables, relations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, cast

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
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.sheet_xml import SheetXml
from sheets_adapter.xlsx.styles import NEW_STYLES, Styles
from sheets_adapter.xlsx.tables import Table
from sheets_adapter.xlsx.totals import TotalsMove, with_moved_cells

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_STRICT = "http://purl.oclc.org/ooxml/"
_MAY_NAME_COLUMNS = re.compile(r"xl/(workbook\.xml|worksheets/|tables/|charts/|pivotCache/pivotCacheDefinition)", re.I)
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


class WorkbookParts:
    """A package that is known to hold a workbook. Raises UnreadableWorkbook S023, S025, S026, S027 otherwise."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._parsed: dict[str, tuple[bytes, Element]] = {}
        self.workbook_part = self._find_workbook_part()

    def _find_workbook_part(self) -> str:
        for kind, target, _ in self.relations(""):
            if kind.startswith(_STRICT):
                raise UnreadableWorkbook("S023")
            if kind == f"{_RELATIONSHIPS}/officeDocument":
                self._require_spreadsheet(target)
                return target
        raise UnreadableWorkbook("S025", part="xl/workbook.xml")

    def _require_spreadsheet(self, part: str) -> None:
        if part.endswith(".bin"):
            raise UnreadableWorkbook("S026", kind="xlsb")
        root = self.parse(part)
        if any(uri.startswith(_STRICT) for uri in root.attributes.values()):
            raise UnreadableWorkbook("S023")
        if root.local != "workbook":
            raise UnreadableWorkbook("S026", kind=root.local)

    def parse(self, part: str) -> Element:
        """A part's root element, parsed again only when its bytes changed."""
        data = self.package.part(part)
        known = self._parsed.get(part)
        if known is None or known[0] is not data:
            try:
                known = self._parsed[part] = (data, parse(data))
            except MalformedXml as error:
                raise UnreadableWorkbook("S027", part=part, detail=str(error)) from error
        return known[1]

    @property
    def root(self) -> Element:
        """The workbook part's root element."""
        return self.parse(self.workbook_part)

    @property
    def workbook_xml(self) -> bytes:
        """The workbook part's bytes."""
        return self.package.part(self.workbook_part)

    # Relations

    def relations(self, part: str) -> list[tuple[str, str, str]]:
        """(type, target part, id) of a part's internal relations; of the package itself for ""."""
        rels = _relations_part(part)
        if not self.package.has(rels):
            return []
        return [
            (
                one.attributes.get("Type", ""),
                resolve_target(part, one.attributes.get("Target", "")),
                one.attributes.get("Id", ""),
            )
            for one in self.parse(rels).children
            if one.attributes.get("TargetMode") != "External"
        ]

    def related(self, part: str, kind: str) -> list[str]:
        """Targets of one part's relations of one kind ("table", "pivotTable")."""
        return [target for one, target, _ in self.relations(part) if one == f"{_RELATIONSHIPS}/{kind}"]

    def shared_part(self, kind: str) -> str:
        """The workbook's own part of that kind ("styles", "sharedStrings"); "" when it has none."""
        found = [target for target in self.related(self.workbook_part, kind) if self.package.has(target)]
        return found[0] if found else ""

    def _relate(self, kind: str, target: str) -> str:
        """Adds a relation to the workbook part; answers its id."""
        rels = _relations_part(self.workbook_part)
        root = self.parse(rels)
        taken = {one.attributes.get("Id", "") for one in root.children}
        number = next(f"rId{n}" for n in range(len(taken) + 1, 2 * len(taken) + 3) if f"rId{n}" not in taken)
        child = (
            f'<{root.prefix}Relationship Id="{number}" Type="{_RELATIONSHIPS}/{kind}" '
            f'Target="{escape_attribute(target)}"/>'
        )
        data = self.package.part(rels)
        self.package.replace(rels, apply_splices(data, append_child(data, root, child.encode())))
        return number

    # Sheets

    @property
    def sheets(self) -> tuple[SheetInfo, ...]:
        """All sheets in the order of their tabs."""
        targets = {number: (kind, target) for kind, target, number in self.relations(self.workbook_part)}
        found = []
        holder = self.root.child("sheets")
        for one in holder.children if holder else ():
            kind, target = targets.get(one.attribute("id") or "", ("", ""))
            state = one.attributes.get("state", "visible")
            known = state if state in ("hidden", "veryHidden") else "visible"
            name = one.attributes.get("name", "")
            found.append(SheetInfo(name, target, cast("SheetState", known), kind.rpartition("/")[2]))
        return tuple(found)

    def worksheet(self, sheet: str) -> SheetInfo:
        """Raises CannotEdit S033 when there is no worksheet of that title."""
        for info in self.sheets:
            if info.name == sheet and info.kind == "worksheet":
                return info
        raise CannotEdit("S033", sheet=sheet)

    def sheet_xml(self, info: SheetInfo) -> SheetXml:
        """The worksheet's part, ready to be read and spliced."""
        return SheetXml(info.name, self.package.part(info.part))

    def add_worksheet(self, xml: bytes) -> str:
        """Adds a worksheet part; answers the relation id for the list of sheets."""
        folder = PurePosixPath(self.workbook_part).parent
        name = next(
            f"worksheets/sheet{number}.xml"
            for number in range(1, 100_000)
            if not self.package.has(f"{folder}/worksheets/sheet{number}.xml")
        )
        self.package.add(f"{folder}/{name}", xml, f"{_MAIN_TYPE}worksheet+xml")
        return self._relate("worksheet", name)

    def tables(self, info: SheetInfo) -> list[Table]:
        """The sheet's ListObjects."""
        return [Table(target, self.package.part(target)) for target in self.related(info.part, "table")]

    def pivot_areas(self, info: SheetInfo) -> list[Range]:
        """Where pivot tables stand on the sheet."""
        locations = [self.parse(target).child("location") for target in self.related(info.part, "pivotTable")]
        return [Range.parse(one.attributes.get("ref", "A1")) for one in locations if one is not None]

    # What sheets share

    @property
    def date1904(self) -> bool:
        """Whether dates count from 1904 (old Macintosh workbooks)."""
        properties = self.root.child("workbookPr")
        return properties is not None and properties.attributes.get("date1904") in ("1", "true")

    @property
    def has_locked_structure(self) -> bool:
        """Whether people may not add sheets."""
        protection = self.root.child("workbookProtection")
        return protection is not None and protection.attributes.get("lockStructure") in ("1", "true")

    def styles(self) -> Styles:
        """The styles, to be put back with `replace_styles`; plain ones when the workbook has none."""
        part = self.shared_part("styles")
        return Styles(self.package.part(part) if part else NEW_STYLES)

    def replace_styles(self, styles: Styles) -> None:
        """Puts changed styles back."""
        part = self.shared_part("styles")
        if part:
            self.package.replace(part, styles.data)
        elif styles.data != NEW_STYLES:
            self.package.add(resolve_target(self.workbook_part, "styles.xml"), styles.data, f"{_MAIN_TYPE}styles+xml")
            self._relate("styles", "styles.xml")

    def has_formulas(self) -> bool:
        """Whether any cell of the workbook holds a formula."""
        if self.shared_part("calcChain"):
            return True
        return any(self._sheet_has_formula(info.part) for info in self.sheets if info.kind == "worksheet")

    def replace_sheet(self, info: SheetInfo, xml: SheetXml) -> None:
        """Puts a changed worksheet back."""
        self.package.replace(info.part, xml.to_bytes())
        _formulas_seen[self.package.crc(info.part), self.package.size(info.part)] = xml.has_formulas

    def _sheet_has_formula(self, part: str) -> bool:
        key = (self.package.crc(part), self.package.size(part))
        if key not in _formulas_seen:
            data = self.package.part(part)
            # Two plain searches are many times faster than a pattern, and a sheet with formulas closes one somewhere.
            _formulas_seen[key] = b"</f>" in data or b":f>" in data
        return _formulas_seen[key]

    def formulas_naming(self, info: SheetInfo) -> Iterator[bytes]:
        """Parts other than the sheet's own that name it and may hold formulas: other sheets, charts, the workbook."""
        title = escape_text(info.name.replace("'", "''")).encode()
        sheets = {one.part for one in self.sheets if one.kind == "worksheet"}
        for name in self.package.names:
            asked = name == self.workbook_part or "/charts/" in name or (name in sheets and name != info.part)
            if asked and (name not in sheets or self._sheet_has_formula(name)) and title in self.package.part(name):
                yield self.package.part(name)

    def move_in_calculation_chain(self, info: SheetInfo, totals: TotalsMove) -> None:
        """Tells the calculation chain where the cells of a totals row are now."""
        chain = self.shared_part("calcChain")
        if chain:
            data = with_moved_cells(self.package.part(chain), self._sheet_id(info), totals)
            self.package.replace(chain, data)

    def _sheet_id(self, info: SheetInfo) -> str:
        holder = self.root.child("sheets")
        entries = holder.children if holder else []
        return next(one.attributes.get("sheetId", "") for one in entries if one.attributes.get("name") == info.name)

    def part_naming(self, header: str) -> str:
        """A part whose formulas or pivot fields use a table column's name; "" when none does."""
        text = re.sub(r"(['#\[\]])", r"'\1", header)
        needles = [escape_text(one).encode() for one in (f"[{text}]", f",{text}]")]
        field_name = f'name="{escape_attribute(header)}"'.encode()
        for name in self.package.names:
            data = self.package.part(name) if _MAY_NAME_COLUMNS.search(name) else b""
            if "pivotCacheDefinition" in name and field_name in data:
                return name
            if any(needle in data for needle in needles):
                return name
        return ""


def _relations_part(part: str) -> str:
    source = PurePosixPath(part)
    return str(source.parent / "_rels" / f"{source.name}.rels") if part else "_rels/.rels"


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
