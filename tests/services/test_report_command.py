"""The command line of `manage.py report`: its options, its refusals, and what goes to which stream."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import manage
from services.config import ROOT
from tests.services.test_reports import run, shipped_forms, write

CUSTOMERS = [
    ["客户编号", "客户名称", "负责人", "区域", "区域名称"],
    ["C1", "@SUM(1)", "S001", "本市", "=浦东"],
]
SALES = [
    ["成交编号", "类型", "成交日期", "收款日期", "客户", "销售人员", "标价金额", "成交金额"],
    ["D1", "销售", date(2026, 1, 9), date(2026, 1, 10), "C1", "S001", 2000, 1234.5],
]
STAFF = [["工号", "姓名", "部门"], ["S001", "李四", "大客户部"]]
LOST = ("lost_customers", "--as-of", "2026-10-31")


@pytest.fixture(autouse=True)
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, place in (("WORKBOOK", "portal.xlsx"), ("STATE_DIR", "state"), ("COMPANY_DIR", "company")):
        monkeypatch.setenv(f"PORTAL_{name}", str(tmp_path / place))
    monkeypatch.setattr(manage, "Forms", lambda config: shipped_forms())


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook whose texts begin like formulas."""
    path = write(tmp_path / "any.xlsx", {"人员档案": STAFF, "客户信息管理表": CUSTOMERS, "成交登记表": SALES})
    opened = openpyxl.load_workbook(path)
    opened["客户信息管理表"]["E2"].data_type = "s"
    opened.save(path)
    return path


def test_texts_that_begin_like_formulas_stay_texts_and_figures_and_days_are_figures_and_days(
    capsysbinary, tmp_path: Path, book: Path
) -> None:
    code, out, _ = run(capsysbinary, *LOST, "--workbook", str(book), "--format", "csv")
    assert (code, out[:3]) == (0, b"\xef\xbb\xbf")
    header, row = csv.reader(io.StringIO(out.decode("utf-8-sig")))
    assert dict(zip(header, row, strict=True))["客户名称"] == "'@SUM(1)"
    target = tmp_path / "out.xlsx"
    assert run(capsysbinary, *LOST, "--workbook", str(book), "--format", "xlsx", "--output", str(target))[0] == 0
    sheet = openpyxl.load_workbook(target)["大客户流失清单"]
    cells = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert (cells["客户名称"].value, cells["客户名称"].data_type) == ("@SUM(1)", "s")
    assert (cells["最后成交"].is_date, str(cells["最后成交"].value)[:10]) == (True, "2026-01-10")
    assert (cells["销售额"].value, cells["销售额"].number_format) == (1234.5, "#,##0.00")


@pytest.mark.parametrize("kind", ["table", "csv"])
def test_findings_of_a_table_go_to_the_other_stream_in_the_language_asked_for(capsysbinary, book: Path, kind) -> None:
    arguments = (*LOST, "--workbook", str(book), "--format", kind, "--language", "en")
    code, out, err = run(capsysbinary, *arguments)
    assert code == 0
    assert "Last sale" in out.decode()
    assert "客户信息管理表!1: The sheet lacks required columns" in err
    assert "[E203]" not in out.decode()


def test_codes_are_words_in_a_table_and_codes_in_json(capsysbinary, tmp_path: Path) -> None:
    claims = [["报销单号", "报销人", "报销月份", "关联类型", "金额"], ["B1", "S001", "2026-10", "接待", 20]]
    path = str(write(tmp_path / "claims.xlsx", {"费用报销单": claims}))
    arguments = ("claims_held", "--as-of", "2026-10-31", "--workbook", path)
    table = run(capsysbinary, *arguments)[1].decode()
    assert "没有对应的接待申请" in table
    assert "合计：笔数 1  金额 20.00  未算出 0" in table
    (line,) = json.loads(run(capsysbinary, *arguments, "--format", "json")[1])["lines"]
    assert line["values"]["reason"] == "no_reception"
    assert line["steps"][0]["en"] == "reception, 20.00 yuan: no reception request, so it is not reimbursed."


def test_a_moment_of_another_zone_is_turned_into_the_companys(capsysbinary, book: Path) -> None:
    arguments = ("lost_customers", "--as-of", "2026-10-31T18:00+00:00", "--workbook", str(book), "--format", "json")
    assert json.loads(run(capsysbinary, *arguments)[1])["as_of"] == "2026-11-01T02:00:00+08:00"


