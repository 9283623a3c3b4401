"""The zip package around a workbook. Members nobody changed keep their bytes, order, dates and attributes."""

from __future__ import annotations

import dataclasses
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sheets_adapter.xlsx.errors import UnreadableWorkbook

MAX_UNCOMPRESSED = 1 << 30
MAX_MEMBERS = 10_000
_BOMB_FLOOR = 100 << 20
_BOMB_RATIO = 500
_OLE_HEADER = bytes.fromhex("D0CF11E0A1B11AE1")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_ENCRYPTED_FLAG, _DESCRIPTOR_FLAG, _UTF8_FLAG = 0x1, 0x8, 0x800
_DEFLATED = 8
_ZIP64_EXTRA = 1


@dataclass(frozen=True, slots=True)
class _Member:
    """One member, ready to be written again: `name` and extras as the bytes the file holds."""

    name: bytes
    flags: int
    method: int
    dos_time: int
    dos_date: int
    crc: int
    raw: bytes
    size: int
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    versions: tuple[int, int] = (20, 20)
    attributes: tuple[int, int] = (0, 0)


def _deflate() -> Any:
    """The module to deflate and inflate with: isal where it is installed, two to three times faster, else zlib."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


class Package:
    """The parts of a workbook by name ("xl/workbook.xml"), and their bytes. Names match in either case, as OPC says."""

    def __init__(self, members: dict[str, _Member]) -> None:
        self._members = members
        self._spelling = {name.lower(): name for name in members}
        self._inflated: dict[str, bytes] = {}
        self._changed: dict[str, bytes] = {}
        self._originals: dict[str, tuple[_Member, bytes]] = {}

    @classmethod
    def read(cls, data: bytes) -> Package:
        """Raises UnreadableWorkbook S020 (no zip, damaged), S021 (password), S022 (.xls), S024 (too large)."""
        _refuse_other_formats(data)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
            raise UnreadableWorkbook("S020", detail=str(error)) from error
        _refuse_bombs(infos)
        members: dict[str, _Member] = {}
        for info in infos:
            name = info.filename.replace("\\", "/")
            if name in members:
                raise UnreadableWorkbook("S020", detail=f"duplicate {name}")
            members[name] = _read_member(data, info)
        return cls(members)

    @classmethod
    def made_of(cls, parts: Mapping[str, bytes]) -> Package:
        """A new package of those parts, [Content_Types].xml among them."""
        package = cls({name: _new_member(name, data) for name, data in parts.items()})
        package._inflated, package._changed = dict(parts), dict(parts)
        return package

    def copy(self) -> Package:
        """The package as it is now; later changes to either leave the other alone."""
        twin = Package(dict(self._members))
        twin._inflated, twin._changed = dict(self._inflated), dict(self._changed)
        twin._originals = dict(self._originals)
        return twin

    def as_read(self) -> Package:
        """The package without its changes; parts inflated so far need not be inflated again."""
        added = self._changed.keys() - self._originals.keys()
        before = Package({name: member for name, member in self._members.items() if name not in added})
        before._inflated = {name: data for name, data in self._inflated.items() if name not in added}
        for name, (member, data) in self._originals.items():
            before._members[name], before._inflated[name] = member, data
        return before

    @property
    def names(self) -> tuple[str, ...]:
        """Part names in the order of the file."""
        return tuple(self._members)

    @property
    def changed(self) -> frozenset[str]:
        """Parts replaced or added since the package was read."""
        return frozenset(self._changed)

    def has(self, name: str) -> bool:
        """Whether the part is there."""
        return name.lower() in self._spelling

    def part(self, name: str) -> bytes:
        """A part's bytes. Raises UnreadableWorkbook S025 (missing) or S027 (damaged)."""
        spelled = self._spelling.get(name.lower())
        if spelled is None:
            raise UnreadableWorkbook("S025", part=name)
        if spelled not in self._inflated:
            self._inflated[spelled] = _inflate(spelled, self._members[spelled])
        return self._inflated[spelled]

    def crc(self, name: str) -> int:
        """CRC-32 of the part as it is now; 0 when it is missing. Costs nothing for unchanged parts."""
        spelled = self._spelling.get(name.lower())
        if spelled is None:
            return 0
        return self._members[spelled].crc

    def size(self, name: str) -> int:
        """The part's uncompressed length in bytes; 0 when it is missing."""
        spelled = self._spelling.get(name.lower())
        if spelled is None:
            return 0
        return len(self._changed[spelled]) if spelled in self._changed else self._members[spelled].size

    def replace(self, name: str, data: bytes) -> None:
        """New bytes for a part that exists. Raises UnreadableWorkbook S025."""
        spelled = self._spelling.get(name.lower())
        if spelled is None:
            raise UnreadableWorkbook("S025", part=name)
        if data != self.part(spelled):
            if spelled not in self._changed:
                self._originals[spelled] = self._members[spelled], self._inflated[spelled]
            self._inflated[spelled] = self._changed[spelled] = data
            self._members[spelled] = dataclasses.replace(self._members[spelled], crc=_crc32(data))

    def add(self, name: str, data: bytes, content_type: str) -> None:
        """A new part, with its entry in [Content_Types].xml. Raises ValueError if the name is taken."""
        self._add_member(name, _new_member(name, data), content_type)
        self._inflated[name] = self._changed[name] = data

    def add_stream(self, name: str, pieces: Iterable[bytes], content_type: str) -> None:
        """As `add`, for a part too large to hold: it is deflated piece by piece as it comes."""
        deflate = _deflate()
        stream, raw, crc, size = deflate.compressobj(1, zlib.DEFLATED, -15), [], 0, 0
        for piece in pieces:
            crc, size = deflate.crc32(piece, crc), size + len(piece)
            raw.append(stream.compress(piece))
        raw.append(stream.flush())
        member = dataclasses.replace(_new_member(name, b""), crc=crc, raw=b"".join(raw), size=size)
        self._add_member(name, member, content_type)

    def _add_member(self, name: str, member: _Member, content_type: str) -> None:
        if self.has(name):
            raise ValueError(f"{name} exists")
        self._members[name] = member
        self._spelling[name.lower()] = name
        types = self.part("[Content_Types].xml")
        close = types.rindex(b"</")
        prefix = types[close + 2 :].partition(b"Types")[0]
        override = b'<%bOverride PartName="/%b" ContentType="%b"/>' % (prefix, name.encode(), content_type.encode())
        self.replace("[Content_Types].xml", types[:close] + override + types[close:])

    def to_bytes(self) -> bytes:
        """The whole package. Untouched members are copied, changed ones deflated."""
        pieces: list[bytes] = []
        directory: list[bytes] = []
        offset = 0
        for name, member in self._members.items():
            if name in self._changed:
                member = _packed(member, self._changed[name])
            local = _local_header(member)
            directory.append(_central_entry(member, offset))
            pieces += (local, member.raw)
            offset += len(local) + len(member.raw)
        entries = b"".join(directory)
        count = len(self._members)
        end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(entries), offset, 0)
        return b"".join([*pieces, entries, end])


