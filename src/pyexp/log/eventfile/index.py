"""The index of an event file: building it at the end, following it from there.

Owns the chain of indexes. Knows nothing of what the records hold, but the tags of blocks.
"""

from __future__ import annotations

from array import array
from typing import IO

from pyexp.log.eventfile import codec, framing, scalar_blocks
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.eventfile.record_walk import Tail, frame_at, whole_at
from pyexp.log.values.parts import read_at

_SEARCHED_BYTES = (1 << 17, 1 << 20)  # from the end, for the last index of a file that was not closed
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
    index = whole_at(file, codec.parse_end(end.head), size)
    return index if index is not None and codec.head_kind(index.head) == codec.INDEX else None


def find_latest(file: IO[bytes], size: int) -> framing.Frame | None:
    """Return the last index of a file that may still be written; None when there is none near its end."""
    index = find_last(file, size)
    for searched in _SEARCHED_BYTES:
        index = index or _search_backwards(file, max(size - searched, 0), size)
        if searched >= size:
            break
    return index


def _search_backwards(file: IO[bytes], begin: int, size: int) -> framing.Frame | None:
    chunk = read_at(file, begin, size - begin)
    at = framing.find_mark_before(chunk, len(chunk))
    while at >= 0:
        if codec.begins_index(chunk, at + framing.HEADER_BYTES):
            index = whole_at(file, begin + at, size)
            if index is not None and codec.head_kind(index.head) == codec.INDEX:
                return index
        at = framing.find_mark_before(chunk, at)
    return None


def load_chain(file: IO[bytes], size: int) -> tuple[list[codec.Index], framing.Frame | None]:
    """Return the indexes that a file has near its end and those before, first one first, and the record of the last.

    None at all when one of them cannot be read, or is one of another log than the file.
    """
    chain: list[codec.Index] = []
    last = frame = find_latest(file, size)
    first = None if last is None else whole_at(file, 0, size, last.log)
    if last is None or first is None or (first.log is not None and last.log not in {None, first.log}):
        return [], None
    try:
        while frame is not None:
            index = codec.parse_index(frame.head)
            chain.append(index)
            if not index.begin:
                return chain[::-1], last
            if index.previous >= frame.offset:
                break
            frame = frame_at(file, index.previous, size)
            if frame is None or frame.end != index.begin or codec.head_kind(frame.head) != codec.INDEX:
                break
    except WireError:
        pass
    return [], None
