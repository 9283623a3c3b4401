"""The package linter: what makes Excel offer to repair a file. Stricter than the programs that only open files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sheets_adapter.xlsx.errors import UnreadableWorkbook
from sheets_adapter.xlsx.lint_sheet import Bounds, find_sheet_problems, find_table_problems, without_known_rows
from sheets_adapter.xlsx.markup import Element, MalformedXml, check_well_formed, parse
from sheets_adapter.xlsx.package import Package
from sheets_adapter.xlsx.parts import resolve_target

_TYPES = "[Content_Types].xml"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DEFINED_NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*|_[\w.\\?]*")
_LOOKS_LIKE_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}")
_BAD_TITLE = re.compile(r"[\[\]:*?/\\]")
_ORDER_OF_STYLES = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
                    "tableStyles", "colors", "extLst")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation: the rule's short name, the part, and what was found."""

    rule: str
    part: str
    detail: str = ""


def find_package_problems(
    data: bytes | Package, only: Collection[str] | None = None, *, before: bytes | Package | None = None
) -> list[Problem]:
    """All problems of the package; with `only`, the contents of just those parts are looked into.

    before: the package this one replaces; worksheet rows it holds byte for byte are not looked into again.
    Relations, content types and the workbook part are always checked: they are small and tie the package together.
    """
    found: dict[Problem, None] = {}
    try:
        for problem in _Linter(data if isinstance(data, Package) else Package.read(data), only, before).problems():
            found[problem] = None
    except UnreadableWorkbook as error:
        found[Problem("unreadable", error.params.get("part", ""), str(error))] = None
    except (ValueError, KeyError) as error:
        # An attribute that should be a number or an address and is none.
        found[Problem("unreadable attribute", "", str(error))] = None
    return list(found)


class _Linter:
    def __init__(self, package: Package, only: Collection[str] | None, before: bytes | Package | None) -> None:
        self.package = package
        self.only = None if only is None else frozenset(only)
        self.before = _readable(before) if isinstance(before, bytes) else before
        self.relations: dict[str, dict[str, tuple[str, str]]] = {}
        self._reduced: dict[str, bytes] = {}

    def problems(self) -> Iterator[Problem]:
        yield from self._relation_problems()
        yield from self._malformed()
        yield from self._content_type_problems()
        workbook = next(
            (target for kind, target in self.relations.get("", {}).values() if kind.endswith("/officeDocument")), ""
        )
        if not self.package.has(workbook):
            yield Problem("no workbook part", workbook)
            return
        yield from self._workbook_problems(workbook)
        yield from self._part_problems(workbook)

    def _looked_into(self, part: str) -> bool:
        return self.only is None or part in self.only

    def _content(self, part: str) -> bytes:
        """A part's bytes; of a worksheet only the rows that are new, with everything around the rows."""
        if self.before is None or not self.before.has(part) or b"sheetData" not in self.package.part(part):
            return self.package.part(part)
        if part not in self._reduced:
            self._reduced[part] = without_known_rows(self.package.part(part), self.before.part(part))
        return self._reduced[part]

    def _malformed(self) -> Iterator[Problem]:
        for name in self.package.names:
            # Not .vml: many programs write those drawings carelessly, and Excel reads them as leniently.
            if self._looked_into(name) and name.endswith((".xml", ".rels")):
                try:
                    check_well_formed(self._content(name))
                except MalformedXml as error:
                    yield Problem("malformed XML", name, str(error))

    def _relation_problems(self) -> Iterator[Problem]:
        for name in self.package.names:
            folder, _, file = name.rpartition("/")
            if not name.endswith(".rels") or not folder.endswith("_rels"):
                continue
            source = folder.removesuffix("_rels") + file.removesuffix(".rels")
            if source and not self.package.has(source):
                yield Problem("relations of a missing part", name)
            targets = self.relations.setdefault(source, {})
            for one in _root(self.package, name).children:
                number = one.attributes.get("Id", "")
                if number in targets:
                    yield Problem("relation id twice", name, number)
                external = one.attributes.get("TargetMode") == "External"
                target = "" if external else resolve_target(source, one.attributes.get("Target", ""))
                targets[number] = (one.attributes.get("Type", ""), target)
                if target and not self.package.has(target):
                    yield Problem("dangling relation", name, f"{number} {target}")

    def _content_type_problems(self) -> Iterator[Problem]:
        if not self.package.has(_TYPES):
            yield Problem("no content types", _TYPES)
            return
        root = _root(self.package, _TYPES)
        defaults = {one.attributes.get("Extension", "").lower() for one in root.children if one.local == "Default"}
        overrides = [one.attributes.get("PartName", "") for one in root.children if one.local == "Override"]
        for name, count in Counter(one.lower() for one in overrides).items():
            if count > 1:
                yield Problem("content type twice", _TYPES, name)
        for name in overrides:
            if not self.package.has(name.lstrip("/")):
                yield Problem("content type of a missing part", _TYPES, name)
        declared = {one.lower().lstrip("/") for one in overrides}
        for name in self.package.names:
            extension = name.rpartition(".")[2].lower()
            if name != _TYPES and not name.endswith("/") and extension not in defaults and name.lower() not in declared:
                yield Problem("no content type", name)

    def _workbook_problems(self, part: str) -> Iterator[Problem]:
        root = _root(self.package, part)
        holder = root.child("sheets")
        sheets = holder.children if holder else []
        titles = Counter(one.attributes.get("name", "").lower() for one in sheets)
        numbers = Counter(one.attributes.get("sheetId", "") for one in sheets)
        for text, count in (*titles.items(), *numbers.items()):
            if count > 1:
                yield Problem("sheet twice", part, text)
        for one in sheets:
            title = one.attributes.get("name", "")
            if not 0 < len(title.encode("utf-16-le", "surrogatepass")) // 2 <= 31 or _BAD_TITLE.search(title):
                yield Problem("sheet title", part, title)
            if (one.attribute("id") or "") not in self.relations.get(part, {}):
                yield Problem("sheet without part", part, title)
        for view in root.all("workbookView"):
            if int(view.attributes.get("activeTab", "0")) >= max(len(sheets), 1):
                yield Problem("active tab", part, view.attributes["activeTab"])
        yield from _name_problems(root, part, len(sheets))

    def _part_problems(self, workbook: str) -> Iterator[Problem]:
        kinds = {target: kind.rpartition("/")[2] for kind, target in self.relations.get(workbook, {}).values()}
        styles = next((target for target, kind in kinds.items() if kind == "styles"), "")
        shared = next((target for target, kind in kinds.items() if kind == "sharedStrings"), "")
        if styles and self._looked_into(styles):
            yield from _style_problems(_root(self.package, styles), styles)
        bounds = Bounds.of(self.package, styles, shared)
        sheets = [target for target, kind in kinds.items() if kind == "worksheet"]
        for sheet in sheets:
            if self.package.has(sheet):
                yield from self._sheet_problems(sheet, bounds)

    def _sheet_problems(self, part: str, bounds: Bounds) -> Iterator[Problem]:
        relations = self.relations.get(part, {})
        tables = [target for kind, target in relations.values() if kind.endswith("/table") and self.package.has(target)]
        if self._looked_into(part):
            for rule, detail in find_sheet_problems(self._content(part), frozenset(relations), bounds):
                yield Problem(rule, part, detail)
        if self._looked_into(part) or any(self._looked_into(table) for table in tables):
            for table in tables:
                for rule, detail in find_table_problems(self.package.part(table), self.package.part(part), bounds):
                    yield Problem(rule, table, detail)


