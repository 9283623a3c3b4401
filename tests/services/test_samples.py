"""The shipped sample records: dates count from the day of set-up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.samples import load_samples

SETUP_DAY = date(2026, 11, 21)


@pytest.fixture
def samples() -> dict[str, tuple]:
    return {file.template: file.records for file in load_samples(SETUP_DAY)}


def test_people_come_before_the_customers_they_own(samples) -> None:
    assert list(samples) == ["staff", "customer_info"]
    people = {record["staff_name"] for record in samples["staff"]}
    assert {record["owner_id"] for record in samples["customer_info"]} <= people


def test_there_are_six_people_and_the_handbooks_example_with_twelve_more_customers(samples) -> None:
    assert len(samples["staff"]) == 6
    assert len(samples["customer_info"]) == 13
    first = samples["customer_info"][0]
    assert (first["staff_count"], first["annual_revenue"], first["contact_title"]) == ("500", "1亿", "生产总监")


def test_a_date_alone_is_a_date_and_inside_a_sentence_it_reads_as_month_and_day(samples) -> None:
    first = samples["customer_info"][0]
    assert first["first_contact_on"] == "2026-11-03"
    assert first["next_follow_on"] == "2026-11-24"
    assert first["follow_up"] == "计划11月24日拜访，讨论方案细节"


def test_several_answers_stay_several(samples) -> None:
    assert samples["customer_info"][0]["need_tags"] == ("生产效率提升", "成本控制")


def test_no_sample_was_first_contacted_after_the_day_of_set_up(samples) -> None:
    assert all(record["first_contact_on"] < "2026-11-21" for record in samples["customer_info"])


def test_another_folder_can_stand_in(tmp_path: Path) -> None:
    (tmp_path / "staff.yaml").write_text('template: staff\nrecords: [{joined_on: "{today}"}]', encoding="utf-8")
    (tmp_path / "customer_info.yaml").write_text("template: customer_info\nrecords: []", encoding="utf-8")
    assert next(load_samples(SETUP_DAY, tmp_path)).records == ({"joined_on": "2026-11-21"},)
