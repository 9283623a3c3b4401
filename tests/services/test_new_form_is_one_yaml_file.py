"""A new form is one YAML file in the company's folder: form, sheet, list, checks, history, labels and download."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from schemas.field_types import ParseContext
from schemas.record import Actor, Rejected, Saved, Submission, TypedLine
from schemas.rights import may
from schemas.validation import defaults
from services.app import App
from services.attachments import File
from services.records import ListQuery

LOAN = """
key: demo_unit_loan
version: 1
label: {zh: 样机借用单, en: Demo unit loan}
group: sales
fields:
  - {key: loan_no, type: serial, serial: "YJ{yyyymm}{seq:3}", label: {zh: 借用单号, en: Loan no.}}
  - {key: borrower_id, type: user, label: {zh: 借用人, en: Borrower}, required: true, owner: true,
     default: current_user}
  - {key: lent_on, type: date, label: {zh: 借出日期, en: Lent on}, required: true, default: today, max: today}
  - {key: due_on, type: date, label: {zh: 归还期限, en: Due back}, required: true, min: lent_on}
  - {key: deposit, type: money, label: {zh: 押金, en: Deposit}, min: "0"}
  - key: purpose
    type: choice
    label: {zh: 用途, en: Purpose}
    required: true
    choices: [{value: 试用, en: Trial}, {value: 展会, en: Fair}]
  - {key: fair, type: text, label: {zh: 展会名称, en: Fair}, required_if: {field: purpose, equals: 展会}}
  - {key: worth, type: computed, result: money, compute: "sum(units.price)", label: {zh: 总值, en: Worth}}
lines:
  - key: units
    label: {zh: 样机, en: Units}
    min_rows: 1
    fields:
      - {key: model, type: text, label: {zh: 型号, en: Model}, required: true}
      - {key: price, type: money, label: {zh: 单价, en: Price}, required: true}
record_key: loan_no
list_view: {columns: [loan_no, borrower_id, due_on, purpose]}
permissions:
  create: [sales_rep]
  read: {sales_rep: own}
  edit: [sales_rep]
  export: [sales_rep]
