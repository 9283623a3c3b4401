"""The composition root: puts the parts together, and the only place that asks the machine for time and identities."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ulid import ULID

from schemas.finding import Finding, has_errors
from schemas.labels import Labels
from schemas.record import Actor
from services.accounts import Accounts
from services.attachments import Attachments
from services.config import ROOT, Config
from services.drafts import Drafts
from services.hashing import Hashing
from services.people import People
from services.places import find_place_problems
from services.ports import Clock, NewId
from services.samples import Samples
from services.sessions import Sessions
from services.setup import Setup, SetupAnswers
from services.sync import Health, Sync
from services.templates import Forms, stamp_of
from sheets_adapter.contract import StoreError, StoreUnavailable
from sheets_adapter.journal import Journal
from sheets_adapter.private import PrivateStore

if TYPE_CHECKING:
    from reports.statement import Statement
    from schemas.catalogue import Catalogue
    from services.bulk import Bulk
    from services.duties import Duties
    from services.exports import Exports
    from services.grading import Grading
    from services.prints import Prints
    from services.report_book import ReportBook
    from services.report_data import ReportData
    from services.reports import Question
    from services.sample_removal import SampleRemoval
    from services.settling import Settling
    from services.versions import Versions
    from services.views import Views
    from sheets_adapter.repository import Repository

__all__ = ["App", "ConfigError", "StoreError", "StoreUnavailable", "load_config", "open_app"]

PRIVATE_FILE = "portal.private"
PORTAL_ID = "portal_id"
LOOK_AT_FILES_EVERY = timedelta(seconds=1)
WARM_UP_AFTER_S = 1.5
"""Templates, the repository and the checkpointer can wait until the first screen is drawn."""


class ConfigError(Exception):
    """The portal cannot open with this configuration; `findings` say which settings to fix."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(", ".join(finding.code for finding in findings))


def load_config(environ: Mapping[str, str], secrets: Mapping[str, Any], *, base: Path = ROOT) -> Config:
    """The configuration, with what the settings table of an existing state folder says. Raises StoreUnavailable."""
    config = Config.read(environ, secrets, {}, base=base)
    path = config.state_dir / PRIVATE_FILE
    if not path.is_file():
        return config
    private = PrivateStore(path)
    try:
        return Config.read(environ, secrets, private.settings(), base=base)
    finally:
        private.close()


def open_app(
    config: Config,
    *,
    clock: Clock | None = None,
    new_id: NewId | None = None,
    start_checkpointer: bool = True,
    hashing: Hashing | None = None,
) -> App:
    """Opens the portal. Calling it twice in one process is harmless. Raises ConfigError, StoreUnavailable."""
    findings = config.findings if has_errors(config.findings) else find_place_problems(config)
    if has_errors(findings):
        raise ConfigError(findings)
    app = App(
        config,
        clock=clock or system_clock(config),
        new_id=new_id or system_id,
        hashing=hashing or Hashing(),
        starts_checkpointer=start_checkpointer,
    )
    try:
        app.finish_opening()
    except BaseException:
        app.close()
        raise
    return app


