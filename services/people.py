"""Staff records as sessions and accounts need them, read once per state of the journal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from schemas.record import SYSTEM_ACTOR
from services.sessions import Person

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from sheets_adapter.repository import Repository

STAFF = "staff"
_CHANGES_AT_ONCE = 1_000
LEFT = frozenset({"离职", "解除合作"})


class People:
    """Looks people up by staff ID. revision: the journal's counter; equal counters mean equal records."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        catalogue: Callable[[], Catalogue],
        revision: Callable[[], int],
    ) -> None:
        self._repository = repository
        self._catalogue = catalogue
        self._revision = revision
        self._known: dict[tuple[str, str], Any] = {}
        self._known_at = -1
        self._lock = threading.Lock()

    def person(self, staff_id: str) -> Person | None:
        """The person, None when there is no such record; a withdrawn record still says who it is."""
        found: Person | None = self._once(self._read, staff_id)
        return found

    def _once(self, read: Callable[[str], Any], staff_id: str) -> Any:
        revision, asked = self._revision(), (read.__name__, staff_id)
        with self._lock:
            if revision != self._known_at:
                self._known, self._known_at = {}, revision
            if asked in self._known:
                return self._known[asked]
        found = read(staff_id)
        with self._lock:
            if self._known_at == revision:
                self._known[asked] = found
        return found

    def is_staff(self, staff_id: str) -> bool:
        """Whether an account may be made for that staff ID: there is a record and the person has not left."""
        found = self.person(staff_id) if staff_id else None
        return found is not None and not found.has_left

    def number_now(self, staff_id: str) -> str:
        """The staff ID of the person who had this one last; "" when nobody had, or he has none now."""
        number: str = self._once(self._number_now, staff_id)
        return number

    def _number_now(self, staff_id: str) -> str:
        if STAFF not in self._catalogue():
            return ""
        store, row_id, seq = self._repository().store, "", 0
        while changes := store.changes(table=STAFF, after=seq, limit=_CHANGES_AT_ONCE):
            seq = changes[-1].seq
            gave_up = [one.row_id for one in changes if one.before.get("staff_id") == staff_id]
            row_id = gave_up[-1] if gave_up else row_id
        row = store.get(STAFF, row_id) if row_id else None
        return row.values.get("staff_id", "") if row else ""

    def _read(self, staff_id: str) -> Person | None:
        if STAFF not in self._catalogue():
            return None
        record = self._repository().find_by_key(STAFF, staff_id, SYSTEM_ACTOR)
        if record is None:
            return None
        values = record.values
        return Person(values.get("staff_name", ""), values.get("dept", ""), values.get("staff_state") in LEFT)
