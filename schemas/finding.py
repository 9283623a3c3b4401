"""Findings: problems a person can fix, as values.

A finding carries a stable code, where it is, and parameters; it never carries finished text. The text is made by
`schemas.labels.Labels.finding` from the locale entry `finding.<code>`, so findings translate, count and test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Param = str | int | Decimal | date | datetime | tuple[str, ...]


class Severity(StrEnum):
    """How much a finding stops: an error stops the action, a warning is shown and may be passed, info only tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class CellRef:
    """A cell as a spreadsheet user counts it: row from 1, column in letters; column "" means the whole row."""

    sheet: str
    row: int
    column: str = ""

    def __str__(self) -> str:
        return f"{self.sheet}!{self.column}{self.row}"


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field of the form in front of the user; `line` is the line table's key and `line_no` counts its rows from 1."""

    field: str
    line: str = ""
    line_no: int = 0

    def __str__(self) -> str:
        return f"{self.line}[{self.line_no}].{self.field}" if self.line else self.field


@dataclass(frozen=True, slots=True)
class FileRef:
    """A line of a text file (a template, a locale, a rule pack), counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


Place = CellRef | FieldRef | FileRef


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem a person can fix.

    code: letter and three digits, worded in forms/locales/<language>: T template, V value, R record, S storage,
        P permission, A account and set-up, C configuration, F attached file, E report.
    params: what the text needs. Parameters named `field`, `other_field` hold field keys and `template` a template
        key; the label lookup shows them by their labels.
    """

    code: str
    at: Place | None = None
    params: Mapping[str, Param] = field(default_factory=dict)
    severity: Severity = Severity.ERROR


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Whether any finding stops the action."""
    return any(finding.severity is Severity.ERROR for finding in findings)
