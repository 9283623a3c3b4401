"""Hidden defined names: written once, found again, and never anyone else's."""

from __future__ import annotations

import pytest

from sheets_adapter.xlsx import Workbook, column_of_name, quoted_sheet
from sheets_adapter.xlsx.lint import find_package_problems
from tests.sheets_adapter.xlsx.samples import NASTY, by_openpyxl, changed_parts, parts_of, raw_workbook, worksheet

BLANK = raw_workbook(worksheet(""))
PART = "xl/workbook.xml"


def test_a_name_is_hidden_and_read_back() -> None:
    workbook = Workbook.open(NASTY)
    workbook.set_name("_portal_id", '"01ABC"')
    workbook.set_name("_portal_c_name", "订单登记!$B$1")
    data = workbook.to_bytes()
    names = by_openpyxl(data).defined_names
    assert names["_portal_id"].hidden
    assert names["_portal_c_name"].value == "订单登记!$B$1"
    assert Workbook.open(data).names == {
        "状态列表": "字典!$A$2:$A$5", "税率": "0.13", "_portal_id": '"01ABC"', "_portal_c_name": "订单登记!$B$1",
    }  # fmt: skip
    assert changed_parts(NASTY, data) == {PART}
    assert find_package_problems(data) == []


def test_peoples_names_keep_their_bytes() -> None:
    workbook = Workbook.open(NASTY)
    workbook.set_name("_portal_gen", "7")
    workbook.set_name("_portal_gen", "8")
    workbook.drop_name("_portal_gen")
    assert parts_of(workbook.to_bytes())[PART] == parts_of(NASTY)[PART]


def test_setting_a_name_to_what_it_is_changes_nothing() -> None:
    workbook = Workbook.open(BLANK)
    workbook.set_name("_portal_gen", "7")
    once = workbook.to_bytes()
    again = Workbook.open(once)
    again.set_name("_portal_gen", "7")
    assert again.to_bytes() is once


def test_the_last_name_takes_its_list_with_it() -> None:
    workbook = Workbook.open(BLANK)
    workbook.set_name("_portal_gen", "7")
    workbook.drop_name("_PORTAL_GEN")
    workbook.drop_name("_portal_gen")
    assert parts_of(workbook.to_bytes()) == parts_of(BLANK)


def test_a_name_another_program_made_visible_is_hidden_again() -> None:
    data = raw_workbook(
        worksheet(""), names='<definedNames><definedName name="_portal_gen">7</definedName></definedNames>'
    )
    workbook = Workbook.open(data)
    workbook.set_name("_portal_gen", "8")
    assert b'<definedName name="_portal_gen" hidden="1">8</definedName>' in parts_of(workbook.to_bytes())[PART]


def test_a_name_of_one_sheet_is_not_the_workbooks() -> None:
    local = '<definedNames><definedName name="区域" localSheetId="0">登记!$A$1</definedName></definedNames>'
    workbook = Workbook.open(raw_workbook(worksheet(""), names=local))
    assert workbook.names == {}
    workbook.set_name("区域", "登记!$B$1", hidden=False)
    assert workbook.names == {"区域": "登记!$B$1"}


def test_names_stand_before_the_calculation_settings() -> None:
    data = raw_workbook(worksheet(""), names='<calcPr calcId="1"/>')
    workbook = Workbook.open(data)
    workbook.set_name("_portal_gen", "7")
    assert (
        b'</sheets><definedNames><definedName name="_portal_gen" hidden="1">7</definedName></definedNames><calcPr'
        in (parts_of(workbook.to_bytes())[PART])
    )


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-b", "x" * 256])
def test_a_name_excel_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="defined name"):
        Workbook.open(BLANK).set_name(name, "1")


@pytest.mark.parametrize(
    ("refers_to", "column"),
    [
        pytest.param("客户信息!$F$1", ("客户信息", 5), id="plain"),
        pytest.param("'客户 信息'!$F$1", ("客户 信息", 5), id="quoted"),
        pytest.param("'张三''s'!$AA$12", ("张三's", 26), id="quote in the title"),
        pytest.param("客户信息!$F:$F", ("客户信息", 5), id="whole column"),
        pytest.param("='客户信息'!F1", ("客户信息", 5), id="relative, with an equals sign"),
        pytest.param("客户信息!$F$1:$F$1", ("客户信息", 5), id="one cell as a range"),
        pytest.param("客户信息!#REF!", None, id="column deleted"),
        pytest.param("#REF!$F$1", None, id="sheet deleted"),
        pytest.param("客户信息!$F$1:$G$1", None, id="two columns"),
        pytest.param("客户信息!$XFE$1", None, id="beyond the last column"),
        pytest.param("", None, id="nothing"),
        pytest.param("0.13", None, id="a number"),
    ],
)
def test_a_name_tells_its_column_unless_it_was_deleted(refers_to: str, column: tuple[str, int] | None) -> None:
    assert column_of_name(refers_to) == column


@pytest.mark.parametrize(
    ("title", "quoted"),
    [("客户信息", "客户信息"), ("客户 信息", "'客户 信息'"), ("A1", "'A1'"), ("R1C1", "'R1C1'"), ("2026", "'2026'"),
     ("张三's", "'张三''s'"), ("客户-明细", "'客户-明细'")],
)  # fmt: skip
def test_titles_are_quoted_where_formulas_need_it(title: str, quoted: str) -> None:
    assert quoted_sheet(title) == quoted
    assert column_of_name(f"{quoted}!$A$1") == (title, 0)
