"""What every store must do. A backend's test class inherits `StoreConformance` and says how to open a store and how
to read and look around it without its help (`raw_cells`), so that no store is tested with itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from schemas.record import VOID
from sheets_adapter.contract import (
    ABSENT,
    Column,
    Duplicate,
    Refused,
    Row,
    Stale,
    Store,
    StoreUnavailable,
    TableSpec,
    Written,
)
from tests.sheets_adapter.conformance_queries import QueryConformance
from tests.sheets_adapter.store_samples import (
    ITEMS,
    NOON,
    ORDERS,
    StandingClock,
    batch,
    ids,
    put,
    serial,
    written,
)

AWKWARD = {
    "leading zeros": "00123",
    "formula": "=1+1",
    "not available": "NA",
    "scientific": "1e5",
    "16 digits": "1234567890123456",
    "emoji": "客户🏮👨‍👩‍👧 𠮷",
    "line break": "第一行\n第二行",
    "quotes": 'it\'s "so" -- ; DROP',
    "percent": "100%_完成",
    "spaces": "  两端空格  ",
}


class StoreConformance(QueryConformance):
    """The suite."""

    money_cell: ClassVar[object]
    """How the store keeps the money "1234.50"."""

    def open_store(self, place: Path, clock: StandingClock) -> Store:
        raise NotImplementedError

    def raw_cells(self, store: Store, place: Path, row_id: str) -> Mapping[str, object]:
        """The cells of one row of `orders`, read around the store."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> StandingClock:
        return StandingClock()

    @pytest.fixture
    def store(self, tmp_path: Path, clock: StandingClock) -> Iterator[Store]:
        store = self.open_store(tmp_path, clock)
        store.ensure_table(ORDERS)
        store.ensure_table(ITEMS)
        yield store
        store.close()

    # rows

    def test_a_created_row_is_read_back_as_it_was_written(self, store: Store) -> None:
        row = written(store, put("r1", customer="华润置地", amount="1234.50")).rows[0]
        assert row == Row("r1", {"customer": "华润置地", "amount": "1234.50"}, version=1, revision=1)
        assert store.get("orders", "r1") == row
        assert store.get_many("orders", ["r1", "r2"]) == {"r1": row}

    def test_an_unknown_row_is_none(self, store: Store) -> None:
        assert store.get("orders", "nobody") is None

    def test_the_cells_are_really_there(self, store: Store, tmp_path: Path) -> None:
        written(store, put("r1", customer="华润置地", amount="1234.50", quantity="7"))
        cells = self.raw_cells(store, tmp_path, "r1")
        assert cells["customer"] == "华润置地"
        assert cells["amount"] == self.money_cell

    def test_an_edit_replaces_the_whole_row(self, store: Store) -> None:
        written(store, put("r1", customer="甲", quantity="1"))
        row = written(store, put("r1", "edit", customer="乙")).rows[0]
        assert row.values == {"customer": "乙"}
        assert (row.version, row.revision) == (2, 2)

    def test_empty_texts_are_left_out(self, store: Store) -> None:
        row = written(store, put("r1", customer="甲", day="", raw={"amount": ""}, extra={"备注": ""})).rows[0]
        assert (row.values, row.raw, row.extra) == ({"customer": "甲"}, {}, {})

    def test_cells_not_understood_and_columns_not_known_are_kept(self, store: Store) -> None:
        written(store, put("r1", customer="甲", raw={"amount": "约三万"}, extra={"业务员备注": "老客户"}))
        row = store.get("orders", "r1")
        assert row is not None
        assert (row.raw, row.extra) == ({"amount": "约三万"}, {"业务员备注": "老客户"})

    @pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
    def test_text_comes_back_as_it_was(self, store: Store, text: str) -> None:
        written(store, put("r1", customer=text))
        row = store.get("orders", "r1")
        assert row is not None
        assert row.values == {"customer": text}

    @pytest.mark.parametrize("amount", ["0.00", "-0.05", "-1234.50", "99999999999999.99", "1234567890123456789.00"])
    def test_money_comes_back_to_the_fen(self, store: Store, amount: str) -> None:
        assert written(store, put("r1", amount=amount)).rows[0].values["amount"] == amount
        row = store.get("orders", "r1")
        assert row is not None
        assert row.values["amount"] == amount

    def test_the_store_copies_what_it_is_handed(self, store: Store) -> None:
        """A page goes on using its dictionaries: the stored row must not change with them, nor through an answer."""
        one = put("r1", customer="甲", raw={"amount": "约三万"})
        written(store, one)
        one.values["customer"] = one.raw["amount"] = "changed"  # type: ignore[index]
        answer = store.get("orders", "r1")
        assert answer is not None
        answer.values["customer"] = "changed too"  # type: ignore[index]
        row = store.get("orders", "r1")
        assert row is not None
        assert (row.values, row.raw) == ({"customer": "甲"}, {"amount": "约三万"})

    def test_a_table_unknown_is_named(self, store: Store) -> None:
        with pytest.raises(LookupError, match="invoices"):
            store.get("invoices", "r1")
        with pytest.raises(LookupError, match="invoices"):
            store.write(batch(put("r1", table="invoices", customer="甲")))

    def test_a_column_unknown_is_named_and_nothing_is_written(self, store: Store) -> None:
        with pytest.raises(LookupError, match="colour"):
            store.write(batch(put("r1", customer="甲"), put("r2", colour="red")))
        assert store.get("orders", "r1") is None

    def test_a_row_written_twice_in_one_batch_is_a_mistake(self, store: Store) -> None:
        with pytest.raises(ValueError, match="twice"):
            store.write(batch(put("r1", customer="甲"), put("r1", customer="乙")))

    # If-Match

    def test_an_edit_with_the_etag_shown_is_written(self, store: Store) -> None:
        etag = written(store, put("r1", customer="甲")).rows[0].etag
        assert isinstance(store.write(batch(put("r1", "edit", customer="乙", if_match=etag))), Written)

    def test_an_edit_of_a_row_changed_meanwhile_is_refused_with_the_row_as_it_is(self, store: Store) -> None:
        etag = written(store, put("r1", customer="甲")).rows[0].etag
        now = written(store, put("r1", "edit", customer="乙")).rows[0]
        mine = put("r1", "edit", customer="丙", if_match=etag)
        assert store.write(batch(mine)) == Refused((Stale(mine, now),))
        assert store.get("orders", "r1") == now

    def test_an_edit_of_a_row_that_is_not_there_is_refused(self, store: Store) -> None:
        mine = put("r1", "edit", customer="丙", if_match="0123456789abcdef")
        assert store.write(batch(mine)) == Refused((Stale(mine, None),))

    def test_a_creation_over_an_existing_row_is_refused(self, store: Store) -> None:
        there = written(store, put("r1", customer="甲", if_match=ABSENT)).rows[0]
        again = put("r1", customer="乙", if_match=ABSENT)
        assert store.write(batch(again)) == Refused((Stale(again, there),))

    def test_who_touched_a_row_last_does_not_make_an_etag_stale(self, store: Store) -> None:
        etag = written(store, put("r1", customer="甲", updated_by="S001 张三")).rows[0].etag
        assert written(store, put("r1", "edit", customer="甲", updated_by="S002 李四")).rows[0].etag == etag

    def test_withdrawing_makes_an_etag_stale(self, store: Store) -> None:
        etag = written(store, put("r1", customer="甲", status="有效")).rows[0].etag
        assert written(store, put("r1", "withdraw", customer="甲", status=VOID)).rows[0].etag != etag

    # uniqueness

    def test_two_live_rows_cannot_hold_the_same_unique_pair(self, store: Store) -> None:
        written(store, put("r1", uniques=(("no", "po1"),)))
        second = put("r2", uniques=(("no", "po1"),))
        assert store.write(batch(second)) == Refused((Duplicate(second, "no", "po1", "r1"),))
        assert store.get("orders", "r2") is None

    def test_a_row_may_keep_its_own_pair(self, store: Store) -> None:
        written(store, put("r1", uniques=(("no", "po1"),)))
        written(store, put("r1", "edit", uniques=(("no", "po1"),)))
        assert store.holders("orders", "no", ["po1"]) == {"po1": ("r1",)}

    def test_an_edit_gives_up_the_pair_it_no_longer_has(self, store: Store) -> None:
        written(store, put("r1", uniques=(("no", "po1"),)))
        written(store, put("r1", "edit", uniques=(("no", "po2"),)))
        written(store, put("r2", uniques=(("no", "po1"),)))
        assert store.holders("orders", "no", ["po1", "po2", "po3"]) == {"po1": ("r2",), "po2": ("r1",)}

    def test_the_same_text_under_another_name_is_no_duplicate(self, store: Store) -> None:
        written(store, put("r1", uniques=(("no", "x"),)))
        written(store, put("r2", uniques=(("customer", "x"),)))

    def test_a_withdrawn_row_holds_nothing_and_a_restored_one_must_find_its_place_free(self, store: Store) -> None:
        pair = (("no", "po1"),)
        written(store, put("r1", status="有效", uniques=pair))
        written(store, put("r1", "withdraw", status=VOID, uniques=pair))
        written(store, put("r2", status="有效", uniques=pair))
        restored = put("r1", "restore", status="有效", uniques=pair)
        assert store.write(batch(restored)) == Refused((Duplicate(restored, "no", "po1", "r2"),))

    def test_two_rows_of_one_batch_cannot_hold_the_same_pair(self, store: Store) -> None:
        second = put("r2", uniques=(("no", "po1"),))
        outcome = store.write(batch(put("r1", uniques=(("no", "po1"),)), second))
        assert outcome == Refused((Duplicate(second, "no", "po1", "r1"),))

    def test_two_rows_may_swap_their_pairs_in_one_batch(self, store: Store) -> None:
        written(store, put("r1", uniques=(("no", "a"),)), put("r2", uniques=(("no", "b"),)))
        written(store, put("r1", "edit", uniques=(("no", "b"),)), put("r2", "edit", uniques=(("no", "a"),)))
        assert store.holders("orders", "no", ["a", "b"]) == {"a": ("r2",), "b": ("r1",)}

    def test_lookups_never_refuse_but_are_found_and_stand_in_the_way_of_uniques(self, store: Store) -> None:
        written(store, put("r1", lookups=(("no", "a"),)), put("r2", lookups=(("no", "a"),)))
        assert store.holders("orders", "no", ["a"]) == {"a": ("r1", "r2")}
        third = put("r3", uniques=(("no", "a"),))
        assert store.write(batch(third)) == Refused((Duplicate(third, "no", "a", "r1"),))

    # serial numbers

    def test_serial_numbers_count_up_per_prefix(self, store: Store) -> None:
        numbers = [
            written(store, put(f"r{n}", serials=(serial(prefix, 3, "号"),))).rows[0].values["no"]
            for n, prefix in enumerate(["PO1-", "PO1-", "PO2-", "PO1-"])
        ]
        assert numbers == ["PO1-001号", "PO1-002号", "PO2-001号", "PO1-003号"]

    def test_a_number_given_is_unique_and_found_by_search(self, store: Store) -> None:
        written(store, put("r1", search="华润", serials=(serial(),)))
        assert store.holders("orders", "no", ["po001"]) == {"po001": ("r1",)}
        assert ids(store, search=("华润", "po001")) == ["r1"]

    def test_a_refusal_uses_up_no_number(self, store: Store) -> None:
        written(store, put("r1", uniques=(("customer", "甲"),)))
        refused = store.write(batch(put("r2", uniques=(("customer", "甲"),), serials=(serial(),))))
        assert isinstance(refused, Refused)
        assert written(store, put("r3", serials=(serial(),))).rows[0].values["no"] == "PO001"

    def test_numbering_goes_on_past_numbers_already_in_the_table(self, store: Store) -> None:
        """Rows adopted from a workbook bring their numbers along; a withdrawn row's number is not given again."""
        written(store, put("r1", no="PO007", status="有效"), put("r2", no="PO012", status=VOID), put("r3", no="POX99"))
        assert written(store, put("r4", serials=(serial(),))).rows[0].values["no"] == "PO013"

    def test_a_number_typed_meanwhile_is_stepped_over(self, store: Store) -> None:
        assert written(store, put("r1", serials=(serial(),))).rows[0].values["no"] == "PO001"
        written(store, put("r2", no="PO002", uniques=(("no", "po002"),)))
        assert written(store, put("r3", serials=(serial(),))).rows[0].values["no"] == "PO003"

    def test_a_counter_outgrows_its_width(self, store: Store) -> None:
        written(store, put("r1", no="PO999"))
        assert written(store, put("r2", serials=(serial(),))).rows[0].values["no"] == "PO1000"

    # one-time keys

    def test_the_same_key_again_answers_the_first_result_and_writes_nothing(self, store: Store) -> None:
        first = written(store, put("r1", customer="甲", serials=(serial(),)), key="k1")
        again = store.write(batch(put("r2", customer="乙", serials=(serial(),)), key="k1"))
        assert again == Written(first.revision, first.rows, replayed=True)
        assert store.written_under("k1") == again
        assert (store.revision(), store.get("orders", "r2")) == (first.revision, None)

    def test_a_replay_shows_the_rows_as_they_were_written_then(self, store: Store) -> None:
        first = written(
            store,
            put("r1", customer="甲", quantity="1", raw={"day": "下周"}, extra={"备注": "x"}),
            put("r2", customer="乙"),
            key="k1",
        )
        written(store, put("r1", "edit", customer="丙", amount="5.00", extra={"备注": "y", "又": "z"}))
        written(store, put("r1", "edit", customer="丁"))
        replay = store.written_under("k1")
        assert replay is not None
        assert replay.rows == first.rows

    def test_a_key_tells_what_its_batch_changed_and_nothing_else(self, store: Store, clock: StandingClock) -> None:
        written(store, put("r1", customer="甲"), put("r2", customer="乙"), key="k1")
        written(store, put("r1", "edit", customer="丙"), put("i1", table="orders.items", product="戒指"), key="k2")
        written(store, put("r2", "edit", customer="丁"))
        found = [
            (change.table, change.row_id, change.verb, change.before, change.after)
            for change in store.changes_under("k2")
        ]
        assert found == [
            ("orders", "r1", "edit", {"customer": "甲"}, {"customer": "丙"}),
            ("orders.items", "i1", "create", {}, {"product": "戒指"}),
        ]
        assert list(store.changes_under("k3")) == []
        clock.pass_days(91)
        assert list(store.changes_under("k2")) == []

    def test_a_refused_key_may_be_used_again(self, store: Store) -> None:
        written(store, put("r1", uniques=(("no", "a"),)))
        assert isinstance(store.write(batch(put("r2", uniques=(("no", "a"),)), key="k1")), Refused)
        assert store.written_under("k1") is None
        assert not written(store, put("r2", uniques=(("no", "b"),)), key="k1").replayed

    def test_a_key_is_known_for_90_days(self, store: Store, clock: StandingClock) -> None:
        written(store, put("r1", customer="甲"), key="k1")
        clock.pass_days(90)
        assert store.written_under("k1") is not None
        clock.pass_days(1)
        assert store.written_under("k1") is None
        assert not written(store, put("r2", customer="乙"), key="k1").replayed

    def test_eight_threads_with_one_key_write_one_row(self, store: Store) -> None:
        def submit(number: int) -> Written | Refused:
            return store.write(batch(put(f"r{number}", customer="甲", serials=(serial(),)), key="k1"))

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(submit, range(8)))
        answers = [outcome for outcome in outcomes if isinstance(outcome, Written)]
        assert len(answers) == 8
        assert all(answer.rows == answers[0].rows for answer in answers)
        assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
        assert len(ids(store)) == 1

    def test_eight_threads_get_eight_numbers(self, store: Store) -> None:
        def submit(number: int) -> str:
            return written(store, put(f"r{number}", serials=(serial(),)), key=f"k{number}").rows[0].values["no"]

        with ThreadPoolExecutor(8) as threads:
            numbers = sorted(threads.map(submit, range(40)))
        assert numbers == [f"PO{n:03}" for n in range(1, 41)]

    # batches

    def test_a_batch_is_written_whole_or_not_at_all(self, store: Store) -> None:
        etag = written(store, put("r1", customer="甲")).rows[0].etag
        stale = put("r1", "edit", customer="乙", if_match="stale")
        duplicate = put("r4", uniques=(("no", "a"),))
        outcome = store.write(batch(put("r2", customer="丙"), stale, put("r3", uniques=(("no", "a"),)), duplicate))
        assert isinstance(outcome, Refused)
        assert [(type(problem), problem.put.row_id) for problem in outcome.problems] == [
            (Stale, "r1"),
            (Duplicate, "r4"),
        ]
        assert (ids(store), store.revision()) == (["r1"], 1)
        row = store.get("orders", "r1")
        assert row is not None
        assert row.etag == etag

    def test_a_batch_spans_tables_and_counts_as_one_revision(self, store: Store) -> None:
        outcome = written(
            store, put("r1", customer="甲"), put("l1", table="orders.items", record_id="r1", product="手镯")
        )
        assert [row.revision for row in outcome.rows] == [1, 1]
        assert store.revision() == 1

    def test_an_empty_batch_changes_nothing(self, store: Store) -> None:
        assert store.write(batch()) == Written(0, ())
        assert store.revision() == 0

    # changes

    def test_changes_tell_who_did_what_with_before_and_after(self, store: Store) -> None:
        written(store, put("r1", customer="甲", quantity="1", raw={"day": "下周"}))
        written(store, put("r1", "edit", customer="乙", day="2026-11-30", quantity="1", extra={"备注": "x"}))
        created, edited = store.changes(table="orders", row_id="r1")
        assert (created.seq, created.revision, created.verb, created.actor, created.at, created.source) == (
            *(1, 1, "create", "S001 张三", NOON, "portal"),
        )
        assert (created.before, created.after) == ({}, {"customer": "甲", "quantity": "1", "raw:day": "下周"})
        assert edited.before == {"customer": "甲", "raw:day": "下周"}
        assert edited.after == {"customer": "乙", "day": "2026-11-30", "extra:备注": "x"}

    def test_changes_are_read_oldest_first_in_pieces_and_by_table(self, store: Store) -> None:
        for number in range(3):
            written(store, put(f"r{number}", customer="甲"))
        written(store, put("l1", table="orders.items", product="手镯"))
        assert [change.row_id for change in store.changes(limit=2)] == ["r0", "r1"]
        assert [change.row_id for change in store.changes(after=2)] == ["r2", "l1"]
        assert [change.seq for change in store.changes(table="orders.items")] == [4]

    def test_a_refused_batch_leaves_no_change(self, store: Store) -> None:
        store.write(batch(put("r1", customer="甲", if_match="stale")))
        assert store.changes() == []

    def test_changed_rows_are_those_written_last_after_a_revision(self, store: Store) -> None:
        for number in range(3):
            written(store, put(f"r{number}", customer="甲"))
        written(store, put("r0", "edit", customer="乙"))
        assert [(row.row_id, row.revision) for row in store.changed_rows("orders", 1)] == [
            *(("r1", 2), ("r2", 3), ("r0", 4)),
        ]
        assert list(store.changed_rows("orders", 4)) == []

    def test_changed_rows_may_be_read_by_a_few_columns(self, store: Store) -> None:
        written(store, put("r1", customer="甲", amount="5.00", quantity="1", raw={"day": "下周"}, extra={"备注": "x"}))
        assert store.changed_rows("orders", 0, columns=["amount", "customer", "colour"]) == [
            Row("r1", {"customer": "甲", "amount": "5.00"}, version=1, revision=1)
        ]

    # tables

    def test_a_table_gains_columns_and_loses_none(self, store: Store) -> None:
        written(store, put("r1", customer="甲"))
        store.ensure_table(TableSpec("orders", (Column("colour", indexed=True), Column("customer"))))
        assert [column.key for column in store.tables()["orders"].columns] == [
            *(column.key for column in ORDERS.columns),
            "colour",
        ]
        row = written(store, put("r1", "edit", customer="甲", colour="红", amount="1.00")).rows[0]
        assert store.get("orders", "r1") == row

    def test_a_column_may_change_its_kind_and_keeps_its_texts(self, store: Store) -> None:
        written(store, put("r1", customer="9.50"), put("r2", customer="10.00"), put("r3", customer="面议"))
        store.ensure_table(TableSpec("orders", (Column("customer", "money", indexed=True),)))
        assert ids(store, sort=(("customer", False),)) == ["r1", "r2", "r3"]
        store.ensure_table(TableSpec("orders", (Column("customer"),)))
        assert ids(store, sort=(("customer", False),)) == ["r2", "r1", "r3"]
        found = store.get_many("orders", ["r1", "r2", "r3"])
        assert [row.values["customer"] for row in found.values()] == ["9.50", "10.00", "面议"]

    def test_making_a_table_again_changes_nothing(self, store: Store) -> None:
        before = store.tables()
        store.ensure_table(ORDERS)
        assert store.tables() == before

    # life and death

    def test_a_closed_store_says_so(self, store: Store) -> None:
        store.close()
        with pytest.raises(StoreUnavailable):
            store.revision()

    def test_what_was_acknowledged_survives_closing(self, tmp_path: Path, store: Store, clock: StandingClock) -> None:
        first = written(store, put("r1", customer="甲", serials=(serial(),), uniques=(("customer", "甲"),)), key="k1")
        store.close()
        again = self.open_store(tmp_path, clock)
        if not store.capabilities.durable:
            assert again.tables() == {}
            return
        assert again.get("orders", "r1") == first.rows[0]
        assert again.revision() == 1
        assert again.written_under("k1") == Written(1, first.rows, replayed=True)
        assert again.holders("orders", "customer", ["甲"]) == {"甲": ("r1",)}
        assert written(again, put("r2", serials=(serial(),))).rows[0].values["no"] == "PO002"
        again.close()
