"""How long before the due moment rules D31 to D78 warn, and how their days move on rest days.

An obligation is due soon from the warning on: a day before for rules in days, two for ends of periods, a week for
months, or what the rule says. 2026: 1-7 October and 16-20 February are holidays, 10 October is worked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from reports.deadline_report import deadlines
from tests.reports.books import asked, deal, person, quota
from tests.reports.books import book as of_seller
from tests.reports.rule_samples import Row, due_texts, evaluated

Book = Mapping[str, Sequence[Row]]

STAFF = {"staff_id": "S1", "employment": "全职", "staff_state": "正式", "joined_on": "2025-01-01"}
SALE = {"deal_no": "1", "customer_id": "C1", "seller_id": "S1", "kind": "销售", "amount": "100.00"}
CONSULTANT: Book = {"staff": [STAFF | {"role": "销售顾问"}]}
VISIT = {"customer_id": "C1", "created_by": "S1 张三", "mode": "当面", "visited_at": "2026-11-06 15:00:00",
         "ended_at": "2026-11-06 16:00:00"}  # fmt: skip
CUSTOMER = {"customer_id": "C1", "owner_id": "S1", "first_contact_on": "2026-01-05", "region": "本市"}
OPENED = {"dropped_on": "2026-11-09", "opened_on": "2026-11-20", "decision": "采用"}
WARNED: list[tuple[str, Book, str, int]] = [
    ("D31", CONSULTANT, "2026-11-30", 2),
    ("D32", CONSULTANT, "2026-11-13", 2),
    ("D33", {"analysis_task": [{"size": "大型", "assigned_at": "2026-11-06 10:00:00"}]}, "2026-11-11", 1),
    ("D35", {"deal": [SALE | {"paid_on": "2026-08-10"}]}, "2026-11-10", 14),
    ("D36", {"staff": [STAFF | {"employment": "兼职"}], "deal": [SALE | {"sold_on": "2026-07-20"}]}, "2026-10-31", 14),
    ("D42", {"deal": [SALE | {"paid_on": "2026-10-10"}]}, "2026-11-13", 2),
    ("D43", {"visit_record": [VISIT | {"next_visit_on": "2026-11-20"}]}, "2026-11-20", 1),
    ("D45", CONSULTANT, "2026-10-20", 1),
    ("D47", {"customer_dossier": [{"customer_id": "C1", "birth_date": "1980-11-20"}]}, "2026-11-20", 7),
    ("D48", {"suggestion": [OPENED | {"opened_on": ""}]}, "2026-11-20", 2),
    ("D49", {"suggestion": [OPENED]}, "2026-11-30", 2),
    ("D57", {"urgent_report": [{"found_at": "2026-11-09 09:00:00"}]}, "2026-11-09 14:30", 0),
    ("D62", {"new_customer_recognition": [{"customer_code": "C1", "pay_term_days": "30"}],
             "order_register": [{"reg_no": "1", "customer_id": "C1", "shipped_on": "2026-10-10"}]}, "2026-11-09", 7),
    ("D63", {}, "2026-12-31", 14),
    ("D69", {"customer_info": [CUSTOMER]}, "2026-11-30", 2),
    ("D76", CONSULTANT, "2026-12-31", 14),
    ("D78", {"blank_region": [{"area_name": "雅安", "protected_until": "2026-11-20"}]}, "2026-11-20", 14),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "book", "due", "days"), WARNED, ids=[each[0] for each in WARNED])
def test_the_owner_is_warned_before_it_is_due(rule: str, book: Book, due: str, days: int) -> None:
    """One in hours warns for its last third: 80 of D57's 240 minutes."""
    due_at = datetime.fromisoformat(due if " " in due else f"{due} 23:59:59")
    warned_at = due_at - (timedelta(days=days) if days else timedelta(minutes=80))
    statuses = []
    for moment in (warned_at - timedelta(seconds=1), warned_at):
        rows = evaluated(rule, f"{moment:%Y-%m-%d %H:%M:%S}", book)
        mine = rows[[text == due for text in due_texts(rows)]]
        statuses += list(mine["status"])
    assert statuses == ["pending", "due_soon"]


def week(rule: str, book: Book, as_of: str, name: str) -> list[str]:
    rows = evaluated(rule, as_of, book)
    return due_texts(rows[rows["occurrence"] == name])


@pytest.mark.parametrize(
    ("as_of", "name", "due"),
    [
        pytest.param("2026-09-28", "2026-W40", ["2026-09-30"], id="Thursday and Friday off"),
        pytest.param("2026-10-05", "2026-W41", ["2026-10-09"], id="the worked Saturday is later than Friday"),
        pytest.param("2026-02-16", "2026-W08", [], id="a week of holidays"),
    ],
)
def test_d32_the_weeks_papers_are_due_on_its_last_working_day_up_to_friday(
    as_of: str, name: str, due: list[str]
) -> None:
    assert week("D32", CONSULTANT, as_of, name) == due