"""

GIVEN = {
    "borrower_id": "S001",
    "lent_on": "2026.11.20",
    "due_on": "2026年12月1日",
    "deposit": "1.2万",
    "purpose": "试用",
}
UNITS = {"units": [TypedLine("", {"model": "=K9", "price": "880"}), TypedLine("", {"model": "00123", "price": "20.5"})]}


@pytest.fixture
def with_form(portal: App, clock) -> App:
    """The running portal, after somebody dropped the file into its company folder."""
    folder = portal.config.company_dir / "templates"
    folder.mkdir(parents=True)
    (folder / "demo_unit_loan.yaml").write_text(LOAN, encoding="utf-8")
    clock.forward(seconds=2)
    assert portal.reload_templates()
    assert portal.template_findings == ()
    return portal


@pytest.fixture
def saved(with_form: App, admin: Actor) -> Saved:
    outcome = with_form.repository.submit(Submission("demo_unit_loan", "key-1", GIVEN, UNITS), admin)
    assert isinstance(outcome, Saved)
    return outcome


def test_the_form_is_offered_to_whom_the_file_says_and_opens_with_its_defaults(with_form, admin) -> None:
    form = with_form.catalogue["demo_unit_loan"]
    assert form in with_form.catalogue.groups["sales"]
    assert form.label.text("en") == "Demo unit loan"
    rep = Actor("x", "S009", "李娜", frozenset({"sales_rep"}))
    clerk = Actor("y", "S010", "赵磊", frozenset({"finance"}))
    assert may(rep, form, "create")
    assert not may(clerk, form, "create")
    context = ParseContext(with_form.clock(), rep, with_form.repository.references)
    assert defaults(form, context, {}) == {"borrower_id": "S009", "lent_on": "2026-11-21"}


def test_a_record_is_checked_understood_numbered_and_computed(with_form, saved, admin) -> None:
    assert saved.number == "YJ202611001"
    record = with_form.repository.get("demo_unit_loan", saved.record_id, admin)
    assert record is not None
    assert record.values["due_on"] == "2026-12-01"
    assert record.values["deposit"] == "12000.00"
    assert record.values["worth"] == "900.50"
    assert [line.values["model"] for line in record.lines["units"]] == ["=K9", "00123"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_on": "2026-11-19"}, "due_on"),
        ({"deposit": "-1"}, "deposit"),
        ({"purpose": "送礼"}, "purpose"),
        ({"purpose": "展会"}, "fair"),
        ({"borrower_id": "S404"}, "borrower_id"),
    ],
    ids=["before it was lent", "negative", "no such choice", "needed by the choice", "no such person"],
)
def test_a_wrong_answer_is_refused_with_a_text_in_both_languages_at_its_field(with_form, admin, change, field) -> None:
    outcome = with_form.repository.submit(Submission("demo_unit_loan", "key-2", GIVEN | change, UNITS), admin)
    assert isinstance(outcome, Rejected)
    (finding,) = outcome.findings
    assert finding.at.field == field
    form = with_form.catalogue["demo_unit_loan"]
    label = form.by_key[field].label
    assert label.zh in with_form.labels.finding(finding, "zh", form)
    assert label.en in with_form.labels.finding(finding, "en", form)


def test_it_has_its_list_its_search_and_its_history(with_form, saved, admin) -> None:
    page = with_form.repository.page("demo_unit_loan", admin, ListQuery(search="YJ2026"))
    assert [record.record_id for record in page.records] == [saved.record_id]
    history = with_form.repository.history("demo_unit_loan", saved.record_id, admin)
    assert history[0].verb == "create"
    assert history[0].actor == "S001 孙丽"


def test_it_has_its_sheets_in_the_workbook_with_real_dates_money_and_text(with_form, saved) -> None:
    with_form.sync.fold_now()
    book = openpyxl.load_workbook(with_form.config.workbook)
    sheet, lines = book["样机借用单"], book["样机借用单明细"]
    header = [cell.value for cell in sheet[1]]
    row = dict(zip(header, sheet[2], strict=True))
    assert row["借用单号"].value == saved.number
    assert row["借用人"].value == "孙丽"
    assert f"{row['归还期限'].value:%Y-%m-%d}" == "2026-12-01"
    assert row["押金"].value == 12000
    assert "0.00" in row["押金"].number_format
    models = dict(zip([cell.value for cell in lines[1]], zip(*lines.iter_rows(min_row=2), strict=True), strict=True))
    assert [(cell.value, cell.data_type) for cell in models["型号"]] == [("=K9", "s"), ("00123", "s")]


def test_a_row_typed_into_its_sheet_by_hand_becomes_a_record(with_form, saved, admin) -> None:
    with_form.sync.fold_now()
    path = with_form.config.workbook
    book = openpyxl.load_workbook(path)
    sheet = book["样机借用单"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for header, value in {"借用人": "孙丽", "借出日期": "2026/11/21", "归还期限": "2026-12-24", "用途": "试用"}.items():
        sheet.cell(3, columns[header], value)
    book.save(path)
    with_form.sync.fold_now()
    page = with_form.repository.page("demo_unit_loan", admin, ListQuery())
    assert {record.values["due_on"] for record in page.records} == {"2026-12-01", "2026-12-24"}


def test_it_has_its_downloads(with_form, saved, admin) -> None:
    made = with_form.exports.records("demo_unit_loan", admin, ListQuery(), kind="csv", language="en")
    assert isinstance(made, File)
    (row,) = csv.DictReader(io.StringIO(made.data.decode("utf-8-sig")))
    assert (row["Loan no."], row["Borrower"], row["Purpose"], row["Worth"]) == (saved.number, "孙丽", "Trial", "900.50")


def test_a_text_of_the_companys_own_locale_file_replaces_ours(with_form, clock) -> None:
    folder = with_form.config.company_dir / "locales" / "zh"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("group.sales: 销售与样机\n", encoding="utf-8")
    clock.forward(seconds=2)
    assert with_form.reload_templates()
    assert with_form.labels.text("group.sales", "zh") == "销售与样机"


def test_a_file_with_a_mistake_is_reported_and_everything_else_goes_on(with_form, saved, admin, clock) -> None:
    path = Path(with_form.config.company_dir) / "templates" / "broken.yaml"
    path.write_text("key: broken\nversion: one\n", encoding="utf-8")
    clock.forward(seconds=2)
    assert with_form.reload_templates()
    assert {Path(finding.at.file).name for finding in with_form.template_findings} == {"broken.yaml"}
    assert with_form.repository.get("demo_unit_loan", saved.record_id, admin) is not None


def test_nothing_is_read_again_while_no_file_was_touched(with_form, clock) -> None:
    before = with_form.catalogue
    clock.forward(seconds=2)
    assert not with_form.reload_templates()
    assert with_form.catalogue is before
