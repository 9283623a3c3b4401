"""The records of one form: tabs, search, filters, views, bulk actions, fifty a page, the recycle bin and downloads."""

from __future__ import annotations

from pages._ui import chrome, guard, list_bulk, list_controls, list_page, list_view
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the list the URL names (`?t=`); everything it shows stands in the URL too."""
    template = chrome.template_of_page(visit)
    if template is None:
        return
    page = list_page.opened(visit, template)
    list_view.head(page)
    page = list_controls.controls(page)
    found = list_view.read(page)
    list_bulk.draw(page, found.total)
    list_view.show(page, found)


if __name__ == "__main__":
    guard.run(render)
