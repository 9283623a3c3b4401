"""Tables as CSV that Excel opens by double click: UTF-8 with a byte order mark, and no text it would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from sheets_adapter.xlsx.column_cells import NUMBERS, Texts, is_number
from sheets_adapter.xlsx.new_sheet import ColumnDesign

_FORMULA_STARTS = frozenset("=+-@\t\r＝＋－＠")


def write_csv(columns: Sequence[ColumnDesign], blocks: Iterable[Sequence[Texts]]) -> bytes:
    """The headers and the rows of all blocks, a sequence of canonical texts for each column.

    A text that would start a formula gets a leading '; a moment ends with its minutes when it has no seconds.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_harmless([column.header for column in columns], is_numeric=False))
    for block in blocks:
        texts = [_cells(column, some) for column, some in zip(columns, block, strict=True)]
        writer.writerows(zip(*texts, strict=True))
    return out.getvalue().encode("utf-8-sig")


def _cells(column: ColumnDesign, texts: Texts) -> Texts:
    if column.format == "datetime":
        texts = [text.removesuffix(":00") if text and len(text) == 19 else text for text in texts]
    return _harmless(texts, is_numeric=column.format in NUMBERS)


def _harmless(texts: Texts, *, is_numeric: bool) -> Texts:
    """is_numeric: numbers are numbers, with a sign too; anything else in such a column is text like any other."""
    return [
        f"'{text}" if text and text[0] in _FORMULA_STARTS and not (is_numeric and is_number(text)) else text
        for text in texts
    ]
