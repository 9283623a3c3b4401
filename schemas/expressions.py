"""The expression language of computed fields: parsed into a small tree, never handed to Python.

    qty * unit_price · sum(items.qty * items.unit_price) · if(is_vip, amount * 90%, amount) · days(start_on, end_on)

Numbers, 'text', field keys, `line.field` inside sum/min/max/count, + - * / (also × ÷ −), comparisons, parentheses.
Functions: min max sum count days minutes week if round join and or not. Arithmetic is decimal. An empty operand makes
the result empty; sum, min, max and join pass over empty ones; an empty condition does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from schemas.finding import Finding
from schemas.operands import Operand, compare

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?%?)|(?P<text>'[^']*'|\"[^\"]*\"|‘[^’]*’|“[^”]*”)"
    r"|(?P<name>[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?)"
    r"|(?P<op><=|>=|<>|!=|==|[-+*/()<>=,×÷−（），≤≥≠]))"
)
_SAME = {
    "×": "*", "÷": "/", "−": "-", "（": "(", "）": ")", "，": ",", "≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=",
    "==": "=",
}  # fmt: skip
COMPARISONS: Mapping[str, tuple[int, ...]] = {
    "=": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1),
}  # fmt: skip
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "min": (1, 20), "max": (1, 20), "sum": (1, 20), "count": (1, 1), "days": (2, 2), "minutes": (2, 2),
    "week": (1, 1), "if": (3, 3), "round": (1, 2),
    "join": (1, 20), "and": (1, 20), "or": (1, 20), "not": (1, 1),
}  # fmt: skip
"""Function → the fewest and most arguments it takes."""
AGGREGATES = frozenset({"sum", "min", "max"})
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Literal:
    value: Operand


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the header, or of the row an expression belongs to."""

    key: str


@dataclass(frozen=True, slots=True)
class LineName:
    """A field of a line table, inside sum, min or max; `key` is "" for the table itself, inside count."""

    line: str
    key: str


@dataclass(frozen=True, slots=True)
class Negation:
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


Node = Literal | Name | LineName | Negation | Binary | Call
Rows = Mapping[str, Sequence[Mapping[str, Operand]]]


class CannotCompute(Exception):
    """The expression has no value for these inputs; `code` is the finding's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression."""

    text: str
    root: Node

    @property
    def names(self) -> frozenset[str]:
        """Keys of the fields named without a line."""
        return frozenset(node.key for node in nodes_of(self.root) if isinstance(node, Name))

    @property
    def line_names(self) -> frozenset[tuple[str, str]]:
        """(line, field) pairs; the field is "" for count(line)."""
        return frozenset((node.line, node.key) for node in nodes_of(self.root) if isinstance(node, LineName))

    @property
    def fields(self) -> frozenset[str]:
        """Everything the value depends on: "amount", "items.qty", "items"."""
        return self.names | {f"{line}.{key}".rstrip(".") for line, key in self.line_names}

    def evaluate(self, values: Mapping[str, Operand], lines: Rows) -> Operand:
        """The value, None when empty. Raises CannotCompute on division by zero and operands of the wrong kind."""
        return _Evaluation(values, lines).value(self.root)


