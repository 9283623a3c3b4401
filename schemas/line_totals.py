"""What stands below a line table: the sums of the columns it makes sense to add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from schemas.template import Field, LineTable

SUMMED = frozenset({"integer", "money"})
"""Adding up prices per piece or percentages would say nothing."""
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})


def result_type(field: Field) -> str:
    """The type of the field's value: its own, or what it works out."""
    return (field.result or "decimal") if field.type == "computed" else field.type


def is_number(field: Field) -> bool:
    """Whether the field's values are numbers, which stand right in a column."""
    return result_type(field) in NUMBERS


def line_totals(line: LineTable, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Sums of a line table's money and whole-number columns, as canonical texts; {} when there is nothing to add.

    A masked text is nothing to add.
    """
    summed = [field for field in line.fields if result_type(field) in SUMMED]
    amounts = {
        field.key: [Decimal(row[field.key]) for row in rows if row.get(field.key) and "*" not in row[field.key]]
        for field in summed
    }
    return {key: str(sum(found, Decimal(0))) for key, found in amounts.items() if found}
