"""Every shipped form: it renders, takes its own examples, is saved, and reads back from the workbook as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from schemas.record import Record
from schemas.template import Field, Label, LineTable, Template
from services.records import ListQuery
from services.report_data import ReportData, read_workbook
from tests.forms.answers import answers_to
from tests.forms.conftest import CATALOGUE, NOW, Desk, every_template
from tests.pages.conftest import draft_id, go, know_visited_server

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")
QUOTED = re.compile(r"“[^”]*”|\(such as [^)]*\)")
"""Data quoted in an English text, as people type it."""
ALLOWED = frozenset({"Email", "DEMO", "key", "contract", "company"})
"""Latin words that are data, or that the company's own forms print."""


@pytest.fixture(scope="session")
def filled(desk: Desk) -> Mapping[str, Record]:
    """One record of every form, filled in with its examples; by template."""
    records = {}
    for template in CATALOGUE:
        desk.key_of(template.key)
        record = desk.app.repository.get(template.key, desk.saved[template.key].record_id, desk.actor(template))
        assert record is not None
        records[template.key] = record
    return records


@pytest.fixture(scope="session")
def workbook(desk: Desk, filled: Mapping[str, Record]) -> ReportData:
    """The published workbook, read from the file alone."""
    desk.app.sync.fold_now()
    return read_workbook(desk.app.config.workbook, CATALOGUE, NOW)


# --- filled in and saved ---------------------------------------------------------------------------------------------


@every_template
def test_a_form_filled_in_with_its_examples_is_saved_whole(
    desk: Desk, filled: Mapping[str, Record], template: Template
) -> None:
    asked = answers_to(template, desk.key_of)
    shown = {key for key in asked if asked[key] and not template.by_key[key].visible_if}
    record = filled[template.key]
    assert shown - set(record.values) == set()
    assert all(len(record.lines[line.key]) == 1 for line in template.lines)


@every_template
def test_every_number_and_computed_value_is_there(filled: Mapping[str, Record], template: Template) -> None:
    record = filled[template.key]
    made = [field.key for field in template.fields if field.type == "serial"]
    assert [key for key in made if not record.values.get(key)] == []


@every_template
def test_the_workbook_alone_gives_the_record_back(
    filled: Mapping[str, Record], workbook: ReportData, template: Template
) -> None:
    record = filled[template.key]
    [row] = [row for row in workbook.rows[template.key] if row["record_id"] == record.record_id]
    assert {key: row.get(key, "") for key in template.by_key} == {
        key: record.values.get(key, "") for key in template.by_key
    }
    for line in template.lines:
        rows = [row for row in workbook.rows[f"{template.key}.{line.key}"] if row["record_id"] == record.record_id]
        keys = [field.key for field in line.fields]
        assert [{key: row.get(key, "") for key in keys} for row in rows] == [
            {key: one.values.get(key, "") for key in keys} for one in record.lines[line.key]
        ]


def test_nothing_in_the_workbook_is_remarked_upon(workbook: ReportData) -> None:
    assert workbook.findings == ()


@every_template
def test_the_list_finds_the_record_by_what_stands_in_it(
    desk: Desk, filled: Mapping[str, Record], template: Template
) -> None:
    record = filled[template.key]
    searched = next(
        (record.values[f.key] for f in template.fields if f.type == "text" and record.values.get(f.key)), ""
    )
    page = desk.app.repository.page(template.key, desk.admin, ListQuery(search=searched))
    assert record.record_id in [one.record_id for one in page.records]


# --- drawn -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def tab(desk: Desk, filled: Mapping[str, Record]) -> Iterator[AppTest]:
    """One browser tab, signed in, that all forms are opened in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pages._ui.app.current", lambda: desk.app)
        know_visited_server(patch)
        at = AppTest.from_file(str(ROOT / "portal.py"), default_timeout=60)
        at.session_state["portal.token"] = desk.app.sessions.open(desk.account)
        at.session_state["portal.language"] = "zh"
        at._page_hash = calc_hash("templates")  # the desk would begin to work out what people owe
        at.run()
        at._page_hash = ""
        yield at


def drawn(at: AppTest) -> set[str]:
    """Keys of the fields on the screen, line tables among them."""
    mark = f"f.{draft_id(at)}."
    found = [str(getattr(one, "key", "")) for one in _elements(at.main)]
    return {key.removeprefix(mark).partition(".")[0] for key in found if key.startswith(mark)}


def _elements(block: Any) -> Iterator[Any]:
    for one in getattr(block, "children", {}).values():
        yield one
        yield from _elements(one)


@pytest.mark.parametrize(
    "template", [one for one in CATALOGUE if one.written_by == "people"], ids=lambda template: template.key
)
def test_a_new_form_asks_everything_no_condition_hides(tab: AppTest, template: Template) -> None:
    go(tab, "form", t=template.key)
    assert not tab.exception
    asked = {f.key for f in template.fields if f.type not in ("computed", "serial") and not f.visible_if}
    assert asked - drawn(tab) == set()
    headings = {one.value for one in tab.subheader}
    assert {line.label.zh for line in template.lines} - headings == set()


@every_template
def test_a_record_opens_with_what_stands_in_it(tab: AppTest, filled: Mapping[str, Record], template: Template) -> None:
    go(tab, "record", t=template.key, id=filled[template.key].record_id)
    assert not tab.exception
    assert tab.title[0].value


# --- worded ----------------------------------------------------------------------------------------------------------


def labels_of(template: Template) -> Iterator[tuple[str, Label]]:
    """Every text of a template people read, with where it stands."""
    yield "label", template.label
    yield from (("help", one) for one in [template.help] if one)
    yield from (("section", section.label) for section in template.sections)
    yield from (("rule", rule.message) for rule in template.rules)
    for table in (template, *template.lines):
        if isinstance(table, LineTable):
            yield table.key, table.label
        for field in table.fields:
            yield from ((field.key, one) for one in _texts_of(field))


def _texts_of(field: Field) -> Iterator[Label]:
    yield field.label
    yield from (one for one in (field.help, field.unit, field.pattern.hint if field.pattern else None) if one)
    yield from (Label(zh=choice.value, en=choice.en) for choice in field.choices)


@every_template
def test_chinese_texts_hold_no_english_and_english_ones_no_chinese(template: Template) -> None:
    found = [*labels_of(template)]
    english = [(where, one.zh) for where, one in found if not ALLOWED.issuperset(LATIN.findall(one.zh))]
    chinese = [(where, one.en) for where, one in found if HAN.search(QUOTED.sub("", one.en))]
    assert (english, chinese) == ([], [])


@every_template
def test_every_field_stands_in_exactly_one_section(template: Template) -> None:
    placed = [key for section in template.sections for key in section.fields]
    if template.sections:
        assert sorted(placed) == sorted(template.by_key)


@every_template
def test_the_list_shows_two_to_eight_columns_and_filters_it_can_filter_by(template: Template) -> None:
    assert 2 <= len(template.list_view.columns) <= 8
    telling = [template.by_key[key].type for key in template.list_view.filters]
    assert not {"long_text", "attachment"} & set(telling)


@every_template
def test_somebody_may_fill_it_in_and_somebody_may_read_it(template: Template) -> None:
    assert template.permissions.read
    assert template.permissions.create or template.group == "system"
