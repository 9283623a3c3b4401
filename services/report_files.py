"""A statement as people and programs take it away: a table to read, JSON, CSV or a workbook."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from schemas.finding import CellRef, Finding
from schemas.template import Label, Template
from services.csv_files import write_csv
from sheets_adapter.xlsx.column_cells import is_number
from sheets_adapter.xlsx.new_sheet import ColumnDesign, SheetDesign
from sheets_adapter.xlsx.table_file import Table, sheet_title, write_tables

if TYPE_CHECKING:
    from reports.statement import Statement, StatementLine, Value
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from sheets_adapter.xlsx.new_sheet import ColumnFormat

Format = Literal["table", "json", "csv", "xlsx"]
_FORMATS: Mapping[type, ColumnFormat] = {date: "date", datetime: "datetime"}
_LEAST_WIDTH = 12


@dataclass(frozen=True)
class ReportTexts:
    """The texts a statement needs, with fields and forms named by their labels."""

    labels: Labels
    catalogue: Catalogue

    def text(self, key: str, language: str, /, **params: str) -> str:
        """A text of the locale files."""
        return self.labels.text(key, language, **params)

    def finding(self, finding: Finding, language: str) -> str:
        """A finding as a sentence."""
        template = self._of_sheet(finding) or self.catalogue.get(str(finding.params.get("template", "")))
        return self.labels.finding(finding, language, template, self.catalogue)

    def _of_sheet(self, finding: Finding) -> Template | None:
        sheet = finding.at.sheet if isinstance(finding.at, CellRef) else ""
        titles = ((form, (form.sheet, *map(form.line_sheet, form.lines))) for form in self.catalogue)
        return next((form for form, names in titles if sheet in names), None)


def render(statement: Statement, kind: Format, texts: ReportTexts, language: str) -> bytes:
    """The statement in one of the formats; text is UTF-8, CSV with a byte order mark for spreadsheet programs."""
    if kind == "json":
        from reports.statement import to_json

        return json.dumps(to_json(statement, texts, language), ensure_ascii=False, indent=2).encode() + b"\n"
    header, rows = _grid(statement, texts, language)
    if kind == "csv":
        grid = _Grid.of(header, rows, language)
        return write_csv(grid.columns, [grid.texts])
    if kind == "xlsx":
        return _xlsx(statement, _Grid.of(header, rows, language), texts, language)
    return (_table(header, rows, language) + _totals_line(statement, texts, language)).encode()


def _grid(statement: Statement, texts: ReportTexts, language: str) -> tuple[list[str], list[list[Value]]]:
    """One row a line: its values, the rule's citation and the steps. Columns in the order lines first name them."""
    keys = list(dict.fromkeys(key for line in statement.lines for key in line.values))
    header = [_heading(key, texts, language) for key in (*keys, "citation", "steps")]
    words = _Words(statement.report, texts, language)
    rows = [
        [
            *(words.of(key, line.values.get(key)) for key in keys),
            _cited(line, language),
            _steps(line, statement, texts, language),
        ]
        for line in statement.lines
    ]
    return header, rows


CODED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("status", "state", "severity", "late_unit", "ranking", "by", "plan", "scheme", "record_id", "recommendation",
         "who", "name"),
        (),
    ),
    "reason": ("word.excluded", "word.kpi"), "kind": ("word.piece",), "withheld": ("word.withheld",),
    "escalated_to": ("value.who",), "template": (),
}  # fmt: skip
"""Columns that hold codes, and where else than under `value.<column>` their words may stand."""


class _Words:
    """Codes of one report's columns as people read them: `value.<report>.<column>.<code>`, `value.<column>.<code>`."""

    def __init__(self, report: str, texts: ReportTexts, language: str) -> None:
        self._report, self._texts, self._language = report, texts, language
        self._known: dict[tuple[str, str], str] = {}

    def of(self, column: str, value: Value) -> Value:
        """The value in words; what is no code as it is."""
        if isinstance(value, Mapping):
            return {self._factor(str(key)): self.of(str(key), item) for key, item in value.items()}
        if column not in CODED:
            return value
        if isinstance(value, str):
            return self._word(column, value) if value else value
        return [self.of(column, item) for item in value] if isinstance(value, Sequence) else value

    def _word(self, column: str, code: str) -> str:
        known = self._known.get((column, code))
        if known is None:
            known = self._known[column, code] = self._looked_up(column, code)
        return known

    def _looked_up(self, column: str, code: str) -> str:
        form = self._texts.catalogue.get(code) if column == "template" else None
        if form is not None:
            return form.label.text(self._language)
        for place in (f"value.{self._report}.{column}", f"value.{column}", *CODED[column]):
            if self._texts.labels.has(f"{place}.{code}"):
                return self._texts.text(f"{place}.{code}", self._language)
        return code

    def _factor(self, key: str) -> str:
        for place in ("word.factor", "column"):
            if self._texts.labels.has(f"{place}.{key}"):
                return self._texts.text(f"{place}.{key}", self._language)
        return key


