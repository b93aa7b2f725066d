"""Many small blocks as few long ones: a log at the pace of training has a block per tick, of a point of each tag.

Owns which blocks are merged, and that merging loses and repeats no point. Appends nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING

from pyexp.log.eventfile import codec, scalar_blocks
from pyexp.log.eventfile.columns import Columns
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.values.events import Points

BLOCKS_AT_ONCE = 250  # once as many small blocks have gathered, they are merged,
BYTES_AT_ONCE = 1 << 21  # or as many bytes of them
LEAST_BLOCKS = 8  # fewer are not worth it
MOST_POINTS = 4  # in a column of a block, on average: those with more are read well enough as they are


@dataclass(slots=True)
class _Gathered:
    """Small blocks one behind the other, as far as they were read."""

    begin: int
    end: int = 0
    blocks: int = 0
    first: int = 0
    last: int = 0
    columns: Columns = field(default_factory=Columns)

    def add(self, frame: Frame, number: int, found: list[Points]) -> None:
        if not self.blocks:
            self.begin, self.first = frame.offset, number
        self.columns.extend(found)
        self.end, self.last = frame.end, number
        self.blocks += 1


def merge(file: IO[bytes], begin: int, end: int, log: int | None) -> list[tuple[bytes, list[bytes]]]:
    """Return merged blocks for the last small ones between *begin* and *end*; none where these are few or damaged.

    What was merged already, a large block, and an attempt that hides earlier points begin anew: a merged block must
    not take a point to the other side of these.
    """
    gathered = _Gathered(begin)
    tail = Tail(begin, log)
    for frame in tail.frames(file, end):
        kind = codec.head_kind(frame.head)
        if kind == codec.MERGED or (kind == codec.ATTEMPT and not codec.parse_attempt(frame.head).joins):
            gathered = _Gathered(frame.end)
        elif kind == codec.SCALARS and is_small(frame.head, frame.end - frame.offset):
            found = read_all(file, frame)
            if found is None or frame.number is None:
                return []
            gathered.add(frame, frame.number, found)
        elif kind == codec.SCALARS:
            gathered = _Gathered(frame.end)
    is_intact = not (tail.damaged or tail.foreign) and tail.offset == end
    return _encode(gathered) if is_intact and gathered.blocks >= LEAST_BLOCKS else []


def is_small(head: bytes, record_bytes: int) -> bool:
    """Return whether a block is one of those that are merged, whose points are better on disk twice."""
    if record_bytes > scalar_blocks.SMALL_BYTES:
        return False
    try:
        block = scalar_blocks.parse(head, 0)
    except WireError:
        return False
    return block.total(len(block.crcs)) <= MOST_POINTS * len(block.crcs)


def read_all(file: IO[bytes], frame: Frame) -> list[Points] | None:
    """Return the columns of a block; None when some of it is damaged."""
    data = read_at(file, frame.data_offset, frame.end - frame.data_offset)

    def read(offset: int, size: int) -> bytes:
        return data[offset - frame.data_offset : offset - frame.data_offset + size]

    try:
        found = scalar_blocks.read_columns(scalar_blocks.parse(frame.head, frame.data_offset), read)
    except (WireError, ValueError, OverflowError):
        return None
    return [points for points in found if points is not None] if None not in found else None


def _encode(gathered: _Gathered) -> list[tuple[bytes, list[bytes]]]:
    columns = gathered.columns.take()
    if any(len(points.values) > scalar_blocks.POINTS_PER_BLOCK for points in columns):
        return []  # a tag in two merged blocks could not be read from the small ones where one of the two is damaged
    batches = list(scalar_blocks.batches(columns))
    span = codec.Span(
        begin=gathered.begin, end=gathered.end, first=gathered.first, last=gathered.last, parts=len(batches)
    )
    return [scalar_blocks.encode(*batch, replace(span, part=part)) for part, batch in enumerate(batches)]
