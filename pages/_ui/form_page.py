"""The form screen put together: its head with the actions, its body, and what each action does."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from pages._ui import (
    chrome,
    clash_view,
    components,
    form_dialogs,
    form_flow,
    form_view,
    open_form,
    quick_add,
    routes,
    state,
    values,
)
from pages._ui.form_flow import Action, CannotOpen
from pages._ui.gate import Visit
from pages._ui.open_form import Answers, OpenForm
from schemas import validation
from schemas.field_types.choices import typed_texts
from schemas.finding import FieldRef, Finding
from schemas.pending import is_begun
from schemas.record import Rejected, Saved
from schemas.rights import may
from schemas.template import Template
from services.drafts import AlreadySaved, Draft


def opened(visit: Visit, template: Template) -> OpenForm | None:
    """The form to draw. A form saved already leads to its record; one that cannot be opened says why."""
    found = form_flow.open_form(visit, template)
    if isinstance(found, AlreadySaved):
        if state.opened_form() == routes.asked("d"):  # the second click of two stopped the run that saved
            _leave_receipt(visit, found.record_id)
            state.close_form()
        routes.go(routes.RECORD, t=found.template, id=found.record_id)
    if isinstance(found, CannotOpen):
        with chrome.header(visit, template.label.text(visit.language)):
            pass
        st.info(visit.md(found.reason), icon=":material/info:")
        routes.link(routes.RECORDS, template.label.text(visit.language), icon=routes.RECORDS.icon, t=template.key)
        return None
    return found


def head(form: OpenForm) -> Action:
    """Title, the draft's state, and the buttons; answers the one pressed.

    What was typed is kept before anything is drawn: a run can be stopped at any drawing, by a reload for one.
    A button pressed stays so until it has acted: a run may be cut short by another that a field asks for meanwhile,
    even before it comes here. The callback notes it first; after a server restart only the button's answer tells.
    The button's own key carries the draft: a click meant for a form already saved never presses another form's.
    """
    kept = form_flow.keep_draft(form, open_form.typed_now(form))
    visit, name = form.visit, form.template.label.text(form.visit.language)
    if form.record:
        title = visit.text("form.title_edit", name=values.headline(visit, form.template, form.record))
    else:
        title = visit.text("form.title_new", form=name)
    action: Action = state.form_value(form.draft.draft_id, "pressed", "")
    with chrome.header(visit, title, name if form.record else "", under=lambda: _kept(form, kept)):
        for one, kind in _buttons(form):
            with st.container(key=one, width="content"):
                if st.button(
                    visit.md(f"form.{one}"), key=f"{one}.{form.draft.draft_id}", type=kind,
                    shortcut="Ctrl+S" if one == "save" else None, on_click=_pressed, args=(form.draft.draft_id, one),
                ):  # fmt: skip
                    action = one
    _pressed(form.draft.draft_id, action)
    return action


def _pressed(draft_id: str, action: Action) -> None:
    state.keep_form_value(draft_id, "pressed", action)


def _buttons(form: OpenForm) -> list[tuple[Action, Literal["primary", "secondary", "tertiary"]]]:
    """The form's buttons from left to right; the one that comes next stands out.

    A form whose last answers may come later has two: it is saved to wait for them, and confirmed once they are there.
    """
    pending = form.template.pending
    begun = pending and is_begun(form.template, _texts(open_form.typed_now(form)))
    buttons: list[tuple[Action, Literal["primary", "secondary", "tertiary"]]] = [
        ("cancel", "tertiary"),
        ("stash", "secondary"),
        ("save_add", "secondary"),
        ("save", "secondary" if begun else "primary"),
        ("complete", "primary" if begun else "secondary"),
    ]
    left_out = {"save_add"} if form.record else set()
    return [one for one in buttons if one[0] not in left_out and (pending or one[0] != "complete")]


def _texts(answers: Answers) -> dict[str, str]:
    return {key: "".join(typed_texts(typed)).strip() for key, typed in answers.values.items()}


def _kept(form: OpenForm, kept: Draft | Finding) -> None:
    """Since when the draft holds what is typed, or why it cannot; a field that is left runs the page again."""
    visit = form.visit
    components.pulse("typing", fields=True)
    if isinstance(kept, Finding):
        chrome.remark("orange", "warning", visit.finding(kept, form.template))
    elif form_flow.kept_at(form):
        st.caption(visit.md("form.kept", time=form_flow.kept_at(form)))
    else:
        st.caption(visit.md("form.will_be_kept"))


def body(form: OpenForm) -> Answers:
    """Draws the form as it stands and answers what stands in it.

    After a server restart the browser still holds what was typed, and the server learns it only by drawing: when a
    field others depend on turns out to hold something else, the run starts over, button and all.
    """
    quick_add.take_picked(form)
    before = form_flow.fill_from_reference(form, open_form.typed_now(form))
    look = form_flow.preview(form, before)
    if state.form_value(form.draft.draft_id, "clashes"):
        clash_view.draw(form)
    found = form_flow.problems(form, before, look)
    _summary(form, found)
    answers = form_view.draw(form, look, form_view.by_field(found), form_flow.similar(form, before))
    form_dialogs.draw(form)
    if _was_unknown(form, before, answers):
        st.rerun()
    return answers


def _was_unknown(form: OpenForm, before: Answers, answers: Answers) -> bool:
    """Whether a field others depend on, or a line table, turned out to hold other answers than known before drawing."""
    return before.lines != answers.lines or any(
        [*filter(None, typed_texts(before.values.get(key)))] != [*filter(None, typed_texts(answers.values.get(key)))]
        for key in validation.drivers(form.template)
        if key in answers.values
    )


def _summary(form: OpenForm, found: list[Finding]) -> None:
    """All that is to be fixed, each line leading to its field; findings about the form as a whole stand here alone."""
    if not found:
        return
    visit = form.visit
    items = [(*form_flow.place_of(form, finding.at), _line(form, finding)) for finding in found]
    attempt = f"{form.draft.draft_id}.{state.form_value(form.draft.draft_id, 'attempt', 0)}"
    with st.container(key="problems", gap="xsmall"):
        st.error(visit.md("form.problems", count=len(found)), icon=":material/error:")
        components.problem_list("problem_list", items, attempt=attempt)


def _line(form: OpenForm, finding: Finding) -> str:
    """A finding in the list on top, a cell's with its row."""
    text = form.visit.app.labels.finding(finding, form.visit.language, form.template, form.visit.app.catalogue)
    row = finding.at.line_no if isinstance(finding.at, FieldRef) else 0
    return form.visit.text("lines.in_row", number=row, text=text) if row else text


