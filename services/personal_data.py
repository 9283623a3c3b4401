"""Personal data on a record's page: whoever may see other people's stands masked until he asks for it, and that is
logged. One's own customers' data stand open; whoever may not see them gets them masked by the repository anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from schemas.record import Actor, Record
from schemas.rights import is_masked, mask
from schemas.template import Field, Template

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from sheets_adapter.repository import Repository


class PersonalData:
    """Says what is covered, and uncovers it. `log` records who looked: (actor, verb, template, detail)."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        catalogue: Callable[[], Catalogue],
        *,
        log: Callable[[Actor, str, str, str], None],
    ) -> None:
        self._repository = repository
        self._catalogue = catalogue
        self._log = log

    def covered(self, record: Record, actor: Actor) -> frozenset[str]:
        """Keys of the record's fields, and `line.key` of its lines' fields, that stand masked until asked for.

        What others read in the record's place (its display, its key) stands open everywhere.
        """
        form = self._catalogue()[record.template]
        named = {form.display, form.record_key}
        header = {item.key for item in form.fields if item.key not in named and record.values.get(item.key)}
        asked = {item.key for item in form.fields if item.key in header and _is_his_to_see(actor, form, item)}
        for line in form.lines:
            asked |= {f"{line.key}.{item.key}" for item in line.fields if _is_his_to_see(actor, form, item)}
        if not asked or self._repository().is_own(record.template, record.record_id, actor):
            return frozenset()
        return frozenset(asked)

    def uncover(self, record: Record, name: str, actor: Actor) -> None:
        """Notes that the actor looked at the field."""
        self._log(actor, "unmask", record.template, f"{record.record_id} {name}")


def _is_his_to_see(actor: Actor, form: Template, item: Field) -> bool:
    """Personal data this person may see although the record is not his own."""
    return item.pii and not is_masked(actor, form, item, record_is_own=False)


def cover(text: str, item: Field) -> str:
    """The text as it stands until somebody asks for it."""
    return mask(text, item)
