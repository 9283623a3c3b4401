"""One record as people like to read it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._ui import chrome, routes, state, values, widgets
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.finding import Finding
from schemas.record import Record, Rejected, Saved
from schemas.rights import may
from schemas.template import Template
from services.attachments import File
from services.prints import PrintKind

WARNINGS = 3
PRINTS: tuple[PrintKind, ...] = ("pdf", "xlsx")
SHORT_CHOICE = 2
"""Letters of a choice that says nothing without its question: "A", "是"."""
_BADGES = {"grey": "gray", "amber": "orange", "red": "red"}


def missing(visit: Visit, template: Template) -> None:
    """There is no such record, or it is not this person's to see: the two look alike."""
    with chrome.header(visit, template.label.text(visit.language)):
        pass
    st.info(visit.md("record.missing"), icon=":material/search_off:")
    routes.link(routes.RECORDS, template.label.text(visit.language), icon=routes.RECORDS.icon, t=template.key)


def head(visit: Visit, template: Template, record: Record) -> None:
    """What the record is called, how it stands and the actions this person has."""
    line = visit.text(
        "record.line", form=template.label.text(visit.language), number=values.number(template, record),
        by=record.system.get("created_by", ""), at=values.moment(visit, record.system.get("created_at", "")),
    )  # fmt: skip
    with chrome.header(visit, values.headline(visit, template, record), line, badge=_badge(visit, template, record)):
        _actions(visit, template, record)


def _badge(visit: Visit, template: Template, record: Record) -> tuple[str, str] | None:
    """How the record stands when that is not the usual; else the first answer of a choice its list shows (a grade,
    a progress), which is what people ask for first."""
    status, tone = values.status(visit, record)
    if tone != "green":
        return status, _BADGES.get(tone, "blue")
    key = values.telling_choice(template, record)
    if not key:
        return None
    field = template.by_key[key]
    shown = values.shown(visit, field, record.values[key])
    return shown if len(shown) > SHORT_CHOICE else f"{field.label.text(visit.language)} {shown}", "blue"


def _actions(visit: Visit, template: Template, record: Record) -> None:
    """What takes something away stands first, farthest from the primary button."""
    _withdrawing(visit, template, record)
    if may(visit.actor, template, "create") and st.button(
        visit.md("record.copy"), key="copy", icon=":material/content_copy:"
    ):
        routes.go(routes.FORM, t=template.key, copy=record.record_id)
    with st.popover(visit.md("record.print"), icon=":material/print:", key="print"):
        st.caption(visit.md("record.print_help"))
        for kind in PRINTS:
            name = f"{template.label.text(visit.language)} {values.number(template, record)}.{kind}"
            st.download_button(
                visit.md(f"record.print_{kind}"), data=_printed(visit, template, record, kind), file_name=name,
                key=f"print_{kind}", on_click="ignore", width="stretch",
            )  # fmt: skip
    if (
        not record.is_void
        and may(visit.actor, template, "edit")
        and st.button(visit.md("record.edit"), key="edit", type="primary", icon=":material/edit:")
    ):
        routes.go(routes.FORM, t=template.key, id=record.record_id)


def _printed(visit: Visit, template: Template, record: Record, kind: PrintKind) -> Callable[[], bytes]:
    """Made when it is asked for, with the rights of who asks."""

    def made() -> bytes:
        made = visit.app.prints.record(template.key, record.record_id, visit.actor, kind=kind, language=visit.language)
        return made.data if isinstance(made, File) else visit.app.labels.finding(made, visit.language).encode()

    return made


def _withdrawing(visit: Visit, template: Template, record: Record) -> None:
    if not may(visit.actor, template, "withdraw"):
        return
    if record.is_void:
        if st.button(visit.md("record.restore"), key="restore", icon=":material/restore:"):
            _dialog(visit.text("record.restore_question"))(_restore)(visit, template, record)
    elif st.button(visit.md("record.withdraw"), key="withdraw", type="tertiary", icon=":material/undo:"):
        _dialog(visit.text("record.withdraw_question"))(_withdraw)(visit, template, record)


