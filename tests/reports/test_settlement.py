"""Closed months: immutable, with later changes as adjustments; who closed them, under which rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from reports.commissions.closing import closing_of
from reports.commissions.other_reports import false_sales, settlements
from reports.commissions.report import commission_lines, commissions, terms_of
from reports.recommendations import recommendations
from reports.settlement import terms_from_text, terms_text
from reports.statement import StatementLine
from tests.reports.books import (
    Book,
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
    store,
)


def september() -> Book:
    return book(
        deal("A", "22000", on="2026-09-10"),
        deal("B", "30000", on="2026-09-20", listed="40000"),
        claims=[claim("1000", month="2026-09")],
        quotas=[quota("40000", month="2026-09")],
    )


def paid(of: Book, month: str, staff_id: str = "S001", **options: str) -> StatementLine:
    return line(commissions(asked(of, month, **options)), staff_id)


def test_a_closed_month_says_who_closed_it_when_and_under_which_rules() -> None:
    of = september()
    before = paid(of, "2026-09").values
    close(of, "2026-09")
    after = paid(of, "2026-09").values
    assert (after["status"], after["closed_by"]) == ("closed", "S900")
    assert (after["closed_pack"], after["closed_pack_hash"]) == (pack().id, pack().hash)
    same = ("gross", "expenses", "net", "tier", "rate", "commission", "awards", "payable", "settle_on", "quota")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_a_closed_month_never_changes_and_the_next_one_bears_the_difference() -> None:
    """A deal entered late raises September's commission and prizes: October bears the difference."""
    of = september()
    close(of, "2026-09", as_of=date(2026, 10, 9))
    settled = paid(of, "2026-09").values
    late = deal("C", "5000", on="2026-09-25")
    of["deal"].append(late)
    assert paid(of, "2026-09").values == settled
    with_late = book(
        *september()["deal"], late, claims=[claim("1000", month="2026-09")], quotas=[quota("40000", month="2026-09")]
    )
    due = paid(with_late, "2026-09").values
    october = paid(of, "2026-10").values
    difference = due["commission"] + due["awards"] - settled["commission"] - settled["awards"]
    assert difference > 0
    assert (october["adjustments"], october["payable"]) == (difference, difference)


def test_a_difference_once_settled_is_not_posted_again() -> None:
    of = september()
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["deal"].append(deal("C", "5000", on="2026-09-25"))
    close(of, "2026-10", as_of=date(2026, 11, 9))
    assert paid(of, "2026-10").values["adjustments"] > 0
    assert paid(of, "2026-11").values["adjustments"] == money("0.00")


def test_a_withdrawn_deal_of_a_closed_month_is_taken_back_in_the_next() -> None:
    of = september()
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["deal"] = [row for row in of["deal"] if row["deal_no"] != "B"]
    october = paid(of, "2026-10").values
    assert october["adjustments"] < 0
    assert (october["payable"], october["carried"]) == (money("0.00"), october["adjustments"])


NOON = datetime.fromisoformat("2026-10-09 12:00:00")
BEFORE = {"updated_at": "2026-09-30 18:00:00"}
AFTERWARDS = {"updated_at": "2026-10-15 18:00:00"}


def dated(of: Book) -> Book:
    """The book with every row last written before September was closed, on 9 October at ten."""
    return {table: [BEFORE | row for row in rows] for table, rows in of.items()}


@pytest.mark.parametrize(
    ("table", "record", "change", "expected"),
    [
        # 22,000 at full rate and 30,000 at 0.75 ÷ 0.9: 47/52 of 6.5 % on 1,000 more, or on 500 more.
        ("expense_claim", 0, None, "58.75"),
        ("expense_claim", 0, {"amount": "500", **AFTERWARDS}, "29.38"),
        ("expense_claim", 0, {"month": "2026-10", **AFTERWARDS}, "58.75"),
        # 21,000 × 6 % and one week's prize, where 2,996.25, two weeks' prizes and the month's had been paid.
        ("deal", 1, {"paid_on": "", **AFTERWARDS}, "-2236.25"),
        ("deal", 1, None, "-2236.25"),
    ],
    ids=["claim withdrawn", "claim lowered", "claim moved", "deal unpaid after all", "deal withdrawn"],
)
def test_each_kind_of_later_change_of_a_closed_month_is_borne_by_the_next(
    table: str, record: int, change: dict[str, str] | None, expected: str
) -> None:
    of = dated(september())
    close(of, "2026-09", as_of=date(2026, 10, 9))
    rows = of[table]
    of[table] = [*rows[:record], *([rows[record] | change] if change else []), *rows[record + 1 :]]
    assert paid(of, "2026-10").values["adjustments"] == money(expected)


