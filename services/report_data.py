"""Where a report's records come from: a workbook, read and left alone, or the portal's own journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from schemas.field_types import ParseContext
from schemas.finding import CellRef, Finding
from schemas.record import UNREAD
from sheets_adapter.contract import StoreError

if TYPE_CHECKING:
    from reports.frames import Frames
    from schemas.catalogue import Catalogue
    from schemas.template import Template
    from services.config import Config
    from services.report_book import Kept
    from sheets_adapter.journal import Journal

Rows = Mapping[str, Sequence[Mapping[str, str]]]
PRIVATE_FILE, PORTAL_ID = "portal.private", "portal_id"


class Places(Protocol):
    """Where a record's field stands in a workbook."""

    def place(self, table: str, record_id: str, line_no: int = 0, field_key: str = "") -> CellRef | None: ...


@dataclass(frozen=True)
class ReportData:
    """rows: canonical texts by table. findings: cells that do not fit.

    places, absent (forms without a sheet): None and empty when not read from a workbook. typed: the frames of all
    tables and what of them could not be understood, where they are known already; rows then has the company's own
    working days alone. kept: what reports keep from one question to the next.
    """

    rows: Rows
    findings: tuple[Finding, ...] = ()
    places: Places | None = None
    absent: frozenset[str] = frozenset()
    typed: tuple[Frames, tuple[Finding, ...]] | None = None
    kept: Kept | None = None

    def frames(self, templates: Iterable[Template], timezone: str) -> tuple[Frames, tuple[Finding, ...]]:
        """The typed frames of all tables, and what could not be understood."""
        from reports.frames import frames_of

        return self.typed or frames_of(templates, self.rows, timezone)

    def located(self, finding: Finding) -> Finding:
        """The finding with the cell of the record it speaks of."""
        table, record_id = finding.params.get("template"), finding.params.get("record_id")
        if (
            finding.at is not None
            or self.places is None
            or not isinstance(table, str)
            or not isinstance(record_id, str)
        ):
            return finding
        line_no, field_key = finding.params.get("line_no", 0), finding.params.get("field", "")
        number = line_no if isinstance(line_no, int) else 0
        return replace(finding, at=self.places.place(table, record_id, number, str(field_key)))


def read_workbook(path: Path, catalogue: Catalogue, now: datetime) -> ReportData:
    """All records of a workbook file. Raises StoreError: not a workbook, no sheet of the portal's, no header."""
    from sheets_adapter.workbook_records import read_records
    from sheets_adapter.xlsx.workbook import Workbook

    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError("E206", path=str(path), reason_word=reason_word(error)) from error
    records = read_records(Workbook.open(data), catalogue, ParseContext(now))
    absent = frozenset(template.key for template in catalogue if template.key not in records.found)
    return ReportData(records.rows, records.findings, records, absent)


_REASONS: Mapping[type[OSError], str] = {
    FileNotFoundError: "missing", IsADirectoryError: "folder", PermissionError: "denied", NotADirectoryError: "missing",
}  # fmt: skip


def reason_word(error: OSError) -> str:
    """The locale entry that says why a file cannot be opened."""
    return f"file.{_REASONS.get(type(error), 'broken')}"


def read_store(config: Config, catalogue: Catalogue, now: datetime) -> ReportData:
    """The portal's records: from its journal when it has one, else from its workbook. Nothing is written."""
    journal = _existing_journal(config)
    if journal is None:
        return read_workbook(config.workbook, catalogue, now)
    try:
        return read_journal(journal, catalogue)
    finally:
        journal.close()


def read_journal(journal: Journal, catalogue: Catalogue) -> ReportData:
    """All records of an open journal."""
    tables = [name for template in catalogue for name in template.table_names()]
    known = journal.tables()
    return ReportData({table: journal_rows(journal, table, 0) for table in tables if table in known})


def journal_rows(journal: Journal, table: str, after_revision: int) -> list[dict[str, str]]:
    """Rows written after a revision, as reports read them."""
    own = "line_id" if "." in table else "record_id"
    return [
        {**row.values, own: row.row_id, **({UNREAD: "、".join(row.raw)} if row.raw else {})}
        for row in journal.changed_rows(table, after_revision)
    ]


def settings_of(config: Config) -> Mapping[str, str]:
    """The settings table, {} before set-up."""
    from sheets_adapter.private import PrivateStore

    path = config.state_dir / PRIVATE_FILE
    if not path.is_file():
        return {}
    private = PrivateStore(path)
    try:
        return private.settings()
    finally:
        private.close()


def _existing_journal(config: Config) -> Journal | None:
    from sheets_adapter.journal import Journal

    portal_id = settings_of(config).get(PORTAL_ID, "")
    path = config.state_dir / f"{portal_id}.journal"
    if not portal_id or not path.is_file():
        return None
    return Journal(path, clock=lambda: datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
