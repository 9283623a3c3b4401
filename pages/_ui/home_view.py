"""The person's own desk."""

from __future__ import annotations

import streamlit as st

from pages._ui import chrome, components, form_page, routes, values
from pages._ui.gate import Visit
from schemas.record import Record
from schemas.rights import may
from schemas.template import Template
from services.records import ListQuery

RECENT = 6
TILES = 9


def head(visit: Visit) -> None:
    """A greeting with the day."""
    now = visit.app.clock()
    part = "morning" if now.hour < 12 else "afternoon" if now.hour < 18 else "evening"
    name = visit.actor.staff_name
    with chrome.header(visit, visit.text(f"home.good_{part}", name=name), values.day_line(visit, now.date())):
        pass


def quick_entry(visit: Visit) -> None:
    """One tile per form this person may fill in."""
    templates = [template for template in visit.app.catalogue.templates if may(visit.actor, template, "create")]
    with st.container(border=True, key="card__quick"):
        st.subheader(visit.md("home.quick"), anchor=False)
        if not templates:
            st.caption(visit.md("home.no_forms"))
        _tiles(visit, templates[:TILES])
        if len(templates) > TILES:
            more = st.expander(visit.md("home.more_forms", count=len(templates) - TILES), key="more_forms",
                               type="compact", on_change="rerun")  # fmt: skip
            if more.open:
                with more:
                    _tiles(visit, templates[TILES:])


def _tiles(visit: Visit, templates: list[Template]) -> None:
    grid = st.grid(3, min_column_width=190, gap=12)
    for template in templates:
        with grid, st.container(key=f"tile__{template.key}"):
            label = template.label.text(visit.language)
            routes.link(routes.FORM, label, icon=":material/edit_square:", width="stretch", t=template.key)


def drafts(visit: Visit) -> None:
    """Forms begun and not sent."""
    mine = visit.app.drafts.mine(visit.actor)
    with st.container(border=True, key="card__drafts"):
        st.subheader(visit.md("home.drafts"), anchor=False)
        if not mine:
            st.caption(visit.md("home.no_drafts"))
        for draft in mine[:RECENT]:
            with st.container(key=f"draft__{draft.draft_id}", gap="xxsmall"):
                routes.link(routes.FORM, form_page.draft_title(visit, draft), icon=":material/draft:", width="stretch",
                            t=draft.template, d=draft.draft_id)  # fmt: skip
                st.caption(visit.md("home.draft_kept", at=values.moment(visit, draft.saved_at)))


def recent(visit: Visit) -> None:
    """What this person sent last, with its receipt."""
    rows = sorted(_mine(visit), key=lambda found: found[1].system.get("created_at", ""), reverse=True)[:RECENT]
    with st.container(border=True, key="card__recent"):
        st.subheader(visit.md("home.recent"), anchor=False)
        if not rows:
            st.caption(visit.md("home.nothing_sent"))
            return
        columns = [
            components.TableColumn(key, visit.text(f"home.column.{key}")) for key in ("what", "form", "at", "written")
        ]
        components.table(
            "table.recent", visit.text("home.recent"), columns, [_row(visit, *found) for found in rows],
            on_open=lambda place: routes.go(routes.RECORD, t=place.partition("/")[0], id=place.partition("/")[2]),
        )  # fmt: skip


def _mine(visit: Visit) -> list[tuple[Template, Record]]:
    query = ListQuery(tab="own", sort=(("created_at", True),), limit=RECENT)
    return [
        (template, record)
        for template in visit.app.catalogue.templates
        if may(visit.actor, template, "read")
        for record in visit.app.repository.page(template.key, visit.actor, query).records
        if record.system.get("created_by") == visit.actor.signature
    ]


def _row(visit: Visit, template: Template, record: Record) -> components.TableRow:
    name = values.headline(visit, template, record)
    number = values.number(template, record)
    cells = (
        components.TableCell(name if name == number else f"{name} · {number}"),
        components.TableCell(template.label.text(visit.language)),
        components.TableCell(values.moment(visit, record.system.get("created_at", ""))),
        _receipt(visit, template, record),
    )
    href = routes.href(routes.RECORD, t=template.key, id=record.record_id)
    return components.TableRow(f"{template.key}/{record.record_id}", cells, href)


def _receipt(visit: Visit, template: Template, record: Record) -> components.TableCell:
    """Saved; in the workbook, and where, only once the workbook shows it; or withdrawn since."""
    if record.is_void:
        return components.TableCell(visit.text("status.void"), tone="grey")
    place = visit.app.sync.row_of(template.key, record.record_id)
    if place:
        row = visit.text("sync.written_at", sheet=place[0], row=place[1])
        return components.TableCell(visit.text("home.written"), row, tone="green")
    return components.TableCell(visit.text("home.saved"), tone="blue")


def workbook(visit: Visit) -> None:
    """How the workbook stands, in a sentence."""
    status = visit.app.sync.status()
    with st.container(border=True, key="card__workbook"):
        st.subheader(visit.md("home.workbook"), anchor=False)
        chrome.sync_badge(visit)
        if status.last_published_at:
            st.caption(visit.md("sync.last", at=values.moment(visit, status.last_published_at)))
        if status.conflicts:
            chrome.remark("orange", "warning", visit.md("sync.has_conflicts", count=status.conflicts))
        routes.link(routes.SYNC, visit.text("home.to_sync"), icon=routes.SYNC.icon)