def _heading(key: str, texts: ReportTexts, language: str) -> str:
    text = texts.text(f"column.{key}", language)
    return key if text == f"column.{key}" else text


def _cited(line: StatementLine, language: str) -> str:
    cited = line.citation
    return "" if cited is None else f"{cited.document} {cited.clause}: {cited.en if language == 'en' else cited.zh}"


def _steps(line: StatementLine, statement: Statement, texts: ReportTexts, language: str) -> str:
    from reports.statement import step_text

    return "\n".join(step_text(step, texts, language) for step in statement.explain(line))


def shown(value: Value, language: str) -> str:
    """A value as text for reading."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if isinstance(value, Label):
        return value.text(language)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {shown(item, language)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(shown(item, language) for item in value)
    return str(value)


@dataclass(frozen=True, slots=True)
class _Grid:
    """What a sheet holds: its columns as they look, and their texts."""

    columns: tuple[ColumnDesign, ...]
    texts: list[list[str]]

    @classmethod
    def of(cls, header: Sequence[str], rows: Sequence[Sequence[Value]], language: str) -> _Grid:
        """A column is of numbers or days if its values are; in one of numbers, words such as "—" stay text."""
        values = list(zip(*rows, strict=True)) if rows else [()] * len(header)
        designs = map(_design, header, values)
        return cls(tuple(designs), [[shown(value, language) for value in column] for column in values])


def _design(title: str, values: Sequence[Value]) -> ColumnDesign:
    return ColumnDesign(title, _format_of(values), max(_LEAST_WIDTH, _width(title) + 4))


def _format_of(values: Sequence[Value]) -> ColumnFormat:
    numbers = [value for value in values if type(value) in (int, Decimal)]
    others = [value for value in values if value is not None and type(value) not in (int, Decimal)]
    if not numbers:
        kinds = set(map(type, others))
        return _FORMATS.get(kinds.pop(), "general") if len(kinds) == 1 else "general"
    if not all(isinstance(value, str) and not is_number(value) for value in others):
        return "general"
    if all(isinstance(value, int) for value in numbers):
        return "integer"
    return "amount" if all(map(_fits_two_places, numbers)) else "decimal"


def _fits_two_places(value: Value) -> bool:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return isinstance(exponent, int) and exponent >= -2


def _xlsx(statement: Statement, grid: _Grid, texts: ReportTexts, language: str) -> bytes:
    """A workbook with the lines, and a second sheet with what was asked, the totals and the findings."""
    words = _Words(statement.report, texts, language)
    asked: dict[str, Value] = {"as_of": statement.as_of, "pack": statement.pack, "pack_hash": statement.pack_hash}
    facts = [(_heading(key, texts, language), value) for key, value in {**asked, **statement.parameters}.items()]
    facts += [
        (texts.text("about.total", language, item=_heading(key, texts, language)), words.of(key, value))
        for key, value in statement.totals.items()
    ]
    facts += [
        (finding.code, f"{finding.at or ''} {texts.finding(finding, language)}".strip())
        for finding in statement.findings
    ]
    heads = (("about.item", 30), ("about.content", 80))
    about = _Grid(
        tuple(ColumnDesign(texts.text(key, language), width=width) for key, width in heads),
        [[name for name, _ in facts], [shown(value, language) for _, value in facts]],
    )
    title = sheet_title(texts.text(f"report.{statement.report}", language))
    sheets = {title: grid, sheet_title(texts.text("about.title", language), [title]): about}
    return write_tables([Table(SheetDesign(name, one.columns), [one.texts]) for name, one in sheets.items()])


def _table(header: Sequence[str], rows: Sequence[Sequence[Value]], language: str) -> str:
    """Aligned columns; Chinese characters take two places. Long cells are cut, steps and citation left out."""
    texts = [[_cut(cell) for cell in header[:-2]]]
    texts += [[_cut(shown(value, language)) for value in row[:-2]] for row in rows]
    used = [at for at in range(len(header) - 2) if any(row[at] for row in texts[1:])]
    widths = {at: max(_width(row[at]) for row in texts) for at in used}
    return "".join(
        "  ".join(row[at] + " " * (widths[at] - _width(row[at])) for at in used).rstrip() + "\n" for row in texts
    )


def _totals_line(statement: Statement, texts: ReportTexts, language: str) -> str:
    """The totals that are one figure, on a line of their own behind a blank one; nothing when there are none."""
    figures = [
        f"{_heading(key, texts, language)} {shown(value, language)}"
        for key, value in statement.totals.items()
        if isinstance(value, (int, Decimal))
    ]
    return "\n" + texts.text("about.total", language, item="  ".join(figures)) + "\n" if figures else ""


def _cut(text: str, limit: int = 28) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
