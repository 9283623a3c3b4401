"""Filling in a form: what is asked, what is said, what is saved, and what is never lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.conftest import Portal, Visit, components, draft_id, field, go, press, words


@pytest.fixture
def form(portal: Portal, visit: Visit):  # type: ignore[no-untyped-def]
    return visit("form", portal.token(portal.admin), t="orders")


def test_a_saved_form_becomes_one_record_and_opens_it(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦科技")
    press(form, "save")
    assert not form.exception
    [order] = portal.orders()
    assert order.values["customer"] == "云锦科技"
    assert form.title[0].value == "PO001"


def test_a_button_whose_run_was_cut_short_acts_in_the_next_one(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦")
    form.session_state[f"portal.form.{draft_id(form)}.pressed"] = "save"
    form.run()
    assert form.title[0].value == "PO001"


def test_a_button_acts_once(portal: Portal, form) -> None:
    press(form, "save")
    field(form, "customer").set_value("云锦").run()
    assert portal.orders() == []


def test_what_is_missing_is_said_beside_the_field_and_counted_on_top(portal: Portal, form) -> None:
    press(form, "save")
    assert "有 1 处需要修改" in form.error[0].value
    assert any("客户" in one.value and "请填写" in one.value for one in form.markdown)
    assert portal.orders() == []


def test_nothing_is_complained_about_before_the_first_attempt(form) -> None:
    assert not form.error


def test_what_was_typed_stays_after_a_refusal(form) -> None:
    field(form, "due_on").set_value("昨天的昨天的昨天")
    press(form, "save")
    assert field(form, "due_on").value == "昨天的昨天的昨天"


def test_a_conditional_field_appears_when_its_condition_holds(form) -> None:
    with pytest.raises(KeyError):
        field(form, "tax_no")
    field(form, "kind").set_value("公司").run()
    assert field(form, "tax_no").label.startswith("税号")


def test_a_hidden_field_keeps_its_text_for_when_it_is_shown_again(form) -> None:
    field(form, "kind").set_value("公司").run()
    field(form, "tax_no").set_value("91310000").run()
    field(form, "kind").set_value("个人").run()
    field(form, "kind").set_value("公司").run()
    assert field(form, "tax_no").value == "91310000"


def test_a_hidden_field_is_not_saved(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦")
    field(form, "kind").set_value("公司").run()
    field(form, "tax_no").set_value("91310000").run()
    field(form, "kind").set_value("个人").run()
    press(form, "save")
    assert "tax_no" not in portal.orders()[0].values


def test_the_form_says_how_it_understood_a_date(form) -> None:
    field(form, "due_on").set_value("2026.7.9").run()
    assert "已理解为 2026\\-07\\-09" in words(form)


def test_switching_the_language_loses_nothing_typed(form) -> None:
    field(form, "customer").set_value("云锦")
    field(form, "kind").set_value("公司")
    field(form, "colours").set_value(["金"])
    field(form, "is_gift").set_value("是")
    form.button(key="lang_en").click().run()
    assert form.title[0].value == "New Orders"
    answers = [field(form, name).value for name in ("customer", "kind", "colours", "is_gift")]
    assert answers == ["云锦", "公司", ["金"], "是"]


def test_leaving_the_form_and_coming_back_finds_everything(portal: Portal, form) -> None:
    opened = draft_id(form)
    field(form, "customer").set_value("云锦")
    field(form, "remark").set_value("第一行\n第二行")
    form.run()  # what a click in the menu brings along
    go(form, "home")
    assert form.title[0].value == "孙丽，下午好"
    go(form, "form", t="orders", d=opened)
    assert (field(form, "customer").value, field(form, "remark").value) == ("云锦", "第一行\n第二行")


def test_a_draft_is_there_in_another_browser_after_autosave(portal: Portal, visit: Visit, form) -> None:
    opened = draft_id(form)
    field(form, "customer").set_value("云锦").run()
    other = visit("form", portal.token(portal.admin), t="orders", d=opened)
    assert field(other, "customer").value == "云锦"


def test_an_untouched_form_leaves_no_draft(portal: Portal, form) -> None:
    form.run()
    assert portal.app.drafts.mine(portal.actor(portal.admin)) == ()


def test_a_form_sent_already_shows_its_record_instead(portal: Portal, visit: Visit, form) -> None:
    opened = draft_id(form)
    field(form, "customer").set_value("云锦")
    press(form, "save")
    again = visit("form", portal.token(portal.admin), t="orders", d=opened)
    assert again.title[0].value == "PO001"
    assert len(portal.orders()) == 1


def test_two_tabs_of_one_draft_make_one_record(portal: Portal, visit: Visit, form) -> None:
    field(form, "customer").set_value("云锦").run()
    other = visit("form", portal.token(portal.admin), t="orders", d=draft_id(form))
    press(form, "save")
    press(other, "save")
    assert len(portal.orders()) == 1


def test_save_and_add_another_opens_an_empty_form(portal: Portal, form) -> None:
    first = draft_id(form)
    field(form, "customer").set_value("云锦")
    press(form, "save_add")
    assert draft_id(form) != first
    assert field(form, "customer").value == ""
    assert len(portal.orders()) == 1


def test_a_stashed_form_waits_on_the_desk(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦")
    press(form, "stash")
    [draft] = portal.app.drafts.mine(portal.actor(portal.admin))
    assert draft.values["customer"] == "云锦"
    assert form.title[0].value.startswith("孙丽")


def test_cancel_throws_the_draft_away(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦").run()
    press(form, "cancel")
    assert portal.app.drafts.mine(portal.actor(portal.admin)) == ()
    assert portal.orders() == []


def test_a_number_taken_by_another_record_is_said_beside_its_field(portal: Portal, form) -> None:
    portal.order(customer="先来的", code="HT-1")
    field(form, "customer").set_value("后来的")
    field(form, "code").set_value("HT-1")
    press(form, "save")
    assert any("HT" in one.value and "PO001" in one.value for one in form.markdown)
    field(form, "code").set_value("HT-2")
    press(form, "save")
    assert {order.values["code"] for order in portal.orders()} == {"HT-1", "HT-2"}


def test_a_link_fills_in_fields_that_allow_it_and_no_others(portal: Portal, visit: Visit) -> None:
    form = visit("form", portal.token(portal.admin), t="orders", customer="云锦", remark="不许")
    assert (field(form, "customer").value, field(form, "remark").value) == ("云锦", "")


def test_who_may_not_fill_in_a_form_is_told_so(portal: Portal, visit: Visit) -> None:
    finance = portal.account("caiwu", "钱会计", "finance")
    form = visit("form", portal.token(finance), t="orders")
    assert "没有填写这张表单的权限" in words(form)


# --- lines ---------------------------------------------------------------------------------------------------------


def type_rows(at, *rows: dict[str, str], taken: str = "") -> None:  # type: ignore[no-untyped-def]
    """What the browser's table sends once rows were typed into it."""
    named = [[f"new:{number}", row] for number, row in enumerate(rows, 1)]
    at.session_state[f"f.{draft_id(at)}.items"] = {"table": {"rows": named, "taken": taken}}
    at.run()


