"""Serial number patterns."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.serials import SerialPattern, SerialPatternError

DAY = date(2024, 3, 15)


@pytest.mark.parametrize(
    ("pattern", "prefix", "width", "suffix", "first"),
    [
        ("C{seq:4}", "C", 4, "", "C0001"),
        ("PO{yyyymmdd}{seq:3}", "PO20240315", 3, "", "PO20240315001"),
        ("HT-{yyyy}-{seq:4}", "HT-2024-", 4, "", "HT-2024-0001"),
        ("{yymm}{seq:5}号", "2403", 5, "号", "240300001号"),
        ("{seq:1}", "", 1, "", "1"),
    ],
)
def test_pattern_gives_prefix_width_and_suffix(pattern: str, prefix: str, width: int, suffix: str, first: str) -> None:
    parsed = SerialPattern.parse(pattern)
    assert (parsed.prefix_at(DAY), parsed.width, parsed.suffix, parsed.example(DAY)) == (prefix, width, suffix, first)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PO20240315001", ("PO20240315", 1)),
        ("PO202403151234", ("PO20240315", 1234)),
        ("PO20240315", None),
        ("PO2024031501", None),
        ("XPO20240315001", None),
        ("PO20240315001 ", None),
        ("PO20240315００1", None),
    ],
)
def test_number_is_recognised_with_its_prefix(text: str, found: tuple[str, int] | None) -> None:
    assert SerialPattern.parse("PO{yyyymmdd}{seq:3}").matches(text) == found


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("C", "no_counter"),
        ("C{yyyy}", "no_counter"),
        ("C{seq:0}", "unknown_token"),
        ("C{seq}", "unknown_token"),
        ("C{week}{seq:3}", "unknown_token"),
        ("C{seq:3}{yyyy}", "after_counter"),
        ("C{seq:3}{seq:3}", "after_counter"),
        ("C}{seq:3}", "unknown_token"),
    ],
)
def test_pattern_that_cannot_number_says_why(pattern: str, reason: str) -> None:
    with pytest.raises(SerialPatternError) as raised:
        SerialPattern.parse(pattern)
    assert raised.value.reason == reason


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)), st.integers(1, 10**7))
def test_every_number_a_pattern_makes_is_recognised(day: date, number: int) -> None:
    pattern = SerialPattern.parse("C.{yyyymm}-{seq:4}/甲")
    text = f"{pattern.prefix_at(day)}{number:04}/甲"
    assert pattern.matches(text) == (pattern.prefix_at(day), number)
