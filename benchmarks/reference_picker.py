"""Server CPU of one rerun of a form that refers to a customer: with 20,000 customers beside the same form with 20.

    .venv/bin/python -m benchmarks.reference_picker [--quick] [--many 20000]

Both portals run in a server of their own and are asked for the same number of reruns, in turns: with nothing picked and
with a customer picked. What a rerun costs while a name is being searched for is told beside it. Target: ≤ 1.1 times,
as the picker itself is another one (a list below 200 customers, a search above).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.form_page import WARM_UP, rerun_ms
from benchmarks.portal_folder import PortalFolder, made_portal
from benchmarks.records import system_texts
from benchmarks.streamlit_client import ROOT, Client, Server
from schemas.folding import fold
from services.app import load_config, open_app
from sheets_adapter.contract import Put, WriteBatch

TARGET = 1.1
FORM = "after_sales"
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Case:
    """One way the form stands: the answer its link brings."""

    title: str
    answer: str


CASES = (Case("nothing picked", ""), Case("a customer picked", "C00007"), Case("a name searched for", "第1"))


def portal_with_customers(folder: Path, count: int) -> PortalFolder:
    """A portal with so many customers in its journal and its workbook."""
    portal = made_portal(folder)
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    system = system_texts(app.clock())
    for start in range(1, count + 1, _AT_ONCE):
        puts = tuple(_customer(number, system) for number in range(start, min(start + _AT_ONCE, count + 1)))
        app.repository.store.write(WriteBatch(puts, "S001 张三", app.clock(), "import"))
    app.sync.fold_now()
    app.close()
    return portal


def _customer(number: int, system: dict[str, str]) -> Put:
    values = {"customer_id": f"C{number:05}", "customer_name": f"第{number}贸易有限公司", **system}
    return Put("customer_info", f"customer{number:018}", values, "create", search=fold("|".join(values.values())))


def opened(server: Server, portal: PortalFolder, case: Case) -> Client:
    """A browser tab with the form open, warmed up."""
    query = f"t={FORM}" + (f"&customer_id={case.answer}" if case.answer else "")
    client = Client(server, query=query, cookie=portal.cookie, page="form")
    for _ in range(WARM_UP):
        client.run()
    return client


def main() -> None:
    """Prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="3 rounds of 20 reruns instead of 7 of 40")
    arguments.add_argument("--many", type=int, default=20_000)
    asked = arguments.parse_args()
    rounds, runs = (3, 20) if asked.quick else (7, 40)
    with tempfile.TemporaryDirectory() as name:
        portals = [portal_with_customers(Path(name) / str(count), count) for count in (20, asked.many)]
        servers = [Server(ROOT / "portal.py", portal.environment) for portal in portals]
        try:
            for server in servers:
                server.wait_until_healthy()
            print(f"{'CPU per rerun, ms':<24} {'20':>8} {asked.many:>8,} {'ratio':>7}")
            for case in CASES:
                pairs = list(
                    zip(servers, [opened(*each, case) for each in zip(servers, portals, strict=True)], strict=True)
                )
                times = [[rerun_ms(*pair, runs) for pair in pairs] for _ in range(rounds)]
                few, many = (statistics.median(column) for column in zip(*times, strict=True))
                verdict = "" if case is CASES[-1] else "ok" if many / few <= TARGET else "MISSED"
                print(f"{case.title:<24} {few:>8.1f} {many:>8.1f} {many / few:>7.2f}  {verdict}")
                for _, client in pairs:
                    client.close()
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
