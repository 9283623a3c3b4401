"""manage.py: what an administrator does from the command line, with exit codes a script can rely on."""

from __future__ import annotations

import argparse
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import manage
from schemas.labels import Labels
from schemas.record import SYSTEM_ACTOR, Saved, Submission
from services.accounts import Account
from services.app import App

DOCS = Path(__file__).resolve().parents[2] / "docs" / "manage.md"
PASSWORD = "春江花月夜八个字"


@pytest.fixture
def portal_env(portal: App, monkeypatch: pytest.MonkeyPatch) -> App:
    """A portal that is set up, with the environment that points manage.py to it."""
    monkeypatch.setenv("PORTAL_WORKBOOK", str(portal.config.workbook))
    monkeypatch.setenv("PORTAL_STATE_DIR", str(portal.config.state_dir))
    monkeypatch.setenv("PORTAL_COMPANY_DIR", str(portal.config.company_dir))
    monkeypatch.setattr(manage, "SECRETS", portal.config.state_dir / "no-secrets.toml")
    monkeypatch.setattr("services.app.Hashing", lambda: portal.accounts._hashing)
    return portal


@pytest.fixture
def li(portal_env: App) -> None:
    values = {
        "staff_id": "S002", "staff_name": "李娜", "dept": "大客户部", "role": "销售顾问", "employment": "全职",
        "staff_state": "正式", "joined_on": "2024-03-01",
    }  # fmt: skip
    assert isinstance(portal_env.repository.submit(Submission("staff", "key-li", values), SYSTEM_ACTOR), Saved)


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))


def test_a_user_is_added_listed_disabled_enabled_and_given_a_new_password(portal_env, li, monkeypatch, capsys) -> None:
    type_in(monkeypatch, PASSWORD)
    assert manage.main(["user", "add", "李娜", "--staff", "S002", "--role", "sales_rep", "--password-stdin"]) == 0
    assert isinstance(portal_env.accounts.check_password("李娜", PASSWORD), Account)
    assert manage.main(["user", "disable", "李娜"]) == 0
    assert not isinstance(portal_env.accounts.check_password("李娜", PASSWORD), Account)
    capsys.readouterr()
    assert manage.main(["user", "list"]) == 0
    assert capsys.readouterr().out == "admin\tS001\tadmin\t正常\n李娜\tS002\tsales_rep\t已停用\n"
    assert manage.main(["user", "enable", "李娜"]) == 0
    type_in(monkeypatch, "another good password")
    assert manage.main(["user", "reset-password", "李娜", "--password-stdin"]) == 0
    assert isinstance(portal_env.accounts.check_password("李娜", "another good password"), Account)


def test_what_is_refused_is_said_with_its_code_and_ends_with_one(portal_env, li, monkeypatch, capsys) -> None:
    type_in(monkeypatch, "12345678")
    assert manage.main(["user", "add", "李娜", "--staff", "S404", "--role", "boss", "--password-stdin"]) == 1
    said = capsys.readouterr().err
    assert re.findall(r"\[(\w+)\]$", said, re.MULTILINE) == ["A013", "A007", "A015"]
    assert "S404" in said


