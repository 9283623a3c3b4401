"""A slip as a PDF on A4: reportlab lays it out, the machine's own Chinese font is embedded as far as it is used.

Without such a font the reader's program draws with its own (Adobe's STSong-Light, not embedded).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from services.slip_fonts import MISSING, small_font, system_fonts
from services.slips import MOST_SIGNED_COLUMNS, Answer, Grid, Items, SignatureBlock, Slip

FONT = "Slip"
UNEMBEDDED = "STSong-Light"
MM = 72 / 25.4
WIDTH, HEIGHT = 210 * MM, 297 * MM
MARGIN, TOP, BOTTOM = 15 * MM, 34 * MM, 16 * MM
BODY = WIDTH - 2 * MARGIN
LABEL_SHARE = 0.17
INK, LINE, SHADE, TITLE_SHADE = "#1f2733", "#7c8696", "#f4f6f9", "#e4e9f0"
_one_at_a_time = threading.Lock()
"""reportlab keeps fonts by name for the whole process; each document registers its own under one name."""


def write_slip_pdf(slip: Slip, fonts: Sequence[Any] | None = None) -> bytes:
    """The document. fonts: font files to take characters from; the machine's when not given."""
    characters = set(_texts(slip))
    with _one_at_a_time:
        font = small_font(characters, system_fonts() if fonts is None else fonts)
        return _Document(slip, _register(font)).data()


def _texts(slip: Slip) -> str:
    """Every character that is drawn."""
    texts = [slip.company, slip.title, slip.number, slip.filled_on, slip.stamp, slip.signed_on, slip.printed, slip.page]
    texts += [text for block in slip.blocks for text in (block.label, block.name)]
    for part in slip.parts:
        texts.append(part.title)
        rows = part.rows if isinstance(part, Grid) else (*part.rows, part.total)
        texts += [text for row in rows for answer in row for text in (answer.label, answer.text)]
        texts += [column.label for column in part.columns] if isinstance(part, Items) else []
    return "".join(texts) + "0123456789（）\xa0"


