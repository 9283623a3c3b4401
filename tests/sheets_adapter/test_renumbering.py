"""A record's key is changed in the portal: whoever refers to the record goes on meaning it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.record import Record, Saved
from sheets_adapter import paging
from sheets_adapter.listing import ListQuery
from tests.sheets_adapter.repository_samples import ADMIN, ZHANG, Bench, open_bench


@pytest.fixture(params=["memory", "journal"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = open_bench(request.param, tmp_path)
    yield bench
    bench.store.close()


def person(bench: Bench, staff_id: str) -> Record:
    found = bench.repository.find_by_key("staff", staff_id, ADMIN)
    assert found is not None
    return found


def renumber(bench: Bench, record: Record, staff_id: str) -> Saved:
    outcome = bench.submit("staff", {**record.values, "staff_id": staff_id}, ADMIN, record=record)
    assert isinstance(outcome, Saved), outcome
    return outcome


def test_records_follow_in_the_same_write(bench: Bench) -> None:
    mine, his = bench.customer("甲", owner="S001"), bench.customer("乙", owner="S002")
    before = bench.store.revision()
    renumber(bench, person(bench, "S001"), "S101")
    assert bench.store.revision() == before + 1
    owners = [bench.read("customers", one.record_id).values["owner"] for one in (mine, his)]
    assert owners == ["S101", "S002"]


def test_the_change_is_in_the_history_of_who_followed(bench: Bench) -> None:
    customer = bench.customer("甲", owner="S001")
    renumber(bench, person(bench, "S001"), "S101")
    last = bench.repository.history("customers", customer.record_id, ADMIN)[-1]
    assert (last.before, last.after) == ({"owner": "S001"}, {"owner": "S101"})
    assert (last.verb, last.actor) == ("recompute", "S000 管理员")


def test_who_followed_is_found_by_the_new_number_and_the_name(bench: Bench) -> None:
    customer = bench.customer("甲", owner="S001")
    renumber(bench, person(bench, "S001"), "S101")
    for word in ("S101", "张三"):
        found = bench.repository.page("customers", ADMIN, ListQuery(search=word)).records
        assert [one.record_id for one in found] == [customer.record_id]


def test_what_a_follower_alone_may_hold_it_goes_on_holding(bench: Bench) -> None:
    bench.customer("甲", owner="S001")
    renumber(bench, person(bench, "S001"), "S101")
    assert not isinstance(bench.submit("customers", {"name": "甲"}, ZHANG), Saved)


def test_an_edit_that_leaves_the_key_alone_writes_nobody_else(bench: Bench) -> None:
    customer = bench.customer("甲", owner="S001")
    record = person(bench, "S001")
    outcome = bench.submit("staff", {**record.values, "dept": "销售三部"}, ADMIN, record=record)
    assert isinstance(outcome, Saved)
    assert len(bench.repository.history("customers", customer.record_id, ADMIN)) == 1


def test_withdrawn_records_follow_too(bench: Bench) -> None:
    customer = bench.customer("甲", owner="S001")
    bench.withdraw(customer)
    renumber(bench, person(bench, "S001"), "S101")
    assert bench.read("customers", customer.record_id).values["owner"] == "S101"


def test_more_followers_than_one_page_of_a_query(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE", 7)
    made = [bench.customer(f"客户{number}", owner="S001") for number in range(30)]
    renumber(bench, person(bench, "S001"), "S101")
    assert {bench.read("customers", one.record_id).values["owner"] for one in made} == {"S101"}
