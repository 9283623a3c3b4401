"""One form's list as it is open in this tab: what it shows, and how that stands in the URL.

The URL leads. When it changes by itself (a link, the browser's way back, a chip taken away) the controls begin anew
from it; when a control changes, the URL follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import streamlit as st

from pages._ui import routes, state
from pages._ui.gate import Visit
from schemas.template import Field, Template
from services.lists import FILTER, ListFields, ListState
from services.records import ListQuery
from services.views import View

EVERYTHING = "all"
"""The `view` that is none: said aloud only where the list would open with another."""


@dataclass(frozen=True)
class ListPage:
    """The list. state: what it shows. round: counts how often the controls began anew; part of their keys."""

    visit: Visit
    template: Template
    fields: ListFields
    state: ListState
    round: int
    now: datetime

    def key(self, name: str) -> str:
        """Key of a control."""
        return f"list.{self.template.key}.{self.round}.{name}"

    def field(self, key: str) -> Field:
        """The column of that key."""
        return self.fields.by_key[key]

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The saved views this person may use."""
        return self.visit.app.views.of(self.visit.actor, self.template.key)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns shown: asked for, else the person's own, else the template's."""
        own = self.fields.known_columns(self.visit.app.views.columns(self.visit.actor, self.template.key))
        return self.state.columns or own or self.fields.default_columns()

    @property
    def query(self) -> ListQuery:
        """What the repository is asked for."""
        return self.state.query(self.fields.by_key, self.now)

    def showing(self, asked: ListState) -> ListPage:
        """The same list showing something else."""
        return replace(self, state=asked)


def opened(visit: Visit, template: Template) -> ListPage:
    """The list the URL asks for. Coming from another screen, a bare URL asks for the view this person opens with."""
    fields = ListFields.of(template, visit.actor, visit.app.labels)
    now, params = visit.app.clock(), routes.all_asked()
    begun: int = state.list_value(template.key, "round", 0)
    is_here = state.typed(f"list.{template.key}.{begun}.q", None) is not None
    if is_here and _signature(params) == state.list_value(template.key, "seen"):
        return ListPage(visit, template, fields, fields.state(params, now), begun, now)
    page = ListPage(visit, template, fields, fields.state(params, now), begun + 1, now)
    state.keep_list_value(template.key, "round", begun + 1)
    state.keep_list_value(template.key, "seen", _signature(params))
    first = None if is_here or len(params) > 1 else visit.app.views.opens_with(visit.actor, template.key)
    return in_view(page, first) if first else page


def in_view(page: ListPage, view: View) -> ListPage:
    """The list as the saved view shows it; the URL says so too."""
    page = page.showing(replace(page.fields.state(view.query, page.now), view=view.view_id))
    settle(page)
    return page


def settle(page: ListPage) -> None:
    """Writes what is shown into the URL; the controls stay as they are."""
    write(page, page.state)
    state.keep_list_value(page.template.key, "seen", _signature(routes.all_asked()))


def write(page: ListPage, asked: ListState) -> None:
    """Writes into the URL what is to be shown next; the controls will begin anew from there."""
    gone = {name: "" for name in routes.all_asked() if name.startswith(FILTER)}
    params = {**gone, **asked.params()}
    if not any(params.values()) and page.visit.app.views.opens_with(page.visit.actor, page.template.key):
        params["view"] = EVERYTHING
    routes.settle(**params)


def turn(page: ListPage, asked: ListState) -> None:
    """Shows another page of the list at once."""
    settle(page.showing(asked))
    st.rerun()


def begin_anew(page: ListPage, asked: ListState) -> None:
    """Shows something else at once, with its controls begun anew."""
    write(page, asked)
    st.rerun()


def _signature(params: dict[str, str]) -> str:
    return repr(sorted(params.items()))
