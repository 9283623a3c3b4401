"""The one opened portal of this server process."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from schemas.labels import Labels
from services.app import App, load_config, open_app

LOCALES = Path(__file__).resolve().parents[2] / "forms" / "locales"


def current() -> App:
    """The portal, opened on the first call. Raises what `open_app` raises; the next call then tries again."""
    return _opened()


def shipped_labels() -> Labels:
    """The texts as shipped, for saying why the portal cannot open."""
    return Labels.load(LOCALES)


@st.cache_resource(show_spinner=False, on_release=lambda app: app.close())
def _opened() -> App:
    app = open_app(load_config(os.environ, _secrets()))
    _announce_setup(app)
    # Streamlit collects garbage after every run. What was opened here stays as long as the process: kept out of the
    # collector's sight, a rerun of a form costs a third (measured: 97 of 150 ms were spent looking at templates).
    gc.freeze()
    return app


def _secrets() -> Mapping[str, Any]:
    """secrets.toml as plain values; empty when there is none, which is how a fresh portal starts."""
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        return {}


def _announce_setup(app: App) -> None:
    """Prints the one-time set-up link: only who sees the server's console may claim a fresh portal."""
    if app.setup.needed():
        address = st.get_option("browser.serverAddress") or "localhost"
        base = f"http://{address}:{st.get_option('server.port')}{st.get_option('server.baseUrlPath') or ''}"
        logging.getLogger("portal").warning(app.setup.console_line(base.rstrip("/")))
