"""A statement as people and programs take it away: a table to read, JSON, CSV or a workbook."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from schemas.finding import CellRef, Finding
from schemas.template import Label, Template

if TYPE_CHECKING:
    from reports.statement import Statement, StatementLine, Value
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels

Format = Literal["table", "json", "csv", "xlsx"]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
SHEET_TITLE = 31


@dataclass(frozen=True)
class ReportTexts:
    """The texts a statement needs, with fields and forms named by their labels."""

    labels: Labels
    catalogue: Catalogue

    def text(self, key: str, language: str, **params: str) -> str:
        """A text of the locale files."""
        return self.labels.text(key, language, **params)

    def finding(self, finding: Finding, language: str) -> str:
        """A finding as a sentence."""
        template = self.catalogue.get(str(finding.params.get("template", ""))) or self._of_sheet(finding)
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
        return _csv(header, rows)
    if kind == "xlsx":
        return _xlsx(statement, header, rows, texts, language)
    return _table(header, rows).encode()


def _grid(statement: Statement, texts: ReportTexts, language: str) -> tuple[list[str], list[list[Value]]]:
    """One row a line: its values, the rule's citation and the steps. Columns in the order lines first name them."""
    keys = list(dict.fromkeys(key for line in statement.lines for key in line.values))
    header = [_heading(key, texts, language) for key in (*keys, "citation", "steps")]
    rows = [
        [*(line.values.get(key) for key in keys), _cited(line, language), _steps(line, statement, texts, language)]
        for line in statement.lines
    ]
    return header, rows


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


def _csv(header: Sequence[str], rows: Sequence[Sequence[Value]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: Value) -> str:
    """Text a spreadsheet program will not run: what looks like a formula is quoted, numbers stay numbers."""
    text = shown(value, "zh")
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def _xlsx(
    statement: Statement, header: Sequence[str], rows: Sequence[Sequence[Value]], texts: ReportTexts, language: str
) -> bytes:
    """A workbook with the lines, and a second sheet with what was asked, the totals and the findings."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    sheet = book.add_worksheet(_heading(f"report.{statement.report}", texts, language)[:SHEET_TITLE])
    sheet.write_row(0, 0, header, bold)
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _put(sheet, at, column, value, money, language)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), max(len(header) - 1, 0))
    about = book.add_worksheet("about" if language == "en" else "说明")
    facts: list[tuple[str, Value]] = [
        ("as_of", statement.as_of), ("pack", statement.pack), ("pack_hash", statement.pack_hash),
        *statement.parameters.items(), *statement.totals.items(),
    ]  # fmt: skip
    facts += [
        (finding.code, f"{finding.at or ''} {texts.finding(finding, language)}") for finding in statement.findings
    ]
    for at, (key, value) in enumerate(facts):
        about.write_string(at, 0, _heading(key, texts, language))
        about.write_string(at, 1, shown(value, language))
    book.close()
    return out.getvalue()


def _put(sheet: object, row: int, column: int, value: Value, money: object, language: str) -> None:
    write_number, write_string = sheet.write_number, sheet.write_string  # type: ignore[attr-defined]
    if isinstance(value, Decimal):
        write_number(row, column, value, money)
    elif isinstance(value, int) and not isinstance(value, bool):
        write_number(row, column, value)
    elif value is not None:
        write_string(row, column, shown(value, language))


def _table(header: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Aligned columns; Chinese characters take two places. Long cells are cut, steps and citation left out."""
    texts = [[_cut(cell) for cell in header[:-2]]]
    texts += [[_cut(shown(value, "zh")) for value in row[:-2]] for row in rows]
    used = [at for at in range(len(header) - 2) if any(row[at] for row in texts[1:])]
    widths = {at: max(_width(row[at]) for row in texts) for at in used}
    return "".join(
        "  ".join(row[at] + " " * (widths[at] - _width(row[at])) for at in used).rstrip() + "\n" for row in texts
    )


def _cut(text: str, limit: int = 28) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
