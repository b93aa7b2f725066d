"""Blocks of scalars: columns of points to one record and back.

Owns the layout of `Scalars` in ``events.proto`` and the check of each column. Knows neither files nor frames.
"""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pyexp.log.eventfile import codec, protobuf_wire
from pyexp.log.values.events import MAX_ITERATION, MIN_ITERATION, Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

POINTS_PER_BLOCK = 1 << 16
HEAD_BYTES = 1 << 18
SMALL_BYTES = 1 << 18  # of a whole record: a point of each of a few thousand tags
_ITEM_BYTES = 8
_LONG = 1024  # points of a column whose last one is in the head, too
_KEYS = tuple(
    protobuf_wire.varint(number << 3 | protobuf_wire.LEN) for number in (codec.VALUE, codec.TIME, codec.ITERATION)
)
_MERGED_KEYS = tuple(
    protobuf_wire.varint(number << 3 | protobuf_wire.LEN)
    for number in (codec.MERGED_VALUE, codec.MERGED_TIME, codec.MERGED_ITERATION)
)
CRC_KEY = b"\x45"  # of Scalars.data_crc
_PER_COLUMN_BYTES = 32  # of head, next to the tag itself


@dataclass(frozen=True, slots=True)
class Block:
    """The head of a block of scalars, and where its data lies in the file.

    `counts`, `firsts` and `strides` may hold one number for all columns; without strides the data lists iterations.
    `lasts` holds the last value of each column where columns are long, `last_iterations` the last of those listed.
    """

    tag_set: bytes
    counts: array[int]
    crcs: array[int]
    firsts: array[int]
    strides: array[int]
    lasts: array[float]
    last_iterations: array[int]
    data_offset: int
    is_merged: bool

    def count(self, column: int) -> int:
        """Return the number of points of a column."""
        return _of(self.counts, column)

    def total(self, columns: int) -> int:
        """Return the number of points of the first *columns* columns."""
        return self.counts[0] * columns if len(self.counts) == 1 else sum(self.counts[:columns])

    def last(self, column: int) -> tuple[int, float] | None:
        """Return iteration and value of the last point of a column, if they are in the head."""
        if not self.lasts or not (self.strides or self.last_iterations):
            return None
        if not self.strides:
            return self.last_iterations[column], self.lasts[column]
        steps = self.count(column) - 1
        return _of(self.firsts, column) + _of(self.strides, column) * steps, self.lasts[column]

    def iterations(self, column: int, contents: Sequence[bytes]) -> array[int] | range:
        """Return the iterations of a column with these contents."""
        if not self.strides:
            return protobuf_wire.parse_column("q", contents[2])
        return _series(_of(self.firsts, column), _of(self.strides, column), self.count(column))

    def is_intact(self, column: int, contents: Sequence[bytes]) -> bool:
        """Return whether these are values, times and, if listed, iterations of a column."""
        size = self.count(column) * _ITEM_BYTES
        return {*map(len, contents)} == {size} and crc_of(contents) == self.crcs[column]

    def read(self, column: int, offsets: Sequence[int], read: Callable[[int, int], bytes]) -> list[bytes]:
        """Read what `is_intact` checks, with ``read(offset, size)``; the columns begin at *offsets*, as in `places`."""
        size = self.count(column) * _ITEM_BYTES
        before = self.total(column) * _ITEM_BYTES
        return [read(offset + before, size) for offset in offsets]

    def places(self) -> tuple[list[int], list[int]]:
        """Return where values, times and, if listed, iterations of all columns lie, and how many bytes they take."""
        sizes = [self.total(len(self.crcs)) * _ITEM_BYTES] * (2 if self.strides else 3)
        return codec.part_offsets(self.data_offset, sizes, len(_MERGED_KEYS[0]) if self.is_merged else 1), sizes


