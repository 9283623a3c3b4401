"""Set-up: the first visit of a fresh portal, protected by a one-time code printed on the console."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from schemas.finding import FieldRef, Finding
from schemas.folding import fold
from schemas.record import SYSTEM_ACTOR, Saved, Submission, Typed
from services.accounts import LANGUAGES, Account, AccountRefused, Accounts, find_login_problems
from services.config import Config
from services.passwords import find_password_problems
from services.ports import Clock
from services.samples import Samples
from sheets_adapter.private import PrivateStore

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from sheets_adapter.repository import Repository

RULE_PACKS = ("key_account_jewellery", "base", "dealer_manufacturing", "visit_only")
MAX_COMPANY = 60
FIRST_STAFF_ID = "S001"
FIRST_FORM = "customer_info"
"""Has its sheet from the first day on; other forms get theirs with their first record."""
DONE = "setup.done_at"
CODE = "setup.code"
"""Settings: when set-up was done; SHA-256 of the code."""


@dataclass(frozen=True, slots=True)
class SetupAnswers:
    """What the set-up form asks. `adopt_workbook`: yes, take over the workbook that is already there."""

    company: str
    admin_name: str
    login: str
    password: str = field(repr=False)
    language: str = "zh"
    rule_pack: str = RULE_PACKS[0]
    sample_data: bool = False
    adopt_workbook: bool = False


class WorkbookDoor(Protocol):
    """The workbook as set-up needs it."""

    def workbook_is_foreign(self) -> bool:
        """Whether a workbook that this portal did not make lies at the configured path."""
        ...

    def take_over(self) -> tuple[Finding, ...]:
        """Takes in the workbook that is there, if there is one; why it could not. Harmless when done before."""
        ...

    def ensure_sheet(self, template: str) -> None:
        """Gives the form a sheet, though it has no record yet."""
        ...

    def poke(self) -> None:
        """Keeps the workbook up to date from now on."""
        ...


_codes: dict[Path, str] = {}
"""This process's set-up code per state folder: a second App must not spoil the link the first one printed."""


