"""Creating records through the repository: rights, checks, numbers, one-time keys."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.finding import FieldRef, Finding, Severity
from schemas.record import Rejected, Saved, Submission
from schemas.template import Template
from schemas.validation import Validated
from sheets_adapter.contract import StoreUnavailable
from sheets_adapter.repository import ListQuery
from tests.sheets_adapter.faults import CountingStore, FlakyStore, ReadOnlyStore
from tests.sheets_adapter.repository_samples import (
    ADMIN,
    COMPLIANCE,
    FINANCE,
    NOBODY,
    WANG,
    ZHANG,
    Bench,
    codes,
    item,
    open_bench,
)


@pytest.fixture(params=["memory", "journal"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = open_bench(request.param, tmp_path)
    yield bench
    bench.store.close()


def customers(bench: Bench) -> list[str]:
    page = bench.repository.page("customers", ADMIN, ListQuery())
    return [record.values["name"] for record in page.records]


def test_a_saved_record_is_read_back_with_number_status_and_creator(bench: Bench) -> None:
    outcome = bench.submit("customers", {"name": "华润置地", "phone": "139 1234 5678", "amount": "1.2万"})
    assert isinstance(outcome, Saved)
    assert (outcome.number, outcome.at, outcome.replayed) == ("C0001", bench.clock.now, False)
    record = bench.read("customers", outcome.record_id)
    assert record.values == {
        "customer_id": "C0001",
        "name": "华润置地",
        "phone": "13912345678",
        "amount": "12000.00",
        "doubled": "24000.00",
    }
    at, by = "2026-11-21 12:00:00", "S001 张三"
    assert record.system == {
        "record_id": outcome.record_id,
        "status": "有效",
        "created_at": at,
        "created_by": by,
        "submitted_at": at,
        "approved_at": at,
        "updated_at": at,
        "updated_by": by,
    }


def test_lines_are_saved_in_their_order_and_empty_rows_are_not(bench: Bench) -> None:
    record = bench.save(
        "customers", {"name": "甲"}, lines={"items": [item("手镯", quantity="2"), item(), item("项链")]}
    )
    assert [(line.line_no, line.values) for line in record.lines["items"]] == [
        (1, {"product": "手镯", "quantity": "2"}),
        (2, {"product": "项链"}),
    ]


def test_what_is_wrong_is_told_and_nothing_is_written(bench: Bench) -> None:
    before = bench.store.revision()
    outcome = bench.submit("customers", {"amount": "abc"}, lines={"items": [item(quantity="2")]})
    assert isinstance(outcome, Rejected)
    places = {str(finding.at) for finding in outcome.findings}
    assert places == {"name", "amount", "items[1].product"}
    assert bench.store.revision() == before


def test_a_template_that_does_not_exist_is_a_key_error(bench: Bench) -> None:
    with pytest.raises(KeyError):
        bench.submit("invoices", {})


# rights


@pytest.mark.parametrize("actor", [NOBODY, COMPLIANCE, FINANCE], ids=["no role", "reads all", "may only edit"])
def test_who_may_not_create_is_refused(bench: Bench, actor: object) -> None:
    outcome = bench.submit("customers", {"name": "甲"}, actor)  # type: ignore[arg-type]
    assert codes(outcome) == ["P001"]
    assert customers(bench) == []


def test_an_answer_to_a_field_he_may_not_read_is_refused_at_the_field(bench: Bench) -> None:
    outcome = bench.submit("customers", {"name": "甲", "cost": "5"})
    assert isinstance(outcome, Rejected)
    assert [(finding.code, finding.at) for finding in outcome.findings] == [("P003", FieldRef("cost"))]


# uniqueness


@pytest.mark.parametrize(
    "name", ["ACME 珠宝", "acme珠宝", "ＡＣＭＥ　珠宝"], ids=["same", "case and space", "full width"]
)
def test_a_unique_answer_used_already_names_the_record_that_has_it(bench: Bench, name: str) -> None:
    bench.customer("ACME 珠宝", owner="S002", actor=ZHANG)
    outcome = bench.submit("customers", {"name": name})
    assert isinstance(outcome, Rejected)
    (finding,) = outcome.findings
    assert (finding.code, finding.at) == ("R001", FieldRef("name"))
    assert finding.params["number"] == "C0001"
    assert finding.params["holder"] == "C0001 ACME 珠宝"
    assert finding.params["owner"] == "李四"


def test_a_record_he_cannot_see_is_not_named(bench: Bench) -> None:
    bench.customer("华润置地", actor=WANG)
    outcome = bench.submit("customers", {"name": "华润置地"}, ZHANG)
    assert isinstance(outcome, Rejected)
    (finding,) = outcome.findings
    assert finding.code == "R002"
    assert "C0001" not in finding.params.values()
    assert not finding.params.keys() & {"number", "display", "owner"}


def test_a_combination_used_already_is_refused(bench: Bench) -> None:
    bench.customer("甲", city="北京", segment="央企")
    bench.customer("乙", city="北京", segment="国企")
    bench.customer("丙", city="北京")
    bench.customer("丁", city="北京")
    outcome = bench.submit("customers", {"name": "戊", "city": "北京", "segment": "央企"})
    assert codes(outcome) == ["R003"]
    assert isinstance(outcome, Rejected)
    assert outcome.findings[0].params["other_field"] == "segment"
    hidden = bench.submit("customers", {"name": "戊", "city": "北京", "segment": "央企"}, WANG)
    assert codes(hidden) == ["R004"]


def test_a_withdrawn_record_frees_what_it_held(bench: Bench) -> None:
    bench.withdraw(bench.customer("华润置地"))
    bench.customer("华润置地")


def test_a_refusal_uses_up_no_number(bench: Bench) -> None:
    bench.customer("甲")
    assert codes(bench.submit("customers", {"name": "甲"})) == ["R001"]
    assert bench.customer("乙").values["customer_id"] == "C0002"


def test_a_number_of_the_company_s_own_is_kept_and_never_given_again(bench: Bench) -> None:
    assert bench.customer("甲", customer_id="C0002").values["customer_id"] == "C0002"
    assert codes(bench.submit("customers", {"name": "乙", "customer_id": "c0002"})) == ["R001"]
    assert bench.customer("乙").values["customer_id"] == "C0003"


def test_a_similar_company_is_a_warning_with_owner_and_day(bench: Bench) -> None:
    bench.customer("北京华润置地有限公司", actor=WANG)
    outcome = bench.submit("customers", {"name": "华润置地股份有限公司"})
    assert isinstance(outcome, Saved)
    (warning,) = outcome.warnings
    assert (warning.code, warning.at, warning.severity) == ("R020", FieldRef("name"), Severity.WARNING)
    assert warning.params["display"] == "北京华润置地有限公司"
    assert (warning.params["owner"], warning.params["on"]) == ("S003 王五", "2026-11-21")


def test_similar_records_are_told_while_typing_but_not_the_record_itself(bench: Bench) -> None:
    known = bench.customer("北京华润置地有限公司", owner="S003")
    found = bench.repository.similar("customers", {"name": "华润置地"}, ZHANG)
    assert [(one.record_id, one.field, one.display, one.owner) for one in found] == [
        (known.record_id, "name", "北京华润置地有限公司", "王五")
    ]
    assert bench.repository.similar("customers", {"name": "华润置地"}, ZHANG, except_id=known.record_id) == ()
    assert bench.repository.similar("customers", {"name": "", "amount": "5"}, ZHANG) == ()


# one-time keys


def test_the_same_key_again_answers_the_first_record_whatever_is_typed(bench: Bench) -> None:
    first = bench.submit("customers", {"name": "甲"}, key="once")
    assert isinstance(first, Saved)
    bench.clock.pass_days(1)
    again = bench.submit("customers", {"name": ""}, key="once")
    assert again == replace(first, replayed=True)
    assert customers(bench) == ["甲"]


def test_eight_clicks_at_once_are_one_record(bench: Bench) -> None:
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: bench.submit("customers", {"name": "甲"}, key="once"), range(8)))
    assert len({outcome.record_id for outcome in outcomes if isinstance(outcome, Saved)}) == 1
    assert sorted(outcome.replayed for outcome in outcomes if isinstance(outcome, Saved)) == [False] + [True] * 7
    assert customers(bench) == ["甲"]


def test_an_answer_lost_after_the_write_is_found_again_under_its_key(bench: Bench) -> None:
    flaky = FlakyStore(bench.store)
    repository = bench.another(flaky)  # type: ignore[arg-type]
    flaky.fail_next("write", "after")
    with pytest.raises(StoreUnavailable):
        bench.submit("customers", {"name": "甲"}, key="once", repository=repository)
    again = bench.submit("customers", {"name": "甲"}, key="once", repository=repository)
    assert isinstance(again, Saved)
    assert again.replayed
    assert customers(bench) == ["甲"]


def test_a_write_that_failed_can_be_tried_again(bench: Bench) -> None:
    flaky = FlakyStore(bench.store)
    repository = bench.another(flaky)  # type: ignore[arg-type]
    flaky.fail_next("write", "before", code="S001")
    with pytest.raises(StoreUnavailable, match="S001"):
        bench.submit("customers", {"name": "甲"}, key="once", repository=repository)
    again = bench.submit("customers", {"name": "甲"}, key="once", repository=repository)
    assert isinstance(again, Saved)
    assert not again.replayed


def test_a_store_that_may_only_be_read_answers_reads_and_says_why_it_saves_nothing(bench: Bench) -> None:
    record = bench.customer("甲")
    reading = ReadOnlyStore(bench.store)
    reading.ensure_table = lambda spec: None  # type: ignore[method-assign]
    repository = bench.another(reading)  # type: ignore[arg-type]
    assert repository.get("customers", record.record_id, ADMIN) == record
    with pytest.raises(StoreUnavailable, match="S004"):
        bench.submit("customers", {"name": "乙"}, repository=repository)


def test_a_submit_is_one_write_and_a_few_reads(bench: Bench) -> None:
    bench.customer("甲")
    counting = CountingStore(bench.store)
    repository = bench.another(counting)  # type: ignore[arg-type]
    repository.option_count("staff")
    counting.calls.clear()
    bench.submit("customers", {"name": "乙", "owner": "S001"}, repository=repository)
    assert counting.calls["write"] == 1
    assert counting.calls["written_under"] == 1
    assert counting.calls["query"] == 0
    assert counting.calls["changed_rows"] == 0


# gates


def _refuse_large(template: Template, validated: Validated, actor: object) -> list[Finding]:
    amount = validated.values.get("amount", "0")
    return [Finding("D001", FieldRef("amount"))] if len(amount) > 9 else []


def _doubt_beijing(template: Template, validated: Validated, actor: object) -> list[Finding]:
    if validated.values.get("city") != "北京":
        return []
    return [Finding("D002", FieldRef("city"), severity=Severity.WARNING)]


def test_a_gate_s_error_stops_and_its_warning_asks(tmp_path: Path) -> None:
    bench = open_bench("memory", tmp_path, (_refuse_large, _doubt_beijing))
    assert codes(bench.submit("customers", {"name": "甲", "amount": "1000000"})) == ["D001"]
    assert codes(bench.submit("customers", {"name": "甲", "city": "北京"})) == ["D002"]
    assert customers(bench) == []
    confirmed = bench.submit("customers", {"name": "甲", "city": "北京"}, confirmed=frozenset({"D002"}))
    assert isinstance(confirmed, Saved)


def test_a_preview_writes_nothing(bench: Bench) -> None:
    before = bench.store.revision()
    seen = bench.repository.preview("customers", {"name": "甲", "amount": "3"}, {}, ZHANG)
    assert (seen.values["doubled"], bench.store.revision()) == ("6.00", before)


def test_the_last_values_are_those_of_his_own_newest_record(bench: Bench) -> None:
    bench.customer("甲", city="北京")
    bench.clock.pass_days(1)
    bench.customer("乙", city="上海")
    bench.customer("丙", WANG, city="广州")
    assert bench.repository.last_values("customers", ZHANG)["city"] == "上海"
    assert bench.repository.last_values("customers", ADMIN) == {}


def test_two_repositories_over_one_store_see_each_other_s_records(bench: Bench) -> None:
    other = bench.another(bench.store)
    assert other.option_count("customers") == 0
    record = bench.customer("甲")
    assert [option.key for option in other.options("customers", actor=ZHANG)] == ["C0001"]
    saved = other.submit(Submission("visits", "v1", {"customer": "甲"}), ZHANG)
    assert isinstance(saved, Saved)
    assert other.get("customers", record.record_id, ZHANG) is not None
