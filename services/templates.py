"""The forms and texts a portal works with: shipped ones under the company's own, taken up again when files change."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.catalogue import Catalogue
from schemas.finding import Finding
from schemas.labels import Labels
from schemas.loader import load_catalogue
from services.config import ROOT, Config

SHIPPED_TEMPLATES = ROOT / "forms" / "templates"
SHIPPED_LOCALES = ROOT / "forms" / "locales"
Stamp = frozenset[tuple[str, int, int]]
"""(path, mtime in nanoseconds, size) of every file: equal stamps mean nothing was touched."""


@dataclass(frozen=True, slots=True)
class Forms:
    """What was loaded, with the stamp of the files it came from."""

    catalogue: Catalogue
    findings: tuple[Finding, ...]
    labels: Labels
    stamp: Stamp


def template_dirs(config: Config) -> tuple[Path, ...]:
    """Folders of templates; a later one overlays an earlier one."""
    return _layers(SHIPPED_TEMPLATES, config.company_dir / "templates")


def locale_dirs(config: Config) -> tuple[Path, ...]:
    """Folders of texts; a later one overlays an earlier one."""
    return _layers(SHIPPED_LOCALES, config.company_dir / "locales")


def load_forms(config: Config) -> Forms:
    """Loads everything. The stamp is taken first, so a file changed meanwhile is taken up the next time."""
    stamp = stamp_of(config)
    catalogue, findings = load_catalogue(template_dirs(config))
    return Forms(catalogue, findings, Labels.load(*locale_dirs(config)), stamp)


def stamp_of(config: Config) -> Stamp:
    """The stamp of all template and locale files as they are now."""
    return frozenset(_files((*template_dirs(config), *locale_dirs(config))))


def _layers(*folders: Path) -> tuple[Path, ...]:
    return tuple(folder for folder in folders if folder.is_dir())


def _files(folders: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                if not name.endswith((".yaml", ".yml")):
                    continue
                path = os.path.join(parent, name)  # noqa: PTH118 - this runs on every page view
                try:
                    found = os.stat(path)  # noqa: PTH116
                except FileNotFoundError:
                    continue
                yield path, found.st_mtime_ns, found.st_size
