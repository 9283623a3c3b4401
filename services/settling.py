"""Closing a month of commissions: everybody who is ready gets his settlement, all in one write.

A settlement keeps what was paid, for which deals and under which rules, by whom and when it was closed. Nobody changes
it afterwards; later changes of its deals and claims are borne by the next open month. Source: seed 002 §四.4, AF18.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.finding import Finding
from schemas.record import Actor, Rejected, Submission, TypedLine, on_behalf_of
from services.config import Config
from services.ports import Clock, NewId
from services.reports import Question, ReportRefused, choose_pack, request_of

if TYPE_CHECKING:
    from reports.commissions.closing import Closing, SettlementDraft
    from services.report_data import ReportData
    from services.templates import Forms
    from sheets_adapter.repository import Repository

SETTLERS = frozenset({"finance", "admin"})
TABLE = "settlement"


@dataclass(frozen=True, slots=True)
class Settlement:
    """One person's settlement as it is, or would be, written; payable in yuan."""

    number: str
    staff_id: str
    payable: Decimal
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What closing a month writes. findings: whose months stay open and why, with the cell where there is one."""

    month: str
    settlements: tuple[Settlement, ...]
    findings: tuple[Finding, ...]
    written: bool = False


class Settling:
    """Closes months. `read` reads the portal's records as they are now, times in a zone."""

    def __init__(
        self,
        config: Config,
        *,
        forms: Callable[[], Forms],
        repository: Callable[[], Repository],
        read: Callable[[str], ReportData],
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._config = config
        self._forms = forms
        self._repository = repository
        self._read = read
        self._clock = clock
        self._new_id = new_id

    def preview(self, month: str, actor: Actor, *, person: str = "") -> Settled:
        """What closing the month ("2026-10") would write now, for everybody or one person; nothing is written."""
        refused = _find_refusal(actor)
        if refused:
            return Settled(month, (), refused)
        closing = self._closing(month, actor, person)
        return Settled(month, tuple(map(_shown, closing.drafts)), closing.findings)

    def close(self, month: str, actor: Actor, *, person: str = "", key: str = "") -> Settled:
        """Closes the month for everybody who is ready, or for one person.

        All settlements are written together or none is. key: the form's one-time key; the same again writes nothing.
        Raises StoreUnavailable.
        """
        refused = _find_refusal(actor)
        if refused:
            return Settled(month, (), refused)
        closing = self._closing(month, actor, person)
        if not closing.drafts:
            return Settled(month, (), closing.findings)
        saved = self._repository().submit_together(
            [_submission(draft) for draft in closing.drafts], key=key or self._new_id(), actor=on_behalf_of(actor)
        )
        if isinstance(saved, Rejected):
            return Settled(month, (), (*saved.findings, *closing.findings))
        ids = {one.number: one.record_id for one in saved}
        written = tuple(replace(one, record_id=ids[one.number]) for one in map(_shown, closing.drafts))
        return Settled(month, written, closing.findings, written=True)

    def _closing(self, month: str, actor: Actor, person: str) -> Closing:
        """The month's settlements by the records as they are. The moment is taken first: a deal saved while they are
        read counts as changed after the closing."""
        from reports.commissions.closing import Closing, closing_of

        now = self._clock()
        question = Question("settlements", now, month, person)
        try:
            pack = choose_pack(question, self._config)
        except ReportRefused as refused:
            return Closing((), refused.findings)
        data = self._read(pack.rules.pack.timezone)
        request, _ = request_of(question, pack, data, self._forms(), month)
        closing = closing_of(request, actor.staff_id, now)
        return Closing(closing.drafts, tuple(data.located(finding) for finding in closing.findings))


def _find_refusal(actor: Actor) -> tuple[Finding, ...]:
    return () if actor.roles & SETTLERS else (Finding("E358"),)


def _shown(draft: SettlementDraft) -> Settlement:
    values: Mapping[str, str] = draft.values
    return Settlement(values["settlement_no"], draft.staff_id, Decimal(values["payable"]))


def _submission(draft: SettlementDraft) -> Submission:
    lines = {"lines": tuple(TypedLine("", line) for line in draft.lines)}
    return Submission(TABLE, "", draft.values, lines)
