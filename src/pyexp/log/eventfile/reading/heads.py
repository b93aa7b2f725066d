"""The heads of blocks, each parsed once for all its tags, and the data of merged blocks, each read once for all.

Owns what was read of them; keeps a bounded amount.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import codec, scalar_blocks
from pyexp.log.eventfile.columns import join_iterations
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable

    from pyexp.log.eventfile.codec import Span
    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.reading.places import Places
    from pyexp.log.eventfile.scalar_blocks import Block
    from pyexp.log.values.events import Points

_KEPT = 2048
_MAX_DATA_BYTES = 1 << 18  # of one merged block
_MAX_ALL_BYTES = 1 << 22


@dataclass(slots=True)
class Head:
    """What is known of a block.

    Attributes:
        block: What its head says.
        span: Which blocks it stands for, if it is a merged one.
        columns: The column of each tag.
        offsets: Where values, times and iterations are.
        end: Where the data ends.
        data: All of it, if it is kept.
    """

    block: Block
    span: Span | None
    columns: dict[str, int]
    offsets: list[int]
    end: int
    data: bytes | None = None

    @classmethod
    def parse(cls, frame: Frame) -> Head:
        """Read the head of a block; raises `WireError`."""
        span = None
        if codec.head_kind(frame.head) == codec.MERGED:
            scalars, span = codec.parse_merged(frame.head)
            block = scalar_blocks.parse_scalars(scalars, frame.data_offset, is_merged=True)
        else:
            block = scalar_blocks.parse(frame.head, frame.data_offset)
        offsets, sizes = block.places()
        columns = {tag: column for column, tag in enumerate(codec.parse_tags(block.tag_set))}
        return cls(block, span, columns, offsets, offsets[-1] + sizes[-1])

    def count(self, tag: str) -> int:
        """Return how many points of a tag the block has."""
        column = self.columns.get(tag)
        return 0 if column is None else self.block.count(column)

    def last(self, tag: str) -> tuple[int, float] | None:
        """Return the last point of a tag, if the head has it."""
        column = self.columns.get(tag)
        return None if column is None else self.block.last(column)

    def read(self, file: IO[bytes], column: int) -> list[bytes]:
        """Return the data of a column, unchecked."""
        return self.block.read(column, self.offsets, partial(read_at, file) if self.data is None else self._read_kept)

    def _read_kept(self, offset: int, size: int) -> bytes:
        at = offset - self.block.data_offset
        return (self.data or b"")[at : at + size]


class Heads:
    """The heads of one file, by the keys of the blocks."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[int, Head] = {}
        self._room = _MAX_ALL_BYTES

    def at(self, file: IO[bytes], size: int, key: int) -> Head | None:
        """Return the head of a block; None when it is damaged."""
        head = self._known.get(key)
        if head is None:
            frame = self._places.frame_of(file, size, key)
            with suppress(WireError, ValueError, OverflowError):
                head = None if frame is None else self.parse(key, frame)
        return head

    def parse(self, key: int, frame: Frame) -> Head:
        """Return the head of a block whose record is known; raises `WireError`."""
        if len(self._known) >= _KEPT:
            self._known.clear()
            self._room = _MAX_ALL_BYTES
        head = self._known[key] = Head.parse(frame)
        return head

    def column(self, file: IO[bytes], head: Head, tag: str) -> Points | None:
        """Return the points of a tag in a block; None when they are damaged."""
        column = head.columns.get(tag)
        if column is None:
            return None
        with suppress(WireError, ValueError, OverflowError):
            return scalar_blocks.points_of(head.block, column, tag, self._read(file, head, column))
        return None

    def joined_columns(self, file: IO[bytes], heads: Iterable[Head | None], tag: str) -> Points | None:
        """Return the points of a tag in several blocks at once; None where they have to be read block by block."""
        values, times = bytearray(), bytearray()
        iterations: array[int] | range = range(0)
        with suppress(WireError, ValueError, OverflowError):
            for head in heads:
                column = None if head is None else head.columns.get(tag)
                if head is None or column is None:
                    return None
                contents = self._read(file, head, column)
                if not head.block.is_intact(column, contents):
                    return None
                own = head.block.iterations(column, contents)
                iterations = join_iterations(iterations, own) if values else own
                values += contents[0]
                times += contents[1]
            return scalar_blocks.points_from(tag, iterations, values, times)
        return None

    def _read(self, file: IO[bytes], head: Head, column: int) -> list[bytes]:
        """Return the data of a column; of a merged block all is read at once, for the other tags."""
        if head.data is None and head.block.is_merged:
            self._keep_data(file, head)
        return head.read(file, column)

    def forget(self, key: int) -> None:
        """Read a block anew when it is asked for again."""
        head = self._known.pop(key, None)
        if head is not None:
            self._room += len(head.data or b"")

    def _keep_data(self, file: IO[bytes], head: Head) -> None:
        """Read all data of a block at once, if there is room."""
        size = head.end - head.block.data_offset
        if size <= min(_MAX_DATA_BYTES, self._room):
            head.data = read_at(file, head.block.data_offset, size)
            self._room -= len(head.data)
