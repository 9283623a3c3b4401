"""The files of rule packs: found, put in force by their days, and merged from the lowest layer up.

A pack is a folder of YAML files; its `pack` section names the packs it extends. Layers merge key by key (lists are
replaced), files of one pack in the order of their `valid_from` and name. A file with a later `valid_from` than the day
asked about plays no part. `valid_from` stands at the top of a file or in its `pack` section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import TypeAdapter, ValidationError, field_validator, model_validator

from schemas.contradiction import Contradiction
from schemas.exact import Day
from schemas.finding import FileRef, Finding, Param, has_errors
from schemas.option_findings import OptionPath, close_word, option_findings, shown
from schemas.template import Key, Label, Meta
from schemas.yaml_nodes import Document, read_yaml

ALWAYS = date(2004, 1, 1)
"""The first day with an official calendar; a pack that names no day is in force from here."""


class PackInfo(Meta):
    """Who the pack is for and what it builds on. Without a label its id is shown."""

    id: Key
    label: Label
    extends: tuple[Key, ...] = ()
    valid_from: Day = ALWAYS
    timezone: str = "Asia/Shanghai"
    currency: Literal["CNY"] = "CNY"

    @model_validator(mode="before")
    @classmethod
    def _is_named(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "label" not in raw and isinstance(raw.get("id"), str) and raw["id"]:
            return raw | {"label": {"zh": raw["id"], "en": raw["id"]}}
        return raw

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise Contradiction("timezone", zone=zone, near=close_word(zone, available_timezones()) or "–") from error
        return zone


@dataclass
class Layers:
    """Packs merged so far. documents: the files that said it, the topmost last. names: pack ids from the lowest up."""

    data: dict[str, Any] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def at(self, path: OptionPath) -> FileRef:
        """The place in the topmost file that says most about the path."""
        return _place(self.documents, path)


@dataclass(frozen=True)
class _File:
    """A file of a pack and the day it counts from."""

    document: Document
    since: date
    layer: int


def find_packs(dirs: Sequence[Path]) -> tuple[str, ...]:
    """The ids of the packs in these directories."""
    return tuple(sorted({path.parent.name for folder in dirs for path in folder.glob("*/*.yaml")}))


def starts_of(name: str, dirs: Sequence[Path]) -> tuple[date, ...]:
    """The days on which files of a pack begin to count, ascending."""
    return tuple(sorted({file.since for file in _files(name, dirs)}))


def merged_layers(name: str, dirs: Sequence[Path], as_of: date) -> Layers:
    """The pack over everything it extends, each pack once, as in force on a day."""
    layers = Layers()
    _add(name, dirs, as_of, layers, (), None)
    return layers


def _add(
    name: str, dirs: Sequence[Path], as_of: date, layers: Layers, below: tuple[str, ...], asked_at: FileRef | None
) -> None:
    """Merges a pack over what it extends. below: the packs that led here; asked_at: where the last of them names it."""
    if name in below:
        layers.findings.append(Finding("E102", asked_at, {"packs": (*below[below.index(name) :], name)}))
        return
    if name in layers.names:
        return
    documents = [file.document for file in _files_in_force(name, dirs, as_of, layers, asked_at)]
    own = _own_options(documents, layers)
    info = _head(name, own, documents, layers) if documents else None
    if info is None:
        return
    for at, base in enumerate(info.extends):
        _add(base, dirs, as_of, layers, (*below, name), _place(documents, ("pack", "extends", at)))
    layers.documents += documents
    layers.data = merged(layers.data, own)
    layers.names.append(name)


def _files_in_force(
    name: str, dirs: Sequence[Path], as_of: date, layers: Layers, asked_at: FileRef | None
) -> list[_File]:
    """The pack's files that count on the day; none is a finding: there is no such pack, or its section begins later."""
    files = _files(name, dirs)
    if not files:
        known = find_packs(dirs)
        close = close_word(name, known)
        layers.findings.append(Finding("E101", asked_at, {"pack": name, "known": known, "did_you_mean": close}))
        return []
    heads = [file for file in files if isinstance(file.document.data, dict) and "pack" in file.document.data]
    if heads and all(file.since > as_of for file in heads):
        first = min(heads, key=lambda file: file.since)
        place = first.document.at(_since_path(first.document))
        layers.findings.append(Finding("E106", place, {"pack": name, "as_of": as_of, "valid_from": first.since}))
        return []
    return [file for file in files if file.since <= as_of or not heads]


