"""What somebody nobody knows sees: set-up on a fresh portal, else the sign-in form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import streamlit as st

from pages._ui import chrome, gate, routes, setup_view, state
from pages._ui.text import plain
from schemas.finding import Finding
from services.accounts import SignInRefused
from services.app import App


def draw(app: App, language: str) -> None:
    """The card in the middle of the page."""
    with st.container(key="entrance", width=520):
        with st.container(horizontal=True, horizontal_alignment="right"):
            chrome.language_switch(language)
        if app.setup.needed():
            setup_view.draw(app, language, routes.asked("setup"))
        else:
            setup_view.sign_in_who_set_up(app)
            _sign_in(app, language)


def _sign_in(app: App, language: str) -> None:
    title = app.company or app.labels.text("brand", language)
    st.set_page_config(page_title=app.labels.text("sign_in.page", language, company=title))
    st.title(plain(title), anchor=False)
    typed = _typed_in_form(app, language)
    if typed is None:
        return
    login, password = typed
    with st.spinner(app.labels.text("sign_in.checking", language)):
        outcome = _check(app, login, password)
    if isinstance(outcome, SignInRefused):
        st.error(plain(app.labels.finding(outcome.finding, language)), icon=":material/lock:")
        return
    state.sign_in(app.sessions.open(outcome, device=gate.header("User-Agent")))
    st.rerun()


def _check(app: App, login: str, password: str) -> Any:
    if not login.strip() or not password:
        return SignInRefused(Finding("A001"))
    return app.accounts.check_password(login, password, address=gate.address())


def _typed_in_form(app: App, language: str) -> tuple[str, str] | None:
    """streamlit-authenticator's form; what was typed is judged by our accounts, which lock out guessers.

    The form gets no accounts, so no hash leaves the services.
    """
    import streamlit_authenticator

    typed: list[tuple[str, str]] = []

    def hand_over(username: str = "", password: str = "", *rest: Any, **options: Any) -> bool:
        typed.append((username or "", password or ""))
        return False

    class FormAlone(streamlit_authenticator.Authenticate):  # type: ignore[misc]
        """The library's form and nothing behind it. Its constructor would mount a cookie of its own."""

        def __init__(self) -> None:
            self.attrs = {"login_sleep_time": 0}
            self.cookie_controller = SimpleNamespace(get_cookie=lambda: None)
            self.authentication_controller = SimpleNamespace(login=hand_over)

    text = app.labels.text
    fields = {
        "Form name": text("sign_in.title", language),
        "Username": text("sign_in.login", language),
        "Password": text("sign_in.password", language),
        "Login": text("sign_in.button", language),
    }
    FormAlone().login(key="sign_in", fields=fields)
    return typed[-1] if typed else None
