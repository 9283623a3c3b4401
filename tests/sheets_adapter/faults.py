"""Stores around stores, for tests: one that fails when told, one that counts calls, one that refuses to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

from sheets_adapter.contract import Store, StoreUnavailable

Moment = Literal["before", "after"]


class StoreAround:
    """Answers like `inner`; a subclass says in `call` what happens around each method."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found
        return lambda *given, **named: self.call(name, lambda: found(*given, **named))

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        return work()


class FlakyStore(StoreAround):
    """Fails the next calls it was told to fail: before they had any effect, or after, when the answer is lost."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self._failures: list[tuple[str, Moment, str]] = []

    def fail_next(self, name: str, moment: Moment, *, times: int = 1, code: str = "S005") -> None:
        """Makes the next `times` calls of the method `name` raise StoreUnavailable with that code."""
        self._failures += [(name, moment, code)] * times

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        planned = next((failure for failure in self._failures if failure[0] == name), None)
        if planned is None:
            return work()
        self._failures.remove(planned)
        if planned[1] == "after":
            work()
        raise StoreUnavailable(planned[2], path="portal.journal", reason="test")


class CountingStore(StoreAround):
    """Counts calls by method name."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.calls: Counter[str] = Counter()

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        self.calls[name] += 1
        return work()


class ReadOnlyStore(StoreAround):
    """Answers reads and refuses every write, as a store on a read-only disk does."""

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        if name in ("write", "ensure_table"):
            raise StoreUnavailable("S004", path="portal.journal", reason="read-only")
        return work()
