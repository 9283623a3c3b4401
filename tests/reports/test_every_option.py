"""Every alternative of every commission option (domain.md §4.4), each with a figure worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from reports.commissions.other_reports import false_sales
from reports.commissions.report import commissions
from reports.registry import Request
from reports.statement import Source, Statement, source_of
from schemas.commission_rules import CommissionRules
from schemas.rule_packs import Pack
from tests.reports.books import Book, asked, book, claim, close, deal, line, money, pack, person, quota, refund

Options = Mapping[str, object]
Figure = object
PART_TIMER = [person(employment="兼职")]
WITH_REFERRER = [person(), person("S002", employment="人脉")]
PROBATION = [person(state="试用")]


def merged(lower: dict[str, object], options: Options) -> dict[str, object]:
    """`options` by dotted name, put into the nested answers of `lower`."""
    for name, value in options.items():
        *parents, last = name.split(".")
        place = lower
        for parent in parents:
            place = place[parent]  # type: ignore[assignment]
        place[last] = value
    return lower


def ruled(options: Options) -> Pack:
    """The shipped jewellery pack with some of its commission options answered otherwise."""
    shipped = pack()
    answers = merged(shipped.rules.commission.model_dump(by_alias=True), options)
    rules = shipped.rules.model_copy(update={"commission": CommissionRules.model_validate(answers)})
    return replace(shipped, rules=rules)


def question(of: Book, month: str, options: Options) -> Request:
    return replace(asked(of, month), pack=ruled(options))


@dataclass(frozen=True)
class Case:
    """One option: what each alternative makes of the same records, with the other options `given` fixed.

    of: the records; made anew for each alternative. closed: the month settled under these rules first, and what is
    entered afterwards.
    """

    option: str
    figures: Mapping[str, Figure]
    of: Callable[[], Book]
    column: str = "commission"
    staff_id: str = "S001"
    month: str = "2026-10"
    given: Options = field(default_factory=dict)
    closed: str = ""
    later: Mapping[str, list[dict[str, str]]] = field(default_factory=dict)
    report: Callable[[Request], Statement] = commissions

    def answer(self, alternative: str) -> Figure:
        options = {**self.given, self.option: alternative}
        of = self.of()
        if self.closed:
            as_text = {f"commission__{name.replace('.', '__')}": str(value) for name, value in options.items()}
            assert close(of, self.closed, as_of=date(2026, 2, 10), **as_text).drafts
        for table, rows in self.later.items():
            of[table] = [*of.get(table, []), *rows]
        return line(self.report(question(of, self.month, options)), self.staff_id).values[self.column]


def yuan(**figures: str | None) -> dict[str, Figure]:
    return {name: None if text is None else money(text) for name, text in figures.items()}


def sale(amount: str, **more: str) -> Callable[[], Book]:
    return lambda: book(deal("A", amount, **more))


def part_time(*amounts: str, expense: str = "") -> Callable[[], Book]:
    deals = [deal(str(at), amount) for at, amount in enumerate(amounts)]
    return lambda: book(*deals, people=PART_TIMER, claims=[claim(expense)] if expense else [])


def referred() -> Book:
    shared = deal("REF", "60000", referrer_id="S002", referrer_share="0.3", agreement="a 协议.pdf")
    return book(deal("OWN", "45000"), shared, people=WITH_REFERRER, quotas=[quota("100000")])


def january() -> Book:
    return book(deal("A", "22000", on="2026-01-10"), deal("B", "30000", on="2026-01-20"))


def spent_on_second_customer() -> Book:
    """20,000 undiscounted and 20,000 at 7.2折 (factor 0.8); all 10,000 of expenses go to the second customer."""
    return book(
        deal("A", "20000"),
        deal("B", "20000", listed="27777.78", customer_id="C0002"),
        claims=[claim("10000", link_kind="拜访", visit_id="v1")],
        visit_record=[{"record_id": "v1", "customer_id": "C0002", "visited_at": "2026-10-02 10:00:00"}],
    )


def promoted_on_the_eleventh() -> Book:
    line_of = {"record_id": "staff-S001", "role": "销售顾问"}
    states = [
        line_of | {"line_no": "1", "from_on": "2026-01-01", "staff_state": "试用"},
        line_of | {"line_no": "2", "from_on": "2026-10-11", "staff_state": "正式"},
    ]
    return book(deal("A", "31000"), quotas=[quota("31000")], staff__states=states)


def false_sale(mode: str) -> dict[str, str]:
    return {
        "record_id": "x", "case_no": "XJ-1", "staff_id": "S001", "deal_nos": "B", "finding": "成立", "mode": mode,
    }  # fmt: skip


def with_false_sale() -> Book:
    return book(deal("A", "10000"), deal("B", "20000"), false_sale_case=[false_sale("仅记录")])


def half_false() -> Book:
    return book(deal("A", "10000", on="2026-01-08"), deal("B", "20000", on="2026-01-09"))


ATTAINMENT = {
    "attainment_tiers": [
        {"id": "不足八成", "from": "0", "rate": "0.03"},
        {"id": "八成", "from": "0.8", "rate": "0.05"},
        {"id": "完成", "from": "1", "rate": "0.07"},
    ]
}
FLOOR_TABLE = {"floor.table": [{"from": "0", "factor": "0.5"}, {"from": "0.8", "factor": "0.75"}]}
GOLD_AT_800 = {"gold_price": "800"}
BIG_WITH_EXPENSE = book(deal("A", "100000"), claims=[claim("5000")])
BELOW_ZERO = book(deal("A", "3000", on="2026-09-10"), deal("B", "30000"), claims=[claim("5000", month="2026-09")])
TENTHS = book(deal("A", "0.10"), deal("B", "0.10"), deal("C", "0.10"))
IN_FEBRUARY = {"deal": [refund("R", "A", "22000", "2026-02-20"), deal("C", "15000", on="2026-02-25")]}
THREE_MONTHS = {"on": "2026-09-30", "paid_on": "2026-10-02", "delivered_on": "2026-11-03"}

CASES = {
    # 95,000 × 6.5 %; the deal of 100,000 alone reaches 7 %.
    "basis": Case("basis", yuan(monthly="6175", per_deal="6650", better_of="6650"), lambda: BIG_WITH_EXPENSE),
    # 40,000 × 6 %; 40,000 of a quota of 50,000 is exactly eight tenths: 5 %.
    "tier_key": Case(
        "tier_key",
        yuan(amount="2400", attainment="2000"),
        lambda: book(deal("A", "40000"), quotas=[quota("50000")]),
        given=ATTAINMENT,
    ),
    # 10,000 × 5 % + 10,000 × 5.5 % + 30,000 × 6 % + 10,000 × 6.5 % = 500 + 550 + 1,800 + 650.
    "method": Case("method", yuan(slab="3900", marginal="3500"), sale("60000")),
    "exact_10000": Case("exact_10000", yuan(upper="550", lower="500"), sale("10000")),
    "exact_10000 part-time": Case("exact_10000", yuan(upper="550", lower="500"), part_time("10000")),
    # 19,995 rounds up to 2.000万, 19,994 down to 1.999万; the base stays exact.
    "gap": Case("gap", yuan(lower="1099.73", upper="1199.70", round3="1199.70"), sale("19995")),
    "gap below half": Case("gap", yuan(lower="1099.67", upper="1199.64", round3="1099.67"), sale("19994")),
    "above_table": Case("above_table", yuan(last_rate="108000", manual=None, cap="90000"), sale("1200000")),
    # September leaves −2,000: 30,000 × 6 %, or 28,000 × 6 %.
    "zero_negative_net": Case("zero_negative_net", yuan(zero="1800", carry_negative="1680"), lambda: BELOW_ZERO),
    # 25,000 × 6 %; 19,000 × 5.5 %.
    "pt_net": Case(
        "pt_net",
        yuan(minus_refunds="1500", minus_refunds_expenses="1045"),
        part_time("25000", expense="6000"),
    ),
    # 15,000 × 5.5 %; 12,000 × 5.5 %, and the 3,000 earn a gram.
    "pt_basis": Case("pt_basis", yuan(monthly="825", per_deal="660"), part_time("12000", "3000")),
    "pt_basis gold": Case("pt_basis", {"monthly": 0, "per_deal": 1}, part_time("12000", "3000"), column="gold_grams"),
    # A gram for a sale of 100 at 800 a gram; a fifth of 100 buys 0.025 g.
    "gold_guard": Case(
        "gold_guard",
        {"warn": 1, "none": 1, "min_amount": 1, "cap_pct": Decimal("0.02")},
        part_time("100"),
        column="gold_grams",
        given=GOLD_AT_800,
    ),
    "gold_guard says so": Case(
        "gold_guard",
        {"warn": ["gold_guard"], "none": [], "min_amount": [], "cap_pct": ["gold_capped"]},
        part_time("100"),
        column="flags",
        given=GOLD_AT_800,
    ),
    "gold_guard below the least amount": Case(
        "gold_guard",
        {"warn": 0, "none": 1, "min_amount": 0, "cap_pct": 0},
        part_time("100"),
        column="gold_grams",
        given={"gold_min_net": "200"},
    ),
    "gold_guard without a price": Case(
        "gold_guard",
        {"warn": 1, "none": 1, "min_amount": 1, "cap_pct": 1},
        part_time("100"),
        column="gold_grams",
    ),
    # 80,000 × 6.5 % = 5,200 × 0.8 ÷ 0.9; × (1 − 0.1); × 0.8; × 0; × 0.75 of the company's own table.
    "floor.method": Case(
        "floor.method",
        yuan(ratio="4622.22", points="4680", discount_itself="4160", forfeit="0", table="3900"),
        sale("80000", listed="100000"),
        given=FLOOR_TABLE,
    ),
    "floor.missing_list": Case(
        "floor.missing_list",
        yuan(reject=None, factor_1="1800"),
        lambda: book(deal("A", "30000") | {"list_amount": ""}),
    ),
    # 15,000 × 6 % + 15,000 × 6 % × 0.8; 20,000 × 6 % + 10,000 × 6 % × 0.8.
    "expense_allocation": Case(
        "expense_allocation", yuan(pro_rata="1620", direct_first="1680"), spent_on_second_customer
    ),
    "recognition in September": Case(
        "recognition", yuan(paid="0", signed="1800", delivered="0"), sale("30000", **THREE_MONTHS), month="2026-09"
    ),
    "recognition in October": Case(
        "recognition", yuan(paid="1800", signed="0", delivered="0"), sale("30000", **THREE_MONTHS)
    ),
    "recognition in November": Case(
        "recognition", yuan(paid="0", signed="0", delivered="1800"), sale("30000", **THREE_MONTHS), month="2026-11"
    ),
    # 22,000 × 6 %; without 13 % VAT 19,469.03 × 5.5 %.
    "tax": Case("tax", yuan(incl="1320", excl="1070.80"), sale("22000")),
    # 22,000 ÷ 1.1 = 20,000 → 6 %.
    "tax at another rate": Case("tax", yuan(incl="1320", excl="1200"), sale("22000"), given={"tax_rate": "0.10"}),
    # January before closing: 30,000 × 6 %.
    "refund_before_close": Case(
        "refund_before_close", yuan(net_in_sale_month="1800"), january, month="2026-01", later=IN_FEBRUARY
    ),
    # February sells 15,000 × 5.5 % = 825. Of January's 3,380: 22,000 × 6.5 % = 1,430 back; the refund off February's
    # own sales; or 3,380 − 30,000 × 6 % = 1,580 back.
    "refund_after_close": Case(
        "refund_after_close",
        yuan(reverse_at_original_rate="-605", net_in_refund_month="0", recompute_original="-755"),
        january,
        column="carried",
        month="2026-02",
        closed="2026-01",
        later=IN_FEBRUARY,
    ),
    "negative_total": Case(
        "negative_total",
        yuan(carry_forward="0", floor_zero="0", invoice="-605"),
        january,
        column="payable",
        month="2026-02",
        closed="2026-01",
        later=IN_FEBRUARY,
    ),
    "negative_total in the next month": Case(
        "negative_total",
        yuan(carry_forward="-605", floor_zero="0", invoice="0"),
        january,
        column="carried",
        month="2026-02",
        closed="2026-01",
        later=IN_FEBRUARY,
    ),
    # 105,000 × 7 %; 45,000 × 6 %; 3,150 + 70 % of 4,200; (45,000 + 42,000) × 6.5 %.
    "referral.mode seller": Case(
        "referral.mode",
        yuan(single_seller="7350", single_referrer="2700", ratio_on_commission="6090", ratio_on_sales="5655"),
        referred,
    ),
    # Nothing; 60,000 × 6.5 %; 30 % of 4,200; 18,000 × 5.5 %.
    "referral.mode referrer": Case(
        "referral.mode",
        yuan(single_seller="0", single_referrer="3900", ratio_on_commission="1260", ratio_on_sales="990"),
        referred,
        staff_id="S002",
    ),
    # 105,000 or 45,000 of a quota of 100,000.
    "referral.quota_credit": Case(
        "referral.quota_credit",
        {"seller": Decimal("1.05"), "none": Decimal("0.45")},
        referred,
        column="attained",
        given={"referral.mode": "single_referrer"},
    ),
    # 6,000 earn two grams under the part-time table, 5 % under the full-time one.
    "referral.plan": Case(
        "referral.plan",
        yuan(part_time="0", full_time="300"),
        lambda: book(deal("A", "6000", referrer_id="S002"), people=WITH_REFERRER),
        staff_id="S002",
        given={"referral.mode": "single_referrer"},
    ),
    # 15 November 2026 is a Sunday.
    "settle_roll": Case(
        "settle_roll",
        {"none": date(2026, 11, 15), "next_workday": date(2026, 11, 16), "prev_workday": date(2026, 11, 13)},
        sale("30000"),
        column="settle_on",
    ),
    # 0.10 × 5 % = 0.005.
    "rounding.mode": Case("rounding.mode", yuan(HALF_UP="0.01", HALF_EVEN="0"), sale("0.10")),
    # Three times 0.005: 0.015 together, or 0.01 each.
    "rounding.scope": Case("rounding.scope", yuan(person_month="0.02", line="0.03"), lambda: TENTHS),
    # 9,200 × 5 %.
    "currency": Case(
        "currency", yuan(cny_only=None, convert="460"), sale("10000", currency="HKD"), given={"fx.HKD": "0.92"}
    ),
    # Ten days at a half and 21 in full: 26 of 31 days.
    "state_at": Case("state_at", yuan(month_end="31000", pro_rata="26000"), promoted_on_the_eleventh, column="quota"),
    # 31,000 × 6 % × 26 ÷ 31.
    "state_at where the state scales commission": Case(
        "state_at",
        yuan(month_end="1860", pro_rata="1560"),
        promoted_on_the_eleventh,
        given={"probation_commission": "pay_too"},
    ),
    "probation_commission": Case(
        "probation_commission",
        yuan(quota_only="1800", pay_too="900"),
        lambda: book(deal("A", "30000"), people=PROBATION),
    ),
    "missing_product": Case("missing_product", yuan(count="1800", exclude="0", withhold=None), sale("30000", sku="")),
    # 30,000 × 6 % = 1,800, of it 1,200 on B; without B 10,000 × 5.5 % = 550.
    "clawback.base": Case(
        "clawback.base",
        yuan(incremental="1250", commission_on_sale="1200", bonus_only="0", whole_month="1800"),
        with_false_sale,
        column="gained",
        report=false_sales,
    ),
    # The gain of 1,250; or gain and tenfold penalty in monthly parts of a fifth of the wage of 5,000.
    "penalty_mode": Case(
        "penalty_mode",
        yuan(record_only="-1250", schedule="-1000"),
        half_false,
        column="adjustments",
        month="2026-02",
        given={"clawback.monthly_wage": "5000"},
        closed="2026-01",
        later={"false_sale_case": [false_sale("扣罚")]},
    ),
}
EACH = [
    pytest.param(case, alternative, figure, id=f"{name}: {alternative}")
    for name, case in CASES.items()
    for alternative, figure in case.figures.items()
]


@pytest.mark.parametrize(("case", "alternative", "figure"), EACH)
def test_each_alternative_of_an_option_gives_the_figure_worked_out_for_it(
    case: Case, alternative: str, figure: Figure
) -> None:
    assert case.answer(alternative) == figure


def choices(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every option of `model` that is a choice, by dotted name, with its alternatives."""
    for name, option in model.model_fields.items():
        kind = option.annotation
        if get_origin(kind) is Literal:
            yield path + name, frozenset(get_args(kind))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from choices(kind, f"{path}{name}.")


