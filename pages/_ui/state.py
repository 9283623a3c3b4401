"""Every key of the session behind a typed accessor. Only plain values are kept: ids, texts, numbers, lists of them.

Records and templates are read anew on each run; what a person typed is kept here under the draft's id until the draft
itself holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import streamlit as st

from schemas.finding import FieldRef, Finding, Severity

Plain = str | int | bool | None | list[Any] | dict[str, Any]


def _get(name: str, default: Plain = None) -> Any:
    return st.session_state.get(f"portal.{name}", default)


def _put(name: str, value: Plain) -> None:
    st.session_state[f"portal.{name}"] = value


def _drop(name: str) -> None:
    st.session_state.pop(f"portal.{name}", None)


# --- who and in which language -------------------------------------------------------------------------------------


def session_token() -> str:
    """The token this browser tab signed in with; "" when it came with the cookie or nobody is signed in."""
    return cast(str, _get("token", ""))


def sign_in(token: str) -> None:
    """Remembers the token for this tab; the cookie bridge carries it to the browser."""
    _put("token", token)
    _put("signed_out", False)


def sign_out() -> None:
    """Forgets everything of this tab, typed texts included: the next person must not find them."""
    language = chosen_language()
    for key in list(st.session_state):
        st.session_state.pop(key, None)
    _put("signed_out", True)
    choose_language(language)


def signed_out() -> bool:
    """Whether this tab signed out: its cookie must be cleared."""
    return bool(_get("signed_out", False))


def chosen_language() -> str:
    """The language picked in this tab; "" before anything was picked."""
    return cast(str, _get("language", ""))


def choose_language(language: str) -> None:
    """Shows everything in `language` from the next run on."""
    _put("language", language)


# --- a message for the next screen ---------------------------------------------------------------------------------


def leave_note(key: str, **params: str) -> None:
    """A message for the next screen: the text's key and its parameters."""
    _put("note", {"key": key, "params": params})


def take_note() -> dict[str, Any] | None:
    """The message left by the screen before, once."""
    note = _get("note")
    if note is not None:
        _drop("note")
    return cast("dict[str, Any] | None", note)


# --- one opened form -----------------------------------------------------------------------------------------------


def open_form(draft_id: str, keys: Iterable[str]) -> None:
    """Remembers which form is open and its widgets, so that leaving it or switching the language loses nothing."""
    _put("open_form", {"draft": draft_id, "keys": list(keys)})


def opened_form() -> str:
    """The draft of the form that was open in the run before; "" for none."""
    return cast(str, (_get("open_form") or {}).get("draft", ""))


def close_form() -> None:
    """The form was left."""
    _drop("open_form")


def pin_typed() -> None:
    """Takes the open form's answers out of their widgets' wording.

    A choice travels as the words on the screen; pinned, the same answer survives a change of those words.
    """
    for key in (_get("open_form") or {}).get("keys", []):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def typed(key: str, otherwise: Any) -> Any:
    """What stands in the widget `key` now; `otherwise` when it has not been drawn yet."""
    return st.session_state.get(key, otherwise)


def type_into(key: str, value: Any) -> None:
    """Puts a value into a widget that is drawn later in this run, or in the next."""
    st.session_state[key] = value


def component_value(component: str, name: str) -> Any:
    """What a browser part last sent under that name; None before it sent anything."""
    sent = st.session_state.get(component)
    return sent.get(name) if isinstance(sent, Mapping) else None


def take_picked(component: str, key: str) -> None:
    """The day picked in a calendar goes into the text widget beside it."""
    picked = (st.session_state.get(component) or {}).get("picked")
    if picked:
        st.session_state[key] = str(picked).replace("T", " ")


def form_value(draft_id: str, name: str, default: Plain = None) -> Any:
    """A remembered fact of an opened form: attempted, problems, rows, clashes…"""
    return _get(f"form.{draft_id}.{name}", default)


def keep_form_value(draft_id: str, name: str, value: Plain) -> None:
    """Remembers a fact of an opened form."""
    _put(f"form.{draft_id}.{name}", value)


def forget_form_value(draft_id: str, name: str) -> None:
    """Forgets a fact of an opened form."""
    _drop(f"form.{draft_id}.{name}")


# --- attachments of one field --------------------------------------------------------------------------------------


def files(key: str, otherwise: Iterable[str]) -> list[str]:
    """The field's files, "<sha256> <name>" each; `otherwise` what the draft holds, when none were touched yet."""
    kept = _get(f"files.{key}")
    return [file for file in otherwise if file] if kept is None else cast("list[str]", kept)


def keep_files(key: str, kept: Iterable[str]) -> None:
    """The field's files are now these."""
    _put(f"files.{key}", list(kept))


def file_round(key: str) -> int:
    """Counts the uploads of a field: each gets a fresh uploader, so that taken files do not stay in it."""
    return cast(int, _get(f"file_round.{key}", 0))


def next_file_round(key: str, problems: list[str]) -> None:
    """The uploader was emptied; `problems` are shown beside the next one."""
    _put(f"file_round.{key}", file_round(key) + 1)
    _put(f"file_problems.{key}", problems)


def file_problems(key: str) -> list[str]:
    """Why files of the last upload were not kept, in words."""
    return cast("list[str]", _get(f"file_problems.{key}", []))


# --- lists ---------------------------------------------------------------------------------------------------------


def list_cursors(name: str) -> list[str]:
    """Where each page of a list begins, from the second page on."""
    return cast("list[str]", _get(f"list.{name}", []))


def keep_list_cursors(name: str, cursors: list[str]) -> None:
    """Remembers where the pages of a list begin; one list at a time is remembered."""
    for key in [key for key in st.session_state if str(key).startswith("portal.list.")]:
        st.session_state.pop(key, None)
    _put(f"list.{name}", cursors)


def list_value(name: str, key: str, default: Plain = None) -> Any:
    """A remembered fact of a form's list: what its URL was settled to, which records are chosen, …"""
    return _get(f"listing.{name}.{key}", default)


def keep_list_value(name: str, key: str, value: Plain) -> None:
    """Remembers a fact of a form's list."""
    _put(f"listing.{name}.{key}", value)


def forget_list_value(name: str, key: str) -> None:
    """Forgets a fact of a form's list."""
    _drop(f"listing.{name}.{key}")


# --- findings as plain values --------------------------------------------------------------------------------------


def plain_finding(finding: Finding, about: str = "") -> dict[str, Any]:
    """A finding as plain values. `about`: the answer it complains of."""
    at = finding.at
    place = {"field": at.field, "line": at.line, "line_no": at.line_no} if isinstance(at, FieldRef) else None
    return {
        "code": finding.code,
        "at": place,
        "params": {name: list(value) if isinstance(value, tuple) else value for name, value in finding.params.items()},
        "severity": finding.severity.value,
        "about": about,
    }


def finding_of(kept: Mapping[str, Any]) -> tuple[Finding, str]:
    """The finding kept by `plain_finding`, and what it is about."""
    params = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["params"].items()}
    at = FieldRef(**kept["at"]) if kept["at"] else None
    return Finding(kept["code"], at, params, Severity(kept["severity"])), kept["about"]
