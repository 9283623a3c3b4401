"""The three-way merge: nobody's edit is lost, and merging what we wrote ourselves changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.record import LIVE, VOID
from sheets_adapter.merge import (
    Cells,
    Clash,
    MergeRules,
    RowMerge,
    Verdict,
    merge_missing_row,
    merge_row,
    removes_too_many,
)

COLUMNS = frozenset({"status", "name", "phone", "amount"})
RULES = MergeRules(COLUMNS)
BASE = {"status": LIVE, "name": "金凤祥", "phone": "13800000000", "amount": "100.00"}


def merged(
    base: Cells | None, ours: Cells, theirs: Cells, rules: MergeRules = RULES, formulas: frozenset[str] = frozenset()
) -> RowMerge:
    return merge_row("r1", base, ours, theirs, rules, formulas)


def test_a_row_nobody_changed_stays_as_it_is() -> None:
    assert merged(BASE, BASE, BASE) == RowMerge("r1", Verdict.SAME, BASE)


def test_a_cell_changed_in_the_file_is_taken() -> None:
    result = merged(BASE, BASE, {**BASE, "phone": "13911111111"})
    assert result.verdict is Verdict.TAKE
    assert result.cells == {**BASE, "phone": "13911111111"}
    assert result.taken == {"phone"}


def test_a_cell_changed_in_the_portal_waits_for_the_file() -> None:
    ours = {**BASE, "phone": "13911111111"}
    result = merged(BASE, ours, BASE)
    assert (result.verdict, result.cells, result.pending) == (Verdict.KEEP, ours, {"phone"})


def test_different_cells_of_one_row_changed_on_both_sides_are_both_kept() -> None:
    result = merged(BASE, {**BASE, "name": "老凤祥"}, {**BASE, "amount": "120.00"})
    assert result.cells == {**BASE, "name": "老凤祥", "amount": "120.00"}
    assert (result.taken, result.pending, result.clashes) == ({"amount"}, {"name"}, ())


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    both = {**BASE, "amount": "120.00"}
    assert merged(BASE, both, both).verdict is Verdict.SAME


def test_of_two_changes_of_one_cell_the_portal_s_stays_and_the_other_is_kept_as_a_conflict() -> None:
    result = merged(BASE, {**BASE, "amount": "120.00"}, {**BASE, "amount": "135.00"})
    assert result.cells["amount"] == "120.00"
    assert result.clashes == (Clash("amount", "100.00", "120.00", "135.00"),)


def test_an_emptied_cell_is_an_edit() -> None:
    theirs = {column: text for column, text in BASE.items() if column != "phone"}
    assert "phone" not in merged(BASE, BASE, theirs).cells


def test_a_column_the_file_does_not_have_is_not_an_emptied_cell() -> None:
    rules = MergeRules(COLUMNS - {"phone"})
    theirs = {column: text for column, text in BASE.items() if column != "phone"}
    assert merged(BASE, BASE, theirs, rules) == RowMerge("r1", Verdict.SAME, BASE)


def test_a_computed_cell_changed_by_hand_is_put_back() -> None:
    rules = MergeRules(COLUMNS, protected=frozenset({"amount"}))
    result = merged(BASE, BASE, {**BASE, "amount": "1.00"}, rules)
    assert result.cells == BASE
    assert result.pending == {"amount"}
    assert result.put_back == (Clash("amount", "100.00", "100.00", "1.00"),)


def test_what_a_formula_yields_is_taken_even_against_the_portal() -> None:
    result = merged(BASE, {**BASE, "amount": "120.00"}, {**BASE, "amount": "135.00"}, formulas=frozenset({"amount"}))
    assert (result.cells["amount"], result.clashes, result.pending) == ("135.00", (), frozenset())


def test_a_formula_in_a_computed_column_is_left_alone_and_its_difference_told() -> None:
    rules = MergeRules(COLUMNS, protected=frozenset({"amount"}))
    result = merged(BASE, BASE, {**BASE, "amount": "135.00"}, rules, frozenset({"amount"}))
    assert (result.cells, result.pending, result.put_back) == (BASE, frozenset(), ())
    assert result.differing == (Clash("amount", "100.00", "100.00", "135.00"),)


def test_a_formula_without_a_result_yet_empties_nothing() -> None:
    theirs = {column: text for column, text in BASE.items() if column != "amount"}
    assert merged(BASE, BASE, theirs, formulas=frozenset({"amount"})) == RowMerge("r1", Verdict.SAME, BASE)


def test_with_an_unknown_base_only_a_cell_both_filled_differently_is_a_conflict() -> None:
    result = merged(None, {"name": "甲", "phone": "1"}, {"name": "乙", "amount": "2"})
    assert result.cells == {"name": "甲", "phone": "1", "amount": "2"}
    assert result.clashes == (Clash("name", "", "甲", "乙"),)


def missing(base: Cells | None, ours: Cells, *, in_base: bool = True, rules: MergeRules = RULES) -> RowMerge:
    return merge_missing_row("r1", base, ours, in_base=in_base, rules=rules)


def test_a_row_deleted_in_the_file_and_untouched_in_the_portal_is_withdrawn() -> None:
    result = missing(BASE, BASE)
    assert (result.verdict, result.cells) == (Verdict.REMOVE, {**BASE, "status": VOID})


def test_a_row_deleted_in_the_file_but_changed_in_the_portal_comes_back_with_a_conflict() -> None:
    ours = {**BASE, "amount": "120.00"}
    result = missing(BASE, ours)
    assert (result.verdict, result.cells) == (Verdict.READD, ours)
    assert result.clashes == (Clash("amount", "100.00", "120.00", ""),)


def test_a_row_withdrawn_in_the_portal_and_deleted_in_the_file_is_gone_on_both_sides() -> None:
    assert missing(BASE, {**BASE, "status": VOID, "void_reason": "重复"}).verdict is Verdict.GONE


def test_a_row_newer_than_the_file_goes_back_in() -> None:
    result = missing(None, BASE, in_base=False)
    assert (result.verdict, result.pending, result.clashes) == (Verdict.READD, set(BASE), ())


def test_a_withdrawn_row_the_file_never_had_is_written_into_it() -> None:
    assert missing(None, {**BASE, "status": VOID}, in_base=False).verdict is Verdict.READD


def test_a_row_deleted_earlier_stays_out_until_it_is_restored() -> None:
    assert missing(None, {**BASE, "status": VOID}).verdict is Verdict.GONE
    assert missing(None, BASE).verdict is Verdict.READD


def test_nothing_is_withdrawn_when_the_file_s_generation_is_unknown() -> None:
    assert missing(BASE, BASE, rules=MergeRules(COLUMNS, absence_removes=False)).verdict is Verdict.READD


@pytest.mark.parametrize(
    ("removed", "before", "stops"),
    [(20, 20, False), (21, 420, False), (21, 419, True), (1000, 100_000, False)],
    ids=["up to twenty rows never", "exactly five percent not", "over both limits", "many but few percent"],
)
def test_a_sync_stops_when_it_would_remove_over_twenty_rows_and_over_five_percent(
    removed: int, before: int, stops: bool
) -> None:
    assert removes_too_many(removed, before) is stops


texts = st.sampled_from(["", "甲", "乙", "丙"])
rows = st.dictionaries(st.sampled_from(sorted(COLUMNS)), texts).map(
    lambda cells: {column: text for column, text in cells.items() if text}
)


@given(rows, rows, rows)
def test_every_changed_cell_is_in_the_result_or_in_a_conflict(base: Cells, ours: Cells, theirs: Cells) -> None:
    result = merged(base, ours, theirs)
    clashing = {clash.column: (clash.ours, clash.theirs) for clash in result.clashes}
    for column in COLUMNS:
        was, mine, other = (side.get(column, "") for side in (base, ours, theirs))
        kept = {result.cells.get(column, ""), *clashing.get(column, ())}
        if mine != was:
            assert mine in kept
        if other != was:
            assert other in kept


@given(rows, rows, rows)
def test_merging_again_what_was_merged_changes_nothing(base: Cells, ours: Cells, theirs: Cells) -> None:
    first = merged(base, ours, theirs)
    again = merged(theirs, first.cells, theirs)
    assert again.cells == first.cells
    assert not again.clashes


@given(st.none() | rows, rows)
def test_a_row_we_wrote_ourselves_merges_without_any_change(base: Cells | None, ours: Cells) -> None:
    assert merged(base, ours, ours) == RowMerge("r1", Verdict.SAME, ours)


@given(rows, rows)
def test_a_missing_row_is_withdrawn_only_if_the_portal_did_not_change_it(base: Cells, ours: Cells) -> None:
    result = missing(base, ours)
    if result.verdict is Verdict.REMOVE:
        assert ours == base
    assert {column: text for column, text in result.cells.items() if column != "status"} == {
        column: text for column, text in ours.items() if column != "status"
    }
