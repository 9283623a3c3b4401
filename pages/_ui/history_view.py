"""A record's history: who changed what from what to what, when, here or in the workbook; and the way back."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages._ui import state, values
from pages._ui.components import Tone
from pages._ui.gate import Visit
from pages._ui.timeline import TimelineEdit, TimelineEntry, TimelineLine, timeline
from schemas.record import Record, Rejected
from schemas.rights import may
from schemas.template import Field, Template
from services.versions import Edit, LineChange, Version

FIRST = 6
LINE_WORDS = 4
"""Values of a line item that tell it from others."""
SHORTEST = 80
"""Longer texts are shortened: the form and the dialog show them whole."""
_TONES: Mapping[str, Tone] = {"workbook": "amber", "import": "amber", "system": "grey"}


def draw(visit: Visit, template: Template, record: Record) -> None:
    """Newest first; older ones are folded."""
    versions = visit.app.versions.of(template.key, record.record_id, visit.actor)
    may_go_back = may(visit.actor, template, "edit") and not record.is_void
    entries = [
        _entry(visit, template, record, version, may_go_back and number > 0) for number, version in enumerate(versions)
    ]
    texts = {
        name: visit.text(f"history.{name}") for name in ("empty", "undo", "undo_title", "restore", "restore_title")
    }
    texts["older"] = visit.text("history.older", count=len(entries) - FIRST)
    by_revision = {str(version.revision): version for version in versions}

    def ask(revision: str, key: str) -> None:
        version = by_revision.get(revision)
        if version is not None and may_go_back:
            question = visit.md("history.undo_question" if key else "history.restore_question")
            st.dialog(question, width="medium")(confirm)(visit, template, record, version, key)

    with st.container(border=True, key="card__history"):
        st.subheader(visit.md("history.title"), anchor=False)
        timeline(f"timeline.{record.record_id}", visit.text("history.title"), entries, texts, first=FIRST, on_ask=ask)


def _entry(visit: Visit, template: Template, record: Record, version: Version, may_restore: bool) -> TimelineEntry:
    edits = tuple(_edit(visit, template, record, edit) for edit in version.edits)
    if not may(visit.actor, template, "edit") or record.is_void:
        edits = tuple(TimelineEdit(one.field, one.before, one.after) for one in edits)
    return TimelineEntry(
        id=str(version.revision),
        verb=visit.text(f"history.verb.{version.verb}"),
        tone=_TONES.get(version.source, ""),
        source="" if version.source == "portal" else visit.text(f"history.source.{version.source}"),
        who=visit.text("history.who", who=version.actor, at=values.moment(visit, version.at)),
        reason=version.reason if version.verb == "withdraw" else "",
        edits=edits,
        lines=tuple(_line(visit, template, change) for change in version.line_changes),
        restore=may_restore and version.verb not in ("withdraw", "restore"),
    )


def _edit(visit: Visit, template: Template, record: Record, edit: Edit) -> TimelineEdit:
    field = _field(template, edit)
    if field is None:
        return TimelineEdit(_name(visit, template, edit), edit.before, edit.after)
    texts = (edit.before, edit.after)
    if edit.key.startswith("raw:"):
        before, after = texts
    else:
        before, after = (_short(values.shown(visit, field, text)) for text in texts)
    can_undo = (
        not edit.line
        and edit.key == field.key
        and field.type not in ("serial", "computed")
        and record.values.get(field.key, "") != edit.before
        and "*" not in edit.before
    )
    return TimelineEdit(_name(visit, template, edit), before, after, field.key if can_undo else "")


def _short(text: str) -> str:
    return text if len(text) <= SHORTEST else f"{text[: SHORTEST - 1]}…"


def _field(template: Template, edit: Edit) -> Field | None:
    bare = edit.key.removeprefix("raw:")
    if edit.line in template.lines_by_key:
        return next((item for item in template.lines_by_key[edit.line].fields if item.key == bare), None)
    return template.by_key.get(bare) if not edit.line else None


def _name(visit: Visit, template: Template, edit: Edit) -> str:
    """The field's label; in a line table with the table's name and the row."""
    field = _field(template, edit)
    name = field.label.text(visit.language) if field else edit.key.removeprefix("raw:").removeprefix("extra:")
    line = template.lines_by_key.get(edit.line)
    if line is None:
        return name
    return visit.text("history.in_line", line=line.label.text(visit.language), number=edit.number, field=name)


def _line(visit: Visit, template: Template, change: LineChange) -> TimelineLine:
    line = template.lines_by_key.get(change.line)
    fields = [item for item in line.fields if change.values.get(item.key)] if line else []
    shown = [values.shown(visit, item, change.values[item.key]) for item in fields[:LINE_WORDS]]
    what = visit.text("list.separator").join(shown)
    label = line.label.text(visit.language) if line else change.line
    key = "history.line_came" if change.came else "history.line_gone"
    return TimelineLine(visit.text(key, line=label, what=_short(what)), change.came)


# --- the way back --------------------------------------------------------------------------------------------------


def confirm(visit: Visit, template: Template, record: Record, version: Version, key: str) -> None:
    """What would change, and a button that repeats the verb."""
    before = next((edit.before for edit in version.edits if not edit.line and edit.key == key), "")
    wanted = {key: before} if key else version.values
    changing = (key,) if key else visit.app.versions.differences(record, version, visit.actor)
    when = values.moment(visit, version.at)
    if not changing:
        st.markdown(visit.md("history.nothing_to_restore"))
        return
    if not key:
        st.markdown(visit.md("history.restore_to", at=when, who=version.actor))
    for name in changing:
        if name in template.lines_by_key:
            label = template.lines_by_key[name].label.text(visit.language)
            count = len(version.lines.get(name, {}))
            st.text(visit.text("history.restores_lines", line=label, count=count))
            continue
        field = template.by_key[name]
        now, then = (values.shown(visit, field, text) for text in (record.values.get(name, ""), wanted.get(name, "")))
        empty = visit.text("history.empty")
        label = field.label.text(visit.language)
        st.text(visit.text("history.change", field=label, before=now or empty, after=then or empty))
    verb = visit.md("history.undo_confirm" if key else "history.restore_confirm")
    if st.button(verb, key="version_confirm", type="primary", width="stretch"):
        _go_back(visit, template, record, version, key)


def _go_back(visit: Visit, template: Template, record: Record, version: Version, key: str) -> None:
    """Once, however often it is pressed: the one-time key stands for this record as it was shown."""
    name = f"back.{record.etag}.{version.revision}.{key}"
    once: str = state.form_value(record.record_id, name) or visit.app.new_id()
    state.keep_form_value(record.record_id, name, once)
    outcome = visit.app.versions.restore(record, version.revision, visit.actor, key=once, only=key)
    if isinstance(outcome, Rejected):
        for finding in outcome.findings:
            st.error(visit.finding(finding, template))
        return
    state.forget_form_value(record.record_id, name)
    visit.app.sync.poke()
    state.leave_note("history.restored", name=values.headline(visit, template, record))
    st.rerun()
