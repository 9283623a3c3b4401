"""The rules of the core forms, and every rule across fields of any form, broken once, in the words people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from schemas.finding import FieldRef
from schemas.record import TypedLine
from schemas.template import Template
from tests.forms.answers import answers_to, lines_of
from tests.forms.conftest import CATALOGUE, Desk, Lines

FREE: Mapping[str, Mapping[str, str]] = {
    "customer_info": {"customer_name": "云锦纺织有限公司", "contact_phone": "13700000001"},
    "product": {"sku": "ZB-0002"},
    "staff": {"staff_id": "S901", "staff_name": "吴桐"},
    "contract": {"contract_no": "HT-202403-0002"},
    "need_confirmation": {"need_no": "DEMO002"},
    "new_customer_recognition": {"customer_code": ""},
}
"""Answers no record has yet, so that only the rule under test is broken."""


class Case(NamedTuple):
    """form: its number in the handbook's list, and key. change: answers that break a rule, said at the field `at`."""

    form: str
    change: Mapping[str, str]
    at: str
    text: str


T01, T09, T10, T12, T15 = "T01 customer_info", "T09 product", "T10 staff", "T12 need_confirmation", "T15 contract"
T17, T18, T20, T33, T35 = (
    "T17 sales_order", "T18 order_progress", "T20 after_sales", "T33 gift_request", "T35 reception_request"
)  # fmt: skip
HEADER = [
    Case(T01, {"customer_name": ""}, "customer_name", "客户名称：请填写，例如 科技有限公司。"),
    Case(T01, {"staff_count": "-1"}, "staff_count", "员工人数：-1 小于下限 0。请填不小于 0 的数。"),
    Case(T01, {"contact_phone": "1391234567"}, "contact_phone",
         "联系方式：手机号 1391234567 少 1 位，应为 11 位，例如 13912345678。"),
    Case(T01, {"first_contact_on": "2026-11-22"}, "first_contact_on",
         "首次接触时间：2026-11-22 晚于 2026-11-21。请填 2026-11-21 或之前的日期。"),
    Case(T01, {"region": "外地"}, "region",
         "区域：没有“外地”这个选项。是不是“其它地区”？可选：本市、本省、其它地区。"),
    Case(T01, {"region": ""}, "region", "区域：请选择。"),
    Case(T01, {"is_public_official": ""}, "is_public_official", "是否公职/党政军：请选择。"),
    Case(T01, {"owner_id": "S404"}, "owner_id", "负责人：人员档案里找不到“S404”。请从列表中选择，或先到那里新建。"),
    Case(T09, {"list_price": "0"}, "list_price", "标价：¥0.00 小于下限 ¥0.01。请填不小于 ¥0.01 的数。"),
    Case(T09, {"cost": "-5"}, "cost", "成本：-¥5.00 小于下限 ¥0.00。请填不小于 ¥0.00 的数。"),
    Case(T09, {"category": "黄金"}, "category", "类别：没有“黄金”这个选项。可选：珠宝、服务、其他。例如 珠宝。"),
    Case(T10, {"staff_id": "S 901"}, "staff_id", "工号：“S 901”不符合要求：只用字母、数字、- 和 _。例如 S001。"),
    Case(T10, {"staff_id": "S001", "manager_id": "S001"}, "manager_id", "直属上级：直属上级不能是本人。"),
    Case(T10, {"staff_state": "离职", "left_on": ""}, "left_on", "离职日期：请填写，例如 2026-07-09。"),
    Case(T10, {"left_on": "2024-02-29"}, "left_on",
         "离职日期：2024-02-29 早于“入职日期”的 2024-03-01。请核对这两个时间。"),
    Case(T12, {"need_no": "demo-2"}, "need_no",
         "需求编号：“demo-2”不符合要求：大写字母加3位数字。例如 DEMO001。"),
    Case(T12, {"confirmed_by": ""}, "confirmed_by", "确认人：请填写，例如 李先生。"),
    Case(T12, {"confirm_via": ""}, "confirm_via", "确认方式：请选择。"),
    Case(T12, {"confirmed_on": "2026-11-22"}, "confirmed_on",
         "确认时间：2026-11-22 晚于 2026-11-21。请填 2026-11-21 或之前的日期。"),
    Case(T12, {"confirmed_on": "2024-03-17"}, "confirmed_on",
         "确认时间：2024-03-17 早于“沟通日期”的 2024-03-18。请核对这两个时间。"),
    Case(T15, {"amount": "0"}, "amount", "金额：¥0.00 小于下限 ¥0.01。请填不小于 ¥0.01 的数。"),
    Case(T15, {"signer_is_legal": "否", "poa_file": ""}, "poa_file", "授权委托书：请填写。"),
    Case(T15, {"archived_on": "2024-03-11"}, "archived_on",
         "归档日期：2024-03-11 早于“签署日期”的 2024-03-12。请核对这两个时间。"),
    Case(T15, {"signed_on": "2026-11-22", "archived_on": ""}, "signed_on",
         "签署日期：2026-11-22 晚于 2026-11-21。请填 2026-11-21 或之前的日期。"),
    Case(T17, {"contract_no": ""}, "contract_no", "合同编号：请选择。"),
    Case(T17, {"contract_no": "HT-0"}, "contract_no",
         "合同编号：合同登记与审批表里找不到“HT-0”。请从列表中选择，或先到那里新建。"),
    Case(T17, {"delivered_on": "2026-11-22"}, "delivered_on",
         "实际交付日期：2026-11-22 晚于 2026-11-21。请填 2026-11-21 或之前的日期。"),
    Case(T18, {"progress_pct": "120%"}, "progress_pct", "完成百分比：120% 不在 0% 到 100% 之间，例如 100%。"),
    Case(T18, {"exception_type": "质量问题", "exception_at": ""}, "exception_at",
         "异常发生时间：请填写，例如 2024-04-08 10:00。"),
    Case(T18, {"exception_type": "质量问题", "customer_notified_at": "2024-04-08 09:00"}, "customer_notified_at",
         "告知客户时间：2024-04-08 09:00 早于“异常发生时间”的 2024-04-08 10:00。请核对这两个时间。"),
    Case(T18, {"next_step": ""}, "next_step", "下一步计划：请填写，例如 4月11日发货。"),
    Case(T20, {"responded_at": "2026-11-21 12:01"}, "responded_at",
         "首次响应时间：2026-11-21 12:01 晚于 2026-11-21 12:00。请填 2026-11-21 12:00 或之前的日期。"),
    Case(T20, {"responded_at": "2024-03-25 09:09"}, "responded_at",
         "首次响应时间：2024-03-25 09:09 早于“反馈时间”的 2024-03-25 09:10。请核对这两个时间。"),
    Case(T20, {"resolved_at": "2024-03-25 09:00"}, "resolved_at",
         "解决时间：2024-03-25 09:00 早于“反馈时间”的 2024-03-25 09:10。请核对这两个时间。"),
    Case(T20, {"followed_up_at": "2024-03-25 11:00"}, "followed_up_at",
         "回访时间：2024-03-25 11:00 早于“解决时间”的 2024-03-25 11:40。请核对这两个时间。"),
    Case(T20, {"paused_to": "2024-03-25 09:59"}, "paused_to",
         "等待客户结束：2024-03-25 09:59 早于“等待客户开始”的 2024-03-25 10:00。请核对这两个时间。"),
    Case(T20, {"csat": "6"}, "csat", "客户满意度：6 不在 1 到 5 之间，例如 5。"),
    Case(T33, {"receiver_official": "是"}, "receiver_official",
         "收受人是否公职人员：收受人是公职人员，不得馈赠礼品。依据《销售业务过程管理标准化手册》四(一)："
         "禁止以回扣、不正当利益等方式获取客户。"),
    Case(T33, {"gift_on": "2026-11-20"}, "gift_on",
         "馈赠日期：2026-11-20 早于 2026-11-21。请填 2026-11-21 或之后的日期。"),
    Case(T35, {"guest_count": "0"}, "guest_count", "到访人数：0 小于下限 1。请填不小于 1 的数。"),
    Case(T35, {"dining_out": "是", "leader_id": ""}, "leader_id", "陪同领导：请选择。"),
    Case(T35, {"purpose": ""}, "purpose", "招待目的：请选择。"),
    Case("T38 new_customer_recognition", {"cheque_pct": "20%"}, "cheque_pct",
         "支票比例：现金比例与支票比例之和须为 100%。"),
    Case("T49 deal", {"amount": "-1"}, "amount", "成交金额：销售的成交金额不能是负数；退货请把类型改为退货或退款。"),
    Case("T49 deal", {"kind": "退款", "amount": "1"}, "amount", "成交金额：退货、退款的金额要填负数。"),
    Case("T49 deal", {"list_amount": "-1"}, "list_amount", "标价金额：标价金额要大于 0，折扣才能算出来。"),
    Case("T54 kpi_rating", {"rater_id": "S001", "ratee_id": "S001"}, "rater_id", "评分人：不能给自己评分。"),
    Case("T52 award_notice", {"award_kind": "日业绩高峰", "amount": "51", "target": "1000"}, "amount",
         "金额：日业绩高峰奖励每人不超过 50 元。依据《大客户部运营思路及方案》四.4："
         "周冠军200元、月冠军300元、日高峰奖励不超过50元。"),
    Case("T52 award_notice", {"award_kind": "周销售冠军", "amount": "100"}, "amount",
         "金额：周销售冠军奖励为 200 元。依据《大客户部运营思路及方案》四.4："
         "周冠军200元、月冠军300元、日高峰奖励不超过50元。"),
    Case("T52 award_notice", {"award_kind": "月销售冠军", "amount": "200"}, "amount",
         "金额：月销售冠军奖励为 300 元。依据《大客户部运营思路及方案》四.4："
         "周冠军200元、月冠军300元、日高峰奖励不超过50元。"),
]  # fmt: skip
LINES = [
    Case(T17, {"qty": "0"}, "qty", "数量：0 小于下限 0.0001。请填不小于 0.0001 的数。"),
    Case(T17, {"unit_price": "-1"}, "unit_price", "单价：-¥1.00 小于下限 ¥0.00。请填不小于 ¥0.00 的数。"),
    Case(T17, {"sku": "K0"}, "sku", "产品/服务：商品标价表里找不到“K0”。请从列表中选择，或先到那里新建。"),
    Case(T33, {"qty": "0"}, "qty", "数量：0 小于下限 1。请填不小于 1 的数。"),
    Case(T33, {"unit_value": "-1"}, "unit_value", "单价：-¥1.00 小于下限 ¥0.00。请填不小于 ¥0.00 的数。"),
    Case(T33, {"gift_name": ""}, "gift_name", "礼品名称：请填写，例如 茶叶礼盒。"),
    Case(T35, {"amount": "-1"}, "amount", "金额(元)：-¥1.00 小于下限 ¥0.00。请填不小于 ¥0.00 的数。"),
    Case(T35, {"cost_item": ""}, "cost_item", "明细费用：请选择。"),
]


