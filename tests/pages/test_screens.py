"""Reading: the list, the record, the desk, the workbook's state, the template check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Portal, Visit, components, draft_id, menu, words


def tables(at: AppTest) -> list[dict[str, Any]]:
    """The data every table on the screen was given."""
    return components(at, "columns")


def cells(at: AppTest) -> list[list[str]]:
    return [[cell["text"] for cell in row["cells"]] for table in tables(at) for row in table["rows"]]


# --- list ----------------------------------------------------------------------------------------------------------


def test_a_list_shows_its_columns_as_people_read_them(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦", kind="公司", tax_no="9131", due_on="2026-12-01")
    at = visit("records", portal.token(portal.admin), t="orders")
    assert cells(at) == [["云锦", "PO001", "公司", "12-01", "¥0.00"]]
    assert tables(at)[0]["rows"][0]["href"].startswith("record?t=orders&id=")


def test_an_empty_list_offers_to_begin(portal: Portal, visit: Visit) -> None:
    at = visit("records", portal.token(portal.admin), t="orders")
    assert "还没有订单的记录" in words(at)
    at.button(key="first").click().run()
    assert at.title[0].value == "新建：订单"


def test_a_search_narrows_the_list_and_stands_in_the_url(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦")
    portal.order(customer="明日")
    at = visit("records", portal.token(portal.admin), t="orders")
    at.text_input(key="list.orders.1.q").set_value("明日").run()
    assert [row[0] for row in cells(at)] == ["明日"]
    assert at.query_params["q"] in ("明日", ["明日"])


def test_a_link_with_a_filter_shows_what_its_sender_saw(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦", kind="个人")
    portal.order(customer="明日", kind="公司", tax_no="9131")
    at = visit("records", portal.token(portal.admin), t="orders", **{"f.kind": "公司"})
    assert [row[0] for row in cells(at)] == ["明日"]


def test_fifty_a_page_and_a_way_to_the_next(portal: Portal, visit: Visit) -> None:
    for number in range(53):
        portal.order(customer=f"客户{number:02}")
    at = visit("records", portal.token(portal.admin), t="orders")
    assert len(cells(at)) == 50
    at.button(key="next").click().run()
    assert len(cells(at)) == 3
    assert "51–53 / 53" in words(at).replace("\\", "")
    at.button(key="previous").click().run()
    assert len(cells(at)) == 50


def test_withdrawn_records_are_in_the_bin_only(portal: Portal, visit: Visit) -> None:
    order = portal.order(customer="云锦")
    actor = portal.actor(portal.admin)
    portal.app.repository.withdraw("orders", order.record_id, reason="重复", etag=order.etag, key="k", actor=actor)
    assert cells(visit("records", portal.token(portal.admin), t="orders")) == []
    [row] = cells(visit("records", portal.token(portal.admin), t="orders", bin="1"))
    assert (row[0], row[-1]) == ("云锦", "重复")


def test_a_seller_sees_his_own_records_and_no_download(portal: Portal, visit: Visit) -> None:
    portal.order(customer="别人的")
    seller = portal.account("seller", "李娜", "sales_rep")
    portal.order(seller, customer="自己的")
    at = visit("records", portal.token(seller), t="orders")
    assert [row[0] for row in cells(at)] == ["自己的"]
    assert not at.get("download_button")


def test_an_unknown_parameter_in_the_url_is_harmless(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦")
    at = visit(
        "records", portal.token(portal.admin), t="orders", sort="-nothing", tab="everything", page="x", after="?"
    )
    assert [row[0] for row in cells(at)] == ["云锦"]


# --- record --------------------------------------------------------------------------------------------------------


@pytest.fixture
def order(portal: Portal):  # type: ignore[no-untyped-def]
    return portal.order(customer="云锦", due_on="2026-12-01", remark="第一行\n第二行")


def test_a_record_shows_what_was_answered_and_names_what_was_not(portal: Portal, visit: Visit, order) -> None:
    at = visit("record", portal.token(portal.admin), t="orders", id=order.record_id)
    shown = [one.value for one in at.text]
    assert {"云锦", "2026-12-01", "第一行\n第二行"} <= set(shown)
    assert "未填写" in words(at)
    assert "颜色" in words(at)


def test_a_record_of_somebody_else_does_not_exist_for_a_seller(portal: Portal, visit: Visit, order) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    at = visit("record", portal.token(seller), t="orders", id=order.record_id)
    assert "没有找到这条记录" in at.info[0].value


def in_dialog(portal: Portal, record_id: str, dialog: str) -> AppTest:
    """The inside of a dialog by itself: AppTest redraws the whole screen at a press, and the dialog is gone."""

    def script(app, token, record_id, dialog):  # type: ignore[no-untyped-def]
        from pages._ui import record_view
        from pages._ui.gate import Visit

        actor = app.sessions.actor(token)
        record = app.repository.get("orders", record_id, actor)
        getattr(record_view, dialog)(Visit(app, actor, "zh"), app.catalogue["orders"], record)

    at = AppTest.from_function(script, args=(portal.app, portal.token(portal.admin), record_id, dialog))
    return at.run(timeout=30)


def test_withdrawing_asks_for_a_reason_and_keeps_the_record(portal: Portal, visit: Visit, order) -> None:
    at = visit("record", portal.token(portal.admin), t="orders", id=order.record_id)
    at.button(key="withdraw").click().run()
    assert at.button(key="withdraw_confirm").label == "确认撤回"
    dialog = in_dialog(portal, order.record_id, "_withdraw")
    dialog.text_input(key=f"reason.{order.record_id}").set_value("重复录入")
    dialog.button(key="withdraw_confirm").click().run()
    after = portal.app.repository.get("orders", order.record_id, portal.actor(portal.admin))
    assert after is not None
    assert (after.is_void, after.system["void_reason"]) == (True, "重复录入")


def test_a_withdrawn_record_can_be_restored(portal: Portal, visit: Visit, order) -> None:
    actor = portal.actor(portal.admin)
    portal.app.repository.withdraw("orders", order.record_id, reason="错", etag=order.etag, key="k", actor=actor)
    at = visit("record", portal.token(portal.admin), t="orders", id=order.record_id)
    at.button(key="restore").click().run()
    assert at.button(key="restore_confirm").label == "确认恢复"
    in_dialog(portal, order.record_id, "_restore").button(key="restore_confirm").click().run()
    after = portal.app.repository.get("orders", order.record_id, actor)
    assert after is not None
    assert not after.is_void


def test_a_fresh_receipt_never_claims_the_workbook_has_it(portal: Portal, visit: Visit) -> None:
    at = visit("form", portal.token(portal.admin), t="orders")
    draft = draft_id(at)
    at.get_by_key(f"f.{draft}.customer").set_value("云锦")
    at.button(key=f"save.{draft}").click().run()
    assert "PO001 已保存" in words(at)
    assert "稍后写入工作簿" in words(at)
    assert "已写入工作簿" not in words(at)
    portal.app.sync.fold_now()
    assert "已写入工作簿 订单 第 2 行" in words(at.run())


# --- desk, workbook, templates -------------------------------------------------------------------------------------


def test_the_desk_offers_forms_drafts_and_what_was_sent(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦")
    at = visit("home", portal.token(portal.admin))
    assert at.title[0].value == "孙丽，下午好"
    assert cells(at) == [["PO001", "订单", "今天 12:00", "已保存"]]


def test_the_desk_takes_up_a_new_form_without_a_restart(portal: Portal, visit: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "company" / "templates"
    folder.mkdir(parents=True)
    form = (
        "key: notes\nversion: 1\nlabel: {zh: 便签, en: Notes}\n"
        "fields:\n  - {key: note, type: text, label: {zh: 内容, en: Note}}\nlist_view: {columns: [note]}\n"
    )
    (folder / "notes.yaml").write_text(form, encoding="utf-8")
    portal.clock.forward(seconds=5)
    at = visit("home", portal.token(portal.admin))
    assert "便签" in menu(at)


def test_the_workbook_page_tells_what_waits_and_writes_it_when_asked(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦")
    at = visit("sync", portal.token(portal.admin))
    assert "待写入" in words(at)
    at.button(key="write_now").click().run()
    assert portal.app.sync.status().pending == 0
    assert not at.error


def test_a_seller_cannot_download_or_write_the_workbook(portal: Portal, visit: Visit) -> None:
    at = visit("sync", portal.token(portal.account("seller", "李娜", "sales_rep")))
    assert not at.get("download_button")
    assert "write_now" not in [button.key for button in at.button]


def test_a_broken_template_is_listed_with_its_place_and_the_rest_works(
    portal: Portal, visit: Visit, tmp_path: Path
) -> None:
    folder = tmp_path / "company" / "templates"
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("key: broken\nversion: 1\nlabel: {zh: 坏, en: Bad}\nfeilds: []\n", "utf-8")
    portal.clock.forward(seconds=5)
    at = visit("templates", portal.token(portal.admin))
    problems, forms = tables(at)
    assert any("broken.yaml:" in row["cells"][0]["text"] for row in problems["rows"])
    assert {row["id"] for row in forms["rows"]} == {"orders", "papers", "staff"}