def test_no_alternative_of_any_option_is_left_out() -> None:
    worked_out: dict[str, set[str]] = {}
    for case in CASES.values():
        worked_out.setdefault(case.option, set()).update(case.figures)
    assert worked_out == {name: set(alternatives) for name, alternatives in choices(CommissionRules)}


def test_the_default_of_each_choice_is_the_one_the_documents_were_read_to_mean() -> None:
    """§4.4, the column of defaults."""
    rules = CommissionRules().model_dump(mode="json")
    defaults = {
        "basis": "monthly", "tier_key": "amount", "method": "slab", "exact_10000": "upper", "gap": "lower",
        "above_table": "last_rate", "zero_negative_net": "zero", "pt_net": "minus_refunds", "pt_basis": "monthly",
        "gold_guard": "warn", "gold_min_net": "0.01", "gold_price": None, "expense_allocation": "pro_rata",
        "recognition": "paid", "tax": "incl", "refund_before_close": "net_in_sale_month",
        "refund_after_close": "reverse_at_original_rate", "negative_total": "carry_forward", "settle_offset": 1,
        "settle_day": 15, "settle_roll": "prev_workday", "currency": "cny_only", "state_at": "month_end",
        "probation_commission": "quota_only", "manager_rate": None, "penalty_mode": "record_only",
    }  # fmt: skip
    assert {name: rules[name] for name in defaults} == defaults
    assert (rules["floor"]["base"], rules["floor"]["method"]) == ("0.90", "ratio")
    assert rules["floor"]["missing_list"] == "reject"
    assert rules["referral"] == {"mode": "single_seller", "quota_credit": "seller", "plan": "part_time"}
    assert rules["rounding"] == {"mode": "HALF_UP", "scope": "person_month"}
    assert rules["clawback"]["base"] == "incremental"


