"""One widget per way of answering. The only module that draws Streamlit's inputs.

A widget's identity is its key alone, so labels and choices may change language while what was typed stays. Fields
nothing else depends on keep their text in the browser until the next run of any kind (`on_change="ignore"`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages._ui import guard, state
from pages._ui.components import calendar_button
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.field_types import target_of, type_of
from schemas.field_types.choices import NO, YES, chosen_values, find_choice, typed_texts
from schemas.field_types.records import Decision, DecisionType, decision_choices
from schemas.record import Typed
from schemas.template import Choice, Field
from services.attachments import Attachment

FEW_CHOICES = 6
FEW_TARGETS = 200
HITS = 20
Persist = Literal["session"]
_KEEP: Persist = "session"
_AS_TYPED = True
"""Asks 250 ms after the last key. To read any other pause ("300ms"), Streamlit would load pandas into every process."""


@dataclass(frozen=True, slots=True)
class Box:
    """What a widget needs to draw one field.

    typed: what stands in it when it is first drawn. live: whether a change redraws the form at once.
    compact: a cell of a line table. label: as shown, with unit and required mark, ready for Markdown.
    """

    visit: Visit
    field: Field
    key: str
    typed: Typed
    label: str
    live: bool = False
    disabled: bool = False

    @property
    def on_change(self) -> Literal["rerun", "ignore"]:
        return "rerun" if self.live else "ignore"

    @property
    def text(self) -> str:
        """What stands in it, as one text."""
        return "、".join(typed_texts(self.typed))

    @property
    def example(self) -> str:
        """The field's own example, as a placeholder; plain text."""
        return self.visit.text("form.example", example=self.field.example) if self.field.example else ""


Widget = Callable[[Box], Typed]


def text_widget(box: Box) -> Typed:
    """One line of text: texts, numbers, money, phones. What it means is for the field type to understand."""
    return st.text_input(
        box.label, box.text, key=box.key, on_change=box.on_change, placeholder=box.example or None,
        disabled=box.disabled, persist_state=_KEEP, autocomplete="off",
    )  # fmt: skip


def long_text_widget(box: Box) -> Typed:
    """Several lines of text."""
    return st.text_area(
        box.label, box.text, key=box.key, on_change=box.on_change, placeholder=box.example or None, height=96,
        disabled=box.disabled, persist_state=_KEEP,
    )  # fmt: skip


def date_widget(box: Box) -> Typed:
    """A date as text, forgivingly read, with a calendar beside it."""
    return _dated(box, "date")


def datetime_widget(box: Box) -> Typed:
    """A moment as text, with a calendar beside it."""
    return _dated(box, "datetime-local")


def _dated(box: Box, kind: Literal["date", "datetime-local"]) -> Typed:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key=f"dated__{box.key}"):
        typed = text_widget(box)
        opens_at = str(typed or "")[: 10 if kind == "date" else 16].replace(" ", "T")
        label = box.visit.text("form.calendar", field=box.field.label.text(box.visit.language))
        calendar_button(f"pick.{box.key}", label, opens_at, kind=kind, into=box.key, disabled=box.disabled)
    return typed


def bool_widget(box: Box) -> Typed:
    """Yes, no, or not answered."""
    words = {YES: box.visit.md("form.yes"), NO: box.visit.md("form.no")}
    return st.segmented_control(
        box.label, [YES, NO], format_func=words.__getitem__, default=box.text if box.text in words else None,
        key=box.key, on_change=box.on_change, disabled=box.disabled, persist_state=_KEEP,
    )  # fmt: skip


def choice_widget(box: Box) -> Typed:
    """One of several: side by side when they are few, else a list with search."""
    return _choice(box, box.field.choices, box.text)


def _choice(box: Box, choices: tuple[Choice, ...], chosen: str) -> Typed:
    found = find_choice(choices, chosen) if chosen else None
    values = [choice.value for choice in choices]
    if chosen and found is None:
        values.append(chosen)
    words = {choice.value: choice.text(box.visit.language) for choice in choices}
    value = found.value if found else chosen or None

    def shown(one: str | None) -> str:
        return words.get(one or "", one or "")

    if len(values) <= FEW_CHOICES:
        return st.pills(
            box.label, values, format_func=lambda one: plain(shown(one)), default=value, key=box.key,
            on_change=box.on_change, disabled=box.disabled, persist_state=_KEEP,
        )  # fmt: skip
    return st.selectbox(
        box.label, values, index=values.index(value) if value else None, key=box.key, on_change=box.on_change,
        format_func=shown, placeholder=box.visit.text("form.choose"), disabled=box.disabled, persist_state=_KEEP,
    )  # fmt: skip


