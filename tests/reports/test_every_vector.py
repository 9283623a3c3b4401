"""Every vector of the specification is a test that carries its number; the numbering has gaps on purpose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
VECTORS = {
    "SL": "01 02 04 05 07 08 09 10 12 13 14 16 18 19 21 22 23 25 27 28 29 31 32",
    "GR": "01 02 03 04 06 07 08 09 11 12 13 14 15 21 23 24 25 27 31 32 34 35 37 41 42 44 45 47",
    "CM": "01 02 03 04 05 06 07 09 10 11 12 14 15 17 18 19 20 21 23 24 25 27 28 29 30 31 32 34 35 36 "
    "37 38 40 41 42 44 47 48 49 50 51 52 54 55 57 58 59 61",
    "KP": "01 02 04 05 07",
    "PT": "01 02 03 04 05 06 07 08 09 10 11",
}
"""deadlines, grades, commissions, scorecards and facts of other engines"""
NUMBERS = [f"{kind}-{number}" for kind, numbers in VECTORS.items() for number in numbers.split()]


@cache
def carried() -> frozenset[str]:
    """The numbers in names of tests and in their cases' ids; a number in a docstring runs nothing."""
    files = [*TESTS.glob("reports/test_*.py"), *TESTS.glob("schemas/test_*.py")]
    return frozenset(number for file in files for number in numbers_in(ast.parse(file.read_text(encoding="utf-8"))))


def numbers_in(tree: ast.Module) -> Iterator[str]:
    for test in ast.walk(tree):
        if isinstance(test, ast.FunctionDef) and (named := re.match(r"test_(sl|gr|cm|kp|pt)_(\d\d)_", test.name)):
            yield f"{named[1].upper()}-{named[2]}"
        if isinstance(test, ast.FunctionDef):
            told = (node for mark in test.decorator_list for node in ast.walk(mark) if isinstance(node, ast.Constant))
            yield from (str(node.value)[:5] for node in told if isinstance(node.value, str))


def test_there_are_115_vectors() -> None:
    assert len(set(NUMBERS)) == 115


@pytest.mark.parametrize("number", NUMBERS)
def test_the_vector_is_a_test(number: str) -> None:
    assert number in carried()
