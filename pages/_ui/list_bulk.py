"""Chosen records and what can be done with all of them: change fields, withdraw, restore; and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages._ui import list_bulk_edit, state, values, widgets
from pages._ui.list_page import ListPage
from schemas.finding import Finding
from schemas.record import Record
from schemas.rights import may
from services.bulk import MOST, BulkResult, Target, editable_fields

REFUSED_SHOWN = 100


# --- which records are chosen --------------------------------------------------------------------------------------


def chosen(page: ListPage) -> dict[str, str]:
    """Id → ETag of the chosen records; another search or filter begins with none."""
    kept: dict[str, Any] = state.list_value(page.template.key, "chosen") or {}
    return kept.get("records", {}) if kept.get("of") == _what(page) else {}


def _choose(page: ListPage, records: Mapping[str, str]) -> None:
    state.keep_list_value(page.template.key, "chosen", {"of": _what(page), "records": dict(records)})


def _what(page: ListPage) -> str:
    """What decides which records are listed; order and columns do not."""
    asked = page.state.kept()
    return repr(sorted((name, text) for name, text in asked.items() if name not in ("sort", "cols")))


def take_choice(page: ListPage, records: Sequence[Record], ticked: Sequence[str]) -> None:
    """The ticks of the page on screen were changed; chosen records of other pages stay chosen."""
    here = {record.record_id: record.etag for record in records}
    others = {record_id: etag for record_id, etag in chosen(page).items() if record_id not in here}
    _choose(page, {**others, **{record_id: here[record_id] for record_id in ticked if record_id in here}})
    st.rerun()


def may_choose(page: ListPage) -> bool:
    """Whether there is anything this person could do with chosen records."""
    actor, template = page.visit.actor, page.template
    edits = not page.state.bin and may(actor, template, "edit") and bool(editable_fields(template, actor))
    return edits or may(actor, template, "withdraw")


# --- the bar and its actions ---------------------------------------------------------------------------------------


def draw(page: ListPage, total: int) -> None:
    """What was done last, and what can be done with the records chosen now."""
    _last(page)
    records = chosen(page)
    if not records:
        _close(page)
        return
    panel: dict[str, str] = state.list_value(page.template.key, "panel") or {}
    with st.container(border=True, key="card__bulk", gap="small"):
        if panel.get("verb") == "edit":
            _edit(page, records, panel["key"])
        elif panel.get("verb"):
            _withdraw_or_restore(page, records, panel["verb"], panel["key"])
        else:
            _bar(page, records, total)


def _bar(page: ListPage, records: Mapping[str, str], total: int) -> None:
    visit = page.visit
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bulk_bar"):
        st.markdown(visit.md("records.chosen", count=f"{len(records):,}"), width="content")
        if len(records) < min(total, MOST):
            words = "records.choose_all" if total <= MOST else "records.choose_most"
            st.button(visit.md(words, count=f"{total:,}", max=f"{MOST:,}"), key="choose_all", type="tertiary",
                      on_click=_choose_all, args=(page,))  # fmt: skip
        for verb, icon in _verbs(page):
            st.button(visit.md(f"records.bulk_{verb}"), key=f"bulk_{verb}", icon=icon,
                      on_click=_open, args=(page, verb))  # fmt: skip
        st.button(visit.md("records.choose_none"), key="choose_none", icon=":material/close:", type="tertiary",
                  on_click=_choose, args=(page, {}))  # fmt: skip


def _verbs(page: ListPage) -> list[tuple[str, str]]:
    actor, template = page.visit.actor, page.template
    withdraws = may(actor, template, "withdraw")
    if page.state.bin:
        return [("restore", ":material/restore:")] if withdraws else []
    edits = may(actor, template, "edit") and editable_fields(template, actor)
    found = [("edit", ":material/edit:")] if edits else []
    return [*found, ("withdraw", ":material/undo:")] if withdraws else found


def _choose_all(page: ListPage) -> None:
    found = page.visit.app.bulk.matching(page.visit.actor, page.template.key, page.query)
    _choose(page, {target.record_id: target.etag for target in found})


def _open(page: ListPage, verb: str) -> None:
    """Opens an action. Its one-time key makes a second press of the same button the same act."""
    state.keep_list_value(page.template.key, "panel", {"verb": verb, "key": page.visit.app.new_id()})
    state.forget_list_value(page.template.key, "plan")


def _close(page: ListPage) -> None:
    state.forget_list_value(page.template.key, "panel")
    state.forget_list_value(page.template.key, "plan")


def _edit(page: ListPage, records: Mapping[str, str], key: str) -> None:
    asked = list_bulk_edit.draw(page, _targets(records), key)
    if asked == "cancel":
        _close(page)
        st.rerun()
    elif isinstance(asked, tuple):
        targets, typed = asked
        bulk = page.visit.app.bulk
        _done(page, "edit", bulk.edit(page.visit.actor, page.template.key, targets, typed, key))


def _withdraw_or_restore(page: ListPage, records: Mapping[str, str], verb: str, key: str) -> None:
    """Question, consequence, reason, and a button that repeats the verb."""
    visit, count = page.visit, f"{len(records):,}"
    st.markdown(f"**{visit.md(f'records.{verb}_question', count=count)}**")
    st.caption(visit.md(f"records.{verb}_consequence"))
    reason = ""
    if verb == "withdraw":
        reason = widgets.line(
            f"bulk_reason.{key}", visit.md("record.reason"), example=visit.text("records.reason_hint")
        )
    with st.container(horizontal=True, gap="small", key="bulk_buttons"):
        confirmed = st.button(visit.md(f"records.{verb}_confirm", count=count), key="bulk_confirm", type="primary")
        st.button(visit.md("form.cancel"), key="bulk_cancel", type="tertiary", on_click=_close, args=(page,))
    if not confirmed:
        return
    if verb == "withdraw" and not reason.strip():
        st.error(visit.finding(Finding("R015")))
        return
    bulk, targets = visit.app.bulk, _targets(records)
    if verb == "withdraw":
        _done(page, verb, bulk.withdraw(visit.actor, page.template.key, targets, reason, key))
    else:
        _done(page, verb, bulk.restore(visit.actor, page.template.key, targets, key))


def _targets(records: Mapping[str, str]) -> list[Target]:
    return [Target(record_id, etag) for record_id, etag in records.items()]


# --- afterwards ----------------------------------------------------------------------------------------------------


def _done(page: ListPage, verb: str, result: BulkResult) -> None:
    page.visit.app.sync.poke()
    _keep_result(page, verb, result)
    _close(page)
    _choose(page, {})
    st.rerun()


def _keep_result(page: ListPage, verb: str, result: BulkResult) -> None:
    refused = [[one.name, list_bulk_edit.reasons(page, one)] for one in result.refused[:REFUSED_SHOWN]]
    facts = {"verb": verb, "done": result.done, "unchanged": result.unchanged, "refused": refused}
    state.keep_list_value(page.template.key, "result", {**facts, "refused_count": len(result.refused)})


def _last(page: ListPage) -> None:
    """What was done last with its way back, and which records were left out and why."""
    visit, name = page.visit, page.template.key
    result: dict[str, Any] = state.list_value(name, "result") or {}
    last = visit.app.bulk.last(visit.actor, name)
    if not result and last is None:
        return
    with st.container(border=True, key="card__bulk_done", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bulk_done"):
            if result:
                words = visit.md(f"records.done_{result['verb']}", count=f"{result['done']:,}")
            elif last:
                at = values.moment(visit, last.at)
                words = visit.md(f"records.done_{last.verb}_at", count=f"{last.done:,}", at=at)
            mark = ":green[:material/check_circle:]" if not result or result["done"] else ":gray[:material/info:]"
            st.markdown(f"{mark} {words}", width="content")
            if last and st.button(visit.md("records.undo"), key="bulk_undo", icon=":material/undo:"):
                _undo(page, last.key)
            st.button(visit.md("records.hide_result"), key="bulk_hide", icon=":material/close:", type="tertiary",
                      on_click=_forget, args=(page,))  # fmt: skip
        if result:
            _left_out(page, result)


def _left_out(page: ListPage, result: Mapping[str, Any]) -> None:
    visit = page.visit
    if result["unchanged"]:
        st.caption(visit.md("records.unchanged", count=f"{result['unchanged']:,}"))
    if result["refused"]:
        st.caption(visit.md("records.refused", count=f"{result['refused_count']:,}"))
        list_bulk_edit.refused_table(page, result["refused"])


def _undo(page: ListPage, key: str) -> None:
    visit = page.visit
    outcome = visit.app.bulk.undo(visit.actor, page.template.key, key)
    if isinstance(outcome, Finding):
        st.error(visit.finding(outcome))
        return
    visit.app.sync.poke()
    _keep_result(page, "undo", outcome)
    _choose(page, {})
    st.rerun()


def _forget(page: ListPage) -> None:
    state.forget_list_value(page.template.key, "result")
    page.visit.app.bulk.forget(page.visit.actor, page.template.key)
