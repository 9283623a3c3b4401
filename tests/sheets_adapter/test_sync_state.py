"""What is remembered about the workbook: its content at every generation, across crashes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.finding import CellRef, Finding, Severity
from sheets_adapter.codec import Seen, seen_from, seen_text
from sheets_adapter.columns import SheetMap
from sheets_adapter.journal import Journal
from sheets_adapter.sync_state import RowFinding, RowPlace, SheetState, SyncState

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SyncState]:
    journal = Journal(tmp_path / "a.journal", clock=lambda: AT)
    state = SyncState(journal.connect(), journal.path)
    yield state
    state.close()
    journal.close()


def generation(state: SyncState, kind: str, at: datetime = AT, **contents: str | None) -> int:
    gen = state.next_generation(kind, at)  # type: ignore[arg-type]
    state.put_contents("t", gen, contents)
    return gen


def test_the_content_of_a_former_generation_is_known(state: SyncState) -> None:
    first = generation(state, "published", r1="甲", r2="乙")
    second = generation(state, "published", r1="甲改")
    generation(state, "seen", r2=None, r3="丙")
    assert state.base_at("t", first) == {"r1": "甲", "r2": "乙"}
    assert state.base_at("t", second) == {"r1": "甲改", "r2": "乙"}
    assert state.current("t") == {"r1": "甲改", "r2": None, "r3": "丙"}


def test_a_publication_that_is_not_known_to_have_happened_counts_only_for_a_file_that_carries_it(
    state: SyncState,
) -> None:
    generation(state, "published", r1="甲")
    cut_off = generation(state, "intent", r1="甲改")
    assert state.current("t") == {"r1": "甲"}
    state.mark_generation(cut_off, "abandoned")
    later = generation(state, "published", r2="乙")
    assert state.base_at("t", later) == {"r1": "甲", "r2": "乙"}
    assert state.base_at("t", cut_off) == {"r1": "甲改"}


def test_a_publication_found_to_have_happened_counts(state: SyncState) -> None:
    cut_off = generation(state, "intent", r1="甲")
    assert state.intents() == [cut_off]
    state.mark_generation(cut_off, "published")
    assert (state.current("t"), state.intents()) == ({"r1": "甲"}, [])


def test_generations_are_never_given_out_twice_nor_below_the_number_a_workbook_carries(state: SyncState) -> None:
    first = generation(state, "published")
    state.set(marker="40")
    assert generation(state, "intent") == 41
    assert generation(state, "seen") == 42
    assert first == 1


def test_old_contents_are_forgotten_while_the_current_ones_stay(state: SyncState) -> None:
    first = generation(state, "published", AT - timedelta(days=400), r1="甲", r2="乙")
    generation(state, "published", AT - timedelta(days=300), r1="甲改")
    generation(state, "published", AT, r2="乙改")
    state.forget_before(AT - timedelta(days=180))
    assert state.current("t") == {"r1": "甲改", "r2": "乙改"}
    assert not state.knows_generation(first)


def test_a_write_cut_off_leaves_nothing_of_its_transaction(state: SyncState) -> None:
    def cut_off() -> None:
        with state.transaction():
            state.set(signature="1:2:3")
            state.put_places("t", {"r1": RowPlace(2, 1)})
            raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        cut_off()
    assert (state.get("signature"), state.places("t")) == ("", {})


def test_sheets_rows_and_findings_come_back_as_they_were_kept(state: SyncState) -> None:
    sheet = SheetState(SheetMap("客户", 2, {"name": 1}, {"序号": 0}, {"name": "名称"}), 7, 9)
    state.put_sheet("t", sheet)
    state.put_places("t", {"r1": RowPlace(3, 5, dirty=True), "r2": RowPlace(4, 6)})
    kept = Finding("V040", CellRef("客户", 3, "B"), {"value": "甲", "candidates": ("S1", "S2")}, Severity.WARNING)
    state.put_findings("t", [kept], [RowFinding("r2", Finding("R030", CellRef("客户", 4)))])
    assert state.sheet("t") == sheet
    assert (state.places("t")["r2"], state.dirty("t")) == (RowPlace(4, 6), ["r1"])
    assert kept in state.findings()
    assert [(one.row_id, one.finding.code) for one in state.row_findings("t")] == [("r2", "R030"), ("", "V040")]


def test_equal_content_has_equal_text_in_any_order() -> None:
    one = Seen({"a": "1", "b": "2"}, {"x": "y"}, frozenset({"q", "p"}))
    other = Seen({"b": "2", "a": "1"}, {"x": "y"}, frozenset({"p", "q"}))
    assert seen_text(one) == seen_text(other)
    assert seen_from(seen_text(one)) == one
