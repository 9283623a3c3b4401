"""Template files: everything wrong with them is found in one run, with file, line and code."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.codes import CODES
from schemas.finding import FileRef, Finding, Severity
from schemas.labels import Labels
from schemas.loader import find_template_problems, load_catalogue

ROOT = Path(__file__).parents[2]
LABELS = Labels.load(ROOT / "forms" / "locales")

GOOD = """\
key: order
version: 1
label: {zh: 订单, en: Orders}
fields:
  - {key: order_no, type: serial, label: {zh: 订单号, en: Order no.}, serial: "PO{yyyymmdd}{seq:3}"}
  - key: state
    type: choice
    label: {zh: 进度, en: Progress}
    choices:
      - {value: 待生产, en: To make}
      - {value: 已发货, en: Shipped}
  - {key: ordered_on, type: date, label: {zh: 下单日期, en: Ordered}, max: today}
  - {key: qty, type: integer, label: {zh: 数量, en: Quantity}, min: 1}
  - {key: price, type: money, label: {zh: 单价, en: Price}}
  - {key: amount, type: computed, label: {zh: 金额, en: Amount}, compute: qty * price, result: money}
  - {key: item, type: reference, label: {zh: 商品, en: Item}, to: product, fill: {price: price}}
lines:
  - key: parts
    label: {zh: 配件, en: Parts}
    fields:
      - {key: part, type: text, label: {zh: 名称, en: Part}}
list_view: {columns: [order_no, state]}
"""
PRODUCT = """\
key: product
version: 1
label: {zh: 商品, en: Products}
record_key: sku
fields:
  - {key: sku, type: text, label: {zh: 编号, en: SKU}, required: true, unique: true}
  - {key: price, type: money, label: {zh: 标价, en: Price}}
  - {key: note, type: text, label: {zh: 说明, en: Note}}
list_view: {columns: [sku]}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., tuple[Finding, ...]]:
    """Writes order.yaml beside product.yaml and loads both."""

    def load_text(order: str | bytes, product: str = PRODUCT) -> tuple[Finding, ...]:
        (tmp_path / "a_product.yaml").write_text(product, encoding="utf-8")
        raw = order.encode() if isinstance(order, str) else order
        (tmp_path / "order.yaml").write_bytes(raw)
        return find_template_problems([tmp_path])

    return load_text


def found(findings: tuple[Finding, ...]) -> list[tuple[str, int]]:
    """Findings as (code, line of order.yaml)."""
    return [(f.code, f.at.line) for f in findings if isinstance(f.at, FileRef) and f.at.file.endswith("order.yaml")]


