"""Every finding of the store and the repository can be said in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.finding import FieldRef, Finding
from schemas.labels import LANGUAGES, Labels
from tests.sheets_adapter.repository_samples import CATALOGUE, CUSTOMERS

ROOT = Path(__file__).parents[2]
LABELS = Labels.load(ROOT / "forms" / "locales")
WHO = {"who": "S002 李四", "at": "2026-11-21 12:00"}
HOLDER = {"field": "name", "value": "甲", "other_field": "city", "holder": "C0001 甲", "owner": "李四"}
FILE = {"path": "data/state/P1.journal", "reason": "disk I/O error"}
FINDINGS = [
    Finding("P001", params={"template": "customers", "action_word": "right.create"}),
    Finding("P002", params={"template": "customers"}),
    Finding("P003", FieldRef("cost"), {"field": "cost"}),
    Finding("R001", FieldRef("name"), HOLDER),
    Finding("R002", FieldRef("name"), {"field": "name", "value": "甲", "other_field": "name"}),
    Finding("R003", FieldRef("name"), HOLDER),
    Finding("R004", FieldRef("name"), {"field": "name", "value": "甲", "other_field": "city"}),
    Finding("R010", params=WHO),
    Finding("R011", params={**WHO, "reason": "重复"}),
    Finding("R012", params={"template": "customers"}),
    Finding("R013", FieldRef("product", "items", 2), {**WHO, "line": "items", "field": "product", "row": 2}),
    Finding("R014", params={**WHO, "reason": ""}),
    Finding("R015"),
    Finding("R016", params={"length": 501, "max": 500}),
    Finding("R017", params={**WHO, "reason": ""}),
    Finding("R018", FieldRef("items"), {**WHO, "line": "items"}),
    Finding("R019", params={"template": "customers", "number": "C0001"}),
    Finding("R020", FieldRef("name"), {"field": "name", "display": "甲", "owner": "李四", "on": "2026-11-21"}),
    Finding("R030", params={"field": "name", "value": "甲", "number": "C0001"}),
    *(Finding(f"S00{number}", params=FILE) for number in range(1, 7)),
    *(
        Finding(code, params={"field": "customer_id", "old": "C0001", "new": "C0100", "count": 3})
        for code in ("S075", "S076", "S077")
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("finding", FINDINGS, ids=[finding.code for finding in FINDINGS])
def test_a_finding_is_a_sentence_without_gaps(finding: Finding, language: str) -> None:
    text = LABELS.finding(finding, language, CUSTOMERS, CATALOGUE)
    assert text != f"finding.{finding.code}"
    assert not re.search(r"[{}]", text)


def test_every_code_the_repository_raises_is_among_them() -> None:
    own = ("submitting", "withdrawing", "repository", "workbook_rows", "desk", "sqlite_files")
    sources = "".join((ROOT / "sheets_adapter" / f"{name}.py").read_text(encoding="utf-8") for name in own)
    raised = set(re.findall(r'"([PRS]0\d\d)"', sources))
    assert raised == {finding.code for finding in FINDINGS}