def _new_member(name: str, data: bytes) -> _Member:
    # 1980-01-01, the zip epoch: the bytes depend on the content alone, not on the hour.
    return _Member(name.encode(), 0, _DEFLATED, 0, 0x21, zlib.crc32(data), b"", 0)


def _refuse_other_formats(data: bytes) -> None:
    if data[:8] == _OLE_HEADER:
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise UnreadableWorkbook("S021" if encrypted else "S022")
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise UnreadableWorkbook("S020", detail="no zip header")


def _refuse_bombs(infos: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos) or 1
    too_dense = unpacked > _BOMB_FLOOR and unpacked / packed > _BOMB_RATIO
    if unpacked > MAX_UNCOMPRESSED or len(infos) > MAX_MEMBERS or too_dense:
        raise UnreadableWorkbook("S024", megabytes=str(unpacked >> 20), members=str(len(infos)))


def _read_member(data: bytes, info: zipfile.ZipInfo) -> _Member:
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise UnreadableWorkbook("S021")
    if info.compress_type not in (0, _DEFLATED):
        raise UnreadableWorkbook("S020", detail=f"{info.filename}: compression {info.compress_type}")
    header = data[info.header_offset : info.header_offset + _LOCAL.size]
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        raise UnreadableWorkbook("S020", detail=f"{info.filename}: no local header")
    _, _, _, _, dos_time, dos_date, _, _, _, name_length, extra_length = _LOCAL.unpack(header)
    name_at = info.header_offset + _LOCAL.size
    raw_at = name_at + name_length + extra_length
    raw = data[raw_at : raw_at + info.compress_size]
    if len(raw) != info.compress_size:
        raise UnreadableWorkbook("S020", detail=f"{info.filename}: cut short")
    return _Member(
        name=data[name_at : name_at + name_length],
        # Sizes go into the local header, so a data descriptor after the bytes is neither needed nor copied.
        flags=info.flag_bits & ~_DESCRIPTOR_FLAG,
        method=info.compress_type,
        dos_time=dos_time,
        dos_date=dos_date,
        crc=info.CRC,
        raw=raw,
        size=info.file_size,
        local_extra=_without_zip64(data[name_at + name_length : raw_at]),
        central_extra=_without_zip64(info.extra),
        comment=info.comment,
        versions=(info.create_version | info.create_system << 8, min(info.extract_version, 20)),
        attributes=(info.internal_attr, info.external_attr),
    )


