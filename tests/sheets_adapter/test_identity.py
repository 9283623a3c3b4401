"""Which row of a sheet is which record."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sheets_adapter.codec import Seen
from sheets_adapter.identity import Identified, IdScheme, Missing, identify
from sheets_adapter.row_reading import DecodedRow


def row(number: int, row_id: str = "", **cells: str) -> DecodedRow:
    return DecodedRow(number, row_id, Seen(cells, {"record_id": row_id} if row_id else {}))


def expected(number: int, *, anonymous: bool = False, **cells: str) -> Missing:
    return Missing(Seen(cells, {}), number, anonymous)


def identified(
    rows: list[DecodedRow], missing: dict[str, Missing] | None = None, settled: tuple[str, ...] = ()
) -> Identified:
    ids = itertools.count(1)
    columns = ("customer_id", "name", "phone", "note")
    scheme = IdScheme("客户信息", ("customer_id",), columns, ("记录编号", "Z"), lambda: f"NEW{next(ids)}")
    return identify(rows, settled, missing or {}, scheme)


def found(result: Identified) -> dict[str, int]:
    return {row_id: one.row for row_id, one in result.rows.items()}


def test_a_row_keeps_the_id_it_shows() -> None:
    assert found(identified([row(2, "r1", name="甲"), row(3, "r2", name="乙")])) == {"r1": 2, "r2": 3}


def test_a_row_without_an_id_is_new() -> None:
    result = identified([row(2, name="甲")])
    assert (found(result), result.new, result.findings) == ({"NEW1": 2}, {"NEW1"}, ())


def test_of_two_rows_with_one_id_the_first_keeps_it_and_the_copy_is_reported() -> None:
    result = identified([row(2, "r1", name="甲"), row(3, "r1", name="甲改")])
    assert found(result) == {"r1": 2, "NEW1": 3}
    assert [(one.code, str(one.at)) for one in result.findings] == [("S064", "客户信息!3")]


def test_a_copy_above_its_original_does_not_take_the_original_s_id() -> None:
    result = identified([row(2, "r1", name="甲改")], settled=("r1",))
    assert found(result) == {"NEW1": 2}


def test_a_row_whose_id_was_erased_is_known_by_its_content() -> None:
    result = identified([row(5, name="甲", note="x")], {"r1": expected(2, name="甲", note="x")})
    assert found(result) == {"r1": 5}


def test_a_row_without_an_id_is_known_by_its_record_key() -> None:
    missing = {"r1": expected(2, customer_id="C0001", name="甲"), "r2": expected(3, customer_id="C0002", name="乙")}
    assert found(identified([row(5, customer_id="C0002", name="改名")], missing)) == {"r2": 5}


def test_a_row_typed_on_while_its_id_is_on_its_way_is_known_by_its_place() -> None:
    missing = {"r1": expected(5, anonymous=True, name="甲")}
    assert found(identified([row(5, name="甲", phone="138")], missing)) == {"r1": 5}


def test_another_row_in_the_place_of_a_waiting_one_is_not_taken_for_it() -> None:
    missing = {"r1": expected(5, anonymous=True, name="甲", phone="138", note="x")}
    assert found(identified([row(5, name="乙", phone="139")], missing)) == {"NEW1": 5}


def test_a_named_record_is_never_guessed_from_its_place() -> None:
    assert found(identified([row(5, name="甲", phone="138")], {"r1": expected(5, name="甲")})) == {"NEW1": 5}


def test_equal_rows_without_ids_are_as_many_records_as_rows() -> None:
    missing = {"r1": expected(2, name="甲")}
    assert found(identified([row(2, name="甲"), row(3, name="甲")], missing)) == {"r1": 2, "NEW1": 3}


def test_a_column_somebody_took_out_or_put_in_does_not_make_a_row_unknown() -> None:
    missing = {"r1": expected(2, name="甲", credit="100")}
    assert found(identified([row(5, name="甲", **{"extra:等级": "高"})], missing)) == {"r1": 5}


def test_an_id_typed_over_is_put_back_where_the_row_is_known_by_its_content_or_key() -> None:
    missing = {"r1": expected(2, name="甲"), "r2": expected(3, customer_id="C0002", name="乙")}
    result = identified([row(2, "乱写", name="甲"), row(3, "也乱写", customer_id="C0002", name="改名")], missing)
    assert (found(result), result.new) == ({"r1": 2, "r2": 3}, frozenset())
    assert [(one.code, str(one.at), one.params["value"], one.params["kept"]) for one in result.findings] == [
        ("S066", "客户信息!Z2", "乱写", "r1"), ("S066", "客户信息!Z3", "也乱写", "r2"),
    ]  # fmt: skip


def test_an_id_nobody_gave_out_stays_with_a_row_like_no_missing_one() -> None:
    assert found(identified([row(5, "X9", name="丙")], {"r1": expected(2, name="甲")})) == {"X9": 5}


contents = st.fixed_dictionaries({"name": st.sampled_from("甲乙")})
sheets = st.lists(st.tuples(st.sampled_from(["", "r1", "r2", "r3"]), contents), max_size=8)


@given(sheets)
def test_every_row_gets_one_id_of_its_own(sheet: list[tuple[str, dict[str, str]]]) -> None:
    rows = [row(number, row_id, **cells) for number, (row_id, cells) in enumerate(sheet, 2)]
    result = identified(rows, {"r1": expected(2, name="甲"), "r9": expected(3, name="乙")})
    assert sorted(one.row for one in result.rows.values()) == [one.row for one in rows]
    assert {row_id for row_id, _ in sheet if row_id == "r1"} <= result.rows.keys()
