"""Saved views of a list: choosing one, keeping what is shown under a name, and looking after them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages._ui import list_page, state, widgets
from pages._ui.list_page import ListPage
from pages._ui.text import plain
from schemas.finding import Finding
from services.lists import ListState
from services.views import View, may_share


def draw(page: ListPage) -> None:
    """The button that carries the name of the view in use, and behind it the views."""
    current = next((view for view in page.views if view.view_id == page.state.view), None)
    label = page.visit.md("records.views")
    if current:
        is_changed = dict(current.query) != _kept(page)
        label = page.visit.md("records.view_changed", name=current.name) if is_changed else plain(current.name)
    with st.popover(label, icon=":material/bookmark:", key=page.key("views"), on_change="rerun") as box:
        if not box.open:
            return
        _choice(page, current)
        if current and page.visit.app.views.may_change(page.visit.actor, current):
            _care(page, current)
        _keep(page, current)


def _choice(page: ListPage, current: View | None) -> None:
    """Everything, then each view; the one in use is ticked, the one the list opens with says so."""
    visit, views = page.visit, page.visit.app.views
    opens_with = views.opens_with(visit.actor, page.template.key)
    everything = replace(ListState(), view=list_page.EVERYTHING if opens_with else "")
    with st.container(gap="xxsmall", key="view_list"):
        _entry(page, visit.md("records.view_all"), "all", everything, is_current=current is None)
        for view in page.views:
            words = plain(view.name) if view.is_mine else visit.md("records.view_shared", name=view.name)
            asked = replace(page.fields.state(view.query, page.now), view=view.view_id)
            _entry(page, words, view.view_id, asked, is_current=view == current)
    if current:
        is_first = opens_with == current
        st.button(
            visit.md("records.view_not_default" if is_first else "records.view_default"), key="view_default",
            icon=":material/home:", type="tertiary", on_click=views.open_with,
            args=(visit.actor, page.template.key, "" if is_first else current.view_id),
        )  # fmt: skip


def _entry(page: ListPage, words: str, name: str, asked: ListState, *, is_current: bool) -> None:
    icon = ":material/check:" if is_current else ":material/bookmark:" if name != "all" else ":material/table_rows:"
    st.button(words, key=f"view__{name}", icon=icon, type="tertiary", width="stretch",
              on_click=list_page.write, args=(page, asked))  # fmt: skip


def _keep(page: ListPage, current: View | None) -> None:
    """What is shown now under a name; the name of a view one has replaces it."""
    visit = page.visit
    with st.container(border=True, key="view_keep", gap="xsmall"):
        st.caption(visit.md("records.view_keep_help"))
        begun = state.list_value(page.template.key, "views_saved", 0)
        mine = current.name if current and current.is_mine else ""
        name = widgets.text_box(page.key(f"view_name.{begun}"), visit.text("records.view_name"), mine,
                                placeholder=visit.text("records.view_example"))  # fmt: skip
        shared = may_share(visit.actor) and widgets.tick(page.key(f"view_shared.{begun}"),
                                                         visit.md("records.view_share"))  # fmt: skip
        if st.button(visit.md("records.view_save"), key="view_save", icon=":material/save:"):
            outcome = visit.app.views.save(visit.actor, page.template.key, name, _kept(page), shared=shared)
            if isinstance(outcome, Finding):
                st.error(visit.finding(outcome))
                return
            state.keep_list_value(page.template.key, "views_saved", begun + 1)
            state.leave_note("records.view_saved", name=outcome.name)
            list_page.begin_anew(page, replace(page.state, view=outcome.view_id))


def _kept(page: ListPage) -> dict[str, str]:
    """What is shown, as a view keeps it: with the columns as they stand, unless they are the form's own."""
    columns = () if page.columns == page.fields.default_columns() else page.columns
    return replace(page.state, columns=columns).kept()


def _care(page: ListPage, current: View) -> None:
    """Another name for the view in use, or its end."""
    visit, views = page.visit, page.visit.app.views
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="view_care"):
        name = widgets.text_box(page.key(f"rename.{current.view_id}"), visit.text("records.view_rename"), current.name)
        if st.button(visit.md("records.view_rename_do"), key="view_rename"):
            outcome = views.rename(visit.actor, page.template.key, current.view_id, name)
            if isinstance(outcome, Finding):
                st.error(visit.finding(outcome))
                return
            st.rerun()
        asks: str = state.list_value(page.template.key, "view_to_delete", "")
        if asks != current.view_id:
            st.button(
                visit.md("records.view_delete"), key="view_delete", icon=":material/delete:", type="tertiary",
                on_click=state.keep_list_value, args=(page.template.key, "view_to_delete", current.view_id),
            )  # fmt: skip
        elif st.button(visit.md("records.view_delete_confirm"), key="view_delete_confirm", type="primary"):
            views.delete(visit.actor, page.template.key, current.view_id)
            state.leave_note("records.view_deleted", name=current.name)
            list_page.begin_anew(page, replace(page.state, view=""))
