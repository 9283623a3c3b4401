"""Bad cells of a real workbook: a finding at its cell with what to do, no guessed figure, everybody else paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from reports.statement import Statement
from schemas.finding import Finding, Severity
from schemas.labels import Labels
from services.config import Config
from services.reports import Question, answer
from services.templates import Forms
from tests.reports.books import ROOT, line, money

LABELS = Labels.load(ROOT / "forms" / "locales")
DAY = date(2026, 10, 12)
HEADS: Mapping[str, Sequence[str]] = {
    "人员档案": ("工号", "姓名", "部门", "岗位", "用工类型", "人员状态", "入职日期"),
    "商品标价表": ("商品编号", "品名", "类别", "标价", "生效日期"),
    "客户信息管理表": ("客户编号", "客户名称"),
    "成交登记表": (
        "成交编号", "类型", "成交日期", "收款日期", "客户", "销售人员", "商品", "标价金额", "成交金额", "币种", "状态",
    ),
    "销售任务表": ("人员", "月份", "正式任务额"),
    "费用报销单": ("报销单号", "报销人", "报销月份", "金额", "关联类型", "票据"),
}  # fmt: skip
CJ1, CJ2 = 2, 3
"""Where the deals of S001 (30,000) and S002 (20,000) stand on their sheet."""


def company(tmp_path: Path) -> Config:
    return Config(tmp_path / "portal.xlsx", tmp_path / "state", tmp_path / "company")


@cache
def shipped_forms() -> Forms:
    nowhere = Path("nowhere")
    return Forms(Config(nowhere, nowhere, nowhere))


def sound() -> dict[str, list[list[Any]]]:
    """张三 sold 30,000 (6 % = 1,800) and 李四 20,000 (1,200) in October, both at list price."""
    people = [[number, name, "大客户部", "销售顾问", "全职", "正式", date(2025, 1, 6)]
              for number, name in (("S001", "张三"), ("S002", "李四"))]  # fmt: skip
    deals = [[number, "销售", DAY, DAY, "C0001", seller, "J01", amount, amount, "CNY", "有效"]
             for number, seller, amount in (("CJ1", "张三", 30000), ("CJ2", "李四", 20000))]  # fmt: skip
    return {
        "人员档案": people,
        "商品标价表": [["J01", "金镯", "珠宝", 30000, date(2026, 1, 1)]],
        "客户信息管理表": [["C0001", "科技有限公司"]],
        "成交登记表": deals,
        "销售任务表": [["张三", "2026-10", 40000], ["李四", "2026-10", 40000]],
        "费用报销单": [],
    }


def workbook(tmp_path: Path, changes: Mapping[str, Mapping[str, object]]) -> Path:
    """The sound workbook with single cells written over: sheet → cell → what stands there."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for title, rows in sound().items():
        sheet = book.create_sheet(title)
        for row in (HEADS[title], *rows):
            sheet.append(row)
        for cell, value in changes.get(title, {}).items():
            sheet[cell] = value
    path = tmp_path / "any.xlsx"
    book.save(path)
    return path


def answered(
    tmp_path: Path, changes: Mapping[str, Mapping[str, object]], report: str = "commissions", month: str = "2026-10"
) -> Statement:
    question = Question(report, date(2026, 11, 30), month, workbook=workbook(tmp_path, changes))
    return answer(question, company(tmp_path), shipped_forms())


def found(statement: Statement, code: str) -> Finding:
    [finding] = [each for each in statement.findings if each.code == code]
    return finding


def texts(finding: Finding) -> tuple[str, str]:
    return LABELS.finding(finding, "zh"), LABELS.finding(finding, "en")


def test_a_sound_workbook_pays_both_sellers(tmp_path: Path) -> None:
    statement = answered(tmp_path, {})
    assert [finding.code for finding in statement.findings if finding.severity is not Severity.INFO] == []
    assert [each.values["commission"] for each in statement.lines] == [money("1800"), money("1200")]


DEAL = "成交登记表"
BAD_CELLS = [
    pytest.param(DEAL, "H2", None, "E334", "H2", ("请填写标价", "Enter it"), id="missing list price"),
    pytest.param(DEAL, "J2", "HKD", "E312", "J2", ("人民币", "Enter the amount in CNY"), id="another currency"),
    pytest.param(DEAL, "I2", None, "E311", "I2", ("请", "Enter the amount"), id="no amount"),
    pytest.param(DEAL, "I2", "NaN", "E311", "I2", ("请", "Enter the amount"), id="NaN for an amount"),
    pytest.param(DEAL, "I2", "三万左右", "E311", "I2", ("请", "Enter the amount"), id="text for an amount"),
    pytest.param(DEAL, "I2", "#N/A", "E311", "I2", ("请", "Enter the amount"), id="a failed formula for an amount"),
    pytest.param(DEAL, "H2", "NaN", "E334", "H2", ("请", "Enter it"), id="NaN for a list price"),
    pytest.param(DEAL, "H2", "面议", "E334", "H2", ("请", "Enter it"), id="text for a list price"),
    pytest.param(DEAL, "G2", "J99", "E313", "G2", ("请", "Register the product"), id="an unknown product"),
]


