"""Which columns a template's sheets have, and which column of a sheet people work in is which.

A template is one sheet, and each of its line tables one more. Columns come in the order of the fields, a key column
behind each reference and attachment column, and the system columns at the right end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal

from schemas.field_types import CellFormat, CellValue, target_of, type_of
from schemas.folding import fold
from schemas.record import LINE_SYSTEM_COLUMNS, LIVE, PENDING, SYSTEM_COLUMNS, VOID
from schemas.template import Choice, Field, Label, LineTable, Template, TypeName

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue

KEY_SUFFIX = "·编号"
KEY_PART = ".key"
EXTRA = "extra:"
HEADER_SEARCH_ROWS = 10

Part = Literal["value", "key", "system"]

_TIMES = frozenset({"created_at", "submitted_at", "approved_at", "updated_at"})
_SYSTEM_WIDTHS: Mapping[str, float] = {"record_id": 30, "line_id": 30, "void_reason": 20, "line_no": 6, "status": 8}
_EDITABLE_SYSTEM = frozenset({"status", "void_reason", "record_id", "line_no"})


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """One column the portal keeps in a sheet. `column` is its identity: a field key, `<key>.key`, or a system key."""

    column: str
    header: str
    field: Field
    part: Part
    format: CellFormat
    width: float
    hidden: bool = False

    @property
    def known_headers(self) -> tuple[str, ...]:
        """All headers under which people's workbooks may carry it, its own first."""
        suffix = KEY_SUFFIX if self.part == "key" else ""
        return (self.header, *(f"{name}{suffix}" for name in (*self.field.was, *self.field.aliases)))

    @property
    def former_headers(self) -> tuple[str, ...]:
        """Headers the portal itself once wrote: a sheet that still carries one gets the new one."""
        return tuple(f"{name}{KEY_SUFFIX if self.part == 'key' else ''}" for name in self.field.was)

    @property
    def choices(self) -> tuple[str, ...]:
        """What the drop-down of its cells offers."""
        if self.part == "key":
            return ()
        if self.field.type == "bool":
            return ("是", "否")
        return tuple(choice.value for choice in self.field.choices) if self.field.type == "choice" else ()


@dataclass(frozen=True)
class TablePlan:
    """One table of the store and the sheet it is kept in. `id_column` holds the row's identity."""

    table: str
    sheet: str
    template: Template
    line: LineTable | None
    columns: tuple[PlannedColumn, ...]
    targets: Mapping[str, str] = field(default_factory=dict)
    """Reference field → template it refers to."""

    @property
    def id_column(self) -> str:
        """`record_id`, for a line table `line_id`."""
        return "line_id" if self.line else "record_id"

    @cached_property
    def by_column(self) -> dict[str, PlannedColumn]:
        """The columns by identity."""
        return {planned.column: planned for planned in self.columns}

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The template's own fields of this table by key."""
        return {planned.column: planned.field for planned in self.columns if planned.part == "value"}

    @cached_property
    def meaning(self) -> int:
        """Changes when the template changes its columns or what a cell of them means."""
        asked = [(one.column, one.field.model_dump_json()) for one in self.columns]
        return zlib.crc32(repr((asked, sorted(self.targets.items()))).encode())

    @cached_property
    def paired(self) -> frozenset[str]:
        """Fields that take two columns: what people read, and the key."""
        return frozenset(key for key in self.fields if f"{key}{KEY_PART}" in self.by_column)

    @cached_property
    def protected(self) -> frozenset[str]:
        """Cells only the portal writes: computed fields, who and when."""
        computed = {key for key, one in self.fields.items() if one.type == "computed"}
        system = {planned.column for planned in self.columns if planned.part == "system"}
        return frozenset(computed | (system - _EDITABLE_SYSTEM))

    @cached_property
    def put_back(self) -> frozenset[str]:
        """Cells that get the portal's content back when somebody types over them."""
        return self.cell_columns if self.template.written_by == "portal" else self.protected

    @cached_property
    def cell_columns(self) -> frozenset[str]:
        """Columns of a row's cells, as the merge sees them."""
        system = {planned.column for planned in self.columns if planned.part == "system"}
        return frozenset((set(self.fields) | system) - {self.id_column})


