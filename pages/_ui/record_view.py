"""One record as people like to read it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._ui import chrome, components, history_view, routes, state, values, widgets
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.field_types.records import stored_files
from schemas.finding import Finding
from schemas.line_totals import line_totals
from schemas.record import Line, Record, Rejected, Saved
from schemas.rights import may
from schemas.template import Field, LineTable, Template
from services.attachments import File

FACTS = 5
WARNINGS = 3


def missing(visit: Visit, template: Template) -> None:
    """There is no such record, or it is not this person's to see: the two look alike."""
    with chrome.header(visit, template.label.text(visit.language)):
        pass
    st.info(visit.md("record.missing"), icon=":material/search_off:")
    routes.link(routes.RECORDS, template.label.text(visit.language), icon=routes.RECORDS.icon, t=template.key)


def head(visit: Visit, template: Template, record: Record) -> None:
    """What the record is called, its status and the actions this person has."""
    status, tone = values.status(visit, record)
    badge = (
        (status, {"grey": "gray", "green": "green"}.get(tone, "blue")) if record.is_void or tone != "green" else None
    )
    line = visit.text(
        "record.line", form=template.label.text(visit.language), number=values.number(template, record),
        by=record.system.get("created_by", ""), at=values.moment(visit, record.system.get("created_at", "")),
    )  # fmt: skip
    with chrome.header(visit, values.headline(visit, template, record), line, badge=badge):
        _actions(visit, template, record)


def _actions(visit: Visit, template: Template, record: Record) -> None:
    if may(visit.actor, template, "withdraw"):
        if record.is_void:
            if st.button(visit.md("record.restore"), key="restore", icon=":material/restore:"):
                _dialog(visit.text("record.restore_question"))(_restore)(visit, template, record)
        elif st.button(visit.md("record.withdraw"), key="withdraw", type="tertiary", icon=":material/undo:"):
            _dialog(visit.text("record.withdraw_question"))(_withdraw)(visit, template, record)
    if (
        not record.is_void
        and may(visit.actor, template, "edit")
        and st.button(visit.md("record.edit"), key="edit", type="primary", icon=":material/edit:")
    ):
        routes.go(routes.FORM, t=template.key, id=record.record_id)


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


def body(visit: Visit, template: Template, record: Record) -> None:
    """The facts that matter, then section by section what was answered; what was left empty is folded."""
    _facts(visit, template, record)
    placed = {key for section in template.sections for key in section.fields}
    rest = [f for f in template.fields if f.key not in placed]
    for number, section in enumerate(template.sections):
        _section(
            visit, template, record, number, visit.label(section.label), [template.by_key[k] for k in section.fields]
        )
    if rest:
        title = visit.md("record.other") if template.sections else visit.label(template.label)
        _section(visit, template, record, len(template.sections), title, rest)
    for line in template.lines:
        _lines(visit, template, line, record.lines.get(line.key, ()))
    _extra(visit, record)


def _facts(visit: Visit, template: Template, record: Record) -> None:
    """The list's columns, without the ones the headline says already."""
    spoken = {template.display, template.record_key}
    keys = [key for key in template.list_view.columns if key not in spoken and record.values.get(key)][:FACTS]
    if not keys:
        return
    with st.container(key="facts", border=True):
        grid = st.grid(len(keys), min_column_width=110)
        for key in keys:
            with grid, st.container(key=f"fact__{key}"):
                asked = template.by_key[key]
                st.caption(visit.label(asked.label))
                st.text(values.shown(visit, asked, record.values[key]))


def _section(visit: Visit, template: Template, record: Record, number: int, title: str, asked: list[Field]) -> None:
    answered = [f for f in asked if record.values.get(f.key) or record.raw.get(f.key)]
    if not answered:
        return
    with st.container(border=True, key=f"card__{number}"):
        st.subheader(title, anchor=False)
        grid = st.grid(2, min_column_width=220, gap=("small", "medium"))
        for one in answered:
            place = grid.cell(column_span="all") if values.is_long(one) else grid
            with place, st.container(key=f"value__{one.key}", gap="xxsmall"):
                _value(visit, template, record, one)
        empty = [f for f in asked if f not in answered]
        if empty:
            names = visit.text("list.separator").join(f.label.text(visit.language) for f in empty)
            st.caption(visit.md("record.left_empty", count=len(empty), names=names))


def _value(visit: Visit, template: Template, record: Record, asked: Field) -> None:
    st.caption(visit.label(asked.label))
    if record.raw.get(asked.key):
        st.text(record.raw[asked.key])
        chrome.remark("orange", "warning", visit.md("record.not_understood"))
    elif asked.type == "attachment":
        _files(visit, template, record, asked)
    else:
        st.text(values.shown(visit, asked, record.values[asked.key]))


def _files(visit: Visit, template: Template, record: Record, asked: Field) -> None:
    for number, file in enumerate(stored_files(record.values[asked.key])):

        def data(sha256: str = file.sha256) -> bytes:
            read = visit.app.attachments.read(template.key, record.record_id, asked.key, sha256, visit.actor)
            return read.data if isinstance(read, File) else visit.app.labels.finding(read, visit.language).encode()

        st.download_button(plain(file.name), data, file_name=file.name, key=f"file__{asked.key}__{number}",
                           icon=":material/attach_file:", type="tertiary", on_click="ignore")  # fmt: skip


def _lines(visit: Visit, template: Template, line: LineTable, rows: tuple[Line, ...]) -> None:
    """A line table with its totals."""
    with st.container(border=True, key=f"card__line_{line.key}"):
        st.subheader(visit.label(line.label), anchor=False)
        if not rows:
            st.caption(visit.md("record.no_rows"))
            return
        columns = [components.TableColumn(f.key, f.label.text(visit.language), values.align(f)) for f in line.fields]
        drawn = [
            components.TableRow(
                row.line_id,
                tuple(values.cell(visit, f, row.values.get(f.key, ""), row.raw.get(f.key, "")) for f in line.fields),
            )
            for row in rows
        ]
        totals = line_totals(line, [row.values for row in rows])
        foot = [components.TableCell(values.shown(visit, f, totals.get(f.key, ""))) for f in line.fields]
        if totals and not foot[0].text:
            foot[0] = components.TableCell(visit.text("record.total"))
        components.table(f"lines.{template.key}.{line.key}", line.label.text(visit.language), columns, drawn,
                         total=foot if totals else ())  # fmt: skip


def _extra(visit: Visit, record: Record) -> None:
    """Columns people added to the workbook: shown, never touched."""
    if not record.extra:
        return
    with st.container(border=True, key="card__extra"):
        st.subheader(visit.md("record.extra"), anchor=False)
        grid = st.grid(2, min_column_width=220, gap=("small", "medium"))
        for header, text in record.extra.items():
            with grid, st.container(gap="xxsmall"):
                st.caption(plain(header))
                st.text(text)


def history(visit: Visit, template: Template, record: Record) -> None:
    """Who changed what, when and where."""
    history_view.draw(visit, template, record)
