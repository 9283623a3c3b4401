"""The page's frame: sidebar, header, banners, and the one stylesheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import components, gate, guard, menu, routes, sample_view, state
from pages._ui.assets import asset
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.rights import may
from schemas.template import Template

if TYPE_CHECKING:
    from services.records import SyncStatus

SHORT_WAIT, LONG_WAIT = 3, 20
"""Seconds until a page looks again at what waits for the workbook; long when it waits for a person."""
LANGUAGES = {"zh": "中文", "en": "English"}
_STYLE = f"<style>{asset('style.css')}</style>"


def style() -> None:
    """The stylesheet: what the theme alone cannot say."""
    st.html(_STYLE)


def sidebar(visit: Visit, current: routes.Screen) -> None:
    """The menu, and at the foot who is here."""
    with st.sidebar:
        menu.draw(visit, current)
        with st.container(key="sidebar_foot", gap="xxsmall"):
            _foot(visit)


def _foot(visit: Visit) -> None:
    sync_badge(visit)
    st.caption(plain(visit.actor.signature or visit.actor.staff_name))
    with st.container(horizontal=True, gap="xsmall", key="sidebar_buttons"):
        language_switch(visit.language, visit)
        if st.button(visit.md("nav.sign_out"), key="sign_out", type="tertiary", icon=":material/logout:"):
            gate.sign_out(visit.app)
            st.rerun()


def language_switch(language: str, visit: Visit | None = None) -> None:
    """One button per other language; who is signed in keeps his choice for next time."""
    for code, name in LANGUAGES.items():
        if code != language:
            st.button(name, key=f"lang_{code}", type="tertiary", icon=":material/translate:",
                      on_click=_switch, args=(code, visit))  # fmt: skip


def _switch(language: str, visit: Visit | None) -> None:
    """The open form's answers are pinned first: a choice travels by its wording."""
    state.pin_typed()
    state.choose_language(language)
    if visit is not None:
        with guard.guard(lambda: visit.app.labels, language):
            visit.app.accounts.set_language(visit.actor.account_id, language)


def sync_badge(visit: Visit) -> None:
    """How the workbook stands, in a word with its colour."""
    _badge(visit, visit.app.sync.status())


def look_again(visit: Visit) -> None:
    """While something waits for the workbook, the page is drawn again: soon, or rarely when it has to wait long."""
    status = visit.app.sync.status()
    if status.pending:
        components.pulse("look_again", every=LONG_WAIT if status.reason else SHORT_WAIT)


def _badge(visit: Visit, status: SyncStatus) -> None:
    if status.state == "ok" and not status.pending:
        st.badge(visit.md("sync.badge.ok"), icon=":material/check_circle:", color="green")
    elif status.state in ("ok", "waiting"):
        st.badge(visit.md("sync.badge.pending", count=status.pending), icon=":material/schedule:", color="blue")
    else:
        st.badge(visit.md("sync.badge.waiting", count=status.pending), icon=":material/warning:", color="orange")


@contextmanager
def header(
    visit: Visit,
    title: str,
    line: str = "",
    *,
    badge: tuple[str, str] | None = None,
    under: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Title and one line saying what this is; the block holds the screen's actions, the primary one among them.

    title and line are shown as they are; `under` draws more below them. On a phone the actions stand at the foot.
    """
    st.set_page_config(page_title=f"{title} · {visit.app.company or visit.text('brand')}")
    with st.container(key="page_head", horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key="page_title", gap="xxsmall"):
            _title(title, badge)
            if line:
                st.caption(plain(line))
            if under:
                under()
        with st.container(key="page_actions", horizontal=True, horizontal_alignment="right", gap="xsmall"):
            yield


def _title(title: str, badge: tuple[str, str] | None) -> None:
    if not badge:
        st.title(plain(title), anchor=False)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(plain(title), anchor=False, width="content")
        st.badge(plain(badge[0]), color=badge[1])  # type: ignore[arg-type]


def remark(color: str, icon: str, text: str) -> None:
    """A small line under something, with a colour and an icon; `text` is ready for Markdown."""
    st.markdown(f":small[:{color}[:material/{icon}: {text}]]")


def banners(visit: Visit) -> None:
    """What everyone must know on every screen: a demo forgets, samples are samples."""
    if visit.app.is_demo:
        st.warning(visit.md("demo.banner"), icon=":material/hourglass_empty:")
    sample_view.banner(visit)


def note(visit: Visit) -> None:
    """The message the screen before left."""
    left = state.take_note()
    if left:
        st.toast(visit.md(left["key"], **left["params"]), icon=":material/check_circle:")


def template_of_page(visit: Visit) -> Template | None:
    """The template the URL names, if there is one and this person may fill it in or see it; otherwise says so."""
    template = visit.app.catalogue.get(routes.asked("t"))
    if template and (may(visit.actor, template, "read") or may(visit.actor, template, "create")):
        return template
    with header(visit, visit.text("records.title")):
        pass
    st.info(visit.md("records.unknown_form"), icon=":material/search_off:")
    routes.link(routes.HOME, visit.text("home.title"), icon=routes.HOME.icon)
    return None
