"""What people type, and what each field type makes of it."""

from __future__ import annotations

import pytest

from schemas.field_types import FIELD_TYPES, ParseContext, type_of
from schemas.field_types.base import Parsed
from tests.schemas.schema_samples import CONTEXT, ZHANG, choices, field


def parse(type_: str, typed: object, **options: object) -> Parsed:
    asked = field(type_, **options)
    return type_of(asked).parse(typed, asked, CONTEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("2026.7.9", "2026-07-09"),
        ("2026/7/9", "2026-07-09"),
        ("2026/07/09", "2026-07-09"),
        ("2026年7月9日", "2026-07-09"),
        ("2026年07月09号", "2026-07-09"),
        ("2026 年 7 月 9 日", "2026-07-09"),
        ("20260709", "2026-07-09"),
        ("２０２６－０７－０９", "2026-07-09"),
        ("7月9日", "2026-07-09"),
        ("7/9", "2026-07-09"),
        ("今天", "2026-11-21"),
        ("昨天", "2026-11-20"),
        ("明天", "2026-11-22"),
        ("today", "2026-11-21"),
        ("9 Jul 2026", "2026-07-09"),
        ("July 9, 2026", "2026-07-09"),
        ("2026-07-09 00:00:00", "2026-07-09"),
        ("2024-02-29", "2024-02-29"),
        ("-", ""),
        ("N/A", ""),
        ("—", ""),
    ],
)
def test_date_is_understood_as_people_write_it(typed: str, canonical: str) -> None:
    assert parse("date", typed) == Parsed(canonical, understood=typed != canonical)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("下周", "V020"),
        ("2026", "V020"),
        ("26-7-9", "V021"),
        ("7/9/2026", "V021"),
        ("2026-02-30", "V022"),
        ("2026-13-01", "V022"),
        ("2025-02-29", "V022"),
        ("1899-12-31", "V023"),
        ("1900-02-28", "V023"),
        ("2026-07-09 14:30", "V027"),
    ],
)
def test_date_that_cannot_be_meant_is_refused_and_kept_as_typed(typed: str, code: str) -> None:
    parsed = parse("date", typed)
    assert (parsed.text, [f.code for f in parsed.findings]) == (typed, [code])


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("2026-07-09 14:30", "2026-07-09 14:30:00"),
        ("2026-07-09 14:30:05", "2026-07-09 14:30:05"),
        ("2026/7/9 下午2:30", "2026-07-09 14:30:00"),
        ("2026年7月9日14时30分", "2026-07-09 14:30:00"),
        ("2026年7月9日 14点", "2026-07-09 14:00:00"),
        ("2026-07-09 2:30 PM", "2026-07-09 14:30:00"),
        ("2026-07-09 12:05 AM", "2026-07-09 00:05:00"),
        ("今天 9点", "2026-11-21 09:00:00"),
        ("14:30", "2026-11-21 14:30:00"),
        ("现在", "2026-11-21 10:00:00"),
        ("2026-07-09", "2026-07-09 00:00:00"),
        ("2026-07-09T14:30:05Z", "2026-07-09 22:30:05"),
    ],
)
def test_moment_is_understood_as_people_write_it(typed: str, canonical: str) -> None:
    assert parse("datetime", typed).text == canonical
    assert parse("datetime", typed).fits


@pytest.mark.parametrize("typed", ["2026-07-09 25:00", "2026-07-09 abc", "abc"])
def test_moment_that_cannot_be_meant_is_refused(typed: str) -> None:
    assert [f.code for f in parse("datetime", typed).findings] == ["V028"]


def test_moment_typed_without_seconds_needs_no_echo() -> None:
    assert parse("datetime", "2026-07-09 14:30").understood is False


