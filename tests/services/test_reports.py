"""`manage.py report` on real workbooks: the stable JSON, findings at their cells, exit codes, nothing written."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import manage
from services.config import Config
from services.templates import Forms

SHEETS: dict[str, list[list[Any]]] = {
    "人员档案": [
        ["工号", "姓名", "部门", "岗位", "用工类型", "人员状态", "入职日期", "直属上级"],
        ["S001", "张三", "大客户部", "销售顾问", "全职", "正式", date(2024, 1, 5), "李四"],
        ["S002", "李四", "大客户部", "大客户经理", "全职", "正式", date(2023, 1, 5), None],
    ],
    "客户信息管理表": [
        ["客户编号", "客户名称", "负责人", "区域"],
        ["C0001", "科技有限公司", "张三", "本市"],
    ],
    "合同登记与审批表": [
        ["合同编号", "客户", "金额", "签署日期", "归档日期"],
        ["HT1", "科技有限公司", 1000, date(2026, 9, 29), None],
        ["HT2", "C0001", "abc", date(2026, 9, 30), date(2026, 10, 10)],
    ],
    "售后服务记录": [
        ["客户名称", "服务日期", "问题类型", "紧急程度", "反馈时间", "首次响应时间", "负责人"],
        ["科技有限公司", date(2026, 10, 1), "故障", "一般", datetime(2026, 10, 1, 23, 50), None, "张三"],  # noqa: DTZ001
    ],
}


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, place in (("WORKBOOK", "portal.xlsx"), ("STATE_DIR", "state"), ("COMPANY_DIR", "company")):
        monkeypatch.setenv(f"PORTAL_{name}", str(tmp_path / place))
    monkeypatch.setattr(manage, "Forms", lambda config: shipped_forms())
    return write(tmp_path / "any.xlsx", SHEETS)


@cache
def shipped_forms() -> Forms:
    """The shipped forms, read once for all tests."""
    nowhere = Path("nowhere")
    return Forms(Config(nowhere, nowhere, nowhere))


def write(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def run(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, bytes, str]:
    code = manage.main(["report", *arguments])
    out, err = capsysbinary.readouterr()
    return code, out, err.decode()


def asked(capsysbinary: pytest.CaptureFixture[bytes], workbook: Path, *more: str) -> dict[str, Any]:
    code, out, _ = run(
        capsysbinary, "deadlines", "--as-of", "2026-10-12", "--workbook", str(workbook), "--format", "json", *more
    )
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_json_is_the_documented_object(capsysbinary, workbook: Path) -> None:
    statement = asked(capsysbinary, workbook)
    assert list(statement) == ["report", "as_of", "pack", "pack_hash", "parameters", "lines", "totals", "findings"]
    assert (statement["report"], statement["as_of"], statement["pack"]) == (
        "deadlines",
        "2026-10-12",
        "key_account_jewellery",
    )
    line = next(line for line in statement["lines"] if line["values"]["rule"] == "D05")
    assert list(line) == ["key", "values", "steps", "sources", "citation"]
    expected = {
        "template": "contract", "record_id": "合同登记与审批表!2", "trigger_at": "2026-09-29T00:00:00+08:00",
        "due_at": "2026-10-09T23:59:59+08:00", "status": "overdue", "late_calendar": 3, "late_working": 2,
        "severity": "H", "owner_id": "S001", "escalated_to": "S002",
    }  # fmt: skip
    assert {key: line["values"][key] for key in expected} == expected
    assert list(line["citation"]) == ["document", "clause", "zh", "en"]
    assert line["sources"] == [{"table": "contract", "record_id": "合同登记与审批表!2", "line_no": 0}]
    assert {"到期：2026-10-09 23:59。", "Due 2026-10-09 23:59."} <= {
        step[each] for step in line["steps"] for each in ("zh", "en")
    }


def test_a_bad_cell_is_a_finding_at_its_cell_and_everything_else_is_computed(capsysbinary, workbook: Path) -> None:
    statement = asked(capsysbinary, workbook)
    found = next(finding for finding in statement["findings"] if finding["code"] == "V010")
    assert (found["sheet"], found["cell"]) == ("合同登记与审批表", "C3")
    assert "abc" in found["text"]
    statuses = {
        line["values"]["record_id"]: line["values"]["status"]
        for line in statement["lines"]
        if line["values"]["rule"] == "D05"
    }
    assert statuses == {"合同登记与审批表!2": "overdue", "合同登记与审批表!3": "met"}


def test_options_of_the_pack_are_overridden_for_one_run(capsysbinary, workbook: Path) -> None:
    usual = asked(capsysbinary, workbook)
    changed = asked(capsysbinary, workbook, "--set", "deadlines.D05.due.amount=5")
    dues = [
        next(line["values"]["due_at"][:10] for line in each["lines"] if line["values"]["rule"] == "D05")
        for each in (usual, changed)
    ]
    assert dues == ["2026-10-09", "2026-10-12"]
    assert changed["parameters"]["options"] == {"deadlines.D05.due.amount": "5"}
    assert changed["pack_hash"] != usual["pack_hash"]


SALES: dict[str, list[list[Any]]] = {
    "人员档案": SHEETS["人员档案"],
    "成交登记表": [
        ["成交编号", "类型", "成交日期", "收款日期", "客户", "销售人员", "标价金额", "成交金额", "币种"],
        ["CJ1", "销售", date(2026, 10, 12), date(2026, 10, 12), "科技有限公司", "张三", 10000, 10000, "CNY"],
    ],
    "客户信息管理表": SHEETS["客户信息管理表"],
}


@pytest.mark.parametrize(
    ("options", "commission", "payable"),
    [
        ([], "550.00", "550.00"),
        (["commission.exact_10000=lower"], "500.00", "500.00"),
        (["commission.tax=excl", "commission.tax_rate=0.25"], "400.00", "400.00"),
        (["commission.recognition=delivered"], "0.00", "0.00"),
    ],
    ids=["shipped", "10,000 in the lower row: 5 %", "without VAT 8,000 × 5 %", "not delivered yet"],
)
def test_an_option_set_for_one_run_reaches_the_commission_figures(
    capsysbinary, tmp_path: Path, workbook: Path, options: list[str], commission: str, payable: str
) -> None:
    path = write(tmp_path / "sales.xlsx", SALES)
    question = ["commissions", "--as-of", "2026-11-30", "--month", "2026-10", "--workbook", str(path)]
    settings = [word for option in options for word in ("--set", option)]
    code, out, err = run(capsysbinary, *question, "--format", "json", *settings)
    assert code == 0, err
    statement = json.loads(out)
    [values] = [each["values"] for each in statement["lines"] if each["values"]["staff_id"] == "S001"]
    assert (values["commission"], values["payable"]) == (commission, payable)
    assert statement["parameters"].get("options", {}) == dict(option.split("=") for option in options)


def test_a_month_lists_what_is_unmet_and_what_was_met_in_it(capsysbinary, workbook: Path) -> None:
    october = asked(capsysbinary, workbook, "--month", "2026-10")
    september = asked(capsysbinary, workbook, "--month", "2026-09")
    for statement, listed in ((october, {"overdue", "met"}), (september, {"overdue"})):
        assert {line["values"]["status"] for line in statement["lines"] if line["values"]["rule"] == "D05"} == listed
    assert september["totals"]["by_rule"]["D05"]["met"] == 1


def test_a_person_sees_what_he_owes_and_what_reached_him(capsysbinary, workbook: Path) -> None:
    assert {line["values"]["owner_id"] for line in asked(capsysbinary, workbook, "--person", "S001")["lines"]} == {
        "S001"
    }
    reached = asked(capsysbinary, workbook, "--person", "S002")["lines"]
    assert "D05" in {line["values"]["rule"] for line in reached if line["values"]["escalated_to"] == "S002"}


def test_the_company_calendar_of_the_workbook_counts(capsysbinary, tmp_path: Path, workbook: Path) -> None:
    sheets = SHEETS | {"休息日与调班": [["日期", "安排"], [date(2026, 10, 9), "休息"]]}
    statement = asked(capsysbinary, write(tmp_path / "with_days.xlsx", sheets))
    due = next(line["values"]["due_at"] for line in statement["lines"] if line["values"]["rule"] == "D05")
    assert due[:10] == "2026-10-10"


@pytest.mark.parametrize("kind", ["table", "csv", "xlsx"])
def test_other_formats_hold_the_same_lines(capsysbinary, tmp_path: Path, workbook: Path, kind: str) -> None:
    target = tmp_path / f"out.{kind}"
    code, out, _ = run(
        capsysbinary, "deadlines", "--as-of", "2026-10-12", "--workbook", str(workbook),
        "--format", kind, "--output", str(target),
    )  # fmt: skip
    assert (code, out) == (0, b"")
    count = len(asked(capsysbinary, workbook)["lines"])
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(target).worksheets[0]
        assert sheet.max_row == count + 1
    elif kind == "csv":
        assert len(list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))) == count + 1
    else:
        lines, totals = target.read_text(encoding="utf-8").split("\n\n")
        assert len(lines.splitlines()) == count + 1
        assert totals.startswith(f"合计：列出 {count}")


def test_nothing_is_written(capsysbinary, tmp_path: Path, workbook: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    asked(capsysbinary, workbook)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_without_a_workbook_the_configured_store_is_read(capsysbinary, tmp_path: Path, workbook: Path) -> None:
    workbook.rename(tmp_path / "portal.xlsx")
    code, out, _ = run(capsysbinary, "deadlines", "--as-of", "2026-10-12", "--format", "json")
    assert code == 0
    assert "D05" in {line["values"]["rule"] for line in json.loads(out)["lines"]}


def test_all_reports_are_listed_by_name(capsysbinary, workbook: Path) -> None:
    code, out, _ = run(capsysbinary, "--list")
    names = [row.split("\t")[0] for row in out.decode().splitlines()]
    assert code == 0
    assert {"deadlines", "commissions", "grades", "kpi", "awards", "yearly_orders", "claims_held"} <= set(names)


def test_every_report_answers_on_the_same_workbook(capsysbinary, workbook: Path) -> None:
    _, out, _ = run(capsysbinary, "--list")
    for name in [row.split("\t")[0] for row in out.decode().splitlines()]:
        code, body, err = run(
            capsysbinary, name, "--as-of", "2026-10-12", "--workbook", str(workbook), "--format", "json"
        )
        assert code == 0, (name, err)
        assert json.loads(body)["report"] == name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "--as-of", "2026-10-12"], "[E207]"),
        (["deadlines", "--as-of", "2026-10-12", "--pack", "nobody"], "[E101]"),
        (["deadlines", "--as-of", "2026-10-12", "--set", "commission.exact_1000=lower"], "commission.exact_10000"),
        (["deadlines", "--as-of", "2026-10-12", "--set", "commission.exact_10000=maybe"], "[T012]"),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_2(
    capsysbinary, workbook: Path, arguments: list[str], said: str
) -> None:
    code, out, err = run(capsysbinary, *arguments, "--workbook", str(workbook))
    assert (code, out) == (2, b"")
    assert said in err


def test_unreadable_input_ends_with_2_and_names_sheet_cell_and_fix(
    capsysbinary, tmp_path: Path, workbook: Path
) -> None:
    broken = write(tmp_path / "broken.xlsx", {"成交登记表": [["没有", "表头"], [1, 2]]})
    code, out, err = run(capsysbinary, "deadlines", "--as-of", "2026-10-12", "--workbook", str(broken))
    assert (code, out) == (2, b"")
    assert "成交登记表!A1" in err
    assert "[S068]" in err
    (tmp_path / "text.xlsx").write_text("not a workbook", encoding="utf-8")
    for path in (tmp_path / "text.xlsx", tmp_path / "absent.xlsx", write(tmp_path / "other.xlsx", {"Sheet1": [[1]]})):
        assert run(capsysbinary, "deadlines", "--as-of", "2026-10-12", "--workbook", str(path))[0] == 2


@pytest.mark.parametrize("option", ["--as-of=soon", "--month=2026-13", "--format=pdf", "--set=nothing"])
def test_a_command_line_that_is_not_understood_ends_with_2(capsysbinary, workbook: Path, option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run(capsysbinary, "deadlines", option)
    assert ended.value.code == 2


def test_check_names_a_column_the_companys_rule_misspells(capsys, tmp_path: Path, workbook: Path) -> None:
    folder = tmp_path / "company" / "rules" / "acme"
    folder.mkdir(parents=True)
    watch = "{table: contract, start: [signed_in], met: [{at: [archived_on]}]}"
    text = f"pack: {{id: acme, label: {{zh: 甲, en: A}}, extends: [base]}}\ndeadlines: {{D05: {{watch: [{watch}]}}}}\n"
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    manage.main(["check"])
    assert "signed_in" in (told := capsys.readouterr().err)
    assert "[E107]" in told
