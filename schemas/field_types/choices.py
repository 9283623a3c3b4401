"""Yes or no, one of several, some of several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from difflib import get_close_matches
from typing import ClassVar

from schemas.field_types.base import COMPANY_ZONE, CellFormat, FieldType, Kind, ParseContext, Parsed, problem
from schemas.finding import Finding
from schemas.folding import fold
from schemas.record import Typed
from schemas.template import Choice, Field

YES, NO = "是", "否"
MULTI_SEPARATOR = "、"
SEPARATORS = re.compile(r"[、，,；;\n]")
"""Between answers. A slash separates too, but only where it is not part of an answer (微信/短信)."""

_WORDS = {
    **dict.fromkeys(("是", "y", "yes", "true", "t", "1", "√", "✓", "✔", "☑", "对", "有", "真"), YES),
    **dict.fromkeys(("否", "n", "no", "false", "f", "0", "×", "✗", "✘", "☐", "错", "无", "假", "不是"), NO),
}


class Bool(FieldType):
    """是 or 否."""

    name: ClassVar[str] = "bool"
    kind: Kind = "bool"
    widget = "bool"
    options = frozenset({"default"})
    sample: ClassVar[str] = YES
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 8

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        answer = _WORDS.get(text) or _WORDS.get(fold(text))
        if answer is None:
            return Parsed(text, (problem("V035", field, text, example=self.example(field)),))
        return Parsed(answer, understood=answer != text)

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return text == YES if text else None

    def show(self, text: str, field: Field, language: str) -> str:
        return {YES: "Yes", NO: "No"}.get(text, text) if language == "en" else text


class SingleChoice(FieldType):
    """One of the template's choices, by its value, its English text or an alias."""

    name: ClassVar[str] = "choice"
    widget = "choice"
    options = frozenset({"default", "choices"})
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 12

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        choice = find_choice(field.choices, text)
        if choice is None:
            return Parsed(text, (unknown_choice(field, text, context.language),))
        return Parsed(choice.value, understood=choice.value != text)

    def show(self, text: str, field: Field, language: str) -> str:
        return next((choice.text(language) for choice in field.choices if choice.value == text), text)

    def example(self, field: Field) -> str:
        return field.example or (field.choices[0].value if field.choices else "")


class MultiChoice(FieldType):
    """Some of the template's choices, kept in the template's order and joined by 、."""

    name: ClassVar[str] = "multi_choice"
    widget = "multi_choice"
    options = frozenset({"default", "choices"})
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 24

    def parse_many(self, typed: Sequence[str], field: Field, context: ParseContext) -> Parsed:
        found = self.parse("\n".join(typed), field, context)
        return Parsed(found.text, found.findings)

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        chosen: set[str] = set()
        unknown: list[str] = []
        for part in self._parts(text, field):
            choice = find_choice(field.choices, part)
            chosen.add(choice.value) if choice else unknown.append(part)
        if unknown:
            return Parsed(text, tuple(unknown_choice(field, part, context.language) for part in unknown))
        canonical = join_choices(field, chosen)
        return Parsed(canonical, understood=canonical != text)

    def _parts(self, text: str, field: Field) -> Iterable[str]:
        for part in filter(None, map(str.strip, SEPARATORS.split(text))):
            yield from _split_at_slashes(part, field.choices)

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return chosen_values(text)

    def show(self, text: str, field: Field, language: str) -> str:
        words = {choice.value: choice.text(language) for choice in field.choices}
        shown = [words.get(value, value) for value in chosen_values(text)]
        return (", " if language == "en" else MULTI_SEPARATOR).join(shown)

    def example(self, field: Field) -> str:
        return field.example or MULTI_SEPARATOR.join(choice.value for choice in field.choices[:2])


def _split_at_slashes(part: str, choices: Sequence[Choice]) -> Iterable[str]:
    """The answers in a part; slashes inside an answer do not separate, the longest answer wins."""
    words = [word.strip() for word in re.split(r"[/／]", part)]
    start = 0
    while start < len(words):
        ends = range(len(words), start, -1)
        end = next((end for end in ends if find_choice(choices, "/".join(words[start:end]))), start + 1)
        if answer := "/".join(words[start:end]):
            yield answer
        start = end


def chosen_values(text: str) -> tuple[str, ...]:
    """The stored values in a multi-choice text."""
    return tuple(text.split(MULTI_SEPARATOR)) if text else ()


def join_choices(field: Field, chosen: set[str]) -> str:
    """Chosen values as canonical text, in the template's order."""
    return MULTI_SEPARATOR.join(choice.value for choice in field.choices if choice.value in chosen)


def find_choice(choices: Sequence[Choice], text: str) -> Choice | None:
    """The choice a text means: exactly, else folded by value, English text or alias."""
    for choice in choices:
        if choice.value == text:
            return choice
    folded = fold(text)
    for choice in choices:
        if folded in map(fold, (choice.value, choice.en, *choice.aliases)):
            return choice
    return None


def unknown_choice(field: Field, text: str, language: str) -> Finding:
    """V037 when a choice is much like the text, else V036; both list the choices."""
    words = {fold(word): choice for choice in field.choices for word in (choice.value, choice.en, *choice.aliases)}
    close = get_close_matches(fold(text), words, n=1, cutoff=0.5)
    listed = tuple(choice.text(language) for choice in field.choices)
    if close:
        meant = words[close[0]].text(language)
        return problem("V037", field, text, choices=listed, meant=meant, example=meant)
    return problem("V036", field, text, choices=listed, example=listed[0] if listed else "")


def typed_texts(typed: Typed) -> tuple[str, ...]:
    """One answer as a tuple of texts."""
    if typed is None:
        return ()
    return (typed,) if isinstance(typed, str) else tuple(typed)
