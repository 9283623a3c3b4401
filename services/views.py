"""Saved views of lists, and what each person prefers there: his columns and the view a list opens with.

They stand in the private store: the workbook is not told how people like to look at it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.finding import Finding
from schemas.record import Actor
from schemas.rights import ADMIN, SUPERIORS
from services.ports import Clock, NewId
from sheets_adapter.private import PrivateStore, ViewRow

LONGEST_NAME = 40
MOST_VIEWS = 50
COLUMNS, OPENS_WITH = "columns", "view"


@dataclass(frozen=True, slots=True)
class View:
    """One saved view. query: a list's parameters (`ListState.kept`). is_mine: he made it; others' may be shared."""

    view_id: str
    template: str
    name: str
    query: Mapping[str, str]
    shared: bool
    is_mine: bool


def may_share(actor: Actor) -> bool:
    """Whether he may save views everybody sees."""
    return bool(actor.roles & (SUPERIORS | {ADMIN}))


class Views:
    """Keeps views and preferences."""

    def __init__(self, private: PrivateStore, *, clock: Clock, new_id: NewId) -> None:
        self._private = private
        self._clock = clock
        self._new_id = new_id

    def of(self, actor: Actor, template: str) -> tuple[View, ...]:
        """His own views, then those shared by others, each by name."""
        found = [_view(row, actor) for row in self._private.views(template, actor.account_id)]
        return tuple(sorted(found, key=lambda view: (not view.is_mine, view.name)))

    def find(self, actor: Actor, template: str, view_id: str) -> View | None:
        """The view of that identity, if he may see it."""
        return next((view for view in self.of(actor, template) if view.view_id == view_id), None)

    def save(
        self, actor: Actor, template: str, name: str, query: Mapping[str, str], *, shared: bool = False
    ) -> View | Finding:
        """Keeps the query under the name; a view of his of that name is replaced."""
        name = " ".join(name.split())
        problem = _find_name_problem(name)
        if problem:
            return problem
        if shared and not may_share(actor):
            return Finding("A061")
        own = [view for view in self.of(actor, template) if view.is_mine]
        same = next((view for view in own if view.name == name), None)
        if same is None and len(own) >= MOST_VIEWS:
            return Finding("A063", params={"max": MOST_VIEWS})
        view_id = same.view_id if same else self._new_id()
        return self._put(actor, View(view_id, template, name, dict(query), shared, True))

    def rename(self, actor: Actor, template: str, view_id: str, name: str) -> View | Finding:
        """Gives one of his views another name; an administrator may rename shared ones."""
        name = " ".join(name.split())
        row = self._editable(actor, template, view_id)
        if row is None:
            return Finding("A062")
        problem = _find_name_problem(name)
        if problem:
            return problem
        taken = any(v.name == name and v.view_id != view_id for v in self.of(actor, template) if v.is_mine)
        if taken:
            return Finding("A064", params={"name": name})
        renamed = ViewRow(row.view_id, row.account_id, row.template, name, row.query, row.shared, self._clock())
        self._private.put_view(renamed)
        return _view(renamed, actor)

    def delete(self, actor: Actor, template: str, view_id: str) -> Finding | None:
        """Removes one of his views; an administrator may remove shared ones."""
        if self._editable(actor, template, view_id) is None:
            return Finding("A062")
        self._private.delete_view(view_id)
        return None

    def may_change(self, actor: Actor, view: View) -> bool:
        """Whether he may rename and remove it."""
        return view.is_mine or (view.shared and ADMIN in actor.roles)

    # what each person prefers

    def opens_with(self, actor: Actor, template: str) -> View | None:
        """The view his list opens with."""
        view_id = self._private.list_choice(actor.account_id, template, OPENS_WITH)
        return self.find(actor, template, view_id) if view_id else None

    def open_with(self, actor: Actor, template: str, view_id: str) -> None:
        """His list opens with this view from now on; "" for all records."""
        self._private.put_list_choice(actor.account_id, template, OPENS_WITH, view_id)

    def columns(self, actor: Actor, template: str) -> tuple[str, ...]:
        """The columns he chose, () when he never did."""
        kept = self._private.list_choice(actor.account_id, template, COLUMNS)
        return tuple(kept.split(",")) if kept else ()

    def keep_columns(self, actor: Actor, template: str, keys: Sequence[str]) -> None:
        """His columns from now on; () for the template's own."""
        self._private.put_list_choice(actor.account_id, template, COLUMNS, ",".join(keys))

    def _editable(self, actor: Actor, template: str, view_id: str) -> ViewRow | None:
        for row in self._private.views(template, actor.account_id):
            if row.view_id == view_id and self.may_change(actor, _view(row, actor)):
                return row
        return None

    def _put(self, actor: Actor, view: View) -> View:
        query = json.dumps(dict(view.query), ensure_ascii=False, sort_keys=True)
        row = ViewRow(view.view_id, actor.account_id, view.template, view.name, query, view.shared, self._clock())
        self._private.put_view(row)
        return view


def _find_name_problem(name: str) -> Finding | None:
    if not name:
        return Finding("A060")
    if len(name) > LONGEST_NAME:
        return Finding("A065", params={"length": len(name), "max": LONGEST_NAME})
    return None


def _view(row: ViewRow, actor: Actor) -> View:
    query = json.loads(row.query)
    return View(row.view_id, row.template, row.name, query, row.shared, row.account_id == actor.account_id)