@pytest.mark.parametrize(("sheet", "cell", "value", "code", "at", "fixes"), BAD_CELLS)
def test_a_bad_cell_withholds_its_sellers_figure_names_the_cell_and_the_fix(
    tmp_path: Path, sheet: str, cell: str, value: object, code: str, at: str, fixes: tuple[str, str]
) -> None:
    statement = answered(tmp_path, {sheet: {cell: value}})
    values = line(statement).values
    assert (values["commission"], values["payable"], values["status"]) == (None, None, "withheld")
    assert values["withheld"] == [code]
    finding = found(statement, code)
    assert str(finding.at) == f"{sheet}!{at}"
    for text, fix in zip(texts(finding), fixes, strict=True):
        assert fix in text
    assert line(statement, "S002").values["commission"] == money("1200")


@pytest.mark.parametrize("value", ["NaN", "三万左右", "#N/A"])
def test_a_cell_that_is_no_number_is_named_with_what_stands_in_it(tmp_path: Path, value: str) -> None:
    statement = answered(tmp_path, {DEAL: {"I2": value}})
    unread = [each for each in statement.findings if str(each.at) == f"{DEAL}!I2" and each.code != "E311"]
    assert len(unread) == 1
    assert all(value in text for text in texts(unread[0]))


def test_a_list_price_that_cannot_be_read_is_never_taken_for_the_amount(tmp_path: Path) -> None:
    """24,000 of a list price of "面议" might be 8折 or none: no commission either way."""
    statement = answered(tmp_path, {DEAL: {"H2": "面议", "I2": 24000}})
    assert line(statement).values["commission"] is None
    assert statement.totals["commission"] == money("1200")


def test_a_seller_who_is_not_in_the_register_is_named_and_nobody_is_credited(tmp_path: Path) -> None:
    statement = answered(tmp_path, {DEAL: {"F2": "S999"}})
    finding = found(statement, "E310")
    assert str(finding.at) == f"{DEAL}!F2"
    assert all("S999" in text for text in texts(finding))
    assert "register the person" in texts(finding)[1]
    assert {each.values["staff_id"]: each.values["gross"] for each in statement.lines} == {
        "S001": money("0"), "S002": money("20000"),
    }  # fmt: skip


@pytest.mark.parametrize("status", ["待确认", "导入"])
def test_an_unconfirmed_import_withholds_its_sellers_figure_until_it_is_confirmed(tmp_path: Path, status: str) -> None:
    statement = answered(tmp_path, {DEAL: {"K2": status}})
    values = line(statement).values
    assert (values["gross"], values["net"], values["commission"], values["payable"]) == (None, None, None, None)
    assert values["withheld"] == ["E321"]
    finding = found(statement, "E321")
    assert (str(finding.at), finding.severity) == (f"{DEAL}!K{CJ1}", Severity.ERROR)
    assert "请核对后把状态改为“有效”" in texts(finding)[0]
    assert "set its status to 有效" in texts(finding)[1]
    assert line(statement, "S002").values["commission"] == money("1200")


def test_an_unconfirmed_claim_withholds_its_claimants_figure(tmp_path: Path) -> None:
    claim = {"A2": "BX1", "B2": "张三", "C2": "2026-10", "D2": 1500, "G1": "状态", "G2": "待确认"}
    statement = answered(tmp_path, {"费用报销单": claim})
    assert str(found(statement, "E321").at) == "费用报销单!G2"
    values = line(statement).values
    assert (values["gross"], values["net"], values["payable"]) == (None, None, None)
    assert line(statement, "S002").values["commission"] == money("1200")


def test_an_expense_that_is_no_number_withholds_its_claimants_figure(tmp_path: Path) -> None:
    claim = {"A2": "BX1", "B2": "张三", "C2": "2026-10", "D2": "一千五"}
    statement = answered(tmp_path, {"费用报销单": claim})
    assert str(found(statement, "E323").at) == "费用报销单!D2"
    assert [each.values["payable"] for each in statement.lines] == [None, money("1200")]


def test_without_a_quota_the_month_is_neutral_and_everybody_else_is_advised(tmp_path: Path) -> None:
    """The commission itself asks for no quota; the attainment and the recommendation do."""
    without = {"销售任务表": {"A2": None, "B2": None, "C2": None}}
    advice = answered(tmp_path, without, "recommendations")
    finding = found(advice, "E346")
    assert str(finding.at).startswith("人员档案!")
    assert "Enter the quota" in texts(finding)[1]
    assert [each.values["staff_id"] for each in advice.lines] == ["S002"]
    paid = line(answered(tmp_path, without)).values
    assert (paid["quota"], paid["attained"], paid["commission"]) == (None, None, money("1800"))


