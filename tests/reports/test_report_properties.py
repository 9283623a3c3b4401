"""What holds of every report: the same records give the same answer, in any order of rows and in any process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reports.registry import REPORTS
from tests.reports.answers import answers, without_order_of_rows
from tests.reports.books import ROOT
from tests.reports.test_statement_texts import busy_book


@cache
def usual() -> dict[str, dict[str, Any]]:
    return answers(busy_book())


@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_report(rng: random.Random) -> None:
    mixed = {table: rng.sample(rows, len(rows)) for table, rows in busy_book().items()}
    one, two = usual(), answers(mixed)
    assert {name for name in one if without_order_of_rows(one[name]) != without_order_of_rows(two[name])} == set()


@pytest.fixture(scope="module")
def hashes() -> list[str]:
    """What processes with different hash seeds print, started at once."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.reports.answers"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "4242")
    ]
    return [process.communicate()[0] for process in started]


def test_recomputing_in_another_process_gives_the_same_to_the_byte(hashes: list[str]) -> None:
    first, second = hashes
    assert first == second
    assert len(first.splitlines()) == len(REPORTS)
