"""What the store tests share: a clock that stands still, one table with a column of every kind, short builders."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sheets_adapter.contract import Column, Put, Query, SerialRequest, Store, TableSpec, WriteBatch, Written

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=SHANGHAI)

ORDERS = TableSpec(
    "orders",
    (
        Column("no", indexed=True),
        Column("customer"),
        Column("quantity", "integer"),
        Column("rate", "decimal"),
        Column("amount", "money", indexed=True),
        Column("day", "date", indexed=True),
        Column("called_at", "datetime"),
        Column("paid", "bool"),
        Column("tags"),
        Column("status"),
        Column("created_at", "datetime"),
        Column("created_by"),
        Column("updated_at", "datetime"),
        Column("updated_by"),
    ),
)
ITEMS = TableSpec("orders.items", (Column("record_id", indexed=True), Column("product"), Column("status")))


class StandingClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)


def put(row_id: str, verb: str = "create", table: str = "orders", **given: object) -> Put:
    """A put of `row_id`; keywords that are options of Put are taken as such, all others are values."""
    options = ("if_match", "raw", "extra", "uniques", "lookups", "serials", "search")
    values = {key: str(value) for key, value in given.items() if key not in options}
    chosen = {key: value for key, value in given.items() if key in options}
    return Put(table, row_id, values, verb, **chosen)  # type: ignore[arg-type]


def batch(
    *puts: Put, key: str = "", actor: str = "S001 张三", at: datetime = NOON, source: str = "portal"
) -> WriteBatch:
    """The puts as one batch."""
    return WriteBatch(puts, actor, at, source, key)  # type: ignore[arg-type]


def written(store: Store, *puts: Put, key: str = "") -> Written:
    """Writes the puts and insists that they were not refused."""
    outcome = store.write(batch(*puts, key=key))
    assert isinstance(outcome, Written), outcome
    return outcome


def ids(store: Store, **query: object) -> list[str]:
    """Row ids of one page of orders."""
    return [row.row_id for row in store.query(Query("orders", **query)).rows]  # type: ignore[arg-type]


def serial(prefix: str = "PO", width: int = 3, suffix: str = "") -> SerialRequest:
    """A request to number the column `no`."""
    return SerialRequest("no", prefix, width, suffix)
