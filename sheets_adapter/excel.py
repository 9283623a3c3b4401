"""The Excel backend: keeps one workbook and one journal in step.

The journal acknowledges and answers; this module takes in what people change in the workbook and folds into it what
changed in the portal. It never replaces a file whose signature is not the one it last saw, and every step may be cut
off at any point and done again. What it cannot do now waits, with the reason in the status; nothing here stops people
from working in the portal or in the workbook.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock

from schemas.field_types import ParseContext, References
from sheets_adapter.columns import plan_catalogue
from sheets_adapter.contract import StoreError, StoreUnavailable
from sheets_adapter.finding_review import review_findings
from sheets_adapter.fold import Fold, FoldedTable, FoldResult, verify
from sheets_adapter.intent import Intent
from sheets_adapter.journal import Journal
from sheets_adapter.record_tables import table_specs
from sheets_adapter.sheet_reading import find_renamed_sheet, fingerprint
from sheets_adapter.sqlite_files import named_errors
from sheets_adapter.sync_state import SyncState, SyncStatus
from sheets_adapter.take_in import Intake, Lineage, RecordTaker, RemovalNeedsConfirming, TakeIn
from sheets_adapter.workbook_names import Marker, read_marker, write_marker
from sheets_adapter.xlsx.errors import SignatureChanged
from sheets_adapter.xlsx.new_workbook import new_workbook
from sheets_adapter.xlsx.owner_files import owner_files
from sheets_adapter.xlsx.publish import Signature, backup_daily, publish, signature
from sheets_adapter.xlsx.workbook import Workbook

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue

STALE_OWNER_FILE = timedelta(hours=8)
BUSY_BEFORE_COPY = timedelta(minutes=30)
HISTORY_KEPT = timedelta(days=180)
"""How long contents of former generations are kept; an older copy put back merges without withdrawing anything."""
ATTEMPTS = 4
"""Times a checkpoint starts over because somebody saved the workbook under its hands."""

_PROGRAMS = {"excel": "Excel", "wps": "WPS", "libreoffice": "LibreOffice"}
_HELD_BY_A_PROGRAM = "S052"

log = logging.getLogger(__name__)


class WorkbookBusy(StoreUnavailable):
    """Somebody has the workbook open (S085, or S088 when it is not known who)."""


class NeedsDecision(StoreError):
    """Only a person can say how to go on: S082 adopt this workbook?, S083 moved or copied?, S087 somebody else's."""


class Recorder(RecordTaker, Protocol):
    """The repository as this module needs it."""

    @property
    def references(self) -> References: ...

    def begin_day(self, since: date | None) -> int: ...


@dataclass(frozen=True, slots=True)
class WorkbookPlace:
    """Where things are, and the id the workbook carries."""

    workbook: Path
    state_dir: Path
    portal_id: str


@dataclass(frozen=True, slots=True)
class _Opened:
    """The workbook as it was read, and the signature its bytes had."""

    workbook: Workbook
    signature: Signature | None


def portal_id_of(workbook: Path) -> str:
    """The id a workbook carries; "" when it has none, is not there or cannot be read."""
    try:
        return read_marker(Workbook.open(workbook.read_bytes())).portal_id
    except (OSError, StoreError):
        return ""


