"""xl/styles.xml: what number format a style has, and new styles added by splices (existing indexes never move)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from sheets_adapter.xlsx.markup import (
    Element,
    Splice,
    append_child,
    apply_splices,
    escape_attribute,
    parse,
    prefixed,
    with_attribute,
)

if TYPE_CHECKING:
    from schemas.field_types.base import CellFormat

FormatClass = Literal["general", "text", "number", "percent", "date", "time", "duration"]

FORMAT_CODES: Mapping[str, str] = {
    "general": "General",
    "text": "@",
    "integer": "0",
    "decimal": "General",
    "number": "General",
    "amount": "#,##0.00",
    "money": '"¥"#,##0.00;[Red]\\-"¥"#,##0.00',
    "percent": "0.00%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "month": "yyyy-mm",
    "time": "hh:mm:ss",
    "duration": "[h]:mm:ss",
}
"""Number format codes a column is given when what it inherits does not suit its values."""

SUITABLE: Mapping[str, frozenset[FormatClass]] = {
    "general": frozenset(("general", "text", "number", "percent", "date", "time", "duration")),
    "text": frozenset(("text",)),
    "integer": frozenset(("general", "number")),
    "decimal": frozenset(("general", "number")),
    "number": frozenset(("general", "number", "percent")),
    "money": frozenset(("general", "number")),
    "percent": frozenset(("percent",)),
    "date": frozenset(("date",)),
    "datetime": frozenset(("date",)),
    "month": frozenset(("date",)),
    "time": frozenset(("time", "date")),
    "duration": frozenset(("duration",)),
}
"""Classes of number format under which a value of a column's format reads as what it is."""

_BUILT_IN_CODES = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
    49: "@",
}  # fmt: skip
# 27-36 and 50-58 are the East Asian date formats, whose codes depend on Excel's language.
_EAST_ASIAN_DATES = frozenset((*range(27, 32), 36, *range(50, 55), 57, 58))
_EAST_ASIAN_TIMES = frozenset((32, 33, 34, 35, 55, 56))
_IDS = {code: number for number, code in _BUILT_IN_CODES.items()}
_FIRST_CUSTOM_ID = 164
# Quoted and escaped characters, padding, and every bracket but the elapsed-time ones ([h], [mm], [ss]).
_LITERALS = re.compile(r"\"[^\"]*\"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.IGNORECASE)
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
          "colors", "extLst")  # fmt: skip
_NEW_COLLECTIONS = {
    "fonts": '<fonts count="1"><font><sz val="11"/></font></fonts>',
    # Excel reserves the first two fills, whatever they say.
    "fills": '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>',
    "borders": '<borders count="1"><border/></borders>',
    "cellXfs": '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>',
}


def class_of_code(code: str) -> FormatClass:
    """What a number format code shows: only its first section counts, as calamine and Excel read it."""
    section = _LITERALS.sub("", code).split(";")[0].lower()
    if "general" in section or not section:
        return "general"
    if re.search(r"\[(h+|m+|s+)\]", section):
        return "duration"
    if re.search(r"[ydge]", section.replace("e+", "").replace("e-", "")) or re.fullmatch(r"[\sm/.年月-]+", section):
        return "date"
    if re.search(r"[hs]", section):
        return "time"
    if "@" in section:
        return "text"
    return "percent" if "%" in section else "number"


NEW_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    + "".join(_NEW_COLLECTIONS[one] for one in ("fonts", "fills", "borders"))
    + '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    + _NEW_COLLECTIONS["cellXfs"]
    + '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()
"""A styles part for a workbook that has none."""


