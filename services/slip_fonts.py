"""A small TrueType font with just the characters a document uses, taken from the Chinese fonts of the machine.

Outlines are copied glyph by glyph, so it does not matter whether a font is TrueType or OpenType (CFF), alone or in a
collection; each character comes from the first font that has it. Only what is drawn goes into the document.
Opened fonts are kept and read from as needed: one thread at a time.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

PLACES = (
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/Deng.ttf",
    "C:/Windows/Fonts/simhei.ttf",
    "C:/Windows/Fonts/simsun.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/System/Library/Fonts/Supplemental/Songti.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Regular.otf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
"""Where Windows, macOS and the usual Linux distributions keep a font with Chinese characters, best looking first."""
FONTS_TRIED = 3
UNITS_PER_EM = 1000
MISSING = "□"
"""Drawn in place of a character none of the fonts has, such as an emoji."""
_SIMPLIFIED = ("SC", "GB", "CN")


@dataclass(frozen=True, slots=True)
class _Face:
    """One opened font: its glyph names by code point, its outlines, its size."""

    cmap: Mapping[int, str]
    glyphs: Any
    scale: float


def system_fonts(places: Iterable[str] = PLACES) -> tuple[Path, ...]:
    """The first few of the known fonts this machine has."""
    return tuple(path for path in map(Path, places) if path.is_file())[:FONTS_TRIED]


def small_font(characters: Iterable[str], paths: Sequence[Path]) -> bytes | None:
    """A TrueType font that draws the characters, MISSING for those no font has; None when no font could be read."""
    wanted = sorted({ord(char) for char in characters} | {ord(" "), ord(MISSING)})
    drawn: dict[int, tuple[Any, int]] = {}
    for path in paths:
        lacking = [code for code in wanted if code not in drawn]
        face = _open(path) if lacking else None
        if face:
            drawn |= {code: _outline(face, face.cmap[code]) for code in lacking if code in face.cmap}
    if not drawn:
        return None
    stand_in = drawn.get(ord(MISSING)) or _box()
    return _build({code: drawn.get(code, stand_in) for code in wanted}, stand_in)


@lru_cache(maxsize=FONTS_TRIED)
def _open(path: Path) -> _Face | None:
    """The font, of a collection the face for simplified Chinese; None for a file that cannot be read as a font."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    try:
        if path.suffix.lower() in (".ttc", ".otc"):
            fonts = TTCollection(str(path), lazy=True).fonts
            font = next((one for one in fonts if _is_simplified(one)), fonts[0])
        else:
            font = TTFont(str(path), lazy=True)
        cmap = font.getBestCmap()
        if not cmap or not {"glyf", "CFF ", "CFF2"} & set(font.keys()):
            return None
        return _Face(cmap, font.getGlyphSet(), UNITS_PER_EM / font["head"].unitsPerEm)
    except (TTLibError, OSError, KeyError, AssertionError):
        return None


def _is_simplified(font: Any) -> bool:
    name = str(font["name"].getDebugName(4) or font["name"].getDebugName(1) or "")
    return not name.startswith("Noto Sans Mono") and any(word in name.split() for word in _SIMPLIFIED)


def _outline(face: _Face, name: str) -> tuple[Any, int]:
    """(TrueType glyph, advance width) of a glyph, scaled to our size."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    recorded = DecomposingRecordingPen(face.glyphs)
    face.glyphs[name].draw(recorded)
    pen = TTGlyphPen(None)
    recorded.replay(TransformPen(Cu2QuPen(pen, max_err=1.0), (face.scale, 0, 0, face.scale, 0, 0)))
    return pen.glyph(), round(face.glyphs[name].width * face.scale)


def _box() -> tuple[Any, int]:
    """A box one em wide, for a font that has none."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for points in (((80, 0), (80, 800), (920, 800), (920, 0)), ((130, 50), (870, 50), (870, 750), (130, 750))):
        pen.moveTo(points[0])
        for point in points[1:]:
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph(), UNITS_PER_EM


def _build(glyphs: Mapping[int, tuple[Any, int]], stand_in: tuple[Any, int]) -> bytes:
    from fontTools.fontBuilder import FontBuilder

    names = {code: f"u{code:05X}" for code in glyphs}
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    drawn = {".notdef": stand_in, **{names[code]: glyph for code, glyph in glyphs.items()}}
    builder.setupGlyf({name: glyph for name, (glyph, _) in drawn.items()})
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics(
        {name: (width, getattr(table[name], "xMin", 0)) for name, (_, width) in drawn.items()}
    )
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupNameTable({"familyName": "Slip", "styleName": "Regular", "psName": "Slip-Regular"})
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()