class ExcelBackend:
    """Keeps one workbook in step with one journal. Safe to use from several threads and processes."""

    def __init__(
        self,
        place: WorkbookPlace,
        journal: Journal,
        recorder: Recorder,
        catalogue: Catalogue,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        explanation: Sequence[str],
    ) -> None:
        self._place = place
        self._path = place.workbook
        self._journal = journal
        self._recorder = recorder
        self._plans = plan_catalogue(catalogue)
        self._clock = clock
        self._new_id = new_id
        self._explanation = explanation
        self._lock = FileLock(place.state_dir / f"{place.portal_id}.lock")
        for template in catalogue.templates:
            for spec in table_specs(template):
                journal.ensure_table(spec)
        self.state = SyncState(journal.connect(), journal.path, [plan.table for plan in self._plans])

    def close(self) -> None:
        """Lets go of the sync tables; the journal is the caller's."""
        self.state.close()

    # --- what the checkpointer and the pages call

    def status(self) -> SyncStatus:
        """How the workbook stands against the journal."""
        return self.state.status()

    def sync_in(self) -> SyncStatus:
        """Takes in what people changed in the workbook. Why it could not is in the status."""
        return self._attempt(self._take_in_only)

    def checkpoint(self) -> SyncStatus:
        """Takes in what people changed and brings the workbook up to date. Why it could not is in the status."""
        return self._attempt(self._bring_up_to_date)

    def needs_checkpoint(self) -> bool:
        """Whether journal or workbook changed since the last complete one. Costs a stat and two queries."""
        if str(signature(self._path) or "") != self.state.get("signature") or self.state.get("day") != self._today():
            return True
        return self.state.get("taken_layout") != self._layout or self._is_behind()

    def fingerprint(self) -> str:
        """Changes when somebody saves a record or the workbook, and when a new day begins."""
        return f"{self._today()} {self._journal.revision()} {signature(self._path)}"

    def adopt(self) -> SyncStatus:
        """The administrator's answer to S082, and to S087 for a workbook without any portal's mark.

        Its records are ours; what it lacks is added.
        """
        self.state.set(adopt="yes", adopted=str(signature(self._path) or ""))
        return self.checkpoint()

    def confirm_removal(self) -> SyncStatus:
        """The administrator's answer to S084: the rows missing in the file, as it is now, were deleted on purpose."""
        self.state.set(confirmed=str(signature(self._path) or ""))
        return self.checkpoint()

    def ensure_sheet(self, template: str) -> None:
        """Asks for the template's sheet, and those of its line tables, though it has no record yet.

        The next checkpoint makes them: somebody wants to type records by hand. Raises KeyError for an unknown template.
        """
        tables = {plan.table for plan in self._plans if plan.template.key == template}
        if not tables:
            raise KeyError(template)
        self.state.want_sheets(tables)

    def has_sheet(self, template: str) -> bool:
        """Whether the workbook has the template's sheet, as far as it was seen."""
        return self.state.sheet(template) is not None

    def accept_move(self) -> SyncStatus:
        """The administrator's answer to S083: this file is the workbook from now on."""
        self.state.set(path=str(self._path))
        return self.checkpoint()

    def start_afresh(self, forget: Callable[[], None], copy: Path) -> SyncStatus:
        """Takes hand edits in, keeps the workbook as `copy`, has rows forgotten and makes a workbook of what is left.

        Raises StoreError, nothing done, where it cannot. Cut off in the middle, everything is in the new workbook.
        """
        with self._lock:
            self._take_in()
            self._require_free()
            self.state.forget_workbook()
            with named_errors(self._path), suppress(FileNotFoundError):
                self._path.replace(copy)
            forget()
            return self.checkpoint()

    # --- one attempt, and what its end means

    def _attempt(self, action: Callable[[], None]) -> SyncStatus:
        with self._lock:
            try:
                action()
            except (RemovalNeedsConfirming, NeedsDecision) as error:
                self.state.put_state("stopped", error.code, error.params)
            except StoreError as error:
                if isinstance(error, WorkbookBusy) or error.code == _HELD_BY_A_PROGRAM:
                    self._busy(error)
                else:
                    self.state.put_state("waiting", error.code, error.params)
            except OSError as error:
                reason = error.strerror or str(error)
                self.state.put_state("waiting", "S081", {"path": str(self._path), "reason": reason})
            else:
                self.state.put_state("ok")
                self.state.set(busy_since="")
        return self.status()

    def _busy(self, error: StoreError) -> None:
        now = self._clock()
        since = self.state.get("busy_since") or now.isoformat()
        self.state.put_state("busy", error.code, error.params)
        self.state.set(busy_since=since)
        if now - datetime.fromisoformat(since) >= BUSY_BEFORE_COPY:
            try:
                self._publish_beside()
            except (StoreError, OSError) as problem:
                log.info("no copy beside the workbook: %s", problem)

    def _take_in_only(self) -> None:
        self._take_in()

    def _today(self) -> str:
        return self._clock().date().isoformat()

    def _begin_day(self) -> None:
        """What holds today is worked out once a day, whatever the workbook's state."""
        today, last = self._today(), self.state.get("day")
        if last != today:
            self._recorder.begin_day(date.fromisoformat(last) if last else None)
            self.state.set(day=today)

    def _bring_up_to_date(self) -> None:
        self._begin_day()
        for _ in range(ATTEMPTS):
            opened = self._take_in()
            if not self._is_behind():
                return
            self._require_free()
            opened = opened or self._open()
            if opened.signature is not None and str(opened.signature) != self.state.get("signature"):
                continue  # saved by somebody since it was taken in
            try:
                self._fold_and_publish(opened)
            except SignatureChanged:
                continue
            return
        raise SignatureChanged(str(self._path))

    def _is_behind(self) -> bool:
        if self.state.get("complete") != str(self._journal.revision()) or self.state.get("layout") != self._layout:
            return True
        sheets = ((plan.table, self.state.sheet(plan.table)) for plan in self._plans)
        return any(self.state.dirty(table) for table, sheet in sheets if sheet is None or sheet.is_understood)

    @cached_property
    def _layout(self) -> str:
        """Changes when templates change what sheets look like or what their cells mean."""
        asked = [(plan.table, plan.sheet, plan.meaning) for plan in self._plans]
        return str(zlib.crc32(repr(asked).encode()))

    def _require_free(self) -> None:
        now = self._clock().timestamp()
        for one in owner_files(self._path):
            if now - one.modified < STALE_OWNER_FILE.total_seconds():
                code = "S085" if one.user else "S088"
                raise WorkbookBusy(code, path=str(self._path), program=_PROGRAMS[one.program], user=one.user)

    # --- taking in

    def _take_in(self) -> _Opened | None:
        """Takes in what changed; answers the workbook if it had to be opened."""
        found = signature(self._path)
        if found is None:
            self._require_never_published()
            return None
        seen = self.state.get("signature")
        facts = (seen, self.state.get("taken_layout"), self.state.get("path"))
        if facts == (str(found), self._layout, str(self._path)) and not self._has_new_targets():
            self._review({})
            return None
        opened = self._open()
        assert opened.signature is not None
        marker = read_marker(opened.workbook)
        lineage = self._lineage(marker, opened)
        at = self._clock()
        self._settle_intents(marker)
        intake = Intake(
            opened.workbook, self.state, self._journal, self._recorder, self._context(at), self._new_id, at, lineage,
            removal_confirmed=self.state.get("confirmed") == str(opened.signature),
        )  # fmt: skip
        revision = str(self._journal.revision())
        taking = TakeIn(intake)
        taking.run(self._plans)
        self.state.set(
            resolved=revision,
            signature=str(opened.signature),
            marker=str(max(marker.generation, 0)),
            taken_layout=self._layout,
            path=str(self._path),
        )
        self._review(taking.judged)
        return opened

    def _has_new_targets(self) -> bool:
        """Whether a reference that names nobody so far may name one of the records saved since it was read."""
        unresolved, since = self.state.get("unresolved").split("\n"), self.state.number("resolved")
        targets = {target for plan in self._plans if plan.table in unresolved for target in plan.targets.values()}
        known = targets.intersection(self._journal.tables())
        return any(self._journal.changed_rows(target, since, columns=()) for target in known)

    def _review(self, judged: Mapping[str, Collection[str]]) -> None:
        review_findings(self._plans, self.state, self._journal, self._recorder, judged)

    def _context(self, at: datetime) -> ParseContext:
        return ParseContext(now=at, references=self._recorder.references)

    def _require_never_published(self) -> None:
        """A workbook that was there and is gone is waited for: its people may have moved it, or a disk is away."""
        if self.state.get("signature"):
            raise StoreUnavailable("S080", path=str(self._path))

    def _open(self) -> _Opened:
        """Reads the file in one go, so that no handle of ours stops anybody from saving it."""
        for _ in range(ATTEMPTS):
            before = signature(self._path)
            if before is None:
                self._require_never_published()
                return _Opened(Workbook.open(new_workbook(self._explanation)), None)
            data = self._path.read_bytes()
            if signature(self._path) == before:
                return _Opened(Workbook.open(data), before)
        raise SignatureChanged(str(self._path))

    def _lineage(self, marker: Marker, opened: _Opened) -> Lineage:
        """With what the file is to be compared. Raises NeedsDecision."""
        seen = self.state.get("signature")
        known = self.state.get("path")
        if known not in ("", str(self._path)) and portal_id_of(Path(known)) == self._place.portal_id:
            raise NeedsDecision("S083", path=str(self._path), elsewhere=known)
        if marker.portal_id not in ("", self._place.portal_id):
            raise NeedsDecision("S087", path=str(self._path))
        if not marker.portal_id:
            return self._unmarked(opened, seen)
        if not seen:
            return Lineage(blind=True, removes=False)  # the journal is new: the workbook is the truth
        last = self.state.number("marker")
        assert opened.signature is not None
        older = opened.signature.mtime_ns < Signature.parse(seen).mtime_ns
        if marker.generation == last and not older:
            return Lineage()
        if marker.generation in self.state.intents():
            return Lineage()  # published, but the process died before it could note it
        if self.state.knows_generation(marker.generation):
            return Lineage(at=marker.generation)
        if marker.generation > last:
            return Lineage(removes=False)  # the journal is older than the workbook
        return Lineage(blind=True, removes=False)

    def _unmarked(self, opened: _Opened, seen: str) -> Lineage:
        if not self.state.get("published_at"):
            if self.state.get("adopt") != "yes":
                raise NeedsDecision("S082", path=str(self._path))
            return Lineage(removes=bool(seen))
        if self.state.get("adopted") != str(opened.signature) and not self._holds_our_records(opened.workbook):
            raise NeedsDecision("S087", path=str(self._path))
        return Lineage(removes=False)  # some program dropped our names when it saved

    def _holds_our_records(self, workbook: Workbook) -> bool:
        for plan in self._plans:
            known = {row_id for row_id, text in self.state.current(plan.table).items() if text}
            if known and find_renamed_sheet(workbook, plan, known, ()):
                return True
        return False

    def _settle_intents(self, marker: Marker) -> None:
        """A publication cut off between replacing the file and noting it did happen if the file carries its number."""
        for gen in self.state.intents():
            self.state.mark_generation(gen, "published" if gen == marker.generation else "abandoned")

    # --- folding

    def _fold_and_publish(self, opened: _Opened) -> None:
        at = self._clock()
        intent = Intent(self.state, at)
        fold = Fold(opened.workbook, self.state, self._journal, self._context(at), intent.keep)
        result = fold.run(self._plans)
        if not opened.workbook.changed_parts and opened.signature is not None:
            intent.drop()
            self._mark(result, opened.workbook, {})
        else:
            self._publish(opened, result, intent)
        fold.remember_displays()
        if result.refused is not None:
            raise result.refused
        self.state.set(complete=str(result.revision), layout=self._layout)

    def _publish(self, opened: _Opened, result: FoldResult, intent: Intent) -> None:
        gen, at = intent.generation, intent.at
        write_marker(opened.workbook, Marker(self._place.portal_id, gen))
        data = opened.workbook.to_bytes()
        context = self._context(at)
        try:
            if opened.signature is not None:
                backup_daily(self._path, self._place.state_dir / "backups", at.date())
            new = publish(
                self._path,
                data,
                expected=opened.signature,
                verify=lambda written: verify(written, result.tables, context, intent.kept),
                changed=opened.workbook.changed_parts if opened.signature else None,
                before=opened.workbook.package_as_read() if opened.signature else None,
            )
        except OSError:
            if signature(self._path) == opened.signature:
                intent.drop()  # it never reached the file
            raise
        facts = {"marker": str(gen), "signature": str(new), "published_at": at.isoformat(), "path": str(self._path)}
        with self.state.transaction():
            self.state.mark_generation(gen, "published")
            self._mark(result, opened.workbook, {**facts, "taken_layout": self._layout})
        self._drop_beside()
        self._prune(at)

    def _prune(self, at: datetime) -> None:
        """Once a day."""
        if self.state.get("pruned_on") != at.date().isoformat():
            self.state.forget_before(at - HISTORY_KEPT)
            self.state.set(pruned_on=at.date().isoformat())

    def _mark(self, result: FoldResult, workbook: Workbook, facts: dict[str, str]) -> None:
        """Remembers that the file shows what was folded."""
        with self.state.transaction():
            for table in result.tables:
                self._mark_table(table, workbook)
            if facts:
                self.state.set(**facts)

    def _mark_table(self, table: FoldedTable, workbook: Workbook) -> None:
        crc = fingerprint(workbook, table.plan, table.sheet.map.sheet)
        self.state.put_places(table.plan.table, table.places)
        self.state.put_sheet(table.plan.table, table.sheet.with_crc(crc))
        if table.covered:
            told = [one for one in self.state.row_findings(table.plan.table) if one not in table.covered]
            self.state.put_findings(table.plan.table, (), [*told, *table.covered])

    # --- somebody keeps the workbook open for long

    def _beside(self) -> Path:
        return self._path.with_name(f"{self._path.stem}（最新）{self._path.suffix}")

    def _publish_beside(self) -> None:
        """Writes the newest state into a read-only copy beside the workbook, which stays as it is."""
        revision = str(self._journal.revision())
        path = self._beside()
        if self.state.get("beside") == revision and path.exists():
            return
        opened = self._open()
        context = self._context(self._clock())
        result = Fold(opened.workbook, self.state, self._journal, context, lambda _table, _contents: None).run(
            self._plans
        )
        if result.refused is not None:
            return
        opened.workbook.drop_name("_portal_id")
        if path.exists():
            path.chmod(0o644)  # Windows does not replace a read-only file
        publish(path, opened.workbook.to_bytes(), expected=signature(path), verify=lambda _: None)
        path.chmod(0o444)
        self.state.set(beside=revision)

    def _drop_beside(self) -> None:
        """The workbook itself is the newest again. A copy somebody has open stays until the next time."""
        path = self._beside()
        try:
            if path.exists():
                path.chmod(0o644)
                path.unlink()
        except OSError as error:
            log.info("the copy %s could not be removed: %s", path, error)
