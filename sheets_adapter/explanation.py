"""The sheet of a new workbook that tells people how to work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.labels import Labels

EXPLANATION_KEYS = (
    "workbook.title", "workbook.edit", "workbook.add", "workbook.sheets", "workbook.withdraw", "workbook.own",
    "workbook.ids", "workbook.conflict",
)  # fmt: skip


def explanation(labels: Labels, language: str) -> list[str]:
    """The lines of the sheet that tells people how to work in the workbook."""
    return [labels.text(key, language) for key in EXPLANATION_KEYS]
