"""What is wrong with template files: every problem with its file, line and hint, and every form that works."""

from __future__ import annotations

from pages._ui import guard, templates_view
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the loader's findings and the forms in use."""
    templates_view.head(visit)
    templates_view.problems(visit)
    templates_view.forms(visit)


if __name__ == "__main__":
    guard.run(render, may=lambda visit: "admin" in visit.actor.roles)
