"""Drafts: nothing typed is lost, nothing is written twice, nobody sees another's."""

from __future__ import annotations

import pytest

from schemas.finding import Finding
from schemas.record import Actor, Line, Record, TypedLine
from services.drafts import AlreadySaved, Draft, Drafts
from sheets_adapter.contract import Row, Written

ZHANG = Actor("acc-zhang", "S002", "张敏", frozenset({"sales_rep"}))
WANG = Actor("acc-wang", "S003", "王强", frozenset({"sales_rep"}))


@pytest.fixture
def journal() -> dict[str, Written]:
    """One-time key → what the journal wrote under it."""
    return {}


@pytest.fixture
def drafts(private, clock, new_id, journal) -> Drafts:
    return Drafts(private, clock=clock, new_id=new_id, written_under=journal.get)


def test_two_tabs_are_two_drafts_with_two_one_time_keys(drafts) -> None:
    first, second = drafts.new("customer_info", ZHANG), drafts.new("customer_info", ZHANG)
    assert first.draft_id != second.draft_id
    assert len({first.key, second.key, first.draft_id, second.draft_id}) == 4


def test_a_reload_brings_back_what_was_typed_with_the_same_key(drafts) -> None:
    draft = drafts.new("gift_request", ZHANG)
    typed = {"purpose": "会议", "need_tags": ("降本", "合规"), "empty": None}
    lines = {"items": [TypedLine("", {"item": "茶叶", "qty": "２"})]}
    saved = drafts.save(draft, ZHANG, values=typed, lines=lines)
    assert isinstance(saved, Draft)
    found = drafts.get(draft.draft_id, ZHANG)
    assert found == saved
    assert found.key == draft.key
    assert found.values == typed
    assert found.lines == {"items": (TypedLine("", {"item": "茶叶", "qty": "２"}),)}


def test_an_opened_form_nothing_was_typed_into_is_not_listed_but_survives_a_reload(drafts) -> None:
    draft = drafts.new("customer_info", ZHANG)
    assert drafts.mine(ZHANG) == ()
    assert drafts.get(draft.draft_id, ZHANG) == draft


def test_drafts_are_listed_newest_first_and_only_his_own(drafts, clock) -> None:
    for name in ("甲", "乙"):
        clock.forward(minutes=1)
        drafts.save(drafts.new("customer_info", ZHANG), ZHANG, values={"customer_name": name})
    drafts.save(drafts.new("customer_info", WANG), WANG, values={"customer_name": "丙"})
    assert [draft.values["customer_name"] for draft in drafts.mine(ZHANG)] == ["乙", "甲"]


def test_another_persons_draft_can_be_neither_read_nor_changed_nor_thrown_away(drafts) -> None:
    draft = drafts.new("customer_info", ZHANG)
    drafts.save(draft, ZHANG, values={"customer_name": "甲"})
    assert drafts.get(draft.draft_id, WANG) is None
    drafts.save(draft, WANG, values={"customer_name": "偷改"})
    drafts.discard(draft.draft_id, WANG)
    kept = drafts.get(draft.draft_id, ZHANG)
    assert isinstance(kept, Draft)
    assert kept.values == {"customer_name": "甲"}


def test_saving_what_is_already_kept_writes_nothing(drafts, clock, private) -> None:
    draft = drafts.save(drafts.new("customer_info", ZHANG), ZHANG, values={"customer_name": "甲"})
    before = private.drafts_of(ZHANG.account_id)
    clock.forward(minutes=5)
    assert drafts.save(draft, ZHANG, values={"customer_name": "甲"}) == draft
    assert private.drafts_of(ZHANG.account_id) == before


def test_a_draft_whose_form_is_in_the_journal_says_which_record_it_became_and_is_gone(drafts, journal) -> None:
    draft = drafts.new("customer_info", ZHANG)
    drafts.save(draft, ZHANG, values={"customer_name": "甲"})
    journal[draft.key] = Written(7, (Row("rec-1", {}), Row("line-1", {})))
    assert drafts.get(draft.draft_id, ZHANG) == AlreadySaved("customer_info", "rec-1")
    assert drafts.get(draft.draft_id, ZHANG) is None


def test_listing_drops_drafts_whose_form_is_in_the_journal(drafts, journal, private) -> None:
    draft = drafts.new("customer_info", ZHANG)
    drafts.save(draft, ZHANG, values={"customer_name": "甲"})
    journal[draft.key] = Written(7, (Row("rec-1", {}),))
    assert drafts.mine(ZHANG) == ()
    assert private.drafts_of(ZHANG.account_id) == ()


def test_a_late_autosave_does_not_bring_a_submitted_draft_back(drafts, journal) -> None:
    draft = drafts.new("customer_info", ZHANG)
    drafts.discard(draft.draft_id, ZHANG)
    drafts.save(draft, ZHANG, values={"customer_name": "甲"})
    assert drafts.mine(ZHANG) == ()


def test_editing_keeps_the_etags_of_the_record_and_its_lines_as_they_were_shown(drafts) -> None:
    line = Line("line-1", 1, {"item": "茶叶"}, "etag-line")
    record = Record("gift_request", "rec-1", {"purpose": "会议"}, {}, "etag-head", {"items": (line,)})
    draft = drafts.new("gift_request", ZHANG, record)
    assert draft.record_id == "rec-1"
    assert draft.etags == {"rec-1": "etag-head", "line-1": "etag-line"}
    assert draft.values == {"purpose": "会议"}
    assert draft.lines == {"items": (TypedLine("line-1", {"item": "茶叶"}),)}
    assert drafts.get(draft.draft_id, ZHANG) == draft
    taken = drafts.save(draft, ZHANG, values=draft.values, etags={"rec-1": "etag-now"})
    assert isinstance(taken, Draft)
    assert taken.etags == {"rec-1": "etag-now"}


def test_a_draft_too_large_is_refused_and_the_last_one_stays(drafts) -> None:
    draft = drafts.save(drafts.new("customer_info", ZHANG), ZHANG, values={"follow_up": "短"})
    refused = drafts.save(draft, ZHANG, values={"follow_up": "长" * 200_000})
    assert isinstance(refused, Finding)
    assert (refused.code, refused.params["max"]) == ("A030", 512)
    kept = drafts.get(draft.draft_id, ZHANG)
    assert isinstance(kept, Draft)
    assert kept.values == {"follow_up": "短"}


def test_drafts_are_kept_ninety_days_and_forms_merely_opened_two(drafts, clock) -> None:
    typed = drafts.new("customer_info", ZHANG)
    drafts.save(typed, ZHANG, values={"customer_name": "甲"})
    opened = drafts.new("customer_info", ZHANG)
    clock.forward(days=3)
    drafts.new("customer_info", ZHANG)
    assert drafts.get(opened.draft_id, ZHANG) is None
    clock.forward(days=86, hours=23)
    drafts.new("customer_info", ZHANG)
    assert drafts.get(typed.draft_id, ZHANG) is not None
    clock.forward(days=1)
    drafts.new("customer_info", ZHANG)
    assert drafts.get(typed.draft_id, ZHANG) is None
