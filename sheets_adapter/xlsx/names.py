"""xl/workbook.xml: defined names, the recalculation flag, the list of sheets. All changes are splices."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sheets_adapter.xlsx.addresses import MAX_COLUMNS, MAX_ROWS, column_index
from sheets_adapter.xlsx.markup import (
    Element,
    Splice,
    append_child,
    apply_splices,
    escape_attribute,
    escape_text,
    parse,
    set_attributes,
    with_attribute,
)

FILTER_NAME = "_xlnm._FilterDatabase"
_NAME = re.compile(r"[A-Za-z_\\\u0080-\uffff][\w.\\\u0080-\uffff]{0,254}")
_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!#\[\]*?:/\\]+))!\$?([A-Z]{1,3})(?:\$?([0-9]{1,7}))?(?::\$?\3(?:\$?\4)?)?", re.DOTALL
)
_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")
_PLAIN_SHEET_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}\d*|[Rr]\d*[Cc]\d*")


def quoted_sheet(name: str) -> str:
    """A sheet name as formulas write it: quoted unless it is a plain word."""
    if _PLAIN_SHEET_NAME.fullmatch(name) and not _LOOKS_LIKE_CELL.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"


def column_of_name(refers_to: str) -> tuple[str, int] | None:
    """'客户信息'!$F$1 → (sheet, column from 0); also 客户信息!$F:$F. None for #REF! or anything but one column."""
    match = _REFERENCE.fullmatch(refers_to.strip().removeprefix("="))
    if match is None or (match[4] and not 1 <= int(match[4]) <= MAX_ROWS):
        return None
    column = column_index(match[3])
    sheet = match[1].replace("''", "'") if match[1] else match[2]
    return (sheet, column) if column < MAX_COLUMNS else None


def workbook_names(root: Element) -> dict[str, str]:
    """Workbook-level names → what they refer to."""
    holder = root.child("definedNames")
    return {
        one.attributes.get("name", ""): one.text
        for one in (holder.children if holder else ())
        if "localSheetId" not in one.attributes
    }


def with_name(data: bytes, name: str, refers_to: str, *, hidden: bool, local: int | None = None) -> bytes:
    """workbook.xml with the name set; an existing one keeps its attributes. Raises ValueError for a bad name."""
    return with_names(data, {name: refers_to}, hidden=hidden, local=local)


def with_names(data: bytes, names: Mapping[str, str], *, hidden: bool, local: int | None = None) -> bytes:
    """The same for many names (name → what it refers to), in one pass."""
    root = parse(data)
    present = _entries(root, local)
    splices: list[Splice] = []
    added: list[bytes] = []
    for name, refers_to in names.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a defined name")
        entry = present.get(name.lower())
        if entry is None:
            added.append(_new_entry(root, name, refers_to, hidden=hidden, local=local))
        else:
            splices.append(_changed_entry(data, entry, refers_to, hidden=hidden))
    if added:
        splices += _appended(root, data, b"".join(added))
    return apply_splices(data, splices)


def _entries(root: Element, local: int | None) -> dict[str, Element]:
    """The names of that scope in lower case, as Excel compares them."""
    holder = root.child("definedNames")
    scope = None if local is None else str(local)
    return {
        one.attributes.get("name", "").lower(): one
        for one in (holder.children if holder else ())
        if one.attributes.get("localSheetId") == scope
    }


def _new_entry(root: Element, name: str, refers_to: str, *, hidden: bool, local: int | None) -> bytes:
    scope = "" if local is None else f' localSheetId="{local}"'
    shown = ' hidden="1"' if hidden else ""
    opening = f'<{root.prefix}definedName name="{escape_attribute(name)}"{scope}{shown}>'
    return f"{opening}{escape_text(refers_to)}</{root.prefix}definedName>".encode()


def _changed_entry(data: bytes, entry: Element, refers_to: str, *, hidden: bool) -> Splice:
    tag = data[entry.start : entry.inner_start].removesuffix(b"/>").removesuffix(b">").rstrip() + b">"
    if hidden:
        # LibreOffice keeps the name and loses the flag.
        tag = with_attribute(tag, "hidden", "1")
    whole = tag + escape_text(refers_to).encode() + b"</" + entry.name.encode() + b">"
    return Splice(entry.start, entry.end, whole)


