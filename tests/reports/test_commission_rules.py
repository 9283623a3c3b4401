"""Options, bad input and unusual situations of commissions, beyond the specification's vectors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from benchmarks.commissions import naive_commissions, naive_grades, records, request_of, shipped_pack
from reports.commissions.arithmetic import Deductions, Sale, month_commission
from reports.commissions.ladder import Ladder
from reports.commissions.report import commission_lines, commissions
from reports.grades.report import grades
from reports.statement import source_of
from schemas.commission_rules import CommissionPlan, CommissionRules, Tier
from tests.reports.books import (
    SERVICE,
    asked,
    book,
    claim,
    close,
    codes,
    deal,
    line,
    money,
    pack,
    person,
    quota,
    refund,
)


def tiers(*rows: dict[str, object]) -> tuple[Tier, ...]:
    return tuple(Tier.model_validate(row) for row in rows)


def plan(*rows: dict[str, object]) -> dict[str, object]:
    label = {"zh": "表", "en": "table"}
    return {"label": label, "applies": ["全职"], "effective_from": "2026-01-01", "tiers": list(rows)}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"id": "1", "from": "100", "rate": "0.1"}], "tiers_begin"),
        ([{"id": "1", "from": "0", "rate": "0.1"}, {"id": "2", "from": "0", "rate": "0.2"}], "tiers_rise"),
        (
            [{"id": "1", "from": "0", "to": "9999.99", "rate": "0.1"}, {"id": "2", "from": "10000", "rate": "0.2"}],
            "tiers_gap",
        ),
        (
            [{"id": "1", "from": "0", "to": "20000", "rate": "0.1"}, {"id": "2", "from": "10000", "rate": "0.2"}],
            "tiers_overlap",
        ),
    ],
    ids=["late start", "not rising", "gap", "overlap"],
)
def test_a_tier_table_that_does_not_cover_every_amount_once_has_a_flaw(
    rows: list[dict[str, object]], told: str
) -> None:
    flaw = CommissionPlan.model_validate(plan(*rows)).flaw
    assert flaw is not None
    assert flaw.code == told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"id": "1", "from": "5", "to": "1", "rate": "0.1"}], "tier_end"),
        ([{"id": "1", "from": "0", "rate": 0.1}], "exact"),
        ([{"id": "1", "from": "0"}], "tier_pays"),
    ],
    ids=["PT-08 section from 5 to 1", "float", "pays nothing"],
)
def test_a_tier_that_contradicts_itself_is_refused(rows: list[dict[str, object]], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        CommissionPlan.model_validate(plan(*rows))


def flat(rate: str) -> Ladder:
    return Ladder.of(tiers({"id": "1", "from": "0", "from_inclusive": False, "rate": rate}), CommissionRules())


def test_pt_09_credit_notes_take_commission_away() -> None:
    """PT-09: invoices 1,000, credit notes 200, 4% → 32."""
    sales = [Sale("invoices", 80_000, 100_000, 100_000)]
    assert month_commission(sales, Deductions(), flat("0.04"), CommissionRules()).fen == 3_200


def test_a_section_pays_its_rate_on_the_amount_in_it() -> None:
    """PT-08: section 15,000–16,000 at 20% with 15,100 → 3,020."""
    table = tiers(
        {"id": "none", "from": "0", "rate": "0"},
        {"id": "section", "from": "15000", "to": "16000", "rate": "0.2"},
        {"id": "beyond", "from": "16000", "rate": "0"},
    )
    rules = CommissionRules()
    assert (
        month_commission([Sale("A", 1_510_000, 1_510_000, 1_510_000)], Deductions(), Ladder.of(table, rules), rules).fen
        == 302_000
    )


def test_pt_10_a_hundred_at_a_tenth_is_ten() -> None:
    """PT-10: 100 × 0.1 → 10."""
    sales = [Sale("A", 10_000, 10_000, 10_000)]
    assert month_commission(sales, Deductions(), flat("0.1"), CommissionRules()).fen == 1_000


def test_deals_of_two_currencies_never_stand_in_one_settlement() -> None:
    """PT-08, in our terms: the second currency withholds the figure until it is converted."""
    of = book(deal("A", "30000"), deal("B", "1000", currency="USD"))
    assert close(of, "2026-10").drafts == ()


def test_a_month_settles_all_deals_of_its_days_together() -> None:
    """PT-08, in our terms: settlements are monthly, so the 1st, the 16th and the 31st stand in one."""
    of = book(*(deal(f"D{day}", "5000", on=f"2026-10-{day:02}") for day in (1, 16, 31)))
    [draft] = close(of, "2026-10").drafts
    assert [each["text"] for each in draft.lines if each["kind"] == "成交"] == ["D1", "D16", "D31"]


BAD = [
    ("E334", "list_amount", deal("X", "9000", listed="") | {"list_amount": ""}),
    ("E311", "amount", deal("X", "9000") | {"amount": ""}),
    ("E312", "currency", deal("X", "9000", currency="HKD")),
    ("E313", "sku", deal("X", "9000", sku="没有的货号")),
    ("E314", "amount", deal("X", "-9000", listed="9000")),
    ("E315", "orig_deal", refund("X", "不存在", "9000", "2026-10-12")),
    ("E316", "kind", deal("X", "9000", kind="赠送")),
    ("E317", "referrer_id", deal("X", "9000", referrer_id="S999", attribution="人脉")),
    ("E318", "attribution", deal("X", "9000", referrer_id="S002", attribution="按比例", referrer_share="0.3")),
]


@pytest.mark.parametrize(("code", "field", "row"), BAD, ids=[each[0] for each in BAD])
def test_a_bad_deal_withholds_its_sellers_figure_and_nobody_elses(code: str, field: str, row: dict[str, str]) -> None:
    people = [person(), person("S002")]
    of = book(row, deal("A", "30000"), deal("B", "20000", seller_id="S002"), people=people)
    statement = commissions(asked(of))
    mine = line(statement).values
    assert (mine["status"], mine["commission"], mine["payable"]) == ("withheld", None, None)
    [finding] = [each for each in statement.findings if each.code == code]
    source = source_of(finding)
    assert source is not None
    assert (source.table, source.record_id, finding.params["field"]) == ("deal", "deal-X", field)
    if code != "E318":
        assert line(statement, "S002").values["commission"] == money("1200.00")


def test_a_deal_without_a_kind_is_a_sale_as_the_form_proposes() -> None:
    statement = commissions(asked(book(deal("A", "30000", kind=""))))
    assert line(statement).values["commission"] == money("1800.00")


def test_a_negative_amount_without_a_kind_may_be_a_return_or_a_refund_and_is_not_guessed() -> None:
    statement = commissions(asked(book(deal("A", "30000"), deal("X", "-9000", kind=""))))
    assert "E314" in codes(statement)
    assert line(statement).values["commission"] is None


def test_a_seller_who_is_not_in_the_register_is_reported_and_everybody_else_paid() -> None:
    statement = commissions(asked(book(deal("X", "9000", seller_id="S999"), deal("A", "30000"))))
    assert "E310" in codes(statement)
    assert line(statement).values["commission"] == money("1800.00")


def test_text_in_the_amount_of_an_expense_withholds_the_month() -> None:
    statement = commissions(asked(book(deal("A", "30000"), claims=[claim("一千五")])))
    assert "E323" in codes(statement)
    assert line(statement).values["payable"] is None


def test_an_unconfirmed_import_withholds_the_month_until_it_is_confirmed() -> None:
    statement = commissions(asked(book(deal("A", "30000"), deal("X", "9000", status="待确认"))))
    assert "E321" in codes(statement)
    assert (line(statement).values["gross"], line(statement).values["commission"]) == (None, None)


def test_a_month_before_the_plan_begins_has_no_figure() -> None:
    statement = commissions(asked(book(deal("A", "30000", on="2025-12-10")), "2025-12"))
    assert "E333" in codes(statement)
    assert line(statement).values["payable"] is None


def test_somebody_not_yet_employed_has_no_figure() -> None:
    statement = commissions(
        asked(
            book(
                deal("A", "30000"),
                people=[person()],
                staff__states=[
                    {
                        "record_id": "staff-S001",
                        "line_no": "1",
                        "from_on": "2026-11-01",
                        "staff_state": "正式",
                        "role": "销售顾问",
                    }
                ],
            )
        )
    )
    assert "E330" in codes(statement)


def test_a_pack_without_a_plan_pays_nothing_and_says_so() -> None:
    request = asked(book(deal("A", "30000")))
    other = type(request)(request.frames, pack("visit_only"), request.as_of, request.calendar, request.month)
    statement = commissions(other)
    assert line(statement).values["payable"] is None
    assert "E332" in codes(statement)


def test_without_any_table_of_deals_there_is_a_statement_without_figures() -> None:
    request = asked(book())
    bare = {name: frame for name, frame in request.frames.items() if name == "staff"}
    statement = commissions(type(request)(bare, pack(), request.as_of, request.calendar, request.month))
    assert line(statement).values["commission"] == money("0.00")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "1800.00"),
        ({"commission__missing_product": "exclude"}, "0.00"),
        ({"commission__missing_product": "withhold"}, None),
    ],
    ids=["counted", "excluded", "withheld"],
)
def test_a_deal_without_a_product_is_treated_as_the_rules_say(options: dict[str, str], expected: str | None) -> None:
    statement = commissions(asked(book(deal("A", "30000", sku="")), **options))
    assert line(statement).values["commission"] == (None if expected is None else money(expected))


def test_a_missing_list_price_may_count_as_undiscounted() -> None:
    of = book(deal("A", "30000") | {"list_amount": ""})
    values = line(commissions(asked(of, commission__floor__missing_list="factor_1"))).values
    assert values["commission"] == money("1800.00")


def test_expenses_of_a_customer_may_fall_on_that_customers_deals_first() -> None:
    """20,000 (undiscounted) and 20,000 at 7.2折 with 10,000 spent on the second customer: net 30,000 × 6%.

    Pro rata: 15,000 × 6% + 15,000 × 6% × 0.8 = 1,620; direct: 20,000 × 6% + 10,000 × 6% × 0.8 = 1,680.
    """
    of = book(
        deal("A", "20000"),
        deal("B", "20000", listed="27777.78", customer_id="C0002"),
        claims=[claim("10000", link_kind="拜访", visit_id="v1")],
        visit_record=[{"record_id": "v1", "customer_id": "C0002", "visited_at": "2026-10-02 10:00:00"}],
    )
    assert line(commissions(asked(of))).values["commission"] == money("1620.00")
    direct = commissions(asked(of, commission__expense_allocation="direct_first"))
    assert line(direct).values["commission"] == money("1680.00")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"commission__tax": "excl", "commission__tax_rate": "0.13"}, "1592.92"),
        ({"commission__probation_commission": "pay_too"}, "900.00"),
    ],
    ids=["without VAT", "probation pays half"],
)
def test_options_change_the_figure_as_documented(options: dict[str, str], expected: str) -> None:
    state = "试用" if "commission__probation_commission" in options else "正式"
    of = book(deal("A", "30000"), people=[person(state=state)])
    assert line(commissions(asked(of, **options))).values["commission"] == money(expected)


@pytest.mark.parametrize(("mode", "expected"), [("HALF_UP", "0.01"), ("HALF_EVEN", "0.00")])
def test_half_a_fen_is_rounded_as_the_rules_say(mode: str, expected: str) -> None:
    """0.10 × 5% = 0.005."""
    of = book(deal("A", "0.10"))
    assert line(commissions(asked(of, commission__rounding__mode=mode))).values["commission"] == money(expected)


def test_each_line_may_be_rounded_instead_of_the_month() -> None:
    """Three times 0.10 × 5%: 0.015 rounds to 0.02, each line alone to 0.01."""
    of = book(deal("A", "0.10"), deal("B", "0.10"), deal("C", "0.10"))
    assert line(commissions(asked(of))).values["commission"] == money("0.02")
    by_line = commissions(asked(of, commission__rounding__scope="line"))
    assert line(by_line).values["commission"] == money("0.03")


@pytest.mark.parametrize(("option", "expected"), [("zero", "1800.00"), ("carry_negative", "1680.00")])
def test_a_month_below_zero_may_reduce_the_next(option: str, expected: str) -> None:
    """September −2,000; October 30,000 × 6%, or 28,000 × 6%."""
    of = book(deal("A", "3000", on="2026-09-10"), deal("B", "30000"), claims=[claim("5000", month="2026-09")])
    october = line(commissions(asked(of, commission__zero_negative_net=option))).values
    assert october["commission"] == money(expected)


def test_single_referrer_moves_the_sale_but_leaves_the_sellers_quota() -> None:
    """45,000 × 6% for the seller, 60,000 × 6.5% for the referrer; the quota counts both."""
    of = book(
        deal("OWN", "45000"),
        deal("REF", "60000", referrer_id="S002", attribution="人脉"),
        people=[person(), person("S002", employment="人脉")],
        quotas=[quota("100000")],
    )
    statement = commissions(asked(of))
    assert line(statement).values["commission"] == money("2700.00")
    assert line(statement, "S002").values["commission"] == money("3900.00")
    assert line(statement).values["attained"] == Decimal("1.0500")


def test_shares_of_sales_enter_each_partys_own_base() -> None:
    """45,000 + 42,000 = 87,000 × 6.5% = 5,655; 18,000 × 5.5% = 990."""
    of = book(
        deal("OWN", "45000"),
        deal("REF", "60000", referrer_id="S002", attribution="按比例", referrer_share="0.3", agreement="a 协议.pdf"),
        people=[person(), person("S002", employment="人脉")],
    )
    statement = commissions(asked(of, commission__referral__mode="ratio_on_sales"))
    assert line(statement).values["commission"] == money("5655.00")
    assert line(statement, "S002").values["commission"] == money("990.00")


def test_excluded_deals_are_listed_with_their_reason() -> None:
    of = book(deal("A", "30000"), deal("V", "5000", sku=SERVICE), deal("U", "5000", paid_on=""))
    excluded = {
        each.values["name"]: each.values["reason"]
        for each in commission_lines(asked(of)).lines
        if each.values["kind"] == "excluded"
    }
    assert excluded == {"V": "not_commissionable", "U": "not_paid"}


def test_the_same_records_under_two_packs_differ_only_where_the_packs_differ() -> None:
    """CM-04: 550.00 under the shipped pack, 500.00 under one that gives 10,000 to the lower row."""
    of = book(deal("A", "10000"), deal("B", "30000", seller_id="S002"), people=[person(), person("S002")])
    upper, lower = commissions(asked(of)), commissions(asked(of, commission__exact_10000="lower"))
    assert (line(upper).values["commission"], line(lower).values["commission"]) == (money("550"), money("500"))
    assert line(upper, "S002").values == line(lower, "S002").values


def test_the_fast_engines_agree_with_a_naive_loop() -> None:
    rows, as_of = records(3_000, 200, 12, seed=7), date(2026, 11, 10)
    request = request_of(rows, shipped_pack(), as_of, "2026-10")
    ours = {each.values["staff_id"]: int(each.values["commission"] * 100) for each in commissions(request).lines}
    assert ours == naive_commissions(rows, "2026-10", as_of)
    graded: dict[str, dict[str, object]] = {}
    for each in grades(request).lines:
        graded.setdefault(str(each.values["customer_id"]), {})[str(each.values["scheme"])] = each.values
    naive = naive_grades(rows, as_of)
    assert {key: value["g2"]["suggested"] for key, value in graded.items()} == {key: b for key, (_, b) in naive.items()}
    matched = {"scores", "gate"}
    for key, value in graded.items():
        if value["g1"]["reason"] in matched:
            assert value["g1"]["suggested"] == naive[key][0]