SHARES = "各品牌占比之和不能超过 100%"
"""What the one rule says that only lines can break."""


def named(case: Case) -> str:
    return f"{case.form}: {', '.join(f'{key}={text}' for key, text in case.change.items())}"


def filled(desk: Desk, template: Template) -> tuple[dict[str, object], Lines]:
    """A form that may be saved as it stands; a person without a history that decides his answers."""
    values = {**answers_to(template, desk.key_of), **FREE.get(template.key, {})}
    return values, {} if template.key == "staff" else lines_of(template, desk.key_of)


@pytest.mark.parametrize("case", HEADER, ids=named)
def test_a_broken_rule_is_told_at_its_field_with_value_rule_and_remedy(desk: Desk, case: Case) -> None:
    template = CATALOGUE[case.form.split()[1]]
    values, lines = filled(desk, template)
    found = desk.findings(template, {**values, **case.change}, lines)
    assert [(one.at, desk.told(one, template)) for one in found] == [(FieldRef(case.at), case.text)]


@pytest.mark.parametrize("case", LINES, ids=named)
def test_a_broken_rule_of_a_line_is_told_in_its_row(desk: Desk, case: Case) -> None:
    template = CATALOGUE[case.form.split()[1]]
    values, lines = filled(desk, template)
    row = lines["lines"][0]
    rows = [row, TypedLine("", {**row.values, **case.change})]
    found = desk.findings(template, values, {**lines, "lines": rows})
    assert [(one.at, desk.told(one, template)) for one in found] == [(FieldRef(case.at, "lines", 2), case.text)]


