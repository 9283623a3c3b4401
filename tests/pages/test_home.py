"""The desk: the day, what is due, forms to fill in, drafts and what was sent."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.template import Label
from services.duties import Duty
from tests.pages.conftest import Clock, Portal, Visit, components, words

ZONE = ZoneInfo("Asia/Shanghai")


def due(when: str, days: int, record_id: str = "", owner: str = "") -> Duty:
    at = datetime(2026, 11, 21 - days, 23, 59, tzinfo=ZONE)
    label, why = Label(zh="交付逾期", en="Delivery"), Label(zh="按合同日期交付", en="Deliver on the day agreed")
    return Duty("D25", label, "orders", record_id, at, days, when, "C", owner, (), why, "手册 二(五)3")


@pytest.fixture
def owed(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> list[Duty]:
    """What the list of deadlines says, as the test fills it."""
    found: list[Duty] = []
    monkeypatch.setattr(portal.app.duties, "of", lambda actor: tuple(found))
    return found


def rows(at) -> list[list[str]]:
    tables = [table for table in components(at, "columns") if len(table["columns"]) == 4]
    return [[cell["text"] for cell in row["cells"]] for table in tables for row in table["rows"]]


@pytest.mark.parametrize(
    ("day", "word"),
    [
        (datetime(2026, 11, 20, 9, 0, tzinfo=ZONE), "工作日"),
        (datetime(2026, 11, 22, 9, 0, tzinfo=ZONE), "周末"),
        (datetime(2026, 10, 1, 9, 0, tzinfo=ZONE), "法定节假日"),
        (datetime(2026, 10, 10, 9, 0, tzinfo=ZONE), "调休上班"),
    ],
    ids=["Friday", "Sunday", "National Day", "a Saturday worked in exchange"],
)
def test_the_greeting_says_what_kind_of_day_it_is(portal: Portal, visit: Visit, clock: Clock, owed, day, word) -> None:
    clock.now = day
    at = visit("home", portal.token(portal.admin))
    assert word in words(at)


def test_what_is_late_comes_first_with_whom_it_concerns_how_late_and_the_rule(portal, visit, owed) -> None:
    order = portal.order(customer="云锦")
    owed += [due("late", 3, order.record_id, "S001"), due("week", -1)]
    at = visit("home", portal.token(portal.admin))
    assert list(at.get_by_key("home.when").options) == ["逾期 1", "今天到期 0", "本周 1"]
    assert ["交付逾期", "PO001", "逾期 3 天", "按合同日期交付"] in rows(at)
    table = next(one for one in components(at, "columns") if len(one["columns"]) == 4)
    assert table["rows"][0]["href"] == f"record?t=orders&id={order.record_id}"


def test_the_rest_of_the_week_is_a_click_away(portal: Portal, visit: Visit, owed) -> None:
    owed += [due("late", 3), due("week", -1)]
    at = visit("home", portal.token(portal.admin))
    at.get_by_key("home.when").set_value("week").run()
    assert [row[2] for row in rows(at)] == ["11-22"]


def test_nothing_to_do_is_a_friendly_sentence(portal: Portal, visit: Visit, owed) -> None:
    assert "没有逾期" in words(visit("home", portal.token(portal.admin)))


def test_while_the_list_is_worked_out_the_rest_of_the_desk_is_there(portal: Portal, visit: Visit, monkeypatch) -> None:
    monkeypatch.setattr(portal.app.duties, "of", lambda actor: None)
    at = visit("home", portal.token(portal.admin))
    assert "正在核对期限" in words(at)
    assert "快捷填写" in words(at)


def test_a_record_he_may_not_see_is_not_named_on_his_desk(portal: Portal, visit: Visit, owed) -> None:
    order = portal.order(customer="云锦")
    owed.append(due("late", 3, order.record_id))
    other = portal.account("wang", "王强", "sales_rep")
    at = visit("home", portal.token(other))
    assert "PO001" not in str(rows(at))


def test_samples_are_announced_on_every_screen_and_only_administrators_may_remove_them(portal, visit, owed) -> None:
    portal.app.samples.want()
    portal.app.samples.load_wanted()
    at = visit("records", portal.token(portal.admin), t="staff")
    assert "示例数据" in words(at)
    assert [one.key for one in at.button if one.key == "samples"] == ["samples"]
    other = portal.account("wang", "王强", "hr")
    at = visit("records", portal.token(other), t="staff")
    assert "示例数据" in words(at)
    assert not [one.key for one in at.button if one.key == "samples"]


def test_without_samples_nothing_is_said_of_them(portal: Portal, visit: Visit, owed) -> None:
    assert "示例数据" not in words(visit("home", portal.token(portal.admin)))
