"""Types whose value the portal makes or completes: attachments, decisions, serial numbers, computed fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import ClassVar

from schemas.field_types.base import (
    COMPANY_ZONE,
    CellFormat,
    CellValue,
    FieldType,
    ParseContext,
    Parsed,
    problem,
    shortened,
)
from schemas.field_types.choices import find_choice, unknown_choice
from schemas.record import Typed
from schemas.template import Choice, Field

_FILE = re.compile(r"([0-9a-f]{64}) ([^/\\\x00-\x1f]{1,200})")
_DOT = " · "
DECISIONS = (
    Choice(value="通过", en="Approved"),
    Choice(value="退回", en="Returned"),
    Choice(value="驳回", en="Rejected"),
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One attachment: content hash and the name people gave it."""

    sha256: str
    name: str


class Attachment(FieldType):
    """Files. The cell shows their names; what they hold is told by the column beside it (`<label>·编号`)."""

    name: ClassVar[str] = "attachment"
    widget = "attachment"
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 24

    def parse_many(self, typed: Sequence[str], field: Field, context: ParseContext) -> Parsed:
        return self.parse("\n".join(typed), field, context)

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        lines = list(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))
        wrong = next((line for line in lines if not _FILE.fullmatch(line)), None)
        if wrong is not None:
            return Parsed(text, (problem("V066", field, wrong),))
        return Parsed("\n".join(lines))

    def from_text_cell(self, cell: str, field: Field, context: ParseContext) -> Parsed:
        """Without the column beside it a cell is only names, which say nothing about content."""
        parsed = self.parse(cell, field, context)
        if parsed.fits:
            return parsed
        return Parsed(cell, (problem("V067", field, cell, names=(shortened(cell),)),))

    def names(self, text: str) -> str:
        """File names as the cell shows them."""
        return "、".join(file.name for file in stored_files(text))

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return stored_files(text)

    def show(self, text: str, field: Field, language: str) -> str:
        return self.names(text)


def stored_files(text: str) -> tuple[StoredFile, ...]:
    """The files of a canonical attachment text."""
    return tuple(StoredFile(*line.split(" ", 1)) for line in text.split("\n")) if text else ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict; by and at are unknown when only the verdict was written by hand."""

    verdict: str
    by: str = ""
    at: datetime | None = None
    comment: str = ""


class DecisionType(FieldType):
    """A verdict with who, when and why: "通过 · S001 张三 · 2026-11-21 10:00 · 同意".

    Typed as a verdict alone, or [verdict, comment], it is completed with the actor and the moment.
    """

    name: ClassVar[str] = "decision"
    widget = "decision"
    options = frozenset({"choices"})
    format: ClassVar[CellFormat] = "general"
    width: ClassVar[float] = 36

    def parse_many(self, typed: Sequence[str], field: Field, context: ParseContext) -> Parsed:
        verdict, comment = (*typed, "", "")[:2]
        return self.parse(_DOT.join(filter(None, (verdict.strip(), comment.strip()))), field, context)

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        parts = text.split(_DOT, 3)
        choice = find_choice(decision_choices(field), parts[0])
        if choice is None:
            with_choices = field.model_copy(update={"choices": decision_choices(field)})
            return Parsed(text, (unknown_choice(with_choices, text, context.language),))
        if len(parts) >= 3 and _moment(parts[2]):
            return Parsed(_DOT.join((choice.value, *parts[1:])))
        if context.actor is None:
            return Parsed(_DOT.join((choice.value, *parts[1:])))
        made = (choice.value, context.actor.signature, f"{context.now:%Y-%m-%d %H:%M}", _DOT.join(parts[1:]))
        return Parsed(_DOT.join(filter(None, made)))

    def from_text_cell(self, cell: str, field: Field, context: ParseContext) -> Parsed:
        """Nobody knows who wrote a verdict by hand, so it is not completed."""
        return self.parse(cell, field, ParseContext(context.now, None, context.references, context.language))

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        if not text:
            return None
        parts = text.split(_DOT, 3)
        moment = _moment(parts[2]) if len(parts) >= 3 else None
        if moment is None:
            return Decision(parts[0], comment=_DOT.join(parts[1:]))
        return Decision(parts[0], parts[1], moment.replace(tzinfo=zone), "".join(parts[3:]))

    def show(self, text: str, field: Field, language: str) -> str:
        verdict, dot, rest = text.partition(_DOT)
        return next((c.text(language) for c in decision_choices(field) if c.value == verdict), verdict) + dot + rest

    def example(self, field: Field) -> str:
        return field.example or decision_choices(field)[0].value


def decision_choices(field: Field) -> tuple[Choice, ...]:
    """The verdicts a decision field offers."""
    return field.choices or DECISIONS


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


class Serial(FieldType):
    """A number the store gives. Numbers of a company's own older scheme are kept as they are."""

    name: ClassVar[str] = "serial"
    widget = "read_only"
    options = frozenset({"serial"})
    width: ClassVar[float] = 18

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        if len(text) > 64 or "\n" in text:
            return Parsed(text, (problem("V069", field, text, example=self.example(field)),))
        return Parsed(text)


class Computed(FieldType):
    """A value worked out from other fields; reads, writes and shows as its result's type."""

    name: ClassVar[str] = "computed"
    widget = "read_only"
    options = frozenset({"compute", "result", "places", "unit"})

    def __init__(self, result: FieldType) -> None:
        self.result = result
        self.kind = result.kind

    def parse(self, typed: Typed, field: Field, context: ParseContext) -> Parsed:
        return self.result.parse(typed, field, context)

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        return self.result.understand(text, field, context)

    def from_cell(self, cell: CellValue, field: Field, context: ParseContext) -> Parsed:
        return self.result.from_cell(cell, field, context)

    def write_cell(self, text: str, field: Field) -> CellValue:
        return self.result.write_cell(text, field)

    def value(self, text: str, field: Field, zone: tzinfo = COMPANY_ZONE) -> object:
        return self.result.value(text, field, zone)

    def show(self, text: str, field: Field, language: str) -> str:
        return self.result.show(text, field, language)

    def edit_text(self, text: str, field: Field) -> str:
        return self.result.edit_text(text, field)

    def example(self, field: Field) -> str:
        return self.result.example(field)

    def cell_format(self, field: Field) -> CellFormat:
        return self.result.cell_format(field)

    def column_width(self, field: Field) -> float:
        return self.result.column_width(field)
