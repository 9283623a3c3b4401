"""Reading XML with byte positions, and changing it by byte splices.

People's XML is never serialised anew: prefixes, attribute order and unknown markup stay as their program wrote them.
`mc:Ignorable` names prefixes, so renaming one makes Excel repair the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_DECLARED_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")


class MalformedXml(ValueError):
    """The bytes are not well-formed XML in UTF-8, or bring a document type of their own."""


@dataclass(slots=True)
class Element:
    """One element with its byte positions: the start tag is [start:inner_start], the whole [start:end].

    An empty tag `<a/>` has inner_start == inner_end == end.
    """

    name: str
    """As written, with its prefix."""
    attributes: dict[str, str]
    start: int
    inner_start: int
    inner_end: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix with its colon, or ""."""
        head, colon, _ = self.name.rpartition(":")
        return head + colon

    @property
    def is_empty_tag(self) -> bool:
        """Whether it was written `<a/>`."""
        return self.inner_start == self.end

    def child(self, local: str) -> Element | None:
        """The first child of that local name."""
        return next((child for child in self.children if child.local == local), None)

    def all(self, local: str) -> Iterator[Element]:
        """Every descendant of that local name, in document order."""
        for child in self.children:
            if child.local == local:
                yield child
            yield from child.all(local)

    def attribute(self, local: str) -> str | None:
        """An attribute by its local name, whatever its prefix (`r:id` is found as "id")."""
        if local in self.attributes:
            return self.attributes[local]
        return next((value for name, value in self.attributes.items() if name.rpartition(":")[2] == local), None)


def require_utf8(data: bytes) -> None:
    """Raises MalformedXml when the XML is declared or marked to be in another encoding."""
    declared = _DECLARED_ENCODING.match(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (
        declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")
    ):
        raise MalformedXml("the encoding is not UTF-8")


def parse(data: bytes) -> Element:
    """The document's root element. Raises MalformedXml."""
    require_utf8(data)
    parser = expat.ParserCreate("utf-8")
    stack: list[Element] = []
    roots: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        position = parser.CurrentByteIndex
        tag = _TAG.match(data, position)
        if tag is None:
            raise MalformedXml(f"the tag at byte {position} cannot be read")
        element = Element(name, attributes, position, tag.end())
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def end(_name: str) -> None:
        element = stack.pop()
        if data[element.inner_start - 2 : element.inner_start] == b"/>":
            element.inner_end = element.end = element.inner_start
        else:
            element.inner_end = parser.CurrentByteIndex
            element.end = data.index(b">", element.inner_end) + 1

    def characters(text: str) -> None:
        stack[-1].text += text

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    _run(parser, data)
    return roots[0]


def check_well_formed(data: bytes) -> None:
    """Raises MalformedXml unless the bytes are well-formed XML in UTF-8 without a document type."""
    require_utf8(data)
    _run(expat.ParserCreate("utf-8"), data)


def _run(parser: expat.XMLParserType, data: bytes) -> None:
    def refuse_doctype(*_: object) -> None:
        # Entities of a document type can blow up a small file; no office program writes one.
        raise MalformedXml("a document type is not allowed")

    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise MalformedXml(str(error)) from error


@dataclass(frozen=True, slots=True)
class Splice:
    """Replaces [start:end] by `new`; start == end inserts."""

    start: int
    end: int
    new: bytes


def apply_splices(data: bytes, splices: Iterable[Splice]) -> bytes:
    """All splices in one pass; those at the same place keep their order. Raises ValueError when two overlap."""
    pieces: list[bytes] = []
    position = 0
    for splice in sorted(splices, key=lambda one: one.start):
        if splice.start < position:
            raise ValueError(f"splices overlap at byte {splice.start}")
        pieces += (data[position : splice.start], splice.new)
        position = splice.end
    pieces.append(data[position:])
    return b"".join(pieces)


def escape_text(text: str) -> str:
    """Text between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """Text inside a double-quoted attribute; line breaks and tabs survive attribute normalisation."""
    escaped = escape_text(text).replace('"', "&quot;")
    return escaped.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def prefixed(xml: str, prefix: str) -> str:
    """Our own XML, written without prefixes, in the prefix ("x:" or "") of the part it goes into."""
    return re.sub("<(/?)", rf"<\1{prefix}", xml) if prefix else xml


def with_attribute(tag: bytes, name: str, value: str) -> bytes:
    """A start tag with the attribute set: replaced in place when it is there, else added at the end."""
    new = f'{name}="{escape_attribute(value)}"'.encode()
    present = re.compile(rb"(\s)" + re.escape(name.encode()) + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')").search(tag)
    if present:
        return tag[: present.start()] + present[1] + new + tag[present.end() :]
    stop = len(tag) - (2 if tag.endswith(b"/>") else 1)
    return tag[:stop].rstrip() + b" " + new + tag[stop:]


def without_attribute(tag: bytes, name: str) -> bytes:
    """A start tag without the attribute."""
    return re.sub(rb"\s" + re.escape(name.encode()) + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", tag)


def set_attributes(data: bytes, element: Element, **values: str) -> Splice:
    """Sets attributes on the element's start tag."""
    tag = data[element.start : element.inner_start]
    for name, value in values.items():
        tag = with_attribute(tag, name, value)
    return Splice(element.start, element.inner_start, tag)


def append_child(data: bytes, element: Element, child: bytes, **values: str) -> list[Splice]:
    """Adds `child` as the last child, opening an empty tag if need be, and sets attributes on the element."""
    tag = set_attributes(data, element, **values).new
    if element.is_empty_tag:
        opened = tag[:-2].rstrip() + b">" + child + b"</" + element.name.encode() + b">"
        return [Splice(element.start, element.end, opened)]
    changes = [Splice(element.inner_end, element.inner_end, child)]
    if values:
        changes.append(Splice(element.start, element.inner_start, tag))
    return changes
