"""What pydantic has to say about options in a file, as findings at their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from schemas.contradiction import Contradiction
from schemas.finding import FileRef, Finding, Param

OptionPath = tuple[str | int, ...]
_CODES: Mapping[str, str] = {
    "missing": "T010",
    "extra_forbidden": "T011",
    "literal_error": "T012",
    "string_pattern_mismatch": "T013",
    "too_short": "T015",
    "string_too_short": "T015",
    "greater_than_equal": "T016",
    "less_than_equal": "T016",
    "greater_than": "T016",
    "less_than": "T016",
    "value_error": "T017",
}
"""Pydantic error type → our code; every other type says the value is of the wrong kind, T014."""
_LIMITS: Mapping[str, str] = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_parsing": "number",
    "int_type": "number",
    "bool_parsing": "bool",
    "bool_type": "bool",
    "exact_number": "exact",
    "iso_day": "day",
    "date_from_datetime_parsing": "day",
    "time_parsing": "time",
    "time_type": "time",
    "too_long": "pair",
    "tuple_type": "list",
    "list_type": "list",
    "dict_type": "mapping",
    "model_type": "mapping",
    "model_attributes_type": "mapping",
}


def option_findings(
    error: ValidationError, at: Callable[[OptionPath], FileRef], model: type[BaseModel]
) -> list[Finding]:
    """A finding for each pydantic error of `model`; `at` says where a path of options stands in the file.

    A list whose items are wrong is not also told to be empty.
    """
    details = error.errors(include_url=False)
    paths = [detail["loc"] for detail in details]
    return [
        _option_finding(detail, at, model)
        for detail in details
        if detail["type"] != "too_short" or not any(_is_inside(path, detail["loc"]) for path in paths)
    ]


def _is_inside(path: OptionPath, outer: OptionPath) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _option_finding(detail: Any, at: Callable[[OptionPath], FileRef], model: type[BaseModel]) -> Finding:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    code = _code(detail, path)
    context = detail.get("ctx") or {}
    path += getattr(context.get("error"), "inside", ())
    option = next((part for part in reversed(path) if isinstance(part, str)), "")
    params: dict[str, Any] = {"option": option, "value": shown(detail.get("input"))}
    if code == "T011" and detail.get("input") is None and not option.isidentifier():
        code = "T018"  # {zh: 大于, en: More than 50,000 CNY}: the comma ended the text
    elif code == "T011":
        params |= {"did_you_mean": close_word(option, _options_around(path, model))}
    elif code == "T012":
        words = str(context.get("expected", "")).replace(" or ", ", ").split(", ")
        expected = tuple(word.strip("'") for word in words)
        params |= {"expected": expected, "did_you_mean": close_word(params["value"], expected)}
    elif code == "T014":
        params |= {"expected_word": f"kind.{_expected(detail)}"}
    elif code == "T017":
        params |= _problem(context.get("error"))
    elif code == "T016":
        params |= {"limit": next(f"{sign} {context[name]}" for name, sign in _LIMITS.items() if name in context)}
    return Finding(code, at(path), params)


def _code(detail: Any, path: OptionPath) -> str:
    """The code of one pydantic error; a pattern that is no name's, and a missing part of a pair, are wrong values."""
    if detail["type"] == "string_pattern_mismatch" and "[a-z]" not in detail["ctx"]["pattern"]:
        return "T014"
    if detail["type"] == "missing" and isinstance(path[-1], int):
        return "T014"
    return _CODES.get(detail["type"], "T014")


def _expected(detail: Any) -> str:
    """The kind of value that belongs here."""
    kind = {"string_pattern_mismatch": "time", "missing": "pair"}
    return kind.get(detail["type"]) or _EXPECTED.get(detail["type"], "other")


def _problem(error: object) -> dict[str, Param]:
    """What does not hold together, as a text of the locale files with its own parameters."""
    if isinstance(error, Contradiction):
        return {**error.params, "problem_word": f"problem.{error.code}"}
    return {"problem_word": str(error)}


def shown(value: object) -> str:
    """A value of a file inside a sentence."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return value if isinstance(value, str) else type(value).__name__


def close_word(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, "" when none is near."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def _options_around(path: Sequence[str | int], root: type[BaseModel]) -> tuple[str, ...]:
    """The options known where an unknown one stands, found by walking the meta-model along the path."""
    model: type[BaseModel] | None = root
    in_mapping = False
    for part in path[:-1]:
        if isinstance(part, int) or model is None:
            continue
        if in_mapping:  # the part is a name the file chose, such as a rule's number
            in_mapping = False
            continue
        annotation = _annotation_at(model, part)
        in_mapping, model = get_origin(annotation) is dict, _model_in(annotation)
    return tuple(info.alias or name for name, info in model.model_fields.items()) if model else ()


def _annotation_at(model: type[BaseModel], option: str) -> Any:
    return next((info.annotation for name, info in model.model_fields.items() if option in (name, info.alias)), None)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
