"""What a person typed is shown letter by letter: never Markdown, never HTML, on any screen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages._ui.text import plain
from tests.pages.conftest import Portal, Visit, draft_id, field

NASTY = "**粗** ![x](http://evil/x.png) <img src=x onerror=alert(1)> $a$ :red[b] `c` [d](javascript:e)"
ESCAPABLE = re.compile(r"\\([!-/:-@\[-`{-~])")


def unescaped_markdown(at: AppTest) -> list[str]:
    """Texts of elements that read Markdown in which the nasty text still means something."""
    shown = [*at.markdown, *at.caption, *at.title, *at.subheader, *at.error, *at.warning, *at.info, *at.toast]
    texts = [str(element.value) for element in shown] + [button.label for button in at.button]
    texts += [link.label for link in at.get("page_link")]
    meaningful = ("粗**", "](", "<img", ":red[b]", "`c`", "$")
    return [text for text in texts if any(mark in ESCAPABLE.sub("", text) for mark in meaningful)]


@pytest.mark.parametrize("screen", ["record", "records", "home"])
def test_a_nasty_name_is_only_text(portal: Portal, visit: Visit, screen: str) -> None:
    order = portal.order(customer=NASTY[:40], remark=NASTY)
    query = {"record": {"t": "orders", "id": order.record_id}, "records": {"t": "orders"}, "home": {}}[screen]
    at = visit(screen, portal.token(portal.admin), **query)
    assert unescaped_markdown(at) == []


def test_a_nasty_answer_is_only_text_in_messages(portal: Portal, visit: Visit) -> None:
    at = visit("form", portal.token(portal.admin), t="orders")
    field(at, "due_on").set_value(NASTY)
    field(at, "customer").set_value(NASTY).run()
    draft = draft_id(at)
    at.button(key=f"save.{draft}").click().run()
    assert at.error
    assert unescaped_markdown(at) == []


def test_a_nasty_company_name_and_draft_are_only_text(portal: Portal, visit: Visit) -> None:
    actor = portal.actor(portal.admin)
    draft = portal.app.drafts.new("orders", actor)
    portal.app.drafts.save(draft, actor, values={"customer": NASTY})
    assert unescaped_markdown(visit("home", portal.token(portal.admin))) == []


def test_no_screen_hands_data_to_html(portal: Portal, visit: Visit) -> None:
    order = portal.order(customer="<b>云锦</b>", remark="<script>1</script>")
    at = visit("record", portal.token(portal.admin), t="orders", id=order.record_id)
    assert not any("云锦" in str(element.proto) for element in at.get("html"))


@given(st.text())
def test_escaping_leaves_nothing_that_means_anything(text: str) -> None:
    left = ESCAPABLE.sub("", plain(text))
    assert not set(left) & set("\\`*_{}[]()#+-.!|>~:$<&@=\"'^")


@given(st.text(alphabet=st.characters(exclude_categories=("Z", "C")), min_size=1))
def test_escaping_keeps_every_letter(text: str) -> None:
    assert ESCAPABLE.sub(r"\1", plain(text)) == text
