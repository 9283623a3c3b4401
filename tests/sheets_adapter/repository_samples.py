"""What the repository tests share: four small templates, a handful of people, one bench to work at."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.catalogue import Catalogue
from schemas.record import Actor, Record, Rejected, Saved, Submission, Typed, TypedLine
from schemas.template import Template
from sheets_adapter.contract import Store
from sheets_adapter.journal import Journal
from sheets_adapter.memory import MemoryStore
from sheets_adapter.repository import Gate, Repository
from tests.sheets_adapter.store_samples import StandingClock


def _labelled(fields: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "label": {"zh": one["key"], "en": one["key"]}, **one} for one in fields]


def template(key: str, fields: Sequence[dict[str, Any]], **options: Any) -> Template:
    """A template with labels made from its keys; everybody's rights come from `options`."""
    own = {
        "key": key,
        "version": 1,
        "label": {"zh": key, "en": key},
        "fields": _labelled(fields),
        "list_view": {"columns": [fields[0]["key"]]},
    }
    return Template.model_validate({**own, **options})


STAFF = template(
    "staff",
    [{"key": "staff_id"}, {"key": "name", "required": True}, {"key": "dept"}],
    record_key="staff_id",
    display="name",
    permissions={"read": {"sales_rep": "all"}},
)
CUSTOMERS = template(
    "customers",
    [
        {"key": "customer_id", "type": "serial", "serial": "C{seq:4}"},
        {"key": "name", "required": True, "unique": True, "similar": "company"},
        {"key": "city"},
        {"key": "segment"},
        {"key": "phone", "type": "phone", "pii": True},
        {"key": "owner", "type": "user", "owner": True},
        {"key": "cost", "type": "money", "read_roles": ["finance"]},
        {"key": "amount", "type": "money"},
        {"key": "doubled", "type": "computed", "compute": "amount * 2", "result": "money"},
        {"key": "note", "type": "long_text"},
    ],
    record_key="customer_id",
    display="name",
    unique=[["city", "segment"]],
    lines=[
        {
            "key": "items",
            "label": {"zh": "明细", "en": "Items"},
            "fields": _labelled(
                [
                    {"key": "product", "required": True},
                    {"key": "quantity", "type": "integer"},
                    {"key": "remark"},
                ]
            ),
        }
    ],
    permissions={
        "create": ["sales_rep", "sales_manager"],
        "edit": ["sales_rep", "sales_supervisor", "finance", "back_office"],
        "withdraw": ["sales_rep"],
        "read": {"sales_rep": "own", "sales_supervisor": "department", "finance": "all", "compliance": "all"}
        | {"back_office": "department"},
    },
)
VISITS = template(
    "visits",
    [{"key": "customer", "type": "reference", "to": "customers", "required": True}, {"key": "topic"}],
    owner_via="customer",
    permissions={"create": ["sales_rep"], "edit": ["sales_rep"], "read": {"sales_rep": "own", "compliance": "all"}},
)
ORDERS = template(
    "orders",
    [
        {"key": "no", "unique": True},
        {"key": "total", "type": "computed", "compute": "sum(items.quantity * items.price)", "result": "money"},
    ],
    record_key="no",
    lines=[
        {
            "key": "items",
            "label": {"zh": "明细", "en": "Items"},
            "fields": _labelled([{"key": "quantity", "type": "integer"}, {"key": "price", "type": "money"}]),
        }
    ],
)
CATALOGUE = Catalogue((STAFF, CUSTOMERS, VISITS, ORDERS))

ADMIN = Actor("a0", "S000", "管理员", frozenset({"admin"}))
ZHANG = Actor("a1", "S001", "张三", frozenset({"sales_rep"}), "销售一部")
LI = Actor("a2", "S002", "李四", frozenset({"sales_rep"}), "销售一部")
WANG = Actor("a3", "S003", "王五", frozenset({"sales_rep"}), "销售二部")
SUPERVISOR = Actor("a4", "S004", "赵六", frozenset({"sales_supervisor"}), "销售一部")
FINANCE = Actor("a5", "S005", "钱七", frozenset({"finance"}), "财务部")
COMPLIANCE = Actor("a6", "S006", "孙八", frozenset({"compliance"}), "合规部")
CLERK = Actor("a8", "S008", "吴十", frozenset({"back_office"}), "销售一部")
NOBODY = Actor("a7", "S007", "周九", frozenset())
PEOPLE = (ADMIN, ZHANG, LI, WANG, SUPERVISOR, FINANCE, COMPLIANCE)