def edited(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def with_field(text: str) -> str:
    """GOOD with one more field, on line 17."""
    return edited("lines:\n", f"  - {text}\nlines:\n")


LABEL = "label: {zh: 新, en: New}"


def a_field(text: str) -> str:
    return with_field(f"{{key: extra, {LABEL}, {text}}}")


def test_sound_templates_have_no_findings(load: Callable[..., tuple[Finding, ...]]) -> None:
    assert load(GOOD) == ()


FLAWED: dict[str, tuple[str, str | bytes, int]] = {
    "unclosed bracket": ("T001", edited("[order_no, state]}", "[order_no"), 23),
    "tab as indentation": ("T001", edited("    type: choice", "\ttype: choice"), 7),
    "GBK file": ("T002", edited("en: Orders", "en: Orders").encode("gbk"), 3),
    "duplicate key": ("T003", edited("version: 1", "version: 1\nversion: 2"), 3),
    "duplicate key in a field": ("T003", edited("max: today", "max: today, max: 2026-01-01x"), 12),
    "no is not text": ("T004", a_field("type: text, default: no"), 17),
    "on as a key": ("T004", a_field("type: text, on: x"), 17),
    "octal": ("T005", a_field("type: text, default: 010"), 17),
    "underscore": ("T005", a_field("type: text, default: 1_000"), 17),
    "sexagesimal": ("T005", a_field("type: text, default: 9:30"), 17),
    "unquoted date": ("T005", edited("max: today", "max: 2026-01-01"), 12),
    "hexadecimal": ("T005", a_field("type: text, default: 0x1F"), 17),
    "python object": ("T006", edited("version: 1", "version: !!python/object/apply:os.system [ls]"), 2),
    "merge key": ("T006", a_field("type: text, <<: {a: b}"), 17),
    "a list": ("T007", "- a\n- b\n", 1),
    "empty file": ("T007", "", 1),
    "alias bomb": ("T008", "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)), 1),
    "alias of itself": ("T008", "a: &a [*a]\n", 1),
    "missing label": ("T010", edited("label: {zh: 订单, en: Orders}\n", ""), 1),
    "missing en": ("T010", edited("{zh: 订单, en: Orders}", "{zh: 订单}"), 3),
    "unknown option": ("T011", edited("max: today", "maxx: today"), 12),
    "unknown top option": ("T011", edited("list_view:", "listview: {}\nlist_view:"), 22),
    "text cut off at its comma": ("T018", edited("en: Orders}", "en: Orders, big ones}"), 3),
    "unknown type": ("T012", a_field("type: txt"), 17),
    "key with capitals": ("T013", edited("key: qty", "key: Qty"), 13),
    "text where a list is asked": ("T014", edited("columns: [order_no, state]", "columns: order_no"), 22),
    "word where a number is asked": ("T014", edited("version: 1", "version: one"), 2),
    "no columns": ("T015", edited("columns: [order_no, state]", "columns: []"), 22),
    "version 0": ("T016", edited("version: 1", "version: 0"), 2),
    "field key twice": ("T020", with_field(f"{{key: price, {LABEL}, type: text}}"), 17),
    "list names an unknown field": ("T021", edited("[order_no, state]", "[order_no, stat]"), 22),
    "sort names an unknown field": ("T021", edited("[order_no, state]", "[order_no], sort: [-ordered]"), 22),
    "section names an unknown field": (
        "T021", edited("list_view:", "sections: [{label: {zh: 一, en: One}, fields: [orders]}]\nlist_view:"), 22),
    "unique names an unknown field": ("T021", edited("list_view:", "unique: [[order_no, day]]\nlist_view:"), 22),
    "display names an unknown field": ("T021", edited("list_view:", "display: name\nlist_view:"), 22),
    "expression names an unknown field": ("T021", edited("qty * price", "qty * prise"), 15),
    "expression names an unknown line field": ("T021", edited("qty * price", "sum(parts.qty)"), 15),
    "condition names an unknown field": ("T021", a_field("type: text, visible_if: {field: stat, equals: x}"), 17),
    "bound names an unknown field": ("T021", a_field("type: date, min: ordered_at"), 17),
    "fill names an unknown target field": ("T021", edited("{price: price}", "{price: list_price}"), 16),
    "fill names an unknown own field": ("T021", edited("{price: price}", "{cost: price}"), 16),
    "same label twice": ("T022", edited("zh: 数量", "zh: 下单日期"), 13),
    "label folded alike": ("T022", edited("zh: 数量", "zh: 下单 日期"), 13),
    "alias is another label": ("T022", a_field("type: text, aliases: [数量]"), 17),
    "system column": ("T023", edited("zh: 数量", "zh: 创建时间"), 13),
    "key column": ("T023", edited("zh: 数量", "zh: 商品·编号"), 13),
    "reserved key": ("T024", with_field(f"{{key: status, {LABEL}, type: text}}"), 17),
    "default word as key": ("T024", with_field(f"{{key: today, {LABEL}, type: text}}"), 17),
    "option of another type": ("T025", a_field("type: text, places: 2"), 17),
    "default that does not parse": ("T026", edited("min: 1}", "default: many}"), 13),
    "bound that does not parse": ("T026", edited("min: 1}", "min: '1.5'}"), 13),
    "default that is no choice": ("T026", a_field("type: choice, choices: [{value: 甲, en: A}], default: 乙"), 17),
    "example that does not parse": ("T026", a_field("type: phone, example: '123'"), 17),
    "condition on no choice": ("T026", a_field("type: text, visible_if: {field: state, equals: 在途}"), 17),
    "same choice twice": ("T027", edited("en: Shipped", "en: To make"), 11),
    "choice without choices": ("T028", a_field("type: choice"), 17),
    "serial without pattern": ("T028", a_field("type: serial"), 17),
    "computed without expression": ("T028", a_field("type: computed"), 17),
    "reference without target": ("T028", a_field("type: reference"), 17),
    "separator in one of several": ("T029", a_field("type: multi_choice, choices: [{value: 甲、乙, en: A}]"), 17),
    "fill between kinds": ("T030", edited("{price: price}", "{qty: note}"), 16),
    "unknown template": ("T031", edited("to: product", "to: products"), 16),
    "staff missing": ("T031", a_field("type: user"), 17),
    "record key that may be empty": ("T033", edited("list_view:", "record_key: price\nlist_view:"), 22),
    "serial without counter": ("T034", edited("PO{yyyymmdd}{seq:3}", "PO{yyyymmdd}"), 5),
    "serial with an unknown token": ("T034", edited("PO{yyyymmdd}{seq:3}", "PO{year}{seq:3}"), 5),
    "display of several answers": (
        "T035", a_field("type: long_text") + "display: extra\n", 24),
    "ownership through text": ("T036", edited("list_view:", "owner_via: qty\nlist_view:"), 22),
    "computed and required": ("T037", edited("result: money}", "result: money, required: true}"), 15),
    "computed from itself": ("T038", edited("qty * price", "amount + 1"), 15),
    "computed in a circle": (
        "T038", a_field("type: computed, compute: amount * 2").replace("qty * price", "extra + 1"), 15),
    "date times number": ("T039", edited("qty * price", "ordered_on * qty"), 15),
    "line field outside sum": ("T039", edited("qty * price", "parts.part"), 15),
    "visible if itself": ("T040", a_field("type: text, visible_if: {field: extra, empty: false}"), 17),
    "bound is itself": ("T040", a_field("type: date, min: extra"), 17),
    "visible in a circle": (
        "T041", with_field(
            f"{{key: one, {LABEL}, type: text, visible_if: {{field: two, empty: true}}}}\n"
            "  - {key: two, label: {zh: 二, en: Two}, type: text, visible_if: {field: one, empty: true}}"), 17),
    "condition without test": ("T042", a_field("type: text, visible_if: {field: state}"), 17),
    "condition without field": ("T042", a_field("type: text, visible_if: {equals: x}"), 17),
    "before on text": ("T043", a_field("type: text, required_if: {field: state, before: today}"), 17),
    "date bound by a number": ("T043", a_field("type: date, min: qty"), 17),
    "min above max": ("T044", edited("min: 1}", "min: 10, max: 9}"), 13),
    "min above max of dates": ("T044", a_field("type: date, min: '2026-02-01', max: '2026-01-01'"), 17),
    "min rows above max rows": ("T044", edited("- key: parts", "- key: parts\n    min_rows: 3\n    max_rows: 2"), 19),
    "regex": ("T045", a_field("type: text, example: a, pattern: {regex: '(', hint: {zh: 一, en: One}}"), 17),
    "sheet title too long": ("T046", edited("version: 1", f"version: 1\nsheet: {'表' * 32}"), 3),
    "sheet title with a slash": ("T046", edited("zh: 订单, en: Orders", "zh: 订单/合同, en: Orders"), 3),
    "sheet title in apostrophes": ("T046", edited("version: 1", "version: 1\nsheet: \"'订单'\""), 3),
    "sheet of another template": ("T047", edited("version: 1", "version: 1\nsheet: 商品"), 3),
    "line sheet of the template's own": ("T047", edited("  - key: parts", "  - key: parts\n    sheet: 订单"), 19),
    "label with space": ("T048", edited("zh: 数量", "zh: '数量 '"), 13),
    "field in two sections": (
        "T050", edited("list_view:", "sections:\n  - {label: {zh: 一, en: One}, fields: [qty]}\n"
                       "  - {label: {zh: 二, en: Two}, fields: [qty]}\nlist_view:"), 24),
    "unique in a line": ("T051", edited("en: Part}}", "en: Part}, unique: true}"), 21),
    "owner that is no person": ("T052", edited("to: product,", "to: product, owner: true,"), 16),
    "today in a number": ("T053", edited("min: 1}", "default: today}"), 13),
    "current user in a date": ("T053", a_field("type: date, default: current_user"), 17),
    "later and yet at once": (
        "T055", edited("price, type: money, label: {zh: 单价, en: Price}}\n", "price, type: money, required: true, "
                       "label: {zh: 单价, en: Price}}\n").replace("version: 1", "version: 1\npending: [price]"), 3),
    "later without a field": ("T021", edited("version: 1", "version: 1\npending: [prise]"), 3),
    "filled from a line that is not there": ("T021", edited("fill: {price: price}", "fill: {price: parts.note}"), 16),
    "filled from further away than the kind allows": (
        "T030", edited("to: product, fill: {price: price}", "to: order, fill: {price: item.price}"), 16),
    "line in force from no date": ("T057", a_field("type: text, in_force: {line: parts, from: part, field: part}"), 17),
    "expression that breaks off": ("T060", edited("qty * price", "qty *"), 15),
    "unknown function": ("T060", edited("qty * price", "'round_up(qty)'"), 15),
    "result of another kind": ("T061", edited("result: money", "result: date"), 15),
}  # fmt: skip
ELSEWHERE = {"T009", "T032", "T054", "T017", "T019"}
"""Codes whose cases need more than one file or are warnings, tested below; T017 is for rule packs alone,
T019 needs a file that cannot be opened (test_rule_pack_mistakes)."""


@pytest.mark.parametrize("name", FLAWED)
def test_flaw_is_found_at_its_line(name: str, load: Callable[..., tuple[Finding, ...]]) -> None:
    code, text, line = FLAWED[name]
    assert (code, line) in found(load(text))


def test_flaws_do_not_drag_others_along(load: Callable[..., tuple[Finding, ...]]) -> None:
    alone = {"T001", "T002", "T007", "T021", "T022", "T026", "T030", "T038", "T041", "T044", "T047"}
    for name, (code, text, _) in FLAWED.items():
        if code in alone:
            assert {found_code for found_code, _ in found(load(text))} == {code}, name


def test_every_template_code_has_a_case() -> None:
    assert {code for code in CODES if code.startswith("T")} == {code for code, _, _ in FLAWED.values()} | ELSEWHERE


@pytest.mark.parametrize("name", FLAWED)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_flaw_is_told_in_a_whole_sentence(name: str, language: str, load: Callable[..., tuple[Finding, ...]]) -> None:
    for finding in load(FLAWED[name][1]):
        text = LABELS.finding(finding, language)
        assert not text.startswith("finding.")
        assert "{line" not in text.replace("{seq", "")
        assert all(f"{{{param}}}" not in text for param in ("option", "value", "did_you_mean", "expected_word", "name"))


def test_misspelt_names_are_answered_with_the_right_one(load: Callable[..., tuple[Finding, ...]]) -> None:
    (finding,) = load(FLAWED["list names an unknown field"][1])
    assert LABELS.finding(finding, "en") == '"columns" names "stat", which is not a field here. Did you mean "state"?'
    (finding,) = load(FLAWED["unknown type"][1])
    assert finding.params["did_you_mean"] == "text"
    (finding,) = load(FLAWED["unknown option"][1])
    assert LABELS.finding(finding, "zh") == "没有“maxx”这个选项。是不是“max”？"


def test_name_like_no_other_gets_no_suggestion(load: Callable[..., tuple[Finding, ...]]) -> None:
    (finding,) = load(edited("[order_no, state]", "[order_no, zzz]"))
    assert LABELS.finding(finding, "en") == '"columns" names "zzz", which is not a field here.'


def test_all_problems_of_all_templates_are_found_in_one_run(load: Callable[..., tuple[Finding, ...]]) -> None:
    order = (
        edited("zh: 数量", "zh: 创建时间").replace("[order_no, state]", "[order_no, stat]").replace("min: 1", "mini: 1")
    )
    product = PRODUCT.replace("type: money", "type: mony").replace("version: 1", "version: x")
    findings = load(order, product)
    assert [(f.code, str(f.at).rsplit("/", 1)[-1]) for f in findings] == [
        ("T014", "a_product.yaml:2"),
        ("T012", "a_product.yaml:7"),
        ("T011", "order.yaml:13"),
    ]
    order = edited("zh: 数量", "zh: 创建时间").replace("[order_no, state]", "[order_no, stat]")
    assert found(load(order)) == [("T023", 13), ("T021", 22)]


def test_broken_template_is_left_out_and_the_rest_works(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text(edited("version: 1", "version: x"), encoding="utf-8")
    (tmp_path / "product.yaml").write_text(PRODUCT, encoding="utf-8")
    catalogue, findings = load_catalogue([tmp_path])
    assert [template.key for template in catalogue] == ["product"]
    assert [f.code for f in findings] == ["T014"]


def test_template_that_refers_to_a_broken_one_is_left_out_too(load: Callable[..., tuple[Finding, ...]]) -> None:
    findings = load(GOOD, PRODUCT.replace("version: 1", "version: x"))
    assert found(findings) == [("T032", 16)]


def test_company_template_replaces_the_shipped_one_and_keeps_its_place(tmp_path: Path) -> None:
    shipped, company = tmp_path / "shipped" / "sales", tmp_path / "company" / "sales"
    shipped.mkdir(parents=True)
    company.mkdir(parents=True)
    (shipped / "a_order.yaml").write_text(GOOD, encoding="utf-8")
    (shipped / "product.yaml").write_text(PRODUCT, encoding="utf-8")
    (company / "zz.yaml").write_text(edited("version: 1", "version: 2"), encoding="utf-8")
    catalogue, findings = load_catalogue([tmp_path / "shipped", tmp_path / "company"])
    assert findings == ()
    assert [(t.key, t.version, t.group) for t in catalogue] == [("order", 2, "sales"), ("product", 1, "sales")]
    assert catalogue.locations["order"].file.endswith("zz.yaml")


def test_ranks_order_forms_and_their_groups_and_a_companys_version_keeps_its_place(tmp_path: Path) -> None:
    shipped, company = tmp_path / "shipped", tmp_path / "company"
    ranks = {"a/one": "rank: 9", "a/two": "rank: 3", "b/three": "rank: 5", "b/four": "", "c/five": "rank: 1"}
    for place, rank in ranks.items():
        path = shipped / f"{place}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = PRODUCT.replace("key: product", f"key: {path.stem}", 1).replace("zh: 商品", f"zh: {path.stem}")
        path.write_text(f"{text}{rank}\n", encoding="utf-8")
    (company / "a").mkdir(parents=True)
    own = PRODUCT.replace("key: product", "key: two", 1).replace("version: 1", "version: 2")
    (company / "a" / "two.yaml").write_text(own, encoding="utf-8")
    catalogue, findings = load_catalogue([shipped, company])
    assert findings == ()
    assert [one.key for one in catalogue] == ["five", "two", "one", "three", "four"]
    assert catalogue["two"].version == 2


def test_template_defined_twice_in_one_directory_names_both_files(tmp_path: Path) -> None:
    (tmp_path / "product.yaml").write_text(PRODUCT, encoding="utf-8")
    (tmp_path / "product2.yaml").write_text(PRODUCT, encoding="utf-8")
    catalogue, (finding,) = load_catalogue([tmp_path])
    assert finding.code == "T009"
    assert str(finding.params["first"]).endswith("product.yaml:1")
    assert len(catalogue) == 1


def test_unknown_role_is_a_warning_and_leaves_the_template_in(tmp_path: Path) -> None:
    (tmp_path / "product.yaml").write_text(PRODUCT + "permissions: {create: [sales_rap]}\n", encoding="utf-8")
    catalogue, (finding,) = load_catalogue([tmp_path])
    assert (finding.code, finding.severity, len(catalogue)) == ("T054", Severity.WARNING, 1)
    assert "sales_rep" in LABELS.finding(finding, "en")


def test_missing_directories_hold_no_templates(tmp_path: Path) -> None:
    catalogue, findings = load_catalogue([tmp_path / "none"])
    assert (len(catalogue), findings) == (0, ())


def test_catalogue_answers_who_refers_to_a_template(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "product.yaml").write_text(PRODUCT, encoding="utf-8")
    catalogue, _ = load_catalogue([tmp_path])
    assert [(r.template.key, r.line, r.field.key) for r in catalogue.referring_to("product")] == [("order", "", "item")]
    assert catalogue.referring_to("order") == ()
    assert catalogue.get("none") is None
    assert "order" in catalogue


def test_numbers_may_stand_without_quotes_and_keep_their_digits(tmp_path: Path) -> None:
    text = GOOD.replace("min: 1}", "min: 1, example: 12, default: 3}")
    (tmp_path / "order.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "product.yaml").write_text(PRODUCT, encoding="utf-8")
    catalogue, findings = load_catalogue([tmp_path])
    qty = catalogue["order"].by_key["qty"]
    assert (findings, qty.min, qty.example, qty.default) == ((), "1", "12", "3")


def test_shipped_templates_have_no_errors() -> None:
    assert [(f.code, str(f.at)) for f in find_template_problems([ROOT / "forms" / "templates"])] == []


def test_sixty_templates_load_in_half_a_second(tmp_path: Path) -> None:
    shipped = (ROOT / "forms" / "templates" / "customers" / "customer_info.yaml").read_text(encoding="utf-8")
    staff = ROOT / "forms" / "templates" / "people" / "staff.yaml"
    (tmp_path / "staff.yaml").write_text(staff.read_text(encoding="utf-8"), encoding="utf-8")
    for number in range(59):
        text = shipped.replace("key: customer_info", f"key: form_{number}").replace("客户信息管理表", f"表{number}")
        (tmp_path / f"form_{number}.yaml").write_text(text, encoding="utf-8")
    times = []
    for _ in range(3):
        started = time.process_time()
        catalogue, findings = load_catalogue([tmp_path])
        times.append(time.process_time() - started)
    assert (len(catalogue), findings) == (60, ())
    assert min(times) < 0.5