def _files(name: str, dirs: Sequence[Path]) -> list[_File]:
    """All files of a pack: lower directories first, then by their day and name."""
    found: list[_File] = []
    for layer, folder in enumerate(dirs):
        for path in sorted((folder / name).glob("*.yaml")):
            document = read_yaml(path, f"{name}/{path.name}", plain_days=True)
            found.append(_File(document, _since(document), layer))
    return sorted(found, key=lambda file: (file.layer, file.since))


def _since_path(document: Document) -> OptionPath:
    """Where a file says from when it counts."""
    if isinstance(document.data, dict) and "valid_from" in document.data:
        return ("valid_from",)
    return ("pack", "valid_from")


def _since(document: Document) -> date:
    """The day a file counts from. A day that is none is a finding, and the file counts from the beginning."""
    path = _since_path(document)
    value: Any = document.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    try:
        return TypeAdapter(Day).validate_python(value) if path in document.lines else date.min
    except ValidationError:
        if path == ("valid_from",):  # the one in the pack section is judged with that section
            params: dict[str, Param] = {"option": "valid_from", "value": shown(value), "expected_word": "kind.day"}
            document.findings.append(Finding("T014", document.at(path), params))
        return date.min


def _own_options(documents: Sequence[Document], layers: Layers) -> dict[str, Any]:
    """What a pack's own files say, merged."""
    own: dict[str, Any] = {}
    for document in documents:
        layers.findings += document.findings
        if isinstance(document.data, dict):
            own = merged(own, {key: value for key, value in document.data.items() if key != "valid_from"})
        elif not document.findings:
            layers.findings.append(Finding("E103", document.at(())))
    return own


def _head(name: str, own: dict[str, Any], documents: Sequence[Document], layers: Layers) -> PackInfo | None:
    """The pack's own `pack` section, complete and of the folder's name; None with findings."""
    if "pack" not in own:
        if not has_errors(layers.findings):
            layers.findings.append(Finding("E109", documents[0].at(()), {"pack": name}))
        return None
    if not isinstance(own["pack"], dict):
        params: dict[str, Param] = {"option": "pack", "value": shown(own["pack"]), "expected_word": "kind.mapping"}
        layers.findings.append(Finding("T014", _place(documents, ("pack",)), params))
        return None
    try:
        info = PackInfo.model_validate(own["pack"])
    except ValidationError as error:
        layers.findings += option_findings(error, lambda path: _place(documents, ("pack", *path)), PackInfo)
        return None
    if info.id != name:
        place = _place(documents, ("pack", "id"))
        layers.findings.append(Finding("E110", place, {"pack": info.id, "folder": name}))
        return None
    own["pack"] = {**own["pack"], "label": {"zh": info.label.zh, "en": info.label.en}}
    return info


def _place(documents: Sequence[Document], path: OptionPath) -> FileRef:
    """The place in the last of the files that say most about the path. A list is one file's: layers replace lists."""
    depth, document = 0, documents[-1]
    whole = next((at for at, part in enumerate(path) if isinstance(part, int)), len(path))
    for candidate in documents:
        known = next(length for length in range(whole, -1, -1) if not length or path[:length] in candidate.lines)
        if known >= depth:
            depth, document = known, candidate
    return document.at(path)


def merged(lower: Any, upper: Any) -> Any:
    """Mappings key by key, everything else from the upper layer."""
    if isinstance(lower, dict) and isinstance(upper, dict):
        return lower | {key: merged(lower.get(key), value) for key, value in upper.items()}
    return upper
