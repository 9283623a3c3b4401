"""Records saved in two steps: at first without the answers a template names under `pending`, completed later.

Until then a record stands as 待确认: deadlines run and lists show it, but it counts as submitted only once complete.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.record import LIVE, PENDING
from schemas.template import Template

_SUBMISSION = ("submitted_at", "approved_at")


def is_begun(template: Template, values: Mapping[str, str]) -> bool:
    """Whether any of the later answers is there."""
    return any(values.get(key) for key in template.pending)


def is_complete(template: Template, values: Mapping[str, str]) -> bool:
    """Whether all of the later answers are there; always so for templates without any."""
    return all(values.get(key) for key in template.pending)


def standing(template: Template, row: Mapping[str, str], at: str) -> dict[str, str]:
    """A live row's values with its status, and when it was submitted: now (`at`) if it just became complete.

    row: field values and system columns, canonical texts.
    """
    if is_complete(template, row):
        return {**dict.fromkeys(_SUBMISSION, at), **row, "status": LIVE}
    kept = {key: text for key, text in row.items() if key not in _SUBMISSION}
    return {**kept, "status": PENDING}
