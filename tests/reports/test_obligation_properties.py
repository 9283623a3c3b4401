"""What holds of every deadline rule whatever was recorded: records of the shipped forms, drawn at random."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.deadlines import evaluate
from reports.frames import frames_of
from tests.reports.books import Book
from tests.reports.random_records import forms_of, random_records
from tests.reports.rule_samples import CALENDAR, everything, rules

EVALUATED = {rule_id: rule.model_copy(update={"enabled": True}) for rule_id, rule in rules().items() if rule.watch}
ANY_RULE = st.sampled_from(sorted(EVALUATED))
SEEDS = st.randoms(use_true_random=False)
STEPS = st.lists(st.integers(0, 150), min_size=2, max_size=2)
KEPT = ("met", "met_late")
START = datetime(2026, 3, 1, 12)  # noqa: DTZ001 (wall-clock time of the company)
Obligations = dict[tuple[str, ...], dict[str, object]]


def records(rule_id: str, book: Book) -> dict[str, pd.DataFrame]:
    return frames_of(forms_of(EVALUATED[rule_id]), book)[0]


def obligations(rule_id: str, frames: dict[str, pd.DataFrame], as_of: datetime) -> Obligations:
    """What is known of each obligation of the rule (and of contracts' promises), by what tells it apart."""
    chosen = {rule_id: EVALUATED[rule_id], "D79": rules()["D79"]}
    listed = everything(evaluate(chosen, frames, as_of, CALENDAR)).drop(columns=["way", "until"])
    keys = ["rule", "template", "record_id", "line_no", "occurrence"]
    return {tuple(str(row[key]) for key in keys): row for row in listed.to_dict("records")}


@settings(max_examples=40, deadline=None)
@given(rule_id=ANY_RULE, rng=SEEDS, steps=STEPS)
def test_what_is_met_never_becomes_unmet_as_time_passes(rule_id: str, rng: random.Random, steps: list[int]) -> None:
    """Over the same records: a later look may no longer list an old period, but never says it was missed."""
    frames = records(rule_id, random_records(forms_of(EVALUATED[rule_id]), rng))
    moments = list(itertools.accumulate((timedelta(days) for days in steps), initial=START))
    looks = [obligations(rule_id, frames, moment) for moment in moments]
    for before, now in itertools.pairwise(looks):
        for key, found in before.items():
            if found["status"] in KEPT and key in now:
                same = ("status", "due_at", "met_at", "late_calendar")
                assert {name: now[key][name] for name in same} == {name: found[name] for name in same}
    for moment, look in zip(moments, looks, strict=True):
        assert [key for key, found in look.items() if not holds_together(found, moment)] == []


def holds_together(found: dict[str, object], as_of: datetime) -> bool:
    """Overdue only past the due moment, and late exactly where it is called late."""
    late = found["status"] in ("overdue", "met_late")
    due = found["due_at"]
    return (found["late_calendar"] is not None) == late and (
        found["status"] != "overdue" or (isinstance(due, datetime) and due < as_of)
    )


@settings(max_examples=25, deadline=None)
@given(rule_id=ANY_RULE, rng=SEEDS)
def test_the_order_of_the_rows_changes_no_obligation(rule_id: str, rng: random.Random) -> None:
    book = random_records(forms_of(EVALUATED[rule_id]), rng)
    mixed = {table: rng.sample(rows, len(rows)) for table, rows in book.items()}
    one, two = (obligations(rule_id, records(rule_id, each), START) for each in (book, mixed))
    assert one == two
