"""Closing a month of commissions in an opened portal: who may, what is written, and that it stays as it was."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

import manage
from schemas.record import SYSTEM_ACTOR, Actor, Rejected, Saved, Submission
from services.app import App
from services.reports import Question, answer
from services.templates import Forms
from sheets_adapter.repository import ListQuery
from tests.services.conftest import ANSWERS

SHIPPED = Path(__file__).resolve().parents[2] / "forms" / "templates"
FORMS = (
    "people/staff", "people/award_notice", "people/false_sale_case", "customers/customer_info", "sales/deal",
    "sales/product", "sales/quota", "system/settlement",
)  # fmt: skip
FINANCE = Actor("f", "S900", "王会计", frozenset({"finance"}))
SELLER = Actor("s", "S002", "李娜", frozenset({"sales_rep"}))
STAFF = {"dept": "大客户部", "role": "销售顾问", "employment": "全职", "staff_state": "正式", "joined_on": "2024-03-01"}
CUSTOMER = {
    "customer_id": "C0001", "customer_name": "华光", "contact_name": "周先生", "contact_phone": "13800000101",
    "first_contact_on": "2026-09-03", "owner_id": "S002", "region": "本市", "is_public_official": "否",
}  # fmt: skip


@pytest.fixture
def app(few_forms: Path, open_portal, clock) -> App:
    """Two sellers and a cashier; S002 sold for 30,000 in October, S003 sold nothing."""
    for name in FORMS:
        (few_forms / f"{Path(name).name}.yaml").write_text((SHIPPED / f"{name}.yaml").read_text("utf-8"), "utf-8")
    portal: App = open_portal()
    clock.now = datetime(2026, 10, 20, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    for staff_id, name, role in (
        ("S002", "李娜", "销售顾问"),
        ("S003", "赵强", "销售顾问"),
        ("S900", "王会计", "财务"),
    ):
        save(portal, "staff", **{**STAFF, "staff_id": staff_id, "staff_name": name, "role": role})
    save(portal, "customer_info", **CUSTOMER)
    save(
        portal, "product", sku="J01", product_name="金镯", category="珠宝", list_price="30000", valid_from="2026-01-01"
    )
    save(portal, "quota", staff_id="S002", month="2026-10", full_quota="40000")
    deal(portal, "D1", "30000", "2026-10-12")
    clock.now = datetime(2026, 11, 10, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    return portal


def save(portal: App, template: str, **values: str) -> str:
    saved = portal.repository.submit(Submission(template, portal.new_id(), values), SYSTEM_ACTOR)
    assert isinstance(saved, Saved), saved
    return saved.record_id


def deal(portal: App, number: str, amount: str, on: str, seller: str = "S002", **more: str) -> str:
    values = {
        "deal_no": number,
        "sold_on": on,
        "paid_on": on,
        "customer_id": "C0001",
        "seller_id": seller,
        "sku": "J01",
    }
    values |= {"list_amount": amount, "amount": amount, "kind": "销售", "currency": "CNY"}
    return save(portal, "deal", **{**values, **more})


def change(portal: App, template: str, record_id: str, actor: Actor = SYSTEM_ACTOR, **values: str) -> Saved | Rejected:
    record = portal.repository.get(template, record_id, SYSTEM_ACTOR)
    assert record is not None
    edit = Submission(
        template, portal.new_id(), {**record.values, **values}, {}, record_id, {record_id: record.etag}
    )  # fmt: skip
    return portal.repository.submit(edit, actor)


def stored(portal: App) -> list[tuple[str, str]]:
    """Settlement numbers and what they pay."""
    page = portal.repository.page("settlement", SYSTEM_ACTOR, ListQuery())
    return sorted((record.values["settlement_no"], record.values["payable"]) for record in page.records)


def commissions(portal: App, month: str, staff_id: str = "S002") -> dict[str, object]:
    question = Question("commissions", portal.clock(), month)
    lines = answer(question, portal.config, Forms(portal.config)).lines
    return dict(next(line.values for line in lines if line.values["staff_id"] == staff_id))


def test_a_closing_writes_who_closed_it_when_under_which_pack_and_what_it_took_in(app) -> None:
    settled = app.settling.close("2026-10", FINANCE)
    assert (settled.written, settled.findings) == (True, ())
    # 30,000 × 6 % and the week's prize; below the quota of 40,000 there is no prize for the month.
    assert stored(app) == [("JS-202610-S002", "2000.00"), ("JS-202610-S003", "0.00")]
    mine = next(one for one in settled.settlements if one.staff_id == "S002")
    record = app.repository.get("settlement", mine.record_id, SYSTEM_ACTOR)
    kept = record.values
    assert (kept["closed_by"], kept["closed_at"], kept["pack"]) == (
        "S900",
        "2026-11-10 09:00:00",
        "key_account_jewellery",
    )
    assert len(kept["pack_hash"]) == 64
    assert record.system["created_by"] == "S900 王会计"
    lines = {line.values["kind"]: line.values["commission"] for line in record.lines["lines"]}
    assert lines == {"成交": "1800.00", "周冠军": "200.00"}
    statement = commissions(app, "2026-10")
    assert (statement["status"], statement["payable"]) == ("closed", Decimal("2000.00"))


def test_only_finance_or_an_administrator_closes(app) -> None:
    for work in (app.settling.close, app.settling.preview):
        refused = work("2026-10", SELLER)
        assert [finding.code for finding in refused.findings] == ["E358"]
        assert (refused.settlements, refused.written) == ((), False)
    assert stored(app) == []


def test_a_preview_says_what_would_be_written_and_writes_nothing(app) -> None:
    seen = app.settling.preview("2026-10", FINANCE)
    assert [(one.number, one.payable) for one in seen.settlements] == [
        ("JS-202610-S002", Decimal("2000.00")), ("JS-202610-S003", Decimal("0.00")),
    ]  # fmt: skip
    assert (seen.written, stored(app)) == (False, [])


def test_whose_figures_are_incomplete_stays_open_with_the_reason_and_the_others_are_closed(app, clock) -> None:
    bad = deal(app, "D2", "9000", "2026-10-14", seller="S003", currency="USD")
    settled = app.settling.close("2026-10", FINANCE)
    told = [
        (finding.code, finding.params.get("staff_id"), finding.params.get("reason_word"))
        for finding in settled.findings
    ]
    # The week's and the month's champion cannot be named while an amount is not known.
    assert told == [("E340", None, None), ("E340", None, None), ("E354", "S003", "word.withheld.E312")]
    assert stored(app) == [("JS-202610-S002", "1800.00")]
    clock.forward(days=1)
    assert isinstance(change(app, "deal", bad, currency="CNY"), Saved)
    again = app.settling.close("2026-10", FINANCE)
    assert [one.number for one in again.settlements] == ["JS-202610-S003"]
    assert again.findings == ()
    assert commissions(app, "2026-11")["adjustments"] == Decimal("200.00")


def test_a_month_that_is_not_over_is_not_closed(app) -> None:
    settled = app.settling.close("2026-11", FINANCE)
    assert [finding.code for finding in settled.findings] == ["E353"]
    assert stored(app) == []


def test_the_same_key_closes_once_and_a_second_closing_finds_nothing_to_do(app) -> None:
    app.settling.close("2026-10", FINANCE, key="once")
    before = stored(app)
    assert app.settling.close("2026-10", FINANCE, key="once").settlements == ()
    assert stored(app) == before


def test_all_settlements_of_a_closing_are_written_or_none(app, monkeypatch) -> None:
    """Somebody else closes S003 between the reading and the writing: nothing of ours is written, and it is said."""
    read = app.settling._read
    records = read("Asia/Shanghai")
    app.settling.close("2026-10", FINANCE, person="S003")
    monkeypatch.setattr(app.settling, "_read", lambda timezone: records)
    late = app.settling.close("2026-10", FINANCE)
    assert not late.written
    assert {finding.code for finding in late.findings} & {"R001", "R003"}
    assert stored(app) == [("JS-202610-S003", "0.00")]


@pytest.mark.parametrize(
    "actor",
    [FINANCE, SYSTEM_ACTOR, Actor("a", "S001", "孙丽", frozenset({"admin"}))],
    ids=["finance", "portal", "administrator"],
)
def test_nobody_changes_withdraws_or_restores_a_settlement(app, actor) -> None:
    settlement = app.settling.close("2026-10", FINANCE, person="S002").settlements[0]
    before = app.repository.get("settlement", settlement.record_id, SYSTEM_ACTOR)
    work = app.repository
    for outcome in (
        change(app, "settlement", settlement.record_id, actor, payable="9999"),
        work.withdraw("settlement", before.record_id, reason="误", etag=before.etag, key="w", actor=actor),
        work.restore("settlement", before.record_id, etag=before.etag, key="r", actor=actor),
    ):
        assert isinstance(outcome, Rejected)
        assert {finding.code for finding in outcome.findings} <= {"P001", "R019"}
    assert app.repository.get("settlement", settlement.record_id, SYSTEM_ACTOR) == before


def test_later_changes_are_borne_by_the_next_open_month_and_the_closed_one_stays(app, clock) -> None:
    app.settling.close("2026-10", FINANCE)
    first = app.repository.find_by_key("deal", "D1", SYSTEM_ACTOR)
    clock.forward(days=1)
    assert isinstance(change(app, "deal", first.record_id, amount="28000", list_amount="28000"), Saved)
    late = deal(app, "D3", "5000", "2026-10-30")
    october, november = commissions(app, "2026-10"), commissions(app, "2026-11")
    assert (october["status"], october["payable"]) == ("closed", Decimal("2000.00"))
    # 33,000 × 6 % = 1,980.00 instead of 1,800.00; the week of the 5,000 is below a quarter of the quota.
    assert november["adjustments"] == Decimal("180.00")
    gone = app.repository.get("deal", late, SYSTEM_ACTOR)
    app.repository.withdraw("deal", late, reason="退单", etag=gone.etag, key="w3", actor=SYSTEM_ACTOR)
    # 28,000 × 6 % = 1,680.00.
    assert commissions(app, "2026-11")["adjustments"] == Decimal("-120.00")


def test_a_settlement_typed_over_in_the_workbook_is_put_back(app, clock) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    app.settling.close("2026-10", FINANCE, person="S002")
    app.sync.fold_now()
    book = openpyxl.load_workbook(app.config.workbook)
    sheet = book["提成结算单"]
    at = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, at["应付"]).value = 99999
    book["提成结算单明细"].delete_rows(2)
    book.save(app.config.workbook)
    clock.forward(minutes=1)
    app.sync.fold_now()
    assert stored(app) == [("JS-202610-S002", "2000.00")]
    sheet = openpyxl.load_workbook(app.config.workbook)["提成结算单"]
    assert sheet.cell(2, at["应付"]).value == 2000
    assert {finding.code for finding in app.sync.findings()} >= {"S066", "S074"}
    assert app.sync.conflicts(FINANCE) == ()


@pytest.fixture
def console(app, monkeypatch) -> App:
    """The portal as manage.py opens it, with an account of the cashier's."""
    for name, place in (("WORKBOOK", "workbook"), ("STATE_DIR", "state_dir"), ("COMPANY_DIR", "company_dir")):
        monkeypatch.setenv(f"PORTAL_{name}", str(getattr(app.config, place)))
    monkeypatch.setattr(manage, "SECRETS", app.config.state_dir / "none.toml")
    monkeypatch.setattr("services.app.Hashing", lambda: app.accounts._hashing)
    monkeypatch.setattr("services.app.system_clock", lambda config: app.clock)
    assert app.setup.run(ANSWERS, app.setup.code()) == ()
    app.accounts.create("cashier", "春江花月夜八个字", staff_id="S900", roles=["finance"])
    app.accounts.create("seller", "春江花月夜八个字", staff_id="S002", roles=["sales_rep"])
    return app


def test_manage_settles_a_month(console, capsys) -> None:
    assert manage.main(["settle", "--month", "2026-10", "--by", "cashier", "--preview"]) == 0
    assert "JS-202610-S002\tS002\t2000.00" in capsys.readouterr().out
    assert stored(console) == []
    assert manage.main(["settle", "--month", "2026-10", "--by", "cashier"]) == 0
    assert "JS-202610-S002\tS002\t2000.00" in capsys.readouterr().out
    assert stored(console)[0] == ("JS-202610-S002", "2000.00")


@pytest.mark.parametrize(
    ("by", "month", "code"),
    [("nobody", "2026-10", "A043"), ("seller", "2026-10", "E358"), ("cashier", "2026-11", "E353")],
)
def test_manage_says_why_a_month_is_not_settled(console, capsys, by, month, code) -> None:
    assert manage.main(["settle", "--month", month, "--by", by]) == 1
    assert f"[{code}]" in capsys.readouterr().err
    assert stored(console) == []
