"""The picker's search: every word must be there, what begins with the first word comes first, then by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_adapter.reference_search import Haystack


def keys(records: dict[str, str], *words: str, limit: int = 20) -> list[str]:
    """Keys found among records given as key → folded display."""
    haystack = Haystack((key, f"{key.casefold()} {display}", f"row of {key}") for key, display in records.items())
    return [row_id.removeprefix("row of ") for row_id in haystack.search(words, limit)]


SHOPS = {"C3": "上海金店", "C1": "金店上海", "C2": "上海银楼", "C10": "北京金店"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["C1", "C10", "C2", "C3"]),
        (("上海",), ["C2", "C3", "C1"]),
        (("金店",), ["C1", "C10", "C3"]),
        (("c1",), ["C1", "C10"]),
        (("上海", "金"), ["C3", "C1"]),
        (("店", "c1"), ["C1", "C10"]),
        (("没有",), []),
        (("上海", "没有"), []),
    ],
    ids=["all", "begins first", "in the middle", "key", "two words", "word and key", "none", "one of two"],
)
def test_words_find(words: tuple[str, ...], expected: list[str]) -> None:
    assert keys(SHOPS, *words) == expected


def test_no_more_than_asked_for_are_found() -> None:
    assert keys(SHOPS, "上海", limit=2) == ["C2", "C3"]
    assert keys(SHOPS, limit=1) == ["C1"]
    assert keys({}, "上海") == []


@given(
    st.dictionaries(st.text("ab1", min_size=1, max_size=3), st.text("ab1", max_size=5), max_size=12),
    st.lists(st.text("ab1", min_size=1, max_size=3), max_size=3),
    st.integers(1, 6),
)
def test_the_search_agrees_with_looking_at_every_record(records, words, limit) -> None:
    def rank(key: str) -> tuple[bool, str]:
        return not any(part.startswith(words[0]) for part in (key, records[key])), key

    holding = [key for key in records if all(word in f"{key} {records[key]}" for word in words)]
    assert keys(records, *words, limit=limit) == (sorted(holding, key=rank) if words else sorted(holding))[:limit]
