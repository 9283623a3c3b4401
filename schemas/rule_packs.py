"""Rule packs: what a company's rules are, as layered data (`schemas.pack_layers`), checked as a whole.

Every problem is a finding with file and line; a pack with errors is not used. Only a tier table that leaves amounts
without a row does not keep the rest from being used: nobody is paid by it (`Pack.table_findings`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field as Option
from pydantic import ValidationError, model_validator

from schemas.calendar import OFFICE_HOURS, OnMissingYear, WorkingCalendar
from schemas.commission_rules import CommissionPlan, CommissionRules
from schemas.contradiction import Contradiction
from schemas.deadline_rules import Rule
from schemas.exact import Exact
from schemas.finding import FileRef, Finding, Param, has_errors
from schemas.grade_rules import GradeRules
from schemas.kpi_rules import KpiRules
from schemas.option_findings import OptionPath, close_word, option_findings
from schemas.pack_layers import Layers, PackInfo, find_packs, merged_layers, starts_of
from schemas.pack_overrides import find_unknown, overridden, places
from schemas.template import Cite, Key, Meta

__all__ = ["DEFAULT_PACK", "Pack", "RulePack", "find_packs", "load_pack", "starts_of"]
DEFAULT_PACK = "key_account_jewellery"


class CalendarRules(Meta):
    """Working days and hours (`schemas.calendar`).

    provider: where days off come from. overrides: the company's own days, always; chinesecalendar: the official
    schedule; holidays: the statutory days of years that are not published yet.
    """

    provider: tuple[Literal["overrides", "chinesecalendar", "holidays"], ...] = (
        "overrides", "chinesecalendar", "holidays",
    )  # fmt: skip
    on_missing_year: OnMissingYear = "statutory_projection"
    segments: tuple[tuple[time, time], ...] = OFFICE_HOURS

    @model_validator(mode="after")
    def _is_a_calendar(self) -> CalendarRules:
        self.calendar({})
        if self._is_official and "holidays" not in self.provider and self.on_missing_year == "statutory_projection":
            raise Contradiction("calendar_projection")
        return self

    @property
    def _is_official(self) -> bool:
        return "chinesecalendar" in self.provider

    def calendar(self, overrides: Mapping[date, bool]) -> WorkingCalendar:
        """The working calendar with the company's own days (True: worked)."""
        return WorkingCalendar(self.segments, dict(overrides), self.on_missing_year, self._is_official)


class TemplateRules(Meta):
    """What a pack changes about a shipped form."""

    enabled: bool = True
    hide: tuple[Key, ...] = ()
    require: tuple[Key, ...] = ()


class ContractApproval(Meta):
    """AF02. Contracts above the threshold (yuan, strict) need the general manager."""

    gm_threshold: Exact = Option(default=Decimal(10_000), ge=0)
    """The document lost the number; 10,000 stands for it until the owner decides (open question 6)."""


class GiftApproval(Meta):
    """AF05. Whether gifts to public officials are forbidden (open question 8)."""

    block_officials: bool = True


class Approvals(Meta):
    """What the owner decides about approvals, by the flow's number."""

    contract: ContractApproval = Option(default=ContractApproval(), alias="AF02")
    gift: GiftApproval = Option(default=GiftApproval(), alias="AF05")


class ReportRules(Meta):
    """Choices about registers and lists."""

    sales_authority: Literal["deal", "order_register"] = "deal"
    """Which record counts where a deal and a registered order tell of the same sale."""
    order_month: Literal["received_on", "due_on"] = "received_on"
    """The month an order belongs to in the yearly statistics (R01)."""
    ranking_size: int = Option(default=10, ge=1, le=100)
    new_customer_months: int = Option(default=12, ge=1)


class RulePack(Meta):
    """All sections of a merged pack."""

    pack: PackInfo
    calendar: CalendarRules = CalendarRules()
    templates: dict[Key, TemplateRules] = Option(default_factory=dict)
    approvals: Approvals = Approvals()
    reports: ReportRules = ReportRules()
    deadlines: dict[str, Rule] = Option(default_factory=dict)
    commission: CommissionRules = CommissionRules()
    commission_plans: dict[str, CommissionPlan] = Option(default_factory=dict)
    grades: GradeRules | None = None
    kpi: KpiRules = KpiRules()
    citations: dict[Key, Cite] = Option(default_factory=dict)
    """The document and clause behind the lines of a statement, by topic."""

    @model_validator(mode="after")
    def _plans_exist(self) -> RulePack:
        for option in ("plan", "part_time_plan"):
            name = getattr(self.commission, option)
            if name and name not in self.commission_plans:
                raise Contradiction("plan_unknown", ("commission", option), option=option, plan=name)
        return self


