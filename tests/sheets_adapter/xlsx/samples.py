"""Small workbooks written by hand, as odd programs write them, and helpers to look at results from outside."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import python_calamine

NASTY = (Path(__file__).parents[2] / "data" / "nasty.xlsx").read_bytes()
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="等线"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""Cell styles 0 General, 1 date, 2 text, 3 #,##0.00."""


def wall(*parts: int) -> datetime:
    """A moment as cells hold it: wall time without a zone."""
    return datetime(*parts)  # noqa: DTZ001


def relations(targets: Iterable[tuple[str, str]]) -> str:
    """A .rels part: (kind, target) pairs get rId1, rId2, …"""
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{HEADER}<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of those parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def raw_workbook(
    sheet: str,
    *,
    properties: str = "",
    names: str = "",
    tables: Sequence[str] = (),
    shared: Sequence[str] | None = None,
    styles: str | None = STYLES,
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A workbook of one sheet 登记 whose worksheet part is `sheet` as it stands."""
    workbook_targets = [("worksheet", "worksheets/sheet1.xml")]
    types = [("/xl/workbook.xml", "sheet.main"), ("/xl/worksheets/sheet1.xml", "worksheet")]
    parts: dict[str, str | bytes] = {}
    if styles is not None:
        workbook_targets.append(("styles", "styles.xml"))
        types.append(("/xl/styles.xml", "styles"))
        parts["xl/styles.xml"] = HEADER + styles
    if shared is not None:
        workbook_targets.append(("sharedStrings", "sharedStrings.xml"))
        types.append(("/xl/sharedStrings.xml", "sharedStrings"))
        items = "".join(f"<si><t>{text}</t></si>" for text in shared)
        parts["xl/sharedStrings.xml"] = f'{HEADER}<sst xmlns="{MAIN}">{items}</sst>'
    for number, table in enumerate(tables, 1):
        types.append((f"/xl/tables/table{number}.xml", "table"))
        parts[f"xl/tables/table{number}.xml"] = HEADER + table
    if tables:
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = relations(
            ("table", f"../tables/table{number}.xml") for number in range(1, len(tables) + 1)
        )
    overrides = "".join(f'<Override PartName="{name}" ContentType="{TYPE}.{kind}+xml"/>' for name, kind in types)
    return zipped(
        {
            "[Content_Types].xml": f'{HEADER}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
            "_rels/.rels": relations([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": f'{HEADER}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{properties}'
            f'<sheets><sheet name="登记" sheetId="1" r:id="rId1"/></sheets>{names}</workbook>',
            "xl/_rels/workbook.xml.rels": relations(workbook_targets),
            "xl/worksheets/sheet1.xml": HEADER + sheet,
            **parts,
            **(more or {}),
        }
    )


def worksheet(rows: str, *, before: str = "", after: str = "") -> str:
    """A worksheet part around the given rows."""
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def text_row(number: int, texts: Sequence[str], *, attributes: str = "", style: int = 0) -> str:
    """A row of inline strings from column A."""
    styled = f' s="{style}"' if style else ""
    cells = "".join(
        f'<c r="{chr(65 + at)}{number}"{styled} t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(texts)
    )
    return f'<row r="{number}"{attributes}>{cells}</row>'


def parts_of(data: bytes) -> dict[str, bytes]:
    """Part name → uncompressed bytes, read by the standard library."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def changed_parts(before: bytes, after: bytes) -> set[str]:
    """Parts whose bytes differ, came or went."""
    old, new = parts_of(before), parts_of(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def by_calamine(data: bytes, sheet: str) -> list[list[object]]:
    """All values from A1 on."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [list(row) for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)]


def by_openpyxl(data: bytes) -> openpyxl.Workbook:
    """The workbook as openpyxl sees it: formulas as text. What it warns of losing, it only loses on saving."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(io.BytesIO(data))