def test_shares_of_brands_never_exceed_the_whole(desk: Desk) -> None:
    template = CATALOGUE["customer_profile"]
    values, lines = filled(desk, template)
    rows = [TypedLine("", {"brand": brand, "share": "51%"}) for brand in ("甲", "乙")]
    found = desk.findings(template, values, {**lines, "purchase": rows})
    assert [desk.told(one, template) for one in found] == [f"进货品牌占比合计：{SHARES}。"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (T17, "明细：有 0 行，至少要 1 行。请补充。"),
        (T33, "礼品：有 0 行，至少要 1 行。请补充。"),
        (T35, "费用：有 0 行，至少要 1 行。请补充。"),
    ],
)
def test_orders_gifts_and_receptions_need_a_line(desk: Desk, form: str, text: str) -> None:
    template = CATALOGUE[form.split()[1]]
    found = desk.findings(template, filled(desk, template)[0], {"lines": []})
    assert [desk.told(one, template) for one in found] == [text]


@pytest.mark.parametrize(
    ("form", "field", "code"),
    [
        (T01, "customer_name", "R001"),
        (T09, "sku", "R001"),
        (T10, "staff_id", "R001"),
        (T12, "customer_id", "R003"),
        (T15, "contract_no", "R001"),
    ],
)
def test_what_names_a_record_is_never_given_twice(desk: Desk, form: str, field: str, code: str) -> None:
    template = CATALOGUE[form.split()[1]]
    found = desk.findings(template, answers_to(template, desk.key_of), lines_of(template, desk.key_of))
    assert [(one.code, one.at) for one in found] == [(code, FieldRef(field))]


def test_every_rule_across_fields_of_every_form_has_a_case() -> None:
    """A rule added to a form without one here fails."""
    told = " ".join([*(case.text for case in HEADER), SHARES])
    rules = [(one.key, rule.message.zh.rstrip("。")) for one in CATALOGUE for rule in one.rules]
    assert [(key, message) for key, message in rules if message not in told] == []


def test_a_refusal_names_document_and_clause_in_english_too(desk: Desk) -> None:
    template = CATALOGUE["gift_request"]
    values, lines = filled(desk, template)
    [found] = desk.findings(template, {**values, "receiver_official": "是"}, lines)
    assert desk.told(found, template, "en") == (
        "Public official: The receiver is a public official and may not be given anything. "
        "By 销售业务过程管理标准化手册, 四(一): no customer is won with kickbacks or improper benefits."
    )