class Bench:
    """A repository with the people in it, and short ways to use it."""

    def __init__(self, store: Store, clock: StandingClock, gates: Sequence[Gate] = ()) -> None:
        self.store = store
        self.clock = clock
        self._ids = (f"id{number:04}" for number in itertools.count(1))
        self._keys = (f"key{number}" for number in itertools.count(1))
        self.repository = self.another(store, gates)

    def another(self, store: Store, gates: Sequence[Gate] = ()) -> Repository:
        """A further repository, over this or a wrapped store."""
        return Repository(store, CATALOGUE, clock=self.clock, new_id=lambda: next(self._ids), gates=gates)

    def with_people(self) -> Bench:
        """Writes the staff records."""
        for person in PEOPLE:
            values = {"staff_id": person.staff_id, "name": person.staff_name, "dept": person.department}
            self.save("staff", values, ADMIN)
        return self

    def submit(
        self,
        table: str,
        values: Mapping[str, Typed],
        actor: Actor = ZHANG,
        *,
        lines: Mapping[str, Sequence[TypedLine]] | None = None,
        record: Record | None = None,
        key: str = "",
        confirmed: frozenset[str] = frozenset(),
        repository: Repository | None = None,
    ) -> Saved | Rejected:
        """Submits a form that showed `record`, under a new one-time key unless one is given."""
        submission = Submission(
            table, key or next(self._keys), values, lines or {}, record.record_id if record else "",
            etags_of(record) if record else {}, confirmed,
        )  # fmt: skip
        return (repository or self.repository).submit(submission, actor)

    def save(self, table: str, values: Mapping[str, Typed], actor: Actor = ZHANG, **options: Any) -> Record:
        """Submits, insists that it was saved, and answers the record as the administrator sees it."""
        outcome = self.submit(table, values, actor, **options)
        assert isinstance(outcome, Saved), outcome
        return self.read(table, outcome.record_id)

    def customer(self, name: str = "华润置地", actor: Actor = ZHANG, **values: Typed) -> Record:
        """A saved customer."""
        return self.save("customers", {"name": name, **values}, actor)

    def read(self, table: str, record_id: str, actor: Actor = ADMIN) -> Record:
        """The record, which must be his to see."""
        record = self.repository.get(table, record_id, actor)
        assert record is not None
        return record

    def withdraw(self, record: Record, actor: Actor = ADMIN, reason: str = "重复", key: str = "") -> Saved | Rejected:
        """Withdraws the record as it was shown."""
        return self.repository.withdraw(
            record.template, record.record_id, reason=reason, etag=record.etag, key=key or next(self._keys), actor=actor
        )

    def restore(self, record: Record, actor: Actor = ADMIN) -> Saved | Rejected:
        """Restores the record as it was shown."""
        return self.repository.restore(
            record.template, record.record_id, etag=record.etag, key=next(self._keys), actor=actor
        )


def etags_of(record: Record) -> dict[str, str]:
    """What a form remembers of the record it shows."""
    lines = {line.line_id: line.etag for rows in record.lines.values() for line in rows}
    return {record.record_id: record.etag, **lines}


def item(product: str = "", line_id: str = "", **values: Typed) -> TypedLine:
    """One typed row of the line table `items`."""
    return TypedLine(line_id, {"product": product, **values} if product else values)


def codes(outcome: Saved | Rejected) -> list[str]:
    """Codes of the findings of a rejection, or of the warnings of a success."""
    found = outcome.findings if isinstance(outcome, Rejected) else outcome.warnings
    return [finding.code for finding in found]


def open_bench(kind: str, place: Path, gates: Sequence[Gate] = ()) -> Bench:
    """A bench over a new store of that kind: memory or journal."""
    clock = StandingClock()
    store: Store = MemoryStore(clock=clock) if kind == "memory" else Journal(place / "portal.journal", clock=clock)
    return Bench(store, clock, gates).with_people()
