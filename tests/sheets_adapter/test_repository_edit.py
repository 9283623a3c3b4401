"""Editing records: If-Match, merging with what others saved, lines, cells nobody can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.finding import FieldRef
from schemas.record import FieldClash, Record, Rejected, Saved, Submission
from sheets_adapter.contract import Column, Put, TableSpec, WriteBatch
from tests.sheets_adapter.faults import StoreAround
from tests.sheets_adapter.repository_samples import (
    ADMIN,
    CLERK,
    FINANCE,
    SUPERVISOR,
    WANG,
    ZHANG,
    Bench,
    codes,
    etags_of,
    item,
    open_bench,
)


@pytest.fixture(params=["memory", "journal"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = open_bench(request.param, tmp_path)
    yield bench
    bench.store.close()


def edit(bench: Bench, record: Record, actor: Any = ZHANG, **values: Any) -> Any:
    """Submits an edit of the record as it was shown, with only these answers changed."""
    return bench.submit("customers", {**record.values, **values}, actor, record=record)


def test_an_edit_keeps_the_creator_and_says_who_changed_it_when(bench: Bench) -> None:
    record = bench.customer("甲", city="北京")
    bench.clock.pass_days(2)
    assert isinstance(edit(bench, record, ADMIN, city="上海", amount="5"), Saved)
    now = bench.read("customers", record.record_id)
    assert (now.values["city"], now.values["doubled"]) == ("上海", "10.00")
    assert (now.system["created_by"], now.system["created_at"]) == ("S001 张三", "2026-11-21 12:00:00")
    assert (now.system["updated_by"], now.system["updated_at"]) == ("S000 管理员", "2026-11-23 12:00:00")


def test_an_answer_cleared_is_empty_and_one_not_asked_stays(bench: Bench) -> None:
    record = bench.customer("甲", city="北京", segment="央企")
    bench.submit("customers", {"city": ""}, record=record)
    values = bench.read("customers", record.record_id).values
    assert values == {"customer_id": "C0001", "name": "甲", "segment": "央企"}


def test_a_number_once_given_cannot_be_changed(bench: Bench) -> None:
    record = bench.customer("甲")
    edit(bench, record, customer_id="C9999")
    assert bench.read("customers", record.record_id).values["customer_id"] == "C0001"


def test_an_edit_to_an_answer_used_already_is_refused(bench: Bench) -> None:
    bench.customer("甲")
    record = bench.customer("乙")
    assert codes(edit(bench, record, name="甲")) == ["R001"]
    assert bench.read("customers", record.record_id) == record


def test_a_similar_record_is_told_only_when_that_answer_was_changed(bench: Bench) -> None:
    bench.customer("北京华润置地有限公司")
    record = bench.customer("上海万科有限公司")
    assert codes(edit(bench, record, city="上海")) == []
    assert codes(edit(bench, bench.read("customers", record.record_id), name="广州华润置地有限公司")) == ["R020"]


# who may


def test_another_s_record_is_refused_and_an_unknown_one_too(bench: Bench) -> None:
    record = bench.customer("甲", actor=WANG)
    assert codes(edit(bench, record, ZHANG, city="北京")) == ["P002"]
    unknown = replace(record, record_id="nowhere")
    assert codes(bench.submit("customers", {"name": "乙"}, ZHANG, record=unknown)) == ["R012"]


def test_who_may_not_edit_is_refused(bench: Bench) -> None:
    visit = bench.save("visits", {"customer": bench.customer("甲").values["customer_id"]})
    assert codes(bench.submit("visits", {"topic": "x"}, SUPERVISOR, record=visit)) == ["P001"]


def test_a_field_he_may_not_read_keeps_its_value(bench: Bench) -> None:
    record = bench.customer("甲", ADMIN, cost="5.00", owner="S001")
    shown = bench.read("customers", record.record_id, ZHANG)
    assert "cost" not in shown.values
    assert isinstance(edit(bench, shown, ZHANG, city="北京"), Saved)
    assert bench.read("customers", record.record_id).values["cost"] == "5.00"


def test_masked_personal_data_sent_back_keeps_the_stored_value(bench: Bench) -> None:
    record = bench.customer("甲", phone="13912345678")
    shown = bench.read("customers", record.record_id, CLERK)
    assert shown.values["phone"] == "139****5678"
    assert isinstance(edit(bench, shown, CLERK, city="北京"), Saved)
    now = bench.read("customers", record.record_id).values
    assert (now["phone"], now["city"]) == ("13912345678", "北京")


def test_masked_personal_data_may_be_replaced(bench: Bench) -> None:
    shown = bench.read("customers", bench.customer("甲", phone="13912345678").record_id, CLERK)
    assert isinstance(edit(bench, shown, CLERK, phone="13800000000"), Saved)
    assert bench.read("customers", shown.record_id).values["phone"] == "13800000000"


# merging


def test_different_fields_changed_at_the_same_time_are_both_kept(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京", amount="1")
    assert isinstance(edit(bench, opened, ADMIN, city="上海"), Saved)
    assert isinstance(edit(bench, opened, ZHANG, amount="7"), Saved)
    values = bench.read("customers", opened.record_id).values
    assert (values["city"], values["amount"], values["doubled"]) == ("上海", "7.00", "14.00")


def test_the_same_field_changed_differently_asks_the_person_and_names_who(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京", note="旧")
    bench.clock.pass_days(1)
    edit(bench, opened, ADMIN, city="上海", segment="央企")
    outcome = edit(bench, opened, ZHANG, city="广州", note="新")
    assert isinstance(outcome, Rejected)
    assert outcome.clashes == (FieldClash("city", "北京", "上海", "广州"),)
    (finding,) = outcome.findings
    assert (finding.code, finding.params) == ("R010", {"who": "S000 管理员", "at": "2026-11-22 12:00"})
    assert bench.read("customers", opened.record_id).values["note"] == "旧"


def test_an_answer_that_cannot_be_understood_is_told_before_any_clash(bench: Bench) -> None:
    opened = bench.customer("甲", amount="1")
    edit(bench, opened, ADMIN, amount="2")
    outcome = edit(bench, opened, ZHANG, amount="约三万")
    assert isinstance(outcome, Rejected)
    assert ([finding.at for finding in outcome.findings], outcome.clashes) == ([FieldRef("amount")], ())


def test_the_same_change_made_twice_is_no_clash(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京")
    edit(bench, opened, ADMIN, city="上海")
    assert isinstance(edit(bench, opened, ZHANG, city=" 上海 ", note="x"), Saved)


def test_a_field_changed_and_changed_back_is_no_clash(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京")
    edit(bench, opened, ADMIN, city="上海")
    edit(bench, bench.read("customers", opened.record_id), ADMIN, city="北京", note="x")
    assert isinstance(edit(bench, opened, ZHANG, city="广州"), Saved)
    values = bench.read("customers", opened.record_id).values
    assert (values["city"], values["note"]) == ("广州", "x")


def test_after_choosing_mine_the_form_saves_over_theirs(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京")
    edit(bench, opened, ADMIN, city="上海")
    assert codes(edit(bench, opened, ZHANG, city="广州")) == ["R010"]
    assert isinstance(edit(bench, bench.read("customers", opened.record_id), ZHANG, city="广州"), Saved)
    assert bench.read("customers", opened.record_id).values["city"] == "广州"


def test_a_merge_that_breaks_a_rule_is_refused_with_the_rule(bench: Bench) -> None:
    bench.customer("别家", city="上海", segment="央企")
    opened = bench.customer("甲", city="北京", segment="国企")
    assert isinstance(edit(bench, opened, ADMIN, segment="央企"), Saved)
    assert codes(edit(bench, opened, ZHANG, city="上海")) == ["R003"]


def test_what_the_form_showed_may_be_unknown_then_every_difference_is_asked(bench: Bench) -> None:
    opened = replace(bench.customer("甲", city="北京"), etag="0000000000000000")
    outcome = edit(bench, opened, ZHANG, city="上海")
    assert isinstance(outcome, Rejected)
    assert outcome.clashes == (FieldClash("city", "", "北京", "上海"),)
    assert isinstance(edit(bench, opened, ZHANG), Saved)


def test_a_record_withdrawn_meanwhile_says_by_whom_and_why(bench: Bench) -> None:
    opened = bench.customer("甲")
    bench.withdraw(opened, ADMIN, reason="与 C0002 重复")
    outcome = edit(bench, opened, ZHANG, city="上海")
    assert isinstance(outcome, Rejected)
    (finding,) = outcome.findings
    assert finding.code == "R011"
    assert finding.params == {"who": "S000 管理员", "at": "2026-11-21 12:00", "reason": "与 C0002 重复"}


class Interrupting(StoreAround):
    """Lets somebody else write just before each of the first writes."""

    def __init__(self, inner: Any, intruders: list[Callable[[], object]]) -> None:
        super().__init__(inner)
        self._intruders = intruders

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        if name == "write" and self._intruders:
            self._intruders.pop(0)()
        return work()


def test_somebody_quicker_between_check_and_write_is_merged_too(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京")
    intruders = [lambda: edit(bench, opened, ADMIN, city="上海")]
    repository = bench.another(Interrupting(bench.store, intruders))  # type: ignore[arg-type]
    outcome = bench.submit("customers", {**opened.values, "note": "x"}, record=opened, repository=repository)
    assert isinstance(outcome, Saved)
    values = bench.read("customers", opened.record_id).values
    assert (values["city"], values["note"]) == ("上海", "x")


def test_people_who_edit_different_fields_at_the_same_moment_all_succeed(bench: Bench) -> None:
    opened = bench.customer("甲")
    answers = {
        "city": "北京",
        "segment": "央企",
        "phone": "13912345678",
        "owner": "S001",
        "amount": "5.00",
        "note": "x",
    }

    def one(answer: tuple[str, str]) -> Any:
        return bench.submit("customers", dict([answer]), ADMIN, record=opened)

    with ThreadPoolExecutor(len(answers)) as threads:
        outcomes = list(threads.map(one, answers.items()))
    assert [codes(outcome) for outcome in outcomes] == [[]] * len(answers)
    assert answers.items() <= bench.read("customers", opened.record_id).values.items()


def test_somebody_quicker_with_the_same_field_is_a_clash(bench: Bench) -> None:
    opened = bench.customer("甲", city="北京")
    intruders = [lambda: edit(bench, opened, ADMIN, city="上海")]
    repository = bench.another(Interrupting(bench.store, intruders))  # type: ignore[arg-type]
    outcome = bench.submit("customers", {**opened.values, "city": "广州"}, record=opened, repository=repository)
    assert codes(outcome) == ["R010"]


# cells of the workbook nobody can read


def from_workbook(bench: Bench, record: Record, raw: dict[str, str], extra: dict[str, str]) -> Record:
    """The record as a hand edit in the workbook left it."""
    values = {**record.values, **record.system}
    del values["record_id"]
    for key in raw:
        values.pop(key, None)
    put = Put("customers", record.record_id, values, "merge", raw=raw, extra=extra)
    bench.store.write(WriteBatch((put,), "工作簿", bench.clock.now, "workbook"))
    return bench.read("customers", record.record_id)


def test_a_cell_nobody_can_read_stays_while_others_are_edited(bench: Bench) -> None:
    record = from_workbook(bench, bench.customer("甲", amount="5"), {"amount": "约三万"}, {"业务员备注": "老客户"})
    assert isinstance(edit(bench, record, city="北京"), Saved)
    now = bench.read("customers", record.record_id)
    assert (dict(now.raw), dict(now.extra)) == ({"amount": "约三万"}, {"业务员备注": "老客户"})
    assert now.values["city"] == "北京"


@pytest.mark.parametrize("sent", ["约三万", ""], ids=["as it was shown", "left empty"])
def test_a_cell_nobody_can_read_may_come_back_with_the_form(bench: Bench, sent: str) -> None:
    record = from_workbook(bench, bench.customer("甲"), {"amount": "约三万"}, {})
    assert isinstance(edit(bench, record, amount=sent, city="北京"), Saved)
    assert dict(bench.read("customers", record.record_id).raw) == {"amount": "约三万"}


def test_a_required_cell_nobody_can_read_does_not_stop_other_edits(bench: Bench) -> None:
    record = from_workbook(bench, bench.customer("甲"), {"name": "#REF"}, {})
    assert isinstance(edit(bench, record, city="北京"), Saved)


def test_a_required_cell_of_a_line_nobody_can_read_does_not_stop_other_edits(bench: Bench, lined: Record) -> None:
    line = lined.lines["items"][1]
    values = {"record_id": lined.record_id, "line_no": "2", "status": "有效", "quantity": "2"}
    put = Put("customers.items", line.line_id, values, "merge", raw={"product": "#N/A"})
    bench.store.write(WriteBatch((put,), "工作簿", bench.clock.now, "workbook"))
    shown = bench.read("customers", lined.record_id)
    rows = [item(), item(line_id=shown.lines["items"][0].line_id), item("#N/A", line.line_id, quantity="3")]
    assert isinstance(edit_lines(bench, shown, rows), Saved)
    now = bench.read("customers", lined.record_id).lines["items"][1]
    assert (dict(now.raw), now.values) == ({"product": "#N/A"}, {"quantity": "3"})


def test_a_right_answer_replaces_a_cell_nobody_can_read(bench: Bench) -> None:
    record = from_workbook(bench, bench.customer("甲"), {"amount": "约三万"}, {})
    assert isinstance(edit(bench, record, amount="3万"), Saved)
    now = bench.read("customers", record.record_id)
    assert (dict(now.raw), now.values["amount"]) == ({}, "30000.00")


def test_a_wrong_answer_to_it_is_told_as_any_other(bench: Bench) -> None:
    record = from_workbook(bench, bench.customer("甲"), {"amount": "约三万"}, {})
    outcome = edit(bench, record, amount="约四万")
    assert isinstance(outcome, Rejected)
    assert [finding.at for finding in outcome.findings] == [FieldRef("amount")]


def test_columns_of_a_newer_template_are_kept(bench: Bench) -> None:
    """A portal with an older template edits a record that a newer one gave another column."""
    record = bench.customer("甲")
    bench.store.ensure_table(TableSpec("customers", (Column("colour"),)))
    values = {**record.values, **record.system, "colour": "红"}
    del values["record_id"]
    bench.store.write(WriteBatch((Put("customers", record.record_id, values, "edit"),), "x", bench.clock.now))
    bench.submit("customers", {"city": "北京"}, record=bench.read("customers", record.record_id))
    row = bench.store.get("customers", record.record_id)
    assert row is not None
    assert row.values["colour"] == "红"


# lines


@pytest.fixture
def lined(bench: Bench) -> Record:
    """A record with two lines."""
    return bench.save(
        "customers", {"name": "甲"}, lines={"items": [item("手镯", quantity="1"), item("项链", quantity="2")]}
    )


def typed(record: Record, **changes: dict[str, Any]) -> list[Any]:
    """The record's lines as the form sends them; `changes` by product, None for a removed row."""
    rows = []
    for line in record.lines["items"]:
        change = changes.get(line.values["product"], {})
        if change is not None:
            rows.append(item(line_id=line.line_id, **{**line.values, **change}))
    return rows