def test_nothing_is_adjusted_while_nothing_of_the_closed_month_changed() -> None:
    of = dated(september())
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["deal"].append(deal("C", "5000", on="2026-10-20") | AFTERWARDS)
    assert paid(of, "2026-10").values["adjustments"] == money("0.00")


def test_what_is_written_in_the_second_of_the_closing_is_not_missed() -> None:
    of = dated(september())
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["deal"][0] |= {"amount": "23000", "list_amount": "23000", "updated_at": "2026-10-09 10:00:00"}
    assert paid(of, "2026-10").values["adjustments"] > 0


def test_a_prize_entered_for_a_closed_month_is_paid_in_the_next() -> None:
    of = dated(september())
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["award_notice"] = [
        {"record_id": "a1", "award_kind": "日业绩高峰", "period": "2026-09-21", "staff_id": "S001", "amount": "50",
         "confirmed": "通过", "target": "10000"} | AFTERWARDS
    ]  # fmt: skip
    assert paid(of, "2026-10").values["adjustments"] == money("50.00")


def test_months_are_closed_one_after_the_other() -> None:
    of = book(*(deal(f"M{at}", "30000", on=f"2026-{at:02}-10") for at in (7, 8, 9)))
    close(of, "2026-07", as_of=date(2026, 10, 9))
    skipping = close(of, "2026-09", as_of=date(2026, 10, 9))
    assert [(each.code, each.params["first"]) for each in skipping.findings] == [("E356", "2026-08")]
    assert skipping.drafts == ()
    close(of, "2026-08", as_of=date(2026, 10, 9))
    assert len(close(of, "2026-09", as_of=date(2026, 10, 9)).drafts) == 1
    back = close(of, "2026-06", as_of=date(2026, 10, 9))
    assert [(each.code, each.params["last"]) for each in back.findings] == [("E357", "2026-09")]


def test_a_late_deal_of_somebody_who_had_nothing_in_a_closed_month_is_not_lost() -> None:
    """S005 keeps the books and seldom sells: nothing in August, so no settlement; a deal of August is entered late."""
    clerk = person("S005", role="内勤")
    of = book(
        *(deal(f"M{at}", "30000", on=f"2026-{at:02}-10") for at in (7, 8, 9)),
        *(deal(f"K{at}", "20000", on=f"2026-{at:02}-12", seller_id="S005") for at in (7, 9)),
        people=[person(), clerk],
    )
    for month in ("2026-07", "2026-08", "2026-09"):
        close(of, month, as_of=date(2026, 10, 9))
    assert [row["month"] for row in of["settlement"] if row["staff_id"] == "S005"] == ["2026-07", "2026-09"]
    of["deal"].append(deal("LATE", "20000", on="2026-08-20", seller_id="S005"))
    assert paid(of, "2026-10", "S005").values["adjustments"] == money("1200.00")
    close(of, "2026-10", as_of=date(2026, 11, 9))
    assert [row["kind"] for row in of["settlement.lines"] if row["record_id"] == "settlement-S005-2026-10"] == [
        "差额调整"
    ]
    of["deal"].append(deal("NEW", "10000", on="2026-11-02", seller_id="S005"))
    assert paid(of, "2026-11", "S005").values["adjustments"] == money("0.00")


def test_a_month_somebody_settled_elsewhere_before_the_portal_is_not_paid_again() -> None:
    of = book(deal("A", "30000", on="2026-08-10"), deal("B", "30000", on="2026-09-10"),
              deal("C", "30000", on="2026-08-11", seller_id="S002"), people=[person(), person("S002")])  # fmt: skip
    closing = closing_of(replace(asked(of, "2026-08"), person="S002"), "S900", NOON)
    assert [draft.staff_id for draft in closing.drafts] == ["S002"]
    store(of, closing, "2026-08")
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["deal"].append(deal("D", "5000", on="2026-08-12", seller_id="S002"))
    assert paid(of, "2026-10").values["adjustments"] == money("0.00")
    assert paid(of, "2026-10", "S002").values["adjustments"] > 0


