"""Deadline rules one by one: the due moment, overdue a second after it, met on its day, and what a day late counts as.

Due moments are counted by hand from the documents' terms and the calendar of 2026: 2 November is a Monday, 1-7 October
are holidays and Saturday 10 October is worked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import pytest

from tests.reports.rule_samples import Row, due_texts, evaluated

Book = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Case:
    """A rule with records that owe something.

    due: "2026-11-11" (the end of that day) or "2026-11-08 10:00". done: what the book holds in addition, or instead,
    when the work was done on a day (at 09:00). late: the status when it was done the day after the due day.
    """

    rule: str
    due: str
    book: Book
    done: Callable[[str], Book]
    late: str = "met_late"
    record: str = "r1"
    occurrence: str = ""
    name: str = ""
    grace: int = 0
    """Days past the due day that are still in time."""

    @property
    def due_at(self) -> datetime:
        return datetime.fromisoformat(self.due if " " in self.due else f"{self.due} 23:59:59")

    def row(self, as_of: datetime, more: Book) -> pd.Series:
        """The one obligation of the record and occurrence."""
        rows = evaluated(self.rule, f"{as_of:%Y-%m-%d %H:%M:%S}", {**self.book, **more})
        mine = rows[(rows["record_id"] == self.record) & (rows["occurrence"] == self.occurrence)]
        assert len(mine) == 1
        return mine.iloc[0]


def same(table: str, row: Row, **columns: str) -> Callable[[str], Book]:
    """The record itself is filled in; "{day}" and "{at}" stand for the day and for 09:00 on it."""
    return lambda day: {table: [{**row, **_on(columns, day)}]}


def other(table: str, **columns: str) -> Callable[[str], Book]:
    """Another table's record tells of it."""
    return lambda day: {table: [_on(columns, day)]}


def told(rule: str, subject: str, template: str, occurrence: str = "") -> Callable[[str], Book]:
    """No form tells of it: it is registered as done."""
    return other(
        "rule_ack", rule_id=rule, subject=subject, template=template, occurrence=occurrence, action="完成",
        acked_at="{at}",
    )  # fmt: skip


def _on(columns: Mapping[str, str], day: str) -> dict[str, str]:
    return {name: text.format(day=day, at=f"{day} 09:00:00") for name, text in columns.items()}


def own(rule: str, due: str, table: str, row: Row, late: str = "met_late", name: str = "", **filled: str) -> Case:
    """A record that owes something and is itself filled in when it is done."""
    return Case(rule, due, {table: [row]}, same(table, row, **filled), late, name=name)


CUSTOMER = {"customer_id": "C1", "owner_id": "S1", "first_contact_on": "2026-01-05"}
SOLD = {"deal_no": "J1", "kind": "销售", "customer_id": "C1", "seller_id": "S1", "sold_on": "2026-08-10"}
ACTIVE: Book = {"customer_info": [CUSTOMER], "deal": [SOLD], "contact_log": [], "customer_grading": []}
VISIT = {"customer_id": "C1", "created_by": "S1 张三", "mode": "当面"}
FRIDAY_VISIT = VISIT | {"visited_at": "2026-11-06 15:00:00", "ended_at": "2026-11-06 16:00:00"}

TOLD = {"record_id": "r1", "customer_id": "C1", "talked_on": "2026-11-06"}
PASSED = {"order_no": "PO1", "result": "通过", "accepted_on": "2026-08-10"}
FAILED = {"record_id": "r1", "line_no": "1", "failed_at": "2026-11-07 10:00:00"}


def person(role: str, **more: str) -> dict[str, str]:
    return {"staff_id": "S1", "role": role, "staff_state": "正式", "joined_on": "2025-01-01", **more}


