"""From what was typed to a record, or findings that say what to fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from pydantic_core import core_schema

from schemas.field_types import FIELD_TYPES
from schemas.finding import FieldRef, Severity
from schemas.record import Typed, TypedLine
from schemas.record_model import PYDANTIC_CODES, model_of
from schemas.template import Template
from schemas.validation import (
    Validated,
    compute,
    compute_lines,
    defaults,
    drivers,
    is_read_only,
    is_required,
    is_visible,
    line_defaults,
    validate,
)
from tests.schemas.schema_samples import CONTEXT, ZHANG, choices, codes, template


def check(form: Template, values: Mapping[str, Typed], lines: Any = None, **options: Any) -> Validated:
    rows = {key: [TypedLine(*row) for row in rows] for key, rows in (lines or {}).items()}
    return validate(form, values, rows, CONTEXT, **options)


# --- required, constraints, bounds -----------------------------------------------------------------------------------


def test_empty_required_field_is_a_finding_and_others_are_kept() -> None:
    form = template({"key": "a", "required": True, "example": "甲"}, {"key": "b"})
    result = check(form, {"a": " ", "b": "x"})
    assert (codes(result.findings), result.values) == ([("V001", "a")], {"b": "x"})


def test_required_field_that_was_not_understood_is_told_once() -> None:
    result = check(template({"key": "a", "type": "date", "required": True}), {"a": "下周"})
    assert codes(result.findings) == [("V020", "a")]


def test_required_field_without_an_example_is_told_without_one() -> None:
    result = check(template({"key": "a", "required": True}), {})
    assert codes(result.findings) == [("V009", "a")]


@pytest.mark.parametrize(
    ("options", "typed", "code", "params"),
    [
        ({"max_length": 3}, "四个字了", "V004", {"limit": 3, "length": 4}),
        ({"pattern": {"regex": "[A-Z]+[0-9]{3}", "hint": {"zh": "字母加三位数字。", "en": "Letters, three digits."}},
          "example": "DEMO001"}, "DEMO1", "V005",
         {"hint_zh": "字母加三位数字", "hint_en": "Letters, three digits", "example": "DEMO001"}),
        ({"type": "integer", "min": "1"}, "0", "V014", {"min": "1", "example": "1"}),
        ({"type": "integer", "max": "5"}, "6", "V015", {"max": "5", "example": "5"}),
        ({"type": "integer", "min": "1", "max": "5"}, "6", "V019", {"min": "1", "max": "5", "example": "5"}),
        ({"type": "money", "min": "0.01"}, "0", "V014", {"min": "¥0.01"}),
        ({"type": "percent", "min": "0%", "max": "100%"}, "120%", "V019",
         {"min": "0%", "max": "100%", "value": "120%"}),
        ({"type": "date", "max": "today"}, "2026-11-22", "V025", {"max": "2026-11-21"}),
        ({"type": "date", "min": "today"}, "昨天", "V024", {"min": "2026-11-21", "value": "2026-11-20"}),
        ({"type": "date", "min": "2026-01-01", "max": "today"}, "2026-11-22", "V026",
         {"min": "2026-01-01", "max": "2026-11-21"}),
        ({"type": "datetime", "max": "now"}, "2026-11-21 10:01", "V025", {"max": "2026-11-21 10:00"}),
        ({"type": "month", "max": "today"}, "2026-12", "V025", {"max": "2026-11"}),
        ({"type": "month", "min": "2026-01"}, "2025-12", "V024", {"min": "2026-01"}),
        ({"type": "year", "min": "2020"}, "2019", "V024", {"min": "2020"}),
    ],
)  # fmt: skip
def test_value_outside_its_field_is_refused_with_the_rule(
    options: dict[str, Any], typed: str, code: str, params: dict[str, Any]
) -> None:
    (finding,) = check(template({"key": "a", **options}), {"a": typed}).findings
    assert (finding.code, finding.at) == (code, FieldRef("a"))
    assert {key: finding.params[key] for key in params} == params


@pytest.mark.parametrize(
    ("options", "typed"),
    [
        ({"type": "integer", "min": "1", "max": "5"}, "5"),
        ({"type": "date", "max": "today"}, "今天"),
        ({"type": "datetime", "max": "now"}, "2026-11-21 10:00"),
        ({"max_length": 3}, "三个字"),
    ],
)
def test_bounds_are_inclusive(options: dict[str, Any], typed: str) -> None:
    assert check(template({"key": "a", **options}), {"a": typed}).findings == ()


def test_pattern_must_match_the_whole_text() -> None:
    form = template({"key": "a", "example": "1", "pattern": {"regex": "1|22", "hint": {"zh": "一", "en": "One"}}})
    assert check(form, {"a": "22"}).findings == ()
    assert codes(check(form, {"a": "122"}).findings) == [("V005", "a")]
    assert codes(check(form, {"a": "1\n"}).findings) == []  # surrounding space is not part of the value


def test_bound_may_be_another_field() -> None:
    form = template({"key": "start", "type": "date"}, {"key": "end", "type": "date", "min": "start"})
    assert check(form, {"start": "2026-02-01", "end": "2026-02-01"}).findings == ()
    (finding,) = check(form, {"start": "2026-02-01", "end": "2026-01-31"}).findings
    assert (finding.code, finding.params["other_field"], finding.params["limit"]) == ("V032", "start", "2026-02-01")
    assert check(form, {"end": "2026-01-31"}).findings == ()


def test_findings_come_in_the_order_of_the_form() -> None:
    form = template(
        {"key": "a", "max_length": 1}, {"key": "b", "required": True}, {"key": "c", "type": "integer", "min": "1"}
    )
    assert [at for _, at in codes(check(form, {"c": "0", "a": "长长"}).findings)] == ["a", "b", "c"]


def test_value_of_a_field_the_form_does_not_have_is_a_warning() -> None:
    (finding,) = check(template({"key": "a"}), {"a": "x", "gone": "y"}).findings
    assert (finding.code, finding.severity, finding.params["value"]) == ("V084", Severity.WARNING, "y")


def test_what_was_read_another_way_is_told_as_people_read_it() -> None:
    form = template({"key": "a", "type": "money"}, {"key": "b", "type": "date"}, {"key": "c"})
    result = check(form, {"a": "1.2万", "b": "2026-07-09", "c": "x"})
    assert result.understood == {FieldRef("a"): "¥12,000.00"}


# --- visible, required, read-only ------------------------------------------------------------------------------------

STATE = {"key": "state", "type": "choice", "choices": choices("通过", "退回")}
REASON = {"key": "reason", "visible_if": {"field": "state", "equals": "退回"}, "required": True}


def test_hidden_field_loses_its_value_and_is_not_required() -> None:
    result = check(template(STATE, REASON), {"state": "通过", "reason": "旧的理由"})
    assert (result.values, result.findings) == ({"state": "通过"}, ())


def test_visible_field_is_required() -> None:
    assert codes(check(template(STATE, REASON), {"state": "退回"}).findings) == [("V009", "reason")]


def test_hiding_follows_chains_from_what_was_typed() -> None:
    form = template(
        {"key": "c"},
        {"key": "b", "visible_if": {"field": "c", "empty": False}},
        {"key": "a", "visible_if": {"field": "b", "empty": True}},
    )
    assert check(form, {"a": "1", "b": "2"}).values == {"a": "1"}
    assert check(form, {"a": "1", "b": "2", "c": "3"}).values == {"b": "2", "c": "3"}


def test_wrong_value_in_a_hidden_field_does_not_stop_the_record() -> None:
    form = template(STATE, {"key": "on", "type": "date", "visible_if": {"field": "state", "equals": "退回"}})
    assert check(form, {"state": "通过", "on": "下周"}).findings == ()


def test_field_is_required_only_where_its_condition_holds() -> None:
    form = template(STATE, {"key": "reason", "required_if": {"field": "state", "equals": "退回"}})
    assert check(form, {"state": "通过"}).findings == ()
    assert codes(check(form, {"state": "退回"}).findings) == [("V009", "reason")]


def test_read_only_field_keeps_what_is_stored_and_says_so() -> None:
    form = template(STATE, {"key": "note", "read_only_if": {"field": "state", "equals": "通过"}})
    result = check(form, {"state": "通过", "note": "新"}, stored={"state": "通过", "note": "旧"})
    assert result.values["note"] == "旧"
    assert [(f.code, f.severity, f.params["kept"]) for f in result.findings] == [("V085", Severity.INFO, "旧")]


def test_read_only_field_of_a_new_record_takes_its_default() -> None:
    form = template({"key": "who", "type": "user", "default": "current_user", "read_only_if": {"all": []}})
    assert check(form, {"who": "S002"}).values == {"who": "S001"}


def test_number_given_by_the_store_never_changes_and_is_not_missing() -> None:
    form = template({"key": "no", "type": "serial", "serial": "C{seq:4}", "required": True})
    assert check(form, {}).findings == ()
    assert check(form, {"no": "KH-7"}).values == {"no": "KH-7"}
    assert check(form, {"no": "C0009"}, stored={"no": "C0001"}).values == {"no": "C0001"}


def test_field_absent_from_an_edit_keeps_its_value_and_an_emptied_one_loses_it() -> None:
    form = template({"key": "a"}, {"key": "b"})
    assert check(form, {"b": ""}, stored={"a": "1", "b": "2"}).values == {"a": "1"}


def test_stored_value_that_was_left_alone_is_not_parsed_again() -> None:
    form = template({"key": "who", "type": "user"}, {"key": "share", "type": "percent"})
    stored = {"who": "S004", "share": "1.5"}
    result = check(form, {"who": "S004", "share": "1.5"}, stored=stored)
    assert (result.values, result.findings) == (stored, ())
    assert codes(check(form, {"who": "S004"}).findings) == [("V042", "who")]


def test_pages_may_ask_about_one_field() -> None:
    form = template(
        STATE,
        {**REASON, "read_only_if": {"field": "state", "empty": True}},
        {"key": "t", "type": "computed", "compute": "1"},
    )
    reason, total = form.by_key["reason"], form.by_key["t"]
    assert is_visible(reason, {"state": "退回"}, form, CONTEXT)
    assert not is_visible(reason, {}, form, CONTEXT)
    assert is_required(reason, {}, form, CONTEXT)
    assert is_read_only(reason, {}, form, CONTEXT)
    assert is_read_only(total, {}, form, CONTEXT)
    assert not is_required(total, {}, form, CONTEXT)


# --- rules ------------------------------------------------------------------------------------------------------------


def test_rule_refuses_at_its_field_in_both_languages() -> None:
    rule = {
        "refuse_if": {"field": "end", "before": "start"},
        "field": "end",
        "message": {"zh": "不能早于开始", "en": "Too early"},
    }
    form = template({"key": "start", "type": "date"}, {"key": "end", "type": "date"}, rules=[rule])
    assert check(form, {"start": "2026-01-01", "end": "2026-01-02"}).findings == ()
    (finding,) = check(form, {"start": "2026-01-02", "end": "2026-01-01"}).findings
    assert (finding.code, str(finding.at)) == ("V080", "end")
    assert (finding.params["message_zh"], finding.params["message_en"]) == ("不能早于开始", "Too early")


# --- computed fields and line tables ----------------------------------------------------------------------------------

QTY = {"key": "qty", "type": "integer", "required": True, "min": "1"}
PRICE = {"key": "price", "type": "money"}
VALUE = {"key": "value", "type": "computed", "compute": "qty * price", "result": "money"}
TOTAL = {"key": "total", "type": "computed", "compute": "sum(items.value)", "result": "money"}


def gift(**options: Any) -> Template:
    line = {"key": "items", "fields": [QTY, PRICE, VALUE], **options}
    return template({"key": "title"}, TOTAL, lines=[line])


def test_totals_follow_their_lines() -> None:
    rows = [("", {"qty": "2", "price": "1.5"}), ("", {"qty": "3", "price": "10"})]
    result = check(gift(), {"title": "x", "total": "999"}, {"items": rows})
    assert result.values == {"title": "x", "total": "33.00"}
    assert [line.values["value"] for line in result.lines["items"]] == ["3.00", "30.00"]


def test_line_with_an_empty_operand_has_an_empty_value() -> None:
    result = check(gift(), {}, {"items": [("", {"qty": "2"})]})
    assert result.lines["items"][0].values == {"qty": "2"}
    assert result.values == {"total": "0.00"}


def test_finding_in_a_line_names_its_row() -> None:
    rows = [("", {"qty": "2"}), ("", {"qty": "0", "price": "1.234"}), ("L9", {})]
    result = check(gift(), {}, {"items": rows})
    assert codes(result.findings) == [
        ("V014", "items[2].qty"),
        ("V012", "items[2].price"),
        ("V001", "items[3].qty"),
    ]


def test_new_empty_row_is_no_row_and_a_stored_one_is() -> None:
    result = check(gift(), {}, {"items": [("", {"qty": " ", "price": None}), ("", {"qty": "1"})]})
    assert [line.values for line in result.lines["items"]] == [{"qty": "1"}]
    assert result.findings == ()


@pytest.mark.parametrize(("count", "code"), [(0, "V081"), (1, None), (2, None), (3, "V082")])
def test_line_table_has_a_fewest_and_a_most_rows(count: int, code: str | None) -> None:
    result = check(gift(min_rows=1, max_rows=2), {}, {"items": [("", {"qty": "1"})] * count})
    assert codes(result.findings) == ([(code, "items")] if code else [])


def test_lines_of_a_table_the_form_does_not_have_are_a_warning() -> None:
    assert codes(check(gift(), {}, {"gone": [("", {"a": "1"})]}).findings) == [("V083", "gone")]


def test_line_conditions_see_the_header_and_their_own_row() -> None:
    asked = {"all": [{"field": "kind", "equals": "other"}, {"field": "mode", "equals": "full"}]}
    line = {"key": "items", "fields": [{"key": "kind"}, {"key": "detail", "visible_if": asked}]}
    form = template({"key": "mode"}, lines=[line])
    rows = [("", {"kind": "other", "detail": "a"}), ("", {"kind": "usual", "detail": "b"})]
    assert [r.values for r in check(form, {"mode": "full"}, {"items": rows}).lines["items"]] == [
        {"kind": "other", "detail": "a"},
        {"kind": "usual"},
    ]
    assert "detail" not in check(form, {"mode": "brief"}, {"items": rows}).lines["items"][0].values


def test_read_only_field_of_a_line_keeps_what_is_stored() -> None:
    line = {
        "key": "items",
        "fields": [{"key": "qty"}, {"key": "done", "read_only_if": {"field": "done", "empty": False}}],
    }
    form = template({"key": "a"}, lines=[line])
    stored_lines = {"items": {"L1": {"qty": "1", "done": "是"}}}
    rows = [("L1", {"qty": "2", "done": "否"})]
    result = check(form, {}, {"items": rows}, stored_lines=stored_lines)
    assert result.lines["items"][0].values == {"qty": "2", "done": "是"}


def test_line_sees_the_headers_fields_in_its_expressions() -> None:
    line = {"key": "items", "fields": [
        {"key": "amount", "type": "money"},
        {"key": "share", "type": "computed", "compute": "amount / total", "result": "percent"},
    ]}  # fmt: skip
    total = {"key": "total", "type": "computed", "compute": "sum(items.amount)", "result": "money"}
    result = check(template(total, lines=[line]), {}, {"items": [("", {"amount": "1"}), ("", {"amount": "2"})]})
    assert [row.values["share"] for row in result.lines["items"]] == ["0.3333", "0.6667"]


def test_division_by_zero_leaves_the_field_empty_and_does_not_stop_the_record() -> None:
    form = template({"key": "a", "type": "integer"}, {"key": "r", "type": "computed", "compute": "1 / a"})
    result = check(form, {"a": "0"})
    assert result.values == {"a": "0"}
    assert [(f.code, f.severity, str(f.at)) for f in result.findings] == [("V070", Severity.WARNING, "r")]


@pytest.mark.parametrize(
    ("compute_text", "result", "text"),
    [
        ("1 / 3", "decimal", "0.33333333333333"),
        ("200 / 3", "decimal", "66.6666666666667"),
        ("2.675 * 1", "money", "2.68"),
        ("0 - 0.005", "money", "-0.01"),
        ("2.5 * 1", "integer", "3"),
        ("1 / 8", "percent", "0.125"),
        ("1 = 1", "bool", "是"),
        ("join('a', 'b')", "text", "ab"),
        ("0 * 5", "money", "0.00"),
    ],
)
def test_result_is_rounded_half_up_to_what_its_field_keeps(compute_text: str, result: str, text: str) -> None:
    form = template({"key": "r", "type": "computed", "compute": compute_text, "result": result})
    assert compute(form, {}, {}, CONTEXT) == {"r": text}


def test_result_beyond_a_cells_digits_is_empty_with_a_finding() -> None:
    form = template(
        {"key": "a", "type": "money"}, {"key": "r", "type": "computed", "compute": "a * a", "result": "money"}
    )
    result = check(form, {"a": "9999999999999"})
    assert codes(result.findings) == [("V071", "r")]
    assert "r" not in result.values


def test_hidden_input_counts_as_empty_in_computed_fields() -> None:
    form = template(
        STATE,
        {"key": "a", "type": "integer", "visible_if": {"field": "state", "equals": "通过"}},
        {"key": "r", "type": "computed", "compute": "sum(a, 1)"},
        {"key": "s", "visible_if": {"field": "r", "greater": "5"}},
    )
    assert check(form, {"state": "通过", "a": "9", "s": "x"}).values == {"state": "通过", "a": "9", "r": "10", "s": "x"}
    assert check(form, {"state": "退回", "a": "9", "s": "x"}).values == {"state": "退回", "r": "1"}


def test_live_preview_has_only_computed_fields_with_empty_ones() -> None:
    rows = {"items": [{"qty": "2", "price": "3.00"}, {"qty": "2"}]}
    assert compute(gift(), {"title": "x"}, rows, CONTEXT) == {"total": "6.00"}
    assert compute_lines(gift(), {}, rows, CONTEXT) == {"items": ({"value": "6.00"}, {"value": ""})}


# --- the line in force ------------------------------------------------------------------------------------------------

POST = {"key": "post", "required": True, "example": "内勤", "in_force": {"line": "moves", "from": "on"}}
MOVES = {"key": "moves", "fields": [{"key": "on", "type": "date"}, {"key": "post"}]}
PERSON = template(POST, lines=[MOVES])


@pytest.mark.parametrize(
    ("moves", "post"),
    [
        ([("2026-01-01", "内勤")], "内勤"),
        ([("2026-01-01", "内勤"), ("2026-11-21", "主管")], "主管"),
        ([("2026-11-22", "主管"), ("2026-01-01", "内勤")], "内勤"),
        ([("2026-03-01", "一"), ("2026-03-01", "二")], "二"),
        ([("2026-11-22", "主管")], "填写的"),
        ([], "填写的"),
    ],
    ids=["one", "starts today", "future does not count", "same day, the later row", "none yet", "no rows"],
)
def test_field_takes_the_line_in_force_today(moves: list[tuple[str, str]], post: str) -> None:
    rows = {"moves": [("", {"on": on, "post": name}) for on, name in moves]}
    assert check(PERSON, {"post": "填写的"}, rows).values["post"] == post


def test_value_overruled_by_the_line_in_force_is_told() -> None:
    result = check(PERSON, {"post": "财务"}, {"moves": [("", {"on": "2026-01-01", "post": "内勤"})]})
    assert [(f.code, f.severity) for f in result.findings] == [("V085", Severity.INFO)]


def test_field_without_line_in_force_is_required_as_any_other() -> None:
    assert codes(check(PERSON, {}).findings) == [("V001", "post")]


# --- defaults and drivers ---------------------------------------------------------------------------------------------


def test_new_form_starts_with_its_defaults() -> None:
    form = template(
        {"key": "day", "type": "date", "default": "today"},
        {"key": "at", "type": "datetime", "default": "now"},
        {"key": "month", "type": "month", "default": "today"},
        {"key": "year", "type": "year", "default": "today"},
        {"key": "who", "type": "user", "default": "current_user"},
        {"key": "by", "default": "current_user"},
        {"key": "vip", "type": "bool", "default": "否"},
        {"key": "fee", "type": "money", "default": "1万"},
        {"key": "area", "default": "last_value"},
        {"key": "road", "default": "last_value"},
        {"key": "none"},
        lines=[{"key": "items", "fields": [{"key": "n", "type": "integer", "default": "1"}, {"key": "m"}]}],
    )
    assert defaults(form, CONTEXT, {"area": "浦东", "none": "x"}) == {
        "day": "2026-11-21",
        "at": "2026-11-21 10:00:00",
        "month": "2026-11",
        "year": "2026",
        "who": "S001",
        "by": "S001 张三",
        "vip": "否",
        "fee": "10000.00",
        "area": "浦东",
    }
    assert line_defaults(form.lines[0], CONTEXT) == {"n": "1"}


def test_default_of_nobody_is_empty() -> None:
    form = template({"key": "who", "type": "user", "default": "current_user"})
    assert defaults(form, replace(CONTEXT, actor=None), {}) == {}


def test_default_is_not_put_into_a_submission_by_itself() -> None:
    assert check(template({"key": "day", "type": "date", "default": "today"}), {}).values == {}


def test_fields_that_redraw_the_form_are_known() -> None:
    asked = {"any": [{"field": "kind", "equals": "x"}, {"field": "mode", "equals": "y"}]}
    form = template(
        STATE,
        REASON,
        {"key": "name", "similar": "company"},
        {"key": "who", "type": "user", "fill": {"plain": "name"}},
        {"key": "plain"},
        {"key": "rate", "type": "percent"},
        {"key": "fee", "type": "computed", "compute": "rate * sum(items.qty)"},
        {"key": "mode"},
        lines=[{"key": "items", "fields": [
            {"key": "qty", "type": "integer"},
            {"key": "kind"},
            {"key": "more", "visible_if": asked},
        ]}],
    )  # fmt: skip
    assert drivers(form) == {"state", "name", "who", "rate", "items.qty", "items.kind", "mode"}


# --- pydantic ---------------------------------------------------------------------------------------------------------

ERRORS_OF_NODE: Mapping[str, frozenset[str]] = {
    "model": frozenset({"model_type"}),
    "model-fields": frozenset({"model_type", "model_attributes_type", "extra_forbidden", "invalid_key"}),
    "model-field": frozenset(),
    "default": frozenset(),
    "nullable": frozenset(),
    "int": frozenset({"int_type", "greater_than_equal", "less_than_equal"}),
    "decimal": frozenset(
        {"is_instance_of", "decimal_type", "decimal_parsing", "finite_number", "greater_than_equal", "less_than_equal"}
    ),
    "date": frozenset({"date_type", "greater_than_equal", "less_than_equal"}),
    "datetime": frozenset({"datetime_type", "greater_than_equal", "less_than_equal"}),
    "bool": frozenset({"bool_type"}),
    "literal": frozenset({"literal_error"}),
    "tuple": frozenset({"tuple_type"}),
    "str": frozenset({"string_type", "string_unicode", "string_too_long", "string_pattern_mismatch"}),
}
"""Kind of core schema node → error types it can raise in strict mode with the constraints our models use."""


def every_type() -> Template:
    extra: dict[str, dict[str, Any]] = {
        "choice": {"choices": choices("甲")},
        "multi_choice": {"choices": choices("甲")},
        "computed": {"compute": "1"},
        "integer": {"min": "1", "max": "2"},
        "money": {"min": "1", "max": "2"},
        "date": {"min": "2026-01-01", "max": "2026-12-31"},
        "datetime": {"min": "2026-01-01 00:00"},
        "text": {"max_length": 3, "pattern": {"regex": "a+", "hint": {"zh": "一", "en": "One"}}},
    }
    return template(*({"key": name, "type": name, **extra.get(name, {})} for name in FIELD_TYPES))


def nodes(schema: Any) -> list[Mapping[str, Any]]:
    """Every node of a core schema."""
    if isinstance(schema, list | tuple):
        return [node for part in schema for node in nodes(part)]
    if not isinstance(schema, Mapping):
        return []
    below = [node for key, part in schema.items() if key not in ("metadata", "config", "cls") for node in nodes(part)]
    return [schema, *below] if isinstance(schema.get("type"), str) else below


def test_every_error_our_models_can_raise_has_a_message() -> None:
    schema = model_of(every_type()).__pydantic_core_schema__
    kinds = {str(node["type"]) for node in nodes(schema)} - {"definitions"}
    assert kinds <= set(ERRORS_OF_NODE), "a new kind of node: look up which errors it raises"
    raised = frozenset().union(*(ERRORS_OF_NODE[kind] for kind in kinds))
    assert raised <= set(PYDANTIC_CODES)


def test_every_error_type_in_the_table_exists() -> None:
    assert set(PYDANTIC_CODES) <= set(get_args(core_schema.ErrorType))


JUNK = [None, True, -1, 1.5, float("nan"), "", "x" * 10, b"x", [], {}, object()]


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: f"{type(junk).__name__} {str(junk)[:7]}")
def test_no_value_lands_in_unknown(junk: object) -> None:
    form = every_type()
    with pytest.raises(ValidationError) as raised:
        model_of(form).model_validate({field.key: junk for field in form.fields} | {"unknown": junk})
    assert {str(detail["type"]) for detail in raised.value.errors()} <= set(PYDANTIC_CODES)


def test_actor_is_the_one_who_signs() -> None:
    form = template({"key": "ok", "type": "decision"})
    assert check(form, {"ok": "通过"}).values["ok"].startswith(f"通过 · {ZHANG.signature} · 2026-11-21 10:00")
