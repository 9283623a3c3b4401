"""What every report answers over one book, as other programs get it; run as a module it prints a hash of each."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reports.frames import frames_of
from reports.registry import REPORTS, Request
from reports.statement import to_json
from schemas.calendar import WorkingCalendar
from schemas.labels import Labels
from tests.reports.books import ROOT, Row, catalogue, pack

NOW = datetime(2026, 11, 22, 10)  # noqa: DTZ001 (wall-clock time of the company)
LABELS = Labels.load(ROOT / "forms" / "locales")


def answers(of: Mapping[str, Sequence[Row]], month: str = "2026-10", language: str = "zh") -> dict[str, dict[str, Any]]:
    """Report → its JSON."""
    frames, _ = frames_of(catalogue().templates, of)
    rules, calendar = pack(), WorkingCalendar()
    asked = {name: Request(frames, rules, NOW, calendar, month if kind.month else "") for name, kind in REPORTS.items()}
    return {name: to_json(kind.function()(asked[name]), LABELS, language) for name, kind in REPORTS.items()}


def without_order_of_rows(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with links and findings sorted: people read both in the order of the sheet."""
    lines = [{**line, "sources": _sorted(line["sources"])} for line in answer["lines"]]
    return {**answer, "lines": lines, "findings": _sorted(answer["findings"])}


def _sorted(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def main() -> None:
    from tests.reports.test_statement_texts import busy_book

    for name, answer in answers(busy_book()).items():
        text = json.dumps(answer, ensure_ascii=False)
        sys.stdout.write(f"{name} {hashlib.sha256(text.encode()).hexdigest()}\n")


if __name__ == "__main__":
    main()
