"""Records and submissions: what a person typed, and what it became once it was understood and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.finding import Finding

LIVE = "有效"
VOID = "已作废"
PENDING = "待确认"
"""In force, but answers that may come later (a template's `pending`) are still missing."""
UNREAD = "unread"
"""Beside a record's values where reports read it: the fields whose cells hold what is none of their type, joined by
、."""
SYSTEM_COLUMNS: Mapping[str, str] = {
    "record_id": "记录编号",
    "status": "状态",
    "created_at": "创建时间",
    "created_by": "创建人",
    "submitted_at": "提交时间",
    "approved_at": "审批时间",
    "void_reason": "作废原因",
    "updated_at": "更新时间",
    "updated_by": "更新人",
}
"""System columns by key, with their headers, in their order at the right end of a sheet (design: storage core)."""

LINE_SYSTEM_COLUMNS: Mapping[str, str] = {
    "record_id": "记录编号",
    "line_no": "行号",
    "status": "状态",
    "line_id": "行编号",
}
"""System columns of a line table's sheet: the record it belongs to, its place, its status, its own identity."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, with what rights. `staff_id` and `staff_name` make the text kept in 创建人, "S001 张三"."""

    account_id: str
    staff_id: str
    staff_name: str
    roles: frozenset[str]
    department: str = ""
    language: str = "zh"

    @property
    def signature(self) -> str:
        """The person as people columns hold it."""
        return f"{self.staff_id} {self.staff_name}".strip()

    @property
    def is_portal(self) -> bool:
        """Whether the portal itself acts, on its own or on somebody's behalf."""
        return self.account_id == PORTAL


PORTAL = "system"
SYSTEM_ACTOR = Actor(PORTAL, "", "系统", frozenset({"admin"}))


def on_behalf_of(actor: Actor) -> Actor:
    """The portal acting at a person's request: with its own rights, and with the person's name in the log."""
    return replace(SYSTEM_ACTOR, staff_id=actor.staff_id, staff_name=actor.staff_name, language=actor.language)


Typed = str | Sequence[str] | None
"""One answer as typed: text, a list of texts (multi-choice, attachments as "<sha256> <name>"), or nothing."""


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One row of a line table as typed. `line_id` is "" for a new row."""

    line_id: str
    values: Mapping[str, Typed]


@dataclass(frozen=True, slots=True)
class Submission:
    """Values as typed, with a one-time key: submitting the same key again answers the first result.

    record_id: "" to create. etags: for an edit, row id → ETag as it was shown, for the record and each of its lines.
    """

    template: str
    key: str
    values: Mapping[str, Typed]
    lines: Mapping[str, Sequence[TypedLine]] = field(default_factory=dict)
    record_id: str = ""
    etags: Mapping[str, str] = field(default_factory=dict)
    confirmed_warnings: frozenset[str] = frozenset()
    completes: bool = False
    """Sent as complete (确认提交): the template's pending answers are required. Otherwise they may come later."""


@dataclass(frozen=True, slots=True)
class Line:
    """One live row of a record's line table; values are canonical texts by field key."""

    line_id: str
    line_no: int
    values: Mapping[str, str]
    etag: str
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is stored.

    values: canonical text by field key; empty fields are absent. Typed values come from the field types.
    raw: by field key, the text of cells that could not be understood (typed by hand in the workbook).
    extra: by header, the cells of columns the template does not know.
    system: canonical text by system column key.
    """

    template: str
    record_id: str
    values: Mapping[str, str]
    system: Mapping[str, str]
    etag: str
    lines: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_void(self) -> bool:
        """Whether the record was withdrawn."""
        return self.system.get("status") == VOID

    @property
    def is_pending(self) -> bool:
        """Whether answers that may come later are still missing."""
        return self.system.get("status") == PENDING


@dataclass(frozen=True, slots=True)
class Saved:
    """The record is in the journal. `replayed`: this one-time key had been saved before; nothing was written again."""

    record_id: str
    number: str
    """What people call the record: its record key, else its record number."""
    at: datetime
    replayed: bool = False
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldClash:
    """One field two people changed: as it was when the form was opened, as it is now, as it was typed."""

    field: str
    opened: str
    now: str
    mine: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing was written. Findings say what to fix; `clashes` are for a record changed meanwhile (code R010)."""

    findings: tuple[Finding, ...]
    clashes: tuple[FieldClash, ...] = ()


_JSON = json.JSONEncoder(ensure_ascii=False)


def etag_of(values: Mapping[str, str], raw: Mapping[str, str], status: str) -> str:
    """ETag of one row: 16 hex digits over its canonical text. Who touched it last and when is not part of it."""
    text = _JSON.encode([sorted(values.items()), sorted(raw.items()), status])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
