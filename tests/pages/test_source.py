"""Rules the screens' source keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from schemas.labels import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
SCREENS = sorted(path for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")
SHARED = sorted((ROOT / "pages" / "_ui").glob("*.py"))
SOURCES = [ROOT / "portal.py", *SCREENS, *SHARED]
IDS = [path.relative_to(ROOT).as_posix() for path in SOURCES]
INPUTS = {
    "text_input", "text_area", "number_input", "date_input", "time_input", "datetime_input", "selectbox", "multiselect",
    "radio", "checkbox", "toggle", "pills", "segmented_control", "slider", "file_uploader", "data_editor", "chat_input",
}  # fmt: skip
SHOWS_TEXT = INPUTS | {
    "title", "header", "subheader", "markdown", "caption", "text", "write", "error", "warning", "info", "success",
    "toast", "button", "download_button", "link_button", "page_link", "badge", "metric", "expander", "popover", "tabs",
    "dialog", "spinner", "code", "table", "set_page_config",
}  # fmt: skip


def calls_of_streamlit(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "st":
            yield node


def has_letters(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and any(map(str.isalpha, node.value))


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_no_text_for_people_stands_in_the_source(path: Path) -> None:
    for call in calls_of_streamlit(path):
        if call.func.attr in SHOWS_TEXT and call.args:  # type: ignore[attr-defined]
            assert not has_letters(call.args[0]), f"line {call.lineno}: {ast.unparse(call)}"
        named = {word.arg: word.value for word in call.keywords}
        for name in ("label", "placeholder", "help", "page_title"):
            assert name not in named or not has_letters(named[name]), f"line {call.lineno}: {ast.unparse(call)}"


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_the_session_is_touched_in_one_module(path: Path) -> None:
    if path.name != "state.py":
        assert "session_state" not in path.read_text(encoding="utf-8").replace("filtered_state", "")


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_inputs_are_drawn_in_one_module(path: Path) -> None:
    if path.name != "widgets.py":
        assert not [call.func.attr for call in calls_of_streamlit(path) if call.func.attr in INPUTS]  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", SCREENS, ids=[path.stem for path in SCREENS])
def test_every_screen_asks_for_the_router_before_anything_else(path: Path) -> None:
    body = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(node, (ast.ImportFrom, ast.Import))
    ]
    statements = [
        ast.unparse(node) for node in body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert statements[0] == "guard.ensure_router()"
    assert statements[-1].startswith("if __name__ == '__main__':\n    guard.run(render")


def test_every_screen_is_registered() -> None:
    from pages._ui.routes import SCREENS as REGISTERED

    assert {screen.path for screen in REGISTERED} == {path.relative_to(ROOT).as_posix() for path in SCREENS}


def test_nothing_is_cached_but_the_opened_portal() -> None:
    cached = [
        path.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("cache_resource", "cache_data")
    ]
    assert cached == ["app.py"]


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_only_our_own_assets_become_html(path: Path) -> None:
    """`st.html` and raw HTML get the stylesheet and the translator, and nothing else."""
    for call in calls_of_streamlit(path):
        assert "unsafe_allow_html" not in {word.arg for word in call.keywords}
        if call.func.attr == "html":  # type: ignore[attr-defined]
            assert path.name in ("chrome.py", "translator.py")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_a_screen_asks_for_exists(language: str) -> None:
    texts: dict[str, str] = {}
    for file in (ROOT / "forms" / "locales" / language).glob("*.yaml"):
        texts |= yaml.safe_load(file.read_text(encoding="utf-8"))
    asked = {key for path in SOURCES for key in literal_keys(path)}
    assert sorted(key for key in asked if key not in texts) == []


def literal_keys(path: Path) -> Iterator[str]:
    """Locale keys written out in calls of text(…), md(…), leave_note(…) and in Screen(…)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        wanted = {"text": node.args[:1], "md": node.args[:1], "leave_note": node.args[:1], "Screen": node.args[1:2],
                  "CannotOpen": node.args[:1]}  # fmt: skip
        for argument in wanted.get(name, []):
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "." in argument.value:
                yield argument.value
