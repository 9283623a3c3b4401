"""Filling in the core forms on a desktop and on a phone: line items, missing records, what is understood, refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from schemas.catalogue import Catalogue
from schemas.record import Saved, Submission, TypedLine
from schemas.template import Field
from services.app import App, load_config, open_app
from tests.e2e.running import DESKTOP, LOGIN, PHONE, Portal, open_page, set_up, settled, sign_in
from tests.e2e.steps import box, choose, fill, open_form, save

TOMORROW = (date.today() + timedelta(days=1)).isoformat()  # noqa: DTZ011 - the portal's own day is today or tomorrow
PRODUCTS = 230
"""More than a list offers at once, so that cells of line items are searched."""

FORMS: Mapping[str, Mapping[str, str]] = {
    "customer_info": {
        "customer_name": "宏图机械有限公司", "contact_name": "李先生", "contact_phone": "139 1234 5678",
        "region": "本省", "annual_revenue": "1亿",
    },
    "need_confirmation": {
        "customer_id": "C0001", "need_no": "DEMO001", "need_type": "刚性", "description": "降低生产线能耗30%",
    },
    "contract": {
        "contract_no": "HT-202403-0001", "customer_id": "C0001", "amount": "128万", "payment_terms": "签约付30%",
        "scope": "系统1套", "delivery_on": "2027.4.10", "acceptance_std": "运行72小时无故障", "breach": "每日千分之一",
        "nda_clause": "期限三年", "signer": "王先生",
    },
    "sales_order": {"contract_no": "HT-0001", "order_type": "产品类", "lines": "R0007,2,"},
    "order_progress": {"order_no": "PO", "progress_state": "生产中", "next_step": "4月11日发货"},
    "after_sales": {
        "customer_id": "C0001", "issue_type": "故障", "problem": "系统无法登录", "handling": "远程排查，重启服务",
    },
    "gift_request": {
        "gift_on": TOMORROW, "customer_id": "C0001", "receiver": "李先生", "keeper_id": "S001",
        "lines": "茶叶礼盒,2,120",
    },
    "reception_request": {
        "customer_id": "C0001", "reception_at": f"{TOMORROW} 18:00", "guest_count": "3人", "cost_mode": "全部执行",
        "purpose": "客户来访时的招待", "class": "中档", "lines": "招待费用,600,晚餐4人",
    },
    "product": {"sku": "ZB-0001", "product_name": "18K金钻石项链", "category": "珠宝", "list_price": "1.28万"},
    "staff": {
        "staff_id": "S002", "staff_name": "李四", "dept": "大客户部", "role": "销售顾问", "joined_on": "2024年3月1日",
    },
}  # fmt: skip
"""Required answers without a default, as somebody types them; lines: the cells of the first row."""
OWN = {"customer_info": "customer_name", "need_confirmation": "need_no", "contract": "contract_no", "product": "sku",
       "staff": "staff_id"}  # fmt: skip
"""Answers no two records share; the second size types another."""


class Seeded:
    """What the forms refer to, written before the server starts."""

    def __init__(self, app: App) -> None:
        admin = app.accounts.by_login(LOGIN)
        assert admin is not None
        self._app = app
        self._actor = app.sessions.actor(app.sessions.open(admin))

    def put(self, template: str, lines: Mapping[str, tuple[TypedLine, ...]] | None = None, **values: str) -> None:
        assert self._actor is not None
        submission = Submission(template, self._app.new_id(), values, lines or {})
        outcome = self._app.repository.submit(submission, self._actor)
        assert isinstance(outcome, Saved), outcome


def seed(app: App) -> None:
    seeded = Seeded(app)
    for name, phone in (("上海明达科技有限公司", "13900000001"), ("江苏恒远制造有限公司", "13900000002")):
        seeded.put("customer_info", customer_name=name, contact_name="李经理", contact_phone=phone, region="本市",
                   first_contact_on="2026-03-01", owner_id="S001", is_public_official="否")  # fmt: skip
    for number in range(1, PRODUCTS + 1):
        seeded.put("product", sku=f"R{number:04}", product_name=f"足金戒指{number}号", category="珠宝",
                   list_price=str(1000 + number), valid_from="2026-01-01")  # fmt: skip
    seeded.put("contract", contract_no="HT-0001", customer_id="C0001", amount="120000", payment_terms="月结",
               scope="见附件", delivery_on="2026-12-30", acceptance_std="国标", breach="千分之三", nda_clause="有",
               signer="王先生", signer_is_legal="是", tax_included="是")  # fmt: skip
    rows = ({"sku": "R0001", "qty": "2", "unit_price": "1001"}, {"sku": "R0002", "qty": "1", "unit_price": "1002"})
    seeded.put("sales_order", {"lines": tuple(TypedLine("", row) for row in rows)}, contract_no="HT-0001",
               customer_id="C0001", order_type="产品类", delivery_on="2026-12-30", owner_id="S001")  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(portal: Portal) -> Catalogue:
    app = open_app(load_config(portal.environment, {}), start_checkpointer=False)
    app.close()
    return app.catalogue


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    made = Portal(tmp_path_factory.mktemp("portal"))
    set_up(made)
    app = open_app(load_config(made.environment, {}), start_checkpointer=False)
    seed(app)
    app.close()
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def pages(browser: Browser, portal: Portal) -> Iterator[dict[str, Page]]:
    """One signed-in page of each size for the whole file."""
    opened = {name: open_page(browser, size) for name, size in (("desktop", DESKTOP), ("phone", PHONE))}
    for page in opened.values():
        sign_in(page, portal.url)
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.fixture
def desktop(pages: dict[str, Page]) -> Page:
    return pages["desktop"]


def cell(page: Page, row: int, field: str) -> Locator:
    """A cell of the line items; rows count from 1."""
    return page.locator(".lines tr[data-row]").nth(row - 1).locator(f"[data-field={field}]")


def pick(page: Page, field: str, text: str) -> None:
    """Picks a record: from the list, or by searching and pressing the hit.

    A list that opens for the first time in a browser, or while the page scrolls, may close before it is ready; a
    person would open it again.
    """
    options = page.locator("[role=option]")
    combobox = page.locator(f".st-key-field__{field}").get_by_role("combobox")
    for _ in range(4):
        combobox.scroll_into_view_if_needed()
        combobox.fill(text)
        try:
            options.filter(has_text=text).first.wait_for(timeout=3_000)
        except Error:
            combobox.fill("")
            continue
        combobox.press("Enter")
        expect(options).to_have_count(0)
        if combobox.input_value():
            break
    settled(page)


def answer(page: Page, asked: Field, text: str) -> None:
    if asked.type in ("reference", "user"):
        pick(page, asked.key, text)
    elif asked.type in ("choice", "multi_choice", "bool"):
        choose(page, asked.key, text)
        if asked.type == "multi_choice":
            page.keyboard.press("Escape")
    else:
        place = box(page, asked.key)
        place.fill(text)
        place.press("Tab")


def type_row(page: Page, fields: list[Field], cells: list[str]) -> None:
    """Fills the first row of line items from cell to cell by Enter."""
    for asked, text in zip(fields, cells, strict=True):
        place = cell(page, 1, asked.key)
        if asked.type in ("choice", "bool"):
            place.select_option(text)
        elif asked.type == "reference":
            place.fill(text)
            page.locator(".lines .hit").filter(has_text=text).first.wait_for()
            place.press("Enter")
        elif text:
            place.fill(text)
            place.press("Enter")
        else:
            expect(place).not_to_have_value("")  # what was picked brings it along
    settled(page)


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("key", FORMS)
def test_a_core_form_is_filled_in_and_saved(
    pages: dict[str, Page], portal: Portal, catalogue: Catalogue, key: str, size: str
) -> None:
    page, template = pages[size], catalogue[key]
    open_form(page, portal.url, key)
    for name, text in FORMS[key].items():
        if name == "lines":
            [line] = template.lines
            type_row(page, [one for one in line.fields if one.type != "computed"], text.split(","))
        else:
            own = name == OWN.get(key) and size == "phone"
            answer(page, template.by_key[name], _another(text) if own else text)
    save(page)
    saved(page)


def saved(page: Page) -> None:
    """Waits for the record's page; a form that was refused says why."""
    page.wait_for_selector(".st-key-edit, .st-key-problems")
    settled(page)
    problems = page.locator(".st-key-problems")
    assert not problems.count(), problems.locator("li").all_inner_texts()


