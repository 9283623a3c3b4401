"""Conditions as data."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.conditions import fields_of, holds
from schemas.template import Condition
from tests.schemas.schema_samples import CONTEXT, choices, field

FIELDS = {
    item.key: item
    for item in (
        field("choice", "state", choices=choices("新", "旧")),
        field("multi_choice", "tags", choices=choices("甲", "乙", "丙")),
        field("money", "amount"),
        field("decimal", "limit"),
        field("integer", "qty"),
        field("date", "on"),
        field("date", "due"),
        field("datetime", "at"),
        field("month", "month"),
        field("year", "year"),
        field("percent", "rate"),
        field("bool", "vip"),
        field("text", "note"),
        field("user", "person"),
        field("text", "empty"),
        field("decision", "legal"),
        field("computed", "total", compute="1", result="money"),
    )
}
VALUES = {
    "state": "新", "tags": "甲、丙", "amount": "1000.00", "limit": "999.5", "qty": "9", "on": "2026-11-20",
    "due": "2026-11-21", "at": "2026-11-21 09:00:00", "month": "2026-11", "year": "2026", "rate": "0.25", "vip": "是",
    "note": "abc", "person": "S001",
    "legal": "退回 · S001 张三 · 2026-11-21 10:00", "total": "50.00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "state", "equals": "新"}, True),
        ({"field": "state", "equals": "旧"}, False),
        ({"field": "state", "equals": "<新>"}, True),
        ({"field": "state", "in": ["旧", "新"]}, True),
        ({"field": "state", "in": []}, False),
        ({"field": "tags", "equals": "丙"}, True),
        ({"field": "tags", "equals": "乙"}, False),
        ({"field": "tags", "in": ["乙", "丙"]}, True),
        ({"field": "amount", "equals": "1000"}, True),
        ({"field": "amount", "greater": "999"}, True),
        ({"field": "amount", "greater": "1000"}, False),
        ({"field": "amount", "greater": "limit"}, True),
        ({"field": "amount", "less": "1万"}, True),
        ({"field": "qty", "less": "10"}, True),
        ({"field": "rate", "greater": "20%"}, True),
        ({"field": "total", "less": "amount"}, True),
        ({"field": "on", "before": "today"}, True),
        ({"field": "due", "before": "today"}, False),
        ({"field": "due", "after": "on"}, True),
        ({"field": "on", "before": "2026-11-20"}, False),
        ({"field": "at", "before": "today"}, False),
        ({"field": "at", "before": "now"}, True),
        ({"field": "at", "after": "on"}, True),
        ({"field": "month", "before": "2026-12"}, True),
        ({"field": "month", "after": "today"}, False),
        ({"field": "year", "less": "2027"}, True),
        ({"field": "vip", "equals": "是"}, True),
        ({"field": "vip", "equals": "yes"}, True),
        ({"field": "person", "equals": "S001"}, True),
        ({"field": "legal", "equals": "退回"}, True),
        ({"field": "legal", "in": ["通过", "驳回"]}, False),
        ({"field": "note", "same_as": "note"}, True),
        ({"field": "note", "same_as": "state"}, False),
        ({"field": "note", "empty": False}, True),
        ({"field": "note", "empty": True}, False),
        ({"field": "empty", "empty": True}, True),
        ({"field": "empty", "equals": ""}, False),
        ({"field": "empty", "same_as": "empty"}, False),
        ({"field": "amount", "greater": "500", "less": "800"}, False),
        ({"all": [{"field": "state", "equals": "新"}, {"field": "qty", "equals": "9"}]}, True),
        ({"all": [{"field": "state", "equals": "新"}, {"field": "qty", "equals": "8"}]}, False),
        ({"any": [{"field": "state", "equals": "旧"}, {"field": "qty", "equals": "9"}]}, True),
        ({"any": []}, False),
        ({"all": []}, True),
        ({"not": {"field": "state", "equals": "旧"}}, True),
        ({"not": {"field": "empty", "equals": "x"}}, True),
        ({"field": "qty", "equals": "9", "not": {"field": "state", "equals": "新"}}, False),
    ],
)
def test_condition_holds_by_the_fields_type(condition: dict[str, Any], expected: bool) -> None:
    assert holds(Condition.model_validate(condition), VALUES, FIELDS, CONTEXT) is expected


@pytest.mark.parametrize("test", ["equals", "before", "after", "less", "greater"])
def test_empty_field_fails_every_test(test: str) -> None:
    condition = Condition.model_validate({"field": "due", test: "2026-01-01"})
    assert not holds(condition, {}, FIELDS, CONTEXT)


def test_comparison_with_an_empty_field_fails() -> None:
    condition = Condition.model_validate({"field": "due", "after": "on"})
    assert not holds(condition, {"due": "2026-11-21"}, FIELDS, CONTEXT)


def test_condition_names_every_field_it_tests() -> None:
    condition = Condition.model_validate(
        {
            "all": [
                {"field": "a", "after": "b"},
                {"any": [{"field": "c", "same_as": "d"}]},
                {"not": {"field": "e", "empty": True}},
            ]
        }
    )
    assert fields_of(condition) == {"a", "b", "c", "d", "e"}
