"""What refers to a record: found by the fields that refer, within the rights of who looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.catalogue import Catalogue
from schemas.record import Actor, Record, TypedLine
from sheets_adapter.contract import Store
from sheets_adapter.journal import Journal
from sheets_adapter.memory import MemoryStore
from sheets_adapter.repository import Gate, Repository
from tests.sheets_adapter.repository_samples import (
    ADMIN,
    COMPLIANCE,
    CUSTOMERS,
    LI,
    NOBODY,
    STAFF,
    VISITS,
    ZHANG,
    Bench,
    template,
)
from tests.sheets_adapter.store_samples import StandingClock

PRODUCTS = template("products", [{"key": "sku", "required": True, "unique": True}], record_key="sku")
SALES = template(
    "sales",
    [
        {"key": "no", "unique": True, "required": True},
        {"key": "customer", "type": "reference", "to": "customers"},
        {"key": "payer", "type": "reference", "to": "customers", "read_roles": ["finance"]},
    ],
    record_key="no",
    lines=[
        {
            "key": "items",
            "label": {"zh": "明细", "en": "Items"},
            "fields": [
                {"key": "sku", "type": "reference", "to": "products", "label": {"zh": "商品", "en": "Product"}},
                {"key": "pieces", "type": "integer", "label": {"zh": "数量", "en": "Pieces"}},
            ],
        }
    ],
    list_view={"columns": ["no"], "sort": ["-no"]},
    permissions={"create": ["sales_rep"], "read": {"sales_rep": "own", "compliance": "all"}},
)
CATALOGUE = Catalogue((STAFF, CUSTOMERS, VISITS, PRODUCTS, SALES))


class Counter(Bench):
    """A bench that also sells products."""

    def another(self, store: Store, gates: Sequence[Gate] = ()) -> Repository:
        return Repository(store, CATALOGUE, clock=self.clock, new_id=lambda: next(self._ids), gates=gates)

    def sale(self, no: str, *skus: str, actor: Actor = ZHANG, **values: Any) -> Record:
        lines = {"items": [TypedLine("", {"sku": sku, "pieces": "1"}) for sku in skus]}
        return self.save("sales", {"no": no, **values}, actor, lines=lines)


@pytest.fixture(params=["memory", "journal"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counter]:
    clock = StandingClock()
    store: Store = (
        MemoryStore(clock=clock) if request.param == "memory" else Journal(tmp_path / "portal.journal", clock=clock)
    )
    counter = Counter(store, clock)
    counter.with_people()
    yield counter
    store.close()


def found(bench: Counter, record: Record, actor: Actor = ADMIN, limit: int = 5) -> dict[str, tuple[list[str], int]]:
    """template.field → (what the list shows, how many there are)."""
    related = bench.repository.related(record.template, record.record_id, actor, limit=limit)
    return {
        ".".join(filter(None, (one.referrer.template.key, one.referrer.line, one.referrer.field.key))): (
            [r.values.get("no") or r.values.get("topic", "") for r in one.records],
            one.total,
        )
        for one in related
    }


def test_records_of_every_form_that_refer_to_the_customer_are_found_in_their_lists_order(bench: Counter) -> None:
    customer, other = bench.customer("甲"), bench.customer("乙")
    number = customer.values["customer_id"]
    bench.save("visits", {"customer": number, "topic": "初访"})
    bench.save("visits", {"customer": other.values["customer_id"], "topic": "别家"})
    for no in ("S1", "S2"):
        bench.sale(no, customer=number)
    assert found(bench, customer) == {"visits.customer": (["初访"], 1), "sales.customer": (["S2", "S1"], 2)}


def test_only_the_first_few_are_read_and_all_are_counted(bench: Counter) -> None:
    customer = bench.customer()
    for no in range(1, 8):
        bench.sale(f"S{no}", customer=customer.values["customer_id"])
    assert found(bench, customer, limit=3) == {"sales.customer": (["S7", "S6", "S5"], 7)}


def test_withdrawn_records_are_not_related(bench: Counter) -> None:
    customer = bench.customer()
    bench.withdraw(bench.sale("S1", customer=customer.values["customer_id"]))
    assert found(bench, customer) == {}


def test_a_record_is_found_through_its_line_items_once(bench: Counter) -> None:
    ring = bench.save("products", {"sku": "18K-0231"}, ADMIN)
    bench.save("products", {"sku": "18K-0232"}, ADMIN)
    bench.sale("S1", "18K-0231", "18K-0231", "18K-0232")
    bench.sale("S2", "18K-0232")
    assert found(bench, ring) == {"sales.items.sku": (["S1"], 1)}


def test_a_removed_line_and_a_withdrawn_record_do_not_count(bench: Counter) -> None:
    ring = bench.save("products", {"sku": "R"}, ADMIN)
    kept = bench.sale("S1", "R")
    bench.save("sales", {}, ADMIN, record=kept, lines={"items": []})
    bench.withdraw(bench.sale("S2", "R"))
    assert found(bench, ring) == {}


@pytest.mark.parametrize(
    ("actor", "expected"),
    [(ZHANG, {"visits.customer", "sales.customer"}), (COMPLIANCE, {"visits.customer", "sales.customer"})],
    ids=["owner", "reads-all"],
)
def test_who_may_see_them_finds_them(bench: Counter, actor: Actor, expected: set[str]) -> None:
    customer = bench.customer("甲", ZHANG)
    bench.save("visits", {"customer": customer.values["customer_id"], "topic": "初访"})
    bench.sale("S1", customer=customer.values["customer_id"])
    assert set(found(bench, customer, actor)) == expected


def test_a_visit_to_my_customer_is_mine_even_when_somebody_else_wrote_it(bench: Counter) -> None:
    customer = bench.customer("甲", ZHANG)
    bench.save("visits", {"customer": customer.values["customer_id"], "topic": "代访"}, LI)
    assert found(bench, customer, ZHANG) == {"visits.customer": (["代访"], 1)}


def test_sales_of_others_to_my_customer_stay_hidden_where_own_means_created(bench: Counter) -> None:
    customer = bench.customer("甲", ZHANG)
    bench.sale("S1", actor=LI, customer=customer.values["customer_id"])
    bench.sale("S2", actor=ZHANG, customer=customer.values["customer_id"])
    assert found(bench, customer, ZHANG) == {"sales.customer": (["S2"], 1)}


def test_nothing_is_related_for_who_may_not_see_the_record(bench: Counter) -> None:
    customer = bench.customer("甲", ZHANG)
    bench.save("visits", {"customer": customer.values["customer_id"], "topic": "初访"})
    assert found(bench, customer, LI) == {}
    assert found(bench, customer, NOBODY) == {}


def test_a_field_one_may_not_read_relates_nothing(bench: Counter) -> None:
    customer = bench.customer("甲")
    bench.sale("S1", actor=ADMIN, payer=customer.values["customer_id"])
    assert found(bench, customer, COMPLIANCE) == {}
    assert found(bench, customer, ADMIN) == {"sales.payer": (["S1"], 1)}


def test_a_withdrawn_record_still_shows_the_lines_withdrawn_with_it(bench: Counter) -> None:
    for sku in "RQ":
        bench.save("products", {"sku": sku}, ADMIN)
    sale = bench.sale("S1", "R", "Q")
    kept = [TypedLine(sale.lines["items"][0].line_id, {"sku": "R", "pieces": "1"})]
    shorter = bench.save("sales", {}, ADMIN, record=sale, lines={"items": kept})
    bench.withdraw(shorter)
    assert [line.values["sku"] for line in bench.read("sales", sale.record_id).lines["items"]] == ["R"]
