"""Rule packs: layers merge, days choose versions, and every mistake has a file and a line."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest

from schemas.finding import FileRef
from schemas.labels import Labels
from schemas.rule_packs import Pack, find_packs, load_pack

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "reports" / "rules"
LABELS = Labels.load(ROOT / "forms" / "locales")
TODAY = date(2026, 11, 21)


def pack_of(name: str, *dirs: Path, as_of: date = TODAY, **overrides: str) -> Pack:
    pack, findings = load_pack(name, dirs or (SHIPPED,), as_of, overrides)
    assert findings == ()
    assert pack is not None
    return pack


def company(tmp_path: Path, text: str, name: str = "acme", file: str = "pack.yaml") -> Path:
    folder = tmp_path / "rules" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")
    return tmp_path / "rules"


ACME = "pack: {id: acme, label: {zh: 甲, en: Acme}, extends: [key_account_jewellery]}\n"


@pytest.mark.parametrize("name", ["base", "key_account_jewellery", "dealer_manufacturing", "visit_only"])
def test_each_shipped_pack_loads_without_findings(name: str) -> None:
    assert pack_of(name).id == name


def test_all_79_rules_are_shipped_with_citation_and_responsible() -> None:
    rules = pack_of("base").rules.deadlines
    assert sorted(rules) == [f"D{number:02d}" for number in range(1, 80)]
    assert all(rule.cite.zh and rule.cite.en and rule.who for rule in rules.values())


def test_every_mode_of_every_rule_is_a_sound_definition() -> None:
    for rule_id, rule in pack_of("base").rules.deadlines.items():
        for mode in rule.modes:
            assert pack_of("base", **{f"deadlines.{rule_id}.mode": mode}).rules.deadlines[rule_id].mode == mode


def test_the_industry_pack_changes_only_what_it_says() -> None:
    base, dealers = pack_of("base").rules.deadlines, pack_of("dealer_manufacturing").rules.deadlines
    assert [rule_id for rule_id in base if base[rule_id] != dealers[rule_id]] == ["D16"]
    assert dealers["D16"].due is not None
    assert (dealers["D16"].due.amount, dealers["D16"].due.roll) == (3, "next_workday")


def test_the_companys_layer_wins_and_the_rest_stays(tmp_path: Path) -> None:
    folder = company(
        tmp_path, ACME + 'deadlines: {D05: {due: {amount: 5}}}\ncalendar: {segments: [["08:30", "17:30"]]}\n'
    )
    pack = pack_of("acme", SHIPPED, folder)
    assert pack.layers == ("base", "key_account_jewellery", "acme")
    assert pack.rules.deadlines["D05"].due is not None
    assert (pack.rules.deadlines["D05"].due.amount, pack.rules.deadlines["D05"].due.clock) == (5, "wday")
    assert pack.rules.calendar.calendar({}).closing == time(17, 30)


def test_the_version_in_force_on_the_day_is_used(tmp_path: Path) -> None:
    folder = company(tmp_path, ACME)
    company(tmp_path, 'valid_from: "2027-01-01"\ndeadlines: {D05: {due: {amount: 9}}}\n', file="from_2027.yaml")
    for day, amount in ((date(2026, 12, 31), 3), (date(2027, 1, 1), 9)):
        due = pack_of("acme", SHIPPED, folder, as_of=day).rules.deadlines["D05"].due
        assert due is not None
        assert due.amount == amount


def test_the_hash_follows_content_and_not_form(tmp_path: Path) -> None:
    plain = pack_of("acme", SHIPPED, company(tmp_path, ACME)).hash
    commented = pack_of("acme", SHIPPED, company(tmp_path, "# 注\n" + ACME)).hash
    changed = pack_of("acme", SHIPPED, company(tmp_path, ACME + "reports: {ranking_size: 5}\n")).hash
    assert plain == commented != changed
    assert len(plain) == 64


def test_an_option_is_overridden_for_one_run() -> None:
    assert pack_of("base", **{"commission.exact_10000": "lower"}).rules.commission.exact_10000 == "lower"
    assert pack_of("base").options()["commission.exact_10000"] == "upper"


@pytest.mark.parametrize(
    ("text", "code", "line", "param"),
    [
        pytest.param("deadlines:\n  D05:\n    due: {clok: cal}\n", "T011", 4, ("did_you_mean", "clock"), id="misspelt"),
        pytest.param("deadlines:\n  D05: {severity: X}\n", "T012", 3, ("option", "severity"), id="unknown word"),
        pytest.param("deadlines: {D05: {due: {unit: hour}}}\n", "T017", 2, ("option", "due"), id="contradiction"),
        pytest.param('calendar:\n  segments: [["13:00", "12:00"]]\n', "T017", 2, ("option", "calendar"), id="hours"),
        pytest.param(
            "deadlines: {D05: {due: {amount: 1}}}\ndeadlines: {}\n", "T003", 3, ("key", "deadlines"), id="twice"
        ),
    ],
)
def test_a_mistake_is_reported_where_it_stands(
    tmp_path: Path, text: str, code: str, line: int, param: tuple[str, str]
) -> None:
    pack, findings = load_pack("acme", (SHIPPED, company(tmp_path, ACME + text)), TODAY)
    assert pack is None
    found = next(finding for finding in findings if finding.code == code)
    assert found.at == FileRef("acme/pack.yaml", line)
    assert found.params[param[0]] == param[1]


@pytest.mark.parametrize(
    ("option", "zh", "en"),
    [
        ('commission_plans: {p: {label: {zh: 表, en: t}, applies: [全职], effective_from: "2026-01-01", '
         'tiers: [{id: "1", from: "0", to: "9", rate: "0.1"}, {id: "2", from: "10", rate: "0.2"}]}}',
         "提成表“p”不成立：9 到 10 之间的金额没有档位，请让“1”到 10 为止。"
         "改好之前，用这张表的提成暂不计算，其余照常计算。",
         "The tier table “p” does not hold together: amounts from 9 to 10 have no tier: let 1 end at 10. "
         "Until it does, commission by this table is withheld and everything else computed."),
        ("deadlines: {D05: {due: {unit: hour}}}",
         "“due”不成立：wday 计时的单位只能是 day，不能是 hour。",
         '"due" does not hold together: the clock wday counts in day, not in hour.'),
    ],
    ids=["a gap in the tiers", "a unit the clock does not have"],
)  # fmt: skip
def test_what_does_not_hold_together_is_said_in_both_languages(tmp_path: Path, option: str, zh: str, en: str) -> None:
    _, (finding,) = load_pack("acme", (SHIPPED, company(tmp_path, f"{ACME}{option}\n")), TODAY)
    assert [LABELS.finding(finding, language) for language in ("zh", "en")] == [zh, en]


def test_every_contradiction_has_its_text_and_every_text_its_contradiction() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "schemas").glob("*.py"))
    raised = set(re.findall(r'Contradiction\(\s*"(\w+)"', sources))
    for language in ("zh", "en"):
        told = {key.removeprefix("problem.") for key in LABELS.texts[language] if key.startswith("problem.")}
        assert told == raised


def test_an_unknown_pack_names_the_known_ones() -> None:
    pack, (finding,) = load_pack("key_account_jewelry", (SHIPPED,), TODAY)
    assert pack is None
    assert (finding.code, finding.params["did_you_mean"]) == ("E101", "key_account_jewellery")
    assert find_packs((SHIPPED,)) == ("base", "dealer_manufacturing", "key_account_jewellery", "visit_only")


@pytest.mark.parametrize(
    "text",
    ["[销售主管, 大客户经理]", '["销售主管", "大客户经理"]'],
    ids=["YAML", "JSON"],
)
def test_a_list_is_given_for_one_run_as_yaml_or_json(text: str) -> None:
    rules = pack_of("base", **{"commission.manager_roles": text}).rules.commission
    assert rules.manager_roles == ("销售主管", "大客户经理")


def test_a_table_is_given_for_one_run_and_its_numbers_need_no_quotes() -> None:
    overrides = {
        "commission.tier_key": "attainment",
        "commission.attainment_tiers": "[{id: 不足, from: 0, rate: 0.03}, {id: 完成, from: 1, rate: 0.05}]",
        "commission.floor": "{method: table, table: [{from: 0, factor: 0.5}]}",
    }
    rules = pack_of("base", **overrides).rules.commission
    assert [str(tier.rate) for tier in rules.attainment_tiers] == ["0.03", "0.05"]
    assert (rules.floor.method, str(rules.floor.base), str(rules.floor.table[0].factor)) == ("table", "0.90", "0.5")


def test_a_currency_gets_its_rate_for_one_run() -> None:
    fx = pack_of("base", **{"commission.fx.JPY": "0.05", "commission.fx": "{SGD: 5.3}"}).rules.commission.fx
    assert {name: str(rate) for name, rate in fx.items() if rate} == {"JPY": "0.05", "SGD": "5.3"}


@pytest.mark.parametrize(
    ("option", "text", "code"),
    [
        ("commission.manager_roles", "大客户经理", "T014"),
        ("commission.manager_roles", "[大客户经理", "T001"),
        ("commission.attainment_tiers", "[{id: 一, from: 0, rat: 0.05}]", "T011"),
        ("commission.floor.table", "[{from: 八折, factor: 0.5}]", "T014"),
        ("commission.basis", "weekly", "T012"),
    ],
)
def test_what_is_wrong_with_an_option_for_one_run_is_said_of_that_option(option: str, text: str, code: str) -> None:
    pack, (finding,) = load_pack("base", (SHIPPED,), TODAY, {option: text})
    assert (pack, finding.code) == (None, code)
    assert str(finding.at).startswith(f"--set {option}:")


def test_an_unknown_override_suggests_the_nearest() -> None:
    pack, (finding,) = load_pack("base", (SHIPPED,), TODAY, {"commission.exact_1000": "lower"})
    assert pack is None
    assert (finding.code, finding.params["did_you_mean"]) == ("E105", "commission.exact_10000")


def test_packs_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    folder = company(tmp_path, "pack: {id: acme, label: {zh: 甲, en: A}, extends: [other]}\n")
    company(tmp_path, "pack: {id: other, label: {zh: 乙, en: B}, extends: [acme]}\n", name="other")
    pack, findings = load_pack("acme", (SHIPPED, folder), TODAY)
    assert pack is None
    assert "E102" in {finding.code for finding in findings}


def test_a_day_before_the_packs_start_is_refused() -> None:
    pack, (finding,) = load_pack("base", (SHIPPED,), date(2003, 12, 31))
    assert pack is None
    assert finding.code == "E106"
