"""Values as people read them in tables and on records: short where space is short, in full on hover."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pages._ui.components import TableCell, Tone
from pages._ui.gate import Visit
from schemas.field_types import show
from schemas.line_totals import is_number
from schemas.record import LIVE, PENDING, VOID, Record
from schemas.template import Field, Template

LONG = frozenset({"long_text", "attachment", "decision"})


def shown(visit: Visit, asked: Field, text: str) -> str:
    """A canonical text as people read it, references by their display."""
    return show(text, asked, visit.language, visit.app.repository.references) if text else ""


def cell(visit: Visit, asked: Field, text: str, raw: str = "") -> TableCell:
    """A table cell: near dates without the year, the rest as on the record; cells not understood as they stand."""
    if raw:
        return TableCell(raw, visit.text("record.not_understood"), "amber")
    full = shown(visit, asked, text)
    if asked.type == "date" and text[:4] == str(visit.app.clock().year):
        return TableCell(text[5:], full)
    return TableCell(full.replace("\n", " "), full if len(full) > 24 else "")


def align(asked: Field) -> Literal["left", "right"]:
    """Numbers stand right, everything else left."""
    return "right" if is_number(asked) else "left"


def status(visit: Visit, record: Record) -> tuple[str, Tone]:
    """The record's status in the reader's language, with its tone."""
    text = record.system.get("status", LIVE)
    if text == VOID:
        return visit.text("status.void"), "grey"
    if text == LIVE and visit.app.samples.is_sample(record):
        return visit.text("status.sample"), "blue"
    if text == LIVE:
        return visit.text("status.live"), "green"
    if text == PENDING:
        return visit.text("status.pending"), "amber"
    return text, "blue"


def headline(visit: Visit, template: Template, record: Record) -> str:
    """What people call the record: its display, else its number."""
    for key in (template.display, template.record_key):
        if key and record.values.get(key):
            return shown(visit, template.by_key[key], record.values[key])
    return record.record_id


def telling_choice(template: Template, record: Record) -> str:
    """Key of the first answered choice of the list's columns, a grade or a progress: what people ask for first."""
    keys = (key for key in template.list_view.columns if template.by_key[key].type == "choice")
    return next((key for key in keys if record.values.get(key)), "")


def number(template: Template, record: Record) -> str:
    """The record's number: its key, else its record number."""
    return record.values.get(template.record_key or "", "") or record.record_id


def moment(visit: Visit, at: datetime | str) -> str:
    """A moment near now in words: 今天 14:03, 昨天 09:20, else with its date."""
    if isinstance(at, str):
        if not at:
            return ""
        at = datetime.fromisoformat(at)
    now = visit.app.clock()
    local = at.astimezone(now.tzinfo) if at.tzinfo else at
    days = (now.date() - local.date()).days
    if days in (0, 1):
        return visit.text(("time.today", "time.yesterday")[days], time=f"{local:%H:%M}")
    return f"{local:%m-%d %H:%M}" if local.year == now.year else f"{local:%Y-%m-%d %H:%M}"


def day_line(visit: Visit, day: date) -> str:
    """A day with its weekday."""
    return visit.text("time.day", date=f"{day:%Y-%m-%d}", weekday=visit.text(f"time.weekday.{day.weekday()}"))


def is_long(asked: Field) -> bool:
    """Whether the field needs the card's whole width."""
    return asked.type in LONG
