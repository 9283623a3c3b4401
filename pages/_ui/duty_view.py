"""待办: what is late or falls due by Sunday, each with the record to open and the rule behind it."""

from __future__ import annotations

import streamlit as st

from pages._ui import components, routes, values, widgets
from pages._ui.gate import Visit
from schemas.rights import may
from services.duties import WHEN, Duty

SHOWN = 12
LOOK_AGAIN = 2
"""Seconds until the page looks whether the list is there."""
_TONES: dict[str, components.Tone] = {"late": "red", "today": "amber", "week": "blue"}


def draw(visit: Visit) -> None:
    """The card; while the list is worked out for the first time it says so, and the page looks again."""
    found = visit.app.duties.of(visit.actor)
    with st.container(border=True, key="card__duties"):
        st.subheader(visit.md("home.duties"), anchor=False)
        if visit.app.duties.has_failed:
            st.warning(visit.md("home.duties_failed"), icon=":material/error:")
        elif found is None:
            st.caption(visit.md("home.duties_coming"))
            components.pulse("duties", every=LOOK_AGAIN)
        elif not found:
            st.caption(visit.md("home.no_duties"))
        else:
            _listed(visit, found)


def _listed(visit: Visit, found: tuple[Duty, ...]) -> None:
    counts = {when: sum(one.when == when for one in found) for when in WHEN}
    words = {when: visit.md(f"home.when.{when}", count=counts[when]) for when in WHEN}
    first = next(when for when in WHEN if counts[when])
    with st.container(key="duty_tiles"):
        chosen = widgets.part_of("home.when", visit.md("home.duties"), words, first)
    shown = [one for one in found if one.when == chosen]
    if not shown:
        st.caption(visit.md(f"home.none.{chosen}"))
        return
    keys = ("what", "whom", "due", "why")
    columns = [components.TableColumn(key, visit.text(f"home.duty.{key}")) for key in keys]
    rows = [_row(visit, number, one) for number, one in enumerate(shown[:SHOWN])]
    components.table(
        f"table.duties.{chosen}", visit.text("home.duties"), columns, rows,
        on_open=lambda place: _open(visit, shown[int(place)]),
    )  # fmt: skip
    if len(shown) > SHOWN:
        st.caption(visit.md("home.more_duties", count=len(shown) - SHOWN))


def _row(visit: Visit, number: int, one: Duty) -> components.TableRow:
    cells = (
        components.TableCell(one.label.text(visit.language)),
        components.TableCell(_whom(visit, one)),
        components.TableCell(_due(visit, one), f"{one.due_at:%Y-%m-%d %H:%M}", _TONES[one.when]),
        components.TableCell(one.why.text(visit.language), one.source),
    )
    return components.TableRow(str(number), cells, _href(visit, one))


def _whom(visit: Visit, one: Duty) -> str:
    """The record it is about, as far as he may see it, and whose it is when it is not his own."""
    parts = []
    form = visit.app.catalogue.get(one.template)
    if form is not None and one.record_id:
        record = visit.app.repository.get(form.key, one.record_id, visit.actor)
        if record is not None:
            customer = record.values.get("customer_id", "")
            known = visit.app.repository.references.display("customer_info", customer) if customer else None
            parts.append(known or values.headline(visit, form, record))
    if one.owner_id and one.owner_id != visit.actor.staff_id:
        parts.append(visit.app.repository.references.display("staff", one.owner_id) or one.owner_id)
    return " · ".join(parts)


def _due(visit: Visit, one: Duty) -> str:
    if one.when == "late":
        return visit.text("home.late", days=one.days) if one.days else visit.text("home.late_today")
    if one.days == 0:
        return visit.text("home.due_today")
    return f"{one.due_at:%m-%d}"


def _href(visit: Visit, one: Duty) -> str:
    form = visit.app.catalogue.get(one.template)
    if form is None or not one.record_id or not may(visit.actor, form, "read"):
        return ""
    return routes.href(routes.RECORD, t=form.key, id=one.record_id)


def _open(visit: Visit, one: Duty) -> None:
    if _href(visit, one):
        routes.go(routes.RECORD, t=one.template, id=one.record_id)
