"""The part of the store suite about reading pages: tests, order, search, paging."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from sheets_adapter.contract import Query, Shown, Store, Test
from tests.sheets_adapter.store_samples import ids, put, written

SAMPLE = {
    "a": {
        "customer": "北京华润",
        "quantity": "9",
        "rate": "0.5",
        "amount": "100.00",
        "day": "2026-01-09",
        "paid": "是",
        "tags": "金、红宝石",
    },
    "b": {
        "customer": "上海万科",
        "quantity": "10",
        "rate": "-0.25",
        "amount": "9.90",
        "day": "2026-01-10",
        "paid": "否",
        "tags": "金饰、银",
    },
    "c": {"customer": "Wanda 100%", "quantity": "-3", "rate": "0.125", "amount": "-20.00", "day": "2025-12-31"},
    "d": {"customer": "a_b", "called_at": "2026-01-01 09:00:00", "amount": "1000.00", "tags": "金"},
    "e": {"called_at": "2026-01-01 10:30:00", "status": "已作废"},
}

SORTS = {
    "text by code point": ("customer", "cdbae"),
    "integer": ("quantity", "cabde"),
    "decimal": ("rate", "bcade"),
    "money": ("amount", "cbade"),
    "date": ("day", "cabde"),
    "datetime": ("called_at", "deabc"),
    "bool": ("paid", "bacde"),
}

TESTS = {
    "equal": (Test("customer", "eq", "上海万科"), "b"),
    "equal to nothing": (Test("day", "eq", ""), "de"),
    "unequal holds for absent": (Test("paid", "ne", "是"), "bcde"),
    "unequal to nothing": (Test("paid", "ne", ""), "ab"),
    "in": (Test("quantity", "in", values=("9", "-3", "77")), "ac"),
    "in with nothing": (Test("day", "in", values=("2026-01-09", "")), "ade"),
    "in none": (Test("day", "in"), ""),
    "money below": (Test("amount", "lt", "100.00"), "bc"),
    "money at most": (Test("amount", "le", "100.00"), "abc"),
    "money above": (Test("amount", "gt", "9.90"), "ad"),
    "decimal at least": (Test("rate", "ge", "0.125"), "ac"),
    "integer below, absent fails": (Test("quantity", "lt", "10"), "ac"),
    "date before": (Test("day", "lt", "2026-01-10"), "ac"),
    "datetime from": (Test("called_at", "ge", "2026-01-01 10:00:00"), "e"),
    "compared with nothing": (Test("amount", "ge", ""), ""),
    "contains": (Test("customer", "contains", "华"), "a"),
    "contains takes percent literally": (Test("customer", "contains", "0%"), "c"),
    "contains takes underscore literally": (Test("customer", "contains", "_"), "d"),
    "contains in money as written": (Test("amount", "contains", "00.00"), "ad"),
    "starts": (Test("customer", "starts", "上"), "b"),
    "starts in money as written": (Test("amount", "starts", "-20.0"), "c"),
    "starts takes percent literally": (Test("customer", "starts", "%"), ""),
    "has one of several answers, whole": (Test("tags", "has", "金"), "ad"),
    "has the last answer": (Test("tags", "has", "银"), "b"),
    "has what is only part of an answer": (Test("tags", "has", "宝石"), ""),
    "empty": (Test("quantity", "empty"), "de"),
    "not empty": (Test("status", "not_empty"), "e"),
}


@pytest.fixture
def filled(store: Store) -> Store:
    """The sample rows, written in an order that is not theirs."""
    for row_id in "cadeb":
        written(store, put(row_id, search=f"{row_id} 合同 50%_折 项目", **SAMPLE[row_id]))
    return store


def walked(store: Store, query: Query) -> list[str]:
    """Row ids of all pages, two rows a page."""
    found, after = [], ""
    while True:
        page = store.query(replace(query, limit=2, after=after))
        found += [row.row_id for row in page.rows]
        after = page.next
        if not after:
            return found


class QueryConformance:
    """Reading pages."""

    @pytest.mark.parametrize(("key", "expected"), SORTS.values(), ids=SORTS)
    def test_rows_sort_by_what_the_column_means_and_empty_ones_come_last(
        self, filled: Store, key: str, expected: str
    ) -> None:
        assert "".join(ids(filled, sort=((key, False),))) == expected
        blank = [row_id for row_id in expected if key not in SAMPLE[row_id]]
        there = [row_id for row_id in expected if key in SAMPLE[row_id]]
        assert ids(filled, sort=((key, True),)) == there[::-1] + blank[::-1]

    @pytest.mark.parametrize(("test", "expected"), TESTS.values(), ids=TESTS)
    def test_rows_are_found_by(self, filled: Store, test: Test, expected: str) -> None:
        page = filled.query(Query("orders", where=(test,)))
        assert ("".join(row.row_id for row in page.rows), page.total) == (expected, len(expected))

    def test_all_of_where_and_one_of_each_group_must_hold(self, filled: Store) -> None:
        groups = (
            (Test("paid", "eq", "是"), Test("paid", "eq", "否")),
            (Test("quantity", "eq", "10"), Test("day", "empty")),
        )
        assert ids(filled, any_of=groups) == ["b"]
        assert ids(filled, where=(Test("paid", "eq", "是"),), any_of=groups) == []
        assert ids(filled, any_of=((),)) == []

    def test_without_a_sort_rows_come_by_id(self, filled: Store) -> None:
        assert ids(filled) == ["a", "b", "c", "d", "e"]

    def test_a_second_key_orders_rows_that_agree_in_the_first(self, filled: Store) -> None:
        assert ids(filled, sort=(("paid", True), ("amount", True))) == ["a", "b", "d", "c", "e"]

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("合同",), "abcde"),
            (("合同", "b "), "b"),
            (("50%_折",), "abcde"),
            (("%",), "abcde"),
            (("a%",), ""),
            (("没有",), ""),
            (("合同", "没有"), ""),
        ],
        ids=["one word", "every word", "literal", "percent", "no wildcard", "nothing", "one of two"],
    )
    def test_every_word_of_a_search_must_be_there(self, filled: Store, words: tuple[str, ...], expected: str) -> None:
        page = filled.query(Query("orders", search=words))
        assert ("".join(row.row_id for row in page.rows), page.total) == (expected, len(expected))

    def test_search_filter_sort_and_paging_work_together(self, filled: Store) -> None:
        query = Query("orders", (Test("status", "ne", "已作废"),), search=("合同",), sort=(("amount", True),), limit=2)
        first = filled.query(query)
        assert ([row.row_id for row in first.rows], first.total) == (["d", "a"], 4)
        assert walked(filled, query) == ["d", "a", "b", "c"]

    def test_an_edit_changes_what_a_row_is_found_by(self, filled: Store) -> None:
        written(filled, put("a", "edit", customer="北京华润", search="框架协议"))
        assert ids(filled, search=("合同",)) == ["b", "c", "d", "e"]
        assert ids(filled, search=("框架",)) == ["a"]

    @pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
    @pytest.mark.parametrize("key", ["customer", "amount", "rate", "day", "status", "paid"])
    def test_pages_have_neither_gaps_nor_doubles_even_with_ties_and_empty_values(
        self, store: Store, key: str, descending: bool
    ) -> None:
        chance = random.Random(7)
        choices = {
            "customer": ["甲", "乙", ""],
            "amount": ["1.00", "10.00", "-2.00", ""],
            "rate": ["0.5", "0.50001", ""],
            "day": ["2026-01-01", ""],
            "status": [""],
            "paid": ["是", "否"],
        }
        for number in range(23):
            written(store, put(f"r{number:02}", **{key: chance.choice(choices[key])}))
        everything = ids(store, sort=((key, descending),), limit=100)
        assert walked(store, Query("orders", sort=((key, descending),))) == everything
        assert len(set(everything)) == 23

    def test_rows_written_while_someone_pages_neither_repeat_nor_hide_others(self, store: Store) -> None:
        for number in (10, 20, 30, 40):
            written(store, put(f"r{number}", amount=f"{number}.00"))
        sort = (("amount", False),)
        first = store.query(Query("orders", sort=sort, limit=2))
        written(store, put("r05", amount="5.00"))
        written(store, put("r35", amount="35.00"))
        written(store, put("r20", "edit", amount="50.00"))
        second = store.query(Query("orders", sort=sort, limit=9, after=first.next))
        assert [row.row_id for row in first.rows] == ["r10", "r20"]
        assert [row.row_id for row in second.rows] == ["r30", "r35", "r40", "r20"]

    def test_the_last_page_has_no_next(self, filled: Store) -> None:
        assert filled.query(Query("orders", limit=5)).next == ""
        assert filled.query(Query("orders", limit=4)).next != ""

    @pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
    def test_a_column_may_sort_by_what_the_row_it_names_shows(self, filled: Store, descending: bool) -> None:
        """Lines name their order; "gone" names none and sorts by its own text; no name at all comes last."""
        for line, order in {"1": "b", "2": "a", "3": "gone", "4": "b", "5": "", "6": "d"}.items():
            written(filled, put(line, table="orders.items", record_id=order, product=f"p{line}"))
        shown = {"record_id": Shown("orders", "", "customer")}
        query = Query("orders.items", sort=(("record_id", descending),), shown=shown)
        # a_b (d) < gone < 上海万科 (b) < 北京华润 (a), by code point
        assert walked(filled, query) == (["2", "4", "1", "3", "6", "5"] if descending else list("631425"))

    def test_a_column_that_names_a_row_by_another_column_sorts_by_it(self, filled: Store) -> None:
        written(
            filled, put("a", "edit", **{**SAMPLE["a"], "no": "N2"}), put("b", "edit", **{**SAMPLE["b"], "no": "N1"})
        )
        for line, number in {"1": "N1", "2": "N2"}.items():
            written(filled, put(line, table="orders.items", record_id=number))
        shown = {"record_id": Shown("orders", "no", "customer")}
        # 上海万科 (N1) < 北京华润 (N2)
        assert walked(filled, Query("orders.items", sort=(("record_id", True),), shown=shown)) == ["2", "1"]

    def test_a_column_cannot_show_what_is_not_there(self, filled: Store) -> None:
        for shown in (Shown("nothing"), Shown("orders", "colour"), Shown("orders", "no", "colour")):
            with pytest.raises(LookupError, match=r"nothing|colour"):
                filled.query(Query("orders.items", sort=(("record_id", False),), shown={"record_id": shown}))

    def test_a_total_not_asked_for_is_minus_one(self, filled: Store) -> None:
        assert filled.query(Query("orders", count=False)).total == -1
        assert filled.query(Query("orders", limit=1)).total == 5

    def test_a_total_counts_rows_written_since(self, filled: Store) -> None:
        assert filled.query(Query("orders", limit=1)).total == 5
        written(filled, put("f", customer="新"))
        assert filled.query(Query("orders", limit=1)).total == 6

    def test_a_cursor_of_another_order_is_refused(self, filled: Store) -> None:
        after = filled.query(Query("orders", limit=1)).next
        with pytest.raises(ValueError, match="another order"):
            filled.query(Query("orders", sort=(("day", False),), after=after))
        with pytest.raises(ValueError, match="not the `next`"):
            filled.query(Query("orders", after="nonsense"))

    def test_a_sort_or_test_by_an_unknown_column_names_it(self, filled: Store) -> None:
        with pytest.raises(LookupError, match="colour"):
            ids(filled, sort=(("colour", False),))
        with pytest.raises(LookupError, match="colour"):
            ids(filled, where=(Test("colour", "eq", "red"),))

    @pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
    @pytest.mark.parametrize("key", [*SORTS.values()], ids=SORTS)
    def test_a_scan_reads_the_rows_of_all_pages_in_their_order(
        self, filled: Store, key: tuple[str, str], descending: bool
    ) -> None:
        query = Query(
            "orders", (Test("status", "ne", "已作废"),), search=("合同",), sort=((key[0], descending),), limit=1
        )
        columns = ("amount", "quantity", "customer", "day")
        found = {row.row_id: tuple(map(row.values.get, columns)) for row in filled.query(replace(query, limit=9)).rows}
        assert list(scanned(filled, query, columns)) == list(found.items())

    def test_a_scan_of_many_rows_keeps_their_order_too(self, store: Store) -> None:
        chance = random.Random(3)
        amounts = {f"r{number:04}": f"{chance.randrange(100)}.00" for number in range(5000)}
        written(store, *(put(row_id, amount=amount) for row_id, amount in amounts.items()))
        rows = list(scanned(store, Query("orders", sort=(("amount", False),)), ("amount",)))
        assert rows == sorted(
            ((key, (text,)) for key, text in amounts.items()), key=lambda one: (float(one[1][0]), one[0])
        )

    def test_a_scan_tells_what_was_not_understood_by_the_rows_place(self, store: Store) -> None:
        written(store, put("a", customer="甲"), put("b", raw={"day": "明天"}, extra={"备注": "x"}))
        (block,) = store.scan(Query("orders"), ("customer",))
        assert (list(block.row_ids), [list(texts) for texts in block.columns]) == (["a", "b"], [["甲", None]])
        assert block.raw == {1: {"day": "明天"}}

    def test_a_scan_of_no_columns_or_no_rows_is_no_mistake(self, filled: Store) -> None:
        assert [row_id for row_id, _ in scanned(filled, Query("orders"), ())] == ["a", "b", "c", "d", "e"]
        assert list(scanned(filled, Query("orders", search=("没有",)), ("customer",))) == []

    def test_a_scan_broken_off_leaves_the_store_at_work(self, filled: Store) -> None:
        for _ in range(20):
            next(iter(filled.scan(Query("orders"), ("customer",))))
        written(filled, put("f", customer="新"))
        assert ids(filled) == ["a", "b", "c", "d", "e", "f"]

    def test_a_scan_names_an_unknown_column(self, filled: Store) -> None:
        with pytest.raises(LookupError, match="colour"):
            list(filled.scan(Query("orders"), ("colour",)))


def scanned(store: Store, query: Query, columns: Sequence[str]) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """(row id, its texts) of every row of a scan."""
    for block in store.scan(query, columns):
        assert len(block.columns) == len(columns)
        for at, row_id in enumerate(block.row_ids):
            yield row_id, tuple(texts[at] for texts in block.columns)
