"""Options of a rule pack given for one run, as `--set name=value` gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from schemas.finding import FileRef, Finding
from schemas.option_findings import OptionPath, close_word
from schemas.pack_layers import merged
from schemas.yaml_nodes import read_text

_WORDS: Mapping[str, Any] = {"null": None, "true": True, "false": False}


def overridden(data: dict[str, Any], option: str, text: str) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """The raw options of a pack with one of them replaced, and what is wrong with the text.

    text: a word or number as it is ("null" takes the value away); a list or table in YAML, `[…]` or `{…}`, in which
    numbers need no quotes. A list replaces the one there was, a table is merged into it key by key.
    """
    value: Any = _WORDS.get(text, text)
    if text.startswith(("[", "{")):
        document = read_text(text, shown_as(option))
        if document.findings:
            return data, tuple(document.findings)
        value = _plain(document.data)
    for part in reversed(option.split(".")):
        value = {part: value}
    return merged(data, value), ()


def shown_as(option: str) -> str:
    """Where a finding about the option says it stands."""
    return f"--set {option}"


def places(overrides: Mapping[str, str], below: Callable[[OptionPath], FileRef]) -> Callable[[OptionPath], FileRef]:
    """Where an option comes from: given for this run, or a line of a file."""

    def at(path: OptionPath) -> FileRef:
        given = (option for option in overrides if path[: option.count(".") + 1] == tuple(option.split(".")))
        option = next(given, None)
        return below(path) if option is None else FileRef(shown_as(option), 1)

    return at


def find_unknown(option: str, rules: BaseModel, known: Mapping[str, str]) -> tuple[Finding, ...]:
    """E105 unless the pack has such an option. known: names that may be meant."""
    if _has(rules, option.split(".")):
        return ()
    return (Finding("E105", None, {"option": option, "did_you_mean": close_word(option, known)}),)


def _has(place: object, path: list[str]) -> bool:
    """Whether a value stands there, or may: tables of single values (exchange rates) take any name."""
    if not path:
        return True
    if isinstance(place, BaseModel):
        for name, info in type(place).model_fields.items():
            if path[0] in (info.alias or name, name):
                return _has(getattr(place, name), path[1:])
        return False
    if not isinstance(place, Mapping):
        return False
    if path[0] in place:
        return _has(place[path[0]], path[1:])
    return len(path) == 1 and not any(isinstance(value, BaseModel) for value in place.values())


def _plain(value: Any) -> Any:
    """Numbers as the texts they were written as: nothing else reads a command line and could take them for others."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
