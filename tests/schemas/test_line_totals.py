"""What stands below a line table."""

from __future__ import annotations

from schemas.line_totals import line_totals
from schemas.template import LineTable

LINE = LineTable.model_validate(
    {
        "key": "items",
        "label": {"zh": "明细", "en": "Items"},
        "fields": [
            {"key": "what", "type": "text", "label": {"zh": "品名", "en": "Item"}},
            {"key": "pieces", "type": "integer", "label": {"zh": "数量", "en": "Pieces"}},
            {"key": "price", "type": "money", "label": {"zh": "单价", "en": "Price"}},
            {"key": "freight", "type": "money", "label": {"zh": "运费", "en": "Freight"}},
            {"key": "amount", "type": "computed", "result": "money", "compute": "pieces * price + freight",
             "label": {"zh": "金额", "en": "Amount"}},
        ],
    }
)  # fmt: skip
ROWS = [
    {"what": "戒指", "pieces": "2", "price": "100.00", "freight": "5.00", "amount": "205.00"},
    {"what": "项链", "pieces": "1", "price": "50.50", "amount": "50.50"},
]


def test_amounts_and_pieces_add_up_and_prices_per_piece_do_not() -> None:
    assert line_totals(LINE, ROWS) == {"pieces": "3", "freight": "5.00", "amount": "255.50"}


def test_without_rows_there_is_nothing_to_add() -> None:
    assert line_totals(LINE, []) == {}
