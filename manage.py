"""Operations from the command line; the same doors as the pages. Documented in docs/manage.md."""

from __future__ import annotations

import argparse
import getpass
import io
import logging
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from schemas.finding import CellRef, Finding, has_errors
from schemas.labels import Labels
from schemas.record import Actor
from services.accounts import Account, AccountRefused
from services.app import App, ConfigError, load_config, open_app, system_clock
from services.config import ROOT, Config
from services.hashing import Hashing
from services.passwords import find_password_problems
from services.records import StoreError
from services.report_data import reason_word
from services.report_files import ReportTexts, render
from services.reports import Question, ReportRefused, answer, find_pack_problems, report_names
from services.templates import Forms, locale_dirs

DONE, PROBLEM, USAGE = 0, 1, 2
SECRETS = ROOT / ".streamlit" / "secrets.toml"
LOCALES = ROOT / "forms" / "locales"


class Console:
    """Prints texts of the locale files in the company's language; what is wrong goes to stderr."""

    def __init__(self, labels: Labels, language: str) -> None:
        self._labels = labels
        self._language = language

    def text(self, key: str, **params: Any) -> str:
        """A text in the console's language."""
        return self._labels.text(f"manage.{key}", self._language, **params)

    def text_of(self, key: str) -> str:
        """Any text of the locale files in the console's language."""
        return self._labels.text(key, self._language)

    def say(self, key: str, **params: Any) -> None:
        """Prints a text."""
        print(self.text(key, **params))

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """Prints rows with tabs between, for reading and for `cut`."""
        for row in rows:
            print("\t".join(row))

    def complain(self, findings: Iterable[Finding]) -> int:
        """Prints findings as `place: text [code]`; answers the exit code."""
        for finding in findings:
            place = f"{finding.at}: " if finding.at else ""
            print(f"{place}{self._labels.finding(finding, self._language)} [{finding.code}]", file=sys.stderr)
        return PROBLEM


def check(config: Config, console: Console, arguments: argparse.Namespace) -> int:
    """Every problem of every template and rule pack, the company's included."""
    if arguments.company_dir:
        config = replace(config, company_dir=Path(arguments.company_dir).resolve())
    forms = Forms(config)
    rules = find_pack_problems(config, forms, system_clock(config)().date())
    findings = (*config.findings, *forms.findings, *rules)
    console.complain(findings)
    console.say("checked", templates=len(forms.catalogue), findings=len(findings))
    return PROBLEM if has_errors(findings) else DONE


