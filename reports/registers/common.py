"""What the registers share: periods asked about, names, and making a statement of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.facts import columns_of
from reports.frames import Frames
from reports.registry import Request
from reports.statement import Citation, Source, Statement, StatementLine, Step, Value
from schemas.finding import Finding
from schemas.periods import Period, period_of


@dataclass(frozen=True, slots=True)
class Row:
    """One line in the making. person: whose line it is, "" when nobody's in particular."""

    key: str
    values: Mapping[str, Value]
    sources: tuple[Source, ...] = ()
    person: str = ""


def asked_for(request: Request, rows: Iterable[Row]) -> list[Row]:
    """The rows of the person asked about; all when nobody was named."""
    return [row for row in rows if not request.person or row.person == request.person]


def register(
    request: Request,
    name: str,
    citation: Citation,
    rows: Iterable[Row],
    totals: Mapping[str, Value],
    findings: Sequence[Finding] = (),
    **parameters: Value,
) -> Statement:
    """A statement of the rows, whose every line says how its figures came about and from how many records."""
    lines = tuple(StatementLine(row.key, row.values, row.sources, citation) for row in rows)

    def explain(line: StatementLine) -> tuple[Step, ...]:
        reason = line.values.get("reason")
        words: dict[str, Value] = {"reason_word": f"value.reason.{reason}"} if reason else {}
        return (
            Step(f"register.{name}", {**line.values, **words}),
            Step("register.sources", {"count": len(line.sources)}),
        )

    asked: dict[str, Value] = {**parameters, "person": request.person or None}
    return Statement(
        name, request.as_of, request.pack.id, request.pack.hash, asked, lines, dict(totals), tuple(findings), explain
    )


def month_asked(request: Request) -> Period:
    """The month asked about; by default the one of the day."""
    first = date.fromisoformat(f"{request.month}-01") if request.month else request.day
    return period_of(first, "month")


def year_asked(request: Request) -> Period:
    """The year of the month asked about, by default of the day."""
    return period_of(month_asked(request).first, "year")


def within(column: pd.Series, first: date, last: date) -> pd.Series:
    """Which naive dates or moments lie from the first day to the end of the last."""
    return (column >= pd.Timestamp(first)) & (column < pd.Timestamp(last) + pd.Timedelta(days=1))


def names(frames: Frames, table: str, key: str, value: str) -> dict[str, str]:
    """Key → value of a master table, such as customer number → name."""
    frame = columns_of(frames, table, (key, value))
    pairs = zip(frame[key].fillna(""), frame[value].fillna(""), strict=True)
    return {str(left): str(right) for left, right in pairs if left}


def sources_of(table: str, records: Iterable[object]) -> tuple[Source, ...]:
    """The records as sources, each once, in their order."""
    return tuple(Source(table, str(record)) for record in dict.fromkeys(records))


def count_of(values: Iterable[object]) -> int:
    """How many cells hold text."""
    return sum(bool(isinstance(value, str) and value.strip()) for value in values)
