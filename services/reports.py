"""Reports for people, schedules and audits: one question, one statement. Nothing is written."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.calendar import ScheduleMissing
from schemas.finding import Finding, Param, Severity
from schemas.folding import fold
from schemas.option_findings import close_word
from schemas.record import VOID
from schemas.rule_packs import DEFAULT_PACK, Pack, find_packs, load_pack, starts_of
from services.config import ROOT, Config
from services.report_data import ReportData, read_store, read_workbook, settings_of

if TYPE_CHECKING:
    from reports.registry import ReportKind, Request
    from reports.statement import Statement
    from schemas.calendar import WorkingCalendar
    from schemas.template import Template
    from services.report_book import ReportBook
    from services.templates import Forms

SHIPPED_RULES = ROOT / "reports" / "rules"
NOT_YET = "E106"
"""The rules begin later than the day asked about."""


@dataclass(frozen=True)
class Question:
    """What is asked. workbook: None for the configured store. options: pack options for this run, by dotted name."""

    report: str
    as_of: date | datetime
    month: str = ""
    person: str = ""
    pack: str = ""
    workbook: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)


class ReportRefused(Exception):
    """The question cannot be answered at all; `findings` say what to fix."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(", ".join(finding.code for finding in findings))


def rule_dirs(config: Config) -> tuple[Path, ...]:
    """Folders of rule packs; a later one adds to an earlier one."""
    return tuple(folder for folder in (SHIPPED_RULES, config.company_dir / "rules") if folder.is_dir())


def report_names() -> tuple[str, ...]:
    """Every report, by name."""
    from reports.registry import REPORTS

    return tuple(REPORTS)


def find_pack_problems(config: Config, forms: Forms, day: date) -> tuple[Finding, ...]:
    """What is wrong with the rule packs, today and on every later day one of their files begins to count, and with
    what the company's own packs name.

    Shipped rules may watch columns a company's forms leave out: they then have nothing to watch there.
    """
    from reports.rule_lint import find_pack_flaws

    dirs = rule_dirs(config)
    found: list[Finding] = []
    for name in find_packs(dirs):
        for on in sorted({day, *(start for start in starts_of(name, dirs) if start > day)}):
            pack, findings = load_pack(name, dirs, on)
            found += [finding for finding in findings if finding.code != "E106"]
            if pack is not None and (config.company_dir / "rules" / name).is_dir():
                found += find_pack_flaws(pack, forms.catalogue, on)
    return tuple({_hashable(finding): finding for finding in found}.values())


def answer(question: Question, config: Config, forms: Forms, book: ReportBook | None = None) -> Statement:
    """Computes the statement. Raises ReportRefused for an unknown report or pack and bad options, StoreError for
    input that cannot be read at all.

    book: the records of the running portal; without it the configured store is read from its files.
    """
    from reports.registry import REPORTS

    if question.report not in REPORTS:
        close = close_word(question.report, REPORTS)
        params: dict[str, Param] = {"report": question.report, "known": report_names(), "did_you_mean": close}
        raise ReportRefused((Finding("E207", params=params),))
    kind = REPORTS[question.report]
    try:
        pack = choose_pack(question, config)
    except ReportRefused as refused:
        if all(finding.code == NOT_YET for finding in refused.findings):
            return _withheld(question, pack_name(question, config), refused.findings)
        raise
    statement = _computed(question, kind, pack, config, forms, book)
    return replace(
        statement,
        parameters={**statement.parameters, "options": dict(question.options)},
        findings=(*_find_idle_rules(question, pack, config, forms), *statement.findings),
    )


def _computed(
    question: Question, kind: ReportKind, pack: Pack, config: Config, forms: Forms, book: ReportBook | None
) -> Statement:
    now = _moment(question.as_of, config)
    if question.workbook:
        return compute(question, kind, pack, read_workbook(question.workbook, forms.catalogue, now), forms)
    if book is None:
        return compute(question, kind, pack, read_store(config, forms.catalogue, now), forms)
    with book.lock:  # what is kept from the last question serves one at a time
        return compute(question, kind, pack, book.read(pack.rules.pack.timezone), forms)


def _find_idle_rules(question: Question, pack: Pack, config: Config, forms: Forms) -> tuple[Finding, ...]:
    """What the company's own deadline rules name that is not there: they would be silent in the list of deadlines."""
    own = tuple(f"{name}/" for name in pack.layers if (config.company_dir / "rules" / name).is_dir())
    if question.report != "deadlines" or not own:
        return ()
    from reports.rule_lint import find_rule_problems

    rules = {
        rule_id: rule
        for rule_id, rule in pack.rules.deadlines.items()
        if pack.at(("deadlines", rule_id, "watch")).file.startswith(own)
    }
    return find_rule_problems(rules, forms.catalogue, rules_day(question), pack.at) if rules else ()


def _withheld(question: Question, pack: str, findings: tuple[Finding, ...]) -> Statement:
    """What is answered about a day before the rules begin: nothing, and why."""
    from reports.statement import Statement

    parameters = {"month": question.month or None, "person": question.person or None, "options": dict(question.options)}
    return Statement(question.report, question.as_of, pack, "", parameters, (), findings=findings)


def pack_name(question: Question, config: Config) -> str:
    """The pack asked for, else the one of the settings, else the shipped default."""
    return question.pack or settings_of(config).get("rule_pack", "") or DEFAULT_PACK


