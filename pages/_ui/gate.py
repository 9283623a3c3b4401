"""Who is looking, and in which language. Every screen asks here again, whatever the entry script decided before."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages._ui import cookies, state
from pages._ui.text import plain
from schemas.finding import Finding
from schemas.record import Actor
from schemas.template import Label, Template
from services.app import App


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of one screen: the portal, who is looking, and in which language he reads."""

    app: App
    actor: Actor
    language: str

    def text(self, key: str, **params: object) -> str:
        """A text of the locale files, for places that show text as it is."""
        return self.app.labels.text(key, self.language, **params)

    def md(self, key: str, **params: object) -> str:
        """The same for places that read Markdown (labels, buttons, messages)."""
        return plain(self.text(key, **params))

    def label(self, label: Label) -> str:
        """A template's own text, for places that read Markdown."""
        return plain(label.text(self.language))

    def finding(self, finding: Finding, template: Template | None = None) -> str:
        """A finding in words, for places that read Markdown."""
        return plain(self.app.labels.finding(finding, self.language, template, self.app.catalogue))


def actor_of_request(app: App) -> Actor | None:
    """Who is signed in, by this tab's token or else the request's cookie; looked up anew on every run."""
    token = state.session_token()
    actor = app.sessions.actor(token) if token else None
    if actor is None:
        token = cookies.token_of_request(app)
        actor = app.sessions.actor(token) if token else None
        if actor is not None:
            state.sign_in(token)
    return actor


def language_of(app: App, actor: Actor | None) -> str:
    """The language picked in this tab, else the person's own, else the browser's, else the company's."""
    if state.chosen_language():
        return state.chosen_language()
    if actor is not None:
        return actor.language
    locale = (st.context.locale or "").lower()
    if locale.startswith(("zh", "en")):
        return locale[:2]
    return app.language


def sign_out(app: App) -> None:
    """Ends this session everywhere: the token is dead on the server before the browser forgets it."""
    if state.session_token():
        app.sessions.close(state.session_token())
    state.sign_out()


def address() -> str:
    """The visitor's network address; "" where it is not known (on the same machine)."""
    found = st.context.ip_address
    return found if isinstance(found, str) else ""


def header(name: str) -> str:
    """A header of the page's request, "" when it is absent."""
    found = st.context.headers.get(name)
    return found if isinstance(found, str) else ""
