"""Writing records into a people-owned worksheet: cells updated in place, records appended, no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from sheets_adapter.xlsx import growth
from sheets_adapter.xlsx.addresses import MAX_COLUMNS, MAX_ROWS, Range, cell_name
from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.formulas import Formula, array_ranges, continued_formulas, has_formula, moved
from sheets_adapter.xlsx.markup import Element, Splice, set_attributes
from sheets_adapter.xlsx.new_rows import NewRows
from sheets_adapter.xlsx.sheet_xml import CellXml, RowXml, SheetXml, new_row_tag, row_style
from sheets_adapter.xlsx.styles import Styles
from sheets_adapter.xlsx.tables import Table
from sheets_adapter.xlsx.totals import TotalsMove, move_below, move_cells, require_movable, totals_table
from sheets_adapter.xlsx.values import cell_content

if TYPE_CHECKING:
    from schemas.field_types.base import CellFormat, CellValue

_EXAMPLE_ROWS = 5
_DATE_FORMATS = frozenset(("date", "datetime", "month"))
_NUMBER_FORMATS = frozenset(("integer", "decimal", "money", "percent"))


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column added at the right of the sheet."""

    header: str
    format: CellFormat = "general"
    width: float = 14
    hidden: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetEdit:
    """What to write. Columns count from 0, rows from 1.

    updates: row → column → value; a header cell is a cell like any other. None or "" empties a cell.
    appends: records to add below the last one.
    formats: number format a column's values need where the style they inherit does not suit them.
    columns: the portal's columns; empty means all that `formats`, `updates` and `appends` name.
    last_record_row: the last record's row if the caller knows it; content below it in the portal's columns is then
        refused (S037). 0: the last row that holds something in the portal's columns.
    new_columns: added first; their positions are in the result.
    """

    header_row: int
    updates: Mapping[int, Mapping[int, CellValue]] = field(default_factory=dict)
    appends: Sequence[Mapping[int, CellValue]] = ()
    formats: Mapping[int, CellFormat] = field(default_factory=dict)
    columns: frozenset[int] = frozenset()
    last_record_row: int = 0
    new_columns: Sequence[NewColumn] = ()

    def portal_columns(self) -> frozenset[int]:
        """The columns records live in."""
        if self.columns:
            return self.columns
        named = set(self.formats)
        for values in (*self.updates.values(), *self.appends):
            named.update(values)
        return frozenset(named)


@dataclass(frozen=True, slots=True)
class EditResult:
    """What was written.

    skipped_formulas: (row, column) of values not written because people's formulas fill the cell or go on into it.
    new_columns: positions of the added columns, in the order they were asked for.
    """

    first_appended_row: int
    skipped_formulas: tuple[tuple[int, int], ...] = ()
    new_columns: tuple[int, ...] = ()


