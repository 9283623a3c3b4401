"""A new worksheet as a good company workbook holds it: frozen styled header, filter, widths, formats, drop-downs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sheets_adapter.xlsx.addresses import MAX_ROWS, Range, cell_name
from sheets_adapter.xlsx.markup import escape_attribute, escape_text
from sheets_adapter.xlsx.sheet_xml import cell_bytes
from sheets_adapter.xlsx.styles import FORMAT_CODES, Styles
from sheets_adapter.xlsx.values import cell_content

if TYPE_CHECKING:
    from schemas.field_types.base import CellFormat

    ColumnFormat = CellFormat | Literal["amount"]
    """How a column's cells look. amount: two decimals without a currency, for figures that are not always yuan."""

MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
XML_HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
HEADER_HEIGHT = ' ht="32" customHeight="1"'
"""Attributes of the header's row: high enough for two lines."""
_HEADER_FILL, _HEADER_LINE, _VOID_GREY = "FFEEF3F8", "FF8EA9C1", "FF9AA0A6"
_VOID_STYLE = f'<dxf><font><strike/><color rgb="{_VOID_GREY}"/></font></dxf>'
_INLINE_LIST_LIMIT = 255
_PROMPT_LIMIT = 255

ListSource = Callable[[str, Sequence[str]], str]
"""(header, choices) → the formula of a range that holds them, for lists too long to stand in the validation."""


@dataclass(frozen=True, slots=True)
class ColumnDesign:
    """One column. `width` in characters (a Chinese one counts two); `note` is shown when the header is selected."""

    header: str
    format: ColumnFormat = "general"
    width: float = 14
    choices: tuple[str, ...] = ()
    hidden: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetDesign:
    """A sheet with its header in row 1. Rows whose `status_column` equals `void_text` are grey and struck through.

    freeze: the header stays in sight; freeze_column: the first column too.
    """

    title: str
    columns: tuple[ColumnDesign, ...] = ()
    status_column: int | None = None
    void_text: str = "已作废"
    freeze: bool = True
    freeze_column: bool = False
    autofilter: bool = True
    state: str = "visible"


def header_style(styles: Styles) -> int:
    """Bold in the workbook's own font, on a soft fill with a line below, wrapping."""
    font = styles.font_like(0, bold=True)
    fill, border = styles.add_fill(_HEADER_FILL), styles.add_bottom_border(_HEADER_LINE)
    return styles.add_xf(
        f'<xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" applyFont="1" applyFill="1" '
        'applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>'
    )


def body_style(styles: Styles, cell_format: ColumnFormat) -> int:
    """The workbook's own font with the format's number format: also for what people type by hand."""
    font = styles.font_like(0, bold=False)
    plain = styles.add_xf(
        f'<xf numFmtId="0" fontId="{font}" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
        '<alignment vertical="center"/></xf>'
    )
    return plain if cell_format == "general" else styles.with_format(plain, FORMAT_CODES[cell_format])


def void_rule(styles: Styles, area: Range, status_column: int, text: str, priority: int) -> str:
    """The conditional format that greys and strikes a withdrawn row."""
    style = styles.add_dxf(_VOID_STYLE)
    status = cell_name(area.first_row, status_column)
    formula = escape_text(f'${status}="' + text.replace('"', '""') + '"')
    return (
        f'<conditionalFormatting sqref="{area}"><cfRule type="expression" dxfId="{style}" priority="{priority}">'
        f"<formula>{formula}</formula></cfRule></conditionalFormatting>"
    )


def is_long(choices: Sequence[str]) -> bool:
    """Whether the choices cannot stand inside a validation: over 255 characters, or a comma within one."""
    too_long = len(",".join(choices)) > _INLINE_LIST_LIMIT
    return too_long or any("," in one or one != one.strip() for one in choices)


def list_validation(area: Range, header: str, choices: Sequence[str], lists: ListSource) -> str:
    """A drop-down of the choices: inline where it fits, otherwise from the hidden list sheet."""
    formula = lists(header, choices) if is_long(choices) else '"' + ",".join(choices).replace('"', '""') + '"'
    return (
        '<dataValidation type="list" allowBlank="1" showInputMessage="1" showErrorMessage="1" '
        f'sqref="{area}"><formula1>{escape_text(formula)}</formula1></dataValidation>'
    )