def products(bench: Bench, record: Record) -> list[tuple[int, str, str]]:
    now = bench.read("customers", record.record_id)
    return [(line.line_no, line.values["product"], line.values.get("quantity", "")) for line in now.lines["items"]]


def edit_lines(bench: Bench, record: Record, rows: list[Any], actor: Any = ZHANG, **values: Any) -> Any:
    return bench.submit("customers", values, actor, lines={"items": rows}, record=record)


def test_lines_are_added_changed_and_removed(bench: Bench, lined: Record) -> None:
    rows = [item("耳环"), *typed(lined, 手镯=None, 项链={"quantity": "9"})]  # type: ignore[arg-type]
    assert isinstance(edit_lines(bench, lined, rows), Saved)
    assert products(bench, lined) == [(1, "耳环", ""), (2, "项链", "9")]
    removed = bench.store.get("customers.items", lined.lines["items"][0].line_id)
    assert removed is not None
    assert removed.values["status"] == "已作废"


def test_lines_that_did_not_change_are_not_written(bench: Bench, lined: Record) -> None:
    before = bench.store.revision()
    edit_lines(bench, lined, typed(lined, 项链={"quantity": "9"}))
    changed = [row.row_id for row in bench.store.changed_rows("customers.items", before)]
    assert changed == [lined.lines["items"][1].line_id]


