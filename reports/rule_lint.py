"""A pack against the forms: columns, roles and answers that are named but do not exist would never have an effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from reports.frames import frames_of
from reports.lookups import columns_named
from reports.views import GIVEN, Tables
from schemas.deadline_rules import Rule
from schemas.finding import FileRef, Finding, Severity
from schemas.option_findings import OptionPath, close_word
from schemas.rights import ROLES
from schemas.rule_packs import Pack
from schemas.template import Template

ColumnsOf = Callable[[str], frozenset[str] | None]
"""A table's or view's columns; None where it does not exist."""
Placed = Callable[[OptionPath], FileRef | None]
Named = tuple[OptionPath, str, str, Iterable[str]]
"""Where a word is named, what kind of thing it should be, the word, and the words there are."""
OF_GIVEN = {
    "attainment_streak": frozenset({"record_id", "staff_id", "month_end", "advice"}),
    "kpi_rated": frozenset({"ratee_id", "period", "submitted_at"}),
}
assert OF_GIVEN.keys() == GIVEN.keys()
PEOPLE = frozenset(ROLES) - {"admin"}


def find_pack_flaws(pack: Pack, templates: Iterable[Template], day: date) -> tuple[Finding, ...]:
    """Everything a pack names that the forms do not have, at its line."""
    forms = {form.key: form for form in templates}
    return (
        *find_rule_problems(pack.rules.deadlines, forms.values(), day, pack.at),
        *find_unknown_words(pack, forms),
    )


def find_rule_problems(
    rules: Mapping[str, Rule], templates: Iterable[Template], day: date, at: Placed = lambda path: None
) -> tuple[Finding, ...]:
    """E107 for each column a rule names that its form does not have. A form that does not exist yet is no problem,
    but E111 says so where the name is nearly that of one that does."""
    forms = list(templates)
    columns_of = columns_by_table(forms, day)
    names = [table for form in forms for table in form.table_names()]
    found: list[Finding] = []
    for rule_id, rule in rules.items():
        path = ("deadlines", rule_id)
        for watch in rule.watch:
            for table, column in dict.fromkeys(columns_named(watch)):
                known = columns_of(table)
                own = known | {lookup.name for lookup in watch.lookups} if known and table == watch.table else known
                if own is not None and column not in own:
                    params = {"rule": rule_id, "table": table, "column": column}
                    params["did_you_mean"] = close_word(column, own)
                    found.append(Finding("E107", at((*path, "watch")), params, Severity.WARNING))
            if columns_of(watch.table) is None and close_word(watch.table, names):
                found.append(_unknown((*path, "watch"), "form", watch.table, names, at))
    return tuple(found)


def find_unknown_words(pack: Pack, forms: Mapping[str, Template]) -> tuple[Finding, ...]:
    """E111 for roles, forms, fields and answers a pack names that do not exist."""
    named = (*_in_rules(pack), *_in_plans(pack, forms), *_in_cards(pack, forms), *_in_forms(pack, forms))
    return tuple(_unknown(path, kind, word, known, pack.at) for path, kind, word, known in named if word not in known)


def _in_rules(pack: Pack) -> Iterator[Named]:
    for rule_id, rule in pack.rules.deadlines.items():
        for option in ("who", "escalate"):
            for role in getattr(rule, option):
                yield ("deadlines", rule_id, option), "role", role, PEOPLE


def _in_plans(pack: Pack, forms: Mapping[str, Template]) -> Iterator[Named]:
    employments, positions = _answers(forms, "staff", "employment"), _answers(forms, "staff", "role")
    for plan_id, plan in pack.rules.commission_plans.items():
        for employment in plan.applies:
            yield ("commission_plans", plan_id, "applies"), "answer", employment, employments or plan.applies
    for position in pack.rules.commission.manager_roles:
        yield ("commission", "manager_roles"), "answer", position, positions or (position,)


def _in_cards(pack: Pack, forms: Mapping[str, Template]) -> Iterator[Named]:
    positions, raters = _answers(forms, "staff", "role"), _answers(forms, "kpi_rating", "rater_role")
    for card_id, card in pack.rules.kpi.cards.items():
        for position in card.roles:
            yield ("kpi", "cards", card_id, "roles"), "answer", position, positions or card.roles
        for rater in card.raters:
            yield ("kpi", "cards", card_id, "raters", rater), "answer", rater, raters or card.raters


def _in_forms(pack: Pack, forms: Mapping[str, Template]) -> Iterator[Named]:
    for key, changed in pack.rules.templates.items():
        yield ("templates", key), "form", key, forms
        for option in ("hide", "require"):
            for name in getattr(changed, option):
                if key in forms:
                    yield ("templates", key, option), "field", name, forms[key].by_key


def _answers(forms: Mapping[str, Template], form: str, key: str) -> frozenset[str]:
    """The answers a field offers; none where a company's form lacks it."""
    field = forms[form].by_key.get(key) if form in forms else None
    return frozenset(choice.value for choice in field.choices) if field else frozenset()


def _unknown(path: OptionPath, kind: str, word: str, known: Iterable[str], at: Placed) -> Finding:
    params = {"section": ".".join(map(str, path)), "kind_word": f"named.{kind}", "value": word}
    params["did_you_mean"] = close_word(word, known)
    return Finding("E111", at(path), params, Severity.WARNING)


def columns_by_table(templates: Iterable[Template], day: date) -> ColumnsOf:
    """The columns of every form's tables, and of views over one blank record of each."""
    forms = list(templates)
    blank = {table: [{"record_id": "r"}] for form in forms for table in form.table_names()}
    tables = Tables(frames_of(forms, blank)[0], day)

    def columns_of(table: str) -> frozenset[str] | None:
        if table in OF_GIVEN:
            return OF_GIVEN[table]
        frame = tables.get(table)
        return None if frame is None else frozenset(map(str, frame.columns))

    return columns_of
