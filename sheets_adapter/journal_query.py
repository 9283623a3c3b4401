"""A `Query` as SQL: tests, search words, order with empty values last, and the cursor of the next page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sheets_adapter.contract import Column, Query, Row, Shown, Test
from sheets_adapter.journal_layout import Layout, SqlValue, comparable, encode, quoted

Sql = tuple[str, list[SqlValue]]
Read = Callable[[str, list[SqlValue]], SqlValue]
"""Runs a statement that answers one cell."""


def column_of(layout: Layout, key: str) -> Column:
    """The column, or LookupError naming table and column."""
    found = layout.columns.get(key)
    if found is None:
        raise LookupError(f"table {layout.spec.name!r} has no column {key!r}")
    return found


def _hole(column: Column) -> str:
    return "CAST(? AS REAL)" if column.kind == "decimal" else "?"


def _plain(column: Column) -> str:
    return f"r.{quoted(column.key)}"


def _text(column: Column) -> str:
    """The column's canonical text: whole numbers are kept as such, money in fen."""
    name = _plain(column)
    if column.kind != "money":
        return f"CAST({name} AS TEXT)" if column.kind == "integer" else name
    yuan = f"printf('%s%d.%02d', iif({name} < 0, '-', ''), abs({name}) / 100, abs({name}) % 100)"
    return f"iif(typeof({name}) = 'integer', {yuan}, {name})"


def _compared(operator: str) -> Callable[[Column, Test], Sql]:
    def build(column: Column, test: Test) -> Sql:
        return f"{comparable(column)} {operator} {_hole(column)}", [encode(column.kind, test.value)]

    return build


def _equal(column: Column, test: Test) -> Sql:
    return f"{_plain(column)} IS ?", [encode(column.kind, test.value)]


def _unequal(column: Column, test: Test) -> Sql:
    return f"{_plain(column)} IS NOT ?", [encode(column.kind, test.value)]


def _among(column: Column, test: Test) -> Sql:
    given = [encode(column.kind, value) for value in test.values if value]
    # as JSON, because SQLite binds only so many parameters
    listed = f"{_plain(column)} IN (SELECT value FROM json_each(?))"
    return (f"({listed} OR {_plain(column)} IS NULL)" if "" in test.values else listed), [json.dumps(given)]


def _contains(column: Column, test: Test) -> Sql:
    return f"instr({_text(column)}, ?) > 0", [test.value]


def _starts(column: Column, test: Test) -> Sql:
    return f"substr({_text(column)}, 1, ?) = ?", [len(test.value), test.value]


def _has(column: Column, test: Test) -> Sql:
    return f"instr('、' || {_text(column)} || '、', '、' || ? || '、') > 0", [test.value]


def _empty(column: Column, test: Test) -> Sql:
    return f"{_plain(column)} IS NULL", []


def _not_empty(column: Column, test: Test) -> Sql:
    return f"{_plain(column)} IS NOT NULL", []


_TESTS: Mapping[str, Callable[[Column, Test], Sql]] = {
    "eq": _equal,
    "ne": _unequal,
    "in": _among,
    "lt": _compared("<"),
    "le": _compared("<="),
    "gt": _compared(">"),
    "ge": _compared(">="),
    "contains": _contains,
    "starts": _starts,
    "has": _has,
    "empty": _empty,
    "not_empty": _not_empty,
}


@dataclass(frozen=True, slots=True)
class _Term:
    """One key of the order. `expression` sorts, `hole` is how its value is bound; column None: the row id.

    looked_up: the statement that answers the value for a row, where the row itself does not hold it.
    """

    column: Column | None
    expression: str
    hole: str
    descending: bool
    looked_up: str = ""

    def order(self) -> str:
        # DESC alone puts NULLs last; "ASC NULLS LAST" can still walk an index
        return f"{self.expression} DESC" if self.descending else f"{self.expression} ASC NULLS LAST"

    def value_of(self, row: Row, read: Read) -> SqlValue:
        if self.looked_up:
            return read(self.looked_up, [row.row_id])
        if self.column is None:
            return row.row_id
        return encode(self.column.kind, row.values.get(self.column.key, ""))

    def beyond(self, value: SqlValue) -> Sql:
        if value is None:
            return "0", []
        sign = "<" if self.descending else ">"
        return f"({self.expression} {sign} {self.hole} OR {self.expression} IS NULL)", [value]

    def level(self, value: SqlValue) -> Sql:
        return (f"{self.expression} IS NULL", []) if value is None else (f"{self.expression} = {self.hole}", [value])


