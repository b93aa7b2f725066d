"""Many small blocks read at once: a log at the pace of training has one per tick, of a few points of each tag.

Owns the joined columns of the first such blocks of each set of tags, so that a block is read and parsed once for all
its tags. Bounded in memory; what is beyond that is read block by block.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import codec, framing, scalar_blocks
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.values.events import Points
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_BLOCK_BYTES = 1 << 14
MAX_BYTES = 1 << 21  # of the file, for all sets of tags together; joined they take about half
_LEAST_BLOCKS = 8
_WINDOW_BYTES = 1 << 18


@dataclass(slots=True)
class _Joined:
    """The columns of the first blocks of one set of tags."""

    blocks: int = 0
    columns: dict[str, tuple[array[int], array[float], array[float]]] = field(default_factory=dict)


class SmallBlocks:
    """The joined blocks of one file; see the module."""

    def __init__(self, note_damage: Callable[[int, str], None]) -> None:
        """Hold nothing yet.

        Args:
            note_damage: Called with the offset of a block and a tag whose column there is damaged.
        """
        self._note_damage = note_damage
        self._joined: dict[bytes, _Joined] = {}
        self._room = MAX_BYTES

    def read(
        self, file: IO[bytes], size: int, tag_set: bytes, offsets: Sequence[int], tag: str
    ) -> tuple[list[Points], int]:
        """Return the points of a tag in the first blocks at *offsets*, and how many blocks that are."""
        joined = self._joined.get(tag_set)
        if joined is None:
            if (
                len(offsets) < _LEAST_BLOCKS
                or offsets[_LEAST_BLOCKS - 1] - offsets[0] > _LEAST_BLOCKS * MAX_BLOCK_BYTES
            ):
                return [], 0
            joined = self._joined[tag_set] = _Joined()
        self._extend(joined, _Bytes(file, size), offsets)
        if tag not in joined.columns:
            return [], joined.blocks
        iterations, values, times = joined.columns[tag]
        return [Points(tag, iterations[:], values[:], times[:])], joined.blocks

    def _extend(self, joined: _Joined, source: _Bytes, offsets: Sequence[int]) -> None:
        """Join what follows, up to the first block that is large, or damaged where its size is, or has no room."""
        for offset in offsets[joined.blocks :]:
            frame = source.frame_at(offset)
            if frame is None or not 0 < frame.end - offset <= min(MAX_BLOCK_BYTES, self._room):
                return
            try:
                block = scalar_blocks.parse(frame.head, frame.data_offset)
                found = scalar_blocks.read_columns(block, source.read)
            except (WireError, ValueError, OverflowError):
                return
            for tag, points in zip(codec.parse_tags(block.tag_set), found, strict=True):
                if points is None:
                    self._note_damage(offset, tag)
                    continue
                columns = joined.columns.setdefault(tag, (array("q"), array("d"), array("d")))
                columns[0].extend(points.iterations)
                columns[1].extend(points.values)
                columns[2].extend(points.times)
            self._room -= frame.end - offset
            joined.blocks += 1


class _Bytes:
    """The bytes of a file, read in large pieces in the order in which they are asked for."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self._base = 0
        self._buffer = b""

    def read(self, offset: int, size: int) -> bytes:
        """Return up to *size* bytes: fewer at the end of the file."""
        at = offset - self._base
        if at < 0 or at + size > len(self._buffer):
            self._base, at = offset, 0
            self._buffer = read_at(self._file, offset, max(min(_WINDOW_BYTES, self._size - offset), 0))
        return self._buffer[at : at + size]

    def frame_at(self, offset: int) -> framing.Frame | None:
        """Return the record at *offset*, if it is not larger than a small one, and header and head are undamaged."""
        start = self.read(offset, min(MAX_BLOCK_BYTES, self._size - offset))
        needed = framing.needed(start[: framing.HEADER_BYTES])
        if needed is None or needed > len(start):
            return None
        return framing.parse(start, 0, offset)