def test_a_quota_that_is_no_number_is_absent_and_named(tmp_path: Path) -> None:
    advice = answered(tmp_path, {"销售任务表": {"C2": "四万"}}, "recommendations")
    assert "E346" in {each.code for each in advice.findings}
    assert [each.values["staff_id"] for each in advice.lines] == ["S002"]


def test_a_month_before_the_plan_begins_has_no_figure_but_its_amounts(tmp_path: Path) -> None:
    early = date(2025, 12, 12)
    statement = answered(tmp_path, {DEAL: {"C2": early, "D2": early}}, month="2025-12")
    values = line(statement).values
    assert (values["gross"], values["commission"], values["payable"]) == (money("30000"), None, None)
    finding = next(each for each in statement.findings if each.code == "E333" and each.params["staff_id"] == "S001")
    assert str(finding.at) == "人员档案!2"
    assert "effective_from" in texts(finding)[0]
    assert "effective_from" in texts(finding)[1]


GAP = """\
pack: {id: acme, label: {zh: 甲, en: Acme}, extends: [key_account_jewellery]}
commission_plans:
  jewellery_2026:
    tiers:
      - {id: 1级, from: "0", to: "9999.99", rate: "0.05"}
      - {id: 2级, from: "10000", rate: "0.055"}
"""


def with_pack(tmp_path: Path, text: str, report: str = "commissions") -> Statement:
    folder = tmp_path / "company" / "rules" / "acme"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    question = Question(report, date(2026, 11, 30), "2026-10", pack="acme", workbook=workbook(tmp_path, {}))
    return answer(question, company(tmp_path), shipped_forms())


def test_by_a_tier_table_with_a_gap_nobody_is_paid_and_the_line_and_the_fix_are_named(tmp_path: Path) -> None:
    statement = with_pack(tmp_path, GAP)
    assert [(each.values["commission"], each.values["payable"]) for each in statement.lines] == [(None, None)] * 2
    assert [each.values["withheld"] for each in statement.lines] == [["E338"], ["E338"]]
    assert [each.values["gross"] for each in statement.lines] == [money("30000"), money("20000")]
    finding = found(statement, "E338")
    assert str(finding.at) == "acme/pack.yaml:4"
    for text in texts(finding):
        assert all(word in text for word in ("jewellery_2026", "1级", "9999.99", "10000"))
    assert "commission.withheld" in [step.code for step in statement.explain(statement.lines[0])]


@pytest.mark.parametrize(
    ("first", "second"),
    [('from: "100"', 'from: "10000"'), ('from: "0"', 'from: "0"'), ('from: "0", to: "20000"', 'from: "10000"')],
    ids=["late start", "not rising", "overlap"],
)
def test_nobody_is_paid_by_tiers_that_do_not_cover_every_amount_once(tmp_path: Path, first: str, second: str) -> None:
    flawed = GAP.replace('from: "0", to: "9999.99"', first, 1).replace('from: "10000"', second, 1)
    statement = with_pack(tmp_path, flawed)
    assert [(each.values["commission"], each.values["withheld"]) for each in statement.lines] == [(None, ["E338"])] * 2


@pytest.mark.parametrize("report", ["deadlines", "grades", "lost_customers", "recommendations"])
def test_a_tier_table_with_a_gap_stops_no_other_report(tmp_path: Path, report: str) -> None:
    sound = Question(report, date(2026, 11, 30), "2026-10", workbook=workbook(tmp_path, {}))
    expected = answer(sound, company(tmp_path), shipped_forms())
    flawed = with_pack(tmp_path, GAP, report)
    assert [(each.key, each.values) for each in flawed.lines] == [(each.key, each.values) for each in expected.lines]


def test_by_another_sound_table_everybody_is_paid_though_one_has_a_gap(tmp_path: Path) -> None:
    """The part-timers' table has the gap: it is nobody's here."""
    statement = with_pack(tmp_path, GAP.replace("jewellery_2026:", "jewellery_2026_part_time:"))
    assert [each.values["commission"] for each in statement.lines] == [money("1800"), money("1200")]
    assert found(statement, "E338").params["table"] == "jewellery_2026_part_time"


def test_bad_cells_of_several_people_are_each_named_and_the_total_is_of_the_others(tmp_path: Path) -> None:
    statement = answered(tmp_path, {DEAL: {"I2": "三万左右", "J3": "USD"}})
    places = {each.code: str(each.at) for each in statement.findings if each.code in ("E311", "E312")}
    assert places == {"E311": f"{DEAL}!I{CJ1}", "E312": f"{DEAL}!J{CJ2}"}
    assert [each.values["payable"] for each in statement.lines] == [None, None]
    assert statement.totals["commission"] == money("0")