@pytest.mark.parametrize(
    ("type_", "typed", "canonical"),
    [
        ("month", "2026-7", "2026-07"),
        ("month", "2026年7月", "2026-07"),
        ("month", "2026.7", "2026-07"),
        ("month", "202607", "2026-07"),
        ("month", "本月", "2026-11"),
        ("month", "上月", "2026-10"),
        ("month", "2026-07-15", "2026-07"),
        ("year", "2026年", "2026"),
        ("year", "去年", "2025"),
    ],
)
def test_month_and_year_are_understood_as_people_write_them(type_: str, typed: str, canonical: str) -> None:
    assert parse(type_, typed) == Parsed(canonical, understood=True)


@pytest.mark.parametrize(("type_", "typed", "code"), [("month", "2026-13", "V029"), ("year", "26", "V030")])
def test_month_and_year_that_are_none_are_refused(type_: str, typed: str, code: str) -> None:
    assert [f.code for f in parse(type_, typed).findings] == [code]


@pytest.mark.parametrize(
    ("type_", "typed", "canonical", "understood"),
    [
        ("integer", "12", "12", False),
        ("integer", "1,234", "1234", False),
        ("integer", "３个", "3", True),
        ("integer", "500人", "500", True),
        ("integer", "1.2万", "12000", True),
        ("integer", "12.0", "12", False),
        ("integer", "-5", "-5", False),
        ("integer", "−5", "-5", True),
        ("decimal", "1.50", "1.5", False),
        ("decimal", "０.５", "0.5", True),
        ("decimal", "100", "100", False),
        ("money", "1.2万", "12000.00", True),
        ("money", "3亿", "300000000.00", True),
        ("money", "1亿2000万", "120000000.00", True),
        ("money", "5千", "5000.00", True),
        ("money", "￥1,234.5", "1234.50", True),
        ("money", "1,234.50元", "1234.50", True),
        ("money", "人民币1234元整", "1234.00", True),
        ("money", "(1,200)", "-1200.00", True),
        ("money", "-0", "0.00", False),
        ("money", "N/A", "", True),
        ("percent", "25%", "0.25", False),
        ("percent", "25.3%", "0.253", False),
        ("percent", "２５％", "0.25", True),
        ("percent", "百分之25", "0.25", True),
        ("percent", "150%", "1.5", False),
        ("percent", "0.25", "0.25", True),
        ("percent", "1", "1", True),
    ],
)
def test_number_is_understood_as_people_write_it(type_: str, typed: str, canonical: str, understood: bool) -> None:
    assert parse(type_, typed) == Parsed(canonical, understood=understood)


@pytest.mark.parametrize(
    ("type_", "typed", "code"),
    [
        ("integer", "十二", "V010"),
        ("integer", "1e5", "V010"),
        ("integer", "3万5", "V010"),
        ("integer", "万", "V010"),
        ("integer", "1 2 a", "V010"),
        ("integer", "12.5", "V011"),
        ("money", "1.234", "V012"),
        ("money", "nan", "V010"),
        ("money", "inf", "V010"),
        ("money", "1,23", "V017"),
        ("money", "12,34,567", "V017"),
        ("money", "12345678901234.56", "V013"),
        ("integer", "1234567890123456", "V013"),
        ("percent", "25", "V016"),
        ("percent", "12.345%", "V012"),
    ],
)
def test_number_that_is_none_or_does_not_fit_is_refused_not_rounded(type_: str, typed: str, code: str) -> None:
    parsed = parse(type_, typed)
    assert (parsed.text, [f.code for f in parsed.findings]) == (typed, [code])


def test_money_of_fifteen_digits_fits() -> None:
    assert parse("money", "9999999999999.99").text == "9999999999999.99"


def test_places_limit_the_decimals_of_a_number() -> None:
    assert parse("decimal", "1.25", places=2).fits
    assert [f.params["places"] for f in parse("decimal", "1.255", places=2).findings] == [2]


def test_unit_of_the_field_may_follow_the_number_and_another_unit_may_not() -> None:
    unit = {"zh": "㎡", "en": "m2"}
    assert parse("decimal", "120㎡", unit=unit).text == "120"
    assert [f.code for f in parse("decimal", "120人", unit=unit).findings] == ["V010"]


