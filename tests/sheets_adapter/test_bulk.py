"""Many records in one go: each by its own rules, one bad one stops nobody, and all of it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from schemas.finding import Finding, Severity
from schemas.record import VOID, Actor, Record
from sheets_adapter import bulk
from sheets_adapter.bulk import BulkResult, Target
from sheets_adapter.contract import Put, Query, WriteBatch
from sheets_adapter.listing import ListQuery
from tests.sheets_adapter.faults import CountingStore, StoreAround
from tests.sheets_adapter.repository_samples import (
    ADMIN,
    CLERK,
    COMPLIANCE,
    LI,
    SUPERVISOR,
    ZHANG,
    Bench,
    item,
    open_bench,
)


@pytest.fixture(params=["memory", "journal"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = open_bench(request.param, tmp_path)
    yield bench
    bench.store.close()


def targets(*records: Record) -> list[Target]:
    return [Target(record.record_id, record.etag) for record in records]


def edit(bench: Bench, records: Sequence[Record], actor: Actor = ZHANG, *, key: str = "k", **values: str) -> BulkResult:
    return bench.repository.edit_many("customers", targets(*records), values, key=key, actor=actor)


def withdraw(bench: Bench, records: Sequence[Record], actor: Actor = ZHANG, reason: str = "重复") -> BulkResult:
    return bench.repository.withdraw_many("customers", targets(*records), reason=reason, key="w", actor=actor)


def undo(bench: Bench, result: BulkResult, actor: Actor = ZHANG) -> BulkResult:
    return bench.repository.undo_many("customers", result.keys, actor=actor)


def why(result: BulkResult) -> list[tuple[str, list[str]]]:
    return [(one.name, [finding.code for finding in one.findings]) for one in result.refused]


def values(bench: Bench, record: Record) -> dict[str, str]:
    return dict(bench.read("customers", record.record_id).values)


def everything(bench: Bench, record: Record) -> tuple[object, ...]:
    """A record without who touched it last."""
    now = bench.read("customers", record.record_id)
    system = {key: text for key, text in now.system.items() if not key.startswith("updated")}
    return now.values, now.raw, now.extra, system, now.lines


# --- editing -------------------------------------------------------------------------------------------------------


def test_the_values_go_into_every_record_and_nothing_else_changes(bench: Bench) -> None:
    one = bench.customer("华润置地", city="上海", amount="10")
    two = bench.customer("万科", city="深圳")
    result = edit(bench, [one, two], segment="重点", amount="1.5万")
    assert (result.done, result.unchanged, result.refused) == (2, 0, ())
    assert values(bench, one) == {**one.values, "segment": "重点", "amount": "15000.00", "doubled": "30000.00"}
    assert values(bench, two) == {**two.values, "segment": "重点", "amount": "15000.00", "doubled": "30000.00"}


def test_each_change_stands_in_the_records_history_with_who_and_when(bench: Bench) -> None:
    records = [bench.customer("华润置地"), bench.customer("万科")]
    bench.clock.pass_days(1)
    edit(bench, records, city="上海")
    for record in records:
        change = bench.repository.history("customers", record.record_id, ADMIN)[-1]
        assert (change.verb, change.actor, change.at) == ("edit", "S001 张三", bench.clock.now)
        assert change.after["city"] == "上海"


def test_an_empty_value_clears_the_field(bench: Bench) -> None:
    one = bench.customer("华润置地", city="上海")
    assert edit(bench, [one], city="").done == 1
    assert "city" not in values(bench, one)


def test_a_record_that_has_the_value_already_is_not_written(bench: Bench) -> None:
    one, two = bench.customer("华润置地", city="上海"), bench.customer("万科")
    result = edit(bench, [one, two], city="上海")
    assert (result.done, result.unchanged) == (1, 1)
    assert len(bench.repository.history("customers", one.record_id, ADMIN)) == 1


def test_one_bad_record_does_not_stop_the_others_and_says_why(bench: Bench) -> None:
    mine, his = bench.customer("华润置地"), bench.customer("万科", LI)
    gone = bench.customer("已撤")
    bench.withdraw(gone)
    result = bench.repository.edit_many(
        "customers", [*targets(mine, his, gone), Target("unknown")], {"city": "上海"}, key="k", actor=ZHANG
    )
    assert result.done == 1
    assert why(result) == [(his.record_id, ["P002"]), ("已撤 · C0003", ["R011"]), ("unknown", ["R012"])]
    assert "city" not in values(bench, his)


def test_who_may_not_edit_is_refused_for_every_record(bench: Bench) -> None:
    record = bench.customer("华润置地")
    result = edit(bench, [record], COMPLIANCE, city="上海")
    assert (result.done, why(result)) == (0, [("华润置地 · C0001", ["P001"])])


def test_a_value_no_record_may_have_is_refused_with_the_finding_of_a_single_edit(bench: Bench) -> None:
    result = edit(bench, [bench.customer("华润置地")], amount="很多")
    assert (result.done, len(result.refused)) == (0, 1)
    assert result.refused[0].findings[0].code.startswith("V")


def test_of_records_that_would_hold_the_same_alone_the_first_gets_it(bench: Bench) -> None:
    records = [bench.customer(name) for name in ("甲公司", "乙公司", "丙公司")]
    result = edit(bench, records, name="丁公司")
    assert (result.done, why(result)) == (1, [("乙公司 · C0002", ["R001"]), ("丙公司 · C0003", ["R001"])])
    assert [values(bench, record)["name"] for record in records] == ["丁公司", "乙公司", "丙公司"]


def test_a_field_somebody_else_changed_since_is_not_overwritten_other_fields_are_merged(bench: Bench) -> None:
    one, two = bench.customer("华润置地", city="上海"), bench.customer("万科", city="上海")
    bench.save("customers", {"city": "苏州"}, ADMIN, record=one)
    bench.save("customers", {"note": "来访"}, ADMIN, record=two)
    result = edit(bench, [one, two], city="杭州")
    assert (result.done, why(result)) == (1, [("华润置地 · C0001", ["R010"])])
    assert (values(bench, one)["city"], values(bench, two)["city"]) == ("苏州", "杭州")
    assert values(bench, two)["note"] == "来访"


def test_a_record_changed_between_reading_and_writing_is_read_again(tmp_path: Path) -> None:
    bench = open_bench("journal", tmp_path)
    one, two = bench.customer("华润置地"), bench.customer("万科")
    repository = bench.another(_Quicker(bench, one))
    result = repository.edit_many("customers", targets(one, two), {"city": "上海"}, key="k", actor=ZHANG)
    assert (result.done, result.refused) == (2, ())
    assert values(bench, one) == {**one.values, "city": "上海", "note": "更快"}


class _Quicker(StoreAround):
    """Another person saves the record just before the first batch is written."""

    def __init__(self, bench: Bench, record: Record) -> None:
        super().__init__(bench.store)
        self._bench = bench
        self._record: Record | None = record

    def call(self, name, work):  # type: ignore[no-untyped-def]
        if name == "write" and self._record:
            record, self._record = self._record, None
            self._bench.save("customers", {"note": "更快"}, ADMIN, record=record)
        return work()


def test_the_same_key_again_writes_nothing(bench: Bench) -> None:
    records = [bench.customer("华润置地"), bench.customer("万科")]
    first = edit(bench, records, city="上海")
    revision = bench.store.revision()
    again = edit(bench, records, city="上海")
    assert (again.done, again.keys) == (first.done, first.keys)
    assert bench.store.revision() == revision


def test_a_record_named_twice_is_written_once(bench: Bench) -> None:
    one = bench.customer("华润置地")
    assert edit(bench, [one, one], city="上海").done == 1


def test_many_records_cost_a_commit_a_batch_and_a_few_reads(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 4)
    records = [bench.customer(f"客户{number}") for number in range(10)]
    counting = CountingStore(bench.store)
    repository = bench.another(counting)
    counting.calls.clear()
    result = repository.edit_many("customers", targets(*records), {"note": "年会"}, key="k", actor=ZHANG)
    assert (result.done, len(result.keys), counting.calls["write"]) == (10, 3, 3)
    assert counting.calls["get"] == 0


def test_a_gates_question_is_a_reason_to_leave_the_record(tmp_path: Path) -> None:
    def ask(*_: object) -> list[Finding]:
        return [Finding("G001", severity=Severity.WARNING)]

    bench = open_bench("memory", tmp_path)
    record = bench.customer("华润置地")
    repository = bench.another(bench.store, [ask])
    result = repository.edit_many("customers", targets(record), {"city": "上海"}, key="k", actor=ZHANG)
    assert (result.done, why(result)) == (0, [("华润置地 · C0001", ["G001"])])


# --- looking first -------------------------------------------------------------------------------------------------


def test_a_plan_tells_what_an_edit_would_do_and_writes_nothing(bench: Bench) -> None:
    changed, same, his = bench.customer("甲公司"), bench.customer("乙公司", city="上海"), bench.customer("丙公司", LI)
    revision = bench.store.revision()
    plan = bench.repository.plan_many("customers", targets(changed, same, his), {"city": "上海"}, ZHANG)
    assert [target.record_id for target in plan.ready] == [changed.record_id]
    assert plan.unchanged == 1
    assert [(one.name, one.findings[0].code) for one in plan.refused] == [(his.record_id, "P002")]
    [sample] = plan.samples
    assert (sample.name, sample.before, sample.after) == ("甲公司 · C0001", {"city": ""}, {"city": "上海"})
    assert bench.store.revision() == revision


def test_a_plan_knows_what_would_be_taken(bench: Bench) -> None:
    holder = bench.customer("万科")
    records = [bench.customer("甲公司"), bench.customer("乙公司")]
    outside = bench.repository.plan_many("customers", targets(*records), {"name": "万科"}, ZHANG)
    assert [one.findings[0].params["number"] for one in outside.refused] == ["C0001", "C0001"]
    inside = bench.repository.plan_many("customers", targets(*records), {"name": "新公司"}, ZHANG)
    assert ([one.record_id for one in inside.ready], len(inside.refused)) == ([records[0].record_id], 1)
    assert holder.values["name"] == "万科"


def test_a_plan_shows_personal_data_masked(bench: Bench) -> None:
    record = bench.customer("华润置地", phone="13912345678")
    [sample] = bench.repository.plan_many("customers", targets(record), {"phone": "13912345670"}, CLERK).samples
    assert sample.before == {"phone": "139****5678"}


# --- withdrawing and restoring -------------------------------------------------------------------------------------


def test_records_are_withdrawn_with_their_lines_and_restored_with_them(bench: Bench) -> None:
    one = bench.save("customers", {"name": "华润置地"}, lines={"items": [item("戒指"), item("项链")]})
    two = bench.customer("万科")
    before = everything(bench, one)
    assert withdraw(bench, [one, two]).done == 2
    gone = [bench.read("customers", record.record_id) for record in (one, two)]
    assert [record.system["status"] for record in gone] == [VOID, VOID]
    assert {record.system["void_reason"] for record in gone} == {"重复"}
    restored = bench.repository.restore_many("customers", targets(*gone), key="r", actor=ZHANG)
    assert restored.done == 2
    assert everything(bench, one) == before


def test_withdrawing_without_a_reason_is_refused_for_each(bench: Bench) -> None:
    result = withdraw(bench, [bench.customer("华润置地")], reason=" ")
    assert (result.done, why(result)) == (0, [("华润置地 · C0001", ["R015"])])


def test_a_record_changed_since_it_was_seen_is_not_withdrawn(bench: Bench) -> None:
    one, two = bench.customer("华润置地"), bench.customer("万科")
    bench.save("customers", {"note": "新消息"}, ADMIN, record=one)
    result = withdraw(bench, [one, two])
    assert (result.done, why(result)) == (1, [("华润置地 · C0001", ["R017"])])


def test_what_was_taken_meanwhile_keeps_a_record_in_the_bin(bench: Bench) -> None:
    one, two = bench.customer("华润置地"), bench.customer("万科")
    withdraw(bench, [one, two])
    bench.customer("华润置地")
    gone = [bench.read("customers", record.record_id) for record in (one, two)]
    result = bench.repository.restore_many("customers", targets(*gone), key="r", actor=ZHANG)
    assert (result.done, why(result)) == (1, [("华润置地 · C0001", ["R001"])])


# --- undoing -------------------------------------------------------------------------------------------------------


def test_undoing_an_edit_restores_exactly_what_was_there(bench: Bench) -> None:
    records = [bench.customer("华润置地", city="上海", amount="10", note="a\nb"), bench.customer("万科")]
    before = [everything(bench, record) for record in records]
    result = edit(bench, records, city="杭州", amount="20", note="")
    undone = undo(bench, result)
    assert (undone.done, undone.refused) == (2, ())
    assert [everything(bench, record) for record in records] == before


def test_undoing_leaves_a_record_somebody_wrote_since_and_names_it(bench: Bench) -> None:
    one, two = bench.customer("华润置地", city="上海"), bench.customer("万科", city="上海")
    result = edit(bench, [one, two], city="杭州")
    bench.save("customers", {"note": "来访"}, ADMIN, record=bench.read("customers", two.record_id))
    undone = undo(bench, result)
    assert (undone.done, why(undone)) == (1, [("万科 · C0002", ["R017"])])
    assert undone.refused[0].findings[0].params["who"] == "S000 管理员"
    assert (values(bench, one)["city"], values(bench, two)["city"]) == ("上海", "杭州")


def test_undoing_twice_is_once(bench: Bench) -> None:
    one = bench.customer("华润置地", city="上海")
    result = edit(bench, [one], city="杭州")
    undo(bench, result)
    revision = bench.store.revision()
    assert undo(bench, result).done == 1
    assert bench.store.revision() == revision


def test_undoing_a_withdrawal_brings_the_lines_back_and_search_finds_them(bench: Bench) -> None:
    lines = {"items": [item("戒指"), item("项链")]}
    one = bench.save("customers", {"name": "华润置地"}, lines=lines)
    before = everything(bench, one)
    undone = undo(bench, withdraw(bench, [one]))
    assert undone.done == 1
    assert everything(bench, one) == before
    assert bench.repository.page("customers", ADMIN, ListQuery(search="项链")).total == 1
    assert bench.repository.history("customers", one.record_id, ADMIN)[-1].verb == "restore"


def test_undoing_a_restoration_puts_the_record_back_into_the_bin_with_its_reason(bench: Bench) -> None:
    one = bench.save("customers", {"name": "华润置地"}, lines={"items": [item("戒指")]})
    withdraw(bench, [one], reason="录错")
    before = everything(bench, one)
    gone = bench.read("customers", one.record_id)
    result = bench.repository.restore_many("customers", targets(gone), key="r", actor=ZHANG)
    assert undo(bench, result).done == 1
    assert everything(bench, one) == before
    bench.customer("华润置地")  # its name is free again


def test_undoing_does_not_take_what_another_record_holds_by_now(bench: Bench) -> None:
    one = bench.customer("华润置地")
    result = edit(bench, [one], name="新名字")
    bench.customer("华润置地", LI)
    undone = undo(bench, result)
    assert (undone.done, [codes for _, codes in why(undone)]) == (0, [["R002"]])
    assert values(bench, one)["name"] == "新名字"


def test_who_may_no_longer_edit_cannot_undo(bench: Bench) -> None:
    one = bench.customer("华润置地")
    result = edit(bench, [one], city="上海")
    retired = Actor("a1", "S001", "张三", frozenset({"compliance"}))
    assert why(undo(bench, result, retired)) == [("华润置地 · C0001", ["P001"])]


def test_a_closed_gate_holds_for_undoing_too(tmp_path: Path) -> None:
    closed: list[Finding] = []
    bench = open_bench("memory", tmp_path, [lambda *_: closed])
    one = bench.customer("华润置地")
    result = edit(bench, [one], city="上海")
    closed.append(Finding("G001", severity=Severity.ERROR))
    assert why(undo(bench, result)) == [("华润置地 · C0001", ["G001"])]


def test_cells_nobody_could_read_come_back_as_they_stood(bench: Bench) -> None:
    one = bench.customer("华润置地", amount="5")
    row = bench.store.get("customers", one.record_id)
    assert row is not None
    values_ = {key: text for key, text in row.values.items() if key not in ("amount", "doubled")}
    put = Put("customers", row.row_id, values_, "merge", row.etag, {"amount": "五块左右"}, {"备用": "x"})
    bench.store.write(WriteBatch((put,), "工作簿", bench.clock.now, "workbook"))
    seen = bench.read("customers", one.record_id)
    before = everything(bench, one)
    result = edit(bench, [seen], amount="7")
    assert values(bench, one)["amount"] == "7.00"
    undo(bench, result)
    assert everything(bench, one) == before


# --- whole lists ---------------------------------------------------------------------------------------------------


def test_all_records_of_a_list_are_taken_with_the_rights_of_who_asks(bench: Bench) -> None:
    mine, his = bench.customer("甲公司", city="上海"), bench.customer("乙公司", LI, city="上海")
    bench.customer("丙公司", city="苏州")
    query = ListQuery(search="上海", sort=(("name", False),))
    found = bench.repository.targets("customers", SUPERVISOR, query, limit=10)
    assert {target.record_id for target in found} == {mine.record_id, his.record_id}
    assert list(bench.repository.targets("customers", ZHANG, query, limit=10)) == targets(mine)
    assert len(bench.repository.targets("customers", SUPERVISOR, query, limit=1)) == 1
    assert bench.store.query(Query("customers", limit=1)).total == 3
