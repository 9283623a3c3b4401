"""The sample story: a year of a small company that keeps every rule, whatever day it is told on."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.calendar import WorkingCalendar
from services.sample_story.book import SampleEdit, SampleRecord
from services.sample_story.story import tell_story

ZONE = ZoneInfo("Asia/Shanghai")
RECEIPT = f"{'a' * 64} 发票.pdf"
DAYS = {
    "an ordinary Sunday": datetime(2026, 11, 22, 10, 0, tzinfo=ZONE),
    "29 February": datetime(2024, 2, 29, 15, 0, tzinfo=ZONE),
    "New Year's Day, just after midnight": datetime(2026, 1, 1, 0, 5, tzinfo=ZONE),
    "Chinese New Year": datetime(2026, 2, 17, 9, 0, tzinfo=ZONE),
    "the day after the October holidays": datetime(2025, 10, 9, 8, 30, tzinfo=ZONE),
    "a year without an official calendar": datetime(2027, 7, 31, 18, 0, tzinfo=ZONE),
}
EVERY_DAY = pytest.mark.parametrize("now", DAYS.values(), ids=DAYS)


def told(now: datetime) -> list[SampleRecord | SampleEdit]:
    return list(tell_story(now, WorkingCalendar(), receipt=RECEIPT))


def records(now: datetime, template: str) -> list[SampleRecord]:
    return [one for one in told(now) if isinstance(one, SampleRecord) and one.template == template]


def test_the_same_moment_tells_the_same_story() -> None:
    now = DAYS["an ordinary Sunday"]
    assert told(now) == told(now)


@EVERY_DAY
def test_nothing_happens_after_the_moment_of_set_up(now) -> None:
    assert max(one.at for one in told(now)) <= now


@EVERY_DAY
def test_people_work_on_working_days(now) -> None:
    calendar = WorkingCalendar()
    holidays = [one for one in told(now) if not calendar.is_workday(one.at.date())]
    assert {one.template for one in holidays} <= {"contact_log", "after_sales", "visit_record"}
    assert len(holidays) < len(told(now)) * 0.08


@EVERY_DAY
def test_a_small_company_of_twenty_people_and_sixty_customers_with_a_years_business(now) -> None:
    count = Counter(one.template for one in told(now) if isinstance(one, SampleRecord))
    assert (count["staff"], count["customer_info"]) == (20, 60)
    assert 150 < count["deal"] < 320
    assert all(count[form] >= 5 for form in ("contract", "sales_order", "order_progress", "after_sales", "acceptance"))
    assert all(count[form] >= 3 for form in ("gift_request", "reception_request", "expense_claim", "quota"))


@EVERY_DAY
def test_no_two_orders_are_placed_on_one_day(now) -> None:
    days = [one.at.date() for one in records(now, "sales_order")]
    assert len(set(days)) == len(days)


@EVERY_DAY
def test_gifts_stay_small_and_never_go_to_officials(now) -> None:
    for one in records(now, "gift_request"):
        assert one.values["receiver_official"] == "否"
        assert sum(int(row["qty"]) * float(row["unit_value"]) for row in one.lines["lines"]) <= 500


@EVERY_DAY
def test_every_number_to_call_is_made_up(now) -> None:
    phones = [str(one.values["contact_phone"]) for one in records(now, "customer_info")]
    assert len(set(phones)) == 60
    assert all(phone.startswith("1380000") for phone in phones)


def test_the_handbooks_example_rows_are_told() -> None:
    now = DAYS["an ordinary Sunday"]
    first = next(one for one in records(now, "customer_info") if one.values["customer_name"] == "明达科技有限公司")
    assert (first.values["industry"], first.values["staff_count"], first.values["annual_revenue"]) == (
        "制造业", "500", "1亿",
    )  # fmt: skip
    assert first.values["need_tags"] == ("生产效率提升", "成本控制")
    needs = {one.values["need_no"]: one.values["description"] for one in records(now, "need_confirmation")}
    assert (needs["DEMO001"], needs["DEMO002"]) == ("降低生产线能耗30%", "提供操作培训，员工掌握率100%")
    problems = {one.values["problem"]: one.values["result"] for one in records(now, "after_sales")}
    assert (problems["系统无法登录"], problems["如何导出报表数据"]) == ("恢复正常", "掌握操作")
    assert {one.values["item"] for one in records(now, "order_progress")} == {"智能制造系统", "培训服务"}


def test_a_follow_up_inside_a_sentence_reads_as_month_and_day() -> None:
    now = DAYS["an ordinary Sunday"]
    edits = [one for one in told(now) if isinstance(one, SampleEdit) and one.template == "customer_info"]
    example = next(one for one in edits if "讨论方案细节" in str(one.values["follow_up"]))
    day = date.fromisoformat(str(example.values["next_follow_on"]))
    assert example.values["follow_up"] == f"计划{day.month}月{day.day}日拜访，讨论方案细节"
