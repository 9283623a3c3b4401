"""A record's past as people read it: one version for each time it was saved, what changed then, and going back to it.

Versions are worked out from the changes a person may see, so masked and hidden fields stay masked and hidden; going
back leaves them as they are. Going back is an edit like any other: rights, rules and the one-time key all apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.field_types import type_of
from schemas.record import SYSTEM_COLUMNS, VOID, Actor, Record, Rejected, Saved, Submission, Typed, TypedLine
from schemas.rights import is_masked, may_read_field
from schemas.template import Field, LineTable, Template
from sheets_adapter.contract import Change, Source, Verb

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from sheets_adapter.repository import Repository

_LINE_COLUMNS = frozenset({"record_id", "line_no", "status"})
_UNDONE_BY_NOBODY = frozenset({"serial", "computed"})
"""Numbers and computed values follow from the rest."""


@dataclass(frozen=True, slots=True)
class LineState:
    """One line as it stood; `values` are canonical texts by field key."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """One field that changed. `line` is "" for the header; `number` the line's place. `key` may be `raw:<key>`
    (a cell that could not be understood) or `extra:<header>` (a column people added)."""

    key: str
    before: str
    after: str
    line: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class LineChange:
    """A whole line that came or went, with what stood in it."""

    line: str
    number: int
    values: Mapping[str, str]
    came: bool


@dataclass(frozen=True, slots=True)
class Version:
    """The record after it was written once. edits: header and lines; values, lines: how everything stood then."""

    revision: int
    at: datetime
    actor: str
    source: Source
    verb: Verb
    edits: tuple[Edit, ...]
    line_changes: tuple[LineChange, ...]
    reason: str
    values: Mapping[str, str]
    lines: Mapping[str, Mapping[str, LineState]]


@dataclass(slots=True)
class _State:
    """The record while its past is replayed; lines by line key and line id, removed ones left out."""

    values: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def lines(self) -> dict[str, dict[str, LineState]]:
        return {
            key: {
                line_id: LineState(_number(row), {name: text for name, text in row.items() if _is_answer(name)})
                for line_id, row in sorted(rows.items(), key=lambda item: _number(item[1]))
                if row.get("status") != VOID
            }
            for key, rows in self.rows.items()
        }


class Versions:
    """Reads versions and goes back to them."""

    def __init__(self, repository: Callable[[], Repository], catalogue: Callable[[], Catalogue]) -> None:
        self._repository = repository
        self._catalogue = catalogue

    def of(self, template: str, record_id: str, actor: Actor) -> tuple[Version, ...]:
        """The record's versions, newest first, as far as the actor may see."""
        return replay(self._catalogue()[template], self._repository().history(template, record_id, actor))

    def restore(
        self, record: Record, revision: int, actor: Actor, *, key: str, only: str = ""
    ) -> Saved | Rejected | None:
        """Makes the record as it was after that write; with `only`, puts back what that write changed of one field.

        None when there is nothing to put back. `record` is the record as it was shown: who changed it meanwhile wins.
        """
        form = self._catalogue()[record.template]
        version = next((v for v in self.of(record.template, record.record_id, actor) if v.revision == revision), None)
        if version is None:
            return None
        own = self._repository().is_own(record.template, record.record_id, actor)
        plan = _Plan(form, record, actor, own)
        if only:
            before = next((edit.before for edit in version.edits if not edit.line and edit.key == only), None)
            values = {} if before is None else plan.values({only: before}, {only})
            lines: Mapping[str, Sequence[TypedLine]] = {}
        else:
            values, lines = plan.values(version.values, set(form.by_key)), plan.lines(version.lines)
        if not values and not lines:
            return None
        etags = {record.record_id: record.etag}
        etags |= {line.line_id: line.etag for rows in record.lines.values() for line in rows}
        submission = Submission(record.template, key, values, lines, record.record_id, etags)
        return self._repository().submit(submission, actor)

    def differences(self, record: Record, version: Version, actor: Actor) -> tuple[str, ...]:
        """Keys of the fields, and of the line tables, that going back to the version would change."""
        form = self._catalogue()[record.template]
        own = self._repository().is_own(record.template, record.record_id, actor)
        plan = _Plan(form, record, actor, own)
        return (*plan.values(version.values, set(form.by_key)), *plan.lines(version.lines))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be typed to bring a record to another state."""

    template: Template
    record: Record
    actor: Actor
    own: bool

    def values(self, wanted: Mapping[str, str], keys: set[str]) -> dict[str, Typed]:
        """Answers to the fields that differ and may be put back."""
        return {
            item.key: type_of(item).edit_text(wanted.get(item.key, ""), item)
            for item in self.template.fields
            if item.key in keys
            and self._may_put_back(item)
            and wanted.get(item.key, "") != self.record.values.get(item.key, "")
        }

    def lines(self, wanted: Mapping[str, Mapping[str, LineState]]) -> dict[str, list[TypedLine]]:
        """Line tables that differ, whole: lines still there by their id, removed ones as new."""
        return {
            line.key: self._typed(line, wanted.get(line.key, {}))
            for line in self.template.lines
            if self._differs(line, wanted.get(line.key, {}))
        }

    def _differs(self, line: LineTable, wanted: Mapping[str, LineState]) -> bool:
        keys = [item.key for item in line.fields if self._may_put_back(item)]
        now = self.record.lines.get(line.key, ())
        mine = [(one.line_id, *(one.values.get(key, "") for key in keys)) for one in now]
        then = [(line_id, *(state.values.get(key, "") for key in keys)) for line_id, state in wanted.items()]
        return mine != then

    def _typed(self, line: LineTable, wanted: Mapping[str, LineState]) -> list[TypedLine]:
        there = {one.line_id for one in self.record.lines.get(line.key, ())}
        fields = [item for item in line.fields if self._may_put_back(item)]
        return [
            TypedLine(
                line_id if line_id in there else "",
                {item.key: type_of(item).edit_text(state.values.get(item.key, ""), item) for item in fields},
            )
            for line_id, state in wanted.items()
        ]

    def _may_put_back(self, item: Field) -> bool:
        """A masked or hidden value is not known here, so it stays as it is."""
        return (
            item.type not in _UNDONE_BY_NOBODY
            and may_read_field(self.actor, self.template, item)
            and not is_masked(self.actor, self.template, item, self.own)
        )


def replay(template: Template, changes: Sequence[Change]) -> tuple[Version, ...]:
    """The versions behind the changes of a record and its lines (oldest first); newest first."""
    state = _State()
    versions: list[Version] = []
    at = 0
    while at < len(changes):
        batch = [change for change in changes[at:] if change.revision == changes[at].revision]
        versions.append(_version(template, state, batch))
        at += len(batch)
    return tuple(reversed(versions))


def _version(template: Template, state: _State, batch: Sequence[Change]) -> Version:
    header = next((change for change in batch if change.table == template.key), batch[0])
    is_new = not state.values and not state.rows
    edits: list[Edit] = []
    line_changes: list[LineChange] = []
    for change in batch:
        line = change.table.partition(".")[2]
        if not line:
            edits += [] if is_new else [_edit(key, change) for key in _changed(change) if _is_header_answer(key)]
            _apply(state.values, change)
            continue
        row = state.rows.setdefault(line, {}).setdefault(change.row_id, {})
        known, was_there = bool(row), bool(row) and row.get("status") != VOID
        _apply(row, change)
        is_there = row.get("status") != VOID
        if is_there != was_there and not is_new and header.verb not in ("withdraw", "restore"):
            line_changes.append(LineChange(line, _number(row), _answers(row), came=is_there))
        elif known and is_there:
            edits += [_edit(key, change, line, _number(row)) for key in _changed(change) if _is_answer(key)]
    return Version(
        header.revision, header.at, header.actor, header.source, header.verb, tuple(edits), tuple(line_changes),
        header.after.get("void_reason", ""), _answers(state.values), state.lines(),
    )  # fmt: skip


def _apply(values: dict[str, str], change: Change) -> None:
    for key in change.before:
        values.pop(key, None)
    values.update({key: text for key, text in change.after.items() if text})


def _changed(change: Change) -> list[str]:
    return list({**change.before, **change.after})


def _edit(key: str, change: Change, line: str = "", number: int = 0) -> Edit:
    return Edit(key, change.before.get(key, ""), change.after.get(key, ""), line, number)


def _answers(values: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in values.items() if _is_header_answer(key)}


def _is_header_answer(key: str) -> bool:
    return key not in SYSTEM_COLUMNS


def _is_answer(key: str) -> bool:
    return key not in _LINE_COLUMNS


def _number(row: Mapping[str, str]) -> int:
    text = row.get("line_no", "")
    return int(text) if text.isascii() and text.isdigit() else 0
