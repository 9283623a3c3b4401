"""Streamlit's own words in the reader's language: it has none but English, and its page says lang="en".

The pairs stand in the locale files under `builtin.*`: the English text is what Streamlit shows, word by word.
A word Streamlit changes in a later version simply stays English.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.assets import asset

if TYPE_CHECKING:
    from schemas.labels import Labels

WORDS = (
    "required", "required_field", "upload", "browse", "drop_file", "drop_files", "add_files", "no_results",
    "press_enter", "press_ctrl_enter", "press_cmd_enter", "choose_option", "choose_options", "select_all",
    "clear_value", "clear_all", "clear_entry", "show_password", "hide_password", "invalid_input", "next_page",
    "previous_page", "close", "expand_sidebar", "collapse_sidebar", "main_menu", "page_not_found", "no_such_page",
    "connecting", "connection_error", "reconnected", "running", "stop", "rerun", "print", "settings", "open",
    "remove_file", "selected_values", "skip_to_content", "please_wait", "network_error", "theme",
)  # fmt: skip
_SCRIPT = asset("translate.js")


def draw(labels: Labels, language: str) -> None:
    """Sets the page's language and keeps translating what Streamlit adds to it."""
    other = "en" if language == "zh" else "zh"
    pairs = tuple((labels.text(f"builtin.{word}", other), labels.text(f"builtin.{word}", language)) for word in WORDS)
    size = (labels.text("builtin.size", other), labels.text("builtin.size", language, size="$1"))
    st.html(f"<script>{_script(pairs, size, language)}</script>", unsafe_allow_javascript=True)


@lru_cache(maxsize=4)
def _script(pairs: tuple[tuple[str, str], ...], size: tuple[str, str], language: str) -> str:
    text = _SCRIPT.replace("__LANGUAGE__", "zh-CN" if language == "zh" else "en")
    return text.replace("__WORDS__", _js(dict(pairs))).replace("__PATTERNS__", _js([[_pattern(size[0]), size[1]]]))


def _pattern(text: str) -> str:
    """A regular expression matching a text with the one parameter {size}."""
    return "^" + re.escape(text).replace(re.escape("{size}"), r"(\d+ ?[KMG]B)") + ".*$"


def _js(value: object) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
