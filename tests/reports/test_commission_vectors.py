"""The commission vectors of the domain specification (§4.6, §4.10), expectations copied from the document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from reports.awards import DAILY, MONTHLY, WEEKLY, awards_of
from reports.commissions.arithmetic import Split
from reports.commissions.month import month_book
from reports.commissions.people import month_number, people_of, quotas_of
from reports.commissions.report import commission_lines, commissions, terms_of
from tests.reports.books import (
    SERVICE,
    Book,
    asked,
    book,
    claim,
    close,
    codes,
    deal,
    frames,
    line,
    money,
    pack,
    person,
    quota,
    refund,
)


def commission(of: Book, month: str = "2026-10", staff_id: str = "S001", **options: str) -> object:
    return line(commissions(asked(of, month, **options)), staff_id).values["commission"]


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        pytest.param("0.01", "0.00", id="CM-02"),
        pytest.param("9999.99", "500.00", id="CM-03"),
        pytest.param("10000.00", "550.00", id="CM-04"),
        pytest.param("10000.01", "550.00", id="CM-05"),
        pytest.param("19990.00", "1099.45", id="CM-06"),
        pytest.param("19995.00", "1099.73", id="CM-07"),
        pytest.param("19999.99", "1100.00", id="CM-09 below the step"),
        pytest.param("20000.00", "1200.00", id="CM-09 on the step"),
        pytest.param("49995.00", "2999.70", id="CM-10"),
        pytest.param("50000.00", "3250.00", id="CM-11"),
        pytest.param("99990.00", "6499.35", id="CM-12 below the step"),
        pytest.param("100000.00", "7000.00", id="CM-12 on the step"),
        pytest.param("499999.99", "40000.00", id="CM-14 below the step"),
        pytest.param("500000.00", "45000.00", id="CM-14 on the step"),
        pytest.param("1000000.00", "90000.00", id="CM-15 at the table's end"),
        pytest.param("1500000.00", "135000.00", id="CM-15 above the table"),
    ],
)
def test_full_time_commission_is_the_month_net_times_the_rate_of_its_tier(net: str, expected: str) -> None:
    assert commission(book(deal("A", net))) == money(expected)


@pytest.mark.parametrize(
    ("deals", "expense"),
    [pytest.param([], None, id="CM-01 net 0"), pytest.param([], "500", id="CM-01 net -500")],
)
def test_no_net_pays_nothing(deals: list[dict[str, str]], expense: str | None) -> None:
    assert commission(book(*deals, claims=[claim(expense)] if expense else [])) == money("0.00")


@pytest.mark.parametrize(
    ("net", "options", "expected"),
    [
        pytest.param("10000", {"commission__exact_10000": "lower"}, "500.00", id="CM-04 lower"),
        pytest.param("10000", {"commission__method": "marginal"}, "500.00", id="CM-04 marginal"),
        pytest.param("19995", {"commission__gap": "upper"}, "1199.70", id="CM-07 upper"),
        pytest.param("19995", {"commission__gap": "round3"}, "1199.70", id="CM-07 round3"),
        pytest.param("49995", {"commission__gap": "upper"}, "3249.68", id="CM-10 upper"),
        pytest.param("1500000", {"commission__above_table": "cap"}, "90000.00", id="CM-15 cap"),
    ],
)
def test_options_move_amounts_the_printed_table_leaves_open(net: str, options: dict[str, str], expected: str) -> None:
    assert commission(book(deal("A", net)), **options) == money(expected)


def test_above_the_table_is_flagged_and_manual_withholds_the_figure() -> None:
    """CM-15."""
    of = book(deal("A", "1500000"))
    assert line(commissions(asked(of))).values["flags"] == ["above_table"]
    manual = commissions(asked(of, commission__above_table="manual"))
    assert line(manual).values["payable"] is None
    assert "E335" in codes(manual)


THREE = (deal("A", "8000"), deal("B", "15000"), deal("C", "32000"))


@pytest.mark.parametrize(
    ("of", "options", "expected"),
    [
        pytest.param(book(*THREE), {}, "3575.00", id="CM-17"),
        pytest.param(book(*THREE), {"commission__basis": "per_deal"}, "3145.00", id="CM-18"),
        pytest.param(book(*THREE), {"commission__basis": "better_of"}, "3575.00", id="CM-19"),
        pytest.param(book(deal("A", "100000"), claims=[claim("5000")]), {}, "6175.00", id="CM-20"),
        pytest.param(
            book(deal("A", "100000"), claims=[claim("5000")]), {"commission__basis": "per_deal"}, "6650.00", id="CM-21"
        ),
        pytest.param(book(deal("A", "3000"), claims=[claim("5000")]), {}, "0.00", id="CM-23"),
        pytest.param(book(deal("A", "30000"), deal("B", "5000", sku=SERVICE)), {}, "1800.00", id="CM-29"),
    ],
)
def test_the_base_decides_what_counts(of: Book, options: dict[str, str], expected: str) -> None:
    result = line(commissions(asked(of, **options))).values
    assert result["commission"] == money(expected)
    assert result["carried"] == money("0.00")


@pytest.mark.parametrize(
    ("amount", "listed", "method", "expected"),
    [
        pytest.param("80000", "100000", "ratio", "4622.22", id="CM-24"),
        pytest.param("80000", "100000", "points", "4680.00", id="CM-24 points"),
        pytest.param("80000", "100000", "discount_itself", "4160.00", id="CM-24 discount_itself"),
        pytest.param("80000", "100000", "forfeit", "0.00", id="CM-24 forfeit"),
        pytest.param("90000", "100000", "ratio", "5850.00", id="CM-25 at the floor"),
        pytest.param("95000", "100000", "ratio", "6175.00", id="CM-25 no uplift"),
        pytest.param("45000", "60000", "ratio", "2250.00", id="CM-27"),
    ],
)
def test_below_ninety_percent_of_the_list_price_the_rate_falls(
    amount: str, listed: str, method: str, expected: str
) -> None:
    of = book(deal("A", amount, listed=listed))
    assert commission(of, commission__floor__method=method) == money(expected)


def worked_month() -> Book:
    """§4.6: one deal in each of three weeks would make three champions, so B and C fall in the week of A's prize."""
    return book(
        deal("A", "12000", on="2026-10-13"),
        deal("B", "8500", on="2026-10-14", listed="10000"),
        deal("C", "30000", on="2026-10-15", listed="40000"),
        claims=[claim("1500")],
        quotas=[quota("40000")],
    )


