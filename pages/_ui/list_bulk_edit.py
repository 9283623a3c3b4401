"""Changing fields of many records: which fields, to what, what it would do, and the button that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from pages._ui import components, state, values, widgets
from pages._ui.list_page import ListPage
from pages._ui.text import plain
from schemas.record import Typed
from schemas.template import Field
from services.bulk import BulkPlan, RefusedRecord, Sample, Target, editable_fields

Asked = Literal["", "cancel"] | tuple[list[Target], Mapping[str, Typed]]
REFUSED_SHOWN = 100


def draw(page: ListPage, targets: Sequence[Target], key: str) -> Asked:
    """Draws it; answers what to write once it is confirmed."""
    visit = page.visit
    st.markdown(f"**{visit.md('records.edit_question', count=f'{len(targets):,}')}**")
    offered = {one.key: one for one in editable_fields(page.template, visit.actor)}
    words = {name: one.label.text(visit.language) for name, one in offered.items()}
    names = widgets.some_of(f"bulk_fields.{key}", visit.text("records.edit_fields"), words, (),
                            placeholder=visit.text("records.choose_column"))  # fmt: skip
    typed = {name: _answer(page, offered[name], key) for name in names}
    if names:
        st.caption(visit.md("records.edit_help"))
    plan = _kept_plan(page, typed)
    with st.container(horizontal=True, gap="small", key="bulk_buttons"):
        wants_plan = names and st.button(visit.md("records.preview"), key="bulk_preview",
                                         type="secondary" if plan else "primary")  # fmt: skip
        if st.button(visit.md("form.cancel"), key="bulk_cancel", type="tertiary"):
            return "cancel"
    if wants_plan:
        _plan(page, targets, typed)
        st.rerun()  # so that only the button that goes on is the primary one
    return _confirmed(page, plan, typed, key) if plan else ""


def _answer(page: ListPage, asked: Field, key: str) -> Typed:
    """The field's own widget; what stands in it goes into every record."""
    with st.container(key=f"field__{asked.key}", gap="xxsmall"):
        unit = f" ({asked.unit.text(page.visit.language)})" if asked.unit else ""
        label = plain(f"{asked.label.text(page.visit.language)}{unit}")
        return widgets.draw(widgets.Box(page.visit, asked, f"bulk.{key}.{asked.key}", "", label, live=True))


# --- what it would do ----------------------------------------------------------------------------------------------


def _plan(page: ListPage, targets: Sequence[Target], typed: Mapping[str, Typed]) -> None:
    """Works it out and remembers it, as plain values, with the answers it was made for."""
    plan = page.visit.app.bulk.plan(page.visit.actor, page.template.key, targets, typed)
    kept: dict[str, Any] = {
        "typed": _plain(typed),
        "ready": [[target.record_id, target.etag] for target in plan.ready],
        "unchanged": plan.unchanged,
        "refused": [[one.name, reasons(page, one)] for one in plan.refused[:REFUSED_SHOWN]],
        "refused_count": len(plan.refused),
        "samples": _samples(page, plan),
    }
    state.keep_list_value(page.template.key, "plan", kept)


def _kept_plan(page: ListPage, typed: Mapping[str, Typed]) -> dict[str, Any]:
    """The plan, as long as the answers are those it was made for."""
    kept: dict[str, Any] = state.list_value(page.template.key, "plan") or {}
    return kept if kept and kept["typed"] == _plain(typed) else {}


def _plain(typed: Mapping[str, Typed]) -> dict[str, Any]:
    return {
        name: answer if isinstance(answer, str) or answer is None else list(answer) for name, answer in typed.items()
    }


def _samples(page: ListPage, plan: BulkPlan) -> list[list[str]]:
    """Name, then for each field: before → after."""

    def change(sample: Sample, name: str) -> str:
        asked, nothing = page.template.by_key[name], page.visit.text("form.not_yet")
        before, after = (values.shown(page.visit, asked, texts.get(name, "")) or nothing
                         for texts in (sample.before, sample.after))  # fmt: skip
        return page.visit.text("records.before_after", before=before, after=after)

    return [[sample.name, *(change(sample, name) for name in sample.after)] for sample in plan.samples]


def _confirmed(page: ListPage, plan: Mapping[str, Any], typed: Mapping[str, Typed], key: str) -> Asked:
    visit, count = page.visit, len(plan["ready"])
    parts = [visit.md("records.plan_ready", count=f"{count:,}")]
    if plan["unchanged"]:
        parts.append(visit.md("records.plan_unchanged", count=f"{plan['unchanged']:,}"))
    if plan["refused_count"]:
        parts.append(visit.md("records.plan_refused", count=f"{plan['refused_count']:,}"))
    st.markdown(visit.md("list.separator").join(parts))
    if plan["samples"]:
        labels = [page.template.by_key[name].label.text(visit.language) for name in typed]
        heads = [visit.text("records.record"), *labels]
        _texts_table(page, "bulk_samples", visit.text("records.examples"), heads, plan["samples"])
    if plan["refused"]:
        refused_table(page, plan["refused"])
    if not count:
        return ""
    if st.button(visit.md("records.edit_confirm", count=f"{count:,}"), key="bulk_confirm", type="primary"):
        return [Target(record_id, etag) for record_id, etag in plan["ready"]], dict(typed)
    return ""


def reasons(page: ListPage, refused: RefusedRecord) -> str:
    """Why a record stays as it is, in words."""
    labels, visit = page.visit.app.labels, page.visit
    found = [
        labels.finding(finding, visit.language, page.template, visit.app.catalogue) for finding in refused.findings
    ]
    return " ".join(found)


def refused_table(page: ListPage, rows: Sequence[Sequence[str]]) -> None:
    """Records left as they are, and why."""
    visit = page.visit
    heads = [visit.text("records.record"), visit.text("records.reason")]
    _texts_table(page, "bulk_refused", visit.text("records.refused_label"), heads, rows)


def _texts_table(page: ListPage, key: str, label: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    components.table(
        f"{key}.{page.template.key}", label,
        [components.TableColumn(f"c{number}", head) for number, head in enumerate(heads)],
        [
            components.TableRow(str(number), tuple(components.TableCell(text, text) for text in row))
            for number, row in enumerate(rows)
        ],
    )  # fmt: skip
