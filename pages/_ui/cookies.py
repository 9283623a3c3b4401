"""The session cookie: an opaque token, SameSite=Lax, Secure over https, gone after sign-out.

A reload is recognised by the request's own cookies; where a host strips them, the bridge asks the browser.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from pages._ui import state
from pages._ui.assets import asset
from services.app import App

_bridge = st.components.v2.component("portal_session_cookie", js=asset("session_cookie.js"))


def cookie_name(state_dir: Path) -> str:
    """One name per portal: cookies do not tell ports apart, and two portals may run on one machine."""
    return f"portal_{hashlib.sha256(str(state_dir).encode()).hexdigest()[:8]}"


def token_of_request(app: App) -> str:
    """The token the page was requested with; "" for none, or when this tab has signed out since."""
    if state.signed_out():
        return ""
    found = st.context.cookies.get(cookie_name(app.config.state_dir))
    return found if isinstance(found, str) else ""


def carry(app: App, token: str) -> str:
    """Draws the bridge: writes `token` into the cookie, or clears it after sign-out, or else asks for it.

    Answers the token the browser holds and the request did not show; "" until it has answered.
    """
    clear = not token and state.signed_out()
    answer = _bridge(
        key="session_cookie",
        data={
            "name": cookie_name(app.config.state_dir),
            "token": token,
            "clear": clear,
            "ask": not token and not clear,
            "seconds": app.config.session_hours * 3600,
        },
        on_token_change=_noticed,
        height=1,
    )
    return "" if token or clear else str(answer.get("token") or "")


def _noticed() -> None:
    """The browser answered: the run this starts reads the token."""
