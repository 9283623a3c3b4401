"""Set-up: the first visit of a fresh portal, protected by a one-time code printed on the console."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.finding import Finding

RULE_PACKS = ("key_account_jewellery", "base", "dealer_manufacturing", "visit_only")


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


class Setup:
    def needed(self) -> bool:
        raise NotImplementedError

    def console_line(self, base_url: str, language: str = "") -> str:
        """The line for the console: where to go, with the one-time code in the link (`?setup=`)."""
        raise NotImplementedError

    def check_code(self, code: str) -> bool:
        raise NotImplementedError

    def workbook_exists(self) -> bool:
        """Whether a workbook that is not ours yet lies where ours belongs: then `adopt_workbook` must be asked."""
        raise NotImplementedError

    def find_problems(self, answers: SetupAnswers) -> tuple[Finding, ...]:
        """What is wrong with the answers; FieldRef names the field of SetupAnswers."""
        raise NotImplementedError

    def run(self, answers: SetupAnswers, code: str) -> tuple[Finding, ...]:
        """Sets the portal up; () means done. Safe to call again after a crash; of two at once the first wins."""
        raise NotImplementedError
