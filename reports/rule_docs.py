"""docs/rules.md and docs/reports.md, written from the shipped packs and the reports: `python -m reports.rule_docs`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from reports.deadline_report import rules_of
from reports.registry import REPORTS
from schemas.deadline_rules import Due, Rule
from schemas.labels import Labels
from schemas.rule_options import OPEN_QUESTIONS, answers_to
from schemas.rule_packs import Pack, find_packs, load_pack

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "reports" / "rules"
AS_OF = date(2026, 1, 1)
INTRODUCTION = """# Rules

Written from the shipped rule packs; do not edit by hand: `python -m reports.rule_docs`.

A rule pack is a folder of YAML files below `reports/rules/` (shipped) or `data/company/rules/` (yours). Its `pack`
section names it and the packs it extends; layers merge key by key, lists are replaced. To change a rule for your
company, write `data/company/rules/<name>/pack.yaml`:

```yaml
pack: {id: acme, label: {zh: 甲公司, en: Acme}, extends: [key_account_jewellery]}
deadlines:
  D05: {due: {amount: 5}}        # file contracts within five working days
  D74: {enabled: true}           # thank-you mails
commission: {exact_10000: lower}
```

and choose `acme` in the settings, or for one report `--pack acme`: the command line goes before the settings, these
before the default `key_account_jewellery`. Amounts and rates stand in quotes (`"0.055"`). `manage.py check` reads all
packs, files that count only later too, and reports each mistake with file, line and what to write instead.
`manage.py report … --set deadlines.D05.due.amount=5` changes one option for one run; a list or a table is given in YAML
or JSON, `--set 'commission.manager_roles=[大客户经理]'`. A tier table that leaves amounts without a row withholds the
commissions paid by it and nothing else.

A file counts from its day: `valid_from: 2027-01-01` at its top or in its `pack` section; without one it always counts.
A change is a further file in the folder, such as `from_2027.yaml` with `valid_from` and what changes; later files go
over earlier ones. A month's figures (commissions, awards, scorecards) follow the rules of its last day, whenever they
are computed; everything else those of the day asked about. Before the pack's first day nothing is computed and the
statement says why. Every statement carries the pack and the hash of its merged rules, and a settlement keeps both, so
do not edit a file a closed settlement was made with: add one with a later `valid_from`.
"""
REPORTS_INTRODUCTION = """# Reports

Written from the reports themselves; do not edit by hand: `python -m reports.rule_docs`.

```sh
python manage.py report NAME --as-of DATE [--month YYYY-MM] [--person ID] [--pack NAME] [--workbook PATH]
                             [--set OPTION=VALUE] [--format table|json|csv|xlsx] [--language zh|en] [--output FILE]
python manage.py report --list
```

Computed over the portal's own records or, with `--workbook`, over any workbook whose sheets are named by the forms'
Chinese names and whose headers are the fields' Chinese labels. Nothing is written but the output, and never over the
records. `--as-of` is a day (its 00:00) or a moment, by default now; records of later days do not count. `--person`
keeps the lines of one staff ID. `--pack` goes before the pack of the settings, that before the shipped default. Rows
without a record number are called by their place, such as `成交登记表!7`.

Exit code 0 also when there are findings; 2 when the question or the input cannot be read, with sheet, cell and what to
do on stderr. stdout carries the report and nothing else: `json`, `csv` (UTF-8 with a byte order mark, texts that would
start a formula with a leading `'`) and `xlsx` byte for byte, `table` in the console's encoding with its totals below.
Findings stand inside `json` and `xlsx`; with `table` and `csv` they go to stderr.

In a workbook a header may carry spaces, `*`, `：` or its unit (`成交金额（元）`), stand below a title, or be the
English label; dates, amounts, choices, people and yes or no are read as people write them (`2026年3月5日`, `1.2万`,
`S001 张三`, `TRUE`). What cannot be read is a finding at its cell: a text in a number cell, an error value, a formula
saved without its result, a header that stands twice, a sheet that is absent or named almost like a form.

`--format json` is one object, stable for other tools:

```
{report, as_of, pack, pack_hash, parameters, lines, totals, findings}
line     {key, values, steps, sources, citation{document, clause, zh, en}}     citation null where no rule is behind it
step     {code, params, zh, en}
source   {table, record_id, line_no}                                           line_no 0 for a whole record
finding  {code, severity, sheet, cell, params, text}                           sheet "" where it has no place
```

