"""Merging an edit with what others saved: what holds for any texts, and rows followed back through history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.record import TypedLine
from sheets_adapter.contract import Put, Row, WriteBatch, Written
from sheets_adapter.edit_merge import LineClash, LineSides, changed_fields, find_clashes, plan_lines
from sheets_adapter.memory import MemoryStore
from sheets_adapter.row_history import version_shown
from tests.sheets_adapter.store_samples import NOON, ORDERS, StandingClock

FIELDS = ("a", "b", "c")
TEXTS = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["1", "2", "3"]))


@given(opened=TEXTS, now=TEXTS, mine=TEXTS)
def test_a_field_clashes_only_when_all_three_differ_from_each_other(
    opened: dict[str, str], now: dict[str, str], mine: dict[str, str]
) -> None:
    clashing = {clash.field for clash in find_clashes(opened, now, mine, FIELDS)}
    sides = {key: (opened.get(key, ""), now.get(key, ""), mine.get(key, "")) for key in FIELDS}
    assert clashing == {key for key, texts in sides.items() if len(set(texts)) == 3}


@given(opened=TEXTS, now=TEXTS, mine=TEXTS)
def test_without_a_clash_both_sides_find_their_changes_in_the_result(
    opened: dict[str, str], now: dict[str, str], mine: dict[str, str]
) -> None:
    if find_clashes(opened, now, mine, FIELDS):
        return
    result = {**now, **{key: mine.get(key, "") for key in changed_fields(opened, mine, FIELDS)}}
    for side in (now, mine):
        for key in changed_fields(opened, side, FIELDS):
            assert result.get(key, "") == side.get(key, "")
    for key in set(FIELDS) - changed_fields(opened, mine, FIELDS) - changed_fields(opened, now, FIELDS):
        assert result.get(key, "") == opened.get(key, "")


def line(row_id: str, **values: str) -> Row:
    return Row(row_id, {**values, "record_id": "r", "line_no": "1", "status": "有效"})


@given(
    there=st.lists(st.sampled_from("pqrst"), unique=True),
    shown=st.sets(st.sampled_from("pqrst")),
    typed=st.lists(st.sampled_from("pqrst"), unique=True),
)
def test_of_rows_nobody_changed_mine_and_those_others_added_are_kept_once(
    there: list[str], shown: set[str], typed: list[str]
) -> None:
    """Rows typed but not there any more were removed by others, and I had not touched them."""
    gone = {row_id: {"a": "1"} for row_id in typed if row_id not in there}
    mine = {row_id: {"a": "1"} for row_id in gone}
    sides = LineSides(gone, shown, mine, [line(row_id, a="1") for row_id in there])
    plan = plan_lines([TypedLine(row_id, {"a": "1"}) for row_id in typed], sides, FIELDS)
    added = [row_id for row_id in there if row_id not in typed and row_id not in shown]
    assert plan.clashes == ()
    assert [one.line_id for one in plan.lines] == [row_id for row_id in typed if row_id in there] + added


def test_a_row_changed_by_both_is_named_with_its_number_and_first_field() -> None:
    typed = [TypedLine("", {"a": "new"}), TypedLine("p", {"a": "9", "b": "9"})]
    sides = LineSides({"p": {"a": "1", "b": "1"}}, {"p"}, {"p": {"a": "9", "b": "9"}}, [line("p", a="1", b="2")])
    assert plan_lines(typed, sides, FIELDS).clashes == (LineClash(2, "b"),)


def test_only_what_i_touched_of_a_row_is_sent_on() -> None:
    sides = LineSides({"p": {"a": "1", "b": "1"}}, {"p"}, {"p": {"a": "1", "b": "9"}}, [line("p", a="2", b="1")])
    plan = plan_lines([TypedLine("p", {"a": "1", "b": "9"})], sides, FIELDS)
    assert plan.lines == (TypedLine("p", {"b": "9"}),)


VERSIONS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["customer", "quantity"]), st.sampled_from(["1", "2"])),
        st.dictionaries(st.just("day"), st.sampled_from(["下周", "月底"])),
    ),
    min_size=1,
    max_size=8,
)


@given(versions=VERSIONS)
def test_every_version_a_row_ever_had_is_found_by_the_etag_it_was_shown_with(
    versions: list[tuple[dict[str, str], dict[str, str]]],
) -> None:
    store = MemoryStore(clock=StandingClock())
    store.ensure_table(ORDERS)
    rows: list[Row] = []
    for values, raw in versions:
        outcome = store.write(WriteBatch((Put("orders", "r", values, "edit", raw=raw),), "S001", NOON))
        assert isinstance(outcome, Written)
        rows += outcome.rows
    for row in rows:
        found = version_shown(store, "orders", rows[-1], row.etag)
        assert found is not None
        assert (found.values, found.raw) == (row.values, row.raw)
    assert version_shown(store, "orders", rows[-1], "never") is None
