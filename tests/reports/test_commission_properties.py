"""What holds of commissions and scales whatever the numbers are."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.commissions.arithmetic import Deductions, Sale, month_commission
from reports.commissions.ladder import Ladder
from reports.commissions.report import commission_lines, commissions, terms_of
from reports.grades.report import grades
from reports.grades.scales import cut, whole
from reports.money import apportion, round_fen
from schemas.commission_rules import CommissionRules, Tier
from tests.reports.books import Book, asked, book, deal, frames, line, money, pack, person, quota

RULES = terms_of(pack()).rules
FULL_TIME, PART_TIME = terms_of(pack()).full_time, terms_of(pack()).part_time
assert FULL_TIME is not None
assert PART_TIME is not None
LADDER = Ladder.of(FULL_TIME.tiers, RULES)

EDGES = sorted(
    {int(edge * 100) for tier in (*FULL_TIME.tiers, *PART_TIME.tiers) for edge in (tier.from_, tier.printed_to or 0)}
)
fen = st.integers(1, 200_000_000) | st.tuples(st.sampled_from(EDGES), st.integers(-1200, 1200)).map(sum).filter(
    bool
).map(abs)
"""Amounts of any size, and as often some within twelve yuan of an edge of the printed tables."""
sales = st.lists(
    st.tuples(st.integers(1, 30_000_000), st.integers(1, 40_000_000)).map(lambda pair: Sale("D", pair[0], *pair)),
    min_size=1,
    max_size=8,
)


@given(fen)
def test_no_gap_pays_nothing(amount: int) -> None:
    """OCA's closed intervals pay nothing between 19,990 and 20,000; a tenth of a fen aside, ours always pays."""
    for gap in ("lower", "upper", "round3"):
        match = Ladder.of(FULL_TIME.tiers, RULES.model_copy(update={"gap": gap})).find(amount)
        assert match is not None
        assert match.tier.rate is not None
        assert match.tier.rate >= Decimal("0.05")


@given(fen)
def test_half_open_tiers_hold_every_amount_exactly_once(amount: int) -> None:
    for plan in (FULL_TIME, PART_TIME):
        starts = [(tier.from_ * 100, tier.from_inclusive) for tier in plan.tiers]
        ends = [*starts[1:], (Decimal("Infinity"), False)]
        holding = [
            tier.id
            for tier, (start, closed), (end, next_closed) in zip(plan.tiers, starts, ends, strict=True)
            if (start < amount or (closed and start == amount))
            and (amount < end or (not next_closed and amount == end))
        ]
        found = Ladder.of(plan.tiers, RULES).find(amount)
        assert found is not None
        assert holding == [found.tier.id]


@given(fen)
def test_slices_sum_to_the_amount_and_marginal_never_pays_more_than_the_whole(amount: int) -> None:
    slices = LADDER.slices(amount)
    assert sum(part.amount for part in slices) == amount
    assert LADDER.marginal(amount) <= amount * Fraction(LADDER.find(amount).tier.rate)  # type: ignore[union-attr,arg-type]


@given(sales, st.integers(0, 1_000_000))
def test_the_lines_of_a_month_sum_to_its_commission_to_the_fen(deals: list[Sale], expenses: int) -> None:
    for options in ({}, {"basis": "per_deal"}, {"method": "marginal"}, {"rounding": {"scope": "line"}}):
        month = month_commission(deals, Deductions(expenses), LADDER, CommissionRules.model_validate(options))
        assert sum(month.line_fen()) == month.fen


@given(sales, st.integers(0, 7), st.integers(1, 29_999_999))
def test_splitting_a_deal_in_two_leaves_the_months_total(deals: list[Sale], at: int, part: int) -> None:
    """The same discount on both parts; the month's row and the sum of exact parts stay as they were."""
    whole_deal = deals[at % len(deals)]
    first = min(part, whole_deal.amount - 1)
    if first < 1:
        return
    halves = [Sale("D", amount, whole_deal.sold, whole_deal.listed) for amount in (first, whole_deal.amount - first)]
    rest = [each for each in deals if each is not whole_deal]
    before = month_commission(deals, Deductions(), LADDER, RULES)
    after = month_commission([*rest, *halves], Deductions(), LADDER, RULES)
    assert (after.exact, after.fen) == (before.exact, before.fen)


@given(sales)
def test_a_deal_paid_alone_never_beats_the_month_without_expenses(deals: list[Sale]) -> None:
    """Both columns of the table hold the same rows, so per_deal ≤ monthly when nothing is deducted."""
    undiscounted = [Sale(each.deal, each.amount, each.amount, each.amount) for each in deals]
    monthly = month_commission(undiscounted, Deductions(), LADDER, RULES)
    per_deal = month_commission(undiscounted, Deductions(), LADDER, RULES.model_copy(update={"basis": "per_deal"}))
    assert per_deal.exact <= monthly.exact


