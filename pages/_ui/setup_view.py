"""Set-up in the browser: five questions, asked of whoever holds the one-time link from the server's console."""

from __future__ import annotations

import streamlit as st

from pages._ui import chrome, gate, state, widgets
from pages._ui.text import plain
from schemas.finding import FieldRef, Finding, has_errors
from services.accounts import Account
from services.app import App
from services.setup import RULE_PACKS, SetupAnswers


def draw(app: App, language: str, code: str) -> None:
    """The questions when the link's code is right; otherwise where the link is."""
    text = app.labels.text
    st.set_page_config(page_title=text("setup.title", language))
    st.title(plain(text("setup.title", language)), anchor=False)
    if not code or not app.setup.check_code(code):
        st.info(plain(text("setup.wrong_code" if code else "setup.where", language)), icon=":material/terminal:")
        st.caption(plain(text("setup.why_code", language)))
        return
    st.caption(plain(text("setup.welcome", language)))
    found = [state.finding_of(kept)[0] for kept in state.form_value("setup", "problems", [])]
    with st.container(border=True, key="card__setup"):
        answers, repeated = _questions(app, language, found)
    if st.button(plain(text("setup.button", language)), key="setup", type="primary", width="stretch"):
        _set_up(app, language, code, answers, repeated)


def _questions(app: App, language: str, found: list[Finding]) -> tuple[SetupAnswers, str]:
    def words(name: str) -> str:
        return app.labels.text(f"setup.{name}", language)

    languages = dict(sorted(chrome.LANGUAGES.items(), key=lambda item: item[0] != language))
    with _asked(app, language, "language", found):
        chosen = widgets.one_of("setup.language", plain(words("language")), languages)
    with _asked(app, language, "company", found):
        company = widgets.line("setup.company", plain(words("company")), example=words("company_example"))
    with _asked(app, language, "admin_name", found):
        name = widgets.line("setup.admin_name", plain(words("admin_name")), example=words("admin_example"))
    with _asked(app, language, "login", found):
        login = widgets.line("setup.login", plain(words("login")), autocomplete="username")
    with _asked(app, language, "password", found):
        password = widgets.line("setup.password", plain(words("password")), secret=True, autocomplete="new-password")
    with _asked(app, language, "repeated", found):
        repeated = widgets.line("setup.repeated", plain(words("repeated")), secret=True, autocomplete="new-password")
    with _asked(app, language, "rule_pack", found):
        packs = {pack: words(f"pack.{pack}") for pack in RULE_PACKS}
        pack = widgets.listed("setup.rule_pack", plain(words("rule_pack")), packs)
    with _asked(app, language, "sample_data", found):
        starts = {start: plain(words(f"start.{start}")) for start in ("empty", "sample")}
        start = widgets.one_of("setup.start", plain(words("sample_data")), starts)
    adopt = False
    if app.setup.workbook_exists():
        with _asked(app, language, "adopt_workbook", found):
            adopt = widgets.tick(
                "setup.adopt", plain(app.labels.text("setup.adopt", language, path=str(app.config.workbook)))
            )
    answers = SetupAnswers(
        company=company, admin_name=name, login=login, password=password, language=chosen,
        rule_pack=pack, sample_data=start == "sample", adopt_workbook=adopt,
    )  # fmt: skip
    return answers, repeated


def _asked(app: App, language: str, name: str, found: list[Finding]) -> st.delta_generator.DeltaGenerator:
    """The container of one question, with what is wrong with its answer."""
    place = st.container(key=f"field__{name}", gap="xxsmall")
    slot = place.container(gap="xxsmall")
    for finding in found:
        if isinstance(finding.at, FieldRef) and finding.at.field == name:
            place.markdown(f":small[:red[:material/error: {plain(app.labels.finding(finding, language))}]]")
    return slot


def _set_up(app: App, language: str, code: str, answers: SetupAnswers, repeated: str) -> None:
    """Sets the portal up and signs the first administrator in; problems are shown beside their questions."""
    found = list(app.setup.find_problems(answers))
    if answers.password != repeated:
        found.append(Finding("A018", at=FieldRef("repeated")))
    if not found:
        with st.spinner(app.labels.text("setup.working", language)):
            found = list(app.setup.run(answers, code))
    if has_errors(found):
        state.keep_form_value("setup", "problems", [state.plain_finding(finding) for finding in found])
        st.rerun()
    sign_in_who_set_up(app)


def sign_in_who_set_up(app: App) -> None:
    """Signs in who finished set-up in this very tab.

    Asked again once set-up is done: the second click of two stops the run that set the portal up, before it got here.
    """
    login, password = state.typed("setup.login", ""), state.typed("setup.password", "")
    account = app.accounts.check_password(login, password, address=gate.address()) if login and password else None
    if not isinstance(account, Account):
        return
    state.sign_in(app.sessions.open(account))
    state.forget_form_value("setup", "problems")
    st.query_params.pop("setup", None)
    state.leave_note("setup.done")
    st.rerun()
