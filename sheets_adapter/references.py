"""References between records: key ↔ display, kept in memory and refreshed by what the store wrote since."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.folding import fold
from schemas.record import VOID
from schemas.template import Template
from sheets_adapter.contract import Row, Store
from sheets_adapter.record_tables import display_of
from sheets_adapter.reference_search import Haystack

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Target:
    """One record others may refer to. `folded` is what the picker searches: key and display."""

    row_id: str
    key: str
    display: str
    is_live: bool
    folded: str


_Fields = tuple[str, str, str, bool, str]


class _Targets:
    """The targets of one template, as of a revision of the store.

    There may be hundreds of thousands, so they lie as plain tuples of texts: those the garbage collector leaves out,
    which Streamlit runs after every rerun.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self.revision = 0
        self._rows: dict[str, _Fields] = {}
        """Row id → the fields of its `Target`."""
        self._by_key: dict[str, tuple[str, ...]] = {}
        self._by_text: dict[str, tuple[str, ...]] = {}
        self.live = 0
        self._haystack: Haystack | None = None

    def refresh(self, store: Store, revision: int) -> None:
        """Takes in what was written since the last time."""
        wanted = {self._template.record_key, self._template.display, "status"} - {None}
        columns = [key for key in wanted if key]
        for row in store.changed_rows(self._template.key, self.revision, columns=columns):
            self._haystack = None
            self._forget(row.row_id)
            self._keep(row)
        self.revision = revision

    def _keep(self, row: Row) -> None:
        template = self._template
        key = row.values.get(template.record_key, "") if template.record_key else row.row_id
        if not key:
            return
        display = display_of(template, row.values, row.row_id)
        is_live = row.values.get("status") != VOID
        fields = (row.row_id, key, display, is_live, f"{fold(key)} {fold(display)}")
        self._rows[row.row_id] = fields
        for index, text in self._entries(fields):
            index[text] = (*index.get(text, ()), row.row_id)
        self.live += is_live

    def _entries(self, fields: _Fields) -> Iterator[tuple[dict[str, tuple[str, ...]], str]]:
        _, key, _, _, folded = fields
        yield self._by_key, key
        folded_key, _, folded_display = folded.partition(" ")
        yield self._by_text, folded_key
        if folded_display != folded_key:
            yield self._by_text, folded_display

    def _forget(self, row_id: str) -> None:
        fields = self._rows.pop(row_id, None)
        if fields is None:
            return
        self.live -= Target(*fields).is_live
        for index, text in self._entries(fields):
            rest = tuple(other for other in index[text] if other != row_id)
            if rest:
                index[text] = rest
            else:
                del index[text]

    def of_key(self, key: str) -> Target | None:
        """The record of that key, a live one first."""
        found = self._targets(self._by_key.get(key, ()))
        return next((target for target in found if target.is_live), found[0] if found else None)

    def of_text(self, text: str) -> tuple[str, ...]:
        """Keys whose folded key or display is that text: of live records, else of withdrawn ones."""
        found = self._targets(self._by_text.get(fold(text), ()))
        live = {target.key for target in found if target.is_live}
        return tuple(sorted(live or {target.key for target in found}))

    def search(self, words: Sequence[str], limit: int) -> list[Target]:
        """Live targets that hold every word, those that begin with the first word before others, then by key."""
        if self._haystack is None:
            rows = self._rows.values()
            self._haystack = Haystack((key, folded, row_id) for row_id, key, _, is_live, folded in rows if is_live)
        return self._targets(self._haystack.search(words, limit))

    def _targets(self, row_ids: Iterable[str]) -> list[Target]:
        return [Target(*self._rows[row_id]) for row_id in row_ids]


class ReferenceIndex:
    """`References` over all templates of a catalogue. A call costs one look at the store's revision."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._targets: dict[str, _Targets] = {}
        self._lock = threading.RLock()

    def display(self, template: str, key: str) -> str | None:
        """Display text of a live or withdrawn record."""
        with self._lock:
            target = self._fresh(template).of_key(key) if self._knows(template) else None
            return target.display if target else None

    def displays(self, template: str, keys: Iterable[str]) -> dict[str, str]:
        """key → display text of those that exist: one look at the store for all of them."""
        if not self._knows(template):
            return {}
        with self._lock:
            targets = self._fresh(template)
            found = {key: targets.of_key(key) for key in keys}
        return {key: target.display for key, target in found.items() if target}

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        """Keys of the records the text may mean."""
        if not self._knows(template):
            return ()
        with self._lock:
            targets = self._fresh(template)
            return (text,) if targets.of_key(text) else targets.of_text(text)

    def is_live(self, template: str, key: str) -> bool:
        """Whether there is a record of that key that is not withdrawn."""
        with self._lock:
            target = self._fresh(template).of_key(key) if self._knows(template) else None
            return target is not None and target.is_live

    def find(self, template: str, key: str) -> Target | None:
        """The record of that key."""
        with self._lock:
            return self._fresh(template).of_key(key) if self._knows(template) else None

    def search(self, template: str, words: Iterable[str], limit: int) -> list[Target]:
        """Live records that hold every folded word in key or display."""
        if not self._knows(template):
            return []
        with self._lock:
            return self._fresh(template).search(list(words), limit)

    def count(self, template: str) -> int:
        """How many live records there are."""
        with self._lock:
            return self._fresh(template).live if self._knows(template) else 0

    def _knows(self, template: str) -> bool:
        return template in self._catalogue

    def _fresh(self, template: str) -> _Targets:
        targets = self._targets.setdefault(template, _Targets(self._catalogue[template]))
        revision = self._store.revision()
        if revision != targets.revision or not revision:
            targets.refresh(self._store, revision)
        return targets
