"""One portal with every shipped form and one record of each, shared by all tests of forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.catalogue import Catalogue
from schemas.finding import Finding
from schemas.loader import load_catalogue
from schemas.record import SYSTEM_ACTOR, Actor, Rejected, Saved, Submission, Typed, TypedLine
from schemas.template import Template
from services.app import App, open_app
from services.config import Config
from services.hashing import Hashing
from services.setup import SetupAnswers
from tests.forms.answers import answers_to, lines_of

SHIPPED = Path(__file__).resolve().parents[2] / "forms" / "templates"
CATALOGUE: Catalogue = load_catalogue([SHIPPED])[0]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
Lines = Mapping[str, Sequence[TypedLine]]

every_template = pytest.mark.parametrize("template", list(CATALOGUE), ids=lambda template: template.key)


class Desk:
    """The shared portal, and short ways to fill in its forms."""

    def __init__(self, app: App) -> None:
        self.app = app
        account = app.accounts.by_login("admin")
        assert account is not None
        actor = app.sessions.actor(app.sessions.open(account))
        assert actor is not None
        self.account, self.admin = account, actor
        self.saved: dict[str, Saved] = {}
        self._open: set[str] = set()
        for key in ("staff", *(template.key for template in CATALOGUE)):
            self.key_of(key)

    def actor(self, template: Template) -> Actor:
        """Who may fill the form in: what only the portal writes, the portal."""
        return SYSTEM_ACTOR if template.written_by == "portal" else self.admin

    def submit(
        self, template: Template, values: Mapping[str, Typed], lines: Lines, **options: bool
    ) -> Saved | Rejected:
        submission = Submission(template.key, self.app.new_id(), values, lines, **options)
        return self.app.repository.submit(submission, self.actor(template))

    def key_of(self, key: str) -> str:
        """Key of the form's example record, which is saved if there is none yet; "" while it is being filled in."""
        if key in self._open:
            return ""
        if key not in self.saved:
            template = CATALOGUE[key]
            self._open.add(key)
            outcome = self.submit(template, answers_to(template, self.key_of), lines_of(template, self.key_of))
            assert isinstance(outcome, Saved), [self.told(one, template) for one in outcome.findings]
            self.saved[key] = outcome
            self._open.remove(key)
        return self.saved[key].number

    def told(self, finding: Finding, template: Template, language: str = "zh") -> str:
        """The finding as the form says it."""
        return self.app.labels.finding(finding, language, template, self.app.catalogue)

    def findings(self, template: Template, values: Mapping[str, Typed], lines: Lines, **options: bool) -> list[Finding]:
        """What a submission is refused for."""
        outcome = self.submit(template, values, lines, **options)
        return list(outcome.findings) if isinstance(outcome, Rejected) else []


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A set-up portal with all shipped forms. Its clock stands still at Saturday noon."""
    folder, numbers = tmp_path_factory.mktemp("portal"), count(1)
    app = open_app(
        Config(folder / "portal.xlsx", folder / "state", folder / "company"),
        clock=lambda: NOW,
        new_id=lambda: f"{next(numbers):026d}",
        hashing=Hashing(cost=4),
        start_checkpointer=False,
    )
    assert app.setup.run(SetupAnswers("明达科技", "孙丽", "admin", "春江花月夜八个字"), app.setup.code()) == ()
    yield Desk(app)
    app.close()