def _appended(root: Element, data: bytes, entries: bytes) -> list[Splice]:
    holder = root.child("definedNames")
    if holder is not None:
        return append_child(data, holder, entries)
    at = _end_of_last(root, _BEFORE_NAMES)
    tag_name = f"{root.prefix}definedNames".encode()
    return [Splice(at, at, b"<" + tag_name + b">" + entries + b"</" + tag_name + b">")]


def without_name(data: bytes, name: str) -> bytes:
    """workbook.xml without a workbook-level name; unchanged when there is none."""
    root = parse(data)
    present = _entries(root, None).get(name.lower())
    holder = root.child("definedNames")
    if present is None or holder is None:
        return data
    gone = holder if len(holder.children) == 1 else present
    return apply_splices(data, [Splice(gone.start, gone.end, b"")])


def with_filter_area(data: bytes, sheet_index: int, refers_to: str) -> bytes:
    """workbook.xml with the sheet's hidden filter name moved, if it has one."""
    if FILTER_NAME.lower() not in _entries(parse(data), sheet_index):
        return data
    return with_name(data, FILTER_NAME, refers_to, hidden=True, local=sheet_index)


def recalculates_on_load(root: Element) -> bool:
    """Whether programs are told to compute every formula when they open the workbook."""
    calc = root.child("calcPr")
    return calc is not None and calc.attributes.get("fullCalcOnLoad") in ("1", "true")


def with_recalculation(data: bytes) -> bytes:
    """workbook.xml that tells programs to compute every formula when they open it."""
    root = parse(data)
    calc = root.child("calcPr")
    if calc is not None:
        return apply_splices(data, [set_attributes(data, calc, fullCalcOnLoad="1")])
    at = _end_of_last(root, (*_BEFORE_NAMES, "definedNames"))
    return apply_splices(data, [Splice(at, at, f'<{root.prefix}calcPr fullCalcOnLoad="1"/>'.encode())])


def _end_of_last(root: Element, names: tuple[str, ...]) -> int:
    return max(child.end for child in root.children if child.local in names)


def with_sheet(data: bytes, name: str, relation: str, *, state: str, at: int | None) -> bytes:
    """workbook.xml with a sheet added at that place (last when None); names of later sheets keep their sheet."""
    root = parse(data)
    sheets = root.child("sheets")
    assert sheets is not None
    number = max((int(one.attributes.get("sheetId", "0")) for one in sheets.children), default=0) + 1
    shown = "" if state == "visible" else f' state="{state}"'
    relation_prefix = next((key.removeprefix("xmlns:") for key, uri in root.attributes.items()
                            if key.startswith("xmlns:") and uri.endswith("/relationships")), "")  # fmt: skip
    scope = "" if relation_prefix else f' xmlns:r="{_RELATIONSHIPS}"'
    entry = (
        f'<{sheets.prefix}sheet name="{escape_attribute(name)}" sheetId="{number}"{shown}'
        f'{scope} {relation_prefix or "r"}:id="{relation}"/>'
    ).encode()
    if at is None or at >= len(sheets.children):
        return apply_splices(data, append_child(data, sheets, entry))
    place = sheets.children[at].start
    return apply_splices(data, [Splice(place, place, entry), *_shifted(data, root, at)])


_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _shifted(data: bytes, root: Element, at: int) -> list[Splice]:
    """Everything that counts sheets by position, moved up by one from `at` on."""
    splices = []
    for element in (*root.all("definedName"), *root.all("workbookView")):
        # A view that names no active tab shows the first one.
        held = element.attributes if element.local == "definedName" else {"activeTab": "0"} | element.attributes
        moved = {
            name: str(int(held[name]) + 1)
            for name in ("localSheetId", "activeTab", "firstSheet")
            if int(held.get(name, "-1")) >= at
        }
        if moved:
            splices.append(set_attributes(data, element, **moved))
    return splices