PROCESS = [
    own("D02", "2026-11-11", "need_confirmation", {"customer_id": "C1", "talked_on": "2026-11-06"},
        confirm_via="邮件", confirmed_by="王经理", confirmed_on="{day}"),
    own("D04", "2026-11-09", "solution_review", {"solution_no": "F1", "submitted_at": "2026-11-06 10:00:00"},
        **dict.fromkeys(("legal_ok", "commerce_ok", "tech_ok"), "通过 · S1 张三 · {day} 09:00")),
    own("D06", "2026-11-09", "sales_order", {"order_no": "PO1", "approved_at": "2026-11-06 10:00:00"},
        confirmed_on="{day}"),
    own("D08", "2026-11-08 10:00", "order_progress",
        {"order_no": "PO1", "exception_type": "质量问题", "exception_at": "2026-11-07 10:00:00"},
        customer_notified_at="{at}", exception_note="换货"),
    own("D10", "2026-11-11", "acceptance",
        {"order_no": "PO1", "kind": "服务验收", "received_at": "2026-11-06 10:00:00"},
        meeting_on="{day}", result="通过"),
    Case("D11", "2026-11-08 10:00",
         {"acceptance": [{"order_no": "PO1"}],
          "acceptance.lines": [FAILED]},
         same("acceptance.lines", FAILED, fix_started_at="{at}")),
    own("D12", "2026-11-09", "contract", {"contract_no": "HT1", "effective_on": "2026-11-06"}, "met",
        service_owner_id="S5"),
    own("D15", "2026-11-07 09:30", "after_sales", {"severity": "紧急", "reported_at": "2026-11-07 07:30:00"},
        onsite_at="{at}"),
    Case("D18", "2026-11-10", {"acceptance": [PASSED]},
         other("satisfaction_survey", acceptance_id="r1", basis="验收后3个月", surveyed_on="{day}"), "met",
         grace=7),
    Case("D19", "2026-08-28", {"acceptance": [PASSED | {"accepted_on": "2026-02-28"}]},
         other("satisfaction_survey", acceptance_id="r1", basis="验收后6个月", surveyed_on="{day}"), "met",
         grace=7),
    own("D20", "2026-11-13", "satisfaction_survey",
        {"customer_id": "C1", "surveyed_on": "2026-11-06", "q_quality": "5", "q_speed": "5", "q_overall": "3"}, "met",
        improve_plan="每周回访"),
    Case("D21", "2026-12-31", ACTIVE,
         other("contact_log", customer_id="C1", is_decision_maker="是", contacted_at="{at}"), "overdue",
         occurrence="2026-Q4"),
    Case("D22", "2026-09-25", ACTIVE,
         other("contact_log", customer_id="C1", purpose="节日祝福", contacted_at="{at}"), occurrence="中秋 2026"),
    Case("D23", "2026-10-30", ACTIVE,
         other("customer_grading", customer_id="C1", review_month="2026-10", submitted_at="{at}"),
         occurrence="2026-10"),
    Case("D27", "2026-11-09",
         {"need_confirmation": [TOLD, {"record_id": "r2", "customer_id": "C1", "confirmed_on": "2026-11-02"}]},
         lambda day: {"need_confirmation": [
             TOLD | {"feasibility": "可行"}, {"record_id": "r2", "customer_id": "C1", "confirmed_on": "2026-11-02"}
         ]}, "met"),
    Case("D26", "2026-11-10", {"customer_info": [CUSTOMER | {"next_follow_on": "2026-11-10"}], "contact_log": []},
         other("contact_log", customer_id="C1", contacted_at="{at}")),
]  # fmt: skip

