"""The gates of the rule pack as the repository takes them: checks before a record is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.record import SYSTEM_ACTOR, VOID
from schemas.rule_packs import DEFAULT_PACK, Pack, load_pack
from services.reports import calendar_with, rule_dirs
from sheets_adapter.contract import Test
from sheets_adapter.listing import ListQuery

if TYPE_CHECKING:
    from datetime import date

    from schemas.finding import Finding
    from schemas.record import Actor
    from schemas.template import Template
    from schemas.validation import Validated
    from services.config import Config
    from services.ports import Clock
    from sheets_adapter.repository import Repository

GATED = frozenset({"solution_feedback", "expense_claim", "part_time_leave", "order_register", "visit_application"})
"""Forms a gate may stop; all others are saved without a look at the rules."""
MOST = 1000


@dataclass(frozen=True)
class RepositoryReader:
    """Reads live records for gates, with the system's rights. A form the company does not use has none."""

    repository: Callable[[], Repository]

    def record(self, template: str, key: str) -> Mapping[str, str] | None:
        """The record others refer to by this key."""
        try:
            found = self.repository().find_by_key(template, key, SYSTEM_ACTOR) if key else None
        except KeyError:
            return None
        return None if found is None or found.is_void else found.values

    def find(self, template: str, field: str, value: str) -> tuple[Mapping[str, str], ...]:
        """The records whose field holds the value, with their status and when they were submitted."""
        query = ListQuery(filters=(Test(field, "eq", value),), limit=MOST)
        try:
            page = self.repository().page(template, SYSTEM_ACTOR, query)
        except KeyError:
            return ()
        told = ("status", "submitted_at")
        return tuple(
            {**record.values, **{name: record.system.get(name, "") for name in told}} for record in page.records
        )


class Gatekeeper:
    """The repository's gate: asks every gate of the pack in force. The pack is kept until the day or the name changes.

    A pack with errors stops nobody; `manage.py report` and the rules page say what is wrong with it.
    """

    def __init__(
        self, config: Config, *, clock: Clock, repository: Callable[[], Repository], pack_name: Callable[[], str | None]
    ) -> None:
        self._config = config
        self._clock = clock
        self._reader = RepositoryReader(repository)
        self._pack_name = pack_name
        self._known: tuple[tuple[str, date], Pack | None] | None = None

    def __call__(self, template: Template, validated: Validated, actor: Actor) -> Sequence[Finding]:
        """What stands against saving the record."""
        if template.key not in GATED:
            return ()
        from reports.gates import Asked, find_gate_problems

        now = self._clock()
        pack = self._pack(now.date())
        if pack is None:
            return ()
        own_days = self._reader.find("calendar_override", "status", "有效")
        calendar, _ = calendar_with(pack, [row for row in own_days if row.get("status") != VOID])
        return find_gate_problems(
            pack.rules.deadlines,
            lambda rule: Asked(template.key, validated.values, now, self._reader, calendar, rule),
        )

    def _pack(self, day: date) -> Pack | None:
        wanted = (self._pack_name() or DEFAULT_PACK, day)
        if self._known is None or self._known[0] != wanted:
            self._known = (wanted, load_pack(wanted[0], rule_dirs(self._config), day)[0])
        return self._known[1]
