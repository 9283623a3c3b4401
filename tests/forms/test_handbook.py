"""Every field the company's documents ask for is there: label, kind, required, personal, choices, what it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.field_types import target_of
from schemas.template import Field, LineTable, Template
from tests.forms.conftest import CATALOGUE

HANDBOOK = Path(__file__).with_name("handbook.txt")
KINDS: Mapping[str, frozenset[str]] = {
    "str": frozenset({"text", "serial"}), "text": frozenset({"long_text", "text"}), "int": frozenset({"integer"}),
    "dec": frozenset({"decimal"}), "money": frozenset({"money"}), "pct": frozenset({"percent"}),
    "date": frozenset({"date"}), "dt": frozenset({"datetime"}), "ym": frozenset({"month"}), "year": frozenset({"year"}),
    "enum": frozenset({"choice"}), "multi": frozenset({"multi_choice"}), "bool": frozenset({"bool"}),
    "ref": frozenset({"reference", "user"}), "phone": frozenset({"phone"}), "email": frozenset({"email"}),
    "idno": frozenset({"id_number"}), "file": frozenset({"attachment"}), "sign": frozenset({"decision"}),
    "calc": frozenset({"computed"}),
}  # fmt: skip
DIFFERENT: Mapping[str, str] = {
    "customer_profile.bank_notes": "记事 stands twice on the paper form; one sheet has one header once",
    "prospect_list.prospect_state": "状态 is the system's own column",
    "capability_scorecard.prospect_id": "a slash in the label would promise a customer where a prospect is chosen",
    "demand_intent.sent_at": "提交时间 is the system's own column",
    "analysis_task.submitted_at_work": "提交时间 is the system's own column",
    "customer_grading.priority": "worked out from the grade, so nobody chooses it",
    "new_customer_recognition.customer_code": "chosen from the customers once there is one",
    "solution_review.need_nos": "several records: their numbers as text",
    "visit_plan.lines.participants": "several people: their names as text",
    "visit_application.companions": "several people: their names as text",
    "reception_request.hosts": "several people: their names as text",
    "false_sale_case.deal_nos": "several records: their numbers as text",
    "customer_grading.tags": "the documents name no choices",
    "blank_region.sent_to": "the documents name no choices",
    "blank_region.cc": "the documents name no choices",
    "deal.sku": "a sale may come before its product has a number; the commission report asks for it",
}
"""Fields that differ on purpose, and why."""
NOT_ASKED: Mapping[str, str] = {
    "customer_analysis.auto": "a report shows the numbers beside the record",
}
_FIELD = re.compile(
    r"(?P<label>.+) (?P<key>\w+):(?P<kind>[a-z]+)(?P<required>\*?)(?P<pii>!?)(?:\{(?P<choices>[^}]*)\})?"
    r"(?:→(?P<to>\w+))?(?P<computed>~?)"
)


@dataclass(frozen=True)
class Asked:
    """One field as the documents ask for it; `line` is "" for the header."""

    form: str
    line: str
    label: str
    key: str
    kind: str
    is_required: bool
    is_personal: bool
    choices: tuple[str, ...]
    to: str
    is_computed: bool

    @property
    def path(self) -> str:
        return ".".join(filter(None, (self.form, self.line, self.key)))


def asked_fields() -> Iterator[Asked]:
    """The handbook's fields, form by form."""
    form = line = ""
    for text in HANDBOOK.read_text(encoding="utf-8").splitlines()[1:]:
        if re.match(r"T\d\d ", text):
            form, line = text.split()[1], ""
        elif text.startswith("- "):
            line = text[2:].replace("header", "")
        elif text.strip():
            for word in text.strip().split(" ; "):
                found = _FIELD.fullmatch(word)
                assert found, word
                choices = tuple(found["choices"].split("|")) if found["choices"] else ()
                yield Asked(
                    form, line, found["label"], found["key"], found["kind"], bool(found["required"]),
                    bool(found["pii"]), choices, found["to"] or "", bool(found["computed"]),
                )  # fmt: skip


ASKED = [one for one in asked_fields() if one.key != "line_no" and one.path not in NOT_ASKED]


def field_of(asked: Asked) -> Field:
    template: Template = CATALOGUE[asked.form]
    owner: Template | LineTable = template.lines_by_key[asked.line] if asked.line else template
    return next(field for field in owner.fields if field.key == asked.key)


def test_all_57_forms_and_their_fields_are_known_here() -> None:
    assert len({one.form for one in ASKED}) == 57
    assert len(ASKED) > 750


@pytest.mark.parametrize("form", list(dict.fromkeys(one.form for one in ASKED)))
def test_a_form_asks_what_the_documents_ask(form: str) -> None:
    wrong = []
    for asked in (one for one in ASKED if one.form == form and one.path not in DIFFERENT):
        field = field_of(asked)
        made = field.type in ("serial", "computed")
        fits = field.type in KINDS[asked.kind] or (field.type == "computed" and asked.is_computed)
        same = (field.label.zh, field.pii, target_of(field) or asked.to) == (asked.label, asked.is_personal, asked.to)
        chosen = not asked.choices or tuple(choice.value for choice in field.choices) == asked.choices
        if not (fits and same and chosen and (made or field.required == asked.is_required)):
            wrong.append(asked.path)
    assert wrong == []


@pytest.mark.parametrize("path", DIFFERENT)
def test_a_field_that_differs_on_purpose_is_there(path: str) -> None:
    [asked] = [one for one in ASKED if one.path == path]
    assert field_of(asked).key == asked.key