Money and other decimals are strings, dates ISO, moments ISO with the offset of the pack's time zone. A figure that
cannot be known is null and a finding says why; it is never guessed. `deadlines` counts lateness in days or seconds, as
`late_unit` says. Keys of `values`, report by report:
"""
DOCS = ROOT / "docs"


def page(labels: Labels) -> str:
    """The whole page."""
    packs = [_pack(name) for name in find_packs([SHIPPED])]
    main = _pack("key_account_jewellery")
    parts = [
        INTRODUCTION,
        *_packs(packs),
        *_questions(main, labels),
        *_deadlines(_pack("base")),
        *_options(main, labels),
    ]
    return "\n".join(parts).rstrip() + "\n"


def reports_page(labels: Labels) -> str:
    """The page about the reports, from their own descriptions."""
    parts = [REPORTS_INTRODUCTION]
    for name, kind in REPORTS.items():
        about = inspect.getdoc(kind.function()) or ""
        parts += [f"## {name}\n", f"{labels.text(f'report.{name}', 'en')} ({kind.number}). {about}\n"]
    return "\n".join(parts).rstrip() + "\n"


def pages(labels: Labels) -> dict[Path, str]:
    """Every page by its file."""
    return {DOCS / "rules.md": page(labels), DOCS / "reports.md": reports_page(labels)}


def _pack(name: str) -> Pack:
    pack, findings = load_pack(name, (SHIPPED,), AS_OF)
    if pack is None:
        raise ValueError(f"pack {name} has errors: {findings}")
    return pack


def _packs(packs: list[Pack]) -> Iterator[str]:
    yield "## Packs\n\n| Pack | For | Builds on |\n|---|---|---|"
    for pack in packs:
        info = pack.rules.pack
        yield f"| `{info.id}` | {info.label.en} | {', '.join(pack.layers[:-1]) or '–'} |"
    yield ""


def _questions(pack: Pack, labels: Labels) -> Iterator[str]:
    yield "## Ten questions for the owner\n"
    yield "The documents leave these open; the answers change numbers. Defaults stand in **bold**.\n"
    for number, options in OPEN_QUESTIONS.items():
        yield f"{number}. {labels.text(f'question.{number}', 'en')}"
        yield f"   {labels.text(f'question.{number}.changes', 'en')}"
        for option in options:
            yield f"   - {_option(pack, option, labels)}"
    yield ""


def _option(pack: Pack, option: str, labels: Labels) -> str:
    value = pack.options().get(option, "")
    if option == "calendar.segments":
        value = ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in pack.rules.calendar.segments)
    answers = [f"**{answer}**" if answer == value else answer for answer in answers_to(option)] or [
        f"**{value if value != 'null' else 'not set'}**"
    ]
    effects = [
        f"{answer}: {labels.text(f'option.{option}.{answer}', 'en')}"
        for answer in answers_to(option)
        if labels.has(f"option.{option}.{answer}")
    ]
    question = labels.text(f"option.{option}", "en") if labels.has(f"option.{option}") else ""
    return " ".join(part for part in (f"`{option}`", f"({' · '.join(answers)})", question, *effects) if part)


def _deadlines(pack: Pack) -> Iterator[str]:
    yield "## Deadlines\n"
    yield "Severity: C critical, H high, M medium, L reminder, G gate. Clocks: hours run around the clock or in working"
    yield "time; days leave the first one out and end at midnight.\n"
    yield "| Rule | What | Due | Severity | Source | Reading |\n|---|---|---|---|---|---|"
    for rule_id, rule in rules_of(pack).items():
        source = f"{rule.cite.document} {rule.cite.clause}"
        name = rule.label.en if rule.enabled else f"{rule.label.en} (off)"
        option = rule.option.en if rule.option else ""
        yield f"| {rule_id} | {name}: {rule.cite.en} | {_due(rule)} | {rule.severity} | {source} | {option} |"
    yield ""


def _due(rule: Rule) -> str:
    if rule.due is None:
        return "–"
    words = [_length(rule.due)]
    words += [_length(case.due) for watch in rule.watch for case in watch.due_if]
    return " or ".join(dict.fromkeys(words))


def _length(due: Due) -> str:
    kind = {"cal": "", "biz": " of working time", "wday": " (working days)", "cday": "", "month": "", "period": ""}[
        due.clock
    ]
    roll = {"none": "", "next_workday": ", next working day", "prev_workday": ", working day before"}[due.roll]
    if due.clock == "period":
        later = f", {due.offset} later" if due.offset else ""
        picks = {"day": due.day, "workday": due.workday, "weekday": due.weekday}
        pick = next(
            (f"{name} {number} of the {due.unit}" for name, number in picks.items() if number), f"end of the {due.unit}"
        )
        return f"{pick}{later}{roll}"
    if due.amount_from is not None:
        return f"as the record says{roll}"
    if due.amount == 0:
        return f"that day{roll}"
    plural = "" if abs(due.amount) == 1 else "s"
    return f"{abs(due.amount)} {due.unit}{plural}{' before' if due.amount < 0 else ''}{kind}{roll}"


def _options(pack: Pack, labels: Labels) -> Iterator[str]:
    yield "## Options\n"
    yield f"Of the pack `{pack.id}`, defaults in **bold**. `--set name=value` changes one for one run.\n"
    for option in pack.options():
        if labels.has(f"option.{option}"):
            yield f"- {_option(pack, option, labels)}"


if __name__ == "__main__":
    for file, text in pages(Labels.load(ROOT / "forms" / "locales")).items():
        file.write_text(text, encoding="utf-8")