def act(form: OpenForm, answers: Answers, action: Action) -> None:
    """Does what the button pressed says. The answers are taken before anything else is drawn."""
    try:
        if action in ("save", "complete", "save_add"):
            _save(form, answers, action)
        elif action == "stash":
            _stash(form, answers)
        elif action == "cancel":
            _cancel(form)
    except Exception:  # it is said in words; pressing again is the person's to decide
        _acted(form)
        raise


def _acted(form: OpenForm) -> None:
    state.forget_form_value(form.draft.draft_id, "pressed")


def _stash(form: OpenForm, answers: Answers) -> None:
    form_flow.keep_draft(form, answers)
    _acted(form)
    state.close_form()
    state.leave_note("form.stashed")
    routes.go(routes.HOME)


def _cancel(form: OpenForm) -> None:
    form_flow.discard(form)
    _acted(form)
    if form.record:
        routes.go(routes.RECORD, t=form.template.key, id=form.record.record_id)
    routes.go(routes.RECORDS, t=form.template.key)


def _save(form: OpenForm, answers: Answers, action: Action) -> None:
    visit = form.visit
    with st.spinner(visit.text("form.saving")):
        outcome = form_flow.submit(form, answers, completes=action == "complete")
    _acted(form)
    if isinstance(outcome, Rejected):
        form_flow.remember_refusal(form, outcome, answers)
        st.rerun()
    _saved(form, outcome, action)


def _saved(form: OpenForm, saved: Saved, action: Action) -> None:
    """The record is safe: says so, wakes the checkpointer, and goes where the button said."""
    visit = form.visit
    state.keep_form_value(form.draft.draft_id, "saved", saved.record_id)
    state.close_form()
    visit.app.sync.poke()
    if action == "save_add":
        state.leave_note("form.saved_note", number=saved.number)
        routes.go(routes.FORM, t=form.template.key)
    if not may(visit.actor, form.template, "read"):  # who may only send a form gets his number and no record
        state.leave_note("form.saved_note", number=saved.number)
        routes.go(routes.HOME)
    _leave_receipt(visit, saved.record_id)
    state.keep_form_value(saved.record_id, "warnings", [state.plain_finding(finding) for finding in saved.warnings])
    routes.go(routes.RECORD, t=form.template.key, id=saved.record_id)


def _leave_receipt(visit: Visit, record_id: str) -> None:
    """The record's page tells that it was saved just now, and where to."""
    state.keep_form_value(record_id, "saved_at", f"{visit.app.clock():%H:%M}")


def draft_title(visit: Visit, draft: Draft) -> str:
    """What a draft is called on the desk: its form, and what was typed into the field people read first."""
    if draft.template not in visit.app.catalogue:
        return draft.template
    template = visit.app.catalogue[draft.template]
    first = "、".join(typed_texts(draft.values.get(template.display or template.list_view.columns[0])))
    name = template.label.text(visit.language)
    return visit.text("form.draft_name", form=name, first=first) if first else name