class Styles:
    """The styles part. Additions are found again by value, so editing twice adds a style once."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def _root(self) -> Element:
        return parse(self.data)

    @cached_property
    def _codes(self) -> dict[int, str]:
        formats = self._root.child("numFmts")
        return {
            int(one.attributes.get("numFmtId", "0")): one.attributes.get("formatCode", "")
            for one in (formats.children if formats else ())
        }

    @cached_property
    def _xfs(self) -> list[Element]:
        cells = self._root.child("cellXfs")
        return cells.children if cells else []

    @property
    def count(self) -> int:
        """Number of cell styles."""
        return len(self._xfs)

    @cached_property
    def _classes(self) -> list[FormatClass]:
        return [self._class_of_id(int(xf.attributes.get("numFmtId", "0"))) for xf in self._xfs]

    def _class_of_id(self, number: int) -> FormatClass:
        if number in self._codes:
            return class_of_code(self._codes[number])
        if number in _EAST_ASIAN_DATES:
            return "date"
        if number in _EAST_ASIAN_TIMES:
            return "time"
        return class_of_code(_BUILT_IN_CODES.get(number, "General"))

    def format_class(self, style: int) -> FormatClass:
        """What the cell style shows; "general" for an index that does not exist."""
        return self._classes[style] if style < len(self._classes) else "general"

    def suited(self, style: int, wanted: CellFormat | Literal["time", "duration", "number"]) -> int:
        """`style` if it suits, else a copy of it with the format's own number format."""
        if self.format_class(style) in SUITABLE[wanted]:
            return style
        return self.with_format(style, FORMAT_CODES[wanted])

    def with_format(self, style: int, code: str) -> int:
        """A cell style like `style` with that number format code."""
        if not self._xfs:
            self._make("cellXfs")
        format_id = self._format_id(code)
        model = self._xfs[style if style < self.count else 0]
        tag = self.data[model.start : model.inner_start]
        tag = with_attribute(with_attribute(tag, "numFmtId", str(format_id)), "applyNumberFormat", "1")
        return self._add("cellXfs", tag + self.data[model.inner_start : model.end])

    def _format_id(self, code: str) -> int:
        if code in _IDS:
            return _IDS[code]
        # Programs write the same code with and without escapes: yyyy-mm-dd and yyyy\\-mm\\-dd.
        plain = code.replace("\\", "")
        known = next((number for number, one in self._codes.items() if one.replace("\\", "") == plain), None)
        if known is not None:
            return known
        number = max((*self._codes, _FIRST_CUSTOM_ID - 1)) + 1
        self._add("numFmts", f'<numFmt numFmtId="{number}" formatCode="{escape_attribute(code)}"/>'.encode())
        return number

    def font_like(self, style: int, *, bold: bool) -> int:
        """The font of a cell style, made bold or not, as an index into fonts."""
        fonts = self._root.child("fonts")
        xf = self._xfs[style] if style < self.count else None
        index = int(xf.attributes.get("fontId", "0")) if xf else 0
        if fonts is None or index >= len(fonts.children):
            return self._add("fonts", b"<font>" + (b"<b/>" if bold else b"") + b'<sz val="11"/></font>')
        font = fonts.children[index]
        if not bold or font.child("b"):
            return index
        whole = self.data[font.start : font.end]
        inner_start = font.inner_start - font.start
        opening = whole[:inner_start].removesuffix(b"/>").removesuffix(b">").rstrip() + b">"
        name = font.name.encode()
        inner = whole[inner_start : font.inner_end - font.start]
        return self._add("fonts", opening + f"<{font.prefix}b/>".encode() + inner + b"</" + name + b">")

    def add_fill(self, rgb: str) -> int:
        """A solid fill of an ARGB colour."""
        colours = f'<fgColor rgb="{rgb}"/><bgColor indexed="64"/>'
        return self._add("fills", f'<fill><patternFill patternType="solid">{colours}</patternFill></fill>')

    def add_bottom_border(self, rgb: str) -> int:
        """A thin line below."""
        line = f'<bottom style="thin"><color rgb="{rgb}"/></bottom>'
        return self._add("borders", f"<border><left/><right/><top/>{line}<diagonal/></border>")

    def add_xf(self, xml: str) -> int:
        """A cell style given as `<xf …>`."""
        return self._add("cellXfs", xml)

    def add_dxf(self, xml: str) -> int:
        """A differential style given as `<dxf>…`, for conditional formats."""
        return self._add("dxfs", xml)

    @property
    def dxf_count(self) -> int:
        """Number of differential styles."""
        dxfs = self._root.child("dxfs")
        return len(dxfs.children) if dxfs else 0

    def _add(self, collection: str, item: str | bytes) -> int:
        """Index of the item in the collection, which is made if the part lacks it."""
        new = item if isinstance(item, bytes) else self._prefixed(item)
        holder = self._root.child(collection)
        if holder is None:
            self._make(collection)
            holder = self._root.child(collection)
            assert holder is not None
        for index, child in enumerate(holder.children):
            if self.data[child.start : child.end] == new:
                return index
        count = len(holder.children)
        self._set(apply_splices(self.data, append_child(self.data, holder, new, count=str(count + 1))))
        return count

    def _prefixed(self, xml: str) -> bytes:
        return prefixed(xml, self._root.prefix).encode()

    def _make(self, collection: str) -> None:
        empty = self._prefixed(_NEW_COLLECTIONS.get(collection, f'<{collection} count="0"/>'))
        if self._root.is_empty_tag:
            self._set(apply_splices(self.data, append_child(self.data, self._root, empty)))
            return
        later = _ORDER[_ORDER.index(collection) + 1 :]
        following = next((child for child in self._root.children if child.local in later), None)
        at = following.start if following else self._root.inner_end
        self._set(apply_splices(self.data, [Splice(at, at, empty)]))

    def _set(self, data: bytes) -> None:
        self.data = data
        for name in ("_root", "_codes", "_xfs", "_classes"):
            self.__dict__.pop(name, None)
