"""The index of an event file: building it at the end, following it from there.

Owns the chain of indexes. Knows nothing of what the records hold, but the tags of blocks.
"""

from __future__ import annotations

from array import array
from typing import IO

from pyexp.log.eventfile import codec, framing, scalar_blocks
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.values.parts import read_at

_GUESSED_BYTES = 2048  # enough for most heads
_END_BYTES = framing.HEADER_BYTES + len(codec.encode_end(0)) + framing.TRAILER_BYTES


def build(file: IO[bytes], size: int, begin: int, previous: int) -> codec.Index:
    """Describe the records from *begin*, where the index at *previous* ends, to the end of the file at *size*.

    What is damaged between them is listed, too: a reader that looks there finds it so.
    """
    numbers: dict[bytes, int] = {}
    offsets, entries = array("Q"), array("I")
    tail = Tail(begin)
    for frame in tail.frames(file, size):
        kind = codec.head_kind(frame.head)
        if kind in (codec.INDEX, codec.END):
            continue
        offsets.append(frame.offset)
        if kind == codec.SCALARS:
            entries.append(numbers.setdefault(scalar_blocks.parse_tag_set(frame.head), len(numbers) + 1))
        else:
            entries.append(codec.OBJECT_ENTRY if kind == codec.OBJECT else 0)
    offsets.extend(tail.damaged)
    entries.extend([0] * len(tail.damaged))
    return codec.Index(tuple(numbers), offsets, entries, begin, previous)


def find_last(file: IO[bytes], size: int) -> framing.Frame | None:
    """Return the last index of a file that was closed; None when it was not, or its end is damaged."""
    end = frame_at(file, size - _END_BYTES, size)
    if end is None or end.end != size or codec.head_kind(end.head) != codec.END:
        return None
    index = frame_at(file, codec.parse_end(end.head), size)
    return index if index is not None and codec.head_kind(index.head) == codec.INDEX else None


def load_chain(file: IO[bytes], size: int) -> list[codec.Index]:
    """Return the indexes of a closed file, first one first; none at all when one of them cannot be read."""
    chain: list[codec.Index] = []
    frame = find_last(file, size)
    try:
        while frame is not None:
            index = codec.parse_index(frame.head)
            chain.append(index)
            if not index.begin:
                return chain[::-1]
            if index.previous >= frame.offset:
                return []
            frame = frame_at(file, index.previous, size)
            if frame is None or frame.end != index.begin or codec.head_kind(frame.head) != codec.INDEX:
                return []
    except WireError:
        pass
    return []


def frame_at(file: IO[bytes], offset: int, size: int) -> framing.Frame | None:
    """Return the record at *offset* if its header and head are undamaged and lie within the file."""
    if offset < 0 or offset >= size:
        return None
    start = read_at(file, offset, min(_GUESSED_BYTES, size - offset))
    needed = framing.needed(start[: framing.HEADER_BYTES])
    if needed is None or offset + needed > size:
        return None
    if needed > len(start):
        start += read_at(file, offset + len(start), needed - len(start))
    frame = framing.parse(start, 0, offset) if needed <= len(start) else None
    return frame if frame is not None and frame.end <= size else None


def is_whole(file: IO[bytes], frame: framing.Frame) -> bool:
    """Return whether a record was written to its end."""
    return read_at(file, frame.end - framing.TRAILER_BYTES, framing.TRAILER_BYTES) == frame.trailer
