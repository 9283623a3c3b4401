"""The menu: what this person may open, drawn as one piece in the sidebar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._ui import components, routes
from pages._ui.gate import Visit
from schemas.rights import may
from schemas.template import Template

LAST = "system"
GROUPS = ("customers", "sales", "visits", "service", "expenses", "ordering", "people", "suggestions", LAST)
"""The order of the shipped groups; a company's own stand before the last."""
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
            _group(visit, group, [_form(visit, template, shown) for template in templates], is_open=few)
            for group, templates in by_group(readable)
        ],
        "manage_label": visit.text("nav.manage"),
        "manage": [
            _screen(visit, screen, current)
            for screen in (routes.SYNC, routes.TEMPLATES)
            if not screen.admin_only or "admin" in visit.actor.roles
        ],
    }


def _group(visit: Visit, group: str, items: list[dict[str, Any]], *, is_open: bool) -> dict[str, Any]:
    """A group with how many forms it holds, so that nobody opens it to find out."""
    return {"key": group, "label": group_name(visit, group), "count": len(items), "open": is_open, "items": items}


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


def by_group(templates: list[Template]) -> list[tuple[str, list[Template]]]:
    """The forms by group: the groups people work with every day first, then others, the portal's own last."""
    groups: dict[str, list[Template]] = {}
    for template in templates:
        groups.setdefault(template.group, []).append(template)
    places = {group: at for at, group in enumerate(GROUPS)}
    return sorted(groups.items(), key=lambda found: places.get(found[0], places[LAST] - 0.5))


def group_name(visit: Visit, group: str) -> str:
    """A group's name: the locale's when it has one, else as the template says it."""
    key = f"group.{group}"
    text = visit.text(key)
    return group if text == key else text
