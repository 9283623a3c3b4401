"""docs/rules.md and docs/reports.md say what the packs and the reports say; every question has its words."""

from __future__ import annotations

from datetime import date

import pytest

from reports.registry import REPORTS
from reports.rule_docs import pages
from schemas.labels import LANGUAGES, Labels
from schemas.rule_options import OPEN_QUESTIONS, answers_to
from schemas.rule_packs import load_pack
from tests.reports.rule_samples import ROOT

LABELS = Labels.load(ROOT / "forms" / "locales")
PACK = load_pack("key_account_jewellery", (ROOT / "reports" / "rules",), date(2026, 11, 21))[0]


def test_the_pages_are_in_step_with_the_rules() -> None:
    for file, text in pages(LABELS).items():
        assert file.read_text(encoding="utf-8") == text, f"run python -m reports.rule_docs to write {file.name} anew"


def test_the_owner_is_asked_ten_questions_whose_options_exist() -> None:
    assert PACK is not None
    assert list(OPEN_QUESTIONS) == list(range(1, 11))
    known = {*PACK.options(), "calendar.segments"}
    assert {option for options in OPEN_QUESTIONS.values() for option in options} <= known


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_says_what_it_changes_in_both_languages(language: str) -> None:
    keys = [f"question.{number}{part}" for number in OPEN_QUESTIONS for part in ("", ".changes")]
    assert [key for key in keys if key not in LABELS.texts[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "section",
    ["commission.", "approvals.AF05", "reports", "calendar", "kpi.cap", "kpi.points", "kpi.weights", "kpi.blend"],
)
def test_every_option_and_every_answer_has_words(section: str, language: str) -> None:
    assert PACK is not None
    unasked = ("commission.fx", "commission.state_factors", "approvals.AF05.gm_threshold")
    options = [each for each in PACK.options() if each.startswith(section) and not each.startswith(unasked)]
    keys = [
        key
        for each in options
        for key in (f"option.{each}", *(f"option.{each}.{answer}" for answer in answers_to(each)))
    ]
    assert [key for key in keys if key not in LABELS.texts[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_report_has_a_name(language: str) -> None:
    assert [name for name in REPORTS if f"report.{name}" not in LABELS.texts[language]] == []


def test_an_option_no_pack_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        answers_to("commission.exact_1000")
