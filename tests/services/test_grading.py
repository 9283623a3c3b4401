"""Applying suggested grades: only where the rule pack says so, with an entry in the history for each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.record import SYSTEM_ACTOR, Actor, Saved, Submission
from services.app import App
from sheets_adapter.repository import ListQuery

SHIPPED = Path(__file__).resolve().parents[2] / "forms" / "templates"
MANAGER = Actor("m", "S001", "孙丽", frozenset({"sales_manager"}))
SELLER = Actor("s", "S001", "孙丽", frozenset({"sales_rep"}))
FULL_MARKS = {
    "match_score": "5", "budget_score": "5", "decision_score": "4", "potential_score": "4",
    "chain_clear": "是", "budget_ok": "是", "need_clear": "是",
}  # fmt: skip
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def app(few_forms: Path, open_portal, clock) -> App:
    """C0001, graded A in June with full marks, has seen no progress since."""
    for name in ("people/staff", "customers/customer_info", "customers/customer_grading", "system/grade_history"):
        (few_forms / f"{Path(name).name}.yaml").write_text((SHIPPED / f"{name}.yaml").read_text("utf-8"), "utf-8")
    portal: App = open_portal()
    clock.now = datetime(2026, 6, 15, 9, 0, tzinfo=SHANGHAI)
    staff = {"staff_id": "S001", "staff_name": "孙丽", "dept": "大客户部", "role": "销售主管", "employment": "全职"}
    save(portal, "staff", **staff, staff_state="正式", joined_on="2024-03-01")
    customer(portal, "C0001", "华光", grade="A")
    save(portal, "customer_grading", customer_id="C0001", review_month="2026-06", grade="A", **FULL_MARKS)
    clock.now = datetime(2026, 11, 20, 9, 0, tzinfo=SHANGHAI)
    return portal


def customer(portal: App, number: str, name: str, **more: str) -> None:
    values = {
        "customer_id": number, "customer_name": name, "contact_name": "周先生", "contact_phone": "13800000101",
        "first_contact_on": "2026-06-03", "owner_id": "S001", "region": "本市", "is_public_official": "否",
    }  # fmt: skip
    save(portal, "customer_info", **values, **more)


def save(portal: App, template: str, **values: str) -> None:
    saved = portal.repository.submit(Submission(template, portal.new_id(), values), SYSTEM_ACTOR)
    assert isinstance(saved, Saved), saved


def use_pack(portal: App, auto: str) -> None:
    folder = portal.config.company_dir / "rules" / "acme"
    folder.mkdir(parents=True)
    text = f"pack: {{id: acme, label: {{zh: 甲, en: Acme}}, extends: [base]}}\ngrades: {{g1: {{auto: {auto}}}}}\n"
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    portal._private.put_setting("rule_pack", "acme")


def history(portal: App) -> list[tuple[str, str, str, str]]:
    page = portal.repository.page("grade_history", SYSTEM_ACTOR, ListQuery())
    names = ("former", "grade", "from_on", "source")
    return [tuple(record.values[name] for name in names) for record in page.records]  # type: ignore[misc]


def test_a_pack_that_only_suggests_changes_nothing(app) -> None:
    use_pack(app, "suggest")
    applied = app.grading.apply(MANAGER)
    assert ([finding.code for finding in applied.findings], applied.changes) == (["E403"], ())
    assert history(app) == []


def test_a_pack_that_applies_lowers_an_idle_a_and_keeps_a_history(app, clock) -> None:
    use_pack(app, "apply")
    [change] = app.grading.apply(MANAGER).changes
    assert (change.customer_id, change.former, change.grade) == ("C0001", "A", "B")
    assert history(app) == [("A", "B", "2026-11-20", "自动应用")]
    record = app.repository.find_by_key("customer_info", "C0001", SYSTEM_ACTOR)
    assert record.values["grade"] == "B"
    assert record.system["updated_by"] == "S001 孙丽"


def test_done_again_the_same_day_or_the_next_it_changes_nothing(app, clock) -> None:
    """The scores still say A; without progress the grade must not change back and forth."""
    use_pack(app, "apply")
    app.grading.apply(MANAGER)
    for _ in range(2):
        assert app.grading.apply(MANAGER).changes == ()
        clock.forward(days=1)
    assert len(history(app)) == 1


def test_new_scores_raise_the_grade_again(app, clock) -> None:
    use_pack(app, "apply")
    app.grading.apply(MANAGER)
    clock.now = datetime(2026, 12, 3, 9, 0, tzinfo=SHANGHAI)
    save(app, "customer_grading", customer_id="C0001", review_month="2026-12", grade="B", reason="待观察", **FULL_MARKS)
    [change] = app.grading.apply(MANAGER).changes
    assert (change.former, change.grade) == ("B", "A")


def test_a_preview_writes_nothing(app) -> None:
    use_pack(app, "apply")
    assert len(app.grading.apply(MANAGER, preview=True).changes) == 1
    assert history(app) == []


def test_only_those_who_confirm_grades_apply_them(app) -> None:
    use_pack(app, "apply")
    applied = app.grading.apply(SELLER)
    assert ([finding.code for finding in applied.findings], applied.changes) == (["E404"], ())
