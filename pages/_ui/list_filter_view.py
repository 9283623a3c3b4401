"""The filter of one column: an editor that fits its type, and its words on a chip."""

from __future__ import annotations

import streamlit as st

from pages._ui import state, values, widgets
from pages._ui.components import calendar_button
from pages._ui.list_page import ListPage
from schemas.field_types import show
from schemas.template import Field
from services.list_filters import (
    CHOSEN,
    PERIODS,
    PRESENCE,
    RANGED,
    Filter,
    Kind,
    between,
    choices_of,
    days_of,
    kind_of,
    presets_of,
)


def editor(page: ListPage, asked: Field, given: Filter) -> Filter:
    """Draws the editor of a column's filter; answers what it asks for now."""
    masked = not page.fields.can_be_ordered(asked.key, page.state.tab)
    kind = kind_of(asked, masked=masked)
    with st.container(key=f"filter__{asked.key}", gap="xxsmall"):
        if kind == "bool":
            return _yes_or_no(page, asked, given)
        if kind in CHOSEN:
            return _chosen(page, asked, kind, given)
        if kind in RANGED:
            return _ranged(page, asked, kind, given)
        return _text(page, asked, kind, given)


def _label(page: ListPage, asked: Field) -> str:
    return asked.label.text(page.visit.language)


def _presets(page: ListPage, kind: Kind) -> dict[str, str]:
    return {preset: page.visit.md(f"records.preset.{preset}") for preset in presets_of(kind)}


def _yes_or_no(page: ListPage, asked: Field, given: Filter) -> Filter:
    words = {value: page.visit.md(word) for value, word in zip(choices_of(asked), ("form.yes", "form.no"), strict=True)}
    words |= _presets(page, "bool")
    st.caption(page.visit.label(asked.label))
    chosen = widgets.quick_pick(page.key(f"f.{asked.key}"), _label(page, asked), words,
                                given.preset or next(iter(given.values), ""))  # fmt: skip
    return Filter(preset=chosen) if chosen in PRESENCE else Filter(values=(chosen,) if chosen else ())


def _chosen(page: ListPage, asked: Field, kind: Kind, given: Filter) -> Filter:
    """Several answers; among them "nothing" and "anything"."""
    visit, key = page.visit, page.key(f"f.{asked.key}")
    more = {f"@{preset}": visit.text(f"records.preset.{preset}") for preset in PRESENCE}
    before = [f"@{given.preset}"] if given.preset else list(given.values)
    if kind == "target":
        chosen = widgets.targets_filter(visit, asked, key, _label(page, asked), before, more)
    else:
        words = {value: values.shown(visit, asked, value) for value in choices_of(asked)} | more
        chosen = widgets.some_of(key, _label(page, asked), words, before, placeholder=visit.text("records.any"))
    preset = next((one.removeprefix("@") for one in chosen if one in more), "")
    return Filter(preset=preset) if preset else Filter(values=tuple(chosen))


def _ranged(page: ListPage, asked: Field, kind: Kind, given: Filter) -> Filter:
    """From–to, typed as forgivingly as in the form, and the quick answers."""
    visit, label = page.visit, _label(page, asked)
    preset_key = page.key(f"f.{asked.key}.preset")
    preset = state.typed(preset_key, given.preset) or ""
    low, high = given.low, given.high
    if preset in PERIODS:
        low, high = (day.isoformat() for day in days_of(preset, page.now.date()))
    st.caption(visit.label(asked.label))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"range__{asked.key}"):
        ends = []
        for end, known in (("low", low), ("high", high)):
            key, name = page.key(f"f.{asked.key}.{end}.{preset}"), visit.text(f"records.{end}", field=label)
            shown = show(known, asked, visit.language) if kind in ("months", "numbers") and known else known
            ends.append(widgets.text_box(key, name, shown, placeholder=visit.text(f"records.{end}_short"),
                                         disabled=bool(preset), named=False))  # fmt: skip
            if kind in ("days", "moments"):
                calendar_button(f"{key}.pick", name, known, kind="date", into=key, disabled=bool(preset))
    chosen = widgets.quick_pick(preset_key, label, _presets(page, kind), given.preset)
    if chosen:
        return Filter(preset=chosen)
    found = between(asked, ends[0], ends[1], page.now)
    for typed, end in zip(ends, (found.low, found.high), strict=True):
        if typed.strip() and not end:
            st.caption(visit.md("records.not_understood", value=typed))
    return found


def _text(page: ListPage, asked: Field, kind: Kind, given: Filter) -> Filter:
    typed = ""
    if kind == "text":
        typed = widgets.text_box(page.key(f"f.{asked.key}"), _label(page, asked), given.text,
                                 placeholder=page.visit.text("records.contains"))  # fmt: skip
    else:
        st.caption(page.visit.label(asked.label))
    chosen = widgets.quick_pick(page.key(f"f.{asked.key}.preset"), _label(page, asked), _presets(page, kind),
                                given.preset)  # fmt: skip
    return Filter(preset=chosen) if chosen else Filter(text=typed.strip())


def words_of(page: ListPage, asked: Field, given: Filter) -> str:
    """The filter as its chip says it; plain text."""
    visit = page.visit
    if given.preset:
        what = visit.text(f"records.preset.{given.preset}")
    elif given.values:
        what = visit.text("list.separator").join(values.shown(visit, asked, value) for value in given.values)
    elif given.text:
        what = visit.text("records.quoted", text=given.text)
    else:
        low, high = (_end(page, asked, text) for text in (given.low, given.high))
        name = "range" if low and high else "from" if low else "until"
        what = visit.text(f"records.{name}", low=low, high=high)
    return visit.text("records.chip", field=asked.label.text(visit.language), what=what)


def _end(page: ListPage, asked: Field, text: str) -> str:
    return text if kind_of(asked) in ("days", "moments") else values.shown(page.visit, asked, text)
