"""A closed event file written anew where that makes it small: each point once, in few long columns.

Owns when that is worth it, and that the new file says all that readers find in the old one. The caller makes sure
that no other process writes to the file. A process that is killed meanwhile leaves the old file, and a temporary one.
"""

from __future__ import annotations

import os
import stat
from itertools import pairwise
from typing import IO, TYPE_CHECKING

from pyexp._files import open_atomic
from pyexp.log.eventfile import codec, framing, merging, scalar_blocks
from pyexp.log.eventfile import index as indexing
from pyexp.log.eventfile import repair as repairs
from pyexp.log.eventfile.columns import Columns
from pyexp.log.folder.metadata import carry_over
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.reading.listing import Listing
    from pyexp.log.values.events import Points

LEAST_SAVED_BYTES = 1 << 14
LEAST_SAVED_PART = 1 / 5  # of the file: a number then takes 20 bytes at most
MOST_BYTES = 1 << 27  # to be written for that: a second or two
MOST_RECORDS = 1 << 14
_POINTS_AT_ONCE = 1 << 20  # in memory
_CHUNK_BYTES = 1 << 20
_OVERHEAD_BYTES = framing.HEADER_BYTES + framing.ENDING_BYTES + 24  # of a block, next to tags and checks


def rewrite(path: Path, descriptor: int) -> None:
    """Replace the closed event file *path*, open as *descriptor*, by a smaller one with the same content.

    Leaves it as it is where little would be saved or much had to be copied, and where anything is damaged, was moved,
    or is of a later version. Waits until the new one is on the disk: a power cut must not cost what was there before.

    Raises:
        OSError: The new file cannot be written.
        ValueError: Some block is damaged.
        LogError: A newer version wrote the file.
    """
    status = os.fstat(descriptor)
    with repairs.reading(descriptor) as file:
        listed = _list(path, file, status.st_size)
        if listed is None or not _is_worth_it(listed, status.st_size):
            return
        with open_atomic(path, durable=True, mode=stat.S_IMODE(status.st_mode)) as made:
            carry_over(descriptor, made.fileno())
            new = _NewFile(made, listed.tail.log or 0)
            for head, data in _records(listed, file, status.st_size):
                new.append(head, data)
            new.finish()
            os.utime(made.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


class _NewFile:
    """The event file that is being written."""

    def __init__(self, file: IO[bytes], log: int) -> None:
        self._file = file
        self._log = log
        self._offset = self._number = 0

    def append(self, head: bytes, data: _Data) -> None:
        """Append a record."""
        self._append(head, data, (self._number, self._log))
        self._number = framing.next_number(self._number)

    def finish(self) -> None:
        """Append index and end, and hand all of it to the system."""
        at = self._offset
        self._file.flush()
        with repairs.reading(self._file.fileno()) as written:
            self.append(codec.encode_index(indexing.build(written, at, 0, 0)), _Data((), 0))
        self._append(codec.encode_end(at), _Data((), 0), None)
        self._file.flush()

    def _append(self, head: bytes, data: _Data, stamp: tuple[int, int] | None) -> None:
        sealed, ending = framing.seal(head, data.size, self._offset, stamp)
        self._file.write(sealed)
        self._file.writelines(data.pieces)
        self._file.write(ending)
        self._offset += len(sealed) + data.size + len(ending)


class _Data:
    """The data of a record, in pieces that may be read only when they are written."""

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        self.pieces = pieces
        self.size = size


def _list(path: Path, file: IO[bytes], size: int) -> Listing | None:
    """List a file as readers do; None where anything about it is out of the ordinary."""
    from pyexp.log.eventfile.reading.known_file import KnownFile  # most logs are too small to come here
    from pyexp.log.eventfile.reading.listing import Listing, MovedError

    listed = Listing(KnownFile(path, None))
    try:
        listed.look(file, size)
    except MovedError:
        return None
    tail = listed.tail
    is_odd = tail.damaged or tail.foreign or listed.damaged or listed.unknown or tail.offset != size
    return None if is_odd or tail.log is None else listed


def _is_worth_it(listed: Listing, size: int) -> bool:
    """Return whether enough is saved, estimated from where the records are, without looking at them."""
    blocks, others = listed.blocks.blocks(), [*listed.attempt_keys, *listed.objects.keys]
    if len(blocks) + len(others) > MOST_RECORDS:
        return False
    places = sorted([*others, *listed.blocks.replaced(), *(key for key, _ in blocks), size])
    sizes = {begin: end - begin for begin, end in pairwise(places)}
    needed = sum(sizes[key] for key in others)
    needed += sum(max(sizes[key] - _overhead(tag_set), 0) for key, tag_set in blocks)
    saved = size - needed
    return saved >= max(LEAST_SAVED_BYTES, LEAST_SAVED_PART * size) and needed <= MOST_BYTES


def _overhead(tag_set: bytes) -> int:
    return _OVERHEAD_BYTES + len(tag_set) + 4 * len(codec.parse_tags(tag_set))


def _records(listed: Listing, file: IO[bytes], size: int) -> Iterator[tuple[bytes, _Data]]:
    """Yield head and data of each record of the new file: points and objects keep their order, and their attempt.

    Raises:
        ValueError: Something is damaged.
    """
    blocks = {key for key, _ in listed.blocks.blocks()}
    columns = Columns()
    for key in sorted([*blocks, *listed.attempt_keys, *listed.objects.keys]):
        frame = listed.places.frame_of(file, size, key)
        if frame is None:
            raise ValueError(f"the record at {key:,} is damaged")
        if key in blocks:
            columns.extend(_points(file, frame))
        if columns.count >= _POINTS_AT_ONCE or codec.head_kind(frame.head) == codec.ATTEMPT:
            yield from _encode(columns)
        if key not in blocks:
            yield frame.head, _copied(file, frame)
    yield from _encode(columns)


def _points(file: IO[bytes], frame: Frame) -> list[Points]:
    found = merging.read_all(file, frame)
    if found is None:
        raise ValueError(f"the block at {frame.offset:,} is damaged")
    return found


def _encode(columns: Columns) -> Iterator[tuple[bytes, _Data]]:
    for head, data in scalar_blocks.encode_all(columns.take()):
        yield head, _Data(data, sum(map(len, data)))


def _copied(file: IO[bytes], frame: Frame) -> _Data:
    """Return the data of a record as it is, without its end."""
    end = frame.end - (framing.TRAILER_BYTES if frame.number is None else framing.ENDING_BYTES)
    places = range(frame.data_offset, end, _CHUNK_BYTES)
    return _Data((_read_exactly(file, at, min(_CHUNK_BYTES, end - at)) for at in places), end - frame.data_offset)


def _read_exactly(file: IO[bytes], offset: int, size: int) -> bytes:
    data = read_at(file, offset, size)
    if len(data) < size:
        raise ValueError(f"the file was cut at {offset + len(data):,} while it was read")
    return data