def list_users(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """One account a line."""
    console.table(
        (account.login, account.staff_id, ",".join(sorted(account.roles)), console.text(_state(account)))
        for account in app.accounts.all()
    )
    return DONE


def add_user(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """A new account for a person of the staff file."""
    made = app.accounts.create(
        arguments.login,
        _password(console, arguments),
        staff_id=arguments.staff,
        roles=arguments.role,
        language=arguments.language,
    )
    return _told(console, made, "user_added")


def reset_password(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """A new password; every session of the account ends."""
    return _on_account(app, console, arguments, "password_reset", lambda account: app.accounts.set_password(
        account.account_id, _password(console, arguments)))  # fmt: skip


def disable_user(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """No more signing in; every session of the account ends."""
    return _on_account(app, console, arguments, "user_disabled", lambda account: app.accounts.disable(
        account.account_id))  # fmt: skip


def enable_user(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """May sign in again."""
    return _on_account(app, console, arguments, "user_enabled", lambda account: app.accounts.enable(
        account.account_id))  # fmt: skip


def unlock_user(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """Forgets the wrong passwords."""
    if app.accounts.unlock(arguments.login) == 0:
        return console.complain([Finding("A042", params={"login": arguments.login})])
    console.say("user_unlocked", login=arguments.login)
    return DONE


def checkpoint(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """Brings the workbook up to date now."""
    if app.setup.needed():
        return _not_set_up(console)
    app.sync.fold_now()
    return status(app, console, arguments)


def status(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """How the portal is: what waits for the workbook and why, and what wants a person's eye."""
    if app.setup.needed():
        return _not_set_up(console)
    health = app.health()
    console.say("workbook", path=str(app.config.workbook))
    console.say("pending", count=health.sync.pending)
    console.say("conflicts", count=health.sync.conflicts)
    console.complain(health.findings)
    return PROBLEM if health.sync.pending or has_errors(health.findings) else DONE


def settle(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """Closes a month of commissions; prints the settlements, and whose months stay open and why."""
    actor = _acting(app, console, arguments.by)
    if isinstance(actor, int):
        return actor
    work = app.settling.preview if arguments.preview else app.settling.close
    settled = work(arguments.month, actor, person=arguments.person or "")
    console.table((one.number, one.staff_id, f"{one.payable:.2f}") for one in settled.settlements)
    console.complain(settled.findings)
    done = "months_to_close" if arguments.preview else "months_closed"
    console.say(done, count=len(settled.settlements), month=arguments.month, open=len(settled.findings))
    return PROBLEM if has_errors(settled.findings) else DONE


def grade(app: App, console: Console, arguments: argparse.Namespace) -> int:
    """Puts suggested grades in force, where the rule pack says so; prints each customer's former and new grade."""
    actor = _acting(app, console, arguments.by)
    if isinstance(actor, int):
        return actor
    applied = app.grading.apply(actor, preview=arguments.preview)
    console.table((one.customer_id, one.former, one.grade, one.reason) for one in applied.changes)
    console.complain(applied.findings)
    console.say("grades_to_apply" if arguments.preview else "grades_applied", count=len(applied.changes))
    return PROBLEM if has_errors(applied.findings) else DONE


def _acting(app: App, console: Console, login: str) -> Actor | int:
    """Who acts: the person of that account, with its rights; an exit code when there is none."""
    if app.setup.needed():
        return _not_set_up(console)
    account = app.accounts.by_login(login)
    if account is None:
        return console.complain([Finding("A043", params={"login": login})])
    token = app.sessions.open(account)
    actor = app.sessions.actor(token)
    app.sessions.close(token)
    return actor or console.complain([Finding("A003")])


def make_hash(config: Config, console: Console, arguments: argparse.Namespace) -> int:
    """A bcrypt hash for secrets.toml."""
    password = _password(console, arguments)
    problems = find_password_problems(password, "")
    if problems:
        return console.complain(problems)
    print(Hashing().make(password))
    return DONE


def report(config: Config, console: Console, arguments: argparse.Namespace) -> int:
    """One report over the configured store or any workbook; nothing is written but the output."""
    if arguments.list:
        console.table((name, console.text_of(f"report.{name}")) for name in report_names())
        return DONE
    forms = Forms(config)
    texts = ReportTexts(forms.labels, forms.catalogue)
    language = arguments.language or config.language
    if not arguments.name:
        return _tell([Finding("E250", params={"known": report_names()})], texts, language)
    try:
        question, output = _question(arguments, config), _output(arguments, config)
        statement = answer(question, config, forms)
        _deliver(render(statement, arguments.format, texts, language), arguments.format, output)
    except ReportRefused as refused:
        return _tell(refused.findings, texts, language)
    except StoreError as error:
        sheet = getattr(error, "sheet", "")
        at = CellRef(sheet, 1, "A") if sheet else None
        where = str(config.workbook if arguments.workbook is None else arguments.workbook)
        return _tell([Finding(error.code, at, error.params)], texts, language, where)
    if arguments.format in ("table", "csv"):
        _tell(statement.findings, texts, language, "-")
    return DONE


def _tell(findings: Iterable[Finding], texts: ReportTexts, language: str, where: str = "") -> int:
    """Prints findings to stderr, fields and forms by their labels; answers the exit code of a refusal.

    where: the place of findings that name none.
    """
    for finding in findings:
        place = f"{finding.at or where}: " if finding.at or where else ""
        print(f"{place}{texts.finding(finding, language)} [{finding.code}]", file=sys.stderr)
    return USAGE


def _question(arguments: argparse.Namespace, config: Config) -> Question:
    as_of = arguments.as_of or system_clock(config)()
    if isinstance(as_of, datetime):
        as_of = as_of.astimezone(config.zone) if as_of.tzinfo else as_of.replace(tzinfo=config.zone)
    return Question(
        arguments.name or "",
        as_of,
        arguments.month or "",
        arguments.person or "",
        arguments.pack or "",
        None if arguments.workbook is None else Path(arguments.workbook),
        dict(arguments.set or ()),
    )


def _output(arguments: argparse.Namespace, config: Config) -> Path | None:
    """Where the report goes; None for stdout. Raises ReportRefused where it would overwrite the records."""
    if arguments.output is None:
        return None
    output = Path(arguments.output)
    read = config.workbook if arguments.workbook is None else Path(arguments.workbook)
    if output.resolve() in (read.resolve(), config.workbook.resolve()):
        raise ReportRefused((Finding("E248", params={"path": str(output)}),))
    return output


def _deliver(data: bytes, kind: str, output: Path | None) -> None:
    """To the file; else to stdout, a table in its encoding and everything else byte for byte."""
    if output is not None:
        try:
            output.write_bytes(data)
        except OSError as error:
            params = {"path": str(output), "reason_word": reason_word(error)}
            raise ReportRefused((Finding("E249", params=params),)) from error
    elif kind == "table":
        print(data.decode(), end="", flush=True)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


_YEARS = range(1900, 2200)
"""Years a question may be about; beyond, no calendar says which days are worked."""


def _moment(text: str) -> date | datetime:
    """A date, or a date and time, of the company's zone unless it names another. Raises ValueError."""
    found = date.fromisoformat(text) if len(text) == len("2026-10-31") else datetime.fromisoformat(text)
    if found.year not in _YEARS:
        raise ValueError(text)
    return found


def _month(text: str) -> str:
    if len(text) != len("2026-10") or date.fromisoformat(f"{text}-01").year not in _YEARS:
        raise ValueError(text)
    return text


def _option(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise ValueError(text)
    return name.strip(), value.strip()


def _on_account(
    app: App,
    console: Console,
    arguments: argparse.Namespace,
    done: str,
    change: Callable[[Account], Account | AccountRefused],
) -> int:
    account = app.accounts.by_login(arguments.login)
    if account is None:
        return console.complain([Finding("A043", params={"login": arguments.login})])
    return _told(console, change(account), done)


def _told(console: Console, outcome: Account | AccountRefused, done: str) -> int:
    if isinstance(outcome, AccountRefused):
        return console.complain(outcome.findings)
    console.say(done, login=outcome.login)
    return DONE


def _state(account: Account) -> str:
    return "state_disabled" if account.disabled else "state_active"


def _not_set_up(console: Console) -> int:
    print(console.text("not_set_up"), file=sys.stderr)
    return PROBLEM


def _password(console: Console, arguments: argparse.Namespace) -> str:
    """From stdin for scripts; otherwise typed, unseen, since a command line is seen by everybody on the machine."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return getpass.getpass(console.text("ask_password"))


def parser(console: Console) -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="manage.py", description=console.text("help"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], *, to: Any = commands, opens: bool = True) -> argparse.ArgumentParser:
        text = console.text(f"help.{name}")
        made: argparse.ArgumentParser = to.add_parser(name, help=text, description=text)
        made.set_defaults(run=run, opens=opens)
        return made

    add("check", check, opens=False).add_argument("--company-dir", metavar="DIR")
    add("status", status)
    add("checkpoint", checkpoint)
    _takes_password(add("hash-password", make_hash, opens=False))
    _asks_for_report(add("report", report, opens=False), console)
    closing = add("settle", settle)
    closing.add_argument("--month", type=_read_by(_month, console, "month"), metavar="YYYY-MM", required=True)
    closing.add_argument("--by", metavar="LOGIN", required=True)
    closing.add_argument("--person", metavar="ID")
    closing.add_argument("--preview", action="store_true")
    grading = add("grade", grade)
    grading.add_argument("--by", metavar="LOGIN", required=True)
    grading.add_argument("--preview", action="store_true")
    users = commands.add_parser("user", help=console.text("help.user"), description=console.text("help.user"))
    verbs = users.add_subparsers(dest="verb", required=True, metavar="VERB")
    add("list", list_users, to=verbs)
    new = add("add", add_user, to=verbs)
    new.add_argument("login")
    new.add_argument("--staff", required=True, metavar="ID")
    new.add_argument("--role", action="append", required=True)
    new.add_argument("--language", choices=("zh", "en"), default="zh")
    reset = add("reset-password", reset_password, to=verbs)
    reset.add_argument("login")
    for made in (new, reset):
        _takes_password(made)
    for name, run in (("disable", disable_user), ("enable", enable_user), ("unlock", unlock_user)):
        add(name, run, to=verbs).add_argument("login")
    return top


def _asks_for_report(made: argparse.ArgumentParser, console: Console) -> None:
    def asks(option: str, **how: Any) -> None:
        made.add_argument(option, help=console.text(f"help.report.{option.removeprefix('--')}"), **how)

    asks("name", metavar="NAME", nargs="?")
    asks("--list", action="store_true")
    asks("--as-of", metavar="DATE", type=_read_by(_moment, console, "moment"))
    asks("--month", metavar="YYYY-MM", type=_read_by(_month, console, "month"))
    asks("--person", metavar="ID")
    asks("--pack", metavar="NAME")
    asks("--workbook", metavar="PATH")
    asks("--set", metavar="OPTION=VALUE", action="append", type=_read_by(_option, console, "option"))
    asks("--format", choices=("table", "json", "csv", "xlsx"), default="table")
    asks("--language", choices=("zh", "en"))
    asks("--output", metavar="FILE")


def _read_by(convert: Callable[[str], Any], console: Console, kind: str) -> Callable[[str], Any]:
    """The converter of an option, saying in the company's language what was expected."""

    def read(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(console.text(f"no_{kind}", value=text)) from error

    return read


def _takes_password(made: argparse.ArgumentParser) -> None:
    made.add_argument("--password-stdin", action="store_true")


def read_secrets(path: Path = SECRETS) -> dict[str, Any]:
    """What secrets.toml says; {} when there is none. Raises tomllib.TOMLDecodeError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; 0 done, 1 something is wrong and was said, 2 the command line was not understood."""
    # streamlit-authenticator brings Streamlit along, which warns that nobody started a server
    logging.disable(logging.WARNING)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console of another code page shows "?" for what it lacks instead of ending the command.
            stream.reconfigure(errors="replace")
    console = Console(Labels.load(LOCALES), "zh")
    try:
        config = load_config(os.environ, read_secrets())
        console = Console(Labels.load(*locale_dirs(config)), config.language)
        arguments = parser(console).parse_args(argv)
        if not arguments.opens:
            return int(arguments.run(config, console, arguments))
        app = open_app(config, start_checkpointer=False)
        try:
            return int(arguments.run(app, console, arguments))
        finally:
            app.close()
    except ConfigError as error:
        return console.complain(error.findings)
    except StoreError as error:
        return console.complain([Finding(error.code, params=error.params)])


if __name__ == "__main__":
    sys.exit(main())
