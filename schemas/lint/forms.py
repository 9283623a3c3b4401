"""Lint of a template as a whole: keys, labels, sections, list, key and display, permissions, line tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.field_types import target_of
from schemas.folding import fold
from schemas.lint.fields import unknown_role
from schemas.lint.flaw import Flaw, OptionPath, Table, tables_of, unknown_field
from schemas.record import LINE_SYSTEM_COLUMNS, SYSTEM_COLUMNS
from schemas.rights import ROLES
from schemas.template import Field, Template

KEY_SUFFIX = "·编号"
"""The column beside a reference or attachment: `<label>·编号` holds the key."""


def find_form_flaws(template: Template) -> Iterator[Flaw]:
    """Flaws between a template's own parts."""
    for table in tables_of(template):
        yield from _find_duplicate_keys(table)
        yield from _find_label_clashes(table)
        yield from _find_fill_flaws(table)
        yield from _find_in_force_flaws(table, template)
    yield from _find_line_flaws(template)
    yield from _find_unknown_names(template)
    yield from _find_section_repeats(template)
    yield from _find_key_flaws(template)
    yield from _find_pending_flaws(template)
    yield from _find_permission_flaws(template)


def _find_duplicate_keys(table: Table) -> Iterator[Flaw]:
    seen: set[str] = set()
    for path, field in table.each():
        if field.key in seen:
            yield Flaw("T020", (*path, "key"), {"key": field.key})
        seen.add(field.key)


def _find_label_clashes(table: Table) -> Iterator[Flaw]:
    """T022: two columns under one header. T023: a header the portal itself needs. T048: a label no header can be."""
    system = {*SYSTEM_COLUMNS.values()} if table.line is None else {*LINE_SYSTEM_COLUMNS.values()}
    taken = {fold(header): "" for header in system}
    for path, field in table.each():
        for option, header in _headers(field):
            at = (*path, option)
            if header != header.strip() or any(ord(char) < 32 for char in header):
                yield Flaw("T048", at, {"label": header})
            folded = fold(header)
            if taken.get(folded) == "":
                if option != "aliases":  # in a sheet that is not the portal's, the field may well go by that name
                    yield Flaw("T023", at, {"label": header})
            elif taken.setdefault(folded, field.key) != field.key:
                yield Flaw("T022", at, {"label": header, "other": taken[folded]})
            if header.endswith(KEY_SUFFIX):
                yield Flaw("T023", at, {"label": header})


def _headers(field: Field) -> Iterator[tuple[str, str]]:
    """Every header under which the field's column may stand."""
    yield "label", field.label.zh
    for option, headers in (("was", field.was), ("aliases", field.aliases)):
        for header in headers:
            yield option, header


def _find_fill_flaws(table: Table) -> Iterator[Flaw]:
    keys = [field.key for field in table.fields]
    for path, field in table.each():
        for own in field.fill:
            if own not in keys:
                yield unknown_field((*path, "fill", own), "fill", own, keys)


def _find_in_force_flaws(table: Table, template: Template) -> Iterator[Flaw]:
    """T057: what a field takes from the line in force must be there and be of the same type."""
    for path, field in table.each():
        rule = field.in_force
        if rule is None:
            continue
        at = (*path, "in_force")
        line = template.lines_by_key.get(rule.line)
        if line is None:
            yield unknown_field((*at, "line"), "in_force", rule.line, template.lines_by_key)
            continue
        fields = {item.key: item for item in line.fields}
        source, start = fields.get(rule.field or field.key), fields.get(rule.from_)
        if start is None or source is None:
            missing = rule.from_ if start is None else rule.field or field.key
            yield unknown_field(at, "in_force", missing, fields)
        elif start.type != "date" or source.type != field.type or field.type == "computed":
            yield Flaw("T057", at, {"key": field.key, "from": rule.from_, "line": rule.line})


def _find_line_flaws(template: Template) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, line in enumerate(template.lines):
        path: OptionPath = ("lines", index)
        if line.key in seen or line.key in template.by_key:
            yield Flaw("T020", (*path, "key"), {"key": line.key})
        seen.add(line.key)
        if line.min_rows > line.max_rows:
            yield Flaw("T044", (*path, "min_rows"), {"min": str(line.min_rows), "max": str(line.max_rows)})


def _find_unknown_names(template: Template) -> Iterator[Flaw]:
    """T021 for every option that names header fields."""
    for path, option, names in _named_fields(template):
        for name in names:
            if name not in template.by_key:
                yield unknown_field(path, option, name, template.by_key)


def _named_fields(template: Template) -> Iterator[tuple[OptionPath, str, Iterable[str]]]:
    view = template.list_view
    yield ("list_view", "columns"), "columns", view.columns
    yield ("list_view", "sort"), "sort", [name.removeprefix("-") for name in view.sort]
    yield ("list_view", "filters"), "filters", view.filters
    for index, section in enumerate(template.sections):
        yield ("sections", index, "fields"), "sections", section.fields
    for index, names in enumerate(template.unique):
        yield ("unique", index), "unique", names
    yield ("pending",), "pending", template.pending
    for index, rule in enumerate(template.rules):
        yield ("rules", index, "field"), "rules", [rule.field]
    for index, block in enumerate(template.signatures or ()):
        yield ("signatures", index, "field"), "signatures", [block.field] if block.field else []
    for option in ("record_key", "display", "owner_via"):
        name = getattr(template, option)
        yield (option,), option, [name] if name else []


def _find_section_repeats(template: Template) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, section in enumerate(template.sections):
        for name in section.fields:
            if name in seen:
                yield Flaw("T050", ("sections", index, "fields"), {"key": name})
            seen.add(name)


def _find_key_flaws(template: Template) -> Iterator[Flaw]:
    """T033: a record's key must always be there and never be shared. T052: ownership goes through a reference."""
    key = template.by_key.get(template.record_key or "")
    if key is not None and not (key.type == "serial" or (key.required and key.unique and not target_of(key))):
        yield Flaw("T033", ("record_key",), {"key": key.key})
    display = template.by_key.get(template.display or "")
    if display is not None and display.type in ("attachment", "decision", "multi_choice", "long_text"):
        yield Flaw("T035", ("display",), {"key": display.key, "type": display.type})
    owner = template.by_key.get(template.owner_via or "")
    if owner is not None and not target_of(owner):
        yield Flaw("T036", ("owner_via",), {"key": owner.key})


def _find_pending_flaws(template: Template) -> Iterator[Flaw]:
    """T055: what may come later must be somebody's answer, and not be asked for at once."""
    for key in template.pending:
        field = template.by_key.get(key)
        if field is not None and (field.required or field.type in ("computed", "serial")):
            yield Flaw("T055", ("pending",), {"key": key})


def _find_permission_flaws(template: Template) -> Iterator[Flaw]:
    permissions = template.permissions
    for action in ("create", "read", "edit", "withdraw", "export"):
        for role in getattr(permissions, action):
            if role not in ROLES:
                yield unknown_role(role, ("permissions", action))
