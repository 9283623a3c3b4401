"""Records that leave open what counts: nobody's figure is guessed, everybody else is paid. Figures worked out by hand.

Everywhere S001 sold 30,000 (6 %: 1,800) and S002 20,000 (1,200) in October.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from reports.commissions.report import commission_lines, commissions
from reports.statement import Statement
from schemas.labels import Labels
from tests.reports.books import (
    ROOT,
    Book,
    Row,
    asked,
    book,
    claim,
    close,
    codes,
    deal,
    line,
    money,
    person,
    refund,
)

LABELS = Labels.load(ROOT / "forms" / "locales")
OTHER = deal("G", "20000", seller_id="S002")
BOTH = (person(), person("S002"))


def sold(*deals: Row, people: tuple[Row, ...] = BOTH, **tables: list[Row]) -> Book:
    return book(*(deals or (deal("A", "30000"),)), OTHER, people=people, **tables)


def first_of(text: str) -> Row:
    """The first deal with an unreadable cell, as a workbook hands it on."""
    return deal("A", "30000") | {"unread": text}


def undated() -> Row:
    return {key: text for key, text in first_of("paid_on").items() if key != "paid_on"}


def claimed(**more: str) -> Book:
    return sold(expense_claim=[claim("1000") | more])


CASES: Mapping[str, tuple[str, str, Callable[[], Book]]] = {
    "the day of payment cannot be read": ("E325", "paid_on", lambda: sold(undated())),
    "a deal number stands twice": (
        "E326", "deal_no", lambda: sold(deal("A", "30000"), deal("A", "30000", record_id="x"))
    ),
    "refunds exceed their sale": (
        "E327", "amount", lambda: sold(deal("A", "30000"), refund("R", "A", "30000.01", "2026-10-20"))
    ),
    "a refund of a refund": (
        "E315", "orig_deal",
        lambda: sold(deal("A", "30000"), refund("R", "A", "1000", "2026-10-20"), refund("Q", "R", "10", "2026-10-21")),
    ),
    "a status nobody knows": ("E321", "status", lambda: sold(first_of("status"))),
    "an answer on deducting that cannot be read": ("E328", "deduct", lambda: claimed(unread="deduct")),
    "a claim without a month": ("E328", "month", lambda: claimed(month="")),
    "an unconfirmed claim": ("E321", "status", lambda: claimed(status="待确认")),
    "a person without a status": ("E330", "staff_state", lambda: sold(people=(person(state=""), person("S002")))),
    "a person without a role": ("E339", "role", lambda: sold(people=(person(role=""), person("S002")))),
    "a person without a kind of employment": (
        "E332", "employment", lambda: sold(people=(person(employment=""), person("S002")))
    ),
    "a staff number that stands twice": (
        "E347", "staff_id", lambda: sold(people=(person(), person() | {"record_id": "copy"}, person("S002")))
    ),
    "a product without a category": (
        "E313", "sku", lambda: sold(deal("A", "30000", sku="J02")) | {"product": [
            {"record_id": "p1", "sku": "J01", "category": "珠宝"}, {"record_id": "p2", "sku": "J02"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "field", "of"), CASES.values(), ids=list(CASES))
def test_what_leaves_a_figure_open_withholds_it_and_nobody_elses(code: str, field: str, of: Callable[[], Book]) -> None:
    statement = commissions(asked(of()))
    assert (line(statement).values["payable"], line(statement).values["withheld"]) == (None, [code])
    assert line(statement, "S002").values["commission"] == money("1200")
    found = next(each for each in statement.findings if each.code == code)
    assert (found.severity, found.params["field"]) == ("error", field)
    for language in ("zh", "en"):
        assert f"word.withheld.{code}" in LABELS.texts[language]
        assert "{" not in LABELS.finding(found, language)


def test_a_day_that_cannot_be_read_may_be_any_since_the_sale_but_none_before() -> None:
    of = sold(undated(), deal("S", "30000", on="2026-09-03"))
    figures = {month: line(commissions(asked(of, month))).values["payable"] for month in ("2026-09", "2026-11")}
    assert figures == {"2026-09": money("1800"), "2026-11": None}


def test_a_deal_not_paid_for_yet_withholds_nothing_whatever_its_amount() -> None:
    unpaid = {key: text for key, text in deal("U", "三").items() if key != "paid_on"}
    assert line(commissions(asked(sold(deal("A", "30000"), unpaid)))).values["commission"] == money("1800")


def test_a_claim_of_somebody_unknown_comes_off_nobodys_sales_and_is_named() -> None:
    statement = commissions(asked(sold(expense_claim=[claim("1000", person="S999")])))
    assert "E329" in codes(statement)
    assert line(statement).values["commission"] == money("1800")


def test_a_currency_with_a_rate_and_no_deals_changes_nothing() -> None:
    request = asked(sold(), commission__currency="convert", commission__fx__HKD="0.92")
    assert line(commissions(request)).values["commission"] == money("1800")


def test_lines_of_deals_without_numbers_are_all_there() -> None:
    nameless = [deal("", "10000", record_id="x1"), deal("", "20000", record_id="x2")]
    statement = commission_lines(asked(sold(*nameless)))
    assert [each.values["amount"] for each in statement.lines if each.values["staff_id"] == "S001"] == [
        money("10000"), money("20000"),
    ]  # fmt: skip
    assert len({each.key for each in statement.lines}) == len(statement.lines)


def test_what_an_open_withheld_month_leaves_is_not_taken_for_nothing() -> None:
    """January is closed, its deal refunded in February: what February carries into March is not known."""
    of = book(deal("A", "30000", on="2026-01-12"))
    assert close(of, "2026-01", as_of=date(2026, 2, 10)).drafts
    of["deal"] += [
        refund("R", "A", "30000", "2026-02-20"),
        deal("F", "九千", on="2026-02-21"),
        deal("M", "30000", on="2026-03-05"),
    ]
    statement = commissions(asked(of, "2026-03"))
    values = line(statement).values
    assert (values["commission"], values["payable"], values["withheld"]) == (money("1800"), None, ["E349"])
    assert "E349" in codes(statement)


def steps_of(statement: Statement) -> list[str]:
    return [step.code for step in statement.explain(line(statement))]


@pytest.mark.parametrize(
    ("options", "people", "step"),
    [
        pytest.param({}, (person(employment="兼职"), person("S002")), "commission.tier", id="part-timer above 10,000"),
        pytest.param({"commission__basis": "per_deal"}, BOTH, "commission.per_deal", id="deal by deal"),
        pytest.param({"commission__basis": "better_of"}, BOTH, "commission.better_of", id="the better of both"),
        pytest.param({"commission__method": "marginal"}, BOTH, "commission.marginal", id="slice by slice"),
        pytest.param({"commission__tax": "excl"}, BOTH, "commission.tax", id="without tax"),
        pytest.param(
            {"commission__manager_rate": "0.03"}, (person(role="大客户经理"), person("S002")), "commission.flat",
            id="a manager",
        ),
    ],
)  # fmt: skip
def test_the_steps_name_the_way_the_rate_was_found(
    options: Mapping[str, str], people: tuple[Row, ...], step: str
) -> None:
    assert step in steps_of(commissions(asked(sold(people=people), **options)))


def test_gold_is_explained_by_its_row() -> None:
    statement = commissions(asked(book(deal("A", "5000"), people=[person(employment="兼职")])))
    [step] = [each for each in statement.explain(line(statement)) if each.code == "commission.tier_gold"]
    assert (step.params["tier"], step.params["grams"]) == ("2级", 2)
