"""What pages see and ask of the workbook's keeper, and the portal's health in one value."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from schemas import rights
from schemas.finding import Finding
from schemas.record import Actor, Record
from services.config import Config
from services.ports import Clock, NewId
from services.templates import locale_dirs, template_dirs
from sheets_adapter.contract import StoreError, StoreUnavailable
from sheets_adapter.journal import Journal
from sheets_adapter.sync_state import Conflict, SyncStatus

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from sheets_adapter.checkpointer_handle import CheckpointerHandle, Fallback
    from sheets_adapter.excel import ExcelBackend
    from sheets_adapter.repository import Repository


@dataclass(frozen=True, slots=True)
class Health:
    """What the status page shows: the workbook's state and everything that wants a person's eye."""

    sync: SyncStatus
    sync_findings: tuple[Finding, ...]
    template_findings: tuple[Finding, ...]
    config_findings: tuple[Finding, ...]
    revision: int

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, and why the workbook waits."""
        reason = (Finding(self.sync.reason, params=dict(self.sync.params)),) if self.sync.reason else ()
        return (*reason, *self.sync_findings, *self.template_findings, *self.config_findings)


class Sync:
    """The workbook's side of an opened portal: its status, conflicts, and the checkpointer that keeps it up to date.

    is_set_up: before set-up no workbook is made and no checkpointer started.
    """

    def __init__(
        self,
        config: Config,
        portal_id: str,
        journal: Journal,
        *,
        clock: Clock,
        new_id: NewId,
        labels: Callable[[], Labels],
        repository: Callable[[], Repository],
        catalogue: Callable[[], Catalogue],
        is_set_up: Callable[[], bool],
        starts_checkpointer: bool,
    ) -> None:
        self._config = config
        self._portal_id = portal_id
        self._journal = journal
        self._clock = clock
        self._new_id = new_id
        self._labels = labels
        self._repository = repository
        self._catalogue = catalogue
        self._is_set_up = is_set_up
        self._starts_checkpointer = starts_checkpointer
        self._lock = threading.Lock()
        self._handle: CheckpointerHandle | None = None
        self._former: list[ExcelBackend] = []
        self._current: ExcelBackend | None = None

    @property
    def _backend(self) -> ExcelBackend:
        """Made when first asked: the sign-in screen needs no workbook."""
        with self._lock:
            if self._current is None:
                self._current = self._new_backend()
            return self._current

    # what pages ask

    def status(self) -> SyncStatus:
        """How far the workbook is behind the journal, and why."""
        return self._backend.status()

    def findings(self) -> tuple[Finding, ...]:
        """Cells of the workbook that do not fit their field, each with its address."""
        return self._backend.state.findings()

    def poke(self) -> None:
        """Something was written: a checkpoint may start at once."""
        self.start()
        if self._handle is not None:
            self._handle.poke()

    def fold_now(self) -> SyncStatus:
        """Takes hand edits in and brings the workbook up to date, now. Raises StoreUnavailable with the reason."""
        status = self._backend.checkpoint()
        if status.state != "ok":
            raise StoreUnavailable(status.reason, **status.params)
        return status

    def workbook_bytes(self) -> bytes:
        """The workbook's bytes, up to date. Raises StoreUnavailable with the reason."""
        self.fold_now()
        try:
            return self._config.workbook.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StoreUnavailable("S081", path=str(self._config.workbook), reason=reason) from error

    def row_of(self, template: str, record_id: str) -> tuple[str, int] | None:
        """Sheet and row where the workbook shows the record exactly as it is; None while it does not yet."""
        return self._backend.state.row_of(template, record_id)

    def has_sheet(self, template: str) -> bool:
        """Whether the workbook shows a sheet of the form; one comes by itself with the form's first record."""
        return self._backend.has_sheet(template)

    def ensure_sheet(self, template: str) -> None:
        """Has the form's sheet made now, for people who want to type its records there.

        Raises KeyError for an unknown form.
        """
        self._backend.ensure_sheet(template)
        self.poke()

    def start_afresh(self, forget: Callable[[], None]) -> str:
        """Has rows forgotten and makes a new workbook of what is left; answers the name the old one is kept under.

        "" when there was none. Raises StoreError where the workbook cannot be taken in, is open somewhere or cannot be
        moved; nothing is done then.
        """
        copy = _free_name(self._config.workbook, self._labels().text("samples.copy", self._config.language))
        existed = self._config.workbook.exists()
        self._backend.start_afresh(forget, copy)
        return copy.name if existed else ""

    def confirm_removal(self) -> SyncStatus:
        """The administrator's answer to S084: the rows missing in the workbook were deleted on purpose."""
        return self._backend.confirm_removal()

    def accept_move(self) -> SyncStatus:
        """The administrator's answer to S083: this file is the workbook from now on."""
        return self._backend.accept_move()

    def adopt(self) -> SyncStatus:
        """The administrator's answer to S082: records in this workbook are ours."""
        return self._backend.adopt()

    # conflicts

    def conflicts(self, actor: Actor) -> tuple[Conflict, ...]:
        """Open conflicts in records he may see, newest first; texts he may not read are masked or left out."""
        seen = (self._seen(conflict, actor) for conflict in self._backend.state.conflicts())
        return tuple(conflict for conflict in seen if conflict is not None)

    def resolve(self, number: int, side: Literal["ours", "theirs"], actor: Actor) -> tuple[Finding, ...]:
        """Settles a conflict: the portal's text stays, or the workbook's is put in its place.

        Findings say why it was not settled: A044 his role may not edit the form, S072 somebody was quicker.
        """
        from sheets_adapter.conflicts import settle_conflict

        state, repository = self._backend.state, self._repository()
        conflict = state.conflict(number)
        if conflict is None or self._seen(conflict, actor) is None:
            return (Finding("S072"),)
        if not rights.may(actor, self._catalogue()[conflict.table.partition(".")[0]], "edit"):
            return (Finding("A044"),)
        try:
            settle_conflict(state, self._journal, repository, number, side, actor, self._clock)
        except StoreError as error:
            return (Finding(error.code, params=error.params),)
        self.poke()
        return ()

    def _seen(self, conflict: Conflict, actor: Actor) -> Conflict | None:
        form = self._catalogue().get(conflict.table.partition(".")[0])
        record = self._record_of(conflict, actor)
        if form is None or record is None:
            return None
        line = form.lines_by_key.get(conflict.table.partition(".")[2])
        field = next((one for one in (line or form).fields if one.key == conflict.column), None)
        if field is None:
            return conflict
        if not rights.may_read_field(actor, form, field):
            return None
        if not rights.is_masked(actor, form, field, record_is_own=False):
            return conflict
        base, ours, theirs = (rights.mask(text, field) for text in (conflict.base, conflict.ours, conflict.theirs))
        return replace(conflict, base=base, ours=ours, theirs=theirs)

    def _record_of(self, conflict: Conflict, actor: Actor) -> Record | None:
        template, _, line = conflict.table.partition(".")
        if template not in self._catalogue():
            return None
        record_id = conflict.row_id
        if line:
            row = self._journal.get(conflict.table, conflict.row_id)
            record_id = row.values.get("record_id", "") if row else ""
        return self._repository().get(template, record_id, actor)

    # what set-up and the composition root ask

    def workbook_is_foreign(self) -> bool:
        """Whether a workbook nobody has taken over for this portal lies at the configured path."""
        return self._config.workbook.exists() and not self._backend.state.get("signature")

    def take_over(self) -> tuple[Finding, ...]:
        """Takes in the workbook that is there; why it could not. Harmless when done before.

        Nothing is written to it here: making or completing a workbook of many sheets takes seconds, and the
        checkpointer does it while people go on.
        """
        if not self._config.workbook.exists():
            return ()
        if self.workbook_is_foreign():
            self._backend.state.set(adopt="yes")
        status = self._backend.sync_in()
        return () if status.state == "ok" else (Finding(status.reason, params=dict(status.params)),)

    def start(self) -> None:
        """Starts the checkpointer once the portal is set up; harmless when it runs."""
        if self._handle is not None or not self._starts_checkpointer or not self._is_set_up():
            return
        from sheets_adapter.checkpointer_handle import CheckpointerCommand, CheckpointerHandle

        command = CheckpointerCommand(
            self._config.workbook,
            self._config.state_dir,
            self._portal_id,
            template_dirs(self._config),
            locale_dirs(self._config),
            self._config.timezone,
            self._config.language,
        )
        log_path = self._config.state_dir / "checkpointer.log"
        with self._lock:
            if self._handle is None:
                self._handle = CheckpointerHandle.start(command, log_path=log_path, fallback=self._fallback)

    def take_up_forms(self) -> None:
        """Goes on with changed forms; answers still being given finish with the former ones."""
        with self._lock:
            if self._current is not None:
                self._former.append(self._current)
            self._current = None
        if self._handle is not None:
            self._handle.reload()

    def close(self) -> None:
        """Ends the checkpointer, which writes what waits, and closes the sync tables."""
        if self._handle is not None:
            self._handle.close()
        for backend in (*self._former, self._current):
            if backend is not None:
                backend.close()

    def _new_backend(self) -> ExcelBackend:
        from sheets_adapter.excel import ExcelBackend, WorkbookPlace
        from sheets_adapter.explanation import explanation

        return ExcelBackend(
            WorkbookPlace(self._config.workbook, self._config.state_dir, self._portal_id),
            self._journal,
            self._repository(),
            self._catalogue(),
            clock=self._clock,
            new_id=self._new_id,
            explanation=explanation(self._labels(), self._config.language),
        )

    def _fallback(self) -> Fallback:
        from sheets_adapter.checkpoint_loop import CheckpointLoop, election_lock
        from sheets_adapter.checkpointer_handle import Fallback

        loop = CheckpointLoop(
            self._new_backend(),
            election_lock(self._config.state_dir, self._portal_id),
            heartbeat=lambda: self._clock().isoformat(),
            runner="thread",
        )
        return Fallback(loop.run, loop.stop, loop.poke, lambda: loop.use(self._new_backend()))


def _free_name(workbook: Path, word: str) -> Path:
    """A name beside the workbook that is not taken: `portal（含示例）.xlsx`, `portal（含示例 2）.xlsx`."""
    for number in count(1):
        path = workbook.with_name(f"{workbook.stem}（{word}{f' {number}' if number > 1 else ''}）{workbook.suffix}")
        if not path.exists():
            return path
    raise AssertionError("numbers never end")