def test_amount_in_ten_thousands_is_not_multiplied_twice() -> None:
    unit = {"zh": "万元", "en": "10,000 CNY"}
    assert parse("decimal", "5万元", unit=unit).text == "5"
    assert [f.code for f in parse("decimal", "5万", unit=unit).findings] == ["V010"]


@pytest.mark.parametrize("typed", ["是", "Y", "yes", "TRUE", "1", "√", "✓", "对"])
def test_yes_is_understood(typed: str) -> None:
    assert parse("bool", typed) == Parsed("是", understood=typed != "是")


@pytest.mark.parametrize("typed", ["否", "N", "no", "false", "0", "×", "无"])
def test_no_is_understood(typed: str) -> None:
    assert parse("bool", typed) == Parsed("否", understood=typed != "否")


def test_neither_yes_nor_no_is_refused() -> None:
    assert [f.code for f in parse("bool", "可能").findings] == ["V035"]


CONTACT = [
    {"value": "微信/短信", "en": "Chat"},
    {"value": "电话", "en": "Phone"},
    {"value": "邮件", "en": "Mail", "aliases": ["邮件确认"]},
]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [("邮件", "邮件"), ("邮件确认", "邮件"), ("phone", "电话"), ("电 话", "电话"), ("微信／短信", "微信/短信")],
)
def test_choice_is_found_by_value_english_text_and_alias(typed: str, canonical: str) -> None:
    assert parse("choice", typed, choices=CONTACT) == Parsed(canonical, understood=typed != canonical)


def test_unknown_choice_lists_the_choices() -> None:
    (finding,) = parse("choice", "传真", choices=CONTACT).findings
    assert (finding.code, finding.params["choices"]) == ("V036", ("微信/短信", "电话", "邮件"))


def test_misspelt_choice_is_not_corrected_but_asked_about() -> None:
    parsed = parse("choice", "电化", choices=CONTACT)
    assert (parsed.text, parsed.findings[0].code, parsed.findings[0].params["meant"]) == ("电化", "V037", "电话")


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("邮件，电话", "电话、邮件"),
        ("邮件,电话", "电话、邮件"),
        ("邮件;电话", "电话、邮件"),
        ("邮件；电话", "电话、邮件"),
        ("邮件\n电话", "电话、邮件"),
        ("电话/邮件", "电话、邮件"),
        ("电话/微信/短信", "微信/短信、电话"),
        ("电话、电话", "电话"),
        (["邮件", "电话"], "电话、邮件"),
        ([], ""),
    ],
)
def test_several_choices_are_split_and_put_in_the_templates_order(typed: object, canonical: str) -> None:
    assert parse("multi_choice", typed, choices=CONTACT).text == canonical


def test_each_unknown_one_of_several_choices_is_named() -> None:
    findings = parse("multi_choice", "电话、传真、信件", choices=CONTACT).findings
    assert [f.params["value"] for f in findings] == ["传真", "信件"]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("13912345678", "13912345678"),
        ("139 1234 5678", "13912345678"),
        ("139-1234-5678", "13912345678"),
        ("+86 139 1234 5678", "13912345678"),
        ("008613912345678", "13912345678"),
        ("86 13912345678", "13912345678"),
        ("１３９１２３４５６７８", "13912345678"),
        ("010-12345678", "010-12345678"),
        ("01012345678", "010-12345678"),
        ("（010）1234 5678", "010-12345678"),
        ("0571-87654321", "0571-87654321"),
        ("057187654321", "0571-87654321"),
        ("0571-87654321-801", "0571-87654321-801"),
        ("0571 87654321 转 801", "0571-87654321-801"),
        ("+86-10-12345678", ""),
        ("4008108888", "400-810-8888"),
        ("800-810-8888", "800-810-8888"),
        ("+852 9876 5432", "+85298765432"),
        ("0085298765432", "+85298765432"),
    ],
)
def test_phone_number_is_understood_as_people_write_it(typed: str, canonical: str) -> None:
    parsed = parse("phone", typed)
    if canonical:
        assert parsed == Parsed(canonical, understood=typed != canonical)
    else:
        assert [f.code for f in parsed.findings] == ["V053"], "a landline after +86 has lost its 0"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1391234567", "V050"),
        ("139123456789", "V051"),
        ("12012345678", "V052"),
        ("87654321", "V053"),
        ("010-1234567890", "V054"),
        ("找张三", "V055"),
        ("13912345678/13812345678", "V056"),
        ("13912345678、13812345678", "V056"),
        ("li@example.com", "V057"),
    ],
)
def test_phone_number_that_is_none_says_what_is_wrong(typed: str, code: str) -> None:
    parsed = parse("phone", typed)
    assert (parsed.text, [f.code for f in parsed.findings]) == (typed, [code])