HANDED_OVER = {
    "sim_returned": "是", "told_plan": "是", "nda_ack": "是", "progress_report": "总结.docx",
    "customer_list": "名册.xlsx", "receiver_id": "S2",
}  # fmt: skip
KEY_ACCOUNTS = [
    Case("D32", "2026-11-06", {"staff": [person("销售顾问")], "contact_log": []},
         lambda day: {"contact_log": [
             {"created_by": "S1 张三", "kind": kind, "contacted_at": at, "submitted_at": f"{day} 09:00:00"}
             for kind, at in (("本周总结", "2026-11-05 10:00:00"), ("下周计划", "2026-11-11 10:00:00"))
         ]}, occurrence="2026-W45"),
    own("D33", "2026-11-11", "analysis_task",
        {"size": "大型", "assignee_id": "S1", "assigned_at": "2026-11-06 10:00:00"}, submitted_at_work="{at}"),
    own("D34", "2026-11-09", "analysis_task",
        {"size": "小型", "assignee_id": "S1", "assigned_at": "2026-11-06 10:00:00"}, submitted_at_work="{at}"),
    Case("D43", "2026-11-10", {"visit_record": [FRIDAY_VISIT | {"next_visit_on": "2026-11-10"}]},
         lambda day: {"visit_record": [
             FRIDAY_VISIT | {"next_visit_on": "2026-11-10"}, VISIT | {"visited_at": f"{day} 09:00:00"}
         ]}),
    Case("D46", "2026-11-10", {"staff": [person("销售顾问", left_on="2026-11-10")], "handover": []},
         other("handover", staff_id="S1", submitted_at="{at}", **HANDED_OVER)),
    Case("D47", "2026-11-20",
         {"customer_dossier": [{"customer_id": "C1", "birth_date": "1980-11-20"}], "contact_log": []},
         other("contact_log", customer_id="C1", contacted_at="{at}"), occurrence="生日 2026", name="birthday"),
    Case("D47", "2026-10-02",
         {"customer_dossier": [{"customer_id": "C1", "wedding_day": "2010-10-02"}], "contact_log": []},
         other("contact_log", customer_id="C1", contacted_at="{at}"), occurrence="结婚纪念日 2026", name="wedding day"),
]  # fmt: skip

ADOPTED = {"decision": "采用", "opened_on": "2026-10-20", "notified_on": "2026-10-28", "dropped_on": "2026-10-09"}
DEALERS = [
    Case("D50", "2026-12-31", {"suggestion": [ADOPTED]}, told("D50", "company", "company", "2026-Q4"),
         record="company", occurrence="2026-Q4"),
    Case("D51", "2026-11-10", {"suggestion": [ADOPTED]}, told("D51", "r1", "suggestion")),
    Case("D52", "2026-11-16", {"suggestion": [ADOPTED], "suggestion_order": []},
         other("suggestion_order", suggestion_id="r1", issued_on="{day}")),
    own("D53", "2026-11-30", "suggestion_order", {"suggestion_id": "r1", "issued_on": "2026-11-16"},
        returned_on="{day}"),
    Case("D54", "2026-11-06",
         {"staff": [person("销售顾问")], "visit_record": [FRIDAY_VISIT], "development_daily": []},
         other("development_daily", rep_id="S1", report_on="2026-11-06", submitted_at="{at}"), occurrence="2026-11-06"),
    Case("D55", "2026-11-06", {"staff": [person("客服专员")], "visit_record": [FRIDAY_VISIT], "service_daily": []},
         other("service_daily", author_id="S1", report_on="2026-11-06", submitted_at="{at}"), occurrence="2026-11-06"),
    Case("D56", "2026-11-06", {"staff": [person("客服主管")]}, told("D56", "r1", "staff", "2026-10"),
         occurrence="2026-10"),
    own("D57", "2026-11-09 11:00", "urgent_report", {"found_at": "2026-11-06 16:00:00"}, reported_at="{at}"),
    Case("D58", "2026-11-06", {"branch_stock_policy": [{"branch": "成都", "month": "2026-09"}]},
         other("branch_stock_policy", branch="成都", month="2026-11", submitted_at="{at}"),
         record="成都", occurrence="2026-11"),
    Case("D62", "2026-11-09",
         {"new_customer_recognition": [{"customer_code": "C1", "pay_term_days": "30"}],
          "order_register": [{"reg_no": "J1", "customer_id": "C1", "shipped_on": "2026-10-10"}]},
         same("deal", SOLD, paid_on="{day}")),
    Case("D63", "2026-12-31", {}, told("D63", "company", "company", "2026"), record="company", occurrence="2026"),
]  # fmt: skip

