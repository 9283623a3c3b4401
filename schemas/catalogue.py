"""All templates that may be used, and how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from schemas.field_types import target_of
from schemas.finding import FileRef
from schemas.template import Field, Template


@dataclass(frozen=True, slots=True)
class Referrer:
    """A field that refers to a template; `line` is "" for a header's field."""

    template: Template
    line: str
    field: Field


@dataclass(frozen=True)
class Catalogue:
    """Templates by key, ordered by group and then by file. Every reference resolves within it."""

    templates: tuple[Template, ...]
    locations: Mapping[str, FileRef] = field(default_factory=dict)

    @cached_property
    def _by_key(self) -> Mapping[str, Template]:
        return {template.key: template for template in self.templates}

    @cached_property
    def _referrers(self) -> Mapping[str, tuple[Referrer, ...]]:
        found: dict[str, list[Referrer]] = {}
        for referrer in _references(self.templates):
            found.setdefault(target_of(referrer.field), []).append(referrer)
        return {key: tuple(referrers) for key, referrers in found.items()}

    def __getitem__(self, key: str) -> Template:
        """Raises KeyError for a template that does not exist or was left out because of errors."""
        return self._by_key[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[Template]:
        return iter(self.templates)

    def __len__(self) -> int:
        return len(self.templates)

    def get(self, key: str) -> Template | None:
        """The template, None when there is none."""
        return self._by_key.get(key)

    @cached_property
    def groups(self) -> Mapping[str, tuple[Template, ...]]:
        """Group key → its templates, in the catalogue's order. Names are the locale texts `group.<key>`."""
        found: dict[str, list[Template]] = {}
        for template in self.templates:
            found.setdefault(template.group, []).append(template)
        return {group: tuple(templates) for group, templates in found.items()}

    def referring_to(self, key: str) -> tuple[Referrer, ...]:
        """The fields of all templates that refer to this one."""
        return self._referrers.get(key, ())


def _references(templates: Iterable[Template]) -> Iterator[Referrer]:
    for template in templates:
        for item in template.fields:
            if target_of(item):
                yield Referrer(template, "", item)
        for line in template.lines:
            for item in line.fields:
                if target_of(item):
                    yield Referrer(template, line.key, item)
