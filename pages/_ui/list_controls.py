"""What stands above a list: tabs, search, filters, columns, saved views, and the chips of what narrows it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages._ui import list_filter_view, list_page, list_saved, state, widgets
from pages._ui.list_page import ListPage
from pages._ui.text import plain
from schemas.rights import scope
from services.list_filters import Filter
from services.lists import MOST_COLUMNS, TABS, ListState

BIN = "bin"
NOTHING = Filter()


def controls(page: ListPage) -> ListPage:
    """Draws them; answers the list as they ask for it now, with the URL in step."""
    before = page.state
    page = page.showing(_scope_and_search(page))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="list_tools"):
        page = _filters(page)
        page = _columns(page)
        list_saved.draw(page)
        _chips(page)
    now = page.state
    if replace(now, after="", place=1) != replace(before, after="", place=1):
        page = page.showing(now.from_start)
        list_page.settle(page)
    return page


def _scope_and_search(page: ListPage) -> ListState:
    visit, asked = page.visit, page.state
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="list_controls"):
        tab = _tabs(page)
        search = widgets.search_box(page.key("q"), visit.text("records.search"), asked.search)
    return replace(asked, tab="all" if tab == BIN else tab, bin=tab == BIN, search=search.strip())


def _tabs(page: ListPage) -> str:
    """全部/我的/部门 as far as they differ for this person, and the recycle bin."""
    visit, template = page.visit, page.template
    offered = {"all": TABS, "department": ("department", "own")}.get(scope(visit.actor, template), ("own",))
    counts = visit.app.repository.counts(template.key, visit.actor)
    words = {tab: visit.md(f"records.tab.{tab}", count=f"{counts.get(tab, 0):,}") for tab in offered}
    words[BIN] = visit.md("records.tab.bin", count=f"{counts.get('void', 0):,}")
    return widgets.tabs(page.key("tab"), visit.md("records.tabs"), words, BIN if page.state.bin else page.state.tab)


# --- filters and order ---------------------------------------------------------------------------------------------


def _filters(page: ListPage) -> ListPage:
    """The order, quick filters, those in force, and any other column one asks for. Drawn when it is opened."""
    # a label that counted the filters would close the box at every one: a popover is known by its label too
    with st.popover(page.visit.md("records.filters"), icon=":material/filter_list:", key=page.key("filters"),
                    on_change="rerun") as box:  # fmt: skip
        if not box.open:
            return page
        asked, given = page.state, dict(page.state.filters)
        for key in _offered(page):
            asked = asked.filtered(key, list_filter_view.editor(page, page.field(key), given.get(key, NOTHING)))
        _another(page)
        return page.showing(replace(asked, sort=_order(page)))


def _offered(page: ListPage) -> list[str]:
    """Columns with an editor: the form's quick filters, those in force, those asked for."""
    asked_for: list[str] = state.list_value(page.template.key, "more_filters", [])
    quick = page.template.list_view.filters
    keys = dict.fromkeys([*quick, *(key for key, _ in page.state.filters), *asked_for])
    return [key for key in keys if key in page.fields.by_key]


def _another(page: ListPage) -> None:
    """A further column to filter by."""
    offered = _offered(page)
    words = {key: one.label.text(page.visit.language) for key, one in page.fields.by_key.items() if key not in offered}
    chosen = widgets.pick(page.key(f"more.{len(offered)}"), page.visit.text("records.more_filters"), words, "",
                          placeholder=page.visit.text("records.choose_column"))  # fmt: skip
    if chosen:
        asked_for = state.list_value(page.template.key, "more_filters", [])
        state.keep_list_value(page.template.key, "more_filters", [*asked_for, chosen])
        st.rerun()


def _order(page: ListPage) -> str:
    """The column the list is sorted by, and which way: on a phone there is no table head to press."""
    visit, given = page.visit, page.state.sort
    words = {
        key: one.label.text(visit.language)
        for key, one in page.fields.by_key.items()
        if page.fields.can_be_ordered(key, page.state.tab)
    }
    with st.container(key="list_order", gap="xxsmall"):
        column = widgets.pick(page.key("sort"), visit.text("records.sort_by"), words, given.removeprefix("-"),
                              placeholder=visit.text("records.sort_default"))  # fmt: skip
        if not column:
            return ""
        ways = {"": visit.md("records.ascending"), "-": visit.md("records.descending")}
        way = widgets.tabs(page.key("way"), visit.md("records.sort_by"), ways, "-" if given.startswith("-") else "")
    return f"{way}{column}"


def _chips(page: ListPage) -> None:
    """What narrows the list, each with a press to take it away."""
    visit, asked = page.visit, page.state
    for key, one in asked.filters:
        words = plain(list_filter_view.words_of(page, page.field(key), one))
        st.button(words, key=f"chip__{key}", icon=":material/close:", help=visit.md("records.remove_filter"),
                  on_click=list_page.write, args=(page, asked.filtered(key, NOTHING)))  # fmt: skip
    if len(asked.filters) + bool(asked.search) > 1:
        nothing = replace(asked, search="", filters=()).from_start
        st.button(visit.md("records.clear"), key="clear_filters", type="tertiary", on_click=list_page.write,
                  args=(page, nothing))  # fmt: skip


# --- columns -------------------------------------------------------------------------------------------------------


def _columns(page: ListPage) -> ListPage:
    """Which columns the table has, for this person from now on."""
    visit = page.visit
    with st.popover(visit.md("records.columns"), icon=":material/view_column:", key=page.key("columns"),
                    on_change="rerun") as box:  # fmt: skip
        if not box.open:
            return page
        words = {key: one.label.text(visit.language) for key, one in page.fields.by_key.items()}
        chosen = widgets.some_of(page.key("cols"), visit.text("records.columns_shown"), words, page.columns,
                                 placeholder=visit.text("records.columns_default"))  # fmt: skip
        st.caption(visit.md("records.columns_help", max=MOST_COLUMNS))
    return _with_columns(page, page.fields.known_columns(chosen))


def _with_columns(page: ListPage, chosen: tuple[str, ...]) -> ListPage:
    if chosen == page.columns:
        return page
    own = () if chosen == page.fields.default_columns() else chosen
    page.visit.app.views.keep_columns(page.visit.actor, page.template.key, own)
    return page.showing(replace(page.state, columns=own))
