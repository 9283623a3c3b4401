"""How each kind of field is asked, and that what was answered is what is saved."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.widgets import WIDGETS
from schemas.field_types import FIELD_TYPES
from tests.pages.conftest import Portal, Visit, draft_id, field, press, words

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def form(portal: Portal, visit: Visit) -> AppTest:
    portal.order(customer="云锦")
    at = visit("form", portal.token(portal.admin), t="papers")
    field(at, "title").set_value("合同")
    return at


def saved(portal: Portal, form: AppTest) -> dict[str, str]:
    press(form, "save")
    [record] = portal.records("papers")
    return dict(record.values)


def test_every_field_type_has_a_widget() -> None:
    assert {kind.widget for kind in FIELD_TYPES.values()} <= set(WIDGETS)


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("month", "2026年7月", "2026-07"),
        ("share", "25.3%", "0.253"),
        ("at", "2026-7-9 14:30", "2026-07-09 14:30:00"),
        ("town", "无锡", "无锡"),
    ],
)
def test_an_answer_is_saved_as_it_was_understood(
    portal: Portal, form: AppTest, name: str, typed: str, kept: str
) -> None:
    field(form, name).set_value(typed)
    assert saved(portal, form)[name] == kept


def test_an_edit_shows_a_percentage_as_people_write_it(portal: Portal, visit: Visit, form: AppTest) -> None:
    field(form, "share").set_value("25.3%")
    saved(portal, form)
    at = visit("form", portal.token(portal.admin), t="papers", id=portal.records("papers")[0].record_id)
    assert field(at, "share").value == "25.3%"


def test_a_record_is_picked_by_its_name_and_kept_by_its_key(portal: Portal, form: AppTest) -> None:
    assert "PO001" in field(form, "order").options
    field(form, "order").set_value("PO001")
    assert saved(portal, form)["order"] == "PO001"


def test_picking_a_record_fills_what_is_empty_and_nothing_else(portal: Portal, visit: Visit) -> None:
    portal.order(customer="云锦")
    at = visit("form", portal.token(portal.admin), t="papers")
    field(at, "order").set_value("PO001").run()
    assert field(at, "title").value == "云锦"
    field(at, "title").set_value("自己写的").run()
    field(at, "order").set_value(None).run()
    field(at, "order").set_value("PO001").run()
    assert field(at, "title").value == "自己写的"


def test_over_two_hundred_records_are_searched_not_listed(portal: Portal, visit: Visit) -> None:
    for number in range(201):
        portal.order(customer=f"客户{number:03}")
    at = visit("form", portal.token(portal.admin), t="papers")
    field(at, "title").set_value("合同")
    field(at, "order").set_value("PO20").run()
    hits = [button for button in at.button if (button.key or "").startswith("hit.")]
    assert [button.label for button in hits] == ["PO200", "PO201"]
    hits[0].click().run()
    assert field(at, "order").value == "PO200"
    assert saved(portal, at)["order"] == "PO200"


def test_a_file_is_kept_under_its_name_and_can_be_taken_out_again(portal: Portal, form: AppTest) -> None:
    form.file_uploader[0].upload("合同.pdf", PDF, "application/pdf").run()
    assert "合同.pdf" in [one.value for one in form.text]
    kept = saved(portal, form)["scan"]
    assert kept.endswith(" 合同.pdf")
    assert len(kept.split(" ", 1)[0]) == 64


def test_a_file_taken_out_is_not_saved(portal: Portal, form: AppTest) -> None:
    form.file_uploader[0].upload("合同.pdf", PDF, "application/pdf").run()
    next(button for button in form.button if (button.key or "").startswith("out.")).click().run()
    assert "scan" not in saved(portal, form)


def test_a_web_page_named_pdf_is_refused_beside_the_field(form: AppTest) -> None:
    form.file_uploader[0].upload("合同.pdf", b"<html><script>1</script></html>", "application/pdf").run()
    assert "合同" in words(form)
    assert "合同.pdf" not in [one.value for one in form.text]


def test_a_verdict_is_completed_with_who_and_when(portal: Portal, form: AppTest) -> None:
    field(form, "verdict").set_value("通过")
    form.get_by_key(f"f.{draft_id(form)}.verdict.comment").set_value("同意")
    assert saved(portal, form)["verdict"] == "通过 · S001 孙丽 · 2026-11-21 12:00 · 同意"


def test_who_may_only_send_a_form_gets_its_number_and_no_record(portal: Portal, visit: Visit) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    at = visit("form", portal.token(seller), t="papers")
    field(at, "title").set_value("合同")
    press(at, "save")
    assert at.title[0].value.startswith("李娜")
    assert "已保存" in at.toast[0].value
    assert len(portal.records("papers")) == 1
