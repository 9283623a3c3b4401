"""A repository over the benchmark table, filled with any number of rows, in a folder of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.data import HEADERS, BenchmarkRow, benchmark_rows
from schemas.catalogue import Catalogue
from schemas.folding import fold
from schemas.record import LIVE, Actor, Submission
from schemas.template import Template
from sheets_adapter.contract import Put, Store, WriteBatch
from sheets_adapter.journal import Journal
from sheets_adapter.record_tables import moment_text
from sheets_adapter.repository import Repository

KEYS = ("no", "day", "dept", "category", "state", "name", "phone", "project", "quantity", "price", "amount", "note")
TYPES = (
    "text",
    "date",
    "choice",
    "choice",
    "choice",
    "text",
    "phone",
    "text",
    "integer",
    "decimal",
    "money",
    "long_text",
)
CHOICES = {
    "dept": ("销售一部", "销售二部", "客服部", "财务部", "行政部", "技术部"),
    "category": ("办公用品", "差旅", "招待", "设备", "服务", "礼品"),
    "state": ("草稿", "已提交", "审批中", "已通过", "已驳回"),
}
ACTOR = Actor("a1", "S001", "张三", frozenset({"admin"}))
_FILLED_AT_ONCE = 5_000


def now() -> datetime:
    """The time, as the composition root would give it."""
    return datetime.now(ZoneInfo("Asia/Shanghai"))


def expenses() -> Template:
    """The 12-field table: 编号 unique, choices, a phone, numbers, money, a long text."""

    def field(key: str, kind: str, header: str) -> dict[str, Any]:
        label = {"zh": header, "en": key}
        choices = [{"value": value, "en": value} for value in CHOICES.get(key, ())]
        return {"key": key, "type": kind, "label": label, "unique": key == "no", "choices": choices}

    fields = [field(*each) for each in zip(KEYS, TYPES, HEADERS, strict=True)]
    fields[0]["required"] = True
    return Template.model_validate(
        {
            "key": "expenses",
            "version": 1,
            "label": {"zh": "采购登记", "en": "Purchases"},
            "fields": fields,
            "record_key": "no",
            "list_view": {"columns": ["no", "day", "project"], "sort": ["-day"]},
        }
    )


def texts_of(row: BenchmarkRow) -> dict[str, str]:
    """The row as canonical texts by field key."""
    texts = dict(zip(KEYS, map(str, row), strict=True))
    return {**texts, "price": format(row[9].normalize(), "f"), "amount": f"{row[10]:.2f}"}


def filled_repository(folder: Path, rows: int) -> Repository:
    """A repository whose journal holds that many rows already."""
    journal = Journal(folder / f"{rows}.journal", clock=now)
    numbers = itertools.count(1)
    repository = Repository(journal, Catalogue((expenses(),)), clock=now, new_id=lambda: f"new{next(numbers):023}")
    fill(journal, rows, now())
    return repository


def fill(store: Store, rows: int, at: datetime) -> None:
    """Writes that many rows straight into the store."""
    for start in range(0, rows, _FILLED_AT_ONCE):
        some = enumerate(benchmark_rows(min(_FILLED_AT_ONCE, rows - start), seed=start, start=start + 1), start)
        puts = tuple(_put(row, at - timedelta(seconds=97 * (rows - number))) for number, row in some)
        store.write(WriteBatch(puts, ACTOR.signature, at, "import"))


def system_texts(at: datetime) -> dict[str, str]:
    """System columns of a record made and last changed then."""
    made = {"created_at": moment_text(at), "created_by": ACTOR.signature}
    return {"status": LIVE, **made, "updated_at": moment_text(at), "updated_by": ACTOR.signature}


def _put(row: BenchmarkRow, at: datetime) -> Put:
    texts = texts_of(row)
    system = system_texts(at)
    search = fold("|".join(texts.values()))
    values = {key: text for key, text in {**texts, **system}.items() if text}
    return Put("expenses", f"old{texts['no']}", values, "create", uniques=(("no", fold(texts["no"])),), search=search)


def submissions(count: int, *, seed: int) -> Iterator[Submission]:
    """New records as a form submits them; every key and 编号 is new for another seed."""
    for row in benchmark_rows(count, seed=seed, start=10_000_000 * seed):
        texts = texts_of(row)
        yield Submission("expenses", f"key-{seed}-{texts['no']}", texts)
