"""Interface texts and findings as sentences."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.codes import CODES
from schemas.finding import CellRef, FieldRef, FileRef, Finding
from schemas.labels import Labels, params_of
from tests.schemas.schema_samples import template

ROOT = Path(__file__).parents[2]
LABELS = Labels.load(ROOT / "forms" / "locales")
FORM = template(
    {"key": "phone", "label": {"zh": "联系方式", "en": "Phone"}},
    lines=[{"key": "items", "label": {"zh": "礼品", "en": "Gifts"}, "fields": [
        {"key": "qty", "label": {"zh": "数量", "en": "Quantity"}}]}],
)  # fmt: skip


def write(folder: Path, language: str, text: str, name: str = "screens.yaml") -> Path:
    (folder / language).mkdir(parents=True, exist_ok=True)
    (folder / language / name).write_text(text, encoding="utf-8")
    return folder


def test_both_languages_have_every_text_with_the_same_parameters() -> None:
    assert LABELS.findings == ()
    assert LABELS.missing() == []
    assert LABELS.uneven_params() == []


def codes_used() -> set[str]:
    """Template and value codes written as text literals in schemas, found in its syntax trees."""
    used: set[str] = set()
    for path in (ROOT / "schemas").rglob("*.py"):
        if path.name != "codes.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and re.fullmatch(r"[TV]\d{3}", str(node.value)):
                    used.add(str(node.value))
    return used


def test_every_code_used_is_in_the_table_and_every_code_of_the_table_is_used() -> None:
    assert codes_used() == set(CODES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_code_has_a_text(language: str) -> None:
    assert [code for code in CODES if f"finding.{code}" not in LABELS.texts[language]] == []


def test_finding_is_a_sentence_with_place_value_rule_and_example() -> None:
    params = {"field": "phone", "value": "1391234567", "missing": 1, "expected": 11, "example": "13912345678"}
    finding = Finding("V050", FieldRef("phone"), params)
    assert LABELS.finding(finding, "zh", FORM) == "联系方式：手机号 1391234567 少 1 位，应为 11 位，例如 13912345678。"
    assert LABELS.finding(finding, "en", FORM).startswith("Phone: mobile number 1391234567 is 1 digit(s) short of 11.")


def test_field_of_a_line_is_named_by_its_own_label() -> None:
    at = FieldRef("qty", "items", 2)
    finding = Finding("V011", at, {"field": "qty", "value": "x", "example": "1"})
    assert LABELS.finding(finding, "zh", FORM).startswith("数量：")
    assert LABELS.place(at, "zh", FORM) == "第 2 行 · 数量"
    assert LABELS.place(at, "en", FORM) == "row 2 · Quantity"
    too_few = Finding("V081", FieldRef("items"), {"line": "items", "rows": 0, "min": 1})
    assert LABELS.finding(too_few, "en", FORM).startswith("Gifts: 0 row(s)")


def test_places_in_sheets_and_files_read_as_people_write_them() -> None:
    assert LABELS.place(CellRef("客户信息管理表", 37, "F"), "zh") == "客户信息管理表!F37"
    assert LABELS.place(FileRef("forms/orders.yaml", 11), "en") == "forms/orders.yaml:11"
    assert LABELS.place(None, "en") == ""


def test_lists_are_joined_as_the_language_does() -> None:
    finding = Finding("V036", None, {"field": "x", "value": "丙", "choices": ("甲", "乙"), "example": "甲"})
    assert "甲、乙" in LABELS.finding(finding, "zh")
    assert "甲, 乙" in LABELS.finding(finding, "en")


def test_rule_message_is_told_in_the_readers_language() -> None:
    finding = Finding("V080", FieldRef("phone"), {"field": "phone", "message_zh": "不行", "message_en": "No"})
    assert (LABELS.finding(finding, "zh", FORM), LABELS.finding(finding, "en", FORM)) == (
        "联系方式：不行。",
        "Phone: No.",
    )


def test_text_falls_back_to_chinese_and_then_to_its_key(tmp_path: Path) -> None:
    labels = Labels.load(write(write(tmp_path, "zh", "a: 甲\n"), "en", "b: B\n"))
    assert [labels.text(key, "en") for key in ("a", "b", "c")] == ["甲", "B", "c"]
    assert labels.missing() == [("en", "a"), ("zh", "b")]


def test_company_texts_replace_shipped_ones(tmp_path: Path) -> None:
    shipped, company = write(tmp_path / "s", "zh", "a: 甲\nb: 乙\n"), write(tmp_path / "c", "zh", "a: 丙\n")
    labels = Labels.load(shipped, company)
    assert (labels.text("a", "zh"), labels.text("b", "zh")) == ("丙", "乙")


def test_missing_folders_hold_no_texts(tmp_path: Path) -> None:
    assert Labels.load(tmp_path / "none").text("a", "zh") == "a"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a {n} b", "a 1.5 b"), ("{unknown}", "{unknown}"), ("{{seq:3}} {n}", "{seq:3} 1.5"), ("{n", "{n"), ("}{", "}{")],
)
def test_no_text_of_a_locale_file_can_fail_a_page(text: str, shown: str) -> None:
    labels = Labels({"zh": {"k": text}, "en": {}})
    assert labels.text("k", "zh", n="1.5") == shown


def test_parameters_named_like_the_functions_own_are_no_trouble() -> None:
    labels = Labels({"zh": {"k": "{key} {language} {self}"}, "en": {}})
    assert labels.text("k", "zh", key="a", language="b", self="c") == "a b c"


def test_value_that_looks_like_a_parameter_is_shown_as_it_is() -> None:
    finding = Finding("V010", None, {"field": "x", "value": "{example}", "example": "12"})
    assert "“{example}”" in LABELS.finding(finding, "zh")


def test_decimals_are_shown_plainly() -> None:
    finding = Finding("V014", None, {"field": "x", "value": "0", "min": Decimal("1.50"), "example": "2"})
    assert "1.5" in LABELS.finding(finding, "zh")


def test_locale_file_with_a_repeated_key_or_a_nested_one_is_told(tmp_path: Path) -> None:
    labels = Labels.load(write(tmp_path, "zh", "a: 1\na: 2\nb: {c: d}\n"))
    assert sorted(f.code for f in labels.findings) == ["T003", "T014"]


def test_parameter_names_are_found() -> None:
    assert params_of("{a} {{seq:n}} {b_c}") == {"a", "b_c"}