def encode(
    columns: Sequence[Points], strides: Sequence[int] | None, span: codec.Span | None = None
) -> tuple[bytes, list[bytes]]:
    """Return the head and the pieces of data of a block with these columns; with a span, of a merged one."""
    contents = [
        [protobuf_wire.column_bytes(column) for column in list_] for list_ in _lists(columns, listed=strides is None)
    ]
    crcs = array("I", [crc_of(of_column) for of_column in zip(*contents, strict=True)])
    counts = array("I", [len(points.values) for points in columns])
    head = [
        protobuf_wire.field(1, codec.encode_tags(tuple(points.tag for points in columns))),
        protobuf_wire.packed(2, _shared(counts)),
        protobuf_wire.packed(3, crcs),
        protobuf_wire.packed(4, _shared(array("q", [points.iterations[0] for points in columns]))),
    ]
    if strides is not None:
        head.append(protobuf_wire.packed(5, _shared(array("q", strides))))
    if max(counts) >= _LONG:
        head += _last_points(columns, listed=strides is None)
    size = protobuf_wire.varint(sum(counts) * _ITEM_BYTES)
    data: list[bytes] = []
    for key, of_all in zip(_MERGED_KEYS if span else _KEYS, contents, strict=False):
        data += (key + size, *of_all)
    if span is not None:
        return codec.encode_merged(b"".join(head), span), data
    if sum(map(len, data)) < SMALL_BYTES:
        head.append(CRC_KEY + zlib.crc32(b"".join(data)).to_bytes(4, "little"))
    return protobuf_wire.field(codec.SCALARS, b"".join(head)), data


