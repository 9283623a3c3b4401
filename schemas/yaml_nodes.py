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
_PLAIN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PROBLEMS = {
    "found character that cannot start any token": "tab",
    "found a tab character that violates indentation": "tab",
    "did not find expected ',' or '}'": "brackets",
    "did not find expected ',' or ']'": "brackets",
    "could not find expected ':'": "colon",
    "mapping values are not allowed in this context": "colon_inside",
    "did not find expected key": "indentation",
    "did not find expected '-' indicator": "indentation",
    "found unexpected end of stream": "quote",
    "but found another document": "document",
    "control characters are not allowed": "control",
}
"""What the parser says, in its words → the text `yaml.<word>` that says it in people's."""


class PlainDecimal(str):
    """A number with a decimal point that stood without quotes: the text as written, which other readers of the file
    would take for a binary fraction."""

    __slots__ = ()


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


def read_yaml(path: Path, shown_as: str = "", *, plain_days: bool = False) -> Document:
    """Reads a file; what is wrong with it is in the document's findings, never an exception.

    shown_as: the file's name in findings; default is the path. plain_days: whether 2026-01-31 may stand without quotes.
    """
    document = Document(shown_as or str(path))
    try:
        raw = path.read_bytes()
    except OSError as error:
        document.findings.append(_finding("T019", document, 1, problem=error.strerror or type(error).__name__))
        return document
    if len(raw) > _LIMIT_BYTES:
        document.findings.append(_finding("T008", document, 1))
        return document
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.findings.append(_finding("T002", document, raw[: error.start].count(b"\n") + 1))
        return document
    _build(text, document, plain_days)
    return document


def read_text(text: str, shown_as: str) -> Document:
    """Reads a text that is no file's, as `read_yaml` does. shown_as: what findings call it."""
    document = Document(shown_as)
    _build(text, document, plain_days=False)
    return document


def _build(text: str, document: Document, plain_days: bool) -> None:
    try:
        root = yaml.compose(text, Loader=_LOADER)
        if root is not None:
            document.data = _Builder(document, plain_days).value(root, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = getattr(error, "position", 0)
        line = mark.line + 1 if mark else text[:position].count("\n") + 1
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
        word = f"yaml.{_PROBLEMS[problem]}" if problem in _PROBLEMS else problem
        document.findings.append(_finding("T001", document, line, problem_word=word))
    except (_TooLarge, RecursionError):
        document.findings.append(_finding("T008", document, 1))


class _TooLarge(Exception):
    """Aliases that multiply beyond _LIMIT_NODES, or nodes that hold themselves."""


@dataclass(slots=True)
class _Builder:
    document: Document
    plain_days: bool
    count: int = 0

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self.count += 1
        if self.count > _LIMIT_NODES:
            raise _TooLarge
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag not in _KNOWN_TAGS:
            self.report("T006", node, word=node.tag.replace(_TAG, "!!"))
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
        if self.is_read_otherwise(kind, text):
            self.report("T005", node, word=text)
        return PlainDecimal(text) if kind == "float" else text

    def is_read_otherwise(self, kind: str, text: str) -> bool:
        """Whether YAML takes the word for something that is not written like it."""
        if kind in ("int", "float"):
            return not _PLAIN_INT.fullmatch(text) and not _PLAIN_FLOAT.fullmatch(text)
        if kind == "timestamp":
            return not (self.plain_days and _PLAIN_DAY.fullmatch(text))
        return kind in ("binary", "value")

    def report(self, code: str, node: yaml.Node, **params: str | int) -> None:
        self.document.findings.append(_finding(code, self.document, node.start_mark.line + 1, **params))


def _finding(code: str, document: Document, line: int, **params: str | int) -> Finding:
    return Finding(code, FileRef(document.file, line), params)