def test_cm_28_the_worked_statement_adds_up_line_by_line() -> None:
    """CM-28 and §4.6."""
    of = worked_month()
    total = line(commissions(asked(of))).values
    assert (total["gross"], total["expenses"], total["net"]) == (money("50500"), money("1500"), money("49000"))
    assert (total["tier"], total["rate"]) == ("3级", Decimal("0.06"))
    assert total["commission"] == money("2621.42")
    assert total["awards"] == money("500.00")
    assert total["payable"] == money("3121.42")
    assert total["settle_on"] == date(2026, 11, 13)
    lines = {each.values["name"]: each.values["commission"] for each in commission_lines(asked(of)).lines}
    assert (lines["A"], lines["B"], lines["C"]) == (money("698.61"), money("467.36"), money("1455.45"))
    assert (lines["2026-W42"], lines["2026-10"]) == (money("200"), money("300"))


def test_the_worked_statement_explains_the_effect_of_the_floor() -> None:
    """§4.6: without floor 2,940.00; floor effect −318.58."""
    statement = commissions(asked(worked_month()))
    steps = {step.code: step.params for step in statement.explain(line(statement))}
    assert steps["commission.floor"] == {"without": money("2940.00"), "effect": money("-318.58")}
    assert str(steps["commission.rounded"]["exact"]).startswith("2621.41914")


@pytest.mark.parametrize(
    ("recognition", "october", "november"),
    [pytest.param("paid", "0.00", "1800.00", id="CM-30"), pytest.param("signed", "1800.00", "0.00", id="CM-30 signed")],
)
def test_a_sale_counts_in_the_month_it_is_recognised(recognition: str, october: str, november: str) -> None:
    of = book(deal("A", "30000", on="2026-10-31", paid_on="2026-11-02"))
    assert commission(of, "2026-10", commission__recognition=recognition) == money(october)
    assert commission(of, "2026-11", commission__recognition=recognition) == money(november)


PART_TIMER = [person(employment="兼职")]


@pytest.mark.parametrize(
    ("amounts", "grams", "paid", "options"),
    [
        pytest.param(["100"], "1", "0.00", {}, id="CM-31 100"),
        pytest.param(["4999.99"], "1", "0.00", {}, id="CM-31 4,999.99"),
        pytest.param(["5000"], "2", "0.00", {}, id="CM-32 5,000"),
        pytest.param(["9999"], "2", "0.00", {}, id="CM-32 9,999"),
        pytest.param(["10000"], "0", "550.00", {}, id="CM-34"),
        pytest.param(["10000"], "0", "500.00", {"commission__exact_10000": "lower"}, id="CM-34 lower"),
        pytest.param(["60000"], "0", "3900.00", {}, id="CM-35 60,000"),
        pytest.param(["123456.78"], "0", "8641.97", {}, id="CM-35 123,456.78"),
        pytest.param(["1200000"], "0", "108000.00", {}, id="CM-35 1,200,000"),
        pytest.param(["1500", "1500", "1500"], "1", "0.00", {}, id="CM-36"),
        pytest.param(["1500", "1500", "1500"], "3", "0.00", {"commission__pt_basis": "per_deal"}, id="CM-36 per_deal"),
    ],
)
def test_part_timers_earn_gold_for_small_months_and_a_rate_for_larger(
    amounts: list[str], grams: str, paid: str, options: dict[str, str]
) -> None:
    of = book(*(deal(str(at), amount) for at, amount in enumerate(amounts)), people=PART_TIMER)
    values = line(commissions(asked(of, **options))).values
    assert (values["gold_grams"], values["commission"]) == (Decimal(grams), money(paid))


