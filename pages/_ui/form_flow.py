"""What happens to a form: opening it, keeping its draft, submitting it once, and what a refusal means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pages._ui import copying, routes, state
from pages._ui.gate import Visit
from pages._ui.open_form import Answers, OpenForm, as_sent, numbered, typed_now, widget_keys
from schemas import validation
from schemas.field_types import ParseContext, type_of
from schemas.field_types.choices import typed_texts
from schemas.finding import FieldRef, Finding
from schemas.record import SYSTEM_COLUMNS, Record, Rejected, Saved, Submission, Typed, etag_of
from schemas.rights import may
from schemas.template import Field, Template
from schemas.validation import Validated
from services.drafts import AlreadySaved, Draft
from services.filling import Filling

if TYPE_CHECKING:
    from services.records import Change

Action = Literal["", "save", "complete", "save_add", "stash", "cancel"]


@dataclass(frozen=True, slots=True)
class CannotOpen:
    """The form cannot be opened; `reason` is the key of the text that says why."""

    reason: str


def open_form(visit: Visit, template: Template) -> OpenForm | AlreadySaved | CannotOpen:
    """The form the URL asks for: its draft, else the record's, else an empty one; the URL then names the draft."""
    asked = routes.asked("d")
    draft = visit.app.drafts.get(asked, visit.actor) if asked else None
    if isinstance(draft, AlreadySaved):
        state.keep_form_value(asked, "saved", draft.record_id)
        return draft
    if asked and draft is None:
        saved = state.form_value(asked, "saved")
        return AlreadySaved(template.key, saved) if saved else CannotOpen("form.draft_gone")
    record_id = draft.record_id if draft else routes.asked("id")
    refused = _find_refusal(visit, template, draft, record_id)
    if refused:
        return refused
    record = visit.app.repository.get(template.key, record_id, visit.actor) if record_id else None
    if record_id and (record is None or record.is_void):
        return CannotOpen("form.record_gone")
    if draft is None:
        draft = visit.app.drafts.new(template.key, visit.actor, record)
        routes.settle(d=draft.draft_id)
    return _opened(visit, template, draft, record)


def _find_refusal(visit: Visit, template: Template, draft: Draft | None, record_id: str) -> CannotOpen | None:
    if draft and draft.template != template.key:
        return CannotOpen("form.other_draft")
    if not may(visit.actor, template, "edit" if record_id else "create"):
        return CannotOpen("form.not_allowed")
    return None


def _opened(visit: Visit, template: Template, draft: Draft, record: Record | None) -> OpenForm:
    context = ParseContext(
        now=visit.app.clock(), actor=visit.actor, references=visit.app.repository.references, language=visit.language
    )
    initial = dict(draft.values)
    copied = _record_to_copy(visit, template) if record is None and not initial else None
    if record is None:
        last = visit.app.repository.last_values(template.key, visit.actor) if _asks_last(template) else {}
        first = validation.defaults(template, context, last)
        taken = copying.copied(template, copied) if copied else {}
        initial = {**_editable(template, first), **taken, **_prefilled(template), **initial}
    else:
        untouched = {key: text for key, text in record.values.items() if initial.get(key) == text}
        initial |= _editable(template, untouched)
    begun = copying.copied_lines(template, copied) if copied else {}
    form = OpenForm(visit, template, draft, initial, record, context, begun)
    state.open_form(draft.draft_id, widget_keys(form))
    return form


def _record_to_copy(visit: Visit, template: Template) -> Record | None:
    """The record the link says to copy (`?copy=`), if this person may see it."""
    asked = routes.asked("copy")
    return visit.app.repository.get(template.key, asked, visit.actor) if asked else None


def _asks_last(template: Template) -> bool:
    return any(asked.default == "last_value" for asked in template.fields)


def _editable(template: Template, canonical: Mapping[str, str]) -> dict[str, str]:
    """Canonical values as they stand in an input box (0.253 as 25.3%)."""
    return {
        key: type_of(template.by_key[key]).edit_text(text, template.by_key[key])
        for key, text in canonical.items()
        if key in template.by_key
    }


def _prefilled(template: Template) -> dict[str, str]:
    """What a link brought along, for fields that allow it; checked like anything typed."""
    return {
        asked.key: routes.asked(asked.key) for asked in template.fields if asked.prefill and routes.asked(asked.key)
    }


# --- keeping what was typed ----------------------------------------------------------------------------------------


def keep_draft(form: OpenForm, answers: Answers) -> Draft | Finding:
    """Keeps what is typed now in the draft; writes only when something changed since it was kept last."""
    draft_id = form.draft.draft_id
    now = _fingerprint(answers)
    if now == state.form_value(draft_id, "kept", _fingerprint(_first(form))):
        return form.draft
    kept = form.visit.app.drafts.save(form.draft, form.visit.actor, values=answers.values, lines=answers.lines)
    if isinstance(kept, Draft):
        state.keep_form_value(draft_id, "kept", now)
        state.keep_form_value(draft_id, "kept_at", f"{form.visit.app.clock():%H:%M}")
    return kept