def _another(text: str) -> str:
    return text[:-1] + "9" if text[-1].isdigit() else f"新{text}"


# --- line items ----------------------------------------------------------------------------------------------------


def test_rows_of_a_spreadsheet_are_pasted_into_the_table_and_add_up(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "sales_order")
    paste(cell(desktop, 1, "sku"), "R0003\t2\t1,000\n足金戒指4号\t3\t500.50\r\n")
    expect(desktop.locator(".lines tr[data-row]")).to_have_count(2)
    expect(cell(desktop, 2, "sku")).to_have_value("足金戒指4号")
    expect(desktop.locator(".lines tfoot")).to_contain_text("¥3,501.50")
    expect(desktop.locator(".st-key-field__amount")).to_contain_text("¥3,501.50")


def paste(place: Locator, text: str) -> None:
    """Pastes into a cell as Ctrl+V does."""
    place.evaluate(
        """(cell, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            cell.focus();
            cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, composed: true,
                                                            cancelable: true}));
        }""",
        text,
    )


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_pasted_columns_with_titles_are_shown_before_they_are_taken(
    pages: dict[str, Page], portal: Portal, size: str
) -> None:
    page = pages[size]
    open_form(page, portal.url, "sales_order")
    page.locator(".lines .paste").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("textarea").fill("单价\t商品编号\t数量\t备注\n1200\tR0003\t2\t急\n800\tR0004\t1\t")
    dialog.locator("textarea").press("Tab")
    expect(dialog).to_contain_text("共 2 行，第一行是标题")
    dialog.get_by_role("button", name="填入 2 行").click()
    expect(page.locator(".lines tr[data-row]")).to_have_count(2)
    expect(cell(page, 1, "sku")).to_have_value("足金戒指3号 · R0003")
    expect(cell(page, 2, "unit_price")).to_have_value("800")
    expect(page.locator(".lines tfoot")).to_contain_text("¥3,200.00")