def test_part_time_above_the_table_is_flagged() -> None:
    """CM-35."""
    statement = commissions(asked(book(deal("A", "1200000"), people=PART_TIMER)))
    assert line(statement).values["flags"] == ["above_table"]


@pytest.mark.parametrize(
    ("amount", "warned"), [pytest.param("100", True, id="CM-31"), pytest.param("4999.99", False, id="CM-31 larger")]
)
def test_gold_worth_more_than_a_fifth_of_the_sale_is_warned_about(amount: str, warned: bool) -> None:
    statement = commissions(asked(book(deal("A", amount), people=PART_TIMER), commission__gold_price="800"))
    assert ("gold_guard" in line(statement).values["flags"]) is warned


def test_cm_37_a_part_timers_refunded_sale_earns_no_gold() -> None:
    of = book(deal("A", "3000"), refund("R", "A", "3000", "2026-10-20"), people=PART_TIMER)
    values = line(commissions(asked(of))).values
    assert (values["gold_grams"], values["commission"], values["net"]) == (0, money("0.00"), money("0.00"))


def january() -> Book:
    return book(deal("A", "22000", on="2026-01-10"), deal("B", "30000", on="2026-01-20"))


def test_cm_38_a_refund_after_closing_is_reversed_at_the_closed_months_rate_and_carried() -> None:
    of = january()
    close(of, "2026-01", as_of=date(2026, 2, 10))
    assert line(commissions(asked(of, "2026-01"))).values["commission"] == money("3380.00")
    of["deal"] += [refund("R", "A", "22000", "2026-03-05"), deal("C", "15000", on="2026-03-10")]
    march = line(commissions(asked(of, "2026-03"))).values
    assert (march["commission"], march["adjustments"]) == (money("825.00"), money("-1430.00"))
    assert (march["payable"], march["carried"]) == (money("0.00"), money("-605.00"))
    assert line(commissions(asked(of, "2026-01"))).values["commission"] == money("3380.00")


def test_what_is_carried_comes_off_the_next_month() -> None:
    """CM-38, the month after: 30,000 × 6% less the 605.00 carried."""
    of = january()
    close(of, "2026-01", as_of=date(2026, 2, 10))
    of["deal"] += [refund("R", "A", "22000", "2026-03-05"), deal("C", "15000", on="2026-03-10")]
    of["deal"].append(deal("D", "30000", on="2026-04-08"))
    april = line(commissions(asked(of, "2026-04"))).values
    assert (april["brought_forward"], april["payable"]) == (money("-605.00"), money("1195.00"))


def test_cm_40_a_refund_netted_in_its_own_month_leaves_nothing_to_carry() -> None:
    of = january()
    close(of, "2026-01", as_of=date(2026, 2, 10))
    of["deal"] += [refund("R", "A", "22000", "2026-03-05"), deal("C", "15000", on="2026-03-10")]
    options = {"commission__refund_after_close": "net_in_refund_month"}
    march = line(commissions(asked(of, "2026-03", **options))).values
    assert (march["net"], march["commission"], march["carried"]) == (money("-7000"), money("0"), money("0"))


def test_cm_41_a_refund_before_closing_is_netted_in_the_month_of_the_sale() -> None:
    of = january()
    of["deal"].append(refund("R", "A", "22000", "2026-02-05"))
    assert commission(of, "2026-01") == money("1800.00")


def referred(**more: str) -> Book:
    return book(
        deal("OWN", "45000"),
        deal("REF", "60000", referrer_id="S002", **more),
        people=[person(), person("S002", employment="人脉")],
    )


def test_cm_42_a_single_sellers_referred_deal_is_wholly_the_sellers() -> None:
    of = referred()
    assert (commission(of), commission(of, staff_id="S002")) == (money("7350.00"), money("0.00"))