def test_short_mobile_number_says_how_many_digits_are_missing() -> None:
    (finding,) = parse("phone", "139123456").findings
    assert (finding.params["missing"], finding.params["expected"]) == (2, 11)


def test_phone_field_takes_an_address_where_the_template_says_so() -> None:
    assert parse("phone", "Li@Example.COM", accepts=["mobile", "email"]).text == "Li@example.com"
    assert [f.code for f in parse("phone", "li@", accepts=["email"]).findings] == ["V060"]
    assert [f.code for f in parse("phone", "010-12345678", accepts=["mobile"]).findings] == ["V057"]


@pytest.mark.parametrize("typed", ["li@example.com", "li.si+x@mail.example.com.cn", "张三@例子.中国"])
def test_address_is_taken(typed: str) -> None:
    assert parse("email", typed).text == typed


@pytest.mark.parametrize(
    "typed", ["li", "li@example", "@example.com", "li@@example.com", "li@example..com", "a b@example.com"]
)
def test_address_that_is_none_is_refused(typed: str) -> None:
    assert [f.code for f in parse("email", typed).findings] == ["V060"]


# 11010519491231002X is the example printed in the standard GB 11643-1999.
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("110105194912310021", "V064"),
        ("1101051949123100", "V061"),
        ("11010519491331002X", "V063"),
        ("11010520991231002X", "V063"),
        ("1101051949123100AX", "V062"),
        ("X1010519491231002X", "V062"),
    ],
)
def test_id_number_names_the_rule_it_breaks(typed: str, code: str) -> None:
    assert [f.code for f in parse("id_number", typed).findings] == [code]


def test_id_number_may_be_typed_with_spaces_and_a_small_x() -> None:
    assert parse("id_number", "110105 19491231 002x") == Parsed("11010519491231002X", understood=True)


@pytest.mark.parametrize(
    ("typed", "canonical"), [("example.com", "https://example.com"), ("http://a.b.com/x?y=1", "http://a.b.com/x?y=1")]
)
def test_web_address_gets_its_scheme(typed: str, canonical: str) -> None:
    assert parse("url", typed) == Parsed(canonical, understood=typed != canonical)


@pytest.mark.parametrize(
    "typed", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "not a url", "https://"]
)
def test_web_address_that_is_none_is_refused(typed: str) -> None:
    assert [f.code for f in parse("url", typed).findings] == ["V065"]


def test_person_is_found_by_number_and_by_unique_name() -> None:
    assert parse("user", "S002") == Parsed("S002")
    assert parse("user", "张三") == Parsed("S001", understood=True)


def test_name_of_two_people_lists_both() -> None:
    (finding,) = parse("user", "李四").findings
    assert (finding.code, finding.params["candidates"]) == ("V041", ("S002 李四", "S003 李四"))


def test_unknown_person_is_refused() -> None:
    assert [f.code for f in parse("reference", "赵六", to="staff").findings] == ["V040"]


def test_withdrawn_record_cannot_be_chosen_but_stays_where_a_cell_has_it() -> None:
    asked = field("user")
    assert [f.code for f in parse("user", "S004").findings] == ["V042"]
    assert type_of(asked).read_cell("S004", asked, CONTEXT) == Parsed("S004")


SHA = "a" * 64


def test_attachments_are_hash_and_name() -> None:
    assert parse("attachment", [f"{SHA} 合同 v2.pdf"]).text == f"{SHA} 合同 v2.pdf"