SET_VALUES = [
    # 80,000 at 8折: above a floor of 0.8 the 5,200 are paid in full.
    ("floor.base", "0.80", sale("80000", listed="100000"), "commission", money("5200")),
    # Half of the quota of 40,000 is asked on probation; six tenths where the company says so.
    ("state_factors.试用", "0.6", lambda: book(people=PROBATION, quotas=[quota("40000")]), "quota", money("24000")),
    ("settle_offset", "2", sale("30000"), "settle_on", date(2026, 12, 15)),
    # November has 30 days; the 30th is a Monday.
    ("settle_day", "31", sale("30000"), "settle_on", date(2026, 11, 30)),
    ("manager_rate", "0.02", lambda: book(deal("A", "30000"), people=[person(role="大客户经理")]), "commission",
     money("600")),
    ("manager_roles", ["销售顾问"], sale("30000"), "commission", None),
    # A prize for the week and one for the month.
    ("champions.weekly", "250", lambda: book(deal("A", "50000"), quotas=[quota("40000")]), "awards", money("550")),
    ("champions.monthly", "400", lambda: book(deal("A", "50000"), quotas=[quota("40000")]), "awards", money("600")),
    # Half of the quota of 40,000 is not exceeded within the week, nor the quota in the month.
    ("champions.quota_share_of_week", "0.5", lambda: book(deal("A", "20000"), quotas=[quota("40000")]), "awards",
     money("0")),
    # A gram at 5 yuan is worth no more than a fifth of 100.
    ("gold_price", "5", part_time("100"), "flags", []),
    ("gold_min_net", "100.01", part_time("100"), "gold_grams", 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "value", "of", "column", "figure"), SET_VALUES, ids=[str(each[0]) for each in SET_VALUES]
)
def test_each_number_a_company_may_set_reaches_the_figure(
    option: str, value: object, of: Callable[[], Book], column: str, figure: Figure
) -> None:
    assert line(commissions(question(of(), "2026-10", {option: value}))).values[column] == figure


