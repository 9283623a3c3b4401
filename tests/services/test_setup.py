"""Set-up: only who sees the console can do it, once, and a crash in the middle is done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from schemas.record import SYSTEM_ACTOR
from services.accounts import Account
from services.app import App
from services.records import ListQuery
from services.setup import SetupAnswers, _codes

ANSWERS = SetupAnswers(company="明达科技", admin_name="孙丽", login="admin", password="春江花月夜八个字")


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]


def staff(app: App) -> list[tuple[str, str]]:
    records = app.repository.page("staff", SYSTEM_ACTOR, ListQuery(sort=(("staff_id", False),))).records
    return [(record.values["staff_id"], record.values["staff_name"]) for record in records]


def test_a_fresh_portal_needs_set_up_and_makes_no_workbook_before(app) -> None:
    assert app.setup.needed()
    assert not app.config.workbook.exists()
    assert app.accounts.all() == ()


def test_set_up_makes_the_workbook_the_first_person_and_the_administrator(app) -> None:
    assert app.setup.run(ANSWERS, app.setup.code()) == ()
    assert not app.setup.needed()
    assert staff(app) == [("S001", "孙丽")]
    (account,) = app.accounts.all()
    assert (account.login, account.staff_id, account.roles) == ("admin", "S001", {"admin"})
    assert isinstance(app.accounts.check_password("admin", ANSWERS.password), Account)
    assert app.company == "明达科技"
    app.sync.fold_now()
    sheet = openpyxl.load_workbook(app.config.workbook)["人员档案"]
    assert [cell.value for cell in sheet[2]][:7] == [
        "S001", "孙丽", "管理层", "管理层", "全职", "正式", sheet["G2"].value,
    ]  # fmt: skip
    assert f"{sheet['G2'].value:%Y-%m-%d}" == "2026-11-21"


def test_the_console_line_is_a_ready_link_in_the_asked_language(app) -> None:
    line = app.setup.console_line("http://localhost:8501/", "en")
    assert line == f"Set up the portal:  http://localhost:8501/?setup={app.setup.code()}"
    assert len(app.setup.code()) >= 32


def test_the_link_stays_the_same_for_every_portal_of_the_process_and_is_new_after_a_restart(app, open_portal) -> None:
    first = app.setup.code()
    assert open_portal().setup.code() == first
    assert app.setup.check_code(first)
    _codes.clear()
    second = open_portal().setup.code()
    assert second != first
    assert not app.setup.check_code(first)


def test_the_code_itself_is_not_stored(app) -> None:
    code = app.setup.code()
    stored = b"".join(path.read_bytes() for path in app.config.state_dir.glob("portal.private*"))
    assert code.encode() not in stored


@pytest.mark.parametrize("code", ["", "guess", "\ud800"])
def test_without_the_code_nothing_happens(app, code) -> None:
    app.setup.code()
    assert not app.setup.check_code(code)
    assert codes(app.setup.run(ANSWERS, code)) == ["A024"]
    assert app.setup.needed()


def test_the_link_works_once(app) -> None:
    code = app.setup.code()
    assert app.setup.run(ANSWERS, code) == ()
    assert not app.setup.check_code(code)
    assert codes(app.setup.run(replace(ANSWERS, login="intruder"), code)) == ["A025"]
    assert [account.login for account in app.accounts.all()] == ["admin"]


def test_of_two_who_finish_at_once_the_first_wins(app, open_portal) -> None:
    other, code = open_portal(), app.setup.code()
    assert other.setup.needed()
    assert app.setup.run(ANSWERS, code) == ()
    assert codes(other.setup.run(replace(ANSWERS, login="second"), code)) == ["A025"]
    assert not other.setup.needed()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"company": "  "}, "company", "A020"),
        ({"company": "名" * 61}, "company", "A022"),
        ({"admin_name": ""}, "admin_name", "A021"),
        ({"login": ""}, "login", "A005"),
        ({"password": "12345678"}, "password", "A013"),
        ({"language": "fr"}, "language", "A027"),
        ({"rule_pack": "acme"}, "rule_pack", "A023"),
        ({"sample_data": True, "adopt_workbook": True}, "sample_data", "A029"),
    ],
)
def test_a_bad_answer_is_named_and_nothing_is_made(app, change, field, code) -> None:
    (finding,) = app.setup.run(replace(ANSWERS, **change), app.setup.code())
    assert (finding.code, finding.at.field) == (code, field)
    assert app.setup.needed()
    assert not app.config.workbook.exists()


def test_every_problem_is_named_at_once(app) -> None:
    found = app.setup.find_problems(SetupAnswers("", "", "", "", "fr", "acme"))
    assert codes(found) == ["A020", "A021", "A005", "A010", "A027", "A023"]


def test_a_run_cut_off_after_the_staff_record_is_done_again_without_doubling_it(app, monkeypatch) -> None:
    code = app.setup.code()
    with monkeypatch.context() as patch:
        patch.setattr(app.accounts, "create", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            app.setup.run(ANSWERS, code)
    assert app.setup.needed()
    assert app.accounts.all() == ()
    assert app.company == ""
    assert app.setup.run(ANSWERS, code) == ()
    assert staff(app) == [("S001", "孙丽")]


def make_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "人员档案"
    sheet.append(["工号", "姓名", "部门", "备注"])
    sheet.append(["A7", "孙丽", "总经办", "创始人"])
    sheet.append(["S001", "李娜", "大客户部", None])
    book.save(path)


def test_a_workbook_that_is_already_there_is_taken_over_only_when_asked(app) -> None:
    make_workbook(app.config.workbook)
    before = app.config.workbook.read_bytes()
    assert app.setup.workbook_exists()
    (finding,) = app.setup.run(ANSWERS, app.setup.code())
    assert (finding.code, finding.at.field) == ("A026", "adopt_workbook")
    assert app.config.workbook.read_bytes() == before


def test_taking_a_workbook_over_keeps_its_rows_and_finds_the_administrator_among_them(app) -> None:
    make_workbook(app.config.workbook)
    assert app.setup.run(replace(ANSWERS, adopt_workbook=True), app.setup.code()) == ()
    assert staff(app) == [("A7", "孙丽"), ("S001", "李娜")]
    assert app.accounts.all()[0].staff_id == "A7"
    app.sync.fold_now()
    sheet = openpyxl.load_workbook(app.config.workbook)["人员档案"]
    assert [cell.value for cell in sheet[2]][:4] == ["A7", "孙丽", "总经办", "创始人"]


def test_taking_a_workbook_over_gives_a_new_administrator_a_free_staff_number(app) -> None:
    make_workbook(app.config.workbook)
    answers = replace(ANSWERS, adopt_workbook=True, admin_name="周杰")
    assert app.setup.run(answers, app.setup.code()) == ()
    assert app.accounts.all()[0].staff_id == "S002"


def test_something_that_is_no_workbook_stops_set_up_and_says_why(app) -> None:
    app.config.workbook.write_bytes(b"this is not a workbook")
    found = app.setup.run(replace(ANSWERS, adopt_workbook=True), app.setup.code())
    assert codes(found) == ["S020"]
    assert app.setup.needed()
    assert app.config.workbook.read_bytes() == b"this is not a workbook"


def test_settings_of_set_up_hold_after_a_restart(portal, open_portal) -> None:
    portal.close()
    again = open_portal()
    assert not again.setup.needed()
    assert again.company == "明达科技"
    assert staff(again) == [("S001", "孙丽")]