@dataclass(frozen=True, slots=True)
class SheetMap:
    """Where a sheet has the columns. Rows count from 1, columns from 0."""

    sheet: str
    header_row: int
    columns: Mapping[str, int]
    extras: Mapping[str, int]
    """Header → column, for columns the template does not know."""
    headers: Mapping[str, str]
    """Mapped column → the header it carries now."""

    @property
    def width(self) -> int:
        """Number of columns up to the last one in use."""
        return max([*self.columns.values(), *self.extras.values()], default=-1) + 1


def plan_tables(template: Template, catalogue: Catalogue) -> tuple[TablePlan, ...]:
    """The template's sheet and those of its line tables."""
    header = _plan(template, None, catalogue)
    return (header, *(_plan(template, line, catalogue) for line in template.lines))


def plan_catalogue(catalogue: Catalogue) -> tuple[TablePlan, ...]:
    """All tables; a template comes after the ones it refers to, so that their rows are known when it is read."""
    ordered: dict[str, Template] = {}

    def visit(template: Template, open_keys: frozenset[str]) -> None:
        if template.key in ordered or template.key in open_keys:
            return
        for target in sorted(set(_targets(template.fields).values())):
            if target in catalogue:
                visit(catalogue[target], open_keys | {template.key})
        ordered[template.key] = template

    for template in catalogue.templates:
        visit(template, frozenset())
    return tuple(plan for template in ordered.values() for plan in plan_tables(template, catalogue))


def _plan(template: Template, line: LineTable | None, catalogue: Catalogue) -> TablePlan:
    fields = line.fields if line else template.fields
    targets = _targets(fields)
    columns: list[PlannedColumn] = []
    for one in fields:
        kind = type_of(one)
        columns.append(
            PlannedColumn(one.key, one.label.zh, one, "value", _shown_format(one, kind.cell_format(one)),
                          kind.column_width(one))
        )  # fmt: skip
        if one.type == "attachment" or (one.key in targets and shows_another_text(targets[one.key], catalogue)):
            columns.append(
                PlannedColumn(f"{one.key}{KEY_PART}", f"{one.label.zh}{KEY_SUFFIX}", one, "key", "text", 14,
                              hidden=one.type == "attachment")
            )  # fmt: skip
    table = f"{template.key}.{line.key}" if line else template.key
    sheet = template.line_sheet(line) if line else template.sheet
    system = _system_columns(of_lines=line is not None, waits=bool(template.pending) and line is None)
    return TablePlan(table, sheet, template, line, (*columns, *system), targets)


def _targets(fields: Sequence[Field]) -> dict[str, str]:
    return {one.key: target for one in fields if (target := target_of(one))}


def shows_another_text(target: str, catalogue: Catalogue) -> bool:
    """Whether people read something else than the key. An unknown target may: its key must not be lost."""
    if target not in catalogue:
        return True
    template = catalogue[target]
    return template.display is not None and template.display != template.record_key


def _shown_format(one: Field, format_of_type: CellFormat) -> CellFormat:
    return "text" if one.type in ("reference", "user", "attachment") else format_of_type


@cache
def _system_columns(*, of_lines: bool, waits: bool) -> tuple[PlannedColumn, ...]:
    """The same in every sheet of a kind, so made once: a catalogue has hundreds of them.

    waits: the sheet's records may wait for answers that come later.
    """
    statuses = (LIVE, PENDING, VOID) if waits else (LIVE, VOID)
    headers = LINE_SYSTEM_COLUMNS if of_lines else SYSTEM_COLUMNS
    return tuple(_system_column(key, header, statuses) for key, header in headers.items())


def _system_column(key: str, header: str, statuses: Sequence[str]) -> PlannedColumn:
    kind: TypeName = "datetime" if key in _TIMES else "choice" if key == "status" else "text"
    if key == "line_no":
        kind = "integer"
    choices = tuple(Choice(value=value, en=value) for value in statuses) if key == "status" else ()
    one = Field(key=key, type=kind, label=Label(zh=header, en=key.replace("_", " ")), choices=choices)
    width = _SYSTEM_WIDTHS.get(key, 18)
    return PlannedColumn(key, header, one, "system", type_of(one).cell_format(one), width, hidden=key == "line_id")


def header_text(cell: CellValue) -> str:
    """A header cell as text: line breaks and runs of spaces become one space."""
    return " ".join(cell.split()) if isinstance(cell, str) else "" if cell is None else str(cell)


