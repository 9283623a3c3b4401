"""The kind of value an expression makes: number, date, text or bool."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.expressions import (
    AGGREGATES,
    COMPARISONS,
    Binary,
    Call,
    LineName,
    Literal,
    Name,
    Negation,
    Node,
    nodes_of,
)
from schemas.operands import result_type
from schemas.template import Field

_KINDS = {
    **dict.fromkeys(("integer", "decimal", "money", "percent", "year"), "number"),
    **dict.fromkeys(("date", "datetime"), "date"),
    "bool": "bool",
}
KindOfName = Callable[[str], str]
Fields = Mapping[tuple[str, str], Field]


class KindProblem(Exception):
    """An operand of the wrong kind: `near` what, and which kind is `expected` there."""

    def __init__(self, near: str, expected: str) -> None:
        self.near, self.expected = near, expected
        super().__init__(f"{near}: expected {expected}")


def kind_of_field(field: Field) -> str:
    """The kind of a field's values in expressions; every type that is no number, date or bool is text."""
    return _KINDS.get(result_type(field), "text")


def kind_of(node: Node, names: KindOfName, fields: Fields, in_aggregate: bool = False) -> str:
    """The kind a node makes. Raises KindProblem where an operator or function is given the wrong kind."""
    if isinstance(node, Literal):
        return "text" if isinstance(node.value, str) else "number"
    if isinstance(node, Name):
        return names(node.key)
    if isinstance(node, LineName):
        if not in_aggregate:
            raise KindProblem(f"{node.line}.{node.key}", "aggregate")
        return kind_of_field(fields[node.line, node.key])
    if isinstance(node, Negation):
        _require(node.operand, "number", names, fields, in_aggregate, "-")
        return "number"
    if isinstance(node, Binary):
        return _binary(node, names, fields, in_aggregate)
    return _call(node, names, fields, in_aggregate)


def _require(node: Node, kind: str, names: KindOfName, fields: Fields, in_aggregate: bool, near: str) -> None:
    if kind_of(node, names, fields, in_aggregate) != kind:
        raise KindProblem(near, kind)


def _binary(node: Binary, names: KindOfName, fields: Fields, in_aggregate: bool) -> str:
    left = kind_of(node.left, names, fields, in_aggregate)
    right = kind_of(node.right, names, fields, in_aggregate)
    if node.operator in COMPARISONS:
        if left != right:
            raise KindProblem(node.operator, left)
        return "bool"
    if left == "date" and node.operator in "+-":
        if right == "number":
            return "date"
        if right == "date" and node.operator == "-":
            return "number"
    if left != "number" or right != "number":
        raise KindProblem(node.operator, "number")
    return "number"


def _call(node: Call, names: KindOfName, fields: Fields, in_aggregate: bool) -> str:
    function = node.function
    if function == "count":
        if not isinstance(node.arguments[0], LineName) or node.arguments[0].key:
            raise KindProblem("count", "line")
        return "number"
    lines = {part.line for argument in node.arguments for part in nodes_of(argument) if isinstance(part, LineName)}
    if len(lines) > 1:
        raise KindProblem(function, "aggregate")
    inside = in_aggregate or function in AGGREGATES
    kinds = [kind_of(argument, names, fields, inside) for argument in node.arguments]
    return _made_by(function, kinds)


def _made_by(function: str, kinds: list[str]) -> str:
    if function == "if":
        if kinds[0] != "bool":
            raise KindProblem("if", "bool")
        if kinds[1] != kinds[2]:
            raise KindProblem("if", kinds[1])
        return kinds[1]
    if function == "join":
        return "text"
    wanted, made = {
        "sum": ("number", "number"), "round": ("number", "number"), "days": ("date", "number"),
        "minutes": ("date", "number"), "week": ("date", "text"),
        "and": ("bool", "bool"), "or": ("bool", "bool"), "not": ("bool", "bool"),
    }.get(function, (kinds[0], kinds[0]))  # fmt: skip
    if any(kind != wanted for kind in kinds):
        raise KindProblem(function, wanted)
    return made