@pytest.mark.parametrize("verb", ["disable", "enable", "unlock"])
def test_an_unknown_login_is_named(portal_env, capsys, verb) -> None:
    assert manage.main(["user", verb, "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


def test_the_last_administrator_cannot_be_disabled(portal_env, capsys) -> None:
    assert manage.main(["user", "disable", "admin"]) == 1
    assert "[A009]" in capsys.readouterr().err


def test_a_locked_login_is_unlocked(portal_env, capsys) -> None:
    for _ in range(5):
        portal_env.accounts.check_password("admin", "wrong password")
    assert manage.main(["user", "unlock", "admin"]) == 0
    assert isinstance(portal_env.accounts.check_password("admin", PASSWORD), Account)


def test_checkpoint_writes_what_waits_and_status_says_so(portal_env, li, capsys) -> None:
    assert manage.main(["status"]) == 1
    assert "待写入：2 处" in capsys.readouterr().out
    assert manage.main(["checkpoint"]) == 0
    said = capsys.readouterr().out
    assert "待写入：0 处" in said
    assert str(portal_env.config.workbook) in said
    assert manage.main(["status"]) == 0


def test_a_checkpoint_that_must_wait_says_why(portal_env, li, capsys) -> None:
    portal_env.sync.fold_now()
    portal_env.config.workbook.unlink()
    assert manage.main(["checkpoint"]) == 1
    assert "[S080]" in capsys.readouterr().err


def test_a_portal_that_is_not_set_up_says_where_to_go(app: App, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PORTAL_WORKBOOK", str(app.config.workbook))
    monkeypatch.setenv("PORTAL_STATE_DIR", str(app.config.state_dir))
    assert manage.main(["status"]) == 1
    assert "设置" in capsys.readouterr().err


def test_check_is_silent_about_good_forms_and_names_file_line_and_code_of_bad_ones(
    few_forms: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("PORTAL_STATE_DIR", str(tmp_path / "state"))
    assert manage.main(["check"]) == 0
    assert capsys.readouterr().err == ""
    folder = tmp_path / "ours" / "templates"
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text(
        "key: bad\nversion: 1\nlabel: {zh: 坏表, en: Bad}\nfields:\n"
        "  - {key: name, type: text, label: {zh: 名称, en: Name}}\nlist_view: {columns: [nmae]}\n",
        encoding="utf-8",
    )
    assert manage.main(["check", "--company-dir", str(tmp_path / "ours")]) == 1
    said = capsys.readouterr().err
    assert re.search(r"bad\.yaml:6: .*nmae.*name.*\[T\d{3}\]", said)
    assert not (tmp_path / "state").exists()


def test_a_bad_setting_is_named_with_its_source(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PORTAL_TIMEZONE", "Mars")
    monkeypatch.setenv("PORTAL_LANGUAGE", "en")
    monkeypatch.setenv("PORTAL_STATE_DIR", str(tmp_path / "state"))
    assert manage.main(["status"]) == 1
    said = capsys.readouterr().err
    assert "PORTAL_TIMEZONE" in said
    assert "[C004]" in said


def test_secrets_are_read_from_the_file_beside_the_portal(tmp_path) -> None:
    path = tmp_path / "secrets.toml"
    assert manage.read_secrets(path) == {}
    path.write_text('[portal]\nlanguage = "en"\n', encoding="utf-8")
    assert manage.read_secrets(path) == {"portal": {"language": "en"}}


def test_a_hash_for_the_secrets_is_made(portal_env, monkeypatch, capsys) -> None:
    type_in(monkeypatch, PASSWORD)
    assert manage.main(["hash-password", "--password-stdin"]) == 0
    assert capsys.readouterr().out.startswith("$2b$")


def test_a_command_line_that_is_not_understood_ends_with_two(portal_env, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        manage.main(["user", "promote", "admin"])
    assert ended.value.code == 2


def subcommands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, made in action.choices.items():
                yield f"{before}{name}", made.description or ""
                yield from subcommands(made, f"{before}{name} ")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_subcommand_has_a_heading_in_the_manual_and_a_help_text(language) -> None:
    console = manage.Console(Labels.load(manage.LOCALES), language)
    listed = dict(subcommands(manage.parser(console)))
    headings = re.findall(r"^#{2,3} (.+)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(listed)
    assert all(text and not text.startswith("manage.") for text in listed.values())


def files_of(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder with its content; what SQLite keeps beside an open database left out."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


@pytest.mark.parametrize("running", [True, False], ids=["while the portal runs", "while nothing runs"])
def test_a_report_changes_neither_workbook_nor_journal(portal_env, li, capsysbinary, running: bool) -> None:
    portal_env.sync.fold_now()
    if not running:
        portal_env.close()
    before = files_of(portal_env.config.state_dir.parent)
    for source in ([], ["--workbook", str(portal_env.config.workbook)]):
        arguments = ["report", "suggestion_awards", "--as-of", "2026-11-21", "--format", "json", *source]
        assert manage.main(arguments) == 0
        (line,) = json.loads(capsysbinary.readouterr().out)["lines"][:1]
        assert line["values"]["department"]
    assert files_of(portal_env.config.state_dir.parent) == before
