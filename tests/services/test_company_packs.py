"""A company's own pack, from the command line: where it lies, which one counts, from which day, and what it changes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import manage
from sheets_adapter.private import PrivateStore
from tests.services.test_reports import shipped_forms, write

DEALS: dict[str, list[list[Any]]] = {
    "人员档案": [
        ["工号", "姓名", "部门", "岗位", "用工类型", "人员状态", "入职日期"],
        ["S001", "张三", "大客户部", "销售顾问", "全职", "正式", date(2024, 1, 5)],
    ],
    "商品标价表": [["商品编号", "品名", "类别", "标价", "生效日期"], ["J01", "金镯", "珠宝", 10000, date(2026, 1, 1)]],
    "合同登记与审批表": [
        ["合同编号", "客户", "金额", "签署日期", "归档日期"],
        ["HT1", "科技有限公司", 1000, date(2026, 9, 29), None],
    ],
    "成交登记表": [
        ["成交编号", "成交日期", "收款日期", "客户", "销售人员", "商品", "标价金额", "成交金额", "类型"],
        *(
            [f"D{at}", day, day, "C0001", "S001", "J01", 10000, 10000, "销售"]
            for at, day in enumerate([date(2026, 11, 5), date(2026, 12, 5), date(2027, 1, 5)], 1)
        ),
    ],
}
ACME = "pack: {id: acme, extends: [key_account_jewellery]}\n"
SPECIFIED = """
pack: {id: acme, extends: [base, key_account_jewellery], valid_from: 2026-01-01, timezone: Asia/Shanghai, currency: CNY}
calendar: {provider: [overrides, chinesecalendar, holidays], on_missing_year: statutory_projection,
  segments: [["09:00","12:00"],["13:30","18:00"]]}
templates: {customer_profile: {enabled: false}, customer_dossier: {hide: [family, hobbies], require: [address]}}
grades: {primary: g1, g1: {auto: suggest, demote_months: 3}, g2: {method: score}}
deadlines: {D01: {due: {amount: 24, unit: hour, clock: cal}}, D68: {due: {amount: 2, unit: day, clock: wday}},
  D74: {enabled: false}}
commission: {plan: jewellery_2026, exact_10000: upper, gap: lower, referral: {mode: single_seller}}
approvals: {AF02: {gm_threshold: "500000"}, AF05: {block_officials: true}}
"""


class Company:
    """A company's folder and a workbook of three months with one deal of 10,000 each."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.workbook = write(folder / "any.xlsx", DEALS)

    def pack(self, text: str, name: str = "acme", file: str = "pack.yaml") -> None:
        place = self.folder / "company" / "rules" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(text, encoding="utf-8")

    def choose(self, name: str) -> None:
        (self.folder / "state").mkdir(exist_ok=True)
        private = PrivateStore(self.folder / "state" / "portal.private")
        private.put_setting("rule_pack", name)
        private.close()

    def ask(self, report: str, as_of: str, *more: str) -> dict[str, Any]:
        assert (
            manage.main(
                ["report", report, "--as-of", as_of, "--format", "json", "--workbook", str(self.workbook), *more]
            )
            == 0
        )
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return found

    def commission(self, month: str, as_of: str, *more: str) -> str:
        [line] = self.ask("commissions", as_of, "--month", month, *more)["lines"]
        return str(line["values"]["commission"])


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Company:
    for name, place in (("WORKBOOK", "portal.xlsx"), ("STATE_DIR", "state"), ("COMPANY_DIR", "company")):
        monkeypatch.setenv(f"PORTAL_{name}", str(tmp_path / place))
    monkeypatch.setattr(manage, "Forms", lambda config: shipped_forms())
    return Company(tmp_path, capsys)


def test_the_pack_of_the_command_line_goes_before_that_of_the_settings_and_that_before_the_default(
    company: Company,
) -> None:
    company.pack(ACME + "commission: {exact_10000: lower}\n")
    company.pack(ACME.replace("acme", "other"), name="other")
    question = ("commissions", "2026-12-01", "--month", "2026-11")
    assert company.ask(*question)["pack"] == "key_account_jewellery"
    company.choose("acme")
    assert company.ask(*question)["pack"] == "acme"
    assert company.ask(*question, "--pack", "other")["pack"] == "other"


def test_the_pack_as_the_specification_writes_it_is_accepted(company: Company) -> None:
    company.pack(SPECIFIED)
    assert company.commission("2026-11", "2026-12-01", "--pack", "acme") == "550.00"
    assert manage.main(["check"]) == 0


def test_a_month_is_paid_by_the_rules_of_its_last_day_whenever_it_is_computed(company: Company) -> None:
    company.pack(ACME)
    company.pack("valid_from: 2027-01-01\ncommission: {exact_10000: lower}\n", file="from_2027.yaml")
    of = {month: company.commission(month, "2027-02-10", "--pack", "acme") for month in ("2026-12", "2027-01")}
    assert of == {"2026-12": "550.00", "2027-01": "500.00"}


