"""What a page of a list costs at 100,000 records, through the repository: order, filter, search, deep pages.

python -m benchmarks.lists [--rows 100000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.records import ACTOR, filled_repository, submissions
from benchmarks.submit import submitted, timed
from sheets_adapter.contract import Test
from sheets_adapter.listing import ListQuery
from sheets_adapter.repository import Repository

ROUNDS = 9
TARGET_MS = 40.0

PAGES = {
    "first page, newest day first": ListQuery(),
    "sorted by an unindexed column": ListQuery(sort=(("amount", True),)),
    "filtered by two choices": ListQuery(filters=(Test("dept", "eq", "客服部"), Test("state", "eq", "已通过"))),
    "search + filter + sort": ListQuery(
        search="展会 张", filters=(Test("dept", "eq", "客服部"),), sort=(("amount", True),)
    ),
    "search of a word in every fourth row": ListQuery(search="专用发票", sort=(("amount", True),)),
}


def median_ms(repository: Repository, query: ListQuery, seed: int) -> float:
    """Median of several reads, each after one more record was written, as counts must be counted anew."""
    times = []
    for submission in submissions(ROUNDS, seed=seed):
        submitted(repository, submission)
        times.append(timed(lambda: repository.page("expenses", ACTOR, query)))
    return statistics.median(times)


def deep_page(repository: Repository, pages: int) -> ListQuery:
    """The query of the page behind so many pages."""
    query = ListQuery(limit=500)
    for _ in range(pages):
        query = replace(query, after=repository.page("expenses", ACTOR, query).next)
    return replace(query, limit=50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        repository = filled_repository(Path(name), rows)
        for seed, (title, query) in enumerate(PAGES.items(), 201):
            print(f"{title:<40} {median_ms(repository, query, seed):>7.1f} ms")
        deep = deep_page(repository, min(100, rows // 1000))
        print(f"{'a page in the middle':<40} {median_ms(repository, deep, 200):>7.1f} ms")
        record = repository.page("expenses", ACTOR, ListQuery(limit=1)).records[0]
        one = statistics.median(timed(lambda: repository.get("expenses", record.record_id, ACTOR)) for _ in range(50))
        print(f"{'one record':<40} {one:>7.2f} ms")
        repository.store.close()
    print(f"target for search + filter + sort: {TARGET_MS:.0f} ms")


if __name__ == "__main__":
    main()
