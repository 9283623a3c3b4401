"""The page of one record: what matters on top, what belongs to it, its history and the way back, print, copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from schemas.record import Record, Saved, Submission
from tests.pages.conftest import Portal, Visit, components, words

CONTACTS = """
key: contacts
version: 1
label: {zh: 联系人, en: Contacts}
group: sales
record_key: code
display: code
fields:
  - {key: code, type: serial, serial: "L{seq:3}", label: {zh: 编号, en: Code}}
  - {key: phone, type: phone, label: {zh: 手机, en: Mobile}, pii: true}
  - {key: order, type: reference, to: orders, label: {zh: 订单, en: Order}, prefill: true}
  - {key: note, type: text, label: {zh: 说明, en: Note}}
lines:
  - key: cards
    label: {zh: 证件, en: Papers}
    fields:
      - {key: card_no, type: text, label: {zh: 号码, en: Number}, pii: true}
sections:
  - {label: {zh: 基本信息, en: Basics}, fields: [code, phone, order]}
  - {label: {zh: 补充, en: More}, fields: [note]}
list_view: {columns: [code, phone, note]}
permissions: {create: [sales_rep], edit: [sales_rep], read: {sales_rep: own, back_office: all, finance: all}}
"""


@pytest.fixture
def order(portal: Portal) -> Record:
    return portal.order(customer="云锦", kind="公司", tax_no="9131", remark="第一行")


@pytest.fixture
def contacts(portal: Portal, tmp_path: Path) -> None:
    folder = tmp_path / "company" / "templates"
    folder.mkdir(parents=True)
    (folder / "contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    portal.clock.forward(seconds=5)
    assert portal.app.reload_templates()


def save(portal: Portal, template: str, **values: str) -> Record:
    actor = portal.actor(portal.admin)
    saved = portal.app.repository.submit(Submission(template, portal.app.new_id(), values), actor)
    assert isinstance(saved, Saved), saved
    record = portal.app.repository.get(template, saved.record_id, actor)
    assert record is not None
    return record


def edited(portal: Portal, record: Record, **values: str) -> Record:
    actor = portal.actor(portal.admin)
    etags = {record.record_id: record.etag}
    submission = Submission(record.template, portal.app.new_id(), values, {}, record.record_id, etags)
    assert isinstance(portal.app.repository.submit(submission, actor), Saved)
    found = portal.app.repository.get(record.template, record.record_id, actor)
    assert found is not None
    return found


def opened(portal: Portal, visit: Visit, record: Record, language: str = "zh") -> AppTest:
    return visit("record", portal.token(portal.admin), language, t=record.template, id=record.record_id)


def history(at: AppTest) -> list[dict[str, Any]]:
    [data] = components(at, "entries")
    entries: list[dict[str, Any]] = data["entries"]
    return entries


def related(at: AppTest) -> list[list[list[str]]]:
    """The cells of every list of related records (line tables and lists of documents have no links)."""
    tables = [table for table in components(at, "columns") if any(row["href"] for row in table["rows"])]
    return [[[cell["text"] for cell in row["cells"]] for row in table["rows"]] for table in tables]


# --- on top --------------------------------------------------------------------------------------------------------


def test_the_headline_says_how_the_record_stands_or_else_its_telling_choice(
    portal: Portal, visit: Visit, order: Record
) -> None:
    assert ":blue-badge[类型 公司]" in words(opened(portal, visit, order))
    actor = portal.actor(portal.admin)
    portal.app.repository.withdraw("orders", order.record_id, reason="错", etag=order.etag, key="k", actor=actor)
    assert ":gray-badge[已作废]" in words(opened(portal, visit, order))


def test_whole_sections_left_empty_are_one_line(portal: Portal, visit: Visit, contacts: None) -> None:
    at = opened(portal, visit, save(portal, "contacts", phone="13912345678"))
    assert "没有填写的部分：补充" in words(at)
    assert "补充" not in [one.value for one in at.subheader]


def test_a_copy_begins_from_the_record(portal: Portal, visit: Visit, order: Record) -> None:
    at = opened(portal, visit, order)
    at.button(key="copy").click().run()
    assert at.title[0].value == "新建：订单"


def test_a_record_is_printed_as_pdf_and_as_an_excel_form(portal: Portal, visit: Visit, order: Record) -> None:
    at = opened(portal, visit, order)
    offered = {button.key for button in at.get("download_button")}
    assert {"print_pdf", "print_xlsx"} <= {str(key) for key in offered}


# --- related -------------------------------------------------------------------------------------------------------


def test_records_that_refer_here_are_listed_with_their_number(
    portal: Portal, visit: Visit, order: Record, contacts: None
) -> None:
    for number in range(1, 8):
        save(portal, "contacts", order="PO001", note=f"第{number}个")
    at = opened(portal, visit, order)
    assert "相关记录" in [one.value for one in at.subheader]
    assert "全部 7 条" in [link.label for link in at.get("page_link")]
    [table] = related(at)
    assert len(table) == 5


def test_the_way_to_all_is_the_list_narrowed_to_this_record(
    portal: Portal, visit: Visit, order: Record, contacts: None
) -> None:
    save(portal, "contacts", order="PO001")
    [link] = [link for link in opened(portal, visit, order).get("page_link") if link.label == "全部 1 条"]
    assert link.proto.query_string == "t=contacts&f.order=PO001"


def test_one_more_is_begun_with_this_record_filled_in(
    portal: Portal, visit: Visit, order: Record, contacts: None
) -> None:
    offered = {link.label: link.proto.query_string for link in opened(portal, visit, order).get("page_link")}
    assert offered["联系人"] == "t=contacts&order=PO001"
    assert offered["单据"] == "t=papers", "the field does not take its answer from a link"


def test_a_person_who_sees_none_of_them_finds_no_card(portal: Portal, visit: Visit, contacts: None) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    order = portal.order(seller, customer="云锦")
    save(portal, "papers", order="PO001", title="别人的")
    at = visit("record", portal.token(seller), t="orders", id=order.record_id)
    assert related(at) == []


def test_what_a_record_refers_to_is_a_link(portal: Portal, visit: Visit, order: Record) -> None:
    paper = save(portal, "papers", order="PO001", title="合同扫描件")
    links = {link.label: link.proto.query_string for link in opened(portal, visit, paper).get("page_link")}
    assert links["PO001"] == f"t=orders&id={order.record_id}"


# --- history -------------------------------------------------------------------------------------------------------


def test_the_history_tells_each_field_before_and_after(portal: Portal, visit: Visit, order: Record) -> None:
    edited(portal, order, customer="云锦科技", remark="")
    newest, first = history(opened(portal, visit, order))
    assert [(edit["field"], edit["before"], edit["after"]) for edit in newest["edits"]] == [
        ("客户", "云锦", "云锦科技"),
        ("备注", "第一行", ""),
    ]
    assert newest["who"] == "S001 孙丽 · 今天 12:00"
    assert (first["verb"], first["edits"], first["restore"]) == ("新建", [], True)


def test_an_edit_in_the_workbook_is_told_as_such(portal: Portal, visit: Visit, order: Record) -> None:
    portal.app.sync.fold_now()
    path = portal.app.config.workbook
    book = openpyxl.load_workbook(path)
    sheet = book["订单"]
    column = next(cell.column for cell in sheet[1] if cell.value == "客户")
    sheet.cell(2, column).value = "云锦（手改）"
    book.save(path)
    portal.app.sync.fold_now()
    newest = history(opened(portal, visit, order))[0]
    assert (newest["verb"], newest["source"], newest["tone"]) == ("工作簿中修改", "来自工作簿", "amber")
    assert [(edit["before"], edit["after"]) for edit in newest["edits"]] == [("云锦", "云锦（手改）")]


def test_who_may_not_edit_is_offered_no_way_back(portal: Portal, visit: Visit, order: Record) -> None:
    edited(portal, order, customer="云锦科技")
    reader = portal.account("finance", "钱七", "finance")
    at = visit("record", portal.token(reader), t="orders", id=order.record_id)
    assert [(entry["restore"], [edit["undo"] for edit in entry["edits"]]) for entry in history(at)] == [
        (False, [""]),
        (False, []),
    ]


def back_dialog(portal: Portal, record: Record, place: int, key: str) -> AppTest:
    """The inside of the question by itself, for the version at that place of the history."""

    def script(app, token, template, record_id, place, key):  # type: ignore[no-untyped-def]
        from pages._ui import history_view
        from pages._ui.gate import Visit

        actor = app.sessions.actor(token)
        record = app.repository.get(template, record_id, actor)
        version = app.versions.of(template, record_id, actor)[place]
        history_view.confirm(Visit(app, actor, "zh"), app.catalogue[template], record, version, key)

    token = portal.token(portal.admin)
    given = (portal.app, token, record.template, record.record_id, place, key)
    return AppTest.from_function(script, args=given).run(timeout=30)


def test_one_field_is_put_back_after_a_question_that_shows_both_values(
    portal: Portal, visit: Visit, order: Record
) -> None:
    now = edited(portal, order, customer="云锦科技", remark="第二行")
    dialog = back_dialog(portal, now, 0, "customer")
    assert [one.value for one in dialog.text] == ["客户：云锦科技 → 云锦"]
    dialog.button(key="version_confirm").click().run()
    assert not dialog.error
    [record] = portal.orders()
    assert (record.values["customer"], record.values["remark"]) == ("云锦", "第二行")


def test_a_whole_version_is_brought_back(portal: Portal, visit: Visit, order: Record) -> None:
    now = edited(portal, order, customer="云锦科技", remark="第二行")
    dialog = back_dialog(portal, now, -1, "")
    assert {one.value for one in dialog.text} == {"客户：云锦科技 → 云锦", "备注：第二行 → 第一行"}
    dialog.button(key="version_confirm").click().run()
    [record] = portal.orders()
    assert dict(record.values) == dict(order.values)


def test_a_refused_way_back_says_why(portal: Portal, visit: Visit, order: Record) -> None:
    now = edited(portal, order, customer="云锦科技")
    portal.app.repository.withdraw(
        "orders", order.record_id, reason="错", etag=now.etag, key="k", actor=portal.actor(portal.admin)
    )
    dialog = back_dialog(portal, now, -1, "")
    dialog.button(key="version_confirm").click().run()
    assert "错" in dialog.error[0].value


# --- personal data -------------------------------------------------------------------------------------------------


def test_personal_data_of_others_stand_masked_for_who_is_neither_owner_nor_superior(
    portal: Portal, visit: Visit, contacts: None
) -> None:
    seller = portal.actor(portal.account("seller", "李娜", "sales_rep"))
    saved = portal.app.repository.submit(Submission("contacts", "k1", {"phone": "13912345678"}), seller)
    assert isinstance(saved, Saved)
    office = portal.token(portal.account("office", "周静", "back_office"))
    at = visit("record", office, t="contacts", id=saved.record_id)
    assert "13912345678" not in words(at)
    assert "139****5678" in words(at)
    at = visit("record", portal.token(portal.admin), t="contacts", id=saved.record_id)
    assert "13912345678" in words(at)
