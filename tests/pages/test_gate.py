"""Nobody sees a screen without signing in, and what is asked for before signing in is there afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from services.app import App
from tests.pages.conftest import PASSWORD, ROOT, Portal, Visit, draft_id, go, menu, words

SCREENS = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")


def sign_in(at: AppTest, login: str, password: str) -> AppTest:
    at.text_input[0].set_value(login)
    at.text_input[1].set_value(password)
    return at.button[-1].click().run() if at.button[-1].form_id else at.form_submit_button[0].click().run()


def shows_sign_in(at: AppTest) -> bool:
    return [one.label for one in at.text_input] == ["登录名", "密码"]


@pytest.mark.parametrize("screen", SCREENS)
def test_no_screen_opens_for_nobody(portal: Portal, visit: Visit, screen: str) -> None:
    portal.order(customer="机密客户")
    at = visit(screen, t="orders")
    assert shows_sign_in(at)
    assert "机密客户" not in words(at)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_page_file_run_by_itself_on_a_fresh_server_shows_nothing(portal: Portal, screen: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / f"{screen}.py"), default_timeout=30)
    at.query_params["t"] = "orders"
    at.run()
    assert words(at) == ""
    assert not at.button


def test_a_fresh_server_shows_the_sign_in_form_on_the_first_visit(portal: Portal) -> None:
    at = AppTest.from_file(str(ROOT / "portal.py"), default_timeout=30)
    at.session_state["portal.language"] = "zh"
    assert shows_sign_in(at.run())


def test_a_deep_link_survives_signing_in(portal: Portal, visit: Visit) -> None:
    order = portal.order(customer="云锦")
    at = sign_in(visit("record", t="orders", id=order.record_id), "admin", PASSWORD)
    assert at.title[0].value == "PO001"
    assert at.query_params == {"t": ["orders"], "id": [order.record_id]} or at.query_params["t"] == "orders"


def test_a_wrong_password_is_refused_in_words(portal: Portal, visit: Visit) -> None:
    at = sign_in(visit(), "admin", "falsch")
    assert "登录名或密码不对" in at.error[0].value
    assert shows_sign_in(at)


def test_guessing_locks_the_login_for_a_while(portal: Portal, visit: Visit) -> None:
    at = visit()
    for number in range(6):
        sign_in(at, "admin", f"guess {number}")
    sign_in(at, "admin", PASSWORD)
    assert "密码输错次数过多" in at.error[0].value


def test_signing_out_ends_the_session_in_every_tab(portal: Portal, visit: Visit) -> None:
    token = portal.token(portal.admin)
    one, other = visit("home", token), visit("home", token)
    one.button(key="sign_out").click().run()
    assert shows_sign_in(one)
    assert shows_sign_in(other.run())


def test_signing_out_forgets_what_was_typed(portal: Portal, visit: Visit) -> None:
    at = visit("form", portal.token(portal.admin), t="orders")
    key = f"f.{draft_id(at)}.customer"
    at.get_by_key(key).set_value("机密").run()
    assert key in at.session_state
    at.button(key="sign_out").click().run()
    assert key not in at.session_state


def test_a_session_ends_after_half_an_hour_without_a_click(portal: Portal, visit: Visit) -> None:
    at = visit("home", portal.token(portal.admin))
    portal.clock.forward(minutes=31)
    assert shows_sign_in(at.run())


def test_only_an_administrator_sees_the_template_check(portal: Portal, visit: Visit) -> None:
    seller = portal.account("seller", "李娜", "sales_rep")
    at = visit("templates", portal.token(seller))
    assert "没有查看这一页的权限" in at.error[0].value
    assert "模板检查" not in menu(at)


def test_a_form_nobody_may_read_does_not_exist_for_him(portal: Portal, visit: Visit) -> None:
    at = visit("records", portal.token(portal.account("gast", "周访", "marketing_director")), t="orders")
    assert "没有找到这张表单" in at.info[0].value


def test_what_fails_inside_is_told_with_a_reference_and_no_traceback(
    portal: Portal, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("pages._ui.list_view.read", broken)
    at = visit("records", portal.token(portal.admin), t="orders")
    assert "编号" in at.error[0].value
    assert "secret inside" not in words(at)
    assert not at.exception


def test_the_language_one_chose_is_there_at_the_next_visit(portal: Portal, visit: Visit) -> None:
    visit("home", portal.token(portal.admin)).button(key="lang_en").click().run()
    assert visit("home", portal.token(portal.admin), language="").title[0].value == "Good afternoon, 孙丽"


# --- set-up --------------------------------------------------------------------------------------------------------


def test_a_fresh_portal_says_where_the_set_up_link_is(fresh_app: App, visit: Visit) -> None:
    at = visit()
    assert "控制台" in at.info[0].value
    assert not at.text_input


def test_a_guessed_set_up_code_opens_nothing(fresh_app: App, visit: Visit) -> None:
    at = visit("home", setup="guess")
    assert "已经失效" in at.info[0].value
    assert not at.text_input


def test_set_up_says_beside_each_field_what_is_wrong(fresh_app: App, visit: Visit) -> None:
    at = visit("home", setup=fresh_app.setup.code())
    at.text_input(key="setup.password").set_value("kurz")
    at.button(key="setup").click().run()
    text = words(at)
    assert "公司名称为空" in text
    assert "至少要 8 个" in text
    assert "两次输入的密码不一样" in text
    assert fresh_app.setup.needed()


def test_set_up_makes_the_workbook_and_signs_the_administrator_in(fresh_app: App, visit: Visit, tmp_path: Path) -> None:
    at = visit("home", setup=fresh_app.setup.code())
    answers = {
        "company": "明达科技",
        "admin_name": "孙丽",
        "login": "sunli",
        "password": PASSWORD,
        "repeated": PASSWORD,
    }
    for name, text in answers.items():
        at.text_input(key=f"setup.{name}").set_value(text)
    at.button(key="setup").click().run()
    assert at.title[0].value.startswith("孙丽")
    fresh_app.sync.fold_now()
    assert (tmp_path / "portal.xlsx").is_file()
    assert "setup" not in at.query_params


def test_the_set_up_link_works_once(portal: Portal, visit: Visit) -> None:
    at = visit("home", setup=portal.app.setup.code())
    assert shows_sign_in(at)


def test_another_screen_in_the_same_tab_needs_no_new_sign_in(portal: Portal, visit: Visit) -> None:
    at = visit("home", portal.token(portal.admin))
    assert go(at, "sync").title[0].value == "同步情况"