@pytest.mark.parametrize(
    ("net", "full", "people", "figure"),
    [
        pytest.param("31999.99", "40000", [person()], "960.00", id="just below eight tenths: 3 %"),
        pytest.param("32000", "40000", [person()], "1600.00", id="exactly eight tenths: 5 %"),
        pytest.param("40000", "40000", [person()], "2800.00", id="met: 7 %"),
        pytest.param("20000", "40000", PROBATION, "1400.00", id="met on probation, where half is asked: 7 %"),
    ],
)
def test_attainment_is_measured_against_the_quota_the_state_asks(
    net: str, full: str, people: list[dict[str, str]], figure: str
) -> None:
    of = book(deal("A", net), people=people, quotas=[quota(full)])
    request = question(of, "2026-10", {**ATTAINMENT, "tier_key": "attainment"})
    assert line(commissions(request)).values["commission"] == money(figure)


def test_the_referrers_part_is_rounded_down_and_the_seller_keeps_the_fen() -> None:
    """333.33 × 5 % = 16.6665 → 16.67; 30 % of it is 4.99995 → 4.99 for the referrer, 11.68 for the seller."""
    shared = deal("A", "333.33", referrer_id="S002", referrer_share="0.3", agreement="a 协议.pdf")
    request = question(book(shared, people=WITH_REFERRER), "2026-10", {"referral.mode": "ratio_on_commission"})
    statement = commissions(request)
    parts = (line(statement).values["commission"], line(statement, "S002").values["commission"])
    assert parts == (money("11.68"), money("4.99"))


def test_attainment_cannot_be_chosen_without_a_table_for_it() -> None:
    with pytest.raises(ValueError, match="attainment_table"):
        ruled({"tier_key": "attainment"})


def test_attainment_without_a_quota_withholds_the_figure_and_pays_everybody_else() -> None:
    of = book(
        deal("A", "40000"),
        deal("B", "40000", seller_id="S002"),
        people=[person(), person("S002")],
        quotas=[quota("40000", person="S002")],
    )
    statement = commissions(question(of, "2026-10", {**ATTAINMENT, "tier_key": "attainment"}))
    assert (line(statement).values["commission"], line(statement).values["withheld"]) == (None, ["E336"])
    assert line(statement, "S002").values["commission"] == money("2800")
    [finding] = [each for each in statement.findings if each.code == "E336"]
    assert source_of(finding) == Source("staff", "staff-S001")
