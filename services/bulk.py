"""Many records at once, and taking it back: the repository's bulk actions with a note of what was done last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from schemas.finding import Finding
from schemas.record import Actor, Typed
from schemas.rights import is_masked, may_read_field
from schemas.template import Field, Template
from services.ports import Clock
from sheets_adapter.bulk import BulkPlan, BulkResult, RefusedRecord, Sample, Target
from sheets_adapter.private import BulkRow, PrivateStore

if TYPE_CHECKING:
    from sheets_adapter.listing import ListQuery
    from sheets_adapter.repository import Repository

__all__ = ["MOST", "Bulk", "BulkAction", "BulkPlan", "BulkResult", "RefusedRecord", "Sample", "Target", "Verb"]

MOST = 5_000
"""Records changed at once at most."""
UNDONE_WITHIN = timedelta(hours=24)
Verb = Literal["edit", "withdraw", "restore"]
_NEVER_ALIKE = frozenset({"serial", "computed", "attachment", "decision"})


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What somebody did last to many records of a form, and may still take back."""

    key: str
    verb: Verb
    done: int
    at: datetime


def editable_fields(template: Template, actor: Actor) -> tuple[Field, ...]:
    """Fields many records can be given the same value of: none that is unique, worked out, masked or hidden."""
    combined = {key for keys in template.unique for key in keys if len(keys) == 1}
    return tuple(
        field
        for field in template.fields
        if field.type not in _NEVER_ALIKE
        and not field.unique
        and field.key != template.record_key
        and field.key not in combined
        and may_read_field(actor, template, field)
        and not is_masked(actor, template, field, False)
    )


class Bulk:
    """Does things to many records and remembers the last for each person and form."""

    def __init__(self, repository: Callable[[], Repository], private: PrivateStore, *, clock: Clock) -> None:
        self._repository = repository
        self._private = private
        self._clock = clock

    def matching(self, actor: Actor, template: str, query: ListQuery) -> tuple[Target, ...]:
        """All records of a list, at most MOST."""
        return self._repository().targets(template, actor, query, limit=MOST)

    def plan(self, actor: Actor, template: str, targets: Sequence[Target], values: Mapping[str, Typed]) -> BulkPlan:
        """What an edit would do."""
        return self._repository().plan_many(template, targets[:MOST], values, actor)

    def edit(
        self, actor: Actor, template: str, targets: Sequence[Target], values: Mapping[str, Typed], key: str
    ) -> BulkResult:
        """Gives the fields these values in every record. key: one-time, the same again does it once."""
        result = self._repository().edit_many(template, targets[:MOST], values, key=key, actor=actor)
        return self._noted(actor, template, "edit", key, result)

    def withdraw(self, actor: Actor, template: str, targets: Sequence[Target], reason: str, key: str) -> BulkResult:
        """Withdraws every record."""
        result = self._repository().withdraw_many(template, targets[:MOST], reason=reason, key=key, actor=actor)
        return self._noted(actor, template, "withdraw", key, result)

    def restore(self, actor: Actor, template: str, targets: Sequence[Target], key: str) -> BulkResult:
        """Restores every record."""
        result = self._repository().restore_many(template, targets[:MOST], key=key, actor=actor)
        return self._noted(actor, template, "restore", key, result)

    def last(self, actor: Actor, template: str) -> BulkAction | None:
        """What he did last here and may still take back."""
        row = self._private.last_bulk(actor.account_id, template)
        if row is None or self._clock() - row.done_at > UNDONE_WITHIN:
            return None
        return BulkAction(row.key, row.verb, row.done, row.done_at)  # type: ignore[arg-type]

    def undo(self, actor: Actor, template: str, key: str) -> BulkResult | Finding:
        """Takes it back; A066 when there is nothing of that key to take back any more."""
        row = self._private.last_bulk(actor.account_id, template)
        if row is None or row.key != key or self._clock() - row.done_at > UNDONE_WITHIN:
            return Finding("A066")
        result = self._repository().undo_many(template, row.parts.split(" "), actor=actor)
        self._private.delete_bulk(actor.account_id, template)
        return result

    def forget(self, actor: Actor, template: str) -> None:
        """He does not want to take it back."""
        self._private.delete_bulk(actor.account_id, template)

    def _noted(self, actor: Actor, template: str, verb: Verb, key: str, result: BulkResult) -> BulkResult:
        if result.done:
            parts = " ".join(result.keys)
            self._private.put_bulk(BulkRow(actor.account_id, template, key, verb, parts, result.done, self._clock()))
        return result
