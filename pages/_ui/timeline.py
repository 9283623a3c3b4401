"""The browser part that shows what happened to a record, newest first, with a way back to each version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from pages._ui.assets import asset
from pages._ui.components import Tone

_timeline = st.components.v2.component(
    "portal_timeline", html="<ol></ol>", css=asset("timeline.css"), js=asset("timeline.js")
)


@dataclass(frozen=True, slots=True)
class TimelineEdit:
    """One field that changed; `undo` is the key to ask back with, "" where the former value cannot be put back."""

    field: str
    before: str
    after: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """A line item that came or went, in words."""

    text: str
    came: bool


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One write: what was done, whether elsewhere than here (`source`), by whom and when."""

    id: str
    verb: str
    tone: Tone
    source: str
    who: str
    reason: str
    edits: tuple[TimelineEdit, ...]
    lines: tuple[TimelineLine, ...]
    restore: bool


def timeline(
    key: str,
    label: str,
    entries: Sequence[TimelineEntry],
    texts: dict[str, str],
    *,
    first: int,
    on_ask: Callable[[str, str], None],
) -> None:
    """Draws the entries, all but the `first` folded. `on_ask` gets an entry's id and the field to put back ("": all).

    texts: empty, undo, undo_title, restore, restore_title, older.
    """
    # tuples: Streamlit looks into lists and dicts for data frames, and imports pandas to do so
    listed = tuple(asdict(entry) for entry in entries)
    answer = _timeline(
        key=key,
        data={"label": label, "entries": listed, "texts": tuple(texts.items()), "first": first},
        on_asked_change=_ignored,
    )
    asked = answer.get("asked")
    if asked:
        entry, _, field = str(asked).partition("|")
        on_ask(entry, field)


def _ignored() -> None:
    """The answer is read where the part is drawn."""
