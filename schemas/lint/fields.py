"""Lint of single fields: options their type knows, values that parse, choices, bounds, patterns, serial numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from schemas.field_types import FIELD_TYPES, target_of, type_of
from schemas.field_types.base import COMMON_OPTIONS
from schemas.field_types.choices import SEPARATORS
from schemas.finding import Severity
from schemas.folding import fold
from schemas.lint.flaw import LINT_CONTEXT, Flaw, OptionPath, Table, tables_of
from schemas.operands import CALENDAR_TYPES, DAY_WORDS, DEFAULT_WORDS, compare, literal_text, operand_value
from schemas.option_findings import close_word
from schemas.record import LINE_SYSTEM_COLUMNS, SYSTEM_COLUMNS
from schemas.rights import ROLES
from schemas.serials import SerialPattern, SerialPatternError
from schemas.template import Field, Template

RESERVED_KEYS = frozenset(SYSTEM_COLUMNS) | frozenset(LINE_SYSTEM_COLUMNS) | DEFAULT_WORDS
_NEEDED = {
    "choice": "choices",
    "multi_choice": "choices",
    "reference": "to",
    "serial": "serial",
    "computed": "compute",
}
_HEADER_ONLY = frozenset({"unique", "similar", "owner", "in_force"})
_FieldCheck = Callable[[Field, OptionPath, Table], Iterator[Flaw]]


def find_field_flaws(template: Template) -> Iterator[Flaw]:
    """Flaws of each field by itself."""
    for table in tables_of(template):
        for path, field in table.each():
            for check in _CHECKS:
                yield from check(field, path, table)


def _find_unknown_options(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    """T025: an option the type does not use would look as if it did something."""
    known = COMMON_OPTIONS | type_of(field).options | {"in_force"}
    for option in sorted(field.model_fields_set - known):
        knowing = tuple(name for name, type_ in FIELD_TYPES.items() if option in type_.options)
        yield Flaw("T025", (*path, option), {"option": option, "type": field.type, "types": knowing})
    if table.line is not None:
        for option in sorted(field.model_fields_set & _HEADER_ONLY):
            yield Flaw("T051", (*path, option), {"option": option})
        if field.type == "serial":
            yield Flaw("T051", (*path, "type"), {"option": "serial"})


def _find_reserved_key(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    if field.key in RESERVED_KEYS:
        yield Flaw("T024", (*path, "key"), {"key": field.key})


def _find_missing_partner(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    """Options a type cannot do without, and contradictions."""
    needed = {
        "choice": "choices",
        "multi_choice": "choices",
        "reference": "to",
        "serial": "serial",
        "computed": "compute",
    }
    option = needed.get(field.type)
    if option and not getattr(field, option):
        yield Flaw("T028", (*path, "type"), {"type": field.type, "option": option})
    if field.pattern and not field.example:
        yield Flaw("T028", (*path, "pattern"), {"type": "pattern", "option": "example"})
    if field.type == "computed" and (field.required or field.required_if):
        yield Flaw("T037", (*path, "required"), {"key": field.key})
    if field.owner and not _names_person(field):
        yield Flaw("T052", (*path, "owner"), {"key": field.key})


def _names_person(field: Field) -> bool:
    return target_of(field) == "staff"


def _find_bad_default(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    word = field.default
    if word is None or "default" not in type_of(field).options:
        return
    at = (*path, "default")
    if word == "current_user":
        if not _names_person(field) and field.type not in ("text", "long_text"):
            yield Flaw("T053", at, {"word": word, "type": field.type})
    elif word in DAY_WORDS:
        if field.type not in CALENDAR_TYPES:
            yield Flaw("T053", at, {"word": word, "type": field.type})
    elif word == "last_value":
        if table.line is not None:
            yield Flaw("T053", at, {"word": word, "type": field.type})
    else:
        yield from _find_unparsable(word, field, at)


def _find_unparsable(literal: str, field: Field, at: OptionPath) -> Iterator[Flaw]:
    """T026: a literal its field would not take."""
    if literal_text(literal, field, LINT_CONTEXT) is None:
        example = type_of(field).sample or type_of(field).example(field)
        yield Flaw("T026", at, {"value": literal, "option": str(at[-1]), "type": field.type, "example": example})


def _find_bad_example(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    if field.example and field.type not in ("attachment", "decision", "serial"):
        yield from _find_unparsable(field.example, field, (*path, "example"))


def _find_bad_bounds(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    """T026 and T021 for a bound that is neither a literal nor a field; T044 for a lower bound above the upper."""
    texts: list[str | None] = []
    keys = {other.key: other for other in table.fields}
    for option in ("min", "max"):
        bound: str | None = getattr(field, option)
        texts.append(None)
        if (
            bound is None
            or option not in type_of(field).options
            or (bound in DAY_WORDS and field.type in CALENDAR_TYPES)
        ):
            continue
        at = (*path, option)
        if bound == field.key:
            yield Flaw("T040", at, {"key": field.key})
        elif bound in keys:
            yield from _find_unlike(field, keys[bound], at)
        elif re.fullmatch(r"[a-z][a-z0-9_]*", bound):
            yield Flaw("T021", at, {"option": option, "name": bound, "did_you_mean": close_word(bound, keys)})
        else:
            texts[-1] = literal_text(bound, field, LINT_CONTEXT)
            yield from _find_unparsable(bound, field, at)
    low, high = (operand_value(text, field) if text else None for text in texts)
    if compare(low, high) == 1:
        yield Flaw("T044", (*path, "min"), {"min": field.min or "", "max": field.max or ""})


def _find_unlike(field: Field, other: Field, at: OptionPath) -> Iterator[Flaw]:
    """T043: a bound must be of the field's own kind."""
    dates = {"date", "datetime"}
    if type_of(field).kind != type_of(other).kind and not {field.type, other.type} <= dates:
        numbers = {"integer", "decimal", "money"}
        if not {type_of(field).kind, type_of(other).kind} <= numbers or "year" in (field.type, other.type):
            yield Flaw("T043", at, {"test": str(at[-1]), "type": field.type, "name": other.key})


