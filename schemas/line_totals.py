"""What stands below a line table: the sums of the columns it makes sense to add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from schemas import expressions
from schemas.template import Field, LineTable

_SUMMED = frozenset({"integer", "money"})
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})


def result_type(field: Field) -> str:
    """The type of the field's value: its own, or what it works out."""
    return (field.result or "decimal") if field.type == "computed" else field.type


def is_number(field: Field) -> bool:
    """Whether the field's values are numbers, which stand right in a column."""
    return result_type(field) in NUMBERS


def line_totals(line: LineTable, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Sums of a line table's money and whole-number columns, as canonical texts; {} when there is nothing to add.

    A price per piece is not added up: money that another column multiplies. A masked text is nothing to add.
    """
    prices = _prices(line)
    summed = [field for field in line.fields if result_type(field) in _SUMMED and field.key not in prices]
    amounts = {
        field.key: [Decimal(row[field.key]) for row in rows if row.get(field.key) and "*" not in row[field.key]]
        for field in summed
    }
    return {key: str(sum(found, Decimal(0))) for key, found in amounts.items() if found}


def _prices(line: LineTable) -> frozenset[str]:
    """Money columns that stand in a product of another column, such as unit_price in qty * unit_price."""
    money = {field.key for field in line.fields if field.type == "money"}
    parsed = [expressions.parse(field.compute) for field in line.fields if field.compute]
    nodes = [
        node for one in parsed if isinstance(one, expressions.Expression) for node in expressions.nodes_of(one.root)
    ]
    factors = [
        side.key
        for node in nodes
        if isinstance(node, expressions.Binary) and node.operator == "*"
        for side in (node.left, node.right)
        if isinstance(side, expressions.Name)
    ]
    return frozenset(factors) & money
