"""The records of one form: tabs, search, filters, sorting, fifty a page, the recycle bin and downloads."""

from __future__ import annotations

from pages._ui import chrome, guard, list_view
from pages._ui.gate import Visit

guard.ensure_router()


def render(visit: Visit) -> None:
    """Draws the list the URL names (`?t=`); tab, search, filters and sorting stand in the URL too."""
    template = chrome.template_of_page(visit)
    if template is None:
        return
    asked = list_view.asked_of_url(visit, template)
    list_view.head(visit, template, asked)
    asked = list_view.controls(visit, template, asked)
    page = list_view.read(visit, template, asked)
    list_view.show(visit, template, asked, page)


if __name__ == "__main__":
    guard.run(render)