def find_header_row(plan: TablePlan, rows: Sequence[Sequence[CellValue]]) -> int | None:
    """Index of the header among the first ten rows: the first with most known headers, at least two (or all)."""
    known = {fold(name) for planned in plan.columns for name in planned.known_headers}
    needed = min(2, len(plan.columns))
    counts = [
        len({fold(header_text(cell)) for cell in row if cell is not None} & known) for row in rows[:HEADER_SEARCH_ROWS]
    ]
    best = max(counts, default=0)
    return counts.index(best) if best >= needed else None


def map_columns(
    plan: TablePlan, sheet: str, header_row: int, header: Sequence[CellValue], identities: Mapping[str, int]
) -> SheetMap:
    """Which column is which: by label, normalised label, the column's own identity, then former and other labels.

    Last, a field nobody claimed a column for takes the system column that carries one of its other labels.
    identities: column → where its hidden name points now. Between equal headers the identity decides; without one a
    field takes the leftmost and a system column the rightmost. A header that says something else than any label does
    not stop an identity: somebody renamed the column.
    """
    mapper = _Mapper(plan.columns, [header_text(cell) for cell in header], identities)
    mapper.claim_by_header(lambda planned: (planned.header,), _as_it_is)
    mapper.claim_by_header(lambda planned: (planned.header,), fold)
    mapper.claim_by_identity()
    mapper.claim_by_header(lambda planned: planned.known_headers[1:], fold)
    mapper.claim_from_system_columns()
    return SheetMap(sheet, header_row, mapper.found, mapper.extras(), mapper.headers())


class _Mapper:
    """Claims columns of a header row one rule after the other; what is claimed stays claimed."""

    def __init__(self, columns: Sequence[PlannedColumn], texts: Sequence[str], identities: Mapping[str, int]) -> None:
        self._columns = columns
        self._texts = texts
        self._identities = identities
        self.found: dict[str, int] = {}

    def claim_by_header(self, names_of: Callable[[PlannedColumn], Sequence[str]], normal: Callable[[str], str]) -> None:
        places: dict[str, list[int]] = {}
        for at, text in enumerate(self._texts):
            if text and at not in self.found.values():
                places.setdefault(normal(text), []).append(at)
        for planned in self._columns:
            if planned.column in self.found:
                continue
            free = [at for name in names_of(planned) for at in places.get(normal(name), ())]
            free = [at for at in free if at not in self.found.values()]
            if free:
                self.found[planned.column] = self._choose(planned, free)

    def _choose(self, planned: PlannedColumn, free: Sequence[int]) -> int:
        identity = self._identities.get(planned.column, -1)
        if identity in free:
            return identity
        return max(free) if planned.part == "system" else free[0]

    def claim_by_identity(self) -> None:
        for planned in self._columns:
            at = self._identities.get(planned.column, -1)
            if planned.column not in self.found and 0 <= at < len(self._texts) and at not in self.found.values():
                self.found[planned.column] = at

    def claim_from_system_columns(self) -> None:
        """In a sheet that is not the portal's, a field may go by a system column's label, such as 提交时间."""
        system = {
            fold(planned.header): planned.column
            for planned in self._columns
            if planned.part == "system" and planned.column in self.found and planned.column not in self._identities
        }
        for planned in self._columns:
            if planned.part == "value" and planned.column not in self.found:
                meant = next((system[name] for name in map(fold, planned.known_headers) if name in system), None)
                if meant is not None and meant in self.found:
                    self.found[planned.column] = self.found.pop(meant)

    def headers(self) -> dict[str, str]:
        return {column: self._texts[at] for column, at in self.found.items()}

    def extras(self) -> dict[str, int]:
        taken = set(self.found.values())
        extras: dict[str, int] = {}
        for at, text in enumerate(self._texts):
            if text and at not in taken:
                extras[text if text not in extras else f"{text} ({at + 1})"] = at
        return extras


def _as_it_is(text: str) -> str:
    return text


def missing_columns(plan: TablePlan, columns: Collection[str]) -> tuple[PlannedColumn, ...]:
    """The columns a sheet lacks, in their order."""
    return tuple(planned for planned in plan.columns if planned.column not in columns)
