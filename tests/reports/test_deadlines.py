"""The evaluator: statuses, evidence, pauses, promises, acknowledgements, and what must always hold."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.deadlines import CODE, Memo, evaluate
from reports.frames import frames_of
from reports.promises import Promised, promise_of
from tests.reports.rule_samples import (
    CALENDAR,
    Row,
    due_texts,
    evaluated,
    everything,
    frames,
    load_rules,
    rules,
    templates,
)

SIGNED = {"contract_no": "HT1", "customer_id": "C1", "signed_on": "2026-11-02"}  # due Thursday 2026-11-05


def status_of(rule: str, as_of: str, table: str, row: Row, **more: Sequence[Row]) -> str:
    (status,) = evaluated(rule, as_of, {table: [row], **more})["status"]
    return str(status)


@pytest.mark.parametrize(
    ("as_of", "archived_on", "status"),
    [
        ("2026-11-03 12:00:00", "", "pending"),
        ("2026-11-04 23:59:58", "", "pending"),
        ("2026-11-04 23:59:59", "", "due_soon"),
        ("2026-11-05 23:59:59", "", "due_soon"),
        ("2026-11-06", "", "overdue"),
        ("2026-11-06", "2026-11-05", "met"),
        ("2026-11-07", "2026-11-06", "met_late"),
        ("2026-11-05", "2026-11-06", "due_soon"),
    ],
)
def test_d05_an_obligation_passes_from_pending_to_overdue_unless_met(as_of: str, archived_on: str, status: str) -> None:
    assert status_of("D05", as_of, "contract", SIGNED | {"archived_on": archived_on}) == status


def test_what_has_not_begun_is_not_triggered_and_what_lost_its_time_is_not_measurable() -> None:
    assert status_of("D05", "2026-11-06", "contract", {"contract_no": "HT1"}) == "not_triggered"
    assert status_of("D13", "2026-11-06", "after_sales", {"issue_type": "故障", "csat": "5"}) == "not_measurable"
    assert status_of("D16", "2026-11-06", "after_sales", {"result": "恢复正常", "csat": "5"}) == "not_measurable"


@pytest.mark.parametrize(
    ("rule", "table", "row", "before", "after"),
    [
        ("D05", "contract", {"signed_on": "2026-11-02"}, "not_triggered", "pending"),
        ("D01", "first_contact", {"ended_at": "2026-11-02 00:00:00"}, "not_triggered", "pending"),
        ("D25", "sales_order", {"delivery_on": "2026-11-20"}, "pending", "pending"),
        ("D26", "customer_info", {"customer_id": "C1", "next_follow_on": "2026-11-20"}, "pending", "pending"),
    ],
)
def test_looked_at_from_an_earlier_day_what_had_not_happened_is_not_owed_yet_but_a_planned_day_is(
    rule: str, table: str, row: Row, before: str, after: str
) -> None:
    assert status_of(rule, "2026-11-01 23:59:59", table, row) == before
    assert status_of(rule, "2026-11-02", table, row) == after


def test_a_record_whose_entry_has_no_time_is_not_measurable_rather_than_overdue() -> None:
    visit = {"customer_id": "C1", "ended_at": "2026-05-08 16:00:00"}
    assert status_of("D67", "2026-05-20", "visit_record", visit) == "not_measurable"


def test_a_date_that_cannot_be_is_not_measurable() -> None:
    order = {"order_no": "1", "delivery_on": "9999-12-31"}
    assert status_of("D25", "2026-11-06", "sales_order", order) == "not_measurable"


def test_a_time_nobody_can_read_is_not_measurable_neither_as_start_nor_as_evidence() -> None:
    for row in ({"signed_on": "2026-13-45"}, {"signed_on": "2026-11-02", "archived_on": "十一月初"}):
        typed, findings = frames_of(templates(), {"contract": [{"record_id": "r1", "status": "有效", **row}]})
        assert [finding.code for finding in findings] == ["E201"]
        rows = everything(evaluate({"D05": rules()["D05"]}, typed, date(2026, 11, 20), CALENDAR))
        assert list(rows["status"]) == ["not_measurable"]


def test_d25_a_cancelled_order_owes_nothing() -> None:
    order = {"order_no": "1", "delivery_on": "2026-11-01", "cancelled_on": "2026-11-03"}
    assert status_of("D25", "2026-11-02", "sales_order", order) == "overdue"
    assert status_of("D25", "2026-11-04", "sales_order", order) == "not_triggered"


def test_d07_weekly_progress_is_owed_from_the_first_whole_week_until_acceptance() -> None:
    order = {"record_id": "o1", "order_no": "PO1", "confirmed_on": "2026-10-14"}  # a Wednesday
    tables: dict[str, list[Row]] = {
        "sales_order": [order],
        "order_progress": [{"order_no": "PO1", "synced_at": "2026-10-21 09:00:00"}],
        "acceptance": [{"order_no": "PO1", "result": "通过", "accepted_on": "2026-11-04"}],
    }
    rows = evaluated("D07", "2026-11-12", tables)
    assert list(zip(rows["occurrence"], rows["status"], strict=True)) == [("2026-W43", "met"), ("2026-W44", "overdue")]
    assert due_texts(rows) == ["2026-10-23", "2026-10-30"]


def test_d07_a_contact_of_another_week_or_order_does_not_count() -> None:
    tables: dict[str, list[Row]] = {
        "sales_order": [{"order_no": "PO1", "confirmed_on": "2026-10-19"}],
        "order_progress": [
            {"order_no": "PO1", "synced_at": "2026-10-18 23:59:59"},
            {"order_no": "PO2", "synced_at": "2026-10-20 10:00:00"},
        ],
    }
    rows = evaluated("D07", "2026-10-26", tables)
    assert list(rows[rows["occurrence"] == "2026-W43"]["status"]) == ["overdue"]


ISSUE = {"customer_id": "C1", "issue_type": "故障", "severity": "复杂", "reported_at": "2026-11-02 09:00:00"}


@pytest.mark.parametrize(
    ("paused_from", "paused_to", "as_of", "status", "due"),
    [
        ("", "", "2026-11-03 12:00:00", "pending", "2026-11-04 09:00"),
        ("2026-11-03 09:00:00", "", "2026-11-05 12:00:00", "paused", "2026-11-04 09:00"),
        ("2026-11-03 09:00:00", "2026-11-03 19:00:00", "2026-11-04 12:00:00", "pending", "2026-11-04 19:00"),
        ("2026-11-03 09:00:00", "2026-11-03 19:00:00", "2026-11-04 19:00:01", "overdue", "2026-11-04 19:00"),
        ("2026-11-05 09:00:00", "2026-11-06 09:00:00", "2026-11-05 10:00:00", "overdue", "2026-11-04 09:00"),
    ],
    ids=["no pause", "waiting", "put off", "overdue after it", "too late to help"],
)
def test_d14_waiting_for_the_customer_stops_the_clock(
    paused_from: str, paused_to: str, as_of: str, status: str, due: str
) -> None:
    rows = evaluated("D14", as_of, {"after_sales": [ISSUE | {"paused_from": paused_from, "paused_to": paused_to}]})
    assert (list(rows["status"]), due_texts(rows)) == ([status], [due])


def test_d79_the_contracts_time_comes_before_the_packs() -> None:
    contract = {"customer_id": "C1", "sla_terms": "接报后30分钟内响应,4小时上门", "effective_on": "2026-01-01"}
    tables: dict[str, list[Row]] = {"after_sales": [ISSUE], "contract": [contract]}
    rows = evaluated("D13", "2026-11-02", tables)
    assert due_texts(rows) == ["2026-11-02 09:30"]
    assert list(rows["promised"]) == [True]
    assert due_texts(evaluated("D13", "2026-11-02", tables | {"contract": [contract | {"customer_id": "C2"}]})) == [
        "2026-11-02 09:15"
    ]


@pytest.mark.parametrize(
    ("terms", "kind", "promise"),
    [
        ("7×24小时故障响应", "response", None),
        ("7*24小时服务,15分钟响应", "response", Promised(900, False)),
        ("响应时间:2个工作小时", "response", Promised(7200, True)),
        ("4小时内到达现场;48小时解决", "onsite", Promised(14400, False)),
        ("4小时内到达现场;48小时解决", "resolve", Promised(172800, False)),
        ("", "resolve", None),
    ],
)
def test_promises_are_read_from_the_contracts_words(terms: str, kind: str, promise: Promised | None) -> None:
    assert promise_of(terms, kind) == promise  # type: ignore[arg-type]


def test_a_waiver_ends_an_obligation_from_its_moment_on() -> None:
    ack = {
        "rule_id": "D05",
        "template": "contract",
        "subject": "r1",
        "action": "豁免",
        "reason": "对方合同原件在途",
        "acked_at": "2026-11-10 09:00:00",
    }
    assert status_of("D05", "2026-11-09", "contract", SIGNED, rule_ack=[ack]) == "overdue"
    assert status_of("D05", "2026-11-11", "contract", SIGNED, rule_ack=[ack]) == "waived"
    assert status_of("D05", "2026-11-11", "contract", SIGNED, rule_ack=[ack | {"subject": "r2"}]) == "overdue"
    assert status_of("D05", "2026-11-11", "contract", SIGNED, rule_ack=[ack | {"reason": ""}]) == "overdue"


def test_done_meets_only_rules_without_a_form() -> None:
    done = {"action": "完成", "acked_at": "2026-11-10 09:00:00"}
    meeting = done | {"rule_id": "D77", "template": "company", "subject": "company", "occurrence": "2026-11"}
    rows = evaluated("D77", "2026-11-20", {"rule_ack": [meeting]})
    assert list(rows[rows["occurrence"] == "2026-11"]["status"]) == ["met"]
    contract = done | {"rule_id": "D05", "template": "contract", "subject": "r1"}
    assert status_of("D05", "2026-11-11", "contract", SIGNED, rule_ack=[contract]) == "overdue"


def test_overdue_goes_to_the_superior_at_once_and_to_his_a_working_day_later() -> None:
    staff = [
        {"staff_id": "S1", "manager_id": "S2"},
        {"staff_id": "S2", "manager_id": "S3"},
    ]
    customer = [{"customer_id": "C1", "owner_id": "S1"}]
    for as_of, to in (("2026-11-06 09:00:00", "S2"), ("2026-11-07 00:00:00", "S3")):
        rows = evaluated("D05", as_of, {"contract": [SIGNED], "staff": staff, "customer_info": customer})
        assert (list(rows["owner_id"]), list(rows["escalated_to"])) == (["S1"], [to])


def test_a_critical_rule_reaches_the_manager_after_a_quarter_of_an_hour() -> None:
    issue = {"issue_type": "故障", "reported_at": "2026-11-02 09:00:00", "owner_id": "S1"}
    for as_of, to in (("2026-11-02 09:30:00", "service_supervisor"), ("2026-11-02 09:30:01", "service_manager")):
        rows = evaluated("D13", as_of, {"after_sales": [issue]})
        assert list(rows["escalated_to"]) == [to]


def test_lateness_is_given_in_calendar_and_working_days() -> None:
    rows = evaluated("D05", "2026-10-12", {"contract": [SIGNED | {"signed_on": "2026-09-25"}]})
    assert due_texts(rows) == ["2026-09-30"]
    assert (list(rows["late_calendar"]), list(rows["late_working"])) == ([12], [4])


def test_d27_a_new_need_is_one_told_after_the_first_was_confirmed() -> None:
    needs = [
        {"customer_id": "C1", "need_no": "A001", "talked_on": "2026-11-02", "confirmed_on": "2026-11-04"},
        {"customer_id": "C1", "need_no": "A002", "talked_on": "2026-11-03"},
        {"customer_id": "C1", "need_no": "A003", "talked_on": "2026-11-05"},
        {"customer_id": "C2", "need_no": "B001", "talked_on": "2026-11-05"},
    ]
    rows = evaluated("D27", "2026-11-10", {"need_confirmation": needs})
    assert list(rows["record_id"]) == ["r3"]


def test_d04_rejected_solutions_are_not_reviewed_and_late_reviews_show() -> None:
    signed = "通过 · S1 张三 · 2026-11-03 10:00"
    review = {"solution_no": "F1", "submitted_at": "2026-11-02 09:00:00"}
    names = ("legal_ok", "commerce_ok", "tech_ok")
    assert status_of("D04", "2026-11-05", "solution_review", review | dict.fromkeys(names, signed)) == "met"
    rejected = review | dict.fromkeys(names, signed) | {"tech_ok": "退回 · S2 李四 · 2026-11-03 10:00"}
    assert status_of("D04", "2026-11-05", "solution_review", rejected) == "overdue"


def test_visits_are_counted_where_several_are_owed() -> None:
    tables: dict[str, list[Row]] = {
        "customer_info": [{"customer_id": "C1", "owner_id": "S1", "customer_level": "重要客户"}],
        "visit_frequency": [{"record_id": "f1", "staff_id": "S1", "valid_from": "2026-01"}],
        "visit_frequency.lines": [{"record_id": "f1", "line_no": "1", "customer_level": "重要客户", "n_handler": "2"}],
        "visit_record": [
            {"customer_id": "C1", "visited_at": f"2026-11-{day} 09:00:00", "created_by": "S1 张三"}
            for day in ("03", "09")
        ],
    }
    rows = evaluated("D72", "2026-11-20", tables)
    assert list(rows[rows["occurrence"] == "2026-11 handler"]["status"]) == ["met"]
    fewer = tables | {"visit_record": tables["visit_record"][:1]}
    rows = evaluated("D72", "2026-11-20", fewer)
    assert list(rows[rows["occurrence"] == "2026-11 handler"]["status"]) == ["pending"]


def test_rolling_visits_count_from_the_last_one() -> None:
    rolling = load_rules("base", {"deadlines.D69.mode": "rolling"})
    tables = frames(
        {
            "customer_info": [{"customer_id": "C1", "region": "本市", "first_contact_on": "2026-01-05"}],
            "visit_record": [{"customer_id": "C1", "mode": "当面", "visited_at": "2026-10-10 09:00:00"}],
        }
    )
    rows = everything(evaluate({"D69": rolling["D69"]}, tables, date(2026, 11, 12), CALENDAR))
    assert (due_texts(rows), list(rows["status"])) == (["2026-11-10"], ["overdue"])


def test_every_rule_bears_with_a_row_of_every_form_that_says_nothing() -> None:
    tables: dict[str, list[Row]] = {}
    for template in templates():
        for table in template.table_names():
            tables[table] = [{"record_id": "r1", **({"line_no": "1"} if "." in table else {})}]
    evaluation = evaluate(rules(), frames(tables), date(2026, 11, 21), CALENDAR)
    listed = everything(evaluation)
    assert not set(listed["status"]) & {"met", "met_late"} - {"met"}
    assert len(listed) == len(evaluation.status)


def test_without_tables_there_is_nothing_to_evaluate_but_the_companys_own() -> None:
    listed = everything(evaluate(rules(), {}, date(2026, 11, 21), CALENDAR))
    assert set(listed["template"]) == {"company"}


def test_a_form_that_is_added_is_watched_without_a_change_of_code() -> None:
    without = evaluate(rules(), frames({"contract": [SIGNED]}), date(2026, 11, 21), CALENDAR)
    order = {"reg_no": "1", "due_on": "2026-11-01"}
    with_it = evaluate(rules(), frames({"contract": [SIGNED], "order_register": [order]}), date(2026, 11, 21), CALENDAR)
    assert without.counts().get("D25") is None
    assert with_it.counts()["D25"]["overdue"] == 1


# what must always hold

DAY = st.dates(date(2026, 1, 1), date(2026, 11, 30))
CONTRACTS = st.lists(st.tuples(DAY, st.none() | st.integers(0, 15)), min_size=1, max_size=12)


def contracts(drawn: list[tuple[date, int | None]]) -> list[Row]:
    return [
        {
            "record_id": f"r{at}",
            "contract_no": f"HT{at}",
            "signed_on": signed.isoformat(),
            **({} if after is None else {"archived_on": (signed + timedelta(days=after)).isoformat()}),
        }
        for at, (signed, after) in enumerate(drawn)
    ]


@settings(max_examples=25, deadline=None)
@given(CONTRACTS, st.integers(0, 40))
def test_what_is_met_never_becomes_unmet_as_time_passes(drawn: list[tuple[date, int | None]], days: int) -> None:
    given_frames = frames({"contract": contracts(drawn)})
    moments = [datetime(2026, 6, 1, 12) + timedelta(days=days * step) for step in range(4)]  # noqa: DTZ001
    runs = [evaluate({"D05": rules()["D05"]}, given_frames, moment, CALENDAR).status for moment in moments]
    met = (CODE["met"], CODE["met_late"])
    for earlier, later in itertools.pairwise(runs):
        kept = np.isin(earlier, met)
        assert (later[kept] == earlier[kept]).all()


@settings(max_examples=25, deadline=None)
@given(CONTRACTS, st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(drawn: list[tuple[date, int | None]], shuffle: random.Random) -> None:
    rows = contracts(drawn)
    mixed = rows.copy()
    shuffle.shuffle(mixed)
    results = [
        everything(evaluate({"D05": rules()["D05"]}, frames({"contract": each}), date(2026, 9, 1), CALENDAR))
        .drop(columns=["way"])
        .sort_values("record_id")
        .reset_index(drop=True)
        for each in (rows, mixed)
    ]
    assert results[0].equals(results[1])


def test_evaluating_again_with_a_memo_gives_the_same() -> None:
    memo = Memo()
    given_frames = frames(
        {
            "contract": [SIGNED],
            "deal": [{"deal_no": "1", "customer_id": "C1", "paid_on": "2026-05-20", "amount": "1.00"}],
        }
    )
    first = evaluate(rules(), given_frames, date(2026, 11, 21), CALENDAR, memo)
    again = evaluate(rules(), given_frames, date(2026, 11, 21), CALENDAR, memo)
    assert (first.status == again.status).all()
    changed = given_frames | frames(
        {"contract": [SIGNED, SIGNED | {"contract_no": "HT2", "archived_on": "2026-11-03"}]}
    )
    fresh = evaluate(rules(), changed, date(2026, 11, 21), CALENDAR)
    patched = evaluate(rules(), changed, date(2026, 11, 21), CALENDAR, memo)
    assert (fresh.status == patched.status).all()
    assert fresh.counts() == patched.counts()
