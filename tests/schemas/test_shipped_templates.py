"""The two registers every company needs, as the specification asks for them, and what schemas may cost."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from schemas.catalogue import Catalogue
from schemas.labels import Labels
from schemas.loader import load_catalogue
from schemas.record import Actor, TypedLine
from schemas.rights import is_masked, may, scope
from schemas.validation import defaults, drivers, validate
from tests.schemas.schema_samples import CONTEXT, ZHANG, codes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue([ROOT / "forms" / "templates"])[0]


CUSTOMER = """
客户编号 serial*  客户名称 text*  行业 choice  员工人数 integer  年营收 money  联系人 text*!  职位 text
联系方式 phone*!  首次接触时间 date*  需求标签 multi_choice  客户等级 choice  跟进记录 long_text
下次跟进日期 date  负责人 user*
区域 choice*  区域名称 text  客户类别 choice  大客户分类 multi_choice  四级分类 choice  信用等级 choice  来源 choice
推荐人 text  是否电商客户 bool  是否公职/党政军 bool*
"""
STAFF = """
工号 text*  姓名 text*!  部门 text*  岗位 choice*  用工类型 choice*  人员状态 choice*  入职日期 date*  转正日期 date
降级日期 date  离职日期 date  直属上级 user  负责区域 text  保密协议 attachment
"""


@pytest.mark.parametrize(("key", "asked"), [("customer_info", CUSTOMER), ("staff", STAFF)])
def test_register_asks_every_field_of_the_specification(catalogue: Catalogue, key: str, asked: str) -> None:
    """* required (a number the store gives counts as required), ! personal data."""
    words = asked.split()
    expected = dict(zip(words[::2], words[1::2], strict=True))
    found = {
        field.label.zh: field.type + "*" * (field.required or field.type == "serial") + "!" * field.pii
        for field in catalogue[key].fields
    }
    assert found == expected


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("industry", "制造业|互联网|贸易|零售|珠宝|服务|机关|其他"),
        ("need_tags", "降本|效率|合规|成本控制|生产效率提升|其他"),
        ("region", "本市|本省|其它地区"),
        ("customer_level", "重要客户|一般客户|潜在客户"),
        ("ka_class", "重要客户|高价值客户|团购客户|战略客户|潜在大客户"),
        ("lead_source", "老客户介绍|竞品经销通路|市场调查|客户自动上门|集团内部资源|展会|线上平台|社交媒体"),
        ("grade", "A|B|C"),
        ("grade_abcd", "A|B|C|D"),
        ("credit_grade", "A|B|C|D"),
    ],
)
def test_customer_choices_are_those_of_the_specification(catalogue: Catalogue, field: str, values: str) -> None:
    assert "|".join(choice.value for choice in catalogue["customer_info"].by_key[field].choices) == values


# The sample row printed in the company's own handbook.
SAMPLE = {
    "customer_name": "科技有限公司", "industry": "制造业", "staff_count": "500人", "annual_revenue": "1亿",
    "contact_name": "李先生", "contact_title": "生产总监", "contact_phone": "139 1234 5678",
    "first_contact_on": "2024.3.15", "need_tags": "生产效率提升、成本控制", "grade": "A",
    "follow_up": "计划4月2日拜访,讨论方案细节", "owner_id": "张三", "region": "本市", "is_public_official": "否",
}  # fmt: skip


def test_sample_customer_of_the_handbook_is_understood(catalogue: Catalogue) -> None:
    result = validate(catalogue["customer_info"], SAMPLE, {}, CONTEXT)
    assert result.findings == ()
    assert result.values == {
        "customer_name": "科技有限公司",
        "industry": "制造业",
        "staff_count": "500",
        "annual_revenue": "100000000.00",
        "contact_name": "李先生",
        "contact_title": "生产总监",
        "contact_phone": "13912345678",
        "first_contact_on": "2024-03-15",
        "need_tags": "成本控制、生产效率提升",
        "grade": "A",
        "follow_up": "计划4月2日拜访,讨论方案细节",
        "owner_id": "S001",
        "region": "本市",
        "is_public_official": "否",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"first_contact_on": "明天"}, "V025"),
        ({"staff_count": "-1"}, "V014"),
        ({"contact_phone": "1391234567"}, "V050"),
        ({"region": "外地"}, "V037"),
        ({"customer_name": ""}, "V001"),
    ],
)
def test_wrong_customer_is_refused(catalogue: Catalogue, change: dict[str, str], code: str) -> None:
    result = validate(catalogue["customer_info"], {**SAMPLE, **change}, {}, CONTEXT)
    assert codes(result.findings) == [(code, next(iter(change)))]


@pytest.mark.parametrize("contact", ["010-12345678", "li@example.com"])
def test_customer_may_be_reached_by_landline_or_mail(catalogue: Catalogue, contact: str) -> None:
    assert validate(catalogue["customer_info"], {**SAMPLE, "contact_phone": contact}, {}, CONTEXT).findings == ()


def test_new_customer_starts_with_today_and_me(catalogue: Catalogue) -> None:
    form = catalogue["customer_info"]
    assert defaults(form, CONTEXT, {}) == {
        "first_contact_on": "2026-11-21",
        "owner_id": "S001",
        "is_ecommerce": "否",
        "is_public_official": "否",
    }
    assert drivers(form) == {"customer_name", "contact_phone"}
    assert (form.record_key, form.display, form.by_key["customer_id"].serial) == (
        "customer_id",
        "customer_name",
        "C{seq:4}",
    )
    assert form.by_key["customer_name"].unique
    assert form.by_key["owner_id"].owner


def test_sheets_carry_the_forms_chinese_names(catalogue: Catalogue) -> None:
    assert (catalogue["customer_info"].sheet, catalogue["staff"].sheet) == ("客户信息管理表", "人员档案")
    staff = catalogue["staff"]
    assert staff.line_sheet(staff.lines[0]) == "人员档案明细"


PERSON = {"staff_id": "S009", "staff_name": "赵六", "employment": "全职", "joined_on": "2024-01-01"}
POST = {"dept": "大客户部", "role": "销售专员", "staff_state": "正式"}


def test_person_without_history_is_as_typed(catalogue: Catalogue) -> None:
    result = validate(catalogue["staff"], {**PERSON, **POST}, {}, CONTEXT)
    assert (result.values, result.findings) == ({**PERSON, **POST}, ())


def test_person_is_what_the_history_says_today(catalogue: Catalogue) -> None:
    rows = [
        TypedLine("", {"from_on": "2024-01-01", "staff_state": "试用", "role": "销售专员", "dept": "大客户部"}),
        TypedLine("", {"from_on": "2024-04-01", "staff_state": "正式", "role": "销售主管", "dept": "大客户部"}),
        TypedLine("", {"from_on": "2027-01-01", "staff_state": "离职", "role": "销售主管", "dept": "大客户部"}),
    ]
    result = validate(catalogue["staff"], PERSON, {"states": rows}, CONTEXT)
    assert result.findings == ()
    assert {key: result.values[key] for key in POST} == {"dept": "大客户部", "role": "销售主管", "staff_state": "正式"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"staff_state": "离职"}, [("V001", "left_on")]),
        ({"left_on": "2023-12-31"}, [("V032", "left_on")]),
        ({"manager_id": "S001", "staff_id": "S001"}, [("V080", "manager_id")]),
        ({"staff_id": "S 9"}, [("V005", "staff_id")]),
    ],
)
def test_contradictory_person_is_refused(
    catalogue: Catalogue, change: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    result = validate(catalogue["staff"], {**PERSON, **POST, **change}, {}, CONTEXT)
    found = [(code.replace("V009", "V001"), at) for code, at in codes(result.findings)]
    assert found == expected


@pytest.mark.parametrize(
    ("role", "rows", "may_create", "may_export", "masked"),
    [
        ("sales_rep", "own", True, False, True),
        ("part_timer", "own", True, False, True),
        ("sales_supervisor", "department", True, False, False),
        ("sales_manager", "all", True, True, False),
        ("finance", "all", False, True, False),
        ("gm", "all", False, True, False),
        ("compliance", "all", False, False, True),
        ("service_rep", "all", False, False, True),
        ("hr", "none", False, False, True),
        ("admin", "all", True, True, False),
    ],
)
def test_customers_are_seen_by_those_who_work_with_them(
    catalogue: Catalogue, role: str, rows: str, may_create: bool, may_export: bool, masked: bool
) -> None:
    form, actor = catalogue["customer_info"], Actor("a", "S9", "某", frozenset({role}))
    assert scope(actor, form) == rows
    assert (may(actor, form, "create"), may(actor, form, "export")) == (may_create, may_export)
    assert is_masked(actor, form, form.by_key["contact_phone"], False) is masked


def test_staff_are_written_by_hr_alone(catalogue: Catalogue) -> None:
    form = catalogue["staff"]
    actors = {role: Actor("a", "", "", frozenset({role})) for role in ("hr", "sales_manager", "gm", "admin")}
    assert [role for role, actor in actors.items() if may(actor, form, "edit")] == ["hr", "admin"]
    assert not may(ZHANG, form, "read")


def test_every_group_has_a_name_in_both_languages(catalogue: Catalogue) -> None:
    labels = Labels.load(ROOT / "forms" / "locales")
    keys = [f"group.{group}" for group in catalogue.groups]
    assert [key for key in keys for language in ("zh", "en") if key not in labels.texts[language]] == []


def test_submission_is_validated_in_three_milliseconds(catalogue: Catalogue) -> None:
    form = catalogue["customer_info"]
    validate(form, SAMPLE, {}, CONTEXT)
    times = []
    for _ in range(20):
        started = time.process_time()
        validate(form, SAMPLE, {}, CONTEXT)
        times.append(time.process_time() - started)
    assert sorted(times)[10] < 0.003


def test_schemas_load_neither_pandas_nor_a_spreadsheet_library_nor_streamlit() -> None:
    script = (
        "import sys, schemas.loader, schemas.validation, schemas.labels, schemas.rights, schemas.serials;"
        "print(sorted({'pandas', 'openpyxl', 'streamlit', 'python_calamine', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