PROMISED = FRIDAY_VISIT | {"promises": "寄送样品"}
VISITS = [
    Case("D65", "2026-11-13",
         {"visit_plan": [{"visitor_id": "S1", "submitted_at": "2026-11-18 09:00:00"}],
          "visit_plan.lines": [{"record_id": "r1", "line_no": "1", "planned_at": "2026-11-20 10:00:00"}]},
         other("visit_plan", record_id="r1", visitor_id="S1", submitted_at="{at}")),
    own("D68", "2026-11-09", "visit_record", FRIDAY_VISIT, report_at="{at}"),
    Case("D70", "2026-09-30", {"customer_info": [CUSTOMER | {"region": "本省"}], "visit_record": []},
         lambda day: {"visit_record": [VISIT | {"visited_at": f"{day} 09:00:00"}]}, "overdue", occurrence="2026-Q3"),
    Case("D71", "2026-06-30", {"customer_info": [CUSTOMER | {"region": "其它地区"}], "visit_record": []},
         lambda day: {"visit_record": [VISIT | {"visited_at": f"{day} 09:00:00"}]}, "overdue", occurrence="2026-H1"),
    Case("D73", "2026-11-11", {"visit_record": [PROMISED]}, told("D73", "r1", "visit_record"), name="no day named"),
    Case("D73", "2026-11-21", {"visit_record": [PROMISED | {"promise_due_on": "2026-11-21"}]},
         told("D73", "r1", "visit_record"), name="a Saturday promised"),
    own("D74", "2026-11-07 16:00", "visit_record", FRIDAY_VISIT, thanks_at="{at}"),
    Case("D75", "2026-11-13", {"visit_record": [FRIDAY_VISIT], "satisfaction_survey": []},
         other("satisfaction_survey", customer_id="C1", basis="拜访后", surveyed_on="{day}")),
    Case("D76", "2026-12-31", {"staff": [person("销售顾问")], "visit_plan": []},
         other("visit_plan", plan_kind="年度", period="2027-01", visitor_id="S1", submitted_at="{at}"),
         occurrence="2026"),
    Case("D78", "2026-11-10",
         {"blank_region": [{"applicant_id": "S1", "area_name": "雅安", "protected_until": "2026-11-10"}],
          "customer_info": [CUSTOMER | {"area_name": "雅安"}], "deal": []},
         lambda day: {"deal": [SOLD | {"sold_on": day}]}),
]  # fmt: skip

CASES = [*PROCESS, *KEY_ACCOUNTS, *DEALERS, *VISITS]


def each(what: str) -> pytest.MarkDecorator:
    """Every case, named "D02 overdue"."""
    ids = [" ".join(filter(None, (case.rule, case.name, what))) for case in CASES]
    return pytest.mark.parametrize("case", CASES, ids=ids)


@each("overdue")
def test_what_is_not_done_is_overdue_a_second_after_it_was_due(case: Case) -> None:
    last = case.due_at + timedelta(days=case.grace)
    in_time, after = case.row(last, {}), case.row(last + timedelta(seconds=1), {})
    assert due_texts(pd.DataFrame([after])) == [case.due]
    assert (in_time["status"], after["status"]) == ("due_soon", "overdue")


@each("met")
def test_what_is_done_on_the_day_it_is_due_is_met(case: Case) -> None:
    row = case.row(case.due_at + timedelta(seconds=1), case.done(f"{case.due_at:%Y-%m-%d}"))
    assert due_texts(pd.DataFrame([row])) == [case.due]
    assert row["status"] == "met"


@each("late")
def test_what_is_done_a_day_late_stays_visible_as_late(case: Case) -> None:
    row = case.row(case.due_at + timedelta(days=2), case.done(f"{case.due_at + timedelta(days=1):%Y-%m-%d}"))
    assert row["status"] == case.late


def test_a_visit_report_without_its_time_is_not_measurable_and_a_missing_one_is_overdue() -> None:
    for report, status in (("", "overdue"), ("客户同意试用", "not_measurable")):
        rows = evaluated("D68", "2026-11-20", {"visit_record": [FRIDAY_VISIT | {"report": report}]})
        assert list(rows["status"]) == [status]


