"""A random walk over a store's whole contract, held against a plain dictionary that knows nothing of the store."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from sheets_adapter.contract import ABSENT, Put, Query, Refused, SerialRequest, Stale, Store, WriteBatch, Written
from sheets_adapter.journal import Journal
from sheets_adapter.memory import MemoryStore
from tests.sheets_adapter.store_samples import NOON, ORDERS, StandingClock

ROW_IDS = st.sampled_from([f"r{number}" for number in range(6)])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.sampled_from(["甲", "乙", "=1+1", "00123"]),
        "amount": st.integers(-10_000, 10_000).map(
            lambda fen: f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"
        ),
        "quantity": st.integers(-20, 20).map(str),
        "rate": st.sampled_from(["0.5", "-0.25", "12", "0.125"]),
        "status": st.sampled_from(["有效", "已作废"]),
    },
)
RAWS = st.dictionaries(st.sampled_from(["day", "amount"]), st.sampled_from(["下周", "约三万"]), max_size=1)
CODES = st.sampled_from(["a", "b", "c"])
NUMBERED = {"integer": int, "decimal": float, "money": float}


class StoreMachine(RuleBasedStateMachine):
    """Drives `self.store` and `self.model`: row id → everything known of the row, as plain values."""

    keys = Bundle("keys")

    def open(self) -> Store:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.clock = StandingClock()
        self.store = self.open()
        self.store.ensure_table(ORDERS)
        self.model: dict[str, dict[str, Any]] = {}
        self.results: dict[str, tuple[str, dict[str, str]]] = {}
        self.revision = 0
        self.changes = 0
        self.counter = 0

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.place)

    def _write(self, put: Put, key: str = "") -> Written | Refused:
        return self.store.write(WriteBatch((put,), "S001 张三", NOON, "portal", key))

    def _holder(self, code: str, but: str) -> str | None:
        return next((row_id for row_id in sorted(self.model) if self._holds(row_id, code) and row_id != but), None)

    def _holds(self, row_id: str, code: str) -> bool:
        row = self.model[row_id]
        return row["code"] == code and row["values"].get("status") != "已作废"

    def _remember(self, row_id: str, values: dict[str, str], raw: dict[str, str], code: str, search: str) -> None:
        version = self.model[row_id]["version"] + 1 if row_id in self.model else 1
        self.revision += 1
        self.changes += 1
        self.model[row_id] = {
            "values": values,
            "raw": raw,
            "code": code,
            "search": search,
            "version": version,
            "revision": self.revision,
        }

    @initialize(target=keys)
    def first_key(self) -> str:
        return "key-0"

    @rule(row_id=ROW_IDS, values=VALUES, raw=RAWS, code=CODES, word=st.sampled_from(["合同", "50%", "a_b"]))
    def put_a_row(self, row_id: str, values: dict[str, str], raw: dict[str, str], code: str, word: str) -> None:
        outcome = self._write(Put("orders", row_id, values, "edit", raw=raw, uniques=(("no", code),), search=word))
        holder = self._holder(code, but=row_id)
        if holder and values.get("status") != "已作废":
            assert isinstance(outcome, Refused)
            assert outcome.problems[0].holder == holder  # type: ignore[union-attr]
        else:
            assert isinstance(outcome, Written)
            self._remember(row_id, values, raw, code, word)

    @rule(row_id=ROW_IDS, customer=st.sampled_from(["丙", "丁"]))
    def create_only_where_nothing_is(self, row_id: str, customer: str) -> None:
        outcome = self._write(Put("orders", row_id, {"customer": customer}, "create", if_match=ABSENT))
        if row_id in self.model:
            assert isinstance(outcome, Refused)
            assert isinstance(outcome.problems[0], Stale)
        else:
            self._remember(row_id, {"customer": customer}, {}, "", "")

    @rule(row_id=ROW_IDS, quantity=st.integers(0, 3).map(str))
    def edit_what_was_seen(self, row_id: str, quantity: str) -> None:
        """One edit under the ETag just read, then one under the ETag that this edit made stale."""
        seen = self.store.get("orders", row_id)
        if seen is None:
            return
        values = {**seen.values, "quantity": quantity}
        first = self._write(Put("orders", row_id, values, "edit", seen.etag))
        assert isinstance(first, Written)
        self._remember(row_id, values, {}, "", "")
        changed = first.rows[0].etag != seen.etag
        second = self._write(Put("orders", row_id, {**values, "customer": "后到"}, "edit", seen.etag))
        assert isinstance(second, Refused) == changed
        if not changed:
            self._remember(row_id, {**values, "customer": "后到"}, {}, "", "")

    @rule(target=keys, known=keys, row_id=ROW_IDS)
    def submit_once(self, known: str, row_id: str) -> str:
        """A key used again answers the row it first wrote; a new one writes and numbers a row."""
        request = SerialRequest("no", "PO", 3)
        outcome = self._write(Put("orders", row_id, {"customer": known}, "edit", serials=(request,)), known)
        assert isinstance(outcome, Written)
        if known in self.results:
            assert outcome.replayed
            assert (outcome.rows[0].row_id, outcome.rows[0].values) == self.results[known]
            return f"key-{len(self.results)}"
        self.counter += 1
        number = f"PO{self.counter:03}"
        assert outcome.rows[0].values == {"customer": known, "no": number}
        self._remember(row_id, {"customer": known, "no": number}, {}, number.lower(), number.lower())
        self.results[known] = (row_id, {"customer": known, "no": number})
        return f"key-{len(self.results)}"

    @rule(one=ROW_IDS, other=ROW_IDS, code=CODES)
    def two_rows_of_one_code_are_refused_whole(self, one: str, other: str, code: str) -> None:
        if one == other:
            return
        puts = tuple(Put("orders", row_id, {}, "edit", uniques=(("no", code),)) for row_id in (one, other))
        assert isinstance(self.store.write(WriteBatch(puts, "S001 张三", NOON)), Refused)

    @rule(key=st.sampled_from(["amount", "quantity", "rate", "customer"]), descending=st.booleans())
    def read_in_order(self, key: str, descending: bool) -> None:
        kind = {column.key: column.kind for column in ORDERS.columns}[key]
        number = NUMBERED.get(kind, str)
        there = [row_id for row_id in sorted(self.model, reverse=descending) if key in self.model[row_id]["values"]]
        blank = [row_id for row_id in sorted(self.model, reverse=descending) if row_id not in there]
        there.sort(key=lambda row_id: number(self.model[row_id]["values"][key]), reverse=descending)
        found, after = [], ""
        while True:
            page = self.store.query(Query("orders", sort=((key, descending),), limit=2, after=after))
            found += [row.row_id for row in page.rows]
            after = page.next
            if not after:
                break
        assert found == there + blank
        assert page.total == len(self.model)

    @rule(words=st.lists(st.sampled_from(["合同", "50%", "_", "po0"]), max_size=2, unique=True))
    def search(self, words: list[str]) -> None:
        page = self.store.query(Query("orders", search=tuple(words)))
        expected = [row_id for row_id in sorted(self.model) if all(w in self.model[row_id]["search"] for w in words)]
        assert [row.row_id for row in page.rows] == expected

    @invariant()
    def rows_are_as_the_model_has_them(self) -> None:
        found = self.store.get_many("orders", sorted(self.model))
        assert {row_id: (row.values, row.raw, row.version, row.revision) for row_id, row in found.items()} == {
            row_id: (row["values"], row["raw"], row["version"], row["revision"]) for row_id, row in self.model.items()
        }

    @invariant()
    def pairs_are_held_by_live_rows_only(self) -> None:
        codes = sorted({row["code"] for row in self.model.values() if row["code"]})
        expected = {code: tuple(row_id for row_id in sorted(self.model) if self._holds(row_id, code)) for code in codes}
        assert self.store.holders("orders", "no", codes) == {code: held for code, held in expected.items() if held}

    @invariant()
    def counters_agree(self) -> None:
        assert self.store.revision() == self.revision
        assert len(self.store.changes(limit=100_000)) == self.changes

    @invariant()
    def changes_replayed_from_nothing_give_the_rows(self) -> None:
        rows: dict[str, dict[str, str]] = {}
        for change in self.store.changes(limit=100_000):
            row = rows.setdefault(change.row_id, {})
            for name in change.before:
                del row[name]
            row.update(change.after)
        expected = {
            row_id: {**row["values"], **{f"raw:{key}": text for key, text in row["raw"].items()}}
            for row_id, row in self.model.items()
        }
        assert rows == expected


class JournalMachine(StoreMachine):
    def open(self) -> Store:
        return Journal(self.place / "portal.journal", clock=self.clock)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.open()


class MemoryMachine(StoreMachine):
    def open(self) -> Store:
        return MemoryStore(clock=self.clock)


_QUICK = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
TestJournalWalk = JournalMachine.TestCase
TestJournalWalk.settings = _QUICK
TestMemoryWalk = MemoryMachine.TestCase
TestMemoryWalk.settings = _QUICK