def _dialog(title: str) -> Callable[..., Callable[..., None]]:
    """A dialog titled in the reader's language."""
    return st.dialog(plain(title), width="small")


def _withdraw(visit: Visit, template: Template, record: Record) -> None:
    """Question, consequence, reason, and a button that repeats the verb."""
    st.markdown(visit.md("record.withdraw_consequence", name=values.headline(visit, template, record)))
    reason = widgets.line(f"reason.{record.record_id}", visit.md("record.reason"))
    if st.button(visit.md("record.withdraw_confirm"), key="withdraw_confirm", type="primary", width="stretch"):
        outcome = visit.app.repository.withdraw(
            template.key, record.record_id, reason=reason, etag=record.etag, key=_key(visit, record), actor=visit.actor
        )
        _after(visit, template, record, outcome, "record.withdrawn")


def _restore(visit: Visit, template: Template, record: Record) -> None:
    st.markdown(visit.md("record.restore_consequence", name=values.headline(visit, template, record)))
    if st.button(visit.md("record.restore_confirm"), key="restore_confirm", type="primary", width="stretch"):
        outcome = visit.app.repository.restore(
            template.key, record.record_id, etag=record.etag, key=_key(visit, record), actor=visit.actor
        )
        _after(visit, template, record, outcome, "record.restored")


def _key(visit: Visit, record: Record) -> str:
    """The one-time key of one withdrawal or restoration: a double click is the same act."""
    name = f"act.{record.etag}"
    key: str = state.form_value(record.record_id, name) or visit.app.new_id()
    state.keep_form_value(record.record_id, name, key)
    return key


def _after(visit: Visit, template: Template, record: Record, outcome: Saved | Rejected, done: str) -> None:
    if isinstance(outcome, Rejected):
        for finding in outcome.findings:
            st.error(visit.finding(finding, template))
        return
    state.forget_form_value(record.record_id, f"act.{record.etag}")
    visit.app.sync.poke()
    state.leave_note(done, name=values.headline(visit, template, record))
    st.rerun()


def receipt(visit: Visit, template: Template, record: Record) -> None:
    """After saving: its number, since when it is safe, and the likely next steps."""
    saved_at = state.form_value(record.record_id, "saved_at")
    if not saved_at or record.is_void:
        return
    with st.container(border=True, key="card__receipt"):
        text = visit.md("record.saved", name=values.headline(visit, template, record), at=saved_at,
                        number=values.number(template, record))  # fmt: skip
        st.markdown(f":green[:material/check_circle:] {text}")
        _written(visit, template, record.record_id)
        warnings = state.form_value(record.record_id, "warnings", [])
        for kept in warnings[:WARNINGS]:
            chrome.remark("orange", "warning", visit.finding(state.finding_of(kept)[0], template))
        if len(warnings) > WARNINGS:
            st.caption(visit.md("record.more_warnings", count=len(warnings) - WARNINGS))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="next_steps"):
            if may(visit.actor, template, "create"):
                routes.link(routes.FORM, visit.text("record.add_another"), icon=":material/add:", t=template.key)
            routes.link(routes.RECORDS, visit.text("record.back_to_list"), icon=routes.RECORDS.icon, t=template.key)
            if st.button(visit.md("record.hide_receipt"), key="hide_receipt", type="tertiary"):
                state.forget_form_value(record.record_id, "saved_at")
                st.rerun()


def _written(visit: Visit, template: Template, record_id: str) -> None:
    """Whether the workbook shows it too; never said before it is true."""
    place = visit.app.sync.row_of(template.key, record_id)
    status = visit.app.sync.status()
    if place:
        chrome.remark("green", "table_chart", visit.md("sync.written_at", sheet=place[0], row=place[1]))
    elif status.state in ("ok", "waiting") and not status.reason:
        st.caption(visit.md("sync.will_be_written"))
    else:
        st.caption(visit.md("sync.waits", reason=visit.app.labels.finding(_reason(status.reason, status.params),
                                                                          visit.language)))  # fmt: skip


def _reason(code: str, params: object) -> Finding:
    return Finding(code, params=dict(params))  # type: ignore[call-overload]
