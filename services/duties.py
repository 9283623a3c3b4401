"""What a person owes today, out of the list of deadlines, worked out beside the page that shows it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from schemas.record import Actor
from schemas.template import Label
from services.ports import Clock
from sheets_adapter.contract import StoreError

if TYPE_CHECKING:
    from reports.statement import Statement, StatementLine
    from services.reports import Question

FRESH = timedelta(minutes=10)
"""A list stands so long while nothing is saved: moments pass, and what was to be done becomes late."""
SEES_ALL = frozenset({"admin", "gm", "sales_manager", "service_manager"})
OWED = frozenset({"overdue", "due_soon", "pending"})
WHEN = ("late", "today", "week")
SUBJECTS: Mapping[str, str] = {
    "festival_day": "customer_info", "grade_a": "customer_info", "anniversary": "customer_dossier",
    "visit": "visit_record", "field_day": "staff", "idle_part_timer": "staff", "attainment_streak": "staff",
    "visit_target": "customer_info", "staff_term": "staff", "shipped_receivable": "order_register",
    "accepted_receivable": "acceptance",
}  # fmt: skip
"""What the records of a view are."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do. when: late, today or week (by Sunday). template and record_id: what it concerns, "" if nothing.

    days: calendar days late, 0 for today, below it for what is yet to come. why: the rule in a sentence. source: where
    it stands. reached: staff ids (or a role) it was escalated to.
    """

    rule: str
    label: Label
    template: str
    record_id: str
    due_at: datetime
    days: int
    when: str
    severity: str
    owner_id: str
    reached: tuple[str, ...]
    why: Label
    source: str


class Duties:
    """Keeps the list of what everybody owes. Asking never waits: the list is worked out in a thread of its own."""

    def __init__(self, report: Callable[[Question], Statement], *, revision: Callable[[], int], clock: Clock) -> None:
        """report: answers a question over the records as they are now."""
        self._report = report
        self._revision = revision
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[Duty, ...] | None = None
        self._known_for: tuple[int, datetime] | None = None
        self._worker: threading.Thread | None = None
        self.has_failed = False
        """Whether the list could not be worked out when it was last tried; the log says why."""

    def of(self, actor: Actor) -> tuple[Duty, ...] | None:
        """His duties, the latest first; None until they were worked out for the first time.

        Managers and administrators get everybody's, others what they owe and what was escalated to them.
        """
        self._look()
        known = self._known
        if known is None:
            return None
        if SEES_ALL & actor.roles:
            return known
        return tuple(one for one in known if actor.staff_id and actor.staff_id in (one.owner_id, *one.reached))

    def wait(self) -> None:
        """Until the list asked for last is there."""
        worker = self._worker
        if worker is not None:
            worker.join()

    def _look(self) -> None:
        now, revision = self._clock(), self._revision()
        with self._lock:
            busy = self._worker is not None and self._worker.is_alive()
            fresh = self._known_for and self._known_for[0] == revision and now - self._known_for[1] < FRESH
            if busy or (fresh and self._known_for and self._known_for[1].date() == now.date()):
                return
            self._worker = threading.Thread(target=self._work_out, args=(revision, now), name="duties", daemon=True)
            self._worker.start()

    def _work_out(self, revision: int, now: datetime) -> None:
        from services.reports import Question, ReportRefused

        try:
            found = duties_of(self._report(Question("deadlines", now, f"{now:%Y-%m}")), now)
        except (StoreError, ReportRefused) as error:
            log.warning("the list of what is due could not be made: %s", error)
            self._give_up(revision, now)
        except Exception:
            log.exception("the list of what is due could not be made")
            self._give_up(revision, now)
        else:
            with self._lock:
                self._known, self._known_for, self.has_failed = found, (revision, now), False

    def _give_up(self, revision: int, now: datetime) -> None:
        """Until something is saved, or the list is asked for again later."""
        with self._lock:
            self._known_for, self.has_failed = (revision, now), True


def duties_of(statement: Statement, now: datetime) -> tuple[Duty, ...]:
    """What is overdue or falls due by Sunday, the latest first."""
    sunday = now.date() + timedelta(days=6 - now.weekday())
    found = [_duty(line, now.date()) for line in statement.lines if _is_owed(line, sunday)]
    return tuple(sorted(found, key=lambda one: (one.due_at, one.rule, one.record_id)))


def _is_owed(line: StatementLine, until: date) -> bool:
    due = line.values["due_at"]
    return line.values["status"] in OWED and isinstance(due, datetime) and due.date() <= until


def _duty(line: StatementLine, today: date) -> Duty:
    values = line.values
    due, label = values["due_at"], values["label"]
    assert isinstance(due, datetime)
    table = str(values["template"]).partition(".")[0]
    days = (today - due.date()).days
    late = values["status"] == "overdue"
    return Duty(
        str(values["rule"]), label if isinstance(label, Label) else Label(zh=str(label), en=str(label)),
        SUBJECTS.get(table, table), str(values["record_id"]), due, days,
        "late" if late else "today" if days == 0 else "week", str(values["severity"]), str(values["owner_id"]),
        _texts(values["informed"]),
        *_cited(line),
    )  # fmt: skip


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _cited(line: StatementLine) -> tuple[Label, str]:
    """The rule in a sentence, and the document and clause it stands in."""
    cited = line.citation
    if cited is None:
        return Label(zh="—", en="—"), ""
    return Label(zh=cited.zh, en=cited.en), f"{cited.document} {cited.clause}"
