"""The options of a rule pack as questions: what may be answered, and which of them the owner is asked first.

Texts are locale entries: `option.<name>` the question, `option.<name>.<answer>` what an answer does,
`question.<n>` and `question.<n>.changes` for the ten questions the documents leave open.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from schemas.rule_packs import RulePack

OPEN_QUESTIONS: Mapping[int, tuple[str, ...]] = {
    1: ("commission.exact_10000", "commission.gap"),
    2: ("commission.basis",),
    3: ("commission.settle_offset", "commission.settle_day", "commission.settle_roll"),
    4: ("commission.pt_net", "commission.pt_basis", "commission.gold_guard"),
    5: ("commission.floor.base", "commission.floor.method"),
    6: ("approvals.AF02.gm_threshold",),
    7: ("grades.primary",),
    8: ("approvals.AF05.block_officials",),
    9: ("kpi.cap", "kpi.points_for_each", "kpi.weights"),
    10: ("calendar.segments", "calendar.on_missing_year"),
}
"""The owner's ten open questions and the options that answer them; the answers change numbers."""


def answers_to(option: str) -> tuple[str, ...]:
    """The words an option takes, in the order the model names them; () for numbers, amounts and lists.

    Raises KeyError for an option no pack has.
    """
    annotation: Any = RulePack
    for part in option.split("."):
        annotation = _inside(annotation, part)
    return _words(annotation)


def _inside(annotation: Any, part: str) -> Any:
    """The annotation of a model's field or of a mapping's value."""
    for candidate in _members(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            for name, info in candidate.model_fields.items():
                if part in (name, info.alias):
                    return info.annotation
        elif get_origin(candidate) is dict:
            return get_args(candidate)[1]
    raise KeyError(part)


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, UnionType):
        return tuple(member for part in get_args(annotation) for member in _members(part))
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    return (annotation,)


def _words(annotation: Any) -> tuple[str, ...]:
    found: list[str] = []
    for member in _members(annotation):
        if get_origin(member) is Literal:
            found += map(str, get_args(member))
        elif member is bool:
            found += ("true", "false")
    return tuple(found)
