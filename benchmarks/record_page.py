"""What a record's page costs the server among 100,000 others: its data alone, and a whole rerun (CPU). Target: 100 ms.

python -m benchmarks.record_page [--rows 100000] [--quick]

A tenth of the rows are customers, the rest needs, service records and gifts that refer to them; twenty people share
them all, so that a person's page finds thousands of records that refer to it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from benchmarks.portal_folder import LOGIN, made_portal
from benchmarks.streamlit_client import ROOT, Client, Server
from benchmarks.submit import timed
from schemas.record import LIVE, Actor
from services.app import App, load_config, open_app
from sheets_adapter.contract import Put, WriteBatch
from sheets_adapter.record_tables import moment_text

TARGET_MS = 100.0
PEOPLE = 20
AT_ONCE = 5_000
ROUNDS = 15


def rows(count: int, now: str) -> Iterator[Put]:
    """Twenty people, `count / 10` customers, and what refers to them."""
    customers = max(count // 10, 1)
    for number in range(2, PEOPLE + 2):
        yield put("staff", f"P{number:06}", now, staff_id=f"S{number:03}", staff_name=f"员工{number}", dept="大客户部")
    for number in range(1, customers + 1):
        yield put(
            "customer_info", f"C{number:06}", now, customer_id=f"C{number:05}", customer_name=f"客户{number}有限公司",
            owner_id=owner(number), contact_name="李经理", contact_phone="13912345678", grade="B", region="本省",
            first_contact_on="2026-03-15", follow_up="已拜访，等待回复",
        )  # fmt: skip
    for number in range(count - customers):
        customer = f"C{number % customers + 1:05}"
        kind = ("need_confirmation", "after_sales", "gift_request")[number // customers % 3]
        common = {"customer_id": customer, "owner_id": owner(number), "applicant_id": owner(number)}
        dates = {"talked_on": "2026-03-20", "served_on": "2026-04-01", "gift_on": "2026-05-01"}
        yield put(kind, f"R{number:07}", now, **common, **dates, need_no=f"DEMO{number % 900 + 1:03}")


def owner(number: int) -> str:
    """One of the people, in turn."""
    return f"S{number % PEOPLE + 2:03}"


def put(template: str, row_id: str, now: str, **values: str) -> Put:
    """A row as the repository would write it; what the template does not ask is left out by `fitting`."""
    system = {"status": LIVE, "created_at": now, "created_by": "S002 员工2", "updated_at": now}
    return Put(template, row_id, {**values, **system}, "create")


def fill(app: App, count: int) -> None:
    """Writes the rows straight into the journal."""
    known = {form.key: {*form.by_key, "status", "created_at", "created_by", "updated_at"} for form in app.catalogue}
    now = moment_text(app.clock())
    waiting = rows(count, now)
    while batch := list(islice(waiting, AT_ONCE)):
        fitting = (
            Put(one.table, one.row_id, {k: v for k, v in one.values.items() if k in known[one.table]}, one.verb)
            for one in batch
        )
        app.repository.store.write(WriteBatch(tuple(fitting), "S002 员工2", app.clock()))


def data_of(app: App, template: str, record_id: str, actor: Actor) -> Callable[[], None]:
    """Everything the page reads."""

    def read() -> None:
        record = app.repository.get(template, record_id, actor)
        assert record is not None
        app.versions.of(template, record_id, actor)
        app.repository.related(template, record_id, actor)

    return read


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="5,000 rows")
    arguments = parser.parse_args()
    count = 5_000 if arguments.quick else arguments.rows
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # the checkpointer may still be ending
        portal = made_portal(Path(folder) / "portal")
        app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
        fill(app, count)
        app.sync.fold_now()  # the workbook is up to date, as it is in everyday use
        account = app.accounts.by_login(LOGIN)
        admin = app.sessions.actor(app.sessions.open(account)) if account else None
        assert admin is not None
        seller = Actor("x", "S003", "员工3", frozenset({"sales_rep"}), "大客户部")
        cases = {
            "a customer, for the administrator": ("customer_info", "C000002", admin),
            "a customer, for its owner": ("customer_info", "C000001", seller),
            "a person, for the administrator": ("staff", "P000003", admin),
        }
        for title, (template, record_id, actor) in cases.items():
            read = data_of(app, template, record_id, actor)
            read()
            print(f"{title:<40} data {statistics.median(timed(read) for _ in range(ROUNDS)):>7.1f} ms")
        app.close()
        for title, (template, record_id, actor) in cases.items():
            if actor is admin:
                milliseconds = rerun_ms(portal.environment, portal.cookie, f"t={template}&id={record_id}")
                verdict = "ok" if milliseconds <= TARGET_MS else "MISSED"
                print(f"{title:<40} page {milliseconds:>7.1f} ms CPU (target {TARGET_MS:.0f}) {verdict}")


def rerun_ms(environment: dict[str, str], cookie: str, query: str) -> float:
    """Server CPU of one rerun of the page in milliseconds."""
    server = Server(ROOT / "portal.py", environment)
    try:
        server.wait_until_healthy()
        client = Client(server, query=query, cookie=cookie, page="record")
        for _ in range(5):
            client.run()
        before = server.cpu_seconds()
        for _ in range(ROUNDS):
            client.run()
        return (server.cpu_seconds() - before) / ROUNDS * 1000
    finally:
        server.stop()


if __name__ == "__main__":
    main()
