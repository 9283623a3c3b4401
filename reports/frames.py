"""Typed frames: the tables as the engines read them.

`frames["deal"]` holds one row a record, `frames["gift_request.lines"]` one row a line. Columns are the template's field
keys followed by the system columns. Types by field type:

    money                     Int64 fen                    date        datetime64[s]
    integer, year             Int64                        datetime    datetime64[s, <timezone>]
    decimal, percent          Decimal or None (object)     bool        boolean
    multi_choice              tuple of text (object)       all others  str, "" when empty (references: the key)

A decision `legal_ok` is three columns: `legal_ok` its verdict, `legal_ok_by` the staff id, `legal_ok_at` the moment.
Withdrawn records and their lines are not there. Where cells hold what is none of their type, the column `unread` names
them, joined by 、: there, missing does not mean empty (see `is_unread`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.statement import Source, input_finding
from schemas.finding import Finding, Severity
from schemas.record import LINE_SYSTEM_COLUMNS, SYSTEM_COLUMNS, UNREAD, VOID
from schemas.template import Field, Template

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Grown:
    """A frame made from an earlier one: its first rows are the rows of `before` at the places `kept`."""

    before: pd.DataFrame
    kept: npt.NDArray[np.int64]


class FrameSet(dict[str, pd.DataFrame]):
    """Frames that also say which of them grew from earlier ones: what was computed of the kept rows still holds."""

    def __init__(self, frames: Frames, grown: Mapping[str, Grown] = MappingProxyType({})) -> None:
        super().__init__(frames)
        self.grown = grown


Rows = Mapping[str, Sequence[Mapping[str, str]]]
"""Canonical texts by table name ("deal", "gift_request.lines"), system columns among them; an empty field is absent."""

TIMEZONE = "Asia/Shanghai"
SYSTEM_TIMES = ("created_at", "submitted_at", "approved_at", "updated_at")
KIND_OF_TYPE: Mapping[str, str] = {
    "money": "money",
    "integer": "integer",
    "year": "integer",
    "decimal": "decimal",
    "percent": "decimal",
    "date": "date",
    "datetime": "datetime",
    "bool": "bool",
    "multi_choice": "tuple",
    "decision": "decision",
}


class ReportInputError(Exception):
    """A table lacks columns a report cannot do without; names them all."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table = table
        self.columns = tuple(columns)
        super().__init__(f"table {table!r} lacks the columns {', '.join(columns)}")


def with_frame(frames: Frames, name: str, frame: pd.DataFrame) -> Frames:
    """The frames and one more."""
    return FrameSet({**frames, name: frame}, frames.grown if isinstance(frames, FrameSet) else {})


def frames_of(
    templates: Iterable[Template], rows: Rows, timezone: str = TIMEZONE
) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """Typed frames of every template's tables, present in `rows` or not, and what could not be understood.

    A text that is not canonical for its field becomes missing, with finding E201 naming record, field and text.
    Rows of tables no template knows are left out.
    """
    frames: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for template in templates:
        for table in template.table_names():
            typed, bad = typed_table(template, table, rows.get(table, ()), timezone)
            frames[table] = typed if table == template.key else lines_of(typed, frames[template.key])
            findings += bad
    return frames, tuple(findings)


