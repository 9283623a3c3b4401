"""What makes filling in quicker: copies, records made on the way, rows out of a spreadsheet."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.form_view import blocks
from schemas.record import Record, Saved, Submission, TypedLine
from schemas.template import LineTable, Template
from tests.pages.conftest import Portal, Visit, components, draft_id, field, press, words


def order_with_lines(portal: Portal, **values: str) -> Record:
    row = TypedLine("", {"what": "戒指", "pieces": "2", "price": "100"})
    actor = portal.actor(portal.admin)
    saved = portal.app.repository.submit(Submission("orders", portal.app.new_id(), values, {"items": (row,)}), actor)
    assert isinstance(saved, Saved), saved
    record = portal.app.repository.get("orders", saved.record_id, actor)
    assert record is not None
    return record


def table(at: AppTest) -> dict[str, Any]:
    [data] = components(at, "most")
    return data


# --- a copy --------------------------------------------------------------------------------------------------------


def test_a_copy_begins_with_the_records_answers_and_line_items(portal: Portal, visit: Visit) -> None:
    order = order_with_lines(portal, customer="云锦", kind="公司", tax_no="91310000", due_on="2026-12-01")
    form = visit("form", portal.token(portal.admin), t="orders", copy=order.record_id)
    assert [field(form, name).value for name in ("customer", "kind", "tax_no", "due_on")] == [
        "云锦", "公司", "91310000", "2026-12-01",
    ]  # fmt: skip
    assert table(form)["rows"] == [["new:1", {"what": "戒指", "pieces": "2", "price": "100.00"}]]


def test_a_copy_leaves_out_what_no_two_records_share(portal: Portal, visit: Visit) -> None:
    order = order_with_lines(portal, customer="云锦", code="HT-1")
    form = visit("form", portal.token(portal.admin), t="orders", copy=order.record_id)
    assert field(form, "code").value == ""


def test_a_copy_is_a_record_of_its_own(portal: Portal, visit: Visit) -> None:
    order = order_with_lines(portal, customer="云锦")
    form = visit("form", portal.token(portal.admin), t="orders", copy=order.record_id)
    press(form, "save")
    numbers = {one.values["order_no"] for one in portal.orders()}
    assert numbers == {"PO001", "PO002"}
    original = portal.app.repository.get("orders", order.record_id, portal.actor(portal.admin))
    assert original == order


def test_nobody_copies_a_record_he_may_not_see(portal: Portal, visit: Visit) -> None:
    order = order_with_lines(portal, customer="云锦")
    seller = portal.account("seller", "李娜", "sales_rep")
    form = visit("form", portal.token(seller), t="orders", copy=order.record_id)
    assert field(form, "customer").value == ""


# --- a record that is missing --------------------------------------------------------------------------------------


@pytest.fixture
def papers(portal: Portal, visit: Visit) -> AppTest:
    at = visit("form", portal.token(portal.admin), t="papers")
    field(at, "month").set_value("2026-07")
    at.button(key=f"create.f.{draft_id(at)}.order").click().run()
    return at


def quick(at: AppTest, name: str):  # type: ignore[no-untyped-def]
    """A field of the dialog."""
    found = [one for one in at.text_input if (one.key or "").endswith(f".{name}")]
    return next(one for one in found if draft_id(at) not in (one.key or ""))


def save_quick(at: AppTest) -> None:
    next(one for one in at.button if (one.key or "").startswith("quick_save.")).click().run()


def test_a_missing_record_is_made_in_a_dialog_and_picked_and_nothing_typed_is_lost(
    portal: Portal, papers: AppTest
) -> None:
    quick(papers, "customer").set_value("云锦")
    save_quick(papers)
    assert not papers.exception
    assert field(papers, "order").value == "PO001"
    assert field(papers, "month").value == "2026-07"
    assert field(papers, "title").value == "云锦"  # what the reference fills in


def test_what_is_missing_in_the_dialog_is_said_there(portal: Portal, papers: AppTest) -> None:
    save_quick(papers)
    assert "请填写" in words(papers)
    assert portal.orders() == []
    quick(papers, "customer").set_value("云锦")
    save_quick(papers)
    assert len(portal.orders()) == 1


def test_only_who_may_make_the_record_is_offered_to(portal: Portal, visit: Visit) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    at = visit("form", portal.token(seller), t="papers")
    assert f"create.f.{draft_id(at)}.order" in [one.key for one in at.button]
    helper = portal.account("helper", "周会计", "finance")
    listed = visit("form", portal.token(helper), t="papers")
    assert not [one.key for one in listed.button if (one.key or "").startswith("create.")]


# --- rows out of a spreadsheet -------------------------------------------------------------------------------------


@pytest.fixture
def importing(portal: Portal, visit: Visit) -> AppTest:
    at = visit("form", portal.token(portal.admin), t="orders")
    ask = {"kind": "import", "line": "items", "once": "once", "text": "单价\t品名\t备注\n10\t戒指\t急\n20\t项链\t"}
    at.session_state[f"portal.form.{draft_id(at)}.dialog"] = ask
    return at.run()


def test_pasted_columns_are_shown_with_where_they_go(importing: AppTest) -> None:
    assert "共 2 行，第一行是标题" in words(importing)
    chosen = {one.label.partition("：")[0]: one.value for one in importing.selectbox if "列" in one.label}
    assert chosen == {"第 1 列": "price", "第 2 列": "what", "第 3 列": None}


def test_pasted_rows_follow_those_typed_before(importing: AppTest) -> None:
    key = f"f.{draft_id(importing)}.items"
    importing.session_state[key] = {"table": {"rows": [["new:1", {"what": "手镯"}], ["new:2", {}]], "taken": ""}}
    importing.run()
    importing.button(key="paste_take").click().run()
    rows = [cells for _, cells in table(importing)["rows"]]
    assert rows == [{"what": "手镯"}, {"price": "10", "what": "戒指"}, {"price": "20", "what": "项链"}]


def test_the_browser_keeps_typing_once_it_has_taken_the_rows(importing: AppTest) -> None:
    importing.button(key="paste_take").click().run()
    token = table(importing)["put"]
    key = f"f.{draft_id(importing)}.items"
    importing.session_state[key] = {"table": {"rows": [["new:1", {"what": "改过的"}]], "taken": token}}
    importing.run()
    assert table(importing)["rows"] == [["new:1", {"what": "改过的"}]]


# --- where line items stand ----------------------------------------------------------------------------------------


def template_of(*sections: list[str]) -> Template:
    return Template.model_validate(
        {
            "key": "orders", "version": 1, "label": {"zh": "订单", "en": "Orders"},
            "fields": [
                {"key": "customer", "type": "text", "label": {"zh": "客户", "en": "Customer"}},
                {"key": "total", "type": "computed", "compute": "sum(items.price)",
                 "label": {"zh": "总额", "en": "Total"}},
                {"key": "remark", "type": "text", "label": {"zh": "备注", "en": "Remark"}},
            ],
            "lines": [{"key": "items", "label": {"zh": "明细", "en": "Items"},
                       "fields": [{"key": "price", "type": "money", "label": {"zh": "单价", "en": "Price"}}]}],
            "sections": [{"label": {"zh": "卡片", "en": "Card"}, "fields": fields} for fields in sections],
            "list_view": {"columns": ["customer"]},
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ((["customer"], ["total", "remark"]), 1),
        ((["customer", "total"], ["remark"]), 2),
        ((["customer", "remark"],), 1),
    ],
    ids=["before the card with the total", "last, when the first card has the total", "before the card of the rest"],
)
def test_line_items_stand_where_they_are_added_up(sections: tuple[list[str], ...], place: int) -> None:
    kinds = [type(block) for block in blocks(template_of(*sections))]
    assert kinds.index(LineTable) == place
