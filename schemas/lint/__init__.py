"""Lint: what a template may not say although each of its options is well formed.

Each check is a function from a template (or all templates) to flaws; a template is checked by all of them, so that one
run shows everything there is to fix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from schemas.lint.across import CATALOGUE_CHECKS
from schemas.lint.conditions import find_condition_flaws
from schemas.lint.expressions import find_expression_flaws
from schemas.lint.fields import find_field_flaws
from schemas.lint.flaw import Flaw
from schemas.lint.forms import find_form_flaws
from schemas.template import Template

__all__ = ["Flaw", "find_catalogue_flaws", "find_flaws"]

TEMPLATE_CHECKS: tuple[Callable[[Template], Iterable[Flaw]], ...] = (
    find_form_flaws,
    find_field_flaws,
    find_condition_flaws,
    find_expression_flaws,
)


def find_flaws(template: Template) -> Iterator[Flaw]:
    """Flaws of one template on its own."""
    for check in TEMPLATE_CHECKS:
        yield from check(template)


def find_catalogue_flaws(templates: list[Template], known: frozenset[str]) -> Iterator[tuple[str, Flaw]]:
    """(template key, flaw) for what only shows beside the other templates.

    known: keys of all templates there are, those with errors included.
    """
    for check in CATALOGUE_CHECKS:
        yield from check(templates, known)
