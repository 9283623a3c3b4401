"""Rule packs: what a company's rules are, as layered data.

A pack is a folder of YAML files; its `pack` section names the packs it extends. Layers merge key by key (lists are
replaced), files of one pack in the order of their `valid_from` and name; a file with a later `valid_from` than the day
asked about plays no part. Every problem is a finding with file and line; a pack with errors is not used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

from pydantic import Field as Option
from pydantic import ValidationError, model_validator

from schemas.calendar import OFFICE_HOURS, OnMissingYear, WorkingCalendar
from schemas.commission_rules import CommissionPlan, CommissionRules
from schemas.contradiction import Contradiction
from schemas.deadline_rules import Rule
from schemas.finding import FileRef, Finding, has_errors
from schemas.grade_rules import GradeRules
from schemas.kpi_rules import KpiRules
from schemas.option_findings import OptionPath, close_word, option_finding
from schemas.template import Cite, Key, Label, Meta
from schemas.yaml_nodes import Document, read_yaml

DEFAULT_PACK = "key_account_jewellery"


class PackInfo(Meta):
    """Who the pack is for and what it builds on."""

    id: Key
    label: Label
    extends: tuple[Key, ...] = ()
    valid_from: date = date(2004, 1, 1)
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"


class CalendarRules(Meta):
    """Working days and hours (`schemas.calendar`)."""

    on_missing_year: OnMissingYear = "statutory_projection"
    segments: tuple[tuple[time, time], ...] = OFFICE_HOURS
    official: bool = True

    @model_validator(mode="after")
    def _is_a_calendar(self) -> CalendarRules:
        self.calendar({})
        return self

    def calendar(self, overrides: Mapping[date, bool]) -> WorkingCalendar:
        """The working calendar with the company's own days (True: worked)."""
        return WorkingCalendar(self.segments, dict(overrides), self.on_missing_year, self.official)


class TemplateRules(Meta):
    """What a pack changes about a shipped form."""

    enabled: bool = True
    hide: tuple[Key, ...] = ()
    require: tuple[Key, ...] = ()


class ApprovalRules(Meta):
    """Thresholds of approvals the owner decides (open questions 6 and 8)."""

    gm_threshold: str | None = None
    """Contracts from this amount (yuan) need the general manager; None: not decided, a banner says so."""
    block_officials: bool = True


class ReportRules(Meta):
    """Choices about registers and lists."""

    sales_authority: Literal["deal", "order_register"] = "deal"
    """Which record counts where a deal and a registered order tell of the same sale."""
    order_month: Literal["received_on", "due_on"] = "received_on"
    """The month an order belongs to in the yearly statistics (R01)."""
    ranking_size: int = Option(default=10, ge=1, le=100)
    new_customer_months: int = Option(default=12, ge=1)
    primary_grade: Literal["g1", "g2", "customer_level", "ka_class"] = "g1"


class RulePack(Meta):
    """All sections of a merged pack."""

    pack: PackInfo
    calendar: CalendarRules = CalendarRules()
    templates: dict[Key, TemplateRules] = Option(default_factory=dict)
    approvals: dict[str, ApprovalRules] = Option(default_factory=dict)
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
                raise Contradiction("plan_unknown", option=option, plan=name)
        return self


@dataclass(frozen=True)
class Pack:
    """A pack ready for use. layers: pack ids from the lowest up. hash: sha256 of the merged rules' canonical JSON."""

    rules: RulePack
    hash: str
    layers: tuple[str, ...]

    @property
    def id(self) -> str:
        """The pack's own id."""
        return self.rules.pack.id

    def options(self) -> dict[str, str]:
        """Every single-valued option by its dotted name, with its value as text: what `--set` may change."""
        return dict(_flat(self.rules.model_dump(mode="json", by_alias=True), ()))


@dataclass
class _Merge:
    """Layers merged so far, and which file said what."""

    data: dict[str, Any] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)

    def at(self, path: OptionPath) -> FileRef:
        """The place in the topmost file that says most about the path."""
        depth, document = 0, self.documents[-1]
        for candidate in self.documents:
            known = next(
                length for length in range(len(path), -1, -1) if not length or path[:length] in candidate.lines
            )
            if known >= depth:
                depth, document = known, candidate
        return document.at(path)


def find_packs(dirs: Sequence[Path]) -> tuple[str, ...]:
    """The ids of the packs in these directories."""
    return tuple(sorted({path.parent.name for folder in dirs for path in folder.glob("*/*.yaml")}))


