"""The rule pack's gates stand before the repository of an opened portal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.record import SYSTEM_ACTOR, Actor, Rejected, Saved, Submission, TypedLine

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


MANAGER = Actor("m1", "S001", "张三", frozenset({"sales_manager", "finance", "gm", "commerce"}))
PERSON = {"staff_id": "S001", "staff_name": "张三", "dept": "大客户部", "role": "大客户经理", "employment": "全职",
          "staff_state": "正式", "joined_on": "2024-01-05"}  # fmt: skip
CUSTOMER = {"customer_name": "甲公司", "contact_name": "李总", "contact_phone": "13912345678", "owner_id": "S001",
            "first_contact_on": "2026-01-05", "region": "本市", "is_public_official": "否"}  # fmt: skip
VISIT = {"visited_at": "2026-11-19 09:00:00", "ended_at": "2026-11-19 10:00:00", "person": "李总", "mode": "当面",
         "overview": "谈续约", "attitude": "热情", "stage": "建立关系"}  # fmt: skip
RECEPTION = {"reception_at": "2026-11-19 12:00:00", "guest_count": "2", "cost_mode": "全部执行", "class": "低档",
             "purpose": "客户来访时的招待", "has_official": "否"}  # fmt: skip
DINNER = TypedLine("", {"cost_item": "招待费用", "amount": "100.00"})
REPORT = {"held_at": "2026-11-19 12:00:00", "course": "午餐", "result": "续约意向", "actual_cost": "100.00",
          "reported_at": "2026-11-20 09:00:00"}  # fmt: skip
CLAIM = {
    "claimant_id": "S001",
    "month": "2026-11",
    "amount": "120.00",
    "deduct": "是",
    "receipts": f"{'0' * 64} 发票.pdf",
}
SOLUTION = {"solution_no": "FA1", "rev": "1", "need_nos": "DEMO001", "background": "能耗高", "solution": "节能改造",
            "quote": "10000.00", "quote_breakdown": "硬件", "in_scope": "是", "feasible": "是"}  # fmt: skip
APPROVED = "通过 · S001 张三 · 2026-11-18 10:00"
PRESENTED = {"solution_no": "FA1", "presented_at": "2026-11-20 10:00:00", "feedback": "可以", "need_revision": "否",
             "feedback_at": "2026-11-20 11:00:00"}  # fmt: skip
APPLIED = {"applicant_id": "S001", "place": "客户处", "purpose": "续约"}


class Desk:
    """Saves records one after the other, typed by a manager of every kind."""

    def __init__(self, app) -> None:
        self._app = app
        self._keys = iter(range(100))

    def save(self, template: str, values: dict[str, str], record_id: str = "") -> Saved | Rejected:
        """The answer of the repository."""
        lines = {"lines": [DINNER]} if template == "reception_request" else {}
        found = self._app.repository.get(template, record_id, MANAGER) if record_id else None
        etags = {record_id: found.etag} if found else {}
        sent = Submission(template, f"d{next(self._keys)}", values, lines, record_id, etags)
        return self._app.repository.submit(sent, MANAGER if template != "staff" else SYSTEM_ACTOR)

    def saved(self, template: str, values: dict[str, str], record_id: str = "") -> Saved:
        """As `save`, of what nothing stands against."""
        answer = self.save(template, values, record_id)
        assert isinstance(answer, Saved), answer
        return answer

    def withdraw(self, template: str, record_id: str) -> None:
        """Takes a record back."""
        etag = self._app.repository.get(template, record_id, MANAGER).etag
        key = f"d{next(self._keys)}"
        done = self._app.repository.withdraw(template, record_id, reason="重填", etag=etag, key=key, actor=MANAGER)
        assert isinstance(done, Saved), done

    def stopped(self, template: str, values: dict[str, str], record_id: str = "") -> list[str]:
        """The codes that stand against it; none when it was saved."""
        answer = self.save(template, values, record_id)
        return [] if isinstance(answer, Saved) else [finding.code for finding in answer.findings]


def with_what_they_refer_to(keys: set[str]) -> list[Path]:
    """The files of these forms and of all forms they refer to."""
    files = {file.stem: file for file in FORMS.rglob("*.yaml")}
    while more := {key for each in keys for key in re.findall(r"to: (\w+)", files[each].read_text("utf-8"))} - keys:
        keys = keys | more
    return [files[key] for key in sorted(keys)]


@pytest.fixture
def desk(open_portal, few_forms):
    """Opens a portal with these shipped forms, with a person and a customer."""

    def opened(*names: str) -> tuple[Desk, str]:
        for file in with_what_they_refer_to({"staff", "customer_info", *names}):
            (few_forms / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        found = Desk(open_portal())
        found.saved("staff", PERSON)
        return found, found.saved("customer_info", CUSTOMER).number

    return opened


def test_ap_04_ap_05_a_visits_expenses_are_refused_even_a_manager_until_its_summary_is_written(desk) -> None:
    sales, customer = desk("visit_record", "expense_claim")
    visit = sales.saved("visit_record", VISIT | {"customer_id": customer})
    claim = CLAIM | {"link_kind": "拜访", "visit_id": visit.number}
    assert sales.stopped("expense_claim", claim) == ["E231"]
    sales.saved("visit_record", {"summary": "达成续约意向"}, visit.record_id)
    assert sales.stopped("expense_claim", claim) == []


def test_a_receptions_expenses_are_refused_until_its_report_is_handed_in_and_after_it_was_withdrawn(desk) -> None:
    sales, customer = desk("reception_request", "reception_report", "expense_claim")
    reception = sales.saved("reception_request", RECEPTION | {"customer_id": customer})
    claim = CLAIM | {"link_kind": "接待", "reception_id": reception.number}
    assert sales.stopped("expense_claim", claim) == ["E232"]
    report = sales.saved("reception_report", REPORT | {"request_id": reception.number})
    assert sales.stopped("expense_claim", claim) == []
    sales.withdraw("reception_report", report.record_id)
    assert sales.stopped("expense_claim", claim) == ["E232"]


def test_a_solution_is_presented_only_with_the_three_approvals(desk) -> None:
    sales, customer = desk("solution_review", "solution_feedback")
    review = sales.saved("solution_review", SOLUTION | {"customer_id": customer, "legal_ok": APPROVED})
    assert sales.stopped("solution_feedback", PRESENTED) == ["E230"]
    sales.saved("solution_review", {"commerce_ok": APPROVED, "tech_ok": APPROVED}, review.record_id)
    assert sales.stopped("solution_feedback", PRESENTED) == []


def test_a_late_visit_application_names_its_urgency_and_one_in_time_may_be_changed_later(desk, clock) -> None:
    """Today is Saturday 21 November 2026; the third working day before Thursday 26 November is Monday the 23rd."""
    sales, customer = desk("visit_application")
    applied = APPLIED | {"customer_id": customer}
    assert sales.stopped("visit_application", applied | {"visit_at": "2026-11-24 10:00:00"}) == ["E235"]
    urgent = applied | {"visit_at": "2026-11-24 10:00:00", "urgent_reason": "客户急需"}
    assert sales.stopped("visit_application", urgent) == []
    in_time = sales.saved("visit_application", applied | {"visit_at": "2026-11-26 10:00:00"})
    clock.forward(days=4)
    assert sales.stopped("visit_application", {"place": "客户新址"}, in_time.record_id) == []
    assert sales.stopped("visit_application", {"visit_at": "2026-11-26 15:00:00"}, in_time.record_id) == ["E235"]
