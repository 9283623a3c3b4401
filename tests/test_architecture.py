"""The shape of the program: imports run one way, and clocks, ids and foreign libraries stay in their one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "schemas": set(),
    "sheets_adapter": {"schemas"},
    "reports": {"schemas"},
    "services": {"schemas", "sheets_adapter", "reports"},
    "pages": {"pages", "services", "schemas"},
    "portal.py": {"pages", "services", "schemas"},
    "manage.py": {"services", "schemas"},
}
OURS = {name.removesuffix(".py") for name in MAY_IMPORT}
ONLY_IN = {
    "streamlit": ("portal.py", "pages/"),
    "pandas": ("reports/", "pages/_ui/"),
    "sqlite3": ("sheets_adapter/",),
    "openpyxl": ("sheets_adapter/xlsx/",),
    "python_calamine": ("sheets_adapter/xlsx/",),
    "isal": ("sheets_adapter/xlsx/",),
    "xlsxwriter": ("services/slip_xlsx.py",),
    "reportlab": ("services/slip_pdf.py",),
    "fontTools": ("services/slip_fonts.py",),
    "gspread": ("sheets_adapter/",),
    "sqlalchemy": ("sheets_adapter/",),
    "streamlit_authenticator": ("services/hashing.py", "pages/_ui/", "pages/sign_in.py"),
    "ulid": ("services/app.py", "sheets_adapter/checkpointer.py"),
}
# reports/ computes with pandas throughout, so everyone else imports reports lazily.
LAZY = {
    "pandas", "openpyxl", "xlsxwriter", "reportlab", "fontTools", "streamlit_authenticator", "gspread", "sqlalchemy",
}  # fmt: skip


def sources() -> list[Path]:
    found = [ROOT / "portal.py", ROOT / "manage.py"]
    for package in ("schemas", "sheets_adapter", "reports", "services", "pages"):
        found += sorted((ROOT / package).rglob("*.py"))
    return found


SOURCES = sources()
IDS = [path.relative_to(ROOT).as_posix() for path in SOURCES]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            yield node.module or ""


def module_level_imports(tree: ast.Module) -> Iterator[str]:
    typing_only = [node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for node in tree.body:
        if node not in typing_only and not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield from imports(node)


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_imports_run_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    found = {name.split(".")[0] for name in imports(ast.parse(path.read_text(encoding="utf-8")))} & OURS
    assert found - {layer} <= MAY_IMPORT[layer]


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_a_foreign_library_is_imported_only_where_it_belongs(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        allowed = ONLY_IN.get(name.split(".")[0])
        assert allowed is None or relative.startswith(allowed), f"{relative} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_heavy_libraries_are_imported_lazily(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    heavy = LAZY - {"pandas"} if path.is_relative_to(ROOT / "reports") else LAZY | {"reports"}
    assert not {name.split(".")[0] for name in module_level_imports(tree)} & heavy


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_only_the_composition_root_asks_the_machine_for_the_time(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() in {"services/app.py", "sheets_adapter/checkpointer.py"}:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            assert not called.endswith(("datetime.now", "datetime.utcnow", "date.today", "datetime.today")), called


def test_forms_hold_data_only() -> None:
    assert not list((ROOT / "forms").rglob("*.py"))
