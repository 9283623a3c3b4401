"""What lint finds in a template: a code, the path of the option, parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.field_types import ParseContext
from schemas.field_types.base import COMPANY_ZONE
from schemas.finding import Param, Severity
from schemas.option_findings import close_word
from schemas.template import Field, LineTable, Template

LINT_CONTEXT = ParseContext(datetime(2026, 1, 1, tzinfo=COMPANY_ZONE))
"""For literals in templates: whether one is understood does not depend on the day."""
OptionPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One problem of a template. `path` leads to the option in the file; the loader turns it into a line."""

    code: str
    path: OptionPath
    params: Mapping[str, Param] = field(default_factory=dict)
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Table:
    """The header or a line table, with the path of its fields; `line` is None for the header."""

    fields: tuple[Field, ...]
    path: OptionPath
    line: LineTable | None = None

    def each(self) -> Iterator[tuple[OptionPath, Field]]:
        for index, item in enumerate(self.fields):
            yield (*self.path, "fields", index), item


def tables_of(template: Template) -> Iterator[Table]:
    """The header, then each line table."""
    yield Table(template.fields, ())
    for index, line in enumerate(template.lines):
        yield Table(line.fields, ("lines", index), line)


def unknown_field(path: OptionPath, option: str, name: str, known: Iterable[str]) -> Flaw:
    """T021: an option names a field that does not exist."""
    return Flaw("T021", path, {"option": option, "name": name, "did_you_mean": close_word(name, known)})
