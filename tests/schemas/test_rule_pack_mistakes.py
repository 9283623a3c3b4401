"""Every mistake in a company's pack is told with file, line, code and what to do, in both languages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from schemas.finding import FileRef, Finding
from schemas.labels import LANGUAGES, Labels
from schemas.rule_packs import load_pack

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "reports" / "rules"
LABELS = Labels.load(ROOT / "forms" / "locales")
TODAY = date(2026, 11, 21)
ACME = "pack: {id: acme, label: {zh: 甲, en: Acme}, extends: [key_account_jewellery]}\n"
PLAN = 'commission_plans: {p: {label: {zh: 表, en: t}, applies: [全职], effective_from: "2026-01-01", tiers: [%s]}}\n'
SIXTEEN = "[" + ",".join("x" * 16) + "]"
BOMB = f"a: &a {SIXTEEN}\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 16)}]\n" for old, new in zip("abcd", "bcde", strict=True)
)

MISTAKES: dict[str, tuple[str | bytes, str, int, str]] = {
    # what is wrong: (the file; the code; its line; a word of the Chinese sentence that says what to do)
    "section misspelt": (f"{ACME}deadline: {{}}\n", "T011", 2, "是不是“deadlines”"),
    "option misspelt": (f"{ACME}commission:\n  exact_1000: lower\n", "T011", 3, "是不是“exact_10000”"),
    "option deep inside misspelt": (f"{ACME}deadlines:\n  D05:\n    due: {{clok: cal}}\n", "T011", 4, "是不是“clock”"),
    "answer misspelt": (f"{ACME}commission: {{gap: low}}\n", "T012", 2, "可选：lower、upper、round3"),
    "rule number without its zero": (f"{ACME}deadlines:\n  D5: {{due: {{amount: 5}}}}\n", "E108", 3, "是不是“D05”"),
    "rule number in lower case": (f"{ACME}deadlines: {{d05: {{enabled: false}}}}\n", "E108", 2, "是不是“D05”"),
    "rule that is nowhere": (f"{ACME}deadlines: {{D85: {{enabled: false}}}}\n", "E108", 2, "如要新增，请写全"),
    "own rule half written": (f"{ACME}deadlines: {{D85: {{label: {{zh: 甲, en: A}}}}}}\n", "T010", 2, "缺少选项“cite”"),
    "card misspelt": (f"{ACME}kpi: {{cards: {{back_ofice: {{period: half}}}}}}\n", "E108", 2, "是不是“back_office”"),
    "word for a switch": (f"{ACME}deadlines: {{D05: {{enabled: maybe}}}}\n", "T014", 2, "true 或 false"),
    "yes for a switch": (f"{ACME}deadlines: {{D05: {{enabled: yes}}}}\n", "T004", 2, "true 或 false"),
    "word for a number": (f"{ACME}deadlines: {{D05: {{due: {{amount: three}}}}}}\n", "T014", 2, "要写数字"),
    "part of a day": (f"{ACME}deadlines: {{D05: {{due: {{amount: 2.5}}}}}}\n", "T014", 2, "要写数字"),
    "money as a binary fraction": (f"{ACME}commission: {{tax_rate: 0.13}}\n", "T017", 2, '写成 "0.13"'),
    "money with a thousands separator": (f'{ACME}commission: {{gold_price: "1,000"}}\n', "T014", 2, "不写千分位"),
    "money in 万": (f'{ACME}commission: {{gold_price: "1万"}}\n', "T014", 2, "不写千分位、% 和 万"),
    "a rate in percent": (ACME + PLAN % '{id: "1", from: "0", rate: "5%"}', "T014", 2, "例如 \"0.05\""),
    "a rate of 5": (ACME + PLAN % '{id: "1", from: "0", rate: "5"}', "T016", 2, "应 ≤ 1"),
    "money that is no number": (f'{ACME}commission: {{gold_price: "NaN"}}\n', "T014", 2, "带引号的数"),
    "money below nothing": (f'{ACME}commission: {{gold_price: "-5"}}\n', "T016", 2, "应 > 0"),
    "threshold in words": (f'{ACME}approvals: {{AF02: {{gm_threshold: 十万}}}}\n', "T014", 2, "带引号的数"),
    "option of another approval": (f"{ACME}approvals: {{AF02: {{block_officials: true}}}}\n", "T011", 2, "block_off"),
    "approval that has no options": (f"{ACME}approvals: {{AF99: {{}}}}\n", "T011", 2, "没有“AF99”这个选项"),
    "raters not 100": (
        f'{ACME}kpi: {{cards: {{back_office: {{raters: {{部门同事: "20"}}}}}}}}\n', "T017", 2, "应为 100"),
    "weights not 1": (f'{ACME}grades: {{g1: {{weights: {{budget: "0.5"}}}}}}\n', "T017", 2, "应为 1"),
    "criteria not 100": (
        f'{ACME}grades: {{g3: {{weights: {{cap_fund: "30"}}}}}}\n', "T017", 2, "应为 100"),
    "scores that rise": (f'{ACME}grades: {{g2: {{cuts: {{from_scores: ["80", "85", "40"]}}}}}}\n', "T017", 2, "从高"),
    "a score too few": (f'{ACME}grades: {{g2: {{cuts: {{from_scores: ["80", "60"]}}}}}}\n', "T017", 2, "最低分"),
    "medium above high": (f'{ACME}grades: {{g1: {{medium: "4.5"}}}}\n', "T017", 2, "medium 应小于 high"),
    "a cell no matrix has": (f"{ACME}grades: {{g1: {{matrix: {{HX: A}}}}}}\n", "T017", 2, "HX 是多余的"),
    "a size left out": (f"{ACME}grades: {{g2: {{size: {{小: null}}}}}}\n", "T014", 2, "“小”的值“null”"),
    "a tier that pays nothing": (ACME + PLAN % '{id: "1", from: "0"}', "T017", 2, "要么写 rate，要么写 gold_g"),
    "a plan of no day": (
        ACME + (PLAN % '{id: "1", from: "0", rate: "0.1"}').replace("01-01", "13-01"), "T014", 2, "日期"),
    "a plan that is nowhere": (f"{ACME}\ncommission:\n  plan: jewelery\n", "T017", 4, "不在 commission_plans 里"),
    "a floor table without rows": (f"{ACME}commission: {{floor: {{method: table}}}}\n", "T017", 2, "从 0 开始"),
    "attainment without table": (f"{ACME}commission: {{tier_key: attainment}}\n", "T017", 2, "attainment_tiers"),
    "pay day 32": (f"{ACME}commission: {{settle_day: 32}}\n", "T016", 2, "应 ≤ 31"),
    "a rule with two ways asked for a third": (f"{ACME}deadlines: {{D36: {{mode: nope}}}}\n", "T017", 2, "anniversary"),
    "a way asked of a rule with one": (f"{ACME}deadlines: {{D05: {{mode: nope}}}}\n", "T017", 2, "请去掉 mode"),
    "hours for a day clock": (f"{ACME}deadlines: {{D05: {{due: {{unit: hour}}}}}}\n", "T017", 2, "只能是 day"),
    "a due as a text": (f"{ACME}deadlines: {{D05: {{due: 5 wday}}}}\n", "T014", 2, "“选项 值”"),
    "a time of 25": (f'{ACME}deadlines: {{D59: {{due: {{time: "25:00"}}}}}}\n', "T014", 2, '例如 "09:00"'),
    "working hours that overlap": (
        f'{ACME}calendar: {{segments: [["09:00", "13:00"], ["12:30", "18:00"]]}}\n', "T017", 2, "互不重叠"),
    "working hours as a text": (f'{ACME}calendar: {{segments: "9-18"}}\n', "T014", 2, "列表"),
    "working hours of three": (f'{ACME}calendar: {{segments: [["09:00", "12:00", "13:00"]]}}\n', "T014", 2, "两个时刻"),
    "working hours of one": (f'{ACME}calendar: {{segments: [["09:00"]]}}\n', "T014", 2, "两个时刻"),
    "working hours without quotes": (f"{ACME}calendar: {{segments: [[09:00, 12:00]]}}\n", "T005", 2, '"12:00"'),
    "no working hours": (f"{ACME}calendar: {{segments: []}}\n", "T017", 2, "工作时段"),
    "projection without holidays": (
        f"{ACME}calendar: {{provider: [overrides, chinesecalendar]}}\n", "T017", 2, "weekend_only"),
    "a section without content": (f"{ACME}commission:\n", "T014", 2, "“commission”的值“null”"),
    "a section as a list": (f"{ACME}commission: []\n", "T014", 2, "“选项 值”"),
    "a pack that extends itself": ("pack: {id: acme, extends: [acme]}\n", "E102", 1, "请去掉其中一个 extends"),
    "a pack that extends nobody known": ("pack:\n  id: acme\n  extends: [bas]\n", "E101", 3, "是不是“base”"),
    "extends as a text": ("pack: {id: acme, extends: base}\n", "T014", 1, "列表"),
    "a pack that is a text": ("pack: acme\n", "T014", 1, "“pack”的值“acme”"),
    "no pack section": ("deadlines: {D05: {due: {amount: 5}}}\n", "E109", 1, "pack: {id: acme, extends: [base]}"),
    "an id other than the folder": ("pack: {id: other, extends: [base]}\n", "E110", 1, "文件夹却叫“acme”"),
    "an id with a space": ("pack: {id: Acme 公司, extends: [base]}\n", "T013", 1, "小写字母"),
    "a label in one language": ("pack: {id: acme, label: 甲, extends: [base]}\n", "T014", 1, "“label”"),
    "a zone misspelt": ("pack: {id: acme, extends: [base], timezone: Asia/Shangai}\n", "T017", 1, "Asia/Shanghai"),
    "another currency": ("pack: {id: acme, extends: [base], currency: RMB}\n", "T012", 1, "可选：CNY"),
    "a start that is no day": (f'valid_from: "2026-13-40"\n{ACME}', "T014", 1, "日期，例如 2026-01-31"),
    "a start in Chinese": (f"valid_from: 2026年1月1日\n{ACME}", "T014", 1, "日期，例如 2026-01-31"),
    "a start without zeros": (f'valid_from: "2026-1-1"\n{ACME}', "T014", 1, "日期，例如 2026-01-31"),
    "a start without a day": (f"valid_from:\n{ACME}", "T014", 1, "日期，例如 2026-01-31"),
    "a start with slashes": ("pack: {id: acme, extends: [base], valid_from: 2026/1/1}\n", "T014", 1, "日期"),
    "a start to come": ("pack: {id: acme, extends: [base], valid_from: 2027-01-01}\n", "E106", 1, "换较晚的日期"),
    "a section twice": (f"{ACME}deadlines: {{}}\ndeadlines: {{}}\n", "T003", 3, "第一次在第 2 行"),
    "a tab": (f"{ACME}deadlines:\n\tD05: {{enabled: false}}\n", "T001", 3, "制表符"),
    "a bracket left open": (f"{ACME}deadlines: {{D05: {{enabled: false}}\n", "T001", 3, "括号没有配对"),
    "a full-width colon": (f"{ACME}deadlines：\n  D05: {{}}\n", "T001", 3, "全角的冒号"),
    "a full-width comma": (f"{ACME}deadlines: {{D05: {{enabled: false}}， D06: {{}}}}\n", "T001", 2, "全角的逗号"),
    "two documents": (f"{ACME}---\na: 1\n", "T001", 2, "---"),
    "GBK": (f"{ACME}# 公司\n".encode("gbk"), "T002", 1, "UTF-8"),
    "UTF-16": (ACME.encode("utf-16"), "T002", 1, "UTF-8"),
    "control characters": (ACME.encode() + b"\x00", "T001", 2, "控制字符"),
    "an empty file": ("", "E103", 1, "请从 pack、deadlines 等段落写起"),
    "a file of comments": ("# 公司\n", "E103", 1, "没有内容"),
    "a list": ("- acme\n", "E103", 1, "没有内容"),
    "a text": ("acme\n", "E103", 1, "没有内容"),
    "anchors that multiply": (BOMB, "T008", 1, "过大"),
    "a program": ("a: !!python/object/apply:os.system [ls]\n", "T006", 1, "!!python"),
}  # fmt: skip


def problems(tmp_path: Path, text: str | bytes) -> tuple[Finding, ...]:
    folder = tmp_path / "rules" / "acme"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    pack, findings = load_pack("acme", (SHIPPED, tmp_path / "rules"), TODAY)
    assert pack is None
    return findings


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_at_its_line_with_what_to_do(tmp_path: Path, mistake: str) -> None:
    text, code, line, telling = MISTAKES[mistake]
    findings = problems(tmp_path, text)
    told = [finding for finding in findings if finding.code == code and telling in LABELS.finding(finding, "zh")]
    assert [finding.at for finding in told] == [FileRef("acme/pack.yaml", line)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_a_whole_sentence_of_one_language(tmp_path: Path, mistake: str, language: str) -> None:
    for finding in problems(tmp_path, MISTAKES[mistake][0]):
        sentence = LABELS.finding(finding, language)
        assert not re.search(r"finding\.|problem\.|kind\.|yaml\.\w|None|\{[a-z]+_?[a-z]*\}", sentence)
        assert re.search(r"[\u4e00-\u9fff]{2}", sentence) or language == "en"
        assert not re.search(r"[\u4e00-\u9fff]{4}", sentence) or language == "zh"


def test_a_mistake_drags_no_others_along(tmp_path: Path) -> None:
    several = {"own rule half written"}
    crowded = {
        mistake: [finding.code for finding in problems(tmp_path / str(number), text)]
        for number, (mistake, (text, *_)) in enumerate(MISTAKES.items())
    }
    assert {mistake: codes for mistake, codes in crowded.items() if len(codes) > 1 and mistake not in several} == {}


def test_a_pack_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "acme" / "pack.yaml").mkdir(parents=True)
    pack, (finding,) = load_pack("acme", (SHIPPED, tmp_path), TODAY)
    assert pack is None
    assert (finding.code, finding.at) == ("T019", FileRef("acme/pack.yaml", 1))