def test_rows_move_go_and_come_back_by_keyboard_and_are_saved_in_their_order(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "gift_request")
    paste(cell(desktop, 1, "gift_name"), "甲\t1\t10\n乙\t1\t20\n丙\t1\t30")
    cell(desktop, 3, "gift_name").press("Alt+ArrowUp")
    names = [cell(desktop, row, "gift_name") for row in (1, 2, 3)]
    expect(names[1]).to_have_value("丙")
    desktop.locator(".lines tr[data-row]").nth(0).locator(".out").click()
    expect(desktop.locator(".lines tr[data-row]")).to_have_count(2)
    desktop.locator(".lines .undo").click()
    expect(names[0]).to_have_value("甲")
    settled(desktop)
    for name, text in FORMS["gift_request"].items():
        if name in ("customer_id", "keeper_id"):
            pick(desktop, name, text)
        elif name != "lines":
            fill(desktop, name, text)
    save(desktop)
    saved(desktop)
    shown = desktop.locator("td").all_inner_texts()
    assert [text.strip() for text in shown if text.strip() in ("甲", "乙", "丙")] == ["甲", "丙", "乙"]


def test_picking_a_product_fills_its_price_and_typing_goes_on_to_a_new_row(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "sales_order")
    cell(desktop, 1, "sku").fill("戒指205")
    desktop.locator(".lines .hit").first.wait_for()
    desktop.keyboard.press("Enter")
    expect(cell(desktop, 1, "unit_price")).to_have_value("1205.00")
    desktop.keyboard.type("2")
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Enter")
    expect(cell(desktop, 2, "sku")).to_be_focused()
    expect(desktop.locator(".lines tr[data-row]").first).to_contain_text("¥2,410.00")


