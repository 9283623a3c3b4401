"""Templates as tables of a store, and records as rows: what columns there are, what a row holds, is found by, is unique
in. Pure: no store, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from schemas.field_types import References, target_of, type_of
from schemas.folding import fold, fold_company, fold_phone
from schemas.record import LINE_SYSTEM_COLUMNS, SYSTEM_COLUMNS, Line, Record
from schemas.remember import FieldOwner, remembered
from schemas.serials import SerialPattern
from schemas.template import Field, LineTable, Template
from sheets_adapter.contract import Column, Kind, Row, SerialRequest, TableSpec

Pairs = tuple[tuple[str, str], ...]

HEADER_SYSTEM = tuple(key for key in SYSTEM_COLUMNS if key != "record_id")
LINE_SYSTEM = tuple(key for key in LINE_SYSTEM_COLUMNS if key != "line_id")
SIMILAR = "similar:"
"""Prefix of the lookup pairs behind the warning about similar records."""
_INDEXED_SYSTEM = frozenset({"created_at", "status"})
_TIMES = frozenset({"created_at", "submitted_at", "approved_at", "updated_at"})


@remembered
def table_specs(template: Template) -> tuple[TableSpec, ...]:
    """The template's tables: the header's, then one per line table."""
    indexed = _indexed(template)
    header = tuple(Column(item.key, type_of(item).kind, item.key in indexed) for item in template.fields)
    system = tuple(
        Column(key, "datetime" if key in _TIMES else "text", key in _INDEXED_SYSTEM) for key in HEADER_SYSTEM
    )
    names = template.table_names()
    lines = (_line_spec(name, line) for name, line in zip(names[1:], template.lines, strict=True))
    return (TableSpec(names[0], header + system), *lines)


def _indexed(template: Template) -> frozenset[str]:
    """Columns looked up or sorted often: keys, numbers, references, owners, the list's first sort."""
    found = {item.key for item in template.fields if item.type == "serial" or item.owner or target_of(item)}
    found |= {key.removeprefix("-") for key in template.list_view.sort[:1]}
    return frozenset(found | ({template.record_key} if template.record_key else set()))


def _line_spec(name: str, line: LineTable) -> TableSpec:
    system: dict[str, Kind] = {"record_id": "text", "line_no": "integer", "status": "text"}
    own = tuple(Column(key, kind, key == "record_id") for key, kind in system.items())
    return TableSpec(
        name, own + tuple(Column(item.key, type_of(item).kind, bool(target_of(item))) for item in line.fields)
    )


def line_table(template: Template, line: LineTable) -> str:
    """The store's table for a line table."""
    return f"{template.key}.{line.key}"


def moment_text(moment: datetime) -> str:
    """A moment as system columns hold it: wall time of the company's zone, to the second."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def record_of(template: Template, row: Row, lines: Mapping[str, Sequence[Row]]) -> Record:
    """The record behind its rows; withdrawn lines are left out by the caller, others come in their order."""
    fields = template.by_key
    system = {key: row.values[key] for key in HEADER_SYSTEM if key in row.values}
    return Record(
        template=template.key,
        record_id=row.row_id,
        values={key: text for key, text in row.values.items() if key in fields},
        system={"record_id": row.row_id, **system},
        etag=row.etag,
        lines={key: tuple(map(_line_of, rows)) for key, rows in lines.items()},
        raw=row.raw,
        extra=row.extra,
    )


def _line_of(row: Row) -> Line:
    return Line(row.row_id, line_no(row), line_values(row), row.etag, row.raw)


def line_values(row: Row) -> dict[str, str]:
    """A line's own values, without system columns."""
    return {key: text for key, text in row.values.items() if key not in LINE_SYSTEM}


def line_no(row: Row) -> int:
    """Where the line stands in its table; 0 when the workbook lost its number."""
    text = row.values.get("line_no", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def number_of(template: Template, row: Row) -> str:
    """What people call the record: its record key, else its record number."""
    return (template.record_key and row.values.get(template.record_key)) or row.row_id


def display_of(template: Template, values: Mapping[str, str], record_id: str) -> str:
    """The text people read in place of the record's key."""
    key = template.display or template.record_key
    return (key and values.get(key)) or (template.record_key and values.get(template.record_key)) or record_id


# --- what a row is unique in and found by ----------------------------------------------------------------------------


@remembered
def unique_fields(template: Template) -> tuple[str, ...]:
    """Fields no two live records share: unique ones, numbers, the record key."""
    return tuple(
        item.key for item in template.fields if item.unique or item.type == "serial" or item.key == template.record_key
    )


def unique_pairs(template: Template, values: Mapping[str, str]) -> Pairs:
    """The (name, folded text) pairs the record alone may hold; a combination with an empty part holds none."""
    single = [(key, fold(values[key])) for key in unique_fields(template) if values.get(key)]
    joined = [
        (combination_name(keys), "|".join(fold(values[key]) for key in keys))
        for keys in template.unique
        if all(values.get(key) for key in keys)
    ]
    return (*single, *joined)


def combination_name(keys: Sequence[str]) -> str:
    """Name of the pair a combination of fields is held under."""
    return "+".join(keys)


def fold_similar(item: Field, text: str) -> str:
    """A text as the warning about similar records compares it; "" is never similar to anything."""
    return fold_phone(text) if item.similar == "phone" else fold_company(text)


def similar_pairs(template: Template, values: Mapping[str, str]) -> Pairs:
    """The pairs that similar records share."""
    folded = ((item.key, fold_similar(item, values.get(item.key, ""))) for item in _similar_fields(template))
    return tuple((f"{SIMILAR}{key}", text) for key, text in folded if text)


@remembered
def _similar_fields(template: Template) -> tuple[Field, ...]:
    return tuple(item for item in template.fields if item.similar)


def serial_requests(template: Template, values: Mapping[str, str], today: date) -> tuple[SerialRequest, ...]:
    """Numbers the store has to give the record: of serial fields that are still empty."""
    return tuple(
        SerialRequest(key, pattern.prefix_at(today), pattern.width, pattern.suffix)
        for key, pattern in _serial_patterns(template)
        if not values.get(key)
    )


@remembered
def _serial_patterns(template: Template) -> tuple[tuple[str, SerialPattern], ...]:
    numbered = ((item.key, item.serial) for item in template.fields if item.type == "serial")
    return tuple((key, SerialPattern.parse(serial)) for key, serial in numbered if serial)


def search_text(
    template: Template,
    values: Mapping[str, str],
    lines: Iterable[tuple[str, Mapping[str, str]]],
    references: References,
) -> str:
    """Folded text the search box looks in: all answers and what references show, of the header and its lines.

    Fields only some roles may read are left out, or searching would tell what they hold. lines: (line key, values).
    """
    texts = list(_searchable(template, values, references))
    for key, line in lines:
        texts += _searchable(template.lines_by_key[key], line, references)
    return fold("|".join(texts))


def _searchable(owner: FieldOwner, values: Mapping[str, str], references: References) -> Iterable[str]:
    for key, target in _searched_fields(owner):
        text = values.get(key)
        if not text:
            continue
        yield text
        shown = references.display(target, text) if target else None
        if shown and shown != text:
            yield shown


@remembered
def _searched_fields(owner: FieldOwner) -> tuple[tuple[str, str], ...]:
    """Fields the search box looks in, with the template each refers to."""
    return tuple((item.key, target_of(item)) for item in owner.fields if not item.read_roles)