def statuses(rule: str, as_of: str, book: Book) -> list[tuple[str, str]]:
    """Due moment and status of each obligation."""
    rows = evaluated(rule, as_of, book)
    return list(zip(due_texts(rows), rows["status"], strict=True))


def test_d24_an_a_customer_is_called_out_three_months_after_the_last_progress_until_the_next() -> None:
    book = {"customer_info": [CUSTOMER | {"grade": "A"}], "deal": [SOLD]}  # sold on 2026-08-10
    assert statuses("D24", "2026-11-10 23:59:59", book) == [("2026-11-10", "due_soon")]
    assert statuses("D24", "2026-11-11", book) == [("2026-11-10", "overdue")]
    again = book | {"need_confirmation": [{"customer_id": "C1", "confirmed_on": "2026-11-10"}]}
    assert statuses("D24", "2026-11-11", again) == [("2027-02-10", "pending")]
    assert statuses("D24", "2026-11-11", book | {"customer_info": [CUSTOMER | {"grade": "B"}]}) == []


def test_d41_a_demotion_is_reviewed_three_months_later_unless_it_ended() -> None:
    demoted = person("销售顾问", demoted_on="2026-08-31") | {"staff_state": "降级试用"}
    assert statuses("D41", "2026-11-30 23:59:59", {"staff": [demoted]}) == [("2026-11-30", "due_soon")]
    assert statuses("D41", "2026-12-01", {"staff": [demoted]}) == [("2026-11-30", "overdue")]
    assert statuses("D41", "2026-12-01", {"staff": [demoted | {"staff_state": "正式"}]}) == []


def test_d44_secrecy_is_reminded_of_a_fortnight_before_the_year_ends_and_then_over() -> None:
    book = {"staff": [person("销售顾问", left_on="2025-11-10")]}
    expected = [("2026-10-27 23:59:58", "pending"), ("2026-10-27 23:59:59", "due_soon"), ("2026-11-11", "met")]
    for as_of, status in expected:
        assert statuses("D44", as_of, book) == [("2026-11-10", status)]


def test_d62_a_shipped_order_is_due_from_its_shipping_and_only_once() -> None:
    """The deal that tells of the same sale is paid with it."""
    order = {"reg_no": "J1", "customer_id": "C1", "owner_id": "S1", "shipped_on": "2026-10-10"}
    book = {
        "new_customer_recognition": [{"customer_code": "C1", "pay_term_days": "30"}],
        "order_register": [order],
        "deal": [SOLD | {"sold_on": "2026-10-01"}],
    }
    assert statuses("D62", "2026-11-10", book) == [("2026-11-09", "overdue")]
    paid = book | {"deal": [SOLD | {"sold_on": "2026-10-01", "paid_on": "2026-11-09"}]}
    assert statuses("D62", "2026-11-10", paid) == [("2026-11-09", "met")]
    assert statuses("D62", "2026-11-10", book | {"new_customer_recognition": []}) == []


@pytest.mark.parametrize(
    ("rule", "book"),
    [
        pytest.param("D20", {"satisfaction_survey": [
            {"customer_id": "C1", "surveyed_on": "2026-11-06", "q_quality": "4", "q_speed": "5", "q_overall": "4"}
        ]}, id="D20 no question at 3 or less"),
        pytest.param("D21", {"customer_info": [CUSTOMER], "deal": []}, id="D21 no business in twelve months"),
        pytest.param("D51", {"suggestion": [ADOPTED | {"decision": "不采用"}]}, id="D51 not adopted"),
        pytest.param("D54", {"staff": [person("销售顾问")], "visit_record": [FRIDAY_VISIT | {"mode": "电话"}]},
                     id="D54 no field work"),
        pytest.param("D73", {"visit_record": [FRIDAY_VISIT]}, id="D73 nothing promised"),
    ],
)  # fmt: skip
def test_nothing_is_owed_without_its_reason(rule: str, book: Book) -> None:
    assert statuses(rule, "2027-03-01", book) == []