def kept_at(form: OpenForm) -> str:
    """Since when the draft holds what is typed, "14:03"; "" when there is nothing to keep yet."""
    known: str = state.form_value(form.draft.draft_id, "kept_at", "")
    if known or form.record or not form.draft.values:
        return known
    return f"{form.draft.saved_at.astimezone(form.visit.app.clock().tzinfo):%H:%M}"


def _first(form: OpenForm) -> Answers:
    return Answers(form.initial, {line.key: form.first_rows(line) for line in form.template.lines})


def _fingerprint(answers: Answers) -> str:
    """The answers without what is empty, as one text: equal texts hold the same answers."""
    lines = {
        key: [(row.line_id, found) for row in rows if (found := _given(row.values))]
        for key, rows in answers.lines.items()
    }
    return repr((_given(answers.values), sorted((key, rows) for key, rows in lines.items() if rows)))


def _given(values: Mapping[str, Typed]) -> list[tuple[str, tuple[str, ...]]]:
    given = ((key, tuple(text for text in typed_texts(typed) if text)) for key, typed in sorted(values.items()))
    return [(key, texts) for key, texts in given if texts]


def fill_from_reference(form: OpenForm, answers: Answers) -> Answers:
    """Copies a newly picked record's fields into the empty fields its reference fills."""
    values = dict(answers.values)
    for asked in form.template.fields:
        picked = values.get(asked.key)
        if not asked.fill or not isinstance(picked, str):
            continue
        name = f"filled.{asked.key}"
        before = state.form_value(form.draft.draft_id, name) or form.initial.get(asked.key) or ""
        if picked == before:
            continue
        state.keep_form_value(form.draft.draft_id, name, picked)
        values |= _filled(form, asked, picked, values)
    return Answers(values, answers.lines)


def _filled(form: OpenForm, asked: Field, picked: str, values: Mapping[str, Typed]) -> dict[str, Typed]:
    visit = form.visit
    texts = Filling(visit.app.repository, visit.app.catalogue).texts(asked, form.template.by_key, picked, visit.actor)
    filled: dict[str, Typed] = {here: text for here, text in texts.items() if not values.get(here)}
    for here, text in filled.items():
        state.type_into(form.key(here), text)
    return filled


def leave(visit: Visit) -> None:
    """Another screen was opened: what stands in the form left behind goes into its draft."""
    draft_id = state.opened_form()
    if not draft_id:
        return
    state.close_form()
    draft = visit.app.drafts.get(draft_id, visit.actor)
    if isinstance(draft, Draft) and draft.template in visit.app.catalogue:
        form = OpenForm(visit, visit.app.catalogue[draft.template], draft, draft.values)
        keep_draft(form, typed_now(form))


def preview(form: OpenForm, answers: Answers) -> Validated:
    """The form as it would be saved now, as complete if that is how it was sent last; nothing is written."""
    lines = {line: as_sent(rows) for line, rows in answers.lines.items()}
    completes = bool(state.form_value(form.draft.draft_id, "completes", False))
    return form.visit.app.repository.preview(
        form.template.key, answers.values, lines, form.visit.actor, form.record, completes=completes
    )


# --- submitting ----------------------------------------------------------------------------------------------------


def submit(form: OpenForm, answers: Answers, *, completes: bool = False) -> Saved | Rejected:
    """Submits under the draft's one-time key: clicked twice, reloaded or reconnected, it is one record.

    The draft is kept first, so that a crash in between loses nothing. completes: sent as complete (确认提交).
    """
    state.keep_form_value(form.draft.draft_id, "completes", completes)
    kept = keep_draft(form, answers)
    if isinstance(kept, Finding):
        return Rejected((kept,))
    lines = {line: as_sent(rows) for line, rows in answers.lines.items()}
    submission = Submission(
        template=form.template.key,
        key=form.draft.key,
        values=answers.values,
        lines=lines,
        record_id=form.draft.record_id,
        etags=form.draft.etags,
        completes=completes,
        confirmed_warnings=frozenset(state.form_value(form.draft.draft_id, "confirmed", [])),
    )
    return form.visit.app.repository.submit(submission, form.visit.actor)


def remember_refusal(form: OpenForm, rejected: Rejected, answers: Answers) -> None:
    """Keeps what the refusal said, so that the next run shows it beside the fields."""
    draft_id = form.draft.draft_id
    state.keep_form_value(draft_id, "attempt", state.form_value(draft_id, "attempt", 0) + 1)
    state.keep_form_value(
        draft_id, "refused", [state.plain_finding(finding, _about(finding, answers)) for finding in rejected.findings]
    )
    state.keep_form_value(
        draft_id,
        "clashes",
        [{"field": c.field, "opened": c.opened, "now": c.now, "mine": c.mine} for c in rejected.clashes],
    )