@pytest.mark.parametrize(
    ("option", "payable", "carried"),
    [
        ("carry_forward", "0.00", "-605.00"),
        ("floor_zero", "0.00", "0.00"),
        ("invoice", "-605.00", "0.00"),
    ],
)
def test_the_rules_say_what_a_total_below_zero_means(option: str, payable: str, carried: str) -> None:
    of = book(deal("A", "22000", on="2026-01-10"), deal("B", "30000", on="2026-01-20"))
    close(of, "2026-01", as_of=date(2026, 2, 10))
    of["deal"] += [refund("R", "A", "22000", "2026-03-05"), deal("C", "15000", on="2026-03-10")]
    march = paid(of, "2026-03", commission__negative_total=option).values
    assert (march["payable"], march["carried"]) == (money(payable), money(carried))


def test_recomputing_the_original_month_takes_back_the_higher_tier_too() -> None:
    """Without the 22,000 January pays 30,000 × 6% = 1,800.00 instead of 3,380.00."""
    of = book(deal("A", "22000", on="2026-01-10"), deal("B", "30000", on="2026-01-20"))
    option = {"commission__refund_after_close": "recompute_original"}
    close(of, "2026-01", as_of=date(2026, 2, 10), **option)
    of["deal"].append(refund("R", "A", "22000", "2026-03-05"))
    assert paid(of, "2026-02", **option).values["adjustments"] == money("-1580.00")


def test_a_full_refund_after_settlement_leaves_two_settlements_that_cancel() -> None:
    """PT-08."""
    of = book(deal("A", "30000", on="2026-09-10", listed="40000"))
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["deal"].append(refund("R", "A", "30000", "2026-10-12"))
    october = paid(of, "2026-10").values
    assert paid(of, "2026-09").values["commission"] + october["adjustments"] == money("0.00")


def test_a_referrers_share_is_taken_back_with_the_sellers() -> None:
    """Pool 60,000 × 7% = 4,200: of a refunded third, seller 70 % and referrer 30 %."""
    people = [person(), person("S002", employment="人脉")]
    shared = {"referrer_id": "S002", "attribution": "按比例", "referrer_share": "0.3", "agreement": "a 协议.pdf"}
    option = {"commission__referral__mode": "ratio_on_commission"}
    of = book(deal("OWN", "45000", on="2026-09-08"), deal("REF", "60000", on="2026-09-09", **shared), people=people)
    close(of, "2026-09", as_of=date(2026, 10, 9), **option)
    of["deal"].append(refund("R", "REF", "20000", "2026-10-12"))
    assert paid(of, "2026-10", **option).values["adjustments"] == money("-980.00")
    assert paid(of, "2026-10", "S002", **option).values["adjustments"] == money("-420.00")


def test_a_month_that_is_not_over_cannot_be_closed() -> None:
    closing = closing_of(asked(september(), "2026-09", as_of=date(2026, 9, 29)), "S900", NOON)
    assert closing.drafts == ()
    assert [finding.code for finding in closing.findings] == ["E353"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"listed": ""}, "E334"),
        ({"currency": "USD"}, "E312"),
        ({"kind": "退款"}, "E314"),
    ],
    ids=["no list price", "foreign currency", "refund above zero"],
)
def test_a_withheld_figure_is_not_closed_and_everybody_else_is(more: dict[str, str], code: str) -> None:
    bad = deal("X", "9000", on="2026-09-09", seller_id="S002") | more
    bad |= {"list_amount": ""} if "listed" in more else {}
    of = book(deal("A", "22000", on="2026-09-10"), bad, people=[person(), person("S002")])
    closing = close(of, "2026-09")
    assert [draft.staff_id for draft in closing.drafts] == ["S001"]
    stopped = [finding.params["staff_id"] for finding in closing.findings if finding.code == "E354"]
    assert stopped == ["S002"]
    assert code in codes(settlements(asked(of, "2026-09")))


def test_an_open_false_sale_case_or_a_missing_agreement_stops_the_closing() -> None:
    case = {
        "record_id": "x",
        "case_no": "XJ-1",
        "staff_id": "S001",
        "deal_nos": "A",
        "finding": "待查",
        "mode": "仅记录",
    }
    of = book(deal("A", "22000", on="2026-09-10"), false_sale_case=[case])
    closing = close(of, "2026-09")
    assert closing.drafts == ()
    assert [finding.params["reason_word"] for finding in closing.findings] == ["word.withheld.E324"]


