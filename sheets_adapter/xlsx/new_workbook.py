"""A blank workbook in a font that suits Chinese; every further sheet comes through `Workbook.add_sheet`."""

from __future__ import annotations

import io
from collections.abc import Sequence

_FONT, _SIZE = "微软雅黑", 10
_TEXT_WIDTH = 90


def new_workbook(explanation: Sequence[str], *, title: str = "说明") -> bytes:
    """A workbook with one sheet of text, a line a row; the first line is its heading."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils.indexed_list import IndexedList

    book = Workbook()
    normal = Font(name=_FONT, sz=_SIZE, family=2)
    # The first font is the workbook's own: new cells and Excel's column widths go by it.
    book._fonts = IndexedList([normal])  # type: ignore[attr-defined]
    book._named_styles["Normal"].font = normal  # type: ignore[attr-defined]
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width = _TEXT_WIDTH
    for number, text in enumerate(explanation, 1):
        cell = sheet.cell(number, 1)
        cell.value, cell.data_type = text, "s"
        cell.font = Font(name=_FONT, sz=_SIZE + 4, b=True, family=2) if number == 1 else normal
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