def test_a_second_version_of_the_pack_counts_from_the_day_in_its_pack_section(company: Company) -> None:
    company.pack("pack: {id: acme, extends: [key_account_jewellery], valid_from: 2026-12-01}\n")
    company.pack(
        "pack: {id: acme, extends: [key_account_jewellery], valid_from: 2027-01-01}\n"
        "commission: {exact_10000: lower}\n",
        file="version_2.yaml",
    )
    of = {month: company.commission(month, "2027-02-10", "--pack", "acme") for month in ("2026-12", "2027-01")}
    assert of == {"2026-12": "550.00", "2027-01": "500.00"}


@pytest.mark.parametrize(
    ("report", "as_of", "more"),
    [("commissions", "2027-02-10", ("--month", "2026-11")), ("deadlines", "2026-11-30", ())],
)
def test_a_day_before_the_packs_start_withholds_the_figures_and_says_where_it_begins(
    company: Company, report: str, as_of: str, more: tuple[str, ...]
) -> None:
    company.pack("pack:\n  id: acme\n  extends: [key_account_jewellery]\n  valid_from: 2026-12-01\n")
    answer = company.ask(report, as_of, *more, "--pack", "acme")
    assert answer["lines"] == []
    [finding] = answer["findings"]
    assert (finding["code"], finding["sheet"], finding["cell"]) == ("E106", "acme/pack.yaml", "4")
    assert "2026-12-01" in finding["text"]


def test_two_packs_differ_only_where_they_say_so(company: Company) -> None:
    """CM-04: 10,000 pays 550 by the upper row and 500 by the lower; everything else stays."""
    company.pack(ACME + "commission: {exact_10000: lower}\n")
    shipped, own = (
        company.ask("commissions", "2026-12-01", "--month", "2026-11", "--pack", name)
        for name in ("key_account_jewellery", "acme")
    )
    [upper], [lower] = shipped["lines"], own["lines"]
    assert {key for key in upper["values"] if upper["values"][key] != lower["values"][key]} == {
        "tier", "rate", "commission", "payable",
    }  # fmt: skip
    assert [line["values"]["commission"] for line in (upper, lower)] == ["550.00", "500.00"]
    one, other = (company.ask("deadlines", "2026-12-01", "--pack", name) for name in ("key_account_jewellery", "acme"))
    assert one["lines"] == other["lines"] != []


def test_a_rule_that_watches_a_column_that_is_not_there_is_told_beside_the_deadlines(company: Company) -> None:
    company.pack(
        ACME + "deadlines:\n  D05:\n    watch: [{table: contract, start: [signed_in], met: [{at: [archived_on]}]}]\n"
    )
    told = [
        one for one in company.ask("deadlines", "2026-12-01", "--pack", "acme")["findings"] if one["code"] == "E107"
    ]
    assert [(one["sheet"], one["cell"], one["params"]["column"]) for one in told] == [
        ("acme/pack.yaml", "4", "signed_in")
    ]


def test_a_file_that_will_count_later_is_checked_today(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.pack(ACME)
    company.pack("valid_from: 2099-01-01\ncommission: {exact_1000: lower}\n", file="from_2099.yaml")
    assert manage.main(["check"]) == 1
    assert "acme/from_2099.yaml:2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "line", "word", "meant"),
    [
        ("deadlines: {D05: {who: [sales_repp]}}", 2, "sales_repp", "sales_rep"),
        ("deadlines: {D05: {watch: [{table: contracts, start: [a], met: [{at: [b]}]}]}}", 2, "contracts", "contract"),
        ("commission:\n  manager_roles: [大客户经里]", 3, "大客户经里", "大客户经理"),
        ("kpi: {cards: {back_office: {roles: [内勤人员]}}}", 2, "内勤人员", "内勤"),
        ("templates: {customer_dosier: {enabled: false}}", 2, "customer_dosier", "customer_dossier"),
        ("templates: {customer_dossier: {hide: [familly]}}", 2, "familly", "family"),
    ],
    ids=["role", "form of a rule", "position", "card's position", "form", "field"],
)
def test_what_a_pack_names_and_nobody_has_is_told_at_its_line(
    company: Company, capsys: pytest.CaptureFixture[str], text: str, line: int, word: str, meant: str
) -> None:
    company.pack(f"{ACME}{text}\n")
    manage.main(["check"])
    [told] = [row for row in capsys.readouterr().err.splitlines() if "[E111]" in row]
    assert f"acme/pack.yaml:{line}" in told
    assert f"“{word}”" in told
    assert f"是不是“{meant}”" in told
