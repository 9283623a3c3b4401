"""The rule pack's gates stand before the repository of an opened portal."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.record import SYSTEM_ACTOR, Rejected, Saved, Submission

FORMS = Path(__file__).resolve().parents[2] / "forms" / "templates"
LEAVE = {"staff_id": "S001", "applied_on": "2026-07-09", "months": "1", "reason": "家事", "will_continue": "是"}


@pytest.fixture
def app(tmp_path, monkeypatch, open_portal, few_forms):
    for name in ("people/part_time_leave.yaml", "people/staff.yaml"):
        (few_forms / Path(name).name).write_text((FORMS / name).read_text(encoding="utf-8"), encoding="utf-8")
    opened = open_portal()
    staff = {"staff_id": "S001", "staff_name": "张三", "dept": "大客户部", "role": "销售顾问", "employment": "兼职",
             "staff_state": "正式", "joined_on": "2024-01-05"}  # fmt: skip
    assert isinstance(opened.repository.submit(Submission("staff", "k1", staff), SYSTEM_ACTOR), Saved)
    return opened


def test_leave_for_the_month_of_the_application_is_refused_beside_its_field(app) -> None:
    refused = app.repository.submit(
        Submission("part_time_leave", "k2", {**LEAVE, "from_month": "2026-07"}), SYSTEM_ACTOR
    )
    assert isinstance(refused, Rejected)
    assert [(finding.code, str(finding.at)) for finding in refused.findings] == [("E233", "from_month")]


def test_leave_for_a_later_month_is_saved(app) -> None:
    saved = app.repository.submit(Submission("part_time_leave", "k3", {**LEAVE, "from_month": "2026-08"}), SYSTEM_ACTOR)
    assert isinstance(saved, Saved)


def test_a_company_may_switch_a_gate_off(app) -> None:
    folder = app.config.company_dir / "rules" / "acme"
    folder.mkdir(parents=True)
    text = "pack: {id: acme, label: {zh: 甲, en: Acme}, extends: [base]}\ndeadlines: {D37: {enabled: false}}\n"
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    app._private.put_setting("rule_pack", "acme")
    saved = app.repository.submit(Submission("part_time_leave", "k4", {**LEAVE, "from_month": "2026-07"}), SYSTEM_ACTOR)
    assert isinstance(saved, Saved)
