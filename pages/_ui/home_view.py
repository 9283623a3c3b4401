"""The person's own desk."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from pages._ui import chrome, components, form_page, menu, routes, values, widgets
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.calendar import WorkingCalendar
from schemas.folding import fold
from schemas.record import Record
from schemas.rights import may
from schemas.template import Template
from services.records import ListQuery

RECENT = 6
TILES = 6
BEGIN_WITH = (
    "customer_info", "need_confirmation", "order_progress", "after_sales", "gift_request", "reception_request",
)  # fmt: skip
"""Offered to who has sent nothing yet: what most people fill in."""
MANY = 12
"""From so many forms on there is a box to search them."""
Sent = list[tuple[Template, Record]]
"""What a person sent, the newest first, with its form."""


def head(visit: Visit) -> None:
    """A greeting with the day, and whether it is worked."""
    now = visit.app.clock()
    part = "morning" if now.hour < 12 else "afternoon" if now.hour < 18 else "evening"
    name = visit.actor.staff_name
    line = values.day_line(visit, now.date())
    with chrome.header(visit, visit.text(f"home.good_{part}", name=name), f"{line} · {_kind_of_day(visit, now)}"):
        pass


def _kind_of_day(visit: Visit, now: datetime) -> str:
    """工作日, 调休上班, 节假日 or 周末."""
    weekend, works = now.weekday() >= 5, WorkingCalendar().is_workday(now.date())
    if works:
        return visit.text("home.day.swapped" if weekend else "home.day.work")
    return visit.text("home.day.weekend" if weekend else "home.day.holiday")


def quick_entry(visit: Visit, sent: Sent) -> None:
    """The forms this person may fill in: those he used last, then all by group; a box finds one among many."""
    allowed = [template for template in visit.app.catalogue.templates if may(visit.actor, template, "create")]
    used = list(dict.fromkeys([*(template.key for template, _ in sent), *BEGIN_WITH]))
    in_use = sorted(allowed, key=lambda one: used.index(one.key) if one.key in used else len(used))
    first, rest = in_use[:TILES], {one.key for one in in_use[TILES:]}
    with st.container(border=True, key="card__quick"):
        st.subheader(visit.md("home.quick"), anchor=False)
        if not allowed:
            st.caption(visit.md("home.no_forms"))
        looked_for = widgets.line("home.find", visit.md("home.find")) if len(allowed) > MANY else ""
        if looked_for.strip():
            _found(visit, allowed, looked_for)
            return
        _tiles(visit, first)
        if rest:
            more = st.expander(visit.md("home.more_forms", count=len(rest)), key="more_forms",
                               type="compact", on_change="rerun")  # fmt: skip
            if more.open:
                with more:
                    _grouped(visit, [one for one in allowed if one.key in rest])


def _found(visit: Visit, allowed: list[Template], looked_for: str) -> None:
    words = fold(looked_for).split()
    hits = [one for one in allowed if all(word in fold(f"{one.label.zh} {one.label.en}") for word in words)]
    if hits:
        _tiles(visit, hits)
    else:
        st.caption(visit.md("home.no_such_form"))


def _grouped(visit: Visit, templates: list[Template]) -> None:
    for group, some in menu.by_group(templates):
        st.caption(plain(menu.group_name(visit, group)))
        _tiles(visit, some)


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
            with st.container(
                key=f"draft__{draft.draft_id}", horizontal=True, vertical_alignment="center", gap="small"
            ):
                with st.container(gap="xxsmall"):
                    routes.link(routes.FORM, form_page.draft_title(visit, draft), icon=":material/draft:",
                                width="stretch", t=draft.template, d=draft.draft_id)  # fmt: skip
                    st.caption(visit.md("home.draft_kept", at=values.moment(visit, draft.saved_at)))
                st.button(visit.md("home.discard"), key=f"discard__{draft.draft_id}", type="tertiary",
                          on_click=visit.app.drafts.discard, args=(draft.draft_id, visit.actor))  # fmt: skip


def recent(visit: Visit, sent: Sent) -> None:
    """What this person sent last, with its receipt."""
    rows = sent[:RECENT]
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


def sent(visit: Visit) -> Sent:
    """What this person sent last, of every form."""
    query = ListQuery(tab="own", sort=(("created_at", True),), limit=RECENT)
    mine = [
        (template, record)
        for template in visit.app.catalogue.templates
        if may(visit.actor, template, "read")
        for record in visit.app.repository.page(template.key, visit.actor, query).records
        if record.system.get("created_by") == visit.actor.signature
    ]
    return sorted(mine, key=lambda found: found[1].system.get("created_at", ""), reverse=True)


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