@given(st.lists(st.fractions(min_value=0, max_value=10**9, max_denominator=10**6), min_size=1, max_size=20))
def test_apportioned_fen_sum_to_the_rounded_total_and_miss_no_part_by_a_fen(parts: list[Fraction]) -> None:
    total = round_fen(sum(parts, Fraction(0)))
    shown = apportion(parts, total)
    assert sum(shown) == total
    assert all(abs(fen - part) < 1 or fen == round_fen(part) for fen, part in zip(shown, parts, strict=True))


@given(st.fractions(min_value=-(10**6), max_value=10**6))
def test_rounding_goes_to_the_nearest_fen_and_is_symmetric(exact: Fraction) -> None:
    assert abs(round_fen(exact) - exact) <= Fraction(1, 2)
    assert round_fen(-exact) == -round_fen(exact)


@given(st.integers(0, 1_000_000))
def test_every_score_has_exactly_one_grade(score: int) -> None:
    rules = pack().rules.grades
    assert rules is not None
    for cuts in (rules.g2.cuts, rules.g3.cuts, rules.g4.cuts):
        [grade] = cut(np.array([score]), cuts)
        lows = [*[whole(each) for each in cuts.from_scores], -1]
        assert grade == next(each for each, low in zip(cuts.grades, lows, strict=True) if score >= low)


def random_book(seed: int) -> Book:
    rng = random.Random(seed)
    deals = [
        deal(
            f"D{at}", str(rng.randrange(100, 4000) * 10), listed=str(rng.randrange(1000, 5000) * 10),
            on=f"2026-10-{rng.randrange(1, 29):02}", seller_id=rng.choice(["S001", "S002"]),
        )
        for at in range(12)
    ]  # fmt: skip
    people = [person(), person("S002", employment="兼职")]
    return book(*deals, people=people, quotas=[quota("40000")])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seed: int, shuffler: random.Random) -> None:
    of = random_book(seed)
    mixed = {table: shuffler.sample(rows, len(rows)) for table, rows in of.items()}
    straight, shuffled = asked(of), asked(mixed)
    for report in (commissions, commission_lines):
        one, two = report(straight), report(shuffled)
        assert [(each.key, each.values) for each in one.lines] == [(each.key, each.values) for each in two.lines]
        assert (one.totals, one.findings) == (two.totals, two.findings)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_recomputing_gives_the_same_statement_and_its_lines_sum_to_what_is_paid(seed: int) -> None:
    of = random_book(seed)
    request = asked(of)
    once, again = commissions(request), commissions(request)
    assert list(once.lines) == list(again.lines)
    lines = commission_lines(request)
    for staff_id in ("S001", "S002"):
        own = [each.values["commission"] for each in lines.lines if each.values["staff_id"] == staff_id]
        total = sum((amount for amount in own if isinstance(amount, Decimal)), money("0"))
        assert total == line(once, staff_id).values["payable"]


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_grade(shuffler: random.Random) -> None:
    rng = random.Random(5)
    of: Book = {
        "customer_info": [
            {"record_id": f"c{at}", "customer_id": f"C{at}", "customer_name": f"客户{at}", "industry": "贸易"}
            for at in range(6)
        ],
        "customer_grading": [
            {
                "record_id": f"g{at}{month}", "customer_id": f"C{at}", "review_month": f"2026-0{month}", "grade": "B",
                "match_score": str(rng.randrange(1, 6)), "budget_score": "4", "decision_score": "4",
                "potential_score": "4", "chain_clear": "是", "budget_ok": "是", "need_clear": "是",
            }
            for at in range(6)
            for month in (7, 8)
        ],
        "deal": [deal(f"D{at}", "30000", on="2026-06-10", customer_id=f"C{at % 4}") for at in range(8)],
    }  # fmt: skip
    request = asked(of, "2026-08")
    mixed = {table: shuffler.sample(rows, len(rows)) for table, rows in of.items()}
    other = type(request)(frames(mixed), request.pack, request.as_of, request.calendar)
    assert [(each.key, each.values) for each in grades(request).lines] == [
        (each.key, each.values) for each in grades(other).lines
    ]


def test_a_tier_may_start_where_the_one_before_ends() -> None:
    rows = ({"id": "1", "from": "0", "to": "100", "rate": "0.1"}, {"id": "2", "from": "100", "rate": "0.2"})
    ladder = Ladder.of([Tier.model_validate(row) for row in rows], RULES)
    ids = [found.tier.id for amount in (9_999, 10_000, 10_001) if (found := ladder.find(amount))]
    assert ids == ["1", "2", "2"]
