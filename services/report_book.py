"""The portal's own records as reports read them, kept between questions: only what was written since is taken up.

Everything is read anew when records were forgotten, when the forms or the pack's time zone change, and once a day: what
is kept then grows by no more than a day's work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from services.report_data import ReportData, journal_rows
from sheets_adapter.forgetting import FORGOTTEN

if TYPE_CHECKING:
    from reports.deadlines import Memo
    from reports.frame_book import FrameBook
    from schemas.calendar import WorkingCalendar
    from schemas.catalogue import Catalogue
    from services.ports import Clock
    from sheets_adapter.journal import Journal

CALENDAR = "calendar_override"


@dataclass
class Kept:
    """What is kept of one reading. read_for: the forms, the time zone, the day and the last forgetting. revision: up to
    where it was read. calendar: the working calendar computed with last, so that an equal one is the very same."""

    read_for: tuple[Catalogue, str, date, str | None]
    book: FrameBook
    revision: int = 0
    own_days: tuple[Mapping[str, str], ...] = ()
    calendar: WorkingCalendar | None = None
    memos: dict[str, Memo] = field(default_factory=dict)


class ReportBook:
    """Frames of an open journal. Safe to use from several threads: who computes with what is kept holds `lock`."""

    def __init__(self, journal: Journal, *, catalogue: Callable[[], Catalogue], clock: Clock) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._clock = clock
        self._kept: Kept | None = None
        self.lock = threading.RLock()

    def read(self, timezone: str) -> ReportData:
        """All records as they are now, as values: whoever holds them is not disturbed by what is written later."""
        with self.lock:
            kept = self._up_to_date(timezone)
            frames, findings = kept.book.frames, kept.book.findings
            return ReportData({CALENDAR: kept.own_days}, typed=(frames, findings), kept=kept)

    def forget(self) -> None:
        """Records were taken out of the journal: everything is read anew."""
        with self.lock:
            self._kept = None

    def _up_to_date(self, timezone: str) -> Kept:
        from reports.frame_book import FrameBook

        catalogue, revision = self._catalogue(), self._journal.revision()
        forgotten = self._journal.meta_get(FORGOTTEN)  # perhaps by another process
        read_for, kept = (catalogue, timezone, self._clock().date(), forgotten), self._kept
        if kept is None or kept.read_for[0] is not catalogue or kept.read_for[1:] != read_for[1:]:
            kept = Kept(read_for, FrameBook(catalogue.templates, timezone))
        if kept.revision != revision or self._kept is not kept:
            self._take_up(kept, revision)
        self._kept = kept
        return kept

    def _take_up(self, kept: Kept, revision: int) -> None:
        """What was written since. Rows written while this reads are taken up now or the next time, or both."""
        known = self._journal.tables()
        tables = [name for template in kept.read_for[0].templates for name in template.table_names() if name in known]
        written = {name: rows for name in tables if (rows := journal_rows(self._journal, name, kept.revision))}
        if CALENDAR in written:
            kept.own_days = tuple(journal_rows(self._journal, CALENDAR, 0))
        kept.book.take(written)
        kept.revision = revision
