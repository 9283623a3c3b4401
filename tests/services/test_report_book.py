"""Reports of an opened portal keep what they read: an answer after a change is the answer computed anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reports.statement import Statement, to_json
from services.app import App
from services.report_files import ReportTexts
from services.reports import Question, answer
from sheets_adapter.contract import Put, WriteBatch, Written

SHIPPED = Path(__file__).resolve().parents[2] / "forms" / "templates"
FORMS = ("sales/deal", "customers/customer_info", "people/staff", "contracts/contract", "system/calendar_override")
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def app(few_forms: Path, open_portal, clock) -> App:
    for name in FORMS:
        found = next(SHIPPED.rglob(f"{Path(name).name}.yaml"))
        (few_forms / found.name).write_text(found.read_text("utf-8"), "utf-8")
    clock.now = NOW
    return open_portal()


def write(portal: App, table: str, row_id: str, **values: str) -> None:
    """A row as the journal holds it, whatever way it came there: by a form or by a cell changed in the workbook."""
    assert portal.repository
    put = Put(table, row_id, {"status": "有效", **values}, "edit")
    assert isinstance(portal._journal.write(WriteBatch((put,), "S001", NOW)), Written)


def told(statement: Statement, portal: App) -> object:
    return to_json(statement, ReportTexts(portal.labels, portal.catalogue))


def check(portal: App, at: datetime) -> dict[str, str]:
    """The deadlines as the portal answers them, which are those of its files read anew: record → status."""
    question = Question("deadlines", at)
    kept, anew = portal.report(question), answer(question, portal.config, portal._forms)
    assert told(kept, portal) == told(anew, portal)
    return {
        str(line.values["record_id"]): str(line.values["status"]) for line in kept.lines if line.values["rule"] == "D05"
    }


def contract(portal: App, row_id: str, **values: str) -> None:
    write(portal, "contract", row_id, **{"contract_no": row_id, "signed_on": "2026-11-02", **values})


def test_what_is_saved_changed_and_withdrawn_is_in_the_next_answer(app: App) -> None:
    assert check(app, NOW) == {}
    contract(app, "c1")
    assert check(app, NOW) == {"c1": "overdue"}
    contract(app, "c1", archived_on="2026-11-03")
    contract(app, "c2")
    assert check(app, NOW) == {"c1": "met", "c2": "overdue"}
    contract(app, "c1", status="已作废")
    assert check(app, NOW) == {"c2": "overdue"}


def test_the_day_and_the_companys_own_days_off_count_from_the_next_question(app: App, clock) -> None:
    contract(app, "c1", signed_on="2026-11-09")
    assert check(app, NOW) == {"c1": "pending"}
    clock.forward(days=4)
    assert check(app, NOW + timedelta(days=4)) == {"c1": "overdue"}
    for day in ("2026-11-10", "2026-11-11", "2026-11-12"):
        write(app, "calendar_override", day, on_day=day, kind="放假")
    assert check(app, NOW + timedelta(days=4)) == {"c1": "pending"}


def test_options_of_one_question_leave_no_trace_in_the_next(app: App) -> None:
    contract(app, "c1")
    question = Question("deadlines", NOW)
    before = told(app.report(question), app)
    other = app.report(replace(question, options={"deadlines.D05.enabled": "false"}))
    assert not [line for line in other.lines if line.values["rule"] == "D05"]
    assert told(app.report(question), app) == before


def test_forgotten_records_are_in_no_later_answer(app: App) -> None:
    contract(app, "c1")
    assert check(app, NOW) == {"c1": "overdue"}
    journal = app._journal
    assert journal.forget({"contract": ["c1"]}, if_revision=journal.revision(), actor="", at=NOW)
    assert check(app, NOW) == {}


def test_many_sessions_ask_while_records_are_saved(app: App) -> None:
    with ThreadPoolExecutor(3) as sessions:
        asked = [sessions.submit(app.report, Question("deadlines", NOW)) for _ in range(9)]
        for number in range(6):
            contract(app, f"c{number}")
        assert all(one.result().report == "deadlines" for one in asked)
    assert len(check(app, NOW)) == 6
