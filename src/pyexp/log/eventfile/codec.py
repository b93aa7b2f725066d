"""Events to the bytes of ``events.proto`` and back: what is inside a record's head and data.

Owns the field numbers. Knows neither files nor frames: a head and the data after it are handed in and out as bytes.
"""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from pyexp.log.eventfile import protobuf_wire
from pyexp.log.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyexp.log.values.events import Item

FORMAT = 1
ATTEMPT, SCALARS, OBJECT, INDEX, END, LOST, MERGED = 4, 5, 6, 7, 8, 9, 16
OBJECT_ENTRY = 0xFFFFFFFF  # what an index says of an object
VALUE, TIME, ITERATION, PART = 12, 13, 14, 15
MERGED_VALUE, MERGED_TIME, MERGED_ITERATION = 20, 21, 22

_INDEX_KEY = b"%c" % (INDEX << 3 | protobuf_wire.LEN)
_KIND_NAMES = {kind.number: kind.name for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A writer began."""

    format: int
    time: float
    joins: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which blocks one merged block stands for, as one of several that stand for them together.

    Attributes:
        begin: Where the first of them begins in the file.
        end: Where the last of them ends.
        first: The number of the first record.
        last: The number of the last record.
        part: Which of the merged blocks it is, from 0 on.
        parts: How many there are.
    """

    begin: int
    end: int
    first: int
    last: int
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """An object without its contents; for each part the media type, size and CRC-32."""

    kind: str | None
    tag: str
    iteration: int
    time: float
    interactive: bool
    parts: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Where the records between *begin* and the index are; entries as in ``events.proto``."""

    tag_sets: tuple[bytes, ...]
    offsets: array[int]
    entries: array[int]
    begin: int
    previous: int


def head_kind(head: bytes) -> int:
    """Return the field number of a head: one of the constants above, or one that a later version added."""
    if head and head[0] <= protobuf_wire.LAST_OF_ONE_BYTE:
        return head[0] >> 3
    return protobuf_wire.parse_varint(head, 0)[0] >> 3 if head else 0


def begins_index(data: bytes, position: int) -> bool:
    """Return whether the head at *position* may be that of an index."""
    return data[position : position + 1] == _INDEX_KEY


def content_of(head: bytes) -> bytes:
    """Return the message inside a head."""
    for _, content in protobuf_wire.fields(head):
        if isinstance(content, bytes):
            return content
    raise protobuf_wire.WireError("a record's head is not a message")


def encode_attempt(time: float, writer: str, *, joins: bool = False) -> bytes:
    """Return the head that says that a writer began, and whether another was there."""
    content = b"\x08%b\x11%b%b%b" % (
        protobuf_wire.varint(FORMAT),
        protobuf_wire.column_bytes(array("d", (time,))),
        protobuf_wire.field(3, writer.encode()),
        b"\x20\x01" if joins else b"",
    )
    return protobuf_wire.field(ATTEMPT, content)


def parse_attempt(head: bytes) -> Attempt:
    """Read what `encode_attempt` made."""
    found = dict(protobuf_wire.fields(content_of(head)))
    return Attempt(int(found.get(1, 0)), _double(found.get(2)), bool(found.get(4)))


def encode_merged(scalars: bytes, span: Span) -> bytes:
    """Return the head of a merged block: *scalars* is the message `Scalars` that describes its columns."""
    places = b"\x11%b\x19%b" % (span.begin.to_bytes(8, "little"), span.end.to_bytes(8, "little"))
    counts = (span.first, span.last, span.part, span.parts)
    numbers = [
        b"%c%b" % (key, count.to_bytes(4, "little")) for key, count in zip(b"\x25\x2d\x35\x3d", counts, strict=True)
    ]
    return protobuf_wire.field(MERGED, protobuf_wire.field(1, scalars) + places + b"".join(numbers))


def parse_merged(head: bytes) -> tuple[bytes, Span]:
    """Return the message `Scalars` that describes the columns of a merged block, and which blocks it stands for."""
    found = dict(protobuf_wire.fields(content_of(head)))
    begin, end, first, last, part, parts = (_integer(found.get(number)) for number in range(2, 8))
    return _bytes(found.get(1)), Span(begin=begin, end=end, first=first, last=last, part=part, parts=parts)


def encode_object(item: Item, iteration: int) -> tuple[bytes, list[bytes]]:
    """Return the head of an object and the pieces of its data."""
    content = [
        b"\x08%c" % KINDS[item.kind].number,
        protobuf_wire.field(2, item.tag.encode()),
        b"\x19" + iteration.to_bytes(8, "little", signed=True),
        b"\x21" + protobuf_wire.column_bytes(array("d", (item.time,))),
        b"\x28\x01" if item.interactive else b"",
    ]
    data: list[bytes] = []
    for part in item.contents:
        size = len(part.data)
        described = protobuf_wire.field(1, part.media_type.encode()) + b"\x11" + size.to_bytes(8, "little")
        content.append(protobuf_wire.field(6, described + b"\x1d" + zlib.crc32(part.data).to_bytes(4, "little")))
        data += (b"%c%b" % (PART << 3 | protobuf_wire.LEN, protobuf_wire.varint(size)), part.data)
    return protobuf_wire.field(OBJECT, b"".join(content)), data


def parse_object(head: bytes) -> ObjectHead:
    """Read the head that `encode_object` made; an unknown kind becomes None."""
    parts = []
    found: dict[int, int | bytes] = {}
    for number, content in protobuf_wire.fields(content_of(head)):
        if number == 6 and isinstance(content, bytes):  # noqa: PLR2004
            part = dict(protobuf_wire.fields(content))
            parts.append((_text(part.get(1)), _integer(part.get(2)), _integer(part.get(3))))
        else:
            found[number] = content
    return ObjectHead(
        kind=_KIND_NAMES.get(_integer(found.get(1))),
        tag=_text(found.get(2)),
        iteration=_integer(found.get(3), signed=True),
        time=_double(found.get(4)),
        interactive=bool(found.get(5)),
        parts=tuple(parts),
    )


def part_offsets(start: int, sizes: Iterable[int], key_bytes: int = 1) -> list[int]:
    """Return where the parts of an object lie whose data begins at *start*, or the lists of a block."""
    offsets = []
    for size in sizes:
        start += key_bytes + _varint_size(size)
        offsets.append(start)
        start += size
    return offsets


def encode_index(index: Index) -> bytes:
    """Return the head of an index."""
    content = [protobuf_wire.field(1, tag_set) for tag_set in index.tag_sets]
    content += (protobuf_wire.packed(2, index.offsets), protobuf_wire.packed(3, index.entries))
    if index.begin:
        content.append(b"\x21%b\x29%b" % (index.begin.to_bytes(8, "little"), index.previous.to_bytes(8, "little")))
    return protobuf_wire.field(INDEX, b"".join(content))


def parse_index(head: bytes) -> Index:
    """Read what `encode_index` made."""
    tag_sets: list[bytes] = []
    found: dict[int, int | bytes] = {}
    for number, content in protobuf_wire.fields(content_of(head)):
        if number == 1 and isinstance(content, bytes):
            tag_sets.append(content)
        else:
            found[number] = content
    offsets = protobuf_wire.parse_column("Q", _bytes(found.get(2)))
    entries = protobuf_wire.parse_column("I", _bytes(found.get(3)))
    if len(offsets) != len(entries):
        raise protobuf_wire.WireError(f"an index of {len(offsets)} offsets has {len(entries)} entries")
    return Index(tuple(tag_sets), offsets, entries, _integer(found.get(4)), _integer(found.get(5)))


def encode_end(index: int) -> bytes:
    """Return the head that ends a closed file, whose last index is at *index*; always of the same length."""
    return protobuf_wire.field(END, b"\x09" + index.to_bytes(8, "little"))


def parse_end(head: bytes) -> int:
    """Return the offset of the last index."""
    return _integer(dict(protobuf_wire.fields(content_of(head))).get(1))


def encode_lost(size: int) -> bytes:
    """Return a head of *size* bytes more than the least one, that covers what a kill tore; *size* is a small number."""
    return protobuf_wire.field(LOST, bytes(size))


@lru_cache(maxsize=64)
def encode_tags(tags: tuple[str, ...]) -> bytes:
    """Return a `TagSet`."""
    return b"".join(protobuf_wire.field(1, tag.encode()) for tag in tags)


@lru_cache(maxsize=64)
def parse_tags(tag_set: bytes) -> tuple[str, ...]:
    """Return the tags of a `TagSet`."""
    return tuple(_text(content) for number, content in protobuf_wire.fields(tag_set) if number == 1)


def _varint_size(number: int) -> int:
    return max((number.bit_length() + 6) // 7, 1)


def _bytes(content: int | bytes | None) -> bytes:
    return content if isinstance(content, bytes) else b""


def _text(content: int | bytes | None) -> str:
    return _bytes(content).decode("utf-8", "replace")


def _integer(content: int | bytes | None, *, signed: bool = False) -> int:
    if isinstance(content, int):
        return content
    return int.from_bytes(content or b"", "little", signed=signed)


def _double(content: int | bytes | None) -> float:
    return cast("float", protobuf_wire.parse_column("d", _bytes(content))[0]) if content else 0.0
