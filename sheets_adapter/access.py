"""Which records a person sees and what of them: own, his department's or all; hidden fields; masked personal data.

A record is somebody's own when he created it, stands in one of its owner fields, or when the record it belongs to
(the template's `owner_via`) is his own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from schemas.field_types import target_of
from schemas.record import Actor, Record
from schemas.rights import Scope, is_masked, mask, may_read_field, scope
from schemas.template import Field, LineTable, Template
from sheets_adapter.contract import Change, Query, Store, Test
from sheets_adapter.references import ReferenceIndex

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue

Tab = Literal["all", "own", "department"]
Group = tuple[Test, ...]
STAFF = "staff"
DEPARTMENT = "dept"
_WIDTH: Mapping[str, int] = {"none": 0, "own": 1, "department": 2, "all": 3}
_ALL_ROWS = 1_000_000


class Access:
    """Answers for one store what a person may see of it."""

    def __init__(self, store: Store, catalogue: Catalogue, references: ReferenceIndex) -> None:
        self._store = store
        self._catalogue = catalogue
        self._references = references

    def group(self, template: Template, actor: Actor, tab: Tab = "all") -> Group | None:
        """Tests of which one must hold for a row to be his to see under the tab; None: every row is."""
        narrower: Scope = min(scope(actor, template), tab, key=lambda one: _WIDTH[one])
        if narrower == "all":
            return None
        return self._group_of(template, self._people(actor, narrower)) if narrower != "none" else ()

    def group_under(
        self, template: Template, actor: Actor, owning: Template, values: Mapping[str, str]
    ) -> Group | None:
        """As `group`, for rows that refer to one record of `owning` by the template's `owner_via`: what is his is known
        from that record, so that none of his others have to be read."""
        seen = scope(actor, template)
        if seen in ("all", "none"):
            return None if seen == "all" else ()
        people = self._people(actor, seen)
        if self._owning_template(template) is not None and self._belongs(owning, values, people):
            return None
        return self._direct(template, people) if people else ()

    def sees(self, template: Template, values: Mapping[str, str], actor: Actor) -> bool:
        """Whether the record is one he may see."""
        seen = scope(actor, template)
        return seen == "all" or (seen != "none" and self._belongs(template, values, self._people(actor, seen)))

    def is_own(self, template: Template, values: Mapping[str, str], actor: Actor) -> bool:
        """Whether the record is his own."""
        return self._belongs(template, values, self._people(actor, "own"))

    def _people(self, actor: Actor, seen: Scope) -> tuple[str, ...]:
        """Staff ids whose records count as his."""
        own = (actor.staff_id,) if actor.staff_id else ()
        staff = self._catalogue.get(STAFF)
        if seen != "department" or not actor.department or staff is None or DEPARTMENT not in staff.by_key:
            return own
        in_department = (Test(DEPARTMENT, "eq", actor.department),)
        rows = self._store.query(Query(STAFF, in_department, limit=_ALL_ROWS, count=False)).rows
        key = staff.record_key or ""
        return tuple(dict.fromkeys([*own, *(row.values.get(key, "") or row.row_id for row in rows)]))

    def _group_of(self, template: Template, people: Collection[str]) -> Group:
        return (*self._direct(template, people), *self._through(template, people)) if people else ()

    def _direct(self, template: Template, people: Collection[str]) -> Group:
        """Rows they created or stand in themselves."""
        # 创建人 holds "S001 张三"; names change, numbers do not
        created = [Test("created_by", "starts", f"{person} ") for person in people]
        created.append(Test("created_by", "in", values=tuple(people)))
        owners = [Test(item.key, "in", values=tuple(people)) for item in template.fields if item.owner]
        return (*created, *owners)

    def _through(self, template: Template, people: Collection[str]) -> Group:
        """Rows that belong to a record of theirs."""
        target = self._owning_template(template)
        if target is None or template.owner_via is None:
            return ()
        group = self._group_of(target, people)
        rows = self._store.query(Query(target.key, any_of=(group,), limit=_ALL_ROWS, count=False)).rows
        keys = (row.values.get(target.record_key, "") if target.record_key else row.row_id for row in rows)
        return (Test(template.owner_via, "in", values=tuple(sorted({key for key in keys if key}))),)

    def _owning_template(self, template: Template) -> Template | None:
        """The template ownership is inherited from, if that does not lead back in a circle."""
        passed, current = {template.key}, template
        first: Template | None = None
        while current.owner_via is not None:
            target = self._catalogue.get(target_of(current.by_key[current.owner_via]))
            if target is None or target.key in passed:
                return None if target else first
            first, current = first or target, target
            passed.add(target.key)
        return first

    def _belongs(self, template: Template, values: Mapping[str, str], people: Collection[str]) -> bool:
        creator = values.get("created_by", "").partition(" ")[0]
        owners = {values.get(item.key, "") for item in template.fields if item.owner}
        if not ({creator, *owners} - {""}).isdisjoint(people):
            return True
        target = self._owning_template(template)
        key = values.get(template.owner_via or "", "")
        found = self._references.find(target.key, key) if target and key else None
        row = self._store.get(target.key, found.row_id) if target and found else None
        return row is not None and target is not None and self._belongs(target, row.values, people)

    # what of a record

    def shown(self, template: Template, record: Record, actor: Actor) -> Record:
        """The record without fields he may not read, personal data masked."""
        own = self.is_own(template, {**record.values, **record.system}, actor)
        lines = {
            key: tuple(
                replace(
                    line,
                    values=self._shown(template, template.lines_by_key[key], line.values, actor, own),
                    raw=self._shown(template, template.lines_by_key[key], line.raw, actor, own),
                )
                for line in rows
            )
            for key, rows in record.lines.items()
        }
        values, raw = (self._shown(template, template, texts, actor, own) for texts in (record.values, record.raw))
        return replace(record, values=values, raw=raw, lines=lines)

    def _shown(
        self, template: Template, owner: Template | LineTable, texts: Mapping[str, str], actor: Actor, own: bool
    ) -> dict[str, str]:
        fields = {item.key: item for item in owner.fields}
        return {
            key: masked_text(template, fields[key], text, actor, own) if key in fields else text
            for key, text in texts.items()
            if key not in fields or may_read_field(actor, template, fields[key])
        }

    def shown_change(
        self, template: Template, owner: Template | LineTable, change: Change, actor: Actor, own: bool
    ) -> Change:
        """The change as he may see it."""
        before, after = (
            {
                **self._shown(template, owner, _plain(texts), actor, own),
                **_shown_raw(self, template, owner, texts, actor, own),
            }
            for texts in (change.before, change.after)
        )
        return replace(change, before=before, after=after)


def masked_text(template: Template, item: Field, text: str, actor: Actor, own: bool) -> str:
    """The text, masked where he may not see it whole."""
    return mask(text, item) if is_masked(actor, template, item, own) else text


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if not key.startswith("raw:")}


def _shown_raw(
    access: Access, template: Template, owner: Template | LineTable, texts: Mapping[str, str], actor: Actor, own: bool
) -> dict[str, str]:
    raw = {key.removeprefix("raw:"): text for key, text in texts.items() if key.startswith("raw:")}
    return {f"raw:{key}": text for key, text in access._shown(template, owner, raw, actor, own).items()}