class SheetEditor:
    """Applies one edit to a worksheet's XML, its styles and its tables."""

    def __init__(
        self,
        sheet: SheetXml,
        styles: Styles,
        tables: Sequence[Table],
        edit: SheetEdit,
        *,
        date1904: bool,
        pivots: Sequence[Range] = (),
        is_named: Callable[[Table], bool] = lambda _: False,
    ) -> None:
        """is_named: whether anything in the workbook names a cell of the table's totals row."""
        self.pivots = pivots
        self._is_named = is_named
        self.sheet, self.styles, self.tables, self.edit, self.date1904 = sheet, styles, tables, edit, date1904
        self.columns = edit.portal_columns()
        self.filter_area: Range | None = None
        self.moved_totals: TotalsMove | None = None
        self._new: NewRows | None = None
        self._changed: dict[int, RowXml] = {}
        self._skipped: list[tuple[int, int]] = []
        self._suited: dict[tuple[int, str], int] = {}
        self._inherited: dict[int, int] = {}

    def apply(self) -> EditResult:
        """Writes updates and appends. Raises CannotEdit (S030–S039) before anything is changed in the sheet."""
        self._require_columns_fit()
        for row, values in self.edit.updates.items():
            self._update(row, values)
        first = self.last_record + 1
        if self.edit.appends:
            self._require_room(first)
            self._move_totals()
            for offset, values in enumerate(self.edit.appends):
                if self._formulas or first + offset in self._changed or self.sheet.raw_row(first + offset):
                    self._append(first + offset, values)
                    continue
                self._new = self._new or self._make_new_rows()
                self._new.add(first + offset, values)
        self._write_back()
        return EditResult(first, tuple(self._skipped))

    # Where records end, and what new ones look like

    @cached_property
    def _records(self) -> list[RowXml]:
        """The last record rows, lowest first, as they were before the edit."""
        found: list[RowXml] = []
        stop = self.edit.last_record_row + 1 if self.edit.last_record_row else MAX_ROWS + 1
        if self._totals is not None:
            stop = min(stop, self._totals.area.last_row)
        for row in self.sheet.rows_with_content(self.columns, above=stop):
            if row.number <= self.edit.header_row or len(found) == _EXAMPLE_ROWS:
                break
            found.append(row)
        return found

    @cached_property
    def _totals(self) -> Table | None:
        return totals_table(self.tables, self.sheet, self.edit.header_row, self.columns)

    @cached_property
    def last_record(self) -> int:
        """The last record's row; the header row when there is none."""
        if self.edit.last_record_row:
            return max(self.edit.last_record_row, self.edit.header_row)
        return self._records[0].number if self._records else self.edit.header_row

    @cached_property
    def _formulas(self) -> dict[int, Formula]:
        """Formulas that go on in appended rows, by column."""
        found: dict[int, Formula] = {}
        for table in self.tables:
            if self._takes_appends(table):
                for column, text in table.calculated_formulas().items():
                    formula = Formula(text, self.last_record, column)
                    # A table part does not say which row a relative address counts from; only a cell does.
                    if moved(formula, self.last_record + 1, column) == text:
                        found[column] = formula
        return found | continued_formulas(self.sheet, self._records)

    def _takes_appends(self, table: Table) -> bool:
        area = table.area
        return (
            table.has_header
            and area.first_row == self.edit.header_row
            and area.last_row >= self.last_record
            and area.has_column(self.columns)
        )

    def _inherited_style(self, column: int) -> int:
        """The style most of the last record rows give the column, nearest first; else the row's or column's own."""
        if column not in self._inherited:
            styles = [row.cells[column].style for row in self._records if column in row.cells]
            if styles:
                style = Counter(styles).most_common(1)[0][0]
            else:
                style = row_style(self._records[0].tag) if self._records else 0
            self._inherited[column] = style or self._column_style(column)
        return self._inherited[column]

    def _column_style(self, column: int) -> int:
        for low, high, style in self._column_styles:
            if low <= column + 1 <= high:
                return style
        return 0

    @cached_property
    def _column_styles(self) -> list[tuple[int, int, int]]:
        columns = self._root.child("cols")
        return [
            (int(one.attributes["min"]), int(one.attributes["max"]), int(one.attributes.get("style", "0")))
            for one in (columns.children if columns else ())
        ]

    # What stands in the way

    @cached_property
    def _root(self) -> Element:
        return self.sheet.outline()[1]

    @cached_property
    def _merged(self) -> list[Range]:
        merges = self._root.child("mergeCells")
        return [Range.parse(one.attributes["ref"]) for one in (merges.children if merges else ())]

    @cached_property
    def _arrays(self) -> list[Range]:
        return array_ranges(self.sheet)

    def _require_columns_fit(self) -> None:
        if self.columns and max(self.columns) >= MAX_COLUMNS:
            raise CannotEdit("S032", sheet=self.sheet.sheet, limit=str(MAX_COLUMNS))

    def _require_room(self, first: int) -> None:
        """Raises CannotEdit when the rows below the last record are not free in the portal's columns."""
        name, last = self.sheet.sheet, first + len(self.edit.appends) - 1
        if last > MAX_ROWS or first == 1:
            raise CannotEdit("S032", sheet=name, limit=str(MAX_ROWS))
        self._require_totals_movable(last)
        needed = [Range(first, column, last, column) for column in sorted(self.columns | self._formulas.keys())]
        obstacles = (
            ("S039", self._merged),
            ("S038", self._arrays),
            ("S037", [*self.pivots, *(table.area for table in self.tables if not self._takes_appends(table))]),
        )
        for code, areas in obstacles:
            for area in areas:
                if any(area.meets(one) for one in needed):
                    raise CannotEdit(code, sheet=name, range=str(area))
        if self.edit.last_record_row:
            self._require_nothing_below(first)

    def _require_totals_movable(self, last: int) -> None:
        for table in self.tables:
            if not (self._takes_appends(table) and table.has_totals):
                continue
            move = move_below(table, last) if table is self._totals else None
            if table is not self._totals or (move and self._is_named(table)):
                raise CannotEdit("S030", sheet=self.sheet.sheet, table=table.name)
            if move is not None:
                require_movable(self.sheet, table, move, self._merged)
                self.moved_totals = move

    def _move_totals(self) -> None:
        move = self.moved_totals
        if move is not None:
            move_cells(self._row(move.row), self._row(move.new_row), move.columns)

    def _require_nothing_below(self, first: int) -> None:
        for row in self.sheet.rows_with_content(self.columns):
            if row.number >= first:
                raise CannotEdit("S037", sheet=self.sheet.sheet, range=f"{row.number}:{row.number}")
            return

    # Writing

    def _row(self, number: int) -> RowXml:
        if number not in self._changed:
            self._changed[number] = self.sheet.row(number)
        return self._changed[number]

    def _update(self, number: int, values: Mapping[int, CellValue]) -> None:
        if not 1 <= number <= MAX_ROWS:
            raise CannotEdit("S032", sheet=self.sheet.sheet, limit=str(MAX_ROWS))
        row = self._row(number)
        for column, value in values.items():
            cell = row.cells.get(column)
            if self._is_formula(number, column, cell):
                self._skipped.append((number, column))
                continue
            self._require_not_merged(number, column)
            if cell is None and (value is None or value == ""):
                continue
            style = cell.style if cell else self._style_beside(row, column)
            self._put(row, column, value, style)

    def _style_beside(self, row: RowXml, column: int) -> int:
        """The style a cell not there yet takes: the header row's neighbour's, a record row's column style."""
        if row.number > self.edit.header_row:
            return row_style(row.tag) or self._inherited_style(column)
        left = [cell.style for at, cell in row.cells.items() if at < column]
        return left[-1] if left else 0

    def _is_formula(self, number: int, column: int, cell: CellXml | None) -> bool:
        if cell is not None and has_formula(self.sheet.dialect, cell):
            return True
        return bool(self._arrays) and any(area.holds(number, column) for area in self._arrays)

    def _require_not_merged(self, number: int, column: int) -> None:
        for area in self._merged:
            if area.holds(number, column) and (number, column) != (area.first_row, area.first_column):
                raise CannotEdit("S039", sheet=self.sheet.sheet, range=str(area))

    @cached_property
    def _dressed(self) -> frozenset[int]:
        """Columns in which a record has a cell though it holds nothing."""
        return frozenset(column for one in self._records for column, cell in one.cells.items() if cell.style)

    def _make_new_rows(self) -> NewRows:
        columns = sorted(self._dressed.union(*self.edit.appends))
        model, span = (
            self._records[0] if self._records else None,
            range(min(columns, default=0), max(columns, default=0) + 1),
        )
        return NewRows(
            self.sheet.sheet, self.sheet.dialect.prefix, self.sheet.dialect.row_close, columns,
            lambda column, value: self._style_for(self._inherited_style(column), value, column),
            lambda number: new_row_tag(model, number, span) if model else self.sheet.row(number).tag,
            self.date1904,
        )  # fmt: skip

    def _append(self, number: int, values: Mapping[int, CellValue]) -> None:
        """Fills a row that is there already in part, or in which formulas go on."""
        row = self._row(number)
        model = self._records[0] if self._records else None
        columns = sorted({*values, *self._dressed, *self._formulas})
        if model and not self.sheet.raw_row(number):
            row.tag = new_row_tag(model, number, range(min(columns, default=0), max(columns, default=0) + 1))
        for column in columns:
            present = row.cells.get(column)
            if present and self.sheet.has_content(present):
                self._skipped += [(number, column)] if column in values else []
                continue
            style = (present.style if present else 0) or self._inherited_style(column)
            formula = self._formulas.get(column)
            if formula is None:
                self._put(row, column, values.get(column), style)
                continue
            row.put(column, style, *formula.cell_xml(number))
            if values.get(column) not in (None, ""):
                self._skipped.append((number, column))

    def _put(self, row: RowXml, column: int, value: CellValue, style: int) -> None:
        attributes, inner = cell_content(value, f"{self.sheet.sheet}!{cell_name(row.number, column)}", self.date1904)
        if inner:
            style = self._style_for(style, value, column)
        elif not style and column not in row.cells:
            return
        row.put(column, style, attributes, inner)

    def _style_for(self, style: int, value: CellValue, column: int) -> int:
        """The style, with the number format the value needs if it has none that suits."""
        wanted = wanted_format(value, self.edit.formats.get(column, "general"))
        if wanted is None:
            return style
        if (style, wanted) not in self._suited:
            self._suited[style, wanted] = self.styles.suited(style, wanted)
        return self._suited[style, wanted]

    def _write_back(self) -> None:
        changed = {number: row.to_bytes() for number, row in self._changed.items() if row.is_touched}
        changed |= self._new.rows if self._new else {}
        if not changed:
            return
        growing = growth.Growth(
            self.edit.header_row, self.last_record, self.last_record + len(self.edit.appends), self.columns
        )
        for table in self.tables:
            if self.edit.appends and self._takes_appends(table):
                table.fill()
            if table is self._totals and self.moved_totals is not None:
                table.grow(self.moved_totals.new_row)
            elif growing.takes_filter(table.area):
                table.grow(growing.new_last)
        data, root = self.sheet.outline()
        splices, self.filter_area = growth.outline_splices(data, root, growing)
        splices += self._dimension_splice(data, root)
        self.sheet.splice_outline(splices)
        self.sheet.replace_rows(changed)

    def _dimension_splice(self, data: bytes, root: Element) -> list[Splice]:
        dimension = root.child("dimension")
        if dimension is None:
            return []
        touched = [row for row in self._changed.values() if row.is_touched and row.cells]
        written = [Range(row.number, min(row.cells), row.number, max(row.cells)) for row in touched]
        written += [self._new.area] if self._new and self._new.area else []
        area = Range.parse(dimension.attributes.get("ref", "A1"))
        grown = Range(
            min(one.first_row for one in (area, *written)),
            min(one.first_column for one in (area, *written)),
            max(one.last_row for one in (area, *written)),
            max(one.last_column for one in (area, *written)),
        )
        return [] if grown == area else [set_attributes(data, dimension, ref=str(grown))]


def wanted_format(
    value: CellValue, column_format: CellFormat
) -> CellFormat | Literal["time", "duration", "number"] | None:
    """The format a value needs in a column of that format; None when any will do."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return "text" if column_format == "text" else None
    if isinstance(value, date):
        if column_format in _DATE_FORMATS:
            return column_format
        return "datetime" if isinstance(value, datetime) else "date"
    if isinstance(value, time):
        return "time"
    if isinstance(value, timedelta):
        return "duration"
    assert isinstance(value, int | float | Decimal)
    return column_format if column_format in _NUMBER_FORMATS else "number"