def table(at) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """What the browser's table is given to draw."""
    [data] = components(at, "most")
    return data


RING = {"what": "戒指", "pieces": "3", "price": "1,200.50"}
NECKLACE = {"what": "项链", "pieces": "1", "price": "10"}


def test_a_new_form_begins_with_one_empty_row(form) -> None:
    assert table(form)["rows"] == [["new:1", {}]]


def test_lines_add_up_while_one_types(form) -> None:
    type_rows(form, RING)
    assert table(form)["figures"] == {"new:1": {"amount": "¥3,601.50"}}
    assert table(form)["totals"]["amount"] == "¥3,601.50"
    assert "¥3,601.50" in [one.value for one in form.text]


def test_lines_are_saved_in_their_order(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦")
    type_rows(form, RING, NECKLACE)
    press(form, "save")
    order = portal.app.repository.get("orders", portal.orders()[0].record_id, portal.actor(portal.admin))
    assert order is not None
    assert [line.values["what"] for line in order.lines["items"]] == ["戒指", "项链"]


def test_how_a_cell_was_understood_stands_beside_its_row(form) -> None:
    type_rows(form, {**RING, "pieces": "３个"})
    assert "3" in table(form)["understood"]["new:1"]["pieces"]


def test_a_wrong_cell_is_named_in_its_row(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦")
    type_rows(form, RING, {**NECKLACE, "pieces": "三又二分之一个半"})
    press(form, "save")
    assert list(table(form)["problems"]) == ["new:2"]
    assert "三又二分之一个半" in table(form)["problems"]["new:2"]["pieces"][0]
    assert portal.orders() == []


def test_an_empty_row_in_between_does_not_shift_the_findings(form) -> None:
    field(form, "customer").set_value("云锦")
    type_rows(form, {}, {"what": "项链"})
    press(form, "save")
    assert set(table(form)["problems"]["new:2"]) == {"pieces", "price"}


def test_rows_typed_survive_a_switch_of_the_language(form) -> None:
    type_rows(form, RING)
    form.button(key="lang_en").click().run()
    assert table(form)["rows"] == [["new:1", RING]]
    assert table(form)["columns"][0]["label"] == "Item"


def test_rows_typed_are_in_the_draft(portal: Portal, visit: Visit, form) -> None:
    type_rows(form, RING)
    other = visit("form", portal.token(portal.admin), t="orders", d=draft_id(form))
    assert table(other)["rows"] == [["new:1", RING]]


def test_cells_the_form_does_not_ask_are_not_taken_from_a_browser(portal: Portal, form) -> None:
    field(form, "customer").set_value("云锦")
    type_rows(form, {**RING, "amount": "1", "nonsense": "2"})
    press(form, "save")
    order = portal.app.repository.get("orders", portal.orders()[0].record_id, portal.actor(portal.admin))
    assert order is not None
    assert order.lines["items"][0].values["amount"] == "3601.50"


# --- editing -------------------------------------------------------------------------------------------------------


def test_an_edit_changes_the_record_and_keeps_its_number(portal: Portal, visit: Visit) -> None:
    order = portal.order(customer="云锦")
    form = visit("form", portal.token(portal.admin), t="orders", id=order.record_id)
    field(form, "customer").set_value("云锦科技")
    press(form, "save")
    [after] = portal.orders()
    assert (after.values["customer"], after.values["order_no"]) == ("云锦科技", "PO001")


def change(portal: Portal, record_id: str, **values: str) -> None:
    from schemas.record import Saved, Submission

    actor = portal.actor(portal.admin)
    now = portal.app.repository.get("orders", record_id, actor)
    assert now is not None
    submission = Submission(
        "orders", portal.app.new_id(), {**now.values, **values}, record_id=record_id, etags={record_id: now.etag}
    )
    assert isinstance(portal.app.repository.submit(submission, actor), Saved)


def test_two_people_in_different_fields_both_win(portal: Portal, visit: Visit) -> None:
    order = portal.order(customer="云锦")
    form = visit("form", portal.token(portal.admin), t="orders", id=order.record_id)
    change(portal, order.record_id, remark="别人写的")
    field(form, "due_on").set_value("2026-12-01")
    press(form, "save")
    [after] = portal.orders()
    assert (after.values["remark"], after.values["due_on"]) == ("别人写的", "2026-12-01")


@pytest.mark.parametrize(("whose", "customer"), [("mine", "我的"), ("theirs", "对方的")])
def test_two_people_in_one_field_are_asked_whose_stands(
    portal: Portal, visit: Visit, whose: str, customer: str
) -> None:
    order = portal.order(customer="原来的")
    form = visit("form", portal.token(portal.admin), t="orders", id=order.record_id)
    change(portal, order.record_id, customer="对方的", remark="别人写的")
    field(form, "customer").set_value("我的")
    press(form, "save")
    assert "对方的" in " ".join(form.radio[0].options)
    form.radio[0].set_value(whose)
    form.button(key="clash_apply").click().run()
    press(form, "save")
    [after] = portal.orders()
    assert (after.values["customer"], after.values["remark"]) == (customer, "别人写的")
