"""Views: what they draw together, and that nothing missing or empty upsets them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from reports.occasions import third_idle_end
from reports.views import VIEWS, Tables
from tests.reports.rule_samples import frames

TODAY = date(2026, 11, 21)
READ = sorted({table for view in VIEWS.values() for table in view.reads if "." not in table and table not in VIEWS})


@pytest.mark.parametrize("given", [{}, frames({table: [] for table in READ})], ids=["absent", "empty"])
def test_views_of_absent_or_empty_tables_have_no_rows(given: dict[str, pd.DataFrame]) -> None:
    for name, view in VIEWS.items():
        built = view.build(given, TODAY)
        assert built is None or len(built) == (1 if name == "company" else 0), name


@pytest.mark.parametrize("only", READ)
def test_every_view_bears_with_any_one_table_alone(only: str) -> None:
    given = frames({only: [{}]})
    built = [view.build(given, TODAY) for view in VIEWS.values()]
    assert all(one is None or isinstance(one, pd.DataFrame) for one in built)


def test_progress_is_a_stage_forward_and_never_a_greeting() -> None:
    visit = {"customer_id": "C1", "mode": "当面"}
    tables = {
        "visit_record": [
            visit | {"visited_at": "2026-01-05 09:00:00", "stage": "开发"},
            visit | {"visited_at": "2026-02-05 09:00:00", "stage": "开发"},
            visit | {"visited_at": "2026-03-05 09:00:00", "stage": "产品说明"},
            visit | {"visited_at": "2026-04-05 09:00:00", "stage": "滞留"},
        ],
        "contact_log": [{"customer_id": "C1", "purpose": "节日祝福", "contacted_at": "2026-05-01 09:00:00"}],
    }
    events = VIEWS["progress_event"].build(frames(tables), TODAY)
    assert events is not None
    assert [f"{at:%Y-%m-%d}" for at in events["at"]] == ["2026-01-05", "2026-03-05"]


def test_a_changed_budget_is_progress_and_a_repeated_one_is_not() -> None:
    months = [("2026-01", "3"), ("2026-02", "3"), ("2026-03", "4")]
    rows = [{"customer_id": "C1", "review_month": month, "budget_score": score} for month, score in months]
    events = VIEWS["progress_event"].build(frames({"customer_grading": rows}), TODAY)
    assert events is not None
    assert [f"{at:%Y-%m}" for at in events["at"]] == ["2026-03"]


def test_an_order_a_deal_tells_of_is_one_sale() -> None:
    from reports.facts import sales_fact

    tables = {
        "deal": [{"deal_no": "D1", "customer_id": "C1", "sold_on": "2026-10-01", "amount": "100.00"}],
        "order_register": [
            {"reg_no": "D1", "customer_id": "C1", "received_on": "2026-10-01", "amount": "100.00"},
            {"reg_no": "R2", "customer_id": "C1", "received_on": "2026-10-02", "amount": "50.00"},
        ],
    }
    assert sales_fact(frames(tables))["amount"].sum() == 15000
    by_register = sales_fact(frames(tables), "order_register")
    assert list(by_register["source"]) == ["order_register", "order_register"]


def test_the_visitor_is_the_applicant_else_the_writer() -> None:
    tables = {
        "visit_application": [{"record_id": "a1", "applicant_id": "S2"}],
        "visit_record": [
            {"customer_id": "C1", "application_id": "a1", "created_by": "S1 张三"},
            {"customer_id": "C1", "created_by": "S1 张三"},
        ],
    }
    visits = VIEWS["visit"].build(frames(tables), TODAY)
    assert visits is not None
    assert list(visits["visitor_id"]) == ["S2", "S1"]


@pytest.mark.parametrize(
    ("away", "end"),
    [(frozenset(), "2026-04-30"), (frozenset({"2026-03", "2026-04"}), "2026-06-30")],
)
def test_leave_months_are_not_idle(away: frozenset[str], end: str) -> None:
    assert third_idle_end(date(2026, 1, 20), away).isoformat() == end


def test_views_are_kept_while_nothing_they_read_changes() -> None:
    sold = {"customer_id": "C1", "amount": "1.00", "kind": "销售"}
    given = frames({"deal": [sold | {"paid_on": "2026-10-01"}], "customer_info": [{"customer_id": "C1"}]})
    first = Tables(given, TODAY)
    kept = first.get("sale_day")
    assert Tables({**given}, TODAY, first).get("sale_day") is kept
    assert Tables({**given, "deal": given["deal"].copy()}, TODAY, first).get("sale_day") is kept
    later = frames({"deal": [sold | {"paid_on": "2026-10-02"}]})
    assert Tables({**given, **later}, TODAY, first).get("sale_day") is not kept


def test_views_made_row_by_row_name_the_tables_of_their_rows_first_and_no_day() -> None:
    for name, view in VIEWS.items():
        assert view.by_row <= len(view.reads), name
        assert not (view.by_row and view.daily), name