def test_a_form_that_did_not_show_the_lines_leaves_them_alone(bench: Bench, lined: Record) -> None:
    bench.submit("customers", {"city": "北京"}, record=lined)
    assert products(bench, lined) == [(1, "手镯", "1"), (2, "项链", "2")]


def test_a_line_somebody_added_meanwhile_stays(bench: Bench, lined: Record) -> None:
    edit_lines(bench, lined, [*typed(lined), item("耳环")], ADMIN)
    edit_lines(bench, lined, [*typed(lined, 手镯={"quantity": "5"}), item("戒指")])
    assert [product for _, product, _ in products(bench, lined)] == ["手镯", "项链", "戒指", "耳环"]
    assert products(bench, lined)[0] == (1, "手镯", "5")


def test_different_fields_of_one_line_are_merged(bench: Bench, lined: Record) -> None:
    edit_lines(bench, lined, typed(lined, 手镯={"quantity": "5"}), ADMIN)
    assert isinstance(edit_lines(bench, lined, typed(lined, 手镯={"remark": "急"})), Saved)
    line = bench.read("customers", lined.record_id).lines["items"][0]
    assert line.values == {"product": "手镯", "quantity": "5", "remark": "急"}


def test_the_same_field_of_one_line_is_a_finding_at_that_row(bench: Bench, lined: Record) -> None:
    edit_lines(bench, lined, typed(lined, 项链={"quantity": "5"}), ADMIN)
    outcome = edit_lines(bench, lined, typed(lined, 项链={"quantity": "6"}))
    assert isinstance(outcome, Rejected)
    (finding,) = outcome.findings
    assert (finding.code, finding.at) == ("R013", FieldRef("quantity", "items", 2))
    assert (finding.params["who"], finding.params["row"]) == ("S000 管理员", 2)