def choose_pack(question: Question, config: Config) -> Pack:
    """The rules the question is answered by, as in force on `rules_day`. Raises ReportRefused."""
    pack, findings = load_pack(pack_name(question, config), rule_dirs(config), rules_day(question), question.options)
    if pack is None:
        raise ReportRefused(findings)
    return pack


def rules_day(question: Question) -> date:
    """The day whose rules answer the question: a month's figures follow the rules of its last day, whenever they are
    computed; everything else the rules of the day asked about."""
    from reports.registry import REPORTS

    day = question.as_of.date() if isinstance(question.as_of, datetime) else question.as_of
    kind = REPORTS.get(question.report)
    if kind is None or kind.month != "this" or not question.month:
        return day
    year, month = map(int, question.month.split("-"))
    return min(day, date(year, month, monthrange(year, month)[1]))


def compute(question: Question, kind: ReportKind, pack: Pack, data: ReportData, forms: Forms) -> Statement:
    """The statement over records already read, its findings at their cells. Raises ReportRefused where the pack wants
    nothing computed on a year whose days off are not published."""
    month = question.month or (f"{question.as_of:%Y-%m}" if kind.month == "this" else "")
    request, problems = request_of(question, pack, data, forms, month)
    try:
        statement = kind.function()(request)
    except ScheduleMissing as missing:
        raise ReportRefused((Finding("E213", params={"year": str(missing.year)}),)) from missing
    asked = (*_find_absent_sheets(kind, data, forms), *_find_unknown_person(request))
    read = (*asked, *(finding for finding in (*data.findings, *problems) if _concerns(finding, kind, forms)))
    unique = dict.fromkeys(map(_hashable, (*read, *statement.findings)))
    known = {_hashable(finding): finding for finding in (*read, *statement.findings)}
    return replace(statement, findings=tuple(data.located(known[each]) for each in unique))


def request_of(
    question: Question, pack: Pack, data: ReportData, forms: Forms, month: str
) -> tuple[Request, tuple[Finding, ...]]:
    """The question as an engine takes it, over records already read; and what of them could not be understood."""
    from reports.registry import Request

    frames, findings = data.frames(forms.catalogue, pack.rules.pack.timezone)
    calendar, problems = calendar_with(pack, data.rows.get("calendar_override", ()))
    kept = data.kept
    if kept is not None:
        kept.calendar = calendar = kept.calendar if kept.calendar == calendar else calendar
    memos = {} if kept is None else kept.memos
    return Request(frames, pack, question.as_of, calendar, month, question.person, memos), (*findings, *problems)


def calendar_with(pack: Pack, rows: Sequence[Mapping[str, str]]) -> tuple[WorkingCalendar, list[Finding]]:
    """The pack's calendar with the company's own days (rows of calendar_override), and days that are none."""
    own: dict[date, bool] = {}
    problems: list[Finding] = []
    for row in rows:
        if row.get("status") == VOID:
            continue
        try:
            own[date.fromisoformat(row.get("on_day", ""))] = row.get("kind") == "上班"
        except ValueError:
            params = {"template": "calendar_override", "record_id": row.get("record_id", ""), "field": "on_day"}
            params["value"] = row.get("on_day", "")
            problems.append(Finding("E201", params=params, severity=Severity.WARNING))
    return pack.rules.calendar.calendar(own), problems


def _find_absent_sheets(kind: ReportKind, data: ReportData, forms: Forms) -> tuple[Finding, ...]:
    """The sheets a report would read that the workbook does not have; without the first it has nothing to say."""
    absent = [key for key in kind.reads if key in data.absent]
    found = (forms.catalogue.get(key) for key in absent)
    names = tuple(form.sheet for form in found if form is not None and form.written_by != "portal")
    severity = Severity.WARNING if kind.reads[:1] == tuple(absent[:1]) else Severity.INFO
    return (Finding("E240", params={"sheets": names}, severity=severity),) if names else ()


def _find_unknown_person(request: Request) -> tuple[Finding, ...]:
    """The person asked about is nobody in the staff register: a slip, not somebody without figures."""
    staff = request.frames.get("staff")
    if not request.person or staff is None or request.person in set(staff["staff_id"]):
        return ()
    params = {"value": request.person, "did_you_mean": close_word(request.person, staff["staff_id"])}
    return (Finding("E247", params=params, severity=Severity.WARNING),)


def _concerns(finding: Finding, kind: ReportKind, forms: Forms) -> bool:
    """Whether a problem of the input lies in a sheet the report reads."""
    sheet = getattr(finding.at, "sheet", "")
    if not kind.reads or not sheet:
        return True
    sheets = [name for key in kind.reads if (template := forms.catalogue.get(key)) for name in _sheets(template)]
    return fold(sheet) in map(fold, sheets)


def _sheets(template: Template) -> list[str]:
    return [template.sheet, *(template.line_sheet(line) for line in template.lines)]


def _hashable(finding: Finding) -> tuple[str, str, str]:
    return finding.code, str(finding.at), str(sorted(finding.params.items(), key=str))


def _moment(as_of: date | datetime, config: Config) -> datetime:
    if isinstance(as_of, datetime):
        return as_of.replace(tzinfo=config.zone)
    return datetime(as_of.year, as_of.month, as_of.day, tzinfo=config.zone)
