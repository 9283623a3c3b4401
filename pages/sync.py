"""How the workbook stands: what waits and why, what was found in it, and where two people changed one field."""

from __future__ import annotations

from pages._ui import guard, sync_view
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the workbook's state; writing it at once and downloading it are the administrator's."""
    sync_view.head(visit)
    sync_view.standing(visit)
    sync_view.conflicts(visit)
    sync_view.findings(visit, visit.app.health().sync_findings)


if __name__ == "__main__":
    guard.run(render)