def test_a_line_removed_by_others_that_i_left_alone_is_gone(bench: Bench, lined: Record) -> None:
    edit_lines(bench, lined, typed(lined, 手镯=None), ADMIN)  # type: ignore[arg-type]
    assert isinstance(edit_lines(bench, lined, typed(lined), city="北京"), Saved)
    assert products(bench, lined) == [(1, "项链", "2")]


def test_a_line_removed_by_others_that_i_changed_is_a_finding(bench: Bench, lined: Record) -> None:
    edit_lines(bench, lined, typed(lined, 手镯=None), ADMIN)  # type: ignore[arg-type]
    assert codes(edit_lines(bench, lined, typed(lined, 手镯={"quantity": "8"}))) == ["R013"]


def test_a_line_i_removed_that_others_changed_is_a_finding(bench: Bench, lined: Record) -> None:
    edit_lines(bench, lined, typed(lined, 手镯={"quantity": "8"}), ADMIN)
    assert codes(edit_lines(bench, lined, typed(lined, 手镯=None))) == ["R018"]  # type: ignore[arg-type]


def test_a_line_nobody_knows_is_a_finding_and_another_record_s_line_is_never_touched(
    bench: Bench, lined: Record
) -> None:
    other = bench.save("customers", {"name": "乙"}, lines={"items": [item("耳环")]})
    theirs = other.lines["items"][0].line_id
    for line_id in ("nowhere", theirs):
        outcome = edit_lines(bench, lined, [*typed(lined), item("戒指", line_id)])
        assert isinstance(outcome, Rejected)
        assert [(one.code, one.at) for one in outcome.findings] == [("R013", FieldRef("product", "items", 3))]
    assert products(bench, other) == [(1, "耳环", "")]


def test_computed_sums_follow_the_lines(bench: Bench) -> None:
    rows = [item(quantity="2", price="1.50"), item(quantity="1", price="4")]
    record = bench.save("orders", {"no": "A1"}, ADMIN, lines={"items": rows})
    assert record.values["total"] == "7.00"
    first = record.lines["items"][0]
    submission = Submission(
        "orders", "k", {}, {"items": [item(line_id=first.line_id, quantity="10")]}, record.record_id, etags_of(record)
    )
    assert isinstance(bench.repository.submit(submission, ADMIN), Saved)
    assert bench.read("orders", record.record_id).values["total"] == "15.00"


def test_finance_may_change_what_it_alone_sees(bench: Bench) -> None:
    record = bench.customer("甲")
    assert isinstance(bench.submit("customers", {"cost": "8"}, FINANCE, record=record), Saved)
    assert bench.read("customers", record.record_id).values["cost"] == "8.00"
