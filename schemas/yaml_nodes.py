"""YAML read with line numbers, and without YAML 1.1's surprises.

Numbers stay the text they were written as (`010` never becomes 8); what YAML would silently turn into something else
is a finding. Values are text, true/false, None, lists and dictionaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas.finding import FileRef, Finding

Path_ = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LIMIT_BYTES = 1_000_000
_LIMIT_NODES = 100_000
_TAG = "tag:yaml.org,2002:"
_KNOWN_TAGS = frozenset(
    _TAG + kind
    for kind in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "binary", "merge", "value")
)
_BOOLS = {"true": True, "false": False}
_PLAIN_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_PLAIN_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")


@dataclass(slots=True)
class Document:
    """A YAML file's content. lines: path of keys and list indexes → line of that key or item, counted from 1."""

    file: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def at(self, path: Path_) -> FileRef:
        """Where the path is, or the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return FileRef(self.file, self.lines.get(path, 1))


def read_yaml(path: Path, shown_as: str = "") -> Document:
    """Reads a file; what is wrong with it is in the document's findings, never an exception.

    shown_as: the file's name in findings; default is the path.
    """
    document = Document(shown_as or str(path))
    try:
        raw = path.read_bytes()
    except OSError as error:
        document.findings.append(_finding("T001", document, 1, problem=error.strerror or type(error).__name__))
        return document
    if len(raw) > _LIMIT_BYTES:
        document.findings.append(_finding("T008", document, 1))
        return document
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.findings.append(_finding("T002", document, raw[: error.start].count(b"\n") + 1))
        return document
    _build(text, document)
    return document


def _build(text: str, document: Document) -> None:
    try:
        root = yaml.compose(text, Loader=_LOADER)
        if root is not None:
            document.data = _Builder(document).value(root, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = getattr(error, "position", 0)
        line = mark.line + 1 if mark else text[:position].count("\n") + 1
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        document.findings.append(_finding("T001", document, line, problem=str(problem)))
    except (_TooLarge, RecursionError):
        document.findings.append(_finding("T008", document, 1))


class _TooLarge(Exception):
    """Aliases that multiply beyond _LIMIT_NODES, or nodes that hold themselves."""


@dataclass(slots=True)
class _Builder:
    document: Document
    count: int = 0

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self.count += 1
        if self.count > _LIMIT_NODES:
            raise _TooLarge
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag not in _KNOWN_TAGS:
            self.report("T006", node, word=node.tag)
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self.items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node)

    def items(self, node: yaml.MappingNode, path: Path_) -> Iterator[tuple[str, Any]]:
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            line = key_node.start_mark.line + 1
            if key in first_lines:
                self.report("T003", key_node, key=key, first_line=first_lines[key])
                continue
            first_lines[key] = line
            self.document.lines[(*path, key)] = line
            yield key, self.value(value_node, (*path, key))

    def key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.report("T006", node, word="?")
            return ""
        if node.tag == f"{_TAG}merge":
            self.report("T006", node, word="<<")
        elif node.tag == f"{_TAG}bool" and node.value not in _BOOLS:
            self.report("T004", node, word=node.value)
        return str(node.value)

    def scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        kind = node.tag.removeprefix(_TAG)
        if kind == "null":
            return None
        if kind == "bool":
            if text not in _BOOLS:
                self.report("T004", node, word=text)
            return _BOOLS.get(text, text)
        is_number = kind in ("int", "float")
        if (is_number and not _PLAIN_INT.fullmatch(text) and not _PLAIN_FLOAT.fullmatch(text)) or kind in (
            "timestamp",
            "binary",
            "value",
        ):
            self.report("T005", node, word=text)
        return text

    def report(self, code: str, node: yaml.Node, **params: str | int) -> None:
        self.document.findings.append(_finding(code, self.document, node.start_mark.line + 1, **params))


def _finding(code: str, document: Document, line: int, **params: str | int) -> Finding:
    return Finding(code, FileRef(document.file, line), params)
