"""Every line of every report, over the sample company's year and a month full of trouble: the records behind it, the
rule, and the steps in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reports.frames import frames_of
from reports.registry import REPORTS, Request
from reports.statement import Source, Statement, StatementLine, step_text
from schemas.calendar import WorkingCalendar
from schemas.labels import LANGUAGES, Labels
from services.app import open_app
from services.config import Config
from services.gates import Gatekeeper
from services.hashing import Hashing
from services.report_data import read_store
from tests.reports.books import ROOT, Book, catalogue, pack
from tests.reports.test_statement_texts import busy_book
from tests.services.conftest import FakeClock
from tests.services.test_sample_records import ANSWERS
from tests.services.test_samples import DAYS

LABELS = Labels.load(ROOT / "forms" / "locales")
NOW = DAYS["an ordinary Sunday"]
MONTH = "2026-10"
RAW = re.compile(r"[{}]|\b(?:None|nan|NaN|NaT|True|False|Decimal|Timestamp)\b|\b(?:step|word|value|column)\.\w")
CODE = re.compile(r"(?<![.\w])[a-z]+_[a-z_]+\b")
"""A key such as met_late; the dotted name of an option, which a person can look up, is none."""
ENGLISH = re.compile(r"(?<![\w.])[a-z]{3,}\b(?![.-])")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOT_TOLD: Book = {
    "order_register": [
        {"record_id": "o1", "reg_no": "1", "received_on": "2026-10-08", "due_on": "2026-10-20", "customer_id": "C0001",
         "sku": "J01", "qty": "2", "unit_price": "500", "amount": "1000"},
    ],
    "service_daily": [{"record_id": "v1", "report_on": "2026-10-09", "author_id": "S014"}],
    "service_daily.lines": [
        {"record_id": "v1", "line_no": "1", "customer_id": "C0001", "visited_at": "2026-10-09 10:00"},
    ],
    "expense_claim": [
        {"record_id": "x1", "claimant_id": "S006", "month": MONTH, "link_kind": "拜访", "amount": "80"},
    ],
    "false_sale_case": [
        {"record_id": "f1", "case_no": "XJ1", "staff_id": "S006", "finding": "待查", "mode": "仅记录"},
    ],
}  # fmt: skip
"""What the sample company does not have, so that every report has a line."""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("year")
    config = Config(folder / "portal.xlsx", folder / "state", folder / "company")
    clock = FakeClock()
    clock.now = NOW
    app = open_app(config, clock=clock, hashing=Hashing(cost=4), start_checkpointer=False)
    app.setup.run(replace(ANSWERS, sample_data=False), app.setup.code())
    gates = Gatekeeper(config, clock=clock, repository=lambda: app.repository, pack_name=lambda: None)
    app.samples.want()
    app.samples.load_wanted(gates=(gates,))
    told = read_store(config, app._forms.catalogue, NOW).rows
    app.close()
    of = {table: [dict(row) for row in found] for table, found in told.items()}
    for table, more in NOT_TOLD.items():
        of[table] = [*of.get(table, ()), *more]
    return of


@pytest.fixture(scope="module")
def books(rows: Book) -> dict[str, Book]:
    return {"year": rows, "trouble": busy_book()}


@pytest.fixture(scope="module")
def statements(books: dict[str, Book]) -> dict[tuple[str, str], Statement]:
    rules = pack()
    made = {}
    for told, book in books.items():
        frames, _ = frames_of(catalogue().templates, book)
        for name, kind in REPORTS.items():
            asked = Request(frames, rules, NOW, WorkingCalendar(), MONTH if kind.month else "")
            made[told, name] = kind.function()(asked)
    return made


@pytest.fixture(params=REPORTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["year", "trouble"])
def told(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows_told(books: dict[str, Book], told: str) -> Book:
    return books[told]


@pytest.fixture
def statement(statements: dict[tuple[str, str], Statement], told: str, name: str) -> Statement:
    return statements[told, name]


def texts(statement: Statement, language: str) -> Iterator[tuple[str, str]]:
    """Each different text of the statement's steps, with its code."""
    seen = {
        (step.code, step_text(step, LABELS, language)) for line in statement.lines for step in statement.explain(line)
    }
    yield from sorted(seen)


def test_every_report_has_lines(statements: dict[tuple[str, str], Statement], name: str) -> None:
    assert len(statements["year", name].lines) > 0


def test_every_line_names_records_that_exist(statement: Statement, rows_told: Book) -> None:
    known = {
        Source(table, row["record_id"], int(row.get("line_no", 0)) if "." in table else 0)
        for table, found in rows_told.items()
        for row in found
    }
    assert {source for line in statement.lines for source in line.sources} <= known
    assert [line.key for line in statement.lines if not line.sources and not of_the_company(line)] == []


def of_the_company(line: StatementLine) -> bool:
    """What the company owes once a period, such as settling a month, stands on no record of its own."""
    return line.values.get("record_id") == "company"


def test_every_line_cites_its_rule_in_both_languages(statement: Statement) -> None:
    cited = {line.citation for line in statement.lines}
    assert None not in cited
    for one in cited:
        assert one is not None
        assert all((one.document, one.clause, one.zh, one.en))
        assert CHINESE.search(one.zh)
        assert not CHINESE.search(one.en)


def test_every_line_has_steps(statement: Statement) -> None:
    assert [line.key for line in statement.lines if not statement.explain(line)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_step_shows_a_placeholder_or_a_code(statement: Statement, language: str) -> None:
    told = list(texts(statement, language))
    assert [one for one in told if RAW.search(one[1]) or CODE.search(one[1]) or one[1] == f"step.{one[0]}"] == []


def test_a_step_in_chinese_has_no_english_words(statement: Statement) -> None:
    told = [(code, text) for code, text in texts(statement, "zh") if not CHINESE.search(text) or ENGLISH.search(text)]
    assert told == []


def test_a_step_in_english_has_no_chinese_but_names(statement: Statement, rows_told: Book) -> None:
    names = {row.get(key, "") for table, key in NAMES for row in rows_told.get(table, ())} - {""}
    assert [(code, text) for code, text in texts(statement, "en") if CHINESE.search(without(text, names))] == []


NAMES = (("product", "product_name"), ("customer_info", "customer_name"), ("staff", "staff_name"), ("staff", "dept"))


def without(text: str, names: set[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return text
