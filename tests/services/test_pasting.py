"""Rows copied out of a spreadsheet find their fields."""

from __future__ import annotations

import pytest

from schemas.template import Field
from services.pasting import as_rows, matched, read_table

SHOWN = [
    Field.model_validate(one)
    for one in (
        {"key": "what", "type": "text", "label": {"zh": "品名", "en": "Item"}, "aliases": ["商品名称"]},
        {
            "key": "pieces",
            "type": "integer",
            "label": {"zh": "数量", "en": "Pieces"},
            "unit": {"zh": "件", "en": "pcs"},
        },
        {"key": "amount", "type": "computed", "label": {"zh": "金额", "en": "Amount"}, "compute": "pieces * price"},
        {"key": "price", "type": "money", "label": {"zh": "单价", "en": "Price"}},
    )
]


def test_cells_are_separated_by_tabs_and_quoted_cells_keep_their_line_breaks() -> None:
    text = '戒指\t3\r\n"项链\n带盒"\t"1 ""对"""\r\n'
    assert read_table(text) == (("戒指", "3"), ("项链\n带盒", '1 "对"'))


def test_empty_rows_and_empty_columns_at_the_end_are_left_out() -> None:
    assert read_table("a\t\t\n\t\t\nb\tc\t\n") == (("a", ""), ("b", "c"))


def test_nothing_pasted_is_no_table() -> None:
    assert read_table(" \n\n") == ()
    assert matched((), SHOWN).fields == ()


@pytest.mark.parametrize(
    ("titles", "fields"),
    [
        (("单价", "品名", "数量"), ("price", "what", "pieces")),
        (("Price", "item", "PIECES"), ("price", "what", "pieces")),
        (("商品名称", "数量（件）*", "备注"), ("what", "pieces", "")),
        (("品名", "金额", "品名"), ("what", "", "")),
    ],
    ids=["Chinese, another order", "English, any case", "alias, unit and star, one unknown", "computed and twice"],
)
def test_a_first_row_of_titles_says_where_columns_go(titles: tuple[str, ...], fields: tuple[str, ...]) -> None:
    found = matched((titles, ("1", "2", "3")), SHOWN)
    assert found.has_titles
    assert found.fields == fields
    assert found.body == (("1", "2", "3"),)


def test_without_titles_columns_go_in_the_order_of_the_questions() -> None:
    found = matched((("戒指", "3", "100"),), SHOWN)
    assert not found.has_titles
    assert found.fields == ("what", "pieces", "price")


def test_a_table_as_wide_as_the_screens_skips_what_is_worked_out() -> None:
    assert matched((("戒指", "3", "300", "100"),), SHOWN).fields == ("what", "pieces", "", "price")


def test_columns_too_many_go_nowhere() -> None:
    assert matched((("戒指", "3", "300", "100", "x"),), SHOWN).fields == ("what", "pieces", "", "price", "")


def test_rows_become_new_line_items_without_empty_cells_and_rows() -> None:
    rows = as_rows((("戒指", "", "x"), ("", "", "y")), ("what", "pieces", ""))
    assert [(row.line_id, dict(row.values)) for row in rows] == [("", {"what": "戒指"})]


def test_a_reference_is_also_found_by_what_its_target_calls_its_number_and_name() -> None:
    found = matched((("商品编号", "品名", "数量"), ("R1", "戒指", "2")), SHOWN[1:], {"price": ["商品编号", "数量"]})
    assert found.fields == ("price", "", "pieces")