def load_pack(
    name: str, dirs: Sequence[Path], as_of: date, overrides: Mapping[str, str] | None = None
) -> tuple[Pack | None, tuple[Finding, ...]]:
    """The pack as in force on a day, with single options replaced for this run; None when it has errors.

    dirs: directories of pack folders; a folder of the same name in a later one adds to the earlier.
    overrides: dotted option → text ("null" takes the value away). An unknown option is finding E105.
    """
    merge = _Merge()
    _add_pack(name, dirs, as_of, merge, ())
    if has_errors(merge.findings):
        return None, tuple(merge.findings)
    for option, text in (overrides or {}).items():
        merge.findings += _set_option(merge.data, option, text)
    try:
        rules = RulePack.model_validate(merge.data)
    except ValidationError as error:
        merge.findings += [option_finding(detail, merge.at, RulePack) for detail in error.errors(include_url=False)]
        return None, tuple(merge.findings)
    if as_of < rules.pack.valid_from:
        place = merge.at(("pack", "valid_from"))
        merge.findings.append(
            Finding("E106", place, {"pack": name, "as_of": as_of, "valid_from": rules.pack.valid_from})
        )
    digest = hashlib.sha256(json.dumps(merge.data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return (None if has_errors(merge.findings) else Pack(rules, digest, tuple(merge.layers))), tuple(merge.findings)


def _add_pack(name: str, dirs: Sequence[Path], as_of: date, merge: _Merge, below: tuple[str, ...]) -> None:
    """Merges a pack over what it extends; each pack once."""
    if name in below:
        merge.findings.append(Finding("E102", merge.at(("pack", "extends")), {"packs": (*below, name)}))
        return
    if name in merge.layers:
        return
    documents = list(_documents(name, dirs, as_of))
    if not documents:
        known = find_packs(dirs)
        merge.findings.append(
            Finding("E101", None, {"pack": name, "known": known, "did_you_mean": close_word(name, known)})
        )
        return
    merge.findings += [finding for document in documents for finding in document.findings]
    own: dict[str, Any] = {}
    for document in documents:
        if isinstance(document.data, dict):
            own = _merged(own, {key: value for key, value in document.data.items() if key != "valid_from"})
        elif not document.findings:
            merge.findings.append(Finding("E103", document.at(())))
    extended = (own.get("pack") or {}).get("extends") or []
    merge.documents += documents
    for base in extended:
        _add_pack(str(base), dirs, as_of, merge, (*below, name))
    merge.documents = [kept for kept in merge.documents if kept not in documents] + documents
    merge.data = _merged(merge.data, own)
    merge.layers.append(name)


def _documents(name: str, dirs: Sequence[Path], as_of: date) -> Iterator[Document]:
    found: list[tuple[int, str, str, Document]] = []
    for layer, folder in enumerate(dirs):
        for path in sorted((folder / name).glob("*.yaml")):
            document = read_yaml(path, f"{name}/{path.name}")
            since = str(document.data.get("valid_from", "")) if isinstance(document.data, dict) else ""
            if since <= as_of.isoformat():
                found.append((layer, since, path.name, document))
    yield from (document for *_, document in sorted(found, key=lambda item: item[:3]))


def _merged(lower: Any, upper: Any) -> Any:
    """Mappings key by key, everything else from the upper layer."""
    if isinstance(lower, dict) and isinstance(upper, dict):
        return lower | {key: _merged(lower.get(key), value) for key, value in upper.items()}
    return upper


def _set_option(data: dict[str, Any], option: str, text: str) -> list[Finding]:
    """Puts one option into the raw data, if it is one of those the pack has."""
    try:
        known = dict(_flat(RulePack.model_validate(data).model_dump(mode="json", by_alias=True), ()))
    except ValidationError:
        known = {}
    if known and option not in known:
        return [Finding("E105", None, {"option": option, "did_you_mean": close_word(option, known)})]
    *parents, last = option.split(".")
    place = data
    for parent in parents:
        place[parent] = dict(place.get(parent) or {})
        place = place[parent]
    words: dict[str, Any] = {"null": None, "true": True, "false": False}
    place[last] = words.get(text, text)
    return []


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, (*path, str(key)))
    elif not isinstance(value, list):
        yield ".".join(path), json.dumps(value) if value is None or isinstance(value, bool) else str(value)
