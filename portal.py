"""The portal's entry: who is looking, and which screen he gets. Nothing else."""

from __future__ import annotations

import streamlit as st

from pages._ui import app as opened
from pages._ui import chrome, cookies, entrance, form_flow, gate, guard, routes, state, translator
from services.app import App


def main() -> None:
    """Registers every screen, so that a deep link survives signing in; draws the frame; runs the screen."""
    st.set_page_config(page_icon=":material/menu_book:", layout="wide")
    pages = {screen: st.Page(screen.path, title=screen.slug, url_path=screen.slug) for screen in routes.SCREENS}
    start = st.Page(_start, title="start", default=True)
    page = st.navigation([start, *pages.values()], position="hidden")
    chrome.style()
    with guard.guard(opened.shipped_labels, _language()):
        screen = next((screen for screen, one in pages.items() if one.url_path == page.url_path), routes.HOME)
        _enter(opened.current(), screen, page)


def _start() -> None:
    """The desk at the portal's bare address: Streamlit does not answer the default page's own name."""
    from pages import home

    guard.run(home.render)


def _language() -> str:
    """The language for a failure before anyone is known."""
    return state.chosen_language() or ("en" if (st.context.locale or "zh").startswith("en") else "zh")


def _enter(app: App, screen: routes.Screen, page: st.Page) -> None:
    actor = gate.actor_of_request(app)
    language = gate.language_of(app, actor)
    with st.container(key="machinery"):
        translator.draw(app.labels, language)
        found = cookies.carry(app, state.session_token() if actor else "")
    if actor is None:
        if found and app.sessions.actor(found):
            state.sign_in(found)
            st.rerun()
        entrance.draw(app, language)
        return
    visit = gate.Visit(app, actor, language)
    if screen is not routes.FORM:  # a form being filled in stays as it was opened
        form_flow.leave(visit)
        app.reload_templates()
    chrome.sidebar(visit, screen)
    if screen not in (routes.FORM, routes.SYNC):
        chrome.look_again(visit)
    chrome.banners(visit)
    chrome.note(visit)
    page.run()


if __name__ == "__main__":
    main()
