"""Scripts and the stylesheet the screens hand to the browser, read once when a module is imported."""

from __future__ import annotations

from pathlib import Path


def asset(name: str) -> str:
    """The text of a file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
