"""What a list costs at 100,000 records: the queries of its pages, bulk actions, and the whole page (server CPU).

python -m benchmarks.lists [--rows 100000] [--no-page]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import yaml

from benchmarks.portal_folder import PortalFolder, made_portal
from benchmarks.records import ACTOR, expenses, fill, filled_repository, now, submissions
from benchmarks.streamlit_client import ROOT, Client, Server
from benchmarks.submit import submitted, timed
from services.app import load_config, open_app
from sheets_adapter.contract import Query, Shown, Test
from sheets_adapter.listing import ListQuery
from sheets_adapter.repository import Repository

ROUNDS = 9
TARGET_MS = 40.0
PAGE_TARGET_MS = 100.0
WARM_UP, RERUNS = 5, 20
BULK = 1_000
PAGE = {"t": "expenses", "q": "展会 张", "f.dept": "客服部", "f.amount": "100..", "sort": "-amount"}
"""The page measured, by its URL: search, filters and order."""

PAGES = {
    "first page, newest day first": ListQuery(),
    "sorted by an unindexed column": ListQuery(sort=(("amount", True),)),
    "filtered by two choices": ListQuery(filters=(Test("dept", "eq", "客服部"), Test("state", "eq", "已通过"))),
    "search + filter + sort": ListQuery(
        search="展会 张", filters=(Test("dept", "eq", "客服部"),), sort=(("amount", True),)
    ),
    "search + filters of five kinds + sort": ListQuery(
        search="展会 张",
        filters=(
            Test("dept", "in", values=("客服部", "财务部")),
            Test("day", "ge", "2020-01-01"),
            Test("amount", "ge", "100.00"),
            Test("note", "not_empty"),
        ),
        any_of=((Test("state", "has", "已通过"), Test("state", "has", "审批中")),),
        sort=(("amount", True),),
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


def shown_order_ms(repository: Repository, query: Query) -> float:
    """Median of several reads in the order of what a column shows of a table of as many rows."""
    shown = {"no": Shown("expenses", "no", "project")}
    asked = replace(query, sort=(("no", False),), shown=shown)
    return statistics.median(timed(lambda: repository.store.query(asked)) for _ in range(ROUNDS))


def report_bulk(repository: Repository) -> None:
    """Looks at, makes and takes back one edit of BULK records."""
    targets = repository.targets("expenses", ACTOR, ListQuery(), limit=BULK)
    values = {"note": "年会"}
    print(f"{f'preview of an edit of {BULK:,}':<40} "
          f"{timed(lambda: repository.plan_many('expenses', targets, values, ACTOR)):>7.1f} ms")  # fmt: skip
    results = []
    edit = timed(lambda: results.append(repository.edit_many("expenses", targets, values, key="bulk", actor=ACTOR)))
    undo = timed(lambda: results.append(repository.undo_many("expenses", results[0].keys, actor=ACTOR)))
    if [result.done for result in results] != [len(targets)] * 2:
        raise SystemExit(f"refused: {results}")
    print(f"{f'edit of {BULK:,}, durable':<40} {edit:>7.1f} ms")
    print(f"{f'undo of {BULK:,}, durable':<40} {undo:>7.1f} ms")


def page_ms(folder: Path, rows: int) -> float:
    """Server CPU per rerun of the list's page, each after one more record was written by another process."""
    portal = portal_with_list(folder, rows)
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    app.sync.fold_now()  # a workbook far behind is not what one works with every day
    server = Server(ROOT / "portal.py", portal.environment)
    server.wait_until_healthy()
    client = Client(server, query=urlencode(PAGE), cookie=portal.cookie, page="records")
    for _ in range(WARM_UP):
        client.run()
    before = server.cpu_seconds()
    for submission in submissions(RERUNS, seed=301):
        submitted(app.repository, submission)
        client.run()
    spent = (server.cpu_seconds() - before) / RERUNS * 1000
    client.close()
    server.stop()
    app.close()
    return spent


def portal_with_list(folder: Path, rows: int) -> PortalFolder:
    """A portal of a company with a form of its own, filled; its workbook has none of the rows yet."""
    templates = folder / "company" / "templates"
    templates.mkdir(parents=True)
    form = expenses().model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for field in form["fields"]:  # a header of the table is one the portal itself needs
        field["label"]["zh"] = field["label"]["zh"].replace("状态", "进度")
    (templates / "expenses.yaml").write_text(yaml.safe_dump(form, allow_unicode=True), encoding="utf-8")
    portal = made_portal(folder)
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    fill(app.repository.store, rows, now())
    app.close()
    return portal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--no-page", action="store_true", help="without a server")
    arguments = parser.parse_args()
    rows = arguments.rows
    with tempfile.TemporaryDirectory() as name:
        repository = filled_repository(Path(name), rows)
        for seed, (title, query) in enumerate(PAGES.items(), 201):
            print(f"{title:<40} {median_ms(repository, query, seed):>7.1f} ms")
        deep = deep_page(repository, min(100, rows // 1000))
        print(f"{'a page in the middle':<40} {median_ms(repository, deep, 200):>7.1f} ms")
        record = repository.page("expenses", ACTOR, ListQuery(limit=1)).records[0]
        one = statistics.median(timed(lambda: repository.get("expenses", record.record_id, ACTOR)) for _ in range(50))
        print(f"{'one record':<40} {one:>7.2f} ms")
        search = Query("expenses", (Test("dept", "eq", "客服部"),), search=("展会", "张"))
        print(f"{'search + filter, sorted by a reference':<40} {shown_order_ms(repository, search):>7.1f} ms")
        print(f"{'everything, sorted by a reference':<40} {shown_order_ms(repository, Query('expenses')):>7.1f} ms")
        report_bulk(repository)
        repository.store.close()
        if not arguments.no_page:
            print(f"{'the page, CPU per rerun':<40} {page_ms(Path(name) / 'portal', rows):>7.1f} ms"
                  f"  (target {PAGE_TARGET_MS:.0f})")  # fmt: skip
    print(f"target for search + filter + sort: {TARGET_MS:.0f} ms")


if __name__ == "__main__":
    main()
