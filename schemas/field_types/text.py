"""Text, long text and links."""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar

from schemas.field_types.base import CellFormat, FieldType, ParseContext, Parsed, problem
from schemas.template import Field

_TEXT_OPTIONS = frozenset({"default", "max_length", "pattern", "unique", "similar"})


class Text(FieldType):
    """One line of text, kept as typed. Codes such as 00123 stay text in the cell."""

    name: ClassVar[str] = "text"
    options = _TEXT_OPTIONS
    width: ClassVar[float] = 18

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        return Parsed(text)


class LongText(Text):
    """Several lines of text."""

    name: ClassVar[str] = "long_text"
    widget = "long_text"
    options = frozenset({"default", "max_length"})
    # A text-formatted cell of more than 255 characters shows as ##### in older Excel versions.
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 40


class Url(FieldType):
    """A web address; without a scheme, https is meant."""

    name: ClassVar[str] = "url"
    options = frozenset({"default", "max_length", "unique"})
    sample: ClassVar[str] = "https://www.example.com"
    width: ClassVar[float] = 30

    _ADDRESS = re.compile(
        r"https?://(?:[\w\-]+(?:\.[\w\-]+)*\.[^\W\d_]{2,}|\d{1,3}(?:\.\d{1,3}){3}|localhost)(?::\d{1,5})?(?:[/?#]\S*)?",
        re.IGNORECASE,
    )

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        address = text if "://" in text else f"https://{text}"
        if "://" not in text:
            address = f"https://{unicodedata.normalize('NFKC', text)}"
        if not self._ADDRESS.fullmatch(address):
            return Parsed(text, (problem("V065", field, text, example=self.example(field)),))
        return Parsed(address, understood=address != text)
