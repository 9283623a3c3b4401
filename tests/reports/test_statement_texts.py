"""Every statement explains itself in both languages: no step, finding or option without its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from reports.registry import REPORTS, Request
from reports.statement import Statement, step_text
from schemas.calendar import WorkingCalendar
from schemas.commission_rules import CommissionRules
from schemas.labels import Labels
from tests.reports.books import ROOT, Book, book, claim, close, deal, frames, pack, person, quota, refund

LABELS = Labels.load(ROOT / "forms" / "locales")
MINE = (
    "grades", "commissions", "commission_lines", "settlements", "false_sales", "champions", "awards", "kpi",
    "recommendations",
)  # fmt: skip


def busy_book() -> Book:
    """A month with something of everything: closed months, refunds, shares, bad rows, cases, notices, grades."""
    of = book(
        deal("A", "22000", on="2026-09-10", seller_id="S001"),
        deal("P", "6000", on="2026-09-11", seller_id="S003"),
        people=[
            person(),
            person("S002", state="试用"),
            person("S003", employment="兼职"),
            person("S004", role="大客户经理"),
            person("S005", role="内勤"),
            person("S006"),
        ],
        quotas=[quota("40000"), quota("40000", person="S002"), quota("15000", month="2026-09")],
        claims=[claim("1500"), claim("坏", person="S006")],
    )
    close(of, "2026-09", as_of=date(2026, 10, 5))
    of["deal"] += [
        refund("R", "A", "22000", "2026-10-05"),
        deal("B", "30000", listed="40000"),
        deal("C", "1200000", seller_id="S002"),
        deal("S", "60000", referrer_id="S003", attribution="按比例", referrer_share="0.3"),
        deal("U", "5000", on="2026-10-08", paid_on=""),
        deal("X", "5000", seller_id="S999"),
        deal("Y", "5000", seller_id="S006", currency="HKD"),
        deal("Z", "100", seller_id="S003"),
        deal("F", "9000", status="待确认"),
    ]
    known = {"industry": "贸易", "staff_count": "60", "owner_id": "S001", "grade": "A"}
    of["customer_info"] = [
        {"record_id": "c1", "customer_id": "C0001", "customer_name": "甲"} | known,
        {"record_id": "c2", "customer_id": "C0002", "customer_name": "乙", "is_public_official": "是"},
    ]
    scores = {"match_score": "4", "budget_score": "3", "decision_score": "3", "potential_score": "2"}
    of["customer_grading"] = [
        {"record_id": "g1", "customer_id": "C0001", "review_month": "2026-09", **scores},
        {"record_id": "g2", "customer_id": "C0002", "review_month": "2026-09", **scores, "match_score": "9"},
    ]
    answers = {
        "pay_attitude": "一般", "cash_record": "良好", "fund_status": "一般", "biz_status": "常态",
        "finance_mgmt": "普通", "return_habit": "合理", "policy": "坚实", "conclusion": "正常",
    }  # fmt: skip
    of["credit_survey"] = [{"record_id": "k1", "customer_id": "C0001", "surveyed_on": "2026-08-01", **answers}]
    of["capability_scorecard"] = [
        {
            "record_id": "e1",
            "prospect_id": "QZ-1",
            "evaluated_on": "2026-08-01",
            "cap_fund": "2",
            "cap_storage": "2",
            "cap_delivery": "3",
            "cap_distribution": "3",
            "cap_staff": "2",
            "cap_business": "2",
            "cap_will": "3",
            "cap_idea": "3",
        }
    ]
    of["false_sale_case"] = [
        {"record_id": "x1", "case_no": "XJ-1", "staff_id": "S001", "deal_nos": "B", "finding": "待查", "mode": "仅记录"}
    ]
    of["award_notice"] = [
        {"record_id": "n1", "award_kind": "日业绩高峰", "period": "2026-10-17", "staff_id": "S001", "amount": "50"},
        {"record_id": "n2", "award_kind": "日业绩高峰", "period": "十月", "staff_id": "S001", "amount": "50"},
        {"record_id": "n3", "award_kind": "周销售冠军", "period": "2026-W42", "staff_id": "S003", "amount": "200"},
    ]
    of["kpi_rating"] = [
        {
            "record_id": "r1",
            "ratee_id": "S001",
            "rater_id": "S004",
            "period": "2026-Q4",
            "card": "销售顾问",
            "indicator": "服务规范执行情况",
            "rater_role": "上级领导",
            "score": "90",
        }
    ]
    return of


@pytest.fixture(scope="module", params=MINE)
def statement(request: pytest.FixtureRequest) -> Statement:
    asked = Request(
        frames(busy_book()), pack(commission__referral__mode="ratio_on_commission", commission__gold_price="800"),
        date(2026, 11, 10), WorkingCalendar(), "2026-10",
    )  # fmt: skip
    return REPORTS[request.param].function()(asked)


def is_text(text: str, key: str) -> bool:
    return text != key and "{" not in text and not re.search(r"\bword\.", text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_step_has_a_text(statement: Statement, language: str) -> None:
    steps = [step for line in statement.lines for step in statement.explain(line)]
    assert [step for step in steps if not is_text(step_text(step, LABELS, language), f"step.{step.code}")] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_has_a_text(statement: Statement, language: str) -> None:
    texts = {finding.code: LABELS.finding(finding, language) for finding in statement.findings}
    assert {code: text for code, text in texts.items() if not is_text(text, f"finding.{code}")} == {}


def test_every_line_has_a_key_of_its_own_and_a_citation(statement: Statement) -> None:
    keys = [line.key for line in statement.lines]
    assert len(set(keys)) == len(keys)
    assert [line.key for line in statement.lines if line.citation is None] == []


def choices(model: type[BaseModel], path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every option of a model by its dotted name, with its alternatives where they are named."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from choices(kind, f"{path}.{name}")
        else:
            yield f"{path}.{name}", get_args(kind) if get_origin(kind) is Literal else ()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_commission_option_and_alternative_is_documented(language: str) -> None:
    texts = LABELS.texts[language]
    wanted = [f"option.{name}" for name, _ in choices(CommissionRules, "commission")]
    wanted += [
        f"option.{name}.{answer}" for name, answers in choices(CommissionRules, "commission") for answer in answers
    ]
    assert [key for key in wanted if key not in texts] == []


@pytest.mark.parametrize("code", ["E3", "E4"])
def test_every_code_an_engine_reports_has_a_text(code: str) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(ROOT / "reports").rglob("*.py"))
    used = set(re.findall(rf'"({code}\d\d)"', sources))
    assert used
    assert {each for each in used if f"finding.{each}" not in LABELS.texts["zh"]} == set()
