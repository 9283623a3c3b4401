"""The first screen comes quickly: what only some screens need is not imported before they need it."""

from __future__ import annotations

import subprocess
import sys

from tests.pages.conftest import ROOT

HEAVY = ("pandas", "numpy", "pyarrow", "openpyxl", "xlsxwriter", "python_calamine", "streamlit_authenticator", "altair")
SCRIPT = f"""
import sys
import streamlit as st
from pages._ui import components, widgets
components.menu("m", {{"groups": [{{"items": []}}], "screens": [], "manage": []}})
components.table("t", "x", [components.TableColumn("a", "A")], [components.TableRow("1", (components.TableCell("x"),))])
widgets.search_box("q", "x", "")
st.text(" ".join(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_the_entry_script_imports_nothing_heavy() -> None:
    code = f"import sys, portal; print(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_menu_tables_and_search_are_drawn_without_pandas() -> None:
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        f"at = AppTest.from_string({SCRIPT!r}, default_timeout=30).run()\n"
        "print(at.exception, repr(at.text[0].value))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ElementList() ''"
