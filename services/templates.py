"""The forms and texts a portal works with: shipped ones under the company's own, taken up again when files change."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.finding import Finding
from schemas.labels import Labels
from services.config import ROOT, Config

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue

SHIPPED_TEMPLATES = ROOT / "forms" / "templates"
SHIPPED_LOCALES = ROOT / "forms" / "locales"
Stamp = frozenset[tuple[str, int, int]]
"""(path, mtime in nanoseconds, size) of every file: equal stamps mean nothing was touched."""


class Forms:
    """The forms and texts of one moment. Texts are read at once; templates when somebody first asks for a form.

    The stamp is taken first, so a file changed meanwhile is taken up the next time.
    """

    def __init__(self, config: Config) -> None:
        self.stamp = stamp_of(config)
        self.labels = Labels.load(*locale_dirs(config))
        self._template_dirs = template_dirs(config)
        self._reading = threading.Lock()
        self._read: tuple[Catalogue, tuple[Finding, ...]] | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The forms that may be used."""
        return self._templates()[0]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with templates and texts."""
        return (*self._templates()[1], *self.labels.findings)

    def _templates(self) -> tuple[Catalogue, tuple[Finding, ...]]:
        with self._reading:
            if self._read is None:
                from schemas.loader import load_catalogue

                self._read = load_catalogue(self._template_dirs)
            return self._read


def template_dirs(config: Config) -> tuple[Path, ...]:
    """Folders of templates; a later one overlays an earlier one."""
    return _layers(SHIPPED_TEMPLATES, config.company_dir / "templates")


def locale_dirs(config: Config) -> tuple[Path, ...]:
    """Folders of texts; a later one overlays an earlier one."""
    return _layers(SHIPPED_LOCALES, config.company_dir / "locales")


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