def _register(font: bytes | None) -> str:
    """The name under which the document draws. reportlab would keep the first font ever registered under it."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    if font is None:
        pdfmetrics.registerFont(UnicodeCIDFont(UNEMBEDDED))
        return UNEMBEDDED
    made = TTFont(FONT, io.BytesIO(font))
    pdfmetrics._fonts.pop(FONT, None)
    pdfmetrics._dynFaceNames.pop(made.face.name, None)
    pdfmetrics.registerFont(made)
    return FONT


class _Document:
    """One document being made."""

    def __init__(self, slip: Slip, font: str) -> None:
        from reportlab.lib.styles import ParagraphStyle

        self._slip = slip
        self._font = font
        base = {"fontName": font, "textColor": INK, "wordWrap": "CJK", "fontSize": 9.5, "leading": 13.5}
        self._left = ParagraphStyle("left", **base)
        self._right = ParagraphStyle("right", **{**base, "alignment": 2})
        self._centre = ParagraphStyle("centre", **{**base, "alignment": 1})
        self._section = ParagraphStyle("section", **{**base, "fontSize": 10.5})

    def data(self) -> bytes:
        """The whole PDF."""
        from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

        out = io.BytesIO()
        title = f"{self._slip.title} {self._slip.number}"
        document = BaseDocTemplate(out, pagesize=(WIDTH, HEIGHT), title=title, author=self._slip.company)
        frame = Frame(MARGIN, BOTTOM, BODY, HEIGHT - TOP - BOTTOM, 0, 0, 0, 0)
        document.addPageTemplates(PageTemplate("page", frames=[frame]))
        document.build(self._story(), canvasmaker=_numbering(self._frame_page))
        return out.getvalue()

    # what stands on every page

    def _frame_page(self, canvas: Any, page: int, pages: int) -> None:
        slip = self._slip
        canvas.setFillColor(INK)
        canvas.setFont(self._font, 11)
        canvas.drawCentredString(WIDTH / 2, HEIGHT - 14 * MM, self._drawable(slip.company))
        canvas.setFont(self._font, 17)
        title = f"{slip.title}（{slip.stamp}）" if slip.stamp else slip.title
        canvas.drawCentredString(WIDTH / 2, HEIGHT - 23 * MM, self._drawable(title))
        canvas.setFont(self._font, 9.5)
        canvas.drawString(MARGIN, HEIGHT - 31 * MM, self._drawable(slip.number))
        canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 31 * MM, self._drawable(slip.filled_on))
        canvas.setFont(self._font, 8)
        foot = slip.page.replace("{pages}", str(pages)).replace("{page}", str(page))
        canvas.drawString(MARGIN, 9 * MM, self._drawable(slip.printed))
        canvas.drawRightString(WIDTH - MARGIN, 9 * MM, self._drawable(foot))

    # what flows from page to page

    def _story(self) -> list[Any]:
        from reportlab.platypus import Spacer

        story: list[Any] = []
        for part in self._slip.parts:
            story += self._grid(part) if isinstance(part, Grid) else self._items(part)
            story.append(Spacer(1, 3 * MM))
        for first in range(0, len(self._slip.blocks), MOST_SIGNED_COLUMNS):
            story += [self._signatures(self._slip.blocks[first : first + MOST_SIGNED_COLUMNS]), Spacer(1, 2 * MM)]
        return story

    def _grid(self, part: Grid) -> list[Any]:
        label, answer = BODY * LABEL_SHARE, BODY * (0.5 - LABEL_SHARE)
        cells: list[list[Any]] = []
        look: list[tuple[Any, ...]] = []
        if part.title:
            cells.append([self._text(part.title, self._section), "", "", ""])
            look += [("SPAN", (0, 0), (3, 0)), ("BACKGROUND", (0, 0), (3, 0), TITLE_SHADE)]
        for answers in part.rows:
            row = len(cells)
            shown = [self._text(text) for one in answers for text in (one.label, one.text)]
            cells.append([*shown, *[""] * (4 - len(shown))])
            look.append(("BACKGROUND", (0, row), (0, row), SHADE))
            if len(answers) == 1:
                look.append(("SPAN", (1, row), (3, row)))
            else:
                look.append(("BACKGROUND", (2, row), (2, row), SHADE))
        return [self._table(cells, [label, answer, label, answer], [_GRID, *look])]

    def _items(self, part: Items) -> list[Any]:
        whole = sum(column.weight for column in part.columns)
        widths = [BODY * column.weight / whole for column in part.columns]
        styles = [self._right if column.right else self._left for column in part.columns]
        last = len(widths) - 1
        cells: list[list[Any]] = []
        look: list[tuple[Any, ...]] = []
        if part.title:
            cells.append([self._text(part.title, self._section), *[""] * last])
            look += [("SPAN", (0, 0), (last, 0)), ("BACKGROUND", (0, 0), (last, 0), TITLE_SHADE)]
        cells.append([self._text(c.label, style) for c, style in zip(part.columns, styles, strict=True)])
        heads = len(cells)
        look.append(("BACKGROUND", (0, heads - 1), (last, heads - 1), SHADE))
        for row in (*(part.rows or ((_EMPTY,) * len(widths),)), *((part.total,) if part.total else ())):
            cells.append([self._text(one.text, style) for one, style in zip(row, styles, strict=True)])
        if part.total:
            look.append(("BACKGROUND", (0, len(cells) - 1), (last, len(cells) - 1), SHADE))
        return [self._table(cells, widths, [_GRID, *look], heads)]

    def _signatures(self, blocks: Sequence[SignatureBlock]) -> Any:
        from reportlab.platypus import KeepTogether

        cells = [
            [self._text(block.label) for block in blocks],
            [self._text(block.name, self._centre) for block in blocks],
            [self._text(self._slip.signed_on) for _ in blocks],
        ]
        boxes = [("BOX", (0, 0), (-1, -1), 0.5, LINE), ("LINEAFTER", (0, 0), (-2, -1), 0.5, LINE)]
        return KeepTogether(
            self._table(cells, [BODY / len(blocks)] * len(blocks), boxes, heights=[None, 15 * MM, None])
        )

    def _table(
        self,
        cells: list[list[Any]],
        widths: list[float],
        look: list[tuple[Any, ...]],
        heads: int = 0,
        heights: list[float | None] | None = None,
    ) -> Any:
        from reportlab.platypus import Table, TableStyle

        usual = [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ("LEFTPADDING", (0, 0), (-1, -1), 5),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ]
        table = Table(cells, widths, heights, repeatRows=heads)
        table.setStyle(TableStyle([*usual, *look]))
        return table

    def _text(self, text: str, style: Any = None) -> Any:
        """The text letter by letter: nothing in it is markup."""
        from reportlab.platypus import Paragraph

        kept = self._drawable(text).replace("\u3000", "\xa0\xa0").replace("  ", "\xa0\xa0")
        return Paragraph(escape(kept).replace("\n", "<br/>"), style or self._left)

    def _drawable(self, text: str) -> str:
        """An unembedded font knows the basic plane only."""
        if self._font == FONT:
            return text
        return "".join(char if ord(char) < 0x10000 else MISSING for char in text)


_GRID = ("GRID", (0, 0), (-1, -1), 0.5, LINE)
_EMPTY = Answer("", "", None, "text")


def _numbering(frame_page: Any) -> Any:
    """A canvas that draws each page's frame when the number of pages is known."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbering(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                frame_page(self, number, len(self._pages))
                super().showPage()
            super().save()

    return Numbering