def sheet_xml(design: SheetDesign, styles: Styles, lists: ListSource) -> bytes:
    """The worksheet part of a design; needed styles are added to `styles`. Raises CannotEdit for a bad header text."""
    header = _header_row(design, header_style(styles))
    return f"{sheet_head(design, styles, 1)}{header}{sheet_tail(design, styles, lists, 1)}".encode()


def sheet_head(design: SheetDesign, styles: Styles, last_row: int | None) -> str:
    """The part up to its rows. last_row: where they end, if that is known yet."""
    whole = Range(1, 0, last_row or 1, max(len(design.columns) - 1, 0))
    dimension = f'<dimension ref="{whole}"/>' if last_row else ""
    return (
        f'{XML_HEADER}<worksheet xmlns="{MAIN_NAMESPACE}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>{dimension}'
        f'<sheetViews>{_view(design)}</sheetViews><sheetFormatPr defaultRowHeight="18" customHeight="1"/>'
        f"{_columns_xml(design, styles)}<sheetData>"
    )


def sheet_tail(design: SheetDesign, styles: Styles, lists: ListSource, last_row: int) -> str:
    """The part behind its rows."""
    last = max(len(design.columns) - 1, 0)
    parts = ["</sheetData>"]
    if design.autofilter and design.columns:
        parts.append(f'<autoFilter ref="{Range(1, 0, last_row, last)}"/>')
    if design.status_column is not None:
        parts.append(void_rule(styles, Range(2, 0, MAX_ROWS, last), design.status_column, design.void_text, 1))
    parts.append(_validations(design, lists))
    parts.append('<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>')
    parts.append('<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>')
    parts.append(_ignored_errors(design))
    parts.append("</worksheet>")
    return "".join(parts)


def _view(design: SheetDesign) -> str:
    if not design.freeze:
        return '<sheetView workbookViewId="0"/>'
    if not design.freeze_column:
        return (
            '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView>'
        )
    return (
        '<sheetView workbookViewId="0"><pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" '
        'state="frozen"/><selection pane="topRight"/><selection pane="bottomLeft"/>'
        '<selection pane="bottomRight" activeCell="B2" sqref="B2"/></sheetView>'
    )


def _columns_xml(design: SheetDesign, styles: Styles) -> str:
    if not design.columns:
        return ""
    columns = [
        column_xml(at + 1, at + 1, column.width, body_style(styles, column.format), column.hidden)
        for at, column in enumerate(design.columns)
    ]
    return f"<cols>{''.join(columns)}</cols>"


def column_xml(low: int, high: int, width: float, style: int, hidden: bool) -> str:
    """One `<col>` for columns low to high, counted from 1."""
    shown = ' hidden="1"' if hidden else ""
    return f'<col min="{low}" max="{high}" width="{width:g}" style="{style}"{shown} customWidth="1"/>'


def _header_row(design: SheetDesign, style: int) -> str:
    cells = [
        cell_bytes("", cell_name(1, at), style, *cell_content(column.header, cell_name(1, at), False)).decode()
        for at, column in enumerate(design.columns)
    ]
    return f'<row r="1"{HEADER_HEIGHT}>{"".join(cells)}</row>' if cells else ""


def _ignored_errors(design: SheetDesign) -> str:
    """No green corners on phones and ids: they are meant to be digits stored as text."""
    texts = [str(Range(2, at, MAX_ROWS, at)) for at, column in enumerate(design.columns) if column.format == "text"]
    if not texts:
        return ""
    return f'<ignoredErrors><ignoredError sqref="{" ".join(texts)}" numberStoredAsText="1"/></ignoredErrors>'


def _validations(design: SheetDesign, lists: ListSource) -> str:
    rules = []
    for at, column in enumerate(design.columns):
        if column.note:
            rules.append(
                f'<dataValidation allowBlank="1" showInputMessage="1" sqref="{cell_name(1, at)}" '
                f'prompt="{escape_attribute(column.note[:_PROMPT_LIMIT])}"/>'
            )
        if column.choices:
            rules.append(list_validation(Range(2, at, MAX_ROWS, at), column.header, column.choices, lists))
    return f'<dataValidations count="{len(rules)}">{"".join(rules)}</dataValidations>' if rules else ""
