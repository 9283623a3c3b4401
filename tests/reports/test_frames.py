"""Frames hold canonical texts as typed columns; what does not fit is missing and reported."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from reports.frames import ReportInputError, frames_of, require_columns
from reports.statement import Source, source_of
from schemas.template import Template

SALE = Template.model_validate(
    {
        "key": "sale",
        "version": 1,
        "label": {"zh": "销售", "en": "Sales"},
        "fields": [
            {
                "key": "customer_id",
                "type": "reference",
                "to": "customer_info",
                "label": {"zh": "客户", "en": "Customer"},
            },
            {"key": "amount", "type": "money", "label": {"zh": "金额", "en": "Amount"}},
            {"key": "rate", "type": "percent", "label": {"zh": "比例", "en": "Rate"}},
            {"key": "sold_on", "type": "date", "label": {"zh": "日期", "en": "Date"}},
            {"key": "told_at", "type": "datetime", "label": {"zh": "告知", "en": "Told"}},
            {"key": "counts", "type": "bool", "label": {"zh": "计入", "en": "Counts"}},
            {"key": "tags", "type": "multi_choice", "label": {"zh": "标签", "en": "Tags"}},
            {"key": "total", "type": "computed", "result": "money", "label": {"zh": "合计", "en": "Total"}},
        ],
        "lines": [
            {
                "key": "lines",
                "label": {"zh": "明细", "en": "Lines"},
                "fields": [{"key": "qty", "type": "integer", "label": {"zh": "数量", "en": "Quantity"}}],
            }
        ],
        "list_view": {"columns": ["customer_id"]},
    }
)
ROW = {
    "record_id": "r1",
    "status": "有效",
    "submitted_at": "2026-10-01 09:30:00",
    "customer_id": "C0001",
    "amount": "-1234.50",
    "rate": "0.253",
    "sold_on": "2026-10-01",
    "told_at": "2026-10-01 10:00:00",
    "counts": "否",
    "tags": "效率、合规",
    "total": "0.10",
}


def test_each_field_type_has_its_column_type() -> None:
    frames, findings = frames_of([SALE], {"sale": [ROW]})
    row = frames["sale"].iloc[0]
    assert findings == ()
    assert (row.customer_id, row.amount, row.rate, row.total) == ("C0001", -123450, Decimal("0.253"), 10)
    assert row.sold_on == pd.Timestamp("2026-10-01")
    assert row.told_at == pd.Timestamp("2026-10-01 10:00", tz="Asia/Shanghai")
    assert row.counts is not pd.NA
    assert not row.counts
    assert row.tags == ("效率", "合规")
    assert str(frames["sale"]["sold_on"].dtype) == "datetime64[s]"
    assert str(frames["sale"]["submitted_at"].dtype) == "datetime64[s, Asia/Shanghai]"


def test_empty_fields_are_missing_never_zero() -> None:
    frames, _ = frames_of([SALE], {"sale": [{"record_id": "r1"}]})
    row = frames["sale"].iloc[0]
    assert row.customer_id == ""
    assert all(pd.isna(row[column]) for column in ("amount", "rate", "sold_on", "told_at", "counts"))
    assert row.tags == ()


def test_a_table_without_rows_has_its_columns_all_the_same() -> None:
    frames, _ = frames_of([SALE], {})
    assert list(frames["sale.lines"].columns) == ["qty", "record_id", "line_no", "status", "line_id"]
    assert str(frames["sale"]["amount"].dtype) == "Int64"


def test_withdrawn_records_and_their_lines_are_gone() -> None:
    rows = {
        "sale": [{"record_id": "r1"}, {"record_id": "r2", "status": "已作废"}],
        "sale.lines": [
            {"record_id": "r1", "line_no": "1", "qty": "1"},
            {"record_id": "r1", "line_no": "2", "qty": "2", "status": "已作废"},
            {"record_id": "r2", "line_no": "1", "qty": "3"},
        ],
    }
    frames, _ = frames_of([SALE], rows)
    assert list(frames["sale"]["record_id"]) == ["r1"]
    assert list(frames["sale.lines"]["qty"]) == [1]


@pytest.mark.parametrize(
    ("column", "text"),
    [("amount", "NaN"), ("amount", "1.005"), ("amount", "约三千"), ("rate", "Infinity"), ("sold_on", "2026-02-30")],
)
def test_a_text_that_does_not_fit_is_missing_and_reported(column: str, text: str) -> None:
    frames, findings = frames_of([SALE], {"sale": [ROW | {column: text}]})
    assert pd.isna(frames["sale"].iloc[0][column])
    (finding,) = findings
    assert (finding.code, finding.params["field"], finding.params["value"]) == ("E201", column, text)
    assert source_of(finding) == Source("sale", "r1")


def test_absent_columns_are_named() -> None:
    frames, _ = frames_of([SALE], {})
    assert require_columns(frames, "deal", ["amount"]) is None
    with pytest.raises(ReportInputError, match="'sale' lacks the columns paid_on, seller_id"):
        require_columns(frames, "sale", ["amount", "paid_on", "seller_id"])
