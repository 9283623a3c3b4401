"""Serial numbers: what a pattern such as "PO{yyyymmdd}{seq:3}" means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_TOKEN = re.compile(r"\{([^{}]*)\}")
_DATE_TOKENS = {
    "yyyymmdd": "%Y%m%d",
    "yyyymm": "%Y%m",
    "yyyy": "%Y",
    "yymm": "%y%m",
    "yy": "%y",
    "mm": "%m",
    "dd": "%d",
}
_DATE_DIGITS = {"yyyymmdd": 8, "yyyymm": 6, "yyyy": 4, "yymm": 4, "yy": 2, "mm": 2, "dd": 2}


class SerialPatternError(ValueError):
    """The pattern cannot be used; `reason` names a locale text under `serial.`"""

    def __init__(self, pattern: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"serial pattern {pattern!r}: {reason}")


@dataclass(frozen=True, slots=True)
class SerialPattern:
    """A parsed pattern: parts before the counter (literal text or a date token), the counter's width, what follows."""

    parts: tuple[tuple[str, bool], ...]
    width: int
    suffix: str = ""

    @classmethod
    def parse(cls, pattern: str) -> SerialPattern:
        """Reads a pattern. Raises SerialPatternError when it has no single {seq:n} or an unknown token."""
        parts: list[tuple[str, bool]] = []
        width, suffix, end = 0, "", 0
        for token in _TOKEN.finditer(pattern):
            literal, word = pattern[end : token.start()], token.group(1)
            end = token.end()
            if width:
                raise SerialPatternError(pattern, "after_counter")
            if literal:
                parts.append((literal, False))
            if word in _DATE_TOKENS:
                parts.append((word, True))
            elif re.fullmatch(r"seq:[1-9]", word):
                width = int(word[4:])
            else:
                raise SerialPatternError(pattern, "unknown_token")
        if not width:
            raise SerialPatternError(pattern, "no_counter")
        suffix = pattern[end:]
        if any(char in "{}" for char in suffix + "".join(text for text, _ in parts)):
            raise SerialPatternError(pattern, "unknown_token")
        return cls(tuple(parts), width, suffix)

    def prefix_at(self, day: date) -> str:
        """The text before the counter on that day; a new prefix starts a new count."""
        return "".join(day.strftime(_DATE_TOKENS[text]) if is_date else text for text, is_date in self.parts)

    def matches(self, text: str) -> tuple[str, int] | None:
        """(prefix, number) of a serial number made by this pattern; the counter may have outgrown its width."""
        prefix = "".join(rf"\d{{{len(part)}}}" if is_date else re.escape(part) for part, is_date in self.parts)
        found = re.fullmatch(rf"({prefix})([0-9]{{{self.width},}}){re.escape(self.suffix)}", text, re.ASCII)
        return (found.group(1), int(found.group(2))) if found else None

    def example(self, day: date) -> str:
        """The first number of that day."""
        return f"{self.prefix_at(day)}{1:0{self.width}}{self.suffix}"
