"""The edge of every screen: nobody enters without the gate, and nothing that fails shows its insides."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pages._ui import app as opened
from pages._ui import gate
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.finding import Finding
from schemas.labels import Labels
from services.app import ConfigError, StoreError

_log = logging.getLogger("portal")


def ensure_router() -> None:
    """Keeps a page file from running without the entry script. Every page module calls it first.

    Streamlit runs `pages/*.py` itself until some visitor has called `st.navigation`: on a freshly started server the
    first visit to /records would skip portal.py and with it the sign-in (measured with Streamlit 1.67).
    A later Streamlit without this switch stops here rather than lets anyone in.
    """
    if not hasattr(PagesManager, "uses_pages_directory"):
        st.stop()
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def run(render: Callable[[Visit], None], *, may: Callable[[Visit], bool] = lambda visit: True) -> None:
    """Runs one screen for who is signed in, if he may see it; known failures become words, others a reference."""
    app = opened.current()
    actor = gate.actor_of_request(app)
    if actor is None:
        st.stop()
    visit = Visit(app, actor, gate.language_of(app, actor))
    with guard(lambda: app.labels, visit.language):
        if may(visit):
            render(visit)
        else:
            st.error(visit.md("gate.not_allowed"), icon=":material/block:")


@contextmanager
def guard(labels: Callable[[], Labels], language: str) -> Iterator[None]:
    """Turns what goes wrong inside into words; `labels` is only called then. Streamlit's control flow passes."""
    try:
        yield
    except StoreError as error:
        _log.warning("%s %s", error.code, error.params)
        show_failure(labels(), language, Finding(error.code, params=error.params))
    except ConfigError as error:
        for finding in error.findings:
            show_failure(labels(), language, finding)
    except Exception:  # noqa: BLE001 — the program's edge: logged with a reference, and the person gets words
        reference = secrets.token_hex(3).upper()
        _log.exception("reference %s", reference)
        st.error(plain(labels().text("gate.unexpected", language, reference=reference)), icon=":material/error:")


def show_failure(labels: Labels, language: str, finding: Finding) -> None:
    """A failure the portal knows: what, why, what to do; what was typed stays."""
    st.error(plain(labels.finding(finding, language)), icon=":material/error:")
