"""What a download holds: its sheets, their columns, and the texts people read in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from schemas.field_types import CellFormat, show, target_of, type_of
from schemas.field_types.choices import NO, YES
from schemas.field_types.records import Computed
from schemas.record import PENDING, VOID
from sheets_adapter.columns import shows_another_text
from sheets_adapter.list_scan import ListScan, SeenBlock, Texts
from sheets_adapter.xlsx.new_sheet import ColumnDesign, SheetDesign
from sheets_adapter.xlsx.table_file import Table, sheet_title

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from schemas.template import Field, LineTable, Template
    from sheets_adapter.references import ReferenceIndex

SYSTEM_KEYS = ("record_id", "status", "created_at", "created_by", "updated_at", "updated_by")
_MOMENTS = frozenset({"created_at", "updated_at"})
_STATUSES = {VOID: "status.void", PENDING: "status.pending"}
_SHOWN = frozenset({"attachment"})
_SHOWN_IN_ENGLISH = frozenset({"attachment", "bool", "choice", "multi_choice", "decision"})
_KEY_WIDTH, _SYSTEM_WIDTH, _NUMBER_WIDTH = 14, 18, 18


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of a download: how it looks, and its texts for some records."""

    design: ColumnDesign
    texts: Callable[[SeenBlock], Texts]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a download is: in which language, with what names."""

    labels: Labels
    catalogue: Catalogue
    references: ReferenceIndex
    language: str

    def text(self, key: str, **params: str) -> str:
        """A text of the locale files."""
        return self.labels.text(key, self.language, **params)


class ListTables:
    """The sheets of one download. chosen: columns of the records, by field or system key and in this order; None for
    all. `count`: records handed out so far."""

    def __init__(self, form: Template, scan: ListScan, reader: Reader, chosen: Sequence[str] | None = None) -> None:
        self._form = form
        self._scan = scan
        self._reader = reader
        self._chosen = chosen
        self.count = 0
        self._numbers: dict[str, str] = {}
        """Record id → what people call the record, where there are lines to say it of."""
        self._titles: list[str] = []

    def records(self) -> Table:
        """A row for each record. Under its headers the sheet can be taken in again."""
        form, reader = self._form, self._reader
        title = form.sheet if reader.language == "zh" else form.label.en
        columns = list(self._chosen_columns(self._chosen or ()))
        if columns:
            return Table(self._design(title, columns, None), self._counted(columns))
        readable = (item for item in form.fields if item.key in self._scan.fields)
        columns = [*_field_columns(readable, reader), *_system_columns(SYSTEM_KEYS, reader)]
        status = len(columns) - len(SYSTEM_KEYS) + SYSTEM_KEYS.index("status")
        return Table(self._design(title, columns, status), self._counted(columns))

    def _chosen_columns(self, keys: Sequence[str]) -> Iterator[ExportColumn]:
        """One column for each key he may read; a reference without its key beside it."""
        for key in keys:
            if key in self._scan.fields:
                yield next(_field_columns([self._form.by_key[key]], self._reader))
            elif key in SYSTEM_KEYS:
                yield from _system_columns((key,), self._reader)

    def _counted(self, columns: list[ExportColumn]) -> Iterator[list[Texts]]:
        for block in self._scan.records(SYSTEM_KEYS[1:]):
            self.count += len(block.record_ids)
            if self._form.lines:
                named = block.columns.get(self._form.record_key or "", block.record_ids)
                pairs = zip(block.record_ids, named, strict=True)
                self._numbers.update((record_id, number or record_id) for record_id, number in pairs)
            yield [column.texts(block) for column in columns]

    def lines(self, line: LineTable) -> Table:
        """A row for each line of the records handed out, under the number of its record."""
        form, reader = self._form, self._reader
        readable = (item for item in line.fields if item.key in self._scan.line_fields(line))
        columns = [*self._line_head(), *_field_columns(readable, reader)]
        title = form.line_sheet(line) if reader.language == "zh" else f"{form.label.en} - {line.label.en}"
        blocks = ([column.texts(block) for column in columns] for block in self._scan.lines(line))
        return Table(self._design(title, columns, None), blocks)

    def _line_head(self) -> list[ExportColumn]:
        key, reader = self._form.record_key, self._reader
        header = self._form.by_key[key].label.text(reader.language) if key else reader.text("system.record_id")
        return [
            ExportColumn(
                ColumnDesign(header, "text", _NUMBER_WIDTH),
                lambda block: [self._numbers[record_id] for record_id in block.record_ids],
            ),
            ExportColumn(ColumnDesign(reader.text("system.line_no"), "integer", 6), _plain("line_no")),
        ]

    def _design(self, title: str, columns: list[ExportColumn], status: int | None) -> SheetDesign:
        self._titles.append(sheet_title(title, self._titles))
        void = self._reader.text("status.void")
        designs = tuple(column.design for column in columns)
        return SheetDesign(self._titles[-1], designs, status_column=status, void_text=void, freeze_column=True)


def _field_columns(fields: Iterable[Field], reader: Reader) -> Iterator[ExportColumn]:
    for item in fields:
        if target_of(item):
            yield from _reference_columns(item, reader)
            continue
        kind = type_of(item)
        design = ColumnDesign(
            item.label.text(reader.language), kind.cell_format(item), kind.column_width(item), _choices(item, reader)
        )
        yield ExportColumn(design, _shown(item, reader.language) if _is_shown(item, reader) else _plain(item.key))


def _plain(key: str) -> Callable[[SeenBlock], Texts]:
    return lambda block: block.columns[key]


def _is_shown(item: Field, reader: Reader) -> bool:
    """Whether people read something else than the canonical text."""
    kind = type_of(item)
    name = kind.result.name if isinstance(kind, Computed) else kind.name
    return name in (_SHOWN_IN_ENGLISH if reader.language == "en" else _SHOWN)


def _shown(item: Field, language: str) -> Callable[[SeenBlock], Texts]:
    @cache
    def shown(text: str) -> str:
        return show(text, item, language)

    return lambda block: [shown(text) if text else text for text in block.columns[item.key]]


def _choices(item: Field, reader: Reader) -> tuple[str, ...]:
    """What the drop-down of its cells offers."""
    if item.type == "bool":
        return tuple(show(answer, item, reader.language) for answer in (YES, NO))
    return tuple(choice.text(reader.language) for choice in item.choices) if item.type == "choice" else ()


def _reference_columns(item: Field, reader: Reader) -> Iterator[ExportColumn]:
    """What the reference shows and, beside it, the key, where that is another text: by it tables are joined."""
    target, header = target_of(item), item.label.text(reader.language)
    displays = _Displays(reader.references, target)
    yield ExportColumn(
        ColumnDesign(header, "text", type_of(item).column_width(item)),
        lambda block: displays.shown(block.columns[item.key]),
    )
    if shows_another_text(target, reader.catalogue):
        yield ExportColumn(
            ColumnDesign(reader.text("export.key_header", field=header), "text", _KEY_WIDTH),
            lambda block: displays.keys_of(block.columns[item.key]),
        )


class _Displays:
    """Display texts of one template's records, each asked for once; None for a text that is no key."""

    def __init__(self, references: ReferenceIndex, target: str) -> None:
        self._references = references
        self._target = target
        self._known: dict[str | None, str | None] = {None: None, "": None}

    def shown(self, texts: Texts) -> Texts:
        known = self._learnt(texts)
        return [known[text] or text for text in texts]

    def keys_of(self, texts: Texts) -> Texts:
        known = self._learnt(texts)
        return [text if known[text] else None for text in texts]

    def _learnt(self, texts: Texts) -> Mapping[str | None, str | None]:
        new = {text for text in set(texts) - self._known.keys() if text}
        if new:
            found = self._references.displays(self._target, new)
            self._known.update({text: found.get(text) for text in new})
        return self._known


def _system_columns(keys: Sequence[str], reader: Reader) -> Iterator[ExportColumn]:
    for key in keys:
        shape: CellFormat = "datetime" if key in _MOMENTS else "text"
        yield ExportColumn(ColumnDesign(reader.text(f"system.{key}"), shape, _SYSTEM_WIDTH), _system_texts(key, reader))


def _system_texts(key: str, reader: Reader) -> Callable[[SeenBlock], Texts]:
    if key == "record_id":
        return lambda block: block.record_ids
    if key != "status":
        return _plain(key)

    @cache
    def shown(status: str | None) -> str:
        return reader.text(_STATUSES.get(status or "", "status.live"))

    return lambda block: [shown(status) for status in block.columns["status"]]