def test_a_person_nobody_knows_is_told(capsysbinary, book: Path) -> None:
    arguments = (*LOST, "--workbook", str(book), "--person", "S0001", "--format", "json")
    code, out, _ = run(capsysbinary, *arguments)
    (told,) = [one for one in json.loads(out)["findings"] if one["code"] == "E247"]
    assert (code, told["params"]) == (0, {"value": "S0001", "did_you_mean": "S001"})


def test_a_report_is_never_written_over_the_records(capsysbinary, tmp_path: Path, book: Path) -> None:
    portal = tmp_path / "portal.xlsx"
    portal.write_bytes(book.read_bytes())
    for target, read in ((book, str(book)), (portal, str(book)), (portal, "")):
        before = target.read_bytes()
        source = ("--workbook", read) if read else ()
        code, out, err = run(capsysbinary, *LOST, *source, "--format", "xlsx", "--output", str(target))
        assert (code, out, target.read_bytes()) == (2, b"", before)
        assert f"不能把报表写到 {target}" in err


def test_an_output_that_cannot_be_written_is_refused(capsysbinary, tmp_path: Path, book: Path) -> None:
    for target, said in ((tmp_path, "这是文件夹"), (tmp_path / "none" / "out.csv", "没有这个文件或文件夹")):
        code, _, err = run(capsysbinary, *LOST, "--workbook", str(book), "--output", str(target))
        assert code == 2
        assert said in err
        assert "[E249]" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as-of", "明天"], "“明天”不是日期。请写 2026-10-31 或 2026-10-31T18:00。"),
        (["--as-of", "9999-12-31"], "“9999-12-31”不是日期"),
        (["--month", "2026-1"], "“2026-1”不是月份。请写 2026-10 这样的年月。"),
        (["--set", "nothing"], "“nothing”不是“选项=值”。"),
    ],
)
def test_an_option_that_cannot_be_read_is_refused_in_the_companys_language(capsys, arguments, said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        manage.main(["report", "deadlines", *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_without_a_name_the_reports_are_named_and_a_misspelt_one_is_guessed(capsysbinary, book: Path) -> None:
    code, out, err = run(capsysbinary)
    assert (code, out) == (2, b"")
    assert "deadlines" in err
    _, _, err = run(capsysbinary, "deadline", "--workbook", str(book))
    assert "是不是“deadlines”？" in err


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "这是文件夹，不是文件"), ("absent.xlsx", "没有这个文件或文件夹")],
    ids=["an empty path is not the portal's own records", "no such file"],
)
def test_a_path_that_is_no_file_is_refused_in_plain_words(capsysbinary, tmp_path: Path, book: Path, path, said) -> None:
    book.rename(tmp_path / "portal.xlsx")
    code, out, err = run(capsysbinary, *LOST, "--workbook", path and str(tmp_path / path))
    assert (code, out) == (2, b"")
    assert said in err


def test_a_sheet_without_its_header_is_named_by_the_forms_name(capsysbinary, tmp_path: Path) -> None:
    path = write(tmp_path / "broken.xlsx", {"成交登记表": [["没有", "表头"], [1, 2]]})
    code, _, err = run(capsysbinary, *LOST, "--workbook", str(path))
    assert code == 2
    assert err.startswith("成交登记表!A1: ")
    assert "“成交登记表”的表头" in err


def test_sheets_a_report_needs_and_does_not_find_are_named(capsysbinary, tmp_path: Path) -> None:
    path = write(tmp_path / "staff.xlsx", {"人员档案": STAFF})
    arguments = ("commissions", "--as-of", "2026-10-31", "--workbook", str(path), "--format", "json")
    (absent,) = [one for one in json.loads(run(capsysbinary, *arguments)[1])["findings"] if one["code"] == "E240"]
    assert (absent["severity"], absent["params"]["sheets"][0]) == ("warning", "成交登记表")
    assert "提成结算单" not in absent["params"]["sheets"]  # the portal writes that one itself


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_on_a_console_of_another_encoding_json_stays_utf_8_and_a_table_is_readable(
    tmp_path: Path, book: Path, encoding: str
) -> None:
    environment: dict[str, Any] = {**os.environ, "PYTHONIOENCODING": encoding}
    made = [
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "report", *LOST, "--workbook", str(book), "--format", kind],
            capture_output=True, env=environment, cwd=ROOT, check=False,
        )
        for kind in ("json", "table")
    ]  # fmt: skip
    assert [one.returncode for one in made] == [0, 0]
    assert (json.loads(made[0].stdout.decode("utf-8"))["report"], made[0].stderr) == ("lost_customers", b"")
    table = made[1].stdout.decode(encoding)
    assert "1234.50" in table
    assert ("客户名称" in table) == (encoding == "gbk")