def _about(finding: Finding, answers: Answers) -> str:
    """The answer a finding is about: once it is changed, what only saving could find out is no longer known."""
    if isinstance(finding.at, FieldRef) and not finding.at.line:
        return str(answers.values.get(finding.at.field) or "")
    return ""


def problems(form: OpenForm, answers: Answers, look: Validated) -> list[Finding]:
    """What to show beside the fields: nothing before the first attempt, then what is wrong as the form stands now.

    Findings only saving can have (a number already taken) stay until their answer is changed.
    """
    draft_id = form.draft.draft_id
    if not state.form_value(draft_id, "attempt", 0):
        return []
    found = list(look.findings)
    known = {(finding.code, str(finding.at)) for finding in found}
    for finding, about in map(state.finding_of, state.form_value(draft_id, "refused", [])):
        asked_anew = _about(finding, answers) != about
        if finding.code == "R010" and state.form_value(draft_id, "clashes"):
            continue  # the choices themselves stand on the screen
        if (finding.code, str(finding.at)) not in known and not asked_anew and _only_on_saving(finding):
            found.append(finding)
    return found


def _only_on_saving(finding: Finding) -> bool:
    """Whether only the store can have found it: codes of records, rights and storage, not of values."""
    return not finding.code.startswith("V")


def resolve_clashes(form: OpenForm, theirs: frozenset[str]) -> None:
    """Goes on from the record as it is now: my answers where I chose them or nobody else touched the field."""
    visit, draft, record = form.visit, form.draft, form.record
    if record is None:
        return
    taken = theirs | _changed_by_others_only(form, record)
    for key in taken:
        asked = form.template.by_key[key]
        state.type_into(form.key(key), type_of(asked).edit_text(record.values.get(key, ""), asked))
    etags = {draft.record_id: record.etag}
    etags |= {line.line_id: line.etag for lines in record.lines.values() for line in lines}
    values = {**typed_now(form).values, **{key: record.values.get(key, "") for key in taken}}
    visit.app.drafts.save(draft, visit.actor, values=values, lines=draft.lines, etags=etags)
    for name in ("clashes", "refused", "attempt"):
        state.forget_form_value(draft.draft_id, name)


def _changed_by_others_only(form: OpenForm, record: Record) -> frozenset[str]:
    """Fields others changed since the form was opened and I left as they were."""
    opened = opened_values(form, record)
    if opened is None:
        return frozenset()
    mine = preview(form, typed_now(form)).values
    return frozenset(
        key
        for key in form.template.by_key
        if opened.get(key, "") != record.values.get(key, "") and mine.get(key, "") == opened.get(key, "")
    )


def opened_values(form: OpenForm, record: Record) -> dict[str, str] | None:
    """The record's values as the form was opened with, by undoing changes until the draft's ETag fits."""
    wanted = form.draft.etags.get(record.record_id)
    values, raw = dict(record.values), dict(record.raw)
    changes = form.visit.app.repository.history(form.template.key, record.record_id, form.visit.actor)
    for change in [*(change for change in reversed(changes) if change.table == form.template.key), None]:
        if etag_of(values, raw, record.system.get("status", "")) == wanted:
            return values
        if change is not None:
            _undo(change, values, raw)
    return None


def _undo(change: Change, values: dict[str, str], raw: dict[str, str]) -> None:
    for key in {**change.before, **change.after}:
        side, name = (raw, key.removeprefix("raw:")) if key.startswith("raw:") else (values, key)
        if key in SYSTEM_COLUMNS or key.startswith("extra:"):
            continue
        if change.before.get(key):
            side[name] = change.before[key]
        else:
            side.pop(name, None)


def discard(form: OpenForm) -> None:
    """Throws the draft away."""
    form.visit.app.drafts.discard(form.draft.draft_id, form.visit.actor)
    state.close_form()


def place_of(form: OpenForm, at: object) -> tuple[str, str, str]:
    """Where a finding's link leads: key of the container ("" for the whole form), and of a cell its row and field."""
    if not isinstance(at, FieldRef):
        return "", "", ""
    line = form.template.lines_by_key.get(at.line or at.field)
    if line is None:
        return f"{form.place}__{at.field}", "", ""
    rows = {number: row_id for row_id, number in numbered(form.rows(line)).items()}
    return f"card__{form.template.key}__line_{line.key}", rows.get(at.line_no, ""), at.field if at.line else ""


def similar(form: OpenForm, answers: Answers) -> dict[str, str]:
    """By field: a record that looks like the same one, said while one types."""
    asked = [
        f.key for f in form.template.fields if f.similar and "".join(typed_texts(answers.values.get(f.key))).strip()
    ]
    if not asked:
        return {}
    visit = form.visit
    found = visit.app.repository.similar(
        form.template.key, {key: answers.values[key] for key in asked}, visit.actor, except_id=form.draft.record_id
    )
    notes: dict[str, str] = {}
    for one in found:
        name = one.display if one.display == one.number else f"{one.display} {one.number}"
        notes.setdefault(one.field, visit.md("form.similar", name=name, owner=one.owner, on=one.on))
    return notes
