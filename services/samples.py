"""Sample data: a year of a small company, submitted like anybody's input, recognisable ever after and removable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.finding import Finding, Param, Severity
from schemas.record import Actor, Rejected, Submission, TypedLine
from services.ports import Clock
from services.sample_story.book import SAMPLE_PREFIX, SampleEdit, SampleRecord
from sheets_adapter.private import PrivateStore

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.record import Record
    from services.attachments import Attachments
    from sheets_adapter.contract import Row
    from sheets_adapter.journal import Journal
    from sheets_adapter.repository import Gate, Repository

WANTED = "samples.wanted"
LOADED = "samples.loaded"
"""Settings: the moment of set-up while samples are still to be loaded; the same once they are, until removed."""
RECEIPT_NAME = "发票（示例）.pdf"
_RECEIPT = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 210]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 61>>stream\nBT /F 28 Tf 60 100 Td (SAMPLE RECEIPT, NOT VALID) Tj ET          \nendstream "
    b"endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass
class _Pen:
    """The clock and the identities of the record being told."""

    at: datetime
    record_id: str = ""
    given: int = 0

    def clock(self) -> datetime:
        return self.at

    def new_id(self) -> str:
        """The record's own id first, then its lines'."""
        self.given += 1
        return self.record_id if self.given == 1 else f"{self.record_id}-{self.given - 1}"


class Samples:
    """Loads the sample story and tells its records from others."""

    def __init__(
        self,
        private: PrivateStore,
        *,
        clock: Clock,
        catalogue: Callable[[], Catalogue],
        journal: Journal,
        attachments: Callable[[], Attachments],
    ) -> None:
        self._private = private
        self._clock = clock
        self._catalogue = catalogue
        self._journal = journal
        self._attachments = attachments

    def want(self) -> None:
        """Samples are to be loaded; remembered, so that a load cut off goes on at the next start."""
        self._private.put_setting(WANTED, self._clock().isoformat())

    def load_wanted(self, gates: Sequence[Gate] = ()) -> tuple[Finding, ...]:
        """Loads what is wanted and not there yet. A warning for each record the company's own forms refuse."""
        wanted = self._private.setting(WANTED)
        if wanted is None:
            return ()
        moment = datetime.fromisoformat(wanted).astimezone(self._clock().tzinfo)
        findings = tuple(self._load(moment, gates))
        self._journal.meta_set(LOADED, wanted)  # a durable write: everything before it is on the disk too
        with self._private.transaction():
            self._private.put_setting(LOADED, wanted)
            self._private.delete_setting(WANTED)
        return findings

    def loaded_at(self) -> datetime | None:
        """When the samples were loaded; None when there are none."""
        kept = self._private.setting(LOADED)
        return datetime.fromisoformat(kept) if kept else None

    def is_sample(self, record: Record) -> bool:
        """Whether it is a sample nobody has changed: what people work on is theirs."""
        return is_untouched(record.record_id, record.system.get("updated_at", ""), self.loaded_at())

    def _load(self, moment: datetime, gates: Sequence[Gate]) -> list[Finding]:
        from schemas.calendar import WorkingCalendar
        from services.sample_story.story import tell_story
        from sheets_adapter.journal import Journal
        from sheets_adapter.repository import Repository

        story = tell_story(moment, WorkingCalendar(), receipt=self._receipt())
        pen = _Pen(moment)
        journal = Journal(self._journal.path, clock=self._clock, durable=False)
        try:
            repository = Repository(journal, self._catalogue(), clock=pen.clock, new_id=pen.new_id, gates=gates)
            return self._submit(story, repository, pen)
        finally:
            journal.close()

    def _submit(self, story: Sequence[SampleRecord | SampleEdit], repository: Repository, pen: _Pen) -> list[Finding]:
        there = self._there(repository)
        findings: list[Finding] = []
        refused: set[str] = set()
        for one in story:
            if one.template not in self._catalogue() or one.record_id in refused:
                continue
            if there.get(one.record_id, 0):  # a load cut off before had come this far
                there[one.record_id] -= 1
                continue
            pen.at, pen.record_id, pen.given = one.at, one.record_id, 0
            outcome = repository.submit(_submission(one), self._author(repository, one.by))
            if isinstance(outcome, Rejected):
                refused.add(one.record_id)
                findings.append(self._refused(one, outcome))
        return findings

    def _there(self, repository: Repository) -> dict[str, int]:
        """record id → how often it was written, of the samples that are there."""
        return {
            row.row_id: row.version
            for template in self._catalogue().templates
            for row in repository.store.changed_rows(template.key, 0, columns=())
            if row.row_id.startswith(SAMPLE_PREFIX)
        }

    def _author(self, repository: Repository, staff_id: str) -> Actor:
        name = repository.references.display("staff", staff_id) or ""
        return Actor(SAMPLE_PREFIX, staff_id, name, frozenset({"admin"}))

    def _receipt(self) -> str:
        kept = self._attachments().keep(RECEIPT_NAME, _RECEIPT)
        return "" if isinstance(kept, Finding) else kept.text

    def _refused(self, one: SampleRecord | SampleEdit, outcome: Rejected) -> Finding:
        form = self._catalogue()[one.template].label
        codes = tuple(finding.code for finding in outcome.findings)
        row = int(one.record_id.removeprefix(SAMPLE_PREFIX))
        params: dict[str, Param] = {"template_zh": form.zh, "template_en": form.en, "row": row, "codes": codes}
        return Finding("A050", params=params, severity=Severity.WARNING)


def is_untouched(record_id: str, updated_at: str, loaded_at: datetime | None) -> bool:
    """Whether the record is of the sample story and was last written by it. updated_at: as system columns hold it."""
    if loaded_at is None or not record_id.startswith(SAMPLE_PREFIX) or not updated_at:
        return False
    updated = datetime.fromisoformat(updated_at)
    return (updated if updated.tzinfo else updated.replace(tzinfo=loaded_at.tzinfo)) <= loaded_at


def row_is_untouched(row: Row, loaded_at: datetime | None) -> bool:
    """`is_untouched` of a stored row."""
    return is_untouched(row.row_id, row.values.get("updated_at", ""), loaded_at)


def _submission(one: SampleRecord | SampleEdit) -> Submission:
    if isinstance(one, SampleEdit):
        return Submission(one.template, "", one.values, record_id=one.record_id)
    lines = {key: tuple(TypedLine("", row) for row in rows) for key, rows in one.lines.items()}
    return Submission(one.template, "", one.values, lines)
