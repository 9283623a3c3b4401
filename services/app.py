"""The composition root: puts the parts together, and the only place that asks the machine for time and identities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ulid import ULID

from schemas.finding import Finding
from services.accounts import Accounts
from services.attachments import Attachments
from services.config import Config
from services.drafts import Drafts
from services.exports import Exports
from services.ports import Clock, NewId
from services.sessions import Sessions
from services.setup import Setup

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from sheets_adapter.repository import Repository

    from services.sync import Health, Sync


class ConfigError(Exception):
    """The portal cannot open with this configuration; `findings` say which settings to fix."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(", ".join(finding.code for finding in findings))


def load_config(environ: Mapping[str, str], secrets: Mapping[str, Any]) -> Config:
    """The configuration, with what the settings table of an existing state folder says."""
    raise NotImplementedError


def open_app(
    config: Config, *, clock: Clock | None = None, new_id: NewId | None = None, start_checkpointer: bool = True
) -> App:
    """Opens the portal. Calling it twice in one process is harmless. Raises ConfigError, StoreUnavailable."""
    raise NotImplementedError


class App:
    """One opened portal: what pages, manage.py and tests use."""

    config: Config
    labels: Labels
    catalogue: Catalogue
    template_findings: tuple[Finding, ...]
    clock: Clock
    new_id: NewId
    repository: Repository
    accounts: Accounts
    sessions: Sessions
    drafts: Drafts
    setup: Setup
    attachments: Attachments
    exports: Exports
    sync: Sync

    @property
    def company(self) -> str:
        """The company's name as set-up asked for it; "" before."""
        raise NotImplementedError

    @property
    def language(self) -> str:
        """The company's language: what a visitor sees before he chose."""
        raise NotImplementedError

    @property
    def is_demo(self) -> bool:
        """Whether everything is lost when the machine sleeps: pages show the banner."""
        raise NotImplementedError

    def reload_templates(self) -> bool:
        """Takes up changed template and locale files; cheap when nothing changed. True when something was taken up."""
        raise NotImplementedError

    def health(self) -> Health:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def system_clock(config: Config) -> Clock:
    """The machine's time in the company's zone, whatever zone the server runs in."""
    zone = config.zone
    return lambda: datetime.now(zone)


def system_id() -> str:
    """A new ULID."""
    return str(ULID())
