"""Many small blocks read at once: a log at the pace of training has one per tick, of a few points of each tag.

Owns the joined columns of the small blocks that no merged one replaces yet, so that a block is read once for all its
tags. Bounded in memory; what is beyond that is read block by block.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import codec, framing, scalar_blocks
from pyexp.log.eventfile.columns import Columns
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.eventfile.reading.rows import Rows
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.reading.places import Places
    from pyexp.log.values.events import Points

MAX_BLOCK_BYTES = scalar_blocks.SMALL_BYTES
MAX_BYTES = 1 << 21  # of the file; joined they take about half
MOST_POINTS = 64  # in a column of a block, on average: those with more are read as fast one by one
_LEAST_BLOCKS = 8
_WINDOW_BYTES = 1 << 18


class SmallBlocks:
    """The first of the blocks that are not merged, joined."""

    def __init__(self, note_damage: Callable[[int, str], None], places: Places) -> None:
        """Hold nothing yet.

        Args:
            note_damage: Called with the offset of a block and a tag whose column there is damaged.
            places: Which log the file is.
        """
        self._note_damage = note_damage
        self._places = places
        self._columns = Columns()
        self._rows: dict[int, Rows] = {}  # by the size of a block
        self._room = MAX_BYTES
        self._end = 0  # behind the blocks that are joined
        self._obstacle = -1  # the block behind them, if it cannot be joined

    def read(self, file: IO[bytes], size: int, offsets: Sequence[int], tag: str) -> tuple[list[Points], int]:
        """Return the points of a tag in the first blocks at *offsets*, and the offset up to which these are."""
        begin = bisect_left(offsets, self._end)
        if not self._end and (
            len(offsets) < _LEAST_BLOCKS or offsets[_LEAST_BLOCKS - 1] - offsets[0] > _LEAST_BLOCKS * MAX_BLOCK_BYTES
        ):
            return [], 0
        if begin < len(offsets) and offsets[begin] != self._obstacle:
            self._extend(_Bytes(file, size), offsets[begin:])
        if tag not in self._columns:
            return [], self._end
        return [self._columns.copy(tag)], self._end

    def _extend(self, source: _Bytes, offsets: Iterable[int]) -> None:
        """Join what follows, up to a block that is large or long, has no room, or is damaged where its size is."""
        rows: Rows | None = None
        for offset in offsets:
            if rows is None or rows.size > self._room or not rows.add(source.read(offset, rows.size), offset):
                if rows is not None:
                    self._columns.extend(rows.take())
                rows = self._rows_at(source, offset)
                if rows is None:
                    self._obstacle = offset
                    break
            self._room -= rows.size
            self._end = offset + 1
        if rows is not None:
            self._columns.extend(rows.take())

    def _rows_at(self, source: _Bytes, offset: int) -> Rows | None:
        """Join a block; return rows that those like it may be added to, None when it cannot be joined."""
        length = framing.size_of(source.read(offset, framing.HEADER_BYTES))
        if length is None or length > min(MAX_BLOCK_BYTES, self._room):
            return None
        record = source.read(offset, length)
        known = self._rows.get(length)
        if known is not None and known.add(record, offset):
            return known
        return self._add(record, offset)

    def _add(self, record: bytes, offset: int) -> Rows | None:
        """Join a block that looks like none before; see `_rows_at`."""
        frame = _frame_of(record, offset)
        if frame is None or self._places.is_foreign(frame):
            return None
        try:
            block = scalar_blocks.parse(frame.head, frame.data_offset)
            if block.total(len(block.crcs)) > MOST_POINTS * len(block.crcs):
                return None
            found = scalar_blocks.read_columns(block, lambda at, size: record[at - offset : at - offset + size])
        except (WireError, ValueError, OverflowError):
            return None
        for tag, points in zip(codec.parse_tags(block.tag_set), found, strict=True):
            if points is None:
                self._note_damage(offset, tag)
        self._columns.extend(points for points in found if points is not None)
        self._rows[len(record)] = rows = Rows.like(frame, block, record)
        return rows


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


def _frame_of(record: bytes, offset: int) -> Frame | None:
    """Return the whole record *record* at *offset* of the file with its stamp, if it is undamaged."""
    needed = framing.needed(record[: framing.HEADER_BYTES])
    frame = framing.parse(record, 0, offset) if needed is not None and needed <= len(record) else None
    if frame is None or not record.endswith(frame.trailer):
        return None
    return framing.stamped(frame, record[-framing.ENDING_BYTES :])
