"""The menu: what this person may open, drawn as one piece in the sidebar."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import streamlit as st

from pages._ui import components, routes
from pages._ui.gate import Visit
from schemas.rights import may
from schemas.template import Template

FEW_FORMS = 12
"""Up to so many forms every group is open to begin with."""


def draw(visit: Visit, current: routes.Screen) -> None:
    """The company's name, the screens, the forms by group; leaves for the one clicked."""
    with st.container(key="nav"):
        went = components.menu("menu", menu_of(visit, current))
    if went:
        _go(went)


def menu_of(visit: Visit, current: routes.Screen) -> dict[str, Any]:
    """The menu's texts and links. On a form's own screens its entry is the current one."""
    shown = routes.asked("t") if current in (routes.RECORDS, routes.RECORD, routes.FORM) else ""
    readable = [template for template in visit.app.catalogue.templates if may(visit.actor, template, "read")]
    few = len(readable) <= FEW_FORMS
    return {
        "label": visit.text("nav.label"),
        "company": visit.app.company or visit.text("brand"),
        "screens": [_screen(visit, routes.HOME, current)],
        "groups": [
            {
                "key": group,
                "label": group_name(visit, group),
                "open": few,
                "items": [_form(visit, template, shown) for template in templates],
            }
            for group, templates in groupby(readable, key=lambda template: template.group)
        ],
        "manage_label": visit.text("nav.manage"),
        "manage": [
            _screen(visit, screen, current)
            for screen in (routes.SYNC, routes.TEMPLATES)
            if not screen.admin_only or "admin" in visit.actor.roles
        ],
    }


def _screen(visit: Visit, screen: routes.Screen, current: routes.Screen) -> dict[str, Any]:
    return {
        "id": screen.slug,
        "label": visit.text(screen.title),
        "href": routes.href(screen),
        "current": screen is current,
    }


def _form(visit: Visit, template: Template, shown: str) -> dict[str, Any]:
    return {
        "id": f"t:{template.key}",
        "label": template.label.text(visit.language),
        "href": routes.href(routes.RECORDS, t=template.key),
        "current": template.key == shown,
    }


def _go(went: str) -> None:
    if went.startswith("t:"):
        routes.go(routes.RECORDS, t=went.removeprefix("t:"))
    for screen in routes.SCREENS:
        if screen.slug == went:
            routes.go(screen)


def group_name(visit: Visit, group: str) -> str:
    """A group's name: the locale's when it has one, else as the template says it."""
    key = f"group.{group}"
    text = visit.text(key)
    return group if text == key else text