def multi_choice_widget(box: Box) -> Typed:
    """Some of several."""
    words = {choice.value: choice.text(box.visit.language) for choice in box.field.choices}
    values = list(words)
    chosen = _chosen(box)
    values += [value for value in chosen if value not in words]
    if len(values) <= FEW_CHOICES:
        return st.pills(
            box.label, values, format_func=lambda one: plain(words.get(one or "", one or "")), default=chosen,
            key=box.key, selection_mode="multi", on_change=box.on_change, disabled=box.disabled, persist_state=_KEEP,
        )  # fmt: skip
    return st.multiselect(
        box.label, values, default=chosen, key=box.key, on_change=box.on_change, disabled=box.disabled,
        format_func=lambda value: words.get(value, value), placeholder=box.visit.text("form.choose_some"),
        persist_state=_KEEP,
    )  # fmt: skip


def _chosen(box: Box) -> list[str]:
    """The answers to begin with: given as a list, or as one text of the field's own spelling."""
    given = chosen_values(box.typed) if isinstance(box.typed, str) else typed_texts(box.typed)
    found = [find_choice(box.field.choices, text) for text in given]
    return [choice.value if choice else text for choice, text in zip(found, given, strict=True)]


def reference_widget(box: Box) -> Typed:
    """Another record: a list with search while the records are few, else a search that asks the store."""
    repository = box.visit.app.repository
    target = target_of(box.field)
    if repository.option_count(target) > FEW_TARGETS:
        return _search_widget(box, target)
    options = repository.options(target, limit=FEW_TARGETS, actor=box.visit.actor)
    words = {option.key: _named(option.key, option.display) for option in options}
    key = _target_key(box, target, words)
    for chosen in filter(None, (key, state.typed(box.key, None))):  # withdrawn since it was picked
        words.setdefault(chosen, _named(chosen, repository.references.display(target, chosen) or ""))
    keys = list(words)
    return st.selectbox(
        box.label, keys, index=keys.index(key) if key else None, key=box.key, on_change=box.on_change,
        format_func=lambda value: words.get(value, value), placeholder=box.visit.text("form.choose"),
        disabled=box.disabled, persist_state=_KEEP,
    )  # fmt: skip


def _target_key(box: Box, target: str, words: Mapping[str, str]) -> str:
    """The key to begin with; a display text that means one record stands for its key."""
    if not box.text or box.text in words:
        return box.text
    keys = box.visit.app.repository.references.resolve(target, box.text)
    return keys[0] if len(keys) == 1 else box.text


def _search_widget(box: Box, target: str) -> Typed:
    """Type a few letters, press the one that is meant. What stands in the box is what counts, key or name."""
    repository = box.visit.app.repository
    typed = st.text_input(
        box.label, box.text, key=box.key, live=_AS_TYPED, placeholder=box.visit.text("form.search"),
        disabled=box.disabled, persist_state=_KEEP, icon=":material/search:", autocomplete="off",
    )  # fmt: skip
    text = (typed or "").strip()
    if not text or box.disabled:
        return typed
    shown = repository.references.display(target, text)
    if shown is not None:
        st.caption(f":material/check: {plain(_named(text, shown))}")
        return typed
    hits = repository.options(target, search=text, limit=HITS, actor=box.visit.actor)
    if not hits:
        st.caption(box.visit.md("form.no_hits", text=text))
        return typed
    with st.container(border=True, gap=None, height=min(len(hits), 6) * 36 + 18, key=f"hits__{box.key}"):
        for option in hits:
            st.button(
                plain(_named(option.key, option.display)), key=f"hit.{box.key}.{option.key}", type="tertiary",
                on_click=state.type_into, args=(box.key, option.key),
            )  # fmt: skip
    return typed


def _named(key: str, display: str) -> str:
    return display if display in ("", key) else f"{display} · {key}"


