"""The order the file format demands of a worksheet's children, and inserting one in its place."""

from __future__ import annotations

from sheets_adapter.xlsx.markup import Element, Splice, append_child

WORKSHEET_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip


def inserted(root: Element, local: str, xml: str) -> Splice:
    """A new child (as XML in the sheet's prefix) after everything that must come before it."""
    earlier = WORKSHEET_ORDER[: WORKSHEET_ORDER.index(local) + 1]
    before = [child.end for child in root.children if child.local in earlier]
    at = max(before, default=root.inner_start)
    return Splice(at, at, xml.encode())


def added_to(data: bytes, root: Element, holder: str, item: str) -> list[Splice]:
    """`item` as the last child of a counted collection such as dataValidations, which is made when it is missing."""
    present = root.child(holder)
    if present is not None:
        return append_child(data, present, item.encode(), count=str(len(present.children) + 1))
    name = f"{root.prefix}{holder}"
    return [inserted(root, holder, f'<{name} count="1">{item}</{name}>')]