@pytest.mark.parametrize("typed", ["contract.pdf", f"{SHA} ../../etc/passwd", f"{SHA[:-1]} a.pdf", f"{SHA} a\\b.pdf"])
def test_attachment_that_is_no_stored_file_is_refused(typed: str) -> None:
    assert [f.code for f in parse("attachment", typed).findings] == ["V066"]


def test_decision_is_completed_with_person_and_moment() -> None:
    assert parse("decision", ["通过", "同意"]).text == "通过 · S001 张三 · 2026-11-21 10:00 · 同意"
    assert parse("decision", "Approved").text == "通过 · S001 张三 · 2026-11-21 10:00"


def test_decision_that_is_complete_stays_as_it_is() -> None:
    text = "退回 · S002 李四 · 2026-11-01 09:00 · 缺附件 · 补齐再交"
    assert parse("decision", text).text == text


def test_decision_written_into_a_cell_names_nobody() -> None:
    asked = field("decision")
    assert type_of(asked).read_cell("通过", asked, CONTEXT).text == "通过"


@pytest.mark.parametrize("type_", sorted(set(FIELD_TYPES) - {"computed"}))
def test_nothing_typed_is_an_empty_value_for_every_type(type_: str) -> None:
    for typed in (None, "", "  \n ", []):
        assert parse(type_, typed, choices=choices("A")) == Parsed("")


@pytest.mark.parametrize("type_", ["text", "long_text", "date", "money", "choice", "user", "phone", "attachment"])
@pytest.mark.parametrize(("typed", "position"), [("ab\x00c", 3), ("a\x1b[0m", 2), ("x\ud800y", 2), ("\ufffe", 1)])
def test_character_no_cell_can_hold_is_refused_with_its_position(type_: str, typed: str, position: int) -> None:
    (finding,) = parse(type_, typed, choices=choices("A")).findings
    assert (finding.code, finding.params["position"]) == ("V002", position)
    str(finding.params["value"]).encode("utf-8")


def test_text_longer_than_a_cell_is_refused_counting_utf16_units() -> None:
    assert parse("long_text", "😀" * 16_383).fits
    (finding,) = parse("long_text", "😀" * 16_384).findings
    assert (finding.code, finding.params["length"], finding.params["limit"]) == ("V003", 32_768, 32_767)


def test_line_ends_become_line_feeds_and_outer_space_goes() -> None:
    assert parse("long_text", "  一\r\n二\r三\n ").text == "一\n二\n三"


def test_codes_and_formula_like_text_stay_as_typed() -> None:
    for typed in ("00123", "=1+1", "NA", "1e5", "-", "+86", "@x"):
        assert parse("text", typed) == Parsed(typed)


def test_list_of_two_answers_is_refused_where_one_is_asked() -> None:
    assert [f.code for f in parse("text", ["a", "b"]).findings] == ["V008"]
    assert parse("text", ["a", " "]) == Parsed("a")


def test_every_refusal_names_field_value_and_a_right_example() -> None:
    wrong = {
        "integer": "x", "decimal": "x", "money": "x", "percent": "25", "date": "x", "datetime": "x", "month": "x",
        "year": "x", "bool": "x", "choice": "x", "multi_choice": "x", "phone": "x", "email": "x", "id_number": "1",
        "url": "x y",
    }  # fmt: skip
    for type_, typed in wrong.items():
        asked = field(type_, choices=choices("甲", "乙"))
        (finding,) = type_of(asked).parse(typed, asked, CONTEXT).findings
        assert finding.params["field"] == "x"
        assert finding.params["value"] == typed
        assert type_of(asked).parse(str(finding.params["example"]), asked, CONTEXT).fits, type_


def test_choices_are_listed_in_the_readers_language() -> None:
    asked = field("choice", choices=choices("甲", "乙"))
    (finding,) = type_of(asked).parse("x", asked, ParseContext(CONTEXT.now, ZHANG, None, "en")).findings
    assert finding.params["choices"] == ("<甲>", "<乙>")
