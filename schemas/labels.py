"""Interface texts by key and language, and findings as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from schemas.field_types.base import plain
from schemas.finding import CellRef, FieldRef, FileRef, Finding, Param, Place
from schemas.template import Field, Template
from schemas.yaml_nodes import read_yaml

LANGUAGES = ("zh", "en")
_PARAM = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_FIELD_PARAMS = frozenset({"field", "other_field"})


class Templates(Protocol):
    """Where a template's own label is looked up; the catalogue is one."""

    def get(self, key: str) -> Template | None: ...


@dataclass(frozen=True, slots=True)
class Labels:
    """Texts by language and key. findings: what is wrong with the locale files themselves."""

    texts: Mapping[str, Mapping[str, str]]
    findings: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, *dirs: Path) -> Labels:
        """Reads `<dir>/<language>/*.yaml`; texts of later directories replace those of earlier ones."""
        texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        findings: list[Finding] = []
        for folder in dirs:
            for language in LANGUAGES:
                for key, text, finding in _read_folder(folder / language):
                    findings += [finding] if finding else []
                    if key:
                        texts[language][key] = text
        return cls(texts, tuple(findings))

    def has(self, key: str) -> bool:
        """Whether any language knows the key."""
        return any(key in texts for texts in self.texts.values())

    def text(self, key: str, language: str, /, **params: object) -> str:
        """The text with its parameters filled in; a key unknown in this language falls back to Chinese, then itself."""
        pattern = self.texts.get(language, {}).get(key) or self.texts["zh"].get(key)
        if pattern is None:
            return key
        return _PARAM.sub(lambda found: _filled(found, params), pattern) if "{" in pattern else pattern

    def finding(
        self, finding: Finding, language: str, template: Template | None = None, templates: Templates | None = None
    ) -> str:
        """The finding as a sentence, with fields and templates named by their labels."""
        params: dict[str, object] = {}
        own = {name: shown_param(value, language) for name, value in finding.params.items()}
        for name, value in finding.params.items():
            if name in _FIELD_PARAMS:
                params[name] = field_label(str(value), finding.at, template, language)
            elif name == "line" and template is not None:
                line = template.lines_by_key.get(str(value))
                params[name] = line.label.text(language) if line else value
            elif name == "template":
                target = templates.get(str(value)) if templates else None
                params[name] = target.label.text(language) if target else value
            elif name == "did_you_mean":
                params[name] = self.text("hint.did_you_mean", language, word=value) if value else ""
            elif name.endswith("_word"):
                params[name] = self.text(str(value), language, **own)
            elif name.endswith(f"_{language}"):
                params[name.removesuffix(f"_{language}")] = value
            else:
                params[name] = shown_param(value, language)
        return self.text(f"finding.{finding.code}", language, **params).rstrip()

    def place(self, place: Place | None, language: str, template: Template | None = None) -> str:
        """Where a finding is, as people say it: 客户信息管理表!F37, 第 2 行 · 数量, forms/orders.yaml:11."""
        if isinstance(place, FieldRef):
            label = field_label(place.field, place, template, language)
            return self.text("place.line", language, line_no=place.line_no, field=label) if place.line_no else label
        return str(place) if isinstance(place, CellRef | FileRef) else ""

    def missing(self) -> list[tuple[str, str]]:
        """(language, key) of every text one language has and another lacks."""
        keys = set().union(*self.texts.values())
        return sorted((language, key) for language in LANGUAGES for key in keys - set(self.texts[language]))

    def uneven_params(self) -> list[str]:
        """Keys whose texts do not use the same parameters in every language."""
        keys = set(self.texts["zh"]) & set(self.texts["en"])
        return sorted(key for key in keys if params_of(self.texts["zh"][key]) != params_of(self.texts["en"][key]))


def _filled(found: re.Match[str], params: Mapping[str, object]) -> str:
    """A parameter's value; one that was not given shows as {name}, and doubled braces as single ones."""
    name = found.group(1)
    if name is None:
        return found.group(0)[0]
    return str(params[name]) if name in params else found.group(0)


def params_of(text: str) -> frozenset[str]:
    """Names in braces."""
    return frozenset(name for name in _PARAM.findall(text) if name)


def field_label(key: str, place: Place | None, template: Template | None, language: str) -> str:
    """A field's label; the key itself where the template does not have it."""
    if template is None:
        return key
    fields: Mapping[str, Field] = template.by_key
    if isinstance(place, FieldRef) and place.line in template.lines_by_key:
        fields = {**fields, **{field.key: field for field in template.lines_by_key[place.line].fields}}
        if key == place.line:
            return template.lines_by_key[key].label.text(language)
    if key in fields:
        return fields[key].label.text(language)
    return template.lines_by_key[key].label.text(language) if key in template.lines_by_key else key


def shown_param(value: Param, language: str) -> str:
    """A parameter as people read it."""
    if isinstance(value, tuple):
        return (", " if language == "en" else "、").join(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if isinstance(value, Decimal) else str(value)


def _read_folder(folder: Path) -> Iterator[tuple[str, str, Finding | None]]:
    for path in sorted(folder.glob("*.yaml")):
        document = read_yaml(path)
        for finding in document.findings:
            yield "", "", finding
        if document.data is not None and not isinstance(document.data, dict):
            yield "", "", Finding("T007", document.at(()))
            continue
        for key, text in (document.data or {}).items():
            if isinstance(text, str):
                yield key, text, None
            else:
                yield "", "", Finding("T014", document.at((key,)), {"option": key, "expected_word": "kind.text"})
