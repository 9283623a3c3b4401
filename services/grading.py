"""Putting suggested A/B/C grades in force without asking anybody, where the rule pack says `grades.g1.auto: apply`.

Every change is an entry of the grade history, marked 自动应用, with the reason, the pack and its hash; the customer's
own record follows. A pack that only suggests (the default) leaves every change to a person. Source: domain AF19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from schemas.finding import Finding
from schemas.record import SYSTEM_ACTOR, Actor, Rejected, Submission, on_behalf_of
from services.config import Config
from services.ports import Clock
from services.report_files import ReportTexts
from services.reports import Question, ReportRefused, choose_pack, request_of

if TYPE_CHECKING:
    from reports.statement import StatementLine
    from schemas.rule_packs import Pack
    from services.report_data import ReportData
    from services.templates import Forms
    from sheets_adapter.repository import Repository

CONFIRMERS = frozenset({"sales_supervisor", "sales_manager", "gm", "admin"})
CUSTOMER, HISTORY, SCHEME = "customer_info", "grade_history", "匹配度×价值度"


@dataclass(frozen=True, slots=True)
class Change:
    """One customer's grade before and after."""

    customer_id: str
    former: str
    grade: str
    reason: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What was put in force, and what stood against the rest."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...] = ()


class Grading:
    """Applies grades. `read` reads the portal's records as they are now, times in a zone."""

    def __init__(
        self,
        config: Config,
        *,
        forms: Callable[[], Forms],
        repository: Callable[[], Repository],
        read: Callable[[str], ReportData],
        clock: Clock,
    ) -> None:
        self._config = config
        self._forms = forms
        self._repository = repository
        self._read = read
        self._clock = clock

    def apply(self, actor: Actor, *, preview: bool = False) -> Applied:
        """Puts every suggested change of an A/B/C grade in force, from today; done twice on a day it changes nothing.

        preview: only says what would change. Raises StoreUnavailable.
        """
        if not actor.roles & CONFIRMERS:
            return Applied((), (Finding("E404"),))
        try:
            pack = choose_pack(Question("grades", self._clock()), self._config)
        except ReportRefused as refused:
            return Applied((), refused.findings)
        if pack.rules.grades is None or pack.rules.grades.g1.auto != "apply":
            return Applied((), (Finding("E403", None, {"pack": pack.id}),))
        changes = self._suggested(pack)
        if preview:
            return Applied(changes)
        findings = [finding for change in changes for finding in self._put_in_force(change, pack, on_behalf_of(actor))]
        return Applied(changes, tuple(findings))

    def _suggested(self, pack: Pack) -> tuple[Change, ...]:
        from reports.registry import REPORTS
        from reports.statement import step_text

        question, forms = Question("grades", self._clock()), self._forms()
        request, _ = request_of(question, pack, self._read(pack.rules.pack.timezone), forms, "")
        statement, texts = REPORTS["grades"].function()(request), ReportTexts(forms.labels, forms.catalogue)
        return tuple(
            _change(line, "".join(step_text(step, texts, "zh") for step in statement.explain(line)))
            for line in statement.lines
            if line.values["scheme"] == "g1" and _is_change(line)
        )

    def _put_in_force(self, change: Change, pack: Pack, portal: Actor) -> tuple[Finding, ...]:
        """The customer's own record first: what cannot be changed there leaves no trace in the history."""
        repository, today = self._repository(), self._clock().date().isoformat()
        record = repository.find_by_key(CUSTOMER, change.customer_id, SYSTEM_ACTOR)
        if record is None:
            return (Finding("R012", params={"template": CUSTOMER}),)
        if record.values.get("grade") != change.grade:
            values = {"grade": change.grade}
            key = f"grade:{change.customer_id}:{today}:{change.grade}"
            edit = Submission(CUSTOMER, key, values, {}, record.record_id, {record.record_id: record.etag})
            saved = repository.submit(edit, portal)
            if isinstance(saved, Rejected):
                return saved.findings
        entry = {
            "customer_id": change.customer_id, "scheme": SCHEME, "grade": change.grade, "former": change.former,
            "from_on": today, "source": "自动应用", "reason": change.reason, "confirmed_by": portal.staff_id,
            "pack": pack.id, "pack_hash": pack.hash,
        }  # fmt: skip
        key = f"grade-history:{change.customer_id}:{today}:{change.grade}"
        saved = repository.submit(Submission(HISTORY, key, entry), portal)
        return saved.findings if isinstance(saved, Rejected) else ()


def _is_change(line: StatementLine) -> bool:
    """Whether another grade is suggested, for want of progress or by scores newer than the grade in force: what a
    person decided on these scores, and a demotion since, stand until the customer is scored anew."""
    current, suggested, factors = (line.values[name] for name in ("current", "suggested", "factors"))
    if suggested not in ("A", "B", "C") or suggested == current or not isinstance(factors, Mapping):
        return False
    since = factors["graded_on"]
    return line.values["reason"] == "idle" or not isinstance(since, date) or str(factors["rated_in"]) > f"{since:%Y-%m}"


def _change(line: StatementLine, reason: str) -> Change:
    former, grade = (str(line.values[name] or "") for name in ("current", "suggested"))
    return Change(str(line.values["customer_id"]), former, grade, reason)