def encode_all(columns: Iterable[Points]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Encode any number of columns of any length, in blocks of bounded size; those without a stride apart."""
    return (encode(batch, strides) for batch, strides in batches(columns))


def batches(columns: Iterable[Points]) -> Iterator[tuple[list[Points], list[int] | None]]:
    """Yield the columns of each block, and their strides, for `encode`; the points of a tag stay in their order."""
    strided: list[Points] = []
    strides: list[int] = []
    listed: list[Points] = []
    listed_tags: set[str] = set()
    for points in _cut(columns):
        stride = None if points.tag in listed_tags else find_stride(points.iterations)
        if stride is None:  # blocks of these come last, and so does what follows of their tags
            listed.append(points)
            listed_tags.add(points.tag)
        else:
            strided.append(points)
            strides.append(stride)
    begin = 0
    for batch in _batches(strided):
        yield batch, strides[begin : begin + len(batch)]
        begin += len(batch)
    for batch in _batches(listed):
        yield batch, None


def parse(head: bytes, data_offset: int) -> Block:
    """Read the head that `encode` made; its data begins at *data_offset* of the file."""
    if codec.head_kind(head) == codec.MERGED:
        return parse_scalars(codec.parse_merged(head)[0], data_offset, is_merged=True)
    return parse_scalars(codec.content_of(head), data_offset)


def parse_scalars(scalars: bytes, data_offset: int, *, is_merged: bool = False) -> Block:
    """Read a message `Scalars`; see `parse`."""
    found = dict(protobuf_wire.fields(scalars))
    tag_set, counts, crcs, firsts, strides, lasts, its = (
        cast("bytes", found.get(number, b"")) for number in range(1, 8)
    )
    block = Block(
        tag_set,
        protobuf_wire.parse_column("I", counts),
        protobuf_wire.parse_column("I", crcs),
        protobuf_wire.parse_column("q", firsts),
        protobuf_wire.parse_column("q", strides),
        cast("array[float]", protobuf_wire.parse_column("d", lasts)),
        protobuf_wire.parse_column("q", its),
        data_offset,
        is_merged,
    )
    columns = len(codec.parse_tags(tag_set))
    shared = {len(block.counts), len(block.firsts), len(block.strides) or 1}
    last = {len(block.lasts), len(block.last_iterations)}
    if len(block.crcs) != columns or not columns or not shared <= {1, columns} or not last <= {0, columns}:
        raise protobuf_wire.WireError(f"a block of {columns} tags lists {len(block.crcs)} checks and {shared} counts")
    return block


def parse_tag_set(head: bytes) -> bytes:
    """Return just the `TagSet` of a block that is not merged: it comes first."""
    for number, content in protobuf_wire.fields(codec.content_of(head)):
        if number == 1 and isinstance(content, bytes):
            return content
    return b""


def read_column(block: Block, column: int, read: Callable[[int, int], bytes]) -> Points | None:
    """Read one column with ``read(offset, size)``; None when it is damaged."""
    tag = codec.parse_tags(block.tag_set)[column]
    return points_of(block, column, tag, block.read(column, block.places()[0], read))


def read_columns(block: Block, read: Callable[[int, int], bytes]) -> list[Points | None]:
    """Read all columns; None in place of those that are damaged. See `read_column`."""
    tags = codec.parse_tags(block.tag_set)
    wholes = [read(offset, size) for offset, size in zip(*block.places(), strict=True)]
    found, begin = [], 0
    for column, tag in enumerate(tags):
        end = begin + block.count(column) * _ITEM_BYTES
        found.append(points_of(block, column, tag, [whole[begin:end] for whole in wholes]))
        begin = end
    return found


def points_of(block: Block, column: int, tag: str, contents: Sequence[bytes]) -> Points | None:
    """Return the points of a column of which `Block.read` read these bytes; None when it is damaged."""
    if not block.is_intact(column, contents):
        return None
    return points_from(tag, block.iterations(column, contents), *contents[:2])


def points_from(
    tag: str, iterations: array[int] | range, values: bytes | bytearray, times: bytes | bytearray
) -> Points:
    """Return the points whose values and times these bytes are."""
    parsed = (cast("array[float]", protobuf_wire.parse_column("d", data)) for data in (values, times))
    return Points(tag, iterations, *parsed)


def crc_of(contents: Iterable[bytes]) -> int:
    """Return the CRC-32 of several pieces, one behind the other."""
    crc = 0
    for content in contents:
        crc = zlib.crc32(content, crc)
    return crc


def find_stride(iterations: array[int] | range) -> int | None:
    """Return the constant distance between the iterations, 0 for a single one; None when it changes or is too large."""
    if isinstance(iterations, range):
        return iterations.step if MIN_ITERATION <= iterations.step <= MAX_ITERATION else None
    count = len(iterations)
    if count == 1:
        return 0
    first = iterations[0]
    stride = iterations[1] - first
    if not MIN_ITERATION <= stride <= MAX_ITERATION or iterations[-1] != first + stride * (count - 1):
        return None
    return stride if iterations == array("q", _series(first, stride, count)) else None


def _series(first: int, stride: int, count: int) -> array[int] | range:
    return range(first, first + stride * count, stride) if stride else array("q", (first,)) * count


def _lists(columns: Sequence[Points], *, listed: bool) -> list[list[protobuf_wire.Column]]:
    """Return values, times and, if they are to be listed, iterations of each column."""
    lists: list[list[protobuf_wire.Column]] = [
        [points.values for points in columns],
        [points.times for points in columns],
    ]
    return [*lists, [array("q", points.iterations) for points in columns]] if listed else lists


def _last_points(columns: Sequence[Points], *, listed: bool) -> list[bytes]:
    values = protobuf_wire.packed(6, array("d", [points.values[-1] for points in columns]))
    its = array("q", [points.iterations[-1] for points in columns]) if listed else None
    return [values] if its is None else [values, protobuf_wire.packed(7, its)]


def _shared(numbers: array[int]) -> array[int]:
    return numbers[:1] if numbers.count(numbers[0]) == len(numbers) else numbers


def _of(numbers: array[int], column: int) -> int:
    return numbers[0] if len(numbers) == 1 else numbers[column]


def _cut(columns: Iterable[Points]) -> Iterator[Points]:
    for points in columns:
        if len(points.values) <= POINTS_PER_BLOCK:
            yield points
            continue
        for begin in range(0, len(points.values), POINTS_PER_BLOCK):
            part = slice(begin, begin + POINTS_PER_BLOCK)
            yield Points(points.tag, points.iterations[part], points.values[part], points.times[part])


def _batches(columns: list[Points]) -> Iterator[list[Points]]:
    """Group columns so that no tag comes twice in a block, and neither heads nor data grow without bound."""
    batch: list[Points] = []
    tags: set[str] = set()
    points = size = 0
    for column in columns:
        needed = len(column.tag) + _PER_COLUMN_BYTES
        full = points + len(column.values) > POINTS_PER_BLOCK or size + needed > HEAD_BYTES
        if batch and (full or column.tag in tags):
            yield batch
            batch, tags, points, size = [], set(), 0, 0
        batch.append(column)
        tags.add(column.tag)
        points += len(column.values)
        size += needed
    if batch:
        yield batch
