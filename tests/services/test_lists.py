"""What a list shows, as one value: from the URL and back, as far as the person may ask."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.labels import Labels
from schemas.record import Actor
from schemas.template import Template
from services.list_filters import Filter
from services.lists import ListFields, ListState
from sheets_adapter.contract import Test as Compare

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LABELS = Labels({"zh": {}, "en": {}})
CUSTOMERS = Template.model_validate(
    {
        "key": "customers",
        "version": 1,
        "label": {"zh": "客户", "en": "Customers"},
        "fields": [
            {"key": "name", "type": "text", "label": {"zh": "名称", "en": "Name"}},
            {"key": "phone", "type": "phone", "label": {"zh": "电话", "en": "Phone"}, "pii": True},
            {"key": "cost", "type": "money", "label": {"zh": "成本", "en": "Cost"}, "read_roles": ["finance"]},
            {"key": "due", "type": "date", "label": {"zh": "到期", "en": "Due"}},
        ],
        "list_view": {"columns": ["name", "phone", "cost"]},
        "permissions": {"read": {"sales_rep": "own", "service_rep": "all", "finance": "all"}},
    }
)
REP = Actor("a1", "S001", "张三", frozenset({"sales_rep"}))
SERVICE = Actor("a2", "S002", "李四", frozenset({"service_rep"}))
FINANCE = Actor("a3", "S003", "钱七", frozenset({"finance"}))


def fields(actor: Actor = FINANCE) -> ListFields:
    return ListFields.of(CUSTOMERS, actor, LABELS)


def test_the_whole_state_comes_back_from_the_url() -> None:
    state = ListState(
        tab="own", search="周大福 张", filters=(("due", Filter(preset="week")), ("cost", Filter(low="5.00"))),
        sort="-due", bin=True, columns=("name", "created_at"), view="v1", after="abc", place=3,
    )  # fmt: skip
    assert fields().state(state.params(), NOON) == state


def test_a_bare_url_is_the_whole_list() -> None:
    assert fields().state({"t": "customers"}, NOON) == ListState()


@pytest.mark.parametrize(
    "params",
    [{"tab": "everything"}, {"sort": "-nothing"}, {"page": "²"}, {"page": "-1"}, {"cols": "nothing"}, {"f.x": "1"}],
    ids=["tab", "sort", "no number", "negative page", "column", "field"],
)
def test_what_nobody_can_ask_for_is_ignored(params: dict[str, str]) -> None:
    assert fields().state(params, NOON) == ListState()


def test_a_hidden_column_is_neither_shown_nor_asked_for() -> None:
    asked = {"sort": "cost", "f.cost": "1..", "cols": "name,cost"}
    assert fields(REP).state(asked, NOON) == ListState(columns=("name",))
    assert fields(REP).default_columns() == ("name", "phone")
    assert fields(FINANCE).state(asked, NOON).sort == "cost"


def test_a_masked_column_is_not_ordered_by_and_only_asked_for_being_there() -> None:
    assert fields(SERVICE).state({"sort": "phone", "f.phone": "1391"}, NOON) == ListState()
    found = fields(SERVICE).state({"f.phone": "@empty"}, NOON)
    assert found.filters == (("phone", Filter(preset="empty")),)


def test_among_ones_own_records_personal_data_is_asked_for_freely() -> None:
    assert fields(REP).state({"sort": "phone", "f.phone": "1391"}, NOON).sort == "phone"
    assert fields(SERVICE).state({"tab": "own", "f.phone": "1391"}, NOON).filters == (("phone", Filter(text="1391")),)


def test_who_made_a_record_and_when_can_be_asked_for_in_every_form() -> None:
    state = fields().state({"f.created_at": "@today", "sort": "-updated_at", "cols": "created_by"}, NOON)
    query = state.query(fields().by_key, NOON)
    assert query.filters == (Compare("created_at", "ge", "2026-11-21"), Compare("created_at", "lt", "2026-11-22"))
    assert query.sort == (("updated_at", True),)


def test_a_saved_view_keeps_everything_but_the_page() -> None:
    state = ListState(search="张", sort="name", columns=("name",), view="v1", after="abc", place=2)
    assert state.kept() == {"q": "张", "sort": "name", "cols": "name"}


def test_a_filter_is_put_in_changed_and_taken_away_from_the_first_page() -> None:
    state = ListState(after="abc", place=2).filtered("due", Filter(preset="week")).filtered("name", Filter(text="张"))
    assert (state.filters, state.place) == ((("due", Filter(preset="week")), ("name", Filter(text="张"))), 1)
    changed = state.filtered("due", Filter(preset="month"))
    assert [key for key, _ in changed.filters] == ["due", "name"]
    assert changed.filtered("due", Filter()).filters == (("name", Filter(text="张")),)
