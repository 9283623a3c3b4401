"""A record's history: who changed what from what to what, when, and whether here or in the workbook."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages._ui import values
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.record import SYSTEM_COLUMNS, Record
from schemas.template import Field, Template
from services.records import Change

QUIET = frozenset({"created_at", "created_by", "submitted_at", "approved_at", "updated_at", "updated_by", "line_no",
                   "record_id", "status"})  # fmt: skip
FIRST = 8


def draw(visit: Visit, template: Template, record: Record) -> None:
    """Newest first; older ones are folded."""
    changes = list(reversed(visit.app.repository.history(template.key, record.record_id, visit.actor)))
    with st.container(border=True, key="card__history"):
        st.subheader(visit.md("history.title"), anchor=False)
        for change in changes[:FIRST]:
            _change(visit, template, change)
        if len(changes) > FIRST:
            with st.expander(visit.md("history.older", count=len(changes) - FIRST)):
                for change in changes[FIRST:]:
                    _change(visit, template, change)


def _change(visit: Visit, template: Template, change: Change) -> None:
    verb = visit.text(f"history.verb.{change.verb}")
    source = "" if change.source == "portal" else visit.text(f"history.source.{change.source}")
    with st.container(key=f"change__{change.seq}", gap="xxsmall"):
        st.markdown(f"**{plain(verb)}** {plain(source)}")
        st.caption(plain(visit.text("history.who", who=change.actor, at=values.moment(visit, change.at))))
        if change.verb != "create":
            for name, before, after in differences(visit, template, change):
                st.text(visit.text("history.change", field=name, before=before, after=after))


def differences(visit: Visit, template: Template, change: Change) -> list[tuple[str, str, str]]:
    """(what, before, after) of every field this change touched, as people read them."""
    fields, prefix = _fields(visit, template, change.table)
    keys = [key for key in {**change.before, **change.after} if key not in QUIET]
    empty = visit.text("history.empty")
    return [
        (
            prefix + _name(visit, fields, key),
            _shown(visit, fields, key, change.before) or empty,
            _shown(visit, fields, key, change.after) or empty,
        )
        for key in keys
    ]


def _fields(visit: Visit, template: Template, table: str) -> tuple[Mapping[str, Field], str]:
    _, _, key = table.partition(".")
    line = template.lines_by_key.get(key)
    if line is None:
        return template.by_key, ""
    return {f.key: f for f in line.fields}, f"{line.label.text(visit.language)} · "


def _name(visit: Visit, fields: Mapping[str, Field], key: str) -> str:
    bare = key.removeprefix("raw:").removeprefix("extra:")
    if bare in fields:
        return fields[bare].label.text(visit.language)
    return visit.text(f"system.{bare}") if bare in SYSTEM_COLUMNS else bare


def _shown(visit: Visit, fields: Mapping[str, Field], key: str, texts: Mapping[str, str]) -> str:
    text = texts.get(key, "")
    return values.shown(visit, fields[key], text) if key in fields else text