def _find_bad_choices(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    """T027: no two choices may be meant by one text. T029: a separator inside a choice of several would split it."""
    seen: dict[str, int] = {}
    for index, choice in enumerate(field.choices):
        at = (*path, "choices", index)
        for word in dict.fromkeys(map(fold, (choice.value, choice.en, *choice.aliases))):
            if seen.setdefault(word, index) != index:
                yield Flaw("T027", at, {"value": word, "first": field.choices[seen[word]].value})
        if field.type == "multi_choice" and SEPARATORS.search(choice.value):
            yield Flaw("T029", at, {"value": choice.value})
        if choice.value != choice.value.strip():
            yield Flaw("T048", at, {"label": choice.value})


def _find_bad_pattern(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    if field.pattern is None:
        return
    try:
        compiled = re.compile(field.pattern.regex)
    except re.error as error:
        yield Flaw("T045", (*path, "pattern"), {"regex": field.pattern.regex, "problem": str(error)})
        return
    if field.example and not compiled.fullmatch(field.example):
        params = {"value": field.example, "option": "example", "type": field.type, "example": field.pattern.hint.zh}
        yield Flaw("T026", (*path, "example"), params)


def _find_bad_serial(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    if not field.serial:
        return
    try:
        SerialPattern.parse(field.serial)
    except SerialPatternError as error:
        yield Flaw("T034", (*path, "serial"), {"pattern": field.serial, "reason_word": f"serial.{error.reason}"})


def _find_unknown_roles(field: Field, path: OptionPath, table: Table) -> Iterator[Flaw]:
    for role in field.read_roles:
        if role not in ROLES:
            yield unknown_role(role, (*path, "read_roles"))


def unknown_role(role: str, path: OptionPath) -> Flaw:
    """T054, a warning: accounts may carry roles of the company's own."""
    return Flaw("T054", path, {"role": role, "did_you_mean": close_word(role, ROLES)}, Severity.WARNING)


_CHECKS: tuple[_FieldCheck, ...] = (
    _find_unknown_options,
    _find_reserved_key,
    _find_missing_partner,
    _find_bad_default,
    _find_bad_example,
    _find_bad_bounds,
    _find_bad_choices,
    _find_bad_pattern,
    _find_bad_serial,
    _find_unknown_roles,
)
