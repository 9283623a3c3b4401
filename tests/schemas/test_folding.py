"""What counts as the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.folding import fold, fold_company, fold_phone


@pytest.mark.parametrize("same", ["科技 有限公司", " 科技有限公司\n", "科技有限公司\u200b", "科技　有限公司"])
def test_spaces_and_invisible_characters_do_not_make_a_name_another(same: str) -> None:
    assert fold(same) == fold("科技有限公司")


def test_width_and_case_do_not_make_a_name_another() -> None:
    assert fold("ＡＢＣ（上海）") == fold("abc(上海)")


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "name",
    [
        "明德科技有限公司",
        "明德科技",
        "明德科技股份有限公司",
        "明德科技有限责任公司",
        "明德科技集团有限公司",
        "明德科技集团",
        "上海明德科技有限公司",
        "上海市明德科技有限公司",
        "上海市浦东新区明德科技有限公司",
        "广东省深圳市明德科技有限公司",
        "明德科技（上海）有限公司",
        "明德科技有限公司上海分公司",
        "明德科技有限公司第二分公司",
        "明德 科技 有限公司",
    ],
)
def test_company_is_known_without_region_and_legal_form(name: str) -> None:
    assert fold_company(name) == "明德科技"


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Acme Trading Co., Ltd.", "acmetrading"),
        ("ACME TRADING LIMITED", "acmetrading"),
        ("Acme Trading Company Limited", "acmetrading"),
        ("Acme Trading, Inc.", "acmetrading"),
    ],
)
def test_english_legal_forms_do_not_count(name: str, folded: str) -> None:
    assert fold_company(name) == folded


@pytest.mark.parametrize("name", ["有限公司", "公司", "集团", "上海", "北京银行", "中国银行"])
def test_company_name_is_never_folded_to_nothing(name: str) -> None:
    assert fold_company(name)


@pytest.mark.parametrize(
    ("one", "other"), [("明德科技有限公司", "明德贸易有限公司"), ("北京银行", "上海银行股份有限公司二部")]
)
def test_different_companies_stay_different(one: str, other: str) -> None:
    assert fold_company(one) != fold_company(other)


@pytest.mark.parametrize("typed", ["13912345678", "+86 139-1234-5678", "0086 13912345678", "１３９ １２３４ ５６７８"])
def test_phone_is_known_however_it_is_written(typed: str) -> None:
    assert fold_phone(typed) == "13912345678"


def test_extension_is_no_part_of_the_phone() -> None:
    assert fold_phone("010-12345678-801") == fold_phone("010-12345678") == fold_phone("(010)12345678转801")


def test_address_in_a_phone_field_folds_as_text() -> None:
    assert fold_phone("Li@Example.com") == "li@example.com"
