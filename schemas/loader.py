"""Loading templates: YAML files to a catalogue, with every problem of every file found in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from schemas.catalogue import Catalogue
from schemas.field_types import target_of
from schemas.finding import FileRef, Finding, has_errors
from schemas.lint import Flaw, find_catalogue_flaws, find_flaws
from schemas.option_findings import option_findings
from schemas.template import Template
from schemas.yaml_nodes import Document, read_yaml


@dataclass(slots=True)
class TemplateFile:
    """One template file of one layer."""

    path: Path
    document: Document
    layer: int
    order: int
    group: str
    template: Template | None = None
    rank: int = 1000
    findings: list[Finding] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The template's key as far as the file tells it, else the file's name."""
        data = self.document.data
        named = data.get("key") if isinstance(data, dict) else None
        return named if isinstance(named, str) and named else self.path.stem

    @property
    def is_sound(self) -> bool:
        return self.template is not None and not has_errors(self.findings)

    def report(self, flaw: Flaw) -> None:
        """Adds what lint found, at its line."""
        self.findings.append(Finding(flaw.code, self.document.at(flaw.path), flaw.params, flaw.severity))


def load_catalogue(template_dirs: Sequence[Path]) -> tuple[Catalogue, tuple[Finding, ...]]:
    """Reads every `*.yaml` below the directories; a template of a later directory replaces one of the same key.

    A template with errors is left out, and so is one that refers to it; all others work. Directories that do not
    exist hold no templates.
    """
    files = [file for layer, folder in enumerate(template_dirs) for file in _read_layer(folder, layer)]
    in_use = _overlaid(files)
    for file in in_use:
        if file.template is not None:
            for flaw in find_flaws(file.template):
                file.report(flaw)
    _check_together(in_use)
    sound = [file for file in in_use if file.is_sound]
    templates = tuple(file.template for file in _ranked(sound) if file.template is not None)
    locations = {file.key: file.document.at(()) for file in sound}
    findings = sorted(
        (finding for file in files for finding in file.findings),
        key=lambda finding: (finding.at.file, finding.at.line) if isinstance(finding.at, FileRef) else ("", 0),
    )
    return Catalogue(templates, locations), tuple(findings)


def find_template_problems(dirs: Sequence[Path]) -> tuple[Finding, ...]:
    """All problems of all templates, by file and line."""
    return load_catalogue(dirs)[1]


def _read_layer(folder: Path, layer: int) -> Iterator[TemplateFile]:
    seen: dict[str, TemplateFile] = {}
    paths = sorted(path for path in folder.rglob("*.yaml") if not path.name.startswith("."))
    for order, path in enumerate(sorted(paths, key=lambda path: (path.parent, path.name))):
        file = read_template(path, layer=layer, order=order, root=folder)
        if file.key in seen:
            first = seen[file.key].document.at(("key",))
            params = {"key": file.key, "first": str(first)}
            file.findings.append(Finding("T009", file.document.at(("key",)), params))
        seen.setdefault(file.key, file)
        yield file


def read_template(path: Path, *, layer: int = 0, order: int = 0, root: Path | None = None) -> TemplateFile:
    """Reads one file as far as it can be read; its group is the name of its folder unless it says another."""
    document = read_yaml(path)
    group = path.parent.name if root is not None and path.parent != root else ""
    file = TemplateFile(path, document, layer, order, group, findings=list(document.findings))
    if document.findings and document.data is None:
        return file
    if not isinstance(document.data, dict):
        file.findings.append(Finding("T007", document.at(())))
        return file
    try:
        file.template = Template.model_validate({"group": group, **document.data})
    except ValidationError as error:
        file.findings += option_findings(error, document.at, Template)
    return file


def _overlaid(files: Iterable[TemplateFile]) -> list[TemplateFile]:
    """One file per key, the last layer's; in the order of groups, then of files."""
    by_key: dict[str, TemplateFile] = {}
    for file in files:
        first = by_key.get(file.key)
        if first is None or file.layer > first.layer:
            # A company's version of a shipped template keeps the shipped one's place.
            file.order = first.order if first else file.order
            has_rank = file.template is not None and "rank" in file.template.model_fields_set
            file.rank = file.template.rank if has_rank and file.template else first.rank if first else file.rank
            by_key[file.key] = file
    return sorted(by_key.values(), key=lambda file: (_group(file), file.order, file.key))


def _ranked(files: Sequence[TemplateFile]) -> list[TemplateFile]:
    """Groups by their lowest rank, within them forms by theirs; equal ranks stay in the order of files."""
    lowest: dict[str, int] = {}
    for file in files:
        lowest[_group(file)] = min(file.rank, lowest.get(_group(file), file.rank))
    return sorted(files, key=lambda file: (lowest[_group(file)], _group(file), file.rank))


def _group(file: TemplateFile) -> str:
    return file.template.group if file.template else file.group


def _check_together(files: Sequence[TemplateFile]) -> None:
    """Lint across templates, then leaves out whatever refers to a template left out, until nothing more falls."""
    by_key = {file.key: file for file in files}
    # Where two templates want one thing, the shipped one was there first.
    by_layer = sorted(files, key=lambda file: file.layer)
    read = [file.template for file in by_layer if file.template is not None]
    for key, flaw in find_catalogue_flaws(read, known=frozenset(by_key)):
        by_key[key].report(flaw)
    falling = True
    while falling:
        falling = False
        sound = {file.key for file in files if file.is_sound}
        for file in files:
            for flaw in _broken_targets(file, sound, by_key):
                file.report(flaw)
                falling = True


def _broken_targets(file: TemplateFile, sound: set[str], known: Mapping[str, TemplateFile]) -> list[Flaw]:
    """Errors for references to templates that exist but are left out; only for a template sound so far."""
    template = file.template
    if template is None or not file.is_sound:
        return []
    tables = [((), template.fields), *((("lines", n), line.fields) for n, line in enumerate(template.lines))]
    return [
        Flaw("T032", (*start, "fields", index), {"template": target_of(item)})
        for start, fields in tables
        for index, item in enumerate(fields)
        if target_of(item) in known and target_of(item) not in sound and target_of(item) != template.key
    ]
