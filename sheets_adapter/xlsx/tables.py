"""ListObjects ("format as table"): grown with their records, renamed and widened with their header cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sheets_adapter.xlsx.addresses import Range
from sheets_adapter.xlsx.markup import (
    Element,
    Splice,
    append_child,
    apply_splices,
    escape_attribute,
    parse,
    set_attributes,
    without_attribute,
)


@dataclass
class Table:
    """One table part of a sheet."""

    part: str
    data: bytes

    @cached_property
    def _root(self) -> Element:
        return parse(self.data)

    @property
    def name(self) -> str:
        """The name formulas use."""
        return self._root.attributes.get("displayName", "")

    @property
    def area(self) -> Range:
        """The whole table with header and totals row."""
        return Range.parse(self._root.attributes.get("ref", "A1"))

    @property
    def has_header(self) -> bool:
        """Whether its first row holds the column names."""
        return self._root.attributes.get("headerRowCount", "1") != "0"

    @property
    def has_totals(self) -> bool:
        """Whether its last row holds totals."""
        return self._root.attributes.get("totalsRowCount", "0") != "0"

    @property
    def is_query(self) -> bool:
        """Whether an external query fills it."""
        return self._root.attributes.get("tableType", "worksheet") != "worksheet"

    @property
    def _columns(self) -> Element | None:
        return self._root.child("tableColumns")

    def column_name(self, column: int) -> str | None:
        """The name of a sheet column's table column; None outside the table."""
        offset = column - self.area.first_column
        return self.column_names[offset] if 0 <= offset < len(self.column_names) else None

    @property
    def column_names(self) -> list[str]:
        """Header texts from left to right."""
        columns = self._columns
        return [column.attributes.get("name", "") for column in columns.children] if columns else []

    def calculated_formulas(self) -> dict[int, str]:
        """Sheet column → formula text of calculated columns."""
        found: dict[int, str] = {}
        for offset, column in enumerate(self._columns.children if self._columns else ()):
            formula = column.child("calculatedColumnFormula")
            if formula is not None and formula.text and formula.attributes.get("array") not in ("1", "true"):
                found[self.area.first_column + offset] = formula.text
        return found

    def grow(self, last_row: int) -> None:
        """Ends the table on `last_row`, its filter and its sort on the last record."""
        splices = [self._resized(self._root, self.area.down_to(last_row))]
        last_row -= self.has_totals
        for name in ("autoFilter", "sortState"):
            splices += [
                self._resized(element, Range.parse(element.attributes["ref"]).down_to(last_row))
                for element in self._root.all(name)
                if "ref" in element.attributes
            ]
        self._set(splices)

    def fill(self) -> None:
        """Says that the table's blank first row now holds a record."""
        tag = self.data[self._root.start : self._root.inner_start]
        filled = without_attribute(without_attribute(tag, "insertRow"), "insertRowShift")
        self._set([Splice(self._root.start, self._root.inner_start, filled)])

    def rename(self, column: int, name: str) -> None:
        """Renames the column in that sheet column."""
        columns = self._columns
        assert columns is not None
        element = columns.children[column - self.area.first_column]
        self._set([set_attributes(self.data, element, name=_header_text(name))])

    def widen(self, name: str) -> None:
        """Adds a column at the right end."""
        columns = self._columns
        assert columns is not None
        area = self.area
        wider = Range(area.first_row, area.first_column, area.last_row, area.last_column + 1)
        number = max(int(column.attributes.get("id", "0")) for column in columns.children) + 1
        child = f'<{columns.prefix}tableColumn id="{number}" name="{escape_attribute(_header_text(name))}"/>'
        splices = [self._resized(self._root, wider)]
        own_filter = self._root.child("autoFilter")
        if own_filter is not None and "ref" in own_filter.attributes:
            old = Range.parse(own_filter.attributes["ref"])
            new = Range(old.first_row, old.first_column, old.last_row, wider.last_column)
            splices.append(self._resized(own_filter, new))
        splices += append_child(self.data, columns, child.encode(), count=str(len(columns.children) + 1))
        self._set(splices)

    def _resized(self, element: Element, area: Range) -> Splice:
        return set_attributes(self.data, element, ref=str(area))

    def _set(self, splices: list[Splice]) -> None:
        self.data = apply_splices(self.data, splices)
        self.__dict__.pop("_root", None)


def _header_text(name: str) -> str:
    """A column name as table parts spell it: line breaks in Excel's `_x000a_` form."""
    return name.replace("\n", "_x000a_")