def attachment_widget(box: Box) -> Typed:
    """Files: those already kept, each with a button that takes it out, and a place for more."""
    attachments = box.visit.app.attachments
    files = _files(box)
    if not attachments.enabled:
        st.text_input(box.label, box.visit.text("form.no_files"), key=f"off.{box.key}", disabled=True)
        return files
    uploader = f"{box.key}.{state.file_round(box.key)}"
    st.file_uploader(
        box.label, accept_multiple_files=True, key=uploader, max_upload_size=10, disabled=box.disabled,
        on_change=_take_files, args=(box, uploader),
    )  # fmt: skip
    for problem in state.file_problems(box.key):
        st.markdown(f":small[:red[:material/error: {plain(problem)}]]")
    for file in files:
        sha256, _, name = file.partition(" ")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.text(name)
            st.button(
                box.visit.md("form.remove_file"), key=f"out.{box.key}.{sha256[:12]}", type="tertiary",
                icon=":material/close:", on_click=_drop_file, args=(box, file), disabled=box.disabled,
            )  # fmt: skip
    return files


def _take_files(box: Box, uploader: str) -> None:
    """Keeps what was just uploaded; what cannot be kept is said beside the field."""
    labels, language = box.visit.app.labels, box.visit.language
    kept, problems = [], []
    with guard.guard(lambda: labels, language):
        for file in state.typed(uploader, None) or []:
            outcome = box.visit.app.attachments.keep(file.name, file.getvalue())
            if isinstance(outcome, Attachment):
                kept.append(outcome.text)
            else:
                problems.append(labels.finding(outcome, language))
        before = _files(box)
        state.keep_files(box.key, [*before, *(file for file in kept if file not in before)])
        state.next_file_round(box.key, problems)


def _files(box: Box) -> list[str]:
    given = box.typed.split("\n") if isinstance(box.typed, str) else typed_texts(box.typed)
    return state.files(box.key, given)


def _drop_file(box: Box, file: str) -> None:
    state.keep_files(box.key, [kept for kept in _files(box) if kept != file])


def decision_widget(box: Box) -> Typed:
    """A verdict and a comment; who and when are added on saving. A verdict already given is only shown."""
    given = DecisionType().value(box.text, box.field) if isinstance(box.typed, str) else None
    if isinstance(given, Decision) and given.by:
        return read_only_widget(box)
    verdict, comment = (*typed_texts(box.typed), "", "")[:2]
    chosen = _choice(box, decision_choices(box.field), verdict)
    said = st.text_input(
        box.visit.md("form.comment"), comment, key=f"{box.key}.comment", on_change=box.on_change,
        disabled=box.disabled, persist_state=_KEEP,
    )  # fmt: skip
    return [str(chosen), said or ""] if chosen else ""


def read_only_widget(box: Box) -> Typed:
    """A value people do not type: a number the portal gives, a figure it works out."""
    shown = type_of(box.field).show(box.text, box.field, box.visit.language) if box.text else ""
    waiting = "form.numbered_on_save" if box.field.type == "serial" else "form.not_yet"
    with st.container(key=f"figure__{box.key}", gap="xxsmall"):
        st.caption(box.label)
        if shown:
            st.text(shown)
        else:
            st.caption(box.visit.md(waiting))
    return box.typed


WIDGETS: Mapping[str, Widget] = {
    "text": text_widget,
    "long_text": long_text_widget,
    "date": date_widget,
    "datetime": datetime_widget,
    "bool": bool_widget,
    "choice": choice_widget,
    "multi_choice": multi_choice_widget,
    "reference": reference_widget,
    "attachment": attachment_widget,
    "decision": decision_widget,
    "read_only": read_only_widget,
}
"""Widget per `FieldType.widget`."""


def draw(box: Box) -> Typed:
    """Draws a field's widget and answers what stands in it."""
    return WIDGETS[type_of(box.field).widget](box)


# --- controls of lists and dialogs ---------------------------------------------------------------------------------


def search_box(key: str, label: str, value: str) -> str:
    """A search that answers while one types."""
    return st.text_input(
        plain(label), value, key=key, type="search", live=_AS_TYPED, placeholder=label, label_visibility="collapsed",
        icon=":material/search:", autocomplete="off",
    ) or ""  # fmt: skip