def _without_zip64(extra: bytes) -> bytes:
    """Extra fields without the 64-bit sizes, which a package under 1 GB never needs. Odd trailing bytes are kept."""
    kept, position = b"", 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind != _ZIP64_EXTRA:
            kept += extra[position : position + 4 + length]
        position += 4 + length
    return kept + extra[position:]


def _crc32(data: bytes) -> int:
    checksum: int = _deflate().crc32(data)
    return checksum


def _inflate(name: str, member: _Member) -> bytes:
    if member.method == 0:
        data = member.raw
    else:
        try:
            data = _decompress(member.raw, member.size)
        except zlib.error as error:
            raise UnreadableWorkbook("S027", part=name, detail=str(error)) from error
    if len(data) != member.size or _crc32(data) != member.crc:
        raise UnreadableWorkbook("S027", part=name, detail="checksum")
    return data


def _decompress(raw: bytes, size: int) -> bytes:
    deflate = _deflate()
    try:
        # One byte more than declared is enough to notice a member that lies about its size.
        inflated: bytes = deflate.decompressobj(-15).decompress(raw, size + 1)
    except deflate.error as error:
        raise zlib.error(str(error)) from error
    return inflated


def _compress(data: bytes) -> bytes:
    """Raw deflate at level 1: a tenth larger than the default level and many times faster."""
    stream = _deflate().compressobj(1, zlib.DEFLATED, -15)
    packed: bytes = stream.compress(data) + stream.flush()
    return packed


def _packed(member: _Member, data: bytes) -> _Member:
    return _Member(
        name=member.name,
        flags=member.flags & _UTF8_FLAG,
        method=_DEFLATED,
        dos_time=member.dos_time,
        dos_date=member.dos_date,
        crc=member.crc,
        raw=_compress(data),
        size=len(data),
        comment=member.comment,
        versions=member.versions,
        attributes=member.attributes,
    )


def _local_header(member: _Member) -> bytes:
    fixed = _LOCAL.pack(
        b"PK\x03\x04", member.versions[1], member.flags, member.method, member.dos_time, member.dos_date,
        member.crc, len(member.raw), member.size, len(member.name), len(member.local_extra),
    )  # fmt: skip
    return fixed + member.name + member.local_extra


def _central_entry(member: _Member, offset: int) -> bytes:
    fixed = _CENTRAL.pack(
        b"PK\x01\x02", *member.versions, member.flags, member.method, member.dos_time, member.dos_date,
        member.crc, len(member.raw), member.size, len(member.name), len(member.central_extra),
        len(member.comment), 0, *member.attributes, offset,
    )  # fmt: skip
    return fixed + member.name + member.central_extra + member.comment