def _readable(data: bytes | None) -> Package | None:
    try:
        return None if data is None else Package.read(data)
    except UnreadableWorkbook:
        return None


def _root(package: Package, part: str) -> Element:
    try:
        return parse(package.part(part))
    except MalformedXml as error:
        raise UnreadableWorkbook("S027", part=part, detail=str(error)) from error


def _name_problems(root: Element, part: str, sheets: int) -> Iterator[Problem]:
    holder = root.child("definedNames")
    seen: set[tuple[str, str]] = set()
    for one in holder.children if holder else ():
        name, scope = one.attributes.get("name", ""), one.attributes.get("localSheetId", "")
        if (name.lower(), scope) in seen:
            yield Problem("name twice", part, name)
        seen.add((name.lower(), scope))
        if not _DEFINED_NAME.fullmatch(name) or len(name) > 255 or _LOOKS_LIKE_CELL.fullmatch(name):
            yield Problem("defined name", part, name)
        if not one.text.strip():
            yield Problem("empty defined name", part, name)
        if scope and int(scope) >= sheets:
            yield Problem("name of a missing sheet", part, name)


def _style_problems(root: Element, part: str) -> Iterator[Problem]:
    present = [child.local for child in root.children if child.local in _ORDER_OF_STYLES]
    if present != sorted(present, key=_ORDER_OF_STYLES.index):
        yield Problem("order of styles", part, " ".join(present))
    sizes = {child.local: len(child.children) for child in root.children}
    for child in root.children:
        count = child.attributes.get("count", "")
        if child.local in _ORDER_OF_STYLES and count and int(count) != len(child.children):
            yield Problem("count of styles", part, child.local)
    limits = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}
    cells = root.child("cellXfs")
    for index, xf in enumerate(cells.children if cells else ()):
        for attribute, collection in limits.items():
            if int(xf.attributes.get(attribute, "0")) >= max(sizes.get(collection, 0), 1):
                yield Problem("style index", part, f"xf {index} {attribute}")
        if int(xf.attributes.get("xfId", "0")) >= max(sizes.get("cellStyleXfs", 0), 1):
            yield Problem("style index", part, f"xf {index} xfId")