def tabs(key: str, label: str, words: Mapping[str, str], value: str) -> str:
    """Tabs of a list; one is always chosen."""
    first = value if value in words else next(iter(words))
    chosen = st.segmented_control(
        label, list(words), format_func=words.__getitem__, default=first, key=key, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or first


def pick(key: str, label: str, words: Mapping[str, str], value: str, *, placeholder: str) -> str:
    """One of several, or none; `words` are shown as they are."""
    keys = list(words)
    chosen = st.selectbox(
        plain(label), keys, index=keys.index(value) if value in words else None, key=key,
        format_func=lambda one: words.get(one, one), placeholder=placeholder,
    )  # fmt: skip
    return chosen or ""


def targets_filter(
    visit: Visit, asked: Field, key: str, label: str, chosen: Sequence[str], more: Mapping[str, str]
) -> list[str]:
    """A filter by other records: a list of them while they are few, else a search for one. `more`: other answers
    by key."""
    repository, target = visit.app.repository, target_of(asked)
    if repository.option_count(target) > FEW_TARGETS:
        first = next((one for one in chosen if one not in more), "")
        typed = typed_texts(_search_widget(Box(visit, asked, key, first, plain(label)), target))
        words = {other: plain(word) for other, word in more.items()}
        other = quick_pick(f"{key}.other", label, words, next((one for one in chosen if one in more), ""))
        text = "".join(typed).strip()
        return [other] if other else [text] if repository.references.display(target, text) is not None else []
    options = repository.options(target, limit=FEW_TARGETS, actor=visit.actor)
    words = {**more, **{option.key: _named(option.key, option.display) for option in options}}
    for one in chosen:
        words.setdefault(one, _named(one, repository.references.display(target, one) or ""))
    return some_of(key, label, words, chosen, placeholder=visit.text("records.any"))


def some_of(key: str, label: str, words: Mapping[str, str], chosen: Sequence[str], *, placeholder: str) -> list[str]:
    """Some of many, in the order they were chosen; `words` are shown as they are."""
    return st.multiselect(
        plain(label), list(words), default=[one for one in chosen if one in words], key=key,
        format_func=lambda one: words.get(one, one), placeholder=placeholder,
    )  # fmt: skip


def quick_pick(key: str, label: str, words: Mapping[str, str], chosen: str) -> str:
    """One of a few short answers side by side, or none; `words` are ready for Markdown."""
    return st.pills(
        plain(label), list(words), format_func=lambda one: words.get(one or "", ""), key=key,
        default=chosen if chosen in words else None, label_visibility="collapsed",
    ) or ""  # fmt: skip


def text_box(
    key: str, label: str, value: str, *, placeholder: str = "", disabled: bool = False, named: bool = True
) -> str:
    """One line of text with something in it to begin with; unless `named`, its label is only for screen readers."""
    return st.text_input(
        plain(label), value, key=key, placeholder=placeholder or None, disabled=disabled, autocomplete="off",
        label_visibility="visible" if named else "collapsed",
    ) or ""  # fmt: skip


def pasted_text(key: str, label: str, value: str, *, placeholder: str) -> str:
    """A place to paste several lines into."""
    return st.text_area(label, value, key=key, placeholder=placeholder, height=160) or ""


def line(key: str, label: str, *, example: str = "", autocomplete: str = "off", secret: bool = False) -> str:
    """One line of text outside a form: set-up, reasons."""
    return st.text_input(
        label, key=key, placeholder=example or None, autocomplete=autocomplete,
        type="password" if secret else "default",
    ) or ""  # fmt: skip


def one_of(key: str, label: str, words: Mapping[str, str]) -> str:
    """One of a few; the first to begin with. `words` are ready for Markdown."""
    return st.radio(label, list(words), format_func=words.__getitem__, key=key, horizontal=True) or next(iter(words))


def part_of(key: str, label: str, words: Mapping[str, str], first: str) -> str:
    """One of a few parts of what a card shows, as a bar over its whole width. `words` are ready for Markdown."""
    chosen = st.segmented_control(
        label, list(words), format_func=words.__getitem__, default=first, key=key, label_visibility="collapsed",
        width="stretch",
    )  # fmt: skip
    return chosen or first


def listed(key: str, label: str, words: Mapping[str, str]) -> str:
    """One of a list; the first to begin with. `words` are shown as they are."""
    return st.selectbox(label, list(words), format_func=words.__getitem__, key=key)


def tick(key: str, label: str) -> bool:
    """A box to tick."""
    return st.checkbox(label, key=key)
