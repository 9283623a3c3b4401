"""The list of one form's records: its head with downloads, the table, where one is in it, or what to do when empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import streamlit as st

from pages._ui import chrome, components, list_bulk, list_page, routes, state, values, widgets
from pages._ui.list_page import ListPage
from pages._ui.text import plain
from schemas.record import Record
from schemas.rights import may
from schemas.template import Field
from services.attachments import File
from services.lists import PAGE, SYSTEM_FIELDS
from services.records import RecordPage


def head(page: ListPage) -> None:
    """The form's name and what it is for; a new record, and the list as a file."""
    visit, template = page.visit, page.template
    help_line = template.help.text(visit.language) if template.help else ""
    with chrome.header(visit, template.label.text(visit.language), help_line):
        if may(visit.actor, template, "export"):
            _downloads(page)
        if may(visit.actor, template, "create") and st.button(
            visit.md("records.new"), key="new", type="primary", icon=":material/add:"
        ):
            routes.go(routes.FORM, t=template.key)


def _downloads(page: ListPage) -> None:
    """Exactly what is filtered, all pages of it: the columns on screen, or all of them."""
    visit = page.visit
    with st.popover(visit.md("records.export"), icon=":material/download:", key="export"):
        st.caption(visit.md("records.export_help"))
        words = {"shown": visit.md("records.export_shown"), "all": visit.md("records.export_all")}
        scope = widgets.one_of(f"export.{page.template.key}", visit.md("records.export_columns"), words)
        for kind in ("xlsx", "csv"):
            name = visit.app.exports.file_name(page.template.key, kind, visit.language)
            st.download_button(
                visit.md(f"records.export_{kind}"), data=_file(page, kind, all_columns=scope == "all"),
                file_name=name, key=f"export_{kind}", on_click="ignore", width="stretch",
            )  # fmt: skip


def _file(page: ListPage, kind: Literal["xlsx", "csv"], *, all_columns: bool) -> Callable[[], bytes]:
    """Made when it is asked for, with the rights of who asks."""

    def made() -> bytes:
        visit = page.visit
        columns = None if all_columns else page.columns
        made = visit.app.exports.records(
            page.template.key, visit.actor, page.query, kind=kind, language=visit.language, columns=columns
        )
        return made.data if isinstance(made, File) else visit.app.labels.finding(made, visit.language).encode()

    return made


def read(page: ListPage) -> RecordPage:
    """The page of records asked for."""
    return page.visit.app.repository.page(page.template.key, page.visit.actor, page.query)


def show(page: ListPage, found: RecordPage) -> None:
    """The table and where one is in it; or, when there is nothing, why and what to do."""
    if not found.records:
        _empty(page)
        return
    visit, template, asked = page.visit, page.template, page.state
    columns = [page.field(key) for key in page.columns]
    components.table(
        f"table.{template.key}", template.label.text(visit.language), _columns(page, columns),
        [_row(page, columns, record) for record in found.records],
        sort=asked.sort or next(iter(template.list_view.sort), ""), sort_label=visit.text("records.sort"),
        on_open=lambda record_id: routes.go(routes.RECORD, t=template.key, id=record_id),
        on_sort=lambda sort: list_page.begin_anew(page, replace(asked, sort=sort).from_start),
        choosing=_choosing(page, found),
    )  # fmt: skip
    _pages(page, found)


def _choosing(page: ListPage, found: RecordPage) -> components.Choosing | None:
    if not list_bulk.may_choose(page):
        return None
    visit = page.visit
    return components.Choosing(
        tuple(list_bulk.chosen(page)), visit.text("records.choose"), visit.text("records.choose_page"),
        lambda ticked: list_bulk.take_choice(page, found.records, ticked),
    )  # fmt: skip


def _columns(page: ListPage, columns: list[Field]) -> list[components.TableColumn]:
    tab, language = page.state.tab, page.visit.language
    heads = [
        components.TableColumn(c.key, c.label.text(language), values.align(c), page.fields.can_be_ordered(c.key, tab))
        for c in columns
    ]
    if page.state.bin:
        heads.append(components.TableColumn("void_reason", page.visit.text("record.void_reason")))
    return heads


def _row(page: ListPage, columns: list[Field], record: Record) -> components.TableRow:
    cells = [_cell(page, column, record) for column in columns]
    if not cells[0].text:
        cells[0] = components.TableCell(record.record_id)
    if page.state.bin:
        cells.append(components.TableCell(record.system.get("void_reason", "")))
    link = routes.href(routes.RECORD, t=page.template.key, id=record.record_id)
    return components.TableRow(record.record_id, tuple(cells), link, record.is_void)


def _cell(page: ListPage, column: Field, record: Record) -> components.TableCell:
    if column.key not in page.template.by_key and column.key in SYSTEM_FIELDS:
        text = record.system.get(column.key, "")
        is_moment = SYSTEM_FIELDS[column.key] == "datetime"
        return components.TableCell(values.moment(page.visit, text) if is_moment else text, text)
    return values.cell(page.visit, column, record.values.get(column.key, ""), record.raw.get(column.key, ""))


def _empty(page: ListPage) -> None:
    visit, template = page.visit, page.template
    with st.container(border=True, key="card__empty"):
        if page.state.is_narrowed:
            st.markdown(visit.md("records.none_found"))
            nothing = replace(page.state, search="", filters=()).from_start
            st.button(visit.md("records.clear"), key="clear_all", icon=":material/filter_list_off:",
                      on_click=list_page.write, args=(page, nothing))  # fmt: skip
        elif page.state.bin:
            st.markdown(visit.md("records.bin_empty"))
        elif page.state.tab != "all":
            st.markdown(visit.md("records.none_in_tab"))
        else:
            st.markdown(visit.md("records.none_yet", form=template.label.text(visit.language)))
            if may(visit.actor, template, "create") and st.button(
                visit.md("records.first"), key="first", icon=":material/add:"
            ):
                routes.go(routes.FORM, t=template.key)


def _pages(page: ListPage, found: RecordPage) -> None:
    """Where one is (51–100 / 12,345), the page before and the next."""
    visit, asked = page.visit, page.state
    first = (asked.place - 1) * PAGE + 1
    here = visit.text("records.place", first=f"{first:,}", last=f"{first + len(found.records) - 1:,}",
                      total=f"{found.total:,}")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", key="list_pages"):
        st.caption(plain(here), width="content")
        back = st.button(visit.md("records.previous"), key="previous", disabled=asked.place == 1, type="tertiary")
        on = st.button(visit.md("records.next"), key="next", disabled=not found.next, type="tertiary")
    begins = state.list_cursors(page.template.key) if asked.place > 1 else []
    if back:
        before = begins[asked.place - 3] if 2 <= asked.place - 1 <= len(begins) + 1 and asked.place > 2 else ""
        list_page.turn(page, replace(asked, after=before, place=asked.place - 1 if before else 1))
    if on:
        state.keep_list_cursors(page.template.key, [*begins[: asked.place - 1], found.next])
        list_page.turn(page, replace(asked, after=found.next, place=asked.place + 1))
