"""The screens and how to get to them. Links carry template and record in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import urlencode

import streamlit as st

from pages._ui.text import plain

Width = Literal["content", "stretch"]


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its file, the locale key of its title, its icon; `admin_only` screens are the administrator's."""

    path: str
    title: str
    icon: str
    admin_only: bool = False

    @property
    def slug(self) -> str:
        """Its place in the URL."""
        return self.path.removeprefix("pages/").removesuffix(".py")


HOME = Screen("pages/home.py", "home.title", ":material/home:")
RECORDS = Screen("pages/records.py", "records.title", ":material/table_rows:")
RECORD = Screen("pages/record.py", "record.title", ":material/article:")
FORM = Screen("pages/form.py", "form.title", ":material/edit_square:")
SYNC = Screen("pages/sync.py", "sync.title", ":material/sync:")
TEMPLATES = Screen("pages/templates.py", "templates.title", ":material/checklist:", admin_only=True)
SCREENS = (HOME, RECORDS, RECORD, FORM, SYNC, TEMPLATES)


def go(screen: Screen, **query: str) -> NoReturn:
    """Leaves for another screen."""
    st.switch_page(screen.path, query_params=given(query))
    raise AssertionError("switch_page does not return")


def link(screen: Screen, label: str, *, icon: str | None = None, width: Width = "content", **query: str) -> None:
    """A link to another screen; `label` is shown as it is."""
    st.page_link(screen.path, label=plain(label), icon=icon, width=width, query_params=given(query))


def href(screen: Screen, **query: str) -> str:
    """The address of a screen, for links drawn outside Streamlit; relative to the portal's own address."""
    return f"{screen.slug}?{urlencode(given(query))}"


def given(query: dict[str, str]) -> dict[str, str]:
    """The parameters that say something."""
    return {name: value for name, value in query.items() if value}


def asked(name: str) -> str:
    """A parameter of this page's URL, "" when it is absent."""
    return str(st.query_params.get(name, ""))


def all_asked() -> dict[str, str]:
    """All parameters of this page's URL."""
    return {name: str(value) for name, value in st.query_params.items()}


def settle(**query: str) -> None:
    """Writes the screen's state into the URL without leaving; empty parameters disappear."""
    for name, value in query.items():
        if value and asked(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]
