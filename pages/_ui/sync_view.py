"""The workbook's state: what waits and why, what its cells hold that could not be understood, and conflicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from pages._ui import chrome, components, guard, routes, state, values
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.finding import CellRef, Finding
from services.attachments import File
from services.records import Conflict, SyncStatus

SHOWN = 200
_ANSWERS = {"S082": "adopt", "S083": "accept_move", "S084": "confirm_removal"}
"""Why the workbook waits for a person → what the administrator may answer."""


def head(visit: Visit) -> None:
    """Title and the administrator's two actions."""
    with chrome.header(visit, visit.text("sync.title"), visit.text("sync.line", path=visit.app.config.workbook.name)):
        if "admin" not in visit.actor.roles:
            return
        st.download_button(
            visit.md("sync.download"), _raw(visit), file_name=visit.app.config.workbook.name, key="download_workbook",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if st.button(visit.md("sync.write_now"), key="write_now", type="primary", icon=":material/sync:"):
            _do(visit, visit.app.sync.fold_now, "sync.written")


def _do(visit: Visit, act: Callable[[], object], done: str) -> None:
    """Asks something of the workbook; why it cannot be is said here, and the page goes on."""
    with guard.guard(lambda: visit.app.labels, visit.language):
        with st.spinner(visit.text("sync.writing")):
            act()
        state.leave_note(done)
        st.rerun()


def _raw(visit: Visit) -> Callable[[], bytes]:
    def data() -> bytes:
        made = visit.app.exports.workbook(visit.actor)
        return made.data if isinstance(made, File) else visit.app.labels.finding(made, visit.language).encode()

    return data


def standing(visit: Visit) -> None:
    """What waits, since when the workbook is up to date, and why it waits; looks again every few seconds."""
    components.pulse("standing", every=chrome.SHORT_WAIT)
    status = visit.app.sync.status()
    with st.container(border=True, key="card__standing"):
        grid = st.grid(4, min_column_width=150)
        with grid, st.container(key="fact__state", gap="xxsmall"):
            st.caption(visit.md("sync.state"))
            chrome.sync_badge(visit)
        for name, text in _facts(visit, status):
            with grid, st.container(key=f"fact__{name}", gap="xxsmall"):
                st.caption(visit.md(f"sync.{name}"))
                st.text(text)
        if status.reason:
            reason = Finding(status.reason, params=dict(status.params))
            st.warning(visit.finding(reason), icon=":material/schedule:")
            if "admin" in visit.actor.roles and status.reason in _ANSWERS:
                st.button(visit.md(f"sync.answer.{status.reason}"), key="sync_answer", on_click=_answer,
                          args=(visit, status.reason))  # fmt: skip


def _answer(visit: Visit, reason: str) -> None:
    """The administrator's answer to what only a person may decide."""
    with guard.guard(lambda: visit.app.labels, visit.language):
        getattr(visit.app.sync, _ANSWERS[reason])()


def _facts(visit: Visit, status: SyncStatus) -> list[tuple[str, str]]:
    last = values.moment(visit, status.last_published_at) if status.last_published_at else visit.text("sync.never")
    return [("pending", f"{status.pending:,}"), ("last_write", last), ("conflict_count", f"{status.conflicts:,}")]


def conflicts(visit: Visit) -> None:
    """Fields changed here and in the workbook at once: both values, and whose is to stand."""
    found = visit.app.sync.conflicts(visit.actor)
    if not found:
        return
    with st.container(border=True, key="card__conflicts"):
        st.subheader(visit.md("sync.conflicts"), anchor=False)
        st.caption(visit.md("sync.conflicts_help"))
        for conflict in found[:SHOWN]:
            _conflict(visit, conflict)


def _conflict(visit: Visit, conflict: Conflict) -> None:
    template = visit.app.catalogue[conflict.table.partition(".")[0]]
    line = template.lines_by_key.get(conflict.table.partition(".")[2])
    fields = {f.key: f for f in line.fields} if line else template.by_key
    asked = fields.get(conflict.column)
    name = asked.label.text(visit.language) if asked else conflict.column

    def shown(text: str) -> str:
        return (values.shown(visit, asked, text) if asked else text) or visit.text("history.empty")

    with st.container(key=f"conflict__{conflict.number}", gap="xxsmall", border=True):
        st.markdown(f"**{plain(template.label.text(visit.language))}** · {plain(name)}")
        st.caption(visit.md("sync.conflict_before", value=shown(conflict.base)))
        with st.container(horizontal=True, gap="small"):
            sides: tuple[tuple[Literal["ours", "theirs"], str], ...] = (
                ("ours", conflict.ours),
                ("theirs", conflict.theirs),
            )
            for side, text in sides:
                label = visit.md(f"sync.take_{side}", value=shown(text))
                if st.button(label, key=f"take_{side}__{conflict.number}"):
                    _resolve(visit, conflict, side)
        if not line:
            routes.link(routes.RECORD, visit.text("sync.open_record"), t=template.key, id=conflict.row_id)


def _resolve(visit: Visit, conflict: Conflict, side: Literal["ours", "theirs"]) -> None:
    refused = visit.app.sync.resolve(conflict.number, side, visit.actor)
    for finding in refused:
        st.error(visit.finding(finding))
    if not refused:
        state.leave_note("sync.resolved")
        st.rerun()


def findings(visit: Visit, found: Sequence[Finding]) -> None:
    """Cells that could not be understood, each with its address in the workbook."""
    with st.container(border=True, key="card__findings"):
        st.subheader(visit.md("sync.findings"), anchor=False)
        if not found:
            st.caption(visit.md("sync.no_findings"))
            return
        st.caption(visit.md("sync.findings_help", count=len(found)))
        columns = [components.TableColumn(key, visit.text(f"sync.column.{key}")) for key in ("place", "what")]
        rows = [
            components.TableRow(str(number), (components.TableCell(_place(one)), _what(visit, one)))
            for number, one in enumerate(found[:SHOWN])
        ]
        components.table("table.findings", visit.text("sync.findings"), columns, rows)


def _place(finding: Finding) -> str:
    return str(finding.at) if isinstance(finding.at, CellRef) else ""


def _what(visit: Visit, finding: Finding) -> components.TableCell:
    text = visit.app.labels.finding(finding, visit.language, templates=visit.app.catalogue)
    return components.TableCell(text, text)