def test_cm_44_a_share_of_commission_comes_out_of_the_sellers_pool() -> None:
    of = referred(attribution="按比例", referrer_share="0.3", agreement="a1 协议.pdf")
    options = {"commission__referral__mode": "ratio_on_commission"}
    assert commission(of, **options) == money("6090.00")
    assert commission(of, staff_id="S002", **options) == money("1260.00")


def test_cm_47_shares_of_a_deal_must_make_the_whole() -> None:
    with pytest.raises(ValueError, match="sum to 100 %"):
        Split(Fraction(70, 100), Fraction(40, 100))


def test_cm_48_a_foreign_deal_is_refused_without_a_rate_and_converted_with_one() -> None:
    of = book(deal("A", "10000", currency="HKD"))
    refused = commissions(asked(of))
    assert line(refused).values["payable"] is None
    assert "E312" in codes(refused)
    options = {"commission__currency": "convert", "commission__fx__HKD": "0.92"}
    values = line(commissions(asked(of, **options))).values
    assert (values["gross"], values["commission"]) == (money("9200.00"), money("460.00"))


@pytest.mark.parametrize(
    ("full", "state", "effective"),
    [
        pytest.param("33333", "试用", "16666.50", id="CM-49 probation"),
        pytest.param("40000", "降级试用", "28000.00", id="CM-49 demoted"),
    ],
)
def test_the_state_decides_how_much_of_the_quota_is_asked(full: str, state: str, effective: str) -> None:
    tables = frames(book(people=[person(state=state)], quotas=[quota(full)]))
    month = month_number("2026-10")
    found = quotas_of(tables, people_of(tables), terms_of(pack()).rules, month, month)
    assert found["S001", month].effective == money(effective) * 100


def prizes(of: Book, kind: str) -> dict[str, int]:
    tables = frames(of)
    made = month_book(tables, terms_of(pack()), month_number("2026-10"), date(2026, 11, 30))
    return {award.staff_id: award.amount for award in awards_of(tables, made).awards if award.kind == kind}


@pytest.mark.parametrize(
    ("amount", "state", "prize"),
    [
        pytest.param("10000.00", "正式", {}, id="CM-50 exactly a quarter"),
        pytest.param("10000.01", "正式", {"S001": 20000}, id="CM-50 above a quarter"),
        pytest.param("5000.01", "试用", {"S001": 20000}, id="CM-51"),
    ],
)
def test_a_weekly_champion_exceeds_a_quarter_of_the_quota(amount: str, state: str, prize: dict[str, int]) -> None:
    of = book(deal("A", amount), people=[person(state=state)], quotas=[quota("40000")])
    assert prizes(of, WEEKLY) == prize


def test_cm_52_champions_level_with_each_other_each_get_the_prize() -> None:
    of = book(
        deal("A", "12000"),
        deal("B", "12000", seller_id="S002"),
        people=[person(), person("S002")],
        quotas=[quota("40000"), quota("40000", person="S002")],
    )
    assert prizes(of, WEEKLY) == {"S001": 20000, "S002": 20000}


@pytest.mark.parametrize(
    ("amount", "prize"),
    [pytest.param("40000", {}, id="CM-54 exactly"), pytest.param("40000.01", {"S001": 30000}, id="CM-54 above")],
)
def test_a_monthly_champion_exceeds_the_quota(amount: str, prize: dict[str, int]) -> None:
    assert prizes(book(deal("A", amount), quotas=[quota("40000")]), MONTHLY) == prize


def test_cm_55_a_daily_prize_above_fifty_is_refused() -> None:
    notice = {
        "record_id": "n1", "award_kind": "日业绩高峰", "period": "2026-10-17", "staff_id": "S001", "amount": "60",
        "target": "20000",
    }  # fmt: skip
    of = book(deal("A", "30000"), award_notice=[notice])
    assert prizes(of, DAILY) == {}
    assert "E343" in codes(commissions(asked(of)))
    assert prizes(book(deal("A", "30000"), award_notice=[notice | {"amount": "50"}]), DAILY) == {"S001": 5000}


@pytest.mark.parametrize(
    ("offset", "day"),
    [pytest.param("2", date(2026, 12, 15), id="CM-59"), pytest.param("1", date(2026, 11, 13), id="CM-59 offset 1")],
)
def test_pay_day_is_the_fifteenth_or_the_workday_before(offset: str, day: date) -> None:
    statement = commissions(asked(book(deal("A", "30000")), commission__settle_offset=offset))
    assert line(statement).values["settle_on"] == day


def test_cm_61_a_managers_commission_is_pending_until_a_rate_is_decided() -> None:
    of = book(deal("A", "30000"), people=[person(role="大客户经理")])
    values = line(commissions(asked(of))).values
    assert (values["status"], values["commission"], values["payable"]) == ("pending", None, None)
    assert commission(of, commission__manager_rate="0.02") == money("600.00")
