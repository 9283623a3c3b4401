"""Ranges that end with the records grow with them: filter, validations, conditional formats, ignored errors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sheets_adapter.xlsx.addresses import Range
from sheets_adapter.xlsx.markup import Element, Splice, set_attributes

_RULES = ("conditionalFormatting", "dataValidation", "ignoredError")


@dataclass(frozen=True, slots=True)
class Growth:
    """Records grew from `old_last` to `new_last`; `columns` are the portal's, `header_row` the row of labels."""

    header_row: int
    old_last: int
    new_last: int
    columns: Collection[int]

    def takes(self, area: Range) -> bool:
        """Whether a range over records ends on or after the old last one but before the new last one.

        A rule on the header alone, or on one single record of several, is not a rule of the column.
        """
        first_record = self.header_row + 1
        is_single = area.first_row == area.last_row == self.old_last and self.old_last > first_record
        return (
            max(self.old_last, first_record) <= area.last_row < self.new_last
            and area.first_row <= self.old_last + 1
            and not is_single
            and area.has_column(self.columns)
        )

    def takes_filter(self, area: Range) -> bool:
        """Whether a filter or table belongs to the records: it begins at the header and ends with them."""
        return (
            area.first_row == self.header_row
            and self.old_last <= area.last_row < self.new_last
            and area.has_column(self.columns)
        )

    def grown_sqref(self, sqref: str) -> str:
        """The ranges, those that take part ending on the new last row; what is no range stays as it is."""
        return " ".join(self._grown(part) for part in sqref.split())

    def _grown(self, text: str) -> str:
        try:
            area = Range.parse(text)
        except ValueError:
            return text
        return str(area.down_to(self.new_last)) if self.takes(area) else text


def outline_splices(data: bytes, root: Element, growth: Growth) -> tuple[list[Splice], Range | None]:
    """Splices that grow the sheet's own ranges, and the sheet filter's new range if it grew."""
    splices: list[Splice] = []
    filter_area: Range | None = None
    own_filter = root.child("autoFilter")
    if own_filter is not None and growth.takes_filter(Range.parse(own_filter.attributes.get("ref", "A1"))):
        filter_area = Range.parse(own_filter.attributes["ref"]).down_to(growth.new_last)
        splices.append(set_attributes(data, own_filter, ref=str(filter_area)))
    for name in _RULES:
        for rule in root.all(name):
            splices += _rule_splices(data, rule, growth)
    return splices, filter_area


def _rule_splices(data: bytes, rule: Element, growth: Growth) -> list[Splice]:
    """A rule names its cells in an attribute, or (in Excel 2010's extensions) in a child element."""
    attribute = rule.attributes.get("sqref", "")
    new = growth.grown_sqref(attribute)
    if new != " ".join(attribute.split()):
        return [set_attributes(data, rule, sqref=new)]
    child = rule.child("sqref")
    if child is None:
        return []
    new = growth.grown_sqref(child.text)
    return [Splice(child.inner_start, child.inner_end, new.encode())] if new != " ".join(child.text.split()) else []
