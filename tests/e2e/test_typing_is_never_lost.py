"""One record under double clicks, reloads, lost connections and restarts; nothing typed is ever lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import DESKTOP, Portal, open_page, settled, sign_in
from tests.e2e.steps import (
    box,
    choose,
    eventually,
    fill,
    fill_customer,
    kept,
    names_in,
    open_form,
    save,
    save_unless_saved,
    saved,
)


def written_once(portal: Portal, name: str) -> None:
    eventually(lambda: portal.workbook.exists() and name in names_in(portal.workbook), f"{name} is not in the workbook")
    assert names_in(portal.workbook).count(name) == 1


@pytest.mark.parametrize("clicks", [2, 3], ids=["double click", "triple click"])
def test_many_clicks_on_save_make_one_record(portal: Portal, desktop: Page, clicks: int) -> None:
    name = f"连击{clicks}次有限公司"
    open_form(desktop, portal.url)
    fill_customer(desktop, name, phone=f"1391234560{clicks}")
    desktop.locator(".st-key-save button").click(click_count=clicks)
    saved(desktop)
    written_once(portal, name)


def test_a_reload_in_the_middle_of_saving_makes_one_record(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill_customer(desktop, "刷新有限公司", phone="13912345611")
    kept(portal, "刷新有限公司", "13912345611", "本省")
    desktop.locator(".st-key-save button").click(no_wait_after=True)
    desktop.reload()
    save_unless_saved(desktop)
    written_once(portal, "刷新有限公司")


def test_a_connection_lost_while_saving_makes_one_record(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill_customer(desktop, "断网有限公司", phone="13912345612")
    desktop.locator(".st-key-save button").click(no_wait_after=True)
    desktop.context.set_offline(True)
    desktop.wait_for_timeout(2_500)
    desktop.context.set_offline(False)
    desktop.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]")
    save_unless_saved(desktop)
    written_once(portal, "断网有限公司")


def test_a_server_restart_before_saving_makes_one_record(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill_customer(desktop, "重启有限公司", phone="13912345613")
    portal.stop()
    portal.start()
    desktop.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]", timeout=60_000)
    settled(desktop)
    assert box(desktop, "customer_name").input_value() == "重启有限公司"
    save(desktop)
    saved(desktop)
    written_once(portal, "重启有限公司")


def test_what_was_typed_comes_back_after_a_reload(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill(desktop, "customer_name", "草稿有限公司")
    fill(desktop, "contact_name", "赵女士")
    kept(portal, "草稿有限公司", "赵女士")
    desktop.reload()
    expect(box(desktop, "contact_name")).to_have_value("赵女士")
    expect(box(desktop, "customer_name")).to_have_value("草稿有限公司")
    expect(desktop.get_by_text("草稿已自动保存").first).to_be_visible()


def test_a_text_in_the_middle_of_typing_comes_back_after_a_reload(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    box(desktop, "follow_up").press_sequentially("客户说下周二再联系")
    kept(portal, "客户说下周二再联系")
    settled(desktop)
    expect(box(desktop, "follow_up")).to_be_focused()
    box(desktop, "follow_up").press_sequentially("，要带样品")
    assert box(desktop, "follow_up").input_value() == "客户说下周二再联系，要带样品"
    kept(portal, "客户说下周二再联系，要带样品")
    desktop.reload()
    expect(box(desktop, "follow_up")).to_have_value("客户说下周二再联系，要带样品")


def test_a_page_streamlit_gave_up_is_loaded_anew_and_shows_the_draft(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill(desktop, "customer_name", "空白页有限公司")
    kept(portal, "空白页有限公司")
    with desktop.expect_navigation():
        desktop.evaluate("window.dispatchEvent(new ErrorEvent('error', {message: 'Error: Bad delta path index 2'}))")
    expect(box(desktop, "customer_name")).to_have_value("空白页有限公司")


def test_a_draft_comes_back_from_the_desk_after_a_server_restart(portal: Portal, browser: Browser) -> None:
    page = open_page(browser, DESKTOP)
    sign_in(page, portal.url)
    open_form(page, portal.url)
    fill(page, "customer_name", "隔夜草稿有限公司")
    page.locator(".st-key-stash button").click()
    page.wait_for_selector(".st-key-card__drafts")
    page.context.close()
    portal.stop()
    portal.start()
    again = open_page(browser, DESKTOP)
    sign_in(again, portal.url)
    again.locator(".st-key-card__drafts").get_by_role("link", name="隔夜草稿有限公司").click()
    again.wait_for_selector("[class*='st-key-field__']")
    settled(again)
    assert box(again, "customer_name").input_value() == "隔夜草稿有限公司"
    again.context.close()


def test_switching_the_language_in_the_middle_of_a_form_loses_nothing(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill(desktop, "customer_name", "双语有限公司")
    choose(desktop, "region", "本省")
    box(desktop, "follow_up").fill("还没有离开这个格子")
    desktop.locator(".st-key-lang_en button").click()
    expect(desktop.locator(".st-key-save button")).to_contain_text("Save")
    settled(desktop)
    assert box(desktop, "customer_name").input_value() == "双语有限公司"
    assert box(desktop, "follow_up").input_value() == "还没有离开这个格子"
    desktop.locator(".st-key-lang_zh button").click()
    expect(desktop.locator(".st-key-save button")).to_contain_text("保存")
    settled(desktop)
    fill(desktop, "contact_name", "李经理")
    fill(desktop, "contact_phone", "13912345614")
    fill(desktop, "first_contact_on", "昨天")
    save(desktop)
    saved(desktop)
    written_once(portal, "双语有限公司")


def test_what_cannot_be_saved_is_said_beside_its_field_and_everything_stays(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill(desktop, "customer_name", "填错有限公司")
    fill(desktop, "contact_phone", "1391234567")
    fill(desktop, "first_contact_on", "2099-01-01")
    fill(desktop, "staff_count", "很多")
    save(desktop)
    desktop.wait_for_selector(".st-key-problems")
    settled(desktop)
    expect(desktop.locator(".st-key-field__contact_phone")).to_contain_text("11 位")
    expect(desktop.locator(".st-key-field__first_contact_on")).to_contain_text("2099-01-01")
    expect(desktop.locator(".st-key-field__staff_count")).to_contain_text("很多")
    expect(desktop.locator(".st-key-field__contact_name")).to_contain_text("联系人")
    assert box(desktop, "customer_name").input_value() == "填错有限公司"
    assert box(desktop, "contact_phone").input_value() == "1391234567"
    assert box(desktop, "staff_count").input_value() == "很多"
    assert "填错有限公司" not in (names_in(portal.workbook) if portal.workbook.exists() else [])


def test_what_a_user_typed_is_shown_as_it_is_and_runs_nothing(portal: Portal, desktop: Page) -> None:
    name = "**粗体**![x](http://evil.invalid/x.png)<b>=1+1</b>"
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    open_form(desktop, portal.url)
    fill_customer(desktop, name, phone="13912345615")
    save(desktop)
    saved(desktop)
    expect(desktop.locator(".st-key-page_title")).to_contain_text(name)
    desktop.goto(f"{portal.url}/records?t=customer_info")
    desktop.wait_for_selector(".st-key-page_title")
    settled(desktop)
    desktop.goto(f"{portal.url}/")
    settled(desktop)
    assert not [url for url in asked if "evil" in url]
    written_once(portal, name)