def test_rules_kept_in_a_settlement_are_read_back_as_they_were() -> None:
    terms = terms_of(pack(commission__exact_10000="lower", commission__manager_rate="0.02"))
    assert terms_from_text(terms_text(terms)) == terms
    assert terms_from_text("剪掉的内容") is None


def test_the_lines_of_a_closed_month_still_sum_to_what_was_paid() -> None:
    of = september()
    close(of, "2026-09")
    statement = commission_lines(asked(of, "2026-09"))
    assert statement.totals["commission"] == paid(of, "2026-09").values["payable"]


FALSE = {"record_id": "x", "case_no": "XJ-1", "staff_id": "S001", "deal_nos": "B", "finding": "成立"}


@pytest.mark.parametrize(
    ("base", "gained"),
    [
        ("incremental", "1250.00"),
        ("commission_on_sale", "1200.00"),
        ("bonus_only", "0.00"),
        ("whole_month", "1800.00"),
    ],
)
def test_what_a_false_sale_gained_depends_on_what_is_compared(base: str, gained: str) -> None:
    """30,000 pays 6% = 1,800.00, of which 1,200.00 on B; without B 10,000 pays 5.5% = 550.00."""
    of = book(
        deal("A", "10000", on="2026-09-08"),
        deal("B", "20000", on="2026-09-09"),
        false_sale_case=[FALSE | {"mode": "仅记录"}],
    )
    [case] = false_sales(asked(of, "2026-09", commission__clawback__base=base)).lines
    assert case.values["gained"] == money(gained)
    assert case.values["penalty"] == money(gained) * 10
    assert case.values["owed"] == money("0.00")


def test_a_proven_false_sale_earns_nothing_in_an_open_month() -> None:
    of = book(deal("A", "10000"), deal("B", "20000"), false_sale_case=[FALSE | {"mode": "仅记录"}])
    assert paid(of, "2026-10").values["commission"] == money("550.00")


@pytest.mark.parametrize(
    ("mode", "options", "taken"),
    [
        ("仅记录", {}, "0.00"),
        ("追回差额", {}, "-1250.00"),
        ("扣罚", {}, "-1250.00"),
        ("扣罚", {"commission__penalty_mode": "schedule", "commission__clawback__monthly_wage": "5000"}, "-1000.00"),
    ],
    ids=["recorded", "recovered", "penalty only recorded", "within a fifth of the wage"],
)
def test_a_false_sale_of_a_closed_month_is_taken_back_as_its_case_says(
    mode: str, options: dict[str, str], taken: str
) -> None:
    of = book(deal("A", "10000", on="2026-09-08"), deal("B", "20000", on="2026-09-09"))
    close(of, "2026-09", as_of=date(2026, 10, 9))
    of["false_sale_case"] = [FALSE | {"mode": mode}]
    assert paid(of, "2026-09").values["commission"] == money("1800.00")
    assert paid(of, "2026-10", **options).values["adjustments"] == money(taken)


@pytest.mark.parametrize("mode", ["仅记录", "追回差额", "扣罚"])
def test_a_false_sale_found_before_closing_was_never_paid_and_is_neither_paid_nor_taken_back_later(mode: str) -> None:
    """September closes at 5.5% of A alone; what is added to it later counts without B: 20,000 × 6% − 550 = 650."""
    case = FALSE | {"mode": mode}
    of = book(deal("A", "10000", on="2026-09-08"), deal("B", "20000", on="2026-09-09"), false_sale_case=[case])
    close(of, "2026-09", as_of=date(2026, 10, 9))
    assert paid(of, "2026-10").values["adjustments"] == money("0.00")
    [line_of_case] = false_sales(asked(of, "2026-10")).lines
    assert (line_of_case.values["gained"], line_of_case.values["owed"]) == (money("1250.00"), money("0.00"))
    of["deal"].append(deal("C", "10000", on="2026-09-10"))
    assert paid(of, "2026-10").values["adjustments"] == money("650.00")


def test_a_deal_that_names_its_case_belongs_to_it_as_one_the_case_names() -> None:
    case = FALSE | {"deal_nos": "", "mode": "仅记录"}
    marked = deal("B", "20000", on="2026-09-09", false_case="XJ-1")
    of = book(deal("A", "10000", on="2026-09-08"), marked, false_sale_case=[case])
    [line_of_case] = false_sales(asked(of, "2026-09")).lines
    assert line_of_case.values["gained"] == money("1250.00")