class Setup:
    """Sets a fresh portal up. Everything in the private store happens in one transaction, so that of two people who
    finish at once the first wins; what goes to the journal carries one-time keys, so that a crash can be repeated."""

    def __init__(
        self,
        config: Config,
        private: PrivateStore,
        *,
        clock: Clock,
        labels: Callable[[], Labels],
        catalogue: Callable[[], Catalogue],
        repository: Callable[[], Repository],
        accounts: Accounts,
        samples: Samples,
        workbook: WorkbookDoor,
    ) -> None:
        self._config = config
        self._private = private
        self._clock = clock
        self._labels = labels
        self._catalogue = catalogue
        self._repository = repository
        self._accounts = accounts
        self._samples = samples
        self._workbook = workbook
        self._is_done = False

    def needed(self) -> bool:
        """Whether nobody has set this portal up yet."""
        if not self._is_done:
            self._is_done = self._private.setting(DONE) is not None
        return not self._is_done

    def console_line(self, base_url: str, language: str = "") -> str:
        """The line for the console: where to go, with the one-time code in the link (`?setup=`)."""
        url = f"{base_url.rstrip('/')}/?setup={self.code()}"
        return self._labels().text("setup.console", language or self._config.language, url=url)

    def code(self) -> str:
        """The one-time code: the same until it is used or the program is started again."""
        code = _codes.setdefault(self._config.state_dir, secrets.token_urlsafe(24))
        self._private.put_setting(CODE, _hashed(code))
        return code

    def check_code(self, code: str) -> bool:
        """Whether this is the code printed at the latest start, of a portal that is not set up."""
        kept = self._private.setting(CODE)
        return bool(code) and kept is not None and self.needed() and hmac.compare_digest(kept, _hashed(code))

    def workbook_exists(self) -> bool:
        """Whether a workbook that is not ours yet lies where ours belongs: then `adopt_workbook` must be asked."""
        return self._workbook.workbook_is_foreign()

    def find_problems(self, answers: SetupAnswers, password_hash: str = "") -> tuple[Finding, ...]:
        """What is wrong with the answers; FieldRef names the field of SetupAnswers."""
        problems = [*_find_company_problems(answers), *find_login_problems(answers.login)]
        if not password_hash:
            problems += find_password_problems(answers.password, answers.login)
        return (*problems, *_find_choice_problems(answers), *self._find_workbook_problems(answers))

    def run(self, answers: SetupAnswers, code: str, *, password_hash: str = "") -> tuple[Finding, ...]:
        """Sets the portal up; no error among the findings means done.

        password_hash: stands in for the password (a demo's comes from the secrets).
        Safe to call again after a crash. Raises StoreError when the journal cannot be written.
        """
        with self._private.transaction():
            if not self.needed():
                return (Finding("A025"),)
            if not self.check_code(code):
                return (Finding("A024"),)
            problems = self.find_problems(answers, password_hash) or self._settle(answers, password_hash)
            if problems:
                return problems
        self._is_done = True
        _codes.pop(self._config.state_dir, None)
        findings = self._samples.load_wanted()
        if FIRST_FORM in self._catalogue() and not answers.adopt_workbook:
            self._workbook.ensure_sheet(FIRST_FORM)
        self._workbook.poke()
        return findings

    def _find_workbook_problems(self, answers: SetupAnswers) -> Iterator[Finding]:
        if answers.sample_data and answers.adopt_workbook:
            yield Finding("A029", at=FieldRef("sample_data"))
        if self.workbook_exists() and not answers.adopt_workbook:
            params = {"file": str(self._config.workbook), "setting": "PORTAL_WORKBOOK"}
            yield Finding("A026", at=FieldRef("adopt_workbook"), params=params)

    def _settle(self, answers: SetupAnswers, password_hash: str) -> tuple[Finding, ...]:
        """Every step may have been done before by a run that was cut off."""
        refused = self._workbook.take_over()
        if refused:
            return refused
        staff_id = self._admin_staff_id(answers)
        if not isinstance(staff_id, str):
            return (Finding("A028"), *staff_id)
        made = self._make_account(answers, staff_id, password_hash)
        if isinstance(made, AccountRefused):
            return made.findings
        settings = {"company": answers.company.strip(), "language": answers.language, "rule_pack": answers.rule_pack}
        for key, value in settings.items():
            self._private.put_setting(key, value)
        if answers.sample_data:
            self._samples.want()
        self._private.put_setting(DONE, self._clock().isoformat())
        self._private.delete_setting(CODE)
        return ()

    def _make_account(self, answers: SetupAnswers, staff_id: str, password_hash: str) -> Account | AccountRefused:
        if password_hash:
            return self._accounts.restore(
                answers.login, password_hash, staff_id=staff_id, roles=["admin"], language=answers.language
            )
        return self._accounts.create(
            answers.login, answers.password, staff_id=staff_id, roles=["admin"], language=answers.language
        )

    def _admin_staff_id(self, answers: SetupAnswers) -> str | tuple[Finding, ...]:
        """The staff ID of the administrator: of the person of that name in an adopted workbook, else a new record."""
        repository = self._repository()
        name = answers.admin_name.strip()
        same = repository.references.resolve("staff", name)
        if len(same) == 1:
            return same[0]
        staff_id = self._free_staff_id()
        values: dict[str, Typed] = {
            "staff_id": staff_id,
            "staff_name": name,
            "dept": "管理层",
            "role": "管理层",
            "employment": "全职",
            "staff_state": "正式",
            "joined_on": self._clock().date().isoformat(),
        }
        outcome = repository.submit(Submission("staff", f"setup:{fold(name)}:{staff_id}", values), SYSTEM_ACTOR)
        return staff_id if isinstance(outcome, Saved) else outcome.findings

    def _free_staff_id(self) -> str:
        known = self._repository().references
        numbers = (f"S{number:03d}" for number in range(int(FIRST_STAFF_ID[1:]), 1000))
        return next(one for one in numbers if known.display("staff", one) is None)


def _find_company_problems(answers: SetupAnswers) -> Iterator[Finding]:
    company = answers.company.strip()
    if not company:
        yield Finding("A020", at=FieldRef("company"))
    if len(company) > MAX_COMPANY:
        yield Finding("A022", at=FieldRef("company"), params={"length": len(company), "max": MAX_COMPANY})
    if not answers.admin_name.strip():
        yield Finding("A021", at=FieldRef("admin_name"))


def _find_choice_problems(answers: SetupAnswers) -> Iterator[Finding]:
    if answers.language not in LANGUAGES:
        yield Finding("A027", at=FieldRef("language"), params={"language": answers.language})
    if answers.rule_pack not in RULE_PACKS:
        yield Finding("A023", at=FieldRef("rule_pack"), params={"pack": answers.rule_pack, "packs": RULE_PACKS})


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", errors="surrogatepass")).hexdigest()
