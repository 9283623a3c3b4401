"""Lint across templates: references that resolve, sheets that can be told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from schemas.field_types import target_of, type_of
from schemas.lint.flaw import Flaw, OptionPath, tables_of
from schemas.option_findings import close_word
from schemas.template import Field, Template

Found = Iterator[tuple[str, Flaw]]
_RESERVED_SHEETS = frozenset({"history", "说明"})
SHEET_TITLE_LENGTH = 31


def find_reference_flaws(templates: list[Template], known: frozenset[str]) -> Found:
    """T031: a reference to no template. T021: fill takes a field the target does not have."""
    by_key = {template.key: template for template in templates}
    for template in templates:
        for table in tables_of(template):
            own = {field.key: field for field in table.fields}
            for path, field in table.each():
                target = target_of(field)
                if target and target not in known:
                    option = "to" if field.type == "reference" else "type"
                    params = {"template": target, "did_you_mean": close_word(target, known)}
                    yield template.key, Flaw("T031", (*path, option), params)
                elif target in by_key:
                    for flaw in _find_fill_flaws(field, path, own, by_key[target], by_key):
                        yield template.key, flaw


def _find_fill_flaws(
    field: Field, path: OptionPath, own: dict[str, Field], target: Template, by_key: dict[str, Template]
) -> Iterator[Flaw]:
    for here, there in field.fill.items():
        at = (*path, "fill", here)
        owner, name = _filled_from(there, target, by_key)
        if name not in owner:
            params = {"option": "fill", "name": there, "did_you_mean": close_word(name, owner)}
            yield Flaw("T021", at, params)
        elif here in own and not _takes(own[here], owner[name], is_far="." in there):
            yield Flaw("T030", at, {"here": here, "there": there, "template": target.key})


def _filled_from(there: str, target: Template, by_key: dict[str, Template]) -> tuple[dict[str, Field], str]:
    """The fields a value may be filled from, and the name among them: the target's, or those one step further."""
    step, _, name = there.rpartition(".")
    if not step:
        return target.by_key, name
    if step in target.lines_by_key:
        return {field.key: field for field in target.lines_by_key[step].fields}, name
    further = by_key.get(target_of(target.by_key[step])) if step in target.by_key else None
    return (further.by_key, name) if further else ({**target.by_key}, there)


def _takes(here: Field, source: Field, *, is_far: bool) -> bool:
    """Whether a field can hold what another does. What comes from further away comes as people read it."""
    kind = type_of(here).kind
    return kind == "text" or (not is_far and kind == type_of(source).kind)


def find_sheet_flaws(templates: list[Template], known: frozenset[str]) -> Found:
    """T046: a title no sheet can have. T047: two sheets of one title; capital letters do not tell sheets apart."""
    seen: dict[str, str] = {}
    for template in templates:
        for path, title in _sheets(template):
            reason = sheet_title_problem(title)
            if reason:
                yield template.key, Flaw("T046", path, {"title": title, "reason_word": f"sheet.{reason}"})
            folded = title.casefold()
            if folded in seen:
                yield template.key, Flaw("T047", path, {"title": title, "template": seen[folded]})
            seen.setdefault(folded, template.key)


def _sheets(template: Template) -> Iterator[tuple[OptionPath, str]]:
    yield ("sheet",) if "sheet" in template.model_fields_set else ("label",), template.sheet
    for index, line in enumerate(template.lines):
        option = "sheet" if line.sheet else "label"
        yield ("lines", index, option), template.line_sheet(line)


def sheet_title_problem(title: str) -> str:
    """Why no sheet can have this title: too_long, characters, apostrophe, blank, reserved; "" when one can."""
    if len(title.encode("utf-16-le")) // 2 > SHEET_TITLE_LENGTH:
        return "too_long"
    if re.search(r"[\[\]:*?/\\\x00-\x1f]", title):
        return "characters"
    if title.startswith("'") or title.endswith("'"):
        return "apostrophe"
    if not title.strip() or title != title.strip():
        return "blank"
    return "reserved" if title.casefold() in _RESERVED_SHEETS else ""


CATALOGUE_CHECKS: tuple[Callable[[list[Template], frozenset[str]], Iterable[tuple[str, Flaw]]], ...] = (
    find_reference_flaws,
    find_sheet_flaws,
)
