"""The list as a place to work in: filters, columns, views, and doing something with many records at once."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from schemas.record import Record
from services.records import ListQuery
from tests.pages.conftest import Portal, Visit, components, go, words


def names(at: AppTest) -> list[str]:
    """The first cell of each row of the list."""
    return [row["cells"][0]["text"] for row in the_list(at)["rows"]]


def the_list(at: AppTest) -> dict[str, Any]:
    found = [data for data in components(at, "columns") if data["label"] in ("订单", "Orders")]
    return found[0] if found else {"rows": [], "columns": [], "choosing": None}


def heads(at: AppTest) -> list[str]:
    return [column["label"] for column in the_list(at)["columns"]]


def key(at: AppTest, name: str) -> str:
    """The key of a control: its round counts how often the controls began anew."""
    return f"list.orders.{at.session_state['portal.listing.orders.round']}.{name}"


def opened(at: AppTest, popover: str) -> AppTest:
    """Presses the button that opens filters, columns or views."""
    at.session_state[key(at, popover)] = True
    return at.run()


def param(at: AppTest, name: str) -> str:
    found = at.query_params.get(name, "")
    return found[0] if isinstance(found, list) else found


def choose(at: AppTest, *records: Record) -> AppTest:
    """Ticks records of a list nothing narrows, as the table in the browser would."""
    bin_ = param(at, "bin") == "1"
    of = "[('bin', '1')]" if bin_ else "[]"
    at.session_state["portal.listing.orders.chosen"] = {"of": of, "records": {r.record_id: r.etag for r in records}}
    return at.run()


def now(portal: Portal, record: Record) -> Record:
    found = portal.app.repository.get("orders", record.record_id, portal.actor(portal.admin))
    assert found is not None
    return found


@pytest.fixture
def three(portal: Portal) -> list[Record]:
    """甲: 个人, due in November, code A. 乙: 公司, due in December. 丙: nothing more."""
    return [
        portal.order(customer="甲", kind="个人", due_on="2026-11-20", code="A"),
        portal.order(customer="乙", kind="公司", tax_no="9131", due_on="2026-12-05", seller="S001"),
        portal.order(customer="丙"),
    ]


# --- filters -------------------------------------------------------------------------------------------------------


def test_several_answers_may_be_chosen_and_stand_in_the_url(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = opened(visit("records", portal.token(portal.admin), t="orders"), "filters")
    at.multiselect(key=key(at, "f.kind")).set_value(["个人", "公司"]).run()
    assert names(at) == ["乙", "甲"]
    assert param(at, "f.kind") == "个人|公司"
    at.multiselect(key=key(at, "f.kind")).set_value(["@empty"]).run()
    assert names(at) == ["丙"]


def test_any_other_column_can_be_filtered_by(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = opened(visit("records", portal.token(portal.admin), t="orders"), "filters")
    [more] = [box for box in at.selectbox if box.key.startswith(key(at, "more."))]
    more.set_value("due_on").run()
    at.text_input(key=key(at, "f.due_on.low.")).set_value("2026.12.1").run()
    assert names(at) == ["乙"]
    assert param(at, "f.due_on") == "2026-12-01.."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"f.due_on": "@month"}, ["甲"]),
        ({"f.due_on": "2026-11-01..2026-12-31"}, ["乙", "甲"]),
        ({"f.code": "A"}, ["甲"]),
        ({"f.code": "@empty"}, ["丙", "乙"]),
        ({"f.total": "0..1"}, ["丙", "乙", "甲"]),
        ({"f.seller": "S001", "q": "乙"}, ["乙"]),
        ({"f.created_at": "@last_month"}, []),
        ({"sort": "due_on"}, ["甲", "乙", "丙"]),
        ({"sort": "-customer"}, ["甲", "乙", "丙"]),
    ],
    ids=["this month", "from to", "a word", "empty", "an amount", "a person and a search", "made last month", "sorted",
         "sorted downwards"],
)  # fmt: skip
def test_a_link_shows_what_its_sender_saw(
    portal: Portal, visit: Visit, three: list[Record], query: dict[str, str], expected: list[str]
) -> None:
    at = visit("records", portal.token(portal.admin), t="orders", **query)
    assert names(at) == expected


def test_each_filter_is_a_chip_that_takes_it_away(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = visit("records", portal.token(portal.admin), t="orders", **{"f.kind": "个人|公司", "f.due_on": "@month"})
    assert [button.label.replace("\\", "") for button in at.button if "chip__" in (button.key or "")] == [
        "类型：个人、公司",
        "交期：本月",
    ]
    at.button(key="chip__due_on").click().run()
    assert (names(at), param(at, "f.due_on")) == (["乙", "甲"], "")
    at.button(key="chip__kind").click().run()
    assert names(at) == ["丙", "乙", "甲"]


def test_a_way_back_in_the_browser_takes_the_controls_along(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = visit("records", portal.token(portal.admin), t="orders")
    at.text_input(key=key(at, "q")).set_value("乙").run()
    assert names(at) == ["乙"]
    del at.query_params["q"]
    at.run()
    assert names(at) == ["丙", "乙", "甲"]
    assert at.text_input(key=key(at, "q")).value == ""


def test_what_cannot_be_understood_is_said_and_leaves_the_end_open(portal: Portal, visit: Visit, three) -> None:  # type: ignore[no-untyped-def]
    at = opened(visit("records", portal.token(portal.admin), t="orders", **{"f.due_on": "2026-01-01.."}), "filters")
    at.text_input(key=key(at, "f.due_on.high.")).set_value("irgendwann").run()
    assert "看不懂“irgendwann”" in words(at).replace("\\", "")
    assert names(at) == ["乙", "甲"]


# --- columns and views ---------------------------------------------------------------------------------------------


def test_columns_are_ones_own_and_kept(portal: Portal, visit: Visit, three: list[Record]) -> None:
    token = portal.token(portal.admin)
    at = opened(visit("records", token, t="orders"), "columns")
    at.multiselect(key=key(at, "cols")).set_value(["due_on", "customer", "created_by"]).run()
    assert heads(at) == ["交期", "客户", "创建人"]
    assert param(at, "cols") == "due_on,customer,created_by"
    assert heads(visit("records", token, t="orders")) == ["交期", "客户", "创建人"]
    finance = portal.account("finance", "钱七", "finance")
    assert heads(visit("records", portal.token(finance), t="orders"))[0] == "客户"


def test_a_view_is_saved_chosen_and_opens_the_list(portal: Portal, visit: Visit, three: list[Record]) -> None:
    token = portal.token(portal.admin)
    at = opened(visit("records", token, t="orders", **{"f.kind": "公司", "sort": "due_on"}), "views")
    at.text_input(key=key(at, "view_name.0")).set_value("公司客户").run()
    at.button(key="view_save").click().run()
    [view] = portal.app.views.of(portal.actor(portal.admin), "orders")
    assert (view.name, view.query, view.shared) == ("公司客户", {"f.kind": "公司", "sort": "due_on"}, False)
    assert param(at, "view") == view.view_id
    at = opened(go(at, "records", t="orders"), "views")
    assert names(at) == ["丙", "乙", "甲"]
    at.button(key=f"view__{view.view_id}").click().run()
    assert (names(at), param(at, "f.kind")) == (["乙"], "公司")
    opened(at, "views").button(key="view_default").click().run()
    at = visit("records", token, t="orders")
    assert (names(at), param(at, "view")) == (["乙"], view.view_id)
    at.button(key="chip__kind").click().run()
    assert names(at) == ["甲", "乙", "丙"]


def test_a_view_is_renamed_and_deleted_after_a_second_press(portal: Portal, visit: Visit, three: list[Record]) -> None:
    actor = portal.actor(portal.admin)
    view = portal.app.views.save(actor, "orders", "公司", {"f.kind": "公司"}, shared=True)
    at = opened(visit("records", portal.token(portal.admin), t="orders", view=view.view_id), "views")  # type: ignore[union-attr]
    at.text_input(key=key(at, f"rename.{view.view_id}")).set_value("企业").run()  # type: ignore[union-attr]
    at.button(key="view_rename").click().run()
    assert [one.name for one in portal.app.views.of(actor, "orders")] == ["企业"]
    opened(at, "views").button(key="view_delete").click().run()
    assert len(portal.app.views.of(actor, "orders")) == 1
    at.button(key="view_delete_confirm").click().run()
    assert portal.app.views.of(actor, "orders") == ()


def test_only_who_may_share_is_asked(portal: Portal, visit: Visit, three: list[Record]) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    at = opened(visit("records", portal.token(seller), t="orders"), "views")
    assert not [box for box in at.checkbox if "view_shared" in (box.key or "")]
    at = opened(visit("records", portal.token(portal.admin), t="orders"), "views")
    assert [box for box in at.checkbox if "view_shared" in (box.key or "")]


# --- many records --------------------------------------------------------------------------------------------------


def test_chosen_records_are_changed_after_a_look_and_the_change_taken_back(
    portal: Portal, visit: Visit, three: list[Record]
) -> None:
    at = choose(visit("records", portal.token(portal.admin), t="orders"), *three)
    assert "已选 3 条" in words(at)
    at.button(key="bulk_edit").click().run()
    panel = at.session_state["portal.listing.orders.panel"]["key"]
    at.multiselect(key=f"bulk_fields.{panel}").set_value(["kind"]).run()
    at.get_by_key(f"bulk.{panel}.kind").set_value("个人").run()
    at.button(key="bulk_preview").click().run()
    assert "将修改 2 条、1 条已经是这样，不用改" in words(at)
    [examples] = [data for data in components(at, "columns") if data["label"] == "修改示例"]
    assert [cell["text"] for cell in examples["rows"][0]["cells"]] == ["PO002", "公司 → 个人"]
    assert now(portal, three[1]).values["kind"] == "公司"
    assert at.button(key="bulk_confirm").label == "确认修改 2 条"
    at.button(key="bulk_confirm").click().run()
    assert [now(portal, one).values["kind"] for one in three] == ["个人", "个人", "个人"]
    assert "已修改 2 条记录" in words(at)
    at.button(key="bulk_undo").click().run()
    assert [now(portal, one).values.get("kind") for one in three] == ["个人", "公司", None]
    assert "已撤销，2 条记录回到原样" in words(at)


def test_records_that_cannot_be_changed_are_named_with_the_reason(
    portal: Portal, visit: Visit, three: list[Record]
) -> None:
    """A company needs its tax number: 甲 and 丙 have none."""
    at = choose(visit("records", portal.token(portal.admin), t="orders"), *three)
    at.button(key="bulk_edit").click().run()
    panel = at.session_state["portal.listing.orders.panel"]["key"]
    at.multiselect(key=f"bulk_fields.{panel}").set_value(["kind"]).run()
    at.get_by_key(f"bulk.{panel}.kind").set_value("公司").run()
    at.button(key="bulk_preview").click().run()
    assert "将修改 0 条、1 条已经是这样，不用改、2 条不能改" in words(at)
    [refused] = [data for data in components(at, "columns") if data["label"] == "没有处理的记录"]
    assert [row["cells"][0]["text"] for row in refused["rows"]] == ["PO001", "PO003"]
    assert "税号" in refused["rows"][0]["cells"][1]["text"]
    assert "bulk_confirm" not in [button.key for button in at.button]


def test_another_answer_needs_another_look(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = choose(visit("records", portal.token(portal.admin), t="orders"), three[2])
    at.button(key="bulk_edit").click().run()
    panel = at.session_state["portal.listing.orders.panel"]["key"]
    at.multiselect(key=f"bulk_fields.{panel}").set_value(["remark"]).run()
    at.get_by_key(f"bulk.{panel}.remark").set_value("年会").run()
    at.button(key="bulk_preview").click().run()
    at.get_by_key(f"bulk.{panel}.remark").set_value("另一个").run()
    assert "bulk_confirm" not in [button.key for button in at.button]


def test_withdrawing_many_asks_for_a_reason_and_restoring_brings_them_back(
    portal: Portal, visit: Visit, three: list[Record]
) -> None:
    at = choose(visit("records", portal.token(portal.admin), t="orders"), *three[:2])
    at.button(key="bulk_withdraw").click().run()
    panel = at.session_state["portal.listing.orders.panel"]["key"]
    assert "撤回 2 条记录？" in words(at)
    at.button(key="bulk_confirm").click().run()
    assert not now(portal, three[0]).is_void
    assert at.error
    at.text_input(key=f"bulk_reason.{panel}").set_value("重复录入").run()
    at.button(key="bulk_confirm").click().run()
    assert [now(portal, one).is_void for one in three] == [True, True, False]
    assert names(at) == ["丙"]
    gone = [now(portal, one) for one in three[:2]]
    at = choose(visit("records", portal.token(portal.admin), t="orders", bin="1"), *gone)
    at.button(key="bulk_restore").click().run()
    at.button(key="bulk_confirm").click().run()
    assert not any(now(portal, one).is_void for one in three)


def test_all_that_match_can_be_chosen_beyond_the_page(portal: Portal, visit: Visit) -> None:
    orders = [portal.order(customer=f"客户{number:02}") for number in range(53)]
    at = choose(visit("records", portal.token(portal.admin), t="orders"), orders[0])
    at.button(key="choose_all").click().run()
    assert "已选 53 条" in words(at)


def test_another_search_begins_with_nothing_chosen(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = choose(visit("records", portal.token(portal.admin), t="orders"), *three)
    at.text_input(key=key(at, "q")).set_value("乙").run()
    assert "已选" not in words(at)


def test_a_reload_still_offers_to_take_the_last_action_back(portal: Portal, visit: Visit, three: list[Record]) -> None:
    actor = portal.actor(portal.admin)
    targets = portal.app.bulk.matching(actor, "orders", ListQuery())
    portal.app.bulk.edit(actor, "orders", targets, {"remark": "年会"}, "k1")
    at = visit("records", portal.token(portal.admin), t="orders")
    assert "已修改 3 条记录 · 今天 12:00" in words(at).replace("\\", "")
    at.button(key="bulk_hide").click().run()
    assert "bulk_undo" not in [button.key for button in at.button]
    assert "bulk_undo" not in [button.key for button in visit("records", portal.token(portal.admin), t="orders").button]


def test_who_may_change_nothing_has_nothing_to_tick(portal: Portal, visit: Visit, three: list[Record]) -> None:
    finance = portal.account("finance", "钱七", "finance")
    assert the_list(visit("records", portal.token(finance), t="orders"))["choosing"] is None
    assert the_list(visit("records", portal.token(portal.admin), t="orders"))["choosing"]["ticked"] == []


def test_a_seller_changes_only_his_own_whatever_ids_he_sends(portal: Portal, visit: Visit, three: list[Record]) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    mine = portal.order(seller, customer="自己的")
    at = choose(visit("records", portal.token(seller), t="orders", tab="own"), mine)
    at.session_state["portal.listing.orders.chosen"] = {
        "of": "[('tab', 'own')]", "records": {one.record_id: one.etag for one in [mine, *three]},
    }  # fmt: skip
    at.run()
    at.button(key="bulk_edit").click().run()
    panel = at.session_state["portal.listing.orders.panel"]["key"]
    at.multiselect(key=f"bulk_fields.{panel}").set_value(["remark"]).run()
    at.get_by_key(f"bulk.{panel}.remark").set_value("我的").run()
    at.button(key="bulk_preview").click().run()
    assert "将修改 1 条、3 条不能改" in words(at)


def test_the_list_speaks_english(portal: Portal, visit: Visit, three: list[Record]) -> None:
    at = choose(visit("records", portal.token(portal.admin), "en", t="orders"), *three)
    shown = words(at) + " ".join(button.label for button in at.button)
    assert "3 selected" in shown
    assert "已选" not in shown