@pytest.mark.parametrize(
    ("rule", "as_of", "due"),
    [
        pytest.param("D31", "2026-10-05", "2026-10-30", id="D31 on Friday when the month ends on Saturday"),
        pytest.param("D31", "2026-02-05", "2026-02-28", id="D31 on a worked Saturday"),
        pytest.param("D76", "2027-01-05", "2027-12-31", id="D76 on the year's last day"),
    ],
)
def test_papers_that_must_precede_a_date_move_to_the_working_day_before(rule: str, as_of: str, due: str) -> None:
    assert due_texts(evaluated(rule, as_of, CONSULTANT))[-1] == due


@pytest.mark.parametrize(
    ("month", "due"), [("2026-10", "2026-11-06"), ("2026-09", "2026-10-13"), ("2026-01", "2026-02-06")]
)
def test_d56_the_report_on_rounds_is_due_on_the_fifth_working_day(month: str, due: str) -> None:
    """In October 8, 9, 10, 12 and 13 are the first five working days; 13 October is the fifth."""
    book = {"staff": [STAFF | {"role": "客服主管"}]}
    assert week("D56", book, f"{month}-28", month) == [due]


def advised(amounts: Mapping[str, str], state: str) -> list[tuple[object, object, object]]:
    """Alerts of D38 to D40 on 1 November about a seller with a quota of 20,000 a month and these monthly sales."""
    deals = [deal(month, amount, on=f"{month}-10") for month, amount in amounts.items()]
    quotas = [quota("20000", month=f"2026-{month:02}") for month in range(6, 11)]
    question = asked(of_seller(*deals, people=[person(state=state)], quotas=quotas), as_of=date(2026, 11, 1))
    values = [line.values for line in deadlines(replace(question, month="")).lines]
    return [
        (one["rule"], str(one["due_at"])[:10], one["status"]) for one in values if one["rule"] in ("D38", "D39", "D40")
    ]


MISSED = {"2026-08": "12000", "2026-09": "12000", "2026-10": "12000"}


@pytest.mark.parametrize(
    ("amounts", "state", "expected"),
    [
        pytest.param(MISSED, "正式", ["D39"], id="D39 confirmed, three months below quota"),
        pytest.param(MISSED | {"2026-09": "20000"}, "正式", [], id="D39 the quota reached in between"),
        pytest.param({"2026-07": "12000", "2026-08": "20000", "2026-09": "20000", "2026-10": "9999.99"}, "正式",
                     ["D40"], id="D40 one month below ten thousand"),
        pytest.param({"2026-07": "12000", "2026-08": "20000", "2026-09": "20000", "2026-10": "10000"}, "正式", [],
                     id="D40 ten thousand exactly"),
        pytest.param({"2026-08": "9999", "2026-09": "9999", "2026-10": "9999"}, "试用", ["D38"],
                     id="D38 on probation, three months below half the quota"),
        pytest.param({"2026-08": "9999", "2026-09": "9999", "2026-10": "10000"}, "试用", [],
                     id="D38 half the quota reached in the last month"),
    ],
)  # fmt: skip
def test_d38_d39_d40_call_out_the_month_that_ended_the_day_after(
    amounts: dict[str, str], state: str, expected: list[str]
) -> None:
    assert advised(amounts, state) == [(rule, "2026-10-31", "overdue") for rule in expected]


@pytest.mark.parametrize(
    ("rule", "role"), [("D45", "销售顾问"), ("D45", "内勤"), ("D56", "客服主管"), ("D31", "销售专员")]
)
def test_who_leaves_before_it_falls_due_owes_it_no_more(rule: str, role: str) -> None:
    stays, left = STAFF | {"role": role}, STAFF | {"role": role, "left_on": "2026-07-01"}
    due = due_texts(evaluated(rule, "2026-11-20", {"staff": [stays]}))
    assert len(due) >= 2
    assert [day for day in due_texts(evaluated(rule, "2026-11-20", {"staff": [left]})) if day >= "2026-07-01"] == []


@pytest.mark.parametrize(("greeted", "status"), [("2026-11-13", "met"), ("2026-11-12", "overdue")])
def test_d47_a_contact_counts_as_a_greeting_from_a_week_before(greeted: str, status: str) -> None:
    book = {
        "customer_dossier": [{"customer_id": "C1", "birth_date": "1980-11-20"}],
        "contact_log": [{"customer_id": "C1", "contacted_at": f"{greeted} 00:00:00"}],
    }
    assert list(evaluated("D47", "2026-11-21", book)["status"]) == [status]


def test_d77_a_department_meeting_has_no_form_and_is_marked_as_held() -> None:
    held = {"rule_id": "D77", "template": "company", "subject": "company", "occurrence": "2026-10", "action": "完成"}
    for acked_at, status in (("2026-10-31 17:00:00", "met"), ("2026-11-02 09:00:00", "met_late")):
        rows = evaluated("D77", "2026-11-20", {"rule_ack": [held | {"acked_at": acked_at}]})
        assert list(zip(due_texts(rows), rows["status"], strict=True)) == [
            ("2026-10-31", status), ("2026-11-30", "pending"),
        ]  # fmt: skip
