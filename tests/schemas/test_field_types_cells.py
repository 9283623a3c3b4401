"""Cells: the field's type decides what they mean, and a canonical text survives its cell."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.field_types import CellValue, type_of
from schemas.field_types.base import Parsed, find_unstorable
from schemas.template import Field
from tests.schemas.schema_samples import CONTEXT, choices, field


def read(type_: str, cell: CellValue, **options: object) -> Parsed:
    asked = field(type_, **options)
    return type_of(asked).read_cell(cell, asked, CONTEXT)


@pytest.mark.parametrize(
    ("type_", "cell", "text"),
    [
        ("phone", 13800138000.0, "13800138000"),
        ("phone", 13800138000, "13800138000"),
        ("text", 123.0, "123"),
        ("text", 0.1 + 0.2, "0.3"),
        ("text", date(2026, 7, 9), "2026-07-09"),
        ("text", datetime(2026, 7, 9, 8, 5), "2026-07-09 08:05:00"),  # noqa: DTZ001
        ("text", time(8, 5), "08:05:00"),
        ("text", True, "TRUE"),
        ("text", "00123", "00123"),
        ("serial", 17.0, "17"),
        ("serial", "KH-001", "KH-001"),
        ("date", datetime(2026, 7, 9), "2026-07-09"),  # noqa: DTZ001
        ("date", date(2026, 7, 9), "2026-07-09"),
        ("date", 46212, "2026-07-09"),
        ("date", 46212.0, "2026-07-09"),
        ("date", 20260709.0, "2026-07-09"),
        ("date", "2024.3.5", "2024-03-05"),
        ("date", "2024年3月5日", "2024-03-05"),
        ("datetime", 46212.604166666664, "2026-07-09 14:30:00"),
        ("datetime", datetime(2026, 7, 9, 14, 29, 59, 999_600), "2026-07-09 14:30:00"),  # noqa: DTZ001
        ("month", datetime(2026, 7, 1), "2026-07"),  # noqa: DTZ001
        ("month", datetime(2026, 7, 15), "2026-07"),  # noqa: DTZ001
        ("month", 202607.0, "2026-07"),
        ("month", "2026-7", "2026-07"),
        ("year", 2026.0, "2026"),
        ("money", 1234.5, "1234.50"),
        ("money", 0.1 + 0.2, "0.30"),
        ("money", "1,234.50", "1234.50"),
        ("money", "1.2万", "12000.00"),
        ("money", Decimal("9999999999999.99"), "9999999999999.99"),
        ("integer", 12.0, "12"),
        ("percent", 0.253, "0.253"),
        ("percent", 25, "25"),
        ("percent", "25%", "0.25"),
        ("bool", True, "是"),
        ("bool", False, "否"),
        ("bool", 1.0, "是"),
        ("bool", "是", "是"),
        ("choice", 1.0, "1"),
        ("email", "Li@EXAMPLE.com", "Li@example.com"),
        ("money", None, ""),
        ("date", "", ""),
        ("date", "-", ""),
    ],
)
def test_cell_is_read_by_the_fields_type(type_: str, cell: CellValue, text: str) -> None:
    parsed = read(type_, cell, choices=choices("1", "2"))
    assert (parsed.text, parsed.findings) == (text, ())


@pytest.mark.parametrize(
    ("type_", "cell", "text", "code"),
    [
        ("text", 1.2345678901234568e17, "123456789012346000", "V007"),
        ("id_number", 110105194912310000.0, "110105194912310000", "V007"),
        ("text", "#N/A", "#N/A", "V006"),
        ("money", "#DIV/0!", "#DIV/0!", "V006"),
        ("date", "#VALUE!", "#VALUE!", "V006"),
        ("money", True, "TRUE", "V010"),
        ("money", date(2026, 7, 9), "2026-07-09", "V010"),
        ("money", float("nan"), "nan", "V018"),
        ("money", float("inf"), "inf", "V018"),
        ("money", 33.333333, "33.333333", "V012"),
        ("integer", 12.5, "12.5", "V011"),
        ("date", 2024, "2024", "V031"),
        ("date", 0.5, "0.5", "V031"),
        ("date", True, "TRUE", "V031"),
        ("date", timedelta(hours=3), "3:00:00", "V031"),
        ("date", datetime(2026, 7, 9, 14, 30), "2026-07-09 14:30:00", "V027"),  # noqa: DTZ001
        ("date", "下周", "下周", "V020"),
        ("month", 2026.1, "2026.1", "V031"),
        ("choice", "丙", "丙", "V036"),
        ("phone", 1012345678.0, "1012345678", "V053"),
        ("attachment", "合同.pdf", "合同.pdf", "V067"),
    ],
)
def test_cell_that_does_not_fit_keeps_its_text_beside_a_finding(
    type_: str, cell: CellValue, text: str, code: str
) -> None:
    parsed = read(type_, cell, choices=choices("甲", "乙"))
    assert (parsed.text, [f.code for f in parsed.findings]) == (text, [code])


FIELDS: dict[str, Field] = {
    name: field(name, choices=choices("甲", "乙/丙", "丁"))
    for name in (
        "text", "long_text", "integer", "decimal", "money", "percent", "date", "datetime", "month", "year", "bool",
        "choice", "multi_choice", "reference", "user", "phone", "email", "id_number", "url", "decision", "serial",
    )
}  # fmt: skip
FIELDS["decision"] = field("decision")
FIELDS["computed"] = field("computed", compute="1", result="money")

storable = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=40)
days = st.dates(date(1900, 3, 1), date(9999, 12, 31))
moments = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
cents = st.integers(-(10**15) + 1, 10**15 - 1)


def _id_number(day: date, order: int) -> str:
    """A number with the check character of ISO 7064 MOD 11-2, worked out by its defining congruence."""
    body = f"110105{day:%Y%m%d}{order:03}"
    for check, char in enumerate("0123456789X"):
        total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body)) + check
        if total % 11 == 1:
            return body + char
    raise AssertionError(body)


CANONICAL: dict[str, st.SearchStrategy[str]] = {
    "text": storable.map(str.strip),
    "long_text": st.lists(storable, max_size=4).map("\n".join).map(str.strip),
    "integer": st.integers(-(10**15) + 1, 10**15 - 1).map(str),
    "decimal": st.tuples(cents, st.integers(0, 6)).map(
        lambda pair: f"{Decimal(pair[0]).scaleb(-pair[1]).normalize():f}"
    ),
    "money": cents.map(lambda n: f"{Decimal(n).scaleb(-2):.2f}"),
    "percent": st.integers(-(10**4), 10**4).map(lambda n: f"{Decimal(n).scaleb(-4).normalize():f}"),
    "date": days.map(date.isoformat),
    "datetime": moments.map(lambda at: at.isoformat(" ")),
    "month": days.map(lambda day: day.isoformat()[:7]),
    "year": days.map(lambda day: day.isoformat()[:4]),
    "bool": st.sampled_from(["是", "否"]),
    "choice": st.sampled_from(["甲", "乙/丙", "丁"]),
    "multi_choice": st.sampled_from(["甲", "乙/丙", "甲、乙/丙", "甲、丁", "甲、乙/丙、丁"]),
    "reference": st.sampled_from(["S001", "S002", "S003"]),
    "user": st.sampled_from(["S001", "S002", "S003"]),
    "phone": st.one_of(
        st.from_regex(r"\A1[3-9][0-9]{9}\Z"),
        st.from_regex(r"\A(010|02[0-57-9]|0[3-9][1-9][1-9])-[2-8][0-9]{7}(-[0-9]{1,6})?\Z"),
        st.from_regex(r"\A[48]00-[0-9]{3}-[0-9]{4}\Z"),
        st.from_regex(r"\A\+(1|44|81|852|971)[0-9]{7,10}\Z"),
    ),
    "email": st.from_regex(r"\A[a-zA-Z0-9_+-]{1,20}@[a-z0-9]{1,20}\.(com|cn|com\.cn)\Z"),
    "id_number": st.tuples(st.dates(date(1900, 1, 1), date(2026, 11, 21)), st.integers(0, 999)).map(
        lambda pair: _id_number(*pair)
    ),
    "url": st.from_regex(r"\Ahttps?://[a-z]{1,10}\.(com|cn)(/[a-z0-9/?=&-]{0,20})?\Z"),
    "decision": st.sampled_from(
        ["通过 · S001 张三 · 2026-11-21 10:00", "退回 · S002 李四 · 2026-11-01 09:00 · 缺附件"]
    ),
    "serial": st.from_regex(r"\A[A-Z]{1,3}[0-9]{4,8}\Z"),
    "computed": cents.map(lambda n: f"{Decimal(n).scaleb(-2):.2f}"),
}


@pytest.mark.parametrize("name", sorted(CANONICAL))
def test_canonical_text_survives_its_cell_and_its_input_box(name: str) -> None:
    asked = FIELDS[name]
    type_ = type_of(asked)

    @settings(max_examples=60, deadline=None)
    @given(CANONICAL[name])
    def check(text: str) -> None:
        cell = type_.write_cell(text, asked)
        assert type_.read_cell(cell, asked, CONTEXT) == Parsed(text)
        assert type_.parse(type_.edit_text(text, asked), asked, CONTEXT).text == text

    check()


@pytest.mark.parametrize("name", ["integer", "decimal", "money", "percent", "computed", "year"])
def test_number_survives_the_binary_fraction_a_file_keeps_it_as(name: str) -> None:
    asked = FIELDS[name]
    type_ = type_of(asked)

    @settings(max_examples=60, deadline=None)
    @given(CANONICAL[name])
    def check(text: str) -> None:
        cell = type_.write_cell(text, asked)
        assert isinstance(cell, int | Decimal)
        assert type_.read_cell(float(cell), asked, CONTEXT).text == text

    check()


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(max_size=30),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@pytest.mark.parametrize("name", [*sorted(FIELDS), "attachment"])
def test_no_cell_raises_and_none_is_dropped(name: str) -> None:
    asked = FIELDS.get(name) or field("attachment")
    type_ = type_of(asked)

    @settings(max_examples=40, deadline=None)
    @given(cells)
    def check(cell: CellValue) -> None:
        parsed = type_.read_cell(cell, asked, CONTEXT)
        is_blank = cell is None or (isinstance(cell, str) and not cell.strip())
        words_for_none = isinstance(cell, str) and parsed.understood
        assert parsed.text or is_blank or words_for_none
        if parsed.fits:
            again = type_.write_cell(parsed.text, asked)
            if name != "attachment":
                assert type_.read_cell(again, asked, CONTEXT).text == parsed.text

    check()


HINTS = """
2026 7 9 0 10 139 1234 年 月 日 下午 今天 now 万 亿 元 五 是 甲 . - / : % ￥ , +86 转 ( ) 、 ； @ — a e com X ٣ ²
"""
hints = st.sampled_from([" ", *HINTS.split()])


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_whatever_is_typed_is_refused_or_understood_once_and_for_all(name: str) -> None:
    asked = FIELDS[name]
    type_ = type_of(asked)

    @settings(max_examples=120, deadline=None)
    @given(st.one_of(st.lists(hints, max_size=9).map("".join), st.text(max_size=20)))
    def check(typed: str) -> None:
        parsed = type_.parse(typed, asked, CONTEXT)
        if not parsed.fits:
            assert parsed.text
            return
        again = type_.parse(type_.edit_text(parsed.text, asked), asked, CONTEXT)
        assert (again.text, again.fits) == (parsed.text, True)
        assert type_.read_cell(type_.write_cell(parsed.text, asked), asked, CONTEXT).text == parsed.text
        if type_.kind not in ("text", "bool") or name in ("month", "phone", "id_number"):
            assert parsed.text.isascii()

    check()


def test_cells_are_real_dates_numbers_and_text() -> None:
    written = {name: type_of(FIELDS[name]).write_cell(text, FIELDS[name]) for name, text in {
        "date": "2026-07-09", "datetime": "2026-07-09 14:30:00", "month": "2026-07", "year": "2026", "integer": "12",
        "money": "1234.50", "percent": "0.25", "phone": "13912345678", "bool": "是", "text": "00123",
    }.items()}  # fmt: skip
    assert written == {
        "date": date(2026, 7, 9),
        "datetime": datetime(2026, 7, 9, 14, 30),  # noqa: DTZ001
        "month": date(2026, 7, 1),
        "year": 2026,
        "integer": 12,
        "money": Decimal("1234.50"),
        "percent": Decimal("0.25"),
        "phone": "13912345678",
        "bool": "是",
        "text": "00123",
    }
    assert [type(written[name]) for name in ("date", "datetime", "year")] == [date, datetime, int]


@pytest.mark.parametrize(
    ("name", "text", "zh", "en"),
    [
        ("money", "1234.50", "¥1,234.50", "¥1,234.50"),
        ("money", "-5.00", "-¥5.00", "-¥5.00"),
        ("integer", "12000", "12,000", "12,000"),
        ("percent", "0.253", "25.3%", "25.3%"),
        ("datetime", "2026-07-09 14:30:00", "2026-07-09 14:30", "2026-07-09 14:30"),
        ("bool", "是", "是", "Yes"),
        ("choice", "甲", "甲", "<甲>"),
        ("multi_choice", "甲、丁", "甲、丁", "<甲>, <丁>"),
        ("decision", "通过 · S001 张三", "通过 · S001 张三", "Approved · S001 张三"),
        ("computed", "1234.50", "¥1,234.50", "¥1,234.50"),
        ("date", "", "", ""),
    ],
)  # fmt: skip
def test_value_is_shown_in_the_readers_language(name: str, text: str, zh: str, en: str) -> None:
    type_ = type_of(FIELDS[name])
    assert (type_.show(text, FIELDS[name], "zh"), type_.show(text, FIELDS[name], "en")) == (zh, en)


def test_column_is_wide_enough_for_its_header() -> None:
    short, long = field("date"), field("date", label={"zh": "合同约定的最终交付日期", "en": "x"})
    assert type_of(short).column_width(short) == 12
    assert type_of(long).column_width(long) == 26


@given(st.text(st.characters(exclude_categories=()), max_size=20))
@example("#N/A")
@example("\ud800")
@example("\x85")
@example("\ufffe")
def test_a_text_is_refused_exactly_when_no_cell_can_hold_it(text: str) -> None:
    note = field("long_text")
    assert type_of(note).parse(text, note, CONTEXT).fits == (find_unstorable(text, note) is None)


@pytest.mark.parametrize(("units", "fits"), [(32_767, True), (32_768, False)])
def test_a_text_is_refused_when_it_is_longer_than_a_cell(units: int, fits: bool) -> None:
    note = field("long_text")
    assert type_of(note).parse("字" * units, note, CONTEXT).fits is fits
    assert type_of(note).parse("😀" * (units // 2) + "字" * (units % 2), note, CONTEXT).fits is fits
