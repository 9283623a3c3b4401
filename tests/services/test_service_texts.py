"""Every finding of the services has its text in both languages, and the text asks for nothing it is not given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from schemas.labels import Labels, params_of

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "forms" / "locales"
GIVEN: dict[str, set[str]] = {
    "A001": set(), "A002": {"until"}, "A003": set(), "A004": {"login"}, "A005": set(), "A006": {"login"},
    "A007": {"role", "roles"}, "A008": {"staff_id", "login"}, "A009": set(), "A010": {"characters", "min"},
    "A011": {"bytes", "max"}, "A012": set(), "A013": set(), "A014": set(), "A015": {"staff_id"}, "A016": set(),
    "A017": set(), "A018": set(), "A020": set(), "A021": set(), "A022": {"length", "max"},
    "A023": {"pack", "packs"}, "A024": set(), "A025": set(), "A026": {"file", "setting"}, "A027": {"language"},
    "A028": set(), "A029": set(), "A030": {"kilobytes", "max"}, "A040": {"template"}, "A041": set(),
    "A042": {"login"}, "A043": {"login"}, "A044": set(), "A050": {"template", "row", "codes"}, "A053": set(),
    "A060": set(), "A061": set(), "A062": set(), "A063": {"max"}, "A064": {"name"}, "A065": {"length", "max"},
    "A066": set(),
    "C001": {"setting", "near"}, "C002": {"setting", "value", "source", "choices"},
    "C003": {"setting", "value", "source", "low", "high"}, "C004": {"setting", "value", "source"},
    "C005": {"setting", "value", "source"}, "C006": {"setting"}, "C010": {"setting", "value"},
    "C011": {"setting", "value", "reason"}, "F001": {"name"}, "F002": {"name", "megabytes"},
    "F003": {"name", "kinds"}, "F004": {"name"}, "F005": set(), "F006": {"name"},
}  # fmt: skip
"""Finding code → the parameters its finding carries."""


def own_texts(language: str) -> dict[str, str]:
    return yaml.safe_load((LOCALES / language / "accounts.yaml").read_text(encoding="utf-8"))


def codes_in_code() -> set[str]:
    files = [*(ROOT / "services").glob("*.py"), *(ROOT / "pages" / "_ui").glob("*.py"), ROOT / "manage.py"]
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    return set(re.findall(r'"([ACF]\d{3})"', sources))


def test_the_codes_in_use_are_the_codes_listed_here() -> None:
    assert codes_in_code() == set(GIVEN)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_code_has_a_text_that_asks_for_nothing_it_is_not_given(language: str) -> None:
    texts = own_texts(language)
    assert {key.removeprefix("finding.") for key in texts if key.startswith("finding.")} == set(GIVEN)
    asked = {code: params_of(texts[f"finding.{code}"]) - given for code, given in GIVEN.items()}
    assert {code: left for code, left in asked.items() if left} == {}


def test_both_languages_say_the_same_things_with_the_same_parameters() -> None:
    labels = Labels({language: own_texts(language) for language in ("zh", "en")})
    assert labels.missing() == []
    assert labels.uneven_params() == []
