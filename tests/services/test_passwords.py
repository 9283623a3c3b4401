"""Which passwords are taken."""

from __future__ import annotations

import pytest

from services.passwords import find_password_problems


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("春江花月夜八个字", []),
        ("correct horse battery", []),
        ("short7!", ["A010"]),
        ("", ["A010"]),
        ("长" * 24, ["A013"]),
        ("一二三四五六七八九十一二三四五六七八九十一二三四", []),
        ("一二三四五六七八九十一二三四五六七八九十一二三四五", ["A011"]),
        ("x" * 36 + "y" * 36, []),
        ("x" * 36 + "y" * 37, ["A011"]),
        ("Li.Wei.1988", ["A012"]),
        ("12345678", ["A013"]),
        ("PassWord123", ["A013"]),
        ("aaaaaaaaaa", ["A013"]),
        ("tab\tinside", ["A017"]),
        ("half a \ud83d character", ["A017"]),
    ],
    ids=[
        "eight Chinese characters",
        "a sentence",
        "seven",
        "empty",
        "one character repeated",
        "24 Chinese characters fit",
        "25 do not: 75 bytes",
        "72 letters fit",
        "73 do not",
        "the login, other case",
        "usual digits",
        "usual word, other case",
        "one letter",
        "a control character",
        "half a character",
    ],
)
def test_a_password_is_long_enough_short_enough_and_not_usual(password: str, codes: list[str]) -> None:
    assert [finding.code for finding in find_password_problems(password, "li.wei.1988")] == codes
