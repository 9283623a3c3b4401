"""Rules D01 to D28 at their edges: what is not owed, what nobody can measure, what counts once, and every option.

Due moments are counted by hand with the official calendar of 2026: 25 September (Mid-Autumn, a Friday) and 1-7 October
are off, Saturday 10 October is worked; 2 November is a Monday.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import pytest

from reports.deadlines import evaluate
from tests.reports.rule_samples import CALENDAR, Row, due_texts, evaluated, everything, frames, load_rules, rules

Book = Mapping[str, Sequence[Row]]


def statuses(rule: str, as_of: str, book: Book) -> list[str]:
    return list(evaluated(rule, as_of, book)["status"])


def optioned(rule: str, as_of: date | datetime, book: Book, **options: str) -> list[tuple[str, str]]:
    """Due moment and status of each obligation under options of the rule, such as due__clock="wday"."""
    chosen = load_rules(
        "base", {f"deadlines.{rule}.{name.replace('__', '.')}": value for name, value in options.items()}
    )
    rows = everything(evaluate({rule: chosen[rule]}, frames(book), as_of, CALENDAR))
    return list(zip(due_texts(rows), rows["status"], strict=True))


REPORTED = {"issue_type": "故障", "severity": "一般", "reported_at": "2026-10-12 10:00:00"}
ACCEPTED = {"order_no": "PO1", "result": "通过", "accepted_on": "2026-01-31"}
EXCEPTION = {"order_no": "PO1", "exception_type": "质量问题", "exception_at": "2026-10-09 09:00:00"}


@pytest.mark.parametrize(
    ("rule", "book"),
    [
        pytest.param("D02", {"need_confirmation": [
            {"talked_on": "2026-09-29", "confirm_via": "邮件", "confirmed_by": "王经理"}]}, id="D02 when unknown"),
        pytest.param("D02", {"need_confirmation": [{"customer_id": "C1"}]}, id="D02 talked, when unknown"),
        pytest.param("D03", {"solution_feedback": [{"feedback": "降价"}]}, id="D03 feedback, when unknown"),
        pytest.param("D05", {"contract": [{"archived_on": "2026-09-29"}]}, id="D05 filed, signed when unknown"),
        pytest.param("D06", {"sales_order": [{"order_no": "PO1", "confirmed_on": "2026-09-29"}]},
                     id="D06 approved when unknown"),
        pytest.param("D08", {"order_progress": [EXCEPTION | {"exception_at": ""}]}, id="D08 happened when unknown"),
        pytest.param("D09", {"acceptance": [
            {"kind": "产品验收", "received_at": "2026-09-29 10:00:00", "result": "通过"}]}, id="D09 when unknown"),
        pytest.param("D10", {"acceptance": [
            {"kind": "服务验收", "received_at": "2026-09-29 10:00:00", "result": "通过"}]}, id="D10 when unknown"),
        pytest.param("D13", {"after_sales": [REPORTED | {"resolved_at": "2026-10-12 12:00:00"}]},
                     id="D13 solved, answered when unknown"),
        pytest.param("D14", {"after_sales": [REPORTED | {"csat": "5"}]}, id="D14 solved when unknown"),
        pytest.param("D15", {"after_sales": [{"severity": "紧急"}]}, id="D15 reported when unknown"),
        pytest.param("D16", {"after_sales": [REPORTED | {"resolved_at": "2026-10-12 12:00:00", "csat": "4"}]},
                     id="D16 rated, called when unknown"),
        pytest.param("D17", {"acceptance": [{"order_no": "PO1", "result": "通过"}]}, id="D17 accepted when unknown"),
        pytest.param("D18", {"acceptance": [ACCEPTED], "satisfaction_survey": [
            {"acceptance_id": "r1", "basis": "验收后3个月", "q_overall": "5"}]}, id="D18 surveyed when unknown"),
        pytest.param("D20", {"satisfaction_survey": [{"q_overall": "2"}]}, id="D20 surveyed when unknown"),
        pytest.param("D25", {"sales_order": [{"order_no": "PO1"}]}, id="D25 promised for when unknown"),
        pytest.param("D28", {"visit_record": [{"customer_id": "C1", "visited_at": "2026-10-06 09:00:00"}]},
                     id="D28 visit ended when unknown"),
    ],
)  # fmt: skip
def test_what_has_no_time_is_neither_met_nor_overdue(rule: str, book: Book) -> None:
    assert statuses(rule, "2026-12-31", book) == ["not_measurable"]


@pytest.mark.parametrize(
    ("rule", "book", "expected"),
    [
        pytest.param("D03", {"solution_feedback": [{"feedback_at": "2026-10-12 10:00:00", "need_revision": "否"}]}, [],
                     id="D03 no revision needed"),
        pytest.param("D05", {"contract": [{"contract_no": "HT1"}]}, ["not_triggered"], id="D05 not signed"),
        pytest.param("D02", {"need_confirmation": [
            {"talked_on": "2026-10-12", "confirm_via": "邮件", "confirmed_on": "2026-10-12"}]}, ["overdue"],
                     id="D02 confirmed by nobody"),
        pytest.param("D06", {"sales_order": [{"approved_at": "2026-10-12 10:00:00", "cancelled_on": "2026-10-12"}]},
                     ["not_triggered"], id="D06 cancelled"),
        pytest.param("D07", {"sales_order": [{"order_no": "PO1"}]}, [], id="D07 not confirmed"),
        pytest.param("D09", {"acceptance": [
            {"kind": "产品验收", "received_at": "2026-10-12 10:00:00", "accepted_on": "2026-10-12"}]}, ["overdue"],
                     id="D09 without a result"),
        pytest.param("D10", {"acceptance": [
            {"kind": "服务验收", "received_at": "2026-10-12 10:00:00", "meeting_on": "2026-10-12"}]}, ["overdue"],
                     id="D10 without a result"),
        pytest.param("D08", {"order_progress": [EXCEPTION | {"exception_type": "无", "exception_at": ""}]}, [],
                     id="D08 no exception"),
        pytest.param("D09", {"acceptance": [{"kind": "服务验收", "received_at": "2026-10-12 10:00:00"}]}, [],
                     id="D09 a service"),
        pytest.param("D12", {"contract": [{"contract_no": "HT1"}]}, ["not_triggered"], id="D12 not in force"),
        pytest.param("D14", {"after_sales": [REPORTED | {"severity": "紧急"}]}, [], id="D14 urgent: only D15"),
        pytest.param("D14", {"after_sales": [REPORTED | {"severity": ""}]}, ["overdue"], id="D14 ordinary by default"),
        pytest.param("D15", {"after_sales": [REPORTED]}, [], id="D15 not urgent"),
        pytest.param("D16", {"after_sales": [REPORTED]}, ["not_triggered"], id="D16 not solved"),
        pytest.param("D16", {"after_sales": [
            REPORTED | {"resolved_at": "2026-10-12 12:00:00", "followed_up_at": "2026-10-13 10:00:00"}]}, ["overdue"],
                     id="D16 called without a rating"),
        pytest.param("D17", {"acceptance": [ACCEPTED | {"result": "不通过"}]}, [], id="D17 not passed"),
        pytest.param("D26", {"customer_info": [{"customer_id": "C1"}]}, ["not_triggered"], id="D26 nothing planned"),
        pytest.param("D27", {"need_confirmation": [
            {"customer_id": "C1", "talked_on": "2026-10-12", "confirmed_on": "2026-10-12"}]}, [], id="D27 first need"),
        pytest.param("D28", {"visit_record": []}, [], id="D28 no visit"),
    ],
)  # fmt: skip
def test_nothing_is_owed_before_its_reason_or_outside_it(rule: str, book: Book, expected: list[str]) -> None:
    assert statuses(rule, "2026-12-31", book) == expected


SALE = {"customer_id": "C1", "kind": "销售", "sold_on": "2026-08-10"}


@pytest.mark.parametrize(
    ("rule", "book", "occurrence", "warned_at"),
    [
        pytest.param("D13", {"after_sales": [REPORTED]}, "", "2026-10-12 10:10:00", id="D13 five of its 15 minutes"),
        pytest.param("D14", {"after_sales": [REPORTED]}, "", "2026-10-14 06:00:00", id="D14 four of its 48 hours"),
        pytest.param("D17", {"acceptance": [ACCEPTED]}, "", "2026-02-21 23:59:59", id="D17 a week"),
        pytest.param("D18", {"acceptance": [ACCEPTED]}, "", "2026-04-23 23:59:59", id="D18 a week"),
        pytest.param("D19", {"acceptance": [ACCEPTED]}, "", "2026-07-24 23:59:59", id="D19 a week"),
        pytest.param("D21", {"customer_info": [{"customer_id": "C1"}], "deal": [SALE]}, "2026-Q4",
                     "2026-12-16 23:59:59", id="D21 fifteen days"),
        pytest.param("D22", {"customer_info": [{"customer_id": "C1"}]}, "中秋 2026", "2026-09-22 23:59:59",
                     id="D22 three days"),
        pytest.param("D23", {"customer_info": [{"customer_id": "C1"}], "deal": [SALE]}, "2026-10",
                     "2026-10-28 23:59:59", id="D23 two days"),
        pytest.param("D24", {"customer_info": [{"customer_id": "C1", "grade": "A"}], "deal": [SALE]}, "",
                     "2026-10-27 23:59:59", id="D24 a fortnight"),
        pytest.param("D25", {"sales_order": [{"delivery_on": "2026-10-12"}]}, "", "2026-10-09 23:59:59",
                     id="D25 three days"),
    ],
)  # fmt: skip
def test_the_owner_is_warned_so_long_before(rule: str, book: Book, occurrence: str, warned_at: str) -> None:
    moment = datetime.fromisoformat(warned_at)
    for at, status in ((moment - timedelta(seconds=1), "pending"), (moment, "due_soon")):
        rows = evaluated(rule, f"{at:%Y-%m-%d %H:%M:%S}", book)
        assert list(rows[rows["occurrence"] == occurrence]["status"]) == [status]


SEVERITIES = {
    "C": "D08 D11 D13 D15 D25 D57",
    "H": "D03 D05 D07 D09 D14 D24 D35 D36 D38 D39 D40 D41 D42 D46 D60 D62 D73",
    "M": "D01 D02 D06 D10 D12 D16 D17 D18 D19 D20 D21 D23 D27 D28 D31 D33 D34 D45 D49 D52 D53 D56 D58 D59 D64 D65 D67 "
         "D68 D69 D70 D71 D72 D78",
    "L": "D22 D26 D32 D43 D44 D47 D48 D50 D51 D54 D55 D63 D74 D75 D76 D77",
    "G": "D04 D29 D30 D37 D61 D66",
}  # fmt: skip
"""As the catalogue of the specification has them; D79 only changes others."""


def test_every_rule_has_the_severity_of_the_catalogue_and_is_on_unless_the_catalogue_says_off() -> None:
    shipped = rules()
    assert {rule_id: shipped[rule_id].severity for text in SEVERITIES.values() for rule_id in text.split()} == {
        rule_id: severity for severity, text in SEVERITIES.items() for rule_id in text.split()
    }
    assert set(shipped) == {f"D{number:02}" for number in range(1, 80)}
    assert {rule_id for rule_id, rule in shipped.items() if not rule.enabled} == {"D65", "D74", "D75"}


def test_d07_the_order_is_kept_in_step_for_a_quarter_back_and_weeks_without_a_working_day_are_left_out() -> None:
    """Confirmed on Friday 30 January: the first whole week is that of 2 February; 16-20 February is all holiday."""
    rows = evaluated("D07", "2026-03-09", {"sales_order": [{"order_no": "PO1", "confirmed_on": "2026-01-30"}]})
    weeks = ["2026-W06", "2026-W07", "2026-W09", "2026-W10", "2026-W11"]
    assert list(rows["occurrence"]) == weeks
    assert due_texts(rows) == ["2026-02-06", "2026-02-13", "2026-02-27", "2026-03-06", "2026-03-13"]
    assert list(rows["status"]) == [*["overdue"] * 4, "pending"]


def test_d07_a_friday_off_brings_the_due_day_forward() -> None:
    """Fridays 25 September and 2 October are off; Saturday 10 October is worked but lies after its Friday."""
    rows = evaluated("D07", "2026-10-12", {"sales_order": [{"order_no": "PO1", "confirmed_on": "2026-09-21"}]})
    assert due_texts(rows) == ["2026-09-24", "2026-09-30", "2026-10-09", "2026-10-16"]
    order = {"order_no": "PO1", "confirmed_on": "2026-09-21", "cancelled_on": "2026-10-08"}
    assert due_texts(evaluated("D07", "2026-10-12", {"sales_order": [order]})) == ["2026-09-24", "2026-09-30"]


def test_d07_by_sunday_a_saturdays_word_is_in_time_and_the_holiday_week_is_still_left_out() -> None:
    book = {
        "sales_order": [{"order_no": "PO1", "confirmed_on": "2026-02-01"}],
        "order_progress": [{"order_no": "PO1", "synced_at": "2026-02-14 10:00:00"}],
    }
    found = optioned("D07", date(2026, 3, 2), book, due__weekday="7", due__roll="none")
    assert found == [
        ("2026-02-08", "overdue"), ("2026-02-15", "met"), ("2026-03-01", "overdue"), ("2026-03-08", "pending"),
    ]  # fmt: skip


def test_d08_an_exception_the_progress_log_repeats_is_one_and_met_wherever_the_customer_was_told() -> None:
    first = EXCEPTION | {"exception_note": "换货"}
    told = first | {"customer_notified_at": "2026-10-10 09:00:00"}
    other = first | {"exception_at": "2026-10-09 09:00:01"}
    rows = evaluated("D08", "2026-10-20", {"order_progress": [first, told, other]})
    assert list(zip(rows["record_id"], rows["status"], strict=True)) == [("r1", "met"), ("r3", "overdue")]
    without_remedy = told | {"exception_note": ""}
    assert statuses("D08", "2026-10-20", {"order_progress": [without_remedy]}) == ["overdue"]


def test_d08_may_count_from_when_the_exception_was_found() -> None:
    """Found when it was entered: on Saturday the 10th at 15:00, a day after it happened."""
    book = {"order_progress": [EXCEPTION | {"exception_note": "换货", "created_at": "2026-10-10 15:00:00",
                                            "customer_notified_at": "2026-10-11 15:00:00"}]}  # fmt: skip
    assert optioned("D08", date(2026, 10, 20), book) == [("2026-10-10 09:00", "met_late")]
    assert optioned("D08", date(2026, 10, 20), book, mode="discovered") == [("2026-10-11 15:00", "met")]


ORDERS = [{"order_no": f"PO{n}", "customer_id": "C1", "owner_id": "S1"} for n in (1, 2)]


def test_d17_repeat_orders_start_no_new_surveys_unless_each_order_counts() -> None:
    again = ACCEPTED | {"order_no": "PO2", "accepted_on": "2026-03-15"}
    book: Book = {"sales_order": ORDERS, "acceptance": [again, ACCEPTED, ACCEPTED | {"order_no": "PO9"}]}
    assert list(evaluated("D17", "2026-02-01", book)["record_id"]) == ["r2", "r3"]  # PO9 is nobody's known order
    assert optioned("D17", date(2026, 2, 1), book, mode="per_order") == [
        ("2026-04-15", "not_triggered"), ("2026-02-28", "pending"), ("2026-02-28", "pending"),
    ]  # fmt: skip


def test_d17_two_deliveries_accepted_on_one_day_owe_one_survey_whatever_their_order() -> None:
    first, second = ACCEPTED | {"record_id": "a1"}, ACCEPTED | {"record_id": "a2", "order_no": "PO2"}
    for rows in ([first, second], [second, first]):
        found = evaluated("D17", "2026-02-01", {"sales_order": ORDERS, "acceptance": rows})
        assert list(found["record_id"]) == ["a1"]


@pytest.mark.parametrize(
    ("surveyed_on", "status", "late"),
    [
        ("2026-02-20", "overdue", 10),
        ("2026-02-21", "met", None),
        ("2026-03-07", "met", None),
        ("2026-03-08", "met_late", 8),
    ],
)
def test_d17_is_in_time_seven_days_before_and_after_its_day(surveyed_on: str, status: str, late: int | None) -> None:
    """Accepted on 31 January, due on 28 February; lateness is counted from the day that is shown."""
    survey = {"acceptance_id": "r1", "basis": "验收后1个月", "surveyed_on": surveyed_on, "q_overall": "5"}
    rows = evaluated("D17", "2026-03-10", {"acceptance": [ACCEPTED], "satisfaction_survey": [survey]})
    assert (list(rows["status"]), list(rows["late_calendar"])) == ([status], [late])


def test_d17_is_overdue_only_after_its_window_and_reaches_the_manager_a_working_day_after_that() -> None:
    """The window ends on Saturday 7 March; the working day after it is Monday the 9th."""
    expected = {
        "2026-03-07 23:59:59": ("due_soon", ""),
        "2026-03-08": ("overdue", "service_supervisor"),
        "2026-03-09 23:59:59": ("overdue", "service_supervisor"),
        "2026-03-10": ("overdue", "service_manager"),
    }
    for as_of, found in expected.items():
        rows = evaluated("D17", as_of, {"acceptance": [ACCEPTED]})
        assert (rows["status"][0], rows["escalated_to"][0]) == found


@pytest.mark.parametrize(
    ("line", "head", "status", "is_open"),
    [
        pytest.param({"fix_started_at": "2026-10-10 10:00:00"}, {}, "met", True, id="started in time"),
        pytest.param({"fix_started_at": "2026-10-10 10:00:01"}, {}, "met_late", True, id="started late"),
        pytest.param({"fix_started_at": "2026-10-10 10:00:00"}, {"result": "不通过"}, "met", True, id="failed again"),
        pytest.param({"fix_started_at": "2026-10-10 10:00:00"}, {"result": "通过", "accepted_on": "2026-10-15"}, "met",
                     False, id="passed"),
        pytest.param({"fix_started_at": "2026-10-10 10:00:00"}, {"result": "通过", "accepted_on": "2026-10-21"}, "met",
                     True, id="passes tomorrow"),
        pytest.param({"fix_started_at": "2026-10-10 10:00:00"}, {"result": "通过"}, "met", False,
                     id="passed at an unknown time"),
        pytest.param({}, {}, "overdue", True, id="not started"),
        pytest.param({"fixed_at": "2026-10-12 10:00:00"}, {}, "not_measurable", True, id="fixed, started when unknown"),
        pytest.param({}, {"result": "通过", "accepted_on": "2026-10-15"}, "not_measurable", True,
                     id="passed, started when unknown"),
    ],
)  # fmt: skip
def test_d11_the_start_is_judged_and_the_matter_stays_open_until_the_acceptance_passes(
    line: Row, head: Row, status: str, is_open: bool
) -> None:
    failed = {"record_id": "a1", "line_no": "1", "failed_at": "2026-10-09 10:00:00", **line}
    book = {"acceptance": [{"record_id": "a1", "order_no": "PO1", **head}], "acceptance.lines": [failed]}
    rows = evaluated("D11", "2026-10-20", book)
    assert (due_texts(rows), rows["status"][0], rows["is_open"][0]) == (["2026-10-10 10:00"], status, is_open)


@pytest.mark.parametrize(
    ("plan", "improved_on", "status", "is_open"),
    [
        ("", "", "overdue", True),
        ("每周回访", "", "met", True),
        ("每周回访", "2026-10-30", "met", False),
        ("", "2026-10-12", "met", False),
        ("", "2026-10-13", "met_late", False),
    ],
    ids=["nothing", "a plan", "improved", "improved in time without a plan", "improved late without a plan"],
)
def test_d20_the_plan_is_judged_and_the_matter_stays_open_until_the_improvement(
    plan: str, improved_on: str, status: str, is_open: bool
) -> None:
    """Surveyed on Tuesday 29 September; working days 1 to 5 are 30 September, 8, 9, 10 and 12 October."""
    survey = {"surveyed_on": "2026-09-29", "q_overall": "3", "improve_plan": plan, "improved_on": improved_on}
    rows = evaluated("D20", "2026-11-02", {"satisfaction_survey": [survey]})
    assert (due_texts(rows), rows["status"][0], rows["is_open"][0]) == (["2026-10-12"], status, is_open)


CUSTOMERS = {"customer_info": [{"customer_id": "C1", "owner_id": "S1"}]}
PHONED = {"customer_id": "C1", "channel": "电话", "contacted_at": "2026-09-30 10:00:00", "is_decision_maker": "是"}


@pytest.mark.parametrize(
    ("deal", "active"),
    [
        ({"kind": "销售", "sold_on": "2025-10-01"}, True),
        ({"kind": "销售", "sold_on": "2025-09-30"}, False),
        ({"kind": "退款", "sold_on": "2026-09-01"}, False),
    ],
    ids=["twelve months", "a day more", "a refund"],
)
def test_d21_only_a_sale_or_order_of_the_last_twelve_months_makes_a_customer_active(deal: Row, active: bool) -> None:
    rows = evaluated("D21", "2026-10-05", CUSTOMERS | {"deal": [{"customer_id": "C1", **deal}]})
    assert ("2026-Q3" in list(rows["occurrence"])) is active


def test_d21_a_cancelled_order_makes_nobody_active() -> None:
    for cancelled, owed in (("", 1), ("2026-08-02", 0)):
        order = {"order_no": "PO1", "customer_id": "C1", "confirmed_on": "2026-08-01", "cancelled_on": cancelled}
        rows = evaluated("D21", "2026-09-20", CUSTOMERS | {"sales_order": [order]})
        assert len(rows[rows["occurrence"] == "2026-Q3"]) == owed


def test_what_is_only_planned_for_next_week_is_no_contact() -> None:
    sold = {"customer_id": "C1", "kind": "销售", "sold_on": "2026-08-10"}
    visit = {
        "customer_id": "C1",
        "mode": "当面",
        "visited_at": "2026-09-28 09:00:00",
        "ended_at": "2026-09-28 10:00:00",
    }
    follow = {"customer_info": [{"customer_id": "C1", "next_follow_on": "2026-09-30"}]}
    for kind, status in (("本周总结", "met"), ("", "met"), ("下周计划", "overdue")):
        log = {"contact_log": [PHONED | {"kind": kind, "purpose": "节日祝福"}]}
        rows = evaluated("D21", "2026-10-05", CUSTOMERS | {"deal": [sold]} | log)
        assert list(rows[rows["occurrence"] == "2026-Q3"]["status"]) == [status]
        assert statuses("D26", "2026-10-05", follow | log) == [status]
        assert statuses("D28", "2026-10-10", {"visit_record": [visit]} | log) == [status]
        rows = evaluated("D22", "2026-10-05", CUSTOMERS | log)
        assert list(rows[rows["occurrence"] == "国庆 2026"]["status"]) == [status]


@pytest.mark.parametrize(
    ("greeted_at", "status"),
    [
        ("2026-09-21 23:59:59", "overdue"),
        ("2026-09-22 00:00:00", "met"),
        ("2026-09-25 23:59:59", "met"),
        ("2026-09-26 00:00:00", "met_late"),
        ("2026-09-28 23:59:59", "met_late"),
        ("2026-09-29 00:00:00", "overdue"),
    ],
)
def test_d22_every_customer_is_greeted_around_the_day_itself(greeted_at: str, status: str) -> None:
    greeting = {"customer_id": "C1", "purpose": "节日祝福", "contacted_at": greeted_at}
    rows = evaluated("D22", "2026-09-30", CUSTOMERS | {"contact_log": [greeting]})
    assert list(rows[rows["occurrence"] == "中秋 2026"]["status"]) == [status]


@pytest.mark.parametrize(
    ("met_on", "festivals"), [("2026-09-24", ["中秋 2026", "国庆 2026"]), ("2026-09-25", ["国庆 2026"])]
)
def test_d22_a_festival_before_the_first_contact_asks_for_nothing(met_on: str, festivals: list[str]) -> None:
    customers = {"customer_info": [{"customer_id": "C1", "first_contact_on": met_on}]}
    assert sorted(evaluated("D22", "2026-09-30", customers)["occurrence"]) == festivals


def test_d22_names_five_festivals() -> None:
    found = {
        name.split(" ")[0]
        for month in range(1, 13)
        for name in evaluated("D22", f"2026-{month:02}-15", CUSTOMERS)["occurrence"]
    }
    assert found == {"春节", "端午", "中秋", "国庆", "元旦"}


@pytest.mark.parametrize(
    ("rule", "book", "options", "due"),
    [
        pytest.param("D01", {"first_contact": [{"ended_at": "2026-09-30 17:00:00"}]},
                     {"due__clock": "wday", "due__unit": "day", "due__amount": "1"}, "2026-10-08", id="D01 +1 wday"),
        pytest.param("D03", {"solution_feedback": [{"feedback_at": "2026-09-30 20:10:00"}]},
                     {"due__clock": "wday", "due__unit": "day", "due__amount": "2"}, "2026-10-09", id="D03 2 wday"),
        pytest.param("D05", {"contract": [{"signed_on": "2026-09-29"}]}, {"due__day_end": "close_of_business"},
                     "2026-10-09 18:00", id="D05 at closing time"),
        pytest.param("D16", {"after_sales": [{"resolved_at": "2026-09-29 10:00:00"}]}, {"due__clock": "wday"},
                     "2026-10-09", id="D16 3 wday"),
        pytest.param("D16", {"after_sales": [{"resolved_at": "2026-09-29 10:00:00"}]}, {"due__roll": "next_workday"},
                     "2026-10-08", id="D16 rolled"),
    ],
)  # fmt: skip
def test_the_options_the_catalogue_names_change_the_due_moment(
    rule: str, book: Book, options: Mapping[str, str], due: str
) -> None:
    assert [found[0] for found in optioned(rule, date(2026, 9, 30), book, **options)] == [due]


def test_a_contract_binds_from_the_day_it_is_in_force_and_warns_by_its_own_time() -> None:
    """Reported at 10:00: before 12 October the pack's 48 hours count, from then on the six hours promised."""
    contract = {"customer_id": "C1", "sla_terms": "6小时解决", "effective_on": "2026-10-12"}
    for reported, due in (("2026-10-11", "2026-10-13 10:00"), ("2026-10-12", "2026-10-12 16:00")):
        issue = {"customer_id": "C1", "severity": "复杂", "reported_at": f"{reported} 10:00:00"}
        rows = evaluated("D14", "2026-10-12 13:59:59", {"contract": [contract], "after_sales": [issue]})
        assert (due_texts(rows), list(rows["status"])) == ([due], ["pending"])
    rows = evaluated("D14", "2026-10-12 14:00:00", {"contract": [contract], "after_sales": [issue]})
    assert list(rows["status"]) == ["due_soon"]


@pytest.mark.parametrize(
    ("rule", "due"), [("D13", "2026-10-12 10:30"), ("D14", "2026-10-13 10:00"), ("D15", "2026-10-12 14:00")]
)
def test_each_promise_of_a_contract_changes_its_own_rule(rule: str, due: str) -> None:
    contract = {"customer_id": "C1", "sla_terms": "30分钟内响应，4小时上门，24小时解决", "effective_on": "2026-01-01"}
    severity = "紧急" if rule == "D15" else "复杂"
    issue = {"customer_id": "C1", "issue_type": "故障", "severity": severity, "reported_at": "2026-10-12 10:00:00"}
    assert due_texts(evaluated(rule, "2026-10-12", {"contract": [contract], "after_sales": [issue]})) == [due]
