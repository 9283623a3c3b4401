"""Saved views: one's own and shared ones, and what each person prefers for a list."""

from __future__ import annotations

import pytest

from schemas.finding import Finding
from schemas.record import Actor
from services.views import LONGEST_NAME, MOST_VIEWS, View, Views, may_share
from sheets_adapter.private import PrivateStore

ADMIN = Actor("a0", "S000", "管理员", frozenset({"admin"}))
MANAGER = Actor("a1", "S001", "张三", frozenset({"sales_manager"}))
REP = Actor("a2", "S002", "李四", frozenset({"sales_rep"}))
OTHER = Actor("a3", "S003", "王五", frozenset({"sales_rep"}))
DUE = {"f.due": "@week", "sort": "-due"}


@pytest.fixture
def views(private: PrivateStore, clock, new_id) -> Views:
    return Views(private, clock=clock, new_id=new_id)


def saved(outcome: View | Finding) -> View:
    assert isinstance(outcome, View), outcome
    return outcome


def code(outcome: View | Finding | None) -> str:
    assert isinstance(outcome, Finding), outcome
    return outcome.code


def names(views: Views, actor: Actor, template: str = "deal") -> list[str]:
    return [view.name for view in views.of(actor, template)]


def test_a_view_comes_back_as_it_was_saved_for_who_saved_it_alone(views: Views) -> None:
    view = saved(views.save(REP, "deal", "  本周  到期 ", DUE))
    assert views.find(REP, "deal", view.view_id) == View(view.view_id, "deal", "本周 到期", DUE, False, True)
    assert names(views, OTHER) == []
    assert names(views, REP, "contract") == []


def test_a_shared_view_is_everybodys_to_see_after_ones_own(views: Views) -> None:
    saved(views.save(MANAGER, "deal", "A 全部门", DUE, shared=True))
    saved(views.save(REP, "deal", "我的", DUE))
    assert names(views, REP) == ["我的", "A 全部门"]
    assert [view.is_mine for view in views.of(REP, "deal")] == [True, False]


@pytest.mark.parametrize(
    ("actor", "may"), [(ADMIN, True), (MANAGER, True), (REP, False)], ids=["admin", "manager", "rep"]
)
def test_managers_and_administrators_share(views: Views, actor: Actor, may: bool) -> None:
    assert may_share(actor) == may
    outcome = views.save(actor, "deal", "共享", DUE, shared=True)
    assert isinstance(outcome, View) if may else code(outcome) == "A061"


def test_saving_under_the_same_name_replaces_it(views: Views) -> None:
    first = saved(views.save(REP, "deal", "到期", DUE))
    again = saved(views.save(REP, "deal", "到期", {"q": "张"}))
    assert again.view_id == first.view_id
    assert [view.query for view in views.of(REP, "deal")] == [{"q": "张"}]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("", "A060"), ("  ", "A060"), ("长" * (LONGEST_NAME + 1), "A065")],
    ids=["none", "blank", "long"],
)
def test_a_view_needs_a_name_that_fits(views: Views, name: str, expected: str) -> None:
    assert code(views.save(REP, "deal", name, DUE)) == expected


def test_there_is_an_end_to_saving_views(views: Views) -> None:
    for number in range(MOST_VIEWS):
        saved(views.save(REP, "deal", f"视图{number}", DUE))
    assert code(views.save(REP, "deal", "再来一个", DUE)) == "A063"
    saved(views.save(REP, "deal", "视图0", {}))


def test_a_view_is_renamed_by_who_made_it_and_keeps_what_it_shows(views: Views) -> None:
    view = saved(views.save(REP, "deal", "到期", DUE))
    saved(views.save(REP, "deal", "别的", DUE))
    assert saved(views.rename(REP, "deal", view.view_id, "本周")).query == DUE
    assert code(views.rename(REP, "deal", view.view_id, "别的")) == "A064"
    assert code(views.rename(REP, "deal", view.view_id, "")) == "A060"
    assert code(views.rename(OTHER, "deal", view.view_id, "我的")) == "A062"


def test_a_shared_view_is_changed_by_who_made_it_and_the_administrator(views: Views) -> None:
    view = saved(views.save(MANAGER, "deal", "共享", DUE, shared=True))
    assert code(views.rename(REP, "deal", view.view_id, "改")) == "A062"
    assert code(views.delete(REP, "deal", view.view_id)) == "A062"
    assert saved(views.rename(ADMIN, "deal", view.view_id, "改")).name == "改"
    assert names(views, MANAGER) == ["改"]
    assert views.of(MANAGER, "deal")[0].is_mine
    assert views.delete(ADMIN, "deal", view.view_id) is None
    assert names(views, MANAGER) == []


def test_a_list_opens_with_the_view_one_chose_as_long_as_there_is_one(views: Views) -> None:
    view = saved(views.save(MANAGER, "deal", "共享", DUE, shared=True))
    assert views.opens_with(REP, "deal") is None
    views.open_with(REP, "deal", view.view_id)
    assert views.opens_with(REP, "deal") == views.find(REP, "deal", view.view_id)
    assert views.opens_with(OTHER, "deal") is None
    views.delete(MANAGER, "deal", view.view_id)
    assert views.opens_with(REP, "deal") is None


def test_columns_are_kept_for_each_person_and_form(views: Views) -> None:
    views.keep_columns(REP, "deal", ["amount", "customer"])
    assert views.columns(REP, "deal") == ("amount", "customer")
    assert (views.columns(OTHER, "deal"), views.columns(REP, "contract")) == ((), ())
    views.keep_columns(REP, "deal", [])
    assert views.columns(REP, "deal") == ()