def test_a_cell_that_is_wrong_is_named_with_its_row_and_the_link_leads_there(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "sales_order")
    paste(cell(desktop, 1, "sku"), "R0003\t2\t10\nR0004\t很多\t10")
    settled(desktop)
    save(desktop)
    problem = desktop.locator(".st-key-problems").get_by_role("button", name="第 2 行 数量")
    problem.click()
    expect(cell(desktop, 2, "qty")).to_be_focused()
    expect(cell(desktop, 2, "qty")).to_have_attribute("aria-invalid", "true")


# --- while one types -----------------------------------------------------------------------------------------------


def test_switching_the_language_keeps_fields_and_line_items(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "gift_request")
    fill(desktop, "receiver", "李先生")
    paste(cell(desktop, 1, "gift_name"), "茶叶\t2\t120\n字画\t1\t300")
    cell(desktop, 2, "gift_name").fill("山水字画")
    desktop.locator(".st-key-lang_en button").click()
    expect(desktop.get_by_role("button", name="Save and add another")).to_be_visible()
    settled(desktop)
    assert box(desktop, "receiver").input_value() == "李先生"
    expect(cell(desktop, 2, "gift_name")).to_have_value("山水字画")
    expect(desktop.locator(".lines tfoot")).to_contain_text("¥540.00")
    desktop.locator(".st-key-lang_zh button").click()
    expect(desktop.get_by_role("button", name="保存并继续添加")).to_be_visible()


def test_line_items_come_back_after_a_reload(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "gift_request")
    paste(cell(desktop, 1, "gift_name"), "茶叶\t2\t120\n字画\t1\t300")
    settled(desktop)
    expect(desktop.get_by_text("草稿已自动保存")).to_be_visible()
    desktop.reload()
    expect(cell(desktop, 2, "gift_name")).to_have_value("字画")


def test_a_missing_customer_is_made_without_leaving_the_form_and_is_picked(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "need_confirmation")
    fill(desktop, "description", "降低能耗")
    desktop.locator(".st-key-missing__customer_id button").first.click()
    dialog = desktop.get_by_role("dialog")
    name = dialog.locator(".st-key-field__quick__customer_name input")
    name.fill("明达科技（江苏）有限公司")
    name.press("Tab")
    expect(dialog.get_by_text("可能已有：上海明达科技有限公司")).to_be_visible()
    name.fill("弘毅精工有限公司")
    name.press("Tab")
    dialog.locator(".st-key-field__quick__contact_name input").fill("孙小姐")
    dialog.locator(".st-key-field__quick__contact_phone input").fill("13700000001")
    dialog.locator(".st-key-field__quick__region").get_by_text("本省").click()
    settled(desktop)
    dialog.get_by_role("button", name="保存").click()
    expect(dialog).to_have_count(0)
    expect(desktop.locator(".st-key-field__customer_id").get_by_role("combobox")).to_have_value(re.compile("弘毅精工"))
    assert box(desktop, "description").input_value() == "降低能耗"


