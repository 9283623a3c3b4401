"""Statements: what every report answers with, as values that explain themselves.

A statement holds figures, never finished text: steps are codes with parameters (locale entry `step.<code>`), problems
are findings, and each line names the records it was computed from and the rule it follows.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, overload

from schemas.finding import CellRef, FieldRef, FileRef, Finding, Param, Severity
from schemas.template import Label

Value = None | bool | int | str | Decimal | date | datetime | Label | Sequence["Value"] | Mapping[str, "Value"]
"""One figure of a line. Money is Decimal yuan with two places; no figure is ever a float. A label is a name in both
languages."""

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Citation:
    """The rule behind a line: document and clause, and the rule in our own short words in both languages."""

    document: str
    clause: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Source:
    """A record a line was computed from. `table` is a template's key, `line_no` counts rows of a line table from 1."""

    table: str
    record_id: str
    line_no: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation; its text is the locale entry `step.<code>`."""

    code: str
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line. `key` identifies it among the statement's lines and is the same in every run over the same records."""

    key: str
    values: Mapping[str, Value]
    sources: tuple[Source, ...] = ()
    citation: Citation | None = None


class LinesOnDemand(Sequence[StatementLine]):
    """Lines of a large statement, each made when it is looked at: parts of (how many, the line at a place)."""

    def __init__(self, parts: Iterable[tuple[int, Callable[[int], StatementLine]]]) -> None:
        self._parts = tuple(parts)
        self._ends = tuple(itertools.accumulate(count for count, _ in self._parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> StatementLine: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[StatementLine]: ...
    def __getitem__(self, at: int | slice) -> StatementLine | Sequence[StatementLine]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        part = bisect.bisect_right(self._ends, place)
        count, make = self._parts[part]
        return make(place - self._ends[part] + count)

    def __iter__(self) -> Iterator[StatementLine]:
        return (make(at) for count, make in self._parts for at in range(count))


def no_steps(line: StatementLine) -> tuple[Step, ...]:
    """The explanation of reports whose lines are plain sums of their sources."""
    return ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A computed report.

    as_of: the moment it speaks of; a date means 00:00 of that date. pack, pack_hash: the rule pack it followed.
    parameters: what was asked (month, person, overridden options). explain: builds a line's steps on request.
    """

    report: str
    as_of: date | datetime
    pack: str
    pack_hash: str
    parameters: Mapping[str, Value]
    lines: Sequence[StatementLine]
    totals: Mapping[str, Value] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    explain: Callable[[StatementLine], tuple[Step, ...]] = no_steps


def input_finding(
    code: str, source: Source, field_key: str = "", severity: Severity = Severity.WARNING, **params: Param
) -> Finding:
    """A problem of a record a report reads. Engines know records, not cells: whoever read the workbook puts the cell.

    The record is kept in the parameters `template`, `record_id`, `line_no` and `field` (see `source_of`).
    """
    place: dict[str, Param] = {"template": source.table, "record_id": source.record_id, "line_no": source.line_no}
    if field_key:
        place["field"] = field_key
    return Finding(code, params={**place, **params}, severity=severity)


def source_of(finding: Finding) -> Source | None:
    """The record an `input_finding` speaks of."""
    table, record_id, line_no = (finding.params.get(name) for name in ("template", "record_id", "line_no"))
    if not isinstance(table, str) or not isinstance(record_id, str):
        return None
    return Source(table, record_id, line_no if isinstance(line_no, int) else 0)


class Texts(Protocol):
    """The part of `schemas.labels.Labels` a statement needs to become readable."""

    def text(self, key: str, language: str, /, **params: str) -> str: ...

    def finding(self, finding: Finding, language: str) -> str: ...


def to_json(statement: Statement, labels: Texts, language: str = "zh") -> dict[str, Json]:
    """The stable JSON object documented in docs/reports.md: money and decimals as strings, dates in ISO form.

    Steps carry their text in both languages; a finding's text is in `language`.
    """
    return {
        "report": statement.report,
        "as_of": plain(statement.as_of),
        "pack": statement.pack,
        "pack_hash": statement.pack_hash,
        "parameters": plain(statement.parameters),
        "lines": [_line_json(line, statement, labels) for line in statement.lines],
        "totals": plain(statement.totals),
        "findings": [_finding_json(finding, labels, language) for finding in statement.findings],
    }


def plain(value: Value) -> Json:
    """A value as JSON holds it. Raises TypeError for a float, which no figure may be."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Label):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise TypeError(f"a statement holds no {type(value).__name__}: {value!r}")


def step_text(step: Step, labels: Texts, language: str) -> str:
    """A step as people read it; a parameter named `…_word` holds the locale key of its text, as in findings."""
    shown = {
        key: labels.text(str(value), language) if key.endswith("_word") else _shown(value, labels, language)
        for key, value in step.params.items()
    }
    return labels.text(f"step.{step.code}", language, **shown)


def _shown(value: Value, labels: Texts, language: str) -> str:
    """A parameter inside a sentence. Stored answers are Chinese; who reads another language gets their words."""
    if value is None:
        return "–"
    if isinstance(value, str) and language != "zh" and not value.isascii():
        return ", ".join(_answer_in_words(answer, labels, language) for answer in value.split("、"))
    if isinstance(value, Label):
        return value.text(language)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (list, tuple)):
        return ("、" if language == "zh" else ", ").join(_shown(item, labels, language) for item in value)
    return str(plain(value))


def _answer_in_words(answer: str, labels: Texts, language: str) -> str:
    key = f"word.answer.{answer}"
    known = labels.text(key, language)
    return answer if known == key else known


def _line_json(line: StatementLine, statement: Statement, labels: Texts) -> Json:
    return {
        "key": line.key,
        "values": plain(line.values),
        "steps": [
            {
                "code": step.code,
                "params": plain(step.params),
                **{lang: step_text(step, labels, lang) for lang in ("zh", "en")},
            }
            for step in statement.explain(line)
        ],
        "sources": [
            {"table": source.table, "record_id": source.record_id, "line_no": source.line_no} for source in line.sources
        ],
        "citation": _citation_json(line.citation),
    }


def _citation_json(cited: Citation | None) -> Json:
    if cited is None:
        return None
    return {"document": cited.document, "clause": cited.clause, "zh": cited.zh, "en": cited.en}


def _finding_json(finding: Finding, labels: Texts, language: str) -> Json:
    sheet, cell = _place(finding)
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "sheet": sheet,
        "cell": cell,
        "params": {key: plain(value) for key, value in finding.params.items()},
        "text": labels.finding(finding, language),
    }


def _place(finding: Finding) -> tuple[str, str]:
    match finding.at:
        case CellRef(sheet, row, column):
            return sheet, f"{column}{row}"
        case FileRef(file, line):
            return file, str(line)
        case FieldRef():
            return "", str(finding.at)
        case _:
            return "", ""
