"""Frames kept up to date are the frames that reading everything anew would give."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.frame_book import FrameBook
from reports.frames import frames_of
from tests.reports.books import catalogue

Row = dict[str, str]
TEMPLATES = [catalogue()[key] for key in ("sales_order", "gift_request", "acceptance", "customer_info", "deal")]


def order(number: int, *, delivered: str = "", status: str = "有效") -> tuple[str, Row]:
    return "sales_order", {
        "record_id": f"o{number}", "order_no": f"PO{number}", "customer_id": f"C{number % 3}", "status": status,
        "confirmed_on": "2026-10-01", "delivery_on": "2026-10-20", "amount": "12.50", "delivered_on": delivered,
    }  # fmt: skip


def acceptance(number: int) -> tuple[str, Row]:
    return "acceptance", {
        "record_id": f"a{number}", "order_no": f"PO{number}", "kind": "产品验收", "status": "有效", "result": "通过",
        "received_at": "2026-10-21 09:00:00", "accepted_on": "2026-10-22",
    }  # fmt: skip


def gift(number: int, *, status: str = "有效", budget: str = "") -> tuple[str, Row]:
    return "gift_request", {"record_id": f"g{number}", "status": status, "total_value": budget}


def gift_line(number: int, of: int, value: str, *, status: str = "有效") -> tuple[str, Row]:
    return "gift_request.lines", {
        "record_id": f"g{of}", "line_id": f"l{number}", "line_no": str(number), "value": value, "status": status,
    }  # fmt: skip


writes = st.one_of(
    st.builds(order, st.integers(0, 5), delivered=st.sampled_from(["", "2026-10-19", "2026-10-25", "错"]),
              status=st.sampled_from(["有效", "已作废"])),
    st.builds(acceptance, st.integers(0, 5)),
    st.builds(gift, st.integers(0, 2), status=st.sampled_from(["有效", "已作废"]), budget=st.sampled_from(["", "无"])),
    st.builds(gift_line, st.integers(0, 4), st.integers(0, 2), st.sampled_from(["3.00", "x"]),
              status=st.sampled_from(["有效", "已作废"])),
)  # fmt: skip


class Journal:
    """Rows as a journal gives them: the last content of each row, in the order they were last written."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[int, Row]] = {}
        self.revision = 0

    def write(self, table: str, row: Row) -> None:
        self.revision += 1
        self.rows[table, row.get("line_id", row["record_id"])] = (self.revision, row)

    def since(self, revision: int) -> dict[str, list[Row]]:
        found: dict[str, list[tuple[int, Row]]] = {}
        for (table, _), (at, row) in self.rows.items():
            if at > revision:
                found.setdefault(table, []).append((at, row))
        return {table: [row for _, row in sorted(rows, key=lambda each: each[0])] for table, rows in found.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(writes, max_size=4), min_size=1, max_size=6))
def test_frames_kept_up_to_date_are_those_read_anew(
    batches: Sequence[Sequence[tuple[str, Row]]],
) -> None:
    journal, book, seen = Journal(), FrameBook(TEMPLATES, "Asia/Shanghai"), 0
    for batch in batches:
        for table, row in batch:
            journal.write(table, row)
        book.take(journal.since(seen))
        seen = journal.revision
        frames, findings = frames_of(TEMPLATES, journal.since(0))
        for table, frame in frames.items():
            pd.testing.assert_frame_equal(book.frames[table], frame)
        assert sorted(map(str, book.findings)) == sorted(map(str, findings))


def test_a_table_nothing_was_written_to_stays_the_same_frame() -> None:
    book = FrameBook(TEMPLATES, "Asia/Shanghai")
    book.take({"sales_order": [order(1)[1]], "acceptance": [acceptance(1)[1]]})
    before = book.frames
    book.take({"sales_order": [order(2)[1]]})
    assert book.frames["acceptance"] is before["acceptance"]
    assert book.frames["sales_order"] is not before["sales_order"]


def test_lines_go_and_come_with_their_record() -> None:
    book = FrameBook(TEMPLATES, "Asia/Shanghai")
    book.take({"gift_request": [gift(1)[1]], "gift_request.lines": [gift_line(1, 1, "3.00")[1]]})
    for status, expected in (("已作废", []), ("有效", ["l1"])):
        book.take({"gift_request": [gift(1, status=status)[1]]})
        assert book.frames["gift_request.lines"]["line_id"].tolist() == expected


@pytest.mark.parametrize("text", ["错", "2026-13-01"])
def test_a_bad_cell_is_told_until_it_is_put_right(text: str) -> None:
    book = FrameBook(TEMPLATES, "Asia/Shanghai")
    book.take({"sales_order": [order(1, delivered=text)[1]]})
    assert [finding.code for finding in book.findings] == ["E201"]
    book.take({"sales_order": [order(1, delivered="2026-10-19")[1]]})
    assert book.findings == ()