class App:
    """One opened portal: what pages, manage.py and tests use. Safe to use from several threads."""

    def __init__(
        self, config: Config, *, clock: Clock, new_id: NewId, hashing: Hashing, starts_checkpointer: bool
    ) -> None:
        self.config = config
        self.clock = clock
        self.new_id = new_id
        self._forms = Forms(config)
        self._private = PrivateStore(config.state_dir / PRIVATE_FILE)
        portal_id = self._settled_portal_id()
        self._journal = Journal(config.state_dir / f"{portal_id}.journal", clock=clock)
        self._reloading = threading.Lock()
        self._looked_at = clock()
        self._making = threading.Lock()
        self._repository: Repository | None = None
        self._starts_checkpointer = starts_checkpointer
        self._warming: threading.Timer | None = None
        self._closing = threading.Lock()
        self._closed = False
        self.sync = Sync(
            config,
            portal_id,
            self._journal,
            clock=clock,
            new_id=new_id,
            labels=lambda: self.labels,
            repository=lambda: self.repository,
            catalogue=lambda: self.catalogue,
            is_set_up=lambda: not self.setup.needed(),
            starts_checkpointer=starts_checkpointer,
        )
        self._connect_people(hashing)
        self.attachments = self._files(enabled=not self.is_demo)

    def _connect_people(self, hashing: Hashing) -> None:
        people = People(lambda: self.repository, lambda: self.catalogue, self._journal.revision)
        handed: dict[str, Any] = {"clock": self.clock, "new_id": self.new_id}
        self.accounts = Accounts(self._private, is_staff=people.is_staff, hashing=hashing, **handed)
        self.sessions = Sessions(
            self._private, self.config, person=people.person, number_now=people.number_now, **handed
        )
        self.drafts = Drafts(self._private, written_under=self._journal.written_under, **handed)
        self.samples = Samples(
            self._private,
            clock=self.clock,
            catalogue=lambda: self.catalogue,
            journal=self._journal,
            attachments=lambda: self._files(enabled=True),
        )
        self.setup = Setup(
            self.config,
            self._private,
            clock=self.clock,
            labels=lambda: self.labels,
            catalogue=lambda: self.catalogue,
            repository=lambda: self.repository,
            accounts=self.accounts,
            samples=self.samples,
            workbook=self.sync,
        )

    # What the first screen does without is put together when it is first asked for: its modules take time to load.

    @cached_property
    def views(self) -> Views:
        """People's saved views of lists."""
        from services.views import Views

        return Views(self._private, clock=self.clock, new_id=self.new_id)

    @cached_property
    def bulk(self) -> Bulk:
        """Changes of many records at once."""
        from services.bulk import Bulk

        return Bulk(lambda: self.repository, self._private, clock=self.clock)

    @cached_property
    def duties(self) -> Duties:
        """What people owe today."""
        from services.duties import Duties

        return Duties(self.report, revision=self._journal.revision, clock=self.clock)

    @cached_property
    def exports(self) -> Exports:
        """Downloads of lists and of the workbook."""
        from services.exports import Exports

        return Exports(
            lambda: self.repository,
            lambda: self.catalogue,
            lambda: self.labels,
            clock=self.clock,
            log=self._log,
            workbook=self.sync.workbook_bytes,
        )

    @cached_property
    def prints(self) -> Prints:
        """Records as their paper forms."""
        from services.prints import Prints

        return Prints(
            lambda: self.repository,
            lambda: self.catalogue,
            lambda: self.labels,
            company=lambda: self.company,
            clock=self.clock,
            log=self._log,
        )

    @cached_property
    def settling(self) -> Settling:
        """Closes months of commissions."""
        from services.settling import Settling

        return Settling(
            self.config,
            forms=lambda: self._forms,
            repository=lambda: self.repository,
            read=self._read_once,
            clock=self.clock,
            new_id=self.new_id,
        )

    @cached_property
    def grading(self) -> Grading:
        """Applies suggested grades where the rules say so."""
        from services.grading import Grading

        return Grading(
            self.config,
            forms=lambda: self._forms,
            repository=lambda: self.repository,
            read=self._read_once,
            clock=self.clock,
        )

    def _read_once(self, timezone: str) -> ReportData:
        """The records for a computation of its own, which keeps nothing between reports and needs no lock."""
        return replace(self.report_book.read(timezone), kept=None)

    @cached_property
    def report_book(self) -> ReportBook:
        """The records as reports read them."""
        from services.report_book import ReportBook

        return ReportBook(self._journal, catalogue=lambda: self.catalogue, clock=self.clock)

    def report(self, question: Question) -> Statement:
        """A report over the records as they are now. Raises ReportRefused, StoreError."""
        from services.reports import answer

        return answer(question, self.config, self._forms, self.report_book)

    @cached_property
    def versions(self) -> Versions:
        """A record as it was, and the way back."""
        from services.versions import Versions

        return Versions(lambda: self.repository, lambda: self.catalogue)

    @cached_property
    def sample_removal(self) -> SampleRemoval:
        """Takes the sample data away."""
        from services.sample_removal import SampleRemoval

        return SampleRemoval(
            self._private,
            self._journal,
            self.sync,
            clock=self.clock,
            catalogue=lambda: self.catalogue,
            forgotten=self._forget_records,
        )

    def _files(self, *, enabled: bool) -> Attachments:
        """The door to attached files; a demo, which would lose people's files, still shows those of its samples."""
        return Attachments(
            self.config.state_dir / "files", lambda: self.repository, new_id=self.new_id, enabled=enabled
        )

    def finish_opening(self) -> None:
        """What needs every part: a demo sets itself up, a set-up cut off goes on, the checkpointer starts."""
        if self.setup.needed() and self.is_demo and self.config.demo_admin is not None:
            findings = self._set_demo_up()
            if has_errors(findings):
                raise ConfigError(findings)
        if not self.setup.needed():
            self.samples.load_wanted()
        if self._starts_checkpointer:
            self._warming = threading.Timer(WARM_UP_AFTER_S, self._warm_up)
            self._warming.daemon = True
            self._warming.start()

    def _warm_up(self) -> None:
        """What the sign-in screen does without, made ready while somebody reads it."""
        with self._closing:
            if not self._closed:
                self.sync.start()
                _ = self.repository

    @property
    def repository(self) -> Repository:
        """The one door to the records; made when first asked."""
        with self._making:
            if self._repository is None:
                self._repository = self._new_repository()
            return self._repository

    @property
    def labels(self) -> Labels:
        """All texts, in both languages."""
        return self._forms.labels

    @property
    def catalogue(self) -> Catalogue:
        """All forms that may be used."""
        return self._forms.catalogue

    @property
    def template_findings(self) -> tuple[Finding, ...]:
        """What is wrong with template and locale files; a form with an error is left out of the catalogue."""
        return self._forms.findings

    @property
    def company(self) -> str:
        """The company's name as set-up asked for it; "" before."""
        return self._private.setting("company") or ""

    @property
    def language(self) -> str:
        """The company's language: what a visitor sees before he chose."""
        if "language" in self.config.fixed:
            return self.config.language
        return self._private.setting("language") or self.config.language

    @property
    def is_demo(self) -> bool:
        """Whether everything is lost when the machine sleeps: pages show the banner."""
        return self.config.mode == "demo"

    def reload_templates(self) -> bool:
        """Takes up changed template and locale files; looks at most once a second. True when something changed.

        A new form has its sheet, list, history and downloads from then on, without a restart.
        """
        if self.clock() - self._looked_at < LOOK_AT_FILES_EVERY or not self._reloading.acquire(blocking=False):
            return False
        try:
            self._looked_at = self.clock()
            if stamp_of(self.config) == self._forms.stamp:
                return False
            forms = Forms(self.config)
            with self._making:
                self._forms, self._repository = forms, None
            self.sync.take_up_forms()
            return True
        finally:
            self._reloading.release()

    def _forget_records(self) -> None:
        """Records were taken out of the journal: nothing of them may stay in memory."""
        with self._making:
            self._repository = None
        self.report_book.forget()
        self.sync.take_up_forms()

    def health(self) -> Health:
        """Everything the status page shows."""
        return Health(
            sync=self.sync.status(),
            sync_findings=self.sync.findings(),
            template_findings=self.template_findings,
            config_findings=self.config.findings,
            revision=self._journal.revision(),
        )

    def close(self) -> None:
        """Closes every file; the checkpointer process writes what waits and ends."""
        if self._warming is not None:
            self._warming.cancel()
        with self._closing:
            self._closed = True
            self.sync.close()
            self._journal.close()
            self._private.close()

    def _new_repository(self) -> Repository:
        from services.gates import Gatekeeper
        from sheets_adapter.repository import Repository

        gate = Gatekeeper(
            self.config,
            clock=self.clock,
            repository=lambda: self.repository,
            pack_name=lambda: self._private.setting("rule_pack"),
        )
        return Repository(self._journal, self.catalogue, clock=self.clock, new_id=self.new_id, gates=(gate,))

    def _settled_portal_id(self) -> str:
        """This portal's id: the one it has, else the one a workbook found at its place carries, else a new one."""
        known = self._private.setting(PORTAL_ID)
        if known is not None:
            return known
        from sheets_adapter.excel import portal_id_of

        mine = portal_id_of(self.config.workbook) or self.new_id()
        if self._private.claim_setting(PORTAL_ID, mine):
            return mine
        return self._private.setting(PORTAL_ID) or mine

    def _set_demo_up(self) -> tuple[Finding, ...]:
        admin = self.config.demo_admin
        assert admin is not None
        language = self.config.language
        answers = SetupAnswers(
            company=self.labels.text("setup.demo_company", language),
            admin_name=self.labels.text("setup.demo_admin", language),
            login=admin.login,
            password=admin.password,
            language=language,
            sample_data=True,
        )
        return self.setup.run(answers, self.setup.code(), password_hash=admin.password_hash)

    def _log(self, actor: Actor, action: str, template: str, detail: str) -> None:
        who = actor.signature or actor.account_id
        self._private.log_access(self.clock(), who, action, template=template, detail=detail)


def system_clock(config: Config) -> Clock:
    """The machine's time in the company's zone, whatever zone the server runs in."""
    zone = config.zone
    return lambda: datetime.now(zone)


def system_id() -> str:
    """A new ULID."""
    return str(ULID())
