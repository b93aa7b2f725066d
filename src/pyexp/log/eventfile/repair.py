"""Making an event file whole after a kill: a torn end is cut off, torn stretches between records are covered.

Owns what may be changed of a file that exists. Never touches a whole record, nor a file of another kind.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.log.eventfile import codec, framing
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.folder.locks import open_locked
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_RECORD_BYTES = 128  # more than the record has with which each file begins
_CHUNK_BYTES = 1 << 20
_STRETCH_KEY = 0x12  # a field that EventFile does not have; protobuf libraries skip it
_FILLING_KEY = 0x52  # and one that Record does not have
_FILLING_BYTES = 6  # its key and its length
_LEAST_RECORD_BYTES = framing.HEADER_BYTES + len(codec.encode_lost(0)) + framing.TRAILER_BYTES


def cut_torn_tail(path: Path, descriptor: int, known: Tail | None = None) -> Tail:
    """Cut off what is torn at the end of an event file, behind what is known of it; return what is known now.

    Raises:
        LogError: The file is not an event file; it stays as it is.
    """
    size = os.fstat(descriptor).st_size
    with reading(descriptor) as file:
        last = None if known else indexing.find_last(file, size)
        if last is not None and last.number is not None:  # a closed file ends with a whole record
            return Tail(size, last.log, last.number)
        tail = known or Tail()
        for _ in tail.frames(file, size):
            pass
        if not tail.offset:
            require_ours(path, file, size)
        if tail.offset < size:
            os.ftruncate(descriptor, tail.offset)
    return tail


def repair(path: Path) -> int:
    """Make the event file *path* whole; see `pyexp.log.repairing`.

    Raises:
        FileNotFoundError: There is no such file.
        LogError: It is not an event file; it stays as it is.
    """
    with open_locked(path, os.O_RDWR) as descriptor, open(os.dup(descriptor), "r+b", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        gaps, end = _survey(file, size)
        if not end:
            require_ours(path, file, size)
        file.truncate(end)
        return size - end + sum(_cover(file, begin, gap_end - begin) for begin, gap_end in gaps)


def is_unused(file: IO[bytes]) -> bool:
    """Return whether an event file holds nothing but begins and ends of attempts."""
    size = os.fstat(file.fileno()).st_size
    tail = Tail()
    kinds = {codec.head_kind(frame.head) for frame in tail.frames(file, size)}
    return kinds <= {codec.ATTEMPT, codec.INDEX, codec.END} and tail.offset == size and not tail.damaged


def reading(descriptor: int) -> IO[bytes]:
    """Open a file once more, to read what is open for appending."""
    return open(os.dup(descriptor), "rb", buffering=0)


def require_ours(path: Path, file: IO[bytes], size: int) -> None:
    """Refuse a file without a whole record, unless it is the begin of ours, or the zeros that a power cut leaves.

    Raises:
        LogError: It is something else.
    """
    start = read_at(file, 0, _FIRST_RECORD_BYTES).rstrip(b"\0")
    rest = range(_FIRST_RECORD_BYTES, size, _CHUNK_BYTES)
    if framing.may_begin(start) and not any(read_at(file, at, _CHUNK_BYTES).strip(b"\0") for at in rest):
        return
    raise LogError(
        f"{str(path)!r} is not an event log: no record is found in its {size:,} bytes. It is left as it is: move it "
        "away, or give another path"
    )


def _survey(file: IO[bytes], size: int) -> tuple[list[tuple[int, int]], int]:
    """Return begin and end of each stretch between whole records, and where the last record ends."""
    gaps = []
    previous = end = 0
    for frame in Tail().frames(file, size):
        if frame.offset > end:
            gaps.append((end, frame.offset))
        elif frame.offset < end:  # torn, and by chance completed by the first bytes of what follows
            gaps.append((previous, frame.offset))
        previous, end = frame.offset, frame.end
    return gaps, end


def _cover(file: IO[bytes], offset: int, size: int) -> int:
    """Turn a torn stretch into something that every reader skips; return how many bytes it has, 0 if it was covered.

    As little as possible is written. A single byte stays: no field is so short.
    """
    if size < _LEAST_RECORD_BYTES:
        cover = bytes((_STRETCH_KEY, size - 2)) if size > 1 else b""
        if read_at(file, offset, len(cover)) == cover:
            return 0
        _write_at(file, offset, cover)
        return size
    room = size - _LEAST_RECORD_BYTES
    head, filling = codec.encode_lost(min(room, _FILLING_BYTES - 1)), b""
    if room >= _FILLING_BYTES:
        head = codec.encode_lost(0)
        filling = b"%c%b" % (_FILLING_KEY, framing.padded_varint(room - _FILLING_BYTES))
    sealed, trailer = framing.seal(head, size - len(head) - framing.HEADER_BYTES - framing.TRAILER_BYTES, offset)
    _write_at(file, offset, sealed + filling)
    _write_at(file, offset + size - len(trailer), trailer)
    return size


def _write_at(file: IO[bytes], offset: int, data: bytes) -> None:
    file.seek(offset)
    while data:
        data = data[file.write(data) :]