def test_a_false_deal_without_a_number_withholds_its_gain_and_touches_no_other_unnumbered_deal() -> None:
    case = FALSE | {"deal_nos": "", "mode": "仅记录"}
    marked = deal("B", "20000", on="2026-09-09", false_case="XJ-1") | {"deal_no": ""}
    unnumbered = deal("A", "10000", on="2026-09-08") | {"deal_no": ""}
    statement = false_sales(asked(book(unnumbered, marked, false_sale_case=[case]), "2026-09"))
    assert [each.values["gained"] for each in statement.lines] == [None]
    assert "E360" in codes(statement)


def months(*nets: str, state: str = "正式", quota_amount: str = "40000") -> Book:
    """One deal a month from January 2026; "" is a month without a quota."""
    numbered = list(enumerate(nets, start=1))
    return book(
        *(deal(f"M{at}", net, on=f"2026-{at:02}-10") for at, net in numbered if net),
        people=[person(state=state)],
        quotas=[quota(quota_amount, month=f"2026-{at:02}") for at, net in numbered if net],
    )


def advice(of: Book, month: str) -> tuple[object, object]:
    values = line(recommendations(asked(of, month))).values
    return values["recommendation"], values["misses"]


@pytest.mark.parametrize(
    ("april", "expected"),
    [
        pytest.param("9999.99", ("transfer_or_demote", 1), id="CM-57 below 10,000"),
        pytest.param("10000.00", ("", 1), id="CM-57 exactly 10,000 is still a miss"),
    ],
)
def test_a_regular_below_ten_thousand_is_recommended_for_transfer(april: str, expected: tuple[str, int]) -> None:
    assert advice(months("40000", "40000", "40000", april), "2026-04") == expected


@pytest.mark.parametrize(
    ("nets", "month", "expected"),
    [
        pytest.param(("30000", "40000", "30000", "30000"), "2026-04", ("", 2), id="CM-58 interrupted"),
        pytest.param(("30000", "30000", "30000"), "2026-03", ("transfer_or_demote", 3), id="CM-58 three in a row"),
        pytest.param(
            ("30000", "30000", "", "30000"), "2026-04", ("transfer_or_demote", 3), id="a neutral month between"
        ),
    ],
)
def test_three_missed_months_in_a_row_make_a_recommendation(
    nets: tuple[str, ...], month: str, expected: tuple[str, int]
) -> None:
    assert advice(months(*nets), month) == expected


def test_a_month_on_leave_neither_counts_nor_ends_the_run_of_misses() -> None:
    """Missed in January, on leave in February, missed in March and April: three in a row."""
    of = months("30000", "30000", "30000", "30000")
    of["staff.states"] = [
        {"record_id": "staff-S001", "line_no": str(at), "from_on": day, "staff_state": state, "role": "销售顾问",
         "dept": "大客户部"}
        for at, (day, state) in enumerate([("2025-01-01", "正式"), ("2026-02-01", "请假"), ("2026-03-01", "正式")], 1)
    ]  # fmt: skip
    assert advice(of, "2026-04") == ("transfer_or_demote", 3)
    assert advice(of, "2026-02") == ("", 1)


@pytest.mark.parametrize(("month", "expected"), [("2026-03", ("", 3)), ("2026-04", ("review", 4))])
def test_a_demotion_is_reviewed_after_three_months(month: str, expected: tuple[str, int]) -> None:
    """Demoted on 15 January: three months are over on 15 April."""
    of = months("5000", "5000", "5000", "5000", state="降级试用")
    of["staff"][0]["demoted_on"] = "2026-01-15"
    assert advice(of, month) == expected


def test_somebody_on_probation_is_recommended_for_dismissal_after_three_misses() -> None:
    assert advice(months("15000", "15000", "15000", state="试用"), "2026-03") == ("dismiss", 3)
    assert advice(months("20000", "20000", "20000", state="试用"), "2026-03") == ("", 0)


def test_tryton_commission_is_pending_until_paid_and_dated_by_the_payment() -> None:
    """PT-10, in our terms: not counted while unpaid; then it counts in the month of the payment."""
    of = book(deal("A", "30000", on="2026-09-10", paid_on=""))
    [excluded] = [each for each in commission_lines(asked(of, "2026-09")).lines if each.values["kind"] == "excluded"]
    assert excluded.values["reason"] == "not_paid"
    of["deal"][0]["paid_on"] = "2026-10-02"
    assert paid(of, "2026-09").values["commission"] == money("0.00")
    assert paid(of, "2026-10").values["commission"] == Decimal("1800.00")