def test_the_form_warns_of_a_customer_there_already_by_name_and_by_phone(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    fill(desktop, "customer_name", "江苏省苏州市恒远制造股份有限公司")
    fill(desktop, "contact_phone", "+86 139-0000-0001")
    expect(desktop.locator(".st-key-field__customer_name")).to_contain_text("可能已有：江苏恒远制造有限公司")
    expect(desktop.locator(".st-key-field__contact_phone")).to_contain_text("可能已有：上海明达科技有限公司")


def test_an_order_brings_its_customer_day_owner_and_product_names_and_they_stay_editable(
    portal: Portal, desktop: Page
) -> None:
    open_form(desktop, portal.url, "order_progress")
    pick(desktop, "order_no", "PO")
    expect(box(desktop, "item")).to_have_value("足金戒指1号、足金戒指2号")
    expect(box(desktop, "delivery_on")).to_have_value("2026-12-30")
    fill(desktop, "item", "足金戒指1号")
    choose(desktop, "exception_type", "质量问题")
    expect(desktop.locator(".st-key-field__exception_at")).to_be_visible()
    assert box(desktop, "item").input_value() == "足金戒指1号"


def test_a_gift_to_a_public_official_is_refused_and_the_rule_is_cited(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "gift_request")
    choose(desktop, "receiver_official", "是")
    save(desktop)
    expect(desktop.locator(".st-key-field__receiver_official")).to_contain_text("依据《")


def test_a_need_waits_for_its_confirmation_and_is_confirmed_later(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "need_confirmation")
    pick(desktop, "customer_id", "C0002")
    for name in ("need_no", "description"):
        fill(desktop, name, FORMS["need_confirmation"][name])
    choose(desktop, "need_type", "刚性")
    desktop.locator(".st-key-complete button").click()
    expect(desktop.locator(".st-key-field__confirmed_on")).to_contain_text("请填写")
    save(desktop)
    desktop.wait_for_selector(".st-key-edit")
    expect(desktop.locator(".st-key-page_title")).to_contain_text("待确认")
    desktop.locator(".st-key-edit button").click()
    desktop.wait_for_selector(".st-key-complete")
    settled(desktop)
    choose(desktop, "confirm_via", "邮件")
    fill(desktop, "confirmed_by", "李先生")
    fill(desktop, "confirmed_on", "今天")
    desktop.locator(".st-key-complete button").click()
    saved(desktop)
    expect(desktop.locator(".st-key-page_title")).not_to_contain_text("待确认")


def test_ctrl_s_saves_with_what_stands_in_the_field_under_the_cursor(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "product")
    fill(desktop, "sku", "KEY-1")
    fill(desktop, "list_price", "100")
    choose(desktop, "category", "珠宝")
    box(desktop, "product_name").fill("键盘保存的商品")
    desktop.keyboard.press("Control+s")
    saved(desktop)
    expect(desktop.locator(".st-key-page_title")).to_contain_text("键盘保存的商品")


def test_a_refused_save_puts_the_cursor_into_the_first_field_that_is_wrong(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url)
    save(desktop)
    expect(box(desktop, "customer_name")).to_be_focused()
    expect(box(desktop, "customer_name")).to_have_attribute("aria-invalid", "true")


def test_a_copy_brings_everything_but_what_belongs_to_the_original(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "sales_order")
    pick(desktop, "contract_no", "HT-0001")
    choose(desktop, "order_type", "产品类")
    paste(cell(desktop, 1, "sku"), "R0007\t2\t")
    expect(cell(desktop, 1, "unit_price")).to_have_value("1007.00")
    settled(desktop)
    save(desktop)
    saved(desktop)
    desktop.locator(".st-key-copy button").click()
    desktop.wait_for_selector(".lines tr[data-row]")
    settled(desktop)
    expect(cell(desktop, 1, "sku")).to_have_value("足金戒指7号 · R0007")
    expect(desktop.locator(".st-key-field__contract_no").get_by_role("combobox")).to_have_value("HT-0001")
    save(desktop)
    saved(desktop)


def test_a_screen_reader_hears_plain_names_and_what_must_be_answered(portal: Portal, desktop: Page) -> None:
    open_form(desktop, portal.url, "need_confirmation")
    expect(desktop.get_by_role("combobox", name="客户名称（必填）", exact=True)).to_be_visible()


def test_nothing_on_a_chinese_form_is_english(portal: Portal, desktop: Page) -> None:
    for key in ("contract", "sales_order", "customer_info"):
        open_form(desktop, portal.url, key)
        text = desktop.locator("[data-testid=stMain]").inner_text()
        foreign = [
            word for word in ("Upload", "Browse", "Choose", "required", "per file", "Press", "Limit") if word in text
        ]
        assert foreign == []
