"""The company's working calendar on `manage.py report`: its own days off, hours, and years that are not published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.services.test_reports import asked, run, workbook, write

__all__ = ["workbook"]  # the fixture
OVERRIDES: list[list[Any]] = [
    ["日期", "安排", "说明"],
    [date(2026, 11, 23), "休息", "厂庆"],
    [date(2026, 11, 28), "上班", "补班"],
    [date(2027, 1, 1), "上班", "盘点"],
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def book(place: Path, tasks: Sequence[str], *more: tuple[str, list[list[Any]]]) -> Path:
    """Large analyses (three working days, D33) and an urgent matter found on 30 September at 9:30 (D57: four hours)."""
    task = ["任务", "规模", "交办时间", "执行人"]
    return write(place / "calendar.xlsx", {
        "数据分析任务": [task, *([f"t{at}", "大型", moment(text), "S001"] for at, text in enumerate(tasks))],
        "巡访紧急报告": [["报告时间", "事项类别", "发现时间", "内容"], [None, "其他", moment("2026-09-30 09:30"), "x"]],
        **dict(more),
    })  # fmt: skip


def dues(found: dict[str, Any], rule: str) -> list[tuple[str, bool]]:
    """Due moments with whether they are provisional."""
    values = [line["values"] for line in found["lines"] if line["values"]["rule"] == rule]
    return sorted((one["due_at"][:19].replace("T", " "), one["provisional"]) for one in values)


def test_the_companys_own_days_come_before_the_official_ones(
    workbook: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """From Friday 20 November: Tuesday to Thursday, Monday being off. From Wednesday 25: Saturday 28 is worked. From
    29 December: 30 and 31 December and the 1 January the company works, which is no guess any more."""
    path = book(
        workbook.parent, ["2026-11-20 10:00", "2026-11-25 10:00", "2026-12-29 10:00"], ("休息日与调班", OVERRIDES)
    )
    assert dues(asked(capsysbinary, path), "D33") == [
        ("2026-11-26 23:59:59", False), ("2026-11-28 23:59:59", False), ("2027-01-01 23:59:59", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "due"),
    [("statutory_projection", "2027-01-04 23:59:59"), ("weekend_only", "2027-01-01 23:59:59")],
)
def test_a_year_that_is_not_published_is_projected_and_flagged(
    workbook: Path, capsysbinary: pytest.CaptureFixture[bytes], setting: str, due: str
) -> None:
    found = asked(
        capsysbinary, book(workbook.parent, ["2026-12-29 10:00"]), "--set", f"calendar.on_missing_year={setting}"
    )
    assert dues(found, "D33") == [(due, True)]
    assert [one["params"] for one in found["findings"] if one["code"] == "E211"] == [{"year": "2027"}]


def test_a_year_that_is_not_published_stops_the_report_only_where_the_pack_wants_no_guess(
    workbook: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = book(workbook.parent, ["2026-12-29 10:00"])
    question = (
        "deadlines",
        "--as-of",
        "2026-10-12",
        "--workbook",
        str(path),
        "--set",
        "calendar.on_missing_year=error",
    )
    code, out, complaint = run(capsysbinary, *question)
    assert (code, out) == (2, b"")
    assert "2027" in complaint
    assert "statutory_projection" in complaint


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        pytest.param([], "2026-09-30 15:00:00", id="2.5 hours to 12:00, 1.5 from 13:30"),
        pytest.param(["--set", 'calendar.segments=[["08:00","12:00"],["14:00","17:00"]]'], "2026-09-30 15:30:00",
                     id="2.5 hours to 12:00, 1.5 from 14:00"),
        pytest.param(["--set", 'calendar.segments=[["08:00","10:00"],["10:30","12:00"],["14:00","17:30"]]'],
                     "2026-09-30 16:00:00", id="half an hour, 1.5 from 10:30, 2 from 14:00"),
        pytest.param(["--set", 'calendar.segments=[["08:00","12:00"]]'], "2026-10-08 09:30:00",
                     id="2.5 hours to 12:00, 1.5 on the morning after the holidays"),
    ],
)  # fmt: skip
def test_working_hours_are_the_packs(
    workbook: Path, capsysbinary: pytest.CaptureFixture[bytes], hours: list[str], due: str
) -> None:
    found = asked(capsysbinary, book(workbook.parent, []), *hours)
    assert dues(found, "D57") == [(due, False)]
