"""Typed frames kept up to date by the rows written since: only those are understood anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.frames import FrameSet, Grown, Rows, lines_of, typed_table
from schemas.finding import Finding
from schemas.record import UNREAD
from schemas.template import Template

RowKey = tuple[str, int]
"""A record, and the line in it; 0 for the record itself."""
Problems = Mapping[RowKey, tuple[Finding, ...]]


@dataclass(frozen=True)
class _Table:
    """One table as it was last read. typed: all its rows in force, lines of withdrawn records among them."""

    typed: pd.DataFrame
    frame: pd.DataFrame
    problems: Problems = field(default_factory=dict)


class FrameBook:
    """Frames of all tables of some templates.

    Rows are in the order in which they were last written, as when everything is read at once. A row is known by its
    record number, a line by its own (`line_id`).
    """

    def __init__(self, templates: Iterable[Template], timezone: str) -> None:
        self._templates = tuple(templates)
        self._timezone = timezone
        self._tables: dict[str, _Table] = {}
        self.frames = FrameSet({})

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Which cells could not be understood."""
        problems = (each for table in self._tables.values() for each in table.problems.values())
        return tuple(finding for found in problems for finding in found)

    def take(self, written: Rows) -> None:
        """Takes up rows written since, by table, in the order they were written; withdrawn ones go."""
        grown: dict[str, Grown] = {}
        for template in self._templates:
            names = template.table_names()
            if names[0] in self._tables and not any(written.get(name) for name in names):
                continue
            for name in names:
                known = self._tables.get(name)
                table, kept = self._changed(template, name, known, written.get(name, ()))
                self._tables[name] = table
                if known is not None and kept is not None and table.frame is not known.frame:
                    grown[name] = Grown(known.frame, kept)
        self.frames = FrameSet({name: table.frame for name, table in self._tables.items()}, grown)

    def _changed(
        self, template: Template, name: str, known: _Table | None, rows: Sequence[Mapping[str, str]]
    ) -> tuple[_Table, npt.NDArray[np.int64] | None]:
        """The table with these rows, and which rows of its former frame it begins with; None where that is unknown."""
        typed, kept, problems = self._typed(template, name, known, rows)
        if name == template.key:
            return _Table(typed, typed, problems), kept
        frame = lines_of(typed, self._tables[template.key].frame)
        if known is None:
            return _Table(typed, frame, problems), None
        if frame is typed:
            return _Table(typed, frame, problems), kept if known.frame is known.typed else None
        same = typed is known.typed and frame["line_id"].equals(known.frame["line_id"])
        return _Table(typed, known.frame if same else frame, problems), None

    def _typed(
        self, template: Template, name: str, known: _Table | None, rows: Sequence[Mapping[str, str]]
    ) -> tuple[pd.DataFrame, npt.NDArray[np.int64] | None, Problems]:
        if known is not None and not rows:
            return known.typed, None, known.problems
        fresh, found = typed_table(template, name, rows, self._timezone)
        if known is None:
            return fresh, None, _by_row(found)
        is_line = name != template.key
        own = "line_id" if is_line else "record_id"
        written = known.typed[own].isin([row[own] for row in rows]).to_numpy(dtype=bool)
        kept = np.flatnonzero(~written)
        gone = set(_keys_of(known.typed[written], is_line=is_line))
        problems = {key: each for key, each in known.problems.items() if key not in gone} | _by_row(found)
        parts = [part for part in (known.typed.iloc[kept] if written.any() else known.typed, fresh) if len(part)]
        return _under_each_other(parts) if parts else fresh, kept, problems


def _under_each_other(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One frame of some rows; as when all are read at once, it has no column `unread` when everything could be read."""
    frame = pd.concat(parts, ignore_index=True)
    if UNREAD not in frame:
        return frame
    unread = frame[UNREAD].fillna("")
    return frame.assign(**{UNREAD: unread}) if unread.ne("").any() else frame.drop(columns=UNREAD)


def _keys_of(rows: pd.DataFrame, *, is_line: bool) -> list[RowKey]:
    if not is_line:
        return [(record, 0) for record in rows["record_id"]]
    return list(zip(rows["record_id"], rows["line_no"].fillna(0).astype(int), strict=True))


def _by_row(findings: Iterable[Finding]) -> dict[RowKey, tuple[Finding, ...]]:
    found: dict[RowKey, tuple[Finding, ...]] = {}
    for finding in findings:
        line_no = finding.params.get("line_no", 0)
        key = (str(finding.params["record_id"]), line_no if isinstance(line_no, int) else 0)
        found[key] = (*found.get(key, ()), finding)
    return found
