"""All rows of a query, for work that is done to each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sheets_adapter.contract import Query, Row, Store

PAGE = 1000


def all_rows(store: Store, query: Query) -> Iterator[Row]:
    """The rows of every page; the table must not be written to meanwhile."""
    query = replace(query, limit=PAGE)
    while True:
        page = store.query(query)
        yield from page.rows
        if not page.next:
            return
        query = replace(query, after=page.next)