class PagePlan:
    """The SQL of one query. The row id breaks ties, in the direction of the last sort column."""

    def __init__(self, layout: Layout, query: Query, layouts: Mapping[str, Layout]) -> None:
        self._layout = layout
        self._query = query
        self._terms = _order_terms(layout, query, layouts)
        self._cursor = _cursor_values(query.after, len(self._terms)) if query.after else None
        self._where, self._parameters = _conditions(layout, query)

    def page(self) -> Sql:
        """Rows of the page and one more, to be read with `layout.row`."""
        after, bound = _after(self._terms, self._cursor)
        wanted = f"SELECT r._row FROM {self._source()} WHERE {self._where} AND {after} {_order(self._terms)} LIMIT ?"
        sql = f"{self._layout.select} WHERE r._row IN ({wanted}) {_order(self._terms)}"
        return sql, [*self._parameters, *bound, self._query.limit + 1]

    def page_and_total(self) -> Sql:
        """As `page`, with a last cell: the number of all matching rows. One scan serves both."""
        aliased = [replace(term, expression=f"k{number}") for number, term in enumerate(self._terms)]
        after, bound = _after(aliased, self._cursor)
        keys = ", ".join(f"{term.expression} AS k{number}" for number, term in enumerate(self._terms))
        hits = f"SELECT r._row AS hit, {keys} FROM {self._source()} WHERE {self._where}"
        wanted = f"SELECT hit FROM hits WHERE {after} {_order(aliased)} LIMIT ?"
        whole_rows = self._layout.select.replace(" FROM ", ", (SELECT count(*) FROM hits) FROM ", 1)
        sql = f"WITH hits AS MATERIALIZED ({hits}) {whole_rows} WHERE r._row IN ({wanted}) {_order(self._terms)}"
        return sql, [*self._parameters, *bound, self._query.limit + 1]

    def total(self) -> Sql:
        """The number of all matching rows."""
        return f"SELECT count(*) FROM {self._source()} WHERE {self._where}", self._parameters

    def scan(self, keys: Sequence[str]) -> Sql:
        """Id, raw cells and these columns of all matching rows in order, to be read with `layout.block`."""
        fields = "".join(f", r.{quoted(column_of(self._layout, key).key)}" for key in keys)
        # Sorting row numbers alone is faster than sorting wide rows. SQLite keeps the inner order because of the LIMIT,
        # and walks it first because of the CROSS JOIN.
        wanted = f"SELECT r._row AS hit FROM {self._source()} WHERE {self._where} {_order(self._terms)} LIMIT -1"
        sql = f"SELECT r._id, r._raw{fields} FROM ({wanted}) CROSS JOIN {self._layout.rows} AS r ON r._row = hit"
        return sql, self._parameters

    def cursor(self, row: Row, read: Read) -> str:
        """The `next` of a page that ends with `row`."""
        values = [term.value_of(row, read) for term in self._terms]
        return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode()

    def _source(self) -> str:
        rows = f"{self._layout.rows} AS r"
        # CROSS JOIN: the narrow table of search texts is scanned first, the wide rows are only visited on a hit
        return f"{self._layout.texts} AS f CROSS JOIN {rows} ON r._row = f._row" if self._query.search else rows


def _conditions(layout: Layout, query: Query) -> Sql:
    clauses = ["1"]
    bound: list[SqlValue] = []
    for word in query.search:
        clauses.append("instr(f.text, ?) > 0")
        bound.append(word)
    for group in [*((test,) for test in query.where), *query.any_of]:
        built = [_TESTS[test.op](column_of(layout, test.column), test) for test in group]
        clauses.append(f"({' OR '.join(sql for sql, _ in built) or '0'})")
        bound.extend(value for _, values in built for value in values)
    return " AND ".join(clauses), bound


def _order_terms(layout: Layout, query: Query, layouts: Mapping[str, Layout]) -> list[_Term]:
    terms = []
    for key, descending in query.sort:
        column = column_of(layout, key)
        if key in query.shown:
            expression = _shown(column, query.shown[key], layouts)
            read = f"SELECT {expression} FROM {layout.rows} AS r WHERE r._id = ?"
            terms.append(_Term(column, expression, "?", descending, read))
        else:
            terms.append(_Term(column, comparable(column), _hole(column), descending))
    terms.append(_Term(None, "r._id", "?", terms[-1].descending if terms else False))
    return terms


def _shown(column: Column, shown: Shown, layouts: Mapping[str, Layout]) -> str:
    """The text the column shows. Raises LookupError for a table or column that does not exist."""
    target = layouts.get(shown.table)
    if target is None:
        raise LookupError(f"the store has no table {shown.table!r}")
    key, display = (quoted(column_of(target, name).key) if name else "_id" for name in (shown.key, shown.display))
    own = _plain(column)
    return f"COALESCE((SELECT t.{display} FROM {target.rows} AS t WHERE t.{key} = {own} LIMIT 1), {own})"


def _order(terms: Sequence[_Term]) -> str:
    return "ORDER BY " + ", ".join(term.order() for term in terms)


def _after(terms: Sequence[_Term], cursor: Sequence[SqlValue] | None) -> Sql:
    """Rows beyond the cursor: beyond it in the first term, or level there and beyond in the second, and so on."""
    if cursor is None:
        return "1", []
    ways: list[str] = []
    bound: list[SqlValue] = []
    for place, term in enumerate(terms):
        steps = [level.level(value) for level, value in zip(terms[:place], cursor, strict=False)]
        steps.append(term.beyond(cursor[place]))
        ways.append(" AND ".join(sql for sql, _ in steps))
        bound.extend(value for _, values in steps for value in values)
    return f"({' OR '.join(ways)})", bound


def _cursor_values(after: str, count: int) -> list[SqlValue]:
    """What `PagePlan.cursor` packed. Raises ValueError for a text that is no cursor of this order."""
    try:
        values = json.loads(base64.urlsafe_b64decode(after.encode()))
    except ValueError as error:
        raise ValueError(f"{after!r} is not the `next` of a page") from error
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"{after!r} is the `next` of a page in another order")
    return values
