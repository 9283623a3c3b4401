"""Filters of a list: how each type of field is filtered, what stands in the URL, what the store is asked."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.template import Choice, Field, Label
from services.list_filters import Filter, days_of, kind_of, read, store_tests, understood, written
from sheets_adapter.contract import Test as Compare

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SATURDAY = NOON.date()


def field(kind: str, **options: object) -> Field:
    label = Label(zh="甲", en="A")
    return Field(key="a", type=kind, label=label, **options)  # type: ignore[arg-type]


TOWNS = field("choice", choices=(Choice(value="上海", en="Shanghai"), Choice(value="a|b", en="ab")))
TAGS = field("multi_choice", choices=(Choice(value="红", en="Red"), Choice(value="金", en="Gold")))


@pytest.mark.parametrize(
    ("asked", "text", "all_of", "any_of"),
    [
        (TOWNS, "上海", [Compare("a", "in", values=("上海",))], []),
        (TOWNS, r"上海|a\|b", [Compare("a", "in", values=("上海", "a|b"))], []),
        (TOWNS, "上海|火星", [Compare("a", "in", values=("上海",))], []),
        (TAGS, "红|金", [], [(Compare("a", "has", "红"), Compare("a", "has", "金"))]),
        (field("bool"), "是", [Compare("a", "in", values=("是",))], []),
        (field("reference", to="b"), "C0001|C0002", [Compare("a", "in", values=("C0001", "C0002"))], []),
        (field("date"), "2026-01-01..2026-01-31",
         [Compare("a", "ge", "2026-01-01"), Compare("a", "le", "2026-01-31")], []),
        (field("date"), "2026.1.1..", [Compare("a", "ge", "2026-01-01")], []),
        (field("date"), "@today", [Compare("a", "ge", "2026-11-21"), Compare("a", "le", "2026-11-21")], []),
        (field("date"), "@week", [Compare("a", "ge", "2026-11-16"), Compare("a", "le", "2026-11-22")], []),
        (field("datetime"), "..2026-01-31", [Compare("a", "lt", "2026-02-01")], []),
        (field("datetime"), "@last_month", [Compare("a", "ge", "2026-10-01"), Compare("a", "lt", "2026-11-01")], []),
        (field("month"), "2026-01..2026-03", [Compare("a", "ge", "2026-01"), Compare("a", "le", "2026-03")], []),
        (field("year"), "2025..2026", [Compare("a", "ge", "2025"), Compare("a", "le", "2026")], []),
        (field("money"), "1万..", [Compare("a", "ge", "10000.00")], []),
        (field("integer", min="10"), "3..5", [Compare("a", "ge", "3"), Compare("a", "le", "5")], []),
        (field("percent"), "..15%", [Compare("a", "le", "0.15")], []),
        (field("computed", compute="1", result="money"), "5..", [Compare("a", "ge", "5.00")], []),
        (field("computed", compute="1"), "0.5..", [Compare("a", "ge", "0.5")], []),
        (field("text"), "周大福", [Compare("a", "contains", "周大福")], []),
        (field("text"), "@@home", [Compare("a", "contains", "@home")], []),
        (field("phone"), "1391", [Compare("a", "contains", "1391")], []),
        (field("attachment"), "@filled", [Compare("a", "not_empty")], []),
        (field("money"), "@empty", [Compare("a", "empty")], []),
    ],
    ids=["one choice", "several, one with a bar", "an unknown choice is left out", "some of several", "yes", "records",
         "days", "from a day, forgivingly read", "today", "this week begins on Monday", "moments until a day",
         "last month", "months", "years", "money in 万", "limits of the field do not count", "percent",
         "computed money", "computed decimal", "text", "text that begins with @", "part of a number", "has a file",
         "nothing"],
)  # fmt: skip
def test_each_type_of_field_is_asked_in_its_own_way(
    asked: Field, text: str, all_of: list[Compare], any_of: list[tuple[Compare, ...]]
) -> None:
    found_all, found_any = store_tests(asked, read(asked, text, NOON), SATURDAY)
    assert (list(found_all), list(found_any)) == (all_of, any_of)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (TOWNS, "火星"),
        (TOWNS, "@today"),
        (field("date"), "gestern..morgen"),
        (field("date"), "@soon"),
        (field("money"), "viel"),
        (field("attachment"), "vertrag.pdf"),
        (field("text"), " "),
    ],
    ids=[
        "no such choice",
        "a choice has no today",
        "no dates",
        "no such word",
        "no number",
        "no text in files",
        "blank",
    ],
)
def test_what_nobody_can_ask_for_asks_nothing(asked: Field, text: str) -> None:
    assert not read(asked, text, NOON)


def test_what_one_sees_masked_is_only_asked_for_being_there() -> None:
    phone = field("phone")
    assert kind_of(phone, masked=True) == "presence"
    assert not read(phone, "1391", NOON, masked=True)
    assert read(phone, "@filled", NOON, masked=True) == Filter(preset="filled")


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        ("week", date(2026, 11, 16), (date(2026, 11, 16), date(2026, 11, 22))),
        ("week", date(2026, 11, 22), (date(2026, 11, 16), date(2026, 11, 22))),
        ("month", date(2026, 12, 31), (date(2026, 12, 1), date(2026, 12, 31))),
        ("month", date(2028, 2, 1), (date(2028, 2, 1), date(2028, 2, 29))),
        ("last_month", date(2027, 1, 31), (date(2026, 12, 1), date(2026, 12, 31))),
        ("last_month", date(2026, 3, 30), (date(2026, 2, 1), date(2026, 2, 28))),
    ],
    ids=["a Monday", "a Sunday", "December", "a leap February", "over the year", "a short month"],
)
def test_periods_are_calendar_weeks_and_months(period: str, today: date, expected: tuple[date, date]) -> None:
    assert days_of(period, today) == expected


def test_a_period_keeps_its_word_and_moves_with_the_days() -> None:
    asked = read(field("date"), "@month", NOON)
    assert written(asked) == "@month"
    assert store_tests(field("date"), asked, date(2027, 2, 1))[0][0].value == "2027-02-01"


@given(st.text(max_size=30))
def test_a_text_filter_survives_the_url(text: str) -> None:
    asked = Filter(text=text.strip())
    assert read(field("text"), written(asked), NOON) == asked


@given(st.lists(st.text(min_size=1, max_size=8), max_size=4, unique=True))
@example(["\\", "|", "@"])
def test_chosen_records_survive_the_url(keys: list[str]) -> None:
    asked = Filter(values=tuple(keys))
    assert read(field("reference", to="b"), written(asked), NOON) == asked


def test_an_end_of_a_range_is_read_as_forgivingly_as_the_field() -> None:
    assert understood(field("money"), "1.2万", NOON) == "12000.00"
    assert understood(field("datetime"), "2026年7月9日", NOON) == "2026-07-09"
    assert understood(field("date"), "irgendwann", NOON) == ""
