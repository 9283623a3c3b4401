"""A record's versions: what each write changed, and going back to one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.record import Actor, Record, Rejected, Saved
from services.app import App
from services.versions import Edit, Version
from tests.services.print_samples import BOX, MANAGER, NECKLACE, READER, VALUES, add_form, gift


@pytest.fixture
def few_forms(few_forms: Path) -> Path:
    add_form(few_forms)
    return few_forms


@pytest.fixture
def first(portal: App, admin: Actor) -> Record:
    return gift(portal, admin, NECKLACE, BOX, **VALUES)


def versions(portal: App, record: Record, actor: Actor) -> tuple[Version, ...]:
    return portal.versions.of("gifts", record.record_id, actor)


def as_it_is(portal: App, record: Record, actor: Actor) -> Record:
    found = portal.repository.get("gifts", record.record_id, actor)
    assert found is not None
    return found


def line_texts(record: Record) -> list[tuple[str, str]]:
    return [(line.values["gift"], line.values["pieces"]) for line in record.lines["items"]]


def with_ids(record: Record, *changed: dict[str, str]) -> list[dict[str, str]]:
    return [{"line_id": line.line_id, **values} for line, values in zip(record.lines["items"], changed, strict=False)]


def test_a_new_record_is_one_version_without_edits(portal: App, admin: Actor, first: Record) -> None:
    [version] = versions(portal, first, admin)
    assert (version.verb, version.actor, version.source, version.edits) == ("create", "S001 孙丽", "portal", ())
    assert version.values["receiver"] == "王女士"
    assert [state.values["gift"] for state in version.lines["items"].values()] == ["18K金项链", "礼盒"]


def test_one_save_of_header_and_lines_is_one_version(portal: App, admin: Actor, first: Record) -> None:
    lines = with_ids(first, {**NECKLACE, "pieces": "5"}, BOX)
    gift(portal, admin, *lines, record=first, receiver="李先生")
    newest = versions(portal, first, admin)[0]
    assert set(newest.edits) == {
        Edit("receiver", "王女士", "李先生"),
        Edit("total", "317.00", "702.50"),
        Edit("pieces", "2", "5", "items", 1),
        Edit("amount", "257.00", "642.50", "items", 1),
    }
    assert newest.line_changes == ()


def test_lines_that_came_and_went_are_told_whole(portal: App, admin: Actor, first: Record) -> None:
    second = {"gift": "丝巾", "pieces": "1", "price": "99"}
    gift(portal, admin, *with_ids(first, NECKLACE), second, record=first)
    newest = versions(portal, first, admin)[0]
    assert {(change.values["gift"], change.came) for change in newest.line_changes} == {("丝巾", True), ("礼盒", False)}


def test_withdrawing_is_a_version_with_its_reason_and_does_not_list_every_line(
    portal: App, admin: Actor, first: Record
) -> None:
    portal.repository.withdraw("gifts", first.record_id, reason="重复", etag=first.etag, key="k", actor=admin)
    newest = versions(portal, first, admin)[0]
    assert (newest.verb, newest.reason, newest.edits, newest.line_changes) == ("withdraw", "重复", (), ())


def test_one_field_goes_back_and_the_others_stay(portal: App, admin: Actor, first: Record) -> None:
    edited = gift(portal, admin, record=first, receiver="李先生", remark="新的说明")
    revision = versions(portal, first, admin)[0].revision
    assert isinstance(portal.versions.restore(edited, revision, admin, key="back", only="receiver"), Saved)
    now = as_it_is(portal, first, admin)
    assert (now.values["receiver"], now.values["remark"]) == ("王女士", "新的说明")


def test_a_field_that_was_empty_goes_back_to_empty(portal: App, admin: Actor) -> None:
    first = gift(portal, admin)
    edited = gift(portal, admin, record=first, remark="写错了")
    revision = versions(portal, first, admin)[0].revision
    outcome = portal.versions.restore(edited, revision, admin, key="back", only="remark")
    assert isinstance(outcome, Saved)
    assert "remark" not in as_it_is(portal, first, admin).values


def test_the_whole_version_comes_back_with_its_lines_and_the_history_keeps_everything(
    portal: App, admin: Actor, first: Record
) -> None:
    changed = gift(portal, admin, *with_ids(first, {**NECKLACE, "pieces": "9"}), record=first, receiver="李先生",
                   budget="", remark="改了")  # fmt: skip
    oldest = versions(portal, first, admin)[-1]
    assert set(portal.versions.differences(changed, oldest, admin)) == {"receiver", "budget", "remark", "items"}
    assert isinstance(portal.versions.restore(changed, oldest.revision, admin, key="back"), Saved)
    now = as_it_is(portal, first, admin)
    assert dict(now.values) == dict(first.values)
    assert line_texts(now) == line_texts(first)
    assert [version.verb for version in versions(portal, first, admin)] == ["edit", "edit", "create"]


def test_pressed_twice_it_goes_back_once(portal: App, admin: Actor, first: Record) -> None:
    edited = gift(portal, admin, record=first, receiver="李先生")
    revision = versions(portal, first, admin)[-1].revision
    for _ in range(2):
        assert isinstance(portal.versions.restore(edited, revision, admin, key="back"), Saved)
    assert len(versions(portal, first, admin)) == 3


def test_there_is_nothing_to_go_back_to_when_it_reads_the_same(portal: App, admin: Actor, first: Record) -> None:
    [version] = versions(portal, first, admin)
    assert portal.versions.differences(first, version, admin) == ()
    assert portal.versions.restore(first, version.revision, admin, key="back") is None


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(portal: App, admin: Actor, first: Record) -> None:
    edited = gift(portal, admin, record=first, receiver="李先生")
    revision = versions(portal, first, admin)[0].revision
    gift(portal, admin, record=edited, receiver="赵女士")
    refused = portal.versions.restore(edited, revision, admin, key="back", only="receiver")
    assert isinstance(refused, Rejected)
    assert [finding.code for finding in refused.findings] == ["R010"]
    assert as_it_is(portal, first, admin).values["receiver"] == "赵女士"


def test_who_may_not_edit_cannot_go_back(portal: App, admin: Actor, first: Record) -> None:
    edited = gift(portal, admin, record=first, remark="新的说明")
    revision = versions(portal, first, admin)[-1].revision
    shown = as_it_is(portal, edited, READER)
    refused = portal.versions.restore(shown, revision, READER, key="back")
    assert isinstance(refused, Rejected)
    assert [finding.code for finding in refused.findings] == ["P001"]


def test_the_past_of_masked_and_hidden_fields_is_masked_and_hidden(portal: App, admin: Actor, first: Record) -> None:
    gift(portal, admin, record=first, phone="13800001111", cost="900")
    newest = versions(portal, first, READER)[0]
    assert newest.edits == (Edit("phone", "139****5678", "138****1111"),)


def test_going_back_leaves_what_one_may_not_see_as_it_is(portal: App, admin: Actor, first: Record) -> None:
    writer = Actor("a6", "S006", "孙八", frozenset({"sales_rep"}))
    own = gift(portal, writer, applicant="", remark="初稿")
    portal.repository.get("gifts", own.record_id, MANAGER)
    changed = gift(portal, admin, record=as_it_is(portal, own, admin), remark="二稿", cost="500")
    oldest = versions(portal, own, writer)[-1]
    shown = as_it_is(portal, changed, writer)
    assert isinstance(portal.versions.restore(shown, oldest.revision, writer, key="back"), Saved)
    now = as_it_is(portal, own, admin)
    assert (now.values["remark"], now.values["cost"]) == ("初稿", "500.00")


ROW = st.fixed_dictionaries(
    {"gift": st.sampled_from("甲乙丙"), "pieces": st.sampled_from("123"), "price": st.just("1")}
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_version_of_any_past_can_be_brought_back(portal: App, admin: Actor, data: st.DataObject) -> None:
    record = gift(portal, admin, *data.draw(st.lists(ROW, max_size=3)), remark="零")
    states = [record]
    for step in range(data.draw(st.integers(1, 3))):
        kept = [{"line_id": one.line_id, **dict(one.values, amount="")} for one in record.lines["items"]]
        kept = [{k: v for k, v in row.items() if k != "amount"} for row in kept if data.draw(st.booleans())]
        rows = [*kept, *data.draw(st.lists(ROW, max_size=2))]
        record = gift(portal, admin, *(rows or [{}]), record=record, remark=f"第{step}次")
        states.append(record)
    past = list(reversed(versions(portal, record, admin)))
    assert [dict(version.values) for version in past] == [dict(state.values) for state in states]
    chosen = data.draw(st.integers(0, len(states) - 1))
    portal.versions.restore(record, past[chosen].revision, admin, key=portal.new_id())
    now = as_it_is(portal, record, admin)
    assert (dict(now.values), line_texts(now)) == (dict(states[chosen].values), line_texts(states[chosen]))
