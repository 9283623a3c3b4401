"""Conditions hold for whole columns as they do for one record."""

from __future__ import annotations

from datetime import date

import pytest

from reports.conditions import fields_of, holds
from schemas.template import Condition
from tests.reports.rule_samples import frames

ROWS = [
    {"kind": "销售", "amount": "100.00", "sold_on": "2026-01-05", "paid_on": "2026-01-05", "seller_id": "S1"},
    {"kind": "退货", "amount": "-5.00", "sold_on": "2026-02-05", "paid_on": "2026-03-05", "referrer_id": "S1"},
    {"seller_id": "S2", "referrer_id": "S2"},
]
FRAME = frames({"deal": ROWS})["deal"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "kind", "equals": "销售"}, [True, False, False]),
        ({"field": "kind", "in": ["退货", "退款"]}, [False, True, False]),
        ({"field": "kind", "empty": True}, [False, False, True]),
        ({"not": {"field": "kind", "equals": "退货"}}, [True, False, True]),
        ({"field": "amount", "greater": "0"}, [True, False, False]),
        ({"field": "amount", "less": "10000"}, [False, True, False]),
        ({"field": "sold_on", "before": "2026-02-01"}, [True, False, False]),
        ({"field": "paid_on", "after": "sold_on"}, [False, True, False]),
        ({"field": "sold_on", "before": "today"}, [True, False, False]),
        ({"field": "seller_id", "same_as": "referrer_id"}, [False, False, True]),
        ({"all": [{"field": "kind", "equals": "销售"}, {"field": "amount", "greater": "0"}]}, [True, False, False]),
        ({"any": [{"field": "kind", "empty": True}, {"field": "amount", "less": "0"}]}, [False, True, True]),
        ({"field": "no_such_column", "equals": "1"}, [False, False, False]),
        ({"field": "no_such_column", "empty": True}, [True, True, True]),
        ({"field": "paid_on", "after": "no_such_column"}, [False, False, False]),
    ],
)
def test_a_condition_holds_row_by_row(condition: dict[str, object], expected: list[bool]) -> None:
    assert holds(Condition.model_validate(condition), FRAME, date(2026, 2, 1)).tolist() == expected


def test_bounds_that_are_columns_are_among_its_fields() -> None:
    condition = {"any": [{"field": "paid_on", "after": "sold_on"}, {"field": "amount", "greater": "0"}]}
    assert fields_of(Condition.model_validate(condition)) == {"paid_on", "sold_on", "amount"}
