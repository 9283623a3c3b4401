"""Rows taken in from the workbook: written whatever rules they break, with findings that say where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from schemas.finding import CellRef, Severity
from schemas.record import Record
from sheets_adapter.contract import ABSENT, Row, Verb
from sheets_adapter.intake import SheetRow, TakenIn
from sheets_adapter.repository import ListQuery
from tests.sheets_adapter.repository_samples import ADMIN, ZHANG, Bench, codes, item, open_bench

SYSTEM = {"status": "有效", "created_at": "2026-11-20 09:00:00", "created_by": "工作簿"}


@pytest.fixture(params=["memory", "journal"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = open_bench(request.param, tmp_path)
    yield bench
    bench.store.close()


def adopted(row_id: str, row: int, raw: Mapping[str, str] | None = None, **values: str) -> SheetRow:
    """A row found in the sheet that the journal does not know."""
    return SheetRow(row_id, {**SYSTEM, **values}, raw or {}, {}, "adopt", ABSENT, row)


def edited(row: Row, verb: Verb = "merge", raw: Mapping[str, str] | None = None, **values: str) -> SheetRow:
    """A row somebody edited in the sheet."""
    merged = {key: text for key, text in {**row.values, **values}.items() if text and key not in (raw or {})}
    return SheetRow(row.row_id, merged, raw or {}, {}, verb, row.etag, 7)


def take(bench: Bench, *rows: SheetRow, table: str = "customers") -> TakenIn:
    return bench.repository.take_in(table, "客户", rows)


def stored(bench: Bench, record: Record) -> Row:
    row = bench.store.get(record.template, record.record_id)
    assert row is not None
    return row


def test_adopted_rows_get_the_numbers_they_lack(bench: Bench) -> None:
    bench.customer("甲")
    taken = take(bench, adopted("r1", 3, name="乙"), adopted("r2", 4, name="丙", customer_id="C0009"))
    assert [row.values["customer_id"] for row in taken.rows] == ["C0002", "C0009"]
    assert taken.findings == ()
    assert bench.customer("丁").values["customer_id"] == "C0003"


def test_a_number_nobody_can_read_is_not_replaced(bench: Bench) -> None:
    taken = take(bench, adopted("r1", 3, {"customer_id": "#REF!x"}, name="乙"))
    assert "customer_id" not in taken.rows[0].values
    assert taken.rows[0].raw == {"customer_id": "#REF!x"}


def test_adopted_rows_are_listed_searched_and_referred_to_like_others(bench: Bench) -> None:
    take(bench, adopted("r1", 3, name="华润置地", city="北京", owner="S001"))
    page = bench.repository.page("customers", ZHANG, ListQuery(search="张三 北京"))
    assert [record.record_id for record in page.records] == ["r1"]
    assert bench.repository.references.resolve("customers", "华润置地") == ("C0001",)
    assert codes(bench.submit("customers", {"name": "华润置地"})) == ["R001"]
    (change,) = bench.repository.history("customers", "r1", ADMIN)
    assert (change.verb, change.actor, change.source) == ("adopt", "工作簿", "workbook")


def test_a_duplicate_stays_in_the_sheet_and_is_reported_at_its_row(bench: Bench) -> None:
    bench.customer("华润置地")
    taken = take(bench, adopted("r1", 3, name="华润 置地"), adopted("r2", 4, name="乙"), adopted("r3", 5, name="乙"))
    assert len(taken.rows) == 3
    assert [(found.code, found.at, found.severity) for found in taken.findings] == [
        ("R030", CellRef("客户", 3), Severity.WARNING),
        ("R030", CellRef("客户", 5), Severity.WARNING),
    ]
    assert taken.findings[0].params == {"field": "name", "value": "华润 置地", "number": "C0001"}


def test_a_duplicate_can_still_be_edited_elsewhere_in_the_portal_and_still_holds_its_value(bench: Bench) -> None:
    bench.customer("甲")
    take(bench, adopted("r1", 3, name="甲"))
    shown = bench.read("customers", "r1")
    assert codes(bench.submit("customers", {"city": "北京"}, ADMIN, record=shown)) == []
    assert "r1" in bench.store.holders("customers", "name", ["甲"])["甲"]
    assert codes(bench.submit("customers", {"name": "甲"}, ADMIN)) == ["R001"]


def test_an_edited_row_is_not_a_duplicate_of_itself_nor_of_a_withdrawn_one(bench: Bench) -> None:
    record = bench.customer("甲")
    bench.withdraw(bench.customer("乙"))
    assert take(bench, edited(stored(bench, record), city="北京")).findings == ()
    assert take(bench, edited(stored(bench, record), name="乙")).findings == ()


def test_broken_rules_are_findings_at_the_row_and_never_refuse(bench: Bench) -> None:
    taken = take(bench, adopted("r1", 3, city="北京"))
    assert [(found.code, found.at, found.severity, found.params["field"]) for found in taken.findings] == [
        ("V009", CellRef("客户", 3), Severity.WARNING, "name")
    ]
    assert len(taken.rows) == 1


def test_a_cell_nobody_can_read_is_not_reported_a_second_time(bench: Bench) -> None:
    assert take(bench, adopted("r1", 3, {"name": "#REF"})).findings == ()


def test_computed_fields_follow_a_hand_edit(bench: Bench) -> None:
    record = bench.customer("甲", amount="5")
    taken = take(bench, edited(stored(bench, record), amount="8.00"))
    assert taken.rows[0].values["doubled"] == "16.00"
    assert taken.rows[0] == stored(bench, record)
    verbs = [(change.verb, change.actor) for change in bench.repository.history("customers", record.record_id, ADMIN)]
    assert verbs == [("create", "S001 张三"), ("merge", "工作簿"), ("recompute", "系统")]


def test_a_computed_field_nobody_needs_to_recompute_is_not_written(bench: Bench) -> None:
    record = bench.customer("甲", amount="5")
    before = bench.store.revision()
    take(bench, edited(stored(bench, record), city="北京"))
    assert bench.store.revision() == before + 1


def test_a_record_s_sums_and_search_follow_hand_edits_of_its_lines(bench: Bench) -> None:
    record = bench.save("orders", {"no": "A1"}, ADMIN, lines={"items": [item(quantity="2", price="1.50")]})
    line = bench.store.get("orders.items", record.lines["items"][0].line_id)
    assert line is not None
    values = {"record_id": record.record_id, "line_no": "2", "status": "有效", "quantity": "1", "price": "40.00"}
    new = SheetRow("l2", values, {}, {}, "adopt", ABSENT, 8)
    take(bench, edited(line, quantity="10"), new, table="orders.items")
    now = bench.read("orders", record.record_id)
    assert now.values["total"] == "55.00"
    assert [line.line_no for line in now.lines["items"]] == [1, 2]
    page = bench.repository.page("orders", ADMIN, ListQuery(search="40.00"))
    assert [found.record_id for found in page.records] == [record.record_id]


def test_a_row_changed_in_the_portal_meanwhile_is_left_for_another_merge(bench: Bench) -> None:
    one, other = bench.customer("甲"), bench.customer("乙")
    seen = stored(bench, one)
    bench.submit("customers", {"city": "上海"}, record=one)
    taken = take(bench, edited(seen, note="x"), edited(stored(bench, other), note="y"))
    assert taken.stale == (one.record_id,)
    assert [row.row_id for row in taken.rows] == [other.record_id]
    assert stored(bench, one).values["city"] == "上海"
    assert "note" not in stored(bench, one).values
    assert stored(bench, other).values["note"] == "y"


def test_a_row_withdrawn_in_the_sheet_frees_what_it_held(bench: Bench) -> None:
    record = bench.customer("甲")
    taken = take(bench, edited(stored(bench, record), "withdraw", status="已作废", name=""))
    assert taken.findings == ()
    bench.customer("甲")


def test_nothing_to_take_in_writes_nothing(bench: Bench) -> None:
    before = bench.store.revision()
    assert take(bench) == TakenIn(())
    assert bench.store.revision() == before
