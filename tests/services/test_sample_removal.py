"""Taking the sample data away: one click, nothing of people's own is touched, and numbers start from one again."""

from __future__ import annotations

from dataclasses import replace

import openpyxl
import pytest

from schemas.finding import Finding
from schemas.record import SYSTEM_ACTOR, Actor, Saved, Submission
from services.app import App
from services.records import ListQuery
from services.sample_removal import Removed
from services.setup import SetupAnswers

ANSWERS = SetupAnswers("明达科技", "孙丽", "admin", "春江花月夜八个字", sample_data=True)
ADMIN = Actor("a", "S001", "孙丽", frozenset({"admin"}))
OWN = {
    "customer_name": "自家客户有限公司", "contact_name": "李经理", "contact_phone": "13912345678", "owner_id": "S001",
    "first_contact_on": "2026-11-20", "region": "本市", "is_public_official": "否", "is_ecommerce": "否",
}  # fmt: skip


@pytest.fixture
def app(customer_forms, open_portal, clock) -> App:
    portal: App = open_portal()
    portal.setup.run(ANSWERS, portal.setup.code())
    clock.forward(minutes=5)
    return portal


def customers(app: App) -> dict[str, str]:
    """Number → name of the customers there are."""
    page = app.repository.page("customer_info", SYSTEM_ACTOR, ListQuery(limit=200, void="any"))
    return {record.values["customer_id"]: record.values["customer_name"] for record in page.records}


def save(app: App, template: str, values: dict[str, str], record_id: str = "") -> Saved:
    saved = app.repository.submit(Submission(template, app.new_id(), values, record_id=record_id), ADMIN)
    assert isinstance(saved, Saved), saved
    return saved


def remove(app: App) -> Removed:
    outcome = app.sample_removal.remove(ADMIN)
    assert isinstance(outcome, Removed)
    return outcome


def sample(app: App, name: str) -> str:
    found = app.repository.references.resolve("customer_info", name)
    record = app.repository.find_by_key("customer_info", found[0], SYSTEM_ACTOR)
    assert record is not None
    return record.record_id


def test_all_samples_go_and_the_first_customer_is_number_one_again(app) -> None:
    done = remove(app)
    assert (done.plan.samples, done.plan.edited, done.plan.needed) == (80, 0, 0)
    assert customers(app) == {}
    assert app.repository.option_count("staff") == 1
    assert save(app, "customer_info", OWN).number == "C0001"
    assert app.samples.loaded_at() is None


def test_what_people_entered_stays(app) -> None:
    number = save(app, "customer_info", OWN).number
    remove(app)
    assert customers(app) == {number: "自家客户有限公司"}


def test_a_sample_somebody_changed_stays_and_with_it_what_it_refers_to(app) -> None:
    save(app, "customer_info", {"contact_title": "董事长"}, sample(app, "瑞丰珠宝有限公司"))
    done = remove(app)
    assert list(customers(app).values()) == ["瑞丰珠宝有限公司"]
    # its owner 张敏, her superior 王强, his superior 李娜, and hers, 周建国
    assert app.repository.option_count("staff") == 5
    assert (done.plan.edited, done.plan.needed) == (1, 4)


def test_the_person_behind_an_account_stays(app) -> None:
    app.accounts.create("zhoujg", "春江花月夜八个字", staff_id="S002", roles=["gm"])
    done = remove(app)
    assert app.repository.references.display("staff", "S002") == "周建国"
    assert done.plan.needed == 1


def test_a_withdrawn_sample_goes_too(app) -> None:
    record_id = sample(app, "瑞丰珠宝有限公司")
    app.repository.withdraw("customer_info", record_id, reason="试试", etag="", key="w", actor=ADMIN)
    remove(app)
    assert customers(app) == {}


def test_nobody_but_an_administrator_may_and_nothing_happens_then(app) -> None:
    outcome = app.sample_removal.remove(replace(ADMIN, roles=frozenset({"gm"})))
    assert isinstance(outcome, Finding)
    assert outcome.code == "A053"
    assert len(customers(app)) == 60


def test_the_workbook_afterwards_opens_and_holds_no_sample_and_the_former_one_is_kept(app, config) -> None:
    app.sync.fold_now()
    before = config.workbook.read_bytes()
    number = save(app, "customer_info", OWN).number
    done = remove(app)
    book = openpyxl.load_workbook(config.workbook)
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert not [cell for cell in cells if "SAMPLE" in cell]
    assert number in cells
    assert "自家客户有限公司" in cells
    copy = config.workbook.with_name(done.copy)
    assert copy.name == "portal（含示例）.xlsx"
    assert copy.read_bytes() == before
    assert app.sync.status().state == "ok"


def test_what_was_typed_into_the_workbook_by_hand_is_taken_in_first_and_stays(app, config, clock) -> None:
    app.sync.fold_now()
    book = openpyxl.load_workbook(config.workbook)
    sheet = book["客户信息管理表"]
    headers = [cell.value for cell in sheet[1]]
    row = sheet.max_row + 1
    for header, value in {
        "客户名称": "手填客户有限公司", "联系人": "王先生", "联系方式": "13812345678", "区域": "本省",
        "首次接触时间": "2026-11-01", "负责人": "孙丽", "是否公职/党政军": "否",
    }.items():  # fmt: skip
        sheet.cell(row, headers.index(header) + 1, value)
    book.save(config.workbook)
    clock.forward(minutes=1)
    remove(app)
    assert list(customers(app).values()) == ["手填客户有限公司"]
    cells = [row[headers.index("客户名称")] for row in openpyxl.load_workbook(config.workbook)["客户信息管理表"].values]
    assert cells == ["客户名称", "手填客户有限公司"]


def test_while_somebody_has_the_workbook_open_nothing_is_removed(app, config) -> None:
    from sheets_adapter.contract import StoreError

    app.sync.fold_now()
    lock = config.workbook.with_name(f"~${config.workbook.name}")
    name = "李娜"
    lock.write_bytes(bytes([len(name)]) + name.encode("gbk").ljust(54) + name.encode("utf-16-le").ljust(110, b"\0"))
    with pytest.raises(StoreError):
        app.sample_removal.remove(ADMIN)
    assert len(customers(app)) == 60
    assert app.samples.loaded_at() is not None


def test_cut_off_in_the_middle_nothing_is_lost_and_it_can_be_done_again(app, config, monkeypatch, open_portal) -> None:
    from sheets_adapter.journal import Journal

    app.sync.fold_now()

    def cut_off(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "forget", cut_off)
    with pytest.raises(KeyboardInterrupt):
        app.sample_removal.remove(ADMIN)
    monkeypatch.undo()
    app.close()
    again: App = open_portal()
    again.sync.fold_now()
    assert len(customers(again)) == 60
    assert config.workbook.exists()
    remove(again)
    assert customers(again) == {}


def test_the_trail_keeps_who_removed_the_samples_and_lists_still_work(app, access_log) -> None:
    remove(app)
    assert access_log(app)[0].action == "remove_samples"
    assert access_log(app)[0].actor == "S001 孙丽"
    saved = save(app, "customer_info", OWN)
    assert [change.verb for change in app.repository.history("customer_info", saved.record_id, ADMIN)] == ["create"]
