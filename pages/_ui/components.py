"""Small browser parts Streamlit does not have: a table of real links, and a calendar button.

They get their data as JSON and set it as text content, so nothing in it can become HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from pages._ui import state
from pages._ui.assets import asset

Tone = Literal["", "green", "blue", "amber", "red", "grey"]

_table = st.components.v2.component(
    "portal_table",
    html='<div class="frame"><table><thead></thead><tbody></tbody><tfoot></tfoot></table></div>',
    css=asset("table.css"),
    js=asset("table.js"),
)
_calendar = st.components.v2.component(
    "portal_calendar",
    html='<label class="day"><svg viewBox="0 0 24 24"><rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/>'
    '<path d="M3.5 9.8h17M8 2.8v4M16 2.8v4"/></svg><input></label>',
    css=asset("calendar.css"),
    js=asset("calendar.js"),
)
_menu = st.components.v2.component("portal_menu", html="<nav></nav>", css=asset("menu.css"), js=asset("menu.js"))
_problems = st.components.v2.component(
    "portal_problems", html="<ul></ul>", css=asset("problems.css"), js=asset("problems.js")
)
_pulse = st.components.v2.component("portal_pulse", js=asset("pulse.js"))


_lines = st.components.v2.component(
    "portal_lines",
    html='<div class="lines"></div>',
    css=asset("line_table.css"),
    js=asset("line_search.js") + asset("line_table.js"),
)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table on screen."""

    key: str
    label: str
    align: Literal["left", "right"] = "left"
    sortable: bool = False


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell: its text, what a hover tells, and the colour of its chip ("" for no chip)."""

    text: str
    title: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row; `href` makes it open a record."""

    id: str
    cells: tuple[TableCell, ...]
    href: str = ""
    void: bool = False


@dataclass(frozen=True, slots=True)
class Choosing:
    """Rows that can be ticked. ticked: ids; row, all: what the boxes are called; on_change gets the ids ticked now."""

    ticked: Sequence[str]
    row: str
    all: str
    on_change: Callable[[list[str]], None]


def table(
    key: str,
    label: str,
    columns: Sequence[TableColumn],
    rows: Sequence[TableRow],
    *,
    total: Sequence[TableCell] = (),
    sort: str = "",
    sort_label: str = "",
    on_open: Callable[[str], None] | None = None,
    on_sort: Callable[[str], None] | None = None,
    choosing: Choosing | None = None,
) -> None:
    """Draws a table. `on_open` gets the id of the row clicked, `on_sort` a column key with "-" for descending."""
    ticks = {"ticked": list(choosing.ticked), "row": choosing.row, "all": choosing.all} if choosing else None
    answer = _table(
        key=key,
        data=_handed(
            label=label,
            columns=[asdict(column) for column in columns],
            rows=[asdict(row) for row in rows],
            total=[asdict(cell) for cell in total],
            sort=sort,
            sort_label=sort_label,
            choosing=ticks,
        ),
        on_opened_change=_ignored,
        on_sorted_change=_ignored,
        on_chosen_change=_ignored,
    )
    if on_open and answer.get("opened"):
        on_open(str(answer["opened"]))
    if on_sort and answer.get("sorted"):
        on_sort(str(answer["sorted"]))
    if choosing and answer.get("chosen"):
        choosing.on_change([str(row_id) for row_id in answer["chosen"]["ids"]])


def calendar_button(
    key: str,
    label: str,
    value: str,
    *,
    kind: Literal["date", "month", "datetime-local"],
    into: str,
    disabled: bool = False,
) -> None:
    """Draws the button. `value`: the day the calendar opens at; `into`: the text widget that gets the day picked."""
    data = _handed(label=label, value=value, kind=kind, disabled=disabled)
    _calendar(key=key, data=data, on_picked_change=lambda: state.take_picked(key, into), width=38)


def menu(key: str, data: dict[str, Any]) -> str:
    """Draws the menu; answers the id of the entry just clicked, "" otherwise."""
    return str(_menu(key=key, data=_handed(**data), on_went_change=_ignored).get("went") or "")


def problem_list(key: str, items: Sequence[tuple[str, str, str, str]], *, attempt: str) -> None:
    """Draws what to fix as links: (key of the field's container, a cell's row and field, text).

    A new `attempt` puts the cursor into the first field that is wrong.
    """
    listed = [{"place": place, "row": row, "field": field, "text": text} for place, row, field, text in items]
    _problems(key=key, data=_handed(items=listed, round=attempt))


def pulse(key: str, *, every: int = 0, fields: bool = False) -> None:
    """Draws nothing; runs the page again every so many seconds (0: never), and soon after a form's field was left.

    A run of the whole page, never of a part: a part asked for exactly while the page changes can make Streamlit give
    the page up ("Bad delta path index"). It waits while a run is under way, while somebody clicks or has a dialog open.
    """
    with st.container(key=f"unseen__{key}"):
        _pulse(key=key, data=_handed(every=every, fields=fields), on_beat_change=_ignored, height=1)


def line_table(
    key: str,
    data: dict[str, Any],
    *,
    on_asked: Callable[[Any], None],
    on_created: Callable[[Any], None],
    on_imported: Callable[[Any], None],
) -> None:
    """Draws line items to fill in. Its rows are read by `state.component_value(key, "table")`.

    on_asked: searched for what a cell refers to; on_created: asked for a new record to refer to; on_imported: a
    pasted table whose columns are to be matched first. All three run before the page does.
    """
    _lines(
        key=key,
        data=_handed(**data),
        on_table_change=_ignored,
        on_asked_change=lambda: on_asked(state.component_value(key, "asked")),
        on_created_change=lambda: on_created(state.component_value(key, "created")),
        on_imported_change=lambda: on_imported(state.component_value(key, "imported")),
    )


def _handed(**data: Any) -> dict[str, Any]:
    """Data for the browser. Streamlit looks into lists and dicts of the first level for data frames, and imports
    pandas to do so (0.4 s and 60 MB, measured with 1.67); a tuple it lets pass, and JSON does not know the difference.
    """
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def _ignored() -> None:
    """The answer is read where the component is drawn."""