@dataclass(frozen=True)
class Pack:
    """A pack ready for use. layers: pack ids from the lowest up. hash: sha256 of the merged rules' canonical JSON.
    at: the file and line an option comes from."""

    rules: RulePack
    hash: str
    layers: tuple[str, ...]
    at: Callable[[OptionPath], FileRef] = field(compare=False, repr=False)

    @property
    def id(self) -> str:
        """The pack's own id."""
        return self.rules.pack.id

    @cached_property
    def table_findings(self) -> tuple[Finding, ...]:
        """E338 for each tier table by which nobody can be paid; everything else of the pack is sound."""
        rules = self.rules
        flaws = {("commission_plans", name): plan.flaw for name, plan in rules.commission_plans.items()}
        flaws["commission", "attainment_tiers"] = rules.commission.attainment_flaw
        return tuple(
            Finding(
                "E338",
                self.at((*path, "tiers")),
                {**flaw.params, "table": path[1], "problem_word": f"problem.{flaw.code}"},
            )
            for path, flaw in flaws.items()
            if flaw is not None
        )

    def options(self) -> dict[str, str]:
        """Every option by its dotted name, with its value as text, lists as JSON: what `--set` may change."""
        return dict(_flat(self.rules.model_dump(mode="json", by_alias=True), ()))


NAMED: Mapping[OptionPath, str] = {
    ("deadlines",): "D05", ("commission_plans",): "jewellery_2026", ("kpi", "cards"): "back_office",
}  # fmt: skip
"""Sections whose entries have names, each with an example; a whole entry has a label, a change of one needs none."""


def load_pack(
    name: str, dirs: Sequence[Path], as_of: date, overrides: Mapping[str, str] | None = None
) -> tuple[Pack | None, tuple[Finding, ...]]:
    """The pack as in force on a day, with single options replaced for this run; None when it cannot be used.

    dirs: directories of pack folders; a folder of the same name in a later one adds to the earlier.
    overrides: dotted option → text, see `schemas.pack_overrides`. An unknown option is finding E105.
    """
    layers = merged_layers(name, dirs, as_of)
    if has_errors(layers.findings):
        return None, tuple(layers.findings)
    given = overrides or {}
    _override(layers, given)
    at = places(given, layers.at)
    layers.findings += _find_changes_of_nothing(layers)
    if has_errors(layers.findings):
        return None, tuple(layers.findings)
    try:
        rules = RulePack.model_validate(layers.data)
    except ValidationError as error:
        return None, (*layers.findings, *option_findings(error, at, RulePack))
    digest = hashlib.sha256(json.dumps(layers.data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    pack = Pack(rules, digest, tuple(layers.names), at)
    return pack, (*layers.findings, *pack.table_findings)


def _find_changes_of_nothing(layers: Layers) -> Iterator[Finding]:
    """E108 for entries that change one no layer below has: most likely its name is misspelt."""
    for path, example in NAMED.items():
        section: Any = layers.data
        for part in path:
            section = section.get(part) if isinstance(section, dict) else None
        if not isinstance(section, dict):
            continue
        whole = [name for name, entry in section.items() if not isinstance(entry, dict) or "label" in entry]
        for name in (name for name in section if name not in whole):
            params: dict[str, Param] = {"section": ".".join(map(str, path)), "name": name, "example": example}
            params["did_you_mean"] = _same_number(name, whole) or (close_word(name, whole) if len(name) > 4 else "")
            yield Finding("E108", layers.at((*path, name)), params)


def _same_number(name: str, known: Sequence[str]) -> str:
    """The rule meant by d05, D5 or 5."""
    digits = "".join(filter(str.isdigit, name))
    return next((one for one in known if digits and one == f"D{int(digits):02d}"), "")


def _override(layers: Layers, overrides: Mapping[str, str]) -> None:
    """Puts options for one run over the layers, if they are such as the pack has."""
    try:
        rules = RulePack.model_validate(layers.data)
    except ValidationError:
        return  # said of the files
    for option, text in overrides.items():
        known = dict(_flat(rules.model_dump(mode="json", by_alias=True), ()))
        unknown = find_unknown(option, rules, known)
        layers.findings += unknown
        if not unknown:
            layers.data, problems = overridden(layers.data, option, text)
            layers.findings += problems


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, (*path, str(key)))
    else:
        is_word = value is None or isinstance(value, (bool, list))
        yield ".".join(path), json.dumps(value, ensure_ascii=False) if is_word else str(value)