def typed_table(
    template: Template, table: str, rows: Sequence[Mapping[str, str]], timezone: str = TIMEZONE
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """One of the template's tables without withdrawn rows, and what could not be understood."""
    findings: list[Finding] = []
    line = template.lines_by_key.get(table.partition(".")[2])
    kinds = _kinds(line.fields, LINE_SYSTEM_COLUMNS) if line else _kinds(template.fields, SYSTEM_COLUMNS)
    return _typed(table, rows, kinds, timezone, findings), tuple(findings)


def lines_of(lines: pd.DataFrame, header: pd.DataFrame) -> pd.DataFrame:
    """The lines whose record is there; the very same frame when all are."""
    if not len(lines):
        return lines
    live = frozenset(header["record_id"].to_numpy(dtype=object))
    # A mask of its own type: of an empty table an empty list would choose no columns.
    kept = pd.Series([record in live for record in lines["record_id"].to_numpy(dtype=object)], dtype=bool)
    return lines if kept.all() else lines[kept].reset_index(drop=True)


def is_unread(frame: pd.DataFrame, column: str) -> npt.NDArray[np.bool_]:
    """Rows where something stands in the cell that could not be understood."""
    if UNREAD not in frame:
        return np.zeros(len(frame), dtype=bool)
    named = frame[UNREAD].fillna("").to_numpy(dtype=object)
    found = np.zeros(len(frame), dtype=bool)
    for at in np.flatnonzero(named != ""):
        found[at] = column in named[at].split("、")
    return found


def require_columns(frames: Frames, table: str, columns: Sequence[str]) -> pd.DataFrame | None:
    """The table's frame; None when the table does not exist. Raises ReportInputError naming absent columns."""
    if table not in frames:
        return None
    frame = frames[table]
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise ReportInputError(table, absent)
    return frame


def _kinds(fields: Sequence[Field], system: Mapping[str, str]) -> dict[str, str]:
    """Column → kind, the template's fields first."""
    kinds = {field.key: KIND_OF_TYPE.get(_result_type(field), "text") for field in fields}
    for column in system:
        kinds.setdefault(column, "datetime" if column in SYSTEM_TIMES else "text")
    if "line_no" in system:
        kinds["line_no"] = "integer"
    return kinds


def _result_type(field: Field) -> str:
    return (field.result or "decimal") if field.type == "computed" else field.type


def _typed(
    table: str, rows: Sequence[Mapping[str, str]], kinds: Mapping[str, str], timezone: str, findings: list[Finding]
) -> pd.DataFrame:
    live = [row for row in rows if row.get("status") != VOID]
    columns: dict[str, pd.Series] = {}
    unread = {at: row[UNREAD] for at, row in enumerate(live) if UNREAD in row}
    for column, kind in kinds.items():
        texts = [row.get(column, "") for row in live]
        if kind == "decision":
            columns.update(_decision(column, texts, timezone))
            continue
        values, bad = _column(texts, kind, timezone)
        columns[column] = values
        findings += [_not_canonical(table, live[at], column, texts[at]) for at in bad]
        unread |= {at: f"{unread[at]}、{column}" if at in unread else column for at in bad}
    if unread:
        columns[UNREAD] = pd.Series([unread.get(at, "") for at in range(len(live))], dtype="str")
    return pd.DataFrame(columns)


def _not_canonical(table: str, row: Mapping[str, str], column: str, text: str) -> Finding:
    number = row.get("line_no", "") if "." in table else ""
    source = Source(table, row.get("record_id", ""), int(number) if number.isdecimal() else 0)
    return input_finding("E201", source, column, Severity.ERROR, value=text)


def _column(texts: Sequence[str], kind: str, timezone: str) -> tuple[pd.Series, list[int]]:
    """The typed column and the places of texts that do not fit."""
    if kind == "text":
        return pd.Series(texts, dtype="str"), []
    if kind == "tuple":
        return pd.Series([tuple(part for part in text.split("、") if part) for text in texts], dtype="object"), []
    if kind in {"date", "datetime"}:
        return _times(texts, kind, timezone)
    parsed = [_PARSE[kind](text) if text else None for text in texts]
    dtype = {"money": "Int64", "integer": "Int64", "decimal": "object", "bool": "boolean"}[kind]
    return pd.Series(parsed, dtype=dtype), [at for at, text in enumerate(texts) if text and parsed[at] is None]


def _decision(column: str, texts: Sequence[str], timezone: str) -> dict[str, pd.Series]:
    """Verdict, person and moment of "通过 · S001 张三 · 2026-11-21 10:00 · comment"; a verdict alone is fine."""
    parts = [[*(part.strip() for part in text.split(" · ")), "", "", ""] for text in texts]
    moments = [f"{part[2]}:00" if len(part[2]) == len("2026-11-21 10:00") else part[2] for part in parts]
    return {
        column: pd.Series([part[0] for part in parts], dtype="str"),
        f"{column}_by": pd.Series([part[1].split(" ")[0] for part in parts], dtype="str"),
        f"{column}_at": _times(moments, "datetime", timezone)[0],
    }


def _times(texts: Sequence[str], kind: str, timezone: str) -> tuple[pd.Series, list[int]]:
    text = pd.Series(texts, dtype="str")
    if kind == "date":
        values = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    else:
        values = pd.to_datetime(
            text.str.slice(0, 19).str.replace("T", " "), format="%Y-%m-%d %H:%M:%S", errors="coerce"
        )
        values = values.astype("datetime64[s]").dt.tz_localize(timezone)
    bad = values.isna() & text.ne("")
    return values, [int(at) for at in bad.to_numpy().nonzero()[0]]


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _fen(text: str) -> int | None:
    number = _decimal(text)
    if number is None or number * 100 != (fen := int(number * 100)):
        return None
    return fen


def _integer(text: str) -> int | None:
    number = _decimal(text)
    return int(number) if number is not None and number == int(number) else None


_PARSE: Mapping[str, Callable[[str], object]] = {
    "money": _fen,
    "integer": _integer,
    "decimal": _decimal,
    "bool": {"是": True, "否": False}.get,
}
