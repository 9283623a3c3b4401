"""Reading records through the repository: who sees what, lists, pickers, history; withdrawing and restoring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.record import Actor, Record, Rejected, Saved
from sheets_adapter.contract import Test as Compare
from sheets_adapter.repository import ListQuery
from tests.sheets_adapter.faults import CountingStore
from tests.sheets_adapter.repository_samples import (
    ADMIN,
    CLERK,
    COMPLIANCE,
    FINANCE,
    LI,
    NOBODY,
    SUPERVISOR,
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


def names(bench: Bench, actor: Actor = ADMIN, query: ListQuery | None = None, table: str = "customers") -> list[str]:
    """What the list shows, by name."""
    page = bench.repository.page(table, actor, query or ListQuery())
    return [record.values.get("name", record.values.get("topic", "")) for record in page.records]


@pytest.fixture
def four(bench: Bench) -> Bench:
    """Zhang's, Li's and Wang's customers, and one of Wang's making that belongs to Zhang; a minute apart."""
    for name, actor, owner in [("甲", ZHANG, ""), ("乙", LI, "S002"), ("丙", WANG, ""), ("丁", WANG, "S001")]:
        bench.customer(name, actor, owner=owner, phone="13912345678", city="北京")
        bench.clock.now = bench.clock.now.replace(minute=bench.clock.now.minute + 1)
    return bench


# scope


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (ZHANG, "丁甲"),
        (LI, "乙"),
        (WANG, "丁丙"),
        (SUPERVISOR, "丁乙甲"),
        (COMPLIANCE, "丁丙乙甲"),
        (ADMIN, "丁丙乙甲"),
        (NOBODY, ""),
        (Actor("a9", "", "", frozenset({"sales_rep"})), ""),
    ],
    ids=["creator or owner", "own", "creator", "department", "all", "admin", "no role", "no staff record"],
)
def test_people_see_the_records_in_their_scope_newest_first(four: Bench, actor: Actor, expected: str) -> None:
    assert "".join(names(four, actor)) == expected
    for record in four.repository.page("customers", ADMIN, ListQuery()).records:
        seen = four.repository.get("customers", record.record_id, actor)
        assert (seen is not None) == (record.values["name"] in expected)


@pytest.mark.parametrize(
    ("actor", "tab", "expected"),
    [
        (ADMIN, "own", ""),
        (COMPLIANCE, "department", ""),
        (SUPERVISOR, "own", ""),
        (SUPERVISOR, "all", "丁乙甲"),
        (ZHANG, "department", "丁甲"),
        (ZHANG, "all", "丁甲"),
    ],
    ids=["admin's own", "none in his department", "supervisor's own", "never wider", "still own", "all of his"],
)
def test_a_tab_narrows_and_never_widens(four: Bench, actor: Actor, tab: str, expected: str) -> None:
    assert "".join(names(four, actor, ListQuery(tab=tab))) == expected  # type: ignore[arg-type]


def test_tabs_are_counted_with_the_bin(four: Bench) -> None:
    assert four.repository.counts("customers", ADMIN) == {"all": 4, "own": 0, "department": 0, "void": 0}
    four.withdraw(four.read("customers", four.repository.page("customers", ZHANG, ListQuery()).records[0].record_id))
    assert four.repository.counts("customers", ZHANG) == {"own": 1, "void": 1}
    assert four.repository.counts("customers", SUPERVISOR) == {"own": 0, "department": 2, "void": 1}
    assert four.repository.counts("customers", NOBODY) == {"void": 0}


def test_a_record_belongs_to_whom_its_customer_belongs(four: Bench) -> None:
    four.save("visits", {"customer": "丁", "topic": "回访"}, WANG)
    four.save("visits", {"customer": "丙", "topic": "拜访"}, WANG)
    assert names(four, ZHANG, table="visits") == ["回访"]
    assert names(four, WANG, table="visits") == ["拜访", "回访"]
    assert names(four, LI, table="visits") == []
    visits = four.repository.page("visits", ADMIN, ListQuery()).records
    assert [four.repository.get("visits", one.record_id, ZHANG) is None for one in visits] == [True, False]


# what of a record


def test_personal_data_is_masked_for_who_does_not_own_it(four: Bench) -> None:
    shown = {
        actor.staff_name: {r.values["phone"] for r in four.repository.page("customers", actor, ListQuery()).records}
        for actor in (ZHANG, SUPERVISOR, FINANCE, COMPLIANCE, CLERK)
    }
    whole, starred = {"13912345678"}, {"139****5678"}
    assert shown == {"张三": whole, "赵六": whole, "钱七": whole, "孙八": starred, "吴十": starred}


def test_a_field_for_some_roles_is_hidden_from_others_in_record_list_and_history(bench: Bench) -> None:
    record = bench.customer("甲", ADMIN, cost="5.00", owner="S001")
    for actor, sees in ((ZHANG, False), (FINANCE, True)):
        found = bench.read("customers", record.record_id, actor)
        listed = bench.repository.page("customers", actor, ListQuery()).records[0]
        (created,) = bench.repository.history("customers", record.record_id, actor)
        assert ["cost" in found.values, "cost" in listed.values, "cost" in created.after] == [sees] * 3


def test_a_hidden_field_cannot_be_probed_by_search_filter_or_order(bench: Bench) -> None:
    bench.customer("甲", ADMIN, cost="5.00", owner="S001")
    assert names(bench, ZHANG, ListQuery(search="5.00")) == []
    with pytest.raises(LookupError, match="cost"):
        names(bench, ZHANG, ListQuery(filters=(Compare("cost", "ge", "1.00"),)))
    with pytest.raises(LookupError, match="cost"):
        names(bench, ZHANG, ListQuery(sort=(("cost", True),)))
    assert names(bench, FINANCE, ListQuery(sort=(("cost", True),))) == ["甲"]


@pytest.mark.parametrize("op", ["contains", "starts", "ge", "lt"])
def test_a_masked_field_cannot_be_probed_digit_by_digit(four: Bench, op: str) -> None:
    probe = ListQuery(filters=(Compare("phone", op, "1391"),))  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="phone"):
        names(four, COMPLIANCE, probe)
    with pytest.raises(LookupError, match="phone"):
        names(four, COMPLIANCE, ListQuery(any_of=((Compare("phone", op, "1391"),),)))  # type: ignore[arg-type]
    assert names(four, ADMIN, ListQuery(filters=(Compare("phone", "contains", "1391"),)))


def test_a_masked_field_orders_no_list_but_a_number_one_knows_is_found(four: Bench) -> None:
    with pytest.raises(LookupError, match="phone"):
        names(four, COMPLIANCE, ListQuery(sort=(("phone", False),)))
    assert len(names(four, COMPLIANCE, ListQuery(filters=(Compare("phone", "eq", "13912345678"),)))) == 4
    assert len(names(four, COMPLIANCE, ListQuery(filters=(Compare("phone", "not_empty"),)))) == 4


def test_in_lists_of_ones_own_records_nothing_is_masked_and_everything_orders(four: Bench) -> None:
    assert len(names(four, ZHANG, ListQuery(sort=(("phone", False),)))) == 2
    assert len(names(four, CLERK, ListQuery(tab="own", sort=(("phone", False),)))) == 0


def test_an_unknown_record_is_none(bench: Bench) -> None:
    assert bench.repository.get("customers", "nowhere", ADMIN) is None
    assert bench.repository.history("customers", "nowhere", ADMIN) == ()
    assert bench.repository.find_by_key("customers", "C0009", ADMIN) is None


def test_a_record_is_found_by_the_key_others_refer_to_it_by(bench: Bench) -> None:
    record = bench.customer("甲", WANG)
    assert bench.repository.find_by_key("customers", "C0001", ADMIN) == record
    assert bench.repository.find_by_key("customers", "C0001", ZHANG) is None


# lists


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("甲", ["甲"]),
        ("北京 139", ["丁", "丙", "乙", "甲"]),
        ("ｃ０００２", ["乙"]),
        ("李四", ["乙"]),
        ("1391234", ["丁", "丙", "乙", "甲"]),
        ("上海", []),
        ("  ", ["丁", "丙", "乙", "甲"]),
    ],
    ids=["name", "two words", "full width, capitals", "a person's name", "part of a phone", "nothing", "blank"],
)
def test_search_looks_in_every_answer_and_in_what_references_show(
    four: Bench, search: str, expected: list[str]
) -> None:
    assert names(four, ADMIN, ListQuery(search=search)) == expected


def test_search_looks_in_lines_too(bench: Bench) -> None:
    bench.save("customers", {"name": "甲"}, lines={"items": [item("翡翠手镯")]})
    bench.customer("乙")
    assert names(bench, ADMIN, ListQuery(search="翡翠")) == ["甲"]


def test_words_do_not_run_from_one_answer_into_the_next(bench: Bench) -> None:
    bench.customer("华润", city="置地")
    assert names(bench, ADMIN, ListQuery(search="华润置地")) == []


def test_lists_are_filtered_ordered_and_paged(four: Bench) -> None:
    by_name = ListQuery(sort=(("name", False),), filters=(Compare("city", "eq", "北京"),), limit=3)
    first = four.repository.page("customers", ADMIN, by_name)
    assert ([r.values["name"] for r in first.records], first.total) == (["丁", "丙", "乙"], 4)
    rest = four.repository.page("customers", ADMIN, ListQuery(**{**vars_of(by_name), "after": first.next}))
    assert ([r.values["name"] for r in rest.records], rest.next) == (["甲"], "")


def test_one_of_each_group_of_tests_must_hold(four: Bench) -> None:
    either = ((Compare("name", "eq", "甲"), Compare("name", "eq", "丙")), (Compare("city", "eq", "北京"),))
    assert names(four, ADMIN, ListQuery(any_of=either)) == ["丙", "甲"]
    assert names(four, SUPERVISOR, ListQuery(any_of=either)) == ["甲"]


def test_references_order_by_what_they_show_not_by_their_key(bench: Bench) -> None:
    """S003 王五 < S002 李四 < S004 赵六 by code point is 李 (674E) < 王 (738B) < 赵 (8D75)."""
    for name, owner in [("甲", "S003"), ("乙", "S002"), ("丙", ""), ("丁", "S004")]:
        bench.customer(name, ADMIN, owner=owner)
    assert names(bench, ADMIN, ListQuery(sort=(("owner", False),))) == ["乙", "甲", "丁", "丙"]
    assert names(bench, ADMIN, ListQuery(sort=(("owner", True),))) == ["丁", "甲", "乙", "丙"]


def test_the_next_page_of_an_order_by_reference_goes_on_where_the_first_ended(bench: Bench) -> None:
    owners = ["S003", "S002", "", "S004", "S002", "S003"]
    for number, owner in enumerate(owners):
        bench.customer(f"客户{number}", ADMIN, owner=owner)
    found, after = [], ""
    while True:
        query = ListQuery(sort=(("owner", False),), limit=2, after=after)
        page = bench.repository.page("customers", ADMIN, query)
        found += [record.values["name"] for record in page.records]
        after = page.next
        if not after:
            break
    assert found == ["客户1", "客户4", "客户0", "客户5", "客户3", "客户2"]


def vars_of(query: ListQuery) -> dict[str, object]:
    return {name: getattr(query, name) for name in ListQuery.__dataclass_fields__}


def test_a_page_link_of_another_order_starts_from_the_first_page(four: Bench) -> None:
    stale = four.repository.page("customers", ADMIN, ListQuery(limit=1)).next
    assert names(four, ADMIN, ListQuery(sort=(("city", False), ("name", False)), after=stale, limit=1)) == ["丁"]
    assert names(four, ADMIN, ListQuery(after="nonsense", limit=1)) == ["丁"]


def test_withdrawn_records_are_in_the_bin_only(four: Bench) -> None:
    record = four.repository.page("customers", ADMIN, ListQuery(search="甲")).records[0]
    four.withdraw(four.read("customers", record.record_id))
    assert names(four) == ["丁", "丙", "乙"]
    assert names(four, ADMIN, ListQuery(void="void")) == ["甲"]
    assert names(four, ADMIN, ListQuery(void="any")) == ["丁", "丙", "乙", "甲"]


def test_a_list_page_costs_one_query_however_long_it_is(four: Bench) -> None:
    counting = CountingStore(four.store)
    repository = four.another(counting)  # type: ignore[arg-type]
    counting.calls.clear()
    repository.page("customers", COMPLIANCE, ListQuery())
    assert counting.calls == {"query": 1}


# references


def test_pickers_offer_live_records_by_key_and_name_to_everybody(four: Bench) -> None:
    options = four.repository.options("customers", actor=LI)
    assert [(option.key, option.display) for option in options] == [
        *(("C0001", "甲"), ("C0002", "乙"), ("C0003", "丙"), ("C0004", "丁")),
    ]
    assert [option.key for option in four.repository.options("customers", search="c 丙", actor=LI)] == ["C0003"]
    assert [option.key for option in four.repository.options("customers", search="0001", limit=1, actor=LI)] == [
        "C0001"
    ]
    four.withdraw(four.read("customers", _id(four, "甲")))
    assert four.repository.option_count("customers") == 3
    assert four.repository.options("customers", search="甲", actor=LI) == ()


def _id(bench: Bench, name: str) -> str:
    return bench.repository.page("customers", ADMIN, ListQuery(search=name)).records[0].record_id


def test_records_that_begin_with_what_was_typed_come_first(bench: Bench) -> None:
    for name in ("大华润", "华润置地", "新华润"):
        bench.customer(name)
    options = bench.repository.options("customers", search="华润", actor=ZHANG)
    assert [option.display for option in options] == ["华润置地", "大华润", "新华润"]


def test_references_follow_renames_and_withdrawals(bench: Bench) -> None:
    references = bench.repository.references
    record = bench.customer("甲")
    assert (references.display("customers", "C0001"), references.resolve("customers", " 甲")) == ("甲", ("C0001",))
    bench.submit("customers", {"name": "甲（新）"}, record=record)
    assert (references.display("customers", "C0001"), references.resolve("customers", "甲")) == ("甲（新）", ())
    assert references.resolve("customers", "甲(新)") == ("C0001",)
    assert references.is_live("customers", "C0001")
    bench.withdraw(bench.read("customers", record.record_id))
    assert (references.display("customers", "C0001"), references.is_live("customers", "C0001")) == ("甲（新）", False)
    assert references.resolve("customers", "甲（新）") == ("C0001",)


def test_several_records_of_one_name_are_all_candidates_and_a_live_one_wins_over_a_withdrawn(bench: Bench) -> None:
    for staff_id in ("S101", "S102"):
        bench.save("staff", {"staff_id": staff_id, "name": "陈晨"}, ADMIN)
    references = bench.repository.references
    assert references.resolve("staff", "陈晨") == ("S101", "S102")
    first = bench.repository.find_by_key("staff", "S101", ADMIN)
    assert first is not None
    bench.withdraw(first)
    assert references.resolve("staff", "陈晨") == ("S102",)
    assert references.resolve("staff", "s101") == ("S101",)


def test_a_template_nobody_has_refers_to_nothing(bench: Bench) -> None:
    references = bench.repository.references
    assert (references.resolve("invoices", "x"), references.display("invoices", "x")) == ((), None)
    assert not references.is_live("invoices", "x")
    assert bench.repository.options("invoices", actor=ADMIN) == ()


# history


def test_history_tells_each_change_of_record_and_lines_with_before_and_after(bench: Bench) -> None:
    record = bench.save("customers", {"name": "甲", "city": "北京"}, lines={"items": [item("手镯", quantity="1")]})
    line = record.lines["items"][0]
    bench.submit(
        "customers", {"city": "上海"}, ADMIN, record=record,
        lines={"items": [item(line_id=line.line_id, quantity="2")]},
    )  # fmt: skip
    changes = bench.repository.history("customers", record.record_id, ZHANG)
    told = [(change.table, change.verb, change.actor) for change in changes]
    assert told == [
        ("customers", "create", "S001 张三"),
        ("customers.items", "create", "S001 张三"),
        ("customers", "edit", "S000 管理员"),
        ("customers.items", "edit", "S000 管理员"),
    ]
    assert (changes[2].before["city"], changes[2].after["city"]) == ("北京", "上海")
    assert (changes[3].before, changes[3].after) == ({"quantity": "1"}, {"quantity": "2"})


def test_history_masks_what_the_record_masks_and_hides_records_not_his(bench: Bench) -> None:
    record = bench.customer("甲", WANG, phone="13912345678")
    (created,) = bench.repository.history("customers", record.record_id, COMPLIANCE)
    assert created.after["phone"] == "139****5678"
    assert bench.repository.history("customers", record.record_id, ZHANG) == ()


# withdrawing and restoring


@pytest.fixture
def lined(bench: Bench) -> Record:
    return bench.save("customers", {"name": "甲"}, lines={"items": [item("手镯"), item("项链")]})


def test_a_withdrawn_record_keeps_everything_but_its_status(bench: Bench, lined: Record) -> None:
    outcome = bench.withdraw(lined, ZHANG, reason="  与 C0002\n重复 ")
    assert isinstance(outcome, Saved)
    assert outcome.number == "C0001"
    now = bench.read("customers", lined.record_id)
    assert now.is_void
    assert now.values == lined.values
    assert (now.system["void_reason"], now.system["updated_by"]) == ("与 C0002 重复", "S001 张三")
    statuses = {row.values["status"] for row in bench.store.changed_rows("customers.items", 0)}
    assert statuses == {"已作废"}


def test_a_restored_record_is_as_before_with_its_lines(bench: Bench, lined: Record) -> None:
    bench.withdraw(lined)
    assert isinstance(bench.restore(bench.read("customers", lined.record_id)), Saved)
    now = bench.read("customers", lined.record_id)
    assert not now.is_void
    assert "void_reason" not in now.system
    assert now.lines == lined.lines
    assert names(bench, ADMIN, ListQuery(search="项链")) == ["甲"]


def test_a_line_removed_before_stays_removed_when_the_record_is_restored(bench: Bench, lined: Record) -> None:
    kept = lined.lines["items"][1]
    bench.submit("customers", {}, lines={"items": [item(line_id=kept.line_id)]}, record=lined)
    bench.withdraw(bench.read("customers", lined.record_id))
    bench.restore(bench.read("customers", lined.record_id))
    now = bench.read("customers", lined.record_id)
    assert [line.values["product"] for line in now.lines["items"]] == ["项链"]


@pytest.mark.parametrize(
    ("reason", "code"), [("", "R015"), (" \n", "R015"), ("长" * 501, "R016")], ids=["none", "blank", "long"]
)
def test_withdrawing_needs_a_reason_of_fitting_length(bench: Bench, reason: str, code: str) -> None:
    record = bench.customer("甲")
    assert codes(bench.withdraw(record, reason=reason)) == [code]


def test_a_record_withdrawn_or_restored_already_says_by_whom(bench: Bench) -> None:
    record = bench.customer("甲")
    assert codes(bench.restore(record)) == ["R014"]
    bench.withdraw(record, ADMIN, reason="重复")
    again = bench.withdraw(record, ZHANG)
    assert isinstance(again, Rejected)
    assert again.findings[0].code == "R011"
    assert again.findings[0].params["who"] == "S000 管理员"


def test_a_record_changed_since_it_was_shown_is_not_withdrawn(bench: Bench) -> None:
    record = bench.customer("甲")
    bench.submit("customers", {"city": "北京"}, record=record)
    assert codes(bench.withdraw(record)) == ["R017"]


@pytest.mark.parametrize(("actor", "code"), [(FINANCE, "P001"), (WANG, "P002")], ids=["no right", "not his"])
def test_who_may_not_withdraw_is_refused(bench: Bench, actor: Actor, code: str) -> None:
    record = bench.customer("甲")
    assert codes(bench.withdraw(record, actor)) == [code]
    assert not bench.read("customers", record.record_id).is_void


def test_withdrawing_twice_under_one_key_is_once(bench: Bench) -> None:
    record = bench.customer("甲")
    first = bench.withdraw(record, key="once")
    again = bench.withdraw(record, key="once")
    assert isinstance(first, Saved)
    assert isinstance(again, Saved)
    assert again.replayed
    assert len(bench.repository.history("customers", record.record_id, ADMIN)) == 2


def test_restoring_checks_that_what_it_held_alone_is_still_free(bench: Bench) -> None:
    record = bench.customer("甲")
    bench.withdraw(record)
    bench.customer("甲")
    outcome = bench.restore(bench.read("customers", record.record_id))
    assert codes(outcome) == ["R001"]
    assert bench.read("customers", record.record_id).is_void