def nodes_of(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    below: tuple[Node, ...] = ()
    if isinstance(node, Negation):
        below = (node.operand,)
    elif isinstance(node, Binary):
        below = (node.left, node.right)
    elif isinstance(node, Call):
        below = node.arguments
    for part in below:
        yield from nodes_of(part)


def parse(text: str) -> Expression | Finding:
    """Reads an expression; a finding T060 with the position when it cannot be read."""
    try:
        return Expression(text, _Parser(_tokens(text)).whole())
    except _SyntaxProblem as problem:
        return Finding("T060", None, {"expression": text, "position": problem.position, "near": problem.near})


class _SyntaxProblem(Exception):
    def __init__(self, position: int, near: str) -> None:
        self.position, self.near = position, near
        super().__init__(near)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    end = 0
    body = text.rstrip()
    while end < len(body):
        found = _TOKEN.match(body, end)
        if not found:
            start = end + len(body[end:]) - len(body[end:].lstrip())
            raise _SyntaxProblem(start + 1, body[start : start + 10])
        kind = found.lastgroup or ""
        word = found.group(kind)
        tokens.append(_Token(kind, _SAME.get(word, word), found.start(kind) + 1))
        end = found.end()
    return [*tokens, _Token("end", "", len(body) + 1)]


@dataclass(slots=True)
class _Parser:
    """Recursive descent: comparison, then sum, then product, then one operand."""

    tokens: list[_Token]
    index: int = 0
    depth: int = field(default=0)

    @property
    def next(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def expect(self, word: str) -> None:
        if self.next.text != word or self.next.kind != "op":
            raise _SyntaxProblem(self.next.position, self.next.text or word)
        self.take()

    def whole(self) -> Node:
        node = self.comparison()
        if self.next.kind != "end":
            raise _SyntaxProblem(self.next.position, self.next.text)
        return node

    def descend(self) -> None:
        self.depth += 1
        if self.depth > _DEPTH:
            raise _SyntaxProblem(self.next.position, self.next.text)

    def comparison(self) -> Node:
        self.descend()
        node = self.chain(("+", "-"))
        if self.next.kind == "op" and self.next.text in COMPARISONS:
            operator = self.take().text
            node = Binary(operator, node, self.chain(("+", "-")))
        self.depth -= 1
        return node

    def chain(self, operators: tuple[str, str]) -> Node:
        deeper = self.operand if "*" in operators else lambda: self.chain(("*", "/"))
        node = deeper()
        while self.next.kind == "op" and self.next.text in operators:
            node = Binary(self.take().text, node, deeper())
        return node

    def operand(self) -> Node:
        token = self.take()
        if token.kind == "number":
            number = Decimal(token.text.rstrip("%"))
            return Literal(number.scaleb(-2) if token.text.endswith("%") else number)
        if token.kind == "text":
            return Literal(token.text[1:-1])
        if token.kind == "name":
            return self.named(token)
        if token.text == "(" and token.kind == "op":
            node = self.comparison()
            self.expect(")")
            return node
        if token.text == "-" and token.kind == "op":
            self.descend()
            return Negation(self.operand())
        raise _SyntaxProblem(token.position, token.text)

    def named(self, token: _Token) -> Node:
        if self.next.text != "(":
            line, dot, key = token.text.partition(".")
            return LineName(line, key) if dot else Name(token.text)
        if token.text not in FUNCTIONS:
            raise _SyntaxProblem(token.position, f"{token.text}(")
        self.take()
        arguments = [self.comparison()]
        while self.next.text == "," and self.next.kind == "op":
            self.take()
            arguments.append(self.comparison())
        self.expect(")")
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(arguments) <= most:
            raise _SyntaxProblem(token.position, f"{token.text}(…{len(arguments)}…)")
        if token.text == "count" and isinstance(arguments[0], Name):
            arguments = [LineName(arguments[0].key, "")]
        return Call(token.text, tuple(arguments))


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Evaluates nodes; `row` is the line table's row an aggregate is at."""

    values: Mapping[str, Operand]
    lines: Rows
    row: Mapping[str, Operand] | None = None

    def value(self, node: Node) -> Operand:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Name):
            return self.values.get(node.key)
        if isinstance(node, LineName):
            return (self.row or {}).get(node.key)
        if isinstance(node, Negation):
            operand = _number(self.value(node.operand))
            return None if operand is None else -operand
        if isinstance(node, Binary):
            return self.binary(node)
        return self.call(node)

    def binary(self, node: Binary) -> Operand:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        if node.operator in COMPARISONS:
            order = compare(left, right)
            if order is None:
                raise CannotCompute("V071")
            return order in COMPARISONS[node.operator]
        if isinstance(left, date):
            return _shifted(left, node.operator, right)
        return _arithmetic(node.operator, _number(left), _number(right))

    def call(self, node: Call) -> Operand:
        function = node.function
        if function == "if":
            condition, then, otherwise = node.arguments
            return self.value(then if self.value(condition) is True else otherwise)
        if function == "count":
            return Decimal(len(self.lines.get(_line_of(node), ())))
        values = list(self.gathered(node))
        if function in AGGREGATES:
            return _aggregate(function, [value for value in values if value is not None])
        if function == "join":
            return "".join(_as_text(value) for value in values if value is not None) or None
        if function in ("and", "or"):
            return (all if function == "and" else any)(value is True for value in values)
        if function == "not":
            return values[0] is not True
        if None in values:
            return None
        return _FUNCTIONS[function](*values)

    def gathered(self, node: Call) -> Iterator[Operand]:
        """The arguments' values; one that names a line table gives one value per row."""
        for argument in node.arguments:
            line = next((part.line for part in nodes_of(argument) if isinstance(part, LineName)), "")
            if not line or self.row is not None or node.function not in AGGREGATES:
                yield self.value(argument)
                continue
            for row in self.lines.get(line, ()):
                yield _Evaluation(self.values, self.lines, row).value(argument)


def _line_of(node: Call) -> str:
    argument = node.arguments[0]
    return argument.line if isinstance(argument, LineName) else ""


def _number(value: Operand) -> Decimal | None:
    if value is None or isinstance(value, Decimal):
        return value
    raise CannotCompute("V071")


def _arithmetic(operator: str, left: Decimal | None, right: Decimal | None) -> Operand:
    if left is None or right is None:
        return None
    if operator == "/":
        if right == 0:
            raise CannotCompute("V070")
        return left / right
    return {"+": left.__add__, "-": left.__sub__, "*": left.__mul__}[operator](right)


def _shifted(day: date, operator: str, other: Operand) -> Operand:
    """A day plus or minus days, or the days between two."""
    if isinstance(other, date) and operator == "-":
        return _days(other, day)
    if not isinstance(other, Decimal) or operator not in "+-":
        raise CannotCompute("V071")
    try:
        return day + timedelta(days=int(other) if operator == "+" else -int(other))
    except OverflowError:
        raise CannotCompute("V071") from None


def _days(start: Operand, end: Operand) -> Decimal:
    if not isinstance(start, date) or not isinstance(end, date):
        raise CannotCompute("V071")
    return Decimal(end.toordinal() - start.toordinal())


def _minutes(start: Operand, end: Operand) -> Decimal:
    """Whole minutes from one moment to another."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise CannotCompute("V071")
    return Decimal((end - start) // timedelta(minutes=1))


def _week(day: Operand) -> str:
    """The ISO week a day lies in, "2026-W47": weeks begin on Monday and belong to the year of their Thursday."""
    if not isinstance(day, date):
        raise CannotCompute("V071")
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _rounded(number: Operand, places: Operand = Decimal(0)) -> Operand:
    if not isinstance(number, Decimal) or not isinstance(places, Decimal) or not 0 <= places <= 10:
        raise CannotCompute("V071")
    return number.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)


_FUNCTIONS: Mapping[str, Callable[..., Operand]] = {
    "days": _days, "minutes": _minutes, "week": _week, "round": _rounded,
}  # fmt: skip
"""Functions of operands that are all there."""


def _aggregate(function: str, values: Sequence[Operand]) -> Operand:
    if function == "sum":
        return sum((_number(value) or Decimal(0) for value in values), Decimal(0))
    best: Operand = None
    for value in values:
        order = -1 if best is None else compare(value, best)
        if order is None:
            raise CannotCompute("V071")
        if best is None or order == (-1 if function == "min" else 1):
            best = value
    return best


def _as_text(value: Operand) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return "是" if value else "否"
    return value.isoformat() if isinstance(value, date) else str(value)
