"""What belongs to a record: short lists of the records that refer to it, and the way to one more of each."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._ui import components, routes, values
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.catalogue import Referrer
from schemas.record import Record
from schemas.rights import may, may_read_field
from schemas.template import Field, Template
from services.list_filters import Filter, written
from services.lists import FILTER
from services.records import Related

COLUMNS = 4
ROWS = 5
LISTS = 10
"""Lists open at once; further ones are folded."""


def draw(visit: Visit, template: Template, record: Record) -> None:
    """The lists that hold anything; then, for forms that have none yet, the way to the first."""
    found = visit.app.repository.related(template.key, record.record_id, visit.actor, limit=ROWS)
    startable = {} if record.is_void else _startable(visit, template, found)
    if not found and not startable:
        return
    with st.container(border=True, key="card__related"):
        with st.container(horizontal=True, vertical_alignment="center", key="related_head"):
            st.subheader(visit.md("related.title"), anchor=False)
            if startable:
                _new_menu(visit, template, record, startable)
        if not found:
            st.caption(visit.md("related.none"))
        for one in found[:LISTS]:
            _list(visit, template, record, one, found)
        if len(found) > LISTS:
            with st.expander(visit.md("related.more", count=len(found) - LISTS)):
                for one in found[LISTS:]:
                    _list(visit, template, record, one, found)


def _startable(visit: Visit, template: Template, found: tuple[Related, ...]) -> dict[str, Referrer]:
    """Forms that refer here, are not listed yet, and that this person may fill in, by their key."""
    listed = {one.referrer.template.key for one in found}
    return {
        referrer.template.key: referrer
        for referrer in reversed(visit.app.catalogue.referring_to(template.key))
        if referrer.template.key not in listed and _may_start(visit, referrer)
    }


def _may_start(visit: Visit, referrer: Referrer) -> bool:
    """People stand in nearly every form: only a `reference` makes one that belongs to the record."""
    form = referrer.template
    return (
        not referrer.line
        and referrer.field.type == "reference"
        and may(visit.actor, form, "create")
        and may_read_field(visit.actor, form, referrer.field)
    )


def _new_menu(visit: Visit, template: Template, record: Record, startable: dict[str, Referrer]) -> None:
    with st.popover(visit.md("related.new"), icon=":material/add:", key="related_new"):
        for referrer in reversed(startable.values()):
            _new_link(visit, template, record, referrer, referrer.template.label.text(visit.language))


def _new_link(visit: Visit, template: Template, record: Record, referrer: Referrer, label: str) -> None:
    """The form, with this record filled in where the field allows it."""
    given: dict[str, Any] = {referrer.field.key: values.number(template, record)} if referrer.field.prefill else {}
    routes.link(routes.FORM, label, icon=":material/add:", t=referrer.template.key, **given)


def _list(visit: Visit, template: Template, record: Record, one: Related, found: tuple[Related, ...]) -> None:
    form = one.referrer.template
    name = f"{form.key}.{one.referrer.line}.{one.referrer.field.key}"
    with st.container(key=f"related__{name.replace('.', '_')}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(_title(visit, one, found))}**", width="content")
            _all_link(visit, template, record, one)
            if not record.is_void and _may_start(visit, one.referrer):
                _new_link(visit, template, record, one.referrer, visit.text("related.new"))
        columns = _columns(visit, one)
        components.table(
            f"related.{record.record_id}.{name}", form.label.text(visit.language),
            [components.TableColumn(c.key, c.label.text(visit.language), values.align(c)) for c in columns],
            [_row(visit, form, columns, each) for each in one.records],
            on_open=lambda record_id: routes.go(routes.RECORD, t=form.key, id=record_id),
        )  # fmt: skip


def _title(visit: Visit, one: Related, found: tuple[Related, ...]) -> str:
    """The form's name; with the field's where the form refers here by several."""
    form = one.referrer.template
    label = form.label.text(visit.language)
    several = sum(other.referrer.template.key == form.key for other in found) > 1
    return f"{label} · {one.referrer.field.label.text(visit.language)}" if several else label


def _all_link(visit: Visit, template: Template, record: Record, one: Related) -> None:
    """The whole list, narrowed to this record; by its line items a list can only be searched."""
    key = values.number(template, record)
    if one.referrer.line:
        words = visit.text("related.search" if one.total < 0 else "related.count", count=max(one.total, 0))
        routes.link(routes.RECORDS, words, t=one.referrer.template.key, q=key)
        return
    narrowed: dict[str, Any] = {f"{FILTER}{one.referrer.field.key}": written(Filter(values=(key,)))}
    routes.link(routes.RECORDS, visit.text("related.all", count=one.total), t=one.referrer.template.key, **narrowed)


def _columns(visit: Visit, one: Related) -> list[Field]:
    """The first columns of the form's list, without the one that names this record and without personal data; those
    that tell the records apart come first."""
    form = one.referrer.template
    shown = [form.by_key[key] for key in form.list_view.columns if key != one.referrer.field.key]
    readable = [f for f in shown if not f.pii and may_read_field(visit.actor, form, f)]
    telling = [f for f in readable if len({record.values.get(f.key, "") for record in one.records}) > 1]
    ordered = [*telling, *(f for f in readable if f not in telling)]
    return ordered[:COLUMNS] or [form.by_key[form.list_view.columns[0]]]


def _row(visit: Visit, form: Template, columns: list[Field], record: Record) -> components.TableRow:
    cells = [values.cell(visit, c, record.values.get(c.key, ""), record.raw.get(c.key, "")) for c in columns]
    if not cells[0].text:
        cells[0] = components.TableCell(values.number(form, record))
    return components.TableRow(
        record.record_id, tuple(cells), routes.href(routes.RECORD, t=form.key, id=record.record_id)
    )
